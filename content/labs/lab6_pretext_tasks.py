# ---
# jupyter:
#   course:
#     time_limit_s: 300
#     memory_limit_gb: 4
# ---

# %% [markdown]
# # Lab 6: Pretext tasks: one trunk, one probe
#
# Labels are expensive, images are cheap. A *pretext task* makes its own labels: turn an image and ask by how much; cut it into tiles,
# shuffle them and ask how; change it twice and ask which two pictures belong together. Nobody cares for the answers. What counts is the network that has
# learned to give them: do its features make a few real labels go further? And is it the task that helped, or would any network have done?
#
# **You will** write the inputs of three pretext tasks and the InfoNCE loss, train one and the same network, the *trunk*, on each of them, and compare
# what it has learned by one *probe*: a linear classifier on ten labelled images per class, beside pixels, PCA, an untrained trunk and a supervised one.
#
# | | |
# |---|---|
# | Time | about 100 minutes; everything runs in one to two minutes on two cores |
# | Needs | no network, no GPU, 3 GB of memory |
# | Points | 15, in eight questions |
# | Before | [Lecture 21](../notebooks/21_reconstruction_pretexts.ipynb), and [lab 4](lab4_dcgan.ipynb) for `train_step` |
#
# At the end you will have made this figure:
#
# ![Horizontal bars of test accuracy of a linear classifier with ten labels per class, one bar for each kind of features, with a dot for each of three samples of labelled images. Untrained trunk, pixels and the trunk trained with noise alone are shortest, then come jigsaw and rotation; the trunk trained by InfoNCE reaches the one trained with all labels.](../docs/figures/lab6_pretext_tasks.png)
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
from keras import layers, ops
from sklearn.decomposition import PCA

from utils import metrics, nets, plots, training
from utils.checks import Lab
from utils.claims import Claims, show_numbers
from utils.data import load_arrays
from utils.progress import progress

lab = Lab("lab6_pretext_tasks", globals())
claims = Claims("lab6_pretext_tasks")

# %% [markdown]
# ### Settings

# %%
DATA = "glyphs"  # digits drawn from fonts, in all sizes, slants and positions
TRAINING_IMAGES = settings.choose(quick=10_000, full=40_000)
TEST_IMAGES = settings.choose(quick=2_000, full=10_000)
EPOCHS = settings.choose(quick=8, full=12)
BATCH = 256
LEARNING_RATE = 2e-3  # of Adam; falls to 0 along a cosine
GRID, SIDE = 2, 12  # tiles in a row; pixels of a tile's side, 2 fewer than its cell has
TEMPERATURE = 0.2
LABELS, SAMPLES = 10, 3  # labelled images per class for the probe; how often they are sampled

# %%
train, test = (load_arrays(DATA, split, count=count) for split, count in
               (("train", TRAINING_IMAGES), ("test", TEST_IMAGES)))
train_images, test_images = train["image"], test["image"]  # (n, 28, 28, 1) in [0, 1]
print("Training images:", train_images.shape, "- test images:", test_images.shape)

# %% [markdown]
# ## 1. Which way is up?
#
# The first task (Gidaris, Singh and Komodakis 2018): turn each image by 0, 90, 180 or 270 degrees, and ask for the turn. The label costs nothing, and to find it a network has to see what
# is drawn: a 7 has its bar at the top. Quarter turns move pixels to other positions and change none. A turn by 45 degrees would have
# to interpolate, and a network could read the turn off the blur.
#
# ### Question 1 (1 point): write `quarter_turned`
#
# <details><summary>Hint 1: where to look</summary>NumPy turns a picture by <code>np.rot90</code>: look up which way, and what its arguments <code>k</code> and <code>axes</code> are.</details>
# <details><summary>Hint 2: what to think of</summary>Each image has a number of turns of its own, so go from image to image, or turn all images by each of the four turns and choose. Of one image the axes are height, width, channels.</details>
# <details><summary>Hint 3: nearly the code</summary><code>np.rot90(image, turn)</code> for each pair in <code>zip(images, turns)</code>, put together again by <code>np.stack</code>.</details>


# %%
def quarter_turned(images, turns):
    """Each image turned by its own number of quarter turns, counterclockwise.

    Args:
        images: array (n, side, side, channels), float32; it is left as it is.
        turns: array (n,), int, quarter turns of each image. Any whole numbers: 4 turns are none,
            and -1 is one clockwise.

    Returns:
        array of the shape of images, in their order. One turn makes [[1, 2], [3, 4]] into
        [[2, 4], [1, 3]].
    """
    ### BEGIN SOLUTION
    return np.stack([np.rot90(image, turn) for image, turn in zip(images, turns)])
    ### END SOLUTION


# %%
lab.check("quarter_turned")
### BEGIN HIDDEN TESTS
lab.check("quarter_turned", hidden=True)
### END HIDDEN TESTS

# %% tags=["experiment"]
with lab.needs("quarter_turned"):
    ten = test_images[[np.flatnonzero(test["label"] == digit)[0] for digit in range(10)]]
    rows = {f"{90 * turn} degrees": quarter_turned(ten, np.full(10, turn)) for turn in range(4)}
    figure = plots.image_rows(rows, height=4.4,
                              title="Some digits show which way they were turned, others don't")
    plots.show(figure, "Four rows of the digits from 0 to 9: upright, and turned by 90, 180 and 270 "
                       "degrees counterclockwise. The 0 looks the same after half a turn, and the "
                       "6 and the 9 look like each other.")

