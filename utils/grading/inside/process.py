"""The process inside the jail: imports TensorFlow once, then forks a child for each submission.

It is started by `jail.py`, talks on its standard input and output in frames (one letter, four
bytes of length, content), and passes on what judge and child say to each other without looking at
it. F forks a child, K kills it, D is data, C starts or stops the clock; R says that it is ready,
T how many seconds have been added to the clock, X that the child has ended.

The child gives up whatever it does not need (`confinement.py`), then runs cells and calls answers
as it is asked to. Everything in it is the submission's to spoil; nothing in it is worth reading.
"""

import ast
import builtins
import contextlib
import functools
import gc
import json
import os
import select
import signal
import socket
import struct
import sys
import time
import types
from pathlib import Path

from utils import checks
from utils.grading.inside import pipe

FRAME = struct.Struct(">cI")
SECONDS = struct.Struct(">d")
CHUNK = 2**16
ERROR = "kind", "message", "where", "mistake", "missing"  # what is told of an error in a cell
NOBODY = 65534
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100  # of a second, in /proc
WRITABLE = ("/tmp", "/dev/shm")
READABLE = (
    *("/usr", "/bin", "/lib", "/lib64", "/etc", "/course", "/data"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/filesystems"),
    *("/dev/zero", "/dev/random", "/dev/urandom", "/sys/devices/system/cpu"),
)


# --- the parent ---------------------------------------------------------------------------------


def main(options):
    """Serve until the standard input ends.

    Args:
        options: dict of `confined` ("namespaces": children give everything up; "container": all but
            own namespaces, which the container is; "no"), `memory` (bytes of all processes of a
            child), `disk` (bytes in /tmp), `processes` (number), `seconds` (of computing, in all),
            `trial` (bool: without TensorFlow).
    """
    if options["confined"] != "no" and os.getuid() == 0:
        # Started by root: bounds on processes do not hold for root, and it could do too much.
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        from utils.grading.inside import confinement

        # After a change of user the kernel hides a process' own entries in /proc from it.
        confinement.prctl(confinement.PR_SET_DUMPABLE, 1)
    if options["confined"] != "no":
        from utils.grading.inside import confinement

        # What a child leaves behind becomes this process' own to wait for: see `_end`.
        confinement.prctl(confinement.PR_SET_CHILD_SUBREAPER, 1)
    source, target = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    for folder in ("HOME", "IPYTHONDIR", "MPLCONFIGDIR"):
        os.makedirs(os.environ[folder], exist_ok=True)
    if not options["trial"]:
        warm_up()
    Parent(source, target, options).serve()


def warm_up():
    """Import what labs use, once, and run no operation: TensorFlow does not survive a fork then."""
    from utils.runtime import import_tensorflow

    import_tensorflow()
    import IPython.core.interactiveshell  # noqa: F401
    import matplotlib.pyplot  # noqa: F401
    import matplotlib_inline.backend_inline  # noqa: F401
    import scipy.ndimage  # noqa: F401
    import scipy.stats  # noqa: F401
    import sklearn.decomposition  # noqa: F401
    import sklearn.linear_model  # noqa: F401
    import tensorflow_datasets  # noqa: F401

    from utils import claims, data, metrics, nets, plots, training  # noqa: F401

    fresh_answers()
    gc.collect()
    gc.freeze()  # the collector would otherwise touch, and so copy, every page in every child


# Each module after those that it imports.
REMOTE = "functions", "networks", "training", "pictures", "pretexts", "drivers", "errors", "answers"


@functools.cache
def _code_of(name):
    path = Path(__file__).parents[2] / "checks" / "remote" / f"{name}.py"
    return compile(path.read_text(), str(path), "exec")


def fresh_answers():
    """`utils.checks.remote.answers` with its drivers, made anew from the course's own code.

    Whatever the submission has put in the place of the modules that it can import is not used.
    """
    sys.modules["utils.checks"] = checks
    checks.remote = sys.modules["utils.checks.remote"] = types.ModuleType("utils.checks.remote")
    for name in REMOTE:
        module = types.ModuleType(f"utils.checks.remote.{name}")
        sys.modules[module.__name__] = module
        setattr(checks.remote, name, module)
        exec(_code_of(name), module.__dict__)
    return module


class Parent:
    """Passes on, forks and ends. It never waits for one side alone, nor keeps much of what it got.

    A child that floods it, or a judge that is busy, must not stop it from looking at the memory.
    """

    def __init__(self, source, target, options):
        self.source, self.target, self.options = source, target, options
        self.child, self.channel = None, None
        self.incoming, self.to_child, self.to_judge = bytearray(), bytearray(), bytearray()
        self.clock = None  # of the child
        self.look = 0.0  # when next at memory and clock
        os.set_blocking(target, False)

    def serve(self):
        self._tell(b"R", b"")
        while True:
            reading, writing = [self.source], [self.target] if self.to_judge else []
            if self.channel and len(self.to_judge) < CHUNK:
                reading.append(self.channel)
            if self.channel and self.to_child:
                writing.append(self.channel)
            ready, writable, _ = select.select(reading, writing, [], 0.1)
            if self.target in writable:
                with contextlib.suppress(BlockingIOError):
                    del self.to_judge[: os.write(self.target, self.to_judge[:CHUNK])]
            if self.channel in writable:
                self._write_child()
            if self.channel and self.channel in ready:
                self._from_child()
            if self.source in ready and not self._from_judge():
                return self._end("killed")
            if self.child and time.monotonic() > self.look:
                self._look()

    def _tell(self, kind, content):
        self.to_judge += FRAME.pack(kind, len(content)) + content

    def _look(self):
        """Tell the time, and end a child that holds too much memory."""
        began = time.monotonic()
        self._tell_time()
        if self._too_large():
            self._end("memory")
        # Where it takes long, with hundreds of processes, there is to be time for other things.
        self.look = time.monotonic() + max(0.05, 2 * (time.monotonic() - began))

    def _tell_time(self):
        if self.clock.on:
            self._tell(b"T", SECONDS.pack(self.clock.more()))

    def _too_large(self):
        """Whether the child and all it has started hold more memory than they may."""
        bound = self.options["memory"]
        return self.options["confined"] != "no" and memory_of_children(bound) > bound

    def _from_judge(self):
        data = os.read(self.source, CHUNK)
        self.incoming += data
        while len(self.incoming) >= FRAME.size:
            kind, length = FRAME.unpack_from(self.incoming)
            if len(self.incoming) < FRAME.size + length:
                break
            content = self.incoming[FRAME.size : FRAME.size + length]
            del self.incoming[: FRAME.size + length]
            if kind == b"F":
                self._end("replaced")
                self._fork()
            elif kind == b"K":
                self._end("killed")
            elif kind == b"C" and self.child:
                self._tell_time()
                self.clock.turn(bool(content))
            elif kind == b"D" and self.channel:
                self.to_child += content
        return bool(data)

    def _fork(self):
        ours, theirs = socket.socketpair()
        child = os.fork()
        if not child:
            try:
                signal.signal(signal.SIGINT, signal.default_int_handler)
                ours.close()
                os.dup2(1, 2)
                # Nothing that leads to the judge, or anywhere else, stays open.
                os.closerange(3, theirs.fileno())
                os.closerange(theirs.fileno() + 1, 2**20)
                begin(theirs, self.options)
            except BaseException as error:
                # The judge heeds this as long as nothing of the submission has run.
                with contextlib.suppress(OSError):
                    theirs.sendall(b"".join(pipe.encode({"broken": f"{error!r}"})))
            finally:
                os._exit(70)
        theirs.close()
        ours.setblocking(False)
        self.child, self.channel, self.to_child = child, ours, bytearray()
        self.clock = Clock(child if self.options["confined"] == "no" else None)

    def _write_child(self):
        try:
            del self.to_child[: self.channel.send(self.to_child[:CHUNK])]
        except BlockingIOError:
            pass
        except OSError:
            self._end("")

    def _from_child(self):
        try:
            data = self.channel.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._tell(b"D", data)
        else:
            self._end("")

    def _end(self, reason):
        """End the child with all it has started, and tell the judge why it is gone."""
        if not self.child:
            return
        if not reason:  # the channel is closed: it may be ending, or hide
            self.clock.turn(True)
            seconds, deadline = 0, time.monotonic() + 20
            while not os.waitid(os.P_PID, self.child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                seconds += self.clock.more()
                if seconds > 1 or time.monotonic() > deadline or self._too_large():
                    break
                time.sleep(0.05)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self.options["confined"] == "no":
                os.killpg(self.child, signal.SIGKILL)
            os.kill(self.child, signal.SIGKILL)
            if os.getpid() == 1:  # of a container, where no process of its own ends all others
                os.kill(-1, signal.SIGKILL)
        _, status = os.waitpid(self.child, 0)
        code = os.waitstatus_to_exitcode(status)
        self.channel.close()
        self.child = self.channel = None
        _wait_for_all(60)
        self._tell(b"X", json.dumps({"reason": reason, "code": code}).encode())


def _wait_for_all(seconds):
    """Wait for what an ended child has left; end this process, and so the jail, if it stays."""
    deadline = time.monotonic() + seconds
    with contextlib.suppress(ChildProcessError):  # none is left
        while True:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                if time.monotonic() > deadline:
                    os._exit(71)
                time.sleep(0.002)


class Clock:
    """Seconds that a child and all it has started compute or sleep, as the kernel tells.

    What waits for a processor or a disk that is busy with other work is neither, so a slow machine
    costs an answer nothing. Each look at it adds what the processes have computed since the last
    one, on all cores, or the time between, where all of them sleep.

    Args:
        session: number of the session that is looked at; if None, all processes of the jail.
    """

    LONGEST = 0.5  # seconds between two looks that count as sleep: more is a late look

    def __init__(self, session):
        self.session, self.on = session, False
        self.then, self.computed = 0.0, 0.0

    def turn(self, on):
        """Start or stop it."""
        self.on = on
        self.then = time.monotonic()
        self.computed = max(computed_by(processes(), self.session)[0] for _ in range(2))

    def more(self):
        """Seconds since the last look, or since it was started."""
        now, (computed, waits) = time.monotonic(), computed_by(processes(), self.session)
        if computed < self.computed:
            # One has ended since its parent was asked, which is the one that has its seconds now.
            computed, waits = computed_by(processes(), self.session)
        slept = 0 if waits else min(now - self.then, self.LONGEST)
        added = max(computed - self.computed, slept)
        self.then, self.computed = now, computed
        return added


def processes():
    """Numbers of all processes but the first and this one; none where the system has no /proc."""
    names = os.listdir("/proc") if os.path.isdir("/proc") else ()
    return [int(name) for name in names if name.isdigit() and int(name) not in (1, os.getpid())]


def computed_by(pids, session=None):
    """What processes have computed, with the children that they have waited for.

    Returns:
        (seconds of all cores, whether one of their threads runs, or waits for processor or disk)
    """
    ticks, waits = 0, not pids
    for pid in pids:
        with contextlib.suppress(OSError, IndexError):  # it has ended
            fields = _stat(f"/proc/{pid}/stat")
            if session in (None, int(fields[3])):
                ticks += sum(map(int, fields[11:15]))
                threads = () if waits else os.listdir(f"/proc/{pid}/task")
                waits = waits or any(
                    _stat(f"/proc/{pid}/task/{thread}/stat")[0] in ("R", "D") for thread in threads
                )
    return ticks / TICKS, waits


def _stat(path):
    """The fields of a stat file in /proc after the name of the process."""
    return Path(path).read_text(errors="replace").rpartition(")")[2].split()


def memory_of_children(bound):
    """Bytes in memory of all processes but this one, or 0 where they are surely below the bound."""
    total, others = 0, processes()
    # The second is exact, and takes a hundred times as long.
    for read in (_resident, _proportional):
        total = sum(read(pid) for pid in others)
        if total < bound:
            return 0
    return total


def _resident(pid):
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def _proportional(pid):
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    except PermissionError:  # it has made itself unreadable (PR_SET_DUMPABLE): all counts
        return _resident(pid)
    except OSError:
        return 0


# --- the child ----------------------------------------------------------------------------------


def begin(channel, options):
    """Give up what is not needed, then serve the judge's requests until the channel closes."""
    if options["confined"] == "no":
        os.setsid()
        return Child(channel).serve()
    from utils.grading.inside import confinement as jail

    jail.prctl(jail.PR_SET_PDEATHSIG, signal.SIGKILL)
    if options["confined"] == "namespaces":
        jail.unshare()
        _then_exit_as(os.fork(), channel, jail)
        # Process 1 of its own namespace: when it ends, the kernel kills all others.
        jail.prctl(jail.PR_SET_PDEATHSIG, signal.SIGKILL)
        for folder in WRITABLE:
            jail.mount_empty(folder, options["disk"], keep=(sys.prefix, sys.base_prefix))
        _then_exit_as(os.fork(), channel, jail)
    jail.limit_resources(
        memory=options["memory"],
        # Counted for each user of a namespace: all containers of a machine would share the bound.
        processes=options["processes"] if options["confined"] == "namespaces" else None,
        file_size=options["disk"],
        cpu=options["seconds"],
    )
    jail.drop_capabilities()
    readable = (*READABLE, sys.prefix, sys.base_prefix)
    jail.restrict_files(readable, (*WRITABLE, "/dev/null"))
    jail.refuse_calls()
    Child(channel).serve()


def _then_exit_as(child, channel, jail):
    """In the parent, whose only task is to be there: end as the child ends."""
    if not child:
        return
    channel.close()
    jail.drop_capabilities()
    while True:
        ended, status = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


class Child:
    """Runs cells and calls answers, one request at a time."""

    def __init__(self, channel):
        self.channel = channel
        for folder in ("HOME", "IPYTHONDIR", "MPLCONFIGDIR"):
            os.makedirs(os.environ[folder], exist_ok=True)
        os.chdir(os.environ["HOME"])
        self.nowhere = None
        self.shell = make_shell()

    def serve(self):
        self._send({"ready": True})
        while (request := self._read()) is not None:
            self._send({"n": request["n"]} | self._quietly(request))

    def _read(self):
        header = self._exactly(pipe.HEADER.size)
        if header is None:
            return None
        head, arrays = pipe.lengths(header)
        return pipe.decode(self._exactly(head), self._exactly(arrays))

    def _exactly(self, length):
        data = bytearray()
        while len(data) < length:
            part = self.channel.recv(min(length - len(data), 2**20))
            if not part:
                return None
            data += part
        return bytes(data)

    def _send(self, reply):
        try:
            parts = pipe.encode(reply)
        except (pipe.Forbidden, RecursionError, MemoryError) as error:
            message = str(error) or type(error).__name__
            raised = ["TypeError", message, "", "not_numbers", ""]
            parts = pipe.encode({"n": reply["n"], "raised": raised})
        for part in parts:
            self.channel.sendall(part)

    def _quietly(self, request):
        """What an earlier cell did to the standard streams must not stop this one."""
        if self.nowhere is None or self.nowhere.closed:
            self.nowhere = open(os.devnull, "w")  # noqa: SIM115
        # The same for all requests: a progress bar may hold on to the stream it began with.
        sys.stdout = sys.stderr = self.nowhere
        if "cell" in request:
            whole = request.get("whole", True)
            source = request["cell"] if whole else definitions_of(request["cell"])
            return {"cell": self.run(source, request["limit"])}
        return self.answer(request)

    def run(self, source, limit):
        """Run a cell; None, or the error that it ended with as a dict."""
        told_by = fresh_answers()
        try:
            with told_by.time_limit(limit):
                result = self.shell.run_cell(source, store_history=False)
            error = result.error_before_exec or result.error_in_exec
        except (Exception, SystemExit, KeyboardInterrupt) as raised:
            error = raised
        if error is None:
            return None
        if isinstance(error, TimeoutError):
            return {"kind": "TimeoutError", "message": f"no end after {limit:g} s", "where": ""}
        if isinstance(error, SyntaxError):
            where = f" (line {error.lineno} of its cell: {(error.text or '').strip()})"
            return {"kind": type(error).__name__, "message": str(error.msg), "where": where}
        told = told_by._told(error, "")
        return {name: getattr(told, name) for name in ERROR}

    def answer(self, request):
        fresh = fresh_answers()
        answers = fresh.Answers(self.shell.user_ns, request["limit"])
        try:
            if "call" in request:
                value = answers.call(request["call"], *request["arguments"], **request["options"])
            else:
                value = answers.drive(request["drive"], request["name"], **request["options"])
            return {"value": value}
        except fresh.Unanswered as unanswered:
            return {"unanswered": [str(unanswered), unanswered.missing]}
        except fresh.AnswerRaised as raised:
            parts = (raised.kind, raised.message, raised.where, raised.mistake, raised.missing)
            return {"raised": list(parts)}


def definitions_of(source):
    """A cell's imports, functions and classes alone, each on its line; "" where it is no Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ""
    kinds = ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef
    kept = set()
    for node in (each for each in tree.body if isinstance(each, kinds)):
        first = min(each.lineno for each in (node, *getattr(node, "decorator_list", ())))
        kept.update(range(first, node.end_lineno + 1))
    return "\n".join(line if n in kept else "" for n, line in enumerate(source.splitlines(), 1))


def make_shell():
    """IPython as in a notebook's kernel: magics, `!`, top-level await; no history, no display."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config)
    shell.showtraceback = shell.showsyntaxerror = lambda *a, **k: None
    shell.enable_gui = lambda gui=None: None

    def nobody(prompt=""):
        raise RuntimeError("input() waits for somebody to type, and here is nobody.")

    def ask_exit():
        raise SystemExit

    shell.ask_exit = ask_exit  # of exit() and quit()
    shell.system = shell.system_raw  # `!command`: the jail has no terminals
    builtins.input = nobody
    shell.user_ns.pop("input", None)
    return shell


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
