"""Functions as other AWS services invoke them: the resource policy, the refusals, the service's own patience."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from poolhouse.call import Invocation, InvokeRefused, InvokeTimeout
from poolhouse.lambdas.entities import Permission
from poolhouse.lambdas.errors import ResourceNotFoundException
from poolhouse.lambdas.policy import arn_like

from .conftest import ACCOUNT, REGION, House
from .test_workers import GATED, Gate

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:main"
POOL = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/eu-west-1_abc"
COGNITO = "cognito-idp.amazonaws.com"
HELLO = "def handler(event, context):\n    return 'hello'\n"


def invoke(house: House, *, service: str = COGNITO, source_arn: str = POOL, timeout: float | None = None) -> Invocation:
    patience = None if timeout is None else timedelta(seconds=timeout)
    return house.functions.invoke_for_service(ARN, b"null", service=service, source_arn=source_arn, timeout=patience)


def permit(house: House, principal: str = COGNITO, **more: str) -> None:
    house.functions.add_permission(Permission(function="main", statement_id="sid", principal=principal, **more))


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"source_arn": POOL},
        {"source_arn": f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/*"},
        {"source_account": ACCOUNT},
        {"principal": "*"},
        {"action": "lambda:*"},
    ],
)
def test_a_service_that_the_policy_names_may_invoke(house: House, more: dict[str, str]) -> None:
    house.put(HELLO)
    permit(house, **more)

    assert invoke(house, timeout=5).payload == b'"hello"'


@pytest.mark.parametrize(
    "more",
    [
        {"principal": "apigateway.amazonaws.com"},
        {"source_arn": f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/eu-west-1_other"},
        {"source_arn": f"arn:aws:cognito-idp:*:{ACCOUNT}"},
        {"source_account": "999999999999"},
        {"action": "lambda:GetFunction"},
    ],
)
def test_a_service_that_the_policy_does_not_name_is_refused(house: House, more: dict[str, str]) -> None:
    house.put("raise SystemExit('it ran')\n")
    permit(house, **more)

    with pytest.raises(InvokeRefused) as caught:
        invoke(house)

    assert caught.value.code == "AccessDeniedException"
    assert house.log == []


def test_without_a_policy_nobody_may_invoke(house: House) -> None:
    house.put(HELLO)

    with pytest.raises(InvokeRefused) as caught:
        invoke(house)

    assert caught.value.code == "AccessDeniedException"


def test_a_permission_that_was_removed_permits_no_more(house: House) -> None:
    house.put(HELLO)
    permit(house)
    house.functions.remove_permission("main", "sid")

    with pytest.raises(InvokeRefused):
        invoke(house)


def test_a_permission_needs_its_function(house: House) -> None:
    with pytest.raises(ResourceNotFoundException):
        permit(house)


def test_a_function_that_is_not_there_is_refused_by_name(house: House) -> None:
    with pytest.raises(InvokeRefused) as caught:
        invoke(house)

    assert caught.value.code == "ResourceNotFoundException"


def test_a_throttled_function_is_refused_by_name(house: House) -> None:
    house.put(HELLO, reserved_concurrency=0)
    permit(house)

    with pytest.raises(InvokeRefused) as caught:
        invoke(house)

    assert caught.value.code == "TooManyRequestsException"


def test_an_event_over_the_limit_is_refused_by_name(house: House) -> None:
    house.put(HELLO)
    permit(house)

    with pytest.raises(InvokeRefused) as caught:
        house.functions.invoke_for_service(ARN, b" " * 6_291_457, service=COGNITO, source_arn=POOL)

    assert caught.value.code == "RequestEntityTooLargeException"


def test_what_the_function_raises_is_the_services_to_judge(house: House) -> None:
    house.put("def handler(event, context):\n    raise ValueError('no')\n")
    permit(house)

    error = invoke(house).error

    assert error is not None
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "no")


def test_a_service_that_gives_up_leaves_the_function_running(house: House, tmp_path: Path) -> None:
    house.put(GATED, timeout=60, reserved_concurrency=1)
    permit(house)
    gate = Gate(tmp_path, "gate")
    house.answer()

    def impatient() -> None:
        event = f'"{gate.path}"'.encode()
        patience = timedelta(seconds=0.05)
        house.functions.invoke_for_service(ARN, event, service=COGNITO, source_arn=POOL, timeout=patience)

    with ThreadPoolExecutor() as pool:
        given_up = pool.submit(impatient)
        gate.wait_for_begin()
        with pytest.raises(InvokeTimeout):
            given_up.result()
    with pytest.raises(InvokeRefused) as still_busy:
        invoke(house)
    reports = [line for _, line in house.log if line.startswith("REPORT")]
    gate.let_go()

    assert still_busy.value.code == "TooManyRequestsException"
    assert len(reports) == 1


def test_a_service_does_not_invoke_inside_a_write_block(house: House) -> None:
    house.put(HELLO)
    permit(house)

    with house.store.write(), pytest.raises(RuntimeError, match=r"not invoked inside store\.write\(\)"):
        invoke(house)


@pytest.mark.parametrize(
    ("pattern", "arn", "expected"),
    [
        ("arn:aws:execute-api:r:1:api/*/GET/x", "arn:aws:execute-api:r:1:api/prod/GET/x", True),
        ("arn:aws:execute-api:r:1:api/*", "arn:aws:execute-api:r:1:api/prod/GET/a:b", True),
        ("arn:aws:execute-api:r:1:api/*/GET/?", "arn:aws:execute-api:r:1:api/prod/GET/xy", False),
        ("arn:aws:*:r:1:api", "arn:aws:execute-api:r:1:api", True),
        ("arn:aws:*:api", "arn:aws:execute-api:r:1:api", False),
        ("arn:aws:s3:::a.b", "arn:aws:s3:::axb", False),
        ("*", "arn:aws:s3:::a", True),
    ],
)
def test_a_source_arn_is_matched_part_by_part(pattern: str, arn: str, *, expected: bool) -> None:
    assert arn_like(pattern, arn) is expected
