"""The functions behind the API, over DynamoDB as moto keeps it in memory."""

import logging
import os
from collections.abc import Iterator
from io import StringIO

import pytest

from poolhouse import testing
from shared import aws, tables
from shared.config import settings
from shared.observability import logger
from tests.handlers.storage import Storage
from tests.service_support import POOL_ID, WEB_CLIENT, Handler, template
from tests.wire import Wire, connected

TABLE, TITLES = "transactions", "titles"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "ALLOWED_ORIGIN": "https://app.example.com",
    "TRANSACTIONS_TABLE": TABLE,
    "TITLES_TABLE": TITLES,
    "MEDIA_BUCKET": "media",
    "USER_POOL_ID": POOL_ID,
    "WEB_CLIENT_ID": WEB_CLIENT,
    "NOTES_TABLE": "notes",
    "DATASETS_TABLE": "datasets",
    "FILES_TABLE": "files",
    "UPLOADS_BUCKET": "uploads",
    "THUMBNAILS_BUCKET": "thumbnails",
    "IDENTITY_POOL_ID": "us-east-1:0f8b2d4c-1e6a-4c3b-9d7f-5a4b3c2d1e0f",
    "POWERTOOLS_SERVICE_NAME": "poolhouse",
    "POWERTOOLS_METRICS_NAMESPACE": "Poolhouse",
}


@pytest.fixture(scope="module", autouse=True)
def environment() -> Iterator[Wire]:
    """What the template would put into the functions' environment; the client is made once in it, as in Lambda."""
    with pytest.MonkeyPatch.context() as patch, testing.cloud() as cloud, connected(cloud) as wire:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.setenv("AWS_ENDPOINT_URL", cloud.inner.config.origin)
        settings.cache_clear()
        aws.client.cache_clear()
        yield wire
    settings.cache_clear()
    aws.client.cache_clear()


@pytest.fixture
def wire(environment: Wire) -> Wire:
    """What the functions call AWS by."""
    return environment


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What the functions log."""
    handler = logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    written = StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


@pytest.fixture
def table(environment: Wire) -> Iterator[str]:
    """The table as template.yaml declares it."""
    yield from _made(TABLE, "TransactionsTable")


@pytest.fixture
def notes_table(environment: Wire) -> Iterator[str]:
    yield from _made("notes", "NotesTable")


@pytest.fixture
def datasets_table(environment: Wire) -> Iterator[str]:
    yield from _made("datasets", "DatasetsTable")


@pytest.fixture
def storage(environment: Wire) -> Iterator[Storage]:
    """Both buckets and the files table, and what uploads become in them."""
    s3 = environment.cloud.client("s3")
    for bucket in ("uploads", "thumbnails"):
        s3.create_bucket(Bucket=bucket)
    for _ in _made("files", "FilesTable"):
        yield Storage(s3)
    for bucket in ("uploads", "thumbnails"):
        for one in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=one["Key"])
        s3.delete_bucket(Bucket=bucket)


def _made(name: str, resource: str) -> Iterator[str]:
    properties = template()["Resources"][resource]["Properties"]
    wanted = ("BillingMode", "AttributeDefinitions", "KeySchema")
    dynamodb = tables.dynamodb()
    dynamodb.create_table(TableName=name, **{key: properties[key] for key in wanted})
    yield name
    if name in dynamodb.list_tables()["TableNames"]:
        dynamodb.delete_table(TableName=name)


@pytest.fixture
def somebody(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A user of the pool; their username."""
    cognito = wire.cloud.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="users")["UserPool"]["Id"]
    monkeypatch.setenv("USER_POOL_ID", pool)
    settings.cache_clear()
    who = {"UserPoolId": pool, "Username": "ann-1", "MessageAction": "SUPPRESS"}
    mine = [{"Name": "email", "Value": "ann@example.com"}]
    yield cognito.admin_create_user(**who, UserAttributes=mine)["User"]["Username"]
    settings.cache_clear()


@pytest.fixture
def me(environment: Wire) -> Handler:
    from handlers.me import lambda_handler  # noqa: PLC0415 - it reads its settings when it is imported

    return lambda_handler


@pytest.fixture
def titles(environment: Wire) -> Iterator[Handler]:
    """The handler, over a catalogue of three titles."""
    from handlers.titles import lambda_handler  # noqa: PLC0415

    properties = template()["Resources"]["TitlesTable"]["Properties"]
    wanted = ("BillingMode", "AttributeDefinitions", "KeySchema")
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(TableName=TITLES, **{name: properties[name] for name in wanted})
    for number, plan in enumerate(("free", "free", "premium")):
        row = {"id": f"title-{number}", "name": f"Title {number}", "plan": plan}
        item = {**{name: {"S": value} for name, value in row.items()}, "minutes": {"N": "90"}}
        dynamodb.put_item(TableName=TITLES, Item=item)
    yield lambda_handler
    dynamodb.delete_table(TableName=TITLES)


@pytest.fixture
def users(environment: Wire) -> Handler:
    from handlers.users import lambda_handler  # noqa: PLC0415

    return lambda_handler


@pytest.fixture
def recent_sign_in(environment: Wire) -> Handler:
    from handlers.recent_sign_in import lambda_handler  # noqa: PLC0415

    return lambda_handler


@pytest.fixture
def whoami(environment: Wire) -> Handler:
    from handlers.whoami import lambda_handler  # noqa: PLC0415

    return lambda_handler


@pytest.fixture
def transactions(table: str) -> Handler:
    from handlers.transactions import lambda_handler  # noqa: PLC0415

    return lambda_handler


@pytest.fixture
def notes(notes_table: str) -> Handler:
    from handlers.notes import lambda_handler  # noqa: PLC0415

    return lambda_handler


@pytest.fixture
def files(storage: Storage) -> Handler:
    from handlers.files import lambda_handler  # noqa: PLC0415

    return lambda_handler


@pytest.fixture
def my_files(storage: Storage) -> Handler:
    from handlers.my_files import lambda_handler  # noqa: PLC0415

    return lambda_handler


@pytest.fixture
def datasets(datasets_table: str) -> Handler:
    from handlers.datasets import lambda_handler  # noqa: PLC0415

    return lambda_handler
