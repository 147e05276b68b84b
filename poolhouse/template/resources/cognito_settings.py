"""AWS::Cognito::*: what a user pool is told besides itself: identity providers, pages, risks, logs.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Cognito.html
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from poolhouse.errors import CommandError
from poolhouse.template.document import Made
from poolhouse.template.resources.base import Context, Existing, Properties, Resource, ResourceType, only, without

_SERVICE = "cognito-idp"
_NO_RISKS: Properties = {"RiskExceptionConfiguration": {"BlockedIPRangeList": [], "SkippedIPRangeList": []}}
_LOGS = "LogDeliveryConfiguration"
_FIXED_BRANDING = ("ClientId", "ReturnMergedResources")


def _provider_name(_context: Context, resource: Resource) -> str:
    return str(resource.properties["ProviderName"])


def _create_provider(context: Context, resource: Resource) -> Made:
    context.operate(_SERVICE, "CreateIdentityProvider", resource.properties)
    return Made(_provider_name(context, resource), {})


def _provider_exists(context: Context, resource: Resource) -> bool:
    params = only(resource.properties, "UserPoolId", "ProviderName")
    return context.found(_SERVICE, "DescribeIdentityProvider", params)


def _update_provider(context: Context, resource: Resource, existing: Existing) -> Made:
    emptied: dict[str, Any] = {"AttributeMapping": {}, "IdpIdentifiers": []}
    context.operate(_SERVICE, "UpdateIdentityProvider", emptied | without(resource.properties, "ProviderType"))
    return Made(existing.physical_id, {})


def _delete_provider(context: Context, existing: Existing) -> None:
    context.operate(_SERVICE, "DeleteIdentityProvider", only(existing.properties, "UserPoolId", "ProviderName"))


def _set(operation: str, kind: str) -> Callable[[Context, Resource], Made]:
    """A setting that is replaced whole. ClientId ALL is the pool's own, which the operations of risks leave out."""

    def create(context: Context, resource: Resource) -> Made:
        context.operate(_SERVICE, operation, _of_all(resource.properties))
        name = f"{kind}-{resource.suffix}"
        return Made(name, {"Id": name} if kind == _LOGS else {})

    return create


def _reset(operation: str, empty: Properties) -> Callable[[Context, Existing], None]:
    def delete(context: Context, existing: Existing) -> None:
        where = _of_all(only(existing.properties, "UserPoolId", "ClientId"))
        context.operate(_SERVICE, operation, {**where, **empty})

    return delete


def _reset_to(operation: str, empty: Properties) -> Callable[[Context, Resource, Existing], Made]:
    def update(context: Context, resource: Resource, existing: Existing) -> Made:
        context.operate(_SERVICE, operation, {**empty, **_of_all(resource.properties)})
        return Made(existing.physical_id, existing.attributes)

    return update


def _of_all(properties: Properties) -> dict[str, Any]:
    return without(properties, "ClientId") if properties.get("ClientId") == "ALL" else dict(properties)


def _create_branding(context: Context, resource: Resource) -> Made:
    params = _with_pictures(without(resource.properties, "ReturnMergedResources"))
    branding = context.operate(_SERVICE, "CreateManagedLoginBranding", params)["ManagedLoginBranding"]
    return Made(branding["ManagedLoginBrandingId"], {"ManagedLoginBrandingId": branding["ManagedLoginBrandingId"]})


def _update_branding(context: Context, resource: Resource, existing: Existing) -> Made:
    params = _with_pictures(without(resource.properties, *_FIXED_BRANDING))
    context.operate(_SERVICE, "UpdateManagedLoginBranding", {**params, "ManagedLoginBrandingId": existing.physical_id})
    return Made(existing.physical_id, existing.attributes)


def _with_pictures(properties: Properties) -> dict[str, Any]:
    """A template has the pictures as base64, the operation takes them as they are. Raises CommandError."""
    if "Assets" not in properties:
        return dict(properties)
    return {**properties, "Assets": [_picture(asset) for asset in properties["Assets"]]}


