"""OpenID Connect as a relying party: another server, asked and not trusted before its signature holds.

    remote    what it answers, over HTTPS: its documents and its keys
    provider  a provider that a pool trusts: where it sends people, who came back, and whose ID token one is

Whoever asks waits, so all of it runs aside.
"""
