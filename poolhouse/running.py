"""`poolhouse up`: a cloud on this machine, from the first line it prints to its end."""

import ipaddress
import logging
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.markup import escape

from poolhouse.app import Cloud
from poolhouse.config import Config
from poolhouse.errors import CommandError
from poolhouse.front import pauses
from poolhouse.front.server import Listener, Server
from poolhouse.store import InUse, OtherVersion
from poolhouse.template.deploy import Deployed
from poolhouse.web import is_loopback
from poolhouse.web_identity import social

_TEMPLATES = ("template.yaml", "template.yml", "template.json")
_log = logging.getLogger("poolhouse")


def up(config: Config, template: Path | None, parameters: Mapping[str, str]) -> None:
    """Listen, deploy, say where everything is, and serve until interrupted. Raises CommandError."""
    _check_host(config)
    _check_login_providers(config)
    template = template or _template_here()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for name in ("botocore", "boto3", "moto", "samtranslator", "uvicorn", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    cloud = _cloud(config)
    try:
        listeners = [
            Listener(config.host, config.port, cloud.handle, cloud.refuse, longest=cloud.longest),
            Listener(config.host, config.api_port, cloud.handle_api, cloud.refuse_api),
        ]
        server = Server(listeners)
        pauses.keep_short()
        server.start()
        try:
            deployed = cloud.deploy(template, parameters, progress=_log.info)
            Console(highlight=False, soft_wrap=True).print("\n".join(screen(cloud, deployed)))
            server.wait()
        finally:
            server.stop()
    finally:
        cloud.close()


def screen(cloud: Cloud, deployed: Deployed | None) -> Iterator[str]:
    """What a person needs to know to begin, in lines."""
    config = cloud.config
    yield ""
    yield "[bold]Poolhouse is up.[/bold]"
    yield ""
    if deployed is not None:
        yield f"  API            {config.api_origin}"
    yield f"  AWS endpoint   {config.origin}   (AWS_ENDPOINT_URL; any keys)"
    yield f"  OAuth origin   {config.origin}   (/oauth2/token, <pool id>/.well-known/openid-configuration)"
    yield f"  Kept in        {config.state or 'memory, until it ends'}"
    yield ""
    if deployed is None:
        yield "No template here: an empty cloud, to be filled by any SDK or the aws CLI."
        return
    yield from map(escape, deployed.lines)
    yield ""
    yield "Next"
    yield f"  export AWS_ENDPOINT_URL={config.origin}"
    if config.port != Config().port:
        yield f"  export POOLHOUSE_ENDPOINT={config.origin}"
    yield "  poolhouse outbox --follow     every mail, with its code and link"
    yield "  poolhouse outputs --env       these outputs as shell exports"
    yield "  make demo                     the whole journey, played against a cloud of its own"


def _cloud(config: Config) -> Cloud:
    try:
        return Cloud(config)
    except InUse:
        raise CommandError(f"{config.state} is in use by another cloud. Stop that one, or give --state.") from None
    except OtherVersion:
        said = "was made by another version of Poolhouse. Give another --state, or delete it and what it holds."
        raise CommandError(f"{config.state} {said}") from None
    except OSError as error:
        raise CommandError(f"{config.state}: {error.strerror}.") from error


def _template_here() -> Path | None:
    return next((Path(name) for name in _TEMPLATES if Path(name).is_file()), None)


def _check_login_providers(config: Config) -> None:
    for name, url in config.login_providers.items():
        if name not in social.ADDRESSES:
            raise CommandError(f"--login-provider takes one of {', '.join(social.ADDRESSES)}, not {name!r}.")
        if urlsplit(url).scheme != "https" and not is_loopback(url):
            raise CommandError(f"--login-provider {name}: {url!r} is neither https nor on this machine.")


def _check_host(config: Config) -> None:
    try:
        is_loopback = config.host == "localhost" or ipaddress.ip_address(config.host).is_loopback
    except ValueError:
        raise CommandError(f"--host takes an IP address, not {config.host!r}.") from None
    if not is_loopback and not config.strict:
        raise CommandError(
            f"{config.host} is open to other machines, where any made-up key would be the account's root. "
            "Add --strict, which refuses keys that were not issued here."
        )
