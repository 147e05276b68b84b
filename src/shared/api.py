"""What every handler behind the API starts from: routing, the principal, answers, and errors as problem documents.

    app = api.resolver()          routes are declared on it
    lambda_handler = api.entry(app)

Every answer carries the request's correlation id and headers that keep it out of caches and frames; an answer to a
browser carries CORS headers. Errors are RFC 9457 problem documents: `code` is for programs, `detail` for people.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from shared import aws
from shared import principal as principals
from shared.config import settings
from shared.errors import (
    BadRequest,
    Forbidden,
    Invalid,
    NoAnswer,
    NotFound,
    ServiceError,
    Unauthenticated,
    Unavailable,
)
from shared.observability import LambdaContext, logger
from shared.principal import Inconsistent, Kind, Principal
from shared.routing import Response, Router

M = TypeVar("M", bound=BaseModel)
Location = tuple[int | str, ...]
Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"
CORRELATION_ID = re.compile(r"[A-Za-z0-9_-]{8,128}")
CORS = {
    "Access-Control-Allow-Headers": ",".join(
        [
            *("Authorization", "Content-Type", "Idempotency-Key", "If-Match"),
            *("X-Amz-Content-Sha256", "X-Amz-Date", "X-Amz-Security-Token"),  # of requests that are signed
            *("X-Api-Key", "X-Correlation-Id"),
        ]
    ),
    "Access-Control-Expose-Headers": "ETag,Location,Retry-After,X-Correlation-Id",
}
# OWASP REST Security Cheat Sheet, "Security Headers"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}


class Answer(Response, Generic[M]):
    """200, with a model as JSON: which one, a route's signature says, and docs/openapi.json by it."""


class Created(Response, Generic[M]):
    """201, with a model as JSON and where it is from now on."""


class Done(Response):
    """204, without a body."""


def resolver() -> Router:
    """What a handler declares its routes on."""
    return Router()


def entry(app: Router) -> Handler:
    """The function Lambda calls for these routes; errors become problem documents here."""

    @logger.inject_lambda_context(clear_state=True)
    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        app.event = event
        correlation_id = _correlation_id(app, context)
        logger.set_correlation_id(correlation_id)
        cors = _cors(app.header("Origin") or "")
        response = _response(app, event)
        content = {"Content-Type": response.content_type} if response.content_type else {}
        headers = {**content, **response.headers, **cors, **HEADERS, "X-Correlation-Id": correlation_id}
        # A load balancer tells no route, and a path may hold what is not for logs
        logger.info("answered", method=event["httpMethod"], route=event.get("resource"), status=response.status)
        return {
            "statusCode": response.status,
            "body": response.body,
            "isBase64Encoded": False,
            **app.headers(headers),
        }

    return lambda_handler


def done() -> Done:
    """An answer without a body."""
    return Done(204)


def answer(model: M, headers: Mapping[str, str] | None = None) -> Answer[M]:
    """An answer with a model as its JSON body."""
    return Answer(200, model.model_dump_json(), JSON, headers or {})


def created(model: M, location: str, headers: Mapping[str, str] | None = None) -> Created[M]:
    """An answer with what was made just now, as its JSON body."""
    return Created(201, model.model_dump_json(), JSON, {"Location": location, **(headers or {})})


def principal(app: Router) -> Principal:
    """Who is calling; their kind and subject go into the log."""
    try:
        caller = principals.parse(app.event)
    except Inconsistent as error:
        logger.warning("inconsistent caller", reason=str(error))
        raise Unauthenticated("It cannot be told who calls.") from None
    logger.append_keys(principal=caller.kind, subject=caller.subject)
    return caller


def somebody(app: Router) -> Principal:
    """Whoever calls, by keys or by token; refused when it is nobody."""
    return _held_to(principal(app), set(Kind))


def user(app: Router) -> Principal:
    """The user who is calling; refused when it is anybody else."""
    return _held_to(principal(app), {Kind.USER})


def signer(app: Router) -> Principal:
    """Whoever has signed the request with AWS keys, guests too; refused when nobody has."""
    return _held_to(principal(app), {Kind.IDENTITY, Kind.GUEST, Kind.IAM_USER, Kind.IAM_ROLE, Kind.ROOT})


def member(app: Router, *groups: str) -> Principal:
    """The user who is calling, a member of one of these groups; refused when it is anybody else."""
    caller = user(app)
    if not set(groups) & set(caller.groups):
        raise Forbidden
    return caller


