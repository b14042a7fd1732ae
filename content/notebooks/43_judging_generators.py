# ---
# jupyter:
#   course:
#     time_limit_s: 240
#     memory_limit_gb: 4
# ---

# %% [markdown]
# # 43: Judging generators
#
# A GAN has no likelihood, so papers compare generators by other numbers: distances between sets of features, precision and
# recall, distances to the nearest training image. Each of them answers one question and is blind to others. Whoever reads
# such a table has to know to which.
#
# **You will** train a generator that learns five images by heart and see when a test notices, look for real images among
# those that a generator can make, let averages of images beat the data by Parzen windows, and fool every measure that is
# used instead of a likelihood.
#
# | | |
# |---|---|
# | Time | about 35 minutes to read; runs in a minute on two cores |
# | Needs | no network, no GPU, 2.5 GB of memory |
# | Before | [42: The latent space of a GAN](42_latent_space_of_a_gan.ipynb), [Lab 4: DCGAN](../labs/lab4_dcgan.ipynb) |
#
# At the end you will have made this figure:
#
# ![Four rows of small images: real digits, slightly blurred; digits from a generator; and the latter twice more with changes that can hardly be seen.](../docs/figures/43_judging_generators.png)

# %%
from utils import runtime

# float32: the numbers of this lecture are compared from machine to machine.
settings = runtime.start(seed=0, precision="float32")

# %%
import keras
import numpy as np
import tensorflow as tf
from scipy.ndimage import gaussian_filter
from scipy.spatial.distance import cdist
from scipy.special import logsumexp
from sklearn.cluster import KMeans
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

from utils import gans, metrics, nets, plots, training
from utils.claims import Claims, show_numbers
from utils.data import load_arrays

claims = Claims("43_judging_generators")
rng = np.random.default_rng(settings.seed)

# %% [markdown]
# ### Settings

# %%
# Both profiles draw digits from fonts, whose factors are known. Images and networks are those of lecture 42.
IMAGES = settings.choose(quick=6_000, full=20_000)
SIDE = 12  # pixels
FILTERS = settings.choose(quick=16, full=24)  # of the convolutions with the largest maps
LATENTS = 32
BATCH = 64
RATE = 4e-3  # of Adam; high, as the networks are small and the runs short; falls along a cosine
STEPS = settings.choose(quick=1_000, full=6_000)  # for the generator that is judged
FEW_STEPS = settings.choose(quick=500, full=2_000)  # for one that learns five images by heart
COUNT = 2_000  # images in each set that is compared
CENTRES = settings.choose(quick=300, full=1_000)  # of the Parzen windows in section 2


# %%
def smaller(images):
    """28x28 in [0, 1] -> 12x12 in [-1, 1]: the black edge cut off, then means of 2x2 pixels."""
    blocks = images[:, 2:26, 2:26].reshape(-1, SIDE, 2, SIDE, 2, 1)
    return 2 * blocks.mean(axis=(2, 4)) - 1


train, test = (load_arrays("glyphs", split, count=count)
               for split, count in (("train", IMAGES), ("test", 2 * COUNT)))
train_images, test_images = smaller(train["image"]), smaller(test["image"])
reference, held_out = test_images[:COUNT], test_images[COUNT:]
print("Training images:", train_images.shape, "- test images:", test_images.shape)

# %% [markdown]
# Three networks are needed: a classifier of digits, whose features serve the measures, as in lab 4; a *reader*, which does not name the
# digit but reads its slant, weight, size and position, for a second opinion; and the generator to be judged, trained as in lecture 42.

# %%
def new_network(outputs, targets, loss):
    """A small convolutional network trained on the images: (network, its features)."""
    keras.utils.set_random_seed(settings.seed)
    network, features = nets.build_classifier(outputs, train_images.shape[1:])
    network.compile(optimizer=keras.optimizers.Adam(3e-3), loss=loss)
    training.fit(network, (train_images, targets), batch=64, epochs=3, seed=settings.seed)
    return network, features


def apply(network, inputs):
    """What a network makes of many images or latents, as an array."""
    return network.predict(np.asarray(inputs, "float32"), batch_size=500, verbose=0)


