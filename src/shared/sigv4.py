"""AWS Signature Version 4: requests with a body, and addresses that may be opened for a while.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote

from shared.config import Keys

ALGORITHM = "AWS4-HMAC-SHA256"


def headers(
    keys: Keys, *, service: str, region: str, path: str, sent: Mapping[str, str], body: bytes, now: datetime
) -> dict[str, str]:
    """What a POST is sent with: the headers given, in lower case and with `host` among them, and the signature."""
    at = now.strftime("%Y%m%dT%H%M%SZ")
    signed = {**sent, "x-amz-date": at, **({"x-amz-security-token": keys.session_token} if keys.session_token else {})}
    names = ";".join(sorted(signed))
    listed = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    scope = f"{at[:8]}/{region}/{service}/aws4_request"
    path = quote(path, safe="/-_.~")  # what is escaped in an address is so once more
    signature = _signature(keys, scope, at, f"POST\n{path}\n\n{listed}\n{names}\n{sha256(body).hexdigest()}")
    authorization = f"{ALGORITHM} Credential={keys.access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**signed, "authorization": authorization}


def presigned(keys: Keys, *, origin: str, path: str, service: str, region: str, ttl: timedelta, now: datetime) -> str:
    """An address at which something may be read until then, by whoever has it."""
    at = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{at[:8]}/{region}/{service}/aws4_request"
    params = {
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{keys.access_key_id}/{scope}",
        "X-Amz-Date": at,
        "X-Amz-Expires": str(int(ttl.total_seconds())),
        "X-Amz-SignedHeaders": "host",
        **({"X-Amz-Security-Token": keys.session_token} if keys.session_token else {}),
    }
    query = "&".join(f"{name}={quote(params[name], safe='-_.~')}" for name in sorted(params))
    path, host = quote(path, safe="/-_.~"), origin.partition("://")[2]
    signature = _signature(keys, scope, at, f"GET\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD")
    return f"{origin}{path}?{query}&X-Amz-Signature={signature}"


def _signature(keys: Keys, scope: str, at: str, request: str) -> str:
    text = f"{ALGORITHM}\n{at}\n{scope}\n{sha256(request.encode()).hexdigest()}"
    return hmac.new(_key(keys.secret_access_key, scope), text.encode(), sha256).hexdigest()


@lru_cache(maxsize=8)
def _key(secret: str, scope: str) -> bytes:
    """The key of a day, a region and a service."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
