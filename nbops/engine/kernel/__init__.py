"""One kernel: which notebook and run it belongs to, what it records, and how its cells end."""
