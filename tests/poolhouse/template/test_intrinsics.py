"""Intrinsic functions and conditions: what they come to, and how they are refused."""

from pathlib import Path
from typing import Any

import pytest

from tests.poolhouse.template.support import ACCOUNT_ID, loaded, made, refusal, value

HEAD = """
Parameters:
  Stage: {Type: String, Default: dev}
  Size: {Type: Number, Default: 3}
  Names: {Type: CommaDelimitedList, Default: "a, b,c"}
Mappings:
  Sizes:
    dev: {Memory: 128, Zones: [x, y]}
Conditions:
  IsDev: !Equals [!Ref Stage, dev]
  IsProd: !Not [!Condition IsDev]
  IsSmall: !Equals [!Ref Size, 3]
  Either: !Or [!Condition IsProd, !Condition IsDev]
  Both: !And [!Condition IsProd, !Condition IsDev]
"""

VALUES: list[tuple[str, Any]] = [
    ("5", 5),
    ("true", True),
    ("!Ref Stage", "dev"),
    ("!Ref Size", "3"),
    ("!Ref Names", ["a", "b", "c"]),
    ("!Ref Other", "id-Other"),
    ("!Ref AWS::Region", "eu-west-1"),
    ("!Ref AWS::AccountId", ACCOUNT_ID),
    ("!Ref AWS::Partition", "aws"),
    ("!Ref AWS::URLSuffix", "amazonaws.com"),
    ("!Ref AWS::NotificationARNs", []),
    ("!Ref AWS::NoValue", "nothing at all"),
    ("[1, !Ref AWS::NoValue, 2]", [1, 2]),
    ("{a: !Ref AWS::NoValue, b: 1}", {"b": 1}),
    ("!GetAtt Other.Arn", "arn:of:it"),
    ("!GetAtt Other.Outputs.Url", "nested"),
    ("!GetAtt [Other, !Sub Arn]", "arn:of:it"),
    ("{'Fn::GetAtt': Other.Arn}", "arn:of:it"),
    ("!Sub '${Stage}-${Size}-${Other}-${Other.Arn}'", "dev-3-id-Other-arn:of:it"),
    ("!Sub ['${A}/${Stage}', {A: !Ref Other}]", "id-Other/dev"),
    ("!Sub ['${Stage}', {Stage: mine}]", "mine"),
    ("!Sub ['${A}${B}', {A: 1, B: true}]", "1true"),
    ("!Sub '${!Literal} $ {x} ${ Stage }'", "${Literal} $ {x} dev"),
    ("!Join [',', !Ref Names]", "a,b,c"),
    ("!Join ['', [a, 1, !Ref Stage, !Ref AWS::NoValue]]", "a1dev"),
    ("!Split [',', 'a,,b']", ["a", "", "b"]),
    ("!Select [1, !Split ['-', 'x-y']]", "y"),
    ("!Select ['2', !Ref Names]", "c"),
    ("!Select [0, !GetAtt Other.Servers]", "ns1"),
    ("!If [IsDev, yes-it-is, !Ref Other]", "yes-it-is"),
    ("!If [IsProd, 1, !Ref AWS::NoValue]", "nothing at all"),
    ("[!If [IsSmall, 1, 2], !If [Either, 1, 2], !If [Both, 1, 2]]", [1, 1, 2]),
    ("!FindInMap [Sizes, !Ref Stage, Memory]", 128),
    ("!FindInMap [Sizes, dev, Zones]", ["x", "y"]),
    ("!FindInMap [Sizes, prod, Memory, {DefaultValue: !Ref Stage}]", "dev"),
    ("!Base64 hello", "aGVsbG8="),
    ("{'Fn::Base64': !Sub '${Stage}'}", "ZGV2"),
    ("!GetAZs ''", ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
    ("!Select [0, !GetAZs us-east-1]", "us-east-1a"),
    ("!Cidr [10.0.0.0/16, 2, 8]", ["10.0.0.0/24", "10.0.1.0/24"]),
    ("!Cidr ['2600:1f18:abc:de00::/56', 1, 64]", ["2600:1f18:abc:de00::/64"]),
    ("{'Fn::Length': !Ref Names}", 3),
    ("{'Fn::ToJsonString': {a: !Ref Stage, b: [!Ref Other, 1]}}", '{"a":"dev","b":["id-Other",1]}'),
    ("{Condition: {StringEquals: {a: b}}}", {"Condition": {"StringEquals": {"a": "b"}}}),
]

REFUSED = [
    ("!Ref [a]", "Ref takes the name of a parameter or a resource"),
    ("!GetAtt Other", "every Fn::GetAtt object requires two non-empty parameters"),
    ("!GetAtt [Other, a, b]", "every Fn::GetAtt object requires two non-empty parameters"),
    ("!Sub [a]", "Fn::Sub takes a string, or a list of a string and a mapping of values"),
    ("!Sub {a: b}", "Fn::Sub takes a string, or a list of a string and a mapping of values"),
    ("!Sub '${}'", "variable names in Fn::Sub syntax must contain only alphanumeric characters"),
    ("!Sub ['${A-B}', {A-B: x}]", "variable names in Fn::Sub syntax must contain only alphanumeric characters"),
    ("!Sub ['${A}', {A: [b]}]", "a string is needed here"),
    ("!Sub '${Names}'", "a string is needed here"),
    ("!Join [a]", "every Fn::Join object requires two parameters"),
    ("!Join [!Ref Stage, [a]]", "every Fn::Join object requires two parameters"),
    ("!Join [',', !Ref Stage]", "every Fn::Join object requires two parameters"),
    ("!Join [',', [[a]]]", "a string is needed here"),
    ("!Split ['', abc]", "every Fn::Split object requires two parameters"),
    ("!Split [',', [a]]", "a string is needed here"),
    ("!Select [3, !Ref Names]", "Fn::Select cannot select nonexistent value at index 3"),
    ("!Select [-1, !Ref Names]", "Fn::Select requires a list argument with two elements: an integer index and a list"),
    ("!Select [0, !Ref Stage]", "Fn::Select requires a list argument with two elements: an integer index and a list"),
    (f"!Select ['{'9' * 5000}', !Ref Names]", "Fn::Select cannot select nonexistent value at index 999"),
    ("!If [IsDev, a]", "Fn::If takes a condition and two values"),
    ("!If [Nope, a, b]", "there is no condition Nope; add it to Conditions"),
    ("!If [!Equals [a, a], a, b]", "there is no condition {'Fn::Equals': ['a', 'a']}"),
    ("!Equals [a, a]", "Fn::Equals is for the Conditions section"),
    ("!FindInMap [Sizes, dev]", "every Fn::FindInMap object requires three parameters"),
    ("!FindInMap [Nope, dev, Memory]", "Mapping named 'Nope' is not present in the 'Mappings' section of template"),
    ("!FindInMap [Sizes, prod, Memory]", "Unable to get mapping for Sizes::prod::Memory"),
    ("!Cidr [10.0.0.0/24, 9, 5]", "Fn::Cidr takes a block, a count from 1 to 256"),
    ("!Cidr ['::/0', 99999999999, 1]", "Fn::Cidr takes a block, a count from 1 to 256"),
    ("!Cidr [x, 1, 1]", "Fn::Cidr takes a block, a count from 1 to 256"),
    ("!ImportValue x", "Fn::ImportValue is not built yet"),
    ("!Transform {Name: AWS::Include}", "Fn::Transform is not built yet"),
    ("!Nope x", "there is no function Fn::Nope"),
    ("{'Fn::Sub': a, other: b}", "Fn::Sub must be the only key where it stands"),
    ("", "'null' values are not allowed in templates"),
    ("{'Fn::Length': !Ref Stage}", "Fn::Length takes a list"),
    ("{'Fn::ToJsonString': x}", "Fn::ToJsonString takes a mapping or a list"),
]

CONDITIONS = [
    ("C: true", ":3: a condition is one of Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition."),
    ("C: !Not [!Condition D]", ":3: there is no condition D; add it to Conditions."),
    ("C: !Equals [a]", ":3: Fn::Equals requires a list argument with two elements."),
    ("C: !And [!Equals [a, a]]", ":3: every Fn::And object requires a list of at least 2 and at most 10 boolean"),
    ("C: !Not [!Equals [a, a], !Equals [a, b]]", ":3: every Fn::Not object requires a list with exactly 1 boolean"),
    (
        "C: !Equals [!Ref It, a]",
        ":3: Unresolved dependencies [It]. Cannot reference resources in the Conditions block of the template.",
    ),
    ("C: !Not [!Condition D]\n  D: !Not [!Condition C]", ":4: Circular dependency between conditions: [C, D]."),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES)
def test_a_function_gives_what_aws_gives(tmp_path: Path, expression: str, expected: object) -> None:
    attributes = {"Outputs.Url": "nested", "Servers": ["ns1", "ns2"]}

    assert value(tmp_path, expression, HEAD, attributes) == expected


@pytest.mark.parametrize(("expression", "message"), REFUSED)
def test_a_wrong_use_of_a_function_is_refused_at_its_line_before_anything_is_made(
    tmp_path: Path, expression: str, message: str
) -> None:
    text = f"Resources:\n  Other: {{Type: A::B}}\n  It:\n    Type: A::B\n    Properties:\n      P: {expression}\n{HEAD}"

    assert refusal(tmp_path, text).startswith(f"template.yaml:6: {message}")


@pytest.mark.parametrize(("conditions", "message"), CONDITIONS)
def test_a_wrong_condition_is_refused_at_its_line(tmp_path: Path, conditions: str, message: str) -> None:
    text = f"Resources: {{It: {{Type: A::B}}}}\nConditions:\n  {conditions}\n"

    assert refusal(tmp_path, text).startswith(f"template.yaml{message}")


def test_conditions_that_name_each_other_ten_times_over_are_decided_once_each(tmp_path: Path) -> None:
    chain = "".join(f"  C{i}: !And [{', '.join([f'!Condition C{i + 1}'] * 10)}]\n" for i in range(30))

    template = loaded(
        tmp_path, f"Conditions:\n{chain}  C30: !Equals [a, a]\nResources: {{A: {{Type: x, Condition: C0}}}}"
    )

    assert list(template.resources) == ["A"]


def test_an_endless_chain_of_conditions_is_refused(tmp_path: Path) -> None:
    chain = "".join(f"  C{i}: !Not [!Condition C{i + 1}]\n" for i in range(3000))

    message = refusal(tmp_path, f"Conditions:\n{chain}  C3000: !Equals [a, a]\nResources: {{A: {{Type: x}}}}")

    assert message.endswith("C0 builds on too long a chain of conditions; make it shorter.")


def test_an_attribute_a_resource_does_not_have_is_refused_where_it_is_asked_for(tmp_path: Path) -> None:
    text = "Resources:\n  A: {Type: x}\n  B:\n    Type: x\n    Properties:\n      P: !GetAtt A.Nope\n"
    template = loaded(tmp_path, text)

    with pytest.raises(
        Exception, match="resource A does not support attribute type Nope in Fn::GetAtt; it has"
    ) as error:
        template.resolve(template.resources["B"].properties, made(template), "Resources", "B", "Properties")

    assert str(error.value).startswith(f"{tmp_path}/template.yaml:6: ")
