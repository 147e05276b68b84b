"""S3: the files that identities upload, each under its own prefix, and their thumbnails in a second bucket.

A `Folder` is one identity's part of both, seen with somebody's keys: those of the function's role, or the identity's
own. Thumbnails bear the ETag of the file they were made of, so that an old one is never taken for a new file's.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from shared import aws
from shared.config import Keys, settings
from shared.models import MAX_FILE, NewFile, Upload

LIFETIME = timedelta(minutes=5)  # of an address or a form, within which its use must begin
GONE = {404, 412}
XML = {"s3": "http://s3.amazonaws.com/doc/2006-03-01/"}


class Stored(NamedTuple):
    """An uploaded file as S3 lists it."""

    name: str
    size: int
    etag: str
    modified_at: datetime


class Folder(NamedTuple):
    """What one identity has uploaded. `owner` is the identity's id; without keys the function's own are used."""

    owner: str
    keys: Keys | None = None

    def page(self, *, limit: int, cursor: str | None) -> tuple[list[Stored], str | None] | None:
        """Files by their names, and the cursor of the next page; None for a cursor that is none."""
        more = {"continuation-token": cursor} if cursor else {}
        try:
            return self._list("", {"delimiter": "/", "max-keys": str(limit), **more})
        except aws.Refusal as refusal:
            if cursor and refusal.code == "InvalidArgument":
                return None
            raise

    def find(self, name: str) -> Stored | None:
        """One file, None when there is none; a list tells, for asking after the object needs more rights."""
        found, _ = self._list(name, {"max-keys": "1"})
        return found[0] if found and found[0].name == name else None

    def form(self, new: NewFile, *, now: datetime) -> Upload:
        """A form that uploads this file and no other, of this type and up to the size that is allowed."""
        url, fields = aws.bucket_form(
            settings().uploads_bucket,
            {"key": key(self.owner, new.name), "Content-Type": new.type},
            [["content-length-range", 1, MAX_FILE]],
            ttl=LIFETIME,
            now=now,
            keys=self.keys,
        )
        return Upload(url=url, fields=fields, max_bytes=MAX_FILE, expires_at=now + LIFETIME)

    def address(self, name: str) -> str:
        """Where the file can be read for a while; a browser saves it, rather than show what may be no picture."""
        saved = {"response-content-disposition": "attachment"}
        return self._signed(settings().uploads_bucket, key(self.owner, name), saved)

    def thumbnail_address(self, name: str, etag: str) -> str:
        """Where the thumbnail of the file can be read for a while."""
        return self._signed(settings().thumbnails_bucket, _thumbnail_key(key(self.owner, name), etag), {})

    def _signed(self, bucket: str, key: str, more: dict[str, str]) -> str:
        return aws.object_address(bucket, key, ttl=LIFETIME, now=datetime.now(UTC), keys=self.keys, **more)

    def _list(self, name: str, query: dict[str, str]) -> tuple[list[Stored], str | None]:
        prefix = key(self.owner, "")
        asked = {"list-type": "2", "prefix": f"{prefix}{name}", **query}
        status, _, content = aws.object_request("GET", settings().uploads_bucket, keys=self.keys, query=asked)
        if status != 200:
            raise aws.refused("ListObjectsV2", status, content)
        tree = ET.fromstring(content)  # noqa: S314 - S3's own answer
        found = [_stored(one, prefix) for one in tree.findall("s3:Contents", XML)]
        return found, tree.findtext("s3:NextContinuationToken", None, XML)


def _stored(found: Any, prefix: str) -> Stored:
    told = {child.tag.rpartition("}")[2]: child.text or "" for child in found}
    name, etag = told["Key"].removeprefix(prefix), told["ETag"].strip('"')
    return Stored(name, int(told["Size"]), etag, datetime.fromisoformat(told["LastModified"]))


def key(owner: str, name: str) -> str:
    """Where a file is: below the prefix that policies open to the identity, which Amplify uses too."""
    return f"private/{owner}/{name}"


def read(bucket: str, key: str, etag: str) -> tuple[bytes, str] | None:
    """A file's content and type; None where it is gone, or another has come in its place."""
    status, headers, content = aws.object_request("GET", bucket, key, headers={"if-match": f'"{etag}"'})
    if status in GONE:
        return None
    if status != 200:
        raise aws.refused("GetObject", status, content)
    return content, headers.get("content-type", "")


def put_thumbnail(key: str, etag: str, content: bytes) -> None:
    """Keep the thumbnail of a file in that version."""
    headers = {"content-type": "image/webp", "cache-control": "private, max-age=86400, immutable"}
    where = settings().thumbnails_bucket
    status, _, answer = aws.object_request("PUT", where, _thumbnail_key(key, etag), headers=headers, body=content)
    if status != 200:
        raise aws.refused("PutObject", status, answer)


def _thumbnail_key(key: str, etag: str) -> str:
    return f"{key}/{etag}.webp"
