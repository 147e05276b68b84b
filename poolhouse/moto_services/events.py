"""EventBridge: moto's buses, rules and targets, kept whole; an event is queued for its targets before it is taken.

Functions, queues and topics are told, if their policies let the rule in. Patterns and inputs are our own: moto's are
fewer than AWS's. `schedules` runs the rules that go by time.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import msgspec
from moto.events.models import Rule

from poolhouse.call import InvokeRefused
from poolhouse.errors import NotImplementedException
from poolhouse.moto_services import checks, event_inputs, event_patterns
from poolhouse.moto_services.functions import FunctionQueue
from poolhouse.moto_services.schedules import Schedules, parse
from poolhouse.moto_services.whole import Lend, Whole
from poolhouse.store import Store, Tx
from poolhouse.web import Request, Response
from poolhouse.wire.errors import ValidationException

_SERVICE = "events.amazonaws.com"
_TARGETS = ("lambda", "sqs", "sns")
_OWN = frozenset({"PutEvents", "PutRule", "PutTargets", "TestEventPattern"})  # which are looked into here
_MOST_ENTRIES, _LARGEST = 10, 256 * 1024
_CONTENT_TYPE = "application/x-amz-json-1.1"
_NOT_BUILT_OF_TARGETS = ("AppSyncParameters", "HttpParameters", "SqsParameters")


class InvalidEntry(Exception):
    """An entry that is not taken, beside others that may be."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class _Delivery:
    """What one target is told."""

    target_arn: str
    payload: str
    attributes: Mapping[str, str] = field(default_factory=dict)


