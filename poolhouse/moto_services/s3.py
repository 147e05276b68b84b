"""S3: moto's buckets and objects, written through: settings by bucket, objects by key, contents as files.

Contents are kept before what names them, and forgotten after it: a crash between the two leaves a file that nobody
names, never an object without its content. What functions are told of a change is queued with it; what moto would send
of its own accord is not sent.
"""

import dataclasses
import re
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.parsers.expat import ExpatError
from xml.sax.saxutils import escape

import msgspec
import xmltodict
from moto.core import utils as core_utils
from moto.iam.access_control import PermissionResult
from moto.s3 import models, notifications
from moto.s3 import utils as s3_utils
from moto.s3.exceptions import InvalidContinuationToken
from moto.s3.responses import S3Response
from moto.utilities.tagging_service import TaggingService
from moto.utilities.utils import get_partition
from requests.structures import CaseInsensitiveDict

from poolhouse.call import InvokeRefused
from poolhouse.files import Files
from poolhouse.moto_services import bucket_access, bucket_cors, bucket_events
from poolhouse.moto_services.bucket_events import Change, Subscription
from poolhouse.moto_services.entities import Access, MotoRecord
from poolhouse.moto_services.functions import FunctionQueue
from poolhouse.moto_services.handlers import call, install, visit
from poolhouse.moto_services.snapshot import Snapshot
from poolhouse.store import Store, Tx
from poolhouse.web import Header, Request, Response
from poolhouse.wire.buckets import asks_for, path_style
from poolhouse.wire.errors import MalformedXML

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_FIRST_ERROR = 400
_NONE_DELETED = b'<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></DeleteResult>'
_UPLOAD_ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")
_NOT_KEPT = frozenset({"_value_buffer", "lock", "multipart", "keys", "multiparts", "parts"})
_CLASSES: dict[str, type[Any]] = {
    **{
        name: value
        for module in (models, s3_utils, core_utils)
        for name, value in vars(module).items()
        if isinstance(value, type) and value.__module__.startswith("moto.")
    },
    "CaseInsensitiveDict": CaseInsensitiveDict,
    "TaggingService": TaggingService,
}
# moto finds its backend in a table of the module, so one request at a time for all clouds of this process.
_LOCK = threading.RLock()


def _send_nothing(*_args: object, **_more: object) -> None:
    """In place of moto's own way to Lambda, which asks for a container."""


vars(notifications)["send_event"] = _send_nothing
vars(notifications)["send_test_event"] = _send_nothing


def _permitted(*_args: object) -> PermissionResult:
    """In place of moto's own look at the bucket's policy, which knows no conditions: the guard has decided already."""
    return PermissionResult.PERMITTED


setattr(models.FakeBucket, "get_permission", _permitted)  # noqa: B010 - mypy takes no other


class _Backend(models.S3Backend):
    def list_objects_v2(  # noqa: PLR0917 - moto's
        self,
        bucket: models.FakeBucket,
        prefix: str | None,
        delimiter: str | None,
        continuation_token: str | None,
        start_after: str | None,
        max_keys: int,
    ) -> Any:
        """moto breaks off where a token is none that a list has given out."""
        if continuation_token and continuation_token not in self._pagination_tokens:
            raise InvalidContinuationToken
        return super().list_objects_v2(bucket, prefix, delimiter, continuation_token, start_after, max_keys)


class _Content:
    """An object's content, in a file of ours, as much of a file as moto asks of it."""

    def __init__(self, files: Files, name: str) -> None:
        self.name = name
        self._files = files
        self._position = 0

    def seek(self, position: int) -> int:
        self._position = position
        return position

    def read(self, size: int = -1) -> bytes:
        with self._files.path(self.name).open("rb") as file:
            file.seek(self._position)
            found = file.read(size)
        self._position += len(found)
        return found

    def close(self) -> None:
        """The file is ours to remove."""


