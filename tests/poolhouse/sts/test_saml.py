"""AssumeRoleWithSAML: a provider's response, the roles it names, and what is refused."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from poolhouse.testing import LocalCloud
from tests.poolhouse.saml.idp import Idp
from tests.poolhouse.sts.test_roles import ACCOUNT, ANYTHING, document, keys_of, refusal

ROLE = f"arn:aws:iam::{ACCOUNT}:role/staff"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/Corp"
OF_AWS = "https://aws.amazon.com/SAML/Attributes/"
BASE = {f"{OF_AWS}Role": [f"{ROLE},{PROVIDER}"], f"{OF_AWS}RoleSessionName": ["ann@corp"]}
NOT_AUTHORIZED = (403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML")
TOO_LATE = (400, "ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance")


class Corp:
    """A SAML provider in IAM's records, and a role that trusts it."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud, self.idp = cloud, Idp()
        self.iam = cloud.client("iam")
        self.iam.create_saml_provider(Name="Corp", SAMLMetadataDocument=self.idp.metadata)
        self.trust()

    def trust(self, *actions: str, **condition: Any) -> None:
        condition = condition or {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}
        statement = {
            "Effect": "Allow",
            "Principal": {"Federated": PROVIDER},
            "Action": ["sts:AssumeRoleWithSAML", *actions],
            "Condition": condition,
        }
        try:
            self.iam.update_assume_role_policy(RoleName="staff", PolicyDocument=document([statement]))
        except self.iam.exceptions.NoSuchEntityException:
            self.iam.create_role(RoleName="staff", AssumeRolePolicyDocument=document([statement]))
            self.iam.put_role_policy(RoleName="staff", PolicyName="may", PolicyDocument=document(ANYTHING))

    def response(self, attributes: dict[str, list[str]] | None = None, **changes: Any) -> str:
        return self.idp.answer(self.cloud.clock(), attributes={**BASE, **(attributes or {})}, **changes)

    def assume(self, response: str = "", **params: Any) -> dict[str, Any]:
        given = {"RoleArn": ROLE, "PrincipalArn": PROVIDER, "SAMLAssertion": response or self.response(), **params}
        answer: dict[str, Any] = self.cloud.client("sts").assume_role_with_saml(**given)
        return answer


@pytest.fixture
def corp(cloud: LocalCloud) -> Corp:
    return Corp(cloud)


@pytest.mark.parametrize("signs", ["assertion", "response", "both"])
def test_a_response_gets_the_keys_of_its_role(corp: Corp, signs: str) -> None:
    answer = corp.assume(corp.response(signs=signs))

    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/staff/ann@corp"
    told = {name: answer[name] for name in ("Subject", "SubjectType", "Issuer", "Audience")}
    assert told == {
        "Subject": "ann",
        "SubjectType": "persistent",
        "Issuer": "https://idp.example.com",
        "Audience": "https://signin.aws.amazon.com/saml",
    }
    # The formula of the API reference, worked out elsewhere for this issuer, account and name.
    assert answer["NameQualifier"] == "dvqrMcj7+GrKuiq7LezbqeIEyZs="
    who = corp.cloud.client("sts", **keys_of(answer)).get_caller_identity()
    assert who["Arn"] == answer["AssumedRoleUser"]["Arn"]


def test_no_signature_of_aws_is_needed(corp: Corp) -> None:
    form = {
        "Action": "AssumeRoleWithSAML",
        "Version": "2011-06-15",
        "RoleArn": ROLE,
        "PrincipalArn": PROVIDER,
        "SAMLAssertion": corp.response(),
    }
    answer = corp.cloud.fetch(
        "POST", "/", headers={"content-type": "application/x-www-form-urlencoded"}, body=urlencode(form).encode()
    )
    assert (answer.status, b"<AccessKeyId>ASIA" in answer.body) == (200, True)


@pytest.mark.parametrize(
    ("condition", "is_met"),
    [
        ({"StringEquals": {"SAML:iss": "https://idp.example.com"}}, True),
        ({"StringEquals": {"SAML:iss": "https://other.example.com"}}, False),
        ({"StringEquals": {"SAML:sub": "ann", "SAML:sub_type": "persistent"}}, True),
        ({"StringEquals": {"SAML:sub": "bob"}}, False),
        ({"StringEquals": {"SAML:doc": f"{ACCOUNT}/Corp"}}, True),
        ({"ForAnyValue:StringEquals": {"SAML:edupersonaffiliation": "staff"}}, True),
        ({"ForAnyValue:StringEquals": {"SAML:edupersonaffiliation": "student"}}, False),
        ({"StringEquals": {"SAML:mail": "ann@example.com"}}, True),
    ],
    ids=str,
)
def test_the_roles_trust_decides_by_what_the_response_says(corp: Corp, condition: Any, *, is_met: bool) -> None:
    corp.trust(**condition)
    told = {
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.1": ["staff", "member"],
        "urn:oid:0.9.2342.19200300100.1.3": ["ann@example.com"],
    }
    if is_met:
        assert corp.assume(corp.response(told))["Credentials"]
        return
    assert refusal(lambda: corp.assume(corp.response(told))) == NOT_AUTHORIZED


def test_a_response_sent_elsewhere_is_for_the_trust_to_refuse(corp: Corp) -> None:
    elsewhere = corp.response(recipient="http://localhost:8443/acs")
    assert refusal(lambda: corp.assume(elsewhere)) == NOT_AUTHORIZED


