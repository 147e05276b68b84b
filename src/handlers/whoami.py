"""GET /whoami and GET /hello: who signed the request with AWS keys.

Guests may ask who they are; only their role keeps them from /hello, so that a policy's refusal can be seen.
"""

from shared import api
from shared.models import Caller, Greeting

app = api.resolver()


@app.get("/whoami")
def get_whoami() -> api.Answer[Caller]:
    """The identity, IAM user or role behind the signature."""
    return api.answer(Caller.of(api.signer(app)))


@app.get("/hello")
def get_hello() -> api.Answer[Greeting]:
    """A greeting for whoever is let in."""
    return api.answer(Greeting(message=f"Hello, {api.signer(app).subject}."))


lambda_handler = api.entry(app)
