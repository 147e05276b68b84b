"""The command line: `poolhouse up`, `invoke`, `outbox`, `explain`, `outputs`, `faults`, `reset`.

Commands parse what they are given and hand over: `up` to `running`, the rest to a cloud that is already running.
What the person at the terminal can put right is a CommandError: one line, exit code 1.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from poolhouse import __version__
from poolhouse.config import ISSUER_AWS, ISSUER_LOCAL, Config
from poolhouse.errors import CommandError

app = typer.Typer(
    help="Amazon Cognito, API Gateway and Lambda on this machine: your SAM template, running whole.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_Endpoint = Annotated[str, typer.Option("--endpoint", envvar="POOLHOUSE_ENDPOINT", help="Where the cloud is running.")]
_HERE = "http://localhost:4566"
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def main() -> None:
    """Run the command line; a CommandError ends it with one line and exit code 1."""
    try:
        app()
    except CommandError as error:
        sys.stderr.write(f"poolhouse: {error}\n")
        raise SystemExit(1) from None


@app.command()
def up(
    template: Annotated[Path | None, typer.Argument(help="The SAM template; template.yaml here by default.")] = None,
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The AWS endpoint and OAuth origin.")] = 4566,
    api_port: Annotated[int, typer.Option(min=0, max=65535, help="The template's API, stage left out.")] = 3000,
    host: Annotated[
        str, typer.Option(help="The address to listen on; other than loopback needs --strict.")
    ] = "127.0.0.1",
    state: Annotated[Path, typer.Option(help="Where everything is kept.")] = Path(".poolhouse"),
    ephemeral: Annotated[bool, typer.Option("--ephemeral", help="Keep everything in memory.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse access keys that were not issued here.")] = False,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", metavar="KEY=VALUE", help="A template parameter; repeatable.")
    ] = None,
    account: Annotated[str, typer.Option(help="The account's 12 digits.")] = "000000000000",
    region: Annotated[str, typer.Option(help="The region.")] = "us-east-1",
    issuer: Annotated[str, typer.Option(help="Whose URL the tokens name: local or aws.")] = ISSUER_LOCAL,
    login_provider: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=URL", help="Ask a login provider of identity pools at this URL; repeatable."),
    ] = None,
) -> None:
    """Deploy a template into a cloud on this machine and keep it running."""
    from poolhouse import running  # noqa: PLC0415  the other commands need none of it, and it takes a while

    if issuer not in {ISSUER_LOCAL, ISSUER_AWS}:
        raise CommandError(f"--issuer is {ISSUER_LOCAL} or {ISSUER_AWS}, not {issuer}.")
    config = Config(
        state=None if ephemeral else state,
        host=host,
        port=port,
        api_port=api_port,
        account_id=account,
        region=region,
        issuer=issuer,
        strict=strict,
        login_providers=_login_providers(login_provider or []),
    )
    running.up(config, template, _parameters(parameter or []))


@app.command()
def invoke(
    function: Annotated[str, typer.Argument(help="The function's logical id, or its name.")],
    event: Annotated[Path | None, typer.Option("--event", "-e", help="The event, JSON; - reads it from here.")] = None,
    *,
    endpoint_url: _Endpoint = _HERE,
) -> None:
    """Run one function with one event, print what it answers; exit code 1 when it fails."""
    from poolhouse import remote  # noqa: PLC0415

    answer = remote.invoke(endpoint_url, function, _event(event))
    sys.stderr.write(answer.log)
    sys.stdout.write(f"{answer.payload}\n")
    raise typer.Exit(code=1 if answer.failed else 0)


@app.command()
def outbox(
    *,
    to: Annotated[str | None, typer.Option("--to", help="One address or number only.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on printing new ones.")] = False,
    as_json: _Json = False,
    endpoint_url: _Endpoint = _HERE,
) -> None:
    """Show every mail and SMS that was sent, with its code and link."""
    from poolhouse import remote  # noqa: PLC0415

    remote.print_outbox(endpoint_url, to=to, follow=follow, as_json=as_json)


@app.command()
def explain(
    request_id: Annotated[
        str, typer.Argument(help="The x-amzn-RequestId of a call; the last decision if left out.")
    ] = "",
    *,
    last: Annotated[bool, typer.Option("--last", help="The last decision, which is the default.")] = False,
    as_json: _Json = False,
    endpoint_url: _Endpoint = _HERE,
) -> None:
    """Show which statement allowed or denied a call, and why each of the others did not match."""
    from poolhouse import remote  # noqa: PLC0415

    if last and request_id:
        raise CommandError("Give a request id or --last, not both.")
    remote.print_decisions(endpoint_url, request_id, as_json=as_json)


@app.command()
def outputs(
    *,
    env: Annotated[bool, typer.Option("--env", help="Print shell exports.")] = False,
    endpoint_url: _Endpoint = _HERE,
) -> None:
    """Show the outputs of what is deployed."""
    from poolhouse import remote  # noqa: PLC0415

    remote.print_outputs(endpoint_url, env=env)


@app.command()
def faults(
    target: Annotated[
        str, typer.Argument(help="What is to fail: dynamodb:PutItem, s3, lambda:NAME for a function's time-out.")
    ] = "",
    *,
    kind: Annotated[str, typer.Option("--kind", help="throttled, unavailable, internal, or timeout.")] = "throttled",
    times: Annotated[int | None, typer.Option(help="How many calls meet it; one by default.")] = None,
    seconds: Annotated[float | None, typer.Option(help="For how long all calls meet it.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take all faults down.")] = False,
    endpoint_url: _Endpoint = _HERE,
) -> None:
    """Have AWS fail: the next calls of an operation, or all for a while. Without a target, show what is to come."""
    from poolhouse import remote  # noqa: PLC0415

    if clear:
        remote.clear_faults(endpoint_url)
    if target:
        remote.put_fault(endpoint_url, target, kind, times=times, seconds=seconds)
    remote.print_faults(endpoint_url)


@app.command()
def reset(*, endpoint_url: _Endpoint = _HERE) -> None:
    """Forget everything and deploy the template anew."""
    from poolhouse import remote  # noqa: PLC0415

    remote.reset(endpoint_url)
    sys.stdout.write("Reset.\n")


@app.command()
def version() -> None:
    """Print the version."""
    sys.stdout.write(f"{__version__}\n")


def _parameters(given: list[str]) -> dict[str, str]:
    parameters = {}
    for pair in given:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            raise CommandError(f"--parameter takes KEY=VALUE, not {pair!r}.")
        parameters[name] = value
    return parameters


def _login_providers(given: list[str]) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in given]
    return {name: url.rstrip("/") for name, _, url in pairs}


def _event(path: Path | None) -> bytes:
    if path is None:
        return b"{}"
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.") from error
