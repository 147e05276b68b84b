"""Time-based one-time passwords as authenticator apps make them: RFC 6238, SHA-1, six digits, thirty seconds."""

import base64
import hmac
from datetime import datetime

import pyotp

SECRET_BYTES = 32
_STEP_S = 30
_SKEW = (0, -1, 1)  # one step each way, RFC 6238 section 5.2


def secret(entropy: bytes) -> str:
    """The text an app is set up with: Base32 without padding, 52 characters of `SECRET_BYTES` random bytes."""
    return base64.b32encode(entropy).decode().rstrip("=")


def matching_step(key: str, code: str, times: tuple[datetime, ...]) -> int | None:
    """Which step's code this is, at one of these times or one step from it; None for no such code."""
    found = None
    generator = pyotp.TOTP(key)
    for time in times:
        for skew in _SKEW:
            step = max(0, int(time.timestamp()) // _STEP_S + skew)  # the cloud's clock may stand before 1970
            if hmac.compare_digest(generator.generate_otp(step).encode(), code.encode()):
                found = step
    return found
