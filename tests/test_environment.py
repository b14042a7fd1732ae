"""One environment: pyproject.toml, its lock and environment.yml agree; the launcher sets it up."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def drift(project, lock, conda):
    """Differences between parsed pyproject, text of a lock and parsed environment.yml, in words."""
    problems = []
    wanted = dict(line.split(";")[0].strip().split("==") for line in project["dependencies"])
    locked = dict(re.findall(r"^([\w.-]+)==([^ ;\\\n]+)", lock, re.M))
    for name, version in wanted.items():
        if locked.get(name.lower().replace("_", "-")) != version:
            problems.append(f"{name}: {version} in pyproject.toml, {locked.get(name)} in the lock")
    python, _, nested = conda["dependencies"]
    asked, listed = set(project["dependencies"]), set(nested["pip"]) - {"-e ."}
    problems += [f"{line}: in pyproject.toml alone" for line in sorted(asked - listed)]
    problems += [f"{line}: in environment.yml alone" for line in sorted(listed - asked)]
    version = tuple(map(int, python.removeprefix("python=").split(".")))
    if not (3, 11) <= version < (3, 14) or project["requires-python"] != ">=3.11,<3.14":
        problems.append(f"Python {version} in environment.yml, {project['requires-python']}")
    if nested["pip"][-1] != "-e .":
        problems.append("environment.yml does not install the package itself")
    return problems


def files():
    return (
        PROJECT,
        (ROOT / "requirements.txt").read_text(),
        yaml.safe_load((ROOT / "environment.yml").read_text()),
    )


def test_no_drift():
    assert drift(*files()) == []


def test_drift_is_seen():
    project, lock, conda = files()
    assert drift(project, lock.replace("keras==3.15.1", "keras==3.15.0"), conda)
    pip = conda["dependencies"][2]["pip"]
    for changed in ([line for line in pip if "nbval" not in line], [*pip[:-1], "torch==2.13.0"]):
        assert drift(project, lock, {"dependencies": ["python=3.12", "pip", {"pip": changed}]})
    assert drift(project, lock, {"dependencies": ["python=3.14", "pip", {"pip": pip}]})


def test_both_locks_agree_and_hold_hashes():
    versions = []
    for name in ("requirements.txt", "requirements-gpu.txt"):
        text = (ROOT / name).read_text()
        pinned = re.findall(r"^([\w.-]+(?:\[[\w-]+\])?==[^ \\\n]+(?: ; [^\\\n]+)?)", text, re.M)
        assert len(pinned) > 100 and text.count("--hash=sha256:") >= len(pinned)
        versions.append({p.split(";")[0].strip().replace("[and-cuda]", "") for p in pinned})
    assert versions[0] <= versions[1]
    assert any(p.startswith("nvidia-cudnn") for p in versions[1])


def test_installed_is_what_is_locked():
    import importlib.metadata

    from packaging.requirements import Requirement

    for wanted in map(Requirement, PROJECT["dependencies"]):
        if not wanted.marker or wanted.marker.evaluate():
            assert importlib.metadata.version(wanted.name) in wanted.specifier


# --- the launcher ---------------------------------------------------------------------------------


@pytest.fixture
def clone(tmp_path):
    """A clone with a launcher and a fake uv, which logs how it is called and makes a fake venv."""
    for name in ("course", "requirements.txt", "requirements-gpu.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    tools = tmp_path / "tools"
    tools.mkdir()
    uv, script = tools / "uv", tools / "uv.py"
    # A first line `#!` can't name a Python whose path has a blank.
    uv.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, str(script)])} "$@"\n')
    script.write_text(
        "import os, sys, pathlib\n"
        f"open({str(tmp_path / 'log')!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"
        "if os.environ.get('FAIL') in sys.argv: sys.exit(3)\n"
        f"folder = pathlib.Path({str(tmp_path)!r}) / '.venv' / 'bin'\n"
        "folder.mkdir(parents=True, exist_ok=True)\n"
        "for name in ('python', 'course'):\n"
        "    (folder / name).write_text('#!/bin/sh\\necho handed over: \"$@\"\\nexit 7\\n')\n"
        "    (folder / name).chmod(0o755)\n"
    )
    uv.chmod(0o755)
    environment = {"PATH": f"{tools}{os.pathsep}{os.defpath}", "HOME": str(tmp_path)}

    def call(*arguments, **more):
        done = subprocess.run(
            [sys.executable, tmp_path / "course", *arguments],
            env=environment | more,
            capture_output=True,
            text=True,
        )
        log = tmp_path / "log"
        calls = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return done, calls

    call.folder = tmp_path
    return call


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


def test_gpu_extra_is_remembered(clone):
    assert any("requirements-gpu.txt" in call for call in clone("doctor", COURSE_EXTRA="gpu")[1])
    assert clone("doctor")[1] == []
    assert any("requirements.txt" in call for call in clone("doctor", COURSE_EXTRA="")[1])
    done, calls = clone("doctor", COURSE_EXTRA="tpu")
    assert done.returncode == 1 and calls == []
    assert done.stderr == "course: COURSE_EXTRA is 'tpu'; it may be 'gpu' or empty.\n"


def test_an_interrupted_set_up_is_taken_up_again(clone):
    done, _ = clone("doctor", FAIL="sync")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "setting up failed (3). Check the network" in last and "Traceback" not in done.stderr
    done, calls = clone("doctor")
    assert done.returncode == 7 and any("sync" in call for call in calls)


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


def test_the_launcher_uses_the_standard_library_alone():
    imported = set(re.findall(r"^\s*(?:import|from) (\w+)", (ROOT / "course").read_text(), re.M))
    assert imported <= set(sys.stdlib_module_names)
