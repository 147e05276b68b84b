"""Run by the stream of the table of changes: puts each change of a dataset on the Kinesis stream, in order.

What cannot be put there now is tried again by Lambda, from the first that failed, for as long as DynamoDB's stream
keeps it (a day), and nothing of the same shard overtakes it. A change may so come twice, never not at all.
"""

from typing import Any

from shared import aws, dataset_changes, edge
from shared.observability import LambdaContext, count, logger

aws.client("dynamodb")  # while Lambda starts the function
aws.client("kinesis")


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Publish the changes of a batch; where one fails, Lambda is told from which on they come again."""
    for record in event["Records"]:
        change = record["dynamodb"]
        owner, row_id = change["Keys"]["owner"]["S"], change["Keys"]["id"]["S"]
        if record["eventName"] != "INSERT" or not dataset_changes.is_first(row_id):
            continue  # the rest of a change, or one that has expired
        try:
            is_published = dataset_changes.publish(owner, row_id)
        except aws.ERRORS as error:
            edge.report(error)
            return {"batchItemFailures": [{"itemIdentifier": change["SequenceNumber"]}]}
        if not is_published:
            logger.error("change expired", subject=owner)
            count("DatasetChangeExpired")
    return {"batchItemFailures": []}
