"""GetClientToken and GetDerivedToken, and with what a user can sign in."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest

from tests.poolhouse.cognito_idp.accounts import make_client, make_pool, refused
from tests.poolhouse.cognito_idp.sign_ins import ANN, PHONE, House
from tests.poolhouse.oauth.federated_app import App
from tests.poolhouse.oauth.oidc_provider import CLIENT_ID, running
from tests.poolhouse.saml.idp import Idp, encoded

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

    def test_the_pools_function_has_its_say(self, cloud: Any, cognito: Any) -> None:
        source = (
            "def handler(event, context):\n"
            "    change = {'claimsToAddOrOverride': {'source': event['triggerSource'], 'act': 'me', 'aud': 'x'},\n"
            "              'scopesToAdd': ['more/all']}\n"
            "    event['response'] = {'claimsAndScopeOverrideDetails': {'accessTokenGeneration': change}}\n"
            "    return event\n"
        )
        config = {"LambdaArn": cloud.function("say", source), "LambdaVersion": "V2_0"}
        house = House(cloud, cognito, LambdaConfig={"PreTokenGenerationConfig": config})
        house.user()
        service = make_client(cognito, house.pool_id, ExplicitAuthFlows=self.FLOWS)
        answer = self.derive(house, service, house.begin()["AuthenticationResult"]["AccessToken"], Audiences=["y"])

        derived = claims(answer["IssuedToken"])
        assert (derived["source"], derived["aud"]) == ("TokenGeneration_TokenExchange", "y")
        assert "act" not in derived
        assert answer["Scopes"] == derived["scope"].split() == [ADMIN_SCOPE, "more/all"]

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

    def test_an_access_token_of_the_provider_is_as_good(self, app: App, service: str) -> None:
        app.code()
        good: list[dict[str, Any]] = [
            {"aud": "https://api.example.com", "client_id": CLIENT_ID},
            {"aud": ["https://api.example.com"], "azp": CLIENT_ID},
            {"aud": CLIENT_ID},
        ]
        for claimed in good:
            token = app.provider.id_token(**claimed)
            answer = self.derive(app, service, token, SubjectTokenType="ACCESS_TOKEN")
            assert claims(answer["IssuedToken"])["username"] == "Corp_42"
        bad: list[dict[str, Any]] = [
            {"aud": CLIENT_ID, "client_id": "another-app"},
            {"aud": CLIENT_ID, "azp": "another-app"},
            {"aud": "https://api.example.com"},
            {"aud": [CLIENT_ID, "another-app"]},
            {"aud": CLIENT_ID, "client_id": CLIENT_ID, "azp": "another-app"},
            {"aud": CLIENT_ID, "exp": 1},
            {"aud": CLIENT_ID, "nonce": "of an ID token"},
        ]
        for claimed in bad:
            with refused("NotAuthorizedException", "Invalid Corp token"):
                self.derive(app, service, app.provider.id_token(**claimed), SubjectTokenType="ACCESS_TOKEN")
        with refused("NotAuthorizedException", "Invalid Corp token"):
            self.derive(app, service, "opaque", SubjectTokenType="ACCESS_TOKEN")

    def test_a_provider_vouches_in_its_own_kind_of_token(self, app: App, service: str) -> None:
        with refused("InvalidParameterException", "A token of type SAML2 is not supported for provider Corp."):
            self.derive(app, service, "x", SubjectTokenType="SAML2")
        with refused("InvalidParameterException", "SubjectTokenProviderName is required."):
            app.cognito.get_derived_token(ClientId=service, SubjectToken="x", SubjectTokenType="SAML2")


class TestSamlAssertions:
    @pytest.fixture
    def idp(self) -> Idp:
        return Idp()

    @pytest.fixture
    def house(self, cloud: Any, cognito: Any, idp: Idp) -> House:
        house = House(cloud, cognito, client={"ExplicitAuthFlows": TestDerivedToken.FLOWS})
        house.user()
        cognito.create_identity_provider(
            UserPoolId=house.pool_id,
            ProviderName="Corp",
            ProviderType="SAML",
            ProviderDetails={"MetadataFile": idp.metadata},
        )
        cognito.admin_link_provider_for_user(
            UserPoolId=house.pool_id,
            DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": "ann"},
            SourceUser={
                "ProviderName": "Corp",
                "ProviderAttributeName": "Cognito_Subject",
                "ProviderAttributeValue": "ann@corp",
            },
        )
        return house

    def answer(self, house: House, idp: Idp, **changes: Any) -> str:
        audience = f"urn:amazon:cognito:sp:{house.pool_id}"
        return idp.answer(house.cloud.clock(), **{"subject": "ann@corp", "audience": audience, **changes})

    def derive(self, house: House, token: str) -> dict[str, Any]:
        given = {"SubjectToken": token, "SubjectTokenType": "SAML2", "SubjectTokenProviderName": "Corp"}
        answer: dict[str, Any] = house.cognito.get_derived_token(ClientId=house.client_id, **given)
        return answer

    @pytest.mark.parametrize("signs", ["assertion", "response"])
    def test_the_user_it_is_of_gets_a_token(self, house: House, idp: Idp, signs: str) -> None:
        derived = claims(self.derive(house, self.answer(house, idp, signs=signs))["IssuedToken"])
        assert derived["username"] == "ann"
        assert abs(derived["auth_time"] - time.time()) < 60

    @pytest.mark.parametrize(
        "spoiled",
        [
            {"signs": "nothing"},
            {"audience": "urn:amazon:cognito:sp:us-east-1_AAAAAAAAA"},
            {"audience": "https://signin.aws.amazon.com/saml"},
            {"issuer": "https://elsewhere.example.com"},
            {"ends": timedelta(minutes=-2)},
            {"starts": timedelta(minutes=2)},
        ],
        ids=str,
    )
    def test_one_that_the_provider_did_not_give_the_pool_is_refused(
        self, house: House, idp: Idp, spoiled: dict[str, Any]
    ) -> None:
        with refused("NotAuthorizedException", "Invalid Corp token"):
            self.derive(house, self.answer(house, idp, **spoiled))

    def test_another_providers_key_and_nobodys_name_are_refused(self, house: House, idp: Idp) -> None:
        with refused("NotAuthorizedException", "Invalid Corp token"):
            self.derive(house, self.answer(house, Idp()))
        with refused("UserNotFoundException", "User does not exist."):
            self.derive(house, self.answer(house, idp, subject="bob@corp"))

    def test_an_encrypted_one_is_refused_by_name(self, house: House, idp: Idp) -> None:
        with refused("NotImplementedException", "Encrypted SAML assertions is not implemented yet."):
            self.derive(house, encoded(idp.response("<saml:EncryptedAssertion/>")))

    def test_metadata_is_fetched_from_its_address(self, house: House, idp: Idp) -> None:
        with serving({"/metadata": idp.metadata}) as origin:
            house.cognito.update_identity_provider(
                UserPoolId=house.pool_id, ProviderName="Corp", ProviderDetails={"MetadataURL": f"{origin}/metadata"}
            )
            assert self.derive(house, self.answer(house, idp))
            house.cognito.update_identity_provider(
                UserPoolId=house.pool_id, ProviderName="Corp", ProviderDetails={"MetadataURL": f"{origin}/nothing"}
            )
            with refused("NotAuthorizedException", "Invalid Corp token"):
                self.derive(house, self.answer(house, idp))


@contextmanager
def serving(documents: dict[str, str]) -> Iterator[str]:
    """These documents at an origin, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = documents.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


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
