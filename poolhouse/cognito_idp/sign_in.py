"""Signing in: the four operations around one flow, in `flows/sign_in.py`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from poolhouse.call import Call
from poolhouse.cognito_idp.flows import find
from poolhouse.cognito_idp.flows.sign_in import flow
from poolhouse.cognito_idp.flows.sign_in.request import Outcome, SignIn
from poolhouse.cognito_idp.flows.tokens import IssuedTokens
from poolhouse.cognito_idp.shapes import authentication_result_type

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.type_defs import (
        AdminInitiateAuthRequestTypeDef,
        AdminRespondToAuthChallengeRequestTypeDef,
        InitiateAuthRequestTypeDef,
        RespondToAuthChallengeRequestTypeDef,
    )


def initiate_auth(call: Call, request: "InitiateAuthRequestTypeDef") -> dict[str, object]:
    """Begin a sign-in, or renew tokens by a refresh token."""
    app_client = find.app_client(call, request["ClientId"])
    pool = find.pool(call, app_client.pool_id)
    return _begin(call, SignIn(pool, app_client, request.get("AuthParameters", {})), request)


def admin_initiate_auth(call: Call, request: "AdminInitiateAuthRequestTypeDef") -> dict[str, object]:
    """Begin a sign-in from a server, or renew tokens by a refresh token."""
    pool, app_client = find.client_of_pool(call, request["UserPoolId"], request["ClientId"])
    return _begin(call, SignIn(pool, app_client, request.get("AuthParameters", {})), request, is_admin=True)


def respond_to_auth_challenge(call: Call, request: "RespondToAuthChallengeRequestTypeDef") -> dict[str, object]:
    """Answer a challenge, whichever operation it came from."""
    app_client = find.app_client(call, request["ClientId"])
    pool = find.pool(call, app_client.pool_id)
    sign_in = SignIn(pool, app_client, request.get("ChallengeResponses", {}), request.get("ClientMetadata"))
    return _response(flow.answer(call, sign_in, request["ChallengeName"], request.get("Session")))


def admin_respond_to_auth_challenge(
    call: Call, request: "AdminRespondToAuthChallengeRequestTypeDef"
) -> dict[str, object]:
    """Answer a challenge from a server, whichever operation it came from."""
    pool, app_client = find.client_of_pool(call, request["UserPoolId"], request["ClientId"])
    sign_in = SignIn(pool, app_client, request.get("ChallengeResponses", {}), request.get("ClientMetadata"))
    return _response(flow.answer(call, sign_in, request["ChallengeName"], request.get("Session")))


def _begin(call: Call, sign_in: SignIn, request: Mapping[str, Any], *, is_admin: bool = False) -> dict[str, object]:
    """ClientMetadata of a beginning is the triggers' validation data, and goes to no other trigger."""
    sign_in = sign_in.with_progress(validation_data=request.get("ClientMetadata"))
    return _response(flow.begin(call, sign_in, request["AuthFlow"], is_admin=is_admin, session=request.get("Session")))


def _response(outcome: Outcome) -> dict[str, object]:
    if isinstance(outcome, IssuedTokens):
        return {"AuthenticationResult": authentication_result_type(outcome), "ChallengeParameters": {}}
    response: dict[str, object] = {"ChallengeName": outcome.name, "ChallengeParameters": outcome.parameters}
    if outcome.session is not None:
        response["Session"] = outcome.session
    return {**response, "AvailableChallenges": outcome.available} if outcome.available else response
