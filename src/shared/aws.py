"""Clients of AWS, made once; region and endpoint come from the environment AWS defines.

They are those boto3 would make; boto3 itself adds S3's transfer manager, a tenth of a second of a cold start.
"""

from functools import cache
from typing import Any

from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from shared.observability import tracer

# A function has ten seconds: two slow tries and their waits fit.
CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3})
# A trigger has five: two tries that hang, and the wait of up to a second between them, leave time to say so.
HURRIED = Config(connect_timeout=0.5, read_timeout=1.2, retries={"mode": "standard", "total_max_attempts": 2})
ONCE = Config(connect_timeout=0.5, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 1})
CONFIGS = {
    # Addresses that botocore signs without being told how have a signature that new buckets refuse.
    "s3": CONFIG.merge(Config(signature_version="s3v4")),
    # A function is waited for as long as Cognito waits for its own, and not run twice
    "lambda": CONFIG.merge(Config(read_timeout=5, retries={"mode": "standard", "total_max_attempts": 1})),
}
ERRORS = (BotoCoreError, ClientError)  # no answer, and a refusal


@cache
def client(service: str) -> Any:
    """A client that signs with the function's role."""
    tracer().patch(["botocore"])
    return Session().create_client(service, config=CONFIGS.get(service, CONFIG))


@cache
def hurried(service: str, region: str | None = None) -> Any:
    """A client for triggers, which give up before Cognito gives up on them; a message is not sent twice."""
    tracer().patch(["botocore"])
    config = ONCE if service in {"ses", "sns"} else HURRIED
    return Session().create_client(service, region_name=region, config=config)


def session() -> Session:
    """What a library makes a client of that wants to make its own."""
    return Session()


@cache
def unsigned(service: str) -> Any:
    """A client for what needs no keys, such as what a user's own token proves."""
    tracer().patch(["botocore"])
    return Session().create_client(service, config=CONFIG.merge(Config(signature_version=UNSIGNED)))
