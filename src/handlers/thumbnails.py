"""A thumbnail of each uploaded picture, in a second bucket: S3 tells this function of uploads.

What it refuses is written down for GET /files and logged, and is done with; what fails is raised, so that Lambda tries
again, and gives up into the dead-letter queue. The same upload told of twice ends as the same thumbnail.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from shared import buckets, thumbnails
from shared.models import FILE_NAME, MAX_FILE
from shared.observability import LambdaContext, count, logger
from shared.pictures import NoPicture, thumbnail
from shared.thumbnails import READY, REFUSED, State

KEY = re.compile(rf"private/([a-z0-9-]+:[0-9a-f-]{{36}})/({FILE_NAME.strip('^$')})")


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> None:
    """Look at each upload of an event."""
    for record in event["Records"]:
        _look_at(record["s3"]["bucket"]["name"], record["s3"]["object"])


def _look_at(bucket: str, uploaded: Mapping[str, Any]) -> None:
    key = unquote_plus(uploaded["key"])
    found = KEY.fullmatch(key)
    if found is None:
        logger.info("passed over", reason="no file of the API's")
        return
    owner, name = found.groups()
    state = _made(bucket, key, uploaded, name)
    if state is None or not thumbnails.record(owner, state, uploaded["sequencer"], now=datetime.now(UTC)):
        logger.info("passed over", reason="there is a newer one, or none", subject=owner)
        return
    logger.info("looked at", subject=owner, status=state.status, reason=state.reason)
    if state.status == REFUSED:
        count("ThumbnailRefused", Reason=state.reason)


def _made(bucket: str, key: str, uploaded: Mapping[str, Any], name: str) -> State | None:
    """Make the thumbnail, or say why there is none; None for a file that is not there any more."""
    etag = uploaded["eTag"]
    if uploaded["size"] > MAX_FILE:  # by who has signed a form without a limit, or none
        return State(name, etag, REFUSED, "too_large")
    content = buckets.read(bucket, key, etag)
    if content is None:
        return None
    try:
        small = thumbnail(*content)
    except NoPicture as why:
        return State(name, etag, REFUSED, str(why))
    buckets.put_thumbnail(key, etag, small)
    return State(name, etag, READY)
