"""DynamoDB, S3, KMS, IAM's own records and more: moto, in process, behind the check every AWS call passes.

Owns: calling moto's handlers without a server or patched clients, and keeping what they hold. moto lives in memory;
here a change is written through to the store before it is acknowledged, and put back when that fails:

    services        which service a request is for; loads moto at first use
    handlers        one request to one moto handler, as plain values
    dynamodb        tables and items: what a request touched, kept item by item
    tables          moto's tables, noting what is touched; items to and from JSON
    dynamodb_answers  answers about items, written in one go
    transactions    which transactions were done, by the tokens of their requests
    dynamodb_streams  streams of tables; `stream_records` makes what they tell
    kinesis         streams and their shards (`shards`)
    stream_log      the records of both kinds of streams, one row each
    s3              buckets and objects, their contents as files
    bucket_access   ACLs, who owns objects, Block Public Access
    bucket_cors     a bucket's rules for pages of other origins
    iam             roles, policies, users and groups: kept whole after each change
    user_boundaries permissions boundaries of users
    holdings        what a user or role holds, for whoever decides
    kms             keys: kept whole after each change, their material sealed
    events          EventBridge: buses, rules, what is told of an event
    event_patterns  which events a rule is about; `event_inputs` what its targets get, `schedules` rules by time
    whole           small services, kept whole: CloudWatch Logs, Data Firehose, Step Functions, and the next two
    secretsmanager  secrets
    ssm             parameters
    snapshot        moto's objects as JSON and back, for a closed list of classes
    checks          malformed requests, which moto would trip over

Leaves signatures and policy to `wire`, and every other AWS service to the answer "not implemented yet".
Importing this package is cheap: moto is imported when a request first needs it, or by `warm`.
"""

from poolhouse.moto_services.services import MotoServices

__all__ = ["MotoServices"]