def test_a_role_that_the_response_does_not_name_is_refused(corp: Corp) -> None:
    for pairs in ([], [f"{ROLE},{PROVIDER}2"], [f"{ROLE}2,{PROVIDER}"], [ROLE], [f"{PROVIDER},{PROVIDER}"]):
        response = corp.response({f"{OF_AWS}Role": pairs})
        assert refusal(lambda given=response: corp.assume(given)) == NOT_AUTHORIZED  # type: ignore[misc]
    assert corp.assume(corp.response({f"{OF_AWS}Role": [f"{PROVIDER}, {ROLE}"]}))["Credentials"]  # in either order


def test_tags_and_a_source_identity_need_the_roles_trust(corp: Corp) -> None:
    tagged = {
        f"{OF_AWS}PrincipalTag:team": ["blue"],
        f"{OF_AWS}TransitiveTagKeys": ["team"],
        f"{OF_AWS}SourceIdentity": ["ann"],
    }
    assert refusal(lambda: corp.assume(corp.response(tagged))) == (
        403,
        "AccessDenied",
        "Not authorized to perform sts:TagSession",
    )
    corp.trust("sts:TagSession")
    assert refusal(lambda: corp.assume(corp.response(tagged)))[2] == "Not authorized to perform sts:SetSourceIdentity"
    corp.trust("sts:TagSession", "sts:SetSourceIdentity")
    answer = corp.assume(corp.response(tagged))
    assert answer["SourceIdentity"] == "ann"

    only_blue = {"StringEquals": {"aws:PrincipalTag/team": "blue", "aws:SourceIdentity": "ann", "saml:sub": "ann"}}
    allowed = [{"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*", "Condition": only_blue}]
    corp.iam.put_role_policy(RoleName="staff", PolicyName="may", PolicyDocument=document(allowed))
    assert corp.cloud.client("iam", **keys_of(answer)).list_roles()["Roles"]
    plain = corp.assume()
    assert refusal(lambda: corp.cloud.client("iam", **keys_of(plain)).list_roles())[1] == "AccessDenied"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"signs": "nothing"}, (400, "InvalidIdentityToken", "Response signature invalid")),
        (
            {"issuer": "https://x.example.com"},
            (400, "InvalidIdentityToken", "Issuer not present in specified provider"),
        ),
        ({"ends": timedelta(minutes=-2)}, TOO_LATE),
        ({"issued": timedelta(minutes=-7)}, TOO_LATE),
        (
            {"audience": "https://sp.example.com"},
            (400, "InvalidIdentityToken", "The audience of the SAML response is not AWS"),
        ),
        (
            {"attributes": {f"{OF_AWS}RoleSessionName": []}},
            (400, "InvalidIdentityToken", "RoleSessionName is required in AuthnResponse"),
        ),
        (
            {"attributes": {f"{OF_AWS}RoleSessionName": ["ann smith"]}},
            (
                400,
                "InvalidIdentityToken",
                "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}",
            ),
        ),
        (
            {"attributes": {f"{OF_AWS}SessionDuration": ["7200"]}},
            (
                400,
                "ValidationError",
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            ),
        ),
    ],
    ids=str,
)
def test_what_a_response_lacks_is_said(corp: Corp, changes: dict[str, Any], expected: tuple[int, str, str]) -> None:
    response = corp.response(**changes)
    assert refusal(lambda: corp.assume(response)) == expected


def test_a_response_of_another_provider_is_nobodys(corp: Corp) -> None:
    theirs = Idp().answer(corp.cloud.clock(), attributes=BASE)
    assert refusal(lambda: corp.assume(theirs)) == (400, "InvalidIdentityToken", "Response signature invalid")
    missing = refusal(lambda: corp.assume(PrincipalArn=f"{PROVIDER}2"))
    assert missing == (400, "InvalidIdentityToken", "Specified provider doesn't exist")
    junk = refusal(lambda: corp.assume("anything"))
    assert junk == (400, "InvalidIdentityToken", "Invalid base64 SAMLResponse")


def test_the_session_ends_with_the_providers(corp: Corp) -> None:
    answer = corp.assume(corp.response(session_ends=timedelta(minutes=20)))
    left = answer["Credentials"]["Expiration"] - corp.cloud.clock()
    assert timedelta(minutes=19) < left <= timedelta(minutes=20)
    shorter = corp.assume(corp.response({f"{OF_AWS}SessionDuration": ["900"]}))
    assert shorter["Credentials"]["Expiration"] - corp.cloud.clock() <= timedelta(minutes=15)


def test_a_provider_is_made_once_of_metadata(corp: Corp) -> None:
    again = {"Name": "Corp", "SAMLMetadataDocument": corp.idp.metadata}
    assert refusal(lambda: corp.iam.create_saml_provider(**again))[:2] == (409, "EntityAlreadyExists")
    junk = {"Name": "Other", "SAMLMetadataDocument": "<x/>" + " " * 1000}
    assert refusal(lambda: corp.iam.create_saml_provider(**junk))[1:] == ("InvalidInput", "Could not parse metadata")
    assert refusal(lambda: corp.iam.delete_saml_provider(SAMLProviderArn=f"{PROVIDER}2"))[:2] == (404, "NoSuchEntity")
    corp.iam.delete_saml_provider(SAMLProviderArn=PROVIDER)
    assert refusal(corp.assume)[2] == "Specified provider doesn't exist"
