"""Tests of the accounted functions of rows."""
