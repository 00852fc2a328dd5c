"""What changed between two versions of a table, and why: schema, profile, rows by key, named causes."""
