"""AWS operations asked in process of a service that answers HTTP: botocore writes the request and reads the answer."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from botocore.awsrequest import HeadersDict
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from poolhouse.errors import ApiError
from poolhouse.web import Request, Response


class OperationFailed(ApiError):
    """The service's own error: its code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self._code = code

    @property
    def code(self) -> str:
        """The error's name as the service gave it."""
        return self._code


def through(
    handle: Callable[[str, Request], Response], service: str, operation: str, params: Mapping[str, Any]
) -> dict[str, Any]:
    """The operation's result. Raises OperationFailed, and botocore's ParamValidationError for a wrong shape."""
    model = _model(service).operation_model(operation)
    response = handle(service, _request(model, params))
    headers = HeadersDict(dict(response.headers))
    answer = {"status_code": response.status, "headers": headers, "body": response.body}
    output: Any = model.output_shape  # None where there is none, which its stubs leave out
    parsed: dict[str, Any] = create_parser(model.service_model.protocol).parse(answer, output)
    if response.status >= 300:
        raise OperationFailed(parsed["Error"]["Code"], parsed["Error"]["Message"])
    parsed.pop("ResponseMetadata", None)
    return parsed


def _request(model: OperationModel, params: Mapping[str, Any]) -> Request:
    protocol = model.service_model.protocol
    made = create_serializer(protocol).serialize_to_request(dict(params), model)
    body = made["body"]
    if protocol == "query":
        body = urlencode(body)
    headers = {name.lower(): str(value) for name, value in made["headers"].items()}
    if protocol == "query":
        headers.setdefault("content-type", "application/x-www-form-urlencoded; charset=utf-8")
    body = body.encode() if isinstance(body, str) else bytes(body)
    path, _, fixed = made["url_path"].partition("?")
    query = "&".join(part for part in (fixed, urlencode(made["query_string"], quote_via=quote, doseq=True)) if part)
    return Request(made["method"], path, query, headers=tuple(headers.items()), body=body)


@cache
def _model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service_name=service)
