"""The second API, of 2019-09-27."""

from collections.abc import Mapping
from typing import Any

from poolhouse.call import Call
from poolhouse.errors import NotImplementedException
from poolhouse.ses import identities, mails
from poolhouse.ses.entities import EmailIdentity
from poolhouse.ses.errors import AlreadyExistsException, BadRequestException, NotFoundException

Request = Mapping[str, Any]


def create_email_identity(call: Call, request: Request) -> dict[str, Any]:
    """An address or a domain that mails may come from."""
    name = request["EmailIdentity"]
    if identities.find(call.store, name) is not None:
        raise AlreadyExistsException(f"Email identity {name} already exist.")
    tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags") or ()}
    identity = identities.verify(call, name, tags)
    return {"IdentityType": _kind(identity), "VerifiedForSendingStatus": True}


def get_email_identity(call: Call, request: Request) -> dict[str, Any]:
    """One identity. Raises NotFoundException."""
    identity = identities.find(call.store, request["EmailIdentity"])
    if identity is None:
        raise _absent(request)
    return {
        "IdentityType": _kind(identity),
        "VerifiedForSendingStatus": True,
        "VerificationStatus": "SUCCESS",
        "FeedbackForwardingStatus": True,
        "Policies": {},
        "Tags": [{"Key": key, "Value": value} for key, value in identity.tags.items()],
    }


def list_email_identities(call: Call, _request: Request) -> dict[str, Any]:
    """All of them on one page."""
    return {
        "EmailIdentities": [
            {
                "IdentityType": _kind(one),
                "IdentityName": one.name,
                "SendingEnabled": True,
                "VerificationStatus": "SUCCESS",
            }
            for one in identities.listed(call.store)
        ]
    }


def delete_email_identity(call: Call, request: Request) -> None:
    """Forget an identity. Raises NotFoundException."""
    if not identities.remove(call, request["EmailIdentity"]):
        raise _absent(request)


def send_email(call: Call, request: Request) -> dict[str, str]:
    """A mail given as subject and body, or whole. Raises NotImplementedException for one of a template."""
    content, to = request["Content"], mails.destination(request.get("Destination") or {})
    sender = request.get("FromEmailAddress")
    if content.get("Template"):
        raise NotImplementedException("SES mails of templates are not implemented yet in Poolhouse")
    if content.get("Raw"):
        mail = mails.raw(sender, to, content["Raw"]["Data"], BadRequestException)
    elif content.get("Simple") and sender:
        mail = mails.simple(sender, to, content["Simple"])
    else:
        raise BadRequestException("Missing required header 'From'." if not sender else "Content is required.")
    return {"MessageId": mails.send(call, mail, BadRequestException)}


def _kind(identity: EmailIdentity) -> str:
    return "EMAIL_ADDRESS" if "@" in identity.name else "DOMAIN"


def _absent(request: Request) -> NotFoundException:
    return NotFoundException(f"Email identity {request['EmailIdentity']} does not exist.")
