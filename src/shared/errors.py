"""What the service refuses, and how a client is told (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar


class ServiceError(Exception):
    """An error that travels to the client: `code` is for programs, `detail` for people, `members` for both."""

    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR
    code: ClassVar[str] = "internal_error"
    detail: str = "Something went wrong on our side."
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, detail: str = "", members: Mapping[str, object] | None = None) -> None:
        self.detail = detail or self.detail
        self.members = members or {}
        super().__init__(self.detail)


class BadRequest(ServiceError):
    """The request cannot be read."""

    status = HTTPStatus.BAD_REQUEST
    code = "bad_request"


class Unauthenticated(ServiceError):
    """Nobody is signed in."""

    status = HTTPStatus.UNAUTHORIZED
    code = "unauthenticated"
    detail = "Sign in first."
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class Forbidden(ServiceError):
    """Whoever calls may not do this."""

    status = HTTPStatus.FORBIDDEN
    code = "forbidden"
    detail = "You may not do this."


class NotFound(ServiceError):
    """There is no such thing, or it belongs to somebody else."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"
    detail = "There is no such resource."


class Conflict(ServiceError):
    """It does not go with how things are now."""

    status = HTTPStatus.CONFLICT
    code = "conflict"
    detail = "This does not go with how things are now."


class PreconditionFailed(ServiceError):
    """If-Match names no version there is."""

    status = HTTPStatus.PRECONDITION_FAILED
    code = "precondition_failed"
    detail = "It is not in the version that If-Match asks for."


class Invalid(ServiceError):
    """The request can be read, but not accepted; `errors` among its members says where."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid"
    detail = "The request is not valid."


class LimitExceeded(ServiceError):
    """It would be more than is kept for one caller."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "limit_exceeded"
    detail = "That is more than is kept."


class IdempotencyKeyReused(ServiceError):
    """The key was used before, with another body."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "idempotency_key_reused"
    detail = "This Idempotency-Key was used with another body."


class Rejected(ServiceError):
    """The function that sees changes before they are made refuses this one."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "rejected"
    detail = "The change is not accepted."


class TriggerFailed(ServiceError):
    """The function that sees changes before they are made has failed."""

    status = HTTPStatus.BAD_GATEWAY
    code = "trigger_failed"
    detail = "The change could not be looked at."


class Unavailable(ServiceError):
    """It would work in a moment."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "unavailable"
    detail = "Try again in a moment."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "1"}


class NoAnswer(ServiceError):
    """What we asked has not answered in time."""

    status = HTTPStatus.GATEWAY_TIMEOUT
    code = "no_answer"
    detail = "It cannot be told whether this was done. Try again; with an Idempotency-Key it is not done twice."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "1"}


class Refused(Exception):
    """What a trigger tells whoever asked. Cognito puts a dot after the sentence, so it has none of its own."""


class SignUpRefused(Refused):
    """Why somebody may not sign up."""


class SignInRefused(Refused):
    """Somebody may not sign in. It does not say why: the password has not been looked at yet."""

    def __init__(self) -> None:
        super().__init__("Sign-in is not possible")


class CodeRefused(Refused):
    """Enough codes were sent to somebody for now."""

    def __init__(self) -> None:
        super().__init__("Too many codes were asked for, try again later")


class TryAgain(Refused):
    """It went wrong, and why is nobody's business."""

    def __init__(self) -> None:
        super().__init__("Something went wrong, try again in a moment")
