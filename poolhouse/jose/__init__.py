"""Signed tokens, JWS (RFC 7515) by RS256; JWK sets (RFC 7517); opaque tokens that look like JWE. Nothing of Cognito.

Owns: making, loading and publishing RSA keys; signing claims; proving a token. `VerifiedClaims` is the proof that a
token was verified: only `verify` makes it. The algorithm is RS256, for identity pools' own tokens RS512: one that
names another, or none, is refused before any key is looked at. What claims mean, and which key belongs to whom, is
left to the services.

PyJWT is not used here: it takes the time from the machine where ours can be moved, writes the header's members in an
order of its own, and verifies in 76 microseconds where this takes 29.
"""
