"""What tests of Cognito Sync share: a pool of people, and a device that keeps one of their datasets."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse.testing import LocalCloud
from tests.poolhouse.cognito_identity.people import People, document

SUB = "${cognito-identity.amazonaws.com:sub}"
OWN = {
    "Effect": "Allow",
    "Action": "cognito-sync:*",
    "Resource": [f"arn:aws:cognito-sync:*:*:identitypool/*/identity/{SUB}{rest}" for rest in ("", "/*")],
}


class Synced(People):
    """People whose role lets each reach their own datasets; guests as well."""

    def __init__(self, cloud: LocalCloud) -> None:
        super().__init__(cloud, AllowClassicFlow=True)
        for role in ("users", "guests"):
            self.allow(role, OWN)
        self.sync = cloud.client("cognito-sync")

    def allow(self, role: str, *statements: dict[str, Any]) -> None:
        self.iam.put_role_policy(RoleName=role, PolicyName="sync", PolicyDocument=document(*statements))

    def device(self, name: str = "ann") -> "Device":
        """A device of somebody who has signed in, with their keys."""
        login = self.login(name)
        identity_id = self.get_id(login)
        return Device(self.client("cognito-sync", self.credentials(identity_id, login)), self.pool_id, identity_id)

    def guest(self) -> "Device":
        identity_id = self.get_id()
        return Device(self.client("cognito-sync", self.credentials(identity_id)), self.pool_id, identity_id)

    def developer(self, device: "Device") -> "Device":
        """The same dataset with the developer's keys."""
        return Device(self.sync, self.pool_id, device.identity_id)


class Device:
    """A client of one identity's datasets."""

    def __init__(self, client: Any, pool_id: str, identity_id: str) -> None:
        self.client, self.pool_id, self.identity_id = client, pool_id, identity_id
        self.whose = {"IdentityPoolId": pool_id, "IdentityId": identity_id}

    def of(self, name: str = "game") -> dict[str, str]:
        return {**self.whose, "DatasetName": name}

    def records(self, name: str = "game", **more: Any) -> dict[str, Any]:
        return dict(self.client.list_records(**self.of(name), **more))

    def token(self, name: str = "game") -> str:
        return str(self.records(name)["SyncSessionToken"])

    def update(self, *patches: dict[str, Any], name: str = "game", **more: Any) -> list[dict[str, Any]]:
        more = {"SyncSessionToken": self.token(name), **more} if "SyncSessionToken" not in more else more
        answer = self.client.update_records(**self.of(name), RecordPatches=list(patches), **more)
        return list(answer["Records"])

    def values(self, name: str = "game") -> dict[str, tuple[str | None, int]]:
        """What each record is, and its sync count."""
        return {one["Key"]: (one.get("Value"), one["SyncCount"]) for one in self.records(name)["Records"]}


def put(key: str, value: str, count: int = 0, **more: Any) -> dict[str, Any]:
    return {"Op": "replace", "Key": key, "Value": value, "SyncCount": count, **more}


def remove(key: str, count: int) -> dict[str, Any]:
    return {"Op": "remove", "Key": key, "SyncCount": count}


def refusal(call: Any) -> tuple[int, str, str]:
    """Status, code and sentence of the error that a call ends in."""
    with pytest.raises(ClientError) as raised:
        call()
    response = raised.value.response
    error = response["Error"]
    return response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]
