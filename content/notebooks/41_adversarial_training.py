# ---
# jupyter:
#   course:
#     time_limit_s: 300
#     memory_limit_gb: 4
# ---

# %% [markdown]
# # 41: Adversarial training
#
# A network that turns random numbers into images has samples but no density that we could make larger (lecture 31). So
# let a second network say how its samples differ from the data, and let the first one learn from what it says. This is
# a game of two players, and a game is not a descent: it can go round in circles, or end in a corner. Here everything
# is small enough to see what the players do, and to measure each known remedy.
#
# **You will** watch a game whose densities are known, check what its theory promises against integrals, find out why
# one of two losses hardly teaches, measure what more steps of the discriminator buy, and then make a
# generator forget most of the data and try nine remedies on it, of which some help.
#
# | | |
# |---|---|
# | Time | about 45 minutes to read; runs in a minute on two cores |
# | Needs | no network, no GPU, 1.5 GB of memory |
# | Before | [31: Generative networks](31_generative_networks.ipynb) |
# | After | Lab 4, where you train a DCGAN on images with a step of your own |
#
# At the end you will have made this figure:
#
# ![Two rows of five clouds of points, over training, on a ring of eight small circles. In the upper row the points gather in a few of the circles and jump between them; in the lower row they spread over all eight.](../docs/figures/41_adversarial_training.png)

# %%
from utils import runtime

# float32: networks this small gain nothing from lower precision; the exact parts use float64.
settings = runtime.start(seed=0, precision="float32")

# %%
from itertools import pairwise

import keras
import numpy as np
import tensorflow as tf
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.stats import norm, uniform

from utils import plots
from utils.claims import Claims, show_numbers
from utils.nets import SideBySide

claims = Claims("41_adversarial_training")
rng = np.random.default_rng(settings.seed)

# %% [markdown]
# ### Settings

# %%
GAMES = settings.choose(quick=8, full=20)  # with seeds of their own, trained side by side
BATCH = 64
RATE_1D = 0.002
GAME_STEPS = settings.choose(quick=1_200, full=6_000)  # of the generator, sections 1 and 4
JUDGE_STEPS = settings.choose(quick=1_200, full=10_000)  # of the discriminators in section 2
RING_RATE = 0.003
RING_STEPS = settings.choose(quick=1_200, full=6_000)  # of the generator, section 5
BETA_1 = 0.5  # Adam's memory; Keras's 0.9 is one of the things that section 5 tries

# %% [markdown]
# ## 1. The game
#
# **The rules.** Data come from a density $p$, samples $G(z)$ of the generator from a density $q$, where $z \sim \mu$ is random.
# The discriminator looks at a point $x$ and says with which probability $D(x)$ it is real. The players fight over
# one number,
#
# $$\min_G \max_D V(D, G), \qquad V(D, G) = \mathbb{E}_{x \sim p}\big[\ln D(x)\big] + \mathbb{E}_{z \sim \mu}\big[\ln (1 - D(G(z)))\big] \;\le\; 0$$
#
# The discriminator gains when $D$ is near 1 on real points and near 0 on samples. The generator, which appears in the
# second term only, gains when its samples are taken for real. Goodfellow et al. (2014) play in turns, *Algorithm 1*: $k$
# steps of the discriminator uphill on $V$, then one step of the generator downhill.
#
# **Logits.** The last layer of the discriminator has no activation. It gives the *logit* $l$, and $D = \sigma(l)$ is its
# sigmoid. Then $-\ln D = \ln(1 + e^{-l})$ and $-\ln(1 - D) = \ln(1 + e^{l})$: both are the function softplus, of $-l$ and of $l$.
# Section 3 shows what goes wrong with a sigmoid first and a logarithm after.
#
# **The networks.** Results of one game say little, because another seed may end elsewhere. So each network below is
# really `GAMES` networks that do not touch each other, with weights (games, inputs, units), computed at once. Adding up
# their losses leaves each with its own gradient. But for that you may read the code as for one game.


# %%
def networks(sizes, role, activation="relu", last_scale=1.0, last_bias=0.0):
    """A dense network for each game: (games, n, sizes[0]) -> (games, n, sizes[-1])."""
    draw, layers = np.random.default_rng([settings.seed, role]), []
    for depth, (inputs, units) in enumerate(pairwise(sizes)):
        kernels = draw.normal(0, np.sqrt(2 / inputs), (GAMES, inputs, units))
        biases = np.zeros((GAMES, units))
        if depth < len(sizes) - 2:
            layers.append(SideBySide(kernels, biases, activation))
        else:
            layers.append(SideBySide(last_scale * kernels, biases + last_bias, "linear"))
    return keras.Sequential(layers)


def normal(shape, step, stream):
    """Standard normal draws that follow from the seed, the step and the stream alone."""
    return tf.random.stateless_normal(shape, tf.stack([settings.seed * 100 + stream, step]))


def per_game(values):
    """Mean over the batch, sum over the games: (games, n, 1) -> scalar."""
    return tf.reduce_sum(tf.reduce_mean(values, axis=(1, 2)))


# %% [markdown]
# The data: two bumps on a line. The generator begins far to the right of them, its discriminator knows nothing.

# %%
SHARES, PLACES, SPREADS = (0.4, 0.6), (-2.0, 1.5), (0.5, 0.7)


def real_density(x):
    return sum(share * norm.pdf(x, place, spread)
               for share, place, spread in zip(SHARES, PLACES, SPREADS))


def real_batch(step):
    """(games, BATCH, 1) draws from p."""
    shape = (GAMES, BATCH, 1)
    seeds = tf.stack([settings.seed * 100 + 1, step])
    left = tf.random.stateless_uniform(shape, seeds) < SHARES[0]
    noise = normal(shape, step, 2)
    return tf.where(left, PLACES[0] + SPREADS[0] * noise, PLACES[1] + SPREADS[1] * noise)


# %% [markdown]
# Algorithm 1. A `GradientTape` writes down what is computed under it; asked for the gradient of a number by some
# weights, it plays that back by the chain rule. Each player has a tape and an optimizer of its own, and each optimizer
# is handed the weights of one player only. That is all that "freezing" the other one means.


