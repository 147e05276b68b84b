"""DynamoDB: tables and indexes, and which items, attributes and values a call is about.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from poolhouse.requests.asked import Asked, Params, Scope

_NAME = re.compile(r"[#A-Za-z_][A-Za-z0-9_.\-]*")
_EXPRESSIONS = ("ProjectionExpression", "FilterExpression", "ConditionExpression", "UpdateExpression")
_WORDS = frozenset(
    {"set", "remove", "add", "delete", "and", "or", "not", "between", "in"}
    | {"attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size"}
    | {"if_not_exists", "list_append"}
)
_TRANSACTED = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "Get": "GetItem"}
_PARTIQL = {"select": "PartiQLSelect", "insert": "PartiQLInsert", "update": "PartiQLUpdate", "delete": "PartiQLDelete"}
_TABLE_OF = {
    "select": re.compile(r"\bfrom\s+\"?([\w.\-]+)\"?(?:\.\"?([\w.\-]+)\"?)?", re.IGNORECASE),
    "insert": re.compile(r"\binto\s+\"?([\w.\-]+)\"?", re.IGNORECASE),
    "update": re.compile(r"\bupdate\s+\"?([\w.\-]+)\"?", re.IGNORECASE),
    "delete": re.compile(r"\bfrom\s+\"?([\w.\-]+)\"?", re.IGNORECASE),
}
_NOT_PLAIN = re.compile(r"\b(?:or|not|in|between)\b|--|/\*", re.IGNORECASE)
_UNKNOWN = "?"  # a partition that could not be read from a statement is nobody's


def asked(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """Every table a call is about, with the partitions and attributes it touches there."""
    if operation in ("BatchGetItem", "BatchWriteItem"):
        return _batch(operation, params, scope)
    if operation in ("TransactGetItems", "TransactWriteItems"):
        return _transaction(operation, params, scope)
    if operation in ("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"):
        return _statements(params, scope)
    return [_on_table(operation, params, scope)]


def _on_table(operation: str, params: Params, scope: Scope) -> Asked:
    table, index = _table(params), str(params.get("IndexName") or "")
    if not table:
        return Asked(f"dynamodb:{operation}", str(params.get("ResourceArn") or "*"))
    keys: dict[str, str | Iterable[str] | None] = {
        "dynamodb:Select": params.get("Select"),
        "dynamodb:ReturnValues": params.get("ReturnValues"),
        "dynamodb:ReturnConsumedCapacity": params.get("ReturnConsumedCapacity"),
        "dynamodb:Attributes": sorted(_attributes(params)),
    }
    partition = scope.partition_key(table, index)
    if partition is not None:
        keys["dynamodb:LeadingKeys"] = _leading_keys(params, partition)
    return Asked(f"dynamodb:{operation}", _arn(table, index, scope), keys)


def _table(params: Params) -> str:
    """A table by its name, or the ARN that newer clients may give."""
    name = str(params.get("TableName") or "")
    return name.rpartition("table/")[2] if name.startswith("arn:") else name


def _arn(table: str, index: str, scope: Scope) -> str:
    return scope.arn("dynamodb", f"table/{table}/index/{index}" if index else f"table/{table}")


def _leading_keys(params: Params, partition: str) -> list[str]:
    values = [item.get(partition) for name in ("Key", "Item") if isinstance(item := params.get(name), Mapping)]
    values += _queried(params, partition)
    return [text for value in values if (text := _text(value)) is not None]


def _queried(params: Params, partition: str) -> list[Any]:
    conditions = params.get("KeyConditions")
    if isinstance(conditions, Mapping) and isinstance(conditions.get(partition), Mapping):
        return list(conditions[partition].get("AttributeValueList") or ())
    expression = params.get("KeyConditionExpression")
    if not expression:
        return []
    names, values = params.get("ExpressionAttributeNames") or {}, params.get("ExpressionAttributeValues") or {}
    spellings = "|".join(map(re.escape, [partition, *(alias for alias, name in names.items() if name == partition)]))
    found = re.findall(rf"(?<![\w#])(?:{spellings})\s*=\s*(:\w+)", str(expression))
    return [values.get(name) for name in found] or [{"S": _UNKNOWN}]


def _text(value: object) -> str | None:
    """A key's value as IAM compares it; of AttributeValue's types keys have three."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return None
    ((kind, inner),) = value.items()
    return str(inner) if kind in ("S", "N", "B") else None


