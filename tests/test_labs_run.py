"""A lab's cells run whatever is answered: right, wrong and blank answers, next to each other.

That every cell stands under the right `lab.needs` is tested for all subsets of answers in
tests/test_labs_needs.py. Here whole labs are run, in one process and with tiny settings, and what
they show is compared with what their code says that they need: nothing answered, everything right,
and then pairwise: for two questions there are nine pairs of right, blank and wrong, and the few
runs of a lab have as many of these as a greedy choice finds: 95 % in lab 1, 62 % in lab 2, 52 to
53 % in the others.
Answers are those of the case banks, of another style and with another mistake in each run. nbval
executes the whole labs and solutions, with their own settings.
A class a lab, so that they are shared out among the test processes.
"""

import importlib
import itertools
import random
import re

import pytest
import tensorflow as tf

from tests.labs import IMPORTS, blocks_of, code_cells, numbers_of, question_in, uses_of
from tests.needs import names_in
from utils.checks import questions_of

INPUTS = [  # see tests/keys.py
    *("*/{lab}.ipynb", "tests/cases/{lab}.py"),
    *("utils/checks/*/{lab}.*", "utils/checks/*.toml"),
]

LEVELS = "right", "blank", "wrong"


class Undrawn:
    """Stands for a figure that was made and not drawn: nbval draws them all."""

    def __init__(self, figure, alt):
        self.alt = alt

    def __repr__(self):
        return f"Figure: {self.alt}"


# --- which answers --------------------------------------------------------------------------------


def pairs_of(levels):
    return set(itertools.combinations(levels.items(), 2))


def covering(names, runs):
    """Levels by name for each of so many runs: all blank, all right, then new pairs first."""
    rng = random.Random(0)
    array = [dict.fromkeys(names, level) for level in ("blank", "right")]
    seen = set().union(*map(pairs_of, array))
    while len(array) < runs:
        tries = ({name: rng.choice(LEVELS) for name in names} for _ in range(2000))
        array.append(max(tries, key=lambda levels: len(pairs_of(levels) - seen)))
        seen |= pairs_of(array[-1])
    return array


def share_of_pairs(array):
    count = len(array[0])
    return len(set().union(*map(pairs_of, array))) / (9 * count * (count - 1) / 2)


def defines(lab, source):
    return names_in(source)[1] & set(numbers_of(lab))


def answers_at(lab, levels, run):
    """{question: source} of the right and wrong answers; blank ones are left out."""
    bank = importlib.import_module(f"tests.cases.{lab}")
    answers = {}
    for place, (name, level) in enumerate(levels.items()):
        if level != "blank":
            named = (bank.RIGHT if level == "right" else bank.WRONG)[name].values()
            sources = [case if level == "right" else case[0] for case in named]
            # Some hold another question's answer as well.
            alone = [source for source in sources if not defines(lab, source) - {name}]
            answers[name] = IMPORTS + alone[(3 * run + place) % len(alone)]
    return answers


def pytest_generate_tests(metafunc):
    if "run_number" in metafunc.fixturenames:
        array = covering(numbers_of(metafunc.cls.lab), metafunc.cls.runs)
        names = ["-".join(level[0] for level in levels.values()) for levels in array]
        metafunc.parametrize("run_number, levels", list(enumerate(array)), ids=names)


