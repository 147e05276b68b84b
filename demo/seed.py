"""`make seed`: fill a running stack of template.yaml with people, titles, transactions, notes and settings to look at.

Everything goes over the AWS wire and the stack's own API, and may be run again: what is there stays, what is missing
is made. Of a local cloud the outputs are asked at its endpoint, of AWS at CloudFormation (`--stack`).
"""

import argparse
import json
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.error import URLError

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError

from demo import clients
from demo.clients import Answer, fetch

LOCAL_PASSWORD = "Correct-horse-7-battery"
HERE, API_HERE = "http://localhost:4566", "http://localhost:3000"
LOOPBACK = ("http://localhost:", "http://127.0.0.1:")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Person:
    """Somebody to sign in as. example.com is nobody's: no mail reaches anybody."""

    email: str
    name: str
    groups: tuple[str, ...]
    transactions: tuple[tuple[int, str], ...] = ()


PEOPLE = (
    Person("ada@example.com", "Ada", ("free", "premium", "admin"), ((250_000, "Salary"), (-4_200, "Train to Vienna"))),
    Person(
        "ben@example.com", "Ben", ("free", "premium"), ((180_000, "Salary"), (-1_250, "Coffee beans"), (-999, "Film"))
    ),
    Person("cleo@example.com", "Cleo", ("free",), ((5_000, "Pocket money"), (-350, "Ice cream"))),
)
TITLES = (
    ("seed-1", "The Lighthouse Keeper", "free", 96),
    ("seed-2", "Harbour Lights", "free", 88),
    ("seed-3", "A Winter in Trieste", "free", 112),
    ("seed-4", "Deep Water", "premium", 131),
    ("seed-5", "The Last Ferry", "premium", 104),
)
NOTES = {"welcome": "This note is yours alone: try it as somebody else.", "shopping": "Milk, bread, coffee"}
SETTINGS = {"theme": "dark", "language": "en"}


class Refused(Exception):
    """Why nothing is seeded, or no more; what was made stays, and the next run goes on."""


@dataclass(frozen=True)
class Stack:
    """Where a stack answers, what it is made of, and AWS's clients for it. `stage` is its parameter Stage."""

    session: Any
    outputs: Mapping[str, str]
    stage: str
    api: str
    endpoint: str | None = None

    @property
    def region(self) -> str:
        return self.outputs["Region"]

    def client(self, service: str) -> Any:
        return self.session.client(service, region_name=self.region, endpoint_url=self.endpoint)


def local_stack(endpoint: str, api: str) -> Stack:
    """The stack of a cloud on this machine. Raises Refused."""
    if not endpoint.startswith(LOOPBACK):
        raise Refused(f"{endpoint} is not on this machine; name a stack on AWS with --stack.")
    try:
        stacks = fetch("GET", f"{endpoint}/_poolhouse/outputs").body
    except URLError:
        raise Refused(
            f"No cloud answers at {endpoint}. Start one with `make up`, or name another with --endpoint and --api, "
            "or a stack with --stack."
        ) from None
    found = [outputs for outputs in stacks.values() if "ApiUrl" in outputs]
    if not found:
        raise Refused(f"The cloud at {endpoint} has no stack of template.yaml.")
    session: Any = boto3.Session(aws_access_key_id="seed", aws_secret_access_key="seed")
    stage = found[0]["ApiUrl"].rstrip("/").rpartition("/")[2]
    return Stack(session, found[0], stage, api, endpoint)


def stack_on_aws(name: str, profile: str | None, region: str | None) -> Stack:
    """A stack by its name, as CloudFormation tells its outputs. Raises Refused."""
    session: Any = boto3.Session(profile_name=profile, region_name=region)
    (found,) = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}
    if "ApiUrl" not in outputs:
        raise Refused(f"{name} is not a stack of template.yaml, or is not deployed yet.")
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", [])}
    return Stack(session, outputs, parameters["Stage"], outputs["ApiUrl"])


def check_stage(stack: Stack, *, even_prod: bool) -> None:
    """Raise Refused for production, where nobody asked for it."""
    if stack.stage == "prod" and not even_prod:
        raise Refused("Its Stage is prod: people with one password do not belong there. Or say --even-prod.")


def seed(stack: Stack, password: str, say: Say) -> None:
    """Make what is missing. Raises Refused for an answer that was not expected, and what botocore raises."""
    _titles(stack, say)
    for person in PEOPLE:
        _person(stack, person, password, say)


def _titles(stack: Stack, say: Say) -> None:
    dynamodb, s3 = stack.client("dynamodb"), stack.client("s3")
    for title, name, plan, minutes in TITLES:
        row = {"id": {"S": title}, "name": {"S": name}, "plan": {"S": plan}, "minutes": {"N": str(minutes)}}
        dynamodb.put_item(TableName=stack.outputs["TitlesTableName"], Item=row)
        media = f"{name}, {minutes} minutes. The film itself is left to you.\n"
        s3.put_object(
            Bucket=stack.outputs["MediaBucketName"],
            Key=f"titles/{plan}/{title}",
            Body=media.encode(),
            ContentType="text/plain",
        )
    say(f"  titles             {len(TITLES)} are there")


