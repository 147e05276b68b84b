"""Domains: prefixes and custom names, one of each for a pool and one pool for each."""

from typing import Any

import pytest

from .accounts import make_pool, refused

CERTIFICATE = {"CertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/11111111-2222-3333-4444-555555555555"}


@pytest.fixture
def pool_id(cognito: Any) -> str:
    return make_pool(cognito)


def described(cognito: Any, domain: str) -> dict[str, Any]:
    answer: dict[str, Any] = cognito.describe_user_pool_domain(Domain=domain)["DomainDescription"]
    return answer


def test_a_prefix_domain_is_described_and_told_with_its_pool(cognito: Any, pool_id: str) -> None:
    answer = cognito.create_user_pool_domain(UserPoolId=pool_id, Domain="my-house")

    assert answer["ManagedLoginVersion"] == 1
    domain = described(cognito, "my-house")
    assert (
        domain.items()
        >= {
            "UserPoolId": pool_id,
            "AWSAccountId": "000000000000",
            "Domain": "my-house",
            "Status": "ACTIVE",
            "ManagedLoginVersion": 1,
        }.items()
    )
    assert cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]["Domain"] == "my-house"


def test_a_custom_domain_stands_beside_the_prefix(cognito: Any, pool_id: str) -> None:
    cognito.create_user_pool_domain(UserPoolId=pool_id, Domain="my-house")
    cognito.create_user_pool_domain(UserPoolId=pool_id, Domain="auth.example.com", CustomDomainConfig=CERTIFICATE)

    pool = cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    assert (pool["Domain"], pool["CustomDomain"]) == ("my-house", "auth.example.com")
    assert described(cognito, "auth.example.com")["CustomDomainConfig"] == CERTIFICATE


def test_a_domain_that_nobody_has_is_described_as_nothing(cognito: Any) -> None:
    assert described(cognito, "nobodys") == {}


def test_a_domain_belongs_to_one_pool_and_a_pool_has_one_prefix(cognito: Any, pool_id: str) -> None:
    cognito.create_user_pool_domain(UserPoolId=pool_id, Domain="my-house")

    with refused("InvalidParameterException", "Domain already associated with another user pool."):
        cognito.create_user_pool_domain(UserPoolId=make_pool(cognito), Domain="my-house")
    with refused("InvalidParameterException", "User pool already has a domain configured."):
        cognito.create_user_pool_domain(UserPoolId=pool_id, Domain="other-house")


@pytest.mark.parametrize("word", ["aws", "amazon", "cognito"])
def test_reserved_words_are_refused_as_whole_parts_only(cognito: Any, pool_id: str, word: str) -> None:
    with refused("InvalidParameterException", f"Domain cannot contain reserved word: {word}"):
        cognito.create_user_pool_domain(UserPoolId=pool_id, Domain=f"my-{word}-house")

    cognito.create_user_pool_domain(UserPoolId=pool_id, Domain=f"my{word}house")


@pytest.mark.parametrize("name", ["My-House", "-house", "house-", "my_house", "my house", "my.house", "house\n"])
def test_a_prefix_is_one_part_of_a_host_name(cognito: Any, pool_id: str, name: str) -> None:
    message = (
        "The domain name contains an invalid character. Domain names can only contain lower-case letters, numbers, and "
        "hyphens. Please enter a different name that follows this format: ^[a-z0-9](?:[a-z0-9\\-]{0,61}[a-z0-9])?$"
    )
    with refused("InvalidParameterException", message):
        cognito.create_user_pool_domain(UserPoolId=pool_id, Domain=name)
    assert "Domain" not in cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]


def test_a_prefix_is_no_longer_than_such_a_part(cognito: Any, pool_id: str) -> None:
    message = (
        f"1 validation error detected: Value '{'a' * 64}' at 'domain' failed to satisfy constraint: "
        "Member must have length less than or equal to 63"
    )
    with refused("InvalidParameterException", message):
        cognito.create_user_pool_domain(UserPoolId=pool_id, Domain="a" * 64)


@pytest.mark.parametrize(
    "name", ["auth", ".example.com", "auth..com", "Auth.example.com", "a b.com", "auth.example.com."]
)
def test_a_custom_domain_is_a_whole_host_name(cognito: Any, pool_id: str, name: str) -> None:
    with refused("InvalidParameterException", "Custom domain is not a valid subdomain"):
        cognito.create_user_pool_domain(UserPoolId=pool_id, Domain=name, CustomDomainConfig=CERTIFICATE)


def test_an_update_changes_the_login_version(cognito: Any, pool_id: str) -> None:
    cognito.create_user_pool_domain(UserPoolId=pool_id, Domain="my-house")

    cognito.update_user_pool_domain(UserPoolId=pool_id, Domain="my-house", ManagedLoginVersion=2)

    assert described(cognito, "my-house")["ManagedLoginVersion"] == 2


def test_managed_login_is_not_in_the_lite_tier(cognito: Any) -> None:
    pool_id = make_pool(cognito, UserPoolTier="LITE")

    message = "The following feature is not available for the LITE pricing tier configured: Managed Login Version 2"
    with refused("FeatureUnavailableInTierException", message):
        cognito.create_user_pool_domain(UserPoolId=pool_id, Domain="my-house", ManagedLoginVersion=2)


def test_a_deleted_domain_is_free_for_another_pool(cognito: Any, pool_id: str) -> None:
    cognito.create_user_pool_domain(UserPoolId=pool_id, Domain="my-house")

    cognito.delete_user_pool_domain(UserPoolId=pool_id, Domain="my-house")

    cognito.create_user_pool_domain(UserPoolId=make_pool(cognito), Domain="my-house")


@pytest.mark.parametrize("operation", ["update_user_pool_domain", "delete_user_pool_domain"])
def test_a_domain_of_another_pool_is_not_touched(cognito: Any, pool_id: str, operation: str) -> None:
    other = make_pool(cognito)
    cognito.create_user_pool_domain(UserPoolId=other, Domain="my-house")

    with refused("InvalidParameterException", "No such domain or user pool exists."):
        getattr(cognito, operation)(UserPoolId=pool_id, Domain="my-house")
    assert described(cognito, "my-house")["UserPoolId"] == other


@pytest.mark.parametrize("operation", ["create", "update", "delete"])
def test_a_pool_that_is_not_there_is_named(cognito: Any, operation: str) -> None:
    with refused("ResourceNotFoundException", "User pool us-east-1_gone00000 does not exist."):
        getattr(cognito, f"{operation}_user_pool_domain")(UserPoolId="us-east-1_gone00000", Domain="my-house")
