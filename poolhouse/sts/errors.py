"""STS's errors, named as on the wire. Sentences that AWS does not document are as seen, or guesses where said."""

from typing import ClassVar

from poolhouse.errors import ApiError


class AccessDenied(ApiError):
    status: ClassVar[int] = 403


class ExpiredTokenException(ApiError):
    pass


class ExpiredTradeInTokenException(ApiError):
    message = "The trade-in token has expired and cannot be exchanged for credentials."  # after its documentation


class IDPCommunicationError(ApiError):
    pass


class IDPRejectedClaim(ApiError):
    status: ClassVar[int] = 403


class InvalidAuthorizationMessageException(ApiError):
    message = "The message is not valid."  # a guess


class InvalidIdentityToken(ApiError):
    pass


class MalformedPolicyDocument(ApiError):
    pass


class OutboundWebIdentityFederationDisabledException(ApiError):
    status: ClassVar[int] = 403
    message = "Outbound web identity federation is not enabled for this account."  # a guess


class PackedPolicyTooLarge(ApiError):
    pass


class SessionDurationEscalationException(ApiError):
    status: ClassVar[int] = 403
    message = "The requested token duration would extend the session beyond its original expiration time."


class ValidationError(ApiError):
    pass
