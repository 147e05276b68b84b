"""An identity provider's metadata: its name, and the certificates it signs with.

https://docs.oasis-open.org/security/saml/v2.0/saml-metadata-2.0-os.pdf
"""

import base64
import binascii
from dataclasses import dataclass

from cryptography import x509

from poolhouse.saml import xml
from poolhouse.saml.xml import METADATA, SIGNATURE


class NotMetadata(Exception):
    """No identity provider is described."""


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """Who signs: the entity id, and every certificate a signature may be by."""

    entity_id: str
    certificates: tuple[x509.Certificate, ...]


def parse(document: str) -> IdentityProvider:
    """The identity provider this document describes. Raises NotMetadata.

    A document of several entities is read as its first identity provider.
    """
    try:
        root = xml.parse(document.strip().encode())
    except xml.Malformed as error:
        raise NotMetadata("The metadata is not XML.") from error
    entity = next((one for one in root.iter(f"{METADATA}EntityDescriptor") if _role(one) is not None), None)
    role = None if entity is None else _role(entity)
    if entity is None or role is None or not entity.get("entityID"):
        raise NotMetadata("The metadata describes no identity provider.")
    try:
        found = tuple(_certificates(role))
    except (binascii.Error, ValueError) as error:
        raise NotMetadata("A certificate in the metadata cannot be read.") from error
    if not found:
        raise NotMetadata("The metadata has no certificate for signing.")
    return IdentityProvider(str(entity.get("entityID")), found)


def _role(entity: xml.Element) -> xml.Element | None:
    return entity.find(f"{METADATA}IDPSSODescriptor")


def _certificates(role: xml.Element) -> list[x509.Certificate]:
    """Those of keys for signing, or for any use."""
    return [
        x509.load_der_x509_certificate(base64.b64decode(xml.text(one)))
        for key in role.findall(f"{METADATA}KeyDescriptor")
        if key.get("use", "signing") == "signing"
        for one in key.iter(f"{SIGNATURE}X509Certificate")
    ]
