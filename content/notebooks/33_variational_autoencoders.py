# ---
# jupyter:
#   course:
#     time_limit_s: 240
#     memory_limit_gb: 4
# ---

# %% [markdown]
# # 33: Variational autoencoders
#
# Lecture 32 found a bound that can be computed where the likelihood cannot, the ELBO, and left two things open: where
# the $q$ of an image comes from, and how to take the gradient of an expectation by the parameters of the distribution that it is
# taken over. The variational autoencoder answers both, so it climbs the bound with two networks at once. Each of its
# tricks is taken alone here, in a model whose exact answers are known; then each is taken away.
#
# **You will** set an encoder against one $q$ for each image, compare estimators of a gradient by their variance,
# train one model four times, with all tricks and without each of them, measure what hidden layers gain, and predict which
# latents fall silent.
#
# | | |
# |---|---|
# | Time | about 40 minutes to read; runs in half a minute on two cores |
# | Needs | no network, no GPU, 1.5 GB of memory |
# | Before | [32: The evidence lower bound](32_evidence_lower_bound.ipynb), [13: Autoencoders](13_autoencoders.ipynb) |
# | After | [Lab 3: A variational autoencoder with a custom loss](../labs/lab3_vae.ipynb) |
#
# At the end you will have made this figure:
#
# ![Log-likelihood against training steps for one model trained in four ways, with a dotted line at the exact maximum. With all three tricks the curve reaches the line. Without one of them it arrives later, or stays below.](../docs/figures/33_variational_autoencoders.png)

# %%
from utils import runtime

# float32: networks this small gain nothing from lower precision; the exact parts use float64.
settings = runtime.start(seed=0, precision="float32")

# %%
import keras
import numpy as np
import tensorflow as tf
from scipy.special import logsumexp

from utils import metrics, plots
from utils.claims import Claims, show_numbers
from utils.data import load_arrays
from utils.linear_gaussian import LinearGaussian, kl_gaussians, kl_to_prior, log_likelihood

claims = Claims("33_variational_autoencoders")
rng = np.random.default_rng(settings.seed)

# %% [markdown]
# ### Settings

# %%
# quick: 1,797 digits of 8 x 8 pixels; full: MNIST, 28 x 28.
DATA = settings.choose(quick="digits", full="mnist")
TEST = settings.choose(quick=360, full=2_000)  # images
LATENTS = 10  # as in lectures 12 and 32
COUNTS = [1, 2, 5, 10, 20]  # numbers of latents where they are what we vary
ENCODER_STEPS = 600  # section 2
GRADIENTS = settings.choose(quick=100_000, full=500_000)  # one-draw estimates, section 3
STEPS = settings.choose(quick=3_000, full=6_000)
BATCH = 128
LEARNING_RATE = settings.choose(quick=0.02, full=0.005)  # linear model; falls along a cosine
NOISY_RATE = settings.choose(quick=0.01, full=0.0005)  # without the third trick: else it flies off
DEEP_STEPS, DEEP_RATE = settings.choose(quick=(3_000, 0.002), full=(6_000, 0.001))
OWN_STEPS = settings.choose(quick=800, full=1_500)  # for the q of each image, section 5
HIDDEN = settings.choose(quick=[256], full=[512])  # encoder; the decoder mirrors it
KEPT = settings.choose(quick=[3, 4], full=[1, 6])  # section 6: latents worth their price

# %%
train, test = load_arrays(DATA, "train")["image"], load_arrays(DATA, "test", count=TEST)["image"]
side = train.shape[1]
train, test = train.reshape(len(train), -1), test.reshape(len(test), -1)  # (n, pixels)
pixels = train.shape[1]
print("Training images:", len(train), "- test images:", len(test), "- pixels:", pixels)

# %% [markdown]
# ## 1. The first trick: climb a bound
#
# For any density $q(z \mid x)$ over the latents of an image
#
# $$\ln p_\theta(x) = \underbrace{\mathbb{E}_{q(z \mid x)}\big[\ln p_\theta(x \mid z)\big] - \mathrm{KL}\big(q(z \mid x) \,\|\, p(z)\big)}_{\text{ELBO}, \; \mathcal{L}(\theta, q)} \;+\; \underbrace{\mathrm{KL}\big(q(z \mid x) \,\|\, p_\theta(z \mid x)\big)}_{\text{gap} \;\ge\; 0}.$$
#
# Climbing the ELBO instead of the likelihood is the first trick, and lecture 32 was about it. The exact numbers come from the
# model of that lecture: a linear decoder $g(z) = Wz + b$ with noise of standard deviation $s$ (probabilistic PCA), whose
# likelihood, posterior and best weights have closed forms.

# %%
models = {k: LinearGaussian(train, k) for k in COUNTS}
model = models[LATENTS]
truth = model.log_likelihood(test)  # exact ln p(x) of each test image
posterior_mean, posterior_covariance = model.posterior(test)
show_numbers({k: [m.log_likelihood(test).mean()] for k, m in models.items()},
             ["nats per test image"], first="latents")

