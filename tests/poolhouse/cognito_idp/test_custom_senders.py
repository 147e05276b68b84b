"""Custom senders: a function that decrypts the code as it would on AWS, and sends it in place of Cognito."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from poolhouse import testing
from tests.poolhouse.cognito_idp.accounts import PASSWORD, attributes, make_client, make_pool, refused
from tests.poolhouse.cognito_idp.sign_ins import ANN, PHONE, SMS, House, is_in

# As in AWS's own example: the AWS Encryption SDK, the pool's key, nothing of this cloud.
SENDER = """
import base64
import json
import os

import aws_encryption_sdk
from aws_encryption_sdk import CommitmentPolicy, StrictAwsKmsMasterKeyProvider

client = aws_encryption_sdk.EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT)


def handler(event, context):
    provider = StrictAwsKmsMasterKeyProvider(key_ids=[os.environ["KEY_ARN"]])
    sealed = base64.b64decode(event["request"]["code"])
    code, header = client.decrypt(source=sealed, key_provider=provider)
    event["request"]["code"] = code.decode()
    event["context"] = {"pool": header.encryption_context["userpool-id"]}
    with open(os.environ["SENT"], "a") as file:
        file.write(json.dumps(event) + "\\n")
"""


@pytest.fixture(scope="module")
def cloud() -> Iterator[testing.LocalCloud]:
    with testing.cloud(listen=True) as made:
        yield made


class Senders:
    """A pool whose codes are sent by functions, and what these were told."""

    def __init__(self, cloud: Any, folder: Path) -> None:
        self.cloud = cloud
        self.cognito = cloud.client("cognito-idp")
        self.sent = folder / "sent.txt"
        self.key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
        name = f"sender-{folder.name}"
        environment = {"KEY_ARN": self.key, "SENT": str(self.sent)}
        self.arn = cloud.function(name, SENDER, timeout=20, environment=environment, may=["kms:Decrypt"])

    def config(self, *names: str) -> dict[str, Any]:
        senders = {name: {"LambdaVersion": "V1_0", "LambdaArn": self.arn} for name in names}
        return {"KMSKeyID": self.key, **senders}

    def events(self) -> list[dict[str, Any]]:
        assert self.cloud.inner.functions.later.join()
        return [json.loads(line) for line in self.sent.read_text().splitlines()] if self.sent.exists() else []


@pytest.fixture
def senders(cloud: testing.LocalCloud, tmp_path: Path) -> Senders:
    return Senders(cloud, tmp_path)


def test_a_code_reaches_the_function_encrypted_and_confirms(senders: Senders) -> None:
    cognito, config = senders.cognito, senders.config("CustomEmailSender")
    pool_id = make_pool(cognito, AutoVerifiedAttributes=["email"], LambdaConfig=config)
    client_id = make_client(cognito, pool_id)
    before = len(senders.cloud.outbox())
    cognito.sign_up(
        ClientId=client_id,
        Username="ann",
        Password=PASSWORD,
        UserAttributes=attributes(email=ANN),
        ClientMetadata={"from": "test"},
    )

    (event,) = senders.events()
    assert event["triggerSource"] == "CustomEmailSender_SignUp"
    assert event["request"]["type"] == "customEmailSenderRequestV1"
    assert event["request"]["userAttributes"]["email"] == ANN
    assert event["request"]["clientMetadata"] == {"from": "test"}
    assert event["userName"] == "ann"
    assert event["context"] == {"pool": pool_id}
    assert len(senders.cloud.outbox()) == before
    cognito.confirm_sign_up(ClientId=client_id, Username="ann", ConfirmationCode=event["request"]["code"])


def test_each_occasion_has_its_source(senders: Senders) -> None:
    house = House(
        senders.cloud,
        senders.cognito,
        LambdaConfig=senders.config("CustomSMSSender", "CustomEmailSender"),
        AccountRecoverySetting={"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]},
    )
    house.cognito.set_user_pool_mfa_config(
        UserPoolId=house.pool_id,
        MfaConfiguration="OPTIONAL",
        SmsMfaConfiguration={"SmsConfiguration": SMS},
    )
    house.cognito.admin_create_user(
        UserPoolId=house.pool_id,
        Username="ann",
        TemporaryPassword="Temporary-<1>",
        DesiredDeliveryMediums=["EMAIL"],
        UserAttributes=attributes(email=ANN, email_verified="true", phone_number=PHONE),
    )
    house.cognito.admin_set_user_password(UserPoolId=house.pool_id, Username="ann", Password=PASSWORD, Permanent=True)
    house.cognito.forgot_password(ClientId=house.client_id, Username="ann")
    house.prefer(SMSMfaSettings="on")
    asked = house.begin()
    events = senders.events()

    told = {event["triggerSource"]: event["request"] for event in events}
    assert set(told) == {
        "CustomEmailSender_AdminCreateUser",
        "CustomEmailSender_ForgotPassword",
        "CustomSMSSender_Authentication",
    }
    assert told["CustomEmailSender_AdminCreateUser"]["code"] == "Temporary-&lt;1&gt;"
    assert told["CustomSMSSender_Authentication"]["type"] == "customSMSSenderRequestV1"
    assert is_in(house.answer(asked, SMS_MFA_CODE=told["CustomSMSSender_Authentication"]["code"]))


def test_the_code_is_nowhere_in_clear(senders: Senders) -> None:
    seen = []
    functions = senders.cloud.inner.functions
    real = functions.invoke_later_for_service

    def spy(arn: str, event: bytes, **more: Any) -> None:
        seen.append(event.decode())
        real(arn, event, **more)

    functions.invoke_later_for_service = spy
    try:
        pool_id = make_pool(
            senders.cognito, AutoVerifiedAttributes=["email"], LambdaConfig=senders.config("CustomEmailSender")
        )
        client_id = make_client(senders.cognito, pool_id)
        senders.cognito.sign_up(
            ClientId=client_id, Username="ann", Password=PASSWORD, UserAttributes=attributes(email=ANN)
        )
    finally:
        del functions.invoke_later_for_service
    (event,) = senders.events()
    assert event["request"]["code"] not in seen[0].replace(pool_id, "")


def test_a_function_that_may_not_be_run_is_said(senders: Senders) -> None:
    config = senders.config("CustomEmailSender")
    config["CustomEmailSender"]["LambdaArn"] = "arn:aws:lambda:us-east-1:000000000000:function:nowhere"
    pool_id = make_pool(senders.cognito, AutoVerifiedAttributes=["email"], LambdaConfig=config)
    client_id = make_client(senders.cognito, pool_id)

    message = "CustomEmailSender invocation failed due to error ResourceNotFoundException."
    with refused("UnexpectedLambdaException", message):
        senders.cognito.sign_up(
            ClientId=client_id, Username="ann", Password=PASSWORD, UserAttributes=attributes(email=ANN)
        )


def test_a_key_is_wanted(senders: Senders) -> None:
    config = senders.config("CustomEmailSender")
    with refused("InvalidParameterException", "KMSKeyID is required to use CustomEmailSender or CustomSMSSender."):
        make_pool(senders.cognito, LambdaConfig={"CustomEmailSender": config["CustomEmailSender"]})
    config["KMSKeyID"] = "arn:aws:kms:us-east-1:000000000000:key/6f9619ff-8b86-4011-b42d-00c04fc964ff"
    pool_id = make_pool(senders.cognito, AutoVerifiedAttributes=["email"], LambdaConfig=config)
    client_id = make_client(senders.cognito, pool_id)
    with refused("InvalidParameterException", f"KMS key {config['KMSKeyID']} cannot be used."):
        senders.cognito.sign_up(
            ClientId=client_id, Username="ann", Password=PASSWORD, UserAttributes=attributes(email=ANN)
        )
