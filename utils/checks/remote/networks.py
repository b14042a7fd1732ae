"""Drivers that build a network, and report what it is and what it computes."""

import functools

import numpy as np

from utils.runtime import dtype_policy


def network(build, *, arguments, inputs, weights=None, scale=None):
    """Build a network, run it on inputs and report what it is.

    Args:
        build: the answer, a function that returns a Keras model or layer.
        arguments: list, passed to it.
        inputs: array (n, ...).
        weights: list of arrays or None, put in place of the network's own before it is run
            a second time; each goes to the first variable of its shape.
        scale: float or None, by which all trained weights (with a little noise, so that none is
            zero) are multiplied at the end, to run the network once more: activations inside
            saturate, and an output without one grows. Then again with the sign of each turned.

    Returns:
        dict: `kind` (class name), `is_network`, and where it is one `takes` and no more if it is
        for other inputs (see `for_others`), else `is_model` (whether it has `fit` and `predict`),
        `same_again` (whether a second call gives the same object or one with the same variables),
        `initial` (its own weights, a dict of arrays), `trainable` (how many of them), `layers` (the
        Keras class of each layer in it), `outputs` (from its own weights), `outputs_scaled` (with
        `scale`) and `outputs_turned` (a dict of such, one for each weight whose sign was turned),
        `set` (whether `weights` fitted) and, from these, `outputs_from_weights` and, for models,
        `outputs_in_training`.
    """
    import keras

    model = build(*arguments)
    report = {"kind": type(model).__name__, "is_network": isinstance(model, keras.layers.Layer)}
    if not report["is_network"]:
        return report
    inputs = np.asarray(inputs, "float32")
    try:
        outputs = _arrays(model(inputs))
    except Exception:
        if takes := for_others(model, inputs.shape):
            return report | {"takes": takes}
        raise
    report |= {"outputs": outputs} | described(model, build(*arguments))
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
        noise = np.random.default_rng(0)
        for variable in model.trainable_variables:
            variable.assign(scale * (variable + noise.normal(0, 0.01, variable.shape)))
        report |= {"outputs_scaled": _arrays(model(inputs)), "outputs_turned": {}}
        for i, variable in enumerate(model.trainable_variables):
            variable.assign(-variable)
            report["outputs_turned"][str(i)] = _arrays(model(inputs))
            variable.assign(-variable)
    return report


def output_dtype(build, *, arguments, shape, policy):
    """The dtype, a str, of what a network gives that is built under this dtype policy.

    Nothing is computed: not every processor has kernels for every dtype.

    Args:
        shape: of one input.
    """
    import keras

    with dtype_policy(policy):
        outputs = build(*arguments)(keras.Input(shape))
    return keras.backend.standardize_dtype(outputs.dtype)


def layer_by_layer(build, *, arguments, inputs):
    """Build a network and report what goes into each layer and what comes out, as called for use.

    Batch normalization is set to change nothing before, so that what stands between two layers
    with kernels is an activation and changes of shape.

    Returns:
        dict: `outputs` and `layers`, a list of dicts in the order
        of the calls, inner layers after those that hold them: `kind` (see `keras_class`),
        `strides` and `units` (None where it has none), `input`, `output` (arrays, None where it
        is no single one) and `linear` (`output` as it is without the layer's own activation); and
        `turned`, a dict of `linear` and `outputs`: of the last layer with weights and of the
        network, when the sign of these weights is turned, as outputs may have one sign by chance.
    """
    import keras

    model = build(*arguments)
    inputs = np.asarray(inputs, "float32")
    model(inputs)  # builds what is not built yet
    called, last = [], []

    def array(value):
        return np.asarray(keras.ops.cast(value, "float32")) if hasattr(value, "shape") else None

    def watch(layer):
        call = layer.call

        def watched(*args, **options):
            said = {
                "kind": keras_class(layer),
                "strides": getattr(layer, "strides", None),
                "units": getattr(layer, "units", None),
                "input": array(args[0]) if args else None,
            }
            called.append(said)
            said["output"] = said["linear"] = array(result := call(*args, **options))
            if hasattr(layer, "kernel"):
                last.append((layer, said))
            activation = getattr(layer, "activation", None)
            if activation is not None and layer.trainable_variables:
                layer.activation = None
                said["linear"] = array(call(*args, **options))
                layer.activation = activation
            return result

        functools.update_wrapper(watched, call)
        layer.call = watched

    for layer in model._flatten_layers(include_self=False):
        if isinstance(layer, keras.layers.BatchNormalization):
            for variable, value in (
                (layer.gamma, 1.0),
                (layer.beta, 0.0),
                (layer.moving_mean, 0.0),
                (layer.moving_variance, 1.0 - layer.epsilon),
            ):
                if variable is not None:
                    variable.assign(np.full(variable.shape, value))
        watch(layer)
    outputs = model(inputs)
    report = {"outputs": array(outputs), "layers": list(called)}
    if last:
        for variable in last[-1][0].trainable_variables:
            variable.assign(-variable)
        turned = array(model(inputs))
        report["turned"] = {"linear": last[-1][1]["linear"], "outputs": turned}
    return report


def for_others(network, shape):
    """The shape of one input, as text, where a network that is built takes others than these."""
    takes = getattr(network, "input_shape", None)
    if takes is None and network.weights and len(network.weights[0].shape) == len(shape) == 2:
        takes = None, network.weights[0].shape[0]  # of a class: what its first kernel multiplies
    if not isinstance(takes, tuple):
        return ""
    pairs = zip(takes[1:], shape[1:], strict=False)
    fits = len(takes) == len(shape) and all(own in (None, given) for own, given in pairs)
    return "" if fits else str(takes[1:])


def described(network, again):
    """What the drivers `network` and `set_by_shape` report of a network that has been called.

    Args:
        again: what a second call of the same answer gives.
    """
    import keras

    shared = {id(v) for v in getattr(again, "variables", ())} & {id(v) for v in network.variables}
    return {
        "is_model": isinstance(network, keras.Model),
        "same_again": again is network or bool(shared),
        "initial": copies(network.variables),
        "trainable": len(network.trainable_variables),
        "layers": [keras_class(layer) for layer in network._flatten_layers(include_self=False)],
    }


def copies(variables):
    """The values of Keras variables by place, which later changes don't reach."""
    import keras

    values = (keras.ops.convert_to_numpy(variable).copy() for variable in variables)
    return {str(i): value for i, value in enumerate(values)}


def _arrays(outputs):
    """What a model gives as one float64 array; a dict stays one, a list of other shapes too."""
    if isinstance(outputs, dict):
        return outputs
    try:
        return np.asarray(outputs, "float64")
    except ValueError:
        return list(outputs)


def keras_class(layer):
    """The name of the Keras class that a layer is or descends from."""
    return next(c.__name__ for c in type(layer).__mro__ if c.__module__.startswith("keras."))


DRIVERS = {
    "network": network,
    "output_dtype": output_dtype,
    "layer_by_layer": layer_by_layer,
}
