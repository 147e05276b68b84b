import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import cursors
from shared.errors import BadRequest
from shared.models import TRANSACTION_ID


@given(st.from_regex(TRANSACTION_ID, fullmatch=True).filter(lambda text: not text.endswith("\n")))
def test_a_cursor_leads_back_to_its_id(last_id: str) -> None:
    cursor = cursors.make(last_id)

    assert cursors.parse(cursor, TRANSACTION_ID) == last_id
    assert last_id not in cursor


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="The cursor is not one this list has given out"):
        cursors.parse(text, TRANSACTION_ID)
