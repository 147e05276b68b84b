"""What comes in and goes out over the API, as pydantic models."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints, model_validator

from shared.principal import Kind, Principal

MAX_AMOUNT = 2**53 - 1  # the largest integer every JSON reader keeps exact
MAX_NOTE = 16_384  # characters
MAX_RECORDS = 1024  # of a dataset
MAX_FILE = 5 * 1024 * 1024  # bytes
FILE_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"  # one segment of a key: no slash, and no dot in front
DATASET_NAME = r"^[A-Za-z0-9_.:-]{1,128}$"
NOTE_ID = r"^[A-Za-z0-9_-]{1,64}$"
TITLE_ID = r"^[a-z0-9][a-z0-9-]{0,63}$"
TRANSACTION_ID = r"^txn_[0-9a-f]{32}$"


def _not_zero(amount: int) -> int:
    if amount == 0:
        raise ValueError("amount is never zero")
    return amount


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Amount = Annotated[
    int, Field(ge=-MAX_AMOUNT, le=MAX_AMOUNT, json_schema_extra={"not": {"const": 0}}), AfterValidator(_not_zero)
]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Instant = Annotated[datetime, PlainSerializer(_instant), Field(json_schema_extra={"format": "date-time"})]


class Model(BaseModel):
    """Read-only, no guessing of types, no members we do not know; values stay out of errors, and so out of logs."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True, hide_input_in_errors=True)


class NewTransaction(Model):
    """What somebody asks to have recorded. `amount` is in the currency's minor unit (cents); a debit is negative."""

    amount: Amount
    currency: Currency  # ISO 4217, its shape alone: the list changes too often to be kept here
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class Transaction(NewTransaction):
    """A recorded transaction."""

    id: str
    created_at: Instant


class TransactionPage(Model):
    """Transactions, newest first. `next` is the cursor of the page after this one, null on the last."""

    items: list[Transaction]
    next: str | None = None


class Query(BaseModel):
    """What a query says: its parameters are text, so types are read from it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class PageQuery(Query):
    """Which page of a list."""

    limit: Annotated[int, Field(ge=1, le=100)] = 25
    cursor: Annotated[str, StringConstraints(max_length=200)] | None = None


class Plan(StrEnum):
    """What somebody may stream; the names are those of groups."""

    FREE = "free"
    PREMIUM = "premium"


class PlanChange(Model):
    """The plan somebody wants."""

    plan: Annotated[Plan, Field(strict=False)]


class Title(Model):
    """A title of the catalogue. Whoever has the premium plan may stream all of them."""

    id: str
    name: str
    plan: Annotated[Plan, Field(strict=False)]
    minutes: int


class TitlePage(Model):
    """Titles. `next` is the cursor of the page after this one, null on the last."""

    items: list[Title]
    next: str | None = None


class Stream(Model):
    """Where a title's media are to be read from, until then."""

    url: str
    expires_at: Instant


class UserQuery(Query):
    """Which page of the users; Cognito's cursors are long."""

    limit: Annotated[int, Field(ge=1, le=60)] = 25  # Cognito gives no more
    cursor: Annotated[str, StringConstraints(min_length=1, max_length=4096)] | None = None
    email: Annotated[str, StringConstraints(min_length=3, max_length=254)] | None = None


class DeviceQuery(Query):
    """Which page of the devices."""

    limit: Annotated[int, Field(ge=1, le=60)] = 25
    cursor: Annotated[str, StringConstraints(min_length=1, max_length=4096)] | None = None


class User(Model):
    """A user as admins see them. `groups` are told of one user, and null in lists."""

    username: str
    subject: str
    email: str | None
    email_verified: bool
    name: str | None
    status: str
    enabled: bool
    created_at: Instant
    groups: list[str] | None


class UserPage(Model):
    """Users. `next` is the cursor of the page after this one, null on the last."""

    items: list[User]
    next: str | None = None


class Device(Model):
    """A device somebody has signed in with."""

    key: str
    name: str | None
    last_ip: str | None
    created_at: Instant
    last_signed_in_at: Instant


class DevicePage(Model):
    """Devices. `next` is the cursor of the page after this one, null on the last."""

    items: list[Device]
    next: str | None = None


class ProfileChange(Model):
    """What a user changes of their profile: null takes an attribute away, what is left out stays."""

    name: PersonName | None = None
    given_name: PersonName | None = None
    family_name: PersonName | None = None
    locale: (
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*$", max_length=35)] | None
    ) = None
    zoneinfo: (
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$", max_length=64)] | None
    ) = None


class NewNote(Model):
    """What somebody asks to have kept."""

    text: Annotated[str, StringConstraints(max_length=MAX_NOTE)]


class Note(NewNote):
    """A note. `version` rises by one with each change, and is its ETag."""

    id: Annotated[str, StringConstraints(pattern=NOTE_ID)]
    version: Annotated[int, Field(ge=1, le=MAX_AMOUNT)]
    updated_at: Instant


