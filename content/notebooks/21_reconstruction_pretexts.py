# ---
# jupyter:
#   course:
#     time_limit_s: 240
#     memory_limit_gb: 4
# ---

# %% [markdown]
# # 21: Reconstruction pretexts
#
# Labels are dear, pictures are cheap. A *pretext task* hides a part of a picture and asks a network for it: pixels that were dropped, a hole in the middle, the colours. Nobody needs the answer. What
# we want are the features that the network builds on the way, and the hope is that what helps to repair a picture also helps to recognize what is in it. This lecture measures when that holds.
#
# **You will** train one trunk on eight pretext tasks, read what it knows with one set of linear reads, beside five controls; see why a task without a single answer is answered by grey and by blur; and
# measure what is lost when features are used on other inputs than they were trained on.
#
# | | |
# |---|---|
# | Time | about 40 minutes to read; runs in about a minute on two cores |
# | Needs | no network, no GPU, 3 GB of memory |
# | Before | [13: Autoencoders](13_autoencoders.ipynb), [Lab 2: A denoising autoencoder](../labs/lab2_denoising_autoencoder.ipynb) |
# | After | [Lab 6: Pretext tasks](../labs/lab6_pretext_tasks.ipynb) |
#
# At the end you will have made this figure:
#
# ![Rows of small pictures of houses, trees, boats, lamps, snails and kites: grey, coloured by regression, coloured by classes, and the truth. Trees, lamps and snails get their own colours from both; the others are dull from regression and vivid, often wrong, from classes.](../docs/figures/21_reconstruction_pretexts.png)

# %%
from utils import runtime

# float32: the numbers of this lecture are compared from machine to machine.
settings = runtime.start(seed=0, precision="float32")

# %%
import keras
import numpy as np
import tensorflow as tf
from keras import layers
from scipy.stats import spearmanr, wasserstein_distance
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from utils import colours, metrics, nets, plots, pretexts
from utils.claims import Claims, show_numbers
from utils.data import load_arrays, things

claims = Claims("21_reconstruction_pretexts")

# %% [markdown]
# ### Settings

# %%
COUNT = settings.choose(quick=12_000, full=48_000)  # pictures without labels
SIDE = 16  # pixels of a window
EPOCHS = settings.choose(quick=4, full=20)  # of each task; 187 steps each in quick
GAME_EPOCHS = settings.choose(quick=4, full=20)  # of the context encoder with an opponent
COLOURS, WORDS = 24, 64  # classes of colours, visual words
FOOLING = 0.2  # weight of the opponent beside the squared error
OTHER = settings.choose(quick=None, full="cifar10")  # a public set for the same table

# %% [markdown]
# ## 1. One trunk, one set of reads
#
# The pictures are windows of 16x16 pixels about the nearest thing of a drawn scene: one of six kinds, missed by up to 3 pixels to each side. Of each we know the kind, its place, size and hue. A picture is handed to the network
# as its grey $Y$ (luma) and two colour differences, $U = B - Y$ and $V = R - Y$, each standardized. All three are linear in red, green and blue.

# %%
scenes = {name: load_arrays("scenes/stills", name, count=count)
          for name, count in {"train": COUNT, "test": 2_000}.items()}
train, test = (pretexts.windows(scenes[name], SIDE, seed=seed)
               for seed, name in enumerate(scenes))
raw, raw_test = (colours.luma_and_chroma(part["image"]) for part in (train, test))
centre, scale = raw.mean(axis=(0, 1, 2)), raw.std(axis=(0, 1, 2))
pictures, test_pictures = (raw - centre) / scale, (raw_test - centre) / scale


def as_image(standardized):
    """Standardized (Y, U, V) back to red, green and blue."""
    return colours.red_green_blue(standardized * scale + centre)


# %% [markdown]
# The **trunk** is three convolutions of stride 2 and a dense layer with 64 outputs. These 64 numbers are the features, here and in every row below. It has no batch normalization: statistics
# of pictures with holes would be used on whole ones. The **reads** are linear. The kind is read by logistic regression from **10 labels a kind**, with three choices of the labelled pictures, and the same choices for every trunk;
# $x$, $y$, size and hue by ridge regression, as $R^2$ on test pictures.
#
# The **controls** say what a pretext has to beat: the pixels themselves, 64 principal components, an untrained trunk, and, from the other side, a trunk trained on all labels.


# %%
def new_trunk(side=SIDE):
    keras.utils.set_random_seed(settings.seed)  # every trunk begins from the same weights
    return nets.build_trunk((side, side, 3))


