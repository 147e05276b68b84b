"""What the token endpoint exchanges for tokens: one file per grant.

A grant is `issue(call, client, form) -> document`, the client authenticated before. `GRANTS` is the whole list.
"""

from collections.abc import Callable, Mapping

from poolhouse.call import Call
from poolhouse.oauth.clients import AuthenticatedClient
from poolhouse.oauth.grants import authorization_code, client_credentials, refresh_token

Grant = Callable[[Call, AuthenticatedClient, Mapping[str, str]], dict[str, object]]

GRANTS: Mapping[str, Grant] = {
    "authorization_code": authorization_code.issue,
    "client_credentials": client_credentials.issue,
    "refresh_token": refresh_token.issue,
}
