"""Proof of who somebody is at a provider of web identities: for STS, for identity pools, for federated sign-in.

    openid   an ID token of an OpenID Connect provider, proven
    social   an access token of Facebook, Amazon or Twitter, who are asked whose it is; oauth1 signs for the last
    saml     a SAML response
    tokens   a token for STS: whose it is, and what trust policies may ask of it

Only what was verified comes out: a `WebIdentity` is made nowhere else.
"""
