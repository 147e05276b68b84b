"""AWS::Cognito::*: user pools and what belongs to them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Cognito.html
"""

from collections.abc import Callable, Mapping
from typing import Any

from poolhouse.errors import CommandError
from poolhouse.template.document import Made
from poolhouse.template.resources.base import Context, Existing, Properties, Resource, ResourceType, without
from poolhouse.wire.models import service_model

_SERVICE = "cognito-idp"
# Properties of AWS::Cognito::UserPool that SetUserPoolMfaConfig sets, not CreateUserPool.
_MFA = frozenset(
    {"EmailAuthenticationMessage", "EmailAuthenticationSubject", "EnabledMfas", "WebAuthnFactorConfiguration"}
    | {"WebAuthnRelyingPartyID", "WebAuthnUserVerification"}
)
# CloudFormation refuses a change to these (aws-amplify/amplify-cli issue 4227), though its reference lets some change.
_FIXED = ("UsernameAttributes", "AliasAttributes", "UsernameConfiguration")
_ANOTHER = "Give the pool another logical id for a new one"


def _members(operation: str) -> frozenset[str]:
    shape: Any = service_model(_SERVICE).operation_model(operation).input_shape
    return frozenset(shape.members)


def _create_pool(context: Context, resource: Resource) -> Made:
    params = {"PoolName": resource.name, **_pool_params(resource.properties, "CreateUserPool")}
    pool_id = str(context.operate(_SERVICE, "CreateUserPool", params)["UserPool"]["Id"])
    context.begun(pool_id)
    _set_mfa(context, pool_id, resource.properties)
    return _made_pool(context, pool_id)


def _pool_params(properties: Properties, operation: str) -> dict[str, Any]:
    params = {name: value for name, value in properties.items() if name in _members(operation)}
    if "UserPoolName" in properties:
        params["PoolName"] = properties["UserPoolName"]
    if _has_mfa_config(properties):  # the factors come first: SetUserPoolMfaConfig turns MFA on
        params["MfaConfiguration"] = "OFF"
    return params


def _has_mfa_config(properties: Properties) -> bool:
    return bool(_MFA & properties.keys())


def _set_mfa(context: Context, pool_id: str, properties: Properties) -> None:
    if not _has_mfa_config(properties):
        return
    factors = properties.get("EnabledMfas", ())
    params: dict[str, Any] = {"UserPoolId": pool_id, "MfaConfiguration": properties.get("MfaConfiguration", "OFF")}
    if "SOFTWARE_TOKEN_MFA" in factors:
        params["SoftwareTokenMfaConfiguration"] = {"Enabled": True}
    if "SMS_MFA" in factors:
        names = {"SmsAuthenticationMessage": "SmsAuthenticationMessage", "SmsConfiguration": "SmsConfiguration"}
        params["SmsMfaConfiguration"] = _renamed(properties, names)
    if "EMAIL_OTP" in factors:
        names = {"EmailAuthenticationMessage": "Message", "EmailAuthenticationSubject": "Subject"}
        params["EmailMfaConfiguration"] = _renamed(properties, names)
    names = {
        "WebAuthnRelyingPartyID": "RelyingPartyId",
        "WebAuthnUserVerification": "UserVerification",
        "WebAuthnFactorConfiguration": "FactorConfiguration",
    }
    passkeys = _renamed(properties, names)
    if passkeys:
        params["WebAuthnConfiguration"] = passkeys
    context.operate(_SERVICE, "SetUserPoolMfaConfig", params)


def _renamed(properties: Properties, names: Mapping[str, str]) -> dict[str, Any]:
    return {theirs: properties[ours] for ours, theirs in names.items() if ours in properties}


def _made_pool(context: Context, pool_id: str) -> Made:
    provider = f"cognito-idp.{context.cloud.config.region}.amazonaws.com/{pool_id}"
    arn = context.arn(_SERVICE, f"userpool/{pool_id}")
    return Made(pool_id, {"Arn": arn, "ProviderName": provider, "UserPoolId": pool_id})


def _pool_late(context: Context, existing: Existing) -> Mapping[str, Callable[[], Any]]:
    """The issuer of the pool's tokens, as on AWS; here it depends on the port."""
    return {"ProviderURL": lambda: f"{context.cloud.config.issuer_base}/{existing.physical_id}"}


def _check_pool_update(before: Properties, after: Properties) -> None:
    for name in _FIXED:
        if before.get(name) != after.get(name):
            raise CommandError(f"Updates are not allowed for property - {name}. {_ANOTHER}")
    if any(attribute not in after.get("Schema", ()) for attribute in before.get("Schema", ())):
        raise CommandError(f"Existing schema attributes cannot be modified or deleted. {_ANOTHER}")


