"""Who may import whom. The table is the architecture: a new line in it is a decision."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEAVES = {"web", "errors", "call", "principal", "clock", "config", "arn", "aside", "files", "jobs", "iam"}
MAY_IMPORT = {
    "call": {"store", "outbox.entities", "files", "jobs", "jose.keys", "principal", "iam"},
    "store": {"*.entities", "aside"},
    "front": LEAVES,
    "wire": LEAVES | {"store"},
    "jose": LEAVES,
    "outbox": LEAVES | {"store"},
    "iam": set(),
    "principal": set(),
    "requests": set(),
    "temporary_keys": {"principal", "store", "wire.entities"},
    "openid": {"web"},
    "ses": LEAVES | {"store", "outbox.entities"},
    "saml": set(),
    "web_identity": LEAVES | {"store", "jose", "cognito_idp", "openid", "saml"},
    "sts": LEAVES | {"temporary_keys", "web_identity"},
    "cognito_identity": LEAVES | {"store", "jose", "cognito_idp", "openid", "sts", "temporary_keys", "web_identity"},
    "cognito_sync": LEAVES | {"store", "cognito_identity", "cognito_idp", "web_identity"},
    "guard": LEAVES | {"requests", "moto_services"},
    "cognito_idp": LEAVES | {"store", "jose", "openid", "outbox.entities", "saml"},
    "oauth": LEAVES | {"store", "jose", "cognito_idp", "openid"},
    "apigateway": LEAVES | {"store", "jose", "cognito_idp", "openid", "web_identity"},
    "lambdas": LEAVES | {"store", "temporary_keys"},
    # of wire: a malformed request is the same in every service
    "moto_services": LEAVES | {"outbox.entities", "saml", "store", "wire"},
    "template": LEAVES | {"store", "*.entities", "apigateway.resource_policy", "lambdas", "wire.models"},
    "control": LEAVES | {"store", "outbox", "faults"},
    "faults": {"errors"},
    "remote": {"errors"},
    "testing": {"*"},
    "app": {"*"},
    "running": {"*"},
    "cli": {"*"},
    "__main__": {"cli"},
}
ONLY_IN = {
    "sqlite3": {"store"},
    "boto3": {"testing"},
    "moto": {"moto_services"},
    "samtranslator": {"template"},
    "uvicorn": {"front"},
    "greenlet": {"front"},
    "typer": {"cli"},
    "jwt": {"openid", "web_identity"},
    "urllib3": {"openid"},
    "lxml": {"saml"},
    "signxml": {"saml"},
    "gmpy2": {"cognito_idp"},
    "passlib": {"cognito_idp"},
    "awslambdaric": {"lambdas"},
}


def modules(folder: Path, prefix: str) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        yield ".".join((prefix, *parts)).removesuffix(".__init__").strip("."), path


@cache
def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


POOLHOUSE = dict(modules(ROOT / "poolhouse", "poolhouse"))
SERVICE = dict(modules(ROOT / "src", ""))


@pytest.mark.parametrize("name", sorted(set(POOLHOUSE) - {"poolhouse"}))
def test_a_part_imports_only_what_the_table_lets_it(name: str) -> None:
    part = name.split(".")[1]
    allowed = MAY_IMPORT.get(part, LEAVES)
    inner = {i.removeprefix("poolhouse.") for i in imports(POOLHOUSE[name]) if i in POOLHOUSE and i != "poolhouse"}

    wrong = {i for i in inner if i.split(".")[0] != part and not _is_allowed(i, allowed)}

    assert not wrong


def _is_allowed(module: str, allowed: set[str]) -> bool:
    return (
        "*" in allowed
        or module.split(".", maxsplit=1)[0] in allowed
        or module in allowed
        or ("*.entities" in allowed and module.endswith(".entities"))
        # a package's own docstring, on the way to what is allowed inside it
        or any(rule.startswith(f"{module}.") for rule in allowed)
        or ("*.entities" in allowed and "." not in module)
    )


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_a_library_is_used_in_its_own_part_only(library: str) -> None:
    users = {
        name.split(".")[1]
        for name, path in POOLHOUSE.items()
        if name != "poolhouse" and any(i.split(".")[0] == library for i in imports(path))
    }

    assert users <= ONLY_IN[library]


def test_the_service_and_the_local_cloud_never_import_each_other() -> None:
    ours = {i.split(".")[0] for path in POOLHOUSE.values() for i in imports(path)}
    theirs = {i.split(".")[0] for path in SERVICE.values() for i in imports(path)}

    assert not ours & {"src", "handlers", "triggers", "shared"}
    assert "poolhouse" not in theirs


def test_handlers_and_triggers_import_shared_and_never_each_other() -> None:
    for name, path in SERVICE.items():
        if name.startswith(("handlers", "triggers")):
            ours = {i.split(".")[0] for i in imports(path)} & {"handlers", "triggers", "src"}
            assert not ours, name


def test_boto3_is_met_in_the_gateway_files_of_shared_only() -> None:
    users = {
        name for name, path in SERVICE.items() if any(i.split(".")[0] in {"boto3", "botocore"} for i in imports(path))
    }

    assert users <= {"shared.aws", "shared.tables", "shared.user_pool", "shared.buckets"}


def test_no_import_goes_round_in_a_circle() -> None:
    graph = {
        name: {i for i in imports(path) if i in POOLHOUSE and i not in {name, "poolhouse"}} - _parents(name)
        for name, path in POOLHOUSE.items()
    }

    list(TopologicalSorter(graph).static_order())


def _parents(name: str) -> set[str]:
    parts = name.split(".")
    return {".".join(parts[:n]) for n in range(1, len(parts))}


@pytest.mark.parametrize("name", sorted(n for n in POOLHOUSE if ".rules" in n))
def test_rules_do_no_io_and_know_neither_time_nor_chance(name: str) -> None:
    forbidden = {"poolhouse.store", "poolhouse.call", "poolhouse.outbox", "time", "random", "secrets", "os", "socket"}

    assert not imports(POOLHOUSE[name]) & forbidden


def test_the_environment_is_read_in_one_place_of_the_service() -> None:
    readers = {name for name, path in SERVICE.items() if imports(path) & {"os", "os.environ", "os.getenv"}}

    assert readers <= {"shared.config"}


# Each in a process of its own, forked from one that has imported none of them
_IMPORT_EACH = """
import importlib, os, sys
sys.path.insert(0, ".")
for name in sys.argv[1:]:
    if os.fork() == 0:
        importlib.import_module(name)
        heavy = {"boto3", "botocore.session", "http.client", "jwt", "pydantic", "PIL"}
        print(name, *sorted(heavy & set(sys.modules)), flush=True)
        os._exit(0)
    os.wait()
"""


def test_functions_start_without_what_takes_long_to_import() -> None:
    names = sorted(n for n in SERVICE if n.startswith(("handlers.", "triggers.")))
    settings = {"AWS_DEFAULT_REGION": "us-east-1", "SENDER_EMAIL_ARN": "arn:aws:ses:us-east-1:123456789012:identity/x"}

    ended = subprocess.run(
        [sys.executable, "-c", _IMPORT_EACH, *names],
        cwd=ROOT / "src",
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    loaded = {name: set(heavy) for name, *heavy in (line.split() for line in ended.stdout.splitlines())}
    assert sorted(loaded) == names
    heavy = {name: found - ({"pydantic"} if name.startswith("handlers.") else set()) for name, found in loaded.items()}
    assert {name: found for name, found in heavy.items() if found} == {
        "handlers.recent_sign_in": {"http.client", "jwt"},  # PyJWT's client of key sets, and ours
        "handlers.thumbnails": {"PIL"},  # docs/decisions/0013-pictures-of-strangers.md
    }
