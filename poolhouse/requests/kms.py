"""KMS: one key, by its id, ARN or alias, with the encryption context.

https://docs.aws.amazon.com/kms/latest/developerguide/policy-conditions.html
"""

from poolhouse.requests.asked import Asked, Params, Scope, tag_keys

_CONTEXT = ("EncryptionContext", "SourceEncryptionContext", "DestinationEncryptionContext")


def asked(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """The operation, on the key it names, or that made what is to be opened."""
    keys: dict[str, str | list[str]] = dict(tag_keys(params.get("Tags")))
    context: dict[str, object] = next((params[name] for name in _CONTEXT if isinstance(params.get(name), dict)), {})
    if context:
        keys |= {f"kms:EncryptionContext:{key}": str(value) for key, value in context.items()}
        keys["kms:EncryptionContextKeys"] = list(context)
    named, ciphertext = (
        str(params.get("KeyId") or params.get("TargetKeyId") or ""),
        str(params.get("CiphertextBlob") or ""),
    )
    if operation == "ReEncrypt":
        source = scope.kms_key(str(params.get("SourceKeyId") or ""), ciphertext)
        destination = scope.kms_key(str(params.get("DestinationKeyId") or ""), "")
        return [Asked("kms:ReEncryptFrom", source, keys), Asked("kms:ReEncryptTo", destination, keys)]
    if not named and not ciphertext:
        return [Asked(f"kms:{operation}", "*", keys)]
    return [Asked(f"kms:{operation}", scope.kms_key(named, ciphertext), keys)]
