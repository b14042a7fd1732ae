"""How `course bench vae`, `dcgan` and `cyclegan` measure whether the steps of Labs 3 to 5 are fast.

Contestants train in turns of a few steps, in one process (PyTorch, and all of `cyclegan`: in their
own, which sleep between their turns), so that whatever else the machine does hits all of them. What
is compared is the ratio of times within a round; its median and an interval over rounds are shown.
A fast step that learns something else has won nothing, so losses are compared, too.
"""

import ast
import itertools
import os
import time
from dataclasses import dataclass, field

import numpy as np

from utils.notebooks.lines import LineProcess

EXAMPLE, OURS, MIXED = "Keras example", "ours", "ours, bfloat16"  # contestants of several


@dataclass
class Record:
    """What was measured of one contestant: times per step by round, losses by seed."""

    step_seconds: list = field(default_factory=list)
    step_core_seconds: list = field(default_factory=list)  # of computing, summed over cores
    held_out: list = field(default_factory=list)
    curves: list = field(default_factory=list)  # the training loss of each turn, one list a seed

    @property
    def milliseconds(self):
        return 1000 * float(np.median(self.step_seconds))

    @property
    def core_milliseconds(self):
        return 1000 * float(np.median(self.step_core_seconds))


@dataclass(frozen=True)
class Speed:
    """One comparison of times: how many times as fast, its interval, its bound and the verdict."""

    text: str
    ratio: float
    low: float
    high: float
    at_least: float | None
    core_ratio: float | None = None  # of core times, which other programs change less: shown

    @property
    def bound(self):
        if self.at_least is None:
            return "-"
        return "not slower" if self.at_least == 1 else f"at least {self.at_least:g}"

    @property
    def held(self):
        if self.at_least == 1:  # equal work: the noise decides which of them is a hair faster
            return self.high >= 1 and self.low >= 0.9
        return self.at_least is None or self.ratio >= self.at_least

    @property
    def verdict(self):
        if self.at_least is None:
            return "shown"
        if self.at_least == 1 and self.low < 0.9 and self.high >= 1:
            return "too noisy: give more --rounds"
        return "held" if self.held else "FAILED"


@dataclass(frozen=True)
class Outcome:
    """One comparison of losses on held-out data, in nats per example."""

    text: str
    difference: float
    allowed: float

    @property
    def held(self):
        return abs(self.difference) <= self.allowed

    @property
    def verdict(self):
        return "held" if self.held else "FAILED"


@dataclass(frozen=True)
class Share:
    """A first step's time or a peak of memory, as a share of another contestant's."""

    text: str
    share: float
    at_most: float | None

    @property
    def held(self):
        return self.at_most is None or self.share <= self.at_most

    @property
    def verdict(self):
        if self.at_most is None:
            return "shown"
        return "held" if self.held else "FAILED"


# --- measuring ------------------------------------------------------------------------------


def now():
    """Seconds on the clock, and of computing in this process, summed over its threads."""
    return time.perf_counter(), time.process_time()


def contest(makers, records, *, seeds, rounds, steps, skip, on_turn):
    """Train all contestants in turns; writes into `records`.

    Args:
        makers: dict of name to function of a seed, which gives a contestant with
            `turn(steps, skip) -> ((seconds, core seconds), mean loss)`, `held_out() -> nats`
            and `close()`.
        rounds: timed rounds for each seed, after a first one that is not timed.
        steps, skip: steps in a turn that are timed, and before these steps that are not.
        on_turn: called with the name before each turn.
    """
    for seed in seeds:
        running = {}
        try:
            for name, make in makers.items():
                running[name] = make(seed)
                records[name].curves.append([])
            for number in range(rounds + 1):
                names = list(running)
                shift = number % len(names)  # nobody is always the first
                for name in names[shift:] + names[:shift]:
                    on_turn(name)
                    times, loss = running[name].turn(steps, skip)
                    records[name].curves[-1].append(float(loss))
                    if number:
                        records[name].step_seconds.append(times[0] / steps)
                        records[name].step_core_seconds.append(times[1] / steps)
            for name, each in running.items():
                records[name].held_out.append(each.held_out())
        finally:
            for each in running.values():
                each.close()


