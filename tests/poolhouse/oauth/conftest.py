from typing import Any

import pytest

from poolhouse.testing import LocalCloud
from tests.poolhouse.oauth.support import Server, make


@pytest.fixture
def server(cloud: LocalCloud, cognito: Any) -> Server:
    """A pool with a domain, a machine client and a public client."""
    return make(cloud, cognito)
