"""Profiles: what a table is like, in a few kilobytes that add up and hold no rows."""