def _update_pool(context: Context, resource: Resource, existing: Existing) -> Made:
    pool_id, properties = existing.physical_id, resource.properties
    # The tier alone is left as it is when it is not sent.
    params = {"UserPoolTier": "ESSENTIALS", "UserPoolId": pool_id, **_pool_params(properties, "UpdateUserPool")}
    context.operate(_SERVICE, "UpdateUserPool", params)
    if existing.properties.get("Schema", []) != properties.get("Schema", []):
        _add_attributes(context, pool_id, properties.get("Schema", []))
    if _has_mfa_config(existing.properties) and properties.get("MfaConfiguration", "OFF") == "OFF":
        properties = {"EnabledMfas": [], **properties}  # the factors it had are turned off
    _set_mfa(context, pool_id, properties)
    return _made_pool(context, pool_id)


def _add_attributes(context: Context, pool_id: str, schema: list[Any]) -> None:
    """Those the pool lacks. A deployment that is undone, or was cut off, may have added some already."""
    pool = context.operate(_SERVICE, "DescribeUserPool", {"UserPoolId": pool_id})["UserPool"]
    there = {attribute["Name"].rpartition(":")[2] for attribute in pool["SchemaAttributes"]}
    added = [attribute for attribute in schema if attribute.get("Name") not in there]
    if added:
        context.operate(_SERVICE, "AddCustomAttributes", {"UserPoolId": pool_id, "CustomAttributes": added})


def _delete_pool(context: Context, existing: Existing) -> None:
    context.operate(_SERVICE, "DeleteUserPool", {"UserPoolId": existing.physical_id})


def _create_client(context: Context, resource: Resource) -> Made:
    params = {"ClientName": resource.name, **resource.properties}
    return _made_client(context.operate(_SERVICE, "CreateUserPoolClient", params)["UserPoolClient"])


def _made_client(client: Mapping[str, Any]) -> Made:
    return Made(client["ClientId"], {"ClientId": client["ClientId"], "Name": client["ClientName"]})


def _update_client(context: Context, resource: Resource, existing: Existing) -> Made:
    params = {"ClientId": existing.physical_id, **without(resource.properties, "GenerateSecret")}
    return _made_client(context.operate(_SERVICE, "UpdateUserPoolClient", params)["UserPoolClient"])


def _delete_client(context: Context, existing: Existing) -> None:
    context.operate(_SERVICE, "DeleteUserPoolClient", _client(existing))


def _client(existing: Existing) -> dict[str, Any]:
    return {"UserPoolId": existing.properties["UserPoolId"], "ClientId": existing.physical_id}


def _client_late(context: Context, existing: Existing) -> Mapping[str, Callable[[], Any]]:
    """The secret, which is not kept a second time."""

    def secret() -> Any:
        return context.operate(_SERVICE, "DescribeUserPoolClient", _client(existing))["UserPoolClient"]["ClientSecret"]

    return {"ClientSecret": secret} if existing.properties.get("GenerateSecret") else {}


def _domain_name(_context: Context, resource: Resource) -> str:
    return str(resource.properties["Domain"])


def _create_domain(context: Context, resource: Resource) -> Made:
    answer = context.operate(_SERVICE, "CreateUserPoolDomain", resource.properties)
    return Made(resource.properties["Domain"], {"CloudFrontDistribution": answer.get("CloudFrontDomain", "")})


def _domain_exists(context: Context, resource: Resource) -> bool:
    params = {"Domain": resource.properties["Domain"]}
    return bool(context.operate(_SERVICE, "DescribeUserPoolDomain", params)["DomainDescription"])


def _update_domain(context: Context, resource: Resource, existing: Existing) -> Made:
    context.operate(_SERVICE, "UpdateUserPoolDomain", resource.properties)
    return Made(existing.physical_id, existing.attributes)


def _delete_domain(context: Context, existing: Existing) -> None:
    params = {"UserPoolId": existing.properties["UserPoolId"], "Domain": existing.physical_id}
    context.operate(_SERVICE, "DeleteUserPoolDomain", params)


def _server_id(_context: Context, resource: Resource) -> str:
    return str(resource.properties["Identifier"])


def _create_resource_server(context: Context, resource: Resource) -> Made:
    context.operate(_SERVICE, "CreateResourceServer", resource.properties)
    return Made(resource.properties["Identifier"], {})


def _resource_server_exists(context: Context, resource: Resource) -> bool:
    params = {name: resource.properties[name] for name in ("UserPoolId", "Identifier")}
    return context.found(_SERVICE, "DescribeResourceServer", params)


