"""DynamoDB Streams: actions of DynamoDB's, on a table's stream.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
"""

from poolhouse.requests.asked import Asked, Params, Scope


def asked(operation: str, params: Params, _scope: Scope) -> list[Asked]:
    """The operation on the stream it names, or that an iterator is of."""
    iterator = str(params.get("ShardIterator") or "")
    resource = str(params.get("StreamArn") or iterator.partition("|")[0] or "*")
    return [Asked(f"dynamodb:{operation}", resource)]
