"""One AWS request from end to end: the beats in the order AWS applies them, and the one catch-all."""

import logging
import os
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from poolhouse.call import Call
from poolhouse.errors import ApiError, NotImplementedException
from poolhouse.principal import ANONYMOUS, Principal
from poolhouse.web import Header, Request, Response
from poolhouse.wire import cors, post_form
from poolhouse.wire.buckets import check_no_older_signature, is_presigned, path_style
from poolhouse.wire.constraints import Violations, compile_request
from poolhouse.wire.errors import InternalErrorException, UnknownOperationException
from poolhouse.wire.protocol import Result, error_headers
from poolhouse.wire.routes import PROTOCOLS, Route, Routes
from poolhouse.wire.service import Service
from poolhouse.wire.sigv4 import Verifier

MakeCall = Callable[[Request, Principal, str], Call]
"""(request, principal, request id) -> the call an operation gets."""


class Guard(Protocol):
    """The policy check."""

    def allow(self, call: Call, service: str, operation: str, read: Callable[[], Mapping[str, Any]]) -> None:
        """Return when the call's principal may, raise the refusal when not. `read` gives the parameters."""


Handler = Callable[[Call, str, Request], Response]
"""(call, service, request) -> response, for a service that is handed over whole."""

_log = logging.getLogger(__name__)
_IN_PROCESS = Request("POST", "/")


class Buckets(Protocol):
    """S3's buckets, which any path may name, and which answer browsers by their own rules."""

    def is_bucket(self, name: str) -> bool:
        """Whether there is one of this name."""

    def preflight(self, request: Request) -> Response:
        """The answer to a preflight."""

    def cors_headers(self, request: Request) -> list[Header]:
        """What pages of other origins are told beside an answer."""


class AllowEverything:
    """The policy check of a cloud that has none."""

    def allow(self, _call: Call, _service: str, _operation: str, _read: Callable[[], Mapping[str, Any]]) -> None:
        """Whoever it is."""


