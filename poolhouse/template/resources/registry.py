"""The types of every family, by name, and what to do instead of some that are not there."""

from collections.abc import Mapping

from poolhouse.template.resources import (
    apigateway,
    cognito,
    cognito_identity,
    cognito_settings,
    dynamodb,
    events,
    iam,
    inert,
    kinesis,
    kms,
    lambdas,
    logs,
    s3,
    secretsmanager,
    ses,
    sns,
    sqs,
    ssm,
)
from poolhouse.template.resources.base import ResourceType

TYPES: Mapping[str, ResourceType] = {
    **cognito.TYPES,
    **cognito_settings.TYPES,
    **cognito_identity.TYPES,
    **lambdas.TYPES,
    **apigateway.TYPES,
    **dynamodb.TYPES,
    **events.TYPES,
    **iam.TYPES,
    **kinesis.TYPES,
    **kms.TYPES,
    **logs.TYPES,
    **s3.TYPES,
    **secretsmanager.TYPES,
    **ses.TYPES,
    **sns.TYPES,
    **sqs.TYPES,
    **ssm.TYPES,
    **inert.TYPES,
}
_WITH_BODY = "declare the API with a Body, or as AWS::Serverless::Api"
_WITH_HTTP_BODY = "declare the API with a Body, or as AWS::Serverless::HttpApi"
INSTEAD: Mapping[str, str] = {
    "AWS::ApiGateway::Authorizer": _WITH_BODY,
    "AWS::ApiGateway::Method": _WITH_BODY,
    "AWS::ApiGateway::Resource": _WITH_BODY,
    "AWS::ApiGatewayV2::Authorizer": _WITH_HTTP_BODY,
    "AWS::ApiGatewayV2::Integration": _WITH_HTTP_BODY,
    "AWS::ApiGatewayV2::Route": _WITH_HTTP_BODY,
}


def what_works() -> str:
    """Every type that can be deployed, by family, in one line."""
    families: dict[str, list[str]] = {}
    for name in sorted(TYPES):
        _, family, kind = name.split("::")
        families.setdefault(family, []).append(kind)
    return "; ".join(f"{family} {', '.join(kinds)}" for family, kinds in families.items())
