"""Threat protection: what a pool does about passwords that are known to others, and about sign-ins that look odd."""

import ipaddress
from collections.abc import Mapping
from typing import Any

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import UserPool
from poolhouse.cognito_idp.errors import InvalidParameterException
from poolhouse.cognito_idp.flows import configurations, find, threat_protection

Request = Mapping[str, Any]

_MEMBERS = (
    "CompromisedCredentialsRiskConfiguration",
    "AccountTakeoverRiskConfiguration",
    "RiskExceptionConfiguration",
)
_MOST_RANGES = 200


def set_risk_configuration(call: Call, request: Request) -> dict[str, object]:
    """Replace the configuration of a pool, or of one app client; what is not sent is gone (API reference)."""
    pool, client_id = _addressed(call, request)
    settings = {name: request[name] for name in _MEMBERS if request.get(name) is not None}
    if not settings:
        raise InvalidParameterException("At least one risk configuration must be provided.")  # AWS's is not known
    _check_ranges(settings.get("RiskExceptionConfiguration", {}))
    kept = configurations.put(call, pool.id, configurations.RISK, client_id, settings)
    return {"RiskConfiguration": _type(pool, client_id, kept.settings) | {"LastModifiedDate": kept.modified_at}}


def describe_risk_configuration(call: Call, request: Request) -> dict[str, object]:
    """The configuration of a pool, or of one app client, which may be empty."""
    pool, client_id = _addressed(call, request)
    kept = configurations.find(call, pool.id, configurations.RISK, client_id)
    if kept is None:
        return {"RiskConfiguration": _type(pool, client_id, {})}
    return {"RiskConfiguration": _type(pool, client_id, kept.settings) | {"LastModifiedDate": kept.modified_at}}


def _addressed(call: Call, request: Request) -> tuple[UserPool, str]:
    pool = find.pool(call, request["UserPoolId"])
    client_id = request.get("ClientId") or ""
    if client_id:
        find.client_in(call.store, pool.id, client_id)
    threat_protection.check_enabled(pool)
    return pool, client_id


def _type(pool: UserPool, client_id: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {"UserPoolId": pool.id, **({"ClientId": client_id} if client_id else {}), **settings}


def _check_ranges(exceptions: Mapping[str, Any]) -> None:
    """Two lists of IP ranges in CIDR notation. The sentences are guesses."""
    for name in ("BlockedIPRangeList", "SkippedIPRangeList"):
        ranges = exceptions.get(name) or ()
        if len(ranges) > _MOST_RANGES:
            raise InvalidParameterException(f"{name} cannot have more than {_MOST_RANGES} ranges.")
        for text in ranges:
            try:
                ipaddress.ip_network(text, strict=False)
            except ValueError as error:
                raise InvalidParameterException(f"{text} is not an IP range in CIDR notation.") from error
