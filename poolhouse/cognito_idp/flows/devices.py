"""Devices: known by a key that goes with the tokens, confirmed with an SRP verifier, remembered or not.

Cognito developer guide, "Working with user devices in your user pool".
"""

import base64
import binascii

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import ChallengeSession, Device, User
from poolhouse.cognito_idp.errors import InvalidParameterException, NotAuthorizedException, ResourceNotFoundException
from poolhouse.cognito_idp.flows import challenge_sessions, password_attempts, srp_exchange
from poolhouse.cognito_idp.flows.sign_in.request import SignIn
from poolhouse.cognito_idp.flows.srp_exchange import Secret
from poolhouse.cognito_idp.rules import srp
from poolhouse.cognito_idp.rules.challenges import DEVICE_PASSWORD_VERIFIER, DEVICE_SRP_AUTH, Challenge
from poolhouse.store import Store, Tx

REMEMBERED = "remembered"
NOT_REMEMBERED = "not_remembered"
_GROUP_CHARACTERS = 8


def get(tables: Store | Tx, user: User, key: str) -> Device:
    """A confirmed device of the user. Raises ResourceNotFoundException."""
    device = tables.devices.find(pool_id=user.pool_id, username=user.username, key=key)
    if device is None:
        raise ResourceNotFoundException("Device does not exist.")
    return device


def of_sign_in(call: Call, sign_in: SignIn, user: User) -> Device | None:
    """The device this sign-in says it comes from; None without one, or where the pool keeps track of none.

    Raises ResourceNotFoundException for a device that is not the user's, was forgotten, or was never confirmed.
    """
    key = sign_in.progress.device_key
    return get(call.store, user, key) if key and sign_in.pool.tracks_devices else None


def new_key(call: Call) -> str:
    """The key of a device that nobody has seen before."""
    return f"{call.region}_{call.new_id()}"


def group_key(call: Call, user: User) -> str:
    """The name that stands before a device's key in what is hashed: always the same for one user."""
    digest = call.store.sealer.digest(f"device group\0{user.pool_id}\0{user.sub}")
    return "-" + digest[:_GROUP_CHARACTERS]


def seal_verifier(call: Call, user: User, key: str, text: str) -> str:
    """A device's verifier, in Base64 as a client sends it, as it is kept. Raises InvalidParameterException."""
    try:
        verifier = int.from_bytes(base64.b64decode(text, validate=True), "big")
    except (binascii.Error, ValueError) as error:
        raise InvalidParameterException("Invalid device password verifier.") from error  # a guess, as the one below
    if not 1 < verifier < srp.N - 1:
        raise InvalidParameterException("Invalid device password verifier.")
    return call.store.sealer.seal(verifier.to_bytes(srp.VERIFIER_BYTES, "big"), _purpose(user, key))


def parse_salt(text: str) -> str:
    """A device's salt in hex from the Base64 a client sends. Raises InvalidParameterException."""
    try:
        salt = base64.b64decode(text, validate=True).hex()
    except (binascii.Error, ValueError) as error:
        raise InvalidParameterException("Invalid device salt.") from error
    if not salt:
        raise InvalidParameterException("Invalid device salt.")
    return salt


def ask(call: Call, sign_in: SignIn, user: User) -> Challenge:
    """Ask a remembered device to begin to prove itself."""
    with call.store.write() as tx:
        session = challenge_sessions.begin(call, tx, sign_in, user.username, DEVICE_SRP_AUTH)
        challenge_sessions.keep_for_device(call, tx, sign_in, user.username, session)
    return Challenge(DEVICE_SRP_AUTH, {}, session)


def ask_proof(call: Call, sign_in: SignIn, user: User, pending: ChallengeSession) -> Challenge:
    """Go on with the device's SRP_A."""
    device, srp_a = _named(call, sign_in, user), sign_in.required("SRP_A")
    with call.store.write() as tx:
        challenge_sessions.spend(tx, pending)
    verifier = _verifier(call, user, device)
    parameters = srp_exchange.begin(
        call, sign_in, user.username, DEVICE_PASSWORD_VERIFIER, verifier=verifier, srp_a=srp_a, state={}
    )
    named = {"SALT": device.salt, "DEVICE_KEY": device.key, "USERNAME": user.username}
    return Challenge(DEVICE_PASSWORD_VERIFIER, {**parameters, **named})


def prove(call: Call, sign_in: SignIn, user: User, waiting: ChallengeSession, answer: srp_exchange.Answer) -> None:
    """Take the device's proof. A wrong one counts as a wrong password. Raises NotAuthorizedException."""
    device = _named(call, sign_in, user)
    password_attempts.check_not_locked(call, call.store, user.pool_id, user.username)
    secret = Secret(_verifier(call, user, device), device.group_key, device.key)
    is_right = srp_exchange.is_right(call, secret, waiting, answer)
    if device.status != REMEMBERED or not is_right:
        password_attempts.refuse(call, user.pool_id, user.username)
    with call.store.write() as tx:
        tx.devices.put(replace(get(tx, user, device.key), last_authenticated_at=call.now, last_ip=call.source_ip))


def _named(call: Call, sign_in: SignIn, user: User) -> Device:
    """The device this sign-in began with, which each answer must name."""
    if sign_in.required("DEVICE_KEY") != sign_in.progress.device_key:
        raise NotAuthorizedException("Incorrect username or password.")
    return get(call.store, user, sign_in.progress.device_key)


def _verifier(call: Call, user: User, device: Device) -> bytes:
    return call.store.sealer.unseal(device.sealed_verifier, _purpose(user, device.key))


def _purpose(user: User, key: str) -> str:
    return f"device {user.pool_id} {user.username} {key}"
