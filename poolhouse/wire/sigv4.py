"""Who signed a request: AWS Signature Version 4, in the Authorization header or in the query, whole or in chunks.

Keys issued here are always verified: signature, time within five minutes, session token, expiry. A key that was not
issued here is the account's root user, so that any dummy key works on a laptop; strict refuses it, as AWS does, and so
it is from a web page of another site, which a browser on this machine may be showing.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from poolhouse.principal import ANONYMOUS, Principal
from poolhouse.web import Request, is_loopback
from poolhouse.wire import chunks, post_policy
from poolhouse.wire.entities import SEAL_PURPOSE, AccessKey
from poolhouse.wire.errors import (
    AuthorizationQueryParametersError,
    ExpiredTokenException,
    HeadersNotSigned,
    IncompleteSignatureException,
    InvalidArgument,
    InvalidRequest,
    InvalidSignatureException,
    InvalidToken,
    MissingAuthenticationTokenException,
    RequestExpired,
    RequestNotYetValid,
    RequestTimeTooSkewed,
    UnrecognizedClientException,
)
from poolhouse.wire.post_form import Form, missing

if TYPE_CHECKING:
    from poolhouse.store import Store

_ALGORITHM = "AWS4-HMAC-SHA256"
_TERMINATOR = "aws4_request"
_TIME = "%Y%m%dT%H%M%SZ"
_SKEW = timedelta(minutes=5)
_SKEW_OF_S3 = timedelta(minutes=15)
_MUST_BE_SIGNED = ("host", "x-amz-date", "x-amz-target")
_MAY_GO_UNSIGNED = frozenset({"x-amz-content-sha256", "x-amz-security-token"})
_UNSIGNED_PAYLOADS = ("UNSIGNED-PAYLOAD", "STREAMING-")

_IN_QUERY = ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")
_IN_FORM = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature")
_LONGEST_TTL = 604_800  # seconds
_USUAL = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=([^/, ]+)/(\d{8})/([^/, ]+)/([^/, ]+)/aws4_request, *"
    r"SignedHeaders=([^, ]+), *Signature=([0-9a-f]{64})"
)
_KEY_ISSUED_BY_AWS = re.compile(r"A[KS]IA[A-Z0-9]{16}")


@dataclass(frozen=True, slots=True)
class Authorization:
    """A parsed Authorization header."""

    access_key_id: str
    date: str
    region: str
    service: str
    terminator: str
    signed_headers: tuple[str, ...]
    signature: str
    ttl: timedelta | None = None  # of a signature in the query

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/{self.terminator}"


def parse(request: Request) -> Authorization:
    """The Authorization header. Raises MissingAuthenticationToken... and IncompleteSignatureException."""
    header = request.header("authorization")
    if not header:
        if _query_value(request, "X-Amz-Signature"):
            return _parse_query(request)
        raise MissingAuthenticationTokenException
    found = _USUAL.fullmatch(header)
    if found is None:
        return _parse_unusual(header, request)
    key_id, date, region, service, signed, signature = found.groups()
    return Authorization(key_id, date, region, service, _TERMINATOR, tuple(signed.split(";")), signature)


def _parse_unusual(header: str, request: Request) -> Authorization:
    """Every other spelling AWS takes, and its sentences for what it does not."""
    algorithm, _, rest = header.partition(" ")
    parts = [part.strip() for part in (rest if algorithm == _ALGORITHM else header).split(",")]
    if any("=" not in part for part in parts):
        raise IncompleteSignatureException(
            "Invalid key=value pair (missing equal-sign) in Authorization header "
            f"(hashed with SHA-256 and encoded with Base64): '{_digest(header)}'."
        )
    values = dict(part.split("=", 1) for part in parts)
    missing = [
        f"Authorization header requires '{name}' parameter."
        for name in ("Credential", "Signature", "SignedHeaders")
        if algorithm != _ALGORITHM or not values.get(name)
    ]
    if not (request.header("x-amz-date") or request.header("date")):
        missing.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if missing:
        raise IncompleteSignatureException(
            f"{' '.join(missing)} (Hashed with SHA-256 and encoded with Base64) Authorization={_digest(algorithm)}"
        )
    credential = values["Credential"].rsplit("/", 4)
    if len(credential) != 5:
        raise IncompleteSignatureException(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got '{values['Credential']}'"
        )
    key_id, date, region, service, terminator = credential
    signed_headers = tuple(values["SignedHeaders"].split(";"))
    return Authorization(key_id, date, region, service, terminator, signed_headers, values["Signature"])


def _parse_query(request: Request) -> Authorization:
    """A presigned request's own members.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html; the sentences are S3's.
    """
    values = {name: _query_value(request, f"X-Amz-{name}") for name in _IN_QUERY}
    credential = values["Credential"].rsplit("/", 4)
    if values["Algorithm"] != _ALGORITHM or not all(values.values()) or len(credential) != 5:
        raise AuthorizationQueryParametersError(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
            "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
        )
    try:
        seconds = int(values["Expires"])
    except ValueError:
        raise AuthorizationQueryParametersError("X-Amz-Expires should be a number") from None
    if not 0 <= seconds <= _LONGEST_TTL:
        raise AuthorizationQueryParametersError(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
            f"{_LONGEST_TTL} seconds"
        )
    key_id, date, region, service, terminator = credential
    signed = tuple(values["SignedHeaders"].split(";"))
    return Authorization(
        key_id, date, region, service, terminator, signed, values["Signature"], timedelta(seconds=seconds)
    )


def _query_value(request: Request, name: str) -> str:
    for field in request.query.split("&"):
        key, _, value = field.partition("=")
        if key == name:
            return unquote(value)
    return ""


def _digest(text: str) -> str:
    """How AWS repeats what was in the header without showing it."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