# %%
def algorithm_1(generator, discriminator, k):
    """A compiled function that plays rounds `first` to `first + count` of the game."""
    generator_optimizer = keras.optimizers.Adam(RATE_1D, beta_1=BETA_1)
    discriminator_optimizer = keras.optimizers.Adam(RATE_1D, beta_1=BETA_1)
    generator_optimizer.build(generator.trainable_variables)
    discriminator_optimizer.build(discriminator.trainable_variables)

    @tf.function
    def play(first, count):
        for draw in tf.range(first * (k + 1), (first + count) * (k + 1), k + 1):
            for turn in range(k):  # each with new data and new noise
                real = real_batch(draw + turn)
                fake = generator(normal((GAMES, BATCH, 1), draw + turn, 3))
                with tf.GradientTape() as tape:
                    logits = discriminator(tf.concat([real, fake], axis=1))
                    on_real, on_fake = tf.split(logits, 2, axis=1)
                    cost = per_game(tf.nn.softplus(-on_real) + tf.nn.softplus(on_fake))  # -V
                weights = discriminator.trainable_variables
                discriminator_optimizer.apply(tape.gradient(cost, weights), weights)
            latents = normal((GAMES, BATCH, 1), draw + k, 3)
            with tf.GradientTape() as tape:
                cost = -per_game(tf.nn.softplus(discriminator(generator(latents))))  # ln(1 - D)
            weights = generator.trainable_variables
            generator_optimizer.apply(tape.gradient(cost, weights), weights)

    return play


# %% [markdown]
# **What we measure.** In one dimension nothing needs to be estimated. 20,000 evenly spaced quantiles of $\mu$, sent
# through the generator, give $q$ as a histogram (lecture 31's pushforward), and then $V$ and all divergences are
# sums over its bins. Points beyond the ends are counted in the last bin.

# %%
EDGES = np.linspace(-8, 8, 321)
CENTRES = (EDGES[1:] + EDGES[:-1]) / 2
BIN = EDGES[1] - EDGES[0]
P = real_density(CENTRES) * BIN  # probability of each bin
QUANTILES = norm.ppf((np.arange(20_000) + 0.5) / 20_000).astype("float32")[None, :, None]


def kl(a, b):
    """KL(a || b) in nats along the last axis, for probabilities of bins; 0 ln 0 is 0."""
    ratio = np.where(a > 0, a, 1) / np.maximum(b, 1e-300)
    return np.sum(np.where(a > 0, a * np.log(ratio), 0), axis=-1)


def jensen_shannon(p, q):
    """Half of KL(p || m) plus half of KL(q || m), m their mean; in nats, 0 to ln 2."""
    return (kl(p, (p + q) / 2) + kl(q, (p + q) / 2)) / 2


def value(p, q, logits):
    """V(D, G) for D = sigmoid(logits), in nats."""
    return -np.sum(p * np.logaddexp(0, -logits) + q * np.logaddexp(0, logits), axis=-1)


def watched_game(k, pictures=30):
    """A game from the start: q (pictures + 1, games, bins), D's logits, G of all quantiles."""
    generator = networks([1, 32, 32, 1], 0, "tanh", last_scale=0.3, last_bias=4.0)
    discriminator = networks([1, 32, 32, 1], 1, "tanh")
    play, seen = algorithm_1(generator, discriminator, k), []
    for picture in range(pictures + 1):
        samples = generator(QUANTILES).numpy()[..., 0]
        q = [np.histogram(np.clip(row, -8, 7.99), EDGES)[0] for row in samples]
        logits = discriminator(CENTRES[None, :, None].astype("float32")).numpy()[..., 0]
        seen.append((np.array(q) / len(QUANTILES[0]), logits.astype("float64"), samples))
        if picture < pictures:
            count = GAME_STEPS // pictures
            play(tf.constant(picture * count), tf.constant(count))
    return [np.stack(each) for each in zip(*seen)]


# %%
games = {5: watched_game(k=5)}
divergence = {5: jensen_shannon(P, games[5][0])}  # (pictures, games)

# %%
q, logits, samples = games[5]
chosen = np.argsort(divergence[5][-1])[GAMES // 2]  # neither the best game nor the worst
figure, panels = plots.new_figure(
    2, 3, height=5.2, sharex=True, sharey=True,
    title="Two players move until the discriminator is hardly better than a coin")
shown_latents = QUANTILES[0, 500::1000, 0]
for ax, picture in zip(panels.flat, (0, 1, 3, 6, 12, 30)):
    ax.fill_between(CENTRES, P / BIN, color="#dddddd", label="data, p")
    smooth = np.convolve(q[picture, chosen], np.ones(5) / 5, "same") / BIN
    ax.plot(CENTRES, np.minimum(smooth, 2), color=plots.PALETTE[1], label="samples, q")
    ax.plot(CENTRES, 1 / (1 + np.exp(-logits[picture, chosen])), "--", color=plots.PALETTE[0],
            label="D(x)")
    for start, end in zip(shown_latents, samples[picture, chosen, 500::1000]):
        ax.plot([start, end], [-0.75, -0.15], "-", color="#888888", linewidth=0.6)
    ax.set(xlim=(-5, 6), ylim=(-0.75, 1.7), yticks=[0, 0.5, 1])
    plots.describe(ax, xlabel="x; lines: z up to G(z)" if ax in panels[1] else " ",
                   ylabel="density, D(x)" if ax in panels[:, 0] else " ",
                   title=f"after {picture * GAME_STEPS // 30:,} steps of G")
    ax.legend().remove()
figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3,
              frameon=False)
plots.show(figure, "Six pictures of a game on a line. Grey: the density of the data, two "
                   "bumps. The density of the samples begins as a spike far to the right and "
                   "moves over the bumps until it covers both. The discriminator begins as a "
                   "wavy line, then falls from one on the data to zero on the samples, and "
                   "ends near one half. Lines from evenly likely latents below show where the "
                   "generator sends each.")

# %% [markdown]
# **The reading.** The picture follows figure 1 of Goodfellow et al., with both players drawn as they are. The
# discriminator puts its slope where the two densities differ, and the samples slide uphill along it. Lines that lie
# close together at their upper ends make $q$ high there. In the end $p$ and $q$ nearly agree, and $D$ is near one half wherever there are data. It
# has nothing left to say.

# %%
unsure = np.sum(P * np.abs(1 / (1 + np.exp(-logits[-1])) - 0.5), axis=-1)  # (games,)
claims.add("1-D game, k = 5: Jensen-Shannon divergence of q from p at the end, median of games",
           np.median(divergence[5][-1]), at_most=0.15, unit="nats")
claims.add("the same at the start, the smallest of all games", divergence[5][0].min(),
           at_least=0.6, unit="nats")
claims.add("1-D game, k = 5: mean distance of D from 1/2 on data at the end, median of games",
           np.median(unsure), at_most=0.2)

# %% [markdown]
# ## 2. The best discriminator
#
# **The question.** What is the discriminator after, and what does the generator minimize if it meets the best one?
# Suppose $D$ may be any function. Then each $x$ has a $D(x)$ of its own, which has to make
#
# $$p(x) \ln D + q(x) \ln (1 - D)$$
#
# as large as it gets. The derivative, $p/D - q/(1 - D)$, is 0 at $D^*(x) = \frac{p(x)}{p(x) + q(x)}$: with as many real points as
# samples, this is the probability that a point at $x$ is real. The second derivative, $-p/D^2 - q/(1-D)^2$, is negative.
#
# **An erratum.** A slide of one of the lectures says that $D^*$ *minimizes* this expression. It is the maximum; below, there is
# no end on either side.

