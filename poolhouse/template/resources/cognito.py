"""AWS::Cognito::*: user pools and what belongs to them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Cognito.html
"""

from collections.abc import Mapping
from typing import Any

from poolhouse.errors import CommandError
from poolhouse.template.document import Made
from poolhouse.template.resources.base import Context, Existing, Resource, ResourceType, without
from poolhouse.wire.models import service_model

_SERVICE = "cognito-idp"
_FIXED = ("UsernameAttributes", "AliasAttributes", "UsernameConfiguration")


def _members(operation: str) -> frozenset[str]:
    shape: Any = service_model(_SERVICE).operation_model(operation).input_shape
    return frozenset(shape.members)


def _pool_params(resource: Resource) -> dict[str, Any]:
    properties = without(resource.properties, "UserPoolName")
    return {"PoolName": resource.properties.get("UserPoolName", resource.name), **properties}


def _create_pool(context: Context, resource: Resource) -> Made:
    pool = context.operate(_SERVICE, "CreateUserPool", _pool_params(resource))["UserPool"]
    return _made_pool(context, str(pool["Id"]))


def _made_pool(context: Context, pool_id: str) -> Made:
    config = context.cloud.config
    attributes = {
        "Arn": context.arn(_SERVICE, f"userpool/{pool_id}"),
        "ProviderName": f"cognito-idp.{config.region}.amazonaws.com/{pool_id}",
        "ProviderURL": f"{config.issuer_base}/{pool_id}",  # the tokens' issuer, here as on AWS
        "UserPoolId": pool_id,
    }
    return Made(pool_id, attributes)


def _update_pool(context: Context, resource: Resource, existing: Existing) -> Made:
    before, after = existing.properties, resource.properties
    for name in _FIXED:
        if before.get(name) != after.get(name):
            raise CommandError(f"Updates are not allowed for property - {name}")
    added = _added_attributes(before.get("Schema", []), after.get("Schema", []))
    params = {name: value for name, value in _pool_params(resource).items() if name in _members("UpdateUserPool")}
    context.operate(_SERVICE, "UpdateUserPool", {"UserPoolId": existing.physical_id, **params})
    if added:
        custom = {"UserPoolId": existing.physical_id, "CustomAttributes": added}
        context.operate(_SERVICE, "AddCustomAttributes", custom)
    return _made_pool(context, existing.physical_id)


def _added_attributes(before: list[Any], after: list[Any]) -> list[Any]:
    """Schema attributes that are new. Raises CommandError when one was changed or removed, which no pool allows."""
    if any(attribute not in after for attribute in before):
        raise CommandError("Existing schema attributes cannot be modified or deleted.")
    return [attribute for attribute in after if attribute not in before]


def _delete_pool(context: Context, existing: Existing) -> None:
    context.operate(_SERVICE, "DeleteUserPool", {"UserPoolId": existing.physical_id})


def _create_client(context: Context, resource: Resource) -> Made:
    params = {"ClientName": resource.name, **resource.properties}
    client = context.operate(_SERVICE, "CreateUserPoolClient", params)["UserPoolClient"]
    return _made_client(str(client["ClientId"]), params)


def _made_client(client_id: str, params: Mapping[str, Any]) -> Made:
    return Made(client_id, {"ClientId": client_id, "Name": params["ClientName"]})


def _update_client(context: Context, resource: Resource, existing: Existing) -> Made:
    name = existing.attributes.get("Name", resource.name)
    params = {"ClientName": name, **without(resource.properties, "GenerateSecret")}
    context.operate(_SERVICE, "UpdateUserPoolClient", {"ClientId": existing.physical_id, **params})
    return _made_client(existing.physical_id, params)


def _delete_client(context: Context, existing: Existing) -> None:
    params = {"UserPoolId": existing.properties["UserPoolId"], "ClientId": existing.physical_id}
    context.operate(_SERVICE, "DeleteUserPoolClient", params)


def _client_secret(context: Context, existing: Existing) -> Mapping[str, Any]:
    if str(existing.properties.get("GenerateSecret", "false")).lower() != "true":
        return {}
    params = {"UserPoolId": existing.properties["UserPoolId"], "ClientId": existing.physical_id}
    client = context.operate(_SERVICE, "DescribeUserPoolClient", params)["UserPoolClient"]
    return {"ClientSecret": client["ClientSecret"]}


def _create_domain(context: Context, resource: Resource) -> Made:
    context.operate(_SERVICE, "CreateUserPoolDomain", resource.properties)
    return Made(str(resource.properties["Domain"]), {})


def _update_domain(context: Context, resource: Resource, existing: Existing) -> Made:
    context.operate(_SERVICE, "UpdateUserPoolDomain", resource.properties)
    return Made(existing.physical_id, {})


