"""The sign-in of somebody whom an identity provider of the pool vouches for: found, linked or made, and kept current.

Cognito developer guide, "Mapping IdP attributes to profiles and tokens" and "Linking federated users to an existing
user profile". The order of the triggers is the one that is observed: inbound federation; then pre sign-up and post
confirmation for who is new, pre and post authentication for who is known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import (
    AppClient,
    Group,
    Identity,
    IdentityProvider,
    Membership,
    User,
    UserPool,
)
from poolhouse.cognito_idp.errors import (
    InvalidLambdaResponseException,
    InvalidParameterException,
    NotAuthorizedException,
    UserNotFoundException,
)
from poolhouse.cognito_idp.flows import authentication, names, registration, triggers
from poolhouse.cognito_idp.rules import new_users, schema
from poolhouse.store import Tx
from poolhouse.store.tables import Tables

SUBJECT = "Cognito_Subject"
_INBOUND = "InboundFederation"
_STATUS = "EXTERNAL_PROVIDER"
_LONGEST_NAME = 128
# `username` names the user; the others are never a provider's to say.
_NOT_MAPPED = frozenset({"username", "sub", "identities"})
_ALIASES = ("cognito:email_alias", "cognito:phone_number_alias")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a provider proved of a person: who they are there, and what it told, by the name of the answer.

    `told` has `tokenResponse`, `idToken` and `userInfo` for OIDC; the attribute mapping reads the last two.
    """

    provider: IdentityProvider
    subject: str
    told: Mapping[str, Mapping[str, str]]

    @property
    def claims(self) -> dict[str, str]:
        """What userInfo and the ID token say; where both say something, userInfo is taken to be newer, a guess."""
        return {**self.told.get("idToken", {}), **self.told.get("userInfo", {})}


def find_by_subject(tables: Tables, pool: UserPool, provider: str, subject: str) -> User | None:
    """The user a provider's subject is linked to, or who was made for it."""
    linked = _linked(tables, pool, provider, SUBJECT, subject)
    return linked or _own(tables, pool, provider, subject)


def sign_in(call: Call, pool: UserPool, app_client: AppClient, profile: Profile) -> User:
    """The user this person is, as stored now. Raises what triggers and attribute rules raise, by AWS's names."""
    attributes = _mapped(profile.provider, _inbound(call, pool, app_client, profile))
    user = _known(call.store, pool, profile)
    if user is None:
        return _first(call, pool, app_client, profile, attributes)
    return _again(call, pool, app_client, user, attributes)


def _inbound(call: Call, pool: UserPool, app_client: AppClient, profile: Profile) -> Mapping[str, str]:
    """The claims the attribute mapping reads, as the InboundFederation function leaves them."""
    provider = profile.provider
    request: dict[str, object] = {
        "providerName": provider.name,
        "providerType": provider.type,
        "attributes": profile.told,
    }
    preset: dict[str, Any] = {"userAttributesToMap": None}
    source = f"{_INBOUND}_ExternalProvider"
    answer = triggers.run(call, pool, _INBOUND, source, profile.subject, request, preset, client_id=app_client.id)
    chosen = answer.get("userAttributesToMap")
    if chosen is None:
        return profile.claims
    if not isinstance(chosen, dict) or not all(isinstance(value, str) for value in chosen.values()):
        raise InvalidLambdaResponseException(triggers.UNRECOGNIZABLE)
    return chosen


def _mapped(provider: IdentityProvider, claims: Mapping[str, str]) -> dict[str, str]:
    """The user's attributes by the provider's mapping; an address is unverified unless the mapping says otherwise."""
    mapped = {
        attribute: claims[name]
        for attribute, name in provider.attribute_mapping.items()
        if claims.get(name) and attribute not in _NOT_MAPPED
    }
    for name in ("email", "phone_number"):
        if name in mapped:
            is_verified = mapped.get(f"{name}_verified", "").lower() == "true"
            mapped[f"{name}_verified"] = "true" if is_verified else "false"
    return mapped


def _known(tables: Tables, pool: UserPool, profile: Profile) -> User | None:
    """The user this person is linked to, by subject or by a claim, or who was made for them."""
    for attribute, value in profile.claims.items():
        user = None if attribute == SUBJECT else _linked(tables, pool, profile.provider.name, attribute, value)
        if user is not None:
            return user
    return find_by_subject(tables, pool, profile.provider.name, profile.subject)


