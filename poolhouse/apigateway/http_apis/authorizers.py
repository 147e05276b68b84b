"""Who may call a route: by a token of an issuer, by an AWS signature, by a function's word.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from poolhouse.apigateway import function_uri
from poolhouse.apigateway.authorizers.definitions import Source
from poolhouse.apigateway.authorizers.iam import SERVICE, Verify
from poolhouse.apigateway.http_apis import events
from poolhouse.apigateway.http_apis.errors import Forbidden, InternalServerError, NotBuilt, Unauthorized
from poolhouse.apigateway.http_apis.events import Surroundings
from poolhouse.apigateway.http_apis.routes import Found, FunctionAuthorizer, IamAuthorizer, JwtAuthorizer
from poolhouse.apigateway.resource_policy import ACTION
from poolhouse.call import InvokeRefused, InvokeTimeout
from poolhouse.errors import ApiError
from poolhouse.iam import document
from poolhouse.iam.context import Context
from poolhouse.iam.decision import Outcome
from poolhouse.iam.document import Policy
from poolhouse.iam.errors import MalformedPolicy
from poolhouse.iam.evaluate import Policies, evaluate
from poolhouse.iam.evaluate import Request as Asked
from poolhouse.iam.principal import Requester
from poolhouse.jose.verify import TokenError, Unverified
from poolhouse.openid.remote import ProviderFailed
from poolhouse.principal import Principal
from poolhouse.web import Request
from poolhouse.web_identity import openid
from poolhouse.web_identity.openid import NotSigned

_COGNITO = "cognito-identity.amazonaws.com"
_TIMEOUT = timedelta(seconds=10)  # "Authorizer timeout", quotas of HTTP APIs
_KEPT = 1000
Key = tuple[str, datetime, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a function said of a caller: whether they come in, or a policy that decides on each request."""

    is_authorized: bool
    policy: Policy | None
    context: dict[str, Any]

    def lets_in(self, around: Surroundings) -> bool:
        if self.policy is None:
            return self.is_authorized
        asked = Asked(Requester("user"), ACTION, around.arn, Context({"aws:SourceIp": around.call.source_ip}))
        return evaluate(asked, Policies(identity=[self.policy])).outcome is Outcome.ALLOWED


class Authorizers:
    """Asks each route's authorizer, and remembers what functions said for as long as they may be believed."""

    def __init__(self, verify: Verify) -> None:
        self._verify = verify
        self._known: dict[Key, tuple[datetime, _Answer]] = {}

    def authorize(
        self, around: Surroundings, found: Found, sent: Request, modified_at: datetime
    ) -> Mapping[str, Any] | None:
        """What the event tells of the caller; None for an open route. Raises HttpApiError."""
        match found.route.authorizer:
            case None:
                return None
            case JwtAuthorizer() as authorizer:
                return {"jwt": _by_token(around, found, authorizer)}
            case IamAuthorizer():
                return {"iam": self._by_signature(around, sent)}
            case FunctionAuthorizer() as authorizer:
                return {"lambda": self._by_function(around, found, authorizer, modified_at)}
            case unbuilt:
                raise NotBuilt(unbuilt.name)

    def _by_signature(self, around: Surroundings, sent: Request) -> dict[str, Any]:
        """Whatever is wrong with a signature, the answer is Forbidden."""
        try:
            principal = self._verify(sent, SERVICE)
        except ApiError as error:
            raise Forbidden from error
        call = around.call.of(principal)
        if not call.authority.decide(call, ACTION, around.arn, {}).is_allowed:
            raise Forbidden
        return _iam(principal)

    def _by_function(
        self, around: Surroundings, found: Found, authorizer: FunctionAuthorizer, modified_at: datetime
    ) -> dict[str, Any]:
        identity = tuple(_value(around, found, source) for source in authorizer.sources)
        if not all(identity):
            raise Unauthorized
        # An answer is for every route, unless the route's key is part of the identity: as AWS has it.
        key = (around.api_id, modified_at, authorizer.name, identity)
        until, known = self._known.get(key, (around.call.now, None))
        if known is None or around.call.now >= until:
            known = _asked(around, found, authorizer, identity)
            if authorizer.ttl and identity:
                if len(self._known) >= _KEPT:
                    self._known.clear()
                self._known[key] = around.call.now + timedelta(seconds=authorizer.ttl), known
        if not known.lets_in(around):
            raise Forbidden
        return known.context


