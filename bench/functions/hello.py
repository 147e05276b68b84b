"""The smallest function behind an API."""

import json


def handler(event, context):  # type: ignore[no-untyped-def]  # noqa: ARG001
    return {"statusCode": 200, "body": json.dumps({"sub": event["requestContext"]["authorizer"]["claims"]["sub"]})}
