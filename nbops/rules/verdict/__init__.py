"""The verdict on a delivery: hard facts alarm at once, weak signals are added up to one calibrated score."""
