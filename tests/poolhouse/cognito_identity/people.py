"""What tests of identity pools share: a user pool, an identity pool with roles, and somebody who signs in."""

import json
from typing import Any

from poolhouse.testing import LocalCloud
from tests.poolhouse.cognito_idp.sign_ins import House

ACCOUNT = "000000000000"
LIST = "cognito-idp:ListUserPools"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


class People:
    """Ann and Bob in a user pool, an identity pool that takes their tokens, a role for users and one for guests."""

    def __init__(self, cloud: LocalCloud, **pool: Any) -> None:
        self.cloud = cloud
        self.iam, self.identity = cloud.client("iam"), cloud.client("cognito-identity")
        self.house = House(cloud, cloud.client("cognito-idp"))
        self.provider = f"cognito-idp.us-east-1.amazonaws.com/{self.house.pool_id}"
        for name in ("ann", "bob"):
            self.house.user(name)
        app = {"ProviderName": self.provider, "ClientId": self.house.client_id}
        settings = {
            "IdentityPoolName": "people",
            "AllowUnauthenticatedIdentities": True,
            "CognitoIdentityProviders": [app],
            **pool,
        }
        self.pool_id: str = self.identity.create_identity_pool(**settings)["IdentityPoolId"]
        self.roles = {
            "authenticated": self.role("users", "authenticated", allow(LIST)),
            "unauthenticated": self.role("guests", "unauthenticated", allow(LIST, "iam:ListRoles")),
        }
        self.identity.set_identity_pool_roles(IdentityPoolId=self.pool_id, Roles=self.roles)

    def role(self, name: str, amr: str, *statements: dict[str, Any], actions: tuple[str, ...] = ()) -> str:
        """A role that identities of this pool get, known in this way."""
        prefix = "cognito-identity.amazonaws.com"
        trusts = {
            "Effect": "Allow",
            "Principal": {"Federated": prefix},
            "Action": ["sts:AssumeRoleWithWebIdentity", *actions],
            "Condition": {
                "StringEquals": {f"{prefix}:aud": self.pool_id},
                "ForAnyValue:StringLike": {f"{prefix}:amr": amr},
            },
        }
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trusts))
        self.iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=document(*statements))
        return str(made["Role"]["Arn"])

    def tokens(self, name: str = "ann") -> dict[str, str]:
        tokens: dict[str, str] = self.house.begin(name=name)["AuthenticationResult"]
        return tokens

    def login(self, name: str = "ann") -> dict[str, str]:
        return {self.provider: self.tokens(name)["IdToken"]}

    def get_id(self, logins: dict[str, str] | None = None) -> str:
        return str(self.identity.get_id(IdentityPoolId=self.pool_id, Logins=logins or {})["IdentityId"])

    def credentials(self, identity_id: str, logins: dict[str, str] | None = None, **more: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.identity.get_credentials_for_identity(
            IdentityId=identity_id, Logins=logins or {}, **more
        )
        return answer

    def client(self, service: str, answer: dict[str, Any]) -> Any:
        keys = answer["Credentials"]
        return self.cloud.client(
            service,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys.get("SecretKey") or keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    def arn(self, answer: dict[str, Any]) -> str:
        return str(self.client("sts", answer).get_caller_identity()["Arn"])