factors = np.stack([train[name] for name in ("slant", "weight", "scale", "x", "y")], axis=1)
factors = (factors - factors.mean(axis=0)) / factors.std(axis=0)
cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
classifier, digit_features = new_network(10, train["label"], cross_entropy)
factor_features = new_network(factors.shape[1], factors, "mse")[1]
claims.add("classifier: accuracy on held-out images",
           np.mean(apply(classifier, test_images).argmax(axis=1) == test["label"]),
           at_least=0.97)


# %%
def trained_on(images, steps):
    """A generator with all guidelines of the DCGAN, trained on these images."""
    keras.utils.set_random_seed(settings.seed)
    pair = gans.build_generator(SIDE, LATENTS, FILTERS), gans.build_discriminator(SIDE, FILTERS)
    return gans.train(pair, images, steps, rate=RATE, batch=BATCH, seed=settings.seed)


latents = rng.standard_normal((COUNT, LATENTS)).astype("float32")
generator = trained_on(train_images, STEPS)
generated = apply(generator, latents)

# %% [markdown]
# ## 1. A generator that learns by heart
#
# **The question.** Did it draw these images, or copy them? Lab 4 compared the distance of generated images to the nearest
# training image with that of held-out images. Does this test notice a copyist? We train one: the same networks, on five images.
# As a number for the test we take how often a generated image is nearer to the training images than a held-out one is (an AUROC): one half says
# that both are equally near, 1 that every generated image is nearer.

# %%
five = train_images[[np.flatnonzero(train["label"] == digit)[0] for digit in range(5)]]
copyist = trained_on(five, FEW_STEPS)
recited = apply(copyist, latents)


def rows(images):
    return np.reshape(np.asarray(images, "float32"), (len(images), -1))


def nearest(images, others):
    """Distance to the nearest of the others, and its place; both (n,)."""
    finder = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(rows(others))
    distances, places = finder.kneighbors(rows(images))
    return distances[:, 0], places[:, 0]


def nearer(images, new, known):
    """How often one of the images is nearer to the known ones than a new one is, 0 to 1."""
    distances = [nearest(each, known)[0] for each in (images, new)]
    return roc_auc_score(np.repeat([1, 0], [len(images), len(new)]), -np.concatenate(distances))


new = held_out[:500]
learned = {"five images": nearer(recited[:500], new, five),
           f"{IMAGES:,} images": nearer(generated[:500], new, train_images)}
show_numbers({name: [value] for name, value in learned.items()},
             ["nearer than a held-out image"], first="generator trained on")
claims.add("copyist: share of pairs in which its image is nearer than a held-out one",
           learned["five images"], at_least=0.93)
claims.add("trained on many: the same", learned[f"{IMAGES:,} images"], at_most=0.3)

# %%
figure = plots.image_rows({"of the five images": recited[:16],
                           "the nearest of the five": five[nearest(recited[:16], five)[1]],
                           "of many images": generated[:16],
                           "the nearest of the many": train_images[nearest(generated[:16],
                                                                           train_images)[1]]},
                          height=3.4, limits=(-1, 1),
                          title="Above what was drawn, below the nearest training image")
plots.show(figure, "Four rows of small images. What was learned from five images "
                   "looks like its nearest training images, with stains; what "
                   "was learned from many is rougher than its nearest training "
                   "image and differs from it.")

# %% [markdown]
# **The reading.** The copyist is caught. The other value is far below one half, and that isn't innocence: our small generator draws rougher images than
# real ones, and a rough image is far from *everything*, its model included. The test finds good copies only.
#
# How good do they have to be? We make copies ourselves: exact, moved by one or two pixels of the original 28x28, and paler. And we
# measure distance in four ways: between pixels; between features of the classifier; between the sizes of the
# images' Fourier coefficients, which do not depend on where something stands; between pixels after the best of nine shifts.

# %%
def spectrum(images):
    """Sizes of the Fourier coefficients."""
    return np.abs(np.fft.rfft2(np.asarray(images)[..., 0]))


def all_shifts(images):
    """The images, and moved by one pixel in all eight directions."""
    return np.concatenate([np.roll(images, (down, right), (1, 2))
                           for down in (-1, 0, 1) for right in (-1, 0, 1)])


