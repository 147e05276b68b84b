"""What a function's caller gets: its answer, or Lambda's words for what went wrong."""

import re

import msgspec
import pytest

from poolhouse.lambdas.errors import RequestEntityTooLargeException, ResourceNotFoundException

from .conftest import ACCOUNT, REGION, House

ID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:main"


def test_a_function_answers_with_what_its_handler_returns(house: House) -> None:
    house.put("def handler(event, context):\n    return {'hello': event['name'], 'snow': '\u2603'}\n")

    invocation = house.functions.invoke("main", b'{"name": "Ada"}')

    assert invocation.error is None
    assert msgspec.json.decode(invocation.payload) == {"hello": "Ada", "snow": "\u2603"}


def test_a_worker_keeps_its_modules_between_events(house: House) -> None:
    house.put("count = 0\ndef handler(event, context):\n    global count\n    count += 1\n    return count\n")

    answers = [house.answer() for _ in range(3)]

    assert answers == [1, 2, 3]


def test_the_context_says_what_lambda_says(house: House) -> None:
    house.put(
        "def handler(event, c):\n"
        "    return [c.function_name, c.function_version, c.memory_limit_in_mb, c.invoked_function_arn,\n"
        "            c.aws_request_id, c.log_group_name, 2000 < c.get_remaining_time_in_millis() <= 3000]\n",
        memory=256,
    )

    outcome = house.functions.run("main", b"{}")

    assert msgspec.json.decode(outcome.invocation.payload) == [
        "main", "$LATEST", "256", ARN, outcome.request_id, "/aws/lambda/main", True,
    ]  # fmt: skip
    assert re.fullmatch(ID, outcome.request_id)


@pytest.mark.parametrize("name", ["main", ARN, f"{ACCOUNT}:function:main", "main:$LATEST", f"{ARN}:$LATEST"])
def test_a_function_is_known_by_each_form_of_its_name(house: House, name: str) -> None:
    house.put("def handler(event, context):\n    return context.invoked_function_arn\n")

    answer = house.answer(name=name)

    assert answer == (f"{ARN}:$LATEST" if name.endswith("$LATEST") else ARN)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("other", f"Function not found: arn:aws:lambda:{REGION}:{ACCOUNT}:function:other:$LATEST"),
        ("main:live", f"Function not found: {ARN}:live"),
        ("arn:aws:lambda:us-east-1:1:function:main", "Function not found: arn:aws:lambda:us-east-1:1:function:main"),
    ],
)
def test_a_function_or_version_that_is_not_there_is_not_found(house: House, name: str, text: str) -> None:
    house.put("def handler(event, context):\n    pass\n")

    with pytest.raises(ResourceNotFoundException) as caught:
        house.functions.invoke(name, b"{}")

    assert (caught.value.code, caught.value.message) == ("ResourceNotFoundException", text)


def test_what_a_handler_raises_is_its_error_document(house: House) -> None:
    house.put("class Refused(Exception):\n    pass\ndef handler(event, context):\n    raise Refused('not today')\n")

    outcome = house.functions.run("main", b"{}")

    assert outcome.invocation.error == {
        "errorMessage": "not today",
        "errorType": "Refused",
        "requestId": outcome.request_id,
        "stackTrace": [f"  File \"{house.code}/app.py\", line 4, in handler\n    raise Refused('not today')\n"],
    }


def test_a_function_that_raised_serves_the_next_event_in_the_same_worker(house: House) -> None:
    house.put("import os\ndef handler(event, context):\n    if event: raise ValueError('x')\n    return os.getpid()\n")
    before = house.answer()

    house.error(1)

    assert house.answer() == before


def test_a_function_that_takes_too_long_times_out_and_the_next_event_is_served(house: House) -> None:
    house.put(
        "import time\ndef handler(event, context):\n    print('slow')\n    if event: time.sleep(60)\n    return 'ok'\n",
        timeout=1,
    )

    outcome = house.functions.run("main", b"1")

    message = f"RequestId: {outcome.request_id} Error: Task timed out after 1.00 seconds"
    assert outcome.invocation.error == {"errorType": "Sandbox.Timedout", "errorMessage": message}
    assert outcome.log[1] == "slow"
    assert outcome.log[-1].endswith("\tStatus: timeout\t")
    assert house.answer() == "ok"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("os._exit(3)", "Runtime exited with error: exit status 3"),
        ("sys.exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
        ("os.kill(os.getpid(), 15)", "Runtime exited with error: signal: terminated"),
    ],
)
def test_a_worker_that_dies_is_an_exit_error_and_the_next_event_is_served(house: House, line: str, text: str) -> None:
    house.put(f"import os, sys\ndef handler(event, context):\n    if event: {line}\n    return 'ok'\n")
    house.answer()

    outcome = house.functions.run("main", b"1")

    message = f"RequestId: {outcome.request_id} Error: {text}"
    assert outcome.invocation.error == {"errorType": "Runtime.ExitError", "errorMessage": message}
    assert house.answer() == "ok"


