"""The command line, as somebody at a terminal uses it: what it prints, and how it ends."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from demo.stage import Stage
from tests.service_support import EVENTS, ROOT, template

OWN_EVENT = {
    "me": "MeFunction",
    "whoami": "WhoamiFunction",
    "titles": "TitlesFunction",
    "users": "UsersFunction",
    "transactions": "TransactionsFunction",
    "notes": "NotesFunction",
    "datasets": "DatasetsFunction",
    "files": "FilesFunction",
    "my_files": "MyFilesFunction",
    "thumbnails": "ThumbnailsFunction",
    "pre_sign_up": "PreSignUpFunction",
    "custom_message": "CustomMessageFunction",
    "post_confirmation": "PostConfirmationFunction",
    "pre_authentication": "PreAuthenticationFunction",
    "post_authentication": "PostAuthenticationFunction",
    "pre_token_generation": "PreTokenGenerationFunction",
}
ON_REQUEST = {
    "UserMigrationFunction",
    "DefineAuthChallengeFunction",
    "CreateAuthChallengeFunction",
    "VerifyAuthChallengeFunction",
    "CustomEmailSenderFunction",
    "CustomSmsSenderFunction",
    "DatasetChangesFunction",
}  # by parameter
NOT_THERE = {
    "PostConfirmationFunction": "its event's user is in no pool here",
    "ThumbnailsFunction": "its event's file is in no bucket here",
}
CALLERS = sorted(path.stem for path in EVENTS.glob("caller_*.json"))


def run(*arguments: str, endpoint: str = "", text: str = "", cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "POOLHOUSE_"))}
    if endpoint:
        environment["POOLHOUSE_ENDPOINT"] = endpoint
    environment["PYTHONPATH"] = str(ROOT)
    return subprocess.run(
        [sys.executable, "-m", "poolhouse", *arguments],
        capture_output=True,
        text=True,
        input=text,
        cwd=cwd,
        env=environment,
        timeout=60,
        check=False,
    )


def one_line(ended: subprocess.CompletedProcess[str]) -> str:
    """The complaint of a command that failed: one line on standard error, nothing else."""
    assert ended.returncode == 1
    assert ended.stdout == ""
    (line,) = ended.stderr.strip().splitlines()
    return line


def test_every_function_has_an_event_of_its_own() -> None:
    functions = {name for name, one in template()["Resources"].items() if one["Type"] == "AWS::Serverless::Function"}

    assert functions == {*OWN_EVENT.values(), *ON_REQUEST, "RecentSignInFunction"}


def test_the_sample_of_an_authorizer_holds_no_token_of_the_pool(stage: Stage) -> None:
    ended = run("invoke", "RecentSignInFunction", "-e", "events/recent_sign_in.json", endpoint=stage.endpoint)

    assert json.loads(ended.stdout)["errorMessage"] == "Unauthorized"


@pytest.mark.parametrize(("event", "function"), [it for it in OWN_EVENT.items() if it[1] not in NOT_THERE])
def test_invoke_runs_a_function_with_its_event(stage: Stage, event: str, function: str) -> None:
    ended = run("invoke", function, "-e", f"events/{event}.json", endpoint=stage.endpoint)

    assert ended.returncode == 0
    assert "errorMessage" not in json.loads(ended.stdout)
    assert "REPORT RequestId" in ended.stderr


@pytest.mark.parametrize("caller", CALLERS)
def test_invoke_answers_each_kind_of_caller(stage: Stage, caller: str) -> None:
    ended = run("invoke", "MeFunction", "-e", f"events/{caller}.json", endpoint=stage.endpoint)

    assert json.loads(ended.stdout)["statusCode"] in {200, 401, 403, 404}


def test_invoke_reads_an_event_from_standard_input_and_fails_with_the_function(stage: Stage) -> None:
    ended = run("invoke", "PreSignUpFunction", "-e", "-", endpoint=stage.endpoint, text="{}")

    assert ended.returncode == 1
    assert "errorMessage" in json.loads(ended.stdout)


def test_invoke_says_which_functions_there_are(stage: Stage) -> None:
    line = one_line(run("invoke", "Nope", "-e", "events/me.json", endpoint=stage.endpoint))

    deployed = sorted({*OWN_EVENT.values(), "RecentSignInFunction"})
    assert line == f"poolhouse: There is no function Nope. There is: {', '.join(deployed)}."


def test_invoke_wants_json(stage: Stage) -> None:
    line = one_line(run("invoke", "MeFunction", "-e", "-", endpoint=stage.endpoint, text="{bad"))

    assert line.startswith("poolhouse: The event is not JSON")


def test_outputs_come_as_shell_exports(stage: Stage) -> None:
    ended = run("outputs", "--env", endpoint=stage.endpoint)

    assert f"export UserPoolId={stage.outputs['UserPoolId']}" in ended.stdout.splitlines()


def test_a_cloud_that_is_not_there_is_said_so() -> None:
    for command in ("outbox", "outputs", "faults", "reset"):
        line = one_line(run(command, endpoint="http://localhost:9"))

        assert line == "poolhouse: No cloud answers at http://localhost:9. Start one with `poolhouse up`."


def up(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run("up", "--port", "0", "--api-port", "0", *arguments, cwd=folder)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("Resources: [\n", "template.yaml:2: this is not YAML"),
        ("Resources:\n  A:\n    Type: AWS::Foo::Bar\n", "template.yaml:3: A: AWS::Foo::Bar is not built yet"),
        (
            "Resources:\n  A:\n    Type: AWS::Cognito::UserPool\n    Properties:\n      PoolNmae: x\n",
            "template.yaml:5: A: Encountered unsupported property PoolNmae",
        ),
        (
            "Resources:\n  A:\n    Type: AWS::Cognito::UserPoolClient\n    Properties:\n      UserPoolId: !Ref B\n",
            "template.yaml:",
        ),
    ],
    ids=["not YAML", "unknown type", "unknown property", "unknown reference"],
)
def test_a_template_with_an_error_names_file_and_line(tmp_path: Path, content: str, complaint: str) -> None:
    (tmp_path / "template.yaml").write_text(content)

    assert complaint in one_line(up(tmp_path, "--ephemeral"))


def test_a_refusal_by_the_service_names_the_resource_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(
        "Resources:\n"
        "  Pool: {Type: AWS::Cognito::UserPool}\n"
        "  Client:\n"
        "    Type: AWS::Cognito::UserPoolClient\n"
        "    Properties: {UserPoolId: !Ref Pool, AccessTokenValidity: 9999999}\n"
    )

    for _ in range(2):
        ended = up(tmp_path)

        assert ended.returncode == 1
        assert "template.yaml:5: Client: " in ended.stderr.splitlines()[-1]
        assert "Traceback" not in ended.stderr


def test_what_up_cannot_do_is_said_in_a_line(tmp_path: Path) -> None:
    assert "nope.yaml" in one_line(up(tmp_path, "nope.yaml"))
    assert "Add --strict" in one_line(up(tmp_path, "--host", "0.0.0.0"))
    assert "not 'x'" in one_line(up(tmp_path, "--host", "x"))
    assert "KEY=VALUE" in one_line(up(tmp_path, "--parameter", "x"))
    assert "--issuer is local or aws" in one_line(up(tmp_path, "--issuer", "mine"))


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        line = one_line(run("up", "--port", str(port), "--api-port", "0", cwd=tmp_path))

    assert line == f"poolhouse: Port {port} on 127.0.0.1 is taken by another program: stop it, or choose another port."
