"""What belongs to a pool beside its settings: risk, pages, logs, branding, terms, replicas, limits, certificate."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from tests.poolhouse.cognito_idp.accounts import make_client, make_pool, refused

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
NOT_ENABLED = ("UserPoolAddOnNotEnabledException", "User pool add-ons are not enabled for this user pool.")
ENFORCED = {"UserPoolTier": "PLUS", "UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"}}
NO_CLIENT = ("ResourceNotFoundException", "User pool client does not exist.")
BLOCK = {"CompromisedCredentialsRiskConfiguration": {"Actions": {"EventAction": "BLOCK"}}}
LOG_GROUP = {"LogGroupArn": "arn:aws:logs:us-east-1:000000000000:log-group:pool"}
NO_ID = "6f9619ff-8b86-4011-b42d-00c04fc964ff"


@pytest.fixture
def pool_id(cognito: Any) -> str:
    return make_pool(cognito)


@pytest.fixture
def client_id(cognito: Any, pool_id: str) -> str:
    return make_client(cognito, pool_id)


class TestRisk:
    def test_it_is_set_and_told_for_pool_and_client(self, cognito: Any) -> None:
        pool_id = make_pool(cognito, **ENFORCED)
        client_id = make_client(cognito, pool_id)
        assert cognito.describe_risk_configuration(UserPoolId=pool_id)["RiskConfiguration"] == {"UserPoolId": pool_id}

        cognito.set_risk_configuration(UserPoolId=pool_id, **BLOCK)
        ranges = {"BlockedIPRangeList": ["198.51.100.0/24"]}
        cognito.set_risk_configuration(UserPoolId=pool_id, ClientId=client_id, RiskExceptionConfiguration=ranges)

        told = cognito.describe_risk_configuration(UserPoolId=pool_id)["RiskConfiguration"]
        assert told["CompromisedCredentialsRiskConfiguration"]["Actions"] == {"EventAction": "BLOCK"}
        assert "RiskExceptionConfiguration" not in told
        told = cognito.describe_risk_configuration(UserPoolId=pool_id, ClientId=client_id)["RiskConfiguration"]
        assert (told["ClientId"], told["RiskExceptionConfiguration"]) == (client_id, ranges)

    def test_it_needs_threat_protection(self, cognito: Any, pool_id: str) -> None:
        with refused(*NOT_ENABLED):
            cognito.set_risk_configuration(UserPoolId=pool_id, **BLOCK)
        with refused(*NOT_ENABLED):
            cognito.describe_risk_configuration(UserPoolId=pool_id)

    def test_senseless_ones_are_refused(self, cognito: Any) -> None:
        pool_id = make_pool(cognito, **ENFORCED)

        with refused("InvalidParameterException", "At least one risk configuration must be provided."):
            cognito.set_risk_configuration(UserPoolId=pool_id)
        with refused("InvalidParameterException", "300.0.0.1 is not an IP range in CIDR notation."):
            cognito.set_risk_configuration(
                UserPoolId=pool_id, RiskExceptionConfiguration={"BlockedIPRangeList": ["300.0.0.1"]}
            )
        with refused(*NO_CLIENT):
            cognito.set_risk_configuration(UserPoolId=pool_id, ClientId="nobody", **BLOCK)


class TestPages:
    def test_a_clients_own_style_goes_before_the_pools(
        self, cloud: Any, cognito: Any, pool_id: str, client_id: str
    ) -> None:
        cognito.create_user_pool_domain(Domain="pages", UserPoolId=pool_id)
        assert cognito.get_ui_customization(UserPoolId=pool_id)["UICustomization"] == {}

        style = ".banner-customizable { background: #fff }"
        made = cognito.set_ui_customization(UserPoolId=pool_id, CSS=style, ImageFile=PNG)["UICustomization"]
        assert (made["ClientId"], made["CSS"]) == ("ALL", style)
        shown = cloud.fetch("GET", made["ImageUrl"].removeprefix("http://localhost:4566"))
        assert (shown.status, dict(shown.headers)["Content-Type"], shown.body) == (200, "image/png", PNG)
        assert cloud.fetch("GET", f"/{pool_id}/{client_id}/1/assets/images/image").status == 404
        told = cognito.get_ui_customization(UserPoolId=pool_id, ClientId=client_id)["UICustomization"]
        assert told["ClientId"] == "ALL"
        own = ".label-customizable { color: red }"
        cognito.set_ui_customization(UserPoolId=pool_id, ClientId=client_id, CSS=own)
        told = cognito.get_ui_customization(UserPoolId=pool_id, ClientId=client_id)["UICustomization"]
        assert (told["ClientId"], told["CSS"]) == (client_id, own)

    def test_a_domain_is_wanted(self, cognito: Any, pool_id: str) -> None:
        message = "There has to be an existing domain associated with this user pool"
        with refused("InvalidParameterException", message):
            cognito.set_ui_customization(UserPoolId=pool_id, CSS="")

    @pytest.mark.parametrize(
        "style",
        [
            "body { display: none }",
            ".banner-customizable { background: url(http://x) }",
            "@import 'x';",
            ".banner-customizable { a: b } </style><script>",
        ],
    )
    def test_styles_do_what_they_may(self, cognito: Any, pool_id: str, style: str) -> None:
        cognito.create_user_pool_domain(Domain="pages", UserPoolId=pool_id)

        with refused("InvalidParameterException", "Invalid CSS."):
            cognito.set_ui_customization(UserPoolId=pool_id, CSS=style)

    def test_pictures_are_pictures(self, cognito: Any, pool_id: str) -> None:
        cognito.create_user_pool_domain(Domain="pages", UserPoolId=pool_id)

        with refused("InvalidParameterException", "Image file must be a PNG or JPEG."):
            cognito.set_ui_customization(UserPoolId=pool_id, ImageFile=b"<svg/>")
        with refused("InvalidParameterException", "Image file size must be less than 100 KB."):
            cognito.set_ui_customization(UserPoolId=pool_id, ImageFile=PNG + b"\0" * 102400)


class TestLogs:
    def test_they_are_set_and_told(self, cognito: Any, pool_id: str) -> None:
        assert "LogDeliveryConfiguration" not in cognito.get_log_delivery_configuration(UserPoolId=pool_id)
        wanted = [{"LogLevel": "ERROR", "EventSource": "userNotification", "CloudWatchLogsConfiguration": LOG_GROUP}]

        made = cognito.set_log_delivery_configuration(UserPoolId=pool_id, LogConfigurations=wanted)
        told = cognito.get_log_delivery_configuration(UserPoolId=pool_id)["LogDeliveryConfiguration"]
        assert told == made["LogDeliveryConfiguration"] == {"UserPoolId": pool_id, "LogConfigurations": wanted}

    REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
        ({"LogLevel": "INFO"}, "LogLevel INFO is not valid for EventSource userNotification."),
        ({"CloudWatchLogsConfiguration": {}}, "Exactly one log destination must be configured."),
        (
            {"CloudWatchLogsConfiguration": {}, "S3Configuration": {"BucketArn": "arn:aws:s3:::logs"}},
            "userNotification logs can be delivered to CloudWatch Logs only.",
        ),
    )

    @pytest.mark.parametrize(("changes", "message"), REFUSED)
    def test_senseless_ones_are_refused(
        self, cognito: Any, pool_id: str, changes: dict[str, Any], message: str
    ) -> None:
        wanted = {"LogLevel": "ERROR", "EventSource": "userNotification", "CloudWatchLogsConfiguration": LOG_GROUP}
        configuration = {name: value for name, value in {**wanted, **changes}.items() if value}

        with refused("InvalidParameterException", message):
            cognito.set_log_delivery_configuration(UserPoolId=pool_id, LogConfigurations=[configuration])

    def test_what_users_did_is_for_plus(self, cognito: Any, pool_id: str) -> None:
        wanted = {"LogLevel": "INFO", "EventSource": "userAuthEvents", "CloudWatchLogsConfiguration": LOG_GROUP}
        message = "The following features need to be disabled for the ESSENTIALS pricing tier configured: Log Export"
        with refused("FeatureUnavailableInTierException", message):
            cognito.set_log_delivery_configuration(UserPoolId=pool_id, LogConfigurations=[wanted])


class TestBranding:
    def test_a_style_is_made_told_changed_and_deleted(self, cognito: Any, pool_id: str, client_id: str) -> None:
        settings = {"components": {"page": {"color": "ff0000ff", "sizes": [1, 2.5, True, None]}}}
        asset = {"Category": "FORM_LOGO", "ColorMode": "LIGHT", "Extension": "PNG", "Bytes": PNG}
        made = cognito.create_managed_login_branding(
            UserPoolId=pool_id, ClientId=client_id, Settings=settings, Assets=[asset]
        )["ManagedLoginBranding"]
        where = {"UserPoolId": pool_id, "ManagedLoginBrandingId": made["ManagedLoginBrandingId"]}

        told = cognito.describe_managed_login_branding(**where)["ManagedLoginBranding"]
        assert told == made
        assert (told["Settings"], told["Assets"], told["UseCognitoProvidedValues"]) == (settings, [asset], False)
        by_client = cognito.describe_managed_login_branding_by_client(UserPoolId=pool_id, ClientId=client_id)
        assert by_client["ManagedLoginBranding"] == made

        changed = cognito.update_managed_login_branding(**where, UseCognitoProvidedValues=True)
        assert changed["ManagedLoginBranding"]["UseCognitoProvidedValues"] is True
        assert "Settings" not in changed["ManagedLoginBranding"]
        cognito.delete_managed_login_branding(**where)
        with refused(
            "ResourceNotFoundException", f"Managed login branding {made['ManagedLoginBrandingId']} does not exist."
        ):
            cognito.describe_managed_login_branding(**where)

    def test_one_for_each_client(self, cognito: Any, pool_id: str, client_id: str) -> None:
        cognito.create_managed_login_branding(UserPoolId=pool_id, ClientId=client_id, UseCognitoProvidedValues=True)

        message = f"Managed login branding already exists for client {client_id}."
        with refused("ManagedLoginBrandingExistsException", message):
            cognito.create_managed_login_branding(UserPoolId=pool_id, ClientId=client_id)
        cognito.delete_user_pool_client(UserPoolId=pool_id, ClientId=client_id)
        with refused(*NO_CLIENT):
            cognito.describe_managed_login_branding_by_client(UserPoolId=pool_id, ClientId=client_id)

    def test_ones_own_style_or_cognitos(self, cognito: Any, pool_id: str, client_id: str) -> None:
        message = "UseCognitoProvidedValues cannot be true with Settings or Assets."
        with refused("InvalidParameterException", message):
            cognito.create_managed_login_branding(
                UserPoolId=pool_id, ClientId=client_id, UseCognitoProvidedValues=True, Settings={}
            )
        with refused("InvalidParameterException", "Missing required parameter UserPoolId"):
            cognito.update_managed_login_branding(ManagedLoginBrandingId=NO_ID)


class TestTerms:
    LINKS = {"cognito:default": "https://example.com/terms", "cognito:german": "https://example.com/agb"}

    def create(self, cognito: Any, pool_id: str, client_id: str, **changes: Any) -> dict[str, Any]:
        wanted = {"TermsName": "terms-of-use", "TermsSource": "LINK", "Enforcement": "NONE", "Links": self.LINKS}
        made: dict[str, Any] = cognito.create_terms(UserPoolId=pool_id, ClientId=client_id, **{**wanted, **changes})
        return dict(made["Terms"])

    def test_they_are_made_told_changed_listed_and_deleted(self, cognito: Any, pool_id: str, client_id: str) -> None:
        made = self.create(cognito, pool_id, client_id)
        where = {"UserPoolId": pool_id, "TermsId": made["TermsId"]}

        assert cognito.describe_terms(**where)["Terms"] == made
        by_client = cognito.describe_terms_by_client(UserPoolId=pool_id, ClientId=client_id, TermsName="terms-of-use")
        assert by_client["Terms"] == made
        changed = cognito.update_terms(**where, TermsName="privacy-policy")["Terms"]
        assert (changed["TermsName"], changed["Links"]) == ("privacy-policy", self.LINKS)
        (listed,) = cognito.list_terms(UserPoolId=pool_id)["Terms"]
        assert set(listed) == {"TermsId", "TermsName", "Enforcement", "CreationDate", "LastModifiedDate"}
        cognito.delete_terms(**where)
        with refused("ResourceNotFoundException", f"Terms {made['TermsId']} does not exist."):
            cognito.describe_terms(**where)

    def test_one_of_each_kind_for_each_client(self, cognito: Any, pool_id: str, client_id: str) -> None:
        self.create(cognito, pool_id, client_id)
        other = self.create(cognito, pool_id, client_id, TermsName="privacy-policy")

        message = f"Terms terms-of-use already exists for client {client_id}."
        with refused("TermsExistsException", message):
            self.create(cognito, pool_id, client_id)
        with refused("TermsExistsException", message):
            cognito.update_terms(UserPoolId=pool_id, TermsId=other["TermsId"], TermsName="terms-of-use")

    def test_a_default_link_is_wanted(self, cognito: Any, pool_id: str, client_id: str) -> None:
        with refused("InvalidParameterException", "Links must contain cognito:default."):
            self.create(cognito, pool_id, client_id, Links={"cognito:german": "https://example.com"})
        with refused("InvalidParameterException", "javascript:alert(1) is not a valid URL."):
            self.create(cognito, pool_id, client_id, Links={"cognito:default": "javascript:alert(1)"})


class TestReplicas:
    KEY = {"KeyType": "CUSTOMER_MANAGED_KEY", "KmsKeyArn": "arn:aws:kms:us-east-1:000000000000:key/mrk-1"}

    def test_they_are_made_listed_switched_and_deleted(self, cognito: Any) -> None:
        pool_id = make_pool(cognito, KeyConfiguration=self.KEY)
        made = cognito.create_user_pool_replica(UserPoolId=pool_id, RegionName="eu-west-1")["UserPoolReplica"]
        assert made == {
            "RegionName": "eu-west-1",
            "Status": "ACTIVE",
            "Role": "SECONDARY",
            "UserPoolArn": f"arn:aws:cognito-idp:eu-west-1:000000000000:userpool/{pool_id}",
        }

        listed = cognito.list_user_pool_replicas(UserPoolId=pool_id)["UserPoolReplicas"]
        assert [(one["RegionName"], one["Role"]) for one in listed] == [
            ("us-east-1", "PRIMARY"),
            ("eu-west-1", "SECONDARY"),
        ]
        where = {"UserPoolId": pool_id, "RegionName": "eu-west-1"}
        switched = cognito.update_user_pool_replica(**where, Status="INACTIVE")["UserPoolReplica"]
        assert switched["Status"] == "INACTIVE"
        assert cognito.delete_user_pool_replica(**where)["UserPoolReplica"]["Status"] == "DELETING"
        with refused("ResourceNotFoundException", f"User pool {pool_id} has no replica in eu-west-1."):
            cognito.delete_user_pool_replica(**where)

    def test_a_key_for_several_regions_is_wanted(self, cognito: Any, pool_id: str) -> None:
        message = "Multi-region replication requires a customer managed multi-region key."
        with refused("InvalidParameterException", message):
            cognito.create_user_pool_replica(UserPoolId=pool_id, RegionName="eu-west-1")

    @pytest.mark.parametrize("region", ["us-east-1", "nowhere", "../..."])
    def test_another_region_is_wanted(self, cognito: Any, region: str) -> None:
        pool_id = make_pool(cognito, KeyConfiguration=self.KEY)

        with refused("InvalidParameterException", f"{region} is not a region for a replica of this user pool."):
            cognito.create_user_pool_replica(UserPoolId=pool_id, RegionName=region)


class TestLimits:
    DEFINITION = {"LimitClass": "API_CATEGORY", "Attributes": {"Category": "UserAuthentication"}}

    def test_they_are_told_and_raised(self, cognito: Any) -> None:
        told = cognito.get_provisioned_limit(LimitDefinition=self.DEFINITION)["Limit"]
        assert (told["ProvisionedLimitValue"], told["FreeLimitValue"]) == (120, 120)

        cognito.update_provisioned_limit(LimitDefinition=self.DEFINITION, RequestedLimitValue=500)
        told = cognito.get_provisioned_limit(LimitDefinition=self.DEFINITION)["Limit"]
        assert (told["ProvisionedLimitValue"], told["FreeLimitValue"]) == (500, 120)

    def test_not_below_nor_beyond(self, cognito: Any) -> None:
        with refused("InvalidParameterException", "RequestedLimitValue must be at least 120."):
            cognito.update_provisioned_limit(LimitDefinition=self.DEFINITION, RequestedLimitValue=119)
        with refused("ServiceQuotaExceededException", "RequestedLimitValue must be at most 10000."):
            cognito.update_provisioned_limit(LimitDefinition=self.DEFINITION, RequestedLimitValue=10001)
        unknown = {"LimitClass": "API_CATEGORY", "Attributes": {"Category": "Nothing"}}
        with refused("ResourceNotFoundException", "Limit Nothing does not exist."):
            cognito.get_provisioned_limit(LimitDefinition=unknown)


def test_the_signing_certificate_is_the_pools_own_and_stays(cognito: Any, pool_id: str) -> None:
    first = cognito.get_signing_certificate(UserPoolId=pool_id)["Certificate"]
    assert first == cognito.get_signing_certificate(UserPoolId=pool_id)["Certificate"]
    assert first != cognito.get_signing_certificate(UserPoolId=make_pool(cognito))["Certificate"]

    certificate = x509.load_der_x509_certificate(base64.b64decode(first))
    certificate.verify_directly_issued_by(certificate)
    lasts = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert timedelta(days=3650) <= lasts <= timedelta(days=3653)


EVERY_POOL_OPERATION = [
    ("describe_risk_configuration", {}),
    ("get_ui_customization", {}),
    ("get_log_delivery_configuration", {}),
    ("list_terms", {}),
    ("list_user_pool_replicas", {}),
    ("get_signing_certificate", {}),
    ("list_identity_providers", {}),
    ("get_user_pool_session_configuration", {}),
    ("describe_terms", {"TermsId": NO_ID}),
    ("describe_managed_login_branding", {"ManagedLoginBrandingId": NO_ID}),
]


@pytest.mark.parametrize(("operation", "more"), EVERY_POOL_OPERATION, ids=[name for name, _ in EVERY_POOL_OPERATION])
def test_a_pool_that_is_not_there_is_said_so(cognito: Any, operation: str, more: dict[str, str]) -> None:
    with refused("ResourceNotFoundException", "User pool us-east-1_Nowhere00 does not exist."):
        getattr(cognito, operation)(UserPoolId="us-east-1_Nowhere00", **more)
