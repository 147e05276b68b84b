"""One name everywhere: a function is called the same in src, template.yaml, events and tests."""

import json
import re
from typing import Any

import pytest

from tests.service_support import EVENTS, ROOT, template

SRC = ROOT / "src"
MODULES = {
    path.stem: path.parent.name
    for folder in ("handlers", "triggers")
    for path in (SRC / folder).glob("*.py")
    if path.stem != "__init__"
}
RESOURCES: dict[str, Any] = template()["Resources"]
FUNCTIONS = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", name.removesuffix("Function")).lower(): resource["Properties"]
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::Serverless::Function"
}


def pascal(stem: str) -> str:
    return "".join(word.capitalize() for word in stem.split("_"))


def test_every_function_has_its_module_and_every_module_its_function() -> None:
    assert set(FUNCTIONS) == set(MODULES)


@pytest.mark.parametrize("stem", sorted(MODULES))
def test_a_functions_handler_role_log_event_and_test_bear_its_name(stem: str) -> None:
    properties, folder = FUNCTIONS[stem], MODULES[stem]

    assert properties["Handler"] == f"{folder}.{stem}.lambda_handler"
    assert properties["Role"] == f"{pascal(stem)}Role.Arn"
    assert properties["LoggingConfig"]["LogGroup"] == f"{pascal(stem)}Logs"
    assert (EVENTS / f"{stem}.json").is_file()
    assert (ROOT / "tests" / folder / f"test_{stem}.py").is_file()


def test_every_event_belongs_to_a_function_or_shows_a_caller() -> None:
    for path in EVENTS.iterdir():
        assert path.stem in MODULES or path.stem.startswith("caller_"), path.name
        assert isinstance(json.loads(path.read_text("utf-8")), dict)


def test_every_trigger_is_wired_to_the_pool_and_may_be_invoked_by_it_alone() -> None:
    config = RESOURCES["UserPool"]["Properties"]["LambdaConfig"]
    functions = map(_wanted, (value for name, value in config.items() if name != "KMSKeyID"))
    wired = {value["LambdaArn"] if isinstance(value, dict) else value for value in functions}

    triggers = [stem for stem, folder in MODULES.items() if folder == "triggers"]
    assert wired == {f"{pascal(stem)}Function.Alias" for stem in triggers}
    for stem in triggers:
        permission = RESOURCES[f"{pascal(stem)}Permission"]["Properties"]
        assert permission["FunctionName"] == f"{pascal(stem)}Function.Alias"
        assert permission["Principal"] == "cognito-idp.amazonaws.com"
        assert permission["SourceArn"] == "UserPool.Arn"
        assert permission["SourceAccount"] == "AWS::AccountId"


def test_a_load_balancer_invokes_one_function_by_its_target_group_alone() -> None:
    permissions = [one for one in RESOURCES.values() if one["Type"] == "AWS::Lambda::Permission"]

    (let_in,) = [one for one in permissions if one["Properties"]["Principal"] == "elasticloadbalancing.amazonaws.com"]
    assert let_in["Condition"] == "HasLoadBalancer"
    assert let_in["Properties"]["FunctionName"] == "WhoamiFunction.Alias"
    assert let_in["Properties"]["SourceArn"] == "LoadBalancerTargetGroupArn"
    assert let_in["Properties"]["SourceAccount"] == "AWS::AccountId"


def _wanted(value: Any) -> Any:
    """What stands in the place of an !If whose other side is nothing."""
    if not isinstance(value, list):
        return value
    _condition, wanted, otherwise = value
    assert otherwise == "AWS::NoValue"
    return wanted


def test_a_conditional_trigger_is_there_as_a_whole_or_not_at_all() -> None:
    for stem, folder in MODULES.items():
        parts = [name for name in RESOURCES if re.fullmatch(f"{pascal(stem)}(Function|Logs|Role|Permission)", name)]
        assert len({RESOURCES[name].get("Condition") for name in parts}) == 1, (folder, stem)


def test_every_role_names_its_actions_and_no_two_functions_share_one() -> None:
    roles = [properties["Role"] for properties in FUNCTIONS.values()]
    assert len(set(roles)) == len(roles)
    for resource in RESOURCES.values():
        if resource["Type"] not in {"AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"}:
            continue
        properties = resource["Properties"]
        for policy in properties.get("Policies", [properties] if "PolicyDocument" in properties else []):
            for statement in policy["PolicyDocument"]["Statement"]:
                assert all("*" not in action for action in statement["Action"])
                resources = statement.get("Resource", statement.get("NotResource"))
                assert resources != "*" or all(a.startswith("xray:") for a in statement["Action"])


@pytest.mark.parametrize("stem", sorted(stem for stem, folder in MODULES.items() if folder == "handlers"))
def test_every_route_in_the_template_has_its_function_and_back(stem: str) -> None:
    declared = {
        (event["Properties"]["Method"], re.sub(r"\{\w+\}", "{}", event["Properties"]["Path"]))
        for event in FUNCTIONS[stem].get("Events", {}).values()
    }

    source = (SRC / "handlers" / f"{stem}.py").read_text("utf-8")
    served = {
        (method.upper(), re.sub(r"<\w+>", "{}", path)) for method, path in re.findall(r'@app\.(\w+)\("([^"]+)"', source)
    }
    assert declared == served


def test_a_routes_scope_is_the_one_its_function_asks_for() -> None:
    source = (SRC / "handlers" / "transactions.py").read_text("utf-8")
    scopes = re.findall(r'@app\.(\w+)\("[^"]+"\)\n.*\n.*\n.*token_holder\(app, "([^"]+)"\)', source)

    assert sorted((event["Properties"]["Method"].lower(), event["Properties"]["Auth"]["AuthorizationScopes"][0])
                  for event in FUNCTIONS["transactions"]["Events"].values()) == sorted(scopes)  # fmt: skip
