"""`course bench vae`, `dcgan` and `cyclegan`: are the steps that Labs 3, 4 and 5 teach fast?

Contestants train in turns of a few steps, in one process (PyTorch, and all of `cyclegan`: in their
own, which sleep between their turns), so that whatever else the machine does hits all of them. What
is compared is the ratio of times within a round; its median and an interval over rounds are shown.
A fast step that learns something else has won nothing, so losses are compared, too.
"""

import ast
import importlib.metadata
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
LAB = ROOT / "solutions" / "lab3_vae.ipynb"
TORCH = "2.13.0"
BATCH = 128
SKIP = 4  # steps at the begin of a turn that are not timed: caches are another contestant's
EXAMPLE, OURS, MIXED, EAGER = "Keras example", "ours", "ours, bfloat16", "PyTorch eager"
PLAIN, WHOLE, XLA = "toy: plain fit", "toy: ours", "toy: ours with XLA"


@dataclass
class Data:
    """train: uint8 images; test: float32 images in [0, 1]; noise: draws for the test's latents."""

    train: np.ndarray
    test: np.ndarray
    noise: np.ndarray


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


def negative_elbo(encode, decode, images, noise):
    """The same yardstick for all: negative ELBO in nats per image, in float64.

    encode: images to (mean, log_var); decode: float32 latents to probabilities (n, 28, 28, 1);
    noise: (n, latents), the draws from N(0, I) that are used.
    """
    total, parts = 0.0, -(-len(images) // 500)
    for part, draws in zip(
        np.array_split(images, parts), np.array_split(noise, parts), strict=True
    ):
        mean, log_var = encode(part)
        chances = decode((mean + np.exp(0.5 * log_var) * draws).astype("float32"))
        chances = np.clip(chances, 1e-7, 1 - 1e-7)
        total -= np.sum(part * np.log(chances) + (1 - part) * np.log(1 - chances))
        total += 0.5 * np.sum(np.exp(log_var) + mean**2 - 1 - log_var)
    return float(total / len(images))


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


def taught(path=LAB):
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


def data(count=10_000, test=2_000):
    from utils.data import load_arrays

    images = load_arrays("glyphs", "train", count=count)["image"]
    held_out = load_arrays("glyphs", "test", count=test)["image"]
    noise = np.random.default_rng(0).normal(size=(len(held_out), 2))
    return Data(np.round(images * 255).astype("uint8"), held_out, noise)


def without_torch():
    """Why PyTorch does not take part and what to do, or None where it does."""
    try:
        found = importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        found = None
    if found and found.split("+")[0] == TORCH:
        return None
    found = f"version {found} is installed" if found else "it is not installed"
    return (
        f"{EAGER} is left out: {found}. To measure it, too: "
        f".uv/bin/uv pip install --python .venv --torch-backend cpu torch=={TORCH}"
    )


def without_bfloat16(name=MIXED):
    """Why what trains in bfloat16 does not take part, or None where it does."""
    from utils.runtime import has_bfloat16

    if has_bfloat16():
        return None
    return f"{name} is left out: this CPU has no bfloat16 instructions, so nothing is gained."


class Process:
    """A contestant that is a Python process of its own, asked and answering in JSON lines.

    Args:
        module: str, what it runs: `python -m module *arguments`. It says that it is ready, and then
            answers `turn` as a contestant does, and an empty question with what it has measured.
        environment: variables for it alone.
    """

    def __init__(self, module, *arguments, **environment):
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            self._answer()
        except BaseException:
            self.close()
            raise

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("The process of a contestant ended; what it said is above.")
        return json.loads(line)

    def ask(self, **question):
        print(json.dumps(question), file=self.process.stdin, flush=True)
        return self._answer()

    def turn(self, steps, skip):
        return self.ask(steps=steps, skip=skip)

    def held_out(self):
        return self.ask()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Torch(Process):
    """The PyTorch process, seen from here."""

    def __init__(self, data, seed, threads):
        self.folder = tempfile.TemporaryDirectory()
        file = Path(self.folder.name) / "data.npz"
        np.savez(file, **vars(data))
        # Threads that spin while they wait take the cores from everything else on the machine,
        # and from each other: beside other work, PyTorch's steps took up to ten times as long.
        arguments = str(file), str(seed), str(threads)
        super().__init__("utils.bench_torch", *arguments, OMP_WAIT_POLICY="PASSIVE")

    def close(self):
        super().close()
        self.folder.cleanup()


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


# --- the commands ---------------------------------------------------------------------------


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


def vae(*, rounds=10, seeds=(0, 1, 2), lab=LAB, sizes=(), steps=25, epochs=2, on_turn):
    """Run everything; returns what `show` and `save` take.

    Args:
        rounds: timed rounds for each seed. sizes: arguments of `data`.
        steps: timed steps of the VAE in a turn. epochs: timed epochs of the toy in a turn.
        on_turn: called with (name, turns done, turns in all).
    """
    on_the_cpu()
    from utils import bench_keras, runtime

    names, held = taught(lab), data(*sizes)
    threads = runtime.cores()
    makers = {
        EXAMPLE: lambda seed: bench_keras.Example(held, seed),
        OURS: lambda seed: bench_keras.Ours(held, seed, names["VAE"]),
        MIXED: lambda seed: bench_keras.Ours(held, seed, names["VAE"], "mixed_bfloat16"),
        EAGER: lambda seed: Torch(held, seed, threads),
    }
    notes = {MIXED: without_bfloat16(), EAGER: without_torch()}
    notes = {name: note for name, note in notes.items() if note}
    makers = {name: make for name, make in makers.items() if name not in notes}
    toys = {
        PLAIN: bench_keras.PlainToy,
        WHOLE: bench_keras.WholeToy,
        XLA: lambda seed: bench_keras.WholeToy(seed, jit_compile=True),
    }
    records = {name: Record() for name in [*makers, *toys]}
    few = -(-rounds // 3)  # a toy's turns are short, but its compiling isn't
    every = len(seeds) * (len(makers) * (rounds + 1) + len(toys) * (few + 1))
    toy_steps = bench_keras.TOY_STEPS
    options = {"seeds": seeds, "on_turn": counted(on_turn, every)}
    busy = OtherWork()
    contest(makers, records, rounds=rounds, steps=steps, skip=SKIP, **options)
    contest(toys, records, rounds=few, steps=epochs * toy_steps, skip=toy_steps, **options)
    speeds = [speed("ours over the Keras example", records, OURS, EXAMPLE, 1)]
    if MIXED in makers:
        text = "ours in bfloat16 over the Keras example"
        speeds.append(speed(text, records, MIXED, EXAMPLE, 1.35))
    if EAGER in makers:
        speeds.append(speed("ours over PyTorch eager", records, OURS, EAGER, 1.5))
    speeds.append(speed("toy: ours over plain fit", records, WHOLE, PLAIN, 3))
    speeds.append(speed("toy: ours with XLA over plain fit", records, XLA, PLAIN))
    losses = agreement(records, makers, EXAMPLE) + agreement(records, toys, PLAIN)
    notes = [*notes.values(), *busy.note()]
    vae_steps, toy_steps = (rounds + 1) * (steps + SKIP), (few + 1) * (epochs + 1) * toy_steps
    return {
        "name": "vae",
        "records": records,
        "speeds": speeds,
        "losses": losses,
        "notes": notes,
        "threads": threads,
        "steps": {"vae": vae_steps, "toy": toy_steps},
    }


def dcgan(**options):
    """`bench_dcgan.dcgan`, with TensorFlow made ready."""
    on_the_cpu()
    from utils import bench_dcgan

    return bench_dcgan.dcgan(**options)


def cyclegan(**options):
    """`bench_cyclegan.cyclegan`, with TensorFlow made ready."""
    on_the_cpu()
    from utils import bench_cyclegan

    return bench_cyclegan.cyclegan(**options)


LABELS = {
    "held_out": "held-out loss, nats",
    "same": "Do they learn the same? Losses, mean over seeds",
    "unit": "nats",
    "allowed": "the seeds' spread allows",
}


def table(title, columns, rows):
    """Print a table; the last entry of each row is its colour, or None."""
    from rich.console import Console
    from rich.table import Table

    shown = Table(title=title, title_justify="left")
    for name in columns:
        side = "left" if name in (columns[0], "bound", "verdict") else "right"
        shown.add_column(name, justify=side, overflow="fold")
    for *cells, colour in rows:
        shown.add_row(*cells, style=colour)
    Console().print(shown)


def colour(row):
    """Of a row in a table: red where a bound is not held."""
    return None if row.held else "red"


def show(result):
    """Print the tables; returns whether everything held."""
    from rich.console import Console

    console = Console()
    labels = LABELS | result.get("labels", {})

    def digits(number):
        return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"

    steps = ", ".join(f"{name} {count:,}" for name, count in result["steps"].items())
    table(
        f"Training steps on {result['threads']} cores",
        ["contestant", "ms per step", "core ms per step", f"{labels['held_out']} (steps: {steps})"],
        [
            (
                name,
                digits(each.milliseconds),
                digits(each.core_milliseconds),
                "  ".join(f"{loss:.4g}" for loss in each.held_out),
                None,
            )
            for name, each in result["records"].items()
        ],
    )
    table(
        "How many times as fast",
        ["comparison", "ratio", "90 % interval", "of core times", "bound", "verdict"],
        [
            (
                s.text,
                f"{s.ratio:.2f}",
                f"{s.low:.2f} to {s.high:.2f}",
                f"{s.core_ratio:.2f}",
                s.bound,
                s.verdict,
                colour(s),
            )
            for s in result["speeds"]
        ],
    )
    if "shares" in result:
        table(
            "The first step, from building the networks on, and memory, each seed",
            ["contestant", "s", "core s", "peak, GB"],
            [
                (
                    name,
                    "  ".join(f"{each['first_seconds']:.3g}" for each in starts),
                    "  ".join(f"{each['first_core_seconds']:.3g}" for each in starts),
                    "  ".join(f"{each['peak_bytes'] / 1e9:.2f}" for each in starts),
                    None,
                )
                for name, starts in result["starts"].items()
            ],
        )
        table(
            "Shares of the first step and of memory",
            ["comparison", "share", "bound", "verdict"],
            [
                (
                    s.text,
                    f"{s.share:.2f}",
                    "-" if s.at_most is None else f"at most {s.at_most:g}",
                    s.verdict,
                    colour(s),
                )
                for s in result["shares"]
            ],
        )
    table(
        labels["same"],
        ["difference", labels["unit"], labels["allowed"], "verdict"],
        [
            (o.text, f"{o.difference:+.2g}", f"± {o.allowed:.2g}", o.verdict, colour(o))
            for o in result["losses"]
        ],
    )
    for distances in result.get("distances", []):
        table(
            distances["title"],
            ["images", "Frechet distance to real test images"],
            [
                (name, "  ".join(f"{value:.3g}" for value in values), None)
                for name, values in distances["values"].items()
            ],
        )
    for note in result["notes"]:
        console.print(note, markup=False, highlight=False, soft_wrap=True)
    judged = result["speeds"] + result.get("shares", []) + result["losses"]
    return all(each.held for each in judged)


def save(result, folder):
    """Write everything that was measured to `bench_NAME.json` in `folder`; returns the path."""

    def rows(kind):
        return [
            asdict(each) | {"held": each.held, "verdict": each.verdict}
            for each in result.get(kind, [])
        ]

    facts = {
        "versions": {
            name: importlib.metadata.version(name) for name in ("tensorflow", "keras", "numpy")
        },
        **{name: result[name] for name in ("threads", "steps", "notes")},
        "contestants": {
            name: {"ms_per_step": each.milliseconds, "core_ms_per_step": each.core_milliseconds}
            | asdict(each)
            for name, each in result["records"].items()
        },
        "speeds": rows("speeds"),
        "losses": rows("losses"),
        "shares": rows("shares"),
        "starts": result.get("starts", {}),
        "distances": result.get("distances", []),
    }
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / f"bench_{result['name']}.json"
    path.write_text(json.dumps(facts, indent=1) + "\n")
    return path
