"""Each row of `remote/errors.py` is provoked: what libraries say of a mistake still leads to it."""

import re
import subprocess
import sys

import numpy as np
import pytest

from utils import ROOT
from utils.checks.remote import errors
from utils.checks.remote.answers import AnswerRaised, Answers

NAME = "sum_of_cubes"
IMPORTS = """
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
"""

# What is called plainly, as f(x) with three numbers; f stands for a name that no library's
# message has.
CALLED = {
    "not_numbers": "f = lambda x: object()",
    "endless_recursion": "f = lambda x: f(x)",
    "exits": "f = lambda x: exit()",
    "unhashable": "f = lambda x: {x: 1}",
    "super_missing": (
        "class L(layers.Layer):\n    def __init__(self):\n        self.d = layers.Dense(1)\n"
        "f = lambda x: L()(ops.ones((2, 3)))"
    ),
    "variable_watched": (
        "def f(x):\n    v = keras.Variable(1.0)\n    with tf.GradientTape() as tape:\n"
        "        tape.watch(v)"
    ),
    "argument_value": "f = lambda x: layers.Conv2D(8, 3, 2, 'same', 'relu')",
    "one_number_function": "import math\nf = lambda x: math.log(np.ones((3, 4)))",
    "paddings": "f = lambda x: tf.pad(tf.ones((3, 4, 5)), [[1, 1]])",
    "layer_axes": "f = lambda x: layers.Conv2D(8, 3)(keras.Input((28, 28)))",
    "apply_reversed": (
        "def f(x):\n    v = keras.Variable(1.0)\n"
        "    keras.optimizers.SGD().apply([v], [tf.ones(())])"
    ),
    "too_much_memory": "f = lambda x: np.zeros((10**6, 10**6, 10**3))",
    "other_package": "def f(x):\n    import not_a_package",
    "own_files": "f = lambda x: open('my own file.npy')",
    "shadowed": "np = 3\nf = lambda x: np.sum(x)",
    "unknown_name": "f = lambda x: summ(x)",
    "other_arguments": "def f(x, y):\n    return x",
    "none_called": "on_epoch = None\nf = lambda x: on_epoch(x)",
    "no_gradients": (
        "def f(x):\n    v = tf.Variable(1.0)\n"
        "    keras.optimizers.SGD().apply_gradients([(None, v)])"
    ),
    "shared_optimizer": (
        "def f(x):\n    a, b = keras.Variable(1.0), keras.Variable(1.0)\n"
        "    sgd = keras.optimizers.SGD()\n    sgd.apply([ops.ones(())], [a])\n"
        "    sgd.apply([ops.ones(())], [b])"
    ),
    "none_in_step": "f = lambda x: x + None",
    "booleans": "f = lambda x: (np.array(x) > 1) - (np.array(x) > 2)",
    "power": "f = lambda x: tf.constant(x) ^ 2",
    "tensorflow_on_model": "f = lambda x: tf.pad(keras.Input((3,)), [[0, 0], [1, 1]])",
    "if_on_model": "f = lambda x: 1 if keras.Input((3,)) > 0 else 2",
    "number_on_model": "f = lambda x: float(keras.Input((3,))[0, 0])",
    "loop_on_model": "f = lambda x: [each for each in keras.Input((3,))]",
    "method_on_model": "f = lambda x: keras.Input((3,)).numpy()",
    "batch_unknown": "f = lambda x: keras.random.normal(ops.shape(keras.Input((3,))))",
    "numpy_on_model": "f = lambda x: np.exp(keras.Input((3,)))",
    "margin": "f = lambda x: tf.pad(tf.constant(x), [[5, 5]], 'REFLECT')",
    "two_dtypes": "f = lambda x: tf.constant(x, 'float64') + tf.constant(x, 'float32')",
    "seed": "f = lambda x: np.random.default_rng(0.5)",
    "reshape": "f = lambda x: layers.Reshape((4, 4))(keras.Input((3,)))",
    "shape_tuple": "f = lambda x: keras.Input(3)",
    "layer_input": (
        "def f(x):\n    layer = layers.Dense(2)\n    layer.build((None, 5))\n"
        "    return layer(np.ones((1, 3)))"
    ),
    "nothing_left": "f = lambda x: layers.Conv2D(1, 3)(np.ones((1, 2, 2, 1)))",
    "axes_lost": "f = lambda x: tf.ones((3, 4, 5, 2)) - tf.ones((3, 2))",
    "shapes_differ": "f = lambda x: x + np.ones(4)",
    "not_compiled": (
        "f = lambda x: keras.Sequential([layers.Dense(1)]).evaluate(np.ones((1, 3)), verbose=0)"
    ),
    "apply_pairs": "f = lambda x: keras.optimizers.SGD().apply_gradients([], [])",
    "layer_not_called": (
        "f = lambda x: keras.Model(inputs := keras.Input((3,)), [layers.Dense(2)])"
    ),
    "sequential_list": "f = lambda x: keras.Sequential(keras.Input((3,)), layers.Dense(2))",
    "axis_gone": "f = lambda x: ops.sum(tf.constant(x), axis=3)",
    "truth_of_array": "f = lambda x: 1 if np.array(x) > 0.5 else 0",
    "too_few_arguments": "f = lambda x: (lambda a, b: a)(x)",
    "no_attribute": "f = lambda x: np.identiy(3)",
    "error": "f = lambda x: 1 / 0",
}
# What is called inside a compiled step, on a batch of three numbers.
COMPILED = {
    "numpy_in_step": "f = lambda x: np.sum(x)",
    "no_value_yet": "f = lambda x: x * float(ops.sum(x))",
    "numpy_draws": "f = lambda x: x + np.random.normal(size=(x.shape[0], 2))",
    "static_shape": "f = lambda x: x + tf.zeros(x.shape)",
    "made_in_each_call": "f = lambda x: x * tf.Variable(2.0)",
    "loop_over_batch": "f = lambda x: sum(each for each in x)",
    "compiled_too_much": "v = keras.Variable(1.0)\nf = lambda x: x * float(v.numpy())",
    "if_on_tensor": "def f(x):\n    if ops.sum(x) > 0:\n        return x\n    return -x",
}
# Provoked by whole models in the banks of labs 3 to 5 alone, or worded by Keras's own checks.
IN_BANKS = {
    *("argument_missing", "numpy_in_tape", "step_returns_nothing", "keras_step"),
    *("kept_tensor", "input_with_batch"),
}


