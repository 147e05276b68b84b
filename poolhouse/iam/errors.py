"""What is wrong with a policy document."""


class MalformedPolicy(Exception):
    """A document that is not in the policy language; the text says what is not."""
