import pytest

from shared import etags
from shared.errors import BadRequest


@pytest.mark.parametrize(
    ("if_match", "version", "holds"),
    [
        (None, None, True),
        (None, 3, True),
        ('"3"', 3, True),
        ('"2", "3"', 3, True),
        ('"2"', 3, False),
        ('"3"', None, False),
        ('W/"3"', 3, False),  # RFC 9110 section 13.1.1: the comparison is the strong one
        ('"03"', 3, False),
        ('"*"', 3, False),
        ("*", 3, True),
        ("*", None, False),
    ],
)
def test_if_match_holds_for_the_versions_it_names(if_match: str | None, version: int | None, holds: bool) -> None:
    assert etags.matches(etags.parse(if_match), version) is holds


@pytest.mark.parametrize("if_match", ["", "3", '"3', '"3",', '"3" "4"', "*, *", '"a"b"', '"3"\n', "é"])
def test_a_malformed_if_match_is_refused(if_match: str) -> None:
    with pytest.raises(BadRequest, match="If-Match"):
        etags.parse(if_match)
