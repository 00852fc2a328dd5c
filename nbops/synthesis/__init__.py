"""Test data: realistic damage to tables."""
