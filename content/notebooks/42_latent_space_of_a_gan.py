# ---
# jupyter:
#   course:
#     time_limit_s: 240
#     memory_limit_gb: 4
# ---

# %% [markdown]
# # 42: The latent space of a GAN
#
# Lab 4 trained a DCGAN and used it. Here we ask why it works and what its latents mean. Digits drawn from fonts, whose slant, size
# and position we know, let us measure what the papers show in pictures.
#
# **You will** switch off the guidelines of the DCGAN one at a time, make latents shorter and longer, find the directions that
# slant, move and enlarge a digit, and compute how many latents one has to average.
#
# | | |
# |---|---|
# | Time | about 30 minutes to read; runs in a minute on two cores |
# | Needs | no network, no GPU, 2 GB of memory |
# | Before | [Lab 4: DCGAN](../labs/lab4_dcgan.ipynb), [41: Adversarial training](41_adversarial_training.ipynb) |
# | After | [43: Judging generators](43_judging_generators.ipynb) |
#
# At the end you will have made this figure:
#
# ![Five rows of small images, each with two walks that begin left. From left to right the digits lean further to the right in the first row, get bolder, larger, move to the right and move down in the others; in some walks they turn into other digits.](../docs/figures/42_latent_space_of_a_gan.png)

# %%
from utils import runtime

# float32: the numbers of this lecture are compared from machine to machine.
settings = runtime.start(seed=0, precision="float32")

# %%
import keras
import numpy as np
from scipy.stats import chi2
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

from utils import gans, metrics, nets, plots, training
from utils.claims import Claims, show_numbers
from utils.data import load_arrays

claims = Claims("42_latent_space_of_a_gan")
rng = np.random.default_rng(settings.seed)

# %% [markdown]
# ### Settings

# %%
# Both profiles draw digits from fonts, as section 3 needs their known factors.
IMAGES = settings.choose(quick=6_000, full=20_000)
SIDE = 12  # pixels
FILTERS = settings.choose(quick=16, full=24)  # of the convolutions with the largest maps
LATENTS = 32
BATCH = 64
RATE = 4e-3  # of Adam; high, as the networks are small and the runs short; falls along a cosine
GUIDELINE_STEPS = settings.choose(quick=300, full=1_500)  # for each variant of section 1
STEPS = settings.choose(quick=1_000, full=6_000)  # for the generator of sections 2 and 3
COUNT = 2_000  # images in each set that is compared


# %%
def smaller(images):
    """28x28 in [0, 1] -> 12x12 in [-1, 1]: the black edge cut off, then means of 2x2 pixels."""
    blocks = images[:, 2:26, 2:26].reshape(-1, SIDE, 2, SIDE, 2, 1)
    return 2 * blocks.mean(axis=(2, 4)) - 1


train, test = (load_arrays("glyphs", split, count=count)
               for split, count in (("train", IMAGES), ("test", 2 * COUNT)))
train_images, test_images = smaller(train["image"]), smaller(test["image"])
reference = test_images[:COUNT]
print("Training images:", train_images.shape, "- test images:", test_images.shape)

# %% [markdown]
# ## 1. The guidelines, one at a time
#
# **The question.** Radford and others (2016, section 3) gave five guidelines, found by trying many networks:
# strides instead of pooling and upsampling; batch normalization in both networks, but not at the generator's output and the
# discriminator's input; no hidden dense layers; ReLU in the generator with tanh at its end; LeakyReLU in the discriminator.
# Section 4 adds Adam with $\beta_1 = 0.5$ and weights that start as draws of $\mathcal{N}(0, 0.02^2)$. What is each
# worth? We switch them off one at a time, and change nothing else.
#
# The price is measured as in lab 4, by the Frechet distance between features of 2,000 generated and 2,000 held-out
# images. The features come from a small classifier of digits. We train a second one of its kind, which
# doesn't name the digit but reads its slant, weight, size and place. Section 3 needs it, and lecture 43 will ask
# whether both networks agree.


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


