"""What this machine has for the course, and what to do where something is missing."""

import importlib.metadata
import os
import platform
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from utils import ROOT


@dataclass
class Finding:
    """One row of the doctor's table; `serious` where a lab could not run."""

    subject: str
    found: str
    remedy: str = ""
    serious: bool = False


def examine():
    """All findings, in the order of the table."""
    own = (*_personal(), _profile())
    return [*_versions(), *_devices(), *_room(), *_data(), *own, *_jail()]


def _versions():
    here = platform.python_version()
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield Finding(
        "Python",
        f"{here} on {platform.system()} {platform.machine()}",
        "" if fits else "The course needs Python 3.11 to 3.13: delete .venv, then ./course start",
        not fits,
    )
    pinned = _pinned()
    for name in ("tensorflow", "keras", "tensorflow-datasets", "matplotlib", "jupyterlab"):
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(name, "missing", "Call ./course start again: it installs it", True)
            continue
        wanted = pinned.get(name, version)
        remedy = (
            ""
            if version == wanted
            else f"The course is tested with {wanted}: delete .venv, ./course start"
        )
        yield Finding(name, version, remedy)


def _pinned():
    """Versions that the course is tested with, from its lock."""
    lock = ROOT / "requirements.txt"
    text = lock.read_text() if lock.exists() else ""
    return dict(re.findall(r"^([\w.-]+)==([^ ;\\\n]+)", text, re.M))


def _devices():
    from utils.runtime import gpu_name, has_bfloat16, import_tensorflow

    try:
        tf, _ = import_tensorflow()
    except (ImportError, RuntimeError) as error:
        yield Finding(
            "devices",
            f"TensorFlow does not start: {error}",
            "Delete .venv, then ./course start",
            True,
        )
        return
    gpus = tf.config.list_physical_devices("GPU")
    has_driver = shutil.which("nvidia-smi") is not None
    if gpus:
        yield Finding("GPU", ", ".join(gpu_name(tf, gpu) for gpu in gpus))
    elif has_driver and platform.system() == "Linux":
        yield Finding(
            "GPU", "there is one, TensorFlow does not see it", "COURSE_EXTRA=gpu ./course start"
        )
    else:
        yield Finding("GPU", "none; no lab needs one in the quick profile")
    fast = " with bfloat16 instructions" if has_bfloat16() else ""
    yield Finding("CPU", f"{os.cpu_count()} cores{fast}")


def _room():
    import psutil

    free = psutil.virtual_memory().available / 1e9
    tight = free < 2
    yield Finding(
        "memory",
        f"{free:.1f} GB free of {psutil.virtual_memory().total / 1e9:.1f} GB",
        "Close other programs: a lab takes 1 to 4 GB" if free < 4 else "",
        tight,
    )
    home = Path.home() if Path.home().exists() else Path.cwd()
    disk = shutil.disk_usage(home).free / 1e9
    yield Finding(
        "disk",
        f"{disk:.0f} GB free at {home}",
        "Free some space: data sets are prepared there once" if disk < 2 else "",
        disk < 0.2,
    )


def _data():
    from utils.data import available

    known = available()
    for source, otherwise in (
        ("embedded", "made at first use"),
        ("public", "fetched at first use"),
    ):
        rows = [row for row in known if row.source == source]
        for row in rows:
            if row.prepared:
                place = str(row.folder).replace(str(Path.home()), "~", 1)
                yield Finding(f"{source} data", f"{row.name}: ready in {place}")
            if row.damaged:
                remedy = f"Delete {row.folder}; it is fetched again at its next use"
                yield Finding(f"{source} data", f"{row.name}: damaged", remedy)
        if absent := ", ".join(r.name for r in rows if not r.prepared and not r.damaged):
            yield Finding(f"{source} data", f"{absent}: {otherwise}")


def _personal():
    """What somebody has set for all of their Python, and what the course makes of it."""
    home, aside = Path.home(), []
    keras_home = os.environ.get("KERAS_HOME") or home / ".keras"
    ipython = Path(os.environ.get("IPYTHONDIR") or home / ".ipython")
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    for name, files in (
        ("keras.json", [Path(keras_home) / "keras.json"]),
        ("matplotlibrc", [config / "matplotlib/matplotlibrc", home / ".matplotlib/matplotlibrc"]),
        ("IPython's start-up files", ipython.glob("profile_default/startup/*.*py")),
        ("IPython's settings", ipython.glob("profile_default/ipython*_config.py")),
    ):
        aside += [name] if any(file.is_file() for file in files) else []
    if aside:
        yield Finding("personal settings", f"{', '.join(aside)}: set aside in the course")
    for name in ("PYTHONPATH", "TF_CONFIG", "CUDA_VISIBLE_DEVICES"):
        if value := os.environ.get(name):
            yield Finding("environment", f"{name}={value}")


def _profile():
    from utils.runtime import profile_in_use

    try:
        return Finding("profile", profile_in_use())
    except ValueError as error:
        return Finding("profile", os.environ.get("COURSE_PROFILE", ""), str(error), True)


def _jail():
    """What `course grade` runs submissions in; students' bundles grade nothing."""
    if not (ROOT / "utils" / "grading").is_dir():
        return
    from utils.grading.jail import Bubblewrap, Docker

    problem = Bubblewrap.problem()
    if not problem:
        executable = Bubblewrap.executable()
        own = Path(executable).is_relative_to(sys.prefix)
        yield Finding("jail for grading", "ready: " + ("the course's bwrap" if own else executable))
    elif not Docker.problem():
        yield Finding("jail for grading", "ready: Docker (experimental)")
    else:
        if sys.platform != "linux":
            problem = f"{problem}; Docker (experimental): {Docker.problem()}"
        yield Finding("jail for grading", "none: labs run, course grade does not", problem)


def show(findings):
    """Print the table; returns how many findings are serious."""
    from rich.console import Console
    from rich.table import Table

    ailing = any(finding.remedy for finding in findings)
    table = Table(title="Doctor", title_justify="left")
    for name in ("what", "found", "remedy")[: 2 + ailing]:
        table.add_column(name, overflow="fold")
    for finding in findings:
        style = "red" if finding.serious else "yellow" if finding.remedy else None
        row = (finding.subject, finding.found, finding.remedy or "-")
        table.add_row(*row[: 2 + ailing], style=style)
    console = Console()
    console.print(table)
    serious = sum(finding.serious for finding in findings)
    console.print(
        "All labs can run here."
        if not serious
        else f"{serious} finding(s) keep labs from running: see the remedies.",
        highlight=False,
    )
    return serious
