"""SES: mails by both APIs land in the outbox, from who is verified and may."""

import json
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse import testing
from poolhouse.config import Config
from poolhouse.testing import LocalCloud

NEWS = "News <news@example.com>"
UNVERIFIED = "Email address is not verified. The following identities failed the check in region US-EAST-1: "
ALLOW_NEWS = {
    "Effect": "Allow",
    "Resource": "arn:aws:ses:us-east-1:000000000000:identity/example.com",
    "Condition": {"StringEquals": {"ses:FromAddress": "news@example.com"}},
}
Clients = tuple[Any, Any]


@pytest.fixture
def clients(cloud: LocalCloud) -> Clients:
    v1, v2 = cloud.client("ses"), cloud.client("sesv2")
    v1.verify_domain_identity(Domain="Example.com")
    return v1, v2


def by_v1(client: Any, sender: str, *to: str, body: str = "hello") -> str:
    message = {"Subject": {"Data": "greeting"}, "Body": {"Text": {"Data": body}}}
    return str(client.send_email(Source=sender, Destination={"ToAddresses": to}, Message=message)["MessageId"])


def by_v2(client: Any, sender: str, *to: str, body: str = "hello") -> str:
    content = {"Simple": {"Subject": {"Data": "greeting"}, "Body": {"Text": {"Data": body}}}}
    asked = {"FromEmailAddress": sender, "Destination": {"ToAddresses": to}, "Content": content}
    return str(client.send_email(**asked)["MessageId"])


def mime(sender: str = "news@example.com", to: str = "Ann <ann@example.com>, bob@example.com") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, "Grüße"
    message.set_content("plain")
    message.add_alternative("<b>rich</b>", subtype="html")
    message.add_attachment(b"\x00", maintype="application", subtype="octet-stream", filename="x")
    return message.as_bytes()


def refusal(ask: Callable[[], object]) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as raised:
        ask()
    answer = raised.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


def test_a_mail_lands_in_the_outbox_by_either_api(cloud: LocalCloud, clients: Clients) -> None:
    v1, v2 = clients
    ids = {by_v1(v1, NEWS, "ann@example.org"), by_v2(v2, NEWS, "Bob <bob@example.org>")}

    assert len(ids) == 2
    sent = {(one.to, one.subject, one.body, one.medium) for one in cloud.outbox()}
    assert sent == {
        ("ann@example.org", "greeting", "hello", "EMAIL"),
        ("bob@example.org", "greeting", "hello", "EMAIL"),
    }


def test_everybody_it_is_for_gets_it_once(cloud: LocalCloud, clients: Clients) -> None:
    message = {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}, "Html": {"Data": "<b>t</b>"}}}
    to = {"ToAddresses": ["a@x.org", "b@x.org"], "CcAddresses": ["c@x.org", "A <a@x.org>"], "BccAddresses": ["d@x.org"]}
    clients[0].send_email(Source=NEWS, Destination=to, Message=message)

    assert sorted(one.to for one in cloud.outbox()) == ["a@x.org", "b@x.org", "c@x.org", "d@x.org"]
    assert {one.body for one in cloud.outbox()} == {"<b>t</b>"}


def test_a_whole_message_says_itself_who_gets_it(cloud: LocalCloud, clients: Clients) -> None:
    v1, v2 = clients
    v1.send_raw_email(RawMessage={"Data": mime()})
    v2.send_email(Content={"Raw": {"Data": mime()}}, Destination={"ToAddresses": ["cem@example.com"]})

    sent = sorted((one.to, one.subject, one.body.strip()) for one in cloud.outbox())
    assert sent == [(f"{name}@example.com", "Grüße", "<b>rich</b>") for name in ("ann", "bob", "cem")]


@pytest.mark.parametrize("sender", ["news@example.com", "a@mail.example.com", "A <a@EXAMPLE.com>"])
def test_a_domain_verifies_all_below_it(cloud: LocalCloud, clients: Clients, sender: str) -> None:
    by_v1(clients[0], sender, "ann@example.org")
    assert len(cloud.outbox()) == 1


