"""Fn::ForEach: what a loop comes to, and what is wrong with one."""

from pathlib import Path

import pytest

from tests.poolhouse.template.support import loaded, refusal, resolved

HEAD = "Transform: AWS::LanguageExtensions\n"


def test_a_loop_makes_a_resource_for_each_item(tmp_path: Path) -> None:
    template = loaded(
        tmp_path,
        HEAD
        + """
Conditions:
  Fn::ForEach::Decisions:
    - Name
    - [Me, Users]
    - "Has${Name}": !Equals [!Ref Name, Me]
Resources:
  Fn::ForEach::Alarms:
    - Name
    - [Me, Users]
    - "${Name}Alarm":
        Type: A::B
        Properties:
          Text: !Sub "${Name} of ${AWS::Region}"
          Item: !Ref Name
          Function: !Ref {"Fn::Sub": "${Name}Function"}
          Arn: !GetAtt [!Sub "${Name}Function", Arn]
          Own: !Sub "${Name}"
      "${Name}Function": {Type: A::B}
Outputs:
  Fn::ForEach::Told:
    - Name
    - [Me, Users]
    - "${Name}Id": {Value: !Ref {"Fn::Sub": "${Name}Alarm"}, Condition: HasMe}
""",
    )

    assert set(template.resources) == {"MeAlarm", "MeFunction", "UsersAlarm", "UsersFunction"}
    assert resolved(template, "UsersAlarm") == {
        "Text": "Users of eu-west-1", "Item": "Users", "Function": "id-UsersFunction", "Arn": "arn:of:it",
        "Own": "Users",
    }  # fmt: skip
    assert template.resources["MeAlarm"].depends_on == ("MeFunction",)
    assert set(template.outputs) == {"MeId", "UsersId"}


def test_a_list_may_be_a_parameter_and_loops_stand_in_one_another_and_in_properties(tmp_path: Path) -> None:
    template = loaded(
        tmp_path,
        HEAD
        + """
Parameters: {Names: {Type: CommaDelimitedList, Default: "a,b"}}
Resources:
  Fn::ForEach::Outer:
    - One
    - !Ref Names
    - Fn::ForEach::Inner:
        - Two
        - [x, "y.z"]
        - "${One}&{Two}":
            Type: A::B
            Properties:
              Fn::ForEach::Members:
                - Key
                - [K, !Ref One]
                - "${Key}Of": "${Key} ${One} ${Two}"
""",
        {"Names": "a,c"},
    )

    assert set(template.resources) == {"ax", "ayz", "cx", "cyz"}
    assert resolved(template, "cyz") == {"KOf": "K c y.z", "cOf": "c c y.z"}


REFUSED = {
    "no loop": ("Fn::ForEach::L: {}", ":3: Fn::ForEach::L takes an identifier, a list"),
    "no mapping": ("Fn::ForEach::L: [N, [a], b]", ":3: Fn::ForEach::L takes an identifier, a list"),
    "no list": ("Fn::ForEach::L: [N, a, {}]", ":3: Fn::ForEach::L takes an identifier, a list"),
    "a list of what is none": ("Fn::ForEach::L: [N, [[a]], {}]", ":3: Fn::ForEach::L takes an identifier, a list"),
    "a list no parameter has": ("Fn::ForEach::L: [N, !Ref X, {}]", ":3: Fn::ForEach::L takes an identifier, a list"),
    "a list of a made resource": ("Fn::ForEach::L: [N, !GetAtt A.B, {}]", ":3: Fn::ForEach::L takes an identifier, a"),
    "what no name can hold": ('Fn::ForEach::L: [N, [a-b], {"${N}": {Type: x}}]', ":3: Fn::ForEach::L: 'a-b' cannot"),
    "one name twice": ("Fn::ForEach::L: [N, [a, b], {A: {Type: x}}]", ":3: A is here twice: once more by a loop."),
    "one name twice, by hand": (
        'Aa: {Type: x}\n  Fn::ForEach::L: [N, [a], {"A${N}": {Type: x}}]',
        ":4: Aa is here twice: once more by a loop.",
    ),
    "what is wrong with what it makes": (
        'Fn::ForEach::L:\n    - N\n    - [a]\n    - "A${N}":\n        Typ: x',
        ":6: Aa needs a Type, such as AWS::Cognito::UserPool.",
    ),
    "a name without Fn::Sub": (
        'Fn::ForEach::L: [N, [a], {"A${N}": {Type: x, Properties: {P: !Ref "A${N}"}}}]',
        "Unresolved resource dependencies [A${N}]",
    ),
    "a condition of the loop's": (
        'Fn::ForEach::L: [N, [a], {"A${N}": {Type: x, Condition: "Has${N}"}}]',
        "Unresolved condition dependency Has${N}",
    ),
    "a property that is": (
        'Fn::ForEach::L:\n    - N\n    - [a]\n    - "A${N}":\n        Type: x\n        Properties: {P: !Ref Nothing}',
        ":8: Unresolved resource dependencies [Nothing]",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_loop_that_is_none_is_refused_with_its_line(tmp_path: Path, case: str) -> None:
    text, message = REFUSED[case]

    assert message in refusal(tmp_path, f"{HEAD}Resources:\n  {text}\n")


def test_loops_that_would_fill_the_memory_are_refused(tmp_path: Path) -> None:
    loop = "{}"
    for depth in range(20):
        loop = f"{{'Fn::ForEach::L{depth}': [N{depth}, [1, 2, 3, 4, 5, 6, 7, 8, 9], {loop}]}}"

    assert "come to more than 100,000 values" in refusal(tmp_path, f"{HEAD}Resources: {loop}\n")
