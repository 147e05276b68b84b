"""The one entrance: from a template's file and what was given with it to a `Template` that can be deployed."""

import re
import shlex
import tomllib
import uuid
from collections.abc import Callable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from poolhouse.errors import CommandError
from poolhouse.template import intrinsics, parameters, read, translate
from poolhouse.template.document import Declared, Template
from poolhouse.template.intrinsics import IntrinsicError, Scope
from poolhouse.template.read import Source

_SECTIONS = {
    *("AWSTemplateFormatVersion", "Conditions", "Description", "Globals", "Mappings", "Metadata", "Outputs"),
    *("Parameters", "Resources", "Rules", "Transform", "Hooks"),
}
_ATTRIBUTES = {
    *("Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy", "Metadata"),
    *("CreationPolicy", "UpdatePolicy", "Connectors", "IgnoreGlobals"),
}
_POLICIES = {"Delete", "Retain", "RetainExceptOnCreate", "Snapshot"}
_NO_NAME = re.compile(r"[^A-Za-z0-9-]+")
_LOGICAL_ID = re.compile(r"[A-Za-z0-9]{1,255}")


def load(
    file: Path,
    given: Mapping[str, str],
    *,
    region: str,
    account_id: str,
    stack_name: str | None = None,
    cache: Path | None = None,
) -> Template:
    """Read, translate and check a template. `cache` is a folder to keep translations in. Raises CommandError.

    Stack name and parameters come from the samconfig.toml beside it, section default, unless they are given.
    """
    source = read.read(file)
    configured_name, overrides = _samconfig(file.parent / "samconfig.toml")
    name = stack_name or configured_name or _NO_NAME.sub("-", file.resolve().parent.name).strip("-") or "stack"
    _check_source(source)
    values = parameters.resolve(source, {**overrides, **given})
    body = translate.translated(source, values, region=region, cache=cache)
    stack_id = f"arn:aws:cloudformation:{region}:{account_id}:stack/{name}/{uuid.uuid5(uuid.NAMESPACE_URL, name)}"
    pseudo = {
        "AWS::AccountId": account_id,
        "AWS::NotificationARNs": [],
        "AWS::Partition": "aws",
        "AWS::Region": region,
        "AWS::StackId": stack_id,
        "AWS::StackName": name,
        "AWS::URLSuffix": "amazonaws.com",
    }
    scope = Scope({**values, **pseudo}, _section(source, body, "Mappings"), _section(source, body, "Conditions"))
    declared = _in_order(source, _declared(source, body, scope))
    return Template(
        source=source,
        stack_name=name,
        stack_id=stack_id,
        parameters={key: ",".join(value) if isinstance(value, list) else value for key, value in values.items()},
        resources=declared,
        outputs=_outputs(source, body, scope, declared),
        scope=scope,
    )


def _samconfig(file: Path) -> tuple[str | None, dict[str, str]]:
    """The stack's name and parameters in a samconfig.toml, of its default environment."""
    if not file.is_file():
        return None, {}
    try:
        environment = tomllib.loads(file.read_text("utf-8")).get("default", {})
        tables = [environment.get(command, {}).get("parameters", {}) for command in ("global", "deploy")]
        merged: dict[str, Any] = {key: value for table in tables for key, value in table.items()}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError) as error:
        raise CommandError(f"{file}: {error}.") from error
    overrides = merged.get("parameter_overrides", [])
    pairs = shlex.split(overrides) if isinstance(overrides, str) else [str(pair) for pair in overrides]
    split = [pair.partition("=") for pair in pairs]
    return merged.get("stack_name"), {key: value for key, separator, value in split if separator}


def _check_source(source: Source) -> None:
    """What is wrong in the file itself, before anything is made of it."""
    unknown = [name for name in source.body if name not in _SECTIONS]
    if unknown:
        raise source.error(f"There is no section {unknown[0]} in a template.", unknown[0])
    resources = source.body.get("Resources")
    if not isinstance(resources, dict) or not resources:
        raise source.error("A template needs a Resources section with at least one resource.", "Resources")
    for logical_id, resource in resources.items():
        _check_resource(source, logical_id, resource)


def _check_resource(source: Source, logical_id: str, resource: Any) -> None:
    place = ("Resources", logical_id)
    if not _LOGICAL_ID.fullmatch(logical_id):
        raise source.error(f"{logical_id}: a logical id is letters and digits only.", *place)
    if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
        raise source.error(f"{logical_id} needs a Type, such as AWS::Cognito::UserPool.", *place)
    strange = [name for name in resource if name not in _ATTRIBUTES]
    if strange:
        hint = " Is it a property, to be indented under Properties?" if "Properties" in resource else ""
        raise source.error(f"{logical_id}: a resource has no attribute {strange[0]}.{hint}", *place, strange[0])
    if not isinstance(resource.get("Properties", {}), dict):
        raise source.error(f"{logical_id}: Properties must be a mapping.", *place, "Properties")
    for name in ("DeletionPolicy", "UpdateReplacePolicy"):
        if isinstance(resource.get(name, "Delete"), str) and resource.get(name, "Delete") not in _POLICIES:
            raise source.error(f"{logical_id}: {name} is one of {', '.join(sorted(_POLICIES))}.", *place, name)


