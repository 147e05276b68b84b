"""Pure rules: what may be done to records."""
