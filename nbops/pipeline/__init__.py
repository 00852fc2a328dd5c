"""The graph: steps, edges and the state of a run; structures only."""