class NotePage(Model):
    """Notes by their ids. `next` is the cursor of the page after this one, null on the last."""

    items: list[Note]
    next: str | None = None


class Patch(Model):
    """A change to one record, made on the record as it was at `sync_count`: 0 for one that is new."""

    # What the validator below asks for, in the words of the contract
    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"properties": {"op": {"const": "replace"}, "value": {"type": "string"}}, "required": ["value"]},
                {"properties": {"op": {"const": "remove"}, "value": {"type": "null"}}},
            ]
        }
    )

    op: Literal["replace", "remove"]
    key: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    value: Annotated[str, StringConstraints(max_length=1_048_575)] | None = None
    sync_count: Annotated[int, Field(ge=0, le=MAX_AMOUNT)]

    @model_validator(mode="after")
    def _has_a_value_to_put(self) -> Self:
        if (self.value is None) != (self.op == "remove"):
            raise ValueError("replace has a value, and remove has none")
        return self


class Patches(Model):
    """Changes that are made together or not at all."""

    patches: Annotated[list[Patch], Field(min_length=1, max_length=MAX_RECORDS)]

    @model_validator(mode="after")
    def _names_each_record_once(self) -> Self:
        if len({patch.key for patch in self.patches}) != len(self.patches):
            raise ValueError("each key is named once")
        return self


class Record(Model):
    """A record of a dataset; one that was removed has no value."""

    key: str
    value: str | None
    sync_count: int
    modified_at: Instant


class Dataset(Model):
    """A dataset's count, and those of its records that were asked for.

    `whole`: these are all records there are, and what else a device has kept is gone.
    """

    name: str
    sync_count: int
    whole: bool
    records: list[Record]


class DatasetSummary(Model):
    """What is told of a dataset in a list. `records` are those that have a value; `bytes` count towards its limit."""

    name: str
    sync_count: int
    records: int
    bytes: int
    modified_at: Instant


class DatasetList(Model):
    """All datasets of an identity, by name."""

    items: list[DatasetSummary]


class NewFile(Model):
    """What somebody wants to upload: its type is one of those a thumbnail is made of."""

    name: Annotated[str, StringConstraints(pattern=FILE_NAME)]
    type: Literal["image/gif", "image/jpeg", "image/png", "image/webp"]


class Upload(Model):
    """A form for one file: `fields` first, then the file as the field `file`, as multipart/form-data."""

    url: str
    fields: dict[str, str]
    max_bytes: int
    expires_at: Instant


class Thumbnail(Model):
    """What has become of a file's thumbnail; `reason` says why there is none, `url` where it is for a while."""

    status: Literal["pending", "ready", "refused"]
    reason: str | None = None
    url: str | None = None


class File(Model):
    """A file that was uploaded."""

    name: str
    size: int
    modified_at: Instant
    thumbnail: Thumbnail


class FilePage(Model):
    """Files by their names. `next` is the cursor of the page after this one, null on the last."""

    items: list[File]
    next: str | None = None


class FileQuery(Query):
    """Which page of the files; S3's cursors are long."""

    limit: Annotated[int, Field(ge=1, le=100)] = 25
    cursor: Annotated[str, StringConstraints(min_length=1, max_length=2048)] | None = None


class Download(File):
    """A file, and where to read it until then."""

    url: str
    expires_at: Instant


class SinceQuery(Query):
    """From which sync count on a client wants to know."""

    since: Annotated[int, Field(ge=0, le=MAX_AMOUNT)] = 0


class Caller(Model):
    """Who signed a request. `user` is the user behind an identity; null where no user pool signed them in."""

    kind: Kind
    subject: str
    username: str | None
    user: str | None

    @classmethod
    def of(cls, principal: Principal) -> Self:
        """What is told of a principal."""
        return cls(
            kind=principal.kind,
            subject=principal.subject,
            username=principal.username or None,
            user=principal.user or None,
        )


class Greeting(Model):
    """A word to a caller."""

    message: str


class Profile(Model):
    """The signed-in user, as far as their token tells: an access token carries neither address nor name."""

    subject: str
    username: str
    email: str | None
    email_verified: bool
    name: str | None
    given_name: str | None
    family_name: str | None
    locale: str | None
    zoneinfo: str | None
    groups: list[str]
    scopes: list[str]
    token_use: str
    client_id: str
    signed_in_at: Instant | None

    @classmethod
    def of(cls, principal: Principal) -> Self:
        """The profile of a user."""
        claims = principal.claims
        return cls(
            subject=principal.subject,
            username=principal.username,
            email=claims.get("email"),
            email_verified=claims.get("email_verified") == "true",
            name=claims.get("name"),
            given_name=claims.get("given_name"),
            family_name=claims.get("family_name"),
            locale=claims.get("locale"),
            zoneinfo=claims.get("zoneinfo"),
            groups=list(principal.groups),
            scopes=sorted(principal.scopes),
            token_use=principal.token_use,
            client_id=principal.client_id,
            signed_in_at=principal.signed_in_at,
        )