FACTORS = ["slant", "weight", "scale", "x", "y"]
factors, test_factors = (np.stack([part[name] for name in FACTORS], axis=1)
                         for part in (train, test))
centre, spread = factors.mean(axis=0), factors.std(axis=0)  # so that 1 is a standard deviation
cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
classifier, digit_features = new_network(10, train["label"], cross_entropy)
reader, factor_features = new_network(len(FACTORS), (factors - centre) / spread, "mse")


# %%
def digits_of(images):
    """The digit that the classifier takes each image for."""
    return apply(classifier, images).argmax(axis=1)


def frechet(images, features=digit_features):
    """Frechet distance from the reference images."""
    return metrics.frechet_distance(apply(features, images), apply(features, reference))


read_well = r2_score((test_factors - centre) / spread, apply(reader, test_images),
                     multioutput="raw_values")
claims.add("classifier: accuracy on held-out images",
           np.mean(digits_of(test_images) == test["label"]), at_least=0.97)
claims.add("reader: explained share of a held-out factor's variance, the smallest of five",
           min(read_well), at_least=0.75)

# %% [markdown]
# The networks of `utils/gans.py` are smaller than lab 4's and have a switch for each guideline. `gans.train` is Algorithm 1 with one
# step of each network in turn.
#
# **The experiment.** All variants from one seed, with the same real images and the same latents in every step, and the same 2,000 latents at the end.

# %%
none = {"hidden_norm": False}
VARIANTS = {  # options of the generator, of the discriminator, of the training
    "all guidelines": ({}, {}, {}),
    "generator without batch norm": (none, {}, {}),
    "discriminator without batch norm": ({}, none, {}),
    "batch norm at output and input, too": ({"edge_norm": True}, {"edge_norm": True}, {}),
    "ReLU in the discriminator": ({}, {"slope": 0.0}, {}),
    "upsampling and pooling": ({"strides": False}, {"strides": False}, {}),
    "hidden dense layers": ({"dense": True}, {"dense": True}, {}),
    "sigmoid, images in [0, 1]": ({"output": "sigmoid"}, {}, {}),
    "beta_1 = 0.9": ({}, {}, {"beta_1": 0.9}),
    "Keras's own initial weights": ({"start": lambda: "glorot_uniform"},
                                    {"start": lambda: "glorot_uniform"}, {}),
}
latents = rng.standard_normal((COUNT, LATENTS)).astype("float32")
drawings, price = {}, {}
for name, (generator_options, discriminator_options, options) in VARIANTS.items():
    keras.utils.set_random_seed(settings.seed)
    pair = (gans.build_generator(SIDE, LATENTS, FILTERS, **generator_options),
            gans.build_discriminator(SIDE, FILTERS, **discriminator_options))
    low = 0 if "output" in generator_options else -1  # the range of a sigmoid's images
    images = train_images if low else (train_images + 1) / 2
    trained = gans.train(pair, images, GUIDELINE_STEPS, rate=RATE, batch=BATCH,
                         seed=settings.seed, **options)
    drawn = apply(trained, latents)
    drawings[name] = drawn if low else 2 * drawn - 1
    price[name] = frechet(drawings[name])

# %%
figure, ax = plots.new_figure(height=3.4,
                              title="What each guideline is worth, in a short training")
ax.plot(list(price.values()), list(price), "o", color=plots.PALETTE[0])
ax.axvline(price["all guidelines"], color="black", linewidth=1, linestyle=":")
ax.set(xscale="log")
marks = [each for each in (3, 5, 10, 20, 50, 100, 200, 500) if each > min(price.values())]
ax.set_xticks(marks, marks)
ax.minorticks_off()
ax.invert_yaxis()
plots.describe(ax, xlabel="Frechet distance from held-out images (logarithmic)",
               ylabel="switched off or changed")
