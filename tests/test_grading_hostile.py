"""The attacks of `tests/submissions/hostile.py`: the honest score, nothing learnt or changed.

An honest submission is graded again after every tenth attack (`tests/neighbours.py`). Run with
`-s` to see the table of attacks with the points deserved and given.
"""

import contextlib
import functools
import hashlib
import json
import os
import re
import shutil
import socket
import tempfile
from pathlib import Path

import psutil
import pytest

from tests.jails import backend_or_skip
from tests.neighbours import Neighbour
from tests.submissions import INPUTS  # noqa: F401 - see tests/keys.py
from tests.submissions.hostile import ATTACKS, DESERVED, LAB1, LAB3, Attack
from utils import ROOT
from utils.grading import submissions
from utils.grading.jail import Limits
from utils.grading.judge import Judge

SECRET = "S3CR3T-" + hashlib.sha256(os.urandom(9)).hexdigest()[:12]
MARK = "attack-" + SECRET[-8:]
LIMITS = Limits(
    cell=10, call=2, total=120, memory=25 * 10**8, disk=32 * 2**20, processes=Limits.processes
)
HONEST = {lab: Attack("honest", "nothing", lab=lab) for lab in (LAB1, LAB3)}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A grader's machine with something to steal and to spoil; told where, as attackers may be."""
    home, desk = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("desk")
    for name in (".S3CR3T", ".ssh/id_rsa", ".netrc"):
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text(SECRET)
    for name in ("gradebook.db", "grades.csv", "records/mallory.json", "lab1_identity_838.ipynb"):
        (desk / name).parent.mkdir(exist_ok=True)
        (desk / name).write_text(json.dumps({"student": "mallory", "points": 0, "key": SECRET}))
    shutil.copytree(desk / "records", desk / "classmate")
    for path in (home, desk):
        for each in (path, *path.rglob("*")):
            each.chmod(0o777)  # what file modes would protect is not what is tested
    in_memory = Path("/dev/shm/S3CR3T")
    with contextlib.suppress(OSError):
        in_memory.write_text(SECRET)
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind("\0" + MARK)
        abstract.listen()
        for listening in (tcp, abstract):
            listening.setblocking(False)
        port = tcp.getsockname()[1]
        before = {"HOME": os.environ.get("HOME"), "GRADER_TOKEN": None}
        os.environ |= {"HOME": str(home), "GRADER_TOKEN": SECRET}
        try:
            yield {
                "places": dict(HOME=home, DESK=desk, COURSE=ROOT, PORT=port, MARK=MARK),
                "listening": (tcp, abstract),
            }
        finally:
            for name, value in before.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value
            in_memory.unlink(missing_ok=True)


@pytest.fixture(scope="module", params=["bubblewrap", "docker"])
def neighbours(request, world):
    """For each lab a judge that has graded an honest submission first, and the table of attacks."""
    backend = backend_or_skip(request.param)

    def grade(judge, attack):
        return record_of(judge, attack, world)

    with contextlib.ExitStack() as stack:
        made, table = {}, []
        for lab in (LAB1, LAB3):
            fresh = functools.partial(Judge, lab, backend, LIMITS)
            made[lab] = Neighbour(grade, HONEST[lab], stack.enter_context(fresh()), fresh)
        yield made, table
        print("\n" + "\n".join(f"{name:42} {due:8} {given:5}" for name, due, given in table))
        for neighbour in made.values():
            neighbour.check()  # after the last attacks


def record_of(judge, attack, world):
    data = attack.notebook(world["places"])
    cells, notes = submissions.cells_of(data)
    digest = hashlib.sha256(data).hexdigest()
    return judge.grade(submissions.Submission(cells, notes, digest))


def state_of(world):
    """What no attack may change: files with something to lose, and those of the course."""
    folders = [world["places"]["HOME"], world["places"]["DESK"], ROOT / "utils", ROOT / "labs"]
    files = sorted(p for f in folders for p in f.rglob("*") if "__pycache__" not in p.parts)
    return [(str(p), p.stat().st_mtime_ns, p.stat().st_mode, p.stat().st_size) for p in files] + [
        hashlib.sha256(p.read_bytes()).hexdigest() for p in files if p.is_file()
    ]


