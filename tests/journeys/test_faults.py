"""What people get while AWS fails behind the service: every route that calls AWS, by one table."""

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import Any

import pytest
from botocore.exceptions import ClientError

from demo.clients import Answer, fetch
from demo.stage import cloud as running_cloud
from tests.journeys.test_service_routes import NEW, Callers, declared_routes

PATCHES = {"patches": [{"op": "replace", "key": "k", "value": "v", "sync_count": 0}]}
PICTURE = {"name": "a.png", "type": "image/png"}
# Who asks, what, and the first operation of AWS that it needs; how it is answered once that works
ROUTES: list[tuple[str, str, str, object, str, int]] = [
    ("user_id", "PATCH", "/me", {"given_name": "Ann"}, "cognito-idp:AdminUpdateUserAttributes", 204),
    ("user_id", "POST", "/me/sign-out", None, "cognito-idp:AdminUserGlobalSignOut", 204),
    ("user_id", "GET", "/me/devices", None, "cognito-idp:AdminListDevices", 200),
    ("user_id", "PUT", "/me/plan", {"plan": "free"}, "cognito-idp:AdminAddUserToGroup", 204),
    ("admin_id", "GET", "/users", None, "cognito-idp:ListUsers", 200),
    ("admin_id", "GET", "/users/{username}", None, "cognito-idp:AdminListGroupsForUser", 200),
    ("user_id", "GET", "/titles", None, "dynamodb:Scan", 200),
    ("user_id", "GET", "/titles/{title}/stream", None, "dynamodb:GetItem", 200),
    ("user_at", "GET", "/transactions", None, "dynamodb:Query", 200),
    ("user_at", "GET", "/transactions/{id}", None, "dynamodb:GetItem", 404),
    ("user_at", "POST", "/transactions", NEW, "dynamodb:PutItem", 201),
    ("identity", "GET", "/notes", None, "dynamodb:Query", 200),
    ("identity", "GET", "/notes/absent", None, "dynamodb:GetItem", 404),
    ("identity", "PUT", "/notes/kept", {"text": "Milk"}, "dynamodb:PutItem", 201),
    ("identity", "DELETE", "/notes/absent", None, "dynamodb:GetItem", 404),
    ("identity", "GET", "/files", None, "s3:ListObjectsV2", 200),
    ("identity", "GET", "/files/absent", None, "s3:ListObjectsV2", 404),
    ("admin_id", "GET", "/me/files", None, "cognito-identity:GetId", 200),
    ("admin_id", "GET", "/me/files/absent", None, "cognito-identity:GetId", 404),
    ("admin_id", "POST", "/me/files", PICTURE, "cognito-identity:GetCredentialsForIdentity", 200),
    ("identity", "GET", "/datasets", None, "dynamodb:GetItem", 200),
    ("identity", "GET", "/datasets/absent", None, "dynamodb:GetItem", 404),
    ("identity", "PATCH", "/datasets/kept", PATCHES, "dynamodb:TransactWriteItems", 200),
    ("identity", "DELETE", "/datasets/absent", None, "dynamodb:GetItem", 404),
]
# What admins do, after the authorizer's GetUser and AdminGetUser: each call of AWS in order, and how the user is then
CHANGES: dict[tuple[str, str], tuple[list[str], dict[str, object]]] = {
    ("POST", "disable"): (["AdminDisableUser", "AdminUserGlobalSignOut"], {"enabled": False}),
    ("POST", "enable"): (["AdminEnableUser"], {"enabled": True}),
    ("POST", "reset-password"): (["AdminResetUserPassword"], {"status": "RESET_REQUIRED"}),
    ("PUT", "groups/premium"): (["AdminAddUserToGroup"], {"groups": ["premium"]}),
    ("DELETE", "groups/admin"): (["AdminRemoveUserFromGroup", "AdminUserGlobalSignOut"], {"groups": []}),
}
# What asks nothing of AWS: a token or signature tells all, and a form is signed here
BY_ITSELF = {("GET", "/me"), ("GET", "/whoami"), ("GET", "/hello"), ("POST", "/files")}
UNAVAILABLE = (503, "unavailable", "1", "application/problem+json")
DONE = (204, None, None, None)