plots.show(figure, "A point for each variant on a logarithmic axis of Frechet "
                   "distance, with a dotted line at the training by all "
                   "guidelines. Far to the right: beta 0.9, batch normalization "
                   "at the edges, and the discriminator without it. The others "
                   "are nearer to the line, on both sides.")

# %%
chosen = [*list(VARIANTS)[:4], "upsampling and pooling", "beta_1 = 0.9"]
figure = plots.image_rows({name: drawings[name][:24] for name in chosen}, limits=(-1, 1),
                          title="From digits to stains: the same latents, other guidelines",
                          height=4.2)
plots.show(figure, "Rows of small images: rough digits with all guidelines; "
                   "broken or fainter ones where batch normalization is missing "
                   "or stands at the edges; digits with upsampling and pooling; "
                   "the same stain again and again with beta 0.9.")
show_numbers({name: [value, value / price["all guidelines"]] for name, value in price.items()},
             ["Frechet distance", "over that of all guidelines"],
             first="switched off or changed")
cost = {name: value / price["all guidelines"] for name, value in price.items()}
claims.add("discriminator without batch norm: Frechet distance over that of all guidelines",
           cost["discriminator without batch norm"], at_least=1.3)
claims.add("batch norm at output and input, too: the same",
           cost["batch norm at output and input, too"], at_least=1.3)
claims.add("beta_1 = 0.9: the same", cost["beta_1 = 0.9"], at_least=3)
claims.add("sigmoid, images in [0, 1]: the same", cost["sigmoid, images in [0, 1]"],
           at_most=1.1)
claims.add("upsampling and pooling: the same", cost["upsampling and pooling"], at_most=1.1)

# %% [markdown]
# **The reading.** Three things cost much, in each of the four seeds in `docs/results.md`. With $\beta_1 = 0.9$ Adam
# remembers its last ten gradients, and in a game those come from an opponent who is somewhere else by now: one stain is all that is left. A
# discriminator without batch normalization is worse by a factor between 1.7 and 7. And batch normalization at the edges hurts; the extra runs in
# `docs/results.md` show that nearly all of it comes from the *generator's* output. There it forces the mean and spread of a batch on
# pictures that are mostly black. A generator without batch normalization pays, too, but less.
#
# Other guidelines cost little or nothing here, and some are better switched off: a ReLU in the discriminator, upsampling and pooling, a
# sigmoid, larger initial weights. Hidden dense layers do well in most runs and fail altogether in a few. Is that a matter of the short training? With 1,200 steps the sigmoid's gain was nearly gone, and upsampling with
# pooling was one and a half times as far from the data as the guidelines, in both seeds measured. With more filters, images and
# steps, in the profile *full*, both were ahead again. So for these we can only say that at this size it does not
# matter much. The guidelines were found for deep networks and long trainings on photographs. A check on small images, such as this one, can
# confirm a cost, and can't show that there is none.
#
# ## 2. How long is a latent?
#
# **The question.** A draw of $\mathcal{N}(0, I)$ in $d$ dimensions has a squared length that follows the $\chi^2$ distribution: mean $d$,
# standard deviation $\sqrt{2d}$. So its length over $\sqrt{d}$ is near 1, the nearer the larger $d$. The middle of a straight line
# between two draws, $(z_0 + z_1) / 2$, is normal, too, with covariance $I / 2$: its length is near $\sqrt{d/2}$, for every $d$.
# How unusual is that?

# %%
figure, panels = plots.new_figure(
    1, 3, height=2.6, sharex=True,
    title="In many dimensions the middle of a line is where hardly any draw is")
shorter = {}
for ax, size in zip(panels, (2, LATENTS, 100)):
    ends = rng.standard_normal((2, 20_000, size))
    lengths = [np.linalg.norm(each, axis=1) / np.sqrt(size)
               for each in (ends[0], ends.mean(axis=0))]
    for number, (name, length) in enumerate(zip(("draws", "middle of lines"), lengths)):
        ax.hist(length, bins=np.linspace(0, 2.5, 60), color=plots.PALETTE[number], alpha=0.7,
                density=True, label=name)
    plots.describe(ax, xlabel="length / root of d", ylabel="density", title=f"d = {size}")
    if size < 100:
        ax.get_legend().remove()
    shorter[size] = (np.mean(lengths[0] < np.median(lengths[1])),
                     chi2.cdf(chi2.median(size) / 2, size))
