"""Parameters: what is given and declared, and every way it may not fit."""

from pathlib import Path

import pytest

from tests.poolhouse.template.support import loaded, refusal, resolved

_RESOURCES = "Resources: {A: {Type: x, Properties: {P: !Ref P}}}"

ACCEPTED = [
    ("{Type: String, Default: a}", {}, "a"),
    ("{Type: String, Default: a}", {"P": "b"}, "b"),
    ("{Type: String, Default: a}", {"P": ""}, ""),
    ("{Type: String, Default: true}", {}, "true"),
    ("{Type: String, AllowedPattern: '[a-z]+'}", {"P": "abc"}, "abc"),
    ("{Type: String, AllowedPattern: '[\\p{L}]++'}", {"P": "äb"}, "äb"),
    ("{Type: String, MinLength: '2', MaxLength: 3}", {"P": "abc"}, "abc"),
    ("{Type: Number, Default: 3}", {}, "3"),
    ("{Type: Number, MinValue: 1, MaxValue: 10}", {"P": "-0.5e1"}, None),
    ("{Type: Number, AllowedValues: [1, 2]}", {"P": "2"}, "2"),
    ("{Type: CommaDelimitedList, Default: 'a, b'}", {}, ["a", "b"]),
    ("{Type: CommaDelimitedList, AllowedValues: [a, b]}", {"P": "b,a"}, ["b", "a"]),
    ("{Type: List<Number>}", {"P": "1,2"}, ["1", "2"]),
    ("{Type: 'AWS::EC2::VPC::Id'}", {"P": "vpc-1"}, "vpc-1"),
    ("{Type: 'List<AWS::EC2::Subnet::Id>'}", {"P": "a,b"}, ["a", "b"]),
]

REFUSED = [
    ("{Type: String}", {}, ":2: Parameters: [P] must have values: give --parameter P=..."),
    ("{Type: String, Default: a}", {"Q": "b"}, ":1: Parameters: [Q] do not exist in the template; there is: P."),
    ("{Type: String, AllowedValues: [a, b]}", {"P": "c"}, ":2: Parameter P: 'c' must be one of AllowedValues: a, b."),
    ("{Type: String, AllowedPattern: '[a-z]+'}", {"P": "a1"}, ":2: Parameter P: 'a1' must match pattern [a-z]+."),
    (
        "{Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: letters}",
        {"P": "1"},
        ":2: Parameter P: '1' must be letters.",
    ),
    ("{Type: String, AllowedPattern: '(('}", {"P": "1"}, ":2: Parameter P: its AllowedPattern is not one: "),
    ("{Type: String, MinLength: 2}", {"P": "a"}, ":2: Parameter P: 'a' must contain at least 2 characters."),
    ("{Type: String, MaxLength: 2}", {"P": "abc"}, ":2: Parameter P: 'abc' must contain at most 2 characters."),
    ("{Type: String, MinLength: x}", {"P": "a"}, ":2: Parameter P: MinLength must be a number."),
    ("{Type: Number}", {"P": "nan"}, ":2: Parameter P: 'nan' must be a number."),
    ("{Type: Number}", {"P": "1_000"}, ":2: Parameter P: '1_000' must be a number."),
    ("{Type: Number, MinValue: 3}", {"P": "2"}, ":2: Parameter P: '2' must be at least 3."),
    ("{Type: Number, MaxValue: 3}", {"P": "4"}, ":2: Parameter P: '4' must be at most 3."),
    ("{Type: List<Number>}", {"P": "1,x"}, ":2: Parameter P: 'x' must be a number."),
    ("{Type: Text}", {"P": "a"}, ":2: Parameter P: there is no type Text."),
    (
        "{Type: 'AWS::SSM::Parameter::Value<String>'}",
        {"P": "a"},
        ":2: Parameter P: Unable to fetch parameters [a] from parameter store for this account.",
    ),
    ("{Type: String, Colour: red}", {"P": "a"}, ":2: Parameter P: there is no attribute Colour."),
    ("{Type: String, Default: [a]}", {}, ":2: Parameter P: Every Default member must be a string."),
    ("{Type: String, AllowedValues: a}", {"P": "a"}, ":2: Parameter P: AllowedValues must be a list."),
    ("{Default: a}", {}, ":2: Parameter P needs a Type, such as String."),
    ("text", {}, ":2: Parameter P needs a Type, such as String."),
]


@pytest.mark.parametrize(("declaration", "given", "expected"), ACCEPTED)
def test_a_parameter_has_the_value_given_or_its_default(
    tmp_path: Path, declaration: str, given: dict[str, str], expected: object
) -> None:
    text = f"Parameters:\n  P: {declaration}\n{_RESOURCES}"

    if expected is None:
        assert "must be at least 1" in refusal(tmp_path, text, given)
    else:
        assert resolved(loaded(tmp_path, text, given), "A") == {"P": expected}


@pytest.mark.parametrize(("declaration", "given", "message"), REFUSED)
def test_a_parameter_that_does_not_fit_is_refused_at_its_line(
    tmp_path: Path, declaration: str, given: dict[str, str], message: str
) -> None:
    text = f"Parameters:\n  P: {declaration}\n{_RESOURCES}"

    assert refusal(tmp_path, text, given).startswith(f"template.yaml{message}")


def test_every_missing_parameter_is_named(tmp_path: Path) -> None:
    text = (
        "Parameters: {P: {Type: String}, Q: {Type: String, Default: a}, R: {Type: Number}}\nResources: {A: {Type: x}}"
    )

    assert "Parameters: [P, R] must have values" in refusal(tmp_path, text)


def test_the_value_of_a_secret_parameter_is_never_shown(tmp_path: Path) -> None:
    text = f"Parameters:\n  P: {{Type: String, NoEcho: true, MinLength: 12}}\n{_RESOURCES}"

    message = refusal(tmp_path, text, {"P": "hunter2"})

    assert message == "template.yaml:2: Parameter P: its value must contain at least 12 characters."


def test_a_pattern_that_would_take_for_ever_is_given_up(tmp_path: Path) -> None:
    text = f"Parameters:\n  P: {{Type: String, AllowedPattern: '(.*)*(.*)*(.*)*[^a]b'}}\n{_RESOURCES}"

    assert "must match pattern" in (message := refusal(tmp_path, text, {"P": "a" * 40})) or "takes too long" in message


def test_a_list_parameter_is_told_as_it_is_given(tmp_path: Path) -> None:
    text = f"Parameters:\n  P: {{Type: CommaDelimitedList}}\n{_RESOURCES}"

    assert loaded(tmp_path, text, {"P": "a, b"}).parameters == {"P": "a,b"}
