"""The questions of each lab, a module a lab."""
