"""The user pool's triggers: one file, one function, one `lambda_handler`.

Each parses Cognito's event, lets `shared` decide, sets the response and returns the event.
A person waits for them at sign-up and sign-in, cold starts included: none imports pydantic, and only those that call
AWS import botocore. The two senders run on their own, and alone import the AWS Encryption SDK.

    pre_sign_up            whose address may sign up
    custom_message         the text of every mail
    post_confirmation      a new user's group and profile
    pre_authentication     who is barred from signing in
    post_authentication    the record of who signed in
    pre_token_generation   plan, tenant and scopes in people's tokens
    user_migration         people of an old directory come over
    define_auth_challenge  whether somebody is asked for a mailed code, is in, or has failed
    create_auth_challenge  that code
    verify_auth_challenge  whether an answer is it
    custom_email_sender    the pool's mails, sent by ourselves
    custom_sms_sender      the pool's short messages, sent by ourselves
"""
