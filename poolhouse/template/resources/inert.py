"""Types that watch over a deployment on AWS and have nothing to do on one machine: kept, and said not to run here."""

from collections.abc import Mapping

from poolhouse.template.document import Made
from poolhouse.template.resources.base import ANY, Context, Resource, ResourceType


def _named(service: str, property_name: str, resource_path: str) -> ResourceType:
    """A type that is called by one of its properties, its ARN made of that."""

    def create(context: Context, resource: Resource) -> Made:
        name = str(resource.properties.get(property_name, resource.name))
        return Made(name, {"Arn": context.arn(service, f"{resource_path}{name}")})

    return ResourceType(takes=ANY, create=create, runs_here=False)


def _create_account(_context: Context, resource: Resource) -> Made:
    return Made(resource.name, {"Id": resource.name})


TYPES: Mapping[str, ResourceType] = {
    "AWS::ApiGateway::Account": ResourceType(takes=ANY, create=_create_account, runs_here=False),
    "AWS::CloudWatch::Alarm": _named("cloudwatch", "AlarmName", "alarm:"),
    "AWS::CloudWatch::Dashboard": _named("cloudwatch", "DashboardName", "dashboard/"),
    "AWS::Logs::MetricFilter": _named("logs", "FilterName", "metric-filter:"),
}
