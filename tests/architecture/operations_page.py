"""docs/operations.md, made from the code and botocore's model: `make docs` writes it, a test holds it true."""

import sys
from collections.abc import Iterator

from poolhouse.app import SERVICES


def render() -> str:
    """The whole page."""
    lines = [
        "# Operations",
        "",
        "Made from the code by `make docs`. What is not built answers with its name and `NotImplementedException`,",
        "after the same checks of signature, types and constraints.",
    ]
    for service in SERVICES:
        lines += ["", *_section(service.name, sorted(service.model.operation_names), set(service.operations))]
    return "\n".join(lines) + "\n"


def _section(name: str, known: list[str], built: set[str]) -> Iterator[str]:
    yield f"## {name}: {len(built)} of {len(known)}"
    yield ""
    yield "| operation | |"
    yield "| --- | --- |"
    for operation in known:
        yield f"| {operation} | {'works' if operation in built else 'not yet'} |"


if __name__ == "__main__":
    sys.stdout.write(render())
