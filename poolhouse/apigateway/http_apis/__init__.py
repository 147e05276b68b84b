"""API Gateway's HTTP APIs: their own routes, authorizers, event, answers and CORS.

    routes        which route of the OpenAPI body a request is for, and what it asks of its caller
    authorizers   by JWT, by AWS signature, by a function
    events        payload 2.0, and 1.0 as HTTP APIs send it
    responses     what a function may answer, and the gateway's own errors
    cors          preflights and the headers beside an answer
    server        the way through

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html
"""
