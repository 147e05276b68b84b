"""Behaviour that several operations, and identity pools, share: issuing keys, reading session policies."""
