"""People who sign in at an OpenID Connect provider of the pool, over /oauth2/authorize, and what the app is given."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from poolhouse import testing
from poolhouse.testing import LocalCloud
from tests.poolhouse.cognito_idp.accounts import refused
from tests.poolhouse.oauth.federated_app import (
    CALLBACK,
    CHALLENGE,
    MAPPING,
    VERIFIER,
    App,
    claims_of,
    cookie_of,
    header,
    told,
)
from tests.poolhouse.oauth.oidc_provider import CLIENT_ID, OidcProvider, running

EVERY_EVENT = """
import json, os, pathlib
def handler(event, context):
    with open(os.environ["LOG"], "a") as log:
        log.write(json.dumps(event) + "\\n")
    return event
"""


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    with running() as made:
        yield made


@pytest.fixture
def app(cloud: LocalCloud, cognito: Any, provider: OidcProvider) -> App:
    return App(cloud, cognito, provider)


# The way there and back


def test_somebody_signs_in_at_the_provider_and_the_app_gets_tokens(app: App) -> None:
    back = told(app.sign_in(state="s/ü", nonce="n", scope="openid email", code_challenge=CHALLENGE,
                            code_challenge_method="S256"))  # fmt: skip
    assert back["state"] == "s/ü"

    status, tokens = app.exchange(back["code"], code_verifier=VERIFIER)

    assert (status, sorted(tokens)) == (200, ["access_token", "expires_in", "id_token", "refresh_token", "token_type"])
    claims = claims_of(tokens["id_token"])
    assert (claims["cognito:username"], claims["email"], claims["email_verified"]) == (
        "Corp_42",
        "ann@example.com",
        False,
    )
    assert (claims["nonce"], claims["aud"], claims["token_use"]) == ("n", app.client_id, "id")
    assert "name" not in claims  # the scope profile was not asked for
    assert claims["cognito:groups"] == [f"{app.pool_id}_Corp"]
    identity = claims["identities"][0]
    assert (identity["userId"], identity["providerName"], identity["providerType"]) == ("42", "Corp", "OIDC")
    assert identity["primary"] == "true"
    access = claims_of(tokens["access_token"])
    assert (access["scope"], access["version"], access["username"]) == ("openid email", 2, "Corp_42")
    user_info = app.cloud.fetch(
        "GET", "/oauth2/userInfo", headers={"authorization": f"Bearer {tokens['access_token']}"}
    )
    assert json.loads(user_info.body)["email"] == "ann@example.com"


def test_the_user_is_kept_as_the_provider_tells_them(app: App) -> None:
    app.provider.person["groups"] = ["a b", "c"]
    app.code()

    user, attributes = app.user(), app.attributes()
    assert (user["UserStatus"], user["Enabled"]) == ("EXTERNAL_PROVIDER", True)
    assert (attributes["name"], attributes["custom:team"]) == ("Ann", "[a+b, c]")
    assert json.loads(attributes["identities"])[0]["userId"] == "42"
    sub = attributes["sub"]

    app.provider.person.update(name="Ann B.", email="ann@other.example.com")
    del app.provider.person["groups"]
    app.code()

    attributes = app.attributes()
    assert (attributes["sub"], attributes["name"], attributes["email"]) == (sub, "Ann B.", "ann@other.example.com")
    assert attributes["custom:team"] == "[a+b, c]"
    assert len(app.cognito.list_users(UserPoolId=app.pool_id)["Users"]) == 1


def test_the_refreshed_tokens_are_of_the_same_grant(app: App) -> None:
    _, tokens = app.exchange(app.code(scope="openid", nonce="n"))

    status, again = app.exchange("", grant_type="refresh_token", refresh_token=tokens["refresh_token"])

    assert (status, "refresh_token" in again) == (200, False)
    assert claims_of(again["access_token"])["scope"] == "openid"
    assert claims_of(again["access_token"])["version"] == 2
    assert "nonce" not in claims_of(again["id_token"])


def test_without_openid_there_is_no_id_token(app: App) -> None:
    _, tokens = app.exchange(app.code(scope="aws.cognito.signin.user.admin"))

    assert "id_token" not in tokens
    assert app.cognito.get_user(AccessToken=tokens["access_token"])["Username"] == "Corp_42"


def test_the_implicit_grant_answers_in_the_fragment_and_without_a_refresh_token(app: App) -> None:
    response = app.sign_in(response_type="token", state="s")

    assert not urlsplit(header(response, "Location")).query
    back = told(response)
    assert sorted(back) == ["access_token", "expires_in", "id_token", "state", "token_type"]
    assert claims_of(back["id_token"])["nonce"]  # federated sign-ins have one of their own


@pytest.mark.parametrize("asked", [{"identity_provider": "Corp"}, {"idp_identifier": "corp.example.com"}])
def test_an_app_with_several_providers_names_the_one_to_go_to(app: App, asked: dict[str, str]) -> None:
    app.client_id = app.client(SupportedIdentityProviders=["COGNITO", "Corp"])

    assert header(app.authorize(**asked, login_hint="ann"), "Location").startswith(app.provider.issuer)
    assert header(app.authorize(), "Location").startswith("/login?response_type=code&client_id=")
    assert told(app.authorize(identity_provider="Other"))["error"] == "invalid_request"


def test_the_provider_is_told_who_should_sign_in(app: App) -> None:
    app.code(login_hint="ann@example.com", prompt="login")

    asked = app.provider.asked[0]
    assert (asked["login_hint"], asked["prompt"], asked["scope"]) == ("ann@example.com", "login", "openid email")
    assert asked["redirect_uri"] == "http://localhost:4566/oauth2/idpresponse"


# What /oauth2/authorize refuses


def test_an_app_that_is_not_known_gets_nothing(app: App) -> None:
    for wrong, error in (
        ({"client_id": "nobody"}, "invalid_request"),
        ({"client_id": None}, "invalid_request"),
        ({"redirect_uri": "https://evil.example.com"}, "redirect_mismatch"),
        ({"redirect_uri": f"{CALLBACK}/"}, "redirect_mismatch"),
        ({"redirect_uri": None}, "redirect_mismatch"),
    ):
        response = app.authorize(**wrong)
        assert header(response, "Location").startswith(f"/error?error={error}"), wrong
    page = app.cloud.fetch("GET", "/error?error=redirect_mismatch&error_description=%3Cscript%3E")
    assert page.status == 400
    assert b"An error was encountered with the requested page." in page.body
    assert b"<script>" not in page.body


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "id_token"}, "invalid_request"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"scope": "openid phone"}, "invalid_scope"),
        ({"scope": "email"}, "invalid_scope"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_a_wrong_request_goes_back_to_the_app_with_its_state(app: App, wrong: dict[str, str], error: str) -> None:
    assert told(app.authorize(state="s", **wrong)) == {"error": error, "state": "s"}


def test_a_flow_the_client_does_not_have_is_refused(app: App) -> None:
    app.client_id = app.client(AllowedOAuthFlows=["code"])
    assert told(app.authorize(response_type="token"))["error"] == "unauthorized_client"

    app.client_id = app.client(AllowedOAuthFlowsUserPoolClient=False)
    assert told(app.authorize())["error"] == "unauthorized_client"


def test_a_kind_of_provider_that_is_not_built_says_so(app: App) -> None:
    details = {"client_id": "c", "client_secret": "s", "authorize_scopes": "profile"}
    app.cognito.create_identity_provider(
        UserPoolId=app.pool_id, ProviderName="Google", ProviderType="Google", ProviderDetails=details
    )
    app.client_id = app.client(SupportedIdentityProviders=["Google"])

    response = app.authorize()

    assert response.status == 501
    assert b"Google is not implemented yet" in response.body


# What the way back refuses


def test_only_the_browser_that_was_sent_there_comes_back_and_once(app: App) -> None:
    away = app.authorize()
    url = app.provider.sign_in(header(away, "Location"))

    for cookie in ("", "csrf-state=other", "csrf-state="):
        assert app.come_back(url, cookie).status == 400
    assert app.come_back(f"{urlsplit(url).path}?code=c&state=other", cookie_of(away)).status == 400
    assert "code" in told(app.come_back(url, cookie_of(away)))
    assert app.come_back(url, cookie_of(away)).status == 400


def test_of_two_that_come_back_at_once_one_signs_in(app: App) -> None:
    away = app.authorize()
    url = app.provider.sign_in(header(away, "Location"))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: app.come_back(url, cookie_of(away)).status, range(8)))

    assert sorted(answers) == [302, *[400] * 7]


def test_the_way_there_and_back_may_take_five_minutes(app: App) -> None:
    away = app.authorize()
    url = app.provider.sign_in(header(away, "Location"))
    app.cloud.clock.advance(timedelta(minutes=5))

    page = app.come_back(url, cookie_of(away))

    assert page.status == 400
    assert b"Something went wrong" in page.body


@pytest.mark.parametrize(("callback", "provider_name"), [(f"{CALLBACK}/new", "Corp"), (CALLBACK, "COGNITO")])
def test_a_client_that_was_changed_meanwhile_is_not_served(app: App, callback: str, provider_name: str) -> None:
    away = app.authorize()
    url = app.provider.sign_in(header(away, "Location"))
    app.cognito.update_user_pool_client(
        UserPoolId=app.pool_id,
        ClientId=app.client_id,
        CallbackURLs=[callback],
        SupportedIdentityProviders=[provider_name],
    )

    assert app.come_back(url, cookie_of(away)).status == 400
    assert app.cognito.list_users(UserPoolId=app.pool_id)["Users"] == []


@pytest.mark.parametrize("response_type", ["code", "token"])
def test_a_user_who_is_deleted_by_a_function_meanwhile_gets_nothing(provider: OidcProvider, response_type: str) -> None:
    source = """
