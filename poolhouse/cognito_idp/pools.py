"""User pools: made, told, changed, deleted with all that is in them; their attributes, MFA settings and tags."""

import secrets
import string
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp import shapes
from poolhouse.cognito_idp.entities import UserPool
from poolhouse.cognito_idp.errors import (
    InvalidParameterException,
    ResourceNotFoundException,
    UserImportInProgressException,
)
from poolhouse.cognito_idp.flows import find, keys, pages, user_import
from poolhouse.cognito_idp.rules import pool_schema, pool_settings
from poolhouse.store import Tx

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.type_defs import (
        AddCustomAttributesRequestTypeDef,
        DeleteUserPoolRequestTypeDef,
        DescribeUserPoolRequestTypeDef,
        GetUserPoolMfaConfigRequestTypeDef,
        ListTagsForResourceRequestTypeDef,
        ListUserPoolsRequestTypeDef,
        TagResourceRequestTypeDef,
        UntagResourceRequestTypeDef,
    )

# Requests of operations whose newest members the stubs lack.
Request = Mapping[str, Any]

_ID_CHARACTERS = string.ascii_letters + string.digits
_ID_LENGTH = 9
_CUSTOM_DOMAIN = "CustomDomainConfig"


def create_user_pool(call: Call, request: Request) -> dict[str, object]:
    """Make a pool, with signing keys of its own."""
    settings = pool_settings.created(request)
    settings["SchemaAttributes"] = pool_schema.declared(request.get("Schema") or ())
    pool = UserPool(
        id=f"{call.region}_{''.join(secrets.choice(_ID_CHARACTERS) for _ in range(_ID_LENGTH))}",
        name=request["PoolName"],
        created_at=call.now,
        modified_at=call.now,
        settings=settings,
    )
    signing_keys = keys.create(call, pool.id)
    with call.store.write() as tx:
        tx.user_pools.add(pool)
        for key in signing_keys:
            tx.signing_keys.add(key)
    shape = shapes.user_pool_type(call, pool) | {"EstimatedNumberOfUsers": 0}
    # The answer to the creation lacks what DescribeUserPool adds.
    attributes = [item for item in settings["SchemaAttributes"] if item["Name"] != "identities"]
    return {"UserPool": shape | {"SchemaAttributes": attributes}}


def describe_user_pool(call: Call, request: "DescribeUserPoolRequestTypeDef") -> dict[str, object]:
    """Everything about a pool."""
    pool = find.pool(call, request["UserPoolId"])
    shape: dict[str, object] = {"UserPoolTags": {}, **shapes.user_pool_type(call, pool)}
    shape["EstimatedNumberOfUsers"] = call.store.users.count(pool_id=pool.id)
    for domain in call.store.domains.list(pool_id=pool.id):
        shape["CustomDomain" if _CUSTOM_DOMAIN in domain.settings else "Domain"] = domain.domain
    return {"UserPool": shape}


def update_user_pool(call: Call, request: Request) -> dict[str, object]:
    """Change a pool; what is not sent goes back to its default, the tier aside."""
    with call.store.write() as tx:
        pool = _at_rest(tx, request["UserPoolId"])
        settings = pool_settings.updated(pool.settings, request)
        name = request.get("PoolName") or pool.name
        tx.user_pools.put(replace(pool, name=name, settings=settings, modified_at=call.now))
    return {}


def delete_user_pool(call: Call, request: "DeleteUserPoolRequestTypeDef") -> None:
    """Delete a pool with everything in it, unless it is protected or still has a domain."""
    pool_id = request["UserPoolId"]
    with call.store.write() as tx:
        pool = _at_rest(tx, pool_id)
        if pool.settings.get("DeletionProtection") == "ACTIVE":
            raise InvalidParameterException(
                "The user pool cannot be deleted because deletion protection is activated. "
                "Deletion protection must be inactivated first."
            )
        if tx.domains.count(pool_id=pool_id):
            raise InvalidParameterException(
                "User pool cannot be deleted. It has a domain configured that should be deleted first."
            )
        _remove_contents(tx, pool_id)
        tx.user_pools.remove(id=pool_id)


def list_user_pools(call: Call, request: "ListUserPoolsRequestTypeDef") -> dict[str, object]:
    """The account's pools by page."""
    table, given = call.store.user_pools, request.get("NextToken")
    pools, more = pages.page(call, table, "ListUserPools", given, request["MaxResults"])
    return {"UserPools": [shapes.user_pool_description_type(pool) for pool in pools], **more}


