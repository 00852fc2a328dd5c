"""Why cells changed: each module proposes causes for one kind of column; ``choosing`` keeps those that hold."""
