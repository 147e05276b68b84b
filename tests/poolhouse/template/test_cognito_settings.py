"""Identity providers, pages, risks and logs of a pool in a template: made, changed in place, taken away."""

from typing import Any

from poolhouse.testing import LocalCloud
from tests.poolhouse.template.support import Deploy

POOL = """
Resources:
  Pool:
    Type: AWS::Cognito::UserPool
    Properties: {UserPoolTier: PLUS, UserPoolAddOns: {AdvancedSecurityMode: ENFORCED}}
  Domain: {Type: AWS::Cognito::UserPoolDomain, Properties: {UserPoolId: !Ref Pool, Domain: settings}}
  Client:
    Type: AWS::Cognito::UserPoolClient
    Properties: {UserPoolId: !Ref Pool, SupportedIdentityProviders: [%s]}
"""
SETTINGS = """
  Corp:
    Type: AWS::Cognito::UserPoolIdentityProvider
    Properties:
      UserPoolId: !Ref Pool
      ProviderName: Corp
      ProviderType: OIDC
      ProviderDetails:
        client_id: us
        client_secret: ours
        authorize_scopes: openid
        attributes_request_method: GET
        oidc_issuer: https://corp.example.com
      AttributeMapping: {email: %(email)s}
  Style:
    Type: AWS::Cognito::UserPoolUICustomizationAttachment
    DependsOn: Domain
    Properties: {UserPoolId: !Ref Pool, ClientId: ALL, CSS: '.label-customizable { color: %(color)s }'}
  Risks:
    Type: AWS::Cognito::UserPoolRiskConfigurationAttachment
    Properties:
      UserPoolId: !Ref Pool
      ClientId: ALL
      RiskExceptionConfiguration: {BlockedIPRangeList: [%(blocked)s]}
  Logs:
    Type: AWS::Cognito::LogDeliveryConfiguration
    Properties:
      UserPoolId: !Ref Pool
      LogConfigurations:
        - EventSource: userNotification
          LogLevel: ERROR
          CloudWatchLogsConfiguration: {LogGroupArn: 'arn:aws:logs:us-east-1:000000000000:log-group:/aws/vendedlogs/p'}
  Branding:
    Type: AWS::Cognito::ManagedLoginBranding
    Properties:
      UserPoolId: !Ref Pool
      ClientId: !Ref Client
      Assets: [{Category: FORM_LOGO, ColorMode: LIGHT, Extension: PNG, Bytes: iVBORw0KGgo=}]
  Terms:
    Type: AWS::Cognito::Terms
    Properties:
      UserPoolId: !Ref Pool
      ClientId: !Ref Client
      TermsName: terms-of-use
      TermsSource: LINK
      Enforcement: NONE
      Links: {cognito:default: 'https://example.com/%(terms)s'}
"""
OUTPUTS = """
Outputs:
  PoolId: {Value: !Ref Pool}
  ClientId: {Value: !Ref Client}
"""
FIRST = {"email": "email", "color": "red", "blocked": "10.0.0.0/8", "terms": "a"}
NEXT = {"email": "mail", "color": "blue", "blocked": "192.168.0.0/16", "terms": "b"}


def template(settings: dict[str, str] | None) -> str:
    providers = "COGNITO" if settings is None else "COGNITO, !Ref Corp"
    return POOL % providers + ("" if settings is None else SETTINGS % settings) + OUTPUTS


def told(cloud: LocalCloud, outputs: Any) -> tuple[str, str, list[str], str]:
    cognito, pool_id = cloud.client("cognito-idp"), outputs["PoolId"]
    provider = cognito.describe_identity_provider(UserPoolId=pool_id, ProviderName="Corp")["IdentityProvider"]
    style = cognito.get_ui_customization(UserPoolId=pool_id)["UICustomization"]
    risks = cognito.describe_risk_configuration(UserPoolId=pool_id)["RiskConfiguration"]
    terms = cognito.list_terms(UserPoolId=pool_id)["Terms"][0]["TermsId"]
    links = cognito.describe_terms(UserPoolId=pool_id, TermsId=terms)["Terms"]["Links"]
    return (
        provider["AttributeMapping"]["email"],
        style["CSS"],
        risks["RiskExceptionConfiguration"]["BlockedIPRangeList"],
        links["cognito:default"],
    )


def test_settings_of_a_pool_are_made_changed_and_taken_away(cloud: LocalCloud, deploy: Deploy) -> None:
    outputs = deploy(template(FIRST)).outputs
    cognito, pool_id = cloud.client("cognito-idp"), outputs["PoolId"]

    assert told(cloud, outputs) == (
        "email",
        ".label-customizable { color: red }",
        ["10.0.0.0/8"],
        "https://example.com/a",
    )
    client = cognito.describe_user_pool_client(UserPoolId=pool_id, ClientId=outputs["ClientId"])["UserPoolClient"]
    assert client["SupportedIdentityProviders"] == ["COGNITO", "Corp"]
    branding = cognito.describe_managed_login_branding_by_client(UserPoolId=pool_id, ClientId=outputs["ClientId"])
    assert branding["ManagedLoginBranding"]["Assets"][0]["Bytes"] == b"\x89PNG\r\n\x1a\n"
    logs = cognito.get_log_delivery_configuration(UserPoolId=pool_id)["LogDeliveryConfiguration"]
    assert logs["LogConfigurations"][0]["EventSource"] == "userNotification"

    assert deploy(template(NEXT)).outputs == outputs
    assert told(cloud, outputs) == (
        "mail",
        ".label-customizable { color: blue }",
        ["192.168.0.0/16"],
        "https://example.com/b",
    )

    assert deploy(template(None)).outputs == outputs
    assert cognito.list_identity_providers(UserPoolId=pool_id)["Providers"] == []
    assert "CSS" not in cognito.get_ui_customization(UserPoolId=pool_id)["UICustomization"]
    assert cognito.list_terms(UserPoolId=pool_id)["Terms"] == []
    risks = cognito.describe_risk_configuration(UserPoolId=pool_id)["RiskConfiguration"]
    assert not risks["RiskExceptionConfiguration"]["BlockedIPRangeList"]
