# ---
# jupyter:
#   course:
#     time_limit_s: 60
#     memory_limit_gb: 4
# ---

# %% [markdown]
# # 13: Autoencoders
#
# The last lecture left the nonlinearity out of an autoencoder and found PCA. Now we put it back, with more
# layers. How much more goes through the same bottleneck, and what is the code good for once it is there?
#
# **You will** train networks with six bottlenecks at once and set them beside PCA on images that none of them
# has seen, walk through a two-dimensional code, ask what a classifier with few labels can make of a code,
# and draw the images that lie between two others.
#
# | | |
# |---|---|
# | Time | about 30 minutes to read; runs in half a minute on two cores |
# | Needs | no network, no GPU, 1 GB of memory |
# | Before | [12: PCA is a linear network](12_pca_is_a_linear_network.ipynb), [Lab 1: the 8-3-8 identity network](../labs/lab1_identity_838.ipynb) |
# | After | [14: Upsampling](14_upsampling.ipynb) |
#
# At the end you will have made this figure:
#
# ![Two panels. On the left, test digits as points in a plane, each drawn as the number of its class: some classes form islands, others run into each other. On the right, a grid of small drawn digits, the decoder's picture of every place in that plane: one digit turns gradually into another, with blurred shapes in between.](../docs/figures/13_autoencoders.png)

# %%
from utils import runtime

# float32: errors are compared, and networks this small gain nothing from lower precision.
settings = runtime.start(seed=0, precision="float32")

# %%
import keras
import numpy as np
import tensorflow as tf
from sklearn.decomposition import PCA

from utils import metrics, nets, plots
from utils.claims import Claims, show_numbers
from utils.data import load_arrays

claims = Claims("13_autoencoders")

# %% [markdown]
# ### Settings

# %%
# quick: 1,797 digits of 8 x 8 pixels; full: MNIST, 28 x 28.
DATA = settings.choose(quick="digits", full="mnist")
# 30 is the width of the published comparison, which is on MNIST.
WIDTHS = settings.choose(quick=[1, 2, 5, 10, 20, 50], full=[1, 2, 5, 10, 20, 30, 50])
HIDDEN = settings.choose(quick=[256, 128], full=[512, 256])  # units; the decoder mirrors them
STEPS = settings.choose(quick=2_000, full=8_000)
LINEAR_STEPS = settings.choose(quick=1_500, full=1_500)  # less to learn
BATCH = 128
LEARNING_RATE = 0.002  # falls to 0 along a cosine
PAIRS = 400  # of test images, for the walk from one to the other

# %%
train, test = load_arrays(DATA, "train"), load_arrays(DATA, "test")
train_labels, test_labels = train["label"], test["label"]
side = train["image"].shape[1]
train = train["image"].reshape(len(train_labels), -1)  # (n, pixels), between 0 and 1
test = test["image"].reshape(len(test_labels), -1)
pixels = train.shape[1]
print("Training images:", len(train), "- test images:", len(test), "- pixels:", pixels)

# %% [markdown]
# ## 1. One bottleneck, many widths
#
# **The question.** An encoder $f$ makes a code of $k$ numbers from an image, a decoder $g$ an image from the
# code. Both are trained to lower one number, and nobody says what the code should be:
#
# $$\frac{1}{n} \sum_i \lVert x_i - g(f(x_i)) \rVert^2, \qquad f: \mathbb{R}^d \to \mathbb{R}^k, \quad g: \mathbb{R}^k \to \mathbb{R}^d, \quad k < d$$
#
# With linear $f$ and $g$ the best is PCA. How far below PCA's error do nonlinear ones come, at each $k$?
#
# **The experiment.** A network for each width, all trained in the same steps: `SideBySide` of Lab 1 computes
# one layer of many networks in one product. To be stacked they need equal shapes, so every code has
# room for the widest, and a mask sets to 0 what a narrower network may not use.


# %%
def layer(inputs, units, activation):
    """A dense layer of each network, with a random start of its own."""
    kernels = [keras.initializers.GlorotUniform()((inputs, units)) for _ in WIDTHS]
    return nets.SideBySide(np.stack(kernels), np.zeros((len(WIDTHS), units)), activation)


