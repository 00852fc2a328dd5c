"""The cell: reading notebooks, step lines, parameters, dataflow, tests written in cells."""
