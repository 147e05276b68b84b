"""From a file to a template: what is wrong in it, what depends on what, what is there under which condition."""

from pathlib import Path

import pytest

from tests.poolhouse.template.support import loaded, refusal, resolved

REFUSED = [
    ("A: 1", ":1: Invalid template property or properties [A]; there is: AWSTemplateFormatVersion, Conditions,"),
    ("Description: none", ":1: At least one Resources member must be defined."),
    ("Resources: {}", ":1: At least one Resources member must be defined."),
    ("Resources: [A]", ":1: At least one Resources member must be defined."),
    ("Rules: {}\nResources: {A: {Type: x}}", ":1: The section Rules is not built yet."),
    ("Outputs: [1]\nResources: {A: {Type: x}}", ":1: Outputs must be a mapping."),
    ("AWSTemplateFormatVersion: 2011-01-01\nResources: {A: {Type: x}}", ":1: The only AWSTemplateFormatVersion there"),
    ("Transform: Mine\nResources: {A: {Type: x}}", ":1: The transform Mine is not built yet."),
    (
        "Transform: [{Name: AWS::Include}]\nResources: {A: {Type: x}}",
        ":1: The transform AWS::Include is not built yet.",
    ),
    (
        "Globals: {Function: {Timeout: 3}}\nResources: {A: {Type: x}}",
        ":1: Globals need the line Transform: AWS::Server",
    ),
    (
        "Resources:\n  A: {Type: AWS::Serverless::Function}",
        ":2: A: AWS::Serverless::Function needs the line Transform:",
    ),
    ("Resources:\n  A-B: {Type: x}", ":2: A-B: a logical id is letters and digits only."),
    (
        "Resources:\n  'Fn::ForEach::A': [x, [a], {}]",
        ":2: Fn::ForEach needs the line Transform: AWS::LanguageExtensions.",
    ),
    ("Resources:\n  A:", ":2: A needs a Type, such as AWS::Cognito::UserPool."),
    ("Resources:\n  A: {Properties: {}}", ":2: A needs a Type, such as AWS::Cognito::UserPool."),
    ("Resources:\n  A:\n    Type: 3", ":2: A needs a Type, such as AWS::Cognito::UserPool."),
    ("Resources:\n  A:\n    Type: x\n    UserPoolName: x", ":4: A: a resource has no attribute UserPoolName."),
    (
        "Resources:\n  A:\n    Type: x\n    Properties: {}\n    Name: x",
        ":5: A: a resource has no attribute Name. Is it a property, to be indented under Properties?",
    ),
    ("Resources:\n  A:\n    Type: x\n    Properties: [a]", ":4: A: Properties must be a mapping."),
    ("Resources:\n  A:\n    Type: x\n    DependsOn: {a: b}", ":4: A: DependsOn must be a string or list of strings."),
    ("Resources:\n  A:\n    Type: x\n    DependsOn: [B]", ":4: Unresolved resource dependencies [B] in the Resources"),
    (
        "Parameters: {P: {Type: String, Default: a}}\nResources:\n  A: {Type: x, DependsOn: P}",
        ":3: Unresolved resource",
    ),
    (
        "Resources:\n  A:\n    Type: x\n    DeletionPolicy: Keep",
        ":4: A: DeletionPolicy is one of Delete, Retain, Retain",
    ),
    (
        "Resources:\n  A:\n    Type: x\n    UpdateReplacePolicy: [x]",
        ":4: A: UpdateReplacePolicy is one of Delete, Retain",
    ),
    (
        "Resources:\n  A:\n    Type: x\n    Condition: C",
        ":4: Unresolved condition dependency C in the Resources block of",
    ),
    (
        "Parameters: {A: {Type: String, Default: a}}\nResources:\n  A: {Type: x}",
        ":3: A is the name of a parameter, too;",
    ),
    (
        "Resources:\n  A:\n    Type: x\n    Properties:\n      B: [!Ref C, !Sub '${D}', !GetAtt E.F]",
        ":5: Unresolved resource dependencies [C, D, E] in the Resources block of the template.",
    ),
    (
        "Resources:\n  A: {Type: x, DependsOn: B}\n  B: {Type: x, DependsOn: A}\n  C: {Type: x, DependsOn: A}",
        ":2: Circular dependency between resources: [A, B].",
    ),
    ("Resources:\n  A: {Type: x, Properties: {P: !Ref A}}", ":2: Circular dependency between resources: [A]."),
    ("Resources: {A: {Type: x}}\nOutputs:\n  O: 3", ":3: Output O needs a Value."),
    (
        "Resources: {A: {Type: x}}\nOutputs:\n  O:\n    Value: !Ref B",
        ":4: Unresolved resource dependencies [B] in the Out",
    ),
    (
        "Resources: {A: {Type: x}}\nOutputs:\n  O: {Value: [a]}",
        ":3: The Value field of every Outputs member must evalua",
    ),
    ("Resources: {A: {Type: x}}\nOutputs:\n  O: {Value: !Ref AWS::NoValue}", ":3: The Value field of every Outputs"),
    (
        "Resources: {A: {Type: x}}\nOutputs:\n  O: {Value: a, Condition: C}",
        ":3: Unresolved condition dependency C in the",
    ),
    (
        "Resources: {A: {Type: x}}\nOutputs:\n  O: {Value: a, Colour: red}",
        ":3: Output O: there is no attribute Colour.",
    ),
]

