"""What lets into a bucket beside policies, and what keeps the public out: ACLs, object ownership, Block Public Access.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
Since April 2023 a new bucket takes no ACLs and blocks all public access, until it is told otherwise.
"""

import dataclasses
import ipaddress
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from xml.parsers.expat import ExpatError

import xmltodict
from moto.s3 import models

from poolhouse.errors import AccessDeniedException, ApiError
from poolhouse.iam import document
from poolhouse.iam.errors import MalformedPolicy as NoPolicy
from poolhouse.moto_services.entities import Access
from poolhouse.web import Request
from poolhouse.wire.buckets import check_not_in_chunks
from poolhouse.wire.errors import MalformedXML

ENFORCED = "BucketOwnerEnforced"
_OWNERSHIPS = (ENFORCED, "BucketOwnerPreferred", "ObjectWriter")
_GROUPS = "http://acs.amazonaws.com/groups/"
_EVERYBODY, _SIGNED, _LOGS = (
    f"{_GROUPS}global/AllUsers",
    f"{_GROUPS}global/AuthenticatedUsers",
    f"{_GROUPS}s3/LogDelivery",
)
_PUBLIC = frozenset({_EVERYBODY, _SIGNED})
_OWN_CANNED = "bucket-owner-full-control"
_CANNED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "private": (),
    "public-read": ((_EVERYBODY, "READ"),),
    "public-read-write": ((_EVERYBODY, "READ"), (_EVERYBODY, "WRITE")),
    "authenticated-read": ((_SIGNED, "READ"),),
    "aws-exec-read": (),  # EC2, which is not here
    "log-delivery-write": ((_LOGS, "READ_ACP"), (_LOGS, "WRITE")),
    "bucket-owner-read": (),  # whoever writes here is of the bucket's account
    _OWN_CANNED: (),
}
_HEADERS = {
    f"x-amz-grant-{name.lower().replace('_', '-')}": name
    for name in ("READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL")
}
_GRANTEE = re.compile(r'\s*(id|uri|emailaddress)\s*=\s*"?([^",]+)"?\s*', re.IGNORECASE)
_CANONICAL_ID = re.compile(r"[0-9a-f]{64}")
_ALLOWED = {  # of a bucket, of an object
    "READ": (
        ("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"),
        ("s3:GetObject", "s3:GetObjectVersion"),
    ),
    "WRITE": (("s3:PutObject",), ()),
    "READ_ACP": (("s3:GetBucketAcl",), ("s3:GetObjectAcl", "s3:GetObjectVersionAcl")),
    "WRITE_ACP": (("s3:PutBucketAcl",), ("s3:PutObjectAcl", "s3:PutObjectVersionAcl")),
}
# Condition keys that a policy for everybody may hold to fixed values to be none of the public's. That the principal's
# own ARN and account are among them is a guess: the page says "an AWS principal".
_FIXED = frozenset(
    {"aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:userid"}
    | {"aws:principalorgid", "aws:principalorgpaths", "aws:principalarn", "aws:principalaccount"}
    | {"s3:dataaccesspointarn", "s3:x-amz-server-side-encryption-aws-kms-key-id"}
)
_FIXING = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"})
_BROADEST = {4: 8, 6: 32}
_NOT_JSON = "Policies must be valid JSON and the first byte must be '{'"


class AccessControlListNotSupported(ApiError):
    message = "The bucket does not allow ACLs"


class InvalidBucketAclWithObjectOwnership(ApiError):
    message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"


class InvalidBucketAclWithBlockPublicAccessError(ApiError):
    message = "Bucket cannot have public ACLs set with BlockPublicAccess enabled"


class InvalidArgument(ApiError):
    """An ACL, or an ownership, that is none; the sentences are guesses."""


class MalformedPolicy(ApiError):
    """What is put as a policy and is none."""


class InvalidRequest(ApiError):
    message = "Specifying both Canned ACLs and Header Grants is not allowed"