def _person(stack: Stack, person: Person, password: str, say: Say) -> None:
    cognito, pool = stack.client("cognito-idp"), stack.outputs["UserPoolId"]
    is_new = _made(cognito, pool, person)
    who = {"UserPoolId": pool, "Username": person.email}
    cognito.admin_set_user_password(**who, Password=password, Permanent=True)
    for group in person.groups:
        cognito.admin_add_user_to_group(**who, GroupName=group)
    tokens = clients.srp(cognito, pool, stack.outputs["WebClientId"], person.email, password)
    transactions = _transactions(stack, person, tokens["AccessToken"])
    keys = _keys(stack, pool, tokens["IdToken"])
    notes = sum(_note(stack, keys, note, text) for note, text in NOTES.items())
    settings = _settings(stack, keys)
    made = [f"{transactions} transactions", f"{notes} notes", f"{settings} settings"]
    say(f"  {person.email:18} {'made' if is_new else 'there'}, and {', '.join(made)} made")


def _made(cognito: Any, pool: str, person: Person) -> bool:
    attributes = {"email": person.email, "email_verified": "true", "name": person.name}
    try:
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=person.email,
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
            MessageAction="SUPPRESS",
        )
    except cognito.exceptions.UsernameExistsException:
        return False
    return True


def _transactions(stack: Stack, person: Person, token: str) -> int:
    """Record what is not there yet, known by its description; how many were."""
    there = _expect(fetch("GET", f"{stack.api}/transactions?limit=100", token=token), 200)["items"]
    known = {one["description"] for one in there}
    missing = [(amount, text) for amount, text in person.transactions if text not in known]
    for amount, text in missing:
        body = {"amount": amount, "currency": "EUR", "description": text}
        key = {"idempotency-key": f"seed-{text}".replace(" ", "-")}  # two runs at once make one row
        _expect(fetch("POST", f"{stack.api}/transactions", token=token, body=body, headers=key), 201)
    return len(missing)


def _keys(stack: Stack, pool: str, id_token: str) -> Credentials:
    """The AWS keys of the identity behind an ID token."""
    identities, logins = (
        stack.client("cognito-identity"),
        {f"cognito-idp.{stack.region}.amazonaws.com/{pool}": id_token},
    )
    made = identities.get_id(IdentityPoolId=stack.outputs["IdentityPoolId"], Logins=logins)["IdentityId"]
    keys = identities.get_credentials_for_identity(IdentityId=made, Logins=logins)["Credentials"]
    return Credentials(keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"])


def _note(stack: Stack, keys: Credentials, note: str, text: str) -> bool:
    if _signed(stack, keys, "GET", f"/notes/{note}").status == 200:
        return False
    _expect(_signed(stack, keys, "PUT", f"/notes/{note}", {"text": text}), 201)
    return True


def _settings(stack: Stack, keys: Credentials) -> int:
    if _signed(stack, keys, "GET", "/datasets/settings").status == 200:
        return 0
    patches = [{"op": "replace", "key": key, "value": value, "sync_count": 0} for key, value in SETTINGS.items()]
    _expect(_signed(stack, keys, "PATCH", "/datasets/settings", {"patches": patches}), 200)
    return len(patches)


def _signed(stack: Stack, keys: Credentials, method: str, path: str, body: object = None) -> Answer:
    url, text = f"{stack.api}{path}", None if body is None else json.dumps(body)
    request = AWSRequest(method, url, data=text, headers={"content-type": "application/json"})
    SigV4Auth(keys, "execute-api", stack.region).add_auth(request)
    return fetch(method, url, body=text, headers=dict(request.headers.items()))


def _expect(answer: Answer, status: int) -> Any:
    if answer.status != status:
        raise Refused(f"The API answered {answer.status} instead of {status}: {answer.body}")
    return answer.body


def _summary(stack: Stack, password: str) -> list[str]:
    rows = [f"  {person.email:18} {password}   {', '.join(person.groups)}" for person in PEOPLE]
    return [
        "\nSign in by SRP as:\n",
        *rows,
        f"\nAPI {stack.api}, app client {stack.outputs['WebClientId']}, user pool {stack.outputs['UserPoolId']}.",
    ]


def _password(stack: Stack, given: str | None) -> str:
    """The one asked for; here one to remember, on AWS one nobody can know, for an admin is among these people."""
    return given or (LOCAL_PASSWORD if stack.endpoint else f"{secrets.token_urlsafe(15)}aA1")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make seed ARGS=...", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--endpoint", default=HERE, help=f"the local cloud; {HERE} by default")
    parser.add_argument("--api", default=API_HERE, help=f"its API; {API_HERE} by default")
    parser.add_argument("--stack", help="a stack on AWS instead, by its name")
    parser.add_argument("--profile", help="the AWS profile for it")
    parser.add_argument("--region", help="the region it is in")
    parser.add_argument("--password", help="everybody's password; made up on AWS where it is not given")
    parser.add_argument("--even-prod", action="store_true", help="seed a stack whose Stage is prod")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None, say: Say = print) -> int:
    """Seed the stack that was asked for; 1 where that cannot be."""
    options = _options(arguments)
    try:
        if options.stack:
            stack = stack_on_aws(options.stack, options.profile, options.region)
        else:
            stack = local_stack(options.endpoint.rstrip("/"), options.api.rstrip("/"))
        check_stage(stack, even_prod=options.even_prod)
        password = _password(stack, options.password)
        say(f"Seeding {options.stack or options.endpoint} (stage {stack.stage}) ...")
        seed(stack, password, say)
    except (Refused, BotoCoreError, ClientError) as error:
        print(f"seed: {error}", file=sys.stderr)
        return 1
    for line in _summary(stack, password):
        say(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