@pytest.mark.parametrize("sender", ["a@notexample.com", "a@example.com.evil.org", "example.com@evil.org", "a@com"])
def test_a_sender_that_is_not_verified_is_rejected(cloud: LocalCloud, clients: Clients, sender: str) -> None:
    v1, v2 = clients
    for ask in (lambda: by_v1(v1, sender, "a@x.org"), lambda: by_v2(v2, sender, "a@x.org")):
        assert refusal(ask) == (400, "MessageRejected", UNVERIFIED + sender)
    raw = {"Data": mime(sender=sender)}
    assert refusal(lambda: v1.send_raw_email(RawMessage=raw))[1] == "MessageRejected"
    assert cloud.outbox() == []


def test_a_messages_own_sender_is_checked_beside_the_one_that_is_named(cloud: LocalCloud, clients: Clients) -> None:
    v1, v2 = clients
    forged = {"Data": mime(sender="ceo@evil.org")}
    asks: list[Callable[[], object]] = [
        lambda: v1.send_raw_email(Source=NEWS, RawMessage=forged),
        lambda: v2.send_email(FromEmailAddress=NEWS, Content={"Raw": forged}),
    ]
    for ask in asks:
        assert refusal(ask) == (400, "MessageRejected", f"{UNVERIFIED}ceo@evil.org")
    v1.verify_email_identity(EmailAddress="ceo@example.com")
    anns = cloud.client("ses", **keys(cloud, {**ALLOW_NEWS, "Action": "ses:SendRawEmail"}))
    encoded = mime().replace(b"From: news@example.com", b"From: =?utf-8?q?ceo?= <ceo@example.com>")
    for data in (mime(sender="ceo@example.com"), encoded):
        with pytest.raises(ClientError, match="AccessDenied"):
            anns.send_raw_email(Source=NEWS, RawMessage={"Data": data})
    anns.send_raw_email(Source=NEWS, RawMessage={"Data": mime()})
    assert {one.to for one in cloud.outbox()} == {"ann@example.com", "bob@example.com"}


def test_an_address_verifies_nobody_else(cloud: LocalCloud) -> None:
    v1 = cloud.client("ses")
    v1.verify_email_identity(EmailAddress="ann@example.net")
    by_v1(v1, "Ann <ann@example.net>", "a@x.org")
    assert refusal(lambda: by_v1(v1, "bob@example.net", "a@x.org"))[1] == "MessageRejected"
    v1.delete_identity(Identity="ann@example.net")
    assert refusal(lambda: by_v1(v1, "ann@example.net", "a@x.org"))[1] == "MessageRejected"


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ([], "Missing required header 'To'."),
        (["nobody"], "Missing final '@domain'"),
        (["@x.org"], "Missing local name"),
        ([f"a{number}@x.org" for number in range(51)], "Recipient count exceeds 50."),
    ],
)
def test_addresses_that_are_none_are_refused(cloud: LocalCloud, clients: Clients, to: list[str], said: str) -> None:
    v1, v2 = clients
    assert refusal(lambda: by_v1(v1, NEWS, *to)) == (400, "InvalidParameterValue", said)
    assert refusal(lambda: by_v2(v2, NEWS, *to)) == (400, "BadRequestException", said)
    assert cloud.outbox() == []


def test_what_is_not_built_is_said_by_name(clients: Clients) -> None:
    v1, v2 = clients
    asked = {"FromEmailAddress": NEWS, "Destination": {"ToAddresses": ["a@x.org"]}}
    template = {"Template": {"TemplateName": "t", "TemplateData": "{}"}}
    assert refusal(lambda: v2.send_email(**asked, Content=template))[1] == "NotImplementedException"
    assert "ListTemplates" in refusal(v1.list_templates)[2]