class MalformedACLError(ApiError):
    message = "The XML you provided was not well-formed or did not validate against our published schema"


@dataclass(frozen=True, slots=True)
class Grant:
    """A permission for a canonical id or a group, whose URI it is."""

    permission: str
    id: str = ""
    uri: str = ""


_OWNER_ALONE = (Grant("FULL_CONTROL", models.OWNER),)


def fields(request: Request) -> frozenset[str]:
    """The parts of a bucket or object that a query names."""
    names = parse_qs(request.query, keep_blank_values=True)
    return frozenset(name for name in names if not name.startswith("X-Amz-") and name not in ("x-id", "versionId"))


def is_of_acl(request: Request) -> bool:
    """Whether a request puts an ACL and nothing else."""
    return request.method == "PUT" and "acl" in fields(request)


def check(request: Request, held: models.FakeBucket | None, bucket: str, key: str, who: str) -> None:
    """Raise what S3 says to an ACL, a policy or an ownership that the bucket does not take. `who` is an ARN."""
    arn = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
    grants = wanted(request) if request.method in ("PUT", "POST") else None
    if grants is not None:
        _check_acl(request, grants, held, arn, who)
    if request.method != "PUT" or key or held is None:
        return
    if "policy" in fields(request):
        _check_policy(request)
        blocks = held.public_access_block
        if blocks is not None and blocks.block_public_policy and is_public(request.body):
            raise _blocked(who, "s3:PutBucketPolicy", arn, "policies", "BlockPublicPolicy")
    elif "ownershipControls" in fields(request):
        _check_ownership(request, held)


def _check_policy(request: Request) -> None:
    """moto takes anything; nothing could be decided by what is no policy."""
    check_not_in_chunks(request)
    try:
        statements = document.parse(request.body.decode()).statements
    except UnicodeDecodeError as error:
        raise MalformedPolicy(_NOT_JSON) from error
    except NoPolicy as error:
        is_json = request.body.lstrip().startswith(b"{")
        said = str(error) if str(error) != document.SYNTAX else "Invalid policy syntax." if is_json else _NOT_JSON
        raise MalformedPolicy(said) from error
    for one in statements:
        if one.principals is None or not one.resources:
            raise MalformedPolicy(f"Missing required field {'Resource' if one.principals else 'Principal'}")


def _check_acl(request: Request, grants: Sequence[Grant], held: models.FakeBucket | None, arn: str, who: str) -> None:
    is_object = "/" in arn
    if held is None:
        if not is_object:
            _check_of_new_bucket(request, grants)
        return
    if not is_object and not is_of_acl(request):  # a bucket that is there already is not made again
        return
    is_own = grants == _OWNER_ALONE and (not request.header("x-amz-acl") or request.header("x-amz-acl") == _OWN_CANNED)
    if ownership(held) == ENFORCED and not is_own:
        raise AccessControlListNotSupported
    blocks = held.public_access_block
    if blocks is not None and blocks.block_public_acls and _is_open(grants):
        action = ("s3:PutObjectAcl" if is_of_acl(request) else "s3:PutObject") if is_object else "s3:PutBucketAcl"
        raise _blocked(who, action, arn, "access control lists (ACLs)", "BlockPublicAcls")


def _check_of_new_bucket(request: Request, grants: Sequence[Grant]) -> None:
    """A new bucket blocks public access, whatever it is to say of ownership."""
    chosen = request.header("x-amz-object-ownership") or ENFORCED
    if chosen not in _OWNERSHIPS:
        raise InvalidArgument("Invalid x-amz-object-ownership header")
    if tuple(grants) != _OWNER_ALONE and chosen == ENFORCED:
        raise InvalidBucketAclWithObjectOwnership
    if _is_open(grants):
        raise InvalidBucketAclWithBlockPublicAccessError


