"""The URIs by which API Gateway runs functions.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
"""

import re

SERVICE = "apigateway.amazonaws.com"
_FUNCTION = re.compile(r"arn:[^:]+:apigateway:[^:]+:lambda:path/+2015-03-31/functions/(?P<arn>.+)/invocations")


def parse(uri: str) -> str:
    """The ARN of the function that a URI invokes; empty for another URI."""
    found = _FUNCTION.fullmatch(uri)
    return "" if found is None else found["arn"]