def test_identities_are_told_alike_by_both_apis(clients: Clients) -> None:
    v1, v2 = clients
    v2.create_email_identity(EmailIdentity="ann@example.net", Tags=[{"Key": "team", "Value": "red"}])

    assert v1.list_identities()["Identities"] == ["ann@example.net", "example.com"]
    assert v1.list_identities(IdentityType="Domain")["Identities"] == ["example.com"]
    told = v1.get_identity_verification_attributes(Identities=["ann@example.net", "none@x.org"])
    assert told["VerificationAttributes"] == {"ann@example.net": {"VerificationStatus": "Success"}}
    assert [one["IdentityName"] for one in v2.list_email_identities()["EmailIdentities"]] == [
        "ann@example.net",
        "example.com",
    ]
    one = v2.get_email_identity(EmailIdentity="ann@example.net")
    assert (one["IdentityType"], one["VerifiedForSendingStatus"], one["Tags"]) == (
        "EMAIL_ADDRESS",
        True,
        [{"Key": "team", "Value": "red"}],
    )
    again = refusal(lambda: v2.create_email_identity(EmailIdentity="ann@example.net"))
    assert again == (400, "AlreadyExistsException", "Email identity ann@example.net already exist.")
    v2.delete_email_identity(EmailIdentity="ann@example.net")
    for ask in (v2.delete_email_identity, v2.get_email_identity):
        gone = refusal(lambda ask=ask: ask(EmailIdentity="ann@example.net"))  # type: ignore[misc]
        assert gone == (404, "NotFoundException", "Email identity ann@example.net does not exist.")


def test_identities_are_there_after_a_restart(tmp_path: Path) -> None:
    config = Config(reraise=True, state=tmp_path / "state")
    with testing.cloud(config=config) as first:
        token = first.client("ses").verify_domain_identity(Domain="example.com")["VerificationToken"]
    with testing.cloud(config=config) as second:
        v1 = second.client("ses")
        assert v1.verify_domain_identity(Domain="example.com")["VerificationToken"] == token
        by_v1(v1, NEWS, "a@x.org")


def keys(cloud: LocalCloud, *statements: dict[str, Any]) -> dict[str, str]:
    iam = cloud.client("iam")
    iam.create_user(UserName="ann")
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    iam.put_user_policy(UserName="ann", PolicyName="may", PolicyDocument=document)
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def test_policies_decide_by_identity_sender_and_recipient(cloud: LocalCloud, clients: Clients) -> None:
    clients[0].verify_email_identity(EmailAddress="ceo@example.com")
    identity = "arn:aws:ses:us-east-1:000000000000:identity/"
    statement = {
        "Effect": "Allow",
        "Action": "ses:SendEmail",
        "Resource": f"{identity}example.com",
        "Condition": {
            "StringEquals": {"ses:FromAddress": ["news@example.com", "ceo@example.com"]},
            "ForAllValues:StringLike": {"ses:Recipients": "*@example.org"},
        },
    }
    mine = keys(cloud, statement)
    v1, v2 = cloud.client("ses", **mine), cloud.client("sesv2", **mine)
    by_v1(v1, NEWS, "a@example.org")
    by_v2(v2, NEWS, "a@example.org")

    cases: list[tuple[Callable[[], object], str, str]] = [
        (lambda: by_v1(v1, "else@example.com", "a@example.org"), "SendEmail", "example.com"),
        (lambda: by_v1(v1, NEWS, "a@example.org", "b@evil.org"), "SendEmail", "example.com"),
        (lambda: by_v1(v1, "ceo@example.com", "a@example.org"), "SendEmail", "ceo@example.com"),
        (lambda: by_v1(v1, "a@evil.org", "a@example.org"), "SendEmail", "a@evil.org"),
        (lambda: v1.send_raw_email(RawMessage={"Data": mime()}), "SendRawEmail", "example.com"),
        (lambda: v2.send_email(Content={"Raw": {"Data": mime()}}), "SendRawEmail", "example.com"),
    ]
    for ask, action, name in cases:
        status, code, said = refusal(ask)
        assert (status, code.removesuffix("Exception")) == (403, "AccessDenied")
        assert said == (
            f"User `arn:aws:iam::000000000000:user/ann' is not authorized to perform `ses:{action}' "
            f"on resource `{identity}{name}'"
        )
    assert len(cloud.outbox()) == 2
    assert "ses:VerifyDomainIdentity" in refusal(lambda: v1.verify_domain_identity(Domain="evil.org"))[2]
