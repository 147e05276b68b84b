"""Who may call a method: one file per kind of authorizer.

`definitions.parse` reads a Swagger security definition; a kind that is not built yet becomes `NotBuilt`, which refuses
every request, naming itself.
"""
