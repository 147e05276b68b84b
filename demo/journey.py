"""The play, in the order of a person's life with the service; every act says what was asked and what came back."""

import base64
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from botocore.exceptions import ClientError

from demo import clients
from demo.clients import fetch
from demo.stage import Stage

PASSWORD = "Correct-horse-7-battery"
WRONG = "Wrong-horse-7-battery"
DAY = 86_400


class Unexpected(Exception):
    """An answer that is not the one AWS gives."""


@dataclass
class Play:
    """What the acts share."""

    stage: Stage
    say: Callable[[str], None]
    pool: str = ""
    web: str = ""
    service: str = ""
    cognito: Any = None
    answers: int = 0
    people: dict[str, dict[str, Any]] = field(default_factory=dict)

    def expect(self, what: str, got: object, wanted: object) -> None:
        """Say a step; raise Unexpected unless the answer is the wanted one."""
        self.answers += 1
        if got != wanted:
            raise Unexpected(f"{what}\n  expected {wanted!r}\n  got      {got!r}")
        self.say(f"  ok  {what}: {_short(wanted)}")

    @contextmanager
    def refused(self, what: str, code: str, message: str) -> Iterator[None]:
        """A step that AWS refuses with this code and message."""
        try:
            yield
        except ClientError as error:
            said = error.response["Error"]
            self.expect(what, (said["Code"], said["Message"]), (code, message))
            return
        raise Unexpected(f"{what}\n  expected {code}: {message}\n  got      an answer")

    def mail(self, to: str, source: str) -> dict[str, Any]:
        """The newest mail to this address from this trigger source."""
        listed = fetch("GET", f"{self.stage.endpoint}/_poolhouse/outbox?to={quote(to)}").body
        for message in listed:
            if message["trigger_source"] == source:
                return dict(message)
        raise Unexpected(f"no mail of {source} to {to}; there is {[m['trigger_source'] for m in listed]}")

    def advance(self, seconds: int) -> None:
        """Move the cloud's clock."""
        answer = fetch("POST", f"{self.stage.endpoint}/_poolhouse/clock", body={"advance_seconds": seconds})
        if answer.status != 200:
            raise Unexpected(f"the clock: {answer.body}")


def play(stage: Stage, say: Callable[[str], None]) -> int:
    """Play every act; how many answers were checked. Raises Unexpected at the first wrong one."""
    p = Play(stage, say, stage.outputs["UserPoolId"], stage.outputs["WebClientId"], stage.outputs["ServiceClientId"])
    p.cognito = clients.aws("cognito-idp", stage.endpoint)
    for number, (title, act) in enumerate(ACTS, 1):
        say(f"{number}. {title}")
        act(p)
    return p.answers


def sign_up(p: Play) -> None:
    """SignUp with the two triggers, one of which refuses a domain."""
    attributes = [{"Name": "name", "Value": "Ánna <b>Lee</b>"}, {"Name": "locale", "Value": "de"}]
    with p.refused(
        "SignUp from a blocked domain",
        "UserLambdaValidationException",
        "PreSignUp failed with error Email domain is not allowed.",
    ):
        p.cognito.sign_up(ClientId=p.web, Username="ann@mailinator.com", Password=PASSWORD)
    with p.refused(
        "SignUp with a short password",
        "InvalidPasswordException",
        "Password did not conform with policy: Password not long enough",
    ):
        p.cognito.sign_up(ClientId=p.web, Username="ann+1@example.com", Password="Short-7")
    made = p.cognito.sign_up(ClientId=p.web, Username="ann+1@example.com", Password=PASSWORD, UserAttributes=attributes)
    p.people["ann"] = {"sub": made["UserSub"], "email": "ann+1@example.com"}
    p.expect("SignUp", made["CodeDeliveryDetails"]["Destination"], "a***@e***")
    taken = "An account with the given email already exists."
    with p.refused("SignUp a second time", "UsernameExistsException", taken):
        p.cognito.sign_up(ClientId=p.web, Username="ann+1@example.com", Password=PASSWORD)


