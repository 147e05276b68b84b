"""The HTTP server and its doors.

    server   listening ports, each with one `handle(Request) -> Response`, all on one event loop
    asgi     from a socket's request to a `Request` and back; limits on what is taken in
    fibers   where `handle` runs: on the loop's thread, left while something is done aside
    workers  the threads for what is done aside
    pauses   long rounds of the garbage collector kept from stopping requests
    doors    which host and path belongs to which part of the cloud

Only the edge is async. Parts behind a door are plain functions and know nothing of sockets; which part stands behind
which door is said in app.
"""