# %%
figure, ax = plots.new_figure(
    height=3, title="p/(p + q) is the top of the hill, not the bottom")
levels = np.linspace(0.002, 0.998, 499)
for index, (p_here, q_here) in enumerate([(1, 1), (1, 0.25), (0.1, 0.5)]):
    heights = p_here * np.log(levels) + q_here * np.log(1 - levels)
    best = p_here / (p_here + q_here)
    ax.plot(levels, heights, color=plots.PALETTE[index], label=f"p = {p_here}, q = {q_here}")
    top = p_here * np.log(best) + q_here * np.log(1 - best)
    ax.plot(best, top, "o", color=plots.PALETTE[index])
ax.set_ylim(-4, 0.1)
plots.describe(ax, xlabel="D at this x", ylabel="p ln D + q ln(1 - D), nats")
plots.show(figure, "Three curves over D from zero to one, for three pairs of densities. Each "
                   "is a hill that falls without end towards both sides; a dot marks the top.")


# %%
def best_by_search(p, q):
    """The D that a search finds to be the highest for densities p and q at one point."""
    return minimize_scalar(lambda D: -p * np.log(D) - q * np.log1p(-D), bounds=(0, 1),
                           method="bounded", options={"xatol": 1e-9}).x


heights = rng.exponential(size=(200, 2))
found = np.array([best_by_search(*each) for each in heights])
claims.add("200 pairs of densities: largest distance of the searched maximum from p/(p + q)",
           np.abs(found - heights[:, 0] / heights.sum(axis=1)).max(), at_most=1e-5)

# %% [markdown]
# **The value.** Put $D^*$ into $V$, with $m = (p + q)/2$:
#
# $$V(D^*, G) = \mathbb{E}_p\left[\ln \frac{p}{p+q}\right] + \mathbb{E}_q\left[\ln \frac{q}{p+q}\right] = \mathrm{KL}(p \| m) + \mathrm{KL}(q \| m) - 2 \ln 2 = 2\, \mathrm{JS}(p, q) - 2 \ln 2$$
#
# with the *Jensen-Shannon divergence* $\mathrm{JS} = \frac12 \mathrm{KL}(p\|m) + \frac12 \mathrm{KL}(q\|m)$, which lies between 0 (equal) and $\ln 2$
# (nothing in common). One of the lectures writes $V = \mathrm{JS} - 2 \ln 2$. This is no error, but its JS has no halves and
# is twice the usual one. Both are in the table.
#
# **The experiment.** Five pairs of densities, from identical to disjoint. For each, the value three times: by adaptive
# integration of the two KLs (scipy), by searching the best $D$ for every bin and adding up, and by training a
# discriminator on samples. The third knows nothing of $p$ and $q$.


# %%
class TwoBumps:
    pdf = staticmethod(real_density)

    @staticmethod
    def rvs(size, random_state):
        left = random_state.random(size) < SHARES[0]
        draws = [random_state.normal(*each, size) for each in zip(PLACES, SPREADS)]
        return np.where(left, *draws)


PAIRS = {"identical": (norm(0, 1), norm(0, 1)), "near": (norm(0, 1), norm(0.8, 1)),
         "apart": (norm(-1, 1), norm(2, 0.7)), "two bumps, one": (TwoBumps, norm(1, 1.5)),
         "disjoint": (uniform(-3, 2), uniform(1, 2))}


def exact_js(p, q):
    """By adaptive integration over the pieces between the corners of the densities."""
    def half(first, second):
        def integrand(x):
            a, b = first.pdf(x), second.pdf(x)
            return a * np.log(2 * a / (a + b)) / 2 if a > 0 else 0.0
        corners = [-12, -3, -1, 1, 3, 12]
        return sum(quad(integrand, low, high)[0] for low, high in pairwise(corners))
    return half(p, q) + half(q, p)


in_bins = {name: [each.pdf(CENTRES) * BIN for each in pair] for name, pair in PAIRS.items()}
js = {name: exact_js(*pair) for name, pair in PAIRS.items()}
searched = {}
for name, (p, q) in in_bins.items():
    D = np.array([best_by_search(*each) for each in zip(p, q)])
    D = np.clip(D, 1e-12, 1 - 1e-12)
    searched[name] = np.sum(p * np.log(D) + q * np.log1p(-D))

# %% [markdown]
# One discriminator for each pair, side by side, climbs $V$ on samples. Between its logit and $D$ stands a sigmoid, so the
# best logit is $\ln p(x) - \ln q(x)$.


# %%
def draw_pairs(which, count=50_000):
    return tf.constant(np.stack([pair[which].rvs(size=count, random_state=rng)
                                 for pair in PAIRS.values()])[..., None], "float32")


real, fake = draw_pairs(0), draw_pairs(1)  # (pairs, count, 1)
judges = keras.Sequential([
    SideBySide(rng.normal(0, np.sqrt(2 / inputs), (len(PAIRS), inputs, units)),
               np.zeros((len(PAIRS), units)), activation)
    for inputs, units, activation in ((1, 32, "tanh"), (32, 32, "tanh"), (32, 1, "linear"))])
optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.01, JUDGE_STEPS))
optimizer.build(judges.trainable_variables)


@tf.function
def train_judges():
    for step in tf.range(JUDGE_STEPS):
        seeds = tf.stack([settings.seed, step])
        rows = tf.random.stateless_uniform((256,), seeds, 0, real.shape[1], tf.int32)
        both = tf.concat([tf.gather(real, rows, axis=1), tf.gather(fake, rows, axis=1)], axis=1)
        with tf.GradientTape() as tape:
            on_real, on_fake = tf.split(judges(both), 2, axis=1)
            cost = per_game(tf.nn.softplus(-on_real) + tf.nn.softplus(on_fake))
        gradients = tape.gradient(cost, judges.trainable_variables)
        optimizer.apply(gradients, judges.trainable_variables)


train_judges()
logits = judges(CENTRES[None, :, None].astype("float32")).numpy()[..., 0]
judged = dict(zip(PAIRS, logits.astype("float64")))

# %%
figure, panels = plots.new_figure(
    1, len(PAIRS), height=2.7, sharey=True, sharex=True,
    title="Trained discriminators find p/(p + q) wherever there are points")
for ax, (name, (p, q)) in zip(panels, in_bins.items()):
    ax.fill_between(CENTRES, p / BIN, color="#bbbbbb", label="p")
    ax.fill_between(CENTRES, q / BIN, color=plots.PALETTE[1], alpha=0.35, label="q")
    there = p + q > 1e-4 * BIN
    best = np.where(there, p / np.maximum(p + q, 1e-300), np.nan)
    ax.plot(CENTRES, best, "k:", linewidth=2.5, label="p/(p + q)")
    ax.plot(CENTRES, 1 / (1 + np.exp(-judged[name])), color=plots.PALETTE[0], label="trained D")
    ax.set(xlim=(-4.5, 4.5), ylim=(0, 1.05), xticks=[-3, 0, 3])
    plots.describe(ax, xlabel="x", ylabel="density, D" if ax is panels[0] else " ", title=name)
    if ax is not panels[-1]:
        ax.legend().remove()