import boto3
def handler(event, context):
    boto3.client("cognito-idp").admin_delete_user(UserPoolId=event["userPoolId"], Username=event["userName"])
    return event
"""
    with testing.cloud(listen=True) as cloud:
        app = App(cloud, cloud.client("cognito-idp"), provider)
        app.code()
        app.with_triggers(PreAuthentication=cloud.function("delete", source, may=["cognito-idp:*"]))

        back = told(app.sign_in(response_type=response_type))

        assert (back["error"], back["error_description"]) == ("invalid_request", "User does not exist.")


def test_what_the_person_refused_is_told_to_the_app(app: App) -> None:
    away = app.authorize(state="s")
    state = parse_qs(urlsplit(header(away, "Location")).query)["state"][0]

    back = told(app.come_back(f"/oauth2/idpresponse?error=access_denied&state={state}", cookie_of(away)))

    assert back == {"error": "access_denied", "state": "s"}


NOT_VALID = "Corp ID token is not valid"


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS256"])
def test_every_algorithm_with_a_key_pair_proves_a_person(app: App, algorithm: str) -> None:
    app.provider.algorithm = algorithm

    assert "code" in told(app.sign_in())


@pytest.mark.parametrize(
    ("spoiled", "description"),
    [
        ({"signs_with": 1}, NOT_VALID),
        ({"algorithm": "HS256"}, NOT_VALID),
        ({"algorithm": "none"}, NOT_VALID),
        ({"claims": {"iss": "https://other.example.com"}}, NOT_VALID),
        ({"claims": {"aud": "another"}}, NOT_VALID),
        ({"claims": {"aud": [CLIENT_ID, "another"]}}, NOT_VALID),
        ({"claims": {"azp": "another"}}, NOT_VALID),
        ({"claims": {"exp": 1}}, NOT_VALID),
        ({"claims": {"nonce": "replayed"}}, NOT_VALID),
        ({"claims": {"sub": ""}}, NOT_VALID),
        ({"user_info": {"sub": "43"}}, "userInfo and ID token are of different subjects"),
        ({"token_status": 500}, "Corp Error - 500 error getting token"),
    ],
)
def test_a_provider_that_does_not_prove_who_it_is_signs_nobody_in(
    app: App, spoiled: dict[str, Any], description: str
) -> None:
    for name, value in spoiled.items():
        setattr(app.provider, name, value)

    back = told(app.sign_in(state="s"))

    assert back == {"error": "invalid_request", "error_description": description, "state": "s"}
    assert app.cognito.list_users(UserPoolId=app.pool_id)["Users"] == []


def test_a_code_the_provider_does_not_know_is_told(app: App) -> None:
    away = app.authorize()
    url = app.provider.sign_in(header(away, "Location"))
    state = parse_qs(urlsplit(url).query)["state"][0]

    back = told(app.come_back(f"/oauth2/idpresponse?code=guessed&state={state}", cookie_of(away)))

    assert back["error_description"] == "Corp Error - 400 error getting token"


def test_a_provider_that_talks_nonsense_or_nothing_is_told(app: App) -> None:
    away = app.authorize()
    app.provider.answers_with_garbage = True
    assert "did not answer with JSON" in told(app.authorize())["error_description"]
    url = app.provider.sign_in(header(away, "Location"))
    assert "did not answer with JSON" in told(app.come_back(url, cookie_of(away)))["error_description"]

    for issuer, complaint in (("http://127.0.0.1:1", "Connection reset"), ("http://corp.example.com", "is not https")):
        details = app.cognito.describe_identity_provider(UserPoolId=app.pool_id, ProviderName="Corp")
        changed = {**details["IdentityProvider"]["ProviderDetails"], "oidc_issuer": issuer}
        app.cognito.update_identity_provider(UserPoolId=app.pool_id, ProviderName="Corp", ProviderDetails=changed)
        assert complaint in told(app.authorize())["error_description"]


# The code


def test_a_code_is_good_once_for_its_client_its_redirect_and_its_verifier(app: App) -> None:
    other = app.client()
    proof = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    code = app.code(**proof)
    assert app.exchange(code, client_id=other, code_verifier=VERIFIER) == (400, {"error": "invalid_grant"})
    assert app.exchange(code, code_verifier=VERIFIER)[0] == 200
    assert app.exchange(code, code_verifier=VERIFIER) == (400, {"error": "invalid_grant"})

    for wrong in ({}, {"code_verifier": "w" * 43}, {"code_verifier": VERIFIER, "redirect_uri": f"{CALLBACK}/"}):
        assert app.exchange(app.code(**proof), **wrong) == (400, {"error": "invalid_grant"}), wrong
    assert app.exchange(app.code(), redirect_uri=None) == (400, {"error": "invalid_request"})
    assert app.exchange(None) == (400, {"error": "invalid_request"})
    assert app.exchange("unknown") == (400, {"error": "invalid_grant"})


def test_of_many_exchanges_at_once_one_gets_tokens(app: App) -> None:
    code = app.code()

    with ThreadPoolExecutor(8) as pool:
        answers = [status for status, _ in pool.map(lambda _: app.exchange(code), range(8))]

    assert sorted(answers) == [200, *[400] * 7]


def test_a_code_lapses_after_five_minutes_and_with_its_user(app: App) -> None:
    code = app.code()
    app.cloud.clock.advance(timedelta(minutes=5))
    assert app.exchange(code) == (400, {"error": "invalid_grant"})

    code = app.code()
    app.cognito.admin_disable_user(UserPoolId=app.pool_id, Username="Corp_42")
    assert app.exchange(code) == (400, {"error": "invalid_grant"})
    assert told(app.sign_in())["error_description"] == "User is disabled."

    app.cognito.admin_enable_user(UserPoolId=app.pool_id, Username="Corp_42")
    code = app.code()
    app.cognito.admin_delete_user(UserPoolId=app.pool_id, Username="Corp_42")
    app.code()  # another user of the same name
    assert app.exchange(code) == (400, {"error": "invalid_grant"})


# Who the user is


def test_a_linked_person_is_the_user_they_are_linked_to(app: App) -> None:
    app.cognito.admin_create_user(UserPoolId=app.pool_id, Username="ann", MessageAction="SUPPRESS")
    app.cognito.admin_link_provider_for_user(
        UserPoolId=app.pool_id,
        DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": "ann"},
        SourceUser={
            "ProviderName": "Corp",
            "ProviderAttributeName": "email",
            "ProviderAttributeValue": "ann@example.com",
        },
    )

    _, tokens = app.exchange(app.code())

    claims = claims_of(tokens["id_token"])
    assert (claims["cognito:username"], claims["identities"][0]["primary"]) == ("ann", "false")
    assert "cognito:groups" not in claims
    assert app.attributes("ann")["name"] == "Ann"
    app.cognito.admin_disable_provider_for_user(
        UserPoolId=app.pool_id,
        User={"ProviderName": "Corp", "ProviderAttributeName": "email", "ProviderAttributeValue": "ann@example.com"},
    )
    _, tokens = app.exchange(app.code())
    assert claims_of(tokens["id_token"])["cognito:username"] == "Corp_42"


def test_names_are_in_lower_case_where_the_pool_does_not_tell_case(
    cloud: LocalCloud, cognito: Any, provider: OidcProvider
) -> None:
    app = App(cloud, cognito, provider, UsernameConfiguration={"CaseSensitive": False})

    app.code()

    assert app.user("corp_42")["Username"] == "corp_42"


def link(app: App, destination: tuple[str, str], subject: str) -> None:
    app.cognito.admin_link_provider_for_user(
        UserPoolId=app.pool_id,
        DestinationUser={"ProviderName": destination[0], "ProviderAttributeValue": destination[1]},
        SourceUser={
            "ProviderName": "Corp",
            "ProviderAttributeName": "Cognito_Subject",
            "ProviderAttributeValue": subject,
        },
    )


def test_who_has_signed_in_by_the_provider_is_not_merged(app: App) -> None:
    app.code()
    app.cognito.admin_create_user(UserPoolId=app.pool_id, Username="ann", MessageAction="SUPPRESS")

    with refused(
        "InvalidParameterException",
        "Merging is not currently supported, provide a SourceUser that has not been signed up in order to link",
    ):
        link(app, ("Cognito", "ann"), "42")


def test_another_identity_is_linked_to_a_user_of_the_provider(app: App) -> None:
    app.code()

    link(app, ("Corp", "42"), "43")
    app.provider.person["sub"] = "43"

    _, tokens = app.exchange(app.code())
    claims = claims_of(tokens["id_token"])
    assert claims["cognito:username"] == "Corp_42"
    assert [one["primary"] for one in claims["identities"]] == ["true", "false"]


def test_a_name_that_somebody_else_took_is_not_theirs_to_sign_in_to(app: App) -> None:
    app.cognito.admin_create_user(UserPoolId=app.pool_id, Username="Corp_42", MessageAction="SUPPRESS")

    back = told(app.sign_in())

    assert back["error_description"] == "Already found an entry for username Corp_42"
    assert app.user()["UserStatus"] == "FORCE_CHANGE_PASSWORD"


@pytest.mark.parametrize("subject", ["x" * 124, "a b", "a\nb"])
def test_a_subject_that_cannot_name_a_user_is_refused(app: App, subject: str) -> None:
    app.provider.person["sub"] = subject

    assert told(app.sign_in())["error_description"] == "The subject cannot be part of a username"


def test_a_provider_says_neither_the_sub_nor_the_identities_of_a_user(app: App) -> None:
    app.provider.person.update(id="forged", evil="[]")
    mapping = {**MAPPING, "sub": "id"}
    app.cognito.update_identity_provider(UserPoolId=app.pool_id, ProviderName="Corp", AttributeMapping=mapping)

    app.code()

    assert app.attributes()["sub"] != "forged"


def test_a_user_of_a_provider_has_no_password(app: App) -> None:
    app.code()
    client_id = app.client(ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"], PreventUserExistenceErrors="LEGACY")

    with pytest.raises(app.cognito.exceptions.NotAuthorizedException):
        app.cognito.initiate_auth(
            ClientId=client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "Corp_42", "PASSWORD": "Passw0rd!"},
        )
    with pytest.raises(app.cognito.exceptions.NotAuthorizedException):
        app.cognito.forgot_password(ClientId=client_id, Username="Corp_42")


def test_a_required_attribute_must_be_mapped(cloud: LocalCloud, cognito: Any, provider: OidcProvider) -> None:
    required = {"Name": "nickname", "Required": True, "Mutable": True}
    app = App(cloud, cognito, provider, Schema=[required])

    back = told(app.sign_in())

    assert (back["error"], back["error_description"]) == ("invalid_request", "attributes required: [nickname]")


def test_an_immutable_attribute_can_be_mapped_once(cloud: LocalCloud, cognito: Any, provider: OidcProvider) -> None:
    fixed = {"Name": "name", "AttributeDataType": "String", "Required": False, "Mutable": False}
    app = App(cloud, cognito, provider, Schema=[fixed])
    app.code()

    assert "user.name: Attribute cannot be updated." in told(app.sign_in())["error_description"]


def test_two_first_sign_ins_at_once_make_one_user(app: App) -> None:
    def go(_: int) -> dict[str, str]:
        return told(app.sign_in())

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(go, range(4)))

    assert any("code" in answer for answer in answers)
    assert all("code" in answer or "Already found an entry" in answer["error_description"] for answer in answers)
    assert len(app.cognito.list_users(UserPoolId=app.pool_id)["Users"]) == 1


# Triggers


def test_the_triggers_run_in_aws_order_with_aws_shapes(app: App) -> None:
    log = app.cloud.folder / "events"
    arn = app.cloud.function("every", EVERY_EVENT, environment={"LOG": str(log)})
    app.with_triggers(
        InboundFederation={"LambdaArn": arn, "LambdaVersion": "V1_0"},
        **dict.fromkeys(
            (
                "PreSignUp",
                "PostConfirmation",
                "PreAuthentication",
                "PostAuthentication",
                "PreTokenGeneration",
                "CustomMessage",
                "UserMigration",
            ),
            arn,
        ),
    )

    def events() -> list[dict[str, Any]]:
        app.exchange(app.code())
        found = [json.loads(line) for line in log.read_text().splitlines()]
        log.write_text("")
        return found

    first, again = events(), events()

    assert [event["triggerSource"] for event in first] == [
        "InboundFederation_ExternalProvider",
        "PreSignUp_ExternalProvider",
        "PostConfirmation_ConfirmSignUp",
        "TokenGeneration_HostedAuth",
    ]
    assert [event["triggerSource"] for event in again] == [
        "InboundFederation_ExternalProvider",
        "PreAuthentication_Authentication",
        "PostAuthentication_Authentication",
        "TokenGeneration_HostedAuth",
    ]
    inbound, pre_sign_up, confirmed, _ = first
    assert (inbound["version"], inbound["userName"]) == ("1", "42")
    assert (inbound["request"]["providerName"], inbound["request"]["providerType"]) == ("Corp", "OIDC")
    assert sorted(inbound["request"]["attributes"]) == ["idToken", "tokenResponse", "userInfo"]
    assert inbound["request"]["attributes"]["userInfo"]["email"] == "ann@example.com"
    assert pre_sign_up["userName"] == "Corp_42"
    assert pre_sign_up["callerContext"]["clientId"] == app.client_id
    assert pre_sign_up["request"]["userAttributes"] == {
        "email": "ann@example.com",
        "email_verified": "false",
        "name": "Ann",
        "cognito:email_alias": "",
        "cognito:phone_number_alias": "",
    }
    assert confirmed["request"]["userAttributes"]["cognito:user_status"] == "EXTERNAL_PROVIDER"


def test_the_inbound_federation_function_chooses_what_is_mapped(app: App) -> None:
    source = """