reads = pretexts.Reads(train, test, seed=settings.seed)
flat, flat_test = pictures.reshape(len(pictures), -1), test_pictures.reshape(len(test_pictures), -1)
axes = PCA(64, random_state=settings.seed).fit(flat[:4_000])
labelled, untrained = new_trunk(), new_trunk()
class_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
losses = pretexts.learn(labelled, keras.Sequential([layers.Dense(6)]), None,
                        (pictures, train["label"]), loss=class_loss, epochs=EPOCHS,
                        seed=settings.seed)

# %%
rows = {"pixels": reads(flat, flat_test),
        "PCA": reads(axes.transform(flat), axes.transform(flat_test))}
for name, trunk in {"untrained trunk": untrained, "labels": labelled}.items():
    rows[name] = reads(pretexts.features(trunk, pictures), pretexts.features(trunk, test_pictures))
columns = ["kind, accuracy", "standard deviation", "x, R2", "y, R2", "size, R2", "hue, R2"]
show_numbers({name: row.values() for name, row in rows.items()}, columns, first="features")

# %% [markdown]
# Pixels are a strong baseline where things are centred, and an untrained trunk is worse than the pixels it is fed with. A pretext that only beats the untrained trunk has shown little.
#
# ## 2. Eight tasks
#
# A task is a function from pictures to a pair: what is **shown** and what is **asked**. The loss is the squared error where nothing else is said.
#
# | task | shown | asked |
# |---|---|---|
# | autoencoder | the picture | the picture |
# | grey autoencoder | its grey | its grey |
# | denoiser (Vincent and others 2008) | half of the pixels | the picture |
# | context encoder (Pathak and others 2016) | the picture without its middle | the middle |
# | colours by regression | grey | $U$ and $V$ |
# | colours by classes (Zhang and others 2016) | grey | which of 24 colours, by cross-entropy |
# | split-brain (Zhang and others 2017) | the picture | the picture, but grey from colour, colour from grey |
# | bag of words (Gidaris and others 2020) | half of the pixels | how often each visual word occurs |
#
# The two autoencoders are controls. They answer the question "is it the hidden part that teaches, or would any reconstruction do?"; the second for networks that see no colour.
# Both tasks that begin from grey ask for colours at half the resolution.

# %%
GREY = np.array([1, 0, 0], "float32")  # colours at their mean


def half(x):
    """Half the resolution."""
    return tf.nn.avg_pool2d(x, 2, 2, "VALID")


def without_middle(x):
    """A hole of half the side, filled with the mean colour."""
    quarter = x.shape[1] // 4
    ring = np.pad(np.zeros((2 * quarter, 2 * quarter, 1)), [(quarter,) * 2] * 2 + [(0, 0)],
                  constant_values=1)
    return x * ring.astype("float32")


# %%
def middle(x):
    quarter = x.shape[1] // 4
    return x[:, quarter:-quarter, quarter:-quarter]


def dropped(x, seed):
    """Every pixel is lost with probability 1/2, all its channels together."""
    kept = tf.random.stateless_uniform(tf.shape(x)[:3], seed) > 0.5
    return x * tf.cast(kept, x.dtype)[..., None]


# %%
palette = KMeans(COLOURS, n_init=1, random_state=settings.seed)
palette.fit(half(pictures[:2_000, ..., 1:]).numpy().reshape(-1, 2))
palette = palette.cluster_centers_.astype("float32")  # (COLOURS, 2)


def nearest(values, centres):
    """Which centre is nearest: (..., d) and (k, d) -> (...,)."""
    squares = tf.reduce_sum(centres**2, axis=1) - 2 * tf.matmul(values, centres.T)
    return tf.argmin(squares, axis=-1)


# %%
TASKS = {  # what is shown, what is asked
    "autoencoder": lambda x, seed: (x, x),
    "grey autoencoder": lambda x, seed: (x * GREY, x[..., :1]),
    "denoiser": lambda x, seed: (dropped(x, seed), x),
    "context encoder": lambda x, seed: (without_middle(x), middle(x)),
    "colours, regression": lambda x, seed: (x * GREY, half(x[..., 1:])),
    "colours, classes": lambda x, seed: (x * GREY, nearest(half(x[..., 1:]), palette)),
    "split-brain": lambda x, seed: (x, x),
}

# %% [markdown]
# Split-brain is the autoencoder with other wiring: two trunks of half the width, one sees $Y$ and has to say $U, V$, the other sees $U, V$ and has to say $Y$. Together they have 64 features.


