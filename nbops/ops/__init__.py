"""Watching: what went wrong, who is told of it, and how well the whole is doing."""
