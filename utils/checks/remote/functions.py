"""Drivers that call a function, or make a layer that draws, and report what came of it."""

import copy
import time
import tracemalloc

import numpy as np

from utils import runtime


def arguments_after(function, *, arguments):
    """Call `function` on these arguments and report what has become of them.

    Returns:
        dict of `result` and `arguments`, a dict by place.
    """
    arguments = copy.deepcopy(arguments)
    result = function(*arguments)
    return {"result": result, "arguments": {str(i): each for i, each in enumerate(arguments)}}


def in_graph(function, *, arguments, options=None, compiled=True):
    """Call `function` as a training step does: compiled, for any batch size, inside a tape.

    Args:
        arguments: list of arrays (batch, ...).
        options: dict of further arguments, plain data.
        compiled: bool; else inside a tape alone.

    Returns:
        dict of `result`, `dtype` (str) and `gradients`, those of the sum of the result: a dict by
        place, None where no gradient gets through.
    """
    import tensorflow as tf

    tensors = [tf.constant(argument) for argument in arguments]
    specs = [tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype) for tensor in tensors]

    def step(*inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            result = tf.convert_to_tensor(function(*inputs, **(options or {})))
        return result, tape.gradient(result, inputs)

    if compiled:
        step = tf.function(step, input_signature=specs, autograph=False)
    result, gradients = step(*tensors)
    return {
        "result": result,
        "dtype": result.dtype.name,
        "gradients": {
            str(i): each if each is None else tf.convert_to_tensor(each)
            for i, each in enumerate(gradients)
        },
    }


def draws(make, *, seeds, inputs, calls, dtype="float32"):
    """Make a layer that draws, for each seed twice, and call it several times.

    Args:
        make: the answer, called as `make(seed, dtype=dtype)`.
        inputs: list of arrays (n, ...), what the layer is called on.

    Returns:
        dict: `kind`, `is_layer`, and where it is one `first` (what came out, if it is no array) or
        else `dtype` (of what it gives), `trainable`
        (number of trained weights), `variables` (number of all), and by seed, as a str, `plain`
        and `compiled`: arrays (calls, n, ...), the one from plain calls, the other from a new
        layer of the same seed inside a compiled function.
    """
    import keras
    import tensorflow as tf

    layer = make(seeds[0], dtype=dtype)
    report = {"kind": type(layer).__name__, "is_layer": isinstance(layer, keras.layers.Layer)}
    if not report["is_layer"]:
        return report
    tensors = [tf.constant(each, dtype) for each in inputs]
    specs = [tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype) for tensor in tensors]
    first = layer(tensors)
    if isinstance(first, (list, tuple)) or not hasattr(first, "dtype"):
        return report | {"first": first}
    report |= {
        "dtype": keras.backend.standardize_dtype(first.dtype),
        "trainable": len(layer.trainable_variables),
        "variables": len(layer.variables),
        "plain": {},
        "compiled": {},
    }
    for seed in seeds:
        plain, inside = make(seed, dtype=dtype), make(seed, dtype=dtype)
        compiled = tf.function(
            lambda *each, layer=inside: layer(list(each)), input_signature=specs, autograph=False
        )
        report["plain"][str(seed)] = np.array([plain(tensors) for _ in range(calls)])
        report["compiled"][str(seed)] = np.array([compiled(*tensors) for _ in range(calls)])
    return report


def parts(function, *, arguments):
    """Call `function` and report the parts of what it gives, each with a type of its own.

    Returns:
        dict of `kind` (the type of the result) and `parts`, a dict by place, empty where the
        result is no tuple or list.
    """
    result = function(*copy.deepcopy(arguments))
    several = result if isinstance(result, (tuple, list)) else ()
    return {
        "kind": type(result).__name__,
        "parts": {str(place): each for place, each in enumerate(several)},
    }


def with_peak(function, *, arguments):
    """Call `function` and report how much memory it took meanwhile.

    Returns:
        dict of `peak`, bytes beyond those held before: of Python and NumPy, or of the largest
        tensor that an operation gave, where that is more, as Python does not see those.
    """
    from tensorflow.python.framework import op_callbacks

    arguments, tensors = copy.deepcopy(arguments), [0]

    def watch(kind, inputs, attributes, outputs, op_name=None, graph=None):
        for each in outputs:
            tensors.append(each.dtype.size * (each.shape.num_elements() or 0))

    tracing = tracemalloc.is_tracing()
    tracemalloc.start()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    op_callbacks.add_op_callback(watch)
    try:
        function(*arguments)
        peak = tracemalloc.get_traced_memory()[1] - held
    finally:
        op_callbacks.remove_op_callback(watch)
        if not tracing:
            tracemalloc.stop()
    return {"peak": max(peak, *tensors)}


def with_seconds(function, *, arguments, enough):
    """Call `function`, up to three times as long as it takes more than `enough` seconds.

    Returns:
        dict of `seconds`, the fewest that a call has computed: the first may have loaded something.
    """
    seconds = []
    while len(seconds) < 3 and min(seconds, default=np.inf) > enough:
        given, began = copy.deepcopy(arguments), time.process_time()
        function(*given)
        seconds.append(time.process_time() - began)
    return {"seconds": min(seconds)}


def settings(answer):
    """The settings of this process that are not as the course has them, a list of ids.

    They change what right answers compute, and no error names the cell that has changed them.

    Args:
        answer: whatever stands there, since each request is about one; it is not called.
    """
    import keras
    import tensorflow as tf

    changed = {
        "channels_first": keras.config.image_data_format() != "channels_last",
        "floatx": keras.config.floatx() != "float32",
        "epsilon": keras.config.epsilon() != 1e-7,
        "dtype_policy": keras.config.dtype_policy().name != runtime.policy_at_start,
        "eager_off": not tf.executing_eagerly(),
        "numpy_raises": "raise" in np.geterr().values(),
    }
    return [name for name, is_changed in changed.items() if is_changed]


DRIVERS = {
    "arguments_after": arguments_after,
    "in_graph": in_graph,
    "draws": draws,
    "parts": parts,
    "with_peak": with_peak,
    "with_seconds": with_seconds,
    "settings": settings,
}