# %% [markdown]
# ## 2. Which orders?
#
# The second task (Noroozi and Favaro 2016) cuts an image into tiles and puts them in another order; the network tells which. With 9 tiles there are 362,880 orders, too
# many for as many classes, so a set of them is chosen. Two orders that differ in two positions only can hardly be told apart. What counts is the *Hamming distance*, the number of
# positions in which two permutations differ, and of all pairs the smallest.
#
# How many can there be? Fix what stands in the first $t - d + 1$ of $t$ positions. Two permutations that agree there differ in at most $d - 1$ positions, so permutations with a distance of at
# least $d$ all differ there. There are $t (t - 1) \cdots d = t! / (d - 1)!$ ways to fill these positions, and no set can be larger. For some $t$ and $d$ even that many can't be found.
#
# ### Question 2 (2 points): write `permutation_set`
#
# <details><summary>Hint 1: where to look</summary>Go through permutations in a random order and keep one if it is far enough from all that were kept. <code>itertools.permutations</code> lists all, the generator's <code>rng.permutation(tiles)</code> gives a random one.</details>
# <details><summary>Hint 2: what to think of</summary>Look at the bound first: beyond it the loop would never end. Below it a choice can still get stuck, with nothing left that fits: then begin anew with other permutations.</details>
# <details><summary>Hint 3: nearly the code</summary><code>(np.array(chosen) != candidate).sum(axis=1).min() &gt;= least</code> tells whether a candidate fits. <code>math.factorial</code> gives the bound.</details>


# %%
def permutation_set(tiles, count, least, seed):
    """Permutations of which each two differ in many positions.

    Args:
        tiles: int, up to 9; permutations are of the numbers from 0 to tiles - 1.
        count: int, permutations wanted.
        least: int from 1 to tiles, positions in which each two differ at least.
        seed: int; the same seed gives the same set, another one mostly another.

    Returns:
        int array (count, tiles), a permutation in each row. All 24 of 4 tiles have least 2.

    Raises:
        ValueError: count is above tiles! / (least - 1)!, where no such set exists.
    """
    ### BEGIN SOLUTION
    import itertools
    import math

    most = math.factorial(tiles) // math.factorial(least - 1)
    if count > most:
        raise ValueError(f"There are at most {most} such permutations, not {count}.")
    rng = np.random.default_rng(seed)
    everything = np.array(list(itertools.permutations(range(tiles))))
    while True:
        left, chosen = rng.permutation(everything), []
        while len(left) and len(chosen) < count:
            chosen.append(left[0])
            left = left[(left != left[0]).sum(axis=1) >= least]
        if len(chosen) == count:
            return np.array(chosen)
    ### END SOLUTION


