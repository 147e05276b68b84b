"""Everything the cloud keeps, in one SQLite file.

Owns: the connection, transactions, sealing of secrets, and one `Table` per entity (`tables.py`). Entities are frozen
structs that stand in the `entities.py` of the service they belong to; a row is their key, the columns that are searched
or unique, and one JSON document. Reads are free: `store.users.find(...)`. Writes sit in a short block:

    with store.write() as tx:
        user = tx.users.get(pool_id=pool.id, username=name)
        tx.users.put(replace(user, enabled=False))

What the block wrote is durable when it ends, or nothing of it is. Nothing outside this package imports sqlite3.
"""

from poolhouse.store.database import InUse, OtherVersion, Store, Tx
from poolhouse.store.seal import Sealer
from poolhouse.store.table import AlreadyExists, NotFound, StoreError

__all__ = ["AlreadyExists", "InUse", "NotFound", "OtherVersion", "Sealer", "Store", "StoreError", "Tx"]
