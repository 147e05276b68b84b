"""DynamoDB: moto's tables, kept item by item.

While a request runs, each table notes the items it touches as they were. An answer that is no error is acknowledged
only after what changed is in the store; after an error, or a store that failed, the items are put back as they were.
"""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.table import Table

from poolhouse.moto_services import checks
from poolhouse.moto_services.dynamodb_answers import OF_ITEMS, Handler
from poolhouse.moto_services.entities import MotoRecord
from poolhouse.moto_services.handlers import call, install, visit
from poolhouse.moto_services.stream_log import DYNAMODB, StreamLog
from poolhouse.moto_services.stream_records import KEEPS, Change, place, record, size
from poolhouse.moto_services.tables import (
    KeptTable,
    Key,
    adopt,
    decoded,
    describe,
    encoded,
    item_name,
    restored,
    with_bytes,
)
from poolhouse.moto_services.transactions import Token, Transactions, token
from poolhouse.store import Store, Tx
from poolhouse.web import Request, Response
from poolhouse.wire.errors import ValidationException

_READS = frozenset(
    {
        "BatchGetItem",
        "DescribeContinuousBackups",
        "DescribeEndpoints",
        "DescribeLimits",
        "DescribeTable",
        "DescribeTimeToLive",
        "GetItem",
        "ListTables",
        "ListTagsOfResource",
        "Query",
        "Scan",
        "TransactGetItems",
    }
)
_ITEM_WRITES = frozenset(
    {
        "BatchExecuteStatement",
        "BatchWriteItem",
        "DeleteItem",
        "ExecuteStatement",
        "ExecuteTransaction",
        "PutItem",
        "TransactWriteItems",
        "UpdateItem",
    }
)
_TABLE_WRITES = frozenset(
    {
        "CreateTable",
        "DeleteTable",
        "TagResource",
        "UntagResource",
        "UpdateContinuousBackups",
        "UpdateTable",
        "UpdateTimeToLive",
    }
)
_FIRST_ERROR = 400
_FEW = 250  # items that a query or scan goes through
_MANY = 2500  # partitions to count them in
_DEEPEST = 31  # maps and lists around a value
_TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
)
_SHORT = 64 * 1024  # bytes of a request

# moto finds its backend in a table of the module, so one request at a time for all clouds of this process.
_LOCK = threading.RLock()


class _Through(msgspec.Struct):
    """What a query or a scan goes through."""

    table: str = msgspec.field(name="TableName")
    index: str | None = msgspec.field(name="IndexName", default=None)


