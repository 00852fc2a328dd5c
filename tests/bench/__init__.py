"""What is said about speed, measured: ``make bench`` prints every bar and writes ``docs/benchmarks.md``."""
