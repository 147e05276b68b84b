"""From a verified login to an identity, its role and keys that are really checked."""

import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from botocore.exceptions import ClientError

from poolhouse.testing import LocalCloud
from tests.poolhouse.cognito_identity.people import ACCOUNT, LIST, People, allow, document
from tests.poolhouse.cognito_idp.accounts import refused
from tests.poolhouse.cognito_idp.sign_ins import FLOWS, House
from tests.poolhouse.saml.idp import Idp

REFUSED = "NotAuthorizedException"
NO_MATCH = (REFUSED, "Logins don't match. Please include at least one valid login for this identity or identity pool.")
MISCONFIGURED = (
    "InvalidIdentityPoolConfigurationException",
    "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
)
COGNITO = "cognito-identity.amazonaws.com"


@pytest.fixture
def people(cloud: LocalCloud) -> People:
    return People(cloud)


def test_an_id_token_becomes_an_identity_a_role_and_keys_that_work(people: People) -> None:
    people.cloud.clock.stop(people.cloud.clock().replace(microsecond=0))
    login = people.login()

    identity_id = people.get_id(login)
    answer = people.credentials(identity_id, login)
    assert identity_id.startswith("us-east-1:")
    assert answer["IdentityId"] == identity_id == people.get_id(people.login())
    assert people.arn(answer) == f"arn:aws:sts::{ACCOUNT}:assumed-role/users/CognitoIdentityCredentials"
    assert people.client("cognito-idp", answer).list_user_pools(MaxResults=1)["UserPools"]
    with refused(
        "AccessDeniedException",
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/users/CognitoIdentityCredentials is not authorized to perform: "
        "cognito-idp:CreateUserPool on resource: * because no identity-based policy allows the "
        "cognito-idp:CreateUserPool action",
    ):
        people.client("cognito-idp", answer).create_user_pool(PoolName="x")
    assert answer["Credentials"]["Expiration"] == people.cloud.clock() + timedelta(hours=1)


def test_a_login_may_be_named_by_its_issuer_as_amplify_does(people: People) -> None:
    (token,) = people.login().values()
    issuer = str(jwt.decode(token, options={"verify_signature": False})["iss"])
    by_issuer = {issuer.partition("://")[2]: token}

    identity_id = people.get_id(by_issuer)
    assert people.get_id(people.login()) == identity_id
    assert people.credentials(identity_id, by_issuer)["IdentityId"] == identity_id
    people.identity.unlink_identity(IdentityId=identity_id, Logins=by_issuer, LoginsToRemove=list(by_issuer))
    assert people.get_id(people.login()) != identity_id
    with refused(REFUSED, "Token is not from a supported provider of this identity pool."):
        people.get_id({f"elsewhere/{people.house.pool_id}": token})


def test_each_person_is_another_identity(people: People) -> None:
    assert people.get_id(people.login("ann")) != people.get_id(people.login("bob"))


def test_each_guest_is_another_identity(people: People) -> None:
    one, two = people.get_id(), people.get_id()

    assert one != two
    assert people.arn(people.credentials(one)).endswith("assumed-role/guests/CognitoIdentityCredentials")


def test_a_guest_may_only_what_guests_may_at_most(people: People) -> None:
    """The enhanced flow scopes guests down, whatever their role allows."""
    answer = people.credentials(people.get_id())

    assert people.client("cognito-idp", answer).list_user_pools(MaxResults=1)["UserPools"]
    with refused(
        "AccessDenied",
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/guests/CognitoIdentityCredentials is not authorized to perform: "
        f"iam:ListRoles on resource: arn:aws:iam::{ACCOUNT}:role/ "
        "because no session policy allows the iam:ListRoles action",
    ):
        people.client("iam", answer).list_roles()


def test_what_guests_may_at_most_is_what_two_policies_of_aws_say(people: People) -> None:
    people.iam.put_role_policy(RoleName="guests", PolicyName="may", PolicyDocument=document(allow("*")))
    key = people.cloud.client("kms").create_key()["KeyMetadata"]["KeyId"]
    answer = people.credentials(people.get_id())
    kms = people.client("kms", answer)

    assert people.client("kinesis", answer).list_streams()["StreamNames"] == []
    assert kms.generate_data_key(KeyId=key, KeySpec="AES_256")["Plaintext"]  # by the managed one
    for refusing in (
        kms.list_keys,
        people.client("secretsmanager", answer).list_secrets,
        people.client("ssm", answer).describe_parameters,
    ):
        with pytest.raises(ClientError, match="because no session policy allows the "):
            refusing()


