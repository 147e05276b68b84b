"""docs/threats.md: what it names is there, and nothing of the service is left out."""

import re

from tests.service_support import ROOT, template

PAGE = (ROOT / "docs" / "threats.md").read_text("utf-8")


def test_every_test_that_is_named_exists() -> None:
    tests = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text("utf-8"), re.MULTILINE)
    }

    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 50
    assert named - tests == set()


def test_every_function_has_its_threats() -> None:
    functions = {path.stem for folder in ("handlers", "triggers") for path in (ROOT / "src" / folder).glob("[a-z]*.py")}

    left_out = {name for name in functions if not re.search(rf"\b{name}\b", PAGE)}
    assert left_out == set(), "say in docs/threats.md what could be done by them, and what stops it"


def test_a_function_lets_in_by_one_way_for_each_method() -> None:
    """So that no path which API Gateway reads as one route, and the function as another, opens more than its own."""
    ways: dict[tuple[str, str], set[str]] = {}
    for name, resource in template()["Resources"].items():
        for event in resource.get("Properties", {}).get("Events", {}).values():
            if event["Type"] == "Api":
                said = event["Properties"]
                ways.setdefault((name, said["Method"]), set()).add(str(said.get("Auth", "the pool's own")))

    assert {route for route, found in ways.items() if len(found) > 1} == set()


def test_every_role_of_identities_trusts_one_pool_and_one_way_in() -> None:
    roles = {
        name: statement
        for name, resource in template()["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role"
        for statement in resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        if "Federated" in statement["Principal"]
    }

    assert {"IdentityRole", "GuestRole"} <= set(roles)
    for name, statement in roles.items():
        assert statement["Principal"] == {"Federated": "cognito-identity.amazonaws.com"}
        assert statement["Condition"] == {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": "IdentityPool"},
            "ForAnyValue:StringLike": {
                "cognito-identity.amazonaws.com:amr": "unauthenticated" if name == "GuestRole" else "authenticated"
            },
        }
