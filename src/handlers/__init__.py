"""The functions behind the API: one file, one function, one `lambda_handler`.

Owns the routes: which model a request is parsed by, which shared function answers it.
Leaves who is calling to `shared.principal`, errors and headers to `shared.api`, AWS to `shared.tables`.

    me             GET, PATCH, DELETE /me, PUT /me/plan, POST /me/sign-out, GET /me/devices
    titles         GET /titles, GET /titles/{id}/stream
    users          GET /users, GET /users/{username}, and what admins do with them
    recent_sign_in the authorizer of routes that want a recent sign-in
    whoami         GET /whoami, GET /hello
    transactions   GET /transactions, POST /transactions, GET /transactions/{id}
    notes          GET /notes, GET, PUT and DELETE /notes/{id}
    files          GET and POST /files, GET /files/{name}
    my_files       the same under /me/files, with the keys of who calls
    thumbnails     of what is uploaded: S3's events, no route
    datasets       GET /datasets, GET, PATCH and DELETE /datasets/{name}
    dataset_changes   run by a table's stream: changes of datasets, on to Kinesis
"""
