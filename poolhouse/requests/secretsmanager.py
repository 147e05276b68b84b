"""Secrets Manager: one secret, by name or ARN, and the key that it is under.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
"""

from poolhouse.requests.asked import Asked, Params, Scope, tag_keys

_ON_EVERYTHING = frozenset({"GetRandomPassword", "ListSecrets"})
_OPENS = ("kms:Decrypt",)
_WRITES = ("kms:GenerateDataKey", "kms:Decrypt")
_BY_KEY = {
    "CreateSecret": _WRITES,
    "GetSecretValue": _OPENS,
    "PutSecretValue": _WRITES,
    "UpdateSecret": _WRITES,
}
_OWN_KEY = "alias/aws/secretsmanager"
_NO_KEY = "Access to KMS is not allowed"


def asked(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """The operation, on the secret, and what it needs of the customer's key; AWS's own key is everybody's."""
    if operation in _ON_EVERYTHING:
        return [Asked(f"secretsmanager:{operation}")]
    named = str(params.get("Name" if operation == "CreateSecret" else "SecretId") or "")
    arn, key = scope.secret(named)
    asks_for = str(params.get("KmsKeyId") or "") if operation in {"CreateSecret", "UpdateSecret"} else ""
    resource = arn or _arn(named, scope)
    keys: dict[str, str | list[str]] = {"secretsmanager:SecretId": resource, **tag_keys(params.get("Tags"))}
    if operation == "CreateSecret":
        keys["secretsmanager:Name"] = named
    if params.get("VersionStage"):
        keys["secretsmanager:VersionStage"] = str(params["VersionStage"])
    if operation == "PutResourcePolicy":
        keys["secretsmanager:BlockPublicPolicy"] = str(bool(params.get("BlockPublicPolicy"))).lower()
    # What AWS's refusal names is what it was asked for, also where that is only a name.
    first = Asked(f"secretsmanager:{operation}", resource, keys, shown=named)
    return [first, *_of_key(operation, asks_for or key, resource, scope)]


def _of_key(operation: str, key: str, secret_arn: str, scope: Scope) -> list[Asked]:
    if key in ("", _OWN_KEY, scope.arn("kms", _OWN_KEY)):
        return []
    keys = {**scope.via("secretsmanager"), "kms:EncryptionContext:SecretARN": secret_arn}
    return [Asked(action, scope.kms_key(key, ""), keys, refusal=_NO_KEY) for action in _BY_KEY.get(operation, ())]


def _arn(named: str, scope: Scope) -> str:
    """A secret that is not there has no end of its ARN yet: "?" stands for each character, so "name-??????" fits."""
    return named if named.startswith("arn:") else scope.arn("secretsmanager", f"secret:{named}-??????")
