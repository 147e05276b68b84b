"""GET and POST /files, GET /files/{name}: the files of the identity that signs, with this function's rights.

Which identity it is, API Gateway says; `my_files` is the same for who comes with a token.
"""

import re

from shared import api, files
from shared.buckets import Folder
from shared.errors import NotFound
from shared.models import FILE_NAME, Download, FilePage, FileQuery, NewFile, Upload

app = api.resolver()


@app.get("/files")
def list_files() -> api.Answer[FilePage]:
    """A page of the identity's files."""
    folder = _folder()
    return api.answer(files.page(folder, api.query(app, FileQuery)))


@app.post("/files")
def upload_file() -> api.Answer[Upload]:
    """A form to upload a file with."""
    folder = _folder()
    return api.answer(files.upload(folder, api.body(app, NewFile)))


@app.get("/files/<name>")
def get_file(name: str) -> api.Answer[Download]:
    """A file, and an address to read it from."""
    folder = _folder()
    if not re.fullmatch(FILE_NAME, name):
        raise NotFound
    return api.answer(files.download(folder, name))


def _folder() -> Folder:
    return Folder(api.identity(app).subject)


lambda_handler = api.entry(app)
