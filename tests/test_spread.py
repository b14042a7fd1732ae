"""Numbers and figures are compared within what was measured on other processors."""

import json
import platform

import nbformat
import numpy as np
import pytest

from utils import ROOT, plots
from utils.authoring import machines, spread
from utils.claims import Claim, Numbers, Table

LONG = "Squares beside each other, each in a shade between black and white."


def output(shown):
    return {"output_type": "display_data", "data": {"text/html": shown._repr_html_()}}


def numbers(*values):
    rows = {"width 1": values[:2], "width 2": values[2:]}
    return [output(Numbers(rows, ["PCA", "deep"], "", 0.1))]


def claimed(value, text="error & loss"):
    return [output(Table([Claim(text, value, at_most=2.0)]))]


def shades(values, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    figure, ax = plots.new_figure(title="shades", height=2)
    plots.image_row(ax, np.reshape(values, (-1, 1, 1)))
    plots.show(figure, LONG)
    return [output(shown[0])]


def test_numbers_without_a_spread_are_compared_within_their_tolerance():
    stored = numbers(1, 20, 3, 40)
    assert spread.compare(stored, numbers(1.2, 20, 3, 37)) == []
    moved = spread.compare(stored, numbers(1, 20, 3.4, 45))
    assert [line.split(":")[0] for line in moved] == ["width 2, PCA", "width 2, deep"]
    assert "measured 45, stored 40: allowed is 36 to 44" in moved[1]


@pytest.mark.parametrize(
    "known, value, held",
    [
        (None, 1.15, True),  # a tenth of the bound
        (None, 1.25, False),
        ([1, 1, 1], 1.03, True),  # no setting has moved it: a fifth of that
        ([1, 1, 1], 1.05, False),
        ([1, 0.99, 1], 1.19, True),  # a setting has moved it a little: the tenth counts
        ([1, 0.99, 1], 1.21, False),
        ([1, 0.9, 1.1], 1.69, True),  # three times the range that was measured, on both sides
        ([1, 0.9, 1.1], 0.31, True),
        ([1, 0.9, 1.1], 1.71, False),
        ([1, 0.9, 1.1], 0.29, False),
        ([2, 0.5, 2.5], 1.25, False),  # measured of another stored number: it does not count
    ],
)
def test_a_claim_is_compared_within_its_spread(known, value, held):
    label = "error &amp; loss"
    problems = spread.compare(claimed(1.0), claimed(value), known and {label: known})
    assert (problems == []) is held
    if known == [1, 0.9, 1.1] and not held:
        assert "stored 1, on other processors 0.9 to 1.1" in problems[0]


def test_a_row_may_move_as_far_as_others_of_its_column():
    known = {"width 1, PCA": [1, 1, 1], "width 2, PCA": [3, 2, 3.5]}
    known |= {"width 1, deep": [20, 20, 20], "width 2, deep": [40, 40, 40]}
    stored = numbers(1, 20, 3, 40)
    assert spread.compare(stored, numbers(2.4, 20.7, 3, 40), known) == []
    moved = spread.compare(stored, numbers(2.6, 20.9, 3, 40), known)
    assert [line.split(":")[0] for line in moved] == ["width 1, PCA", "width 1, deep"]


def test_of_a_share_a_few_may_fall_otherwise():
    def share(value):
        return [output(Table([Claim("share", value, at_least=0.005, of=360)]))]

    for value, held in ((0.0284, True), (0.0383, True), (0.0216, False), (0.0384, False)):
        moved = spread.compare(share(0.03), share(value), {"share": [0.03, 0.03, 0.03]})
        assert (not moved) == held, value


def test_nan_is_never_allowed():
    assert spread.compare(claimed(1.0), claimed(float("nan")), {"error &amp; loss": [1, 0, 2]})


def test_a_figure_is_compared_by_pixels_and_by_its_look(monkeypatch):
    """Where pixels depend on the processor, brightness, contrast and sharpness still count."""
    stored, other, dark, even = (
        shades(values, monkeypatch)
        for values in ([0, 1, 0.2, 0.8], [1, 0, 0.8, 0.2], [0.1, 0.2, 0, 0.1], [0.5] * 4)
    )
    assert spread.compare(stored, stored) == []
    told = spread.compare(stored, other)
    assert len(told) == 1 and told[0].startswith("figure 1, difference: measured")
    found = {"one": spread.readings(other, stored)}
    known = machines.ranges(stored, found)
    assert spread.compare(stored, other, known) == []
    for wrong in (dark, even):
        labels = {line.split(":")[0] for line in spread.compare(stored, wrong, known)}
        assert labels & {"figure 1, brightness", "figure 1, contrast", "figure 1, sharpness"}
    redrawn = known | {"figure 1, brightness": [1.0, 1.0, 1.0]}  # the stored one was another
    assert spread.compare(stored, other, redrawn) == told
    assert "0 figures instead of 1" in spread.compare(stored, numbers(1, 2, 3, 4))
    assert "2 figures instead of 1" in spread.compare(stored, stored + stored)


def notebook(folder, *outputs):
    cell = nbformat.v4.new_code_cell("pass", execution_count=1)
    cell.id, cell.outputs = "cell-0", [nbformat.from_dict(o) for each in outputs for o in each]
    for each in cell.outputs:
        each.metadata = {}
    path = folder / "notebooks" / "made.ipynb"
    path.parent.mkdir(exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    return path


def test_what_settings_gave_is_kept_and_shown(tmp_path, monkeypatch):
    """Two settings, one of which moves a claim; then another notebook beside it."""
    monkeypatch.setattr(spread, "FILE", tmp_path / "spread.json")
    monkeypatch.setattr(machines, "RESULTS", tmp_path / "results.md")
    monkeypatch.setattr(machines, "ROOT", tmp_path)
    spread.FILE.write_text('{"notebooks/gone": {"processor": "", "settings": [], "cells": {}}}')
    monkeypatch.setattr(machines, "SETTINGS", {"plain": {}, "other": {"OTHER": "1"}, "same": {}})
    monkeypatch.setattr(machines, "fingerprint", str)
    path = notebook(tmp_path, claimed(1.0), numbers(1, 2, 3, 4))
    said = []

    def execute(paths, environment):
        """As pytest with the plugin: the outputs of each cell, in a file."""
        value = 1.2 if "OTHER" in environment else 1.0
        line = {"notebook": "notebooks/made", "cell": "cell-0"}
        line["outputs"] = claimed(value) + numbers(1, 2, 3, 4)
        file = f"{environment['COURSE_SPREAD']}/1.jsonl"
        with open(file, "w") as out:
            out.write(json.dumps(line) + "\n")
        return value > 1, "FAILED made.ipynb::Cell 3 - a claim\n" if value > 1 else ""

    monkeypatch.setattr(machines, "execute", execute)
    failures = machines.measure([path], say=said.append)
    assert failures == ["other: FAILED made.ipynb::Cell 3 - a claim"]
    assert [line.split(",")[0] for line in said[:2]] == ["1 of 3", "2 of 3"]
    assert said[2] == "3 of 3, same: computes as 'plain' to the last bit, so it is not run"
    assert "1 of 10 numbers" in said[3]  # 1.2, where all others are 1
    assert list(spread.read(spread.FILE)) == ["notebooks/made"]
    known = spread.read(spread.FILE)["notebooks/made"]["cell-0"]
    assert known["error &amp; loss"] == [1.0, 1.0, 1.2]
    assert known["width 2, deep"] == [4.0, 4.0, 4.0]
    assert '"error &amp; loss": [1.0, 1.0, 1.2]' in spread.FILE.read_text()
    machines.RESULTS.write_text(f"before\n{machines.BEGIN}\nold\n{machines.END}\nafter\n")
    for _ in range(2):
        machines.put_into_results()
    told = machines.RESULTS.read_text()
    assert told.startswith("before\n") and told.endswith("\nafter\n") and "old" not in told
    assert "| notebooks/made | 2 | 5 | 1 | 1 | 0 | 0 |" in told
    assert "Settings: plain; other." in told
    assert "| notebooks/made | error & loss | 1 | 1 | 1.2 | at most 2 |" in told


def test_settings_under_which_nothing_runs_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(machines, "execute", lambda paths, environment: (1, "no kernel"))
    monkeypatch.setattr(machines, "fingerprint", str)
    with pytest.raises(RuntimeError, match="nothing was executed with .*: no kernel"):
        machines.measure([notebook(tmp_path, claimed(1.0))])


@pytest.mark.parametrize("path", machines.executed(), ids=machines.name_of)
def test_every_stored_number_has_a_spread_of_its_own(path):
    """Measured since the cell and its outputs changed: else `course test --machines PATH`."""
    known, stale = spread.read().get(machines.name_of(path), {}), []
    for cell, outputs in machines.load(path).items():
        stored = spread.readings(outputs, outputs)
        missing = stored.keys() - spread.measured_of(stored, known.get(cell, {})).keys()
        stale += [f"{label} in cell {cell}" for label in missing]
    assert not stale, f"{len(stale)} without: call ./course test --machines {path}"


def test_the_spread_is_of_what_there_is():
    known = spread.read()
    assert known.keys() == {machines.name_of(path) for path in machines.executed()}
    for notebook, cells in known.items():
        assert cells.keys() <= machines.load(ROOT / f"{notebook}.ipynb").keys()


@pytest.mark.skipif(platform.machine() != "x86_64", reason="oneDNN's instruction sets are x86's")
def test_settings_compute_otherwise():
    """Threads and instruction sets reach the kernels; the same setting computes the same."""
    plain, again, other = (
        machines.fingerprint(environment)
        for environment in ({}, {}, machines.SETTINGS["one thread, without oneDNN"])
    )
    assert plain == again != other
    assert machines.fingerprint({"COURSE_ROUNDING": "1"}) not in (plain, other)
