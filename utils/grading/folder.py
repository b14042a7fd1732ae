"""Grading a folder: each submission once, by workers side by side, and taken up after a stop.

What is written, all of it under the folder of results:

    grading.json            lab, seed, jail, a mark of the checks; a second call must have the same
    records/NAME.json       what the judge found, one file for each student, written whole or not
    grades.csv              for Canvas
    grades_moodle.csv       for Moodle
    feedback.zip            the feedback as Canvas and Moodle take it back
    students/NAME/results.json, feedback.html     one folder for each student
    answers/NAME.html       for teachers: what was handed in, beside the verdicts
    summary.html            the class: shares, mistakes and who made them, everybody's points
    late.json, changes.csv  a deadline, and what a teacher's `adjust.csv` has changed, see `adjust`

NAME is the student's name made safe for file systems. A submission that has not changed since its
record was written is not graded again. Records of students who are not in the folder stay, so that
late submissions can be graded from another folder.
"""

import contextlib
import dataclasses
import hashlib
import json
import os
import queue
import re
import threading
import unicodedata
from pathlib import Path

from utils import ROOT
from utils.authoring import imports
from utils.grading import adjust, submissions
from utils.grading.jail import INSIDE, NoJail, choose
from utils.grading.records import Record
from utils.grading.worker import Died, Worker

PATIENCE = 60  # seconds until a scheduler that does not answer is taken not to be there


class Refused(RuntimeError):
    """A folder can't be graded so; one line says why."""


def grade(
    folder, out, settings, *, late=None, workers=2, scheduler=None, on_change=lambda *_: None
):
    """Grade every submission in a folder.

    Args:
        folder: of submissions, see `submissions.collect`.
        out: folder of results; made where it does not exist.
        settings: `worker.Settings`.
        late: `adjust.Late`, kept in `out` for later calls; by default what is kept there.
        workers: int, grading processes on this machine.
        scheduler: address of a Dask scheduler whose workers grade instead, or None.
        on_change: called with (student last graded, how many are done, how many there are).

    Returns:
        list of all `Record`s in `out`, in the order of the students' names.

    Raises:
        Refused: nothing is handed in; `out` holds other results; somebody grades into it now.
        NoJail: submissions can't be run safely here.
        OSError: a file can't be written.
        adjust.Unreadable: the teacher's `adjust.csv` there can't be read.
    """
    out = Path(out)
    handed_in = _handed_in(Path(folder), settings.lab)
    with _alone(out):
        adjust.rows_in(out / "adjust.csv")  # before anything is graded in vain
        settings = dataclasses.replace(settings, backend=choose(settings.backend).name)
        _same_settings(out, settings)
        if late:
            write_whole(out / "late.json", as_json(adjust.as_plain(late)))
        timed = (out / "late.json").exists()
        waiting = []
        for entry in handed_in:
            submission = read(entry)
            place = out / "records" / f"{safe_name(entry.student)}.json"
            record = _known(place, entry, submission)
            if not record:
                waiting.append((entry, submission, place))
            elif timed and record.handed_in != entry.time:
                record = dataclasses.replace(record, handed_in=entry.time)
                write_whole(place, as_json(record.plain()))
        done = len(handed_in) - len(waiting)
        on_change("warming up" if waiting else "", done, len(handed_in))
        graded = _by_dask(scheduler, waiting, settings) if scheduler else None
        for entry, place, record in graded or _by_workers(workers, waiting, settings):
            name = entry.path.name if entry.path else ""
            facts = {"student": entry.student, "file": name, "handed_in": entry.time * timed}
            record = dataclasses.replace(record, **facts)
            write_whole(place, as_json(record.plain()))
            done += 1
            on_change(entry.student, done, len(handed_in))
    return records_in(out)


def _handed_in(folder, lab):
    """What lies in a folder of submissions; Refused where it is not such a folder."""
    try:
        handed_in = submissions.collect(folder, lab)
    except OSError as error:
        raise Refused(f"{folder} can't be read ({error.strerror}).") from None
    if not any(entry.path for entry in handed_in):
        raise Refused(f"{folder} holds no notebooks and no folders of students with notebooks.")
    below = [path for path in sorted(folder.iterdir()) if path.is_dir() and not path.is_symlink()]
    number = re.escape(lab.split("_")[0].removeprefix("lab"))
    for path in below:
        # One for each lab, or the one that an archive has made; a student may have a few files.
        of_lab = re.fullmatch(rf"{re.escape(lab)}|lab[ _-]*0*{number}", path.name, re.I)
        alone = len(handed_in) == 1
        if of_lab or alone:
            count = sum(bool(entry.path) for entry in submissions.collect(path, lab))
            if count > (1 if of_lab else 3):
                raise Refused(
                    f"{path} looks like the folder of all submissions, not like a student's: give "
                    f"it in the place of {folder}."
                )
    return handed_in


def read(entry):
    """The `submissions.Submission` of a `HandedIn`, with all notes in it."""
    if entry.path is None:
        return submissions.Submission([], list(entry.notes))
    submission = submissions.read(entry.path)
    submission.notes[:0] = entry.notes
    return submission


