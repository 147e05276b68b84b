"""The token endpoint before any grant: methods, forms, grant types."""

import pytest

from poolhouse.web import Request
from tests.poolhouse.oauth.support import Server, error

INVALID = (400, {"error": "invalid_request"})


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_other_methods_are_not_allowed(server: Server, method: str) -> None:
    response = server.cloud.inner.handle(Request(method, "/oauth2/token", headers=(("host", "localhost:4566"),)))

    assert (response.status, response.body) == (405, b"")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"grant_type=",
        b"scope=api/read",
        b"grant_type=client_credentials&grant_type=client_credentials",
        b"grant_type=client_credentials&scope=api%2Fread&scope=api%2Fwrite",
        b"grant_type=client_credentials&scope=%zz",
        b"grant_type=client_credentials&scope=%",
        b"grant_type=client_credentials&scope=%ff",
        b"grant_type=client_credentials&scope=\xff",
        b"grant_type=client_credentials&scope=" + b"a" * 100_000,
        b"&".join(b"a%d=1" % number for number in range(1000)),
        b'{"grant_type":"client_credentials"}',
        b"\x00\x01\x02",
    ],
)
def test_a_form_that_cannot_be_read_is_an_invalid_request(server: Server, body: bytes) -> None:
    assert error(server.token(body, authorization=server.basic())) == INVALID


@pytest.mark.parametrize("content_type", ["", "application/json", "multipart/form-data; boundary=x", "text/plain"])
def test_another_media_type_is_an_invalid_request(server: Server, content_type: str) -> None:
    form = {"grant_type": "client_credentials"}

    response = server.token(form, authorization=server.basic(), content_type=content_type)

    assert error(response) == INVALID


def test_the_media_type_may_name_its_charset(server: Server) -> None:
    form = {"grant_type": "client_credentials"}
    media_type = "Application/X-WWW-Form-URLEncoded; charset=utf-8"

    assert server.token(form, authorization=server.basic(), content_type=media_type).status == 200


@pytest.mark.parametrize("grant_type", ["password", "implicit", "CLIENT_CREDENTIALS", "urn:x", "\u00e9"])
def test_another_grant_type_is_unsupported(server: Server, grant_type: str) -> None:
    response = server.token({"grant_type": grant_type}, authorization=server.basic())

    assert error(response) == (400, {"error": "unsupported_grant_type"})


@pytest.mark.parametrize("path", ["/login", "/logout", "/signup", "/saml2/idpresponse"])
def test_pages_say_that_they_are_not_built_yet(server: Server, path: str) -> None:
    response = server.get(path)

    description = f"{path} is not implemented yet"
    assert error(response) == (501, {"error": "not_implemented", "error_description": description})
