"""Event source mappings: Lambda takes messages of a queue, or records of a stream, and runs a function with them.

    mappings   the mappings of a cloud, each polled by a thread of its own
    sources    what a mapping needs of queues and streams, and what it asks of the function's role
    queues     messages of SQS
    streams    records of Kinesis and of DynamoDB's tables: in order, from where a mapping stands in each shard
    records    what functions are told of records, and queues and topics of those that were given up
    failures   what a function says it could not handle

Not built: filters, windows, several batches of one shard at once; the shards of a stream take turns.
"""

from poolhouse.lambdas.event_sources.mappings import EventSources

__all__ = ["EventSources"]