class Events(Whole):
    """The buses of one account in one region."""

    def __init__(
        self, store: Store, lend: Lend, service: str, *, functions: FunctionQueue, account_id: str, region: str
    ) -> None:
        self._functions = functions
        super().__init__(store, lend, service, account_id=account_id, region=region)
        self._schedules = Schedules(functions.now, self._scheduled, self._run)
        self._schedules.look()

    def handle(self, request: Request) -> Response:
        """Answer one request; what it changed, and what is to be delivered, is durable when this returns."""
        operation = self._operation(request)
        if operation in _OWN:
            checks.check_json(self._service, operation, request.body, self._kind.not_built)
        if operation == "PutEvents":
            return self._put_events(request)
        if operation == "TestEventPattern":
            return self._test_pattern(request)
        if operation in _OWN:
            _check(operation, _members(request))
        response = super().handle(request)
        self._schedules.look()
        return response

    def policy(self, arn: str) -> str:
        """The policy of the bus of this ARN, as JSON; empty for none."""
        with self._lock:
            found = self._backend.event_buses.get(arn.partition(":event-bus/")[2])
            return str(found.policy or "") if found is not None else ""

    def close(self) -> None:
        """End the schedules."""
        self._schedules.close()

    def _test_pattern(self, request: Request) -> Response:
        given = _members(request)
        pattern = event_patterns.check(str(given.get("EventPattern") or ""))
        try:
            event = json.loads(str(given.get("Event") or ""))
        except ValueError as error:
            raise ValidationException("Parameter Event is not valid.") from error
        return _json({"Result": event_patterns.matches(pattern, event)})

    def _put_events(self, request: Request) -> Response:
        members = _members(request)
        entries = members.get("Entries")
        if not isinstance(entries, list) or not entries or len(entries) > _MOST_ENTRIES:
            raise ValidationException(
                "1 validation error detected: Value at 'entries' failed to satisfy constraint: "
                f"Member must have length between 1 and {_MOST_ENTRIES}"  # a guess
            )
        if members.get("EndpointId"):
            raise NotImplementedException("Global endpoints of EventBridge are not implemented yet")
        if sum(len(json.dumps(one)) for one in entries) > _LARGEST:
            raise ValidationException("Total size of the entries in the request is over the limit.")
        answers: list[dict[str, str]] = []
        deliveries: list[_Delivery] = []
        for entry in entries:
            try:
                event = self._event(entry)
            except InvalidEntry as error:
                answers.append({"ErrorCode": error.code, "ErrorMessage": error.message})
                continue
            answers.append({"EventId": event["id"]})
            deliveries += self._matched(str(entry.get("EventBusName") or "default"), event)
        self._queue(deliveries)
        return _json({"FailedEntryCount": sum("ErrorCode" in one for one in answers), "Entries": answers})

    def _event(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html"""
        for name in ("Source", "DetailType", "Detail"):
            if not entry.get(name):
                said = f"Parameter {name} is not valid. Reason: {name} is a required argument."
                raise InvalidEntry("InvalidArgument", said)
        try:
            detail = json.loads(entry["Detail"])
        except (ValueError, RecursionError) as error:
            raise InvalidEntry("MalformedDetail", "Detail is malformed.") from error
        if not isinstance(detail, dict):
            raise InvalidEntry("MalformedDetail", "Detail is malformed.")
        if str(entry["Source"]).startswith("aws."):
            raise InvalidEntry("NotAuthorizedForSourceException", "Not authorized for the source.")
        at, now = entry.get("Time"), self._functions.now()
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": self._account_id,
            "time": _iso(datetime.fromtimestamp(at, now.tzinfo) if isinstance(at, int | float) else now),
            "region": self._region,
            "resources": list(entry.get("Resources") or ()),
            "detail": detail,
        }

    def _matched(self, bus: str, event: Mapping[str, Any]) -> list[_Delivery]:
        """What is told of an event; nothing by a bus that is not there (that this is no error is a guess)."""
        with self._lock:
            found = self._backend.event_buses.get(bus.rpartition("/")[2])
            rules = list(found.rules.values()) if found is not None else []
            wanted = [
                rule
                for rule in rules
                if rule.state == "ENABLED"
                and rule.event_pattern.dump()
                and event_patterns.matches(rule.event_pattern.get_pattern(), event)
            ]
            return [one for rule in wanted for one in self._deliveries(rule, event)]

    def _deliveries(self, rule: Rule, event: Mapping[str, Any]) -> Iterator[_Delivery]:
        for target in rule.targets:
            payload = event_inputs.of_target(target, event, rule.arn, rule.name)
            arn = str(target["Arn"])
            try:
                self._functions.check_permitted(arn, service=_SERVICE, source_arn=rule.arn)
                yield _Delivery(arn, payload)
            except InvokeRefused as error:
                yield from self._given_up(rule, target, payload, error)

    def _given_up(
        self, rule: Rule, target: Mapping[str, Any], payload: str, error: InvokeRefused
    ) -> Iterator[_Delivery]:
        """To the target's dead-letter queue, where it has one that lets the rule in; who sent it is not told."""
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        if not queue:
            return
        told = {
            "RULE_ARN": rule.arn,
            "TARGET_ARN": str(target["Arn"]),
            "ERROR_CODE": "NO_PERMISSIONS" if error.code.startswith("AccessDenied") else "NO_RESOURCE",
            "ERROR_MESSAGE": str(error),
        }
        try:
            self._functions.check_permitted(queue, service=_SERVICE, source_arn=rule.arn)
        except InvokeRefused:
            return
        yield _Delivery(queue, payload, told)

    def _queue(self, deliveries: list[_Delivery], rule: str = "", at: datetime | None = None) -> None:
        if not deliveries and at is None:
            return
        with self._store.write() as tx:
            self._keep_run(tx, rule, at)
            for one in deliveries:
                self._functions.put(tx, one.target_arn, one.payload.encode(), one.attributes)
        self._functions.wake()

    def _keep_run(self, tx: Tx, rule: str, at: datetime | None) -> None:
        if at is not None:
            self._schedules.keep(tx, self._scope, rule, at)

    def _scheduled(self) -> dict[str, tuple[str, datetime | None]]:
        """The schedule of each rule that has one and is switched on, by its name, and when it ran last."""
        with self._lock:
            rules = self._backend.event_buses["default"].rules.values()
            found = {rule.name: str(rule.scheduled_expression) for rule in rules if _is_scheduled(rule)}
        return {name: (text, self._schedules.last(self._store, self._scope, name)) for name, text in found.items()}

    def _run(self, name: str, at: datetime) -> None:
        """What a rule's targets are told when its time has come."""
        with self._lock:
            rule = self._backend.event_buses["default"].rules.get(name)
            if rule is None or not _is_scheduled(rule):
                return
            event = {
                "version": "0",
                "id": str(uuid.uuid4()),
                "detail-type": "Scheduled Event",
                "source": "aws.events",
                "account": self._account_id,
                "time": _iso(at),
                "region": self._region,
                "resources": [rule.arn],
                "detail": {},
            }
            deliveries = list(self._deliveries(rule, event))
        self._queue(deliveries, name, at)


def _is_scheduled(rule: Rule) -> bool:
    return rule.state == "ENABLED" and bool(rule.scheduled_expression)


def _check(operation: str, members: Mapping[str, Any]) -> None:
    """What moto would take and nothing would come of."""
    if operation == "PutRule":
        if members.get("EventPattern"):
            event_patterns.check(str(members["EventPattern"]))
        if members.get("ScheduleExpression"):
            parse(str(members["ScheduleExpression"]))
        return
    for target in members.get("Targets") or ():
        _, _, service, *_ = f"{target.get('Arn', '')}:::".split(":")
        if service not in ("", *_TARGETS):
            raise NotImplementedException(f"Targets of EventBridge in {service} are not implemented yet")
        for name in _NOT_BUILT_OF_TARGETS:
            if name in target:
                raise NotImplementedException(f"{name} of EventBridge's targets are not implemented yet")


def _members(request: Request) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(request.body or b"{}")
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValidationException("The request is no JSON") from error  # a guess
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _json(answer: Mapping[str, Any]) -> Response:
    return Response(200, json.dumps(answer).encode(), (("Content-Type", _CONTENT_TYPE),))


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}Z"
