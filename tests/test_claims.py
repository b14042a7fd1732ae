"""Claims: bounds hold or fail, and what can't fail is refused."""

import json

import numpy as np
import pytest

from utils.claims import ClaimFailed, Claims, number

INPUTS = []  # see tests/keys.py


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
