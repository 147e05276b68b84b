"""Versions and aliases of functions: what they run, what they are called, who may invoke them."""

import pytest

from poolhouse.call import InvokeRefused
from poolhouse.lambdas.entities import Permission
from poolhouse.lambdas.errors import ResourceConflictException, ResourceNotFoundException

from .conftest import ACCOUNT, REGION, House

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:main"
TELLS = "def handler(event, context):\n    return [context.function_version, context.invoked_function_arn]\n"
COGNITO = "cognito-idp.amazonaws.com"
POOL = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/eu-west-1_abc"


def test_a_function_is_told_which_version_it_runs_as_and_by_what_it_was_invoked(house: House) -> None:
    house.put(TELLS)
    house.functions.publish("main")
    house.functions.publish("main")
    house.functions.put_alias("main", "live", "2")

    answers = [house.answer(name=name) for name in ("main", "main:1", f"{ARN}:live", "main:live", "main")]

    live = ["2", f"{ARN}:live"]
    assert answers == [["$LATEST", ARN], ["1", f"{ARN}:1"], live, live, ["$LATEST", ARN]]
    assert house.functions.run("main", b"{}", qualifier="live").version == "2"


def test_an_alias_keeps_its_workers_while_the_function_is_invoked_by_its_name(house: House) -> None:
    house.put("import os\ndef handler(event, context):\n    return os.getpid()\n")
    house.functions.publish("main")
    house.functions.put_alias("main", "live", "1")

    pids = [house.answer(name=name) for name in ("main", "main:live", "main", "main:1")]

    assert pids[0] == pids[2] != pids[1] == pids[3]


@pytest.mark.parametrize("qualifier", ["2", "prod", "LIVE", "latest", "-1", ""])
def test_what_was_not_published_is_not_found(house: House, qualifier: str) -> None:
    house.put(TELLS)
    house.functions.publish("main")
    house.functions.put_alias("main", "live", "1")

    if qualifier:
        with pytest.raises(ResourceNotFoundException, match=f"Function not found: {ARN}:{qualifier}"):
            house.answer(name=f"main:{qualifier}")
    with pytest.raises(ResourceNotFoundException):
        house.functions.put_alias("main", "other", qualifier or "9")


def test_versions_and_aliases_outlast_a_change_of_the_function(house: House) -> None:
    house.put(TELLS)
    house.functions.publish("main")
    house.functions.put_alias("main", "live", "1")

    house.put("def handler(event, context):\n    return ['new', context.function_version]\n")

    assert house.answer(name="main:live") == ["new", "1"]
    assert house.functions.publish("main") == "2"


def test_a_version_that_an_alias_names_is_not_forgotten_and_no_number_comes_again(house: House) -> None:
    house.put(TELLS)
    house.functions.publish("main")
    house.functions.put_alias("main", "live", "1")

    with pytest.raises(ResourceConflictException):
        house.functions.unpublish("main", "1")
    house.functions.remove_alias("main", "live")
    house.functions.unpublish("main", "1")

    assert house.functions.publish("main") == "2"
    for name in ("main:1", "main:live"):
        with pytest.raises(ResourceNotFoundException):
            house.answer(name=name)


def permit(house: House, qualifier: str) -> None:
    house.functions.add_permission(Permission("main", f"sid{qualifier}", COGNITO, qualifier=qualifier))


def invoke(house: House, arn: str) -> bytes:
    return house.functions.invoke_for_service(arn, b"null", service=COGNITO, source_arn=POOL).payload


@pytest.mark.parametrize(
    ("allowed", "refused"), [("", ["live", "1"]), ("live", ["", "1"]), ("1", ["", "live"])]
)  # fmt: skip
def test_a_policy_is_of_the_function_the_version_or_the_alias_and_of_no_other(
    house: House, allowed: str, refused: list[str]
) -> None:
    house.put(TELLS)
    house.functions.publish("main")
    house.functions.put_alias("main", "live", "1")
    permit(house, allowed)

    assert invoke(house, f"{ARN}:{allowed}".rstrip(":"))
    for other in refused:
        with pytest.raises(InvokeRefused):
            invoke(house, f"{ARN}:{other}".rstrip(":"))
    assert [bool(house.functions.policy(f"{ARN}:{one}".rstrip(":"))) for one in (allowed, *refused)] == [
        True,
        False,
        False,
    ]


def test_a_policy_of_an_alias_that_is_not_there_is_refused(house: House) -> None:
    house.put(TELLS)

    with pytest.raises(ResourceNotFoundException):
        permit(house, "live")