plots.show(figure, "Five panels with two densities each, from identical to disjoint, with the "
                   "best discriminator dotted and the trained one as a line. The line lies on "
                   "the dots: flat at one half for identical densities, a step for disjoint "
                   "ones, curves between for the others.")

# %%
rows, errors = {}, {}
for name, (p, q) in in_bins.items():
    trained_D = 1 / (1 + np.exp(-judged[name]))
    best_D = p / np.maximum(p + q, 1e-300)
    errors[name] = np.sum((p + q) / 2 * np.abs(trained_D - best_D))
    rows[name] = (js[name], 2 * js[name], 2 * js[name] - 2 * np.log(2), searched[name],
                  value(p, q, judged[name]), errors[name])
show_numbers(rows, ["JS", "JS of the lecture", "2 JS - 2 ln 2", "best D searched in each bin",
                    "trained D", "mean |trained D - best D|"], first="nats")
table = np.array(list(rows.values()))
claims.add("value with the searched D: largest distance from 2 JS - 2 ln 2",
           np.abs(table[:, 3] - table[:, 2]).max(), at_most=2e-4, unit="nats")
claims.add("value with the trained D: largest shortfall from 2 JS - 2 ln 2",
           (table[:, 2] - table[:, 4]).max(), at_most=0.01, unit="nats")
claims.add("value with the trained D: its largest excess over 2 JS - 2 ln 2",
           (table[:, 4] - table[:, 2]).max(), at_most=1e-4, unit="nats")
claims.add("trained D: mean distance from p/(p + q), the largest of five pairs",
           max(errors.values()), at_most=0.04)
claims.add("identical densities: value of the trained D plus 2 ln 2", rows["identical"][4]
           + 2 * np.log(2), at_least=-0.005, at_most=1e-5, unit="nats")
claims.add("disjoint densities: value of the trained D", rows["disjoint"][4], at_least=-0.005,
           at_most=0, unit="nats")

# %% [markdown]
# **The reading.** The value tells how well real and fake can be told apart by anybody: $-2 \ln 2 \approx -1.386$ if it is a coin toss, 0
# if every point gives itself away. A trained discriminator comes within a hundredth of a nat, from
# below, without being told a density. A value above the bound would refute the formula. So with a
# perfect discriminator, the generator would minimize the Jensen-Shannon divergence. In the game the discriminator is
# not perfect. How far off is it?

# %%
q, logits, _ = games[5]
ceiling = 2 * divergence[5] - 2 * np.log(2)  # (pictures, games)
played = value(P, q, logits)
rounds = np.arange(len(played)) * GAME_STEPS // 30
figure, ax = plots.new_figure(height=3, title="The value in play stays below what the best "
                                              "discriminator would reach")
plots.curves(ax, rounds, {"best discriminator: 2 JS - 2 ln 2": ceiling[:, chosen],
                          "discriminator in play": played[:, chosen]},
             xlabel="steps of the generator", ylabel="value, nats")
ax.axhline(-2 * np.log(2), color="black", linewidth=1, linestyle=":", label="p = q")
ax.legend(frameon=False, fontsize=8, loc="upper right")
plots.show(figure, "Value against steps of the generator. The curve of the best possible "
                   "discriminator starts near zero and falls towards the dotted line of equal "
                   "densities. The curve of the discriminator in play is below it everywhere.")
claims.add("1-D game: most by which the value in play exceeds 2 JS - 2 ln 2, all games",
           (played - ceiling).max(), at_most=1e-9, unit="nats")

# %% [markdown]
# **Signs.** Another lecture writes the discriminator's *cost*
# $J_D = \mathbb{E}_p[-\ln D(x)] + \mathbb{E}_z[-\ln(1 - D(G(z)))]$ and the game as $\max_G \min_D J_D$. That is the same game,
# but only because $J_D = -V$: with costs, min and max change places. Copy the order from one and the sign from
# the other, and the discriminator learns to be wrong. (Code minimizes, so the loop above has $J_D$ in it.)

# %% [markdown]
# ## 3. Two losses for the generator
#
# **The question.** At the start, samples are bad and the discriminator sees it: $D(G(z))$ is near 0. Does the generator
# learn from being refused so clearly? Two losses want $D(G(z))$ to be large:
#
# $$\text{saturating: } \ln(1 - \sigma(l)), \quad \frac{d}{dl} = -\sigma(l) = -D; \qquad\qquad \text{non-saturating: } -\ln \sigma(l), \quad \frac{d}{dl} = -(1 - D)$$
#
# The first belongs to $V$. The second was proposed in the same paper, "to provide stronger gradients early in learning".
# What comes after the logit, its derivative by $x$ and that of $G$ by its weights, is the same for both. So for each sample
# the second gradient is $(1 - D)/D$ times the first, in the same direction: 99 times at $D = 0.01$.


# %%
def saturating(logits):
    return -tf.nn.softplus(logits)  # ln(1 - D)


def non_saturating(logits):
    return tf.nn.softplus(-logits)  # -ln D


def naive(logits):
    return tf.math.log(1 - tf.sigmoid(logits))


def slope(cost, logits):
    logits = tf.constant(logits, "float32")
    with tf.GradientTape() as tape:
        tape.watch(logits)
        total = tf.reduce_sum(cost(logits))
    return tape.gradient(total, logits).numpy().astype("float64")


points = np.linspace(-12, 12, 97)
D = 1 / (1 + np.exp(-points))
slopes = {cost: slope(cost, points) for cost in (saturating, non_saturating)}
claims.add("derivatives by the logit: largest relative error of the tape, from -D and -(1 - D)",
           max(np.abs(slopes[saturating] / -D - 1).max(),
               np.abs(slopes[non_saturating] / (D - 1) - 1).max()), at_most=1e-5)
hard = np.arange(0, 40.0)
usable = np.abs(slope(naive, hard) * (1 + np.exp(-hard)) + 1) < 0.01  # False for NaN
claims.add("log(1 - sigmoid(l)) in float32: logit up to which its gradient is right to 1 %",
           hard[np.argmin(usable) - 1], at_least=8, at_most=17)
claims.add("the same loss from logits: largest relative error of the gradient up to logit 40",
           np.abs(slope(saturating, hard) * (1 + np.exp(-hard)) + 1).max(), at_most=1e-5)

# %% [markdown]
# The second claim is why losses are written on logits: computed the long way, $\sigma(l)$ becomes exactly 1 in
# float32 for a logit that is not even large, and the gradient is no number any more.
#
# **The experiment.** Take the game of section 1 at its start and train its discriminator alone. As it becomes sure, we
# measure both gradients with respect to all weights of the generator.


