"""A Lambda function and its resource policy, as they are kept."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

LATEST = "$LATEST"


class Function(Struct, frozen=True):
    """A deployed function. `code` is the folder its handler is imported from; `timeout` in seconds, `memory` in MB.

    Its variables are sealed as JSON, empty for none: they are where people put secrets. `versions` were published,
    `aliases` name one each; each of them runs the function as it is now, `version` says as which.
    """

    name: str
    arn: str
    runtime: str
    handler: str
    code: str
    role_arn: str
    modified_at: datetime
    sealed_variables: str = ""
    timeout: int = 3
    memory: int = 128
    description: str = ""
    tracing: str = "PassThrough"
    reserved_concurrency: int | None = None
    dead_letter_arn: str = ""  # where events go that the function could not handle
    versions: tuple[str, ...] = ()
    last_version: int = 0  # no number is given out twice
    aliases: Mapping[str, str] = {}
    version: str = LATEST


class EventSourceMapping(Struct, frozen=True):
    """A queue or stream whose messages or records a function is run with; the rest is of streams alone.

    `tries_again` and `max_age` (in seconds) are without end below 0; `splits` a batch in two when it fails.
    """

    uuid: str
    function: str
    source_arn: str
    batch_size: int = 10
    is_enabled: bool = True
    reports_failures: bool = False
    starts_at: str = ""  # TRIM_HORIZON, LATEST or AT_TIMESTAMP
    starts_at_time: datetime | None = None
    tries_again: int = -1
    max_age: int = -1
    splits: bool = False
    on_failure_arn: str = ""  # the queue or topic that is told of records that were given up
    qualifier: str = ""  # the version or alias that is run


class ShardPosition(Struct, frozen=True):
    """How far a mapping has read a shard: past the record of the number `after`.

    A batch that failed is tried again up to the last of `ends`, the end of the part it was split to; the others are the
    ends of what it was split from. `tries` of it failed.
    """

    mapping: str
    shard: str
    after: str = "0"
    ends: tuple[str, ...] = ()
    tries: int = 0


class QueuedEvent(Struct, frozen=True):
    """An event that is still to reach a function, or a queue. `payload` is JSON; `tries` were in vain.

    `attributes` go with a message to a queue.
    """

    id: str
    target_arn: str
    payload: str
    queued_at: datetime
    due_at: datetime
    tries: int = 0
    throttled: int = 0
    attributes: Mapping[str, str] = {}


class Permission(Struct, frozen=True):
    """One statement of a function's resource policy: who may invoke it, and for which resource.

    With a `qualifier` it is of the policy of that version or alias, and of no other.
    """

    function: str
    statement_id: str
    principal: str
    action: str = "lambda:InvokeFunction"
    source_arn: str | None = None
    source_account: str | None = None
    qualifier: str = ""
