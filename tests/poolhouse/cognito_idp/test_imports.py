"""User imports: header, upload, start, stop; what becomes of each row, and of a job that is cut off."""

import base64
import hashlib
import json
import threading
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import argon2
import bcrypt
import pytest
from pycognito import aws_srp

from poolhouse import testing
from poolhouse.config import Config
from tests.poolhouse.cognito_idp.accounts import code_for, make_client, make_pool, refused, user_attributes
from tests.poolhouse.cognito_idp.sign_ins import ANN, PHONE

AWSSRP: Any = aws_srp.AWSSRP  # pycognito has no types
ROLE = "arn:aws:iam::000000000000:role/import"
POOL: dict[str, Any] = {"AutoVerifiedAttributes": ["email"], "UsernameConfiguration": {"CaseSensitive": False}}
KMS = {"x-amz-server-side-encryption": "aws:kms"}
NOT_SIGNED = "SignatureDoesNotMatch"


class Import:
    """One job of one pool."""

    def __init__(self, cloud: Any, pool_id: str, **given: Any) -> None:
        self.cloud, self.pool_id = cloud, pool_id
        self.cognito = cloud.client("cognito-idp")
        self.header: list[str] = self.cognito.get_csv_header(UserPoolId=pool_id)["CSVHeader"]
        made = self.cognito.create_user_import_job(
            JobName="job", UserPoolId=pool_id, CloudWatchLogsRoleArn=ROLE, **given
        )["UserImportJob"]
        self.job = {"UserPoolId": pool_id, "JobId": made["JobId"]}
        self.url = str(made["PreSignedUrl"])

    def row(self, username: str, **values: str) -> str:
        given = {"cognito:username": username, "cognito:mfa_enabled": "false", "email_verified": "true", **values}
        given.setdefault("email", f"{username}@example.com")
        return ",".join(given.get(name.replace("custom:", "custom__"), "") for name in self.header)

    def put(self, body: str, headers: dict[str, str] | None = None, url: str = "") -> Any:
        parts = urlsplit(url or self.url)
        return self.cloud.fetch(
            "PUT", f"{parts.path}?{parts.query}", headers=KMS if headers is None else headers, body=body.encode()
        )

    def upload(self, *rows: str) -> None:
        assert self.put("\n".join([",".join(self.header), *rows]) + "\n").status == 200

    def start(self) -> dict[str, Any]:
        return dict(self.cognito.start_user_import_job(**self.job)["UserImportJob"])

    def told(self) -> dict[str, Any]:
        return dict(self.cognito.describe_user_import_job(**self.job)["UserImportJob"])

    def finished(self) -> dict[str, Any]:
        """What is told of the job once it is done."""
        for thread in threading.enumerate():
            if thread.name == f"import {self.job['JobId']}":
                thread.join(30)
        return self.told()

    def run(self, *rows: str) -> dict[str, Any]:
        self.upload(*rows)
        self.start()
        return self.finished()

    @property
    def log(self) -> list[str]:
        path = urlsplit(self.url).path
        return list(self.cloud.fetch("GET", f"{path}/log").body.decode().splitlines())


@pytest.fixture
def job(cloud: Any, cognito: Any) -> Import:
    return Import(cloud, make_pool(cognito, **POOL))


def test_the_header_is_aws_with_the_pools_own_attributes(cognito: Any) -> None:
    schema = [{"Name": "plan", "AttributeDataType": "String"}]
    header = cognito.get_csv_header(UserPoolId=make_pool(cognito, Schema=schema))["CSVHeader"]

    assert header == [
        *("name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture"),
        *("website", "email", "email_verified", "gender", "birthdate", "zoneinfo", "locale", "phone_number"),
        *("phone_number_verified", "address", "updated_at", "custom:plan", "cognito:mfa_enabled", "cognito:username"),
    ]


