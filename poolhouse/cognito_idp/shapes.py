"""From entities to the API's shapes, one function for each, named after botocore's; and attributes both ways."""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import (
    AppClient,
    ClientSecret,
    Device,
    Domain,
    Group,
    IdentityProvider,
    Passkey,
    ResourceServer,
    User,
    UserPool,
)
from poolhouse.cognito_idp.flows import triggers
from poolhouse.cognito_idp.flows.tokens import IssuedTokens
from poolhouse.cognito_idp.rules.destinations import Destination
from poolhouse.cognito_idp.rules.pool_settings import MFA_MEMBERS

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.type_defs import AttributeTypeTypeDef

Shape = dict[str, object]


def user_pool_type(call: Call, pool: UserPool) -> Shape:
    """The pool as DescribeUserPool tells it, but for what other tables know: how many users, which domain."""
    return {
        "Id": pool.id,
        "Name": pool.name,
        **{name: value for name, value in pool.settings.items() if name not in MFA_MEMBERS},
        "LastModifiedDate": pool.modified_at,
        "CreationDate": pool.created_at,
        "Arn": pool.arn(call.region, call.account_id),
    }


def user_pool_description_type(pool: UserPool) -> Shape:
    return {
        "Id": pool.id,
        "Name": pool.name,
        "LambdaConfig": pool.settings.get("LambdaConfig", {}),
        "LastModifiedDate": pool.modified_at,
        "CreationDate": pool.created_at,
    }


def user_pool_client_type(app_client: AppClient, secret: str | None) -> Shape:
    shape: Shape = {"UserPoolId": app_client.pool_id, "ClientName": app_client.name, "ClientId": app_client.id}
    if secret is not None:
        shape["ClientSecret"] = secret
    return {
        **shape,
        "LastModifiedDate": app_client.modified_at,
        "CreationDate": app_client.created_at,
        **app_client.settings,
    }


def client_secret_descriptor_type(secret: ClientSecret) -> Shape:
    """Without the value, which only the one who made it is told."""
    return {"ClientSecretId": secret.id, "ClientSecretCreateDate": secret.created_at}


def user_pool_client_description(app_client: AppClient) -> Shape:
    return {"ClientId": app_client.id, "UserPoolId": app_client.pool_id, "ClientName": app_client.name}


def domain_description_type(call: Call, domain: Domain) -> Shape:
    return {
        "UserPoolId": domain.pool_id,
        "AWSAccountId": call.account_id,
        "Domain": domain.domain,
        "Status": "ACTIVE",
        **domain.settings,
    }


def resource_server_type(server: ResourceServer) -> Shape:
    scopes = [{"ScopeName": name, "ScopeDescription": text} for name, text in server.scopes.items()]
    return {"UserPoolId": server.pool_id, "Identifier": server.identifier, "Name": server.name, "Scopes": scopes}


def identity_provider_type(provider: IdentityProvider, details: Mapping[str, str]) -> Shape:
    shape: Shape = {
        "UserPoolId": provider.pool_id,
        "ProviderName": provider.name,
        "ProviderType": provider.type,
        "ProviderDetails": details,
        "AttributeMapping": provider.attribute_mapping,
        "IdpIdentifiers": provider.identifiers,
    }
    if provider.acr_mapping:
        shape["AcrMapping"] = provider.acr_mapping
    return {**shape, "LastModifiedDate": provider.modified_at, "CreationDate": provider.created_at}


def provider_description(provider: IdentityProvider) -> Shape:
    return {
        "ProviderName": provider.name,
        "ProviderType": provider.type,
        "LastModifiedDate": provider.modified_at,
        "CreationDate": provider.created_at,
    }


def group_type(group: Group) -> Shape:
    shape: Shape = {"GroupName": group.name, "UserPoolId": group.pool_id}
    optional = {"Description": group.description, "RoleArn": group.role_arn, "Precedence": group.precedence}
    shape |= {name: value for name, value in optional.items() if value is not None}
    return {**shape, "LastModifiedDate": group.modified_at, "CreationDate": group.created_at}


