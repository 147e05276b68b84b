"""What is wrong in a template's file itself, found before anything is made of it."""

import re
from collections.abc import Mapping
from typing import Any

from poolhouse.template.read import Place, Source

TRANSFORM = "AWS::Serverless-2016-10-31"
_EXTENSIONS = "AWS::LanguageExtensions"
_LOOP = "Fn::ForEach::"
_VERSION = "2010-09-09"
_SECTIONS = {
    *("AWSTemplateFormatVersion", "Conditions", "Description", "Globals", "Mappings", "Metadata", "Outputs"),
    *("Parameters", "Resources", "Transform"),
}
_SECTIONS_NOT_BUILT = {"Rules", "Hooks"}
_MAPPINGS = ("Conditions", "Globals", "Mappings", "Metadata", "Outputs", "Parameters")
_ATTRIBUTES = {
    *("Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy", "Metadata"),
    *("CreationPolicy", "UpdatePolicy", "Connectors", "IgnoreGlobals"),
}
_OUTPUT_ATTRIBUTES = {"Value", "Description", "Condition", "Export"}
_LOGICAL_ID = re.compile(r"[A-Za-z0-9]{1,255}")


def check(source: Source) -> None:
    """Raises CommandError with the line of the first thing that is wrong; loops are looked at once unrolled."""
    _check_sections(source)
    _check_transforms(source)
    resources = source.body.get("Resources")
    if not isinstance(resources, dict) or not resources:
        raise source.error("At least one Resources member must be defined.", "Resources")
    for logical_id, resource in resources.items():
        if not _is_loop(source, "Resources", logical_id):
            _check_resource(source, logical_id, resource)
    for name, output in (source.body.get("Outputs") or {}).items():
        if not _is_loop(source, "Outputs", name):
            _check_output(source, name, output)


def transforms(source: Source) -> list[Any]:
    """The transforms a template asks for."""
    named = source.body.get("Transform") or []
    return named if isinstance(named, list) else [named]


def _is_loop(source: Source, section: str, name: str) -> bool:
    if name.startswith(_LOOP) and _EXTENSIONS not in transforms(source):
        raise source.error(f"Fn::ForEach needs the line Transform: {_EXTENSIONS}.", section, name)
    return name.startswith(_LOOP)


def _check_sections(source: Source) -> None:
    for name, section in source.body.items():
        if name in _SECTIONS_NOT_BUILT:
            raise source.error(f"The section {name} is not built yet.", name)
        if name not in _SECTIONS:
            known = ", ".join(sorted(_SECTIONS))
            raise source.error(f"Invalid template property or properties [{name}]; there is: {known}.", name)
        if name in _MAPPINGS and not isinstance(section, dict | None):
            raise source.error(f"{name} must be a mapping.", name)
    version = source.body.get("AWSTemplateFormatVersion", _VERSION)
    if version != _VERSION:
        message = f"The only AWSTemplateFormatVersion there is is {_VERSION}."
        raise source.error(message, "AWSTemplateFormatVersion")


def _check_transforms(source: Source) -> None:
    for transform in transforms(source):
        name = transform.get("Name") if isinstance(transform, dict) else transform
        if name not in (TRANSFORM, _EXTENSIONS) or isinstance(transform, dict):
            raise source.error(f"The transform {name} is not built yet.", "Transform")
    if source.body.get("Globals") and TRANSFORM not in transforms(source):
        raise source.error(f"Globals need the line Transform: {TRANSFORM}.", "Globals")


def _check_resource(source: Source, logical_id: str, resource: Any) -> None:
    place = ("Resources", logical_id)
    if logical_id.startswith("Fn::"):
        raise source.error(f"{logical_id.rpartition('::')[0] or logical_id} is not built yet.", *place)
    if not _LOGICAL_ID.fullmatch(logical_id):
        raise source.error(f"{logical_id}: a logical id is letters and digits only.", *place)
    if logical_id in (source.body.get("Parameters") or {}):
        raise source.error(f"{logical_id} is the name of a parameter, too; rename one of them.", *place)
    if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
        raise source.error(f"{logical_id} needs a Type, such as AWS::Cognito::UserPool.", *place)
    if resource["Type"].startswith("AWS::Serverless::") and TRANSFORM not in transforms(source):
        message = f"{logical_id}: {resource['Type']} needs the line Transform: {TRANSFORM}."
        raise source.error(message, *place, "Type")
    for name in resource:
        if name not in _ATTRIBUTES:
            hint = " Is it a property, to be indented under Properties?" if "Properties" in resource else ""
            raise source.error(f"{logical_id}: a resource has no attribute {name}.{hint}", *place, name)
    _check_attributes(source, logical_id, resource, place)


def _check_attributes(source: Source, logical_id: str, resource: Mapping[str, Any], place: Place) -> None:
    if not isinstance(resource.get("Properties", {}), dict):
        raise source.error(f"{logical_id}: Properties must be a mapping.", *place, "Properties")
    if not isinstance(resource.get("Condition", ""), str):
        raise source.error(f"{logical_id}: Condition takes the name of a condition.", *place, "Condition")
    depends_on = resource.get("DependsOn", [])
    names = [depends_on] if isinstance(depends_on, str) else depends_on
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise source.error(f"{logical_id}: DependsOn must be a string or list of strings.", *place, "DependsOn")


def _check_output(source: Source, name: str, output: Any) -> None:
    place = ("Outputs", name)
    if not isinstance(output, dict) or "Value" not in output:
        raise source.error(f"Output {name} needs a Value.", *place)
    for attribute in output:
        if attribute not in _OUTPUT_ATTRIBUTES:
            raise source.error(f"Output {name}: there is no attribute {attribute}.", *place, attribute)
    if not isinstance(output.get("Condition", ""), str):
        raise source.error(f"Output {name}: Condition takes the name of a condition.", *place, "Condition")
