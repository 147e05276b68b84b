"""Every route of the service, and what each kind of caller gets: one table."""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from demo import clients
from demo.clients import REGION, Answer, fetch
from demo.stage import Stage
from demo.stage import cloud as running_cloud
from tests.journeys import contract
from tests.service_support import template

PASSWORD = "Correct-horse-7-battery"
ACCOUNT = "000000000000"
NEW = {"amount": 1, "currency": "EUR"}

# How a route answers each kind of caller: the user `id` and the admin by their tokens (`_at` by the access token), the
# identity of the user, an IAM user who may call the API and one who has no policy for it, the account's root.
CALLERS = (
    *("nobody", "user_id", "user_at", "admin_id", "admin_at", "machine"),
    *("identity", "guest", "iam_user", "iam_nobody", "root"),
)
BY_ID = (401, 200, 401, 200, 401, 401, 401, 401, 401, 401, 401)
DONE_BY_ID = (401, 204, 401, 204, 401, 401, 401, 401, 401, 401, 401)
BY_PLAN = (401, 200, 401, 403, 401, 401, 401, 401, 401, 401, 401)
BY_ADMIN = (401, 403, 401, 200, 401, 401, 401, 401, 401, 401, 401)
DONE_BY_ADMIN = (401, 401, 403, 401, 204, 401, 401, 401, 401, 401, 401)
SIGNED = (403, 403, 403, 403, 403, 403, 200, 200, 200, 403, 200)
BY_IDENTITY = (403, 403, 403, 403, 403, 403, 200, 403, 403, 403, 403)
MADE_BY_IDENTITY = (403, 403, 403, 403, 403, 403, 201, 403, 403, 403, 403)
NOT_FOUND_BY_IDENTITY = (403, 403, 403, 403, 403, 403, 404, 403, 403, 403, 403)
ROUTES: list[tuple[str, str, tuple[int, ...]]] = [
    ("GET", "/me", BY_ID),
    ("PATCH", "/me", DONE_BY_ID),
    ("GET", "/me/devices", BY_ID),
    ("GET", "/titles", BY_PLAN),
    ("GET", "/titles/{title}/stream", BY_PLAN),
    ("GET", "/users", BY_ADMIN),
    ("GET", "/users/{username}", BY_ADMIN),
    ("POST", "/users/{username}/disable", DONE_BY_ADMIN),
    ("POST", "/users/{username}/enable", DONE_BY_ADMIN),
    ("POST", "/users/{username}/reset-password", DONE_BY_ADMIN),
    ("PUT", "/users/{username}/groups/{group}", DONE_BY_ADMIN),
    ("DELETE", "/users/{username}/groups/{group}", DONE_BY_ADMIN),
    ("GET", "/whoami", SIGNED),
    ("GET", "/hello", (403, 403, 403, 403, 403, 403, 200, 403, 200, 403, 200)),
    ("GET", "/transactions", (401, 401, 200, 401, 200, 200, 401, 401, 401, 401, 401)),
    ("POST", "/transactions", (401, 401, 201, 401, 201, 201, 401, 401, 401, 401, 401)),
    ("GET", "/transactions/{id}", (401, 401, 404, 401, 404, 404, 401, 401, 401, 401, 401)),
    ("GET", "/notes", BY_IDENTITY),
    ("GET", "/notes/{id}", NOT_FOUND_BY_IDENTITY),
    ("PUT", "/notes/{id}", MADE_BY_IDENTITY),
    ("DELETE", "/notes/{id}", NOT_FOUND_BY_IDENTITY),
    ("GET", "/files", BY_IDENTITY),
    ("POST", "/files", BY_IDENTITY),
    ("GET", "/files/{name}", NOT_FOUND_BY_IDENTITY),
    ("GET", "/me/files", BY_ID),
    ("POST", "/me/files", BY_ID),
    ("GET", "/me/files/{name}", (401, 404, 401, 404, 401, 401, 401, 401, 401, 401, 401)),
    ("GET", "/datasets", BY_IDENTITY),
    ("GET", "/datasets/{name}", NOT_FOUND_BY_IDENTITY),
    ("PATCH", "/datasets/{name}", BY_IDENTITY),
    ("DELETE", "/datasets/{name}", NOT_FOUND_BY_IDENTITY),
]
# What changes who asks is asked by people of its own, below.
LEAVING = {("DELETE", "/me"), ("POST", "/me/sign-out"), ("PUT", "/me/plan")}
SENT: Mapping[tuple[str, str], object] = {
    ("POST", "/transactions"): NEW,
    ("PATCH", "/me"): {"given_name": "Ann"},
    ("PUT", "/notes/{id}"): {"text": "Milk"},
    ("POST", "/files"): {"name": "a.png", "type": "image/png"},
    ("POST", "/me/files"): {"name": "a.png", "type": "image/png"},
    ("PATCH", "/datasets/{name}"): {"patches": [{"op": "replace", "key": "k", "value": "v", "sync_count": 0}]},
}