ORDERS = [
    ("{A: {Type: x}, B: {Type: x}, C: {Type: x}}", ["A", "B", "C"]),
    ("{A: {Type: x, DependsOn: Z}, B: {Type: x}, Z: {Type: x}}", ["B", "Z", "A"]),
    ("{A: {Type: x, DependsOn: [C, B]}, B: {Type: x, DependsOn: C}, C: {Type: x}}", ["C", "B", "A"]),
    ("{A: {Type: x, Properties: {P: !Sub ['${X}', {X: !GetAtt B.Arn}]}}, B: {Type: x}}", ["B", "A"]),
    ("{A: {Type: x, Properties: {P: [{Q: !Join ['', [!Ref B]]}]}}, B: {Type: x}}", ["B", "A"]),
    ("{A: {Type: x, Properties: {P: !Sub '${B.Arn}${!C}'}}, B: {Type: x}, C: {Type: x}}", ["B", "A", "C"]),
    ("{A: {Type: x, Metadata: {P: !Ref B}}, B: {Type: x}}", ["B", "A"]),
]

_CONDITIONAL = """
Parameters: {{Stage: {{Type: String, Default: dev}}}}
Conditions: {{IsProd: !Equals [!Ref Stage, prod]}}
Resources:
  Logs: {{Type: x, Condition: IsProd}}
  Api: {{Type: x, Properties: {{Log: {expression}}}}}
Outputs:
  LogName: {{Value: !Ref Logs, Condition: IsProd}}
"""


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_is_wrong_in_a_template_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(tmp_path, text).startswith(f"template.yaml{message}")


@pytest.mark.parametrize(("resources", "order"), ORDERS)
def test_resources_come_after_all_they_name_and_else_as_in_the_file(
    tmp_path: Path, resources: str, order: list[str]
) -> None:
    assert list(loaded(tmp_path, f"Resources: {resources}").resources) == order


def test_what_depends_on_what_is_kept(tmp_path: Path) -> None:
    text = "Resources: {A: {Type: x, DependsOn: C, Properties: {P: [!Ref B, !Ref C]}}, B: {Type: x}, C: {Type: x}}"

    assert loaded(tmp_path, text).resources["A"].depends_on == ("C", "B")


def test_a_resource_whose_condition_does_not_hold_is_not_there(tmp_path: Path) -> None:
    text = _CONDITIONAL.format(expression="!If [IsProd, !Ref Logs, !Ref AWS::NoValue]")

    dev, prod = loaded(tmp_path, text), loaded(tmp_path, text, {"Stage": "prod"})

    assert list(dev.resources) == ["Api"]
    assert dev.outputs == {}
    assert resolved(dev, "Api") == {}
    assert list(prod.resources) == ["Logs", "Api"]
    assert list(prod.outputs) == ["LogName"]
    assert resolved(prod, "Api") == {"Log": "id-Logs"}


@pytest.mark.parametrize(
    "expression", ["!Ref Logs", "!GetAtt Logs.Arn", "!Sub '${Logs}'", "!If [IsProd, 1, !Ref Logs]"]
)
def test_a_resource_that_is_not_there_cannot_be_named(tmp_path: Path, expression: str) -> None:
    message = refusal(tmp_path, _CONDITIONAL.format(expression=expression))

    assert message.startswith("template.yaml:6: Unresolved resource dependencies [Logs] in the Resources block")


def test_a_name_of_nothing_is_refused_in_a_branch_that_does_not_hold_too(tmp_path: Path) -> None:
    message = refusal(tmp_path, _CONDITIONAL.format(expression="!If [IsProd, !Ref Nothing, 1]"))

    assert message.startswith("template.yaml:6: Unresolved resource dependencies [Nothing] in the Resources block")


def test_policies_are_kept_and_delete_is_what_is_left_unsaid(tmp_path: Path) -> None:
    text = "Resources: {A: {Type: x, DeletionPolicy: Retain}, B: {Type: x, UpdateReplacePolicy: Snapshot}}"

    resources = loaded(tmp_path, text).resources

    assert [(one.deletion_policy, one.update_replace_policy) for one in resources.values()] == [
        ("Retain", "Delete"),
        ("Delete", "Snapshot"),
    ]
