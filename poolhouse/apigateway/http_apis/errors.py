"""What an HTTP API itself answers: status, sentence, and what `www-authenticate` tells the client."""

from typing import ClassVar


class HttpApiError(Exception):
    """An error the gateway answers, as `{"message": ...}`."""

    status: ClassVar[int]
    message: ClassVar[str]

    def __init__(self, challenge: str = "") -> None:
        self.challenge = challenge
        super().__init__(self.message)


class NotFound(HttpApiError):
    status = 404
    message = "Not Found"


class Unauthorized(HttpApiError):
    status = 401
    message = "Unauthorized"


class Forbidden(HttpApiError):
    status = 403
    message = "Forbidden"


class InternalServerError(HttpApiError):
    """The function failed, may not be run, or answered what is no answer."""

    status = 500
    message = "Internal Server Error"


class ServiceUnavailable(HttpApiError):
    """The integration did not answer within its time."""

    status = 503
    message = "Service Unavailable"


class RequestTooLarge(HttpApiError):
    status = 413
    message = "Request Entity Too Large"


class NotBuilt(HttpApiError):
    """The route needs a part of API Gateway that this cloud does not have yet. Not one of AWS's answers."""

    status = 501
    message = "not implemented yet"

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what
