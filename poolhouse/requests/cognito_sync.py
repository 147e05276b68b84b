"""Cognito Sync.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitosync.html
"""

from poolhouse.requests.asked import Asked, Params, Scope

_ON_IDENTITIES = frozenset({"DescribeIdentityUsage", "RegisterDevice"})
_ON_DATASETS = frozenset(
    {
        *("DeleteDataset", "DescribeDataset", "ListDatasets", "ListRecords", "UpdateRecords"),
        *("SubscribeToDataset", "UnsubscribeFromDataset"),
    }
)


def asked(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """The operation, on the pool, the identity or the dataset it names.

    What is not named is called null: seen for ListDatasets, which is asked for on a dataset and names none; for
    ListIdentityPoolUsage and its pool a guess.
    """
    resource = f"identitypool/{_named(params, 'IdentityPoolId')}"
    if operation in _ON_IDENTITIES or operation in _ON_DATASETS:
        resource += f"/identity/{_named(params, 'IdentityId')}"
    if operation in _ON_DATASETS:
        resource += f"/dataset/{_named(params, 'DatasetName')}"
    return [Asked(f"cognito-sync:{operation}", scope.arn("cognito-sync", resource))]


def _named(params: Params, name: str) -> str:
    return str(params.get(name) or "null")
