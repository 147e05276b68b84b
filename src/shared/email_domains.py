"""Whose e-mail address may sign up, by its domain."""

import re
from collections.abc import Collection

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


def parse_domain(email: str) -> str:
    """The domain of an address, in lower case and in its ASCII form; ValueError when it is no address."""
    local, at, domain = email.rpartition("@")
    if not (local and at) or any(char.isspace() or not char.isprintable() for char in email):
        raise ValueError("not an e-mail address")
    ascii_domain = domain.removesuffix(".").encode("idna").decode().lower()  # UnicodeError is a ValueError
    labels = ascii_domain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("not a domain")
    return ascii_domain


def may_sign_up(domain: str, allowed: Collection[str], blocked: Collection[str]) -> bool:
    """Whether addresses of this domain may sign up; blocked wins over allowed, and no allowed domain means all.

    A blocked domain bars its subdomains too. An allowed one lets in itself alone, for a subdomain may be somebody
    else's; "*.example.com" lets in every subdomain of example.com, and not example.com.
    """
    parents = {f"*.{parent}" for parent in _parents(domain)}
    if not parents.isdisjoint(blocked) or not {domain, *_parents(domain)}.isdisjoint(blocked):
        return False
    return not allowed or domain in allowed or not parents.isdisjoint(allowed)


def _parents(domain: str) -> list[str]:
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(1, len(labels))]
