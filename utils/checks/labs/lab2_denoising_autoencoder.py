"""Checks of lab 2, the denoising autoencoder (Vincent et al. 2008; Vincent 2011)."""

import numpy as np

from utils.checks import Questions
from utils.checks.compare import Wrong, agree, brief, close, numbers, shape
from utils.checks.networks import (
    convolutional,
    has,
    network,
    no_final_activation,
    nonlinear,
    not_too_many,
)

questions = Questions("lab2_denoising_autoencoder")
SHAPE = (40, 20, 24, 1)  # images enough to measure noise by: 19,200 pixels
SEED = 11


def same_shape(found, images, what):
    shape(
        found,
        images.shape,
        what,
        [
            (images.shape[:-1], "The axis of channels is lost: keep the shape of the images."),
            ((len(images), images[0].size), "The images are flattened: keep their shape."),
            (images.shape[1:], "One image comes back: keep one for each image."),
            ((2, *images.shape), "Two arrays come back: return the changed images alone."),
        ],
    )


def seeded(draw, what):
    """What `draw(seed)` gives; Wrong unless the seed decides it, and all of it."""
    first, again, other = draw(SEED), draw(SEED), draw(SEED + 1)
    if not agree(first, again, 1e-6):
        raise Wrong(
            f"{what}, the same when the seed is the same",
            "other noise at a second call with the same seed",
            "Give the seed to the generator that draws, and make that generator inside the "
            "function: one that lives on outside goes on where it stopped.",
        )
    if agree(first, other, 1e-6):
        raise Wrong(
            f"{what}, other noise when the seed is another",
            "the same noise for two seeds",
            "The seed is not used: with a fixed seed every epoch sees the same noise, and the "
            "network learns it by heart.",
        )
    return first


def independent(values, what):
    """Wrong unless each pixel of each image has drawn for itself."""
    values = values - values.mean()
    spread = np.mean(values**2)
    if spread == 0:
        return
    single = "draw a number for every pixel, with the shape of the images."
    for axis, said in (
        (0, "Every image gets the same noise: draw with the shape of all images, not of one."),
        (1, f"All rows of an image carry the same noise: {single}"),
        (2, f"All columns of an image carry the same noise: {single}"),
    ):
        ahead = np.take(values, range(1, values.shape[axis]), axis)
        behind = np.take(values, range(values.shape[axis] - 1), axis)
        if np.mean(ahead * behind) > 0.3 * spread:
            if axis and np.mean(values.mean(axis=(1, 2, 3)) ** 2) > 0.3 * spread:
                said = f"All pixels of an image carry the same noise: {single}"
            raise Wrong(f"{what}, independent from pixel to pixel", "noise that repeats", said)


def leaves_images_alone(answers, name, images, *rest):
    report = answers.drive("arguments_after", name, arguments=[images, *rest])
    if not agree(report["arguments"]["0"], images, 1e-6):
        raise Wrong(
            "the images left as they are",
            "images that carry the noise after the call",
            "The argument itself is changed (as `images += noise` and `images[mask] = 0` do): the "
            "clean images would be lost. `images + noise`, np.where and `images.copy()` make a "
            "new array.",
        )


# --- 1 -----------------------------------------------------------------------------------------


