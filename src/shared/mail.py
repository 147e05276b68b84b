"""SES: the one place that calls it."""

from shared import aws
from shared.config import settings
from shared.messages import Message

# Takes what nobody is to get, and costs what a real mail does
# https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator
NOBODY = "success@simulator.amazonses.com"


def region() -> str:
    """Where the sender is verified: not always where the pool is."""
    return settings().sender_email_arn.split(":")[3]


def send(to: str, message: Message) -> None:
    """Send a mail from the pool's sender."""
    aws.hurried("ses", region()).send_email(
        Source=settings().sender_email,
        Destination={"ToAddresses": [to]},
        Message={
            "Subject": {"Data": message.subject, "Charset": "UTF-8"},
            "Body": {
                "Html": {"Data": message.html, "Charset": "UTF-8"},
                "Text": {"Data": message.text, "Charset": "UTF-8"},
            },
        },
    )
