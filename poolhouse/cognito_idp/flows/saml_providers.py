"""What a pool's SAML identity provider vouches for: whom a response or an assertion is of.

Cognito developer guide, "Using SAML identity providers with a user pool".
"""

from collections.abc import Mapping

from poolhouse import aside
from poolhouse.call import Call
from poolhouse.cognito_idp.entities import UserPool
from poolhouse.cognito_idp.flows import not_built
from poolhouse.openid.remote import ProviderFailed, fetch_text
from poolhouse.saml import metadata, response
from poolhouse.saml.metadata import IdentityProvider
from poolhouse.saml.response import Assertion


class NotProven(Exception):
    """The provider has not said so; which check failed is ours to know."""


def verified(call: Call, pool: UserPool, name: str, details: Mapping[str, str], encoded: str) -> Assertion:
    """The assertion of a response to this pool, or a bare one for it. Raises NotProven."""
    try:
        assertion = response.verify(encoded, _provider(name, details), call.now)
    except response.Encrypted:
        not_built.refuse("Encrypted SAML assertions")
    except (response.SamlError, metadata.NotMetadata, ProviderFailed) as error:
        raise NotProven from error
    if f"urn:amazon:cognito:sp:{pool.id}" not in assertion.audiences:
        raise NotProven("for somebody else")
    return assertion


def _provider(name: str, details: Mapping[str, str]) -> IdentityProvider:
    document = details.get("MetadataFile")
    if not document:
        url = details["MetadataURL"]
        document = aside.wait(lambda: fetch_text(name, "metadata", url))
    return metadata.parse(document)
