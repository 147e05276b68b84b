"""The authorization server: OAuth 2.0 and OpenID Connect as a user pool's domain serves them.

Owns: discovery and JWKS, and the endpoints under /oauth2 (`endpoints/`, found by `server`), the grants of the token
endpoint (`grants/`), what an app is given for a sign-in (`authorization`), what a browser is answered (`browser`),
which app client is asking (`clients`), and the errors (`errors`). The pool follows from the client id, or from a host
like `<domain>.auth.localhost`.
Leaves to others: what is in a token and who may have one (`cognito_idp.flows`), the identity providers that people are
sent to (`openid`).

Built: discovery, the code and implicit grants for users of OIDC providers, client_credentials, refresh_token,
revocation, userInfo. The pages of the pool itself (/login, /signup, ...), SAML and social providers answer 501 with
their name.
"""
