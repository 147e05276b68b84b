"""STS. Whether a role may be assumed is also for its trust policy to say, which the operation itself asks.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
"""

from poolhouse.requests.asked import Asked, Params, Scope, tag_keys

_FREE = frozenset({"GetCallerIdentity", "GetSessionToken", "GetAccessKeyInfo"})
_BY_TRUST = frozenset({"AssumeRole", "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"})


def asked(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """Nothing for what everybody may, and for roles, whose trust policies are looked at with the requester's own."""
    if operation in _FREE | _BY_TRUST:
        return []
    if operation == "GetWebIdentityToken":
        return _web_identity_token(params, scope)
    if operation == "AssumeRoot":
        account = str(params.get("TargetPrincipal", "")).removeprefix("arn:aws:iam::").partition(":")[0]
        return [Asked("sts:AssumeRoot", f"arn:aws:iam::{account}:root")]
    if operation != "GetFederationToken":
        return [Asked(f"sts:{operation}")]
    resource, keys = scope.global_arn("sts", f"federated-user/{params.get('Name', '')}"), tag_keys(params.get("Tags"))
    also = ["sts:TagSession"] if keys else []  # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
    return [Asked(action, resource, keys) for action in ("sts:GetFederationToken", *also)]


def _web_identity_token(params: Params, scope: Scope) -> list[Asked]:
    """On the principal itself; tags are one more thing to be allowed."""
    keys = {
        "sts:IdentityTokenAudience": params.get("Audience"),
        "sts:SigningAlgorithm": params.get("SigningAlgorithm"),
        "sts:DurationSeconds": str(params.get("DurationSeconds") or 300),
        **tag_keys(params.get("Tags")),
    }
    also = ["sts:TagGetWebIdentityToken"] if params.get("Tags") else []
    resource = scope.global_arn("sts", "self")
    return [Asked(action, resource, keys) for action in ("sts:GetWebIdentityToken", *also)]
