"""User pools: what a new one has, what an update takes back, what a deletion takes along."""

import re
from typing import Any

import pytest

from .accounts import PASSWORD, make_client, make_pool, refused, sign_up

GONE = "User pool us-east-1_gone00000 does not exist."


def described(cognito: Any, pool_id: str) -> dict[str, Any]:
    pool: dict[str, Any] = cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    return pool


def test_a_pool_made_of_a_name_alone_has_awss_defaults(cognito: Any) -> None:
    pool = cognito.create_user_pool(PoolName="house")["UserPool"]

    assert re.fullmatch(r"us-east-1_[A-Za-z0-9]{9}", pool["Id"])
    assert pool["Arn"] == f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/{pool['Id']}"
    assert (pool["Name"], pool["MfaConfiguration"], pool["UserPoolTier"]) == ("house", "OFF", "ESSENTIALS")
    assert (pool["DeletionProtection"], pool["EstimatedNumberOfUsers"], pool["LambdaConfig"]) == ("INACTIVE", 0, {})
    assert pool["EmailConfiguration"] == {"EmailSendingAccount": "COGNITO_DEFAULT"}
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": False, "UnusedAccountValidityDays": 7}
    assert pool["VerificationMessageTemplate"] == {"DefaultEmailOption": "CONFIRM_WITH_CODE"}
    assert pool["UserAttributeUpdateSettings"] == {"AttributesRequireVerificationBeforeUpdate": []}
    assert pool["Policies"] == {
        "PasswordPolicy": {
            "MinimumLength": 8,
            "RequireUppercase": True,
            "RequireLowercase": True,
            "RequireNumbers": True,
            "RequireSymbols": True,
            "TemporaryPasswordValidityDays": 7,
        },
        "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]},
    }
    assert [each["Name"] for each in pool["AccountRecoverySetting"]["RecoveryMechanisms"]] == [
        "verified_email",
        "verified_phone_number",
    ]
    assert "UserPoolTags" not in pool


def test_describing_adds_tags_and_the_identities_attribute(cognito: Any) -> None:
    created = cognito.create_user_pool(PoolName="house")["UserPool"]

    pool = described(cognito, created["Id"])

    names = {each["Name"] for each in created["SchemaAttributes"]}
    assert {each["Name"] for each in pool["SchemaAttributes"]} - names == {"identities"}
    assert pool["UserPoolTags"] == {}


def test_two_pools_may_have_one_name(cognito: Any) -> None:
    assert make_pool(cognito) != make_pool(cognito)


def test_an_update_takes_back_what_it_does_not_send_but_for_the_tier(cognito: Any) -> None:
    pool_id = make_pool(
        cognito,
        UserPoolTier="LITE",
        AutoVerifiedAttributes=["email"],
        Policies={"PasswordPolicy": {"MinimumLength": 12}},
        UserPoolTags={"team": "identity"},
        UsernameAttributes=["email"],
    )

    cognito.update_user_pool(UserPoolId=pool_id, DeletionProtection="ACTIVE")

    pool = described(cognito, pool_id)
    assert (pool["DeletionProtection"], pool["UserPoolTier"]) == ("ACTIVE", "LITE")
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 8
    assert "AutoVerifiedAttributes" not in pool
    assert (pool["UsernameAttributes"], pool["Name"]) == (["email"], "pool")  # no update can change those


def test_an_update_that_is_refused_changes_nothing(cognito: Any) -> None:
    pool_id = make_pool(cognito)
    before = described(cognito, pool_id)

    message = "Account Recovery Setting cannot use admin_only setting with any other recovery mechanisms."
    mechanisms = [{"Priority": 1, "Name": "admin_only"}, {"Priority": 2, "Name": "verified_email"}]
    with refused("InvalidParameterException", message):
        cognito.update_user_pool(
            UserPoolId=pool_id, PoolName="new", AccountRecoverySetting={"RecoveryMechanisms": mechanisms}
        )

    assert described(cognito, pool_id) == before


def test_names_and_aliases_exclude_each_other(cognito: Any) -> None:
    message = "Only one of the aliasAttributes or usernameAttributes can be set in a User pool."
    with refused("InvalidParameterException", message):
        make_pool(cognito, AliasAttributes=["email"], UsernameAttributes=["email"])
    assert cognito.list_user_pools(MaxResults=60)["UserPools"] == []


def test_a_feature_above_the_tier_is_refused(cognito: Any) -> None:
    with pytest.raises(cognito.exceptions.FeatureUnavailableInTierException):
        make_pool(
            cognito,
            UserPoolTier="LITE",
            Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
        )


