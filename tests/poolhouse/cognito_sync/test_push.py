"""Devices are told, by SNS, that a dataset has changed on another one."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse import testing
from poolhouse.config import Config
from poolhouse.testing import LocalCloud
from tests.poolhouse.cognito_identity.people import allow, document
from tests.poolhouse.cognito_sync.devices import Device, Synced, put, refusal

TRUSTED = {"Effect": "Allow", "Principal": {"Service": "cognito-sync.amazonaws.com"}, "Action": "sts:AssumeRole"}


class Pushed(Synced):
    """People whose pool has applications at two platforms."""

    def __init__(self, cloud: LocalCloud) -> None:
        super().__init__(cloud)
        self.sns = cloud.client("sns")
        made = self.iam.create_role(RoleName="pushing", AssumeRolePolicyDocument=document(TRUSTED))
        self.role_arn = str(made["Role"]["Arn"])
        self.iam.put_role_policy(RoleName="pushing", PolicyName="may", PolicyDocument=document(allow("sns:*")))
        credential = {"PlatformCredential": "a secret key"}
        self.applications = [
            self.sns.create_platform_application(Name="game", Platform=name, Attributes=credential)[
                "PlatformApplicationArn"
            ]
            for name in ("GCM", "APNS")
        ]
        self.configure()

    def configure(self, **changes: Any) -> dict[str, Any]:
        push = {"ApplicationArns": self.applications, "RoleArn": self.role_arn, **changes}
        return dict(self.sync.set_identity_pool_configuration(IdentityPoolId=self.pool_id, PushSync=push))

    def register(self, device: Device, token: str, platform: str = "GCM") -> str:
        return str(device.client.register_device(**device.whose, Platform=platform, Token=token)["DeviceId"])

    def subscribed(self, device: Device, token: str, platform: str = "GCM") -> str:
        device_id = self.register(device, token, platform)
        device.client.subscribe_to_dataset(**device.of(), DeviceId=device_id)
        return device_id

    def notices(self, token: str) -> list[dict[str, Any]]:
        return [json.loads(one.body) for one in self.cloud.outbox(token)]


@pytest.fixture
def people(cloud: LocalCloud) -> Pushed:
    return Pushed(cloud)


@pytest.fixture
def phone(people: Pushed) -> Device:
    return people.device()


def test_every_other_device_that_subscribed_is_told_silently(people: Pushed, phone: Device) -> None:
    mine = people.subscribed(phone, "phone")
    people.subscribed(phone, "tablet", "APNS")
    people.register(phone, "watch")  # and has not subscribed
    people.subscribed(people.device("bob"), "of-bob")

    phone.update(put("a", "1"), DeviceId=mine)

    data = {
        "source": "cognito-sync",
        "identityPoolId": people.pool_id,
        "identityId": phone.identity_id,
        "datasetName": "game",
        "syncCount": "1",
    }
    assert people.notices("tablet") == [{"aps": {"content-available": 1}, "data": data}]
    assert [people.notices(token) for token in ("phone", "watch", "of-bob")] == [[], [], []]
    phone.client.delete_dataset(**phone.of())
    assert people.notices("phone") == [{"data": {**data, "syncCount": "2"}}]


def test_a_device_hears_of_other_datasets_and_after_unsubscribing_nothing(people: Pushed, phone: Device) -> None:
    device_id = people.subscribed(phone, "phone")

    phone.update(put("a", "1"), name="other")
    phone.client.unsubscribe_from_dataset(**phone.of(), DeviceId=device_id)
    phone.update(put("a", "1"))

    assert people.notices("phone") == []


def test_a_device_that_registers_again_is_the_same(people: Pushed, phone: Device) -> None:
    first = people.subscribed(phone, "phone")

    assert people.subscribed(phone, "phone") == first != people.register(phone, "tablet")
    phone.update(put("a", "1"))
    assert len(people.notices("phone")) == 1


def test_what_changed_nothing_is_no_news(people: Pushed, phone: Device) -> None:
    people.subscribed(phone, "phone")

    assert refusal(lambda: phone.update(put("a", "1", 9)))[1] == "ResourceConflictException"
    phone.update()
    assert people.notices("phone") == []


def test_one_whose_role_may_no_longer_is_told_nothing_and_holds_nobody_up(people: Pushed, phone: Device) -> None:
    people.subscribed(phone, "phone")
    people.iam.delete_role_policy(RoleName="pushing", PolicyName="may")
    phone.update(put("a", "1"))
    people.iam.put_role_policy(RoleName="pushing", PolicyName="may", PolicyDocument=document(allow("sns:*")))
    for endpoint in people.sns.list_endpoints_by_platform_application(PlatformApplicationArn=people.applications[0])[
        "Endpoints"
    ]:
        people.sns.delete_endpoint(EndpointArn=endpoint["EndpointArn"])

    phone.update(put("a", "2", 1))

    assert phone.values() == {"a": ("2", 2)}
    assert people.notices("phone") == []


@pytest.mark.parametrize(
    ("changes", "platform", "sentence"),
    [
        ({}, "ADM", "Push sync is not configured for ADM in this identity pool."),
        ({"ApplicationArns": []}, "GCM", "Push sync is not configured for GCM in this identity pool."),
        ({"RoleArn": "arn:aws:iam::000000000000:role/users"}, "GCM", "role/users does not let cognito-sync.amazonaws"),
        ({"ApplicationArns": ["arn:aws:sns:us-east-1:000000000000:app/GCM/none"]}, "GCM", "does not exist"),
    ],
)
def test_a_pool_that_is_not_set_up_for_it_is_said_so(
    people: Pushed, phone: Device, changes: dict[str, Any], platform: str, sentence: str
) -> None:
    people.configure(**changes)

    status, code, message = refusal(lambda: people.register(phone, "phone", platform))
    assert (status, code) == (400, "InvalidConfigurationException")
    assert sentence in message


def test_only_the_identity_itself_names_its_devices(people: Pushed, phone: Device) -> None:
    bob = people.device("bob")
    device_id = people.register(phone, "phone")
    people.allow("users", allow("cognito-sync:*"))
    theirs = Device(bob.client, people.pool_id, phone.identity_id)

    for other in (people.developer(phone), theirs):
        for operation in ("subscribe_to_dataset", "unsubscribe_from_dataset"):
            ask = getattr(other.client, operation)
            assert refusal(lambda: ask(**phone.of(), DeviceId=device_id))[:2] == (403, "NotAuthorizedException")  # noqa: B023
        assert refusal(lambda: people.register(other, "x"))[1] == "NotAuthorizedException"  # noqa: B023
    absent = (404, "ResourceNotFoundException", f"Device '{device_id}' not found.")
    assert refusal(lambda: bob.client.subscribe_to_dataset(**bob.of(), DeviceId=device_id)) == absent


def test_an_applications_credentials_are_shown_to_nobody(people: Pushed) -> None:
    arn = people.applications[0]
    told = people.sns.get_platform_application_attributes(PlatformApplicationArn=arn)["Attributes"]
    listed = people.sns.list_platform_applications()["PlatformApplications"]

    assert "a secret key" not in str(told) + str(listed)


def test_a_message_to_one_device_may_differ_by_platform(people: Pushed) -> None:
    made = people.sns.create_platform_endpoint(PlatformApplicationArn=people.applications[0], Token="phone")
    target = {"TargetArn": made["EndpointArn"]}

    with pytest.raises(ClientError, match="JSON message body failed to parse"):
        people.sns.publish(**target, Message="no JSON", MessageStructure="json")
    people.sns.publish(**target, Message='{"GCM": "for android", "default": "for others"}', MessageStructure="json")
    people.sns.publish(**target, Message='{"GCM": "for android"}')
    assert [one.body for one in people.cloud.outbox("phone")] == ['{"GCM": "for android"}', "for android"]
    assert {one.medium for one in people.cloud.outbox("phone")} == {"PUSH"}


def test_devices_and_notices_are_there_after_a_restart_and_sent_once(tmp_path: Path) -> None:
    with testing.cloud(config=Config(state=tmp_path, reraise=True)) as cloud:
        people = Pushed(cloud)
        phone = people.device()
        people.subscribed(phone, "phone")
        phone.update(put("a", "1"))
        people.sns.publish(PhoneNumber="+41791234567", Message="once")
        pool_id, identity_id = people.pool_id, phone.identity_id
    with testing.cloud(config=Config(state=tmp_path, reraise=True)) as cloud:
        whose = {"IdentityPoolId": pool_id, "IdentityId": identity_id, "DatasetName": "game"}
        token = cloud.client("cognito-sync").list_records(**whose)["SyncSessionToken"]
        patches = [put("a", "2", 1)]
        cloud.client("cognito-sync").update_records(**whose, SyncSessionToken=token, RecordPatches=patches)

        assert [json.loads(one.body)["data"]["syncCount"] for one in cloud.outbox("phone")] == ["2", "1"]
        assert [one.body for one in cloud.outbox("+41791234567")] == ["once"]
