"""`course bench grading`: our grader and stock nbgrader on the same submissions of Lab 3.

In each round both grade the same two submissions, two processes side by side on two cores: two with
right answers, then two that are partly wrong, then two without answers. Both are warm before the
first round. Stock nbgrader executes whole notebooks, with their training; it is measured, too, on
notebooks without the cells that our grader leaves out, and one process alone, as it comes.

Run as `python -m utils.bench.grading FOLDER` this is one process of stock nbgrader.
"""

import contextlib
import copy
import json
import os
import runpy
import sys
import tempfile
import threading
import time
import types
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from utils import ROOT
from utils.bench import contest, tables
from utils.bench.contest import Speed
from utils.notebooks.lines import served

LAB = "lab3_vae"
# Two processes side by side, but for the last.
OURS, WHOLE = "ours", "stock nbgrader"
SHORT, ALONE = "stock, no experiments", "stock, one process"
# What the answers of the case bank use, beyond what the lab imports.
IMPORTS = (
    "import math\nimport tensorflow as tf\nfrom keras import layers, ops\n"
    "from scipy.stats import norm\n"
)


@dataclass
class Measured:
    """Of one contestant, a number for each round: times for one submission; bytes; points."""

    seconds: list = field(default_factory=list)
    core_seconds: list = field(default_factory=list)  # of computing, summed over cores
    peak_bytes: list = field(default_factory=list)  # of one process with all it starts
    points: list = field(default_factory=list)

    @property
    def each(self):
        """Seconds for a submission, mean over the rounds."""
        return float(np.mean(self.seconds))


@dataclass(frozen=True)
class Bound:
    """A measured number and what it may be at most."""

    text: str
    value: float
    at_most: float

    @property
    def verdict(self):
        return "held" if self.held else "FAILED"

    @property
    def held(self):
        return self.value <= self.at_most


# --- what is graded -----------------------------------------------------------------------------


def handed_in(bank):
    """Three pairs of notebooks, filled in from the case bank: right, partly wrong, blank.

    Returns:
        list of pairs (name, notebook), in the order of the rounds.
    """
    import nbformat

    def filled(answers):
        notebook = nbformat.read(ROOT / "labs" / f"{LAB}.ipynb", 4)
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name in answers:
                cell.source = IMPORTS + answers[name]
        return notebook

    def style(answers, number):
        return list(answers.values())[number % len(answers)]

    pairs = []
    for number in (0, 5):
        right = {name: style(answers, number) for name, answers in bank.RIGHT.items()}
        wrong = {name: style(answers, number)[0] for name, answers in bank.WRONG.items()}
        some = dict(list(wrong.items())[number % 2 :: 2])
        kinds = {"right": right, "partly": right | some, "blank": {}}
        pairs.append([(f"{kind}{number}", filled(each)) for kind, each in kinds.items()])
    return list(zip(*pairs, strict=True))


def without_experiments(notebook):
    notebook = copy.copy(notebook)
    notebook.cells = [c for c in notebook.cells if "experiment" not in c.metadata.get("tags", ())]
    return notebook


def course_folder(folder, pairs):
    """A course folder of stock nbgrader's, with the lab as two assignments."""
    import nbformat

    solution = nbformat.read(ROOT / "solutions" / f"{LAB}.ipynb", 4)
    for assignment, change in (("whole", lambda each: each), ("short", without_experiments)):
        files = {Path("source", assignment): solution}
        files |= {Path("submitted", n, assignment): each for pair in pairs for n, each in pair}
        for place, notebook in files.items():
            (folder / place).mkdir(parents=True)
            nbformat.write(change(notebook), folder / place / f"{LAB}.ipynb")


# --- who grades ---------------------------------------------------------------------------------


class Ours:
    """Our grader: the workers of `course grade`."""

    def __init__(self, folder):
        from utils.grading.worker import Settings, Worker

        self.folder = folder
        self.workers = [Worker(Settings(LAB)) for _ in range(2)]

    def grade(self, number, name):
        from utils.grading import submissions
        from utils.grading.folder import graded_by

        path = self.folder / "submitted" / name / "whole" / f"{LAB}.ipynb"
        return graded_by(self.workers[number], submissions.read(path)).points

    def pid(self, number):
        return self.workers[number].process.pid

    def close(self):
        for worker in self.workers:
            worker.stop()


