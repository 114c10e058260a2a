"""The REST API: the same verbs, filters and access table as the pages."""
