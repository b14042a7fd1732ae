# ---
# jupyter:
#   course:
#     time_limit_s: 300
#     memory_limit_gb: 4
# ---

# %% [markdown]
# # Lab 2: A denoising autoencoder
#
# Give a network noisy pictures and ask for the clean ones. To tell noise from picture it has to find out what
# pictures look like, and nobody needs to label anything: the noise is our own. Besides a denoiser, you get a code
# that knows the digits' shapes, and, in the last section, something unexpected: the direction in which the data lie.
#
# **You will** corrupt images, build a convolutional encoder and a decoder of transposed convolutions, train them
# on the right pairs (and on the wrong ones, to see the classic mistake), and measure them against the best that filters can do.
#
# | | |
# |---|---|
# | Time | about 75 minutes; everything runs in one to three minutes on two cores |
# | Needs | no network, no GPU, 2 GB of memory |
# | Points | 12, in seven questions |
# | Before | [13: Autoencoders](../notebooks/13_autoencoders.ipynb), [14: Upsampling](../notebooks/14_upsampling.ipynb) |
#
# At the end you will have made this figure:
#
# ![Rows of ten small pictures of digits: clean, buried in noise, then cleaned by a Gaussian filter, a median filter, PCA and the network of this lab. The filters leave blurred or spotted shapes, PCA leaves grey clouds; the network's digits are smooth and close to the clean ones.](../docs/figures/lab2_denoising_autoencoder.png)
#
# *Each question has a check below it. It tells you what came out, what it expected and the
# likeliest slip; unanswered questions never stop the notebook. Three hints wait under each question.*

# %%
from utils import runtime

# float32: the numbers of this lab are compared from machine to machine.
settings = runtime.start(seed=0, precision="float32")

# %%
import keras
import numpy as np
import tensorflow as tf
from scipy import ndimage
from sklearn.decomposition import PCA

from utils import metrics, plots, training
from utils.checks import Lab
from utils.claims import Claims, show_numbers
from utils.data import load_arrays
from utils.progress import progress

lab = Lab("lab2_denoising_autoencoder", globals())
claims = Claims("lab2_denoising_autoencoder")

# %% [markdown]
# ### Settings

# %%
# quick: digits drawn from fonts, in all sizes, slants and places; full: handwritten digits.
DATA = settings.choose(quick="glyphs", full="mnist")
TRAINING_IMAGES = settings.choose(quick=10_000, full=60_000)
TEST_IMAGES = settings.choose(quick=2_000, full=10_000)
EPOCHS = settings.choose(quick=10, full=20)
CODE_SIZE = 128  # wide enough to redraw a digit, far too narrow to pass 784 pixels of noise on
BATCH = 128
LEARNING_RATE = 2e-3  # falls to 0 along a cosine
TRAINED_SIGMAS = (0.3, 0.5)  # half of the images each
OTHER_SIGMAS = (0.05, 0.1, 0.2, 0.4, 0.6, 0.7, 0.9)  # for measuring alone
LABELS = (5, 10, 20)  # per class, for the linear probe of section 10
SCORE_STEPS = 3_000  # for the points of section 11

# %%
train, test = (load_arrays(DATA, split, count=count) for split, count in
               (("train", TRAINING_IMAGES), ("test", TEST_IMAGES)))
train_images, test_images = train["image"], test["image"]  # (n, 28, 28, 1) in [0, 1]
print("Training images:", train_images.shape, "- test images:", test_images.shape)

# %% [markdown]
# ## 1. Two kinds of noise
#
# Gaussian noise moves every pixel a little, and cameras have it in the dark. A pixel can't be darker than black or
# brighter than white, so what leaves the range is clipped, that is, cut off:
#
# $$\tilde x = \mathrm{clip}(x + \sigma z,\ 0,\ 1), \qquad z \sim N(0, I)$$
#
# The noise has to be new in every epoch and yet the same when we look again. A *seed* does both: the same seed gives
# the same noise, another seed gives other noise.
#
# ### Question 1 (2 points): write `add_gaussian_noise`
#
# <details><summary>Hint 1: where to look</summary>NumPy's <code>np.random.default_rng(seed)</code>: a generator that knows nothing but its seed, and draws by its methods.</details>
# <details><summary>Hint 2: how many draws, and in which order?</summary>One for every pixel of every image. Add first, clip then; <code>images += ...</code> would change the clean images themselves.</details>
# <details><summary>Hint 3: nearly the code</summary><code>rng.normal(0, sigma, images.shape)</code> is the noise; <code>np.clip(..., 0, 1)</code> cuts off the sum.</details>


# %%
def add_gaussian_noise(images, sigma, seed):
    """Images with Gaussian noise, clipped to [0, 1].

    Args:
        images: array (n, height, width, channels), float32 in [0, 1]; it is left as it is.
        sigma: float, standard deviation of the noise before clipping, in units of pixel values.
        seed: int; the same seed gives the same draws, whatever sigma is; another one others.

    Returns:
        array of the shape of images, in [0, 1]. With sigma 0.1, pixels of 0.5 get a mean of 0.5
        and a standard deviation of 0.1. For 10,000 images of 784 pixels within 10 seconds.
    """
    ### BEGIN SOLUTION
    noise = np.random.default_rng(seed).standard_normal(np.shape(images), dtype="float32")
    return np.clip(images + sigma * noise, 0, 1)
    ### END SOLUTION


