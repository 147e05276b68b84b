"""AWS::SES::EmailIdentity.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ses-emailidentity.html
"""

from collections.abc import Mapping

from poolhouse.template.document import Made
from poolhouse.template.resources.base import Context, Existing, Resource, ResourceType

_SERVICE = "sesv2"


def _name(_context: Context, resource: Resource) -> str:
    return str(resource.properties["EmailIdentity"])


def _exists(context: Context, resource: Resource) -> bool:
    return context.found(_SERVICE, "GetEmailIdentity", {"EmailIdentity": _name(context, resource)})


def _create(context: Context, resource: Resource) -> Made:
    name, tags = _name(context, resource), resource.properties.get("Tags", [])
    context.operate(_SERVICE, "CreateEmailIdentity", {"EmailIdentity": name, "Tags": tags})
    return Made(name, {})


def _delete(context: Context, existing: Existing) -> None:
    context.operate(_SERVICE, "DeleteEmailIdentity", {"EmailIdentity": existing.physical_id})


TYPES: Mapping[str, ResourceType] = {
    "AWS::SES::EmailIdentity": ResourceType(
        takes=frozenset({"EmailIdentity", "Tags"}),
        means_nothing=frozenset(
            {"DkimAttributes", "DkimSigningAttributes", "FeedbackAttributes", "MailFromAttributes"}
        ),
        not_run=frozenset({"ConfigurationSetAttributes"}),
        create=_create,
        delete=_delete,
        name=_name,
        named_by="EmailIdentity",
        exists=_exists,
    ),
}
