"""Judging: what people expect of their data."""
