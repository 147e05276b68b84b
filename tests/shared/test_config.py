import pytest

from shared import config


def test_an_empty_environment_gives_defaults() -> None:
    assert config.parse({}) == config.Settings()


def test_lists_are_read_without_blanks_and_in_lower_case() -> None:
    settings = config.parse({"ALLOWED_EMAIL_DOMAINS": " Example.com, ,*.Example.org,", "BLOCKED_EMAIL_DOMAINS": ""})

    assert settings.allowed_email_domains == {"example.com", "*.example.org"}
    assert settings.blocked_email_domains == frozenset()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        config.parse({}).activation_url = "https://evil.example.com"  # type: ignore[misc]