def test_a_deleted_pool_is_gone_with_all_that_was_in_it(cognito: Any) -> None:
    pool_id = make_pool(cognito)
    app_client = make_client(cognito, pool_id, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"])
    sign_up(cognito, app_client, "ann")
    cognito.create_group(UserPoolId=pool_id, GroupName="readers")

    cognito.delete_user_pool(UserPoolId=pool_id)

    with refused("ResourceNotFoundException", f"User pool {pool_id} does not exist."):
        cognito.admin_get_user(UserPoolId=pool_id, Username="ann")
    with refused("ResourceNotFoundException", f"User pool client {app_client} does not exist."):
        sign_up(cognito, app_client, "bob")
    with refused("ResourceNotFoundException", f"User pool client {app_client} does not exist."):
        cognito.initiate_auth(
            ClientId=app_client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ann", "PASSWORD": PASSWORD},
        )


def test_a_protected_pool_is_not_deleted(cognito: Any) -> None:
    pool_id = make_pool(cognito, DeletionProtection="ACTIVE")

    message = (
        "The user pool cannot be deleted because deletion protection is activated. "
        "Deletion protection must be inactivated first."
    )
    with refused("InvalidParameterException", message):
        cognito.delete_user_pool(UserPoolId=pool_id)
    cognito.update_user_pool(UserPoolId=pool_id, DeletionProtection="INACTIVE")
    cognito.delete_user_pool(UserPoolId=pool_id)


def test_a_pool_with_a_domain_is_not_deleted(cognito: Any) -> None:
    pool_id = make_pool(cognito)
    cognito.create_user_pool_domain(UserPoolId=pool_id, Domain="my-house")

    message = "User pool cannot be deleted. It has a domain configured that should be deleted first."
    with refused("InvalidParameterException", message):
        cognito.delete_user_pool(UserPoolId=pool_id)
    cognito.delete_user_pool_domain(UserPoolId=pool_id, Domain="my-house")
    cognito.delete_user_pool(UserPoolId=pool_id)


def test_pools_are_listed_by_page_each_once(cognito: Any) -> None:
    made = {make_pool(cognito) for _ in range(5)}

    pages = list(cognito.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 2}))

    assert [len(page["UserPools"]) for page in pages] == [2, 2, 1]
    listed = [pool for page in pages for pool in page["UserPools"]]
    assert {pool["Id"] for pool in listed} == made
    assert set(listed[0]) == {"Id", "Name", "LambdaConfig", "LastModifiedDate", "CreationDate"}


@pytest.mark.parametrize("most", [61, 1000])
def test_a_page_is_of_one_to_sixty_pools(cognito: Any, most: int) -> None:
    with pytest.raises(cognito.exceptions.InvalidParameterException, match=f"Value '{most}' at 'maxResults'"):
        cognito.list_user_pools(MaxResults=most)


@pytest.mark.parametrize("operation", ["describe_user_pool", "update_user_pool", "delete_user_pool"])
def test_a_pool_that_is_not_there_is_named(cognito: Any, operation: str) -> None:
    with refused("ResourceNotFoundException", GONE):
        getattr(cognito, operation)(UserPoolId="us-east-1_gone00000")


def test_custom_attributes_are_added_for_good_and_once(cognito: Any) -> None:
    pool_id = make_pool(cognito)
    tenant = {"Name": "tenant", "AttributeDataType": "String", "Mutable": False}

    cognito.add_custom_attributes(UserPoolId=pool_id, CustomAttributes=[tenant])

    (added,) = [each for each in described(cognito, pool_id)["SchemaAttributes"] if each["Name"] == "custom:tenant"]
    assert (added["Mutable"], added["Required"], added["DeveloperOnlyAttribute"]) == (False, False, False)
    with pytest.raises(cognito.exceptions.InvalidParameterException, match="tenant"):
        cognito.add_custom_attributes(UserPoolId=pool_id, CustomAttributes=[tenant])


def test_tags_are_set_added_and_taken_off(cognito: Any) -> None:
    pool = cognito.create_user_pool(PoolName="house", UserPoolTags={"team": "identity"})["UserPool"]

    cognito.tag_resource(ResourceArn=pool["Arn"], Tags={"stage": "dev"})
    cognito.untag_resource(ResourceArn=pool["Arn"], TagKeys=["team", "nothing"])

    assert cognito.list_tags_for_resource(ResourceArn=pool["Arn"])["Tags"] == {"stage": "dev"}
