"""Which AuthFlow may begin a sign-in, by which entrance, for which app client; AWS's sentence when it may not."""

from collections.abc import Mapping
from enum import Enum

from poolhouse.cognito_idp.entities import AppClient
from poolhouse.cognito_idp.errors import InvalidParameterException


class Beginning(Enum):
    """How a sign-in begins."""

    SRP = "USER_SRP_AUTH"
    PASSWORD = "USER_PASSWORD_AUTH"  # noqa: S105
    REFRESH = "REFRESH_TOKEN_AUTH"
    CUSTOM = "CUSTOM_AUTH"
    CHOICE = "USER_AUTH"


_BEGINNINGS: Mapping[str, Beginning] = {
    "USER_SRP_AUTH": Beginning.SRP,
    "USER_PASSWORD_AUTH": Beginning.PASSWORD,
    "ADMIN_USER_PASSWORD_AUTH": Beginning.PASSWORD,
    "ADMIN_NO_SRP_AUTH": Beginning.PASSWORD,
    "REFRESH_TOKEN_AUTH": Beginning.REFRESH,
    "REFRESH_TOKEN": Beginning.REFRESH,
    "CUSTOM_AUTH": Beginning.CUSTOM,
    "USER_AUTH": Beginning.CHOICE,
}
_ADMIN_ONLY = frozenset({"ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"})
# Observed: SRP's, USER_PASSWORD_AUTH's, and the general one from the Admin flows. The others are not proven.
_REFUSALS: Mapping[str, str] = {
    "USER_SRP_AUTH": "USER_SRP_AUTH is not enabled for the client.",
    "USER_PASSWORD_AUTH": "USER_PASSWORD_AUTH flow not enabled for this client",
    "CUSTOM_AUTH": "CUSTOM_AUTH is not enabled for the client.",
    "USER_AUTH": "USER_AUTH is not enabled for the client.",
}
_REFUSAL = "Auth flow not enabled for this client"


def check(auth_flow: str, app_client: AppClient, *, is_admin: bool) -> Beginning:
    """How this AuthFlow begins. Raises InvalidParameterException when it may not begin here."""
    beginning = _BEGINNINGS.get(auth_flow)
    if beginning is None or (auth_flow in _ADMIN_ONLY and not is_admin):
        raise InvalidParameterException("Initiate Auth method not supported.")
    is_rotating_refresh = beginning is Beginning.REFRESH and app_client.rotates_refresh_tokens
    if not is_rotating_refresh and not app_client.allows(auth_flow):
        raise InvalidParameterException(_REFUSALS.get(auth_flow, _REFUSAL))
    return beginning
