"""The `course` command and what it shows."""