def test_guests_are_let_in_where_the_pool_says_so(cloud: LocalCloud) -> None:
    people = People(cloud, AllowUnauthenticatedIdentities=False)

    with refused(REFUSED, "Unauthenticated access is not supported for this identity pool."):
        people.get_id()


def test_what_is_not_there_is_said_so(people: People) -> None:
    nowhere = "us-east-1:00000000-0000-4000-8000-000000000000"

    with refused("ResourceNotFoundException", f"IdentityPool '{nowhere}' not found."):
        people.identity.get_id(IdentityPoolId=nowhere)
    with refused("ResourceNotFoundException", f"Identity '{nowhere}' not found."):
        people.credentials(nowhere)


class TestTokens:
    """Each login is verified, each time."""

    def ask(self, people: People, token: str, provider: str = "") -> None:
        people.get_id({provider or people.provider: token})

    def test_an_access_token_is_no_login(self, people: People) -> None:
        with refused(REFUSED, "Invalid login token. Missing a required claim: aud"):
            self.ask(people, people.tokens()["AccessToken"])

    @pytest.mark.parametrize("token", ["junk", "a.b.c", "x" * 5000])
    def test_what_is_no_token_is_none(self, people: People, token: str) -> None:
        with refused(REFUSED, "Invalid login token. Not a valid OpenId Connect identity token."):
            self.ask(people, token)

    def test_one_that_somebody_else_signed(self, people: People) -> None:
        good = people.tokens()["IdToken"]
        claims = jwt.decode(good, options={"verify_signature": False})
        header = jwt.get_unverified_header(good)
        forged = jwt.encode(claims, "k" * 32, algorithm="HS256", headers={"kid": header["kid"]})
        unsigned = jwt.encode(claims, "", algorithm="none", headers={"kid": header["kid"]})

        for token in (forged, unsigned, good[:-10] + "AAAAAAAAAA"):
            with refused(REFUSED, "Invalid login token. Couldn't verify signed token."):
                self.ask(people, token)

    def test_an_expired_one(self, people: People) -> None:
        token = people.tokens()["IdToken"]
        ends = jwt.decode(token, options={"verify_signature": False})["exp"]
        people.cloud.clock.advance(timedelta(hours=2))

        now = int(people.cloud.clock().timestamp())
        with refused(REFUSED, f"Invalid login token. Token expired: {ends} >= {now}"):
            self.ask(people, token)

    def test_one_of_another_user_pool(self, people: People) -> None:
        other = House(people.cloud, people.house.cognito)
        other.user("ann")
        token = other.begin()["AuthenticationResult"]["IdToken"]

        with refused(REFUSED, "Invalid login token. Issuer doesn't match providerName"):
            self.ask(people, token)
        with refused(REFUSED, "Token is not from a supported provider of this identity pool."):
            self.ask(people, token, f"cognito-idp.us-east-1.amazonaws.com/{other.pool_id}")

    def test_one_for_an_app_that_the_pool_does_not_list(self, people: People) -> None:
        client = people.house.cognito.create_user_pool_client(
            UserPoolId=people.house.pool_id, ClientName="other", ExplicitAuthFlows=FLOWS
        )["UserPoolClient"]["ClientId"]
        people.house.client_id = client

        with refused(REFUSED, "Token is not from a supported provider of this identity pool."):
            self.ask(people, people.tokens()["IdToken"])

    def test_one_of_cognito_identity_itself(self, people: People) -> None:
        with refused(REFUSED, "Invalid login token. Can't pass in a Cognito token."):
            self.ask(people, people.tokens()["IdToken"], COGNITO)

    def test_the_pool_is_asked_too_where_the_identity_pool_says_so(self, cloud: LocalCloud) -> None:
        people = People(cloud)
        app = {"ProviderName": people.provider, "ClientId": people.house.client_id, "ServerSideTokenCheck": True}
        settings = {"IdentityPoolName": "p", "AllowUnauthenticatedIdentities": True, "CognitoIdentityProviders": [app]}
        people.identity.update_identity_pool(IdentityPoolId=people.pool_id, **settings)
        login = people.login()
        assert people.get_id(login)

        people.house.cognito.admin_user_global_sign_out(UserPoolId=people.house.pool_id, Username="ann")
        with refused(REFUSED, "Invalid login token. Token is not valid any more."):
            people.get_id(login)

    def test_what_nobody_can_read_any_more_is_refused_by_name(self, cloud: LocalCloud) -> None:
        people = People(cloud, SupportedLoginProviders={"www.digits.com": "key;secret"})

        message = "Logins of www.digits.com in identity pools are not implemented yet."
        with refused("NotImplementedException", message):
            people.get_id({"www.digits.com": "token"})