def gaussian_noise(noisy_of, answers, name, rng):
    """Check noise that `noisy_of(images, sigma, seed)` adds; used for questions 1 and 5."""
    sigma = 0.04
    grey = np.full(SHAPE, 0.5, "float32")  # far from both ends: nothing is clipped
    what = f"images of constant 0.5 with noise of standard deviation {sigma}"

    def draw(seed):
        found = numbers(noisy_of(grey, sigma, seed), what)
        same_shape(found, grey, what)
        if not np.all(np.isfinite(found)):
            raise Wrong(what, brief(found), "Some pixels are not finite.")
        return found

    first = draw(SEED)
    if np.ptp(first) == 0:
        raise Wrong(
            what,
            brief(first),
            "No noise arrives: every pixel has the same value. (Clipping to the smallest and "
            "largest value of the images does that, and a Keras layer without `training=True`.)",
        )
    noise = first - 0.5
    independent(noise, what)
    spread, mean = noise.std(), noise.mean()
    kurtosis = np.mean((noise - mean) ** 4) / spread**4  # 3 for a normal distribution
    at_the_ends = np.mean((first < 1e-6) | (first > 1 - 1e-6))
    found = f"pixels with mean {first.mean():.3g} and standard deviation {spread:.3g}"
    if first.max() > 2 and np.ptp(first) > 5:
        slip = "Pixels up to 255 come back, or noise of that size: all is in [0, 1] here."
    elif 0 < at_the_ends < 0.006 and agree([first.min(), first.max()], [0, 1], 1e-6):
        slip = RESCALED
    elif agree(mean, -0.5, 0.02) and agree(spread, sigma, 0.01):
        slip = "The noise itself comes back: add it to the images."
    elif abs(mean) > max(0.1 * sigma, 5 * spread / np.sqrt(noise.size)):
        slip = (
            "The noise is not centred on 0: it makes images brighter or darker throughout. "
            "(`normal` takes the mean first, then the standard deviation.)"
        )
        if noise.min() > -1e-6:
            slip = "The noise has one sign only: a normal distribution around 0 has both."
            if np.mean(noise < 1e-6) > 0.3:
                slip = "The noise is clipped before it is added: clip the sum."
    elif kurtosis > 4:
        slip = "Small and huge values are too frequent: draw from a normal distribution."
    else:
        slip = spread_slip(spread, sigma, np.abs(noise).max())
    if slip is None and not 2.6 < kurtosis < 3.4:
        slip = "The spread is right and the shape is not: draw from a normal distribution."
    if slip:
        raise Wrong(f"pixels with mean 0.5 and standard deviation {sigma}", found, slip)
    seeded(draw, what)

    images = rng.uniform(0, 1, SHAPE).astype("float32")
    images[:4], images[4:8] = 0, 1
    strong = 0.5
    unit = noise / sigma  # the same seed and shape: the same draws, whatever sigma is
    close(
        numbers(noisy_of(images, strong, SEED), what),
        np.clip(images + strong * unit, 0, 1),
        f"images with noise of standard deviation {strong}, clipped to [0, 1]",
        clipping_slips(images.astype("float64"), strong * unit),
        otherwise="Add the noise to the images first, then clip the sum to [0, 1].",
        tolerance=2e-3,
    )
    leaves_images_alone(answers, name, images, strong, SEED)


def spread_slip(spread, sigma, largest):
    """Name what makes the standard deviation of the noise wrong; None where it is right."""
    for factor, said in (
        (1, None),
        (
            1 / np.sqrt(3),
            "This is noise drawn evenly from -sigma to sigma: draw from a normal one.",
        ),
        (0.5, "The noise is half as strong: is it multiplied by the images instead of added?"),
        (0.8796, "The normal distribution is cut off at 2 sigma (truncated): use the whole one."),
        (sigma, "The standard deviation is sigma squared: sigma itself is the spread."),
        (sigma**-0.5, "The standard deviation is the root of sigma: sigma is no variance."),
        (1 / 255, "The noise is divided by 255: the images are in [0, 1], and so is sigma."),
        (2, "The noise is twice as strong as sigma says."),
        (np.sqrt(2), "The noise is added twice: each time it brings its own variance."),
    ):
        if abs(spread / (factor * sigma) - 1) < 0.04:
            return said
    if largest > 0.4:
        return "The noise is far stronger than sigma says: multiply unit noise by sigma."
    return "Draw numbers of standard deviation 1 and multiply them by sigma."


RESCALED = "The range is squeezed into [0, 1], which changes every pixel: cut off instead."


def clipping_slips(images, noise):
    """What the usual mistakes make of images and noise, and their names."""
    noisy = images + noise
    low, high = noisy.min(), noisy.max()
    lows, highs = (f(noisy, axis=(1, 2, 3), keepdims=True) for f in (np.min, np.max))
    return [
        (noisy, "Nothing is clipped: pixels leave [0, 1]."),
        (np.clip(noisy, -1, 1), "Clipped to [-1, 1]: pixels live in [0, 1]."),
        (np.maximum(noisy, 0), "Pixels above 1 are left: clip at both ends."),
        (np.minimum(noisy, 1), "Pixels below 0 are left: clip at both ends."),
        ((noisy - low) / (high - low), RESCALED),
        ((noisy - lows) / (highs - lows), RESCALED),
        (images + np.clip(noise, 0, 1), "The noise is clipped instead of the sum."),
        (images + np.clip(noise, -1, 1), "The noise is clipped instead of the sum."),
        (np.clip(images + np.clip(noise, 0, 1), 0, 1), "The noise is clipped before it is added."),
        (np.clip(np.abs(noisy), 0, 1), "Negative pixels are folded back: cut them off at 0."),
        (noisy % 1, "Pixels wrap round at 1: cut them off."),
        (np.clip(images * (1 + noise), 0, 1), "The noise is multiplied by the images: add it."),
        (
            np.where(images > 0, np.clip(noisy, 0, 1), 0),
            "Black pixels stay black: they get noise as well.",
        ),
        (1 / (1 + np.exp(-noisy)), "A sigmoid bends every pixel: cut off at 0 and 1 instead."),
        (np.clip(images - noise, 0, 1), "The sign of the noise changes with sigma or the images."),
    ]


