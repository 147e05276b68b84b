"""Confirmation codes: made at random, kept as a digest, taken once."""

import hmac
import secrets

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import ConfirmationCode, UserPool
from poolhouse.cognito_idp.errors import CodeMismatchException, ExpiredCodeException
from poolhouse.cognito_idp.rules import codes
from poolhouse.store import Tx

_PRETENDED = "pretended:"


def make(call: Call, pool_id: str, username: str, purpose: str, attribute: str) -> tuple[str, ConfirmationCode]:
    """A fresh code and what is kept of it. Kept, it takes the place of an earlier one for the same purpose."""
    code = codes.spelled(secrets.randbelow(10**codes.DIGITS))
    return code, _record(call, pool_id, username, purpose, attribute, code=code)


def pretend(call: Call, pool: UserPool, username: str, purpose: str, kind: str) -> None:
    """Do for a name nobody has what asking for a code does, so that the limits and refusals after it are the same."""
    name = pool.folded(username)
    count_attempt(call, pool.id, name, kind)
    with call.store.write() as tx:
        tx.confirmation_codes.put(_record(call, pool.id, name, f"{_PRETENDED}{purpose}", "", code=secrets.token_hex()))


def refusal_for_nobody(
    call: Call, pool: UserPool, username: str, purpose: str, kind: str, *, given: str
) -> CodeMismatchException | ExpiredCodeException:
    """What a code sent for a name nobody has is answered with. Counts as an attempt: raises LimitExceededException."""
    name = pool.folded(username)
    count_attempt(call, pool.id, name, kind)
    try:
        check(call, find(call, pool.id, name, f"{_PRETENDED}{purpose}"), given)
    except (CodeMismatchException, ExpiredCodeException) as error:
        return error
    return CodeMismatchException()  # a match with 256 random bits is a match with nothing


def count_attempt(call: Call, pool_id: str, username: str, kind: str) -> None:
    """Count one attempt, whatever becomes of it. Raises LimitExceededException. A write block of its own."""
    with call.store.write() as tx:
        before = tx.attempts.find(pool_id=pool_id, username=username, kind=kind)
        tx.attempts.put(codes.counted(before, pool_id=pool_id, username=username, kind=kind, now=call.now))


def check(call: Call, code: ConfirmationCode | None, given: str) -> ConfirmationCode:
    """The kept code, when `given` is it. Raises ExpiredCodeException and CodeMismatchException."""
    if code is None or call.now >= code.expires_at:
        raise ExpiredCodeException("Invalid code provided, please request a code again.")
    digest = _digest(call, code.pool_id, code.username, code.purpose, given)
    if not hmac.compare_digest(digest, code.digest):
        raise CodeMismatchException("Invalid verification code provided, please try again.")
    return code


def find(call: Call, pool_id: str, username: str, purpose: str) -> ConfirmationCode | None:
    """The code that waits for an answer, or None."""
    return call.store.confirmation_codes.find(pool_id=pool_id, username=username, purpose=purpose)


def consume(call: Call, tx: Tx, pool_id: str, username: str, purpose: str, *, given: str) -> ConfirmationCode:
    """Check a code and use it up, inside a write block."""
    code = check(call, tx.confirmation_codes.find(pool_id=pool_id, username=username, purpose=purpose), given)
    tx.confirmation_codes.remove(pool_id=pool_id, username=username, purpose=purpose)
    return code


def _record(call: Call, pool_id: str, username: str, purpose: str, attribute: str, *, code: str) -> ConfirmationCode:
    return ConfirmationCode(
        pool_id=pool_id,
        username=username,
        purpose=purpose,
        digest=_digest(call, pool_id, username, purpose, code),
        attribute=attribute,
        created_at=call.now,
        expires_at=call.now + codes.ttl(purpose),
    )


def _digest(call: Call, pool_id: str, username: str, purpose: str, code: str) -> str:
    return call.store.sealer.digest(f"code\0{pool_id}\0{username}\0{purpose}\0{code}")
