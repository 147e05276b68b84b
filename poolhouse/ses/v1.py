"""The first API, of 2010-12-01."""

from collections.abc import Mapping
from typing import Any

from poolhouse.call import Call
from poolhouse.ses import identities, mails
from poolhouse.ses.errors import InvalidParameterValue

Request = Mapping[str, Any]

_MOST_A_DAY, _MOST_A_SECOND = 50_000, 14  # what AWS begins with outside of its sandbox


def verify_email_identity(call: Call, request: Request) -> None:
    """An address that mails may come from."""
    identities.verify(call, request["EmailAddress"])


def verify_email_address(call: Call, request: Request) -> None:
    """The older name of VerifyEmailIdentity."""
    identities.verify(call, request["EmailAddress"])


def verify_domain_identity(call: Call, request: Request) -> dict[str, str]:
    """A domain whose addresses mails may come from; the token is for a DNS that nobody asks here."""
    return {"VerificationToken": identities.verify(call, request["Domain"]).token}


def delete_identity(call: Call, request: Request) -> None:
    """SES is content where there is none."""
    identities.remove(call, request["Identity"])


def delete_verified_email_address(call: Call, request: Request) -> None:
    """The older name of DeleteIdentity."""
    identities.remove(call, request["EmailAddress"])


def list_identities(call: Call, request: Request) -> dict[str, Any]:
    """All of them on one page."""
    kind = request.get("IdentityType")
    names = [one.name for one in identities.listed(call.store)]
    return {"Identities": [name for name in names if kind is None or ("@" in name) == (kind == "EmailAddress")]}


def list_verified_email_addresses(call: Call, _request: Request) -> dict[str, Any]:
    """The identities that are addresses."""
    return {"VerifiedEmailAddresses": [one.name for one in identities.listed(call.store) if "@" in one.name]}


def get_identity_verification_attributes(call: Call, request: Request) -> dict[str, Any]:
    """Those that are here; the others are left out."""
    found = {name: identities.find(call.store, name) for name in request["Identities"]}
    return {
        "VerificationAttributes": {
            name: {
                "VerificationStatus": "Success",
                **({} if "@" in one.name else {"VerificationToken": one.token}),
            }
            for name, one in found.items()
            if one is not None
        }
    }


def get_send_quota(_call: Call, _request: Request) -> dict[str, float]:
    """An account outside of the sandbox; what was sent is not counted."""
    return {"Max24HourSend": _MOST_A_DAY, "MaxSendRate": _MOST_A_SECOND, "SentLast24Hours": 0}


def get_account_sending_enabled(_call: Call, _request: Request) -> dict[str, bool]:
    """Sending cannot be turned off here."""
    return {"Enabled": True}


def send_email(call: Call, request: Request) -> dict[str, str]:
    """A mail given as subject and body."""
    to = mails.destination(request["Destination"])
    mail = mails.simple(request["Source"], to, request["Message"])
    return {"MessageId": mails.send(call, mail, InvalidParameterValue)}


def send_raw_email(call: Call, request: Request) -> dict[str, str]:
    """A whole MIME message."""
    data = request["RawMessage"]["Data"]
    mail = mails.raw(request.get("Source"), request.get("Destinations") or (), data, InvalidParameterValue)
    return {"MessageId": mails.send(call, mail, InvalidParameterValue)}
