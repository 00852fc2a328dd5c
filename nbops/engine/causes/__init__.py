"""Causes: what changed, which step brought an error in, what is stale and why, a failure opened again."""
