"""GET /error: what people see when an app's request cannot be answered to the app."""

from poolhouse.call import Call
from poolhouse.oauth import browser, forms, responses
from poolhouse.oauth.errors import InvalidRequest
from poolhouse.web import Request, Response


def respond(call: Call, request: Request) -> Response:
    """400, with the error's name for the one who builds the app."""
    if request.method != "GET":
        return responses.empty(call, 405)
    try:
        query = forms.parse_query(request)
    except InvalidRequest:
        return browser.error_page(call)
    told = (query[name] for name in ("error", "error_description") if name in query)
    return browser.error_page(call, ": ".join(told))
