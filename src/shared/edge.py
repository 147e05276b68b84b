"""What a trigger that calls AWS starts from: what goes wrong is logged here, and told to nobody.

Cognito shows the message of whatever a trigger raises to whoever is signing up or in. A Refused is meant for them; the
message of any other error is not: botocore's name roles, tables and addresses.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from shared.errors import Refused, TryAgain
from shared.observability import LambdaContext, count, logger

Event = dict[str, Any]
Handler = Callable[[Event, LambdaContext], Event]


def entry(handle: Callable[[Event], Event]) -> Handler:
    """The function Lambda calls for a trigger."""

    @logger.inject_lambda_context(clear_state=True)
    @wraps(handle)
    def lambda_handler(event: Event, _context: LambdaContext) -> Event:
        try:
            return handle(event)
        except Refused:
            raise
        except Exception as error:  # noqa: BLE001 - the edge: nothing else catches what nobody expected
            report(error, source=event.get("triggerSource"))
            raise TryAgain from None

    return lambda_handler


def report(error: Exception, *, source: str | None = None) -> None:
    """Log and count an error by its type, AWS's code and place, without its message: that may name people."""
    logger.error(
        "trigger failed",
        source=source,
        error_type=type(error).__name__,
        error_code=getattr(error, "code", None),
        operation=getattr(error, "operation_name", None),
        place=_place(error),
    )
    count("TriggerFailed")


def _place(error: Exception) -> str | None:
    """The last line of ours on the error's way, for messages that stay untold must still be found."""
    trace, place = error.__traceback__, None
    while trace:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module.startswith(("shared.", "triggers.")) and module != "shared.aws":
            place = f"{module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