def _by_token(around: Surroundings, found: Found, authorizer: JwtAuthorizer) -> dict[str, Any]:
    """The claims and the route's scopes. Raises Unauthorized and Forbidden; sentences not seen are guesses."""
    scopes = found.route.scopes
    text = _value(around, found, authorizer.source).removeprefix("Bearer ").strip()
    if not text:
        raise Unauthorized("Bearer")
    claims = _proven(around, authorizer, text, scopes)
    named = claims.get("aud") if "aud" in claims else claims.get("client_id")
    audiences = named if isinstance(named, list) else [named]
    if not set(map(str, audiences)) & set(authorizer.audiences):
        raise _invalid("the token does not have a valid audience", scopes)
    now = around.call.now.timestamp()
    if now >= int(claims["exp"]):
        raise _invalid("the token has expired", scopes)
    if any(isinstance(claims.get(name), int) and now < claims[name] for name in ("nbf", "iat")):
        raise _invalid("the token is not valid yet", scopes)
    if scopes and not set(scopes) & set(_scopes(claims)):
        said = f'Bearer scope="{" ".join(scopes)}" error="insufficient_scope"'
        raise Forbidden(f'{said} error_description="the token does not have sufficient scope"')
    return {"claims": {name: _text(value) for name, value in claims.items()}, "scopes": list(scopes) or None}


def _proven(around: Surroundings, authorizer: JwtAuthorizer, text: str, scopes: tuple[str, ...]) -> Mapping[str, Any]:
    call = around.call
    try:
        token: Unverified = openid.parse(text)
    except TokenError as error:
        raise _invalid("the token is malformed", scopes) from error
    # AWS's URL of a pool in the template is the pool here, whatever its tokens call themselves.
    base, _, pool_id = authorizer.issuer.rstrip("/").rpartition("/")
    is_pools = base == f"https://cognito-idp.{call.region}.amazonaws.com"
    issuer = f"{call.issuer_base}/{pool_id}" if is_pools else authorizer.issuer
    if token.issuer.rstrip("/") != issuer.rstrip("/"):
        raise _invalid("the token has an invalid issuer", scopes)
    try:
        return openid.verify_signature(call, token, text)
    except (NotSigned, ProviderFailed) as error:
        raise _invalid("the token has an invalid signature", scopes) from error


def _invalid(why: str, scopes: tuple[str, ...]) -> Unauthorized:
    return Unauthorized(f'Bearer scope="{" ".join(scopes)}" error="invalid_token" error_description="{why}"')


def _scopes(claims: Mapping[str, Any]) -> list[str]:
    """`scope` as OAuth has it, or `scp`, a list or text."""
    found = claims.get("scope", claims.get("scp", ""))
    return [str(one) for one in found] if isinstance(found, list) else str(found).split()


def _text(value: Any) -> str:
    """As functions see claims: lists in brackets with spaces between, times as plain digits."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{' '.join(_text(one) for one in value)}]"
    return msgspec.json.encode(value).decode()


def _iam(principal: Principal) -> dict[str, Any]:
    keys = {} if principal.session is None else principal.session.keys
    identity: dict[str, Any] | None = None
    if f"{_COGNITO}:sub" in keys:
        identity = {
            "amr": list(keys[f"{_COGNITO}:amr"]),
            "identityId": keys[f"{_COGNITO}:sub"][0],
            "identityPoolId": keys[f"{_COGNITO}:aud"][0],
        }
    return {
        "accessKey": principal.access_key_id,
        "accountId": principal.account_id,
        "callerId": principal.user_id,
        "cognitoIdentity": identity,
        "principalOrgId": None,
        "userArn": principal.arn,
        "userId": principal.user_id,
    }


def _asked(around: Surroundings, found: Found, authorizer: FunctionAuthorizer, identity: tuple[str, ...]) -> _Answer:
    is_second = authorizer.payload == "2.0"
    event = (events.authorizer_2 if is_second else events.authorizer_1)(around, found, identity)
    function_arn = function_uri.parse(authorizer.uri)
    number = hashlib.sha256(f"{around.api_id}{authorizer.name}".encode()).hexdigest()[:6]
    if not function_arn:
        raise InternalServerError
    try:
        answer = around.call.invoke(
            function_arn,
            msgspec.json.encode(event),
            service=function_uri.SERVICE,
            source_arn=f"{around.base_arn}/authorizers/{number}",
            timeout=_TIMEOUT,
        )
    except (InvokeRefused, InvokeTimeout) as error:
        raise InternalServerError from error
    if answer.error is not None:
        if answer.error.get("errorMessage") == "Unauthorized":
            raise Unauthorized
        raise InternalServerError
    return _read(answer.payload, is_simple=is_second and authorizer.is_simple)


def _read(payload: bytes, *, is_simple: bool) -> _Answer:
    """What a function says of a caller. Raises InternalServerError for what is no answer."""
    try:
        given: Any = msgspec.json.decode(payload)
        context = dict(given.get("context") or {})
        if is_simple:
            return _Answer(is_authorized=given["isAuthorized"] is True, policy=None, context=context)
        return _Answer(is_authorized=False, policy=document.parse(given["policyDocument"], "policy"), context=context)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, MalformedPolicy) as error:
        raise InternalServerError from error


def _value(around: Surroundings, found: Found, source: Source) -> str:
    match source.kind:
        case "header":
            return around.request.header(source.name)
        case "querystring":
            return events.query_parameter(around.request, source.name)
        case "stageVariables":
            return around.variables.get(source.name, "")
        case "context":
            known = {"routeKey": found.route.key, "stage": around.stage, "httpMethod": around.request.method}
            return known.get(source.name, "")
        case _:
            return ""
