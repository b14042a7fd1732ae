"""Checks of lab 2, the denoising autoencoder (Vincent et al. 2008; Vincent 2011)."""

import functools
import random

import numpy as np

from utils.checks import Questions, networks
from utils.checks.compare import Wrong, agree, brief, close, numbers, shape
from utils.checks.remote.functions import with_seconds
from utils.checks.values import Case

questions = Questions("lab2_denoising_autoencoder")
SHAPE = (40, 20, 24, 1)  # images enough to measure noise by: 19,200 pixels
SEED = 11


def like_images(result, images, **values):
    """The result as an array; Wrong unless it has the shape of the images."""
    found = numbers(result, "expects", **values)
    shapes = [(images.shape[:-1], "channels_lost"), ((len(images), images[0].size), "flattened"),
              (images.shape[1:], "one_image"), ((2, *images.shape), "two_arrays")]  # fmt: skip
    shape(found, images.shape, "expects", shapes, **values)
    return found


def decided_by_seed(draw):
    """Wrong unless the seed decides what `draw(seed)` gives, and all of it."""
    first, again, other = draw(SEED), draw(SEED), draw(SEED + 1)
    if not agree(first, again, 1e-6):
        raise Wrong("same_seed_expects", "other noise at a second call", "generator_goes_on")
    if agree(first, other, 1e-6):
        raise Wrong("other_seed_expects", "the same noise for two seeds", "seed_unused")


def independent(values):
    """Wrong unless each pixel of each image has drawn for itself."""
    values = values - values.mean()
    of_images, limit = values.mean((1, 2, 3)), 0.3 * np.mean(values**2)
    for axis, mistake in enumerate(("same_for_images", "same_for_rows", "same_for_columns")):
        lines = np.swapaxes(values, 0, axis)
        if np.mean(lines[1:] * lines[:-1]) > limit:
            whole = axis and np.mean(of_images**2) > limit
            mistake = "same_for_pixels" if whole else mistake
            raise Wrong("independent_expects", "noise that repeats", mistake)


def images_stay(answers, name, images, *rest):
    """Wrong where the answer changes the images that it is given."""
    report = answers.drive("arguments_after", name, arguments=[images, *rest])
    if not agree(report["arguments"]["0"], images, 1e-6):
        raise Wrong("images_expect", "images that carry the noise", "images_changed")


IN_NOTEBOOK = 10_000  # images in an epoch


def quick(answers, name, images, *rest):
    """Wrong where the notebook's images would take long, by what these take.

    A loop over pixels is right, and keeps whoever wrote it waiting in every epoch. It may take
    twice as long as a call of Python's generator for each pixel does on this processor; a loop over
    the pixels of an array takes three times as long, on a fast processor as on a slow one.
    """
    share = len(images) / IN_NOTEBOOK
    draw = random.Random(0).gauss
    most = (
        2
        * with_seconds(lambda: [draw(0, 1) for _ in range(images.size)], arguments=(), enough=0)[
            "seconds"
        ]
    )
    options = {"arguments": [images, *rest], "enough": most}
    seconds = answers.drive("with_seconds", name, **options)["seconds"]
    if seconds > most:
        values = {"images": IN_NOTEBOOK, "most": most / share}
        raise Wrong(
            "seconds_expects", f"longer, by what {len(images)} take", "loop_over_pixels", **values
        )


def first_made(mistakes):
    return next((mistake for mistake, made in mistakes.items() if made), None)


# --- 1 -----------------------------------------------------------------------------------------

SIGMA, STRONG = 0.04, 0.5
SPREADS = {  # of noise that mistakes draw, in units of sigma
    "drawn_evenly": 1 / np.sqrt(3),
    "half_as_strong": 1 / 2,
    "truncated": 0.8796,
    "sigma_squared": SIGMA,
    "root_of_sigma": SIGMA**-0.5,
    "divided_by_255": 1 / 255,
    "twice_as_strong": 2,
    "added_twice": np.sqrt(2),
}