class Verifier:
    """Turns a signed request into its principal.

    `clock` is the clients' time, which tells how old a signature is; `keys_clock`, where it is another, the cloud's, by
    which keys expire.
    """

    def __init__(
        self,
        store: "Store",
        *,
        clock: Callable[[], datetime],
        account_id: str,
        strict: bool = False,
        keys_clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._keys_clock = keys_clock or clock
        self._account_id = account_id
        self._strict = strict
        self._signing_key = lru_cache(maxsize=256)(self._derive)  # forty microseconds to unseal and derive

    def verify(self, request: Request, *, service: str, as_s3: bool = False) -> Principal:
        """Who signed. `service` is the name that must stand in the credential's scope.

        `as_s3` follows S3's own rules: paths are not encoded twice, and the body may be left out of the signature.
        Raises the wire's authentication errors.
        """
        authorization = parse(request)
        key = self._find(authorization.access_key_id)
        if key is None:
            return self._unknown_key(request, authorization.access_key_id)
        if not key.is_active:
            raise UnrecognizedClientException
        _check_scope(authorization, service, request)
        if authorization.ttl is None:
            _check_time(signed_at(request), self._clock(), as_s3=as_s3)
        else:
            _check_ttl(signed_at(request), authorization.ttl, self._clock())
        self._check_signature(request, authorization, key, as_s3=as_s3)
        given = request.header("x-amz-security-token") or _query_value(request, "X-Amz-Security-Token")
        self._check_session_token(given, key, as_s3=as_s3)
        return _principal(key)

    def verify_form(self, request: Request, form: Form, bucket: str) -> Principal:
        """Who signed the policy of a form upload, which the form keeps to; anonymous where nobody did.

        https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html. Raises the wire's errors.
        """
        if "awsaccesskeyid" in form.fields:
            raise InvalidRequest
        if not any(name.lower() in form.fields for name in _IN_FORM):
            return ANONYMOUS
        for name in (*_IN_FORM, "Policy"):
            if name.lower() not in form.fields:
                raise missing(name)
        key_id, *scope = form.get("x-amz-credential").rsplit("/", 4)
        if form.get("x-amz-algorithm") != _ALGORITHM or len(scope) != 4 or scope[2:] != ["s3", _TERMINATOR]:
            wrong = {"ArgumentName": "X-Amz-Credential", "ArgumentValue": form.get("x-amz-credential")}
            said = 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
            raise InvalidArgument(said, wrong)  # a guess for a form: it is what a presigned URL is told
        key = self._find(key_id)
        if key is None:
            principal = self._unknown_key(request, key_id)
        else:
            self._check_form_signature(form, key, scope[:3])
            principal = _principal(key)
        post_policy.check(form, bucket, self._clock())
        return principal

    def _check_form_signature(self, form: Form, key: AccessKey, scope: list[str]) -> None:
        if not key.is_active:
            raise UnrecognizedClientException
        signing_key = self._signing_key(key.sealed_secret, *scope)
        expected = hmac.digest(signing_key, form.get("policy").encode(), "sha256").hex()
        if not hmac.compare_digest(expected.encode(), form.get("x-amz-signature").encode()):
            raise InvalidSignatureException
        self._check_session_token(form.get("x-amz-security-token"), key, as_s3=True)

    @property
    def root(self) -> Principal:
        """The account's root user."""
        return self._root_with("")

    def _root_with(self, key_id: str) -> Principal:
        return Principal("root", f"arn:aws:iam::{self._account_id}:root", self._account_id, key_id, self._account_id)

    def _find(self, key_id: str) -> AccessKey | None:
        # A key of any other form was not issued here: no need to ask.
        return self._store.access_keys.find(id=key_id) if _KEY_ISSUED_BY_AWS.fullmatch(key_id) else None

    def _unknown_key(self, request: Request, key_id: str) -> Principal:
        origin = request.header("origin")  # of the page a browser sends this for
        if self._strict or (origin and not is_loopback(origin)):
            raise UnrecognizedClientException
        return self._root_with(key_id)

    def _check_signature(self, request: Request, given: Authorization, key: AccessKey, *, as_s3: bool) -> None:
        for name in _MUST_BE_SIGNED:
            if name not in given.signed_headers and (name == "host" or (request.header(name) and given.ttl is None)):
                shown = "Host' or ':authority" if name == "host" else name.title()
                raise InvalidSignatureException(f"'{shown}' must be a 'SignedHeader' in the AWS Authorization.")
        if as_s3 or given.ttl is not None:
            _check_all_are_signed(request, given)
        is_in_query = given.ttl is not None
        payload = payload_hash(request, as_s3=as_s3, is_presigned=is_in_query)
        canonical = canonical_request(request, given.signed_headers, payload, as_s3=as_s3)
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = f"{_ALGORITHM}\n{signed_at(request).strftime(_TIME)}\n{given.scope}\n{hashed}"
        signing_key = self._signing_key(key.sealed_secret, given.date, given.region, given.service)
        expected = hmac.digest(signing_key, to_sign.encode(), "sha256").hex()
        if not hmac.compare_digest(expected.encode(), given.signature.encode()):
            raise InvalidSignatureException
        if as_s3 and payload in chunks.SIGNED:
            chunks.verify(request.body, given, signing_key, signed_at(request).strftime(_TIME), payload)

    def _derive(self, sealed_secret: str, *scope: str) -> bytes:
        key = b"AWS4" + self._store.sealer.unseal(sealed_secret, SEAL_PURPOSE)
        for part in (*scope, _TERMINATOR):
            key = hmac.digest(key, part.encode(), "sha256")
        return key

    def _check_session_token(self, given: str, key: AccessKey, *, as_s3: bool) -> None:
        digest = self._store.sealer.digest(given) if given else ""
        if not hmac.compare_digest(digest, key.session_token_digest or ""):
            raise InvalidToken if as_s3 and given else UnrecognizedClientException
        if key.expires_at is not None and key.expires_at <= self._keys_clock():
            raise ExpiredTokenException


def _principal(key: AccessKey) -> Principal:
    return Principal(key.kind, key.principal_arn, key.account_id, key.id, key.user_id, key.session)


def signed_at(request: Request) -> datetime:
    """When the request says it was signed. Raises IncompleteSignatureException."""
    text = request.header("x-amz-date") or _query_value(request, "X-Amz-Date")
    try:
        if text:
            return _moment(text)
        return parsedate_to_datetime(request.header("date")).astimezone(UTC)
    except ValueError as error:
        raise IncompleteSignatureException(
            f"Date must be in ISO-8601 'basic format'. Got '{text or request.header('date')}'. "
            "See http://en.wikipedia.org/wiki/ISO_8601"
        ) from error


@lru_cache(maxsize=64)
def _moment(text: str) -> datetime:
    """X-Amz-Date, which is the same in all requests of a second. Raises ValueError."""
    return datetime.strptime(text, _TIME).replace(tzinfo=UTC)


def _check_scope(given: Authorization, service: str, request: Request) -> None:
    wrong = []
    if given.service != service:
        wrong.append(f"Credential should be scoped to correct service: '{service}'. ")
    if given.terminator != _TERMINATOR:
        wrong.append(
            f"Credential should be scoped with a valid terminator: '{_TERMINATOR}', not '{given.terminator}'. "
        )
    at = signed_at(request).strftime(_TIME)
    if given.date != at[:8]:
        wrong.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{given.date}' != '{at[:8]}', from '{at}'. "
        )
    if wrong:
        raise InvalidSignatureException("".join(wrong))


