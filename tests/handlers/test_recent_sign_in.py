"""What the authorizer refuses before it asks the user pool; what it allows is in the journeys."""

import pytest

from tests.service_support import CONTEXT, Handler, event


@pytest.mark.parametrize(
    "token", [None, "", "Bearer ", "Bearer", "junk", "Bearer a.b.c", "Bearer eyJhbGciOiJub25lIn0.e30."]
)
def test_what_is_no_token_is_unauthorized(recent_sign_in: Handler, token: str | None) -> None:
    request = event("recent_sign_in") | {"authorizationToken": token}

    with pytest.raises(Exception, match=r"^Unauthorized$"):
        recent_sign_in(request, CONTEXT)
