"""The DCGAN guidelines (Radford, Metz and Chintala 2016, section 3), each as a check of its own.

They look at what the layers do with data, in the order in which they are called, so that it does
not matter in which style a network is written. See the driver `layer_by_layer`.
"""

import numpy as np

from utils.checks.compare import Wrong, agree

DEVIATION = 0.02  # of the weights' first draws
LARGE = 1e5  # inputs, beside those near 1
RESIZING = "Pooling", "UpSampling", "Resizing"


def inspected(answers, name, arguments, inputs):
    """The driver's report of a network, with its layers that have kernels as `trained`."""
    report = answers.drive("layer_by_layer", name, arguments=arguments, inputs=of_all_sizes(inputs))
    report["trained"] = [
        layer | {"place": place}
        for place, layer in enumerate(report["layers"])
        if "Conv" in layer["kind"] or "Dense" in layer["kind"]
    ]
    return report


def of_all_sizes(inputs):
    """Inputs (n, ...) from small to very large, so that activations show where they bend."""
    return (inputs.T * np.geomspace(1, LARGE, len(inputs))).T


def full_precision(answers, name, arguments, shape):
    """Wrong unless what comes out is float32 under mixed precision, too."""
    dtype = answers.drive(
        "output_dtype", name, arguments=arguments, shape=shape, policy="mixed_bfloat16"
    )
    if dtype != "float32":
        raise Wrong(
            "float32 outputs under the policy mixed_bfloat16",
            f"{dtype} outputs",
            'Give the last layer `dtype="float32"`: three digits are too few for what comes out.',
        )


def kinds_between(report, place, end=None):
    return [layer["kind"] for layer in report["layers"][place:end]]


def one_dense_layer(report, purpose):
    """Wrong unless exactly one layer is dense."""
    dense = [layer for layer in report["trained"] if "Dense" in layer["kind"]]
    convolutions = len(report["trained"]) - len(dense)
    if not convolutions:
        raise Wrong("convolutions", "dense layers alone", "See the sizes in hint 1.")
    if len(dense) != 1:
        slip = "There are no hidden dense layers in a DCGAN: " if dense else "It is missing: "
        raise Wrong("one dense layer", f"{len(dense)}", f"{slip}one dense layer {purpose}.")
    return dense[0]


def strided(report, kind, name):
    """Wrong unless strided convolutions of this kind, and nothing else, change the pictures' size.

    Args:
        kind: str, the Keras class; name: str, what it is called in a message.
    """
    for layer in report["layers"]:
        if any(each in layer["kind"] for each in RESIZING):
            slip = f"Neither pooling nor upsampling in a DCGAN: {name} with strides=2 learn it."
            raise Wrong(f"{name} with stride 2", f"a layer {layer['kind']}", slip)
    ends = [layer["input"] for layer in report["trained"][1:]] + [report["outputs"]]
    for layer, following in zip(report["trained"], ends, strict=True):
        if np.ndim(layer["output"]) != 4 or np.ndim(following) != 4:
            continue
        before, after = layer["output"].shape[1], following.shape[1]
        if not 0.7 < after / before < 1.5:
            slip = f"Something resizes between the layers: leave that to {name} with strides=2."
            raise Wrong(
                "pictures that change their size in convolutions alone",
                f"{before} x {before} become {after} x {after} between two of them",
                slip,
            )
    strides = [np.ravel(layer["strides"]) for layer in report["trained"] if layer["kind"] == kind]
    steps = [int(step.max()) for step in strides]
    if max(steps, default=1) > 2:
        slip = "So large a stride leaves gaps: take two of stride 2 instead."
        raise Wrong(f"{name} with stride 2", f"a stride of {max(steps)}", slip)
    if steps.count(2) < 2:
        found = f"{steps.count(2)} such layers; strides {steps}" if steps else "none"
        raise Wrong(f"two or more {name} with stride 2", found, "See the sizes in hint 1.")


def normalized(report, without):
    """Wrong unless batch normalization follows every layer with a kernel but those `without`.

    Args:
        without: dict of a place among `trained` (-1: the last) to why it has none.
    """
    places = [layer["place"] for layer in report["trained"]] + [None]
    without = {place % len(report["trained"]): why for place, why in without.items()}
    for count, layer in enumerate(report["trained"]):
        follows = "BatchNormalization" in kinds_between(report, *places[count : count + 2])
        said = f"layer {count + 1} of {len(report['trained'])} with weights, {layer['kind']}"
        if follows and count in without:
            raise Wrong(
                f"no batch normalization after {said}",
                "one there",
                f"{without[count]}: leave it out.",
            )
        if not follows and count not in without:
            slip = "Put layers.BatchNormalization() between the layer and its activation."
            raise Wrong(f"batch normalization after {said}", "none there", slip)


