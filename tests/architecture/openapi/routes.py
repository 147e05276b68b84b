"""The routes as the code has them: what the handlers' source says, and who the template lets in.

The source is read, not run: a function imported for its documentation would want its environment, and a framework's own
OpenAPI support would cost every cold start what is only wanted here. A route's signature tells what it answers,
`api.body`, `api.query` and `api.header` what it reads, and every error of `shared.errors` that is named on the way from
it what it refuses: some of those a route may never meet, but it meets no others.
"""

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel

from shared.errors import ServiceError
from tests.service_support import ROOT, template

SRC = ROOT / "src"
STATUSES = {"Answer": 200, "Created": 201, "Done": 204}
CALLERS = {
    "user": "A user",
    "member": "A user who is a member of {groups}",
    "token_holder": "A user or a machine client",
    "identity": "An identity that has signed in",
    "signer": "Whoever has signed with AWS keys and may invoke it, guests too",
    "somebody": "Whoever has signed with AWS keys and may invoke it, guests too",  # by the API, which asks for no token
}

Model = type[BaseModel]
Function = ast.FunctionDef


@dataclass(frozen=True)
class Route:
    """A method of a path. `refusals` are those of the function; `caller`, `groups` and `scopes` say who is let in."""

    method: str
    path: str
    area: str
    name: str
    summary: str
    patterns: dict[str, str | None]  # of the parameters in the path
    query: Model | None
    body: Model | None
    headers: tuple[str, ...]  # of the request
    answers: dict[int, Model | None]
    has_etag: bool
    refusals: tuple[type[ServiceError], ...]
    authorizer: str
    scopes: tuple[str, ...]
    groups: tuple[str, ...]
    caller: str


def routes() -> list[Route]:
    """Every route of the template, in its order."""
    return list(_routes())


def about(area: str) -> str:
    """What a handler's file says of itself, in its first paragraph."""
    return _first_paragraph(_tree(f"handlers.{area}"))


def _first_paragraph(node: ast.Module | Function) -> str:
    return " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())


def _routes() -> Iterator[Route]:
    default = template()["Resources"]["Api"]["Properties"]["Auth"]["DefaultAuthorizer"]
    for resource in template()["Resources"].values():
        for event in resource.get("Properties", {}).get("Events", {}).values():
            if event["Type"] == "Api":
                said, handler = event["Properties"], resource["Properties"]["Handler"].removesuffix(".lambda_handler")
                yield _route(handler, said["Method"], said["Path"], {"Authorizer": default, **said.get("Auth", {})})


def _route(module: str, method: str, path: str, auth: dict[str, Any]) -> Route:
    function, declared = _declared(module, method, path)
    names = dict(zip(re.findall(r"<(\w+)>", declared), re.findall(r"{(\w+)}", path), strict=True))
    told = _told(module, function)
    caller, groups = _caller(module, function.name)
    return Route(
        method=method,
        path=path,
        area=module.partition(".")[2],
        name=function.name,
        summary=_first_paragraph(function),
        patterns={theirs: told["patterns"].get(ours) for ours, theirs in names.items()},
        query=told["query"],
        body=told["body"],
        headers=tuple(told["headers"]),
        answers=dict(_answers(module, function)),
        has_etag=any(isinstance(node, ast.Constant) and node.value == "ETag" for node in ast.walk(function)),
        refusals=_refusals(module, function.name),
        authorizer=auth["Authorizer"],
        scopes=tuple(auth.get("AuthorizationScopes", ())),
        groups=groups,
        caller=CALLERS[caller].format(groups=" or ".join(groups)),
    )


def _declared(module: str, method: str, path: str) -> tuple[Function, str]:
    """The function of a route, and the path as its decorator has it."""
    for function in _functions(module).values():
        for decorator in function.decorator_list:
            match decorator:
                case ast.Call(func=ast.Attribute(value=ast.Name("app"), attr=verb), args=[ast.Constant(str(declared))]):
                    if (verb.upper(), re.sub(r"<\w+>", "{}", declared)) == (method, re.sub(r"{\w+}", "{}", path)):
                        return function, declared
    raise LookupError(f"no function for {method} {path}")


def _told(module: str, function: Function) -> dict[str, Any]:
    """What a function reads of a request."""
    told: dict[str, Any] = {"body": None, "query": None, "headers": [], "patterns": {}}
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name("api"), attr="body" | "query" as what), args=[_, model]):
                told[what] = _value(module, model)
            case ast.Call(func=ast.Attribute(value=ast.Name("api"), attr="header"), args=[_, ast.Constant(name)]):
                told["headers"].append(name)
            case ast.Call(func=ast.Attribute(attr="fullmatch"), args=[pattern, ast.Name(name)]):
                told["patterns"][name] = _value(module, pattern)
    return told