class Callers:
    """Somebody of each kind, and requests in their name."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.cognito = clients.aws("cognito-idp", stage.endpoint)
        self.pool, self.web = stage.outputs["UserPoolId"], stage.outputs["WebClientId"]
        user, admin = self.person("user@example.com", "free"), self.person("admin@example.com", "admin")
        self.other = self.make("other@example.com")
        self._catalogue()
        self.tokens = {
            "user_id": user["IdToken"],
            "user_at": user["AccessToken"],
            "admin_id": admin["IdToken"],
            "admin_at": admin["AccessToken"],
            "machine": self._machine_token(),
        }
        provider = f"cognito-idp.{REGION}.amazonaws.com/{self.pool}"
        self.keys = {
            "identity": self._identity({provider: user["IdToken"]}),
            "guest": self._identity({}),
            "iam_user": self._iam_user("routes", "execute-api:Invoke"),
            "iam_nobody": self._iam_user("nobody", "s3:ListAllMyBuckets"),
            "root": Credentials("root", "root"),
        }

    def _catalogue(self) -> None:
        """A title for everybody and one for premium members, and their media."""
        dynamodb, s3 = (clients.aws(service, self.stage.endpoint) for service in ("dynamodb", "s3"))
        for title, plan in (("roads", "free"), ("rivers", "premium")):
            texts = {"id": title, "name": title.capitalize(), "plan": plan}
            row = {**{name: {"S": value} for name, value in texts.items()}, "minutes": {"N": "52"}}
            dynamodb.put_item(TableName=self.stage.outputs["TitlesTableName"], Item=row)
            s3.put_object(
                Bucket=self.stage.outputs["MediaBucketName"], Key=f"titles/{plan}/{title}", Body=f"film of {title}"
            )

    def make(self, email: str) -> str:
        """A confirmed user; their username."""
        who = {"UserPoolId": self.pool, "Username": email}
        mine = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        made = self.cognito.admin_create_user(**who, MessageAction="SUPPRESS", UserAttributes=mine)
        self.cognito.admin_set_user_password(**who, Password=PASSWORD, Permanent=True)
        return str(made["User"]["Username"])

    def person(self, email: str, group: str = "") -> dict[str, Any]:
        """The tokens of a new user, of this group."""
        username = self.make(email)
        if group:
            self.cognito.admin_add_user_to_group(UserPoolId=self.pool, Username=username, GroupName=group)
        return self.sign_in(email)

    def sign_in(self, email: str) -> dict[str, Any]:
        """Tokens of a user."""
        return clients.srp(self.cognito, self.pool, self.web, email, PASSWORD)

    def ask(self, caller: str, method: str, path: str, body: object = None) -> Answer:
        """A request by a caller, signed or with a token; `caller` may be a token too."""
        name = f"txn_{method.encode().hex():0>32}"  # another for each method: none finds what another has made
        path = path.format(username=self.other, group="premium", title="roads", id=name, name=name)
        url = f"{self.stage.api}{path}"
        if caller not in self.keys:
            token = None if caller == "nobody" else self.tokens.get(caller, caller)
            return fetch(method, url, token=token, body=body)
        text = None if body is None else json.dumps(body)
        request = AWSRequest(method, url, data=text, headers={"content-type": "application/json"} if text else {})
        SigV4Auth(self.keys[caller], "execute-api", REGION).add_auth(request)
        return fetch(method, url, body=text, headers=dict(request.headers.items()))

    def _machine_token(self) -> str:
        client = self.stage.outputs["ServiceClientId"]
        described = self.cognito.describe_user_pool_client(UserPoolId=self.pool, ClientId=client)["UserPoolClient"]
        basic = base64.b64encode(f"{client}:{described['ClientSecret']}".encode()).decode()
        answer = fetch(
            "POST",
            f"{self.stage.endpoint}/oauth2/token",
            body=urlencode({"grant_type": "client_credentials"}),
            headers={"authorization": f"Basic {basic}", "content-type": "application/x-www-form-urlencoded"},
        )
        return str(answer.body["access_token"])

    def _identity(self, logins: dict[str, str]) -> Credentials:
        identity = clients.aws("cognito-identity", self.stage.endpoint)
        made = identity.get_id(IdentityPoolId=self.stage.outputs["IdentityPoolId"], Logins=logins)["IdentityId"]
        keys = identity.get_credentials_for_identity(IdentityId=made, Logins=logins)["Credentials"]
        return Credentials(keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"])

    def _iam_user(self, name: str, action: str) -> Credentials:
        iam = clients.aws("iam", self.stage.endpoint)
        iam.create_user(UserName=name)
        statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName="may", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


@pytest.fixture(scope="module")
def callers() -> Iterator[Callers]:
    """In a cloud of their own, whose clock nobody else moves."""
    with running_cloud() as stage:
        yield Callers(stage)


CASES = [
    (method, path, caller, status)
    for method, path, statuses in ROUTES
    for caller, status in zip(CALLERS, statuses, strict=True)
]


@pytest.mark.parametrize(("method", "path", "caller", "status"), CASES)
def test_a_route_answers_each_caller(callers: Callers, method: str, path: str, caller: str, status: int) -> None:
    answer = callers.ask(caller, method, path, SENT.get((method, path)))

    assert (answer.status, answer.body) == (status, answer.body)


def declared_routes() -> set[tuple[str, str]]:
    """Method and path of every route of the template."""
    return {
        (event["Properties"]["Method"], event["Properties"]["Path"])
        for resource in template()["Resources"].values()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] == "Api"
    }


def test_the_table_has_every_route_of_the_template() -> None:
    tabled = {(method, path.replace("{title}", "{id}")) for method, path, _ in ROUTES}
    assert tabled | LEAVING == declared_routes()


def test_the_contract_has_every_status_of_the_table() -> None:
    for method, path, statuses in ROUTES:
        operation = contract.DOCUMENT["paths"][path.replace("{title}", "{id}")][method.lower()]
        assert {str(status) for status in statuses} <= set(operation["responses"]), (method, path)


def test_a_guest_is_refused_by_their_role_in_api_gateways_words(callers: Callers) -> None:
    answer = callers.ask("guest", "GET", "/hello")

    assert answer.headers["x-amzn-errortype"] == "AccessDeniedException"
    assert answer.body["Message"].startswith(f"User: arn:aws:sts::{ACCOUNT}:assumed-role/")
    assert "execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********0000:" in answer.body["Message"]


def test_an_identity_is_told_which_user_is_behind_it(callers: Callers) -> None:
    me = callers.ask("user_id", "GET", "/me").body
    told = callers.ask("identity", "GET", "/whoami").body

    assert (told["kind"], told["user"]) == ("identity", me["subject"])
    assert callers.ask("guest", "GET", "/whoami").body["kind"] == "guest"


def test_who_signs_out_is_signed_out_everywhere(callers: Callers) -> None:
    tokens = callers.person("out@example.com")
    assert callers.ask(tokens["IdToken"], "POST", "/me/sign-out").status == 204

    refused = callers.ask(tokens["AccessToken"], "DELETE", "/me")
    assert (refused.status, refused.body) == (401, {"message": "Unauthorized"})
    with pytest.raises(ClientError, match="Access Token has been revoked"):
        callers.cognito.get_user(AccessToken=tokens["AccessToken"])
    # API Gateway's own authorizer believes the token until it expires, as on AWS.
    assert callers.ask(tokens["IdToken"], "GET", "/me").status == 200


def test_who_leaves_is_gone(callers: Callers) -> None:
    tokens = callers.person("leaves@example.com")
    assert callers.ask(tokens["IdToken"], "DELETE", "/me").status == 401
    assert callers.ask(tokens["AccessToken"], "DELETE", "/me").status == 204

    assert callers.ask(tokens["AccessToken"], "DELETE", "/me").status == 401
    assert callers.ask("admin_id", "GET", "/users/leaves@example.com").status == 404


def test_who_signed_in_a_while_ago_signs_in_again_before_leaving(callers: Callers) -> None:
    def move(seconds: int) -> None:
        fetch("POST", f"{callers.stage.endpoint}/_poolhouse/clock", body={"advance_seconds": seconds})

    callers.make("late@example.com")
    move(-660)
    tokens = callers.sign_in("late@example.com")
    move(660)
    refused = callers.ask(tokens["AccessToken"], "DELETE", "/me")

    assert (refused.status, refused.body["Message"]) == (
        403,
        "User is not authorized to access this resource with an explicit deny",
    )
    assert callers.ask(callers.sign_in("late@example.com")["AccessToken"], "DELETE", "/me").status == 204


@pytest.mark.parametrize("token", ["", "Bearer", "junk", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_token_leaves_nothing(callers: Callers, token: str) -> None:
    answer = callers.ask(token, "DELETE", "/me")

    assert (answer.status, answer.body) == (401, {"message": "Unauthorized"})


def test_somebody_changes_their_profile_and_no_more(callers: Callers) -> None:
    callers.make("profile@example.com")
    tokens = callers.sign_in("profile@example.com")
    change = {"name": "Ann Lee", "locale": "de-AT", "zoneinfo": "Europe/Vienna"}
    assert callers.ask(tokens["IdToken"], "PATCH", "/me", change).status == 204
    assert callers.ask(tokens["IdToken"], "PATCH", "/me", {"locale": "hu-HU", "zoneinfo": None}).status == 204

    told = callers.ask(callers.sign_in("profile@example.com")["IdToken"], "GET", "/me").body
    assert (told["name"], told["locale"], told["zoneinfo"]) == ("Ann Lee", "hu-HU", None)
    refused: tuple[dict[str, object], ...] = (
        {"email": "ceo@example.com"},
        {"custom:tenant": "x"},
        {"name": ""},
        {"locale": "../x"},
        {"name": 5},
    )
    for one in refused:
        answer = callers.ask(tokens["IdToken"], "PATCH", "/me", one)
        assert (answer.status, answer.body["code"]) == (422, "invalid")


def test_an_admin_keeps_somebody_out_and_lets_them_in_again(callers: Callers) -> None:
    tokens = callers.person("kept@example.com")
    path = "/users/kept@example.com"
    assert callers.ask("admin_at", "POST", f"{path}/disable").status == 204

    assert callers.ask("admin_id", "GET", path).body["enabled"] is False
    assert callers.ask(tokens["AccessToken"], "DELETE", "/me").status == 401
    with pytest.raises(ClientError, match="User is disabled"):
        callers.sign_in("kept@example.com")
    assert callers.ask("admin_at", "POST", f"{path}/enable").status == 204
    assert callers.sign_in("kept@example.com")


def test_an_admin_puts_somebody_into_a_group(callers: Callers) -> None:
    callers.make("grouped@example.com")
    path = "/users/grouped@example.com"
    assert callers.ask("admin_at", "PUT", f"{path}/groups/premium").status == 204
    assert callers.ask("admin_id", "GET", path).body["groups"] == ["premium"]
    assert callers.ask("admin_at", "DELETE", f"{path}/groups/premium").status == 204
    assert callers.ask("admin_id", "GET", path).body["groups"] == []
    assert callers.ask("admin_at", "PUT", f"{path}/groups/nothing").status == 404


def test_who_is_no_admin_any_more_changes_nobody_from_then_on(callers: Callers) -> None:
    tokens = callers.person("demoted@example.com", "admin")
    enable = ("POST", f"/users/{callers.other}/enable")
    assert callers.ask(tokens["AccessToken"], *enable).status == 204
    assert callers.ask("admin_at", "DELETE", "/users/demoted@example.com/groups/admin").status == 204

    assert callers.ask(tokens["AccessToken"], *enable).status == 401
    assert callers.ask(callers.sign_in("demoted@example.com")["AccessToken"], *enable).status == 403


def test_an_admin_finds_users_page_by_page_and_by_address(callers: Callers) -> None:
    first = callers.ask("admin_id", "GET", "/users?limit=1").body
    second = callers.ask("admin_id", "GET", f"/users?{urlencode({'limit': 1, 'cursor': first['next']})}").body
    assert len(first["items"]) == len(second["items"]) == 1
    assert first["items"] != second["items"]
    found = callers.ask("admin_id", "GET", "/users?email=other@example.com").body["items"]
    assert [one["username"] for one in found] == [callers.other]

    for query in ("limit=0", "limit=61", "sort=x", urlencode({"email": ""})):
        assert callers.ask("admin_id", "GET", f"/users?{query}").status == 422
    assert callers.ask("admin_id", "GET", "/users?cursor=made-up").status == 400
    no_filter_ends_here = urlencode({"email": 'x" or email ^= "'})
    assert callers.ask("admin_id", "GET", f"/users?{no_filter_ends_here}").body["items"] == []


@pytest.mark.parametrize("what", ["POST /disable", "POST /reset-password", "DELETE /groups/admin"])
def test_an_admin_does_nothing_to_themselves(callers: Callers, what: str) -> None:
    me = callers.ask("admin_id", "GET", "/me").body["username"]
    method, _, path = what.partition(" ")
    for name in (me, "admin@example.com"):
        answer = callers.ask("admin_at", method, f"/users/{name}{path}")
        assert (answer.status, answer.body["detail"]) == (403, "Nobody does this to themselves.")
    assert callers.ask("admin_at", "POST", f"/users/{callers.other}/enable").status == 204


def test_another_plan_streams_more_titles_from_the_next_refresh_on(callers: Callers) -> None:
    tokens = callers.person("plans@example.com", "free")
    assert callers.ask(tokens["IdToken"], "GET", "/titles/rivers/stream").status == 403
    assert callers.ask(tokens["IdToken"], "PUT", "/me/plan", {"plan": "premium"}).status == 204
    assert callers.ask(tokens["IdToken"], "GET", "/titles/rivers/stream").status == 403

    renewed = callers.cognito.get_tokens_from_refresh_token(ClientId=callers.web, RefreshToken=tokens["RefreshToken"])[
        "AuthenticationResult"
    ]["IdToken"]
    told = callers.ask(renewed, "GET", "/titles/rivers/stream").body
    assert fetch("GET", told["url"]).body == "film of rivers"
    assert callers.ask("admin_id", "GET", "/users/plans@example.com").body["groups"] == ["premium"]
    for plan in ("admin", "", None):
        assert callers.ask(renewed, "PUT", "/me/plan", {"plan": plan}).status == 422


def test_an_address_of_a_stream_leads_to_no_other_title(callers: Callers) -> None:
    url = callers.ask("user_id", "GET", "/titles/roads/stream").body["url"]

    assert fetch("GET", url).body == "film of roads"
    assert fetch("GET", url.replace("roads", "rivers")).status == 403
    assert fetch("GET", url.partition("?")[0]).status == 403


KEEPER, ADMIN, LEAVER = "keeper@example.com", "keeping-admin@example.com", "leaver@example.com"


@pytest.fixture(scope="module")
def known(callers: Callers) -> dict[str, dict[str, str]]:
    """What the contract's examples are asked about: the parameters of paths, by area."""
    for email, group in ((KEEPER, "free"), (ADMIN, "admin"), (LEAVER, "free")):
        callers.person(email, group)
    callers.ask("identity", "PUT", "/notes/kept", {"text": "Milk"})
    font = {"op": "replace", "key": "font", "value": "serif", "sync_count": 0}
    callers.ask("identity", "PATCH", "/datasets/kept", {"patches": [font]})
    made = callers.ask(callers.sign_in(KEEPER)["AccessToken"], "POST", "/transactions", NEW).body
    new = {"name": "kept", "type": "image/png"}
    for form in (
        callers.ask("identity", "POST", "/files", new).body,
        callers.ask(callers.sign_in(KEEPER)["IdToken"], "POST", "/me/files", new).body,
    ):
        uploaded = urllib3.request("POST", form["url"], fields={**form["fields"], "file": ("kept", b"no picture")})
        assert uploaded.status == 204
    return {
        "files": {"name": "kept"},
        "my_files": {"name": "kept"},
        "users": {"username": callers.make("kept-by-admins@example.com"), "group": "premium"},
        "titles": {"id": "roads"},
        "transactions": {"id": made["id"]},
        "notes": {"id": "kept"},
        "datasets": {"name": "kept"},
    }


@pytest.mark.parametrize("name", contract.OPERATIONS)
def test_a_route_keeps_to_its_contract(callers: Callers, known: dict[str, dict[str, str]], name: str) -> None:
    auth = _contract_auth(callers, name)

    assert contract.ask_by_example(name, callers.stage.api, None, known).status_code in {401, 403}
    assert contract.ask_by_example(name, callers.stage.api, auth, known).status_code in {200, 201, 204}
    contract.try_requests(name, callers.stage.api, auth)


def _contract_auth(callers: Callers, name: str) -> contract.Auth:
    """A caller whom an operation is for."""
    scheme = contract.scheme(name)
    if scheme == "SignatureV4":
        return contract.Signed(callers.keys["identity"])
    email = ADMIN if contract.area(name) == "users" else LEAVER if name == "delete_me" else KEEPER
    return contract.Bearer(callers.sign_in(email)["IdToken" if scheme == "IdToken" else "AccessToken"])
