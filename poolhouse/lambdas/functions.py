"""Lambda functions: kept, permitted, invoked."""

import logging
import math
import secrets
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from msgspec.structs import replace

from poolhouse.call import Invocation, InvokeRefused, InvokeTimeout
from poolhouse.errors import CommandError
from poolhouse.lambdas import policy
from poolhouse.lambdas.code_folder import CodeFolders
from poolhouse.lambdas.entities import LATEST, Function, Permission, QueuedEvent
from poolhouse.lambdas.environment import RESERVED, environment
from poolhouse.lambdas.errors import (
    InvalidParameterValueException,
    RequestEntityTooLargeException,
    ResourceConflictException,
    ResourceNotFoundException,
    TooManyRequestsException,
)
from poolhouse.lambdas.invocation import Event, Outcome, Run
from poolhouse.lambdas.later import Later
from poolhouse.lambdas.process import Worker
from poolhouse.lambdas.role_keys import RoleKeyRing
from poolhouse.lambdas.workers import Limits, Workers
from poolhouse.store import Store

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_PAYLOAD = 6_291_456
MAX_EVENT_PAYLOAD = 1_048_576

Log = Callable[[str, str], None]
Deliver = Callable[[str, str, Mapping[str, str]], None]
"""(ARN, body, attributes) -> nothing; raises LookupError where there is no such target."""
_failures = logging.getLogger("poolhouse.functions")