def gaussian_noise(noisy_of, answers, name, rng):
    """Check noise that `noisy_of(images, sigma, seed)` adds; used for questions 1 and 5."""
    grey = np.full(SHAPE, 0.5, "float32")  # far from both ends: nothing is clipped

    def draw(seed):
        found = like_images(noisy_of(grey, SIGMA, seed), grey, sigma=SIGMA)
        if not np.all(np.isfinite(found)):
            raise Wrong("expects", brief(found), "not_finite", sigma=SIGMA)
        return found

    first = draw(SEED)
    if np.ptp(first) == 0:
        raise Wrong("expects", brief(first), "no_noise", sigma=SIGMA)
    independent(first)
    if mistake := mistake_in(first):
        found = f"pixels with mean {first.mean():.3g} and standard deviation {first.std():.3g}"
        raise Wrong("spread_expects", found, mistake, sigma=SIGMA)
    decided_by_seed(draw)

    images = rng.uniform(0, 1, SHAPE).astype("float32")
    images[:4], images[4:8] = 0, 1
    # The same seed and shape: the same draws, whatever sigma is.
    noise, found = STRONG * (first - 0.5) / SIGMA, noisy_of(images, STRONG, SEED)
    mistakes = clippings(images.astype("float64"), noise)
    close(numbers(found, "clipped_expects", sigma=STRONG), np.clip(images + noise, 0, 1),
          "clipped_expects", mistakes, "clip_the_sum", 2e-3, sigma=STRONG)  # fmt: skip
    images_stay(answers, name, images, STRONG, SEED)


def mistake_in(pixels):
    """The id of what is wrong with noise of `SIGMA` around 0.5, None where nothing is."""
    noise, ends = pixels - 0.5, (pixels.min(), pixels.max())
    spread, mean = noise.std(), noise.mean()
    kurtosis = np.mean((noise - mean) ** 4) / spread**4  # 3 for a normal distribution
    at_the_ends = np.mean((pixels < 1e-6) | (pixels > 1 - 1e-6))
    off_centre = abs(mean) > max(0.1 * SIGMA, 5 * spread / np.sqrt(noise.size))
    one_sign = off_centre and noise.min() > -1e-6
    near = {name: abs(spread / (f * SIGMA) - 1) < 0.04 for name, f in SPREADS.items()}
    far = abs(spread / SIGMA - 1) >= 0.04
    return first_made(
        {
            "up_to_255": ends[1] > 2 and np.ptp(ends) > 5,
            "rescaled": 0 < at_the_ends < 0.006 and agree(ends, [0, 1], 1e-6),
            "noise_alone": agree(mean, -0.5, 0.02) and agree(spread, SIGMA, 0.01),
            "noise_clipped_first": one_sign and np.mean(noise < 1e-6) > 0.3,
            "one_sign": one_sign,
            "off_centre": off_centre,
            "heavy_tails": kurtosis > 4,
            **near,
            "far_stronger": far and np.abs(noise).max() > 0.4,
            "other_spread": far,
            "other_distribution": not 2.6 < kurtosis < 3.4,
        }
    )


def clippings(images, noise):
    """What the usual mistakes make of images and noise, and their ids."""
    noisy, pixels = images + noise, {"axis": (1, 2, 3), "keepdims": True}
    return [
        (noisy, "not_clipped"),
        (np.clip(noisy, -1, 1), "clipped_at_minus_1"),
        (np.maximum(noisy, 0), "one_end"),
        (np.minimum(noisy, 1), "one_end"),
        ((noisy - noisy.min()) / np.ptp(noisy), "rescaled"),
        ((noisy - noisy.min(**pixels)) / np.ptp(noisy, **pixels), "rescaled"),
        (images + np.clip(noise, 0, 1), "noise_clipped"),
        (images + np.clip(noise, -1, 1), "noise_clipped"),
        (np.clip(images + np.clip(noise, 0, 1), 0, 1), "noise_clipped_first"),
        (np.clip(np.abs(noisy), 0, 1), "folded"),
        (noisy % 1, "wrapped"),
        (np.clip(images * (1 + noise), 0, 1), "multiplied"),
        (np.where(images > 0, np.clip(noisy, 0, 1), 0), "black_stays"),
        (1 / (1 + np.exp(-noisy)), "bent"),
        (np.clip(images - noise, 0, 1), "sign_changes"),
    ]


@questions.ask(1, "add_gaussian_noise", points=2)
def add_gaussian_noise(answers, rng):
    noisy_of = functools.partial(answers.call, "add_gaussian_noise")
    gaussian_noise(noisy_of, answers, "add_gaussian_noise", rng)
    quick(answers, "add_gaussian_noise", rng.random((100, 28, 28, 1), "float32"), SIGMA, SEED)
    return "verified"


