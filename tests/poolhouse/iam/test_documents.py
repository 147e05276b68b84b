"""What is no policy is refused, whatever it is."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.iam import document
from poolhouse.iam.errors import MalformedPolicy

ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
MALFORMED: dict[str, Any] = {
    "no JSON": "{",
    "a list": "[]",
    "deep nesting": "[" * 100_000,
    "no statement": {"Version": "2012-10-17"},
    "a version of one's own": {"Version": "2020-01-01", "Statement": [ALLOW]},
    "a statement that is text": {"Statement": "Allow"},
    "no effect": {"Statement": [{"Action": "*", "Resource": "*"}]},
    "another effect": {"Statement": [{**ALLOW, "Effect": "Maybe"}]},
    "an effect in lower case": {"Statement": [{**ALLOW, "Effect": "allow"}]},
    "no action": {"Statement": [{"Effect": "Allow", "Resource": "*"}]},
    "both actions": {"Statement": [{**ALLOW, "NotAction": "*"}]},
    "both resources": {"Statement": [{**ALLOW, "NotResource": "*"}]},
    "both principals": {"Statement": [{**ALLOW, "Principal": "*", "NotPrincipal": "*"}]},
    "an action that is a mapping": {"Statement": [{**ALLOW, "Action": {}}]},
    "no actions in the list": {"Statement": [{**ALLOW, "Action": []}]},
    "a member of one's own": {"Statement": [{**ALLOW, "Actions": "*"}]},
    "an operator of one's own": {"Statement": [{**ALLOW, "Condition": {"StringSame": {"aws:x": "a"}}}]},
    "a qualifier of one's own": {"Statement": [{**ALLOW, "Condition": {"ForSomeValues:StringEquals": {"a:b": "c"}}}]},
    "Null for each value": {"Statement": [{**ALLOW, "Condition": {"ForAnyValue:Null": {"aws:x": "true"}}}]},
    "a condition without a key": {"Statement": [{**ALLOW, "Condition": {"StringEquals": "a"}}]},
    "a condition that is a list": {"Statement": [{**ALLOW, "Condition": []}]},
    "a value that is a mapping": {"Statement": [{**ALLOW, "Condition": {"StringEquals": {"aws:x": {}}}}]},
    "a principal of a kind of one's own": {"Statement": [{**ALLOW, "Principal": {"User": "ann"}}]},
    "a principal that is text": {"Statement": [{**ALLOW, "Principal": "ann"}]},
    "a principal that is a number": {"Statement": [{**ALLOW, "Principal": {"AWS": 1}}]},
}


@pytest.mark.parametrize("source", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_policy_is_refused(source: Any) -> None:
    with pytest.raises(MalformedPolicy):
        document.parse(source)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(st.dictionaries(st.sampled_from(["Version", "Statement", "Id", "x"]), JSON))
def test_nothing_else_is_ever_raised(source: dict[str, Any]) -> None:
    with contextlib.suppress(MalformedPolicy):
        document.parse(source)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: JSON | st.just(value)
            for name, value in {**ALLOW, "Condition": {}, "Principal": "*", "NotAction": "a", "Sid": "s"}.items()
        },
    )
)
def test_nor_by_any_statement(source: dict[str, Any]) -> None:
    with contextlib.suppress(MalformedPolicy):
        document.parse({"Statement": [source]})


def test_a_statement_may_stand_alone() -> None:
    assert len(document.parse({"Statement": ALLOW}).statements) == 1
