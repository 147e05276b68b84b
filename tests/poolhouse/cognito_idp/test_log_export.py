"""A pool's own logs, in CloudWatch Logs: what its users did, and messages that could not be sent."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.poolhouse.cognito_idp.accounts import refused
from tests.poolhouse.cognito_idp.sign_ins import ANN, House

GROUP = "/aws/vendedlogs/users"
ARN = f"arn:aws:logs:us-east-1:000000000000:log-group:{GROUP}"
PLUS: dict[str, Any] = {"UserPoolTier": "PLUS", "UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"}}
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(cloud: Any) -> Lines:
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName=GROUP)

    def read() -> list[dict[str, Any]]:
        return [json.loads(event["message"]) for event in logs.filter_log_events(logGroupName=GROUP)["events"]]

    return read


def house_with(cloud: Any, cognito: Any, source: str, level: str, **pool: Any) -> House:
    house = House(cloud, cognito, **pool)
    log = {"EventSource": source, "LogLevel": level, "CloudWatchLogsConfiguration": {"LogGroupArn": ARN}}
    cognito.set_log_delivery_configuration(UserPoolId=house.pool_id, LogConfigurations=[log])
    return house


def test_a_sign_in_is_logged_with_how_it_ended(cloud: Any, cognito: Any, lines: Lines) -> None:
    house = house_with(cloud, cognito, "userAuthEvents", "INFO", **PLUS)
    house.user()

    house.begin()
    with pytest.raises(ClientError):
        house.begin(PASSWORD="wrong")
    passed, failed = lines()
    (_, event) = cognito.admin_list_user_auth_events(UserPoolId=house.pool_id, Username="ann")["AuthEvents"]
    attributes = {one["Name"]: one["Value"] for one in house.told()["UserAttributes"]}
    message = passed["message"]
    assert (passed["eventSource"], passed["logLevel"]) == ("USER_ACTIVITY", "INFO")
    assert passed["logSourceId"] == {"userPoolId": house.pool_id}
    assert (message["eventId"], message["eventType"], message["userName"]) == (event["EventId"], "SignIn", "ann")
    assert (message["userSub"], message["clientId"]) == (attributes["sub"], house.client_id)
    assert (message["eventResponse"], message["challenges"]) == ("Pass", ["Password:Success"])
    assert (
        message["creationDate"] == f"{cloud.clock():%a %b %d} {message['creationDate'][11:19]} UTC {cloud.clock():%Y}"
    )
    assert (failed["message"]["eventResponse"], failed["message"]["challenges"]) == ("Fail", ["Password:Failure"])


def test_a_code_that_could_not_be_sent_is_logged_without_it(cloud: Any, cognito: Any, lines: Lines) -> None:
    key = "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-4000-8000-000000000000"
    sender = {
        "KMSKeyID": key,
        "CustomEmailSender": {
            "LambdaArn": cloud.function("sender", "def handler(event, context): pass"),
            "LambdaVersion": "V1_0",
        },
    }
    house = house_with(
        cloud, cognito, "userNotification", "ERROR", LambdaConfig=sender, AutoVerifiedAttributes=["email"]
    )

    with refused("InvalidParameterException", f"KMS key {key} cannot be used."):
        cognito.sign_up(
            ClientId=house.client_id,
            Username="ann",
            Password="Correct-horse-1",
            UserAttributes=[{"Name": "email", "Value": ANN}],
        )
    (line,) = lines()
    assert (line["eventSource"], line["logLevel"]) == ("USER_NOTIFICATION", "ERROR")
    assert line["message"] == {"details": f"InvalidParameterException: KMS key {key} cannot be used."}


def test_a_log_group_that_is_gone_stops_nobody(cloud: Any, cognito: Any, lines: Lines) -> None:
    house = house_with(cloud, cognito, "userAuthEvents", "INFO", **PLUS)
    house.user()
    cloud.client("logs").delete_log_group(logGroupName=GROUP)

    assert "AuthenticationResult" in house.begin()


def test_a_bucket_takes_them_too(cloud: Any, cognito: Any) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="logs")
    house = House(cloud, cognito, **PLUS)
    log = {"EventSource": "userAuthEvents", "LogLevel": "INFO", "S3Configuration": {"BucketArn": "arn:aws:s3:::logs"}}
    cognito.set_log_delivery_configuration(UserPoolId=house.pool_id, LogConfigurations=[log])
    house.user()

    house.begin()
    (found,) = s3.list_objects_v2(Bucket="logs")["Contents"]
    record = json.loads(s3.get_object(Bucket="logs", Key=found["Key"])["Body"].read())
    assert found["Key"].startswith("AWSLogs/")
    assert (record["message"]["userName"], record["message"]["eventResponse"]) == ("ann", "Pass")


def test_a_stream_takes_them_too_into_its_bucket(cloud: Any, cognito: Any) -> None:
    s3, firehose = cloud.client("s3"), cloud.client("firehose")
    s3.create_bucket(Bucket="logs")
    destination = {"RoleARN": "arn:aws:iam::000000000000:role/stream", "BucketARN": "arn:aws:s3:::logs"}
    stream = firehose.create_delivery_stream(DeliveryStreamName="activity", S3DestinationConfiguration=destination)
    house = House(cloud, cognito, **PLUS)
    to = {"FirehoseConfiguration": {"StreamArn": stream["DeliveryStreamARN"]}}
    cognito.set_log_delivery_configuration(
        UserPoolId=house.pool_id,
        LogConfigurations=[{"EventSource": "userAuthEvents", "LogLevel": "INFO", **to}],
    )
    house.user()

    house.begin()
    (found,) = s3.list_objects_v2(Bucket="logs")["Contents"]
    record = json.loads(s3.get_object(Bucket="logs", Key=found["Key"])["Body"].read())
    assert (record["message"]["userName"], record["message"]["eventResponse"]) == ("ann", "Pass")
