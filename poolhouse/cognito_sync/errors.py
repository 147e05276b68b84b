"""Cognito Sync's errors, named and with the statuses as in its model."""

from typing import ClassVar

from poolhouse.errors import ApiError


class AlreadyStreamedException(ApiError):
    """The model's words."""

    message = "Bulk publish was requested less than 24 hours after a previous one completed successfully."


class InvalidConfigurationException(ApiError):
    pass


class InvalidLambdaFunctionOutputException(ApiError):
    message = "The AWS Lambda function returned invalid output or an exception."  # the model's words


class InvalidParameterException(ApiError):
    pass


class LambdaSocketTimeoutException(ApiError):
    """Named by the developer guide, not by the model; sentence and status are guesses."""

    message = "The AWS Lambda function did not respond in time."


class LambdaThrottledException(ApiError):
    status: ClassVar[int] = 429
    message = "AWS Lambda throttled your account, please contact AWS Support"  # the model's words


class LimitExceededException(ApiError):
    pass


class NotAuthorizedException(ApiError):
    status: ClassVar[int] = 403
    message = "These credentials are not valid for accessing this resource"


class ResourceConflictException(ApiError):
    status: ClassVar[int] = 409


class ResourceNotFoundException(ApiError):
    status: ClassVar[int] = 404
