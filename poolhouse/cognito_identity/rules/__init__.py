"""Pure rules: which role an identity gets, and which principal tags."""
