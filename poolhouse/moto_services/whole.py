"""Small services of moto's: their state is kept whole after each change, as one snapshot in one row.

What a service may hold is the classes of its own modules and moto's tags: anything else is refused when it would be
written, and so found by the tests. After an error, or a store that failed, moto is given the last snapshot again.
"""

import importlib
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs

import msgspec
from botocore import xform_name
from moto.core.responses import BaseResponse
from moto.utilities.tagging_service import TaggingService

from poolhouse.moto_services import checks
from poolhouse.moto_services.entities import MotoRecord
from poolhouse.moto_services.handlers import call, install, visit
from poolhouse.moto_services.snapshot import Snapshot
from poolhouse.store import Store, Tx
from poolhouse.web import Request, Response
from poolhouse.wire.models import service_model

_FIRST_ERROR = 400
_SEALED = "sealed"
# What boto3 puts before a message, and moto at times too.
_AS_CLIENTS_SAY = re.compile(
    rb"(ClientError: |\w+Exception: )?An error occurred \(\w+\) +when calling the \w+ operation: "
)


@dataclass(frozen=True)
class Kind:
    """Where moto keeps a service, and what is to know of it.

    `modules` hold its classes, the first one its table of backends, `backends`. Operations that begin with one of
    `reads` change nothing. Where `serves` is given, every other operation is refused by name, as is a request with a
    member of `not_built`: moto would only seem to do it. `is_secret` has all of it sealed. `needs` names a service
    whose state it reads or writes itself; `left_out` attributes that are no state, which `_restore` makes anew.
    """

    handler: str
    modules: tuple[str, ...]
    backends: str
    reads: tuple[str, ...] = ("Describe", "Get", "List")
    serves: frozenset[str] = frozenset()
    not_built: frozenset[str] = frozenset()
    is_secret: bool = False
    needs: str = ""
    left_out: frozenset[str] = frozenset()


KINDS = {
    "events": Kind(
        "moto.events.responses:EventsHandler",
        ("moto.events.models",),
        "events_backends",
        serves=frozenset(
            {
                "CreateEventBus",
                "DeleteEventBus",
                "DeleteRule",
                "DescribeEventBus",
                "DescribeRule",
                "DisableRule",
                "EnableRule",
                "ListEventBuses",
                "ListRuleNamesByTarget",
                "ListRules",
                "ListTagsForResource",
                "ListTargetsByRule",
                "PutPermission",
                "PutRule",
                "PutTargets",
                "RemovePermission",
                "RemoveTargets",
                "TagResource",
                "UntagResource",
            }
        ),
        not_built=frozenset({"EventSourceName"}),
    ),
    "firehose": Kind(
        "moto.firehose.responses:FirehoseResponse", ("moto.firehose.models",), "firehose_backends", needs="s3"
    ),
    "kinesis": Kind(
        "moto.kinesis.responses:KinesisResponse",
        ("moto.kinesis.models", "poolhouse.moto_services.shards"),
        "kinesis_backends",
        serves=frozenset(
            {
                "AddTagsToStream",
                "CreateStream",
                "DecreaseStreamRetentionPeriod",
                "DeleteStream",
                "DescribeStream",
                "DescribeStreamSummary",
                "GetRecords",
                "GetShardIterator",
                "IncreaseStreamRetentionPeriod",
                "ListShards",
                "ListStreams",
                "ListTagsForStream",
                "MergeShards",
                "PutRecord",
                "PutRecords",
                "RemoveTagsFromStream",
                "SplitShard",
                "UpdateShardCount",
                "UpdateStreamMode",
            }
        ),
        not_built=frozenset(
            {"DryRun", "MaxRecordSizeInKiB", "RecordDistributionStrategy", "ShardFilter", "StreamId"}
            | {"WarmThroughputMiBps"}
        ),
    ),
    "logs": Kind(
        "moto.logs.responses:LogsResponse",
        ("moto.logs.models", "moto.logs.metric_filters"),
        "logs_backends",
        ("Describe", "Get", "List", "Filter", "Test"),
    ),
    "secretsmanager": Kind(
        "moto.secretsmanager.responses:SecretsManagerResponse",
        ("moto.secretsmanager.models",),
        "secretsmanager_backends",
        serves=frozenset(
            {
                "CreateSecret",
                "DeleteResourcePolicy",
                "DeleteSecret",
                "DescribeSecret",
                "GetRandomPassword",
                "GetResourcePolicy",
                "GetSecretValue",
                "ListSecretVersionIds",
                "ListSecrets",
                "PutResourcePolicy",
                "PutSecretValue",
                "RestoreSecret",
                "TagResource",
                "UntagResource",
                "UpdateSecret",
                "UpdateSecretVersionStage",
            }
        ),
        not_built=frozenset({"AddReplicaRegions"}),
        is_secret=True,
    ),
    "stepfunctions": Kind(
        "moto.stepfunctions.responses:StepFunctionResponse",
        ("moto.stepfunctions.models",),
        "stepfunctions_backends",
        serves=frozenset(
            {
                "CreateActivity",
                "CreateStateMachine",
                "DeleteActivity",
                "DeleteStateMachine",
                "DescribeActivity",
                "DescribeStateMachine",
                "ListActivities",
                "ListStateMachines",
                "ListTagsForResource",
                "TagResource",
                "UntagResource",
                "UpdateStateMachine",
            }
        ),
        not_built=frozenset({"publish"}),
    ),
    "sns": Kind(
        "moto.sns.responses:SNSResponse",
        ("moto.sns.models", "moto.sns.utils"),
        "sns_backends",
        ("Check", "Get", "List"),
        left_out=frozenset({"sns_backend", "sent_notifications"}),
    ),
    "sqs": Kind(
        "moto.sqs.responses:SQSResponse",
        ("moto.sqs.models",),
        "sqs_backends",
        ("Get", "List"),
        left_out=frozenset({"_messages_lock", "_pending_messages"}),
    ),
    "ssm": Kind(
        "moto.ssm.responses:SimpleSystemManagerResponse",
        ("moto.ssm.models",),
        "ssm_backends",
        serves=frozenset(
            {
                "AddTagsToResource",
                "DeleteParameter",
                "DeleteParameters",
                "DescribeParameters",
                "GetParameter",
                "GetParameterHistory",
                "GetParameters",
                "GetParametersByPath",
                "LabelParameterVersion",
                "ListTagsForResource",
                "PutParameter",
                "RemoveTagsFromResource",
            }
        ),
        is_secret=True,
        needs="secretsmanager",
    ),
}

