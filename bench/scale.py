"""`make bench-scale`: a pool grown by import to a million users, and what is asked of it at each size.

Every row is asked by one client, one request after the other, so that its median is what one request costs. Ratios are
to the smallest pool, in the same run. Writes docs/scale.svg.
"""

import argparse
import math
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pygal  # type: ignore[import-untyped]
from rich.console import Console
from rich.table import Table

from bench.peers import PEERS, Running, started
from bench.workload import PASSWORD, client, load, message

SIZES = (1_000, 10_000, 100_000, 1_000_000)
PLOT = Path(__file__).parents[1] / "docs" / "scale.svg"
FILE_ROWS = 500_000  # as many as AWS takes in one file
ASKED = 200  # different users each row asks for
_GIVEN = ("Ann", "Bob", "Eve", "Ian", "Kim", "Lea", "Max", "Noa", "Ole", "Pia")
_ROLE = "arn:aws:iam::000000000000:role/import"


def main() -> None:
    """Measure, print, draw."""
    options = argparse.ArgumentParser(prog="bench.scale", description=__doc__)
    options.add_argument("--sizes", type=int, nargs="*", default=list(SIZES), help="how many users, growing")
    options.add_argument("--seconds", type=float, default=1.0, help="how long each row runs")
    chosen = options.parse_args()
    console = Console(highlight=False)
    figures: dict[int, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder, started(PEERS[0], Path(folder)) as running:
        pool = _Pool(running)
        for size in chosen.sizes:
            rate = pool.grow(size)
            console.print(f"{size:>9,} users: imported at {rate:,.0f} a second, {running.memory():,.0f} MB")
            figures[size] = {name: _median(running, asked, chosen.seconds) for name, asked in pool.rows().items()}
    _print(console, figures)
    _draw(figures)
    console.print(f"Drawn in {PLOT.relative_to(PLOT.parents[1])}")


class _Pool:
    """One pool that signs in by e-mail, with made-up people in it."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._cognito = client(running.endpoint)
        self._size = 0
        made = self._cognito.create_user_pool(
            PoolName="scale", UsernameAttributes=["email"], AutoVerifiedAttributes=["email"]
        )
        self.id = made["UserPool"]["Id"]
        flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        made = self._cognito.create_user_pool_client(UserPoolId=self.id, ClientName="c", ExplicitAuthFlows=flows)
        self._client_id = made["UserPoolClient"]["ClientId"]
        self._header = self._cognito.get_csv_header(UserPoolId=self.id)["CSVHeader"]

    def grow(self, size: int) -> float:
        """Import people until there are so many; how many a second."""
        begun, before, seconds = time.perf_counter(), self._size, 0.0
        while self._size < size:
            count = min(FILE_ROWS, size - self._size)
            job = self._uploaded(count)
            begun = time.perf_counter()
            self._cognito.start_user_import_job(**job)
            while (told := self._told(job))["Status"] in {"Pending", "InProgress"}:
                time.sleep(0.2)
            seconds += time.perf_counter() - begun
            if told["ImportedUsers"] != count:
                raise RuntimeError(f"{told['Status']}: {told['ImportedUsers']} of {count} imported")
            self._size += count
        for number in self._asked():
            self._cognito.admin_set_user_password(
                UserPoolId=self.id, Username=_email(number), Password=PASSWORD, Permanent=True
            )
        return (self._size - before) / seconds

    def rows(self) -> dict[str, list[bytes]]:
        """What is asked at this size."""
        asked = list(self._asked())
        rows = {
            "sign-in": [self._sign_in(number) for number in asked],
            "AdminGetUser": [self._message("AdminGetUser", Username=_email(number)) for number in asked],
        }
        subs = [self._cognito.admin_get_user(UserPoolId=self.id, Username=_email(n))["Username"] for n in asked[:20]]
        filters = {
            "username": [f'username = "{sub}"' for sub in subs],
            "sub": [f'sub = "{sub}"' for sub in subs],
            "email": [f'email = "{_email(number)}"' for number in asked],
            "phone_number": [f'phone_number = "{_phone(number)}"' for number in asked],
            "name": [f'name = "{_name(number)}"' for number in asked],
            "name, by its beginning": [f'name ^= "{_name(number)}"' for number in asked],
            "given_name": [f'given_name = "{name}"' for name in _GIVEN],
            "family_name": [f'family_name = "{_family(number)}"' for number in asked],
            "preferred_username": [f'preferred_username = "p{number:09d}"' for number in asked],
            "cognito:user_status": ['cognito:user_status = "RESET_REQUIRED"'],
            "status": ['status = "Enabled"'],
        }
        for name, texts in filters.items():
            rows[f"ListUsers by {name}"] = [self._message("ListUsers", Filter=text, Limit=20) for text in texts]
        rows["ListUsers, the first page"] = [self._message("ListUsers", Limit=20)]
        rows["ListUsers, a page far on"] = [self._message("ListUsers", Limit=20, PaginationToken=self._far())]
        return rows

    def _uploaded(self, count: int) -> dict[str, str]:
        job = self._cognito.create_user_import_job(JobName="j", UserPoolId=self.id, CloudWatchLogsRoleArn=_ROLE)
        told = job["UserImportJob"]
        lines = [",".join(self._header), *(self._row(number) for number in range(self._size, self._size + count))]
        headers = {"x-amz-server-side-encryption": "aws:kms"}
        body = "\n".join(lines).encode()
        with urlopen(Request(told["PreSignedUrl"], data=body, method="PUT", headers=headers), timeout=60):
            return {"UserPoolId": self.id, "JobId": told["JobId"]}

    def _told(self, job: dict[str, str]) -> dict[str, Any]:
        return dict(self._cognito.describe_user_import_job(**job)["UserImportJob"])

    def _row(self, number: int) -> str:
        values = {
            "cognito:username": _email(number),
            "cognito:mfa_enabled": "false",
            "email": _email(number),
            "email_verified": "true",
            "phone_number": _phone(number),
            "name": _name(number),
            "given_name": _GIVEN[number % len(_GIVEN)],
            "family_name": _family(number),
            "preferred_username": f"p{number:09d}",
        }
        return ",".join(values.get(name, "") for name in self._header)

    def _asked(self) -> Iterator[int]:
        """People from all over the pool, always as many."""
        return iter(range(0, self._size, max(self._size // ASKED, 1)))

    def _sign_in(self, number: int) -> bytes:
        parameters = {"USERNAME": _email(number), "PASSWORD": PASSWORD}
        body = {"ClientId": self._client_id, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}
        return message(self._running, "InitiateAuth", body)

    def _message(self, operation: str, **body: Any) -> bytes:
        return message(self._running, operation, {"UserPoolId": self.id, **body})

    def _far(self) -> str:
        """The token of a page some way into the pool; walking to the end of a million would take too long."""
        token: dict[str, str] = {}
        for _ in range(min(self._size // 60 - 1, 500)):
            page = self._cognito.list_users(UserPoolId=self.id, Limit=60, **token)
            token = {"PaginationToken": page["PaginationToken"]}
        return token["PaginationToken"]


def _email(number: int) -> str:
    return f"user{number * 7919 % 10_000_019:08d}@example.com"  # in no order


def _phone(number: int) -> str:
    return f"+4179{number:08d}"


def _name(number: int) -> str:
    return f"{_GIVEN[number % len(_GIVEN)]} {_family(number)} {number:07d}"


def _family(number: int) -> str:
    return f"Family{number % 40:02d}"


def _median(running: Running, messages: list[bytes], seconds: float) -> float:
    result = load(running, messages, seconds=seconds, connections=1)
    if result.median_ms is None or result.bad:
        raise RuntimeError(f"{result.bad} bad answers: {result.example}")
    return result.median_ms


def _print(console: Console, figures: dict[int, dict[str, float]]) -> None:
    sizes = list(figures)
    table = Table(title="median of one request, ms (ratio to the smallest pool)")
    table.add_column("")
    for size in sizes:
        table.add_column(f"{size:,}", justify="right")
    for name in figures[sizes[0]]:
        least = figures[sizes[0]][name]
        table.add_row(name, *(f"{figures[size][name]:.2f} ({figures[size][name] / least:.2f}x)" for size in sizes))
    console.print(table)


def _draw(figures: dict[int, dict[str, float]]) -> None:
    sizes = list(figures)
    chart = pygal.XY(
        title="One request in a pool of so many users: its median beside that of the smallest pool",
        x_title="users",
        y_title="ratio",
        range=(0, 2),
        x_labels=[{"value": math.log10(size), "label": f"{size:,}"} for size in sizes],
        legend_at_bottom=True,
        legend_at_bottom_columns=3,
        width=1000,
        height=700,
        js=(),
    )
    for name, least in figures[sizes[0]].items():
        chart.add(name, [(math.log10(size), round(figures[size][name] / least, 2)) for size in sizes])
    chart.render_to_file(str(PLOT))


if __name__ == "__main__":
    main()
