"""AWS's protocols: from an HTTP request to an operation's decoded, checked request, and from its result to a response.

Everything about an operation (members, constraints, whether it is signed, how it is encoded) comes from botocore's
service model of it; no service is known here by name. In the order a request meets them:

    dispatch     the beats of one request, and the one catch-all
    routes       which service and operation it asks for
    sigv4        who signed it
    json, query, rest_json      the protocols; `protocol` is what they have in common
    constraints  the model's constraints as compiled functions, with AWS's own sentences
    models       the service models, and which service a request is for
    service      a service that is here: its operations and what its store errors mean
    cors, errors, unserved      what browsers ask first; errors of the wire itself; services that are not here

Left to others: listening (front), what an operation does (the services), policies (app hands in the check).
"""
