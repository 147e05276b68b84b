"""Files of identities: uploaded by a form, looked at by a function, read by their owner and by nobody else."""

import json
import time
from io import BytesIO
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError
from PIL import Image

from demo import clients
from demo.clients import fetch
from demo.stage import Stage
from tests.journeys.identities import Identity, identity

PATIENCE = 30  # seconds, for a function that starts cold


def picture(kind: str = "PNG") -> bytes:
    written = BytesIO()
    Image.new("RGB", (640, 480), "red").save(written, kind)
    return written.getvalue()


@pytest.fixture(scope="module")
def people(stage: Stage) -> tuple[Identity, Identity]:
    return identity(stage, "files-ann", "free"), identity(stage, "files-bob", "premium")


def send(form: dict[str, Any], content: bytes, **changed: str) -> tuple[int, str]:
    """Post a file by a form as a browser does: the status, and the code of a refusal."""
    fields = {**form["fields"], **changed, "file": ("a.png", content)}
    answer = urllib3.request("POST", form["url"], fields=fields)
    _, _, code = answer.data.decode().partition("<Code>")
    return answer.status, code.partition("<")[0]


def thumbnail(of: Identity, name: str) -> dict[str, Any]:
    """What became of a file's thumbnail, once the function has looked at it."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        told: dict[str, Any] = of.ask("GET", f"/files/{name}").body["thumbnail"]
        if told["status"] != "pending":
            return told
    raise AssertionError(f"{name} has no thumbnail yet")


def error(call: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call()
    return str(refused.value.response["Error"]["Code"])


def test_a_picture_is_uploaded_by_form_and_gets_its_thumbnail(people: tuple[Identity, Identity]) -> None:
    ann, _ = people
    form = ann.ask("POST", "/files", {"name": "holiday.png", "type": "image/png"}).body
    assert send(form, picture()) == (204, "")

    told = thumbnail(ann, "holiday.png")
    assert told["status"] == "ready"
    with Image.open(BytesIO(urllib3.request("GET", told["url"]).data)) as small:
        assert (small.format, small.size) == ("WEBP", (320, 240))
    whole = urllib3.request("GET", ann.ask("GET", "/files/holiday.png").body["url"])
    assert (whole.data, whole.headers["content-disposition"]) == (picture(), "attachment")
    assert [one["name"] for one in ann.ask("GET", "/files").body["items"]] == ["holiday.png"]


def test_a_thumbnail_is_made_though_s3_fails_at_first(people: tuple[Identity, Identity]) -> None:
    ann, _ = people
    faults = f"{ann.stage.endpoint}/_poolhouse/faults"
    form = ann.ask("POST", "/files", {"name": "unlucky.png", "type": "image/png"}).body
    for operation, kind in (("PutObject", "throttled"), ("GetObject", "internal"), ("GetObject", "unavailable")):
        assert fetch("POST", faults, body={"service": "s3", "operation": operation, "kind": kind}).status == 201
    assert [send(form, picture()), send(form, picture())] == [(503, "SlowDown"), (204, "")]

    assert thumbnail(ann, "unlucky.png")["status"] == "ready"
    assert fetch("GET", faults).body == []


def test_a_form_takes_what_it_was_made_for_alone(people: tuple[Identity, Identity]) -> None:
    ann, bob = people
    form = bob.ask("POST", "/files", {"name": "a.png", "type": "image/png"}).body

    assert send(form, b"x" * (form["max_bytes"] + 1)) == (400, "EntityTooLarge")
    assert send(form, b"") == (400, "EntityTooSmall")
    assert send(form, picture(), **{"Content-Type": "text/html"}) == (403, "AccessDenied")
    assert send(form, picture(), key=f"private/{ann.id}/a.png") == (403, "AccessDenied")
    assert bob.ask("GET", "/files").body["items"] == []


def test_a_lie_about_the_type_is_told_to_its_owner(people: tuple[Identity, Identity]) -> None:
    _, bob = people
    form = bob.ask("POST", "/files", {"name": "lie.png", "type": "image/png"}).body
    assert send(form, picture("JPEG")) == (204, "")

    assert thumbnail(bob, "lie.png") == {"status": "refused", "reason": "wrong_type", "url": None}
    (listed,) = (one for one in bob.ask("GET", "/files").body["items"] if one["name"] == "lie.png")
    assert listed["thumbnail"]["reason"] == "wrong_type"


def test_by_token_and_by_signature_they_are_the_same_files(people: tuple[Identity, Identity]) -> None:
    ann, _ = people
    url = f"{ann.stage.api}/me/files"
    form = fetch("POST", url, token=ann.token, body={"name": "by-token.png", "type": "image/png"}).body
    assert form["fields"]["key"] == f"private/{ann.id}/by-token.png"
    assert send(form, picture()) == (204, "")

    assert thumbnail(ann, "by-token.png")["status"] == "ready"
    told = fetch("GET", f"{url}/by-token.png", token=ann.token).body
    assert urllib3.request("GET", told["url"]).data == picture()
    assert urllib3.request("GET", told["thumbnail"]["url"]).status == 200
    assert fetch("GET", f"{url}?limit=1", token=ann.token).body["next"]


def test_the_function_for_tokens_has_no_right_of_its_own(stage: Stage) -> None:
    iam = clients.aws("iam", stage.endpoint)
    (role,) = (one for one in iam.list_roles()["Roles"] if "-MyFilesRole-" in one["RoleName"])

    names = iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
    held = [iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"] for name in names]
    assert "s3:" not in json.dumps(held)
    assert iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"] == []


def test_who_has_signed_out_gets_no_keys_by_an_old_token(stage: Stage) -> None:
    late = identity(stage, "files-late")
    assert fetch("GET", f"{stage.api}/me/files", token=late.token).status == 200
    cognito = clients.aws("cognito-idp", stage.endpoint)
    cognito.admin_user_global_sign_out(UserPoolId=stage.outputs["UserPoolId"], Username="files-late@example.com")

    answer = fetch("GET", f"{stage.api}/me/files", token=late.token)
    assert (answer.status, answer.body["code"]) == (401, "unauthenticated")


def test_anothers_files_are_refused_straight_from_the_buckets(people: tuple[Identity, Identity]) -> None:
    ann, bob = people
    s3, uploads = bob.client("s3"), bob.stage.outputs["UploadsBucketName"]
    mine = ann.client("s3")
    mine.put_object(Bucket=uploads, Key=f"private/{ann.id}/straight", Body=b"mine")
    there = {"Bucket": uploads, "Key": f"private/{ann.id}/straight"}

    for call in (
        lambda: s3.get_object(**there),
        lambda: s3.put_object(**there, Body=b"theirs"),
        lambda: s3.delete_object(**there),
        lambda: s3.list_objects_v2(Bucket=uploads, Prefix=f"private/{ann.id}/"),
        lambda: s3.list_objects_v2(Bucket=uploads),
        lambda: s3.list_objects_v2(Bucket=bob.stage.outputs["ThumbnailsBucketName"], Prefix=f"private/{ann.id}/"),
        lambda: mine.put_object(Bucket=ann.stage.outputs["ThumbnailsBucketName"], Key=f"private/{ann.id}/x", Body=b""),
    ):
        assert error(call) == "AccessDenied"
    assert mine.get_object(**there)["Body"].read() == b"mine"


def test_what_members_of_groups_may_read_differs_by_role(stage: Stage, people: tuple[Identity, Identity]) -> None:
    media = stage.outputs["MediaBucketName"]
    root = clients.aws("s3", stage.endpoint)
    for key in ("public/poster", "titles/free/roads", "titles/premium/rivers"):
        root.put_object(Bucket=media, Key=key, Body=key.encode())
    admin = identity(stage, "files-admin", "free", "admin", "premium")  # whose role is that of the first by precedence
    somebody = {"guest": identity(stage), "free": people[0], "premium": people[1], "admin": admin}

    def may_read(who: Identity, key: str) -> bool:
        url = who.client("s3").generate_presigned_url("get_object", Params={"Bucket": media, "Key": key})
        answer = urllib3.request("GET", url)
        return (answer.status, answer.data) == (200, key.encode())

    keys = ("public/poster", "titles/free/roads", "titles/premium/rivers")
    assert {name: [may_read(who, key) for key in keys] for name, who in somebody.items()} == {
        "guest": [True, False, False],
        "free": [True, True, False],
        "premium": [True, True, True],
        "admin": [True, True, True],
    }
    new = {"Bucket": media, "Key": "titles/free/new", "Body": b"x"}
    assert error(lambda: somebody["premium"].client("s3").put_object(**new)) == "AccessDenied"
    assert admin.client("s3").put_object(**new)["ETag"]


def test_a_guest_has_no_files(stage: Stage) -> None:
    guest = identity(stage)
    uploads, key = stage.outputs["UploadsBucketName"], f"private/{guest.id}/a"

    answer = guest.ask("POST", "/files", {"name": "a.png", "type": "image/png"})
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (403, "AccessDeniedException")
    assert error(lambda: guest.client("s3").put_object(Bucket=uploads, Key=key, Body=b"x")) == "AccessDenied"
