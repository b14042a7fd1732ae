"""A judge that grades one bad submission after another must grade an honest one as at first.

The honest submission is graded again after every tenth, and where its record differs, the bad ones
since then are graded again before fresh judges, until it is known which of them did it.
"""


class Neighbour:
    """The honest submission beside the bad ones that a judge grades.

    Args:
        grade: function (judge, submission) -> record.
        honest: the honest submission.
        judge: the judge that grades all of them.
        fresh: function () -> context manager of a judge that has graded nothing yet.
        every: int, submissions after which the honest one is graded again, or None for only
            where `check` is called.
    """

    def __init__(self, grade, honest, judge, fresh, every=10):
        self.grade, self.honest, self.judge, self.fresh = grade, honest, judge, fresh
        self.every = every
        self.since = []  # graded since the honest one was as at first
        self.record = grade(judge, honest)

    def record_of(self, submission):
        """The record of a bad submission."""
        self.since.append(submission)
        return self.grade(self.judge, submission)

    def check_if_due(self):
        if self.every and len(self.since) >= self.every:
            self.check()

    def check(self):
        """Raise AssertionError where the honest record is another than at first; say by whom."""
        since, self.since = self.since, []
        if not since:
            return
        record = self.grade(self.judge, self.honest)
        if record != self.record:
            raise AssertionError(f"{self._cause(since)}: {record}, not {self.record}")

    def _cause(self, since):
        """Which submission did it, in words."""
        if not self._differs_after(since):
            names = ", ".join(each.name for each in since)
            return f"the honest record differs after {names}, and not before a fresh judge"
        harmless, harmful = 0, len(since)  # how many of them, from the first, do and do not do it
        while harmful - harmless > 1:
            middle = (harmless + harmful) // 2
            if self._differs_after(since[:middle]):
                harmful = middle
            else:
                harmless = middle
        return f"the honest record differs after '{since[harmful - 1].name}'"

    def _differs_after(self, submissions):
        with self.fresh() as judge:
            for each in submissions:
                self.grade(judge, each)
            return self.grade(judge, self.honest) != self.record