@questions.ask(1, "add_gaussian_noise", points=2)
def add_gaussian_noise(answers, rng):
    def noisy_of(images, sigma, seed):
        return answers.call("add_gaussian_noise", images, sigma, seed)

    gaussian_noise(noisy_of, answers, "add_gaussian_noise", rng)
    return (
        "normal noise of standard deviation sigma, independent in every pixel, decided by the "
        "seed; the sum clipped to [0, 1]; the images left alone"
    )


# --- 2 -----------------------------------------------------------------------------------------


@questions.ask(2, "add_masking_noise", points=1)
def add_masking_noise(answers, rng):
    fraction = 0.3
    white = np.ones(SHAPE, "float32")
    what = f"white images with {fraction:.0%} of the pixels set to 0"

    def draw(seed):
        found = numbers(answers.call("add_masking_noise", white, fraction, seed), what)
        same_shape(found, white, what)
        return found

    kept = draw(SEED)
    values = np.unique(np.round(kept, 4))
    if agree(values, [0, 1 / (1 - fraction)], 1e-3):
        raise Wrong(
            "the pixels that are left unchanged, at 1",
            f"pixels of {values[1]:.4g}",
            "This is dropout, which makes up for the missing pixels by scaling the others: leave "
            "them as they are.",
        )
    if not set(values) <= {0, 1}:
        raise Wrong(
            "white pixels that stay 1 or become 0",
            f"values such as {brief(values[:4])}",
            "A pixel is either left as it is or set to 0: draw which, don't add anything.",
        )
    independent(kept, what)
    share = np.mean(kept == 0)
    if abs(share - fraction) > 0.02:
        slip = "Compare one number in [0, 1] per pixel with the fraction."
        if abs(share - (1 - fraction)) < 0.02:
            slip = "The fraction is kept instead of erased: the comparison is the wrong way round."
        elif share == 0:
            slip = (
                "No pixel is erased: draw a number for each, and where that one (not the pixel) "
                "is below the fraction, the pixel becomes 0."
            )
        elif share == 1:
            slip = "Every pixel is erased: draw for each of them."
        elif share < 0.02:
            slip = "The fraction lies between 0 and 1, so compare it with draws from 0 to 1."
        elif abs(share - (1 - np.exp(-fraction))) < 0.01:
            slip = "Some pixels are drawn twice: one draw per pixel, or `replace=False`."
        raise Wrong(f"{fraction:.0%} of the pixels at 0", f"{share:.1%} of them", slip)
    seeded(draw, what)

    images = rng.uniform(0.1, 1, SHAPE).astype("float32")
    x = images.astype("float64")
    close(
        numbers(answers.call("add_masking_noise", images, fraction, SEED), what),
        x * kept,
        "grey images with the chosen pixels at 0 and all others unchanged",
        [
            (kept, "The mask itself comes back: multiply the images by it."),
            (x * (1 - kept), "For other images other pixels are chosen."),
            (np.where(kept > 0, x, 0.5), "Masked pixels become 0, not 0.5."),
            (np.where(kept > 0, x, 1), "Masked pixels become 0, not 1."),
            (np.where(kept > 0, x, x.mean()), "Masked pixels become 0, not the mean."),
            (np.round(x) * kept, "The images are rounded on the way: keep them float."),
            (0 * x, "All pixels are 0 now: whole numbers on the way? Keep them float."),
        ],
        otherwise="Pixels that are not masked stay exactly as they are.",
    )
    leaves_images_alone(answers, "add_masking_noise", images, fraction, SEED)
    return (
        "the fraction erased, independently in every pixel, decided by the seed; the rest as it was"
    )


