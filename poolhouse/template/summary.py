"""What a stack is, in lines for the person who just started it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from poolhouse.apigateway.entities import RestApi
from poolhouse.config import Config
from poolhouse.store import Store
from poolhouse.template.entities import StackResource
from poolhouse.template.resources.base import Cloud
from poolhouse.template.resources.registry import TYPES

_ANY = "x-amazon-apigateway-any-method"
_VERBS = ("get", "post", "put", "patch", "delete", "head", _ANY)
_FUNCTION = re.compile(r":function:([^:/]+)")
_API_URL = re.compile(r"https://([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?:/([^/]*)(.*))?", re.DOTALL)
_DOMAIN_URL = re.compile(r"https://[a-z0-9-]+\.auth\.[a-z0-9-]+\.amazoncognito\.com(.*)", re.DOTALL)
_BY_PRODUCT = "Stage"  # a stage that the SAM translator's deployments bring along
_WITHOUT_STAGE = "$default"
_APIS = ("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api")
_DOUBLED = "PreTokenGeneration"  # told by PreTokenGenerationConfig, too


def lines(
    cloud: Cloud, rows: Sequence[StackResource], outputs: Mapping[str, str], notes: Iterable[str]
) -> Iterator[str]:
    """Outputs, routes, triggers, functions, tables, what does not run here, and what the person should know."""
    store, names = cloud.store, {row.physical_id: row.logical_id for row in rows if row.type == "AWS::Lambda::Function"}
    yield from _section("Outputs", _outputs(cloud, outputs))
    for api in (one for kind in _APIS for one in _found(rows, kind, store.rest_apis)):
        yield from _section(f"API {api.name}, at {_address(cloud, api)}", _routes(api, names))
    for pool in _found(rows, "AWS::Cognito::UserPool", store.user_pools):
        yield from _section(f"Triggers of {pool.name}", _triggers(pool.settings, names))
    yield from _section("Functions, for poolhouse invoke", _functions(rows, store))
    tables = [(row.logical_id, row.physical_id) for row in rows if row.type == "AWS::DynamoDB::Table"]
    yield from _section("Tables", _columns(tables))
    resting = [row.type.removeprefix("AWS::").replace("::", " ") for row in rows if not TYPES[row.type].runs_here]
    if resting:
        counts = (f"{resting.count(kind)} {kind}" for kind in sorted(set(resting)))
        yield f"Not run here: {', '.join(counts)}"
    yield from (f"Note: {note}" for note in dict.fromkeys(notes))


def _section(title: str, content: Iterable[str]) -> Iterator[str]:
    inside = [f"  {line}" for line in content]
    if inside:
        yield title
        yield from inside


def _columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    for row in rows:
        yield "   ".join(f"{text:{width}}" for text, width in zip(row, widths, strict=True)).rstrip()


def _outputs(cloud: Cloud, outputs: Mapping[str, str]) -> Iterator[str]:
    """AWS's own values, and where they name something that is here, its address here."""
    for line, value in zip(_columns(list(outputs.items())), outputs.values(), strict=True):
        here = _here(cloud, value)
        yield f"{line}   (here {here})" if here else line


def _here(cloud: Cloud, value: str) -> str | None:
    if (domain := _DOMAIN_URL.fullmatch(value)) is not None:
        return f"{cloud.config.origin}{domain[1]}"
    named = _API_URL.fullmatch(value)
    api = cloud.store.rest_apis.find(id=named[1]) if named else None
    if named is None or api is None:
        return None
    stage = named[2] or ""
    rest = named[3] or ""
    if _is_default(cloud.store, api) and stage in ("", _first_stage(api)):
        return f"{cloud.config.api_origin}{rest}"
    return f"{_endpoint(cloud.config, api)}/{stage}{rest}"


def _address(cloud: Cloud, api: RestApi) -> str:
    if _is_default(cloud.store, api):
        return cloud.config.api_origin
    stage = _first_stage(api)
    return _endpoint(cloud.config, api) if stage == _WITHOUT_STAGE else f"{_endpoint(cloud.config, api)}/{stage}"


def _endpoint(config: Config, api: RestApi) -> str:
    """Where the AWS endpoint answers for an API (poolhouse/apigateway/address.py)."""
    return f"http://{api.id}.execute-api.localhost:{config.port}"


def _is_default(store: Store, api: RestApi) -> bool:
    """Whether it is the one that has a port of its own: the oldest."""
    return all(other.created_at >= api.created_at for other in store.rest_apis.list())


def _first_stage(api: RestApi) -> str:
    return next((name for name in sorted(api.stages) if name != _BY_PRODUCT), _BY_PRODUCT)


def _found(rows: Iterable[StackResource], kind: str, table: Any) -> Iterator[Any]:
    found = (table.find(id=row.physical_id) for row in rows if row.type == kind)
    return (one for one in found if one is not None)


def _routes(api: RestApi, names: Mapping[str, str]) -> Iterator[str]:
    rows = [
        ("ANY" if verb == _ANY else verb.upper(), path, _who(item[verb], api.body), _function(item[verb], names))
        for path, item in sorted(api.body.get("paths", {}).items())
        for verb in _VERBS
        if verb in item
    ]
    return _columns(rows)


def _who(operation: Mapping[str, Any], body: Mapping[str, Any]) -> str:
    """Who may call a method: its authorizer and scopes."""
    security = operation.get("security", body.get("security", ()))
    asked = [(name, scopes) for entry in security for name, scopes in entry.items() if name != "NONE"]
    if not asked:
        return "anyone"
    return ", ".join(f"{name} ({' or '.join(scopes)})" if scopes else name for name, scopes in asked)


def _function(operation: Mapping[str, Any], names: Mapping[str, str]) -> str:
    integration = operation.get("x-amazon-apigateway-integration", {})
    found = _FUNCTION.search(str(integration.get("uri", "")))
    return names.get(found[1], found[1]) if found else str(integration.get("type", ""))


def _triggers(settings: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    rows = []
    for name, value in (settings.get("LambdaConfig") or {}).items():
        arn = value.get("LambdaArn") if isinstance(value, dict) else value
        found = _FUNCTION.search(str(arn))
        if found is not None and name != _DOUBLED:
            rows.append((name.removesuffix("Config"), names.get(found[1], found[1])))
    return _columns(sorted(rows))


def _functions(rows: Iterable[StackResource], store: Store) -> Iterator[str]:
    found = [(row.logical_id, store.functions.find(name=row.physical_id)) for row in rows]
    return _columns([(name, function.handler, function.name) for name, function in found if function is not None])