class TestLinking:
    def test_a_guest_who_signs_in_stays_who_they_are(self, people: People) -> None:
        guest, login = people.get_id(), people.login()

        assert people.credentials(guest, login)["IdentityId"] == guest == people.get_id(login)
        assert people.identity.describe_identity(IdentityId=guest)["Logins"] == [people.provider]
        with refused(REFUSED, f"Access to Identity '{guest}' is forbidden."):
            people.credentials(guest)

    def test_one_who_was_somebody_already_is_told_their_own_id(self, people: People) -> None:
        login = people.login()
        mine, guest = people.get_id(login), people.get_id()

        assert people.credentials(guest, login)["IdentityId"] == mine
        with refused(REFUSED, f"Access to Identity '{guest}' is forbidden."):
            people.credentials(guest)
        assert people.credentials(guest, login)["IdentityId"] == mine
        listed = people.identity.list_identities(IdentityPoolId=people.pool_id, MaxResults=10, HideDisabled=True)
        assert [one["IdentityId"] for one in listed["Identities"]] == [mine]

    def test_anothers_identity_is_not_to_be_had(self, people: People) -> None:
        ann = people.get_id(people.login("ann"))

        with refused(*NO_MATCH):
            people.credentials(ann, people.login("bob"))
        bob = people.get_id(people.login("bob"))
        with refused(*NO_MATCH):
            people.credentials(ann, people.login("bob"))
        assert people.credentials(bob, people.login("bob"))["IdentityId"] == bob

    def test_an_identity_of_another_pool_is_not_to_be_had(self, people: People) -> None:
        pool = people.identity.create_identity_pool(IdentityPoolName="x", AllowUnauthenticatedIdentities=True)
        other = people.identity.get_id(IdentityPoolId=pool["IdentityPoolId"])["IdentityId"]

        with refused(REFUSED, "Token is not from a supported provider of this identity pool."):
            people.credentials(other, people.login())

    def test_whoever_loses_their_last_login_is_nobody(self, people: People) -> None:
        login, bobs = people.login(), people.login("bob")
        mine = people.get_id(login)

        with refused(*NO_MATCH):
            people.identity.unlink_identity(IdentityId=mine, Logins=bobs, LoginsToRemove=[people.provider])
        people.identity.unlink_identity(IdentityId=mine, Logins=login, LoginsToRemove=[people.provider])
        with refused(*NO_MATCH):
            people.credentials(mine, login)
        assert people.get_id(login) != mine

    def test_a_deleted_identity_is_gone(self, people: People) -> None:
        mine = people.get_id(people.login())

        people.identity.delete_identities(IdentityIdsToDelete=[mine])
        with refused("ResourceNotFoundException", f"Identity '{mine}' not found."):
            people.credentials(mine, people.login())
        assert people.get_id(people.login()) != mine


