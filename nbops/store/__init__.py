"""Memory: journals, the hub that is read from them, the places of a project."""
