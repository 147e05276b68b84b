"""Logs and metrics, one line of JSON each on standard output, where Lambda hands them to CloudWatch.

What is logged: what happened, to which subject (`sub` or client id), under which request. Never an event, a token, a
password, a confirmation code or an e-mail address: pass those to nothing in this module.
"""

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

__all__ = ["LambdaContext", "count", "logger"]

logger = Logger(use_rfc3339=True)


def count(name: str, **dimensions: str) -> None:
    """Count one event as a CloudWatch metric."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric  # noqa: PLC0415 - a cold start counts nothing

    with single_metric(name=name, unit=MetricUnit.Count, value=1) as metric:
        for dimension, value in dimensions.items():
            metric.add_dimension(name=dimension, value=value)
