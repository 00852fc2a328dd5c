"""Promoting: from a plain notebook to a pipeline."""
