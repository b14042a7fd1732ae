"""Accidents of honest students: each breaks a notebook, and costs only what it breaks.

FAULTS: one entry for each, with what is broken, how the solved notebook is changed, the score that
it deserves, and words that the grader has to say. Most start from lab 1, whose seven questions are
cheap to grade: identity_patterns 1, build_encoder 2, build_decoder 1, sum_squared_error 2, train 4,
binary_code 2, smallest_width 2, together 14 points. `train` uses `sum_squared_error`.
"""

import copy
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from utils import ROOT

LAB1, LAB3 = "lab1_identity_838", "lab3_vae"
ALL = (
    *("identity_patterns", "build_encoder", "build_decoder", "sum_squared_error", "train"),
    *("binary_code", "smallest_width"),
)


@dataclass(frozen=True)
class Fault:
    """An accident.

    `change` takes the notebook as a dict and returns it changed, or the bytes of the file. `lost`
    has the state and the words of each question that is not right, `notes` and `cells` have words
    of the notes on the file and of the errors of cells, one for each. `limits` in seconds where
    the short ones of the tests do not do.
    """

    name: str
    broken: str
    change: Callable
    score: int
    lost: dict = field(default_factory=dict)
    notes: tuple = ()
    cells: tuple = ()
    lab: str = LAB1
    file: str = ""
    limits: dict = field(default_factory=dict)


def notebook(lab, folder="solutions"):
    return json.loads((ROOT / folder / f"{lab}.ipynb").read_text())


def as_bytes(nb):
    return nb if isinstance(nb, bytes) else json.dumps(nb, ensure_ascii=False).encode()


# --- changes ------------------------------------------------------------------------------------


def source_of(cell):
    return "".join(cell["source"])


def code(source):
    return {
        "cell_type": "code",
        "id": f"own-{abs(hash(source))}",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": source,
    }


def place(nb, name):
    """Where the cell that defines an answer stands."""
    pattern = re.compile(rf"^(?:def|class) {name}\b", re.M)
    found = [i for i, c in enumerate(nb["cells"]) if pattern.search(source_of(c))]
    return next(i for i in found if nb["cells"][i]["cell_type"] == "code")


def cell_of(name, then=""):
    """How a report of lab 1 calls the cell in which a name is bound: "cell 30"."""
    bound = re.compile(rf"^ *(?:def|class) {name}\b|^ *{name} = ", re.M)
    cells = notebook(LAB1)["cells"]
    found = [i for i, c in enumerate(cells, 1) if bound.search(source_of(c))]
    return f"cell {found[0]}{then}"


def first_experiment(nb):
    return next(c for c in nb["cells"] if "experiment" in c["metadata"].get("tags", ()))


def check_place(nb, name):
    return next(
        i for i, c in enumerate(nb["cells"]) if source_of(c).startswith(f'lab.check("{name}")')
    )


def instead(name, source):
    """Another source in an answer's cell."""

    def change(nb):
        nb["cells"][place(nb, name)]["source"] = source
        return nb

    return change


def around(name, before="", after=""):
    """Lines before and after an answer, in its own cell."""

    def change(nb):
        cell = nb["cells"][place(nb, name)]
        cell["source"] = before + source_of(cell) + after
        return nb

    return change


def own_cell(source, before=None, after=None):
    """A cell of the student's own: before or after an answer's cell, else at the end."""

    def change(nb):
        at = place(nb, before) if before else place(nb, after) + 1 if after else len(nb["cells"])
        nb["cells"].insert(at, code(source))
        return nb

    return change


def in_turn(*changes):
    def change(nb):
        for each in changes:
            nb = each(nb)
        return nb

    return change


def each_cell(edit):
    """`edit(cell)` on every cell; cells for which it returns False are taken out."""

    def change(nb):
        nb["cells"] = [cell for cell in nb["cells"] if edit(cell) is not False]
        return nb

    return change


def file_as(make):
    """The file is `make(bytes of the notebook)`."""
    return lambda nb: make(as_bytes(nb))


