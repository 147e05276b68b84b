"""Whom an Application Load Balancer has signed in, proven by the headers it adds.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html

`x-amzn-oidc-data` is signed by the load balancer: that it is ours, and this sign-in a minute old, nothing else proves.
But what it tells is the user's profile alone, so that client, groups, scopes and time of sign-in are those of the
access token beside it, which the pool has signed. All three headers must be of one user, client and pool.

Imported when such headers come, and not before: it loads cryptography.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.error import HTTPError

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from shared import aws, config
from shared.config import settings
from shared.tokens import InvalidToken, Keys, issuers_of_pool, keys_of_pool, published, verify_access_token

LONGEST = 16 << 10  # bytes of a header: more, and the load balancer has refused it
KEY_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # it becomes a part of an address
NOT_THERE = {403, 404}  # the keys are files in a bucket, which says 403 to who may not list it


class KeysUnread(aws.AwsError):
    """It cannot be told whether a token is good: nobody's fault, and over in a moment."""

    is_transient = True

    def __init__(self, reason: str) -> None:
        super().__init__("GetPublicKey", reason)


class SignIn(NamedTuple):
    """What the load balancer and the pool say of one user."""

    profile: Mapping[str, Any]  # userInfo's claims, whose values are texts, email_verified's too
    access: Mapping[str, Any]  # the access token's claims


def verify(data: str, access_token: str, identity: str) -> SignIn:
    """What the values of a load balancer's three headers prove. Raises InvalidToken, KeysUnread."""
    if any(len(value) > LONGEST or not value.isascii() for value in (data, access_token, identity)):
        raise InvalidToken("a header that no load balancer sends")
    try:
        profile = _profile(data)
        access = verify_access_token(
            access_token, _keys_of_pool, issuers=issuers_of_pool(), client_id=settings().load_balancer_client_id
        )
    except OSError as error:
        raise KeysUnread(f"{type(error).__name__}: {error}") from error
    if not identity == profile["sub"] == access["sub"]:
        raise InvalidToken("headers of more than one user")
    return SignIn(profile, access)


def keys_address(load_balancer_arn: str) -> str:
    """Where the keys of a load balancer's region stand, each under its id."""
    region = load_balancer_arn.split(":")[3]
    if own := config.endpoint("Elastic Load Balancing v2"):
        return own
    if region.startswith("us-gov-"):
        return f"https://s3-{region}.amazonaws.com/aws-elb-public-keys-prod-{region}"
    return f"https://public-keys.auth.elb.{region}.amazonaws.com"


def keys_of_region() -> Keys[EllipticCurvePublicKey]:
    """The keys that sign for load balancers of the region; none is read yet."""
    return Keys(_published_key, one_by_one=True)


def _profile(data: str) -> Mapping[str, Any]:
    """The claims the load balancer has signed.

    Which client, pool and load balancer they are of stands in the JWS header. That is looked at first, so that no key
    is asked for on behalf of others, and believed once the signature holds, which is over the header as well. PyJWT
    takes the padding that this token has and RFC 7515 forbids: it is a part of the text that was signed.
    """
    try:
        header = jwt.get_unverified_header(data)
        _check_header(header)
        claims: Mapping[str, Any] = jwt.decode(
            data,
            _keys.find(header["kid"]),
            algorithms=["ES256"],
            issuer=header["iss"],
            options={"require": ["exp", "iss", "sub"], "verify_aud": False},  # its client stands in the header
        )
    except jwt.PyJWTError as error:
        raise InvalidToken(type(error).__name__) from None
    return claims


def _check_header(header: Mapping[str, Any]) -> None:
    if not KEY_ID.fullmatch(header.get("kid") or ""):
        raise InvalidToken("a key id of another kind")
    if header.get("signer") != settings().load_balancer_arn:
        raise InvalidToken("another load balancer's")
    if header.get("client") != settings().load_balancer_client_id or header.get("iss") not in issuers_of_pool():
        raise InvalidToken("of another client or pool")


def _published_key(key_id: str) -> Mapping[str, EllipticCurvePublicKey]:
    """The key of this id, none where AWS says that there is none. Raises OSError."""
    try:
        key = load_pem_public_key(published(f"{keys_address(settings().load_balancer_arn)}/{key_id}"))
    except HTTPError as error:
        if error.code in NOT_THERE:
            return {}
        raise
    except (ValueError, UnsupportedAlgorithm) as error:
        raise OSError("no key stands where one should") from error
    if not isinstance(key, EllipticCurvePublicKey):
        raise OSError("a key of another kind stands where one should")
    return {key_id: key}


_keys, _keys_of_pool = keys_of_region(), keys_of_pool()
