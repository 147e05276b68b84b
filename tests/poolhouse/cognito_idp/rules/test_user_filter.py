"""The filter grammar of ListUsers."""

import pytest

from poolhouse.cognito_idp.errors import InvalidParameterException
from poolhouse.cognito_idp.rules.user_filter import UserFilter, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('email = "Ann@Example.com"', UserFilter("email", "ann@example.com", is_prefix=False)),
        ('email="ann@example.com"', UserFilter("email", "ann@example.com", is_prefix=False)),
        ('email ^= "ann"', UserFilter("email", "ann", is_prefix=True)),
        ('  given_name  ^=  "Jo"  ', UserFilter("given_name", "jo", is_prefix=True)),
        ('family_name = "O\\"Neil"', UserFilter("family_name", 'o"neil', is_prefix=False)),
        ('name = "a \\\\ b"', UserFilter("name", "a \\ b", is_prefix=False)),
        ('username = "Ann"', UserFilter("username", "Ann", is_prefix=False)),
        ('cognito:user_status = "confirmed"', UserFilter("status", "CONFIRMED", is_prefix=False)),
        ('cognito:user_status ^= "CON"', UserFilter("status", "CON", is_prefix=True)),
        ('status = "Enabled"', UserFilter("enabled", 1, is_prefix=False)),
        ('status = "Disabled"', UserFilter("enabled", 0, is_prefix=False)),
        ('status = "disabled"', UserFilter("enabled", -1, is_prefix=False)),
        ('sub = "5a0f"', UserFilter("sub", "5a0f", is_prefix=False)),
        ('phone_number = "+15550100"', UserFilter("phone_number", "+15550100", is_prefix=False)),
        ('preferred_username = ""', UserFilter("preferred_username", "", is_prefix=False)),
        ("", None),
        ("   ", None),
    ],
)
def test_a_filter_is_one_attribute_one_comparison_and_one_quoted_value(text: str, expected: UserFilter | None) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "email",
        "email = ann",
        'email = "ann',
        'email == "ann"',
        'email > "ann"',
        'email = "a" and name = "b"',
        'email = "a" name = "b"',
        '= "a"',
        'email = "a"b"',
    ],
)
def test_anything_else_is_an_error_of_parsing(text: str) -> None:
    with pytest.raises(InvalidParameterException) as refused:
        parse(text)

    assert refused.value.message == "Error while parsing filter"


@pytest.mark.parametrize("attribute", ["custom:foo", "birthdate", "Email", "email_verified"])
def test_other_attributes_cannot_be_searched(attribute: str) -> None:
    with pytest.raises(InvalidParameterException) as refused:
        parse(f'{attribute} = "x"')

    assert refused.value.message == f"Invalid search attribute: {attribute}"
