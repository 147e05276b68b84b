"""How this cloud is set up, as the command line or a test chose it. Nothing here reads the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ISSUER_LOCAL = "local"
ISSUER_AWS = "aws"


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one cloud. `state` None keeps everything in memory; ports of 0 are chosen when listening."""

    state: Path | None = None
    host: str = "127.0.0.1"
    port: int = 4566
    api_port: int = 3000
    account_id: str = "000000000000"
    region: str = "us-east-1"
    issuer: str = ISSUER_LOCAL
    strict: bool = False
    reraise: bool = False  # let unexpected errors out of the edge: for tests
    login_providers: Mapping[str, str] = field(default_factory=dict)  # by name, the address to ask in place of its own

    @property
    def origin(self) -> str:
        """Where clients reach the AWS endpoint and the authorization server."""
        return f"http://localhost:{self.port}"

    @property
    def api_origin(self) -> str:
        """Where clients reach the template's API."""
        return f"http://localhost:{self.api_port}"

    @property
    def issuer_base(self) -> str:
        """What a pool's id is put behind to make its issuer."""
        return f"https://cognito-idp.{self.region}.amazonaws.com" if self.issuer == ISSUER_AWS else self.origin