class Functions:
    """The functions of one cloud. `origin` is where they reach it; `log` gets a function's name and a line of its log,
    `role_id` says the unique id of a role by its ARN, `may` whether a function's role may do something.

    `native_client` False runs workers with the plain Python Runtime API client, as is done where no native one exists.
    """

    def __init__(
        self,
        store: Store,
        *,
        origin: str,
        account_id: str,
        region: str,
        clock: Callable[[], datetime],
        role_id: Callable[[str], str] = lambda _: "",
        may: Callable[[Function, str, str], bool] = lambda _function, _action, _resource: True,
        log: Log | None = None,
        times_out: Callable[[str], bool] = lambda _: False,
        limits: Limits | None = None,
        code_check_seconds: float = 0.5,
        native_client: bool = True,
    ) -> None:
        self._store = store
        self._origin = origin
        self._account_id = account_id
        self._region = region
        self._clock = clock
        self._log: Log = log or _no_log
        self._may = may
        self._times_out = times_out
        self._limits = limits or Limits()
        self._client = "native" if native_client else "shim"
        self._keys = RoleKeyRing(store, account_id=account_id, clock=clock, role_id=role_id)
        self._folders = CodeFolders(code_check_seconds)
        self._workers = Workers(self._start, clock=clock, limits=self._limits)
        self.later = Later(store, clock, self._handle, self._dead_letter)
        self.targets: dict[str, Deliver] = {}  # by service, for ARNs that are no functions

    def put(self, function: Function, variables: Mapping[str, str] | None = None) -> list[str]:
        """Keep a function, new or in place of the one of this name; what the person should know about it, in lines.

        `variables` are those of its environment that its configuration sets.

        Raises CommandError for what is not built, InvalidParameterValueException for what Lambda refuses.
        """
        _check_runtime(function)
        _check_variables(variables or {})
        if not Path(function.code).is_dir():
            raise CommandError(f"{function.name}: there is no folder {function.code} to take its code from")
        sealed = self._sealed(function.name, variables or {})
        with self._store.write() as tx:
            kept = tx.functions.find(name=function.name) or function
            tx.functions.put(
                replace(
                    function,
                    sealed_variables=sealed,
                    versions=kept.versions,
                    last_version=kept.last_version,
                    aliases=kept.aliases,
                )
            )
        self._workers.retire(function.name)
        return _warnings(function)

    def remove(self, name: str) -> None:
        """Forget a function, its resource policy and its keys; nothing happens if there is none."""
        function = self._store.functions.find(name=name)
        if function is None:
            return
        with self._store.write() as tx:
            tx.functions.remove(name=name)
            tx.permissions.remove(function=name)
        self._keys.remove(function)
        self._workers.retire(name)

    def get(self, name_or_arn: str, *, qualifier: str | None = None) -> Function:
        """A function by its name, its ARN, or `account:function:name`. Raises ResourceNotFoundException."""
        return self._resolve(name_or_arn, qualifier)[0]

    def publish(self, name: str) -> str:
        """Give a function one more version: its number. Raises ResourceNotFoundException."""
        self.get(name)
        with self._store.write() as tx:
            function = tx.functions.get(name=name)
            number = function.last_version + 1
            tx.functions.put(replace(function, versions=(*function.versions, str(number)), last_version=number))
        return str(number)

    def unpublish(self, name: str, version: str) -> None:
        """Forget a version; nothing happens if there is none. Raises ResourceConflictException if an alias names it."""
        with self._store.write() as tx:
            function = tx.functions.find(name=name)
            if function is None:
                return
            if version in function.aliases.values():  # AWS's words are not known
                raise ResourceConflictException(f"Version {version} of {name} cannot be deleted: an alias names it")
            tx.functions.put(replace(function, versions=tuple(one for one in function.versions if one != version)))

    def put_alias(self, name: str, alias: str, version: str) -> None:
        """Have an alias name a version, in place of the one it may have named. Raises ResourceNotFoundException."""
        self.get(name)
        with self._store.write() as tx:
            function = tx.functions.get(name=name)
            if version not in (LATEST, *function.versions):
                raise self._not_found(name, version)
            tx.functions.put(replace(function, aliases={**function.aliases, alias: version}))

    def remove_alias(self, name: str, alias: str) -> None:
        """Forget an alias; nothing happens if there is none."""
        with self._store.write() as tx:
            function = tx.functions.find(name=name)
            if function is not None:
                left = {key: version for key, version in function.aliases.items() if key != alias}
                tx.functions.put(replace(function, aliases=left))

    def add_permission(self, permission: Permission) -> None:
        """Keep one statement of a function's resource policy, new or in place of the one of its id."""
        self.get(permission.function, qualifier=permission.qualifier or None)
        with self._store.write() as tx:
            tx.permissions.put(permission)

    def policy(self, arn: str) -> str:
        """The resource policy of the function of this ARN, or of its version or alias, as JSON; empty for none."""
        name, _, qualifier = arn.rpartition("function:")[2].partition(":")
        return policy.document(self._permissions(name, qualifier), arn)

    def remove_permission(self, function: str, statement_id: str) -> None:
        """Forget one statement; nothing happens if there is none."""
        with self._store.write() as tx:
            tx.permissions.remove(function=function, statement_id=statement_id)

    def invoke(self, name_or_arn: str, payload: bytes, *, qualifier: str | None = None) -> Invocation:
        """Run a function and wait for its answer, as Lambda's Invoke does. Raises LambdaError."""
        return self.run(name_or_arn, payload, qualifier=qualifier).invocation

    def run(
        self, name_or_arn: str, payload: bytes, *, qualifier: str | None = None, client_context: bytes = b""
    ) -> Outcome:
        """The same, with the request's id and the end of its log. `client_context` is JSON on one line."""
        run, function = self._begin(name_or_arn, payload, qualifier, client_context)
        try:
            outcome = run.advance()
        finally:
            self._workers.leave(function)
        assert outcome is not None  # noqa: S101
        return outcome

    def run_later(self, name_or_arn: str, payload: bytes, *, qualifier: str | None = None) -> None:
        """Queue an event for a function, durably: `later` tells how it goes on. Raises LambdaError."""
        if len(payload) > MAX_EVENT_PAYLOAD:
            raise RequestEntityTooLargeException(
                f"{len(payload)} byte payload is too large for the Event invocation type "
                f"(limit {MAX_EVENT_PAYLOAD} bytes)"
            )
        _, arn = self._resolve(name_or_arn, qualifier)
        with self._store.write() as tx:
            self.later.put(tx, arn, payload)
        self.later.wake()

    def invoke_for_service(
        self,
        function_arn: str,
        event: bytes,
        *,
        service: str,
        source_arn: str,
        timeout: timedelta | None = None,
    ) -> Invocation:
        """Run a function for an AWS service: `call.Invoke`."""
        try:
            function, arn = self._resolve(function_arn, None)
            self._check_permission(function, arn, service, source_arn)
            run, function = self._begin(function_arn, event, None, b"")
            return self._wait(run, function, timeout)
        except (ResourceNotFoundException, TooManyRequestsException, RequestEntityTooLargeException) as error:
            raise InvokeRefused(error.code, error.message or "") from error

    def invoke_later_for_service(self, function_arn: str, event: bytes, *, service: str, source_arn: str) -> None:
        """Run a function for an AWS service that does not wait: `call.InvokeLater`."""
        self.check_permitted(function_arn, service=service, source_arn=source_arn)
        self.run_later(function_arn, event)

    def check_permitted(self, function_arn: str, *, service: str, source_arn: str) -> None:
        """Raise InvokeRefused where there is no such function, or its policy does not let this service invoke it."""
        try:
            function, arn = self._resolve(function_arn, None)
        except ResourceNotFoundException as error:
            raise InvokeRefused(error.code, error.message or "") from error
        self._check_permission(function, arn, service, source_arn)

    @property
    def is_closed(self) -> bool:
        """Whether what is under way is cut off: its errors are no function's."""
        return self._workers.is_closed

    def close(self) -> None:
        """End every worker. Invocations under way come back with an error, new ones are refused with RuntimeError."""
        self.later.stop()
        self._workers.close()
        self.later.close()

    def _handle(self, event: QueuedEvent) -> Invocation:
        """Have a queued event reach its function, or the queue it is for."""
        deliver = self.targets.get(f"{event.target_arn}::".split(":")[2])
        if deliver is None:
            return self.invoke(event.target_arn, event.payload.encode())
        deliver(event.target_arn, event.payload, event.attributes)
        return Invocation()

    def _dead_letter(self, event: QueuedEvent, outcome: Invocation) -> QueuedEvent | None:
        """The event as its function's dead-letter target gets it; None where there is none, or the role may not."""
        name, _ = self._parts(event.target_arn) if ":lambda:" in event.target_arn else ("", None)
        function = self._store.functions.find(name=name)
        _failures.warning("event %s for %s was given up after its tries", event.id, event.target_arn)
        if function is None or not function.dead_letter_arn:
            return None
        action = "sns:Publish" if ":sns:" in function.dead_letter_arn else "sqs:SendMessage"
        if not self._may(function, action, function.dead_letter_arn):
            _failures.warning("%s: its role may not send to %s", function.name, function.dead_letter_arn)
            return None
        error = outcome.error or {}
        told = {"RequestID": event.id, "ErrorCode": "200", "ErrorMessage": str(error.get("errorMessage", ""))[:1024]}
        return self.later.event(function.dead_letter_arn, event.payload, told)

    def _wait(self, run: Run, function: Function, timeout: timedelta | None) -> Invocation:
        """Wait as long as the service does; past that the function goes on, and keeps its worker, until it ends."""
        until = math.inf if timeout is None else time.monotonic() + timeout.total_seconds()
        is_left = True
        try:
            outcome = run.advance(until)
            if outcome is None:
                is_left = False
                self._go_on(run, function)
                raise InvokeTimeout(function.arn)
            return outcome.invocation
        finally:
            if is_left:
                self._workers.leave(function)

    def _go_on(self, run: Run, function: Function) -> None:
        def finish() -> None:
            try:
                run.advance()
            finally:
                self._workers.leave(function)

        threading.Thread(target=finish, name=f"invocation of {function.name}", daemon=True).start()

    def _begin(
        self, name_or_arn: str, payload: bytes, qualifier: str | None, client_context: bytes
    ) -> tuple[Run, Function]:
        """Count the invocation in; whoever called sees to it that it leaves again."""
        if self._store.is_writing:
            raise RuntimeError("a function is not invoked inside store.write(): it may call back and meet the lock")
        function, arn = self._resolve(name_or_arn, qualifier)
        if len(payload) > MAX_PAYLOAD:
            raise RequestEntityTooLargeException(
                f"Request must be smaller than {MAX_PAYLOAD} bytes for the InvokeFunction operation"
            )
        event = Event(str(uuid.uuid4()), payload, arn, _trace_id(), client_context)
        fingerprint = self._folders.fingerprint(function.code)
        self._workers.enter(function)
        run = Run(
            function,
            event,
            self._workers,
            fingerprint=fingerprint,
            init_seconds=self._limits.init_seconds,
            log=self._log,
            is_to_time_out=self._times_out(function.name),
        )
        return run, function

    def _check_permission(self, function: Function, arn: str, service: str, source_arn: str) -> None:
        """`arn` is what the function is invoked by: its own policy says nothing of its versions and aliases."""
        account = (source_arn.split(":") + [""] * 5)[4] or self._account_id
        permissions = self._permissions(function.name, arn.removeprefix(function.arn).removeprefix(":"))
        if not policy.is_permitted(permissions, service=service, source_arn=source_arn, source_account=account):
            raise InvokeRefused("AccessDeniedException", f"{service} may not invoke {arn}")

    def _permissions(self, name: str, qualifier: str) -> list[Permission]:
        asked = "" if qualifier == LATEST else qualifier  # a guess: that $LATEST is under the function's own policy
        return [one for one in self._store.permissions.all(function=name) if one.qualifier == asked]

    def _resolve(self, name_or_arn: str, qualifier: str | None) -> tuple[Function, str]:
        """The function, and the ARN it is invoked by: with the qualifier if it was named with one."""
        name, own_qualifier = self._parts(name_or_arn)
        qualifier = qualifier or own_qualifier
        function = self._store.functions.find(name=name)
        if function is None:
            raise self._not_found(name, qualifier)
        if qualifier in (None, LATEST):
            return function, f"{function.arn}:{qualifier}" if qualifier else function.arn
        version = function.aliases.get(qualifier, qualifier)
        if version not in (LATEST, *function.versions):
            raise self._not_found(name, qualifier)
        return replace(function, version=version), f"{function.arn}:{qualifier}"

    def _not_found(self, name: str, qualifier: str | None) -> ResourceNotFoundException:
        arn = f"arn:aws:lambda:{self._region}:{self._account_id}:function:{name}:{qualifier or LATEST}"
        return ResourceNotFoundException(f"Function not found: {arn}")

    def _parts(self, name_or_arn: str) -> tuple[str, str | None]:
        before, found, after = name_or_arn.partition("function:")
        if found and before and not self._is_ours(before):
            raise ResourceNotFoundException(f"Function not found: {name_or_arn}")
        name, _, qualifier = (after if found else name_or_arn).partition(":")
        return name, qualifier or None

    def _is_ours(self, before: str) -> bool:
        """What stands before `function:` in an ARN, or in its short form."""
        return before in (f"arn:aws:lambda:{self._region}:{self._account_id}:", f"{self._account_id}:")

    def _start(self, function: Function, fingerprint: int) -> Worker:
        keys = self._keys.get(function)
        log_stream = f"{self._clock():%Y/%m/%d}/[{function.version}]{secrets.token_hex(16)}"
        found = environment(
            function, self._variables(function), keys, origin=self._origin, region=self._region, log_stream=log_stream
        )
        return Worker(function, found, fingerprint=fingerprint, keys_expire_at=keys.expires_at, client=self._client)

    def _sealed(self, name: str, variables: Mapping[str, str]) -> str:
        return self._store.sealer.seal(msgspec.json.encode(variables), _purpose(name)) if variables else ""

    def _variables(self, function: Function) -> dict[str, str]:
        if not function.sealed_variables:
            return {}
        opened = self._store.sealer.unseal(function.sealed_variables, _purpose(function.name))
        return msgspec.json.decode(opened, type=dict[str, str])


def _purpose(name: str) -> str:
    return f"variables of {name}"


def _check_runtime(function: Function) -> None:
    if not function.runtime.startswith("python3."):
        raise CommandError(
            f"{function.name}: the {function.runtime} runtime is not built yet, python3.x functions run here"
        )


def _check_variables(variables: Mapping[str, str]) -> None:
    reserved = [name for name in variables if name in RESERVED]
    if reserved:
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )


def _warnings(function: Function) -> list[str]:
    here = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if function.runtime == here:
        return []
    return [f"{function.name}: its runtime is {function.runtime}; it runs on this machine's {here}"]


def _trace_id() -> str:
    """X-Ray's header, not sampled: there is no daemon here to send segments to, and the SDK then sends none."""
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"


def _no_log(_function: str, _line: str) -> None:
    pass
