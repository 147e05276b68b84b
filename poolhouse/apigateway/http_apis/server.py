"""The way through an HTTP API: the stage, the route, the authorizer, the function, the answer."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from poolhouse.apigateway import function_uri
from poolhouse.apigateway.authorizers.iam import Verify
from poolhouse.apigateway.entities import RestApi
from poolhouse.apigateway.http_apis import cors, events, responses
from poolhouse.apigateway.http_apis.authorizers import Authorizers
from poolhouse.apigateway.http_apis.errors import (
    HttpApiError,
    InternalServerError,
    NotBuilt,
    NotFound,
    RequestTooLarge,
    ServiceUnavailable,
)
from poolhouse.apigateway.http_apis.events import Surroundings
from poolhouse.apigateway.http_apis.routes import DEFAULT, Found, Routes
from poolhouse.call import Call, InvokeRefused, InvokeTimeout
from poolhouse.web import Request, Response

_CORS = "x-amazon-apigateway-cors"
_MOST_MS = 30_000  # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
_MAX_BODY = 10 * 1024 * 1024
MakeCall = Callable[[Request], Call]


class HttpApis:
    """Every deployed HTTP API."""

    def __init__(self, verify: Verify) -> None:
        self._authorizers = Authorizers(verify)
        self._compiled: dict[str, tuple[datetime, Routes]] = {}

    def handle(
        self, call: Call, api: RestApi, request: Request, *, stage: str, sent: Request, is_too_long: bool = False
    ) -> Response:
        """Answer a request whose path leaves the stage out; `sent` is as it was signed."""
        configuration = api.body.get(_CORS)
        if cors.is_preflight(configuration, request):
            return _tagged(call, cors.preflight(configuration or {}, request))
        try:
            response = self._answer(call, api, request, stage, sent, is_too_long=is_too_long)
        except HttpApiError as error:
            response = responses.from_error(error)
        return _tagged(call, cors.with_headers(configuration, request, response))

    def _answer(
        self, call: Call, api: RestApi, request: Request, stage: str, sent: Request, *, is_too_long: bool
    ) -> Response:
        if stage not in api.stages:
            raise NotFound
        if is_too_long or len(request.body) > _MAX_BODY:
            raise RequestTooLarge
        found = self._routes(api).find(request.method, request.path)
        if found is None:
            raise NotFound
        variables = api.stages[stage].get("StageVariables")
        around = Surroundings(call, request, api.id, stage, variables)
        caller = self._authorizers.authorize(around, found, sent, api.modified_at)
        return _run(around, found, caller)

    def _routes(self, api: RestApi) -> Routes:
        modified_at, routes = self._compiled.get(api.id, (None, None))
        if routes is None or modified_at != api.modified_at:
            routes = Routes(api)
            self._compiled[api.id] = (api.modified_at, routes)
        return routes


def stage_of(api: RestApi, path: str) -> tuple[str, str]:
    """The stage a path on the API's own host names, and the path below it: $default has none in its paths."""
    first, _, rest = path.lstrip("/").partition("/")
    return (first, f"/{rest}") if first in api.stages and first != DEFAULT else (DEFAULT, path)


def _run(around: Surroundings, found: Found, caller: object) -> Response:
    integration = found.route.integration
    if str(integration.get("type", "")).lower() != "aws_proxy":
        raise NotBuilt(f"integration of type {integration.get('type', 'none')} on {found.route.key}")
    function_arn = function_uri.parse(_with_variables(around, str(integration.get("uri", ""))))
    if not function_arn:
        raise InternalServerError
    version = str(integration.get("payloadFormatVersion", "1.0"))
    told = caller if isinstance(caller, dict) else None
    event = (events.version_2 if version == "2.0" else events.version_1)(around, found, told)
    timeout = timedelta(milliseconds=int(integration.get("timeoutInMillis", _MOST_MS)))
    try:
        answer = around.call.invoke(
            function_arn,
            msgspec.json.encode(event),
            service=function_uri.SERVICE,
            source_arn=_source_arn(around, found),
            timeout=timeout,
        )
    except InvokeTimeout as error:
        raise ServiceUnavailable from error
    except InvokeRefused as error:
        raise InternalServerError from error
    if answer.error is not None:
        raise InternalServerError
    return responses.from_function(answer.payload, version)


def _source_arn(around: Surroundings, found: Found) -> str:
    """The route as a function's resource policy names it."""
    if found.route.path == DEFAULT:
        return f"{around.base_arn}/{around.stage}/{DEFAULT}"
    return f"{around.base_arn}/{around.stage}/{around.request.method}{found.route.path}"


def _with_variables(around: Surroundings, uri: str) -> str:
    for name, value in around.variables.items():
        uri = uri.replace(f"${{stageVariables.{name}}}", value)
    return uri


def _tagged(call: Call, response: Response) -> Response:
    return response.with_headers((("apigw-requestid", call.request_id),))