class House:
    """Callers, and the faults they meet."""

    def __init__(self, callers: Callers) -> None:
        self.callers = callers
        self.url = f"{callers.stage.endpoint}/_poolhouse/faults"

    def put(self, target: str, kind: str, **how_long: float) -> None:
        service, _, operation = target.partition(":")
        fault = {"service": service, "operation": operation or "*", "kind": kind, **how_long}
        assert fetch("POST", self.url, body=fault).status == 201

    def clear(self) -> None:
        """No faults any more."""
        fetch("DELETE", self.url)

    def command(self, *arguments: str) -> str:
        """What `poolhouse faults` prints."""
        command = [sys.executable, "-m", "poolhouse", "faults", *arguments, "--endpoint", self.callers.stage.endpoint]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout

    def ask_all(self) -> list[Answer]:
        """The answers to the table, all asked at once."""
        with ThreadPoolExecutor(len(ROUTES)) as pool:
            return list(pool.map(lambda row: self.callers.ask(row[0], row[1], row[2], row[3]), ROUTES))

    def change_while(self, failing: list[str], people: dict[str, str]) -> list[tuple[object, ...]]:
        """What an admin is told who asks for all changes at once, of a person each, while parts of Cognito fail."""
        for operation in failing:
            self.put(f"cognito-idp:{operation}", "unavailable", seconds=600)
        with ThreadPoolExecutor(len(CHANGES)) as pool:
            answers = pool.map(
                lambda row: self.callers.ask("admin_at", row[0], f"/users/{people[row[1]]}/{row[1]}"), CHANGES
            )
        self.clear()
        return [told(answer) for answer in answers]

    def users(self, people: dict[str, str]) -> list[dict[str, Any]]:
        """These people, as admins see them."""
        return [self.callers.ask("admin_id", "GET", f"/users/{email}").body for email in people.values()]

    def post(self, key: str) -> Answer:
        """A transaction, by its idempotency key."""
        token, url = self.callers.tokens["user_at"], f"{self.callers.stage.api}/transactions"
        return fetch("POST", url, token=token, body=NEW, headers={"Idempotency-Key": key})

    def kept(self) -> list[dict[str, Any]]:
        """The caller's transactions."""
        items: list[dict[str, Any]] = self.callers.ask("user_at", "GET", "/transactions?limit=100").body["items"]
        return items


@pytest.fixture(scope="module")
def callers() -> Iterator[Callers]:
    with running_cloud() as stage:
        yield Callers(stage)


@pytest.fixture
def house(callers: Callers) -> Iterator[House]:
    made = House(callers)
    yield made
    made.clear()


def told(answer: Answer) -> tuple[object, ...]:
    """What an answer says of whether it was done."""
    if answer.status == 204:
        return DONE
    return answer.status, answer.body.get("code"), answer.headers.get("retry-after"), answer.headers["content-type"]


def test_every_route_that_asks_something_of_aws_is_tried_while_it_fails() -> None:
    tried = [(method, path) for _, method, path, *_ in ROUTES]
    tried += [("DELETE", "/me"), *((method, f"/users/one/{what}") for method, what in CHANGES)]

    for method, path in declared_routes() - BY_ITSELF:
        pattern = re.sub(r"{\w+}", "[^/]+", path)
        assert any(method == one and re.fullmatch(pattern, other) for one, other in tried), (method, path)


def test_while_aws_fails_every_route_says_so_and_when_to_come_back(house: House) -> None:
    for service in ("dynamodb", "cognito-idp", "cognito-identity", "s3"):
        house.put(service, "unavailable", seconds=600)

    answers = house.ask_all()

    assert [told(answer) for answer in answers] == [UNAVAILABLE] * len(ROUTES)


def test_what_fails_once_is_tried_again_and_nobody_notices(house: House) -> None:
    operations = sorted({row[4] for row in ROUTES})
    for operation, kind in zip(operations, cycle(["throttled", "internal", "unavailable"]), strict=False):
        house.put(operation, kind)

    answers = house.ask_all()

    assert [answer.status for answer in answers] == [row[5] for row in ROUTES]
    assert fetch("GET", house.url).body == []


def test_a_transaction_that_failed_halfway_is_made_once_however_often_it_is_sent(house: House) -> None:
    before = len(house.kept())
    answers = []
    for fault, how_long in (("throttled", 9), ("unavailable", 9), ("internal", 2)):
        house.put("dynamodb:TransactWriteItems", fault, times=how_long)
        answers.append(house.post("halfway"))
        house.clear()
    again = house.post("halfway")

    assert [answer.status for answer in answers] == [503, 503, 201]
    assert (again.status, again.body) == (201, answers[-1].body)
    assert len(house.kept()) == before + 1


