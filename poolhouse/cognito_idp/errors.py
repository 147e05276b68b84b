"""The errors of cognito-idp, named as on the wire, each with the sentence AWS sends when the raiser has no better one.

The list is the one the service model declares (a test compares them). Where no capture of AWS's sentence is known,
the class has none and the raiser gives it.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

from poolhouse.errors import ApiError
from poolhouse.store import AlreadyExists, NotFound, StoreError


class AccessDeniedException(ApiError):
    pass


class AliasExistsException(ApiError):
    message = "An account with the email already exists."


class CodeDeliveryFailureException(ApiError):
    pass


class CodeMismatchException(ApiError):
    message = "Invalid verification code provided, please try again."


class ConcurrentModificationException(ApiError):
    pass


class DeviceKeyExistsException(ApiError):
    pass


class DuplicateProviderException(ApiError):
    pass


class EnableSoftwareTokenMFAException(ApiError):
    message = "Code mismatch and fail enable Software Token MFA"


class ExpiredCodeException(ApiError):
    message = "Invalid code provided, please request a code again."


class FeatureUnavailableInTierException(ApiError):
    pass


class ForbiddenException(ApiError):
    pass


class GroupExistsException(ApiError):
    message = "A group with the name already exists."


class InternalErrorException(ApiError):
    status: ClassVar[int] = 500


class InternalServerException(ApiError):
    status: ClassVar[int] = 500


class InvalidEmailRoleAccessPolicyException(ApiError):
    pass


class InvalidLambdaResponseException(ApiError):
    message = "Unrecognizable lambda output"


class InvalidOAuthFlowException(ApiError):
    pass


class InvalidParameterException(ApiError):
    pass


class InvalidPasswordException(ApiError):
    pass


class InvalidSmsRoleAccessPolicyException(ApiError):
    pass


class InvalidSmsRoleTrustRelationshipException(ApiError):
    pass


class InvalidUserPoolConfigurationException(ApiError):
    pass


class LimitExceededException(ApiError):
    message = "Attempt limit exceeded, please try after some time."


class MFAMethodNotFoundException(ApiError):
    pass


class ManagedLoginBrandingExistsException(ApiError):
    pass


class NotAuthorizedException(ApiError):
    message: str | None = "Incorrect username or password."


class OperationNotEnabledException(ApiError):
    pass


class PasswordHistoryPolicyViolationException(ApiError):
    pass


class PasswordResetRequiredException(ApiError):
    message = "Password reset required for the user"


class PreconditionNotMetException(ApiError):
    pass


class RefreshTokenReuseException(ApiError):
    message = "Refresh token reuse detected"


class ResourceNotFoundException(ApiError):
    pass


class ScopeDoesNotExistException(ApiError):
    pass


class ServiceQuotaExceededException(ApiError):
    pass


class SoftwareTokenMFANotFoundException(ApiError):
    message = "Software Token MFA has not been enabled by the userPool"


class TermsExistsException(ApiError):
    pass


class TierChangeNotAllowedException(ApiError):
    pass


class TooManyFailedAttemptsException(ApiError):
    pass


class TooManyRequestsException(ApiError):
    message = "Too many requests"


class UnauthorizedException(ApiError):
    message = "Invalid client or secret"


class UnexpectedLambdaException(ApiError):
    pass


class UnsupportedIdentityProviderException(ApiError):
    pass


class UnsupportedOperationException(ApiError):
    pass


class UnsupportedTokenTypeException(ApiError):
    pass


class UnsupportedUserStateException(ApiError):
    pass


class UserImportInProgressException(ApiError):
    pass


class UserLambdaValidationException(ApiError):
    pass


class UserNotConfirmedException(ApiError):
    message = "User is not confirmed."


class UserNotFoundException(ApiError):
    message = "User does not exist."


class UserPoolAddOnNotEnabledException(ApiError):
    pass


class UserPoolTaggingException(ApiError):
    pass


class UsernameExistsException(ApiError):
    message = "User already exists"


class WebAuthnChallengeNotFoundException(ApiError):
    pass


class WebAuthnClientMismatchException(ApiError):
    pass


class WebAuthnConfigurationMissingException(ApiError):
    pass


class WebAuthnCredentialNotSupportedException(ApiError):
    pass


class WebAuthnNotEnabledException(ApiError):
    pass


class WebAuthnOriginNotAllowedException(ApiError):
    pass


class WebAuthnRelyingPartyMismatchException(ApiError):
    pass


def user_pool_not_found(pool_id: str) -> ResourceNotFoundException:
    """AWS's answer for a user pool that is not there."""
    return ResourceNotFoundException(f"User pool {pool_id} does not exist.")


def not_authorized_without_sentence() -> NotAuthorizedException:
    """The refusal that AWS sends without a message."""
    error = NotAuthorizedException()
    error.message = None
    return error


def app_client_not_found(client_id: str) -> ResourceNotFoundException:
    """AWS's answer for an app client that is not there, from every operation but those of app clients themselves."""
    return ResourceNotFoundException(f"User pool client {client_id} does not exist.")


STORE_ERRORS: Mapping[tuple[type[StoreError], str], Callable[[StoreError], ApiError]] = {
    (NotFound, "user_pools"): lambda error: user_pool_not_found(str(error.key.get("id", ""))),
    (NotFound, "app_clients"): lambda error: app_client_not_found(str(error.key.get("id", ""))),
    (NotFound, "groups"): lambda _: ResourceNotFoundException("Group not found."),
    (NotFound, "users"): lambda _: UserNotFoundException(),
    (AlreadyExists, "groups"): lambda _: GroupExistsException(),
    (AlreadyExists, "users"): lambda _: UsernameExistsException(),
    (AlreadyExists, "sign_in_names"): lambda _: AliasExistsException(),
}
"""What each store error means to a client of this service, for errors no operation has answered in its own words."""
