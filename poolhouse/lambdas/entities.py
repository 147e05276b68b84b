"""A Lambda function and its resource policy, as they are kept."""

from datetime import datetime

from msgspec import Struct


class Function(Struct, frozen=True):
    """A deployed function. `code` is the folder its handler is imported from; `timeout` in seconds, `memory` in MB.

    Its variables are sealed as JSON, empty for none: they are where people put secrets.
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


class QueuedEvent(Struct, frozen=True):
    """An event of an asynchronous invocation that is still to be handled. `payload` is JSON; `tries` were in vain."""

    id: str
    function_arn: str
    payload: str
    queued_at: datetime
    due_at: datetime
    tries: int = 0
    throttled: int = 0


class Permission(Struct, frozen=True):
    """One statement of a function's resource policy: who may invoke it, and for which resource."""

    function: str
    statement_id: str
    principal: str
    action: str = "lambda:InvokeFunction"
    source_arn: str | None = None
    source_account: str | None = None
