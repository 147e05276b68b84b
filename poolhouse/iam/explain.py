"""Why a decision came out as it did: every statement in play, and what each did not match by."""

from collections.abc import Iterator
from dataclasses import dataclass

from poolhouse.iam.decision import Kind
from poolhouse.iam.document import Statement
from poolhouse.iam.evaluate import Policies, Request


@dataclass(frozen=True, slots=True)
class Looked:
    """One statement, held against a request. `unmet` is empty for one that matched."""

    kind: Kind
    policy: str
    number: int
    sid: str
    effect: str
    unmet: str


def explain(request: Request, policies: Policies) -> list[Looked]:
    """Each statement of each policy in play, in the order they were read."""
    return [
        Looked(
            kind=kind,
            policy=policy.name,
            number=statement.number,
            sid=statement.sid,
            effect="Allow" if statement.is_allow else "Deny",
            unmet=next(_unmet(statement, request), ""),
        )
        for kind, policy in policies.by_kind()
        for statement in policy.statements
    ]


def _unmet(statement: Statement, request: Request) -> Iterator[str]:
    """What a statement does not match by, the first thing first."""
    if not statement.is_about(request.action):
        name = "NotAction" if statement.not_action else "Action"
        yield f"{name} {_shown(statement.actions)} is not about {request.action}"
    if not statement.grant(request.requester):
        yield f"its Principal does not name {request.requester.arn or request.requester.name or request.requester.kind}"
    if not statement.is_on(request.resource, request.context):
        name = "NotResource" if statement.not_resource else "Resource"
        yield f"{name} {_shown(statement.resources)} does not take in {request.resource}"
    for condition in statement.conditions:
        if not condition.holds(request.context):
            values = request.context.get(condition.looked_up)
            had = f"was {_shown(values)}" if values else "was absent"
            yield f"{condition.name}: {condition.key} {had}, wanted {_shown(condition.wanted)}"


def _shown(values: tuple[str, ...]) -> str:
    return ", ".join(values)
