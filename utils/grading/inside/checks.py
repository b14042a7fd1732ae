"""What `utils.checks` is to a lab inside the jail: checks are the judge's, and every cell goes on.

This file stands in the place of `utils/checks/__init__.py` there; no check and no reference is
in the jail at all.
"""

import contextlib


class Lab:
    """Stands in for the lab of a notebook; says nothing, judges nothing."""

    def __init__(self, name, namespace):
        self.name = name

    def check(self, name, hidden=False):
        pass

    def needs(self, *names):
        return contextlib.suppress(Exception)

    def score(self):
        pass
