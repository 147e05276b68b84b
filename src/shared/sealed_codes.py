"""KMS, by the AWS Encryption SDK: the one place that opens the codes Cognito seals for the pool's own senders.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-sender-triggers.html
The SDK is imported with the first code: it takes a second of processor time, and nobody waits for the senders.
"""

import base64
from functools import cache
from typing import Any

from shared.config import settings


def opened(sealed: str) -> str:
    """The code in an event. Only what the pool's own key has sealed is opened."""
    plain, _header = _client().decrypt(source=base64.b64decode(sealed), key_provider=keys())
    text: bytes = plain
    return text.decode()


@cache
def _client() -> Any:
    from aws_encryption_sdk import (  # type: ignore[import-untyped]  # noqa: PLC0415 - it loads boto3
        CommitmentPolicy,
        EncryptionSDKClient,
    )

    # Cognito's messages may come without key commitment, as AWS's own example has it
    return EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT)


@cache
def keys() -> Any:
    """The pool's key, and no other: a message names the key it asks for."""
    from aws_encryption_sdk import StrictAwsKmsMasterKeyProvider  # noqa: PLC0415

    return StrictAwsKmsMasterKeyProvider(key_ids=[settings().senders_key_arn])