def _check_ownership(request: Request, held: models.FakeBucket) -> None:
    check_not_in_chunks(request)
    try:
        chosen = _parsed(request.body)["OwnershipControls"]["Rule"]["ObjectOwnership"]
    except (KeyError, TypeError) as error:
        raise MalformedXML from error
    if chosen not in _OWNERSHIPS:
        raise MalformedXML
    if chosen == ENFORCED and held.acl is not None and _grants(held.acl) != list(_OWNER_ALONE):
        raise InvalidBucketAclWithObjectOwnership


def _blocked(who: str, action: str, arn: str, what: str, setting: str) -> AccessDeniedException:
    if not who:
        return AccessDeniedException("Access Denied")
    return AccessDeniedException(
        f'User: {who} is not authorized to perform: {action} on resource: "{arn}" '
        f"because public {what} are blocked by the {setting} block public access setting."
    )


def ownership(held: models.FakeBucket) -> str:
    """Who owns a bucket's objects; a bucket that does not say is one of old."""
    rule: Any = held.ownership_rule
    return str(rule or "ObjectWriter")


def settle_new(held: models.FakeBucket) -> None:
    """The settings of a bucket that has just been made."""
    rule: Any = held.ownership_rule or ENFORCED
    held.ownership_rule = rule
    on = "true"
    held.public_access_block = models.PublicAccessBlock(on, on, on, on)


def without_acl(request: Request) -> Request:
    """A request without what it says of ACLs: moto reads that otherwise than S3 does."""
    ours = (*_HEADERS, "x-amz-acl")
    kept = tuple((name, value) for name, value in request.headers if name.lower() not in ours)
    return dataclasses.replace(request, headers=kept)


def wanted(request: Request) -> tuple[Grant, ...] | None:
    """The ACL that a request asks for; None where it asks for none."""
    canned = request.header("x-amz-acl")
    granted = tuple(_of_headers(request))
    if canned and granted:
        raise InvalidRequest
    if canned:
        if canned not in _CANNED:
            raise InvalidArgument(f"Invalid canned ACL: {canned}")
        return (*_OWNER_ALONE, *(Grant(permission, uri=uri) for uri, permission in _CANNED[canned]))
    if granted or not is_of_acl(request):
        return granted or None
    return tuple(_of_body(request))


def _of_headers(request: Request) -> Iterator[Grant]:
    for header, permission in _HEADERS.items():
        for one in filter(None, request.header(header).split(",")):
            found = _GRANTEE.fullmatch(one)
            if found is None:
                raise InvalidArgument("Argument format not recognized")
            yield _grant(permission, found[1].lower(), found[2])


def _of_body(request: Request) -> Iterator[Grant]:
    check_not_in_chunks(request)
    try:
        listed = (_parsed(request.body)["AccessControlPolicy"]["AccessControlList"] or {}).get("Grant") or []
        for one in listed if isinstance(listed, list) else [listed]:
            kind = next(name for name in ("ID", "URI", "EmailAddress") if one["Grantee"].get(name))
            if one["Permission"] not in _HEADERS.values():
                raise MalformedACLError
            yield _grant(one["Permission"], kind.lower(), str(one["Grantee"][kind]))
    except (KeyError, TypeError, AttributeError, StopIteration) as error:
        raise MalformedACLError from error


def _parsed(body: bytes) -> Any:
    read: Any = xmltodict.parse
    try:
        return read(body)
    except (ExpatError, ValueError) as error:
        raise MalformedXML from error


def _grant(permission: str, kind: str, value: str) -> Grant:
    if kind == "uri":
        if value not in (*_PUBLIC, _LOGS):
            raise InvalidArgument("Invalid group uri")
        return Grant(permission, uri=value)
    if kind != "id" or not _CANONICAL_ID.fullmatch(value):  # of mail addresses nobody here knows the accounts
        raise InvalidArgument("Invalid id")
    return Grant(permission, value)