def kind(name, cell_type):
    def change(nb):
        nb["cells"][place(nb, name)]["cell_type"] = cell_type
        return nb

    return change


def copied(name, first, second):
    """An answer's cell twice in a row, then its check."""

    def change(nb):
        at = place(nb, name)
        right = nb["cells"][at]
        both = [code(first or source_of(right)), code(second or source_of(right))]
        nb["cells"][at : at + 1] = both
        return nb

    return change


def moved(name, to):
    """An answer's cell at another place; its check stays where it is."""

    def change(nb):
        cell = nb["cells"].pop(place(nb, name))
        nb["cells"].insert(to(nb), cell)
        return nb

    return change


def old_format(nb):
    cells = []
    for cell in nb["cells"]:
        text = {"source": cell["source"]} if cell["cell_type"] != "code" else {}
        run = {"input": cell["source"], "language": "python", "outputs": [], "collapsed": False}
        run = run if cell["cell_type"] == "code" else {}
        cells.append({"cell_type": cell["cell_type"], "metadata": {}} | text | run)
    return {
        "metadata": {"name": "Lab 1"},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [{"cells": cells, "metadata": {}}],
    }


def partly(*names):
    """The lab as it was given, with the answers to these questions."""

    def change(nb):
        given = notebook(LAB1, "labs")
        for name in names:
            given["cells"][place(given, name)]["source"] = nb["cells"][place(nb, name)]["source"]
        return given

    return change


def stripped(cell):
    cell["metadata"] = {}
    del cell["id"]


def one_id(cell):
    cell["id"] = "16c73c76"