def test_rows_become_users_who_set_a_password(job: Import, cloud: Any, cognito: Any) -> None:
    told = job.run(job.row("ann", email=ANN, name="Ann\\, the first"), job.row("bob"))
    assert (told["Status"], told["ImportedUsers"], told["SkippedUsers"], told["FailedUsers"]) == ("Succeeded", 2, 0, 0)
    assert told["StartDate"] <= told["CompletionDate"]
    assert job.log == [f"[SUCCEEDED] Line Number {line} - The import succeeded." for line in (2, 3)]

    ann = cognito.admin_get_user(UserPoolId=job.pool_id, Username="ann")
    assert ann["UserStatus"] == "RESET_REQUIRED"
    assert user_attributes(cognito, job.pool_id, "ann")["name"] == "Ann, the first"
    client_id = make_client(cognito, job.pool_id, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"])
    credentials = {"USERNAME": "ann", "PASSWORD": "Correct-horse-1"}
    with refused("PasswordResetRequiredException", "Password reset required for the user"):
        cognito.initiate_auth(ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=credentials)
    cognito.forgot_password(ClientId=client_id, Username="ann")
    cognito.confirm_forgot_password(
        ClientId=client_id, Username="ann", ConfirmationCode=code_for(cloud, ANN), Password="Correct-horse-1"
    )
    assert cognito.initiate_auth(ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=credentials)


def test_columns_may_stand_in_any_order(job: Import) -> None:
    job.header.reverse()
    assert job.run(job.row("ann"))["ImportedUsers"] == 1


FAILED: list[tuple[dict[str, str], str]] = [
    ({"cognito:username": ""}, "The User Record does not set cognito:username."),
    ({"cognito:mfa_enabled": ""}, "The User Record does not set cognito:mfa_enabled."),
    ({"cognito:mfa_enabled": "perhaps"}, "The value of cognito:mfa_enabled must be true or false."),
    (
        {"email_verified": "false"},
        "The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true).",
    ),
    ({"email": ""}, "The User Record does not set email, which is verified."),
    ({"email": "no address"}, "Invalid email address format."),
    ({"phone_number": "079"}, "Invalid phone number format."),
    ({"cognito:mfa_enabled": "true"}, "The User Record does not set phone_number, which MFA needs."),
    (
        {"birthdate": "1/1/2000"},
        "Attributes did not conform to the schema: birthdate: String must be no shorter than 10 characters",
    ),
    ({"name": "x" * 16001}, "The row is longer than 16000 characters."),
    ({"name": "a,b"}, "The row does not have as many values as the header."),
]


@pytest.mark.parametrize(("values", "reason"), FAILED)
def test_a_row_that_makes_no_user_is_told_and_the_rest_goes_on(
    job: Import, cognito: Any, values: dict[str, str], reason: str
) -> None:
    told = job.run(job.row(values.pop("cognito:username", "bad"), **values), job.row("ann"), job.row("bob"))

    assert (told["Status"], told["ImportedUsers"], told["FailedUsers"]) == ("Succeeded", 2, 1)
    assert job.log[0] == f"[FAILED] Line Number 2 - {reason}"
    assert len(cognito.list_users(UserPoolId=job.pool_id)["Users"]) == 2


def test_who_is_there_already_is_skipped(job: Import, cognito: Any) -> None:
    cognito.admin_create_user(UserPoolId=job.pool_id, Username="ann", MessageAction="SUPPRESS")
    told = job.run(job.row("ANN"), job.row("bob"), job.row("bob"), job.row("eve"))

    assert (told["ImportedUsers"], told["SkippedUsers"]) == (2, 2)
    assert job.log[0] == "[SKIPPED] Line Number 2 - The user already exists."
    assert cognito.admin_get_user(UserPoolId=job.pool_id, Username="ann")["UserStatus"] == "FORCE_CHANGE_PASSWORD"


def test_an_address_belongs_to_one_user(cloud: Any, cognito: Any) -> None:
    for settings in ({"AliasAttributes": ["email"]}, {"UsernameAttributes": ["email"]}):
        job = Import(cloud, make_pool(cognito, **POOL, **settings))
        names = ("ann", "bob", "eve") if "AliasAttributes" in settings else (ANN, ANN, "eve@example.com")
        rows = [job.row(name, email="eve@example.com" if name.startswith("eve") else ANN) for name in names]
        told = job.run(*rows)
        assert (told["ImportedUsers"], told["SkippedUsers"]) == (2, 1)
        (found,) = cognito.list_users(UserPoolId=job.pool_id, Filter=f'email = "{ANN}"')["Users"]
        assert cognito.admin_get_user(UserPoolId=job.pool_id, Username=ANN)["Username"] == found["Username"]


def test_mfa_comes_with_the_row(job: Import, cognito: Any) -> None:
    job.run(job.row("ann", **{"cognito:mfa_enabled": "TRUE", "phone_number": PHONE}))

    assert cognito.admin_get_user(UserPoolId=job.pool_id, Username="ann")["UserMFASettingList"] == ["SMS_MFA"]


def test_too_many_failures_fail_the_job(job: Import) -> None:
    told = job.run(job.row("bad", email=""), job.row("worse", email=""), job.row("ann"))

    assert told["Status"] == "Failed"
    assert told["CompletionMessage"] == "Too many users have failed or been skipped during the import."
    assert told["ImportedUsers"] == 1


@pytest.mark.parametrize("text", ["", "name,email\n", "\xff", "cognito:username\n\nann"])
def test_another_header_fails_the_job(job: Import, text: str) -> None:
    assert job.put(text).status == 200
    job.start()
    told = job.finished()

    assert (told["Status"], told["ImportedUsers"]) == ("Failed", 0)
    assert told["CompletionMessage"] == "The header row does not have the columns of this user pool."


class TestUpload:
    def test_the_url_is_good_for_its_job_and_a_quarter_of_an_hour(self, job: Import, cloud: Any) -> None:
        other = Import(cloud, job.pool_id)
        spoilt = job.url[:-4] + "0000"
        moved = other.url.replace(other.job["JobId"], job.job["JobId"])
        for url in (spoilt, moved, job.url.split("?")[0], job.url.replace("Expires=", "Expires=9")):
            answer = job.put("x", url=url)
            assert (answer.status, NOT_SIGNED in answer.body.decode()) == (403, True)
        assert job.put("x", headers={}).status == 403  # the header is signed along
        cloud.clock.advance(timedelta(minutes=15))
        answer = job.put("x")
        assert (answer.status, b"Request has expired" in answer.body) == (403, True)

    def test_a_job_that_is_not_there_takes_nothing(self, job: Import) -> None:
        assert job.put("x", url=job.url.replace("import-", "import-x")).status == 404

    def test_nothing_is_taken_once_it_is_started(self, job: Import) -> None:
        job.run(job.row("ann"))
        assert job.put("x").status == 403

    def test_only_a_put_is_taken(self, job: Import) -> None:
        parts = urlsplit(job.url)
        assert job.cloud.fetch("POST", f"{parts.path}?{parts.query}", headers=KMS, body=b"x").status == 405


class TestStates:
    def test_a_job_is_started_once_with_its_file(self, job: Import) -> None:
        assert job.told()["Status"] == "Created"
        with refused("PreconditionNotMetException", "The CSV file of the import job has not been uploaded."):
            job.start()
        job.run(job.row("ann"))
        with refused("PreconditionNotMetException", "The import job cannot be started. Its status is Succeeded."):
            job.start()
        with refused("PreconditionNotMetException", "The import job cannot be stopped. Its status is Succeeded."):
            job.cognito.stop_user_import_job(**job.job)

    def test_a_job_that_nobody_starts_expires(self, job: Import) -> None:
        job.upload(job.row("ann"))
        job.cloud.clock.advance(timedelta(hours=24))

        assert job.told()["Status"] == "Expired"
        with refused("PreconditionNotMetException", "The import job cannot be started. Its status is Expired."):
            job.start()

    def test_jobs_are_listed_by_page(self, job: Import, cloud: Any, cognito: Any) -> None:
        for _ in range(2):
            Import(cloud, job.pool_id)
        first = cognito.list_user_import_jobs(UserPoolId=job.pool_id, MaxResults=2)
        rest = cognito.list_user_import_jobs(
            UserPoolId=job.pool_id, MaxResults=2, PaginationToken=first["PaginationToken"]
        )
        listed = {one["JobId"] for one in first["UserImportJobs"] + rest["UserImportJobs"]}
        assert len(listed) == 3
        assert "PaginationToken" not in rest

    def test_what_is_not_there_is_said_so(self, job: Import, cognito: Any) -> None:
        for ask in (
            cognito.describe_user_import_job,
            cognito.start_user_import_job,
            cognito.stop_user_import_job,
        ):
            with refused("ResourceNotFoundException", "Import job import-nothing does not exist."):
                ask(UserPoolId=job.pool_id, JobId="import-nothing")


def test_a_job_is_stopped_and_what_is_in_stays(job: Import, cognito: Any) -> None:
    job.upload(*(job.row(f"user{number}") for number in range(20000)))
    job.start()
    while not job.told()["ImportedUsers"]:
        pass
    with refused("PreconditionNotMetException", "Another import job is in progress."):
        other = Import(job.cloud, job.pool_id)
        other.upload(other.row("other"))
        other.start()
    assert cognito.stop_user_import_job(**job.job)["UserImportJob"]["Status"] == "Stopping"
    told = job.finished()

    assert told["Status"] == "Stopped"
    assert told["CompletionMessage"] == "The Import Job was stopped by the developer."
    assert 0 < told["ImportedUsers"] < 20000
    assert (
        cognito.describe_user_pool(UserPoolId=job.pool_id)["UserPool"]["EstimatedNumberOfUsers"]
        == told["ImportedUsers"]
    )
    assert len(job.log) == told["ImportedUsers"]


def test_a_job_that_is_cut_off_goes_on_where_it_was(tmp_path: Path) -> None:
    config = Config(state=tmp_path, reraise=True)
    with testing.cloud(config=config) as cloud:
        job = Import(cloud, make_pool(cloud.client("cognito-idp"), **POOL))
        job.upload(*(job.row(f"user{number}") for number in range(20000)))
        job.start()
        while not job.told()["ImportedUsers"]:
            pass
    with testing.cloud(config=config) as cloud:
        job.cloud, job.cognito = cloud, cloud.client("cognito-idp")
        told = job.finished()

        assert (told["Status"], told["ImportedUsers"], told["SkippedUsers"]) == ("Succeeded", 20000, 0)
        numbers = [int(line.split()[3]) for line in job.log]
        assert numbers == list(range(2, 20002))


def test_a_pool_is_deleted_once_its_job_is_done(job: Import, cognito: Any) -> None:
    job.upload(*(job.row(f"user{number}") for number in range(20000)))
    job.start()
    with refused("UserImportInProgressException", "A user import is in progress."):
        cognito.delete_user_pool(UserPoolId=job.pool_id)

    assert job.finished()["ImportedUsers"] == 20000
    cognito.delete_user_pool(UserPoolId=job.pool_id)
    assert job.cloud.inner.store.users.count(pool_id=job.pool_id) == 0


def test_a_file_may_be_larger_than_any_other_body() -> None:
    with testing.cloud(listen=True) as cloud:
        job = Import(cloud, make_pool(cloud.client("cognito-idp"), **POOL))
        rows = [job.row(f"user{number}", profile="x" * 2000) for number in range(6000)]
        body = "\n".join([",".join(job.header), *rows]).encode()
        assert len(body) > 11 * 1024 * 1024
        request = urllib.request.Request(job.url, data=body, method="PUT", headers=KMS)
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200
        job.start()
        assert job.finished()["ImportedUsers"] == 6000


def test_the_answers_are_those_of_the_model(job: Import) -> None:
    assert json.dumps(job.told(), default=str)


# Made by other programs than the one that checks them: bcrypt's and argon2's own packages, and Python's hashlib.
def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")


def _bcrypt(password: str) -> str:
    return bcrypt.hashpw(password.encode(), b"$2b$04$" + 22 * b".").decode()


def _scrypt(password: str) -> str:
    made = hashlib.scrypt(password.encode(), salt=b"salt", n=16, r=8, p=1, dklen=32)
    return f"$scrypt$ln=4,r=8,p=1${_b64(b'salt')}${_b64(made)}"


def _argon2id(password: str) -> str:
    return argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password, salt=b"saltsalt")


