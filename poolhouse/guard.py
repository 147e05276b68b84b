"""The one check of every signed call: which policies are in play, and what they decide.

What a call asks for is said by `requests`, who signed it by the principal, what they hold by IAM's records. The
account's root user needs no policy, and neither do keys that were not issued here, which act as root. Every decision
is kept for a while, for whoever wants to know why.
"""

import itertools
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from poolhouse.call import Call
from poolhouse.errors import AccessDeniedException
from poolhouse.iam import document
from poolhouse.iam.context import Context, Value
from poolhouse.iam.decision import Decision, Kind, sentence
from poolhouse.iam.document import Policy
from poolhouse.iam.errors import MalformedPolicy
from poolhouse.iam.evaluate import Policies, Request, evaluate
from poolhouse.iam.explain import explain
from poolhouse.iam.principal import Requester
from poolhouse.moto_services import MotoServices
from poolhouse.moto_services.entities import Access
from poolhouse.moto_services.holdings import Document, Holdings
from poolhouse.principal import OpenIdProvider, Principal, Role
from poolhouse.requests import s3, services
from poolhouse.requests.asked import CALLER, Asked, Scope

_S3 = "arn:aws:s3:::"
_ROOT_TOO = frozenset({"s3"})  # what a bucket policy denies everybody, it denies the root user
_KEPT, _SHOWN = 1000, 100  # decisions
_ALLOW_ALL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
_DENY_ALL = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
_TYPES = {"root": "Account", "user": "User", "role_session": "AssumedRole", "federated_user": "FederatedUser"}


@dataclass(frozen=True, slots=True)
class Record:
    """A decision, and all it came from."""

    request_id: str
    at: datetime
    request: Request
    policies: Policies
    decision: Decision


