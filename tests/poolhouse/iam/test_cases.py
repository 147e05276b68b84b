"""The cases in `cases/`: one line each, in files anyone can add to.

A condition case has `condition`, `context` and `holds`. A decision case has what is asked (`action`, `resource`, `by`
whom, `context`), the `policies` in play and what is expected, with the end of AWS's sentence where it is told: the
policies are `identity` and `session` (lists of policies), `boundary`, `resource` and `trust` (one each), a policy being
a document or the statements of one of version 2012-10-17.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from poolhouse.iam import document
from poolhouse.iam.conditions import operators
from poolhouse.iam.context import Context
from poolhouse.iam.decision import Kind
from poolhouse.iam.document import Policy
from poolhouse.iam.evaluate import Policies, Request, evaluate
from poolhouse.iam.explain import explain
from poolhouse.iam.principal import ANONYMOUS, Requester

ACCOUNT = "000000000000"
REQUESTERS = {
    "root": Requester("root", f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT),
    "user": Requester("user", f"arn:aws:iam::{ACCOUNT}:user/ann", ACCOUNT),
    "role_session": Requester(
        "role_session",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/Reader/ann",
        ACCOUNT,
        role_arn=f"arn:aws:iam::{ACCOUNT}:role/app/Reader",
    ),
    "service": Requester("service", name="cognito-idp.amazonaws.com"),
    "federated": Requester("federated", name="cognito-identity.amazonaws.com"),
    "anonymous": ANONYMOUS,
}


def cases() -> Iterator[Any]:
    for path in sorted((Path(__file__).parent / "cases").glob("*.json")):
        for number, case in enumerate(json.loads(path.read_text()), 1):
            yield pytest.param(case, id=f"{path.stem}-{number}")


ALL = list(cases())


def policy(source: Any, name: str = "") -> Policy:
    return document.parse({"Version": "2012-10-17", "Statement": source} if isinstance(source, list) else source, name)


def policies(source: dict[str, Any]) -> Policies:
    attached = source.get("trust", source.get("resource"))
    return Policies(
        identity=[policy(one) for one in source.get("identity", [])],
        session=[policy(one) for one in source["session"]] if "session" in source else None,
        boundary=policy(source["boundary"]) if "boundary" in source else None,
        resource=None if attached is None else policy(attached),
        resource_account_id=source.get("resource_account_id", ""),
        resource_must_allow="trust" in source or source.get("resource_must_allow", False),
        resource_kind=Kind.TRUST if "trust" in source else Kind.RESOURCE,
    )


@pytest.mark.parametrize("case", ALL)
def test_a_case_comes_out_as_it_says(case: dict[str, Any]) -> None:
    if "condition" in case:
        ((name, keys),) = case["condition"].items()
        ((key, wanted),) = keys.items()
        texts = document._texts(wanted)
        assert operators.parse(name, key, texts, has_variables=True).holds(Context(case["context"])) is case["holds"]
        return
    asked = Request(REQUESTERS[case["by"]], case["action"], case["resource"], Context(case.get("context", {})))
    in_play = policies(case["policies"])

    decision = evaluate(asked, in_play)

    assert decision.outcome == case["expect"]
    if "reason" in case:
        assert decision.reason(asked.action) == case["reason"]
    matched = [(looked.kind, looked.number, looked.effect) for looked in explain(asked, in_play) if not looked.unmet]
    for decided in decision.by:
        effect = "Allow" if decided.statement.is_allow else "Deny"
        assert (decided.kind, decided.statement.number, effect) in matched


def test_there_are_four_hundred_of_them_and_each_operator_is_met_and_unmet() -> None:
    found: dict[str, set[bool]] = {}
    for param in ALL:
        (case,) = param.values
        for name in case.get("condition", {}) if isinstance(case, dict) else ():
            base = name.rpartition(":")[2].removesuffix("IfExists").lower()
            found.setdefault(base, set()).add(case["holds"])

    assert len(ALL) >= 400
    assert found.keys() == {*operators.OPERATORS, "null"}
    assert all(outcomes == {True, False} for outcomes in found.values())
