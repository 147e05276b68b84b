"""Which operation a request asks for: by X-Amz-Target, by Action and Version, or by method and path."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from botocore.model import OperationModel

from poolhouse.errors import ApiError
from poolhouse.web import Request
from poolhouse.wire import buckets, json, query, rest_json, sigv4, unserved
from poolhouse.wire.errors import InvalidParameterException, UnknownOperationException, ValidationException
from poolhouse.wire.models import Directory, Metadata, service_model
from poolhouse.wire.protocol import Decode, Encode, WireProtocol
from poolhouse.wire.service import Operation, Service

_FORMS = ("query", "ec2")
_RPC_V2 = "smithy-rpc-v2-cbor"
_PATHS = ("rest-json", "rest-xml", _RPC_V2)
_RPC_V2_PATH = "/service/"

PROTOCOLS: Mapping[str, WireProtocol] = {
    "json": json.PROTOCOL,
    "query": query.PROTOCOL,
    "rest-json": rest_json.PROTOCOL,
    "ec2": query.PROTOCOL._replace(error=unserved.ec2_error),
    "rest-xml": rest_json.PROTOCOL._replace(error=unserved.rest_xml_error),
    _RPC_V2: json.PROTOCOL._replace(error=unserved.cbor_error),
}


# Compiled once for all clouds of a process: models are shared, and kept.
@cache
def _decoder(protocol: str, model: OperationModel) -> Decode:
    return PROTOCOLS[protocol].decoder(model)


@cache
def _encoder(protocol: str, model: OperationModel) -> Encode:
    return PROTOCOLS[protocol].encoder(model)


@dataclass(frozen=True)
class Route:
    """A request's service and operation; compiled when first taken. `operation` is empty where AWS has none such."""

    metadata: Metadata
    operation: str
    protocol: str  # the one the request came in, of those the service speaks
    service: Service | None = None  # the one that is here, if it is
    is_form_upload: bool = False

    @cached_property
    def model(self) -> OperationModel:
        model = service_model(self.metadata.name) if self.service is None else self.service.model
        return model.operation_model(self.operation)

    @cached_property
    def is_signed(self) -> bool:
        return bool(self.model.resolved_auth_type != "none")

    @cached_property
    def run(self) -> Operation | None:
        return None if self.service is None else self.service.operations.get(self.operation)

    @cached_property
    def decode(self) -> Decode:
        return _decoder(self.protocol, self.model)

    @cached_property
    def encode(self) -> Encode:
        return _encoder(self.protocol, self.model)

    def peek(self, request: Request) -> dict[str, Any]:
        """What the request asks for, unchecked: for services that read it themselves, and nothing of what is amiss.

        Nor anything that the operation does not take: the service would not read it, so nothing is decided by it.
        """
        try:
            if self.protocol == "json":
                found = json.read(request.body or b"{}")
                return self._taken(found) if isinstance(found, dict) else {}
            if self.metadata.is_s3:
                request = buckets.path_style(request)
            return self._taken(query.form(request)) if self.protocol in _FORMS else self._peek(request)
        except ApiError:
            return {}

    def _taken(self, found: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in found.items() if name.partition(".")[0] in self._members}

    @cached_property
    def _members(self) -> frozenset[str]:
        shape = self.model.input_shape
        members = {} if shape is None else shape.members
        return frozenset(of.serialization.get("name", name) for name, of in members.items())

    @cached_property
    def _peek(self) -> Decode:
        return rest_json.peeker(self.model)

    @cached_property
    def violation(self) -> type[ApiError]:
        """What this service calls a request that breaks the model's constraints."""
        declared = service_model(self.metadata.name).shape_names
        if "InvalidParameterException" in declared and "ValidationException" not in declared:
            return InvalidParameterException
        return ValidationException


