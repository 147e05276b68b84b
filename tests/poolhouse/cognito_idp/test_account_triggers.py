"""PreSignUp, CustomMessage and PostConfirmation: real functions, seen from the client."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.poolhouse.cognito_idp.accounts import (
    ALIAS_POOL,
    EMAIL_POOL,
    PASSWORD,
    attributes,
    code_for,
    confirmed,
    make_client,
    make_pool,
    refused,
    sign_up,
    status,
    user_attributes,
)

ANN = "ann@example.com"
# A function that tells its event by failing with it, for triggers named in ONLY.
TELL = """
import json
def handler(event, context):
    if event["triggerSource"] in {only!r}:
        raise ValueError(json.dumps(event))
    return event
"""
ANSWER = """
def handler(event, context):
    event["response"].update({answer!r})
    return event
"""
RETURN = """
def handler(event, context):
    return {value!r}
"""
REFUSE = """
def handler(event, context):
    raise ValueError("Invalid email domain")
"""


def pool_with(cloud: Any, cognito: Any, **triggers: str) -> tuple[str, str]:
    """A pool whose triggers run functions of these sources, and an app client of it."""
    arns = {name: cloud.function(name.lower(), source) for name, source in triggers.items()}
    pool_id = make_pool(cognito, LambdaConfig=arns, **EMAIL_POOL)
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    return pool_id, make_client(cognito, pool_id, ExplicitAuthFlows=flows)


def told(error: ClientError, trigger: str) -> dict[str, Any]:
    """The event a TELL function failed with."""
    assert error.response["Error"]["Code"] == "UserLambdaValidationException"
    message = error.response["Error"]["Message"]
    start = f"{trigger} failed with error "
    assert message.startswith(start)
    event: dict[str, Any] = json.loads(message.removeprefix(start).removesuffix("."))
    return event


def test_pre_sign_up_refuses_and_nobody_is_stored(cloud: Any, cognito: Any) -> None:
    pool_id, client_id = pool_with(cloud, cognito, PreSignUp=REFUSE)

    with refused("UserLambdaValidationException", "PreSignUp failed with error Invalid email domain."):
        sign_up(cognito, client_id, ANN)
    with refused("UserLambdaValidationException", "PreSignUp failed with error Invalid email domain."):
        cognito.admin_create_user(UserPoolId=pool_id, Username=ANN)

    assert cognito.list_users(UserPoolId=pool_id)["Users"] == []
    assert cloud.outbox() == []


def test_pre_sign_up_is_told_of_the_user_to_be(cloud: Any, cognito: Any) -> None:
    pool_id, client_id = pool_with(cloud, cognito, PreSignUp=TELL.format(only=["PreSignUp_SignUp"]))

    with pytest.raises(ClientError) as raised:
        cognito.sign_up(
            ClientId=client_id,
            Username=ANN,
            Password=PASSWORD,
            UserAttributes=attributes(email=ANN, name="Ann"),
            ValidationData=attributes(invite="7"),
            ClientMetadata={"from": "test"},
        )

    event = told(raised.value, "PreSignUp")
    assert len(event.pop("userName")) == 36
    assert event == {
        "version": "1",
        "region": "us-east-1",
        "userPoolId": pool_id,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client_id},
        "triggerSource": "PreSignUp_SignUp",
        "request": {
            "userAttributes": {"email": ANN, "name": "Ann"},
            "validationData": {"invite": "7"},
            "clientMetadata": {"from": "test"},
        },
        "response": {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
    }


def test_pre_sign_up_of_an_invited_user_names_no_client(cloud: Any, cognito: Any) -> None:
    pool_id, _ = pool_with(cloud, cognito, PreSignUp=TELL.format(only=["PreSignUp_AdminCreateUser"]))

    with pytest.raises(ClientError) as raised:
        cognito.admin_create_user(UserPoolId=pool_id, Username=ANN)

    event = told(raised.value, "PreSignUp")
    assert event["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"
    assert event["request"] == {"userAttributes": {"email": ANN}, "validationData": None}


def test_pre_sign_up_may_confirm_and_verify(cloud: Any, cognito: Any) -> None:
    answer = {"autoConfirmUser": True, "autoVerifyEmail": True}
    pool_id, client_id = pool_with(cloud, cognito, PreSignUp=ANSWER.format(answer=answer))

    signed_up = sign_up(cognito, client_id, ANN)

    assert signed_up["UserConfirmed"] is True
    assert "CodeDeliveryDetails" not in signed_up
    assert status(cognito, pool_id, ANN) == "CONFIRMED"
    assert user_attributes(cognito, pool_id, ANN)["email_verified"] == "true"
    assert cloud.outbox() == []


def test_pre_sign_up_does_not_confirm_the_invited(cloud: Any, cognito: Any) -> None:
    pool_id, _ = pool_with(cloud, cognito, PreSignUp=ANSWER.format(answer={"autoConfirmUser": True}))

    cognito.admin_create_user(UserPoolId=pool_id, Username=ANN)

    assert status(cognito, pool_id, ANN) == "FORCE_CHANGE_PASSWORD"


def test_a_verified_alias_moves_to_whom_pre_sign_up_verifies(cloud: Any, cognito: Any) -> None:
    pool_id = make_pool(cognito, **ALIAS_POOL)
    client_id = make_client(cognito, pool_id)
    confirmed(cloud, cognito, client_id, "ann", ANN)
    answer = {"autoConfirmUser": True, "autoVerifyEmail": True}
    arn = cloud.function("presignup", ANSWER.format(answer=answer))
    cognito.update_user_pool(UserPoolId=pool_id, LambdaConfig={"PreSignUp": arn}, AutoVerifiedAttributes=["email"])

    sign_up(cognito, client_id, "another", email=ANN)

    assert cognito.admin_get_user(UserPoolId=pool_id, Username=ANN)["Username"] == "another"
    assert user_attributes(cognito, pool_id, "ann")["email_verified"] == "false"


@pytest.mark.parametrize(
    "value",
    [None, {}, [], "text", 7, {"statusCode": 200, "body": "{}"}, {"response": {"autoConfirmUser": True}}],
)
def test_a_function_that_does_not_return_the_event_is_not_understood(cloud: Any, cognito: Any, value: object) -> None:
    _, client_id = pool_with(cloud, cognito, PreSignUp=RETURN.format(value=value))

    with refused("InvalidLambdaResponseException", "Unrecognizable lambda output"):
        sign_up(cognito, client_id, ANN)


@pytest.mark.parametrize("answer", [{"autoConfirmUser": "yes"}, {"autoConfirmUser": 1}, {"autoVerifyPhone": True}])
def test_flags_that_cannot_be_are_not_understood(cloud: Any, cognito: Any, answer: dict[str, object]) -> None:
    pool_id, client_id = pool_with(cloud, cognito, PreSignUp=ANSWER.format(answer=answer))

    with refused("InvalidLambdaResponseException", "Unrecognizable lambda output"):
        sign_up(cognito, client_id, ANN)

    assert cognito.list_users(UserPoolId=pool_id)["Users"] == []


def test_custom_message_writes_the_mail(cloud: Any, cognito: Any) -> None:
    body = 'Hi, <a href="https://example.com/activate?email=ann%40example.com&amp;code={####}">activate</a>'
    answer = {"emailSubject": "Welcome", "emailMessage": body}
    _, client_id = pool_with(cloud, cognito, CustomMessage=ANSWER.format(answer=answer))

    sign_up(cognito, client_id, ANN)

    (mail,) = cloud.outbox(to=ANN)
    assert mail.subject == "Welcome"
    assert mail.body == body.replace("{####}", mail.code)
    assert mail.link == f"https://example.com/activate?email=ann%40example.com&code={mail.code}"
    cognito.confirm_sign_up(ClientId=client_id, Username=ANN, ConfirmationCode=mail.code)


def test_custom_message_is_told_what_it_needs(cloud: Any, cognito: Any) -> None:
    pool_id, client_id = pool_with(cloud, cognito, CustomMessage=TELL.format(only=["CustomMessage_SignUp"]))

    with pytest.raises(ClientError) as raised:
        cognito.sign_up(ClientId=client_id, Username=ANN, Password=PASSWORD, ClientMetadata={"locale": "fr"})

    # The user is stored before the message is written.
    user = cognito.admin_get_user(UserPoolId=pool_id, Username=ANN)
    assert told(raised.value, "CustomMessage") == {
        "version": "1",
        "region": "us-east-1",
        "userPoolId": pool_id,
        "userName": user["Username"],
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client_id},
        "triggerSource": "CustomMessage_SignUp",
        "request": {
            "userAttributes": {
                "sub": user["Username"],
                "cognito:user_status": "UNCONFIRMED",
                "cognito:email_alias": ANN,
                "email_verified": "false",
                "email": ANN,
            },
            "codeParameter": "{####}",
            "linkParameter": "{##Click Here##}",
            "usernameParameter": None,
            "clientMetadata": {"locale": "fr"},
        },
        "response": {"smsMessage": None, "emailMessage": None, "emailSubject": None},
    }


def test_each_message_has_its_own_source(cloud: Any, cognito: Any) -> None:
    source = """
