# ---
# jupyter:
#   course:
#     time_limit_s: 60
#     memory_limit_gb: 4
# ---

# %% [markdown]
# # 14: Upsampling and the transposed convolution
#
# An encoder makes images smaller: it pools, or it strides. A decoder has to come back up, and what was
# left out on the way down is gone. This notebook takes the four usual ways up apart, finds that each is the
# *transpose* of a way down, and follows the best known flaw of one of them, the checkerboard, to its cause.
#
# **You will** unpool images with remembered places, write strided convolutions as matrices that agree with
# Keras to the last digits, see that the transpose is not the inverse, and measure checkerboards and their
# cures.
#
# | | |
# |---|---|
# | Time | about 35 minutes to read; runs in half a minute on two cores |
# | Needs | no network, no GPU, 2 GB of memory |
# | Before | [13: Autoencoders](13_autoencoders.ipynb) |
# | After | [Lab 2: a denoising autoencoder](../labs/lab2_denoising_autoencoder.ipynb), whose decoder goes up like this |
#
# At the end you will have made this figure:
#
# ![Eighteen woven squares, strides 2 to 4 down and kernel sizes 2 to 7 across. Most look like tartan cloth, each with its own pattern of stripes. Where the stride divides the kernel size the cloth is plain.](../docs/figures/14_upsampling.png)

# %%
from utils import runtime

# float32: matrices and layers are compared digit by digit.
settings = runtime.start(seed=0, precision="float32")

# %%
import itertools

import keras
import numpy as np
import tensorflow as tf

from utils import plots
from utils.claims import Claims
from utils.data import load_arrays

claims = Claims("14_upsampling")
rng = np.random.default_rng(settings.seed)

# %% [markdown]
# ### Settings

# %%
# quick: digits drawn from fonts; full: MNIST. Both have 28 x 28 pixels.
DATA = settings.choose(quick="glyphs", full="mnist")
TRAIN, TEST = settings.choose(quick=(2_000, 300), full=(20_000, 2_000))
# Small networks that go up from 7 x 7 to 28 x 28, several of each kind for an average.
NETWORKS = settings.choose(quick=2, full=8)
SHOWN, STEPS, MEASURE_EVERY = 100, 160, 10  # the pattern that we follow goes away within a few dozen steps
FEATURES, BATCH, LEARNING_RATE = 16, 32, 0.003

# %%
train = load_arrays(DATA, "train", count=TRAIN)["image"]  # (n, 28, 28, 1)
test = load_arrays(DATA, "test", count=TEST)["image"]
print("Training images:", len(train), "- test images:", len(test))

# %% [markdown]
# ## 1. Up without weights
#
# **The question.** Max pooling keeps the largest of every $2 \times 2$ pixels. Three ways back need no
# weights: *nearest* fills the window with the value, *bed of nails* puts it into the upper left corner and
# zeros elsewhere, *max unpooling* puts it where the largest pixel had been. Only the last needs something
# from the way down: the places.


# %%
def pool(images):
    """Largest value of each 2 x 2 window, (n, h/2, w/2, c), and its place in the flat batch."""
    return tf.nn.max_pool_with_argmax(images, 2, 2, "VALID", include_batch_in_index=True)


def nearest(values, places=None):
    """Each value four times, (n, h, w, c) -> (n, 2h, 2w, c)."""
    return keras.ops.repeat(keras.ops.repeat(values, 2, axis=1), 2, axis=2)


def bed_of_nails(values, places=None):
    """Each value in the upper left corner of its window, zeros elsewhere."""
    n, height, width, channels = values.shape
    corner = keras.ops.reshape([[1.0, 0.0], [0.0, 0.0]], (1, 1, 2, 1, 2, 1))
    windows = values[:, :, None, :, None, :] * corner  # (n, h, 2, w, 2, c)
    return keras.ops.reshape(windows, (n, 2 * height, 2 * width, channels))


def max_unpooling(values, places):
    """Each value where the largest pixel of its window had been, zeros elsewhere."""
    n, height, width, channels = values.shape
    pixels = n * 2 * height * 2 * width * channels
    flat = tf.scatter_nd(tf.reshape(places, (-1, 1)), tf.reshape(values, (-1,)), [pixels])
    return tf.reshape(flat, (n, 2 * height, 2 * width, channels))


WAYS_UP = {"nearest": nearest, "bed of nails": bed_of_nails, "max unpooling": max_unpooling}


# %%
def draw_matrix(ax, matrix, *, title, xlabel="column", ylabel="row", words=None):
    """A small matrix as shades with whole numbers (or `words` for them) in its cells."""
    plots.heatmap(ax, matrix, xlabel=xlabel, ylabel=ylabel, title=title, write=False)
    ax.set_aspect("equal")
    for (row, column), value in np.ndenumerate(matrix):
        dark = value < (np.min(matrix) + np.max(matrix)) / 2
        ax.text(column, row, (words or {}).get(value, f"{value:.0f}"), ha="center", va="center",
                fontsize=8, color="white" if dark else "black")


