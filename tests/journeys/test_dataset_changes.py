"""Changes of datasets, seen by a function before they are made, and on a Kinesis stream after it."""

import json
import time
from typing import Any, cast

from demo.stage import Stage
from poolhouse import testing
from tests.journeys.identities import identity

PATH = "/datasets/game"


def published(house: testing.LocalCloud, owner: str, count: int) -> list[dict[str, Any]]:
    """What is on the stream of somebody's, once there are that many; the stream's own function puts them there."""
    kinesis, stream = house.client("kinesis"), house.outputs["DatasetChangesStreamName"]
    ends = time.monotonic() + 30
    told: list[dict[str, Any]] = []
    while len(told) < count:
        assert time.monotonic() < ends, told
        told = []
        for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
            asked = {"StreamName": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            records = kinesis.get_records(ShardIterator=kinesis.get_shard_iterator(**asked)["ShardIterator"])
            told += [json.loads(one["Data"]) for one in records["Records"] if one["PartitionKey"] == owner]
    return told


def test_a_change_is_seen_altered_or_refused_and_then_streamed(house: testing.LocalCloud) -> None:
    config = house.inner.config
    stage = Stage(config.origin, config.api_origin, dict(house.outputs), cast("Any", None))
    ann = identity(stage, "dataset-changes-ann")

    def score(value: str, sync_count: int) -> Any:
        patch = {"op": "replace", "key": "score", "value": value, "sync_count": sync_count}
        return ann.ask("PATCH", PATH, {"patches": [patch]})

    assert {one["key"]: one["value"] for one in score("5", 0).body["records"]} == {"score": "5", "badge": "gold"}
    refused = score("99", 1)
    assert (refused.status, refused.body["code"], refused.body["detail"]) == (422, "rejected", "No cheating.")
    assert score("6", 1).body["sync_count"] == 2
    assert ann.ask("DELETE", PATH).status == 204

    told = published(house, ann.id, 3)
    assert [(one["identityId"], one["operation"], one["syncCount"]) for one in told] == [
        (ann.id, "replace", 1),
        (ann.id, "replace", 2),
        (ann.id, "remove", 2),
    ]
    assert told[0]["identityPoolId"] == house.outputs["IdentityPoolId"]
    assert {one["key"] for one in told[0]["kinesisSyncRecords"]} == {"score", "badge"}