class S3:
    """The buckets of one account, durable in `store` and `files`."""

    def __init__(self, store: Store, files: Files, functions: FunctionQueue, *, account_id: str, region: str) -> None:
        self._store = store
        self._files = files
        self._functions = functions
        self._account_id = account_id
        self._region = region
        self._partition = get_partition(region)
        self._scope = f"s3:{account_id}"
        self._host = f"s3.{region}.amazonaws.com"
        # Where moto reads the region.
        self._authorization = f"AWS4-HMAC-SHA256 Credential=x/20200101/{region}/s3/aws4_request"
        self._tags: Any = None
        self._load()

    def handle(self, request: Request, principal_id: str = "", who: str | None = None) -> Response:
        """Answer one request; what it changed is durable when this returns. Functions are told `principal_id`.

        `who` is the principal's ARN, for refusals; without it the account's root.
        """
        request = path_style(request)
        bucket, key = _named(request)
        if request.method == "PUT" and not key and "notification" in request.query.split("&"):
            self._check_destinations(bucket, request)
        with _LOCK:
            self._install()
            before = self._backend.buckets.get(bucket)
            named = f"arn:{self._partition}:iam::{self._account_id}:root" if who is None else who
            bucket_access.check(request, before, bucket, key, named)
            newest = self._found(before, key, "") if before is not None and key else before
            try:
                response = self._answer_acl(request, bucket, key) or _without_cors(self._answer(request, key))
                if request.method in ("PUT", "POST") and response.status < _FIRST_ERROR:
                    self._set_acl(request, response, bucket, key, newest)
                if request.method not in _READS and response.status < _FIRST_ERROR:
                    self._changed(request, response, bucket, key, principal_id)
            except BaseException:
                self._load()
                raise
        self._functions.wake()
        return response

    def _answer_acl(self, request: Request, bucket: str, key: str) -> Response | None:
        """The answer to an ACL that is put; None where there is nothing it could be put on, which moto says."""
        if not bucket_access.is_of_acl(request):
            return None
        held = self._backend.buckets.get(bucket)
        on = self._found(held, key, _version_asked(request)) if held is not None and key else held
        if on is None:
            return None
        on.set_acl(bucket_access.acl(bucket_access.wanted(request)))
        return Response(200)

    def _set_acl(self, request: Request, response: Response, bucket: str, key: str, before: object) -> None:
        """What was made has the ACL it was made with, or the owner's alone: moto would give it the bucket's.

        `before` is the bucket, or the newest version of the object, that was there; an upload hands on its own ACL.
        """
        held, upload = self._backend.buckets.get(bucket), _upload(request, response)
        if held is None or upload in held.multiparts:
            if held is not None and "uploads" in bucket_access.fields(request):
                held.multiparts[upload].acl = bucket_access.acl(bucket_access.wanted(request))
            return
        made: Any = self._found(held, key, "") if key else held
        if made is None or made is before or (upload and made.acl is not None):
            return
        if not key:
            bucket_access.settle_new(held)
        made.set_acl(bucket_access.acl(bucket_access.wanted(request)))

    def _found(self, held: models.FakeBucket, key: str, version: str) -> models.FakeKey | None:
        """An object, in a version where one is named; None for none and for one that is marked as deleted."""
        versions = held.keys.getlist(key, None) or []
        if version:
            versions = [one for one in versions if one.version_id == version]
        return versions[-1] if versions and isinstance(versions[-1], models.FakeKey) else None

    def access(self, bucket: str, key: str, version: str) -> Access:
        """What a bucket, and an object in it, say of who may."""
        with _LOCK:
            held = self._backend.buckets.get(bucket)
            if held is None:
                return Access()
            found = self._found(held, key, version) if key else None
            tags = {} if found is None else self._backend.tagger.get_tag_dict_for_resource(found.arn)
            return bucket_access.access(held, key, found, tags)

    def _check_destinations(self, bucket: str, request: Request) -> None:
        """S3 asks whether each function and queue lets this bucket in."""
        for arn in bucket_events.check(request.body):
            try:
                self._functions.check_permitted(
                    arn, service=bucket_events.S3_SERVICE, source_arn=f"arn:aws:s3:::{bucket}"
                )
            except InvokeRefused as error:
                raise bucket_events.InvalidArgument(
                    "Unable to validate the following destination configurations"
                ) from error

    def _changed(self, request: Request, response: Response, bucket: str, key: str, principal_id: str) -> None:
        """Keep what a request has changed, and with it what functions are told of that."""
        held = self._backend.buckets.get(bucket)
        told: list[tuple[str, bytes]] = []
        if held is not None and (wanted := bucket_events.subscriptions(held.notification_configuration)):
            changes = self._changes(request, response, held, key)
            who = {"principal_id": principal_id, "source_ip": request.source_ip}
            told = [
                (one.target_arn, self._told(change, one, bucket, who))
                for change in changes
                for one in wanted
                if one.is_for(change)
            ]
            if not key and "notification" in request.query.split("&"):
                test = msgspec.json.encode(bucket_events.test_event(bucket, self._functions.now()))
                told = [(one.target_arn, test) for one in wanted if ":lambda:" not in one.target_arn]
        self._settle(bucket, self._touched(request, key), _upload(request, response), told)

    def _told(self, change: Change, to: Subscription, bucket: str, who: Mapping[str, str]) -> bytes:
        now = self._functions.now()
        event = bucket_events.payload(change, to, bucket=bucket, region=self._region, now=now, **who)
        return msgspec.json.encode(event)

    def _changes(self, request: Request, response: Response, held: models.FakeBucket, key: str) -> list[Change]:
        is_versioned = held.versioning_status == "Enabled"
        if asks_for(request, "delete"):
            removal = "DeleteMarkerCreated" if is_versioned else "Delete"
            return [
                Change(f"ObjectRemoved:{'Delete' if version else removal}", name, version_id=version)
                for name, version in _deleted(response)
            ]
        event = bucket_events.event_of(request, key, is_versioned=is_versioned)
        if not event:
            return []
        newest = (held.keys.getlist(key, None) or [None])[-1]
        version_id = _header(response, "x-amz-version-id")
        if not isinstance(newest, models.FakeKey) or event.startswith("ObjectRemoved"):
            return [Change(event, key, version_id=version_id)]
        return [Change(event, key, newest.size, newest.etag.strip('"'), version_id)]

    def delete_objects(
        self, request: Request, refused: Mapping[tuple[str, str], str], principal_id: str = ""
    ) -> Response:
        """Answer a DeleteObjects that keeps the objects of `refused` (key and version -> what is said of it).

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
        """
        if not refused:
            return self.handle(request, principal_id)
        allowed = "".join(_named_in_xml("Object", *one) for one in deleted_objects(request) if one not in refused)
        errors = "".join(
            _named_in_xml("Error", *one, f"<Code>AccessDenied</Code><Message>{escape(said)}</Message>")
            for one, said in refused.items()
        )
        with _LOCK:
            if allowed or not self.is_bucket(_named(path_style(request))[0]):  # without the bucket nothing is deleted
                body = f"<Delete>{allowed}</Delete>".encode() if allowed else request.body
                response = self.handle(dataclasses.replace(request, body=body), principal_id)
            else:
                response = Response(200, _NONE_DELETED, (("Content-Type", "application/xml"),))
        told = response.body.replace(b"</DeleteResult>", errors.encode() + b"</DeleteResult>")
        return Response(response.status, told, response.headers)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """While another service of moto's writes to these buckets; what it wrote is kept at the end."""
        with _LOCK:
            self._install()
            yield
            for name, bucket in self._backend.buckets.items():
                fresh = [key for key, versions in bucket.keys._iterlists() if any(map(_is_fresh, versions))]
                if fresh:
                    self._settle(name, fresh, "")

    def preflight(self, request: Request) -> Response:
        """The answer to a browser that asks whether a page may do something with a bucket."""
        rules = self._cors(request)
        headers = bucket_cors.preflight(rules, request)
        if headers is not None:
            return Response(200, b"", tuple(headers))
        said = bucket_cors.NOT_ALLOWED if rules else bucket_cors.NOT_ENABLED
        body = f"<Error><Code>AccessForbidden</Code><Message>{said}</Message></Error>"
        return Response(403, body.encode(), (("Content-Type", "application/xml"),))

    def cors_headers(self, request: Request) -> list[Header]:
        """What a page of another origin is told beside the answer to its request."""
        return bucket_cors.simple(self._cors(request), request)

    def _cors(self, request: Request) -> list[bucket_cors.Rule]:
        with _LOCK:
            bucket = self._backend.buckets.get(_named(path_style(request))[0])
            return [] if bucket is None else [_rule(rule) for rule in bucket.cors]

    def deleted_objects(self, request: Request) -> list[tuple[str, str]]:
        """The keys of a DeleteObjects, each with its version where it names one."""
        return deleted_objects(request)

    def is_bucket(self, name: str) -> bool:
        """Whether there is a bucket of this name."""
        return name in self._backend.buckets

    def _install(self) -> None:
        visit(self._account_id, self._region)
        install(models.s3_backends, self._account_id, self._partition, self._backend)
        owner = (self._partition, self._account_id)
        models.s3_backends.bucket_accounts = dict.fromkeys(self._backend.buckets, owner)

    def _answer(self, request: Request, key: str) -> Response:
        request = bucket_access.without_acl(request)
        if key and request.method == "POST" and not request.query:  # a browser's form, whose object is put
            request = dataclasses.replace(request, method="PUT")
        dispatch = S3Response.key_dispatch if key else S3Response.bucket_dispatch
        return call(
            dispatch,
            request,
            host=self._host,
            account_id=self._account_id,
            headers={**dict(request.headers), "host": self._host, "authorization": self._authorization},
            path=request.path,
        )

    def _touched(self, request: Request, key: str) -> list[str]:
        if key:
            return [key]
        return [deleted for deleted, _ in deleted_objects(request)] if asks_for(request, "delete") else []

    def _settle(self, bucket: str, keys: Iterable[str], upload: str, told: Sequence[tuple[str, bytes]] = ()) -> None:
        """Keep what a request has changed: the bucket's settings, objects, an upload; and what is told of it."""
        held = self._backend.buckets.get(bucket)
        gone: set[str] = set()
        if held is None:
            with self._store.write() as tx:
                for kind in ("key", "upload"):
                    tx.moto_records.remove(service=self._scope, kind=kind, parent=bucket)
                tx.moto_records.remove(service=self._scope, kind="bucket", parent="", name=bucket)
                self._keep_tags(tx)
            return
        kept = {key: [self._version(one) for one in held.keys.getlist(key, [])] for key in keys}
        parts = self._parts(held, upload)
        snapshot = self._snapshot()
        with self._store.write() as tx:
            tx.moto_records.put(MotoRecord(self._scope, "bucket", "", bucket, {"bucket": snapshot.encode(held)}))
            for key, versions in kept.items():
                gone |= self._put(
                    tx, MotoRecord(self._scope, "key", bucket, key, {"versions": versions}), bool(versions)
                )
            if upload:
                record = MotoRecord(self._scope, "upload", bucket, upload, parts or {})
                gone |= self._put(tx, record, parts is not None)
            self._keep_tags(tx)
            for function_arn, event in told:
                self._functions.put(tx, function_arn, event)
        for name in gone:
            self._files.remove(name)

    def _put(self, tx: Tx, record: MotoRecord, is_there: bool) -> set[str]:  # noqa: FBT001 - one of two
        """Write or remove a record; the contents that it named and no longer does."""
        where = {"service": record.service, "kind": record.kind, "parent": record.parent, "name": record.name}
        before = tx.moto_records.find(**where)
        if is_there:
            tx.moto_records.put(record)
        else:
            tx.moto_records.remove(**where)
        named = set(_contents(record.data)) if is_there else set()
        return set() if before is None else set(_contents(before.data)) - named

    def _parts(self, held: models.FakeBucket, upload: str) -> dict[str, Any] | None:
        found = held.multiparts.get(upload) if upload else None
        if found is None:
            return None
        parts = {str(number): self._version(part) for number, part in found.parts.items()}
        return {"upload": self._snapshot().encode(found), "parts": parts}

    def _version(self, version: Any) -> dict[str, Any]:
        """One version of an object, or a part: its content is a file of ours from now on."""
        if not isinstance(version, models.FakeKey):
            marker = {"name": version.name, "last_modified": version.last_modified, "id": version._version_id}
            return {"marker": self._snapshot().encode(marker)}
        if not isinstance(version._value_buffer, _Content):
            name = f"s3-{uuid.uuid4().hex}"
            self._files.put(name, version.value)
            version._value_buffer.close()
            version._value_buffer = _Content(self._files, name)  # type: ignore[assignment]
            version.disposed = True  # there is nothing for moto to clear away
        return {"key": self._snapshot().encode(version), "content": version._value_buffer.name}

    def _keep_tags(self, tx: Tx) -> None:
        tags = self._snapshot().encode(self._backend.tagger)
        if tags != self._tags:
            tx.moto_records.put(MotoRecord(self._scope, "tags", "", "", {"tagger": tags}))
            self._tags = tags

    def _load(self) -> None:
        self._backend = _Backend(self._partition, self._account_id)
        records = self._store.moto_records
        tags = records.find(service=self._scope, kind="tags", parent="", name="")
        if tags is not None:
            self._tags = tags.data["tagger"]
            self._backend.tagger = self._snapshot().decode(self._tags)
        for record in records.list(service=self._scope, kind="bucket", parent=""):
            bucket = self._snapshot().decode(record.data["bucket"])
            bucket.keys, bucket.multiparts = s3_utils._VersionedKeyStore(), models.MultipartDict()
            self._backend.buckets[record.name] = bucket
            for key in records.list(service=self._scope, kind="key", parent=record.name):
                bucket.keys.setlist(key.name, list(self._versions(key.data["versions"])))
            for upload in records.list(service=self._scope, kind="upload", parent=record.name):
                bucket.multiparts[upload.name] = self._upload(upload.data)

    def _versions(self, kept: Iterable[dict[str, Any]]) -> Iterator[Any]:
        newest: Any = None
        for one in kept:
            if "marker" in one:
                yield self._marker(self._snapshot().decode(one["marker"]), newest)
            else:
                newest = self._restored(one)
                yield newest

    def _marker(self, kept: dict[str, Any], newest: Any) -> models.FakeDeleteMarker:
        made: models.FakeDeleteMarker = object.__new__(models.FakeDeleteMarker)
        made.key, made.name, made.last_modified = newest, kept["name"], kept["last_modified"]
        made._version_id = kept["id"]
        return made

    def _upload(self, kept: Mapping[str, Any]) -> Any:
        made = self._snapshot().decode(kept["upload"])
        made.parts = {int(number): self._restored(part) for number, part in kept["parts"].items()}
        return made

    def _restored(self, kept: dict[str, Any]) -> Any:
        made = self._snapshot().decode(kept["key"])
        made._value_buffer, made.lock, made.multipart = _Content(self._files, kept["content"]), threading.Lock(), None
        return made

    def _snapshot(self) -> Snapshot:
        return Snapshot(_CLASSES, self._store.sealer, left_out=_NOT_KEPT)


