"""AWS::SecretsManager::Secret and AWS::SecretsManager::ResourcePolicy.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
"""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from poolhouse.errors import CommandError
from poolhouse.template.document import Made
from poolhouse.template.resources.base import (
    Context,
    Existing,
    Properties,
    Resource,
    ResourceType,
    changed_tags,
    only,
    tag_list,
    tags,
    without,
)

_SERVICE = "secretsmanager"
_OF_THE_TEXT = ("SecretStringTemplate", "GenerateStringKey")
_SHORTEST = 32  # what GenerateSecretString makes where it does not say how long


def _create(context: Context, resource: Resource) -> Made:
    properties = resource.properties
    given: dict[str, Any] = only(properties, "Description", "KmsKeyId", "Tags")
    given |= {"Name": properties.get("Name", resource.name), **_text(context, resource.logical_id, properties)}
    arn = context.operate(_SERVICE, "CreateSecret", given)["ARN"]
    return Made(arn, {"Id": arn})


def _text(context: Context, logical_id: str, properties: Properties) -> dict[str, str]:
    """The secret that is given, or one that is made: a password alone, or under a key of an object."""
    generate = properties.get("GenerateSecretString")
    if generate is None:
        return only(properties, "SecretString")
    if "SecretString" in properties:
        raise CommandError(f"{logical_id} has both SecretString and GenerateSecretString: give one of them.")
    template, key = (generate.get(name) for name in _OF_THE_TEXT)
    if (template is None) != (key is None):
        raise CommandError(f"{logical_id}: SecretStringTemplate and GenerateStringKey go together: give both.")
    wanted = {"PasswordLength": _SHORTEST, **without(generate, *_OF_THE_TEXT)}
    password = context.operate(_SERVICE, "GetRandomPassword", wanted)["RandomPassword"]
    if template is None:
        return {"SecretString": password}
    try:
        text = json.loads(template)
    except ValueError:
        text = None
    if not isinstance(text, dict):
        raise CommandError(f"{logical_id}: SecretStringTemplate is no JSON object.")
    return {"SecretString": json.dumps({**text, key: password})}


def _update(context: Context, resource: Resource, existing: Existing) -> Made:
    """The text changes where the template's way of giving it did: a password that was made stays."""
    arn, before, after = existing.physical_id, existing.properties, resource.properties
    changed: dict[str, Any] = {
        name: after.get(name, "") for name in ("Description",) if before.get(name) != after.get(name)
    }
    if before.get("KmsKeyId") != after.get("KmsKeyId"):
        changed["KmsKeyId"] = after.get("KmsKeyId", "alias/aws/secretsmanager")
    of_text = ("SecretString", "GenerateSecretString")
    if only(before, *of_text) != only(after, *of_text):
        changed |= _text(context, resource.logical_id, after)
    if changed:
        context.operate(_SERVICE, "UpdateSecret", {"SecretId": arn, "ClientRequestToken": str(uuid.uuid4()), **changed})
    gone, retagged = changed_tags(tags(before.get("Tags")), tags(after.get("Tags")))
    if gone:
        context.operate(_SERVICE, "UntagResource", {"SecretId": arn, "TagKeys": gone})
    if retagged:
        context.operate(_SERVICE, "TagResource", {"SecretId": arn, "Tags": tag_list(retagged)})
    return Made(arn, existing.attributes)


def _delete(context: Context, existing: Existing) -> None:
    context.operate(_SERVICE, "DeleteSecret", {"SecretId": existing.physical_id, "ForceDeleteWithoutRecovery": True})


def _put_policy(context: Context, resource: Resource) -> Made:
    properties = resource.properties
    document, secret = properties["ResourcePolicy"], str(properties["SecretId"])
    text = document if isinstance(document, str) else json.dumps(document)
    asked = {"SecretId": secret, "ResourcePolicy": text, **only(properties, "BlockPublicPolicy")}
    context.operate(_SERVICE, "PutResourcePolicy", asked)
    return Made(secret, {"Id": secret})


def _replace_policy(context: Context, resource: Resource, _existing: Existing) -> Made:
    return _put_policy(context, resource)


def _delete_policy(context: Context, existing: Existing) -> None:
    context.found(_SERVICE, "DeleteResourcePolicy", {"SecretId": existing.physical_id})


TYPES: Mapping[str, ResourceType] = {
    "AWS::SecretsManager::Secret": ResourceType(
        takes=frozenset({"Name", "Description", "SecretString", "GenerateSecretString", "KmsKeyId", "Tags"}),
        not_run=frozenset({"ReplicaRegions"}),
        create=_create,
        update=_update,
        delete=_delete,
    ),
    "AWS::SecretsManager::ResourcePolicy": ResourceType(
        takes=frozenset({"BlockPublicPolicy", "ResourcePolicy", "SecretId"}),
        create=_put_policy,
        update=_replace_policy,
        delete=_delete_policy,
    ),
}
