"""`python -m bench.building_blocks.items`: what DynamoDB's operations on items cost, from request to durable answer.

In process, on a store in memory: microseconds at the median, in a table of 20 partitions with 25 items each.
"""

import json
import statistics
import time
from typing import Any

from poolhouse import testing
from poolhouse.web import Request

PARTITIONS, ITEMS = 20, 25
ROUNDS = 400
TABLE: dict[str, Any] = {
    "TableName": "notes",
    "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "owner", "AttributeType": "S"},
        {"AttributeName": "id", "AttributeType": "S"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}


def item(partition: int, number: int) -> dict[str, Any]:
    """A note, as an app would keep it."""
    return {
        **{"owner": {"S": f"owner-{partition}"}, "id": {"S": f"note-{number:02d}"}, "text": {"S": "Milk, eggs, bread"}},
        **{"version": {"N": "1"}, "at": {"S": "2026-11-21T09:30:00Z"}, "tags": {"L": [{"S": "home"}, {"S": "food"}]}},
    }


KEY = {name: value for name, value in item(7, 7).items() if name in {"owner", "id"}}
ABSENT = {"ConditionExpression": "attribute_not_exists(#o)", "ExpressionAttributeNames": {"#o": "owner"}}
OPERATIONS: dict[str, dict[str, Any]] = {
    "GetItem": {"Key": KEY},
    "PutItem": {"Item": item(7, 7)},
    "UpdateItem": {
        "Key": KEY,
        "UpdateExpression": "SET version = version + :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    },
    "Query": {"KeyConditionExpression": "owner = :o", "ExpressionAttributeValues": {":o": {"S": "owner-7"}}},
    "Scan": {"Limit": 25},
    "DeleteItem": {"Key": KEY},
}


def main() -> None:
    """Measure and print."""
    with testing.cloud() as cloud:
        ask = cloud.inner.moto.handle

        def made(operation: str, parameters: dict[str, Any]) -> Request:
            headers = (
                ("x-amz-target", f"DynamoDB_20120810.{operation}"),
                ("content-type", "application/x-amz-json-1.0"),
            )
            return Request("POST", "/", headers=headers, body=json.dumps(parameters).encode())

        ask("dynamodb", made("CreateTable", TABLE))
        for partition in range(PARTITIONS):
            for number in range(ITEMS):
                ask("dynamodb", made("PutItem", {"TableName": "notes", "Item": item(partition, number)}))
        for operation, parameters in OPERATIONS.items():
            request, took = made(operation, {"TableName": "notes", **parameters}), []
            for _ in range(ROUNDS):
                began = time.perf_counter()
                answer = ask("dynamodb", request)
                took.append((time.perf_counter() - began) * 1e6)
                assert answer.status == 200, answer.body
            print(f"{operation:12} {statistics.median(took):7.0f} us")


if __name__ == "__main__":
    main()
