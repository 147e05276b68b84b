"""GET /me: the signed-in user."""

from aws_lambda_powertools.event_handler import Response

from shared import api
from shared.models import Profile

app = api.resolver()


@app.get("/me")
def get_me() -> Response[str]:
    """Who is signed in, from the claims of their token."""
    return api.answer(Profile.of(api.user(app)))


lambda_handler = api.entry(app)