plots.show(figure, "Three panels, for 2, 32 and 100 dimensions: distributions of "
                   "the lengths of draws and of middles of lines. They overlap "
                   "in two dimensions, hardly in 32, and not at all in 100.")
show_numbers(shorter, ["share of 20,000 draws", "chi-square: below half the median"],
             first="dimensions: draws shorter than the middle of a line")


# %% [markdown]
# **The experiment.** Does the generator mind? We multiply all latents by a number $s$; at $s = \sqrt{1/2}$ they are
# what the middles of straight lines are. One distance says that something is wrong, but not what. So besides the
# Frechet distance we need two more numbers (Kynkaanniemi and others 2019). Lay a ball around
# the features of every real image, as wide as the distance to its third nearest real neighbour: together the balls are
# the region of real images. *Precision* is the share of generated images that lie in it. *Recall* is the share of
# real images that lie in the region of the generated ones, made in the same way. Low precision: some images look
# wrong. Low recall: something real is never drawn.

# %%
def measured(images, features=digit_features):
    """Frechet distance, precision and recall against the reference images."""
    both = apply(features, reference), apply(features, images)
    return metrics.frechet_distance(*both), *metrics.precision_recall(*both)


keras.utils.set_random_seed(settings.seed)
pair = gans.build_generator(SIDE, LATENTS, FILTERS), gans.build_discriminator(SIDE, FILTERS)
generator = gans.train(pair, train_images, STEPS, rate=RATE, batch=BATCH, seed=settings.seed)
generated = apply(generator, latents)
KNOB = [0.25, 0.5, 0.707, 1, 1.5, 2]
by_length = {s: measured(apply(generator, s * latents)) for s in KNOB}

# %%
figure, (left, right) = plots.new_figure(
    1, 2, height=3, title="Shorter latents: more images that look real, fewer kinds of them")
values = np.array(list(by_length.values()))
plots.curves(left, KNOB, {"precision": values[:, 1], "recall": values[:, 2]}, points=True,
             xlabel="latents times", ylabel="share")
left.legend(frameon=False, fontsize=8)
plots.curves(right, KNOB, {"": values[:, 0]}, points=True, xlabel="latents times", log="y",
             ylabel="Frechet distance")
plots.show(figure, "Left, against the factor of the latents: precision falls "
                   "from one half on, recall rises up to one and a bit and falls "
                   "slowly. Right: the Frechet distance has its minimum at one.")
figure = plots.image_rows({f"times {s:g}": apply(generator, s * latents[:20])
                           for s in (0.25, 0.5, 0.707, 1, 2)}, height=4,
                          limits=(-1, 1), title="Twenty latents, made shorter and longer")
plots.show(figure, "Five rows of small images from the same latents: very pale "
                   "at a quarter of the length, pale digits at a half, digits at "
                   "full length, and bright digits with thick strokes and stains "
                   "at twice the length.")


# %%
def spherical(start, end, share):
    """Rows of latents on the way from start to end, along the sphere."""
    cosine = np.sum(start * end, axis=1) / np.prod(np.linalg.norm([start, end], axis=2), axis=0)
    angle = np.arccos(cosine)[:, None]
    return (np.sin((1 - share) * angle) * start + np.sin(share * angle) * end) / np.sin(angle)


ends = rng.standard_normal((2, COUNT, LATENTS))
middles = {"ends": ends[0], "middle of spherical paths": spherical(*ends, 0.5),
           "middle of straight paths": ends.mean(axis=0),
           "draws times 0.707": np.sqrt(0.5) * ends[0]}