def _section(source: Source, body: Mapping[str, Any], name: str) -> dict[str, Any]:
    section = body.get(name) or {}
    if not isinstance(section, dict):
        raise source.error(f"{name} must be a mapping.", name)
    return section


def _declared(source: Source, body: Mapping[str, Any], scope: Scope) -> dict[str, Declared]:
    """The resources that are to be, in the file's order, then those the translator made up."""
    resources = _section(source, body, "Resources")
    written = list(source.body["Resources"])
    order = sorted(resources, key=lambda name: (written.index(name) if name in written else len(written), name))
    declared = {}
    for name in order:
        if _holds(source, resources[name], scope, ("Resources", name)):
            declared[name] = _declare(source, name, resources[name], scope)
    return {name: _settled(source, one, declared, scope) for name, one in declared.items()}


def _declare(source: Source, name: str, resource: Mapping[str, Any], scope: Scope) -> Declared:
    depends_on = resource.get("DependsOn", [])
    names = [depends_on] if isinstance(depends_on, str) else depends_on
    place = ("Resources", name)
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise source.error(f"{name}: DependsOn takes the name of a resource, or a list of names.", *place, "DependsOn")

    def policy(key: str) -> str:
        value = resource.get(key, "Delete")
        return str(_evaluated(source, lambda: intrinsics.resolve(value, scope, (*place, key))))

    return Declared(
        logical_id=name,
        type=str(resource["Type"]),
        properties=resource.get("Properties") or {},
        depends_on=tuple(names),
        deletion_policy=policy("DeletionPolicy"),
        update_replace_policy=policy("UpdateReplacePolicy"),
    )


def _settled(source: Source, one: Declared, declared: Mapping[str, Declared], scope: Scope) -> Declared:
    """The resource with every resource it names among its dependencies, each of them there."""
    place = ("Resources", one.logical_id)
    named = list(dict.fromkeys(name for name, _ in _used(source, one.properties, scope, (*place, "Properties"))))
    for name in (*one.depends_on, *named):
        if name not in declared and name not in scope.values and name != "AWS::NoValue":
            raise source.error(
                f"{one.logical_id}: Unresolved resource dependencies [{name}] in the Resources block of the template.",
                *place,
            )
    needed = dict.fromkeys([*one.depends_on, *(name for name in named if name in declared)])
    return Declared(
        one.logical_id, one.type, one.properties, tuple(needed), one.deletion_policy, one.update_replace_policy
    )


def _used(source: Source, value: Any, scope: Scope, place: read.Place) -> list[tuple[str, str | None]]:
    """What a value names, the branches of Fn::If that do not hold left out."""
    return list(intrinsics.references(_chosen(source, value, scope, place)))


def _chosen(source: Source, value: Any, scope: Scope, place: read.Place) -> Any:
    if isinstance(value, list):
        return [_chosen(source, item, scope, (*place, index)) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if intrinsics.function_name(value) == "Fn::If":
        parts = value["Fn::If"]
        if not isinstance(parts, list) or len(parts) != 3:
            raise source.error("Fn::If takes a condition and two values.", *place)
        is_so = _evaluated(source, lambda: intrinsics.named(parts[0], scope, place))
        return _chosen(source, parts[1] if is_so else parts[2], scope, place)
    return {key: _chosen(source, item, scope, (*place, key)) for key, item in value.items()}


def _in_order(source: Source, declared: Mapping[str, Declared]) -> dict[str, Declared]:
    sorter = TopologicalSorter({name: one.depends_on for name, one in declared.items()})
    try:
        return {name: declared[name] for name in sorter.static_order()}
    except CycleError as error:
        names = ", ".join(sorted(set(error.args[1])))
        place = ("Resources", str(error.args[1][0]))
        raise source.error(f"Circular dependency between resources: [{names}].", *place) from error


def _outputs(source: Source, body: Mapping[str, Any], scope: Scope, declared: Mapping[str, Declared]) -> dict[str, Any]:
    outputs = {}
    for name, output in _section(source, body, "Outputs").items():
        place = ("Outputs", name)
        if not isinstance(output, dict) or "Value" not in output:
            raise source.error(f"Output {name} needs a Value.", *place)
        if not _holds(source, output, scope, place):
            continue
        for used, _ in _used(source, output["Value"], scope, (*place, "Value")):
            if used not in declared and used not in scope.values:
                raise source.error(f"Output {name}: there is no resource or parameter {used}.", *place)
        outputs[name] = output["Value"]
    return outputs


def _holds(source: Source, conditional: Mapping[str, Any], scope: Scope, place: read.Place) -> bool:
    """Whether the Condition of a resource or an output holds; one without any is there."""
    name = conditional.get("Condition")
    return name is None or bool(_evaluated(source, lambda: intrinsics.named(name, scope, (*place, "Condition"))))


def _evaluated(source: Source, evaluate: Callable[[], Any]) -> Any:
    try:
        return evaluate()
    except IntrinsicError as error:
        raise source.error(f"{error}.", *error.place) from error