def add_custom_attributes(call: Call, request: "AddCustomAttributesRequestTypeDef") -> dict[str, object]:
    """Add attributes to a pool's schema, for good."""
    with call.store.write() as tx:
        pool = _at_rest(tx, request["UserPoolId"])
        schema = pool_schema.extended(pool.settings.get("SchemaAttributes", ()), request["CustomAttributes"])
        settings = {**pool.settings, "SchemaAttributes": schema}
        tx.user_pools.put(replace(pool, settings=settings, modified_at=call.now))
    return {}


def get_user_pool_mfa_config(call: Call, request: "GetUserPoolMfaConfigRequestTypeDef") -> dict[str, object]:
    """Whether a pool asks for a second factor, and for which."""
    return _mfa_config(find.pool(call, request["UserPoolId"]))


def set_user_pool_mfa_config(call: Call, request: Request) -> dict[str, object]:
    """Set a pool's MFA: whether users are asked for a second factor, and for which."""
    given = {name: request[name] for name in pool_settings.MFA_MEMBERS if request.get(name)}
    mode = request.get("MfaConfiguration", "OFF")
    with call.store.write() as tx:
        pool = find.pool_in(tx, request["UserPoolId"])
        settings = {name: value for name, value in pool.settings.items() if name not in pool_settings.MFA_MEMBERS}
        settings |= {**given, "MfaConfiguration": mode}
        pool_settings.check_factors(settings)
        pool = replace(pool, settings=settings, modified_at=call.now)
        tx.user_pools.put(pool)
    return _mfa_config(pool)


def tag_resource(call: Call, request: "TagResourceRequestTypeDef") -> dict[str, object]:
    """Tag a pool."""
    _set_tags(call, request["ResourceArn"], lambda tags: {**tags, **request["Tags"]})
    return {}


def untag_resource(call: Call, request: "UntagResourceRequestTypeDef") -> dict[str, object]:
    """Take tags off a pool; those it has not are passed over."""
    gone = request["TagKeys"]
    _set_tags(call, request["ResourceArn"], lambda tags: {key: tags[key] for key in tags if key not in gone})
    return {}


def list_tags_for_resource(call: Call, request: "ListTagsForResourceRequestTypeDef") -> dict[str, object]:
    """A pool's tags."""
    pool = find.pool(call, _pool_id(call, request["ResourceArn"]))
    return {"Tags": pool.settings.get("UserPoolTags", {})}


def _at_rest(tx: Tx, pool_id: str) -> UserPool:
    """The pool, whose rules do not change under an import that follows them. Raises UserImportInProgressException."""
    pool = find.pool_in(tx, pool_id)
    if any(job.status in user_import.ACTIVE for job in tx.import_jobs.list(pool_id=pool_id)):
        raise UserImportInProgressException("A user import is in progress.")  # the sentence is a guess
    return pool


def _remove_contents(tx: Tx, pool_id: str) -> None:
    """Challenge sessions and codes are not searched by pool: they lapse soon, and their client is looked for first."""
    for table in (
        tx.app_clients,
        tx.signing_keys,
        tx.resource_servers,
        tx.groups,
        tx.memberships,
        tx.users,
        tx.sign_in_names,
        tx.confirmation_codes,
        tx.software_tokens,
        tx.devices,
        tx.import_jobs,
        tx.passkeys,
        tx.auth_events,
        tx.configurations,
        tx.brandings,
        tx.terms,
        tx.replicas,
        tx.identity_providers,
        tx.linked_identities,
        tx.refresh_tokens,
        tx.attempts,
    ):
        table.remove(pool_id=pool_id)


def _mfa_config(pool: UserPool) -> dict[str, object]:
    factors = {name: pool.settings[name] for name in pool_settings.MFA_MEMBERS if name in pool.settings}
    return {**factors, "MfaConfiguration": pool.mfa_configuration}


def _set_tags(call: Call, arn: str, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
    pool_id = _pool_id(call, arn)
    with call.store.write() as tx:
        pool = find.pool_in(tx, pool_id)
        tags = change(dict(pool.settings.get("UserPoolTags", {})))
        tx.user_pools.put(replace(pool, settings={**pool.settings, "UserPoolTags": tags}))


def _pool_id(call: Call, arn: str) -> str:
    prefix = f"arn:aws:cognito-idp:{call.region}:{call.account_id}:userpool/"
    if not arn.startswith(prefix):
        raise ResourceNotFoundException(f"Resource {arn} does not exist.")  # AWS's sentence is not known
    return arn.removeprefix(prefix)