def confirm(p: Play) -> None:
    """The mail, wrong, old and right codes."""
    email = p.people["ann"]["email"]
    mail = p.mail(email, "CustomMessage_SignUp")
    p.expect("the mail's code is six digits", len(mail["code"]) == 6 and mail["code"].isdigit(), True)
    p.expect("its link carries the code", mail["code"] in mail["link"], True)
    p.expect("and the address, encoded", quote(email, safe="") in mail["link"], True)
    p.expect("a name cannot bring markup into it", "<b>Lee</b>" in mail["body"], False)
    wrong = f"{(int(mail['code']) + 1) % 1_000_000:06}"
    with p.refused(
        "ConfirmSignUp with a wrong code",
        "CodeMismatchException",
        "Invalid verification code provided, please try again.",
    ):
        p.cognito.confirm_sign_up(ClientId=p.web, Username=email, ConfirmationCode=wrong)
    with p.refused("a sign-in before confirmation", "UserNotConfirmedException", "User is not confirmed."):
        clients.srp(p.cognito, p.pool, p.web, email, PASSWORD)
    p.advance(DAY + 1)
    with p.refused(
        "ConfirmSignUp a day later", "ExpiredCodeException", "Invalid code provided, please request a code again."
    ):
        p.cognito.confirm_sign_up(ClientId=p.web, Username=email, ConfirmationCode=mail["code"])
    p.advance(-DAY - 1)
    p.cognito.resend_confirmation_code(ClientId=p.web, Username=email)
    code = p.mail(email, "CustomMessage_ResendCode")["code"]
    p.cognito.confirm_sign_up(ClientId=p.web, Username=email, ConfirmationCode=code)
    status = p.cognito.admin_get_user(UserPoolId=p.pool, Username=email)["UserStatus"]
    p.expect("ConfirmSignUp with the code of a new mail", status, "CONFIRMED")


def sign_in(p: Play) -> None:
    """SRP with two clients, right and wrong."""
    ann = p.people["ann"]
    with p.refused("pycognito, wrong password", "NotAuthorizedException", "Incorrect username or password."):
        clients.srp(p.cognito, p.pool, p.web, ann["email"], WRONG)
    ann["tokens"] = clients.srp(p.cognito, p.pool, p.web, ann["email"], PASSWORD)
    p.expect("pycognito, right password", ann["tokens"]["TokenType"], "Bearer")
    access = claims(ann["tokens"]["AccessToken"])
    p.expect("the access token belongs to", (access["sub"], access["client_id"]), (ann["sub"], p.web))
    scopes = set(access["scope"].split())
    p.expect("its scopes", sorted(scopes), ["aws.cognito.signin.user.admin", "transactions/get", "transactions/post"])
    if clients.has_node():
        _identity_js(p)


def _identity_js(p: Play) -> None:
    where = {"endpoint": p.stage.endpoint, "poolId": p.pool, "clientId": p.web, "username": p.people["ann"]["email"]}
    wrong = clients.identity_js(do="signIn", password=WRONG, **where)
    p.expect(
        "amazon-cognito-identity-js, wrong password",
        (wrong.get("error"), wrong.get("message")),
        ("NotAuthorizedException", "Incorrect username or password."),
    )
    right = clients.identity_js(do="signIn", password=PASSWORD, **where)
    p.expect("amazon-cognito-identity-js, right password", claims(right["idToken"])["email"], p.people["ann"]["email"])
    again = clients.identity_js(do="refresh", refreshToken=right["refreshToken"], **where)
    p.expect("and its refresh", claims(again["idToken"])["auth_time"], claims(right["idToken"])["auth_time"])


