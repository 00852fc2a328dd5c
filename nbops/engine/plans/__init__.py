"""Plans: what a run is to do, from which results, and where its files go; decided before a process starts."""
