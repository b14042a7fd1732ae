"""Claims: bounds hold or fail, and what can't fail is refused."""

import json
import re

import numpy as np
import pytest

from utils import ROOT
from utils.authoring import spread
from utils.claims import Claim, ClaimFailed, Claims, Line, number

INPUTS = ["tests/sanitize.cfg"]  # see tests/keys.py


@pytest.fixture
def claims(monkeypatch, tmp_path):
    monkeypatch.setattr("IPython.display.display", lambda shown: None)
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path / "results.json"))
    return Claims("test")


@pytest.mark.parametrize(
    "value, bounds, holds",
    [
        (1.0, {"at_least": 1}, True),
        (0.999, {"at_least": 1}, False),
        (1.0, {"at_most": 1}, True),
        (1.001, {"at_most": 1}, False),
        (8, {"at_least": 8, "at_most": 8}, True),
        (7, {"at_least": 8, "at_most": 8}, False),
        (np.float32(0.5), {"at_least": 0.4, "at_most": 0.6}, True),
        (float("nan"), {"at_least": 0}, False),
        (float("inf"), {"at_least": 0}, False),
        (True, {"at_least": 1}, True),
    ],
)
def test_bounds(claims, value, bounds, holds):
    claims.add("a claim", value, **bounds)
    if holds:
        claims.table()
    else:
        with pytest.raises(ClaimFailed, match="1 of 1 claims failed. a claim: measured"):
            claims.table()


def test_a_claim_needs_a_bound_a_number_and_a_source(claims):
    with pytest.raises(ValueError, match="can't fail"):
        claims.add("a claim", 1)
    with pytest.raises(ValueError, match="finite bound"):
        claims.add("a claim", 1, at_most=float("inf"))
    with pytest.raises(ValueError, match="source"):
        claims.add("a claim", 1, at_most=2, published=1.5)
    for value in (np.zeros(2), "1", None):
        with pytest.raises(TypeError, match="one number"):
            claims.add("a claim", value, at_most=2)


def test_scalars_of_tensorflow(claims):
    import tensorflow as tf

    for value in (tf.constant(1.5), tf.Variable(1.5), tf.constant(1.5, tf.bfloat16)):
        claims.add("a claim", value, at_least=1)
        assert claims.claims["a claim"].value == 1.5


def test_nothing_claimed_is_an_error(claims):
    with pytest.raises(ClaimFailed, match="claims nothing"):
        claims.table()


def test_a_cell_run_twice_claims_once_and_results_are_kept(claims, tmp_path):
    for value in (1, 2):
        claims.add("a claim", value, at_least=0, published=3, source="somebody")
    claims.table()
    stored = json.loads((tmp_path / "results.json").read_text())["claims"]
    assert [(c["value"], c["held"], c["source"]) for c in stored] == [(2.0, True, "somebody")]


@pytest.mark.parametrize(
    "value, text", [(8, "8"), (0.123456, "0.123"), (1e-9, "1e-09"), (None, "")]
)
def test_numbers_are_short(value, text):
    assert number(value) == text


def test_a_claim_is_shown_where_it_is_measured(claims, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    claims.add("first", 1, at_least=0)
    assert shown == []  # outside of a notebook
    monkeypatch.setattr("IPython.get_ipython", lambda: True)
    claims.add("second & last", 2.5, at_most=3, unit="dB", published=2, source="somebody, p. 7")
    (line,) = shown
    assert repr(line) == "second & last: claimed at most 3; published 2; measured 2.5 dB"
    page = line._repr_html_()
    assert 'second &amp; last: <b class="measured">2.5 dB</b>' in page
    assert "(claimed: at most 3; published: 2, somebody, p. 7)</small> &#10003;" in page
    claims.add("third", 4, at_most=3)
    assert "&#10007;" in shown[-1]._repr_html_()


def test_of_a_line_the_words_are_compared_and_the_number_is_not():
    """The number is compared in the table of claims, within its spread."""
    text = (ROOT / "tests" / "sanitize.cfg").read_text()
    rules = re.findall(r"^regex: (.*)\nreplace: (.*)", text, re.M)

    def compared(value, words="a claim"):
        line = Line(Claim(words, value, at_most=3, unit="dB"))
        for shown in (repr(line), line._repr_html_()):
            for pattern, replacement in rules:
                shown = re.sub(pattern, replacement, shown)
            yield shown
        assert not spread.readings([{"data": {"text/html": line._repr_html_()}}], [])

    assert list(compared(2.5)) == list(compared(1.25))
    assert list(compared(2.5)) != list(compared(3.5))  # the verdict
    assert list(compared(2.5)) != list(compared(2.5, "another"))
