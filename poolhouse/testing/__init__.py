"""A cloud for your tests: in process, with a movable clock and real boto3 clients.

    with testing.cloud() as cloud:
        cognito = cloud.client("cognito-idp")

`cloud()` gives an empty one or deploys a template; with `listen=True` it also answers on sockets, for browsers, other
processes and functions that call home. `functions` writes small functions for triggers. The pytest plugin
(`poolhouse.testing.plugin`) offers the fixtures `cloud` and `cognito`.
"""

from poolhouse.testing.clouds import LocalCloud, cloud

__all__ = ["LocalCloud", "cloud"]
