"""`python -m bench.decisions`: what a signature and a policy decision cost together, for a role with five policies.

The keys are a role session's, the request is one of Cognito's, in process; microseconds at the median. Ten times the
statements are measured in two ways: about other things, as policies mostly grow, and about the very action that is
asked, which is the worst.
"""

import json
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from poolhouse import testing
from poolhouse.web import Request

POLICIES, FEW, MANY = 5, 4, 40  # statements are of each policy
ROUNDS, STRETCH = 3_000, 100
_ACTION, _BODY = "DescribeUserPool", b'{"UserPoolId":"us-east-1_AbCdEfGhI"}'
_ALLOWED: dict[str, Any] = {
    "Effect": "Allow",
    "Action": "cognito-idp:Describe*",
    "Resource": "arn:aws:cognito-idp:*:*:userpool/*",
    "Condition": {"StringEquals": {"aws:PrincipalAccount": "000000000000"}},
}


def about_others(number: int) -> dict[str, Any]:
    """A statement about another service."""
    resource = f"arn:aws:service{number}:*:*:thing/${{aws:userid}}/*"
    return {"Effect": "Allow", "Action": [f"service{number}:Get*", f"service{number}:List*"], "Resource": resource}


def about_the_same(number: int) -> dict[str, Any]:
    """A statement about the same action, on another pool, in one of two forms."""
    resource = f"arn:aws:cognito-idp:*:*:userpool/other-{number}" + ("/${aws:userid}" if number % 2 else "")
    return {"Effect": "Allow", "Action": "cognito-idp:*", "Resource": resource}


def main() -> None:
    """Measure all side by side, a stretch of each in turn, and print."""
    kinds = (("about other things", about_others), ("about the same action", about_the_same))
    cases = [(name, make, statements) for name, make in kinds for statements in (FEW, MANY)]
    with ExitStack() as stack:
        works = [_works(stack.enter_context(testing.cloud()), statements, make) for _, make, statements in cases]
        taken: list[tuple[list[float], list[float]]] = [([], []) for _ in works]
        for _ in range(ROUNDS // STRETCH):
            for case, times in zip(works, taken, strict=True):
                for work, its in zip(case, times, strict=True):
                    its.extend(_timed(work))
    first = 0.0
    for (name, _, statements), times in zip(cases, taken, strict=True):
        verified, both = (statistics.median(its) for its in times)
        first = both if statements == FEW else first
        ratio = f"  {both / first:.2f}x" if statements == MANY else ""
        total = POLICIES * statements
        print(f"{total:4} statements {name:24} signature {verified:6.1f} us, with decision {both:6.1f} us{ratio}")


def _works(
    cloud: testing.LocalCloud, statements: int, make: Callable[[int], dict[str, Any]]
) -> tuple[Callable[[], object], Callable[[], object]]:
    """What is measured: the signature alone, and with the decision."""
    request = _signed(_session(cloud, statements, make))
    verifier, guard = cloud.inner.dispatcher._verifier, cloud.inner.guard
    params = json.loads(_BODY)

    def both() -> None:
        principal = verifier.verify(request, service="cognito-idp")
        call = cloud.inner._call(request, principal, "request")
        guard.allow(call, "cognito-idp", _ACTION, lambda: params)

    return lambda: verifier.verify(request, service="cognito-idp"), both


def _timed(work: Callable[[], object]) -> list[float]:
    """Microseconds of each run; the first does not count, for another case has just been at it."""
    work()
    taken = []
    for _ in range(STRETCH):
        begun = time.perf_counter_ns()
        work()
        taken.append((time.perf_counter_ns() - begun) / 1000)
    return taken


def _session(cloud: testing.LocalCloud, statements: int, make: Callable[[int], dict[str, Any]]) -> Credentials:
    iam = cloud.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="role", AssumeRolePolicyDocument=_document([trust]))
    for number in range(POLICIES):
        found = [make(number * statements + one) for one in range(statements)]
        last = [_ALLOWED] if number == POLICIES - 1 else []
        document = _document([*found[len(last) :], *last])
        arn = iam.create_policy(PolicyName=f"policy-{number}", PolicyDocument=document)["Policy"]["Arn"]
        iam.attach_role_policy(RoleName="role", PolicyArn=arn)
    iam.create_user(UserName="user")
    key = iam.create_access_key(UserName="user")["AccessKey"]
    anything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.put_user_policy(UserName="user", PolicyName="any", PolicyDocument=_document([anything]))
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    sts = cloud.client("sts", **keys)
    made = sts.assume_role(RoleArn="arn:aws:iam::000000000000:role/role", RoleSessionName="bench")["Credentials"]
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def _document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _signed(keys: Credentials) -> Request:
    headers = {
        "X-Amz-Target": f"AWSCognitoIdentityProviderService.{_ACTION}",
        "Content-Type": "application/x-amz-json-1.1",
    }
    request = AWSRequest("POST", "http://localhost:4566/", data=_BODY, headers=headers)
    SigV4Auth(keys, "cognito-idp", "us-east-1").add_auth(request)
    sent = (("host", "localhost:4566"), *((name.lower(), value) for name, value in request.headers.items()))
    return Request("POST", "/", headers=sent, body=_BODY)


if __name__ == "__main__":
    main()
