"""XML from strangers: parsed without entities, document types or the network, and read by whole names."""

from typing import Any, TypeAlias

from lxml import etree

ASSERTION = "{urn:oasis:names:tc:SAML:2.0:assertion}"
PROTOCOL = "{urn:oasis:names:tc:SAML:2.0:protocol}"
METADATA = "{urn:oasis:names:tc:SAML:2.0:metadata}"
SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}"
Element: TypeAlias = Any  # lxml has no types


class Malformed(Exception):
    """It is not XML, or not such as is read here."""


def parse(document: bytes) -> Element:
    """The root element. Raises Malformed."""
    # A parser of its own for each: lxml's keep state. Comments go, lest one splits a name in two.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Malformed("not XML") from error
    if root.getroottree().docinfo.doctype:
        raise Malformed("a document type")
    return root


def text(element: Element | None) -> str:
    """All the text of an element, without what stands around it; empty for none."""
    return "" if element is None else "".join(str(part) for part in element.itertext()).strip()