def _pbkdf2(password: str) -> str:
    made = hashlib.pbkdf2_hmac("sha256", password.encode(), b"salt", 10)
    return f"$pbkdf2-sha256$10${_b64(b'salt').replace('+', '.')}${_b64(made).replace('+', '.')}"


ALGORITHMS = {"BCRYPT": _bcrypt, "SCRYPT": _scrypt, "ARGON2ID": _argon2id, "PBKDF2_SHA256": _pbkdf2}
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"]
WRONG = ("NotAuthorizedException", "Incorrect username or password.")
FOREIGN = "correct horse, battery"


class TestHashedPasswords:
    def job(self, cloud: Any, cognito: Any, algorithm: str) -> Import:
        made = Import(cloud, make_pool(cognito, **POOL), PasswordHashingAlgorithm=algorithm)
        made.header = [*made.header, "cognito:password_hash"]
        return made

    def row(self, job: Import, text: str, username: str = "ann") -> str:
        return job.row(username, **{"cognito:password_hash": text.replace(",", "\\,")})

    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_a_user_signs_in_by_the_password_they_had(self, cloud: Any, cognito: Any, algorithm: str) -> None:
        job = self.job(cloud, cognito, algorithm)
        told = job.run(self.row(job, ALGORITHMS[algorithm](FOREIGN)))
        assert (told["Status"], told["ImportedUsers"], told["PasswordHashingAlgorithm"]) == ("Succeeded", 1, algorithm)
        assert cognito.admin_get_user(UserPoolId=job.pool_id, Username="ann")["UserStatus"] == "CONFIRMED"
        client_id = make_client(cognito, job.pool_id, ExplicitAuthFlows=FLOWS)

        def sign_in(password: str) -> Any:
            given = {"USERNAME": "ann", "PASSWORD": password}
            return cognito.initiate_auth(ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)

        def prove(password: str) -> Any:
            login = AWSSRP("ann", password, job.pool_id, client_id, client=cognito)
            return login.authenticate_user()

        with refused(*WRONG):
            sign_in("correct horse, batterx")
        with refused(*WRONG):  # of a hash no verifier is made
            prove(FOREIGN)
        assert sign_in(FOREIGN)["AuthenticationResult"]
        assert sign_in(FOREIGN)["AuthenticationResult"]
        assert prove(FOREIGN)["AuthenticationResult"]
        with refused(*WRONG):
            sign_in("correct horse, batterx")

    def test_a_password_is_changed_before_it_was_given(self, cloud: Any, cognito: Any) -> None:
        job = self.job(cloud, cognito, "BCRYPT")
        job.run(self.row(job, _bcrypt(FOREIGN)))
        client_id = make_client(cognito, job.pool_id, ExplicitAuthFlows=FLOWS)
        cognito.admin_set_user_password(
            UserPoolId=job.pool_id, Username="ann", Password="Correct-horse-1", Permanent=True
        )

        for password, is_right in ((FOREIGN, False), ("Correct-horse-1", True)):
            given = {"USERNAME": "ann", "PASSWORD": password}
            ask = {"ClientId": client_id, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": given}
            if is_right:
                assert cognito.initiate_auth(**ask)["AuthenticationResult"]
                continue
            with refused(*WRONG):
                cognito.initiate_auth(**ask)

    @pytest.mark.parametrize("password", ["a" * 100, "a\0b", "é" * 60], ids=["long", "null", "wide"])
    def test_what_bcrypt_never_takes_is_a_wrong_password(self, cloud: Any, cognito: Any, password: str) -> None:
        job = self.job(cloud, cognito, "BCRYPT")
        job.run(self.row(job, _bcrypt(FOREIGN)))
        client_id = make_client(cognito, job.pool_id, ExplicitAuthFlows=FLOWS)

        with refused(*WRONG):
            cognito.initiate_auth(
                ClientId=client_id,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": "ann", "PASSWORD": password},
            )

    @pytest.mark.parametrize(
        ("algorithm", "text", "reason"),
        [
            ("BCRYPT", "nothing", "The password hash is not one of BCRYPT."),
            ("BCRYPT", _scrypt("x"), "The password hash is not one of BCRYPT."),
            ("BCRYPT", "$2b$12$short", "The password hash is not one of BCRYPT."),
            ("BCRYPT", _bcrypt("x").replace("$04$", "$31$"), "The password hash is too costly to check."),
            ("SCRYPT", _scrypt("x").replace("ln=4", "ln=30"), "The password hash is too costly to check."),
            ("SCRYPT", _scrypt("x").replace("p=1", "p=1000"), "The password hash is too costly to check."),
            ("SCRYPT", _scrypt("x").rpartition("$")[0], "The password hash is not one of SCRYPT."),
            ("ARGON2ID", _argon2id("x").replace("argon2id", "argon2i"), "The password hash is not one of ARGON2ID."),
            ("ARGON2ID", _argon2id("x").replace("m=8", "m=99999999"), "The password hash is too costly to check."),
            ("PBKDF2_SHA256", _pbkdf2("x").replace("$10$", "$99999999$"), "The password hash is too costly to check."),
        ],
    )
    def test_a_row_fails_by_its_hash(self, cloud: Any, cognito: Any, algorithm: str, text: str, reason: str) -> None:
        job = self.job(cloud, cognito, algorithm)
        told = job.run(self.row(job, text), self.row(job, ALGORITHMS[algorithm]("x"), "bob"))

        assert (told["ImportedUsers"], told["FailedUsers"]) == (1, 1)
        assert job.log[0] == f"[FAILED] Line Number 2 - {reason}"

    def test_a_row_without_one_sets_a_password_first(self, cloud: Any, cognito: Any) -> None:
        job = self.job(cloud, cognito, "BCRYPT")
        job.run(self.row(job, ""))
        assert cognito.admin_get_user(UserPoolId=job.pool_id, Username="ann")["UserStatus"] == "RESET_REQUIRED"

    def test_the_column_belongs_to_jobs_that_name_an_algorithm(self, cloud: Any, cognito: Any) -> None:
        wrong = "The header row does not have the columns of this user pool."
        without = Import(cloud, make_pool(cognito, **POOL), PasswordHashingAlgorithm="BCRYPT")
        assert without.run(without.row("ann"))["CompletionMessage"] == wrong
        with_one = Import(cloud, make_pool(cognito, **POOL))
        with_one.header = [*with_one.header, "cognito:password_hash"]
        assert with_one.run(self.row(with_one, _bcrypt("x")))["CompletionMessage"] == wrong
