"""What the pre token generation trigger is told of where a token is asked for."""

from typing import Any

from tests.poolhouse.cognito_idp.accounts import PASSWORD
from tests.poolhouse.cognito_idp.sign_ins import House


def test_the_trigger_is_told_from_where_a_token_is_asked_for(cloud: Any, cognito: Any) -> None:
    """Hosted sign-in and devices are told of by their own tests."""
    log = cloud.folder / "log"
    source = (
        "import os\ndef handler(event, context):\n"
        "    with open(os.environ['LOG'], 'a') as log:\n        log.write(event['triggerSource'] + '\\n')\n"
        "    return event\n"
    )
    arn = cloud.function("sources", source, environment={"LOG": str(log)})
    trigger = {"PreTokenGenerationConfig": {"LambdaArn": arn, "LambdaVersion": "V3_0"}}
    house = House(cloud, cognito, LambdaConfig=trigger)
    house.user()
    tokens = house.begin()["AuthenticationResult"]
    cognito.initiate_auth(
        ClientId=house.client_id,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
    )
    cognito.admin_set_user_password(UserPoolId=house.pool_id, Username="ann", Password=PASSWORD, Permanent=False)
    house.answer(house.begin(), NEW_PASSWORD="Another-horse-1")
    cognito.create_resource_server(
        UserPoolId=house.pool_id, Identifier="api", Name="api", Scopes=[{"ScopeName": "r", "ScopeDescription": "r"}]
    )
    machine = cognito.create_user_pool_client(
        UserPoolId=house.pool_id,
        ClientName="machine",
        GenerateSecret=True,
        ExplicitAuthFlows=["ALLOW_CLIENT_TOKEN_AUTH"],
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=["api/r"],
        AllowedOAuthFlowsUserPoolClient=True,
    )["UserPoolClient"]
    cognito.get_client_token(ClientId=machine["ClientId"], Secret=machine["ClientSecret"])

    assert log.read_text().split() == [
        "TokenGeneration_Authentication",
        "TokenGeneration_RefreshTokens",
        "TokenGeneration_NewPasswordChallenge",
        "TokenGeneration_ClientCredentials",
    ]