class Routes:
    """Every route of every service botocore knows, found by request.

    `handed_over` are served whole elsewhere. `is_bucket` says whether an unsigned request is for S3: any path is a name
    there.
    """

    def __init__(
        self, services: Mapping[str, Service], handed_over: Mapping[str, object], is_bucket: Callable[[str], bool]
    ) -> None:
        self._services = services
        self._is_bucket = is_bucket
        self._handed_over = handed_over
        self._directory = Directory([*services, *handed_over])
        self._routes: dict[tuple[str, str, str], Route] = {}
        self._by_target: dict[str, Route] = {}
        self._routers: dict[str, rest_json.Router] = {}
        self._lock = threading.Lock()

    def find(self, request: Request) -> Route | None:
        """The route of a request; None where it fits no service of AWS."""
        if buckets.may_be_form_upload(request) and self.is_of_a_bucket(request):
            return self._form_upload
        target = request.header("x-amz-target")
        return self._by_target.get(target) or self._look_up(request, target)

    def get(self, service: str, operation: str) -> Route:
        """The route of an operation of a service that is here. Raises UnknownOperationException."""
        if service not in self._services or operation not in self._services[service].model.operation_names:
            raise UnknownOperationException
        metadata = self._directory.get(service)
        return self._route(metadata, operation, metadata.protocols[0])

    @cached_property
    def _form_upload(self) -> Route:
        """Of a file from a browser's form, which is put as any other object."""
        return Route(self._directory.get("s3"), "PutObject", "rest-xml", is_form_upload=True)

    def _look_up(self, request: Request, target: str) -> Route | None:
        if target:
            return self._by_json_target(target)
        if request.header("content-type").startswith("application/x-www-form-urlencoded") or "Action=" in request.query:
            return self._by_action(request) or self._by_path(request)
        return self._by_path(request)

    def _by_json_target(self, target: str) -> Route | None:
        prefix, _, operation = target.rpartition(".")
        metadata = self._directory.by_target(prefix)
        if metadata is None:
            return None
        route = self._route(metadata, operation, "json")
        if route.operation:
            self._by_target[target] = route
        return route

    def _by_action(self, request: Request) -> Route | None:
        fields = query.form(request)
        action = fields.get("Action", "")
        nearest = None
        for metadata in self._candidates(request):
            protocol = next((name for name in _FORMS if name in metadata.protocols), None)
            if protocol is None:
                continue
            route = self._route(metadata, action, protocol)
            if route.operation and fields.get("Version", metadata.version) == metadata.version:
                return route
            nearest = nearest or Route(metadata, "", protocol)
        return nearest

    def _by_path(self, request: Request) -> Route | None:
        is_signed = bool(request.header("authorization")) or buckets.is_presigned(request)
        nearest = None
        for metadata in self._candidates(request):
            protocol = next((name for name in _PATHS if name in metadata.protocols), None)
            if protocol is None or (metadata.is_s3 and not is_signed and not self.is_of_a_bucket(request)):
                continue
            addressed = buckets.path_style(request) if metadata.is_s3 else request
            operation = self._operation_at(metadata, protocol, addressed)
            if operation:
                return self._route(metadata, operation, protocol)
            # Without a signature the service is a guess; what is handed over asks for one.
            if is_signed or metadata.name in self._handed_over:
                nearest = nearest or Route(metadata, "", protocol)
        return nearest

    def is_of_a_bucket(self, request: Request) -> bool:
        """Whether a request's host or path names a bucket that is there."""
        name = buckets.path_style(request).path.split("/")[1]
        return bool(name) and self._is_bucket(name)

    def _operation_at(self, metadata: Metadata, protocol: str, request: Request) -> str | None:
        if protocol == _RPC_V2:
            return request.path.rpartition("/")[2] if request.path.startswith(_RPC_V2_PATH) else None
        if metadata.name not in self._routers:
            self._routers[metadata.name] = rest_json.Router(service_model(metadata.name))
        return self._routers[metadata.name].find(request)

    def _candidates(self, request: Request) -> Iterator[Metadata]:
        """The services this request may be for: those its signature is scoped to; unsigned, those that are here."""
        try:
            return self._directory.by_scope(sigv4.parse(request).service)
        except ApiError:
            return iter(self._directory.first)

    def _route(self, metadata: Metadata, operation: str, protocol: str) -> Route:
        """The one route of this operation, or one without an operation where AWS has none of this name."""
        key = (metadata.name, operation, protocol)
        if key in self._routes:
            return self._routes[key]
        if operation not in service_model(metadata.name).operation_names:
            return Route(metadata, "", protocol)
        with self._lock:
            return self._routes.setdefault(key, Route(metadata, operation, protocol, self._services.get(metadata.name)))
