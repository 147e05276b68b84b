"""The template with everything a parameter brings: it deploys here, and what guards it on AWS is said not to run."""

from pathlib import Path

from poolhouse import testing
from poolhouse.config import Config
from tests.service_support import ROOT

SENDER = {
    "SenderEmail": "Poolhouse <no-reply@example.com>",
    "SenderEmailArn": "arn:aws:ses:us-east-1:000000000000:identity/example.com",
}
CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/12345678-1234-1234-1234-123456789012"
EVERYTHING = {
    **SENDER,
    **dict.fromkeys(
        (
            "AccessLogs",
            "Alarms",
            "CustomEmailSender",
            "CustomSmsSender",
            "CustomerKey",
            "DatasetStream",
            "Firewall",
            "SignInCodes",
        ),
        "on",
    ),
    "AlarmEmail": "oncall@example.com",
    "ApiDomain": "api.example.com",
    "GradualDeployment": "true",
    "HostedZoneId": "Z0123456789",
    "LegacyUsersTable": "old-users",
    "LoadBalancerArn": "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/web/50dc6c495c0c9188",
    "LoadBalancerDomain": "web.example.com",
    "LoadBalancerTargetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/me/73e2d6bc24d8a067",
    "SignInCertificateArn": CERTIFICATE,
    "SignInDomain": "auth.example.com",
    "Stage": "prod",
}


def test_everything_deploys_and_deploys_again_and_a_step_back_takes_it_down(tmp_path: Path) -> None:
    with testing.cloud(config=Config(state=tmp_path / "state", reraise=True)) as cloud:
        said: list[str] = []
        deployed = cloud.inner.deploy(ROOT / "template.yaml", EVERYTHING, said.append)
        again: list[str] = []
        cloud.inner.deploy(ROOT / "template.yaml", EVERYTHING, again.append)
        fewer = cloud.inner.deploy(ROOT / "template.yaml", {**EVERYTHING, "Firewall": "off"}, said.append)

    assert deployed is not None
    assert fewer is not None
    assert (deployed.outputs["ApiUrl"], deployed.outputs["Domain"]) == (
        "https://api.example.com",
        "https://auth.example.com",
    )
    assert len(again) == 1
    assert again[0].startswith("Unchanged: ")
    (resting,) = [line for line in deployed.lines if line.startswith("Not run here: ")]
    for kind in ("CloudWatch Alarm", "CodeDeploy DeploymentGroup", "WAFv2 WebACL", "Route53 RecordSet"):
        assert kind in resting
    (resting,) = [line for line in fewer.lines if line.startswith("Not run here: ")]
    assert "WAF" not in resting
