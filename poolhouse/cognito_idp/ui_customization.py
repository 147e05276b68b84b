"""How the classic hosted pages look: an app client's style and logo, or the pool's for all that have none."""

import base64
import re
from collections.abc import Mapping
from typing import Any

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import Configuration, UserPool
from poolhouse.cognito_idp.errors import InvalidParameterException
from poolhouse.cognito_idp.flows import configurations, find

Request = Mapping[str, Any]

_ALL = "ALL"
_LONGEST_IMAGE = 100 * 1024
_LONGEST_STYLE = 3 * 1024
_VERSION = "20190128172214"  # of the style sheet that customizations are laid over
# "Customizing hosted UI (classic) branding": the classes a style may name.
_CLASS = re.compile(r"^\s*((?:\.[A-Za-z-]+-customizable(?::hover|:focus|:active)?\s*,?\s*)+)\{([^{}]*)\}\s*")
_PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def set_ui_customization(call: Call, request: Request) -> dict[str, object]:
    """Set style and logo; the pool must have a domain to show them under."""
    pool, client_id = _addressed(call, request)
    if not call.store.domains.count(pool_id=pool.id):
        raise InvalidParameterException("There has to be an existing domain associated with this user pool")
    style, image = request.get("CSS"), request.get("ImageFile")
    if style:
        _check_style(style)
    if image:
        _check_picture(image)
    before = configurations.find(call, pool.id, configurations.UI, client_id)
    settings = dict(before.settings) if before else {}
    if style is not None:
        settings["CSS"] = style
    if image is not None:
        settings["ImageFile"] = base64.b64encode(image).decode()
    kept = configurations.put(call, pool.id, configurations.UI, client_id, settings)
    return {"UICustomization": _type(call, pool, client_id or _ALL, kept)}


def get_ui_customization(call: Call, request: Request) -> dict[str, object]:
    """An app client's, the pool's where it has none of its own, or an empty one."""
    pool, client_id = _addressed(call, request)
    kept = configurations.find(call, pool.id, configurations.UI, client_id)
    if kept is None and client_id:
        client_id, kept = "", configurations.find(call, pool.id, configurations.UI)
    return {"UICustomization": {} if kept is None else _type(call, pool, client_id or _ALL, kept)}


def picture(call: Call, pool_id: str, client_id: str) -> tuple[str, bytes] | None:
    """The media type and bytes of a logo, by the client id (or ALL) its address has; None where there is none."""
    kept = configurations.find(call, pool_id, configurations.UI, "" if client_id == _ALL else client_id)
    image = base64.b64decode(kept.settings.get("ImageFile", "")) if kept else b""
    return next(((kind, image) for start, kind in _PICTURES.items() if image.startswith(start)), None)


def _addressed(call: Call, request: Request) -> tuple[UserPool, str]:
    pool = find.pool(call, request["UserPoolId"])
    client_id = request.get("ClientId") or _ALL
    if client_id == _ALL:
        return pool, ""
    find.client_in(call.store, pool.id, client_id)
    return pool, client_id


def _type(call: Call, pool: UserPool, client_id: str, kept: Configuration) -> dict[str, object]:
    shape: dict[str, object] = {"UserPoolId": pool.id, "ClientId": client_id, "CSSVersion": _VERSION}
    if kept.settings.get("ImageFile"):
        shape["ImageUrl"] = f"{call.origin}/{pool.id}/{client_id}/{_VERSION}/assets/images/image"
    if kept.settings.get("CSS"):
        shape["CSS"] = kept.settings["CSS"]
    return {**shape, "LastModifiedDate": kept.modified_at, "CreationDate": kept.created_at}


def _check_style(style: str) -> None:
    """Rules of the documented classes only, no at-rules, no URLs. The sentences are guesses."""
    if len(style.encode()) > _LONGEST_STYLE:
        raise InvalidParameterException(f"CSS must be no longer than {_LONGEST_STYLE} bytes.")
    rest = style
    while rest.strip():
        rule = _CLASS.match(rest)
        if rule is None or re.search(r"@|url\s*\(|expression|javascript:", rule[2], re.IGNORECASE):
            raise InvalidParameterException("Invalid CSS.")
        rest = rest[rule.end() :]


def _check_picture(image: bytes) -> None:
    if len(image) > _LONGEST_IMAGE:
        raise InvalidParameterException("Image file size must be less than 100 KB.")  # as above
    if not any(image.startswith(start) for start in _PICTURES):
        raise InvalidParameterException("Image file must be a PNG or JPEG.")  # as above
