"""Rules: checks kept in files, one file for each dataset, beside the notebook that makes it."""

FOLDER = "rules"  # under the project's root