def huge_output(megabytes):
    line = "epoch 1: loss 0.25, and so on for a very long time indeed\n"

    def change(nb):
        text = [line] * (megabytes * 10**6 // (len(line) + 5))
        output = {"output_type": "stream", "name": "stdout", "text": text}
        nb["cells"][check_place(nb, "train")]["outputs"] = [output]
        return nb

    return change


def meta(**metadata):
    def change(nb):
        nb["metadata"].update(metadata)
        return nb

    return change


def replaced(old, new, name):
    """Another text in an answer's cell."""

    def change(nb):
        cell = nb["cells"][place(nb, name)]
        assert old in source_of(cell)
        cell["source"] = source_of(cell).replace(old, new)
        return nb

    return change


def unanswered(*names, words="not answered yet"):
    return dict.fromkeys(names, ("unanswered", (words,)))


def wrong(*words):
    return ("wrong", words)


BINARY = "def binary_code(hidden_values):\n"
BITS = "    return (np.asarray(hidden_values) > 0.5).astype(int)\n"
PATTERNS = "def identity_patterns():\n"
EYE = '    return np.eye(8, dtype="float32")\n'
WRONG_BITS = BINARY + "    return np.zeros_like(hidden_values)\n"
FAULTS = []


def fault(name, broken, change, score, **rest):
    FAULTS.append(Fault(name, broken, change, score, **rest))


# --- answers --------------------------------------------------------------------------------------

fault("blank", "nothing is answered", partly(), 0, lost=unanswered(*ALL))
fault(
    "partly right",
    "three answers, the other questions untouched",
    partly("identity_patterns", "sum_squared_error", "train"),
    7,
    lost=unanswered("build_encoder", "build_decoder", "binary_code", "smallest_width"),
)
fault(
    "train without sum_squared_error",
    "a question that others use is open",
    lambda nb: instead("sum_squared_error", source_of(
        notebook(LAB1, "labs")["cells"][place(notebook(LAB1, "labs"), "sum_squared_error")]))(nb),
    8,
    lost=unanswered("sum_squared_error")
    | unanswered("train", words="it uses Question 4, sum_squared_error, which is not answered"),
)  # fmt: skip
fault(
    "todo",
    "a stub with words of the student's own",
    instead("binary_code", BINARY + '    raise NotImplementedError("I will do this later")\n'),
    12,
    lost={"binary_code": wrong("NotImplementedError: I will do this later")},
)
fault(
    "NotImplementedError of Keras",
    "a layer without call",
    instead("build_encoder", "def build_encoder(hidden):\n    class Layer(keras.layers.Layer):\n"
            "        pass\n    return keras.Sequential([keras.Input((8,)), Layer()])\n"),
    12,
    lost={"build_encoder": wrong("does not have a `call` method")},
)  # fmt: skip
fault(
    "syntax error",
    "a bracket is missing in one answer",
    instead("binary_code", "def binary_code(hidden_values:\n" + BITS),
    12,
    lost={"binary_code": wrong(cell_of("binary_code", ", which should define `binary_code`, fails"),
                               "SyntaxError", "never closed", "mend")},
    cells=("SyntaxError: '(' was never closed",),
)  # fmt: skip
fault(
    "syntax error in what others use",
    "an answer that another one needs",
    replaced("axis=-1)", "axis=-1", "sum_squared_error"),
    8,
    lost={
        "sum_squared_error": wrong(
            cell_of("sum_squared_error", ", which should define `sum_squared_error`, fails"),
            "SyntaxError",
        ),
        "train": wrong(
            "'sum_squared_error' is not defined",
            cell_of("sum_squared_error"),
            "SyntaxError",
            "mend",
        ),
    },
    cells=("SyntaxError",),
)
fault(
    "indentation",
    "the body is not indented",
    instead("binary_code", BINARY + BITS.lstrip()),
    12,
    lost={
        "binary_code": wrong(
            cell_of("binary_code"), "IndentationError", "expected an indented block"
        )
    },
    cells=("IndentationError",),
)
fault(
    "tabs and spaces mixed",
    "one line with a tab among lines with spaces",
    instead("binary_code", BINARY + "        x = np.asarray(hidden_values)\n"
            "\treturn (x > 0.5).astype(int)\n"),
    12,
    lost={"binary_code": wrong(cell_of("binary_code"), "TabError", "inconsistent use of tabs")},
    cells=("TabError",),
)  # fmt: skip
fault(
    "tabs",
    "nothing: a cell is indented by tabs",
    instead("binary_code", (BINARY + BITS).replace("    ", "\t")),
    14,
)
fault(
    "exception before an answer",
    "an answer's cell ends before its definition",
    around("binary_code", before="print(hidden_value)\n"),
    12,
    lost={
        "binary_code": wrong(
            cell_of("binary_code"), "NameError: name 'hidden_value' is not defined"
        )
    },
    cells=("NameError",),
)
fault(
    "exception after an answer",
    "nothing: the answer is there when its cell ends",
    around("binary_code", after="\nbinary_code([1, 2])[7]\n"),
    14,
    cells=("IndexError",),
)
fault(
    "exception in an own cell",
    "nothing",
    own_cell("1 / 0", before="identity_patterns"),
    14,
    cells=("ZeroDivisionError: division by zero",),
)
fault(
    "markdown",
    "an answer stands in a markdown cell",
    kind("binary_code", "markdown"),
    12,
    lost={"binary_code": wrong(cell_of("binary_code", ", a markdown cell, which is not run"), "Y")},
)
fault(
    "raw",
    "an answer stands in a raw cell",
    kind("smallest_width", "raw"),
    12,
    lost={
        "smallest_width": wrong(cell_of("smallest_width", ", a raw cell"), "Make it a code cell")
    },
)
fault(
    "answer in an experiment",
    "nothing: an answer was written into the cell of an experiment",
    in_turn(
        lambda nb: nb["cells"].pop(place(nb, "binary_code")) and nb,
        lambda nb: first_experiment(nb).update(
            source=BINARY + BITS + "\n" + source_of(first_experiment(nb))) or nb,
    ),
    14,
)  # fmt: skip
NOT_RUN = ", an experiment, which is not run for grading"
fault(
    "name of an experiment",
    "an answer uses what only an experiment makes",
    instead("smallest_width", "def smallest_width(_):\n"
            "    return int(np.ceil(np.log2(len(np.unique(patterns, axis=0)))))\n"),
    12,
    lost={"smallest_width": wrong(
        "name 'patterns' is not defined", cell_of("patterns", NOT_RUN), "by its arguments")},
)  # fmt: skip
fault(
    "own cell uses an experiment",
    "nothing",
    own_cell("print(film['epoch'][:3])", after="binary_code"),
    14,
    cells=(cell_of("film", NOT_RUN),),
)
fault(
    "result under the answer's name",
    "the name of an answer is used for its result",
    around("smallest_width", after="\nsmallest_width = smallest_width(np.eye(8))\n"),
    12,
    lost={"smallest_width": wrong("is of type int and can't be called", "use its name")},
)
fault(
    "answer in a function",
    "an answer is defined inside another function",
    instead("smallest_width", "def main():\n    def smallest_width(patterns):\n        return 3\n"),
    12,
    lost=unanswered("smallest_width", words="at the top level"),
)
for name, source in {
    "lambda": "binary_code = lambda hidden_values: (np.asarray(hidden_values) > 0.5).astype(int)",
    "callable object": "class Rounder:\n    def __call__(self, hidden_values):\n"
    "        return np.round(hidden_values)\n\nbinary_code = Rounder()",
    "tf.function": "@tf.function\n" + BINARY + "    return tf.cast(hidden_values > 0.5, 'int32')\n",
    "own helpers": "import math\n\nLIMIT = 0.5\n\n\ndef above(x):\n    return x > LIMIT\n\n\n"
    + BINARY + "    return above(np.asarray(hidden_values)).astype(int)\n",
    "prints": BINARY + "    print('hidden', hidden_values)\n" + BITS,
    "logging": "import logging, sys\nlogging.basicConfig(stream=sys.stdout, level='DEBUG')\n"
    "log = logging.getLogger('lab')\n" + BINARY + "    log.warning('%s', hidden_values)\n" + BITS,
    "progress bar": "from tqdm.auto import tqdm\n" + BINARY
    + "    rows = [r for r in tqdm(np.asarray(hidden_values))]\n"
    "    return (np.array(rows) > 0.5).astype(int)\n",
    "stream kept": "import sys\nstream = sys.stdout\n" + BINARY
    + "    print('hidden', file=stream, flush=True)\n" + BITS,
    "plots": "import matplotlib.pyplot as plt\n" + BINARY
    + "    plt.plot([1, 2])\n    plt.show()\n" + BITS,
    "warnings": "import warnings\n" + BINARY + "    warnings.warn('rounded')\n" + BITS,
    "output flood": BINARY + "    for _ in range(100):\n        print('x' * 10**6)\n" + BITS,
    "timed cell": "%%time\n" + BINARY + BITS,
    "seeds": "np.random.seed(3); tf.random.set_seed(4); keras.utils.set_random_seed(5)\n"
    + BINARY + BITS,
    "deep recursion": "import sys\nsys.setrecursionlimit(20_000)\n\n\ndef depth(n):\n"
    "    return 0 if n == 0 else 1 + depth(n - 1)\n\n\n"
    + BINARY + "    assert depth(15_000) == 15_000\n" + BITS,
}.items():  # fmt: skip
    fault(name, "nothing", instead("binary_code", source), 14)
fault(
    "cache without arguments",
    "nothing: a function without arguments is cached",
    instead("identity_patterns", "import functools\n\n\n@functools.lru_cache\n" + PATTERNS + EYE),
    14,
)
fault(
    "cache",
    "a cache can't keep arrays",
    around("binary_code", before="import functools\n\n\n@functools.lru_cache\n"),
    12,
    lost={"binary_code": wrong("unhashable type", "numpy.ndarray", "cache")},
)
fault(
    "missing file",
    "an answer reads a file of the student's machine",
    instead("binary_code", BINARY + "    limit = np.load('limit.npy')\n" + BITS),
    12,
    lost={"binary_code": wrong("FileNotFoundError", "limit.npy", "graded without your files")},
)
fault(
    "own file",
    "nothing: a file written by the notebook itself",
    in_turn(
        own_cell("np.save('limit.npy', 0.5)", before="binary_code"),
        instead("binary_code", BINARY + "    return (hidden_values > np.load('limit.npy')) * 1\n"),
    ),
    14,
)
fault(
    "changed folder",
    "nothing: the working directory is another one",
    own_cell("import os, tempfile\nos.chdir(tempfile.mkdtemp())\nopen('a', 'w').write('b')",
             before="identity_patterns"),
    14,
)  # fmt: skip

# --- Python ends, or does not end -----------------------------------------------------------------

ENDS = {
    "sys.exit": ("import sys; sys.exit()", "SystemExit"),
    "sys.exit(1)": ("import sys; sys.exit('no data')", "SystemExit: no data"),
    "exit": ("exit()", "SystemExit"),
    "quit": ("quit()", "SystemExit"),
    "os._exit": ("import os; os._exit(3)", "it ended the Python process (exit status 3)"),
    "segfault": ("import ctypes; ctypes.string_at(0)", "crashed (SIGSEGV)"),
    "abort": ("import os; os.abort()", "crashed (SIGABRT)"),
    "kill": ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "crashed (SIGTERM)"),
    "endless loop": ("while True:\n    pass", "no end after 5 s"),
    "endless recursion": ("def again(n):\n    return again(n + 1)\n\n\nagain(0)", "RecursionError"),
}
for name, (source, words) in ENDS.items():
    fault(f"{name} at top level", "nothing: an own cell ends Python or does not end",
          own_cell(source, after="sum_squared_error"), 14, cells=(words,))  # fmt: skip
