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
        raise Wrong("full_precision_expects", f"{dtype} outputs", "half_precision")


def kinds_between(report, place, end=None):
    return [layer["kind"] for layer in report["layers"][place:end]]


def one_dense_layer(report):
    """The only dense layer; Wrong unless exactly one is."""
    dense = [layer for layer in report["trained"] if "Dense" in layer["kind"]]
    convolutions = len(report["trained"]) - len(dense)
    if not convolutions:
        raise Wrong("convolutions_expects", "dense layers alone", "dense_alone")
    if len(dense) != 1:
        mistake = "hidden_dense" if dense else "no_dense"
        raise Wrong("one_dense_expects", f"{len(dense)}", mistake)
    return dense[0]


def strided(report, kind):
    """Wrong unless strided convolutions of this kind, and nothing else, change the pictures' size.

    Args:
        kind: str, the Keras class.
    """
    for layer in report["layers"]:
        if any(each in layer["kind"] for each in RESIZING):
            raise Wrong("strided_expects", f"a layer {layer['kind']}", "pooling", kind=kind)
    ends = [layer["input"] for layer in report["trained"][1:]] + [report["outputs"]]
    for layer, following in zip(report["trained"], ends, strict=True):
        if np.ndim(layer["output"]) != 4 or np.ndim(following) != 4:
            continue
        before, after = layer["output"].shape[1], following.shape[1]
        if not 0.7 < after / before < 1.5:
            found = f"{before} x {before} become {after} x {after} between two of them"
            raise Wrong("sizes_expects", found, "resized_between", kind=kind)
    strides = [np.ravel(layer["strides"]) for layer in report["trained"] if layer["kind"] == kind]
    steps = [int(step.max()) for step in strides]
    if max(steps, default=1) > 2:
        found = f"a stride of {max(steps)}"
        raise Wrong("strided_expects", found, "stride_leaves_gaps", kind=kind)
    if steps.count(2) < 2:
        found = f"{steps.count(2)} such layers; strides {steps}" if steps else "none"
        raise Wrong("two_strided_expects", found, "too_few_strided", kind=kind)


def normalized(report, without):
    """Wrong unless batch normalization follows every layer with a kernel but those `without`.

    Args:
        without: dict of a place among `trained` (-1: the last) to the id of the mistake to
            normalize there.
    """
    places = [layer["place"] for layer in report["trained"]] + [None]
    without = {place % len(report["trained"]): mistake for place, mistake in without.items()}
    for count, layer in enumerate(report["trained"]):
        follows = "BatchNormalization" in kinds_between(report, *places[count : count + 2])
        values = {"count": count + 1, "of": len(report["trained"]), "kind": layer["kind"]}
        if follows and count in without:
            raise Wrong("not_normalized_expects", "one there", without[count], **values)
        if not follows and count not in without:
            raise Wrong("normalized_expects", "none there", "not_normalized", **values)
        if follows and activated_first(report, places[count : count + 2], layer):
            raise Wrong(
                "normalized_expects", "an activation before it", "activated_first", **values
            )


def activated_first(report, places, layer):
    """Whether the values that batch normalization gets are not those that the layer gives."""
    between = report["layers"][slice(*places)]
    norm = next(each for each in between if each["kind"] == "BatchNormalization")
    found = bends(layer, norm)
    return found is not None and not agree(np.array(found), np.ones(2), 0.01)


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


def activations(report, slope):
    """Wrong unless each layer but the last is followed by an activation of this slope below 0."""
    for count, (layer, following) in enumerate(
        zip(report["trained"], report["trained"][1:], strict=False), start=1
    ):
        found = bends(layer, following)
        if found is None or agree(np.array(found), np.array([slope, 1.0]), 0.01):
            continue
        below, above = found
        straight = not np.isnan([below, above]).any()
        rises = abs(above - 1) < 0.01
        mistakes = {
            "no_activation": straight and agree(np.array(found), np.ones(2), 0.01),
            "relu_inside": straight and rises and abs(below) < 0.001,
            "default_slope": straight and abs(below - 0.3) < 0.01,
            "leaky_inside": straight and rises and slope == 0,
            "other_slope": straight and rises,
        }
        mistake = next((name for name, made in mistakes.items() if made), "other_activation")
        told = f"slope {below:.3g} below 0 and {above:.3g} above"
        if not straight:
            told = "a curve that is no pair of straight lines"
        elif mistake == "no_activation":
            told = "the values as they are"
        raise Wrong("activation_expects", told, mistake, count=count, kind=layer["kind"])


def ends_in_tanh(report):
    """Wrong unless the last layer's values come out through a tanh."""
    last, found = report["trained"][-1]["linear"], report["outputs"]
    low, high = found.min(), found.max()
    said = f"values from {low:.3g} to {high:.3g}"
    if low < -1.001 or high > 1.001:
        raise Wrong("tanh_expects", said, "no_tanh")
    same_size = last.size == found.size
    x, y = (np.sort(np.ravel(each)) for each in (last, found))
    if not same_size:
        if low < -0.9 and high > 0.9:
            return
    elif agree(y, np.tanh(x), 2e-3):
        return
    mistakes = {
        "sigmoid_at_end": lambda x: 1 / (1 + np.exp(-np.clip(x, -80, 80))),
        "tanh_twice": lambda x: np.tanh(np.tanh(x)),
        "cut_off_at_end": lambda x: np.clip(x, -1, 1),
        "softsign_at_end": lambda x: x / (1 + np.abs(x)),
        "relu_before_tanh": lambda x: np.tanh(np.maximum(x, 0)),
    }
    made = (name for name, way in mistakes.items() if same_size and agree(y, way(x), 2e-3))
    raise Wrong("tanh_expects", said, next(made, "other_end"))


def ends_in_logits(report):
    """Wrong unless the last layer, a dense one, gives one number and nothing is done with it."""
    last = report["trained"][-1]
    if "Dense" not in last["kind"]:
        raise Wrong("dense_end_expects", f"{last['kind']}", "other_layer_at_end")
    pairs = (last["linear"], report["outputs"]), report["turned"].values()
    if not all(agree(linear, outputs, 1e-3) for linear, outputs in pairs):
        raise Wrong("logits_expects", "other values than before it", "activation_at_end")


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
        mistakes = {
            "draws_equal": found < 1e-6,
            "draws_mean": abs(np.mean(weight) / DEVIATION - 1) < 0.2,
            "draws_default": abs(found / 0.05 - 1) < 0.1,
            "draws_variance": abs(found / np.sqrt(DEVIATION) - 1) < 0.1,
        }
        mistake = next((name for name, made in mistakes.items() if made), "draws_other")
        raise Wrong("draws_expects", f"{found:.3g}", mistake, kernel=np.shape(weight),
                    deviation=DEVIATION)  # fmt: skip
