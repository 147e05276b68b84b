"""GET /notes, GET, PUT and DELETE /notes/{id}: the notes of the identity that calls."""

import re
from datetime import UTC, datetime

from shared import api, cursors, etags, notes, tables
from shared.errors import Invalid, NotFound
from shared.models import NOTE_ID, NewNote, Note, NotePage, PageQuery

app = api.resolver()
tables.dynamodb()  # while Lambda starts the function, which is quicker than during its first request


@app.get("/notes")
def list_notes() -> api.Answer[NotePage]:
    """A page of the identity's notes, by their ids."""
    owner = api.identity(app).subject
    query = api.query(app, PageQuery)
    after = cursors.parse(query.cursor, NOTE_ID) if query.cursor is not None else None
    items, has_more = notes.page(owner, limit=query.limit, after=after)
    return api.answer(NotePage(items=items, next=cursors.make(items[-1].id) if items and has_more else None))


@app.get("/notes/<note_id>")
def get_note(note_id: str) -> api.Answer[Note]:
    """One of the identity's notes."""
    owner = api.identity(app).subject
    note = notes.find(owner, note_id) if re.fullmatch(NOTE_ID, note_id) else None
    if note is None:
        raise NotFound
    return api.answer(note, {"ETag": etags.make(note.version)})


@app.put("/notes/<note_id>")
def put_note(note_id: str) -> api.Answer[Note] | api.Created[Note]:
    """Write a note under an id the client has chosen; with If-Match, in the place of that version alone."""
    owner = api.identity(app).subject
    new, expected = api.body(app, NewNote), etags.parse(api.header(app, "If-Match"))
    if not re.fullmatch(NOTE_ID, note_id):
        raise Invalid("A note's id has 1 to 64 letters, digits, hyphens and underscores.")
    note = notes.put(owner, note_id, new.text, expected, now=datetime.now(UTC))
    etag = {"ETag": etags.make(note.version)}
    return api.created(note, f"/notes/{note.id}", etag) if note.version == 1 else api.answer(note, etag)


@app.delete("/notes/<note_id>")
def delete_note(note_id: str) -> api.Done:
    """Remove a note; with If-Match, that version alone."""
    owner = api.identity(app).subject
    expected = etags.parse(api.header(app, "If-Match"))
    if not re.fullmatch(NOTE_ID, note_id):
        raise NotFound
    notes.remove(owner, note_id, expected)
    return api.done()


lambda_handler = api.entry(app)
