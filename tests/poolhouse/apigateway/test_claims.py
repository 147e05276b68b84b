"""Claims as functions see them: all text, in the forms recorded from AWS."""

import pytest

from poolhouse.apigateway.authorizers.claims import texts


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("sub", "64684428-c021", "64684428-c021"),
        ("email_verified", True, "true"),
        ("phone_number_verified", False, "false"),
        ("exp", 1614948016, "Fri Mar 05 12:40:16 UTC 2021"),
        ("iat", 1790257804, "Thu Sep 24 13:50:04 UTC 2026"),
        ("exp", 1793491200, "Sun Nov 01 00:00:00 UTC 2026"),
        ("auth_time", 1614944416, "1614944416"),
        ("version", 2, "2"),
        ("updated_at", 1614944416, "1614944416"),
        ("cognito:groups", ["anotherGroup", "admin"], "anotherGroup,admin"),
        ("cognito:groups", [], ""),
        ("cognito:roles", ["arn:aws:iam::1:role/a"], "arn:aws:iam::1:role/a"),
        (
            "identities",
            [{"dateCreated": "1", "userId": "u", "primary": "true", "issuer": None}, {"dateCreated": "2"}],
            '{"dateCreated":"1","userId":"u","primary":"true","issuer":null},{"dateCreated":"2"}',
        ),
        ("address", {"formatted": "1 Long Road"}, '{"formatted":"1 Long Road"}'),
        ("custom:limit", 1.5, "1.5"),
    ],
)
def test_a_claim_becomes_text(name: str, value: object, text: str) -> None:
    assert texts({name: value}) == {name: text}


def test_a_claim_that_is_null_is_left_out() -> None:
    assert texts({"sub": "a", "nonce": None}) == {"sub": "a"}
