"""What an AWS call asks for: IAM's action, the resources, the condition keys. One file per AWS service.

    asked       Asked: one thing that is asked, and Scope: whose account and region
    services    which file a service has; one without a file is asked for by its operation, on "*"

The actions, resources and keys are those of AWS's service authorization reference:
https://docs.aws.amazon.com/service-authorization/latest/reference/
"""