small = np.array([[1, 2, 3, 0], [9, 4, 5, 7], [6, 0, 1, 2], [3, 2, 4, 8]], "float32")
values, places = pool(small[None, :, :, None])
shown = {"4 x 4": small, "max pooled": values[0, :, :, 0].numpy()}
shown |= {name: np.asarray(up(values, places))[0, :, :, 0] for name, up in WAYS_UP.items()}
figure, panels = plots.new_figure(
    1, 5, height=2.3, title="Three ways up; only max unpooling knows where the values came from",
    width_ratios=[2, 1, 2, 2, 2])
for ax, (name, matrix) in zip(panels, shown.items()):
    draw_matrix(ax, matrix, title=name)
    ax.axis("off")
plots.show(figure, "Five small matrices of numbers: a four by four one, its two by two max "
                   "pooling, and three four by four ones made from it: each value four times, "
                   "each value in a corner among zeros, each value at its old place among "
                   "zeros.")

# %% [markdown]
# ## 2. Which loses least?
#
# **The question.** We pool test images and come up again. Which way is nearest to the original? A decoder does
# not stop there: it goes on with a convolution. So we ask twice, directly and after the best $3 \times 3$
# filter for each way, found by least squares on the training images.


# %%
def neighbourhoods(images):
    """The 3 x 3 pixels around each pixel, and a one for the bias: (n, h, w, 1) -> (nhw, 10)."""
    around = tf.image.extract_patches(images, [1, 3, 3, 1], [1] * 4, [1] * 4, "SAME")
    around = np.asarray(around).reshape(-1, 9)
    return np.hstack([around, np.ones((len(around), 1), "float32")])


def root_mean_square(values):
    return np.sqrt(np.mean(np.square(values)))


direct, filtered, drawn = {}, {}, {"original": test[:8]}
for name, up in WAYS_UP.items():
    unpooled = np.asarray(up(*pool(test)))
    direct[name] = root_mean_square(unpooled - test)
    drawn[name] = unpooled[:8]
    examples = neighbourhoods(up(*pool(train[:600])))
    best_filter = np.linalg.lstsq(examples, train[:600].ravel(), rcond=None)[0]
    filtered[name] = root_mean_square(neighbourhoods(unpooled) @ best_filter - test.ravel())

# %%
figure, panels = plots.new_figure(
    4, 1, height=4.6, title="Nearest keeps the areas; max unpooling keeps the places")
for ax, (name, images) in zip(panels, drawn.items()):
    errors = "" if name == "original" else (
        f": error {direct[name]:.3f}, after the best filter {filtered[name]:.3f} of full white")
    plots.image_row(ax, images, title=name + errors)
plots.show(figure, "Four rows of eight symbols. First the originals. Nearest: filled and "
                   "blocky. Bed of nails: regular dots on a black ground. Max unpooling: dots "
                   "that follow the strokes and are less regular.")

claims.add("directly: error of nearest over that of max unpooling",
           direct["nearest"] / direct["max unpooling"], at_most=0.9)
claims.add("after the best 3 x 3 filter: error of max unpooling over that of nearest",
           filtered["max unpooling"] / filtered["nearest"], at_most=0.95)

# %% [markdown]
# **The reading.** Directly, nearest wins: a stroke is an area, and three zeros out of four pixels are a
# high price. With one filter behind it the order turns round: what a filter can fill in costs nothing any
# more, and what it can't know, the places, is what only max unpooling has kept.
#
# There is a second way to see it. For fixed places, max pooling only *picks* pixels: it is a matrix of
# zeros and ones. Max unpooling puts them back: it is the transpose. Backpropagation multiplies by that
# transpose too, so unpooling should be the gradient of pooling, to the last digit.

# %%
images = tf.constant(rng.normal(size=(4, 8, 8, 3)).astype("float32"))  # no two pixels the same
values, places = pool(images)
sent_back = tf.constant(rng.normal(size=values.shape).astype("float32"))
with tf.GradientTape() as tape:
    tape.watch(images)
    product = tf.reduce_sum(sent_back * keras.ops.max_pool(images, 2))
difference = tape.gradient(product, images) - max_unpooling(sent_back, places)
claims.add("max unpooling: largest difference from the gradient of max pooling",
           np.abs(difference).max(), at_most=1e-6)

# %% [markdown]
# In the same way bed of nails is the transpose of *keep every second pixel*, and nearest that of *sum every
# window*, which is average pooling times four. One way down is missing: the convolution with a stride.

# %% [markdown]
# ## 3. A convolution is a matrix
#
# **The question.** In one dimension, with a kernel of $k$ weights, stride $s$ and $p$ zeros before the input:
#
# $$y_i = \sum_{t=0}^{k-1} w_t \, x_{is + t - p} \qquad\text{is}\qquad y = Ax, \quad A_{ij} = w_{j - is + p},$$
#
# where weights outside the kernel are zero. With $p'$ zeros after an input of length $L$, $A$ has
#
# $$n = \left\lfloor \frac{L + p + p' - k}{s} \right\rfloor + 1$$
#
# rows. (Deep learning's convolution doesn't turn the kernel round; strictly it is a cross-correlation.)
# Keras's `valid` is $p = p' = 0$. Its `same` asks for $n = \lceil L/s \rceil$, adds as many zeros as that
# takes, and where their number is odd, puts the odd one *after*.


