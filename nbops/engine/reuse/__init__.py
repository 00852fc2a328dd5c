"""Reuse: what a step's result depends on, what it left, and whether it can stand in for running the step again."""
