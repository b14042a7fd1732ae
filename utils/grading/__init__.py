"""Grading: a judge that never runs a byte of a submission, and the jail that does.

`judge.py` holds checks, references and results; `inside.py` runs a submission, in the jail that
`jail.py` builds around it and `confinement.py` tightens; `pipe.py` is all that passes between them.
"""
