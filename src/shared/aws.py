"""Calls of AWS, over a client of our own for the services that speak JSON, or forms, to one address.

botocore takes most of a second to import and to read its service models, at every cold start; this takes a few
milliseconds and keeps what counts: signatures, timeouts, retries with a quota, kept connections, X-Ray's subsegments.
Operations are called as boto3 calls them, and their members as the API calls them: times are epoch seconds.
"""

import json
import random
import re
import secrets
import select
import time
import zlib
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from shared import config, sigv4, tracing

if TYPE_CHECKING:
    import ssl
    from http.client import HTTPConnection


class AwsError(Exception):
    """AWS has not done what it was asked, or has not said so."""

    is_transient = False
    status, code = 0, ""

    def __init__(self, operation: str, reason: str) -> None:
        self.operation_name = operation
        super().__init__(f"{operation}: {reason}")


class NoAnswer(AwsError):
    """It cannot be told whether it was done."""

    is_transient = True


class Refusal(AwsError):
    """What AWS answered instead. `told` is the whole answer, for errors that say more than a sentence."""

    def __init__(self, operation: str, status: int, code: str, message: str, told: Mapping[str, Any]) -> None:
        super().__init__(operation, f"{code} ({status}): {message}")
        self.status, self.code, self.told = status, code, told
        self.is_transient = status in TRANSIENT or code in THROTTLED


ERRORS = (AwsError,)
CONDITION_FAILED = "ConditionalCheckFailedException"  # of a write to DynamoDB that asks for a row as it is not

# As botocore's standard mode has them: botocore/retries/standard.py
TRANSIENT = {500, 502, 503, 504}
THROTTLED = {
    *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "RequestThrottled"),
    *("TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException"),
    *("RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "SlowDown"),
    *("PriorRequestNotComplete", "RequestTimeout", "RequestTimeoutException"),
}
LONGEST_WAIT = 20.0
QUOTA, COST = 500, 5  # a hundred retries in vain, and from then on one for every five calls that succeed


class Patience(NamedTuple):
    """How long one try waits, in seconds, and how many there are."""

    connect: float
    read: float
    tries: int


# A function has ten seconds: two slow tries and their waits fit.
PATIENT = Patience(1, 3, 3)
# A trigger has five: two tries that hang, and the wait of up to a second between them, leave time to say so.
HURRIED = Patience(0.5, 1.2, 2)
ONCE = Patience(0.5, 3, 1)
# A function is waited for as long as Cognito waits for its own, and not run twice
RUN = Patience(1, 5, 1)


class Service(NamedTuple):
    """How a service is called: by JSON with a target, or by a form with a version."""

    signing_name: str
    service_id: str
    host: str
    target: str = ""
    json_version: str = "1.1"
    form_version: str = ""


SERVICES = {
    "dynamodb": Service("dynamodb", "DynamoDB", "dynamodb", "DynamoDB_20120810", "1.0"),
    "cognito-idp": Service(
        "cognito-idp", "Cognito Identity Provider", "cognito-idp", "AWSCognitoIdentityProviderService"
    ),
    "cognito-identity": Service(
        "cognito-identity", "Cognito Identity", "cognito-identity", "AWSCognitoIdentityService"
    ),
    "kinesis": Service("kinesis", "Kinesis", "kinesis", "Kinesis_20131202"),
    "kms": Service("kms", "KMS", "kms", "TrentService"),
    "ses": Service("ses", "SES", "email", form_version="2010-12-01"),
    "lambda": Service("lambda", "Lambda", "lambda"),
    "sns": Service("sns", "SNS", "sns", form_version="2010-03-31"),
}
# Members that make a repeated request the same one; botocore fills them in as well
TOKENS = {"TransactWriteItems": "ClientRequestToken"}


class _Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    content: bytes