def processes_of(judge):
    """The processes of a judge's jail."""
    there = psutil.Process(judge.jail.process.pid)
    return {there.pid, *(each.pid for each in there.children(recursive=True))}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack(attack, neighbours, world, record_property):
    made, table = neighbours
    neighbour = made[attack.lab]
    judge = neighbour.judge
    before, jail = state_of(world), judge.jail.process and processes_of(judge)
    record = neighbour.record_of(attack)
    text = json.dumps(record.plain(), ensure_ascii=False)
    table.append((attack.name, attack.points, record.points))
    record_property("attack", [attack.name, attack.points, record.points])

    assert record.points == attack.points, text
    assert re.search(attack.says, text), f"the attack did not do what it tries: {text}"
    # Nothing learnt, nothing that acts where it is shown, nothing changed.
    assert SECRET not in text
    assert not re.search(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e]", text)
    for listening in world["listening"]:
        with pytest.raises(BlockingIOError):
            listening.accept()
    assert state_of(world) == before
    folders = "/tmp", tempfile.gettempdir(), "/dev/shm", "/var/tmp"
    for folder in (*folders, world["places"]["HOME"], os.getcwd(), ROOT):
        assert not any(MARK in name for name in os.listdir(folder))
    # Nothing left behind for the next student.
    if judge.jail.backend.reusable:
        assert processes_of(judge) == jail, "the jail has other processes than before"
    neighbour.check_if_due()


def test_there_are_enough_attacks_and_each_has_something_to_gain(neighbours):
    honest = {lab: neighbour.record for lab, neighbour in neighbours[0].items()}
    assert len(ATTACKS) >= 44 and len({attack.name for attack in ATTACKS}) == len(ATTACKS)
    for lab, record in honest.items():
        states = [question.state for question in record.questions]
        assert {"right", "wrong", "unanswered"} <= set(states)
        assert record.points == DESERVED[lab] < record.out_of


def test_links_and_devices_handed_in_are_not_followed(world, tmp_path):
    target = world["places"]["DESK"] / "lab1_identity_838.ipynb"
    for student, path in {
        "mallory": target,
        "eve": "/dev/zero",
        "carol": "/proc/self/environ",
    }.items():
        (tmp_path / student).mkdir()
        (tmp_path / student / "lab1_identity_838.ipynb").symlink_to(path)
        (tmp_path / f"{student}.ipynb").symlink_to(path)
    os.mkfifo(tmp_path / "trent.ipynb")
    (tmp_path / "folder").symlink_to(world["places"]["DESK"])
    handed_in = submissions.collect(tmp_path, LAB1)
    for each in handed_in:
        if each.path:
            read = submissions.read(each.path)
            assert not read.cells and not read.sha256
            assert "symbolic link" in read.notes[0] or "not an ordinary file" in read.notes[0]
        else:
            assert "no notebook" in each.notes[0]
    assert "folder" in {each.student for each in handed_in} or len(handed_in) == 7


def test_time_of_the_whole_is_bounded(neighbours, world):
    """Many answers that never come back cost no more than the time of a submission in all."""
    judge = neighbours[0][LAB1].judge
    sleeper = (
        "    import signal, time\n    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n"
    )
    sleeper += "    time.sleep(1000)\n"
    names = ("sum_squared_error", "smallest_width", "build_encoder")
    endless = {name: f"def {name}(*arguments):\n{sleeper}" for name in names}
    slow = Attack("sleepers", "sleeps in every answer", answers=endless)
    whole, spent = judge.limits, judge.jail.spent
    judge.limits = Limits(cell=2, call=1, total=6)
    try:
        record = record_of(judge, slow, world)
    finally:
        judge.limits = whole
    assert record.points <= DESERVED[LAB1]
    assert any("used all its time (6 s)" in note for note in record.notes)
    assert judge.jail.spent - spent < 6 + (3 * 1 + 5) + 2
