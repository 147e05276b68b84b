import struct
import zlib
from datetime import UTC, datetime
from io import BytesIO, StringIO

import pytest
from PIL import Image, ImageSequence

from shared import aws, thumbnails
from shared.models import MAX_FILE
from shared.pictures import MOST_PIXELS
from tests.handlers.storage import ANOTHER, IDENTITY, Storage, look_at, opened, picture
from tests.service_support import Event


def state(name: str, owner: str = IDENTITY) -> tuple[str, str] | None:
    found = thumbnails.states(owner, name, name).get(name)
    return (found.status, found.reason) if found else None


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG that says it is that large, whatever it holds."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def is_red(small: Image.Image, at: tuple[int, int]) -> bool:
    red, _, blue = small.convert("RGB").getpixel(at)  # type: ignore[misc]
    return red > 200 and blue < 60


@pytest.mark.parametrize("kind", ["GIF", "JPEG", "PNG", "WEBP"])
def test_each_kind_of_picture_gets_a_small_one(storage: Storage, kind: str) -> None:
    told = storage.upload("a", picture(kind), f"image/{kind.lower()}")

    look_at(told)

    etag = told["Records"][0]["s3"]["object"]["eTag"]
    ((key, content),) = storage.thumbnails.items()
    assert key == f"private/{IDENTITY}/a/{etag}.webp"
    small = opened(content)
    assert (small.format, small.size) == ("WEBP", (320, 240))
    assert is_red(small, (10, 10))
    assert state("a") == ("ready", "")
    assert storage.s3.head_object(Bucket="thumbnails", Key=key)["ContentType"] == "image/webp"


def test_it_is_the_right_way_up_and_tells_nothing_of_where_it_was_taken(storage: Storage) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter: what is left of it is on top
    exif[0x010F] = "Camera of Ann"
    exif.get_ifd(0x8825)[1] = "N"

    look_at(storage.upload("a.jpg", picture("JPEG", exif=exif, comment=b"of Ann"), "image/jpeg"))

    (content,) = storage.thumbnails.values()
    small = opened(content)
    assert small.size == (240, 320)
    assert is_red(small, (120, 20))
    assert b"of Ann" not in content
    assert not small.getexif()
    assert {"icc_profile", "exif", "comment"}.isdisjoint(small.info)


def test_of_what_moves_the_first_frame_is_taken(storage: Storage) -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue", "green")]
    written = BytesIO()
    frames[0].save(written, "GIF", save_all=True, append_images=frames[1:], duration=100)

    look_at(storage.upload("a.gif", written.getvalue(), "image/gif"))

    (content,) = storage.thumbnails.values()
    (frame,) = ImageSequence.Iterator(opened(content))
    assert is_red(frame, (20, 20))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_pictures_of_every_mode_are_taken(storage: Storage, mode: str) -> None:
    written = BytesIO()
    Image.new(mode, (500, 20)).save(written, "PNG")

    look_at(storage.upload("a.png", written.getvalue()))

    (content,) = storage.thumbnails.values()
    assert opened(content).size == (320, 13)
    assert opened(content).has_transparency_data == (mode in {"LA", "RGBA"})


