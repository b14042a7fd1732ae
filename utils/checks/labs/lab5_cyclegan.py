"""Checks of lab 5, CycleGAN (Zhu, Park, Isola and Efros 2017)."""

import numpy as np

from utils.checks import Questions, guidelines
from utils.checks.compare import Wrong, agree, brief, close, new_network, numbers, shape
from utils.checks.losses import sigmoid
from utils.checks.reference import pictures, translation
from utils.checks.reference.pool import Seen, follow
from utils.checks.steps import as_steps, listed, same
from utils.checks.values import Case, compare, in_a_step, with_defaults

questions = Questions("lab5_cyclegan")


def first_made(mistakes, otherwise):
    """The first id in a dict whose value is true."""
    return next((mistake for mistake, made in mistakes.items() if made), otherwise)


# --- 1 -----------------------------------------------------------------------------------------


def pad(images, *sides, mode="reflect"):
    """Padded images; for each axis one number or (before, after)."""
    return np.pad(images, [(side, side) if np.ndim(side) == 0 else side for side in sides], mode)


@questions.value(1, "reflection_pad", points=1)
class ReflectionPad:
    def cases(rng):
        sizes = ((3, 5, 4, 4), 2), ((3, 4, 5, 3), 1), ((4, 6, 7, 4), 3), ((1, 3, 4, 1), 0)
        return [(rng.normal(0, 1, size), pixels) for size, pixels in sizes]

    reference = pictures.mirrored

    def gradients(images, pixels):  # how often each pixel stands in the result
        places = pictures.mirrored(np.arange(images.size).reshape(images.shape), pixels)
        return {"images": np.bincount(places.ravel()).reshape(images.shape)}

    mistakes = {
        "zeros": lambda x, p: pad(x, 0, p, p, 0, mode="constant"),
        "symmetric": lambda x, p: pad(x, 0, p, p, 0, mode="symmetric"),
        "edge": lambda x, p: pad(x, 0, p, p, 0, mode="edge"),
        "wrap": lambda x, p: pad(x, 0, p, p, 0, mode="wrap"),
        "no_width": lambda x, p: pad(x, 0, p, 0, 0),
        "no_height": lambda x, p: pad(x, 0, 0, p, 0),
        "one_side": [
            lambda x, p: pad(x, 0, (p, 0), (p, 0), 0),
            lambda x, p: pad(x, 0, (0, p), (0, p), 0),
        ],
        "twice": lambda x, p: pad(x, 0, 2 * p, 2 * p, 0),
        "unchanged": lambda x, p: x,
        "other_axes": [
            lambda x, p: pad(x, p, p, p, p),
            lambda x, p: pad(x, p, p, p, 0),
            lambda x, p: pad(x, 0, p, p, p),
        ],
        "axes_moved": [lambda x, p: pad(x, 0, 0, p, p), lambda x, p: pad(x, p, p, 0, 0)],
        "half": [lambda x, p: pad(x, 0, 1, 1, 0), lambda x, p: pad(x, 0, p // 2, p // 2, 0)],
    }

    def further(answers, rng):
        images = rng.normal(0, 1, (1, 3, 4, 1))
        dtype = np.asarray(answers.call("reflection_pad", images, 1)).dtype
        if dtype != images.dtype:
            raise Wrong("dtype_expects", f"{dtype}", "converted", dtype=images.dtype)
        inputs = [rng.normal(0, 1, size).astype("f4") for size in ((2, 6, 8, 3), (1, 5, 4, 3))]
        report = answers.drive("in_a_model", "reflection_pad", inputs=inputs, options={"pixels": 3})
        if isinstance(report["shape"], str):
            raise Wrong("in_a_model_expects", report["shape"], "no_return")
        for place, images in enumerate(inputs):
            found = numbers(report["outputs"][str(place)], "in_a_model_expects")
            right = pictures.mirrored(images, 3)
            shape(found, right.shape, "in_a_model_expects", [(found.shape, "in_a_model")])
            close(found, right, "in_a_model_expects", otherwise="in_a_model")


# --- 2 -----------------------------------------------------------------------------------------

PIXELS = {"axis": (1, 2), "keepdims": True}


@with_defaults
class Normalization:
    """What the layer does; compared with what its driver reports."""

    tolerance = 2e-3

    def reference(images, epsilon, scale, offset, **options):
        return scale * pictures.normalized(images, epsilon, **options) + offset

    mistakes = {
        "over_images": {"axes": (0, 1, 2)},
        "over_channels": {"axes": (1, 2, 3)},
        "over_everything": {"axes": (0, 1, 2, 3)},
        "over_channels_alone": {"axes": 3},
        "no_width": {"axes": 1},
        "no_height": {"axes": 2},
        "over_images_alone": {"axes": 0},
        "axes_2_and_3": {"axes": (2, 3)},
        "axes_0_and_1": {"axes": (0, 1)},
        "unbiased": lambda x, e, s, o: (
            s * (x - x.mean(**PIXELS)) / np.sqrt(x.var(**PIXELS, ddof=1) + e) + o
        ),
        "epsilon_outside": {"by": lambda v, e: np.sqrt(v) + e},
        "epsilon_squared": {"by": lambda v, e: np.sqrt(v + e**2)},
        "fixed_epsilon": [{"by": lambda v, e, fixed=fixed: np.sqrt(v + fixed)}
                          for fixed in (0, 1e-5, 1e-3)],
        "all_zero": lambda x, e, s, o: 0 * x,
        "offset_of_ones": lambda x, e, s, o: s * pictures.normalized(x, e) + o + 1,
        "lower_bound": {"by": lambda v, e: np.maximum(np.sqrt(v), e)},
        "no_root": {"by": lambda v, e: v + e},
        "not_divided": {"by": lambda v, e: 1.0},
        "mean_stays": lambda x, e, s, o: s * x / np.sqrt(x.var(**PIXELS) + e) + o,
        "unchanged": lambda x, e, s, o: x,
        "moving_averages": lambda x, e, s, o: x / np.sqrt(1 + e),
        "weights_unused": lambda x, e, s, o: pictures.normalized(x, e),
        "offset_unused": lambda x, e, s, o: s * pictures.normalized(x, e),
        "scale_unused": lambda x, e, s, o: pictures.normalized(x, e) + o,
        "exchanged": lambda x, e, s, o: o * pictures.normalized(x, e) + s,
        "offset_first": lambda x, e, s, o: s * (pictures.normalized(x, e) + o),
        "scale_divides": lambda x, e, s, o: pictures.normalized(x, e) / s + o,
        "offset_subtracted": lambda x, e, s, o: s * pictures.normalized(x, e) - o,
        "scale_plus_1": lambda x, e, s, o: (1 + s) * pictures.normalized(x, e) + o,
    }  # fmt: skip


@questions.ask(2, "InstanceNormalization", points=2)
def instance_normalization(answers, rng):
    normalizes(answers, rng, epsilon=0.3, size=(3, 4, 5, 4))
    # Hardly any contrast, and none at all, with the epsilon of the docstring.
    normalizes(answers, rng, epsilon=1e-5, size=(2, 6, 3, 2), contrasts=(0.004, 0.0))
    return "verified"


def normalizes(answers, rng, epsilon, size, contrasts=None):
    """Wrong unless the layer normalizes images of this size."""
    channels = size[-1]
    scale, offset = rng.uniform(0.5, 2, channels).round(2), rng.normal(0, 1, channels).round(2)
    contrasts = rng.uniform(0.3, 2, size[0]) if contrasts is None else np.array(contrasts)
    means = rng.normal(0, 0.7, (size[0], 1, 1, channels))
    images = means + contrasts[:, None, None, None] * rng.normal(0, 1, size)
    images = np.float64(np.float32(images * np.linspace(1, 2, channels)))
    inputs = [images, images[1:], rng.normal(2, 1, (1, 7, 2, channels))]
    towards = rng.normal(0, 1, size)
    report = answers.drive(
        "normalization", "InstanceNormalization", epsilon=epsilon, inputs=inputs, ones=scale,
        zeros=offset, towards=towards,
    )  # fmt: skip
    if not report["is_layer"]:
        raise Wrong("layer_expects", f"a value of type {report['kind']}", "no_layer")

    def results(mode, expects, **values):
        return [numbers(each, expects, **values) for each in report[mode].values()]

    plain = {"epsilon": epsilon, "scale": 1, "offset": 0, "images": images}
    cases = [(each, epsilon, 1, 0) for each in inputs]
    try:
        compare(Normalization, cases, results("plain", "expects", **plain))
    except Wrong as wrong:
        if wrong.mistake in ("otherwise", "nearly", "scaled"):
            first_weights(report, channels)  # a scale that begins as something else
        raise
    for found, case in zip(results("training", "training_expects"), cases, strict=True):
        right = Normalization.reference(*case)
        if not agree(found, right, 2e-3):
            raise Wrong("training_expects", brief(found), "in_training", right=right)
    first_weights(report, channels)
    cases = [(each, epsilon, scale, offset) for each in inputs]
    compare(Normalization, cases, results("set", "expects", **plain))

    # Of the sum of outputs times `towards`.
    deviation, back = np.sqrt(images.var(**PIXELS) + epsilon), scale * towards
    right = pictures.normalized(images, epsilon)
    inner = back - back.mean(**PIXELS) - right * (back * right).mean(**PIXELS)
    gradients = inner / deviation, (towards * right).sum((0, 1, 2)), towards.sum((0, 1, 2))
    for place, argument in enumerate(("images", "scale", "offset")):
        found, value = report["gradients"][str(place)], gradients[place]
        values = {"argument": argument}
        if found is None:
            raise Wrong("gradient_expects", "None", "no_gradient", **values)
        largest = max(np.abs(value).max(), 1e-6)
        found = numbers(found, "gradient_expects", **values) / largest
        close(found, value / largest, "gradient_expects", (), "gradient", 5e-3, **values)


def first_weights(report, channels):
    """Wrong unless a scale of ones and an offset of zeros are the layer's only weights."""
    initial, values = report["initial"].values(), {"channels": channels}
    shapes = [np.shape(each) for each in initial]
    if report["fixed"]:
        raise Wrong("trained_expects", f"{report['fixed']} others", "moving_averages")
    if shapes != 2 * [(channels,)]:
        mistake = "one_weight" if len(shapes) == 1 else "other_weights"
        found = ", ".join(map(str, shapes)) or "none"
        raise Wrong("weights_expects", found, mistake, **values)
    if not report["found"]:
        raise Wrong("start_expects", " and ".join(map(brief, initial)), "other_start")


# --- 3 -----------------------------------------------------------------------------------------


def built(answers, rng, name, arguments, inputs, kernels, outputs, policy):
    """The driver's report of a network and the `Weights` that were set.

    Args:
        kernels: Counter of its kernels' shapes; outputs: shapes, one for each of inputs.
        policy: a dtype policy under which outputs have to be float32, or None.
    """
    values = {"called": f"{name}({', '.join(map(str, arguments))})"}
    weights = pictures.Weights(kernels, rng)
    report = answers.drive(
        "set_by_shape", name, arguments=arguments, inputs=inputs, policy=policy, **weights.listed()
    )
    if takes := report.get("takes"):
        found = f"one for inputs of shape {takes}"
        raise Wrong("inputs_expects", found, "fixed_images", inputs=report["given"], **values)
    new_network(report)
    if not report["is_model"]:
        raise Wrong("model_expects", f"a layer, {report['kind']}", "layer_no_model")
    for kind in report["layers"]:
        if any(each in kind for each in guidelines.RESIZING) and "Global" not in kind:
            raise Wrong("resized_expects", f"a layer {kind}", "resized")
        if kind in ("BatchNormalization", "LayerNormalization"):
            raise Wrong("normalization_expects", f"a layer {kind}", "other_normalization")
    for place, (images, right) in enumerate(zip(inputs, outputs, strict=True)):
        values |= {"n": len(images), "inputs": images.shape[1:], "filters": right[-1]}
        found = numbers(report["outputs"][str(place)], "outputs_expect", **values).shape
        if found != right:
            mistakes = {
                "no_map": len(found) != 4,
                "last_filters": found[-1:] != right[-1:],
                "too_large": all(f >= r for f, r in zip(found, right, strict=False)),
            }
            mistake = first_made(mistakes, "too_small")
            raise Wrong("outputs_expect", f"shape {found}", mistake, right=f"shape {right}",
                        **values)  # fmt: skip
    if not report["trainable"]:
        raise Wrong("trainable_expects", "none", "frozen")
    return report, weights


def same_kernels(report, right, called, mistakes, otherwise):
    """Wrong unless the kernels have these shapes. mistakes: function of missing and extra ones."""
    arrays = map(np.asarray, report["initial"].values())
    found = pictures.Counter(tuple(each.shape) for each in arrays if each.ndim > 1)
    missing, extra = right - found, found - right
    if missing or extra:
        both = [", ".join(f"{count} of {size}" for size, count in sorted(sizes.items())) or "none"
                for sizes in (missing, extra)]  # fmt: skip
        mistake = first_made(mistakes(missing, extra), otherwise)
        raise Wrong("kernels_expects", both[1], mistake, right=both[0], called=called)


def same_count(report, right, called, mistakes):
    """Wrong unless there are as many numbers in all weights. mistakes: id -> other counts."""
    values = {"called": called, "right": f"{right:,}"}
    if report["count"] != right:
        made = {mistake: report["count"] in counts for mistake, counts in mistakes.items()}
        raise Wrong("count_expects", f"{report['count']:,}", first_made(made, "count"), **values)
    if report["unset"]:
        raise Wrong("unset_expects", f"others, of shape {report['unset']}", "unset")


def same_values(report, make, called, mistakes, ways=({},)):
    """Wrong unless the outputs with given weights are right, and float32 where that is asked.

    Args:
        make: function of options -> outputs of the reference.
        mistakes: dict, id -> options, or a list of such; ways: options that are as right.
    """
    found = numbers(report["outputs_set"], "set_expects", called=called)

    def explains(options):
        changes = options if isinstance(options, list) else [options]
        return any(agree(found, make(**way, **each), 5e-3) for each in changes for way in ways)

    if not explains({}):
        mistake = next((key for key, options in mistakes.items() if explains(options)), "otherwise")
        raise Wrong("set_expects", brief(found), mistake, right=make(), called=called)
    if report.get("dtype", "float32") != "float32":
        raise Wrong("full_precision_expects", f"{report['dtype']} outputs", "half_precision")


def images_of(rng, sizes):
    """Images of these sizes, in the first batch with more and more contrast."""
    inputs = [rng.uniform(-1, 1, (*size, 3)) for size in sizes]
    inputs[0] *= np.linspace(0.2, 1, len(inputs[0]))[:, None, None, None]
    return inputs


ZEROS = dict.fromkeys(("first", "block", "last"), "constant")
GENERATOR_MISTAKES = {
    "not_added": {"residual": False},
    "zeros": [{"padding": ZEROS}, *({"padding": {a: "constant", b: "constant"}} for a, b in
              (("first", "last"), ("first", "block"), ("block", "last")))],
    "zeros_first": {"padding": {"first": "constant"}},
    "zeros_in_blocks": {"padding": {"block": "constant"}},
    "zeros_last": {"padding": {"last": "constant"}},
    "symmetric": {"padding": dict.fromkeys(ZEROS, "symmetric")},
    "no_tanh": {"last": lambda x: x},
    "sigmoid_at_end": {"last": sigmoid},
    "cut_off_at_end": {"last": lambda x: np.clip(x, -1, 1)},
    "tanh_twice": {"last": lambda x: np.tanh(np.tanh(x))},
    "relu_before_tanh": {"last": lambda x: np.tanh(np.maximum(x, 0))},
    "relu_behind_sum": {"behind": "after"},
    "relu_behind_second": {"behind": "before"},
    "no_relu_in_blocks": {"flat": ("block",)},
    "no_relu_first": {"flat": ("first",)},
    "no_relu_up": {"flat": ("up",)},
    "no_relu_down": {"flat": ("down",)},
    "no_relu": {"flat": ("first", "down", "block", "up")},
    "leaky_inside": [{"slope": 0.2}, {"slope": 0.3}],
    "over_images": {"axes": (0, 1, 2)},
    "over_channels": {"axes": (1, 2, 3)},
}  # fmt: skip
# Of strided and transposed convolutions, and Keras's own epsilon: all of them are as right.
ALIGNED = [
    {"down": down, "shift": shift, "epsilon": epsilon}
    for epsilon in (1e-5, 1e-3)
    for down in ("same", "constant", "reflect")
    for shift in (0, 1)
]


def generates(answers, rng, filters, downsamplings, blocks, sizes, policy=None):
    """Wrong unless build_generator with these arguments is right; sizes: of images."""
    arguments = [filters, downsamplings, blocks]
    called = f"build_generator({filters}, {downsamplings}, {blocks})"
    inputs, kernels = images_of(rng, sizes), pictures.generator_kernels(*arguments)
    outputs = [each.shape for each in inputs]
    report, weights = built(
        answers, rng, "build_generator", arguments, inputs, kernels, outputs, policy
    )
    block = (3, 3, filters * 2**downsamplings, filters * 2**downsamplings)

    def kernel_mistakes(missing, extra):
        turned = {size[:2] + size[:1:-1] for size in missing}
        return {
            "blocks_missing": set(missing) == {block} and not extra,
            "blocks_more": set(extra) == {block} and not missing,
            "ends": any(size[0] == 7 for size in missing),
            "kernel_sizes": any(size[0] not in (3, 7) for size in extra),
            "not_transposed": turned & set(extra),
        }

    same_kernels(report, kernels, called, kernel_mistakes, "filters")
    channels = pictures.normalized_channels(*arguments)
    right = sum(int(np.prod(size)) * count for size, count in kernels.items()) + 2 * channels + 3
    count_mistakes = {
        "biases": [right + channels],
        "no_last_bias": [right - 3],
        "last_bias_alone": [right + channels - 3],
        "biases_instead": [right - channels],
        "no_normalization": [right - 2 * channels],
        "last_normalized": [right + 6, right + 3],
        "first_bias": [right + filters],
    }
    same_count(report, right, called, count_mistakes)
    guidelines.small_draws(report)

    def make(**options):
        return pictures.generated(inputs[0], weights, *arguments, **options)

    same_values(report, make, called, GENERATOR_MISTAKES, ALIGNED)


@questions.ask(3, "build_generator", points=2)
def build_generator(answers, rng):
    # Large enough that unpadded blocks leave something: of nothing TensorFlow tells other things on
    # other processors.
    generates(answers, rng, 2, 1, 1, [(2, 12, 14), (1, 12, 8)], policy="mixed_bfloat16")
    generates(answers, rng, 4, 2, 2, [(1, 8, 12)])
    return "verified"


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


@questions.value(4, "receptive_field", points=2)
class ReceptiveField:
    kinds, whole, tolerance = "biu", True, 1e-9

    def cases(rng):
        yield from (([3, 3], [1, 1]), ([3, 3], [2, 1]), ([4, 4, 4, 4, 4], [2, 2, 2, 1, 1]))
        yield [5], [3]
        for layers in (2, 3, 4, 6):
            yield tuple(rng.integers(1, high, layers).tolist() for high in (8, 4))

    reference = seen

    mistakes = {
        "forwards": lambda k, s: backwards(k[::-1], s[::-1], lambda r, a, b: (r - 1) * b + a),
        "one_turned": [lambda k, s: seen(k[::-1], s), lambda k, s: seen(k, s[::-1])],
        "one_layer_off": [
            lambda k, s: 1 + sum((a - 1) * product(s[: i + 1]) for i, a in enumerate(k)),
            lambda k, s: backwards(k, s, lambda r, a, b: (r - 1 + a - 1) * b + 1),
        ],
        "no_strides": lambda k, s: 1 + sum(a - 1 for a in k),
        "sum_of_kernels": lambda k, s: sum(k),
        "product_of_kernels": lambda k, s: product(k),
        "product_of_strides": lambda k, s: product(s),
        "last_stride": lambda k, s: seen(k, s) * s[-1],
        "strides_again": lambda k, s: seen(k, s) * product(s),
        "no_minus_1": [
            lambda k, s: backwards(k, s, lambda r, a, b: r * b + a),
            lambda k, s: backwards(k, s, lambda r, a, b: r * b + a, 0),
        ],
        "minus_1_of_kernel": lambda k, s: backwards(k, s, lambda r, a, b: r * b + a - 1),
        "from_0": lambda k, s: backwards(k, s, lambda r, a, b: (r - 1) * b + a, 0),
        "from_last": lambda k, s: backwards(k, s, lambda r, a, b: (r - 1) * b + a, k[-1]),
        "kernel_multiplied": lambda k, s: backwards(k, s, lambda r, a, b: (r + a - 1) * b),
        "plus_1": lambda k, s: backwards(k, s, lambda r, a, b: (r + 1) * b + a),
        "half_kernel": lambda k, s: backwards(k, s, lambda r, a, b: (r - 1) * b + a // 2),
        "exchanged": lambda k, s: backwards(k, s, lambda r, a, b: (r - 1) * a + b),
        "no_first": lambda k, s: seen(k[1:], s[1:]),
        "no_last": lambda k, s: seen(k[:-1], s[:-1]),
        "one_less": lambda k, s: seen(k, s) - 1,
        "one_more": lambda k, s: seen(k, s) + 1,
        "area": lambda k, s: seen(k, s) ** 2,
        "half_side": lambda k, s: seen(k, s) // 2,
    }

    def further(answers, rng):
        lists = [[3, 4, 2], [2, 1, 1]]
        report = answers.drive("arguments_after", "receptive_field", arguments=lists)
        after = [list(report["arguments"][place]) for place in "01"]
        if after != lists:
            raise Wrong("lists_expects", f"{after}", "lists_changed", right=f"{lists}")


# --- 5 -----------------------------------------------------------------------------------------


def judges(answers, rng, filters, downsamplings, sizes, policy=None):
    """Wrong unless build_discriminator with these arguments is right; sizes: of images."""
    arguments, s = [filters, downsamplings], 2**downsamplings
    called = f"build_discriminator({filters}, {downsamplings})"
    inputs, kernels = images_of(rng, sizes), pictures.discriminator_kernels(*arguments)
    outputs = [(n, -(-height // s), -(-width // s), 1) for n, height, width in sizes]
    report, weights = built(
        answers, rng, "build_discriminator", arguments, inputs, kernels, outputs, policy
    )
    uncapped = pictures.discriminator_kernels(filters, downsamplings, most=s)

    def kernel_mistakes(missing, extra):
        return {
            "no_limit": downsamplings > 3 and uncapped & extra,
            "kernel_sizes": any(size[:2] != (4, 4) for size in extra),
            "one_missing": sum(missing.values()) > sum(extra.values()),
            "one_too_many": sum(missing.values()) < sum(extra.values()),
        }

    same_kernels(report, kernels, called, kernel_mistakes, "filters")
    channels = sum(pictures.discriminator_filters(*arguments)[1:])
    taps = sum(int(np.prod(size)) * count for size, count in kernels.items())
    right = taps + filters + 2 * channels + 1
    count_mistakes = {
        "biases": [right + channels],
        "biases_instead": [right - channels],
        "no_normalization": [right - 2 * channels],
        "first_normalized": [right + 2 * filters, right + filters, right + 2 * filters + channels],
        "no_first_bias": [right - filters],
        "no_last_bias": [right - 1],
        "no_end_biases": [right - 1 - filters],
        "last_normalized": [right + 2, right + 1],
    }
    same_count(report, right, called, count_mistakes)
    guidelines.small_draws(report)
    mistakes = {
        "default_slope": {"slope": 0.3},
        "other_slope": {"slope": 0.01},
        "relu_inside": {"slope": 0.0},
        "no_activations": {"slope": 1.0},
        "no_first_activation": {"flat": (0,)},
        "no_activation": [{"flat": (place,)} for place in range(1, downsamplings + 1)],
        "final_sigmoid": {"last": sigmoid},
        "final_tanh": {"last": np.tanh},
        "final_relu": {"last": lambda x: np.maximum(x, 0)},
        "final_leaky": {"last": lambda x: pictures.rectified(x, 0.2)},
        "over_images": {"axes": (0, 1, 2)},
        "over_channels": {"axes": (1, 2, 3)},
        "colours_normalized": {"first": True},
        "stride_1_first": {"strides": [1] + [2] * downsamplings + [1]},
    }

    def make(**options):
        return pictures.judged(inputs[0], weights, *arguments, **options)

    same_values(report, make, called, mistakes)


@questions.ask(5, "build_discriminator", points=1)
def build_discriminator(answers, rng):
    judges(answers, rng, 8, 2, [(2, 16, 20), (1, 20, 17)], policy="mixed_bfloat16")
    judges(answers, rng, 1, 4, [(1, 48, 32)])
    return "verified"


# --- 6 -----------------------------------------------------------------------------------------


@questions.value(6, "adversarial_loss", points=2)
class AdversarialLoss:
    def cases(rng):
        for size, dtype in (((3, 4, 5, 1), "f4"), ((5, 1), "f4"), ((2, 3), "f8")):
            logits = rng.normal(0.3, 1.5, size).astype(dtype)
            yield from ((logits, True), (logits, False))
        for logit, real in ((30.0, True), (-30.0, True), (30.0, False), (0.5, False)):
            yield Case(np.full((1, 1), logit, "f4"), real, otherwise="bounded")

    def reference(logits, target_is_real):
        return np.mean((logits - target_is_real) ** 2)

    def gradients(logits, target_is_real):
        return {"logits": 2 * (logits - target_is_real) / logits.size}

    mistakes = {
        "always_same": [lambda x, t: np.mean((x - 1) ** 2), lambda x, t: np.mean(x**2)],
        "reversed": lambda x, t: np.mean((x - 1 + t) ** 2),
        "cross_entropy": [
            lambda x, t: np.mean(np.logaddexp(0, x) - t * x),
            lambda x, t: np.mean(np.logaddexp(0, x) - (1 - t) * x),
            lambda x, t: -np.mean(np.log(np.clip(x if t else 1 - x, 1e-7, 1 - 1e-7))),
        ],
        "absolute": lambda x, t: np.mean(np.abs(x - t)),
        "sum": [lambda x, t: np.sum((x - t) ** 2), lambda x, t: np.sum((x - t) ** 2) / 2],
        "sum_over_map": lambda x, t: np.sum((x - t) ** 2) / len(x),
        "root": lambda x, t: np.sqrt(np.mean((x - t) ** 2)),
        "sigmoid": lambda x, t: np.mean((sigmoid(x) - t) ** 2),
        "mean_first": lambda x, t: (np.mean(x) - t) ** 2,
        "no_square": [lambda x, t: np.mean(x - t), lambda x, t: np.mean(t - x)],
        "minus_1": lambda x, t: np.mean((x - (2 * t - 1)) ** 2),
        "smoothed": lambda x, t: np.mean((x - 0.9 * t) ** 2),
        "squared_first": lambda x, t: np.mean(x**2) - t,
        "hinge": lambda x, t: np.mean(np.maximum(0, 1 - (2 * t - 1) * x)),
        "wasserstein": lambda x, t: np.mean((1 - 2 * t) * x),
        "variance": lambda x, t: np.var(x),
        "keepdims": lambda x, t: np.mean((x - t) ** 2, keepdims=True),
    }

    def further(answers, rng):
        case = rng.normal(0, 2, (2, 3, 4, 1)).astype("f4"), False
        in_a_step(questions["adversarial_loss"].form, answers, "adversarial_loss", case)


# --- 7 and 8 -----------------------------------------------------------------------------------


def distances(x, y):
    """Lengths of the differences of images, taken as long vectors."""
    return np.sqrt(((x - y) ** 2).reshape(len(x), -1).sum(1))


def huber(d):
    return np.where(np.abs(d) < 1, d**2 / 2, np.abs(d) - 0.5)


@questions.value(7, "cycle_loss", points=1)
class CycleLoss:
    def cases(rng):
        for size, dtype in (((3, 4, 5, 3), "f4"), ((1, 2, 2, 1), "f4"), ((4, 3, 3, 2), "f8")):
            x, y = rng.uniform(-1, 1, (2, *size))
            yield x.astype(dtype), (1.6 * y).astype(dtype)

    def reference(images, cycled):
        return np.mean(np.abs(images - cycled))

    def gradients(images, cycled):
        by = np.sign(images - cycled) / images.size
        return {"images": by, "cycled": -by}

    mistakes = {
        "squares": lambda x, y: np.mean((x - y) ** 2),
        "root": lambda x, y: np.sqrt(np.mean((x - y) ** 2)),
        "lengths": lambda x, y: np.mean(distances(x, y)),
        "lengths_of_pixels": lambda x, y: np.mean(np.sqrt(((x - y) ** 2).sum(-1))),
        "sum_of_squares": lambda x, y: np.sum((x - y) ** 2),
        "sum": lambda x, y: np.abs(x - y).sum(),
        "sum_over_image": lambda x, y: np.abs(x - y).sum() / len(x),
        "sum_over_colours": lambda x, y: np.abs(x - y).sum(-1).mean(),
        "sum_over_images": lambda x, y: np.abs(x - y).mean((1, 2, 3)).sum(),
        "weighted": [
            lambda x, y: 10 * np.abs(x - y).mean(),
            lambda x, y: 5 * np.abs(x - y).mean(),
        ],
        "signs_cancel": [
            lambda x, y: np.mean(x - y),
            lambda x, y: np.mean(y - x),
            lambda x, y: np.abs(np.mean(x - y)),
            lambda x, y: np.abs((x - y).mean(0)).mean(),
            lambda x, y: np.abs((x - y).mean((1, 2))).mean(),
        ],
        "largest": lambda x, y: np.abs(x - y).max(),
        "median": lambda x, y: np.median(np.abs(x - y)),
        "absolute_each": lambda x, y: np.mean(np.abs(np.abs(x) - np.abs(y))),
        "added": lambda x, y: np.mean(np.abs(x + y)),
        "huber": lambda x, y: np.mean(huber(x - y)),
        "divided": [
            lambda x, y: np.mean(np.abs(x - y) / np.maximum(np.abs(y), 1e-7)),
            lambda x, y: 100 * np.mean(np.abs(x - y) / np.maximum(np.abs(x), 1e-7)),
        ],
        "keepdims": lambda x, y: np.mean(np.abs(x - y), keepdims=True),
    }


@questions.value(8, "identity_loss", points=1)
class IdentityLoss(CycleLoss):
    def reference(images, mapped):
        return np.mean(np.abs(images - mapped))

    def gradients(images, mapped):
        by = np.sign(images - mapped) / images.size
        return {"images": by, "mapped": -by}


# --- 9 -----------------------------------------------------------------------------------------


@questions.ask(9, "ImagePool", points=2)
def image_pool(answers, rng):
    def run(size, counts, compiled, seed):
        return follow(answers, rng, Seen(size, counts, (2, 3, 1), compiled, seed))

    counts = [2, 5, 1, 6, 3, 4]  # past the brim within a batch
    first, other = run(6, 2 * counts, False, seed=3), run(6, counts, False, seed=5)
    run(5, [1] * 240, True, seed=1).even()
    again = run(6, 4 * counts + [4] * 60, True, seed=3)
    again.even()
    if again.given[: len(first.given)] != first.given:
        raise Wrong("one_seed_expects", "others", "not_by_seed")
    if first.given[: len(other.given)] == other.given:
        raise Wrong("two_seeds_expects", "the same for seeds 3 and 5", "seed_ignored")
    return "verified"


# --- 10 ----------------------------------------------------------------------------------------


def one_step(answers, rng):
    """Wrong unless a step is right where the pools give images of their own."""
    weights, (pair, older) = translation.four(rng), translation.batches_of(rng, 3, 3)
    options = {"cycle_weight": 3.0, "identity_weight": 0.7}
    report = translation.trained(
        answers, 3, weights=weights, batches=[pair], older=older, pool_size=4, **options
    )
    (step,), before = report["steps"], as_steps(weights)
    values = {"number": 1, "pairs": 3, "size": 4}
    losses = translation.updated(step, before, pair, **options, **values)
    images = translation.images_of(pair, before)
    images |= {"pool_a": np.float64(older[0]), "pool_b": np.float64(older[1])}
    mistakes = translation.returned_mistakes(losses, step, before, pair, **options, images=images)
    row = losses.mean(1)
    translation.means([row], step["returned"], "tracked_expects", mistakes, **values)


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
        values = {"number": len(rows) + 1, "pairs": len(pair[0]), "size": pool_size}
        losses = translation.updated(step, state, pair, **options, **values)
        rows.append(losses.mean(1))
        translation.means(rows, step["returned"], "tracked_expects", **values)
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
            found, right = (
                translation.first_of(weights[name][0] - start[name][0])
                for weights in (after, many["after"])
            )
            raise Wrong("fit_expects", found, "runs_once", right=right, network=name)
    sizes = [len(pair[0]) for pair in options["batches"]]
    for place in range(2):
        found = {name: values[place] for name, values in report["history"].items()}
        rows = many["rows"][place * epoch : (place + 1) * epoch]
        values = {"epoch": place + 1, "batches": epoch}
        translation.means(rows, found, "epoch_expects", sizes=sizes, **values)


@questions.ask(10, "CycleGAN", points=4)
def cyclegan(answers, rng):
    one_step(answers, rng)
    # Filling in the first step; from then on a pool that gives older images, too.
    options = {"cycle_weight": 4.0, "identity_weight": 2.5}
    many = many_steps(answers, rng, (3, 1), options, pool_size=3, seed=5)
    compiled(answers, many, seed=5)
    return "verified"
