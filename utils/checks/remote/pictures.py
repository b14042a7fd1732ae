"""Drivers of lab 5: layers and networks of any image size, a pool, a step over four networks."""

import numpy as np

from utils.checks.remote.networks import copies, described, for_others
from utils.checks.remote.training import WithLayers, step_by_step
from utils.runtime import dtype_policy


def in_a_model(function, *, inputs, options):
    """Call `function(images, **options)` on a Keras tensor of any size; run the model on inputs.

    Args:
        inputs: list of arrays (n, height, width, channels), all with as many channels.

    Returns:
        dict of `shape` (static, None where unknown as -1, or text where it is no tensor) and
        `outputs`, a dict by place.
    """
    import keras

    images = keras.Input((None, None, inputs[0].shape[-1]))
    result = function(images, **options)
    if not isinstance(result, keras.KerasTensor):
        return {"shape": f"a value of type {type(result).__name__}", "outputs": {}}
    model = keras.Model(images, result)
    shape = [-1 if side is None else side for side in result.shape]
    outputs = {str(i): model(np.float32(each)) for i, each in enumerate(inputs)}
    return {"shape": shape, "outputs": outputs}


def normalization(make, *, epsilon, inputs, ones, zeros, towards):
    """Make the layer `make(epsilon=epsilon)` and report what it does with inputs (n, h, w, c).

    Args:
        inputs: list of arrays, with the channels of `ones` and `zeros`.
        ones, zeros: arrays (c,), what is put into the trained weights that began as such.
        towards: array of the shape of inputs[0]; the gradient is of the sum of its product with
            the outputs.

    Returns:
        dict of `kind`, `is_layer`, and where it is one `initial` (trained weights, by place),
        `fixed` (how many others), `plain` and `training` (outputs by place), `found` (whether
        one weight each began as ones and as zeros) and, where so, `set` (outputs with the
        weights of the arguments, in a model of unknown size) and `gradients`: of the images, of
        the weights that began as ones and as zeros, from a compiled function.
    """
    import keras
    import tensorflow as tf

    layer = make(epsilon=epsilon)
    report = {"kind": type(layer).__name__, "is_layer": isinstance(layer, keras.layers.Layer)}
    if not report["is_layer"]:
        return report
    tensors = [tf.constant(each, "float32") for each in inputs]
    report["plain"] = {str(i): layer(each) for i, each in enumerate(tensors)}
    if report["plain"]["0"] is None:
        return report
    weights = layer.trainable_variables
    report |= {
        "initial": copies(weights),
        "fixed": len(layer.variables) - len(weights),
        "training": {str(i): layer(each, training=True) for i, each in enumerate(tensors)},
    }
    fitting = [each for each in weights if each.shape == ones.shape]
    places = [[w for w in fitting if np.all(w.numpy() == value)] for value in (1.0, 0.0)]
    report["found"] = all(len(place) == 1 for place in places)
    if not report["found"]:
        return report
    (scale,), (offset,) = places
    scale.assign(ones)
    offset.assign(zeros)
    images = keras.Input((None, None, len(ones)))
    model = keras.Model(images, layer(images))
    report["set"] = {str(i): model(each) for i, each in enumerate(tensors)}

    @tf.function(input_signature=[tf.TensorSpec([None] * 3 + [len(ones)])], autograph=False)
    def compiled(batch):
        with tf.GradientTape() as tape:
            tape.watch(batch)
            total = tf.reduce_sum(layer(batch) * tf.constant(towards, "float32"))
        return tape.gradient(total, [batch, scale.value, offset.value])

    gradients = compiled(tensors[0])
    report["gradients"] = {str(i): each for i, each in enumerate(gradients)}
    return report


def set_by_shape(build, *, arguments, inputs, kernels, ones, zeros, policy=None):
    """Build a network for images of any size, and run it with its own and with given weights.

    Args:
        arguments: list, passed to `build`.
        inputs: list of arrays (n, height, width, channels).
        kernels, ones, zeros: lists of arrays, put into all kernels of their shape, and into all
            vectors of their length that begin as ones and as zeros.
        policy: a dtype policy under which it is built once more, or None.

    Returns:
        dict as of the driver `network`: `kind`, `is_network`, `takes` (and then no more, with
        `given`, the shape that does not fit), `is_model`, `same_again`, `layers`,
        `initial`, `trainable`; `count` (numbers in all weights), `outputs` (by place), and
        `unset` (the shapes, as text, of weights that nothing was put into) and, where there are
        none, `outputs_set`, of the first inputs; with a policy `dtype`, of what comes out.
    """
    import keras

    model = build(*arguments)
    report = {"kind": type(model).__name__, "is_network": isinstance(model, keras.layers.Layer)}
    if not report["is_network"]:
        return report
    inputs = [np.float32(each) for each in inputs]
    try:
        report["outputs"] = {str(i): model(each) for i, each in enumerate(inputs)}
    except Exception:
        for each in inputs:
            if takes := for_others(model, each.shape):
                return report | {"takes": takes, "given": str(each.shape[1:])}
        raise
    again = None
    if policy:
        with dtype_policy(policy):
            again = build(*arguments)
    report |= described(model, again)
    report["count"] = int(sum(np.prod(variable.shape) for variable in model.variables))
    unset = []
    for variable in model.variables:
        value = keras.ops.convert_to_numpy(variable)
        given = kernels
        if value.ndim == 1:
            given = ones if np.all(value == 1) else zeros if np.all(value == 0) else []
        fitting = [each for each in given if np.shape(each) == value.shape]
        if fitting:
            variable.assign(fitting[0])
        else:
            unset.append(str(value.shape))
    report["unset"] = ", ".join(unset)
    if not unset:
        report["outputs_set"] = model(inputs[0])
    if policy and not report["same_again"]:
        with dtype_policy(policy):  # nothing is computed: not all processors can in every dtype
            outputs = again(keras.Input(inputs[0].shape[1:]))
        report["dtype"] = keras.backend.standardize_dtype(outputs.dtype)
    return report


