"""Numbers: limits and intervals with their formulas and sources, pure functions without any library."""
