"""Identity pools: what they take for a login, whose roles their identities get, their tags."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_identity.entities import IdentityPool
from poolhouse.cognito_identity.errors import (
    InvalidParameterException,
    NotAuthorizedException,
    ResourceNotFoundException,
)
from poolhouse.cognito_identity.flows import find
from poolhouse.cognito_idp.flows import pages

Request = Mapping[str, Any]

_SETTINGS = (
    *("AllowUnauthenticatedIdentities", "AllowClassicFlow", "SupportedLoginProviders", "DeveloperProviderName"),
    *("OpenIdConnectProviderARNs", "CognitoIdentityProviders", "SamlProviderARNs"),
)
_MOST_RULES, _MOST_MAPPINGS, _MOST_TAGS = 25, 10, 50
_PASSED_TO = {"iam:PassedToService": "cognito-identity.amazonaws.com"}


def create_identity_pool(call: Call, request: Request) -> dict[str, object]:
    """Make a pool."""
    settings = _settings(call, request)
    pool = IdentityPool(
        id=f"{call.region}:{call.new_id()}",
        name=request["IdentityPoolName"],
        settings=settings,
        created_at=call.now,
        tags=dict(request.get("IdentityPoolTags") or {}),
    )
    with call.store.write() as tx:
        tx.identity_pools.add(pool)
    return _shape(pool)


def describe_identity_pool(call: Call, request: Request) -> dict[str, object]:
    """A pool's settings."""
    return _shape(find.pool(call, request["IdentityPoolId"]))


def update_identity_pool(call: Call, request: Request) -> dict[str, object]:
    """Replace a pool's settings: what is not sent is not set any more. Its developer provider, once set, stays."""
    settings = _settings(call, request)
    with call.store.write() as tx:
        pool = find.pool_in(tx, request["IdentityPoolId"])
        if pool.developer_provider and settings.get("DeveloperProviderName") != pool.developer_provider:
            # That it cannot change is documented, the sentence is a guess.
            raise InvalidParameterException("The developer provider name can not be changed.")
        pool = replace(pool, name=request["IdentityPoolName"], settings=settings)
        if request.get("IdentityPoolTags") is not None:
            pool = replace(pool, tags=dict(request["IdentityPoolTags"]))
        tx.identity_pools.put(pool)
    return _shape(pool)


def delete_identity_pool(call: Call, request: Request) -> None:
    """Delete a pool with its identities."""
    with call.store.write() as tx:
        pool = find.pool_in(tx, request["IdentityPoolId"])
        tx.identity_logins.remove(pool_id=pool.id)
        tx.identities.remove(pool_id=pool.id)
        tx.sync_records.remove(pool_id=pool.id)
        tx.sync_datasets.remove(pool_id=pool.id)
        tx.sync_pools.remove(pool_id=pool.id)
        tx.identity_pools.remove(id=pool.id)


def list_identity_pools(call: Call, request: Request) -> dict[str, object]:
    """The account's pools by page."""
    table, given = call.store.identity_pools, request.get("NextToken")
    pools, more = pages.page(call, table, "ListIdentityPools", given, request["MaxResults"])
    return {
        "IdentityPools": [{"IdentityPoolId": pool.id, "IdentityPoolName": pool.name} for pool in pools],
        **more,
    }


def get_identity_pool_roles(call: Call, request: Request) -> dict[str, object]:
    """The roles a pool gives."""
    pool = find.pool(call, request["IdentityPoolId"])
    shape: dict[str, object] = {"IdentityPoolId": pool.id, "Roles": dict(pool.roles)}
    if pool.role_mappings:
        shape["RoleMappings"] = dict(pool.role_mappings)
    return shape


def set_identity_pool_roles(call: Call, request: Request) -> None:
    """Set the roles a pool gives, for whoever may pass them on."""
    roles, mappings = dict(request["Roles"]), dict(request.get("RoleMappings") or {})
    find.pool(call, request["IdentityPoolId"])
    for arn in sorted({*roles.values(), *_roles_of_rules(mappings)}):
        if call.authority.role(arn) is None or not _may_pass(call, arn):
            raise NotAuthorizedException(f"Access to Role '{arn}' is forbidden.")
    with call.store.write() as tx:
        pool = find.pool_in(tx, request["IdentityPoolId"])
        _check_mappings(pool, mappings)
        tx.identity_pools.put(replace(pool, roles=roles, role_mappings=mappings))


def get_principal_tag_attribute_map(call: Call, request: Request) -> dict[str, object]:
    """Which claims of a provider become tags."""
    pool, provider = find.pool(call, request["IdentityPoolId"]), request["IdentityProviderName"]
    _check_provider(pool, provider)
    return _tag_map(pool, provider)


