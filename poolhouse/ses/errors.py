"""SES's errors, named as on the wire, with sentences as clients of AWS have reported them."""

from typing import ClassVar

from poolhouse.errors import ApiError


class AlreadyExistsException(ApiError):
    pass


class InvalidParameterValue(ApiError):
    """The first API's; the second calls the same a BadRequestException."""


class BadRequestException(ApiError):
    pass


class MessageRejected(ApiError):
    pass


class NotFoundException(ApiError):
    status: ClassVar[int] = 404
