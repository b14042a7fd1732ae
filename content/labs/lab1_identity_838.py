# ---
# jupyter:
#   course:
#     time_limit_s: 300
#     memory_limit_gb: 4
# ---

# %% [markdown]
# # Lab 1: The 8-3-8 identity network
#
# A network is asked to repeat its input. That would be dull, were it not for three hidden units in
# the middle: eight patterns have to get through them. Nobody tells the network how, and it finds
# something close to counting in binary. This is the smallest autoencoder, and you can read all of it.
#
# **You will** build an encoder and a decoder, train them with gradient descent written by
# yourself, read the code that they have agreed on, and find out how narrow the middle can be.
#
# | | |
# |---|---|
# | Time | about 75 minutes; everything runs in a minute on two cores |
# | Needs | no network, no GPU, 1 GB of memory |
# | Points | 14, in seven questions |
# | Before | [Start here](../notebooks/00_start_here.ipynb), [PCA is a linear network](../notebooks/12_pca_is_a_linear_network.ipynb) |
#
# At the end you will have made this figure:
#
# ![Two shaded tables of hidden values side by side: on the left the eight by three values printed in Mitchell's book, on the right those of the network trained in this lab. In both, most values are close to 0 or 1, and no two rows round to the same code.](../docs/figures/lab1_identity_838.png)
#
# *Each question has a check below it. It tells you what came out, what it expected and the
# likeliest slip; unanswered questions never stop the notebook. Three hints wait under each question.*

# %%
from utils import runtime

# float32: a network this small gains nothing from lower precision.
settings = runtime.start(seed=0, precision="float32")

# %%
import keras
import numpy as np
import tensorflow as tf

from utils import nets, plots
from utils.checks import Lab
from utils.claims import Claims
from utils.progress import progress, stage

lab = Lab("lab1_identity_838", globals())
claims = Claims("lab1_identity_838")

# %% [markdown]
# ### Settings
# The published experiment fixes nearly everything (Mitchell 1997, section 4.6.4).

# %%
LEARNING_RATE = 0.3  # as published
EPOCHS = 5_000  # as published
LONG = 40_000  # for two hidden units, which need more patience
FOLLOWED = 500  # epochs from one count of recovered patterns to the next
NETWORKS = settings.choose(quick=100, full=1_000)  # random starts, all trained at once

# %% [markdown]
# ## 1. The data: eight patterns
#
# The whole data set fits on a line: pattern $i$ has unit $i$ on and the other seven off. There are
# no labels. The target of each pattern is the pattern itself.
#
# ### Question 1 (1 point): write `identity_patterns`
#
# <details><summary>Hint 1: which matrix?</summary>Written below each other, the eight patterns are a matrix that you know from linear algebra.</details>
# <details><summary>Hint 2: which function?</summary>NumPy, TensorFlow and keras.ops each have a function for it. Its name sounds like the letter I.</details>
# <details><summary>Hint 3: which type?</summary>Networks compute with floats: give the function a dtype.</details>


# %%
def identity_patterns():
    """The eight patterns of the identity task.

    Returns:
        array (8, 8), float32: row i has a 1 in column i and 0 elsewhere.
        The first row is 1 0 0 0 0 0 0 0.
    """
    ### BEGIN SOLUTION
    return np.eye(8, dtype="float32")
    ### END SOLUTION