# %%
def convolution_matrix(kernel, length, stride, before, after):
    """The matrix A, (n, length), of a convolution with `before` and `after` zeros of padding."""
    rows = (length + before + after - len(kernel)) // stride + 1
    matrix = np.zeros((rows, before + length + after))
    for row in range(rows):
        matrix[row, row * stride:row * stride + len(kernel)] = kernel
    return matrix[:, before:before + length]  # the padding is zero, so its columns don't matter


def zeros_around(length, size, stride, padding):
    """(before, after) for "valid", "same", or a whole number of zeros on each side."""
    if padding == "same":
        outputs = -(-length // stride)  # rounded up
        zeros = max((outputs - 1) * stride + size - length, 0)
        return zeros // 2, zeros - zeros // 2
    return (0, 0) if padding == "valid" else (padding, padding)


# %%
letters = {0: "", 1: "a", 2: "b", 3: "c"}
one_each_side = convolution_matrix([1, 2, 3], 8, 2, *zeros_around(8, 3, 2, 1))
same = convolution_matrix([1, 2, 3], 8, 2, *zeros_around(8, 3, 2, "same"))
figure, panels = plots.new_figure(
    1, 3, height=3.9, title="Stride 2: each row is the kernel, two columns further",
    width_ratios=[9, 9, 5])
draw_matrix(panels[0], one_each_side, title="A, one zero on each side", words=letters,
            xlabel="input", ylabel="output")
draw_matrix(panels[1], same, title="A, Keras's 'same'", words=letters,
            xlabel="input", ylabel="output")
draw_matrix(panels[2], same.T, title="its transpose", words=letters,
            xlabel="input", ylabel="output")
plots.show(figure, "Three matrices with the letters a, b, c on a dark ground. The first two "
                   "have four rows and eight columns, and the letters move two columns to the "
                   "right from row to row; in the first the a of the first row is cut off, in "
                   "the second the c of the last. The third is the second one turned over its "
                   "diagonal, eight rows and four columns.")

# %% [markdown]
# Both keep half of the length, yet they are different maps: `same` with stride 2 reads its windows one
# pixel later than one zero on each side does. Weights can't be moved between the two without shifting the
# picture.
#
# **The experiment.** The matrix against `keras.layers.Conv1D`, for every kernel size from 1 to 5, stride from 1
# to 4, three paddings and several lengths. We compare in float64, so that rounding can't hide a wrong entry.


# %%
def apply(layer, kernel, x):
    """One channel through a one-filter convolution layer that has this kernel."""
    layer.build((1, len(x), 1))
    layer.kernel.assign(kernel[:, None, None])
    return np.asarray(layer(x[None, :, None]))[0, :, 0]


def keras_convolution(kernel, x, stride, padding):
    if padding not in ("valid", "same"):  # Keras has no number here: pad first
        x, padding = np.pad(x, padding), "valid"
    layer = keras.layers.Conv1D(1, len(kernel), strides=stride, padding=padding,
                                use_bias=False, dtype="float64")
    return apply(layer, kernel, x)


grid = itertools.product(range(1, 6), range(1, 5), ("valid", "same", 1), (5, 6, 7, 8, 11))
differences = []
for size, stride, padding, length in grid:
    kernel, x = rng.normal(size=size), rng.normal(size=length)
    matrix = convolution_matrix(kernel, length, stride, *zeros_around(length, size, stride, padding))
    differences.append(np.abs(keras_convolution(kernel, x, stride, padding) - matrix @ x).max())
claims.add(f"Conv1D: largest difference from the matrix over {len(differences)} combinations",
           max(differences), at_most=1e-6)

# %% [markdown]
# ## 4. The transposed convolution is its transpose
#
# **The question.** $A$ takes length $L$ to length $n$; $A^\top$ takes $n$ to $L$. Each input value lays
# down a copy of the kernel, $s$ places after the one before, and copies add where they overlap. Because of
# the rounding in the formula for $n$, several lengths have the same $n$, so going up one has to say which
# is meant. That is the *output padding* $q$:
#
# $$L = (n - 1)\,s + k - p - p' + q, \qquad 0 \le q < s$$
#
# Where nothing is cut off ($p' = 0$), the last $q$ places are reached by no kernel and stay zero. Keras
# names lengths in its own way:
#
# | `padding` | `output_padding=None` | `output_padding=q` |
# |---|---|---|
# | `valid` | $(n-1)s + \max(k, s)$ | $(n-1)s + k + q$ |
# | `same` | $ns$ | $(n-1)s + (k \bmod 2) + q$ |
#
# Nothing else changes: for the length that it names, Keras's layer should be $A^\top$ with `valid` or
# `same` zeros for *that* length.


# %%
def length_above(n, size, stride, padding, q):
    """The output length of Conv1DTranspose; a number for padding: cut off on each side."""
    if padding == "same":
        return n * stride if q is None else (n - 1) * stride + size % 2 + q
    q = max(stride - size, 0) if q is None else q
    return (n - 1) * stride + size + q - 2 * (0 if padding == "valid" else padding)


def keras_transposed(kernel, y, stride, padding, q):
    cut = 0 if padding in ("valid", "same") else padding  # Keras has no number here: cut after
    layer = keras.layers.Conv1DTranspose(
        1, len(kernel), strides=stride, padding="valid" if cut else padding, output_padding=q,
        use_bias=False, dtype="float64")
    x = apply(layer, kernel, y)
    return x[cut:len(x) - cut]


# %%
differences, refused, impossible = [], set(), set()
for size, stride, padding in itertools.product(range(1, 6), range(1, 5), ("valid", "same", 1)):
    for q, n in itertools.product((None, *range(stride)), (2, 3, 4, 7)):
        kernel, y = rng.normal(size=size), rng.normal(size=n)
        length = length_above(n, size, stride, padding, q)
        around = zeros_around(length, size, stride, padding)
        matrix = convolution_matrix(kernel, length, stride, *around)  # (n, length)
        if len(matrix) != n:  # no convolution takes this length to n: nothing to transpose
            impossible.add((size, stride, padding, q))
        try:
            x = keras_transposed(kernel, y, stride, padding, q)
        except (tf.errors.InvalidArgumentError, ValueError):
            refused.add((size, stride, padding, q))
        else:
            differences.append(np.abs(x - matrix.T @ y).max(initial=0))
claims.add(
    f"Conv1DTranspose: largest difference from the transpose over {len(differences)} combinations",
    max(differences), at_most=1e-6)
claims.add("settings that Keras refuses although the transpose exists, or the other way round",
           len(refused ^ impossible), at_most=0)
print("Refused (size, stride, padding, output padding):", *sorted(refused), sep="\n")

# %% [markdown]
# **The reading.** Every combination that Keras accepts is the transpose of a convolution matrix. It refuses
# only `same` with an even kernel and an output padding of 0: that would be length $(n-1)s$, which no `same`
# convolution takes to $n$. `output_padding` only says which length is meant. With `valid` the $q$ further
# places come at the end and hold zeros; with `same` another length has other zeros around it, so that the
# whole output can shift by a place. Left at `None`, `same` gives exactly $s$ times the length: the usual
# choice.

# %% [markdown]
# ## 5. The transpose, not the inverse
#
# **The question.** What does "transpose" promise? Three things to measure, now in two dimensions with
# channels: the identity that defines it, $\langle Ax, y \rangle = \langle x, A^\top y \rangle$; that it is
# the gradient of the convolution, because $\nabla_x \langle Ax, y \rangle = A^\top y$; and whether it
# brings $x$ back.

# %%
down = keras.layers.Conv2D(5, 3, strides=2, padding="same", use_bias=False)
up = keras.layers.Conv2DTranspose(3, 3, strides=2, padding="same", use_bias=False)
x = tf.constant(rng.normal(size=(2, 12, 12, 3)).astype("float32"))
y = tf.constant(rng.normal(size=(2, 6, 6, 5)).astype("float32"))
down.build(x.shape), up.build(y.shape)
up.kernel.assign(down.kernel)  # (3, 3, 3, 5) for both: what is "in" below is "out" above

with tf.GradientTape() as tape:
    tape.watch(x)
    left = tf.reduce_sum(down(x) * y)  # <Ax, y>
right = tf.reduce_sum(x * up(y))  # <x, A^T y>
sizes = tf.norm(down(x)) * tf.norm(y)
claims.add("<Ax, y> and <x, A^T y>: difference over the lengths of Ax and y",
           abs(left - right) / sizes, at_most=1e-5)
claims.add("Conv2DTranspose: largest difference from the gradient of Conv2D",
           np.abs(tape.gradient(left, x) - up(y)).max(), at_most=1e-5)

# %% [markdown]
# Now the way down and up again. We take the mean of $3 \times 3$ pixels, stride 2, find the whole matrix
# $A$ by sending every unit image through the layer, and compare $A^\top A x$, scaled as well as possible,
# with the best that any linear map could do from $Ax$ without knowing the images: the pseudo-inverse, $A^+
# A x$.


# %%
def one_filter(taps):
    """A 3 x 3 stride-2 convolution 28 x 28 -> 14 x 14 as its matrix (196, 784)."""
    layer = keras.layers.Conv2D(1, len(taps), strides=2, padding="same", use_bias=False)
    layer.build((None, 28, 28, 1))
    layer.kernel.assign(np.outer(taps, taps)[:, :, None, None])
    unit_images = np.eye(784, dtype="float32").reshape(784, 28, 28, 1)
    return np.asarray(layer(unit_images)).reshape(784, 196).T


def relative_error(found):
    """Distance from the test images over their length, for the best scale of what was found."""
    scale = np.sum(found * originals) / np.sum(found * found)
    return np.linalg.norm(scale * found - originals) / np.linalg.norm(originals)


originals = test.reshape(len(test), 784)
A = one_filter(np.ones(3) / 3)
small = originals @ A.T  # (n, 196)
back_up, best = small @ A, small @ np.linalg.pinv(A).T  # (n, 784)
claims.add("mean of 3 x 3, stride 2: relative error of A^T A x", relative_error(back_up), at_least=0.2)
claims.add("the same: error of the pseudo-inverse over that of the transpose",
           relative_error(best) / relative_error(back_up), at_most=0.9)

# %%
figure, panels = plots.new_figure(
    1, 4, height=2.5, title="The transpose doesn't undo the convolution, and it leaves a grid")
shown = {"x": originals, "A x": small, "transpose of A, on A x": back_up, "pseudo-inverse of A": best}
for ax, (name, flat) in zip(panels, shown.items()):
    side = int(np.sqrt(flat.shape[1]))
    plots.image_row(ax, flat[:1].reshape(1, side, side), title=name, limits=(0, flat[0].max()))
plots.show(figure, "One symbol four times: sharp; at half the size; blurred under a regular "
                   "grid of lines after the transpose; with narrower strokes, but still a "
                   "grid, after the pseudo-inverse.")

# %% [markdown]
# **When it is the inverse.** If the rows of $A$ are orthonormal, $A A^\top = I$, and the transpose *is* the
# pseudo-inverse. With kernel size and stride both 2 windows don't overlap, so rows of different windows are
# orthogonal by themselves, and it takes only filters that are orthonormal among each other. One filter out
# of four still loses three quarters of the numbers: $A^\top A$ is a projection. All four lose nothing.

# %%
pair = np.array([[1, 1], [1, -1]]) / np.sqrt(2)  # sum and difference of two neighbours
haar = np.einsum("ai,bj->ijab", pair, pair).reshape(2, 2, 1, 4).astype("float32")
errors = {}
for filters in (1, 4):
    down = keras.layers.Conv2D(filters, 2, strides=2, use_bias=False)
    up = keras.layers.Conv2DTranspose(1, 2, strides=2, use_bias=False)
    down.build(test.shape), up.build((None, 14, 14, filters))
    down.kernel.assign(haar[..., :filters])
    up.kernel.assign(haar[..., :filters])
    codes = down(test)
    again = down(up(codes))  # A A^T (A x): the same as A x where A A^T = I
    claims.add(f"{filters} of 4 orthonormal filters: largest difference of A A^T y from y, y = Ax",
               np.abs(again - codes).max(), at_most=1e-5)
    errors[filters] = root_mean_square(up(codes) - test) / root_mean_square(test)
claims.add("1 of 4 orthonormal filters: relative error of A^T A x", errors[1], at_least=0.2)
claims.add("4 of 4 orthonormal filters: relative error of A^T A x", errors[4], at_most=1e-5)

# %% [markdown]
# **The reading.** The transpose gives back the shape and the places, not the values. *Deconvolution* is the
# name of a real inverse problem, and a wrong name for this layer; *transposed convolution* says what it is.
# In a network this is no loss: its weights are not those of any way down, they are learned for the way up.
# The grid in the figure, though, stays with us.

# %% [markdown]
# ## 6. Where checkerboards come from
#
# **The question.** The grid has the period of the stride. Copies of the kernel overlap, and where $s$ does
# not divide $k$, some output pixels get more copies than others. We count them: all weights one, all inputs
# one.


# %%
def overlaps(size, stride):
    """How many inputs reach each of 12 outputs, in one dimension and away from the ends."""
    layer = keras.layers.Conv1DTranspose(1, size, strides=stride, use_bias=False, dtype="float64")
    return apply(layer, np.ones(size), np.ones(24))[size:size + 12]  # whole periods of 1 to 4


SIZES, STRIDES = range(1, 8), range(1, 5)
uneven = np.array([[np.ptp(overlaps(size, stride)) / overlaps(size, stride).mean()
                    for stride in STRIDES] for size in SIZES])  # (sizes, strides)
divides = np.array([[size % stride == 0 for stride in STRIDES] for size in SIZES])
claims.add(f"of {uneven.size} pairs of size and stride, those where 'uneven' is not 'not divisible'",
           np.sum((uneven > 1e-9) == divides), at_most=0)

# %%
figure, (left, right) = plots.new_figure(
    1, 2, height=3.2, title="Overlaps are even exactly where the stride divides the kernel size")
plots.heatmap(left, uneven, xlabel="stride", ylabel="kernel size", title="spread over mean")
left.set_xticks(range(len(STRIDES)), STRIDES)
left.set_yticks(range(len(SIZES)), SIZES)
plots.bars(right, range(12), {f"kernel {size}": overlaps(size, 2) for size in (3, 4)},
           xlabel="output pixel", ylabel="inputs that reach it", title="stride 2")
right.set(yticks=(0, 1, 2), ylim=(0, 2.3))
plots.show(figure, "Left, a table of kernel sizes against strides: zero for every multiple of "
                   "the stride, positive elsewhere. Right, bars of how many inputs reach each "
                   "output pixel with stride two: for kernel four all alike, for kernel three "
                   "in turn one and two.")

# %% [markdown]
# **Random weights.** Before training, weights are independent with mean zero and one variance, so at a flat
# input the *power* of an output pixel, averaged over networks, is the variance times the number of copies.
# In two dimensions with kernel 3 and stride 2 the luckiest pixels get $2 \times 2$ copies and the poorest
# one, so the powers should be as 4 to 1; with kernel 4, all alike. But an average over networks is not a
# network. A layer with thousands of filters is thousands of random networks at once.


# %%
def power_by_place(kernels):
    """Outputs of a stride-2 layer at a flat input by place, (size, size, f, 1) -> (4, f)."""
    filters = kernels.shape[2]
    layer = keras.layers.Conv2DTranspose(filters, len(kernels), strides=2, padding="same",
                                         use_bias=False)
    layer.build((1, 8, 8, 1))
    layer.kernel.assign(kernels)
    return np.asarray(layer(np.ones((1, 8, 8, 1))))[0, 6:8, 6:8].reshape(4, filters)


ratio, spread = {}, {}
for size in (3, 4):
    outputs = power_by_place(rng.normal(size=(size, size, 8_000, 1)))
    power = np.mean(outputs**2, axis=1)  # over networks, (4,)
    ratio[size] = power.max() / power.min()
    spread[size] = root_mean_square(outputs.std(axis=0)) / root_mean_square(outputs)
claims.add("random kernels of 3: largest power over smallest, average of networks",
           ratio[3], at_least=3.5, at_most=4.6)
claims.add("random kernels of 4: largest power over smallest, average of networks",
           ratio[4], at_most=1.15)
claims.add("random kernels of 4: spread over places in a single network, over its size",
           spread[4], at_least=0.7)
hats = {3: np.array([1, 2, 1]) / 2, 4: np.array([1, 3, 3, 1]) / 4}
hats = {size: power_by_place(np.outer(taps, taps)[:, :, None, None]) for size, taps in hats.items()}
claims.add("kernels of linear interpolation, sizes 3 and 4: spread over places",
           max(each.std() for each in hats.values()), at_most=1e-6)

# %% [markdown]
# **The reading.** The counts foretell the average over networks. A single untrained network is uneven with
# kernel 4 *too*: the output at each of the four places is the sum of the weights that land there, and these
# are four different random numbers. What has to be even are the sums, one for each place; the count decides
# only for *equal* weights. The two kernels of linear interpolation have even sums, size 3 as well as size
# 4. Resizing first and convolving with stride 1 after is even for *any* weights.

# %% [markdown]
# ## 7. What training makes of it
#
# **The question.** Does training keep the pattern, remove it, or make it? Small networks draw a $28 \times
# 28$ image from its $7 \times 7$ thumbnail with two steps of two. They differ in one thing, the way up:
# kernel 3, kernel 4, both of them also with an *even start* (each kernel a random number times that of
# linear interpolation), and nearest with a convolution of size 3.


# %%
def even_start(shape, dtype=None):
    """Kernels (size, size, out, in): random numbers between channels, times interpolation."""
    taps = np.array({3: [1, 2, 1], 4: [1, 3, 3, 1]}[shape[0]]) / {3: 2, 4: 4}[shape[0]]
    mix = keras.initializers.GlorotUniform()((1, 1, *shape[2:]), dtype)
    return mix * np.outer(taps, taps).astype("float32")[:, :, None, None]


def transposed(size, start="glorot_uniform"):
    return lambda filters: [keras.layers.Conv2DTranspose(
        filters, size, strides=2, padding="same", kernel_initializer=start)]


def resized(filters):
    return [keras.layers.UpSampling2D(2, interpolation="nearest"),
            keras.layers.Conv2D(filters, 3, padding="same")]


STEPS_UP = {"kernel 3": transposed(3), "kernel 4": transposed(4),
            "kernel 3, even start": transposed(3, even_start),
            "kernel 4, even start": transposed(4, even_start), "resize, then convolve": resized}


def upsampler(step_up):
    """Thumbnails (n, 7, 7, 1) -> images (n, 28, 28, 1), and other sizes in the same way."""
    return keras.Sequential([
        keras.Input((None, None, 1)), keras.layers.Conv2D(FEATURES, 3, padding="same"),
        keras.layers.ReLU(), *step_up(FEATURES), keras.layers.ReLU(), *step_up(1)])


# %% [markdown]
# The measure: two steps of stride 2 can leave a pattern with period 4. The *grid share* is the part of the
# variance, 4 pixels away from the border, that follows from a pixel's place in the $4 \times 4$ grid alone.
# By Parseval it is the part of the Fourier power at the frequencies that are multiples of 1/4. Images have
# a little of it by themselves.


# %%
def grid_share(images):
    """Share of the variance that the place in the 4 x 4 grid explains: (n, 28, 28, 1) -> number."""
    inside = np.asarray(images)[:, 4:-4, 4:-4, 0]  # (n, 20, 20)
    places = inside.reshape(-1, 5, 4, 5, 4).mean(axis=(1, 3))  # (n, 4, 4)
    return places.var(axis=(1, 2)).mean() / inside.var(axis=(1, 2)).mean()


power = np.mean(np.abs(np.fft.fft2(test[:, 4:-4, 4:-4, 0])) ** 2, axis=0)  # (20, 20)
power[0, 0] = 0  # the mean is no variance
claims.add("real images: grid share over the same share from the Fourier power",
           grid_share(test) / (power[::5, ::5].sum() / power.sum()), at_least=0.999,
           at_most=1.001)


# %%
def thumbnails(images):
    """Means of 4 x 4 pixels, (n, 28, 28, 1) -> (n, 7, 7, 1)."""
    return images.reshape(-1, 7, 4, 7, 4, 1).mean(axis=(2, 4))


def trained_upsampler(step_up, seed):
    """The network, and its drawings of the test thumbnails before and every few steps."""
    keras.utils.set_random_seed(seed)
    model = upsampler(step_up)
    model.compile(keras.optimizers.Adam(LEARNING_RATE), loss="mean_squared_error",
                  steps_per_execution=MEASURE_EVERY)
    seen = thumbnails(test[:SHOWN])
    drawings = [np.asarray(model(seen))]
    after = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: drawings.append(np.asarray(model(seen))))
    batches = tf.data.Dataset.from_tensor_slices((thumbnails(train), train))
    batches = batches.shuffle(len(train), seed=seed).repeat().batch(BATCH).prefetch(2)
    model.fit(batches, steps_per_epoch=MEASURE_EVERY, epochs=STEPS // MEASURE_EVERY,
              shuffle=False, callbacks=[after], verbose=0)
    return model, drawings