def call_the_api(p: Play) -> None:
    """Scoped routes with and without what they ask for."""
    api, tokens = p.stage.api, p.people["ann"]["tokens"]
    unauthorized = (401, {"message": "Unauthorized"}, "UnauthorizedException")

    def answer(method: str, path: str, token: str | None, **more: Any) -> tuple[int, Any, str | None]:
        got = fetch(method, f"{api}{path}", token=token, **more)
        return got.status, got.body, got.headers.get("x-amzn-errortype")

    me = fetch("GET", f"{api}/me", token=tokens["IdToken"])
    p.expect("GET /me with the ID token", (me.status, me.body["email"]), (200, p.people["ann"]["email"]))
    p.expect("GET /me without a token", answer("GET", "/me", None), unauthorized)
    p.expect("GET /me with an access token", answer("GET", "/me", tokens["AccessToken"]), unauthorized)
    p.expect("GET /me with a forged token", answer("GET", "/me", forged(tokens["IdToken"])), unauthorized)
    p.expect("GET /transactions with the ID token", answer("GET", "/transactions", tokens["IdToken"]), unauthorized)
    key = {"idempotency-key": secrets.token_hex(8)}
    body = {"amount": 1250, "currency": "EUR", "description": "Coffee beans"}
    first = fetch("POST", f"{api}/transactions", token=tokens["AccessToken"], body=body, headers=key)
    p.expect("POST /transactions", (first.status, first.body["amount"]), (201, 1250))
    again = fetch("POST", f"{api}/transactions", token=tokens["AccessToken"], body=body, headers=key)
    p.expect("the same again, same key: the same row", again.body["id"], first.body["id"])
    other = fetch("POST", f"{api}/transactions", token=tokens["AccessToken"], body={**body, "amount": 1}, headers=key)
    p.expect("another body under that key", other.status, 422)
    for amount in (100, 200):
        more = {"idempotency-key": secrets.token_hex(8)}
        fetch("POST", f"{api}/transactions", token=tokens["AccessToken"], body={**body, "amount": amount}, headers=more)
    p.expect("GET /transactions, page by page", sorted(_amounts(p)), [100, 200, 1250])
    p.advance(3_601)
    expired = (401, {"message": "The incoming token has expired"}, "UnauthorizedException")
    p.expect("GET /me an hour later", answer("GET", "/me", tokens["IdToken"]), expired)
    p.advance(-3_601)


def _amounts(p: Play) -> list[int]:
    token, amounts, cursor = p.people["ann"]["tokens"]["AccessToken"], [], ""
    while True:
        query = urlencode({"limit": 2, **({"cursor": cursor} if cursor else {})})
        page = fetch("GET", f"{p.stage.api}/transactions?{query}", token=token).body
        amounts += [row["amount"] for row in page["items"]]
        cursor = page["next"]
        if not cursor:
            return amounts


def machine_client(p: Play) -> None:
    """client_credentials with one of two scopes."""
    described = p.cognito.describe_user_pool_client(UserPoolId=p.pool, ClientId=p.service)["UserPoolClient"]
    form = urlencode({"grant_type": "client_credentials", "scope": "transactions/post"})

    def token(secret: str) -> clients.Answer:
        basic = base64.b64encode(f"{p.service}:{secret}".encode()).decode()
        headers = {"authorization": f"Basic {basic}", "content-type": "application/x-www-form-urlencoded"}
        return fetch("POST", f"{p.stage.endpoint}/oauth2/token", body=form, headers=headers)

    wrong = token("0" * 51)
    p.expect("POST /oauth2/token, wrong secret", (wrong.status, wrong.body), (400, {"error": "invalid_client"}))
    granted = token(described["ClientSecret"])
    p.expect("POST /oauth2/token", (granted.status, granted.body["token_type"]), (200, "Bearer"))
    access = granted.body["access_token"]
    p.expect("the token's scope", claims(access)["scope"], "transactions/post")
    headers = {"idempotency-key": secrets.token_hex(8)}
    body = {"amount": 99, "currency": "EUR", "description": "Fee"}
    posted = fetch("POST", f"{p.stage.api}/transactions", token=access, body=body, headers=headers)
    p.expect("it may POST /transactions", posted.status, 201)
    got = fetch("GET", f"{p.stage.api}/transactions", token=access)
    p.expect("but not GET", (got.status, got.body), (401, {"message": "Unauthorized"}))
    p.expect("a person's rows are not touched by it", 99 in _amounts(p), False)


def administrator(p: Play) -> None:
    """AdminCreateUser, the first sign-in, and the way out of FORCE_CHANGE_PASSWORD."""
    email = "bob@example.com"
    p.cognito.admin_create_user(
        UserPoolId=p.pool,
        Username=email,
        UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
    )
    invitation = p.mail(email, "CustomMessage_AdminCreateUser")
    p.expect("the invitation names the person", email in invitation["body"], True)
    signed_in = clients.srp(p.cognito, p.pool, p.web, email, invitation["code"], new=PASSWORD)
    p.expect("NEW_PASSWORD_REQUIRED, answered", signed_in["TokenType"], "Bearer")
    p.cognito.admin_set_user_password(UserPoolId=p.pool, Username=email, Password=WRONG, Permanent=False)
    p.expect("AdminSetUserPassword, temporary", _status(p, email), "FORCE_CHANGE_PASSWORD")
    p.cognito.admin_set_user_password(UserPoolId=p.pool, Username=email, Password=PASSWORD, Permanent=True)
    p.expect("AdminSetUserPassword, permanent", _status(p, email), "CONFIRMED")
    p.people["bob"] = {"email": email, "tokens": clients.srp(p.cognito, p.pool, p.web, email, PASSWORD)}
    p.expect("bob signs in", p.people["bob"]["tokens"]["ExpiresIn"], 3600)


