"""The service's pool with senders of its own: codes are opened in a function, and sent through SES."""

import re

from demo import clients
from poolhouse import testing
from poolhouse.outbox.entities import Message

PASSWORD, NEW = "Correct-horse-7-battery", "Changed-horse-9-now"


def sent(house: testing.LocalCloud, to: str) -> Message:
    """The last mail to somebody, when all functions have done what they were asked."""
    assert house.inner.functions.later.join()
    return house.outbox(to)[0]


def code_in(message: Message) -> str:
    """The code a mail shows."""
    (code,) = re.findall(r"<strong[^>]*>([^<]+)</strong></p>\s*(?:<p><a|<p style)", message.body)
    return str(code)


def test_codes_reach_people_through_ses_and_are_good(house: testing.LocalCloud) -> None:
    cognito, client = house.client("cognito-idp"), house.outputs["WebClientId"]
    email = "ann@custom-senders.example.com"
    locale = [{"Name": "locale", "Value": "de-AT"}]
    cognito.sign_up(ClientId=client, Username=email, Password=PASSWORD, UserAttributes=locale)

    activation = sent(house, email)
    assert (activation.subject, activation.trigger_source) == ("Aktivieren Sie Ihr Poolhouse-Konto", "SES")
    assert f"activate?email=ann%40custom-senders.example.com&amp;code={code_in(activation)}" in activation.body
    cognito.confirm_sign_up(ClientId=client, Username=email, ConfirmationCode=code_in(activation))
    cognito.forgot_password(ClientId=client, Username=email)
    reset = code_in(sent(house, email))
    cognito.confirm_forgot_password(ClientId=client, Username=email, ConfirmationCode=reset, Password=NEW)
    tokens = clients.srp(cognito, house.outputs["UserPoolId"], client, email, NEW)

    other = "ann@other.custom-senders.example.com"
    change = [{"Name": "email", "Value": other}]
    cognito.update_user_attributes(AccessToken=tokens["AccessToken"], UserAttributes=change)
    proof = code_in(sent(house, other))
    cognito.verify_user_attribute(AccessToken=tokens["AccessToken"], AttributeName="email", Code=proof)


def test_a_temporary_password_is_mailed_as_it_is(house: testing.LocalCloud) -> None:
    cognito, pool, client = house.client("cognito-idp"), house.outputs["UserPoolId"], house.outputs["WebClientId"]
    email, password = "bob@custom-senders.example.com", "Temporary-<1>-pass"
    attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    cognito.admin_create_user(
        UserPoolId=pool,
        Username=email,
        TemporaryPassword=password,
        UserAttributes=attributes,
        DesiredDeliveryMediums=["EMAIL"],
    )

    assert "Temporary-&lt;1&gt;-pass</strong>" in sent(house, email).body
    assert clients.srp(cognito, pool, client, email, password, new=PASSWORD)["TokenType"] == "Bearer"
