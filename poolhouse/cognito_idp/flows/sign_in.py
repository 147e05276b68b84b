"""Signing in: one flow for InitiateAuth and AdminInitiateAuth, for both RespondTo operations, and for pages.

`begin` starts by an AuthFlow, `answer` goes on from a challenge; either ends in tokens or in a challenge. Which answer
may follow which challenge is the table in `rules/challenges.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import AppClient, ChallengeSession, User, UserPool
from poolhouse.cognito_idp.errors import (
    InvalidParameterException,
    NotAuthorizedException,
    PasswordResetRequiredException,
    UnsupportedOperationException,
    UserNotConfirmedException,
    UserNotFoundException,
)
from poolhouse.cognito_idp.flows import (
    challenge_sessions,
    client_secrets,
    find,
    new_password,
    not_built,
    password_attempts,
    password_proof,
    passwords,
    software_tokens,
    tokens,
    triggers,
)
from poolhouse.cognito_idp.flows.tokens import IssuedTokens
from poolhouse.cognito_idp.rules import auth_flows, challenges, second_factors, secret_hash, srp
from poolhouse.cognito_idp.rules.auth_flows import Beginning
from poolhouse.cognito_idp.rules.challenges import (
    NEW_PASSWORD_REQUIRED,
    PASSWORD_VERIFIER,
    SOFTWARE_TOKEN_MFA,
    Challenge,
    Step,
)
from poolhouse.store import Tx

_ANY_SALT = "01" * srp.SALT_BYTES
Outcome = Challenge | IssuedTokens
_AUTHENTICATION = "TokenGeneration_Authentication"
_NEW_PASSWORD = "TokenGeneration_NewPasswordChallenge"  # noqa: S105


@dataclass(frozen=True, slots=True)
class SignIn:
    """One request of a sign-in: where it is made, with which parameters, and what the client tells the triggers."""

    pool: UserPool
    app_client: AppClient
    parameters: Mapping[str, str]
    client_metadata: Mapping[str, str] | None = None

    def required(self, name: str) -> str:
        """A parameter that must be there. Raises InvalidParameterException."""
        value = self.parameters.get(name)
        if not value:
            raise InvalidParameterException(f"Missing required parameter {name}")
        return value


def begin(call: Call, sign_in: SignIn, auth_flow: str, *, is_admin: bool = False) -> Outcome:
    """Begin to sign in, or renew tokens, by an AuthFlow of the API."""
    return _BEGIN[auth_flows.check(auth_flow, sign_in.app_client, is_admin=is_admin)](call, sign_in)


def answer(call: Call, sign_in: SignIn, challenge: str, session: str | None) -> Outcome:
    """Answer a challenge with the parameters of `sign_in`."""
    if challenge == PASSWORD_VERIFIER:
        return _answer_proof(call, sign_in)
    username = sign_in.required("USERNAME")
    if not session:
        raise InvalidParameterException("Missing required parameter Session")  # AWS's exact sentence is not known
    _check_secret_hash(call, sign_in, username)
    pending = challenge_sessions.find(call, sign_in.app_client, session, challenge)
    user = _find(call, sign_in.pool, username)
    if user is None or user.username != pending.username:
        raise NotAuthorizedException("Invalid session for the user.")
    _check_enabled(user)
    if challenge == SOFTWARE_TOKEN_MFA:
        return _answer_software_token(call, sign_in, user, pending)
    user = new_password.set_by_challenge(
        call, sign_in.pool, sign_in.app_client, user, pending=pending, responses=sign_in.parameters
    )
    return _ask_second_factor(call, sign_in, user, _NEW_PASSWORD, sign_in.client_metadata)


def _begin_with_password(call: Call, sign_in: SignIn) -> Outcome:
    username, password = sign_in.required("USERNAME"), sign_in.required("PASSWORD")
    _check_secret_hash(call, sign_in, username)
    user = _find(call, sign_in.pool, username)
    if user is None:
        if triggers.function_arn(sign_in.pool, "UserMigration") is not None:
            not_built.refuse("The user migration trigger, which would be asked for this user,")
        if not sign_in.app_client.hides_users:
            raise UserNotFoundException
        _refuse_nobody(call, sign_in, username, password)
    _check_may_sign_in(call, sign_in, user)
    _pre_authentication(call, sign_in, user, sign_in.client_metadata)
    if not passwords.is_password(call, sign_in.pool, user, password):
        password_attempts.refuse(call, user.pool_id, user.username)
    return _after_password(call, sign_in, user, None)


def _begin_srp(call: Call, sign_in: SignIn) -> Outcome:
    username, srp_a = sign_in.required("USERNAME"), sign_in.required("SRP_A")
    _check_secret_hash(call, sign_in, username)
    user = _find(call, sign_in.pool, username)
    if user is None and not sign_in.app_client.hides_users:
        raise UserNotFoundException
    return password_proof.challenge(
        call,
        sign_in.pool,
        sign_in.app_client,
        user,
        typed=username,
        srp_a=srp_a,
        validation_data=sign_in.client_metadata,
    )


def _answer_proof(call: Call, sign_in: SignIn) -> Outcome:
    username = sign_in.required("USERNAME")
    for name in ("PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP"):
        sign_in.required(name)
    _check_secret_hash(call, sign_in, username)
    given = password_proof.parse_answer(sign_in.parameters)
    waiting = password_proof.take_up(call, sign_in.app_client, given)
    user = _find(call, sign_in.pool, username)
    if user is not None and user.username != waiting.username:
        raise NotAuthorizedException("Incorrect username or password.")
    if user is not None:
        _check_may_sign_in(call, sign_in, user)
    _pre_authentication(call, sign_in, user, waiting.validation_data)
    is_right = password_proof.is_right(call, sign_in.pool, user, waiting, given)
    if user is None or not is_right:
        password_attempts.refuse(call, sign_in.pool.id, waiting.username)
    return _after_password(call, sign_in, user, sign_in.client_metadata)


def _refresh(call: Call, sign_in: SignIn) -> IssuedTokens:
    refresh_token = sign_in.required("REFRESH_TOKEN")
    if sign_in.app_client.rotates_refresh_tokens:
        raise UnsupportedOperationException("This API does not support refresh token rotation")
    _, user = tokens.find_refresh_token(call, sign_in.app_client, refresh_token)
    _check_secret_hash_of(call, sign_in, user)
    # ClientMetadata of a refresh by this operation does not reach the trigger.
    return tokens.refresh(call, sign_in.pool, sign_in.app_client, refresh_token)


def _begin_custom(_call: Call, _sign_in: SignIn) -> NoReturn:
    not_built.refuse("Sign-in by custom challenges (CUSTOM_AUTH)")


def _begin_choice(_call: Call, _sign_in: SignIn) -> NoReturn:
    not_built.refuse("Choice-based sign-in (USER_AUTH)")


_BEGIN: Mapping[Beginning, Callable[[Call, SignIn], Outcome]] = {
    Beginning.SRP: _begin_srp,
    Beginning.PASSWORD: _begin_with_password,
    Beginning.REFRESH: _refresh,
    Beginning.CUSTOM: _begin_custom,
    Beginning.CHOICE: _begin_choice,
}


def _after_password(call: Call, sign_in: SignIn, user: User, client_metadata: Mapping[str, str] | None) -> Outcome:
    if challenges.after_password(user.status) is None:
        return _ask_second_factor(call, sign_in, user, _AUTHENTICATION, client_metadata)
    new_password.check_not_expired(call, user)
    with call.store.write() as tx:
        password_attempts.forgive(call, tx, user.pool_id, user.username)
        session = challenge_sessions.begin(call, tx, sign_in.app_client, user.username, NEW_PASSWORD_REQUIRED)
    return Challenge(NEW_PASSWORD_REQUIRED, new_password.parameters(sign_in.pool, sign_in.app_client, user), session)


def _ask_second_factor(
    call: Call, sign_in: SignIn, user: User, source: str, client_metadata: Mapping[str, str] | None
) -> Outcome:
    """Ask for the user's authenticator app, or finish. `source` is the token trigger's if nothing is asked."""
    mode = sign_in.pool.mfa_configuration
    token = None if mode == "OFF" else software_tokens.find(call.store, user)
    step = challenges.second_factor(mode, has_software_token=token is not None and token.is_enabled)
    if token is None or step is Step.ISSUE_TOKENS:
        return _finish(call, sign_in, user, source, client_metadata)
    if second_factors.by_message(sign_in.pool, user) and not token.is_preferred:
        not_built.refuse("Choosing between second factors (SELECT_MFA_TYPE)")
    with call.store.write() as tx:
        session = challenge_sessions.begin(call, tx, sign_in.app_client, user.username, SOFTWARE_TOKEN_MFA)
    parameters = {"USER_ID_FOR_SRP": user.username}
    if token.friendly_name:
        parameters["FRIENDLY_DEVICE_NAME"] = token.friendly_name
    return Challenge(SOFTWARE_TOKEN_MFA, parameters, session)


def _answer_software_token(call: Call, sign_in: SignIn, user: User, pending: ChallengeSession) -> Outcome:
    """A wrong code leaves the session usable, as AWS does."""
    software_tokens.prove(call, user, sign_in.required("SOFTWARE_TOKEN_MFA_CODE"))
    with call.store.write() as tx:
        challenge_sessions.spend(tx, pending)
    return _finish(call, sign_in, user, _AUTHENTICATION, sign_in.client_metadata)


def _finish(
    call: Call, sign_in: SignIn, user: User, source: str, client_metadata: Mapping[str, str] | None
) -> IssuedTokens:
    """Everything was answered: tell the PostAuthentication function, which may still refuse, and issue tokens."""
    pool, app_client = sign_in.pool, sign_in.app_client
    if triggers.function_arn(pool, "PostAuthentication") is not None:
        request: dict[str, object] = {
            "userAttributes": triggers.user_attributes(pool, user),
            "newDeviceUsed": False,
        }
        request = triggers.with_metadata(request, client_metadata)
        trigger_source = "PostAuthentication_Authentication"
        triggers.run(
            call, pool, "PostAuthentication", trigger_source, user.username, request, {}, client_id=app_client.id
        )

    def settle(tx: Tx) -> None:
        password_attempts.forgive(call, tx, user.pool_id, user.username)

    return tokens.issue(call, pool, app_client, user, source=source, client_metadata=client_metadata, settle=settle)


def _pre_authentication(
    call: Call, sign_in: SignIn, user: User | None, validation_data: Mapping[str, str] | None
) -> None:
    """Tell the PreAuthentication function, which may refuse.

    For password and SRP it is asked before the password is checked; that order is not proven.
    """
    pool, app_client = sign_in.pool, sign_in.app_client
    if triggers.function_arn(pool, "PreAuthentication") is None:
        return
    request: dict[str, object] = {
        "userAttributes": {} if user is None else triggers.user_attributes(pool, user),
        "validationData": validation_data,
    }
    if app_client.hides_users:
        request["userNotFound"] = user is None
    username = sign_in.parameters["USERNAME"] if user is None else user.username
    source = "PreAuthentication_Authentication"
    triggers.run(call, pool, "PreAuthentication", source, username, request, {}, client_id=app_client.id)


def _find(call: Call, pool: UserPool, username: str) -> User | None:
    """The user who signs in by this name. A `sub` is a name to administrators only, unless it is the stored one."""
    user = find.find_user(call, pool, username)
    if user is not None and username == user.sub and username != user.username:
        return None
    return user


def _check_may_sign_in(call: Call, sign_in: SignIn, user: User) -> None:
    """What bars a user whatever the password: observed to come before it is looked at, for UNCONFIRMED at least."""
    _check_enabled(user)
    if user.status == "UNCONFIRMED":
        raise UserNotConfirmedException
    password_attempts.check_not_locked(call, call.store, user.pool_id, user.username)
    if user.status == "RESET_REQUIRED":
        # An imported user has no password yet: clients that hide who exists hear what they hear for anybody.
        if user.password is None and sign_in.app_client.hides_users:
            raise NotAuthorizedException("Incorrect username or password.")
        raise PasswordResetRequiredException


def _check_enabled(user: User) -> None:
    if not user.enabled:
        raise NotAuthorizedException("User is disabled.")


def _refuse_nobody(call: Call, sign_in: SignIn, username: str, password: str) -> NoReturn:
    """Do for a name nobody has what is done for a wrong password, in the same time."""
    name = sign_in.pool.folded(username)
    password_attempts.check_not_locked(call, call.store, sign_in.pool.id, name)
    _pre_authentication(call, sign_in, None, sign_in.client_metadata)
    srp.make_verifier(sign_in.pool.id, name, password, _ANY_SALT)
    password_attempts.refuse(call, sign_in.pool.id, name)


def _check_secret_hash(call: Call, sign_in: SignIn, username: str) -> None:
    known = client_secrets.known(call, sign_in.app_client)
    secret_hash.check(sign_in.app_client.id, known, username, sign_in.parameters.get("SECRET_HASH"))


def _check_secret_hash_of(call: Call, sign_in: SignIn, user: User) -> None:
    """The same on a refresh, where the name is the stored one or `sub`."""
    try:
        _check_secret_hash(call, sign_in, user.sub)
    except NotAuthorizedException:
        _check_secret_hash(call, sign_in, user.username)
