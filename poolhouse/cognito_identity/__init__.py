"""Cognito identity pools: a verified login becomes an identity, the identity a role, the role temporary keys.

    pools            identity pools, their roles, principal tags and tags
    identities       GetId, the list of identities, linking and unlinking
    credentials      GetCredentialsForIdentity, GetOpenIdToken
    developers       identities by a developer's own names for users
    flows/           find, logins (each token verified), linking, datasets, tokens, sessions
    rules/           which role, which principal tags

Digits, which is no more, is refused by name.
"""
