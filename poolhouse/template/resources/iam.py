"""AWS::IAM::*: roles and policies, kept as IAM's own records.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from poolhouse.template.document import Made
from poolhouse.template.resources.base import Context, Existing, Properties, Resource, ResourceType, only, tags

_HOLDERS = {"Roles": ("Role", "RoleName"), "Users": ("User", "UserName"), "Groups": ("Group", "GroupName")}
_DEFAULT_SESSION = 3600
_SHORT = 5  # of stack and resource, what CloudFormation begins the id of a policy with

Holder = tuple[str, str, str]  # Role, RoleName, and its name


def _role_name(_context: Context, resource: Resource) -> str:
    return str(resource.properties.get("RoleName", resource.name))


def _role_exists(context: Context, resource: Resource) -> bool:
    return context.found("iam", "GetRole", {"RoleName": _role_name(context, resource)})


def _create_role(context: Context, resource: Resource) -> Made:
    properties, name = resource.properties, _role_name(context, resource)
    settings = only(properties, "Description", "MaxSessionDuration", "Path", "PermissionsBoundary", "Tags")
    document = _json(properties["AssumeRolePolicyDocument"])
    role = context.operate("iam", "CreateRole", {**settings, "RoleName": name, "AssumeRolePolicyDocument": document})
    context.begun(name)
    _set_inline(context, name, [], properties.get("Policies", []))
    _set_managed(context, name, [], properties.get("ManagedPolicyArns", []))
    return Made(name, only(role["Role"], "Arn", "RoleId"))


def _update_role(context: Context, resource: Resource, existing: Existing) -> Made:
    before, after, name = existing.properties, resource.properties, existing.physical_id
    if after["AssumeRolePolicyDocument"] != before["AssumeRolePolicyDocument"]:
        document = _json(after["AssumeRolePolicyDocument"])
        context.operate("iam", "UpdateAssumeRolePolicy", {"RoleName": name, "PolicyDocument": document})
    defaults = {"Description": "", "MaxSessionDuration": _DEFAULT_SESSION}
    if only(after, *defaults) != only(before, *defaults):
        context.operate("iam", "UpdateRole", {"RoleName": name, **defaults, **only(after, *defaults)})
    _set_boundary(context, name, before.get("PermissionsBoundary"), after.get("PermissionsBoundary"))
    _set_inline(context, name, before.get("Policies", []), after.get("Policies", []))
    _set_managed(context, name, before.get("ManagedPolicyArns", []), after.get("ManagedPolicyArns", []))
    _set_tags(context, name, tags(before.get("Tags")), tags(after.get("Tags")))
    return Made(name, existing.attributes)


def _set_boundary(context: Context, role: str, before: str | None, after: str | None) -> None:
    if after is not None and after != before:
        context.operate("iam", "PutRolePermissionsBoundary", {"RoleName": role, "PermissionsBoundary": after})
    elif after is None and before is not None:
        context.operate("iam", "DeleteRolePermissionsBoundary", {"RoleName": role})


def _set_tags(context: Context, role: str, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    gone = [key for key in before if key not in after]
    if gone:
        context.operate("iam", "UntagRole", {"RoleName": role, "TagKeys": gone})
    if after and after != before:
        pairs = [{"Key": key, "Value": value} for key, value in after.items()]
        context.operate("iam", "TagRole", {"RoleName": role, "Tags": pairs})


def _set_inline(context: Context, role: str, before: Sequence[Any], after: Sequence[Any]) -> None:
    """A deployment that failed may not have got as far as `before`: what is not there need not be taken away."""
    kept = {policy["PolicyName"] for policy in after}
    for policy in before:
        if policy["PolicyName"] not in kept:
            context.found("iam", "DeleteRolePolicy", {"RoleName": role, "PolicyName": policy["PolicyName"]})
    for policy in after:
        if policy not in before:
            params = {"RoleName": role, "PolicyName": policy["PolicyName"]}
            context.operate("iam", "PutRolePolicy", {**params, "PolicyDocument": _json(policy["PolicyDocument"])})


def _set_managed(context: Context, role: str, before: Sequence[str], after: Sequence[str]) -> None:
    for arn in before:
        if arn not in after:
            context.found("iam", "DetachRolePolicy", {"RoleName": role, "PolicyArn": arn})
    for arn in after:
        if arn not in before:
            context.operate("iam", "AttachRolePolicy", {"RoleName": role, "PolicyArn": arn})


def _delete_role(context: Context, existing: Existing) -> None:
    """With all that hangs on it, whoever hung it there: IAM refuses to delete a role that has policies."""
    name = {"RoleName": existing.physical_id}
    for policy in context.operate("iam", "ListRolePolicies", name)["PolicyNames"]:
        context.operate("iam", "DeleteRolePolicy", {**name, "PolicyName": policy})
    for attached in context.operate("iam", "ListAttachedRolePolicies", name)["AttachedPolicies"]:
        context.operate("iam", "DetachRolePolicy", {**name, "PolicyArn": attached["PolicyArn"]})
    context.operate("iam", "DeleteRole", name)


def _policy_id(_context: Context, resource: Resource) -> str:
    """CloudFormation's own id for an inline policy, which IAM knows by its holder and its name only."""
    return f"{resource.name[:_SHORT]}-{resource.logical_id[:_SHORT]}-{resource.suffix}"


def _create_policy(context: Context, resource: Resource) -> Made:
    made = _policy_id(context, resource)
    context.begun(made)
    _put_policy(context, resource.properties)
    return Made(made, {"Id": made})


def _put_policy(context: Context, properties: Properties) -> None:
    params = {"PolicyName": properties["PolicyName"], "PolicyDocument": _json(properties["PolicyDocument"])}
    for kind, key, holder in _holders(properties):
        context.operate("iam", f"Put{kind}Policy", {key: holder, **params})


