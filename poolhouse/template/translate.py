"""SAM to CloudFormation by aws-sam-translator: offline, and only when something it depends on has changed.

Importing the translator takes longer than everything else a start does, so what it made is kept by a hash of what it
was made from. The folders of functions do not pass through it: it takes addresses in S3 only.
"""

import contextlib
import hashlib
import logging
import os
import re
from collections.abc import Mapping
from copy import deepcopy
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec

from poolhouse.errors import CommandError
from poolhouse.template import check, parameters, read
from poolhouse.template.parameters import Value
from poolhouse.template.read import Source

LOCAL = "LocalFolder"  # the member of Code that holds a function's folder here
_KEPT_AS = 2  # raise it when a kept translation of the same template would differ
_PLACEHOLDER = "s3://poolhouse-local/"
_FUNCTION = "AWS::Serverless::Function"
_CODE = (_FUNCTION, "AWS::Lambda::Function")
_APIS = ("AWS::Serverless::Api", "AWS::Serverless::HttpApi")
_OTHER_FILES = {"AWS::Serverless::LayerVersion": "ContentUri", "AWS::Serverless::StateMachine": "DefinitionUri"}
_NOT_BUILT = {"AWS::Serverless::Application"}  # the translator would ask the application repository over the network
_BLAMES = (AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def translated(source: Source, values: Mapping[str, Value], *, region: str, cache: Path | None) -> dict[str, Any]:
    """The CloudFormation template this file comes to. Raises CommandError."""
    for logical_id, resource in source.body["Resources"].items():
        if resource["Type"] in _NOT_BUILT:
            place = ("Resources", logical_id, "Type")
            raise source.error(f"{logical_id}: {resource['Type']} is not built yet.", *place)
    body = deepcopy(source.body)
    _inline_definitions(source, body)
    folders = _take_folders(source, body)
    if check.TRANSFORM in check.transforms(source):
        body = _kept(source, body, values, region, cache)
    _put_folders(body, folders)
    return body


def _kept(
    source: Source, body: dict[str, Any], values: Mapping[str, Value], region: str, cache: Path | None
) -> dict[str, Any]:
    """The translation from the cache, or a fresh one kept there."""
    if cache is None:
        return _translate(source, body, values, region)
    basis = msgspec.json.encode([_KEPT_AS, version("aws-sam-translator"), region, body, values])
    file = cache / f"translated-{hashlib.sha256(basis).hexdigest()[:32]}.json"
    with contextlib.suppress(OSError, ValueError, RecursionError):
        digest, _, content = file.read_bytes().partition(b"\n")
        if digest == _digest(content):
            return dict(msgspec.json.decode(content))
    made = _translate(source, body, values, region)
    with contextlib.suppress(OSError):  # a folder that cannot be written to costs time, not the deployment
        _keep(file, msgspec.json.encode(made))
    return made


def _keep(file: Path, content: bytes) -> None:
    for old in file.parent.glob("translated-*.json"):
        old.unlink(missing_ok=True)
    fresh = file.with_suffix(f".{os.getpid()}")
    fresh.touch(mode=0o600)  # values of parameters may stand in it
    fresh.write_bytes(_digest(content) + b"\n" + content)
    fresh.replace(file)


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _translate(source: Source, body: dict[str, Any], values: Mapping[str, Value], region: str) -> dict[str, Any]:
    from samtranslator.model.exceptions import ExceptionWithMessage  # noqa: PLC0415 - half a second
    from samtranslator.parser.parser import Parser  # noqa: PLC0415
    from samtranslator.translator.translator import Translator  # noqa: PLC0415
    from samtranslator.utils import py27hash_fix  # noqa: PLC0415

    given = {name: parameters.shown(value) for name, value in values.items()}
    session: Any = SimpleNamespace(region_name=region)  # all it wants of a boto3 session
    logging.getLogger("samtranslator").setLevel(logging.CRITICAL)  # it logs what it raises, with a traceback
    try:
        # The logical ids it makes up hold hashes; with this they are the ones AWS makes up.
        py27hash_fix.to_py27_compatible_template(body, given)
        made = Translator(None, Parser(), boto_session=session).translate(
            body, parameter_values=given, get_managed_policy_map=dict
        )
        return dict(py27hash_fix.undo_mark_unicode_str_in_template(made))
    except ExceptionWithMessage as error:
        raise _refusal(source, error) from error
    except _BLAMES as error:  # it trusts a template's types here and there
        raise source.error(f"aws-sam-translator cannot read this template: {error!r}.", "Resources") from error


def _refusal(source: Source, error: Any) -> CommandError:
    """The translator's first complaint, at the resource it names."""
    causes = list(getattr(error, "causes", ())) or [error]
    message = _THAT_IT_IS_INVALID.sub(r"\1: ", str(getattr(causes[0], "message", causes[0]))).rstrip(".")
    more = f" ({len(causes) - 1} more after this)" if len(causes) > 1 else ""
    logical_id = getattr(causes[0], "_logical_id", None)
    place = ("Resources", logical_id) if isinstance(logical_id, str) else ("Resources",)
    return source.error(f"{message}.{more}", *place)


_THAT_IT_IS_INVALID = re.compile(r"^Resource with id \[([A-Za-z0-9]+)\] is invalid\. ")


def _take_folders(source: Source, body: dict[str, Any]) -> dict[str, str]:
    """Put an S3 address, which is all the translator takes, in the place of each local folder; the folders by name."""
    folders: dict[str, str] = {}
    defaults = _mapping(_mapping(body.get("Globals")).get("Function"))
    common = defaults.pop("CodeUri", None)
    for logical_id, resource in body["Resources"].items():
        kind, properties = resource["Type"], resource.setdefault("Properties", {})
        if kind in _CODE:
            folder = _take_folder(source, logical_id, kind, properties, {**defaults, "CodeUri": common})
            if folder is not None:
                folders[logical_id] = folder
        elif kind in _OTHER_FILES and _is_local(properties.get(_OTHER_FILES[kind])):
            properties[_OTHER_FILES[kind]] = f"{_PLACEHOLDER}{logical_id}"
    return folders


def _take_folder(
    source: Source, logical_id: str, kind: str, properties: dict[str, Any], defaults: Mapping[str, Any]
) -> str | None:
    key = "CodeUri" if kind == _FUNCTION else "Code"
    place = ("Resources", logical_id, "Properties")
    value = properties.get(key)
    if kind == _FUNCTION:
        if properties.get("PackageType", defaults.get("PackageType")) == "Image":
            raise source.error(f"{logical_id}: functions of container images are not built yet.", *place)
        if value is None and "InlineCode" not in properties:
            value = defaults["CodeUri"] if defaults["CodeUri"] is not None else "."
            properties[key] = value
    if not _is_local(value):
        return None
    is_sam = kind == _FUNCTION
    properties[key] = f"{_PLACEHOLDER}{logical_id}" if is_sam else {"S3Bucket": "local", "S3Key": logical_id}
    return _folder(source, logical_id, key, str(value), place)


def _folder(source: Source, logical_id: str, key: str, value: str, place: read.Place) -> str:
    """The folder a function's code is in. Raises CommandError."""
    try:
        folder = (source.file.parent / value).resolve()
        is_there, is_file = folder.is_dir(), folder.is_file()
    except (OSError, ValueError, RuntimeError):  # a NUL, a name too long, links in a circle
        is_there = is_file = False
        folder = Path(repr(value))
    if is_file:
        message = f"{logical_id}: {key} must be a folder; {folder} is a file, and archives are not built yet."
        raise source.error(message, *place, key)
    if not is_there:
        raise source.error(f"{logical_id}: there is no folder {folder}; {key} says where the code is.", *place, key)
    return str(folder)


def _is_local(value: Any) -> bool:
    return isinstance(value, str) and not value.startswith("s3://")


def _put_folders(body: dict[str, Any], folders: Mapping[str, str]) -> None:
    for logical_id, folder in folders.items():
        resource = _mapping(_mapping(body.get("Resources")).get(logical_id))
        if "Properties" in resource:
            resource["Properties"]["Code"] = {LOCAL: folder}


def _inline_definitions(source: Source, body: dict[str, Any]) -> None:
    """Put local API definitions where the translator can read them: a DefinitionUri, or an AWS::Include."""
    for logical_id, resource in body["Resources"].items():
        properties = resource.get("Properties")
        if resource["Type"] not in _APIS or not properties:
            continue
        place = ("Resources", logical_id, "Properties")
        uri = properties.get("DefinitionUri")
        if _is_local(uri):
            properties["DefinitionBody"] = _included(source, uri, *place, "DefinitionUri")
            del properties["DefinitionUri"]
        definition = _mapping(properties.get("DefinitionBody"))
        if "Fn::Transform" in definition:
            include = _mapping(definition["Fn::Transform"])
            location = _mapping(include.get("Parameters")).get("Location")
            if include.get("Name") != "AWS::Include" or not _is_local(location) or len(definition) > 1:
                message = f"{logical_id}: of Fn::Transform only AWS::Include of a local file is built."
                raise source.error(message, *place, "DefinitionBody")
            properties["DefinitionBody"] = _included(source, str(location), *place, "DefinitionBody")


def _included(source: Source, name: str, *place: str | int) -> dict[str, Any]:
    """The content of a file the template names. Raises CommandError."""
    try:
        return read.read(source.file.parent / name).body
    except CommandError as error:
        raise source.error(str(error), *place) from error


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
