"""What Cognito Sync keeps for identities, which goes where they go.

Apps that save for a guest who then signs in as somebody else find the guest's datasets beside those that were there:
https://docs.aws.amazon.com/cognito/latest/developerguide/handling-callbacks.html
"""

from msgspec.structs import replace

from poolhouse.cognito_identity.entities import Identity
from poolhouse.store import Tx

_LONGEST_NAME = 128


def merge(tx: Tx, into: Identity, other: Identity) -> None:
    """Give an identity the datasets of one that was merged into it, each under its name and the other's id.

    The name and the sync count of 1 are as clients have reported them; that a name that gets too long is left out is
    a guess.
    """
    for dataset in tx.sync_datasets.list(pool_id=other.pool_id, identity_id=other.id, is_deleted=False):
        name, old = f"{dataset.dataset_name}.{other.id}", dataset.dataset_name
        if len(name) > _LONGEST_NAME:
            continue
        tx.sync_records.remove(pool_id=into.pool_id, identity_id=into.id, dataset_name=name)
        for record in tx.sync_records.list(pool_id=other.pool_id, identity_id=other.id, dataset_name=old):
            if record.value is not None:
                tx.sync_records.put(replace(record, identity_id=into.id, dataset_name=name, sync_count=1))
        moved = replace(dataset, identity_id=into.id, dataset_name=name, sync_count=1, deleted_at_count=0)
        tx.sync_datasets.put(replace(moved, merged_with=dataset.merged_with or old))
    forget(tx, other)


def forget(tx: Tx, identity: Identity) -> None:
    """Delete what is kept for an identity."""
    tx.sync_records.remove(pool_id=identity.pool_id, identity_id=identity.id)
    tx.sync_datasets.remove(pool_id=identity.pool_id, identity_id=identity.id)
    tx.sync_devices.remove(pool_id=identity.pool_id, identity_id=identity.id)