def _attributes(params: Params) -> set[str]:
    """The top-level attributes a call names."""
    found = {str(name).partition(".")[0] for name in params.get("AttributesToGet") or ()}
    for member in ("Key", "Item", "Expected", "AttributeUpdates", "KeyConditions", "QueryFilter", "ScanFilter"):
        if isinstance(params.get(member), Mapping):
            found |= set(params[member])
    names = params.get("ExpressionAttributeNames") or {}
    for member in (*_EXPRESSIONS, "KeyConditionExpression"):
        found |= set(_named(str(params.get(member) or ""), names))
    return found


def _named(expression: str, names: Mapping[str, str]) -> Iterable[str]:
    for match in _NAME.finditer(re.sub(r":\w+", " ", expression)):
        name = match[0].partition(".")[0]
        if name.lower() not in _WORDS:
            yield names.get(name, name)


def _batch(operation: str, params: Params, scope: Scope) -> list[Asked]:
    found = []
    for table, inner in (params.get("RequestItems") or {}).items():
        if operation == "BatchGetItem":
            members, items = inner, [{"Key": key} for key in inner.get("Keys") or ()]
        else:
            members, items = {}, [one for entry in inner for one in entry.values()]
        found.append(_on_items(f"dynamodb:{operation}", str(table), {**members, "items": items}, scope))
    return found


def _on_items(action: str, table: str, members: Params, scope: Scope) -> Asked:
    """A call on several items of one table."""
    name = _table({"TableName": table})
    keys: dict[str, str | Iterable[str] | None] = {}
    attributes, leading = _attributes(members), []
    partition = scope.partition_key(name, "")
    for item in members["items"]:
        attributes |= _attributes(item)
        leading += _leading_keys(item, partition) if partition else []
    keys["dynamodb:Attributes"] = sorted(attributes)
    if partition:
        keys["dynamodb:LeadingKeys"] = leading
    return Asked(action, _arn(name, "", scope), keys)


def _transaction(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """Each part of a transaction is an action of its own."""
    found = []
    for entry in params.get("TransactItems") or ():
        for kind, inner in entry.items():
            one = _on_table(_TRANSACTED.get(kind, "ConditionCheckItem"), inner, scope)
            found.append(Asked(one.action, one.resource, {**one.keys, "dynamodb:EnclosingOperation": operation}))
    return found


def _statements(params: Params, scope: Scope) -> list[Asked]:
    sources = params.get("Statements") or params.get("TransactStatements") or [params]
    return [_statement(source, scope) for source in sources]


def _statement(source: Params, scope: Scope) -> Asked:
    text = str(source.get("Statement") or "")
    verb = text.split(None, 1)[0].lower() if text.strip() else ""
    found = _TABLE_OF[verb].search(text) if verb in _TABLE_OF else None
    if found is None:
        return Asked("dynamodb:PartiQLSelect")
    table = found[1]
    index = found[2] or "" if verb == "select" else ""
    partition = scope.partition_key(table, index)
    keys: dict[str, str | Iterable[str] | None] = {}
    if partition is not None:
        keys["dynamodb:LeadingKeys"] = _stated(text, partition, source)
        keys["dynamodb:FullTableScan"] = str(keys["dynamodb:LeadingKeys"] == [_UNKNOWN]).lower()
    return Asked(f"dynamodb:{_PARTIQL[verb]}", _arn(table, index, scope), keys)


def _stated(text: str, partition: str, source: Params) -> list[str]:
    """The partitions a statement says it is about; what is not plain is about nobody's."""
    outside = re.sub(r"'(?:[^']|'')*'", lambda quoted: "x" * len(quoted[0]), text)
    if _NOT_PLAIN.search(outside):
        return [_UNKNOWN]
    pattern = rf"[\"']?(?<![\w]){re.escape(partition)}[\"']?\s*[=:]\s*('(?:[^']|'')*'|\?|-?[\d.]+)"
    found = list(re.finditer(pattern, text, re.IGNORECASE))
    parameters = source.get("Parameters") or ()
    values = [_value(one, outside, parameters) for one in found]
    return values or [_UNKNOWN]


def _value(found: re.Match[str], outside: str, parameters: Sequence[object]) -> str:
    if found[1] != "?":
        return found[1].strip("'").replace("''", "'")
    position = outside[: found.start(1)].count("?")
    value = _text(parameters[position]) if position < len(parameters) else None
    return value or _UNKNOWN
