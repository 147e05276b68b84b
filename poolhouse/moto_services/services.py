"""Which service a request is for. moto takes most of a second to import, so a service is loaded at first use."""

import importlib
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from poolhouse.web import Header, Request, Response

if TYPE_CHECKING:  # the store keeps this package's entities, so it is being imported when this is
    from poolhouse.files import Files
    from poolhouse.moto_services.dynamodb_streams import DynamoDBStreams
    from poolhouse.moto_services.events import Events
    from poolhouse.moto_services.functions import FunctionQueue
    from poolhouse.moto_services.iam import Iam
    from poolhouse.moto_services.kinesis import Kinesis
    from poolhouse.moto_services.kms import Kms
    from poolhouse.moto_services.s3 import S3
    from poolhouse.moto_services.sns import Sns
    from poolhouse.moto_services.sqs import Sqs
    from poolhouse.store import Store

SERVICES = (
    *("dynamodb", "dynamodbstreams", "events", "firehose", "iam", "kinesis", "kms", "logs", "s3", "secretsmanager"),
    *("sns", "sqs", "ssm", "stepfunctions"),
)
_CLASSES = {
    "dynamodb": ("dynamodb", "DynamoDB"),
    "dynamodbstreams": ("dynamodb_streams", "DynamoDBStreams"),
    "events": ("events", "Events"),
    "firehose": ("whole", "Whole"),
    "iam": ("iam", "Iam"),
    "kinesis": ("kinesis", "Kinesis"),
    "kms": ("kms", "Kms"),
    "logs": ("whole", "Whole"),
    "secretsmanager": ("secretsmanager", "SecretsManager"),
    "sns": ("sns", "Sns"),
    "sqs": ("sqs", "Sqs"),
    "ssm": ("ssm", "ParameterStore"),
    "stepfunctions": ("whole", "Whole"),
}
_WITH_POLICIES = frozenset({"events", "kms", "secretsmanager", "sns", "sqs"})  # S3 has more to say than a policy
_WARMED = ("dynamodb", "iam")


B = TypeVar("B")


class Backend(Protocol):
    """One AWS service as moto has it."""

    def handle(self, request: Request) -> Response: ...