middle = {name: measured(apply(generator, z)) for name, z in middles.items()}
show_numbers(middle, ["Frechet distance", "precision", "recall"], first="latents")
at_ends, round_, straight, short = middle.values()
claims.add("Frechet distance: middle of straight paths over their ends", at_least=2.5,
           value=straight[0] / at_ends[0])
claims.add("Frechet distance: middle of spherical paths over their ends", at_most=1.5,
           value=round_[0] / at_ends[0])
claims.add("Frechet distance: middle of straight paths over draws times 0.707",
           value=straight[0] / short[0], at_least=0.8, at_most=1.25)
claims.add("precision: middle of straight paths over their ends", straight[1] / at_ends[1],
           at_least=settings.choose(quick=1.1, full=1))
claims.add("recall: middle of straight paths over their ends", straight[2] / at_ends[2],
           at_most=0.95)

# %% [markdown]
# **The reading.** White (2016) advises spherical paths because samples in the middle of straight ones are unlike those at the ends. The Frechet
# distance agrees, and the last two rows of the table show why: the middle of a straight path *is* a draw times 0.707, nothing
# more. But "worse" is not the word: precision is higher there (in the profile *full*, where the generator is better, hardly so). Short latents give more images that the
# features take for real, and of fewer kinds. So the length is a knob between quality and variety. The samples of BigGAN were
# drawn with it turned down, which its authors call the truncation trick (Brock and others 2019).
#
# The knob has an end. Much shorter latents don't give a clear *average digit*: the pictures fade, and precision falls, too. The training
# never asked for anything there.
#
# ## 3. Directions that mean something
#
# **The question.** Radford and others found that latents can be added: glasses minus no glasses is a direction. If that were
# exact, a factor such as slant would be a *linear* function of $z$:
#
# $$\text{slant}(G(z)) = w \cdot z + c, \qquad \text{the direction of slant is } u = w / |w|$$
#
# Three questions can be measured. How much of a factor is linear? Are the directions of different factors at right angles? And does
# a step along one leave the others alone? The factors of generated images are read by the network of section 1.

# %%
many = rng.standard_normal((2 * COUNT, LATENTS)).astype("float32")
read = apply(reader, apply(generator, many))  # (n, factors), in standard deviations
fit_z, fit_read, new_z, new_read = many[:COUNT], read[:COUNT], many[COUNT:], read[COUNT:]
straight_line = LinearRegression().fit(fit_z, fit_read)
bent = KernelRidge(kernel="rbf", gamma=0.4 / LATENTS, alpha=0.1).fit(fit_z, fit_read)
linear, curved = (r2_score(new_read, model.predict(new_z), multioutput="raw_values")
                  for model in (straight_line, bent))
show_numbers({name: row for name, *row in zip(FACTORS, linear, curved)},
             ["a linear function of z", "a smooth function of z"],
             first="share of the held-out variance explained by")
directions = straight_line.coef_ / np.linalg.norm(straight_line.coef_, axis=1, keepdims=True)
cosines = directions @ directions.T
claims.add("linear part of x and y: share of held-out variance, the smaller", min(linear[3:]),
           at_least=0.55)
claims.add("linear part of the least linear factor", min(linear), at_least=0.1, at_most=0.7)
claims.add("what a smooth function explains more, mean of five factors", at_least=0.05,
           value=np.mean(curved - linear))

# %% [markdown]
# **The experiment.** From many latents we go one unit back and one unit forth along each direction, and read all
# factors at both ends.

# %%
STEP = 1.0


def change(direction):
    """From -STEP to +STEP along it: mean change of the factors, share that stay one digit."""
    back, forth = (apply(generator, new_z[:1000] + sign * STEP * direction) for sign in (-1, 1))
    kept = np.mean(digits_of(back) == digits_of(forth))
    return (apply(reader, forth) - apply(reader, back)).mean(axis=0), kept


