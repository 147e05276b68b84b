"""GET /whoami and GET /hello: who signed the request with AWS keys, or was signed in by a load balancer.

Guests may ask who they are; only their role keeps them from /hello, so that a policy's refusal can be seen. Behind a
load balancer there is /whoami alone.
"""

from shared import api
from shared.models import Caller, Greeting

app = api.resolver()


@app.get("/whoami", is_behind_load_balancer=True)
def get_whoami() -> api.Answer[Caller]:
    """The identity, IAM user or role behind the signature, or the user a load balancer has signed in."""
    return api.answer(Caller.of(api.somebody(app)))


@app.get("/hello")
def get_hello() -> api.Answer[Greeting]:
    """A greeting for whoever is let in."""
    return api.answer(Greeting(message=f"Hello, {api.signer(app).subject}."))


lambda_handler = api.entry(app)