# --- 2 -----------------------------------------------------------------------------------------


@questions.ask(2, "add_masking_noise", points=1)
def add_masking_noise(answers, rng):
    fraction, white = 0.3, np.ones(SHAPE, "float32")

    def masked(images, seed=SEED):
        result = answers.call("add_masking_noise", images, fraction, seed)
        return like_images(result, images, fraction=fraction)

    kept = masked(white)
    values = np.unique(np.round(kept, 4))
    if agree(values, [0, 1 / (1 - fraction)], 1e-3):
        raise Wrong("ones_expects", f"pixels of {values[1]:.4g}", "dropout")
    if not set(values) <= {0, 1}:
        raise Wrong("left_or_0_expects", f"values such as {brief(values[:4])}", "other_values")
    independent(kept)
    share = np.mean(kept == 0)
    mistakes = {
        "kept_instead": abs(share - (1 - fraction)) < 0.02,
        "none_erased": share == 0,
        "all_erased": share == 1,
        "percent": share < 0.02,
        "drawn_twice": abs(share - (1 - np.exp(-fraction))) < 0.01,
        "other_share": True,
    }
    if abs(share - fraction) > 0.02:
        found = f"{share:.1%} of them"
        raise Wrong("share_expects", found, first_made(mistakes), fraction=fraction)
    decided_by_seed(functools.partial(masked, white))

    images = rng.uniform(0.1, 1, SHAPE).astype("float32")
    x = images.astype("float64")
    mistakes = [
        (kept, "mask_alone"),
        (x * (1 - kept), "other_pixels"),
        *((np.where(kept > 0, x, value), "not_to_0") for value in (0.5, 1, x.mean())),
        (np.round(x) * kept, "images_rounded"),
        (0 * x, "whole_numbers"),
    ]
    close(masked(images), x * kept, "rest_expects", mistakes, "rest_changed")
    images_stay(answers, "add_masking_noise", images, fraction, SEED)
    quick(answers, "add_masking_noise", rng.random((100, 28, 28, 1), "float32"), fraction, SEED)
    return "verified"


# --- 3 and 4 -----------------------------------------------------------------------------------


def one_of(*shapes):
    return lambda shape: shape in shapes


def squares(*sides):
    return one_of(*((side, side, 1) for side in sides))


def is_good_network(answers, name, inputs, size, expected, shapes):
    """Wrong unless a network of this code size convolves, is small, bends, and ends linearly."""
    report = networks.network(answers, name, [size], inputs, expected, shapes)
    networks.convolutional(report)
    others = any(networks.has(report, kind) for kind in ("UpSampling", "Resizing", "Conv2D"))
    if name == "build_decoder" and others and not networks.has(report, "Transpose"):
        found = f"the layers {', '.join(sorted(set(report['layers'])))}"
        raise Wrong("convolutions_expects", found, "resized")
    networks.not_too_many(report)
    networks.nonlinear(report["outputs_scaled"])
    networks.no_final_activation(report["outputs_scaled"])


@questions.ask(3, "build_encoder", points=2)
def build_encoder(answers, rng):
    x, y = rng.normal(0, 1, (2, 28, 28, 1))
    inputs = np.stack([x, y, x + y, 0 * x, 100 * x, 100 * y])
    for size in (128, 20):
        shapes = {
            "code_at_each_place": one_of((7, 7, size)),
            "axes_left": one_of((1, 1, size)),
            "nothing_shrinks": one_of((28, 28, size)),
            "image_back": one_of((28, 28, 1), (784,)),
            "fixed_size": lambda shape: len(shape) == 1,
        }
        is_good_network(answers, "build_encoder", inputs, size, (size,), shapes)
    return "verified"


@questions.ask(4, "build_decoder", points=2)
def build_decoder(answers, rng):
    shapes = {
        "doubling_missing": squares(14),
        "doubling_too_many": squares(56),
        "other_start": squares(16, 32, 112),
        "no_strides": squares(7, 13),
        "border": squares(*range(29, 45)),
        "shrinks": squares(2),
        "channels_missing": one_of((28, 28)),
        "pixels_in_a_row": one_of((784,)),
        "many_channels": lambda shape: len(shape) == 3 and shape[:2] == (28, 28),
        "code_back": one_of((128,), (20,)),
    }
    for size in (128, 20):
        x, y = rng.normal(0, 1, (2, size))
        inputs = np.stack([x, y, x + y, 0 * x, 1000 * x, 1000 * y])
        is_good_network(answers, "build_decoder", inputs, size, (28, 28, 1), shapes)
    return "verified"


