"""Public keys as clients fetch them: JSON Web Keys, RFC 7517 and RFC 7518 section 6.3."""

from poolhouse.jose.keys import KeyPair, encoded


def public(key: KeyPair, algorithm: str = "RS256") -> dict[str, str]:
    """One key of a JWK set; members in Cognito's order."""
    numbers = key.public.public_numbers()
    return {
        "alg": algorithm,
        "e": _base64url_uint(numbers.e),
        "kid": key.kid,
        "kty": "RSA",
        "n": _base64url_uint(numbers.n),
        "use": "sig",
    }


def _base64url_uint(number: int) -> str:
    return encoded(number.to_bytes((number.bit_length() + 7) // 8, "big")).decode()
