"""Identity providers of a pool, and identities of theirs that are linked to users."""

import json
from typing import Any

import jwt
import pytest

from tests.poolhouse.cognito_idp.accounts import make_client, make_pool, refused, user_attributes
from tests.poolhouse.cognito_idp.sign_ins import House, is_in

GOOGLE = {
    "ProviderName": "Google",
    "ProviderType": "Google",
    "ProviderDetails": {"client_id": "g", "client_secret": "s3cret", "authorize_scopes": "email openid"},
}
OIDC = {
    "ProviderName": "Corp",
    "ProviderType": "OIDC",
    "ProviderDetails": {
        "client_id": "c",
        "client_secret": "corp-s3cret",
        "attributes_request_method": "GET",
        "oidc_issuer": "https://auth.example.com",
        "authorize_scopes": "openid",
    },
    "AttributeMapping": {"email": "mail"},
    "IdpIdentifiers": ["corp.example.com"],
}


@pytest.fixture
def pool_id(cognito: Any) -> str:
    return make_pool(cognito)


def create(cognito: Any, pool_id: str, provider: dict[str, Any], **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = cognito.create_identity_provider(UserPoolId=pool_id, **{**provider, **changes})
    return dict(made["IdentityProvider"])


def test_a_provider_is_told_with_what_is_known_of_its_kind(cognito: Any, pool_id: str) -> None:
    made = create(cognito, pool_id, GOOGLE)
    assert made["ProviderDetails"] == {
        "attributes_url": "https://people.googleapis.com/v1/people/me?personFields=",
        "attributes_url_add_attributes": "true",
        "authorize_scopes": "email openid",
        "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth",
        "client_id": "g",
        "client_secret": "s3cret",
        "oidc_issuer": "https://accounts.google.com",
        "token_request_method": "POST",
        "token_url": "https://www.googleapis.com/oauth2/v4/token",
    }
    assert made["AttributeMapping"] == {"username": "sub"}

    told = cognito.describe_identity_provider(UserPoolId=pool_id, ProviderName="Google")["IdentityProvider"]
    assert told == made


def test_facebooks_addresses_follow_its_version(cognito: Any, pool_id: str) -> None:
    details = {**GOOGLE["ProviderDetails"], "api_version": "v21.0"}  # type: ignore[dict-item]
    made = create(
        cognito, pool_id, {"ProviderName": "Facebook", "ProviderType": "Facebook", "ProviderDetails": details}
    )

    assert made["ProviderDetails"]["token_url"] == "https://graph.facebook.com/v21.0/oauth/access_token"


def test_providers_are_changed_listed_and_deleted(cognito: Any, pool_id: str) -> None:
    create(cognito, pool_id, GOOGLE)
    create(cognito, pool_id, OIDC)

    cognito.update_identity_provider(
        UserPoolId=pool_id, ProviderName="Corp", AttributeMapping={"name": "cn"}, IdpIdentifiers=["other.example.com"]
    )
    told = cognito.describe_identity_provider(UserPoolId=pool_id, ProviderName="Corp")["IdentityProvider"]
    assert told["AttributeMapping"] == {"name": "cn", "username": "sub"}
    assert told["ProviderDetails"]["client_secret"] == "corp-s3cret"
    listed = cognito.list_identity_providers(UserPoolId=pool_id)["Providers"]
    assert [(one["ProviderName"], one["ProviderType"]) for one in listed] == [("Corp", "OIDC"), ("Google", "Google")]
    first = cognito.list_identity_providers(UserPoolId=pool_id, MaxResults=1)
    assert [one["ProviderName"] for one in first["Providers"]] == ["Corp"]
    rest = cognito.list_identity_providers(UserPoolId=pool_id, NextToken=first["NextToken"])
    assert [one["ProviderName"] for one in rest["Providers"]] == ["Google"]

    found = cognito.get_identity_provider_by_identifier(UserPoolId=pool_id, IdpIdentifier="other.example.com")
    assert found["IdentityProvider"]["ProviderName"] == "Corp"
    cognito.delete_identity_provider(UserPoolId=pool_id, ProviderName="Corp")
    for ask in (cognito.describe_identity_provider, cognito.delete_identity_provider, cognito.update_identity_provider):
        with refused("ResourceNotFoundException", "Identity provider Corp does not exist."):
            ask(UserPoolId=pool_id, ProviderName="Corp")
    with refused("ResourceNotFoundException", "Identity provider other.example.com does not exist."):
        cognito.get_identity_provider_by_identifier(UserPoolId=pool_id, IdpIdentifier="other.example.com")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({**GOOGLE, "ProviderName": "MyGoogle"}, "Provider MyGoogle cannot be of type Google."),
    ({**OIDC, "ProviderName": "Google"}, "Provider Google cannot be of type OIDC."),
    ({**GOOGLE, "ProviderDetails": {"client_id": "g"}}, "client_secret is required for provider type Google."),
    (
        {"ProviderName": "Saml", "ProviderType": "SAML", "ProviderDetails": {}},
        "MetadataURL or MetadataFile is required for provider type SAML.",
    ),
    ({**OIDC, "AttributeMapping": {"custom:x": "y"}}, "Attribute custom:x does not exist in the user pool."),
]


