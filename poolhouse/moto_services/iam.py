"""IAM's own records: moto's roles, policies, users and groups, kept whole after each change.

They are few and refer to one another, so one snapshot is written before a change is acknowledged; after an error, or a
store that failed, moto is given the last snapshot again. AWS's managed policies come from moto's table when named.
"""

import base64
import hashlib
import threading
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

import msgspec
from botocore import xform_name
from moto.iam import models
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.policy_validation import IAMPolicyDocumentValidator
from moto.iam.responses import IamResponse
from moto.utilities.tagging_service import TaggingService
from moto.utilities.utils import get_partition
from msgspec.structs import replace

from poolhouse.errors import ApiError
from poolhouse.iam import document
from poolhouse.iam.errors import MalformedPolicy
from poolhouse.moto_services import checks, holdings, user_boundaries
from poolhouse.moto_services.entities import MotoRecord
from poolhouse.moto_services.handlers import call, install
from poolhouse.moto_services.holdings import Document, Holdings
from poolhouse.moto_services.snapshot import Snapshot
from poolhouse.saml import metadata
from poolhouse.store import Store, Tx
from poolhouse.web import Request, Response
from poolhouse.wire import query
from poolhouse.wire.entities import SEAL_PURPOSE, AccessKey
from poolhouse.wire.models import service_model

_CLASSES: dict[str, type[Any]] = {
    cls.__name__: cls
    for cls in (
        models.AccessKey,
        models.AccessKeyLastUsed,
        models.AccountPasswordPolicy,
        models.Certificate,
        models.Group,
        models.InlinePolicy,
        models.InstanceProfile,
        models.ManagedPolicy,
        models.MFADevice,
        models.OpenIDConnectProvider,
        models.PolicyVersion,
        models.Role,
        models.SAMLProvider,
        models.SigningCertificate,
        models.SshPublicKey,
        models.User,
        models.VirtualMfaDevice,
        TaggingService,
    )
}
_KEPT = (
    "instance_profiles",
    "roles",
    "certificates",
    "groups",
    "users",
    "credential_report",
    "account_aliases",
    "saml_providers",
    "open_id_providers",
    "virtual_mfa_devices",
    "account_password_policy",
    "inline_policies",
    "access_keys",
    "tagger",
)
_SECRET = frozenset({"secret_access_key", "password", "private_key", "base32_string_seed"})
_OUTBOUND = frozenset(
    f"{verb}OutboundWebIdentityFederation{rest}" for verb, rest in (("Enable", ""), ("Disable", ""), ("Get", "Info"))
)
_READS = ("Get", "List", "Generate", "Simulate")
_OF_AWS = "arn:{}:iam::aws:policy/"
_FIRST_ERROR = 400
_FORM = "application/x-www-form-urlencoded"
_PUTS_INLINE = frozenset({"PutGroupPolicy", "PutRolePolicy", "PutUserPolicy"})

# moto finds its backend in a table of the module, so one request at a time for all clouds of this process.
_LOCK = threading.RLock()


class MalformedPolicyDocument(ApiError):
    """A document that is not in the policy language."""


class InvalidInput(ApiError):
    """A document that is not what it should be."""


class FeatureEnabled(ApiError):
    status: ClassVar[int] = 409
    message = "Outbound identity federation is already enabled for this account."  # after its documentation


class FeatureDisabled(ApiError):
    status: ClassVar[int] = 404
    message = "Outbound identity federation is not enabled for this account."


class EntityAlreadyExists(ApiError):
    status: ClassVar[int] = 409


class NoSuchEntity(ApiError):
    status: ClassVar[int] = 404


class DeleteConflict(ApiError):
    status: ClassVar[int] = 409
    message = "Cannot delete a policy attached to entities."


class _Validator(IAMPolicyDocumentValidator):
    """AWS asks the language's version of managed policies only; SAM's policy templates, which are inline, have none."""

    is_inline = False  # the policy at hand, under the lock

    def _validate_version(self) -> None:
        if not self.is_inline:
            super()._validate_version()


