"""Access tokens of Facebook, Amazon and Twitter: only they can read them, so they are asked whose one is, each time.

How AWS asks them is not published. These are the ways the three have for somebody who knows of an app what an identity
pool knows: Facebook's and Amazon's by the app's id, Twitter's by its key and secret.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from poolhouse import aside
from poolhouse.call import Call
from poolhouse.openid.remote import Document, ProviderFailed, ask_json
from poolhouse.web_identity import oauth1

FACEBOOK, AMAZON, TWITTER = "graph.facebook.com", "www.amazon.com", "api.twitter.com"
ADDRESSES: Mapping[str, str] = {
    FACEBOOK: "https://graph.facebook.com",
    AMAZON: "https://api.amazon.com",
    TWITTER: "https://api.twitter.com",
}
_BUSY_STATUS = 429
_BUSY_CODES = {1, 2, 4, 17, 32, 341, 613}  # Graph API, "Handling errors": try again later; sent with 400 and 403, too


class Rejected(Exception):
    """The provider does not know the token, or no longer."""


@dataclass(frozen=True, slots=True)
class SocialIdentity:
    """Somebody whom a provider has vouched for just now. Only `verify` makes one.

    `applications` are the names that the app has which the token was given to.
    """

    provider: str
    subject: str
    applications: tuple[str, ...]


def verify(call: Call, provider: str, token: str, app: str = "") -> SocialIdentity:
    """Whose token this is, and which app's. Raises Rejected and ProviderFailed.

    `app` is what an identity pool has of the app: only Twitter cannot be asked without it ("key;secret").
    """
    base = call.provider_addresses.get(provider) or ADDRESSES[provider]
    return aside.wait(lambda: _ASK[provider](base, token, app))


def _facebook(base: str, token: str, _app: str) -> SocialIdentity:
    """Graph API: /app is the app that a token is for, /me its user there."""
    query = urlencode({"access_token": token, "fields": "id"})
    app, user = (_asked(FACEBOOK, what, f"{base}/{what}?{query}") for what in ("app", "me"))
    return SocialIdentity(FACEBOOK, _text(FACEBOOK, user, "id"), (_text(FACEBOOK, app, "id"),))


def _amazon(base: str, token: str, _app: str) -> SocialIdentity:
    """Login with Amazon, "Validate access tokens": pools are made with the client id or with the application's own."""
    told = _asked(AMAZON, "tokeninfo", f"{base}/auth/o2/tokeninfo?{urlencode({'access_token': token})}")
    user, names = _text(AMAZON, told, "user_id"), (_text(AMAZON, told, "aud"), str(told.get("app_id") or ""))
    if not isinstance(told.get("exp"), int) or told["exp"] <= 0:  # in how many seconds it ends
        raise Rejected
    return SocialIdentity(AMAZON, user, tuple(filter(None, names)))


def _twitter(base: str, token: str, app: str) -> SocialIdentity:
    """GET account/verify_credentials, by OAuth 1.0a: a token of another app does not go with this one's signature."""
    (key, _, secret), (user_token, _, user_secret) = app.partition(";"), token.partition(";")
    if not (user_token and user_secret and token.isascii()):
        raise Rejected
    url = f"{base}/1.1/account/verify_credentials.json"
    keys = oauth1.Keys(key, secret, user_token, user_secret)
    header = oauth1.authorization("GET", url, keys, nonce=secrets.token_hex(16), at=int(time.time()), query={})
    told = _asked(TWITTER, "verify_credentials", url, authorization=header)
    return SocialIdentity(TWITTER, _text(TWITTER, told, "id_str"), (key,))


_ASK: Mapping[str, Callable[[str, str, str], SocialIdentity]] = {
    FACEBOOK: _facebook,
    AMAZON: _amazon,
    TWITTER: _twitter,
}


def _asked(provider: str, what: str, url: str, *, authorization: str = "") -> Document:
    status, told = ask_json(provider, what, url, authorization=authorization)
    if status == 200:
        return told
    error = told.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if status >= 500 or status == _BUSY_STATUS or code in _BUSY_CODES:
        raise ProviderFailed(f"{provider} Error - {status} error getting {what}")
    raise Rejected


def _text(provider: str, document: Document, name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value:
        raise ProviderFailed(f"{provider} did not tell {name}")
    return value
