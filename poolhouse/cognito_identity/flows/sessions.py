"""The role session of an identity: the enhanced flow's last step."""

from collections.abc import Mapping
from typing import Any

import msgspec

from poolhouse.call import Call
from poolhouse.cognito_identity.entities import Identity
from poolhouse.cognito_identity.errors import InvalidIdentityPoolConfigurationException
from poolhouse.sts.flows import issue
from poolhouse.sts.flows.session_policies import SessionPolicies
from poolhouse.temporary_keys import TemporaryKeys
from poolhouse.web_identity.tokens import COGNITO

_NAME = "CognitoIdentityCredentials"
_SECONDS = 3600
_BY_TOKEN = "sts:AssumeRoleWithWebIdentity"  # noqa: S105
# What guests of the enhanced flow may at most: what either of two session policies lets them that Cognito adds. The
# developer guide has the one ("IAM roles", under access policies), IAM the other.
_ACTIONS = (
    *("cloudwatch:*", "logs:*", "dynamodb:*", "kinesis:*", "mobileanalytics:*", "s3:*", "ses:*", "sns:*", "sqs:*"),
    *("lambda:*", "machinelearning:*", "execute-api:*", "iot:*", "gamelift:*", "cognito-identity:*", "cognito-idp:*"),
    *("lex:*", "polly:*", "comprehend:*", "translate:*", "transcribe:*", "rekognition:*", "mobiletargeting:*"),
    *("firehose:*", "appsync:*", "personalize:*", "sagemaker:InvokeEndpoint", "cognito-sync:*", "codewhisperer:*"),
    *("textract:DetectDocumentText", "textract:AnalyzeDocument", "sdb:*"),
)
_MANAGED = "arn:aws:iam::aws:policy/AmazonCognitoUnAuthedIdentitiesSessionPolicy"
_SCOPED_DOWN = msgspec.json.encode(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": _ACTIONS, "Resource": ["*"]}],
    }
).decode()
_OF_GUESTS = SessionPolicies((_SCOPED_DOWN,), (_MANAGED,), None)


def begin(
    call: Call, identity: Identity, role_arn: str, amr: tuple[str, ...], tags: Mapping[str, str]
) -> TemporaryKeys:
    """Keys of the role, for this identity. `amr` says how it is known: as a guest, or by which logins.

    Raises InvalidIdentityPoolConfigurationException where the role is not there or does not trust this.
    """
    keys: dict[str, tuple[str, ...]] = {
        f"{COGNITO}:sub": (identity.id,),
        f"{COGNITO}:aud": (identity.pool_id,),
        f"{COGNITO}:amr": amr,
    }
    asked: dict[str, Any] = {**keys, "sts:RoleSessionName": _NAME}
    asked |= {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    for action in (_BY_TOKEN, "sts:TagSession") if tags else (_BY_TOKEN,):
        if not call.authority.decide_by_trust(call, action, role_arn, asked, provider=COGNITO).is_allowed:
            raise InvalidIdentityPoolConfigurationException
    role = call.authority.role(role_arn)
    if role is None:
        raise InvalidIdentityPoolConfigurationException
    return issue.role_session(
        call,
        role,
        _NAME,
        seconds=_SECONDS,
        policies=_OF_GUESTS if amr == ("unauthenticated",) else issue.NO_POLICIES,
        tags=tags,
        keys={**keys, "aws:FederatedProvider": (COGNITO,)},
    )
