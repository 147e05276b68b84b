"""Sign-ins of pools with threat protection: shut out by address, and kept as events with how they ended."""

from collections.abc import Callable

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import User
from poolhouse.cognito_idp.errors import NotAuthorizedException
from poolhouse.cognito_idp.flows import threat_protection
from poolhouse.cognito_idp.flows.sign_in.request import Outcome, SignIn, find_user
from poolhouse.cognito_idp.rules.challenges import (
    EMAIL_OTP,
    PASSWORD,
    PASSWORD_VERIFIER,
    SMS_MFA,
    SOFTWARE_TOKEN_MFA,
    Challenge,
)
from poolhouse.errors import ApiError

_PASSWORDS = frozenset(
    {"USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH", PASSWORD, PASSWORD_VERIFIER}
)
_SECOND_FACTORS = frozenset({SMS_MFA, EMAIL_OTP, SOFTWARE_TOKEN_MFA})
_FAILURES = frozenset({"NotAuthorizedException", "CodeMismatchException", "ExpiredCodeException"})


def watched(call: Call, sign_in: SignIn, step: str, work: Callable[[SignIn], Outcome]) -> Outcome:
    """Do a step of a sign-in and keep what came of it. `step` is the AuthFlow or the challenge that was answered."""
    if sign_in.pool.threat_protection == "OFF":
        return work(sign_in)
    user = find_user(call, sign_in.pool, sign_in.parameters.get("USERNAME", ""))
    if not sign_in.progress.event_id:
        sign_in = sign_in.with_progress(event_id=call.new_id())
    if user is None:
        return work(sign_in)
    _shut_out(call, sign_in, user)
    try:
        outcome = work(sign_in)
    except ApiError as error:
        if error.code in _FAILURES:
            _keep(call, sign_in, user, "Fail", _challenge(step, "Failure"))
        raise
    response = "InProgress" if isinstance(outcome, Challenge) else "Pass"
    _keep(call, sign_in, user, response, _challenge(step, "Success"))
    return outcome


def _shut_out(call: Call, sign_in: SignIn, user: User) -> None:
    pool, client_id = sign_in.pool, sign_in.app_client.id
    if pool.threat_protection != "ENFORCED" or not threat_protection.is_shut_out(call, pool, client_id):
        return
    event = threat_protection.record_sign_in(
        call, pool, user, "Fail", client_id=client_id, event_id=sign_in.progress.event_id, is_risk=True
    )
    threat_protection.notify(call, pool, user, event, client_id)
    raise NotAuthorizedException("Unable to login because of security reasons.")


def _keep(call: Call, sign_in: SignIn, user: User, response: str, challenge: tuple[str, str] | None) -> None:
    password = sign_in.parameters.get(PASSWORD, "")
    is_compromised = bool(password) and threat_protection.is_known_to_others(password)
    threat_protection.record_sign_in(
        call,
        sign_in.pool,
        user,
        response,
        client_id=sign_in.app_client.id,
        event_id=sign_in.progress.event_id,
        challenge=challenge,
        is_compromised=is_compromised,
    )


def _challenge(step: str, result: str) -> tuple[str, str] | None:
    if step in _PASSWORDS:
        return "Password", result
    return ("Mfa", result) if step in _SECOND_FACTORS else None