# %%
@tf.function
def gradient_norms(generator, discriminator, cost, latents):
    """Length of the gradient by all of a generator's weights, (games,)."""
    with tf.GradientTape() as tape:
        total = per_game(cost(discriminator(generator(latents))))
    gradients = tape.gradient(total, generator.trainable_variables)
    squares = [tf.reduce_sum(tf.reshape(each, (GAMES, -1)) ** 2, axis=1) for each in gradients]
    return tf.sqrt(tf.add_n(squares))


generator = networks([1, 32, 32, 1], 0, "tanh", last_scale=0.3, last_bias=4.0)
discriminator = networks([1, 32, 32, 1], 1, "tanh")
optimizer = keras.optimizers.Adam(RATE_1D, beta_1=BETA_1)
optimizer.build(discriminator.trainable_variables)


@tf.function
def discriminator_alone(first, count):
    for step in tf.range(first, first + count):
        fake = generator(normal((GAMES, BATCH, 1), step, 3))
        with tf.GradientTape() as tape:
            both = discriminator(tf.concat([real_batch(step), fake], axis=1))
            on_real, on_fake = tf.split(both, 2, axis=1)
            cost = per_game(tf.nn.softplus(-on_real) + tf.nn.softplus(on_fake))
        gradients = tape.gradient(cost, discriminator.trainable_variables)
        optimizer.apply(gradients, discriminator.trainable_variables)


# %%
latents = normal((GAMES, 1_000, 1), 0, 4)
taken_for_real, norms = [], {saturating: [], non_saturating: []}
for visit in range(120):
    discriminator_alone(tf.constant(5 * visit), tf.constant(5))
    seen = tf.sigmoid(discriminator(generator(latents))).numpy()
    taken_for_real.append(seen.mean(axis=(1, 2)))
    for cost, each in norms.items():
        each.append(gradient_norms(generator, discriminator, cost, latents).numpy())
taken_for_real = np.array(taken_for_real)  # (visits, games), mean of D(G(z))
norms = {cost: np.array(each) for cost, each in norms.items()}

# %%
figure, panels = plots.new_figure(
    1, 2, height=3.3, title="A sure discriminator teaches through one of the two losses only")
shares = np.geomspace(1e-3, 0.999, 200)
plots.curves(panels[0], shares, {"saturating: D": shares, "non-saturating: 1 - D": 1 - shares},
             log="xy", xlabel="D(G(z))", ylabel="slope of the loss by the logit",
             title="each sample, exact")
for index, (name, cost) in enumerate({"saturating": saturating,
                                      "non-saturating": non_saturating}.items()):
    panels[1].scatter(taken_for_real, norms[cost], s=5, color=plots.PALETTE[index], label=name)
panels[1].axvline(0.01, color="black", linewidth=1, linestyle=":")
panels[1].set(xscale="log", yscale="log", xlim=(2e-3, 1))
plots.describe(panels[1], xlabel="mean of D(G(z))", ylabel="length of G's gradient",
               title="all weights, measured")
for ax, place in zip(panels, ("lower right", "upper right")):
    ax.legend(frameon=False, fontsize=8, loc=place)
plots.show(figure, "Two panels over D of the samples, both axes logarithmic. Left: the slope "
                   "of the saturating loss rises in proportion to D, that of the "
                   "non-saturating one is nearly level and falls only near one. Right: "
                   "measured lengths of the gradient of all weights, two clouds of points that "
                   "lie ever further apart the smaller D is.")

# %%
sure = np.argmin(np.abs(np.log(taken_for_real / 0.01)), axis=0)  # the visit nearest to 0.01
there = sure, np.arange(GAMES)
ratio = norms[non_saturating][there] / norms[saturating][there]
show_numbers({"where D(G(z)) is nearest to 0.01": (
    np.median(taken_for_real[there]), np.median(norms[saturating][there]),
    np.median(norms[non_saturating][there]), np.median(ratio))},
    ["mean of D(G(z))", "gradient, saturating", "non-saturating", "ratio"],
    first="median of the games")
claims.add("D(G(z)) about 0.01: its mean, median of games", np.median(taken_for_real[there]),
           at_least=0.007, at_most=0.014)
claims.add("D(G(z)) about 0.01: gradient of G, non-saturating over saturating, median of games",
           np.median(ratio), at_least=20, at_most=120)

# %% [markdown]
# The ratio is of the size that the formulas say, but below 99: 0.01 is a mean, and a sample counts with the weight $D$ in
# one loss and $1 - D$ in the other. So the few samples that pass carry the saturating gradient. That is the other
# difference: the saturating loss listens to the samples that already pass, the non-saturating one to those
# that don't.
#
# **The same end?** For one family all is exact: $p = \mathcal{N}(0, 1)$, $G(z) = z + s$, so $q = \mathcal{N}(s, 1)$, against the best
# discriminator of each $s$, whose logit is $s^2/2 - s x$. Its slope by $x$ is $-s$, so the gradients by $s$ are
#
# $$\text{saturating: } s\; \mathbb{E}_q[D^*], \qquad \text{non-saturating: } s\; \mathbb{E}_q[1 - D^*]$$
#
# We compare them with the derivatives of two divergences: $2\,\mathrm{JS}(p, q)$ and, after Arjovsky and Bottou (2017, theorem 2.5),
# $\mathrm{KL}(q \| p) - 2\,\mathrm{JS}(p, q)$.

# %%
shifts = np.linspace(-6, 6, 121)
fine = np.linspace(-16, 16, 6_401)
cell = fine[1] - fine[0]


def divergences(shift):
    """2 JS(p, q) and KL(q || p) - 2 JS(p, q) for p = N(0, 1) and q = N(shift, 1), in nats."""
    p, q = norm.pdf(fine) * cell, norm.pdf(fine, shift) * cell
    return np.array([2 * jensen_shannon(p, q), kl(q, p) - 2 * jensen_shannon(p, q)])


def pulls(shift):
    """Gradients by the shift of the saturating and of the non-saturating loss, best D held."""
    p, q = norm.pdf(fine) * cell, norm.pdf(fine, shift) * cell
    D = p / (p + q)
    return np.array([np.sum(q * D), np.sum(q * (1 - D))]) * shift


exact_pulls = np.array([pulls(shift) for shift in shifts])
numeric = np.array([divergences(s + 1e-4) - divergences(s - 1e-4) for s in shifts]) / 2e-4
figure, ax = plots.new_figure(
    height=3, title="Both losses end at q = p; far away only one pulls")
plots.curves(ax, shifts, dict(zip(["saturating", "non-saturating"], exact_pulls.T)),
             xlabel="s: how far q lies from p", ylabel="gradient by s")
plots.show(figure, "Gradient of both losses against the distance of q from p. Both are zero at "
                   "zero and have the sign of the distance everywhere. The non-saturating one "
                   "grows with the distance, the saturating one comes back to zero.")
