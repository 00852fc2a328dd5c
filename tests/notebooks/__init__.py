"""Notebooks in real kernels: cells typed one by one, and whole runs."""
