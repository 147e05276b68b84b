"""What the gateway itself answers instead of a function: one class per case, with AWS's status, type and words.

`response_type` is the gateway response that a template may customize. Statuses:
https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from typing import ClassVar


class GatewayError(Exception):
    """An error the gateway answers. `error_type` goes into x-amzn-ErrorType; `template` is the uncustomized body."""

    status: ClassVar[int]
    response_type: ClassVar[str]
    error_type: ClassVar[str]
    message: ClassVar[str] = ""
    template: ClassVar[str] = '{"message":$context.error.messageString}'

    def __init__(self, message: str | None = None) -> None:
        self.text = self.message if message is None else message
        super().__init__(self.text)


class Unauthorized(GatewayError):
    """No token, or one that does not open this method."""

    status = 401
    response_type = "UNAUTHORIZED"
    error_type = "UnauthorizedException"
    message = "Unauthorized"


class TokenExpired(Unauthorized):
    """A good token whose time is over: many clients match on this sentence."""

    message = "The incoming token has expired"


class MissingAuthenticationToken(GatewayError):
    """No such path or method: AWS takes the request for an unsigned call to its own API."""

    status = 403
    response_type = "MISSING_AUTHENTICATION_TOKEN"
    error_type = "MissingAuthenticationTokenException"
    message = "Missing Authentication Token"


class IncompleteSignature(GatewayError):
    """No such path or method, and an Authorization header that is no AWS signature."""

    status = 403
    response_type = "INVALID_SIGNATURE"  # a guess: AWS does not say which gateway response this error belongs to
    error_type = "IncompleteSignatureException"


class InvalidSignature(GatewayError):
    """Not signed with the key it names, or too long ago."""

    status = 403
    response_type = "INVALID_SIGNATURE"
    error_type = "InvalidSignatureException"


class InvalidToken(GatewayError):
    """A key that is not known, or not with this session token."""

    status = 403
    response_type = "ACCESS_DENIED"  # a guess, as for the next
    error_type = "UnrecognizedClientException"
    message = "The security token included in the request is invalid."


class TokenOfKeysExpired(GatewayError):
    """Temporary keys whose time is over."""

    status = 403
    response_type = "EXPIRED_TOKEN"
    error_type = "ExpiredTokenException"
    message = "The security token included in the request is expired"


class AccessDenied(GatewayError):
    """No policy lets them invoke the method."""

    status = 403
    response_type = "ACCESS_DENIED"
    error_type = "AccessDeniedException"
    template = '{"Message":$context.error.messageString}'  # with a capital, as AWS has it here


class AuthorizerFailed(GatewayError):
    """The authorizer's function failed, may not be run, or answered what is no decision."""

    status = 500
    response_type = "AUTHORIZER_CONFIGURATION_ERROR"
    error_type = "AuthorizerConfigurationException"
    template = '{"message":null}'


class Forbidden(GatewayError):
    """No such API or stage."""

    status = 403
    response_type = "ACCESS_DENIED"
    error_type = "ForbiddenException"
    message = "Forbidden"


class RequestTooLarge(GatewayError):
    """A body above 10 MB."""

    status = 413
    response_type = "REQUEST_TOO_LARGE"
    error_type = "RequestEntityTooLargeException"  # a guess
    message = "Request Too Long"  # a guess: AWS documents the status only


class UnsupportedMediaType(GatewayError):
    """No mapping template for the body's type, and the method lets nothing through unmapped."""

    status = 415
    response_type = "UNSUPPORTED_MEDIA_TYPE"
    error_type = "BadRequestException"
    message = "Unsupported Media Type"


class _ServerError(GatewayError):
    error_type = "InternalServerErrorException"
    message = "Internal server error"
    template = '{"message": $context.error.messageString}'  # with a space, as AWS has it for its 5xx


class ApiConfigurationError(_ServerError):
    """The gateway may not run the function, or the method's definition does not fit the answer."""

    status = 500
    response_type = "API_CONFIGURATION_ERROR"


class BadProxyAnswer(_ServerError):
    """The function raised, died, or answered something that is not a proxy answer."""

    status = 502
    response_type = "DEFAULT_5XX"


class IntegrationTimeout(_ServerError):
    """The integration did not answer within its time."""

    status = 504
    response_type = "INTEGRATION_TIMEOUT"
    message = "Endpoint request timed out"


class NotBuilt(GatewayError):
    """The method needs a part of API Gateway that this cloud does not have yet. Not one of AWS's answers."""

    status = 501
    response_type = "NOT_BUILT"
    error_type = "NotImplementedException"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}: not implemented yet")
