"""The types of every family, by name."""

from collections.abc import Mapping

from poolhouse.template.resources import apigateway, cognito, dynamodb, iam, inert, lambdas
from poolhouse.template.resources.base import ResourceType

TYPES: Mapping[str, ResourceType] = {
    **cognito.TYPES,
    **lambdas.TYPES,
    **apigateway.TYPES,
    **dynamodb.TYPES,
    **iam.TYPES,
    **inert.TYPES,
}
