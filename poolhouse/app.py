"""The composition root: the one module that knows every part, and puts them together into a `Cloud`."""

import functools
import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote

from poolhouse import aside, operate
from poolhouse.apigateway.gateway import Gateway
from poolhouse.call import Call, Invocation
from poolhouse.clock import Clock
from poolhouse.cognito_identity import credentials, developers, identities, published
from poolhouse.cognito_identity import pools as identity_pools
from poolhouse.cognito_idp import (
    attributes,
    auth_events,
    auth_factors,
    branding,
    client_secrets,
    clients,
    derived_tokens,
    devices,
    domains,
    errors,
    groups,
    identity_providers,
    import_files,
    imports,
    invitations,
    linked_identities,
    log_delivery,
    mfa,
    passkeys,
    pools,
    provisioned_limits,
    recovery,
    replicas,
    resource_servers,
    risk_configuration,
    sessions,
    sign_in,
    sign_up,
    signing_certificate,
    terms,
    tokens,
    ui_customization,
    user_sessions,
    users,
)
from poolhouse.cognito_idp.flows import user_import
from poolhouse.cognito_sync import bulk_publish, datasets, records, usage
from poolhouse.cognito_sync import devices as sync_devices
from poolhouse.cognito_sync import pools as sync_pools
from poolhouse.config import Config
from poolhouse.control import Control
from poolhouse.errors import AccessDeniedException, NotImplementedException
from poolhouse.faults import Faults
from poolhouse.files import Files
from poolhouse.front import doors
from poolhouse.guard import Guard
from poolhouse.jobs import Jobs
from poolhouse.jose import keys
from poolhouse.jose.keys import KeyPair
from poolhouse.lambdas import operations as lambda_operations
from poolhouse.lambdas.entities import Function
from poolhouse.lambdas.event_sources import EventSources
from poolhouse.lambdas.functions import Functions
from poolhouse.lambdas.queue import FunctionQueue
from poolhouse.moto_services.services import MotoServices
from poolhouse.oauth import server as authorization_server
from poolhouse.outbox import mailbox
from poolhouse.principal import ANONYMOUS, Principal
from poolhouse.ses import identities as mail_identities
from poolhouse.ses import v1 as ses_v1
from poolhouse.ses import v2 as ses_v2
from poolhouse.store import Store
from poolhouse.sts import callers, federated, outbound, roles
from poolhouse.sts import keys as sts_keys
from poolhouse.template.deploy import Deployed, deploy
from poolhouse.web import Request, Response
from poolhouse.web_identity import outbound as outbound_keys
from poolhouse.wire import buckets
from poolhouse.wire.dispatch import Dispatcher, new_id
from poolhouse.wire.service import collect
from poolhouse.wire.sigv4 import Verifier

_COGNITO_IDP: tuple[ModuleType, ...] = (
    attributes,
    auth_events,
    auth_factors,
    branding,
    client_secrets,
    clients,
    derived_tokens,
    devices,
    domains,
    errors,
    groups,
    identity_providers,
    imports,
    invitations,
    linked_identities,
    log_delivery,
    mfa,
    passkeys,
    pools,
    provisioned_limits,
    recovery,
    replicas,
    resource_servers,
    risk_configuration,
    sessions,
    sign_in,
    sign_up,
    signing_certificate,
    terms,
    tokens,
    ui_customization,
    user_sessions,
    users,
)
_STS = (callers, sts_keys, roles, federated, outbound)
_COGNITO_IDENTITY = (credentials, developers, identities, identity_pools)
_COGNITO_SYNC = (bulk_publish, datasets, records, sync_devices, sync_pools, usage)
SERVICES = (
    collect("cognito-idp", _COGNITO_IDP),
    collect("cognito-identity", _COGNITO_IDENTITY),
    collect("cognito-sync", _COGNITO_SYNC),
    collect("sts", _STS),
    collect("ses", (ses_v1,)),
    collect("sesv2", (ses_v2,)),
)

_function_log = logging.getLogger("poolhouse.functions")