# --- 5 -----------------------------------------------------------------------------------------


def pair_of(answers, images, sigma, seed):
    """Inputs and targets, an array (2, n, ...); Wrong where something else comes back."""
    result = answers.call("training_pairs", images, sigma, seed)
    if isinstance(result, list) and len(result) == 2:  # of two shapes: one of them is another
        result = [like_images(part, images, sigma=sigma) for part in result]
    found = numbers(result, "pair_expects")
    shapes = [(images.shape, "one_array"), ((3, *images.shape), "three_arrays"),
              ((2 * len(images), *images.shape[1:]), "joined")]  # fmt: skip
    shape(found, (2, *images.shape), "pair_expects", shapes)
    return found


def in_another_order(inputs, images):
    """Whether each input is most like another image than its own, all images being used."""
    rows, own = (array.reshape(len(array), -1) - array.mean() for array in (inputs, images))
    nearest, places = np.argmax(rows @ own.T, axis=1), np.arange(len(images))
    return np.array_equal(np.sort(nearest), places) and not np.array_equal(nearest, places)


@questions.ask(5, "training_pairs", points=2)
def training_pairs(answers, rng):
    try:
        return noisy_and_clean(answers, rng)
    except Wrong as wrong:
        first = questions["add_gaussian_noise"]
        if first.judge(answers).mistake != wrong.mistake:
            raise
        values = wrong.values | {"first": first.say(wrong.mistake, wrong.values)}
        raise Wrong(wrong.expected, wrong.found, "as_in_question_1", **values) from None


def noisy_and_clean(answers, rng):
    images = rng.uniform(0.2, 0.8, SHAPE).astype("float32")
    images_stay(answers, "training_pairs", images, 0.3, SEED)
    inputs, targets = pair_of(answers, images, 0.3, SEED)
    noisy_in, noisy_out = (not agree(array, images, 1e-4) for array in (inputs, targets))
    mistakes = {
        "noisy_targets": noisy_out and agree(inputs, targets, 1e-6),
        "wrong_way_round": noisy_out and not noisy_in,
        "noise_as_target": noisy_out and agree(inputs - targets, images, 1e-3),
        "other_targets": noisy_out,
        "both_clean": not noisy_in,
        "other_order": in_another_order(inputs, images),
    }
    if mistake := first_made(mistakes):
        told = ("clean", "noisy")
        found = f"{told[noisy_in]} inputs, {told[noisy_out]} targets"
        raise Wrong("noisy_and_clean_expects", found, mistake)
    gaussian_noise(lambda *given: pair_of(answers, *given)[0], answers, "training_pairs", rng)
    return "verified"


# --- 6 -----------------------------------------------------------------------------------------

PIXELS = 1, 2, 3


def squared(clean, estimate):
    return (clean - estimate) ** 2


def error_of(clean, estimate, axis=PIXELS):
    difference = clean - estimate
    return difference.var(axis) + difference.mean(axis) ** 2


def wrapped(clean, estimate, then="uint8"):
    """The same of greys from 0 to 255 in 8 bits, whose differences begin again at 0."""
    whole, other = ((255 * images).astype("uint8") for images in (clean, estimate))
    return ((whole - other).astype(then) ** 2).mean(PIXELS) / 255**2


def over(divisor):
    """The mean squared error of each image over `divisor(clean)`."""
    return lambda c, e: error_of(c, e) / divisor(c)


def also_averaged(mistakes):
    """The mistakes, and after each way to make it the same with a mean over the images."""
    ways = {key: way if isinstance(way, list) else [way] for key, way in mistakes.items()}
    return {key: [*way, *({"then": np.mean} | one for one in way)] for key, way in ways.items()}


