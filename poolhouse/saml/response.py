"""A SAML response, or a bare assertion, shown to be signed by its identity provider and to be good now.

SAML core 2.0 sections 2 and 3, SAML profiles 2.0 section 4.1.4.3. Either the response or the assertion must be signed;
what is read afterwards is the signed part as it was signed, so that an assertion wrapped around another one, or a
comment in a name, gains nothing.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509

from poolhouse.saml import xml
from poolhouse.saml.metadata import IdentityProvider
from poolhouse.saml.xml import ASSERTION, PROTOCOL, SIGNATURE

_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_LONGEST = 100_000  # characters in Base64, as STS and user pools take them
SKEW = timedelta(minutes=1)  # between two clocks; not documented


class SamlError(Exception):
    """The response proves nothing; what it is for is for whoever asked."""


class Malformed(SamlError):
    """It is no SAML response with one assertion."""


class NotSigned(SamlError):
    """The provider has not signed it."""


class WrongIssuer(SamlError):
    """It is of another provider."""


class Failed(SamlError):
    """The provider says that it did not sign anybody in."""


class NotNow(SamlError):
    """It is not good any more, or not yet."""


class Encrypted(SamlError):
    """The assertion is encrypted, which is not read here."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """Whom the provider signed in. Times are aware UTC; `recipient` is where the response was to be sent."""

    id: str
    issuer: str
    subject: str
    subject_format: str
    recipient: str
    audiences: tuple[str, ...]
    attributes: Mapping[str, tuple[str, ...]]
    issued_at: datetime
    expires_at: datetime
    session_ends_at: datetime | None


def verify(encoded: str, provider: IdentityProvider, now: datetime) -> Assertion:
    """The assertion of a response in Base64. Raises a SamlError."""
    root = _decoded(encoded)
    _check_shape(root)
    signed = _signed(root, provider.certificates)
    assertion = signed if signed.tag == f"{ASSERTION}Assertion" else signed.find(f"{ASSERTION}Assertion")
    if assertion is None:
        raise NotSigned("no assertion is signed")
    for issuer in (root.find(f"{ASSERTION}Issuer"), assertion.find(f"{ASSERTION}Issuer")):
        if issuer is not None and xml.text(issuer) != provider.entity_id:
            raise WrongIssuer(xml.text(issuer))
    return _read(assertion, now)


def _decoded(encoded: str) -> xml.Element:
    if len(encoded) > _LONGEST:
        raise Malformed("too long")
    # Clients of RFC 8693 send Base64url, browsers Base64, both with and without line ends and padding.
    plain = "".join(encoded.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return xml.parse(base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True))
    except (binascii.Error, ValueError, xml.Malformed) as error:
        raise Malformed("not XML in Base64") from error


def _check_shape(root: xml.Element) -> None:
    if root.tag == f"{PROTOCOL}Response":
        code = root.find(f"{PROTOCOL}Status/{PROTOCOL}StatusCode")
        if code is None or code.get("Value") != _SUCCESS:
            raise Failed("" if code is None else str(code.get("Value")))
    elif root.tag != f"{ASSERTION}Assertion":
        raise Malformed(str(root.tag))
    if next(root.iter(f"{ASSERTION}EncryptedAssertion"), None) is not None:
        raise Encrypted
    if len(list(root.iter(f"{ASSERTION}Assertion"))) != 1:
        raise Malformed("not one assertion")


def _signed(root: xml.Element, certificates: tuple[x509.Certificate, ...]) -> xml.Element:
    """What the provider signed: the response, or the assertion in it. Raises NotSigned."""
    places = [(root, "./")]
    if root.tag == f"{PROTOCOL}Response":
        places.append((root, f"./{ASSERTION}Assertion/"))
    for element, location in places:
        if element.find(f"{location}{SIGNATURE}Signature") is None:
            continue
        for certificate in certificates:
            found = _verified(element, location, certificate)
            if found is not None:
                return found
        raise NotSigned("by another key")  # a signature that is there must hold, whatever the other one says
    raise NotSigned("no signature")


def _verified(root: xml.Element, location: str, certificate: x509.Certificate) -> xml.Element | None:
    """The signed element, as it was signed; None where the signature is not by this certificate's key."""
    # Loaded at the first response: few clouds see one, and it takes as long as a tenth of their start.
    from poolhouse.saml.signature import signed_element  # noqa: PLC0415

    signed = signed_element(root, location, certificate)
    expected = root.tag if location == "./" else f"{ASSERTION}Assertion"
    return signed if signed is not None and signed.tag == expected else None


def _read(assertion: xml.Element, now: datetime) -> Assertion:
    confirmations = [
        data
        for one in assertion.findall(f"{ASSERTION}Subject/{ASSERTION}SubjectConfirmation")
        if one.get("Method") == _BEARER
        for data in one.findall(f"{ASSERTION}SubjectConfirmationData")
    ]
    name, conditions = assertion.find(f"{ASSERTION}Subject/{ASSERTION}NameID"), assertion.find(f"{ASSERTION}Conditions")
    if len(confirmations) != 1 or not xml.text(name) or name is None or not assertion.get("ID"):
        raise Malformed("no subject that the bearer may be")
    ends = [_time(confirmations[0].get("NotOnOrAfter"))]
    if conditions is not None and conditions.get("NotOnOrAfter"):
        ends.append(_time(conditions.get("NotOnOrAfter")))
    bounded = [confirmations[0], *([] if conditions is None else [conditions])]
    starts = [_time(one.get("NotBefore")) for one in bounded if one.get("NotBefore")]
    if now >= min(ends) + SKEW or any(now < start - SKEW for start in starts):
        raise NotNow("not within its conditions")
    statement = assertion.find(f"{ASSERTION}AuthnStatement")
    session_end = None if statement is None else statement.get("SessionNotOnOrAfter")
    return Assertion(
        id=str(assertion.get("ID")),
        issuer=xml.text(assertion.find(f"{ASSERTION}Issuer")),
        subject=xml.text(name),
        subject_format=str(name.get("Format") or ""),
        recipient=str(confirmations[0].get("Recipient") or ""),
        audiences=tuple(
            xml.text(one)
            for one in assertion.findall(f"{ASSERTION}Conditions/{ASSERTION}AudienceRestriction/{ASSERTION}Audience")
        ),
        attributes=_attributes(assertion),
        issued_at=_time(assertion.get("IssueInstant")),
        expires_at=min(ends),
        session_ends_at=_time(session_end) if session_end else None,
    )


def _attributes(assertion: xml.Element) -> dict[str, tuple[str, ...]]:
    """Every attribute by its name; one that stands twice has the values of both."""
    found: dict[str, tuple[str, ...]] = {}
    for attribute in assertion.findall(f"{ASSERTION}AttributeStatement/{ASSERTION}Attribute"):
        values = tuple(xml.text(value) for value in attribute.findall(f"{ASSERTION}AttributeValue"))
        name = str(attribute.get("Name") or "")
        found[name] = (*found.get(name, ()), *values)
    return found


def _time(value: str | None) -> datetime:
    """SAML core 1.3.3: UTC, without another time zone. Raises Malformed."""
    try:
        parsed = datetime.fromisoformat(value or "")
    except ValueError as error:
        raise Malformed("a time that is none") from error
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
