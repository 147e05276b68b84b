"""What OAuth endpoints refuse with (RFC 6749 section 5.2, and Cognito's choice among its errors)."""

from typing import ClassVar


class OAuthError(Exception):
    """An error of the authorization server. `redirectable`: whether it may travel back to the redirect URI.

    Cognito mostly sends the error's name alone, so `description` is for what people could not find out otherwise.
    """

    error: ClassVar[str]
    status: ClassVar[int] = 400
    redirectable: ClassVar[bool] = False

    def __init__(self, description: str | None = None) -> None:
        self.description = description
        super().__init__(description or self.error)


class InvalidRequest(OAuthError):
    """A parameter is missing, given twice, or not readable."""

    error = "invalid_request"


class InvalidClient(OAuthError):
    """Nobody proved to be a registered app client. 400, where the RFC would allow 401."""

    error = "invalid_client"


class InvalidGrant(OAuthError):
    """The refresh token or code is unknown, spent, expired, revoked, or another client's."""

    error = "invalid_grant"


class InvalidScope(OAuthError):
    """Nothing of what was asked for may be granted to this client."""

    error = "invalid_scope"


class UnauthorizedClient(OAuthError):
    """The client is not registered for this grant."""

    error = "unauthorized_client"


class LoginRequired(OAuthError):
    """Nobody is signed in, and nobody may be asked (OpenID Connect Core 3.1.2.6)."""

    error = "login_required"


class UnsupportedGrantType(OAuthError):
    """No such grant."""

    error = "unsupported_grant_type"


class UnsupportedTokenType(OAuthError):
    """Only refresh tokens can be revoked."""

    error = "unsupported_token_type"


class NotImplementedYet(OAuthError):
    """Cognito has it and this cloud does not, so far. Not one of Cognito's errors."""

    error = "not_implemented"
    status = 501

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not implemented yet")
