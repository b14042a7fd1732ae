# ---
# jupyter:
#   course:
#     time_limit_s: 240
#     memory_limit_gb: 4
# ---

# %% [markdown]
# # 31: Generative networks
#
# Until now a decoder drew what an encoder had told it to. Now nobody tells it anything: its code is a random number.
# What does it draw then, and how likely is each drawing? For some networks the second question has an exact answer,
# for others it has none, and this divides all generative models into two families.
#
# **You will** push random numbers through functions and predict the density that comes out, train one network whose
# density is known and two whose densities are not, measure them with the same samples, and put the models of this
# course into a table.
#
# | | |
# |---|---|
# | Time | about 35 minutes to read; runs in half a minute on two cores |
# | Needs | no network, no GPU, 2 GB of memory |
# | Before | [13: Autoencoders](13_autoencoders.ipynb) |
# | After | [32: The evidence lower bound](32_evidence_lower_bound.ipynb) |
#
# At the end you will have made this figure:
#
# ![Five panels of the same coloured points. In the first they form a round cloud, the colours ordered by angle. From panel to panel the cloud is stretched and sheared, until in the last one the points form three curved arms around an almost empty middle.](../docs/figures/31_generative_networks.png)

# %%
from utils import runtime

# float32: densities are compared with integrals and derivatives.
settings = runtime.start(seed=0, precision="float32")

# %%
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from scipy.spatial.distance import cdist
from scipy.stats import kstest, norm
from sklearn.metrics import roc_auc_score
from sklearn.mixture import GaussianMixture

from utils import plots
from utils.claims import Claims, show_numbers

claims = Claims("31_generative_networks")
rng = np.random.default_rng(settings.seed)

# %% [markdown]
# ### Settings

# %%
TRAIN = settings.choose(quick=4_000, full=20_000)  # points in the plane
TEST = 4_000
COUPLINGS = settings.choose(quick=10, full=12)  # layers of the network with a known density
STEPS = settings.choose(quick=2_000, full=8_000)  # for each of three networks
HIDDEN = 64  # units of the generators' layers; the couplings have half as many
BATCH = 256

# %% [markdown]
# ## 1. A random number through a function
#
# **The question.** Let $z$ be uniform on $[0, 1]$, and $x = f(z) = z^2$. Which density does $x$ have? The chance
# that $x$ is at most some $c$ is the chance that $z$ is at most $\sqrt{c}$, and that is $\sqrt{c}$. The density is the
# derivative. In general, for an increasing $f$:
#
# $$P(x \le c) = P(z \le f^{-1}(c)), \qquad p_X(x) = \frac{p_Z(z)}{f'(z)} \text{ at } z = f^{-1}(x),
# \qquad\text{here}\quad p_X(x) = \frac{1}{2\sqrt{x}}$$
#
# This is called the *pushforward* of the uniform distribution by $f$, written $f \# \mu$. Where $f$ is steep, it spreads
# points out, and the density is low. Two mistakes are easy to make: to forget $f'$ ($p = 1$, as
# if points only moved), or to multiply by it ($p \propto \sqrt{x}$).
#
# **The experiment.** We draw, and compare with all three. The *Kolmogorov-Smirnov test* looks for the place
# where the share of samples below $x$ and the claimed probability differ most. Times $\sqrt{n}$,
# that difference stays below 1.95 in 999 of 1,000 cases when the claim is true, whatever the density is.

# %%
z = rng.uniform(size=20_000)
below = {  # the claimed probability to be at most x
    "divided by f'": np.sqrt,
    "f' forgotten": lambda x: x,
    "multiplied by f'": lambda x: x**1.5,
}


def gap(samples, probability):
    """Kolmogorov-Smirnov: largest difference of shares, times the root of the sample size."""
    return np.sqrt(len(samples)) * kstest(samples, probability).statistic


gaps = {name: gap(z**2, probability) for name, probability in below.items()}
show_numbers({name: [value] for name, value in gaps.items()}, ["gap of z^2"], first="density")
claims.add("z^2 against the density 1/(2 sqrt x): Kolmogorov-Smirnov gap",
           gaps["divided by f'"], at_most=1.95)
