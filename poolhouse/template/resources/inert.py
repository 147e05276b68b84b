"""Types that guard and watch over a deployment on AWS and do nothing on one machine: kept, and said not to run here."""

from collections.abc import Callable, Mapping

from poolhouse.template.document import Made
from poolhouse.template.resources.base import ANY, Context, Resource, ResourceType

_Create = Callable[[Context, Resource], Made]
_CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"  # https://docs.aws.amazon.com/general/latest/gr/cf_region.html
_ZONE = "Z00000000000000000000"  # of API Gateway's own names, one a region


def _inert(create: _Create) -> ResourceType:
    return ResourceType(takes=ANY, create=create, runs_here=False)


def _named(service: str, property_name: str, resource_path: str) -> ResourceType:
    """A type that is called by one of its properties, its ARN made of that."""

    def create(context: Context, resource: Resource) -> Made:
        name = str(resource.properties.get(property_name, resource.name))
        return Made(name, {"Arn": context.arn(service, f"{resource_path}{name}")})

    return _inert(create)


def _create_nameless(_context: Context, resource: Resource) -> Made:
    return Made(resource.name, {"Id": resource.name})


def _create_certificate(context: Context, resource: Resource) -> Made:
    arn = context.arn("acm", f"certificate/{resource.suffix.lower()}")
    return Made(arn, {"CertificateArn": arn})


def _create_api_domain(context: Context, resource: Resource) -> Made:
    name, region = str(resource.properties["DomainName"]), context.cloud.config.region
    label = f"d-{resource.suffix.lower()}"
    return Made(
        name,
        {
            "DistributionDomainName": f"{label}.cloudfront.net",
            "DistributionHostedZoneId": _CLOUDFRONT_ZONE,
            "DomainNameArn": f"arn:aws:apigateway:{region}::/domainnames/{name}",
            "RegionalDomainName": f"{label}.execute-api.{region}.amazonaws.com",
            "RegionalHostedZoneId": _ZONE,
        },
    )


def _create_record(_context: Context, resource: Resource) -> Made:
    return Made(str(resource.properties["Name"]), {})


def _create_web_acl(context: Context, resource: Resource) -> Made:
    name, scope = str(resource.properties.get("Name", resource.name)), str(resource.properties["Scope"])
    kept_in = "global" if scope == "CLOUDFRONT" else "regional"
    label = f"awswaf:{context.cloud.config.account_id}:webacl:{name}:"
    made_id = resource.suffix.lower()
    return Made(
        f"{name}|{made_id}|{scope}",
        {
            "Arn": context.arn("wafv2", f"{kept_in}/webacl/{name}/{made_id}"),
            "Capacity": 0,
            "Id": made_id,
            "LabelNamespace": label,
        },
    )


TYPES: Mapping[str, ResourceType] = {
    "AWS::ApiGateway::Account": _inert(_create_nameless),
    "AWS::ApiGateway::BasePathMapping": _inert(_create_nameless),
    "AWS::ApiGateway::DomainName": _inert(_create_api_domain),
    "AWS::CertificateManager::Certificate": _inert(_create_certificate),
    "AWS::CloudWatch::Alarm": _named("cloudwatch", "AlarmName", "alarm:"),
    "AWS::CloudWatch::CompositeAlarm": _named("cloudwatch", "AlarmName", "alarm:"),
    "AWS::CloudWatch::Dashboard": _named("cloudwatch", "DashboardName", "dashboard/"),
    "AWS::CodeDeploy::Application": _named("codedeploy", "ApplicationName", "application:"),
    "AWS::CodeDeploy::DeploymentGroup": _named("codedeploy", "DeploymentGroupName", "deploymentgroup:"),
    "AWS::Logs::MetricFilter": _named("logs", "FilterName", "metric-filter:"),
    "AWS::Route53::RecordSet": _inert(_create_record),
    "AWS::WAFv2::LoggingConfiguration": _inert(_create_nameless),
    "AWS::WAFv2::WebACL": _inert(_create_web_acl),
    "AWS::WAFv2::WebACLAssociation": _inert(_create_nameless),
}
