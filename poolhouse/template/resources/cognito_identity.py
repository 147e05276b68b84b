"""AWS::Cognito::IdentityPool, and the roles and principal tags that are attached to one.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Cognito.html
"""

from collections.abc import Mapping
from typing import Any

from poolhouse.template.document import Made
from poolhouse.template.resources.base import Context, Existing, Resource, ResourceType, only, tags, without

_SERVICE = "cognito-identity"
_SETTINGS = (
    *("AllowClassicFlow", "AllowUnauthenticatedIdentities", "CognitoIdentityProviders", "DeveloperProviderName"),
    *("OpenIdConnectProviderARNs", "SamlProviderARNs", "SupportedLoginProviders"),
)
_POOL = "IdentityPoolId"
_EVENTS = "CognitoEvents"


def _params(resource: Resource) -> dict[str, Any]:
    properties = resource.properties
    params = {"IdentityPoolName": properties.get("IdentityPoolName", resource.name), **only(properties, *_SETTINGS)}
    if "IdentityPoolTags" in properties:
        params["IdentityPoolTags"] = tags(properties["IdentityPoolTags"])
    return params


def _create_pool(context: Context, resource: Resource) -> Made:
    pool = context.operate(_SERVICE, "CreateIdentityPool", _params(resource))
    context.begun(pool[_POOL])
    _set_events(context, pool[_POOL], resource.properties, {})
    return _made(pool)


def _update_pool(context: Context, resource: Resource, existing: Existing) -> Made:
    params = {"IdentityPoolTags": {}, **_params(resource), _POOL: existing.physical_id}
    pool = context.operate(_SERVICE, "UpdateIdentityPool", params)
    _set_events(context, existing.physical_id, resource.properties, existing.properties)
    return _made(pool)


def _set_events(context: Context, pool_id: str, properties: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """The function that Cognito Sync tells of changes, as far as there is or was one."""
    events = {**dict.fromkeys(before.get(_EVENTS, {}), ""), **properties.get(_EVENTS, {})}
    if events:
        context.operate("cognito-sync", "SetCognitoEvents", {_POOL: pool_id, "Events": events})


def _made(pool: Mapping[str, Any]) -> Made:
    return Made(pool[_POOL], {"Id": pool[_POOL], "Name": pool["IdentityPoolName"]})


def _delete_pool(context: Context, existing: Existing) -> None:
    context.operate(_SERVICE, "DeleteIdentityPool", {_POOL: existing.physical_id})


def _set_roles(context: Context, resource: Resource) -> Made:
    """Mappings go by any name in a template, which then gives the provider in a property of its own."""
    properties = resource.properties
    mappings = {
        mapping.get("IdentityProvider", name): without(mapping, "IdentityProvider")
        for name, mapping in properties.get("RoleMappings", {}).items()
    }
    params = {_POOL: properties[_POOL], "Roles": properties.get("Roles", {}), "RoleMappings": mappings}
    context.operate(_SERVICE, "SetIdentityPoolRoles", params)
    return Made(resource.name, {"Id": resource.name})


def _reset_roles(context: Context, resource: Resource, existing: Existing) -> Made:
    return Made(existing.physical_id, _set_roles(context, resource).attributes)


def _delete_roles(context: Context, existing: Existing) -> None:
    context.found(_SERVICE, "SetIdentityPoolRoles", {_POOL: existing.properties[_POOL], "Roles": {}})


def _set_tags(context: Context, resource: Resource) -> Made:
    properties = resource.properties
    params = only(properties, _POOL, "IdentityProviderName", "UseDefaults", "PrincipalTags")
    context.operate(_SERVICE, "SetPrincipalTagAttributeMap", params)
    return Made(f"{properties[_POOL]}|{properties['IdentityProviderName']}", {})


def _reset_tags(context: Context, resource: Resource, _existing: Existing) -> Made:
    return _set_tags(context, resource)


def _delete_tags(context: Context, existing: Existing) -> None:
    where = only(existing.properties, _POOL, "IdentityProviderName")
    context.found(_SERVICE, "SetPrincipalTagAttributeMap", {**where, "UseDefaults": False, "PrincipalTags": {}})


TYPES: Mapping[str, ResourceType] = {
    "AWS::Cognito::IdentityPool": ResourceType(
        takes=frozenset({*_SETTINGS, "IdentityPoolName", "IdentityPoolTags", _EVENTS}),
        not_run=frozenset({"CognitoStreams", "PushSync"}),
        create=_create_pool,
        update=_update_pool,
        delete=_delete_pool,
    ),
    "AWS::Cognito::IdentityPoolRoleAttachment": ResourceType(
        takes=frozenset({_POOL, "RoleMappings", "Roles"}),
        create=_set_roles,
        update=_reset_roles,
        delete=_delete_roles,
    ),
    "AWS::Cognito::IdentityPoolPrincipalTag": ResourceType(
        takes=frozenset({_POOL, "IdentityProviderName", "PrincipalTags", "UseDefaults"}),
        create=_set_tags,
        update=_reset_tags,
        delete=_delete_tags,
    ),
}
