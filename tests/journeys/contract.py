"""docs/openapi.json, asked of a running API: schemathesis makes requests from it and holds the answers to it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from demo.clients import REGION
from tests.service_support import ROOT

DOCUMENT = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
SCHEMA: Any = schemathesis.openapi.from_dict(DOCUMENT)
SCHEMA.config.generation.update(with_security_parameters=False)  # who asks is said by those who try
# 401 and 403 would hide a token that has ended, or a signature gone wrong
SCHEMA.config.checks.negative_data_rejection.expected_statuses = ["400", "404", "413", "422"]
OPERATIONS: dict[str, Any] = {
    operation.definition.raw["operationId"]: operation
    for result in SCHEMA.get_all_operations()
    for operation in [result.ok()]
}
EXAMPLES = 5  # of each operation and kind: the same ones every time
CONFORMANCE = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
TIMEOUT = 60

Auth = requests.auth.AuthBase


@dataclass(frozen=True)
class Bearer(Auth):
    """A request with a token."""

    token: str

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


@dataclass(frozen=True)
class Signed(Auth):
    """A request signed for `execute-api`."""

    keys: Credentials

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.url = (request.url or "").replace("+", "%20")  # a space, as what is signed has it
        kept = {name: value for name, value in request.headers.items() if name.lower() == "content-type"}
        unsigned = AWSRequest(request.method, request.url, data=request.body, headers=kept)
        SigV4Auth(self.keys, "execute-api", REGION).add_auth(unsigned)
        request.headers.update(dict(unsigned.headers.items()))
        return request


def scheme(name: str) -> str:
    """The security scheme of an operation."""
    [(found, _scopes)] = OPERATIONS[name].definition.raw["security"][0].items()
    return str(found)


def area(name: str) -> str:
    """The tag of an operation."""
    return str(OPERATIONS[name].definition.raw["tags"][0])


def ask_by_example(name: str, api: str, auth: Auth | None, known: Mapping[str, dict[str, str]]) -> requests.Response:
    """The request that the document gives as an example, for what is there; its answer held to the document."""
    operation, path = OPERATIONS[name], known.get(area(name), {})
    path = {one["name"]: path[one["name"]] for one in operation.definition.raw["parameters"] if one["in"] == "path"}
    body = operation.definition.raw.get("requestBody", {}).get("content", {}).get("application/json", {})
    sent = {"body": body["example"], "media_type": "application/json"} if body else {}
    case = operation.Case(path_parameters=path, **sent)
    answer: requests.Response = case.call(base_url=api, auth=auth, timeout=TIMEOUT)
    case.validate_response(answer, checks=CONFORMANCE)
    return answer


def try_requests(name: str, api: str, auth: Auth) -> None:
    """Requests that follow the document, and some that do not: the answers do, and what does not is refused."""
    _try(name, GenerationMode.POSITIVE, CONFORMANCE, api, auth)
    if _can_be_wrong(name):
        _try(name, GenerationMode.NEGATIVE, [*CONFORMANCE, checks.negative_data_rejection], api, auth)


def _try(name: str, mode: GenerationMode, wanted: list[Any], api: str, auth: Auth) -> None:
    @given(case=OPERATIONS[name].as_strategy(generation_mode=mode))
    @hypothesis_settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def run(case: Any) -> None:
        answer = case.call(base_url=api, auth=auth, timeout=TIMEOUT)
        case.validate_response(answer, checks=wanted)

    run()


def _can_be_wrong(name: str) -> bool:
    """Whether an operation takes anything that may break a rule."""
    raw = OPERATIONS[name].definition.raw
    return bool(raw["parameters"] or "requestBody" in raw)
