"""Codes as messages of the AWS Encryption SDK, under a KMS key of this cloud.

A module of its own so that the SDK is loaded when the first code is encrypted: few pools do.
"""

import base64
from collections.abc import Mapping
from typing import Any

import attr
import aws_encryption_sdk  # type: ignore[import-untyped]
from aws_encryption_sdk.key_providers.base import MasterKey, MasterKeyConfig  # type: ignore[import-untyped]
from aws_encryption_sdk.structures import DataKey, MasterKeyInfo  # type: ignore[import-untyped]

from poolhouse.call import Call


def encrypted(call: Call, key_arn: str, text: str, context: Mapping[str, str]) -> str:
    """Base64 of the message. Raises ApiError for a key that cannot be used.

    Without key commitment, which AWS's own example for sender functions allows for: that Cognito has none is a guess.
    """
    client = aws_encryption_sdk.EncryptionSDKClient(
        commitment_policy=aws_encryption_sdk.CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
    )
    key = _Key(key_id=key_arn, call=call)
    sealed, _ = client.encrypt(source=text.encode(), key_provider=key, encryption_context=dict(context))
    return base64.b64encode(sealed).decode()


@attr.s(hash=False)
class _KeyConfig(MasterKeyConfig):  # type: ignore[misc]
    """What the SDK makes a key of: its ARN, and whose call it is used in."""

    provider_id = "aws-kms"
    call: Call | None = attr.ib(default=None)


class _Key(MasterKey):  # type: ignore[misc]
    """The SDK's own KMS key asks boto3, over the network; this one asks the cloud it is in."""

    provider_id = "aws-kms"
    _config_class = _KeyConfig

    def _generate_data_key(self, algorithm: Any, encryption_context: Mapping[str, str]) -> Any:
        parameters = {
            "KeyId": self.key_id.decode(),
            "NumberOfBytes": algorithm.kdf_input_len,
            "EncryptionContext": encryption_context,
        }
        made = self.config.call.operate("kms", "GenerateDataKey", parameters)
        return DataKey(
            key_provider=MasterKeyInfo(provider_id=self.provider_id, key_info=made["KeyId"]),
            data_key=made["Plaintext"],
            encrypted_data_key=made["CiphertextBlob"],
        )

    def _encrypt_data_key(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError("a code has one key")

    def _decrypt_data_key(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError("codes are only encrypted here")
