"""GetClientToken and GetDerivedToken, and with what a user can sign in."""

import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from botocore.exceptions import ClientError

from tests.poolhouse.cognito_idp.accounts import make_client, make_pool, refused
from tests.poolhouse.cognito_idp.sign_ins import ANN, PHONE, House
from tests.poolhouse.oauth.federated_app import App
from tests.poolhouse.oauth.oidc_provider import CLIENT_ID, running

ADMIN_SCOPE = "aws.cognito.signin.user.admin"
NOT_ENABLED = ("InvalidParameterException", "Auth flow not enabled for this client")


def claims(token: str) -> dict[str, Any]:
    decoded: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return decoded


class TestClientToken:
    @pytest.fixture
    def machine(self, cognito: Any) -> dict[str, str]:
        pool_id = make_pool(cognito)
        scopes = [{"ScopeName": name, "ScopeDescription": name} for name in ("read", "write")]
        cognito.create_resource_server(UserPoolId=pool_id, Identifier="api", Name="api", Scopes=scopes)
        made = cognito.create_user_pool_client(
            UserPoolId=pool_id,
            ClientName="machine",
            GenerateSecret=True,
            ExplicitAuthFlows=["ALLOW_CLIENT_TOKEN_AUTH"],
            AllowedOAuthFlows=["client_credentials"],
            AllowedOAuthScopes=["api/read", "api/write"],
            AllowedOAuthFlowsUserPoolClient=True,
        )["UserPoolClient"]
        return {"ClientId": made["ClientId"], "Secret": made["ClientSecret"]}

    def test_a_machine_gets_the_scopes_it_asks_for_or_all(self, cognito: Any, machine: dict[str, str]) -> None:
        result = cognito.get_client_token(**machine, Scopes=["api/read"])["ClientAuthenticationResult"]
        assert (result["TokenType"], result["ExpiresIn"]) == ("Bearer", 3600)
        told = claims(result["AccessToken"])
        assert (told["scope"], told["sub"], told["client_id"]) == ("api/read", machine["ClientId"], machine["ClientId"])
        result = cognito.get_client_token(**machine)["ClientAuthenticationResult"]
        assert claims(result["AccessToken"])["scope"] == "api/read api/write"

    def test_the_wrong_secret_scope_or_client_gets_nothing(self, cognito: Any, machine: dict[str, str]) -> None:
        with refused("NotAuthorizedException", f"Unable to verify secret hash for client {machine['ClientId']}"):
            cognito.get_client_token(**{**machine, "Secret": "x" * 51})
        with refused("InvalidParameterException", "Invalid scope requested."):
            cognito.get_client_token(**machine, Scopes=["api/delete"])
        with refused("ResourceNotFoundException", "User pool client nobody does not exist."):
            cognito.get_client_token(**{**machine, "ClientId": "nobody"})

    def test_a_client_of_users_gets_nothing(self, cognito: Any) -> None:
        made = cognito.create_user_pool_client(UserPoolId=make_pool(cognito), ClientName="users", GenerateSecret=True)[
            "UserPoolClient"
        ]
        with refused(*NOT_ENABLED):
            cognito.get_client_token(ClientId=made["ClientId"], Secret=made["ClientSecret"])

    def test_the_flow_stands_alone(self, cognito: Any) -> None:
        pool_id = make_pool(cognito)
        with refused("InvalidParameterException", "ALLOW_CLIENT_TOKEN_AUTH cannot be used with other auth flows."):
            make_client(cognito, pool_id, ExplicitAuthFlows=["ALLOW_CLIENT_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"])
        with refused("InvalidParameterException", "ALLOW_NOTHING is not a valid ExplicitAuthFlow."):
            make_client(cognito, pool_id, ExplicitAuthFlows=["ALLOW_NOTHING"])