def _delete_domain(context: Context, existing: Existing) -> None:
    params = {"UserPoolId": existing.properties["UserPoolId"], "Domain": existing.physical_id}
    context.operate(_SERVICE, "DeleteUserPoolDomain", params)


def _create_resource_server(context: Context, resource: Resource) -> Made:
    context.operate(_SERVICE, "CreateResourceServer", resource.properties)
    return Made(str(resource.properties["Identifier"]), {})


def _update_resource_server(context: Context, resource: Resource, existing: Existing) -> Made:
    context.operate(_SERVICE, "UpdateResourceServer", {"Scopes": [], **resource.properties})
    return Made(existing.physical_id, {})


def _delete_resource_server(context: Context, existing: Existing) -> None:
    params = {"UserPoolId": existing.properties["UserPoolId"], "Identifier": existing.physical_id}
    context.operate(_SERVICE, "DeleteResourceServer", params)


def _create_group(context: Context, resource: Resource) -> Made:
    params = {"GroupName": resource.name, **resource.properties}
    context.operate(_SERVICE, "CreateGroup", params)
    return Made(str(params["GroupName"]), {})


def _update_group(context: Context, resource: Resource, existing: Existing) -> Made:
    context.operate(_SERVICE, "UpdateGroup", {**resource.properties, "GroupName": existing.physical_id})
    return Made(existing.physical_id, {})


def _delete_group(context: Context, existing: Existing) -> None:
    params = {"UserPoolId": existing.properties["UserPoolId"], "GroupName": existing.physical_id}
    context.operate(_SERVICE, "DeleteGroup", params)


def _create_user(context: Context, resource: Resource) -> Made:
    params = {"Username": resource.name, **resource.properties}
    user = context.operate(_SERVICE, "AdminCreateUser", params)["User"]
    return Made(str(user["Username"]), {})


def _delete_user(context: Context, existing: Existing) -> None:
    params = {"UserPoolId": existing.properties["UserPoolId"], "Username": existing.physical_id}
    context.operate(_SERVICE, "AdminDeleteUser", params)


def _attach_user(context: Context, resource: Resource) -> Made:
    context.operate(_SERVICE, "AdminAddUserToGroup", resource.properties)
    properties = resource.properties
    return Made(f"{properties['UserPoolId']}|{properties['GroupName']}|{properties['Username']}", {})


def _detach_user(context: Context, existing: Existing) -> None:
    context.operate(_SERVICE, "AdminRemoveUserFromGroup", existing.properties)


def _same(_context: Context, _resource: Resource, existing: Existing) -> Made:
    return Made(existing.physical_id, existing.attributes)


_USER = frozenset(
    {"UserPoolId", "Username", "UserAttributes", "MessageAction", "DesiredDeliveryMediums", "ForceAliasCreation"}
    | {"ValidationData", "ClientMetadata"}
)
_MEMBERSHIP = frozenset({"UserPoolId", "GroupName", "Username"})

TYPES: Mapping[str, ResourceType] = {
    "AWS::Cognito::UserPool": ResourceType(
        properties=(_members("CreateUserPool") - {"PoolName"}) | {"UserPoolName"},
        create=_create_pool,
        update=_update_pool,
        delete=_delete_pool,
    ),
    "AWS::Cognito::UserPoolClient": ResourceType(
        properties=_members("CreateUserPoolClient") - {"ClientSecret"},
        create=_create_client,
        update=_update_client,
        delete=_delete_client,
        replaced_by=frozenset({"UserPoolId", "GenerateSecret"}),
        secret=_client_secret,
    ),
    "AWS::Cognito::UserPoolDomain": ResourceType(
        properties=_members("CreateUserPoolDomain"),
        create=_create_domain,
        update=_update_domain,
        delete=_delete_domain,
        replaced_by=frozenset({"UserPoolId", "Domain"}),
        name=lambda resource: str(resource.properties.get("Domain", "")),
    ),
    "AWS::Cognito::UserPoolResourceServer": ResourceType(
        properties=_members("CreateResourceServer"),
        create=_create_resource_server,
        update=_update_resource_server,
        delete=_delete_resource_server,
        replaced_by=frozenset({"UserPoolId", "Identifier"}),
    ),
    "AWS::Cognito::UserPoolGroup": ResourceType(
        properties=_members("CreateGroup"),
        create=_create_group,
        update=_update_group,
        delete=_delete_group,
        replaced_by=frozenset({"UserPoolId", "GroupName"}),
    ),
    "AWS::Cognito::UserPoolUser": ResourceType(
        properties=_USER, create=_create_user, update=_same, delete=_delete_user, replaced_by=_USER
    ),
    "AWS::Cognito::UserPoolUserToGroupAttachment": ResourceType(
        properties=_MEMBERSHIP, create=_attach_user, update=_same, delete=_detach_user, replaced_by=_MEMBERSHIP
    ),
}
