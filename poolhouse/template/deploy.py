"""Deploy a template, or bring what was deployed of it up to date.

Everything that can be known beforehand is checked before anything is made. Then each resource, in dependency order, is
created, updated in place, replaced, or left alone; what is no longer there is deleted at the end. Each step is kept as
it is taken, so that a deployment that was cut off is taken up by the next one. One that fails is undone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from poolhouse.errors import CommandError
from poolhouse.template import dynamic, load, parameters, rehearsal, summary
from poolhouse.template.deployment import Deployment, Progress
from poolhouse.template.document import Made, Template
from poolhouse.template.entities import Stack
from poolhouse.template.ledger import Ledger, encoded
from poolhouse.template.resources.base import Cloud

__all__ = ["Cloud", "Deployed", "deploy"]


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployed stack. `functions` is logical id to name; `lines` says what there is, for a person."""

    stack_name: str
    outputs: Mapping[str, str]
    functions: Mapping[str, str]
    lines: tuple[str, ...]


def deploy(cloud: Cloud, file: Path, given: Mapping[str, str], progress: Progress) -> Deployed:
    """Deploy a template's file. Raises CommandError: one line, and everything is as it was before."""
    config = cloud.config
    template = load.load(
        file,
        given,
        region=config.region,
        account_id=config.account_id,
        cache=config.state,
        look_up=partial(dynamic.stored, cloud.operate),
    )
    ledger = Ledger(cloud.store, template.stack_name)
    rehearsal.check(template, ledger.rows, cloud.operate)
    is_new = _begin(cloud, template, progress)
    deployment = Deployment(cloud, template, ledger, progress)
    try:
        deployment.run()
        outputs = _outputs(template, deployment.made)
    except CommandError:
        if is_new and not ledger.rows:
            with cloud.store.write() as tx:
                tx.stacks.remove(name=template.stack_name)
        raise
    _keep(cloud, template, outputs)
    rows = [ledger.rows[name] for name in template.resources]
    functions = {row.logical_id: row.physical_id for row in rows if row.type == "AWS::Lambda::Function"}
    lines = summary.lines(cloud, rows, outputs, deployment.notes)
    return Deployed(template.stack_name, outputs, functions, tuple(lines))


def _begin(cloud: Cloud, template: Template, progress: Progress) -> bool:
    """Note that there is such a stack; whether it is new. Raises CommandError for one of another account or region."""
    stack = cloud.store.stacks.find(name=template.stack_name)
    if stack is None:
        _keep(cloud, template, {})
        return True
    if stack.id != template.stack_id:
        _, _, _, region, account_id, _ = stack.id.split(":", 5)
        raise CommandError(
            f"{cloud.config.state}: the stack {stack.name} there is of account {account_id} in {region}. "
            f"Start with --account {account_id} --region {region}, or give another --state."
        )
    if Path(stack.template).resolve() != template.file.resolve():
        progress(f"The stack {stack.name} was deployed from {stack.template}; now it is from {template.file}.")
    return False


def _keep(cloud: Cloud, template: Template, outputs: Mapping[str, str]) -> None:
    stack = Stack(
        name=template.stack_name,
        id=template.stack_id,
        template=str(template.file.resolve()),
        parameters=_shown(template),
        outputs=outputs,
        deployed_at=cloud.clock(),
    )
    with cloud.store.write() as tx:
        tx.stacks.put(stack)


def _shown(template: Template) -> dict[str, str]:
    """The parameters that may be kept as they are: not those that are secret."""
    declared = template.source.body.get("Parameters") or {}
    return {name: value for name, value in template.parameters.items() if not parameters.is_secret(declared[name])}


def _outputs(template: Template, made: Mapping[str, Made]) -> dict[str, str]:
    resolved = {
        name: template.resolve(value, made, "Outputs", name, "Value") for name, value in template.outputs.items()
    }
    return {name: value if isinstance(value, str) else encoded(value).decode() for name, value in resolved.items()}