known, originals = train_images[:2000], train["image"][:500]
copies = {"exact": smaller(originals), "moved by one pixel": smaller(np.roll(originals, 1, 2)),
          "moved by two pixels": smaller(np.roll(originals, 2, 2)),
          "paler": smaller(0.8 * originals)}
views = {"pixels": lambda images: images,
         "features": lambda images: apply(digit_features, images),
         "Fourier coefficients": spectrum}
caught = {name: [nearer(view(images), view(new), view(known)) for view in views.values()]
          + [nearer(images, new, all_shifts(known))] for name, images in copies.items()}
show_numbers(caught, [*views, "pixels, best shift"],
             first="nearer than a held-out image: copies")
claims.add("exact copies are nearer than held-out images: pixels", caught["exact"][0],
           at_least=0.99)
claims.add("copies moved by two pixels: pixels", caught["moved by two pixels"][0], at_most=0.5)
claims.add("copies moved by two pixels: features of the classifier",
           caught["moved by two pixels"][1], at_most=0.6)
claims.add("copies moved by two pixels: Fourier coefficients", caught["moved by two pixels"][2],
           at_least=0.97)
claims.add("paler copies: Fourier coefficients", caught["paler"][2], at_most=0.6)

# %% [markdown]
# **The reading.** A copy moved by two pixels, which nobody would see, is farther away than a new image, and passes. Features do not help by
# being features: those of a network that was never asked to overlook a shift do not overlook it. A distance that was *made* not to see shifts
# finds every such copy, and then misses the paler ones. So a test for copies is a list of the changes that still count as a copy; someone has to write it.
#
# ## 2. Numbers in place of a likelihood
#
# **The question.** For a VAE we could bound $\ln p(x)$ of held-out images. Why not here? The generator maps 32 numbers to
# 144 (quick profile). What it can draw is a sheet of 32 dimensions, as in lecture 31 one number gave a line. The sheet has no
# volume: there is no density, and a real image that is not exactly on the sheet has likelihood 0. Are they on it? We look for the latent whose image comes nearest, by gradient descent from the nearest of our 2,000 draws. New images of the generator itself show
# how well the search works.

# %%
def distance_to_sheet(images, steps=150):
    """Distance of each image to the nearest one that the generator was found to draw, (n,)."""
    z, target = tf.Variable(latents[nearest(images, generated)[1]]), tf.constant(images)
    optimizer = keras.optimizers.Adam(0.1)
    optimizer.build([z])

    @tf.function
    def search():
        for _ in tf.range(steps):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum((generator(z, training=False) - target)**2)
            optimizer.apply(tape.gradient(loss, [z]), [z])

    search()
    return np.linalg.norm(rows(generator(z, training=False) - target), axis=1)


other_latents = rng.standard_normal((100, LATENTS))
from_sheet = {"generated, new": distance_to_sheet(apply(generator, other_latents)),
              "held-out images": distance_to_sheet(held_out[:100])}
show_numbers({name: np.quantile(each, [0, 0.5]) for name, each in from_sheet.items()},
             ["smallest of 100", "median"], first="distance to the generator's sheet")
claims.add("smallest distance to the sheet: held-out images over median of generated ones",
           from_sheet["held-out images"].min() / np.median(from_sheet["generated, new"]),
           at_least=1)

# %% [markdown]
# As far as the search can tell, not one of them is on the sheet. So the likelihood of each
# is 0, and that says nothing about how good the images are.
#
# ### Parzen windows
# Goodfellow and others (2014, section 5) gave it a density all the same: put a Gaussian of width $\sigma$ on each of $n$ samples, choose $\sigma$ on
# validation images, and report $\ln p$ of test images:
#
# $$p(x) = \frac{1}{n} \sum_{i=1}^{n} \mathcal{N}(x;\; x_i, \sigma^2 I)$$
#
# No generator can draw better images than the data themselves. So real images as samples ought to win. Theis and others (2016) let others
# compete; we do the same, with as many samples for each.

# %%
def parzen(samples, images, width):
    """Mean ln p of images under Gaussians on the samples, in nats per image."""
    squares = cdist(rows(images), samples, "sqeuclidean")
    logs = logsumexp(-squares / (2 * width**2), axis=1) - np.log(len(samples))
    return np.mean(logs) - SIDE**2 * np.log(width * np.sqrt(2 * np.pi))


