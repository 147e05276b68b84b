"""Secrets Manager: the secrets, and which key of KMS each is under."""

from poolhouse.moto_services.whole import Whole


class SecretsManager(Whole):
    """The secrets of one account in one region."""

    def known(self, named: str) -> tuple[str, str]:
        """(ARN, key) of the secret of this name or ARN; no key where it is AWS's own, and ("", "") for no secret."""
        with self._lock:
            secrets = self._backend.secrets
            if named not in secrets:
                return "", ""
            secret = secrets[named]
            return str(secret.arn), secret.kms_key_id or ""
