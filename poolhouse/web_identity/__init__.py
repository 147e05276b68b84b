"""Proof of who somebody is at a provider of web identities: for STS, for identity pools, for federated sign-in.

    openid   an ID token of an OpenID Connect provider, proven
    tokens   a token for STS: whose it is, and what trust policies may ask of it

Only what was verified comes out: a `WebIdentity` is made nowhere else.
"""