class Autoencoders(keras.Model):
    """One autoencoder for each of WIDTHS; they share no weight."""

    def __init__(self, activation="relu", output="sigmoid"):
        super().__init__()
        sizes, widest = [pixels, *HIDDEN], max(WIDTHS)
        pairs = list(zip(sizes, sizes[1:]))  # pixels to 256, 256 to 128
        self.down = [layer(a, b, activation) for a, b in pairs] + [layer(sizes[-1], widest, None)]
        up = [layer(b, a, activation) for a, b in reversed(pairs[1:])]
        self.up = [layer(widest, sizes[-1], activation), *up, layer(sizes[1], pixels, output)]
        self.mask = np.array([[np.arange(widest) < k] for k in WIDTHS], "float32")

    def encode(self, images):
        """(n, pixels) -> (networks, n, widest), zero beyond each network's width."""
        for each in self.down:
            images = each(images)
        return images * self.mask

    def decode(self, codes):
        """(networks, n, widest) -> (networks, n, pixels)"""
        for each in self.up:
            codes = each(codes)
        return codes

    def call(self, images):
        return self.decode(self.encode(images))


# %% [markdown]
# The squared error is summed over pixels and averaged over images, as in lecture 12. The loss is its sum over
# the networks: no weight belongs to two of them, so each gets its own gradient.


# %%
def train_together(model, steps):
    """Train all networks on random batches, every step in one compiled call."""
    model(train[:1])
    weights, images = model.trainable_variables, tf.constant(train)
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps))
    optimizer.build(weights)

    @tf.function
    def all_steps():
        for step in tf.range(steps):
            # Stateless: steps of a compiled loop may overlap, and would draw in any order.
            chosen = tf.random.stateless_uniform(
                (BATCH,), tf.stack([settings.seed, step]), maxval=len(train), dtype=tf.int32)
            batch = tf.gather(images, chosen)
            with tf.GradientTape() as tape:
                errors = tf.reduce_sum(tf.square(model(batch) - batch), axis=2)  # (networks, batch)
                loss = tf.reduce_sum(tf.reduce_mean(errors, axis=1))
            optimizer.apply(tape.gradient(loss, weights), weights)

    all_steps()


