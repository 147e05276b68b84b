"""The authorization server's paths: one file per endpoint, `respond(call, request) -> Response`.

`ENDPOINTS` is the whole list; a path in `NOT_BUILT` is Cognito's and answers that it is not built yet.
"""

from collections.abc import Callable, Mapping

from poolhouse.call import Call
from poolhouse.oauth import browser
from poolhouse.oauth.endpoints import authorize, error_page, idp_response, revoke, token, user_info
from poolhouse.web import Request, Response

Endpoint = Callable[[Call, Request], Response]

ENDPOINTS: Mapping[str, Endpoint] = {
    "/oauth2/authorize": authorize.respond,
    idp_response.PATH: idp_response.respond,
    browser.ERROR_PATH: error_page.respond,
    "/oauth2/token": token.respond,
    "/oauth2/revoke": revoke.respond,
    "/oauth2/userInfo": user_info.respond,
}
NOT_BUILT = frozenset(
    {
        "/saml2/idpresponse",
        "/saml2/logout",
        "/login",
        "/logout",
        "/signup",
        "/confirm",
        "/confirmUser",
        "/resendcode",
        "/forgotPassword",
        "/confirmForgotPassword",
        "/changePassword",
        "/resetPassword",
        "/mfa",
        "/passkeys/add",
    }
)
