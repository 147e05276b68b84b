"""What the router reads of a request, of a REST API or of a load balancer."""

from typing import Any

import pytest

from shared.routing import Response, Router

API: dict[str, Any] = {"requestContext": {"requestId": "r"}}
LOAD_BALANCER: dict[str, Any] = {"requestContext": {"elb": {"targetGroupArn": "arn"}}}


def reading(event: dict[str, Any], **members: Any) -> Router:
    router = Router()
    router.event = {**event, **members}
    return router


@pytest.mark.parametrize(
    "sent",
    [
        {"queryStringParameters": {"q": "caf%C3%A9+%2B%26"}},
        {"multiValueQueryStringParameters": {"q": ["caf%C3%A9+%2B%26"]}},
    ],
)
def test_a_load_balancers_query_is_decoded(sent: dict[str, Any]) -> None:
    assert reading(LOAD_BALANCER, **sent).query() == {"q": ["café +&"]}


def test_an_apis_query_was_decoded_before() -> None:
    sent = {"queryStringParameters": {"q": "100%25+"}, "multiValueQueryStringParameters": {"q": ["100%25+"]}}

    assert reading(API, **sent).query() == {"q": ["100%25+"]}


def test_two_spellings_of_one_parameter_are_one_that_was_sent_twice() -> None:
    sent = {"multiValueQueryStringParameters": {"limit": ["1"], "lim%69t": ["2"]}}

    assert reading(LOAD_BALANCER, **sent).query() == {"limit": ["1", "2"]}


def test_a_parameter_an_api_was_sent_twice_has_both_values() -> None:
    sent = {"queryStringParameters": {"a": "2"}, "multiValueQueryStringParameters": {"a": ["1", "2"]}}

    assert reading(API, **sent).query() == {"a": ["1", "2"]}


@pytest.mark.parametrize("event", [API, LOAD_BALANCER])
@pytest.mark.parametrize("nothing", [{}, {"queryStringParameters": None}, {"multiValueQueryStringParameters": {}}])
def test_no_query_is_none(event: dict[str, Any], nothing: dict[str, Any]) -> None:
    assert reading(event, **nothing).query() == {}


def test_a_header_is_found_in_lists_too() -> None:
    router = reading(LOAD_BALANCER, multiValueHeaders={"if-match": ["1", "2"]})

    assert (router.header("If-Match"), router.header("origin")) == ("2", None)


def test_a_body_is_decoded() -> None:
    assert reading(LOAD_BALANCER, body="w6k=", isBase64Encoded=True).text() == "é"


def test_a_load_balancer_finds_no_route_that_does_not_say_so() -> None:
    router = reading(LOAD_BALANCER)

    @router.get("/open", is_behind_load_balancer=True)
    def opened() -> Response:
        return Response(200)

    @router.get("/closed")
    def closed() -> Response:
        return Response(200)

    assert router.find("GET", "/open") is not None
    assert router.find("GET", "/closed") is None
    router.event = API
    assert router.find("GET", "/closed") is not None