def acl(grants: Sequence[Grant] | None) -> models.FakeAcl:
    """An ACL as moto keeps it; the owner's alone where none is asked for."""
    listed = _OWNER_ALONE if grants is None else grants
    return models.FakeAcl(
        [models.FakeGrant([models.FakeGrantee(grantee_id=one.id, uri=one.uri)], [one.permission]) for one in listed]
    )


def _grants(held: models.FakeAcl) -> list[Grant]:
    return [
        Grant(permission, grantee.id, grantee.uri)
        for one in held.grants
        for grantee in one.grantees
        for permission in one.permissions
    ]


def _is_open(grants: Sequence[Grant]) -> bool:
    return any(one.uri in _PUBLIC for one in grants)


def access(held: models.FakeBucket, key: str, version: Any, tags: Mapping[str, str]) -> Access:
    """What a bucket, and one of its objects where there is one, say of who may."""
    blocks = held.public_access_block
    policy = held.policy.decode() if held.policy else ""
    is_restricted = bool(policy and blocks is not None and blocks.restrict_public_buckets and is_public(policy))
    if ownership(held) == ENFORCED or (blocks is not None and blocks.ignore_public_acls):
        return Access(
            policy, "", is_restricted, tags
        )  # what is left in ACLs is the account's own, which its policies decide
    statements = list(_statements(held.acl, f"arn:aws:s3:::{held.name}", is_object=False))
    if key and version is not None:
        statements += _statements(version.acl, f"arn:aws:s3:::{held.name}/{_literal(key)}", is_object=True)
    text = json.dumps({"Version": "2012-10-17", "Statement": statements}) if statements else ""
    return Access(policy, text, is_restricted, tags)


def _literal(key: str) -> str:
    """A key in a policy of version 2012-10-17, where these characters have a meaning."""
    return re.sub(r"([*?$])", r"${\1}", key)


def _statements(held: models.FakeAcl | None, arn: str, *, is_object: bool) -> Iterator[dict[str, Any]]:
    """The public grants of an ACL as statements. Those to ids are to the account itself, whose policies decide."""
    for grant in _grants(held) if held is not None else ():
        if grant.uri not in _PUBLIC:
            continue
        permissions = tuple(_ALLOWED) if grant.permission == "FULL_CONTROL" else (grant.permission,)
        actions = [action for permission in permissions for action in _ALLOWED[permission][is_object]]
        if not actions:
            continue
        on = arn if is_object else [arn, f"{arn}/*"]
        statement: dict[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": actions, "Resource": on}
        if grant.uri == _SIGNED:
            statement["Condition"] = {"StringNotEquals": {"aws:PrincipalType": "Anonymous"}}
        yield statement


def is_public(policy: str | bytes) -> bool:
    """Whether a bucket policy lets in more than the fixed few, as S3 means it. One that is no policy lets nobody in.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html (The meaning of
    "public")
    """
    try:
        statements = json.loads(policy)["Statement"]
        listed = statements if isinstance(statements, list) else [statements]
        return any(one["Effect"] == "Allow" and _is_for_all(one) and not _is_held_to_few(one) for one in listed)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def _is_for_all(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    if "NotPrincipal" in statement or principal == "*":
        return True
    named = principal.get("AWS", ()) if isinstance(principal, Mapping) else ()
    return "*" in ([named] if isinstance(named, str) else named)


def _is_held_to_few(statement: Mapping[str, Any]) -> bool:
    for operator, keys in (statement.get("Condition") or {}).items():
        name = operator.lower().removeprefix("foranyvalue:")
        for key, given in keys.items():
            values = [str(one) for one in given] if isinstance(given, list) else [str(given)]
            if name == "ipaddress" and key.lower() == "aws:sourceip":
                if all(map(_is_narrow, values)):
                    return True
            elif name in _FIXING and key.lower() in _FIXED and not any(re.search(r"[*?]|\$\{", one) for one in values):
                return True
    return False


def _is_narrow(text: str) -> bool:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return network.is_private or network.prefixlen >= _BROADEST[network.version]
