"""What errors of Python, NumPy, Keras and TensorFlow mostly mean, by the words in which they come.

The first row that fits names the mistake; its sentence stands in `checks/common.toml`. Each row is
provoked in `tests/test_checks_errors.py`, so that a new wording of a library is noticed.
"""

import builtins
import re
import sys
import traceback
import types

ANY = (Exception, SystemExit)
# Pairs of pattern and id, with the types of error where they count. `{name}` is the answer's name.
ROWS = [
    ("", "not_numbers", "NotPlain"),
    ("", "recursion_limit", "recursion_limit"),
    ("", "endless_recursion", RecursionError),
    ("", "exits", SystemExit),
    ("unhashable type", "unhashable", ANY),
    ("", "too_much_memory", MemoryError),
    ("", "other_package", ModuleNotFoundError),
    ("", "own_files", FileNotFoundError),
    ("", "shadowed", "shadowed"),
    ("", "unknown_name", NameError),
    ("", "eager_off", "eager_off"),
    ("_unique_id", "apply_reversed", AttributeError),
    ("(?=.*{name})(?=.*argument)", "other_arguments", TypeError),
    ("missing a required argument", "argument_missing", ANY),
    ("(?=.*NoneType)(?=.*not callable)", "none_called", ANY),
    ("KerasTensor cannot be used as input to a TensorFlow", "tensorflow_on_model", ANY),
    ("KerasTensor cannot be used as a boolean", "if_on_model", ANY),
    ("KerasTensor is symbolic.*convert it to an? (int|float)", "number_on_model", ANY),
    ("Iterating over a symbolic KerasTensor", "loop_on_model", ANY),
    ("'KerasTensor'( object)? has no", "method_on_model", ANY),
    ("convert a value .None. with an unsupported type", "batch_unknown", ANY),
    ("has no attribute '_id'", "numpy_in_tape", ANY),
    ("(?=.*cannot be interpreted as an integer)(?=.*(None|Symbolic))", "numpy_draws", ANY),
    ("Unknown variable", "shared_optimizer", ANY),
    ("No gradients provided", "no_gradients", ANY),
    ("NoneType", "none_in_step", (TypeError, ValueError)),
    ("(?=.*symbolic)(?=.*umpy)", "numpy_in_step", ANY),
    (r"(?=.*SymbolicTensor)(?=.*(float\(\)|int\(\)|numpy))", "no_value_yet", ANY),
    ("boolean subtract", "booleans", ANY),
    (r"bitwise_xor|BitwiseXor|for \^", "power", ANY),
    ("singleton tf.Variable|cannot add new elements of state", "made_in_each_call", ANY),
    ("forgot to call .{0,3}super|before .{0,3}super.{0,20}__init__", "super_missing", ANY),
    ("of type 'Variable', not tf.Tensor", "variable_watched", ANY),
    (r"partially known TensorShape|convert elements of \(None", "static_shape", ANY),
    ("OptionalFromValue", "step_returns_nothing", ANY),
    ("No loss to compute", "keras_step", ANY),
    ("must call .compile", "not_compiled", ANY),
    ("apply_gradients.*positional", "apply_pairs", TypeError),
    ("only available when eager execution is enabled", "compiled_too_much", NotImplementedError),
    ("values must be KerasTensors.*built=", "layer_not_called", ANY),
    ("Expected .trainable. to be a boolean", "sequential_list", ANY),
    ("Invalid reduction dimension|axis .* is out of bounds", "axis_gone", ANY),
    ("truth value of an array", "truth_of_array", ValueError),
    ("required positional argument", "too_few_arguments", TypeError),
    ("Iterating over a symbolic", "loop_over_batch", ANY),
    ("as a Python `bool`", "if_on_tensor", ANY),
    ("out of scope", "kept_tensor", ANY),
    ("KerasTensor is symbolic", "numpy_on_model", ANY),
    ("addings must be less", "margin", ANY),
    ("double tensor", "two_dtypes", ANY),
    ("SeedSequence expects", "seed", ANY),
    ("size of the tensor must be unchanged", "reshape", ANY),
    ("(?=.*Cannot convert)(?=.*to a shape)", "shape_tuple", ANY),
    ("Kernel shape must have the same length as input", "input_with_batch", ANY),
    (r"expected (min_|max_)?ndim=\d+, found ndim", "layer_axes", ANY),
    ("incompatible with the layer|Invalid input shape", "layer_input", ANY),
    ("resulted in an empty output|size would be zero or negative", "nothing_left", ANY),
    ("first dimension of paddings must be", "paddings", ANY),
    (
        "only (0-dimensional|length-1|size-1) arrays can be converted",
        "one_number_function",
        TypeError,
    ),
    # (n, height, width, channels) beside what a mean over some of these axes has left
    (
        r"(ncompatible shapes|broadcast).*"
        r"[([](\d+), ?\d+, ?\d+, ?(\d+)[])]( vs\. | )[([](\2|\2, ?\3|\3),?[])]",
        "axes_lost",
        ANY,
    ),
    ("ncompatible shapes|broadcast|Matrix size", "shapes_differ", ANY),
    (r"Received: \w+=", "argument_value", (ValueError, TypeError)),
    ("has no attribute", "no_attribute", "misspelt"),
]


def mistake_behind(error, name):
    """The id of what an error of the answer `name` mostly means: "error" where no row fits."""
    words = " ".join(str(error).split())
    for pattern, mistake, kinds in ROWS:
        if kinds == "shadowed":
            fits = shadowed(error)
        elif kinds == "misspelt":
            fits = isinstance(error, AttributeError) and misspelt(error)
        elif kinds == "recursion_limit":
            fits = isinstance(error, RecursionError) and sys.getrecursionlimit() < 1000
        elif kinds == "eager_off":
            fits = "tensorflow" in sys.modules and not sys.modules["tensorflow"].executing_eagerly()
        elif isinstance(kinds, str):
            fits = type(error).__name__ == kinds
        else:
            fits = isinstance(error, kinds)
        if fits and re.search(pattern.replace("{name}", re.escape(name)), words):
            return mistake
    return "error"


def misspelt(error):
    """Whether the attribute that is missing stands in the answer's code, and not in a library's."""
    missing = re.search(r"has no attribute '(\w+)'", str(error))
    return bool(missing) and any(
        missing[1] in frame.f_code.co_names
        for frame, _ in traceback.walk_tb(error.__traceback__)
        if "site-packages" not in frame.f_code.co_filename
    )


def shadowed(error):
    """(name, value) where the line that failed uses a name which a cell has given away, or None.

    Such as np after `np = 3`, or list after `list = [1, 2]`.
    """
    if not isinstance(error, (AttributeError, TypeError)):
        return None
    for frame, _ in list(traceback.walk_tb(error.__traceback__))[-1:]:
        for name in set(frame.f_code.co_names) & set(frame.f_globals):
            value = frame.f_globals[name]
            module = name in ("keras", "math", "np", "ops", "tf")
            builtin = hasattr(builtins, name) and not name.startswith("_")
            if (
                module
                and not isinstance(value, types.ModuleType)
                or builtin
                and not callable(value)
            ):
                return name, value
    return None
