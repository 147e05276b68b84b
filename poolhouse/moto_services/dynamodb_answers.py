"""moto's DynamoDB handler, its answers about items written in one go.

moto asks of each value in an answer under which of the model's names it may be found: 15 ms for a page of 25 items.
What it answers about items has DynamoDB's names already, and is JSON but for its own types of values.
"""

from typing import Any

import msgspec
from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult
from moto.core.utils import get_service_model
from moto.dynamodb import responses as moto_responses
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.utilities import dynamo_to_dict

OF_ITEMS = frozenset(
    {
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
    }
)
_IF_ASKED = {
    "ReturnConsumedCapacity": "ConsumedCapacity",
    "ReturnItemCollectionMetrics": "ItemCollectionMetrics",
}


class _Result(ActionResult):
    """In place of moto's own, which makes plain values of everything first."""


vars(moto_responses)["DynamoResult"] = _Result


class Handler(moto_responses.DynamoHandler):
    """moto's handler; one for each request."""

    def serialized(self, action_result: ActionResult) -> TYPE_RESPONSE:
        """A result or an exception as status, headers and body."""
        operation, result = self._get_action(), action_result.result
        if operation in OF_ITEMS and isinstance(result, dict):
            told = _told(operation, result, self.body)
            body = msgspec.json.encode(told, enc_hook=_plain)
            return 200, {**self.response_headers, "Content-Type": "application/x-amz-json-1.0"}, body
        if isinstance(action_result, _Result):
            action_result = ActionResult(dynamo_to_dict(result))
        return super().serialized(action_result)


def _told(operation: str, result: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """The members that the operation's answer has, and was asked for: moto says a little more."""
    shape = get_service_model("dynamodb").operation_model(operation).output_shape
    left_out = {told for asked, told in _IF_ASKED.items() if request.get(asked, "NONE") == "NONE"}
    return {name: result[name] for name in shape.members if name not in left_out and result.get(name) is not None}


def _plain(value: object) -> dict[str, Any]:
    """An attribute value. Binaries are bytes, for the encoder to write in base64, or are in base64 already."""
    if not isinstance(value, DynamoType):
        raise TypeError(type(value).__name__)
    return {value.type: value.value}