class MotoServices:
    """The AWS services that moto answers for, durable in `store`."""

    services = SERVICES

    def __init__(
        self,
        store: "Store",
        files: "Files",
        *,
        account_id: str,
        region: str,
        origin: str = "http://localhost:4566",
        functions: "FunctionQueue | None" = None,
    ) -> None:
        self._store = store
        self._files = files
        self._account_id = account_id
        self._region = region
        self._origin = origin
        self._functions = functions
        self._lock = threading.RLock()
        self._backends: dict[str, Backend] = {}

    def handle(self, service: str, request: Request) -> Response:
        """Answer one request to one of `services`, its signature checked already. What it changed is durable then."""
        return self._backend(service).handle(request)

    def at_once(self, service: str, request: Request) -> Response | None:
        """The answer, where it is there sooner than another thread would have taken the request over; else None."""
        backend = self._backends.get(service) if service == "dynamodb" else None
        if backend is None:
            return None
        from poolhouse.moto_services.dynamodb import DynamoDB  # noqa: PLC0415

        assert isinstance(backend, DynamoDB)  # noqa: S101 - what `_load` made
        return backend.at_once(request)

    def warm(self) -> None:
        """Load what the first requests would otherwise wait for."""
        for service in _WARMED:
            self._backend(service)

    def forget(self) -> None:
        """Drop what is held in memory, because the store was cleared."""
        self.close()  # not under the lock, which what ends may be waiting for
        with self._lock:
            self._backends.clear()

    @property
    def iam(self) -> "Iam":
        """IAM's records."""
        from poolhouse.moto_services.iam import Iam  # noqa: PLC0415

        return self._known("iam", Iam)

    @property
    def kms(self) -> "Kms":
        """The keys."""
        from poolhouse.moto_services.kms import Kms  # noqa: PLC0415

        return self._known("kms", Kms)

    def is_bucket(self, name: str) -> bool:
        """Whether S3 has a bucket of this name."""
        return self.s3.is_bucket(name)

    def preflight(self, request: Request) -> Response:
        """S3's answer to a preflight."""
        return self.s3.preflight(request)

    def cors_headers(self, request: Request) -> list[Header]:
        """What S3 tells pages of other origins beside an answer."""
        return self.s3.cors_headers(request)

    @property
    def s3(self) -> "S3":
        """The buckets."""
        from poolhouse.moto_services.s3 import S3  # noqa: PLC0415

        return self._known("s3", S3)

    @property
    def events(self) -> "Events":
        """EventBridge's buses."""
        from poolhouse.moto_services.events import Events  # noqa: PLC0415

        return self._known("events", Events)

    def resume(self) -> None:
        """Go on with the schedules that were there when the cloud ended."""
        if self._store.moto_records.list(service=f"events:{self._account_id}:{self._region}", kind="state", parent=""):
            self._backend("events")

    def close(self) -> None:
        """End what runs of its own accord."""
        if "events" in self._backends:
            self.events.close()

    @property
    def sns(self) -> "Sns":
        """The topics."""
        from poolhouse.moto_services.sns import Sns  # noqa: PLC0415

        return self._known("sns", Sns)

    @property
    def sqs(self) -> "Sqs":
        """The queues."""
        from poolhouse.moto_services.sqs import Sqs  # noqa: PLC0415

        return self._known("sqs", Sqs)

    def stream(self, service: str) -> "Kinesis | DynamoDBStreams":
        """The streams of "kinesis" or of the tables of "dynamodb"."""
        from poolhouse.moto_services.dynamodb_streams import DynamoDBStreams  # noqa: PLC0415
        from poolhouse.moto_services.kinesis import Kinesis  # noqa: PLC0415

        return (
            self._known("kinesis", Kinesis) if service == "kinesis" else self._known("dynamodbstreams", DynamoDBStreams)
        )

    def partition_key(self, table: str, index: str) -> str | None:
        """The partition key of a DynamoDB table, or of one of its indexes; None for no such table."""
        from poolhouse.moto_services.dynamodb import DynamoDB  # noqa: PLC0415

        return self._known("dynamodb", DynamoDB).partition_key(table, index)

    def secret(self, named: str) -> tuple[str, str]:
        """(ARN, key) of a secret, by name or ARN; empty where there is none."""
        from poolhouse.moto_services.secretsmanager import SecretsManager  # noqa: PLC0415

        return self._known("secretsmanager", SecretsManager).known(named)

    def policy(self, service: str, arn: str) -> str:
        """The policy of a resource of a service, as JSON; empty where it has none."""
        if service not in _WITH_POLICIES:
            return ""
        backend: Any = self._backend(service)
        return str(backend.policy(arn))

    def parameter_keys(self, named: str) -> dict[str, list[str]]:
        """The keys of a SecureString's versions, oldest first; of all below a path that ends with a slash; by name."""
        from poolhouse.moto_services.ssm import ParameterStore  # noqa: PLC0415

        return self._known("ssm", ParameterStore).keys(named)

    def _known(self, service: str, kind: type[B]) -> B:
        backend = self._backend(service)
        assert isinstance(backend, kind)  # noqa: S101 - what `_load` made
        return backend

    def _backend(self, service: str) -> Backend:
        backend = self._backends.get(service)
        if backend is not None:
            return backend
        with self._lock:
            if service not in self._backends:
                self._backends[service] = self._load(service)
            return self._backends[service]

    def _load(self, service: str) -> Backend:
        """Each service's module is imported here, when it is first needed."""
        from poolhouse.moto_services.functions import NoFunctions  # noqa: PLC0415

        functions = self._functions or NoFunctions()
        more: dict[str, Any] = {"account_id": self._account_id, "region": self._region}
        if service in ("iam", "sqs"):
            more["origin"] = self._origin
        if service in ("dynamodb", "kinesis"):
            more["clock"] = functions.now
        if service in ("events", "sns"):
            more["functions"] = functions
        match service:
            case "s3":
                from poolhouse.moto_services.s3 import S3  # noqa: PLC0415

                return S3(self._store, self._files, functions, **more)
            case "dynamodbstreams":
                return _imported(service)(self._backend("dynamodb"), region=self._region, clock=functions.now)
            case "dynamodb" | "iam" | "kms":
                return _imported(service)(self._store, **more)
            case _:
                return _imported(service)(self._store, self._lend, service, **more)

    def _lend(self, service: str) -> AbstractContextManager[None]:
        """The time in which another service of moto's may use this one's state."""
        backend: Any = self._backend(service)
        lent: AbstractContextManager[None] = backend.lent()
        return lent


def _imported(service: str) -> Callable[..., Backend]:
    module, name = _CLASSES[service]
    made: Callable[..., Backend] = getattr(importlib.import_module(f"poolhouse.moto_services.{module}"), name)
    return made
