"""User imports: a CSV file uploaded to a URL of its own, then imported row by row."""

import secrets
import string
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp import import_files
from poolhouse.cognito_idp.entities import ImportJob
from poolhouse.cognito_idp.errors import (
    LimitExceededException,
    PreconditionNotMetException,
    ResourceNotFoundException,
)
from poolhouse.cognito_idp.flows import find, pages, user_import
from poolhouse.cognito_idp.rules import import_rows
from poolhouse.store import Store, Tx

Request = Mapping[str, Any]

_MOST = 1000
_EXPIRES_AFTER = timedelta(hours=24)  # "between 24 and 48 hours"
_CHARACTERS = string.ascii_letters + string.digits
_ID_LENGTH = 10


def get_csv_header(call: Call, request: Request) -> dict[str, object]:
    """The columns a pool's file has."""
    pool = find.pool(call, request["UserPoolId"])
    return {"UserPoolId": pool.id, "CSVHeader": import_rows.header(pool)}


def create_user_import_job(call: Call, request: Request) -> dict[str, object]:
    """Make a job and the URL its file is uploaded to."""
    algorithm = request.get("PasswordHashingAlgorithm", "")
    fresh = "".join(secrets.choice(_CHARACTERS) for _ in range(_ID_LENGTH))
    with call.store.write() as tx:
        pool = find.pool_in(tx, request["UserPoolId"])
        if tx.import_jobs.count(pool_id=pool.id) >= _MOST:
            raise LimitExceededException(f"User pool {pool.id} cannot have more than {_MOST} import jobs.")
        job = ImportJob(
            pool_id=pool.id,
            id=f"import-{fresh}",
            name=request["JobName"],
            role_arn=request["CloudWatchLogsRoleArn"],
            status="Created",
            created_at=call.now,
            algorithm=algorithm,
        )
        tx.import_jobs.add(job)
    return {"UserImportJob": _type(call, job)}


def describe_user_import_job(call: Call, request: Request) -> dict[str, object]:
    """One job."""
    find.pool(call, request["UserPoolId"])
    return {"UserImportJob": _type(call, _get(call, call.store, request))}


def list_user_import_jobs(call: Call, request: Request) -> dict[str, object]:
    """A pool's jobs by page."""
    pool = find.pool(call, request["UserPoolId"])
    question, given = f"ListUserImportJobs:{pool.id}", request.get("PaginationToken")
    found, more = pages.page(call, call.store.import_jobs, question, given, request["MaxResults"], pool_id=pool.id)
    response: dict[str, object] = {"UserImportJobs": [_type(call, _lapsed(call, job)) for job in found]}
    return {**response, "PaginationToken": more["NextToken"]} if more else response


def start_user_import_job(call: Call, request: Request) -> dict[str, object]:
    """Begin to import. The sentences of what keeps it from beginning are guesses."""
    with call.store.write() as tx:
        find.pool_in(tx, request["UserPoolId"])
        job = _get(call, tx, request)
        if job.status != "Created":
            raise PreconditionNotMetException(f"The import job cannot be started. Its status is {job.status}.")
        if not call.files.path(user_import.file_name(job)).exists():
            raise PreconditionNotMetException("The CSV file of the import job has not been uploaded.")
        if any(other.status in user_import.ACTIVE for other in tx.import_jobs.list()):
            raise PreconditionNotMetException("Another import job is in progress.")
        job = replace(job, status="Pending", started_at=call.now)
        tx.import_jobs.put(job)
    user_import.start(call.store, call.files, job, call.start_job)
    return {"UserImportJob": _type(call, job)}


def stop_user_import_job(call: Call, request: Request) -> dict[str, object]:
    """Stop importing; users who are in by now stay."""
    with call.store.write() as tx:
        find.pool_in(tx, request["UserPoolId"])
        job = _get(call, tx, request)
        if job.status not in user_import.ACTIVE:
            raise PreconditionNotMetException(f"The import job cannot be stopped. Its status is {job.status}.")
        job = replace(job, status="Stopping")
        tx.import_jobs.put(job)
    return {"UserImportJob": _type(call, job)}


def _get(call: Call, tables: Store | Tx, request: Request) -> ImportJob:
    job = tables.import_jobs.find(pool_id=request["UserPoolId"], id=request["JobId"])
    if job is None:
        raise ResourceNotFoundException(f"Import job {request['JobId']} does not exist.")  # as above
    return _lapsed(call, job)


def _lapsed(call: Call, job: ImportJob) -> ImportJob:
    """A job that nobody started is no longer good."""
    is_lapsed = job.status == "Created" and call.now >= job.created_at + _EXPIRES_AFTER
    return replace(job, status="Expired") if is_lapsed else job


def _type(call: Call, job: ImportJob) -> dict[str, object]:
    shape: dict[str, object] = {
        "JobName": job.name,
        "JobId": job.id,
        "UserPoolId": job.pool_id,
        "PreSignedUrl": import_files.upload_url(call, job),
        "CreationDate": job.created_at,
        "Status": job.status,
        "CloudWatchLogsRoleArn": job.role_arn,
        "ImportedUsers": job.imported,
        "SkippedUsers": job.skipped,
        "FailedUsers": job.failed,
    }
    optional = {
        "StartDate": job.started_at,
        "CompletionDate": job.completed_at,
        "CompletionMessage": job.message,
        "PasswordHashingAlgorithm": job.algorithm,
    }
    return shape | {name: value for name, value in optional.items() if value}
