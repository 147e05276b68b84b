"""What the service's tests share: the sample events, and what Lambda hands a function beside them."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import argon2
import bcrypt
import yaml

from shared.observability import LambdaContext

ROOT = Path(__file__).parent.parent
EVENTS = ROOT / "events"
POOL_ID = "us-east-1_Pool12345"
USER = "64684428-c021-7049-51b0-d218e66ffecd"
PASSWORD = "Correct-horse-7-battery"
# As another system would have kept that password, but cheaper
ARGON2ID = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD, salt=b"sixteen bytes of")
BCRYPT = bcrypt.hashpw(PASSWORD.encode(), b"$2b$04$" + b"." * 22).decode()
WEB_CLIENT = "7r6asark7md3ikibfdd0i8fb4t"
MACHINE_CLIENT = "3n4b5urk1ft4fl3mg5e62d9ado"

Event = dict[str, Any]
Handler = Callable[[Event, LambdaContext], dict[str, Any]]


@dataclass(frozen=True)
class Context:
    """The members of Lambda's context object that are read."""

    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"
    aws_request_id: str = "52fdfc07-2182-454f-963f-5f0f9a621d72"


CONTEXT = cast("LambdaContext", Context())


@cache
def _event(name: str) -> Event:
    return cast("Event", json.loads((EVENTS / f"{name}.json").read_text("utf-8")))


def event(name: str) -> Event:
    """A sample event of `events/`, free to be changed."""
    return deepcopy(_event(name))


@dataclass(frozen=True)
class Answer:
    """A function's answer to the API."""

    status: int
    body: Any
    headers: dict[str, str]


def call(handler: Handler, request: Event) -> Answer:
    """Hand an API event to a function, and read its answer as a client would."""
    answer = handler(request, CONTEXT)
    headers = {name.lower(): values[0] for name, values in answer["multiValueHeaders"].items()}
    return Answer(answer["statusCode"], json.loads(answer["body"] or "null"), headers)


class _Template(yaml.SafeLoader):
    """Reads a template; intrinsics are left as their argument."""


_Template.add_multi_constructor("!", lambda loader, _tag, node: _argument(loader, node))


def _argument(loader: yaml.SafeLoader, node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


def _unrolled(section: dict[str, Any]) -> dict[str, Any]:
    """A section without Fn::ForEach: an item stands for its name in keys and texts, and for what was a Ref to it."""
    made: dict[str, Any] = {}
    for key, value in section.items():
        if key.startswith("Fn::ForEach::"):
            name, items, repeated = value
            for item in items:
                text = json.dumps(repeated).replace(f"${{{name}}}", item).replace(f': "{name}"', f': "{item}"')
                made |= _unrolled(json.loads(text))
        else:
            made[key] = value
    return made


@cache
def template() -> dict[str, Any]:
    """template.yaml, its loops unrolled, its other intrinsics left as their arguments."""
    read = cast("dict[str, Any]", yaml.load((ROOT / "template.yaml").read_text("utf-8"), _Template))
    return {**read, "Resources": _unrolled(read["Resources"])}
