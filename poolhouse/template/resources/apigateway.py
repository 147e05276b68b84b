"""AWS::ApiGateway::*: REST APIs declared by an OpenAPI body, as the SAM translator writes them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGateway.html
"""

import secrets
import string
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from poolhouse.apigateway.entities import RestApi
from poolhouse.errors import CommandError
from poolhouse.template.document import Made
from poolhouse.template.resources.base import Context, Existing, Resource, ResourceType, without

_ALPHABET = string.ascii_lowercase + string.digits


def _id(length: int = 10) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _body(resource: Resource) -> dict[str, Any]:
    body = resource.properties.get("Body")
    if not isinstance(body, dict):
        raise CommandError("only APIs with a Body are built yet; with SAM, AWS::Serverless::Api writes it.")
    if "BinaryMediaTypes" in resource.properties:
        return {**body, "x-amazon-apigateway-binary-media-types": resource.properties["BinaryMediaTypes"]}
    return body


def _title(resource: Resource, body: Mapping[str, Any]) -> str:
    return str(resource.properties.get("Name") or body.get("info", {}).get("title") or resource.name)


def _create_api(context: Context, resource: Resource) -> Made:
    now, body = context.cloud.clock(), _body(resource)
    api = RestApi(id=_id(), name=_title(resource, body), body=body, created_at=now, modified_at=now)
    with context.cloud.store.write() as tx:
        tx.rest_apis.add(api)
    return Made(api.id, {"RestApiId": api.id, "RootResourceId": _id()})


def _update_api(context: Context, resource: Resource, existing: Existing) -> Made:
    body = _body(resource)
    _change(context, existing.physical_id, name=_title(resource, body), body=body)
    return Made(existing.physical_id, existing.attributes)


def _delete_api(context: Context, existing: Existing) -> None:
    with context.cloud.store.write() as tx:
        tx.rest_apis.remove(id=existing.physical_id)


def _change(context: Context, api_id: str, **changes: Any) -> None:
    with context.cloud.store.write() as tx:
        api = tx.rest_apis.find(id=api_id)
        if api is None:
            raise CommandError(f"there is no API {api_id}.")
        tx.rest_apis.put(replace(api, modified_at=context.cloud.clock(), **changes))


def _create_deployment(_context: Context, _resource: Resource) -> Made:
    deployment = _id(6)
    return Made(deployment, {"DeploymentId": deployment})


def _same(_context: Context, _resource: Resource, existing: Existing) -> Made:
    return Made(existing.physical_id, existing.attributes)


def _put_stage(context: Context, resource: Resource) -> Made:
    name = str(resource.properties.get("StageName", resource.name))
    settings = without(resource.properties, "RestApiId", "StageName")
    api_id = str(resource.properties["RestApiId"])
    _change(context, api_id, stages={**_api(context, api_id).stages, name: settings})
    return Made(name, {})


def _update_stage(context: Context, resource: Resource, _existing: Existing) -> Made:
    return _put_stage(context, resource)


def _delete_stage(context: Context, existing: Existing) -> None:
    api_id = str(existing.properties["RestApiId"])
    if context.cloud.store.rest_apis.find(id=api_id) is not None:
        _change(context, api_id, stages=without(_api(context, api_id).stages, existing.physical_id))


def _put_gateway_response(context: Context, resource: Resource) -> Made:
    properties = resource.properties
    names = {"ResponseParameters": "responseParameters", "ResponseTemplates": "responseTemplates"}
    settings = {theirs: properties[ours] for ours, theirs in names.items() if ours in properties}
    if "StatusCode" in properties:
        settings["statusCode"] = str(properties["StatusCode"])
    api_id, kind = str(properties["RestApiId"]), str(properties["ResponseType"])
    _change(context, api_id, gateway_responses={**_api(context, api_id).gateway_responses, kind: settings})
    return Made(f"{api_id}|{kind}", {"Id": f"{api_id}|{kind}"})


def _update_gateway_response(context: Context, resource: Resource, _existing: Existing) -> Made:
    return _put_gateway_response(context, resource)


def _delete_gateway_response(context: Context, existing: Existing) -> None:
    api_id, _, kind = existing.physical_id.partition("|")
    if context.cloud.store.rest_apis.find(id=api_id) is not None:
        _change(context, api_id, gateway_responses=without(_api(context, api_id).gateway_responses, kind))


def _api(context: Context, api_id: str) -> RestApi:
    api = context.cloud.store.rest_apis.find(id=api_id)
    if api is None:
        raise CommandError(f"there is no API {api_id}.")
    return api


_DEPLOYMENT = frozenset({"RestApiId", "Description", "StageName", "StageDescription", "DeploymentCanarySettings"})

TYPES: Mapping[str, ResourceType] = {
    "AWS::ApiGateway::RestApi": ResourceType(
        properties=frozenset({"Name", "Body", "BinaryMediaTypes", "Description", "Parameters"}),
        ignored=frozenset(
            {"ApiKeySourceType", "CloneFrom", "DisableExecuteApiEndpoint", "EndpointConfiguration", "FailOnWarnings"}
            | {"MinimumCompressionSize", "Mode", "Tags", "EndpointAccessMode", "SecurityPolicy"}
        ),
        create=_create_api,
        update=_update_api,
        delete=_delete_api,
    ),
    "AWS::ApiGateway::Deployment": ResourceType(
        properties=_DEPLOYMENT, create=_create_deployment, update=_same, replaced_by=frozenset({"RestApiId"})
    ),
    "AWS::ApiGateway::Stage": ResourceType(
        properties=frozenset(
            {"RestApiId", "StageName", "DeploymentId", "Description", "Variables", "TracingEnabled", "MethodSettings"}
            | {"AccessLogSetting"}
        ),
        ignored=frozenset(
            {"CacheClusterEnabled", "CacheClusterSize", "CanarySetting", "ClientCertificateId", "Tags"}
            | {"DocumentationVersion"}
        ),
        create=_put_stage,
        update=_update_stage,
        delete=_delete_stage,
        replaced_by=frozenset({"RestApiId", "StageName"}),
    ),
    "AWS::ApiGateway::GatewayResponse": ResourceType(
        properties=frozenset({"RestApiId", "ResponseType", "ResponseParameters", "ResponseTemplates", "StatusCode"}),
        create=_put_gateway_response,
        update=_update_gateway_response,
        delete=_delete_gateway_response,
        replaced_by=frozenset({"RestApiId", "ResponseType"}),
    ),
}
