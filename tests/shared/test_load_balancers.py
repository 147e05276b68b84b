"""What a load balancer's headers prove, and what they do not; keys are read over HTTP from a server in this process."""

import hashlib
import hmac
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from shared.load_balancers import LONGEST, KeysUnread, keys_address, verify
from shared.tokens import TRIES, InvalidToken
from tests.load_balancer import ARN, CLIENT, POOLS_KEY, LoadBalancer, forget, part, pem, running
from tests.service_support import MACHINE_CLIENT, POOL_ID, USER

OTHER_USER = "a4c8d4f8-3061-70fe-1d04-b3b0ba5e7a10"
ANOTHER = "arn:aws:elasticloadbalancing:us-east-1:999999999999:loadbalancer/app/theirs/0123456789abcdef"
OTHER_POOL = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Other1234"


@pytest.fixture
def balancer() -> Iterator[LoadBalancer]:
    with running() as made:
        yield made


def verified(balancer: LoadBalancer, **changes: str) -> Any:
    sent = balancer.headers(**changes)
    return verify(sent["x-amzn-oidc-data"], sent["x-amzn-oidc-accesstoken"], sent["x-amzn-oidc-identity"])


def test_a_sign_in_tells_the_profile_and_the_access_tokens_claims(balancer: LoadBalancer) -> None:
    found = verified(balancer)

    assert (found.profile["email"], found.profile["email_verified"]) == ("anna@example.com", "true")
    assert (found.access["sub"], found.access["cognito:groups"]) == (USER, ["admin", "free"])


@pytest.mark.parametrize("is_padded", [True, False])
def test_padding_is_a_part_of_what_is_signed_where_there_is_any(balancer: LoadBalancer, *, is_padded: bool) -> None:
    data = balancer.data(is_padded=is_padded, name="x" * 4)
    assert is_padded == ("=." in data)

    assert verified(balancer, data=data).profile["name"] == "xxxx"


def signed_by(key: ec.EllipticCurvePrivateKey, balancer: LoadBalancer) -> str:
    balancer.key = key
    return balancer.data()


def signed_by_the_public_key(balancer: LoadBalancer) -> str:
    """HS256 with the published key as its secret."""
    head, body, _ = balancer.data(header={"alg": "HS256"}).split(".")
    return f"{head}.{body}.{part(hmac.digest(pem(balancer.key), f'{head}.{body}'.encode(), hashlib.sha256))}"


def unsigned(balancer: LoadBalancer) -> str:
    return balancer.data(header={"alg": "none"}).rpartition(".")[0] + "."


def with_another_body(balancer: LoadBalancer) -> str:
    head, _, signature = balancer.data().split(".")
    return f"{head}.{part({'sub': OTHER_USER, 'exp': int(time.time()) + 120, 'iss': balancer.issuer})}.{signature}"


def at(path: str) -> Callable[[LoadBalancer], str]:
    """A token whose key id leads elsewhere, where a key of the attacker's stands."""

    def make(balancer: LoadBalancer) -> str:
        key = balancer.published[f"/{balancer.key_id}"]
        balancer.published |= {f"/{path}": key, f"/{path.partition('?')[0]}": key}
        return balancer.data(header={"kid": path})

    return make


Make = Callable[[LoadBalancer], str]
FORGED: dict[str, Make] = {
    "nothing": lambda _: "",
    "junk": lambda _: "junk",
    "three parts of junk": lambda _: "a.b.c",
    "not ASCII": lambda _: "\udcff.\udcff.\udcff",
    "too long": lambda b: b.data(name="x" * LONGEST),
    "deep": lambda _: f"{part(b'[' * 10_000)}.e30=.AAAA",
    "unsigned": unsigned,
    "HS256 by the public key": signed_by_the_public_key,
    "another's key": lambda b: signed_by(ec.generate_private_key(ec.SECP256R1()), b),
    "another body": with_another_body,
    "padding taken away": lambda b: b.data(name="x" * 4).replace("=", ""),
    "cut": lambda b: b.data()[:-8],
    "an access token": lambda b: b.access_token(),
    "no key id": lambda b: b.data(header={"kid": None}),
    "a key id that is no text": lambda b: b.data(header={"kid": 7}),
    "an unknown key": lambda b: b.data(header={"kid": "00000000-0000-4000-8000-000000000000"}),
    "a key id that climbs": at("../evil"),
    "a key id with a path": at("evil/00000000-0000-4000-8000-000000000000"),
    "a key id with a query": at("00000000-0000-4000-8000-000000000000?x"),
    "a key id with a line": at("00000000-0000-4000-8000-000000000000\n"),
    "a key id of another host": at("@evil.example.com/x"),
    "a long key id": at("0" * 500),
    "another load balancer": lambda b: b.data(header={"signer": ANOTHER}),
    "no load balancer": lambda b: b.data(header={"signer": None}),
    "two load balancers": lambda b: b.data(header={"signer": [ARN, ANOTHER]}),
    "another client": lambda b: b.data(header={"client": MACHINE_CLIENT}),
    "no client": lambda b: b.data(header={"client": None}, client=CLIENT),
    "another pool": lambda b: b.data(header={"iss": OTHER_POOL}, iss=OTHER_POOL),
    "another pool in the header": lambda b: b.data(header={"iss": OTHER_POOL}),
    "another pool in the claims": lambda b: b.data(iss=OTHER_POOL),
    "no issuer": lambda b: b.data(iss=None),
    "expired": lambda b: b.data(exp=int(time.time()) - 1),
    "for ever": lambda b: b.data(exp=None),
    "expiry of another kind": lambda b: b.data(exp="tomorrow"),
    "nobody": lambda b: b.data(sub=None),
    "another user": lambda b: b.data(sub=OTHER_USER),
    "a critical extension": lambda b: b.data(header={"crit": ["x"], "x": 1}),
}


