import base64
import logging
import os
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from aws_encryption_sdk import (  # type: ignore[import-untyped]
    CommitmentPolicy,
    EncryptionSDKClient,
    StrictAwsKmsMasterKeyProvider,
)

from poolhouse import testing
from shared import aws as clients
from shared import sealed_codes
from shared.config import settings
from shared.observability import logger
from tests.service_support import POOL_ID, template
from tests.wire import connected

Configure = Callable[..., None]
Aws = Callable[[str], Any]
Seal = Callable[[str], str]
LISTENING: list[testing.LocalCloud] = []  # that of `local_aws`
LEGACY_USERS = {
    "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "email", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
    }
}  # not ours to declare
TABLES = {
    "PROFILES_TABLE": "ProfilesTable",
    "SIGN_INS_TABLE": "SignInsTable",
    "LEGACY_USERS_TABLE": "LegacyUsers",
    "SIGN_IN_CODES_TABLE": "SignInCodesTable",
}


@pytest.fixture(autouse=True)
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Sets a function's environment; settings are read anew."""

    def set_environment(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()

    set_environment(POWERTOOLS_SERVICE_NAME="poolhouse", POWERTOOLS_METRICS_NAMESPACE="Poolhouse")
    yield set_environment
    settings.cache_clear()


@pytest.fixture
def aws(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """AWS as a local cloud in this process, with the tables of template.yaml; gives clients by service."""
    with testing.cloud() as cloud, connected(cloud):
        yield from _aws(configure, monkeypatch, AWS_ENDPOINT_URL=cloud.inner.config.origin)


@pytest.fixture
def local_aws(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """The same over a socket, with an outbox to look into."""
    with testing.cloud(listen=True) as cloud:
        LISTENING[:] = [cloud]
        for made in _aws(configure, monkeypatch, AWS_ENDPOINT_URL=cloud.inner.config.origin):
            yield made
            for where in (*((service,) for service in clients.SERVICES), ("ses", "us-east-1"), ("sns", "us-east-1")):
                clients.hurried(*where).close()


def _aws(configure: Configure, monkeypatch: pytest.MonkeyPatch, **more: str) -> Iterator[Aws]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}
    configure(**keys, **more)
    clients.hurried.cache_clear()
    for variable, table in TABLES.items():
        properties = template()["Resources"].get(table, LEGACY_USERS)["Properties"]
        wanted = {name: properties[name] for name in ("BillingMode", "AttributeDefinitions", "KeySchema")}
        clients.hurried("dynamodb").create_table(TableName=table, **wanted)
        configure(**{variable: table})
    yield clients.hurried
    clients.hurried.cache_clear()


@pytest.fixture
def seal(local_aws: Aws, configure: Configure) -> Iterator[Seal]:
    """Seals codes as Cognito does, under a key that the senders may open."""
    sealed_codes.keys.cache_clear()
    key = local_aws("kms").create_key()["KeyMetadata"]["Arn"]
    configure(SENDERS_KEY_ARN=key)
    yield lambda code: sealed_under(key, code)
    sealed_codes.keys.cache_clear()


def sealed_under(key: str, code: str) -> str:
    client = EncryptionSDKClient(commitment_policy=CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT)
    sealed, _ = client.encrypt(
        source=code.encode(),
        key_provider=StrictAwsKmsMasterKeyProvider(key_ids=[key]),
        encryption_context={"userpool-id": POOL_ID},
    )
    return base64.b64encode(sealed).decode()


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What the functions log."""
    handler = logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    written = StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before)
