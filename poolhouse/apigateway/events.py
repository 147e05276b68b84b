"""The event a function gets for a request: payload format 1.0 of a REST API's Lambda proxy integration.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
Details where that page is silent follow events recorded against AWS.
"""

import base64
import functools
from collections.abc import Sequence
from urllib.parse import parse_qsl

from poolhouse.apigateway import media_types, times
from poolhouse.apigateway.exchange import Exchange
from poolhouse.apigateway.routes import Match
from poolhouse.web import Header, Request

Single = dict[str, str]
Multiple = dict[str, list[str]]

# Never handed on, see the table under "Important notes" for REST APIs:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
_DROPPED = frozenset(
    {
        "connection",
        "content-length",
        "content-md5",
        "expect",
        "max-forwards",
        "proxy-authenticate",
        "server",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "www-authenticate",
    }
)
_OURS = frozenset({"x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"})


def proxy_event(exchange: Exchange, match: Match) -> dict[str, object]:
    """The whole event. Maps that would be empty are null, as AWS sends them."""
    request = exchange.request
    headers, multi_headers = _collected(_headers(exchange))
    single_query, multi_query = _collected(query(request))
    body, is_base64 = _body(exchange)
    return {
        "resource": match.method.resource,
        "path": exchange.path,
        "httpMethod": request.method,
        "headers": headers or None,
        "multiValueHeaders": multi_headers or None,
        "queryStringParameters": single_query or None,
        "multiValueQueryStringParameters": multi_query or None,
        "pathParameters": dict(match.path_parameters) or None,
        "stageVariables": exchange.stage_variables,
        "requestContext": _request_context(exchange, match),
        "body": body,
        "isBase64Encoded": is_base64,
    }


def authorizer_event(exchange: Exchange, match: Match) -> dict[str, object]:
    """What a REQUEST authorizer gets: the same without the body.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
    """
    event = proxy_event(exchange, match)
    del event["body"], event["isBase64Encoded"]
    return {"type": "REQUEST", "methodArn": exchange.method_arn, **event}


def _request_context(exchange: Exchange, match: Match) -> dict[str, object]:
    request, method = exchange.request, match.method
    authorizer: dict[str, object] = {}
    if exchange.claims is not None or exchange.custom is not None:
        claims = {} if exchange.claims is None else {"claims": exchange.claims}
        authorizer = {"authorizer": {**claims, **(exchange.custom or {})}}
    operation = {"operationName": method.operation_name} if method.operation_name else {}
    return {
        "resourceId": method.resource_id,
        **authorizer,
        "resourcePath": method.resource,
        **operation,
        "httpMethod": request.method,
        "extendedRequestId": exchange.extended_request_id,
        "requestTime": times.request_time(exchange.call.now),
        "path": exchange.stage_path,
        "accountId": exchange.call.account_id,
        "protocol": f"HTTP/{request.http_version}",
        "stage": exchange.stage,
        "domainPrefix": exchange.api.id,
        "requestTimeEpoch": times.epoch_milliseconds(exchange.call.now),
        "requestId": exchange.call.request_id,
        "identity": exchange.identity,
        "domainName": exchange.domain_name,
        "deploymentId": exchange.deployment_id,
        "apiId": exchange.api.id,
    }


def _headers(exchange: Exchange) -> list[Header]:
    """The client's headers that AWS hands on, and those it adds. The scheme and port are the ones really used."""
    request = exchange.request
    forwarded = [value for value in (request.header("x-forwarded-for"), request.source_ip) if value]
    kept = [(_title(name), value) for name, value in request.headers if name not in _DROPPED and name not in _OURS]
    return [
        *kept,
        ("X-Amzn-Trace-Id", exchange.trace_id),
        ("X-Forwarded-For", ", ".join(forwarded)),
        ("X-Forwarded-Port", str(request.port)),
        ("X-Forwarded-Proto", "http"),
    ]


@functools.lru_cache(maxsize=1024)
def _title(name: str) -> str:
    """AWS keeps the spelling the client used, which is lost here: we give the customary one, as HTTP/1.1 clients do."""
    return "-".join(part.capitalize() for part in name.split("-"))


def query(request: Request) -> Sequence[Header]:
    """The query decoded. A semicolon splits, as AWS's notes for REST APIs warn."""
    if not request.query:
        return ()
    return parse_qsl(request.query.replace(";", "&"), keep_blank_values=True, errors="replace")


def _collected(pairs: Sequence[Header]) -> tuple[Single, Multiple]:
    """Names to their last value, and to all of them. Names of headers are alike whatever their case."""
    multiple: Multiple = {}
    for name, value in pairs:
        multiple.setdefault(name, []).append(value)
    return {name: values[-1] for name, values in multiple.items()}, multiple


def _body(exchange: Exchange) -> tuple[str | None, bool]:
    """The body as text, or in Base64 when its type is one of the API's binary media types."""
    body = exchange.request.body
    if not body:
        return None, False
    if media_types.is_binary(exchange.api, exchange.request.header("content-type")):
        return base64.b64encode(body).decode(), True
    return body.decode(errors="replace"), False
