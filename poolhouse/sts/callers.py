"""Who somebody is: by their signature, or by an access key's id."""

import re
from collections.abc import Mapping
from typing import Any

from poolhouse.call import Call
from poolhouse.sts.errors import AccessDenied, InvalidAuthorizationMessageException

Request = Mapping[str, Any]

_KEY = re.compile(r"A[KS]IA[A-Z2-7]{16}")


def get_caller_identity(call: Call, _request: Request) -> dict[str, str]:
    """Whoever signed the request, which needs no permission."""
    principal = call.principal
    return {"UserId": principal.user_id, "Account": principal.account_id, "Arn": principal.arn}


def get_access_key_info(call: Call, request: Request) -> dict[str, str]:
    """The account a key belongs to: keys that were not issued here are the account's own, as everywhere."""
    key_id = request["AccessKeyId"]
    kept = call.store.access_keys.find(id=key_id)
    if kept is None and not _KEY.fullmatch(key_id):
        # AWS refuses what is no key; with what sentence is a guess.
        raise AccessDenied("The access key ID is not valid.")
    return {"Account": call.account_id if kept is None else kept.account_id}


def decode_authorization_message(_call: Call, _request: Request) -> dict[str, str]:
    """Encoded messages come with EC2's refusals and those of a few others, none of which are here: none is good."""
    raise InvalidAuthorizationMessageException
