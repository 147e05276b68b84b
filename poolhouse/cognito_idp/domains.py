"""Domains: the names under which a pool's authorization server is reached, a prefix or a whole name of one's own."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp import shapes
from poolhouse.cognito_idp.entities import Domain, UserPool
from poolhouse.cognito_idp.errors import FeatureUnavailableInTierException, InvalidParameterException
from poolhouse.cognito_idp.flows import find
from poolhouse.store import Tx

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.type_defs import (
        DeleteUserPoolDomainRequestTypeDef,
        DescribeUserPoolDomainRequestTypeDef,
    )

# Requests of operations whose newest members the stubs lack.
Request = Mapping[str, Any]

# The model's pattern has no dots, and custom domains have: the service looks at the name itself.
NOT_CHECKED = {"DomainType": "pattern"}

_PREFIX = r"^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$"
_CUSTOM = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,}")
_RESERVED = ("aws", "amazon", "cognito")
_SETTINGS = ("CustomDomainConfig", "Routing")


def create_user_pool_domain(call: Call, request: Request) -> dict[str, object]:
    """Give a pool a domain: one prefix and one custom name at most."""
    name, pool_id = request["Domain"], request["UserPoolId"]
    is_custom = bool(request.get("CustomDomainConfig"))
    if is_custom and not _CUSTOM.fullmatch(name):
        raise InvalidParameterException("Custom domain is not a valid subdomain")
    if not is_custom:
        _check_prefix(name)
    with call.store.write() as tx:
        pool = find.pool_in(tx, pool_id)
        if tx.domains.find(domain=name) is not None:
            raise InvalidParameterException("Domain already associated with another user pool.")
        if any(_is_custom(domain) == is_custom for domain in tx.domains.list(pool_id=pool_id)):
            raise InvalidParameterException("User pool already has a domain configured.")  # the sentence is a guess
        domain = Domain(domain=name, pool_id=pool_id, settings=_settings(pool, request))
        tx.domains.add(domain)
    return _answer(domain)


def describe_user_pool_domain(call: Call, request: "DescribeUserPoolDomainRequestTypeDef") -> dict[str, object]:
    """Whose a domain is; of one that nobody has, an empty description."""
    domain = call.store.domains.find(domain=request["Domain"])
    return {"DomainDescription": {} if domain is None else shapes.domain_description_type(call, domain)}


def update_user_pool_domain(call: Call, request: Request) -> dict[str, object]:
    """Change a domain's certificate or login version."""
    with call.store.write() as tx:
        pool = find.pool_in(tx, request["UserPoolId"])
        domain = _get(tx, request["UserPoolId"], request["Domain"])
        domain = replace(domain, settings={**domain.settings, **_settings(pool, request)})
        tx.domains.put(domain)
    return _answer(domain)


def delete_user_pool_domain(call: Call, request: "DeleteUserPoolDomainRequestTypeDef") -> dict[str, object]:
    """Take a domain from a pool."""
    with call.store.write() as tx:
        find.pool_in(tx, request["UserPoolId"])
        domain = _get(tx, request["UserPoolId"], request["Domain"])
        tx.domains.remove(domain=domain.domain)
    return {}


def _get(tx: Tx, pool_id: str, name: str) -> Domain:
    domain = tx.domains.find(domain=name)
    if domain is None or domain.pool_id != pool_id:
        raise InvalidParameterException("No such domain or user pool exists.")
    return domain


def _check_prefix(name: str) -> None:
    if not re.fullmatch(_PREFIX, name):
        raise InvalidParameterException(
            "The domain name contains an invalid character. Domain names can only contain lower-case letters, numbers, "
            f"and hyphens. Please enter a different name that follows this format: {_PREFIX}"
        )
    for word in _RESERVED:
        # A word inside a longer one is allowed: only parts between hyphens count, as tried against AWS.
        if word in name.split("-"):
            raise InvalidParameterException(f"Domain cannot contain reserved word: {word}")


def _settings(pool: UserPool, request: Request) -> dict[str, Any]:
    version = request.get("ManagedLoginVersion", 1)
    if version == 2 and pool.tier == "LITE":
        raise FeatureUnavailableInTierException(
            "The following feature is not available for the LITE pricing tier configured: Managed Login Version 2"
        )
    if version not in (1, 2):
        raise InvalidParameterException("ManagedLoginVersion must be 1 or 2.")  # AWS's sentence is not known
    return {"ManagedLoginVersion": version} | {name: request[name] for name in _SETTINGS if request.get(name)}


def _answer(domain: Domain) -> dict[str, object]:
    """No CloudFront distribution stands before a custom name here, so none is told."""
    return {name: domain.settings[name] for name in ("ManagedLoginVersion", "Routing") if name in domain.settings}


def _is_custom(domain: Domain) -> bool:
    return "CustomDomainConfig" in domain.settings
