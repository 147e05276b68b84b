"""KMS: moto's keys, which really encrypt, kept whole after each change with their material sealed."""

import base64
import threading
from typing import Any

import msgspec
from botocore import xform_name
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from moto.kms import models
from moto.kms.responses import KmsResponse
from moto.kms.utils import generate_private_key
from moto.utilities.tagging_service import TaggingService

from poolhouse.errors import ApiError
from poolhouse.moto_services import checks
from poolhouse.moto_services.entities import MotoRecord
from poolhouse.moto_services.handlers import call, install, visit
from poolhouse.moto_services.snapshot import Snapshot
from poolhouse.store import Store
from poolhouse.web import Request, Response
from poolhouse.wire.models import service_model

_CLASSES: dict[str, type[Any]] = {cls.__name__: cls for cls in (models.Alias, models.Grant, models.Key, TaggingService)}
_MATERIAL = ("key_material", "private_key")
_READS = ("Describe", "Get", "List", "Encrypt", "Decrypt", "ReEncrypt", "Generate", "Sign", "Verify")
_NAMES_ITS_KEY = {"Decrypt": "KeyId", "ReEncrypt": "SourceKeyId"}
_SYMMETRIC = "SYMMETRIC_DEFAULT"
_FIRST_ERROR = 400
_ID_LENGTH = 36
_PURPOSE = "kms key"

# moto finds its backend in a table of the module, so one request at a time for all clouds of this process.
_LOCK = threading.RLock()


class IncorrectKeyException(ApiError):
    message = "The key ID in the request does not identify a CMK that can perform this operation."


class Kms:
    """The keys of one account in one region, durable in `store`."""

    def __init__(self, store: Store, *, account_id: str, region: str) -> None:
        self._store = store
        self._account_id = account_id
        self._region = region
        self._scope = f"kms:{account_id}:{region}"
        names = service_model("kms").operation_names
        self._served = frozenset(name for name in names if hasattr(KmsResponse, xform_name(name)))
        self._load()

    def handle(self, request: Request) -> Response:
        """Answer one request; what it changed is durable when this returns."""
        operation = request.header("x-amz-target").rpartition(".")[2]
        checks.check_served("kms", operation, self._served)
        checks.check_json("kms", operation, request.body)
        with _LOCK:
            self._check_key(operation, request)
            visit(self._account_id, self._region)
            install(models.kms_backends, self._account_id, self._region, self._backend)
            try:
                response = self._answer(operation, request)
                self._settle(operation, is_error=response.status >= _FIRST_ERROR)
            except BaseException:
                self._load()
                raise
        return response

    def _check_key(self, operation: str, request: Request) -> None:
        """Raise IncorrectKeyException where another key than the one that is named made the ciphertext."""
        if operation not in _NAMES_ITS_KEY:
            return
        asked = msgspec.json.decode(request.body)
        named, made_by = asked.get(_NAMES_ITS_KEY[operation]), _key_of(asked["CiphertextBlob"])
        if named and made_by in self._backend.keys and self.key_arn(named, "") != self.key_arn(made_by, ""):
            raise IncorrectKeyException

    def key_arn(self, named: str, ciphertext: str) -> str:
        """The ARN of the key of this id, ARN or alias, or that made a ciphertext (in base64); "*" for none.

        A name that no key has stays what it is, as an ARN.
        """
        with _LOCK:
            if not named:
                named = _key_of(ciphertext)
            key_id = self._backend.get_key_id(self._backend.get_alias_name(named))
            if key_id.startswith("alias/"):
                key_id = self._backend.get_key_id_from_alias(key_id) or key_id
        if not key_id:
            return "*"
        kind = "" if key_id.startswith("alias/") else "key/"
        return f"arn:aws:kms:{self._region}:{self._account_id}:{kind}{key_id}"

    def policy(self, arn: str) -> str:
        """The policy of a key, as JSON; empty for no such key."""
        with _LOCK:
            key = self._backend.keys.get(arn.rpartition("/")[2])
            return "" if key is None else str(key.policy)

    def _answer(self, operation: str, request: Request) -> Response:
        headers = {"x-amz-target": f"TrentService.{operation}"}
        host = f"kms.{self._region}.amazonaws.com"
        return call(KmsResponse.dispatch, request, host=host, account_id=self._account_id, headers=headers)

    def _settle(self, operation: str, *, is_error: bool) -> None:
        if operation.startswith(_READS):
            return
        if is_error:
            self._load()
            return
        snapshot = Snapshot(_CLASSES, self._store.sealer)
        state = {
            "keys": {key.id: self._kept(snapshot, key) for key in self._backend.keys.values()},
            "tagger": snapshot.encode(self._backend.tagger),
        }
        with self._store.write() as tx:
            tx.moto_records.put(MotoRecord(self._scope, "state", "", "", state))

    def _kept(self, snapshot: Snapshot, key: models.Key) -> dict[str, Any]:
        """A key: what is secret of it sealed. moto makes an RSA key for every one; only asymmetric keys keep theirs."""
        plain = {name: snapshot.encode(value) for name, value in sorted(vars(key).items()) if name not in _MATERIAL}
        sealed = {"key_material": key.key_material}
        if key.key_spec != _SYMMETRIC:
            inner: Any = key.private_key
            sealed["private_key"] = inner.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return {"plain": plain, **{name: self._store.sealer.seal(value, _PURPOSE) for name, value in sealed.items()}}

    def _load(self) -> None:
        self._backend = models.KmsBackend(self._region, self._account_id)
        record = self._store.moto_records.find(service=self._scope, kind="state", parent="", name="")
        if record is None:
            return
        snapshot = Snapshot(_CLASSES, self._store.sealer)
        for key_id, kept in record.data["keys"].items():
            self._backend.keys[key_id] = self._restored(snapshot, kept)
        self._backend.tagger = snapshot.decode(record.data["tagger"])

    def _restored(self, snapshot: Snapshot, kept: dict[str, Any]) -> models.Key:
        key: Any = object.__new__(_CLASSES["Key"])
        for name, value in kept["plain"].items():
            vars(key)[name] = snapshot.decode(value)
        key.key_material = self._store.sealer.unseal(kept["key_material"], _PURPOSE)
        key.private_key = None
        if "private_key" in kept:
            key.private_key = generate_private_key(key.key_spec)
            der = self._store.sealer.unseal(kept["private_key"], _PURPOSE)
            key.private_key.private_key = load_der_private_key(der, password=None)
        made: models.Key = key
        return made


def _key_of(ciphertext: str) -> str:
    """The id of the key that made a ciphertext, which moto puts before it."""
    try:
        return base64.b64decode(ciphertext)[:_ID_LENGTH].decode("ascii")
    except ValueError:
        return ""
