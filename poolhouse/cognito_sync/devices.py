"""Devices of an identity that are told of changes made on its others. Only the identity itself names them.

https://docs.aws.amazon.com/cognitosync/latest/APIReference/API_RegisterDevice.html
"""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_sync.entities import SyncDevice
from poolhouse.cognito_sync.errors import NotAuthorizedException, ResourceNotFoundException
from poolhouse.cognito_sync.flows import access, push
from poolhouse.cognito_sync.flows.access import Columns
from poolhouse.store import Tx

Request = Mapping[str, Any]


def register_device(call: Call, request: Request) -> dict[str, object]:
    """A device by its platform's token; one that was registered before is the same, which is a guess."""
    columns = _own(call, request)
    endpoint_arn = push.endpoint(call, columns["pool_id"], request["Platform"], request["Token"])
    with call.store.write() as tx:
        access.enabled(tx, columns)
        kept = [one for one in tx.sync_devices.list(**columns) if one.endpoint_arn == endpoint_arn]
        device = kept[0] if kept else SyncDevice(**columns, device_id=call.new_id(), endpoint_arn=endpoint_arn)
        tx.sync_devices.put(device)
    return {"DeviceId": device.device_id}


def subscribe_to_dataset(call: Call, request: Request) -> dict[str, object]:
    """Have a device told of a dataset's changes, also of one that nobody has written to yet."""
    columns, name = _own(call, request), request["DatasetName"]
    with call.store.write() as tx:
        device = _get(tx, columns, request["DeviceId"])
        tx.sync_devices.put(replace(device, datasets=tuple(dict.fromkeys((*device.datasets, name)))))
    return {}


def unsubscribe_from_dataset(call: Call, request: Request) -> dict[str, object]:
    """Have a device told no more of a dataset's changes."""
    columns, name = _own(call, request), request["DatasetName"]
    with call.store.write() as tx:
        device = _get(tx, columns, request["DeviceId"])
        tx.sync_devices.put(replace(device, datasets=tuple(one for one in device.datasets if one != name)))
    return {}


def _own(call: Call, request: Request) -> Columns:
    """The identity's columns, for its own keys alone."""
    if not access.is_identity(call):
        raise NotAuthorizedException
    return access.identity(call, request)


def _get(tx: Tx, columns: Columns, device_id: str) -> SyncDevice:
    found = tx.sync_devices.find(**columns, device_id=device_id)
    if found is None:
        raise ResourceNotFoundException(f"Device '{device_id}' not found.")  # a guess
    return found
