"""/users: what members of the group `admin` see of all users, and do with them.

What changes somebody stands behind the authorizer `recent_sign_in`; nobody does it to themselves.
"""

from shared import api, user_pool
from shared.errors import Forbidden
from shared.models import User, UserPage, UserQuery
from shared.observability import logger

ADMIN = "admin"

app = api.resolver()


@app.get("/users")
def list_users() -> api.Answer[UserPage]:
    """A page of the users, or those of one address."""
    api.member(app, ADMIN)
    query = api.query(app, UserQuery)
    return api.answer(user_pool.users(limit=query.limit, cursor=query.cursor, email=query.email))


@app.get("/users/<username>")
def get_user(username: str) -> api.Answer[User]:
    """One user, with their groups."""
    api.member(app, ADMIN)
    return api.answer(user_pool.user(username))


@app.post("/users/<username>/disable")
def disable(username: str) -> api.Done:
    """Keep a user out, and end their sign-ins."""
    user_pool.set_enabled(_other(username, "disable"), is_enabled=False)
    return api.done()


@app.post("/users/<username>/enable")
def enable(username: str) -> api.Done:
    """Let a user in again."""
    user_pool.set_enabled(_other(username, "enable"), is_enabled=True)
    return api.done()


@app.post("/users/<username>/reset-password")
def reset_password(username: str) -> api.Done:
    """Have a user choose another password."""
    user_pool.reset_password(_other(username, "reset-password"))
    return api.done()


@app.put("/users/<username>/groups/<group>")
def add_to_group(username: str, group: str) -> api.Done:
    """Put a user into a group."""
    user_pool.add_to_group(_other(username, "add-to-group"), group)
    return api.done()


@app.delete("/users/<username>/groups/<group>")
def remove_from_group(username: str, group: str) -> api.Done:
    """Take a user out of a group; who was an admin is signed out, so that no token of theirs changes anybody."""
    other = _other(username, "remove-from-group")
    user_pool.remove_from_group(other, group)
    if group == ADMIN:
        user_pool.sign_out(other)
    return api.done()


def _other(username: str, what: str) -> str:
    """The username of somebody an admin is about to do something to; kept in the log.

    Nobody does it to themselves, by whichever name: whoever disables themselves last leaves nobody to undo it.
    """
    caller = api.member(app, ADMIN)
    known = user_pool.known(username)
    if known == caller.username:
        raise Forbidden("Nobody does this to themselves.")
    logger.info("admin", action=what, username=known)
    return known


lambda_handler = api.entry(app)
