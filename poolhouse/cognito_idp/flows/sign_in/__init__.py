"""Signing in: one flow for InitiateAuth and AdminInitiateAuth, for both RespondTo operations, and for pages.

`flow` holds the two tables, by AuthFlow and by answered challenge. What they lead to stands by factor: `password`,
`choice` (USER_AUTH) and `custom` (CUSTOM_AUTH) are first factors, `second_factor` follows, `finish` issues tokens.
Proofs are checked in modules of their own beside this package.
"""
