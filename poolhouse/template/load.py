"""The one entrance: from a template's file and what was given with it to a `Template` that can be deployed."""

import re
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from poolhouse.errors import CommandError
from poolhouse.template import check, conditions, graph, intrinsics, loops, parameters, read, samconfig, translate
from poolhouse.template.document import Declared, Template
from poolhouse.template.intrinsics import NO_VALUE, UNKNOWN, IntrinsicError, Scope
from poolhouse.template.parameters import LookUp
from poolhouse.template.read import Place, Source

_POLICIES = ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot")
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9]+")
_STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")


def _nowhere(name: str) -> str | None:
    raise LookupError(name)


def load(
    file: Path,
    given: Mapping[str, str],
    *,
    region: str,
    account_id: str,
    stack_name: str | None = None,
    cache: Path | None = None,
    look_up: LookUp = _nowhere,
) -> Template:
    """Read, translate and check a template. `cache` is a folder to keep translations in. Raises CommandError.

    `look_up` finds values in the parameter store.

    Stack name and parameters come from the samconfig.toml beside it, section default, unless they are given.
    """
    source = read.read(file)
    check.check(source)
    settings = samconfig.read(file.parent / "samconfig.toml")
    name = _stack_name(file, stack_name or settings.stack_name)
    values = parameters.resolve(source, {**_declared_here(source, settings.parameters), **given}, look_up)
    source = loops.unrolled(source, values)
    check.check(source)
    body = translate.translated(source, values, region=region, cache=cache)
    stack_id = f"arn:aws:cloudformation:{region}:{account_id}:stack/{name}/{uuid.uuid5(uuid.NAMESPACE_URL, name)}"
    pseudo: dict[str, Any] = {
        "AWS::AccountId": account_id,
        "AWS::NotificationARNs": [],
        "AWS::Partition": "aws",
        "AWS::Region": region,
        "AWS::StackId": stack_id,
        "AWS::StackName": name,
        "AWS::URLSuffix": "amazonaws.com",
    }
    try:
        scope = _scope({**values, **pseudo}, body)
        declared = graph.linked(source, body, _declared(source, body, scope), scope)
        outputs = _outputs(body, scope)
        graph.check_outputs(source, outputs, declared, scope)
        _rehearse(source, declared, outputs, scope)
    except IntrinsicError as error:
        raise source.error(f"{error}.", *error.place) from error
    return Template(
        source=source,
        stack_name=name,
        stack_id=stack_id,
        parameters={key: parameters.shown(value) for key, value in values.items()},
        resources=declared,
        outputs=outputs,
        scope=scope,
    )


def _stack_name(file: Path, asked: str | None) -> str:
    if asked is None:
        folder = _NOT_IN_A_NAME.sub("-", file.resolve().parent.name).strip("-").lstrip("-0123456789")
        return folder[:128] or "stack"
    if not _STACK_NAME.fullmatch(asked):
        raise CommandError(
            f"{file}: the stack cannot be named {asked!r}: a letter, then letters, digits and hyphens, 128 at most."
        )
    return asked


def _declared_here(source: Source, overrides: Mapping[str, str]) -> dict[str, str]:
    """The overrides this template declares: `sam deploy` passes over the others, which are for other templates."""
    declared = source.body.get("Parameters") or {}
    return {name: value for name, value in overrides.items() if name in declared}


def _scope(values: Mapping[str, Any], body: Mapping[str, Any]) -> Scope:
    bare = Scope(values, body.get("Mappings") or {}, {})
    decided = conditions.decide(body.get("Conditions") or {}, bare)
    return Scope(values, bare.mappings, decided)


def _declared(source: Source, body: Mapping[str, Any], scope: Scope) -> dict[str, Declared]:
    """The resources that are to be, in the file's order, then those the translator made up."""
    resources = body["Resources"]
    written = {name: rank for rank, name in enumerate(source.body["Resources"])}
    order = sorted(resources, key=lambda name: (written.get(name, len(written)), name))
    return {
        name: _declare(source, name, resources[name], scope)
        for name in order
        if _holds(resources[name], scope, ("Resources", name))
    }


def _declare(source: Source, name: str, resource: Mapping[str, Any], scope: Scope) -> Declared:
    def policy(attribute: str) -> str:
        place = ("Resources", name, attribute)
        value = intrinsics.resolve(resource.get(attribute, "Delete"), scope, place)
        if value not in _POLICIES:
            raise source.error(f"{name}: {attribute} is one of {', '.join(_POLICIES)}.", *place)
        return str(value)

    return Declared(
        logical_id=name,
        type=str(resource["Type"]),
        properties=resource.get("Properties") or {},
        deletion_policy=policy("DeletionPolicy"),
        update_replace_policy=policy("UpdateReplacePolicy"),
    )


def _outputs(body: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    outputs = body.get("Outputs") or {}
    return {name: output["Value"] for name, output in outputs.items() if _holds(output, scope, ("Outputs", name))}


def _holds(conditional: Mapping[str, Any], scope: Scope, place: Place) -> bool:
    """Whether the Condition of a resource or an output holds; one without any is there."""
    name = conditional.get("Condition")
    if name is not None and name not in scope.conditions:
        message = f"Unresolved condition dependency {name} in the {place[0]} block of the template"
        raise IntrinsicError(message, (*place, "Condition"))
    return name is None or scope.conditions[name]


def _rehearse(source: Source, declared: Mapping[str, Declared], outputs: Mapping[str, Any], scope: Scope) -> None:
    """Carry out every function with what is known, so that what is wrong shows before anything is made."""
    unmade = Scope(scope.values, scope.mappings, scope.conditions, lambda _name: UNKNOWN, lambda _name, _at: UNKNOWN)
    for one in declared.values():
        intrinsics.resolve(one.properties, unmade, ("Resources", one.logical_id, "Properties"))
    for name, output in outputs.items():
        place = ("Outputs", name, "Value")
        value = intrinsics.resolve(output, unmade, place)
        if value is NO_VALUE or value is None or isinstance(value, dict | list):
            raise source.error("The Value field of every Outputs member must evaluate to a String.", *place)