def squared_errors(model, images):
    """For each network, the mean over images of the squared error summed over pixels."""
    differences = [model(part) - part for part in np.array_split(images, len(images) // 300)]
    return np.concatenate([np.sum(np.square(d), axis=2) for d in differences], axis=1).mean(axis=1)


# %%
deep = Autoencoders()
ten = [np.flatnonzero(test_labels == c)[0] for c in range(10)]  # a test image of each class
before = deep(test[ten]).numpy()  # (networks, 10, pixels): what the random start draws
train_together(deep, STEPS)
after = deep(test[ten]).numpy()

# %%
pca = PCA(max(WIDTHS), svd_solver="covariance_eigh").fit(train)
pca_train, pca_test = pca.transform(train), pca.transform(test)  # (n, widest)


def pca_decode(codes):
    """Codes (n, k) of the first k principal directions as images (n, pixels)."""
    return pca.mean_ + codes @ pca.components_[:codes.shape[1]]


def pca_errors(images, codes):
    """PCA's squared error per image at each width."""
    redrawn = (pca_decode(codes[:, :k]) for k in WIDTHS)
    return np.array([np.sum((images - each) ** 2, axis=1).mean() for each in redrawn])


# %%
error_deep, error_pca = squared_errors(deep, test), pca_errors(test, pca_test)
figure, ax = plots.new_figure(title="The deep network needs about half of PCA's numbers", height=3)
plots.curves(ax, WIDTHS, {"PCA": error_pca, "deep network": error_deep}, points=True, log="x",
             xlabel="width of the code k", ylabel="squared error per test image")
ax.set_xticks(WIDTHS, WIDTHS)
ax.minorticks_off()
ax.set_ylim(0)
plots.show(figure, "Squared error on test images against the width of the code, for PCA and "
                   "the deep network. Both fall; the deep network's curve lies under PCA's "
                   "from width one to width twenty.")

# %%
ratios = dict(zip(WIDTHS, error_deep / error_pca))
show_numbers({k: (theirs, ours, ratios[k]) for k, ours, theirs in zip(WIDTHS, error_deep, error_pca)},
             ["PCA", "deep network", "deep network over PCA"], first="width")
# The narrowest codes gain least; these bounds leave room for other seeds and both data sets.
for k, bound in {1: 0.95, 2: 0.9, 5: 0.8, 10: 0.7, 20: 0.75}.items():
    claims.add(f"width {k}: deep network's test error over PCA's", ratios[k], at_most=bound)

# %% [markdown]
# **The reading.** PCA lays a flat sheet through the images and drops each one on it; the deep network bends the
# sheet. Had the images lain in a flat space, the curves would be one. A bent sheet has to be learned from
# examples, though, and flat ones come with a guarantee: in 8 x 8 images a code of 50 numbers is hardly a
# bottleneck, PCA is nearly lossless, and the network, which only ever approximates, is worse. In the larger images
# of the full profile the networks stay ahead at 50 too.
#
# It isn't a fair fight in every respect: bending takes weights.


# %%
def count(sizes):
    """Weights and biases of dense layers of these sizes."""
    return sum((inputs + 1) * units for inputs, units in zip(sizes, sizes[1:]))


sizes = [pixels, *HIDDEN, 10, *reversed(HIDDEN), pixels]
print(f"Width 10: PCA {count([pixels, 10, pixels]):,} weights, deep network {count(sizes):,}")

# %% [markdown]
# ## 2. Before and after
#
# **The question.** What do these errors look like?

# %%
shown = [1, 2, 5, 10, 20, 50]
trained = [after[WIDTHS.index(k)] for k in shown]
projected = [pca_decode(pca_test[ten, :k]) for k in shown]
blocks = {
    "deep network": {"untrained": before[WIDTHS.index(20)]} | dict(zip(shown, trained)),
    "PCA": {"mean": np.tile(pca.mean_, (10, 1))} | dict(zip(shown, projected)),
}
figure, panels = plots.new_figure(
    1, 2, height=3.7, title="Each number more in the code brings back more of the image")
for ax, (name, block) in zip(panels, blocks.items()):
    rows = {"image": test[ten]} | block
    plots.image_row(ax, np.reshape(list(rows.values()), (-1, side, side)), columns=10,
                    title=f"{name}, by the width of its code")
    for number, text in enumerate(rows):
        ax.text(-side / 4, (number + 0.5) * (side + 1), text, ha="right", va="center", fontsize=8)
plots.show(figure, "Two blocks of eight rows of ten digits. Left: test images, grey noise from "
                   "the untrained network, then the trained networks from one number to fifty: "
                   "from width five on, the digits can be read. Right: test images, their "
                   "mean, and PCA at the same widths, which stays blurred for longer.")

# %% [markdown]
# **The reading.** A narrow PCA draws the mean with a bit of this or that direction added, for every image the same
# few directions. A narrow network draws a digit, sometimes the wrong one: it has learned what images look like and
# uses the code to choose among them.

# %% [markdown]
# ## 3. Is it the depth or the bend?
#
# **The question.** The deep network has six layers and PCA two. Which of the two differences counts? We keep the
# layers and take the nonlinearities out.

# %%
linear = Autoencoders(activation=None, output=None)
train_together(linear, LINEAR_STEPS)
linear_ratios = squared_errors(linear, train) / pca_errors(train, pca_train)
show_numbers({k: [ratio] for k, ratio in zip(WIDTHS, linear_ratios)},
             ["six linear layers: training error over PCA's"], first="width")
claims.add("six linear layers: smallest training error over PCA's, all widths",
           linear_ratios.min(), at_least=0.9999)
claims.add("six linear layers: training error over PCA's at width 10",
           linear_ratios[WIDTHS.index(10)], at_most=1.1)

# %% [markdown]
# **The reading.** Six linear layers multiply out to one matrix of rank $k$, and on the training images none of
# those is better than PCA. Any ratio below 1 would have refuted lecture 12. So it is the bend: the linear network
# of that lecture is the special case, and depth alone adds nothing to it.

# %% [markdown]
# ## 4. A code of two numbers, looked at
#
# **The question.** Where does the encoder put the images, and what does the decoder draw in the places where it
# has put none? Two numbers can be drawn as a map.

# %%
def place(codes, width):
    """Codes (n, width) of the network of this width, as `decode` takes them."""
    filled = np.zeros((len(WIDTHS), len(codes), max(WIDTHS)), "float32")
    filled[WIDTHS.index(width), :, :width] = codes
    return filled


def decode(codes, width):
    """Images (n, pixels) that the network of this width draws from codes (n, width)."""
    return deep.decode(place(codes, width)).numpy()[WIDTHS.index(width)]


def encode(images, width):
    """Codes (n, width) of images (n, pixels)."""
    parts = np.array_split(images, -(-len(images) // 2_000))  # all networks' layers take room
    codes = [deep.encode(part)[WIDTHS.index(width), :, :width] for part in parts]
    return np.concatenate(codes)


plane = encode(test, 2)
low, high = np.percentile(plane, [2, 98], axis=0)  # leaves the few farthest out
low, high = low - 0.05 * (high - low), high + 0.05 * (high - low)
across, down = np.linspace(low[0], high[0], 16), np.linspace(high[1], low[1], 16)
grid = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)  # (256, 2), row by row
drawn = decode(grid, 2)  # the whole map in one call

# %% tags=["cover"]
figure, panels = plots.new_figure(
    1, 2, height=4.4, title="A map of handwriting with no labels: islands, and ghosts between them")
plots.class_points(panels[0], plane[:1000], test_labels[:1000], xlabel="first number of the code",
                   ylabel="second number of the code", title="where the encoder puts test images")
panels[0].set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
panels[0].locator_params(nbins=6)
plots.image_row(panels[1], drawn.reshape(-1, side, side), columns=16,
                title="what the decoder draws there")
plots.show(figure, "Left: test images as points of a plane, each drawn as the number of its "
                   "class. Some classes form islands, others overlap, and regions are empty. "
                   "Right: the decoder's drawing of every place of that plane, in which digits "
                   "turn into each other with blurred shapes between.")

# %% [markdown]
# **The reading.** Classes gather although no label was ever used. Now imagine making a *new* digit by drawing a code
# at random. Three things are in the way. The axes have no unit: the numbers run as far as training happened to
# push them. They have no meaning of their own either; another seed gives another map. And the map has holes, where
# the decoder was hardly ever asked for anything and draws ghosts. We count them: how many of the map's 256 places
# hold less than a tenth of the training codes that each would have if they were spread evenly? With codes that
# are spread evenly it is fewer than one in a hundred.

# %%
known = encode(train, 2)
lands = np.histogram2d(*known.T, bins=16, range=list(zip(low, high)))[0]  # codes in each place
holes = np.mean(lands < 0.1 * len(train) / lands.size)
show_numbers({"2-D code": known.std(axis=0)}, ["spread of the first number", "of the second"])
claims.add("2-D code: share of the map's places with under a tenth of their training codes", holes,
           at_least=0.1)

# %% [markdown]
# All three can be mended by asking for a code of a known shape, and that is what the variational autoencoder does
# (lecture 33).

# %% [markdown]
# ## 5. What a classifier makes of the code
#
# **The question.** The code was made without labels. If somebody has labelled only a few images, is it easier to
# learn from codes than from pixels? We fit a linear classifier on 5, 10, 20 or 50 labelled images of each class, five
# times with others, and measure on the test images. PCA of the same width is the fair comparison.

# %%
LABELS = [5, 10, 20, 50]  # of each class
features = {
    "code of 20": (encode(train, 20), encode(test, 20)),
    "PCA of 20": (pca_train[:, :20], pca_test[:, :20]),
    "pixels": (train, test),
    "code of 2": (encode(train, 2), plane),
}
accuracy = {}
for name, (known, unseen) in features.items():
    pair = (known, train_labels), (unseen, test_labels)
    accuracy[name] = np.array([metrics.linear_probe(*pair, per_class=n).mean() for n in LABELS])

# %%
figure, ax = plots.new_figure(title="The fewer the labels, the more the code is worth", height=3)
plots.curves(ax, LABELS, accuracy, points=True, log="x", xlabel="labelled images of each class",
             ylabel="test accuracy")
ax.set_ylim(0.4, 1)
ax.set_xticks(LABELS, LABELS)
ax.minorticks_off()
plots.show(figure, "Accuracy of a linear classifier against the number of labels of each "
                   "class. The code of twenty numbers begins above PCA; PCA and pixels gain "
                   "more as labels are added. A code of two numbers stays far below all of "
                   "them.")
show_numbers(accuracy, [f"{count} labels" for count in LABELS], first="accuracy on")

# %%
ahead = accuracy["code of 20"] - accuracy["pixels"]
claims.add("5 labels of each class: accuracy on the code of 20 minus accuracy on PCA of 20",
           accuracy["code of 20"][0] - accuracy["PCA of 20"][0], at_least=0.02, of=len(test))
claims.add("5 labels of each class: accuracy on the code of 20 minus accuracy on pixels",
           ahead[0], at_least=-0.02, of=len(test))
claims.add("accuracy on the code of 20 minus on pixels: lost from 5 to 50 labels of each class",
           ahead[0] - ahead[3], at_least=0.005, of=len(test))
claims.add("50 labels of each class: accuracy on the code of 2 minus accuracy on pixels",
           accuracy["code of 2"][3] - accuracy["pixels"][3], at_most=-0.1, of=len(test))

# %% [markdown]
# **The reading.** With five labels of each class the code beats PCA of the same width clearly: its numbers are worth
# more. Against the pixels it is a question of how many there are. 64 of them are few already; there the code only keeps
# up, and with more labels the pixels draw ahead, because they still hold what the code has thrown away: the
# reconstruction error never asked for classes. Against the 784 of the full profile the code is well ahead with
# five labels, and less so with fifty. In both, every label added is worth more to the pixels. And the code of two,
# on whose map one could see the islands, is poor: islands aren't half-planes, and several share a shore.

# %% [markdown]
# ## 6. Between two images
#
# **The question.** Half of one image plus half of another is a double exposure. What is half-way between
# their *codes*? If the code follows the bent sheet, the way through it stays nearer to real images.

# %%
def to_nearest(images):
    """Distance of each image to the nearest training image, (n, pixels) -> (n,)."""
    squares = np.sum(images**2, axis=1)[:, None] + np.sum(train**2, axis=1)
    return np.sqrt(np.maximum(squares - 2 * images @ train.T, 0).min(axis=1))


WALK = 5  # the width used for the walk
rng = np.random.default_rng(settings.seed)
first = rng.integers(len(test), size=20 * PAIRS)
second = rng.integers(len(test), size=20 * PAIRS)
different = test_labels[first] != test_labels[second]
first, second = first[different][:PAIRS], second[different][:PAIRS]
codes = encode(test, WALK)


def ways(share):
    """Images at `share` of the way from the first to the second ones, by each way."""
    def mix(values):
        return (1 - share) * values[first] + share * values[second]
    return {"pixels": mix(test), "PCA": pca_decode(mix(pca_test[:, :WALK])),
            "code": decode(mix(codes), WALK)}


# %%
shares = np.linspace(0, 1, 9)
walks = [ways(share) for share in shares]
distance = {way: np.array([np.median(to_nearest(walk[way])) for walk in walks]) for way in walks[0]}
figure, ax = plots.new_figure(title="The way through the code stays nearer to real images", height=3)
plots.curves(ax, shares, distance, points=True, xlabel="share of the way between two test images",
             ylabel="distance to nearest image")
plots.show(figure, "Median distance to the nearest training image along the way between two "
                   "test images of different classes. The way through pixels has a steep hill "
                   "in the middle, the way through PCA a flat one from a high start; the way "
                   "through the code lies below both.")

# %%
middle = {way: to_nearest(images) for way, images in walks[4].items()}
claims.add("half-way: distance to the nearest real image by the code over by pixels, median of pairs",
           np.median(middle["code"] / middle["pixels"]), at_most=0.95)
claims.add("half-way: distance to the nearest real image by the code over by PCA, median of pairs",
           np.median(middle["code"] / middle["PCA"]), at_most=0.98)
hills = {way: values[4] - (values[0] + values[-1]) / 2 for way, values in distance.items()}
claims.add("half-way: rise of the median distance over that at the ends, by the code over by pixels",
           hills["code"] / hills["pixels"], at_most=0.9)
claims.add("half-way: share of pairs whose way by the code is the nearer to real images",
           np.mean(middle["code"] < middle["pixels"]), at_least=0.7, of=len(middle["code"]))

# %%
figure, panels = plots.new_figure(
    4, 2, height=2.9, title="Pixels fade one digit over the other; the code turns one into the other")
for pair, row in enumerate(panels):
    for ax, way in zip(row, ("pixels", "code")):
        path = np.stack([walk[way][pair] for walk in walks]).reshape(-1, side, side)
        plots.image_row(ax, path, title=f"through {way}" if pair == 0 else "")
plots.show(figure, "Four pairs of digits, each with nine steps from the first to the second. "
                   "Left, through pixels: both digits are seen at once in the middle. Right, "
                   "through the code: strokes move from one shape towards the other.")

# %% [markdown]
# **The reading.** Every way climbs: between two classes there are few real images. Through pixels it climbs highest.
# PCA is the control: its walk is a straight line of images too, only blurred, and blur alone doesn't bring it near to
# real images; it starts far from them and stays there. The code's walk is nearer all along, its two ends included,
# because whatever a narrow decoder draws looks like the images that it has seen. It isn't perfect: nobody asked for
# anything good to lie between two codes, and some images half-way are no digit at all. The VAE will ask.
#
# The table shows the price. A wider code redraws the ends better, and its walk becomes more like that of the pixels.

# %%
half_way = {}
for k in WIDTHS[1:]:
    between = decode((encode(test[first], k) + encode(test[second], k)) / 2, k)
    half_way[k] = [np.median(to_nearest(between) / middle["pixels"])]
show_numbers(half_way, ["half-way distance, code over pixels"], first="width")

# %% [markdown]
# One last thing. A narrow code is one way to keep a network from learning the identity, which would make
# the error 0 and the code worthless. It is not the only one: one can also spoil the input and ask for the clean
# image back. That is denoising, in the next lab.

# %% [markdown]
# ## 7. Claims

# %%
if 30 in WIDTHS:
    paper = "Hinton and Salakhutdinov 2006, fig. 2B"
    claims.add("width 30: PCA's squared error per test image", error_pca[WIDTHS.index(30)],
               at_least=13, at_most=15, published=13.87, source=paper)
    claims.add("width 50: deep network's test error over PCA's", ratios[50], at_most=1)
    claims.add("width 30: deep network's squared error per test image", error_deep[WIDTHS.index(30)],
               at_most=4.5, published=3.00, source=f"{paper}: a deeper network, trained for longer")
claims.table()

# %% [markdown]
# ### Change this and look
# In `Autoencoders()` of section 1, write `activation=None` (leave the sigmoid at the output). Which claims fail, and
# which hold because of the one nonlinearity that is left?
#
# ### To think about
# 1. A code of *one* real number could name every training image exactly. Why does the network of width 1 not do so?
# 2. Multiply the code by 10 and divide the decoder's first weights by 10. What changes on the map of section 4, what in
#    the error, and what in the accuracies of section 5?
# 3. The nearest real image is a strict judge. What could be drawn that is a perfect digit and yet far from all of them?
#
# ### Sources
# - G. Hinton, R. Salakhutdinov, *Reducing the dimensionality of data with neural networks*, Science 313, 2006: the
#   comparison with PCA (figure 2B, MNIST, 784-1000-500-250-30, trained with cross-entropy after layer-wise
#   pretraining; ours has fewer layers and no pretraining) and the two-dimensional map (figure 3).
# - M. Kramer, *Nonlinear principal component analysis using autoassociative neural networks*, AIChE Journal 37, 1991.
# - I. Goodfellow, Y. Bengio, A. Courville, *Deep Learning*, 2016, sections 14.1 and 14.6.
#
# **Next:** [14: Upsampling](14_upsampling.ipynb).
