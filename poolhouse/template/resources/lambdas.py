"""AWS::Lambda::*: functions, their versions, aliases and resource policies, and what they are run with.

A version runs its function as it is now, code and settings: what is being written is meant to run at once, also behind
the alias of AutoPublishAlias. On AWS it stays as it was published.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Lambda.html
"""

import hashlib
import shutil
import tempfile
import uuid
import weakref
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from poolhouse.errors import CommandError
from poolhouse.lambdas.entities import LATEST, EventSourceMapping, Function, Permission
from poolhouse.lambdas.event_sources.sources import refusal, service
from poolhouse.store import Store
from poolhouse.template.document import Made
from poolhouse.template.resources.base import ANY, Context, Existing, Properties, Resource, ResourceType
from poolhouse.template.schema import Schema
from poolhouse.template.translate import LOCAL

_SOURCES = {"sqs": 10, "kinesis": 100, "dynamodb": 100}  # and how many records a batch has, where it is not said
_OF_STREAMS = frozenset(
    {"BisectBatchOnFunctionError", "DestinationConfig", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts"}
    | {"StartingPositionTimestamp"}
)
_INLINE_FILE = "index.py"  # the module Lambda puts inline code in
_TEMPORARY: weakref.WeakKeyDictionary[Store, Path] = weakref.WeakKeyDictionary()


def _fitted(schema: Schema, properties: Properties) -> dict[str, Any]:
    """With the member of Code that is ours, not CloudFormation's."""
    code = properties.get("Code")
    if isinstance(code, dict) and LOCAL in code:
        return {**schema.fitted({**properties, "Code": {}}), "Code": code}
    return schema.fitted(properties)


def _name(_context: Context, resource: Resource) -> str:
    return str(resource.properties.get("FunctionName", resource.name))


def _exists(context: Context, resource: Resource) -> bool:
    return context.cloud.store.functions.find(name=_name(context, resource)) is not None


def _create_function(context: Context, resource: Resource) -> Made:
    return _put_function(context, resource, _name(context, resource))


def _update_function(context: Context, resource: Resource, existing: Existing) -> Made:
    return _put_function(context, resource, existing.physical_id)


def _put_function(context: Context, resource: Resource, name: str) -> Made:
    properties = resource.properties
    if properties.get("PackageType", "Zip") != "Zip":
        raise CommandError("functions of container images are not built yet")
    variables = properties.get("Environment", {}).get("Variables", {})
    texts = {key: _text(key, value) for key, value in variables.items()}
    function = Function(
        name=name,
        arn=context.arn("lambda", f"function:{name}"),
        runtime=_needed(properties, "Runtime"),
        handler=_needed(properties, "Handler"),
        code=_code(context, name, properties["Code"]),
        role_arn=properties["Role"],
        modified_at=context.cloud.clock(),
        timeout=properties.get("Timeout", 3),
        memory=properties.get("MemorySize", 128),
        description=properties.get("Description", ""),
        tracing=properties.get("TracingConfig", {}).get("Mode", "PassThrough"),
        reserved_concurrency=properties.get("ReservedConcurrentExecutions"),
        dead_letter_arn=_dead_letter_arn(properties),
    )
    for warning in context.cloud.functions.put(function, texts):
        context.note(warning)
    return Made(name, {"Arn": function.arn})


def _dead_letter_arn(properties: Properties) -> str:
    arn = str(properties.get("DeadLetterConfig", {}).get("TargetArn") or "")
    if arn and arn.split(":")[2:3] not in (["sqs"], ["sns"]):
        raise CommandError("DeadLetterConfig takes the ARN of a queue or of a topic")
    return arn


def _needed(properties: Properties, name: str) -> str:
    if not properties.get(name):  # the schema does not ask for it, for functions of images have none
        raise CommandError(f"#: required key [{name}] not found")
    return str(properties[name])


def _text(name: str, value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str() | int() | float():
            return str(value)
    raise CommandError(f"the environment variable {name} must be a string")


def _code(context: Context, name: str, code: Mapping[str, Any]) -> str:
    """The folder a function's handler is imported from."""
    if LOCAL in code:
        return str(code[LOCAL])
    if "ZipFile" not in code:
        raise CommandError("its code must be a folder of this machine or inline: S3 is not built yet")
    folder = _inline_folder(context, name)
    own = folder / _version(code["ZipFile"])
    own.mkdir(parents=True, exist_ok=True)
    (own / _INLINE_FILE).write_text(code["ZipFile"], "utf-8")
    return str(own)


def _version(source: str) -> str:
    """A folder for each text: Python would take bytecode for current that it compiled within the same second."""
    return hashlib.sha256(source.encode()).hexdigest()[:12]


def _inline_folder(context: Context, name: str) -> Path:
    """Where a function's inline code is, one folder for each text it has had."""
    config = context.cloud.config
    base = config.state.resolve() / "inline" if config.state else _temporary_folder(context.cloud.store)
    return base / name


def _temporary_folder(store: Store) -> Path:
    """For the inline code of a cloud that is kept in memory; gone when the cloud is."""
    folder = _TEMPORARY.get(store)
    if folder is None:
        folder = _TEMPORARY[store] = Path(tempfile.mkdtemp(prefix="poolhouse-inline-"))
        weakref.finalize(store, shutil.rmtree, folder, ignore_errors=True)
    return folder


def _is_current(context: Context, existing: Existing) -> bool:
    """Whether the function is there, with its code where it was: a state folder may have been moved."""
    function = context.cloud.store.functions.find(name=existing.physical_id)
    if function is None or not Path(function.code).is_dir():
        return False
    code = existing.properties["Code"]
    if LOCAL in code:
        return bool(function.code == code[LOCAL])
    return function.code == str(_inline_folder(context, existing.physical_id) / _version(code["ZipFile"]))


def _delete_function(context: Context, existing: Existing) -> None:
    context.cloud.functions.remove(existing.physical_id)
    if "ZipFile" in existing.properties["Code"]:
        shutil.rmtree(_inline_folder(context, existing.physical_id), ignore_errors=True)


def _create_permission(context: Context, resource: Resource) -> Made:
    properties = resource.properties
    function, qualifier = _named(properties)
    permission = Permission(
        function=function,
        qualifier="" if qualifier == LATEST else qualifier,
        statement_id=resource.name,
        principal=properties["Principal"],
        action=properties["Action"],
        source_arn=properties.get("SourceArn"),
        source_account=properties.get("SourceAccount"),
    )
    context.cloud.functions.add_permission(permission)
    return Made(resource.name, {"Id": resource.name})


def _named(properties: Properties) -> tuple[str, str]:
    """A function's name and qualifier, whether it is given by name or by ARN."""
    name, _, qualifier = str(properties["FunctionName"]).rpartition("function:")[2].partition(":")
    return name, qualifier


def _delete_permission(context: Context, existing: Existing) -> None:
    context.cloud.functions.remove_permission(_named(existing.properties)[0], existing.physical_id)


def _create_version(context: Context, resource: Resource) -> Made:
    name, _ = _named(resource.properties)
    number = context.cloud.functions.publish(name)
    arn = context.arn("lambda", f"function:{name}:{number}")
    return Made(arn, {"Version": number, "FunctionArn": arn})


def _delete_version(context: Context, existing: Existing) -> None:
    context.cloud.functions.unpublish(_named(existing.properties)[0], str(existing.attributes["Version"]))


def _alias_arn(context: Context, resource: Resource) -> str:
    name, _ = _named(resource.properties)
    return context.arn("lambda", f"function:{name}:{resource.properties['Name']}")


def _alias_exists(context: Context, resource: Resource) -> bool:
    function = context.cloud.store.functions.find(name=_named(resource.properties)[0])
    return function is not None and resource.properties["Name"] in function.aliases


def _put_alias(context: Context, resource: Resource) -> Made:
    properties = resource.properties
    context.cloud.functions.put_alias(_named(properties)[0], properties["Name"], properties["FunctionVersion"])
    arn = _alias_arn(context, resource)
    return Made(arn, {"AliasArn": arn})


def _update_alias(context: Context, resource: Resource, _existing: Existing) -> Made:
    return _put_alias(context, resource)


def _delete_alias(context: Context, existing: Existing) -> None:
    context.cloud.functions.remove_alias(_named(existing.properties)[0], existing.properties["Name"])


def _create_mapping(context: Context, resource: Resource) -> Made:
    return _put_mapping(context, resource, str(uuid.uuid5(uuid.NAMESPACE_OID, resource.name)))


def _put_mapping(context: Context, resource: Resource, physical_id: str) -> Made:
    properties, cloud = resource.properties, context.cloud
    source = str(properties.get("EventSourceArn") or "")
    kind = service(source)
    if kind not in _SOURCES or "/consumer/" in source:
        raise CommandError("event source mappings are built for queues and streams, and for nothing else yet")
    function = cloud.functions.get(str(properties["FunctionName"]))
    _, qualifier = _named(properties)
    mapping = EventSourceMapping(
        uuid=physical_id,
        function=function.name,
        source_arn=source,
        batch_size=int(properties.get("BatchSize", _SOURCES[kind])),
        is_enabled=properties.get("Enabled", True),
        reports_failures="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", ()),
        qualifier=qualifier,
    )
    if kind == "sqs":
        _check_queue_alone(properties)
    else:
        mapping = _of_stream(properties, mapping)
    refused = refusal(cloud.role_may, function, mapping)
    if refused:
        raise CommandError(refused)
    if kind == "sqs":
        _check_hidden(context, function, mapping)
    try:
        cloud.event_sources.put(mapping)
    except LookupError:
        raise CommandError(f"Stream not found: {source}") from None  # a guess
    return Made(mapping.uuid, {"Id": mapping.uuid})


def _of_stream(properties: Properties, mapping: EventSourceMapping) -> EventSourceMapping:
    """The mapping with what is of streams alone."""
    starts_at, at = properties.get("StartingPosition"), properties.get("StartingPositionTimestamp")
    if starts_at is None:
        raise CommandError(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy "
            "constraint: Member must not be null."
        )
    if starts_at == "AT_TIMESTAMP" and (at is None or service(mapping.source_arn) != "kinesis"):
        raise CommandError("AT_TIMESTAMP takes a StartingPositionTimestamp, and a stream of Kinesis")
    return replace(
        mapping,
        starts_at=starts_at,
        starts_at_time=datetime.fromtimestamp(float(at), UTC) if starts_at == "AT_TIMESTAMP" and at else None,
        tries_again=int(properties.get("MaximumRetryAttempts", -1)),
        max_age=int(properties.get("MaximumRecordAgeInSeconds", -1)),
        splits=bool(properties.get("BisectBatchOnFunctionError", False)),
        on_failure_arn=_on_failure(properties),
    )


def _on_failure(properties: Properties) -> str:
    arn = str(properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination") or "")
    if arn and service(arn) not in ("sns", "sqs"):
        raise CommandError("DestinationConfig takes a queue or a topic: buckets are not built yet")
    return arn


def _check_queue_alone(properties: Properties) -> None:
    if "StartingPosition" in properties:
        raise CommandError("StartingPosition is not valid for SQS event sources.")
    for name in _OF_STREAMS & properties.keys():
        raise CommandError(f"Unsupported {name} parameter for given event source mapping type.")


def _check_hidden(context: Context, function: Function, mapping: EventSourceMapping) -> None:
    """A queue must not show a message again while the function may still be at it."""
    name = mapping.source_arn.rpartition(":")[2]
    url = context.operate("sqs", "GetQueueUrl", {"QueueName": name})["QueueUrl"]
    asked = {"QueueUrl": url, "AttributeNames": ["VisibilityTimeout"]}
    hidden = int(context.operate("sqs", "GetQueueAttributes", asked)["Attributes"]["VisibilityTimeout"])
    if hidden < function.timeout:
        raise CommandError(
            f"Queue visibility timeout: {hidden} seconds is less than Function timeout: {function.timeout} seconds"
        )


def _update_mapping(context: Context, resource: Resource, existing: Existing) -> Made:
    return _put_mapping(context, resource, existing.physical_id)


def _delete_mapping(context: Context, existing: Existing) -> None:
    context.cloud.event_sources.remove(existing.physical_id)


def _create_layer(context: Context, resource: Resource) -> Made:
    name = resource.properties.get("LayerName", resource.name)
    arn = context.arn("lambda", f"layer:{name}:1")
    return Made(arn, {"LayerVersionArn": arn})


TYPES: Mapping[str, ResourceType] = {
    "AWS::Lambda::Function": ResourceType(
        takes=frozenset(
            {"Code", "Description", "Environment", "FunctionName", "Handler", "MemorySize", "PackageType", "Role"}
            | {"DeadLetterConfig", "ReservedConcurrentExecutions", "Runtime", "Timeout", "TracingConfig"}
        ),
        means_nothing=frozenset(
            {"Architectures", "CodeSigningConfigArn", "KmsKeyArn", "LoggingConfig", "RecursiveLoop", "SnapStart"}
            | {"RuntimeManagementConfig", "Tags"}
        ),
        not_run=frozenset({"EphemeralStorage", "FileSystemConfigs", "Layers", "VpcConfig"}),
        create=_create_function,
        update=_update_function,
        delete=_delete_function,
        name=_name,
        named_by="FunctionName",
        exists=_exists,
        is_current=_is_current,
        fitted=_fitted,
    ),
    "AWS::Lambda::Permission": ResourceType(
        takes=frozenset({"FunctionName", "Principal", "Action", "SourceArn", "SourceAccount"}),
        create=_create_permission,
        delete=_delete_permission,
        name=lambda _context, resource: resource.name,
    ),
    "AWS::Lambda::Version": ResourceType(
        takes=frozenset({"FunctionName", "Description"}),
        means_nothing=frozenset({"CodeSha256", "FunctionScalingConfig", "ProvisionedConcurrencyConfig"}),
        not_run=frozenset({"RuntimePolicy"}),
        create=_create_version,
        delete=_delete_version,
    ),
    "AWS::Lambda::Alias": ResourceType(
        takes=frozenset({"FunctionName", "FunctionVersion", "Name", "Description"}),
        means_nothing=frozenset({"ProvisionedConcurrencyConfig"}),
        not_run=frozenset({"RoutingConfig"}),
        create=_put_alias,
        update=_update_alias,
        delete=_delete_alias,
        name=_alias_arn,
        named_by="Name",
        exists=_alias_exists,
    ),
    "AWS::Lambda::LayerVersion": ResourceType(takes=ANY, create=_create_layer, runs_here=False),
    "AWS::Lambda::EventSourceMapping": ResourceType(
        takes=frozenset(
            {"BatchSize", "Enabled", "EventSourceArn", "FunctionName", "FunctionResponseTypes", "StartingPosition"}
            | _OF_STREAMS
        ),
        means_nothing=frozenset(
            {"MaximumBatchingWindowInSeconds", "MetricsConfig", "ParallelizationFactor", "ScalingConfig", "Tags"}
        ),
        create=_create_mapping,
        update=_update_mapping,
        delete=_delete_mapping,
    ),
}
