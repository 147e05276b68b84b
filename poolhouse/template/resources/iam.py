"""AWS::IAM::*: roles, users, groups and policies, kept as IAM's own records.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

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
)

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
    _set_policies(context, ("Role", "RoleName", name), {}, properties)
    return Made(name, only(role["Role"], "Arn", "RoleId"))


def _update_role(context: Context, resource: Resource, existing: Existing) -> Made:
    before, after, name = existing.properties, resource.properties, existing.physical_id
    if after["AssumeRolePolicyDocument"] != before["AssumeRolePolicyDocument"]:
        document = _json(after["AssumeRolePolicyDocument"])
        context.operate("iam", "UpdateAssumeRolePolicy", {"RoleName": name, "PolicyDocument": document})
    defaults = {"Description": "", "MaxSessionDuration": _DEFAULT_SESSION}
    if only(after, *defaults) != only(before, *defaults):
        context.operate("iam", "UpdateRole", {"RoleName": name, **defaults, **only(after, *defaults)})
    _change_holder(context, ("Role", "RoleName", name), before, after)
    return Made(name, existing.attributes)


def _change_holder(context: Context, holder: Holder, before: Properties, after: Properties) -> None:
    """The boundary, the policies and the tags of a role or a user."""
    _set_boundary(context, holder, before.get("PermissionsBoundary"), after.get("PermissionsBoundary"))
    _set_policies(context, holder, before, after)
    _set_tags(context, holder, tags(before.get("Tags")), tags(after.get("Tags")))


def _set_policies(context: Context, holder: Holder, before: Properties, after: Properties) -> None:
    _set_inline(context, holder, before.get("Policies", []), after.get("Policies", []))
    _set_managed(context, holder, before.get("ManagedPolicyArns", []), after.get("ManagedPolicyArns", []))


def _set_boundary(context: Context, holder: Holder, before: str | None, after: str | None) -> None:
    kind, key, name = holder
    if after is not None and after != before:
        context.operate("iam", f"Put{kind}PermissionsBoundary", {key: name, "PermissionsBoundary": after})
    elif after is None and before is not None:
        context.operate("iam", f"Delete{kind}PermissionsBoundary", {key: name})


def _set_tags(context: Context, holder: Holder, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    kind, key, name = holder
    gone, changed = changed_tags(before, after)
    if gone:
        context.operate("iam", f"Untag{kind}", {key: name, "TagKeys": gone})
    if changed:
        context.operate("iam", f"Tag{kind}", {key: name, "Tags": tag_list(changed)})


def _set_inline(context: Context, holder: Holder, before: Sequence[Any], after: Sequence[Any]) -> None:
    """A deployment that failed may not have got as far as `before`: what is not there need not be taken away."""
    kind, key, name = holder
    kept = {policy["PolicyName"] for policy in after}
    for policy in before:
        if policy["PolicyName"] not in kept:
            context.found("iam", f"Delete{kind}Policy", {key: name, "PolicyName": policy["PolicyName"]})
    for policy in after:
        if policy not in before:
            params = {key: name, "PolicyName": policy["PolicyName"]}
            context.operate("iam", f"Put{kind}Policy", {**params, "PolicyDocument": _json(policy["PolicyDocument"])})


def _set_managed(context: Context, holder: Holder, before: Sequence[str], after: Sequence[str]) -> None:
    kind, key, name = holder
    for arn in before:
        if arn not in after:
            context.found("iam", f"Detach{kind}Policy", {key: name, "PolicyArn": arn})
    for arn in after:
        if arn not in before:
            context.operate("iam", f"Attach{kind}Policy", {key: name, "PolicyArn": arn})


def _delete_role(context: Context, existing: Existing) -> None:
    """With all that hangs on it, whoever hung it there: IAM refuses to delete a role that has policies."""
    _delete_policies(context, ("Role", "RoleName", existing.physical_id))
    context.operate("iam", "DeleteRole", {"RoleName": existing.physical_id})


def _delete_policies(context: Context, holder: Holder) -> None:
    kind, key, named = holder
    name = {key: named}
    for policy in context.operate("iam", f"List{kind}Policies", name)["PolicyNames"]:
        context.operate("iam", f"Delete{kind}Policy", {**name, "PolicyName": policy})
    for attached in context.operate("iam", f"ListAttached{kind}Policies", name)["AttachedPolicies"]:
        context.operate("iam", f"Detach{kind}Policy", {**name, "PolicyArn": attached["PolicyArn"]})


def _user_name(_context: Context, resource: Resource) -> str:
    return str(resource.properties.get("UserName", resource.name))


def _user_exists(context: Context, resource: Resource) -> bool:
    return context.found("iam", "GetUser", {"UserName": _user_name(context, resource)})


def _create_user(context: Context, resource: Resource) -> Made:
    properties, name = resource.properties, _user_name(context, resource)
    settings = only(properties, "Path", "PermissionsBoundary", "Tags")
    user = context.operate("iam", "CreateUser", {**settings, "UserName": name})["User"]
    context.begun(name)
    _set_policies(context, ("User", "UserName", name), {}, properties)
    _set_groups(context, name, [], properties.get("Groups", []))
    return Made(name, {"Arn": user["Arn"]})


def _update_user(context: Context, resource: Resource, existing: Existing) -> Made:
    before, after, name = existing.properties, resource.properties, existing.physical_id
    _change_holder(context, ("User", "UserName", name), before, after)
    _set_groups(context, name, before.get("Groups", []), after.get("Groups", []))
    return Made(name, existing.attributes)


def _set_groups(context: Context, user: str, before: Sequence[str], after: Sequence[str]) -> None:
    for group in before:
        if group not in after:
            context.found("iam", "RemoveUserFromGroup", {"UserName": user, "GroupName": group})
    for group in after:
        if group not in before:
            context.operate("iam", "AddUserToGroup", {"UserName": user, "GroupName": group})


def _delete_user(context: Context, existing: Existing) -> None:
    """As a role; access keys that somebody made for the user stand in the way, as on AWS."""
    name = {"UserName": existing.physical_id}
    _delete_policies(context, ("User", "UserName", existing.physical_id))
    for group in context.operate("iam", "ListGroupsForUser", name)["Groups"]:
        context.operate("iam", "RemoveUserFromGroup", {**name, "GroupName": group["GroupName"]})
    context.operate("iam", "DeleteUser", name)


def _group_name(_context: Context, resource: Resource) -> str:
    return str(resource.properties.get("GroupName", resource.name))


def _group_exists(context: Context, resource: Resource) -> bool:
    return context.found("iam", "GetGroup", {"GroupName": _group_name(context, resource)})


def _create_group(context: Context, resource: Resource) -> Made:
    properties, name = resource.properties, _group_name(context, resource)
    group = context.operate("iam", "CreateGroup", {**only(properties, "Path"), "GroupName": name})["Group"]
    context.begun(name)
    _set_policies(context, ("Group", "GroupName", name), {}, properties)
    return Made(name, {"Arn": group["Arn"]})


def _update_group(context: Context, resource: Resource, existing: Existing) -> Made:
    holder = ("Group", "GroupName", existing.physical_id)
    _set_policies(context, holder, existing.properties, resource.properties)
    return Made(existing.physical_id, existing.attributes)


def _delete_group(context: Context, existing: Existing) -> None:
    _delete_policies(context, ("Group", "GroupName", existing.physical_id))
    context.operate("iam", "DeleteGroup", {"GroupName": existing.physical_id})


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
    "AWS::IAM::User": ResourceType(
        takes=frozenset({"Groups", "ManagedPolicyArns", "Path", "PermissionsBoundary", "Policies", "Tags", "UserName"}),
        not_run=frozenset({"LoginProfile"}),
        create=_create_user,
        update=_update_user,
        delete=_delete_user,
        name=_user_name,
        named_by="UserName",
        exists=_user_exists,
    ),
    "AWS::IAM::Group": ResourceType(
        takes=frozenset({"GroupName", "ManagedPolicyArns", "Path", "Policies"}),
        create=_create_group,
        update=_update_group,
        delete=_delete_group,
        name=_group_name,
        named_by="GroupName",
        exists=_group_exists,
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