@questions.value(6, "psnr", points=2)
class PSNR:
    tolerance = 1e-3

    def cases(rng):
        clean = rng.uniform(0, 0.8, (5, 12, 10, 1))
        levels = np.reshape([0.02, 0.05, 0.1, 0.2, 0.4], (5, 1, 1, 1))
        estimate = np.clip(clean + levels * rng.normal(0.1, 1, clean.shape), 0, 1)
        yield clean.astype("float32"), estimate.astype("float32")
        estimate[1] = clean[1]
        yield Case(clean.astype("float32"), estimate.astype("float32"), otherwise="bounded")

    def reference(clean, estimate, error=error_of, log=np.log10, factor=-10, then=np.asarray):
        return then(factor * log(error(clean, estimate)))

    by_value = {
        "natural": {"log": np.log},
        "base_2": {"log": np.log2},
        "peak_255": [
            {"error": over(lambda c: 255**2)},
            *({"error": over(lambda c: 255), "factor": factor} for factor in (-10, -20)),
        ],
        "images_times_255": {"error": over(lambda c: 1 / 255**2)},
        "bels": {"factor": -1},
        "factor_100": {"factor": -100},
        "summed": {"error": lambda c, e: squared(c, e).sum(PIXELS)},
        "divided_by_784": {"error": lambda c, e: squared(c, e).sum(PIXELS) / 784},
        "absolute": [
            {"error": lambda c, e: abs(c - e).mean(PIXELS), "factor": factor}
            for factor in (-10, -20)
        ],
        "uint8_wraps": [
            {"error": functools.partial(wrapped, then=then)} for then in ("uint8", "float64")
        ],
        "pixel_by_pixel": {"error": squared, "then": lambda decibels: decibels.mean(PIXELS)},
        "images_together": {"error": lambda c, e: np.full(len(c), squared(c, e).mean())},
        "no_logarithm": [
            {"log": log, "factor": 1} for log in (np.positive, np.reciprocal, np.sqrt)
        ],
        "signal_to_noise": {"error": over(lambda c: (c**2).mean(PIXELS))},
        "largest_pixel": {"error": over(lambda c: c.max(PIXELS) ** 2)},
        "range": {"error": over(lambda c: np.ptp(c) ** 2)},
        "largest_error": {"error": lambda c, e: squared(c, e).max(PIXELS)},
        "median": {"error": lambda c, e: np.median(squared(c, e), PIXELS)},
        "brackets": {"error": lambda c, e: abs((c - e**2).mean(PIXELS))},
        "variance": {"error": lambda c, e: (c - e).var(PIXELS)},
        "mean_squared": {"error": lambda c, e: (c - e).mean(PIXELS) ** 2},
    }
    by_shape = {
        "keepdims": {"then": lambda decibels: decibels[:, None, None, None]},
        "nothing_averaged": {"error": squared},
        "over_images": [
            {"error": functools.partial(error_of, axis=0)},
            {"error": lambda c, e: squared(c, e).mean(keepdims=True).ravel()},
        ],
        "one_axis": [{"error": functools.partial(error_of, axis=axis)} for axis in PIXELS],
        "channels_left": {"error": functools.partial(error_of, axis=(1, 2))},
    }
    mistakes = also_averaged(by_value) | by_shape


# --- 7 -----------------------------------------------------------------------------------------


@questions.value(7, "tweedie_score", points=1)
class TweedieScore:
    def cases(rng):
        for size, sigma in (((6, 2), 0.4), ((3, 5, 4, 1), 1.7)):
            yield *rng.normal(0, 1, (2, *size)).astype("float32"), sigma

    def reference(noisy, denoised, sigma, power=-2.0):
        return (denoised - noisy) * sigma**power

    mistakes = {
        "divided_by_sigma": {"power": -1},
        "not_divided": {"power": 0},
        "multiplied": [{"power": 2}, {"power": 1}],
        "root_of_sigma": {"power": -0.5},
        "squared_twice": {"power": -4},
        "sign_and_sigma": [lambda x, d, s: (x - d) / s, lambda x, d, s: x - d],
        "lengths_of_1": lambda x, d, s: (d - x) / np.linalg.norm(d - x, axis=-1, keepdims=True),
        "no_noisy": lambda x, d, s: d / s**2,
        "no_denoised": lambda x, d, s: -x / s**2,
        "difference_squared": lambda x, d, s: ((d - x) / s) ** 2,
        "brackets": [lambda x, d, s: d - x / s**2, lambda x, d, s: x - d / s**2],
        "twice_sigma": lambda x, d, s: (d - x) / (2 * s),
        "no_signs": lambda x, d, s: np.abs(d - x) / s**2,
        "upside_down": lambda x, d, s: s**2 / (d - x),
        "added": lambda x, d, s: (d + x) / s**2,
        "number_per_point": lambda x, d, s: ((d - x) / s**2).sum(-1),
    }
