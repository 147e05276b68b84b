"""The password policy, in the service's words."""

import pytest

from poolhouse.cognito_idp.errors import InvalidPasswordException
from poolhouse.cognito_idp.flows import passwords as flow
from poolhouse.cognito_idp.rules import passwords

STRICT = {
    "MinimumLength": 8,
    "RequireUppercase": True,
    "RequireLowercase": True,
    "RequireNumbers": True,
    "RequireSymbols": True,
}


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("Abc-123", "Password not long enough"),
        ("abcdef-123", "Password must have uppercase characters"),
        ("ABCDEF-123", "Password must have lowercase characters"),
        ("Abcdef-ghi", "Password must have numeric characters"),
        ("Abcdef1234", "Password must have symbol characters"),
        ("Abcdef§1234", "Password must have symbol characters"),
        ("", "Password not long enough"),
        ("Abcdef-123", None),
        ("Abcdef~123", None),
        ("Ünïcödé-Aa1", None),
    ],
)
def test_a_password_lacks_what_the_policy_names_first(password: str, reason: str | None) -> None:
    assert passwords.violation(password, STRICT) == reason


def test_a_policy_asks_only_for_what_it_requires() -> None:
    assert passwords.violation("aaaaaa", {"MinimumLength": 6}) is None


@pytest.mark.parametrize(
    ("prefix", "sentence"),
    [
        (passwords.SIGN_UP, "Password did not conform with policy: Password not long enough"),
        (passwords.TEMPORARY, "Password did not conform with password policy: Password not long enough"),
        (passwords.NEW, "Password does not conform to policy: Password not long enough"),
    ],
)
def test_the_sentence_begins_as_the_operation_has_it(prefix: str, sentence: str) -> None:
    with pytest.raises(InvalidPasswordException) as refused:
        passwords.check("short", STRICT, prefix)

    assert refused.value.message == sentence


def test_a_generated_password_is_always_one_the_policy_accepts() -> None:
    for length in (6, 8, 20, 99):
        policy = {**STRICT, "MinimumLength": length}
        made = {flow.generate(policy) for _ in range(50)}

        assert len(made) == 50
        assert all(passwords.violation(password, policy) is None for password in made)
