"""Where a pool's own logs go: messages that could not be sent, and what users did."""

from collections.abc import Mapping
from typing import Any

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import UserPool
from poolhouse.cognito_idp.errors import FeatureUnavailableInTierException, InvalidParameterException
from poolhouse.cognito_idp.flows import configurations, find

Request = Mapping[str, Any]

_DESTINATIONS = ("CloudWatchLogsConfiguration", "S3Configuration", "FirehoseConfiguration")
_LEVELS = {"userNotification": "ERROR", "userAuthEvents": "INFO"}


def set_log_delivery_configuration(call: Call, request: Request) -> dict[str, object]:
    """Replace what is delivered where: one destination for each source."""
    pool = find.pool(call, request["UserPoolId"])
    wanted: list[Mapping[str, Any]] = request["LogConfigurations"]
    for configuration in wanted:
        _check(pool, configuration)
    sources = [configuration["EventSource"] for configuration in wanted]
    if len(set(sources)) < len(sources):
        raise InvalidParameterException("Only one log configuration is allowed for each event source.")  # a guess
    configurations.put(call, pool.id, configurations.LOGS, "", {"LogConfigurations": wanted})
    return {"LogDeliveryConfiguration": {"UserPoolId": pool.id, "LogConfigurations": wanted}}


def get_log_delivery_configuration(call: Call, request: Request) -> dict[str, object]:
    """What is delivered where; nothing until it is set."""
    pool = find.pool(call, request["UserPoolId"])
    kept = configurations.find(call, pool.id, configurations.LOGS)
    if kept is None:
        return {}
    return {"LogDeliveryConfiguration": {"UserPoolId": pool.id, **kept.settings}}


def _check(pool: UserPool, configuration: Mapping[str, Any]) -> None:
    """LogConfigurationType in the API reference; the sentences are guesses."""
    source, level = configuration["EventSource"], configuration["LogLevel"]
    if level != _LEVELS[source]:
        raise InvalidParameterException(f"LogLevel {level} is not valid for EventSource {source}.")
    if sum(bool(configuration.get(name)) for name in _DESTINATIONS) != 1:
        raise InvalidParameterException("Exactly one log destination must be configured.")
    if source == "userNotification" and not configuration.get("CloudWatchLogsConfiguration"):
        raise InvalidParameterException("userNotification logs can be delivered to CloudWatch Logs only.")
    if source == "userAuthEvents" and pool.tier != "PLUS":
        raise FeatureUnavailableInTierException(
            f"The following features need to be disabled for the {pool.tier} pricing tier configured: Log Export"
        )
