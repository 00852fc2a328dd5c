"""Numbers: limits, charts and tests with their formulas and sources, pure functions.

What judges rules needs the standard library alone; control charts and drift compute on arrays of NumPy.
"""