# %% [markdown]
# ## 2. The second trick: one network instead of one $q$ for each image
#
# **The question.** Every image needs a $q$ of its own, that is, a mean and a spread for each latent. They could be
# found by climbing $\mathcal{L}$ for each image anew. Or one network, the *encoder* $q_\phi(z \mid x)$ with weights
# $\phi$, learns to give them at sight. What does each way cost, and what does the shortcut lose?
#
# **The experiment.** The decoder is fixed (10 latents) and the gradient of $\mathcal{L}$ exact. The spreads are the
# same for every image here and get their best value at once, so only the means are sought. Both ways climb from the
# prior's mean, 0: for each test image its own means, or the weights of a linear layer on random training images. We
# count gradients, each of one image's ELBO, and measure the gap to $\ln p(x)$ on the test images.

# %%
precisions = np.diag(np.linalg.inv(posterior_covariance))  # (latents,)


def pull(images, mean):
    """Gradient of each image's ELBO by the mean of its q, (n, latents)."""
    return (images - model.b - mean @ model.W.T) @ model.W / model.s**2 - mean


def gap_of(mean):
    """Mean over test images of ln p(x) - ELBO, in nats."""
    return kl_gaussians(mean, posterior_covariance, posterior_mean, posterior_covariance).mean()


own_mean, own_gaps = np.zeros_like(posterior_mean), []
for _ in range(60):
    own_gaps.append(gap_of(own_mean))
    own_mean += pull(test, own_mean) / precisions.max()  # the longest step that is safe for all

# %%
weights, encoder_gaps, centred_test = np.zeros((pixels, LATENTS)), [], test - model.b
safe = precisions.max() * np.square(train - model.b).sum(axis=1).mean() / 4
for _ in range(ENCODER_STEPS):
    encoder_gaps.append(gap_of(centred_test @ weights))
    batch = train[rng.choice(len(train), BATCH)]
    inputs = batch - model.b
    weights += inputs.T @ pull(batch, inputs @ weights) / BATCH / safe  # by the chain rule

# %%
own_steps = np.argmax(np.array(own_gaps) < 0.01)  # the first step with less than 0.01 nats
encoder_steps = np.argmax(np.array(encoder_gaps) < 0.01)
figure, ax = plots.new_figure(
    title="An encoder is paid for once; a q for each image, every time", height=3)
ax.plot(np.arange(1, ENCODER_STEPS) * BATCH, encoder_gaps[1:], label="encoder, for any number")
for count in (100, 10_000):
    ax.plot(np.arange(1, 60) * count, own_gaps[1:], label=f"a q for each of {count:,} images")
ax.axhline(0.01, color="black", linewidth=1, linestyle=":")
ax.set(xscale="log", yscale="log", ylim=(1e-4, 200))
plots.describe(ax, xlabel="gradients of one image's ELBO, in total",
               ylabel="gap on new images, nats")
plots.show(figure, "Gap in nats against the number of gradients, both logarithmic. Two equal "
                   "curves for a q for each image, that of ten thousand images further right "
                   "than that of a hundred. The encoder's curve falls between them.")
show_numbers({"a q for each image": (own_steps, 0), "encoder": (0, encoder_steps * BATCH)},
             ["gradients for each new image", "gradients before the first"],
             first="to come within 0.01 nats")
claims.add("new images from which on the encoder is cheaper (both to 0.01 nats)",
           encoder_steps * BATCH / own_steps, at_least=500, at_most=2_500)
claims.add("encoder: gap on test images after its training", encoder_gaps[-1], at_most=0.005,
           unit="nats")

# %% [markdown]
# **The reading.** New images cost the encoder no gradient at all, one pass through a layer each. During training of
# a decoder the difference is larger still: the decoder moves with every step, so each $q$ has to be found again and
# again, while the encoder only follows.
#
# It loses nothing here because the exact posterior's mean is linear in $x$, and so is the layer. What if the
# encoder is too weak? Here are the best linear encoders that see no pixel (one $q$ for all images), the left half,
# or everything.

# %%
def best_encoder_gap(seen):
    """Test gap of the best linear encoder that sees these pixels, in nats."""
    inputs, unseen = train[:, seen] - model.b[seen], test[:, seen] - model.b[seen]
    best = np.linalg.lstsq(inputs, model.posterior(train)[0], rcond=None)[0]
    return gap_of(unseen @ best)


