"""A deployed REST API, as it is kept."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct


class RestApi(Struct, frozen=True):
    """A REST API or an HTTP API: its OpenAPI body with AWS's extensions, resolved, and the stages it is deployed to.

    `stages` is stage name to the stage's settings (Variables, TracingEnabled, ... as in AWS::ApiGateway::Stage).
    """

    id: str
    name: str
    body: Mapping[str, Any]
    created_at: datetime
    modified_at: datetime
    stages: Mapping[str, Mapping[str, Any]] = {}
    gateway_responses: Mapping[str, Mapping[str, Any]] = {}
    is_http: bool = False
