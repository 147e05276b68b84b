"""Datasets of an identity: two devices keep their records in step, and nobody else sees them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from demo.clients import Answer
from demo.stage import Stage
from tests.journeys.identities import Identity, identity

PATH = "/datasets/settings:v1"


@pytest.fixture(scope="module")
def ann(stage: Stage) -> Identity:
    return identity(stage, "datasets-ann")


def change(who: Identity, key: str, value: str, sync_count: int, path: str = PATH) -> Answer:
    patch = {"op": "replace", "key": key, "value": value, "sync_count": sync_count}
    return who.ask("PATCH", path, {"patches": [patch]})


def test_a_device_learns_what_another_has_changed_and_whose_change_came_too_late(ann: Identity, stage: Stage) -> None:
    assert change(ann, "theme", "dark", 0).body["sync_count"] == 1
    assert change(ann, "theme", "light", 1).body["sync_count"] == 2

    late = change(ann, "theme", "blue", 1)
    assert (late.status, late.headers["content-type"]) == (409, "application/problem+json")
    assert late.body["conflicts"] == [{"key": "theme", "sync_count": 2}]

    (record,) = ann.ask("GET", f"{PATH}?since=1").body["records"]
    assert (record["value"], record["sync_count"]) == ("light", 2)
    bob = identity(stage, "datasets-bob")
    assert (bob.ask("GET", PATH).status, bob.ask("GET", "/datasets").body) == (404, {"items": []})

    assert ann.ask("DELETE", PATH).status == 204
    assert ann.ask("GET", PATH).status == 404


def test_of_many_changes_at_once_with_one_count_exactly_one_wins(ann: Identity) -> None:
    path = "/datasets/race"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda number: change(ann, "winner", str(number), 0, path), range(4)))

    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]
    won = next(answer for answer in answers if answer.status == 200)
    assert ann.ask("GET", path).body == won.body | {"whole": True}
