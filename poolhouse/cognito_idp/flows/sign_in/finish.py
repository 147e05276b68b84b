"""The end of a sign-in: tokens."""

import dataclasses

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import User
from poolhouse.cognito_idp.errors import UnsupportedOperationException
from poolhouse.cognito_idp.flows import authentication, devices, password_attempts, tokens
from poolhouse.cognito_idp.flows.sign_in.request import SignIn, check_secret_hash_of
from poolhouse.cognito_idp.flows.tokens import IssuedTokens, NewDevice
from poolhouse.store import Tx


def finish(call: Call, sign_in: SignIn, user: User) -> IssuedTokens:
    """Everything was answered: tell the PostAuthentication function, which may still refuse, and issue tokens."""
    pool, app_client, client_metadata = sign_in.pool, sign_in.app_client, sign_in.client_metadata
    is_new_device = pool.tracks_devices and not sign_in.progress.device_key
    device_key = devices.new_key(call) if is_new_device else sign_in.progress.device_key
    authentication.after(call, pool, app_client, user, is_new_device=is_new_device, client_metadata=client_metadata)

    def settle(tx: Tx) -> None:
        password_attempts.forgive(call, tx, user.pool_id, user.username)
        if user.is_new:
            current = tx.users.get(pool_id=user.pool_id, username=user.username)
            tx.users.put(replace(current, is_new=False))

    source = sign_in.progress.source
    issued = tokens.issue(
        call,
        pool,
        app_client,
        user,
        source=source,
        client_metadata=client_metadata,
        device_key=device_key if pool.tracks_devices else "",
        settle=settle,
    )
    if not is_new_device:
        return issued
    return dataclasses.replace(issued, new_device=NewDevice(device_key, devices.group_key(call, user)))


def refresh(call: Call, sign_in: SignIn) -> IssuedTokens:
    refresh_token = sign_in.required("REFRESH_TOKEN")
    if sign_in.app_client.rotates_refresh_tokens:
        raise UnsupportedOperationException("This API does not support refresh token rotation")
    device_key = sign_in.parameters.get("DEVICE_KEY")
    _, user = tokens.find_refresh_token(call, sign_in.app_client, refresh_token, device_key)
    check_secret_hash_of(call, sign_in, user)
    # ClientMetadata of a refresh by this operation does not reach the trigger.
    return tokens.refresh(call, sign_in.pool, sign_in.app_client, refresh_token, device_key=device_key)
