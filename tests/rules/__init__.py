"""Rules: reading, judging, suggesting, and what looks wrong in a table."""
