"""SECRET_HASH."""

import pytest

from poolhouse.cognito_idp.errors import NotAuthorizedException
from poolhouse.cognito_idp.rules import secret_hash


def test_a_public_client_needs_no_hash_and_a_superfluous_one_is_ignored() -> None:
    secret_hash.check("client", [], "ann", None)
    secret_hash.check("client", [], "ann", "whatever")


def test_the_hash_is_hmac_sha256_of_name_and_client_under_the_secret() -> None:
    # echo -n "annclient" | openssl dgst -sha256 -hmac secret -binary | base64
    assert secret_hash.make("client", "secret", "ann") == "1KBhTmaloN8gn8mYFOpcHRnT/Jn7qaddEv2E6vNUy30="

    secret_hash.check("client", ["secret"], "ann", secret_hash.make("client", "secret", "ann"))


@pytest.mark.parametrize("given", [None, ""])
def test_a_missing_hash_is_refused(given: str | None) -> None:
    with pytest.raises(NotAuthorizedException) as refused:
        secret_hash.check("client", ["secret"], "ann", given)

    assert refused.value.message == "Client client is configured with secret but SECRET_HASH was not received"


@pytest.mark.parametrize(("username", "given_for"), [("ann", "bob"), ("ann", "Ann")])
def test_a_hash_for_another_name_is_refused(username: str, given_for: str) -> None:
    with pytest.raises(NotAuthorizedException) as refused:
        secret_hash.check("client", ["secret"], username, secret_hash.make("client", "secret", given_for))

    assert refused.value.message == "Unable to verify secret hash for client client"
