"""Logs and metrics, one line of JSON each on standard output, where Lambda hands them to CloudWatch.

What is logged: what happened, to which subject (`sub` or client id), under which request. Never an event, a token, a
password, a confirmation code or an e-mail address: pass those to nothing in this module.
"""

import json
import logging
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Protocol, TypeVar

from shared.config import settings, trace_header

Event = dict[str, Any]
R = TypeVar("R")


class LambdaContext(Protocol):
    """What Lambda hands a function beside the event, as far as it is read."""

    @property
    def function_name(self) -> str:
        """The function's name."""

    @property
    def memory_limit_in_mb(self) -> int:
        """Its memory."""

    @property
    def invoked_function_arn(self) -> str:
        """Its ARN, as it was invoked by."""

    @property
    def aws_request_id(self) -> str:
        """This invocation."""


class Logger:
    """Writes JSON lines: the keys of the invocation, those that were appended, and those of the line."""

    def __init__(self) -> None:
        self.registered_handler = logging.StreamHandler(sys.stdout)
        self.registered_handler.setFormatter(logging.Formatter("%(message)s"))
        self._logger = logging.getLogger("service")
        self._logger.handlers, self._logger.propagate = [self.registered_handler], False
        self._keys: dict[str, Any] = {}
        self._is_cold = True

    def inject_lambda_context(self, handle: Callable[[Event, LambdaContext], R]) -> Callable[[Event, LambdaContext], R]:
        """A function whose lines tell the invocation, and nothing of the one before."""

        @wraps(handle)
        def lambda_handler(event: Event, context: LambdaContext) -> R:
            self._logger.setLevel(settings().log_level)
            self._keys = {
                "cold_start": self._is_cold,
                "function_name": context.function_name,
                "function_memory_size": context.memory_limit_in_mb,
                "function_arn": context.invoked_function_arn,
                "function_request_id": context.aws_request_id,
            }
            self._is_cold = False
            return handle(event, context)

        return lambda_handler

    def append_keys(self, **keys: object) -> None:
        """Tell these with every further line of this invocation."""
        self._keys |= keys

    def set_correlation_id(self, value: str) -> None:
        """Tell this id with every further line of this invocation."""
        self._keys["correlation_id"] = value

    def get_correlation_id(self) -> str | None:
        """The id of this invocation."""
        found: str | None = self._keys.get("correlation_id")
        return found

    def info(self, message: str, **keys: object) -> None:
        """Something happened."""
        self._write(logging.INFO, message, keys)

    def warning(self, message: str, **keys: object) -> None:
        """Something happened that should not."""
        self._write(logging.WARNING, message, keys)

    def error(self, message: str, *, exc_info: BaseException | None = None, **keys: object) -> None:
        """Something went wrong; its traceback is told where one is given."""
        if exc_info is not None:
            import traceback  # noqa: PLC0415 - what a cold start does not need

            keys["exception_name"] = type(exc_info).__name__
            keys["exception"] = "".join(traceback.format_exception(exc_info))
        self._write(logging.ERROR, message, keys)

    def _write(self, level: int, message: str, keys: Mapping[str, object]) -> None:
        if not self._logger.isEnabledFor(level):
            return
        trace_id = trace_header().partition("Root=")[2].partition(";")[0]
        line = {
            "level": logging.getLevelName(level),
            "message": message,
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "service": settings().service,
            **self._keys,
            **keys,
            **({"xray_trace_id": trace_id} if trace_id else {}),
        }
        self._logger.log(level, _json({name: value for name, value in line.items() if value is not None}))


logger = Logger()


def count(name: str, **dimensions: str) -> None:
    """Count one event as a CloudWatch metric, in the embedded metric format.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    dimensions = {**dimensions, "service": settings().service}
    metric = {
        "Namespace": settings().metrics_namespace,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name, "Unit": "Count"}],
    }
    about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [metric]}
    print(_json({"_aws": about, **dimensions, name: [1.0]}))  # noqa: T201 - where CloudWatch reads it


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), default=str)
