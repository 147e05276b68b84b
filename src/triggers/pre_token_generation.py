"""PreTokenGeneration, V2_0: what people's tokens say beside who they are.

Every person's tokens carry `plan`, from their groups, and `tenant`, from an attribute only administrators write.
The access token of a sign-in through the API carries aws.cognito.signin.user.admin alone; custom scopes are for the
authorization server to grant, or for this trigger to add: some for everybody, some by group. The scopes that people
were granted on the hosted pages are left as they are. Nothing here calls AWS: it runs at every sign-in and refresh.
"""

from collections.abc import Collection, Mapping
from typing import Any

from shared.observability import LambdaContext, logger

API_SIGN_INS = {
    "TokenGeneration_Authentication",
    "TokenGeneration_AuthenticateDevice",
    "TokenGeneration_NewPasswordChallenge",
    "TokenGeneration_RefreshTokens",
}
API_SCOPE = "aws.cognito.signin.user.admin"
SCOPES = ["transactions/get", "transactions/post"]
GROUP_SCOPES = {"premium": ["titles/stream"], "admin": ["users/read", "users/write"]}
ALL_SCOPES = {API_SCOPE, *SCOPES, *(scope for scopes in GROUP_SCOPES.values() for scope in scopes)}


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Add a person's plan and tenant to both tokens, and scopes to the access token of a sign-in through the API."""
    if event["triggerSource"] == "TokenGeneration_ClientCredentials":
        return event  # a machine has neither groups nor attributes

    request = event["request"]
    groups = (request.get("groupConfiguration") or {}).get("groupsToOverride") or ()
    claims = _claims(request["userAttributes"], groups)
    event["response"]["claimsAndScopeOverrideDetails"] = {
        "idTokenGeneration": {"claimsToAddOrOverride": claims},
        "accessTokenGeneration": {"claimsToAddOrOverride": claims, **_scopes(event, groups)},
    }
    return event


def _claims(attributes: Mapping[str, str], groups: Collection[str]) -> dict[str, str]:
    claims = {"plan": "premium" if "premium" in groups else "free"}
    # A guess: triggers are told every attribute, also those the app client may not read
    if tenant := attributes.get("custom:tenant"):
        claims["tenant"] = tenant
    return claims


def _scopes(event: Mapping[str, Any], groups: Collection[str]) -> dict[str, list[str]]:
    if event["triggerSource"] not in API_SIGN_INS or not _is_api_sign_in(event["request"]) or not _is_confirmed(event):
        return {}
    held = [scope for group, scopes in GROUP_SCOPES.items() if group in groups for scope in scopes]
    # A refresh may bring the scopes of before; who has left a group since must not keep them.
    lost = sorted(set(event["request"]["scopes"]) - {API_SCOPE, *SCOPES, *held})
    return {"scopesToAdd": [*SCOPES, *held], **({"scopesToSuppress": lost} if lost else {})}


def _is_api_sign_in(request: Mapping[str, Any]) -> bool:
    # A refresh does not say how its sign-in was made; its scopes do: hosted pages grant openid or the like.
    return {API_SCOPE} <= set(request.get("scopes") or ()) <= ALL_SCOPES


def _is_confirmed(event: Mapping[str, Any]) -> bool:
    if event["triggerSource"] == "TokenGeneration_NewPasswordChallenge":
        return True  # the answer that led here has just confirmed the user
    return bool(event["request"]["userAttributes"].get("cognito:user_status") == "CONFIRMED")
