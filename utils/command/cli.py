"""The `course` command. Exit status: 0 all is well, 1 something failed, 2 the call was wrong.

Every command imports what it needs when it runs, so that `--help` answers at once.
"""

import argparse
import importlib
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from utils import ROOT

# Commands for authors and instructors, each with a folder that students' bundles lack.
AUTHORS = {
    "build": "content",
    "grade": "solutions",
    "release": "content",
    "bench": "solutions",
    "test": "tests",
}


FILE_OR_NAME = "a file, or a name or its beginning: lab2, 13"


class UsageError(ValueError):
    """The call can't be carried out as it was written."""


def main(argv=None):
    """Entry point of the console script; returns the exit status."""
    argv = sys.argv[1:] if argv is None else argv
    if problem := refusal(argv):
        print(f"course{problem}", file=sys.stderr)
        return 2
    known = parser()
    arguments, further = known.parse_known_args(argv)
    if further and arguments.command != "test":
        known.error(f"unknown: {' '.join(further)}; see course {arguments.command} --help")
    arguments.options = further
    # SIGTERM ends what was started, as Ctrl+C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return arguments.run(arguments)
    except UsageError as error:
        print(f"course {arguments.command}: {error}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        name = (error.name or "utils").split(".")[0]
        if name in ("utils", "tests"):  # of our own: a mistake in the course
            raise
        print(
            f"course {arguments.command}: {name} is missing. ./course {arguments.command} installs "
            "it; in an environment of your own: pip install -e '.[teach,dev]'.",
            file=sys.stderr,
        )
        return 1
    except (OSError, RuntimeError) as error:
        print(f"course {arguments.command}: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\ncourse {arguments.command}: stopped by you.", file=sys.stderr)
        return 1


def refusal(argv):
    """Why a call can't be begun, or ""."""
    command = argv[0] if argv else ""
    if not command:
        return ": ./course start opens the course; ./course --help shows all commands."
    if folder := lacks(command):
        return f" {command}: this is a students' bundle, which has no {folder}/."
    if not command.startswith("-") and command not in COMMANDS:
        there = ", ".join(name for name in COMMANDS if not lacks(name))
        return f": there is no command '{command}'; there are: {there}."
    return ""


def lacks(command):
    """The folder that this command needs and a students' bundle lacks; "" where all is there."""
    folder = AUTHORS.get(command, "")
    return "" if (ROOT / folder).is_dir() else folder


def parser():
    top = argparse.ArgumentParser(
        prog="course",
        description="Unsupervised and generative deep learning: the course's command.",
        epilog="Begin with: course start. Each command has its own --help.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="command")
    for name, (run, options, summary, example) in COMMANDS.items():
        listed = {} if lacks(name) else {"help": summary}
        added = commands.add_parser(
            name,
            **listed,
            description=summary[0].upper() + summary[1:] + ".",
            epilog=f"Example: {example}",
        )
        added.set_defaults(run=run)
        if options:
            options(added)
    return top


def natural(text):
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{value} is below 0: take a whole number from 0 on")
    return value


def share_in_percent(text):
    value = float(text)
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text} is not within 0 and 100")
    return value


def positive(kind):
    def convert(text):
        value = kind(text)
        if not value > 0:
            raise ValueError
        return value

    convert.__name__ = "positive number"
    return convert


def results_option(parser):
    parser.add_argument(
        "--results",
        type=Path,
        default=ROOT / "results",
        metavar="DIR",
        help="folder for what was measured (default results/)",
    )


# --- start, doctor ------------------------------------------------------------------------------


def doctor(arguments):
    from utils.command.doctor import examine, show

    return 1 if show(examine()) else 0


def start_options(parser):
    parser.add_argument("--no-browser", action="store_true", help="print the address, open nothing")
    parser.add_argument("--port", type=int, default=8888, help="first port to try (default 8888)")


def start_course(arguments):
    from utils.command.starting import open_lab

    doctor(arguments)
    return open_lab(ROOT, browser=not arguments.no_browser, port=arguments.port)


# --- run, check ---------------------------------------------------------------------------------


def writable(folder):
    """Make a folder for output; UsageError where nothing can be written, before anything runs."""
    try:
        folder.mkdir(exist_ok=True, parents=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(
            f"{folder} can't be written to ({error.strerror}); name another folder: --results DIR."
        ) from None


def named(name, known, what):
    """The one of these names that a name or its beginning means: "lab2", "13".

    Raises:
        UsageError: none of them, or several; the message has all that there are.
    """
    known = sorted(known)
    fitting = [each for each in known if each == name or each.startswith(f"{name}_")]
    fitting = fitting or [each for each in known if each.startswith(name)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UsageError(f"'{name}' may be {' or '.join(fitting)}: write more of it.")
    raise UsageError(f"there is no {what} named '{name}'; there are: {', '.join(known)}.")


def existing(names, folders=("labs", "notebooks")):
    """Paths of notebooks by their files, or by names (see `named`) of those in these folders."""
    from utils.notebooks.running import limits_of

    there = {path.stem: path for folder in folders for path in ROOT.glob(f"{folder}/*.ipynb")}
    found = []
    for name in names:
        path = Path(name)
        is_file = path.suffix or len(path.parts) > 1 or path.exists()
        found.append(path if is_file else there[named(name, there, "notebook")])
    for path in found:
        if path.suffix != ".ipynb":
            raise UsageError(f"{path} is not a notebook: its name has to end in .ipynb.")
        if not path.is_file():
            raise UsageError(f"there is no file {path}.")
        try:
            limits_of(path)
        except ValueError as error:
            raise UsageError(str(error)) from None
    return found


def run_options(parser):
    parser.add_argument("notebooks", nargs="+", metavar="NOTEBOOK", help=FILE_OR_NAME)
    parser.add_argument(
        "--profile",
        choices=("quick", "full"),
        default="quick",
        help="settings to run with (default quick)",
    )
    parser.add_argument(
        "--jobs",
        type=positive(int),
        default=min(2, os.cpu_count() or 1),
        metavar="N",
        help="notebooks at a time (default 2, or 1 on one core)",
    )
    parser.add_argument(
        "--time-limit",
        type=positive(float),
        metavar="SECONDS",
        help="of two cores, instead of each notebook's own bound; what other work takes does not "
        "count",
    )
    parser.add_argument(
        "--memory-limit",
        type=positive(float),
        metavar="GB",
        help="instead of each notebook's own bound",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="instead of each notebook's own seed")
    results_option(parser)


def run_notebooks(arguments):
    from utils.command import report
    from utils.notebooks import running

    paths = existing(arguments.notebooks)
    writable(arguments.results)
    with report.progress() as update:
        outcomes = running.run_many(
            paths,
            profile=arguments.profile,
            seed=arguments.seed,
            jobs=arguments.jobs,
            time_limit=arguments.time_limit,
            memory_limit=arguments.memory_limit,
            on_change=update,
        )
    good = report.show_runs(outcomes)  # first: whatever comes of saving it, it has been seen
    report.save(outcomes, arguments.results, arguments.profile)
    return 0 if good else 1


def check_options(parser):
    parser.add_argument("labs", nargs="+", metavar="LAB", help=FILE_OR_NAME)


def check_labs(arguments):
    from utils.command import report
    from utils.notebooks import running

    paths = existing(arguments.labs)
    with report.progress() as update:
        # Training and figures are left out: a check needs the answers alone.
        outcomes = running.run_many(paths, skip=("experiment",), go_on=True, on_change=update)
    return 0 if report.show_checks(outcomes) else 1


# --- grade --------------------------------------------------------------------------------------


def grade_options(parser):
    parser.add_argument(
        "submissions", metavar="SUBMISSIONS", help="a notebook or a folder for each student"
    )
    parser.add_argument("--lab", required=True, metavar="LAB", help="such as lab3")
    parser.add_argument(
        "--out",
        required=True,
        metavar="DIR",
        help="folder of the results; a call that was interrupted goes on there",
    )
    parser.add_argument(
        "--workers",
        type=positive(int),
        default=min(2, os.cpu_count() or 1),
        metavar="N",
        help="submissions at a time on this machine (default 2, or 1 on one core; 1.5 GB each)",
    )
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="of a Dask cluster that grades instead"
    )
    parser.add_argument(
        "--deadline",
        metavar="TIME",
        help="such as '2027-03-01 23:59'; who handed in later is named. Kept for further calls",
    )
    parser.add_argument(
        "--penalty",
        type=share_in_percent,
        default=0.0,
        metavar="PERCENT",
        help="of the points, taken off for each day late that has begun (default 0)",
    )
    parser.add_argument(
        "--seed",
        type=natural,
        default=1,
        metavar="N",
        help="of the numbers that answers are asked about (default 1); take one of your own",
    )
    jail = parser.add_mutually_exclusive_group()
    jail.add_argument(
        "--jail",
        choices=("bubblewrap", "docker"),
        help="what submissions are run in (default the first of these that can be had); docker is "
        "experimental",
    )
    jail.add_argument(
        "--unsafe",
        action="store_true",
        help="run submissions without a jail, as you; every report says so",
    )


def grade_class(arguments):
    labs = [path.stem for path in (ROOT / "labs").glob("*.ipynb")]
    lab = named(arguments.lab, labs, "lab")
    folder, out = Path(arguments.submissions), Path(arguments.out)
    if folder.is_file():
        raise UsageError(f"{folder} is a file: give the folder of all submissions.")
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}.")
    if arguments.penalty and not arguments.deadline:
        raise UsageError("--penalty is for late work: say --deadline as well.")
    if out.resolve() == folder.resolve() or folder.resolve() in out.resolve().parents:
        raise UsageError("--out lies in the folder of submissions; give a folder outside of it.")
    from utils.checks import questions_of
    from utils.command import report
    from utils.grading import adjust, reports
    from utils.grading import folder as grading
    from utils.grading.worker import Settings

    late = None
    if arguments.deadline:
        try:
            time = adjust.time_of(arguments.deadline, "--deadline")
        except adjust.Unreadable as error:
            raise UsageError(str(error)) from None
        late = adjust.Late(time, arguments.penalty)
    backend = "unsafe" if arguments.unsafe else arguments.jail
    settings = Settings(lab, seed=arguments.seed, backend=backend)
    with report.turns("submissions") as update:
        records = grading.grade(
            folder,
            out,
            settings,
            late=late,
            workers=arguments.workers,
            scheduler=arguments.scheduler,
            on_change=update,
        )
    found = reports.write(out, lab, records, questions_of(lab))
    reports.show(lab, found)
    print(
        f"Grades: {out / 'grades.csv'}. The class: {out / 'summary.html'}. Each student: students/."
    )
    return 0


# --- build, release, bench, test ----------------------------------------------------------------


def build_options(parser):
    parser.add_argument("names", nargs="*", metavar="NAME", help="sources to build (default all)")
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; fail where a file is not what its source gives",
    )
    parser.add_argument("--execute", action="store_true", help="also execute and store the outputs")


