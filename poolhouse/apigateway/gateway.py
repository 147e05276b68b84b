"""The door of the gateway: find the API, the method, ask who calls, run the integration, answer."""

import base64
import dataclasses
import hashlib
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from poolhouse.apigateway import address, integrations, resource_policy, responses
from poolhouse.apigateway.authorizers import cognito, iam
from poolhouse.apigateway.authorizers.definitions import CognitoAuthorizer, IamAuthorizer, LambdaAuthorizer
from poolhouse.apigateway.authorizers.iam import Verify
from poolhouse.apigateway.authorizers.lambdas import LambdaAuthorizers
from poolhouse.apigateway.entities import RestApi
from poolhouse.apigateway.errors import (
    Forbidden,
    GatewayError,
    IncompleteSignature,
    MissingAuthenticationToken,
    NotBuilt,
    RequestTooLarge,
)
from poolhouse.apigateway.exchange import Exchange
from poolhouse.apigateway.http_apis.server import HttpApis, stage_of
from poolhouse.apigateway.routes import Match, Routes
from poolhouse.call import Call
from poolhouse.iam.document import Policy
from poolhouse.web import Request, Response

MakeCall = Callable[[Request], Call]
_MAX_BODY = 10 * 1024 * 1024  # https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
_BY_PRODUCT = "Stage"  # a stage that the SAM translator's deployments bring along, and nobody calls
_NEVER = datetime.min.replace(tzinfo=UTC)
_UNDEPLOYED = RestApi("undeployed", "", {}, _NEVER, _NEVER)

log = logging.getLogger(__name__)


class Gateway:
    """Every deployed API; HTTP APIs are handed on.

    `make_call` gives the surroundings of one request: time, ids, store, functions; `verify` says who signed it.
    """

    def __init__(self, make_call: MakeCall, verify: Verify) -> None:
        self._make_call = make_call
        self._verify = verify
        self._lambdas = LambdaAuthorizers()
        self._http_apis = HttpApis(verify)
        self._compiled: dict[str, tuple[datetime, Routes, Policy | None]] = {}
        self._default_api_id = ""

    def handle(
        self,
        request: Request,
        *,
        api_id: str | None = None,
        stage: str | None = None,
        sent: Request | None = None,
        is_too_long: bool = False,
    ) -> Response:
        """Answer a request whose path leaves the stage out; `sent` is as it came, where that was another.

        Without `api_id` it is for the one API that is deployed, or the oldest of several; without `stage` for that
        API's first stage by name. `is_too_long` says that its body was, and is not here.
        """
        call = self._make_call(request)
        api = self._default_api(call) if api_id is None else call.store.rest_apis.find(id=api_id)
        if api is not None and api.is_http:
            return self._http_apis.handle(
                call, api, request, stage=_stage(api, stage), sent=sent or request, is_too_long=is_too_long
            )
        exchange = Exchange(call, request, api or _UNDEPLOYED, _stage(api, stage))
        try:
            response = self._answer(exchange, sent or request, is_too_long=is_too_long)
        except GatewayError as error:
            response = responses.from_error(exchange, error)
            log.info("%s refused: %s", call.request_id, error.text)
        log.info("%s %s %s -> %d", call.request_id, request.method, exchange.stage_path, response.status)
        return response.with_headers(
            (("x-amzn-RequestId", call.request_id), ("x-amz-apigw-id", exchange.extended_request_id))
        )

    def handle_endpoint(self, request: Request) -> Response | None:
        """Answer a request on the AWS endpoint that names an API and a stage in its host or path; None for others."""
        found = address.find(request)
        if found is None:
            return None
        stage, path = found.stage, found.path
        api = self._make_call(request).store.rest_apis.find(id=found.api_id)
        if api is not None and api.is_http and found.is_of_host:
            stage, path = stage_of(api, request.path)
        inner = dataclasses.replace(request, path=path)
        return self.handle(inner, api_id=found.api_id, stage=stage, sent=request)

    def _answer(self, exchange: Exchange, sent: Request, *, is_too_long: bool) -> Response:
        if exchange.stage not in exchange.api.stages:
            raise Forbidden
        if is_too_long or len(exchange.request.body) > _MAX_BODY:
            raise RequestTooLarge
        routes, policy = self._of_api(exchange)
        match = routes.find(exchange.request.method, exchange.request.path)
        if match is None:
            raise _unknown_method(exchange.request.header("authorization"))
        found = dataclasses.replace(exchange, match=match, policy=policy)
        return integrations.respond(self._authorized(found, match, sent), match)

    def _authorized(self, exchange: Exchange, found: Match, sent: Request) -> Exchange:
        is_open = True  # to nobody in particular, of whom the resource policy must say that they may
        for requirement in found.method.requirements:
            match requirement.authorizer:
                case CognitoAuthorizer() as authorizer:
                    header = exchange.request.header(authorizer.header)
                    claims = cognito.authorize(exchange.call, authorizer, requirement.scopes, header)
                    exchange = dataclasses.replace(exchange, claims=claims)
                case IamAuthorizer():
                    is_open = False
                    principal = iam.authenticate(self._verify, sent)
                    call = dataclasses.replace(exchange.call, principal=principal)
                    exchange = dataclasses.replace(exchange, call=call, principal=principal)
                    iam.authorize(call, exchange)
                case LambdaAuthorizer() as authorizer:
                    is_open = False
                    custom = self._lambdas.authorize(exchange, found, authorizer)
                    exchange = dataclasses.replace(exchange, custom=custom)
                case unbuilt:
                    raise NotBuilt(unbuilt.name)
        if is_open:
            resource_policy.check(exchange)
        return exchange

    def _of_api(self, exchange: Exchange) -> tuple[Routes, Policy | None]:
        """The API's methods and its resource policy, compiled anew where it has changed."""
        api = exchange.api
        known = self._compiled.get(api.id)
        if known is None or known[0] != api.modified_at:
            known = self._compiled[api.id] = (api.modified_at, Routes(api), resource_policy.of_api(exchange))
        return known[1:]

    def _default_api(self, call: Call) -> RestApi | None:
        api = call.store.rest_apis.find(id=self._default_api_id) if self._default_api_id else None
        if api is None:
            api = min(call.store.rest_apis.list(), key=lambda one: one.created_at, default=None)
            self._default_api_id = api.id if api else ""
        return api


def _stage(api: RestApi | None, stage: str | None) -> str:
    if stage is not None or api is None:
        return stage or ""
    names = sorted(api.stages)
    return next((name for name in names if name != _BY_PRODUCT), names[0] if names else "")


def _unknown_method(authorization: str) -> GatewayError:
    """AWS reads the Authorization header of a request it has no method for as a signature of its own kind.

    What exactly is hashed is not known. A header of one word, and a signature, get Missing Authentication Token.
    """
    _, space, parameters = authorization.partition(" ")
    if not space or "=" in parameters:
        return MissingAuthenticationToken()
    digest = base64.b64encode(hashlib.sha256(authorization.encode()).digest()).decode()
    return IncompleteSignature(
        "Invalid key=value pair (missing equal-sign) in Authorization header "
        f"(hashed with SHA-256 and encoded with Base64): '{digest}'."
    )