class Guard:
    """Decides for one cloud."""

    def __init__(
        self,
        moto: MotoServices,
        *,
        account_id: str,
        region: str,
        mail_identity: Callable[[str], str] = str,
        function_policy: Callable[[str], str] = lambda _arn: "",
    ) -> None:
        self._moto = moto
        self._function_policy = function_policy
        self._scope = Scope(
            account_id,
            region,
            partition_key=moto.partition_key,
            kms_key=self._key_arn,
            secret=moto.secret,
            parameter_keys=moto.parameter_keys,
            mail_identity=mail_identity,
            iam_arn=self._iam_arn,
        )
        self._held: dict[str, tuple[int, Holdings | None]] = {}
        self._records: deque[Record] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    def allow(self, call: Call, service: str, operation: str, read: Callable[[], Mapping[str, Any]]) -> None:
        """Return when the call's principal may do this. Raises AccessDeniedException."""
        if call.principal.kind == "root" and service not in _ROOT_TOO:
            return
        if not operation:  # what is no operation is refused by whoever looks for it
            return
        for asked in services.asked(service, operation, read(), self._scope):
            named = _with_caller(asked, call.principal)
            decision = self.decide(call, named.action, named.resource, named.keys)
            if decision.is_allowed:
                continue
            if named.refusal:
                raise AccessDeniedException(named.refusal)
            raise self._refusal(call, named.action, named.shown or named.resource, decision)

    def _refusal(self, call: Call, action: str, resource: str, decision: Decision) -> AccessDeniedException:
        """S3 puts the resource in quotes, and says little to who has not signed; SES has a sentence of its own."""
        if call.principal.kind == "anonymous":
            return AccessDeniedException("Access Denied")
        if action.startswith("ses:Send"):
            said = f"User `{call.principal.arn}' is not authorized to perform `{action}' on resource `{resource}'"
            return AccessDeniedException(said)
        is_s3 = action.startswith("s3:")
        said = services.as_said(action)
        return AccessDeniedException(sentence(call.principal.arn, said, resource, decision, is_quoted=is_s3))

    def check(self, call: Call, action: str, resource: str) -> None:
        """Raise AccessDeniedException unless the call's principal may do one more thing."""
        decision = self.decide(call, action, resource, {})
        if not decision.is_allowed:
            raise self._refusal(call, action, resource, decision)

    def decide(
        self, call: Call, action: str, resource: str, keys: Mapping[str, Any], *, policy: Policy | None = None
    ) -> Decision:
        """Decide on one thing the call's principal asks, and keep the decision.

        `policy` is that of a resource which none of the services here keeps.
        """
        if policy is not None:
            side = Policies(resource=policy)
        elif resource.startswith(_S3):
            access = self._access(resource, str(keys.get("s3:VersionId") or ""))
            keys = {**keys, **s3.of_object(action, access.tags)}
            side = _bucket_side(resource, access, call.principal)
        else:
            side = self._resource_side(resource)
        request = Request(self._requester(call.principal), action, resource, self._context(call, keys))
        return self._decided(call, request, self._policies(call.principal, side))

    def role_may(self, role_arn: str, session_name: str, action: str, resource: str) -> bool:
        """Whether a session of a role may do something that nobody asks for in a request: what Lambda does for it."""
        held = self._holdings(role_arn)
        name = role_arn.rpartition("/")[2]
        arn = f"arn:aws:sts::{self._scope.account_id}:assumed-role/{name}/{session_name}"
        requester = Requester("role_session", arn, self._scope.account_id, role_arn=role_arn)
        keys = {"aws:PrincipalArn": role_arn, "aws:PrincipalAccount": self._scope.account_id}
        side = self._resource_side(resource)
        boundary = held.boundary if held is not None else None
        policies = Policies(
            identity=[] if held is None else [_compiled(one.text, one.name) for one in held.policies],
            boundary=None if boundary is None else _compiled(boundary.text, boundary.name),
            resource=side.resource,
            resource_must_allow=side.resource_must_allow,
        )
        return evaluate(Request(requester, action, resource, Context(keys)), policies).is_allowed

    def service_may(self, call: Call, service: str, role_arn: str, action: str, resource: str) -> bool:
        """Whether a service may do something by a role, which must trust it and be allowed that."""
        held = self._holdings(role_arn)
        if held is None:
            return False
        trust = Policies(
            resource=_compiled(held.trust, f"trust policy of {role_arn}"),
            resource_must_allow=True,
            resource_kind=Kind.TRUST,
        )
        keys = {"aws:SourceAccount": call.account_id, "aws:CurrentTime": call.now.isoformat()}
        asked = Request(Requester("service", name=service), "sts:AssumeRole", role_arn, Context(keys))
        is_trusted = self._decided(call, asked, trust).is_allowed
        return is_trusted and self.role_may(role_arn, service.partition(".")[0], action, resource)

    def decide_by_trust(
        self, call: Call, action: str, role_arn: str, keys: Mapping[str, Any], *, provider: str = ""
    ) -> Decision:
        """Decide whether a role may be assumed by the call's principal, or by whoever came from a provider."""
        held = self._holdings(role_arn)
        trust = Policies(
            resource=None if held is None else _compiled(held.trust, f"trust policy of {role_arn}"),
            resource_account_id=f"{role_arn}:::::".split(":")[4],
            resource_must_allow=True,
            resource_kind=Kind.TRUST,
        )
        if provider:
            request = Request(Requester("federated", name=provider), action, role_arn, self._context(call, keys))
            return self._decided(call, request, trust)
        request = Request(self._requester(call.principal), action, role_arn, self._context(call, keys))
        return self._decided(call, request, self._policies(call.principal, trust))

    def role(self, arn: str) -> Role | None:
        """The role of this ARN; None for none of this account."""
        held = self._holdings(arn) if ":role/" in arn else None
        return None if held is None else Role(held.id, held.arn, held.arn.rpartition("/")[2], held.longest_session)

    def is_managed_policy(self, arn: str) -> bool:
        """Whether there is a managed policy of this ARN."""
        return self._moto.iam.managed_policy(arn) is not None

    def openid_provider(self, url: str) -> OpenIdProvider | None:
        """The OpenID Connect provider of this URL (without https://); None for none."""
        found = self._moto.iam.openid_provider(url)
        return None if found is None else OpenIdProvider(*found)

    def saml_metadata(self, arn: str) -> str | None:
        """The metadata of the SAML provider of this ARN; None for none."""
        return self._moto.iam.saml_metadata(arn)

    def outbound_federation(self) -> tuple[str, bool]:
        """The id of the account's own issuer, empty before it has one, and whether it may vouch for principals."""
        return self._moto.iam.outbound_federation()

    def principal_tags(self, principal: Principal) -> dict[str, str]:
        """The tags of a principal: those of its user or role, and its session's."""
        session, held = principal.session, self._held_by(principal)
        return {**(held.tags if held is not None else {}), **(session.tags if session is not None else {})}

    def _decided(self, call: Call, request: Request, policies: Policies) -> Decision:
        decision = evaluate(request, policies)
        self._records.append(Record(call.request_id, call.now, request, policies, decision))
        return decision

    def _resource_side(self, arn: str) -> Policies:
        """What the policy of the resource itself has to say. Without a key's policy nobody may use it, root neither."""
        _, _, service, *_ = f"{arn}:::".split(":")
        if service == "s3":
            return _bucket_side(arn, self._access(arn, ""), None)
        text = self._function_policy(arn) if service == "lambda" else self._moto.policy(service, arn)
        policy = _compiled(text, f"policy of {arn}") if text else None
        return Policies(resource=policy, resource_must_allow=service == "kms")

    def _access(self, arn: str, version: str) -> Access:
        bucket, _, key = arn.removeprefix(_S3).partition("/")
        return self._moto.s3.access(bucket, key, version)

    def _key_arn(self, named: str, ciphertext: str) -> str:
        return self._moto.kms.key_arn(named, ciphertext)

    def _iam_arn(self, kind: str, name: str) -> str:
        return self._moto.iam.arn(kind, name)

    def _requester(self, principal: Principal) -> Requester:
        role_arn = principal.session.role_arn if principal.session is not None else ""
        return Requester(principal.kind, principal.arn, principal.account_id, role_arn=role_arn)

    def _context(self, call: Call, asked: Mapping[str, Any]) -> Context:
        """The condition keys of a request: those of the call, of who makes it, and of what is asked.

        aws:SecureTransport is true: on AWS the same client would come by TLS, which there is none of on loopback.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        """
        principal = call.principal
        keys: dict[str, Value | None] = {
            "aws:CurrentTime": call.now.isoformat(),
            "aws:EpochTime": str(int(call.now.timestamp())),
            "aws:PrincipalAccount": principal.account_id or None,
            "aws:PrincipalArn": principal.arn or None,
            "aws:PrincipalIsAWSService": "false",
            "aws:PrincipalType": _TYPES.get(principal.kind, "Anonymous"),
            "aws:RequestedRegion": call.region,
            "aws:ResourceAccount": call.account_id,
            "aws:SecureTransport": "true",
            "aws:SourceIp": call.source_ip,
            "aws:UserAgent": call.user_agent or None,
            "aws:ViaAWSService": "false",
            "aws:userid": principal.user_id or None,
            **self._of_principal(principal),
            **asked,
        }
        return Context(keys)

    def _of_principal(self, principal: Principal) -> dict[str, Value | None]:
        session = principal.session
        if principal.kind == "user":
            keys: dict[str, Value | None] = {"aws:username": principal.arn.rpartition("/")[2]}
        else:
            keys = {}
        keys |= {f"aws:PrincipalTag/{name}": value for name, value in self.principal_tags(principal).items()}
        if session is not None:
            keys["aws:TokenIssueTime"] = session.issued_at.isoformat()
            keys["aws:MultiFactorAuthPresent"] = "false"
            keys["aws:SourceIdentity"] = session.source_identity or None
            keys |= session.keys
            if principal.kind == "role_session":
                keys["aws:PrincipalArn"] = session.role_arn
        return keys

    def _policies(self, principal: Principal, resource: Policies) -> Policies:
        session, held = principal.session, self._held_by(principal)
        limits: list[Policy] | None = None
        if session is not None and (session.policies is not None or session.policy_arns):
            texts = [Document("session policy", text) for text in session.policies or ()]
            texts += [self._moto.iam.managed_policy(arn) or Document(arn, "") for arn in session.policy_arns]
            limits = [_compiled(one.text, one.name) for one in texts]
        boundary = held.boundary if held is not None else None
        return Policies(
            identity=_identity(principal, held),
            session=limits,
            boundary=None if boundary is None else _compiled(boundary.text, boundary.name),
            resource=resource.resource,
            acl=resource.acl,
            resource_account_id=resource.resource_account_id,
            resource_must_allow=resource.resource_must_allow,
            resource_kind=resource.resource_kind,
        )

    def _held_by(self, principal: Principal) -> Holdings | None:
        """What a principal's user or role holds. A role that was made anew is not the one a session is of."""
        session = principal.session
        held = self._holdings(principal.arn if session is None else session.role_arn)
        if session is None or held is None or principal.kind != "role_session":
            return held
        return held if session.user_id.startswith(f"{held.id}:") else None

    def _holdings(self, arn: str) -> Holdings | None:
        """What a user or role holds; looked up again only when IAM's records may have changed."""
        iam = self._moto.iam
        version, held = self._held.get(arn, (-1, None))
        if version != iam.version:
            version = iam.version  # before reading: a change meanwhile is read again next time
            held = iam.role(arn) if ":role/" in arn else iam.user(arn) if ":user/" in arn else None
            self._held[arn] = (version, held)
        return held

    def forget(self) -> None:
        """Drop what was decided and looked up, because the store was cleared."""
        self._held.clear()
        self._records.clear()

    def explained(self, request_id: str = "") -> list[dict[str, Any]]:
        """The newest decisions first, or those of the request of this id."""
        found = (one for one in reversed(list(self._records)) if request_id in ("", one.request_id))
        return [_record_type(one) for one in itertools.islice(found, _SHOWN)]


