"""Passkeys in a real browser: Chromium's own WebAuthn with a virtual authenticator, from a page on this machine."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from poolhouse import testing

PASSWORD = "Correct-horse-1"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
SCRIPT = """
async function ask(operation, body) {
  const answer = await fetch('/', {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
    },
    body: JSON.stringify(body),
  })
  const found = await answer.json()
  if (!answer.ok) throw new Error(found.__type)
  return found
}
async function register(token) {
  const { CredentialCreationOptions } = await ask('StartWebAuthnRegistration', { AccessToken: token })
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(CredentialCreationOptions)
  const made = await navigator.credentials.create({ publicKey })
  await ask('CompleteWebAuthnRegistration', { AccessToken: token, Credential: made.toJSON() })
}
async function signIn(client, spoil) {
  const asked = await ask('InitiateAuth', {
    ClientId: client,
    AuthFlow: 'USER_AUTH',
    AuthParameters: { USERNAME: 'ann', PREFERRED_CHALLENGE: 'WEB_AUTHN' },
  })
  const options = JSON.parse(asked.ChallengeParameters.CREDENTIAL_REQUEST_OPTIONS)
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
  const signed = (await navigator.credentials.get({ publicKey })).toJSON()
  if (spoil) signed.response.authenticatorData = signed.response.authenticatorData.replace(/^../, 'AA')
  const done = await ask('RespondToAuthChallenge', {
    ClientId: client,
    ChallengeName: 'WEB_AUTHN',
    Session: asked.Session,
    ChallengeResponses: { USERNAME: 'ann', CREDENTIAL: JSON.stringify(signed) },
  })
  return done.AuthenticationResult.AccessToken
}
"""

pytestmark = pytest.mark.browser


@pytest.fixture
def cloud() -> Iterator[testing.LocalCloud]:
    with testing.cloud(listen=True) as made:
        yield made


@pytest.fixture
def page(chromium: str, cloud: testing.LocalCloud) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        opened = browser.new_page()
        port = re.sub(r".*:", "", cloud.inner.config.origin)
        opened.goto(f"http://localhost:{port}/_poolhouse/health")
        opened.add_script_tag(content=SCRIPT)
        session = opened.context.new_cdp_session(opened)
        session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        yield opened
        browser.close()


def test_a_person_registers_a_passkey_and_signs_in_with_it(page: Page, cloud: testing.LocalCloud) -> None:
    cognito: Any = cloud.client("cognito-idp")
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}
    pool_id = cognito.create_user_pool(PoolName="pool", Policies=policies)["UserPool"]["Id"]
    cognito.set_user_pool_mfa_config(
        UserPoolId=pool_id,
        WebAuthnConfiguration={"RelyingPartyId": "localhost", "UserVerification": "required"},
    )
    flows = ["ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH"]
    client_id = cognito.create_user_pool_client(UserPoolId=pool_id, ClientName="web", ExplicitAuthFlows=flows)[
        "UserPoolClient"
    ]["ClientId"]
    cognito.admin_create_user(UserPoolId=pool_id, Username="ann", MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool_id, Username="ann", Password=PASSWORD, Permanent=True)
    signed_in = cognito.initiate_auth(
        ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": "ann", "PASSWORD": PASSWORD}
    )

    page.evaluate("token => register(token)", signed_in["AuthenticationResult"]["AccessToken"])
    for _ in range(2):
        token = page.evaluate("client => signIn(client)", client_id)
        assert cognito.get_user(AccessToken=token)["Username"] == "ann"
    with pytest.raises(Exception, match="NotAuthorizedException"):
        page.evaluate("client => signIn(client, true)", client_id)