claims.add("z^2 against the two wrong densities: the smaller gap",
           min(gaps["f' forgotten"], gaps["multiplied by f'"]), at_least=10)
claims.add("z^3 against the density 1/(2 sqrt x): gap", gap(z**3, np.sqrt), at_least=10)

# %%
figure, ax = plots.new_figure(
    title="Squaring crowds the samples near zero, as 1/(2 sqrt x) says", height=3)
ax.hist(z**2, 50, range=(0, 1), density=True, color="#cccccc")
x = np.linspace(0.005, 1, 400)
plots.curves(ax, x, {"divided by f'": 0.5 / np.sqrt(x), "f' forgotten": np.ones(400),
                     "multiplied by f'": 1.5 * np.sqrt(x)}, xlabel="x", ylabel="density")
ax.set_ylim(0, 7)
plots.show(figure, "Histogram of squared uniform numbers, high near zero and falling to one "
                   "half at one. The curve of one over two roots of x follows it; a flat line "
                   "and a rising curve do not.")

# %% [markdown]
# **The reading.** Right is to divide. The density is infinite at 0, and that is no contradiction: a density
# isn't a probability, only its integral is. A slide of the lecture writes $p(x) \propto 1/\sqrt{x}$; the constant
# one half is what makes the integral 1. The test isn't easily pleased: another map, $z^3$, fails it.
#
# ## 2. The other way round
#
# **The question.** Given a density, which function makes it? In one dimension the answer is a formula. If $F(x)$ is
# the probability to be at most $x$, then $F^{-1}(z)$ of a uniform $z$ has just that. We
# take two bells with a gap between them.

# %%
def two_bells(x):
    """Probability to be at most x: half of each of two normal distributions."""
    return (norm.cdf(x, -2, 0.5) + norm.cdf(x, 2, 0.5)) / 2


places = np.linspace(-6, 6, 4_001)
below_places = two_bells(places)


def inverse_of_f(z):
    """F inverse, read from a table of F."""
    return np.interp(z, below_places, places)


made = inverse_of_f(rng.uniform(size=20_000))
claims.add("inverse of F: Kolmogorov-Smirnov gap of its samples to F", gap(made, two_bells),
           at_most=1.95)

# %%
figure, panels = plots.new_figure(
    1, 2, title="To leave a gap between two bells a generator has to be steep")
inside = np.linspace(0.001, 0.999, 500)
plots.curves(panels[0], inside, {"": inverse_of_f(inside)}, xlabel="z", ylabel="x",
             title="the generator, F inverse")
panels[1].hist(made, 80, density=True, color="#cccccc")
plots.curves(panels[1], places, {"": np.gradient(below_places, places)}, xlabel="x",
             ylabel="density", title="its samples and the density asked for")
plots.show(figure, "Left: a rising curve, flat at two heights and nearly vertical in the "
                   "middle. Right: a histogram with two bells, under the curve of the density.")

# %% [markdown]
# **The reading.** So a generator exists for every density on a line, and $f' = 1/p$ tells its slope: it is steep in
# the gap, where hardly any sample may fall. A network is continuous and has a largest slope. Where the
# data come in separate pieces, it must leave a few samples on the way between them. We shall see these.
#
# In more dimensions there is no such formula, so $f$ is a network, and it has to be learned.

# %% [markdown]
# ## 3. Points in the plane
#
# **The question.** We want data on which we can check everything, so their true density must be known. We make
# them by a pushforward. Take three longish clouds around the centre, and turn every point by an
# angle that is its distance $r$ from the centre, times 0.8. Each thin ring turns as a whole, so areas change their shape and not their size, and the density
# at the new place is the density at the old one.

# %%
CLOUDS = 2 * np.pi * np.arange(3) / 3  # their directions
CENTRE, SPREAD, TWIST = [2, 0], [0.6, 0.2], 0.8


def turn(points, angles):
    """Points (n, 2) turned around the origin by angles, in radians."""
    cos, sin = np.cos(angles), np.sin(angles)
    return np.stack([cos * points[:, 0] - sin * points[:, 1],
                     sin * points[:, 0] + cos * points[:, 1]], axis=1)


