"""Drivers: the few ways in which a check uses models and training steps instead of functions.

A driver runs beside the answer. It takes the answer and plain data, does with them what a lab
would do, and returns plain data only, so that it can run in another process than the check.
"""

import numpy as np


def network(build, *, arguments, inputs, weights=None):
    """Build a network, run it on inputs and report what it is.

    Args:
        build: the answer, a function that returns a Keras model or layer.
        arguments: list, passed to it.
        inputs: array (n, ...).
        weights: list of arrays or None, put in place of the network's own before it is run
            a second time; each goes to the first variable of its shape.

    Returns:
        dict: `kind` (class name), `callable`, and where it can be called `initial` (its own
        weights, a list of arrays), `trainable` (how many of them), `outputs` (from its own
        weights), `set` (whether `weights` fitted) and `outputs_from_weights`.
    """
    model = build(*arguments)
    report = {"kind": type(model).__name__, "callable": callable(model)}
    if not callable(model) or not hasattr(type(model), "trainable_variables"):
        return report | {"callable": False}
    inputs = np.asarray(inputs, "float32")
    outputs = np.asarray(model(inputs), "float64")
    report |= {
        "outputs": outputs,
        "initial": {str(i): np.asarray(v) for i, v in enumerate(model.variables)},
        "trainable": len(model.trainable_variables),
    }
    if weights is not None:
        left = list(model.trainable_variables)
        for value in weights:
            fitting = [v for v in left if tuple(v.shape) == np.shape(value)]
            if not fitting:
                return report | {"set": False}
            fitting[0].assign(value)
            left = [v for v in left if v is not fitting[0]]
        report |= {"set": not left, "outputs_from_weights": np.asarray(model(inputs), "float64")}
    return report


def training(
    train, *, encoder, decoder, patterns, epochs, learning_rate, stacked=False, silent=False
):
    """Train networks with given weights by the answer, and report the weights it leaves.

    Args:
        train: the answer, `train(encoder, decoder, patterns, epochs, learning_rate, on_epoch)`.
        encoder, decoder: lists [kernel, bias], arrays (in, out) and (out,); with a leading axis of
            networks where `stacked`.
        patterns: array (n, in).
        silent: bool, train without `on_epoch`.

    Returns:
        dict: `encoder` and `decoder` (the weights afterwards), `errors` (what it returned),
        `epochs_told` (the arguments with which `on_epoch` was called) and `patterns` (afterwards).
    """
    from utils import nets

    make = nets.side_by_side_from_weights if stacked else nets.dense_network
    first, second = make(*encoder), make(*decoder)
    told = []
    inputs = np.array(patterns, "float32")
    options = {} if silent else {"on_epoch": told.append}
    errors = train(first, second, inputs, epochs=epochs, learning_rate=learning_rate, **options)
    return {
        "encoder": {"kernel": first.get_weights()[0], "bias": first.get_weights()[1]},
        "decoder": {"kernel": second.get_weights()[0], "bias": second.get_weights()[1]},
        "errors": errors,
        "epochs_told": [int(epoch) for epoch in told],
        "patterns": inputs,
    }


def gradient(function, *, fixed, variable):
    """The gradient of the sum of `function(fixed, variable)` with respect to `variable`.

    Returns:
        array of the shape of `variable`, or None where the answer lets no gradient through.
    """
    import tensorflow as tf

    variable = tf.constant(variable)
    with tf.GradientTape() as tape:
        tape.watch(variable)
        total = tf.reduce_sum(function(tf.constant(fixed), variable))
    return tape.gradient(total, variable)


DRIVERS = {"network": network, "training": training, "gradient": gradient}
