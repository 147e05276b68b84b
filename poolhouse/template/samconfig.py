"""What samconfig.toml says of a deployment: the stack's name and its parameters, in the section default.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html
"""

import re
import shlex
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from poolhouse.errors import CommandError
from poolhouse.template.read import refusal

_MAX_BYTES = 1_048_576
_LINE = re.compile(r"\(at line (\d+)")
_LONG_FORM = re.compile(r"ParameterKey=(?P<key>[^,]+),ParameterValue=(?P<value>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Settings:
    """The stack's name, None where there is none, and the values of parameters."""

    stack_name: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)


def read(file: Path) -> Settings:
    """The settings in this file; none when there is no such file. Raises CommandError."""
    if not file.is_file():
        return Settings()
    merged = _merged(file, _document(file))
    name = merged.get("stack_name")
    if name is not None and not isinstance(name, str):
        raise refusal(file, None, "stack_name must be text.")
    return Settings(name, _parameters(file, merged.get("parameter_overrides", [])))


def _document(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as stream:
            raw = stream.read(_MAX_BYTES + 1)
        if len(raw) > _MAX_BYTES:
            raise refusal(file, None, f"the file is larger than {_MAX_BYTES:,} bytes.")
        return tomllib.loads(raw.decode("utf-8-sig"))
    except OSError as error:
        raise refusal(file, None, f"{error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise refusal(file, raw[: error.start].count(b"\n") + 1, "this is not UTF-8.") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = _LINE.search(str(error))
        raise refusal(file, int(line[1]) if line else None, f"this is not TOML: {error}.") from error


def _merged(file: Path, document: dict[str, Any]) -> dict[str, Any]:
    """Deploy's own parameters over those of every command."""
    merged: dict[str, Any] = {}
    for command in ("global", "deploy"):
        table: Any = document
        for key in ("default", command, "parameters"):
            table = table.get(key, {})
            if not isinstance(table, dict):
                raise refusal(file, None, f"default.{command}.parameters must be a table.")
        merged |= table
    return merged


def _parameters(file: Path, overrides: Any) -> dict[str, str]:
    try:
        pairs = shlex.split(overrides) if isinstance(overrides, str) else overrides
    except ValueError as error:
        raise refusal(file, None, f"parameter_overrides: {error}.") from error
    if not isinstance(pairs, list):
        raise refusal(file, None, "parameter_overrides must be a list or a text of NAME=value.")
    return dict(_pair(file, pair) for pair in pairs)


def _pair(file: Path, pair: Any) -> tuple[str, str]:
    long_form = _LONG_FORM.fullmatch(pair) if isinstance(pair, str) else None
    if long_form:
        return long_form["key"], _unquoted(long_form["value"])
    key, separator, value = str(pair).partition("=")
    if not separator or not key:
        raise _not_a_pair(file, pair)
    return key.strip(), _unquoted(value)


def _not_a_pair(file: Path, pair: Any) -> CommandError:
    return refusal(file, None, f"parameter_overrides: {pair!r} is not of the form NAME=value.")


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value