class TestRoles:
    def test_a_role_that_is_gone_or_trusts_others_is_a_wrong_configuration(self, people: People) -> None:
        login = people.login()
        mine = people.get_id(login)

        guests_only = people.iam.get_role(RoleName="guests")["Role"]["AssumeRolePolicyDocument"]
        people.iam.update_assume_role_policy(RoleName="users", PolicyDocument=json.dumps(guests_only))
        with refused(*MISCONFIGURED):
            people.credentials(mine, login)
        people.iam.delete_role_policy(RoleName="users", PolicyName="may")
        people.iam.delete_role(RoleName="users")
        with refused(*MISCONFIGURED):
            people.credentials(mine, login)

    def test_another_identity_pool_is_not_trusted(self, people: People) -> None:
        app = {"ProviderName": people.provider, "ClientId": people.house.client_id}
        pool = people.identity.create_identity_pool(
            IdentityPoolName="x", AllowUnauthenticatedIdentities=False, CognitoIdentityProviders=[app]
        )["IdentityPoolId"]
        people.identity.set_identity_pool_roles(IdentityPoolId=pool, Roles=people.roles)
        login = people.login()
        other = people.identity.get_id(IdentityPoolId=pool, Logins=login)["IdentityId"]

        with refused(*MISCONFIGURED):
            people.credentials(other, login)

    def test_roles_are_set_by_whoever_may_pass_them_on(self, people: People) -> None:
        people.iam.create_user(UserName="dev")
        key = people.iam.create_access_key(UserName="dev")["AccessKey"]
        keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        developer = people.cloud.client("cognito-identity", **keys)

        def set_by(*actions: str) -> None:
            policy = json.dumps({"Version": "2012-10-17", "Statement": [allow(*actions)]})
            people.iam.put_user_policy(UserName="dev", PolicyName="may", PolicyDocument=policy)
            developer.set_identity_pool_roles(IdentityPoolId=people.pool_id, Roles=people.roles)

        with refused(REFUSED, f"Access to Role '{people.roles['unauthenticated']}' is forbidden."):
            set_by("cognito-identity:*")
        set_by("cognito-identity:*", "iam:PassRole")
        with refused(REFUSED, f"Access to Role 'arn:aws:iam::{ACCOUNT}:role/none' is forbidden."):
            people.identity.set_identity_pool_roles(
                IdentityPoolId=people.pool_id, Roles={"authenticated": f"arn:aws:iam::{ACCOUNT}:role/none"}
            )

    def test_the_role_of_a_group_by_token(self, people: People) -> None:
        admin = people.role("admins", "authenticated", allow("*"))
        self.in_group(people, "admins", admin)
        self.map(people, {"Type": "Token", "AmbiguousRoleResolution": "AuthenticatedRole"})

        login = people.login()
        mine = people.get_id(login)
        assert "assumed-role/admins/" in people.arn(people.credentials(mine, login))
        assert "assumed-role/admins/" in people.arn(people.credentials(mine, login, CustomRoleArn=admin))
        with refused(REFUSED, f"Access to Role '{people.roles['authenticated']}' is forbidden."):
            people.credentials(mine, login, CustomRoleArn=people.roles["authenticated"])
        bobs = people.login("bob")
        assert "assumed-role/users/" in people.arn(people.credentials(people.get_id(bobs), bobs))

    def test_who_has_no_role_by_token_may_be_denied(self, people: People) -> None:
        self.map(people, {"Type": "Token", "AmbiguousRoleResolution": "Deny"})
        login = people.login()

        key = f"{people.provider}:{people.house.client_id}"
        with refused(REFUSED, f"The ambiguous role mapping rules for: {key} denied this request."):
            people.credentials(people.get_id(login), login)

    @pytest.mark.parametrize(
        ("match", "value", "role"),
        [
            ("Equals", "ann@example.com", "special"),
            ("Equals", "ann", "users"),
            ("StartsWith", "ann@", "special"),
            ("Contains", "example", "special"),
            ("NotEqual", "bob@example.com", "special"),
            ("NotEqual", "ann@example.com", "users"),
        ],
    )
    def test_a_role_by_rules(self, people: People, match: str, value: str, role: str) -> None:
        special = people.role("special", "authenticated", allow("*"))
        people.house.cognito.admin_update_user_attributes(
            UserPoolId=people.house.pool_id,
            Username="ann",
            UserAttributes=[{"Name": "email", "Value": "ann@example.com"}, {"Name": "email_verified", "Value": "true"}],
        )
        rule = {"Claim": "email", "MatchType": match, "Value": value, "RoleARN": special}
        rules = {"RulesConfiguration": {"Rules": [rule]}}
        self.map(people, {"Type": "Rules", "AmbiguousRoleResolution": "AuthenticatedRole", **rules})

        login = people.login()
        assert f"assumed-role/{role}/" in people.arn(people.credentials(people.get_id(login), login))

    def test_a_mapping_is_for_a_provider_of_the_pool(self, people: People) -> None:
        mapping = {"nowhere": {"Type": "Token", "AmbiguousRoleResolution": "Deny"}}

        message = "nowhere is not a valid RoleMapping ProviderName or is not a configured provider."
        with refused("InvalidParameterException", message):
            people.identity.set_identity_pool_roles(
                IdentityPoolId=people.pool_id, Roles=people.roles, RoleMappings=mapping
            )

    def in_group(self, people: People, name: str, role_arn: str) -> None:
        cognito, where = people.house.cognito, {"UserPoolId": people.house.pool_id, "GroupName": name}
        cognito.create_group(**where, RoleArn=role_arn)
        cognito.admin_add_user_to_group(**where, Username="ann")

    def map(self, people: People, mapping: dict[str, Any]) -> None:
        key = f"{people.provider}:{people.house.client_id}"
        people.identity.set_identity_pool_roles(
            IdentityPoolId=people.pool_id, Roles=people.roles, RoleMappings={key: mapping}
        )