def _picture(asset: Properties) -> dict[str, Any]:
    if "Bytes" not in asset:
        return dict(asset)
    try:
        return {**asset, "Bytes": base64.b64decode(asset["Bytes"], validate=True)}
    except binascii.Error as error:
        raise CommandError("Bytes of an asset must be base64.") from error


def _delete_branding(context: Context, existing: Existing) -> None:
    params = {**only(existing.properties, "UserPoolId"), "ManagedLoginBrandingId": existing.physical_id}
    context.operate(_SERVICE, "DeleteManagedLoginBranding", params)


def _create_terms(context: Context, resource: Resource) -> Made:
    terms = context.operate(_SERVICE, "CreateTerms", resource.properties)["Terms"]
    return Made(terms["TermsId"], {"TermsId": terms["TermsId"]})


def _update_terms(context: Context, resource: Resource, existing: Existing) -> Made:
    params = {"Links": {}, **without(resource.properties, "ClientId"), "TermsId": existing.physical_id}
    context.operate(_SERVICE, "UpdateTerms", params)
    return Made(existing.physical_id, existing.attributes)


def _delete_terms(context: Context, existing: Existing) -> None:
    params = {**only(existing.properties, "UserPoolId"), "TermsId": existing.physical_id}
    context.operate(_SERVICE, "DeleteTerms", params)


TYPES: Mapping[str, ResourceType] = {
    "AWS::Cognito::UserPoolIdentityProvider": ResourceType(
        takes=frozenset(
            {"AttributeMapping", "IdpIdentifiers", "ProviderDetails", "ProviderName", "ProviderType", "UserPoolId"}
        ),
        create=_create_provider,
        update=_update_provider,
        delete=_delete_provider,
        name=_provider_name,
        named_by="ProviderName",
        exists=_provider_exists,
    ),
    "AWS::Cognito::UserPoolUICustomizationAttachment": ResourceType(
        takes=frozenset({"CSS", "ClientId", "UserPoolId"}),
        create=_set("SetUICustomization", "UserPoolUICustomizationAttachment"),
        update=_reset_to("SetUICustomization", {"CSS": ""}),
        delete=_reset("SetUICustomization", {"CSS": ""}),
    ),
    "AWS::Cognito::UserPoolRiskConfigurationAttachment": ResourceType(
        takes=frozenset(
            {"AccountTakeoverRiskConfiguration", "ClientId", "CompromisedCredentialsRiskConfiguration"}
            | {"RiskExceptionConfiguration", "UserPoolId"}
        ),
        create=_set("SetRiskConfiguration", "UserPoolRiskConfigurationAttachment"),
        update=_reset_to("SetRiskConfiguration", {}),
        delete=_reset("SetRiskConfiguration", _NO_RISKS),
    ),
    "AWS::Cognito::LogDeliveryConfiguration": ResourceType(
        takes=frozenset({"LogConfigurations", "UserPoolId"}),
        create=_set("SetLogDeliveryConfiguration", _LOGS),
        update=_reset_to("SetLogDeliveryConfiguration", {"LogConfigurations": []}),
        delete=_reset("SetLogDeliveryConfiguration", {"LogConfigurations": []}),
    ),
    "AWS::Cognito::ManagedLoginBranding": ResourceType(
        takes=frozenset({"Assets", "ClientId", "Settings", "UseCognitoProvidedValues", "UserPoolId"}),
        means_nothing=frozenset({"ReturnMergedResources"}),
        create=_create_branding,
        update=_update_branding,
        delete=_delete_branding,
    ),
    "AWS::Cognito::Terms": ResourceType(
        takes=frozenset({"ClientId", "Enforcement", "Links", "TermsName", "TermsSource", "UserPoolId"}),
        create=_create_terms,
        update=_update_terms,
        delete=_delete_terms,
    ),
}
