"""Push sync: devices of an identity are told, silently, that one of its datasets has changed on another.

https://docs.aws.amazon.com/cognito/latest/developerguide/push-sync.html

They are told once the change is kept; a notice that a crash loses costs nothing but time, as devices ask anyway.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any

from poolhouse.call import Call
from poolhouse.cognito_sync.entities import SyncDevice
from poolhouse.cognito_sync.errors import InvalidConfigurationException, NotAuthorizedException
from poolhouse.cognito_sync.flows.access import Columns
from poolhouse.errors import ApiError

_SERVICE = "cognito-sync.amazonaws.com"
_log = logging.getLogger(__name__)


def check(call: Call, given: Mapping[str, Any]) -> None:
    """Raise NotAuthorizedException for a role that the caller may not pass on. A guess."""
    passed = {"iam:PassedToService": _SERVICE}
    role_arn = given.get("RoleArn")
    if role_arn and not call.authority.decide(call, "iam:PassRole", role_arn, passed).is_allowed:
        raise NotAuthorizedException(f"Access to Role '{role_arn}' is forbidden.")


def endpoint(call: Call, pool_id: str, platform: str, token: str) -> str:
    """The ARN of SNS's endpoint for a device. Raises InvalidConfigurationException; its sentences are guesses."""
    configured = _configured(call, pool_id)
    found = [one for one in configured.get("ApplicationArns") or () if f":app/{platform}/" in one]
    role_arn = configured.get("RoleArn") or ""
    if not found or not role_arn:
        raise InvalidConfigurationException(f"Push sync is not configured for {platform} in this identity pool.")
    if not call.authority.service_may(call, _SERVICE, role_arn, "sns:CreatePlatformEndpoint", found[0]):
        raise InvalidConfigurationException(f"{role_arn} does not let {_SERVICE} create endpoints of {found[0]}.")
    try:
        made = call.operate("sns", "CreatePlatformEndpoint", {"PlatformApplicationArn": found[0], "Token": token})
    except ApiError as error:
        raise InvalidConfigurationException(str(error)) from error
    return str(made["EndpointArn"])


def tell(call: Call, columns: Columns, sync_count: int, by_device: str) -> None:
    """Tell every device that has subscribed to a dataset, but the one that changed it. Never inside a write block."""
    whose = {name: columns[name] for name in ("pool_id", "identity_id")}
    for device in call.store.sync_devices.list(**whose):
        if device.device_id != by_device and columns["dataset_name"] in device.datasets:
            _tell(call, device, columns, sync_count)


def _tell(call: Call, device: SyncDevice, columns: Columns, sync_count: int) -> None:
    role_arn = _configured(call, device.pool_id).get("RoleArn") or ""
    if not role_arn or not call.authority.service_may(call, _SERVICE, role_arn, "sns:Publish", device.endpoint_arn):
        _log.warning("device %s is not notified: %s may not", device.device_id, role_arn or "no role")
        return
    notice = {"TargetArn": device.endpoint_arn, "Message": _message(columns, sync_count), "MessageStructure": "json"}
    try:
        call.operate("sns", "Publish", notice)
    except ApiError as error:
        _log.warning("device %s is not notified: %s", device.device_id, error.code)


def _message(columns: Columns, sync_count: int) -> str:
    """A text for each platform. The members are those that AWS's SDK for Android reads; how they lie is a guess."""
    data = {
        "source": "cognito-sync",
        "identityPoolId": columns["pool_id"],
        "identityId": columns["identity_id"],
        "datasetName": columns["dataset_name"],
        "syncCount": str(sync_count),
    }
    android, apple = json.dumps({"data": data}), json.dumps({"aps": {"content-available": 1}, "data": data})
    return json.dumps(
        {"default": json.dumps(data), "GCM": android, "ADM": android, "APNS": apple, "APNS_SANDBOX": apple}
    )


def _configured(call: Call, pool_id: str) -> Mapping[str, Any]:
    pool = call.store.sync_pools.find(pool_id=pool_id)
    return {} if pool is None else pool.configuration.get("PushSync") or {}
