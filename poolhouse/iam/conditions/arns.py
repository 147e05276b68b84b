"""ArnEquals and ArnLike, which are the same: segment by segment, with wildcards in each."""

from poolhouse.iam import matching
from poolhouse.iam.matching import Matcher


def like(value: str, *, has_variables: bool) -> Matcher:
    """The ARN, each of its six segments for itself."""
    return matching.arn(value, has_variables=has_variables)
