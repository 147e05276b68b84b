"""`make seed`: a running stack, filled once and again."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from string import Template
from typing import Any
from urllib.parse import parse_qs

import pytest

from demo import clients, seed
from demo.clients import fetch
from poolhouse import testing

ARGUMENTS = ["--password", "Seeded-horse-8-battery"]
STACK = Template("""<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
<DescribeStacksResult><Stacks><member><StackName>$stage</StackName>
<Parameters><member><ParameterKey>Stage</ParameterKey><ParameterValue>$stage</ParameterValue></member></Parameters>
<Outputs><member><OutputKey>ApiUrl</OutputKey><OutputValue>https://api.example.com</OutputValue></member>
<member><OutputKey>Region</OutputKey><OutputValue>eu-west-1</OutputValue></member></Outputs>
</member></Stacks></DescribeStacksResult></DescribeStacksResponse>""")


class Seeded:
    """A house, and what a run says of it."""

    def __init__(self, house: testing.LocalCloud) -> None:
        self.house, self.config = house, house.inner.config

    def run(self, *more: str) -> tuple[int, str]:
        lines: list[str] = []
        where = ["--endpoint", self.config.origin, "--api", self.config.api_origin]
        return seed.main([*where, *ARGUMENTS, *more], say=lines.append), "\n".join(lines)

    def sign_in(self, email: str) -> dict[str, Any]:
        cognito, outputs = self.house.client("cognito-idp"), self.house.outputs
        return clients.srp(cognito, outputs["UserPoolId"], outputs["WebClientId"], email, ARGUMENTS[1])

    def get(self, path: str, token: str) -> Any:
        return fetch("GET", f"{self.config.api_origin}{path}", token=token).body


@pytest.fixture
def seeded(house: testing.LocalCloud) -> Seeded:
    return Seeded(house)


def test_a_stack_is_filled_and_a_second_run_makes_nothing_twice(seeded: Seeded) -> None:
    status, said = seeded.run()
    assert status == 0, said
    assert "ada@example.com    made, and 2 transactions, 2 notes, 2 settings made" in said

    ben = seeded.sign_in("ben@example.com")
    first = seeded.get("/transactions", ben["AccessToken"])["items"]
    assert sorted(one["description"] for one in first) == ["Coffee beans", "Film", "Salary"]
    titles = seeded.get("/titles", ben["IdToken"])["items"]
    assert {title["plan"] for title in titles} == {"free", "premium"}
    stream = seeded.get("/titles/seed-5/stream", ben["IdToken"])
    assert "The Last Ferry" in str(fetch("GET", stream["url"]).body)
    admin = seeded.sign_in("ada@example.com")
    assert {"ada@example.com", "ben@example.com", "cleo@example.com"} <= {
        one["email"] for one in seeded.get("/users", admin["IdToken"])["items"]
    }

    status, said = seeded.run()

    assert status == 0
    assert "ben@example.com    there, and 0 transactions, 0 notes, 0 settings made" in said
    assert f"ada@example.com    {ARGUMENTS[1]}   free, premium, admin" in said
    assert seeded.get("/transactions", seeded.sign_in("ben@example.com")["AccessToken"])["items"] == first


@pytest.fixture
def cloudformation(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """CloudFormation, as far as it describes one stack: neither the local cloud nor moto's part here has it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            (stage,) = sent["StackName"]
            body = STACK.substitute(stage=stage).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        yield
        server.shutdown()


def test_a_stack_on_aws_is_found_by_its_name_and_production_refused(
    cloudformation: None, capsys: pytest.CaptureFixture[str]
) -> None:
    dev, prod = (seed.stack_on_aws(stage, None, "eu-west-1") for stage in ("dev", "prod"))
    assert (dev.stage, dev.api, dev.region, dev.endpoint) == ("dev", "https://api.example.com", "eu-west-1", None)
    seed.check_stage(dev, even_prod=False)
    seed.check_stage(prod, even_prod=True)

    assert seed.main(["--stack", "prod", "--region", "eu-west-1"]) == 1
    assert capsys.readouterr().err.startswith("seed: Its Stage is prod")


def test_what_is_no_stack_is_refused_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert seed.main(["--endpoint", "http://localhost:9"]) == 1
    assert capsys.readouterr().err.startswith("seed: No cloud answers at http://localhost:9.")
    assert seed.main(["--endpoint", "https://cognito-idp.us-east-1.amazonaws.com"]) == 1
    assert "is not on this machine" in capsys.readouterr().err
    with testing.cloud(listen=True) as empty:
        assert seed.main(["--endpoint", empty.inner.config.origin]) == 1
    assert "has no stack of template.yaml" in capsys.readouterr().err
