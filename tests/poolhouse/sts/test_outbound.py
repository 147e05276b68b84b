"""Tokens that tell others who a principal is; and the ways in that need another account."""

import json
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest

from poolhouse.testing import LocalCloud
from tests.poolhouse.sts.test_roles import ACCOUNT, ANN, Setting, keys_of, refusal, trust

ASK: dict[str, Any] = {"Audience": ["https://api.example.com"], "SigningAlgorithm": "ES384"}
MAY = [{"Effect": "Allow", "Action": "sts:*", "Resource": "*"}]


@pytest.fixture
def setting(cloud: LocalCloud) -> Setting:
    return Setting(cloud)


@pytest.fixture
def issuer(setting: Setting) -> str:
    setting.may(MAY)
    return str(setting.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"])


def published(cloud: LocalCloud, url: str) -> Any:
    answer = cloud.fetch("GET", urlsplit(url).path)
    assert answer.status == 200
    return json.loads(answer.body)


def verified(cloud: LocalCloud, issuer: str, token: str) -> dict[str, Any]:
    """The claims, proven as another party would: by what the issuer publishes."""
    configuration = published(cloud, f"{issuer}/.well-known/openid-configuration")
    assert configuration["issuer"] == issuer
    header = jwt.get_unverified_header(token)
    (key,) = (one for one in published(cloud, configuration["jwks_uri"])["keys"] if one["kid"] == header["kid"])
    proof = jwt.PyJWK(key, header["alg"])
    claims: dict[str, Any] = jwt.decode(
        token, proof, algorithms=[header["alg"]], audience="https://api.example.com", issuer=issuer
    )
    return claims


@pytest.mark.parametrize("algorithm", ["RS256", "ES384"])
def test_a_token_says_who_a_user_is(setting: Setting, issuer: str, algorithm: str) -> None:
    setting.iam.tag_user(UserName="ann", Tags=[{"Key": "team", "Value": "blue"}])
    given = {**ASK, "SigningAlgorithm": algorithm, "Tags": [{"Key": "job", "Value": "7"}]}
    answer = setting.sts().get_web_identity_token(**given)

    claims = verified(setting.cloud, issuer, answer["WebIdentityToken"])
    assert (claims["sub"], claims["aud"]) == (ANN, "https://api.example.com")
    assert claims["exp"] - claims["iat"] == 300
    assert claims["https://sts.amazonaws.com/"] == {
        "aws_account": ACCOUNT,
        "source_region": "us-east-1",
        "principal_tags": {"team": "blue"},
        "request_tags": {"job": "7"},
    }


def test_a_sessions_token_is_of_its_role_and_ends_with_it(setting: Setting, issuer: str) -> None:
    setting.role(trust({"AWS": ANN}))
    keys = keys_of(setting.assume(DurationSeconds=900))
    token = setting.sts(keys).get_web_identity_token(**ASK)["WebIdentityToken"]
    assert verified(setting.cloud, issuer, token)["sub"] == f"arn:aws:iam::{ACCOUNT}:role/app/reader"

    longer = refusal(lambda: setting.sts(keys).get_web_identity_token(**ASK, DurationSeconds=3600))
    assert longer[:2] == (403, "SessionDurationEscalationException")


def test_policies_decide_on_audience_algorithm_length_and_tags(setting: Setting, issuer: str) -> None:
    conditions = {
        "ForAllValues:StringEquals": {"sts:IdentityTokenAudience": "https://api.example.com"},
        "StringEquals": {"sts:SigningAlgorithm": "ES384"},
        "NumericLessThanEquals": {"sts:DurationSeconds": "300"},
    }
    setting.may([{"Effect": "Allow", "Action": "sts:GetWebIdentityToken", "Resource": "*", "Condition": conditions}])
    ask = setting.sts().get_web_identity_token
    assert ask(**ASK)["WebIdentityToken"]
    wrong: list[dict[str, Any]] = [
        {"SigningAlgorithm": "RS256"},
        {"Audience": ["https://api.example.com", "https://other.example.com"]},
        {"DurationSeconds": 301},
    ]
    for given in wrong:
        said = refusal(lambda given=given: ask(**{**ASK, **given}))  # type: ignore[misc]
        assert said[:2] == (403, "AccessDenied")
        assert f"sts:GetWebIdentityToken on resource: arn:aws:sts::{ACCOUNT}:self" in said[2]
    assert "sts:TagGetWebIdentityToken" in refusal(lambda: ask(**ASK, Tags=[{"Key": "a", "Value": "b"}]))[2]


def test_it_is_switched_on_first_and_off_for_new_tokens(setting: Setting) -> None:
    setting.may(MAY)
    ask = setting.sts().get_web_identity_token
    assert refusal(lambda: ask(**ASK))[1] == "OutboundWebIdentityFederationDisabledException"
    assert refusal(setting.iam.get_outbound_web_identity_federation_info)[:2] == (404, "FeatureDisabled")
    issuer = setting.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    info = setting.iam.get_outbound_web_identity_federation_info()
    assert (info["IssuerIdentifier"], info["JwtVendingEnabled"]) == (issuer, True)
    assert refusal(setting.iam.enable_outbound_web_identity_federation)[:2] == (409, "FeatureEnabled")
    token = ask(**ASK)["WebIdentityToken"]

    setting.iam.disable_outbound_web_identity_federation()
    assert refusal(lambda: ask(**ASK))[1] == "OutboundWebIdentityFederationDisabledException"
    assert verified(setting.cloud, issuer, token)["sub"] == ANN
    assert setting.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"] == issuer


def test_its_tokens_do_not_come_back_as_web_identities(setting: Setting, issuer: str) -> None:
    token = setting.sts().get_web_identity_token(**ASK)["WebIdentityToken"]
    setting.role(trust({"Federated": "*"}, "sts:AssumeRoleWithWebIdentity"))
    said = refusal(
        lambda: setting.cloud.client("sts").assume_role_with_web_identity(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/app/reader", RoleSessionName="ann", WebIdentityToken=token
        )
    )
    assert said[1] == "InvalidIdentityToken"


def test_the_root_user_of_another_account_is_not_to_be_had(setting: Setting) -> None:
    setting.may(MAY)
    task = {"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"}
    said = refusal(lambda: setting.sts().assume_root(TargetPrincipal="111122223333", TaskPolicyArn=task))
    assert said == (
        403,
        "AccessDenied",
        f"User: {ANN} is not authorized to perform: sts:AssumeRoot on resource: arn:aws:iam::111122223333:root",
    )


def test_no_trade_in_token_is_good(setting: Setting) -> None:
    setting.may(MAY)
    said = refusal(lambda: setting.sts().get_delegated_access_token(TradeInToken="anything"))
    assert said[1] == "ExpiredTradeInTokenException"
