"""Training steps and grading timed against others that do the same: `course bench`."""
