"""Clients of AWS for the triggers, who have little time: Cognito gives up on them after five seconds."""

from functools import cache
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from shared.observability import tracer

ERRORS = (BotoCoreError, ClientError)  # no answer, and a refusal
# Two tries that hang, and the wait of up to a second between them, still leave time to say so.
CONFIG = Config(connect_timeout=0.5, read_timeout=1.2, retries={"mode": "standard", "total_max_attempts": 2})
ONCE = Config(connect_timeout=0.5, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 1})
CONFIGS = {"ses": ONCE}  # a second try would be a second mail


@cache
def client(service: str, region: str | None = None) -> Any:
    """The client of an AWS service, made once; what is not given comes from the environment AWS defines.

    It is the one boto3 would make, without the time boto3 takes to load.
    """
    tracer().patch(["botocore"])
    return Session().create_client(service, region_name=region, config=CONFIGS.get(service, CONFIG))