runs = {name: [trained_upsampler(step_up, NETWORKS * settings.seed + index)
               for index in range(NETWORKS)] for name, step_up in STEPS_UP.items()}
shares = {name: np.mean([[grid_share(each) for each in drawings] for _, drawings in networks], axis=0)
          for name, networks in runs.items()}  # name: (measurements,)

# %%
steps = np.arange(0, STEPS + 1, MEASURE_EVERY)
figure, ax = plots.new_figure(
    title="Training removes the grid from images like those it sees", height=3.4)
ax.axhline(grid_share(test), color="black", linewidth=1, linestyle=":", label="real images")
plots.curves(ax, steps, shares, xlabel="step", ylabel="grid share", log="y", points=True)
plots.show(figure, "Grid share against training steps, logarithmic. Kernels three and four "
                   "start high and fall below the level of real images within some dozens of "
                   "steps, kernel four earlier. Kernel three with even start jumps up first, "
                   "then falls. Kernel four with even start and resizing stay low throughout.")

claims.add("untrained: grid share, kernel 3", shares["kernel 3"][0], at_least=0.3)
claims.add("untrained: grid share, kernel 4", shares["kernel 4"][0], at_least=0.3)
claims.add("untrained: grid share, resize then convolve",
           shares["resize, then convolve"][0], at_most=0.1)
