"""Every resource type that can be deployed: one file per family, each a table of `ResourceType`s.

Adding a type is adding a line to its family's table, and a test.
"""
