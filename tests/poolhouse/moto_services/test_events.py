"""EventBridge: rules tell functions, queues and topics when an event is as they want it, or when a time has come."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from poolhouse import testing
from poolhouse.config import Config
from poolhouse.errors import ApiError
from poolhouse.moto_services import event_inputs, event_patterns, schedules
from poolhouse.testing import LocalCloud
from poolhouse.web import Response
from tests.poolhouse.cognito_identity.people import ACCOUNT, allow, document

BASE = f"arn:aws:events:us-east-1:{ACCOUNT}"
ORDER = {"source": "shop", "detail-type": "Order", "detail": {"id": 7, "total": 12.5, "tags": ["a", "b"], "to": None}}


def matches(pattern: dict[str, Any]) -> bool:
    return event_patterns.matches(event_patterns.check(json.dumps(pattern)), ORDER)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"source": ["shop"]}, True),
        ({"source": ["other", "shop"]}, True),
        ({"source": ["other"]}, False),
        ({"source": ["shop"], "detail": {"id": [8]}}, False),
        ({"detail": {"id": [7]}}, True),
        ({"detail": {"id": ["7"]}}, False),
        ({"detail": {"id": [True]}}, False),
        ({"detail": {"tags": ["b"]}}, True),
        ({"detail": {"tags": ["c"]}}, False),
        ({"detail": {"to": [None]}}, True),
        ({"detail": {"none": [None]}}, False),
        ({"detail": {"none": [{"exists": False}]}}, True),
        ({"detail": {"none": {"deeper": [{"exists": False}]}}}, True),
        ({"detail": {"id": [{"exists": True}]}}, True),
        ({"detail": {"id": [{"exists": False}]}}, False),
        ({"source": [{"prefix": "sh"}]}, True),
        ({"source": [{"prefix": {"equals-ignore-case": "SH"}}]}, True),
        ({"source": [{"suffix": "op"}]}, True),
        ({"source": [{"suffix": "sh"}]}, False),
        ({"source": [{"equals-ignore-case": "SHOP"}]}, True),
        ({"source": [{"wildcard": "s*p"}]}, True),
        ({"source": [{"wildcard": "s.*p"}]}, False),
        ({"source": [{"wildcard": "shop*shop"}]}, False),
        ({"source": [{"wildcard": "*h*p"}]}, True),
        ({"source": [{"wildcard": "*o*h*"}]}, False),
        ({"source": [{"wildcard": "sho"}]}, False),
        ({"source": [{"anything-but": "shop"}]}, False),
        ({"source": [{"anything-but": ["a", "b"]}]}, True),
        ({"source": [{"anything-but": {"prefix": ["x", "s"]}}]}, False),
        ({"detail": {"none": [{"anything-but": "x"}]}}, False),
        ({"detail": {"total": [{"numeric": [">", 10, "<=", 12.5]}]}}, True),
        ({"detail": {"total": [{"numeric": ["<", 12.5]}]}}, False),
        ({"detail": {"tags": [{"numeric": [">", 0]}]}}, False),
        ({"$or": [{"source": ["x"]}, {"detail": {"id": [7]}}]}, True),
        ({"$or": [{"source": ["x"]}, {"detail": {"id": [8]}}]}, False),
        ({"detail": {"id": {"deeper": ["x"]}}}, False),
    ],
    ids=str,
)
def test_what_a_pattern_is_about(pattern: dict[str, Any], expected: bool) -> None:
    assert matches(pattern) is expected


def test_many_wildcards_are_not_tried_in_every_way() -> None:
    pattern = {"source": [{"wildcard": "*a" * 40 + "b"}]}

    assert event_patterns.matches(pattern, {"source": "a" * 10_000}) is False


def test_addresses_are_in_networks() -> None:
    pattern = event_patterns.check('{"detail": {"ip": [{"cidr": "10.0.0.0/8"}]}}')

    assert event_patterns.matches(pattern, {"detail": {"ip": "10.1.2.3"}})
    assert not event_patterns.matches(pattern, {"detail": {"ip": "192.0.2.1"}})
    assert not event_patterns.matches(pattern, {"detail": {"ip": "here"}})


@pytest.mark.parametrize(
    "pattern",
    [
        *("", "[]", "{}", '"a"', '{"source": "shop"}', '{"source": []}', '{"source": {}}', '{"source": [["a"]]}'),
        *('{"a": [{"like": "x"}]}', '{"a": [{"prefix": 1}]}', '{"a": [{"numeric": [">"]}]}', '{"a": [{"cidr": "x"}]}'),
        *(
            '{"a": [{"numeric": ["~", 1]}]}',
            '{"a": [{"exists": "no"}]}',
            '{"$or": ["a"]}',
            '{"a": [{"prefix": "x", "b": 1}]}',
        ),
        *('{"a": [{"anything-but": []}]}', "[" * 100_000),
    ],
    ids=lambda text: text[:40],
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(event_patterns.InvalidEventPatternException, match=r"Event pattern is not valid\. Reason: "):
        event_patterns.check(pattern)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({}, json.dumps({"time": "now", **ORDER})),
        ({"Input": '{"a": 1}'}, '{"a": 1}'),
        ({"InputPath": "$.detail.tags[1]"}, '"b"'),
        ({"InputPath": "$['detail'].id"}, "7"),
        ({"InputPath": "$.nowhere"}, "null"),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"id": "$.detail.id", "from": "$.source", "tags": "$.detail.tags", "no": "$.no"},
                    "InputTemplate": '{"id": <id>, "said": "<from> <id> <tags> <no>", "no": <no>, '
                    '"rule": <aws.events.rule-name>, "other": "<unknown>"}',
                }
            },
            '{"id": 7, "said": "shop 7 [\\"a\\", \\"b\\"] ", "no": "", "rule": "r", "other": "<unknown>"}',
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_a_target_is_told(target: dict[str, Any], expected: str) -> None:
    assert event_inputs.of_target(target, {"time": "now", **ORDER}, "arn", "r") == expected


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)  # a Sunday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rate(1 minute)", NOON + timedelta(minutes=1)),
        ("rate(12 hours)", NOON + timedelta(hours=12)),
        ("cron(0 12 * * ? *)", NOON + timedelta(days=1)),
        ("cron(30 12 * * ? *)", NOON + timedelta(minutes=30)),
        ("cron(0/15 * * * ? *)", NOON + timedelta(minutes=15)),
        ("cron(0 8 ? * MON-FRI *)", datetime(2026, 3, 2, 8, tzinfo=UTC)),
        ("cron(0 8 ? * 1 *)", datetime(2026, 3, 8, 8, tzinfo=UTC)),
        ("cron(5,10 0 1 JAN,JUL ? *)", datetime(2026, 7, 1, 0, 5, tzinfo=UTC)),
        ("cron(0 0 29 2 ? *)", datetime(2028, 2, 29, tzinfo=UTC)),
        ("cron(0 0 1 1 ? 2020)", None),
    ],
)
def test_when_a_schedule_is_due_next(text: str, expected: datetime | None) -> None:
    assert schedules.parse(text).after(NOON) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "rate(0 minutes)", "rate(1 minutes)", "rate(2 minute)", "rate(1 second)", "cron(0 12 * * *)"),
        *(
            "cron(0 12 * * * *)",
            "cron(60 12 * * ? *)",
            "cron(0 12 ? * ? *)",
            "cron(a 12 * * ? *)",
            "cron(5-1 1 * * ? *)",
        ),
        *("cron(0 12 L * ? *)", "cron(0 12 ? * 2#1 *)"),
    ],
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(ApiError):
        schedules.parse(text)


class House:
    """A queue that rules may tell."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud, self.events, self.sqs = cloud, cloud.client("events"), cloud.client("sqs")
        self.queue, self.arn = self.make_queue("told")

    def make_queue(self, name: str, service: str = "events.amazonaws.com") -> tuple[str, str]:
        arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
        lets_in = {"Principal": {"Service": service}, **allow("sqs:SendMessage")}
        policy = document({**lets_in, "Resource": arn})
        return self.sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"], arn

    def rule(self, name: str, pattern: dict[str, Any], *targets: dict[str, Any], **more: str) -> str:
        arn: str = self.events.put_rule(Name=name, EventPattern=json.dumps(pattern), **more)["RuleArn"]
        self.events.put_targets(Rule=name, Targets=list(targets) or [{"Id": "q", "Arn": self.arn}], **more)
        return arn

    def put(self, detail: object = None, source: str = "shop", **more: Any) -> dict[str, Any]:
        entry = {"Source": source, "DetailType": "Order", "Detail": json.dumps(detail or {"id": 7}), **more}
        told: dict[str, Any] = self.events.put_events(Entries=[entry])
        return told

    def told(self, queue: str = "") -> list[Any]:
        assert self.cloud.inner.functions.later.join()
        found = self.sqs.receive_message(QueueUrl=queue or self.queue, MaxNumberOfMessages=10)
        for one in found.get("Messages", []):
            self.sqs.delete_message(QueueUrl=queue or self.queue, ReceiptHandle=one["ReceiptHandle"])
        return [json.loads(one["Body"]) for one in found.get("Messages", [])]