Lend = Callable[[str], AbstractContextManager[None]]
"""Service -> the time in which another service of moto's finds its state."""


class Whole:
    """One such service of one account in one region, durable in `store`."""

    def __init__(self, store: Store, lend: Lend, service: str, *, account_id: str, region: str) -> None:
        self._store = store
        self._lend = lend
        self._service = service
        self._account_id = account_id
        self._region = region
        self._kind = KINDS[service]
        module, _, name = self._kind.handler.partition(":")
        self._handler: type[BaseResponse] = getattr(importlib.import_module(module), name)
        modules = [importlib.import_module(name) for name in self._kind.modules]
        self._classes = _classes(modules)
        self._backends = getattr(modules[0], self._kind.backends)
        self._make: Callable[[str, str], Any] = self._backends.backend
        self._lock = _LOCKS.setdefault(service, threading.RLock())
        model = service_model(service)
        served = frozenset(name for name in model.operation_names if hasattr(self._handler, xform_name(name)))
        self._served = self._kind.serves or served
        self._target = model.metadata.get("targetPrefix", "")
        self._scope = f"{service}:{account_id}:{region}"
        self._load()

    def handle(self, request: Request) -> Response:
        """Answer one request; what it changed is durable when this returns."""
        operation = self._operation(request)
        checks.check_served(self._service, operation, self._served)
        if request.header("x-amz-target"):
            checks.check_json(self._service, operation, request.body, self._kind.not_built)
        needed = self._lend(self._kind.needs) if self._kind.needs else nullcontext()
        with needed, self.lent():
            try:
                response = self._answer(operation, request)
                self._settle(operation, is_error=response.status >= _FIRST_ERROR)
            except BaseException:
                self._load()
                raise
        return response

    @contextmanager
    def lent(self) -> Iterator[None]:
        """While moto's handlers, this service's or another's, find this state."""
        with self._lock:
            visit(self._account_id, self._region)
            install(self._backends, self._account_id, self._region, self._backend)
            yield

    def _operation(self, request: Request) -> str:
        target = request.header("x-amz-target")
        if target:
            return target.rpartition(".")[2]
        text = request.body.decode(errors="replace") or request.query
        return parse_qs(text).get("Action", [""])[0]

    def _answer(self, operation: str, request: Request) -> Response:
        headers = {"x-amz-target": f"{self._target}.{operation}"} if request.header("x-amz-target") else {}
        host = f"{self._service}.{self._region}.amazonaws.com"
        answer = call(self._handler.dispatch, request, host=host, account_id=self._account_id, headers=headers)
        if answer.status < _FIRST_ERROR:
            return answer
        return Response(answer.status, _AS_CLIENTS_SAY.sub(b"", answer.body), answer.headers)

    def _settle(self, operation: str, *, is_error: bool) -> None:
        if operation.startswith(self._kind.reads):
            return
        if is_error:
            self._load()
            return
        self._keep()

    def _keep(self) -> None:
        snapshot = Snapshot(self._classes, self._store.sealer, left_out=self._kind.left_out)
        state: dict[str, Any] = {name: snapshot.encode(value) for name, value in sorted(vars(self._backend).items())}
        if self._kind.is_secret:
            state = {_SEALED: self._store.sealer.seal(msgspec.json.encode(state), self._scope)}
        with self._store.write() as tx:
            tx.moto_records.put(MotoRecord(self._scope, "state", "", "", state))
            self._also(tx)

    def _also(self, tx: Tx) -> None:
        """Write what belongs together with the state."""

    def _load(self) -> None:
        self._backend = self._make(self._region, self._account_id)
        record = self._store.moto_records.find(service=self._scope, kind="state", parent="", name="")
        if record is None:
            return
        state = record.data
        if self._kind.is_secret:
            state = msgspec.json.decode(self._store.sealer.unseal(state[_SEALED], self._scope))
        snapshot = Snapshot(self._classes, self._store.sealer)
        attributes = vars(self._backend)
        for name in sorted(state):
            fresh, attributes[name] = attributes.get(name), snapshot.decode(state[name])
            if isinstance(fresh, defaultdict):  # what it fills itself with may be code
                attributes[name].default_factory = fresh.default_factory
        self._restore()

    def _restore(self) -> None:
        """Make anew what is left out of the snapshot."""

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """While this state is changed past moto's handler; durable at the end, or as it was after an error."""
        with self.lent():
            try:
                yield
                self._keep()
            except BaseException:
                self._load()
                raise


# moto finds its backends in tables of its modules, so one request at a time for all clouds of this process.
_LOCKS: dict[str, threading.RLock] = {}


def _classes(modules: list[ModuleType]) -> dict[str, type[Any]]:
    found = {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == module.__name__
    }
    return {**found, "TaggingService": TaggingService}
