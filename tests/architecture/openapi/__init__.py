"""docs/openapi.json, made from template.yaml and src/: `routes` reads them, `document` writes it."""
