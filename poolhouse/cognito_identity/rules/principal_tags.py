"""Claims of a login as tags of the session.

https://docs.aws.amazon.com/cognito/latest/developerguide/attributes-for-access-control.html
"""

from collections.abc import Mapping
from typing import Any

_DEFAULTS = {"username": "sub", "client": "aud"}


def tags(tag_map: Mapping[str, Any] | None, claims: Mapping[str, Any]) -> dict[str, str]:
    """The tags that a provider's map makes of claims; a claim that is absent or empty makes none."""
    if tag_map is None:
        return {}
    wanted = _DEFAULTS if tag_map.get("UseDefaults") else tag_map.get("PrincipalTags") or {}
    found = {tag: claims.get(claim) for tag, claim in wanted.items()}
    return {tag: _text(value) for tag, value in found.items() if value not in (None, "", [])}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(str(one) for one in value) if isinstance(value, list) else str(value)