def build_notebooks(arguments):
    from utils.authoring import house
    from utils.authoring.build import SourceError, build, sources, stale

    try:
        known = [path.stem for path in sources()]
        arguments.names = [named(Path(n).stem, known, "source") for n in arguments.names]
        if not arguments.check:
            house.PAGE.write_text(house.page())
            return 0 if build(arguments.names, execute=arguments.execute) else 1
        reasons = stale(arguments.names)
    except SourceError as error:
        raise UsageError(str(error)) from None
    for reason in reasons:
        print(reason)
    remedy = (
        "Run: course build --execute" if reasons else "Every notebook is what its source gives."
    )
    print(remedy)
    return 1 if reasons else 0


def release_options(parser):
    parser.add_argument(
        "folder", metavar="DIR", help="a folder that does not exist yet, or an empty one"
    )


def release_bundle(arguments):
    from utils.authoring.release import release

    target = Path(arguments.folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"{target} is not an empty folder; nothing was written.")
    files = release(ROOT, target)
    print(f"{target}: {len(files)} files. Students unpack it and call ./course start there.")
    return 0


def bench_options(parser):
    parser.add_argument(
        "what",
        choices=("vae", "dcgan", "cyclegan", "grading"),
        help="vae: Lab 3's step against the Keras example's and PyTorch's; toy networks. "
        "dcgan: Lab 4's step against the Keras example's (64x64) and TensorFlow's tutorial "
        "(28x28). cyclegan: Lab 5's step against the Keras example's (256x256); needs 14 GB. "
        "grading: our grader against stock nbgrader on submissions of Lab 3",
    )
    parser.add_argument(
        "--rounds",
        type=positive(int),
        metavar="N",
        help="timed rounds with each seed (by default 10 for vae, some six minutes, 4 for "
        "dcgan, some nine, and 3 for cyclegan and grading, some ten)",
    )
    results_option(parser)