class Client:
    """One service, in one region; `is_signed` with the function's role. May be used by several threads."""

    def __init__(self, service: str, patience: Patience, *, region: str = "", is_signed: bool = True) -> None:
        self._service, self._patience, self._is_signed = SERVICES[service], patience, is_signed
        self._region = region or config.region()
        self.origin = _origin(self._service, self._region)
        self._parts = urlsplit(self.origin)
        self._idle: deque[HTTPConnection] = deque()
        self._quota = QUOTA

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        """`put_item` is PutItem."""
        if name.startswith("_"):
            raise AttributeError(name)
        return partial(self._call, "".join(word.capitalize() for word in name.split("_")))

    def invoke(self, *, FunctionName: str, Payload: bytes) -> tuple[bytes, bool]:  # noqa: N803 - as Lambda names them
        """Run a function, by its name or ARN: what it answers, and whether that is an error. Raises AwsError."""
        path = f"/2015-03-31/functions/{quote(FunctionName, safe='')}/invocations"
        with tracing.subsegment("lambda", operation="Invoke", region=self._region) as trace:
            answer = self._sent("Invoke", path, {"content-type": "application/json"}, Payload, trace.header)
        if answer.status != 200:
            raise self._refusal("Invoke", answer.status, answer.content)
        return answer.content, "x-amz-function-error" in answer.headers

    def close(self) -> None:
        """End the connections that are kept."""
        while self._idle:
            self._idle.pop().close()

    def _call(self, operation: str, /, **params: Any) -> dict[str, Any]:
        """Call an operation; tried again as often as patience and quota allow. Raises AwsError."""
        if token := TOKENS.get(operation):
            params.setdefault(token, secrets.token_hex(16))
        told = {"operation": operation, "region": self._region}
        with tracing.subsegment(self._service.signing_name, **told) as trace:
            try:
                answer = self._tried(operation, self._encoded(operation, params), trace.header)
            except AwsError as error:
                trace.told = tracing.outcome(error.status, error.code)
                raise
            trace.told = tracing.outcome(200, "")
        return answer

    def _tried(self, operation: str, body: bytes, trace: str) -> dict[str, Any]:
        for number in range(1, self._patience.tries + 1):
            try:
                answer = self._once(operation, body, trace)
            except AwsError as error:
                if number == self._patience.tries or not error.is_transient or self._quota < COST:
                    raise
                self._quota -= COST
                time.sleep(min(random.random() * 2 ** (number - 1), LONGEST_WAIT))  # noqa: S311 - so as not to meet
            else:
                self._quota = min(self._quota + 1, QUOTA)
                return answer
        raise AssertionError

    def _once(self, operation: str, body: bytes, trace: str) -> dict[str, Any]:
        answer = self._sent(operation, self._parts.path or "/", self._described(operation), body, trace)
        if answer.status != 200:
            raise self._refusal(operation, answer.status, answer.content)
        checksum = answer.headers.get("x-amz-crc32")
        if checksum and int(checksum) != zlib.crc32(answer.content):
            raise NoAnswer(operation, "an answer with a wrong checksum")
        return json.loads(answer.content, object_hook=_with_bytes) if self._service.target and answer.content else {}

    def _sent(self, operation: str, path: str, described: Mapping[str, str], body: bytes, trace: str) -> "_Answer":
        from http.client import HTTPException  # noqa: PLC0415 - see _connection

        headers = self._signed(path, {"host": self._parts.netloc, **described}, body)
        if trace:
            headers["x-amzn-trace-id"] = trace
        connection = self._idle_connection() or _connection(self._parts.scheme, self._parts.netloc, self._patience)
        try:
            if connection.sock is None:
                connection.connect()
                socket: Any = connection.sock
                socket.settimeout(self._patience.read)
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException) as error:
            connection.close()
            raise NoAnswer(operation, type(error).__name__) from error
        self._idle.append(connection)
        return _Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)

    def _idle_connection(self) -> "HTTPConnection | None":
        """One that is open still: AWS closes connections that a sleeping function keeps."""
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread has it
                break
            if connection.sock is not None and not select.select([connection.sock], [], [], 0)[0]:
                return connection
            connection.close()
        return None

    def _described(self, operation: str) -> dict[str, str]:
        service = self._service
        if not service.target:
            return {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
        return {
            "content-type": f"application/x-amz-json-{service.json_version}",
            "x-amz-target": f"{service.target}.{operation}",
        }

    def _signed(self, path: str, sent: dict[str, str], body: bytes) -> dict[str, str]:
        if not self._is_signed:
            return sent
        return sigv4.headers(
            config.keys(),
            service=self._service.signing_name,
            region=self._region,
            path=path,
            sent=sent,
            body=body,
            now=datetime.now(UTC),
        )

    def _encoded(self, operation: str, params: Mapping[str, Any]) -> bytes:
        if self._service.target:
            return json.dumps(params, default=_base64, separators=(",", ":")).encode()
        form = {"Action": operation, "Version": self._service.form_version, **dict(_flat("", params))}
        return urlencode(form).encode()

    def _refusal(self, operation: str, status: int, content: bytes) -> Refusal:
        text = content.decode(errors="replace")
        if self._service.form_version:
            return Refusal(operation, status, _element(text, "Code") or str(status), _element(text, "Message"), {})
        try:
            told = json.loads(text)
            code = str(told["__type"]).rpartition("#")[2]
        except (ValueError, KeyError, TypeError):  # something before the service has answered
            told, code = {}, str(status)
        return Refusal(operation, status, code, str(told.get("message") or told.get("Message") or ""), told)


@cache
def client(service: str) -> Any:
    """A client for handlers, which signs with the function's role."""
    return Client(service, RUN if service == "lambda" else PATIENT)


@cache
def hurried(service: str, region: str = "") -> Any:
    """A client for triggers, which give up before Cognito gives up on them; a message is not sent twice."""
    return Client(service, ONCE if service in {"ses", "sns"} else HURRIED, region=region)


@cache
def unsigned(service: str) -> Any:
    """A client for what needs no keys, such as what a user's own token proves."""
    return Client(service, PATIENT, is_signed=False)


def object_address(
    bucket: str, key: str, *, ttl: timedelta, now: datetime, keys: config.Keys | None = None, **query: str
) -> str:
    """An address from which an object of S3 may be read for a while, by whoever has it."""
    return _object_url("GET", bucket, key, keys or config.keys(), query, ttl, now)


def object_request(
    method: str,
    bucket: str,
    key: str = "",
    *,
    keys: config.Keys | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> tuple[int, Mapping[str, str], bytes]:
    """Ask S3 for a bucket or an object: status, headers and content. Raises NoAnswer when it could not be asked."""
    from http.client import HTTPException  # noqa: PLC0415 - see _connection

    for number in range(1, PATIENT.tries + 1):
        now = datetime.now(UTC)
        url = urlsplit(_object_url(method, bucket, key, keys or config.keys(), query or {}, timedelta(minutes=1), now))
        connection = _connection(url.scheme, url.netloc, PATIENT)
        try:
            connection.connect()
            socket: Any = connection.sock
            socket.settimeout(PATIENT.read)
            connection.request(method, f"{url.path}?{url.query}", body, {"host": url.netloc, **(headers or {})})
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            content = answer.read()
        except (OSError, HTTPException) as error:
            if number == PATIENT.tries:
                raise NoAnswer(method, type(error).__name__) from error
        else:
            if answer.status not in TRANSIENT or number == PATIENT.tries:
                return answer.status, told, content
        finally:
            connection.close()
        time.sleep(min(random.random() * 2 ** (number - 1), LONGEST_WAIT))  # noqa: S311 - so as not to meet
    raise AssertionError


def bucket_form(
    bucket: str,
    fields: Mapping[str, str],
    conditions: list[Any],
    *,
    ttl: timedelta,
    now: datetime,
    keys: config.Keys | None = None,
) -> tuple[str, dict[str, str]]:
    """Where a form uploads to, and its fields, among them the signed policy that it is held to.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html
    """
    origin, path = _object_place(bucket, "")
    told = sigv4.form_fields(
        keys or config.keys(),
        bucket=bucket,
        fields=fields,
        conditions=conditions,
        region=config.region(),
        ttl=ttl,
        now=now,
    )
    return f"{origin}{path}", told


def refused(operation: str, status: int, content: bytes) -> Refusal:
    """What S3 has answered instead, as an error."""
    text = content.decode(errors="replace")
    return Refusal(operation, status, _element(text, "Code") or str(status), _element(text, "Message"), {})


def _object_url(  # noqa: PLR0917 - all of what is signed
    method: str, bucket: str, key: str, keys: config.Keys, query: Mapping[str, str], ttl: timedelta, now: datetime
) -> str:
    origin, path = _object_place(bucket, key)
    more: Any = {"method": method, "query": query}
    return sigv4.presigned(
        keys, origin=origin, path=path, service="s3", region=config.region(), ttl=ttl, now=now, **more
    )


def _object_place(bucket: str, key: str) -> tuple[str, str]:
    """The origin and the path of an object, or of a bucket."""
    region, origin = config.region(), config.endpoint("S3")
    if not origin and "." not in bucket:  # no certificate holds for a name with dots
        return f"https://{bucket}.s3.{region}.{_domain(region)}", f"/{key}"
    path = f"/{bucket}/{key}" if key else f"/{bucket}"
    return origin or f"https://s3.{region}.{_domain(region)}", path


def _connection(scheme: str, netloc: str, patience: Patience) -> "HTTPConnection":
    """A new connection. With the first come Python's HTTP and the authorities: docs/decisions/0012-cold-starts.md."""
    import http.client  # noqa: PLC0415

    if scheme == "http":
        return http.client.HTTPConnection(netloc, timeout=patience.connect)
    return http.client.HTTPSConnection(netloc, timeout=patience.connect, context=_tls())


@cache
def _tls() -> "ssl.SSLContext":
    import ssl  # noqa: PLC0415

    return ssl.create_default_context()


def _origin(service: Service, region: str) -> str:
    return config.endpoint(service.service_id) or f"https://{service.host}.{region}.{_domain(region)}"


def _domain(region: str) -> str:
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def _element(xml: str, name: str) -> str:
    found = re.search(f"<{name}>(.*?)</{name}>", xml, re.DOTALL)
    return found[1] if found else ""


def _base64(value: object) -> str:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    raise TypeError(type(value).__name__)


def _with_bytes(value: dict[str, Any]) -> dict[str, Any]:
    """DynamoDB's `{"B": ...}` and `{"BS": [...]}` with bytes; a map's own member "B" holds another value, no text."""
    if len(value) == 1:
        if isinstance(text := value.get("B"), str):
            return {"B": b64decode(text)}
        if isinstance(texts := value.get("BS"), list):
            return {"BS": [b64decode(text) for text in texts]}
    return value


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Members of a form: `Message.Subject.Data`, `ToAddresses.member.1`, `MessageAttributes.entry.1.Name`."""
    if name.endswith("MessageAttributes"):
        for number, (key, inner) in enumerate(value.items(), start=1):
            yield from _flat(f"{name}.entry.{number}", {"Name": key, "Value": inner})
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}" if name else key, inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value, start=1):
            yield from _flat(f"{name}.member.{number}", inner)
    else:
        yield name, str(value)
