"""Settings: what the template tells a function through its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Settings:
    """What may differ between deployments. Each function is given only the variables it needs; the rest stay empty."""

    allowed_origin: str = "*"
    transactions_table: str = ""
    user_pool_id: str = ""
    web_client_id: str = ""
    notes_table: str = ""
    datasets_table: str = ""
    activation_url: str = ""
    allowed_email_domains: frozenset[str] = frozenset()
    blocked_email_domains: frozenset[str] = frozenset()


def parse(environ: Mapping[str, str]) -> Settings:
    """Settings from environment variables."""
    return Settings(
        allowed_origin=environ.get("ALLOWED_ORIGIN", "*"),
        transactions_table=environ.get("TRANSACTIONS_TABLE", ""),
        user_pool_id=environ.get("USER_POOL_ID", ""),
        web_client_id=environ.get("WEB_CLIENT_ID", ""),
        notes_table=environ.get("NOTES_TABLE", ""),
        datasets_table=environ.get("DATASETS_TABLE", ""),
        activation_url=environ.get("ACTIVATION_URL", ""),
        allowed_email_domains=_words(environ.get("ALLOWED_EMAIL_DOMAINS", "")),
        blocked_email_domains=_words(environ.get("BLOCKED_EMAIL_DOMAINS", "")),
    )


@cache
def settings() -> Settings:
    """This function's settings, read once."""
    return parse(os.environ)


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip().lower() for word in text.split(",") if word.strip())
