"""The floor for people and programs: the REST API, described by OpenAPI."""
