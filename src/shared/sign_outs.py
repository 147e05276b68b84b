"""Whether Cognito still takes a token, and where Cognito answers.

Apart from `user_pool`, whose models an authorizer has no time to load.
"""

from shared import aws

SIGNED_OUT = {
    *("NotAuthorizedException", "UserNotFoundException"),
    *("PasswordResetRequiredException", "UserNotConfirmedException"),
}


def origin() -> str:
    """Where Cognito answers; a pool's issuer and keys are below it."""
    return str(aws.unsigned("cognito-idp").origin)


def is_signed_in(access_token: str) -> bool:
    """Whether Cognito still takes a token that has been verified: neither revoked, nor of somebody who is kept out."""
    try:
        aws.unsigned("cognito-idp").get_user(AccessToken=access_token)
    except aws.Refusal as refusal:
        if refusal.code in SIGNED_OUT:
            return False
        raise
    return True