means = KMeans(CENTRES, n_init=1, max_iter=5, random_state=settings.seed)
means.fit(rows(train_images[:3000]))
contestants = {"real images": rows(train_images[:CENTRES]), "k-means": means.cluster_centers_,
               "generator": rows(generated[:CENTRES]), "copyist": rows(recited[:CENTRES])}
WIDTHS = np.geomspace(0.12, 1, 12)
validation, tested = held_out[:700], held_out[700:1400]
curves = {name: [parzen(samples, validation, width) for width in WIDTHS]
          for name, samples in contestants.items()}
reported = {name: parzen(contestants[name], tested, WIDTHS[np.argmax(curve)])
            for name, curve in curves.items()}

# %%
figure, ax = plots.new_figure(height=3,
                              title="By Parzen windows, blurred averages beat the data")
plots.curves(ax, WIDTHS, curves, log="x", points=True, xlabel="width of the windows",
             ylabel="ln p, nats per image")
best = max(map(max, curves.values()))
ax.set_ylim(best - 150, best + 15)
ax.set_xticks([0.125, 0.25, 0.5, 1], [0.125, 0.25, 0.5, 1])
ax.minorticks_off()
plots.show(figure, "Log density of validation images against the width of the "
                   "windows, a curve for each contestant. All have a hill; that "
                   "of k-means is the highest, above that of real images; the "
                   "generator and the copyist lie below.")
figure = plots.image_rows({name: samples[:20].reshape(-1, SIDE, SIDE)
                           for name, samples in contestants.items()},
                          height=3.4, limits=(-1, 1),
                          title="What the windows stand on")
plots.show(figure, "Rows of small images: sharp real digits, blurred means of "
                   "several digits, and what both generators draw.")
show_numbers({name: [value] for name, value in reported.items()}, ["nats per test image"],
             first="Parzen windows on")
claims.add("Parzen windows: k-means above real images", at_least=10,
           value=reported["k-means"] - reported["real images"], unit="nats",
           published="313 against 243, nats", source="Theis et al. 2016, table 1 (MNIST)")

# %% [markdown]
# **The reading.** Averages win against the data, so the number is no measure of a model's images. In so many dimensions a few hundred samples are
# never near a test image, the best width is wide, and then the best place for a window is between images, not on one.
#
# ## 3. Fooling the measures
#
# **The question.** What is used instead compares sets of features: those of real images, with mean $\mu_r$ and covariance $\Sigma_r$, and those
# of generated ones, with $\mu_g$ and $\Sigma_g$.
# - The **Fréchet distance** takes both sets for Gaussian: $|\mu_r - \mu_g|^2 + \mathrm{tr}\big(\Sigma_r + \Sigma_g - 2 (\Sigma_r \Sigma_g)^{1/2}\big)$.
# - The **kernel distance** is the squared maximum mean discrepancy $\mathbb{E}[k(r, r')] + \mathbb{E}[k(g, g')] - 2\, \mathbb{E}[k(r, g)]$ with the
#   kernel $k(a, b) = (a \cdot b / d + 1)^3$ of features with $d$ dimensions.
# - **Precision** and **recall**: lay a ball around each real feature, as wide as the distance to its third nearest real neighbour. Precision is
#   the share of generated images in one of these balls, recall the share of real images in the balls of the generated ones.
#
# **The experiment.** We show them sets that we made to be wrong. A last column has the Fréchet distance of features of the *other*
# network, the reader.

# %%
def repeated(wanted):
    """COUNT of the training images for which a condition holds, with repeats."""
    return train_images[rng.choice(np.flatnonzero(wanted), COUNT)]


def tuned(images, most, steps=10):
    """The images, no pixel changed by more than `most`, with features more like real ones."""
    start, features = tf.constant(images), apply(digit_features, reference)
    mean, covariance = (tf.constant(each, "float32") for each in
                        (features.mean(axis=0), np.cov(features.T)))

    @tf.function
    def better(images):
        with tf.GradientTape() as tape:
            tape.watch(images)
            found = digit_features(images)
            off = found - tf.reduce_mean(found, axis=0)
            apart = tf.matmul(off, off, transpose_a=True) / len(images) - covariance
            loss = tf.reduce_sum((tf.reduce_mean(found, axis=0) - mean)**2) + tf.norm(apart)
        step = most / 4 * tf.sign(tape.gradient(loss, images))
        return tf.clip_by_value(images - step, start - most, start + most)

    images = start
    for _ in range(steps):
        images = better(images)
    return images.numpy()


