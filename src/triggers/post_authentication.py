"""PostAuthentication: the record of who signed in.

The sign-in waits for it, and goes on without it: nobody is kept out because a record could not be written.
"""

from datetime import UTC, datetime
from typing import Any

from shared import aws, edge, sign_ins

aws.hurried("dynamodb")  # while Lambda starts the function, which is quicker than during its first sign-in


@edge.entry
def lambda_handler(event: dict[str, Any]) -> dict[str, Any]:
    """Record the sign-in; when that fails it is logged and counted."""
    try:
        sign_ins.record(
            event["userName"],
            app_client=event["callerContext"]["clientId"],
            is_new_device=bool(event["request"].get("newDeviceUsed")),
            now=datetime.now(UTC),
        )
    except aws.ERRORS as error:
        edge.report(error)
    return event
