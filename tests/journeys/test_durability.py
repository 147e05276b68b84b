"""What was acknowledged is there after `kill -9`, every time, and the store is sound."""

import random
import secrets
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from demo.clients import aws, fetch
from demo.stage import Stage, cloud
from poolhouse.store import Store

KILLS = 20
AT_LEAST = 2  # transactions acknowledged before each kill, however busy the machine is
PASSWORD = "Correct-horse-7-battery"


@dataclass
class Acknowledged:
    """What clients were told had happened."""

    sign_ups: set[str] = field(default_factory=set)
    passwords: dict[str, str] = field(default_factory=dict)
    attempted: dict[str, str] = field(default_factory=dict)
    transactions: set[str] = field(default_factory=set)


class Clients:
    """Three clients that write as fast as they are answered, until the cloud is gone."""

    def __init__(self, stage: Stage, seen: Acknowledged) -> None:
        self._cognito = aws("cognito-idp", stage.endpoint)
        self._stage = stage
        self._seen = seen
        self.recorded = threading.Semaphore(0)
        self._pool, self._web = stage.outputs["UserPoolId"], stage.outputs["WebClientId"]

    def sign_up(self) -> None:
        name = f"{secrets.token_hex(6)}@example.com"
        self._cognito.sign_up(ClientId=self._web, Username=name, Password=PASSWORD)
        self._seen.sign_ups.add(name)

    def change_password(self) -> None:
        password = f"Aa1-{secrets.token_hex(8)}"
        self._seen.attempted["kept@example.com"] = password
        self._cognito.admin_set_user_password(
            UserPoolId=self._pool, Username="kept@example.com", Password=password, Permanent=True
        )
        self._seen.passwords["kept@example.com"] = password

    def record(self) -> None:
        headers = {"idempotency-key": secrets.token_hex(8)}
        body = {"amount": 1, "currency": "EUR", "description": "x"}
        answer = fetch(
            "POST", f"{self._stage.api}/transactions", token=machine_token(self._stage), body=body, headers=headers
        )
        if answer.status == 201:
            self._seen.transactions.add(answer.body["id"])
            self.recorded.release()


def machine_token(stage: Stage) -> str:
    cognito = aws("cognito-idp", stage.endpoint)
    service = stage.outputs["ServiceClientId"]
    described = cognito.describe_user_pool_client(UserPoolId=stage.outputs["UserPoolId"], ClientId=service)
    secret = described["UserPoolClient"]["ClientSecret"]
    form = f"grant_type=client_credentials&client_id={service}&client_secret={secret}"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return str(fetch("POST", f"{stage.endpoint}/oauth2/token", body=form, headers=headers).body["access_token"])


def until_gone(act: Callable[[], None]) -> None:
    while True:
        try:
            act()
        except (OSError, HTTPException, BotoCoreError, KeyError, TypeError):  # an answer may break off anywhere
            return
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
                raise
            return


def kill_under_load(stage: Stage, seen: Acknowledged) -> None:
    clients = Clients(stage, seen)
    threads = [
        threading.Thread(target=until_gone, args=(act,), daemon=True)
        for act in (clients.sign_up, clients.change_password, clients.record)
    ]
    for thread in threads:
        thread.start()
    for _ in range(AT_LEAST):
        assert clients.recorded.acquire(timeout=60)
    threads[0].join(random.uniform(0, 0.4))  # the load goes on for this long
    stage.process.send_signal(signal.SIGKILL)
    stage.process.wait()
    for thread in threads:
        thread.join(30)


def check(stage: Stage, seen: Acknowledged) -> None:
    cognito = aws("cognito-idp", stage.endpoint)
    pool = stage.outputs["UserPoolId"]
    pages = cognito.get_paginator("list_users").paginate(UserPoolId=pool, PaginationConfig={"PageSize": 60})
    emails = {a["Value"] for page in pages for u in page["Users"] for a in u["Attributes"] if a["Name"] == "email"}
    assert seen.sign_ups <= emails
    assert seen.transactions <= listed(stage)
    if seen.passwords:
        assert signs_in(cognito, stage, seen)


def listed(stage: Stage) -> set[str]:
    token, ids, cursor = machine_token(stage), set(), ""
    while True:
        page = fetch("GET", f"{stage.api}/transactions?limit=100{cursor}", token=token).body
        ids |= {row["id"] for row in page["items"]}
        if not page["next"]:
            return ids
        cursor = f"&cursor={page['next']}"


def signs_in(cognito: Any, stage: Stage, seen: Acknowledged) -> bool:
    """With the password that was acknowledged last, or the one that was on its way when the cloud died."""
    for password in (seen.passwords["kept@example.com"], seen.attempted["kept@example.com"]):
        try:
            cognito.admin_initiate_auth(
                UserPoolId=stage.outputs["UserPoolId"],
                ClientId=admin_client(cognito, stage),
                AuthFlow="ADMIN_USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": "kept@example.com", "PASSWORD": password},
            )
        except cognito.exceptions.NotAuthorizedException:
            continue
        return True
    return False


def admin_client(cognito: Any, stage: Stage) -> str:
    pool = stage.outputs["UserPoolId"]
    for one in cognito.list_user_pool_clients(UserPoolId=pool, MaxResults=60)["UserPoolClients"]:
        if one["ClientName"] == "admin":
            return str(one["ClientId"])
    flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    made = cognito.create_user_pool_client(UserPoolId=pool, ClientName="admin", ExplicitAuthFlows=flows)
    return str(made["UserPoolClient"]["ClientId"])


@pytest.mark.slow_journey
def test_nothing_acknowledged_is_lost_in_twenty_kills(tmp_path: Path) -> None:
    seen = Acknowledged()
    state = tmp_path / "state"
    for round_ in range(KILLS):
        with cloud("--state", str(state), log=tmp_path / "log.txt") as stage:
            if round_ == 0:
                aws("cognito-idp", stage.endpoint).admin_create_user(
                    UserPoolId=stage.outputs["UserPoolId"], Username="kept@example.com", MessageAction="SUPPRESS"
                )
            check(stage, seen)
            kill_under_load(stage, seen)
        store = Store(state)
        assert store.check() == []
        store.close()

    with cloud("--state", str(state), log=tmp_path / "log.txt") as stage:
        check(stage, seen)
    assert len(seen.sign_ups) > KILLS
    assert len(seen.transactions) > KILLS
    assert seen.passwords