claims.add("after 20 steps: grid share of kernel 3 over that of kernel 4",
           shares["kernel 3"][2] / shares["kernel 4"][2], at_least=1.5)
claims.add("even start, after 10 steps: grid share of kernel 3 over that of kernel 4",
           shares["kernel 3, even start"][1] / shares["kernel 4, even start"][1],
           at_least=2)
claims.add(f"after {STEPS} steps: largest grid share of the five, over that of real images",
           max(each[-1] for each in shares.values()) / grid_share(test), at_most=1)

# %% [markdown]
# **The reading.** Kernel 4 does not start better, it *leaves* faster, and an even start lasts with kernel 4
# and breaks within ten steps with kernel 3. That speaks for the gradient: while a network learns where
# images are bright at all, the error is smooth, and all weights of a kernel are pushed alike. With kernel
# 3, places that sum four weights then move four times as far as the place that has one; with kernel 4, all
# alike. We look at the very first gradient of the last layer.


# %%
def push_by_place(size):
    """First gradient of an even start, summed by place in the 2 x 2 grid: largest over smallest."""
    keras.utils.set_random_seed(settings.seed)
    model = upsampler(transposed(size, even_start))
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(thumbnails(train[:500])) - train[:500]) ** 2)
    gradient = np.asarray(tape.gradient(loss, model.layers[-1].kernel.value))[:, :, 0]
    places = [gradient[i::2, j::2].sum(axis=(0, 1)) for i in (0, 1) for j in (0, 1)]
    pushes = np.linalg.norm(places, axis=1)  # (4,), over the input channels
    return pushes.max() / pushes.min()