def deleted_objects(request: Request) -> list[tuple[str, str]]:
    """The keys and versions of a DeleteObjects' body. Raises MalformedXML."""
    try:
        read: Any = xmltodict.parse  # as moto reads it, so that what is decided on is what is done
        found = read(request.body, strip_whitespace=False)["Delete"].get("Object") or []
        objects = found if isinstance(found, list) else [found]
        return [(str(one.get("Key") or ""), str(one.get("VersionId") or "")) for one in objects]
    except (ValueError, KeyError, TypeError, AttributeError, ExpatError) as error:
        raise MalformedXML from error


def _version_asked(request: Request) -> str:
    return next(iter(parse_qs(request.query).get("versionId", ())), "")


def _header(response: Response, name: str) -> str:
    return next((value for key, value in response.headers if key.lower() == name), "")


def _deleted(response: Response) -> list[tuple[str, str]]:
    """What a DeleteObjects says it has deleted, with the version where one was named."""
    read: Any = xmltodict.parse
    found = (read(response.body).get("DeleteResult") or {}).get("Deleted") or []
    listed = found if isinstance(found, list) else [found]
    return [(str(one.get("Key") or ""), str(one.get("VersionId") or "")) for one in listed]


def _named_in_xml(element: str, key: str, version: str, more: str = "") -> str:
    """A parser would read a bare carriage return as a line feed, which is another key."""
    of_version = f"<VersionId>{escape(version)}</VersionId>" if version else ""
    return f"<{element}><Key>{escape(key, {chr(13): '&#13;'})}</Key>{of_version}{more}</{element}>"


