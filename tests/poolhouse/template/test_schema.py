"""Values held against CloudFormation's schemas: what is taken, what is made of it, what is refused, in which words."""

from typing import Any

import pytest

from poolhouse.template import schema
from poolhouse.template.intrinsics import UNKNOWN
from poolhouse.template.resources.registry import TYPES
from poolhouse.template.schema import Unfit

POOL = "AWS::Cognito::UserPool"
FUNCTION = "AWS::Lambda::Function"
TABLE = "AWS::DynamoDB::Table"
NEEDED: dict[str, dict[str, Any]] = {
    POOL: {},
    FUNCTION: {"Code": {}, "Role": "arn"},
    TABLE: {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]},
}


@pytest.mark.parametrize(
    ("kind", "given", "fitted"),
    [
        (FUNCTION, {"Timeout": "30"}, {"Timeout": 30}),
        (FUNCTION, {"Timeout": 30.0}, {"Timeout": 30}),
        (FUNCTION, {"Description": 5}, {"Description": "5"}),
        (FUNCTION, {"Environment": {"Variables": {"A": 1}}}, {"Environment": {"Variables": {"A": 1}}}),
        (TABLE, {"DeletionProtectionEnabled": "true"}, {"DeletionProtectionEnabled": True}),
        (TABLE, {"DeletionProtectionEnabled": "False"}, {"DeletionProtectionEnabled": False}),
        (POOL, {"UserPoolTags": {"a": True}}, {"UserPoolTags": {"a": "true"}}),
        (POOL, {"Schema": [{"Mutable": "true"}]}, {"Schema": [{"Mutable": True}]}),
        (POOL, {"Schema": UNKNOWN, "Policies": {"PasswordPolicy": UNKNOWN}}, None),
    ],
)
def test_values_become_what_the_type_asks_for(kind: str, given: dict[str, Any], fitted: dict[str, Any] | None) -> None:
    assert schema.of(kind).fitted({**NEEDED[kind], **given}) == {**NEEDED[kind], **(fitted or given)}


@pytest.mark.parametrize(
    ("kind", "given", "complaint", "path"),
    [
        (POOL, {"Arn": "x"}, "Encountered unsupported property Arn", ("Arn",)),
        (POOL, {"Policies": {"Pass": {}}}, "Encountered unsupported property Pass", ("Policies", "Pass")),
        (POOL, {"Schema": {}}, "#/Schema: expected type: JSONArray, found: JSONObject", ("Schema",)),
        (POOL, {"Schema": ["x"]}, "#/Schema/0: expected type: JSONObject, found: String", ("Schema", 0)),
        (POOL, {"UserPoolName": []}, "#/UserPoolName: expected type: String, found: JSONArray", ("UserPoolName",)),
        (POOL, {"UserPoolTags": {"a": {}}}, "#/UserPoolTags/a: expected type: String, found: JSONObject", None),
        (FUNCTION, {"Timeout": "soon"}, "#/Timeout: expected type: Integer, found: String", ("Timeout",)),
        (FUNCTION, {"Timeout": True}, "#/Timeout: expected type: Integer, found: Boolean", ("Timeout",)),
        (FUNCTION, {"Timeout": 1.5}, "#/Timeout: expected type: Integer, found: Number", ("Timeout",)),
        (FUNCTION, {"Timeout": "nan"}, "#/Timeout: expected type: Integer, found: String", ("Timeout",)),
        (FUNCTION, {"Timeout": "1e999"}, "#/Timeout: expected type: Integer, found: String", ("Timeout",)),
        (FUNCTION, {"Timeout": 0}, "#/Timeout: 0 is not greater or equal to 1", ("Timeout",)),
        (FUNCTION, {"Timeout": 9000}, "#/Timeout: 9000 is not less or equal to 5400", ("Timeout",)),
        (
            TABLE,
            {"DeletionProtectionEnabled": "yes"},
            "#/DeletionProtectionEnabled: expected type: Boolean, found: String",
            ("DeletionProtectionEnabled",),
        ),
        (
            TABLE,
            {"KeySchema": [{"AttributeName": "id"}]},
            "#/KeySchema/0: required key [KeyType] not found",
            ("KeySchema", 0),
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_cloudformations_words(
    kind: str, given: dict[str, Any], complaint: str, path: tuple[str | int, ...] | None
) -> None:
    with pytest.raises(Unfit) as refused:
        schema.of(kind).fitted({**NEEDED[kind], **given})

    assert str(refused.value) == complaint
    assert path is None or refused.value.path == path


@pytest.mark.parametrize("name", sorted(TYPES))
def test_every_property_a_type_handles_is_one_cloudformation_has(name: str) -> None:
    kind = TYPES[name]
    known = schema.of(name).properties

    handled = kind.means_nothing | kind.not_run | kind.replaced_by | ({kind.named_by} - {""})

    assert handled <= known
    assert schema.of(name).create_only <= known
