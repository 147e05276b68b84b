"""Small templates for tests: written, loaded, resolved."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from poolhouse.errors import CommandError
from poolhouse.template.deploy import Deployed
from poolhouse.template.document import Made, Template
from poolhouse.template.load import load

ACCOUNT_ID = "123456789012"
REGION = "eu-west-1"
Deploy = Callable[..., Deployed]
REPOSITORY = Path(__file__).parents[3]


def write(folder: Path, text: str | bytes, name: str = "template.yaml") -> Path:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def loaded(folder: Path, text: str, given: Mapping[str, str] | None = None, **options: Any) -> Template:
    return load(write(folder, text), given or {}, region=REGION, account_id=ACCOUNT_ID, **options)


def refusal(folder: Path, text: str | bytes, given: Mapping[str, str] | None = None) -> str:
    """What `load` says of a template, from the file's name on; always one line."""
    file = write(folder, text)
    with pytest.raises(CommandError) as caught:
        load(file, given or {}, region=REGION, account_id=ACCOUNT_ID)
    message = str(caught.value)
    assert "\n" not in message
    return message.replace(f"{folder}/", "")


def made(template: Template, attributes: Mapping[str, Any] | None = None) -> dict[str, Made]:
    """Every resource as if it were made: its id is `id-` and its name; it has whatever attribute a test wants."""
    wanted = {"Arn": "arn:of:it", "RootResourceId": "root", "DeploymentId": "d1", "Version": "1", **(attributes or {})}
    return {name: Made(f"id-{name}", wanted) for name in template.resources}


def resolved(template: Template, logical_id: str, attributes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A resource's properties, resolved as if every resource were made."""
    place = ("Resources", logical_id, "Properties")
    properties = template.resolve(template.resources[logical_id].properties, made(template, attributes), *place)
    assert isinstance(properties, dict)
    return properties


def value(folder: Path, expression: str, head: str = "", attributes: Mapping[str, Any] | None = None) -> Any:
    """What a property comes to that is written as this expression."""
    it = f"  It:\n    Type: A::B\n    Properties:\n      P: {expression}\n"
    text = f"{head}\nResources:\n  Other: {{Type: A::B}}\n{it}"
    return resolved(loaded(folder, text), "It", attributes).get("P", "nothing at all")
