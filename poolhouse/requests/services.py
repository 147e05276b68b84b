"""Which file knows what a service's calls ask for."""

from collections.abc import Mapping

from poolhouse.requests import (
    cognito_identity,
    cognito_idp,
    cognito_sync,
    dynamodb,
    dynamodb_streams,
    events,
    iam,
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
    states,
    sts,
)
from poolhouse.requests.asked import Ask, Asked, Params, Scope

FILES: Mapping[str, Ask] = {
    "cognito-identity": cognito_identity.asked,
    "cognito-idp": cognito_idp.asked,
    "cognito-sync": cognito_sync.asked,
    "dynamodb": dynamodb.asked,
    "dynamodbstreams": dynamodb_streams.asked,
    "events": events.asked,
    "iam": iam.asked,
    "kinesis": kinesis.asked,
    "kms": kms.asked,
    "lambda": lambdas.asked,
    "logs": logs.asked,
    "s3": s3.asked,
    "secretsmanager": secretsmanager.asked,
    "ses": ses.asked,
    "sesv2": ses.asked,
    "sns": sns.asked,
    "sqs": sqs.asked,
    "ssm": ssm.asked,
    "stepfunctions": states.asked,
    "sts": sts.asked,
}


def asked(service: str, operation: str, params: Params, scope: Scope) -> list[Asked]:
    """What a call asks for. A service without a file is asked for by the operation's name, on "*"."""
    found = FILES.get(service)
    return [Asked(f"{service}:{operation}")] if found is None else found(operation, params, scope)


def as_said(action: str) -> str:
    """An action as its service writes it in a refusal."""
    if action.startswith("sqs:"):
        return action.lower()
    return action.replace("sns:", "SNS:", 1) if action.startswith("sns:") else action
