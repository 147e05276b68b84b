from collections.abc import Iterator

import pytest

from poolhouse import testing
from tests.service_support import ROOT

SENDER = "no-reply@example.com"
PARAMETERS = {
    "SignInCodes": "on",
    "CustomEmailSender": "on",
    "CustomSmsSender": "on",
    "SenderEmail": f"Poolhouse <{SENDER}>",
    "SenderEmailArn": f"arn:aws:ses:us-east-1:000000000000:identity/{SENDER}",
    "LinkedProviders": "Corp",
    "DatasetStream": "on",
    "DatasetsTrigger": "arn:aws:lambda:us-east-1:000000000000:function:sync-trigger",
}
TRIGGER = """
class Rejected(Exception):
    pass


def handler(event, context):
    score = event["datasetRecords"].get("score", {})
    if (score.get("newValue") or "0") > "9":
        raise Rejected("No cheating.")
    if score:
        event["datasetRecords"]["badge"] = {"op": "replace", "newValue": "gold"}
    return event
"""


@pytest.fixture(scope="session")
def house() -> Iterator[testing.LocalCloud]:
    """The whole template with what parameters add to it, its functions in processes of their own."""
    with testing.cloud(ROOT / "template.yaml", parameters=PARAMETERS, listen=True) as cloud:
        cloud.client("ses").verify_email_identity(EmailAddress=SENDER)
        cloud.function("sync-trigger", TRIGGER)
        yield cloud