class DynamoDB:
    """The tables of one account in one region, durable in `store`. `log` has what changed, of tables with a stream."""

    def __init__(self, store: Store, *, account_id: str, region: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self.log = StreamLog(store, f"dynamodbstreams:{account_id}:{region}", DYNAMODB, clock, size)
        self._account_id = account_id
        self._region = region
        self._scope = f"dynamodb:{account_id}:{region}"
        self._host = f"dynamodb.{region}.amazonaws.com"
        self._described: dict[str, Any] = {}  # of each table, what is kept of it
        self._transactions = Transactions(store, self._scope, clock)
        self._load()

    def at_once(self, request: Request) -> Response | None:
        """The answer, where it is there sooner than another thread would have taken the request over; else None.

        That is about few items, while nobody else is at the tables: it takes a millisecond or two.
        """
        if len(request.body) > _SHORT or not _LOCK.acquire(blocking=False):
            return None
        try:
            return self.handle(request) if self._is_quick(request) else None
        finally:
            _LOCK.release()

    def handle(self, request: Request) -> Response:
        """Answer one request; what it changed is durable when this returns."""
        operation = request.header("x-amz-target").rpartition(".")[2]
        checks.check_served("dynamodb", operation, _READS | _ITEM_WRITES | _TABLE_WRITES)
        _check_depth(request.body)
        checks.check_json("dynamodb", operation, request.body)
        if operation in _TABLE_WRITES:
            _check_stream(request)
        given = token(operation, request.body)
        with _LOCK:
            if given is not None and self._transactions.is_done(given):
                return Response(200, b"{}", (("Content-Type", "application/x-amz-json-1.0"),))
            visit(self._account_id, self._region)
            install(dynamodb_backends, self._account_id, self._region, self._backend)
            try:
                response = self._answer(operation, request)
                self._settle(operation, given, is_error=response.status >= _FIRST_ERROR)
            except BaseException:
                self._undo()
                raise
        if operation in _ITEM_WRITES:
            self.log.wake()
        return response

    def streams(self) -> list[Table]:
        """The tables that have a stream."""
        with _LOCK:
            return [table for table in self._backend.tables.values() if table.latest_stream_label is not None]

    def partition_key(self, table: str, index: str) -> str | None:
        """The partition key of a table, or of one of its indexes; None for no such table."""
        with _LOCK:
            found = self._backend.tables.get(table)
            if found is None:
                return None
            indexes = [*(found.global_indexes or ()), *(found.indexes or ())]
            schema = next((one.schema for one in indexes if one.name == index), found.schema)
            return next((str(key["AttributeName"]) for key in schema if key["KeyType"] == "HASH"), None)

    def _is_quick(self, request: Request) -> bool:
        operation = request.header("x-amz-target").rpartition(".")[2]
        if operation not in ("Query", "Scan"):
            return operation in OF_ITEMS
        try:
            asked = msgspec.json.decode(request.body, type=_Through)
        except msgspec.MsgspecError:
            return True  # it is refused
        table = self._backend.tables.get(asked.table.rpartition("/")[2])  # which may be an ARN
        if table is None or table.range_key_attr is None:
            return table is None or len(table.items) <= _FEW
        if len(table.items) > _MANY:
            return False
        sizes = map(len, table.items.values())
        is_within_partition = operation == "Query" and asked.index is None
        return (max(sizes, default=0) if is_within_partition else sum(sizes)) <= _FEW

    def _answer(self, operation: str, request: Request) -> Response:
        headers = {"x-amz-target": f"DynamoDB_20120810.{operation}"}
        return call(Handler.dispatch, request, host=self._host, account_id=self._account_id, headers=headers)

    def _settle(self, operation: str, given: Token | None, *, is_error: bool) -> None:
        if is_error:
            self._undo()
        elif operation in _TABLE_WRITES:
            self._keep_tables()
        elif operation in _ITEM_WRITES:
            self._keep_items(given)
        self._forget_notes()

    def _keep_items(self, given: Token | None) -> None:
        changed = list(self._changed())
        if not changed and given is None:
            return
        with self._store.write() as tx:
            if given is not None:
                self._transactions.keep(tx, given)
            for table, key, before, after in changed:
                self._keep_item(tx, table, key, after)
                if table.stream_view:
                    told = record(table, Change(before, after))
                    self.log.add(tx, place(table.name, str(table.latest_stream_label)), told, keeps=KEEPS)

    def _keep_item(self, tx: Tx, table: KeptTable, key: Key, after: bytes | None) -> None:
        name = item_name(key)
        if after is None:
            tx.moto_records.remove(service=self._scope, kind="item", parent=table.name, name=name)
        else:
            data = msgspec.json.decode(after)
            tx.moto_records.put(MotoRecord(self._scope, "item", table.name, name, data))

    def _keep_tables(self) -> None:
        """Tables are few: each is compared with what is kept of it."""
        for table in self._backend.tables.values():
            adopt(table)
        described = self._describe()
        with self._store.write() as tx:
            for name, data in described.items():
                if self._described.get(name) != data:
                    tx.moto_records.put(MotoRecord(self._scope, "table", "", name, data))
                self._end_stream(tx, name, data.get("latest_stream_label"))
            for name in self._described.keys() - described.keys():
                tx.moto_records.remove(service=self._scope, kind="table", parent="", name=name)
                tx.moto_records.remove(service=self._scope, kind="item", parent=name)
                self._end_stream(tx, name, None)
        self._described = described

    def _end_stream(self, tx: Tx, name: str, label: str | None) -> None:
        """Drop the records of the stream a table had, where this is another one."""
        before = self._described.get(name, {}).get("latest_stream_label")
        if before is not None and before != label:
            self.log.forget(tx, place(name, before))

    def _undo(self) -> None:
        """Be as before the request. Only a change of the tables themselves needs them loaded again."""
        if self._describe() != self._described:
            self._load()
            return
        for table, key, before, _ in self._changed():
            if before is None:
                table.drop(key)
            else:
                table.place(decoded(before))
        self._forget_notes()

    def _changed(self) -> list[tuple[KeptTable, Key, bytes | None, bytes | None]]:
        """Each touched item that is not as it was: its table, its key, how it was and how it is."""
        touched = [(t, key, before) for t in self._tables() for key, before in t.touched.items()]
        now = [(t, key, before, encoded(t.now(key))) for t, key, before in touched]
        return [entry for entry in now if entry[2] != entry[3]]

    def _forget_notes(self) -> None:
        for table in self._tables():
            table.touched = {}

    def _load(self) -> None:
        records = self._store.moto_records.list(service=self._scope, kind="table")
        self._backend = DynamoDBBackend(self._region, self._account_id)
        self._described = {record.name: record.data for record in records}
        for name, description in self._described.items():
            table = restored(description, self._store.sealer)
            self._backend.tables[name] = table
            for item in self._store.moto_records.list(service=self._scope, kind="item", parent=name):
                table.place(with_bytes(item.data))

    def _tables(self) -> list[KeptTable]:
        return [table for table in self._backend.tables.values() if isinstance(table, KeptTable)]

    def _describe(self) -> dict[str, Any]:
        return {name: describe(table, self._store.sealer) for name, table in self._backend.tables.items()}


def _check_depth(body: bytes) -> None:
    """A value may have 31 maps and lists around it. Raises ValidationException.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html; the sentence is AWS's as others
    recorded it. That values of expressions are held to it, too, is so in some regions only.
    """
    if body.count(b"{") + body.count(b"[") <= 2 * _DEEPEST:
        return
    try:
        is_too_deep = _depth(msgspec.json.decode(body)) > _DEEPEST
    except RecursionError:
        is_too_deep = True
    except msgspec.DecodeError:
        return  # it is refused for that
    if is_too_deep:
        raise ValidationException(_TOO_DEEP)


def _depth(request: Any) -> int:
    """How many maps and lists are around the deepest value."""
    deepest = 0
    waiting = [(request, 0)]
    while waiting:
        value, depth = waiting.pop()
        deepest = max(deepest, depth)
        match value:
            case {"M": dict(inner)} if len(value) == 1:
                waiting += [(one, depth + 1) for one in inner.values()]
            case {"L": list(inner)} if len(value) == 1:
                waiting += [(one, depth + 1) for one in inner]
            case dict() | list():
                waiting += [(one, depth) for one in (value.values() if isinstance(value, dict) else value)]
    return deepest


def _check_stream(request: Request) -> None:
    """moto begins a stream without a view, and ends one that is given a view."""
    given = msgspec.json.decode(request.body).get("StreamSpecification") or {}
    if given and bool(given.get("StreamEnabled")) != bool(given.get("StreamViewType")):
        raise ValidationException(
            "One or more parameter values were invalid: StreamViewType is given where StreamEnabled is true, "
            "and nowhere else"  # the sentence is a guess
        )
