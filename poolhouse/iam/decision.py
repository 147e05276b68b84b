"""What was decided, as data, and the sentence a client is refused with.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from dataclasses import dataclass
from enum import StrEnum

from poolhouse.iam.document import Statement


class Outcome(StrEnum):
    """How a request ends."""

    ALLOWED = "allowed"
    IMPLICITLY_DENIED = "implicitly denied"
    EXPLICITLY_DENIED = "explicitly denied"


class Kind(StrEnum):
    """The kinds of policies, as AWS's refusals call them."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    SESSION = "session policy"
    BOUNDARY = "permissions boundary"
    TRUST = "role trust policy"


@dataclass(frozen=True, slots=True)
class Decided:
    """A statement that decided, and the policy it stands in."""

    kind: Kind
    policy: str
    statement: Statement


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome and what it comes from.

    `by` holds the statements that allowed or denied; it is empty for an implicit denial, which is `missing` an allow of
    that kind, and for the account's root user.
    """

    outcome: Outcome
    by: tuple[Decided, ...] = ()
    missing: Kind | None = None

    @property
    def is_allowed(self) -> bool:
        """Whether the request may go on."""
        return self.outcome is Outcome.ALLOWED

    def reason(self, action: str) -> str:
        """The end of AWS's sentence; empty where the request was allowed."""
        if self.outcome is Outcome.EXPLICITLY_DENIED:
            kind = self.by[0].kind
            article = "the" if kind is Kind.TRUST else "an" if kind is Kind.IDENTITY else "a"
            return f"with an explicit deny in {article} {kind}"
        return f"because no {self.missing} allows the {action} action" if self.missing else ""


def sentence(arn: str, action: str, resource: str, decision: Decision, *, is_quoted: bool = False) -> str:
    """What a client is told. S3 puts the resource in quotes."""
    shown = f'"{resource}"' if is_quoted else resource
    return f"User: {arn} is not authorized to perform: {action} on resource: {shown} {decision.reason(action)}".rstrip()
