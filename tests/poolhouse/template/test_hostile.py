"""Whatever stands in a template, in whatever place: it loads, or is refused in one line."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from poolhouse.errors import CommandError
from poolhouse.template import read
from poolhouse.template.load import load
from tests.poolhouse.template.support import ACCOUNT_ID, REGION, write

_PLAIN = """
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod], MinLength: 1}
Mappings: {Sizes: {dev: {Memory: 128}}}
Conditions:
  IsProd: !Not [!Equals [!Ref Stage, dev]]
Resources:
  A: {Type: x, Condition: IsProd}
  B:
    Type: x
    DependsOn: [C]
    DeletionPolicy: Retain
    Properties:
      P: [!If [IsProd, !Ref A, !Ref AWS::NoValue], !Sub ["${X}", {X: !GetAtt C.Arn}], !Select [0, [a]]]
      Q: !FindInMap [Sizes, !Ref Stage, Memory]
  C: {Type: x, Metadata: {a: b}}
Outputs: {O: {Value: !Join ["", [a, !Ref C]], Condition: IsProd}}
"""
_SAM = """
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Timeout: 3, Environment: {Variables: {A: b}}}}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Runtime: python3.11
      Policies: [{DynamoDBReadPolicy: {TableName: x}}]
      Events: {Get: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /a, Method: get}}}
  Api:
    Type: AWS::Serverless::Api
    Properties: {StageName: p, Cors: "'*'", Auth: {Authorizers: {U: {UserPoolArn: x}}}}
"""
_HOSTILE: list[Any] = [
    *(None, 3, -1.5, True, "", "x.y", "\x1b[31m\n", "${", [], [None], {}, {"a": 1}),
    *({"Ref": "B"}, {"Ref": ["a"]}, {"Fn::GetAtt": "C"}, {"Fn::Sub": ["${a}"]}, {"Fn::If": ["IsProd"]}),
    *({"Fn::Nope": 1}, {"Condition": "IsProd"}, {"Fn::Transform": {"Name": "AWS::Include"}}),
]


def _places(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*place, key)
        yield from _places(item, (*place, key))


def _with(body: Any, place: tuple[str | int, ...], value: Any) -> Any:
    changed = copy.deepcopy(body)
    holder = changed
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    return changed


@pytest.mark.parametrize(("text", "every"), [(_PLAIN, 1), (_SAM, 7)], ids=["plain", "SAM"])
def test_anything_anywhere_is_refused_in_one_line_or_loads(tmp_path: Path, text: str, every: int) -> None:
    body = read.read(write(tmp_path, text)).body
    cases = [(place, value) for place in _places(body) for value in _HOSTILE]
    told: list[str] = []

    for place, value in cases[::every]:
        file = write(tmp_path, msgspec.json.encode(_with(body, place, value)), "template.json")
        try:
            load(file, {}, region=REGION, account_id=ACCOUNT_ID)
        except CommandError as error:
            told.append(str(error))

    assert [one for one in told if not one.isprintable() or f"{tmp_path}/template.json:1: " not in one] == []
    assert len(told) > len(cases[::every]) / 3
