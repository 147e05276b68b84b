"""SQS: queues and messages, there after a restart; waiting, dead letters, policies, and what is refused."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse import testing
from poolhouse.config import Config
from poolhouse.testing import LocalCloud


@pytest.fixture
def sqs(cloud: LocalCloud) -> Any:
    return cloud.client("sqs")


def make(sqs: Any, name: str = "jobs", **attributes: str) -> str:
    return str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])


def arn(sqs: Any, url: str) -> str:
    return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


def bodies(sqs: Any, url: str, **more: Any) -> list[str]:
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **more)
    return [message["Body"] for message in answer.get("Messages", [])]


def keys(cloud: LocalCloud, *statements: dict[str, Any]) -> dict[str, str]:
    iam = cloud.client("iam")
    iam.create_user(UserName="ann")
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    iam.put_user_policy(UserName="ann", PolicyName="may", PolicyDocument=document)
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def test_a_message_is_sent_received_hidden_and_deleted(cloud: LocalCloud, sqs: Any) -> None:
    url = make(sqs)
    assert url == f"{cloud.inner.config.origin}/000000000000/jobs"
    assert sqs.get_queue_url(QueueName="jobs")["QueueUrl"] == url
    sent = sqs.send_message(
        QueueUrl=url, MessageBody="hello", MessageAttributes={"k": {"DataType": "String", "StringValue": "v"}}
    )
    (message,) = sqs.receive_message(
        QueueUrl=url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["ApproximateReceiveCount"]
    )["Messages"]
    assert (message["Body"], message["MessageId"], message["MD5OfBody"]) == (
        "hello",
        sent["MessageId"],
        sent["MD5OfMessageBody"],
    )
    assert message["MessageAttributes"]["k"]["StringValue"] == "v"
    assert message["Attributes"] == {"ApproximateReceiveCount": "1"}
    assert bodies(sqs, url) == []
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (counts["ApproximateNumberOfMessages"], counts["ApproximateNumberOfMessagesNotVisible"]) == ("0", "0")


def test_batches_and_visibility(sqs: Any) -> None:
    url = make(sqs)
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": str(n)} for n in range(3)])
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert sorted(message["Body"] for message in messages) == ["0", "1", "2"]
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=messages[0]["ReceiptHandle"], VisibilityTimeout=0)
    entries = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(messages[1:])]
    sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    assert bodies(sqs, url, WaitTimeSeconds=1) == [messages[0]["Body"]]


def test_who_waits_gets_what_is_sent_meanwhile_and_holds_nobody_up(sqs: Any, cloud: LocalCloud) -> None:
    url, found = make(sqs), []
    other = make(sqs, "other")
    waiting = threading.Thread(target=lambda: found.extend(bodies(sqs, url, WaitTimeSeconds=20)))
    waiting.start()
    begun = time.monotonic()
    client = cloud.client("sqs")
    client.send_message(QueueUrl=other, MessageBody="elsewhere")
    assert bodies(client, other) == ["elsewhere"]
    client.send_message(QueueUrl=url, MessageBody="here")
    waiting.join(10)
    assert found == ["here"]
    assert time.monotonic() - begun < 10


def test_a_message_that_is_received_too_often_goes_to_the_dead_letters(sqs: Any) -> None:
    dead = make(sqs, "dead")
    redrive = json.dumps({"deadLetterTargetArn": arn(sqs, dead), "maxReceiveCount": 2})
    url = make(sqs, RedrivePolicy=redrive, VisibilityTimeout="0")
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    seen = [bodies(sqs, url) for _ in range(3)]
    assert seen == [["poison"], ["poison"], []]
    assert bodies(sqs, dead) == ["poison"]
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]


def test_a_fifo_queue_keeps_order_and_drops_doubles(sqs: Any) -> None:
    url = make(sqs, "jobs.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    for body in ("a", "b", "a"):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g")
    assert bodies(sqs, url) == ["a", "b"]


def test_messages_are_there_after_a_restart_and_so_is_who_has_them(tmp_path: Path) -> None:
    config = Config(reraise=True, state=tmp_path / "state")
    with testing.cloud(config=config) as first:
        sqs = first.client("sqs")
        dead = make(sqs, "dead")
        url = make(sqs, RedrivePolicy=json.dumps({"deadLetterTargetArn": arn(sqs, dead), "maxReceiveCount": 5}))
        for body in ("taken", "waiting"):
            sqs.send_message(QueueUrl=url, MessageBody=body)
        taken = sqs.receive_message(QueueUrl=url)["Messages"][0]
    with testing.cloud(config=config) as second:
        sqs = second.client("sqs")
        assert bodies(sqs, url) == ["waiting" if taken["Body"] == "taken" else "taken"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=taken["ReceiptHandle"])
        assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("get_queue_url", {"QueueName": "nothing"}, "AWS.SimpleQueueService.NonExistentQueue"),
        (
            "send_message",
            {"QueueUrl": "http://x/1/nothing", "MessageBody": "x"},
            "AWS.SimpleQueueService.NonExistentQueue",
        ),
        ("receive_message", {"WaitTimeSeconds": 21}, "InvalidParameterValue"),
        ("receive_message", {"MaxNumberOfMessages": 11}, "InvalidParameterValue"),
        ("delete_message", {"ReceiptHandle": "nothing"}, "ReceiptHandleIsInvalid"),
        (
            "start_message_move_task",
            {"SourceArn": "arn:aws:sqs:us-east-1:000000000000:dead"},
            "NotImplementedException",
        ),
    ],
)
def test_what_is_wrong_is_said_in_sqss_words(sqs: Any, operation: str, params: dict[str, Any], code: str) -> None:
    url = make(sqs)
    if "Queue" not in "".join(params) and "SourceArn" not in params:
        params = {"QueueUrl": url, **params}
    with pytest.raises(ClientError) as raised:
        getattr(sqs, operation)(**params)
    assert raised.value.response["Error"]["Code"] == code


def test_policies_decide_and_the_refusal_is_sqss(cloud: LocalCloud, sqs: Any) -> None:
    url, other = make(sqs), make(sqs, "other")
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn(sqs, url)}
    ann = cloud.client("sqs", **keys(cloud, statement))

    ann.send_message(QueueUrl=url, MessageBody="x")
    ann.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "y"}])
    cases: list[tuple[Callable[[], object], str, str]] = [
        (lambda: ann.send_message(QueueUrl=other, MessageBody="x"), "sqs:sendmessage", "other"),
        (lambda: ann.receive_message(QueueUrl=url), "sqs:receivemessage", "jobs"),
        (lambda: ann.create_queue(QueueName="new"), "sqs:createqueue", "new"),
    ]
    for ask, action, queue in cases:
        with pytest.raises(ClientError) as raised:
            ask()
        error, status = raised.value.response["Error"], raised.value.response["ResponseMetadata"]["HTTPStatusCode"]
        assert (error["Code"], status) == ("AccessDenied", 403)
        assert error["Message"].startswith(
            f"User: arn:aws:iam::000000000000:user/ann is not authorized to perform: {action} on resource: "
            f"arn:aws:sqs:us-east-1:000000000000:{queue} because no identity-based policy allows the {action} action"
        )


def test_a_queues_own_policy_allows_and_denies(cloud: LocalCloud, sqs: Any) -> None:
    url = make(sqs)
    ann = cloud.client("sqs", **keys(cloud, {"Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": "*"}))

    def policy(effect: str, action: str) -> None:
        principal = {"AWS": "arn:aws:iam::000000000000:user/ann"}
        statement = {"Effect": effect, "Principal": principal, "Action": action, "Resource": arn(sqs, url)}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})

    policy("Allow", "sqs:SendMessage")
    ann.send_message(QueueUrl=url, MessageBody="x")
    policy("Deny", "sqs:ReceiveMessage")
    with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
        ann.receive_message(QueueUrl=url)
