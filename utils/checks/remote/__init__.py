"""What runs beside an answer: the calls that a check makes, and nothing of the check itself."""
