"""What STS gives besides keys of roles: tokens for other parties, and the two ways in that need another account."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from poolhouse.call import Call
from poolhouse.principal import Principal
from poolhouse.sts.errors import (
    AccessDenied,
    ExpiredTradeInTokenException,
    OutboundWebIdentityFederationDisabledException,
    SessionDurationEscalationException,
    ValidationError,
)
from poolhouse.web_identity import outbound

Request = Mapping[str, Any]

_ALGORITHMS = ("RS256", "ES384")
_DEFAULT = 300  # seconds


def get_web_identity_token(call: Call, request: Request) -> dict[str, object]:
    """A token that says to others who the caller is. IAM User Guide, "Understanding token claims"."""
    identifier, is_enabled = call.authority.outbound_federation()
    if not is_enabled:
        raise OutboundWebIdentityFederationDisabledException
    algorithm = request["SigningAlgorithm"]
    if algorithm not in _ALGORITHMS:
        raise ValidationError(f"SigningAlgorithm must be one of {', '.join(_ALGORITHMS)}.")  # a guess
    ends = call.now + timedelta(seconds=int(request.get("DurationSeconds") or _DEFAULT))
    kept = call.store.access_keys.find(id=call.principal.access_key_id)
    if kept is not None and kept.expires_at is not None and ends > kept.expires_at:
        raise SessionDurationEscalationException
    audiences = list(request["Audience"])
    claims = {
        "iss": outbound.issuer(call, identifier),
        "aud": audiences[0] if len(audiences) == 1 else audiences,
        "sub": _subject(call.principal),
        "iat": int(call.now.timestamp()),
        "exp": int(ends.timestamp()),
        "jti": call.new_id(),
        "https://sts.amazonaws.com/": _aws_claims(call, request),
    }
    return {"WebIdentityToken": outbound.sign(call, claims, algorithm), "Expiration": ends}


def assume_root(call: Call, request: Request) -> dict[str, object]:
    """For the management account of an organization, of which this account has none."""
    target = str(request["TargetPrincipal"]).removeprefix("arn:aws:iam::").partition(":")[0]
    raise AccessDenied(
        f"User: {call.principal.arn} is not authorized to perform: sts:AssumeRoot on resource: "
        f"arn:aws:iam::{target}:root"
    )


def get_delegated_access_token(_call: Call, _request: Request) -> dict[str, object]:
    """For trade-in tokens that an owner of another account has given: there is nobody here who could."""
    raise ExpiredTradeInTokenException


def _subject(principal: Principal) -> str:
    """The IAM principal behind a session."""
    is_of_role = principal.kind == "role_session" and principal.session is not None
    return principal.session.role_arn if is_of_role and principal.session is not None else principal.arn


def _aws_claims(call: Call, request: Request) -> dict[str, object]:
    told: dict[str, object] = {"aws_account": call.account_id, "source_region": call.region}
    session = call.principal.session
    tags = call.authority.principal_tags(call.principal)
    if tags:
        told["principal_tags"] = tags
    if session is not None and session.source_identity:
        told["source_identity"] = session.source_identity
    if request.get("Tags"):
        told["request_tags"] = {one["Key"]: one["Value"] for one in request["Tags"]}
    return told
