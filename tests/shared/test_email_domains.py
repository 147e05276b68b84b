import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.email_domains import may_sign_up, parse_domain


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        ("anna@example.com", "example.com"),
        ("Anna@EXAMPLE.Com", "example.com"),
        ("anna@example.com.", "example.com"),
        ('"a@b"@example.com', "example.com"),
        ("anna@mail.example.co.uk", "mail.example.co.uk"),
        ("anna@bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_the_domain_of_an_address(email: str, domain: str) -> None:
    assert parse_domain(email) == domain


@pytest.mark.parametrize(
    "email",
    ["", "anna", "@example.com", "anna@", "anna@localhost", "anna@-a.com", "anna@a-.com", "anna@a..com", "anna@.com",
     "a b@example.com", "anna@exa mple.com", "anna@example.com\n", "anna@example.com\x00", "anna@[127.0.0.1]",
     "anna@" + "a" * 64 + ".com", "anna@example,com"],
)  # fmt: skip
def test_what_is_no_address_has_no_domain(email: str) -> None:
    with pytest.raises(ValueError):
        parse_domain(email)


@given(st.text())
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        domain = parse_domain(f"a@{text}")
    except ValueError:
        return
    assert domain.isascii()
    assert domain == domain.lower()


@pytest.mark.parametrize(
    ("domain", "allowed", "blocked", "expected"),
    [
        ("example.com", [], [], True),
        ("example.com", ["example.com"], [], True),
        ("example.org", ["example.com"], [], False),
        ("mail.example.com", ["example.com"], [], False),
        ("mail.example.com", ["*.example.com"], [], True),
        ("a.b.example.com", ["*.example.com"], [], True),
        ("example.com", ["*.example.com"], [], False),
        ("notexample.com", ["example.com"], [], False),
        ("example.com.evil.org", ["example.com"], [], False),
        ("spam.com", [], ["spam.com"], False),
        ("mx.spam.com", [], ["spam.com"], False),
        ("mx.spam.com", [], ["*.spam.com"], False),
        ("spam.com", [], ["*.spam.com"], True),
        ("notspam.com", [], ["spam.com"], True),
        ("example.com", ["example.com"], ["example.com"], False),
        ("mail.example.com", ["*.example.com"], ["mail.example.com"], False),
    ],
)
def test_blocked_wins_and_no_allowed_domain_means_all(
    domain: str, allowed: list[str], blocked: list[str], *, expected: bool
) -> None:
    assert may_sign_up(domain, allowed, blocked) is expected
