"""Checks of lab 5, CycleGAN (Zhu, Park, Isola and Efros 2017)."""

import numpy as np

from utils.checks import Questions, guidelines
from utils.checks.compare import (
    Wrong,
    agree,
    brief,
    close,
    new_network,
    numbers,
    shape,
    slip_in_all,
)
from utils.checks.losses import in_graph, sigmoid
from utils.checks.reference import pictures, translation
from utils.checks.reference.pool import Seen, follow
from utils.checks.steps import as_steps, listed, same

questions = Questions("lab5_cyclegan")


# --- 1 -----------------------------------------------------------------------------------------

ONE_SIDE = "Only some sides are padded: height and width, before and after, pixels each."


def padding_slips(images, p):
    """What the usual mistakes make of images, and their names."""

    def pad(*margins, mode="reflect"):
        return np.pad(
            images, [(each, each) if np.ndim(each) == 0 else each for each in margins], mode
        )

    all_but = "Only height and width are padded: [0, 0] for images and for channels."
    slips = [
        (pad(0, p, p, 0, mode="constant"), "These are zeros: the mode is reflect."),
        (pad(0, p, p, 0, mode="symmetric"), 'The border is repeated: "reflect" leaves it out of '
         'the mirror image, "symmetric" does not.'),
        (pad(0, p, p, 0, mode="edge"), "The border pixels are drawn out: a mirror image is meant."),
        (pad(0, p, p, 0, mode="wrap"), "The other side is put there: a mirror image is meant."),
        (pad(0, p, 0, 0), "The width is missing."),
        (pad(0, 0, p, 0), "The height is missing."),
        (pad(0, (p, 0), (p, 0), 0), ONE_SIDE),
        (pad(0, (0, p), (0, p), 0), ONE_SIDE),
        (pad(0, 2 * p, 2 * p, 0), "Twice as much: pixels on each side, not together."),
        (images, "The images come back as they were."),
    ]  # fmt: skip
    # A mirror needs more than one; where there is one, the mistake is an error of its own.
    n, height, width, channels = images.shape
    for batch, colours in ((p, p), (p, 0), (0, p)):
        if batch < n and colours < channels:
            slips.append((pad(batch, p, p, colours), all_but))
    if p < channels and p < width:
        slips.append((pad(0, 0, p, p), "The axes are moved: height and width are axes 1 and 2."))
    if p < n and p < height:
        slips.append((pad(p, p, 0, 0), "The axes are moved: height and width are axes 1 and 2."))
    half = "One pixel, or half of what `pixels` says: `pixels` are added on each side."
    slips += [(pad(0, 1, 1, 0), half), (pad(0, p // 2, p // 2, 0), half)]
    return slips


@questions.ask(1, "reflection_pad", points=1)
def reflection_pad(answers, rng):
    for size, pixels in (
        ((3, 5, 4, 4), 2),
        ((3, 4, 5, 3), 1),
        ((4, 6, 7, 4), 3),
        ((1, 3, 4, 1), 0),
    ):
        images = rng.normal(0, 1, size)
        what = f"images of shape {size}, padded by {pixels}"
        result = answers.call("reflection_pad", images, pixels)
        found, expected = numbers(result, what), pictures.mirrored(images, pixels)
        slips = padding_slips(images, pixels)
        shapes = [(found.shape, told) for value, told in slips if agree(found, value)]
        shape(found, expected.shape, what, [*shapes, *((v.shape, told) for v, told in slips)])
        close(found, expected, what, slips, otherwise="A mirror image, without the border itself.")
        if np.asarray(result).dtype != images.dtype:
            slip = "Pad the images as they are, without a conversion."
            raise Wrong(f"values of type {images.dtype}", f"{np.asarray(result).dtype}", slip)
    sizes = (2, 6, 8, 3), (1, 5, 4, 3)
    inputs = [rng.normal(0, 1, size).astype("float32") for size in sizes]
    report = answers.drive("in_a_model", "reflection_pad", inputs=inputs, options={"pixels": 3})
    if isinstance(report["shape"], str):
        raise Wrong("a tensor", report["shape"], "Return the padded images.")
    for place, images in enumerate(inputs):
        found = numbers(report["outputs"][str(place)], "in a model")
        expected, what = pictures.mirrored(images, 3), "in a model for images of any size"
        otherwise = "Take sizes from ops.shape(images): a model's own tensor has none yet."
        if found.shape == expected.shape:
            otherwise = "Outside of it the result was right."
        shape(found, expected.shape, what, [(found.shape, otherwise)])
        close(found, expected, what, otherwise=otherwise)
    images = inputs[1]
    # How often each pixel stands in the result.
    rows, columns = (
        np.bincount(pictures.mirrored(np.arange(side).reshape(1, side, 1, 1), 0).ravel())
        + np.bincount(np.r_[1:3, side - 3 : side - 1], minlength=side)
        for side in images.shape[1:3]
    )
    times = np.broadcast_to(np.outer(rows, columns)[None, :, :, None], images.shape)
    expected, gradient = pictures.mirrored(images, 2), {0: ("images", times)}
    in_graph(answers, "reflection_pad", [images], expected, gradient, "padded", {"pixels": 2})
    return "several sizes, none, 1, 2 and 3 pixels, in a model of any size, and the gradient"


# --- 2 -----------------------------------------------------------------------------------------


def normalization_slips(images, epsilon, scale=1.0, offset=0.0):
    """What the usual mistakes make of images, and their names."""

    def of(axes=(1, 2), ddof=0, by=lambda v: np.sqrt(v + epsilon), mean=True):
        count = np.prod([images.shape[axis] for axis in axes])
        average = images.mean(axes, keepdims=True)
        variance = images.var(axes, keepdims=True) * count / max(count - ddof, 1)
        return (images - average * mean) / by(variance)

    right = of()
    around = "Mean and variance are of one image and one channel, over height and width alone: "
    with np.errstate(all="ignore"):
        plain = [
            (of((0, 1, 2)), f"{around}not over the images of a batch (axes 1 and 2, not 0)."),
            (of((1, 2, 3)), f"{around}not over the channels (axes 1 and 2, not 3)."),
            (of((0, 1, 2, 3)), f"{around}not over everything."),
            (of((3,)), f"{around}this is over the channels of each pixel."),
            (of((1,)), f"{around}the width is missing."),
            (of((2,)), f"{around}the height is missing."),
            (of((0,)), f"{around}this is over the images of a batch."),
            (of((2, 3)), f"{around}these are axes 2 and 3: count from 0."),
            (of((0, 1)), f"{around}these are axes 0 and 1: height and width are 1 and 2."),
            (of(ddof=1), "The variance is the mean square: divided by H W, not by H W - 1."),
            (of(by=lambda v: np.sqrt(v) + epsilon), "Epsilon stands under the root, with the "
             "variance."),
            (of(by=lambda v: np.sqrt(v + epsilon**2)), "Epsilon is added as it is, not squared."),
            *((of(by=lambda v, e=fixed: np.sqrt(v + e)), "Epsilon is missing, or always the same: "
               "self.epsilon, under the root, with the variance.") for fixed in (0, 1e-5, 1e-3)),
            (0 * right, "Everything is 0: the scale begins as ones."),
            (right + 1, "The offset begins as zeros."),
            (of(by=lambda v: np.maximum(np.sqrt(v), epsilon)), "Epsilon is added under the root, "
             "it is no lower bound."),
            (of(by=lambda v: v + epsilon), "The root is missing: this is divided by the variance."),
            (of(by=lambda v: np.ones_like(v)), "The mean is subtracted and nothing is divided."),
            (of(mean=False), "The mean is not subtracted."),
            (images, "The images come back as they were."),
            (-right, "The sign is turned round: the mean is subtracted from the images."),
        ]  # fmt: skip
    return [(scale * value + offset, told) for value, told in plain]


def weight_slips(right, scale, offset):
    """What mistakes with scale and offset make of normalized images, and their names."""
    return [
        (right, "Scale and offset are never used."),
        (scale * right, "The offset is never used."),
        (right + offset, "The scale is never used."),
        (offset * right + scale, "Scale and offset have changed places."),
        (scale * (right + offset), "First the scale, then the offset: scale * y + offset."),
        (right / scale + offset, "The scale multiplies."),
        (scale * right - offset, "The offset is added."),
        ((1 + scale) * right + offset, "The scale begins as 1, and nothing is added to it."),
    ]


def first_weights(report, channels):
    """Wrong unless a scale of ones and an offset of zeros are the layer's only weights."""
    initial = report["initial"]
    found = ", ".join(f"{np.shape(each)}" for each in initial.values()) or "none"
    what = f"for {channels} channels, two trained weights: shapes ({channels},) and ({channels},)"
    slip = "A scale and an offset, one of each for a channel: self.add_weight(shape=(shape[-1],))."
    if report["fixed"]:
        slip = "No moving averages: it does the same in training and afterwards."
        raise Wrong("trained weights alone", f"{report['fixed']} others", slip)
    if len(initial) == 1:
        slip = f"One of both is missing, or is not trained. {slip}"
    if any(np.shape(each) != (channels,) for each in initial.values()) or len(initial) != 2:
        raise Wrong(what, found, slip)
    if not report["found"]:
        slip = 'initializer="ones" for the scale, "zeros" for the offset.'
        found = " and ".join(brief(each) for each in initial.values())
        raise Wrong("a scale of ones and an offset of zeros at first", found, slip)


EVEN = (
    "An even picture has variance 0: epsilon under the root keeps 0 from being divided by 0, and "
    "its own values from the gradient."
)


@questions.ask(2, "InstanceNormalization", points=2)
def instance_normalization(answers, rng):
    verified = normalizes(answers, rng, epsilon=0.3, size=(3, 4, 5, 4))
    # Hardly any contrast, and none at all, with the epsilon of the docstring.
    normalizes(answers, rng, epsilon=1e-5, size=(2, 6, 3, 2), contrasts=(0.004, 0.0))
    return verified


def normalizes(answers, rng, epsilon, size, contrasts=None):
    """Wrong unless the layer normalizes images of this size; says what was verified."""
    channels = size[-1]
    scale, offset = rng.uniform(0.5, 2, channels), rng.normal(0, 1, channels)
    contrasts = rng.uniform(0.3, 2, size[0]) if contrasts is None else np.array(contrasts)
    means = rng.normal(0, 0.7, (size[0], 1, 1, channels))
    images = means + contrasts[:, None, None, None] * rng.normal(0, 1, size)
    images *= np.linspace(1, 2, channels)
    images = images.astype("float32").astype("float64")
    inputs = [images, images[1:], rng.normal(2, 1, (1, 7, 2, channels))]
    towards = rng.normal(0, 1, size)
    report = answers.drive(
        "normalization", "InstanceNormalization", epsilon=epsilon, inputs=inputs, ones=scale,
        zeros=offset, towards=towards,
    )  # fmt: skip
    if not report["is_layer"]:
        found = f"a value of type {report['kind']}"
        raise Wrong("a Keras layer", found, "Derive the class from layers.Layer.")
    right = [pictures.normalized(each, epsilon) for each in inputs]
    for mode, told in (("plain", "used"), ("training", "called with training=True")):
        for place, batch in enumerate(inputs):
            what = f"{told}, with epsilon {epsilon:g}, images of shape {batch.shape} become"
            found = numbers(report[mode][str(place)], what)
            shape(found, batch.shape, what)
            otherwise = "Mean and variance over axes 1 and 2, with keepdims."
            if mode == "training":
                otherwise = "In training it does the same as afterwards."
            slips = normalization_slips(batch, epsilon) if mode == "plain" else []
            close(found, right[place], what, slips, otherwise=otherwise, tolerance=2e-3,
                  not_finite=EVEN)  # fmt: skip
    first_weights(report, channels)
    for place, batch in enumerate(inputs):
        what = f"with scale {brief(scale)} and offset {brief(offset)}, images become"
        found = numbers(report["set"][str(place)], what)
        shape(found, batch.shape, f"in a model for any size, {what}")
        close(found, scale * right[place] + offset, what, weight_slips(right[place], scale, offset),
              otherwise="Multiply by the scale, then add the offset.", tolerance=2e-3)  # fmt: skip
    normalization_gradients(report["gradients"], images, epsilon, scale, towards, right[0])
    return "each image and channel by itself, epsilon, both weights, any size, all gradients"


def normalization_gradients(found, images, epsilon, scale, towards, right):
    """Wrong unless the gradients of sum(towards * outputs) are those of the formula."""
    deviation = np.sqrt(images.var((1, 2), keepdims=True) + epsilon)
    back = scale * towards
    mean = {"axis": (1, 2), "keepdims": True}
    inner = back - back.mean(**mean) - right * (back * right).mean(**mean)
    expected = [
        ("images", inner / deviation),
        ("scale", (towards * right).sum((0, 1, 2))),
        ("offset", towards.sum((0, 1, 2))),
    ]
    cut = "Mean and variance depend on the images: leave stop_gradient out."
    for place, (name, value) in enumerate(expected):
        what = f"the gradient with respect to the {name}"
        if found[str(place)] is None:
            raise Wrong(what, "None: no gradient gets through", "Keep to keras.ops.")
        largest = max(np.abs(value).max(), 1e-6)
        gradient = numbers(found[str(place)], what) / largest
        slips = [] if place else [(back / deviation / largest, cut)]
        close(gradient, value / largest, f"{what}, as parts of its largest value", slips,
              otherwise=cut, tolerance=5e-3, not_finite=EVEN)  # fmt: skip


# --- 3 -----------------------------------------------------------------------------------------


def built(answers, name, arguments, inputs, shapes, rng, outputs, resizing):
    """The driver's report of a network; Wrong where it is none, or gives another shape.

    Args:
        shapes: Counter of its kernels' shapes; outputs: shapes, one for each of inputs.
        resizing: str, what changes the size of pictures in it.

    Returns:
        pair of the report and the `Weights` that were set.
    """
    weights = pictures.Weights(shapes, rng)
    report = answers.drive(
        "set_by_shape", name, arguments=arguments, inputs=inputs, **weights.listed()
    )
    new_network(report)
    if not report["is_model"]:
        slip = "Derive the class from keras.Model, or use keras.Model(images, outputs)."
        raise Wrong("a Keras model", f"a layer, {report['kind']}", slip)
    no_resizing(report, resizing)
    called = f"{name}({', '.join(map(str, arguments))})"
    for place, (images, expected) in enumerate(zip(inputs, outputs, strict=True)):
        what = f"for {called} and images of shape {images.shape}, outputs"
        found = numbers(report["outputs"][str(place)], what)
        shape(found, expected, what, [(found.shape, shape_slip(found.shape, expected))])
    if not report["trainable"]:
        raise Wrong("trainable weights", "none", "The network is frozen: leave `trainable` alone.")
    return report, weights


def shape_slip(found, expected):
    if len(found) != 4:
        return "A map is wanted: no flattening, no dense layer, no pooling over the whole image."
    if found[-1] != expected[-1]:
        return f"The last convolution has {expected[-1]} filters."
    if all(f >= e for f, e in zip(found, expected, strict=True)):
        return (
            "It is too large: as many convolutions with stride 2 as `downsamplings` says, "
            "and every other one keeps the size."
        )
    return (
        "It is too small: padding keeps the size, and only `downsamplings` convolutions "
        "have stride 2."
    )


def no_resizing(report, kinds):
    for kind in report["layers"]:
        if any(each in kind for each in guidelines.RESIZING) and "Global" not in kind:
            slip = f"Neither pooling nor upsampling: {kinds} with strides=2."
            raise Wrong(f"sizes changed by {kinds}", f"a layer {kind}", slip)
        if kind in ("BatchNormalization", "LayerNormalization"):
            slip = "Use your InstanceNormalization: each image and each channel by itself."
            raise Wrong("instance normalization", f"a layer {kind}", slip)


def right_kernels(report, expected, called, told):
    """Wrong unless the kernels have these shapes. told: function of missing and extra shapes."""
    found = pictures.Counter(
        tuple(each.shape) for each in map(np.asarray, report["initial"].values()) if each.ndim > 1
    )
    missing, extra = expected - found, found - expected
    if not missing and not extra:
        return

    def words(shapes):
        return ", ".join(f"{count} of {shape}" for shape, count in sorted(shapes.items()))

    both = (words(each) or "none" for each in (missing, extra))
    raise Wrong(
        f"for {called}, kernels of other shapes: {next(both)}",
        f"instead of these: {next(both)}",
        told(missing, extra),
    )


def right_count(report, expected, called, slips, otherwise):
    if report["count"] != expected:
        slip = next((told for count, told in slips if count == report["count"]), otherwise)
        raise Wrong(f"for {called}, {expected:,} weights", f"{report['count']:,}", slip)
    if report["unset"]:
        raise Wrong(
            "kernels, scales that begin as ones, offsets and biases that begin as zeros",
            f"others, of shape {report['unset']}",
            "Use your InstanceNormalization and Keras's convolutions, with biases of zeros.",
        )


def generator_kernel_slip(filters, downsamplings):
    large = filters * 2**downsamplings
    block = (3, 3, large, large)

    def told(missing, extra):
        if set(missing) == {block} and not extra:
            return "Blocks are missing: `blocks` of them, with two convolutions each."
        if set(extra) == {block} and not missing:
            return "There are more convolutions in blocks than 2 * blocks."
        if any(shape[:3] == (7, 7, 3) for shape in missing) or any(
            shape[::3] == (7, 3) for shape in missing
        ):
            return "The first and the last convolution have 7x7 kernels, and the last 3 filters."
        if any(shape[0] not in (3, 7) for shape in extra):
            return "Kernels are 3x3, but for the first and the last layer's 7x7."
        turned = [shape[:2] + shape[:1:-1] for shape in missing]
        if any(shape in extra for shape in turned):
            return (
                "Transposed convolutions, layers.Conv2DTranspose with strides=2, make the image "
                "larger again, each with half the filters."
            )
        return "Each downsampling doubles the filters, and each transposed convolution halves them."

    return told


def generator_mistakes():
    """Pairs of the options of `pictures.generated` that make a mistake, and its name."""
    zeros = "A frame of zeros: convolutions with stride 1 are padded by reflection_pad"
    return [
        ({"residual": False}, "The blocks don't add what came in: x + change."),
        ({"padding": dict.fromkeys(("first", "block", "last"), "constant")}, f"{zeros}."),
        *(({"padding": {place: "constant"}}, f"{zeros}, {told}.")
          for place, told in (("first", "the first one, too"), ("block", "in blocks, too"),
                              ("last", "the last one, too"))),
        ({"padding": {"first": "constant", "last": "constant"}}, f"{zeros}, first and last, too."),
        ({"padding": {"first": "constant", "block": "constant"}}, f"{zeros}, not the last alone."),
        ({"padding": {"last": "constant", "block": "constant"}}, f"{zeros}, not the first alone."),
        ({"padding": dict.fromkeys(("first", "block", "last"), "symmetric")},
         "The border is repeated: pad by reflection_pad."),
        ({"last": lambda x: x}, "The tanh at the end is missing."),
        ({"last": sigmoid}, "A sigmoid ends it, from 0 to 1: a tanh."),
        ({"last": lambda x: np.clip(x, -1, 1)}, "The values are cut off: a tanh."),
        ({"last": lambda x: np.tanh(np.tanh(x))}, "The tanh acts twice."),
        ({"last": lambda x: np.tanh(np.maximum(x, 0))}, "A ReLU stands before the tanh."),
        ({"behind": "after"}, "There is no ReLU behind the addition of a block."),
        ({"behind": "before"}, "There is no ReLU behind a block's second convolution."),
        ({"flat": ("block",)}, "The ReLU inside the blocks is missing."),
        ({"flat": ("first",)}, "The ReLU after the first convolution is missing."),
        ({"flat": ("up",)}, "The ReLU after transposed convolutions is missing."),
        ({"flat": ("down",)}, "The ReLU after strided convolutions is missing."),
        ({"flat": ("first", "down", "block", "up")}, "The ReLUs are missing."),
        ({"slope": 0.2}, "These are LeakyReLUs, as the discriminator has: ReLU."),
        ({"slope": 0.3}, "These are LeakyReLUs: ReLU."),
        ({"axes": (0, 1, 2)}, "The images of a batch depend on each other: normalize each by "
         "itself, with your InstanceNormalization."),
        ({"axes": (1, 2, 3)}, "The channels are normalized together: use your "
         "InstanceNormalization."),
    ]  # fmt: skip


# Of strided and transposed convolutions, and Keras's own epsilon: all of them are as right.
ALIGNED = [
    {"down": down, "shift": shift, "epsilon": epsilon}
    for epsilon in (1e-5, 1e-3)
    for down in ("same", "constant", "reflect")
    for shift in (0, 1)
]


def generates(answers, rng, filters, downsamplings, blocks, sizes):
    """Wrong unless build_generator with these arguments is right; sizes: of images."""
    arguments = [filters, downsamplings, blocks]
    called = f"build_generator({filters}, {downsamplings}, {blocks})"
    inputs = [rng.uniform(-1, 1, (*size, 3)) for size in sizes]
    inputs[0] *= np.linspace(0.2, 1, len(inputs[0]))[:, None, None, None]
    kernels = pictures.generator_kernels(*arguments)
    outputs = [each.shape for each in inputs]
    report, weights = built(
        answers, "build_generator", arguments, inputs, kernels, rng, outputs,
        "convolutions and transposed convolutions",
    )  # fmt: skip
    told = generator_kernel_slip(filters, downsamplings)
    right_kernels(report, kernels, called, told)
    taps = sum(np.prod(shape) * count for shape, count in kernels.items())
    channels = pictures.normalized_channels(*arguments)
    right = int(taps + 2 * channels + 3)
    slips = [
        (right + channels, "No bias where a normalization follows: use_bias=False."),
        (right - 3, "The last convolution has a bias: nothing is normalized behind it."),
        (right + channels - 3, "The last convolution alone has a bias: use_bias=False elsewhere."),
        (right - channels, "Biases instead of normalizations: InstanceNormalization after every "
         "convolution but the last."),
        (right - 2 * channels, "The normalizations are missing: one after every convolution but "
         "the last."),
        (right + 6, "The last convolution is not normalized."),
        (right + 3, "The last convolution is not normalized."),
        (right + filters, "The first convolution needs no bias: it is normalized."),
    ]  # fmt: skip
    few = "InstanceNormalization after every convolution but the last, and a bias there alone."
    right_count(report, right, called, slips, few)
    guidelines.small_draws(report)

    def made(images, **options):
        return pictures.generated(images, weights, *arguments, **options)

    found = numbers(report["outputs_set"]["0"], "images")
    if not any(agree(found, made(inputs[0], **a), 5e-3) for a in ALIGNED):
        slip = "Compare with the list above the question, layer by layer."
        for options, said in generator_mistakes():
            if any(agree(found, made(inputs[0], **a, **options), 5e-3) for a in ALIGNED):
                slip = said
                break
        what = f"for {called} with given weights, images"
        raise Wrong(f"{what}: {brief(made(inputs[0]))}", brief(found), slip)


@questions.ask(3, "build_generator", points=2)
def build_generator(answers, rng):
    generates(answers, rng, 2, 2, 2, [(2, 8, 12), (1, 16, 8)])
    generates(answers, rng, 4, 1, 1, [(2, 6, 4)])
    guidelines.full_precision(answers, "build_generator", [2, 1, 1], (8, 8, 3))
    return (
        "images of any size, number and shapes of the weights, what comes out with given ones "
        "(mirrored borders, instance normalization, ReLU, residual blocks, tanh), float32"
    )


# --- 4 -----------------------------------------------------------------------------------------


def seen(kernels, strides):
    """The receptive field, by the distance that neighbouring outputs have in the image."""
    field, distance = 1, 1
    for kernel, stride in zip(kernels, strides, strict=True):
        field, distance = field + (kernel - 1) * distance, distance * stride
    return field


def backwards(kernels, strides, step, field=1):
    for kernel, stride in zip(kernels[::-1], strides[::-1], strict=True):
        field = step(field, kernel, stride)
    return field


def product(values):
    return int(np.prod(values, dtype="int64"))


FIELD_SLIPS = [
    (lambda k, s: backwards(k[::-1], s[::-1], lambda r, a, b: (r - 1) * b + a),
     "Go backwards: from the last layer to the first."),
    (lambda k, s: seen(k[::-1], s), "Kernels and strides are both turned round, not one alone."),
    (lambda k, s: seen(k, s[::-1]), "Kernels and strides are both turned round, not one alone."),
    (lambda k, s: 1 + sum((a - 1) * product(s[: i + 1]) for i, a in enumerate(k)),
     "A layer's stride spreads the layers behind it, not its own kernel: strides off by one "
     "layer."),
    (lambda k, s: backwards(k, s, lambda r, a, b: (r - 1 + a - 1) * b + 1),
     "A layer's stride spreads the layers behind it, not its own kernel: strides off by one "
     "layer."),
    (lambda k, s: 1 + sum(a - 1 for a in k), "The strides are ignored."),
    (lambda k, s: sum(k), "This is the sum of the kernels: neighbouring patches overlap."),
    (lambda k, s: product(k), "This is the product of the kernels."),
    (lambda k, s: product(s), "This is the product of the strides alone."),
    (lambda k, s: seen(k, s) * s[-1], "The last stride says how far outputs are apart, not what "
     "one of them sees."),
    (lambda k, s: seen(k, s) * product(s), "The strides are multiplied once too often."),
    (lambda k, s: backwards(k, s, lambda r, a, b: r * b + a), "(r_out - 1), not r_out, times the "
     "stride."),
    (lambda k, s: backwards(k, s, lambda r, a, b: r * b + a, 0), "(r_out - 1), not r_out, times "
     "the stride."),
    (lambda k, s: backwards(k, s, lambda r, a, b: r * b + a - 1), "(r_out - 1), not r_out, times "
     "the stride; and the whole kernel."),
    (lambda k, s: backwards(k, s, lambda r, a, b: (r - 1) * b + a, 0), "Begin with 1: one output."),
    (lambda k, s: backwards(k, s, lambda r, a, b: (r - 1) * b + a, k[-1]), "Begin with 1: the last "
     "kernel counts twice."),
    (lambda k, s: backwards(k, s, lambda r, a, b: (r + a - 1) * b), "(r_out - 1) * stride + "
     "kernel: the kernel is not multiplied."),
    (lambda k, s: backwards(k, s, lambda r, a, b: (r + 1) * b + a), "(r_out - 1), not + 1."),
    (lambda k, s: backwards(k, s, lambda r, a, b: (r - 1) * b + a // 2), "The whole kernel is "
     "added: half of it on each side."),
    (lambda k, s: backwards(k, s, lambda r, a, b: (r - 1) * a + b), "Kernel and stride have "
     "changed places."),
    (lambda k, s: seen(k[1:], s[1:]), "The first layer is missing."),
    (lambda k, s: seen(k[:-1], s[:-1]), "The last layer is missing."),
    (lambda k, s: seen(k, s) - 1, "One pixel is missing: begin with field = 1."),
    (lambda k, s: seen(k, s) + 1, "One pixel too many."),
    (lambda k, s: seen(k, s) ** 2, "On each side, not on the whole area."),
    (lambda k, s: seen(k, s) // 2, "The whole side, not half of it."),
]  # fmt: skip


@questions.ask(4, "receptive_field", points=2)
def receptive_field(answers, rng):
    cases = [([3, 3], [1, 1]), ([3, 3], [2, 1]), ([4, 4, 4, 4, 4], [2, 2, 2, 1, 1]), ([5], [3])]
    for layers in (2, 3, 4, 6):
        cases.append(
            tuple(rng.integers(low, high, layers).tolist() for low, high in ((1, 8), (1, 4)))
        )
    results = []
    for kernels, strides in cases:
        report = answers.drive("arguments_after", "receptive_field", arguments=[kernels, strides])
        result, what = report["result"], f"for kernels {kernels} and strides {strides}"
        found = numbers(result, what)
        shape(found, (), what, [((len(kernels),), "One number for the whole stack.")])
        results.append(result)
        after = [list(report["arguments"][place]) for place in "01"]
        if after != [kernels, strides]:
            slip = "reversed(kernels) leaves the list as it is; .reverse() and .pop() do not."
            raise Wrong(f"{what}, both lists as they were", f"{after[0]} and {after[1]}", slip)
    expected = [seen(*case) for case in cases]
    for case, found, right in zip(cases, results, expected, strict=True):
        if found != right:
            slips = [(lambda case, f=f: f(*case), told) for f, told in FIELD_SLIPS]
            slip = slip_in_all(results, cases, slips) or "Go backwards, by the formula."
            raise Wrong(f"for kernels {case[0]} and strides {case[1]}, {right}", f"{found}", slip)
    if not all(isinstance(each, int) for each in results):
        slip = "Pixels are counted: leave out divisions with /, and floats."
        raise Wrong("an int", f"{results[0]!r}, a {type(results[0]).__name__}", slip)
    return f"{len(cases)} stacks of layers, 70 pixels for the paper's"


# --- 5 -----------------------------------------------------------------------------------------


def discriminator_mistakes(downsamplings):
    """Pairs of the options of `pictures.judged` that make a mistake, and its name."""
    return [
        ({"slope": 0.3}, "0.3 is what Keras takes where no slope is given: LeakyReLU(0.2)."),
        ({"slope": 0.01}, "The slope below 0 is 0.2."),
        ({"slope": 0.0}, "These are ReLUs, through which no gradient comes where they are off: "
         "LeakyReLU(0.2)."),
        ({"slope": 1.0}, "The activations are missing: LeakyReLU(0.2)."),
        ({"flat": (0,)}, "There is no activation after the first convolution: LeakyReLU(0.2)."),
        *(({"flat": (place,)}, f"There is no activation after convolution {place + 1}: "
           "LeakyReLU(0.2).") for place in range(1, downsamplings + 1)),
        ({"last": sigmoid}, "A sigmoid ends it: the logits go out as they are."),
        ({"last": np.tanh}, "A tanh ends it: the logits go out as they are."),
        ({"last": lambda x: np.maximum(x, 0)}, "A ReLU ends it: the logits go out as they are."),
        ({"last": lambda x: pictures.rectified(x, 0.2)}, "A LeakyReLU ends it: the logits go out "
         "as they are."),
        ({"axes": (0, 1, 2)}, "The images of a batch depend on each other: normalize each by "
         "itself, with your InstanceNormalization."),
        ({"axes": (1, 2, 3)}, "The channels are normalized together: use your "
         "InstanceNormalization."),
        ({"first": True}, "The first layer has to see colours and contrast as they are: no "
         "normalization there."),
        ({"strides": [1] + [2] * downsamplings + [1]}, "The strided convolutions come first."),
    ]  # fmt: skip


def discriminator_kernel_slip(filters, downsamplings):
    uncapped = pictures.discriminator_kernels(filters, downsamplings, most=2**downsamplings)

    def told(missing, extra):
        if downsamplings > 3 and uncapped - extra != uncapped:
            return "At most eight times `filters`: min(2**level, 8) * filters."
        if any(shape[:2] != (4, 4) for shape in extra):
            return "All kernels are 4x4, and nothing is dense."
        if sum(missing.values()) > sum(extra.values()):
            return (
                "A convolution is missing: `downsamplings` with stride 2, then one with stride 1, "
                "then that of the logits."
            )
        if sum(missing.values()) < sum(extra.values()):
            return "There is a convolution too many: downsamplings + 2 are meant."
        return "`filters` in the first, then always twice as many, up to eight times `filters`."

    return told


def judges(answers, rng, filters, downsamplings, sizes):
    """Wrong unless build_discriminator with these arguments is right; sizes: of images."""
    arguments, s = [filters, downsamplings], 2**downsamplings
    called = f"build_discriminator({filters}, {downsamplings})"
    inputs = [rng.uniform(-1, 1, (*size, 3)) for size in sizes]
    inputs[0] *= np.linspace(0.2, 1, len(inputs[0]))[:, None, None, None]
    kernels = pictures.discriminator_kernels(*arguments)
    outputs = [(n, -(-height // s), -(-width // s), 1) for n, height, width in sizes]
    report, weights = built(
        answers, "build_discriminator", arguments, inputs, kernels, rng, outputs, "convolutions"
    )
    told = discriminator_kernel_slip(filters, downsamplings)
    right_kernels(report, kernels, called, told)
    taps = sum(np.prod(shape) * count for shape, count in kernels.items())
    channels = sum(pictures.discriminator_filters(*arguments)[1:])
    right = int(taps + filters + 2 * channels + 1)
    first = "The first layer is not normalized: it has to see the colours as they are."
    slips = [
        (right + channels, "No bias where a normalization follows: use_bias=False."),
        (right - channels, "Biases instead of normalizations: InstanceNormalization in all but "
         "the first and the last layer."),
        (right - 2 * channels, "The normalizations are missing, in all but the first and the last "
         "layer."),
        (right + 2 * filters, first), (right + filters, first),
        (right + 2 * filters + channels, first),
        (right - filters, "The first convolution has a bias: nothing is normalized behind it."),
        (right - 1, "The last convolution has a bias: nothing is normalized behind it."),
        (right - 1 - filters, "The first and the last convolution have a bias."),
        (right + 2, "The last convolution is not normalized: its logits are the answer."),
        (right + 1, "The last convolution is not normalized: its logits are the answer."),
    ]  # fmt: skip
    few = "InstanceNormalization in all but the first and the last layer, and a bias in these two."
    right_count(report, right, called, slips, few)
    guidelines.small_draws(report)
    for place, images in enumerate(inputs):
        found = numbers(report["outputs_set"][str(place)], "logits")
        expected = pictures.judged(images, weights, *arguments)
        if agree(found, expected, 5e-3):
            continue
        slip = "Compare with the list above the question, layer by layer."
        for options, said in discriminator_mistakes(downsamplings):
            if agree(found, pictures.judged(images, weights, *arguments, **options), 5e-3):
                slip = said
                break
        what = f"for {called} with given weights, logits"
        raise Wrong(f"{what}: {brief(expected)}", brief(found), slip)


@questions.ask(5, "build_discriminator", points=1)
def build_discriminator(answers, rng):
    judges(answers, rng, 3, 2, [(2, 16, 20), (1, 20, 17)])
    judges(answers, rng, 1, 4, [(1, 48, 32)])
    guidelines.full_precision(answers, "build_discriminator", [2, 1], (8, 8, 3))
    return (
        "maps of logits for any size, number and shapes of the weights, what comes out with given "
        "ones (colours as they are, instance normalization, LeakyReLU, no sigmoid), float32"
    )


# --- 6 -----------------------------------------------------------------------------------------


def scalar(found, what):
    """Wrong unless it is a single number."""
    if found.shape == ():
        return
    slip = "Many numbers come back: the mean over all axes is one."
    if found.size == 1:
        slip = f"The shape is {found.shape}: take the mean over all axes, without keepdims."
    shape(found, (), what, [(found.shape, slip)])


def adversarial_slips(x, target):
    right, p, other = np.mean((x - target) ** 2), sigmoid(x), 1 - target
    per_image = np.mean(np.sum((x - target).reshape(len(x) if x.ndim else 1, -1) ** 2, 1))
    entropy = np.mean(np.logaddexp(0, x) - target * x)
    q = np.clip(x, 1e-7, 1 - 1e-7)
    crossed = "This is a cross-entropy: CycleGAN takes squares."
    return [
        (np.mean((x - other) ** 2), "The labels are reversed: where real is wanted the target is "
         "1."),
        (entropy, crossed),
        (np.mean(np.logaddexp(0, x) - other * x), crossed),
        (np.mean(-target * np.log(q) - other * np.log(1 - q)), crossed),
        (right / 2, "Nothing is halved here: the half comes in the discriminator's step."),
        (2 * right, "Nothing is doubled."),
        (np.mean(np.abs(x - target)), "These are absolute values: take squares."),
        (np.sum((x - target) ** 2), "This is the sum: take the mean over all logits."),
        (np.sum((x - target) ** 2) / 2, "This is half the sum: take the mean over all logits."),
        (per_image, "The sum over the map: take the mean over everything."),
        (np.sqrt(right), "The root is taken: mean of the squares."),
        (np.mean((p - target) ** 2), "A sigmoid comes first: the logits themselves are to be 0 or "
         "1."),
        ((np.mean(x) - target) ** 2, "The mean is taken first: squares, then their mean."),
        (np.mean(x - target), "The square is missing."),
        (np.mean(target - x), "The square is missing."),
        (np.mean((x - (2 * target - 1)) ** 2), "The target for generated images is 0, not -1."),
        (np.mean((x - 0.9 * target) ** 2), "The target is 1, without smoothing."),
        (np.mean(x**2) - target, "The target is subtracted before the square."),
        (-right, "The sign is turned round."),
        (np.mean(np.maximum(0, 1 - (2 * target - 1) * x)), "This is a hinge loss: take squares."),
        (np.mean((1 - 2 * target) * x), "This is the Wasserstein loss: take squares."),
        (np.var(x), "This is the variance: the square of the distance from the target."),
    ]  # fmt: skip


@questions.ask(6, "adversarial_loss", points=2)
def adversarial_loss(answers, rng):
    for size, dtype in (((3, 4, 5, 1), "float32"), ((5, 1), "float32"), ((2, 3), "float64")):
        logits = rng.normal(0.3, 1.5, size).astype(dtype)
        results = [answers.call("adversarial_loss", logits, real) for real in (True, False)]
        for real, result in zip((True, False), results, strict=True):
            what = f"for logits of shape {size}, target_is_real={real}"
            found = numbers(result, what)
            scalar(found, what)
            x, target = logits.astype("float64"), float(real)
            if agree(*results) and agree(found, np.mean((x - 1 + target) ** 2)):
                slip = "The target is always the same: 1 where real is wanted, else 0."
                raise Wrong(f"{what}: {brief(np.mean((x - target) ** 2))}", brief(found), slip)
            close(found, np.mean((x - target) ** 2), what, adversarial_slips(x, target),
                  otherwise="The mean of (logits - target) squared.")  # fmt: skip
    for logit, real in ((30.0, True), (-30.0, True), (30.0, False), (0.5, False)):
        what = f"for a logit of {logit:g}, target_is_real={real}"
        found = numbers(answers.call("adversarial_loss", np.full((1, 1), logit, "f4"), real), what)
        slip = "Logits of any size count as they are: leave functions such as clip out."
        close(found, (logit - real) ** 2, what, otherwise=slip)
    logits = rng.normal(0, 2, (2, 3, 4, 1)).astype("float32")
    for real in (True, False):
        expected = np.mean((logits - float(real)) ** 2)
        gradient = {0: ("logits", 2 * (logits - float(real)) / logits.size)}
        options = {"target_is_real": real}
        told = f"target_is_real={real}"
        in_graph(answers, "adversarial_loss", [logits], expected, gradient, told, options)
    return "both targets, maps of several shapes, large logits, gradients"


# --- 7 and 8 -----------------------------------------------------------------------------------


def absolute_slips(x, y, weight):
    d, n = x - y, len(x)
    right = np.mean(np.abs(d))
    rows = np.abs(d).reshape(n, -1)
    return [
        (np.mean(d**2), "These are squares: absolute values leave edges sharper."),
        (np.sqrt(np.mean(d**2)), "The root of the mean square: take absolute values."),
        (np.mean(np.sqrt((d**2).reshape(n, -1).sum(1))), "The length of each image's difference: "
         "take absolute values."),
        (np.mean(np.sqrt((d**2).sum(-1))), "The length of each pixel's difference: take absolute "
         "values."),
        (np.sum(d**2), "The sum of squares: the mean of absolute values."),
        (rows.sum(), "This is the sum: take the mean over everything."),
        (rows.sum(1).mean(), "The sum over each image: take the mean over pixels and colours, "
         "too."),
        (np.abs(d).sum(-1).mean(), "The sum over the colours: take their mean, too."),
        (rows.mean(1).sum(), "The sum over the images: take their mean."),
        (weight * right, f"The factor of {weight} comes in the training step, not here."),
        (10 * right, "The factor of 10 comes in the training step, not here."),
        (5 * right, "The factor of 5 comes in the training step, not here."),
        (right / 2, "Nothing is halved here."),
        (np.mean(d), "Differences of both signs cancel out: their absolute values."),
        (-np.mean(d), "Differences of both signs cancel out: their absolute values."),
        (np.abs(d.mean(0)).mean(), "The absolute value comes first, then the mean over images."),
        (np.abs(d.mean((1, 2))).mean(), "The absolute value comes first, then the mean."),
        (np.abs(d).max(), "This is the largest difference: take the mean."),
        (np.median(np.abs(d)), "This is the median: take the mean."),
        (np.mean(np.abs(np.abs(x) - np.abs(y))), "The absolute value of the difference, not the "
         "difference of absolute values."),
        (-right, "The sign is turned round."),
        (np.mean(np.abs(x + y)), "The images are subtracted."),
        (np.mean(np.where(np.abs(d) < 1, d**2 / 2, np.abs(d) - 0.5)), "This is Huber's loss: take "
         "absolute values."),
        (np.mean(np.abs(d) / np.maximum(np.abs(y), 1e-7)), "Nothing is divided by the images."),
        (100 * np.mean(np.abs(d) / np.maximum(np.abs(x), 1e-7)), "A percentage: the mean of "
         "absolute values."),
    ]  # fmt: skip


def absolute(answers, rng, name, arguments, weight):
    """Wrong unless the answer `name` is the mean absolute difference; says what was verified."""
    for size, dtype in (((3, 4, 5, 3), "float32"), ((1, 2, 2, 1), "float32"), ((4, 3, 3, 2), "f8")):
        x, y = rng.uniform(-1, 1, (2, *size)).astype(dtype)
        y = (1.6 * y).astype(dtype)
        what = f"for images of shape {size}"
        found = numbers(answers.call(name, x, y), what)
        scalar(found, what)
        slips = absolute_slips(x.astype("f8"), y.astype("f8"), weight)
        close(found, np.mean(np.abs(np.float64(x) - y)), what, slips,
              otherwise="The mean of the absolute difference, over everything.")  # fmt: skip
    x, y = rng.uniform(-1, 1, (2, 2, 3, 4, 3)).astype("float32")
    by = np.sign(x - y) / x.size
    gradients = {0: (arguments[0], by), 1: (arguments[1], -by)}
    in_graph(answers, name, [x, y], np.mean(np.abs(x - y)), gradients, "in units of the images")
    return "three sizes, differences of both signs, both gradients"


@questions.ask(7, "cycle_loss", points=1)
def cycle_loss(answers, rng):
    return absolute(answers, rng, "cycle_loss", ("images", "cycled"), 10)


@questions.ask(8, "identity_loss", points=1)
def identity_loss(answers, rng):
    return absolute(answers, rng, "identity_loss", ("images", "mapped"), 5)


# --- 9 -----------------------------------------------------------------------------------------


ONE_IMAGE = 2, 3, 1


@questions.ask(9, "ImagePool", points=2)
def image_pool(answers, rng):
    # Filled by single images, to the brim, and past it within a batch; and batches of all sizes.
    for size, counts in ((3, [1] * 34), (4, [4] * 10), (5, [3] * 10), (6, [2, 5, 1, 6, 3, 4] * 2)):
        follow(answers, rng, Seen(size, counts, ONE_IMAGE, compiled=False, seed=3))
    follow(answers, rng, Seen(5, [1] * 300, ONE_IMAGE, compiled=True, seed=1)).even()
    many = [2, 5, 1, 6, 3, 4] * 4 + [4] * 90
    follow(answers, rng, Seen(6, many, ONE_IMAGE, compiled=True, seed=2)).even()
    by_seed(answers)
    return (
        "images passed on while there is room, then half of them older ones, each once, from "
        "random places; batches of all sizes, compiled and not, from the seed"
    )


def by_seed(answers):
    """Wrong unless what a pool gives follows from its seed."""
    outputs = []
    for seed, compiled in ((5, False), (5, True), (6, False)):
        run = Seen(4, [2] * 20, ONE_IMAGE, compiled, seed)
        outputs.append(follow(answers, np.random.default_rng(0), run).given)
    if outputs[0] != outputs[1]:
        slip = "Draw by keras.random with seed=self.seed_generator, which was made from the seed."
        raise Wrong("the same images from pools of one seed, compiled and not", "others", slip)
    if outputs[0] == outputs[2]:
        slip = "Draw with seed=self.seed_generator, which was made from the seed."
        raise Wrong("other coins for another seed", "the same for seeds 5 and 6", slip)


# --- 10 ----------------------------------------------------------------------------------------


def one_step(answers, rng):
    """Wrong unless a step is right where the pools give images of their own."""
    weights, (pair, older) = translation.four(rng), translation.batches_of(rng, 3, 3)
    options = {"cycle_weight": 3.0, "identity_weight": 0.7}
    report = translation.trained(
        answers, 3, weights=weights, batches=[pair], older=older, pool_size=4, **options
    )
    (step,), before = report["steps"], as_steps(weights)
    row = translation.updated(step, before, pair, options, "after a step with 3 pairs")
    images = translation.images_of(pair, before)
    images |= {"pool_a": np.float64(older[0]), "pool_b": np.float64(older[1])}
    slips = translation.tracked_slips(row, step, before, pair, options, images)
    translation.means([row], step["returned"], "tracked in one step", slips)


def many_steps(answers, rng, counts, options, pool_size, seed):
    """Wrong unless steps on batches of these sizes are right, all twice, with the answer's pools.

    Returns:
        dict: `options` of the driver, `rows` (of what is tracked) and `after` (the weights).
    """
    weights, batches = translation.four(rng), 2 * translation.batches_of(rng, *counts)
    given = {"weights": weights, "batches": batches, "pool_size": pool_size, **options}
    state, rows = as_steps(weights), []
    steps = translation.trained(answers, seed, **given)["steps"]
    for step, pair in zip(steps, batches, strict=True):
        told = f"after step {len(rows) + 1}, with {len(pair[0])} pairs and pools of {pool_size}"
        rows.append(translation.updated(step, state, pair, options, told))
        translation.means(rows, step["returned"], f"tracked in {len(rows)} steps")
        state = listed(step["after"])
    return {"options": given, "rows": rows, "after": state}


def compiled(answers, many, seed):
    """Wrong unless `fit`, compiled, does on the same batches what single steps did."""
    options, epoch = many["options"], len(many["rows"]) // 2
    options = options | {"batches": options["batches"][:epoch]}
    report = translation.trained(answers, seed, **options, epochs=2)
    start, after = as_steps(options["weights"]), listed(report["after"])
    for name in translation.NETWORKS:
        if not same(after[name], many["after"][name], start[name]):
            slip = "Python and NumPy run only once when a step is compiled: compute with tensors."
            change = after[name][0] - start[name][0]
            right = many["after"][name][0] - start[name][0]
            raise Wrong(
                f"in `fit`, a change of {name} as in single steps, {brief(right.ravel()[:3])}...",
                f"{brief(change.ravel()[:3])}...",
                slip,
            )
    sizes = [len(pair[0]) for pair in options["batches"]]
    for place in range(2):
        found = {name: values[place] for name, values in report["history"].items()}
        rows = many["rows"][place * epoch : (place + 1) * epoch]
        told = f"in epoch {place + 1} of `fit`, means over {epoch} batches"
        translation.means(rows, found, told, sizes=sizes)


@questions.ask(10, "CycleGAN", points=4)
def cyclegan(answers, rng):
    one_step(answers, rng)
    # Filling in the first step; from then on a pool that gives older images, too.
    options = {"cycle_weight": 4.0, "identity_weight": 2.5}
    many = many_steps(answers, rng, (3, 3, 1), options, pool_size=3, seed=5)
    compiled(answers, many, seed=5)
    return (
        "all four updates to three digits, with images of the pools' own and with your pools, "
        "batches of two sizes, both weights, means over an epoch, the same compiled and not"
    )
