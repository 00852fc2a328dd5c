"""Acting: bracketing a step, knowing the notebook, running a notebook in production."""
