"""What the right answer would give, worked out by hand, and what each usual mistake would."""