# %%
def all_measures(images):
    """Frechet and kernel distance, precision, recall; Frechet distance, reader's features."""
    both = apply(digit_features, reference), apply(digit_features, images)
    other = apply(factor_features, images), apply(factor_features, reference)
    return (metrics.frechet_distance(*both), metrics.kernel_distance(*both[::-1]),
            *metrics.precision_recall(*both), metrics.frechet_distance(*other))


# %% tags=["cover"]
MOST = 0.05  # of the range from -1 to 1: one part in forty
coin = rng.choice([-MOST, MOST], generated.shape).astype("float32")
shown = {"real, held-out": held_out,
         "copies of training images": train_images[:COUNT],
         "real, one digit only": repeated(train["label"] == 3),
         "real, one font only": repeated(train["font"] == 0),
         "real, slightly blurred": gaussian_filter(held_out, (0, 0.5, 0.5, 0)),
         "generated": generated,
         "generated, changed at random": generated + coin,
         "generated, changed on purpose": tuned(generated, MOST)}
table = {name: all_measures(images) for name, images in shown.items()}
show_numbers(table, ["Frechet", "kernel", "precision", "recall", "Frechet, reader's features"],
             first="images")
figure = plots.image_rows({name: shown[name][:20] for name in list(shown)[4:]}, height=3.4,
                          limits=(-1, 1), title="Spot the difference")
plots.show(figure, "Four rows of small images: blurred real digits, generated "
                   "ones, and the same twice with changes that can hardly be "
                   "seen.")

# %%
real, copied, one_digit, one_font, blurred, plain, random_change, on_purpose = table.values()
claims.add("copies of training images: Frechet distance over that of held-out ones",
           copied[0] / real[0], at_most=1.4)
claims.add("one digit only: precision over that of held-out images", one_digit[2] / real[2],
           at_least=0.9)
claims.add("one digit only: recall", one_digit[3], at_most=0.2)
claims.add("one digit only: Frechet distance over that of generated images, digits' features",
           one_digit[0] / plain[0], at_least=5)
claims.add("the same, over that by the reader's features", at_least=4,
           value=one_digit[0] / plain[0] / (one_digit[4] / plain[4]))
claims.add("slightly blurred: Frechet distance over that of the generated images",
           blurred[0] / plain[0], at_least=2)
claims.add("slightly blurred: precision", blurred[2], at_least=0.7)
claims.add("generated, changed on purpose: Frechet distance over that of the unchanged",
           on_purpose[0] / plain[0], at_most=0.5)
claims.add("generated, changed at random: the same", random_change[0] / plain[0], at_least=0.85)
claims.add("generated, changed on purpose: precision minus that of the unchanged",
           on_purpose[2] - plain[2], at_most=0.1)

# %% [markdown]
# **The reading.** Every measure has a row that it gets wrong.
# - *Copies* are perfect for all of them. Only the test of section 1 can object.
# - *One digit only* has a precision as good as real images. Recall and the digits' features see what is missing. To the
#   features of the reader it is far less of a fault: it was never asked which digit it sees. A measure sees what its network was trained to see.
# - *A little blur*: by the Frechet distance it is many times worse than our stained generator, by precision nearly perfect.
# - *Changed on purpose*: a change that nobody sees takes most of the Frechet distance away, and not one image has become
#   better. Precision does not move. Whoever tunes long enough against one number gets that number.
#
# So: several measures, samples to look at, nearest neighbours, and the network and the number of images stated.
#
# ## 4. How many images?
# Two sets of *real* images, of different sizes. The true distance is 0.

# %%
SIZES = [50, 100, 200, 500, 1000]
real_features = apply(digit_features, held_out), apply(digit_features, reference)
by_size = {"Frechet distance": [], "kernel distance": []}
for size in SIZES:
    pairs = [[each[rng.choice(COUNT, size, replace=False)] for each in real_features]
             for _ in range(20)]
    for measure, function in zip(by_size, (metrics.frechet_distance, metrics.kernel_distance)):
        by_size[measure].append([function(*pair) for pair in pairs])
