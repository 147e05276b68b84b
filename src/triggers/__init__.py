"""The user pool's triggers: one file, one function, one `lambda_handler`.

Each parses Cognito's event, lets `shared` decide, sets the response and returns the event.
They import neither botocore nor pydantic: a person waits for them at sign-up and sign-in, cold starts included.

    pre_sign_up            whose address may sign up
    custom_message         the text of every mail
    pre_token_generation   scopes for people who sign in through the API
"""