class TestTags:
    def test_claims_become_tags_that_decide(self, people: People) -> None:
        own = allow(LIST, Condition={"StringEquals": {"aws:PrincipalTag/who": "ann"}})
        tagged = people.role("tagged", "authenticated", own, actions=("sts:TagSession",))
        people.identity.set_identity_pool_roles(IdentityPoolId=people.pool_id, Roles={"authenticated": tagged})
        where = {"IdentityPoolId": people.pool_id, "IdentityProviderName": people.provider}
        people.identity.set_principal_tag_attribute_map(**where, PrincipalTags={"who": "cognito:username"})

        for name, may in (("ann", True), ("bob", False)):
            login = people.login(name)
            users = people.client("cognito-idp", people.credentials(people.get_id(login), login))
            if may:
                assert users.list_user_pools(MaxResults=1)["UserPools"]
            else:
                with pytest.raises(users.exceptions.ClientError, match="AccessDenied"):
                    users.list_user_pools(MaxResults=1)
        told = people.identity.get_principal_tag_attribute_map(**where)
        assert (told["UseDefaults"], told["PrincipalTags"]) == (False, {"who": "cognito:username"})

    def test_a_role_that_lets_nobody_tag_is_a_wrong_configuration(self, people: People) -> None:
        where = {"IdentityPoolId": people.pool_id, "IdentityProviderName": people.provider}
        people.identity.set_principal_tag_attribute_map(**where, UseDefaults=True)
        login = people.login()

        with refused(*MISCONFIGURED):
            people.credentials(people.get_id(login), login)