@pytest.mark.parametrize(
    ("content", "kind", "reason"),
    [
        (picture("PNG"), "image/jpeg", "wrong_type"),
        (picture("JPEG"), "image/gif", "wrong_type"),
        (picture("PNG"), "text/html", "wrong_type"),
        (picture("PNG"), "", "wrong_type"),
        (picture("BMP"), "image/png", "not_a_picture"),
        (b"<script>alert(1)</script>", "image/png", "not_a_picture"),
        (b"", "image/png", "not_a_picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "image/png", "not_a_picture"),
        (picture("JPEG")[:-900], "image/jpeg", "damaged"),
        (picture("PNG")[:200], "image/png", "damaged"),
        (picture("WEBP")[:100], "image/webp", "damaged"),
        (png(100, 100, b"\0" * 50), "image/png", "damaged"),
        (png(50_000, 50_000), "image/png", "too_many_pixels"),
        (png(1, MOST_PIXELS + 1), "image/png", "too_many_pixels"),
        (b"GIF89a\xff\xff\xff\xff\0\0\0" + b"," + b"\0" * 20, "image/gif", "too_many_pixels"),
    ],
)
def test_what_is_no_good_picture_is_refused_and_written_down(
    storage: Storage, log: StringIO, content: bytes, kind: str, reason: str
) -> None:
    look_at(storage.upload("a", content, kind))

    assert state("a") == ("refused", reason)
    assert storage.thumbnails == {}
    assert f'"reason":"{reason}"' in log.getvalue()


def test_text_that_unpacks_to_more_than_a_picture_has_is_refused(storage: Storage) -> None:
    packed = zlib.compress(b"\0" * 100_000_000, 9)
    body = b"Comment\0\0" + packed
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    whole = png(1, 1, b"\0" * 4)

    look_at(storage.upload("a.png", whole[:33] + chunk + whole[33:]))

    assert state("a.png") == ("refused", "damaged")


def test_a_file_that_is_too_large_is_not_even_read(storage: Storage) -> None:
    look_at(storage.told(f"private/{IDENTITY}/a", MAX_FILE + 1, "0" * 32))  # nothing is there to be read

    assert state("a") == ("refused", "too_large")


def test_the_same_upload_told_of_twice_is_the_same_thumbnail(storage: Storage) -> None:
    told = storage.upload("a", picture())
    look_at(told)
    before = storage.thumbnails

    look_at(told)

    assert storage.thumbnails == before
    assert state("a") == ("ready", "")


def test_an_upload_told_of_late_changes_nothing(storage: Storage) -> None:
    old = storage.upload("a", picture())
    new = storage.upload("a", b"no picture")
    look_at(new)
    (etag,) = (one["s3"]["object"]["eTag"] for one in new["Records"])

    look_at(old)

    assert state("a") == ("refused", "not_a_picture")
    assert thumbnails.states(IDENTITY, "a", "a")["a"].etag == etag
    # Nor where it was read before the newer one came
    late = thumbnails.State("a", "0" * 32, "ready")
    assert not thumbnails.record(IDENTITY, late, "0", now=_now())
    assert state("a") == ("refused", "not_a_picture")


def test_a_file_that_is_gone_is_passed_over(storage: Storage) -> None:
    told = storage.upload("a", picture())
    storage.s3.delete_object(Bucket="uploads", Key=f"private/{IDENTITY}/a")

    look_at(told)

    assert state("a") is None


@pytest.mark.parametrize(
    "key",
    [
        "a.png",
        f"private/{IDENTITY}",
        f"private/{IDENTITY}/b/a.png",
        f"private/{IDENTITY}/../{ANOTHER}/a.png",
        f"private/{IDENTITY}/a b.png",
        f"private/{IDENTITY}/a\n",
        "private/somebody/a.png",
        f"public/{IDENTITY}/a.png",
    ],
)
def test_a_key_of_another_shape_is_passed_over(storage: Storage, key: str) -> None:
    storage.s3.put_object(Bucket="uploads", Key=key, Body=picture(), ContentType="image/png")

    look_at(storage.told(key, 1000, "0" * 32))

    assert storage.thumbnails == {}


def test_what_fails_is_raised_for_lambda_to_try_again(storage: Storage) -> None:
    told = storage.upload("a", picture())
    aws.client("dynamodb").delete_table(TableName="files")

    with pytest.raises(Exception, match="ResourceNotFoundException"):
        look_at(told)


def test_each_owner_has_states_of_their_own(storage: Storage) -> None:
    told: list[Event] = [storage.upload("a", picture(), owner=owner) for owner in (IDENTITY, ANOTHER)]
    look_at({"Records": [record for one in told for record in one["Records"]]})

    assert state("a") == state("a", ANOTHER) == ("ready", "")
    assert len(storage.thumbnails) == 2


def _now() -> datetime:
    return datetime.now(UTC)
