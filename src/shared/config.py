"""Settings: what the template tells a function through its environment.

Named tuples, for every function starts with this: `dataclasses` takes a quarter of the time a trigger has.
"""

import os
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple


class Settings(NamedTuple):
    """What may differ between deployments. Each function is given only the variables it needs; the rest stay empty."""

    allowed_origin: str = "*"
    transactions_table: str = ""
    titles_table: str = ""
    media_bucket: str = ""
    user_pool_id: str = ""
    web_client_id: str = ""
    load_balancer_arn: str = ""
    load_balancer_client_id: str = ""
    uploads_bucket: str = ""
    thumbnails_bucket: str = ""
    files_table: str = ""
    notes_table: str = ""
    datasets_table: str = ""
    datasets_trigger: str = ""
    dataset_changes_table: str = ""
    dataset_changes_stream: str = ""
    identity_pool_id: str = ""
    activation_url: str = ""
    allowed_email_domains: frozenset[str] = frozenset()
    blocked_email_domains: frozenset[str] = frozenset()
    linked_providers: tuple[str, ...] = ()
    profiles_table: str = ""
    sign_ins_table: str = ""
    sign_in_codes_table: str = ""
    sender_email: str = ""
    sender_email_arn: str = ""
    senders_key_arn: str = ""
    legacy_users_table: str = ""
    legacy_argon2id_cost: str = "m=65536,t=3,p=4"
    legacy_bcrypt_cost: int = 12


def parse(environ: Mapping[str, str]) -> Settings:
    """Settings from environment variables."""
    return Settings(
        allowed_origin=environ.get("ALLOWED_ORIGIN", "*"),
        transactions_table=environ.get("TRANSACTIONS_TABLE", ""),
        titles_table=environ.get("TITLES_TABLE", ""),
        media_bucket=environ.get("MEDIA_BUCKET", ""),
        user_pool_id=environ.get("USER_POOL_ID", ""),
        web_client_id=environ.get("WEB_CLIENT_ID", ""),
        load_balancer_arn=environ.get("LOAD_BALANCER_ARN", ""),
        load_balancer_client_id=environ.get("LOAD_BALANCER_CLIENT_ID", ""),
        uploads_bucket=environ.get("UPLOADS_BUCKET", ""),
        thumbnails_bucket=environ.get("THUMBNAILS_BUCKET", ""),
        files_table=environ.get("FILES_TABLE", ""),
        notes_table=environ.get("NOTES_TABLE", ""),
        datasets_table=environ.get("DATASETS_TABLE", ""),
        datasets_trigger=environ.get("DATASETS_TRIGGER", ""),
        dataset_changes_table=environ.get("DATASET_CHANGES_TABLE", ""),
        dataset_changes_stream=environ.get("DATASET_CHANGES_STREAM", ""),
        identity_pool_id=environ.get("IDENTITY_POOL_ID", ""),
        activation_url=environ.get("ACTIVATION_URL", ""),
        allowed_email_domains=_words(environ.get("ALLOWED_EMAIL_DOMAINS", "")),
        blocked_email_domains=_words(environ.get("BLOCKED_EMAIL_DOMAINS", "")),
        linked_providers=tuple(name.strip() for name in environ.get("LINKED_PROVIDERS", "").split(",") if name.strip()),
        profiles_table=environ.get("PROFILES_TABLE", ""),
        sign_ins_table=environ.get("SIGN_INS_TABLE", ""),
        sign_in_codes_table=environ.get("SIGN_IN_CODES_TABLE", ""),
        sender_email=environ.get("SENDER_EMAIL", ""),
        sender_email_arn=environ.get("SENDER_EMAIL_ARN", ""),
        senders_key_arn=environ.get("SENDERS_KEY_ARN", ""),
        legacy_users_table=environ.get("LEGACY_USERS_TABLE", ""),
        legacy_argon2id_cost=environ.get("LEGACY_ARGON2ID_COST", "m=65536,t=3,p=4"),
        legacy_bcrypt_cost=int(environ.get("LEGACY_BCRYPT_COST", "12")),
    )


class Keys(NamedTuple):
    """The keys of the function's role."""

    access_key_id: str
    secret_access_key: str
    session_token: str

    def __repr__(self) -> str:
        return f"Keys({self.access_key_id})"


def keys() -> Keys:
    """As Lambda gives them to a function. Raises KeyError where there are none."""
    return Keys(
        os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], os.environ.get("AWS_SESSION_TOKEN", "")
    )


def region() -> str:
    """The region the function runs in."""
    return os.environ["AWS_DEFAULT_REGION"]


def endpoint(service_id: str) -> str:
    """Where a service is called, when not at AWS's own address.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    own = os.environ.get(f"AWS_ENDPOINT_URL_{service_id.upper().replace(' ', '_')}")
    return (own or os.environ.get("AWS_ENDPOINT_URL", "")).rstrip("/")


def trace_header() -> str:
    """Which trace this invocation belongs to; Lambda changes it with each."""
    return os.environ.get("_X_AMZN_TRACE_ID", "")


def trace_daemon() -> str:
    """Where X-Ray's daemon listens."""
    return os.environ.get("AWS_XRAY_DAEMON_ADDRESS", "")


@cache
def settings() -> Settings:
    """This function's settings, read once."""
    return parse(os.environ)


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip().lower() for word in text.split(",") if word.strip())
