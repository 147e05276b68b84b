import time
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest

from tests.service_support import CONTEXT, USER, Handler, event

Aws = Callable[[str], Any]
DAY = 86_400


@pytest.fixture
def post_authentication(aws: Aws) -> Handler:
    from triggers.post_authentication import lambda_handler  # noqa: PLC0415 - it makes its client when it is imported

    return lambda_handler


def records(aws: Aws) -> list[Any]:
    return list(aws("dynamodb").scan(TableName="SignInsTable")["Items"])


def test_a_sign_in_is_recorded_without_anything_secret(aws: Aws, post_authentication: Handler) -> None:
    request = event("post_authentication")
    request["request"] |= {"newDeviceUsed": True, "clientMetadata": {"password": "hunter2"}}

    assert post_authentication(request, CONTEXT) == request

    (record,) = records(aws)
    assert set(record) == {"username", "id", "at", "app_client", "is_new_device", "expires_at"}
    assert record["username"] == {"S": USER}
    assert record["app_client"] == {"S": "7r6asark7md3ikibfdd0i8fb4t"}
    assert record["is_new_device"] == {"BOOL": True}
    assert record["id"]["S"].startswith(f"sign_in#{record['at']['S']}#")


def test_a_record_goes_after_ninety_days(aws: Aws, post_authentication: Handler) -> None:
    post_authentication(event("post_authentication"), CONTEXT)

    (record,) = records(aws)
    assert 0 <= time.time() + 90 * DAY - int(record["expires_at"]["N"]) < 60


def test_two_sign_ins_at_once_are_two_records(aws: Aws, post_authentication: Handler) -> None:
    for _ in range(5):
        post_authentication(event("post_authentication"), CONTEXT)

    assert len(records(aws)) == 5


def test_a_sign_in_goes_on_when_it_cannot_be_recorded(
    aws: Aws, post_authentication: Handler, log: StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    aws("dynamodb").delete_table(TableName="SignInsTable")

    assert post_authentication(event("post_authentication"), CONTEXT) == event("post_authentication")

    assert '"operation":"PutItem"' in log.getvalue()
    assert '"TriggerFailed":[1.0]' in capsys.readouterr().out