def _update_policy(context: Context, resource: Resource, existing: Existing) -> Made:
    before, after = existing.properties, resource.properties
    _put_policy(context, after)
    left = set(_holders(before))
    if before["PolicyName"] == after["PolicyName"]:
        left -= set(_holders(after))
    _take_policy(context, before["PolicyName"], left)
    return Made(existing.physical_id, existing.attributes)


def _delete_policy(context: Context, existing: Existing) -> None:
    _take_policy(context, existing.properties["PolicyName"], set(_holders(existing.properties)))


def _take_policy(context: Context, name: str, holders: set[Holder]) -> None:
    """A holder may be gone with its policies, or not have got this one before a deployment failed."""
    for kind, key, holder in sorted(holders):
        context.found("iam", f"Delete{kind}Policy", {key: holder, "PolicyName": name})


def _holders(properties: Properties) -> list[Holder]:
    return [(*_HOLDERS[key], name) for key in _HOLDERS for name in properties.get(key, ())]


def _managed_name(resource: Resource) -> str:
    return str(resource.properties.get("ManagedPolicyName", resource.name))


def _managed_arn(context: Context, resource: Resource) -> str:
    path = resource.properties.get("Path", "/")
    return f"arn:aws:iam::{context.cloud.config.account_id}:policy{path}{_managed_name(resource)}"


def _managed_exists(context: Context, resource: Resource) -> bool:
    return context.found("iam", "GetPolicy", {"PolicyArn": _managed_arn(context, resource)})


def _create_managed(context: Context, resource: Resource) -> Made:
    properties = resource.properties
    params = {"PolicyName": _managed_name(resource), "PolicyDocument": _json(properties["PolicyDocument"])}
    policy = context.operate("iam", "CreatePolicy", {**params, **only(properties, "Description", "Path")})["Policy"]
    arn = str(policy["Arn"])
    context.begun(arn)
    _attach(context, arn, _holders(properties))
    return Made(arn, {"PolicyArn": arn, "PolicyId": policy["PolicyId"], "IsAttachable": True})


def _managed_late(context: Context, existing: Existing) -> Mapping[str, Callable[[], Any]]:
    def told(name: str) -> str:
        policy = context.operate("iam", "GetPolicy", {"PolicyArn": existing.physical_id})["Policy"]
        return str(policy.get(name, 0))

    names = ("AttachmentCount", "CreateDate", "DefaultVersionId", "PermissionsBoundaryUsageCount", "UpdateDate")
    return {name: partial(told, name) for name in names}


def _update_managed(context: Context, resource: Resource, existing: Existing) -> Made:
    before, after, arn = existing.properties, resource.properties, existing.physical_id
    if before["PolicyDocument"] != after["PolicyDocument"]:
        _set_document(context, arn, _json(after["PolicyDocument"]))
    _attach(context, arn, [one for one in _holders(after) if one not in _holders(before)])
    _detach(context, arn, [one for one in _holders(before) if one not in _holders(after)])
    return Made(arn, existing.attributes)


def _set_document(context: Context, arn: str, document: str) -> None:
    """A new version, the default; the others are not kept, for IAM holds five."""
    _delete_versions(context, arn)
    context.operate("iam", "CreatePolicyVersion", {"PolicyArn": arn, "PolicyDocument": document, "SetAsDefault": True})
    _delete_versions(context, arn)


def _delete_versions(context: Context, arn: str) -> None:
    for version in context.operate("iam", "ListPolicyVersions", {"PolicyArn": arn})["Versions"]:
        if not version["IsDefaultVersion"]:
            context.operate("iam", "DeletePolicyVersion", {"PolicyArn": arn, "VersionId": version["VersionId"]})


def _attach(context: Context, arn: str, holders: Sequence[Holder]) -> None:
    for kind, key, holder in holders:
        context.operate("iam", f"Attach{kind}Policy", {key: holder, "PolicyArn": arn})


def _detach(context: Context, arn: str, holders: Sequence[Holder]) -> None:
    """A holder may be gone, or not have got it before a deployment failed."""
    for kind, key, holder in holders:
        context.found("iam", f"Detach{kind}Policy", {key: holder, "PolicyArn": arn})


def _delete_managed(context: Context, existing: Existing) -> None:
    arn = existing.physical_id
    _detach(context, arn, _holders(existing.properties))
    _delete_versions(context, arn)
    context.operate("iam", "DeletePolicy", {"PolicyArn": arn})


def _json(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


TYPES: Mapping[str, ResourceType] = {
    "AWS::IAM::Role": ResourceType(
        takes=frozenset(
            {"AssumeRolePolicyDocument", "Description", "ManagedPolicyArns", "MaxSessionDuration", "Path", "Policies"}
            | {"PermissionsBoundary", "RoleName", "Tags"}
        ),
        create=_create_role,
        update=_update_role,
        delete=_delete_role,
        name=_role_name,
        named_by="RoleName",
        exists=_role_exists,
    ),
    "AWS::IAM::Policy": ResourceType(
        takes=frozenset({"PolicyName", "PolicyDocument", *_HOLDERS}),
        create=_create_policy,
        update=_update_policy,
        delete=_delete_policy,
        name=_policy_id,
    ),
    "AWS::IAM::ManagedPolicy": ResourceType(
        takes=frozenset({"ManagedPolicyName", "PolicyDocument", "Description", "Path", *_HOLDERS}),
        create=_create_managed,
        update=_update_managed,
        delete=_delete_managed,
        name=_managed_arn,
        named_by="ManagedPolicyName",
        exists=_managed_exists,
        late=_managed_late,
    ),
}
