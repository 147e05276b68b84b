"""What a pool writes to its log group, bucket or stream: what users did, and messages that could not be sent.

Cognito developer guide, "Exporting logs from user pools", whose two examples are what is known of the records. On AWS
delivery is at best effort and of its own pace; here a line is there when the request is answered, and one that cannot
be written is dropped, with a line in this program's own log.
"""

import logging
from collections.abc import Mapping
from typing import Any

import msgspec

from poolhouse import aside
from poolhouse.call import Call
from poolhouse.cognito_idp.entities import AuthEvent, User, UserPool
from poolhouse.cognito_idp.flows import configurations
from poolhouse.errors import ApiError

_log = logging.getLogger(__name__)
# As the configuration has it: eventSource and logLevel as the records have it.
_SOURCES = {"userAuthEvents": ("USER_ACTIVITY", "INFO"), "userNotification": ("USER_NOTIFICATION", "ERROR")}
_CREATED = "%a %b %d %H:%M:%S UTC %Y"


def user_activity(call: Call, pool: UserPool, user: User, event: AuthEvent, client_id: str) -> None:
    """Export an event as it stands: each step of a sign-in is a record, of the same eventId (a guess).

    Never inside a write block. How a challenge is written is a guess as well: the one example has none.
    """
    message = {
        "version": "1",
        "eventId": event.id,
        "eventType": event.kind,
        "userSub": user.sub,
        "userName": user.username,
        "userPoolId": pool.id,
        "clientId": client_id,
        "creationDate": event.created_at.strftime(_CREATED),
        "eventResponse": event.response,
        "riskLevel": "HIGH" if event.is_risk else "",
        "riskDecision": "BLOCK" if event.is_risk else "PASS",
        "challenges": [f"{name}:{response}" for name, response in event.challenges.items()],
        "deviceName": event.device,
        "ipAddress": event.ip,
        "requestId": call.request_id,
        "idpName": "",
        "compromisedCredentialDetected": str(event.is_compromised).lower(),
        "city": "",
        "country": "",
        "eventFeedbackValue": event.feedback,
        "eventFeedbackDate": event.feedback_at.strftime(_CREATED) if event.feedback_at else "",
        "eventFeedbackProvider": event.feedback_by,
        "hasContextData": str(bool(event.ip or event.device)).lower(),
    }
    _export(call, pool, "userAuthEvents", message)


def undelivered(call: Call, pool: UserPool, details: str) -> None:
    """Export that a message to a user could not be sent. Never inside a write block."""
    _export(call, pool, "userNotification", {"details": details})


def _export(call: Call, pool: UserPool, configured_as: str, message: Mapping[str, object]) -> None:
    kept = configurations.find(call, pool.id, configurations.LOGS)
    configured = () if kept is None else kept.settings["LogConfigurations"]
    wanted = [one for one in configured if one["EventSource"] == configured_as]
    if not wanted:
        return
    source, level = _SOURCES[configured_as]
    record = {
        "eventTimestamp": str(int(call.now.timestamp() * 1000)),
        "eventSource": source,
        "logLevel": level,
        "message": message,
        "logSourceId": {"userPoolId": pool.id},
    }
    line = msgspec.json.encode(record).decode()
    try:
        aside.wait(lambda: _deliver(call, pool, wanted[0], line))
    except ApiError as error:
        _log.warning("%s of pool %s is nowhere: %s", source, pool.id, error.code)


def _deliver(call: Call, pool: UserPool, to: Mapping[str, Any], line: str) -> None:
    if to.get("S3Configuration"):
        _put_object(call, pool, str(to["S3Configuration"]["BucketArn"]), line)
    elif to.get("FirehoseConfiguration"):
        stream = str(to["FirehoseConfiguration"]["StreamArn"]).rpartition("/")[2]
        record = {"Data": f"{line}\n".encode()}
        call.operate("firehose", "PutRecord", {"DeliveryStreamName": stream, "Record": record})
    else:
        _put_line(call, pool, str(to["CloudWatchLogsConfiguration"]["LogGroupArn"]), line)


def _put_object(call: Call, pool: UserPool, bucket_arn: str, line: str) -> None:
    """A record is an object of its own.

    Only that there may be a folder AWSLogs is told; the rest of the key is a guess, after other services' logs.
    """
    day = call.now.strftime("%Y/%m/%d/%H")
    key = f"AWSLogs/{call.account_id}/cognito/{call.region}/{pool.id}/{day}/{call.new_id()}.json"
    bucket = bucket_arn.rpartition(":")[2]
    call.operate("s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": line.encode()})


def _put_line(call: Call, pool: UserPool, group_arn: str, line: str) -> None:
    group = group_arn.partition(":log-group:")[2].removesuffix(":*")
    stream = {"logGroupName": group, "logStreamName": pool.id}  # what AWS calls the stream is not known
    try:
        call.operate("logs", "CreateLogStream", stream)
    except ApiError as error:
        if error.code != "ResourceAlreadyExistsException":
            raise
    event = {"timestamp": int(call.now.timestamp() * 1000), "message": line}
    call.operate("logs", "PutLogEvents", {**stream, "logEvents": [event]})
