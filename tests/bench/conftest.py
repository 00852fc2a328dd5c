"""What in here is no module of tests."""

collect_ignore = ["qcbench_nbops.py"]  # it imports the benchmark that it is plugged into
