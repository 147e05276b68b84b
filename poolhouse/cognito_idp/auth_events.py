"""What users of a pool with threat protection did, and what is said of it."""

from collections.abc import Mapping
from typing import Any

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import AuthEvent, User, UserPool
from poolhouse.cognito_idp.errors import NotAuthorizedException, ResourceNotFoundException
from poolhouse.cognito_idp.flows import find, pages, threat_protection
from poolhouse.store import Store, Tx

Request = Mapping[str, Any]


def admin_list_user_auth_events(call: Call, request: Request) -> dict[str, object]:
    """A user's events by page, the newest first."""
    pool, user = _addressed(call, request)
    question = f"AdminListUserAuthEvents:{pool.id}:{user.username}"
    after, limit = pages.parse(call, question, request.get("NextToken")), request.get("MaxResults") or pages.MOST
    order = ("created_at",)
    events = call.store.auth_events.list(
        pool_id=pool.id, username=user.username, order=order, after=after, limit=limit + 1, descending=True
    )
    response: dict[str, object] = {"AuthEvents": [_type(event) for event in events[:limit]]}
    if len(events) > limit:
        position = call.store.auth_events.position(events[limit - 1], order)
        response["NextToken"] = pages.token(call, question, position)
    return response


def admin_update_auth_event_feedback(call: Call, request: Request) -> dict[str, object]:
    """An administrator says whether an event was the user's own doing."""
    pool, user = _addressed(call, request)
    with call.store.write() as tx:
        event = _get(tx, pool, user, request["EventId"])
        tx.auth_events.put(threat_protection.with_feedback(call, event, request["FeedbackValue"], "Admin"))
    return {}


def update_auth_event_feedback(call: Call, request: Request) -> dict[str, object]:
    """A user says it, by the token that a mail about the event carried."""
    pool, user = _addressed(call, request)
    with call.store.write() as tx:
        event = _get(tx, pool, user, request["EventId"])
        if not threat_protection.is_feedback_token(call, event, request["FeedbackToken"]):
            raise NotAuthorizedException("Invalid feedback token.")  # the sentence is a guess
        tx.auth_events.put(threat_protection.with_feedback(call, event, request["FeedbackValue"], "User"))
    return {}


def _addressed(call: Call, request: Request) -> tuple[UserPool, User]:
    pool = find.pool(call, request["UserPoolId"])
    threat_protection.check_enabled(pool)
    return pool, find.user(call, pool, request["Username"])


def _get(tables: Store | Tx, pool: UserPool, user: User, event_id: str) -> AuthEvent:
    event = tables.auth_events.find(pool_id=pool.id, username=user.username, id=event_id)
    if event is None:
        raise ResourceNotFoundException(f"Event {event_id} does not exist.")  # the sentence is a guess
    return event


def _type(event: AuthEvent) -> dict[str, object]:
    shape: dict[str, object] = {
        "EventId": event.id,
        "EventType": event.kind,
        "CreationDate": event.created_at,
        "EventResponse": event.response,
        "EventRisk": {
            "RiskDecision": "Block" if event.is_risk else "NoRisk",
            **({"RiskLevel": "High"} if event.is_risk else {}),
            "CompromisedCredentialsDetected": event.is_compromised,
        },
        "ChallengeResponses": [
            {"ChallengeName": name, "ChallengeResponse": response} for name, response in event.challenges.items()
        ],
        "EventContextData": {"IpAddress": event.ip, "DeviceName": event.device},
    }
    if event.feedback and event.feedback_at is not None:
        shape["EventFeedback"] = {
            "FeedbackValue": event.feedback,
            "Provider": event.feedback_by,
            "FeedbackDate": event.feedback_at,
        }
    return shape