fault(
    "os._exit in an answer's cell",
    "nothing: the answer is defined before Python ends",
    around("sum_squared_error", after="\nimport os\nos._exit(0)\n"),
    14,
    cells=("it ended the Python process (exit status 0)",),
)
fault(
    "endless loop before an answer",
    "nothing: what an answer's cell defines counts, whether it gets there or not",
    around("binary_code", before="n = 1\nwhile n:\n    n += 1\n"),
    14,
    cells=("no end after 5 s",),
)
fault(
    "endless loop before a name is bound",
    "an answer's cell does not get to where it binds its name",
    instead("binary_code", "n = 1\nwhile n:\n    n += 1\nbinary_code = lambda h: h > 0.5\n"),
    12,
    lost={"binary_code": wrong(cell_of("binary_code"), "no end after 5 s", "mend")},
    cells=("TimeoutError",),
)
IN_A_CALL = {
    "sys.exit": ("import sys; sys.exit()", ("SystemExit", "return")),
    "exit": ("exit()", ("SystemExit", "return")),
    "quit": ("quit()", ("SystemExit", "return")),
    "os._exit": ("import os; os._exit(0)", ("it ended the Python process", "end Python")),
    "segfault": ("import ctypes; ctypes.string_at(0)", ("SIGSEGV", "end Python")),
    "abort": ("import os; os.abort()", ("SIGABRT", "end Python")),
    "endless loop": ("while True: pass", ("no result after 5 s", "a loop that does not end")),
    "endless recursion": ("return binary_code(hidden_values)", ("RecursionError", "calls itself")),
    "input": ("input('limit? ')", ("nobody",)),
    "6 GB": ("np.ones(6 * 10**9, 'uint8')", ("Unable to allocate", "more memory")),
}
for name, (line, words) in IN_A_CALL.items():
    fault(f"{name} in a call", "an answer ends Python, does not end or wants too much",
          instead("binary_code", BINARY + f"    {line}\n" + BITS), 12,
          lost={"binary_code": wrong(*words)})  # fmt: skip
