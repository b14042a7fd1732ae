"""Grading: a judge that never runs a byte of a submission, and the jail that does.

`judge.py` holds checks, references and results; `inside/process.py` runs a submission, in the jail
that `jail.py` builds around it and `inside/confinement.py` tightens; `inside/pipe.py` is all that
passes between them.
"""
