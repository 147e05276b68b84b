"""The identity pool: a user's own AWS keys for their ID token, so that a function can do what they may, and no more.

The keys are asked for anew with each request, for Cognito looks whether the user has been signed out. Which identity a
user is stays the same, and is kept: Cognito answers far fewer questions after it (docs/service.md).
"""

from collections.abc import Mapping
from typing import NamedTuple

from shared import aws
from shared.config import Keys, settings
from shared.errors import Unauthenticated, Unavailable

MOST_KEPT = 10_000
REFUSED = "NotAuthorizedException"
MOVED = {REFUSED, "ResourceNotFoundException"}  # an identity that was merged into another, or deleted
BUSY = {"TooManyRequestsException", "InternalErrorException", "ExternalServiceException"}
_identities: dict[str, str] = {}


class Holder(NamedTuple):
    """An identity and its keys."""

    identity_id: str
    keys: Keys


def enter(id_token: str, subject: str) -> Holder:
    """The identity of the user whose verified token this is, with keys. Raises Unauthenticated, Unavailable."""
    logins = {_provider(): id_token}
    try:
        return _kept(logins, subject) or _found(logins, subject)
    except aws.Refusal as refusal:
        if refusal.code == REFUSED:
            raise Unauthenticated("The token is not good any more: sign in again.") from None
        if refusal.code in BUSY:
            raise Unavailable from None
        raise


def _kept(logins: Mapping[str, str], subject: str) -> Holder | None:
    identity_id = _identities.get(subject)
    if identity_id is None:
        return None
    try:
        return _keys(identity_id, logins)
    except aws.Refusal as refusal:
        if refusal.code not in MOVED:
            raise
        _identities.pop(subject, None)
        return None


def _found(logins: Mapping[str, str], subject: str) -> Holder:
    pool = settings().identity_pool_id
    found = aws.unsigned("cognito-identity").get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    holder = _keys(found, logins)
    if len(_identities) >= MOST_KEPT:
        _identities.clear()
    _identities[subject] = holder.identity_id
    return holder


def _keys(identity_id: str, logins: Mapping[str, str]) -> Holder:
    asked = {"IdentityId": identity_id, "Logins": logins}
    answer = aws.unsigned("cognito-identity").get_credentials_for_identity(**asked)
    told = answer["Credentials"]
    return Holder(answer["IdentityId"], Keys(told["AccessKeyId"], told["SecretKey"], told["SessionToken"]))


def _provider() -> str:
    pool_id = settings().user_pool_id
    return f"cognito-idp.{pool_id.partition('_')[0]}.amazonaws.com/{pool_id}"
