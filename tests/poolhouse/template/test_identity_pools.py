"""Identity pools in a template: with their roles and tags, made, changed in place, taken away."""

from poolhouse.testing import LocalCloud
from tests.poolhouse.template.support import Deploy

TEMPLATE = """
Resources:
  Users: {Type: AWS::Cognito::UserPool}
  App: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Users}}
  People:
    Type: AWS::Cognito::IdentityPool
    Properties:
      IdentityPoolName: people
      AllowUnauthenticatedIdentities: %(guests)s
%(more)s
      CognitoIdentityProviders: [{ClientId: !Ref App, ProviderName: !GetAtt Users.ProviderName}]
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {Federated: cognito-identity.amazonaws.com}
            Action: [sts:AssumeRoleWithWebIdentity, sts:TagSession]
            Condition: {StringEquals: {'cognito-identity.amazonaws.com:aud': !Ref People}}
%(rest)s
Outputs:
  PoolId: {Value: !Ref People}
  Provider: {Value: !GetAtt Users.ProviderName}
  Role: {Value: !GetAtt Role.Arn}
  App: {Value: !Ref App}
"""
REST = """
  Roles:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties:
      IdentityPoolId: !Ref People
      Roles: {authenticated: !GetAtt Role.Arn}
      RoleMappings:
        users:
          IdentityProvider: !Sub '${Users.ProviderName}:${App}'
          Type: Token
          AmbiguousRoleResolution: Deny
  Tags:
    Type: AWS::Cognito::IdentityPoolPrincipalTag
    Properties: {IdentityPoolId: !Ref People, IdentityProviderName: !GetAtt Users.ProviderName, UseDefaults: true}
"""
EVENTS = "      CognitoEvents: {SyncTrigger: 'arn:aws:lambda:us-east-1:000000000000:function:sync'}"


def test_an_identity_pool_is_made_changed_and_taken_away(cloud: LocalCloud, deploy: Deploy) -> None:
    identity, sync = cloud.client("cognito-identity"), cloud.client("cognito-sync")

    outputs = deploy(TEMPLATE % {"guests": "true", "rest": REST, "more": EVENTS}).outputs
    where = {"IdentityPoolId": outputs["PoolId"]}
    told = identity.describe_identity_pool(**where)
    assert (told["IdentityPoolName"], told["AllowUnauthenticatedIdentities"]) == ("people", True)
    assert told["CognitoIdentityProviders"][0]["ClientId"] == outputs["App"]
    roles = identity.get_identity_pool_roles(**where)
    assert roles["Roles"] == {"authenticated": outputs["Role"]}
    key = f"{outputs['Provider']}:{outputs['App']}"
    assert roles["RoleMappings"] == {key: {"Type": "Token", "AmbiguousRoleResolution": "Deny"}}
    assert identity.get_principal_tag_attribute_map(**where, IdentityProviderName=outputs["Provider"])["UseDefaults"]
    assert list(sync.get_cognito_events(**where)["Events"]) == ["SyncTrigger"]

    again = deploy(TEMPLATE % {"guests": "false", "rest": "", "more": ""}).outputs
    assert again["PoolId"] == outputs["PoolId"]
    assert identity.describe_identity_pool(**where)["AllowUnauthenticatedIdentities"] is False
    roles = identity.get_identity_pool_roles(**where)
    assert (roles["Roles"], roles.get("RoleMappings", {})) == ({}, {})
    assert sync.get_cognito_events(**where)["Events"] == {}

    deploy("Resources: {Key: {Type: AWS::KMS::Key}}")
    assert identity.list_identity_pools(MaxResults=1)["IdentityPools"] == []