claims.add("saturating loss against the best D: largest distance from the slope of 2 JS",
           np.abs(exact_pulls[:, 0] - numeric[:, 0]).max(), at_most=1e-5)
claims.add("non-saturating loss: largest distance from the slope of KL(q || p) - 2 JS",
           np.abs(exact_pulls[:, 1] - numeric[:, 1]).max(), at_most=1e-5)
claims.add("shift 6: saturating gradient over non-saturating", exact_pulls[-1, 0]
           / exact_pulls[-1, 1], at_most=0.01)

# %% [markdown]
# **The reading.** Both gradients vanish at $q = p$ and nowhere else, so the end is the same; the way there is not. Far from the data
# the Jensen-Shannon divergence is flat, at $\ln 2$, and its gradient is nothing. That is no weakness of
# the discriminator but of the divergence: the better the discriminator, the closer the gradient comes to 0. The
# non-saturating loss still pulls. But it belongs to another divergence, with $\mathrm{KL}(q \| p)$ in it, which
# asks for samples only where there are data, and not for samples *wherever* there are data. Keep that in mind for
# section 5.

# %% [markdown]
# ## 4. What more steps of the discriminator buy
#
# **The question.** The theory of section 2 wants the best discriminator at every step; Algorithm 1 makes do with $k$
# steps. Goodfellow et al. took $k = 1$, "the least expensive option". Is it cheap?
#
# **The experiment.** The game of section 1 with $k$ = 1, 2 and 5, the same first weights, `GAMES` games each. We look at the
# divergence over steps of the generator, and then at the same curves over all steps of both players, $k + 1$ in each
# round.

# %%
for k in (1, 2):
    games[k] = watched_game(k)
    divergence[k] = jensen_shannon(P, games[k][0])

# %%
figure, panels = plots.new_figure(
    1, 2, height=3.4, sharey=True,
    title="In this game k = 5 is better even for the same number of steps")
for index, k in enumerate((1, 2, 5)):
    for ax, steps in zip(panels, (rounds, (k + 1) * rounds)):
        low, middle, high = np.quantile(divergence[k], (0, 0.5, 1), axis=1)
        ax.fill_between(steps, low, high, color=plots.PALETTE[index], alpha=0.12, linewidth=0)
        ax.plot(steps, middle, color=plots.PALETTE[index], label=f"k = {k}")
panels[1].set_xlim(0, 2 * GAME_STEPS)
plots.describe(panels[0], xlabel="steps of the generator", ylabel="JS(p, q), nats",
               title="per step of the generator")
plots.describe(panels[1], xlabel="steps of both players together", ylabel=" ",
               title="per step of any player")
panels[0].legend().remove()
plots.show(figure, "Jensen-Shannon divergence for k of one, two and five, median and range of "
                   "the games. It falls from its highest value for all. With k of one it stays "
                   "high, with two it is lower, with five lowest, and the order is the same "
                   "when all steps of both players are counted.")

# %%
def at_cost(k, total):
    """JS of each game after this many steps of both players."""
    return np.array([np.interp(total, (k + 1) * rounds, row) for row in divergence[k].T])


total = 2 * GAME_STEPS  # what the game with k = 1 has had in the end
rows = {}
for k in (1, 2, 5):
    last, paid = divergence[k][-1], at_cost(k, total)
    rows[f"k = {k}"] = (np.median(last), last.min(), last.max(), np.median(paid),
                        np.median(paid - at_cost(1, total)))
show_numbers(rows, ["JS at the end, median", "least", "most", "at the cost of k = 1: median",
                    "minus k = 1, median of pairs"], first="nats")
claims.add("1-D game: games of all in which k = 5 ends nearer to the data than k = 1",
           np.mean(divergence[5][-1] < divergence[1][-1]), at_least=0.85)
claims.add("the same after as many steps of both players", np.mean(at_cost(5, total)
           < at_cost(1, total)), at_least=0.85)
claims.add("1-D game at the end: JS with k = 1 over JS with k = 5, medians",
           np.median(divergence[1][-1]) / np.median(divergence[5][-1]), at_least=2)

# %% [markdown]
# **The reading.** With $k = 1$ the samples run over a bump, the discriminator comes after them too late, and they run back: the
# players circle, and more rounds don't help. A discriminator that keeps up turns the circling into an approach.
# So here $k = 1$ is the *most* expensive option. Is it a rule? One of the lectures says that there is none, "no best
# rule", and the next section has a case of the contrary.

# %% [markdown]
# ## 5. Eight Gaussians on a ring
#
# **The question.** The data are eight small round clouds on a ring (Metz et al. 2017). A generator that hits one of
# them perfectly makes samples that nobody can find fault with, one at a time. Does it find the others? Two measures,
# from 2,000 samples:
# - **modes found**, of 8: a mode counts when at least 20 samples (1 %) lie within 3 spreads of its centre;
# - **on target**: the share of samples within 3 spreads of any centre (98.9 % for the data).
#
# Neither is enough: a generator can be on target with one mode, and noise finds all modes.
#
# **The remedies.** One loop, and each of the following is a change of one thing in it.
#
# | remedy | what changes | after |
# |---|---|---|
# | the saturating loss | $\ln(1 - D)$ in place of $-\ln D$ | Goodfellow et al. 2014 |
# | $\beta_1 = 0.9$ | Adam remembers the last ten gradients instead of two | Keras's default; Radford et al. 2016 advise 0.5 |
# | label smoothing | real points are to get 0.9, not 1 (fakes stay at 0) | Salimans et al. 2016 |
# | instance noise | the discriminator sees all points blurred; the noise falls to 0 | Sønderby et al. 2017 |
# | spread feature | the discriminator is also told the spread within each four points | Karras et al. 2018 |
# | pairs | the discriminator judges two points at once, both real or both fake | Lin et al. 2018 |
# | gradient penalty | slopes of the logit at real points cost $\frac{\gamma}{2} \lVert \nabla_x l \rVert^2$ (R1) | Mescheder et al. 2018 |
# | $k = 2$ | two steps of the discriminator | Goodfellow et al. 2014 |
# | averaged weights | samples come from a running mean of the generator's weights | Yazıcı et al. 2019 |


# %%
HIDDEN, LATENTS, RADIUS, SPREAD = 64, 8, 2.0, 0.1
ANGLES = np.arange(8) * np.pi / 4
MODES = RADIUS * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


def ring_batch(step):
    """(games, BATCH, 2) draws from eight small Gaussians on a ring."""
    seeds = tf.stack([settings.seed * 100 + 1, step])
    which = tf.random.stateless_uniform((GAMES, BATCH), seeds, 0, 8, tf.int32)
    centres = tf.gather(tf.constant(MODES, "float32"), which)
    return centres + SPREAD * normal((GAMES, BATCH, 2), step, 2)


# %%
def alone(points):
    return points


