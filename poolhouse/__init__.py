"""The local cloud: a SAM template with Cognito, API Gateway and Lambda, running whole on one machine.

A request comes in at `front`, which knows the doors. AWS calls go through `wire` (signature, decoding, constraints)
to an operation in `cognito_idp`; OAuth requests to `oauth`; the template's API to `apigateway`, which invokes functions
through `lambdas`; DynamoDB and IAM to `moto_services`. `template` deploys, `outbox` keeps every mail and SMS,
`store` keeps everything. `app` puts the parts together and is the one module that knows them all.
"""

__version__ = "0.1.0"