def _is_fresh(version: Any) -> bool:
    """Whether moto still holds an object's content itself."""
    return isinstance(version, models.FakeKey) and not isinstance(version._value_buffer, _Content)


def _without_cors(response: Response) -> Response:
    """What moto tells pages goes by its own rules."""
    kept = ((name, value) for name, value in response.headers if not name.lower().startswith("access-control-"))
    return Response(response.status, response.body, tuple(kept))


def _named(request: Request) -> tuple[str, str]:
    """The bucket and the key that a path names."""
    bucket, _, key = request.path.removeprefix("/").partition("/")
    return unquote(bucket), unquote(key)


def _rule(rule: Any) -> bucket_cors.Rule:
    return bucket_cors.Rule(
        origins=_texts(rule.allowed_origins),
        methods=_texts(rule.allowed_methods),
        headers=_texts(rule.allowed_headers),
        exposed=_texts(rule.exposed_headers),
        max_age=str(rule.max_age_seconds or ""),
    )


def _texts(value: Any) -> list[str]:
    """moto keeps one as itself and several as a list."""
    return [] if value is None else [value] if isinstance(value, str) else [str(one) for one in value]


def _upload(request: Request, response: Response) -> str:
    """The multipart upload that a request begins or goes on with; empty for none."""
    if request.method == "POST" and request.query.partition("=")[0] == "uploads":
        found = _UPLOAD_ID.search(response.body)
        return "" if found is None else found[1].decode()
    for field in request.query.split("&"):
        name, _, value = field.partition("=")
        if name == "uploadId":
            return unquote(value)
    return ""


def _contents(data: Any) -> Iterator[str]:
    """The files that a record names."""
    if isinstance(data, list):
        for item in data:
            yield from _contents(item)
    elif isinstance(data, dict):
        if isinstance(data.get("content"), str) and "key" in data:
            yield data["content"]
        for name, item in data.items():
            if name in ("versions", "parts"):
                yield from _contents(list(item.values()) if isinstance(item, dict) else item)