def handler(event, context):
    told = event["request"]["attributes"]["userInfo"]
    event["response"]["userAttributesToMap"] = {"name": told["name"].upper(), "groups": "core"}
    return event
"""
    arn = app.cloud.function("inbound", source)
    app.with_triggers(InboundFederation={"LambdaArn": arn, "LambdaVersion": "V1_0"})

    app.code()

    attributes = app.attributes()
    assert (attributes["name"], attributes["custom:team"], "email" in attributes) == ("ANN", "core", False)


def test_a_function_that_links_makes_the_next_sign_in_the_native_users(cognito: Any, provider: OidcProvider) -> None:
    source = """
import boto3
def handler(event, context):
    if event["triggerSource"] == "PreSignUp_ExternalProvider":
        provider, subject = event["userName"].split("_", 1)
        boto3.client("cognito-idp").admin_link_provider_for_user(
            UserPoolId=event["userPoolId"],
            DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": "ann"},
            SourceUser={"ProviderName": "Corp", "ProviderAttributeName": "Cognito_Subject",
                        "ProviderAttributeValue": subject},
        )
    return event
"""
    with testing.cloud(listen=True) as cloud:
        app = App(cloud, cloud.client("cognito-idp"), provider)
        app.with_triggers(PreSignUp=cloud.function("link", source, timeout=5, may=["cognito-idp:*"]))
        app.cognito.admin_create_user(UserPoolId=app.pool_id, Username="ann", MessageAction="SUPPRESS")

        first, again = told(app.sign_in()), app.exchange(app.code())[1]

        assert first["error"] == "invalid_request"
        assert first["error_description"] == "Already found an entry for username Corp_42"
        assert claims_of(again["id_token"])["cognito:username"] == "ann"


def test_a_function_that_raises_is_told_to_the_app(app: App) -> None:
    arn = app.cloud.function("no", "def handler(event, context):\n    raise ValueError('not from there')\n")
    app.with_triggers(PreSignUp=arn)

    back = told(app.sign_in(state="s"))

    assert back == {
        "error": "invalid_request",
        "error_description": "PreSignUp failed with error not from there.",
        "state": "s",
    }
    assert app.cognito.list_users(UserPoolId=app.pool_id)["Users"] == []