@pytest.fixture
def house(cloud: LocalCloud) -> House:
    return House(cloud)


def refused(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call()
    return raised.value.response["Error"]["Code"], raised.value.response["Error"]["Message"]


def test_an_event_is_told_to_whom_it_is_for(house: House) -> None:
    house.rule("orders", {"source": ["shop"], "detail": {"id": [7]}})
    house.rule("others", {"source": ["elsewhere"]})

    answer = house.put({"id": 7}, Resources=["arn:a"])

    assert answer["FailedEntryCount"] == 0
    (event,) = house.told()
    assert event == {
        "version": "0",
        "id": answer["Entries"][0]["EventId"],
        "detail-type": "Order",
        "source": "shop",
        "account": ACCOUNT,
        "time": event["time"],
        "region": "us-east-1",
        "resources": ["arn:a"],
        "detail": {"id": 7},
    }
    house.put({"id": 8})
    house.events.disable_rule(Name="orders")
    house.put({"id": 7})
    assert house.told() == []


def test_a_bus_of_ones_own_has_rules_of_its_own(house: House) -> None:
    house.events.create_event_bus(Name="shop")
    arn = house.rule("orders", {"source": ["shop"]}, EventBusName="shop")

    assert arn == f"{BASE}:rule/shop/orders"
    house.put()
    assert house.told() == []
    house.put(EventBusName=f"{BASE}:event-bus/shop")
    assert len(house.told()) == 1


def test_entries_that_are_none_are_told_apart(house: House) -> None:
    house.rule("orders", {"source": [{"exists": True}]})
    good = {"Source": "shop", "DetailType": "Order", "Detail": "{}"}

    told = house.events.put_events(
        Entries=[{**good, "Source": ""}, {**good, "Detail": "no"}, good, {**good, "Source": "aws.s3"}]
    )

    assert told["FailedEntryCount"] == 3
    assert [one.get("ErrorCode") for one in told["Entries"]] == [
        "InvalidArgument",
        "MalformedDetail",
        None,
        "NotAuthorizedForSourceException",
    ]
    assert len(house.told()) == 1


def test_a_queue_that_does_not_let_the_rule_in_is_told_nothing_and_the_dead_letter_queue_is(house: House) -> None:
    shut, shut_arn = house.make_queue("shut", "sns.amazonaws.com")
    dead = {"DeadLetterConfig": {"Arn": house.arn}}
    rule = house.rule("orders", {"source": ["shop"]}, {"Id": "1", "Arn": shut_arn, **dead})

    house.put()

    assert house.cloud.inner.functions.later.join()
    assert "Messages" not in house.sqs.receive_message(QueueUrl=shut)
    (message,) = house.sqs.receive_message(QueueUrl=house.queue, MessageAttributeNames=["All"])["Messages"]
    attributes = {name: one["StringValue"] for name, one in message["MessageAttributes"].items()}
    assert (attributes["RULE_ARN"], attributes["TARGET_ARN"]) == (rule, shut_arn)
    assert attributes["ERROR_CODE"] == "NO_PERMISSIONS"


def test_what_would_come_to_nothing_is_refused_by_name(house: House) -> None:
    events = house.events
    pattern = json.dumps({"source": ["shop"]})
    assert refused(lambda: events.put_rule(Name="r", EventPattern='{"a": 1}'))[0] == "InvalidEventPatternException"
    assert refused(lambda: events.put_rule(Name="r", ScheduleExpression="rate(1 second)")) == (
        "ValidationException",
        "Parameter ScheduleExpression is not valid.",
    )
    events.put_rule(Name="r", EventPattern=pattern)
    stream = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s"
    found = refused(lambda: events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": stream}]))
    assert found == ("NotImplementedException", "Targets of EventBridge in kinesis are not implemented yet")
    assert events.test_event_pattern(EventPattern=pattern, Event=json.dumps(ORDER))["Result"] is True


def test_a_rule_by_time_runs_by_the_clouds_clock(house: House) -> None:
    arn = house.events.put_rule(Name="often", ScheduleExpression="rate(5 minutes)")["RuleArn"]
    house.events.put_targets(Rule="often", Targets=[{"Id": "q", "Arn": house.arn}])
    schedule = house.cloud.inner.moto.events._schedules

    schedule.run_due()
    assert house.told() == []
    house.cloud.clock.advance(timedelta(minutes=6))
    schedule.run_due()

    events = house.told()
    assert [(one["detail-type"], one["source"], one["resources"]) for one in events] == [
        ("Scheduled Event", "aws.events", [arn])
    ]
    house.events.disable_rule(Name="often")
    house.cloud.clock.advance(timedelta(minutes=6))
    schedule.run_due()
    assert house.told() == []


def test_rules_are_there_after_a_restart_and_so_is_what_was_due(tmp_path: Path) -> None:
    config = Config(reraise=True, state=tmp_path / "state")
    with testing.cloud(config=config) as cloud:
        house = House(cloud)
        house.rule("orders", {"source": ["shop"]})
        house.events.put_rule(Name="daily", ScheduleExpression="cron(0 12 * * ? *)")
        machines = cloud.client("stepfunctions")
        made = machines.create_state_machine(
            name="m",
            definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}),
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/r",
        )["stateMachineArn"]

    with testing.cloud(config=config) as cloud:
        events = cloud.client("events")
        assert [one["Name"] for one in events.list_rules()["Rules"]] == ["orders", "daily"]
        assert events.list_targets_by_rule(Rule="orders")["Targets"][0]["Id"] == "q"
        machines = cloud.client("stepfunctions")
        assert [one["name"] for one in machines.list_state_machines()["stateMachines"]] == ["m"]
        found = refused(lambda: machines.start_execution(stateMachineArn=made))
        assert found[0] == "NotImplementedException"


