"""StringEquals and its kind."""

from poolhouse.iam import matching
from poolhouse.iam.matching import Matcher


def equals(value: str, *, has_variables: bool) -> Matcher:
    """The same text."""
    return matching.text(value, has_variables=has_variables)


def equals_ignoring_case(value: str, *, has_variables: bool) -> Matcher:
    """The same text in whatever case."""
    return matching.text(value, has_variables=has_variables, ignore_case=True)


def like(value: str, *, has_variables: bool) -> Matcher:
    """The text with wildcards, in this case."""
    return matching.wildcards(value, has_variables=has_variables)
