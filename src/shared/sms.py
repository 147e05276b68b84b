"""SNS's short messages: the one place that sends them."""

from shared import aws
from shared.messages import Message


def send(to: str, message: Message) -> None:
    """Send the text of a message to a telephone number, before others' advertisements."""
    aws.hurried("sns").publish(
        PhoneNumber=to,
        Message=message.text,
        MessageAttributes={"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}},
    )
