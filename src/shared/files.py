"""What an identity does with its files, whichever way it has come in: see `handlers.files` and `handlers.my_files`."""

from datetime import UTC, datetime

from shared import thumbnails
from shared.buckets import LIFETIME, Folder, Stored
from shared.errors import BadRequest, NotFound
from shared.models import Download, File, FilePage, FileQuery, NewFile, Thumbnail, Upload
from shared.thumbnails import State


def page(folder: Folder, query: FileQuery) -> FilePage:
    """A page of the files, by their names. Raises BadRequest."""
    found = folder.page(limit=query.limit, cursor=query.cursor)
    if found is None:
        raise BadRequest("The cursor is not one this list has given out.")
    stored, following = found
    known = thumbnails.states(folder.owner, stored[0].name, stored[-1].name) if stored else {}
    return FilePage(items=[_file(folder, one, known.get(one.name)) for one in stored], next=following)


def upload(folder: Folder, new: NewFile) -> Upload:
    """A form to upload a file with; one of the same name is replaced."""
    return folder.form(new, now=datetime.now(UTC))


def download(folder: Folder, name: str) -> Download:
    """A file, and an address to read it from. Raises NotFound."""
    stored = folder.find(name)
    if stored is None:
        raise NotFound
    file = _file(folder, stored, thumbnails.states(folder.owner, name, name).get(name))
    return Download(**dict(file), url=folder.address(name), expires_at=datetime.now(UTC) + LIFETIME)


def _file(folder: Folder, stored: Stored, state: State | None) -> File:
    return File(
        name=stored.name, size=stored.size, modified_at=stored.modified_at, thumbnail=_thumbnail(folder, stored, state)
    )


def _thumbnail(folder: Folder, stored: Stored, state: State | None) -> Thumbnail:
    """What is known of another version of the file is not known of this one."""
    if state is None or state.etag != stored.etag:
        return Thumbnail(status="pending")
    if state.status == thumbnails.REFUSED:
        return Thumbnail(status="refused", reason=state.reason)
    return Thumbnail(status="ready", url=folder.thumbnail_address(stored.name, stored.etag))
