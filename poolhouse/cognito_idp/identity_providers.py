"""Identity providers: where users of a pool may sign in besides the pool itself."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp import shapes
from poolhouse.cognito_idp.entities import IdentityProvider
from poolhouse.cognito_idp.errors import (
    DuplicateProviderException,
    LimitExceededException,
    ResourceNotFoundException,
)
from poolhouse.cognito_idp.flows import find, pages
from poolhouse.cognito_idp.rules import providers
from poolhouse.store import Store, Tx

Request = Mapping[str, Any]

MOST = 300


def create_identity_provider(call: Call, request: Request) -> dict[str, object]:
    """Add a provider to a pool, filled in with what is known of its kind."""
    pool_id, name, kind = request["UserPoolId"], request["ProviderName"], request["ProviderType"]
    providers.check_name(name, kind)
    details = providers.filled(kind, request["ProviderDetails"])
    provider = IdentityProvider(
        pool_id=pool_id,
        name=name,
        type=kind,
        sealed_details=_sealed(call, pool_id, name, details),
        created_at=call.now,
        modified_at=call.now,
        attribute_mapping=providers.mapping(kind, request.get("AttributeMapping") or {}),
        identifiers=tuple(request.get("IdpIdentifiers") or ()),
        acr_mapping=request.get("AcrMapping") or {},
    )
    with call.store.write() as tx:
        pool = find.pool_in(tx, pool_id)
        providers.check_mapping(pool, provider.attribute_mapping)
        if tx.identity_providers.find(pool_id=pool_id, name=name) is not None:
            raise DuplicateProviderException(f"{name} already exists in user pool {pool_id}")
        if tx.identity_providers.count(pool_id=pool_id) >= MOST:
            # The quota is documented; the sentence is not.
            raise LimitExceededException(f"User pool {pool_id} cannot have more than {MOST} identity providers.")
        _check_identifiers(tx, provider)
        tx.identity_providers.add(provider)
    return _told(call, provider)


def describe_identity_provider(call: Call, request: Request) -> dict[str, object]:
    """Everything about a provider, its secret included."""
    find.pool(call, request["UserPoolId"])
    return _told(call, get(call.store, request["UserPoolId"], request["ProviderName"]))


def update_identity_provider(call: Call, request: Request) -> dict[str, object]:
    """Change a provider: what is sent replaces what was there whole, what is not sent stays."""
    with call.store.write() as tx:
        pool = find.pool_in(tx, request["UserPoolId"])
        provider = get(tx, pool.id, request["ProviderName"])
        if request.get("ProviderDetails") is not None:
            details = providers.filled(provider.type, request["ProviderDetails"])
            provider = replace(provider, sealed_details=_sealed(call, pool.id, provider.name, details))
        if request.get("AttributeMapping") is not None:
            mapping = providers.mapping(provider.type, request["AttributeMapping"])
            providers.check_mapping(pool, mapping)
            provider = replace(provider, attribute_mapping=mapping)
        if request.get("IdpIdentifiers") is not None:
            provider = replace(provider, identifiers=tuple(request["IdpIdentifiers"]))
            _check_identifiers(tx, provider)
        if request.get("AcrMapping") is not None:
            provider = replace(provider, acr_mapping=request["AcrMapping"])
        provider = replace(provider, modified_at=call.now)
        tx.identity_providers.put(provider)
    return _told(call, provider)


def delete_identity_provider(call: Call, request: Request) -> None:
    """Take a provider from a pool. App clients that name it get nothing by it."""
    with call.store.write() as tx:
        find.pool_in(tx, request["UserPoolId"])
        provider = get(tx, request["UserPoolId"], request["ProviderName"])
        tx.identity_providers.remove(pool_id=provider.pool_id, name=provider.name)


def list_identity_providers(call: Call, request: Request) -> dict[str, object]:
    """A pool's providers by page."""
    pool = find.pool(call, request["UserPoolId"])
    table, question = call.store.identity_providers, f"ListIdentityProviders:{pool.id}"
    limit = request.get("MaxResults") or None
    found, more = pages.page(call, table, question, request.get("NextToken"), limit, pool_id=pool.id)
    return {"Providers": [shapes.provider_description(provider) for provider in found], **more}


def get_identity_provider_by_identifier(call: Call, request: Request) -> dict[str, object]:
    """The provider that one of its identifiers, such as an e-mail domain, stands for."""
    pool = find.pool(call, request["UserPoolId"])
    identifier = request["IdpIdentifier"]
    provider = find_by_identifier(call.store, pool.id, identifier)
    if provider is None:
        raise ResourceNotFoundException(f"Identity provider {identifier} does not exist.")  # as below
    return _told(call, provider)


def get(tables: Store | Tx, pool_id: str, name: str) -> IdentityProvider:
    """A pool's provider. Raises ResourceNotFoundException, whose sentence is made after those of its siblings."""
    provider = tables.identity_providers.find(pool_id=pool_id, name=name)
    if provider is None:
        raise ResourceNotFoundException(f"Identity provider {name} does not exist.")
    return provider


def find_by_identifier(store: Store, pool_id: str, identifier: str) -> IdentityProvider | None:
    """The pool's provider that has this identifier."""
    found = (one for one in store.identity_providers.list(pool_id=pool_id) if identifier in one.identifiers)
    return next(found, None)


def details(store: Store, provider: IdentityProvider) -> dict[str, str]:
    """A provider's ProviderDetails, secret among them."""
    sealed = store.sealer.unseal(provider.sealed_details, _purpose(provider.pool_id, provider.name))
    return msgspec.json.decode(sealed, type=dict[str, str])


def _check_identifiers(tx: Tx, provider: IdentityProvider) -> None:
    """Each identifier stands for one provider of its pool. The sentence is made after the one for names."""
    for other in tx.identity_providers.list(pool_id=provider.pool_id):
        taken = set(other.identifiers) & set(provider.identifiers)
        if taken and other.name != provider.name:
            raise DuplicateProviderException(f"{min(taken)} already exists in user pool {provider.pool_id}")


def _told(call: Call, provider: IdentityProvider) -> dict[str, object]:
    return {"IdentityProvider": shapes.identity_provider_type(provider, details(call.store, provider))}


def _sealed(call: Call, pool_id: str, name: str, details: Mapping[str, str]) -> str:
    return call.store.sealer.seal(msgspec.json.encode(details), _purpose(pool_id, name))


def _purpose(pool_id: str, name: str) -> str:
    return f"identity provider {pool_id} {name}"