def recovery(p: Play) -> None:
    """Forgot password, change password, refresh, RevokeToken, GlobalSignOut."""
    email, new, newer = p.people["ann"]["email"], "Forgotten-horse-8", "Changed-horse-9-now"
    p.cognito.forgot_password(ClientId=p.web, Username=email)
    code = p.mail(email, "CustomMessage_ForgotPassword")["code"]
    p.cognito.confirm_forgot_password(ClientId=p.web, Username=email, ConfirmationCode=code, Password=new)
    with p.refused("the forgotten password", "NotAuthorizedException", "Incorrect username or password."):
        clients.srp(p.cognito, p.pool, p.web, email, PASSWORD)
    tokens = clients.srp(p.cognito, p.pool, p.web, email, new)
    p.expect("the one set with the mailed code", tokens["TokenType"], "Bearer")
    p.cognito.change_password(AccessToken=tokens["AccessToken"], PreviousPassword=new, ProposedPassword=newer)
    tokens = clients.srp(p.cognito, p.pool, p.web, email, newer)
    p.expect("ChangePassword, then the new one", tokens["TokenType"], "Bearer")
    refreshed = _refresh(p, tokens["RefreshToken"])
    p.expect("refresh", claims(refreshed["IdToken"])["sub"], p.people["ann"]["sub"])
    p.cognito.revoke_token(ClientId=p.web, Token=tokens["RefreshToken"])
    with p.refused("refresh after RevokeToken", "NotAuthorizedException", "Refresh Token has been revoked"):
        _refresh(p, tokens["RefreshToken"])
    with p.refused("GetUser after RevokeToken", "NotAuthorizedException", "Access Token has been revoked"):
        p.cognito.get_user(AccessToken=refreshed["AccessToken"])
    tokens = clients.srp(p.cognito, p.pool, p.web, email, newer)
    p.cognito.global_sign_out(AccessToken=tokens["AccessToken"])
    with p.refused("GetUser after GlobalSignOut", "NotAuthorizedException", "Access Token has been revoked"):
        p.cognito.get_user(AccessToken=tokens["AccessToken"])
    with p.refused("refresh after GlobalSignOut", "NotAuthorizedException", "Refresh Token has been revoked"):
        _refresh(p, tokens["RefreshToken"])
    still = fetch("GET", f"{p.stage.api}/me", token=tokens["IdToken"]).status
    p.expect("API Gateway does not ask about revocation: GET /me", still, 200)


def _refresh(p: Play, token: str) -> dict[str, Any]:
    answer = p.cognito.initiate_auth(
        ClientId=p.web, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": token}
    )
    return dict(answer["AuthenticationResult"])


def _status(p: Play, email: str) -> str:
    return str(p.cognito.admin_get_user(UserPoolId=p.pool, Username=email)["UserStatus"])


def claims(token: str) -> dict[str, Any]:
    """A token's claims, unverified: for showing."""
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def forged(token: str) -> str:
    """The token with another subject under the old signature."""
    header, _, signature = token.split(".")
    body = base64.urlsafe_b64encode(json.dumps({**claims(token), "sub": "somebody-else"}).encode()).decode().rstrip("=")
    return f"{header}.{body}.{signature}"


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 90 else f"{text[:87]}..."


ACTS: list[tuple[str, Callable[[Play], None]]] = [
    ("A person signs up", sign_up),
    ("and gets a mail", confirm),
    ("and signs in by SRP", sign_in),
    ("and calls the API", call_the_api),
    ("A machine calls it too", machine_client),
    ("An administrator invites somebody", administrator),
    ("Passwords and sessions end", recovery),
]