# --- 3 and 4 -----------------------------------------------------------------------------------


@questions.ask(3, "build_encoder", points=2)
def build_encoder(answers, rng):
    x, y = rng.normal(0, 1, (2, 28, 28, 1))
    inputs = np.stack([x, y, x + y, 0 * x, 100 * x, 100 * y])
    for code_size in (128, 20):
        report = network(
            answers,
            "build_encoder",
            [code_size],
            inputs,
            (code_size,),
            [
                (
                    (6, 7, 7, code_size),
                    "This is a code for each of 7 x 7 places: flatten, then Dense.",
                ),
                ((6, 1, 1, code_size), "Two axes of length 1 are left: flatten."),
                (
                    (6, 28, 28, code_size),
                    "Nothing shrinks the image: stride 2, flatten, then Dense.",
                ),
                ((6, 128 if code_size == 20 else 20), "The size is fixed: use `code_size`."),
                ((6, 28, 28, 1), "An image comes back: the encoder ends in the code."),
                ((6, 784), "The image comes back flattened: end in Dense(code_size)."),
            ],
            "The code is one row of numbers per image: Flatten, then Dense(code_size).",
        )
        if not convolutional(report):
            raise Wrong(
                "convolutions",
                "dense layers alone",
                "A dense layer does not know which pixels are neighbours: begin with Conv2D.",
            )
        not_too_many(
            report,
            "Too large a map is flattened: let two strides of 2 shrink 28 to 14 to 7 first, with "
            "32 channels or so.",
        )
        nonlinear(report["outputs_scaled"], "an encoder")
        no_final_activation(report["outputs_scaled"], "a code with values")
    return "convolutions, a code of the size asked for (128 and 20), no activation on it"


@questions.ask(4, "build_decoder", points=2)
def build_decoder(answers, rng):
    for code_size in (128, 20):
        x, y = rng.normal(0, 1, (2, code_size))
        inputs = np.stack([x, y, x + y, 0 * x, 1000 * x, 1000 * y])
        size = "Count from 7: 7 to 14 to 28, one transposed convolution of stride 2 each."
        report = network(
            answers,
            "build_decoder",
            [code_size],
            inputs,
            (28, 28, 1),
            [
                ((6, 14, 14, 1), f"One doubling is missing. {size}"),
                ((6, 56, 56, 1), f"One doubling too many. {size}"),
                ((6, 7, 7, 1), f"Nothing is enlarged: `strides=2` is missing. {size}"),
                ((6, 32, 32, 1), f"It starts from 8 x 8 or 4 x 4. {size}"),
                *(
                    ((6, side, side, 1), f"padding='valid' adds a border: use 'same'. {size}")
                    for side in range(29, 45)
                ),
                ((6, 28, 28), "The axis of channels is missing: images are 28 x 28 x 1."),
                ((6, 784), "The pixels are in a row: reshape early, and let convolutions draw."),
                ((6, 28, 28, 3), "Three channels come out: grey images have one."),
                *(
                    ((6, 28, 28, many), "Many channels come out: the last layer has one.")
                    for many in range(2, 300)
                ),
                ((6, 16, 16, 1), f"It starts from 4 x 4. {size}"),
                ((6, 112, 112, 1), f"It starts from 28 x 28. {size}"),
                ((6, 13, 13, 1), f"`strides=2` is missing, and padding='same'. {size}"),
                ((6, 2, 2, 1), "Conv2D shrinks: Conv2DTranspose enlarges."),
                ((6, code_size), "The code comes back: build up an image from it."),
            ],
            f"The images are of another size. {size}",
        )
        if not convolutional(report):
            raise Wrong(
                "transposed convolutions",
                "dense layers alone",
                "A dense layer does not know which pixels are neighbours: reshape to 7 x 7 early, "
                "then Conv2DTranspose.",
            )
        others = any(has(report, kind) for kind in ("UpSampling", "Resizing", "Conv2D"))
        if others and not has(report, "Transpose"):
            raise Wrong(
                "transposed convolutions",
                f"the layers {', '.join(sorted(set(report['layers'])))}",
                "Resizing followed by a convolution is a good decoder too; this question asks for "
                "Conv2DTranspose.",
            )
        not_too_many(report, "Start from 7 x 7 x 32, not from a larger map.")
        nonlinear(report["outputs_scaled"], "a decoder")
        no_final_activation(report["outputs_scaled"], "pixels with values")
    return "images of 28 x 28 x 1 from codes of 128 and of 20, by transposed convolutions"


