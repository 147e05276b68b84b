"""What holds of any policies: a deny only takes away, an allow only adds, a session policy never widens."""

import fnmatch
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.iam import document, matching, variables
from poolhouse.iam.context import Context
from poolhouse.iam.decision import Decision, Outcome
from poolhouse.iam.document import Policy
from poolhouse.iam.evaluate import Policies, Request, evaluate
from poolhouse.iam.principal import Requester

ACCOUNT, OTHER = "000000000000", "111111111111"
USER, SESSION = f"arn:aws:iam::{ACCOUNT}:user/ann", f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/ann"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"
ACTIONS = st.sampled_from(["*", "s3:*", "s3:Get*", "s3:GetObject", "s3:PutObject", "sqs:SendMessage"])
RESOURCES = st.sampled_from(["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::c/*"])
CONDITIONS = st.sampled_from(
    [
        {},
        {"StringEquals": {"aws:username": "ann"}},
        {"StringNotEquals": {"aws:username": ["ann", "bob"]}},
        {"Bool": {"aws:SecureTransport": "true"}},
        {"ForAnyValue:StringEquals": {"aws:TagKeys": ["team"]}},
        {"Null": {"aws:username": "true"}},
        {"IpAddressIfExists": {"aws:SourceIp": "10.0.0.0/8"}},
    ]
)
PRINCIPALS = st.sampled_from(["*", {"AWS": ACCOUNT}, {"AWS": USER}, {"AWS": SESSION}, {"AWS": ROLE}, {"AWS": OTHER}])
CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "aws:username": st.sampled_from(["ann", "bob", "cat"]),
        "aws:SecureTransport": st.sampled_from(["true", "false"]),
        "aws:TagKeys": st.sampled_from([["team"], ["cost"], ["team", "cost"]]),
        "aws:SourceIp": st.sampled_from(["10.0.0.1", "8.8.8.8"]),
    },
)
REQUESTERS = st.sampled_from(
    [
        Requester("user", USER, ACCOUNT),
        Requester("role_session", SESSION, ACCOUNT, role_arn=ROLE),
        Requester("root", f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT),
    ]
)
REQUESTS = st.builds(
    Request,
    requester=REQUESTERS,
    action=st.sampled_from(["s3:GetObject", "s3:PutObject", "sqs:SendMessage"]),
    resource=st.sampled_from(["arn:aws:s3:::b/x", "arn:aws:s3:::b/ann/x", "arn:aws:s3:::c/x", "*"]),
    context=st.builds(Context, CONTEXTS),
)