# %%
lab.check("add_gaussian_noise")
### BEGIN HIDDEN TESTS
lab.check("add_gaussian_noise", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# Masking noise leaves some pixels alone and erases the others: each pixel is set to 0 with a given probability, or, what
# comes to nearly the same, a given share of them is. What is gone is gone; only its neighbours can tell.
#
# ### Question 2 (1 point): write `add_masking_noise`
#
# <details><summary>Hint 1: where to look</summary>Question 1: again a generator of the seed, and one draw for every pixel.</details>
# <details><summary>Hint 2: what to think of</summary>A number drawn evenly between 0 and 1 is below <code>fraction</code> with probability <code>fraction</code>. Pixels that stay keep their value: Keras's dropout would also enlarge them.</details>
# <details><summary>Hint 3: nearly the code</summary><code>masked = rng.random(images.shape) &lt; fraction</code>; <code>np.where(condition, a, b)</code> takes a where the condition holds and b elsewhere.</details>


# %%
def add_masking_noise(images, fraction, seed):
    """Images in which a share of the pixels is set to 0.

    Args:
        images: array (n, height, width, 1), float32 in [0, 1]; it is left as it is.
        fraction: float from 0 to 1, both allowed, the share of pixels that become 0.
        seed: int, as in question 1.

    Returns:
        array of the shape of images; pixels that are not masked keep their value. With fraction
        0.3, about 30 of 100 white pixels become 0 and the others stay 1. As quick as question 1.
    """
    ### BEGIN SOLUTION
    masked = np.random.default_rng(seed).random(np.shape(images)) < fraction
    return np.where(masked, np.float32(0), images)
    ### END SOLUTION


# %%
lab.check("add_masking_noise")
### BEGIN HIDDEN TESTS
lab.check("add_masking_noise", hidden=True)
### END HIDDEN TESTS

# %% tags=["experiment"]
with lab.needs("add_gaussian_noise", "add_masking_noise"):
    ten = test_images[:10]
    rows = {"clean": ten}
    rows |= {f"Gaussian, sigma {sigma}": add_gaussian_noise(ten, sigma, 1)
             for sigma in (0.1, 0.3, 0.5)}
    rows["half of the pixels masked"] = add_masking_noise(ten, 0.5, 1)
    figure = plots.image_rows(
        rows, height=5.4, title="At sigma 0.5 the eye still reads most digits: so can a network")
    plots.show(figure, "Five rows of ten digits each: clean, with Gaussian noise of three "
                       "growing strengths, and with half of the pixels black. The digits can "
                       "still be made out in every row.")

# %% [markdown]
# ## 2. The encoder
#
# Two convolutions of stride 2 shrink the image while the channels grow; a dense layer makes one
# vector of all that, the *code*. The code has no activation: it may have any values of both signs. Other widths and kernels do as well; ours are
#
# | layer | what comes out |
# |---|---|
# | input | 28 x 28, 1 channel |
# | convolution, kernel 3, stride 2, ReLU | 14 x 14, 16 channels |
# | convolution, kernel 3, stride 2, ReLU | 7 x 7, 32 channels |
# | flattened | 1,568 values |
# | dense | `code_size` values |
#
# ### Question 3 (2 points): write `build_encoder`
#
# <details><summary>Hint 1: where to look</summary>The table: from row to row the picture shrinks, and the last two rows make one vector of it. <code>keras.Sequential</code> holds one layer after the other, from <code>keras.Input((28, 28, 1))</code> on.</details>
# <details><summary>Hint 2: what to think of</summary>A convolution halves the picture with <code>strides=2</code> and <code>padding=&quot;same&quot;</code>. Without a layer that makes one row of all values, Dense would give each of the 7 x 7 positions a code of its own.</details>
# <details><summary>Hint 3: nearly the code</summary><code>Conv2D(16, 3, strides=2, padding=&quot;same&quot;, activation=&quot;relu&quot;)</code>, the same with 32, <code>Flatten()</code>, and a Dense layer of <code>code_size</code> without an activation.</details>


# %%
def build_encoder(code_size):
    """The encoder: an image in, its code out.

    Args:
        code_size: int, numbers in a code.

    Returns:
        Keras model, (n, 28, 28, 1) -> (n, code_size): convolutions with nonlinear activations,
        and none at the end. How the image shrinks, widths and kernels are free, with at most
        1,000,000 weights; those of the table and code_size 128 make 205,632.
    """
    ### BEGIN SOLUTION
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        keras.layers.Conv2D(16, 3, strides=2, padding="same", activation="relu"),  # 14 x 14
        keras.layers.Conv2D(32, 3, strides=2, padding="same", activation="relu"),  # 7 x 7
        keras.layers.Flatten(),
        keras.layers.Dense(code_size),
    ])
    ### END SOLUTION


