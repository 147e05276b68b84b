"""AWS::IAM::*: roles and policies, kept as IAM's own records.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from poolhouse.template.document import Made
from poolhouse.template.resources.base import Context, Existing, Resource, ResourceType, tags, without

_HOLDERS = {"Roles": ("Role", "RoleName"), "Users": ("User", "UserName"), "Groups": ("Group", "GroupName")}


def _create_role(context: Context, resource: Resource) -> Made:
    properties = resource.properties
    params = without(properties, "AssumeRolePolicyDocument", "ManagedPolicyArns", "Policies")
    params |= {
        "RoleName": _role_name(resource),
        "AssumeRolePolicyDocument": _json(properties["AssumeRolePolicyDocument"]),
    }
    role = context.operate("iam", "CreateRole", params)["Role"]
    name = str(role["RoleName"])
    _set_inline(context, name, [], properties.get("Policies", []))
    _set_managed(context, name, [], properties.get("ManagedPolicyArns", []))
    return Made(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})


def _role_name(resource: Resource) -> str:
    return str(resource.properties.get("RoleName", resource.name))


def _update_role(context: Context, resource: Resource, existing: Existing) -> Made:
    before, after, name = existing.properties, resource.properties, existing.physical_id
    document = _json(after["AssumeRolePolicyDocument"])
    context.operate("iam", "UpdateAssumeRolePolicy", {"RoleName": name, "PolicyDocument": document})
    settings = {
        "Description": after.get("Description", ""),
        "MaxSessionDuration": after.get("MaxSessionDuration", 3600),
    }
    context.operate("iam", "UpdateRole", {"RoleName": name, **settings})
    _set_inline(context, name, before.get("Policies", []), after.get("Policies", []))
    _set_managed(context, name, before.get("ManagedPolicyArns", []), after.get("ManagedPolicyArns", []))
    _set_tags(context, name, tags(before.get("Tags")), tags(after.get("Tags")))
    return Made(name, existing.attributes)


def _set_tags(context: Context, role: str, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    gone = [key for key in before if key not in after]
    if gone:
        context.operate("iam", "UntagRole", {"RoleName": role, "TagKeys": gone})
    if after != before and after:
        pairs = [{"Key": key, "Value": value} for key, value in after.items()]
        context.operate("iam", "TagRole", {"RoleName": role, "Tags": pairs})


def _delete_role(context: Context, existing: Existing) -> None:
    """With all that hangs on it, whoever hung it there: IAM refuses to delete a role that has policies."""
    name = {"RoleName": existing.physical_id}
    for policy in context.operate("iam", "ListRolePolicies", name)["PolicyNames"]:
        context.operate("iam", "DeleteRolePolicy", {**name, "PolicyName": policy})
    for attached in context.operate("iam", "ListAttachedRolePolicies", name)["AttachedPolicies"]:
        context.operate("iam", "DetachRolePolicy", {**name, "PolicyArn": attached["PolicyArn"]})
    context.operate("iam", "DeleteRole", name)


def _set_inline(context: Context, role: str, before: Sequence[Any], after: Sequence[Any]) -> None:
    kept = {policy["PolicyName"] for policy in after}
    for policy in before:
        if policy["PolicyName"] not in kept:
            context.operate("iam", "DeleteRolePolicy", {"RoleName": role, "PolicyName": policy["PolicyName"]})
    for policy in after:
        params = {"RoleName": role, "PolicyName": policy["PolicyName"]}
        context.operate("iam", "PutRolePolicy", {**params, "PolicyDocument": _json(policy["PolicyDocument"])})


def _set_managed(context: Context, role: str, before: Sequence[str], after: Sequence[str]) -> None:
    for arn in before:
        if arn not in after:
            context.operate("iam", "DetachRolePolicy", {"RoleName": role, "PolicyArn": arn})
    for arn in after:
        if arn not in before:
            context.operate("iam", "AttachRolePolicy", {"RoleName": role, "PolicyArn": arn})


def _put_policy(context: Context, resource: Resource) -> Made:
    name, document = str(resource.properties["PolicyName"]), _json(resource.properties["PolicyDocument"])
    for kind, key, holder in _holders(resource.properties):
        params = {key: holder, "PolicyName": name, "PolicyDocument": document}
        context.operate("iam", f"Put{kind}Policy", params)
    return Made(name, {"Id": name})


def _update_policy(context: Context, resource: Resource, existing: Existing) -> Made:
    left = set(_holders(existing.properties)) - set(_holders(resource.properties))
    _delete_from(context, existing.physical_id, left)
    return _put_policy(context, resource)


def _delete_policy(context: Context, existing: Existing) -> None:
    _delete_from(context, existing.physical_id, set(_holders(existing.properties)))


def _delete_from(context: Context, name: str, holders: set[tuple[str, str, str]]) -> None:
    for kind, key, holder in sorted(holders):
        context.operate("iam", f"Delete{kind}Policy", {key: holder, "PolicyName": name})


def _holders(properties: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [(*_HOLDERS[key], str(name)) for key in _HOLDERS for name in properties.get(key, [])]


def _create_managed(context: Context, resource: Resource) -> Made:
    properties = resource.properties
    name = str(properties.get("ManagedPolicyName", resource.name))
    params = {"PolicyName": name, "PolicyDocument": _json(properties["PolicyDocument"])}
    params |= {key: properties[key] for key in ("Description", "Path") if key in properties}
    arn = str(context.operate("iam", "CreatePolicy", params)["Policy"]["Arn"])
    for kind, key, holder in _holders(properties):
        context.operate("iam", f"Attach{kind}Policy", {key: holder, "PolicyArn": arn})
    return Made(arn, {"PolicyArn": arn})


def _same(_context: Context, _resource: Resource, existing: Existing) -> Made:
    return Made(existing.physical_id, existing.attributes)


def _delete_managed(context: Context, existing: Existing) -> None:
    for kind, key, holder in _holders(existing.properties):
        context.operate("iam", f"Detach{kind}Policy", {key: holder, "PolicyArn": existing.physical_id})
    context.operate("iam", "DeletePolicy", {"PolicyArn": existing.physical_id})


def _json(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


_MANAGED = frozenset({"ManagedPolicyName", "PolicyDocument", "Description", "Path", *_HOLDERS})

TYPES: Mapping[str, ResourceType] = {
    "AWS::IAM::Role": ResourceType(
        properties=frozenset(
            {"AssumeRolePolicyDocument", "Description", "ManagedPolicyArns", "MaxSessionDuration", "Path", "Policies"}
            | {"PermissionsBoundary", "RoleName", "Tags"}
        ),
        create=_create_role,
        update=_update_role,
        delete=_delete_role,
        replaced_by=frozenset({"RoleName", "Path", "PermissionsBoundary"}),
        name=_role_name,
    ),
    "AWS::IAM::Policy": ResourceType(
        properties=frozenset({"PolicyName", "PolicyDocument", *_HOLDERS}),
        create=_put_policy,
        update=_update_policy,
        delete=_delete_policy,
        replaced_by=frozenset({"PolicyName"}),
    ),
    "AWS::IAM::ManagedPolicy": ResourceType(
        properties=_MANAGED, create=_create_managed, update=_same, delete=_delete_managed, replaced_by=_MANAGED
    ),
}