def _update_resource_server(context: Context, resource: Resource, existing: Existing) -> Made:
    context.operate(_SERVICE, "UpdateResourceServer", {"Scopes": [], **resource.properties})
    return Made(existing.physical_id, {})


def _delete_resource_server(context: Context, existing: Existing) -> None:
    params = {"UserPoolId": existing.properties["UserPoolId"], "Identifier": existing.physical_id}
    context.operate(_SERVICE, "DeleteResourceServer", params)


def _group_name(_context: Context, resource: Resource) -> str:
    return str(resource.properties.get("GroupName", resource.name))


def _create_group(context: Context, resource: Resource) -> Made:
    name = _group_name(context, resource)
    context.operate(_SERVICE, "CreateGroup", {**resource.properties, "GroupName": name})
    return Made(name, {})


def _group_exists(context: Context, resource: Resource) -> bool:
    params = {"UserPoolId": resource.properties["UserPoolId"], "GroupName": _group_name(context, resource)}
    return context.found(_SERVICE, "GetGroup", params)


def _update_group(context: Context, resource: Resource, existing: Existing) -> Made:
    context.operate(_SERVICE, "UpdateGroup", {**resource.properties, "GroupName": existing.physical_id})
    return Made(existing.physical_id, {})


def _delete_group(context: Context, existing: Existing) -> None:
    params = {"UserPoolId": existing.properties["UserPoolId"], "GroupName": existing.physical_id}
    context.operate(_SERVICE, "DeleteGroup", params)


def _username(_context: Context, resource: Resource) -> str:
    return str(resource.properties.get("Username", resource.name))


def _create_user(context: Context, resource: Resource) -> Made:
    params = {**resource.properties, "Username": _username(context, resource)}
    user = context.operate(_SERVICE, "AdminCreateUser", params)["User"]
    return Made(str(user["Username"]), {})


def _user_exists(context: Context, resource: Resource) -> bool:
    params = {"UserPoolId": resource.properties["UserPoolId"], "Username": _username(context, resource)}
    return context.found(_SERVICE, "AdminGetUser", params)


def _delete_user(context: Context, existing: Existing) -> None:
    params = {"UserPoolId": existing.properties["UserPoolId"], "Username": existing.physical_id}
    context.operate(_SERVICE, "AdminDeleteUser", params)


def _attach_user(context: Context, resource: Resource) -> Made:
    context.operate(_SERVICE, "AdminAddUserToGroup", resource.properties)
    return Made(f"UserToGroupAttachment-{resource.suffix}", {})


def _detach_user(context: Context, existing: Existing) -> None:
    context.operate(_SERVICE, "AdminRemoveUserFromGroup", existing.properties)


TYPES: Mapping[str, ResourceType] = {
    "AWS::Cognito::UserPool": ResourceType(
        takes=(_members("CreateUserPool") - {"PoolName"}) | _MFA | {"UserPoolName"},
        create=_create_pool,
        update=_update_pool,
        delete=_delete_pool,
        check_update=_check_pool_update,
        late=_pool_late,
    ),
    "AWS::Cognito::UserPoolClient": ResourceType(
        takes=_members("CreateUserPoolClient"),
        create=_create_client,
        update=_update_client,
        delete=_delete_client,
        late=_client_late,
    ),
    "AWS::Cognito::UserPoolDomain": ResourceType(
        takes=_members("CreateUserPoolDomain"),
        create=_create_domain,
        update=_update_domain,
        delete=_delete_domain,
        name=_domain_name,
        named_by="Domain",
        exists=_domain_exists,
    ),
    "AWS::Cognito::UserPoolResourceServer": ResourceType(
        takes=_members("CreateResourceServer"),
        create=_create_resource_server,
        update=_update_resource_server,
        delete=_delete_resource_server,
        name=_server_id,
        named_by="Identifier",
        exists=_resource_server_exists,
    ),
    "AWS::Cognito::UserPoolGroup": ResourceType(
        takes=_members("CreateGroup"),
        create=_create_group,
        update=_update_group,
        delete=_delete_group,
        name=_group_name,
        named_by="GroupName",
        exists=_group_exists,
    ),
    "AWS::Cognito::UserPoolUser": ResourceType(
        takes=_members("AdminCreateUser"),
        create=_create_user,
        delete=_delete_user,
        name=_username,
        named_by="Username",
        exists=_user_exists,
    ),
    "AWS::Cognito::UserPoolUserToGroupAttachment": ResourceType(
        takes=_members("AdminAddUserToGroup"), create=_attach_user, delete=_detach_user
    ),
}
