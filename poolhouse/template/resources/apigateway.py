"""AWS::ApiGateway::*: REST APIs declared by an OpenAPI body, as the SAM translator writes them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGateway.html
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from poolhouse.apigateway import resource_policy
from poolhouse.apigateway.entities import RestApi
from poolhouse.errors import CommandError
from poolhouse.iam.errors import MalformedPolicy
from poolhouse.template.document import Made
from poolhouse.template.resources.base import Context, Existing, Properties, Resource, ResourceType, without
from poolhouse.template.schema import Schema, Unfit

_BINARY = "x-amazon-apigateway-binary-media-types"
_INVALID_POLICY = "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."
_INSTANT = timedelta(microseconds=1)  # the gateway compiles an API again when the time of its last change differs
# What the gateway reads of a body without a further look.
_MAPPINGS = {"type": "object", "patternProperties": {"": {"type": "object"}}}
_SECURITY = {
    "type": "array",
    "items": {
        "type": "object",
        "patternProperties": {"": {"type": "array", "items": {"type": "string"}}},
    },
}
_METHOD = {
    "type": "object",
    "properties": {"security": _SECURITY, "x-amazon-apigateway-integration": {"type": "object"}},
}
_VERBS = ("get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method")
_OPENAPI = Schema(
    {
        "type": "object",
        "properties": {
            "info": {"type": "object"},
            "paths": {
                "type": "object",
                "patternProperties": {"": {"type": "object", "properties": dict.fromkeys(_VERBS, _METHOD)}},
            },
            "security": _SECURITY,
            "securityDefinitions": _MAPPINGS,
            "components": {"type": "object", "properties": {"securitySchemes": _MAPPINGS}},
            "x-amazon-apigateway-gateway-responses": _MAPPINGS,
        },
    }
)
_ID_LENGTH = 10
_SHORT_LENGTH = 6


def _id(_context: Context, resource: Resource) -> str:
    """Letters and digits, as AWS's ids of APIs."""
    return resource.suffix[-_ID_LENGTH:].lower()


def _short_id(_context: Context, resource: Resource) -> str:
    """As AWS's ids of what belongs to an API."""
    return resource.suffix[-_SHORT_LENGTH:].lower()


def _create_http_api(context: Context, resource: Resource) -> Made:
    now, body, api_id = context.cloud.clock(), _http_body(resource.properties), _id(context, resource)
    api = RestApi(id=api_id, name=_title(resource, body), body=body, created_at=now, modified_at=now, is_http=True)
    with context.cloud.store.write() as tx:
        tx.rest_apis.add(api)
    endpoint = f"https://{api_id}.execute-api.{context.cloud.config.region}.amazonaws.com"
    return Made(api_id, {"ApiId": api_id, "ApiEndpoint": endpoint})


def _http_body(properties: Properties) -> dict[str, Any]:
    """The OpenAPI body, with the CORS configuration that may stand beside it, its members as the body has them."""
    if properties.get("ProtocolType", "HTTP") != "HTTP":
        raise CommandError("WebSocket APIs are not built yet")
    body = _body(properties, "AWS::Serverless::HttpApi")
    if resource_policy.EXTENSION in body:
        raise CommandError("HTTP APIs have no resource policies")
    if "CorsConfiguration" not in properties:
        return body
    given = properties["CorsConfiguration"]
    return {**body, "x-amazon-apigateway-cors": {name[0].lower() + name[1:]: one for name, one in given.items()}}


def _update_http_api(context: Context, resource: Resource, existing: Existing) -> Made:
    body = _http_body(resource.properties)
    _change(context, existing.physical_id, lambda api: replace(api, name=_title(resource, body), body=body))
    return Made(existing.physical_id, existing.attributes)


def _create_api(context: Context, resource: Resource) -> Made:
    now, api_id = context.cloud.clock(), _id(context, resource)
    body = _rest_body(context, resource.properties, api_id)
    api = RestApi(id=api_id, name=_title(resource, body), body=body, created_at=now, modified_at=now)
    with context.cloud.store.write() as tx:
        tx.rest_apis.add(api)
    return Made(api_id, {"RestApiId": api_id, "RootResourceId": resource.suffix[:_ID_LENGTH].lower()})


