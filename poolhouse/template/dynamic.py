"""Dynamic references: {{resolve:ssm:...}} and {{resolve:secretsmanager:...}} in the properties of resources.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html

A parameter is looked up anew by every deployment, before anything is made. A secret is looked up when its resource is
made, or changed for another reason: what it has become since then is not noticed. Nothing else resolves them: in an
output the text stays what it is.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from poolhouse.errors import ApiError, CommandError
from poolhouse.template.intrinsics import UNKNOWN
from poolhouse.template.resources.base import is_absent

Operate = Callable[[str, str, Mapping[str, Any]], dict[str, Any]]
_REFERENCE = re.compile(r"\{\{resolve:([^{}:]*):([^{}]*)\}\}")
_PARTS_OF_AN_ARN = 7


def with_parameters(value: Any, operate: Operate) -> Any:
    """The value with every reference to a parameter looked up. Raises CommandError with CloudFormation's sentence."""

    def put(service: str, named: str) -> str | None:
        if service == "secretsmanager":
            return None
        if service == "ssm":
            return _parameter(named, operate)
        if service == "ssm-secure":
            raise CommandError(f"SSM Secure reference is not supported in: [{named}]")
        raise CommandError(f"there is no dynamic reference to {service}: it is one of ssm and secretsmanager")

    return _replaced(value, put)


def with_secrets(value: Any, operate: Operate) -> Any:
    """The value with every reference to a secret looked up. Raises CommandError and ApiError."""
    return _replaced(value, lambda service, named: _secret(named, operate) if service == "secretsmanager" else None)


def rehearsed(value: Any) -> Any:
    """The value where every text with a secret in it is not known yet."""
    if isinstance(value, str) and has_secrets(value):
        return UNKNOWN
    if isinstance(value, dict):
        return {key: rehearsed(item) for key, item in value.items()}
    return [rehearsed(item) for item in value] if isinstance(value, list) else value


def has_secrets(value: Any) -> bool:
    """Whether there is a reference to a secret anywhere in it."""
    return any(service == "secretsmanager" for text in _texts(value) for service, _ in _REFERENCE.findall(text))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _replaced(value: Any, put: Callable[[str, str], str | None]) -> Any:
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: _or_same(put(found[1], found[2]), found[0]), value)
    if isinstance(value, dict):
        return {key: _replaced(item, put) for key, item in value.items()}
    return [_replaced(item, put) for item in value] if isinstance(value, list) else value


def _or_same(value: str | None, text: str) -> str:
    return text if value is None else value


def _parameter(named: str, operate: Operate) -> str:
    """One parameter's value, or that of one of its versions; labels are not looked for."""
    _, _, version = named.partition(":")
    if ":" in named and not version.isdecimal():
        raise CommandError(f"Incorrect format is used in the following SSM reference: [ssm:{named}]")
    try:
        found = operate("ssm", "GetParameter", {"Name": named})["Parameter"]
    except ApiError as error:
        if error.code in ("ParameterNotFound", "ParameterVersionNotFound"):
            raise CommandError(f"Parameters: [ssm:{named}] cannot be found.") from error
        raise
    if found["Type"] == "SecureString":
        raise CommandError(f"Non-secure ssm prefix was used for secure parameter: [ssm:{named}]")
    return str(found["Value"])


def stored(operate: Operate, name: str) -> str | None:
    """The value of a parameter of the parameter store; None for a SecureString. Raises LookupError."""
    try:
        found = operate("ssm", "GetParameter", {"Name": name})["Parameter"]
    except ApiError as error:
        raise LookupError(name) from error
    return None if found["Type"] == "SecureString" else str(found["Value"])


def _secret(named: str, operate: Operate) -> str:
    """secret-id:SecretString:json-key:version-stage:version-id, of which all but the first may be left out."""
    parts = named.split(":")
    of_id = _PARTS_OF_AN_ARN if parts[0] == "arn" else 1
    _, key, stage, version = (*parts[of_id:], "", "", "", "")[:4]
    asked = {"SecretId": ":".join(parts[:of_id]), "VersionStage": stage, "VersionId": version}
    try:
        found = operate("secretsmanager", "GetSecretValue", {name: text for name, text in asked.items() if text})
    except ApiError as error:
        if is_absent(error):
            raise CommandError(error.message or error.code) from error
        raise
    text = str(found.get("SecretString", ""))
    if not key:
        return text
    try:
        members = json.loads(text)
    except ValueError as error:
        raise CommandError("Could not parse SecretString JSON") from error
    if not isinstance(members, dict) or key not in members:
        raise CommandError("Could not find a value associated with JSONKey in SecretString")
    value = members[key]
    return value if isinstance(value, str) else json.dumps(value)
