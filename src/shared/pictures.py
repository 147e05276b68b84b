"""Thumbnails of pictures, which anybody may have made with anything in mind.

What a picture says of itself is looked at before anything is unpacked; nothing of it but its pixels goes on.
"""

import struct
import warnings
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.Image import DecompressionBombError, DecompressionBombWarning

SIDE = 320
MOST_PIXELS = 40_000_000
TYPES = {"GIF": "image/gif", "JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
FORMATS = ("GIF", "JPEG", "PNG", "WEBP")  # MPO is what phones add to a JPEG
DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, ArithmeticError)

Image.MAX_IMAGE_PIXELS = MOST_PIXELS


class NoPicture(Exception):
    """Why there is no thumbnail, in a word that people are shown."""


def thumbnail(content: bytes, declared: str) -> bytes:
    """A small WebP of a picture's first frame, the right way up, without metadata. Raises NoPicture."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", DecompressionBombWarning)
        try:
            with Image.open(BytesIO(content), formats=FORMATS) as picture:
                if TYPES[picture.format or ""] != declared.partition(";")[0].strip().lower():
                    raise NoPicture("wrong_type")
                return _small(picture)
        except (DecompressionBombError, DecompressionBombWarning):
            raise NoPicture("too_many_pixels") from None
        except UnidentifiedImageError:
            raise NoPicture("not_a_picture") from None
        except DAMAGED:
            raise NoPicture("damaged") from None


def _small(picture: Image.Image) -> bytes:
    picture.draft("RGB", (SIDE * 2, SIDE * 2))  # a JPEG is unpacked no larger than needed
    upright = ImageOps.exif_transpose(picture)
    has_alpha = upright.has_transparency_data
    bare = upright.convert("RGBA" if has_alpha else "RGB")
    bare.thumbnail((SIDE, SIDE))
    pixels = Image.new(bare.mode, bare.size)
    pixels.paste(bare)
    written = BytesIO()
    pixels.save(written, "WEBP", quality=80)
    return written.getvalue()
