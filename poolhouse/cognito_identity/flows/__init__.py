"""Behaviour that several operations share."""
