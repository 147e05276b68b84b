"""Who a new user is: the stored name, the attributes with the name among them, what a name may look like."""

from collections.abc import Mapping
from datetime import datetime

from poolhouse.cognito_idp.entities import User, UserPool
from poolhouse.cognito_idp.errors import InvalidParameterException
from poolhouse.cognito_idp.rules import destinations

_WRONG_FORM: Mapping[tuple[str, ...], str] = {
    ("email",): "Username should be an email.",
    ("phone_number",): "Username should be a phone number.",  # by analogy with the other two, which are observed
}
_EITHER = "Username should be either an email or a phone number."


def make_sub(now: datetime, uuid: str) -> str:
    """A `sub`: a UUID whose third group begins with 70, as Cognito's do, the rest from a random one.

    It begins with the time: users who come one after the other stand side by side in every index, which makes keeping
    them several times cheaper where there are many.
    """
    begun = f"{int(now.timestamp() * 1000) & 0xFFFF_FFFF_FFFF:012x}"
    return f"{begun[:8]}-{begun[8:]}-70{uuid[16:]}"


def draft(
    pool: UserPool, username: str, attributes: Mapping[str, str], *, status: str, sub: str, now: datetime
) -> User:
    """The user as they would be stored, before anything is decided. Raises InvalidParameterException."""
    stored = pool.folded(username)
    if pool.username_attributes:
        attributes = _with_username(pool, username, attributes)
        stored = sub
    else:
        _check_no_alias_form(pool, username)
    return User(
        pool_id=pool.id,
        username=stored,
        sub=sub,
        status=status,
        created_at=now,
        modified_at=now,
        attributes=dict(attributes),
    )


def _with_username(pool: UserPool, username: str, attributes: Mapping[str, str]) -> dict[str, str]:
    """The attributes with the user name as the e-mail address or phone number that it is."""
    attribute = _attribute_of(pool, username)
    given = attributes.get(attribute)
    if given and pool.folded(given) != pool.folded(username):
        # AWS refuses the pair; its sentence is not known.
        raise InvalidParameterException(f"User attribute {attribute} does not match the username.")
    return {**attributes, attribute: given or username}


def _attribute_of(pool: UserPool, username: str) -> str:
    allowed = pool.username_attributes
    if "email" in allowed and destinations.is_email(username):
        return "email"
    if "phone_number" in allowed and destinations.is_phone_number(username):
        return "phone_number"
    raise InvalidParameterException(_WRONG_FORM.get(allowed, _EITHER))


def _check_no_alias_form(pool: UserPool, username: str) -> None:
    if "email" in pool.alias_attributes and destinations.is_email(username):
        raise InvalidParameterException(
            "Username cannot be of email format, since user pool is configured for email alias."
        )
    if "phone_number" in pool.alias_attributes and destinations.is_phone_number(username):
        raise InvalidParameterException(  # by analogy with the e-mail's, which is observed
            "Username cannot be of phone number format, since user pool is configured for phone number alias."
        )
