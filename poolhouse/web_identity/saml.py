"""A SAML response for AWS itself: who it is of, and which roles its provider says they may have.

IAM User Guide, "Configure SAML assertions for the authentication response" and "Troubleshoot SAML federation with IAM",
which has the sentences; those marked so are guesses.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from poolhouse.call import Call
from poolhouse.errors import NotImplementedException
from poolhouse.saml import metadata, response
from poolhouse.saml.response import Assertion
from poolhouse.web_identity.tokens import Expired, NotValid

_OF_AWS = "https://aws.amazon.com/SAML/Attributes/"
_TAG = f"{_OF_AWS}PrincipalTag:"
_AUDIENCE = re.compile(r"urn:amazon:webservices|https://([a-z0-9-]+\.)?signin\.aws\.amazon\.com/saml(/acs/[\w-]+)?")
_NAME = re.compile(r"[a-zA-Z_0-9+=,.@-]{2,64}")
_REDEEMED_WITHIN = timedelta(minutes=5)
_TOO_LATE = "Token must be redeemed within 5 minutes of issuance"
_FORMATS = {
    "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent": "persistent",
    "urn:oasis:names:tc:SAML:2.0:nameid-format:transient": "transient",
}
# "Mapping SAML attributes to AWS trust policy context keys", same page.
_EDU_PERSON = (
    *("edupersonaffiliation", "edupersonnickname", "edupersonorgdn", "edupersonorgunitdn"),
    *("edupersonprimaryaffiliation", "edupersonprincipalname", "edupersonentitlement", "edupersonprimaryorgunitdn"),
    *("edupersonscopedaffiliation", "edupersontargetedid", "edupersonassurance"),
)
_EDU_ORG = ("eduorghomepageuri", "eduorgidentityauthnpolicyuri", "eduorglegalname", "eduorgsuperioruri")
_KEYS: Mapping[str, str] = {
    **{f"urn:oid:1.3.6.1.4.1.5923.1.1.1.{number}": name for number, name in enumerate(_EDU_PERSON, 1)},
    **{f"urn:oid:1.3.6.1.4.1.5923.1.2.1.{number}": name for number, name in enumerate(_EDU_ORG, 2)},
    "urn:oid:1.3.6.1.4.1.5923.1.2.1.6": "eduorgwhitepagesuri",
    "urn:oid:2.5.4.3": "cn",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name": "name",
    "http://schemas.xmlsoap.org/claims/CommonName": "commonName",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname": "givenName",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname": "surname",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress": "mail",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid": "uid",
    "urn:oid:2.5.4.4": "surname",
    "urn:oid:2.4.5.42": "givenName",
    "urn:oid:2.5.4.45": "x500UniqueIdentifier",
    "urn:oid:0.9.2342.19200300100.1.1": "uid",
    "urn:oid:0.9.2342.19200300100.1.3": "mail",
    "urn:oid:0.9.2342.19200300100.1.45": "organizationStatus",
}


@dataclass(frozen=True, slots=True)
class SamlIdentity:
    """Somebody whom a SAML provider in IAM's records vouches for. Only `verify` makes one.

    `roles` are the ARNs the response pairs with that provider; `keys` what trust policies and sessions see.
    """

    provider_arn: str
    assertion: Assertion
    roles: tuple[str, ...]
    name_qualifier: str
    keys: Mapping[str, tuple[str, ...]]

    @property
    def subject_type(self) -> str:
        """As STS tells it: a format of SAML 2.0's own by its last word, any other whole."""
        return _FORMATS.get(self.assertion.subject_format, self.assertion.subject_format)

    @property
    def tags(self) -> dict[str, str]:
        """Session tags. Raises NotValid for one with more than one value, which the page does not allow."""
        attributes = self.assertion.attributes
        return {name.removeprefix(_TAG): self._single(name) for name in attributes if name.startswith(_TAG)}

    @property
    def transitive_tags(self) -> tuple[str, ...]:
        return self.assertion.attributes.get(f"{_OF_AWS}TransitiveTagKeys", ())

    @property
    def source_identity(self) -> str:
        return self._single(f"{_OF_AWS}SourceIdentity")

    @property
    def session_name(self) -> str:
        """RoleSessionName. Raises NotValid."""
        name = self._single(f"{_OF_AWS}RoleSessionName")
        if not name:
            raise NotValid("RoleSessionName is required in AuthnResponse")
        if not _NAME.fullmatch(name):
            raise NotValid(f"RoleSessionName in AuthnResponse must match {_NAME.pattern}")
        return name

    @property
    def session_seconds(self) -> int | None:
        """SessionDuration, where the response has it. Raises NotValid."""
        text = self._single(f"{_OF_AWS}SessionDuration")
        if not text:
            return None
        if not re.fullmatch(r"[0-9]{1,6}", text) or not 900 <= int(text) <= 43_200:
            raise NotValid("SessionDuration in AuthnResponse must be between 900 and 43200")  # a guess
        return int(text)

    def _single(self, name: str) -> str:
        values = self.assertion.attributes.get(name, ())
        if len(values) > 1:
            raise NotValid(f"The {name} attribute must have exactly one value.")  # a guess
        return values[0] if values else ""


