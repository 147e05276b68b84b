import json
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse import testing
from shared import aws
from shared.errors import SignUpRefused, TryAgain
from tests.service_support import CONTEXT, Event, event
from triggers.pre_sign_up import lambda_handler


def sign_up(email: str, source: str = "PreSignUp_SignUp") -> Event:
    request = event("pre_sign_up") | {"triggerSource": source}
    request["request"]["userAttributes"]["email"] = email
    return lambda_handler(request, CONTEXT)


def test_a_sign_up_passes_unchanged() -> None:
    assert lambda_handler(event("pre_sign_up"), CONTEXT) == event("pre_sign_up")


@pytest.mark.parametrize("email", ["eve@blocked.example", "Eve@BLOCKED.example", "eve@mx.blocked.example"])
def test_a_blocked_domain_may_not_sign_up(configure: Callable[..., None], email: str) -> None:
    configure(BLOCKED_EMAIL_DOMAINS="other.example,blocked.example")

    with pytest.raises(SignUpRefused, match=r"^Email domain is not allowed$"):
        sign_up(email)


def test_only_allowed_domains_may_sign_up_once_there_are_any(configure: Callable[..., None]) -> None:
    configure(ALLOWED_EMAIL_DOMAINS="example.com")

    assert sign_up("anna@example.com")["response"]["autoConfirmUser"] is False
    with pytest.raises(SignUpRefused, match=r"^Email domain is not allowed$"):
        sign_up("anna@example.org")


@pytest.mark.parametrize("email", ["", "anna", "anna@localhost", "anna@example.com\r\nBcc: x@example.org"])
def test_what_is_no_address_may_not_sign_up(email: str) -> None:
    with pytest.raises(SignUpRefused, match=r"^Invalid email address$"):
        sign_up(email)


def test_somebody_federated_is_held_to_the_same_rule(configure: Callable[..., None]) -> None:
    configure(BLOCKED_EMAIL_DOMAINS="blocked.example")

    with pytest.raises(SignUpRefused):
        sign_up("eve@blocked.example", "PreSignUp_ExternalProvider")


def test_an_administrator_may_invite_anybody(configure: Callable[..., None]) -> None:
    configure(ALLOWED_EMAIL_DOMAINS="example.com", BLOCKED_EMAIL_DOMAINS="blocked.example")

    answer = sign_up("partner@blocked.example", "PreSignUp_AdminCreateUser")

    assert answer["request"]["userAttributes"]["email"] == "partner@blocked.example"


