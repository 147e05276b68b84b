"""API Gateway: a request in, the template's function run, its answer out.

Owns: which method a path belongs to (`routes`), who may call it (`authorizers/`), the proxy event a function gets
(`events`), running the integration (`integrations`), and turning its answer, or the gateway's own error, into HTTP
(`responses`, `errors`); HTTP APIs have their own of all these in `http_apis/`. `gateway.Gateway.handle` is the door;
`address` finds the API and stage in a URL.
Leaves to others: the API definitions (written by `template`), running functions (`lambdas`, through `call.Invoke`),
signatures of tokens (`jose`).

Built: COGNITO_USER_POOLS, AWS_IAM and Lambda authorizers, AWS_PROXY and MOCK integrations, gateway responses. A route
that needs anything else (API keys, HTTP integrations) is answered 501 with its name, and never left open.
"""
