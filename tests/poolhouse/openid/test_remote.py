"""What is asked of another server, and how long it may take."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from poolhouse.openid.remote import ProviderFailed, fetch_json

WITHIN = 0.3  # seconds
PAUSE = 0.01  # between two bytes of a server that drips
LATE = "Timeout occurred in calling IdP userInfo"


class Dripping:
    """A server whose one answer begins, and then goes on for ever, byte by byte, until it is hung up on."""

    def __init__(self, beginning: bytes, drip: bytes, tls: ssl.SSLContext | None) -> None:
        self._answer, self._tls = (beginning, drip), tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listening.getsockname()[1]}/me"
        self.is_left = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._stopped.set()
        self._thread.join()
        self._listening.close()

    def _run(self) -> None:
        connection, _ = self._listening.accept()
        beginning, drip = self._answer
        try:
            with self._tls.wrap_socket(connection, server_side=True) if self._tls else connection as client:
                client.recv(65536)
                client.sendall(beginning)
                while not self._stopped.wait(PAUSE):
                    client.sendall(drip)
        except OSError:
            self.is_left.set()


@contextmanager
def dripping(beginning: bytes, drip: bytes, tls: ssl.SSLContext | None = None) -> Iterator[Dripping]:
    server = Dripping(beginning, drip, tls)
    try:
        yield server
    finally:
        server.close()


@pytest.mark.parametrize(
    ("beginning", "drip"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"X"),
        (b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\n\r\n{}", b" "),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
    ids=["status", "header", "headers", "body", "endless body", "body until closed", "chunks"],
)
def test_a_server_that_drips_is_hung_up_on(beginning: bytes, drip: bytes) -> None:
    with dripping(beginning, drip) as server:
        with pytest.raises(ProviderFailed, match=LATE):
            fetch_json("Corp", "userInfo", server.url, within=WITHIN)

        assert server.is_left.wait(5)


def test_a_server_that_drips_by_tls_is_hung_up_on(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    with dripping(b"HTTP/1.1 200 OK\r\n\r\n{}", b" ", tls) as server:
        with pytest.raises(ProviderFailed, match=LATE):
            fetch_json("Corp", "userInfo", server.url, within=WITHIN)

        assert server.is_left.wait(5)


def test_a_server_whose_certificate_nobody_vouches_for_is_not_spoken_to(certificate: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)

    with (
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", b" ", tls) as server,
        pytest.raises(ProviderFailed, match="Connection reset"),
    ):
        fetch_json("Corp", "userInfo", server.url)


def test_an_answer_that_is_whole_in_time_is_taken_whatever_follows() -> None:
    with dripping(b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"sub": "42"}', b" ") as server:
        assert fetch_json("Corp", "userInfo", server.url) == {"sub": "42"}


def test_more_than_an_answer_may_have_is_not_read() -> None:
    with dripping(b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 1_000_001, b" ") as server:
        with pytest.raises(ProviderFailed, match="IdP userInfo answered with too much"):
            fetch_json("Corp", "userInfo", server.url)

        assert server.is_left.wait(5)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and its certificate for this machine, which vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(text + made.public_bytes(serialization.Encoding.PEM))
    return path
