"""What a function finds in its environment: Lambda's own variables, its configured ones, and nothing of the cloud's.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html. Differences, each because of where we run:
AWS_ENDPOINT_URL leads to this cloud; AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE are empty, since the person's own
~/.aws is no part of the function; LAMBDA_TASK_ROOT is the code's folder; there is no X-Ray daemon, no LD_LIBRARY_PATH
and no PYTHONPATH=/var/runtime. HOME is not set on Lambda either.
"""

import os
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from poolhouse.lambdas.entities import Function
from poolhouse.temporary_keys import TemporaryKeys

# Names a function's configuration may not set.
RESERVED = frozenset({
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
})  # fmt: skip


def environment(
    function: Function, variables: Mapping[str, str], keys: TemporaryKeys, *, origin: str, region: str, log_stream: str
) -> dict[str, str]:
    """The whole environment of a worker, but for AWS_LAMBDA_RUNTIME_API which each has of its own."""
    return {**_defaults(origin), **variables, **_reserved(function, keys, region, log_stream)}


def _defaults(origin: str) -> dict[str, str]:
    """Unreserved: a function's configuration may set them otherwise."""
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "AWS_ENDPOINT_URL": origin,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
    }


def _reserved(function: Function, keys: TemporaryKeys, region: str, log_stream: str) -> dict[str, str]:
    return {
        "_HANDLER": function.handler,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "LAMBDA_TASK_ROOT": function.code,
        "LAMBDA_RUNTIME_DIR": sysconfig.get_path("purelib"),
        "AWS_ACCESS_KEY_ID": keys.id,
        "AWS_SECRET_ACCESS_KEY": keys.secret,
        "AWS_SESSION_TOKEN": keys.session_token,
    }
