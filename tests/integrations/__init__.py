"""Tests of the checks; a package, so that they can share the tables of every library."""
