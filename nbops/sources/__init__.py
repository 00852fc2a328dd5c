"""Sources: what should arrive when, whether it did, and the gate that stands before a run."""
