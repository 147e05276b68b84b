"""The errors of the wire itself, named as AWS's JSON services name them; sentences as captured from AWS.

The protocols that call some of them otherwise (STS says SignatureDoesNotMatch) translate when they encode.
"""

from collections.abc import Mapping
from typing import ClassVar

from poolhouse.errors import ApiError


class SerializationException(ApiError):
    """The body could not be read into the operation's request. No sentence: AWS gives one for wrong types only."""


class UnknownOperationException(ApiError):
    """No such service or operation. AWS gives no sentence."""


class InvalidParameterException(ApiError):
    """The request violates the model's constraints, in services that declare this error."""


class ValidationException(ApiError):
    """The request violates the model's constraints, in every other service."""


class MissingAuthenticationTokenException(ApiError):
    message = "Missing Authentication Token"


class IncompleteSignatureException(ApiError):
    pass


class InvalidSignatureException(ApiError):
    message = (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. Consult the service documentation for details."
    )


class AuthorizationQueryParametersError(ApiError):
    """A signature in the query that lacks something."""


class RequestExpired(ApiError):
    message = "Request has expired"


class RequestNotYetValid(ApiError):
    message = "Request is not yet valid"  # a guess


class RequestTimeTooSkewed(ApiError):
    status: ClassVar[int] = 403
    message = "The difference between the request time and the current time is too large."


class InvalidToken(ApiError):
    message = "The provided token is malformed or otherwise invalid."


class MalformedXML(ApiError):
    message = "The XML you provided was not well-formed or did not validate against our published schema"


class S3Refusal(ApiError):
    """A refusal of S3's that says more than its sentence, in elements of its own."""

    def __init__(self, message: str | None = None, elements: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.elements = dict(elements or {})


class PreconditionFailed(S3Refusal):
    status: ClassVar[int] = 412
    message = "At least one of the pre-conditions you specified did not hold"


class InvalidArgument(S3Refusal):
    """A form upload that lacks something."""


class InvalidPolicyDocument(S3Refusal):
    """A form upload's policy that is none."""


class MalformedPOSTRequest(S3Refusal):
    message = "The body of your POST request is not well-formed multipart/form-data."


class MaxPostPreDataLengthExceeded(S3Refusal):
    message = "Your POST request fields preceeding the upload file was too large."  # as S3 spells it


class EntityTooSmall(S3Refusal):
    message = "Your proposed upload is smaller than the minimum allowed size"


class EntityTooLarge(S3Refusal):
    message = "Your proposed upload exceeds the maximum allowed size"


class HeadersNotSigned(ApiError):
    message = "There were headers present in the request which were not signed"


class InvalidRequest(ApiError):
    message = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."


class IncompleteBody(ApiError):
    message = "The request body terminated unexpectedly"


class UnrecognizedClientException(ApiError):
    message = "The security token included in the request is invalid."


class ExpiredTokenException(ApiError):
    message = "The security token included in the request is expired"


class InternalErrorException(ApiError):
    status: ClassVar[int] = 500
    message = "An internal error occurred. The cloud's log has the details."


class ServiceUnavailable(ApiError):
    status: ClassVar[int] = 503