@pytest.mark.parametrize(("provider", "message"), REFUSED)
def test_senseless_providers_are_refused(cognito: Any, pool_id: str, provider: dict[str, Any], message: str) -> None:
    with refused("InvalidParameterException", message):
        create(cognito, pool_id, provider)
    assert cognito.list_identity_providers(UserPoolId=pool_id)["Providers"] == []


def test_names_and_identifiers_are_taken_once(cognito: Any, pool_id: str) -> None:
    create(cognito, pool_id, OIDC)

    with refused("DuplicateProviderException", f"Corp already exists in user pool {pool_id}"):
        create(cognito, pool_id, OIDC)
    with refused("DuplicateProviderException", f"corp.example.com already exists in user pool {pool_id}"):
        create(cognito, pool_id, OIDC, ProviderName="Other")


def test_a_client_may_name_a_provider_that_is_there(cognito: Any, pool_id: str) -> None:
    create(cognito, pool_id, OIDC)

    assert make_client(cognito, pool_id, SupportedIdentityProviders=["COGNITO", "Corp"])


def test_secrets_are_sealed(cloud: Any, cognito: Any, pool_id: str) -> None:
    create(cognito, pool_id, OIDC)

    assert "corp-s3cret" not in repr(cloud.inner.store.identity_providers.list())


class TestLinks:
    """Identities of providers, linked to users."""

    @pytest.fixture
    def house(self, cloud: Any, cognito: Any) -> House:
        house = House(cloud, cognito)
        house.user()
        create(cognito, house.pool_id, GOOGLE)
        create(cognito, house.pool_id, OIDC)
        return house

    def link(self, house: House, value: str = "1234", user: str = "ann", **changes: str) -> None:
        source = {
            "ProviderName": "Google",
            "ProviderAttributeName": "Cognito_Subject",
            "ProviderAttributeValue": value,
            **changes,
        }
        house.cognito.admin_link_provider_for_user(
            UserPoolId=house.pool_id,
            DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": user},
            SourceUser=source,
        )

    def unlink(self, house: House, provider: str = "Google", value: str = "1234") -> None:
        house.cognito.admin_disable_provider_for_user(
            UserPoolId=house.pool_id,
            User={
                "ProviderName": provider,
                "ProviderAttributeName": "Cognito_Subject",
                "ProviderAttributeValue": value,
            },
        )

    def test_a_linked_identity_is_told_with_the_user(self, house: House) -> None:
        self.link(house)

        told = user_attributes(house.cognito, house.pool_id, "ann")
        (identity,) = json.loads(told["identities"])
        assert identity["userId"] == "1234"
        assert (identity["providerName"], identity["providerType"]) == ("Google", "Google")
        assert identity["issuer"] is None
        assert identity["primary"] is False

        self.unlink(house)
        assert "identities" not in user_attributes(house.cognito, house.pool_id, "ann")
        with refused("UserNotFoundException", "User does not exist."):
            self.unlink(house)

    def test_an_identity_is_one_users(self, house: House) -> None:
        house.user("bob")
        self.link(house)

        for user in ("ann", "bob"):
            with refused("InvalidParameterException", "SourceUser is already linked to DestinationUser"):
                self.link(house, user=user)
        self.unlink(house)
        self.link(house, user="bob")

    def test_five_identities_are_the_most(self, house: House) -> None:
        for number in range(5):
            self.link(house, str(number))

        with refused("LimitExceededException", "A user cannot have more than 5 linked identities."):
            self.link(house, "5")
        assert len(json.loads(user_attributes(house.cognito, house.pool_id, "ann")["identities"])) == 5

    def test_senseless_links_are_refused(self, house: House) -> None:
        with refused("UserNotFoundException", "User does not exist."):
            self.link(house, user="nobody")
        with refused("ResourceNotFoundException", "Identity provider Nobody does not exist."):
            self.link(house, ProviderName="Nobody")
        with refused(
            "InvalidParameterException", "ProviderAttributeName must be Cognito_Subject for social providers."
        ):
            self.link(house, ProviderAttributeName="email")
        with refused("InvalidParameterException", "ProviderAttributeValue in SourceUser is required."):
            self.link(house, "")

    def test_the_id_token_tells_the_identities(self, house: House) -> None:
        self.link(house)
        token = house.begin()["AuthenticationResult"]["IdToken"]
        (identity,) = jwt.decode(token, options={"verify_signature": False})["identities"]
        assert identity["userId"] == "1234"
        assert identity["primary"] == "false"
        assert identity["dateCreated"].isdigit()

    def test_disabling_the_pools_own_provider_takes_the_password(self, house: House) -> None:
        tokens = house.begin()["AuthenticationResult"]
        self.unlink(house, "Cognito", "ann")

        with refused("NotAuthorizedException", "Incorrect username or password."):
            house.begin()
        with refused("NotAuthorizedException", "Access Token has been revoked"):
            house.cognito.get_user(AccessToken=tokens["AccessToken"])

    def test_a_deleted_user_frees_their_identities(self, house: House) -> None:
        self.link(house)
        house.cognito.admin_delete_user(UserPoolId=house.pool_id, Username="ann")
        house.user("bob")

        self.link(house, user="bob")
        assert is_in(house.begin(name="bob"))