def test_policies_decide_on_buses_rules_sources_and_machines(house: House) -> None:
    iam = house.cloud.client("iam")
    iam.create_user(UserName="ann")
    may = [
        allow("events:PutEvents", Condition={"StringEquals": {"events:source": "shop"}}),
        {**allow("events:PutRule", "events:PutTargets"), "Resource": f"{BASE}:rule/mine-*"},
        {**allow("states:DescribeStateMachine"), "Resource": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:mine"},
    ]
    iam.put_user_policy(UserName="ann", PolicyName="may", PolicyDocument=document(*may))
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    ann, machines = house.cloud.client("events", **keys), house.cloud.client("stepfunctions", **keys)
    entry = {"Source": "shop", "DetailType": "Order", "Detail": "{}"}

    assert ann.put_events(Entries=[entry])["FailedEntryCount"] == 0
    denied = refused(lambda: ann.put_events(Entries=[entry, {**entry, "Source": "bank"}]))
    assert denied == (
        "AccessDeniedException",
        f"User: arn:aws:iam::{ACCOUNT}:user/ann is not authorized to perform: events:PutEvents on resource: "
        f"{BASE}:event-bus/default because no identity-based policy allows the events:PutEvents action",
    )
    ann.put_rule(Name="mine-1", EventPattern='{"source": ["shop"]}')
    assert f"{BASE}:rule/other" in refused(lambda: ann.put_rule(Name="other", EventPattern='{"source": ["a"]}'))[1]
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    passed = refused(lambda: ann.put_targets(Rule="mine-1", Targets=[{"Id": "1", "Arn": house.arn, "RoleArn": role}]))
    assert f"iam:PassRole on resource: {role}" in passed[1]
    base = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine"
    assert refused(lambda: machines.describe_state_machine(stateMachineArn=f"{base}:mine:1"))[0] != (
        "AccessDeniedException"
    )
    assert refused(lambda: machines.describe_state_machine(stateMachineArn=f"{base}:other"))[0] == (
        "AccessDeniedException"
    )


TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Told:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: "def handler(event, context): raise Exception(event['detail-type'])"
      Handler: index.handler
      Runtime: python3.11
      Events:
        Order: {{Type: EventBridgeRule, Properties: {{Pattern: {{source: [{source}]}}}}}}
        Daily: {{Type: Schedule, Properties: {{Schedule: rate(1 day)}}}}
"""


def test_rules_of_functions_in_templates(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE.format(source="shop"))
    with testing.cloud(file) as cloud:
        events = cloud.client("events")
        rules = {one.get("ScheduleExpression", "pattern"): one for one in events.list_rules()["Rules"]}
        assert set(rules) == {"pattern", "rate(1 day)"}
        (target,) = events.list_targets_by_rule(Rule=rules["pattern"]["Name"])["Targets"]
        assert ":function:" in target["Arn"]
        for rule in rules.values():
            cloud.inner.functions.check_permitted(target["Arn"], service="events.amazonaws.com", source_arn=rule["Arn"])

        file.write_text(TEMPLATE.format(source="bank"))
        cloud.inner.deploy(file, {}, lambda _: None)
        assert json.loads(events.describe_rule(Name=rules["pattern"]["Name"])["EventPattern"]) == {"source": ["bank"]}
        file.write_text("Resources: {Key: {Type: AWS::KMS::Key}}")
        cloud.inner.deploy(file, {}, lambda _: None)
        assert events.list_rules()["Rules"] == []


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("PutEvents", "{"),
        ("PutEvents", '{"Entries": "no"}'),
        ("PutEvents", '{"Entries": [7]}'),
        ("PutEvents", '{"Entries": []}'),
        ("PutEvents", '{"Entries": [{"Source": "s", "DetailType": "t", "Detail": "{}", "Time": 1e300}]}'),
        ("PutEvents", '{"Entries": [{"Source": ["x"], "DetailType": 1, "Detail": {}}]}'),
        ("PutRule", '{"Name": "r", "EventPattern": 7}'),
        ("PutTargets", '{"Rule": "r", "Targets": "no"}'),
        ("PutTargets", '{"Rule": "r", "Targets": [7]}'),
        ("TestEventPattern", '{"EventPattern": "{}", "Event": "no"}'),
    ],
)
def test_what_is_no_request_is_refused(cloud: LocalCloud, operation: str, body: str) -> None:
    assert ask(cloud, operation, body).status == 400


def ask(cloud: LocalCloud, operation: str, body: str) -> Response:
    """Send what boto3 would not."""
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"AWSEvents.{operation}"}
    keys = Credentials("any", "key")
    request = AWSRequest("POST", "http://localhost:4566/", data=body.encode(), headers=headers)
    SigV4Auth(keys, "events", "us-east-1").add_auth(request)
    return cloud.fetch("POST", "/", headers=dict(request.headers.items()), body=body.encode())


def test_a_reset_forgets_rules_and_ends_what_runs_by_time(house: House) -> None:
    house.events.put_rule(Name="often", ScheduleExpression="rate(1 minute)")

    house.cloud.inner.reset()

    assert house.events.list_rules()["Rules"] == []
    house.events.put_rule(Name="again", ScheduleExpression="rate(1 minute)")
    house.cloud.clock.advance(timedelta(minutes=2))
    assert [one["Name"] for one in house.events.list_rules()["Rules"]] == ["again"]
