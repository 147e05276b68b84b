"""Password hashes that other systems made, as an import brings them.

AWS documents the algorithms (PasswordHashingAlgorithm of CreateUserImportJob) and not how a hash is written. Taken is
what the usual libraries write: `$2b$...` for bcrypt, the PHC string format for argon2id and scrypt, and
`$pbkdf2-sha256$rounds$salt$hash`. Commas in a value of the file stand behind a backslash, as in every other column.
"""

from collections.abc import Mapping
from typing import Any

from passlib import hash as handlers

# By name: a handler is loaded when it is first asked for.
_HANDLERS: Mapping[str, str] = {
    "BCRYPT": "bcrypt",
    "SCRYPT": "scrypt",
    "ARGON2ID": "argon2",
    "PBKDF2_SHA256": "pbkdf2_sha256",
}
# A hash says itself what it costs to check, and a file may come from anywhere. AWS's bounds are not known.
_MOST_ROUNDS = {"BCRYPT": 15, "SCRYPT": 20, "ARGON2ID": 20, "PBKDF2_SHA256": 5_000_000}
_MOST_MEMORY = 1 << 30  # bytes
_MOST_LANES = 16
_BCRYPT_BYTES = 72  # what bcrypt looks at of a password; most of those who hashed more never knew


def check(algorithm: str, text: str) -> None:
    """Raise ValueError, in a sentence, unless this is a hash of that algorithm that can be checked at a fair price."""
    try:
        parsed = _handler(algorithm).from_string(text)
    except (ValueError, TypeError):
        raise ValueError(f"The password hash is not one of {algorithm}.") from None
    if not parsed.checksum or getattr(parsed, "type", "id") != "id":
        raise ValueError(f"The password hash is not one of {algorithm}.")
    lanes = getattr(parsed, "parallelism", 1)
    if parsed.rounds > _MOST_ROUNDS[algorithm] or lanes > _MOST_LANES or _memory(algorithm, parsed) > _MOST_MEMORY:
        raise ValueError("The password hash is too costly to check.")


def is_password(algorithm: str, text: str, password: str) -> bool:
    """Whether the hash was made of this password. Some hundred milliseconds of work, which is what hashes are for."""
    raw = password.encode(errors="surrogatepass")
    try:
        return bool(_handler(algorithm).verify(raw[:_BCRYPT_BYTES] if algorithm == "BCRYPT" else raw, text))
    except ValueError:  # a password such as the algorithm never takes
        return False


def _handler(algorithm: str) -> Any:
    return getattr(handlers, _HANDLERS[algorithm])


def _memory(algorithm: str, parsed: Any) -> int:
    """Bytes: RFC 9106 section 3.1 (kibibytes), RFC 7914 section 2 (128 * r * N)."""
    if algorithm == "ARGON2ID":
        return int(parsed.memory_cost) << 10
    return int(128 * parsed.block_size << parsed.rounds) if algorithm == "SCRYPT" else 0
