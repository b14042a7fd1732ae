"""Drivers of lab 6: views drawn in a graph, a trunk and a head that train, a trunk that is read."""

import numpy as np

from utils.checks.remote.networks import copies
from utils.checks.remote.training import Normalized, step_by_step, watched


def views_in_graph(function, *, batches, seeds, calls):
    """Call `function(images, seeds)` plainly and in a function that is compiled once.

    Args:
        batches: list of arrays (n, height, width, channels), float32; seeds: list of pairs of ints.
        calls: list of pairs of places: of the batch and of the seeds.

    Returns:
        dict of `plain` and `compiled`, each a dict by place of the call: the views by place, or
        text where the result is no tensor, tuple or list.
    """
    import tensorflow as tf

    def parted(result):
        if isinstance(result, (tuple, list)):
            return {str(place): each for place, each in enumerate(result)}
        if not hasattr(result, "shape") or not len(result.shape):
            return f"a value of type {type(result).__name__}"
        return {str(place): result[place] for place in range(len(result))}

    spec = tf.TensorSpec([None, *batches[0].shape[1:]], tf.float32)
    compiled = tf.function(
        function, input_signature=[spec, tf.TensorSpec([2], tf.int64)], autograph=False
    )
    given = [(tf.constant(batches[b]), tf.constant(seeds[s], tf.int64)) for b, s in calls]
    return {
        name: {str(place): parted(way(*each)) for place, each in enumerate(given)}
        for name, way in (("plain", function), ("compiled", compiled))
    }


class _LinearTask(Normalized):
    """A trunk and a head of one linear layer each, which tell what comes to them.

    Attributes:
        networks: the pair of Keras models.
        events: list that gets a dict of `network`, `training` and `inputs` at each call, where
            it is not compiled.
    """

    def __init__(self, weights, normalized):
        import keras

        self.events, self.norms, self.layers, self.networks = [], {}, {}, []
        for name in ("trunk", "head"):
            inputs = keras.Input((len(weights[name][0]),))
            x = watched(self.events, name)(inputs)
            if normalized:
                norm = self.norms[name] = keras.layers.BatchNormalization(
                    momentum=0.9, center=False, scale=False
                )
                x = norm(x)
            self.layers[name] = keras.layers.Dense(len(weights[name][1]))
            self.networks.append(keras.Model(inputs, self.layers[name](x)))
        self.set(weights)


def pretext_training(make, *, weights, batches, rate, normalized=False, epochs=0):
    """Train a linear trunk and a linear head by the answer; report what came of it.

    The objective is the mean of (outputs - 2 targets)^2, the score that of outputs + 3 targets:
    neither is the same with its arguments exchanged.

    Args:
        make: the answer, called as `make(trunk, head)`.
        weights: see `WithLayers.set`, of `trunk` and `head`.
        batches: list of pairs of arrays (n, in) and (n, out).
        normalized: bool, whether both networks normalize what comes in by batch normalization.
        epochs: int, of `fit` on the batches in a row, compiled; 0: `train_step` is called once
            for each batch, uncompiled.

    Returns:
        dict: `is_model` and `kind`; where it is one, either `history` and `after` (weights), or
        `moving_means` (by network, before the training and after) and `steps`, for each batch a
        dict as of `step_by_step`, with the events of `_LinearTask`.
    """
    import keras
    import tensorflow as tf

    def objective(targets, outputs):
        return keras.ops.mean(keras.ops.square(outputs - 2 * targets))

    def score(targets, outputs):
        return keras.ops.mean(outputs + 3 * targets)

    task = _LinearTask(weights, normalized)
    before = task.moving_means()
    model = make(*task.networks)
    report = {"kind": type(model).__name__, "is_model": isinstance(model, keras.Model)}
    if not report["is_model"]:
        return report
    optimizer = keras.optimizers.SGD(rate)
    model.compile(optimizer=optimizer, objective=objective, score=score, jit_compile=False)
    if epochs:
        inputs, targets = (np.concatenate(each) for each in zip(*batches, strict=True))
        options = {"batch_size": len(batches[0][0]), "shuffle": False, "verbose": 0}
        history = model.fit(inputs, targets, epochs=epochs, **options).history
        return report | {"history": history, "after": task.weights()}
    tensors = [tuple(map(tf.constant, batch)) for batch in batches]
    report["steps"] = step_by_step(model, tensors, task, [optimizer])
    return report | {"moving_means": {"before": before, "after": task.moving_means()}}


def with_trunk(function, *, images, kernel, bias, mean, variance, maps):
    """Call `function(trunk, images)` with a trunk that normalizes, drops out and is linear.

    Args:
        images: array (n, height, width, channels).
        kernel, bias: of its dense layer; from the channels where `maps`, else from all values.
        mean, variance: arrays (channels,), what batch normalization has gathered.
        maps: bool, whether features come for each position.

    Returns:
        dict of `result`, `changed` (whether any weight or moving average is another one) and
        `trainable`.
    """
    import keras

    norm = keras.layers.BatchNormalization(center=False, scale=False, epsilon=1e-3)
    dense = keras.layers.Dense(len(bias))
    inputs = keras.Input(images.shape[1:])
    x = keras.layers.Dropout(0.5, seed=1)(norm(inputs))
    trunk = keras.Model(inputs, dense(x if maps else keras.layers.Flatten()(x)))
    dense.set_weights([kernel, bias])
    norm.set_weights([mean, variance])
    before = copies(trunk.weights)
    result = function(trunk, images)
    after = copies(trunk.weights)
    return {
        "result": result,
        "changed": any(not np.array_equal(before[key], after[key]) for key in before),
        "trainable": trunk.trainable and all(layer.trainable for layer in trunk.layers),
    }


DRIVERS = {
    "views_in_graph": views_in_graph,
    "pretext_training": pretext_training,
    "with_trunk": with_trunk,
}
