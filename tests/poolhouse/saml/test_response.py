"""SAML responses: what is proven is read, and nothing else is."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from signxml.algorithms import DigestAlgorithm, SignatureMethod

from poolhouse.saml import metadata, response
from tests.poolhouse.saml.idp import AWS, PERSISTENT, Idp, encoded

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
IDP, OTHER = Idp(), Idp("https://other.example.com")
PROVIDER = metadata.parse(IDP.metadata)


def verify(text: str, now: datetime = NOW) -> response.Assertion:
    return response.verify(text, PROVIDER, now)


@pytest.mark.parametrize("signs", ["assertion", "response", "both"])
def test_a_signed_assertion_is_read(signs: str) -> None:
    given = {"groups": ["admin", "free"], "mail": ["ann@example.com"]}
    found = verify(IDP.answer(NOW, signs=signs, attributes=given, session_ends=timedelta(hours=8)))

    assert (found.subject, found.subject_format, found.issuer) == ("ann", PERSISTENT, IDP.entity_id)
    assert (found.recipient, found.audiences) == (AWS, (AWS,))
    assert found.attributes == {"groups": ("admin", "free"), "mail": ("ann@example.com",)}
    assert (found.issued_at, found.expires_at) == (NOW, NOW + timedelta(minutes=5))
    assert found.session_ends_at == NOW + timedelta(hours=8)


def test_a_bare_assertion_is_read_in_base64url_too() -> None:
    signed = IDP.sign(IDP.assertion(NOW)).encode()
    assert verify(base64.urlsafe_b64encode(signed).decode().rstrip("=")).subject == "ann"
    assert verify(base64.encodebytes(signed).decode()).subject == "ann"


def test_a_certificate_may_have_run_out() -> None:
    old = Idp(certificate_until=datetime(2021, 1, 1, tzinfo=UTC))
    assert response.verify(old.answer(NOW), metadata.parse(old.metadata), NOW).subject == "ann"


@pytest.mark.parametrize(
    ("now", "is_good"),
    [
        (timedelta(0), True),
        (timedelta(minutes=5, seconds=59), True),
        (timedelta(minutes=6), False),
        (timedelta(seconds=-60), True),
        (timedelta(seconds=-61), False),
    ],
)
def test_it_is_good_within_its_conditions_and_a_minute(now: timedelta, is_good: bool) -> None:
    answer = IDP.answer(NOW)
    if is_good:
        assert verify(answer, NOW + now)
        return
    with pytest.raises(response.NotNow):
        verify(answer, NOW + now)


def _swapped(signed: str, old: str, new: str) -> str:
    assert old in signed
    return encoded(IDP.response(signed.replace(old, new)))


def _wrapped() -> str:
    """The signed assertion put aside, another one in its place."""
    signed = IDP.sign(IDP.assertion(NOW))
    evil = IDP.assertion(NOW, subject="admin", identifier="_evil")
    return encoded(IDP.response(evil + f"<samlp:Extensions>{signed}</samlp:Extensions>"))


def _wrapped_in_object() -> str:
    """The signature moved into the evil assertion, the signed one inside it."""
    signed = IDP.sign(IDP.assertion(NOW))
    start, end = signed.index("<ds:Signature"), signed.index("</ds:Signature>") + len("</ds:Signature>")
    signature, original = signed[start:end], signed[:start] + signed[end:]
    inside = signature.replace("</ds:Signature>", f"<ds:Object>{original}</ds:Object></ds:Signature>")
    evil = IDP.assertion(NOW, subject="admin", identifier="_evil")
    return encoded(IDP.response(evil.replace("<saml:Subject>", f"{inside}<saml:Subject>", 1)))


def _same_id() -> str:
    signed = IDP.sign(IDP.assertion(NOW))
    return encoded(IDP.response(IDP.assertion(NOW, subject="admin") + signed))


REFUSED: list[tuple[str, Callable[[], str], type[Exception]]] = [
    ("nothing signed", lambda: IDP.answer(NOW, signs="nothing"), response.NotSigned),
    ("another key", lambda: encoded(IDP.response(OTHER.sign(IDP.assertion(NOW)))), response.NotSigned),
    ("another issuer", lambda: IDP.answer(NOW, issuer="https://x.example.com"), response.WrongIssuer),
    (
        "another issuer of the response",
        lambda: encoded(IDP.response(IDP.sign(IDP.assertion(NOW)), issuer="https://x.example.com")),
        response.WrongIssuer,
    ),
    ("a changed name", lambda: _swapped(IDP.sign(IDP.assertion(NOW)), ">ann<", ">bob<"), response.NotSigned),
    ("a changed end", lambda: _swapped(IDP.sign(IDP.assertion(NOW)), "T12:05", "T23:05"), response.NotSigned),
    (
        "SHA-1",
        lambda: encoded(IDP.response(_sha1())),
        response.NotSigned,
    ),
    ("a good assertion put aside", _wrapped, response.Malformed),
    ("a good assertion in the signature", _wrapped_in_object, response.Malformed),
    ("two of the same id", _same_id, response.Malformed),
    ("two assertions", lambda: encoded(IDP.response(IDP.sign(IDP.assertion(NOW)) * 2)), response.Malformed),
    ("no assertion", lambda: encoded(IDP.sign(IDP.response(""))), response.Malformed),
    (
        "a failure",
        lambda: encoded(IDP.sign(IDP.response(IDP.assertion(NOW), status="urn:x:Requester"))),
        response.Failed,
    ),
    (
        "an encrypted assertion",
        lambda: encoded(IDP.sign(IDP.response("<saml:EncryptedAssertion/>"))),
        response.Encrypted,
    ),
    ("no Base64", lambda: "***", response.Malformed),
    ("no XML", lambda: encoded("ann"), response.Malformed),
    ("other XML", lambda: encoded("<ann/>"), response.Malformed),
    ("nothing", lambda: "", response.Malformed),
    ("too much", lambda: "A" * 100_001, response.Malformed),
    (
        "an entity",
        lambda: encoded(
            '<!DOCTYPE x [<!ENTITY a "ann">]>' + IDP.sign(IDP.response(IDP.assertion(NOW))).replace(">ann<", ">&a;<")
        ),
        response.Malformed,
    ),
    ("no time", lambda: encoded(IDP.response(IDP.sign(_without_end()))), response.Malformed),
]


def _sha1() -> str:
    return IDP.sign(IDP.assertion(NOW), method=SignatureMethod.RSA_SHA1, digest=DigestAlgorithm.SHA1)


def _without_end() -> str:
    made = IDP.assertion(NOW)
    return made.replace('NotOnOrAfter="2026-11-21T12:05:00.000Z" Recipient', "Recipient")


@pytest.mark.parametrize(("make", "error"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_proves_nothing_is_refused(make: Callable[[], str], error: type[Exception]) -> None:
    with pytest.raises(error):
        verify(make())


def test_a_comment_does_not_cut_a_name_short() -> None:
    made = IDP.assertion(NOW, subject="ann<!-- -->.evil")
    assert verify(encoded(IDP.response(IDP.sign(made)))).subject == "ann.evil"


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("", "The metadata is not XML."),
        ("<x", "The metadata is not XML."),
        ("<x/>", "The metadata describes no identity provider."),
        (IDP.metadata.replace("IDPSSODescriptor", "SPSSODescriptor"), "The metadata describes no identity provider."),
        (IDP.metadata.replace('use="signing"', 'use="encryption"'), "The metadata has no certificate for signing."),
        (IDP.metadata.replace("MII", "!!!"), "A certificate in the metadata cannot be read."),
    ],
)
def test_what_is_no_metadata_is_refused(document: str, reason: str) -> None:
    with pytest.raises(metadata.NotMetadata, match=reason):
        metadata.parse(document)


def test_any_of_several_certificates_may_sign() -> None:
    second = Idp()
    other = second.metadata[second.metadata.index("<md:KeyDescriptor") : second.metadata.index("<md:SingleSign")]
    both = metadata.parse(IDP.metadata.replace("<md:SingleSign", f"{other}<md:SingleSign"))
    for signer in (IDP, second):
        assert response.verify(signer.answer(NOW), both, NOW).subject == "ann"