def set_principal_tag_attribute_map(call: Call, request: Request) -> dict[str, object]:
    """Set which claims of a provider become tags."""
    provider, wanted = request["IdentityProviderName"], dict(request.get("PrincipalTags") or {})
    if len(wanted) > _MOST_TAGS:
        raise InvalidParameterException(f"At most {_MOST_TAGS} principal tags can be set.")  # a guess
    with call.store.write() as tx:
        pool = find.pool_in(tx, request["IdentityPoolId"])
        _check_provider(pool, provider)
        made = {"UseDefaults": bool(request.get("UseDefaults")), "PrincipalTags": wanted}
        pool = replace(pool, tag_maps={**pool.tag_maps, provider: made})
        tx.identity_pools.put(pool)
    return _tag_map(pool, provider)


def list_tags_for_resource(call: Call, request: Request) -> dict[str, object]:
    """A pool's tags."""
    return {"Tags": dict(find.pool(call, _pool_id(request)).tags)}


def tag_resource(call: Call, request: Request) -> dict[str, object]:
    """Set some of a pool's tags."""
    with call.store.write() as tx:
        pool = find.pool_in(tx, _pool_id(request))
        tags = {**pool.tags, **request["Tags"]}
        if len(tags) > _MOST_TAGS:
            raise InvalidParameterException(f"At most {_MOST_TAGS} tags can be set.")  # a guess
        tx.identity_pools.put(replace(pool, tags=tags))
    return {}


def untag_resource(call: Call, request: Request) -> dict[str, object]:
    """Take some of a pool's tags away."""
    with call.store.write() as tx:
        pool = find.pool_in(tx, _pool_id(request))
        gone = set(request["TagKeys"])
        tx.identity_pools.put(replace(pool, tags={key: value for key, value in pool.tags.items() if key not in gone}))
    return {}


def _settings(call: Call, request: Request) -> dict[str, Any]:
    settings = {name: request[name] for name in _SETTINGS if request.get(name) is not None}
    for arn in settings.get("OpenIdConnectProviderARNs") or ():
        provider = call.authority.openid_provider(arn.partition(":oidc-provider/")[2])
        if provider is None or provider.arn != arn:
            raise InvalidParameterException(f"OpenIdConnect provider {arn} does not exist.")  # a guess
    return settings


def _check_mappings(pool: IdentityPool, mappings: Mapping[str, Any]) -> None:
    """The second sentences of each pair are guesses."""
    if len(mappings) > _MOST_MAPPINGS:
        raise InvalidParameterException(f"At most {_MOST_MAPPINGS} role mappings can be set.")
    for name, mapping in mappings.items():
        if name not in _mapping_keys(pool):
            raise InvalidParameterException(
                f"{name} is not a valid RoleMapping ProviderName or is not a configured provider."
            )
        if "AmbiguousRoleResolution" not in mapping:
            raise InvalidParameterException(f"AmbiguousRoleResolution must be set for {name}.")
        rules = (mapping.get("RulesConfiguration") or {}).get("Rules") or ()
        if (mapping["Type"] == "Rules") is not bool(rules) or len(rules) > _MOST_RULES:
            raise InvalidParameterException(f"RulesConfiguration of {name} is not valid.")


def _mapping_keys(pool: IdentityPool) -> set[str]:
    apps = pool.settings.get("CognitoIdentityProviders") or ()
    return {f"{one['ProviderName']}:{one.get('ClientId')}" for one in apps} | (_providers(pool) - _user_pools(pool))


def _check_provider(pool: IdentityPool, provider: str) -> None:
    if provider not in _providers(pool):
        raise ResourceNotFoundException(f"Identity provider {provider} is not of this identity pool.")  # a guess


def _providers(pool: IdentityPool) -> set[str]:
    """The providers whose logins a pool takes, by the names they have in Logins."""
    arns = pool.settings.get("OpenIdConnectProviderARNs") or ()
    openid = {arn.partition(":oidc-provider/")[2] for arn in arns}
    built_in, saml = pool.settings.get("SupportedLoginProviders") or {}, pool.settings.get("SamlProviderARNs") or ()
    return _user_pools(pool) | set(built_in) | openid | set(saml) | ({pool.developer_provider} - {""})


def _user_pools(pool: IdentityPool) -> set[str]:
    return {str(one["ProviderName"]) for one in pool.settings.get("CognitoIdentityProviders") or ()}


def _roles_of_rules(mappings: Mapping[str, Any]) -> set[str]:
    return {
        rule["RoleARN"]
        for mapping in mappings.values()
        for rule in (mapping.get("RulesConfiguration") or {}).get("Rules") or ()
    }


def _may_pass(call: Call, arn: str) -> bool:
    return call.authority.decide(call, "iam:PassRole", arn, _PASSED_TO).is_allowed


def _tag_map(pool: IdentityPool, provider: str) -> dict[str, object]:
    kept = pool.tag_maps.get(provider) or {"UseDefaults": False, "PrincipalTags": {}}
    return {"IdentityPoolId": pool.id, "IdentityProviderName": provider, **kept}


def _pool_id(request: Request) -> str:
    return str(request["ResourceArn"]).partition(":identitypool/")[2]


def _shape(pool: IdentityPool) -> dict[str, object]:
    return {
        "IdentityPoolId": pool.id,
        "IdentityPoolName": pool.name,
        **{"AllowUnauthenticatedIdentities": False, **pool.settings},
        "IdentityPoolTags": dict(pool.tags),
    }
