"""Send a code or an invitation: the pool's template, the CustomMessage trigger, the outbox."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import User, UserPool
from poolhouse.cognito_idp.errors import InvalidLambdaResponseException
from poolhouse.cognito_idp.flows import custom_senders, triggers
from poolhouse.cognito_idp.rules import messages
from poolhouse.cognito_idp.rules.destinations import Destination
from poolhouse.outbox.entities import Message

SIGN_UP = "CustomMessage_SignUp"
ADMIN_CREATE_USER = "CustomMessage_AdminCreateUser"
RESEND_CODE = "CustomMessage_ResendCode"
FORGOT_PASSWORD = "CustomMessage_ForgotPassword"  # noqa: S105
UPDATE_USER_ATTRIBUTE = "CustomMessage_UpdateUserAttribute"
VERIFY_USER_ATTRIBUTE = "CustomMessage_VerifyUserAttribute"
ACCOUNT_TAKE_OVER = "CustomEmailSender_AccountTakeOverNotification"
AUTHENTICATION = "CustomMessage_Authentication"
_MAY_CONFIRM_BY_LINK = frozenset({SIGN_UP, RESEND_CODE})


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a message is sent: the trigger source, and the app client and ClientMetadata of the request behind it."""

    source: str
    client_id: str | None = None
    client_metadata: Mapping[str, str] | None = None


def send_code(
    call: Call, pool: UserPool, user: User, occasion: Occasion, destination: Destination, *, code: str
) -> None:
    """Send a confirmation code. Never inside a write block."""
    by_link = (
        occasion.source in _MAY_CONFIRM_BY_LINK
        and occasion.client_id is not None
        and destination.attribute == "email"
        and messages.is_by_link(pool.settings)
    )
    if custom_senders.is_configured(pool, destination):
        custom_senders.send(call, pool, user, destination, _told(occasion, code))
        return
    if occasion.source == AUTHENTICATION:
        texts = messages.authentication(pool.settings)
    else:
        texts = messages.verification(pool.settings, by_link=by_link)
    texts = _customized(call, pool, user, occasion, texts, by_link=by_link)
    link = _confirmation_link(call, user, occasion.client_id, code) if by_link else None
    _deliver(call, pool, user, occasion, destination, texts=texts, code=code, link=link)


def send_invitation(
    call: Call,
    pool: UserPool,
    user: User,
    occasion: Occasion,
    destinations: Sequence[Destination],
    *,
    password: str | None,
) -> None:
    """Tell a user whom an administrator created their name, and the temporary password if they have one.

    Never inside a write block.
    """
    own = [destination for destination in destinations if custom_senders.is_configured(pool, destination)]
    for destination in own:
        # "Amazon Cognito HTML-escapes reserved characters" of temporary passwords for the e-mail sender
        told = escape(password or "", quote=False) if destination.medium == "EMAIL" else password or ""
        custom_senders.send(call, pool, user, destination, _told(occasion, told))
    destinations = [destination for destination in destinations if destination not in own]
    if not destinations:
        return
    texts = messages.invitation(pool.settings, has_password=password is not None)
    texts = _customized(call, pool, user, occasion, texts, by_link=False)
    for destination in destinations:
        _deliver(
            call, pool, user, occasion, destination, texts=texts, code=password or "", username=_shown_name(pool, user)
        )


def _told(occasion: Occasion, code: str) -> custom_senders.Code:
    """What the pool's own function is told; it takes the place of CustomMessage as well."""
    return custom_senders.Code(occasion.source, code, occasion.client_id, occasion.client_metadata)


def deliver_notification(call: Call, pool: UserPool, user: User, *, subject: str, body: str) -> None:
    """Send a mail that carries no code, as it is. Never inside a write block."""
    destination = Destination("email", user.attributes["email"])
    texts = messages.Texts(subject, body, "")
    _deliver(call, pool, user, Occasion(ACCOUNT_TAKE_OVER), destination, texts=texts, code="")


def _customized(
    call: Call, pool: UserPool, user: User, occasion: Occasion, texts: messages.Texts, *, by_link: bool
) -> messages.Texts:
    is_invitation = occasion.source == ADMIN_CREATE_USER
    request: dict[str, object] = {
        "userAttributes": triggers.user_attributes(pool, user),
        "codeParameter": messages.CODE,
        "linkParameter": messages.LINK,
        "usernameParameter": messages.USERNAME if is_invitation else None,
    }
    response = triggers.run(
        call,
        pool,
        "CustomMessage",
        occasion.source,
        user.username,
        triggers.with_metadata(request, occasion.client_metadata),
        dict.fromkeys(("smsMessage", "emailMessage", "emailSubject")),
        client_id=occasion.client_id,
    )
    # The guide says e-mail texts count only with EmailSendingAccount DEVELOPER; pools on the default sender are seen
    # to use them, so they are taken from both.
    changed = messages.customized(texts, response, is_invitation=is_invitation, by_link=by_link)
    if changed is None:
        # The error is documented, its sentence for a missing placeholder is not.
        raise InvalidLambdaResponseException(triggers.UNRECOGNIZABLE)
    return changed


def _deliver(
    call: Call,
    pool: UserPool,
    user: User,
    occasion: Occasion,
    destination: Destination,
    *,
    texts: messages.Texts,
    code: str,
    username: str | None = None,
    link: str | None = None,
) -> None:
    is_email = destination.attribute == "email"
    text = texts.email if is_email else texts.sms
    body = messages.filled(text, code=code, username=username, link=link)
    call.deliver(
        Message(
            id=call.new_id(),
            to=destination.value,
            medium=destination.medium,
            subject=messages.filled(texts.subject, code=code, username=username) if is_email else "",
            body=body,
            trigger_source=occasion.source,
            pool=pool.id,
            username=user.username,
            sent_at=call.now,
            code=code,
            link=messages.first_link(body, code),
        )
    )


def _confirmation_link(call: Call, user: User, client_id: str | None, code: str) -> str:
    query = urlencode({"client_id": client_id, "user_name": user.username, "confirmation_code": code})
    return f"{call.origin}/confirmUser/?{query}"


def _shown_name(pool: UserPool, user: User) -> str:
    """The name the user signs in by, which is not the stored one where e-mail or phone are the user names."""
    return next((user.attributes[name] for name in pool.username_attributes if name in user.attributes), user.username)
