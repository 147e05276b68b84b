"""Devices of users: confirmed by the device, remembered or forgotten by the user or an administrator."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp import shapes
from poolhouse.cognito_idp.entities import Device, User
from poolhouse.cognito_idp.errors import (
    DeviceKeyExistsException,
    InvalidParameterException,
    ResourceNotFoundException,
)
from poolhouse.cognito_idp.flows import access, devices, find, pages, tokens

Request = Mapping[str, Any]


def confirm_device(call: Call, request: Request) -> dict[str, object]:
    """Keep the verifier of the device that has just signed in; whether the user must still say to remember it."""
    caller = access.user_of(call, request["AccessToken"])
    pool, user, key = caller.pool, caller.user, request["DeviceKey"]
    if not pool.tracks_devices or caller.claims.claims.get("device_key") != key:
        raise ResourceNotFoundException("Device does not exist.")
    config: Mapping[str, str] = request.get("DeviceSecretVerifierConfig") or {}
    for member in ("PasswordVerifier", "Salt"):
        if not config.get(member):
            raise InvalidParameterException(f"Missing required parameter {member}")  # the sentence is a guess
    is_asked = pool.remembers_devices_on_request
    device = Device(
        pool_id=pool.id,
        username=user.username,
        key=key,
        group_key=devices.group_key(call, user),
        name=request.get("DeviceName") or "",
        status=devices.NOT_REMEMBERED if is_asked else devices.REMEMBERED,
        salt=devices.parse_salt(config["Salt"]),
        sealed_verifier=devices.seal_verifier(call, user, key, config["PasswordVerifier"]),
        created_at=call.now,
        modified_at=call.now,
        last_authenticated_at=call.now,
        last_ip=call.source_ip,
    )
    with call.store.write() as tx:
        if tx.devices.find(pool_id=pool.id, username=user.username, key=key) is not None:
            raise DeviceKeyExistsException("Device key already exists.")  # the sentence is a guess
        tx.devices.add(device)
    return {"UserConfirmationNecessary": is_asked}


def get_device(call: Call, request: Request) -> dict[str, object]:
    """One device of the signed-in user."""
    user = _caller(call, request)
    return {"Device": shapes.device_type(devices.get(call.store, user, request["DeviceKey"]), for_admin=False)}


def admin_get_device(call: Call, request: Request) -> dict[str, object]:
    """One device of a user."""
    user = _user(call, request)
    return {"Device": shapes.device_type(devices.get(call.store, user, request["DeviceKey"]), for_admin=True)}


def list_devices(call: Call, request: Request) -> dict[str, object]:
    """The signed-in user's devices by page."""
    return _page(call, "ListDevices", _caller(call, request), request, for_admin=False)


def admin_list_devices(call: Call, request: Request) -> dict[str, object]:
    """A user's devices by page."""
    return _page(call, "AdminListDevices", _user(call, request), request, for_admin=True)


def update_device_status(call: Call, request: Request) -> dict[str, object]:
    """The signed-in user says whether a device of theirs is to be remembered."""
    return _set_status(call, _caller(call, request), request)


def admin_update_device_status(call: Call, request: Request) -> dict[str, object]:
    """An administrator says it."""
    return _set_status(call, _user(call, request), request)


def forget_device(call: Call, request: Request) -> None:
    """The signed-in user forgets a device; what it was given is revoked."""
    _forget(call, _caller(call, request), request["DeviceKey"])


def admin_forget_device(call: Call, request: Request) -> None:
    """An administrator forgets it."""
    _forget(call, _user(call, request), request["DeviceKey"])


def _caller(call: Call, request: Request) -> User:
    if not request.get("AccessToken"):  # not required by the model of two of these operations; the sentence is a guess
        raise InvalidParameterException("Missing required parameter AccessToken")
    return access.user_of(call, request["AccessToken"]).user


def _user(call: Call, request: Request) -> User:
    return find.user(call, find.pool(call, request["UserPoolId"]), request["Username"])


def _page(call: Call, operation: str, user: User, request: Request, *, for_admin: bool) -> dict[str, object]:
    question = f"{operation}:{user.pool_id}:{user.username}"
    found, more = pages.page(
        call,
        call.store.devices,
        question,
        request.get("PaginationToken"),
        request.get("Limit") or None,
        pool_id=user.pool_id,
        username=user.username,
    )
    response: dict[str, object] = {"Devices": [shapes.device_type(device, for_admin=for_admin) for device in found]}
    return {**response, "PaginationToken": more["NextToken"]} if more else response


def _set_status(call: Call, user: User, request: Request) -> dict[str, object]:
    status = request.get("DeviceRememberedStatus")
    with call.store.write() as tx:
        device = devices.get(tx, user, request["DeviceKey"])
        if status is not None:
            tx.devices.put(replace(device, status=status, modified_at=call.now))
    return {}


def _forget(call: Call, user: User, key: str) -> None:
    with call.store.write() as tx:
        device = devices.get(tx, user, key)
        tx.devices.remove(pool_id=user.pool_id, username=user.username, key=device.key)
        tokens.revoke_device(tx, user.pool_id, user.username, device.key)