fault(
    "every question ends Python",
    "all answers",
    in_turn(
            own_cell("\n".join(f"def {name}(*a, **k):\n    import os; os._exit(0)" for name in ALL),
                     after="smallest_width"),
            each_cell(lambda cell: not source_of(cell).startswith("lab.check"))),
    0,
    lost={name: wrong("it ended the Python process") for name in ALL},
)  # fmt: skip
fault(
    "3 GB",
    "nothing: a cell takes 3 GB for a moment, which is allowed",
    own_cell("np.ones(3 * 10**9, 'uint8').sum()", before="identity_patterns"),
    14,
    limits={"cell": 20},
)
fault(
    "a loop that no signal ends",
    "nothing: an own cell computes for years",
    own_cell("sum(range(10**15))", after="sum_squared_error"),
    14,
    cells=("no end after 1 s",),
    limits={"cell": 1},
)
fault(
    "slow but right",
    "nothing: an answer takes six seconds",
    instead("identity_patterns", "import time\n\n\n" + PATTERNS + "    time.sleep(6)\n" + EYE),
    14,
    limits={"call": 10},
)
fault(
    "trains for minutes",
    "an answer that trains far too long",
    instead("build_decoder", "import time\n\n\ndef build_decoder(hidden):\n"
            "    model = keras.Sequential([keras.Input((hidden,)), keras.layers.Dense(8)])\n"
            "    model.compile('sgd', 'mse')\n"
            "    model.fit(np.ones((9, hidden)), np.ones((9, 8)), epochs=10**6, verbose=0)\n"
            "    return model\n"),
    13,
    lost={"build_decoder": wrong("no result after 5 s")},
)  # fmt: skip
fault(
    "training in an own cell",
    "nothing: only the cell that trains ends early",
    own_cell("model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(8)])\n"
             "model.compile('sgd', 'mse')\n"
             "model.fit(np.ones((9, 3)), np.ones((9, 8)), epochs=10**6)", before="train"),
    14,
    cells=("no end after 5 s",),
)  # fmt: skip
fault(
    "threads",
    "nothing: threads go on in the background",
    own_cell("import threading, time\n\n\ndef work():\n    while True:\n        time.sleep(0.01)\n"
             "        print('.')\n\n\nfor daemon in (True, False):\n"
             "    threading.Thread(target=work, daemon=daemon).start()",
             before="identity_patterns"),
    14,
)  # fmt: skip
fault(
    "processes",
    "nothing: a server goes on in the background",
    own_cell("import subprocess, sys\n"
             "server = subprocess.Popen([sys.executable, '-m', 'http.server', '8000'])",
             before="identity_patterns"),
    14,
)  # fmt: skip

