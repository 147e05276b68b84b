"""SNS: moto's topics and subscriptions, kept whole; what is published is queued for its targets in the same write.

Functions and queues are told if their policies let SNS in; mails, short messages and notifications to devices go to the
outbox. Unlike on AWS, nobody is asked to confirm a subscription of a mail address, notifications are not signed (their
signature is empty), and no platform is asked whether an application's credentials are good: they are not kept either.
"""

import json
import re
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from moto.sns.models import Subscription

from poolhouse.call import InvokeRefused
from poolhouse.errors import ApiError, NotImplementedException
from poolhouse.moto_services.functions import FunctionQueue
from poolhouse.moto_services.permissions import lets_in
from poolhouse.moto_services.whole import Lend, Whole
from poolhouse.outbox.entities import Message
from poolhouse.store import Store, Tx
from poolhouse.web import Request, Response
from poolhouse.wire import query

_SERVICE = "sns.amazonaws.com"
_IS_FUNCTION = re.compile(r"arn:aws:lambda:[^:]+:\d{12}:function:[^:]+(:[^:]+)?").fullmatch
_RECEIVERS = ("TopicArn", "TargetArn", "PhoneNumber")
_PLATFORMS = frozenset({"ADM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "BAIDU", "GCM", "MPNS", "WNS"})
_CREDENTIALS = ("PlatformCredential", "PlatformPrincipal", "ApplePlatformTeamID", "ApplePlatformBundleID")
_PROTOCOLS = frozenset({"lambda", "sqs", "email", "email-json", "sms"})


class InvalidParameter(ApiError):
    """A message for nobody, or an endpoint that is none."""

    message = "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"


class NotFound(ApiError):
    """There is no such topic."""

    status = 404
    message = "Topic does not exist"


@dataclass(frozen=True, slots=True)
class _Delivery:
    """A message on its way to one subscription, which wants it by its filter policy."""

    subscription: Subscription
    message: str
    message_id: str
    subject: str | None
    attributes: Mapping[str, Any]


_PUBLISHED: list[_Delivery] = []  # under the service's lock
_is_structured: ContextVar[bool] = ContextVar("is_structured", default=False)  # whether a message is one per platform


def _publish(  # noqa: PLR0917 - as moto calls it
    self: Subscription,
    message: str,
    message_id: str,
    subject: str | None = None,
    message_attributes: dict[str, Any] | None = None,
    message_structure: str | None = None,
    **_of_fifo: object,
) -> None:
    """In place of moto's own delivery, which goes to its own services: note what is to be delivered."""
    matcher = self._filter_policy_matcher
    if matcher is not None and not matcher.matches(message_attributes, message):
        return
    if message_structure == "json":
        message = self._parse_message_structure(message, self.protocol)
    _PUBLISHED.append(_Delivery(self, message, message_id, subject, message_attributes or {}))


setattr(Subscription, "publish", _publish)  # noqa: B010 - mypy takes no other


class Sns(Whole):
    """The topics of one account in one region."""

    def __init__(
        self, store: Store, lend: Lend, service: str, *, functions: FunctionQueue, account_id: str, region: str
    ) -> None:
        self._functions = functions
        self._deliveries: list[_Delivery] = []
        self._direct: list[tuple[str, str, str]] = []  # to a number or a device: medium, receiver, text
        super().__init__(store, lend, service, account_id=account_id, region=region)

    def handle(self, request: Request) -> Response:
        """Answer one request; what it changed, and what is to be delivered, is durable when this returns."""
        fields = query.form(request)
        self._check(fields)
        _is_structured.set(fields.get("MessageStructure") == "json")
        response = super().handle(request)
        self._functions.wake()
        return response

    def _check(self, fields: Mapping[str, str]) -> None:
        """What is refused before moto is asked, which would only seem to do it or says it otherwise."""
        action, topic = fields.get("Action", ""), fields.get("TopicArn", "")
        if action == "CreatePlatformApplication":
            _check_application(fields)
        if action == "Subscribe" and fields.get("Protocol") not in _PROTOCOLS:
            raise NotImplementedException(f"SNS subscriptions by {fields.get('Protocol')} are not implemented yet")
        if action == "Subscribe" and fields["Protocol"] == "lambda" and not _IS_FUNCTION(fields.get("Endpoint", "")):
            raise InvalidParameter("Invalid parameter: Lambda endpoint ARN")
        if action == "CreateTopic" and fields.get("Name", "").endswith(".fifo"):
            raise NotImplementedException("FIFO topics of SNS are not implemented yet")
        if action == "Publish" and not (topic or fields.get("TargetArn") or fields.get("PhoneNumber")):
            raise InvalidParameter
        if action == "Publish" and sum(bool(fields.get(name)) for name in _RECEIVERS) > 1:
            raise InvalidParameter("Invalid parameter: only one of TopicArn, TargetArn and PhoneNumber")  # a guess
        if action == "Publish" and topic and not self._is_topic(topic):
            raise NotFound

    def _is_topic(self, arn: str) -> bool:
        with self._lock:
            return arn in self._backend.topics

    def policy(self, arn: str) -> str:
        """The policy of the topic of this ARN, as JSON; empty for none."""
        with self._lock:
            topic = self._backend.topics.get(arn)
            return str(topic.policy) if topic is not None else ""

    def may_publish(self, arn: str, service: str, source_arn: str) -> bool:
        """Whether the topic's policy lets a service publish for this resource."""
        about = {"service": service, "source_arn": source_arn, "account_id": self._account_id}
        return lets_in(self.policy(arn), "sns:Publish", arn, **about)

    def publish(self, arn: str, message: str, attributes: Mapping[str, str]) -> None:
        """Publish for another service. Raises LookupError where there is no topic."""
        typed = {name: {"Type": "String", "Value": value} for name, value in attributes.items() if value}
        with self._changing():
            topic = self._backend.topics.get(arn)
            if topic is None:
                raise LookupError(arn)
            topic.publish(message, message_attributes=typed)
            self._take_up()
        self._functions.wake()

    def _settle(self, operation: str, *, is_error: bool) -> None:
        self._take_up()
        super()._settle(operation, is_error=is_error)

    def _load(self) -> None:
        _PUBLISHED.clear()  # by what failed
        self._deliveries, self._direct = [], []
        super()._load()

    def _take_up(self) -> None:
        """What was published, as far as it may be delivered: asked before anything is written."""
        self._direct = self._taken()
        published, _PUBLISHED[:] = list(_PUBLISHED), []
        self._deliveries = [one for one in published if self._may_deliver(one)]

    def _taken(self) -> list[tuple[str, str, str]]:
        """What moto has sent to numbers and devices, taken from it before it is kept, as are credentials."""
        found = [("SMS", str(number), str(text)) for number, text in self._backend.sms_messages.values()]
        self._backend.sms_messages.clear()
        self._backend.sms_message_objects.clear()
        for application in self._backend.applications.values():
            for name in _CREDENTIALS:
                application.attributes.pop(name, None)
        for endpoint in self._backend.platform_endpoints.values():
            endpoint.id = str(endpoint.id)
            platform = endpoint.application.platform
            found += [("PUSH", endpoint.token, _of_platform(text, platform)) for text in endpoint.messages.values()]
            endpoint.messages.clear()
        return found

    def _may_deliver(self, delivery: _Delivery) -> bool:
        subscription = delivery.subscription
        if subscription.protocol not in ("lambda", "sqs"):
            return True
        try:
            self._functions.check_permitted(subscription.endpoint, service=_SERVICE, source_arn=subscription.topic.arn)
        except InvokeRefused:
            return False  # SNS tries for a while and gives up; who publishes is not told
        return True

    def _also(self, tx: Tx) -> None:
        now = self._functions.now()
        for delivery in self._deliveries:
            _deliver(tx, self._functions, delivery, now)
        for medium, receiver, text in self._direct:
            tx.messages.add(_message(receiver, medium, "", text, now))
        self._deliveries, self._direct = [], []

    def _restore(self) -> None:
        """What is no state: whose a topic is, and what was once sent."""
        for topic in self._backend.topics.values():
            topic.sns_backend = self._backend
            topic.sent_notifications = []


def _check_application(fields: Mapping[str, str]) -> None:
    """The sentences are guesses."""
    if fields.get("Platform") not in _PLATFORMS:
        raise InvalidParameter(f"Invalid parameter: Platform Reason: {fields.get('Platform')} is not supported")
    if "PlatformCredential" not in fields.values():
        raise InvalidParameter("Invalid parameter: Attributes Reason: Platform credential is required")


def _of_platform(text: str, platform: str) -> str:
    """What a device of this platform is sent of a message that has a text for each, its own or the default one."""
    if not _is_structured.get():
        return text
    try:
        texts = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise InvalidParameter("Invalid parameter: Message Structure - JSON message body failed to parse") from error
    return str(texts.get(platform) or texts.get("default") or "")


def _deliver(tx: Tx, functions: FunctionQueue, delivery: _Delivery, now: datetime) -> None:
    subscription, protocol = delivery.subscription, delivery.subscription.protocol
    if protocol == "lambda":
        functions.put(tx, subscription.endpoint, msgspec.json.encode(_event(delivery, now)))
    elif protocol == "sqs" and _is_raw(subscription):
        texts = {name: str(one["Value"]) for name, one in delivery.attributes.items()}
        functions.put(tx, subscription.endpoint, delivery.message.encode(), texts)
    elif protocol == "sqs":
        functions.put(tx, subscription.endpoint, json.dumps(_notification(delivery, now), indent=2).encode())
    else:
        medium = "SMS" if protocol == "sms" else "EMAIL"
        is_json = protocol == "email-json"
        body = json.dumps(_notification(delivery, now), indent=2) if is_json else delivery.message
        tx.messages.add(_message(subscription.endpoint, medium, delivery.subject or "", body, now))


def _is_raw(subscription: Subscription) -> bool:
    return str(subscription.attributes.get("RawMessageDelivery", "")).lower() == "true"


def _message(to: str, medium: str, subject: str, body: str, now: datetime) -> Message:
    return Message(
        id=str(uuid.uuid4()),
        to=to,
        medium=medium,
        subject=subject,
        body=body,
        trigger_source="SNS",
        pool="",
        username="",
        sent_at=now,
    )


def _notification(delivery: _Delivery, now: datetime) -> dict[str, Any]:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html"""
    topic_arn = delivery.subscription.topic.arn
    told: dict[str, Any] = {
        "Type": "Notification",
        "MessageId": delivery.message_id,
        "TopicArn": topic_arn,
        **({"Subject": delivery.subject} if delivery.subject else {}),
        "Message": delivery.message,
        "Timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
        "SignatureVersion": "1",
        "Signature": "",
        "SigningCertURL": "",
        "UnsubscribeURL": "",
    }
    return {**told, "MessageAttributes": delivery.attributes} if delivery.attributes else told


def _event(delivery: _Delivery, now: datetime) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html"""
    told = _notification(delivery, now)
    sns = {
        **told,
        "Subject": delivery.subject,
        "SigningCertUrl": told["SigningCertURL"],
        "UnsubscribeUrl": told["UnsubscribeURL"],
        "MessageAttributes": delivery.attributes,
    }
    del sns["SigningCertURL"], sns["UnsubscribeURL"]
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": delivery.subscription.arn,
        "Sns": sns,
    }
    return {"Records": [record]}