def verify(call: Call, provider_arn: str, text: str) -> SamlIdentity:
    """Whose response this is, proven by the provider of this ARN. Raises Expired and NotValid."""
    document = call.authority.saml_metadata(provider_arn)
    if document is None:
        raise NotValid("Specified provider doesn't exist")
    assertion = _proven(call, document, text)
    if call.now > assertion.issued_at + _REDEEMED_WITHIN + response.SKEW:
        raise Expired(_TOO_LATE)
    if not any(_AUDIENCE.fullmatch(audience) for audience in assertion.audiences):
        raise NotValid("The audience of the SAML response is not AWS")  # what is for others is not for us; a guess
    qualifier = _name_qualifier(call, assertion.issuer, provider_arn)
    return SamlIdentity(
        provider_arn=provider_arn,
        assertion=assertion,
        roles=_roles(assertion, provider_arn),
        name_qualifier=qualifier,
        keys=_keys(call, assertion, provider_arn, qualifier),
    )


def _proven(call: Call, document: str, text: str) -> Assertion:
    try:
        return response.verify(text, metadata.parse(document), call.now)
    except response.NotNow as error:
        raise Expired(_TOO_LATE) from error
    except response.WrongIssuer as error:
        raise NotValid("Issuer not present in specified provider") from error
    except response.NotSigned as error:
        raise NotValid("Response signature invalid") from error
    except response.Encrypted as error:
        raise NotImplementedException("Encrypted SAML assertions are not implemented yet.") from error
    except (response.SamlError, metadata.NotMetadata) as error:
        raise NotValid("Invalid base64 SAMLResponse") from error  # seen for what cannot be read, a guess for the rest


def _roles(assertion: Assertion, provider_arn: str) -> tuple[str, ...]:
    """The roles that stand with this provider, in either order."""
    pairs = [[part.strip() for part in pair.split(",")] for pair in assertion.attributes.get(f"{_OF_AWS}Role", ())]
    return tuple(
        next(part for part in pair if part != provider_arn)
        for pair in pairs
        if len(pair) == 2 and provider_arn in pair and pair[0] != pair[1]
    )


def _keys(call: Call, assertion: Assertion, provider_arn: str, qualifier: str) -> dict[str, tuple[str, ...]]:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html"""
    known = {f"saml:{_KEYS[name]}": values for name, values in assertion.attributes.items() if name in _KEYS}
    return {
        **known,
        "saml:aud": (assertion.recipient,),
        "saml:iss": (assertion.issuer,),
        "saml:sub": (assertion.subject,),
        "saml:sub_type": (_FORMATS.get(assertion.subject_format, assertion.subject_format),),
        "saml:namequalifier": (qualifier,),
        "saml:doc": (f"{call.account_id}/{provider_arn.rpartition('/')[2]}",),
    }


def _name_qualifier(call: Call, issuer: str, provider_arn: str) -> str:
    """AssumeRoleWithSAML in the API reference: Base64 of SHA-1 of issuer, account and the provider's name."""
    text = f"{issuer}{call.account_id}/{provider_arn.rpartition('/')[2]}"
    return base64.b64encode(hashlib.sha1(text.encode(), usedforsecurity=False).digest()).decode()
