"""Showing: records become text, terminal output, HTML and SVG; pure functions."""
