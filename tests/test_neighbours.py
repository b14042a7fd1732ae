"""`tests.neighbours` with judges that some submissions spoil."""

import contextlib
from types import SimpleNamespace

import pytest

from tests.neighbours import Neighbour

HONEST = SimpleNamespace(name="honest")


class Judge:
    """Its record of the honest submission shows what has spoiled it: one or several of `bad`."""

    def __init__(self, bad):
        self.bad, self.graded = set(bad), []

    def grade(self, submission):
        self.graded.append(submission.name)
        return {"points": 3 - (self.bad <= set(self.graded))}


def neighbour(*bad, once=False, **options):
    """One whose judges are spoiled by `bad`, all of them together; and its fresh judges.

    once: only the first judge is.
    """
    fresh = []

    def new():
        fresh.append(Judge({"nobody"} if once else bad))
        return contextlib.nullcontext(fresh[-1])

    made = Neighbour(lambda judge, each: judge.grade(each), HONEST, Judge(bad), new, **options)
    return made, fresh


def attacks(count):
    return [SimpleNamespace(name=f"attack {number}") for number in range(count)]


def grade_all(watched, submissions):
    for each in submissions:
        assert watched.record_of(each)
        watched.check_if_due()


@pytest.mark.parametrize("place", range(10))
def test_the_attack_that_spoils_the_judge_is_named(place):
    watched, fresh = neighbour(f"attack {10 + place}")
    grade_all(watched, attacks(19))  # the first ten are harmless, so the judge is not fresh
    with pytest.raises(AssertionError, match=f"after 'attack {10 + place}': .*2.*, not .*3"):
        grade_all(watched, [SimpleNamespace(name="attack 19")])
        watched.check()
    assert len(fresh) <= 5
    assert not {f"attack {number}" for number in range(10)} & set(fresh[0].graded)


def test_two_that_only_do_it_together_are_found_by_the_second():
    watched, _ = neighbour("attack 2", "attack 6")
    with pytest.raises(AssertionError, match="after 'attack 6'"):
        grade_all(watched, attacks(10))


def test_what_fresh_judges_do_not_show_is_said_with_all_names():
    watched, fresh = neighbour("attack 1", once=True, every=3)
    with pytest.raises(AssertionError, match="after attack 0, attack 1, attack 2, and not before"):
        grade_all(watched, attacks(3))
    assert len(fresh) == 1


def test_the_honest_one_is_graded_at_first_after_every_tenth_and_at_the_end():
    watched, fresh = neighbour("nobody")
    grade_all(watched, attacks(23))
    assert watched.judge.graded.count("honest") == 3
    watched.check()
    watched.check()  # nothing since: nothing to find
    assert watched.judge.graded.count("honest") == 4 and not fresh


def test_without_a_number_it_waits_for_the_end():
    watched, _ = neighbour("attack 20", every=None)
    grade_all(watched, attacks(23))
    assert watched.judge.graded.count("honest") == 1
    with pytest.raises(AssertionError, match="after 'attack 20'"):
        watched.check()
