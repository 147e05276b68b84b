"""What every operation says of a pool, a client, a user that is not there, of a token that is none, of a user's state.

The tables are made from the model, so that an operation that comes with a new botocore is asked, too.
"""

from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from tests.poolhouse.cognito_idp.accounts import refused
from tests.poolhouse.cognito_idp.sign_ins import House

MODEL: Any = botocore.session.get_session().get_service_model("cognito-idp")
NO_POOL = "us-east-1_AAAAAAAAA"
UUID = "11111111-1111-4111-8111-111111111111"
# Values where the smallest one would be refused for its form.
FORMS: dict[str, Any] = {
    "AttributeMapping": {},
    "AuthParameters": {"USERNAME": "ann", "PASSWORD": "x"},
    "CloudWatchLogsRoleArn": "arn:aws:iam::123456789012:role/logs",
    "CustomAttributes": [{"Name": "x"}],
    "DestinationUser": {"ProviderName": "Cognito", "ProviderAttributeValue": "nobody"},
    "DeviceKey": f"us-east-1_{UUID}",
    "JobId": "import-aaaaaaaaaa",
    "ManagedLoginBrandingId": UUID,
    "ProviderName": "Corp",
    "ProviderDetails": {"MetadataURL": "https://corp.example.com/metadata"},
    "SessionId": f"tkn{'a' * 25}",
    "SourceUser": {"ProviderName": "Corp", "ProviderAttributeName": "sub", "ProviderAttributeValue": "42"},
    "TermsId": UUID,
    "TermsName": "terms-of-use",
    "User": {"ProviderName": "Cognito", "ProviderAttributeValue": "nobody"},
    "UserCode": "123456",
    "Value": 1,
}
# Members that the model does not require and the operation does.
MORE: dict[str, Any] = {"CreateTerms": {"Links": {"cognito:default": "https://example.com"}}}


def names(*required: str, without: tuple[str, ...] = ()) -> list[str]:
    """The operations whose model requires these members and not those."""
    return [
        name
        for name in MODEL.operation_names
        if set(required) <= set(MODEL.operation_model(name).input_shape.required_members)
        and not set(without) & set(MODEL.operation_model(name).input_shape.required_members)
    ]


def smallest(shape: Any, name: str = "") -> Any:
    """The smallest value a shape takes, apart from `FORMS`."""
    if name in FORMS:
        return FORMS[name]
    if shape.type_name == "structure":
        return {member: smallest(shape.members[member], member) for member in shape.required_members}
    least = max(1, shape.metadata.get("min", 1))
    if shape.type_name == "list":
        return [smallest(shape.member)] * least
    if shape.type_name in ("integer", "long"):
        return least
    plain = {"map": {}, "boolean": False, "timestamp": 1_700_000_000, "blob": b"x"}
    if shape.type_name in plain:
        return plain[shape.type_name]
    return shape.metadata["enum"][0] if "enum" in shape.metadata else "x" * least


def ask(cognito: Any, operation: str, **given: Any) -> None:
    shape = MODEL.operation_model(operation).input_shape
    getattr(cognito, xform_name(operation))(**{**smallest(shape), **MORE.get(operation, {}), **given})


@pytest.mark.parametrize("operation", names("UserPoolId"))
def test_a_pool_that_is_not_there_is_named(cognito: Any, operation: str) -> None:
    with refused("ResourceNotFoundException", f"User pool {NO_POOL} does not exist."):
        ask(cognito, operation, UserPoolId=NO_POOL)


@pytest.mark.parametrize("operation", sorted(set(names("UserPoolId", "Username")) - {"AdminCreateUser"}))
def test_a_user_who_is_not_there_is_said_to_an_administrator(cognito: Any, operation: str) -> None:
    watched: Any = {"UserPoolTier": "PLUS", "UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"}}
    pool_id = cognito.create_user_pool(PoolName="p", **watched)["UserPool"]["Id"]

    with refused("UserNotFoundException", "User does not exist."):
        ask(cognito, operation, UserPoolId=pool_id, Username="nobody")


@pytest.mark.parametrize("operation", names("UserPoolId", "ClientId"))
def test_a_client_that_is_not_there_is_said_to_an_administrator(cognito: Any, operation: str) -> None:
    pool_id = cognito.create_user_pool(PoolName="p")["UserPool"]["Id"]
    named = "nothing " if operation in {"AdminInitiateAuth", "AdminRespondToAuthChallenge"} else ""

    with refused("ResourceNotFoundException", f"User pool client {named}does not exist."):
        ask(cognito, operation, UserPoolId=pool_id, ClientId="nothing")


@pytest.mark.parametrize("operation", sorted(set(names("ClientId", without=("UserPoolId",))) - {"RevokeToken"}))
def test_a_client_that_is_not_there_is_named(cognito: Any, operation: str) -> None:
    with refused("ResourceNotFoundException", "User pool client nothing does not exist."):
        ask(cognito, operation, ClientId="nothing")


def test_a_client_that_is_not_there_revokes_nothing(cognito: Any) -> None:
    with refused("UnauthorizedException", "Invalid client or secret"):
        ask(cognito, "RevokeToken", ClientId="nothing")


@pytest.mark.parametrize("operation", names("AccessToken"))
def test_a_token_that_is_none_opens_nothing(cognito: Any, operation: str) -> None:
    with refused("NotAuthorizedException", "Invalid Access Token"):
        ask(cognito, operation, AccessToken="nothing")


@pytest.mark.parametrize("operation", names("AccessToken"))
def test_the_token_of_a_user_who_is_gone_opens_nothing(cloud: Any, cognito: Any, operation: str) -> None:
    house = House(cloud, cognito)
    house.user()
    token = house.begin()["AuthenticationResult"]["AccessToken"]
    cognito.admin_delete_user(UserPoolId=house.pool_id, Username="ann")

    with pytest.raises(cognito.exceptions.ClientError) as raised:
        ask(cognito, operation, AccessToken=token)
    error = raised.value.response["Error"]
    assert (error["Code"], error["Message"]) in {
        ("UserNotFoundException", "User does not exist."),
        ("NotAuthorizedException", "Access Token has been revoked"),
    }
