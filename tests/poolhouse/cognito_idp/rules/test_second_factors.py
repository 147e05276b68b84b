"""Which second factor is asked for: every row of the developer guide's logic."""

from datetime import UTC, datetime
from typing import Any

import pytest

from poolhouse.cognito_idp.entities import User, UserPool
from poolhouse.cognito_idp.rules import second_factors
from poolhouse.cognito_idp.rules.second_factors import Asked

NOW = datetime(2026, 9, 24, tzinfo=UTC)
SMS, APP, MAIL = "SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"
SETTINGS: dict[str, dict[str, Any]] = {
    SMS: {"SmsMfaConfiguration": {"SmsConfiguration": {}, "x": 1}},
    APP: {"SoftwareTokenMfaConfiguration": {"Enabled": True}},
    MAIL: {"EmailMfaConfiguration": {"Subject": "s"}},
}
ALL = (SMS, APP, MAIL)
BOTH = {"email": "a@example.com", "phone_number": "+41791234567"}
PHONE = {"phone_number": "+41791234567"}
ADDRESS = {"email": "a@example.com"}


def pool(mode: str, factors: tuple[str, ...], recovery: str) -> UserPool:
    settings: dict[str, Any] = {name: value for factor in factors for name, value in SETTINGS[factor].items()}
    settings["MfaConfiguration"] = mode
    settings["AccountRecoverySetting"] = {"RecoveryMechanisms": [{"Name": recovery, "Priority": 1}]}
    return UserPool("us-east-1_1", "pool", NOW, NOW, settings)


# mode, the pool's factors, its first way of recovery, the user's attributes, switched on, preferred, has an app, asked
ROWS = [
    ("OFF", ALL, "admin_only", BOTH, ALL, APP, True, None),
    ("OPTIONAL", ALL, "admin_only", BOTH, (), "", False, None),
    ("OPTIONAL", ALL, "admin_only", BOTH, (APP,), APP, True, Asked(APP)),
    ("OPTIONAL", ALL, "admin_only", BOTH, (SMS,), SMS, True, Asked(SMS)),
    ("OPTIONAL", ALL, "admin_only", BOTH, (SMS,), "", False, Asked(SMS)),
    ("OPTIONAL", ALL, "admin_only", BOTH, (SMS, MAIL), "", False, Asked("SELECT_MFA_TYPE", (SMS, MAIL))),
    ("OPTIONAL", ALL, "admin_only", {}, (SMS,), SMS, False, None),
    ("OPTIONAL", (APP,), "admin_only", BOTH, (SMS,), SMS, False, None),
    ("OPTIONAL", (APP,), "admin_only", BOTH, (APP,), "", True, Asked(APP)),
    ("OPTIONAL", (SMS, APP), "admin_only", PHONE, (APP,), "", True, Asked("SELECT_MFA_TYPE", (SMS, APP))),
    ("OPTIONAL", (SMS, APP), "verified_phone_number", PHONE, (APP,), "", True, Asked(APP)),
    ("OPTIONAL", (SMS, APP), "admin_only", PHONE, (), "", True, None),
    ("ON", (APP,), "admin_only", BOTH, (), "", False, Asked("MFA_SETUP", (APP,))),
    ("ON", (APP,), "admin_only", BOTH, (), "", True, Asked(APP)),
    ("ON", ALL, "admin_only", PHONE, (), "", False, Asked(SMS)),
    ("ON", ALL, "admin_only", ADDRESS, (), "", False, Asked(MAIL)),
    ("ON", ALL, "admin_only", BOTH, (), "", False, Asked("SELECT_MFA_TYPE", (SMS, MAIL))),
    ("ON", ALL, "admin_only", BOTH, (), MAIL, False, Asked(MAIL)),
    ("ON", ALL, "admin_only", BOTH, (), "", True, Asked("SELECT_MFA_TYPE", (SMS, APP, MAIL))),
    ("ON", ALL, "verified_email", ADDRESS, (), "", False, Asked("MFA_SETUP", (SMS, APP))),
    ("ON", ALL, "admin_only", {}, (), "", False, Asked("MFA_SETUP", ALL)),
    ("ON", (MAIL,), "admin_only", {}, (), "", False, Asked("MFA_SETUP", (MAIL,))),
]


@pytest.mark.parametrize(("mode", "factors", "recovery", "attributes", "on", "preferred", "has_app", "asked"), ROWS)
def test_what_is_asked(
    mode: str,
    factors: tuple[str, ...],
    recovery: str,
    attributes: dict[str, str],
    on: tuple[str, ...],
    preferred: str,
    has_app: bool,
    asked: Asked | None,
) -> None:
    user = User(
        "us-east-1_1",
        "u",
        "s",
        "CONFIRMED",
        NOW,
        NOW,
        attributes=attributes,
        second_factors=on,
        preferred_factor=preferred,
    )

    assert second_factors.decide(pool(mode, factors, recovery), user, has_app=has_app) == asked


@pytest.mark.parametrize("attributes", [ADDRESS, PHONE])
def test_a_user_whose_only_address_is_for_recovery_has_no_way_in(attributes: dict[str, str]) -> None:
    factor, recovery = (MAIL, "verified_email") if attributes is ADDRESS else (SMS, "verified_phone_number")
    user = User("us-east-1_1", "u", "s", "CONFIRMED", NOW, NOW, attributes=attributes)

    with pytest.raises(second_factors.NoWayToSignIn):
        second_factors.decide(pool("ON", (factor,), recovery), user, has_app=False)


def test_whoever_confirmed_a_code_gets_in_the_first_time_without() -> None:
    user = User("us-east-1_1", "u", "s", "CONFIRMED", NOW, NOW, attributes=BOTH, is_new=True)

    assert second_factors.decide(pool("ON", ALL, "admin_only"), user, has_app=False) is None
