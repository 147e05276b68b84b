"""S3's two ways to name a bucket: in the path, or in the host, which here ends in localhost.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
"""

import dataclasses
import re
from urllib.parse import parse_qs, unquote

from poolhouse.web import Request
from poolhouse.wire.errors import IncompleteBody, InvalidRequest

_HOST = re.compile(  # the bucket as short as may be: the region's name is none of it
    r"(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}?[a-z0-9])(?:\.s3(?:\.dualstack)?(?:[.-][a-z]{2}-[a-z-]+-\d)?)?"
    r"\.(?:localhost|amazonaws\.com)"
)
# S3 takes 5 GB in one piece. Here a body is held in memory while it is put; larger ones go in parts, as SDKs send them.
LONGEST_BODY = 100 * 1024 * 1024
_OTHERS = (".auth", ".execute-api", ".s3")  # names under localhost that are no buckets
_S3_ITSELF = re.compile(r"s3(?:[.-][a-z0-9-]+)?")


def path_style(request: Request) -> Request:
    """The request with its bucket in the path, where the host named it."""
    bucket = bucket_of_host(request)
    return dataclasses.replace(request, path=f"/{bucket}{request.path}") if bucket else request


def bucket_of_host(request: Request) -> str:
    """The bucket that the host names; empty for none."""
    host = request.header("host").lower().partition(":")[0]
    found = _HOST.fullmatch(host)
    if found is None or _S3_ITSELF.fullmatch(found["bucket"]) or found["bucket"].endswith(_OTHERS):
        return ""
    if host.endswith(".amazonaws.com") and ".s3" not in host:
        return ""
    return found["bucket"]


def is_upload(request: Request) -> bool:
    """Whether a request, as far as it is known before its body, puts something into a bucket."""
    if request.method not in ("PUT", "POST"):
        return False
    signed = request.header("authorization") or request.query
    if "/s3/aws4_request" in unquote(signed):
        return True
    is_unsigned = not request.header("authorization") and not is_presigned(request)
    is_form = request.header("content-type").startswith("multipart/form-data")
    return is_unsigned and (request.method == "PUT" or is_form) and request.path.count("/") > 0 and request.path != "/"


def is_presigned(request: Request) -> bool:
    """Whether the query carries a signature."""
    return "X-Amz-Signature=" in request.query


def may_be_form_upload(request: Request) -> bool:
    """Whether this is a POST to a bucket itself that is not signed as others are: a browser's form, if anything."""
    if request.method != "POST" or request.query or request.header("x-amz-target") or request.header("authorization"):
        return False
    path = path_style(request).path.strip("/")
    return bool(path) and "/" not in path


def check_no_older_signature(request: Request) -> None:
    """Raise InvalidRequest for a query signed as before 2014, which boto3 does unless told otherwise.

    Buckets made since June 2020 take version 4 only.
    """
    names = {field.partition("=")[0] for field in request.query.split("&")}
    if {"AWSAccessKeyId", "Signature"} <= names:
        raise InvalidRequest


def asks_for(request: Request, subresource: str) -> bool:
    """Whether the query names this part of a bucket or object."""
    return subresource in parse_qs(request.query, keep_blank_values=True)


def check_not_in_chunks(request: Request) -> None:
    """Raise IncompleteBody for a document that comes in chunks, which nobody would have looked into."""
    if request.header("x-amz-content-sha256").startswith("STREAMING-"):
        raise IncompleteBody
