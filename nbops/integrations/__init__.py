"""Neighbours: the same rules in the words of other tools."""
