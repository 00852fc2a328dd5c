"""One cell as a step: opened, rewritten, measured, judged and closed."""
