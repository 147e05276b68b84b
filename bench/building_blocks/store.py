"""What one write and one read of a user cost: `python -m bench.building_blocks.store`.

Each synchronous setting of SQLite, on a file, through the store's own tables.
"""

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from poolhouse.cognito_idp.entities import User
from poolhouse.store import Store

COUNT = 3_000


def main() -> None:
    """Print microseconds a write transaction and a read by key."""
    now = datetime.now(UTC)
    for level in ("OFF", "NORMAL", "FULL"):
        with tempfile.TemporaryDirectory() as folder:
            store = Store(Path(folder))
            store._writer.execute(f"PRAGMA synchronous = {level}")
            begun = time.perf_counter()
            for number in range(COUNT):
                user = User(
                    "p", f"u{number}", f"s{number}", "CONFIRMED", now, now, attributes={"email": f"{number}@x.y"}
                )
                with store.write() as tx:
                    tx.users.add(user)
            written = time.perf_counter() - begun
            begun = time.perf_counter()
            for number in range(COUNT):
                store.users.get(pool_id="p", username=f"u{number}")
            read = time.perf_counter() - begun
            store.close()
        print(f"synchronous {level:6} write {written / COUNT * 1e6:6.0f} us   read {read / COUNT * 1e6:5.1f} us")


if __name__ == "__main__":
    main()
