"""The signature of OAuth 1.0a, which Twitter still wants: RFC 5849, HMAC-SHA1."""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Keys:
    """What signs: an app's key and secret, and a user's token and its secret."""

    consumer: str
    consumer_secret: str
    token: str
    token_secret: str


def authorization(method: str, url: str, keys: Keys, *, nonce: str, at: int, query: Mapping[str, str]) -> str:
    """The Authorization header of a request to this URL, which has no query but this one."""
    given = {
        "oauth_consumer_key": keys.consumer,
        "oauth_nonce": nonce,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(at),
        "oauth_token": keys.token,
        "oauth_version": "1.0",
    }
    signed = {**given, "oauth_signature": _signature(method, url, {**given, **query}, keys)}
    return "OAuth " + ", ".join(f'{_encoded(name)}="{_encoded(value)}"' for name, value in sorted(signed.items()))


def _signature(method: str, url: str, parameters: Mapping[str, str], keys: Keys) -> str:
    pairs = sorted((_encoded(name), _encoded(value)) for name, value in parameters.items())
    normalized = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join((method.upper(), _encoded(url), _encoded(normalized)))
    key = f"{_encoded(keys.consumer_secret)}&{_encoded(keys.token_secret)}"
    return base64.b64encode(hmac.digest(key.encode(), base.encode(), "sha1")).decode()


def _encoded(text: str) -> str:
    return quote(text, safe="-._~")
