"""SAML 2.0 as a relying party: what an identity provider's metadata says, and what its signed response proves.

    metadata    who the provider is and which certificates it signs with
    signature   which part of a document a key has signed
    response    a response or a bare assertion, proven: an `Assertion` is made nowhere else

Whose business the audience, the recipient and a second use are is decided by whoever asks: STS, identity pools, user
pools. Signatures are signxml's work; what it did not show to be signed is never read.
https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf
"""
