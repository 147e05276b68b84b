from collections.abc import Iterator

import pytest

from poolhouse.store import Store
from tests.poolhouse.apigateway.support import Api


@pytest.fixture(scope="session")
def gateway_store() -> Iterator[Store]:
    """A store whose pools have their keys; each test deploys its own API into it."""
    store = Store(None)
    Api(store).make_keys()
    yield store
    store.close()


@pytest.fixture
def api(gateway_store: Store) -> Api:
    """The gateway with the API of `support` behind it."""
    return Api(gateway_store)
