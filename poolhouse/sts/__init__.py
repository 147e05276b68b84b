"""STS: temporary keys for roles, users and federated users, and who somebody is.

    roles      AssumeRole
    federated  AssumeRoleWithWebIdentity, AssumeRoleWithSAML
    outbound   GetWebIdentityToken; AssumeRoot and GetDelegatedAccessToken, which need another account
    keys       GetSessionToken, GetFederationToken
    callers    GetCallerIdentity, GetAccessKeyInfo
    flows/     what they share: issuing keys, session policies

Whether a role may be assumed is IAM's to say (`call.authority`), whether a token is good that of `web_identity`.
https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
"""
