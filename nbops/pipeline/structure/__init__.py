"""The structure of datasets through time: what is known of one, how a run changed it, the log of these changes."""