def mfa_members(user: User) -> Shape:
    """What a user's description says of second factors: nothing where there are none.

    `MFAOptions` is the member from before there were others than SMS.
    """
    shape: Shape = {"UserMFASettingList": list(user.second_factors)} if user.second_factors else {}
    if "SMS_MFA" in user.second_factors:
        shape["MFAOptions"] = [{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}]
    return {**shape, "PreferredMfaSetting": user.preferred_factor} if user.preferred_factor else shape


def user_type(user: User, names: Collection[str] | None = None) -> Shape:
    """The user as lists tell them; with `names` (AttributesToGet) only those attributes."""
    attributes = attribute_list(user)
    if names:
        attributes = [attribute for attribute in attributes if attribute["Name"] in names]
    return {
        "Username": user.username,
        "Attributes": attributes,
        "UserCreateDate": user.created_at,
        "UserLastModifiedDate": user.modified_at,
        "Enabled": user.enabled,
        "UserStatus": user.status,
    }


def attribute_list(user: User, readable: Collection[str] | None = None) -> list[dict[str, str]]:
    """The user's attributes that may be read, None for all; `sub` always, and last, as AWS has it."""
    whole = triggers.with_identities(user, user.attributes)
    told = {name: value for name, value in whole.items() if readable is None or name in readable}
    return [{"Name": name, "Value": value} for name, value in {**told, "sub": user.sub}.items()]


def attribute_map(attributes: "Iterable[AttributeTypeTypeDef]") -> dict[str, str]:
    """A list of attributes as a dict. Of a name given twice the last value counts, as AWS has it."""
    return {attribute["Name"]: attribute.get("Value") or "" for attribute in attributes}


def optional_attribute_map(attributes: "Iterable[AttributeTypeTypeDef] | None") -> dict[str, str] | None:
    """`attribute_map`, None for a list that was not sent."""
    return None if attributes is None else attribute_map(attributes)


def code_delivery_details_type(destination: Destination) -> Mapping[str, Any]:
    """Where a code went, masked."""
    return {
        "Destination": destination.masked,
        "DeliveryMedium": destination.medium,
        "AttributeName": destination.attribute,
    }


def authentication_result_type(tokens: IssuedTokens) -> Shape:
    """Tokens as a client gets them; a refresh gives no refresh token."""
    result: Shape = {"AccessToken": tokens.access_token, "ExpiresIn": tokens.expires_in}
    if tokens.id_token is not None:
        result["IdToken"] = tokens.id_token
    if tokens.refresh_token is not None:
        result["RefreshToken"] = tokens.refresh_token
    if tokens.new_device is not None:
        metadata = {"DeviceKey": tokens.new_device.key, "DeviceGroupKey": tokens.new_device.group_key}
        result["NewDeviceMetadata"] = metadata
    return {**result, "TokenType": "Bearer"}


def web_authn_credential_description(passkey: Passkey) -> Shape:
    """The name AWS gives a passkey follows from its authenticator, by a list that is not public: all are called one."""
    shape: Shape = {
        "CredentialId": passkey.id,
        "FriendlyCredentialName": "Passkey",
        "RelyingPartyId": passkey.relying_party_id,
        "AuthenticatorTransports": passkey.transports,
        "CreatedAt": passkey.created_at,
    }
    return {**shape, "AuthenticatorAttachment": passkey.attachment} if passkey.attachment else shape


def device_type(device: Device, *, for_admin: bool) -> Shape:
    """A device; what is named `dev:` is for administrators."""
    attributes = {"device_status": "valid", "device_name": device.name, "last_ip_used": device.last_ip}
    if for_admin:
        attributes["dev:device_remembered_status"] = device.status
    return {
        "DeviceKey": device.key,
        "DeviceAttributes": [{"Name": name, "Value": value} for name, value in attributes.items() if value],
        "DeviceCreateDate": device.created_at,
        "DeviceLastModifiedDate": device.modified_at,
        "DeviceLastAuthenticatedDate": device.last_authenticated_at,
    }