class Cloud:
    """One local cloud. `handle` answers at the AWS endpoint, `handle_api` where the template's API is.

    `refuse` and `refuse_api` answer in their place where the request's body is too long. `new_key` makes the key pairs.
    """

    def __init__(self, config: Config, *, new_key: Callable[[], KeyPair] = keys.generate) -> None:
        self.config = config
        self._new_key = new_key
        self.clock = Clock()
        self.faults = Faults(self._is_service)
        self.store = Store(config.state)
        self.files = Files(None if config.state is None else config.state / "files")
        self.functions = Functions(
            self.store,
            origin=config.origin,
            account_id=config.account_id,
            region=config.region,
            clock=self.clock,
            role_id=self._role_id,
            may=self.role_may,
            times_out=self.faults.times_out,
            log=lambda name, line: _function_log.info("%s  %s", name, line),
        )
        self.moto = MotoServices(
            self.store,
            self.files,
            account_id=config.account_id,
            region=config.region,
            origin=config.origin,
            functions=FunctionQueue(self.functions, self.clock, self._may_send),
        )
        self.functions.targets |= {"sqs": self._send, "sns": self._publish}
        self.event_sources = EventSources(
            self.store, self.functions, self.moto, self.role_may, region=config.region, clock=self.clock
        )
        self.jobs = Jobs(self.clock)
        # A client's clock cannot be moved with ours: how old a signature is, the machine's own tells.
        verifier = Verifier(
            self.store,
            clock=_machine_time,
            keys_clock=self.clock,
            account_id=config.account_id,
            strict=config.strict,
        )
        self.guard = Guard(
            self.moto,
            account_id=config.account_id,
            region=config.region,
            function_policy=self.functions.policy,
            mail_identity=lambda sender: mail_identities.of_sender(self.store, sender),
        )
        self.dispatcher = Dispatcher(
            {service.name: service for service in SERVICES},
            self._call,
            verifier,
            guard=self.guard,
            buckets=self.moto,
            check_faults=self.faults.check,
            handlers={
                **dict.fromkeys(self.moto.services, self._ask_moto),
                "lambda": self._invoke_api,
                "s3": self._ask_s3,
            },
            reraise=config.reraise,
        )
        self.gateway = Gateway(self._public_call, lambda request, service: verifier.verify(request, service=service))
        self._control = Control(
            self.store, self.clock, self.faults, self.health, lambda: aside.wait(self.reset), self.guard.explained
        )
        self._deploying = threading.RLock()
        self._is_ready = False
        self._deployed: Deployed | None = None
        self._again: Callable[[], object] = lambda: None
        self.handle = doors.open_doors(
            control=self._control.handle,
            imports=lambda request: import_files.handle(self._public_call(request), request),
            gateway=self.gateway.handle_endpoint,
            identity_keys=lambda request: published.handle(self._public_call(request), request),
            outbound_keys=lambda request: outbound_keys.handle(self._public_call(request), request),
            oauth=lambda request: authorization_server.handle(self._public_call(request), request),
            wire=self.dispatcher.handle,
        )
        self.handle_api = self.gateway.handle
        self.refuse = doors.refuse_too_long(import_files.refuse_too_long, buckets.is_upload)
        user_import.resume(self.store, self.files, self.jobs.start)
        self.functions.later.resume()
        self.event_sources.resume()
        self.moto.resume()
        self.refuse_api = functools.partial(self.gateway.handle, is_too_long=True)

    def longest(self, request: Request) -> int:
        """How long a request's body may be where that is longer than others': files of imports, and S3's."""
        if request.path.startswith(import_files.PREFIX):
            return import_files.LONGEST_FILE
        return buckets.LONGEST_BODY if buckets.is_upload(request) else 0

    def operate(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Run an AWS operation from inside, as the account's root, past the same checks as a client's."""
        if service in self.moto.services:
            return operate.through(self.moto.handle, service, operation, params)
        return dict(self.dispatcher.invoke_operation(service, operation, params) or {})

    def deploy(
        self, template: Path | None, parameters: Mapping[str, str], progress: Callable[[str], None]
    ) -> Deployed | None:
        """Deploy a template, or bring what was deployed of it up to date; None stays empty. Raises CommandError."""
        with self._deploying:
            self._is_ready = False
            self._deployed = deploy(self, template, parameters, progress) if template else None
            self._again = lambda: self.deploy(template, parameters, progress)
            self._is_ready = True
            return self._deployed

    def health(self) -> Mapping[str, object] | None:
        """What is deployed; None until it is, and when deploying it failed."""
        if not self._is_ready:
            return None
        deployed, region = self._deployed, self.config.region
        if deployed is None:
            return {"region": region, "outputs": {}, "functions": {}}
        return {"region": region, "outputs": deployed.outputs, "functions": deployed.functions}

    def reset(self) -> None:
        """Forget everything and set the clock right, then deploy the template anew. Raises CommandError."""
        with self._deploying:
            self._is_ready = False
            for function in self.store.functions.list():
                self.functions.remove(function.name)
            self.event_sources.stop()
            self.moto.close()
            self.jobs.stop()
            self.store.clear()
            self.files.clear()
            self.moto.forget()
            self.guard.forget()
            self.clock.reset()
            self.faults.clear()
            self._again()

    def close(self) -> None:
        """End every function and job and close the store."""
        self.functions.close()  # first: event sources wait for the functions they run
        self.event_sources.stop()
        self.moto.close()
        self.jobs.stop()
        self.store.close()
        self.files.close()

    def _call(self, request: Request, principal: Principal, request_id: str) -> Call:
        return Call(
            now=self.clock(),
            principal=principal,
            account_id=self.config.account_id,
            region=self.config.region,
            request_id=request_id,
            origin=self.config.origin,
            issuer_base=self.config.issuer_base,
            store=self.store,
            invoke=self._invoke,
            invoke_later=self.functions.invoke_later_for_service,
            operate=self.operate,
            authority=self.guard,
            deliver=lambda message: mailbox.deliver(self.store, message),
            new_id=new_id,
            new_key=self._new_key,
            files=self.files,
            start_job=self.jobs.start,
            source_ip=request.source_ip,
            user_agent=request.header("user-agent"),
            provider_addresses=self.config.login_providers,
        )

    def _is_service(self, name: str) -> bool:
        return self.dispatcher.has(name)

    def _role_id(self, role_arn: str) -> str:
        held = self.moto.iam.role(role_arn)
        return "" if held is None else held.id

    def _may_send(self, target_arn: str, service: str, source_arn: str) -> bool:
        """Whether a queue's or a topic's policy lets a service in; either is loaded when it is first asked."""
        if ":sns:" in target_arn:
            return self.moto.sns.may_publish(target_arn, service, source_arn)
        return self.moto.sqs.may_send(target_arn, service, source_arn)

    def _send(self, queue_arn: str, body: str, attributes: Mapping[str, str]) -> None:
        self.moto.sqs.send(queue_arn, body, attributes)

    def _publish(self, topic_arn: str, body: str, attributes: Mapping[str, str]) -> None:
        self.moto.sns.publish(topic_arn, body, attributes)

    def role_may(self, function: Function, action: str, resource: str) -> bool:
        """Whether a function's execution role may do something."""
        return self.guard.role_may(function.role_arn, function.name, action, resource)

    def _public_call(self, request: Request) -> Call:
        return self._call(request, ANONYMOUS, new_id())

    def _invoke_api(self, _call: Call, _service: str, request: Request) -> Response:
        return aside.wait(lambda: lambda_operations.handle(self.functions, request))

    def _ask_moto(self, _call: Call, service: str, request: Request) -> Response:
        answered = self.moto.at_once(service, request)
        return aside.wait(lambda: self.moto.handle(service, request)) if answered is None else answered

    def _ask_s3(self, call: Call, _service: str, request: Request) -> Response:
        """S3 has more to ask: for each object that is deleted, and before it says that there is no such object."""
        if request.header("x-amz-account-id"):  # S3's control of a whole account, which clients send to S3's host
            raise NotImplementedException(f"s3control {request.path} is not implemented yet in Poolhouse")
        addressed = buckets.path_style(request)
        bucket = unquote(addressed.path.split("/")[1])
        if request.method == "POST" and buckets.asks_for(request, "delete"):
            buckets.check_not_in_chunks(request)
            refused = self._kept_objects(call, bucket, addressed)
            return aside.wait(lambda: self.moto.s3.delete_objects(addressed, refused, call.principal.user_id))
        user_id = call.principal.user_id
        who = call.principal.arn
        response = aside.wait(lambda: self.moto.s3.handle(request, principal_id=user_id, who=who))
        if response.status == 404 and request.method in ("GET", "HEAD") and addressed.path.count("/") > 1:
            self.guard.check(call, "s3:ListBucket", f"arn:aws:s3:::{bucket}")
        return response

    def _kept_objects(self, call: Call, bucket: str, request: Request) -> dict[tuple[str, str], str]:
        """Which objects of a DeleteObjects may not be deleted, by key and version, and what is said of each."""
        refused = {}
        for key, version in self.moto.s3.deleted_objects(request):
            action = "s3:DeleteObjectVersion" if version else "s3:DeleteObject"
            try:
                self.guard.check(call, action, f"arn:aws:s3:::{bucket}/{key}")
            except AccessDeniedException as error:
                refused[key, version] = error.message or ""
        return refused

    def _invoke(
        self, function_arn: str, event: bytes, *, service: str, source_arn: str, timeout: timedelta | None = None
    ) -> Invocation:
        return aside.wait(
            lambda: self.functions.invoke_for_service(
                function_arn, event, service=service, source_arn=source_arn, timeout=timeout
            )
        )


def _machine_time() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)
