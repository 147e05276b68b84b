"""Provisioned limits: how many requests a second the account has of each category. Told and kept, not enforced here."""

from collections.abc import Mapping
from typing import Any

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import ProvisionedLimit
from poolhouse.cognito_idp.errors import (
    InvalidParameterException,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
)

Request = Mapping[str, Any]

# "Quotas in Amazon Cognito": requests a second of each category for one account and region.
DEFAULTS = {
    "UserAuthentication": 120,
    "UserCreation": 50,
    "UserFederation": 25,
    "UserAccountRecovery": 30,
    "UserRead": 120,
    "UserUpdate": 25,
    "UserToken": 120,
    "UserResourceRead": 50,
    "UserResourceUpdate": 25,
    "UserList": 30,
    "UserPoolRead": 15,
    "UserPoolUpdate": 15,
    "UserPoolResourceRead": 20,
    "UserPoolResourceUpdate": 15,
    "UserPoolClientRead": 15,
    "UserPoolClientUpdate": 15,
    "ClientAuthentication": 150,
}
_MOST = 10_000  # a guess: what AWS gives without talking to anybody is not documented


def get_provisioned_limit(call: Call, request: Request) -> dict[str, object]:
    """The limit of one category."""
    category = _category(request)
    kept = call.store.provisioned_limits.find(category=category)
    return _told(category, DEFAULTS[category] if kept is None else kept.value)


def update_provisioned_limit(call: Call, request: Request) -> dict[str, object]:
    """Ask for another limit, which is given at once."""
    category, value = _category(request), request["RequestedLimitValue"]
    if value < DEFAULTS[category]:
        raise InvalidParameterException(f"RequestedLimitValue must be at least {DEFAULTS[category]}.")  # a guess
    if value > _MOST:
        raise ServiceQuotaExceededException(f"RequestedLimitValue must be at most {_MOST}.")  # a guess
    with call.store.write() as tx:
        tx.provisioned_limits.put(ProvisionedLimit(category, value))
    return _told(category, value)


def _category(request: Request) -> str:
    """The category that a limit's definition names: `{"Category": "UserAuthentication"}`, in any case. A guess."""
    attributes: Mapping[str, str] = request["LimitDefinition"]["Attributes"]
    wanted = next((value for name, value in attributes.items() if name.lower() == "category"), "")
    found = next((category for category in DEFAULTS if category.lower() == wanted.lower()), None)
    if found is None:
        raise ResourceNotFoundException(f"Limit {wanted} does not exist.")  # the sentence is a guess
    return found


def _told(category: str, value: int) -> dict[str, object]:
    definition = {"LimitClass": "API_CATEGORY", "Attributes": {"Category": category}}
    limit = {"LimitDefinition": definition, "ProvisionedLimitValue": value, "FreeLimitValue": DEFAULTS[category]}
    return {"Limit": limit}
