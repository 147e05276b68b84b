"""What becomes of a trigger's invocation that does not return, and of the caller's SDK in its event."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from poolhouse.call import Call, Invocation, Invoke, InvokeRefused, InvokeTimeout
from poolhouse.cognito_idp.entities import UserPool
from poolhouse.cognito_idp.errors import UnexpectedLambdaException, UserLambdaValidationException
from poolhouse.cognito_idp.flows import triggers
from poolhouse.files import Files
from poolhouse.guard import Guard
from poolhouse.jose import keys
from poolhouse.moto_services import MotoServices
from poolhouse.principal import ANONYMOUS
from poolhouse.store import Store

NOW = datetime(2026, 9, 24, 13, 50, 4, tzinfo=UTC)
ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
POOL = UserPool("us-east-1_Abc123456", "pool", NOW, NOW, settings={"LambdaConfig": {"PreSignUp": ARN}})
POOL_ARN = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_Abc123456"


@pytest.fixture
def store() -> Iterator[Store]:
    opened = Store(None)
    yield opened
    opened.close()


WHERE: dict[str, Any] = {"account_id": "123456789012", "region": "us-east-1"}


def call_with(store: Store, invoke: Invoke, user_agent: str = "") -> Call:
    return Call(
        now=NOW,
        principal=ANONYMOUS,
        **WHERE,
        request_id="r",
        origin="http://localhost:4566",
        issuer_base="http://localhost:4566",
        store=store,
        invoke=invoke,
        invoke_later=lambda *_, **__: None,
        operate=lambda *_: {},
        authority=Guard(MotoServices(store, Files(None), **WHERE), **WHERE),
        deliver=lambda _: None,
        new_id=lambda: "i",
        new_key=keys.generate,
        files=Files(None),
        start_job=lambda *_: None,
        user_agent=user_agent,
    )


def run(call: Call, pool: UserPool = POOL) -> object:
    return triggers.run(call, pool, "PreSignUp", "PreSignUp_SignUp", "ann", {}, {"autoConfirmUser": False})


def echo(
    function_arn: str, event: bytes, *, service: str, source_arn: str, timeout: timedelta | None = None
) -> Invocation:
    assert (function_arn, service, source_arn, timeout) == (
        ARN,
        "cognito-idp.amazonaws.com",
        POOL_ARN,
        timedelta(seconds=5),
    )
    return Invocation(event)


def test_the_function_is_asked_for_the_pool_and_given_five_seconds(store: Store) -> None:
    assert run(call_with(store, echo)) == {"autoConfirmUser": False}


def test_a_pool_without_the_trigger_asks_nobody(store: Store) -> None:
    def fail(*_: object, **__: object) -> Invocation:
        raise AssertionError

    bare = UserPool("us-east-1_Abc123456", "pool", NOW, NOW)

    assert run(call_with(store, fail), bare) == {"autoConfirmUser": False}


def test_a_silent_function_is_asked_three_times(store: Store) -> None:
    asked = []

    def silent(function_arn: str, event: bytes, **_: object) -> Invocation:
        asked.append(function_arn)
        raise InvokeTimeout

    with pytest.raises(UnexpectedLambdaException) as raised:
        run(call_with(store, silent))

    assert raised.value.message == (
        "PreSignUp invocation failed due to error Socket timeout while invoking Lambda function."
    )
    assert len(asked) == 3


def test_a_function_that_answers_the_second_time_is_heard(store: Store) -> None:
    asked = []

    def slow(function_arn: str, event: bytes, **_: object) -> Invocation:
        asked.append(function_arn)
        if len(asked) == 1:
            raise InvokeTimeout
        return Invocation(event)

    assert run(call_with(store, slow)) == {"autoConfirmUser": False}


def test_a_refusal_by_lambda_is_named_and_not_tried_again(store: Store) -> None:
    asked = []

    def forbidden(function_arn: str, event: bytes, **_: object) -> Invocation:
        asked.append(function_arn)
        raise InvokeRefused("AccessDeniedException")

    with pytest.raises(UnexpectedLambdaException) as raised:
        run(call_with(store, forbidden))

    assert raised.value.message == "PreSignUp invocation failed due to error AccessDeniedException."
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ({"errorMessage": "No."}, "PreSignUp failed with error No.."),
        ({"errorMessage": ""}, "PreSignUp failed with error ."),
        ({}, "PreSignUp failed with error ."),
    ],
)
def test_a_function_that_raised_is_quoted(store: Store, error: dict[str, str], message: str) -> None:
    def raising(*_: object, **__: object) -> Invocation:
        return Invocation(error=error)

    with pytest.raises(UserLambdaValidationException) as raised:
        run(call_with(store, raising))

    assert raised.value.message == message


@pytest.mark.parametrize(
    ("user_agent", "version"),
    [
        ("aws-sdk-js/3.535.0 ua/2.0 os/linux", "aws-sdk-js-3.535.0"),
        ("aws-sdk-nodejs/2.880.0 linux/v14", "aws-sdk-nodejs-2.880.0"),
        ("Boto3/1.44.5 md/Botocore#1.44.5", "aws-sdk-unknown-unknown"),
        ("", "aws-sdk-unknown-unknown"),
    ],
)
def test_the_event_names_the_callers_sdk(store: Store, user_agent: str, version: str) -> None:
    events = []

    def keep(function_arn: str, event: bytes, **_: object) -> Invocation:
        events.append(msgspec.json.decode(event))
        return Invocation(event)

    run(call_with(store, keep, user_agent))

    assert events[0]["callerContext"] == {"awsSdkVersion": version, "clientId": "CLIENT_ID_NOT_APPLICABLE"}
