"""Which method a path belongs to."""

from datetime import UTC, datetime

import pytest

from poolhouse.apigateway.entities import RestApi
from poolhouse.apigateway.routes import Match, Routes

AT = datetime(2026, 1, 1, tzinfo=UTC)
ROUTES = {
    "/": ["get"],
    "/items": ["get", "post"],
    "/items/{id}": ["get", "x-amazon-apigateway-any-method"],
    "/items/recent": ["get"],
    "/items/{id}/parts/{part}": ["get"],
    "/files/{path+}": ["get"],
    "/{proxy+}": ["x-amazon-apigateway-any-method"],
}


def find(verb: str, path: str, routes: dict[str, list[str]] = ROUTES) -> Match | None:
    paths = {path: {verb: dict[str, str]() for verb in verbs} for path, verbs in routes.items()}
    return Routes(RestApi("api1", "", {"paths": paths}, AT, AT)).find(verb, path)


@pytest.mark.parametrize(
    ("verb", "path", "resource", "parameters"),
    [
        ("GET", "/", "/", {}),
        ("GET", "", "/", {}),
        ("GET", "/items", "/items", {}),
        ("GET", "/items/", "/items", {}),
        ("GET", "//items", "/items", {}),
        ("GET", "/%69tems", "/items", {}),
        ("GET", "/items/7", "/items/{id}", {"id": "7"}),
        ("PUT", "/items/7", "/items/{id}", {"id": "7"}),
        ("GET", "/items/recent", "/items/recent", {}),
        ("GET", "/items/7/parts/8", "/items/{id}/parts/{part}", {"id": "7", "part": "8"}),
        ("GET", "/items/a%2Fb%20c", "/items/{id}", {"id": "a%2Fb%20c"}),
        ("GET", "/files/a/b/c", "/files/{path+}", {"path": "a/b/c"}),
        ("GET", "/files/a/", "/files/{path+}", {"path": "a"}),
        ("DELETE", "/else/where", "/{proxy+}", {"proxy": "else/where"}),
        ("GET", "/ITEMS", "/{proxy+}", {"proxy": "ITEMS"}),
        ("GET", "/user/test%2Balias@x.com/plus+", "/{proxy+}", {"proxy": "user/test%2Balias@x.com/plus+"}),
    ],
)
def test_a_request_belongs_to_the_most_specific_resource(
    verb: str, path: str, resource: str, parameters: dict[str, str]
) -> None:
    match = find(verb, path)

    assert match is not None
    assert (match.method.resource, match.path_parameters) == (resource, parameters)


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("POST", "/"),
        ("DELETE", "/items"),
        ("GET", "/files"),
        ("POST", "/files/a"),
        ("GET", "/items/7/parts"),
        ("GET", "/items/7/else"),
        ("POST", "/items/recent"),
        ("GET", "/items//parts/8"),
    ],
)
def test_a_resource_that_has_a_path_keeps_it_from_the_proxy_resource_beside_it(verb: str, path: str) -> None:
    assert find(verb, path) is None


def test_a_method_of_its_own_goes_before_any() -> None:
    match = find("GET", "/items/7")

    assert match is not None
    assert match.method.verb == "GET"


def test_an_api_without_paths_has_no_methods() -> None:
    assert find("GET", "/", {}) is None


def test_the_id_of_a_resource_stays_the_same_and_differs_from_others() -> None:
    found = [find("GET", path) for path in ("/items", "/items", "/items/7")]

    ids = [match.method.resource_id for match in found if match]
    assert ids[0] == ids[1] != ids[2]
    assert all(len(one) == 6 and one.isalnum() for one in ids)
