"""The mappings of one cloud, each polled by a thread of its own."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from poolhouse.lambdas.entities import EventSourceMapping
from poolhouse.lambdas.event_sources.queues import QueuePoller
from poolhouse.lambdas.event_sources.sources import May, Poller, Services, refusal, service
from poolhouse.lambdas.event_sources.streams import StreamPoller
from poolhouse.lambdas.functions import Functions
from poolhouse.store import Store

_log = logging.getLogger("poolhouse.functions")


class EventSources:
    """Keeps mappings, and polls for them."""

    def __init__(
        self,
        store: Store,
        functions: Functions,
        services: Services,
        may: May,
        *,
        region: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._store, self._may = store, may
        self._queues = QueuePoller(functions, services, region=region)
        self._streams = StreamPoller(store, functions, services, region=region, clock=clock)
        self._ending = threading.Event()
        self._threads: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()

    def put(self, mapping: EventSourceMapping) -> None:
        """Keep a mapping, new or changed, and poll for it. Raises LookupError for a stream that is not there."""
        is_new = self._store.event_source_mappings.find(uuid=mapping.uuid) is None
        positions = self._streams.start(mapping) if is_new and service(mapping.source_arn) != "sqs" else []
        with self._store.write() as tx:
            tx.event_source_mappings.put(mapping)
            for position in positions:
                tx.shard_positions.put(position)
        self._start(mapping.uuid)

    def remove(self, uuid: str) -> None:
        """Poll no longer."""
        with self._store.write() as tx:
            tx.event_source_mappings.remove(uuid=uuid)
            tx.shard_positions.remove(mapping=uuid)

    def resume(self) -> None:
        """Poll for every mapping that is kept."""
        for mapping in self._store.event_source_mappings.list():
            self._start(mapping.uuid)

    def stop(self) -> None:
        """End every poll, and wait for it; others may be started afterwards."""
        with self._lock:
            ending, threads = self._ending, list(self._threads.values())
            self._ending, self._threads = threading.Event(), {}
        ending.set()
        for thread in threads:
            thread.join()

    def _start(self, uuid: str) -> None:
        with self._lock:
            known = self._threads.get(uuid)
            if known is None or not known.is_alive():
                ending = self._ending
                thread = threading.Thread(target=self._poll, args=(uuid, ending), name=f"poll {uuid}", daemon=True)
                self._threads[uuid] = thread
                thread.start()

    def _poll(self, uuid: str, ending: threading.Event) -> None:
        while not ending.is_set():
            mapping = self._store.event_source_mappings.find(uuid=uuid)
            if mapping is None or not mapping.is_enabled:
                return
            poller = self._poller(mapping)
            try:
                is_done = self._once(poller, mapping)
            except RuntimeError:  # the cloud is ending
                return
            if not is_done:
                poller.wait(mapping)

    def _poller(self, mapping: EventSourceMapping) -> Poller:
        return self._queues if service(mapping.source_arn) == "sqs" else self._streams

    def _once(self, poller: Poller, mapping: EventSourceMapping) -> bool:
        """Run the function with what there is; whether there was anything."""
        function = self._store.functions.find(name=mapping.function)
        if function is None:
            return False
        refused = refusal(self._may, function, mapping)
        if refused:
            _log.warning("%s: %s", function.name, refused)
            return False
        invoked = f"{function.arn}:{mapping.qualifier}" if mapping.qualifier else function.arn
        return poller.once(mapping, replace(function, arn=invoked))