def bends(layer, following):
    """Slopes below and above 0 of what stands between a layer and the next; None where unclear.

    Batch normalization changes nothing here. A function that never falls keeps the order, so
    that sorted values belong together, whatever changes of shape are between; padding adds zeros.
    """
    before, after = (np.sort(np.ravel(each)) for each in (layer["linear"], following["input"]))
    if before.size != after.size:
        before, after = before[before != 0], after[after != 0]
    if before.size != after.size:  # cropped, or a ReLU's values are padded
        return (0.0, 1.0) if np.all(after > 0) else None
    slopes = []
    for side in (before < 0, before > 0):
        x, y = before[side], after[side]
        if not x.size:
            return None
        slope = float(x @ y / (x @ x))
        straight = np.all(np.abs(y - slope * x) < 0.01 * np.abs(x) + 1e-6)
        slopes.append(slope if straight else np.nan)
    return tuple(slopes)


def activations(report, slope, name):
    """Wrong unless each layer but the last is followed by an activation of this slope below 0."""
    for count, (layer, following) in enumerate(
        zip(report["trained"], report["trained"][1:], strict=False), start=1
    ):
        found = bends(layer, following)
        if found is None or agree(np.array(found), np.array([slope, 1.0]), 0.01):
            continue
        below, above = found
        told = f"slope {below:.3g} below 0 and {above:.3g} above"
        slip = f"That is another activation (tanh, elu, gelu, sigmoid, ...): {name} belongs there."
        if np.isnan([below, above]).any():
            told = "a curve that is no pair of straight lines"
        elif agree(np.array(found), np.ones(2), 0.01):
            told = "the values as they are"
            slip = f"There is no activation after this layer: {name}."
        elif abs(below) < 0.001 and abs(above - 1) < 0.01:
            slip = f"That is a ReLU, through which no gradient comes where it is off: {name}."
        elif abs(below - 0.3) < 0.01:
            slip = f"0.3 is what Keras takes where no slope is given: {name}."
        elif abs(above - 1) < 0.01 and slope == 0:
            slip = f"That is a LeakyReLU, as the discriminator has: {name}."
        elif abs(above - 1) < 0.01:
            slip = f"The slope below 0 is another: {name}."
        raise Wrong(f"{name} after layer {count} with weights, {layer['kind']}", told, slip)


def ends_in_tanh(report):
    """Wrong unless the last layer's values come out through a tanh."""
    last, found = report["trained"][-1]["linear"], report["outputs"]
    low, high = found.min(), found.max()
    said = f"values from {low:.3g} to {high:.3g}"
    what = "outputs between -1 and 1, by a tanh"
    if low < -1.001 or high > 1.001:
        slip = 'The last layer has no tanh: `activation="tanh"`.'
        raise Wrong(what, said, slip)
    same_size = last.size == found.size
    x, y = (np.sort(np.ravel(each)) for each in (last, found))
    if not same_size:
        if low < -0.9 and high > 0.9:
            return
    elif agree(y, np.tanh(x), 2e-3):
        return
    slip = "Another function ends the generator: the real images fill the range of a tanh."
    for function, told in (
        (lambda x: 1 / (1 + np.exp(-np.clip(x, -80, 80))), "That is a sigmoid, from 0 to 1"),
        (lambda x: np.tanh(np.tanh(x)), "The tanh acts twice"),
        (lambda x: np.clip(x, -1, 1), "The values are cut off, and where they are no gradient is"),
        (lambda x: x / (1 + np.abs(x)), "That is a softsign"),
        (lambda x: np.tanh(np.maximum(x, 0)), "A ReLU stands before the tanh"),
    ):
        if same_size and agree(y, function(x), 2e-3):
            slip = f"{told}: one tanh at the end."
    raise Wrong(what, said, slip)


def ends_in_logits(report):
    """Wrong unless the last layer, a dense one, gives one number and nothing is done with it."""
    last = report["trained"][-1]
    if "Dense" not in last["kind"]:
        raise Wrong("a dense layer at the end", f"{last['kind']}", "See hint 3.")
    pairs = (last["linear"], report["outputs"]), report["turned"].values()
    if not all(agree(linear, outputs, 1e-3) for linear, outputs in pairs):
        slip = "The dense layer's number goes out as it is: the loss holds the sigmoid."
        raise Wrong("logits without an activation", "other values than before it", slip)


def small_draws(report):
    """Wrong unless every kernel starts as draws with a standard deviation near `DEVIATION`.

    Args:
        report: of the driver `network`.
    """
    for weight in report["initial"].values():
        if np.ndim(weight) not in (2, 4):
            continue
        found, size = np.std(weight), np.size(weight)
        # Keras's truncated normal draws have 0.88 of the deviation they are asked for.
        low, high = (1 + side * (0.15 + 3 / np.sqrt(2 * size)) for side in (-1, 1))
        if low * DEVIATION < found < high * DEVIATION:
            continue
        slip = (
            "Every layer with a kernel takes "
            "`kernel_initializer=keras.initializers.RandomNormal(stddev=0.02)`."
        )
        if abs(found / 0.05 - 1) < 0.1:
            slip = f"0.05 is what RandomNormal takes where no stddev is given. {slip}"
        if abs(found / np.sqrt(0.02) - 1) < 0.1:
            slip = f"0.02 is the standard deviation, not the variance. {slip}"
        if found < 1e-6:
            slip = f"All weights are the same. {slip}"
        raise Wrong(
            f"a kernel of shape {np.shape(weight)} with standard deviation {DEVIATION}",
            f"{found:.3g}",
            slip,
        )
