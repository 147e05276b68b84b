"""A file that a browser's form uploads to a bucket: POST with multipart/form-data.

It is read into a PutObject of the same object, which is decided on and done as any other; who signed its policy, and
what that lets the form say, is in `post_policy`. What comes after the file is not read.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.charset import BASE64, Charset
from email.header import Header as MailHeader
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from poolhouse.web import Request, Response
from poolhouse.wire.buckets import bucket_of_host, path_style
from poolhouse.wire.errors import (
    InvalidArgument,
    MalformedPOSTRequest,
    MalformedXML,
    MaxPostPreDataLengthExceeded,
    PreconditionFailed,
)

LONGEST_FIELDS = 20_480  # bytes before the file
_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,200})"|([^;,\s"]{1,200}))', re.IGNORECASE)
_PARAMETER = re.compile(r';\s*(name|filename)=(?:"((?:[^"\\]|\\.)*)"|([^;\s"]*))', re.IGNORECASE)
_HEADERS = {
    **{name: name for name in ("cache-control", "content-type", "content-disposition", "content-encoding", "expires")},
    **{name: name for name in ("content-language", "x-amz-storage-class", "x-amz-website-redirect-location")},
    "acl": "x-amz-acl",
}
_PREFIXES = ("x-amz-meta-", "x-amz-server-side-encryption", "x-amz-checksum-", "x-amz-object-lock-")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")  # RFC 9110's token, in lower case
_STATUSES = ("200", "201")


class Field(NamedTuple):
    """A field as it was sent."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Form:
    """The fields before the file, by their names in lower case, and the file."""

    fields: Mapping[str, Field]
    content: bytes

    def get(self, name: str) -> str:
        """A field's value, empty when it was not sent; `name` in lower case."""
        return self.fields[name].value if name in self.fields else ""


def parse(request: Request) -> Form:
    """The form. Raises PreconditionFailed, MalformedPOSTRequest, InvalidArgument, MaxPostPreDataLengthExceeded."""
    content_type = request.header("content-type")
    if not content_type.lower().startswith("multipart/form-data"):
        raise PreconditionFailed(
            elements={"Condition": "Bucket POST must be of the enclosure-type multipart/form-data"}
        )
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise MalformedPOSTRequest
    form = _read(b"\r\n" + request.body, b"\r\n--" + (found[1] or found[2]).encode())
    if not form.get("key"):
        raise missing("key")
    return form


def missing(name: str) -> InvalidArgument:
    """What S3 says of a form without a field it needs, or with it after the file."""
    said = (
        f"Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields."
    )
    return InvalidArgument(said, {"ArgumentName": name, "ArgumentValue": ""})


def as_put(form: Form, request: Request) -> Request:
    """The object that the form asks for, at its own path; the method stays POST, which its event is named after."""
    headers = [("content-type", form.get("content-type") or "binary/octet-stream")]
    headers += [(name, request.header(name)) for name in ("host", "user-agent") if request.header(name)]
    for name, field in form.fields.items():
        header = _HEADERS.get(name) or (name if name.startswith(_PREFIXES) and _NAME.fullmatch(name) else "")
        if header and header != "content-type":
            headers.append(
                (header, _encoded(field.value) if name.startswith("x-amz-meta-") else _printable(field.value))
            )
    if form.get("tagging"):
        headers.append(("x-amz-tagging", _tags(form.get("tagging"))))
    headers[0] = ("content-type", _printable(headers[0][1]))
    path = f"{path_style(request).path.rstrip('/')}/{quote(form.get('key'), safe='/~')}"
    if bucket_of_host(request):  # it is in the path now
        headers = [(name, value) for name, value in headers if name != "host"]
    return replace(request, path=path, query="", headers=tuple(headers), body=form.content)