class Dispatcher:
    """Every AWS request comes through here, and no operation is reached another way."""

    def __init__(
        self,
        services: Mapping[str, Service],
        make_call: MakeCall,
        verifier: Verifier,
        *,
        handlers: Mapping[str, Handler] | None = None,
        guard: Guard | None = None,
        buckets: Buckets | None = None,
        check_faults: Callable[[str, str], None] = lambda _service, _operation: None,
        reraise: bool = False,
    ) -> None:
        self._services = services
        self._handlers = handlers or {}
        self._buckets = buckets
        self._routes = Routes(services, self._handlers, buckets.is_bucket if buckets is not None else lambda _: False)
        self._make_call = make_call
        self._verifier = verifier
        self._guard = guard or AllowEverything()
        self._check_faults = check_faults
        self._reraise = reraise

    def has(self, service: str) -> bool:
        """Whether there is a service of this name."""
        return service in self._services or service in self._handlers

    def handle(self, request: Request) -> Response:
        """Answer a request in its service's protocol, whatever happens."""
        request_id = new_id()
        if cors.is_preflight(request):
            return self._preflight(request, request_id)
        try:
            route = self._routes.find(request)
        except ApiError:
            route = None
        if route is None:
            return cors.exposed(request, _unknown_service(request, request_id))
        response = self._answer(route, request, request_id)
        if route.metadata.is_s3 and self._buckets is not None:
            return response.with_headers(self._buckets.cors_headers(request))
        return cors.exposed(request, response)

    def _preflight(self, request: Request, request_id: str) -> Response:
        """By the bucket's rules where a bucket is meant; by AWS's own for every other service."""
        if self._buckets is not None and self._routes.is_of_a_bucket(request):
            return self._buckets.preflight(request)
        return cors.preflight(request, request_id)

    def invoke_operation(self, service: str, operation: str, params: Mapping[str, Any]) -> Result:
        """Run an operation from inside this process, as the account's root, past the same checks. Raises ApiError."""
        route = self._routes.get(service, operation)
        call = self._make_call(_IN_PROCESS, self._verifier.root, new_id())
        try:
            request = compile_request(route.model.input_shape)(dict(params))
        except Violations as violations:
            raise route.violation(str(violations)) from None
        return self._perform(route, call, request)

    def _answer(self, route: Route, request: Request, request_id: str) -> Response:
        try:
            self._check_faults(route.metadata.name, route.operation)
            return self._serve(route, request, request_id)
        except Violations as violations:
            failure: ApiError = route.violation(str(violations))
        except ApiError as error:
            failure = error
        except Exception:
            # The edge of the cloud: what nobody foresaw is logged here and told to no client.
            if self._reraise:
                raise
            _log.exception("%s %s, request %s", route.metadata.name, route.operation, request_id)
            failure = InternalErrorException()
        return PROTOCOLS[route.protocol].error(route.metadata, failure, request_id)

    def _serve(self, route: Route, request: Request, request_id: str) -> Response:
        """The beats. A service that is handed over does its own reading, after the signature."""
        handler = self._handlers.get(route.metadata.name)
        if handler is not None and route.is_form_upload:
            return self._upload(route, handler, request, request_id)
        if handler is not None:
            call = self._make_call(request, self._authenticate(route, request), request_id)
            if not route.operation:  # what was not decided on is not done
                raise UnknownOperationException
            self._guard.allow(call, route.metadata.name, route.operation, lambda: route.peek(request))
            return handler(call, route.metadata.name, request)
        if not route.operation:
            raise UnknownOperationException
        principal = self._authenticate(route, request)
        params = route.decode(request)
        call = self._make_call(request, principal, request_id)
        return route.encode(self._perform(route, call, params), request_id)

    def _upload(self, route: Route, handler: Handler, request: Request, request_id: str) -> Response:
        """A file from a browser's form: who signed its policy puts the object."""
        form = post_form.parse(request)
        principal = self._verifier.verify_form(request, form, path_style(request).path.strip("/"))
        put = post_form.as_put(form, request)
        call = self._make_call(request, principal, request_id)
        self._guard.allow(call, route.metadata.name, route.operation, lambda: route.peek(put))
        return post_form.answer(form, request, handler(call, route.metadata.name, put))

    def _authenticate(self, route: Route, request: Request) -> Principal:
        if route.operation and not route.is_signed:
            return ANONYMOUS
        metadata = route.metadata
        if metadata.is_s3 and not request.header("authorization") and not is_presigned(request):
            check_no_older_signature(request)
            return ANONYMOUS  # whom bucket policies may let in
        return self._verifier.verify(request, service=metadata.signing_name, as_s3=metadata.is_s3)

    def _perform(self, route: Route, call: Call, params: dict[str, Any]) -> Result:
        if route.run is None or route.service is None:
            raise NotImplementedException(
                f"{route.metadata.name} {route.operation} is not implemented yet in Poolhouse"
            )
        if route.is_signed:
            self._guard.allow(call, route.metadata.name, route.operation, lambda: params)
        try:
            return route.run(call, params)
        except route.service.store_error_types as failure:
            known = route.service.api_error(failure)
            if known is None:
                raise
            raise known from failure


def new_id() -> str:
    """A random UUID, four times faster than uuid4 makes its text."""
    raw = os.urandom(16).hex()
    return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-a{raw[17:20]}-{raw[20:]}"


def _unknown_service(request: Request, request_id: str) -> Response:
    """Captured from AWS: JSON for a JSON client, otherwise 404 and an element."""
    failure = UnknownOperationException()
    content_type = request.header("content-type")
    if content_type.startswith("application/x-amz-json"):
        body = b'{"__type":"UnknownOperationException"}'
        return Response(400, body, (("Content-Type", content_type[:64]), *error_headers(failure, request_id)))
    return Response(404, b"<UnknownOperationException/>\n", tuple(error_headers(failure, request_id)))
