"""S3: buckets and objects, with the keys that policies ask of uploads and lists.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, unquote, urlparse

from poolhouse.requests.asked import Asked, Params, Scope

_KeyValues = dict[str, str | Iterable[str] | None]
# Operations whose action is called otherwise.
_ACTIONS = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "SelectObjectContent": "GetObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
# Which actions a tag of the object decides on.
_ON_TAGGED = frozenset(
    f"s3:{verb}Object{version}{part}"
    for version in ("", "Version")
    for verb, part in (
        *(("Get", ""), ("Get", "Acl"), ("Get", "Tagging"), ("Put", "Acl"), ("Put", "Tagging")),
        ("Delete", "Tagging"),
    )
)
_GRANTS = {
    "GrantFullControl": "s3:x-amz-grant-full-control",
    "GrantRead": "s3:x-amz-grant-read",
    "GrantReadACP": "s3:x-amz-grant-read-acp",
    "GrantWrite": "s3:x-amz-grant-write",
    "GrantWriteACP": "s3:x-amz-grant-write-acp",
}
_VERSIONED = frozenset(
    {"GetObject", "DeleteObject", "GetObjectAcl", "PutObjectAcl", "GetObjectTagging", "PutObjectTagging"}
    | {"DeleteObjectTagging"}
)


def asked(operation: str, params: Params, _scope: Scope) -> list[Asked]:
    """The action on the bucket or object; for a copy also to read its source, with an ACL or tags also to set these."""
    if operation == "DeleteObjects":  # each of its objects is asked for when its body is read
        return []
    bucket, key = str(params.get("Bucket") or ""), str(params.get("Key") or "")
    action = _ACTIONS.get(operation, operation)
    if params.get("VersionId") and action in _VERSIONED:
        action = f"{action.removesuffix('Acl').removesuffix('Tagging')}Version{_ending(action)}"
    arn = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}" if bucket else "*"
    found = [Asked(f"s3:{action}", arn, _keys(params))]
    if operation in ("CopyObject", "UploadPartCopy"):
        found.append(_source(str(params.get("CopySource") or "")))
    return found + [Asked(f"s3:{more}", arn, _keys(params)) for more in _also(operation, params)]


def of_object(action: str, tags: Mapping[str, str]) -> dict[str, str]:
    """The condition keys that come from the object itself, of the actions that have them."""
    return {f"s3:ExistingObjectTag/{name}": value for name, value in tags.items()} if action in _ON_TAGGED else {}


def _also(operation: str, params: Params) -> list[str]:
    """What somebody who makes a bucket or an object sets along with it."""
    if operation == "CreateBucket":
        sets = {"PutBucketAcl": _sets_acl(params), "PutBucketOwnershipControls": params.get("ObjectOwnership")}
    elif operation in ("PutObject", "CopyObject", "CreateMultipartUpload"):
        sets = {"PutObjectAcl": _sets_acl(params), "PutObjectTagging": params.get("Tagging")}
    else:
        return []
    return [action for action, is_set in sets.items() if is_set]


def _keys(params: Params) -> _KeyValues:
    keys: _KeyValues = {
        "s3:delimiter": params.get("Delimiter"),
        "s3:max-keys": str(params["MaxKeys"]) if params.get("MaxKeys") is not None else None,
        "s3:prefix": params.get("Prefix"),
        "s3:TlsVersion": "1.3",  # as aws:SecureTransport is true: on AWS the same client would come by it
        "s3:signatureversion": "AWS4-HMAC-SHA256",
        "s3:VersionId": params.get("VersionId"),
        "s3:x-amz-acl": params.get("ACL"),
        "s3:x-amz-object-ownership": params.get("ObjectOwnership"),
        **{key: params.get(name) for name, key in _GRANTS.items()},
        "s3:x-amz-copy-source": params.get("CopySource"),
        "s3:x-amz-metadata-directive": params.get("MetadataDirective"),
        "s3:x-amz-server-side-encryption": params.get("ServerSideEncryption"),
        "s3:x-amz-server-side-encryption-aws-kms-key-id": params.get("SSEKMSKeyId"),
        "s3:x-amz-storage-class": params.get("StorageClass"),
    }
    tags = dict(parse_qsl(str(params.get("Tagging") or ""), keep_blank_values=True))
    if tags:
        keys |= {f"s3:RequestObjectTag/{name}": value for name, value in tags.items()}
        keys["s3:RequestObjectTagKeys"] = list(tags)
    return keys


def _source(given: str) -> Asked:
    """What is copied, read as moto reads it: a URL, of which the path counts."""
    found = urlparse(given)
    action = "GetObjectVersion" if "versionId" in found.query else "GetObject"
    return Asked(f"s3:{action}", f"arn:aws:s3:::{unquote(found.path).lstrip('/')}")


def _sets_acl(params: Params) -> bool:
    return any(params.get(name) for name in ("ACL", *_GRANTS))


def _ending(action: str) -> str:
    return next((ending for ending in ("Acl", "Tagging") if action.endswith(ending)), "")