def _record_type(record: Record) -> dict[str, Any]:
    """A decision for people: what was asked, how it came out, and every statement with why it did not match."""
    request = record.request
    return {
        "request_id": record.request_id,
        "at": record.at.isoformat(),
        "principal": request.requester.arn or request.requester.kind,
        "action": request.action,
        "resource": request.resource,
        "outcome": record.decision.outcome.value,
        "reason": record.decision.reason(request.action),
        "by": [
            {"kind": one.kind.value, "policy": one.policy, "statement": one.statement.number, "sid": one.statement.sid}
            for one in record.decision.by
        ],
        "statements": [
            {
                "kind": one.kind.value,
                "policy": one.policy,
                "statement": one.number,
                "sid": one.sid,
                "effect": one.effect,
                "matches": not one.unmet,
                "unmet": one.unmet,
            }
            for one in explain(request, record.policies)
        ],
        "context": {key: list(values) for key, values in sorted(request.context.items())},
    }


def _bucket_side(arn: str, access: Access, principal: Principal | None) -> Policies:
    """A bucket's policy, and the public grants of its ACL or its object's."""
    named = arn.removeprefix(_S3)
    policy = _compiled(access.policy, f"policy of bucket {named.partition('/')[0]}") if access.policy else None
    if policy is not None and access.is_restricted and principal is not None and principal.kind == "anonymous":
        policy = policy.denials()
    return Policies(resource=policy, acl=_compiled(access.acl, f"ACL of {named}") if access.acl else None)


def _with_caller(asked: Asked, principal: Principal) -> Asked:
    """What is asked, with the user who asks in place of CALLER; only users are such a resource."""
    if asked.resource != CALLER:
        return asked
    if principal.kind != "user":
        return replace(asked, resource="*")
    return replace(asked, resource=principal.arn, shown=f"user {principal.arn.rpartition('/')[2]}")


def _identity(principal: Principal, held: Holdings | None) -> list[Policy]:
    if principal.session is not None and principal.session.role_arn.endswith(":root"):  # whom the root user vouches for
        return [document.parse(_ALLOW_ALL, "the account's root user")]
    return [] if held is None else [_compiled(one.text, one.name) for one in held.policies]


@lru_cache(maxsize=1024)
def _compiled(text: str, name: str) -> Policy:
    """A document that is no policy is not passed over, lest a denial in it is lost. IAM takes none such."""
    try:
        return document.parse(text, name)
    except MalformedPolicy:
        return document.parse(_DENY_ALL, f"{name}, which is no policy")
