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
# | Time | about 60 minutes; everything runs in under a minute on two cores |
# | Needs | no network, no GPU, 1 GB of memory |
# | Points | 14, in seven questions |
# | Before | [Start here](../notebooks/00_start_here.ipynb), [PCA is a linear network](../notebooks/12_pca_is_a_linear_network.ipynb) |
#
# At the end you will have made this figure:
#
# ![Two shaded tables of hidden values side by side: on the left the eight by three values printed in Mitchell's book, on the right those of the network trained in this lab. In both, nearly all values are close to 0 or 1, and no two rows round to the same code.](../docs/figures/lab1_identity_838.png)
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
LONG = 20_000  # for two hidden units, which need more patience
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
# measures what that does to the published learning rate.
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
    }, title="The patterns are learned one after the other, then the code sharpens", xlabel="epoch")
    plots.show(figure, "Three panels over 5,000 epochs. The error of each of the eight "
                       "output units first stays high, then falls steeply, each at a time "
                       "of its own, and levels off near zero. The three hidden values of "
                       "one pattern start together near one half, wander, and settle close"
                       " to 0 or 1. The weights into one hidden unit start near zero and "
                       "spread to both sides.")

# %% [markdown]
# **The reading.** The panels are those of Mitchell's figure 4.8, which stops at epoch 2,500. For the first few hundred epochs the
# outputs only learn to stay low; then the hidden values separate and the errors drop one
# after the other. If three units were too few, some errors would stay near 1.

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
def trained_networks(hidden, epochs, learning_rate=LEARNING_RATE, networks=NETWORKS):
    """Hidden values (networks, 8, hidden) and outputs (networks, 8, 8) after training."""
    pairs = []
    for seed in progress(range(networks), "networks made"):
        keras.utils.set_random_seed(seed)
        pair = build_encoder(hidden), build_decoder(hidden)
        pair[1](pair[0](patterns))  # networks may make their weights at the first call
        pairs.append(pair)
    encoders, decoders = (nets.side_by_side(each) for each in zip(*pairs))
    with stage(epochs) as line:
        train(encoders, decoders, patterns, epochs, learning_rate, on_epoch=lambda epoch:
              line.advance(epoch, f"epoch {epoch + 1:,} of {epochs:,}"))
    hidden_values = encoders(patterns)
    return np.asarray(hidden_values), np.asarray(decoders(hidden_values))


def recovered(outputs):
    """Patterns whose eight outputs all lie on the right side of 0.5, for each network."""
    return np.sum(np.all((outputs > 0.5) == (patterns > 0.5), axis=-1), axis=-1)


with lab.needs("identity_patterns", "build_encoder", "build_decoder", "train", "binary_code"):
    hidden_values, outputs = trained_networks(hidden=3, epochs=EPOCHS)
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
# **The reading.** The published table shows a network of the larger group. In the others two patterns
# round to the same code, and yet every output is right: a hidden value near 0.5 is a third
# value, and the decoder uses it. The network was asked to repeat patterns, never to use bits.

# %% [markdown]
# ## 7. Sum or mean: why a rewrite "does not learn"
#
# Take the mean over the eight outputs instead of the sum, and each gradient is eight times smaller: the
# learning rate 0.3 has become 0.0375 without a word. That is how the same experiment looks then.

# %% tags=["experiment"]
with lab.needs("identity_patterns", "build_encoder", "build_decoder", "train"):
    _, outputs_mean = trained_networks(hidden=3, epochs=EPOCHS, learning_rate=LEARNING_RATE / 8)
    figure, ax = plots.new_figure(
        title="With the mean, 5,000 epochs are not enough for any network", height=2.8)
    plots.bars(ax, np.arange(9), {"sum": np.bincount(recovered(outputs), minlength=9),
                                  "mean": np.bincount(recovered(outputs_mean), minlength=9)},
               xlabel="patterns recovered", ylabel="networks")
    plots.show(figure, "Bar chart of networks by the number of patterns recovered. With "
                       "the sum all networks recover eight; with the mean most recover "
                       "three or four, and none eight.")
    claims.add("8-3-8 with the mean over outputs: share of networks that recover all patterns",
               np.mean(recovered(outputs_mean) == 8), at_most=0.1, of=len(outputs_mean))

# %% [markdown]
# **The reading.** Nothing is wrong with the mean; the rate belongs to the sum. Eight times the epochs, or
# eight times the rate, brings the result back. Averaging over the eight patterns too, as `model.fit` does
# with a batch of eight, costs another factor of eight; as its squared error has no half, its steps are 32 times smaller in all.

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
# **The experiment.** Three bits, then. But hidden values are not bits: what do two units do, or one? Two need
# more epochs, so they get four times as many.

# %% tags=["experiment"]
with lab.needs("identity_patterns", "build_encoder", "build_decoder", "train"):
    (hidden_two, outputs_two), (hidden_one, outputs_one) = (
        trained_networks(hidden, epochs)
        for hidden, epochs in progress([(2, LONG), (1, EPOCHS)], "widths"))
    largest = np.all(outputs_two.argmax(axis=-1) == np.arange(8), axis=-1)  # (networks,)

    claims.add("8-2-8: share of networks that recover all patterns after 20,000 epochs",
               np.mean(recovered(outputs_two) == 8), at_least=0.35, at_most=0.75, of=len(largest))
    claims.add("8-2-8: share of networks whose largest output is the right one for all patterns",
               np.mean(largest), at_least=0.9, of=len(largest))
    claims.add("8-1-8: patterns recovered, the best of all networks (the theorem allows 2)",
               recovered(outputs_one).max(), at_least=1, at_most=2)

# %% tags=["experiment"]
with lab.needs("train"):
    best = int(np.argmin(np.sum((outputs_two - patterns) ** 2, axis=(1, 2))))
    figure, (left, right) = plots.new_figure(
        1, 2, title="Two units place the patterns on a ring; one can only line them up",
        height=3.8)
    plots.labelled_points(left, hidden_two[best], range(8), xlabel="hidden unit 0",
                          ylabel="hidden unit 1", title="8-2-8: codes of the best network")
    shown = int(np.argmax(recovered(outputs_one)))
    line = np.argsort(hidden_one[shown, :, 0])  # patterns in the order of their hidden value
    wrong = np.where(patterns > 0, 0, outputs_one[shown]).max(axis=1)
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
# every code can be cut off from the other seven by its own line as long as every code is a corner of the
# polygon around them: a ring will do, and no bit is in sight. With one hidden unit the codes lie on a
# line, and an output is on from some point to one of the line's ends. Of three patterns, the output of the middle
# one is therefore also on at one of the outer two, and that one is not recovered: whatever the training, there are at
# most two. *Three* is the answer for bits; for real numbers the question is one of geometry, and of how long gradient
# descent needs.

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
