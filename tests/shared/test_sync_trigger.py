"""The function that sees changes of datasets: a real one, in a local cloud."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from poolhouse import testing
from shared import aws, sync_trigger
from shared.config import settings
from shared.errors import Rejected, TriggerFailed, Unavailable
from shared.models import Patch, Record

IDENTITY, POOL = "us-east-1:3a1f9c52-7b64-4d0e-8a55-6f0c1d2e3b4a", "us-east-1:11111111-7b64-4d0e-8a55-6f0c1d2e3b4a"
RECORDS = {
    key: Record(key=key, value=value, sync_count=count, modified_at=datetime(2026, 1, 1, tzinfo=UTC))
    for key, value, count in (("kept", "1", 3), ("gone", None, 4))
}
PATCHES = [
    Patch(op="replace", key="new", value="ü", sync_count=0),
    Patch(op="remove", key="kept", sync_count=3),
]
SOURCE = """
class Rejected(Exception):
    pass


def handler(event, context):
    records, what = event["datasetRecords"], event["datasetName"]
    if what == "reject":
        raise Rejected("No cheating.")
    if what == "fail":
        raise ValueError("a secret")
    if what == "nonsense":
        return "?"
    if what == "another":
        event["identityId"] = "us-east-1:0"
    if what == "no-op":
        records["new"].pop("op")
    if what == "too-long":
        records["x" * 1025] = {"op": "replace", "newValue": "1"}
    if what == "number":
        records["new"]["newValue"] = 7
    if what == "leave":
        records.clear()
    if what == "alter":
        assert event["version"] == 2 and event["eventType"] == "SyncTrigger" and event["region"] == "us-east-1"
        assert records == {
            "kept": {"oldValue": "1", "newValue": None, "op": "remove"},
            "new": {"oldValue": None, "newValue": "ü", "op": "replace"},
        }, records
        records["new"]["newValue"] = "other"
        records["badge"] = {"newValue": "gold", "op": "replace"}
        records["gone"] = {"newValue": "back", "op": "replace"}
        del records["kept"]
    return event
"""


@pytest.fixture(scope="module")
def trigger() -> Iterator[testing.LocalCloud]:
    with testing.cloud(listen=True) as cloud, pytest.MonkeyPatch.context() as patch:
        environment = {
            "AWS_ENDPOINT_URL": cloud.inner.config.origin,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "DATASETS_TRIGGER": cloud.function("trigger", SOURCE),
            "IDENTITY_POOL_ID": POOL,
            "POWERTOOLS_METRICS_NAMESPACE": "Poolhouse",
        }
        for name, value in environment.items():
            patch.setenv(name, value)
        settings.cache_clear()
        aws.client.cache_clear()
        yield cloud
        aws.client("lambda").close()
    settings.cache_clear()
    aws.client.cache_clear()


def seen(name: str) -> list[tuple[str, str, str | None, int]]:
    wanted = sync_trigger.seen(IDENTITY, name, RECORDS, PATCHES)
    return [(patch.op, patch.key, patch.value, patch.sync_count) for patch in wanted]


def test_the_function_accepts_alters_adds_and_leaves_out(trigger: testing.LocalCloud) -> None:
    assert sorted(seen("accept")) == [("remove", "kept", None, 3), ("replace", "new", "ü", 0)]
    assert sorted(seen("alter")) == [
        ("replace", "badge", "gold", 0),
        ("replace", "gone", "back", 4),
        ("replace", "new", "other", 0),
    ]
    assert seen("leave") == []


def test_the_function_refuses_with_a_reason(trigger: testing.LocalCloud) -> None:
    with pytest.raises(Rejected, match=r"^No cheating\.$"):
        seen("reject")


def test_what_goes_wrong_in_the_function_is_nobodys_business(
    trigger: testing.LocalCloud, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    for what in ("fail", "nonsense", "another", "no-op", "too-long", "number"):
        with pytest.raises(TriggerFailed, match=r"^The change could not be looked at\.$"):
            seen(what)
    assert "a secret" not in caplog.text + capsys.readouterr().out


def test_a_function_that_is_not_there_leaves_the_change_for_later(
    trigger: testing.LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATASETS_TRIGGER", "arn:aws:lambda:us-east-1:000000000000:function:nowhere")
    settings.cache_clear()

    with pytest.raises(Unavailable):
        seen("accept")
    monkeypatch.undo()
    settings.cache_clear()
