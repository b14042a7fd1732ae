"""Drivers: the few ways in which a check uses models and training steps instead of functions.

A driver runs beside the answer. It takes the answer and plain data, does with them what a lab
would do, and returns plain data only, so that it can run in another process than the check.
"""

import copy

import numpy as np


def network(build, *, arguments, inputs, weights=None, scale=None):
    """Build a network, run it on inputs and report what it is.

    Args:
        build: the answer, a function that returns a Keras model or layer.
        arguments: list, passed to it.
        inputs: array (n, ...).
        weights: list of arrays or None, put in place of the network's own before it is run
            a second time; each goes to the first variable of its shape.
        scale: float or None, by which all trained weights are multiplied at the end, to run the
            network once more: activations inside saturate, and an output without one grows.

    Returns:
        dict: `kind` (class name), `is_network`, and where it is one `is_model` (whether it has
        `fit` and `predict`), `same_again` (whether a second call gives the same object or one
        with the same variables), `initial` (its own weights, a dict of arrays), `trainable`
        (how many of them), `layers` (the Keras class of each layer in it), `outputs` (from its
        own weights), `outputs_scaled` (with `scale`), `set` (whether `weights` fitted) and, from
        these, `outputs_from_weights` and, for models, `outputs_in_training`.
    """
    import keras

    model = build(*arguments)
    report = {"kind": type(model).__name__, "is_network": isinstance(model, keras.layers.Layer)}
    if not report["is_network"]:
        return report
    inputs = np.asarray(inputs, "float32")
    outputs = np.asarray(model(inputs), "float64")
    again = build(*arguments)
    shared = {id(v) for v in getattr(again, "variables", ())} & {id(v) for v in model.variables}
    report |= {
        "is_model": isinstance(model, keras.Model),
        "same_again": again is model or bool(shared),
        "outputs": outputs,
        "initial": {
            str(i): keras.ops.convert_to_numpy(v.value).copy()
            for i, v in enumerate(model.variables)
        },
        "trainable": len(model.trainable_variables),
        "layers": [keras_class(layer) for layer in model._flatten_layers(include_self=False)],
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
        if report["is_model"]:
            report["outputs_in_training"] = np.asarray(model(inputs, training=True), "float64")
    if scale is not None:
        for variable in model.trainable_variables:
            variable.assign(scale * variable)
        report["outputs_scaled"] = np.asarray(model(inputs), "float64")
    return report


def keras_class(layer):
    """The name of the Keras class that a layer is or descends from."""
    return next(c.__name__ for c in type(layer).__mro__ if c.__module__.startswith("keras."))


def arguments_after(function, *, arguments):
    """Call `function` on these arguments and report what has become of them.

    Returns:
        dict of `result` and `arguments`, a dict by place.
    """
    arguments = copy.deepcopy(arguments)
    result = function(*arguments)
    return {"result": result, "arguments": {str(i): each for i, each in enumerate(arguments)}}


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
        dict: `encoder` and `decoder` (the weights afterwards), `errors` (what it returned), `told`
        (for each call of `on_epoch` its argument and the sum of the decoder's kernel at that
        moment, shape (calls, 2)) and `patterns` (afterwards).
    """
    from utils import nets

    make = nets.SideBySide if stacked else nets.dense_network
    first, second = make(*encoder), make(*decoder)
    told = []

    def on_epoch(epoch):
        told.append([int(epoch), float(np.sum(second.get_weights()[0]))])

    inputs = np.array(patterns, "float32")
    options = {} if silent else {"on_epoch": on_epoch}
    errors = train(first, second, inputs, epochs=epochs, learning_rate=learning_rate, **options)
    return {
        "encoder": {"kernel": first.get_weights()[0], "bias": first.get_weights()[1]},
        "decoder": {"kernel": second.get_weights()[0], "bias": second.get_weights()[1]},
        "errors": errors,
        "told": np.reshape(told, (-1, 2)),
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


DRIVERS = {
    "network": network,
    "training": training,
    "gradient": gradient,
    "arguments_after": arguments_after,
}
