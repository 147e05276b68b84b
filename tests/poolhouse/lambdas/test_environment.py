"""What a function finds around it."""

import hmac
import os
import sys
from collections.abc import Callable

import msgspec
import pytest

from poolhouse.errors import CommandError
from poolhouse.lambdas.errors import InvalidParameterValueException
from poolhouse.wire.entities import SEAL_PURPOSE

from .conftest import ACCOUNT, REGION, RUNTIME, House

ENVIRONMENT = "import os\ndef handler(event, context):\n    return dict(os.environ)\n"


def test_the_environment_is_lambdas_own(house: House) -> None:
    house.put(ENVIRONMENT, variables={"TABLE": "notes"}, memory=512)

    found = house.answer()

    assert found["AWS_LAMBDA_LOG_STREAM_NAME"].startswith(f"{house.clock():%Y/%m/%d}/[$LATEST]")
    assert found["_X_AMZN_TRACE_ID"].endswith(";Sampled=0")
    expected = {
        "_HANDLER": "app.handler",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{RUNTIME}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_FUNCTION_NAME": "main",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/main",
        "AWS_REGION": REGION,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "LAMBDA_TASK_ROOT": str(house.code),
        "LANG": "en_US.UTF-8",
        "TABLE": "notes",
        "TZ": ":UTC",
    }
    assert {name: found.get(name) for name in expected} == expected


def test_nothing_of_the_clouds_own_environment_gets_in(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SECRET", "x")
    monkeypatch.setenv("AWS_PROFILE", "work")
    house.put(ENVIRONMENT)

    found = house.answer()

    assert {"SOME_SECRET", "AWS_PROFILE", "HOME", "VIRTUAL_ENV"} & set(found) == set()
    assert found["AWS_CONFIG_FILE"] == found["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull


def test_the_code_folder_is_where_it_runs_and_what_it_imports_from_first(house: House) -> None:
    (house.code / "errors.py").write_text("mine = True\n")
    house.put(
        "import errors, os, sys\ndef handler(event, context):\n"
        "    return [os.getcwd(), sys.path[0], errors.mine, any('lambdas' in p for p in sys.path), sys.argv[1:]]\n"
    )

    assert house.answer() == [str(house.code), str(house.code), True, False, ["app.handler"]]


def test_its_keys_are_its_execution_roles(house: House) -> None:
    house.put(ENVIRONMENT)

    found = house.answer()

    key = house.store.access_keys.get(id=found["AWS_ACCESS_KEY_ID"])
    sealer = house.store.sealer
    assert found["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert key.principal_arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/main-role/main"
    assert key.account_id == ACCOUNT
    assert key.expires_at is not None
    assert sealer.unseal(key.sealed_secret, SEAL_PURPOSE).decode() == found["AWS_SECRET_ACCESS_KEY"]
    assert hmac.compare_digest(sealer.digest(found["AWS_SESSION_TOKEN"]), key.session_token_digest or "")


def test_functions_do_not_share_keys(house: House) -> None:
    house.put(ENVIRONMENT)
    house.put(name="other")

    assert house.answer()["AWS_ACCESS_KEY_ID"] != house.answer(name="other")["AWS_ACCESS_KEY_ID"]


def test_tracing_neither_fails_nor_speaks_without_a_daemon(house: House) -> None:
    house.put(
        "from aws_lambda_powertools import Tracer\n"
        "tracer = Tracer(service='x')\n"
        "@tracer.capture_method\n"
        "def inner():\n    return 'traced'\n"
        "@tracer.capture_lambda_handler\n"
        "def handler(event, context):\n    return inner()\n",
        tracing="Active",
    )

    answer = house.answer()

    assert answer == "traced"
    assert [line.split()[0] for _, line in house.log] == ["START", "END", "REPORT"]


def test_reserved_variables_cannot_be_set(house: House) -> None:
    with pytest.raises(InvalidParameterValueException) as caught:
        house.put(ENVIRONMENT, variables={"AWS_REGION": "x", "MINE": "y"})

    assert caught.value.message == (
        "Lambda was unable to configure your environment variables because the environment variables you have provided "
        "contains reserved keys that are currently not supported for modification. "
        "Reserved keys used in this request: AWS_REGION"
    )


@pytest.mark.parametrize("runtime", ["nodejs22.x", "provided.al2023", "java21"])
def test_a_runtime_that_is_not_built_is_refused_by_name(house: House, runtime: str) -> None:
    with pytest.raises(CommandError, match=f"main: the {runtime} runtime is not built yet"):
        house.put(ENVIRONMENT, runtime=runtime)


def test_a_code_folder_that_is_not_there_is_refused(house: House) -> None:
    with pytest.raises(CommandError, match="main: there is no folder /nowhere to take its code from"):
        house.put(ENVIRONMENT, code="/nowhere")


def test_another_python_than_the_runtimes_is_told(house: House) -> None:
    function = house.put(ENVIRONMENT, runtime="python3.99")

    (line,) = house.functions.put(function)

    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert line == f"main: its runtime is python3.99; it runs on this machine's python{here}"
    assert house.answer()["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.99"


def test_functions_run_where_awslambdaric_has_no_native_client(new_house: Callable[..., House]) -> None:
    house = new_house(native_client=False)
    house.put(
        "import sys\ndef handler(event, context):\n"
        "    if event == 'fail': raise ValueError('no')\n"
        "    left = 0 < context.get_remaining_time_in_millis() <= 3000\n"
        "    return [event, sys.modules['runtime_client'].__file__.endswith('shim/runtime_client.py'), left]\n"
    )

    answers = [house.answer("a"), house.answer("b" * 300_000)]
    error = house.error("fail")

    assert answers == [["a", True, True], ["b" * 300_000, True, True]]
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "no")


def test_variables_are_kept_where_only_this_cloud_can_read_them(house: House) -> None:
    house.put(ENVIRONMENT, variables={"CLIENT_SECRET": "not-for-others"})

    assert b"not-for-others" not in msgspec.json.encode(house.store.functions.get(name="main"))
    assert house.answer()["CLIENT_SECRET"] == "not-for-others"
