"""What somebody may do with their own account: /me and what is below it.

DELETE /me stands behind the authorizer `recent_sign_in`, which hands over an access token's claims; the others behind
the pool's own, which hands over an ID token's.
"""

from shared import api, user_pool
from shared.models import DevicePage, DeviceQuery, Plan, PlanChange, Profile, ProfileChange

app = api.resolver()


@app.get("/me")
def get_me() -> api.Answer[Profile]:
    """Who is signed in, from the claims of their token."""
    return api.answer(Profile.of(api.user(app)))


@app.patch("/me")
def patch_me() -> api.Done:
    """Change one's name, language or time zone; tokens tell of it from the next refresh on."""
    caller = api.user(app)
    change = api.body(app, ProfileChange)
    user_pool.change(caller.username, {name: getattr(change, name) for name in change.model_fields_set})
    return api.done()


@app.delete("/me")
def delete_me() -> api.Done:
    """Leave for good."""
    user_pool.delete(api.user(app).username)
    return api.done()


@app.put("/me/plan")
def put_plan() -> api.Done:
    """Take another plan; tokens tell of it from the next refresh on. Whoever sells plans asks for payment here."""
    caller = api.user(app)
    wanted = api.body(app, PlanChange).plan
    user_pool.add_to_group(caller.username, wanted)
    for plan in Plan:
        if plan is not wanted:
            user_pool.remove_from_group(caller.username, plan)
    return api.done()


@app.post("/me/sign-out")
def post_sign_out() -> api.Done:
    """Sign out everywhere."""
    user_pool.sign_out(api.user(app).username)
    return api.done()


@app.get("/me/devices")
def get_devices() -> api.Answer[DevicePage]:
    """A page of the devices one has signed in with."""
    caller = api.user(app)
    query = api.query(app, DeviceQuery)
    return api.answer(user_pool.devices(caller.username, limit=query.limit, cursor=query.cursor))


lambda_handler = api.entry(app)