def raised(source, use):
    names = {"__name__": "answer"}
    exec(IMPORTS + re.sub(r"\bf\b", NAME, source), names)
    with pytest.raises(AnswerRaised) as error:
        use(Answers(names))
    return error.value


@pytest.mark.parametrize("mistake", CALLED)
def test_an_error_leads_to_its_mistake(mistake):
    error = raised(CALLED[mistake], lambda answers: answers.call(NAME, [1.0, 2.0, 3.0]))
    assert error.mistake == mistake, f"{error}"


@pytest.mark.parametrize(
    "left, mistake",
    [
        ((3, 2), "axes_lost"),
        ((3,), "axes_lost"),
        ((4, 5), "shapes_differ"),
        ((4,), "shapes_differ"),
    ],
)
def test_numpy_says_of_shapes_what_tensorflow_says(left, mistake):
    source = f"f = lambda x: np.ones((3, 4, 5, 2)) - np.ones({left})"
    assert raised(source, lambda answers: answers.call(NAME, [1.0])).mistake == mistake


@pytest.mark.parametrize("mistake", COMPILED)
def test_an_error_in_a_compiled_step_leads_to_its_mistake(mistake):
    x = np.ones(3, "float32")
    error = raised(
        COMPILED[mistake], lambda answers: answers.drive("in_graph", NAME, arguments=[x])
    )
    assert error.mistake == mistake, f"{error}"


def test_every_row_is_provoked():
    rows = {mistake for _, mistake, _ in errors.ROWS}
    assert rows - CALLED.keys() - COMPILED.keys() == IN_BANKS | {"eager_off", "recursion_limit"}


@pytest.mark.parametrize(
    "mistake, switch",
    [
        ("eager_off", "tf.compat.v1.disable_eager_execution()"),
        ("recursion_limit", "import sys; sys.setrecursionlimit(200)"),
    ],
)
def test_a_switch_that_a_cell_has_turned_is_named(mistake, switch):
    """In a process of its own, for which it stays turned."""
    code = f"""{IMPORTS}
from utils.checks.remote.answers import Answers, AnswerRaised
def deep(n):
    return n and deep(n - 1)
answers = Answers({{"f": lambda x: float(ops.sum(x)) + deep(300)}})
{switch}
try:
    answers.call("f", np.ones((1, 3)))
except AnswerRaised as raised:
    print(raised.mistake)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == mistake, done.stdout + done.stderr[-2000:]


def test_a_shadowed_name_is_told():
    error = raised(CALLED["shadowed"], lambda answers: answers.call(NAME, [1.0]))
    assert "`np` is of type int here" in error.message