@pytest.mark.parametrize("make", FORGED.values(), ids=FORGED)
def test_data_that_our_load_balancer_has_not_just_signed_for_this_user_is_refused(
    balancer: LoadBalancer, make: Make
) -> None:
    with pytest.raises(InvalidToken):
        verified(balancer, data=make(balancer))

    assert {path for path in balancer.asked if "evil" in path} == set()


@pytest.mark.parametrize(
    "make",
    [
        lambda _: "",
        lambda _: "opaque",
        lambda b: b.data(),
        lambda b: b.access_token(key=rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        lambda b: b.access_token(sub=OTHER_USER),
        lambda b: b.access_token(client_id="7r6asark7md3ikibfdd0i8fb4t"),  # the web app's
        lambda b: b.access_token(iss=OTHER_POOL),
        lambda b: b.access_token(token_use="id"),
        lambda b: b.access_token(username=None),  # a machine's
        lambda b: b.access_token(exp=int(time.time()) - 1),
        lambda b: b.access_token() + "x" * LONGEST,
    ],
)
def test_an_access_token_that_is_not_good_or_anothers_is_refused_beside_good_data(
    balancer: LoadBalancer, make: Make
) -> None:
    with pytest.raises(InvalidToken):
        verified(balancer, accesstoken=make(balancer))


@pytest.mark.parametrize("identity", ["", OTHER_USER, USER.upper(), USER + " "])
def test_the_third_header_names_the_same_user(balancer: LoadBalancer, identity: str) -> None:
    with pytest.raises(InvalidToken):
        verified(balancer, identity=identity)


def test_tokens_of_other_load_balancers_make_nobody_read_keys(balancer: LoadBalancer) -> None:
    with pytest.raises(InvalidToken):
        verified(balancer, data=balancer.data(header={"signer": ANOTHER}))

    assert balancer.asked.total() == 0


def test_made_up_key_ids_make_the_service_ask_ten_times_and_no_more(balancer: LoadBalancer) -> None:
    for number in range(50):
        with pytest.raises((InvalidToken, KeysUnread)):
            verified(balancer, data=balancer.data(header={"kid": f"00000000-0000-4000-8000-{number:012}"}))

    assert balancer.asked.total() == TRIES


def test_however_many_come_at_once_each_key_is_read_once(balancer: LoadBalancer) -> None:
    together, found = threading.Barrier(16), []

    def sign_in() -> None:
        together.wait()
        found.append(verified(balancer).access["sub"])

    threads = [threading.Thread(target=sign_in) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [USER] * 16
    assert balancer.asked == {f"/{balancer.key_id}": 1, f"/{POOL_ID}/.well-known/jwks.json": 1}


@pytest.mark.parametrize("whose", ["load balancer", "pool"])
@pytest.mark.parametrize("instead", [500, 503, b"", b"<html>a page</html>", b"\xff", pem(POOLS_KEY), b"[]"])
def test_keys_that_cannot_be_read_are_no_fault_of_the_caller(
    balancer: LoadBalancer, whose: str, instead: bytes | int
) -> None:
    path = f"/{balancer.key_id}" if whose == "load balancer" else f"/{POOL_ID}/.well-known/jwks.json"
    good, balancer.published[path] = balancer.published[path], instead
    with pytest.raises(KeysUnread):
        verified(balancer)

    balancer.published[path] = good

    assert verified(balancer).access["sub"] == USER


def test_a_server_that_is_not_there_is_no_fault_of_the_caller(
    balancer: LoadBalancer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2", "http://127.0.0.1:1")
    forget()

    with pytest.raises(KeysUnread):
        verified(balancer)


def test_a_new_key_is_found_while_the_old_one_is_good(balancer: LoadBalancer) -> None:
    old = balancer.data()
    verified(balancer)
    balancer.key, balancer.key_id = ec.generate_private_key(ec.SECP256R1()), "11111111-1111-4111-8111-111111111111"
    balancer.published[f"/{balancer.key_id}"] = pem(balancer.key)

    assert verified(balancer).access["sub"] == USER
    assert verified(balancer, data=old).access["sub"] == USER


@pytest.mark.parametrize(
    ("partition", "region", "address"),
    [
        ("aws", "eu-west-1", "https://public-keys.auth.elb.eu-west-1.amazonaws.com"),
        (
            "aws-us-gov",
            "us-gov-east-1",
            "https://s3-us-gov-east-1.amazonaws.com/aws-elb-public-keys-prod-us-gov-east-1",
        ),
    ],
)
def test_keys_stand_where_aws_says_for_the_load_balancers_region(partition: str, region: str, address: str) -> None:
    arn = f"arn:{partition}:elasticloadbalancing:{region}:123456789012:loadbalancer/app/web/50dc6c495c0c9188"

    assert keys_address(arn) == address


def test_pyjwt_signs_what_we_sign_by_hand(balancer: LoadBalancer) -> None:
    """So that the tokens above are those another library would have made, but for their padding."""
    header = jwt.get_unverified_header(balancer.data())
    made = jwt.encode({"sub": USER, "exp": header["exp"], "iss": balancer.issuer}, balancer.key, "ES256", header)

    assert verified(balancer, data=made).profile["sub"] == USER
