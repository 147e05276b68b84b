"""Condition operators, a family a file: text, arns, numbers, dates, truth, addresses, binary.

    operators   the table of them all, and IfExists, ForAllValues, ForAnyValue and Null, handled once around them

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""
