"""What a rule's target is told: the event, a part of it, a constant, or a text made from both.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\['([^']*)'\]")
_PLACEHOLDER = re.compile(r"<([^<>\s]+)>")
_ABSENT = object()


def of_target(target: Mapping[str, Any], event: Mapping[str, Any], rule_arn: str, rule_name: str) -> str:
    """The JSON, or the text, that a target gets."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        found = at(event, str(target["InputPath"]))
        return "null" if found is _ABSENT else json.dumps(found)
    transformer = target.get("InputTransformer")
    if not transformer:
        return json.dumps(event)
    values = {name: at(event, path) for name, path in (transformer.get("InputPathsMap") or {}).items()}
    values |= {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_name,
        "aws.events.event.ingestion-time": event["time"],
        "aws.events.event": {name: one for name, one in event.items() if name != "detail"},
        "aws.events.event.json": event,
    }
    return _filled(str(transformer["InputTemplate"]), values)


def at(event: Any, path: str) -> Any:
    """The value at a path such as $.detail.items[0]; a mark of its own where there is none."""
    found, position = event, 1
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            return _ABSENT
        name, index, quoted = step.groups()
        try:
            found = found[int(index)] if index is not None else found[name if name is not None else quoted]
        except (KeyError, IndexError, TypeError):
            return _ABSENT
        position = step.end()
    return found


def _filled(template: str, values: Mapping[str, Any]) -> str:
    """A variable within a string is put there as text; one that stands for itself as JSON."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            return found[0]
        one = values[found[1]]
        is_quoted = len(re.findall(r'(?<!\\)"', template[: found.start()])) % 2 == 1
        if one is _ABSENT:
            return "" if is_quoted else '""'
        if not is_quoted:
            return json.dumps(one)
        return json.dumps(one if isinstance(one, str) else json.dumps(one))[1:-1]

    return _PLACEHOLDER.sub(value, template)
