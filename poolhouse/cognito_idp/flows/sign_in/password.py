"""The first factor that is a password: typed, or proven by SRP; and the new one an administrator's gives way to."""

from typing import NoReturn

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import ChallengeSession, User
from poolhouse.cognito_idp.errors import NotAuthorizedException, UserNotFoundException
from poolhouse.cognito_idp.flows import (
    challenge_sessions,
    migration,
    new_password,
    password_attempts,
    password_proof,
    passwords,
    srp_exchange,
    threat_protection,
)
from poolhouse.cognito_idp.flows.sign_in import custom, second_factor, watch
from poolhouse.cognito_idp.flows.sign_in.request import (
    Outcome,
    SignIn,
    check_may_sign_in,
    check_secret_hash,
    find_user,
    pre_authentication,
    somebody_or_hidden,
    sub,
)
from poolhouse.cognito_idp.flows.srp_exchange import Answer
from poolhouse.cognito_idp.rules import srp
from poolhouse.cognito_idp.rules.challenges import NEW_PASSWORD_REQUIRED, PASSWORD, PASSWORD_VERIFIER, Challenge

_ANY_SALT = "01" * srp.SALT_BYTES
_NEW_PASSWORD = "TokenGeneration_NewPasswordChallenge"  # noqa: S105
_WRONG = "Incorrect username or password."


def begin(call: Call, sign_in: SignIn) -> Outcome:
    username, password = sign_in.required("USERNAME"), sign_in.required(PASSWORD)
    check_secret_hash(call, sign_in, username)
    return check(call, sign_in, find_user(call, sign_in.pool, username), username, password)


def check(call: Call, sign_in: SignIn, user: User | None, username: str, password: str) -> Outcome:
    user = user or _migrated(call, sign_in, username, password)
    if user is None:
        if not sign_in.app_client.hides_users:
            raise UserNotFoundException
        _refuse_nobody(call, sign_in, username, password)
    sign_in = sign_in.with_progress(sub=user.sub)
    check_may_sign_in(call, sign_in, user)
    pre_authentication(call, sign_in, user)
    if not passwords.is_password(call, sign_in.pool, user, password):
        password_attempts.refuse(call, user.pool_id, user.username)
    threat_protection.check_password(call, sign_in.pool, password, threat_protection.SIGN_IN, sign_in.app_client.id)
    user = passwords.adopt(call, sign_in.pool, user, password)
    return _after_password(call, sign_in, user)


def _migrated(call: Call, sign_in: SignIn, username: str, password: str) -> User | None:
    asked = migration.Asked(
        sign_in.pool,
        sign_in.app_client,
        username,
        password,
        validation_data=sign_in.progress.validation_data,
        client_metadata=sign_in.client_metadata,
    )
    return migration.migrate(call, asked, migration.AUTHENTICATION)


def _refuse_nobody(call: Call, sign_in: SignIn, username: str, password: str) -> NoReturn:
    """Do for a name nobody has what is done for a wrong password, in the same time."""
    name = sign_in.pool.folded(username)
    password_attempts.check_not_locked(call, call.store, sign_in.pool.id, name)
    pre_authentication(call, sign_in, None)
    srp.make_verifier(sign_in.pool.id, name, password, _ANY_SALT)
    password_attempts.refuse(call, sign_in.pool.id, name)


def begin_srp(call: Call, sign_in: SignIn) -> Outcome:
    username, srp_a = sign_in.required("USERNAME"), sign_in.required("SRP_A")
    check_secret_hash(call, sign_in, username)
    user = somebody_or_hidden(call, sign_in, username)
    return password_proof.challenge(call, sign_in.with_progress(sub=sub(user)), user, typed=username, srp_a=srp_a)


def answer_proof(call: Call, sign_in: SignIn) -> Outcome:
    username = sign_in.required("USERNAME")
    for name in srp_exchange.ANSWER_MEMBERS:
        sign_in.required(name)
    check_secret_hash(call, sign_in, username)
    given = srp_exchange.parse_answer(sign_in)
    waiting = srp_exchange.take_up(call, sign_in.app_client, given, PASSWORD_VERIFIER)
    sign_in = sign_in.at(waiting.progress)
    user = find_user(call, sign_in.pool, username)
    if user is not None and (user.username != waiting.username or user.sub != waiting.progress.sub):
        raise NotAuthorizedException(_WRONG)
    return watch.watched(call, sign_in, PASSWORD_VERIFIER, lambda watched: _prove(call, watched, user, waiting, given))


def _prove(call: Call, sign_in: SignIn, user: User | None, waiting: ChallengeSession, given: Answer) -> Outcome:
    if user is not None:
        check_may_sign_in(call, sign_in, user)
    if sign_in.progress.custom is None:  # a custom sign-in has asked when it began
        pre_authentication(call, sign_in, user)
    is_right = password_proof.is_right(call, sign_in.pool, user, waiting, given)
    if user is None or not is_right:
        password_attempts.refuse(call, sign_in.pool.id, waiting.username)
    return _after_password(call, custom.remember(sign_in, PASSWORD_VERIFIER), user)


def _after_password(call: Call, sign_in: SignIn, user: User) -> Outcome:
    if user.status != "FORCE_CHANGE_PASSWORD":
        return second_factor.ask(call, sign_in, user)
    new_password.check_not_expired(call, user)
    with call.store.write() as tx:
        password_attempts.forgive(call, tx, user.pool_id, user.username)
        session = challenge_sessions.begin(call, tx, sign_in, user.username, NEW_PASSWORD_REQUIRED)
    return Challenge(NEW_PASSWORD_REQUIRED, new_password.parameters(sign_in.pool, sign_in.app_client, user), session)


def answer_new_password(call: Call, sign_in: SignIn, user: User, pending: ChallengeSession) -> Outcome:
    user = new_password.set_by_challenge(
        call, sign_in.pool, sign_in.app_client, user, pending=pending, responses=sign_in.parameters
    )
    return second_factor.ask(call, sign_in.with_progress(source=_NEW_PASSWORD), user)