# --- what cells change for others ---------------------------------------------------------------

fault(
    "np = 3",
    "what uses NumPy after the cell",
    own_cell("np = 3", before="binary_code"),
    10,
    lost={
        "binary_code": wrong(
            "'int' object has no attribute",
            "`np` is of type int here",
            "A cell uses that name for something else",
        ),
        "smallest_width": wrong("`np` is of type int here"),
    },
)
fault(
    "np = 3 at the end",
    "nothing: all questions have been judged before",
    own_cell("np = 3; keras = None; train = 7"),
    14,
)
fault(
    "keras = None",
    "the networks",
    own_cell("keras = None", before="build_encoder"),
    5,
    lost={
        name: wrong("NoneType", "`keras` is of type NoneType here")
        for name in ("build_encoder", "build_decoder", "sum_squared_error", "train")
    },
)
fault(
    "list = [...]",
    "an answer that calls list",
    in_turn(
        own_cell("list = [1, 2, 3]", before="smallest_width"),
        instead("smallest_width", "def smallest_width(patterns):\n"
                "    return len(list(patterns)).bit_length() - 1\n"),
    ),
    12,
    lost={"smallest_width": wrong("'list' object is not callable", "`list` is of type list here")},
)  # fmt: skip
fault(
    "ops reassigned",
    "what uses ops after the cell",
    own_cell("ops = [3]", before="negative_elbo"),
    8,
    lab=LAB3,
    lost={
        "negative_elbo": wrong("`ops` is of type list here"),
        "latent_grid": wrong("`ops` is of type list here"),
        "VAE": wrong("`ops` is of type list here"),
        "outlier_score": wrong("`ops` is of type list here"),
    },
)
for name, source in {
    "warnings as errors": "import warnings\nwarnings.simplefilter('error')",
    "eager": "tf.config.run_functions_eagerly(True)",
    "closed stdout": "import sys\nsys.stdout.close(); sys.stderr.close()",
    "no stdout": "import sys\nsys.stdout = None",
    "replaced stdout": "import io, sys\nsys.stdout = io.StringIO()",
    "inline": "%matplotlib inline\n%load_ext autoreload\n%autoreload 2",
    "pip": "!pip install wget\n%pip install wget",
    "help": "?np.eye\nnp.eye?\nhelp(np.eye)",
    "await": "import asyncio\nawait asyncio.sleep(0.01)",
    "import all": "from keras import *\nfrom numpy import *",
    "interrupted": "raise KeyboardInterrupt",
}.items():
    fault(name, "nothing", own_cell(source, before="identity_patterns"), 14,
          cells=("KeyboardInterrupt",) if name == "interrupted" else ())  # fmt: skip
