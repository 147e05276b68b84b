"""Runs inside the worker: ties its life to the cloud's, then is `python -m awslambdaric HANDLER`.

Arguments: the handler, the descriptor of the lifeline, and "native" or "shim". Imports as little as it can: every
millisecond here is a millisecond of each cold start.
"""

import os
import sys


def _die_with_the_cloud(lifeline: int) -> None:
    """Have this process group killed when the lifeline's other end closes, however the cloud ended."""
    os.set_inheritable(lifeline, False)  # noqa: FBT003
    if sys.platform == "linux":
        # Unlike PR_SET_PDEATHSIG, which fires when the *thread* that made the worker ends, this waits for the cloud.
        import fcntl  # noqa: PLC0415

        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpid())
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, 9)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
        import select  # noqa: PLC0415

        if select.select([lifeline], [], [], 0)[0]:  # it closed before the signal was asked for
            os._exit(1)
    else:
        import _thread  # noqa: PLC0415

        _thread.start_new_thread(_wait_for_the_end, (lifeline,))


def _wait_for_the_end(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.killpg(0, 9)


def main() -> None:
    handler, lifeline, client = sys.argv[1:]
    _die_with_the_cloud(int(lifeline))
    shim = os.path.join(os.path.dirname(os.path.abspath(__file__)), "shim")  # noqa: PTH100, PTH118, PTH120
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    # The native client comes with Linux wheels only; elsewhere the shim is found in its place.
    sys.path.insert(0 if client == "shim" else len(sys.path), shim)
    from awslambdaric import __main__ as runtime  # noqa: PLC0415

    sys.path.remove(shim)
    sys.argv[:] = [runtime.__file__, handler]
    runtime.main(sys.argv)  # type: ignore[no-untyped-call]


main()
