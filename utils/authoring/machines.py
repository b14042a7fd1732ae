"""`course test --machines`: the notebooks as other processors would execute them, on this one.

A library picks its instructions by the processor, splits sums by the number of cores, and rounds
differently each time. Each of `SETTINGS` makes it pick otherwise. What a notebook stores is then
compared with what it gave under all of them (`spread.py`), and every claim has to hold in all.
"""

import hashlib
import html
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from utils import ROOT
from utils.authoring import spread
from utils.claims import number

# Environment of each setting. NumPy's names of instruction sets are those of its version 2.
_AVX2 = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4,AVX512_ICL,AVX512_SPR",
}
_THREADS = "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"
_ONE = dict.fromkeys((*_THREADS, "OPENBLAS_NUM_THREADS"), "1")
_PLAIN = {"TF_ENABLE_ONEDNN_OPTS": "0"}
SETTINGS = {
    "all that this processor has": {},
    "AVX-512 without its later parts": {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE"},
    "AVX-512 and AMX": {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_AMX"},
    "AVX2": _AVX2,
    "without oneDNN": _PLAIN,
    "one thread": _ONE,
    "one thread, AVX2": _ONE | _AVX2,
    "one thread, without oneDNN": _ONE | _PLAIN,
    # Rounding that none of the others has: initial weights differ by a unit in the last place.
    "initial weights rounded otherwise, 1": {"COURSE_ROUNDING": "1"},
    "initial weights rounded otherwise, 2": {"COURSE_ROUNDING": "2"},
}
SHOWN = 0.05  # of its value: claims that move by more are listed in the results
RESULTS = ROOT / "docs" / "results.md"
BEGIN, END = "<!-- machines: begin -->", "<!-- machines: end -->"


def executed():
    """Paths of the notebooks that have stored outputs."""
    return sorted(
        path for part in ("notebooks", "solutions") for path in ROOT.glob(f"{part}/*.ipynb")
    )


def measure(paths, say=print):
    """Execute notebooks under all settings and keep their spread in `tests/spread.json`.

    Args:
        paths: list of notebooks with stored outputs.
        say: called with a line for each setting.

    Returns:
        list of lines: what failed for another reason than a number or a figure that moved, such as
        a claim that does not hold.
    """
    notebooks, failures = {name_of(path): load(path) for path in paths}, []
    values = {}
    with tempfile.TemporaryDirectory(prefix="course-machines-") as folder:
        marks = {}
        for place, (setting, environment) in enumerate(SETTINGS.items()):
            done = f"{place + 1} of {len(SETTINGS)}, {setting}"
            mark = fingerprint(environment)
            if mark in marks:
                say(f"{done}: computes as '{marks[mark]}' to the last bit, so it is not run")
                continue
            marks[mark] = setting
            kept = Path(folder) / str(place)
            kept.mkdir()
            began = time.monotonic()
            status, report = execute(paths, environment | {"COURSE_SPREAD": str(kept)})
            failed = re.findall(r"^(?:FAILED|ERROR) .*", report, re.M)
            if status and not failed:
                failed = [f"pytest ended with {status}: {report.strip().splitlines()[-1]}"]
            failures += [f"{setting}: {line}" for line in failed]
            collect(kept, notebooks, setting, values)
            minutes = (time.monotonic() - began) / 60
            if not any(setting in found for found in values.values()):
                raise RuntimeError(f"nothing was executed with '{setting}': {report[-2000:]}")
            say(f"{done}: {len(failed)} cells failed, {minutes:.1f} minutes")
    outside, every = left_out(values, notebooks)
    say(f"Each setting left out in turn: {outside} of {every:,} numbers are not where the others")
    say("would allow them.")
    write(values, notebooks)
    return failures


def fingerprint(environment):
    """A few training steps and matrix products under a setting, as a hash of their bits."""
    command = [sys.executable, "-c", "from utils.authoring import machines; print(machines.bits())"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"TensorFlow does not run with {environment}: {done.stderr[-500:]}")
    return done.stdout.split()[-1]


def bits():
    """What `fingerprint` asks for, in the process that has the setting."""
    from utils import runtime

    runtime.start(precision="float32")
    import keras
    from keras import layers

    images = np.random.default_rng(0).random((256, 28, 28, 1), dtype="float32")
    options = {"strides": 2, "padding": "same", "activation": "relu"}
    network = keras.Sequential(
        [
            keras.Input(images.shape[1:]),
            layers.Conv2D(16, 4, **options),
            layers.Conv2D(32, 4, **options),
            layers.BatchNormalization(),
            layers.Conv2DTranspose(16, 4, **options),
            layers.Conv2DTranspose(1, 4, **options),
            layers.Flatten(),
            layers.Dense(50),
        ]
    )
    network.compile("adam", "mse")
    rows = images.reshape(len(images), -1)
    network.fit(images, rows[:, :50], batch_size=64, epochs=5, verbose=0, shuffle=False)
    computed = [*network.get_weights(), np.linalg.eigh(rows.T @ rows)[1], np.exp(rows)]
    return hashlib.sha256(b"".join(array.tobytes() for array in computed)).hexdigest()


def execute(paths, environment):
    """Run nbval over notebooks: pytest's exit status and report."""
    command = [sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider"]
    command += [str(path) for path in paths]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def name_of(path):
    """A notebook's folder and name, as in "solutions/lab3_vae"."""
    path = Path(path).resolve()
    return f"{path.parent.name}/{path.stem}"


def load(path):
    """Outputs of a notebook's code cells by cell id."""
    import nbformat

    cells = nbformat.read(path, as_version=4).cells
    return {cell.id: cell.outputs for cell in cells if cell.cell_type == "code"}


def collect(folder, notebooks, setting, values):
    """Add to `values` what a setting gave: (notebook, cell) -> {setting: {label: Reading}}."""
    for file in Path(folder).glob("*.jsonl"):
        for line in file.read_text().splitlines():
            kept = json.loads(line)
            notebook, cell = kept["notebook"], kept["cell"]
            stored = notebooks[notebook][cell]
            found = spread.readings(kept["outputs"], stored)
            values.setdefault((notebook, cell), {})[setting] = found


def ranges(stored, found):
    """Of a cell: dict of label to (stored, least, most) over all settings."""
    result = {}
    for label, reading in spread.readings(stored, stored).items():
        every = [reading.value, *(each[label].value for each in found.values() if label in each)]
        result[label] = [digits(value) for value in (reading.value, min(every), max(every))]
    return result


def digits(value):
    return float(f"{value:.5g}")


def left_out(values, notebooks):
    """(count, of how many): numbers of a setting outside what the other settings allow them.

    What another processor can expect, as far as these settings stand for it.
    """
    outside = every = 0
    for (notebook, cell), found in values.items():
        stored = notebooks[notebook][cell]
        before = spread.readings(stored, stored)
        for setting, readings in found.items():
            others = {name: each for name, each in found.items() if name != setting}
            allowed = spread.intervals(before, ranges(stored, others))
            for label in before.keys() & readings.keys():
                low, high, _ = allowed[label]
                outside += not low <= readings[label].value <= high
                every += 1
    return outside, every


def write(values, notebooks):
    """Put the measured spread of these notebooks into `tests/spread.json`."""
    whole = json.loads(spread.FILE.read_text()) if spread.FILE.exists() else {}
    for notebook, cells in notebooks.items():
        found = {cell: values[notebook, cell] for cell in cells if (notebook, cell) in values}
        settings = {setting for readings in found.values() for setting in readings}
        whole[notebook] = {
            "processor": processor(),
            "settings": [setting for setting in SETTINGS if setting in settings],
            "cells": {cell: ranges(cells[cell], found[cell]) for cell in found},
        }
    there = {name_of(path) for path in executed()}
    whole = {name: whole[name] for name in sorted(whole) if name in there}
    # A line for each number, so that a change of one is a change of one line.
    text = json.dumps(whole, indent=1, ensure_ascii=False)
    text = re.sub(r"\[\s+([^],\s]+),\s+([^],\s]+),\s+([^],\s]+)\s+\]", r"[\1, \2, \3]", text)
    spread.FILE.write_text(text + "\n")


def report():
    """The section of `docs/results.md` that shows the spread, Markdown."""
    notebooks, claims = [], []
    whole = json.loads(spread.FILE.read_text())
    for notebook, measured in whole.items():
        outputs = load(ROOT / f"{notebook}.ipynb")
        moves, wide, figures = [], 0, []
        for cell, found in measured["cells"].items():
            stored = spread.readings(outputs.get(cell, []), outputs.get(cell, []))
            allowed = spread.intervals(stored, found)
            for label, (value, least, most) in spread.measured_of(stored, found).items():
                if label.startswith("figure "):
                    figures += [most] if label.endswith("difference") else []
                    continue
                low, high, _ = allowed[label]
                wide += high - low > abs(value)
                moves.append((most - least) / max(abs(value), 1e-12))
                if stored[label].bound and moves[-1] > SHOWN:
                    shown = (number(each) for each in (value, least, most))
                    claims.append((notebook, label, *shown, stored[label].bound))
        over = sum(move > SHOWN for move in moves)
        largest = f"{max(figures, default=0):.0f}"
        runs = len(measured["settings"])
        notebooks.append((notebook, runs, len(moves), over, wide, len(figures), largest))
    processors = sorted({measured["processor"] for measured in whole.values()})
    settings = [
        name for name in SETTINGS if any(name in each["settings"] for each in whole.values())
    ]
    head = "notebook", "settings", "numbers", f"move by over {SHOWN:.0%}", "may move by over half"
    return "\n".join(
        [
            f"Processor: {', '.join(processors)}. Settings: {'; '.join(settings)}.",
            "",
            line(*head, "figures", "largest difference, grey levels"),
            line(*["---"] * 7),
            *(line(*row) for row in notebooks),
            "",
            f"Claims whose number moves by over {SHOWN:.0%}, least and most over all settings:",
            "",
            line("notebook", "claim", "stored", "least", "most", "bound"),
            line(*["---"] * 6),
            *(line(*row) for row in claims),
        ]
    )


def line(*cells):
    """A line of a table in Markdown."""
    texts = (html.unescape(str(cell)).replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(texts)} |"


def put_into_results():
    """Write `report` between its marks in `docs/results.md`."""
    before, _, rest = RESULTS.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    RESULTS.write_text(f"{before}{BEGIN}\n{report()}\n{END}{after}")


def processor(cpuinfo=Path("/proc/cpuinfo")):
    """The processor's name."""
    if cpuinfo.exists():
        found = re.search(r"^model name\s*: (.*)", cpuinfo.read_text(), re.M)
        if found:
            return found[1]
    return platform.processor() or platform.machine()