class TestDerivedToken:
    FLOWS = ["ALLOW_TOKEN_EXCHANGE_IMPERSONATION", "ALLOW_TOKEN_EXCHANGE_DELEGATION"]

    @pytest.fixture
    def house(self, cloud: Any, cognito: Any) -> House:
        house = House(cloud, cognito)
        house.user()
        cognito.create_resource_server(UserPoolId=house.pool_id, Identifier="orders", Name="orders")
        return house

    @pytest.fixture
    def service(self, cognito: Any, house: House) -> str:
        return make_client(cognito, house.pool_id, ExplicitAuthFlows=self.FLOWS)

    def derive(self, house: House, service: str, token: str, **more: Any) -> dict[str, Any]:
        wanted = {"SubjectToken": token, "SubjectTokenType": "ACCESS_TOKEN", **more}
        answer: dict[str, Any] = house.cognito.get_derived_token(ClientId=service, **wanted)
        return answer

    def test_a_users_token_is_exchanged_for_a_services(self, house: House, service: str) -> None:
        tokens = house.begin()["AuthenticationResult"]
        answer = self.derive(house, service, tokens["AccessToken"], Resources=["orders"])

        assert (answer["IssuedTokenType"], answer["TokenType"]) == ("ACCESS_TOKEN", "Bearer")
        assert answer["Scopes"] == [ADMIN_SCOPE]
        subject, derived = claims(tokens["AccessToken"]), claims(answer["IssuedToken"])
        assert derived["sub"] == subject["sub"]
        assert derived["auth_time"] == subject["auth_time"]
        assert (derived["client_id"], derived["aud"]) == (service, "orders")
        assert "act" not in derived
        assert house.cognito.get_user(AccessToken=answer["IssuedToken"])["Username"] == "ann"

    def test_it_ends_with_the_sign_in_it_came_from(self, house: House, service: str) -> None:
        tokens = house.begin()["AuthenticationResult"]
        derived = self.derive(house, service, tokens["AccessToken"])["IssuedToken"]
        house.cognito.revoke_token(Token=tokens["RefreshToken"], ClientId=house.client_id)

        with refused("NotAuthorizedException", "Access Token has been revoked"):
            house.cognito.get_user(AccessToken=derived)
        with refused("NotAuthorizedException", "Access Token has been revoked"):
            self.derive(house, service, tokens["AccessToken"])

    def test_who_acts_for_a_user_is_said(self, house: House, service: str) -> None:
        house.user("robot")
        ann = house.begin()["AuthenticationResult"]["AccessToken"]
        robot = house.begin(name="robot")["AuthenticationResult"]["AccessToken"]
        more = {"ActorToken": robot, "ActorTokenType": "ACCESS_TOKEN"}

        derived = claims(self.derive(house, service, ann, **more)["IssuedToken"])
        assert derived["sub"] == claims(ann)["sub"]
        assert derived["act"] == {"sub": claims(robot)["sub"], "client_id": house.client_id}

    def test_an_id_token_is_exchanged_too(self, house: House, service: str) -> None:
        tokens = house.begin()["AuthenticationResult"]
        answer = self.derive(
            house, service, tokens["IdToken"], SubjectTokenType="ID_TOKEN", RequestedTokenType="ID_TOKEN"
        )
        assert answer["TokenType"] == "N_A"
        assert claims(answer["IssuedToken"])["token_use"] == "id"

    def test_each_way_needs_its_flow(self, house: House) -> None:
        ann = house.begin()["AuthenticationResult"]["AccessToken"]
        with refused(*NOT_ENABLED):
            self.derive(house, house.client_id, ann)
        only = make_client(house.cognito, house.pool_id, ExplicitAuthFlows=[self.FLOWS[0]])
        with refused(*NOT_ENABLED):
            self.derive(house, only, ann, ActorToken=ann, ActorTokenType="ACCESS_TOKEN")

    def test_bad_tokens_are_refused(self, cloud: Any, cognito: Any, house: House, service: str) -> None:
        tokens = house.begin()["AuthenticationResult"]
        other = House(cloud, cognito)
        other.user()
        foreign = other.begin()["AuthenticationResult"]["AccessToken"]

        for bad in ("junk", tokens["IdToken"], foreign):
            with refused("NotAuthorizedException", "Invalid Access Token"):
                self.derive(house, service, bad)
        with refused("NotAuthorizedException", "Could not verify signature for Access Token"):
            self.derive(house, service, tokens["AccessToken"][:-8] + "AAAAAAAA")
        with refused("InvalidParameterException", "Invalid scope requested."):
            self.derive(house, service, tokens["AccessToken"], Scopes=["orders/all"])
        with refused("ResourceNotFoundException", "Resource server nothing does not exist."):
            self.derive(house, service, tokens["AccessToken"], Resources=["nothing"])
        with refused("InvalidParameterException", "Audiences and Resources cannot both be requested."):
            self.derive(house, service, tokens["AccessToken"], Resources=["orders"], Audiences=["x"])