def _check_time(at: datetime, now: datetime, *, as_s3: bool) -> None:
    if as_s3:  # a quarter of an hour: S3 API Reference, "RequestTimeTooSkewed" among its error responses
        if abs(now - at) > _SKEW_OF_S3:
            raise RequestTimeTooSkewed
        return
    shown, current = at.strftime(_TIME), now.strftime(_TIME)
    if at < now - _SKEW:
        earliest = (now - _SKEW).strftime(_TIME)
        raise InvalidSignatureException(
            f"Signature expired: {shown} is now earlier than {earliest} ({current} - 5 min.)"
        )
    if at > now + _SKEW:
        latest = (now + _SKEW).strftime(_TIME)
        raise InvalidSignatureException(
            f"Signature not yet current: {shown} is still later than {latest} ({current} + 5 min.)"
        )


def _check_all_are_signed(request: Request, given: Authorization) -> None:
    """What S3 asks of every x-amz- header, lest whoever has a URL adds one. The session's token may go unsigned."""
    for name, _ in request.headers:
        if name.startswith("x-amz-") and name not in given.signed_headers and name not in _MAY_GO_UNSIGNED:
            raise HeadersNotSigned


def _check_ttl(at: datetime, ttl: timedelta, now: datetime) -> None:
    """A presigned request is good from when it was signed. The sentences are S3's."""
    if at > now + _SKEW:
        raise RequestNotYetValid
    if now > at + ttl:
        raise RequestExpired