class TestBasicFlow:
    @pytest.fixture
    def classic(self, cloud: LocalCloud) -> People:
        return People(cloud, AllowClassicFlow=True)

    def assume(self, people: People, token: str, role: str = "users") -> dict[str, Any]:
        answer: dict[str, Any] = people.cloud.client("sts").assume_role_with_web_identity(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{role}", RoleSessionName="app", WebIdentityToken=token
        )
        return answer

    def token(self, people: People, logins: dict[str, str]) -> str:
        identity_id = people.get_id(logins)
        return str(people.identity.get_open_id_token(IdentityId=identity_id, Logins=logins)["Token"])

    def test_the_token_is_signed_and_says_who(self, classic: People) -> None:
        login = classic.login()
        token = self.token(classic, login)

        keys = json.loads(classic.cloud.fetch("GET", "/.well-known/jwks_uri").body)["keys"]
        header = jwt.get_unverified_header(token)
        key = next(one for one in keys if one["kid"] == header["kid"])
        claims = jwt.decode(token, jwt.PyJWK(key), algorithms=["RS512"], audience=classic.pool_id)
        subject = jwt.decode(next(iter(login.values())), options={"verify_signature": False})["sub"]
        assert (header["alg"], claims["iss"]) == ("RS512", f"https://{COGNITO}")
        assert claims["sub"] == classic.get_id(login)
        assert claims["amr"] == ["authenticated", classic.provider, f"{classic.provider}:CognitoSignIn:{subject}"]
        assert claims["exp"] - claims["iat"] == 600

    def test_sts_gives_keys_for_it(self, classic: People) -> None:
        login = classic.login()
        answer = self.assume(classic, self.token(classic, login))

        assert answer["SubjectFromWebIdentityToken"] == classic.get_id(login)
        assert (answer["Provider"], answer["Audience"]) == (COGNITO, classic.pool_id)
        assert classic.client("cognito-idp", answer).list_user_pools(MaxResults=1)["UserPools"]

    def test_a_role_may_trust_one_identity_alone(self, classic: People) -> None:
        ann, bob = (classic.get_id(classic.login(name)) for name in ("ann", "bob"))
        trusts = {
            "Effect": "Allow",
            "Principal": {"Federated": COGNITO},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{COGNITO}:aud": classic.pool_id, f"{COGNITO}:sub": ann}},
        }
        classic.iam.create_role(RoleName="anns", AssumeRolePolicyDocument=document(trusts))

        answer = self.assume(classic, self.token(classic, classic.login("ann")), "anns")
        assert answer["SubjectFromWebIdentityToken"] == ann != bob
        with refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"):
            self.assume(classic, self.token(classic, classic.login("bob")), "anns")

    def test_a_guest_does_not_get_the_role_of_users(self, classic: People) -> None:
        token = self.token(classic, {})

        assert self.assume(classic, token, "guests")["Credentials"]
        with refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"):
            self.assume(classic, token)

    def test_tokens_that_prove_nothing_get_nothing(self, classic: People) -> None:
        good = self.token(classic, classic.login())
        claims = jwt.decode(good, options={"verify_signature": False})
        forged = jwt.encode(
            claims, "k" * 64, algorithm="HS512", headers={"kid": jwt.get_unverified_header(good)["kid"]}
        )

        for token in (forged, good[:-8] + "AAAAAAAA", "junk-junk"):
            with pytest.raises(Exception, match="InvalidIdentityToken"):
                self.assume(classic, token)
        with pytest.raises(Exception, match="No OpenIDConnect provider found in your account for"):
            self.assume(classic, classic.tokens()["IdToken"])
        classic.cloud.clock.advance(timedelta(minutes=10))
        with pytest.raises(Exception, match=r"ExpiredTokenException.*must be before the expiration date/time"):
            self.assume(classic, good)

    @pytest.mark.parametrize("arn", ["x" * 20, "arn:aws:iam::000000000000:user/ann", "arn:aws:iam:::role/users"])
    def test_what_is_no_role_is_nobodys(self, classic: People, arn: str) -> None:
        token = self.token(classic, {})

        with refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"):
            classic.cloud.client("sts").assume_role_with_web_identity(
                RoleArn=arn, RoleSessionName="app", WebIdentityToken=token
            )

    def test_it_is_off_where_the_pool_does_not_say_so(self, people: People) -> None:
        with refused("InvalidParameterException", "Basic (classic) flow is not enabled, please use enhanced flow."):
            people.identity.get_open_id_token(IdentityId=people.get_id())