anywhere = rng.standard_normal((5, LATENTS))
anywhere /= np.linalg.norm(anywhere, axis=1, keepdims=True)
(moved, kept), (moved_anywhere, kept_anywhere) = (
    map(np.array, zip(*map(change, rows))) for rows in (directions, anywhere))
figure, (left, right) = plots.new_figure(
    1, 2, height=3.4,
    title="Roughly at right angles, and each direction moves its own factor most")
plots.heatmap(left, cosines, xlabel="direction of", ylabel="direction of", limits=(-1, 1),
              title="cosine of two directions")
plots.heatmap(right, moved, xlabel="change of, standard deviations", ylabel="a step along",
              limits=(-2, 2), title="what a step changes")
for ax in (left, right):
    ax.set_xticks(range(5), FACTORS)
    ax.set_yticks(range(5), FACTORS)
plots.show(figure, "Two tables of five by five numbers, shaded. Left, cosines "
                   "between directions: ones on the diagonal, small numbers "
                   "beside it. Right, changes of the factors: large on the "
                   "diagonal, small beside it.")

# %%
show_numbers({name: row for name, *row in zip(FACTORS, np.diag(moved), kept)}
             | {"five random directions": [np.abs(moved_anywhere).mean(),
                                           kept_anywhere.mean()]},
             ["change of its own factor, standard deviations", "same digit at both ends"],
             first="a step along")
others = np.abs(moved - np.diag(np.diag(moved)))
claims.add("step along a direction: change of its own factor, the smallest of five",
           np.diag(moved).min(), at_least=0.5)
claims.add("the same: change of the other factors, mean over all pairs", others.sum() / 20,
           at_most=0.35)
claims.add("random directions: change of any factor, mean", np.abs(moved_anywhere).mean(),
           at_most=0.45)
claims.add("cosine between directions of two factors, mean size",
           np.abs(cosines[np.triu_indices(5, 1)]).mean(), at_most=0.25)
claims.add("step along a direction: share that stays the same digit, mean of five", kept.mean(),
           at_most=0.8)

# %% tags=["cover"]
steps = np.linspace(-2.5, 2.5, 9)[:, None]
starts = new_z[digits_of(apply(generator, new_z)) == 3][:2]
walks = {f"{name}": np.concatenate([apply(generator, z + steps * u) for z in starts])
         for name, u in zip(FACTORS, directions)}
figure = plots.image_rows(walks, height=4.6, limits=(-1, 1),
                          title="Walks along five directions, from two latents")
plots.show(figure, "Five rows, each with two walks of nine small images. The "
                   "digits lean further to the right, get bolder, larger, move "
                   "right and move down; in some walks they turn into other "
                   "digits.")

# %% [markdown]
# **The reading.** There are directions, and for place they are good: most of where a digit stands is a linear function of the latents.
# For boldness (*weight*) it is much less. A smooth function of $z$ explains more for every factor, so the factors bend, and a direction is only their
# mean slope. Directions are roughly at right angles, which says little: two random ones in $d$ dimensions have a
# cosine of about $1/\sqrt{d}$, here 0.18. It is what to expect of factors that have nothing to do with each other.
#
# A step changes its own factor most, *on average over digits*; the direction of boldness, the least linear one, drags others along. And no direction leaves the digit alone: at least as many turn into another one as along
# random directions of the same length. Nothing in the training told the generator to keep these things apart. Had the table on the right
# no clear diagonal, the arithmetic of the paper would be luck.
#
# ### Averages
#
# The paper says that single latents did not work, and averages of three did. With the direction $u$ of a factor
# known, we can say how much better. Take $n$ latents of large and $n$ of small images and subtract the means. Along $u$ the difference is some
# $a$. Across it, in $d - 1$ dimensions, remains the noise of $2n$ draws, $\sqrt{2 (d - 1) / n}$ long. So the cosine between the difference and $u$ should be
#
# $$\cos \approx \frac{a}{\sqrt{a^2 + 2 (d - 1) / n}}$$

