"""GET and POST /me/files, GET /me/files/{name}: a user's files, by their token, with their own keys.

This function has no right to any file. It turns the caller's ID token into the caller's keys, as their app could, and
what it signs with them may do what their role in the identity pool may.
"""

import re

from shared import api, files, identity_pool
from shared.buckets import Folder
from shared.errors import NotFound
from shared.models import FILE_NAME, Download, FilePage, FileQuery, NewFile, Upload

app = api.resolver()


@app.get("/me/files")
def list_my_files() -> api.Answer[FilePage]:
    """A page of the user's files."""
    folder = _folder()
    return api.answer(files.page(folder, api.query(app, FileQuery)))


@app.post("/me/files")
def upload_my_file() -> api.Answer[Upload]:
    """A form to upload a file of the user's with."""
    folder = _folder()
    return api.answer(files.upload(folder, api.body(app, NewFile)))


@app.get("/me/files/<name>")
def get_my_file(name: str) -> api.Answer[Download]:
    """One of the user's files, and an address to read it from."""
    folder = _folder()
    if not re.fullmatch(FILE_NAME, name):
        raise NotFound
    return api.answer(files.download(folder, name))


def _folder() -> Folder:
    """Seen with the caller's own keys, which are kept no longer than the request."""
    caller = api.user(app)
    scheme, _, rest = (api.header(app, "Authorization") or "").partition(" ")
    holder = identity_pool.enter(rest.strip() if scheme.lower() == "bearer" else scheme, caller.subject)
    return Folder(holder.identity_id, holder.keys)


lambda_handler = api.entry(app)
