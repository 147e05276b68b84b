"""An app client's secrets: made, sealed, and told from what is not one of them."""

import hmac
import secrets
import string

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import AppClient, ClientSecret

_CHARACTERS = string.ascii_lowercase + string.digits
_LENGTH = 51


def make() -> str:
    """A random secret of the length of Cognito's own."""
    return "".join(secrets.choice(_CHARACTERS) for _ in range(_LENGTH))


def sealed(call: Call, client_id: str, secret: str, *, beside: tuple[ClientSecret, ...] = ()) -> ClientSecret:
    """A secret as it is kept, with an id that none `beside` it has.

    The id is `<client id>--<creation time>`, as the API reference has it; that the time is in milliseconds is a guess.
    """
    milliseconds = int(call.now.timestamp() * 1000)
    taken = {other.id for other in beside}
    while (name := f"{client_id}--{milliseconds}") in taken:
        milliseconds += 1
    return ClientSecret(name, call.store.sealer.seal(secret.encode(), _purpose(client_id)), call.now)


def known(call: Call, app_client: AppClient) -> list[str]:
    """Every secret of a client, the oldest first; none for a public client."""
    unseal, purpose = call.store.sealer.unseal, _purpose(app_client.id)
    return [unseal(secret.sealed, purpose).decode() for secret in app_client.secrets]


def is_one(call: Call, app_client: AppClient, given: str | None) -> bool:
    """Whether this is one of the client's secrets, found in the same time whichever it is."""
    found = [hmac.compare_digest(secret.encode(), (given or "").encode()) for secret in known(call, app_client)]
    return any(found)


def _purpose(client_id: str) -> str:
    return f"client secret {client_id}"
