"""Secrets Manager: the secrets, and which key of KMS each is under."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from poolhouse.errors import ApiError
from poolhouse.iam import document
from poolhouse.iam.errors import MalformedPolicy
from poolhouse.moto_services import bucket_access, checks
from poolhouse.moto_services.whole import Whole
from poolhouse.web import Request, Response

_FIRST_ERROR = 400
_SPACES = re.compile(rb" {2,}")  # of a sentence that moto breaks in its source
# moto's way to say it, and AWS's.
_MARKED = b"You tried to perform the operation on a secret that's currently marked deleted."
_IS_MARKED = b"You can't perform this operation on the secret because it was marked for deletion."


class MalformedPolicyDocumentException(ApiError):
    message = "The JSON document that you provided isn't valid."  # after its documentation


class PublicPolicyException(ApiError):
    message = "You can't have a policy that gives broad access to the secret."  # a guess


def _check_policy(members: Mapping[str, Any]) -> None:
    """moto takes anything; nothing could be decided by what is no policy."""
    text = str(members.get("ResourcePolicy") or "")
    try:
        statements = document.parse(text).statements
    except MalformedPolicy as error:
        raise MalformedPolicyDocumentException from error
    if any(one.principals is None or not one.resources for one in statements):
        raise MalformedPolicyDocumentException
    if members.get("BlockPublicPolicy") and bucket_access.is_public(text):
        raise PublicPolicyException


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

    def policy(self, arn: str) -> str:
        """The policy of the secret of this ARN, as JSON; empty for none."""
        with self._lock:
            secrets = self._backend.secrets
            return str(getattr(secrets[arn], "policy", None) or "") if arn in secrets else ""

    def handle(self, request: Request) -> Response:
        """Answer one request; what it changed is durable when this returns."""
        if self._operation(request) == "PutResourcePolicy":
            checks.check_json(self._service, "PutResourcePolicy", request.body, self._kind.not_built)
            _check_policy(msgspec.json.decode(request.body))
        return super().handle(request)

    def _answer(self, operation: str, request: Request) -> Response:
        response = super()._answer(operation, request)
        if response.status < _FIRST_ERROR:
            return response
        said = _SPACES.sub(b" ", response.body).replace(_MARKED, _IS_MARKED)
        return Response(response.status, said, response.headers)
