"""What makes the template fit for production holds for every function, table, bucket and queue, whoever adds one."""

from typing import Any

import pytest
import yaml

from tests.service_support import ROOT, template

TEMPLATE = template()
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
GLOBALS = TEMPLATE["Globals"]["Function"]
RECORD = ROOT / "docs" / "decisions" / "0011-checks-of-the-template.md"
SHORT_LIVED = {"SignInCodesTable", "DatasetChangesTable"}  # worth nothing ten minutes, and a day, later
LOGS_OF_OTHERS = {"AccessLogsBucket"}
# Events whose sender does not wait for the function, and those that Lambda reads from streams for it
SENT = {"CloudWatchEvent", "EventBridgeRule", "S3", "SNS", "Schedule", "ScheduleV2"}
READ = {"DynamoDB", "Kinesis"}
SENDERS = {"events.amazonaws.com", "s3.amazonaws.com", "scheduler.amazonaws.com", "sns.amazonaws.com"}


def of_type(name: str) -> dict[str, Any]:
    return {key: one for key, one in RESOURCES.items() if one["Type"] == name}


FUNCTIONS = of_type("AWS::Serverless::Function")
TABLES = of_type("AWS::DynamoDB::Table")
BUCKETS = of_type("AWS::S3::Bucket")
QUEUES = of_type("AWS::SQS::Queue")


def watched(name: str) -> dict[str, str | None]:
    """The metrics of a resource that have an alarm, and under which condition."""
    return {
        alarm["Properties"]["MetricName"]: alarm["Condition"]
        for alarm in of_type("AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Properties"].get("Dimensions", ())
        if dimension["Value"] in (name, f"{name}.QueueName", {"Ref": name})
    }


