"""What one operation may touch: the clock, the principal, the store, functions and the outbox, and nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from poolhouse.iam.decision import Decision
from poolhouse.principal import OpenIdProvider, Principal, Role

if TYPE_CHECKING:
    from poolhouse.files import Files
    from poolhouse.iam.document import Policy
    from poolhouse.jobs import Job
    from poolhouse.jose.keys import KeyPair
    from poolhouse.outbox.entities import Message
    from poolhouse.store import Store


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a function answered: `payload` when it returned, `error` when it raised or died.

    `error` is Lambda's own error document: errorMessage, errorType, and perhaps stackTrace.
    """

    payload: bytes = b"null"
    error: Mapping[str, Any] | None = None


class InvokeRefused(Exception):
    """Lambda would not run the function; `code` is its error's name, such as AccessDeniedException."""

    def __init__(self, code: str, message: str = "") -> None:
        self.code = code
        super().__init__(message or code)


class InvokeTimeout(Exception):
    """The function did not answer within the time the invoking service allows."""


class Invoke(Protocol):
    """Run a function synchronously for an AWS service. Refuses to run inside a store write block.

    `service` is the invoking service principal ("cognito-idp.amazonaws.com"), `source_arn` the resource it acts for:
    both are held against the function's resource policy. `timeout` is how long the service waits, None for no limit
    but the function's own. Raises InvokeRefused and InvokeTimeout.
    """

    def __call__(
        self,
        function_arn: str,
        event: bytes,
        *,
        service: str,
        source_arn: str,
        timeout: timedelta | None = None,
    ) -> Invocation: ...


class InvokeLater(Protocol):
    """Have a function run for an AWS service that does not wait. Raises InvokeRefused when it may not be run."""

    def __call__(self, function_arn: str, event: bytes, *, service: str, source_arn: str) -> None: ...


class Operate(Protocol):
    """Ask another AWS service of this cloud, as the service the call is of. Raises that service's ApiError."""

    def __call__(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]: ...


class Authority(Protocol):
    """IAM's say in what a service does for somebody."""

    def role(self, arn: str) -> Role | None:
        """The role of this ARN; None for none of this account."""

    def is_managed_policy(self, arn: str) -> bool:
        """Whether there is a managed policy of this ARN."""

    def openid_provider(self, url: str) -> OpenIdProvider | None:
        """The OpenID Connect provider of this URL (without https://); None for none."""

    def saml_metadata(self, arn: str) -> str | None:
        """The metadata of the SAML provider of this ARN; None for none."""

    def outbound_federation(self) -> tuple[str, bool]:
        """The id of the account's own issuer, empty before it has one, and whether it may vouch for principals."""

    def principal_tags(self, principal: Principal) -> dict[str, str]:
        """The tags of a principal: those of its user or role, and its session's."""

    def service_may(self, call: "Call", service: str, role_arn: str, action: str, resource: str) -> bool:
        """Whether a service may do something by a role, which must trust it and be allowed that."""

    def decide(
        self, call: "Call", action: str, resource: str, keys: Mapping[str, Any], *, policy: "Policy | None" = None
    ) -> Decision:
        """Whether the call's principal may do this, by their own policies and the resource's, which may be given."""

    def decide_by_trust(
        self, call: "Call", action: str, role_arn: str, keys: Mapping[str, Any], *, provider: str = ""
    ) -> Decision:
        """Whether a role may be assumed, by its trust policy: by the call's principal, or by who came from a provider.

        `provider` is what trust policies call it, such as "cognito-identity.amazonaws.com".
        """


@dataclass(frozen=True, slots=True)
class Call:
    """The surroundings of one operation. `now` is aware UTC and fixed for the whole call."""

    now: datetime
    principal: Principal
    account_id: str
    region: str
    request_id: str
    origin: str  # where clients reach this cloud, such as http://localhost:4566
    issuer_base: str  # a pool's issuer is this, a slash and the pool's id
    store: "Store"
    invoke: Invoke
    invoke_later: InvokeLater
    operate: Operate
    authority: Authority
    deliver: "Callable[[Message], None]"
    new_id: Callable[[], str]  # a fresh UUID in text
    new_key: "Callable[[], KeyPair]"  # a key pair that no one else has; takes long
    files: "Files"
    start_job: "Callable[[str, Callable[[Job], None]], None]"
    source_ip: str = "127.0.0.1"
    user_agent: str = ""
    provider_addresses: Mapping[str, str] = field(default_factory=dict)  # where providers are asked that are elsewhere

    def of(self, principal: Principal) -> "Call":
        """The same surroundings for another principal."""
        return replace(self, principal=principal)
