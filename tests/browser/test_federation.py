"""A person who signs in at another provider, in a real browser: to its page and back, then tokens by code and PKCE."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from poolhouse import testing
from tests.poolhouse.oauth.federated_app import CHALLENGE, VERIFIER, App, claims_of
from tests.poolhouse.oauth.oidc_provider import running

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
EXCHANGE = """
async ([origin, form]) => {
  const query = new URLSearchParams(location.search)
  const body = new URLSearchParams({ ...form, code: query.get('code') })
  const answer = await fetch(`${origin}/oauth2/token`, { method: 'POST', body })
  return { status: answer.status, state: query.get('state'), ...(await answer.json()) }
}
"""

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        opened = browser.new_page()
        yield opened
        browser.close()


def test_a_person_signs_in_at_the_provider_and_the_page_gets_tokens_once(page: Page) -> None:
    with testing.cloud(listen=True) as cloud, running() as provider:
        app = App(cloud, cloud.client("cognito-idp"), provider)
        back = f"{provider.issuer}/app"
        app.client_id = app.client(CallbackURLs=[back])
        origin = cloud.inner.config.origin
        asked = {"scope": "openid+email", "state": "s", "code_challenge": CHALLENGE, "code_challenge_method": "S256"}
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        page.goto(f"{origin}/oauth2/authorize?response_type=code&client_id={app.client_id}&redirect_uri={back}&{query}")

        page.get_by_text("Sign in as Ann").click()
        page.wait_for_url(f"{back}?code=*")

        form = {
            "grant_type": "authorization_code",
            "client_id": app.client_id,
            "redirect_uri": back,
            "code_verifier": VERIFIER,
        }
        got: dict[str, Any] = page.evaluate(EXCHANGE, [origin, form])
        assert (got["status"], got["state"]) == (200, "s")
        assert claims_of(got["id_token"])["email"] == "ann@example.com"
        assert page.evaluate(EXCHANGE, [origin, form])["error"] == "invalid_grant"
        assert page.context.cookies(origin) == []


def test_a_page_that_was_not_sent_to_the_provider_gets_nowhere(page: Page) -> None:
    with testing.cloud(listen=True) as cloud, running() as provider:
        app = App(cloud, cloud.client("cognito-idp"), provider)
        away = dict(app.authorize().headers)["Location"]  # somebody else's browser began this sign-in

        page.goto(away)
        page.get_by_text("Sign in as Ann").click()

        assert "An error was encountered with the requested page." in page.locator("main").inner_text()
        assert app.cognito.list_users(UserPoolId=app.pool_id)["Users"] == []