def _answers(module: str, function: Function) -> Iterator[tuple[int, Model | None]]:
    """The statuses and models of a signature: `api.Answer[Note] | api.Created[Note]`."""
    for node in ast.walk(function.returns or ast.Constant(None)):
        match node:
            case ast.Subscript(value=ast.Attribute(value=ast.Name("api"), attr=kind), slice=model):
                yield STATUSES[kind], _value(module, model)
            case ast.Attribute(value=ast.Name("api"), attr="Done"):
                yield STATUSES["Done"], None


def _caller(module: str, name: str) -> tuple[str, tuple[str, ...]]:
    """Which kind of caller a function, or one of its module's own, asks for; and of which groups."""
    for called, function_name in _reached(module, name):
        for node in ast.walk(_functions(called)[function_name]) if called == module else ():
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name("api"), attr=kind), args=[_, *groups]) if (
                    kind in CALLERS
                ):
                    named = groups if kind == "member" else []
                    return kind, tuple(str(group) for one in named for group in _each(module, one))
    raise LookupError(f"{module}.{name} asks for no caller")


def _each(module: str, node: ast.expr) -> list[Any]:
    return list(_value(module, node.value)) if isinstance(node, ast.Starred) else [_value(module, node)]


def _refusals(module: str, name: str) -> tuple[type[ServiceError], ...]:
    """The errors that are named in a function, and in everything of `shared` that is named on the way from it."""
    found = {
        error
        for called, function_name in _reached(module, name)
        for error in map(lambda node, m=called: _error(m, node), _names(_functions(called)[function_name]))  # type: ignore[misc]
        if error
    }
    return tuple(sorted(found, key=lambda error: error.code))


def _reached(module: str, name: str) -> list[tuple[str, str]]:
    """A function and all that are named on the way from it, as (module, name)."""
    reached, ahead = [], [(module, name)]
    while ahead:
        at = ahead.pop()
        if at not in reached:
            reached.append(at)
            ahead += [to for node in _names(_functions(at[0])[at[1]]) if (to := _resolved(at[0], node))]
    return reached


def _names(function: Function) -> Iterator[ast.expr]:
    """What a function names, but for what its decorators, its signature and its `except` say."""
    ahead: list[ast.AST] = list(function.body)
    while ahead:
        node = ahead.pop()
        if isinstance(node, ast.ExceptHandler):
            ahead += node.body
            continue
        if isinstance(node, ast.Name | ast.Attribute):
            yield node
        ahead += ast.iter_child_nodes(node)


def _resolved(module: str, node: ast.expr) -> tuple[str, str] | None:
    """The function of `shared` or of this module that a name is for."""
    where, name = module, ""
    match node:
        case ast.Attribute(value=ast.Name(prefix), attr=attribute):
            where, name = _imported(module).get(prefix, ("", ""))[0], attribute
        case ast.Name(alone):
            where, name = _imported(module).get(alone, (module, alone))
            name = name or alone
    return (where, name) if where.startswith(("shared", "handlers")) and name in _functions(where) else None


def _error(module: str, node: ast.expr) -> type[ServiceError] | None:
    if not isinstance(node, ast.Name) or _imported(module).get(node.id, ("",))[0] != "shared.errors":
        return None
    error = _value(module, node)
    return error if isinstance(error, type) and issubclass(error, ServiceError) else None


def _value(module: str, node: ast.expr) -> Any:
    """What a name or a literal in a handler stands for."""
    if isinstance(node, ast.Constant):
        return node.value
    assert isinstance(node, ast.Name), ast.dump(node)
    where, name = _imported(module).get(node.id, ("", ""))
    if where:
        return getattr(importlib.import_module(where), name)
    for statement in _tree(module).body:
        match statement:
            case ast.Assign(targets=[ast.Name(target)], value=value) if target == node.id:
                return _value(module, value)
    raise LookupError(f"{node.id} of {module}")


@cache
def _imported(module: str) -> dict[str, tuple[str, str]]:
    """What names of `shared` mean in a module: (module, attribute), the attribute empty where it is a module."""
    found = {}
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("shared"):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                is_module = (SRC / whole.replace(".", "/")).with_suffix(".py").is_file()
                found[alias.asname or alias.name] = (whole, "") if is_module else (node.module, alias.name)
    return found


@cache
def _functions(module: str) -> dict[str, Function]:
    return {node.name: node for node in _tree(module).body if isinstance(node, Function)}


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse((SRC / module.replace(".", "/")).with_suffix(".py").read_text("utf-8"))