# %%
def split_trunk(side=SIDE):
    keras.utils.set_random_seed(settings.seed)
    picture = keras.Input((side, side, 3))
    of_grey, of_colour = (nets.build_trunk((side, side, k), width=32) for k in (1, 2))
    both = [of_grey(picture[..., :1]), of_colour(picture[..., 1:])]
    return keras.Model(picture, layers.Concatenate()(both))


def split_head(side):
    both = keras.Input((64,))
    grey = pretexts.build_decoder(1, side)(both[:, 32:])  # from colour
    chroma = pretexts.build_decoder(2, side)(both[:, :32])  # from grey
    return keras.Model(both, layers.Concatenate()([grey, chroma]))


# %%
def build_head(name, side=SIDE):
    if name == "split-brain":
        return split_head(side)
    channels = {"grey autoencoder": 1, "colours, regression": 2, "colours, classes": COLOURS}
    whole = name in ("autoencoder", "grey autoencoder", "denoiser")
    return pretexts.build_decoder(channels.get(name, 3), side if whole else side // 2)


# %%
def learned(name, pictures, epochs=EPOCHS):
    """Trunk and head after training on a task."""
    side = pictures.shape[1]
    trunk = split_trunk(side) if name == "split-brain" else new_trunk(side)
    head, loss = build_head(name, side), class_loss if "classes" in name else "mse"
    pretexts.learn(trunk, head, TASKS[name], pictures, loss=loss, epochs=epochs,
                   seed=settings.seed)
    return trunk, head


def shown(name, pictures, seed):
    """Pictures as the task shows them."""
    return np.asarray(TASKS[name](pictures, (settings.seed, seed))[0])


# %%
networks = {name: learned(name, pictures) for name in TASKS}

# %% [markdown]
# **Words.** The last task needs a vocabulary. It comes from another trunk, here the one that colours by regression: its second convolution gives a vector of 32 numbers at each of 4x4 places of the grey picture, $k$-means over many of them gives
# 64 centres, the *visual words*. The task is to tell from half of the pixels how often each word occurs, by cross-entropy against the histogram. As a control, the same words are asked **at their places**, sixteen questions in place of one.

# %%
teacher = networks["colours, regression"][0]
local = keras.Model(teacher.inputs[0], teacher.layers[1].output)
vectors = pretexts.features(local, pictures[:1_000] * GREY).reshape(-1, 32)
words = KMeans(WORDS, n_init=1, random_state=settings.seed).fit(vectors).cluster_centers_


def at_places(x, seed):
    """Half of the pixels, and the word at each place as one of 64 bits."""
    word = nearest(local(x * GREY), words.astype("float32"))
    return dropped(x, seed), tf.one_hot(tf.reshape(word, (-1, word.shape[1] * word.shape[2])), WORDS)


def bag(x, seed):
    """The same, with the places averaged away."""
    seen, word = at_places(x, seed)
    return seen, tf.reduce_mean(word, axis=1)


# %%
word_loss = keras.losses.CategoricalCrossentropy(from_logits=True)
TASKS |= {"bag of words": bag, "words at their places": at_places}
for name, outputs in {"bag of words": (WORDS,), "words at their places": (16, WORDS)}.items():
    trunk, head = new_trunk(), keras.Sequential([layers.Dense(int(np.prod(outputs))),
                                                 layers.Reshape(outputs)])
    pretexts.learn(trunk, head, TASKS[name], pictures, loss=word_loss, epochs=EPOCHS,
                   seed=settings.seed)
    networks[name] = trunk, head

# %% [markdown]
# ## 3. What they know
#
# **The question.** Which hidden part teaches most about the kind? And on which inputs do we ask? A colourizer has never seen colour, a context encoder never a whole picture. We read twice: from pictures **as trained**, and from **clean** ones in colour.

# %%
clean = {}
for name, (trunk, _) in networks.items():
    rows[name] = reads(pretexts.features(trunk, shown(name, pictures, 1)),
                       pretexts.features(trunk, shown(name, test_pictures, 2)))
    clean[name] = reads(pretexts.features(trunk, pictures),
                        pretexts.features(trunk, test_pictures))
grey = [part[..., 0].reshape(len(part), -1) for part in (pictures, test_pictures)]
rows["grey pixels"] = reads(*grey)
order = ["pixels", "grey pixels", "PCA", "untrained trunk", *networks, "labels"]
show_numbers({name: [clean.get(name, rows[name])["kind"], *rows[name].values()] for name in order},
             ["kind, clean", "kind, as trained", *columns[1:]], first="features")

# %%
kind = {name: row["kind"] for name, row in rows.items()}
tasks = [name for name in networks if "autoencoder" not in name]
figure = pretexts.accuracy_figure(
    {name: rows[name] for name in order}, clean, pretexts=tasks,
    title="Tasks that hide colour teach most about the kind, on the inputs they trained on")
plots.show(figure, "A dot of accuracy in each row, controls and pretexts, with a diamond where "
                   "clean pictures are read. The untrained trunk is lowest, labels highest. Tasks "
                   "that predict colours come next to labels, and their diamonds lie far to the "
                   "left of their dots.")

# %% [markdown]
# The same comparison in the paper on split-brain autoencoders, on ImageNet with linear classifiers on the features of the third convolution and all labels (Zhang and others 2017, table 2), in percent:
#
# | random | autoencoder | denoiser, half dropped | context encoder | colours, regression | colours, classes | split-brain, regression | split-brain, classes | labels |
# |---|---|---|---|---|---|---|---|---|
# | 16.9 | 18.5 | 19.7 | 21.0 | 29.6 | 32.4 | 33.6 | 35.4 | 44.2 |

# %%
PUBLISHED = {"untrained trunk": 16.9, "autoencoder": 18.5, "denoiser": 19.7,
             "context encoder": 21.0, "colours, regression": 29.6, "colours, classes": 32.4,
             "split-brain": 33.6, "labels": 44.2}
agreement = spearmanr([kind[name] for name in PUBLISHED], list(PUBLISHED.values())).statistic
claims.add("rank correlation of eight rows with the published ones", agreement, at_least=0.7)
claims.add("the worst pretext over the untrained trunk",
           min(kind[name] for name in tasks) - kind["untrained trunk"], at_least=0.1)
claims.add("colours by regression over the grey autoencoder, both shown grey",
           kind["colours, regression"] - kind["grey autoencoder"], at_least=0.05)

# %%
claims.add("split-brain over the autoencoder, both shown the picture",
           kind["split-brain"] - kind["autoencoder"], at_least=0.03)
claims.add("colours by regression: as trained over clean pictures",
           kind["colours, regression"] - clean["colours, regression"]["kind"], at_least=0.05)
claims.add("R2 of x: words at their places over the bag of the same words",
           rows["words at their places"]["x"] - rows["bag of words"]["x"], at_least=0.1)

# %%
def kinds_read(name, public, public_test):
    """The same trunks on another set: kind from 10 labels a class, as trained."""
    stacks = [colours.luma_and_chroma(part["image"]) for part in (public, public_test)]
    mean, deviation = stacks[0].mean(axis=(0, 1, 2)), stacks[0].std(axis=(0, 1, 2))
    many, few = ((stack - mean) / deviation for stack in stacks)
    trunk = learned(name, many)[0] if name in TASKS else new_trunk(many.shape[1])
    seen = [shown(name, x, k) if name in TASKS else x for k, x in enumerate((many, few))]
    only = [{"label": part["label"]} for part in (public, public_test)]
    row = pretexts.Reads(*only, seed=settings.seed)(*(pretexts.features(trunk, x) for x in seen))
    return row.values()


# %%
if OTHER:
    public = [load_arrays(OTHER, name) for name in ("train", "test")]
    named = ["untrained trunk", *(name for name in TASKS if "word" not in name)]
    show_numbers({name: kinds_read(name, *public) for name in named}, columns[:2], first=OTHER)

# %% [markdown]
# **The reading**, first what speaks against the story.
# - **Most of this is not the hidden part.** The autoencoder, which hides nothing, is about as good as the denoiser and the context encoder, and a little better than pixels. What they learn is to describe a small picture by 64 numbers. The words at their places are no better than pixels.
# - **Classes don't beat regression here**, as they do on ImageNet. With six kinds and three sure hues the mean colour may say nearly all; section 4 shows what it leaves out.
# - **The bag stays behind its teacher**, the trunk that its words came from. That a pupil surpasses its teacher, as in the papers, has not been found here.
# - **On clean pictures** the colourizers fall to about what pixels give, the cheapest control, or below.
#
# What holds: tasks that hide **colour** come next to labels. The grey autoencoder sees the same input and stays far behind, so it is what is asked that teaches. And the split-brain has the autoencoder's picture, answer and loss; only the wiring differs. A dropped pixel can be filled in from its neighbours, which needs no
# idea of things. A tree's green can't be copied from anywhere in a grey picture; one has to see that it is a tree. The order of the rows is nearly the published one.
#
# **What is not asked is not kept.** The labels' trunk has lost much of the place. A colourizer, which has to know what it sees, says of the hue only what the kind says. The bag of words has lost $x$: its target has no places in it. The same words asked at their places keep it, and cost some of the kind.
#
# **Training and use.** A colourizer's first layer has weights for colour that no training ever moved. On clean pictures they add noise to every feature. The remedy here is to show grey at use, too; a paper that shows colour to a colourizer at test reports something else than what was learned. The denoiser has hardly a gap:
# its inputs are half real pixels. Had both columns agreed in the rows of colours, the gap would have been refuted.
#
# ## 4. No single answer: grey
#
# **The question.** Trees, lamps and snails have the hue of their kind, so the grey picture tells it. Houses, boats and kites have any hue, all at the same luma: nothing in the grey picture tells it. What does a network answer there? The best answer by squared error is the mean of what is possible,
#
# $$\arg\min_a \; \mathbb{E}\,\|c - a\|^2 = \mathbb{E}[c], \qquad \text{and} \quad \frac{1}{2\pi}\int c(h)\, dh = (0, 0) \;\text{ for hues } h \text{ on the whole circle of colours of one luma:}$$
#
# grey, the only colour among them that no thing ever has. A network that names classes answers with a distribution, and can leave the question open.
#
# **The experiment.** We take the mean colour difference $(U, V)$ over each thing's pixels, predicted and true, and its length, the *chroma*. $R^2$ is taken over both numbers together. The control is the autoencoder's reconstruction: it has seen the colour, so it shows what the measure gives where the answer is known.

# %%
circle = things.coloured(np.arange(0, 1, 1e-3))[:, :, 0]  # colours of all hues, one luma
circle = colours.luma_and_chroma(circle)[:, 1:]
print(f"Mean colour of the circle: {np.abs(circle.mean(axis=0)).max():.4f} from grey")

# %%
cover = (test["mask"] > 0) & (test["mask"] != things.PARTS.index("ball"))
cover = half(cover[..., None].astype("float32")).numpy()  # how much of a pixel is a thing
free = test["hue_free"] == 1


def of_things(chroma):
    """Mean over the things' pixels: standardized (n, 8, 8, 2) -> (U, V), (n, 2)."""
    mean = (chroma * cover).sum(axis=(1, 2)) / cover.sum(axis=(1, 2))
    return mean * scale[1:] + centre[1:]


def answers(name):
    """What a task's head says of test pictures as the task shows them."""
    trunk, head = networks[name]
    return pretexts.features(head, pretexts.features(trunk, shown(name, test_pictures, 2)))


# %%
logits = answers("colours, classes")
chances = tf.nn.softmax(logits).numpy()
true_chroma = half(test_pictures[..., 1:]).numpy()
said = {"regression": answers("colours, regression"),
        "classes, mean": chances @ palette,
        "classes, likeliest": palette[logits.argmax(axis=-1)],
        "autoencoder": half(answers("autoencoder")[..., 1:]).numpy()}
true = of_things(true_chroma)
entropy = -(chances * np.log2(chances + 1e-9)).sum(axis=-1, keepdims=True)
bits = (entropy * cover).sum(axis=(1, 2, 3)) / cover.sum(axis=(1, 2, 3))


# %%
def explained(estimate, group):
    """R2 over both numbers, and mean chroma over the true one, of a group of things."""
    error, length = np.square(true - estimate)[group].sum(), np.linalg.norm(estimate[group], axis=1)
    share = 1 - error / np.square(true[group] - true[group].mean(axis=0)).sum()
    return share, length.mean() / np.linalg.norm(true[group], axis=1).mean()


by_hue = {name: explained(of_things(each), ~free) + explained(of_things(each), free)
          for name, each in said.items()}
show_numbers(by_hue, ["hue by kind: R2", "chroma over the true one", "hue free: R2",
                      "chroma over the true one"], first="colours from")
show_numbers({"hue by kind": [bits[~free].mean()], "hue free": [bits[free].mean()]},
             ["bits"], first="entropy of the classes, on things")

# %% tags=["cover"]
chosen = [np.flatnonzero(test["label"] == kind)[i] for kind in (1, 3, 4, 0, 2, 5) for i in (0, 1)]


def coloured(chroma):
    """The chosen pictures with their own grey and this chroma, of half the resolution."""
    doubled = np.repeat(np.repeat(chroma[chosen], 2, axis=1), 2, axis=2)
    return as_image(np.concatenate([test_pictures[chosen, ..., :1], doubled], axis=-1))


figure = plots.image_rows(
    {"shown": np.repeat(raw_test[chosen, ..., :1], 3, axis=-1),
     "coloured by regression": coloured(said["regression"]),
     "coloured by the likeliest class": coloured(said["classes, likeliest"]),
     "truth": test["image"][chosen]},
    title="Right where the kind tells the hue, grey or a guess where nothing does", height=4.6)
plots.show(figure, "Four rows of twelve small pictures: grey, coloured by regression, coloured by "
                   "the likeliest class, and true. Trees, lamps and snails, on the left, have "
                   "their colours in all rows. Houses, boats and kites have vivid colours in the "
                   "last row, dull ones from regression, and often wrong ones from classes.")

# %%
claims.add("hue set by kind: R2 of regression's colour", by_hue["regression"][0], at_least=0.5)
claims.add("hue free: R2 of regression's colour", by_hue["regression"][2], at_most=0.1)

# %% [markdown]
# **The reading.** Where the kind sets the hue, most of the colour's variance is explained; what is left is the light of the hour, and the parts of things that are hard to tell. Where it is free, nothing is: $R^2$ is about 0, what the mean of all hues has, and the answer has a quarter of the true chroma. The autoencoder's row shows that
# the measure can be high on free hues. This is why regression gives desaturated colours: not because colours are hard to reach for a network, but because the question has no single answer.
#
# The classes' mean is the same answer as regression's, while their entropy is higher by more than a bit on free hues: this network knows what it doesn't know. If it has to choose, the likeliest class is more vivid, and its $R^2$ is below 0: a vivid guess costs more squared error than grey does. So which of the two
# pictures is better depends on what it is for, and no measure of error alone decides it.
#
# ## 5. A hole, and a sharp answer
#
# **The question.** The same holds for a hole: many middles fit, their mean is blurred. Pathak and others add an opponent to the squared error, which tells true middles from painted ones; the generator has to please both:
#
# $$\min_G \; \mathbb{E}\,\|x - G(s)\|^2 + w\, \mathbb{E}\,\mathrm{softplus}(-D(G(s))), \qquad \min_D \; \mathbb{E}\,\mathrm{softplus}(-D(x)) + \mathbb{E}\,\mathrm{softplus}(D(G(s))),$$
#
# where $s$ is what is shown and $x$ the middle. Is the answer better then?

# %%
def build_discriminator(side):
    """Middles (n, side, side, 3) -> logits (n, 1)."""
    convolutions = [layers.Conv2D(filters, 4, strides=2, padding="same") for filters in (32, 64)]
    first, second = convolutions
    return keras.Sequential([keras.Input((side, side, 3)), first, layers.LeakyReLU(0.2),
                             second, layers.LeakyReLU(0.2), layers.Flatten(), layers.Dense(1)])


# %%
trunk, head, opponent = new_trunk(), build_head("context encoder"), build_discriminator(SIDE // 2)
head.build((None, 64))
painters = trunk.trainable_variables + head.trainable_variables
optimizers = [keras.optimizers.Adam(rate, beta_1=0.5) for rate in (2e-3, 5e-4)]
for optimizer, variables in zip(optimizers, (painters, opponent.trainable_variables)):
    optimizer.build(variables)


# %%
def down(tape, loss, optimizer, variables):
    optimizer.apply(tape.gradient(loss, variables), variables)


def game(x, seed):
    """One step of the painter, one of the opponent."""
    seen, asked = TASKS["context encoder"](x, seed)
    with tf.GradientTape() as tape:
        painted = head(trunk(seen, training=True), training=True)
        fooled = tf.reduce_mean(tf.nn.softplus(-opponent(painted, training=True)))
        error = tf.reduce_mean((painted - asked) ** 2)
        loss = error + FOOLING * fooled
    down(tape, loss, optimizers[0], painters)
    with tf.GradientTape() as tape:
        told = [opponent(each, training=True) for each in (asked, painted)]
        loss = tf.reduce_mean(tf.nn.softplus(-told[0]) + tf.nn.softplus(told[1]))
    down(tape, loss, optimizers[1], opponent.trainable_variables)
    return error


# %%
pretexts.repeat(game, pictures, epochs=GAME_EPOCHS, seed=settings.seed)
networks["with an opponent"], TASKS["with an opponent"] = (trunk, head), TASKS["context encoder"]

# %% [markdown]
# **The measures.** *Error*: mean squared difference from the true middle, over that of the mean middle. *Sharpness*: mean absolute difference of neighbouring pixels, over that of true middles. Sharpness alone is cheap, so two controls have it without any skill: the squared error's own answer with
# **noise** that makes it as sharp as the opponent's, and the middle of **another picture**. *Distance of differences*: the Wasserstein distance between the distributions of neighbours' differences, painted and true; real pictures have flat parts and edges, so most differences are about 0 and a few are large, which noise can't imitate.
# *Fréchet distance*: completed pictures against real ones, on the features of the trunk that was trained on labels. *Told from true ones*: how often a discriminator says rightly which middle is true, trained anew on other pictures; 0.5 is chance.

# %%
truth = middle(test_pictures)
fills = {"the mean middle": np.broadcast_to(middle(pictures).mean(axis=0), truth.shape),
         "another picture's middle": np.roll(truth, 1, axis=0),
         "squared error alone": answers("context encoder"),
         "with an opponent": answers("with an opponent"), "truth": truth}

# %%
true_differences = pretexts.differences(truth)


def sharpness(fill):
    return np.abs(pretexts.differences(fill)).mean() / np.abs(true_differences).mean()


noise = np.random.default_rng(settings.seed).standard_normal(truth.shape).astype("float32")
noisy = [fills["squared error alone"] + s * noise for s in np.linspace(0, 0.8, 41)]
wanted = sharpness(fills["with an opponent"])
fills["squared error, and noise"] = min(noisy, key=lambda fill: abs(sharpness(fill) - wanted))


# %%
def told_apart(fill, count=500):
    """Share of new middles, true and painted, that a newly trained discriminator names rightly."""
    keras.utils.set_random_seed(settings.seed)
    judge = build_discriminator(SIDE // 2)
    mixed = np.concatenate([truth[:count], fill[count : 2 * count]])  # never the same picture
    is_true = np.repeat([[1.0], [0.0]], count, axis=0).astype("float32")
    pretexts.learn(judge, keras.Sequential([layers.Identity()]), None, (mixed, is_true),
                   loss=keras.losses.BinaryCrossentropy(from_logits=True), epochs=8, rate=1e-3,
                   seed=settings.seed)
    logits = [pretexts.features(judge, np.ascontiguousarray(each[2 * count :]))
              for each in (truth, fill)]
    return (np.mean(logits[0] > 0) + np.mean(logits[1] < 0)) / 2


# %%
def completed(fill):
    """Test pictures with their middle replaced."""
    quarter = SIDE // 4
    result = test_pictures.copy()
    result[:, quarter:-quarter, quarter:-quarter] = fill
    return result


# %%
real = pretexts.features(labelled, pictures[:2_000])
mean_error = np.mean((fills["the mean middle"] - truth) ** 2)
holes = {name: (np.mean((fill - truth) ** 2) / mean_error, sharpness(fill),
                wasserstein_distance(pretexts.differences(fill), true_differences),
                metrics.frechet_distance(real, pretexts.features(labelled, completed(fill))),
                told_apart(fill))
         for name, fill in fills.items()}
show_numbers(holes, ["error", "sharpness", "distance of differences", "Fréchet distance",
                     "told from true ones"], first="middle from")

# %%
some = np.arange(12)
figure = plots.image_rows(
    {name: as_image(completed(fills.get(name, 0)))[some]
     for name in ("shown", "squared error alone", "with an opponent", "squared error, and noise",
                  "truth")},
    title="Squared error blurs the middle; an opponent sharpens it, and errs more", height=5.6)
plots.show(figure, "Five rows of twelve small pictures: with a square hole; with a blurred middle; "
                   "with a middle that has clearer edges; with a blurred and noisy one; and true.")

# %% [markdown]
# **What is in the hole?** We sort its pixels: the small ball, which may lie anywhere; edges, where a neighbour belongs to another part; and the rest, flat.

# %%
part = test["mask"]
edge = np.zeros(part.shape, bool)
for axis, shift in ((1, 1), (1, -1), (2, 1), (2, -1)):
    edge |= np.roll(part, shift, axis) != part  # what is wrapped around lies outside the hole
part, edge = middle(part), middle(edge)
ball = part == things.PARTS.index("ball")
places = {"ball": ball, "edge": edge & ~ball, "flat": ~edge & ~ball}


def error_at(name, where):
    return np.square(fills[name] - truth)[where].mean()


where = {name: [place.mean(), error_at("the mean middle", place),
                error_at("squared error alone", place), error_at("with an opponent", place)]
         for name, place in places.items()}
show_numbers(where, ["share of pixels", "error of the mean middle", "of squared error alone",
                     "with an opponent"], first="pixels")

# %%
trunk = networks["with an opponent"][0]
rows["with an opponent"] = reads(
    pretexts.features(trunk, without_middle(pictures)),
    pretexts.features(trunk, without_middle(test_pictures)))
show_numbers({name: rows[name].values() for name in ("context encoder", "with an opponent")},
             columns, first="features, as trained")

# %%
blurred, drawn = holes["squared error alone"], holes["with an opponent"]
claims.add("squared error alone: sharpness over the truth's", blurred[1],
           at_most=settings.choose(quick=0.75, full=0.95))
claims.add("with an opponent: distance of differences over the better one of squared error's, "
           "alone or with noise", drawn[2] / min(blurred[2], holes["squared error, and noise"][2]),
           at_most=0.95)
claims.add("with an opponent: error over that of squared error alone", drawn[0] / blurred[0],
           at_least=1.02)
claims.add("squared error alone, on the ball: error over that of the mean middle",
           where["ball"][2] / where["ball"][1], at_least=0.85)

# %% [markdown]
# **The reading**, again first what speaks against the story. The opponent makes the middle sharper, and its differences are distributed more like true ones than those of the blurred answer, with or without noise. But it isn't *real*: a discriminator that is trained anew tells it from true middles, more often than the blurred one. Noise of the
# right size confuses it most. The Fréchet distance, in features made for recognition, sees no clear difference between the three: from seed to seed it falls either way. And as the theory demands, the squared error has grown: the mean has the least, and whoever leaves it pays. Nor is all blur the mean's: with twice the steps squared error alone comes to a sharpness of about 0.7. About the kind the trunk has learned hardly more, by about the standard deviation over labels. So after this
# short game the opponent has bought sharpness, for an error; not realism, and hardly better features.
#
# Another picture's middle is perfectly sharp, has the very distribution of differences, and is wrong: neither measure looks at whether a middle fits.
#
# Nobody can infer the **ball** from what is around it, so all networks leave it out, and the error there is that of the mean picture. A loss over all pixels doesn't mind: the ball is one pixel in a hundred. What is small or unpredictable is not in such features, however much it may matter later.
#
# ## 6. Claims

# %%
claims.table()

# %% [markdown]
# ### Change this and look
# Set `EPOCHS` to 8 and run the notebook again: which rows of the table move, and does the order change? (`docs/results.md` has the answer for seed 0.) Then let `without_middle` hide a quarter of the side in place of half of it: is the smaller hole the better teacher?
#
# ### To think about
# 1. You have a million colour photographs of flowers and want features that tell species apart, many of which differ in colour alone. Which of the tasks above would you not choose?
#
# <details><summary>Answer</summary>Colouring: its trunk sees grey only, and where a grey flower may have any colour it learns that the colour can't be known. Split-brain keeps some of it, in the half that sees colour; an autoencoder or a denoiser most.</details>
#
# 2. Why does split-brain have no gap between training and use, and what does it pay for this?
#
# <details><summary>Answer</summary>Both halves together see the whole picture, in training and in use, each its own channels. It pays with half of the width for each, and no feature can combine grey and colour.</details>
#
# 3. A colleague's context encoder fills holes with crisp textures, and he concludes that its features are better. Which two runs would you ask for?
#
# <details><summary>Answer</summary>A linear probe on the features of the same trunk trained by squared error alone, and on those of a trunk that reconstructs without any hole. Sharpness of the picture is a matter of the head and the loss; it need not be one of the features.</details>
#
# ### Sources
# - R. Zhang, P. Isola, A. A. Efros, *Split-brain autoencoders: unsupervised learning by cross-channel prediction*, CVPR 2017, table 2.
# - R. Zhang, P. Isola, A. A. Efros, *Colorful image colorization*, ECCV 2016: classes of colours, and why regression desaturates.
# - D. Pathak and others, *Context encoders: feature learning by inpainting*, CVPR 2016: holes, with and without an opponent.
# - P. Vincent and others, *Extracting and composing robust features with denoising autoencoders*, ICML 2008.
# - S. Gidaris and others, *Learning representations by predicting bags of visual words*, CVPR 2020.
# - ITU-R BT.601: luma and colour differences.
#
# **Next:** [lab 6](../labs/lab6_pretext_tasks.ipynb), where you train a trunk on tasks of another kind: turns, tiles and pairs of views.
