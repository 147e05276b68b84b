"""Reading template files: what CloudFormation reads, with a line for every complaint, whatever the file holds."""

import json
from pathlib import Path

import pytest

from poolhouse.errors import CommandError
from poolhouse.template import read
from tests.poolhouse.template.support import refusal, write

_LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)

SHORT_TAGS = [
    ("!Ref A", {"Ref": "A"}),
    ("!Condition A", {"Condition": "A"}),
    ("!GetAtt A.B.C", {"Fn::GetAtt": ["A", "B.C"]}),
    ("!GetAtt [A, B]", {"Fn::GetAtt": ["A", "B"]}),
    ("!Sub 'x${A}'", {"Fn::Sub": "x${A}"}),
    ("!If [A, !Ref B, 1]", {"Fn::If": ["A", {"Ref": "B"}, 1]}),
    ("!Join ['', [a, b]]", {"Fn::Join": ["", ["a", "b"]]}),
    ("!FindInMap [a, b, c]", {"Fn::FindInMap": ["a", "b", "c"]}),
    ("!GetAZs ''", {"Fn::GetAZs": ""}),
    ("!Transform {Name: x}", {"Fn::Transform": {"Name": "x"}}),
]

SCALARS = [
    ("2010-09-09", "2010-09-09"),
    ("2010-09-09T10:00:00Z", "2010-09-09T10:00:00Z"),
    ("012345678901", "012345678901"),
    ("5", 5),
    ("1.5", 1.5),
    ("true", True),
    ("'true'", "true"),
    ("null", None),
    (".nan", ".nan"),
    ("9" * 30, "9" * 30),
    ("!!binary aGk=", "aGk="),
]

REFUSED = [
    ("an empty file", b"", "template.yaml:1: a template is a mapping with a Resources section; this file is none."),
    ("a list", b"[1]", "template.yaml:1: a template is a mapping with a Resources section; this file is none."),
    ("Latin-1", b"a: 1\nb: \xe4", "template.yaml:2: this is not UTF-8: save the file in that encoding."),
    ("a NUL", b"a: \0", "template.yaml:1: this is not YAML: unacceptable character #x0000: control characters"),
    ("broken YAML", b"a: 1\nb: [1, 2\nc: 3", "template.yaml:3: this is not YAML: did not find expected ',' or ']'."),
    ("two documents", b"a: 1\n---\nb: 2", "template.yaml:2: this is not YAML: but found another document."),
    ("a key twice", b"a: 1\nb: 2\na: 3", "template.yaml:3: a is here twice; remove one."),
    (
        "a merge key",
        b"a: &a {b: 1}\nc:\n  <<: *a",
        "template.yaml:3: CloudFormation does not take YAML merge keys (<<)",
    ),
    ("a list as a key", b"? [a]\n: 1", "template.yaml:1: a key must be plain text."),
    ("a Python object", b"!!python/object/apply:os.system [id]", "template.yaml:1: a template is a mapping with"),
    ("no number", b"a: !!int x", "template.yaml:1: 'x' is not a number; quote it."),
    ("too large a file", b"a: " + b"x" * 1_048_576, "template.yaml: the template is larger than the 1,048,576 bytes"),
    ("ever more aliases", _LAUGHS.encode(), "template.yaml:1: the template has more than 200,000 values."),
    ("an alias in itself", b"a: &a\n  - *a", "template.yaml:1: the template is nested more than 100 levels deep"),
    ("a hundred thousand levels", b"[" * 100_000, "template.yaml:1: the template is nested more than 100 levels deep"),
]


@pytest.mark.parametrize(("written", "expected"), SHORT_TAGS)
def test_a_short_tag_is_the_function_it_stands_for(tmp_path: Path, written: str, expected: object) -> None:
    source = read.read(write(tmp_path, f"A: {written}"))

    assert source.body == {"A": expected}


@pytest.mark.parametrize(("written", "expected"), SCALARS)
def test_a_scalar_is_what_json_can_carry_and_a_date_stays_text(tmp_path: Path, written: str, expected: object) -> None:
    source = read.read(write(tmp_path, f"A: {written}"))

    assert source.body == {"A": expected}


@pytest.mark.parametrize(("content", "message"), [pytest.param(*case[1:], id=case[0]) for case in REFUSED])
def test_what_is_no_template_is_refused_with_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    assert refusal(tmp_path, content).startswith(message)


def test_json_reads_as_yaml_does(tmp_path: Path) -> None:
    body = {"Resources": {"A": {"Type": "x", "Properties": {"B": [1, "2", True, {"Ref": "C"}]}}}}

    source = read.read(write(tmp_path, json.dumps(body, indent=2), "template.json"))

    assert source.body == body
    assert str(source.error("No.", "Resources", "A", "Type")).endswith("template.json:4: No.")


def test_an_error_names_the_line_of_the_nearest_known_value(tmp_path: Path) -> None:
    source = read.read(write(tmp_path, "Resources:\n  A:\n    Type: x\n    Properties:\n      B:\n        - !Ref C\n"))
    properties = ("Resources", "A", "Properties")

    assert str(source.error("x", *properties, "B", 0, "Ref")).endswith(":6: x")
    assert str(source.error("x", *properties, "Unwritten", "Below")).endswith(":4: x")
    assert str(source.error("x", "Resources", "AMadeUpByTheTranslator", "Properties")).endswith(":2: x")
    assert str(source.error("x", "Outputs")).endswith(":1: x")


def test_an_error_holds_nothing_a_terminal_obeys(tmp_path: Path) -> None:
    source = read.read(write(tmp_path, "a: 1"))

    message = str(source.error("red \x1b[31m\n\x9b and " + "long " * 1000, "a"))

    assert message.startswith(f"{tmp_path}/template.yaml:1: red [31m and long")
    assert len(message) < 1000


@pytest.mark.parametrize("name", ["absent.yaml", "folder", "nul\0.yaml", "/dev/zero"])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()

    with pytest.raises(CommandError, match=r"No such file|this is not a file|embedded null"):
        read.read(tmp_path / name)
