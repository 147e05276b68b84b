"""GET /datasets, GET, PATCH and DELETE /datasets/{name}: records an identity keeps in step between its devices."""

import re
from datetime import UTC, datetime
from urllib.parse import unquote

from shared import api, datasets, tables
from shared.errors import Invalid, NotFound
from shared.models import DATASET_NAME, Dataset, DatasetList, Patches, SinceQuery

app = api.resolver()
tables.dynamodb()  # while Lambda starts the function, which is quicker than during its first request


@app.get("/datasets")
def list_datasets() -> api.Answer[DatasetList]:
    """The identity's datasets."""
    return api.answer(DatasetList(items=datasets.summaries(api.identity(app).subject)))


@app.get("/datasets/<name>")
def get_dataset(name: str) -> api.Answer[Dataset]:
    """A dataset's count, and its records that were changed after `since`."""
    owner = api.identity(app).subject
    since = api.query(app, SinceQuery).since
    dataset = datasets.find(owner, unquote(name), since=since)
    if dataset is None:
        raise NotFound
    return api.answer(dataset)


@app.patch("/datasets/<name>")
def patch_dataset(name: str) -> api.Answer[Dataset]:
    """Change records of a dataset, all or none, where they are as the client has seen them."""
    owner = api.identity(app).subject
    patches = api.body(app, Patches).patches
    name = unquote(name)  # of its characters, some clients send ":" as "%3A"
    if not re.fullmatch(DATASET_NAME, name):
        raise Invalid("A dataset's name has 1 to 128 letters, digits, and characters of _ . : -")
    return api.answer(datasets.patch(owner, name, patches, now=datetime.now(UTC)))


@app.delete("/datasets/<name>")
def delete_dataset(name: str) -> api.Done:
    """Delete a dataset for good."""
    datasets.remove(api.identity(app).subject, unquote(name), now=datetime.now(UTC))
    return api.done()


lambda_handler = api.entry(app)
