"""Lambda's errors, named as on the wire."""

from typing import ClassVar

from poolhouse.errors import ApiError


class LambdaError(ApiError):
    """What Lambda answers instead of invoking. `members` are those of its error shape beside the message."""

    members: ClassVar[dict[str, str]] = {"Type": "User"}
    message_member: ClassVar[str] = "message"

    def document(self) -> dict[str, str]:
        """The error's body on the wire."""
        return {**self.members, self.message_member: self.message or ""}


class ResourceNotFoundException(LambdaError):
    status = 404
    message_member = "Message"


class ResourceConflictException(LambdaError):
    status = 409


class InvalidParameterValueException(LambdaError):
    pass


class ValidationException(LambdaError):
    members: ClassVar[dict[str, str]] = {}


class InvalidRequestContentException(LambdaError):
    pass


class RequestEntityTooLargeException(LambdaError):
    """A payload over the limit. The model calls it RequestTooLargeException; this is the name Lambda sends
    (https://github.com/aws/aws-sdk/issues/45), and its body has a capital Message and no Type.
    """

    status = 413
    members: ClassVar[dict[str, str]] = {}
    message_member = "Message"


class TooManyRequestsException(LambdaError):
    """As many invocations are under way as may be: of the account's functions, or of this one."""

    status = 429

    def __init__(self, *, is_reserved: bool) -> None:
        super().__init__("Rate Exceeded.")
        self.reason = f"{'ReservedFunction' if is_reserved else ''}ConcurrentInvocationLimitExceeded"

    def document(self) -> dict[str, str]:
        return {"Reason": self.reason, **super().document()}


class UnknownOperationException(LambdaError):
    """A request to Lambda's control API, of which Invoke alone is built."""

    status = 404