# %%
lab.check("permutation_set")
### BEGIN HIDDEN TESTS
lab.check("permutation_set", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# **The question.** Is a random set not good enough? Of 9 tiles, 60 random permutations beside 60 chosen ones: what counts for the network is the closest pair.

# %% tags=["experiment"]
with lab.needs("permutation_set"):
    def distances(permutations):
        """Hamming distances of all pairs of rows."""
        permutations = np.asarray(permutations)
        different = (permutations[:, None] != permutations).sum(axis=-1)
        return different[np.triu_indices(len(permutations), 1)]

    rng = np.random.default_rng(settings.seed)
    sets = {"random": np.stack([rng.permutation(9) for _ in range(60)]),
            "chosen, least 6": permutation_set(9, 60, 6, settings.seed)}
    show_numbers({name: [found.mean(), found.min()] for name, found in
                  ((name, distances(each)) for name, each in sets.items())},
                 ["mean distance", "smallest distance"], first="60 permutations of 9")

# %% [markdown]
# **The reading.** By the mean distance nothing is wrong with random permutations. The smallest distance tells them apart. A greedy choice by the *mean* would improve a number that is good already, and
# may leave two permutations that differ in two tiles only.

# %% [markdown]
# ## 3. Tiles
#
# A network takes the easiest way. If neighbouring tiles share an edge, lines go on across it, and the order can be found without a look at what is drawn. If tiles keep their brightness, it can be found from shades alone. So a tile is smaller than its *cell* and is cut out at
# a random offset, and each tile gets mean 0 and standard deviation 1, by its own pixels.
#
# ### Question 3 (2 points): write `cut_tiles`
#
# <details><summary>Hint 1: where to look</summary>Tile k of a grid lies in row <code>k // grid</code> and column <code>k % grid</code>. Where does its cell begin, and where in it does the tile?</details>
# <details><summary>Hint 2: what to think of</summary>Offsets differ from image to image and from tile to tile: a loop over both, and a slice, will do. A tile of one colour has a standard deviation of 0: what divides has to stay above 0.</details>
# <details><summary>Hint 3: nearly the code</summary><code>top = k // grid * cell + offsets[i, k, 0]</code>, left in the same way, <code>images[i, top:top + side, left:left + side]</code>; then <code>tiles.mean(axis=(2, 3, 4), keepdims=True)</code> and the same of <code>std</code>.</details>


# %%
def cut_tiles(images, grid, side, offsets):
    """Tiles of each image, row by row, each with mean 0 and standard deviation 1.

    Args:
        images: array (n, size, size, channels), float32; it is left as it is.
        grid: int that divides size; an image has grid x grid cells of size // grid pixels a side.
        side: int, pixels of a tile's side, at most those of its cell.
        offsets: int array (n, grid * grid, 2), rows and columns between the top left corner of each
            cell and that of its tile; from 0 to size // grid - side.

    Returns:
        float array (n, grid * grid, side, side, channels), tiles from left to right, then from top to
        bottom: less their mean, divided by their standard deviation, over all pixels and channels of
        the tile. The tile (0, 1) becomes (-1, 1); one of equal pixels is all 0.
    """
    ### BEGIN SOLUTION
    cell = images.shape[1] // grid
    tiles = np.empty((len(images), grid * grid, side, side, images.shape[-1]), "float32")
    for i, image in enumerate(images):
        for k, (down, right) in enumerate(offsets[i]):
            top, left = k // grid * cell + down, k % grid * cell + right
            tiles[i, k] = image[top:top + side, left:left + side]
    tiles -= tiles.mean(axis=(2, 3, 4), keepdims=True)
    return tiles / np.maximum(tiles.std(axis=(2, 3, 4), keepdims=True), 1e-6)
    ### END SOLUTION


# %%
lab.check("cut_tiles")
### BEGIN HIDDEN TESTS
lab.check("cut_tiles", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 4. Shuffled
#
# What a permutation means has to be said once: *position j gets tile number* `permutation[j]`. The other reading, tile j goes to position
# `permutation[j]`, is the inverse. For a network either will do, as long as nobody mixes them.
#
# ### Question 4 (1 point): write `shuffled`
#
# <details><summary>Hint 1: where to look</summary>NumPy takes lists as indices: what does <code>tiles[0][[2, 0, 1]]</code> give?</details>
# <details><summary>Hint 2: what to think of</summary>Each image has a permutation of its own, <code>permutations[which]</code> is (n, tiles). Only the second axis of the tiles is put into another order.</details>
# <details><summary>Hint 3: nearly the code</summary><code>np.stack([own[order] for own, order in zip(..., ...)])</code>, or <code>np.take_along_axis</code> with axes of length 1 added to the orders.</details>


# %%
def shuffled(tiles, permutations, which):
    """Each image's tiles in the order of its permutation.

    Args:
        tiles: array (n, t, side, side, channels); it is left as it is.
        permutations: int array (m, t), numbers from 0 to t - 1.
        which: int array (n,), for each image a row of permutations.

    Returns:
        array of the shape of tiles: position j of image i holds its tile permutations[which[i]][j].
        Tiles a, b, c in the order (2, 0, 1) are c, a, b.
    """
    ### BEGIN SOLUTION
    orders = np.asarray(permutations)[which]  # (n, t)
    return np.stack([own[order] for own, order in zip(tiles, orders)])
    ### END SOLUTION


# %%
lab.check("shuffled")
### BEGIN HIDDEN TESTS
lab.check("shuffled", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# Our trunk takes pictures of 28x28, so the tiles are laid out again, with a black gap between them. With 2x2 tiles there are 24 orders, and all of them are classes. (Our network sees all tiles
# at once. That of the paper sees each tile alone, nine times with the same weights, and puts them together late.)

# %% tags=["experiment"]
CELL = 28 // GRID


def assembled(tiles):
    """Tiles (n, GRID * GRID, SIDE, SIDE, 1) as images (n, 28, 28, 1), in a gap of zeros."""
    before = (CELL - SIDE) // 2
    gap = (before, CELL - SIDE - before)
    cells = np.pad(np.asarray(tiles, "float32"), ((0, 0), (0, 0), gap, gap, (0, 0)))
    rows = cells.reshape(-1, GRID, GRID, CELL, CELL, 1).transpose(0, 1, 3, 2, 4, 5)
    return rows.reshape(-1, 28, 28, 1)


def drawn_offsets(rng, count):
    return rng.integers(0, CELL - SIDE + 1, (count, GRID * GRID, 2))


with lab.needs("permutation_set", "cut_tiles", "shuffled"):
    ORDERS = np.asarray(permutation_set(GRID * GRID, 24, 2, settings.seed))
    cut = np.asarray(cut_tiles(ten, GRID, SIDE, drawn_offsets(np.random.default_rng(1), 10)))
    puzzle = shuffled(cut, ORDERS, np.arange(10))
    rows = {"image": 5 * ten - 2, "tiles": assembled(cut), "shuffled": assembled(puzzle)}
    figure = plots.image_rows(rows, height=3.6, limits=(-2, 3),
                              title="To put the tiles in order one has to know what digits look like")
    plots.show(figure, "Three rows of ten pictures: digits; the same cut into two by two tiles with "
                       "grey gaps between them; the tiles in another order.")

# %% [markdown]
# ## 5. Two views
#
# The third task compares. Change an image twice at random, into two *views* of it, and ask which views belong together. The network has to keep what both share and to ignore what the change has
# varied. So the choice of changes says what does not matter, and that is knowledge that somebody puts in.
#
# Here they are an affine map (shift, size, slant), another contrast and noise. The map is given:


# %%
def warped(images, shifts, scales, shears):
    """Images moved, resized and slanted about their middle; black comes in from outside.

    Args:
        images: tensor (n, 28, 28, 1), float32.
        shifts: (n, 2), pixels to the right and down.
        scales: (n,), 1.1 makes things 10 % larger. shears: (n,), columns per row.
    """
    middle = (ops.shape(images)[1] - 1) / 2
    inverse = 1 / scales  # ops.image takes the map from new positions to old ones
    slant = -shears * inverse
    right, down = middle + shifts[:, 0], middle + shifts[:, 1]
    left = middle - inverse * right - slant * down
    top = middle - inverse * down
    zero = ops.zeros_like(scales)
    maps = ops.stack([inverse, slant, left, zero, inverse, top, zero, zero], axis=1)
    return ops.image.affine_transform(images, maps, fill_mode="constant")


# %% [markdown]
# The views are made while the network trains, in a compiled function, and that is where a classic mistake waits: NumPy's random numbers are drawn once, when the function is compiled, and are the
# same in every step. TensorFlow's *stateless* functions take a seed as an argument, a pair of whole numbers. The same seed gives the same numbers, and `tf.random.split(seed, k)` makes k new seeds of one.
#
# ### Question 5 (2 points): write `two_views`
#
# <details><summary>Hint 1: where to look</summary><code>tf.random.stateless_uniform(shape, seed, low, high)</code> and <code>tf.random.stateless_normal(shape, seed)</code>; <code>tf.random.split(seeds, 2)</code> gives two seeds, one for each view.</details>
# <details><summary>Hint 2: what to think of</summary>Write a function that makes one view from a seed, and call it twice. In it each random number needs a seed of its own, and each image a number of its own: the shapes are (n, 2), (n,) and, for the contrast, (n, 1, 1, 1).</details>
# <details><summary>Hint 3: nearly the code</summary><code>shift, scale, shear, contrast, noise = tf.unstack(tf.random.split(seed, 5))</code>, <code>shifts = tf.random.stateless_uniform((count, 2), shift, -3, 3)</code> and so on, <code>warped(...) ** exponent + noise</code>, then <code>tf.clip_by_value</code>.</details>


# %%
def two_views(images, seeds):
    """Two random views of each image.

    Args:
        images: tensor or array (n, 28, 28, 1), float32 in [0, 1].
        seeds: int64 tensor or array (2,), a seed for TensorFlow's stateless functions. The same
            seeds give the same views, whatever was called before; others give others.

    Returns:
        two tensors of the shape of images, float32 in [0, 1], also in a compiled function. In each
        view each image has random numbers of its own: shifts from -3 to 3 pixels both ways, scales
        from 0.85 to 1.15, shears from -0.3 to 0.3, for `warped`; then pixels to a power from 0.6 to
        1.6; then Gaussian noise with standard deviation 0.05; then clipped to [0, 1]. Somewhat
        weaker or stronger changes do as well.
    """
    ### BEGIN SOLUTION
    count = tf.shape(images)[0]
    uniform = tf.random.stateless_uniform

    def view(seed):
        shift, scale, shear, contrast, noise = tf.unstack(tf.random.split(seed, 5))
        moved = warped(images, uniform((count, 2), shift, -3, 3), uniform((count,), scale, 0.85, 1.15),
                       uniform((count,), shear, -0.3, 0.3))
        power = tf.exp(uniform((count, 1, 1, 1), contrast, -0.5, 0.5))
        values = tf.clip_by_value(moved, 0, 1) ** power
        values += 0.05 * tf.random.stateless_normal(tf.shape(images), noise)
        return tf.clip_by_value(values, 0, 1)

    first, second = tf.unstack(tf.random.split(seeds, 2))
    return view(first), view(second)
    ### END SOLUTION


# %%
lab.check("two_views")
### BEGIN HIDDEN TESTS
lab.check("two_views", hidden=True)
### END HIDDEN TESTS

# %% tags=["experiment"]
with lab.needs("two_views"):
    views = two_views(ten, np.array([settings.seed, 1]))
    rows = {"image": ten, "first view": views[0], "second view": views[1]}
    figure = plots.image_rows(rows, height=3.6, title="Two views of an image show the same digit")
    plots.show(figure, "Three rows of ten digits: images, and two views of each, in which the digit "
                       "is shifted, larger or smaller, slanted, paler or bolder, and noisy.")

# %% [markdown]
# ## 6. InfoNCE
#
# From N images come 2N views, and from the network as many vectors. Each is compared with all others by the cosine of the angle between them, $s_{ij}$. A softmax over the other $2N - 1$ views
# says how likely each is to be the partner, and the loss is the cross-entropy of the right one:
#
# $$L = -\frac{1}{2N} \sum_{i=1}^{2N} \ln \frac{e^{s_{i p(i)} / T}}{\sum_{j \ne i} e^{s_{ij} / T}}$$
#
# $p(i)$ is the partner of view $i$. The *temperature* T says how sharply to look: a cosine lies between -1 and 1, too narrow for a softmax over hundreds. A view is not compared with itself, or the largest similarity of all, $s_{ii} = 1$, would
# stand in each sum. This form is called NT-Xent (Chen and others 2020); it is the InfoNCE loss of van den Oord and others (2018) with normalized vectors.
#
# ### Question 6 (3 points): write `info_nce`
#
# <details><summary>Hint 1: where to look</summary>Put both sets in one, (2n, d), make all rows unit vectors, and one matrix product gives all cosines. The loss is a cross-entropy with logits, each row a classification among 2n.</details>
# <details><summary>Hint 2: what to think of</summary>A view itself is left out of its row <em>before</em> the exponential: a similarity of -1e9 does that, a subtraction afterwards does not. The partner of row i is n rows further on, in the second half n rows back. Small temperatures overflow <code>exp</code>: let a function take logits.</details>
# <details><summary>Hint 3: nearly the code</summary><code>similar = ops.matmul(z, ops.transpose(z)) / temperature - 1e9 * ops.eye(2 * n)</code>, <code>partners = ops.roll(ops.arange(2 * n), n)</code>, <code>ops.sparse_categorical_crossentropy(partners, similar, from_logits=True)</code>.</details>


# %%
def info_nce(first, second, temperature):
    """InfoNCE of two views, in the form NT-Xent.

    Args:
        first, second: tensors or arrays (n, d), row i of both from the same image; of any length.
        temperature: float above 0.

    Returns:
        scalar tensor, nats: the mean over all 2n views. Every view is compared with the 2n - 1 others,
        those of its own set included. All rows equal: ln(2n - 1). First and second (1, 0), (0, 1),
        temperature 0.5: ln(1 + 2 e^-2) = 0.240. Finite at a temperature of 0.01, too.
    """
    ### BEGIN SOLUTION
    both = ops.concatenate([first, second])
    both = both / ops.norm(both, axis=-1, keepdims=True)
    count = ops.shape(both)[0]
    similar = ops.matmul(both, ops.transpose(both)) / temperature
    similar = similar - 1e9 * ops.eye(count, dtype=similar.dtype)
    partners = ops.roll(ops.arange(count), count // 2)
    return ops.mean(ops.sparse_categorical_crossentropy(partners, similar, from_logits=True))
    ### END SOLUTION


# %%
lab.check("info_nce")
### BEGIN HIDDEN TESTS
lab.check("info_nce", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# **The question.** What does temperature do? A view has its partner at a cosine of 0.6, another image at 0.5 and 50 more at 0. How much of the force that pushes it away comes from the nearest of these images?

# %% tags=["experiment"]
with lab.needs("info_nce"):
    cosines = np.array([0.5] + 50 * [0.0])  # of the other images to the view
    axes = np.eye(len(cosines) + 2)
    others = cosines[:, None] * axes[0] + np.sqrt(1 - cosines**2)[:, None] * axes[1:-1]
    partner = 0.6 * axes[0] + 0.8 * axes[-1]
    first, second = (tf.constant(np.vstack([own, others]), tf.float32)
                     for own in (axes[0], partner))
    temperatures, pushes = np.geomspace(0.05, 1, 15), []
    for temperature in temperatures:
        with tf.GradientTape() as tape:
            tape.watch(first)
            loss = info_nce(first, second, float(temperature))
        # Each other image has an axis of its own, along which it pushes the view away.
        away = tape.gradient(loss, first)[0, 1:-1] / np.sqrt(1 - cosines**2)
        pushes.append(float(away[0] / ops.sum(away)))
    figure, ax = plots.new_figure(title="A low temperature looks at the nearest wrong image alone")
    plots.curves(ax, temperatures, {"": pushes}, xlabel="temperature", log="x", points=True,
                 ylabel="share of the push")
    plots.show(figure, "Share of the push that comes from the nearest wrong image, against "
                       "the temperature on a logarithmic axis: near 1 at the left, and small at "
                       "the right.")

# %% [markdown]
# **The reading.** At T = 1 all wrong images push alike, near or not. A low temperature leaves the far ones alone and pushes off whatever is nearest, and the nearest is the likeliest to show the same thing. We take 0.2.

# %% [markdown]
# ## 7. One step for all tasks
#
# The three tasks differ in their inputs and in their loss, and in nothing else. A *trunk* makes features of an image; a *head* makes of them what the task asks for: 4 logits, 24 logits, or the vectors for InfoNCE. Both train together, and afterwards the
# head is thrown away. The trunk is `utils.nets.build_trunk`: three convolutions of stride 2 and a dense layer of 64.
#
# ### Question 7 (3 points): write `PretextTask`'s `train_step`
#
# <details><summary>Hint 1: where to look</summary>One network, one tape, one optimizer: the step of lab 3 or half of that of lab 4. <code>self(inputs, training=True)</code> calls trunk and head.</details>
# <details><summary>Hint 2: what to think of</summary>The call and the objective lie inside the <code>with</code> block, the gradient and the update behind it. Whose variables shall move? The trunk's as well as the head's. What is tracked is from before the update.</details>
# <details><summary>Hint 3: nearly the code</summary><code>variables = self.trainable_variables</code>, <code>self.optimizer.apply(tape.gradient(loss, variables), variables)</code>, <code>return self.track(loss, self.score(targets, outputs))</code>.</details>


# %%
class PretextTask(keras.Model):
    """A trunk and a head, trained together on one pretext task.

    Args:
        trunk: Keras model, images -> features.
        head: Keras model or layer, features -> outputs.

    Each step returns `loss` and `score`, means since the epoch began.
    """

    def __init__(self, trunk, head, **options):
        super().__init__(**options)
        self.trunk, self.head = trunk, head
        self.trackers = [keras.metrics.Mean("loss"), keras.metrics.Mean("score")]

    def compile(self, optimizer, objective, score, **options):
        """`objective(targets, outputs)` is the loss of a batch, a scalar; `score`, with the same
        arguments, is only tracked."""
        super().compile(optimizer=optimizer, **options)
        self.objective, self.score = objective, score

    def call(self, images, training=None):
        return self.head(self.trunk(images, training=training), training=training)

    def track(self, loss, score):
        """Update the trackers; return {name: mean so far}."""
        for tracker, value in zip(self.trackers, (loss, score)):
            tracker.update_state(value)
        return {tracker.name: tracker.result() for tracker in self.trackers}

    def train_step(self, data):
        """One step of `self.optimizer` down the gradient of `self.objective`.

        Args:
            data: pair (inputs, targets), a batch. The networks are called with training=True.

        Trunk and head both move, once. Returns what `track` gives of the loss and of
        `self.score(targets, outputs)`, both from before the update.
        """
        ### BEGIN SOLUTION
        inputs, targets = data
        with tf.GradientTape() as tape:
            outputs = self(inputs, training=True)
            loss = self.objective(targets, outputs)
        variables = self.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        return self.track(loss, self.score(targets, outputs))
        ### END SOLUTION


# %%
lab.check("PretextTask")
### BEGIN HIDDEN TESTS
lab.check("PretextTask", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 8. What is left: features
#
# The probe gets what the trunk gives, for images as they are: not turned, not cut, not changed. Nothing is trained or adapted on the way, and no label is looked at.
#
# ### Question 8 (1 point): write `features`
#
# <details><summary>Hint 1: where to look</summary>A Keras model is called on images, or asked by <code>predict</code>, which goes through them in batches: which of both behaves as in training, and when?</details>
# <details><summary>Hint 2: what to think of</summary>Ten thousand images at once take much memory. A trunk that ends in maps, (n, height, width, d), gets the mean over its positions; one that ends in rows is done.</details>
# <details><summary>Hint 3: nearly the code</summary><code>found = trunk.predict(images, batch_size=500, verbose=0)</code>, and <code>found.mean(axis=(1, 2))</code> if <code>found.ndim == 4</code>.</details>


# %%
def features(trunk, images):
    """What a trunk makes of images, as used: nothing is trained, and the trunk stays as it is.

    Args:
        trunk: Keras model, images -> features (n, d), or maps (n, height, width, d).
        images: array (n, height, width, channels), float32.

    Returns:
        float array (n, d), a row for each image, in their order; of maps the mean over all positions.
        Two positions with (1, 0) and (3, 4) give (2, 2).
    """
    ### BEGIN SOLUTION
    found = trunk.predict(images, batch_size=500, verbose=0)
    return found.mean(axis=(1, 2)) if found.ndim == 4 else found
    ### END SOLUTION


# %%
lab.check("features")
### BEGIN HIDDEN TESTS
lab.check("features", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 9. Training on three tasks
#
# The same trunk with the same first weights, the same number of steps, the same optimizer: what differs is the task. Turns and tiles are made anew for each epoch, views anew for each batch.


# %%
def class_loss(targets, outputs):
    """Mean cross-entropy of classes (n,) and logits (n, classes)."""
    return ops.mean(ops.sparse_categorical_crossentropy(targets, outputs, from_logits=True))


def class_score(targets, outputs):
    """Share of the examples whose largest logit is the right one."""
    right = ops.cast(ops.argmax(outputs, axis=-1), "int32") == ops.cast(targets, "int32")
    return ops.mean(ops.cast(right, "float32"))


def trained(head, data, objective=class_loss, score=class_score, augment=None):
    """A new trunk, trained with this head on arrays, or on a function of the epoch that makes them.

    Returns the trained `PretextTask` and its history.
    """
    keras.utils.set_random_seed(settings.seed)  # the same first weights for each task
    task = PretextTask(nets.build_trunk(), head())
    task(np.zeros((1, 28, 28, 1), "float32"))
    steps = len(train_images) // BATCH
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, EPOCHS * steps)
    task.compile(keras.optimizers.Adam(schedule), objective, score)

    def batches(first_epoch):
        return training.batches(data, BATCH, seed=settings.seed, first_epoch=first_epoch,
                                augment=augment, drop_remainder=True)

    return task, training.fit(task, batches, steps=steps, epochs=EPOCHS)


def turned_images(images, rng):
    """Images turned at random, and their turns."""
    turns = rng.integers(0, 4, len(images))
    return np.asarray(quarter_turned(images, turns), "float32"), turns


def puzzles(images, rng):
    """Images with their tiles in another order, and which order that is."""
    which = rng.integers(0, len(ORDERS), len(images))
    tiles = cut_tiles(images, GRID, SIDE, drawn_offsets(rng, len(images)))
    return assembled(shuffled(np.asarray(tiles), ORDERS, which)), which


def each_epoch(make, number):
    """A function of the epoch: `make` of all training images, with random numbers of that epoch."""
    return lambda epoch: make(train_images, np.random.default_rng([settings.seed, number, epoch]))


# %% tags=["experiment"]
with lab.needs("quarter_turned", "PretextTask"):
    rotation, _ = trained(lambda: layers.Dense(4), each_epoch(turned_images, 1))
    turned, turns = turned_images(test_images, np.random.default_rng([settings.seed, 99]))
    right_turn = rotation.predict(turned, batch_size=500, verbose=0).argmax(axis=1) == turns

# %% tags=["experiment"]
with lab.needs("permutation_set", "cut_tiles", "shuffled", "PretextTask"):
    jigsaw, _ = trained(lambda: layers.Dense(len(ORDERS)), each_epoch(puzzles, 2))
    puzzle, which = puzzles(test_images, np.random.default_rng([settings.seed, 98]))
    right_order = jigsaw.predict(puzzle, batch_size=500, verbose=0).argmax(axis=1) == which


# %% [markdown]
# For InfoNCE both views go through the network in one batch, first views before second ones. Between trunk and vectors stands a small head of two layers: what the loss wants forgotten, such as the position,
# may then be forgotten there (Chen and others 2020, section 4.2).

# %% tags=["experiment"]
def contrast_loss(targets, outputs):
    """InfoNCE of outputs (2n, d), first views, then second ones; there are no targets."""
    first, second = ops.split(outputs, 2)
    return info_nce(first, second, TEMPERATURE)


def contrast_score(targets, outputs):
    """Share of the views whose partner is the nearest of all other views."""
    vectors = outputs / (ops.norm(outputs, axis=-1, keepdims=True) + 1e-9)
    count = ops.shape(vectors)[0]
    similar = ops.matmul(vectors, ops.transpose(vectors)) - 2 * ops.eye(count)
    return class_score(ops.roll(ops.arange(count), count // 2), similar)


def contrast_head():
    return keras.Sequential([layers.Dense(64, activation="relu"), layers.Dense(32)])


def pairs(images, seed):
    """A batch of views, first and second ones, for `training.batches`."""
    views = two_views(images, seed)
    return ops.concatenate([views[0], views[1]]), tf.zeros(tf.shape(images)[0])


with lab.needs("two_views", "info_nce", "PretextTask"):
    contrast, contrast_history = trained(contrast_head, train_images, contrast_loss,
                                         contrast_score, pairs)


# %% [markdown]
# And two controls. The same loss with views that differ by noise alone asks: is it the loss or the views? And labels for all training images: what a trunk of this size can learn when told everything.

# %% tags=["experiment"]
def noisy_pairs(images, seed):
    """Views that differ by noise alone."""
    noise = 0.05 * tf.random.stateless_normal(tf.concat([[2], tf.shape(images)], axis=0), seed)
    views = tf.clip_by_value(images + noise, 0, 1)
    return ops.concatenate([views[0], views[1]]), tf.zeros(tf.shape(images)[0])


with lab.needs("info_nce", "PretextTask"):
    noise_alone, _ = trained(contrast_head, train_images, contrast_loss, contrast_score,
                             noisy_pairs)

# %% tags=["experiment"]
with lab.needs("PretextTask"):
    supervised, _ = trained(lambda: layers.Dense(10), (train_images, train["label"]))

# %% [markdown]
# ## 10. How well are the tasks solved?
#
# **The question.** Did the networks learn their tasks, and how much can be learned? A 0 looks the same after half a turn, and a 6 becomes a 9. Nobody can tell these turns better than by guessing between two. With three of ten digits so, even a perfect
# network can't be right more often than $1 - \frac{1}{2} \cdot 0.3$; of the test images counted exactly.

# %% tags=["experiment"]
with lab.needs("quarter_turned", "PretextTask"):
    digits = test["label"]
    of_digit = np.array([right_turn[digits == digit].mean() for digit in range(10)])
    figure, ax = plots.new_figure(title="Where a turned digit looks like another, half is all there is")
    ax.bar(range(10), of_digit)
    ax.axhline(0.5, color="black", linestyle="--")
    ax.set(xticks=range(10), ylim=(0, 1.02))
    plots.describe(ax, xlabel="digit", ylabel="turns found (dashed: half)")
    plots.show(figure, "Bars of the share of turns found, one for each digit. Those of 0, 6 and 9 end "
                       "near one half, the others near 1.")
    ambiguous = np.isin(digits, [0, 6, 9])
    ceiling = 1 - ambiguous.mean() / 2
    claims.add("rotation, 0, 6 and 9: share of turns found (half by guessing between two)",
               right_turn[ambiguous].mean(), at_least=0.4, at_most=0.6)
    claims.add("rotation, other digits: share of turns found", right_turn[~ambiguous].mean(),
               at_least=0.93)
    claims.add("rotation, all digits: share of turns found minus its ceiling",
               right_turn.mean() - ceiling, at_least=-0.08, at_most=0.02)

# %% tags=["experiment"]
with lab.needs("permutation_set", "cut_tiles", "shuffled", "PretextTask"):
    claims.add("jigsaw: share of 24 orders found on held-out images (chance 0.04)",
               right_order.mean(), at_least=0.8)

# %% tags=["experiment"]
with lab.needs("two_views", "info_nce", "PretextTask"):
    losses = contrast_history["loss"]
    chance = np.log(2 * BATCH - 1)
    figure, ax = plots.new_figure(title="InfoNCE is read against the logarithm of the others")
    plots.curves(ax, range(1, EPOCHS + 1), {"InfoNCE": losses,
                                            "all vectors equal: ln(2N - 1)": [chance] * EPOCHS},
                 xlabel="epoch", ylabel="nats", points=True)
    plots.show(figure, "InfoNCE against epochs: it falls well below the line of vectors that are all "
                       "equal, fast at first and then slowly.")
    claims.add("InfoNCE in the last epoch minus that of equal vectors", losses[-1] - chance,
               at_most=-2.0, unit="nats")

# %% [markdown]
# **The reading.** The rotation network has found about all there is to find: its ceiling is not 1, and who reads 0.84 without it would go on training for nothing. InfoNCE is far from 0, and should be: among
# 511 other views there are some 50 of the same digit, and the loss asks to push them away as well.

# %% [markdown]
# ## 11. One probe for all
#
# **The question.** How far do ten labels per class go on each trunk's features? The controls: pixels, the 64 first principal components, and a trunk with its first weights, untrained. Each probe is fitted
# three times, on three samples of labelled images, the same for all features.

# %% tags=["experiment"]
def probed(of_train, of_test):
    """Test accuracy of the linear probe, for each sample of labelled images: (SAMPLES,)."""
    return metrics.linear_probe((of_train, train["label"]), (of_test, test["label"]),
                                per_class=LABELS, draws=SAMPLES, seed=settings.seed)


with lab.needs("features"):
    keras.utils.set_random_seed(settings.seed)
    untrained = nets.build_trunk()
    flat, flat_test = (images.reshape(len(images), -1) for images in (train_images, test_images))
    components = PCA(64, random_state=0).fit(flat)
    sets = {"pixels": (flat, flat_test),
            "PCA, 64 components": (components.transform(flat), components.transform(flat_test)),
            "untrained trunk": [features(untrained, each) for each in (train_images, test_images)]}
    accuracy = {name: probed(*each) for name, each in progress(sets.items(), "probes")}

# %% tags=["experiment"]
with lab.needs("quarter_turned", "permutation_set", "cut_tiles", "shuffled", "two_views", "info_nce",
               "PretextTask", "features"):
    tasks = {"jigsaw": jigsaw, "rotation": rotation, "InfoNCE, noise alone": noise_alone,
             "InfoNCE": contrast, "all labels": supervised}
    for name, task in progress(tasks.items(), "probes"):
        accuracy[name] = probed(*(features(task.trunk, each)
                                  for each in (train_images, test_images)))
    mean = {name: values.mean() for name, values in accuracy.items()}

# %% tags=["experiment", "cover"]
with lab.needs("quarter_turned", "permutation_set", "cut_tiles", "shuffled", "two_views", "info_nce",
               "PretextTask", "features"):
    names = sorted(mean, key=mean.get)
    figure, ax = plots.new_figure(
        title="With ten labels per class, it is the task that makes the features", height=3.6)
    ax.barh(range(len(names)), [mean[name] for name in names], color=plots.PALETTE[0], alpha=0.6)
    for place, name in enumerate(names):
        ax.scatter(accuracy[name], [place] * SAMPLES, color="black", s=12, zorder=3)
    ax.set(yticks=range(len(names)), yticklabels=names, xlim=(0, 1))
    ax.grid(False, axis="y")
    plots.describe(ax, xlabel="test accuracy; dots: samples of labelled images",
                   ylabel="features")
    plots.show(figure, "Horizontal bars of test accuracy of a linear classifier with ten labels per "
                       "class, one bar for each kind of features, with a dot for each of three "
                       "samples of labelled images. Untrained trunk, pixels and the trunk trained "
                       "with noise alone are shortest, then come jigsaw and rotation; the trunk "
                       "trained by InfoNCE reaches the one trained with all labels.")
    show_numbers({name: [values.mean(), values.std()] for name, values in accuracy.items()},
                 ["accuracy, mean of samples", "their standard deviation"], first="features")
    claims.add("probe: untrained trunk minus pixels", mean["untrained trunk"] - mean["pixels"],
               at_most=0.06)
    claims.add("probe: rotation minus pixels", mean["rotation"] - mean["pixels"], at_least=0.08)
    claims.add("probe: InfoNCE minus pixels", mean["InfoNCE"] - mean["pixels"], at_least=0.25)
    claims.add("probe: InfoNCE minus InfoNCE with views that differ by noise alone",
               mean["InfoNCE"] - mean["InfoNCE, noise alone"], at_least=0.2)
    claims.add("probe: InfoNCE, without any label, minus a trunk trained with all labels",
               mean["InfoNCE"] - mean["all labels"], at_least=-0.03)

# %% [markdown]
# **The reading.** An untrained trunk is no better than pixels, so whatever the others are ahead of it, they have learned. Rotation helps much and InfoNCE most; the jigsaw's lead over pixels is small, and section 12 asks why. The control says why InfoNCE is ahead: with the same loss
# and views that differ by noise alone, most of its lead is gone. The views carry it: shift, size and slant are the very factors by which these digits were drawn. Somebody who knew that chose them; on
# other images the same choice may throw away what is needed. The trunk with all labels was trained on the images as they are, without such changes, so the comparison with it is not one of labels alone.

# %% [markdown]
# ## 12. Where the features are taken, and how the images come
#
# **The question.** Two choices around the trunk that look harmless. Features can be taken from the last convolution (4x4 positions, averaged), from the dense layer behind it, or from the head. And the jigsaw's trunk has
# seen normalized tiles with a gap, and gets whole images from the probe. What if it gets its tiles, in their right order? The controls get the same tiles, as normalizing alone may help.

# %% tags=["experiment"]
with lab.needs("two_views", "info_nce", "PretextTask", "features"):
    below = keras.Model(contrast.trunk.inputs, contrast.trunk.layers[-3].output)
    beyond = keras.Sequential([contrast.trunk, contrast.head])
    rows = {"last convolution, averaged": below, "dense layer": contrast.trunk, "head": beyond}
    where = {name: probed(*(features(each, images) for images in (train_images, test_images)))
             for name, each in progress(rows.items(), "probes")}
    show_numbers({name: [values.mean(), values.std()] for name, values in where.items()},
                 ["accuracy, mean of samples", "their standard deviation"], first="InfoNCE")
    claims.add("InfoNCE: probe on the dense layer minus probe on the last convolution",
               where["dense layer"].mean() - where["last convolution, averaged"].mean(),
               at_least=0.05)

# %% tags=["experiment"]
with lab.needs("quarter_turned", "permutation_set", "cut_tiles", "shuffled", "two_views", "info_nce",
               "PretextTask", "features"):
    def in_tiles(images):
        """Images cut as for the jigsaw, with the tiles where they belong."""
        middle = np.full((len(images), GRID * GRID, 2), (CELL - SIDE) // 2)
        return assembled(cut_tiles(images, GRID, SIDE, middle))

    tiles, tiles_test = in_tiles(train_images), in_tiles(test_images)
    rows = {"pixels": (tiles.reshape(len(tiles), -1), tiles_test.reshape(len(tiles_test), -1)),
            "untrained trunk": [features(untrained, each) for each in (tiles, tiles_test)],
            "jigsaw": [features(jigsaw.trunk, each) for each in (tiles, tiles_test)]}
    of_tiles = {name: probed(*each).mean() for name, each in progress(rows.items(), "probes")}
    show_numbers({name: [mean[name], value] for name, value in of_tiles.items()},
                 ["accuracy on whole images", "on tiles as in training"], first="features")
    claims.add("probe on tiles: jigsaw minus untrained trunk",
               of_tiles["jigsaw"] - of_tiles["untrained trunk"], at_least=0.15)
    claims.add("probe on tiles: jigsaw minus pixels of the same tiles",
               of_tiles["jigsaw"] - of_tiles["pixels"], at_least=0.01)

# %% [markdown]
# **The reading.** The same training gives features of very different use, so a comparison of two methods has to say where the features were taken. The head, which is thrown away by custom, does no harm here: what it
# forgets, such as the position, digits don't need. (With photographs and many classes Chen and others found the layer before it much better.) And the jigsaw has learned somewhat more
# than the first table shows: there its trunk met images of another kind than those it was trained on. On tiles it is well ahead of an untrained trunk and ahead of pixels, though by less than the other two tasks. The gap between
# training and use is a weakness of every task that damages its inputs.

# %% [markdown]
# ## 13. Claims
# What this notebook has measured, each number beside the bound that it must keep.

# %% tags=["experiment"]
with lab.needs("quarter_turned", "permutation_set", "cut_tiles", "shuffled", "two_views", "info_nce",
               "PretextTask", "features"):
    claims.table()

# %%
lab.score()

# %% [markdown]
# ### To think about
# 1. The letters p, d, b and q are to be told apart later. Which of the three tasks would you not use, and which view would you take out of `two_views`?
# 2. Your InfoNCE stands at 4.1 nats, a classmate's at 2.9. What do you have to know before you believe that theirs is the better trunk?
# 3. A network solves the jigsaw perfectly, and its probe is no better than that of an untrained one. What may have happened?

# %% [markdown] tags=["answer"]
# **Answers for teachers.**
# 1. Rotation still tells upright from turned, but its classes mix letters: a p turned by half is a d. Views with half turns or mirror images would be fatal for InfoNCE: they ask for the same vector for p, d, b and q. Small slants
#    and shifts stay harmless.
# 2. The number of images in a batch (equal vectors give ln(2N - 1): 6.2 nats for 256, 3.4 for 16), the temperature, and the views: weaker ones make the task easier and the features worse, as noise alone shows. Only a probe on the same labelled images compares trunks.
# 3. It has found a shortcut: lines that go on across the edge of tiles, brightness, a fixed mark, or the lens's colour fringes, which show where in the image a tile was. It then needs nothing of what is drawn. Gaps, random offsets and normalized tiles close the known ones.

# %% [markdown]
# ### Sources
# - S. Gidaris, P. Singh, N. Komodakis, *Unsupervised representation learning by predicting image rotations*, ICLR 2018.
# - M. Noroozi, P. Favaro, *Unsupervised learning of visual representations by solving jigsaw puzzles*, ECCV 2016.
# - A. van den Oord, Y. Li, O. Vinyals, *Representation learning with contrastive predictive coding*, 2018.
# - T. Chen, S. Kornblith, M. Norouzi, G. Hinton, *A simple framework for contrastive learning of visual representations*, ICML 2020.
# - G. Alain, Y. Bengio, *Understanding intermediate layers using linear classifier probes*, 2016.
#
# **Next:** [lecture 31](../notebooks/31_generative_networks.ipynb), where a decoder draws from random numbers. And what do the encoders of [lab 2](lab2_denoising_autoencoder.ipynb) and [lab 3](lab3_vae.ipynb) know? The probe of this lab compares them, too.