figure, panels = plots.new_figure(
    1, 2, height=2.8,
    title="With few images the Frechet distance is too large, and the kernel distance noisy")
for ax, (measure, values) in zip(panels, by_size.items()):
    ax.errorbar(SIZES, np.mean(values, axis=1), np.std(values, axis=1), marker="o", capsize=3)
    ax.axhline(0, color="black", linewidth=1, linestyle=":")
    ax.set(xscale="log")
    ax.set_xticks(SIZES, SIZES)
    ax.minorticks_off()
    plots.describe(ax, xlabel="images in each set", ylabel=measure)
plots.show(figure, "Mean and spread over twenty pairs of real sets against their "
                   "size. Left, the Frechet distance falls towards 0 from far "
                   "above. Right, the kernel distance scatters around 0, less "
                   "and less.")

# %%
frechet_values, kernel_values = (np.array(each) for each in by_size.values())
errors = np.abs(kernel_values.mean(axis=1)) / kernel_values.std(axis=1) * np.sqrt(20)
show_numbers({size: [f.mean(), f.std(), k.mean(), k.std()]
              for size, f, k in zip(SIZES, frechet_values, kernel_values)},
             ["Frechet, mean of 20", "standard deviation", "kernel, mean of 20",
              "standard deviation"],
             first="real images against real ones")
claims.add("Frechet distance of real images: 100 in each set over 1,000",
           frechet_values[1].mean() / frechet_values[4].mean(), at_least=4)
claims.add("Frechet distance of 100 real images over that of our 2,000 generated ones",
           frechet_values[1].mean() / plain[0], at_least=1)
claims.add("kernel distance of 50 real images: mean from 0, in standard errors", errors[0],
           at_most=3.5)

# %% [markdown]
# **The reading.** A hundred real images look worse than two thousand of our generator's: most of that is bias, as a covariance of 64 features
# can't be had from a hundred images. The kernel distance has no bias, and pays with scatter. Neither may be compared
# between papers that used other numbers of images.
#
# ## 5. Claims

# %%
claims.table()

# %% [markdown]
# ### Change this and look
# Let `tuned` change the real images of *slightly blurred* instead of the generated ones. How much of their Fréchet distance goes away, and do
# they look sharper?
#
# ### To think about
# 1. A colleague trains on 1,000 images, draws 1,000, and reports a Fréchet distance near 0 against the training images and precision and
#    recall of 1. What do you ask for?
#
# <details><summary>Answer</summary>The distances against held-out images, and nearest neighbours, pixel by pixel and after alignment. A list of the training images would have scored the same.</details>
#
# 2. Why does real data lose against k-means by Parzen windows, and would it lose with as many samples as one likes?
#
# <details><summary>Answer</summary>With few samples the nearest one is far, and an average is nearer to a typical test image than a single image is. With ever more samples the width could shrink and real images would win, but the number needed grows exponentially with the dimension.</details>
#
# 3. Two papers report Fréchet distances of 9, measured with 10,000 images, and of 8, measured with 50,000. Which generator is better?
#
# <details><summary>Answer</summary>Nobody can say: the bias makes the distance larger where there are fewer images. The first may well be the better one.</details>
#
# ### Sources
# - I. Goodfellow and others, *Generative adversarial nets*, NeurIPS 2014, section 5; L. Theis, A. van den Oord, M. Bethge, *A note on
#   the evaluation of generative models*, ICLR 2016, section 3: Parzen windows and what is wrong with them.
# - M. Heusel and others, NeurIPS 2017; M. Bińkowski and others, ICLR 2018: Fréchet and kernel distance, and the bias of the former.
# - T. Kynkäänniemi and others, *Improved precision and recall metric for assessing generative models*, NeurIPS 2019.
# - M. Arjovsky, L. Bottou, *Towards principled methods for training generative adversarial networks*, ICLR 2017, section 2: why there is no density.
#
# **Next:** [51: Image translation](51_image_translation.ipynb), where a generator gets a picture instead of random numbers, and its true
# answer is known. (Lectures on other losses and on conditions, 44 to 46, are in preparation.)
