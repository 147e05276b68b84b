"""IAM's policy language, decided: pure, without I/O or a clock.

    document    a policy's JSON -> Policy: its statements, compiled
    matching    wildcards and ARNs
    variables   ${aws:username} and its kind, with defaults
    principal   who asks, and how a policy's Principal meets them
    conditions  the condition operators, a family a file
    evaluate    (what is asked, the policies in play) -> Decision
    decision    the outcome as data, and AWS's sentence for a refusal
    explain     every statement in play, and why it did not match

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
Leaves to `requests` what a call asks for, to `guard` which policies are in play, to `wire` who signed.
"""
