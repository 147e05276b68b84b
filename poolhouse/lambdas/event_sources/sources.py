"""What a mapping needs of the services it reads from, and what it asks of the function's role."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from poolhouse.lambdas.entities import EventSourceMapping, Function

May = Callable[[Function, str, str], bool]
"""(function, action, resource) -> whether its execution role may do that."""

# Each asks for one of its actions. Lambda's sentence names ListStreams too, and its guide more actions still; roles
# without them are known to work (serverless/serverless issue 8540): that these are the ones it insists on is a guess.
_ASKED: Mapping[str, Sequence[Sequence[str]]] = {
    "sqs": (("sqs:ReceiveMessage",), ("sqs:DeleteMessage",), ("sqs:GetQueueAttributes",)),
    "kinesis": (
        ("kinesis:GetRecords",),
        ("kinesis:GetShardIterator",),
        ("kinesis:DescribeStream", "kinesis:DescribeStreamSummary"),
    ),
    "dynamodb": (("dynamodb:GetRecords",), ("dynamodb:GetShardIterator",), ("dynamodb:DescribeStream",)),
}
_TELLS = {"sns": "sns:Publish", "sqs": "sqs:SendMessage"}  # where records that were given up are told of
_NO_ACCESS = (
    "Cannot access stream {}. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, "
    "and ListStreams Actions on your stream in IAM."
)


class Message(Protocol):
    """A message as a queue hands it out."""

    @property
    def id(self) -> str: ...
    @property
    def receipt_handle(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def attributes(self) -> Mapping[str, str]: ...
    @property
    def message_attributes(self) -> Mapping[str, Any]: ...
    @property
    def md5(self) -> str: ...


class Queues(Protocol):
    """The queues of the cloud."""

    def receive(self, arn: str, most: int) -> Sequence[Message]: ...
    def delete(self, arn: str, receipt_handles: list[str]) -> None: ...
    def wait(self, seconds: float) -> None: ...


class Shard(Protocol):
    """A part of a stream, in which records have an order. Its `parents` come before it."""

    @property
    def id(self) -> str: ...
    @property
    def parents(self) -> Sequence[str]: ...
    @property
    def is_closed(self) -> bool: ...


class Entry(Protocol):
    """A record as a stream keeps it. Numbers are of one length, and sort as text."""

    @property
    def number(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def data(self) -> Mapping[str, Any]: ...


class Streams(Protocol):
    """The streams of one service. All but `wait` raise LookupError where there is no such stream."""

    def shards(self, arn: str) -> Sequence[Shard]:
        """Its shards, parents first."""

    def read(self, arn: str, shard: str, after: str, limit: int) -> Sequence[Entry]:
        """Records past a number, oldest first."""

    def latest(self, arn: str, shard: str) -> str:
        """The number that only new records are past."""

    def before(self, time: datetime) -> str:
        """The number that records of this time and later are past."""

    def wait(self, seconds: float) -> None:
        """Wait until something was added, or so long."""


class Services(Protocol):
    """Where mappings read from."""

    @property
    def sqs(self) -> Queues: ...

    def stream(self, service: str) -> Streams:
        """The streams of "kinesis", or those of the tables of "dynamodb"."""


class Poller(Protocol):
    """How mappings to one kind of source are polled."""

    def once(self, mapping: EventSourceMapping, function: Function) -> bool:
        """Run the function with what there is; whether there was anything."""

    def wait(self, mapping: EventSourceMapping) -> None:
        """Wait until there may be something."""


def service(arn: str) -> str:
    """The service of an event source, by its ARN."""
    return f"{arn}::".split(":")[2]


def refusal(may: May, function: Function, mapping: EventSourceMapping) -> str:
    """What Lambda says of a role that may not do what the mapping needs; empty where it may."""
    kind = service(mapping.source_arn)
    for actions in _ASKED[kind]:
        if any(may(function, action, mapping.source_arn) for action in actions):
            continue
        if kind != "sqs":
            return _NO_ACCESS.format(mapping.source_arn)
        return _may_not_call(actions[0])
    action = _TELLS.get(service(mapping.on_failure_arn), "")
    if action and not may(function, action, mapping.on_failure_arn):
        return _may_not_call(action)
    return ""


def _may_not_call(action: str) -> str:
    name, _, call = action.partition(":")
    return f"The provided execution role does not have permissions to call {call} on {name.upper()}"
