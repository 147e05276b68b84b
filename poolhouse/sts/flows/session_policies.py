"""Session policies and tags as a request gives them: checked, and how much of their space they take."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from poolhouse.call import Call
from poolhouse.iam import document
from poolhouse.iam.errors import MalformedPolicy
from poolhouse.sts.errors import MalformedPolicyDocument, PackedPolicyTooLarge, ValidationError

_MOST_CHARACTERS = 2048  # of the plain text; how AWS packs it is its own
_MOST_ARNS = 10


@dataclass(frozen=True, slots=True)
class SessionPolicies:
    """`inline` is None and `arns` empty where no session policy was given. `packed_size` in per cent, None then."""

    inline: tuple[str, ...] | None
    arns: tuple[str, ...]
    packed_size: int | None

    @property
    def were_given(self) -> bool:
        return self.inline is not None or bool(self.arns)


def parse(call: Call, request: Mapping[str, Any]) -> SessionPolicies:
    """The Policy, PolicyArns and Tags of a request.

    Raises MalformedPolicyDocument, PackedPolicyTooLarge, and ValidationError for managed policies that are not there.
    """
    policy, tags = request.get("Policy"), request.get("Tags") or ()
    arns = tuple(str(one["arn"]) for one in request.get("PolicyArns") or () if one.get("arn"))
    if policy:
        try:
            document.parse(policy)
        except MalformedPolicy as error:
            raise MalformedPolicyDocument(str(error)) from error
    if len(arns) > _MOST_ARNS:
        raise ValidationError(f"You can only pass up to {_MOST_ARNS} managed policy ARNs.")  # a guess
    for arn in arns:
        if not call.authority.is_managed_policy(arn):
            raise ValidationError(f"The specified policy {arn} does not exist.")  # a guess
    characters = sum(map(len, (policy or "", *arns, *(one["Key"] + one["Value"] for one in tags))))
    size = math.ceil(100 * characters / _MOST_CHARACTERS)
    if size > 100:
        raise PackedPolicyTooLarge(f"Packed size of session policies consumes {size}% of allotted space.")
    return SessionPolicies((policy,) if policy else None, arns, size or None)
