"""Uploads as S3 keeps them and tells of them, for the tests of files and thumbnails."""

from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from typing import Any
from urllib.parse import quote_plus

from PIL import Image

from tests.service_support import CONTEXT, Event, event

IDENTITY = "us-east-1:3a1f9c52-7b64-4d0e-8a55-6f0c1d2e3b4a"
ANOTHER = "us-east-1:00000000-7b64-4d0e-8a55-6f0c1d2e3b4a"


@dataclass
class Storage:
    """The buckets of one test."""

    s3: Any
    _sequencers: Any = field(default_factory=lambda: count(1))

    def upload(self, name: str, content: bytes, kind: str = "image/png", owner: str = IDENTITY) -> Event:
        """Put a file; what S3 tells of it."""
        key = f"private/{owner}/{name}"
        etag = self.s3.put_object(Bucket="uploads", Key=key, Body=content, ContentType=kind)["ETag"].strip('"')
        return self.told(key, len(content), etag)

    def told(self, key: str, size: int, etag: str) -> Event:
        """What S3 tells of an upload, each later than the one before."""
        made = event("thumbnails")
        made["Records"][0]["s3"]["object"] |= {
            "key": quote_plus(key),
            "size": size,
            "eTag": etag,
            "sequencer": f"{next(self._sequencers):016X}",
        }
        return made

    @property
    def thumbnails(self) -> dict[str, bytes]:
        """What is in the second bucket."""
        found = self.s3.list_objects_v2(Bucket="thumbnails").get("Contents", [])
        return {one["Key"]: self.s3.get_object(Bucket="thumbnails", Key=one["Key"])["Body"].read() for one in found}


def look_at(told: Event) -> None:
    """Have the function look at what S3 tells."""
    from handlers.thumbnails import lambda_handler  # noqa: PLC0415 - it reads its settings when it is imported

    lambda_handler(told, CONTEXT)


def picture(kind: str = "PNG", size: tuple[int, int] = (640, 480), mode: str = "RGB", **more: Any) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    made = Image.new(mode, size, "blue" if mode != "P" else 2)
    made.paste(Image.new(mode, (size[0] // 2, size[1]), "red" if mode != "P" else 1), (0, 0))
    written = BytesIO()
    made.save(written, kind, **more)
    return written.getvalue()


def opened(content: bytes) -> Image.Image:
    """A thumbnail as a client sees it."""
    return Image.open(BytesIO(content))