def pool_calls(make, *, image_shape, size, seed, batches, compiled):
    """Make a pool and call it on one batch after the other.

    Args:
        make: the answer, called as `make(image_shape, size=size, seed=seed)`.
        batches: list of arrays (n, *image_shape).
        compiled: bool, whether the calls are of one compiled function for any n.

    Returns:
        dict of `kind`, `is_layer` and `outputs`, a dict by place.
    """
    import keras
    import tensorflow as tf

    pool = make(tuple(image_shape), size=size, seed=seed)
    report = {"kind": type(pool).__name__, "is_layer": isinstance(pool, keras.layers.Layer)}
    if not report["is_layer"]:
        return report

    def call(images):
        return pool(images)

    if compiled:
        signature = [tf.TensorSpec([None, *image_shape])]
        call = tf.function(call, input_signature=signature, autograph=False)
    # Copied at once: what comes back may be a variable, which the next call changes.
    outputs = (call(tf.constant(batch, "float32")) for batch in batches)
    report["outputs"] = {
        str(i): each if each is None else np.array(each) for i, each in enumerate(outputs)
    }
    return report


NETWORKS = "a_to_b", "b_to_a", "discriminator_a", "discriminator_b"


class _FourNetworks(WithLayers):
    """Four networks that are one linear map of colours each, and what has come to them.

    Attributes:
        models: dict of Keras models by name.
        events: list that gets a dict of `name`, `training` and `images` at each call, where it is
            not compiled; pools, see `watched`, add `name`, `images` and `given`.
    """

    def __init__(self, weights):
        import keras
        import tensorflow as tf

        events = self.events = []

        class Watched(keras.layers.EinsumDense):  # in a graph cheaper than Dense
            def call(self, images, training=None):
                if tf.executing_eagerly():
                    seen = {"name": self.name, "training": bool(training)}
                    events.append(seen | {"images": np.array(images)})
                return super().call(images)

        self.layers, self.models = {}, {}
        for name in NETWORKS:
            inputs, outputs = weights[name][0].shape
            layer = Watched("nijc,cd->nijd", (None, None, outputs), bias_axes="d", name=name)
            images = keras.Input((None, None, inputs))
            self.models[name] = keras.Model(images, layer(images))
            self.layers[name] = layer
        self.set(weights)

    def watched(self, name, pool, older):
        """A stand-in for a pool: tells what comes and goes; gives `older` images if there are any.

        Args:
            older: array (n, ...) or None, for the pool's own answer.
        """
        import keras
        import tensorflow as tf

        events = self.events

        class Pool(keras.layers.Layer):
            def call(self, images, training=None):
                given = pool(images) if older is None else tf.constant(older)[: len(images)]
                if tf.executing_eagerly():
                    events.append(
                        {"name": name, "images": np.array(images), "given": np.array(given)}
                    )
                return given

        return Pool()


def four_networks(
    make, *, weights, batches, rates, cycle_weight, identity_weight, pool_size, seed, older=None,
    epochs=0,
):  # fmt: skip
    """Train two generators and two discriminators by the answer; report what came of it.

    Args:
        make: the answer, called as `make(a_to_b, b_to_a, discriminator_a, discriminator_b,
            image_shape, pool_size=..., cycle_weight=..., identity_weight=..., seed=...)`.
        weights: dict by the names of the four of [kernel, bias], as `Dense` takes them.
        batches: list of pairs of arrays (n, height, width, channels).
        rates: list of four learning rates, in the order of `make`.
        older: pair of arrays or None: what pools a and b give, whatever comes to them.
        epochs: int, of `fit` on the batches, which have to be of one size but for the last,
            compiled; 0: `train_step` is called once for each, uncompiled.

    Returns:
        dict: `is_model` and `kind`; where it is one, either `history` and `after` (weights), or
        `steps`, for each batch a dict as of `step_by_step`, with the events of `_FourNetworks`.
    """
    import keras
    import tensorflow as tf

    four = _FourNetworks(weights)
    shape = batches[0][0].shape[1:]
    model = make(
        *four.models.values(), shape, pool_size=pool_size, cycle_weight=cycle_weight,
        identity_weight=identity_weight, seed=seed,
    )  # fmt: skip
    report = {"kind": type(model).__name__, "is_model": isinstance(model, keras.Model)}
    if not report["is_model"]:
        return report
    optimizers = [keras.optimizers.SGD(rate) for rate in rates]
    names = (f"{name}_optimizer" for name in NETWORKS)
    model.compile(**dict(zip(names, optimizers, strict=True)), jit_compile=False)
    if epochs:
        images = tuple(np.concatenate(side) for side in zip(*batches, strict=True))
        data = tf.data.Dataset.from_tensor_slices(images).batch(len(batches[0][0]))
        history = model.fit(data, epochs=epochs, shuffle=False, verbose=0).history
        return report | {"history": history, "after": four.weights()}
    for place, name in enumerate(("pool_a", "pool_b")):
        own = None if older is None else older[place]
        setattr(model, name, four.watched(name, getattr(model, name), own))
    pairs = (tuple(map(tf.constant, pair)) for pair in batches)
    report["steps"] = step_by_step(model, pairs, four, optimizers)
    return report


DRIVERS = {
    "in_a_model": in_a_model,
    "normalization": normalization,
    "set_by_shape": set_by_shape,
    "pool_calls": pool_calls,
    "four_networks": four_networks,
}