def draw_real(count):
    """Points (count, 2) of the true distribution."""
    cloud = turn(CENTRE + SPREAD * rng.normal(size=(count, 2)), rng.choice(CLOUDS, count))
    return turn(cloud, TWIST * np.linalg.norm(cloud, axis=1)).astype("float32")


def true_log_density(points):
    """Log of the true density at points (n, 2), in nats."""
    straight = turn(points, -TWIST * np.linalg.norm(points, axis=1))  # turning keeps r
    logs = [norm.logpdf(turn(straight, -angle), CENTRE, SPREAD).sum(axis=1) for angle in CLOUDS]
    return np.logaddexp.reduce(logs, axis=0) - np.log(len(CLOUDS))


def describe_plane(ax, title):
    """Name a panel that shows the plane, and draw all of them to one scale."""
    plots.describe(ax, xlabel="first number", ylabel="second number", title=title)
    ax.set(xlim=(-4.5, 4.5), ylim=(-4.5, 4.5), aspect="equal", xticks=(-3, 0, 3),
           yticks=(-3, 0, 3))


train, test, more = draw_real(TRAIN), draw_real(TEST), draw_real(TEST)

# %% [markdown]
# In more dimensions the slope becomes the *determinant* of the Jacobian, the matrix of all derivatives: it says by
# how much $f$ makes a small area larger. For an invertible $f$ from $\mathbb{R}^d$ to $\mathbb{R}^d$:
#
# $$\log p_X(x) = \log p_Z(z) - \log \left| \det \frac{\partial f}{\partial z} \right|, \qquad z = f^{-1}(x)$$
#
# Most networks can't be inverted, and the determinant of a large matrix is expensive. A *coupling layer* (Dinh and others
# 2017) is built so that both are easy. It keeps a part of its input, and a small network looks at the
# part that is kept and says how to stretch and shift the other:
#
# $$x_1 = z_1, \qquad x_2 = z_2 \, e^{s(z_1)} + t(z_1), \qquad \log \left| \det \right| = s(z_1)$$
#
# To go back, subtract and divide; $s$ and $t$ themselves are never inverted and can be any network. The next layer
# keeps the other part. Many layers in a row are a *normalizing flow*; their log-determinants add up.