# %%
lab.check("identity_patterns")
### BEGIN HIDDEN TESTS
lab.check("identity_patterns", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 2. Two networks: encoder and decoder
#
# The encoder turns a pattern $x$ into hidden values $h$, the decoder turns them into an output $o$:
#
# $$h = \sigma(x W_1 + b_1), \qquad o = \sigma(h W_2 + b_2), \qquad \sigma(z) = \frac{1}{1 + e^{-z}}$$
#
# Sigmoid units keep hidden values between 0 and 1, so they can act as bits without being forced to.
#
# ### Question 2 (2 points): write `build_encoder`
#
# <details><summary>Hint 1: which layer?</summary>x W + b followed by a sigmoid is one Dense layer with an activation.</details>
# <details><summary>Hint 2: which start?</summary>Dense takes a kernel_initializer. Keras has one that draws evenly between two numbers; its name begins with Random.</details>
# <details><summary>Hint 3: nearly all of it</summary>keras.Sequential([keras.Input((8,)), keras.layers.Dense(..., activation=..., kernel_initializer=...)]). Give no seed: the notebook sets it.</details>


# %%
def build_encoder(hidden):
    """The encoder: 8 inputs, one layer of sigmoid units.

    Args:
        hidden: int, number of hidden units.

    Returns:
        Keras model, (n, 8) -> (n, hidden), values between 0 and 1. Its kernel starts from the
        uniform distribution between -0.1 and 0.1, its bias from there or from 0.
        build_encoder(3) has 8 * 3 + 3 = 27 weights.
    """
    ### BEGIN SOLUTION
    small = keras.initializers.RandomUniform(-0.1, 0.1)
    layer = keras.layers.Dense(hidden, activation="sigmoid", kernel_initializer=small)
    return keras.Sequential([keras.Input((8,)), layer])
    ### END SOLUTION


# %%
lab.check("build_encoder")
### BEGIN HIDDEN TESTS
lab.check("build_encoder", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ### Question 3 (1 point): write `build_decoder`
#
# <details><summary>Hint 1: where to look</summary>Your encoder: the decoder is the same network the other way round.</details>
# <details><summary>Hint 2: which sizes?</summary>It takes the hidden values, <code>hidden</code> of them, and gives one output for each unit of a pattern, eight. Which of the two stands in <code>keras.Input</code>, which in <code>Dense</code>?</details>
# <details><summary>Hint 3: nearly all of it</summary><code>keras.Sequential([keras.Input((hidden,)), keras.layers.Dense(8, ...)])</code>, with the activation and the start of the encoder.</details>


# %%
def build_decoder(hidden):
    """The decoder: hidden values in, one layer of 8 sigmoid units.

    Args:
        hidden: int, number of hidden units.

    Returns:
        Keras model, (n, hidden) -> (n, 8), started like the encoder.
        build_decoder(3) has 3 * 8 + 8 = 32 weights.
    """
    ### BEGIN SOLUTION
    small = keras.initializers.RandomUniform(-0.1, 0.1)
    layer = keras.layers.Dense(8, activation="sigmoid", kernel_initializer=small)
    return keras.Sequential([keras.Input((hidden,)), layer])
    ### END SOLUTION


# %%
lab.check("build_decoder")
### BEGIN HIDDEN TESTS
lab.check("build_decoder", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# **Before training.** The autoencoder is the decoder after the encoder. With weights this small every
# unit sits near 0.5, and the outputs know nothing of the inputs.

# %% tags=["experiment"]
with lab.needs("identity_patterns", "build_encoder", "build_decoder"):
    patterns = np.asarray(identity_patterns(), "float32")
    keras.utils.set_random_seed(settings.seed)
    first_encoder, first_decoder = build_encoder(3), build_decoder(3)
    before = np.asarray(first_decoder(first_encoder(patterns)))  # (8, 8)
    print("Every output of the untrained network lies between 0.4 and 0.6:",
          bool(np.all((before > 0.4) & (before < 0.6))))

# %% [markdown]
# ## 3. The error
#
# How far is an output from its target? Sum the squared differences over the eight output units:
#
# $$e(t, o) = \sum_k (t_k - o_k)^2$$
#
# A *sum*, not a mean. Keras's own `mean_squared_error` divides by the number of units; section 7
# measures what this does to the published learning rate.
#
# ### Question 4 (2 points): write `sum_squared_error`
#
# <details><summary>Hint 1: which axis?</summary>The units are the last axis. Axis -1 stays right when more axes come in front.</details>
# <details><summary>Hint 2: which functions?</summary>keras.ops.sum and keras.ops.square, or their TensorFlow twins. NumPy's would end the gradient that question 5 needs.</details>
# <details><summary>Hint 3: nearly all of it</summary><code>ops.sum(ops.square(...), axis=...)</code> with the difference of targets and outputs. Test it: targets [1, 0] and outputs [0.5, 0.5] have the error 0.25 + 0.25 = 0.5.</details>


# %%
def sum_squared_error(targets, outputs):
    """Squared error summed over the output units.

    Args:
        targets: tensor (..., units).
        outputs: tensor (..., units); may have further axes in front.

    Returns:
        tensor (...,): one error per pattern, e.g. [[1, 0]] and [[0.5, 0.5]] give [0.5].
    """
    ### BEGIN SOLUTION
    return keras.ops.sum(keras.ops.square(targets - outputs), axis=-1)
    ### END SOLUTION


# %%
lab.check("sum_squared_error")
### BEGIN HIDDEN TESTS
lab.check("sum_squared_error", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 4. Training
#
# Gradient descent lowers *half* the error of all patterns together (the half cancels the 2 of the
# square's derivative, which is how the textbook defines it):
#
# $$E = \tfrac{1}{2} \sum_x e(x, o(x)), \qquad w \leftarrow w - \eta \, \frac{\partial E}{\partial w}$$
#
# One epoch is one such step for every weight of both networks. (The published run moved the weights after each
# of the eight patterns instead. With steps this small, eight after each other and one of their sum come to
# nearly the same, and the sum lets us train many networks at once.)
#
# **How TensorFlow takes a gradient.** A tape records what is computed within it. Here it lowers
# $(w - 3)^2$, whose derivative is $2 (w - 3)$, step by step. `@tf.function` compiles the step at its
# first call; from then on Python no longer runs its lines.

# %%
w = tf.Variable(0.0)


@tf.function
def one_step():
    with tf.GradientTape() as tape:
        value = (w - 3) ** 2
    w.assign_sub(0.25 * tape.gradient(value, w))
    return value


print("(w - 3)^2 before each step:", [float(one_step()) for _ in range(4)], "and w:", float(w))

# %% [markdown]
# ### Question 5 (4 points): write `train`
#
# <details><summary>Hint 1: the gradient</summary>Inside <code>with tf.GradientTape() as tape:</code> compute outputs and E; then <code>tape.gradient(E, variables)</code> gives a list in the order of the variables.</details>
# <details><summary>Hint 2: which variables?</summary>Both networks have <code>trainable_variables</code>; add the two lists. Take all gradients before any weight moves. <code>variable.assign_sub(step)</code> moves one.</details>
# <details><summary>Hint 3: nearly all of it</summary>A function <code>step()</code> inside <code>train</code>, decorated with <code>@tf.function</code> (ten times faster), does hints 1 and 2: it subtracts <code>learning_rate * gradient</code> from each variable and returns the sum of all errors, which is 2 E. The loop over epochs calls it, appends <code>float(...)</code> of what it returns to a list, and then calls <code>on_epoch</code>, outside of the compiled function.</details>


# %%
def train(encoder, decoder, patterns, epochs=5_000, learning_rate=0.3, on_epoch=None):
    """Train both networks to repeat the patterns, by plain gradient descent on all of them.

    Works on stacked networks as well (their outputs have a further axis in front): the objective
    is a sum over everything, so each network's gradient is its own.

    Args:
        encoder, decoder: Keras models or layers; their variables are changed.
        patterns: array (n, units), inputs and targets.
        epochs: int, number of steps.
        learning_rate: float.
        on_epoch: function or None; called with the epoch (0, 1, ...) before its step.

    Returns:
        array (epochs,): at the start of each epoch, `sum_squared_error` summed over all patterns.
    """
    ### BEGIN SOLUTION
    variables = encoder.trainable_variables + decoder.trainable_variables

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            outputs = decoder(encoder(patterns), training=True)
            error = keras.ops.sum(sum_squared_error(patterns, outputs))
            objective = error / 2
        gradients = tape.gradient(objective, variables)
        for variable, gradient in zip(variables, gradients):
            variable.assign_sub(learning_rate * gradient)
        return error

    errors = []
    for epoch in range(epochs):
        if on_epoch is not None:
            on_epoch(epoch)
        errors.append(step())
    return np.array(errors)
    ### END SOLUTION


# %%
lab.check("train")
### BEGIN HIDDEN TESTS
lab.check("train", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# **The experiment.** We train one network and film it: every 20 epochs we keep the hidden values,
# the outputs and the weights into the first hidden unit.

# %% tags=["experiment"]
film = {"epoch": [], "hidden": [], "outputs": [], "weights": []}


def keep_a_frame(epoch):
    line.advance(epoch, f"epoch {epoch + 1:,} of {EPOCHS:,}")
    if epoch % 20 == 0:
        hidden = encoder(patterns)
        film["epoch"].append(epoch)
        film["hidden"].append(np.asarray(hidden))  # (8, 3)
        film["outputs"].append(np.asarray(decoder(hidden)))  # (8, 8)
        bias, kernel = sorted(encoder.get_weights(), key=np.ndim)
        film["weights"].append(np.append(kernel[:, 0], bias[0]))  # (9,)


with lab.needs("identity_patterns", "build_encoder", "build_decoder", "train"):
    keras.utils.set_random_seed(settings.seed)
    encoder, decoder = build_encoder(3), build_decoder(3)  # anew, so that this cell can be repeated
    decoder(encoder(patterns))  # networks may make their weights at the first call
    with stage(EPOCHS) as line:  # below the cell, how far it is
        train(encoder, decoder, patterns, EPOCHS, LEARNING_RATE, on_epoch=keep_a_frame)
    film = {name: np.array(frames) for name, frames in film.items()}

# %% tags=["experiment"]
with lab.needs("train"):
    per_unit = np.sum((film["outputs"] - patterns) ** 2, axis=1)  # (frames, 8), over the patterns
    names = [f"from input {i}" for i in range(8)] + ["bias"]
    figure = plots.stacked_curves(film["epoch"], {
        "Error of each output unit":
            ("squared error", {f"output {k}": per_unit[:, k] for k in range(8)}),
        "Hidden values of pattern 01000000":
            ("hidden value", {f"hidden unit {j}": film["hidden"][:, 1, j] for j in range(3)}),
        "Weights into hidden unit 0":
            ("weight", {name: film["weights"][:, i] for i, name in enumerate(names)}),
    }, title="The output units learn one after the other", xlabel="epoch")
    plots.show(figure, "Three panels over 5,000 epochs. The error of each of the eight "
                       "output units first stays high, then falls steeply, each at a time "
                       "of its own, and levels off near zero. The three hidden values of "
                       "one pattern start together near one half, wander, and settle close"
                       " to 0 or 1. The weights into one hidden unit start near zero and "
                       "spread to both sides.")

# %% [markdown]
# **The reading.** The panels are those of Mitchell's figure 4.8, which stops at epoch 2,500. For the first few hundred epochs the
# outputs only learn to stay low. Then the hidden values separate, and the errors drop one
# after the other. The code of one pattern can be sharp long before the last output is learned. If three units were too few, some errors would stay near 1.

# %% [markdown]
# ## 5. Reading the code
#
# ### Question 6 (2 points): write `binary_code`
#
# <details><summary>Hint 1: where to look</summary>In the published table: which of its values would you call on?</details>
# <details><summary>Hint 2: beware of int</summary>Turning 0.99 into an integer gives 0: compare first. NumPy compares arrays of any shape, without a loop.</details>
# <details><summary>Hint 3: nearly all of it</summary><code>np.asarray(hidden_values) > 0.5</code> is True or False for each value; <code>.astype(int)</code> makes bits of that.</details>


# %%
def binary_code(hidden_values):
    """Hidden values rounded to bits.

    Args:
        hidden_values: array (..., hidden), between 0 and 1.

    Returns:
        array of the same shape, of zeros and ones: [[0.89, 0.04, 0.08]] gives [[1, 0, 0]].
    """
    ### BEGIN SOLUTION
    return (np.asarray(hidden_values) > 0.5).astype(int)
    ### END SOLUTION


# %%
lab.check("binary_code")
### BEGIN HIDDEN TESTS
lab.check("binary_code", hidden=True)
### END HIDDEN TESTS

# %% tags=["experiment", "cover"]
with lab.needs("train", "binary_code"):
    published = np.array([  # Mitchell 1997, figure 4.7
        [.89, .04, .08], [.15, .99, .99], [.01, .97, .27], [.99, .97, .71],
        [.03, .05, .02], [.01, .11, .88], [.80, .01, .98], [.60, .94, .01]])
    ours = np.asarray(encoder(patterns))
    figure, panels = plots.new_figure(
        1, 2, title="Rounded, the hidden values number the patterns in binary", height=3.6)
    for ax, values, who in zip(panels, (published, ours), ("Mitchell 1997", "this lab")):
        plots.heatmap(ax, values, xlabel="hidden unit", ylabel="pattern", limits=(0, 1), title=who)
    plots.show(figure, "Two shaded tables of hidden values, eight patterns by three units:"
                       " the one printed by Mitchell and ours. Most values are close to 0 "
                       "or 1; rounded, the rows are eight different codes of three bits, "
                       "in another order in each table.")
    for who, values in (("published", published), ("ours", ours)):
        print(f"Different codes, {who}:", len(np.unique(binary_code(values), axis=0)), "of 8")

# %% [markdown]
# **The reading.** Which pattern gets which code is chance: another start gives another order. That the
# codes are all different is not chance, or is it? One network is an anecdote.

# %% [markdown]
# ## 6. A hundred networks
#
# We build a network for each seed, stack their weights, and let *your* `train` train them all at once:
# the objective is a sum, so every network follows its own gradient.


# %% tags=["experiment"]
def untrained_networks(hidden, networks=NETWORKS):
    """An encoder and a decoder layer that hold one network for each seed."""
    pairs = []
    for seed in progress(range(networks), "networks made"):
        keras.utils.set_random_seed(seed)
        pair = build_encoder(hidden), build_decoder(hidden)
        pair[1](pair[0](patterns))  # networks may make their weights at the first call
        pairs.append(pair)
    return [nets.side_by_side(layers) for layers in zip(*pairs)]


def recovered(outputs):
    """Patterns whose eight outputs all lie on the right side of 0.5, for each network."""
    return np.sum(np.all((outputs > 0.5) == (patterns > 0.5), axis=-1), axis=-1)


# %% tags=["experiment"]
def trained_networks(hidden, epochs, learning_rate=LEARNING_RATE):
    """Hidden values (networks, 8, hidden), outputs (networks, 8, 8), and, every FOLLOWED epochs,
    the share of networks that recover all patterns."""
    encoders, decoders = untrained_networks(hidden)
    shares = []

    def follow(epoch):
        line.advance(epoch, f"epoch {epoch + 1:,} of {epochs:,}")
        if epoch % FOLLOWED == 0:
            shares.append(np.mean(recovered(np.asarray(decoders(encoders(patterns)))) == 8))

    with stage(epochs) as line:
        train(encoders, decoders, patterns, epochs, learning_rate, on_epoch=follow)
    hidden_values = encoders(patterns)
    return np.asarray(hidden_values), np.asarray(decoders(hidden_values)), np.array(shares)


# %% tags=["experiment"]
with lab.needs("identity_patterns", "build_encoder", "build_decoder", "train", "binary_code"):
    hidden_values, outputs, shares = trained_networks(hidden=3, epochs=EPOCHS)
    distinct = np.array([len(np.unique(binary_code(values), axis=0)) for values in hidden_values])

    claims.add("8-3-8: patterns recovered after 5,000 epochs, the worst of all networks",
               recovered(outputs).min(), at_least=8, at_most=8,
               published=8, source="Mitchell 1997, section 4.6.4, one network")
    claims.add("8-3-8: share of networks whose rounded codes are the eight corners of the cube",
               np.mean(distinct == 8), at_least=0.6, at_most=0.9, of=len(distinct),
               published="yes, in the one network shown", source="Mitchell 1997, fig. 4.7")

# %% tags=["experiment"]
with lab.needs("train", "binary_code"):
    figure, ax = plots.new_figure(
        title="Every network recovers the patterns; not every one counts in binary", height=2.8)
    plots.bars(ax, np.arange(4, 9), np.bincount(distinct, minlength=9)[4:],
               xlabel="different rounded codes among the eight patterns", ylabel="networks")
    plots.show(figure, "Bar chart of networks by the number of different rounded codes. "
                       "About three quarters of the networks have eight, nearly all others"
                       " seven, very few six.")

# %% [markdown]
# **The reading.** The published table shows a network of the larger group. Eight codes picked at random would all differ
# with probability $8!/8^8 = 0.002$, so the networks do tend to separate their codes. But they need not use bits: in the
# others two patterns round to the same code, and yet every output is right. A hidden value near 0.5 is a third
# value, and the decoder uses it. The network was asked to repeat patterns, never to count in binary.

# %% [markdown]
# ## 7. Sum or mean: what Keras's own loss does to the published rate
#
# The objective of section 4 is *half* the *sum* of squares. `keras.losses.MeanSquaredError` has no half and
# divides by the eight outputs, so added up over the patterns its gradient is a quarter of the one above. `model.fit` also takes
# the mean over the patterns of a batch: with all eight in one batch a thirty-second is left.

# %% tags=["experiment"]
with lab.needs("identity_patterns", "build_encoder", "build_decoder"):
    guess = tf.Variable(before)
    with tf.GradientTape(persistent=True) as tape:
        ours = keras.ops.sum(keras.ops.square(patterns - guess)) / 2
        of_keras = keras.losses.MeanSquaredError()(patterns, guess)
    ratio = np.asarray(tape.gradient(of_keras, guess) / tape.gradient(ours, guess))
    print("Gradient of Keras's loss over that of E, for every output:", np.unique(ratio))

# %% tags=["experiment"]
with lab.needs("identity_patterns", "build_encoder", "build_decoder", "train"):
    rates = {"sum": 1, "mean over outputs": 1 / 4, "mean over outputs and patterns": 1 / 32}
    counts = {"sum": recovered(outputs)}
    for name in progress(list(rates)[1:], "rates"):
        counts[name] = recovered(trained_networks(3, EPOCHS, LEARNING_RATE * rates[name])[1])
    patient = trained_networks(3, 4 * EPOCHS, LEARNING_RATE / 4)[1]

    claims.add("mean over outputs, as mean_squared_error: share of networks that recover all",
               np.mean(counts["mean over outputs"] == 8), at_most=0.5, of=NETWORKS)
    claims.add("the same with four times the epochs", np.mean(recovered(patient) == 8),
               at_least=0.95, of=NETWORKS)
    claims.add("mean over outputs and patterns, as model.fit: share of networks that recover all",
               np.mean(counts["mean over outputs and patterns"] == 8), at_most=0.01, of=NETWORKS)

# %% tags=["experiment"]
with lab.needs("train"):
    figure, ax = plots.new_figure(
        title="With a mean, 5,000 epochs are too few for most networks", height=2.8)
    plots.bars(ax, np.arange(9),
               {name: np.bincount(count, minlength=9) for name, count in counts.items()},
               xlabel="patterns recovered", ylabel="networks")
    plots.show(figure, "Bar chart of networks by the number of patterns recovered, for three "
                       "learning rates. With the sum all networks recover eight. With the mean "
                       "over outputs they spread over the upper half and few reach eight; with "
                       "the mean over outputs and patterns none recovers any.")

# %% [markdown]
# **The reading.** Nothing is wrong with a mean: four times the epochs at a quarter of the rate bring the
# result back. The published rate belongs to the published objective. A rewrite that takes Keras's loss and keeps 0.3
# trains 32 times more slowly without a word, and looks like a network that does not learn.

# %% [markdown]
# ## 8. Bits and capacity: how narrow can the middle be?
#
# ### Question 7 (2 points): write `smallest_width`
#
# How many units are needed if each may only say 0 or 1?
#
# <details><summary>Hint 1: count first</summary>Patterns that come twice need one code. <code>np.unique</code> with an axis finds the different rows.</details>
# <details><summary>Hint 2: double</summary>Each further bit doubles the number of codes. Which function undoes doubling?</details>
# <details><summary>Hint 3: nearly all of it</summary>With <code>count = len(np.unique(patterns, axis=0))</code> it is the logarithm of <code>count</code> to base 2, rounded up, as an int. Five patterns need three bits, a single one needs none.</details>


# %%
def smallest_width(patterns):
    """The fewest binary hidden units that give every different pattern a code of its own.

    Args:
        patterns: array (n, units), n of at least 1; rows may repeat.

    Returns:
        int: 3 for eight different patterns, 3 for five, 0 for one.
    """
    ### BEGIN SOLUTION
    different = len(np.unique(np.asarray(patterns), axis=0))
    return int(np.ceil(np.log2(different)))
    ### END SOLUTION


# %%
lab.check("smallest_width")
### BEGIN HIDDEN TESTS
lab.check("smallest_width", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# **The experiment.** Three bits, then. But hidden values are not bits: what do two units do, or one? Time may
# decide as much as width, so we follow the networks for eight times as many epochs as before.

# %% tags=["experiment"]
with lab.needs("identity_patterns", "build_encoder", "build_decoder", "train"):
    hidden_two, outputs_two, shares_two = trained_networks(2, LONG)
    hidden_one, outputs_one, shares_one = trained_networks(1, EPOCHS)

    claims.add("8-2-8: share of networks that recover all patterns after 5,000 epochs",
               shares_two[EPOCHS // FOLLOWED], at_most=0.2, of=NETWORKS)
    claims.add("8-2-8: the same after 40,000 epochs", np.mean(recovered(outputs_two) == 8),
               at_least=0.9, of=NETWORKS)
    claims.add("8-1-8: patterns recovered, the best of all networks (the theorem allows 2)",
               recovered(outputs_one).max(), at_least=1, at_most=2)

# %% tags=["experiment"]
with lab.needs("train"):
    figure, ax = plots.new_figure(
        title="Two units learn all eight patterns, too: they need ten times as long", height=2.8)
    for name, followed in (("3 units", shares), ("2 units", shares_two), ("1 unit", shares_one)):
        plots.curves(ax, FOLLOWED * np.arange(len(followed)), {name: followed}, xlabel="epoch",
                     ylabel="share of networks that\nrecover all patterns")
    plots.show(figure, "Three curves over the epochs: the share of networks that recover all "
                       "eight patterns. With three units it rises to 1 within the first 5,000 "
                       "epochs. With two units it stays at 0 for longer than that and then rises "
                       "to 1 slowly. With one unit it stays at 0.")

# %% tags=["experiment"]
with lab.needs("train"):
    best = int(np.argmin(np.sum((outputs_two - patterns) ** 2, axis=(1, 2))))
    shown = int(np.argmax(recovered(outputs_one)))
    line = np.argsort(hidden_one[shown, :, 0])  # patterns in the order of their hidden value
    wrong = np.where(patterns > 0, 0, outputs_one[shown]).max(axis=1)
    figure, (left, right) = plots.new_figure(
        1, 2, title="Two units place the patterns on a ring; one can only line them up",
        height=3.8)
    plots.labelled_points(left, hidden_two[best], range(8), xlabel="hidden unit 0",
                          ylabel="hidden unit 1", title="8-2-8: codes of the best network")
    plots.curves(right, np.arange(8), {"its own": outputs_one[shown].diagonal()[line],
                                       "largest other": wrong[line]},
                 xlabel="patterns along the hidden value", ylabel="output", points=True,
                 title="8-1-8: outputs of the best network")
    right.axhline(0.5, color="black", linewidth=1)
    plots.show(figure, "Left: the eight codes of the best network with two hidden units, "
                       "lying around the border of the unit square, none inside the "
                       "polygon of the others. Right: a network with one hidden unit; a "
                       "pattern's own output is above one half and all others below it "
                       "only at the two ends of the line.")

# %% [markdown]
# **The reading.** An output unit is on for the codes on one side of a straight line. With two hidden units,
# every code can be cut off from the other seven by its own line if every code is a corner of the
# polygon around them: points in convex position suffice, and no binary code is needed. Gradient descent finds such a ring
# in nearly every network, after enough epochs; a run that is stopped at 5,000 would have called 8-2-8 impossible.
#
# With one hidden unit the codes lie on a
# line, and an output is on from some point to one of the line's ends. Of three patterns, the output of the middle
# one is therefore also on at one of the outer two, and that one is not recovered: however long the training, there are at
# most two. *Three* is the answer for bits; for real numbers the answer is two, and time.

# %% [markdown]
# ## 9. Claims
# What this notebook has measured, each number beside the bound that it must keep.

# %% tags=["experiment"]
with lab.needs("identity_patterns", "build_encoder", "build_decoder", "train", "binary_code"):
    claims.table()

# %%
lab.score()

# %% [markdown]
# ### To think about
# 1. Every network above starts from weights between -0.1 and 0.1. What happens if all start at exactly 0, and why
#    can gradient descent not repair it?
# 2. In some networks two patterns share a rounded code although all outputs are right. What could you add
#    to the objective to make the network prefer bits?
# 3. Would 8-2-8 still be learned if the hidden units were linear? And 8-1-8?

# %% [markdown] tags=["answer"]
# **Answers for teachers.**
# 1. All hidden units then get the same gradient in every step and stay copies of each other: the network
#    behaves as 8-1-8. Its outputs depend on the pattern only through one number.
# 2. A price on values away from 0 and 1, such as the sum of $h(1-h)$, or noise added to the hidden values, which
#    makes values near 0.5 unreliable.
# 3. The argument about lines and polygons does not use the sigmoid of the hidden units: two linear units
#    suffice, one allows two patterns at most.

# %% [markdown]
# ### Sources
# - T. Mitchell, *Machine Learning*, McGraw-Hill 1997, section 4.6.4, figures 4.7 and 4.8, table 4.2.
# - D. Rumelhart, G. Hinton, R. Williams, *Learning internal representations by error propagation*, 1986:
#   the encoding problem.
#
# **Next:** back to the [map of the course](../notebooks/00_start_here.ipynb).