def payload_hash(request: Request, *, as_s3: bool, is_presigned: bool = False) -> str:
    """The body's part of the signature. Raises InvalidSignatureException when the header states another hash."""
    stated = request.header("x-amz-content-sha256")
    if as_s3 and is_presigned and not stated:
        return "UNSIGNED-PAYLOAD"
    if as_s3 and stated.startswith(_UNSIGNED_PAYLOADS):
        return stated
    actual = hashlib.sha256(request.body).hexdigest()
    if stated and stated != actual:
        raise InvalidSignatureException
    return actual


def canonical_request(request: Request, signed_headers: tuple[str, ...], payload: str, *, as_s3: bool = False) -> str:
    """The request in the one form that is signed."""
    headers = "".join(
        f"{name}:{','.join(' '.join(value.split()) for value in request.header_values(name))}\n"
        for name in signed_headers
    )
    path = request.path or "/" if as_s3 else quote(_without_dots(request.path), safe="/-_.~")
    return "\n".join(
        [request.method, path, _canonical_query(request.query), headers, ";".join(signed_headers), payload]
    )


def _without_dots(path: str) -> str:
    """The path with empty, `.` and `..` segments resolved; a slash at its end stays."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    ending = "/" if kept and path.endswith("/") else ""
    return f"/{'/'.join(kept)}{ending}"


def _canonical_query(query: str) -> str:
    if not query:
        return ""
    fields = []
    for field in query.split("&"):
        name, _, value = field.partition("=")
        if name == "X-Amz-Signature":
            continue
        fields.append((quote(unquote(name), safe="-_.~"), quote(unquote(value), safe="-_.~")))
    return "&".join(f"{name}={value}" for name, value in sorted(fields))