def identity(app: Router) -> Principal:
    """The signed-in identity whose keys signed the request; refused when it is anybody else, guests too."""
    return _held_to(principal(app), {Kind.IDENTITY})


def token_holder(app: Router, scope: str) -> Principal:
    """The user or machine client who is calling with a token of this scope; refused when it is anybody else.

    API Gateway has checked the scope already. Here it is checked again, so that a route declared without one, or
    with another's, opens nothing.
    """
    caller = _held_to(principal(app), {Kind.USER, Kind.MACHINE})
    if scope not in caller.scopes:
        raise Forbidden(f"This needs a token of scope {scope}.")
    return caller


def body(app: Router, model: type[M]) -> M:
    """The request's JSON body, parsed."""
    try:
        text = app.text()
    except ValueError:  # not base64, not UTF-8
        raise BadRequest("The body is not UTF-8 text.") from None
    if not text:
        raise BadRequest("A JSON body is needed.")
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        if error.errors()[0]["type"] in {"json_invalid", "string_unicode"}:
            raise BadRequest("The body is not JSON.") from None
        raise _invalid(error, lambda location: {"pointer": _pointer(location)}) from None


def query(app: Router, model: type[M]) -> M:
    """The request's query parameters, parsed; one that was sent twice is refused, for either value would be a guess."""
    values = app.query()
    if repeated := [name for name, sent in values.items() if len(sent) > 1]:
        raise Invalid(members={"errors": [{"parameter": name, "detail": "Sent more than once"} for name in repeated]})
    try:
        return model.model_validate({name: sent[0] for name, sent in values.items()})
    except ValidationError as error:
        raise _invalid(error, lambda location: {"parameter": location[0]}) from None


def header(app: Router, name: str) -> str | None:
    """A request header's value, None when it was not sent, which is not the same as empty; `name` in any case."""
    value = app.header(name)
    return None if value is None else value.strip()


def _held_to(caller: Principal, kinds: set[Kind]) -> Principal:
    if caller.kind is Kind.NOBODY:
        raise Unauthenticated
    if caller.kind not in kinds:
        raise Forbidden
    return caller


def _response(app: Router, event: Mapping[str, Any]) -> Response:
    try:
        answer = app.find(event["httpMethod"], event["path"])
        if answer is None:
            raise NotFound  # noqa: TRY301 - it becomes a problem document as all others do
        return answer()
    except ServiceError as error:
        return _problem(error)
    except aws.AwsError as error:
        return _aws_failed(error)
    except Exception as error:  # noqa: BLE001 - the edge: nothing else catches what nobody expected
        return _unexpected(error)


def _cors(origin: str) -> dict[str, str]:
    allowed = settings().allowed_origin
    return {"Access-Control-Allow-Origin": origin, **CORS} if origin and allowed in {"*", origin} else {}


def _aws_failed(error: aws.AwsError) -> Response:
    """By now it was tried again as often as there was time for."""
    if not error.is_transient:
        return _unexpected(error)
    logger.warning("aws failed", operation=error.operation_name, error_code=error.code, error_type=type(error).__name__)
    return _problem(NoAnswer() if isinstance(error, aws.NoAnswer) else Unavailable())


def _problem(error: ServiceError) -> Response:
    document = {
        "type": "about:blank",
        "title": error.status.phrase,
        "status": error.status.value,
        "detail": error.detail,
        "code": error.code,
        "correlation_id": logger.get_correlation_id(),
        **error.members,
    }
    return Response(error.status.value, json.dumps(document), PROBLEM_JSON, error.headers)


def _invalid(error: ValidationError, place: Callable[[Location], Mapping[str, object]]) -> Invalid:
    # The values sent stay out of the answer: they may be what nobody else should see.
    return Invalid(members={"errors": [{**place(fault["loc"]), "detail": fault["msg"]} for fault in error.errors()]})


def _pointer(location: Location) -> str:
    # RFC 6901 section 3: "~" and "/" are escaped in this order
    return "#" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def _unexpected(error: Exception) -> Response:
    logger.error("unexpected error", error_type=type(error).__name__, exc_info=error)
    return _problem(ServiceError())


def _correlation_id(app: Router, context: LambdaContext) -> str:
    given = app.header("X-Correlation-Id") or ""
    if CORRELATION_ID.fullmatch(given):
        return given
    return str(app.event["requestContext"].get("requestId") or context.aws_request_id)