vars(models)["IAMPolicyDocumentValidator"] = _Validator
user_boundaries.install()


class Iam:
    """The IAM of one account, durable in `store`."""

    def __init__(self, store: Store, *, account_id: str, region: str, origin: str) -> None:
        self._store = store
        self._origin = origin
        self._account_id = account_id
        self._region = region
        self._partition = get_partition(region)
        self._scope = f"iam:{account_id}"
        self.version = 0  # another one whenever something may have changed
        names = service_model("iam").operation_names
        self._served = frozenset(name for name in names if hasattr(IamResponse, xform_name(name)))
        self._load()

    def handle(self, request: Request) -> Response:
        """Answer one request; what it changed is durable when this returns."""
        # Read as the wire reads it, and handed on as that: moto would look in the query and the body at once.
        parameters = query.form(request)
        headers = (("content-type", _FORM), ("authorization", request.header("authorization")))
        request = Request("POST", "/", headers=headers, body=urlencode(parameters).encode())
        operation = parameters.get("Action", "")
        if operation in _OUTBOUND:
            return self._answer_outbound(operation)
        checks.check_served("iam", operation, self._served)
        checks.check_members("iam", operation, parameters)
        _check_documents(parameters)
        self._check_saml_provider(operation, parameters)
        with _LOCK:
            install(models.iam_backends, self._account_id, self._partition, self._backend)
            _Validator.is_inline = operation in _PUTS_INLINE
            try:
                self._add_policies_of_aws(operation, parameters)
                self._check_boundary(operation, parameters)
                response = self._answer(request)
                self._settle(operation, is_error=response.status >= _FIRST_ERROR)
            except BaseException:
                self._load()
                raise
            finally:
                _Validator.is_inline = False
        return response

    def user(self, arn: str) -> Holdings | None:
        """What a user holds; None for no such user."""
        with _LOCK:
            return holdings.of_user(self._backend, arn)

    def role(self, arn: str) -> Holdings | None:
        """What a role holds; None for no such role."""
        with _LOCK:
            return holdings.of_role(self._backend, arn)

    def role_named(self, name: str) -> str:
        """The ARN of the role of this name, with its path; empty for none."""
        with _LOCK:
            return next((role.arn for role in self._backend.roles.values() if role.name == name), "")

    def arn(self, kind: str, name: str) -> str:
        """The ARN, with its path, of the user, group, role or instance profile of this name; empty for none."""
        if kind == "role":
            return self.role_named(name)
        with _LOCK:
            tables = {"user": self._backend.users, "group": self._backend.groups}
            table: Any = tables.get(kind, self._backend.instance_profiles)
            return next((str(one.arn) for one in table.values() if one.name == name), "")

    def openid_provider(self, url: str) -> tuple[str, tuple[str, ...]] | None:
        """The ARN and client ids of the OpenID Connect provider of this URL (without https://); None for none."""
        with _LOCK:
            arn = f"arn:{self._partition}:iam::{self._account_id}:oidc-provider/{url.rstrip('/')}"
            found = self._backend.open_id_providers.get(arn)
            return None if found is None else (arn, tuple(found.client_id_list))

    def saml_metadata(self, arn: str) -> str | None:
        """The metadata document of the SAML provider of this ARN; None for none."""
        with _LOCK:
            found = next((one for one in self._backend.saml_providers.values() if one.arn == arn), None)
            return None if found is None else str(found.saml_metadata_document)

    def outbound_federation(self) -> tuple[str, bool]:
        """The id of the account's own issuer, empty before it has one, and whether it is switched on."""
        kept = self._store.moto_records.find(service=self._scope, kind="outbound", parent="", name="")
        return ("", False) if kept is None else (kept.data["id"], kept.data["is_enabled"])

    def managed_policy(self, arn: str) -> Document | None:
        """A managed policy, of the account or of AWS; None for none."""
        with _LOCK:
            if arn.startswith(_OF_AWS.format(self._partition)) and arn in _catalogue(self._partition):
                self._policy_of_aws(arn)
            return holdings.managed(self._backend, arn)

    def _answer_outbound(self, operation: str) -> Response:
        """Outbound identity federation, which moto has not: switched on and off, its issuer staying the same."""
        identifier, is_enabled = self.outbound_federation()
        if operation == "EnableOutboundWebIdentityFederation" and is_enabled:
            raise FeatureEnabled
        if operation != "EnableOutboundWebIdentityFederation" and not is_enabled:
            raise FeatureDisabled
        told = ""
        if not operation.startswith("Get"):
            identifier = identifier or str(uuid.uuid4())
            state = {"id": identifier, "is_enabled": operation.startswith("Enable")}
            with self._store.write() as tx:
                tx.moto_records.put(MotoRecord(self._scope, "outbound", "", "", state))
        else:
            told = "<JwtVendingEnabled>true</JwtVendingEnabled>"
        if not operation.startswith("Disable"):
            told += f"<IssuerIdentifier>{self._origin}/sts/{identifier}</IssuerIdentifier>"
        body = (
            f'<{operation}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><{operation}Result>{told}'
            f"</{operation}Result><ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata>"
            f"</{operation}Response>"
        )
        return Response(200, body.encode(), (("Content-Type", "text/xml"),))

    def _check_saml_provider(self, operation: str, parameters: Mapping[str, str]) -> None:
        """moto takes any document, makes a provider anew where there is one, and deletes one that is not there."""
        if "SAMLProvider" not in operation:
            return
        if parameters.get("SAMLMetadataDocument"):
            try:
                metadata.parse(parameters["SAMLMetadataDocument"])
            except metadata.NotMetadata as error:
                raise InvalidInput("Could not parse metadata") from error
        name, arn = parameters.get("Name"), parameters.get("SAMLProviderArn")
        own = f"arn:{self._partition}:iam::{self._account_id}:saml-provider/{name}"
        if operation == "CreateSAMLProvider" and self.saml_metadata(own) is not None:
            raise EntityAlreadyExists(f"SAML provider with name {name} already exists.")  # a guess
        if operation == "DeleteSAMLProvider" and arn is not None and self.saml_metadata(arn) is None:
            raise NoSuchEntity(f"Manifest not found for arn {arn}")

    def _check_boundary(self, operation: str, parameters: Mapping[str, str]) -> None:
        """moto takes the ARN of a policy that is not there as a boundary, and deletes one that is in use as one."""
        arn = parameters.get("PermissionsBoundary")
        if arn and arn not in self._backend.managed_policies:
            raise NoSuchEntity(f"Scope ARN: {arn} does not exist or is not attachable.")
        if operation == "DeletePolicy":
            used = {role.permissions_boundary_arn for role in self._backend.roles.values()}
            used |= {user_boundaries.of_user(user) for user in self._backend.users.values()}
            if parameters.get("PolicyArn") in used:
                raise DeleteConflict

    def _answer(self, request: Request) -> Response:
        headers = {"authorization": request.header("authorization")}  # GetUser without a name is about the caller
        return call(
            IamResponse.dispatch, request, host="iam.amazonaws.com", account_id=self._account_id, headers=headers
        )

    def _settle(self, operation: str, *, is_error: bool) -> None:
        if operation.startswith(_READS):
            return
        self.version += 1
        if is_error:
            self._load()
            return
        snapshot = self._snapshot()
        state = {name: snapshot.encode(getattr(self._backend, name)) for name in _KEPT}
        policies = self._backend.managed_policies
        state["managed_policies"] = {
            arn: snapshot.encode(policy) for arn, policy in policies.items() if not _is_of_aws(policy)
        }
        state["attached"] = {arn: policy.attachment_count for arn, policy in policies.items() if _is_of_aws(policy)}
        with self._store.write() as tx:
            tx.moto_records.put(MotoRecord(self._scope, "state", "", "", state))
            if "AccessKey" in operation or "User" in operation:
                self._keep_access_keys(tx)

    def _keep_access_keys(self, tx: Tx) -> None:
        """The keys of IAM users, where signatures are verified. One taken away stays there, refused ever after."""
        held = self._backend.access_keys
        for key in held.values():
            user = self._backend.users.get(key.user_name or "")
            if user is None:
                continue
            kept = AccessKey(
                id=key.access_key_id,
                sealed_secret=self._store.sealer.seal(key.secret_access_key.encode(), SEAL_PURPOSE),
                kind="user",
                principal_arn=user.arn,
                account_id=self._account_id,
                is_active=key.status == "Active",
                user_id=user.id,
            )
            tx.access_keys.put(kept)
        for row in tx.access_keys.list():
            if row.kind == "user" and row.id not in held:
                tx.access_keys.put(replace(row, is_active=False))

    def _load(self) -> None:
        self._backend = models.IAMBackend(self._partition, self._account_id)
        record = self._store.moto_records.find(service=self._scope, kind="state", parent="", name="")
        if record is None:
            return
        for arn, attachments in record.data["attached"].items():
            self._policy_of_aws(arn).attachment_count = attachments
        snapshot = self._snapshot()
        for name in _KEPT:
            setattr(self._backend, name, snapshot.decode(record.data[name]))
        self._backend.managed_policies.update(snapshot.decode(record.data["managed_policies"]))

    def _snapshot(self) -> Snapshot:
        return Snapshot(
            _CLASSES,
            self._store.sealer,
            secret=_SECRET,
            outside=lambda value: value.arn if _is_of_aws(value) else None,  # type: ignore[attr-defined]
            inside=lambda arn: self._backend.managed_policies[arn],
        )

    def _add_policies_of_aws(self, operation: str, parameters: Mapping[str, str]) -> None:
        """Those a request names; all of them for the operations that list policies."""
        prefix = _OF_AWS.format(self._partition)
        if operation in {"ListPolicies", "GetAccountAuthorizationDetails"}:
            for arn in _catalogue(self._partition):
                self._policy_of_aws(arn)
            return
        for name in ("PolicyArn", "PermissionsBoundary"):
            arn = parameters.get(name, "")
            if arn.startswith(prefix) and arn in _catalogue(self._partition):
                self._policy_of_aws(arn)

    def _policy_of_aws(self, arn: str) -> models.ManagedPolicy:
        found = self._backend.managed_policies.get(arn)
        if found is None:
            data = msgspec.json.decode(_catalogue(self._partition)[arn])
            name = arn.rpartition("/")[2]
            found = models.AWSManagedPolicy.from_data(name, self._account_id, self._region, data)
            found.id = "ANPA" + base64.b32encode(hashlib.sha256(arn.encode()).digest()).decode()[:17]
            self._backend.managed_policies[arn] = found
        return found