def test_a_function_that_times_out_is_a_gateways_error_and_the_same_request_is_good_again(house: House) -> None:
    before = len(house.kept())
    shown = house.command("lambda:TransactionsFunction", "--kind", "timeout")

    late, done, again = (house.post("late") for _ in range(3))

    assert re.fullmatch(r"lambda:\S+ timeout, 1 times more\n", shown)
    assert (late.status, late.body) == (502, {"message": "Internal server error"})
    assert (done.status, again.body) == (201, done.body)
    assert len(house.kept()) == before + 1
    assert house.command("s3", "--times", "2") == "s3:* throttled, 2 times more\n"
    assert house.command("--clear") == ""


def test_who_cannot_leave_while_cognito_fails_leaves_when_they_ask_again(house: House) -> None:
    callers, token = house.callers, house.callers.person("leaves@example.com")["AccessToken"]
    operations = ("cognito-idp:GetUser", "cognito-idp:AdminDeleteUser")
    for operation in operations:
        house.put(operation, "unavailable", seconds=600)
        assert told(callers.ask(token, "DELETE", "/me")) == UNAVAILABLE
        house.clear()
        assert callers.cognito.get_user(AccessToken=token)["Username"]
    for operation in operations:
        house.put(operation, "throttled")

    assert told(callers.ask(token, "DELETE", "/me")) == DONE
    assert callers.ask("admin_id", "GET", "/users/leaves@example.com").status == 404


def test_an_authorizer_that_fails_answers_as_the_functions_behind_it_do(house: House) -> None:
    house.put("cognito-idp", "unavailable", seconds=600)
    from_authorizer = house.callers.ask("admin_at", "POST", "/users/{username}/enable")
    from_function = house.callers.ask("user_id", "POST", "/me/sign-out")
    house.clear()
    house.command("lambda:RecentSignInFunction", "--kind", "timeout")
    late = house.callers.ask("admin_at", "POST", "/users/{username}/enable")

    ids = [answer.body.pop("correlation_id") for answer in (from_authorizer, from_function, late)]
    assert from_authorizer.body == from_function.body == late.body
    assert ids == [answer.headers["x-correlation-id"] for answer in (from_authorizer, from_function, late)]
    assert told(house.callers.ask("admin_at", "POST", "/users/{username}/enable")) == DONE


def test_what_an_admin_could_not_finish_is_whole_when_it_is_sent_again(house: House) -> None:
    callers = house.callers
    people = {what: f"{what.replace('/', '-')}@example.com" for _, what in CHANGES}
    tokens = {
        what: callers.person(email, "admin" if "admin" in what else "")["AccessToken"] for what, email in people.items()
    }
    callers.cognito.admin_disable_user(UserPoolId=callers.pool, Username=people["enable"])
    before = house.users(people)
    firsts = [operations[0] for operations, _ in CHANGES.values()]
    for failing in (["GetUser"], ["AdminGetUser"], firsts):
        assert house.change_while(failing, people) == [UNAVAILABLE] * len(CHANGES)
        assert house.users(people) == before

    halfway = house.change_while(["AdminUserGlobalSignOut"], people)
    again = house.change_while([], people)

    ends_sign_ins = ["AdminUserGlobalSignOut" in operations for operations, _ in CHANGES.values()]
    assert halfway == [UNAVAILABLE if is_it else DONE for is_it in ends_sign_ins]
    assert again == [DONE] * len(CHANGES)
    for shown, (_, wanted) in zip(house.users(people), CHANGES.values(), strict=True):
        assert shown | wanted == shown
    callers.cognito.admin_enable_user(UserPoolId=callers.pool, Username=people["disable"])
    for what in ("disable", "groups/admin"):
        with pytest.raises(ClientError, match="Access Token has been revoked"):
            callers.cognito.get_user(AccessToken=tokens[what])


def test_a_sign_in_goes_on_while_its_record_cannot_be_written(house: House) -> None:
    house.callers.make("unrecorded@example.com")
    house.put("dynamodb:PutItem", "unavailable", seconds=600)

    assert house.callers.sign_in("unrecorded@example.com")["AccessToken"]


def test_nobody_signs_in_while_it_cannot_be_told_whether_they_may(house: House) -> None:
    house.callers.make("unknown@example.com")
    house.put("dynamodb:GetItem", "unavailable", seconds=600)

    with pytest.raises(Exception, match="Something went wrong, try again in a moment"):
        house.callers.sign_in("unknown@example.com")
    house.clear()
    assert house.callers.sign_in("unknown@example.com")["AccessToken"]
