"""Logger, tracer and metrics, made once per function.

What is logged: what happened, to which subject (`sub` or client id), under which request. Never an event, a token, a
password, a confirmation code or an e-mail address: pass those to nothing in this module.
"""

from functools import cache
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit

if TYPE_CHECKING:
    from aws_lambda_powertools import Tracer

logger = Logger(use_rfc3339=True)


@cache
def tracer() -> "Tracer":
    """The X-Ray tracer, for functions that call AWS.

    Lambda draws a function's own segment without it; its SDK imports botocore, which the others do well without.
    """
    from aws_lambda_powertools import Tracer  # noqa: PLC0415

    return Tracer(auto_patch=False)


def count(name: str, **dimensions: str) -> None:
    """Count one event as a CloudWatch metric."""
    with single_metric(name=name, unit=MetricUnit.Count, value=1) as metric:
        for dimension, value in dimensions.items():
            metric.add_dimension(name=dimension, value=value)
