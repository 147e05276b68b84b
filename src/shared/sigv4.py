"""AWS Signature Version 4: requests with a body, and addresses that may be opened for a while.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any
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


def presigned(
    keys: Keys,
    *,
    origin: str,
    path: str,
    service: str,
    region: str,
    ttl: timedelta,
    now: datetime,
    method: str = "GET",
    query: Mapping[str, str] | None = None,
) -> str:
    """An address at which something may be read until then, by whoever has it; or done, by another method."""
    at = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{at[:8]}/{region}/{service}/aws4_request"
    params = {
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{keys.access_key_id}/{scope}",
        "X-Amz-Date": at,
        "X-Amz-Expires": str(int(ttl.total_seconds())),
        "X-Amz-SignedHeaders": "host",
        **({"X-Amz-Security-Token": keys.session_token} if keys.session_token else {}),
        **(query or {}),
    }
    text = "&".join(f"{name}={quote(params[name], safe='-_.~')}" for name in sorted(params))
    path, host = quote(path, safe="/-_.~"), origin.partition("://")[2]
    signature = _signature(keys, scope, at, f"{method}\n{path}\n{text}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD")
    return f"{origin}{path}?{text}&X-Amz-Signature={signature}"


def form_fields(
    keys: Keys,
    *,
    bucket: str,
    fields: Mapping[str, str],
    conditions: list[Any],
    region: str,
    ttl: timedelta,
    now: datetime,
) -> dict[str, str]:
    """The fields of a form that uploads to a bucket: those given, each of which holds, and the signed policy."""
    at = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{at[:8]}/{region}/s3/aws4_request"
    told = {
        **fields,
        "x-amz-algorithm": ALGORITHM,
        "x-amz-credential": f"{keys.access_key_id}/{scope}",
        "x-amz-date": at,
        **({"x-amz-security-token": keys.session_token} if keys.session_token else {}),
    }
    held = [*conditions, {"bucket": bucket}, *({name: value} for name, value in told.items())]
    document = {"expiration": (now + ttl).strftime("%Y-%m-%dT%H:%M:%SZ"), "conditions": held}
    policy = b64encode(json.dumps(document).encode()).decode()
    signature = hmac.new(_key(keys.secret_access_key, scope), policy.encode(), sha256).hexdigest()
    return {**told, "policy": policy, "x-amz-signature": signature}


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
