"""One request on its way through the gateway: what the event, the templates and the log are made from."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from poolhouse.apigateway import callers, times
from poolhouse.apigateway.entities import RestApi
from poolhouse.apigateway.routes import Match
from poolhouse.call import Call
from poolhouse.iam.document import Policy
from poolhouse.principal import Principal
from poolhouse.web import Request


@dataclass(frozen=True)
class Exchange:
    """A request to a stage of an API. `match` is None until its method is found, `claims` until it is authorized."""

    call: Call
    request: Request
    api: RestApi
    stage: str
    match: Match | None = None
    claims: Mapping[str, str] | None = None
    custom: Mapping[str, object] | None = None  # what a Lambda authorizer has said of the caller
    principal: Principal | None = None  # who signed it, for methods that are AWS_IAM
    policy: Policy | None = None  # the API's resource policy

    @cached_property
    def extended_request_id(self) -> str:
        """Fifteen characters and a =, as in x-amz-apigw-id."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.call.request_id.encode()).digest()[:11]).decode()

    @cached_property
    def trace_id(self) -> str:
        """X-Ray's header as the client sent it, or a new one."""
        digest = hashlib.sha256(self.call.request_id.encode()).hexdigest()
        made = f"Root=1-{int(self.call.now.timestamp()):08x}-{digest[:24]}"
        return self.request.header("x-amzn-trace-id") or made

    @property
    def path(self) -> str:
        """The path without the stage; leading slashes are collapsed, a trailing one is kept (recorded against AWS)."""
        return "/" + self.request.path.lstrip("/")

    @property
    def stage_path(self) -> str:
        """The path with the stage, as it was sent."""
        return f"/{self.stage}{self.request.path}"

    @property
    def domain_name(self) -> str:
        """The host AWS gives this API."""
        return f"{self.api.id}.execute-api.{self.call.region}.amazonaws.com"

    @property
    def stage_variables(self) -> Mapping[str, str] | None:
        """The stage's variables, None when it has none."""
        return self.api.stages.get(self.stage, {}).get("Variables") or None

    @property
    def deployment_id(self) -> str:
        """The stage's deployment; where the template gave none, an id that changes with the API."""
        given = self.api.stages.get(self.stage, {}).get("DeploymentId")
        changed = f"{self.api.id}{self.api.modified_at.isoformat()}"
        return str(given) if given else hashlib.sha256(changed.encode()).hexdigest()[:6]

    @property
    def api_arn(self) -> str:
        """The API, as policies of execute-api begin."""
        return f"arn:aws:execute-api:{self.call.region}:{self.call.account_id}:{self.api.id}"

    @property
    def source_arn(self) -> str:
        """The method as a function's resource policy names it."""
        resource = self.match.method.resource if self.match else self.path
        return f"{self.api_arn}/{self.stage}/{self.request.method}{resource}"

    @property
    def method_arn(self) -> str:
        """What is invoked, as policies name it: the path itself, not its template."""
        return f"{self.api_arn}/{self.stage}/{self.request.method}{self.path}"

    @cached_property
    def identity(self) -> dict[str, str | None]:
        """Who called, as events and templates have it."""
        return callers.identity(self.principal, self.request)

    def context(self) -> dict[str, str]:
        """The $context variables that templates may name."""
        request = self.request
        variables = {
            "accountId": self.call.account_id,
            "apiId": self.api.id,
            "domainName": self.domain_name,
            "domainPrefix": self.api.id,
            "extendedRequestId": self.extended_request_id,
            "httpMethod": request.method,
            **{f"identity.{name}": value or "" for name, value in self.identity.items()},
            "path": self.stage_path,
            "protocol": f"HTTP/{request.http_version}",
            "requestId": self.call.request_id,
            "requestTime": times.request_time(self.call.now),
            "requestTimeEpoch": str(times.epoch_milliseconds(self.call.now)),
            "stage": self.stage,
        }
        if self.match is not None:
            variables |= {"resourceId": self.match.method.resource_id, "resourcePath": self.match.method.resource}
        claims = {f"authorizer.claims.{name}": text for name, text in (self.claims or {}).items()}
        custom = {f"authorizer.{name}": str(value) for name, value in (self.custom or {}).items()}
        return variables | claims | custom
