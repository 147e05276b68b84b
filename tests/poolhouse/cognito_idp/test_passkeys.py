"""Passkeys: registered, signed in with, deleted; and everything that only looks like one."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.poolhouse.cognito_idp.accounts import make_client, refused
from tests.poolhouse.cognito_idp.authenticator import ORIGIN, Authenticator, encoded
from tests.poolhouse.cognito_idp.sign_ins import FLOWS, PHONE, House, is_in

POOL: dict[str, Any] = {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}}
INCORRECT = ("NotAuthorizedException", "Incorrect username or password.")
NOT_SUPPORTED = ("WebAuthnCredentialNotSupportedException", "Credential is not supported.")
NO_CHALLENGE = ("WebAuthnChallengeNotFoundException", "Challenge not found.")


class Passkeys(House):
    """A house whose users may have passkeys for example.com."""

    def __init__(self, cloud: Any, cognito: Any, **settings: Any) -> None:
        super().__init__(cloud, cognito, **POOL)
        self.configure(**settings)
        self.user()
        self.token = str(self.begin()["AuthenticationResult"]["AccessToken"])

    def configure(self, mode: str = "OFF", **settings: Any) -> None:
        factor = {"SmsMfaConfiguration": {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms"}}}
        self.cognito.set_user_pool_mfa_config(
            UserPoolId=self.pool_id,
            MfaConfiguration=mode,
            WebAuthnConfiguration={"RelyingPartyId": "example.com", **settings},
            **(factor if mode != "OFF" else {}),
        )

    def start(self, token: str = "") -> dict[str, Any]:
        answer = self.cognito.start_web_authn_registration(AccessToken=token or self.token)
        return dict(answer["CredentialCreationOptions"])

    def complete(self, credential: dict[str, Any], token: str = "") -> None:
        self.cognito.complete_web_authn_registration(AccessToken=token or self.token, Credential=credential)

    def enrol(self, algorithm: int = -7, *, verifies: bool = True) -> Authenticator:
        made = Authenticator(algorithm, verifies=verifies)
        self.complete(made.make(self.start()))
        return made

    def ask(self) -> tuple[dict[str, Any], dict[str, Any]]:
        asked = self.begin("USER_AUTH", PREFERRED_CHALLENGE="WEB_AUTHN")
        return asked, json.loads(asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])

    def listed(self) -> list[dict[str, Any]]:
        return list(self.cognito.list_web_authn_credentials(AccessToken=self.token)["Credentials"])


@pytest.fixture
def house(cloud: Any, cognito: Any) -> Passkeys:
    return Passkeys(cloud, cognito)


@pytest.mark.parametrize("algorithm", [-7, -257])
def test_a_passkey_signs_in(house: Passkeys, algorithm: int) -> None:
    passkey = house.enrol(algorithm)

    asked, options = house.ask()
    assert asked["ChallengeName"] == "WEB_AUTHN"
    assert options["rpId"] == "example.com"
    assert [one["id"] for one in options["allowCredentials"]] == [encoded(passkey.id)]
    assert is_in(house.answer(asked, CREDENTIAL=json.dumps(passkey.sign(options))))
    chosen = house.answer(house.begin("USER_AUTH"), ANSWER="WEB_AUTHN")
    options = json.loads(chosen["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
    assert is_in(house.answer(chosen, CREDENTIAL=json.dumps(passkey.sign(options))))


def test_the_options_are_those_of_the_pool(house: Passkeys) -> None:
    options = house.start()

    assert options["rp"] == {"id": "example.com", "name": "pool"}
    assert options["user"]["name"] == "ann"
    assert [one["alg"] for one in options["pubKeyCredParams"]] == [-7, -257]
    assert options["authenticatorSelection"]["userVerification"] == "preferred"
    assert options["excludeCredentials"] == []
    house.enrol()
    assert len(house.start()["excludeCredentials"]) == 1


def test_passkeys_are_listed_and_deleted(house: Passkeys) -> None:
    passkey = house.enrol()
    (told,) = house.listed()
    assert told["CredentialId"] == encoded(passkey.id)
    assert told["RelyingPartyId"] == "example.com"
    assert told["AuthenticatorTransports"] == ["internal"]
    assert told["AuthenticatorAttachment"] == "platform"
    factors = house.cognito.get_user_auth_factors(AccessToken=house.token)["ConfiguredUserAuthFactors"]
    assert factors == ["PASSWORD", "WEB_AUTHN"]

    asked, options = house.ask()
    house.cognito.delete_web_authn_credential(AccessToken=house.token, CredentialId=told["CredentialId"])
    assert house.listed() == []
    with refused(*INCORRECT):
        house.answer(asked, CREDENTIAL=json.dumps(passkey.sign(options)))
    with refused("ResourceNotFoundException", "Credential does not exist."):
        house.cognito.delete_web_authn_credential(AccessToken=house.token, CredentialId=told["CredentialId"])
    assert house.begin("USER_AUTH")["AvailableChallenges"] == ["PASSWORD_SRP", "PASSWORD"]


SPOILT: list[tuple[str, dict[str, Any]]] = [
    ("another challenge", {"challenge": encoded(b"x" * 32)}),
    ("another relying party", {"party": "evil.example"}),
    ("another page", {"origin": "https://evil.example"}),
    ("a page that only ends like ours", {"origin": "https://evilexample.com"}),
    ("plain HTTP", {"origin": "http://app.example.com"}),
    ("a wrong signature", {"signature": b"\x30\x06\x02\x01\x01\x02\x01\x01"}),
    ("no signature", {"signature": b"-"}),
    ("nobody present", {"flags": 0}),
]


@pytest.mark.parametrize(("name", "changes"), SPOILT, ids=[name for name, _ in SPOILT])
def test_what_only_looks_like_a_signature_is_refused(house: Passkeys, name: str, changes: dict[str, Any]) -> None:
    passkey = house.enrol()
    asked, options = house.ask()

    with refused(*INCORRECT):
        house.answer(asked, CREDENTIAL=json.dumps(passkey.sign(options, **changes)))
    assert is_in(house.answer(asked, CREDENTIAL=json.dumps(passkey.sign(options))))


def test_a_signature_is_good_once(house: Passkeys) -> None:
    passkey = house.enrol()
    asked, options = house.ask()
    signed = json.dumps(passkey.sign(options))
    assert is_in(house.answer(asked, CREDENTIAL=signed))

    with refused("NotAuthorizedException", "Invalid session for the user, session can only be used once."):
        house.answer(asked, CREDENTIAL=signed)
    again, _ = house.ask()
    with refused(*INCORRECT):
        house.answer(again, CREDENTIAL=signed)


def test_a_counter_that_went_back_is_a_copy(house: Passkeys) -> None:
    passkey = house.enrol()
    asked, options = house.ask()
    passkey.sign_count = 9
    house.answer(asked, CREDENTIAL=json.dumps(passkey.sign(options)))
    asked, options = house.ask()
    passkey.sign_count = 3

    with refused(*INCORRECT):
        house.answer(asked, CREDENTIAL=json.dumps(passkey.sign(options)))


def test_another_users_passkey_is_none(house: Passkeys) -> None:
    anns = house.enrol()
    house.user("bob")
    token = house.begin(name="bob")["AuthenticationResult"]["AccessToken"]
    bobs = Authenticator()
    house.complete(bobs.make(house.start(token)), token)

    asked, options = house.ask()
    with refused(*INCORRECT):
        house.answer(asked, CREDENTIAL=json.dumps(bobs.sign(options)))
    assert is_in(house.answer(asked, CREDENTIAL=json.dumps(anns.sign(options))))


@pytest.mark.parametrize("junk", ["", "no", "[]", "{}", '{"id": 7}', '{"id": "x", "response": 1}', "[" * 5000])
def test_junk_is_no_credential(house: Passkeys, junk: str) -> None:
    passkey = house.enrol()
    asked, _ = house.ask()

    for text in (junk, junk.replace('"x"', json.dumps(encoded(passkey.id)))):
        with pytest.raises(house.cognito.exceptions.ClientError) as raised:
            house.answer(asked, CREDENTIAL=text)
        assert raised.value.response["Error"]["Code"] in {"NotAuthorizedException", "InvalidParameterException"}


class TestRegistration:
    def test_a_challenge_is_good_once_and_for_its_user(self, house: Passkeys) -> None:
        house.user("bob")
        bob = house.begin(name="bob")["AuthenticationResult"]["AccessToken"]
        options = house.start()
        with refused(*NO_CHALLENGE):
            house.complete(Authenticator().make(options), bob)
        with refused(*NO_CHALLENGE):  # used up by the wrong one
            house.complete(Authenticator().make(options))

        options = house.start()
        house.complete(Authenticator().make(options))
        with refused(*NO_CHALLENGE):
            house.complete(Authenticator().make(options))

    def test_a_challenge_expires(self, house: Passkeys) -> None:
        options = house.start()
        house.cloud.clock.advance(timedelta(minutes=3))
        with refused(*NO_CHALLENGE):
            house.complete(Authenticator().make(options))

    def test_pages_of_others_register_nothing(self, house: Passkeys) -> None:
        for origin in ("https://evil.example", "http://app.example.com", "https://evilexample.com", "null", "http://["):
            with refused("WebAuthnOriginNotAllowedException", f"Origin {origin} is not allowed."):
                house.complete(Authenticator().make(house.start(), origin=origin))
        house.complete(Authenticator().make(house.start(), origin="https://example.com"))

    def test_passkeys_of_another_party_are_refused(self, house: Passkeys) -> None:
        with refused("WebAuthnRelyingPartyMismatchException", "Relying party does not match."):
            house.complete(Authenticator().make(house.start(), party="evil.example"))

    def test_algorithms_that_are_not_offered_are_refused(self, house: Passkeys) -> None:
        with refused(*NOT_SUPPORTED):
            house.complete(Authenticator(-258).make(house.start()))

    def test_another_clients_token_is_refused(self, house: Passkeys) -> None:
        options = house.start()
        house.client_id = make_client(house.cognito, house.pool_id, ExplicitAuthFlows=FLOWS)
        token = house.begin()["AuthenticationResult"]["AccessToken"]
        with refused("WebAuthnClientMismatchException", "The access token is from another app client."):
            house.complete(Authenticator().make(options), token)

    def test_a_passkey_is_registered_once(self, house: Passkeys) -> None:
        passkey = house.enrol()
        with refused("InvalidParameterException", "Credential is registered already."):
            house.complete(passkey.make(house.start()))

    def test_twenty_are_the_most(self, house: Passkeys) -> None:
        options = [house.start() for _ in range(21)]
        for one in options[:20]:
            house.complete(Authenticator().make(one))
        message = "A user cannot have more than 20 passkeys."
        with refused("LimitExceededException", message):
            house.start()
        with refused("LimitExceededException", message):
            house.complete(Authenticator().make(options[20]))
        first = house.cognito.list_web_authn_credentials(AccessToken=house.token, MaxResults=15)
        assert (len(first["Credentials"]), "NextToken" in first) == (15, True)

    @pytest.mark.parametrize("junk", [{}, {"response": {}}, {"response": {"clientDataJSON": "!"}}, {"response": []}])
    def test_junk_is_refused(self, house: Passkeys, junk: dict[str, Any]) -> None:
        with refused("InvalidParameterException", "Invalid credential."):
            house.complete(junk)

    def test_a_broken_attestation_is_refused(self, house: Passkeys) -> None:
        for changes in (
            {"attestationObject": "oA"},
            {"attestationObject": ""},
            {"attestationObject": encoded(b"\xff")},
        ):
            made = Authenticator().make(house.start())
            with refused(*NOT_SUPPORTED):
                house.complete({**made, "response": {**made["response"], **changes}})
        assert house.listed() == []


class TestSettings:
    def test_a_pool_without_passkeys_says_so(self, cloud: Any, cognito: Any) -> None:
        house = House(cloud, cognito)
        house.user()
        token = house.begin()["AuthenticationResult"]["AccessToken"]
        with refused("WebAuthnNotEnabledException", "WebAuthn is not enabled for this user pool."):
            cognito.start_web_authn_registration(AccessToken=token)

    def test_a_domain_stands_in_for_a_relying_party(self, cloud: Any, cognito: Any) -> None:
        house = House(cloud, cognito, **POOL)
        house.user()
        token = house.begin()["AuthenticationResult"]["AccessToken"]
        message = "WebAuthn relying party is not configured for this user pool."
        with refused("WebAuthnConfigurationMissingException", message):
            cognito.start_web_authn_registration(AccessToken=token)
        cognito.create_user_pool_domain(Domain="pages", UserPoolId=house.pool_id)
        options = cognito.start_web_authn_registration(AccessToken=token)["CredentialCreationOptions"]
        assert options["rp"]["id"] == "pages.auth.localhost"
        passkey = Authenticator()
        cognito.complete_web_authn_registration(
            AccessToken=token, Credential=passkey.make(options, origin="http://pages.auth.localhost:4566")
        )

    def test_users_are_verified_where_that_is_required(self, house: Passkeys) -> None:
        house.configure(UserVerification="required")
        with refused(*NOT_SUPPORTED):
            house.complete(Authenticator(verifies=False).make(house.start()))
        passkey = house.enrol()
        asked, options = house.ask()
        assert options["userVerification"] == "required"
        with refused(*INCORRECT):
            house.answer(asked, CREDENTIAL=json.dumps(passkey.sign(options, flags=1)))

    def test_another_relying_party_voids_what_was_registered(self, house: Passkeys) -> None:
        passkey = house.enrol()
        house.configure(RelyingPartyId="example.org")
        asked, options = house.ask()
        assert options["allowCredentials"] == []
        signed = passkey.sign(options, origin="https://app.example.org")
        with refused(*INCORRECT):
            house.answer(asked, CREDENTIAL=json.dumps(signed))

    def test_a_passkey_is_one_factor_unless_it_counts_as_two(self, house: Passkeys) -> None:
        passkey = house.enrol()
        house.configure("OPTIONAL")
        house.cognito.admin_update_user_attributes(
            UserPoolId=house.pool_id, Username="ann", UserAttributes=[{"Name": "phone_number", "Value": PHONE}]
        )
        house.prefer(SMSMfaSettings="on")
        assert house.begin("USER_AUTH")["AvailableChallenges"] == ["PASSWORD_SRP", "PASSWORD"]

        house.configure("ON", FactorConfiguration="MULTI_FACTOR_WITH_USER_VERIFICATION")
        asked, options = house.ask()
        assert asked["AvailableChallenges"] == ["PASSWORD_SRP", "PASSWORD", "WEB_AUTHN"]
        with refused(*INCORRECT):
            house.answer(asked, CREDENTIAL=json.dumps(passkey.sign(options, flags=1)))
        assert is_in(house.answer(asked, CREDENTIAL=json.dumps(passkey.sign(options))))


def test_the_authenticator_is_at_a_page_of_ours(house: Passkeys) -> None:
    """So that the refusals above cannot pass for another reason than theirs."""
    assert ORIGIN.endswith(".example.com")
    assert is_in(house.begin())