claims.add("first gradient, kernel 3: largest push of a place over the smallest",
           push_by_place(3), at_least=3, at_most=5)
claims.add("first gradient, kernel 4: largest push of a place over the smallest",
           push_by_place(4), at_most=1.5)

# %% [markdown]
# In the end the squared error, which sees the grid, brings all five below the level of real images. Is the
# grid gone? The networks have learned to cancel it *for these images*. We show them something else: a grey
# card.

# %%
card = np.full((1, 11, 11, 1), 0.5, "float32")  # larger than a thumbnail, for its inside
unlike = {}
for name, networks in runs.items():
    # 12 pixels from the border no zero of the padding is seen: what varies is the grid.
    inside = [np.asarray(model(card))[0, 12:-12, 12:-12, 0] for model, _ in networks]
    unlike[name] = np.mean([each.std() / abs(each.mean()) for each in inside])
claims.add("grey card: spread over mean, the smallest of the four transposed ways",
           min(value for name, value in unlike.items() if name.startswith("kernel")), at_least=0.03)
claims.add("grey card: spread over mean, resize then convolve", unlike["resize, then convolve"],
           at_most=1e-5)

# %%
figure, panels = plots.new_figure(
    len(runs), 2, height=7.6, title="The grid that training took from the digits is there on grey",
    width_ratios=[5, 1])
