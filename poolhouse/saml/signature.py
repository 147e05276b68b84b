"""XML signatures (XML Signature Syntax and Processing 1.1), by signxml."""

from cryptography import x509
from lxml import etree
from signxml.algorithms import SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from poolhouse.saml.xml import Element

# By a private key, and not over SHA-1: that AWS takes no SHA-1 either is a guess.
_METHODS = frozenset(
    method
    for method in SignatureMethod
    if method.name.startswith(("RSA_", "ECDSA_", "SHA")) and "SHA1" not in method.name
)


def signed_element(root: Element, location: str, certificate: x509.Certificate) -> Element | None:
    """The element that the signature at this place is over, as it was signed; None unless this key made it.

    That a certificate has run out is not looked at, as AWS does not ("Create a SAML identity provider in IAM").
    """
    configuration = SignatureConfiguration(
        location=location, signature_methods=_METHODS, verification_time=certificate.not_valid_before_utc
    )
    try:
        result = XMLVerifier().verify(etree.tostring(root), x509_cert=certificate, expect_config=configuration)
    except (SignXMLException, etree.LxmlError, ValueError, TypeError, AttributeError, KeyError):
        return None  # whatever it stumbles over, nothing is proven
    return getattr(result, "signed_xml", None)
