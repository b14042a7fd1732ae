"""`course bench`: its turns, its verdicts and its contestants. No test here times anything."""

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib

import nbformat
import numpy as np
import pytest

from tests.benching import run_command
from utils import ROOT
from utils.bench import contest, elbo, vae
from utils.bench.contest import Record, Speed

INPUTS = [
    "solutions/lab3_vae.ipynb",
    "utils/bench/*.py",
    "utils/command/*.py",
    "environment.yml",
]  # see tests/keys.py


# --- measuring ------------------------------------------------------------------------------


class Fake:
    def __init__(self, name, log, fail=False):
        self.name, self.log, self.fail = name, log, fail

    def turn(self, steps, skip):
        if self.fail:
            raise RuntimeError("no")
        self.log.append(self.name)
        return (1.0 * steps, 2.0 * steps), 7.0

    def held_out(self):
        return 5.0

    def close(self):
        self.log.append(f"{self.name} closed")


def test_contestants_take_turns_and_the_first_round_is_not_timed():
    log, told = [], []
    makers = {name: lambda seed, name=name: Fake(name, log) for name in "abc"}
    records = {name: Record() for name in makers}
    options = {"seeds": (0, 1), "rounds": 2, "steps": 4, "skip": 1}
    contest.contest(makers, records, on_turn=told.append, **options)
    assert log[:9] == list("abcbcacab") and log[9:12] == ["a closed", "b closed", "c closed"]
    assert len(told) == 18 and len(log) == 24
    for record in records.values():
        assert record.step_seconds == [1.0] * 4 and record.milliseconds == 1000
        assert record.core_milliseconds == 2000
        assert record.held_out == [5.0, 5.0] and record.curves == [[7.0] * 3] * 2


def test_contestants_are_closed_when_one_fails():
    log = []
    makers = {"a": lambda seed: Fake("a", log), "b": lambda seed: Fake("b", log, fail=True)}
    records = {name: Record() for name in makers}
    options = {"seeds": (0,), "rounds": 1, "steps": 4, "skip": 1}
    with pytest.raises(RuntimeError):
        contest.contest(makers, records, on_turn=lambda name: None, **options)
    assert log == ["a", "a closed", "b closed"]


def test_ratios_are_those_of_each_round():
    """A machine that slows down for some rounds changes no ratio."""
    load = np.array([1, 1, 5, 1, 9, 1, 1, 2])
    records = {"fast": Record(list(2.0 * load), [1, 1]), "slow": Record(list(3.0 * load), [2, 2])}
    row = contest.speed("x", records, "fast", "slow", 1.4)
    assert (row.ratio, row.low, row.high) == (1.5, 1.5, 1.5) and row.held
    assert row.core_ratio == 2
    records["slow"].step_seconds[0] = 20.0
    row = contest.speed("x", records, "fast", "slow")
    assert row.low == row.ratio == 1.5 and row.verdict == "shown"


@pytest.mark.parametrize(
    "row, bound, verdict",
    [
        (Speed("x", 1.4, 1.3, 1.5, 1.35), "at least 1.35", "held"),
        (Speed("x", 1.3, 1.2, 1.5, 1.35), "at least 1.35", "FAILED"),
        (Speed("x", 0.99, 0.96, 1.02, 1), "not slower", "held"),
        (Speed("x", 1.2, 1.1, 1.3, 1), "not slower", "held"),
        (Speed("x", 0.97, 0.95, 0.99, 1), "not slower", "FAILED"),
        (Speed("x", 0.8, 0.5, 1.3, 1), "not slower", "too noisy: give more --rounds"),
    ],
)
def test_verdicts_on_speed(row, bound, verdict):
    assert (row.bound, row.verdict, row.held) == (bound, verdict, verdict == "held")


def test_losses_may_differ_as_much_as_seeds_do():
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(1000):
        losses = {name: rng.normal(190, 2, 3) for name in "abcd"}
        alarms += sum(not row.held for row in contest.outcomes("x", losses, "a"))
    assert alarms <= 12  # of 3,000, at 0.1 %
    losses["d"] = losses["a"] + 20
    assert [row.held for row in contest.outcomes("x", losses, "a")] == [True, True, False]


def test_the_yardstick():
    images = np.random.default_rng(0).random((600, 28, 28, 1))
    noise = np.ones((600, 2))

    def encode(part):
        return np.full((len(part), 2), 3.0), np.full((len(part), 2), np.log(4.0))

    def decode(latents):
        assert (latents == 5).all()  # 3 + 2 * 1
        return np.full((len(latents), 28, 28, 1), 0.5)

    kl = 2 * 0.5 * (4 + 9 - 1 - np.log(4))
    expected = 784 * np.log(2) + kl
    assert elbo.negative_elbo(encode, decode, images, noise) == pytest.approx(expected)


# --- contestants ----------------------------------------------------------------------------