# --- 5 -----------------------------------------------------------------------------------------


def in_another_order(inputs, images):
    """Whether each input is most like another image than its own, all images being used."""
    rows, own = (each.reshape(len(each), -1) - each.mean() for each in (inputs, images))
    nearest = np.argmax(rows @ own.T, axis=1)
    places = np.arange(len(images))
    return np.array_equal(np.sort(nearest), places) and not np.array_equal(nearest, places)


def mistake_of(check, *arguments):
    """The mistake that a check finds, or None."""
    try:
        check(*arguments)
    except Wrong as wrong:
        return wrong.mistake
    except Exception:  # unanswered, or an error of its own
        return None


@questions.ask(5, "training_pairs", points=2)
def training_pairs(answers, rng):
    try:
        return pairs_of_noisy_and_clean(answers, rng)
    except Wrong as wrong:
        if mistake_of(add_gaussian_noise, answers, np.random.default_rng(0)) != wrong.mistake:
            raise
        raise Wrong(
            wrong.expected,
            wrong.found,
            "The same as in question 1: if this function calls `add_gaussian_noise`, mend that "
            f"one first. {questions['add_gaussian_noise'].say(wrong.mistake, wrong.values)}",
            **wrong.values,
        ) from None


def pairs_of_noisy_and_clean(answers, rng):
    images = rng.uniform(0.2, 0.8, SHAPE).astype("float32")
    x = images.astype("float64")
    what = "inputs and targets"

    def pair(images, sigma, seed):
        result = answers.call("training_pairs", images, sigma, seed)
        if isinstance(result, list) and len(result) == 2:
            result = np.stack([numbers(each, what) for each in result])
        found = numbers(result, what, "Return two arrays: `return inputs, targets`.")
        shape(
            found,
            (2, *images.shape),
            what,
            [
                (images.shape, "One array comes back: return two, `return inputs, targets`."),
                ((3, *images.shape), "Three arrays come back: return inputs and targets alone."),
                (
                    (2 * len(images), *images.shape[1:]),
                    "Inputs and targets are joined to one array: `return inputs, targets`.",
                ),
            ],
        )
        return found

    leaves_images_alone(answers, "training_pairs", images, 0.3, SEED)
    inputs, targets = pair(images, 0.3, SEED)
    noisy_in, noisy_out = not agree(inputs, x, 1e-4), not agree(targets, x, 1e-4)
    slip = None
    if noisy_out and agree(inputs, targets, 1e-6):
        slip = (
            "The targets are the noisy inputs, the classic mistake: such a network learns to "
            "repeat the noise. The targets are the clean images."
        )
    elif noisy_out and not noisy_in:
        slip = "The pair is the wrong way round: noisy images go in, clean ones come out."
    elif noisy_out and agree(inputs - targets, x, 1e-3):
        slip = "The target is the noise here: ask for the clean image."
    elif noisy_out:
        slip = "The targets are not the clean images: return `images` as they are."
    elif not noisy_in:
        slip = "No noise: inputs and targets are both the clean images."
    elif in_another_order(inputs, x):
        slip = "The inputs are in another order than the targets: keep the order of the images."
    if slip:
        told = [f"{'noisy' if noisy_in else 'clean'} inputs"]
        told += ["targets that are not clean" if noisy_out else "clean targets"]
        raise Wrong("noisy inputs and clean targets, in the same order", ", ".join(told), slip)

    def noisy_of(images, sigma, seed):
        return pair(images, sigma, seed)[0]

    gaussian_noise(noisy_of, answers, "training_pairs", rng)
    return "noisy images in, clean ones out, noise decided by the seed"


# --- 6 -----------------------------------------------------------------------------------------