fault(
    "float64",
    "nothing: all networks compute in float64",
    own_cell("keras.config.set_floatx('float64')", before="identity_patterns"),
    14,
)
fault(
    "mixed precision",
    "networks compute with eight bits",
    own_cell("keras.mixed_precision.set_global_policy('mixed_bfloat16')",
             before="identity_patterns"),
    7,
    lost={name: wrong("Found") for name in ("build_encoder", "build_decoder", "train")},
    notes=("sets `mixed_bfloat16`",),
)  # fmt: skip
fault(
    "Colab",
    "nothing: a cell that only Google Colab can run",
    own_cell("from google.colab import drive\ndrive.mount('/content/drive')",
             before="identity_patterns"),
    14,
    cells=("No module named 'google.colab'",),
)  # fmt: skip
fault(
    "package of the student's own",
    "an answer that imports what is not there",
    around("binary_code", before="import wget\n"),
    12,
    lost={
        "binary_code": wrong(cell_of("binary_code"), "No module named 'wget'", "course's packages")
    },
    cells=("No module named 'wget'",),
)

# --- cells ----------------------------------------------------------------------------------------


def without(pattern):
    return each_cell(lambda cell: not re.match(pattern, source_of(cell)))


fault(
    "missing answers",
    "two cells were deleted",
    each_cell(lambda cell: not re.match("def (binary_code|smallest_width)", source_of(cell))),
    10,
    lost=unanswered("binary_code", "smallest_width", words="no cell of the notebook defines"),
)
fault("missing checks", "nothing", without(r"lab\.check"), 14)
fault(
    "missing set-up",
    "nothing: cells that were given are run all the same",
    without(r"from utils import|import keras|LEARNING_RATE"),
    14,
    notes=("2 (from utils import runtime), 3 (import keras), 5 (LEARNING_RATE",),
)
fault(
    "import deleted",
    "an import was taken out of the cell that was given",
    lambda nb: nb["cells"][2].update(source=source_of(nb["cells"][2]).replace(
        "import numpy as np\n", "")) or nb,
    5,
    lost={
        name: wrong("name 'np' is not defined", "given has `import numpy as np` in cell 3")
        for name in ("identity_patterns", "train", "binary_code", "smallest_width")
    },
)  # fmt: skip
fault("wrong, then right", "nothing: the last definition counts",
      copied("binary_code", WRONG_BITS, None), 14)  # fmt: skip
fault(
    "right, then wrong",
    "the wrong copy is the last before the check",
    copied("binary_code", None, WRONG_BITS),
    12,
    lost={"binary_code": wrong("Found:")},
)
fault("wrong after the check", "nothing: it was right where it was checked",
      own_cell(WRONG_BITS), 14)  # fmt: skip
fault("check before its answer", "nothing: it is right at the end",
      moved("binary_code", lambda nb: check_place(nb, "binary_code") + 3), 14)  # fmt: skip
fault("needed answer further down", "nothing: it is right at the end",
      moved("sum_squared_error", lambda nb: len(nb["cells"])), 14)  # fmt: skip
