"""Terms documents: the pages that an app client's sign-up links to, by language."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import Terms
from poolhouse.cognito_idp.errors import InvalidParameterException, ResourceNotFoundException, TermsExistsException
from poolhouse.cognito_idp.flows import find, pages
from poolhouse.store import Store, Tx

Request = Mapping[str, Any]

_DEFAULT = "cognito:default"


def create_terms(call: Call, request: Request) -> dict[str, object]:
    """Link to a document, once for each app client and kind."""
    links = _links(request.get("Links"))
    with call.store.write() as tx:
        client = find.client_in(tx, request["UserPoolId"], request["ClientId"])
        _check_free(tx, client.pool_id, client.id, request["TermsName"])
        terms = Terms(client.pool_id, call.new_id(), client.id, request["TermsName"], call.now, call.now, links)
        tx.terms.add(terms)
    return {"Terms": _type(terms)}


def describe_terms(call: Call, request: Request) -> dict[str, object]:
    """A document by its id."""
    find.pool(call, request["UserPoolId"])
    return {"Terms": _type(_get(call.store, request["UserPoolId"], request["TermsId"]))}


def describe_terms_by_client(call: Call, request: Request) -> dict[str, object]:
    """A document by its app client and kind."""
    client = find.client_in(call.store, request["UserPoolId"], request["ClientId"])
    terms = call.store.terms.find(pool_id=client.pool_id, client_id=client.id, name=request["TermsName"])
    if terms is None:
        raise ResourceNotFoundException(f"Terms {request['TermsName']} does not exist for client {client.id}.")
    return {"Terms": _type(terms)}


def update_terms(call: Call, request: Request) -> dict[str, object]:
    """Change a document: what is not sent stays."""
    with call.store.write() as tx:
        find.pool_in(tx, request["UserPoolId"])
        terms = _get(tx, request["UserPoolId"], request["TermsId"])
        name = request.get("TermsName") or terms.name
        if name != terms.name:
            _check_free(tx, terms.pool_id, terms.client_id, name)
        links = terms.links if request.get("Links") is None else _links(request["Links"])
        terms = replace(terms, name=name, links=links, modified_at=call.now)
        tx.terms.put(terms)
    return {"Terms": _type(terms)}


def delete_terms(call: Call, request: Request) -> None:
    """Take a document away."""
    with call.store.write() as tx:
        find.pool_in(tx, request["UserPoolId"])
        terms = _get(tx, request["UserPoolId"], request["TermsId"])
        tx.terms.remove(pool_id=terms.pool_id, id=terms.id)


def list_terms(call: Call, request: Request) -> dict[str, object]:
    """A pool's documents by page."""
    pool = find.pool(call, request["UserPoolId"])
    question, given = f"ListTerms:{pool.id}", request.get("NextToken") or None
    found, more = pages.page(call, call.store.terms, question, given, request.get("MaxResults"), pool_id=pool.id)
    hidden = {"UserPoolId", "ClientId", "TermsSource", "Links"}
    told = [{name: value for name, value in _type(terms).items() if name not in hidden} for terms in found]
    return {"Terms": told, **more}


def _get(tables: Store | Tx, pool_id: str, terms_id: str) -> Terms:
    terms = tables.terms.find(pool_id=pool_id, id=terms_id)
    if terms is None:
        raise ResourceNotFoundException(f"Terms {terms_id} does not exist.")  # a guess, as the others here
    return terms


def _check_free(tx: Tx, pool_id: str, client_id: str, name: str) -> None:
    if tx.terms.find(pool_id=pool_id, client_id=client_id, name=name) is not None:
        raise TermsExistsException(f"Terms {name} already exists for client {client_id}.")


def _links(links: Mapping[str, str] | None) -> dict[str, str]:
    """A link for each language, and one for all others (`cognito:default`), which must be there (API reference)."""
    if not links or _DEFAULT not in links:
        raise InvalidParameterException(f"Links must contain {_DEFAULT}.")
    for url in links.values():
        if not url.lower().startswith(("https://", "http://")):
            raise InvalidParameterException(f"{url} is not a valid URL.")
    return dict(links)


def _type(terms: Terms) -> dict[str, object]:
    return {
        "TermsId": terms.id,
        "UserPoolId": terms.pool_id,
        "ClientId": terms.client_id,
        "TermsName": terms.name,
        "TermsSource": "LINK",
        "Enforcement": "NONE",
        "Links": dict(terms.links),
        "CreationDate": terms.created_at,
        "LastModifiedDate": terms.modified_at,
    }
