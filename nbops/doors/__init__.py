"""The doors: magics, panel, command line and Python verbs; thin, they only translate."""