def _body(properties: Properties, by_sam: str = "AWS::Serverless::Api") -> dict[str, Any]:
    body = properties.get("Body")
    if not isinstance(body, dict):
        raise CommandError(f"only APIs with a Body are built yet; with SAM, {by_sam} writes one")
    try:
        _OPENAPI.check(body, "Body")
    except Unfit as error:
        raise CommandError(str(error)) from error
    if "BinaryMediaTypes" in properties:
        return {**body, _BINARY: [media_type.replace("~1", "/") for media_type in properties["BinaryMediaTypes"]]}
    return body


def _rest_body(context: Context, properties: Properties, api_id: str) -> dict[str, Any]:
    """The OpenAPI body, with the resource policy that may stand beside it (which of two counts is a guess)."""
    body = _body(properties)
    if "Policy" in properties:
        body = {**body, resource_policy.EXTENSION: properties["Policy"]}
    if body.get(resource_policy.EXTENSION) is not None:
        try:
            resource_policy.parse(body[resource_policy.EXTENSION], context.arn("execute-api", api_id))
        except MalformedPolicy as error:
            raise CommandError(_INVALID_POLICY) from error
    return body


def _title(resource: Resource, body: Mapping[str, Any]) -> str:
    return str(resource.properties.get("Name") or body.get("info", {}).get("title") or resource.name)


def _update_api(context: Context, resource: Resource, existing: Existing) -> Made:
    body = _rest_body(context, resource.properties, existing.physical_id)
    _change(context, existing.physical_id, lambda api: replace(api, name=_title(resource, body), body=body))
    return Made(existing.physical_id, existing.attributes)


def _delete_api(context: Context, existing: Existing) -> None:
    with context.cloud.store.write() as tx:
        tx.rest_apis.remove(id=existing.physical_id)


def _change(context: Context, api_id: str, change: Callable[[RestApi], RestApi]) -> None:
    """Change an API. Raises CommandError when there is none."""
    with context.cloud.store.write() as tx:
        api = tx.rest_apis.find(id=api_id)
        if api is None:
            raise CommandError("Invalid API identifier specified")
        modified_at = max(context.cloud.clock(), api.modified_at + _INSTANT)
        tx.rest_apis.put(replace(change(api), modified_at=modified_at))


def _api_of(properties: Properties) -> str:
    """The API that something belongs to: REST APIs and HTTP APIs are named by members of their own."""
    return str(properties["RestApiId"] if "RestApiId" in properties else properties["ApiId"])


def _change_if_there(context: Context, existing: Existing, change: Callable[[RestApi], RestApi]) -> None:
    """What belongs to an API is gone with it."""
    api_id = _api_of(existing.properties)
    if context.cloud.store.rest_apis.find(id=api_id) is not None:
        _change(context, api_id, change)


def _create_deployment(context: Context, resource: Resource) -> Made:
    made = _short_id(context, resource)
    _put_stage_of_deployment(context, resource.properties, made)
    return Made(made, {"DeploymentId": made})


def _update_deployment(context: Context, resource: Resource, existing: Existing) -> Made:
    _put_stage_of_deployment(context, resource.properties, existing.physical_id)
    return Made(existing.physical_id, existing.attributes)


def _put_stage_of_deployment(context: Context, properties: Properties, deployment_id: str) -> None:
    """A deployment with a stage's name makes the stage, or takes it over."""
    name = properties.get("StageName")
    stage = {} if name is None else {name: {**properties.get("StageDescription", {}), "DeploymentId": deployment_id}}
    _change(context, properties["RestApiId"], lambda api: replace(api, stages={**api.stages, **stage}))


def _delete_deployment(context: Context, existing: Existing) -> None:
    """With the stage it made, unless another deployment has taken that over."""
    name = existing.properties.get("StageName", "")

    def change(api: RestApi) -> RestApi:
        is_mine = api.stages.get(name, {}).get("DeploymentId") == existing.physical_id
        return replace(api, stages=without(api.stages, name)) if is_mine else api

    _change_if_there(context, existing, change)


def _stage_name(_context: Context, resource: Resource) -> str:
    return str(resource.properties.get("StageName", resource.name))


def _stage_exists(context: Context, resource: Resource) -> bool:
    api = context.cloud.store.rest_apis.find(id=_api_of(resource.properties))
    return api is not None and _stage_name(context, resource) in api.stages


def _create_stage(context: Context, resource: Resource) -> Made:
    return _put_stage(context, resource.properties, _stage_name(context, resource))


def _update_stage(context: Context, resource: Resource, existing: Existing) -> Made:
    return _put_stage(context, resource.properties, existing.physical_id)


