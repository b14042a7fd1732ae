"""Executing notebooks: one in this process' own kernel, or many, each watched and bounded.

`run_many` starts a child process for every notebook (`python -m` this module), which runs a
kernel and tells in JSON lines how far it is. The parent watches time and memory, and ends a
notebook with everything that it started when it passes a bound.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from utils import ROOT

DEFAULT_LIMITS = {"time_limit_s": 120, "memory_limit_gb": 4}
CORES = 2  # whose computing a time bound stands for; what other work takes does not count
BUSY = 5  # times the bound by the clock, for what waits or gets little of the processor


def execute(notebook, folder, *, skip=(), go_on=False, on_cell=None):
    """Execute a notebook in a fresh kernel.

    Args:
        notebook: nbformat notebook, changed in place.
        folder: path, the kernel's working folder.
        skip: tags of cells that are left out.
        go_on: bool, execute the remaining cells after an error.
        on_cell: called with (number of cells done, number of cells, heading of the cell's section).

    Returns:
        `(notebook, failure)`: failure is None or a line that names the cell and the error.
    """
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    manager = AsyncKernelManager(kernel_name="python3")
    # This interpreter, whatever kernels the user has installed under the same name.
    manager.kernel_spec.argv = [
        sys.executable,
        "-m",
        "ipykernel_launcher",
        "-f",
        "{connection_file}",
        "--log-level=ERROR",
    ]
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=None,
        record_timing=False,
        store_widget_state=False,
        allow_errors=False,
    )
    environment = os.environ | {"PYTHONHASHSEED": "0", "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment["COURSE_UNATTENDED"] = "1"  # no line of progress, which would be stored
    failure, heading, total = None, "", len(notebook.cells)
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        client.setup_kernel(
            env=environment | {"IPYTHONDIR": profile_in(profile)},
            cwd=str(folder),
            cleanup_kc=True,  # the kernel ends with the notebook, not with this process
        ),
    ):
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "markdown" and cell.source.startswith("#"):
                heading = cell.source.splitlines()[0].lstrip("# ")
            if on_cell:
                on_cell(index, total, heading)
            if cell.cell_type != "code" or set(skip) & set(cell.metadata.get("tags", ())):
                continue
            try:
                client.execute_cell(cell, index)
            except CellExecutionError as error:
                told = f"cell {index + 1} ({heading}): {error.ename}: {error.evalue}"
                failure = failure or " ".join(told.split())
                if not go_on:
                    break
            except DeadKernelError:
                failure = f"cell {index + 1} ({heading}): the kernel died; is there enough memory?"
                break
    return notebook, failure


def profile_in(folder):
    """An IPython profile of the course's own in this folder: nobody's start-up files but ours.

    Kernels have this copy of the course first, also in an environment that another one was
    installed into. Returns the folder, for IPYTHONDIR.
    """
    first = Path(folder) / "profile_default" / "startup" / "00-this-copy.py"
    first.parent.mkdir(parents=True, exist_ok=True)
    first.write_text(f"import sys\n\nsys.path.insert(0, {str(ROOT)!r})\n")
    return str(folder)


@dataclass
class Outcome:
    """What came of one notebook."""

    path: Path
    failure: str | None = None
    seconds: float = 0.0
    peak_bytes: int = 0
    done: int = 0
    cells: int = 0
    heading: str = "waiting"
    finished: bool = False
    results: dict = field(default_factory=dict)

    @property
    def label(self):
        """Folder and name, since a lab and its solution share the latter."""
        return f"{self.path.resolve().parent.name}/{self.path.stem}"

    @property
    def claims(self):
        return self.results.get("claims", [])

    @property
    def checks(self):
        return self.results.get("checks", [])

    @property
    def points(self):
        return sum(check["points"] for check in self.checks)

    @property
    def out_of(self):
        return sum(check["out_of"] for check in self.checks)

    @property
    def good(self):
        return self.finished and not self.failure


def run_many(
    paths,
    *,
    profile="quick",
    seed=None,
    jobs=2,
    skip=(),
    go_on=False,
    time_limit=None,
    memory_limit=None,
    on_change=lambda outcomes: None,
):
    """Run notebooks side by side; the files stay as they are.

    Args:
        paths: list of paths of notebooks.
        profile: "quick" or "full"; full runs have no time limit of their own.
        seed: int in place of the notebooks' own seeds, or None.
        time_limit, memory_limit: seconds of two cores and GB, in place of each notebook's own
            bounds.
        on_change: called with the list of `Outcome` some times a second.

    Returns:
        list of `Outcome`, in the order of the paths.
    """
    outcomes = [Outcome(Path(path)) for path in paths]
    stop = threading.Event()
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        options = (stop, profile, seed, skip, go_on, time_limit, memory_limit)
        futures = [pool.submit(_run_watched, outcome, *options) for outcome in outcomes]
        try:
            while not all(future.done() for future in futures):
                on_change(outcomes)
                time.sleep(0.2)
        finally:
            stop.set()  # after an interruption, what still runs is ended and nothing more begins
    on_change(outcomes)
    for future in futures:
        future.result()
    return outcomes


def read(path):
    """A notebook as it can be executed: cells and metadata of the file, without outputs.

    Other programs leave out what the format asks for, or add to it (ids in its version 4.4, cells
    without outputs): that is mended, since only the cells' sources count here.

    Raises:
        Exception: the file is no notebook; nbformat raises many kinds on such.
    """
    import nbformat

    tree = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    if not isinstance(tree, dict):
        raise ValueError(f"it holds a {type(tree).__name__}, not cells")
    if not isinstance(tree.get("cells"), list):  # of an old format, or none
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = nbformat.read(path, as_version=4)
            nbformat.validate(tree)
    cells = []
    for number, cell in enumerate(tree["cells"], 1):
        if not isinstance(cell, dict) or "cell_type" not in cell:
            raise ValueError(f"its cell {number} is none")
        source, metadata = cell.get("source") or "", cell.get("metadata") or {}
        if not isinstance(source, (str, list)) or not isinstance(metadata, dict):
            raise ValueError(f"its cell {number} holds neither text nor lines")
        kind = cell["cell_type"] if cell["cell_type"] in ("code", "raw") else "markdown"
        make = getattr(nbformat.v4, f"new_{kind}_cell")
        cells.append(make(source if isinstance(source, str) else "".join(source)))
        cells[-1].metadata = nbformat.from_dict(dict(metadata))
    return nbformat.v4.new_notebook(cells=cells, metadata=dict(tree.get("metadata") or {}))


def conflict_in(text):
    """What to do about git's conflict marks in a file; "" where there are none."""
    marks = "<<<<<<< ", "======= ", ">>>>>>> "  # one alone may be left; no line of JSON begins so
    for number, line in enumerate(text.splitlines(), 1):
        if f"{line.lstrip()} ".startswith(marks):
            return (
                f"git's conflict marks stand in it (the first in line {number}), as two versions "
                "were not merged; take one of them: git checkout --ours FILE, or --theirs"
            )
    return ""


def limits_of(path):
    """The bounds that a notebook states in its metadata, else the course's.

    Raises:
        ValueError: the file is not a notebook, or a bound is not a number.
    """
    try:
        notebook = read(path)
    except Exception as error:  # nbformat raises many kinds on files that are no notebooks
        marks = conflict_in(Path(path).read_text(encoding="utf-8", errors="replace"))
        reason = marks or (str(error) or type(error).__name__).strip().splitlines()[0]
        raise ValueError(f"{path} can't be read as a notebook: {reason[:200]}") from error
    limits = DEFAULT_LIMITS | dict(notebook.metadata.get("course", {}))
    for name in DEFAULT_LIMITS:
        if not isinstance(limits[name], (int, float)) or not limits[name] > 0:
            raise ValueError(f"{path}: {name} is {limits[name]!r}, not a positive number.")
    return limits


def _run_watched(outcome, stop, profile, seed, skip, go_on, time_limit, memory_limit):
    import psutil

    if stop.is_set():
        return
    limits = limits_of(outcome.path)
    seconds = time_limit or (limits["time_limit_s"] if profile == "quick" else None)
    gigabytes = memory_limit or (limits["memory_limit_gb"] if profile == "quick" else None)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        results = Path(folder) / "results.json"
        environment = os.environ | {"COURSE_RESULTS": str(results), "COURSE_PROFILE": profile}
        environment["TMPDIR"] = folder  # kernels and TensorFlow leave files there when killed
        environment.pop("COURSE_STRICT", None)
        if seed is not None:
            environment["COURSE_SEED"] = str(seed)
        command = [
            sys.executable,
            "-m",
            "utils.notebooks.running",
            str(outcome.path),
            ",".join(skip),
            "1" if go_on else "",
        ]
        began = time.monotonic()
        child = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        reader = threading.Thread(target=_follow, args=(child.stdout, outcome), daemon=True)
        reader.start()
        complaints = []
        listener = threading.Thread(target=lambda: complaints.extend(child.stderr), daemon=True)
        listener.start()
        process, killed = psutil.Process(child.pid), None
        while child.poll() is None:
            outcome.seconds = time.monotonic() - began
            used, computed = taken_by_children(process)
            outcome.peak_bytes = max(outcome.peak_bytes, used)
            # Never sooner than by the clock: on many cores more is computed in the same time.
            late = seconds and outcome.seconds > seconds
            if late and (computed > CORES * seconds or outcome.seconds > BUSY * seconds):
                killed = f"ended after its time bound of {seconds:g} s (--time-limit sets another)"
            elif gigabytes and used > gigabytes * 1e9:
                killed = f"ended above its memory bound of {gigabytes:g} GB (--memory-limit)"
            elif stop.is_set():
                killed = "stopped"
            if killed:
                _end(process)
                break
            time.sleep(0.1)
        child.wait()
        reader.join(5)
        listener.join(5)
        outcome.seconds = time.monotonic() - began
        if results.exists():
            outcome.results = json.loads(results.read_text())
    if killed:
        outcome.failure = f"{killed}, in cell {outcome.done + 1} ({outcome.heading})"
    elif child.returncode and not outcome.failure:
        last = (complaints or ["no message"])[-1].strip()
        outcome.failure = f"could not be run: {last}"
    outcome.finished = True


def _follow(stream, outcome):
    for line in stream:
        for key, value in json.loads(line).items():
            setattr(outcome, key, value)


def taken_by_children(process):
    """(resident bytes, processor seconds) of the kernel and all that it started.

    The child that drives the kernel is left out.
    """
    import psutil

    memory, computed = 0, 0.0
    try:
        for part in process.children(recursive=True):
            memory += part.memory_info().rss
            computed += sum(part.cpu_times()[:4])  # and those of its children that have ended
    except psutil.NoSuchProcess:
        pass  # it ended while we looked
    return memory, computed


def _end(process):
    import psutil

    try:
        family = [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return
    for part in family:
        try:
            part.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(family, timeout=10)  # what still lives could write


def _end_with(parent):
    import psutil

    while os.getppid() == parent:
        time.sleep(1)
    _end(psutil.Process())


def main(path, skip="", go_on=""):
    """The child: execute one notebook and tell on standard output how far it is."""

    def tell(**facts):
        print(json.dumps(facts), flush=True)

    # With the parent gone, killed perhaps, nobody watches the kernel: it must not outlive it.
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    notebook = read(path)
    _, failure = execute(
        notebook,
        Path(path).resolve().parent,
        skip=skip.split(","),
        go_on=bool(go_on),
        on_cell=lambda done, cells, heading: tell(done=done, cells=cells, heading=heading),
    )
    tell(done=len(notebook.cells), cells=len(notebook.cells))
    if failure:
        tell(failure=failure)
    return 1 if failure else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
