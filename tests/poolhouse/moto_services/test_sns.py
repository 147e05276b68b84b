"""SNS: topics and who is told by them; filters, permissions both ways, restarts, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse import testing
from poolhouse.config import Config
from poolhouse.testing import LocalCloud

LISTENER = """
import json, pathlib
told = pathlib.Path(__file__).parent / "told"
def handler(event, context):
    with told.open("a") as file:
        file.write(json.dumps(event) + "\\n")
"""
SNS = "sns.amazonaws.com"


class Topics:
    """A topic, and whom it can tell."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud, self.sns, self.sqs = cloud, cloud.client("sns"), cloud.client("sqs")
        self.arn = str(self.sns.create_topic(Name="news")["TopicArn"])

    def queue(self, name: str = "jobs", *, is_open: bool = True) -> str:
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = str(self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])
        if is_open:
            statement = {
                "Effect": "Allow",
                "Principal": {"Service": SNS},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": self.arn}},
            }
            document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
        return arn

    def subscribe(self, protocol: str, endpoint: str, **attributes: str) -> str:
        asked = {"TopicArn": self.arn, "Protocol": protocol, "Endpoint": endpoint, "Attributes": attributes}
        return str(self.sns.subscribe(**asked)["SubscriptionArn"])

    def publish(self, message: str, **more: Any) -> str:
        return str(self.sns.publish(TopicArn=self.arn, Message=message, **more)["MessageId"])

    def messages(self, name: str = "jobs") -> list[dict[str, Any]]:
        self.cloud.inner.functions.later.join()
        url = self.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        asked = {"QueueUrl": url, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        return list(self.sqs.receive_message(**asked).get("Messages", []))

    def bodies(self, name: str = "jobs") -> list[str]:
        return sorted(json.loads(message["Body"])["Message"] for message in self.messages(name))

    def told(self, name: str) -> list[dict[str, Any]]:
        self.cloud.inner.functions.later.join()
        path = self.cloud.folder / name / "told"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def topics(cloud: LocalCloud) -> Topics:
    return Topics(cloud)


def test_a_function_gets_what_is_published(topics: Topics) -> None:
    arn = topics.subscribe("lambda", topics.cloud.function("listener", LISTENER, invokers=[SNS]))
    attributes = {"kind": {"DataType": "String", "StringValue": "first"}}
    message_id = topics.publish("hello", Subject="greeting", MessageAttributes=attributes)

    ((record,),) = [event["Records"] for event in topics.told("listener")]
    assert (record["EventSource"], record["EventVersion"], record["EventSubscriptionArn"]) == ("aws:sns", "1.0", arn)
    sns = record["Sns"]
    assert (sns["Type"], sns["MessageId"], sns["TopicArn"]) == ("Notification", message_id, topics.arn)
    assert (sns["Subject"], sns["Message"]) == ("greeting", "hello")
    assert sns["MessageAttributes"] == {"kind": {"Type": "String", "Value": "first"}}


def test_a_message_without_a_subject_has_none(topics: Topics) -> None:
    topics.subscribe("lambda", topics.cloud.function("listener", LISTENER, invokers=[SNS]))
    topics.publish("hello")

    ((record,),) = [event["Records"] for event in topics.told("listener")]
    assert record["Sns"]["Subject"] is None
    assert record["Sns"]["MessageAttributes"] == {}


def test_a_queue_gets_a_notification_or_the_bare_message(topics: Topics) -> None:
    topics.subscribe("sqs", topics.queue())
    topics.subscribe("sqs", topics.queue("raw"), RawMessageDelivery="true")
    topics.publish("hello", MessageAttributes={"kind": {"DataType": "String", "StringValue": "first"}})

    (wrapped,), (bare,) = topics.messages(), topics.messages("raw")
    told = json.loads(wrapped["Body"])
    assert (told["Type"], told["TopicArn"], told["Message"]) == ("Notification", topics.arn, "hello")
    assert "MessageAttributes" not in wrapped
    assert (bare["Body"], bare["MessageAttributes"]["kind"]["StringValue"]) == ("hello", "first")


def test_mails_and_short_messages_land_in_the_outbox(topics: Topics) -> None:
    topics.subscribe("email", "ann@example.com")
    topics.subscribe("sms", "+15550100")
    topics.publish("hello", Subject="greeting")
    topics.sns.publish(PhoneNumber="+15550101", Message="only you")

    sent = {(one.to, one.medium, one.subject, one.body) for one in topics.cloud.outbox()}
    assert sent == {
        ("ann@example.com", "EMAIL", "greeting", "hello"),
        ("+15550100", "SMS", "greeting", "hello"),
        ("+15550101", "SMS", "", "only you"),
    }


def test_each_protocol_gets_its_own_text_of_a_structure(topics: Topics) -> None:
    topics.subscribe("sqs", topics.queue())
    topics.subscribe("sms", "+15550100")
    structure = json.dumps({"default": "long", "sms": "short"})
    topics.publish(structure, MessageStructure="json")

    assert topics.bodies() == ["long"]
    assert [one.body for one in topics.cloud.outbox()] == ["short"]


def test_a_filter_policy_decides_who_is_told(topics: Topics) -> None:
    topics.subscribe("sqs", topics.queue(), FilterPolicy=json.dumps({"kind": ["first"]}))
    topics.subscribe(
        "sqs",
        topics.queue("deep"),
        FilterPolicy=json.dumps({"size": [{"numeric": [">", 3]}]}),
        FilterPolicyScope="MessageBody",
    )
    for kind in ("first", "second"):
        topics.publish(kind, MessageAttributes={"kind": {"DataType": "String", "StringValue": kind}})
    topics.publish('{"size": 4}')
    topics.publish('{"size": 3}')

    assert topics.bodies() == ["first"]
    assert topics.bodies("deep") == ['{"size": 4}']


def test_a_batch_tells_of_each(topics: Topics) -> None:
    topics.subscribe("sqs", topics.queue())
    entries = [{"Id": str(number), "Message": str(number)} for number in range(3)]
    answer = topics.sns.publish_batch(TopicArn=topics.arn, PublishBatchRequestEntries=entries)

    assert len(answer["Successful"]) == 3
    assert topics.bodies() == ["0", "1", "2"]


def test_who_does_not_let_sns_in_is_not_told(topics: Topics) -> None:
    topics.subscribe("sqs", topics.queue(is_open=False))
    topics.subscribe("lambda", topics.cloud.function("listener", LISTENER))
    topics.publish("hello")

    assert topics.messages() == []
    assert topics.told("listener") == []


def test_nobody_is_told_after_the_subscription_is_gone(topics: Topics) -> None:
    arn = topics.subscribe("sqs", topics.queue())
    topics.sns.unsubscribe(SubscriptionArn=arn)
    topics.publish("hello")

    assert topics.messages() == []


def test_topics_and_subscriptions_are_there_after_a_restart(tmp_path: Path) -> None:
    config = Config(reraise=True, state=tmp_path / "state")
    with testing.cloud(config=config) as first:
        topics = Topics(first)
        topics.subscribe("sqs", topics.queue(), FilterPolicy=json.dumps({"kind": ["first"]}))
    with testing.cloud(config=config) as second:
        again = Topics(second)
        for kind in ("first", "second"):
            again.publish(kind, MessageAttributes={"kind": {"DataType": "String", "StringValue": kind}})
        assert again.bodies() == ["first"]


@pytest.mark.parametrize(
    ("operation", "params", "code", "said"),
    [
        (
            "publish",
            {"TopicArn": "arn:aws:sns:us-east-1:000000000000:none", "Message": "x"},
            "NotFound",
            "Topic does not exist",
        ),
        ("publish", {"Message": "x"}, "InvalidParameter", "TopicArn or TargetArn"),
        ("create_topic", {"Name": "a b"}, "InvalidParameter", "Topic names must be made up of only"),
        ("create_topic", {"Name": "a.fifo", "Attributes": {"FifoTopic": "true"}}, "NotImplementedException", "FIFO"),
        ("subscribe", {"Protocol": "https", "Endpoint": "https://x"}, "NotImplementedException", "by https"),
        ("subscribe", {"Protocol": "lambda", "Endpoint": "junk"}, "InvalidParameter", "Lambda endpoint ARN"),
        ("subscribe", {"Protocol": "sqs", "Endpoint": "junk"}, "InvalidParameter", "SQS endpoint ARN"),
        ("subscribe", {"Protocol": "sms", "Endpoint": "no number"}, "InvalidParameter", "Invalid SMS endpoint"),
        (
            "create_platform_application",
            {"Name": "x", "Platform": "GCM", "Attributes": {}},
            "InvalidParameter",
            "Platform credential is required",
        ),
        (
            "create_platform_application",
            {"Name": "x", "Platform": "FAX", "Attributes": {"PlatformCredential": "x"}},
            "InvalidParameter",
            "FAX is not supported",
        ),
    ],
)
def test_what_is_wrong_is_refused(topics: Topics, operation: str, params: dict[str, Any], code: str, said: str) -> None:
    if operation == "subscribe":
        params = {"TopicArn": topics.arn, **params}
    with pytest.raises(ClientError) as raised:
        getattr(topics.sns, operation)(**params)
    error = raised.value.response["Error"]
    assert error["Code"] == code
    assert said in error["Message"]


def keys(cloud: LocalCloud, *statements: dict[str, Any]) -> dict[str, str]:
    iam = cloud.client("iam")
    iam.create_user(UserName="ann")
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    iam.put_user_policy(UserName="ann", PolicyName="may", PolicyDocument=document)
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def test_policies_decide_and_the_refusal_is_snss(topics: Topics) -> None:
    other = topics.sns.create_topic(Name="other")["TopicArn"]
    statement = {"Effect": "Allow", "Action": "sns:Publish", "Resource": topics.arn}
    ann = topics.cloud.client("sns", **keys(topics.cloud, statement))

    ann.publish(TopicArn=topics.arn, Message="x")
    ann.publish_batch(TopicArn=topics.arn, PublishBatchRequestEntries=[{"Id": "1", "Message": "y"}])
    cases: list[tuple[Callable[[], object], str, str]] = [
        (lambda: ann.publish(TopicArn=other, Message="x"), "SNS:Publish", other),
        (lambda: ann.publish(PhoneNumber="+15550100", Message="x"), "SNS:Publish", "*"),
        (lambda: ann.create_topic(Name="new"), "SNS:CreateTopic", "arn:aws:sns:us-east-1:000000000000:new"),
        (
            lambda: ann.subscribe(TopicArn=topics.arn, Protocol="email", Endpoint="a@b.c"),
            "SNS:Subscribe",
            topics.arn,
        ),
    ]
    for ask, action, resource in cases:
        with pytest.raises(ClientError) as raised:
            ask()
        error, status = raised.value.response["Error"], raised.value.response["ResponseMetadata"]["HTTPStatusCode"]
        assert (error["Code"], status) == ("AuthorizationError", 403)
        assert error["Message"] == (
            f"User: arn:aws:iam::000000000000:user/ann is not authorized to perform: {action} on resource: {resource} "
            f"because no identity-based policy allows the {action} action"
        )
    assert topics.cloud.outbox() == []


def test_a_message_for_several_is_decided_on_each_and_goes_to_none(topics: Topics) -> None:
    other = topics.sns.create_topic(Name="other")["TopicArn"]
    topics.sns.subscribe(TopicArn=other, Protocol="sms", Endpoint="+15550100")
    statement = {"Effect": "Allow", "Action": "sns:Publish", "Resource": topics.arn}
    ann = topics.cloud.client("sns", **keys(topics.cloud, statement))

    for more in ({"TargetArn": other}, {"PhoneNumber": "+15550101"}):
        with pytest.raises(ClientError, match="AuthorizationError"):
            ann.publish(TopicArn=topics.arn, Message="x", **more)
        with pytest.raises(ClientError, match="InvalidParameter"):
            topics.sns.publish(TopicArn=topics.arn, Message="x", **more)
    assert topics.cloud.outbox() == []


def test_who_may_subscribe_mail_addresses_may_not_subscribe_others(topics: Topics) -> None:
    condition = {"StringEquals": {"sns:Protocol": "email"}, "StringLike": {"sns:Endpoint": "*@example.com"}}
    statement = {"Effect": "Allow", "Action": "sns:Subscribe", "Resource": "*", "Condition": condition}
    ann = topics.cloud.client("sns", **keys(topics.cloud, statement))

    ann.subscribe(TopicArn=topics.arn, Protocol="email", Endpoint="ann@example.com")
    for protocol, endpoint in (("email", "ann@elsewhere.com"), ("sms", "+15550100")):
        with pytest.raises(ClientError, match="SNS:Subscribe"):
            ann.subscribe(TopicArn=topics.arn, Protocol=protocol, Endpoint=endpoint)


def test_a_topics_own_policy_allows_and_denies(topics: Topics) -> None:
    ann = topics.cloud.client("sns", **keys(topics.cloud, {"Effect": "Deny", "Action": "none:*", "Resource": "*"}))

    def policy(effect: str) -> None:
        principal = {"AWS": "arn:aws:iam::000000000000:user/ann"}
        statement = {"Effect": effect, "Principal": principal, "Action": "sns:Publish", "Resource": topics.arn}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        topics.sns.set_topic_attributes(TopicArn=topics.arn, AttributeName="Policy", AttributeValue=document)

    policy("Allow")
    ann.publish(TopicArn=topics.arn, Message="x")
    policy("Deny")
    with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
        ann.publish(TopicArn=topics.arn, Message="x")


def test_a_bucket_tells_a_topic_that_lets_s3_in_after_a_test(topics: Topics) -> None:
    s3 = topics.cloud.client("s3")
    s3.create_bucket(Bucket="files")
    topics.subscribe("sqs", topics.queue(), RawMessageDelivery="true")
    wanted = {"TopicConfigurations": [{"TopicArn": topics.arn, "Events": ["s3:ObjectCreated:*"]}]}
    with pytest.raises(ClientError, match="Unable to validate the following destination configurations"):
        s3.put_bucket_notification_configuration(Bucket="files", NotificationConfiguration=wanted)

    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topics.arn,
        "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::files"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    topics.sns.set_topic_attributes(TopicArn=topics.arn, AttributeName="Policy", AttributeValue=document)
    s3.put_bucket_notification_configuration(Bucket="files", NotificationConfiguration=wanted)
    s3.put_object(Bucket="files", Key="a", Body=b"x")
    topics.cloud.inner.functions.later.join()

    told = [json.loads(message["Body"]) for message in topics.messages()]
    assert sorted(one.get("Event") or one["Records"][0]["eventName"] for one in told) == [
        "ObjectCreated:Put",
        "s3:TestEvent",
    ]
