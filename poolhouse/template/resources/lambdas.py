"""AWS::Lambda::*: functions and their resource policies.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Lambda.html
"""

import atexit
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from poolhouse.errors import CommandError
from poolhouse.lambdas.entities import Function, Permission
from poolhouse.template.document import Made
from poolhouse.template.resources.base import Context, Existing, Resource, ResourceType
from poolhouse.template.translate import LOCAL

_INLINE_FILE = "index.py"  # the module Lambda puts inline code in


def _put_function(context: Context, resource: Resource) -> Made:
    properties = resource.properties
    name = str(properties.get("FunctionName", resource.name))
    arn = context.arn("lambda", f"function:{name}")
    if properties.get("Layers"):
        raise CommandError("layers are not built yet: install what they hold beside the function's code.")
    if properties.get("PackageType", "Zip") != "Zip":
        raise CommandError("functions of container images are not built yet.")
    reserved = properties.get("ReservedConcurrentExecutions")
    environment = properties.get("Environment", {}).get("Variables", {})
    function = Function(
        name=name,
        arn=arn,
        runtime=_needed(properties, "Runtime"),
        handler=_needed(properties, "Handler"),
        code=_code(context, name, properties.get("Code", {})),
        role_arn=_needed(properties, "Role"),
        modified_at=context.cloud.clock(),
        environment={str(key): _text(value) for key, value in environment.items()},
        timeout=int(properties.get("Timeout", 3)),
        memory=int(properties.get("MemorySize", 128)),
        description=str(properties.get("Description", "")),
        tracing=str(properties.get("TracingConfig", {}).get("Mode", "PassThrough")),
        reserved_concurrency=None if reserved is None else int(reserved),
    )
    for warning in context.cloud.functions.put(function):
        context.note(warning)
    return Made(name, {"Arn": arn})


def _update_function(context: Context, resource: Resource, _existing: Existing) -> Made:
    return _put_function(context, resource)


def _delete_function(context: Context, existing: Existing) -> None:
    context.cloud.functions.remove(existing.physical_id)


def _needed(properties: Mapping[str, Any], name: str) -> str:
    value = properties.get(name)
    if not value:
        raise CommandError(f"a function needs {name}.")
    return str(value)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _code(context: Context, name: str, code: Any) -> str:
    """The folder a function's handler is imported from."""
    match code:
        case {"LocalFolder": str(folder)}:
            if not Path(folder).is_dir():
                raise CommandError(f"there is no folder {folder} to take its code from.")
            return folder
        case {"ZipFile": str(source)}:
            own = _inline_folder(context) / name
            own.mkdir(parents=True, exist_ok=True)
            (own / _INLINE_FILE).write_text(source, "utf-8")
            return str(own)
    raise CommandError(f"its code must be a folder of this machine ({LOCAL}) or inline: S3 is not built yet.")


def _inline_folder(context: Context) -> Path:
    state = context.cloud.config.state
    if state is not None:
        return state.resolve() / "inline"
    folder = tempfile.mkdtemp(prefix="poolhouse-inline-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _put_permission(context: Context, resource: Resource) -> Made:
    properties = resource.properties
    function = context.cloud.functions.get(str(properties["FunctionName"])).name
    permission = Permission(
        function=function,
        statement_id=resource.name,
        principal=str(properties["Principal"]),
        action=str(properties["Action"]),
        source_arn=properties.get("SourceArn"),
        source_account=None if "SourceAccount" not in properties else str(properties["SourceAccount"]),
    )
    context.cloud.functions.add_permission(permission)
    return Made(resource.name, {"Id": resource.name})


def _same_permission(_context: Context, _resource: Resource, existing: Existing) -> Made:
    return Made(existing.physical_id, existing.attributes)


def _delete_permission(context: Context, existing: Existing) -> None:
    name = str(existing.properties["FunctionName"]).rpartition("function:")[2]
    context.cloud.functions.remove_permission(name, existing.physical_id)


_PERMISSION = frozenset({"FunctionName", "Principal", "Action", "SourceArn", "SourceAccount"})
_FUNCTION = frozenset(
    {"Code", "Description", "Environment", "FunctionName", "Handler", "Layers", "MemorySize", "PackageType", "Role"}
    | {"ReservedConcurrentExecutions", "Runtime", "Timeout", "TracingConfig"}
)
_FUNCTION_IGNORED = frozenset(
    {"Architectures", "CodeSigningConfigArn", "DeadLetterConfig", "EphemeralStorage", "FileSystemConfigs", "KmsKeyArn"}
    | {"LoggingConfig", "RecursiveLoop", "RuntimeManagementConfig", "SnapStart", "Tags", "VpcConfig", "ImageConfig"}
)

TYPES: Mapping[str, ResourceType] = {
    "AWS::Lambda::Function": ResourceType(
        properties=_FUNCTION,
        ignored=_FUNCTION_IGNORED,
        create=_put_function,
        update=_update_function,
        delete=_delete_function,
        replaced_by=frozenset({"FunctionName"}),
        name=lambda resource: str(resource.properties.get("FunctionName", resource.name)),
    ),
    "AWS::Lambda::Permission": ResourceType(
        properties=_PERMISSION,
        ignored=frozenset({"EventSourceToken", "PrincipalOrgID", "FunctionUrlAuthType", "InvokedViaFunctionUrl"}),
        create=_put_permission,
        update=_same_permission,
        delete=_delete_permission,
        replaced_by=_PERMISSION,
    ),
}