def told_without_waiting(name: str) -> bool:
    """Whether somebody sends the function events and does not wait for it."""
    events = FUNCTIONS[name]["Properties"].get("Events", {}).values()
    senders = {
        one["Properties"]["Principal"]
        for one in of_type("AWS::Lambda::Permission").values()
        if str(one["Properties"]["FunctionName"]).partition(".")[0] == name
    }
    return any(event["Type"] in SENT for event in events) or bool(senders & SENDERS)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_is_traced_and_published_and_its_log_ends(name: str) -> None:
    properties = FUNCTIONS[name]["Properties"]

    assert (GLOBALS["Tracing"], GLOBALS["AutoPublishAlias"], GLOBALS["AutoPublishAliasAllProperties"]) == (
        *("Active", "live"),
        True,
    )
    assert not {"Tracing", "AutoPublishAlias", "AutoPublishAliasAllProperties"} & properties.keys()
    assert properties["LoggingConfig"]["LogFormat"] == "JSON"
    assert properties["LoggingConfig"]["LogGroup"] in of_type("AWS::Logs::LogGroup")


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_functions_role_is_its_own_and_writes_to_its_own_log_alone(name: str) -> None:
    properties = FUNCTIONS[name]["Properties"]
    role = properties["Role"].removesuffix(".Arn")

    assert [one for one, other in FUNCTIONS.items() if other["Properties"]["Role"] == properties["Role"]] == [name]
    assert "ManagedPolicyArns" not in RESOURCES[role]["Properties"]
    logs = [
        statement["Resource"]
        for policy in RESOURCES[role]["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if any(action.startswith("logs:") for action in statement["Action"])
    ]
    assert logs == [f"{properties['LoggingConfig']['LogGroup']}.Arn"]


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_functions_errors_and_throttles_have_alarms_and_its_errors_take_a_deployment_back(name: str) -> None:
    alarms = watched(name)

    assert alarms.keys() >= {"Errors", "Throttles"}
    condition, when_watched, otherwise = FUNCTIONS[name]["Properties"]["DeploymentPreference"]["Alarms"]
    assert condition == alarms["Errors"]
    assert when_watched[0] == f"{name.removesuffix('Function')}Errors"
    assert all(alarm in RESOURCES for alarm in when_watched)
    assert otherwise == []


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_what_a_function_could_not_handle_is_kept(name: str) -> None:
    properties = FUNCTIONS[name]["Properties"]

    if told_without_waiting(name):
        kept = properties.get("DeadLetterQueue") or properties["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
        assert kept
    for event in properties.get("Events", {}).values():
        if event["Type"] in READ:
            assert event["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]


@pytest.mark.parametrize("name", sorted(of_type("AWS::Lambda::EventSourceMapping")))
def test_what_lambda_reads_for_a_function_goes_to_its_alias_and_is_never_left_out_unseen(name: str) -> None:
    properties = RESOURCES[name]["Properties"]
    function, _, alias = properties["FunctionName"].partition(".")

    assert alias == "Alias"
    if "Destination" not in properties.get("DestinationConfig", {}).get("OnFailure", {}):
        assert not {"MaximumRecordAgeInSeconds", "MaximumRetryAttempts"} & properties.keys()
        assert "IteratorAge" in watched(function)


def test_every_log_group_ends() -> None:
    for name, group in of_type("AWS::Logs::LogGroup").items():
        assert group["Properties"]["RetentionInDays"] == "LogRetentionDays", name


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_is_encrypted_recoverable_kept_and_watched(name: str) -> None:
    properties = TABLES[name]["Properties"]

    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["SSESpecification"] == {
        "SSEEnabled": True,
        "SSEType": "KMS",
        "KMSMasterKeyId": ["HasCustomerKey", "EncryptionKey.Arn", "AWS::NoValue"],
    }
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert watched(name).keys() >= {"ReadThrottleEvents", "WriteThrottleEvents"}
    if name not in SHORT_LIVED:
        assert properties["DeletionProtectionEnabled"] == ["IsProd", True, False]
        assert TABLES[name]["DeletionPolicy"] == ["IsProd", "Retain", "Delete"]


@pytest.mark.parametrize("name", sorted(BUCKETS))
def test_a_bucket_is_encrypted_closed_kept_and_logged(name: str) -> None:
    properties = BUCKETS[name]["Properties"]

    assert properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert BUCKETS[name]["DeletionPolicy"] in ("Retain", ["IsProd", "Retain", "Delete"])
    policies = [one["Properties"] for one in of_type("AWS::S3::BucketPolicy").values()]
    (policy,) = [one["PolicyDocument"] for one in policies if one["Bucket"] == name]
    denied = [one for one in policy["Statement"] if one["Effect"] == "Deny"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in [one["Condition"] for one in denied]
    if name not in LOGS_OF_OTHERS:
        assert properties["LoggingConfiguration"][:1] == ["HasAccessLogs"]


@pytest.mark.parametrize("name", sorted(QUEUES))
def test_a_queue_of_what_failed_is_encrypted_kept_long_and_watched(name: str) -> None:
    properties = QUEUES[name]["Properties"]

    assert properties.get("SqsManagedSseEnabled") or properties.get("KmsMasterKeyId")
    assert properties["MessageRetentionPeriod"] == 1_209_600
    assert "ApproximateNumberOfMessagesVisible" in watched(name)


def test_the_directory_outlasts_its_stack_in_production() -> None:
    for name in ("UserPool", "IdentityPool"):
        assert RESOURCES[name]["DeletionPolicy"] == ["IsProd", "Retain", "Delete"]
    assert RESOURCES["UserPool"]["Properties"]["DeletionProtection"] == ["IsProd", "ACTIVE", "INACTIVE"]


def skipped() -> set[str]:
    """Every check that is left out, of the whole template or of one resource."""
    of_all = yaml.safe_load((ROOT / ".checkov.yaml").read_text("utf-8"))["skip-check"]
    of_one = [
        skip["id"] for one in RESOURCES.values() for skip in one.get("Metadata", {}).get("checkov", {}).get("skip", ())
    ]
    return {*of_all, *of_one, *TEMPLATE["Metadata"]["cfn-lint"]["config"]["ignore_checks"]}


def test_every_check_that_is_left_out_is_in_the_record_with_its_reason_and_no_other() -> None:
    rows = [line.split("|")[1:-1] for line in RECORD.read_text("utf-8").splitlines() if line.startswith("| ")]
    told = {row[0].strip(): row[-1].strip() for row in rows if row[0].strip().startswith(("CKV", "E", "W"))}

    assert told.keys() == skipped()
    assert all(len(reason) > 20 for reason in told.values())