def _by_workers(workers, waiting, settings):
    """Yield (entry, place, record) as processes of this machine get done."""
    tasks, results = queue.Queue(), queue.Queue()
    for task in waiting:
        tasks.put(task)
    stop = threading.Event()
    own = [Worker(settings) for _ in range(min(workers, len(waiting)))]

    def work(worker):
        while not stop.is_set():
            try:
                entry, submission, place = tasks.get_nowait()
            except queue.Empty:
                return
            try:
                results.put((entry, place, graded_by(worker, submission)))
            except Exception as error:
                results.put(error)
                return

    threads = [threading.Thread(target=work, args=(worker,), daemon=True) for worker in own]
    for thread in threads:
        thread.start()
    try:
        for _ in waiting:
            result = results.get()
            if isinstance(result, Exception):
                raise result
            yield result
    finally:
        stop.set()
        for worker in own:
            worker.close()


def graded_by(worker, submission):
    """The record of a submission; it gets a second worker when the first one dies of it."""
    for _ in range(2):
        try:
            return worker.grade(submission)
        except Died as died:
            problem = died
    raise NoJail(f"{problem} It ended twice on the same submission; nothing is lost, call again.")


def _by_dask(address, waiting, settings):
    """Yield (entry, place, record) as the workers of a Dask cluster get done."""
    from distributed import Client, as_completed

    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise Refused(f"there is no Dask scheduler at {address} ({error}).") from None
    with client:
        tasks = {}
        for entry, submission, place in waiting:
            # Equal keys are one task: what is handed to the cluster twice is graded once.
            key = f"{settings.lab}-{submission.sha256[:16]}-{safe_name(entry.student)}"
            tasks[client.submit(on_cluster, submission, settings, key=key, retries=3)] = (
                entry,
                place,
            )
        for future in as_completed(tasks):
            entry, place = tasks.pop(future)
            yield entry, place, future.result()
            future.release()


_workers = {}  # of this process, by thread and settings


def on_cluster(submission, settings):
    """Grade on a Dask worker, by a `Worker` that stays for the next submission."""
    key = (threading.get_ident(), settings)
    if key not in _workers:
        _workers[key] = Worker(settings)
    return graded_by(_workers[key], submission)


# --- the folder of results ----------------------------------------------------------------------


@contextlib.contextmanager
def _alone(out):
    import filelock

    try:
        out.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise Refused(f"{out} is a file; --out has to be a folder.") from None
    except OSError as error:
        told = f"{out} can't be written to ({error.strerror})"
        raise Refused(f"{told}; name another folder: --out DIR.") from None
    lock = filelock.FileLock(out / ".lock", blocking=False)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise Refused(f"another course grade is at work in {out}; wait for it.") from None
    try:
        yield
    finally:
        lock.release()


def _same_settings(out, settings):
    path = out / "grading.json"
    wanted = dataclasses.asdict(settings) | {"checks": mark_of_checks(settings.lab)}
    if not path.exists():
        write_whole(path, as_json(wanted))
        return
    found = json.loads(path.read_text())
    for name, value in wanted.items():
        if found.get(name) != value:
            option = {"seed": "--seed", "lab": "--lab"}.get(name)
            go_on = f"Go on there with {option} {found[name]}, or give" if option else "Give"
            raise Refused(
                f"{out} holds results with {name} {found.get(name)}, now it is {value}: they could "
                f"not be compared. {go_on} another folder as --out."
            )


def mark_of_checks(lab):
    """A mark of what a lab's grades depend on: its checks, the judge, the jail, the notebook.

    Sentences of checks are in it, too: a class shall read the same words.
    """
    modules = ("utils.grading.judge", f"utils.checks.labs.{lab}", f"utils.checks.hidden.{lab}")
    jailed = [path for part in INSIDE for path in (ROOT / "utils").glob(part)]
    own = filter(None, map(imports.file_of, modules))  # a lab may have no hidden checks
    files = imports.closure(*own, *jailed)
    checks = ROOT / "utils" / "checks"
    said = sorted([*checks.glob("*.toml"), *checks.glob(f"*/{lab}.*toml")])
    digest = hashlib.sha256()
    for path in (*files, *said, ROOT / "labs" / f"{lab}.ipynb"):
        digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _known(place, entry, submission):
    """The record that this submission has already, or None."""
    if not place.exists():
        return None
    record = Record.of(json.loads(place.read_text()))
    name = entry.path.name if entry.path else ""
    return record if (record.sha256, record.file) == (submission.sha256, name) else None


def safe_name(student):
    """A file name for a student's name: letters, digits, dots and dashes, different for each."""
    plain = unicodedata.normalize("NFKD", student).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9.-]+", "_", plain).strip("._")[:60]
    # What was changed could now be equal: a part of the hash keeps names apart, and a name that
    # seems to have one gets its own. It is so long that nobody finds a name with another's mark.
    mark = hashlib.sha256(student.encode(errors="surrogatepass")).hexdigest()[:16]
    changed = plain != student or not plain or re.search("-[0-9a-f]{16}$", plain)
    return f"{plain or 'student'}-{mark}" if changed else plain


def write_whole(path, content):
    """Write a file, of text or bytes, so that it is there whole or not at all."""
    content = content if isinstance(content, bytes) else content.encode(errors="replace")
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(content)
    os.replace(beside, path)


def as_json(value):
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def records_in(out):
    """The records of a folder of results, in the order of the students' names."""
    files = sorted(Path(out, "records").glob("*.json"))
    found = [Record.of(json.loads(path.read_text())) for path in files]
    return sorted(found, key=lambda record: record.student)
