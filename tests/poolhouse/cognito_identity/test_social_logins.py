"""Logins by access tokens of Facebook, Amazon and Twitter, who are asked whose they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from poolhouse import running, testing
from poolhouse.config import Config
from poolhouse.errors import CommandError
from poolhouse.web_identity import oauth1, social
from tests.poolhouse.cognito_identity.people import ACCOUNT, LIST, People, allow, document
from tests.poolhouse.cognito_identity.social_providers import (
    AMAZON_APP,
    AMAZON_CLIENT,
    FACEBOOK_APP,
    TWITTER_KEY,
    TWITTER_SECRET,
    SocialProviders,
    social_providers,
)
from tests.poolhouse.cognito_idp.accounts import refused

FACEBOOK, AMAZON, TWITTER = "graph.facebook.com", "www.amazon.com", "api.twitter.com"
NOT_AUTHORIZED = "NotAuthorizedException"
UNSUPPORTED = "Token is not from a supported provider of this identity pool."
APPS = {FACEBOOK: f"1;{FACEBOOK_APP}", AMAZON: AMAZON_CLIENT, TWITTER: f"{TWITTER_KEY};{TWITTER_SECRET}"}
# Somebody's token at each provider, as an identity pool is given it.
ANN = {FACEBOOK: "EAAB-ann", AMAZON: "Atza|ann+/=", TWITTER: "370773112-ann;secret-of-ann"}
SUBJECTS = {FACEBOOK: "10203", AMAZON: "amzn1.account.K2LI23KL2LK2", TWITTER: "38895958"}
OF_APP = {FACEBOOK: FACEBOOK_APP, AMAZON: AMAZON_CLIENT, TWITTER: TWITTER_KEY}


@dataclass
class Setting:
    people: People
    providers: SocialProviders

    def refusal(self, provider: str, token: str, code: str, message: str) -> None:
        with refused(code, message):
            self.people.get_id({provider: token})


@pytest.fixture
def setting() -> Iterator[Setting]:
    with social_providers() as providers:
        addresses = dict.fromkeys(social.ADDRESSES, providers.address)
        with testing.cloud(config=Config(reraise=True, login_providers=addresses)) as cloud:
            for provider, token in ANN.items():
                providers.people[token.partition(";")[0]] = (SUBJECTS[provider], OF_APP[provider])
            providers.secrets["370773112-ann"] = "secret-of-ann"
            yield Setting(People(cloud, SupportedLoginProviders=APPS, AllowClassicFlow=True), providers)


@pytest.mark.parametrize("provider", ANN)
def test_a_token_that_its_provider_knows_becomes_an_identity_with_keys(setting: Setting, provider: str) -> None:
    people, login = setting.people, {provider: ANN[provider]}

    identity_id = people.get_id(login)
    answer = people.credentials(identity_id, login)
    assert people.get_id(login) == identity_id
    assert people.arn(answer) == f"arn:aws:sts::{ACCOUNT}:assumed-role/users/CognitoIdentityCredentials"
    assert people.identity.describe_identity(IdentityId=identity_id)["Logins"] == [provider]
    setting.refusal(provider, "somebody else's;x", NOT_AUTHORIZED, "Invalid login token.")


@pytest.mark.parametrize("provider", ANN)
def test_a_role_may_trust_those_of_one_provider_alone(setting: Setting, provider: str) -> None:
    people, other = setting.people, next(one for one in ANN if one != provider)
    roles = {**people.roles, "authenticated": people.role("of-provider", provider, allow(LIST))}
    people.identity.set_identity_pool_roles(IdentityPoolId=people.pool_id, Roles=roles)

    login, others = {provider: ANN[provider]}, {other: ANN[other]}
    assert people.credentials(people.get_id(login), login)["Credentials"]
    with refused(
        "InvalidIdentityPoolConfigurationException",
        "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
    ):
        people.credentials(people.get_id(others), others)


def test_a_provider_is_asked_each_time(setting: Setting) -> None:
    login = {FACEBOOK: ANN[FACEBOOK]}
    identity_id = setting.people.get_id(login)

    del setting.providers.people[ANN[FACEBOOK]]  # signed out there
    with refused(NOT_AUTHORIZED, "Invalid login token."):
        setting.people.credentials(identity_id, login)


@pytest.mark.parametrize("provider", [FACEBOOK, AMAZON])
def test_a_token_for_another_app_is_refused(setting: Setting, provider: str) -> None:
    setting.providers.people[ANN[provider]] = (SUBJECTS[provider], "another-app")
    if provider == AMAZON:
        pool = {"IdentityPoolName": "p", "AllowUnauthenticatedIdentities": True}
        providers = {AMAZON: "amzn1.application.another"}
        setting.people.identity.update_identity_pool(
            IdentityPoolId=setting.people.pool_id, **pool, SupportedLoginProviders=providers
        )

    setting.refusal(provider, ANN[provider], NOT_AUTHORIZED, UNSUPPORTED)


def test_amazons_apps_are_known_by_either_name(setting: Setting) -> None:
    pool = {"IdentityPoolName": "p", "AllowUnauthenticatedIdentities": True}
    setting.people.identity.update_identity_pool(
        IdentityPoolId=setting.people.pool_id, **pool, SupportedLoginProviders={AMAZON: AMAZON_APP}
    )

    assert setting.people.get_id({AMAZON: ANN[AMAZON]})


def test_a_token_of_amazon_that_has_ended_is_refused(setting: Setting) -> None:
    setting.providers.seconds_left = 0

    setting.refusal(AMAZON, ANN[AMAZON], NOT_AUTHORIZED, "Invalid login token.")


@pytest.mark.parametrize(
    "token",
    [
        "370773112-ann",
        "370773112-ann;",
        ";secret-of-ann",
        "370773112-ann;another",
        "370773112-ann;secret-of-ann;x",
        "é;è",
        "370773112-ann\u2028;secret-of-ann",
    ],
)
def test_what_is_no_token_and_secret_of_twitter_is_refused(setting: Setting, token: str) -> None:
    setting.refusal(TWITTER, token, NOT_AUTHORIZED, "Invalid login token.")


@pytest.mark.parametrize("token", ["é&fields=x", "a&access_token=EAAB-ann", "%45AAB-ann", "x" * 2000])
@pytest.mark.parametrize("provider", [FACEBOOK, AMAZON])
def test_junk_is_refused_and_asked_about_as_it_is(setting: Setting, provider: str, token: str) -> None:
    setting.refusal(provider, token, NOT_AUTHORIZED, "Invalid login token.")


@pytest.mark.parametrize(
    "instead",
    [
        (500, {}),
        (429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}),
        (200, b"<html>"),
        (200, {"id": 5, "user_id": None, "exp": 5}),
        (200, b'{"id":"' + b"1" * 1_000_000 + b'"}'),
        (302, {}),
    ],
)
@pytest.mark.parametrize("provider", ANN)
def test_a_provider_that_does_not_tell_is_no_proof(setting: Setting, provider: str, instead: Any) -> None:
    setting.providers.instead = instead

    if instead[0] == 302:  # not followed
        setting.refusal(provider, ANN[provider], NOT_AUTHORIZED, "Invalid login token.")
    else:
        setting.refusal(provider, ANN[provider], "ExternalServiceException", f"{provider} is not responding.")


def test_facebook_that_is_busy_has_not_rejected(setting: Setting) -> None:
    setting.providers.instead = (400, {"error": {"code": 4, "message": "Application request limit reached"}})

    setting.refusal(FACEBOOK, ANN[FACEBOOK], "ExternalServiceException", f"{FACEBOOK} is not responding.")


def test_a_provider_that_nobody_reaches_is_an_external_failure() -> None:
    with testing.cloud(config=Config(reraise=True, login_providers={FACEBOOK: "http://127.0.0.1:9"})) as cloud:
        people = People(cloud, SupportedLoginProviders=APPS)

        with refused("ExternalServiceException", f"{FACEBOOK} is not responding."):
            people.get_id({FACEBOOK: "EAAB"})


class TestBySts:
    def assume(self, setting: Setting, provider: str, token: str, **condition: str) -> dict[str, Any]:
        trusts = {
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{provider}:{name}": value for name, value in condition.items()}},
        }
        iam = setting.people.iam
        iam.create_role(RoleName="social", AssumeRolePolicyDocument=document(trusts))
        iam.put_role_policy(RoleName="social", PolicyName="may", PolicyDocument=document(allow(LIST)))
        answer: dict[str, Any] = setting.people.cloud.client("sts").assume_role_with_web_identity(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/social",
            RoleSessionName="ann",
            WebIdentityToken=token,
            ProviderId=provider,
        )
        return answer

    @pytest.mark.parametrize(("provider", "key"), [(FACEBOOK, "id"), (AMAZON, "user_id")])
    def test_a_role_is_assumed_by_an_access_token(self, setting: Setting, provider: str, key: str) -> None:
        wanted = {"app_id": OF_APP[provider], key: SUBJECTS[provider]}
        answer = self.assume(setting, provider, ANN[provider], **wanted)

        assert answer["Provider"] == provider
        assert answer["SubjectFromWebIdentityToken"] == SUBJECTS[provider]
        assert answer["Audience"] == OF_APP[provider]
        assert setting.people.client("cognito-idp", answer).list_user_pools(MaxResults=1)["UserPools"]

    @pytest.mark.parametrize("provider", [FACEBOOK, AMAZON])
    def test_the_roles_trust_decides_on_the_app(self, setting: Setting, provider: str) -> None:
        with refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"):
            self.assume(setting, provider, ANN[provider], app_id="another")

    def test_a_token_that_the_provider_does_not_know_is_rejected(self, setting: Setting) -> None:
        with refused("IDPRejectedClaim", "The identity provider has rejected the token."):
            self.assume(setting, FACEBOOK, "EAAB-nobody", app_id=FACEBOOK_APP)

    def test_a_provider_that_fails_is_said_so(self, setting: Setting) -> None:
        setting.providers.instead = (500, {})

        with refused("IDPCommunicationError", "The identity provider could not be reached."):
            self.assume(setting, FACEBOOK, ANN[FACEBOOK], app_id=FACEBOOK_APP)

    def test_no_other_providers_access_tokens_are_taken(self, setting: Setting) -> None:
        with refused("ValidationError", "The provider api.twitter.com is not one whose access tokens are taken."):
            self.assume(setting, TWITTER, ANN[TWITTER], app_id=TWITTER_KEY)


def test_twitters_own_example_is_signed_as_it_says() -> None:
    """Twitter's documentation, "Creating a signature", as it was for version 1."""
    keys = oauth1.Keys(
        TWITTER_KEY,
        TWITTER_SECRET,
        "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
        "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
    )
    query = {"include_entities": "true", "status": "Hello Ladies + Gentlemen, a signed OAuth request!"}

    header = oauth1.authorization(
        "POST",
        "https://api.twitter.com/1/statuses/update.json",
        keys,
        nonce="kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
        at=1318622958,
        query=query,
    )

    assert 'oauth_signature="tnnArxj06cWHq44gCs1OSKk%2FjLY%3D"' in header


@pytest.mark.parametrize(
    ("providers", "sentence"),
    [
        ({"www.digits.com": "https://example.com"}, "--login-provider takes one of graph.facebook.com, "),
        ({FACEBOOK: "http://example.com"}, "is neither https nor on this machine."),
        ({FACEBOOK: ""}, "is neither https nor on this machine."),
    ],
)
def test_a_stand_in_is_named_and_here_or_by_tls(providers: dict[str, str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        running.up(Config(login_providers=providers), None, {})
