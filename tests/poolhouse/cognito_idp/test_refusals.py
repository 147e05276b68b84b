"""What is refused, as a list: each wrong thing, and AWS's answer to it. Nothing has changed afterwards."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pycognito import aws_srp

from tests.poolhouse.cognito_idp.accounts import PASSWORD, attributes, code_for, make_client
from tests.poolhouse.cognito_idp.sign_ins import ANN, FLOWS, PHONE, House, wrong

PYCOGNITO: Any = aws_srp  # which has no types
AWSSRP = PYCOGNITO.AWSSRP
INCORRECT = ("NotAuthorizedException", "Incorrect username or password.")
INVALID_TOKEN = ("NotAuthorizedException", "Invalid Access Token")
NOT_SIGNED = ("NotAuthorizedException", "Could not verify signature for Access Token")
INVALID_SESSION = ("NotAuthorizedException", "Invalid session for the user.")
SPENT = ("NotAuthorizedException", "Invalid session for the user, session can only be used once.")
WRONG_CODE = ("CodeMismatchException", "Invalid verification code provided, please try again.")

Answer = tuple[str, str]
Attempt = Callable[[House], object]
REFUSALS: list[tuple[str, Attempt, Answer]] = []


def refused_with(*answer: str) -> Callable[[Attempt], Attempt]:
    """Put an attempt on the list with the answer it gets."""

    def put(attempt: Attempt) -> Attempt:
        REFUSALS.append((attempt.__name__.replace("_", " "), attempt, (answer[0], answer[1])))
        return attempt

    return put


# --- what attempts are made of


def begin_srp(house: House, name: str = "ann", **changes: str) -> tuple[Any, dict[str, Any]]:
    half = AWSSRP(name, PASSWORD, house.pool_id, house.client_id, client=house.cognito)
    return half, house.begin("USER_SRP_AUTH", name, **{"SRP_A": half.get_auth_params()["SRP_A"], **changes})


def proof(half: Any, asked: dict[str, Any], **changes: str) -> dict[str, str]:
    given = asked["ChallengeParameters"]
    return {**half.process_challenge(given, {"USERNAME": given["USERNAME"]}), **changes}


def send(house: House, responses: dict[str, str]) -> Any:
    return house.cognito.respond_to_auth_challenge(
        ClientId=house.client_id, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=responses
    )


def tokens(house: House, name: str = "ann") -> dict[str, str]:
    return dict(house.begin(name=name)["AuthenticationResult"])


def get_user(house: House, token: str) -> Any:
    return house.cognito.get_user(AccessToken=token)


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return dict(jwt.get_unverified_header(token)), claims


def signing_up(house: House, name: str = "eve", email: str = "eve@example.com") -> str:
    house.cognito.sign_up(
        ClientId=house.client_id, Username=name, Password=PASSWORD, UserAttributes=attributes(email=email)
    )
    return code_for(house.cloud, email)


def with_secret(house: House, **parameters: str) -> Any:
    made = house.cognito.create_user_pool_client(
        UserPoolId=house.pool_id, ClientName="secret", GenerateSecret=True, ExplicitAuthFlows=FLOWS
    )["UserPoolClient"]
    house.client_id = made["ClientId"]
    return house.begin(**parameters)


# --- SRP


@refused_with(*INCORRECT)
def srp_with_a_equal_to_zero(house: House) -> object:
    half, asked = begin_srp(house, SRP_A="0")
    return send(house, proof(half, asked))


@refused_with(*INCORRECT)
def srp_with_a_equal_to_n(house: House) -> object:
    half, asked = begin_srp(house)
    half, asked = begin_srp(house, SRP_A=format(half.big_n, "x"))
    return send(house, proof(half, asked))


@refused_with(*INCORRECT)
def srp_with_a_equal_to_twice_n(house: House) -> object:
    half, _ = begin_srp(house)
    half, asked = begin_srp(house, SRP_A=format(2 * half.big_n, "x"))
    return send(house, proof(half, asked))


@refused_with(*INCORRECT)
def a_proof_that_was_given_before(house: House) -> object:
    half, asked = begin_srp(house)
    responses = proof(half, asked)
    send(house, responses)
    return send(house, responses)


@refused_with(*INCORRECT)
def a_proof_for_another_user(house: House) -> object:
    half, asked = begin_srp(house)
    return send(house, proof(half, asked, USERNAME="bob"))


@refused_with(*INCORRECT)
def a_proof_with_a_stale_timestamp(house: House) -> object:
    half, asked = begin_srp(house)
    then = datetime.now(UTC) - timedelta(minutes=6)
    house.cloud.clock.reset()
    given = asked["ChallengeParameters"]
    key = half.get_password_authentication_key(
        given["USER_ID_FOR_SRP"], PASSWORD, PYCOGNITO.hex_to_long(given["SRP_B"]), given["SALT"]
    )
    stamp = f"{then:%a %b} {then.day} {then:%H:%M:%S UTC %Y}"
    block = base64.b64decode(given["SECRET_BLOCK"])
    message = house.pool_id.split("_")[1].encode() + given["USER_ID_FOR_SRP"].encode() + block + stamp.encode()
    signature = base64.b64encode(hmac.digest(key, message, hashlib.sha256)).decode()
    return send(house, proof(half, asked, TIMESTAMP=stamp, PASSWORD_CLAIM_SIGNATURE=signature))


@refused_with(*INCORRECT)
def a_proof_with_another_secret_block(house: House) -> object:
    half, asked = begin_srp(house)
    return send(house, proof(half, asked, PASSWORD_CLAIM_SECRET_BLOCK=base64.b64encode(bytes(576)).decode()))


@refused_with(*INCORRECT)
def a_signature_of_zeros(house: House) -> object:
    half, asked = begin_srp(house)
    return send(house, proof(half, asked, PASSWORD_CLAIM_SIGNATURE=base64.b64encode(bytes(32)).decode()))


# --- tokens


@refused_with(*NOT_SIGNED)
def a_token_without_a_signature_and_alg_none(house: House) -> object:
    header, claims = parts(tokens(house)["AccessToken"])
    return get_user(house, jwt.encode(claims, "", algorithm="none", headers={"kid": header["kid"]}) + "AAAA")


@refused_with(*NOT_SIGNED)
def a_token_signed_by_the_public_key_as_a_secret(house: House) -> object:
    header, claims = parts(tokens(house)["AccessToken"])
    keys = house.cloud.fetch("GET", f"/{house.pool_id}/.well-known/jwks.json").body
    public = next(key for key in json.loads(keys)["keys"] if key["kid"] == header["kid"])
    pem = jwt.PyJWK(public).key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in ({"alg": "HS256", "kid": header["kid"]}, claims)
    ]
    signature = base64.urlsafe_b64encode(hmac.digest(pem, b".".join(signed), hashlib.sha256)).rstrip(b"=")
    return get_user(house, b".".join([*signed, signature]).decode())


@refused_with(*NOT_SIGNED)
def a_token_with_the_kid_of_another_pool(house: House) -> object:
    other = House(house.cloud, house.cognito)
    other.user()
    foreign, _ = parts(tokens(other)["AccessToken"])
    token = tokens(house)["AccessToken"]
    header = base64.urlsafe_b64encode(json.dumps({"kid": foreign["kid"], "alg": "RS256"}).encode()).rstrip(b"=")
    return get_user(house, ".".join([header.decode(), *token.split(".")[1:]]))


@refused_with(*NOT_SIGNED)
def a_token_with_another_subject(house: House) -> object:
    token = tokens(house)["AccessToken"]
    _, claims = parts(token)
    body = base64.urlsafe_b64encode(json.dumps({**claims, "username": "bob"}).encode()).rstrip(b"=").decode()
    return get_user(house, ".".join([token.split(".")[0], body, token.split(".")[2]]))


@refused_with(*INVALID_TOKEN)
def an_id_token_where_an_access_token_belongs(house: House) -> object:
    return get_user(house, tokens(house)["IdToken"])


@refused_with(*INVALID_TOKEN)
def a_refresh_token_where_an_access_token_belongs(house: House) -> object:
    return get_user(house, tokens(house)["RefreshToken"])


@refused_with("NotAuthorizedException", "Access Token has expired")
def an_expired_token(house: House) -> object:
    token = tokens(house)["AccessToken"]
    house.cloud.clock.advance(timedelta(hours=1))
    return get_user(house, token)


@refused_with("NotAuthorizedException", "Access Token has been revoked")
def a_revoked_token(house: House) -> object:
    given = tokens(house)
    house.cognito.revoke_token(Token=given["RefreshToken"], ClientId=house.client_id)
    return get_user(house, given["AccessToken"])


@refused_with("NotAuthorizedException", "Refresh Token has different Client")
def a_refresh_token_of_another_client(house: House) -> object:
    given = tokens(house)["RefreshToken"]
    house.client_id = make_client(house.cognito, house.pool_id, ExplicitAuthFlows=FLOWS)
    return house.begin("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=given)


@refused_with("NotAuthorizedException", "Refresh Token has expired")
def an_expired_refresh_token(house: House) -> object:
    given = tokens(house)["RefreshToken"]
    house.cloud.clock.advance(timedelta(days=30))
    return house.begin("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=given)


# --- codes and sessions


@refused_with(*WRONG_CODE)
def a_code_of_another_user(house: House) -> object:
    code = signing_up(house, "eve", "eve@example.com")
    while (other := signing_up(house, f"ian{code}", f"ian{code}@example.com")) == code:
        code = signing_up(house, f"max{other}", f"max{other}@example.com")
    return house.cognito.confirm_sign_up(ClientId=house.client_id, Username=f"ian{code}", ConfirmationCode=code)


@refused_with("LimitExceededException", "Attempt limit exceeded, please try after some time.")
def the_sixteenth_wrong_code_in_an_hour(house: House) -> object:
    code = signing_up(house)
    for _ in range(15):
        with pytest.raises(ClientError):
            house.cognito.confirm_sign_up(ClientId=house.client_id, Username="eve", ConfirmationCode=wrong(code))
    return house.cognito.confirm_sign_up(ClientId=house.client_id, Username="eve", ConfirmationCode=code)


@refused_with("NotAuthorizedException", "Password attempts exceeded")
def the_tenth_wrong_code_of_a_second_factor(house: House) -> object:
    house.cloud.clock.stop(house.cloud.clock())
    house.mfa("ON", "SMS_MFA")
    asked = house.begin()
    for _ in range(9):
        with pytest.raises(ClientError):
            house.answer(asked, SMS_MFA_CODE=wrong(house.code(PHONE)))
    return house.answer(asked, SMS_MFA_CODE=house.code(PHONE))


@refused_with("ExpiredCodeException", "Invalid code provided, please request a code again.")
def a_code_after_a_day(house: House) -> object:
    code = signing_up(house)
    house.cloud.clock.advance(timedelta(days=1))
    return house.cognito.confirm_sign_up(ClientId=house.client_id, Username="eve", ConfirmationCode=code)


@refused_with(*SPENT)
def a_session_that_was_used(house: House) -> object:
    house.mfa("ON", "SMS_MFA")
    asked = house.begin()
    house.answer(asked, SMS_MFA_CODE=house.code(PHONE))
    return house.answer(asked, SMS_MFA_CODE=house.code(PHONE))


@refused_with(*INVALID_SESSION)
def a_session_of_another_user(house: House) -> object:
    house.mfa("ON", "SMS_MFA")
    asked = house.begin()
    return house.answer(asked, name="bob", SMS_MFA_CODE=house.code(PHONE))


@refused_with(*INVALID_SESSION)
def a_session_that_nobody_was_given(house: House) -> object:
    return house.answer({"Session": "junk" * 8}, "SMS_MFA", SMS_MFA_CODE="123456")


@refused_with(*INVALID_SESSION)
def an_answer_to_what_was_not_asked(house: House) -> object:
    house.mfa("ON", "SMS_MFA")
    return house.answer(house.begin(), "NEW_PASSWORD_REQUIRED", NEW_PASSWORD=PASSWORD)


# --- users and clients


@refused_with("NotAuthorizedException", "User is disabled.")
def a_disabled_user(house: House) -> object:
    house.cognito.admin_disable_user(UserPoolId=house.pool_id, Username="ann")
    return house.begin()


@refused_with("NotAuthorizedException", "User is disabled.")
def a_user_who_is_disabled_while_they_sign_in(house: House) -> object:
    half, asked = begin_srp(house)
    house.cognito.admin_disable_user(UserPoolId=house.pool_id, Username="ann")
    return send(house, proof(half, asked))


@refused_with("UserNotConfirmedException", "User is not confirmed.")
def a_user_who_has_not_confirmed(house: House) -> object:
    signing_up(house)
    return house.begin(name="eve")


@refused_with("NotAuthorizedException", "Password attempts exceeded")
def the_right_password_after_five_wrong_ones(house: House) -> object:
    house.cloud.clock.stop(house.cloud.clock())
    for _ in range(5):
        with pytest.raises(ClientError):
            house.begin(PASSWORD="wrong")
    return house.begin()


@refused_with("ResourceNotFoundException", "User pool client gone does not exist.")
def a_client_that_was_deleted(house: House) -> object:
    house.cognito.delete_user_pool_client(UserPoolId=house.pool_id, ClientId=house.client_id)
    try:
        return house.begin()
    except ClientError as error:
        error.response["Error"]["Message"] = error.response["Error"]["Message"].replace(house.client_id, "gone")
        raise


@refused_with("NotAuthorizedException", "Client secret is configured with secret but SECRET_HASH was not received")
def a_client_with_a_secret_and_no_hash(house: House) -> object:
    try:
        return with_secret(house)
    except ClientError as error:
        error.response["Error"]["Message"] = error.response["Error"]["Message"].replace(house.client_id, "secret")
        raise


@refused_with("NotAuthorizedException", "Unable to verify secret hash for client secret")
def a_client_with_a_secret_and_a_wrong_hash(house: House) -> object:
    try:
        return with_secret(house, SECRET_HASH=base64.b64encode(bytes(32)).decode())
    except ClientError as error:
        error.response["Error"]["Message"] = error.response["Error"]["Message"].replace(house.client_id, "secret")
        raise


@refused_with("InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled for this client")
def a_flow_that_the_client_does_not_list(house: House) -> object:
    house.client_id = make_client(house.cognito, house.pool_id, ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"])
    return house.begin()


@refused_with("InvalidParameterException", "Initiate Auth method not supported.")
def an_administrators_flow_at_the_public_door(house: House) -> object:
    return house.begin("ADMIN_USER_PASSWORD_AUTH", PASSWORD=PASSWORD)


@refused_with("NotAuthorizedException", "A client attempted to write unauthorized attribute")
def an_attribute_the_client_may_not_write(house: House) -> object:
    house.client_id = make_client(house.cognito, house.pool_id, ExplicitAuthFlows=FLOWS, WriteAttributes=["name"])
    token = tokens(house)["AccessToken"]
    return house.cognito.update_user_attributes(AccessToken=token, UserAttributes=attributes(email="x@example.com"))


@pytest.fixture
def house(cloud: Any, cognito: Any) -> House:
    house = House(cloud, cognito, AutoVerifiedAttributes=["email"])
    house.user("ann", email=ANN, phone_number=PHONE)
    house.user("bob", email="bob@example.com", phone_number="+41791234568")
    return house


@pytest.mark.parametrize(("name", "attempt", "answer"), REFUSALS, ids=[name for name, *_ in REFUSALS])
def test_it_is_refused(house: House, name: str, attempt: Attempt, answer: Answer) -> None:
    with pytest.raises(ClientError) as raised:
        attempt(house)

    error = raised.value.response["Error"]
    assert (error["Code"], error["Message"]) == answer