def handler(event, context):
    request = event["request"]
    named = request["codeParameter"] + (request["usernameParameter"] or "")
    event["response"]["emailMessage"] = event["triggerSource"] + " " + named
    return event
"""
    pool_id, client_id = pool_with(cloud, cognito, CustomMessage=source)
    sign_up(cognito, client_id, ANN)
    cognito.resend_confirmation_code(ClientId=client_id, Username=ANN)
    cognito.confirm_sign_up(ClientId=client_id, Username=ANN, ConfirmationCode=code_for(cloud, ANN))
    cognito.forgot_password(ClientId=client_id, Username=ANN)
    cognito.admin_update_user_attributes(
        UserPoolId=pool_id, Username=ANN, UserAttributes=attributes(email="new@example.com")
    )
    cognito.admin_create_user(UserPoolId=pool_id, Username="bob@example.com")

    mails = cloud.outbox()[::-1]

    assert [mail.body.split()[0] for mail in mails] == [
        "CustomMessage_SignUp",
        "CustomMessage_ResendCode",
        "CustomMessage_ForgotPassword",
        "CustomMessage_UpdateUserAttribute",
        "CustomMessage_AdminCreateUser",
    ]
    assert mails[-1].body == f"CustomMessage_AdminCreateUser {mails[-1].code}bob@example.com"


@pytest.mark.parametrize(
    "answer", [{"emailMessage": "no code in it"}, {"emailMessage": 7}, {"emailSubject": "x" * 141}]
)
def test_a_message_without_its_code_is_not_sent(cloud: Any, cognito: Any, answer: dict[str, object]) -> None:
    _, client_id = pool_with(cloud, cognito, CustomMessage=ANSWER.format(answer=answer))

    with refused("InvalidLambdaResponseException", "Unrecognizable lambda output"):
        sign_up(cognito, client_id, ANN)

    assert cloud.outbox() == []


def test_post_confirmation_is_told_of_the_confirmed_user(cloud: Any, cognito: Any) -> None:
    source = TELL.format(only=["PostConfirmation_ConfirmSignUp"])
    pool_id, client_id = pool_with(cloud, cognito, PostConfirmation=source)
    sign_up(cognito, client_id, ANN)

    with pytest.raises(ClientError) as raised:
        cognito.confirm_sign_up(
            ClientId=client_id,
            Username=ANN,
            ConfirmationCode=code_for(cloud, ANN),
            ClientMetadata={"from": "test"},
        )

    event = told(raised.value, "PostConfirmation")
    sub = user_attributes(cognito, pool_id, ANN)["sub"]
    assert event["userName"] == sub
    assert event["request"] == {
        "userAttributes": {
            "sub": sub,
            "cognito:user_status": "CONFIRMED",
            "cognito:email_alias": ANN,
            "email_verified": "true",
            "email": ANN,
        },
        "clientMetadata": {"from": "test"},
    }
    assert event["response"] == {}
    assert status(cognito, pool_id, ANN) == "CONFIRMED"


def test_post_confirmation_runs_wherever_a_user_is_confirmed(cloud: Any, cognito: Any) -> None:
    answer = {"autoConfirmUser": True}
    pool_id, client_id = pool_with(
        cloud,
        cognito,
        PostConfirmation=REFUSE,
        PreSignUp=RETURN.format(value=None).replace("return None", "return event"),
    )
    message = "PostConfirmation failed with error Invalid email domain."
    sign_up(cognito, client_id, ANN)

    with refused("UserLambdaValidationException", message):
        cognito.admin_confirm_sign_up(UserPoolId=pool_id, Username=ANN)
    cognito.admin_update_user_attributes(
        UserPoolId=pool_id, Username=ANN, UserAttributes=attributes(email_verified="true")
    )
    cognito.forgot_password(ClientId=client_id, Username=ANN)
    with refused("UserLambdaValidationException", message):
        cognito.confirm_forgot_password(
            ClientId=client_id, Username=ANN, ConfirmationCode=code_for(cloud, ANN), Password="Another-horse-2"
        )
    cloud.function("presignup", ANSWER.format(answer=answer))
    with refused("UserLambdaValidationException", message):
        sign_up(cognito, client_id, "bob@example.com")
    assert status(cognito, pool_id, "bob@example.com") == "CONFIRMED"


def test_a_function_the_pool_may_not_invoke_or_that_is_not_there_fails_the_call(cloud: Any, cognito: Any) -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:function:nosuchfunction"
    client_id = make_client(cognito, make_pool(cognito, LambdaConfig={"PreSignUp": arn}, **EMAIL_POOL))

    with pytest.raises(ClientError) as raised:
        sign_up(cognito, client_id, ANN)

    error = raised.value.response["Error"]
    assert error["Code"] == "UnexpectedLambdaException"
    assert error["Message"].startswith("PreSignUp invocation failed due to error ")


def test_a_function_may_be_slow_to_answer_but_is_not_asked_inside_a_write(cloud: Any, cognito: Any) -> None:
    source = """
def handler(event, context):
    return event
"""
    pool_id, client_id = pool_with(cloud, cognito, PreSignUp=source, CustomMessage=source, PostConfirmation=source)

    confirmed(cloud, cognito, client_id, ANN, ANN)
    cognito.forgot_password(ClientId=client_id, Username=ANN)
    cognito.admin_create_user(UserPoolId=pool_id, Username="bob@example.com")
    cognito.admin_create_user(UserPoolId=pool_id, Username="bob@example.com", MessageAction="RESEND")
    cognito.admin_reset_user_password(UserPoolId=pool_id, Username=ANN)

    assert status(cognito, pool_id, ANN) == "RESET_REQUIRED"