class TestSaml:
    """A SAML response, whose roles are taken without a mapping."""

    ARN = f"arn:aws:iam::{ACCOUNT}:saml-provider/Corp"
    ROLE = "https://aws.amazon.com/SAML/Attributes/Role"

    @pytest.fixture
    def idp(self) -> Idp:
        return Idp()

    @pytest.fixture
    def people(self, cloud: LocalCloud, idp: Idp) -> People:
        cloud.client("iam").create_saml_provider(Name="Corp", SAMLMetadataDocument=idp.metadata)
        return People(cloud, SamlProviderARNs=[self.ARN])

    def login(self, people: People, idp: Idp, *roles: str, **changes: Any) -> dict[str, str]:
        attributes = {self.ROLE: [f"{role},{self.ARN}" for role in roles], "team": ["blue"]}
        return {self.ARN: idp.answer(people.cloud.clock(), **{"attributes": attributes, **changes})}

    def credentials(self, people: People, logins: dict[str, str], **more: str) -> dict[str, Any]:
        made = people.identity.get_id(IdentityPoolId=people.pool_id, Logins=logins)
        return people.credentials(made["IdentityId"], logins, **more)

    def test_a_response_is_always_the_same_identity(self, people: People, idp: Idp) -> None:
        first, second = (self.credentials(people, self.login(people, idp)) for _ in range(2))
        assert first["IdentityId"] == second["IdentityId"]
        assert people.arn(first).split("/")[1] == "users"
        other = self.credentials(people, self.login(people, idp, subject="bob"))
        assert other["IdentityId"] != first["IdentityId"]

    def test_its_role_is_taken_and_of_several_one_is_named(self, people: People, idp: Idp) -> None:
        staff, boss = (people.role(name, "authenticated", allow(LIST)) for name in ("staff", "boss"))
        assert people.arn(self.credentials(people, self.login(people, idp, staff))).split("/")[1] == "staff"

        both = self.login(people, idp, staff, boss)
        with refused(
            "NotAuthorizedException", f"The ambiguous role mapping rules for: {self.ARN} denied this request."
        ):
            self.credentials(people, both)
        assert people.arn(self.credentials(people, both, CustomRoleArn=boss)).split("/")[1] == "boss"
        with refused("NotAuthorizedException", f"Access to Role '{people.roles['authenticated']}' is forbidden."):
            self.credentials(people, both, CustomRoleArn=people.roles["authenticated"])

    def test_rules_read_its_attributes(self, people: People, idp: Idp) -> None:
        blue = people.role("blue", "authenticated", allow(LIST))
        rule = {"Claim": "team", "MatchType": "Equals", "Value": "blue", "RoleARN": blue}
        mapping = {
            "Type": "Rules",
            "AmbiguousRoleResolution": "Deny",
            "RulesConfiguration": {"Rules": [rule]},
        }
        people.identity.set_identity_pool_roles(
            IdentityPoolId=people.pool_id, Roles=people.roles, RoleMappings={self.ARN: mapping}
        )
        assert people.arn(self.credentials(people, self.login(people, idp))).split("/")[1] == "blue"

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"signs": "nothing"}, "Response signature invalid"),
            ({"issuer": "https://x.example.com"}, "Issuer not present in specified provider"),
            ({"audience": "https://sp.example.com"}, "The audience of the SAML response is not AWS"),
            ({"ends": timedelta(minutes=-2)}, "Token must be redeemed within 5 minutes of issuance"),
        ],
        ids=str,
    )
    def test_what_proves_nothing_is_refused(
        self, people: People, idp: Idp, changes: dict[str, Any], reason: str
    ) -> None:
        with refused("NotAuthorizedException", f"Invalid login token. {reason}"):
            self.credentials(people, self.login(people, idp, **changes))

    def test_a_provider_that_the_pool_does_not_list_is_none(self, cloud: LocalCloud, idp: Idp) -> None:
        cloud.client("iam").create_saml_provider(Name="Corp", SAMLMetadataDocument=idp.metadata)
        people = People(cloud)
        with refused("NotAuthorizedException", "Token is not from a supported provider of this identity pool."):
            self.credentials(people, self.login(people, idp))