def in_pairs(points):
    """(games, n, 2) -> (games, n / 2, 4)."""
    return tf.reshape(points, (GAMES, -1, 4))


def with_spread(points):
    """Append the spread within each group of four points: (games, n, 2) -> (games, n, 3)."""
    groups = tf.reshape(points, (GAMES, -1, 4, 2))
    spread = tf.sqrt(tf.math.reduce_variance(groups, axis=2) + 1e-8)
    spread = tf.reduce_mean(spread, axis=-1, keepdims=True)
    return tf.concat([points, tf.repeat(spread, 4, axis=1)], axis=-1)


RECIPES = {
    "baseline": {},
    "saturating loss": {"generator_cost": saturating},
    "beta_1 = 0.9": {"beta_1": 0.9},
    "label smoothing": {"real_target": 0.9},
    "instance noise": {"noise": 0.5},
    "spread feature": {"shown": with_spread},
    "pairs": {"shown": in_pairs},
    "gradient penalty": {"r1": 0.1},
    "k = 2": {"k": 2},
}

# %%
def discriminator_cost(discriminator, shown, real, fake, real_target, r1):
    """-V, with the remedies that change it."""
    points = shown(tf.concat([real, fake], axis=1))
    on_real, on_fake = tf.split(discriminator(points), 2, axis=1)
    cost = per_game(real_target * tf.nn.softplus(-on_real)
                    + (1 - real_target) * tf.nn.softplus(on_real) + tf.nn.softplus(on_fake))
    if r1:
        with tf.GradientTape() as tape:
            tape.watch(real)
            total = tf.reduce_sum(discriminator(shown(real)))
        slopes = tape.gradient(total, real)
        cost += r1 / 2 * per_game(tf.reduce_sum(slopes**2, axis=-1, keepdims=True))
    return cost