def run_bench(arguments):
    from utils.bench import contest, tables
    from utils.command import report

    if arguments.what == "grading":
        importlib.import_module("nbgrader")  # only other processes use it
    else:
        contest.on_the_cpu()  # before the contestants import TensorFlow
    writable(arguments.results)
    bench = importlib.import_module(f"utils.bench.{arguments.what}")
    with report.turns() as update:
        rounds = {"vae": 10, "dcgan": 4, "cyclegan": 3, "grading": 3}[arguments.what]
        measure = getattr(bench, arguments.what)
        result = measure(rounds=arguments.rounds or rounds, on_turn=update)
    output = bench if arguments.what == "grading" else tables
    held = output.show(result)
    print(f"Everything that was measured: {output.save(result, arguments.results)}")
    return 0 if held else 1


def test_options(parser):
    parser.add_argument(
        "--all",
        action="store_true",
        help="also what has passed with the same inputs, and the rest of all cases",
    )
    parser.add_argument(
        "--machines",
        action="store_true",
        help="execute the notebooks named (default all) as other processors would, and keep how "
        "far each stored number moves; takes some ten times as long as executing them",
    )


def run_tests(arguments):
    if arguments.machines:
        return measure_machines(arguments.options)
    for name in ("pytest", "xdist", "nbval"):  # pytest itself would not say what to do
        importlib.import_module(name)
    everything = ["--all"] * arguments.all
    command = [sys.executable, "-m", "pytest", *everything, *arguments.options]
    return min(subprocess.call(command, cwd=ROOT), 1)


