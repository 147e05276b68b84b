"""SAM to CloudFormation by aws-sam-translator: offline, and only when something it depends on has changed.

Importing the translator takes longer than everything else a start does, so what it made is kept by a hash of what it
was made from.
"""

import contextlib
import hashlib
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
from poolhouse.template import read
from poolhouse.template.parameters import Value
from poolhouse.template.read import Source

TRANSFORM = "AWS::Serverless-2016-10-31"
LOCAL = "LocalFolder"  # the member of Code that holds a function's folder here
_PLACEHOLDER = "s3://poolhouse-local/"
_CODE = ("AWS::Serverless::Function", "AWS::Lambda::Function")
_APIS = ("AWS::Serverless::Api", "AWS::Serverless::HttpApi")
_LINE_BREAK = re.compile(r"\s*\n\s*")


def translated(source: Source, parameters: Mapping[str, Value], *, region: str, cache: Path | None) -> dict[str, Any]:
    """The CloudFormation template this file comes to. Raises CommandError."""
    body = deepcopy(source.body)
    _inline_definitions(source, body)
    transforms = body.get("Transform", [])
    transforms = transforms if isinstance(transforms, list) else [transforms]
    other = [name for name in transforms if name not in (TRANSFORM, "AWS::LanguageExtensions")]
    if other:
        raise source.error(f"The transform {other[0]} is not built yet.", "Transform")
    folders = _take_folders(source, body)
    if TRANSFORM in transforms:
        body = _kept(source, body, parameters, region, cache)
    _put_folders(body, folders)
    return body


def _kept(
    source: Source, body: dict[str, Any], parameters: Mapping[str, Value], region: str, cache: Path | None
) -> dict[str, Any]:
    """The translation from the cache, or a fresh one kept there."""
    if cache is None:
        return _translate(source, body, parameters, region)
    basis = msgspec.json.encode([version("aws-sam-translator"), region, body, parameters], order="sorted")
    file = cache / f"translated-{hashlib.sha256(basis).hexdigest()[:32]}.json"
    with contextlib.suppress(OSError, msgspec.DecodeError):
        kept = msgspec.json.decode(file.read_bytes())
        if isinstance(kept, dict):
            return kept
    made = _translate(source, body, parameters, region)
    for old in cache.glob("translated-*.json"):
        old.unlink(missing_ok=True)
    fresh = file.with_suffix(f".{os.getpid()}")
    fresh.write_bytes(msgspec.json.encode(made))
    fresh.replace(file)
    return made


def _translate(source: Source, body: dict[str, Any], parameters: Mapping[str, Value], region: str) -> dict[str, Any]:
    from samtranslator.model.exceptions import InvalidDocumentException  # noqa: PLC0415 - half a second
    from samtranslator.parser.parser import Parser  # noqa: PLC0415
    from samtranslator.translator.translator import Translator  # noqa: PLC0415
    from samtranslator.utils import py27hash_fix  # noqa: PLC0415

    given = {name: ",".join(value) if isinstance(value, list) else value for name, value in parameters.items()}
    session: Any = SimpleNamespace(region_name=region)  # all it wants of a boto3 session
    try:
        # The logical ids it makes up hold hashes; with this they are the ones AWS makes up.
        py27hash_fix.to_py27_compatible_template(body, given)
        made = Translator(None, Parser(), boto_session=session).translate(
            body, parameter_values=given, get_managed_policy_map=dict
        )
        return dict(py27hash_fix.undo_mark_unicode_str_in_template(made))
    except InvalidDocumentException as error:
        raise _refusal(source, error) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # it trusts a template's types here and there
        raise source.error(f"aws-sam-translator cannot read this template: {error!r}.", "Resources") from error


def _refusal(source: Source, error: Any) -> CommandError:
    """The translator's first complaint, at the resource it names."""
    causes = list(getattr(error, "causes", ())) or [error]
    message = _LINE_BREAK.sub(" ", str(getattr(causes[0], "message", causes[0]))).rstrip(".")
    logical_id = getattr(causes[0], "_logical_id", None)
    place = ("Resources", logical_id) if isinstance(logical_id, str) else ("Resources",)
    return source.error(f"{message}.", *place)


def _take_folders(source: Source, body: dict[str, Any]) -> dict[str, str]:
    """Put an S3 address, which is all the translator takes, in the place of each local folder; the folders by name."""
    folders: dict[str, str] = {}
    defaults = _mapping(_mapping(body.get("Globals")).get("Function"))
    common = defaults.pop("CodeUri", None)
    for logical_id, resource in _mapping(body.get("Resources")).items():
        kind = _mapping(resource).get("Type")
        if kind not in _CODE:
            continue
        properties = resource.setdefault("Properties", {})
        if not isinstance(properties, dict):
            continue
        key = "CodeUri" if kind == _CODE[0] else "Code"
        value = properties.get(key)
        if kind == _CODE[0] and value is None and "InlineCode" not in properties:
            value = common if common is not None else "."
        if isinstance(value, str) and not value.startswith("s3://"):
            folders[logical_id] = str((source.file.parent / value).resolve())
            value = f"{_PLACEHOLDER}{logical_id}"
            properties[key] = value if kind == _CODE[0] else {"S3Bucket": "poolhouse-local", "S3Key": logical_id}
        elif value is not None:
            properties[key] = value
    return folders


def _put_folders(body: dict[str, Any], folders: Mapping[str, str]) -> None:
    for logical_id, folder in folders.items():
        resource = _mapping(_mapping(body.get("Resources")).get(logical_id))
        if "Properties" in resource:
            resource["Properties"]["Code"] = {LOCAL: folder}


def _inline_definitions(source: Source, body: dict[str, Any]) -> None:
    """Put local API definitions where the translator can read them: a DefinitionUri, or an AWS::Include."""
    for logical_id, resource in _mapping(body.get("Resources")).items():
        properties = _mapping(_mapping(resource).get("Properties"))
        if _mapping(resource).get("Type") not in _APIS:
            continue
        uri = properties.get("DefinitionUri")
        definition = _mapping(properties.get("DefinitionBody")).get("Fn::Transform")
        if isinstance(uri, str) and not uri.startswith("s3://"):
            properties["DefinitionBody"] = read.read(source.file.parent / uri).body
            del properties["DefinitionUri"]
        elif isinstance(definition, dict):
            location = _mapping(definition.get("Parameters")).get("Location")
            if definition.get("Name") != "AWS::Include" or not isinstance(location, str) or "://" in location:
                raise source.error(
                    "Only AWS::Include of a local file is built of Fn::Transform.",
                    *("Resources", logical_id, "Properties", "DefinitionBody"),
                )
            properties["DefinitionBody"] = read.read(source.file.parent / location).body


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
