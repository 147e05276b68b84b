"""Cognito identity's errors, named as on the wire."""

from poolhouse.errors import ApiError


class DeveloperUserAlreadyRegisteredException(ApiError):
    pass


class ExternalServiceException(ApiError):
    pass


class InvalidIdentityPoolConfigurationException(ApiError):
    message = "Invalid identity pool configuration. Check assigned IAM roles for this pool."


class InvalidParameterException(ApiError):
    pass


class LimitExceededException(ApiError):
    pass


class NotAuthorizedException(ApiError):
    pass


class ResourceConflictException(ApiError):
    pass


class ResourceNotFoundException(ApiError):
    pass
