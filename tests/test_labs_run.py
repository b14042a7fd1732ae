"""A lab's cells run whatever is answered: nothing, parts, right answers of any style, wrong ones.

The cells are executed here, in one process and with tiny settings; nbval executes the whole labs.
A class a lab, so that they are shared out among the test processes.
"""

import functools
import importlib
import itertools
import re

import nbformat
import pytest
import tensorflow as tf

from tests.test_notebooks import ROOT
from utils.checks import Question, questions_of
from utils.claims import ClaimFailed

IMPORTS = "import math\nfrom keras import layers, ops\n"


def code_cells(folder, lab):
    cells = nbformat.read(ROOT / folder / f"{lab}.ipynb", 4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


@functools.cache
def solutions_of(lab):
    cells = [
        (cell.metadata.get("nbgrader", {}), cell.source) for cell in code_cells("solutions", lab)
    ]
    return {about["grade_id"]: source for about, source in cells if about.get("solution")}


class Undrawn:
    """Stands for a figure that was made and not drawn: nbval draws them all."""

    def __init__(self, figure, alt):
        self.alt = alt

    def __repr__(self):
        return f"Figure: {self.alt}"


def pytest_generate_tests(metafunc):
    """Cases of a lab: chosen questions, styles of its right answers, its mistakes."""
    if metafunc.cls is None:
        return
    lab, bank = metafunc.cls, importlib.import_module(f"tests.cases.{metafunc.cls.lab}")
    names = list(questions_of(lab.lab))
    if "answered" in metafunc.fixturenames:
        count = len(names)
        few = itertools.combinations(names, 3)
        subsets = [
            *itertools.combinations(names, 1),
            *itertools.islice(itertools.combinations(names, count - 1), 0, None, lab.left_out),
            *itertools.islice(few, 0, None, lab.every),
        ]
        metafunc.parametrize("answered", subsets, ids=lambda chosen: "+".join(chosen))
    if "turn" in metafunc.fixturenames:
        styles = max(map(len, bank.RIGHT.values()))
        metafunc.parametrize("turn", range(0, styles, lab.turns))
    if "mistake" in metafunc.fixturenames:
        wrong = [(q, name) for q, named in bank.WRONG.items() for name in named]
        metafunc.parametrize("mistake", wrong[:: lab.every], ids=lambda case: "-".join(case))


@pytest.mark.usefixtures("frees_graphs")
@pytest.mark.filterwarnings("ignore:Even though the `tf.config")
class LabRuns:
    """lab: its name; tiny: settings that take every cell through fast; figures: how many it shows;
    given: how many of these without any answer;
    uses: {question: those that its answer may call}; every: test every so many-th case;
    turns: go through every so many-th style of right answers; left_out: leave out every so many-th
    answer alone; eager: run cells other than checks
    uncompiled, where compiling takes longer than tiny runs."""

    uses, turns, left_out, eager, given = {}, 1, 1, False, 0

    def judged_once(self, sources):
        """`Question.judge` that judges the same answer, with the same others to call, only once.

        What a check says of an answer is tested in tests/test_checks.py; here it is a state of the
        lab, which the cells below react to.
        """
        judge, verdicts = Question.judge, self.__class__.__dict__.get("verdicts", {})
        self.__class__.verdicts = verdicts

        def all_used(name):
            return [name, *(each for used in self.uses.get(name, ()) for each in all_used(used))]

        def told(question, answers, seed=0):
            used = all_used(question.name)
            key = question.name, seed, tuple(sources.get(name) for name in used)
            if key not in verdicts:
                verdicts[key] = judge(question, answers, seed)
            return verdicts[key]

        return told

    @pytest.fixture
    def run(self, monkeypatch):
        """Runs the lab with answers by question (missing: the stub); returns what it displayed."""
        shown, sources = [], {}
        monkeypatch.setattr("utils.checks.Question.judge", self.judged_once(sources))
        monkeypatch.setattr("IPython.display.display", lambda each, **options: shown.append(each))
        monkeypatch.setattr("utils.plots._Picture", Undrawn)
        monkeypatch.delenv("COURSE_STRICT", raising=False)

        def cell_by_cell(answers):
            shown.clear()
            sources.clear()
            sources.update(answers)
            names = {"__name__": "__main__"}
            for cell in code_cells("labs", self.lab):
                question = cell.metadata.get("nbgrader", {}).get("grade_id")
                source = answers.get(question, cell.source)
                for name, value in self.tiny.items():
                    source = re.sub(rf"^{name} = .*", f"{name} = {value}", source, flags=re.M)
                tf.config.run_functions_eagerly(self.eager and "lab.check" not in source)
                try:
                    exec(compile(source, f"<{source[:40]}>", "exec"), names)
                except ClaimFailed:
                    pass  # tiny settings hold no claim
                except Exception as error:
                    raise AssertionError(f"this cell ended in an error:\n{source}") from error
                finally:
                    tf.config.run_functions_eagerly(False)
            return [repr(each) for each in shown]

        return cell_by_cell

    @pytest.fixture
    def solutions(self):
        return solutions_of(self.lab)

    @property
    def full_score(self):
        points = questions_of(self.lab).points
        return f"Score: {points} of {points} points."

    def test_tiny_settings_are_the_labs_settings(self):
        source = "\n".join(cell.source for cell in code_cells("labs", self.lab))
        assert all(re.search(rf"^{name} = ", source, re.M) for name in self.tiny)

    def test_unanswered(self, run):
        shown = run({})
        assert shown[-1].endswith(f"Score: 0 of {questions_of(self.lab).points} points.")
        assert sum("Figure" in each for each in shown) == self.given
        assert not any("Error" in each for each in shown)

    def test_all_right(self, run, solutions):
        shown = run(solutions)
        assert shown[-1].endswith(self.full_score)
        assert sum(each.startswith("Figure") for each in shown) == self.figures
        assert not any("waits" in each for each in shown)

    def test_some_answered(self, run, solutions, answered):
        shown = run({name: solutions[name] for name in answered})
        for each in shown:  # an answer may use an open one; nothing answered is wrong by itself
            if "not right yet" in each:
                assert any(set(self.uses.get(name, ())) - set(answered) for name in answered), each
        # No cell needs the last question of lab 1 alone.
        assert any("waits" in each for each in shown) or len(answered) > 3

    def test_right_answers_of_any_style(self, run, turn):
        """Every right answer of the bank goes through all cells, one of each question at a time."""
        bank = importlib.import_module(f"tests.cases.{self.lab}")
        chosen = {
            question: IMPORTS + list(named.values())[turn % len(named)]
            for question, named in bank.RIGHT.items()
        }
        shown = run(chosen)
        assert shown[-1].endswith(self.full_score), shown[-1]
        assert sum(each.startswith("Figure") for each in shown) == self.figures

    def test_wrong_answers_stop_nothing(self, run, solutions, mistake):
        question, name = mistake
        bank = importlib.import_module(f"tests.cases.{self.lab}")
        shown = run(solutions | {question: IMPORTS + bank.WRONG[question][name][0]})
        assert not shown[-1].endswith(self.full_score)


class TestLab1(LabRuns):
    lab = "lab1_identity_838"
    tiny = {"EPOCHS": "4", "LONG": "4", "NETWORKS": "2"}
    figures, uses, every = 5, {"train": ["sum_squared_error"]}, 6


class TestLab2(LabRuns):
    lab = "lab2_denoising_autoencoder"
    tiny = {
        "TRAINING_IMAGES": "320",
        "TEST_IMAGES": "20",
        "EPOCHS": "1",
        "SCORE_STEPS": "50",
        "LABELS": "(10,)",
    }
    figures, uses, every, turns = 9, {"training_pairs": ["add_gaussian_noise"]}, 80, 12
    left_out = 5


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
    figures, every, turns, left_out, eager = 12, 160, 20, 5, True
    uses = {
        "Sampling": ["reparameterize"],
        "negative_elbo": ["kl_divergence"],
        "VAE": ["kl_divergence", "Sampling", "negative_elbo"],
        "outlier_score": ["negative_elbo"],
    }


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
    figures, every, turns, left_out, eager = 12, 160, 20, 5, True


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
    figures, every, turns, left_out, eager, given = 5, 160, 20, 5, True, 1
    layers = ["reflection_pad", "InstanceNormalization"]
    uses = {
        "build_generator": layers,
        "build_discriminator": ["InstanceNormalization"],
        "CycleGAN": ["adversarial_loss", "cycle_loss", "identity_loss", "ImagePool"],
    }