class Stock:
    """Processes of stock nbgrader, each with a course folder (and gradebook) of its own."""

    def __init__(self, folders):
        self.processes = []
        for folder in folders:
            self.processes.append(contest.Process("utils.bench.grading", str(folder)))

    def grade(self, number, name, assignment):
        told = self.processes[number].ask({"student": name, "assignment": assignment})
        if "points" not in told:
            raise RuntimeError(f"stock nbgrader does not grade {name}: {told['problem']}")
        return told["points"]

    def pid(self, number):
        return self.processes[number].process.pid

    def close(self):
        for process in self.processes:
            process.close()


def stock_process(folder):
    """Serve `Stock`: autograde one submission for each line."""
    from nbgrader.api import Gradebook
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    warnings.simplefilter("ignore")
    requests, reply = served()
    log = os.open(Path(folder) / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):  # what kernels and nbgrader say
        os.dup2(log, stream)
    # nbgrader starts a program of its environment by name.
    os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    config = Config()
    config.CourseDirectory.root = folder
    # On a busy machine kernels need longer than nbgrader waits; it then gives a submission up.
    config.Execute.startup_timeout, config.Execute.iopub_timeout = 600, 120
    api = NbGraderAPI(config=config)
    for assignment in ("whole", "short"):
        done = api.generate_assignment(assignment)
        if not done["success"]:
            raise RuntimeError(done["error"])

    def grade(student, assignment):
        done = api.autograde(assignment, student)
        if not done["success"]:
            said = (done.get("log") or done["error"]).split("There was an error processing")
            return {"problem": said[min(1, len(said) - 1)].strip()[-600:]}
        with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
            return {"points": book.find_submission(assignment, student).score}

    reply("ready")
    for request in requests:
        reply(grade(**request))


# --- measuring ----------------------------------------------------------------------------------


def processes(pid):
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    return []


def core_seconds(pid):
    """Seconds of computing of a process and all that it has started, ended or not."""
    import psutil

    total = 0
    for process in processes(pid):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])
    return total


def memory(pid):
    """Bytes of a process and all that it has started; shared pages count by shares."""
    import psutil

    total = 0
    for process in processes(pid):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            total += process.memory_full_info().pss
    return total


class Peaks:
    """Within its context, the largest memory of each of some processes."""

    def __init__(self, pids):
        self.peaks = dict.fromkeys(pids, 0)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def _watch(self):
        while not self.stop.wait(0.5):
            for pid in self.peaks:
                self.peaks[pid] = max(self.peaks[pid], memory(pid))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


class OtherWork(contest.OtherWork):
    """What computes beside this process and all that it has started."""

    @staticmethod
    def _now():
        import psutil

        times = psutil.cpu_times()
        busy = times.user + times.system + getattr(times, "nice", 0)
        return np.array([time.monotonic(), busy - core_seconds(os.getpid())])


def turn(grade, pid, names):
    """Let each process grade one submission, side by side.

    Returns:
        (seconds and core seconds for a submission, the largest memory of a process, points)
    """
    numbers = range(len(names))
    pids = [pid(number) for number in numbers]
    with Peaks(pids) as peaks, ThreadPoolExecutor(len(names)) as pool:
        began, worked = time.perf_counter(), sum(map(core_seconds, pids))
        points = list(pool.map(grade, numbers, names))
        took, worked = time.perf_counter() - began, sum(map(core_seconds, pids)) - worked
    return took / len(names), worked / len(names), max(peaks.peaks.values()), points