def test_a_refusal_is_counted_and_the_address_is_not_logged(
    configure: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    configure(BLOCKED_EMAIL_DOMAINS="blocked.example")

    with pytest.raises(SignUpRefused):
        sign_up("eve.adams@blocked.example")

    written = capsys.readouterr().out
    assert '"SignUpRefused":[1.0]' in written
    assert "eve.adams" not in written


# Linking


class House:
    """A pool of people who sign in by their address, with two identity providers."""

    def __init__(self, cloud: testing.LocalCloud) -> None:
        self.cognito = cloud.client("cognito-idp")
        pool = self.cognito.create_user_pool(
            PoolName="p", UsernameAttributes=["email"], UsernameConfiguration={"CaseSensitive": False}
        )
        self.pool_id = pool["UserPool"]["Id"]
        for name in ("Corp", "Other"):
            self.provide(name)

    def provide(self, name: str) -> None:
        """Have another identity provider."""
        details = {
            "client_id": "c",
            "client_secret": "s",
            "authorize_scopes": "openid",
            "attributes_request_method": "GET",
            "oidc_issuer": "https://corp.example.com",
        }
        self.cognito.create_identity_provider(
            UserPoolId=self.pool_id, ProviderName=name, ProviderType="OIDC", ProviderDetails=details
        )

    def account(self, email: str, *, verified: str = "true", confirmed: bool = True) -> str:
        if not confirmed:
            client = self.cognito.create_user_pool_client(UserPoolId=self.pool_id, ClientName="c")["UserPoolClient"]
            self.cognito.sign_up(ClientId=client["ClientId"], Username=email, Password="Passw0rd!")
            wanted = [{"Name": "email_verified", "Value": verified}]
            self.cognito.admin_update_user_attributes(UserPoolId=self.pool_id, Username=email, UserAttributes=wanted)
            return email
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": verified}]
        made = self.cognito.admin_create_user(
            UserPoolId=self.pool_id, Username=email, UserAttributes=attributes, MessageAction="SUPPRESS"
        )
        self.cognito.admin_set_user_password(
            UserPoolId=self.pool_id, Username=email, Password="Passw0rd!", Permanent=True
        )
        return str(made["User"]["Username"])

    def comes_by(self, username: str, **attributes: str) -> Event:
        request = event("pre_sign_up")
        request |= {"triggerSource": "PreSignUp_ExternalProvider", "userPoolId": self.pool_id, "userName": username}
        request["request"]["userAttributes"] |= {"email_verified": "true", **attributes}
        return lambda_handler(request, CONTEXT)

    def links(self, username: str) -> list[tuple[str, str]]:
        """The providers and subjects an account is linked to."""
        user = self.cognito.admin_get_user(UserPoolId=self.pool_id, Username=username)
        told = {one["Name"]: one["Value"] for one in user["UserAttributes"]}
        return [(one["providerName"], one["userId"]) for one in json.loads(told.get("identities", "[]"))]


@pytest.fixture(scope="module")
def local_cloud() -> Iterator[testing.LocalCloud]:
    with testing.cloud(listen=True) as made:
        yield made


@pytest.fixture
def house(local_cloud: testing.LocalCloud, configure: Callable[..., None]) -> Iterator[House]:
    configure(
        LINKED_PROVIDERS="Corp",
        AWS_ENDPOINT_URL=local_cloud.inner.config.origin,
        AWS_ACCESS_KEY_ID="testing",
        AWS_SECRET_ACCESS_KEY="testing",
        AWS_DEFAULT_REGION="us-east-1",
    )
    aws.hurried.cache_clear()
    yield House(local_cloud)
    aws.hurried("cognito-idp").close()
    aws.hurried.cache_clear()


def test_who_proves_the_address_at_a_provider_is_linked_to_the_account_that_has_proven_it(house: House) -> None:
    anna = house.account("anna@example.com")
    assert house.links(anna) == []

    answer = house.comes_by("corp_42", email="Anna@Example.com")

    assert house.links(anna) == [("Corp", "42")]
    assert answer["response"] == {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}


def test_somebody_disabled_does_not_get_around_it_by_a_provider(house: House) -> None:
    anna = house.account("anna@example.com")
    house.cognito.admin_disable_user(UserPoolId=house.pool_id, Username=anna)

    house.comes_by("corp_42")

    assert house.links(anna) == [("Corp", "42")]


def test_who_does_not_prove_the_address_stays_apart(house: House) -> None:
    anna = house.account("anna@example.com")

    for username, attributes in (
        ("corp_42", {"email_verified": "false"}),
        ("corp_42", {"email_verified": ""}),
        ("corp_42", {"email": "bela@example.com"}),
        ("other_42", {}),  # a provider whose word is not taken
        ("corporation_42", {}),
        ("corp", {}),
        ("corp_aB", {}),  # the pool has told it in lower case: it may be anybody's
        ("corp_ab", {"preferred_username": "AC"}),
    ):
        assert house.comes_by(username, **attributes)["response"]["autoConfirmUser"] is False

    assert house.links(anna) == []


def test_a_subject_with_letters_is_linked_as_the_provider_has_it(house: House) -> None:
    anna = house.account("anna@example.com")

    house.comes_by("corp_auth0|ab", preferred_username="auth0|aB")

    assert house.links(anna) == [("Corp", "auth0|aB")]


def test_no_provider_is_taken_for_another_whose_name_begins_alike(house: House) -> None:
    anna = house.account("anna@example.com")
    house.provide("C_orp")
    with pytest.raises(ClientError, match="failed to satisfy constraint"):
        house.provide("Corp_x")

    house.comes_by("c_orp_42")
    assert house.links(anna) == []

    house.comes_by("corp_x_42", preferred_username="X_42")
    assert house.links(anna) == [("Corp", "X_42")]


def test_a_name_that_is_longer_in_lower_case_does_not_cut_the_subject(
    house: House, configure: Callable[..., None]
) -> None:
    configure(LINKED_PROVIDERS="\u0130corp")
    anna = house.account("anna@example.com")
    house.provide("\u0130corp")

    house.comes_by("\u0130corp_42".lower())

    assert house.links(anna) == []


@pytest.mark.parametrize("account", [{"verified": "false"}, {"confirmed": False}])
def test_an_account_that_has_not_proven_its_address_is_left_alone(house: House, account: dict[str, Any]) -> None:
    anna = house.account("anna@example.com", **account)

    house.comes_by("corp_42")

    assert house.links(anna) == []


def test_an_address_that_is_a_username_or_looks_like_the_accounts_finds_nobody(house: House) -> None:
    anna = house.account("\u212aate@example.com".lower())

    house.comes_by("corp_42", email="\u212aate@example.com")  # the Kelvin sign: k is its lower case
    with pytest.raises(SignUpRefused):
        house.comes_by("corp_42", email=anna)

    assert house.links(anna) == []


def test_without_a_provider_whose_word_is_taken_nobody_is_linked(house: House, configure: Callable[..., None]) -> None:
    configure(LINKED_PROVIDERS="")
    anna = house.account("anna@example.com")

    house.comes_by("corp_42")

    assert house.links(anna) == []


def test_a_link_that_fails_refuses_the_sign_up_without_a_reason(house: House, log: StringIO) -> None:
    house.account("anna@example.com")
    house.comes_by("corp_42")

    with pytest.raises(TryAgain):
        house.comes_by("corp_42")
    assert '"error_code":"InvalidParameterException"' in log.getvalue()
    assert "anna" not in log.getvalue()