def statements(*effects: str, has_principal: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    members: dict[str, st.SearchStrategy[Any]] = {
        "Effect": st.sampled_from(effects),
        "Action": ACTIONS,
        "Resource": RESOURCES,
        "Condition": CONDITIONS,
    }
    return st.fixed_dictionaries({**members, "Principal": PRINCIPALS} if has_principal else members)


def policy(found: list[dict[str, Any]]) -> Policy:
    return document.parse({"Version": "2012-10-17", "Statement": found})


def documents(*effects: str, has_principal: bool = False, at_least: int = 0) -> st.SearchStrategy[Policy]:
    found = statements(*effects, has_principal=has_principal)
    return st.builds(policy, st.lists(found, min_size=at_least, max_size=4))


BOTH = ("Allow", "Deny")
IN_PLAY = st.builds(
    Policies,
    identity=st.lists(documents(*BOTH), max_size=3),
    session=st.none() | st.lists(documents(*BOTH), max_size=2),
    boundary=st.none() | documents(*BOTH),
    resource=st.none() | documents(*BOTH, has_principal=True),
    resource_account_id=st.sampled_from(["", ACCOUNT, OTHER]),
)


def changed(in_play: Policies, **values: Any) -> Policies:
    return Policies(**{name: values.get(name, getattr(in_play, name)) for name in Policies.__slots__})


def rank(decision: Decision) -> int:
    return 1 if decision.outcome is Outcome.ALLOWED else 0


@given(REQUESTS, IN_PLAY, documents("Deny", at_least=1))
def test_a_deny_never_allows_more(request: Request, in_play: Policies, more: Policy) -> None:
    after = evaluate(request, changed(in_play, identity=[*in_play.identity, more]))

    assert rank(after) <= rank(evaluate(request, in_play))


@given(REQUESTS, IN_PLAY, documents("Allow", at_least=1))
def test_an_allow_never_denies_more(request: Request, in_play: Policies, more: Policy) -> None:
    after = evaluate(request, changed(in_play, identity=[*in_play.identity, more]))

    assert rank(after) >= rank(evaluate(request, in_play))


@given(REQUESTS, IN_PLAY, st.lists(documents(*BOTH), max_size=3))
def test_a_session_policy_never_widens(request: Request, in_play: Policies, session: list[Policy]) -> None:
    with_it = evaluate(request, changed(in_play, session=session))

    assert rank(with_it) <= rank(evaluate(request, changed(in_play, session=None)))


@given(REQUESTS, IN_PLAY, documents(*BOTH))
def test_a_boundary_never_widens(request: Request, in_play: Policies, boundary: Policy) -> None:
    with_it = evaluate(request, changed(in_play, boundary=boundary))

    assert rank(with_it) <= rank(evaluate(request, changed(in_play, boundary=None)))


@given(REQUESTS, IN_PLAY)
def test_another_account_is_never_easier(request: Request, in_play: Policies) -> None:
    there = evaluate(request, changed(in_play, resource_account_id=OTHER))

    assert rank(there) <= rank(evaluate(request, changed(in_play, resource_account_id=ACCOUNT)))


@given(REQUESTS, IN_PLAY, st.randoms(use_true_random=False))
def test_order_is_nothing(request: Request, in_play: Policies, random: Any) -> None:
    def mixed(found: Any) -> list[Policy]:
        policies = [
            Policy(one.name, one.version, tuple(random.sample(one.statements, len(one.statements)))) for one in found
        ]
        return list(random.sample(policies, len(policies)))

    other = changed(
        in_play,
        identity=mixed(in_play.identity),
        session=None if in_play.session is None else mixed(in_play.session),
        boundary=None if in_play.boundary is None else mixed([in_play.boundary])[0],
        resource=None if in_play.resource is None else mixed([in_play.resource])[0],
    )

    one, two = evaluate(request, in_play), evaluate(request, other)
    assert (one.outcome, one.missing) == (two.outcome, two.missing)


@given(REQUESTS, IN_PLAY)
def test_nothing_is_allowed_without_an_allow(request: Request, in_play: Policies) -> None:
    decision = evaluate(request, in_play)

    assert decision.outcome is not Outcome.ALLOWED or decision.by or request.requester.kind == "root"
    assert all(decided.statement.is_allow is (decision.outcome is Outcome.ALLOWED) for decided in decision.by)


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_wildcards_match_as_a_shell_matches_them(pattern: str, value: str) -> None:
    assert matching.wildcards(pattern, has_variables=False)(value, Context({})) is fnmatch.fnmatchcase(value, pattern)


@pytest.mark.parametrize("matcher", [matching.wildcards, matching.arn])
def test_many_wildcards_are_not_tried_in_every_way(matcher: Callable[..., matching.Matcher]) -> None:
    many = matcher("arn:aws:s3:::" + "*a" * 40 + "b", has_variables=False)

    assert many("arn:aws:s3:::" + "a" * 10_000, Context({})) is False


@given(
    st.lists(st.sampled_from(["a", "b", ":", "*", "?", "${aws:username}", "${*}"]), max_size=12),
    st.text("ab:*", max_size=10),
    st.text("ab:*", max_size=3),
    st.sampled_from(
        [(matching.text, matching._plain), (matching.wildcards, matching._glob), (matching.arn, matching._arn)]
    ),
)
def test_no_text_is_passed_over_that_matches_with_its_variables(
    parts: list[str], held: str, anything: str, kind: tuple[Any, Any]
) -> None:
    matcher, compile_ = kind
    pattern, context = "".join(parts), Context({"aws:username": held})
    stands_for = {"*": anything, "?": anything[:1], "${aws:username}": held, "${*}": "*"}
    value = "".join(stands_for.get(part, part) for part in parts)
    filled = variables.resolve(variables.parse(pattern, has_variables=True), context)
    assert filled is not None
    expected = re.fullmatch(compile_(filled), value, re.DOTALL) is not None

    assert matcher(pattern, has_variables=True)(value, context) is expected
