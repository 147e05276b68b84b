"""What two functions need: who is calling, settings, errors, models, texts, and the ways to AWS.

Owns the service's rules. Leaves routing to `handlers` and Cognito's events to `triggers`.
AWS is called from one file per AWS service (`tables` for DynamoDB), and the environment is read by `config` alone.
"""
