"""PreTokenGeneration, V2_0: scopes for people who sign in through the API.

Such a sign-in's access token carries aws.cognito.signin.user.admin alone; custom scopes are for the authorization
server to grant, or for this trigger to add. What people were granted on the hosted pages is left as it is.
"""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.observability import logger

API_SIGN_INS = {
    "TokenGeneration_Authentication",
    "TokenGeneration_AuthenticateDevice",
    "TokenGeneration_NewPasswordChallenge",
    "TokenGeneration_RefreshTokens",
}
API_SCOPE = "aws.cognito.signin.user.admin"
SCOPES = ["transactions/get", "transactions/post"]


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Add the service's scopes to the access token of a confirmed user's sign-in through the API."""
    request = event["request"]
    if event["triggerSource"] in API_SIGN_INS and _is_api_sign_in(request) and _is_confirmed(event):
        event["response"]["claimsAndScopeOverrideDetails"] = {"accessTokenGeneration": {"scopesToAdd": SCOPES}}
    return event


def _is_api_sign_in(request: Mapping[str, Any]) -> bool:
    # A refresh does not say how its sign-in was made; its scopes do: hosted pages grant openid or the like.
    return {API_SCOPE} <= set(request.get("scopes") or ()) <= {API_SCOPE, *SCOPES}


def _is_confirmed(event: Mapping[str, Any]) -> bool:
    if event["triggerSource"] == "TokenGeneration_NewPasswordChallenge":
        return True  # the answer that led here has just confirmed the user
    return bool(event["request"]["userAttributes"].get("cognito:user_status") == "CONFIRMED")
