"""Data Firehose: delivery streams of moto's, which put what they are given into our buckets."""

from collections.abc import Callable

from poolhouse.moto_services.s3 import S3
from poolhouse.moto_services.whole import Whole
from poolhouse.store import Store
from poolhouse.web import Request, Response


class Firehose(Whole):
    """The delivery streams of one account in one region, durable in `store`; `s3` gives the buckets they write to."""

    def __init__(self, store: Store, s3: Callable[[], S3], *, account_id: str, region: str) -> None:
        super().__init__(store, "firehose", account_id=account_id, region=region)
        self._s3 = s3

    def handle(self, request: Request) -> Response:
        """Answer one request; what was delivered by it is durable when this returns."""
        with self._s3().lent():
            return super().handle(request)