def answer(form: Form, request: Request, done: Response) -> Response:
    """What the form is answered once its object is there: a redirect, an empty page or a document."""
    if done.status != 200:
        return done
    bucket = path_style(request).path.strip("/")
    etag = next((value for name, value in done.headers if name.lower() == "etag"), "")
    origin = f"http://{request.header('host')}" + ("" if bucket_of_host(request) else f"/{bucket}")
    location = f"{origin}/{quote(form.get('key'), safe='')}"
    to = form.get("success_action_redirect") or form.get("redirect")
    if _is_address(to):
        told = urlencode({"bucket": bucket, "key": form.get("key"), "etag": etag})
        return Response(303, b"", (("Location", f"{to}{'&' if urlsplit(to).query else '?'}{told}"), ("ETag", etag)))
    kept = tuple((name, value) for name, value in done.headers if name.lower().startswith("x-amz-"))
    headers = (("ETag", etag), ("Location", location), *kept)
    status = form.get("success_action_status")
    if status == "201":
        values = {"Location": location, "Bucket": bucket, "Key": form.get("key"), "ETag": etag}
        inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>{inner}</PostResponse>'
        return Response(201, body.encode(), (("Content-Type", "application/xml"), *headers))
    return Response(200 if status in _STATUSES else 204, b"", headers)


def _read(body: bytes, delimiter: bytes) -> Form:
    """The parts one by one, until the file. Where a field comes twice, the first counts, which is a guess."""
    fields: dict[str, Field] = {}
    at = body.find(delimiter)
    while at >= 0:
        start = at + len(delimiter)
        if body.startswith(b"--", start):
            said = "POST requires exactly one file upload per request."
            raise InvalidArgument(said, {"ArgumentName": "file", "ArgumentValue": "0"})
        head, at = body.find(b"\r\n\r\n", start), body.find(delimiter, start)
        if not 0 <= head < at:
            break
        disposition = _parameters(body[start:head])
        name, content = disposition.get("name", ""), body[head + 4 : at]
        is_file = name.lower() == "file"
        if (head if is_file else at) > LONGEST_FIELDS:
            raise MaxPostPreDataLengthExceeded(elements={"MaxPostPreDataLengthBytes": str(LONGEST_FIELDS)})
        if is_file:
            return Form(_named_after(fields, disposition.get("filename")), content)
        fields.setdefault(name.lower(), Field(name, content.decode(errors="replace")))
    raise MalformedPOSTRequest


def _parameters(head: bytes) -> dict[str, str]:
    """A part's name and file name. Raises MalformedPOSTRequest for one that is not of a form."""
    for line in head.decode(errors="replace").split("\r\n"):
        header, _, value = line.partition(":")
        if header.strip().lower() == "content-disposition" and value.strip().lower().startswith("form-data"):
            found = {
                one[1].lower(): re.sub(r"\\(.)", r"\1", one[2] or one[3] or "") for one in _PARAMETER.finditer(value)
            }
            if found.get("name"):
                return found
    raise MalformedPOSTRequest


def _named_after(fields: Mapping[str, Field], filename: str | None) -> dict[str, Field]:
    """The fields with the file's name, without its folders, in place of `${filename}`; as they are for one without."""
    if filename is None:
        return dict(fields)
    bare = re.split(r"[/\\]", filename)[-1]
    return {key: Field(name, value.replace("${filename}", bare)) for key, (name, value) in fields.items()}


def _tags(xml: str) -> str:
    """A Tagging document as the header has it. One without tags sets none. Raises MalformedXML."""
    if "<!" in xml:  # no document type: its entities could grow without end
        raise MalformedXML
    try:
        tree = ET.fromstring(xml)  # noqa: S314 - without a document type there is nothing to expand
    except ET.ParseError as error:
        raise MalformedXML from error
    tags = [one for one in tree.iter() if one.tag.rpartition("}")[2] == "Tag"]
    pairs = [{child.tag.rpartition("}")[2]: child.text or "" for child in tag} for tag in tags]
    return urlencode([(pair.get("Key", ""), pair.get("Value", "")) for pair in pairs])


def _encoded(value: str) -> str:
    """A value fit for a header, as S3 gives back what is not: encoded as in RFC 2047."""
    if value.isascii() and value.isprintable():
        return value
    charset = Charset("utf-8")
    charset.header_encoding = BASE64
    return MailHeader(value, charset, maxlinelen=10**6).encode()


def _printable(value: str) -> str:
    return "".join(one if one.isascii() and one.isprintable() else " " for one in value)


def _is_address(text: str) -> bool:
    """Whether somebody can be sent there; S3 passes over what is no absolute URL."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and text.isascii() and text.isprintable()
