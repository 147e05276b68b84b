"""Secrets Manager: the secrets, and which key of KMS each is under."""

import re

from poolhouse.moto_services.whole import Whole
from poolhouse.web import Request, Response

_FIRST_ERROR = 400
_SPACES = re.compile(rb" {2,}")  # of a sentence that moto breaks in its source
# moto's way to say it, and AWS's.
_MARKED = b"You tried to perform the operation on a secret that's currently marked deleted."
_IS_MARKED = b"You can't perform this operation on the secret because it was marked for deletion."


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

    def _answer(self, operation: str, request: Request) -> Response:
        response = super()._answer(operation, request)
        if response.status < _FIRST_ERROR:
            return response
        said = _SPACES.sub(b" ", response.body).replace(_MARKED, _IS_MARKED)
        return Response(response.status, said, response.headers)