def grading(*, rounds=3, on_turn):
    """Run everything; returns what `show` and `save` take.

    Args:
        rounds: pairs of submissions that everybody grades; three have one pair of each kind.
        on_turn: called with (name, turns done, turns in all).
    """
    # Answers are data here: the tests that they belong to are not imported.
    bank = runpy.run_path(str(ROOT / "tests" / "cases" / f"{LAB}.py"))
    pairs = handed_in(types.SimpleNamespace(**bank))
    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as end:
        folders = [Path(place, name) for name in ("first", "second")]
        for folder in folders:
            course_folder(folder, pairs)
        on_turn = contest.counted(on_turn, 4 * rounds + 2)
        busy = OtherWork()
        stock, ours = Stock(folders), Ours(folders[0])
        end.callback(stock.close)
        end.callback(ours.close)
        graders = {
            OURS: (ours, ours.grade, 2),
            SHORT: (stock, lambda number, name: stock.grade(number, name, "short"), 2),
            WHOLE: (stock, lambda number, name: stock.grade(number, name, "whole"), 2),
            ALONE: (stock, lambda number, name: stock.grade(number, name, "whole"), 1),
        }
        starts, warm = {}, pairs[-1]
        for name in (OURS, SHORT):
            on_turn(f"{name}: starting")
            began = time.perf_counter()
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(graders[name][1], range(2), [student for student, _ in warm]))
            starts[name] = time.perf_counter() - began
        measured = {name: Measured() for name in graders}
        for number in range(rounds):
            students = [student for student, _ in pairs[number % len(pairs)]]
            names = list(graders)
            for name in names[number % 4 :] + names[: number % 4]:
                on_turn(name)
                owner, grade, side_by_side = graders[name]
                found = turn(grade, owner.pid, students[:side_by_side])
                into = measured[name]
                for values, value in zip(vars(into).values(), found, strict=True):
                    values.append(value)
        notes = list(busy.note())
    return {
        "name": "grading",
        "rounds": rounds,
        "starts": starts,
        "measured": measured,
        "notes": notes,
        "speeds": [
            speed("ours over stock nbgrader", measured, WHOLE, 6),
            speed("ours over stock, no experiments", measured, SHORT),
            speed("ours over stock, one process", measured, ALONE),
        ],
        "bounds": [
            Bound("seconds a submission, ours", measured[OURS].each, 3),
            Bound("GB of one worker and its jail", max(measured[OURS].peak_bytes) / 1e9, 1.5),
            Bound("submissions with other points than by stock", other_points(measured), 0),
        ],
    }


def other_points(measured):
    """How many submissions have points that differ from stock nbgrader's without experiments."""
    pairs = zip(measured[OURS].points, measured[SHORT].points, strict=True)
    return sum(a != b for ours, stock in pairs for a, b in zip(ours, stock, strict=True))


def speed(text, measured, slow, at_least=None):
    """How many times as many submissions an hour; as interval the least and most of a round."""
    ours, theirs = measured[OURS], measured[slow]
    ratios = np.divide(theirs.seconds, ours.seconds)
    core = sum(theirs.core_seconds) / sum(ours.core_seconds)
    return Speed(
        text, theirs.each / ours.each, float(ratios.min()), float(ratios.max()), at_least, core
    )


def show(result):
    """Print the tables; returns whether everything held."""
    from rich.console import Console

    console, table, colour = Console(), tables.table, tables.colour
    table(
        f"Submissions of {LAB}: rounds of two, side by side",
        ["grader", "s each", "an hour", "core s each", "peak GB", "points"],
        [
            (
                name,
                f"{each.each:.1f}",
                f"{3600 / each.each:,.0f}",
                f"{np.mean(each.core_seconds):.1f}",
                f"{max(each.peak_bytes) / 1e9:.2f}",
                "  ".join(f"{points:g}" for pair in each.points for points in pair),
                None,
            )
            for name, each in result["measured"].items()
        ],
    )
    table(
        "How many times as many submissions an hour",
        ["comparison", "ratio", "rounds", "of core times", "bound", "verdict"],
        [
            (
                s.text,
                f"{s.ratio:.1f}",
                f"{s.low:.1f} to {s.high:.1f}",
                f"{s.core_ratio:.1f}",
                s.bound,
                s.verdict,
                colour(s),
            )
            for s in result["speeds"]
        ],
    )
    table(
        "Bounds",
        ["what", "measured", "at most", "verdict"],
        [
            (b.text, f"{b.value:.3g}", f"{b.at_most:g}", b.verdict, colour(b))
            for b in result["bounds"]
        ],
    )
    for name, seconds in result["starts"].items():
        console.print(f"Before the first round, not counted: {name}, {seconds:.0f} s.")
    for note in result["notes"]:
        console.print(note, soft_wrap=True)
    return all(each.held for each in result["speeds"] + result["bounds"])


def save(result, folder):
    """Write everything that was measured to `bench_grading.json` in `folder`; returns the path."""
    facts = {name: result[name] for name in ("rounds", "starts", "notes")}
    facts["measured"] = {name: asdict(each) for name, each in result["measured"].items()}
    for kind in ("speeds", "bounds"):
        facts[kind] = [asdict(each) | {"verdict": each.verdict} for each in result[kind]]
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / "bench_grading.json"
    path.write_text(json.dumps(facts, indent=1) + "\n")
    return path


if __name__ == "__main__":
    stock_process(sys.argv[1])
