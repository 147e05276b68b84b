"""People who come to the service's pool by an identity provider, and the accounts they have there already."""

import json
from collections.abc import Iterator

import pytest

from poolhouse import testing
from tests.poolhouse.oauth.federated_app import App, claims_of, told
from tests.poolhouse.oauth.oidc_provider import running

ANN = "ann@linked.example.com"
MAPPING = {"email": "email", "email_verified": "email_verified", "preferred_username": "sub"}


@pytest.fixture(scope="module")
def app(house: testing.LocalCloud) -> Iterator[App]:
    with running() as provider:
        yield App.of_pool(house, provider, house.outputs["UserPoolId"], MAPPING)


def person(app: App, subject: str, email: str, *, verified: bool) -> None:
    app.provider.person = {"sub": subject, "email": email, "email_verified": verified}


def test_somebody_gets_into_the_account_they_have_by_their_proven_address(house: testing.LocalCloud, app: App) -> None:
    attributes = [{"Name": "email", "Value": ANN}, {"Name": "email_verified", "Value": "true"}]
    app.cognito.admin_create_user(
        UserPoolId=app.pool_id, Username=ANN, UserAttributes=attributes, MessageAction="SUPPRESS"
    )
    account = app.user(ANN)["Username"]

    person(app, "AbC", ANN, verified=False)
    _, apart = app.exchange(app.code())
    assert claims_of(apart["id_token"])["cognito:username"] == "corp_abc"

    person(app, "Def", ANN.upper(), verified=True)
    first = told(app.sign_in())
    assert first["error_description"] == "Already found an entry for username corp_def"
    status, tokens = app.exchange(app.code())

    assert (status, claims_of(tokens["id_token"])["cognito:username"]) == (200, account)
    (identity,) = json.loads(app.attributes(account)["identities"])
    assert (identity["providerName"], identity["userId"]) == ("Corp", "Def")
