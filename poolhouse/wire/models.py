"""botocore's service models, loaded when first asked for, and the index that finds a service for a request."""

import gzip
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import msgspec
from botocore.exceptions import UnknownServiceError
from botocore.loaders import JSONFileLoader, Loader
from botocore.model import ServiceModel

_KIND = "service-2"
_OPENERS = {".json": Path.open, ".json.gz": gzip.open}
_HEAD = 4096  # a model's metadata stands at its beginning
_MARK = b'"metadata":'


class _FileLoader(JSONFileLoader):
    """Reads model files with msgspec: several times faster than botocore's own, which keeps OrderedDicts."""

    def exists(self, file_path: str) -> bool:
        return any(os.path.isfile(file_path + ending) for ending in _OPENERS)  # noqa: PTH113 - asked 440 times

    def load_file(self, file_path: str) -> Any:
        data = read_file(file_path)
        return None if data is None else msgspec.json.decode(data)


def read_file(file_path: str, size: int = -1) -> bytes | None:
    """The beginning of a model's file, `file_path` without its ending; None where there is none."""
    for ending, opener in _OPENERS.items():
        path = Path(file_path + ending)
        if path.is_file():
            with opener(path, "rb") as file:  # type: ignore[operator]
                return bytes(file.read(size))
    return None


_LOADER = Loader(file_loader=_FileLoader())


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a service's model says of the service as a whole."""

    name: str  # botocore's, such as cognito-idp
    protocols: tuple[str, ...]  # the one botocore prefers first
    version: str
    signing_name: str
    signature: str
    target_prefix: str = ""
    json_version: str = "1.1"
    namespace: str = ""
    is_query_compatible: bool = False  # JSON now, whose clients still know the errors of the query protocol

    @property
    def is_s3(self) -> bool:
        """Whether this is S3, which signs, names and refuses in ways of its own."""
        return self.signature.startswith("s3")


@cache
def service_model(name: str) -> ServiceModel:
    """The newest model of a service. Raises LookupError for a name botocore does not have."""
    try:
        return ServiceModel(_LOADER.load_service_model(name, _KIND), name)
    except UnknownServiceError as error:
        raise LookupError(f"botocore has no service {name!r}") from error


def service_model_without(name: str, constraints: Mapping[str, str]) -> ServiceModel:
    """The newest model of a service without these constraints, one for each shape they are given by."""
    document = _LOADER.load_service_model(name, _KIND)
    shapes = dict(document["shapes"])
    for shape, constraint in constraints.items():
        shapes[shape] = {key: value for key, value in shapes[shape].items() if key != constraint}
    return ServiceModel({**document, "shapes": shapes}, name)


@cache
def metadata(name: str) -> Metadata:
    """A service's metadata, read without parsing its model. Raises LookupError."""
    try:
        version = _LOADER.determine_latest_version(name, _KIND)
    except UnknownServiceError as error:
        raise LookupError(f"botocore has no service {name!r}") from error
    raw = _head(name, version)
    return Metadata(
        name=name,
        protocols=tuple(raw.get("protocols") or (raw["protocol"],)),
        version=raw["apiVersion"],
        signing_name=raw.get("signingName", raw["endpointPrefix"]),
        signature=raw.get("signatureVersion", ""),
        target_prefix=raw.get("targetPrefix", ""),
        json_version=raw.get("jsonVersion", "1.1"),
        namespace=_namespace(raw.get("xmlNamespace", "")),
        is_query_compatible="awsQueryCompatible" in raw,
    )


def _namespace(value: str | Mapping[str, str]) -> str:
    return value if isinstance(value, str) else value.get("uri", "")


def _head(name: str, version: str) -> Mapping[str, Any]:
    for path in _LOADER.search_paths:
        head = read_file(str(Path(path, name, version, _KIND)), _HEAD)
        if head is None:
            continue
        start = head.find(_MARK) + len(_MARK)
        # The object ends at the first brace that closes it; metadata may hold objects (awsQueryCompatible).
        end = start
        while (end := head.find(b"}", end) + 1) > 0:
            try:
                return msgspec.json.decode(head[start:end], type=dict[str, Any])
            except msgspec.DecodeError:
                continue
    return dict(service_model(name).metadata)


class Directory:
    """Which service a target prefix or a credential scope means.

    The services named first win where several share a name in AWS's scopes; the rest of botocore's are read only when
    none of those fits, all at once.
    """

    def __init__(self, first: Iterable[str]) -> None:
        self.first = [metadata(name) for name in first]

    def get(self, name: str) -> Metadata:
        """The metadata of one of the services named first."""
        return next(known for known in self.first if known.name == name)

    def by_target(self, prefix: str) -> Metadata | None:
        """The service whose JSON targets begin with this prefix."""
        for known in self.first:
            if known.target_prefix == prefix:
                return known
        return self._targets.get(prefix)

    def by_scope(self, signing_name: str) -> Iterator[Metadata]:
        """The services signed for under this name, those that are here first."""
        mine = [known for known in self.first if known.signing_name == signing_name]
        yield from mine
        yield from (other for other in self._scopes.get(signing_name, []) if other not in mine)

    @cached_property
    def _all(self) -> list[Metadata]:
        return [metadata(name) for name in _LOADER.list_available_services(_KIND)]

    @cached_property
    def _targets(self) -> dict[str, Metadata]:
        return {service.target_prefix: service for service in self._all if service.target_prefix}

    @cached_property
    def _scopes(self) -> dict[str, list[Metadata]]:
        scopes = defaultdict(list)
        for service in self._all:
            scopes[service.signing_name].append(service)
        return scopes