def test_a_module_that_is_missing_is_an_import_error(house: House) -> None:
    house.put("import nothing_of_that_name\ndef handler(event, context):\n    pass\n")

    error = house.error()

    assert error == {
        "errorMessage": "Unable to import module 'app': No module named 'nothing_of_that_name'",
        "errorType": "Runtime.ImportModuleError",
        "requestId": "",
        "stackTrace": [],
    }


def test_a_handler_that_is_missing_is_not_found(house: House) -> None:
    house.put("def other(event, context):\n    pass\n")

    error = house.error()

    assert error["errorType"] == "Runtime.HandlerNotFound"
    assert error["errorMessage"] == "Handler 'handler' missing on module 'app'"


def test_a_module_that_exits_while_it_loads_is_an_exit_error(house: House) -> None:
    house.put("import sys\nsys.exit(1)\n")

    error = house.error()

    assert error["errorType"] == "Runtime.ExitError"
    assert re.fullmatch(f"RequestId: {ID} Error: Runtime exited with error: exit status 1", error["errorMessage"])


def test_an_answer_that_is_no_json_is_a_marshal_error(house: House) -> None:
    house.put("def handler(event, context):\n    return {1, 2}\n")

    error = house.error()

    assert error["errorType"] == "Runtime.MarshalError"
    assert error["errorMessage"] == "Unable to marshal response: Object of type set is not JSON serializable"


def test_bytes_are_answered_as_they_are(house: House) -> None:
    house.put("def handler(event, context):\n    return b'\\x00\\xff'\n")

    invocation = house.functions.invoke("main", b"{}")

    assert invocation.payload == b"\x00\xff"


def test_an_answer_may_be_six_megabytes_and_a_hundred_bytes_long_and_no_longer(house: House) -> None:
    house.put("def handler(event, context):\n    return 'x' * event\n")

    longest = house.answer(6_291_554)
    error = house.error(6_291_555)

    assert len(longest) + 2 == 6_291_556
    assert error == {
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        "errorType": "Function.ResponseSizeTooLarge",
    }
    assert house.answer(1) == "x"


def test_an_event_may_be_six_megabytes_long_and_no_longer(house: House) -> None:
    house.put("def handler(event, context):\n    return len(event)\n")

    assert house.functions.invoke("main", b'"' + b"x" * 6_291_454 + b'"').payload == b"6291454"
    with pytest.raises(RequestEntityTooLargeException) as caught:
        house.functions.invoke("main", b'"' + b"x" * 6_291_455 + b'"')

    assert caught.value.message == "Request must be smaller than 6291456 bytes for the InvokeFunction operation"


def test_a_function_is_not_invoked_inside_a_write_block(house: House) -> None:
    house.put("def handler(event, context):\n    pass\n")

    with house.store.write(), pytest.raises(RuntimeError, match=r"not invoked inside store\.write\(\)"):
        house.functions.invoke("main", b"{}")


def test_code_that_was_removed_is_an_error_of_the_function(house: House) -> None:
    house.put("def handler(event, context):\n    pass\n")
    (house.code / "app.py").unlink()
    house.code.rmdir()

    error = house.error()
    house.code.mkdir()

    assert error["errorType"] == "Runtime.InvalidWorkingDir"
    assert error["errorMessage"].endswith(f"Error: No such file or directory: {house.code}")


def test_the_log_has_lambdas_lines_around_the_functions_own(house: House) -> None:
    house.put(
        "import logging, sys\ndef handler(event, context):\n"
        "    print('out'); print('err', file=sys.stderr); logging.warning('careful'); print('half', end='')\n"
    )

    outcome = house.functions.run("main", b"{}")

    rid = outcome.request_id
    lines = [line for name, line in house.log if name == "main"]
    assert lines[:3] == [f"START RequestId: {rid} Version: $LATEST", "out", "err"]
    assert re.fullmatch(rf"\[WARNING\]\t[-0-9]+T[:0-9.]+Z\t{rid}\tcareful", lines[3])
    assert lines[4:6] == ["half", f"END RequestId: {rid}"]
    assert re.fullmatch(
        rf"REPORT RequestId: {rid}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t"
        r"(Max Memory Used: \d+ MB\t)?Init Duration: [\d.]+ ms\t",
        lines[6],
    )
    assert tuple(lines) == outcome.log


def test_a_great_deal_of_output_does_not_hold_a_function_up(house: House) -> None:
    house.put("def handler(event, context):\n    for i in range(20000): print('line', i)\n    return 'done'\n")

    answer = house.answer()

    assert answer == "done"
    assert sum(line.startswith("line ") for _, line in house.log) == 20000