def psnr_slips(clean, estimate):
    """What the usual mistakes make of two sets of images, and their names."""
    pixels = tuple(range(1, clean.ndim))
    difference = clean - estimate
    mse, total = (f(difference**2, axis=pixels) for f in (np.mean, np.sum))
    return [
        (-10 * np.log(mse), "This is the natural logarithm: decibels use base 10."),
        (-10 * np.log2(mse), "This is the logarithm to base 2: decibels use base 10."),
        (
            10 * np.log10(255**2 / mse),
            "The peak is 255 here, which adds 48 dB: these images end at 1.",
        ),
        (20 * np.log10(255 / mse), "The peak is 255 here, and the factor 20: neither."),
        (10 * np.log10(255 / mse), "The peak is 255 here: these images end at 1."),
        (10 * np.log10(mse), "The sign is turned round: a smaller error is a higher PSNR."),
        (-20 * np.log10(mse), "The factor is 20: that one belongs to the root of the error."),
        (-5 * np.log10(mse), "The factor is 10, and there is a root too many."),
        (-np.log10(mse), "The factor 10 is missing: these are bels, not decibels."),
        (-10 * np.log10(total), "The error is summed over the pixels: take its mean."),
        (
            -10 * np.log10(total / 784),
            "The sum is divided by 784: images of other sizes have other numbers of pixels.",
        ),
        (
            -10 * np.log10(255**2 * mse),
            "The images are multiplied by 255: they end at 1, and so does the peak.",
        ),
        (-100 * np.log10(mse), "The factor is 100: it is 10."),
        (-20 * np.log10(np.sqrt(total)), "The error is summed over the pixels: take its mean."),
        (
            -10 * np.log10(np.mean(np.abs(difference), axis=pixels)),
            "These are absolute differences: square them.",
        ),
        (
            -20 * np.log10(np.mean(np.abs(difference), axis=pixels)),
            "These are absolute differences: square them.",
        ),
        (
            np.mean(-10 * np.log10(difference**2), axis=pixels),
            "The logarithm is taken pixel by pixel: take it of the mean.",
        ),
        (
            -10 * np.log10(np.full(len(mse), mse.mean())),
            "The mean runs over all images before the logarithm: keep the images apart.",
        ),
        (mse, "This is the mean squared error: take 10 log10 of its inverse."),
        (1 / mse, "The logarithm is missing."),
        (np.sqrt(mse), "This is the root of the mean squared error, not yet in dB."),
        (
            10 * np.log10(np.mean(clean**2, axis=pixels) / mse),
            "This is the signal-to-noise ratio: the P of PSNR says peak, which is 1.",
        ),
        (
            10 * np.log10(np.max(clean, axis=pixels) ** 2 / mse),
            "The peak is the largest pixel here: it is 1 for all images, by definition.",
        ),
        (
            10 * np.log10(np.ptp(clean) ** 2 / mse),
            "The peak is the range of the pixels here: it is 1 for all images, by definition.",
        ),
        (
            -20 * np.log10(np.max(np.abs(difference), axis=pixels)),
            "This is the largest error: take the mean of the squares.",
        ),
        (-10 * np.log10(np.median(difference**2, axis=pixels)), "The median is taken: the mean."),
        (
            -10 * np.log10(np.abs(np.mean(clean - estimate**2, axis=pixels))),
            "Brackets: subtract first, then square.",
        ),
        (
            -10 * np.log10(np.var(difference, axis=pixels)),
            "This is the variance: square, then mean.",
        ),
        (
            -10 * np.log10(np.mean(difference, axis=pixels) ** 2),
            "The mean is squared: square first, then take the mean.",
        ),
    ]