def ring_game(k=1, generator_cost=non_saturating, shown=alone, noise=0.0, real_target=1.0,
              r1=0.0, beta_1=BETA_1):
    """Generator, its averaged weights and a function that plays rounds of the game."""
    inputs = shown(tf.zeros((GAMES, 4, 2))).shape[-1]
    generator = networks([LATENTS, HIDDEN, HIDDEN, 2], 2)
    discriminator = networks([inputs, HIDDEN, HIDDEN, 1], 3)
    forger, police = generator.trainable_variables, discriminator.trainable_variables
    averages = [tf.Variable(each) for each in forger]
    optimizers = [keras.optimizers.Adam(RING_RATE, beta_1=beta_1) for _ in range(2)]
    optimizers[0].build(forger)
    optimizers[1].build(police)

    def blurred(points, draw, stream):
        level = noise * (1 - tf.cast(draw // (k + 1), "float32") / RING_STEPS)
        return points + level * normal((GAMES, BATCH, 2), draw, stream) if noise else points

    @tf.function
    def play(first, count):
        for draw in tf.range(first * (k + 1), (first + count) * (k + 1), k + 1):
            for turn in range(k):
                here = draw + turn
                real = blurred(ring_batch(here), here, 5)
                fake = blurred(generator(normal((GAMES, BATCH, LATENTS), here, 3)), here, 6)
                with tf.GradientTape() as tape:
                    cost = discriminator_cost(discriminator, shown, real, fake, real_target, r1)
                optimizers[1].apply(tape.gradient(cost, police), police)
            latents = normal((GAMES, BATCH, LATENTS), draw + k, 3)
            with tf.GradientTape() as tape:
                points = shown(blurred(generator(latents), draw + k, 6))
                cost = per_game(generator_cost(discriminator(points)))
            optimizers[0].apply(tape.gradient(cost, forger), forger)
            for average, weight in zip(averages, forger):
                average.assign(0.99 * average + 0.01 * weight)

    return generator, averages, play


# %%
PICTURES = 5
fixed_latents = normal((GAMES, 2_000, LATENTS), 0, 4)


def ring_samples(**recipe):
    """Samples over training (PICTURES + 1, games, 2000, 2); those of the averaged weights."""
    generator, averages, play = ring_game(**recipe)
    seen = [generator(fixed_latents).numpy()]
    for picture in range(PICTURES):
        play(tf.constant(picture * RING_STEPS // PICTURES), tf.constant(RING_STEPS // PICTURES))
        seen.append(generator(fixed_latents).numpy())
    for weight, average in zip(generator.trainable_variables, averages):
        weight.assign(average)
    return np.stack(seen), generator(fixed_latents).numpy()


def modes_and_target(samples):
    """Modes found and share on target: (..., n, 2) -> (...,) each."""
    distances = np.linalg.norm(samples[..., None, :] - MODES, axis=-1)
    near = distances < 3 * SPREAD
    return np.sum(near.mean(axis=-2) >= 0.01, axis=-1), near.any(axis=-1).mean(axis=-1)


trained = {name: ring_samples(**recipe) for name, recipe in RECIPES.items()}

# %%
final = {name: modes_and_target(seen[-1]) for name, (seen, _) in trained.items()}
final["averaged weights"] = modes_and_target(trained["baseline"][1])
base = final["baseline"]


def row(modes, target):
    """Medians and ranges, and what is gained over the baseline of the same seed."""
    return (np.median(modes), modes.min(), modes.max(), np.median(modes - base[0]),
            np.median(target), np.median(target - base[1]), (target - base[1]).min(),
            (target - base[1]).max())


show_numbers({name: row(*each) for name, each in final.items()},
             ["modes, median", "least", "most", "gain, median of pairs", "on target, median",
              "gain, median of pairs", "gain, least", "gain, most"],
             first="one change to the baseline")  # a game is chaotic: another CPU, another game

# %%
figure, panels = plots.new_figure(
    1, 2, height=3.9, sharey=True,
    title="What finds more modes; a dot for each game, a bar at the median")
for place, (name, each) in enumerate(reversed(final.items())):
    colour = plots.PALETTE[1] if name == "baseline" else plots.PALETTE[0]
    for ax, values in zip(panels, each):
        ax.scatter(np.sort(values), place + np.linspace(-0.25, 0.25, GAMES), s=12, color=colour)
        ax.plot([np.median(values)] * 2, [place - 0.4, place + 0.4], "-", color=colour)
for ax, values in zip(panels, base):
    ax.axvline(np.median(values), color="#888888", linewidth=0.8, linestyle=":")
panels[0].set_yticks(range(len(final)), list(reversed(final)))
panels[0].set_xlim(-0.3, 8.3)
panels[1].set_xlim(0, 1)
plots.describe(panels[0], xlabel="modes found, of 8", ylabel="one change to the baseline")
plots.describe(panels[1], xlabel="share of samples on target", ylabel=" ")
plots.show(figure, "Two panels of dots, a row for each remedy. Left, modes found: the baseline "
                   "finds about half; pairs, the gradient penalty, instance noise and the "
                   "spread feature find most or all; label smoothing and two discriminator "
                   "steps find fewer. Right, share on target: highest for two steps and label "
                   "smoothing, lowest for the saturating loss.")

# %% tags=["cover"]
typical = np.argsort(base[0], kind="stable")[GAMES // 2]  # by modes of the baseline
figure, panels = plots.new_figure(
    2, PICTURES, height=3.6, sharex=True, sharey=True,
    title="Left alone, samples gather in a few modes; shown blurred at first, in all")
CURE = "instance noise"
for ax_row, name in zip(panels, ("baseline", CURE)):
    for ax, samples, step in zip(ax_row, trained[name][0][1:], range(1, PICTURES + 1)):
        ax.scatter(*MODES.T, s=150, facecolors="none", edgecolors="#999999", linewidths=0.8)
        colour = plots.PALETTE[1 if name == "baseline" else 0]
        ax.scatter(*samples[typical, :600].T, s=1.5, color=colour)
        ax.set(xlim=(-3, 3), ylim=(-3, 3), xticks=[], yticks=[], aspect="equal")
        ax.grid(False)
        first, upper = ax is ax_row[0], name == "baseline"
        plots.describe(ax, ylabel=name if first else " ", xlabel=" " if upper else "$x_1$",
                       title=f"{step * RING_STEPS // PICTURES:,} steps" if upper else "")
plots.show(figure, "Two rows of five clouds of samples over training, with circles around the "
                   "eight modes. In the upper row, the baseline, the samples sit in a few of "
                   "the circles. In the lower row, with instance noise, they form a cloud that "
                   "shrinks onto all eight circles.")

# %%
def median_gain(name, which):
    return np.median(final[name][which] - base[which])


claims.add("baseline: modes found, median of games", np.median(base[0]), at_most=6)
remedies = {"pairs": 2, "gradient penalty": 2, "instance noise": 2, "spread feature": 1}
for name, least in remedies.items():
    claims.add(f"{name}: modes gained over the baseline, median of pairs", median_gain(name, 0),
               at_least=least)
claims.add("pairs: modes found, the least of all games", final["pairs"][0].min(), at_least=6)
claims.add("k = 2: modes gained over the baseline, median of pairs", median_gain("k = 2", 0),
           at_most=0)
claims.add("k = 2: share on target gained, median of pairs", median_gain("k = 2", 1),
           at_least=0.03)
claims.add("saturating loss: share on target gained, median of pairs",
           median_gain("saturating loss", 1), at_most=-0.3)
averaging = [modes_and_target(mean)[1] - final[name][1] for name, (_, mean) in trained.items()]
claims.add("averaged weights: share on target gained, median of all games of all rows",
           np.median(averaging), at_least=0)

# %% [markdown]
# **The reading.**
# - **The baseline collapses.** In most games its samples sit in two to five modes. Nothing in its loss asks for the others: where no sample
#   falls, the discriminator is sure, and no sample is there to feel it. It is what section 3 said of
#   $\mathrm{KL}(q \| p)$: samples only where there are data, but not wherever there are.
# - **Judged in pairs**, it has to. Two real points seldom come from the same mode, two samples of a collapsed
#   generator often do, and a pair shows it. Every game finds every mode. The spread feature tells something similar
#   of four points.
# - **The gradient penalty and instance noise** keep the discriminator smooth: the slopes towards an empty mode reach the
#   samples of the next one. The penalty has a price: with gentle slopes, the samples take longer to come
#   close, and fewer are on target when the training ends.
# - **Two steps of the discriminator**, better than one in section 4, find *fewer* modes here, with samples more on
#   target. A sharper judge punishes every excursion between the modes. So there is no best $k$, and share
#   on target alone would have called the worst collapse the best generator.
# - **Label smoothing** does not help against collapse here. **A longer memory** ($\beta_1 = 0.9$) has more modes in some
#   seeds, and far fewer samples on target.
# - **The saturating loss** has hardly got anywhere: section 3, in a game.
# - **Averaged weights** smooth out the circling: a few samples more on target, in most rows. They find no new
#   mode, and they cost nothing.
#
# These are results for one toy, one size of network and one length of training; while we prepared this section, other
# first biases or another activation made the baseline collapse much less. For images the order may be another.
# What carries over is the way to find out: one change at a time, the same seeds, two measures, all games shown.

# %% [markdown]
# ## 6. Claims

# %%
claims.table()

# %% [markdown]
# ### Change this and look
# Set `BETA_1 = 0.9` and run section 5 again: the baseline finds more modes. Then change `"tanh"` for `"relu"` in
# section 1, or the biases' start from 0 to random numbers. How much of a published gain would survive such changes?
#
# ### To think about
# 1. The discriminator sees one point at a time, and the generator has collapsed on a single mode. Which $D$ is best,
#    and what does its gradient tell the samples?
# 2. In section 1 the value of the game rises or falls while the samples get better. Why can the loss curves of a GAN
#    not be read like those of an autoencoder?
# 3. A batch has 64 points. How would you change the remedy "pairs" if there were 1,000 modes?
#
# <details><summary>Answers: open me afterwards.</summary>
#
# 1. On that mode $D^* = p/(p+q)$ is $1/9$, as $q$ is eight times $p$ there; on the seven others it is 1. But the samples feel
#    the slope of $D$ where they *are*, and that may point anywhere. All of them feel nearly the same, so they
#    move on together.
# 2. Each loss is measured against the other player, who changes too. A generator that gets better against a
#    discriminator that gets better at the same pace has a level loss.
# 3. Two of 1,000 modes differ nearly always, whether real or collapsed on 30. More points at once would be needed, so
#    that equal ones turn up.
#
# </details>
#
# ### Sources
# - I. Goodfellow et al., *Generative adversarial nets*, NeurIPS 2014: Algorithm 1, figure 1, propositions 1 and 2, both losses
#   (section 3).
# - M. Arjovsky, L. Bottou, *Towards principled methods for training generative adversarial networks*, ICLR 2017,
#   theorems 2.4 to 2.6.
# - L. Metz et al., *Unrolled generative adversarial networks*, ICLR 2017: the ring.
# - T. Salimans et al., *Improved techniques for training GANs*, NeurIPS 2016 (label smoothing); C. Sønderby et al.,
#   *Amortised MAP inference for image super-resolution*, ICLR 2017 (instance noise); Z. Lin et al., *PacGAN*, NeurIPS 2018 (pairs);
#   T. Karras et al., *Progressive growing of GANs*, ICLR 2018, section 3 (spread feature); L. Mescheder et al., *Which
#   training methods for GANs do actually converge?*, ICML 2018 (R1); Y. Yazıcı et al., *The unusual effectiveness of
#   averaging in GAN training*, ICLR 2019.
# - S. Chintala et al., *How to train a GAN? Tips and tricks to make GANs work* (github.com/soumith/ganhacks), 2016.
#
# **Next:** Lab 4, where you write the losses and the training step of a DCGAN yourself.
