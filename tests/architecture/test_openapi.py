"""docs/openapi.json: the API's contract, as the code and the template have it today."""

import json
from typing import Any

import pytest
import schemathesis

from shared import models
from tests.architecture.openapi.document import render
from tests.architecture.openapi.examples import EXAMPLES
from tests.architecture.openapi.routes import Route, routes
from tests.service_support import ROOT, template

DOCUMENT = render()
ROUTES = {(route.method, route.path): route for route in routes()}
OPERATIONS = {
    (method.upper(), path): operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
SECURITY = {
    "UserPoolAuthorizer": {"IdToken", "AccessToken"},
    "RecentSignInAuthorizer": {"RecentSignIn"},
    "AWS_IAM": {"SignatureV4"},
}


def test_the_document_is_the_one_the_code_makes() -> None:
    assert json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8")) == DOCUMENT, "run `make docs`"


def test_it_is_openapi() -> None:
    schemathesis.openapi.from_dict(DOCUMENT).validate()


def test_it_has_every_route_of_the_template_and_nothing_else() -> None:
    declared = {
        (event["Properties"]["Method"], event["Properties"]["Path"]): event["Properties"].get("Auth", {})
        for resource in template()["Resources"].values()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] == "Api"
    }

    assert set(OPERATIONS) == set(declared)
    for route, auth in declared.items():
        [(scheme, scopes)] = OPERATIONS[route]["security"][0].items()
        assert scheme in SECURITY[auth.get("Authorizer", "UserPoolAuthorizer")], route
        assert scopes == auth.get("AuthorizationScopes", []), route


@pytest.mark.parametrize(
    ("method", "path", "codes"),
    [
        ("PUT", "/notes/{id}", {"precondition_failed", "invalid", "bad_request", "unavailable"}),
        (
            "PATCH",
            "/datasets/{name}",
            {"conflict", "limit_exceeded", "invalid", "bad_request", "unavailable", "rejected", "trigger_failed"},
        ),
        ("POST", "/transactions", {"idempotency_key_reused", "invalid", "bad_request", "unavailable"}),
        ("GET", "/transactions/{id}", {"not_found"}),
        ("POST", "/users/{username}/disable", {"not_found", "conflict", "bad_request", "unavailable"}),
        ("GET", "/whoami", set()),
    ],
)
def test_what_shared_code_refuses_far_from_the_route_is_told(method: str, path: str, codes: set[str]) -> None:
    told = {error.code for error in ROUTES[method, path].refusals}

    assert told == codes | {"forbidden", "unauthenticated"}


@pytest.mark.parametrize("route", ROUTES.values(), ids=lambda route: route.name)
def test_a_route_that_reads_a_body_tells_its_model_and_every_route_what_it_answers(route: Route) -> None:
    operation = OPERATIONS[route.method, route.path]

    assert ("requestBody" in operation) == (route.method in {"POST", "PUT", "PATCH"} and route.body is not None)
    assert route.answers
    for status, response in operation["responses"].items():
        assert ("content" in response) == (status in {"200", "201"}) or "$ref" in response
    if "requestBody" in operation:
        assert {"400", "422"} <= set(operation["responses"])


def test_everything_that_is_referred_to_is_there() -> None:
    def references(node: Any) -> set[str]:
        if isinstance(node, list):
            return {one for item in node for one in references(item)}
        if not isinstance(node, dict):
            return set()
        return {value for key, value in node.items() if key == "$ref"} | references(list(node.values()))

    for reference in references(DOCUMENT):
        found = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        assert found


def test_every_model_that_travels_has_an_example_which_it_takes() -> None:
    travelling = {
        model.__name__ for route in ROUTES.values() for model in (route.body, *route.answers.values()) if model
    }

    assert travelling - set(EXAMPLES) == set(), "give them one in tests/architecture/openapi/examples.py"
    for name, example in EXAMPLES.items():
        getattr(models, name).model_validate_json(json.dumps(example))