def speed(text, records, fast, slow, at_least=None):
    """How many times as fast `fast` is: the median over rounds and its 90 % bootstrap interval."""
    ratios = np.divide(records[slow].step_seconds, records[fast].step_seconds)
    draws = np.random.default_rng(0).choice(ratios, (4000, len(ratios)))
    low, high = np.quantile(np.median(draws, axis=1), [0.05, 0.95])
    core = records[slow].core_milliseconds / records[fast].core_milliseconds
    return Speed(text, float(np.median(ratios)), float(low), float(high), at_least, core)


def outcomes(text, losses, reference):
    """Losses by seed against those of `reference`: a two-sided t-test at 0.1 % for each.

    losses: dict of name to list. The spread over seeds is pooled over contestants, since three
    seeds alone say little about it.
    """
    from scipy import stats

    losses = {name: np.array(each) for name, each in losses.items()}
    seeds = len(losses[reference])
    spread = np.sqrt(np.mean([np.var(each, ddof=1) for each in losses.values()]))
    factor = stats.t.ppf(1 - 0.0005, len(losses) * (seeds - 1))
    allowed = float(factor * spread * np.sqrt(2 / seeds))
    return [
        Outcome(
            f"{text}: {name} - {reference}", float(each.mean() - losses[reference].mean()), allowed
        )
        for name, each in losses.items()
        if name != reference
    ]


# --- what takes part ------------------------------------------------------------------------


def taught(path):
    """The names that a notebook's solution cells define, with the imports of its other cells."""
    import nbformat

    names = {"__name__": "lab"}
    for cell in nbformat.read(path, 4).cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        if not cell.metadata.get("nbgrader", {}).get("solution"):
            tree.body = [
                each for each in tree.body if isinstance(each, ast.Import | ast.ImportFrom)
            ]
        exec(compile(tree, str(path), "exec"), names)
    return names


def without_bfloat16(name=MIXED):
    """Why what trains in bfloat16 does not take part, or None where it does."""
    from utils.runtime import has_bfloat16

    if has_bfloat16():
        return None
    return f"{name} is left out: this CPU has no bfloat16 instructions, so nothing is gained."


class Process(LineProcess):
    """A contestant that is a Python process of its own.

    It says that it is ready, and then answers `turn` as a contestant does, and an empty question
    with what it has measured. Further arguments are variables of its environment.
    """

    def __init__(self, module, *arguments, **environment):
        super().__init__(module, *arguments, env=os.environ | environment)
        try:
            self.answer()
        except BaseException:
            self.close()
            raise

    def turn(self, steps, skip):
        return self.ask({"steps": steps, "skip": skip})

    def held_out(self):
        return self.ask({})

    def close(self):
        self.stop()


class OtherWork:
    """How much of the cores other programs take from now on."""

    def __init__(self):
        self.began = self._now()

    @staticmethod
    def _now():
        import psutil

        times, own = psutil.cpu_times(), psutil.Process().cpu_times()
        ours = own.user + own.system + own.children_user + own.children_system
        busy = times.user + times.system + getattr(times, "nice", 0)
        return np.array([time.monotonic(), busy - ours])

    def note(self):
        wall, others = self._now() - self.began
        share = others / (wall * os.cpu_count())
        if share > 0.1:
            yield (
                f"Other programs took about {share:.0%} of the cores: ratios are shaky. Close them "
                "and measure again."
            )


# --- for the commands ---------------------------------------------------------------------------


def on_the_cpu():
    """TensorFlow without its log lines, and without a GPU."""
    from utils.runtime import import_tensorflow

    tf, _ = import_tensorflow()
    tf.config.set_visible_devices([], "GPU")


def counted(on_turn, every):
    """A function of a name that calls on_turn(name, turns done, turns in all)."""
    numbers = itertools.count()
    return lambda name: on_turn(name, next(numbers), every)


def agreement(records, names, reference, kind=""):
    """Do these learn the same as `reference`? At the end, and over the timed turns."""
    ended = {name: records[name].held_out for name in names}
    way = {name: [np.mean(c[1:]) for c in records[name].curves] for name in names}
    return outcomes(f"{kind}held-out", ended, reference) + outcomes(
        f"{kind}training, mean of all turns", way, reference
    )