def _put_stage(context: Context, properties: Properties, name: str) -> Made:
    settings = without(properties, "RestApiId", "ApiId", "StageName")
    _change(context, _api_of(properties), lambda api: replace(api, stages={**api.stages, name: settings}))
    return Made(name, {})


def _delete_stage(context: Context, existing: Existing) -> None:
    name = existing.physical_id
    _change_if_there(context, existing, lambda api: replace(api, stages=without(api.stages, name)))


def _create_gateway_response(context: Context, resource: Resource) -> Made:
    made = _short_id(context, resource)
    _put_gateway_response(context, resource.properties)
    return Made(made, {"Id": made})


def _update_gateway_response(context: Context, resource: Resource, existing: Existing) -> Made:
    _put_gateway_response(context, resource.properties)
    return Made(existing.physical_id, existing.attributes)


def _put_gateway_response(context: Context, properties: Properties) -> None:
    settings = without(properties, "RestApiId", "ResponseType")
    response = {properties["ResponseType"]: settings}
    _change(
        context,
        properties["RestApiId"],
        lambda api: replace(api, gateway_responses={**api.gateway_responses, **response}),
    )


def _delete_gateway_response(context: Context, existing: Existing) -> None:
    kind = existing.properties["ResponseType"]
    _change_if_there(
        context, existing, lambda api: replace(api, gateway_responses=without(api.gateway_responses, kind))
    )


TYPES: Mapping[str, ResourceType] = {
    "AWS::ApiGateway::RestApi": ResourceType(
        takes=frozenset({"Name", "Body", "BinaryMediaTypes", "Description", "Policy"}),
        means_nothing=frozenset(
            {"DisableExecuteApiEndpoint", "EndpointAccessMode", "EndpointConfiguration", "FailOnWarnings", "Mode"}
            | {"Parameters", "SecurityPolicy", "Tags"}
        ),
        not_run=frozenset({"ApiKeySourceType", "MinimumCompressionSize"}),
        create=_create_api,
        update=_update_api,
        delete=_delete_api,
        name=_id,
    ),
    "AWS::ApiGateway::Deployment": ResourceType(
        takes=frozenset({"RestApiId", "Description", "StageName", "StageDescription"}),
        not_run=frozenset({"DeploymentCanarySettings"}),
        create=_create_deployment,
        update=_update_deployment,
        delete=_delete_deployment,
        name=_short_id,
    ),
    "AWS::ApiGateway::Stage": ResourceType(
        takes=frozenset({"RestApiId", "StageName", "DeploymentId", "Description", "Variables"}),
        means_nothing=frozenset({"ClientCertificateId", "DocumentationVersion", "Tags", "TracingEnabled"}),
        not_run=frozenset(
            {"AccessLogSetting", "CacheClusterEnabled", "CacheClusterSize", "CanarySetting", "MethodSettings"}
        ),
        create=_create_stage,
        update=_update_stage,
        delete=_delete_stage,
        name=_stage_name,
        named_by="StageName",
        exists=_stage_exists,
    ),
    "AWS::ApiGateway::GatewayResponse": ResourceType(
        takes=frozenset({"RestApiId", "ResponseType", "ResponseParameters", "ResponseTemplates", "StatusCode"}),
        create=_create_gateway_response,
        update=_update_gateway_response,
        delete=_delete_gateway_response,
        name=_short_id,
    ),
    "AWS::ApiGatewayV2::Api": ResourceType(
        takes=frozenset({"Body", "CorsConfiguration", "Description", "Name", "ProtocolType"}),
        means_nothing=frozenset({"DisableExecuteApiEndpoint", "FailOnWarnings", "IpAddressType", "Tags", "Version"}),
        create=_create_http_api,
        update=_update_http_api,
        delete=_delete_api,
        name=_id,
    ),
    "AWS::ApiGatewayV2::Stage": ResourceType(
        takes=frozenset({"ApiId", "AutoDeploy", "DeploymentId", "Description", "StageName", "StageVariables"}),
        means_nothing=frozenset({"Tags"}),
        not_run=frozenset({"AccessLogSettings", "DefaultRouteSettings", "RouteSettings"}),
        create=_create_stage,
        update=_update_stage,
        delete=_delete_stage,
        name=_stage_name,
        named_by="StageName",
        exists=_stage_exists,
    ),
}