def _check_documents(parameters: Mapping[str, str]) -> None:
    """moto looks at grammar; operators and principals that no decision could be made on are refused here."""
    for name in ("PolicyDocument", "AssumeRolePolicyDocument"):
        if parameters.get(name):
            try:
                document.parse(parameters[name])
            except MalformedPolicy as error:
                raise MalformedPolicyDocument(str(error)) from error


_CATALOGUES: dict[str, dict[str, msgspec.Raw]] = {}


class _PolicyPath(msgspec.Struct):
    path: str = msgspec.field(name="Path", default="/")


def _catalogue(partition: str) -> Mapping[str, msgspec.Raw]:
    """AWS's managed policies by ARN, undecoded: there are some 1,600."""
    if partition not in _CATALOGUES:
        documents = msgspec.json.decode(aws_managed_policies_data, type=dict[str, msgspec.Raw])
        paths = {name: msgspec.json.decode(raw, type=_PolicyPath).path for name, raw in documents.items()}
        base = _OF_AWS.format(partition).removesuffix("/")
        _CATALOGUES[partition] = {f"{base}{paths[name]}{name}": raw for name, raw in documents.items()}
    return _CATALOGUES[partition]


def _is_of_aws(value: object) -> bool:
    return isinstance(value, models.AWSManagedPolicy)
