"""From a request and the policies in play to a decision.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html and, for
another account's resources, ..._policy-eval-basics.html and reference_policies_evaluation-logic-cross-account.html.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from poolhouse.iam.context import Context
from poolhouse.iam.decision import Decided, Decision, Kind, Outcome
from poolhouse.iam.document import Policy
from poolhouse.iam.principal import Grant, Requester


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: one action on one resource ("*" for actions that have none), by somebody."""

    requester: Requester
    action: str
    resource: str
    context: Context


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies in play.

    `session` is None where no session policy was given, which is not the same as one that allows nothing; likewise
    `boundary`. `acl` are S3's grants as statements. `resource_account_id` is whose the resource is; empty means the
    requester's own. Where `resource_must_allow`, as for KMS keys and roles that are assumed, nothing goes without the
    resource's own policy.
    """

    identity: Sequence[Policy] = ()
    session: Sequence[Policy] | None = None
    boundary: Policy | None = None
    resource: Policy | None = None
    acl: Policy | None = None
    resource_account_id: str = ""
    resource_must_allow: bool = False
    resource_kind: Kind = Kind.RESOURCE

    def by_kind(self) -> Iterator[tuple[Kind, Policy]]:
        """All of them, in the order in which a denial is looked for."""
        if self.resource is not None:
            yield self.resource_kind, self.resource
        if self.acl is not None:
            yield self.resource_kind, self.acl
        if self.boundary is not None:
            yield Kind.BOUNDARY, self.boundary
        for policy in self.session or ():
            yield Kind.SESSION, policy
        for policy in self.identity:
            yield Kind.IDENTITY, policy


def evaluate(request: Request, policies: Policies) -> Decision:
    """Decide. A denial anywhere wins; otherwise each kind of policy in play has its say."""
    denied, allowed = _statements(request, policies)
    if denied:
        return Decision(Outcome.EXPLICITLY_DENIED, tuple(denied))
    missing = _missing(request, policies, allowed)
    if missing is not None:
        return Decision(Outcome.IMPLICITLY_DENIED, missing=missing)
    return Decision(Outcome.ALLOWED, tuple(decided for decided, _ in allowed))


Allowed = list[tuple[Decided, Grant]]


def _statements(request: Request, policies: Policies) -> tuple[list[Decided], Allowed]:
    denied: list[Decided] = []
    allowed: Allowed = []
    for kind, policy in policies.by_kind():
        for statement in policy.about(request.action):
            if not statement.is_on(request.resource, request.context):
                continue
            grant = statement.grant(request.requester)
            if not grant or not statement.holds(request.context):
                continue
            decided = Decided(kind, policy.name, statement)
            if statement.is_allow:
                allowed.append((decided, grant))
            else:
                denied.append(decided)
    return denied, allowed


def _missing(request: Request, policies: Policies, allowed: Allowed) -> Kind | None:
    """The kind of policy whose allow is missing; None where none is.

    Within one account a resource's policy is enough by itself: all the way for a user or a session it names, up to the
    boundary and the session's own policies for a role it names or for everybody. Naming the account only passes it on.
    """
    kinds = {decided.kind for decided, _ in allowed}
    grant = max((grant for decided, grant in allowed if decided.kind is policies.resource_kind), default=Grant.NOTHING)
    requester = request.requester
    if requester.kind in ("service", "federated", "anonymous"):
        return None if grant else policies.resource_kind
    if policies.resource_account_id not in ("", requester.account_id):
        return policies.resource_kind if not grant else _missing_of_own(requester, policies, kinds)
    if policies.resource_must_allow and not grant:
        return policies.resource_kind
    if grant is Grant.ITSELF or requester.kind == "root":
        return None
    if grant is Grant.ROLE:
        return None if requester.kind == "user" else _missing_limits(policies, kinds)
    return _missing_of_own(requester, policies, kinds)


def _missing_of_own(requester: Requester, policies: Policies, kinds: set[Kind]) -> Kind | None:
    """What the requester's own account leaves out."""
    if requester.kind == "root":
        return None
    if Kind.IDENTITY not in kinds:
        return Kind.IDENTITY
    return _missing_limits(policies, kinds)


def _missing_limits(policies: Policies, kinds: set[Kind]) -> Kind | None:
    """The limit that was set and allows nothing of this."""
    if policies.boundary is not None and Kind.BOUNDARY not in kinds:
        return Kind.BOUNDARY
    if policies.session is not None and Kind.SESSION not in kinds:
        return Kind.SESSION
    return None
