"""The stack's name and parameters from samconfig.toml, the folder's name, and what is given."""

from pathlib import Path

import pytest

from poolhouse.errors import CommandError
from tests.poolhouse.template.support import ACCOUNT_ID, loaded, write

_TEMPLATE = """
Parameters: {A: {Type: String, Default: none}, B: {Type: String, Default: none}}
Resources: {R: {Type: x}}
"""

OVERRIDES = [
    ("parameter_overrides = ['A=1', 'B=2 3']", {"A": "1", "B": "2 3"}),
    ("parameter_overrides = 'A=1 B=\"2 3\"'", {"A": "1", "B": "2 3"}),
    ("parameter_overrides = 'A=1 B=x=y'", {"A": "1", "B": "x=y"}),
    ("parameter_overrides = ['A=\"quoted\"']", {"A": "quoted", "B": "none"}),
    ("parameter_overrides = 'ParameterKey=A,ParameterValue=1 ParameterKey=B,ParameterValue=2'", {"A": "1", "B": "2"}),
    ("parameter_overrides = ['Elsewhere=1', 'B=2']", {"A": "none", "B": "2"}),
    ("", {"A": "none", "B": "none"}),
]

REFUSED = [
    ("a = 1\nb = = 2\n", "samconfig.toml:2: this is not TOML: "),
    ("default = 3", "samconfig.toml: default.global.parameters must be a table."),
    ("[default.deploy]\nparameters = []", "samconfig.toml: default.deploy.parameters must be a table."),
    ("[default.deploy.parameters]\nparameter_overrides = 3", "samconfig.toml: parameter_overrides must be a list or"),
    ("[default.deploy.parameters]\nparameter_overrides = 'A=\"1'", "samconfig.toml: parameter_overrides: No closing"),
    ("[default.deploy.parameters]\nparameter_overrides = ['A']", "samconfig.toml: parameter_overrides: 'A' is not of"),
    ("[default.global.parameters]\nstack_name = 3", "samconfig.toml: stack_name must be text."),
    ("[default.global.parameters]\nstack_name = '1 2'", "template.yaml: the stack cannot be named '1 2'"),
]

FOLDERS = [("my app", "my-app"), ("1st_app!", "st-app"), ("42", "stack"), ("-a-", "a"), ("é", "stack")]


@pytest.mark.parametrize(("line", "expected"), OVERRIDES)
def test_parameters_are_taken_in_every_form_sam_takes(tmp_path: Path, line: str, expected: dict[str, str]) -> None:
    write(tmp_path, f"[default.deploy.parameters]\n{line}\n", "samconfig.toml")

    assert loaded(tmp_path, _TEMPLATE).parameters == expected


def test_what_is_given_wins_over_deploy_and_deploy_over_global(tmp_path: Path) -> None:
    sections = "[default.global.parameters]\nstack_name = 'all'\nparameter_overrides = 'A=global B=global'\n"
    write(tmp_path, f"{sections}[default.deploy.parameters]\nparameter_overrides = 'A=1 B=2'\n", "samconfig.toml")

    template = loaded(tmp_path, _TEMPLATE, {"B": "given"})

    assert template.stack_name == "all"
    assert template.parameters == {"A": "1", "B": "given"}
    assert loaded(tmp_path, _TEMPLATE, stack_name="mine").stack_name == "mine"


@pytest.mark.parametrize(("content", "message"), REFUSED)
def test_a_file_that_is_not_as_it_should_be_is_refused(tmp_path: Path, content: str, message: str) -> None:
    write(tmp_path, content, "samconfig.toml")

    with pytest.raises(CommandError) as error:
        loaded(tmp_path, _TEMPLATE)

    assert str(error.value).replace(f"{tmp_path}/", "").startswith(message)


@pytest.mark.parametrize(("folder", "name"), FOLDERS)
def test_a_stack_is_named_after_its_folder_made_valid(tmp_path: Path, folder: str, name: str) -> None:
    (tmp_path / folder).mkdir()

    template = loaded(tmp_path / folder, _TEMPLATE)

    assert template.stack_name == name


def test_a_stack_keeps_its_id(tmp_path: Path) -> None:
    first, second = (loaded(tmp_path, _TEMPLATE, stack_name=name) for name in ("one", "two"))

    assert first.stack_id == loaded(tmp_path, _TEMPLATE, stack_name="one").stack_id
    assert first.stack_id.startswith(f"arn:aws:cloudformation:eu-west-1:{ACCOUNT_ID}:stack/one/")
    assert first.stack_id.rpartition("/")[2] != second.stack_id.rpartition("/")[2]