# %%
FACTOR, GROUP = FACTORS.index("scale"), 200
order = np.argsort(read[:, FACTOR])
small, large = many[order[:GROUP]], many[order[-GROUP:]]
a = (large.mean(axis=0) - small.mean(axis=0)) @ directions[FACTOR]
counts = [1, 2, 3, 5, 10, 30, 100]


def cosines_with(n, draws=200):
    """Cosines of u with differences of means of n latents, (draws,)."""
    found = np.array([np.subtract(*(group[rng.choice(GROUP, n, replace=False)].mean(axis=0)
                                    for group in (large, small))) for _ in range(draws)])
    return found @ directions[FACTOR] / np.linalg.norm(found, axis=1)


cosine = np.array([cosines_with(n).mean() for n in counts])
expected = a / np.sqrt(a**2 + 2 * (LATENTS - 1) / np.array(counts))
figure, ax = plots.new_figure(
    height=2.8, title="Three latents are better than one, and thirty better than three")
plots.curves(ax, counts, {"measured, mean of 200": cosine, "expected": expected}, points=True,
             log="x", xlabel="latents in each mean", ylabel="cosine with the direction")
ax.set_xticks(counts, counts)
ax.minorticks_off()
ax.set_ylim(0, 1)
plots.show(figure, "Cosine between the difference of two means and the direction "
                   "of the factor against the number of latents averaged: "
                   "measured and expected curves lie on each other and rise "
                   "towards one.")
claims.add("averages: largest distance of the measured cosine from the expected one",
           np.abs(cosine - expected).max(), at_most=0.08)
claims.add("cosine with the direction: three latents over one", cosine[2] / cosine[0],
           at_least=1.2, at_most=1.73)

# %% [markdown]
# **The reading.** With one latent on each side, most of the difference has nothing to do with the factor: it is what else distinguishes
# these two images. Averaging divides that noise by $\sqrt{n}$ and keeps the rest. Nothing here depends on images: it is the noise of a mean.

# %% [markdown]
# ## 4. Claims

# %%
claims.table()

# %% [markdown]
# ### Change this and look
# Set `edge_norm` in the variant *batch norm at output and input, too* for the generator alone, then for the discriminator alone. Which of the two
# costs so much, and why? (A normalized output has the same mean and spread in every batch, whatever the images need.)
#
# ### To think about
# 1. The directions of slant and weight are at right angles. Does a step along the one leave the other alone?
#
# <details><summary>Answer</summary>For the linear part, yes, that is what it means. The rest of both factors is bent, and a step of finite length feels it. And it holds on average over latents; for a single digit the step may do something else.</details>
#
# 2. Somebody draws the latents uniformly from the sphere of radius $\sqrt{d}$ instead of from $\mathcal{N}(0, I)$. What does that change
#    for $d = 32$, and what for $d = 2$?
#
# <details><summary>Answer</summary>For 32 hardly anything, as nearly all draws of the normal distribution have about that length already. For 2 one of the two dimensions is lost: the images lie on a closed curve.</details>
#
# 3. Why may a guideline that helped with photographs of 64 x 64 pixels cost something here?
#
# <details><summary>Answer</summary>It was chosen for deep networks and long trainings, where the danger is that training fails. In a short training of a small network that danger is small, and what the guideline costs in speed shows.</details>
#
# ### Sources
# - A. Radford, L. Metz, S. Chintala, *Unsupervised representation learning with deep convolutional generative adversarial networks*,
#   ICLR 2016, sections 3, 4, 6.1 and 6.3.2: guidelines, walks, arithmetic.
# - T. White, *Sampling generative networks*, 2016, section 3; A. Brock, J. Donahue, K. Simonyan, *Large scale GAN training for high
#   fidelity natural image synthesis*, ICLR 2019, section 3.1: spherical paths, truncation.
# - T. Kynkäänniemi and others, *Improved precision and recall metric for assessing generative models*, NeurIPS 2019.
#
# **Next:** [43: Judging generators](43_judging_generators.ipynb) asks what the numbers by which we compared generators here are worth.