column = np.arange(pixels) % side
sights = {"no pixel": column < 0, "left half": column < side // 2, "all pixels": column >= 0}
gaps = {name: best_encoder_gap(seen) for name, seen in sights.items()}
show_numbers({name: (gap, truth.mean() - gap) for name, gap in gaps.items()},
             ["gap, nats", "ELBO, nats per test image"], first="encoder sees")
claims.add("encoder of the left half: gap over that of one q for all images",
           gaps["left half"] / gaps["no pixel"], at_least=0.1, at_most=0.45)

# %% [markdown]
# The bound stays a bound for each of them, it only gets worse. What an encoder loses against the best $q$ of its
# family is called the *amortization gap*. Section 5 measures it where nothing is known exactly.
#
# Image to encoder to code to decoder to image: nobody planned it, but this looks like an autoencoder. That is where
# the name comes from.

# %% [markdown]
# ## 3. The third trick: a gradient through a random draw
#
# **The question.** With a neural decoder $\mathbb{E}_{q}[\ln p_\theta(x \mid z)]$ can only be estimated, from draws
# of $z$. For the decoder's weights that is easy: the gradient may go inside the expectation. For $\phi$ it may not,
# because $\phi$ decides where the draws fall:
#
# $$\nabla_\phi\, \mathbb{E}_{z \sim q_\phi}[f(z)] = \nabla_\phi \int f(z)\, q_\phi(z)\, dz$$
#
# | | estimate from one draw | idea |
# |---|---|---|
# | draws held fixed | $-\nabla_\phi \ln q_\phi(z)$, the draw $z$ a constant | ignore the problem: of $\ln p(x, z) - \ln q_\phi(z)$ only this depends on $\phi$ |
# | score function | $f(z)\, \nabla_\phi \ln q_\phi(z)$ | $\nabla q = q \nabla \ln q$; make draws with high $f$ likelier |
# | with a baseline | $(f(z) - c)\, \nabla_\phi \ln q_\phi(z)$ | the same mean for any constant $c$, as $\mathbb{E}[\nabla \ln q] = 0$ |
# | reparameterization | $\nabla_\phi f(\mu + \sigma \epsilon)$, $\epsilon \sim \mathcal{N}(0, I)$ | the randomness has no $\phi$ in it; move the draw itself |
#
# **The experiment.** $f(z) = \ln p(x \mid z)$ of the linear model, one test image, and the gradient by the 10 means
# and 10 spreads of $q$. It is known exactly. We take $q = \mathcal{N}(0, I)$, about where encoders begin, and draw
# many times.


# %%
def slope_of(model, image, z):
    """Gradient of ln p(x | z) by z."""
    return ((image - model.b) @ model.W - z @ (model.W.T @ model.W)) / model.s**2


def estimates(model, image, mean, spread, count):
    """One-draw estimates of the gradient of E_q[ln p(x | z)] by (mean, spread): (count, 2k)."""
    noise = rng.normal(size=(count, len(mean)))
    z = mean + spread * noise
    f = model.given(image, z)  # (count, 1)
    slope = slope_of(model, image, z)
    score = np.concatenate([noise, noise**2 - 1], axis=1) / np.tile(spread, 2)  # of ln q
    return {
        "draws held fixed": -score,  # what is left of ln p(x, z) - ln q(z) when z is a number
        "score function": f * score,
        "score function, baseline": (f - f.mean()) * score,
        "reparameterization": np.concatenate([slope, slope * noise], axis=1),
    }


def exact_gradient(model, image, mean, spread):
    slope = slope_of(model, image, mean)
    return np.concatenate([slope.ravel(), -spread * np.sum(model.W**2, axis=0) / model.s**2])


# %%
begin = np.zeros(LATENTS), np.ones(LATENTS)
true_gradient = exact_gradient(model, test[:1], *begin)
found = estimates(model, test[:1], *begin, GRADIENTS)
errors = {name: each.std(axis=0) / np.sqrt(GRADIENTS) for name, each in found.items()}
worst = {name: np.abs((each.mean(axis=0) - true_gradient) / errors[name]).max()
         for name, each in found.items()}
chosen = np.argmax(np.abs(true_gradient[:LATENTS]))
rows = {name: (each[:, chosen].mean(), each[:, chosen].std()) for name, each in found.items()}
show_numbers({"exact": (true_gradient[chosen], 0)} | rows,
             ["mean", "standard deviation of one estimate"], first="gradient by one of the means")
claims.add("draws held fixed: largest distance of the mean from the exact gradient",
           worst.pop("draws held fixed"), at_least=100, unit="standard errors")
for name, value in worst.items():
    claims.add(f"{name}: largest distance of the mean from the exact gradient",
               value, at_most=5, unit="standard errors")

# %% [markdown]
# Held fixed, the draws tell nothing: once $z$ is a number, $\phi$ is left in $-\ln q_\phi(z)$ only, whose gradient
# is 0 on average, whatever the image (here at the prior the KL's own gradient is 0, so all rows should show one
# number). An encoder trained so would never look at its images. The other three agree with the exact gradient, and
# their spreads are worlds apart.

# %%
figure, panels = plots.new_figure(
    1, 3, height=3, sharey=True, title="The same mean, three very different noises")
for ax, (name, each) in zip(panels, list(found.items())[1:]):
    values = each[:2000, chosen]
    ax.scatter(np.linspace(0, 1, 2000), values, s=3, color=plots.PALETTE[5])
    ax.axhline(true_gradient[chosen], color=plots.PALETTE[1], label="exact")
    ax.set_yscale("symlog", linthresh=100)
    ax.set_xticks([])
    plots.describe(ax, xlabel="2,000 estimates side by side", title=name,
                   ylabel="gradient by one mean" if ax is panels[0] else " ")
plots.show(figure, "Three clouds of two thousand estimates each, with a line at the exact "
                   "gradient. The score function's cloud is by far the widest, the one with a "
                   "baseline less so, and reparameterization's lies near the line.")

# %% [markdown]
# **How much, and when?** The ratio of the variances, summed over all components, for models with 1 to 20 latents:
# at the prior, about where training begins, and at the posterior, where it ends. Mean over ten test images.


# %%
def variance_ratios(model, mean, spread, images):
    """Variance of both score-function estimates over reparameterization's, mean over images."""
    ratios = []
    for row, image in enumerate(images):
        each = estimates(model, image[None], mean[row], spread, GRADIENTS // 10)
        total = {name: values.var(axis=0).sum() for name, values in each.items()}
        noisy = total["score function"], total["score function, baseline"]
        ratios.append(np.array(noisy) / total["reparameterization"])
    return np.mean(ratios, axis=0)


ratios = {}
for k, m in models.items():
    mean, covariance = m.posterior(test[:10])
    ratios[k] = [*variance_ratios(m, 0 * mean, np.ones(k), test[:10]),
                 *variance_ratios(m, mean, np.sqrt(np.diag(covariance)), test[:10])]
table = np.array(list(ratios.values()))

# %%
figure, ax = plots.new_figure(
    height=3, title="The score function's variance is larger, and grows with the latents")
names = ["at the prior", "at the prior, baseline", "at the posterior", "at the posterior, baseline"]
plots.curves(ax, COUNTS, dict(zip(names, table.T)), points=True, log="xy", xlabel="latents",
             ylabel="ratio of the variances")
ax.set_xticks(COUNTS, COUNTS)
ax.minorticks_off()
plots.show(figure, "Variance ratio against the number of latents, both logarithmic: four "
                   "rising curves, all above one. Without a baseline they lie higher than with "
                   "it.")
show_numbers(ratios, names, first="latents")
text = "variance of the score function with baseline over reparameterization's, 20 latents"
claims.add(f"{text}, at the prior", ratios[20][1], at_least=20)
claims.add(f"{text}, at the posterior", ratios[20][3], at_least=11)
claims.add("the same ratio at the posterior: 20 latents over 1",
           ratios[20][3] / ratios[1][3], at_least=1.8)

# %% [markdown]
# **The reading.** The score function knows of each draw only one number, how good it was. With $k$ latents it has
# to find out which of them was to blame, and that gets harder with every latent. Reparameterization asks the
# decoder for the slope at the draw, and so it needs an $f$ that can be differentiated and draws that can be written
# as a smooth function of noise. Where $z$ is discrete, neither is there, and the score function is what one has to
# work with.
#
# **Draw the KL or compute it?** The second term of the bound, $\mathrm{KL}(q \| p(z))$, has a closed form for
# Gaussians, so only the first has to be drawn. Does that pay? We compare, at the prior, half-way and at the
# posterior.


# %%
def both_ways(mean, spread):
    """Spreads of one-draw ELBOs, KL computed and drawn; ratio of their gradients' variances."""
    noise = rng.normal(size=(GRADIENTS // 10, LATENTS))
    z = mean + spread * noise
    f = model.given(test[:1], z)[:, 0]
    drawn = f + np.sum(noise**2 - z**2, axis=1) / 2  # but for a constant
    slope = slope_of(model, test[:1], z)
    variances = [np.concatenate([each, each * noise], axis=1).var(axis=0).sum()
                 for each in (slope, slope - z)]  # the rest of the KL's gradient is no noise
    return f.std(), drawn.std(), variances[1] / variances[0]


end = posterior_mean[0], np.sqrt(np.diag(posterior_covariance))
places = {"at the prior": 0, "half-way": 0.5, "at the posterior": 1}
compared = {name: both_ways(share * end[0], end[1] ** share) for name, share in places.items()}
show_numbers(compared, ["spread of the ELBO in nats, KL computed", "KL drawn",
                        "variance of the gradient, drawn over computed"])
claims.add("KL drawn over KL computed: variance of the gradient, the least of three places",
           min(row[2] for row in compared.values()), at_least=1.005)
claims.add("at the posterior, KL drawn: spread of the ELBO over draws",
           compared["at the posterior"][1], at_most=1e-6, unit="nats")
claims.add("at the posterior, KL computed: spread of the ELBO over draws",
           compared["at the posterior"][0], at_least=1, unit="nats")

# %% [markdown]
# For the gradient it pays, a little: one source of noise less. For the *value* it is the other way round near the
# posterior, which is worth knowing when you compare ELBOs: there $\ln p(x, z) - \ln q(z)$ is $\ln p(x)$ for every
# draw, and computing one half of it spoils the cancellation.

# %% [markdown]
# ## 4. All three together, and each taken away
#
# **The question.** Now everything is trained at once, decoder, noise $s$ and encoder, by gradient ascent on the
# ELBO. The decoder is linear once more, because then we know where the end is: no setting of $W$, $b$, $s$ gives
# the training images a higher likelihood than the exact one of section 1. Do we get there? And without one of the
# tricks?
#
# **The experiment.** Four runs, the same images in the same order, the same number of steps. A batch has 128 images
# and each run may decode 128 codes a step. The score function gets a smaller learning rate than the others: at
# theirs its noise throws some seeds far off.


# %%
class Machine:
    """An encoder to means and log spreads of q, a decoder to mean images, the log of s.

    `tables` take the encoder's place: means and log spreads of a q for each training image.
    """

    def __init__(self, hidden=()):
        def stack(inputs, units, outputs):
            layers = [keras.layers.Dense(each, "relu") for each in units]
            layers.append(keras.layers.Dense(outputs))
            return keras.Sequential([keras.Input((inputs,)), *layers])
        self.encoder = stack(pixels, hidden, 2 * LATENTS)
        self.decoder = stack(LATENTS, hidden[::-1], pixels)
        self.log_s = tf.Variable(0.0)
        self.theta = [self.log_s, *self.decoder.trainable_variables]
        self.phi = self.encoder.trainable_variables
        self.tables = [tf.Variable(tf.zeros((len(train), LATENTS))) for _ in range(2)]

    def q(self, images):
        """Means and log spreads of q(z | x), each (n, latents)."""
        return tf.split(self.encoder(images), 2, axis=1)


# %%
def ln_normal(values, mean, log_spread):
    """ln of the density of independent Gaussians, summed over the last axis, in nats."""
    away = (values - mean) / tf.exp(log_spread)
    return tf.reduce_sum(-tf.square(away) / 2 - log_spread - np.log(2 * np.pi) / 2, axis=-1)


def ln_joint(machine, images, z):
    """ln p(x | z) + ln p(z), (n,)."""
    return ln_normal(images, machine.decoder(z), machine.log_s) + ln_normal(z, 0.0, 0.0)


def all_three(machine, images, rows, noise):
    mean, log_spread = machine.q(images)
    z = mean + tf.exp(log_spread) * noise  # the third trick is this line
    return ln_joint(machine, images, z) - ln_normal(z, mean, log_spread)


def without_third(machine, images, rows, noise):
    """The score function, with the batch's mean as its baseline."""
    mean, log_spread = machine.q(images)
    z = tf.stop_gradient(mean + tf.exp(log_spread) * noise)
    joint, ln_q = ln_joint(machine, images, z), ln_normal(z, mean, log_spread)
    value = tf.stop_gradient(joint - ln_q)
    return joint + (value - tf.reduce_mean(value)) * ln_q  # right in its gradient only


# %%
def without_second(machine, images, rows, noise):
    """A q of its own for each training image, kept in a table."""
    mean, log_spread = (tf.gather(table, rows) for table in machine.tables)
    z = mean + tf.exp(log_spread) * noise
    return ln_joint(machine, images, z) - ln_normal(z, mean, log_spread)


def without_first(machine, images, rows, noise):
    """The likelihood itself, estimated from draws of the prior that the whole batch shares."""
    drawn = machine.decoder(noise)  # (draws, pixels)
    squares = (tf.reduce_sum(images**2, axis=1)[:, None] + tf.reduce_sum(drawn**2, axis=1)
               - 2 * images @ tf.transpose(drawn))  # (images, draws)
    constant = -pixels * (machine.log_s + np.log(2 * np.pi) / 2)
    ln_given = constant - squares / 2 * tf.exp(-2 * machine.log_s)
    return tf.reduce_logsumexp(ln_given, axis=1) - np.log(len(noise))


# %%
def climb(objective, machine, weights, images, steps, rate, measure=None, stretches=40):
    """Adam, uphill on the objective's mean over random batches; `measure` it after stretches."""
    images, weights = tf.constant(images), list(weights)
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps))
    optimizer.build(weights)

    @tf.function
    def stretch(first):
        for step in tf.range(first, first + steps // stretches):
            seeds = tf.stack([settings.seed, 2 * step]), tf.stack([settings.seed, 2 * step + 1])
            rows = tf.random.stateless_uniform((BATCH,), seeds[0], 0, len(images), tf.int32)
            noise = tf.random.stateless_normal((BATCH, LATENTS), seeds[1])
            with tf.GradientTape() as tape:
                loss = -tf.reduce_mean(objective(machine, tf.gather(images, rows), rows, noise))
            gradients = tape.gradient(loss, weights)  # a table's is sparse
            optimizer.apply([tf.convert_to_tensor(each) for each in gradients], weights)

    history = []
    for first in range(0, steps, steps // stretches):
        stretch(tf.constant(first))
        history.append(measure(machine) if measure else None)
    return history


# %%
def linear_decoder(machine):
    """W (pixels, latents), b and s of a machine whose decoder is one layer."""
    kernel, bias = machine.decoder.get_weights()
    return kernel.T.astype("float64"), bias, np.exp(machine.log_s.numpy())


def mean_likelihood(W, b, s):
    """Mean of ln p(x) over all training images, which needs no more than their covariance."""
    inverse = np.linalg.inv(W @ W.T + s**2 * np.eye(pixels))
    off = model.b - b
    squares = np.sum(inverse * model.covariance) + off @ inverse @ off
    return (np.linalg.slogdet(inverse)[1] - squares - pixels * np.log(2 * np.pi)) / 2


highest = mean_likelihood(model.W, model.b, model.s)

# %%
RUNS = {"all three tricks": all_three, "without the third: score function": without_third,
        "without the second: a q for each image": without_second,
        "without the first: draws from the prior": without_first}
machines, climbs = {}, {}
for name, objective in RUNS.items():
    keras.utils.set_random_seed(settings.seed)  # the same start for all
    machine = machines[name] = Machine()
    phi = {without_first: [], without_second: machine.tables}.get(objective, machine.phi)
    rate = NOISY_RATE if objective is without_third else LEARNING_RATE
    climbs[name] = climb(objective, machine, machine.theta + phi, train, STEPS, rate,
                         lambda trained: mean_likelihood(*linear_decoder(trained)))

# %% tags=["cover"]
figure, ax = plots.new_figure(
    height=3.6, title="All three tricks reach the maximum; with one less it comes later or not at all")
plots.curves(ax, np.arange(1, 41) * STEPS // 40, climbs, xlabel="step",
             ylabel="exact ln p(x), nats per image")
ax.axhline(highest, color="black", linewidth=1, linestyle=":", label="the highest there is")
room = settings.choose(quick=10, full=350)
ax.set_ylim(highest - room, highest + room / 10)
ax.legend(frameon=False, fontsize=8, loc="lower right")
plots.show(figure, "Exact log-likelihood of the training images against steps, with a dotted "
                   "line at the highest possible value. With all three tricks the curve "
                   "reaches the line. With one of them left out it comes later or stays below.")

# %%
reached, learned, tenth = {}, {}, len(climbs["all three tricks"]) // 10
for name, machine in machines.items():
    W, b, s = linear_decoder(machine)
    reached[name] = (highest - climbs[name][tenth - 1], highest - climbs[name][-1],
                     log_likelihood(test, W, b, s).mean())
    covariance = np.linalg.inv(W.T @ W / s**2 + np.eye(LATENTS))
    far_from = kl_to_prior((train - b) @ W @ covariance / s**2, covariance).mean()
    cosines = np.abs(model.axes.T @ (W / np.linalg.norm(W, axis=0))).max(axis=1)
    learned[name] = far_from, metrics.principal_angles(W, model.axes).max(), cosines.mean()
show_numbers(reached, ["nats below the maximum after a tenth of the steps", "at the end",
                       "ln p(x) of test images"], first="run")
show_numbers(learned, ["KL(posterior || prior), nats", "largest angle to PCA's space, degrees",
                       "mean best cosine with PCA's axes"], first="run")

# %%
full, third, second, first = RUNS
claims.add("all three tricks: exact ln p(x) of training images, below its maximum",
           reached[full][1], at_least=0, at_most=settings.choose(quick=0.1, full=0.5),
           unit="nats")
claims.add("all three tricks: largest principal angle to PCA's subspace", learned[full][1],
           at_most=8, unit="degrees")
claims.add("score function instead of the third: ln p(x) below its maximum", reached[third][1],
           at_least=0.35, unit="nats")
claims.add("a q for each image instead of the second: nats behind after a tenth of the steps",
           reached[second][0] - reached[full][0], at_least=4, unit="nats")
claims.add("draws from the prior instead of the first: ln p(x) below its maximum",
           reached[first][1], at_least=4, unit="nats")

# %% [markdown]
# **The reading.** With all three the climb ends at the exact maximum, in PCA's space. A maximum of the *bound* need
# not be one of the likelihood; here it is, because the family of $q$ holds the posterior of a decoder with PCA's
# axes, so the bound is tight there. Had the curve crossed the dotted line, one of the formulas would be wrong.
# - **Without the third** the same gradient arrives with more noise, and smaller steps have to average it out. With 64
#   pixels that costs a part of the way. With the 784 of the full profile $f$ is a larger number, so is its noise, and the
#   run is still far away when it ends.
# - **Without the second** each $q$ is visited once in a while and lags behind its decoder: eleven batches pass between
#   two visits with 1,437 images, hundreds with the 60,000 of the full profile. With few images it gets there, later; with
#   many it is far from done. And a table has nothing to say about a new image.
# - **Without the first** 128 draws have to do for a model that would need $e^{\mathrm{KL}}$ to be judged. The estimate lies
#   low, and lowest where the codes explain the images best. So its climb has another summit, with a poorer decoder.
#
# One more thing stands in the table. In lecture 12 the columns of the trained decoder were mixtures of PCA's axes, and
# stayed so. With all three tricks they begin to lean towards the axes, as lecture 32 foretold. But the pull is weak
# beside the noise, and where two eigenvalues are close there is next to none: a run of this length sees the
# beginning.

# %% [markdown]
# ## 5. A decoder that bends
#
# **The question.** Nothing in `all_three` asks for a linear decoder. With hidden layers on both sides nothing is
# known any more: no $p(x)$, no posterior. What do the hidden layers gain, in nats on images never seen, and how
# would we know?
#
# **The experiment.** The same objective, the same number of latents. The ELBO on test images is a lower bound, so
# what it gains over the *exact* value of the linear model is a true gain. Then two bounds that are tighter: a $q$
# found for each image by itself, the decoder fixed, as in section 2; and from these $q$ the mean of many weights
# before the logarithm, as in section 1 of lecture 32.

# %%
keras.utils.set_random_seed(settings.seed)
deep = Machine(HIDDEN)
climb(all_three, deep, deep.theta + deep.phi, train, DEEP_STEPS, DEEP_RATE)


@tf.function
def ln_weight(images, mean, log_spread, draw):
    """ln p(x, z) - ln q(z) for a draw from each q, (n,), in nats."""
    noise = tf.random.stateless_normal(mean.shape, tf.stack([settings.seed, draw]))
    z = mean + tf.exp(log_spread) * noise
    return ln_joint(deep, images, z) - ln_normal(z, mean, log_spread)


def ln_weights(images, mean, log_spread, draws=500):
    """The same for many draws, (draws, n)."""
    return np.stack([ln_weight(images, mean, log_spread, draw) for draw in tf.range(draws)])


# %%
bounds = {}
for name, images in {"training images": train[:1000], "test images": test[:1000]}.items():
    encoded = ln_weights(images, *deep.q(images))
    deep.tables = [tf.Variable(each) for each in deep.q(images)]  # as the encoder says
    climb(without_second, deep, deep.tables, images, OWN_STEPS, 0.02)
    own = ln_weights(images, *deep.tables)
    linear = model.log_likelihood(images).mean()
    tightest = (logsumexp(own, axis=0) - np.log(len(own))).mean()
    bounds[name] = linear, encoded.mean(), own.mean(), tightest
show_numbers(bounds, ["linear, exact", "deep: ELBO of the encoder", "ELBO of a q for each image",
                      "the same q, 500 weights"], first="nats per image")

# %%
exact_linear, encoder_elbo, own_elbo, weighted = bounds["test images"]
claims.add("deep machine: ELBO on test images over the linear model's exact ln p(x)",
           encoder_elbo - exact_linear, at_least=8, unit="nats")
claims.add("deep machine: amortization gap on test images",
           own_elbo - encoder_elbo, at_least=2, unit="nats")
claims.add("deep machine: what 500 weights gain over the ELBO of the same q", weighted - own_elbo,
           at_least=0.2, unit="nats")

# %%
codes = rng.normal(size=(16, LATENTS)).astype("float32")
drawn = {"test images": test[:16],
         "linear decoder, z from the prior": codes @ model.W.T + model.b,
         "deep decoder, the same z": deep.decoder(codes).numpy()}
figure = plots.image_rows(
    {name: images.reshape(-1, side, side) for name, images in drawn.items()}, height=2.6,
    title="Images that nobody drew: clearer strokes from the decoder that bends")
plots.show(figure, "Three rows of sixteen small images: real digits; blurred and overlapping "
                   "shapes from the linear decoder; clearer strokes from the deep decoder, many "
                   "of them like digits, some not.")

# %% [markdown]
# **The reading.** The gain is many nats, on images never seen, and it is proved by a bound. Lecture 13 saw the same in
# squared errors; now it is a density, and codes can be drawn, because the prior says from where. The amortization gap is
# no longer 0, not on training images and still less on new ones, which the encoder has never met. So with few training
# images part of what looks like overfitting of the decoder is the encoder's; the last column shows what the decoder is
# worth at least.
#
# A fair remark: the number of latents is a choice, too. The linear model of section 1 with twenty latents gains a good
# part of this with its ten additional numbers.

# %% [markdown]
# ## 6. Latents that fall silent
#
# **The question.** In trained VAEs some latents often carry nothing: $q(z_j \mid x)$ is the prior for every image, and the decoder
# ignores $z_j$. This is called *posterior collapse*. Is it a failure of training, or what the bound asks for? In the linear
# model the answer is exact. At the maximum for a given $s$ the latent of the principal direction with eigenvalue
# $\lambda_j$ carries
#
# $$\mathrm{KL}_j = \tfrac{1}{2} \ln \frac{\lambda_j}{s^2} \;\text{ nats where } \lambda_j > s^2, \text{ and } 0 \text{ elsewhere (Lucas and others 2019).}$$
#
# **The experiment.** We train the linear machine twice more, with all three tricks and a fixed $s$, chosen so that $s^2$ exceeds
# all but the first three eigenvalues (of ten), and all but the first four (profile *full*: one and six). The control is the run of section 4,
# which learned a smaller $s$. For each latent we take the KL of its $q$ from the prior, mean over the training images.

# %%
def kl_of_latents(machine):
    """KL(q(z_j | x) || p(z_j)) of each latent, mean over training images, the largest first."""
    mean, log_spread = (each.numpy() for each in machine.q(train))
    nats = (mean**2 + np.exp(2 * log_spread) - 1) / 2 - log_spread
    return np.sort(nats.mean(axis=0))[::-1]


def expected_kl(s):
    """The same at the maximum of the linear model's ELBO for this s."""
    return np.maximum(np.log(model.eigenvalues[:LATENTS] / s**2) / 2, 0)


def between(k):
    """An s whose square lies between the eigenvalues number k and k + 1."""
    return np.sqrt(np.sqrt(model.eigenvalues[k - 1] * model.eigenvalues[k]))


silent = {"s learned": machines["all three tricks"]}
for k in KEPT:
    keras.utils.set_random_seed(settings.seed)
    machine = silent[f"s above all but {k}"] = Machine()
    machine.log_s.assign(np.log(between(k)))
    climb(all_three, machine, machine.theta[1:] + machine.phi, train, STEPS, LEARNING_RATE)

# %%
figure, panels = plots.new_figure(
    1, 3, height=2.8, sharey=True,
    title="Latents fall silent where the noise exceeds what they explain")
found = {name: kl_of_latents(machine) for name, machine in silent.items()}
places = np.arange(1, LATENTS + 1)
for ax, (name, machine) in zip(panels, silent.items()):
    ax.bar(places, found[name], color=plots.PALETTE[5], label="trained")
    expected = expected_kl(np.exp(machine.log_s.numpy()))
    ax.plot(places, expected, "o", color=plots.PALETTE[1], label="expected")
    ax.set_xticks(places[::3])
    plots.describe(ax, xlabel="latent, by its KL", title=name,
                   ylabel="KL from the prior, nats" if ax is panels[0] else " ")
for ax in panels[:2]:
    ax.get_legend().remove()
plots.show(figure, "Three panels with a bar for each of ten latents and a point for the expected "
                   "value. With s learned all bars are high. With more noise only a few of them "
                   "are above zero, and the points lie at their tops.")

# %%
active = {name: np.sum(each > 0.05) for name, each in found.items()}
off = {name: np.abs(found[name] - expected_kl(np.exp(machine.log_s.numpy()))).max()
       for name, machine in silent.items()}
show_numbers({name: (active[name], found[name].sum(), off[name]) for name in silent},
             ["latents with more than 0.05 nats", "KL of all latents, nats",
              "largest difference from the expected KL of a latent"], first="run")
for k in KEPT:
    claims.add(f"s above all but {k} eigenvalues: latents with more than 0.05 nats",
               active[f"s above all but {k}"], at_least=k, at_most=k)
claims.add("s fixed: largest difference of a latent's KL from the expected one",
           max(list(off.values())[1:]), at_most=0.03, unit="nats")

# %% [markdown]
# **The reading.** The latents that fall silent are those whose direction varies less than the noise: what they
# could explain costs more nats in the KL than it brings in the reconstruction. With $s$ learned, none of the ten does. So in
# this model collapse is no accident of the encoder or of the optimizer, and no change of them would bring the latents
# back; a smaller $s$ does. Had a run kept more latents than there are eigenvalues above $s^2$, the formula would be
# wrong. Where a decoder can explain images without any latent, as strong autoregressive ones can, the same account is
# made at another price.

# %% [markdown]
# ## 7. All in one formula
#
# $$\max_{\theta, \phi} \; \sum_i \; \mathbb{E}_{\epsilon \sim \mathcal{N}(0, I)} \Big[ \ln p_\theta\big(x_i \mid \underbrace{\mu_\phi(x_i) + \sigma_\phi(x_i)\, \epsilon}_{\text{third}} \big) \Big] \;-\; \mathrm{KL}\big( \underbrace{q_\phi(z \mid x_i)}_{\text{second}} \,\|\, p(z) \big) \qquad \text{first: } \le \sum_i \ln p_\theta(x_i)$$

# %%
claims.table()

# %% [markdown]
# ### Change this and look
# In `without_third` take `- tf.reduce_mean(value)` away and run the notebook again: the expectation of the gradient
# is the same (but for a factor 127/128, as each image's own value is part of the mean). What happens to the curve?
#
# ### To think about
# 1. EM and the VAE climb the same bound. Which step of EM does the encoder stand for, and why does it never quite
#    close the gap?
#
# <details><summary>Answer</summary>The E-step. Its family may not hold the posterior, its weights serve all images at once, and the decoder moves on while it learns.</details>
#
# 2. A colleague trains a deep VAE with 50 latents and finds 12 active ones. Is the encoder at fault? What would you
#    measure before you change anything?
#
# <details><summary>Answer</summary>Perhaps nobody is: a latent that explains less variance than the noise costs more than it brings. Compare the ELBO with that of a model with 12 latents, and look at the learned noise s.</details>
#
# 3. Which of the three tricks would you lose if the latents were single bits, and what would take its place?
#
# <details><summary>Answer</summary>The third: a bit is no smooth function of noise. The score function, with a baseline as good as possible, still works.</details>
#
# ### Sources
# - D. P. Kingma, M. Welling, *Auto-encoding variational Bayes*, ICLR 2014, and D. J. Rezende, S. Mohamed, D.
#   Wierstra, *Stochastic backpropagation and approximate inference in deep generative models*, ICML 2014: the three
#   tricks together.
# - M. E. Tipping, C. M. Bishop, *Probabilistic principal component analysis*, Journal of the Royal Statistical
#   Society B 61, 1999, section 3: the exact maximum.
# - J. Lucas, G. Tucker, R. Grosse, M. Norouzi, *Don't blame the ELBO!*, NeurIPS 2019, section 4: the linear VAE, PCA's axes
#   and posterior collapse.
# - R. J. Williams, *Simple statistical gradient-following algorithms for connectionist reinforcement learning*,
#   Machine Learning 8, 1992: the score function with a baseline.
# - Y. Burda, R. Grosse, R. Salakhutdinov, *Importance weighted autoencoders*, ICLR 2016; C. Cremer, X. Li, D.
#   Duvenaud, *Inference suboptimality in variational autoencoders*, ICML 2018: the tighter bound, the amortization
#   gap.
#
# **Next:** [Lab 3](../labs/lab3_vae.ipynb), where you build a variational autoencoder for 28 x 28 images, with the KL in closed form and a
# training step of its own.
