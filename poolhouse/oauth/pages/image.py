"""GET /<pool id>/<client id or ALL>/<version>/assets/images/image: the logo SetUICustomization was given."""

import re

from poolhouse.call import Call
from poolhouse.cognito_idp import ui_customization
from poolhouse.oauth import responses
from poolhouse.web import Request, Response

PATH = re.compile(r"/(?P<pool_id>[\w-]+_[0-9a-zA-Z]+)/(?P<client_id>\w+)/[0-9]+/assets/images/image")


def respond(call: Call, request: Request) -> Response:
    """The picture, or 404."""
    found = PATH.fullmatch(request.path)
    if request.method not in ("GET", "HEAD") or found is None:
        return responses.page(call, 405, [("Allow", "GET, HEAD")])
    picture = ui_customization.picture(call, found["pool_id"], found["client_id"])
    if picture is None:
        return responses.page(call, 404, [])
    media_type, image = picture
    return responses.page(call, 200, [("Content-Type", media_type)], image)
