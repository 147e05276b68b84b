"""KMS: keys that encrypt, kept with all they are."""

from poolhouse.store import Store

from .conftest import Restart

CONTEXT = {"userpool-id": "us-east-1_1"}


def test_what_a_key_sealed_it_opens_after_a_restart(restarted: Restart) -> None:
    aws = restarted()
    key = aws("kms", "CreateKey", Description="codes", Tags=[{"TagKey": "a", "TagValue": "b"}])["KeyMetadata"]
    aws("kms", "CreateAlias", AliasName="alias/codes", TargetKeyId=key["KeyId"])
    sealed = aws("kms", "Encrypt", KeyId=key["Arn"], Plaintext=b"123456", EncryptionContext=CONTEXT)
    assert b"123456" not in sealed["CiphertextBlob"]

    aws = restarted()
    opened = aws("kms", "Decrypt", CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=CONTEXT)
    assert opened["Plaintext"] == b"123456"
    assert aws("kms", "DescribeKey", KeyId="alias/codes")["KeyMetadata"]["KeyId"] == key["KeyId"]
    assert aws("kms", "ListResourceTags", KeyId=key["KeyId"])["Tags"] == [{"TagKey": "a", "TagValue": "b"}]
    code, _ = aws.error(
        "kms", "Decrypt", CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext={"userpool-id": "x"}
    )
    assert code == "InvalidCiphertextException"


def test_an_asymmetric_key_signs_the_same_after_a_restart(restarted: Restart) -> None:
    aws = restarted()
    key = aws("kms", "CreateKey", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    asked = {"KeyId": key, "Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"}
    signature = aws("kms", "Sign", **asked)["Signature"]

    assert restarted()("kms", "Verify", **asked, Signature=signature)["SignatureValid"]


def test_no_key_material_is_kept_in_clear(restarted: Restart, store: Store) -> None:
    aws = restarted()
    aws("kms", "CreateKey")
    (record,) = store.moto_records.list(service="kms:000000000000:eu-west-1")
    (kept,) = record.data["keys"].values()

    assert set(kept) == {"plain", "key_material"}
    assert "key_material" not in kept["plain"]


def test_what_failed_changed_nothing(restarted: Restart) -> None:
    aws = restarted()
    assert aws.error("kms", "CreateAlias", AliasName="alias/x", TargetKeyId="nothing")[0] == "NotFoundException"
    assert aws("kms", "ListAliases")["Aliases"] == [] or all(
        alias["AliasName"].startswith("alias/aws/") for alias in aws("kms", "ListAliases")["Aliases"]
    )