# %%
lab.check("build_encoder")
### BEGIN HIDDEN TESTS
lab.check("build_encoder", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 3. The decoder
#
# The way back: a dense layer makes 7 x 7 places of the code, and transposed convolutions of stride 2 double them twice.
# A kernel of 4 is divisible by the stride, so all pixels get the same number of contributions (lecture 14).
#
# The last layer has no activation either. A sigmoid would keep pixels between 0 and 1, but together with the squared error it can
# get stuck: where it is nearly 0 its slope is too, and on mostly black images an all-black answer is where a run can end.
#
# ### Question 4 (2 points): write `build_decoder`
#
# <details><summary>Hint 1: where to look</summary>Your encoder and its table, read from below: where it flattens, the decoder makes a picture of a row; where it halves, the decoder doubles.</details>
# <details><summary>Hint 2: what to think of</summary>How many values does a picture of 7 x 7 with 32 channels have? A Dense layer makes them, <code>Reshape</code> puts them in order. The last layer has one channel, as the images have, and no activation.</details>
# <details><summary>Hint 3: nearly the code</summary><code>Dense(7 * 7 * 32, activation=&quot;relu&quot;)</code>, <code>Reshape((7, 7, 32))</code>, <code>Conv2DTranspose(16, 4, strides=2, padding=&quot;same&quot;, activation=&quot;relu&quot;)</code>, and one more with other numbers.</details>


# %%
def build_decoder(code_size):
    """The decoder: a code in, an image out.

    Args:
        code_size: int, numbers in a code.

    Returns:
        Keras model, (n, code_size) -> (n, 28, 28, 1): transposed convolutions with nonlinear
        activations between them and none at the end. Widths and kernels are free, with at most
        1,000,000 weights.
    """
    ### BEGIN SOLUTION
    return keras.Sequential([
        keras.Input((code_size,)),
        keras.layers.Dense(7 * 7 * 32, activation="relu"),
        keras.layers.Reshape((7, 7, 32)),
        keras.layers.Conv2DTranspose(16, 4, strides=2, padding="same", activation="relu"),  # 14 x 14
        keras.layers.Conv2DTranspose(1, 4, strides=2, padding="same"),  # 28 x 28
    ])
    ### END SOLUTION


# %%
lab.check("build_decoder")
### BEGIN HIDDEN TESTS
lab.check("build_decoder", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 4. What goes in, what should come out
#
# The loss of a denoising autoencoder compares what the network makes of the *noisy* image with the *clean* one:
#
# $$L = \frac{1}{n} \sum_i \bigl\lVert g(f(\tilde x_i)) - x_i \bigr\rVert^2$$
#
# ### Question 5 (2 points): write `training_pairs`
#
# <details><summary>Hint 1: where to look</summary>The formula: which image goes into the network, and with which is the result compared?</details>
# <details><summary>Hint 2: what to think of</summary>You have written the noise already. Only what goes in is noisy: a network that is asked for noisy images learns to let the noise through.</details>
# <details><summary>Hint 3: nearly the code</summary><code>add_gaussian_noise(images, sigma, seed)</code> is one of both; <code>return a, b</code> gives back two, what goes in first.</details>


# %%
def training_pairs(images, sigma, seed):
    """What the network gets and what it is asked for.

    Args:
        images: array (n, height, width, channels), float32 in [0, 1]; it is left as it is.
        sigma: float, standard deviation of the noise, clipped as in question 1.
        seed: int, as in question 1.

    Returns:
        (inputs, targets): two arrays of the shape of images, in the same order.
    """
    ### BEGIN SOLUTION
    return add_gaussian_noise(images, sigma, seed), images
    ### END SOLUTION


# %%
lab.check("training_pairs")
### BEGIN HIDDEN TESTS
lab.check("training_pairs", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 5. How near is near? Decibels
#
# The *peak signal-to-noise ratio* compares the mean squared error of an image with the square of the largest value a pixel can have:
#
# $$\mathrm{PSNR}(x, \hat x) = 10 \log_{10} \frac{\mathrm{peak}^2}{\mathrm{MSE}(x, \hat x)} \ \mathrm{dB}, \qquad
# \mathrm{MSE} = \frac{1}{d} \sum_k (x_k - \hat x_k)^2$$
#
# Ten times less error is 10 dB more; twice the noise is 6 dB less. Our images end at 1, so the peak is 1.
#
# ### Question 6 (2 points): write `psnr`
#
# <details><summary>Hint 1: where to look</summary>The formula, from the inside out: a difference, its square, a mean, a logarithm.</details>
# <details><summary>Hint 2: what to think of</summary>The mean is of one image: axis 0 are the images, so which axes are left? And <code>np.log</code> is the natural logarithm.</details>
# <details><summary>Hint 3: nearly the code</summary><code>error = np.mean((clean - estimate) ** 2, axis=(1, 2, 3))</code>, then 10 times <code>np.log10</code> of 1 / error. Every pixel off by 0.1: 20 dB.</details>


# %%
def psnr(clean, estimate):
    """Peak signal-to-noise ratio of each image.

    Args:
        clean, estimate: arrays (n, height, width, channels), in [0, 1].

    Returns:
        array (n,), dB. Off by 0.1 in every pixel: 20 dB; by 0.01: 40 dB; equal images: infinite.
    """
    ### BEGIN SOLUTION
    error = np.mean((np.asarray(clean) - np.asarray(estimate)) ** 2, axis=(1, 2, 3))
    return -10 * np.log10(error)
    ### END SOLUTION


# %%
lab.check("psnr")
### BEGIN HIDDEN TESTS
lab.check("psnr", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 6. Training
#
# Half of the images get noise of sigma 0.3, the other half 0.5, and each epoch draws anew: `training.batches` asks
# for the pairs of an epoch and shuffles them. The figure follows the training. (For runs of hours, `training.fit` takes a
# `folder`: it saves every epoch, and a run that was killed goes on from there, to the very same end.)


# %% tags=["experiment"]
def seed_of(epoch, part):
    """A seed of its own for every epoch and part of the data."""
    return 100_000 * settings.seed + 10 * int(epoch) + part


def right_pairs(epoch):
    """Noisy images and clean ones, half of them at each level: two arrays (n, 28, 28, 1)."""
    middle = len(train_images) // 2
    halves = [training_pairs(half, sigma, seed_of(epoch, part)) for part, (half, sigma) in
              enumerate(zip((train_images[:middle], train_images[middle:]), TRAINED_SIGMAS))]
    return tuple(np.concatenate(sides) for sides in zip(*halves))


def trained(pairs_of_epoch, callbacks=()):
    """An encoder, and the whole autoencoder, trained on the pairs of each epoch."""
    keras.utils.set_random_seed(settings.seed)
    encoder, decoder = build_encoder(CODE_SIZE), build_decoder(CODE_SIZE)
    autoencoder = keras.Sequential([keras.Input((28, 28, 1)), encoder, decoder])
    steps = len(train_images) // BATCH
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, EPOCHS * steps)
    autoencoder.compile(keras.optimizers.Adam(schedule), loss="mean_squared_error")

    def batches(first_epoch):
        return training.batches(pairs_of_epoch, BATCH, drop_remainder=True,
                                seed=settings.seed, first_epoch=first_epoch)

    training.fit(autoencoder, batches, epochs=EPOCHS, steps=steps, callbacks=callbacks)
    return encoder, autoencoder


def cleaned(autoencoder, noisy):
    """The network's estimate of the clean images, cut to the range that pixels can have."""
    return np.clip(autoencoder.predict(noisy, batch_size=500, verbose=0), 0, 1)


# %% tags=["experiment"]
with lab.needs("training_pairs", "build_encoder", "build_decoder"):
    curve = training.LossPlot(
        title="The error falls fast, then slowly", ylabel="mean squared error",
        alt="Mean squared error against epochs: it falls steeply in the first epochs and then "
            "levels off.")
    encoder, autoencoder = trained(right_pairs, callbacks=[curve])

# %% tags=["experiment"]
with lab.needs("add_gaussian_noise", "psnr", "training_pairs", "build_encoder", "build_decoder"):
    noisy = {sigma: np.asarray(add_gaussian_noise(test_images, sigma, seed_of(99_999, 0)), "float32")
             for sigma in sorted(TRAINED_SIGMAS + OTHER_SIGMAS)}
    network = {sigma: cleaned(autoencoder, images)
               for sigma, images in progress(noisy.items(), "noise levels")}

    def quality(estimate):
        """Mean PSNR over the test images, dB."""
        return float(np.mean(psnr(test_images, estimate)))

    levels = {f"sigma {sigma}": [round(float(each), 1) for each in
                                 (-20 * np.log10(sigma), quality(noisy[sigma]), quality(network[sigma]))]
              for sigma in TRAINED_SIGMAS}
    figure, ax = plots.new_figure(
        title="Clipping takes a part of the noise away, the network most of the rest", height=3)
    plots.bars(ax, np.arange(3), levels, xlabel="test images", ylabel="PSNR, dB")
    ax.set_xticklabels(["noise not clipped", "noise clipped: what goes in", "the network's estimate"])
    plots.show(figure, "Bars of PSNR at two noise levels: as it would be without clipping, with "
                       "clipping, and of the network's estimate. The second bars are a little "
                       "higher than the first, the third ones much higher.")
    for sigma, least in zip(TRAINED_SIGMAS, (8, 10)):
        claims.add(f"PSNR gain over the noisy input, sigma {sigma}", unit="dB", at_least=least,
                   value=quality(network[sigma]) - quality(noisy[sigma]))

# %% [markdown]
# **The reading.** Where would no learning at all get us? Clipping alone halves the error of black and white pixels, because
# half of their noise is cut off: that is about 3 dB, from the first bars to the second. All gain from there on is the network's.

# %% [markdown]
# ## 7. Against the best of the classics
#
# **The question.** Is the network better than what one gets without learning, or with PCA? Each rival is given the setting
# that suits it best: the width of a Gaussian filter, the size of a median filter, the number of PCA's
# directions, chosen for each noise level on *training* images.

# %% tags=["experiment"]
pca = PCA(300, svd_solver="covariance_eigh").fit(train_images.reshape(len(train_images), -1))


def project(noisy, directions):
    """PCA reconstruction from the first so many directions, cut to [0, 1]."""
    axes = pca.components_[:directions]
    flat = noisy.reshape(len(noisy), -1) - pca.mean_
    return np.clip(flat @ axes.T @ axes + pca.mean_, 0, 1).reshape(noisy.shape)


rivals = {  # name: (function of images and setting, settings to choose from)
    "Gaussian filter": (lambda x, width: ndimage.gaussian_filter(x, (0, width, width, 0)),
                        np.arange(0.3, 2.0, 0.1)),
    "median filter": (lambda x, side: ndimage.median_filter(x, (1, side, side, 1)),
                      (1, 2, 3, 4, 5, 7)),
    "PCA": (project, range(5, 301, 5)),
}

with lab.needs("add_gaussian_noise", "psnr"):
    tuning, chosen = train_images[:500], {}
    estimates = {sigma: {"noisy": noisy[sigma]} for sigma in TRAINED_SIGMAS}
    for sigma in progress(TRAINED_SIGMAS, "noise levels"):
        tuning_noisy = np.asarray(add_gaussian_noise(tuning, sigma, seed_of(99_999, 1)), "float32")
        for name, (denoise, choices) in progress(rivals.items(), "rivals"):
            best = max(choices, key=lambda c: np.mean(psnr(tuning, denoise(tuning_noisy, c))))
            estimates[sigma][name] = denoise(noisy[sigma], best)
            chosen.setdefault(name, []).append(best)
    show_numbers(chosen, [f"best setting at sigma {sigma}" for sigma in TRAINED_SIGMAS],
                 first="rival")

# %% tags=["experiment"]
with lab.needs("add_gaussian_noise", "psnr", "training_pairs", "build_encoder", "build_decoder"):
    for sigma, least in zip(TRAINED_SIGMAS, (2.3, 3)):
        estimates[sigma]["network"] = network[sigma]
        reached = {name: quality(images) for name, images in estimates[sigma].items()}
        claims.add("PSNR gain over the best of Gaussian filter, median filter and PCA, "
                   f"sigma {sigma}",
                   reached["network"] - max(reached[name] for name in rivals),
                   at_least=least, unit="dB")

    def similarity(estimate):
        """Mean structural similarity over the test images."""
        return float(np.mean(metrics.ssim(test_images, estimate)))

    similar = {name: similarity(images)
               for name, images in progress(estimates[0.5].items(), "denoisers")}
    claims.add("structural similarity (SSIM) at sigma 0.5: network over the best of the three",
               similar["network"] - max(similar[name] for name in rivals), at_least=0.2)

# %% tags=["experiment"]
with lab.needs("add_gaussian_noise", "psnr", "training_pairs", "build_encoder", "build_decoder"):
    heights = {"PSNR, dB": {}, "SSIM": {}}
    for sigma in progress(TRAINED_SIGMAS, "noise levels"):
        found = estimates[sigma].values()
        heights["PSNR, dB"][f"sigma {sigma}"] = [round(quality(images), 1) for images in found]
        heights["SSIM"][f"sigma {sigma}"] = [round(similarity(images), 2)
                                             for images in progress(found, "denoisers")]
    figure, panels = plots.new_figure(
        2, 1, title="The network is ahead of every tuned rival, by either measure", height=4.8)
    for ax, (measure, values) in zip(panels, heights.items()):
        plots.bars(ax, np.arange(5), values, xlabel="denoiser", ylabel=measure)
        ax.set_xticklabels(["none", *rivals, "network"])
    plots.show(figure, "Bars of PSNR and of SSIM for no denoiser, Gaussian filter, median "
                       "filter, PCA and the network, at two noise levels. By both measures the "
                       "network's bars are the tallest at both levels.")

# %% tags=["experiment", "cover"]
with lab.needs("add_gaussian_noise", "psnr", "training_pairs", "build_encoder", "build_decoder"):
    rows = {"clean": test_images, **estimates[0.5]}
    figure = plots.image_rows(
        {name: images[:12] for name, images in rows.items()}, height=5.7,
        title="What is left of sigma 0.5: filters blur, PCA fogs, the network redraws")
    plots.show(figure, "Six rows of twelve digits: clean, noisy, Gaussian filter, median "
                       "filter, PCA, network. The filters' digits are blurred or spotted, "
                       "PCA's stand in grey fog, the network's are smooth and close to the "
                       "clean ones.")

# %% [markdown]
# **The reading.** A filter knows that neighbours are alike, PCA knows in which directions digits vary, and the
# network has learned which strokes go together. It also makes mistakes of its own kind: where a digit is barely there, it draws a
# clean digit that may be another one. A denoiser that looks sure is not therefore right.

# %% [markdown]
# ## 8. The classic mistake
#
# **The question.** What if the targets are the noisy images too, as when one line sets up the noise and
# another trains with `fit(noisy, noisy)`? Same network, same steps, same noise.


# %% tags=["experiment"]
def wrong_pairs(epoch):
    """The classic mistake: noisy images in, the same noisy images out."""
    inputs, _ = right_pairs(epoch)
    return inputs, inputs


with lab.needs("add_gaussian_noise", "psnr", "training_pairs", "build_encoder", "build_decoder"):
    _, mistaken = trained(wrong_pairs)
    repeated = {sigma: cleaned(mistaken, noisy[sigma]) for sigma in TRAINED_SIGMAS}
    for sigma, least in zip(TRAINED_SIGMAS, (4.5, 6)):
        claims.add(f"clean targets over noisy targets, sigma {sigma}", unit="dB", at_least=least,
                   value=quality(network[sigma]) - quality(repeated[sigma]))
    rows = {"clean": test_images, "noisy, sigma 0.5": noisy[0.5],
            "trained with noisy targets": repeated[0.5], "trained with clean targets": network[0.5]}
    figure = plots.image_rows(
        {name: images[:12] for name, images in rows.items()}, height=3.9,
        title="Asked for noisy images, the network learns the mean of the noise too")
    plots.show(figure, "Four rows of twelve digits: clean, noisy, from the network trained "
                       "with noisy targets, from the one trained with clean targets. The third "
                       "row stands on a grey ground with little contrast; the fourth is black "
                       "and white.")

# %% [markdown]
# **The reading.** The mistaken network does remove noise: the bottleneck has no room for it. But the best that it can still say of a noisy target is
# the *mean of the noisy* images with that code, and clipped noise is not centred: black becomes grey, white becomes grey too. Nothing in the loss curve
# tells; only a comparison with clean images does. (With a wider code it would hand on the noise as well.)

# %% [markdown]
# ## 9. Levels it has never seen
#
# **The question.** The network has seen sigma 0.3 and 0.5. What does it do at other levels, down to nearly clean images?

# %% tags=["experiment"]
with lab.needs("add_gaussian_noise", "psnr", "training_pairs", "build_encoder", "build_decoder"):
    sigmas = sorted(noisy)
    before = np.array([quality(noisy[sigma]) for sigma in sigmas])
    after = np.array([quality(network[sigma]) for sigma in sigmas])
    unseen = [i for i, sigma in enumerate(sigmas) if sigma not in TRAINED_SIGMAS and sigma >= 0.2]
    figure, ax = plots.new_figure(
        title="Above the line it helps; nearly clean images it makes worse", height=3.6)
    plots.curves(ax, before, {"network": after, "identity": before}, points=True,
                 xlabel="PSNR of the noisy input, dB", ylabel="PSNR of the estimate, dB")
    seen = [sigmas.index(sigma) for sigma in TRAINED_SIGMAS]
    ax.scatter(before[seen], after[seen], s=140, facecolors="none", edgecolors="black",
               label="trained levels, numbers: sigma")
    plots.describe(ax, xlabel="PSNR of the noisy input, dB", ylabel="PSNR of the estimate, dB")
    for x, y, sigma in zip(before, after, sigmas):
        ax.annotate(f"{sigma}", (x, y), xytext=(0, 10), textcoords="offset points",
                    ha="center", fontsize=8)
    plots.show(figure, "PSNR of the network's estimate against PSNR of its noisy input, for "
                       "nine noise levels, two of them trained on, with the identity line. The "
                       "curve lies far above the line for strong noise, nears it for weak "
                       "noise, and falls below it for the weakest.")
    claims.add("unseen levels from 0.2 to 0.9: the smallest PSNR gain",
               (after - before)[unseen].min(), at_least=5, unit="dB")
    claims.add("nearly clean images, sigma 0.05: PSNR gain (a loss: the code can't hold all)",
               (after - before)[0], at_most=-1, unit="dB")

# %% [markdown]
# **The reading.** Between and beyond its two levels the network goes on working: it has learned what digits look like, not
# what sigma is. But the estimate is never better than what fits through the code; from some point on the noisy image is nearer. A denoiser for
# all levels is told sigma as a second input, or adds its input to its output; diffusion models do both.

# %% [markdown]
# ### Another kind of noise
#
# Now half of the pixels are erased. The network trained on Gaussian noise has never met that; a third network is trained on it.


# %% tags=["experiment"]
def masked_pairs(epoch):
    """Images with half of their pixels erased, and whole ones."""
    return add_masking_noise(train_images, 0.5, seed_of(epoch, 0)), train_images


with lab.needs("add_masking_noise", "psnr", "training_pairs", "build_encoder", "build_decoder"):
    holes = np.asarray(add_masking_noise(test_images, 0.5, seed_of(99_999, 2)), "float32")
    _, filler = trained(masked_pairs)
    stranger, filled = cleaned(autoencoder, holes), cleaned(filler, holes)
    rows = {"clean": test_images, "half of the pixels erased": holes,
            "network for Gaussian noise": stranger, "network for masking noise": filled}
    figure = plots.image_rows(
        {name: images[:12] for name, images in rows.items()}, height=3.9,
        title="Each network mends only the damage that it was trained on")
    plots.show(figure, "Four rows of twelve digits: clean, with half of the pixels black, from "
                       "the network trained on Gaussian noise, from the one trained on masking "
                       "noise. The third row is dim and torn; the fourth is close to the clean "
                       "digits.")
    claims.add("half of the pixels erased: PSNR gain of the network trained for it", at_least=6.5,
               value=quality(filled) - quality(holes), unit="dB")
    claims.add("half of the pixels erased: gain of training for it over training on Gaussian noise",
               quality(filled) - quality(stranger), at_least=5, unit="dB")

# %% [markdown]
# ## 10. Is the code good for anything else?
#
# **The question.** The encoder has never seen a label. Does its code make labels easier to learn? A *linear probe* answers:
# a linear classifier on ten labelled images of each class, on the code and, the same images, on the pixels.

# %% tags=["experiment"]
with lab.needs("training_pairs", "build_encoder", "build_decoder"):
    codes = [encoder.predict(images, batch_size=500, verbose=0)
             for images in (train_images, test_images)]
    features = {"code": codes, "pixels": (train_images, test_images)}
    accuracy = {name: [metrics.linear_probe((parts[0], train["label"]), (parts[1], test["label"]),
                                            per_class=count)
                       for count in progress(LABELS, "numbers of labels")]
                for name, parts in progress(features.items(), "features")}  # name: (counts, draws)
    accuracy = {name: np.array(values) for name, values in accuracy.items()}
    figure, ax = plots.new_figure(title="Labels go further on the code than on pixels", height=3)
    plots.curves(ax, LABELS, {f"linear classifier on {name}": values.mean(axis=1)
                              for name, values in accuracy.items()},
                 xlabel="labelled images per class", ylabel="test accuracy", points=True)
    ax.set_xticks(LABELS)
    plots.show(figure, "Test accuracy against labelled images per class, from five to twenty, "
                       "for linear classifiers on the code and on pixels: both rise, and the "
                       "one on the code is well above the other throughout.")
    ten = LABELS.index(10)
    claims.add("linear probe, 10 labels per class: accuracy on the code minus accuracy on pixels",
               (accuracy["code"] - accuracy["pixels"])[ten].mean(),
               at_least=settings.choose(quick=0.12, full=0.03))

# %% [markdown]
# ## 11. What a denoiser knows: the score
#
# **The question.** Add Gaussian noise to data with density $p$: the noisy points have a smoother density $p_\sigma$. The best denoiser in the
# sense of squared error gives the mean of all clean points that a noisy one may come from, and for it Tweedie's formula says
#
# $$\frac{E[x \mid \tilde x] - \tilde x}{\sigma^2} = \nabla_{\tilde x} \log p_\sigma(\tilde x)$$
#
# The right side is called the *score*: it points to where the data are denser. So whoever can denoise knows the slope of the
# log density, without ever having computed a density (Vincent 2011). Diffusion models are built on this.
#
# ### Question 7 (1 point): write `tweedie_score`
#
# <details><summary>Hint 1: where to look</summary>The left side of the formula: which of its letters do you have, and which of your arrays stands for the mean E?</details>
# <details><summary>Hint 2: what to think of</summary>The vector begins at the noisy point and ends at the denoised one. A score is one over a length, so a length is divided by a length squared.</details>
# <details><summary>Hint 3: nearly the code</summary><code>(... - noisy) / sigma**2</code>; try it on the docstring's example.</details>


# %%
def tweedie_score(noisy, denoised, sigma):
    """The score of the noisy data, read off a denoiser.

    Args:
        noisy, denoised: arrays (n, ...) of the same shape.
        sigma: float, standard deviation of the (unclipped) noise.

    Returns:
        array of the shape of noisy, the gradient of the log density at each noisy point. With
        sigma 0.5, from the point (1, 0) denoised to (0.9, 0.2): (-0.4, 0.8).
    """
    ### BEGIN SOLUTION
    return (denoised - noisy) / sigma**2
    ### END SOLUTION


# %%
lab.check("tweedie_score")
### BEGIN HIDDEN TESTS
lab.check("tweedie_score", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# We test it where the true score is known: points in the plane from a mixture of five normal distributions on a ring.
# With noise it is a mixture of five wider ones, and its score can be written down. A small dense network learns to
# denoise the points; it sees points only.

# %% tags=["experiment"]
SIGMA, SPREAD = 0.5, 0.3  # of the noise; of each of the five groups
angle = 2 * np.pi * np.arange(5) / 5
centres = 2 * np.stack([np.sin(angle), np.cos(angle)], axis=1)  # (5, 2)


def drawn_points(n, spread, seed):
    """Points of the mixture: (n, 2) float32."""
    rng = np.random.default_rng(seed)
    return (rng.choice(centres, n) + spread * rng.standard_normal((n, 2))).astype("float32")


def true_score(points):
    """Gradient of the log density of the noisy mixture, in closed form: (n, 2) -> (n, 2)."""
    variance = SPREAD**2 + SIGMA**2
    towards = centres - points[:, None]  # (n, 5, 2)
    weight = np.exp(-np.sum(towards**2, axis=-1) / (2 * variance))  # (n, 5)
    weight /= weight.sum(axis=1, keepdims=True)
    return np.sum(weight[..., None] * towards, axis=1) / variance


def add_noise(points, seed):
    """Noisy and clean points; `training.batches` gives every batch a seed of its own."""
    return points + SIGMA * tf.random.stateless_normal(tf.shape(points), seed), points


keras.utils.set_random_seed(settings.seed)
denoiser = keras.Sequential([keras.Input((2,)), keras.layers.Dense(64, "relu"),
                             keras.layers.Dense(64, "relu"), keras.layers.Dense(2)])
denoiser.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(5e-3, SCORE_STEPS)),
                 loss="mean_squared_error", steps_per_execution=50)
history = training.fit(denoiser, drawn_points(20_000, SPREAD, seed_of(0, 5)), batch=400,
                       augment=add_noise, seed=settings.seed, epochs=SCORE_STEPS // 50)

# %% tags=["experiment"]
with lab.needs("tweedie_score"):
    points = drawn_points(5_000, np.hypot(SPREAD, SIGMA), seed_of(0, 6))  # where noisy points are
    found = np.asarray(tweedie_score(points, denoiser.predict(points, verbose=0), SIGMA))
    true = true_score(points)
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(true, axis=1)
    cosine = np.sum(found * true, axis=1) / lengths
    claims.add("score from the denoiser and true score: mean cosine", cosine.mean(), at_least=0.99)
    claims.add("score from the denoiser: error over the true score, root mean square",
               np.sqrt(np.sum((found - true) ** 2) / np.sum(true**2)), at_most=0.15)

# %% tags=["experiment"]
with lab.needs("tweedie_score"):
    grid = np.stack(np.meshgrid(np.linspace(-3, 3, 19), np.linspace(-3, 3, 19)), axis=-1)
    grid = grid.reshape(-1, 2).astype("float32")
    fields = {"learned: (denoised - noisy) / sigma squared":
                  tweedie_score(grid, denoiser.predict(grid, verbose=0), SIGMA),
              "true: gradient of the log density": true_score(grid)}
    figure, panels = plots.new_figure(
        1, 2, title="A denoiser points uphill: its corrections are the score", height=4.2)
    for ax, (name, field) in zip(panels, fields.items()):
        ax.scatter(*drawn_points(1_000, SPREAD, 7).T, s=2, color=plots.PALETTE[4])
        ax.quiver(*grid.T, *np.asarray(field).T, color=plots.PALETTE[0], scale=90, width=0.004)
        ax.set_aspect("equal")
        plots.describe(ax, xlabel="first coordinate", ylabel="second coordinate", title=name)
    plots.show(figure, "Two fields of arrows over five clouds of points on a ring: read off "
                       "the trained denoiser, and computed from the density. In both, the "
                       "arrows lead to the nearest cloud and shrink between clouds; the fields "
                       "look alike.")

# %% [markdown]
# **The reading.** The directions agree, and so do the lengths. Without the division by $\sigma^2$ the cosine would be the same and the
# second claim would fail: that is why there are two.

# %% [markdown]
# ## 12. Claims
# What this notebook has measured, each number beside the bound that it must keep.

# %% tags=["experiment"]
with lab.needs("add_gaussian_noise", "add_masking_noise", "build_encoder", "build_decoder",
               "training_pairs", "psnr", "tweedie_score"):
    claims.table()

# %%
lab.score()

# %% [markdown]
# ### To think about
# 1. Train on pairs whose target is the same image with *other* noise, drawn independently and not clipped. What does the network
#    learn, and why is that useful where no clean images exist?
# 2. The median filter beats the Gaussian filter here. On noise that is not clipped it loses. Why? (Think of a black region.)
# 3. Why can the PSNR of an estimate not tell you whether the network drew the right digit? What would?

# %% [markdown] tags=["answer"]
# **Answers for teachers.**
# 1. The best answer to a target $x + \sigma z'$ with independent $z'$ is still the mean of $x$ given the input, because the noise has mean
#    zero: it learns to denoise without ever seeing a clean image (Lehtinen et al. 2018, Noise2Noise). With clipping
#    the noise is not centred any more and the result is as grey as in section 8.
# 2. In a black region half of the clipped noisy pixels are exactly 0 and the others above. Their mean is 0.4 sigma, a grey
#    ground that averaging only makes smoother; their median is about 0. The same holds at white. Without clipping the noise is
#    centred, and the mean of a window has the smaller variance. That most pixels are black or white, with edges that a median
#    keeps sharp, helps as well.
# 3. Two clean digits may be equally far from the truth in squared error, the one with a stroke slightly moved, the other with a
#    stroke missing that turns an 8 into a 3. A classifier's answer on the estimates, compared with the labels, would tell.

# %% [markdown]
# ### Sources
# - P. Vincent, H. Larochelle, Y. Bengio, P.-A. Manzagol, *Extracting and composing robust features with denoising
#   autoencoders*, ICML 2008, section 2.3 (masking noise).
# - P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio, P.-A. Manzagol, *Stacked denoising autoencoders*, JMLR 11, 2010, section 3.
# - P. Vincent, *A connection between score matching and denoising autoencoders*, Neural Computation 23(7), 2011.
# - B. Efron, *Tweedie's formula and selection bias*, Journal of the American Statistical Association 106, 2011, section 1.
# - J. Lehtinen et al., *Noise2Noise: learning image restoration without clean data*, ICML 2018.
# - Z. Wang, A. Bovik, H. Sheikh, E. Simoncelli, *Image quality assessment: from error visibility to structural similarity*, 2004.
#
# **Next:** [lecture 21](../notebooks/21_reconstruction_pretexts.ipynb), where other things than noise are to be undone; or [lecture 31](../notebooks/31_generative_networks.ipynb), where a decoder draws from random numbers.