def _own(tables: Tables, pool: UserPool, provider: str, subject: str) -> User | None:
    """The user who was made for a provider's subject: by the identity, as anybody may have taken the name."""
    user = tables.users.find(pool_id=pool.id, username=_own_name(pool, provider, subject))
    who = (provider, SUBJECT, subject)
    is_theirs = user is not None and any(
        (identity.provider_name, identity.attribute, identity.value) == who for identity in user.identities
    )
    return user if is_theirs else None


def _own_name(pool: UserPool, provider: str, subject: str) -> str:
    """What a user is called who has no profile but the provider's."""
    return pool.folded(f"{provider}_{subject}")


def _linked(tables: Tables, pool: UserPool, provider: str, attribute: str, value: str) -> User | None:
    where = {"pool_id": pool.id, "provider": provider, "attribute": attribute, "value": value}
    link = tables.linked_identities.find(**where)
    return None if link is None else tables.users.find(pool_id=pool.id, username=link.username)


def _first(call: Call, pool: UserPool, app_client: AppClient, profile: Profile, attributes: dict[str, str]) -> User:
    schema.check_values(schema.of(pool, attributes), attributes)
    missing = schema.missing(pool, attributes)
    if missing:
        raise InvalidParameterException(f"attributes required: [{', '.join(missing)}]")
    provider = profile.provider
    username = _own_name(pool, provider.name, profile.subject)
    if len(username) > _LONGEST_NAME or not username.isprintable() or " " in username:
        raise InvalidParameterException("The subject cannot be part of a username")  # AWS's sentence is not known
    identity = Identity(provider.name, provider.type, SUBJECT, profile.subject, call.now, is_primary=True)
    user = User(
        pool_id=pool.id,
        username=username,
        sub=new_users.make_sub(call.now, call.new_id()),
        status=_STATUS,
        created_at=call.now,
        modified_at=call.now,
        attributes=attributes,
        identities=(identity,),
    )
    user = _after_pre_sign_up(call, pool, app_client, user)
    with call.store.write() as tx:
        # The function may have linked this person meanwhile, as people do there: the next attempt finds the link.
        taken = f"Already found an entry for username {user.username}"
        if _known(tx, pool, profile) is not None:
            raise InvalidParameterException(taken)
        registration.check_free(tx, pool, username, message=taken)
        registration.add(tx, user)
        _join_group(tx, user, provider)
    registration.run_post_confirmation(call, pool, user, "PostConfirmation_ConfirmSignUp", client_id=app_client.id)
    return user


def _after_pre_sign_up(call: Call, pool: UserPool, app_client: AppClient, user: User) -> User:
    """The user as the PreSignUp function leaves them. They have nothing to confirm; addresses it may verify."""
    told = replace(user, attributes={**user.attributes, **dict.fromkeys(_ALIASES, "")}, identities=())
    answer = registration.run_pre_sign_up(
        call,
        pool,
        told,
        "PreSignUp_ExternalProvider",
        client_id=app_client.id,
        validation_data=None,
        client_metadata=None,
    )
    attributes = dict(user.attributes)
    for name, verifies in (("email", answer.verifies_email), ("phone_number", answer.verifies_phone_number)):
        if verifies and name not in attributes:
            raise InvalidLambdaResponseException(triggers.UNRECOGNIZABLE)
        if verifies:
            attributes[f"{name}_verified"] = "true"
    return replace(user, attributes=attributes)


def _again(call: Call, pool: UserPool, app_client: AppClient, user: User, attributes: Mapping[str, str]) -> User:
    """A known user: what the provider says now replaces what was known, what it does not say stays."""
    if not user.enabled:
        raise NotAuthorizedException("User is disabled.")
    schema.check_values(schema.of(pool, attributes), attributes)
    schema.check_update(pool, attributes, by_admin=True)  # "even if its current value already matches"
    authentication.before(call, pool, app_client, user, username=user.username)
    with call.store.write() as tx:
        current = tx.users.find(pool_id=pool.id, username=user.username)
        if current is None or current.sub != user.sub:
            raise UserNotFoundException
        user = replace(current, attributes={**current.attributes, **attributes}, modified_at=call.now)
        tx.users.put(user)
        if user.status != _STATUS:
            names.claim(tx, pool, user)
    authentication.after(call, pool, app_client, user)
    return user


def _join_group(tx: Tx, user: User, provider: IdentityProvider) -> None:
    """Users of a provider are in a group of its name, which is made with the first of them."""
    name = f"{user.pool_id}_{provider.name}"
    if tx.groups.find(pool_id=user.pool_id, name=name) is None:
        about = f"Autogenerated group for users who sign in using {provider.name}"
        tx.groups.add(Group(user.pool_id, name, user.created_at, user.created_at, about))
    tx.memberships.put(Membership(user.pool_id, user.username, name))