fault(
    "edited checks",
    "nothing: code added, arguments changed",
    in_turn(
        lambda nb: nb["cells"][check_place(nb, "binary_code")].update(
            source="print('now')\nlab.check( 'binary_code', hidden=True )\nx = 3") or nb,
        lambda nb: nb["cells"][check_place(nb, "smallest_width")].update(
            source="lab.check('smalest_width', 7)") or nb,
    ),
    14,
    cells=(),
)  # fmt: skip
fault("stripped", "nothing: no metadata, no ids", in_turn(
    each_cell(stripped), lambda nb: nb | {"metadata": {}}), 14)  # fmt: skip
fault("one id", "nothing: all cells have one id", each_cell(one_id), 14)
fault("one id, an experiment's", "nothing: the ids say nothing",
      each_cell(lambda cell: cell.update(id="73c76175")), 14)  # fmt: skip

# --- files ----------------------------------------------------------------------------------------

NOTHING = unanswered(*ALL, words="no answer could be read from the file")


def fault_file(name, make, note, **rest):
    """A file from which nothing can be read."""
    fault(name, "the file", file_as(make), 0, lost=NOTHING, notes=(note,), **rest)


fault_file("truncated", lambda data: data[: len(data) // 2], "is cut off")
fault_file("empty", lambda data: b"", "The file is empty. Hand in the notebook itself.")
fault_file("zeros", lambda data: bytes(5_000), "The file is empty")
fault_file("Python", lambda data: b"import keras\nprint(1)\n", "is no notebook (line 1")
fault_file("PDF", lambda data: b"%PDF-1.7\n\xe2\xe3\xcf\xd3 1 0 obj", "The file is a PDF")
fault_file("web page", lambda data: b"<!DOCTYPE html><html></html>", "The file is a web page")
fault_file("zip", lambda data: b"PK\x03\x04\x14\0\0\0", "The file is a zip archive")
fault_file("list", lambda data: b"[1, 2, 3]", "The file is no notebook. JupyterLab can")
fault_file("no cells", lambda data: b'{"metadata": {}}', "The file has no cells")
fault_file("60 MB", lambda data: as_bytes(huge_output(62)(json.loads(data))),
           "larger than 50 MB: clear its outputs")  # fmt: skip
fault("30 MB of output", "nothing", huge_output(30), 14)
fault("byte-order mark", "nothing", file_as(lambda data: b"\xef\xbb\xbf" + data), 14)
fault("UTF-16", "nothing", file_as(lambda data: data.decode().encode("utf-16")), 14,
      notes=("The file is in UTF-16.",))  # fmt: skip
fault("UTF-16 without mark", "nothing", file_as(lambda data: data.decode().encode("utf-16-le")),
      14, notes=("The file is in UTF-16-LE.",))  # fmt: skip
fault(
    "Latin-1",
    "nothing but a comment",
    file_as(lambda data: as_bytes(own_cell("# \u00fcber Schl\u00fcssel", after="train")(
        json.loads(data))).decode().encode("latin-1", errors="replace")),
    14,
    notes=("characters that can't be read were replaced",),
)  # fmt: skip
fault("old format", "nothing", old_format, 14, notes=("old format (3)",))
fault("R", "nothing", meta(kernelspec={"language": "R", "name": "ir", "display_name": "R"}), 14,
      notes=("says that it is not in Python",))  # fmt: skip
fault("renamed", "nothing", lambda nb: nb, 14,
      file="=1+1 'L\u00f6sung' \"neu\"\n(2) -- final FINAL.ipynb")  # fmt: skip
fault("Windows", "nothing: lines end as on Windows",
      each_cell(lambda cell: cell.update(source=source_of(cell).replace("\n", "\r\n"))),
      14)  # fmt: skip
fault(
    "another lab",
    "everything: the notebook is of lab 3",
    lambda nb: notebook(LAB3),
    0,
    lost=unanswered(*ALL, words="no answer could be read"),
    notes=("The notebook is of lab3_vae. Hand in the notebook of lab1_identity_838.",),
)


def changed(fault):
    """The bytes of the file that is handed in."""
    return as_bytes(fault.change(copy.deepcopy(notebook(fault.lab))))
