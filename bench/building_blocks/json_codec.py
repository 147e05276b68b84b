"""What JSON costs: `python -m bench.building_blocks.json_codec`. docs/decisions/0002-json.md has the figures.

A request of InitiateAuth and a user's row, decoded and encoded by msgspec, by the standard library, and by orjson where
it can be imported.
"""

import importlib
import importlib.util
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from poolhouse.cognito_idp.entities import User

_AT = datetime(2026, 1, 1, tzinfo=UTC)
_USER = User(
    pool_id="us-east-1_Abc123456",
    username="26e163a8-2223-705b-af25-f479eaa96cc6",
    sub="26e163a8-2223-705b-af25-f479eaa96cc6",
    status="CONFIRMED",
    created_at=_AT,
    modified_at=_AT,
    attributes={"email": "ann@example.com", "email_verified": "true", "name": "Ann Lee", "locale": "en"},
)
_REQUEST = {
    "ClientId": "t4flkdxzvm6pkxza2qtjjxtm91",
    "AuthFlow": "USER_PASSWORD_AUTH",
    "AuthParameters": {"USERNAME": "ann@example.com", "PASSWORD": "Correct-horse-7"},
}
_CALLS = 200_000


def main() -> None:
    """Measure each library with each value, in turn."""
    request, row = json.dumps(_REQUEST).encode(), msgspec.json.encode(_USER)
    typed = msgspec.json.Decoder(User)
    _measure("msgspec: a row to the typed entity", lambda: typed.decode(row))
    _measure("msgspec: the entity to a row", lambda: msgspec.json.encode(_USER))
    libraries: dict[str, tuple[Callable[[bytes], Any], Callable[[Any], Any]]] = {
        "msgspec": (msgspec.json.decode, msgspec.json.encode),
        "json": (json.loads, json.dumps),
    }
    if importlib.util.find_spec("orjson"):
        orjson = importlib.import_module("orjson")
        libraries["orjson"] = (orjson.loads, orjson.dumps)
    for name, (decode, encode) in libraries.items():
        _measure(f"{name}: decode a request", lambda decode=decode: decode(request))  # type: ignore[misc]
        _measure(f"{name}: encode it", lambda encode=encode: encode(_REQUEST))  # type: ignore[misc]
        _measure(f"{name}: a row to a dict", lambda decode=decode: decode(row))  # type: ignore[misc]


def _measure(what: str, run: Callable[[], object]) -> None:
    begun = time.perf_counter()
    for _ in range(_CALLS):
        run()
    print(f"{what:40} {(time.perf_counter() - begun) / _CALLS * 1e6:6.2f} us")


if __name__ == "__main__":
    main()