# --- running --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("frees_graphs")
@pytest.mark.filterwarnings("ignore:Even though the `tf.config")
class LabRuns:
    """lab: its name; tiny: settings that take every cell through fast; figures: how many it shows;
    given: how many of these without any answer; runs: how often it is run, with other answers;
    share: of the pairs of levels that these runs have, in percent; empty: cells whose loop
    runs not at all with the settings of the quick profile;
    eager: run cells other than checks uncompiled, where compiling takes longer than tiny runs."""

    eager, given, runs, empty = False, 0, 5, ()

    @pytest.fixture
    def run(self, monkeypatch):
        """Runs the lab with answers by question (missing: the stub).

        Returns {cell: what it displayed} and {question: its result}.
        """
        shown = []
        monkeypatch.setattr("IPython.display.display", lambda each, **options: shown.append(each))
        monkeypatch.setattr("utils.plots._Picture", Undrawn)
        monkeypatch.delenv("COURSE_STRICT", raising=False)

        def cell_by_cell(answers):
            names, by_cell = {"__name__": "__main__"}, {}
            for number, cell in enumerate(code_cells("labs", self.lab)):
                source = answers.get(question_in(cell), cell.source)
                for name, value in self.tiny.items():
                    source = re.sub(rf"^{name} = .*", f"{name} = {value}", source, flags=re.M)
                tf.config.run_functions_eagerly(self.eager and "lab.check" not in source)
                shown.clear()
                try:
                    exec(compile(source, f"<{source[:40]}>", "exec"), names)
                except Exception as error:
                    raise AssertionError(f"this cell ended in an error:\n{source}") from error
                finally:
                    tf.config.run_functions_eagerly(False)
                by_cell[number] = [repr(each) for each in shown]
            return by_cell, names["lab"].results

        return cell_by_cell

    def test_tiny_settings_are_the_labs_settings(self):
        source = "\n".join(cell.source for cell in code_cells("labs", self.lab))
        assert all(re.search(rf"^{name} = ", source, re.M) for name in self.tiny)

    def test_share_of_pairs(self):
        array = covering(numbers_of(self.lab), self.runs)
        assert round(100 * share_of_pairs(array)) == self.share

    def test_run(self, run, run_number, levels):
        answers = answers_at(self.lab, levels, run_number)
        by_cell, results = run(answers)
        self.results_are_as_answered(results, levels, answers)
        self.cells_wait_for_what_they_need(by_cell, levels, answers)
        points = sum(result.points for result in results.values())
        out_of = questions_of(self.lab).points
        *_, (*_, score) = by_cell.values()
        assert score.endswith(f"Score: {points} of {out_of} points.")
        drawn = sum(each.startswith("Figure") for cell in by_cell.values() for each in cell)
        if set(levels.values()) == {"right"}:
            assert (points, drawn) == (out_of, self.figures)
        if set(levels.values()) == {"blank"}:
            assert (points, drawn) == (0, self.given)

    def results_are_as_answered(self, results, levels, answers):
        """Of answers that use others that are not right only the wrong ones' results are known."""
        uses = uses_of(self.lab, answers)
        for name, level in levels.items():
            state = results[name].state
            if all(levels[other] == "right" for other in uses.get(name, ())):
                assert state == {"blank": "unanswered"}.get(level, level), results[name]
            elif level == "wrong":
                assert state != "right", results[name]

    def cells_wait_for_what_they_need(self, by_cell, levels, answers):
        for block in blocks_of(self.lab, answers):
            needed = {levels[name] for name in block.needed}
            waits = any("This cell waits" in each for each in by_cell[block.cell])
            if needed <= {"right"}:
                assert not waits, f"cell {block.cell}: {by_cell[block.cell]}"
                ended = any("This cell ended" in each for each in by_cell[block.cell])
                assert not ended, f"cell {block.cell}: {by_cell[block.cell]}"
            if "blank" in {levels[name] for name in block.sure} and block.cell not in self.empty:
                assert waits, f"cell {block.cell} needs {block.sure}"


class TestLab1(LabRuns):
    lab = "lab1_identity_838"
    tiny = {"EPOCHS": "4", "LONG": "4", "NETWORKS": "2"}
    figures, runs, share = 6, 12, 95


class TestLab2(LabRuns):
    lab = "lab2_denoising_autoencoder"
    tiny = {
        "TRAINING_IMAGES": "320",
        "TEST_IMAGES": "20",
        "EPOCHS": "1",
        "SCORE_STEPS": "50",
        "LABELS": "(10,)",
    }
    figures, runs, share = 10, 6, 62


class TestLab3(LabRuns):
    lab = "lab3_vae"
    tiny = {
        "TRAINING_IMAGES": "256",
        "TEST_IMAGES": "200",
        "LATENTS": "3",
        "EPOCHS": "1",
        "DRAWS": "5",
        "LINEAR_DRAWS": "500",
        "BOUND_IMAGES": "10",
        "MAP_SIDE": "4",
    }
    figures, share, eager, empty = 12, 52, True, (38,)


class TestLab4(LabRuns):
    lab = "lab4_dcgan"
    tiny = {
        "TRAINING_IMAGES": "256",
        "EPOCHS": "2",
        "SET": "100",
        "POOL": "200",
        "PATHS": "10",
        "CLASSIFIER_EPOCHS": "1",
        "CLINIC_IMAGES": "64",
        "CLINIC_EPOCHS": "2",
    }
    figures, share, eager, empty = 12, 53, True, (33,)


class TestLab5(LabRuns):
    lab = "lab5_cyclegan"
    tiny = {
        "TRAINING_IMAGES": "12",
        "TEST_IMAGES": "22",
        "FILTERS": "2",
        "BLOCKS": "1",
        "PATCH_FILTERS": "2",
        "STEPS": "2",
        "EPOCHS": "2",
        "ABLATION_EPOCHS": "1",
    }
    figures, share, eager, given, empty = 5, 52, True, 1, (34,)


class TestLab6(LabRuns):
    lab = "lab6_pretext_tasks"
    tiny = {
        "TRAINING_IMAGES": "1_000",
        "TEST_IMAGES": "200",
        "EPOCHS": "1",
        "LABELS, SAMPLES": "5, 1",
    }
    figures, share = 7, 52
