"""Passkeys: WebAuthn's options and what authenticators answer (Web Authentication Level 3), by the webauthn library.

The library is loaded at first need: it takes longer than all the rest of a small cloud's start.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from poolhouse.cognito_idp.entities import Passkey

_TIMEOUT_MS = 60_000
_LOCAL = "localhost"
MOST = 20  # "Quotas in Amazon Cognito": passkeys per user
ALGORITHMS = (-7, -257)  # ES256 and RS256


class Refused(Exception):
    """An authenticator's answer proves nothing."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """For whom a passkey is good: a domain, and whether its users must be verified by their authenticator."""

    id: str
    name: str
    verification: str  # "required" or "preferred"


@dataclass(frozen=True, slots=True)
class ClientData:
    """What a browser says it was asked: nothing in it is proven before the answer as a whole is."""

    challenge: bytes
    origin: str


def creation_options(
    relying_party: RelyingParty, *, user_id: bytes, user_name: str, challenge: bytes, existing: Iterable[Passkey]
) -> dict[str, Any]:
    """PublicKeyCredentialCreationOptions as JSON has it."""
    from webauthn import generate_registration_options, options_to_json  # noqa: PLC0415
    from webauthn.helpers.cose import COSEAlgorithmIdentifier  # noqa: PLC0415
    from webauthn.helpers.structs import (  # noqa: PLC0415
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = generate_registration_options(
        rp_id=relying_party.id,
        rp_name=relying_party.name,
        user_id=user_id,
        user_name=user_name,
        user_display_name=user_name,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=_decoded(passkey.id)) for passkey in existing],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            require_resident_key=True,
            user_verification=UserVerificationRequirement(relying_party.verification),
        ),
        supported_pub_key_algs=[COSEAlgorithmIdentifier(number) for number in ALGORITHMS],
    )
    return dict(json.loads(options_to_json(options)))


def request_options(relying_party: RelyingParty, *, challenge: bytes, passkeys: Iterable[Passkey]) -> dict[str, Any]:
    """PublicKeyCredentialRequestOptions as JSON has it."""
    from webauthn import generate_authentication_options, options_to_json  # noqa: PLC0415
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement  # noqa: PLC0415

    options = generate_authentication_options(
        rp_id=relying_party.id,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        allow_credentials=[PublicKeyCredentialDescriptor(id=_decoded(passkey.id)) for passkey in passkeys],
        user_verification=UserVerificationRequirement(relying_party.verification),
    )
    return dict(json.loads(options_to_json(options)))


def client_data(credential: Mapping[str, Any]) -> ClientData:
    """What the browser says of the answer. Raises Refused for one that is not of WebAuthn's form."""
    try:
        data = json.loads(_decoded(credential["response"]["clientDataJSON"]))
        return ClientData(_decoded(data["challenge"]), str(data["origin"]))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Refused("no client data") from error


def is_origin_of(relying_party_id: str, origin: str) -> bool:
    """Whether a page of this origin may use the relying party's passkeys: its domain or one below, over HTTPS.

    Over plain HTTP for this machine alone, as browsers have it.
    """
    try:
        parts = urlsplit(origin)
        host = parts.hostname or ""
    except ValueError:
        return False
    is_local = host == _LOCAL or host.endswith(f".{_LOCAL}")
    is_below = host == relying_party_id or host.endswith(f".{relying_party_id}")
    return is_below and (parts.scheme == "https" or (parts.scheme == "http" and is_local))


def registered(credential: Mapping[str, Any], relying_party: RelyingParty, *, challenge: bytes, origin: str) -> Any:
    """What an authenticator made, proven. Raises Refused."""
    from webauthn import verify_registration_response  # noqa: PLC0415
    from webauthn.helpers.cose import COSEAlgorithmIdentifier  # noqa: PLC0415
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415

    try:
        return verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=relying_party.id,
            expected_origin=origin,
            require_user_verification=relying_party.verification == "required",
            supported_pub_key_algs=[COSEAlgorithmIdentifier(number) for number in ALGORITHMS],
        )
    except (WebAuthnException, *_MALFORMED) as error:
        raise Refused(str(error)) from error


def authenticated(
    credential: Mapping[str, Any], passkey: Passkey, relying_party: RelyingParty, *, challenge: bytes, origin: str
) -> int:
    """How often the authenticator says the passkey was used, once its signature is proven. Raises Refused."""
    from webauthn import verify_authentication_response  # noqa: PLC0415
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415

    try:
        verified = verify_authentication_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=relying_party.id,
            expected_origin=origin,
            credential_public_key=_decoded(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=relying_party.verification == "required",
        )
    except (WebAuthnException, *_MALFORMED) as error:
        raise Refused(str(error)) from error
    return int(verified.new_sign_count)


def encoded(value: bytes) -> str:
    """Base64url without padding, as WebAuthn's JSON has bytes."""
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# What the library lets through of answers that are no answers.
_MALFORMED = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
