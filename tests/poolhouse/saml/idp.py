"""A SAML identity provider in software: metadata, and responses of which each part may be spoilt."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

NAMESPACES = (
    'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" '
    'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
AWS = "https://signin.aws.amazon.com/saml"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class _Signer(XMLSigner):
    """One that also signs by SHA-1, as some providers still do."""

    def check_deprecated_methods(self) -> None:
        pass


class Idp:
    """One provider with its key. `certificate_until` may lie in the past, which SAML does not mind."""

    def __init__(
        self, entity_id: str = "https://idp.example.com", *, certificate_until: datetime | None = None
    ) -> None:
        self.entity_id = entity_id
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp")])
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
            .not_valid_after(certificate_until or datetime(2046, 1, 1, tzinfo=UTC))
            .sign(self.key, hashes.SHA256())
        )

    @property
    def metadata(self) -> str:
        der = base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()
        return f"""<?xml version="1.0"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{self.entity_id}">
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
      <ds:X509Certificate>{der}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{self.entity_id}/sso"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>"""

    def assertion(
        self,
        now: datetime,
        *,
        subject: str = "ann",
        name_format: str = PERSISTENT,
        recipient: str = AWS,
        audience: str = AWS,
        attributes: dict[str, list[str]] | None = None,
        identifier: str = "_assertion",
        issuer: str = "",
        starts: timedelta = timedelta(0),
        ends: timedelta = timedelta(minutes=5),
        session_ends: timedelta | None = None,
        issued: timedelta = timedelta(0),
    ) -> str:
        session = f' SessionNotOnOrAfter="{_text(now + session_ends)}"' if session_ends else ""
        listed = "".join(
            f'<saml:Attribute Name="{name}">'
            + "".join(f'<saml:AttributeValue xsi:type="xs:string">{value}</saml:AttributeValue>' for value in values)
            + "</saml:Attribute>"
            for name, values in (attributes or {}).items()
        )
        return (
            f'<saml:Assertion {NAMESPACES} ID="{identifier}" Version="2.0" IssueInstant="{_text(now + issued)}">'
            f"<saml:Issuer>{issuer or self.entity_id}</saml:Issuer><saml:Subject>"
            f'<saml:NameID Format="{name_format}">{subject}</saml:NameID>'
            '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData '
            f'NotOnOrAfter="{_text(now + ends)}" Recipient="{recipient}"/></saml:SubjectConfirmation></saml:Subject>'
            f'<saml:Conditions NotBefore="{_text(now + starts)}" NotOnOrAfter="{_text(now + ends)}">'
            f"<saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction>"
            f'</saml:Conditions><saml:AuthnStatement{session} AuthnInstant="{_text(now)}"/>'
            f"<saml:AttributeStatement>{listed}</saml:AttributeStatement></saml:Assertion>"
        )

    def sign(self, document: str, *, method: Any = SignatureMethod.RSA_SHA256, digest: Any = None) -> str:
        """The document with a signature over its root, where SAML's schema has it: after the issuer."""
        signer = _Signer(
            signature_algorithm=method,
            digest_algorithm=digest or DigestAlgorithm.SHA256,
            c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#",
        )
        root = etree.fromstring(document)
        signed = signer.sign(
            root,
            key=self.key,
            cert=[self.certificate],
            reference_uri=f"#{root.get('ID')}",
        )
        return str(etree.tostring(signed).decode())

    def response(self, assertion: str, *, status: str = SUCCESS, issuer: str = "") -> str:
        return (
            f'<samlp:Response {NAMESPACES} ID="_response" Version="2.0" IssueInstant="2026-11-21T00:00:00Z">'
            f"<saml:Issuer>{issuer or self.entity_id}</saml:Issuer>"
            f'<samlp:Status><samlp:StatusCode Value="{status}"/></samlp:Status>{assertion}</samlp:Response>'
        )

    def answer(self, now: datetime, *, signs: str = "assertion", **assertion: Any) -> str:
        """A response in Base64, signed as "assertion", "response", "both" or "nothing"."""
        made = self.assertion(now, **assertion)
        if signs in {"assertion", "both"}:
            made = self.sign(made)
        response = self.response(made)
        return encoded(self.sign(response) if signs in {"response", "both"} else response)


def encoded(document: str) -> str:
    return base64.b64encode(document.encode()).decode()
