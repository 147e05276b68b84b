"""What a stack is, in lines for the person who just started it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from poolhouse.store import Store
from poolhouse.template.entities import StackResource
from poolhouse.template.resources.registry import TYPES

_VERBS = ("get", "post", "put", "patch", "delete", "head", "x-amazon-apigateway-any-method")


def lines(
    store: Store, rows: Sequence[StackResource], outputs: Mapping[str, str], notes: Iterable[str]
) -> Iterator[str]:
    """Outputs, routes, triggers, what does not run here, and what the person should know."""
    if outputs:
        yield "Outputs"
        width = max(map(len, outputs))
        for name, value in outputs.items():
            yield f"  {name:{width}}  {value}"
    routes = [route for row in rows if row.type == "AWS::ApiGateway::RestApi" for route in _routes(store, row)]
    if routes:
        yield "Routes"
        yield from (f"  {route}" for route in routes)
    triggers = [trigger for row in rows if row.type == "AWS::Cognito::UserPool" for trigger in _triggers(store, row)]
    if triggers:
        yield "Triggers"
        yield from (f"  {trigger}" for trigger in triggers)
    yield f"Made: {_counts(row for row in rows if TYPES[row.type].runs_here)}"
    resting = [row for row in rows if not TYPES[row.type].runs_here]
    if resting:
        yield f"Kept, with nothing to do here: {_counts(resting)}"
    yield from (f"Note: {note}" for note in dict.fromkeys(notes))


def _routes(store: Store, row: StackResource) -> Iterator[str]:
    api = store.rest_apis.find(id=row.physical_id)
    body: Mapping[str, Any] = {} if api is None else api.body
    for path, item in sorted(body.get("paths", {}).items()):
        for verb in _VERBS:
            if verb in item:
                yield f"{'ANY' if verb.startswith('x-') else verb.upper():6} {path:24} {_who(item[verb], body)}"


def _who(operation: Mapping[str, Any], body: Mapping[str, Any]) -> str:
    """Who may call a method: its authorizer and scopes."""
    security = operation.get("security", body.get("security", ()))
    asked = [(name, scopes) for entry in security for name, scopes in entry.items() if name != "NONE"]
    if not asked:
        return "anyone"
    return ", ".join(f"{name} ({' or '.join(scopes)})" if scopes else name for name, scopes in asked)


def _triggers(store: Store, row: StackResource) -> Iterator[str]:
    pool = store.user_pools.find(id=row.physical_id)
    settings: Mapping[str, Any] = {} if pool is None else pool.settings.get("LambdaConfig") or {}
    for name, value in settings.items():
        arn = value.get("LambdaArn") if isinstance(value, dict) else value
        if isinstance(arn, str) and ":function:" in arn and name != "PreTokenGeneration":
            yield f"{name.removesuffix('Config'):20} {arn.rpartition(':')[2]}"
        elif isinstance(arn, str) and name == "PreTokenGeneration" and "PreTokenGenerationConfig" not in settings:
            yield f"{name:20} {arn.rpartition(':')[2]}"


def _counts(rows: Iterable[StackResource]) -> str:
    kinds = [row.type.removeprefix("AWS::").replace("::", " ") for row in rows]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(sorted(kinds))) or "nothing"