def measure_machines(names):
    from utils.authoring import machines

    folders = "notebooks", "solutions"
    paths = existing(names, folders) if names else machines.executed()
    wrong = [path for path in paths if path.resolve() not in machines.executed()]
    if wrong:
        raise UsageError(f"{wrong[0]} stores no outputs: name files of notebooks/ or solutions/.")
    failures = machines.measure(paths, say=lambda line: print(line, flush=True))
    machines.put_into_results()
    print("Written: tests/spread.json and docs/results.md.")
    for line in failures:
        print(line)
    return 1 if failures else 0


# What it does, its options, what it is in a line, and an example.
COMMANDS = {
    "start": (
        start_course,
        start_options,
        "doctor's table, then JupyterLab on the course map",
        "course start --no-browser",
    ),
    "doctor": (
        doctor,
        None,
        "versions, devices, memory and data at hand, each problem with its remedy",
        "course doctor",
    ),
    "run": (
        run_notebooks,
        run_options,
        "execute notebooks and show time, memory and claims",
        "course run lab1 notebooks/*.ipynb",
    ),
    "check": (
        check_labs,
        check_options,
        "check the answers of a lab: points and messages",
        "course check lab1",
    ),
    "build": (
        build_notebooks,
        build_options,
        "notebooks, solutions and labs from their sources",
        "course build lab1 --execute",
    ),
    "grade": (
        grade_class,
        grade_options,
        "grade a folder of submissions of a lab, each in a jail",
        "course grade submissions/ --lab lab3 --out graded/",
    ),
    "release": (
        release_bundle,
        release_options,
        "the students' bundle: no solutions, no hidden tests",
        "course release ../spring-2027",
    ),
    "bench": (
        run_bench,
        bench_options,
        "training steps and grading timed against others that do the same",
        "course bench dcgan --rounds 2",
    ),
    "test": (
        run_tests,
        test_options,
        "the tests of what a change can have broken; further arguments go to pytest",
        "course test --all",
    ),
}
