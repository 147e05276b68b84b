"""GET /titles and GET /titles/{id}/stream: a catalogue, and its media for those whose plan has them."""

import re
from datetime import UTC, datetime

from shared import api, catalogue, cursors
from shared.errors import Forbidden, NotFound
from shared.models import TITLE_ID, PageQuery, Plan, Stream, TitlePage

app = api.resolver()


@app.get("/titles")
def list_titles() -> api.Answer[TitlePage]:
    """A page of the catalogue: everybody with a plan sees all of it."""
    api.member(app, *Plan)
    query = api.query(app, PageQuery)
    after = cursors.parse(query.cursor, TITLE_ID) if query.cursor is not None else None
    items, has_more = catalogue.page(limit=query.limit, after=after)
    return api.answer(TitlePage(items=items, next=cursors.make(items[-1].id) if has_more and items else None))


@app.get("/titles/<title_id>/stream")
def get_stream(title_id: str) -> api.Answer[Stream]:
    """Where to stream a title from: premium titles for premium members."""
    caller = api.member(app, *Plan)
    title = catalogue.find(title_id) if re.fullmatch(TITLE_ID, title_id) else None
    if title is None:
        raise NotFound
    if title.plan is Plan.PREMIUM and Plan.PREMIUM not in caller.groups:
        raise Forbidden("This title needs the premium plan.")
    return api.answer(catalogue.stream(title, now=datetime.now(UTC)))


lambda_handler = api.entry(app)