class TestTokensOfOtherProviders:
    @pytest.fixture
    def app(self, cloud: Any, cognito: Any) -> Iterator[App]:
        with running() as provider:
            yield App(cloud, cognito, provider)

    @pytest.fixture
    def service(self, app: App) -> str:
        return make_client(app.cognito, app.pool_id, ExplicitAuthFlows=TestDerivedToken.FLOWS)

    def derive(self, app: App, service: str, token: str, **more: Any) -> dict[str, Any]:
        wanted = {"SubjectToken": token, "SubjectTokenType": "ID_TOKEN", "SubjectTokenProviderName": "Corp", **more}
        answer: dict[str, Any] = app.cognito.get_derived_token(ClientId=service, **wanted)
        return answer

    def test_the_user_of_the_providers_subject_gets_a_token(self, app: App, service: str) -> None:
        app.code()
        authenticated_at = int(time.time()) - 60
        answer = self.derive(app, service, app.provider.id_token(auth_time=authenticated_at))

        derived = claims(answer["IssuedToken"])
        assert (derived["username"], derived["sub"]) == ("Corp_42", app.attributes()["sub"])
        assert (derived["client_id"], derived["auth_time"]) == (service, authenticated_at)
        assert answer["Scopes"] == []
        assert claims(self.derive(app, service, app.provider.id_token(auth_time="noon"))["IssuedToken"])["auth_time"]
        with refused("InvalidParameterException", "Invalid scope requested."):
            self.derive(app, service, app.provider.id_token(), Scopes=[ADMIN_SCOPE])

    def test_somebody_of_the_provider_may_act_for_a_user(self, app: App, service: str) -> None:
        app.code()
        token = app.provider.id_token()
        actor = {"ActorToken": token, "ActorTokenType": "ID_TOKEN", "ActorTokenProviderName": "Corp"}
        assert claims(self.derive(app, service, token, **actor)["IssuedToken"])["act"] == {
            "sub": app.attributes()["sub"]
        }

    @pytest.mark.parametrize(
        "spoiled",
        [
            {"claims": {"aud": "another-app"}},
            {"claims": {"aud": [CLIENT_ID, "another-app"]}},
            {"claims": {"iss": "https://elsewhere.example.com"}},
            {"claims": {"exp": 1}},
            {"claims": {"sub": ""}},
            {"signs_with": 1},
            {"algorithm": "HS256"},
            {"algorithm": "none"},
            {"answers_with_garbage": True},
        ],
        ids=str,
    )
    def test_a_token_the_provider_did_not_give_the_pool_is_refused(
        self, app: App, service: str, spoiled: dict[str, Any]
    ) -> None:
        app.code()
        for name, value in spoiled.items():
            setattr(app.provider, name, value)
        with refused("NotAuthorizedException", "Invalid Corp token"):
            self.derive(app, service, app.provider.id_token())

    def test_nobody_new_comes_in_and_nobody_disabled(self, app: App, service: str) -> None:
        with refused("UserNotFoundException", "User does not exist."):
            self.derive(app, service, app.provider.id_token())
        app.code()
        app.cognito.admin_disable_user(UserPoolId=app.pool_id, Username="Corp_42")
        with refused("NotAuthorizedException", "User is disabled."):
            self.derive(app, service, app.provider.id_token())
        with refused("ResourceNotFoundException", "Identity provider Other does not exist."):
            self.derive(app, service, "x", SubjectTokenProviderName="Other")

    def test_what_is_not_built_is_said(self, app: App, service: str) -> None:
        for kind, said in {"SAML2": "SAML assertions", "ACCESS_TOKEN": "access tokens of other"}.items():
            with pytest.raises(ClientError, match=f"Exchange of {said}"):
                self.derive(app, service, "x", SubjectTokenType=kind)


def test_with_what_a_user_can_sign_in(cloud: Any, cognito: Any) -> None:
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP"]}}
    house = House(cloud, cognito, Policies=policies)
    house.mfa("OPTIONAL", "SMS_MFA")
    house.user(email=ANN, phone_number=PHONE)
    token = house.begin()["AuthenticationResult"]["AccessToken"]
    house.prefer(SMSMfaSettings="preferred")

    told = cognito.get_user_auth_factors(AccessToken=token)
    assert told["ConfiguredUserAuthFactors"] == ["PASSWORD", "EMAIL_OTP", "SMS_OTP"]
    assert (told["PreferredMfaSetting"], told["UserMFASettingList"]) == ("SMS_MFA", ["SMS_MFA"])
    by_admin = cognito.admin_get_user_auth_factors(UserPoolId=house.pool_id, Username="ann")
    assert by_admin["ConfiguredUserAuthFactors"] == told["ConfiguredUserAuthFactors"]
