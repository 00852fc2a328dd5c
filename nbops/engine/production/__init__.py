"""Production: a notebook executed as one run by papermill, in a kernel process of its own."""
