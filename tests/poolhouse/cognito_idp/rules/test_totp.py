"""Time-based one-time passwords, by the vectors of RFC 6238."""

import base64
from datetime import UTC, datetime

import pytest

from poolhouse.cognito_idp.rules import totp

KEY = base64.b32encode(b"12345678901234567890").decode()  # RFC 6238, appendix B: the SHA-1 seed
VECTORS = [  # appendix B gives eight digits; the last six are a six-digit code
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_the_codes_of_the_rfc_are_right_at_their_time(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)

    assert totp.matching_step(KEY, code[-6:], (at,)) == seconds // 30


@pytest.mark.parametrize(("away", "is_right"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_is_good_one_step_either_way(away: int, *, is_right: bool) -> None:
    at = datetime.fromtimestamp(1111111111 + away, UTC)

    assert (totp.matching_step(KEY, "050471", (at,)) is not None) == is_right


@pytest.mark.parametrize("code", ["", "5047", "50471", "0050471", "14050471", "05047a", " 050471"])
def test_nothing_like_a_code_is_one(code: str) -> None:
    assert totp.matching_step(KEY, code, (datetime.fromtimestamp(1111111111, UTC),)) is None


def test_a_secret_has_the_form_of_cognitos() -> None:
    assert totp.secret(bytes(32)) == "A" * 52