for (ax, beside), (name, networks) in zip(panels, runs.items()):
    model, drawings = networks[0]
    shown = [drawings[index // MEASURE_EVERY][0] for index in (0, 10, 20, 40, STEPS)]
    # Each at its own contrast: what counts is the pattern.
    plots.image_row(ax, [(each - each.min()) / np.ptp(each) for each in shown],
                    title=f"{name}: after 0, 10, 20, 40 and {STEPS} steps")
    inside = np.asarray(model(card))[:, 12:-12, 12:-12]
    plots.image_row(beside, inside / inside.mean(), limits=(0.6, 1.4),
                    title=f"grey card: {inside.std() / inside.mean():.0%}")
plots.show(figure, "One digit drawn before and during training by the five kinds of network. "
                   "Kernels three and four begin with a strong grid that fades as the digit "
                   "appears; the even starts and resizing begin smooth or mottled. Beside each "
                   "row the inside of a grey card after training and its spread over mean: "
                   "stripes and grids for all transposed convolutions, an even grey for "
                   "resizing.")

# %% [markdown]
# **The reading.** Training had cancelled the pattern where the loss looked, with weights that still make it
# elsewhere. Only the resized way can't make it from grey, whatever its weights: where its input is flat, so
# is its output. Its error here is no higher than that of kernel 3, with as many weights, but its convolution
# pays with four times the multiplications. A loss that doesn't compare pixel by pixel, such as an
# adversarial one, may push less against a grid: there the choice of the way up is seen in the pictures.

# %%
errors = {name: np.mean([root_mean_square(drawings[-1] - test[:SHOWN]) for _, drawings in networks])
          for name, networks in runs.items()}
claims.add(f"after {STEPS} steps: test error of resize, then convolve over that of kernel 3",
           errors["resize, then convolve"] / errors["kernel 3"], at_most=1.05)

# %% [markdown]
# ## 8. The whole picture
#
# Layers stack, and their overlaps multiply: each period comes to lie on the one before. Three layers of
# stride 2, or two of stride 3 or 4, with all weights one, in two dimensions. A kernel smaller than its
# stride leaves holes.

# %% tags=["cover"]
def cloth(size, stride, layers):
    """Overlaps of several layers of ones in two dimensions, over their mean."""
    flat = np.ones((1, 24, 24, 1), "float32")
    for _ in range(layers):
        layer = keras.layers.Conv2DTranspose(1, size, strides=stride, use_bias=False,
                                             kernel_initializer="ones")
        flat = np.asarray(layer(flat))[:, size:-size, size:-size]
        flat = flat[:, :48, :48]
    return flat[0, :36, :36, 0] / flat.mean()


figure, panels = plots.new_figure(
    3, 6, height=5, title="Every kernel weaves its own cloth, plain where the stride divides its size")
for (row, column), ax in np.ndenumerate(panels):
    stride, size = row + 2, column + 2
    ax.imshow(cloth(size, stride, 3 if stride == 2 else 2), cmap="cividis", vmin=0, vmax=2.5)
    ax.set_title(f"kernel {size}, stride {stride}", fontsize=8)
    ax.axis("off")
plots.show(figure, "Eighteen woven squares, strides 2 to 4 down and kernel sizes 2 to 7 "
                   "across. Most look like tartan cloth; where the stride divides the kernel "
                   "size the cloth is plain.")

# %% [markdown]
# ## 9. Claims

# %%
claims.table()

# %% [markdown]
# ### Change this and look
# In `resized`, set `interpolation="bilinear"`. Untrained networks then have still less of a grid, and after
# training the error is larger than with `"nearest"`. Then give `STEPS_UP` a `transposed(6)`: is it more
# like 3 or like 4, on the digits and on grey?
#
# ### To think about
# 1. Nearest followed by a convolution of size 3 is itself a transposed convolution with stride 2. Of
#    which size, and which of its weights are tied to each other?
# 2. An encoder with strided convolutions sends gradients back to the image. What pattern do they have, and
#    where would it show?
# 3. Max unpooling came out best where a filter follows. Why can a network that draws images from noise not
#    use it?
#
# ### Sources
# - V. Dumoulin, F. Visin, *A guide to convolution arithmetic for deep learning*, 2016, arXiv:1603.07285:
#   lengths, padding and the transpose.
# - A. Odena, V. Dumoulin, C. Olah, *Deconvolution and checkerboard artifacts*, Distill, 2016: overlaps as
#   the cause, resizing as the cure.
# - M. D. Zeiler, R. Fergus, *Visualizing and understanding convolutional networks*, ECCV 2014: unpooling
#   with remembered places.
# - J. Long, E. Shelhamer, T. Darrell, *Fully convolutional networks for semantic segmentation*, CVPR 2015:
#   upsampling as the convolution's backward pass, started from interpolation.
#
# **Next:** [Lab 2: a denoising autoencoder](../labs/lab2_denoising_autoencoder.ipynb).
