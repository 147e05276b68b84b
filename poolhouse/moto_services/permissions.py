"""Whether the policy of a queue or a topic lets another service in."""

from poolhouse.iam import document
from poolhouse.iam.context import Context
from poolhouse.iam.decision import Outcome
from poolhouse.iam.evaluate import Policies, Request, evaluate
from poolhouse.iam.principal import Requester


def lets_in(policy: str, action: str, arn: str, *, service: str, source_arn: str, account_id: str) -> bool:
    """Whether a policy (JSON, empty for none) allows a service an action on this ARN, on behalf of a resource.

    `account_id` is whose the resource is where its own ARN names none, as a bucket's.
    """
    if not policy:
        return False
    account = (f"{source_arn}:::::".split(":"))[4] or account_id
    context = Context({"aws:SourceArn": source_arn, "aws:SourceAccount": account})
    asked = Request(Requester("service", name=service), action, arn, context)
    policies = Policies(resource=document.parse(policy, f"policy of {arn}"), resource_must_allow=True)
    return evaluate(asked, policies).outcome is Outcome.ALLOWED
