"""CloudWatch Logs: groups, streams and events, kept."""

import time

from .conftest import Restart

GROUP, STREAM = "/aws/vendedlogs/users", "today"
NOW = int(time.time() * 1000)
EVENTS = [{"timestamp": NOW + index, "message": f"line {index}"} for index in range(3)]


def test_what_was_written_is_there_after_a_restart(restarted: Restart) -> None:
    aws = restarted()
    aws("logs", "CreateLogGroup", logGroupName=GROUP, tags={"team": "identity"})
    aws("logs", "PutRetentionPolicy", logGroupName=GROUP, retentionInDays=30)
    aws("logs", "CreateLogStream", logGroupName=GROUP, logStreamName=STREAM)
    aws("logs", "PutLogEvents", logGroupName=GROUP, logStreamName=STREAM, logEvents=EVENTS)

    aws = restarted()
    (group,) = aws("logs", "DescribeLogGroups", logGroupNamePrefix="/aws/")["logGroups"]
    assert (group["logGroupName"], group["retentionInDays"]) == (GROUP, 30)
    assert aws("logs", "ListTagsLogGroup", logGroupName=GROUP)["tags"] == {"team": "identity"}
    events = aws("logs", "GetLogEvents", logGroupName=GROUP, logStreamName=STREAM)["events"]
    assert [event["message"] for event in events] == ["line 0", "line 1", "line 2"]
    found = aws("logs", "FilterLogEvents", logGroupName=GROUP, filterPattern='"line 1"')["events"]
    assert [event["message"] for event in found] == ["line 1"]


def test_what_failed_changed_nothing(restarted: Restart) -> None:
    aws = restarted()
    aws("logs", "CreateLogGroup", logGroupName=GROUP)

    assert aws.error("logs", "CreateLogGroup", logGroupName=GROUP)[0] == "ResourceAlreadyExistsException"
    stream = {"logGroupName": GROUP, "logStreamName": "none", "logEvents": EVENTS}
    assert aws.error("logs", "PutLogEvents", **stream)[0] == "ResourceNotFoundException"
    assert len(restarted()("logs", "DescribeLogGroups")["logGroups"]) == 1