# %%
class Coupling(keras.layers.Layer):
    """Keeps one coordinate of points (n, 2); stretches and shifts the other."""

    def __init__(self, kept):
        super().__init__()
        self.kept = kept  # 0 or 1
        layers = [keras.layers.Dense(HIDDEN // 2, activation="tanh") for _ in range(2)]
        last = keras.layers.Dense(2, kernel_initializer="zeros")  # begins as the identity
        self.network = keras.Sequential([keras.Input((1,)), *layers, last])

    def amounts(self, points):
        """The stretch s, between -1 and 1, and the shift t, (n,) each."""
        s, t = ops.unstack(self.network(points[:, self.kept, None]), axis=1)
        return ops.tanh(s), t

    def replace(self, points, moved):
        pair = [points[:, 0], moved] if self.kept == 0 else [moved, points[:, 1]]
        return ops.stack(pair, axis=1)

    def call(self, z):
        s, t = self.amounts(z)
        return self.replace(z, z[:, 1 - self.kept] * ops.exp(s) + t)

    def inverse(self, x):
        """z and the log-determinant, (n,), of the way from z to x."""
        s, t = self.amounts(x)  # the kept coordinate is the same in x and z
        return self.replace(x, (x[:, 1 - self.kept] - t) * ops.exp(-s)), s


# %%
couplings = [Coupling(kept=number % 2) for number in range(COUPLINGS)]
flow = keras.Sequential([keras.Input((2,)), *couplings])  # from z to x


def to_latent(x):
    """Points x (n, 2) as z (n, 2), and the log-determinant of the flow there, (n,)."""
    total = 0
    for layer in reversed(couplings):
        x, log_determinant = layer.inverse(x)
        total = total + log_determinant
    return x, total


def log_density(x):
    """Log of the flow's density at points (n, 2), in nats."""
    z, log_determinant = to_latent(x)
    return -ops.sum(z**2, axis=1) / 2 - np.log(2 * np.pi) - log_determinant


# %% [markdown]
# **The experiment.** An explicit density can be learned in the most direct way: make the training points as likely
# as possible, *maximum likelihood*. The loss is the mean of $-\log p_X(x)$ over a batch of points.


# %%
def train_network(network, loss, learning_rate):
    """Lower loss(batch, seed) of random training points, every step in one compiled call."""
    weights, points = network.trainable_variables, tf.constant(train)
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, STEPS)
    optimizer = keras.optimizers.Adam(schedule)
    optimizer.build(weights)

    @tf.function(jit_compile=True)
    def all_steps():
        for step in tf.range(STEPS):
            seed = tf.stack([settings.seed, step])
            chosen = tf.random.stateless_uniform((BATCH,), seed, maxval=TRAIN, dtype=tf.int32)
            with tf.GradientTape() as tape:
                value = loss(tf.gather(points, chosen), seed)
            optimizer.apply(tape.gradient(value, weights), weights)

    all_steps()


train_network(flow, lambda points, seed: -ops.mean(log_density(points)), learning_rate=0.005)

# %% tags=["cover"]
latent = rng.normal(size=(TEST, 2)).astype("float32")
stages = [latent]
for layer in couplings:
    stages.append(np.asarray(layer(stages[-1])))
shown = np.linspace(0, COUPLINGS, 5).astype(int)
figure, panels = plots.new_figure(
    1, 5, height=2.1, sharey=True,
    title="Layer by layer, the network bends a round cloud into three arms")
for ax, number in zip(panels, shown):
    ax.scatter(*stages[number].T, s=1, c=np.arctan2(*latent.T), cmap="twilight_shifted")
    describe_plane(ax, f"layer {number}" if number else "z")
plots.show(figure, "Five panels of the same coloured points. In the first they form a round "
                   "cloud, the colours ordered by angle. From panel to panel the cloud is "
                   "stretched and sheared, until in the last one the points form three curved "
                   "arms around an almost empty middle.")

# %% [markdown]
# **The reading.** Points that were neighbours stay neighbours: nothing is torn or folded. Follow a colour to see which
# part of the cloud becomes which arm. But does the formula hold? Three checks: derivatives
# found by automatic differentiation instead of from the couplings; the way back; and the integral, a sum over a fine grid.

# %%
z = tf.constant(latent[:500])
with tf.GradientTape() as tape:
    tape.watch(z)
    x = flow(z)
jacobians = tape.batch_jacobian(x, z).numpy().astype("float64")  # (n, 2, 2)
back, log_determinant = to_latent(x)
difference = np.linalg.slogdet(jacobians)[1] - log_determinant
claims.add("flow: largest difference of its log-determinant from automatic differentiation",
           np.abs(difference).max(), at_most=1e-2)
claims.add("flow: largest distance of z from where the way there and back ends",
           np.abs(back - z).max(), at_most=1e-3)

side = np.linspace(-7, 7, 601, dtype="float32")
grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
grid_density = np.exp(log_density(grid)).reshape(601, 601)
claims.add("flow: integral of its density", grid_density.sum(dtype="float64") * (14 / 600) ** 2,
           at_least=0.98, at_most=1.01)

# %% [markdown]
# ## 4. How good is an explicit model?
#
# **The question.** How likely does it find points that it has not seen? The mean of $\log p(x)$ over held-out
# points is a fair judge: in expectation no density gets more than the true one, whose score is minus its *entropy*. We
# add three simple explicit models: one Gaussian, a mixture of 20, and *kernel density estimation*, which puts
# a small bell on every training point. A fifth of the training points chooses the width of these bells.

# %%
def kernel_log_density(points, known, width):
    """Log density at points of equal round bells on the known points, in nats."""
    logs = -cdist(points, known, "sqeuclidean") / (2 * width**2)
    return np.logaddexp.reduce(logs, axis=1) - np.log(len(known) * 2 * np.pi * width**2)


held, known = np.split(train[:4_000], [800])
width = max([0.04, 0.06, 0.08, 0.1, 0.15],
            key=lambda width: kernel_log_density(held, known, width).mean())
one = GaussianMixture(1).fit(train)
twenty = GaussianMixture(20, random_state=settings.seed).fit(train)
scores = {
    "one Gaussian": one.score_samples,
    "20 Gaussians": twenty.score_samples,
    "kernels": lambda points: kernel_log_density(points, train[:4_000], width),
    "flow": lambda points: np.asarray(log_density(points)),
    "the truth": true_log_density,
}
nats = {name: score(test).mean() for name, score in scores.items()}
show_numbers({name: [value, nats["the truth"] - value] for name, value in nats.items()},
             ["mean log density, nats per held-out point", "nats below the truth"],
             first="model")
claims.add("flow: mean log density of held-out points, below the truth", unit="nats",
           value=nats["the truth"] - nats["flow"], at_least=0, at_most=0.35)
claims.add("flow: mean log density of held-out points, above one Gaussian", unit="nats",
           value=nats["flow"] - nats["one Gaussian"], at_least=1.3)

# %%
coarse = np.linspace(-4.5, 4.5, 121, dtype="float32")
plane = np.stack(np.meshgrid(coarse, coarse), axis=-1).reshape(-1, 2)
figure, panels = plots.new_figure(
    1, 5, height=2.1, sharey=True, title="An explicit model has a map of what it finds likely")
for ax, (name, score) in zip(panels, scores.items()):
    ax.imshow(score(plane).reshape(121, 121), extent=(-4.5, 4.5, -4.5, 4.5), origin="lower",
              cmap="cividis", vmin=-10, vmax=0)
    ax.grid(False)
    describe_plane(ax, name)
plots.show(figure, "Five maps of the log density. One Gaussian: a round bright spot. Twenty "
                   "Gaussians, kernels and flow: three curved arms, in the flow with thin "
                   "bridges between them. The truth: three smooth arms.")

# %% [markdown]
# **The reading.** The flow is far better than one Gaussian, from which it began. The thin bridges between
# the arms are those of section 2: it bends one cloud and can't tear it. Here, mixture and kernels need no
# training by gradients and are hard to beat: two dimensions and thousands of points are their
# home. Bells on points do not scale, though: to halve their width in $d$ dimensions takes about $2^d$ times as many points.
# An image has hundreds of dimensions.

# %% [markdown]
# ## 5. Any network will do, if nobody asks for a density
#
# **The question.** Now $f: \mathbb{R}^k \to \mathbb{R}^d$ is any network: layers of any width, no inverse, and $k$ may
# be smaller than $d$. Sampling is one pass. But there is no formula for $p_X(x)$, so no likelihood to raise.
# Such a model is *implicit*: it can be drawn from, and that is all. What can be its loss?
#
# Whatever can be computed from *samples*. We compare a batch of real points with a batch of made ones. With a kernel
# $k(x, y)$ that is large for neighbours, the *maximum mean discrepancy* (Gretton and others 2012) asks whether
# points have as many neighbours of the other kind as of their own. For kernels such as ours it is 0 if, and only if, the distributions are equal:
#
# $$\text{MMD}^2 = \mathbb{E}\, k(x, x') + \mathbb{E}\, k(y, y') - 2\, \mathbb{E}\, k(x, y), \qquad
# k(x, y) = \sum_h \frac{1}{1 + \lVert x - y \rVert^2 / h^2}$$
#
# with $x$ real and $y = f(z)$ made; several widths $h$ see coarse and fine differences. Every term with $y$ has a gradient
# with respect to the network. Two networks: $k = 2$, and $k = 1$.


# %%
def likeness(first, second):
    """The kernel of each pair of points: (n, 2), (m, 2) -> (n, m)."""
    squares = ops.sum(ops.square(first[:, None] - second), axis=-1)
    return sum(1 / (1 + squares / width**2) for width in (0.1, 0.3, 1, 3))


def mmd_loss(network, points, seed):
    """The two terms of MMD^2 that depend on the network."""
    made = network(tf.random.stateless_normal((BATCH, network.input_shape[1]), seed))
    pairs = BATCH * (BATCH - 1)  # without those of a point and itself, whose kernel is constant
    return ops.sum(likeness(made, made)) / pairs - 2 * ops.mean(likeness(points, made))


generators, samples = {}, {"real": test, "flow": stages[-1]}
for k in (2, 1):
    layers = [keras.layers.Dense(HIDDEN, activation="relu") for _ in range(3)]
    network = keras.Sequential([keras.Input((k,)), *layers, keras.layers.Dense(2)])
    train_network(network, partial(mmd_loss, network), learning_rate=0.002)
    generators[k] = network
    samples[f"generator, k = {k}"] = np.asarray(network(latent[:, :k]))

# %%
figure, panels = plots.new_figure(
    1, 4, height=2.5, sharey=True,
    title="From one number, a generator can draw a curve and nothing else")
for ax, (name, points) in zip(panels, samples.items()):
    ax.scatter(*points.T, s=1, color=plots.PALETTE[0])
    describe_plane(ax, name)
plots.show(figure, "Four panels of points. Real: three curved arms. Flow: the same arms with "
                   "thin bridges. Generator from two numbers: the arms with points strewn "
                   "between them. Generator from one number: a single thin line "
                   "that runs along one arm after the other.")

# %% [markdown]
# **The experiment.** A measure for all models must need samples only, and should not be one that a model was trained
# on. The *energy distance*, $2\,\mathbb{E}\lVert x - y \rVert - \mathbb{E}\lVert x - x' \rVert -
# \mathbb{E}\lVert y - y' \rVert$, is 0 for equal distributions too; other real points show how small it gets by chance.
# And because we know the truth, we can count *strays*: points where the true density is lower
# than at all but a thousandth of real points.

# %%
def energy_distance(first, second):
    """Unbiased estimate from points (n, 2) and (m, 2); a little below 0 by chance."""
    within = sum(cdist(points, points).sum() / (len(points) * (len(points) - 1))
                 for points in (first, second))
    return 2 * cdist(first, second).mean() - within


limit = np.quantile(true_log_density(draw_real(100_000)), 0.001)
compared = {"other real points": more} | samples | {"one Gaussian": one.sample(TEST)[0]}
del compared["real"]
energy = {name: energy_distance(test, points) for name, points in compared.items()}
strays = {name: np.mean(true_log_density(points) < limit) for name, points in compared.items()}
show_numbers({name: [energy[name], strays[name]] for name in compared},
             ["energy distance", "share of strays"], first="samples")
worst = energy["one Gaussian"]
claims.add("flow: energy distance over that of one Gaussian", energy["flow"] / worst,
           at_most=0.4)
claims.add("generator, k = 2: energy distance over that of one Gaussian",
           energy["generator, k = 2"] / worst, at_most=0.25)
claims.add("generator, k = 1: energy distance over that of one Gaussian",
           energy["generator, k = 1"] / worst, at_most=0.3)

# %% [markdown]
# **The reading.** Judged by samples, all three networks are far nearer to the data than a Gaussian is, even the one
# that draws a line. All leave strays between the arms, because a continuous network can't jump. And two measures need not
# agree: the energy distance looks at distances between whole clouds, so it notices when an arm gets too many points, and
# hardly notices whether an arm is thick or a line. The likelihood looks at each real point: it punishes a place where real
# points come and the model expects none, and says little about strays, where no real point comes (Theis and others 2016).
#
# ## 6. No density, in two senses
#
# **The question.** Does the generator's density exist, and we just can't compute it, or is there none? Lay
# a grid of squares over the plane, and count those that hold a sample. When the side of the squares is halved, a
# surface fills 4 times as many squares, $2^2$; a line only 2 times, $2^1$. The exponent is the dimension of the
# samples.

# %%
SIDES = np.array([0.4, 0.2, 0.1, 0.05])
many = rng.normal(size=(400_000, 2)).astype("float32")
filled = {}
for k, network in generators.items():
    made = network.predict(many[:, :k], batch_size=20_000, verbose=0)
    filled[k] = [len(np.unique(np.floor(made / side), axis=0)) for side in SIDES]
slopes = {k: np.polyfit(np.log(SIDES), np.log(counts), 1)[0] for k, counts in filled.items()}
claims.add("generator, k = 1: dimension of its samples", -slopes[1], at_least=0.85, at_most=1.2)
claims.add("generator, k = 2: dimension of its samples", -slopes[2], at_least=1.5, at_most=2.05)

z = tf.constant(latent)
with tf.GradientTape() as tape:
    tape.watch(z)
    x = generators[2](z)
determinants = np.linalg.det(tape.batch_jacobian(x, z).numpy())
show_numbers({"positive": [np.mean(determinants > 0)], "negative": [np.mean(determinants < 0)]},
             ["share of z"], first="generator, k = 2: determinant")

# %%
figure, ax = plots.new_figure(
    title="One number fills a line, two numbers fill a surface", height=3)
plots.curves(ax, SIDES, {f"k = {k}": counts for k, counts in filled.items()}, points=True,
             log="xy", xlabel="side of the squares", ylabel="squares with a sample")
ax.set_xticks(SIDES, SIDES)
ax.minorticks_off()
plots.show(figure, "Squares that hold a sample against their side, both axes logarithmic. "
                   "Both counts grow as the squares shrink, for two numbers about twice as "
                   "steeply as for one.")

# %% [markdown]
# **The reading.** For $k = 1$ there is no density in the plane: all samples lie on a line, whose area is zero.
# Every real point beside it has likelihood 0, so its mean log density is minus infinity, though its samples
# don't look that bad. The usual choice $k \ll d$ makes this the normal case for images.
#
# For $k = 2$ a density exists wherever the determinant isn't 0 (relus can flatten a region), but the network is not one to one. Where its determinant has both signs, it has *folded* the plane
# as one folds paper: there, several $z$ lead to the same $x$, and the density is a sum over all of them,
# which nobody knows how to find in a large network.
#
# ## 7. What a density is good for
#
# **The question.** Which of these points is strange? An explicit model gives each point a score. As outliers we take
# points from all over the square, and ask how often a real point scores higher than an
# outlier (the *AUROC*: 0.5 is guessing). Against such outliers no score is better than the true density. An implicit model
# has no score of its own. We can lend it one, by kernels on its samples, but that is another model.

# %%
outliers = rng.uniform(-4, 4, size=(TEST, 2)).astype("float32")
both, is_real = np.concatenate([test, outliers]), np.repeat([1, 0], TEST)
lent = samples["generator, k = 2"]
scores["kernels on samples of the generator, k = 2"] = (
    lambda points: kernel_log_density(points, lent, width))
auroc = {name: roc_auc_score(is_real, score(both)) for name, score in scores.items()}
show_numbers({name: [value] for name, value in auroc.items()}, ["AUROC"], first="score")
claims.add("outliers: AUROC of the true density minus AUROC of the flow",
           auroc["the truth"] - auroc["flow"], at_least=-0.002, at_most=0.02)
claims.add("outliers: AUROC of the flow minus AUROC of one Gaussian",
           auroc["flow"] - auroc["one Gaussian"], at_least=0.05)

# %% [markdown]
# **The reading.** The flow is close to the best possible score. It paid for it: each of its layers has as many
# outputs as inputs and an inverse. The generator was free to be anything, and for images that freedom has been worth
# much.
#
# ## 8. The taxonomy
#
# All models of this field answer one question first: *is there a density?* The order is Goodfellow's (2016, figure 9);
# the examples are the lectures'.
#
# | family | example | density $p(x)$ | sampling | has an encoder | here |
# |---|---|---|---|---|---|
# | explicit, exact | fully visible belief networks, PixelRNN (autoregressive) | product of conditional ones | one number after the other | no | |
# | explicit, exact | flows (reversible architectures) | by the determinant | one pass | its own inverse | sections 3 and 4 |
# | explicit, exact | Gaussian mixture, kernels | a sum | pick a bell | no | section 4 |
# | explicit, bounded | variational autoencoder | a lower bound | one pass | yes | lectures 32 and 33, lab 3 |
# | explicit, up to a constant | Boltzmann machine | its integral is unknown | a Markov chain | depends | |
# | implicit | generative stochastic network | none | a Markov chain | depends | |
# | implicit | moment matching network | none | one pass | no | section 5 |
# | implicit | generative adversarial network (GAN) | none | one pass | no | lecture 41, lab 4 |
# | neither | autoencoder | none | no law for its codes | yes | lecture 13 |
#
# A *Markov chain* makes a sample in many small random steps, each from the one before.
#
# **An erratum.** The closing table of one of the lectures has three columns, *trains an encoder*, *explicit probabilistic
# model* and *able to sample easily*, and marks the GAN *explicit: yes*. It is the standard example of an implicit
# one, and two other lectures say so. The right rows are: autoencoder yes, no, no (its codes follow no law that one
# could draw from; lecture 13 counted the holes); variational autoencoder yes, yes, yes; GAN no, **no**, yes.
#
# GANs replace the kernel of section 5 by a second network, which learns where real and made points differ. In two dimensions
# a fixed kernel is enough; between images, distances of pixels say little, and it has to be learned.

# %% [markdown]
# ## 9. Claims

# %%
claims.table()

# %% [markdown]
# ### Change this and look
# In `Coupling.inverse`, return `-s` in place of `s`, the second mistake of section 1. Training goes on without complaint,
# and the flow's mean log density rises high above the truth's. How can that be, which claims fail, and which of the flow's
# claims can't notice?
#
# <details><summary>Answer</summary>What it computes is no density any more: its integral is far from 1, and nothing keeps it from growing. The claims on the determinant, the integral, the truth as a bound, the samples and the outliers fail. The way there and back is as good as before, and "above one Gaussian" holds better than ever: a score that is too good is a reason to check the integral.</details>
#
# ### To think about
# 1. Let $z$ be uniform on $[-1, 1]$ and again $x = z^2$. Now $f$ isn't one to one. Which density does $x$ have?
#
# <details><summary>Answer</summary>Two values of z lead to each x, the root of x and minus the root. Each has density 1/2, and f' is 2 sqrt(x) in size: 1/2 + 1/2 over 2 sqrt(x), which is 1/(2 sqrt x) again. A fold adds densities.</details>
#
# 2. A flow needs $k = d$. Where does an image of 64 x 64 x 3 pixels leave it, if images really lie on a thin sheet?
#
# <details><summary>Answer</summary>Its z has 12,288 numbers, and its density has to become higher and higher on the sheet and lower beside it. Like the arms' bridges, it can approach this and never reach it. In practice one adds a little noise to the images, which gives the sheet a thickness.</details>
#
# 3. A model memorizes all training points and draws one of them at random. What do the energy distance to held-out points
#    and the likelihood of held-out points say about it?
#
# <details><summary>Answer</summary>Its samples are real points, so the energy distance is that of other real points, the best there is. Its likelihood of anything held out is zero. Measures of samples alone do not see memorization.</details>
#
# ### Sources
# - I. Goodfellow, *NIPS 2016 tutorial: generative adversarial networks*, arXiv:1701.00160: the taxonomy (figure 9).
# - L. Dinh, J. Sohl-Dickstein, S. Bengio, *Density estimation using Real NVP*, ICLR 2017: coupling layers (section 3).
# - A. Gretton and others, *A kernel two-sample test*, JMLR 13, 2012; Y. Li, K. Swersky, R. Zemel, *Generative moment matching
#   networks*, ICML 2015, and G. Dziugaite, D. Roy, Z. Ghahramani, UAI 2015: generators trained by it.
# - G. Székely, M. Rizzo, *Energy statistics*, Journal of Statistical Planning and Inference 143, 2013.
# - L. Theis, A. van den Oord, M. Bethge, *A note on the evaluation of generative models*, ICLR 2016, arXiv:1511.01844.
# - S. Mohamed, B. Lakshminarayanan, *Learning in implicit generative models*, 2016, arXiv:1610.03483.
#
# **Next:** [lecture 32](32_evidence_lower_bound.ipynb) gives a decoder a density after all, by a bound.
