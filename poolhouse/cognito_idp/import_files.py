"""Where the files of user imports are uploaded, and where their logs are read: `/_poolhouse/imports/...`.

AWS gives a presigned URL of an S3 bucket of its own for the file, and writes the log to CloudWatch Logs. Answers here
are S3's.
"""

import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode

from poolhouse import aside
from poolhouse.call import Call
from poolhouse.cognito_idp.entities import ImportJob
from poolhouse.cognito_idp.flows import user_import
from poolhouse.web import Request, Response

PREFIX = "/_poolhouse/imports/"
LONGEST_FILE = 100 * 1024 * 1024
_GOOD_FOR = timedelta(minutes=15)
_SIGNED_HEADER = ("x-amz-server-side-encryption", "aws:kms")


def upload_url(call: Call, job: ImportJob) -> str:
    """The URL a job's file is put to, for a quarter of an hour from when the job was made."""
    expires = int((job.created_at + _GOOD_FOR).timestamp())
    query = urlencode({"X-Amz-Expires": expires, "X-Amz-Signature": _signature(call, job, expires)})
    return f"{call.origin}{PREFIX}{job.pool_id}/{job.id}?{query}"


def handle(call: Call, request: Request) -> Response:
    """Take a file (PUT), or tell a job's log (GET `.../log`)."""
    pool_id, _, rest = request.path.removeprefix(PREFIX).partition("/")
    job_id, _, what = rest.partition("/")
    job = call.store.import_jobs.find(pool_id=pool_id, id=job_id)
    if job is None:
        return _error(404, "NoSuchKey", "The specified key does not exist.")
    if request.method == "GET" and what == "log":
        path = call.files.path(user_import.log_name(job))
        text = aside.wait(lambda: user_import.read_log(path))
        return Response(200, text, (("Content-Type", "text/plain; charset=utf-8"),))
    if request.method != "PUT" or what:
        return _error(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
    return _take(call, job, request)


def refuse_too_long(_: Request) -> Response:
    """What a file that is too long is answered with."""
    return _error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")


def _take(call: Call, job: ImportJob, request: Request) -> Response:
    query = parse_qs(request.query)
    expires, signature = query.get("X-Amz-Expires", [""])[0], query.get("X-Amz-Signature", [""])[0]
    expected = _signature(call, job, int(expires)) if expires.isdecimal() and len(expires) < 12 else ""
    name, value = _SIGNED_HEADER
    if not expected or not hmac.compare_digest(signature.encode(), expected.encode()) or request.header(name) != value:
        return _error(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
        )
    if call.now >= datetime.fromtimestamp(int(expires), UTC):
        return _error(403, "AccessDenied", "Request has expired")
    if job.status != "Created":
        return _error(403, "AccessDenied", "Access Denied")
    aside.wait(lambda: call.files.put(user_import.file_name(job), request.body))
    return Response(200)


def _signature(call: Call, job: ImportJob, expires: int) -> str:
    return call.store.sealer.digest(f"import file\0{job.pool_id}\0{job.id}\0{expires}")


def _error(status: int, code: str, message: str) -> Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(status, body.encode(), (("Content-Type", "application/xml"),))
