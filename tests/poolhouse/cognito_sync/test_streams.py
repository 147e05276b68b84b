"""A pool's Kinesis stream is told of changes to its datasets, by a role that Cognito Sync may take."""

import json
from datetime import timedelta
from typing import Any

import pytest

from poolhouse.testing import LocalCloud
from tests.poolhouse.cognito_identity.people import ACCOUNT, allow, document
from tests.poolhouse.cognito_sync.devices import Device, Synced, put, refusal, remove

ARN = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/changes"
NOT_TRUSTED = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
TRUSTED = {**NOT_TRUSTED, "Principal": {"Service": "cognito-sync.amazonaws.com"}}
PUT = {**allow("kinesis:PutRecord"), "Resource": ARN}


class Streamed(Synced):
    """People whose pool has a stream."""

    def __init__(self, cloud: LocalCloud) -> None:
        super().__init__(cloud)
        self.kinesis = cloud.client("kinesis")
        self.kinesis.create_stream(StreamName="changes", ShardCount=1)
        self.role_arn = str(
            self.iam.create_role(RoleName="streaming", AssumeRolePolicyDocument=document(TRUSTED))["Role"]["Arn"]
        )
        self.iam.put_role_policy(RoleName="streaming", PolicyName="may", PolicyDocument=document(PUT))

    def stream(self, client: Any = None, **changes: str) -> dict[str, Any]:
        settings = {"StreamName": "changes", "RoleArn": self.role_arn, "StreamingStatus": "ENABLED", **changes}
        given = {name: value for name, value in settings.items() if value}
        answer: dict[str, Any] = (client or self.sync).set_identity_pool_configuration(
            IdentityPoolId=self.pool_id, CognitoStreams=given
        )
        return answer

    def told(self) -> list[dict[str, Any]]:
        shard = self.kinesis.list_shards(StreamName="changes")["Shards"][0]["ShardId"]
        begin = {"StreamName": "changes", "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
        iterator = self.kinesis.get_shard_iterator(**begin)["ShardIterator"]
        return [json.loads(one["Data"]) for one in self.kinesis.get_records(ShardIterator=iterator)["Records"]]


@pytest.fixture
def people(cloud: LocalCloud) -> Streamed:
    return Streamed(cloud)


@pytest.fixture
def phone(people: Streamed) -> Device:
    return people.device()


def test_each_synchronisation_is_one_record(people: Streamed, phone: Device) -> None:
    people.cloud.clock.stop(people.cloud.clock().replace(microsecond=0))
    now = int(people.cloud.clock().timestamp() * 1000)
    phone.update(put("before", "x"))
    people.stream()

    phone.update(put("a", "1"), put("é", "2"))
    phone.update(remove("a", 2))

    whose = {"identityPoolId": people.pool_id, "identityId": phone.identity_id, "dataSetName": "game"}
    times = {"lastModifiedDate": now, "deviceLastModifiedDate": now}
    more = {"operation": "replace", "lastModifiedDate": now, "kinesisSyncRecordsURL": None, "payloadType": "Inline"}
    assert people.told() == [
        {
            **whose,
            **more,
            "syncCount": 2,
            "kinesisSyncRecords": [
                {"key": "a", "value": "1", "syncCount": 2, "op": "replace", **times},
                {"key": "é", "value": "2", "syncCount": 2, "op": "replace", **times},
            ],
        },
        {
            **whose,
            **more,
            "syncCount": 3,
            "kinesisSyncRecords": [{"key": "a", "value": None, "syncCount": 3, "op": "remove", **times}],
        },
    ]


def test_a_dataset_that_is_deleted_is_told_too(people: Streamed, phone: Device) -> None:
    phone.update(put("a", "1"))
    people.stream()

    phone.client.delete_dataset(**phone.of())

    (told,) = people.told()
    assert (told["operation"], told["dataSetName"], told["kinesisSyncRecords"]) == ("remove", "game", [])


def test_what_was_refused_or_changed_nothing_is_not_told(people: Streamed, phone: Device) -> None:
    people.stream()
    phone.update()
    assert refusal(lambda: phone.update(put("a", "1", 7)))[1] == "ResourceConflictException"

    assert people.told() == []


def test_a_stream_that_is_switched_off_is_told_nothing(people: Streamed, phone: Device) -> None:
    people.stream()
    people.stream(StreamingStatus="DISABLED")

    phone.update(put("a", "1"))

    assert people.told() == []
    kept = people.sync.get_identity_pool_configuration(IdentityPoolId=people.pool_id)["CognitoStreams"]
    assert kept == {"StreamName": "changes", "RoleArn": people.role_arn, "StreamingStatus": "DISABLED"}


@pytest.mark.parametrize("trust", [TRUSTED, NOT_TRUSTED])
@pytest.mark.parametrize("policy", [PUT, {**PUT, "Resource": f"{ARN}s"}, {**PUT, "Action": "kinesis:PutRecords"}])
def test_the_role_must_trust_cognito_sync_and_may_put(
    people: Streamed, phone: Device, trust: dict[str, Any], policy: dict[str, Any]
) -> None:
    people.iam.update_assume_role_policy(RoleName="streaming", PolicyDocument=document(trust))
    people.iam.put_role_policy(RoleName="streaming", PolicyName="may", PolicyDocument=document(policy))
    people.stream()

    phone.update(put("a", "1"))

    assert phone.values() == {"a": ("1", 1)}  # who changes data is not told
    assert len(people.told()) == (1 if (trust, policy) == (TRUSTED, PUT) else 0)


def test_a_stream_that_is_gone_holds_nobody_up(people: Streamed, phone: Device) -> None:
    people.stream()
    people.kinesis.delete_stream(StreamName="changes")
    phone.update(put("a", "1"))
    people.kinesis.create_stream(StreamName="changes", ShardCount=1)

    phone.update(put("a", "2", 1))

    assert [one["syncCount"] for one in people.told()] == [2]


def test_a_stream_needs_a_name_and_a_role_that_may_be_passed_on(people: Streamed) -> None:
    for name in ("StreamName", "RoleArn"):
        message = f"{name} is required to enable Cognito Streams."
        assert refusal(lambda: people.stream(**{name: ""})) == (400, "InvalidParameterException", message)  # noqa: B023
    people.iam.create_user(UserName="dev")
    policy = document(allow("cognito-sync:*"))
    people.iam.put_user_policy(UserName="dev", PolicyName="may", PolicyDocument=policy)
    key = people.iam.create_access_key(UserName="dev")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    dev = people.cloud.client("cognito-sync", **keys)

    message = f"Access to Role '{people.role_arn}' is forbidden."
    assert refusal(lambda: people.stream(dev)) == (403, "NotAuthorizedException", message)


def test_more_than_kinesis_holds_is_refused_by_name(people: Streamed, phone: Device) -> None:
    people.stream()

    status, code, message = refusal(lambda: phone.update(put("a", "x" * 1_048_400)))
    assert (status, code) == (400, "NotImplementedException")
    assert message == "Cognito Streams of more than 1 MB at once are not implemented yet in Poolhouse"
    assert phone.values() == {}


class TestBulkPublish:
    def details(self, people: Streamed) -> dict[str, Any]:
        answer = dict(people.sync.get_bulk_publish_details(IdentityPoolId=people.pool_id))
        del answer["ResponseMetadata"], answer["IdentityPoolId"]
        return answer

    def test_all_datasets_are_told_once_in_a_day(self, people: Streamed, phone: Device) -> None:
        phone.update(put("a", "1"), put("b", "2"))
        phone.update(remove("b", 1))
        people.device("bob").update(put("c", "3"), name="other")
        phone.update(put("d", "4"), name="gone")
        phone.client.delete_dataset(**phone.of("gone"))
        people.stream()
        people.cloud.clock.stop(people.cloud.clock().replace(microsecond=0))
        now = people.cloud.clock()
        assert self.details(people) == {"BulkPublishStatus": "NOT_STARTED"}

        answer = people.sync.bulk_publish(IdentityPoolId=people.pool_id)
        told = {one["dataSetName"]: one["kinesisSyncRecords"] for one in people.told()}
        assert answer["IdentityPoolId"] == people.pool_id
        assert {name: [(one["key"], one["value"]) for one in records] for name, records in told.items()} == {
            "game": [("a", "1")],
            "other": [("c", "3")],
        }
        times = {"BulkPublishStartTime": now, "BulkPublishCompleteTime": now}
        assert self.details(people) == {"BulkPublishStatus": "SUCCEEDED", **times}
        again = "Bulk publish was requested less than 24 hours after a previous one completed successfully."
        expected = (400, "AlreadyStreamedException", again)
        people.cloud.clock.advance(timedelta(hours=23, minutes=59))
        assert refusal(lambda: people.sync.bulk_publish(IdentityPoolId=people.pool_id)) == expected
        people.cloud.clock.advance(timedelta(minutes=1))
        assert people.sync.bulk_publish(IdentityPoolId=people.pool_id)

    def test_one_that_failed_says_why_and_may_be_tried_again(self, people: Streamed, phone: Device) -> None:
        phone.update(put("a", "1"))
        people.stream(StreamName="nowhere")
        people.sync.bulk_publish(IdentityPoolId=people.pool_id)

        details = self.details(people)
        assert details["BulkPublishStatus"] == "FAILED"
        nowhere = ARN.replace("changes", "nowhere")
        expected = f"{people.role_arn} does not let cognito-sync.amazonaws.com put records into {nowhere}"
        assert details["FailureMessage"] == expected
        people.stream()
        assert people.sync.bulk_publish(IdentityPoolId=people.pool_id)
        assert self.details(people)["BulkPublishStatus"] == "SUCCEEDED"

    def test_it_needs_a_stream_and_a_developer(self, people: Streamed, phone: Device) -> None:
        expected = "Cognito Streams is not enabled for this identity pool."
        refused = refusal(lambda: people.sync.bulk_publish(IdentityPoolId=people.pool_id))
        assert refused == (400, "InvalidParameterException", expected)
        people.allow("users", allow("cognito-sync:*"))
        for operation in (phone.client.bulk_publish, phone.client.get_bulk_publish_details):
            assert refusal(lambda: operation(IdentityPoolId=people.pool_id))[1] == "NotAuthorizedException"  # noqa: B023
