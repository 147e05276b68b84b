"""Assuming roles without AWS keys: by what a provider that the role trusts says of somebody."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from poolhouse.call import Call
from poolhouse.principal import Role
from poolhouse.sts.errors import (
    AccessDenied,
    ExpiredTokenException,
    IDPCommunicationError,
    IDPRejectedClaim,
    InvalidIdentityToken,
    ValidationError,
)
from poolhouse.sts.flows import issue, session_policies
from poolhouse.sts.flows.issue import Issued
from poolhouse.web_identity import saml, tokens
from poolhouse.web_identity.social import Rejected
from poolhouse.web_identity.tokens import Expired, NotReached, NotValid, WebIdentity

Request = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Federated:
    """Somebody from elsewhere, proven: what their provider is called, and what it brings into the session."""

    provider: str
    session_name: str
    keys: Mapping[str, tuple[str, ...]]
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tags: tuple[str, ...] = ()
    source_identity: str = ""


def assume_role_with_web_identity(call: Call, request: Request) -> dict[str, object]:
    """Keys of a role, for whoever a token is of, of a provider that the role trusts."""
    identity = _web_identity(call, request)
    who = _Federated(identity.provider_principal, request["RoleSessionName"], identity.keys, identity.tags)
    role = _trusting(call, "sts:AssumeRoleWithWebIdentity", request["RoleArn"], who)
    issued = _issued(call, request, role, who, issue.seconds(role, request))
    return {
        **issued.response(),
        "SubjectFromWebIdentityToken": identity.subject,
        "Provider": identity.provider_principal,
        "Audience": identity.audience,
    }


def _web_identity(call: Call, request: Request) -> WebIdentity:
    """Who the token is of: an ID token, or with a ProviderId an access token. Sentences of the latter are guesses."""
    text, provider = request["WebIdentityToken"], request.get("ProviderId")
    if provider and provider not in tokens.ACCESS_TOKENS:
        raise ValidationError(f"The provider {provider} is not one whose access tokens are taken.")
    try:
        return tokens.verify_access_token(call, provider, text) if provider else tokens.verify(call, text)
    except Expired as error:
        raise ExpiredTokenException(str(error)) from error
    except NotValid as error:
        raise InvalidIdentityToken(str(error)) from error
    except Rejected as error:
        raise IDPRejectedClaim("The identity provider has rejected the token.") from error
    except NotReached as error:
        raise IDPCommunicationError("The identity provider could not be reached.") from error


def assume_role_with_saml(call: Call, request: Request) -> dict[str, object]:
    """Keys of a role, for whoever a SAML response is of, of a provider that the role trusts."""
    action, role_arn = "sts:AssumeRoleWithSAML", request["RoleArn"]
    try:
        identity = saml.verify(call, request["PrincipalArn"], request["SAMLAssertion"])
        who = _Federated(
            identity.provider_arn,
            identity.session_name,
            identity.keys,
            identity.tags,
            identity.transitive_tags,
            identity.source_identity,
        )
        from_response = identity.session_seconds
    except Expired as error:
        raise ExpiredTokenException(str(error)) from error
    except NotValid as error:
        raise InvalidIdentityToken(str(error)) from error
    if role_arn not in identity.roles:  # the provider does not say that they may have it
        raise AccessDenied(f"Not authorized to perform {action}")
    role = _trusting(call, action, role_arn, who)
    seconds = issue.seconds(role, {"DurationSeconds": from_response, **request})
    ends = identity.assertion.session_ends_at
    if ends is not None:
        seconds = min(seconds, int((ends - call.now).total_seconds()))
        if seconds <= 0:
            raise ExpiredTokenException("Token must be redeemed before its session ends")  # a guess
    issued = _issued(call, request, role, who, seconds)
    return {
        **issued.response(),
        "Subject": identity.assertion.subject,
        "SubjectType": identity.subject_type,
        "Issuer": identity.assertion.issuer,
        "Audience": identity.assertion.recipient,
        "NameQualifier": identity.name_qualifier,
    }


def _trusting(call: Call, action: str, role_arn: str, who: _Federated) -> Role:
    """The role, which trusts them in all that their session brings along. Raises AccessDenied."""
    keys = {
        **who.keys,
        "sts:RoleSessionName": (who.session_name,),
        "sts:SourceIdentity": (who.source_identity,) if who.source_identity else None,
        "sts:TransitiveTagKeys": who.transitive_tags or None,
        "aws:TagKeys": tuple(who.tags) or None,
        **{f"aws:RequestTag/{key}": value for key, value in who.tags.items()},
    }
    wanted = [action]
    if who.tags:
        wanted.append("sts:TagSession")
    if who.source_identity:
        wanted.append("sts:SetSourceIdentity")
    for one in wanted:
        if not call.authority.decide_by_trust(call, one, role_arn, keys, provider=who.provider).is_allowed:
            raise AccessDenied(f"Not authorized to perform {one}")
    role = call.authority.role(role_arn)
    if role is None:
        raise AccessDenied(f"Not authorized to perform {action}")
    return role


def _issued(call: Call, request: Request, role: Role, who: _Federated, seconds: int) -> Issued:
    policies = session_policies.parse(call, request)
    made = issue.role_session(
        call,
        role,
        who.session_name,
        seconds=seconds,
        policies=policies,
        tags=who.tags,
        transitive_tags=who.transitive_tags,
        source_identity=who.source_identity,
        keys={**who.keys, "aws:FederatedProvider": (who.provider,)},
    )
    return Issued(made, policies.packed_size, who.source_identity)
