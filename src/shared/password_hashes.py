"""Password hashes of other systems: argon2id and bcrypt, as they are usually written down.

Every check costs the same: one of each kind, the other or both against a hash that nothing matches. So the time it
takes tells neither whether there was a hash nor of which kind. The made-up hashes are as costly as the settings say.
"""

import bcrypt
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from shared.config import settings

ARGON2ID = "$argon2id$"
BCRYPT = ("$2a$", "$2b$", "$2y$")
BCRYPT_LENGTH = 72  # what bcrypt looks at; the systems that wrote these hashes cut off the rest without a word


def is_known(encoded: str) -> bool:
    """Whether this is a hash of a kind that can be checked."""
    return encoded.startswith((ARGON2ID, *BCRYPT))


def verify(password: str, encoded: str) -> bool:
    """Whether the password is the one of this hash; never of an empty one, or one of another kind."""
    secret = password.encode()
    is_argon2id, is_bcrypt = encoded.startswith(ARGON2ID), encoded.startswith(BCRYPT)
    matches_argon2id = _argon2id(secret, encoded if is_argon2id else _argon2id_of_nothing())
    matches_bcrypt = _bcrypt(secret, encoded if is_bcrypt else _bcrypt_of_nothing())
    return (is_argon2id and matches_argon2id) or (is_bcrypt and matches_bcrypt)


def _argon2id(secret: bytes, encoded: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(secret, encoded)
    except (InvalidKey, ValueError):  # not the password, or not such a hash
        return False
    return True


def _bcrypt(secret: bytes, encoded: str) -> bool:
    try:
        return bcrypt.checkpw(secret[:BCRYPT_LENGTH], encoded.encode())
    except ValueError:  # not such a hash
        return False


def _argon2id_of_nothing() -> str:
    return f"{ARGON2ID}v=19${settings().legacy_argon2id_cost}${'A' * 22}${'A' * 43}"


def _bcrypt_of_nothing() -> str:
    return f"$2b${settings().legacy_bcrypt_cost:02}${'.' * 53}"