@questions.ask(6, "psnr", points=2)
def psnr(answers, rng):
    clean = rng.uniform(0, 0.8, (5, 12, 10, 1))
    levels = np.reshape([0.02, 0.05, 0.1, 0.2, 0.4], (5, 1, 1, 1))
    estimate = np.clip(clean + levels * rng.normal(0.1, 1, clean.shape), 0, 1)
    clean, estimate = (z.astype("float32").astype("float64") for z in (clean, estimate))
    slips = psnr_slips(clean, estimate)
    expected = -10 * np.log10(np.mean((clean - estimate) ** 2, axis=(1, 2, 3)))
    what = "for 5 images, their PSNR in dB"
    given = clean.astype("float32"), estimate.astype("float32")
    found = numbers(answers.call("psnr", *given), what)
    if found.shape == ():
        means = [(expected, "keep one number per image: the notebook averages.")]
        means += [(wrong, said) for wrong, said in slips if np.shape(wrong) == (5,)]
        slip = "One number comes back: keep one per image, without a mean over axis 0."
        for values, said in means:
            if agree(found, np.mean(values), 1e-3):
                slip = f"One number comes back, a mean over the images. {said[0].upper()}{said[1:]}"
                break
        if agree(found, -10 * np.log10(np.mean((clean - estimate) ** 2)), 1e-3):
            slip = (
                "The error is averaged over all images before the logarithm, so the worst image "
                "decides: take the logarithm for each image."
            )
        raise Wrong(f"{what}, an array of shape (5,)", brief(found), slip)
    shape(
        found,
        (5,),
        what,
        [
            ((5, 1, 1, 1), "Take the mean without keepdims: one number per image."),
            ((5, 12, 10, 1), "Nothing is averaged: one number per image, not per pixel."),
            ((12, 10, 1), "The mean runs over the images: average over axes 1, 2 and 3."),
            ((5, 10, 1), "The mean runs over the rows alone: average over axes 1, 2 and 3."),
            ((5, 12, 10), "The mean runs over the channels alone: average over axes 1, 2 and 3."),
            ((5, 12, 1), "The mean runs over the columns alone: average over axes 1, 2 and 3."),
            ((5, 1), "The axis of channels is left: average over axes 1, 2 and 3."),
            ((1,), "The mean runs over the images as well: average over axes 1, 2 and 3."),
        ],
    )
    close(
        found,
        expected,
        what,
        slips,
        otherwise="Square the differences, take the mean over axes 1, 2 and 3, then "
        "-10 times its logarithm to base 10.",
        tolerance=1e-3,
        not_finite="The logarithm of 0 or of a negative number: square the differences of float "
        "pixels, take the mean of the squares, and only then the logarithm.",
    )
    return "five images at errors from 1 to 40 % of the peak"


# --- 7 -----------------------------------------------------------------------------------------


@questions.ask(7, "tweedie_score", points=1)
def tweedie_score(answers, rng):
    for size, sigma in (((6, 2), 0.4), ((3, 5, 4, 1), 1.7)):
        noisy, denoised = rng.normal(0, 1, (2, *size)).astype("float32")
        d = denoised.astype("float64") - noisy
        what = f"for arrays of shape {size} and sigma {sigma}, scores"
        found = numbers(answers.call("tweedie_score", noisy, denoised, sigma), what)
        vector = "One number per point: the score is a vector."
        shape(
            found,
            size,
            what,
            [((), "One number in all: a score is a vector for each point."), ((size[0],), vector)],
        )
        length = np.linalg.norm(d, axis=-1, keepdims=True)
        close(
            found,
            d / sigma**2,
            what,
            [
                (
                    -d / sigma**2,
                    "The sign is turned round: the score points from noisy to denoised.",
                ),
                (d / sigma, "Divided by sigma: it is divided by sigma squared."),
                (-d / sigma, "The sign is turned round, and sigma is not squared."),
                (d, "The difference is not divided by sigma squared."),
                (-d, "The sign is turned round, and nothing divided by sigma squared."),
                (d * sigma**2, "Multiplied by sigma squared: divide."),
                (d * sigma, "Multiplied by sigma: divide by sigma squared."),
                (d / np.sqrt(sigma), "Divided by the root of sigma: sigma squared is meant."),
                (d / (2 * sigma**2), "There is a factor 2 too many: that one is in the exponent."),
                (d / length, "The lengths are set to 1: a score has a length as well."),
                (denoised / sigma**2, "The noisy point is missing: subtract it."),
                (-noisy / sigma**2, "The denoised point is missing: add it."),
                (d**2 / sigma**2, "The difference is squared: only sigma is."),
                (d / sigma**4, "Sigma is squared twice."),
                (denoised - noisy / sigma**2, "Brackets: subtract first, then divide."),
                (noisy - denoised / sigma**2, "Brackets, and the sign: denoised minus noisy."),
                (d / (2 * sigma), "Divided by twice sigma: sigma squared is `sigma ** 2`."),
                (2 * d / sigma**2, "There is a factor 2 too many."),
                (np.abs(d) / sigma**2, "Without the signs no direction is left: drop the abs."),
                (sigma**2 / d, "Upside down: sigma squared divides."),
                ((denoised + noisy) / sigma**2, "They are added: the difference is meant."),
            ],
            otherwise="The way from the noisy point to the denoised one, over sigma squared.",
        )
    return "vectors of length 2 and images"