class TestDevelopers:
    @pytest.fixture
    def backend(self, cloud: LocalCloud) -> People:
        return People(cloud, DeveloperProviderName="our.backend")

    def token(self, people: People, user: str, **more: Any) -> dict[str, Any]:
        logins = {"our.backend": user, **more.pop("logins", {})}
        answer: dict[str, Any] = people.identity.get_open_id_token_for_developer_identity(
            IdentityPoolId=people.pool_id, Logins=logins, **more
        )
        return answer

    def test_a_backend_vouches_for_its_users(self, backend: People) -> None:
        made = self.token(backend, "user-1")

        answer = backend.credentials(made["IdentityId"], {COGNITO: made["Token"]})
        assert backend.arn(answer).endswith("assumed-role/users/CognitoIdentityCredentials")
        assert self.token(backend, "user-1")["IdentityId"] == made["IdentityId"]
        assert self.token(backend, "user-2")["IdentityId"] != made["IdentityId"]
        claims = jwt.decode(made["Token"], options={"verify_signature": False})
        assert claims["amr"] == ["authenticated", "our.backend", f"our.backend:{backend.pool_id}:user-1"]
        assert claims["exp"] - claims["iat"] == 900

    def test_its_token_is_good_for_its_identity_alone_while_it_lasts(self, backend: People) -> None:
        one, two = self.token(backend, "user-1", TokenDuration=60), self.token(backend, "user-2")

        with refused(REFUSED, f"Access to Identity '{two['IdentityId']}' is forbidden."):
            backend.credentials(two["IdentityId"], {COGNITO: one["Token"]})
        with refused(REFUSED, "Invalid login token. Couldn't verify signed token."):
            backend.credentials(one["IdentityId"], {COGNITO: one["Token"][:-8] + "AAAAAAAA"})
        backend.cloud.clock.advance(timedelta(seconds=60))
        with pytest.raises(Exception, match=r"Invalid login token\. Token expired"):
            backend.credentials(one["IdentityId"], {COGNITO: one["Token"]})

    def test_nobody_else_names_its_users(self, backend: People) -> None:
        with refused(REFUSED, "Token is not from a supported provider of this identity pool."):
            backend.get_id({"our.backend": "user-1"})

    def test_users_are_looked_up_merged_and_unlinked(self, backend: People) -> None:
        one, two = (self.token(backend, name)["IdentityId"] for name in ("user-1", "user-2"))
        where = {"IdentityPoolId": backend.pool_id}

        found = backend.identity.lookup_developer_identity(**where, DeveloperUserIdentifier="user-1")
        assert (found["IdentityId"], found["DeveloperUserIdentifierList"]) == (one, ["user-1"])
        merged = backend.identity.merge_developer_identities(
            **where,
            SourceUserIdentifier="user-1",
            DestinationUserIdentifier="user-2",
            DeveloperProviderName="our.backend",
        )
        assert merged["IdentityId"] == two == self.token(backend, "user-1")["IdentityId"]
        found = backend.identity.lookup_developer_identity(**where, IdentityId=two)
        assert found["DeveloperUserIdentifierList"] == ["user-1", "user-2"]
        backend.identity.unlink_developer_identity(
            **where, IdentityId=two, DeveloperProviderName="our.backend", DeveloperUserIdentifier="user-1"
        )
        assert self.token(backend, "user-1")["IdentityId"] not in (one, two)
        with pytest.raises(Exception, match="DeveloperUserAlreadyRegisteredException"):
            self.token(backend, "user-2", IdentityId=one)

    def test_two_people_of_one_public_provider_are_not_made_one(self, backend: People) -> None:
        for user, name in (("user-1", "ann"), ("user-2", "bob")):
            self.token(backend, user, logins=backend.login(name))
        sentence = f"Identity already has a login of {backend.provider}."

        with refused("ResourceConflictException", sentence):
            backend.identity.merge_developer_identities(
                IdentityPoolId=backend.pool_id,
                SourceUserIdentifier="user-1",
                DestinationUserIdentifier="user-2",
                DeveloperProviderName="our.backend",
            )
        with refused("ResourceConflictException", sentence):
            self.token(backend, "user-1", logins=backend.login("bob"))
        ids = [self.token(backend, user)["IdentityId"] for user in ("user-1", "user-2")]
        assert ids == [backend.get_id(backend.login(name)) for name in ("ann", "bob")]

    def test_an_identity_has_twenty_logins_at_most(self, backend: People) -> None:
        first = self.token(backend, "user-0")["IdentityId"]
        for number in range(1, 20):
            self.token(backend, f"user-{number}", IdentityId=first)

        with refused("InvalidParameterException", "An identity may have 20 logins."):
            self.token(backend, "user-20", IdentityId=first)
        self.token(backend, "user-20")
        with refused("InvalidParameterException", "An identity may have 20 logins."):
            backend.identity.merge_developer_identities(
                IdentityPoolId=backend.pool_id,
                SourceUserIdentifier="user-20",
                DestinationUserIdentifier="user-0",
                DeveloperProviderName="our.backend",
            )

    def test_its_tags_decide_on_both_flows(self, cloud: LocalCloud) -> None:
        backend = People(cloud, DeveloperProviderName="our.backend", AllowClassicFlow=True)
        blue = {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
        role = backend.role("tagged", "authenticated", allow(LIST, Condition=blue), actions=("sts:TagSession",))
        backend.identity.set_identity_pool_roles(
            IdentityPoolId=backend.pool_id, Roles={**backend.roles, "authenticated": role}
        )

        for team, is_allowed in (("blue", True), ("red", False)):
            made = self.token(backend, "user-1", PrincipalTags={"team": team})
            enhanced = backend.credentials(made["IdentityId"], {COGNITO: made["Token"]})
            classic = cloud.client("sts").assume_role_with_web_identity(
                RoleArn=role, RoleSessionName="app", WebIdentityToken=made["Token"]
            )
            for answer in (enhanced, classic):
                ask = backend.client("cognito-idp", answer).list_user_pools
                if is_allowed:
                    assert ask(MaxResults=1)["UserPools"]
                else:
                    with pytest.raises(ClientError, match="no identity-based policy allows"):
                        ask(MaxResults=1)

    def test_a_user_may_have_a_public_login_as_well(self, backend: People) -> None:
        login = backend.login()
        made = self.token(backend, "user-1", logins=login)

        assert backend.get_id(login) == made["IdentityId"]
        assert backend.identity.describe_identity(IdentityId=made["IdentityId"])["Logins"] == sorted(
            [backend.provider, "our.backend"]
        )