def test_only_solutions_and_imports_of_a_lab_are_executed(notebook):
    path = notebook(
        "lab",
        "import math\nfrom math import pi as number\nraise RuntimeError('trains for minutes')",
        "def doubled(x):\n    return math.pow(x, 1) * 2",
    )
    made = nbformat.read(path, 4)
    made.cells[1].metadata["nbgrader"] = {"solution": True, "grade_id": "doubled"}
    nbformat.write(made, path)
    names = contest.taught(path)
    assert names["doubled"](names["number"]) == 2 * np.pi


@pytest.fixture(scope="module")
def small():
    return vae.data(256, 64)


def test_the_lab_and_the_example_compute_the_same_loss(small):
    """Same weights, same yardstick: probabilities on one side, logits on the other."""
    example = vae.Example(small, 0)
    ours = vae.Ours(small, 0, contest.taught(vae.LAB)["VAE"])
    for name in ("encoder", "decoder"):
        theirs = getattr(example.model, name).get_weights()
        getattr(ours.model, name).set_weights(theirs[: len(getattr(ours.model, name).weights)])
    assert sum(np.size(w) for w in ours.model.get_weights()) > 100_000
    assert ours.held_out() == pytest.approx(example.held_out(), rel=1e-5)
    losses = [each.turn(1, 1)[1] for each in (example, ours)]
    assert losses[0] == pytest.approx(losses[1], rel=0.05)  # another order, other noise


def test_pytorch_has_the_same_network_and_start(small):
    """In processes of its own: one that has imported both PyTorch and TensorFlow can crash."""
    if reason := vae.without_torch():
        pytest.skip(reason)
    code = (
        "import json, torch\nfrom utils.bench.pytorch import Network\ntorch.manual_seed(0)\n"
        "weights = [each.detach().numpy() for each in Network().parameters()]\n"
        "print(json.dumps([[each.size, float(each.std())] for each in weights]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    example = vae.Example(small, 0)
    networks = example.model.encoder, example.model.decoder
    weights = [np.asarray(each) for network in networks for each in network.trainable_weights]
    ours = sorted((each.size, float(each.std())) for each in weights)
    theirs = sorted(map(tuple, json.loads(done.stdout)))
    assert np.allclose(ours, theirs, rtol=0.25)  # the smallest kernels have 32 numbers
    torch_side = vae.Torch(small, 0, 1)
    try:
        times, loss = torch_side.turn(2, 1)
        assert len(times) == 2 and 100 < loss < 800 and 100 < torch_side.held_out() < 800
    finally:
        torch_side.close()
    assert torch_side.process.poll() is not None


def test_without_pytorch_it_says_how_to_get_it(monkeypatch):
    def version(name):
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert "torch==2.13.0" in vae.without_torch() and "\n" not in vae.without_torch()
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "2.13.0+cpu")
    assert vae.without_torch() is None
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "2.1.0")
    assert "version 2.1.0 is installed" in vae.without_torch()
    monkeypatch.setattr("utils.runtime.cpu_flags", lambda: frozenset({"avx2"}))
    assert "no bfloat16" in contest.without_bfloat16()


def test_pytorch_is_no_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["optional-dependencies"]["bench"] == [f"torch=={vae.TORCH}"]
    assert not any("torch" in line for line in project["dependencies"])
    for path in (*ROOT.glob("requirements*.txt"), ROOT / "environment.yml"):
        assert not re.search(r"^\W*torch\b", path.read_text(), re.M)


# --- the command ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def result():
    """A tiny run of everything but PyTorch."""
    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("utils.bench.vae.TOY_STEPS", 3)
        patch.setattr(vae, "without_torch", lambda: "PyTorch eager is left out.")
        options = {"rounds": 1, "seeds": (0, 1), "sizes": (768, 64), "steps": 2, "epochs": 1}
        ran = vae.vae(on_turn=lambda *facts: told.append(facts), **options)
    assert [done for _, done, _ in told] == list(range(told[0][2]))
    return ran


@pytest.mark.parametrize("slow", [False, True])
def test_the_command(slow, result, tmp_path, monkeypatch, capsys):
    """Tables, JSON and exit status."""
    kept = run_command("vae", 10, result, slow, tmp_path, monkeypatch)
    out = capsys.readouterr().out
    assert "PyTorch eager is left out." in out and "turns done" in out
    assert ("FAILED" in out) == slow
    assert "PyTorch eager is left out." in kept["notes"]  # beside what this processor lacks
    for name in ("Keras example", "ours", "toy: ours with XLA"):
        facts = kept["contestants"][name]
        assert len(facts["step_seconds"]) == 2 and len(facts["curves"]) == 2
        assert np.isfinite(facts["held_out"]).all()
    assert len(kept["speeds"]) >= 3 and kept["steps"]["vae"] == 2 * (2 + vae.SKIP)
