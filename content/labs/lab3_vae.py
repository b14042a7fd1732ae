# ---
# jupyter:
#   course:
#     time_limit_s: 420
#     memory_limit_gb: 4
# ---

# %% [markdown]
# # Lab 3: A variational autoencoder with a custom loss
#
# An autoencoder gives every image a point. Between the points it has promised nothing, so nobody can ask it for a *new*
# image. A variational autoencoder gives every image a small cloud, and keeps all clouds together near one normal distribution:
# draw from that distribution, decode, and there is an image that nobody has drawn before. One number, the negative ELBO,
# tells in nats how well the model does all of it, and you will write it yourself.
#
# **You will** write the loss and both of its parts, a layer that draws with a generator of its own, and a `train_step`; draw
# the map of all digits; measure how near the loss is to the true likelihood; and find out what three published mistakes cost.
#
# | | |
# |---|---|
# | Time | about 100 minutes; everything runs in two to three minutes on two cores |
# | Needs | no network, no GPU, 2 GB of memory |
# | Points | 15, in nine questions |
# | Before | [33: Variational autoencoders](../notebooks/33_variational_autoencoders.ipynb), [Lab 2](lab2_denoising_autoencoder.ipynb) |
#
# At the end you will have made this figure:
#
# ![Two hundred small pictures of digits in a square. Neighbours look alike: from one corner to the other each digit turns gradually into the next, such as a 7 into a 1 and an 8 into a 3.](../docs/figures/lab3_vae.png)
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
from keras import ops
from scipy import ndimage
from scipy.stats import norm
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score

from utils import metrics, plots, training
from utils.checks import Lab
from utils.claims import Claims, show_numbers
from utils.data import load_arrays
from utils.progress import progress

lab = Lab("lab3_vae", globals())
claims = Claims("lab3_vae")

# %% [markdown]
# ### Settings

# %%
# quick: digits drawn from fonts, of many sizes, slants and weights; full: handwritten digits.
DATA = settings.choose(quick="glyphs", full="mnist")
TRAINING_IMAGES = settings.choose(quick=10_000, full=60_000)
TEST_IMAGES = settings.choose(quick=2_000, full=10_000)
LATENTS = 20  # of the main model; the map needs 2
GREY_LATENTS = settings.choose(quick=(), full=(2, 20))  # models of the grey images as well
EPOCHS = settings.choose(quick=8, full=30)
BATCH = 64  # at the start many small steps learn more than few large ones
LEARNING_RATE = 3e-3  # falls to 0 along a cosine
DRAWS = 500  # latents drawn for each image when bounds are measured
LINEAR_DRAWS = 2_000  # the same for the linear model
BOUND_IMAGES = settings.choose(quick=300, full=1_000)  # and how many images that is done for
MAP_SIDE = 14  # images on a side of the map

# %% [markdown]
# ### Images that are black or white
#
# Our model will say of every pixel how probable it is to be white. Then the data should be black or white too: each pixel
# becomes white with the probability that its grey value gives. That is done once and kept (*static binarization*), so that
# everybody's nats are nats of the same images.
#
# MNIST's digits lie in the middle, by their centre of mass, on clean black. Those drawn from fonts are moved and cleaned in the same way, or a
# model of two latents would spend both on the place.


# %%
def like_mnist(glyphs):
    """Glyphs (n, 28, 28, 1) without their faint noise, each moved to the middle by whole pixels."""
    clean = np.where(glyphs < 0.2, 0, glyphs)
    middles = np.array([ndimage.center_of_mass(each)[:2] for each in clean])
    shifts = np.round(13.5 - middles).astype(int)
    return np.stack([np.roll(each, shift, axis=(0, 1)) for each, shift in zip(clean, shifts)])


def binarized(images, seed):
    """Images (n, 28, 28, 1) of zeros and ones, white with the probability of the grey value."""
    draws = np.random.default_rng(seed).random(images.shape)
    return (draws < images).astype("float32")


grey_train, test = (load_arrays(DATA, split, count=count) for split, count in
                    (("train", TRAINING_IMAGES), ("test", TEST_IMAGES)))
grey_train, grey_test, test_labels = grey_train["image"], test["image"], test["label"]
if DATA == "glyphs":
    grey_train, grey_test = like_mnist(grey_train), like_mnist(grey_test)
train_images, test_images = binarized(grey_train, 1), binarized(grey_test, 2)
print("Training images:", train_images.shape, "- test images:", test_images.shape)

# %% [markdown]
# ## 1. How far from the prior?
#
# The encoder answers an image with a normal distribution $q(z|x) = N(\mu, \sigma^2)$, each latent with a mean and a variance of its own. The *prior*
# $p(z) = N(0, I)$ is where new latents will be drawn from. The Kullback-Leibler divergence says how many more nats it takes on average
# to describe draws of $q$ with a code made for $p$ than with one made for $q$. For two normal distributions it has a closed form, a sum over the latents $j$:
#
# $$KL\bigl(q(z|x)\,\|\,p(z)\bigr) = \frac{1}{2} \sum_j \bigl( \mu_j^2 + \sigma_j^2 - 1 - \ln \sigma_j^2 \bigr)$$
#
# A network may answer any number, but a variance is positive. So it answers $\ln \sigma^2$, the `latent_log_var` of the code.
#
# ### Question 1 (2 points): write `kl_divergence`
#
# <details><summary>Hint 1: where to look</summary>The formula has three terms that depend on the latents; <code>latent_log_var</code> is the last of them as it is.</details>
# <details><summary>Hint 2: what to think of</summary>The variance is <code>ops.exp(latent_log_var)</code>. Sum over the latents, axis 1: a mean would divide the prior's say by their number (section 10). NumPy's functions don't work inside a compiled training step, those of <code>keras.ops</code> do.</details>
# <details><summary>Hint 3: nearly the code</summary><code>0.5 * ops.sum(... + ... - 1 - latent_log_var, axis=1)</code>.</details>


# %%
def kl_divergence(latent_mean, latent_log_var):
    """Kullback-Leibler divergence of N(mean, variance) from N(0, I), for each example.

    Args:
        latent_mean: tensor or array (batch, latents), float32 or float64.
        latent_log_var: the same, natural logarithm of the variance (not of the standard deviation).

    Returns:
        tensor (batch,), nats. Mean (1, 0) and variance (1, 1): 0.5 nats; mean 0 and
        variance 1 everywhere: 0.
    """
    ### BEGIN SOLUTION
    variance = ops.exp(latent_log_var)
    return 0.5 * ops.sum(latent_mean**2 + variance - 1 - latent_log_var, axis=1)
    ### END SOLUTION


# %%
lab.check("kl_divergence")
### BEGIN HIDDEN TESTS
lab.check("kl_divergence", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# **The question.** Is the closed form right? The divergence is a mean, $E_{z \sim q}[\ln q(z|x) - \ln p(z)]$, so it can be estimated by drawing:
# 200,000 latents from each of six distributions. The standard error says how far off such an estimate usually is.

# %% tags=["experiment"]
with lab.needs("kl_divergence"):
    rng = np.random.default_rng(settings.seed)
    means, log_vars = rng.normal(0, 1, (2, 6, 4))  # six distributions of four latents
    closed = np.asarray(kl_divergence(means, log_vars))
    deviations = np.exp(log_vars / 2)
    drawn = means + deviations * rng.standard_normal((200_000, 6, 4))
    difference = norm.logpdf(drawn, means, deviations) - norm.logpdf(drawn)
    difference = difference.sum(axis=2)  # (draws, 6)
    estimate, error = difference.mean(axis=0), difference.std(axis=0) / np.sqrt(len(drawn))
    columns = "closed form, nats", "from draws, nats", "standard error"
    show_numbers({f"distribution {i + 1}": each for i, each in
                  enumerate(zip(closed, estimate, error))}, columns)
    claims.add("KL: closed form against 200,000 draws, largest relative difference",
               np.max(np.abs(closed / estimate - 1)), at_most=0.01)
    claims.add("KL: the same in standard errors, largest",
               np.max(np.abs(closed - estimate) / error), at_most=4)
    zeros = np.zeros((1, 4))
    claims.add("KL of the prior from itself", np.abs(np.asarray(kl_divergence(zeros, zeros))[0]),
               at_most=1e-6, unit="nats")
    parts = sum(np.asarray(kl_divergence(means[:, j:j + 1], log_vars[:, j:j + 1]))
                for j in range(4))
    claims.add("KL of four latents against the sum of four KLs, largest difference",
               np.max(np.abs(parts - closed)), at_most=1e-5, unit="nats")

# %% [markdown]
# ## 2. Drawing so that gradients get through
#
# The decoder gets a $z$ drawn from $q(z|x)$. "Drawn" has no derivative. But the draw can be split: the randomness $\epsilon$ comes from
# outside, and mean and variance only shift and stretch it. Then $z$ is an ordinary function of both:
#
# $$z = \mu + \sigma \epsilon, \qquad \epsilon \sim N(0, I), \qquad \sigma = e^{\frac{1}{2} \ln \sigma^2}$$
#
# ### Question 2 (2 points): write `reparameterize`
#
# <details><summary>Hint 1: where to look</summary>The last formula above: the noise is an argument, nothing is drawn here.</details>
# <details><summary>Hint 2: what to think of</summary>The root of a variance is the exponential of half its logarithm. With a log variance of ln 4, noise of 1 moves the result by 2.</details>
# <details><summary>Hint 3: nearly the code</summary>Mean plus <code>ops.exp(0.5 * latent_log_var)</code> times noise.</details>


# %%
def reparameterize(latent_mean, latent_log_var, noise):
    """Latents with the mean and variance given, made of standard normal noise.

    Args:
        latent_mean, latent_log_var: tensors or arrays (batch, latents), as in question 1.
        noise: the same shape and type, standard normal.

    Returns:
        tensor (batch, latents) of their type, a differentiable function of mean and log variance.
        Mean 3, log variance ln 4 and noise 1: 5.
    """
    ### BEGIN SOLUTION
    return latent_mean + ops.exp(0.5 * latent_log_var) * noise
    ### END SOLUTION


# %%
lab.check("reparameterize")
### BEGIN HIDDEN TESTS
lab.check("reparameterize", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# Now a layer that draws the noise. It needs a random generator *of its own*, `keras.random.SeedGenerator`: its state is
# a variable, so it moves on at every call, also inside a compiled training step, and it is saved with the model.
#
# ### Question 3 (2 points): write `Sampling`
#
# <details><summary>Hint 1: where does the generator live?</summary>Make it once, in <code>__init__</code>, after <code>super().__init__(**options)</code>, and keep it as an attribute.</details>
# <details><summary>Hint 2: the noise</summary><code>keras.random.normal(shape, dtype=..., seed=self.seed_generator)</code>, with <code>ops.shape(latent_mean)</code>: a draw for each latent of each example.</details>
# <details><summary>Hint 3: the rest</summary>You have written it: call <code>reparameterize</code>.</details>


# %%
class Sampling(keras.layers.Layer):
    """Draws latents from N(mean, variance).

    Args:
        seed: int; layers with the same seed draw the same sequence, and each call draws anew.

    Its generator is its own, and the generator's state a Keras variable of the layer, which is
    saved with it. Called as `sampling([latent_mean, latent_log_var])`, two tensors (batch,
    latents); gives a tensor (batch, latents) in the layer's dtype.
    """

    def __init__(self, seed, **options):
        ### BEGIN SOLUTION
        super().__init__(**options)
        self.seed_generator = keras.random.SeedGenerator(seed)
        ### END SOLUTION

    def call(self, inputs):
        ### BEGIN SOLUTION
        latent_mean, latent_log_var = inputs
        noise = keras.random.normal(
            ops.shape(latent_mean), dtype=self.compute_dtype, seed=self.seed_generator)
        return reparameterize(latent_mean, latent_log_var, noise)
        ### END SOLUTION


# %%
lab.check("Sampling")
### BEGIN HIDDEN TESTS
lab.check("Sampling", hidden=True)
### END HIDDEN TESTS

# %% tags=["experiment"]
with lab.needs("reparameterize", "Sampling"):
    sampling = Sampling(seed=settings.seed)
    clouds = {"mean (-1.2, 0.8), variances 0.04 and 0.04": ([-1.2, 0.8], np.log([0.04, 0.04])),
              "mean (1, 1), variances 0.3 and 0.02": ([1.0, 1.0], np.log([0.3, 0.02])),
              "mean (0, -1), variances 0.5 and 0.1": ([0.0, -1.0], np.log([0.5, 0.1]))}
    figure, ax = plots.new_figure(title="An encoder answers with a cloud, not with a point",
                                  height=4)
    ax.scatter(*rng.standard_normal((2, 1_500)), s=4, color="#bbbbbb", label="prior N(0, I)")
    for number, (name, (mean, log_var)) in enumerate(clouds.items()):
        pair = [np.tile(np.float32(each), (300, 1)) for each in (mean, log_var)]
        ax.scatter(*np.asarray(sampling(pair)).T, s=6, color=plots.PALETTE[number], label=name)
    ax.set_aspect("equal")
    plots.describe(ax, xlabel="first latent", ylabel="second latent")
    plots.show(figure, "Points of the prior, a wide grey cloud around zero, and on it three "
                       "coloured clouds of different places and widths, as the layer drew them.")

# %% [markdown]
# ## 3. The encoder
#
# Dense layers, as in the first paper on this model. At the end there are *two* of them side by side: one for the means, one for the
# log variances. Neither has an activation, as both may be negative.
#
# How large should the clouds be at the start? With a variance of 1 the noise buries whatever the encoder has to say, and the decoder
# learns to ignore it. A bias of -4 for the log variances makes small clouds to begin with, $\sigma = e^{-2} = 0.14$; training widens those that
# need not be so exact.
#
# ### Question 4 (1 point): write `build_encoder`
#
# <details><summary>Hint 1: two outputs</summary>keras.Sequential has one output. Call the layers one after the other on keras.Input((28, 28, 1)), then <code>keras.Model(inputs, [latent_mean, latent_log_var])</code>.</details>
# <details><summary>Hint 2: the layers</summary>Flatten, then two Dense(256) with relu.</details>
# <details><summary>Hint 3: two layers</summary>Two Dense(latent_size), both on the same features. A single one used twice would make mean and log variance the same numbers. The second with <code>bias_initializer=keras.initializers.Constant(-4)</code>.</details>


# %%
def build_encoder(latent_size):
    """The encoder: an image in, a mean and a log variance for each latent out.

    Args:
        latent_size: int, latents.

    Returns:
        Keras model, (n, 28, 28, 1) -> [latent_mean, latent_log_var], both (n, latent_size): layers
        with nonlinear activations, and none at the end of either output. Kinds and widths of the
        layers are free, with at most 1,000,000 weights. Log variances that begin near -4 train faster; that is not checked.
    """
    ### BEGIN SOLUTION
    images = keras.Input((28, 28, 1))
    x = keras.layers.Flatten()(images)
    x = keras.layers.Dense(256, activation="relu")(x)
    x = keras.layers.Dense(256, activation="relu")(x)
    latent_mean = keras.layers.Dense(latent_size, name="latent_mean")(x)
    small = keras.initializers.Constant(-4)
    latent_log_var = keras.layers.Dense(
        latent_size, bias_initializer=small, name="latent_log_var")(x)
    return keras.Model(images, [latent_mean, latent_log_var], name="encoder")
    ### END SOLUTION


# %%
lab.check("build_encoder")
### BEGIN HIDDEN TESTS
lab.check("build_encoder", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 4. The decoder
#
# Latents in, one number for each pixel out: the *logit* $l$ of being white. The probability is the logistic function of it,
# $p = 1 / (1 + e^{-l})$, but the network ends before that: the loss is computed from logits, where nothing overflows and no logarithm of
# zero can occur.
#
# ### Question 5 (1 point): write `build_decoder`
#
# <details><summary>Hint 1: where to look</summary>Your encoder: the decoder has the same layers the other way round.</details>
# <details><summary>Hint 2: what to think of</summary>Each pixel gets one number: how many are that, and which layer makes a picture of a row? Logits may have any value, so the last layer has no activation.</details>
# <details><summary>Hint 3: nearly the code</summary><code>keras.Input((latent_size,))</code>, two <code>Dense(256, activation=&quot;relu&quot;)</code>, <code>Dense(28 * 28)</code>, <code>Reshape((28, 28, 1))</code>.</details>


# %%
def build_decoder(latent_size):
    """The decoder: latents in, the logits of an image out.

    Args:
        latent_size: int, latents.

    Returns:
        Keras model, (n, latent_size) -> (n, 28, 28, 1), the logit of each pixel: nonlinear
        activations inside and none at the end. Kinds and widths of the layers are free, with at
        most 1,000,000 weights.
    """
    ### BEGIN SOLUTION
    return keras.Sequential([
        keras.Input((latent_size,)),
        keras.layers.Dense(256, activation="relu"),
        keras.layers.Dense(256, activation="relu"),
        keras.layers.Dense(28 * 28),
        keras.layers.Reshape((28, 28, 1)),
    ], name="decoder")
    ### END SOLUTION


# %%
lab.check("build_decoder")
### BEGIN HIDDEN TESTS
lab.check("build_decoder", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 5. The loss
#
# The log-likelihood of an image is out of reach, but lecture 32 has a bound below it, the ELBO. Its negative is what we make small:
#
# $$-\mathrm{ELBO}(x) = \underbrace{E_{z \sim q(z|x)}\bigl[-\ln p(x|z)\bigr]}_{\text{reconstruction}} + \beta \, KL\bigl(q(z|x)\,\|\,p(z)\bigr)
# \qquad \text{with } \beta = 1$$
#
# The mean over $z$ is estimated by a single draw. The pixels are independent given $z$, each white with probability $p_k$, so
# $-\ln p(x|z) = -\sum_k x_k \ln p_k + (1 - x_k) \ln(1 - p_k)$: the binary cross-entropy, *summed* over the pixels. A mean would make the image 784
# times less important than the prior. (Another $\beta$ comes in section 10 and in later
# notebooks. With $\beta > 1$ the sum is a looser bound, with $\beta < 1$ it need not be a bound at all.)
#
# ### Question 6 (2 points): write `negative_elbo`
#
# <details><summary>Hint 1: where to look</summary>Question 1 has the divergence: call it. For the other term section 4 has p from the logit; <code>keras.losses.binary_crossentropy</code> can start from logits, too, and has then averaged the last axis away: (n, 28, 28) is left.</details>
# <details><summary>Hint 2: what to think of</summary>Sum over all pixels of an image and not over the batch: one number for each image. Beta stands before the divergence alone.</details>
# <details><summary>Hint 3: nearly the code</summary><code>ops.sum(ops.softplus(logits) - images * logits, axis=(1, 2, 3))</code> is the reconstruction.</details>


# %%
def negative_elbo(images, logits, latent_mean, latent_log_var, beta=1.0):
    """Negative evidence lower bound of each image, with a Bernoulli likelihood.

    Args:
        images: tensor or array (batch, height, width, 1), values from 0 to 1, float32 or float64.
        logits: the same shape and type, from one draw of the latents; also right for +-100.
        latent_mean, latent_log_var: (batch, latents), as in question 1.
        beta: float, weight of the divergence.

    Returns:
        tensor (batch,), nats. An image of 784 pixels, logits 0, mean 0, variance 1: 784 ln 2 = 543.4.
    """
    ### BEGIN SOLUTION
    reconstruction = ops.sum(ops.softplus(logits) - images * logits, axis=(1, 2, 3))
    return reconstruction + beta * kl_divergence(latent_mean, latent_log_var)
    ### END SOLUTION


# %%
lab.check("negative_elbo")
### BEGIN HIDDEN TESTS
lab.check("negative_elbo", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 6. A model with a training step of its own
#
# Keras's `fit` runs over epochs and batches, and calls `train_step` for each. Whoever writes that one method trains with any loss, and keeps
# callbacks, checkpoints and progress. What such a step does:
#
# 1. inside a `tf.GradientTape`, run the model with `training=True` and compute the loss, one number, the mean over the batch;
# 2. ask the tape for the gradient of all `self.trainable_variables`, and give both to `self.optimizer.apply`;
# 3. update what is tracked, and return it.
#
# Networks, sampling and trackers are given. Three methods are yours.
#
# ### Question 7 (3 points): write `VAE`'s `track`, `train_step` and `test_step`
#
# <details><summary>Hint 1: track</summary>A <code>keras.metrics.Mean</code> has <code>update_state(values)</code> and <code>result()</code>. The reconstruction is <code>negative_elbo</code> without the divergence: beta 0.</details>
# <details><summary>Hint 2: train_step</summary><code>self(images, training=True)</code> gives logits, mean and log variance: the arguments that both loss and <code>track</code> need. The loss uses <code>self.beta</code>.</details>
# <details><summary>Hint 3: gradients</summary><code>gradients = tape.gradient(loss, self.trainable_variables)</code>, after the <code>with</code> block, then <code>self.optimizer.apply(gradients, self.trainable_variables)</code>.</details>


# %%
class VAE(keras.Model):
    """A variational autoencoder, trained by `compile(optimizer=...)` and `fit(images)`.

    Args:
        encoder: Keras model, images (n, height, width, 1) -> [latent_mean, latent_log_var].
        decoder: Keras model, latents -> logits.
        beta: float, weight of the divergence in training.
        seed: int, of the noise.

    `encoder`, `decoder`, `beta` and `sampling` are its attributes. Each step returns
    `negative_elbo`, `reconstruction` and `kl`, means over the images since the epoch began, in nats
    per image. They are tracked with beta 1, so that the last two add up to the first and models
    trained with different beta can be compared.
    """

    def __init__(self, encoder, decoder, beta=1.0, seed=0, **options):
        super().__init__(**options)
        self.encoder, self.decoder, self.beta = encoder, decoder, beta
        self.sampling = Sampling(seed)
        names = "negative_elbo", "reconstruction", "kl"
        self.trackers = [keras.metrics.Mean(name) for name in names]

    def call(self, images, training=None):
        """Images -> (logits from one draw of the latents, latent_mean, latent_log_var)."""
        latent_mean, latent_log_var = self.encoder(images, training=training)
        latents = self.sampling([latent_mean, latent_log_var])
        return self.decoder(latents, training=training), latent_mean, latent_log_var

    def track(self, images, logits, latent_mean, latent_log_var):
        """Update the three trackers with a batch; return {name: mean so far}."""
        ### BEGIN SOLUTION
        reconstruction = negative_elbo(images, logits, latent_mean, latent_log_var, beta=0.0)
        kl = kl_divergence(latent_mean, latent_log_var)
        for tracker, values in zip(self.trackers, (reconstruction + kl, reconstruction, kl)):
            tracker.update_state(values)
        return {tracker.name: tracker.result() for tracker in self.trackers}
        ### END SOLUTION

    def train_step(self, images):
        """One step of the optimizer on a batch of images; returns what is tracked."""
        ### BEGIN SOLUTION
        with tf.GradientTape() as tape:
            outputs = self(images, training=True)
            loss = ops.mean(negative_elbo(images, *outputs, beta=self.beta))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        return self.track(images, *outputs)
        ### END SOLUTION

    def test_step(self, images):
        """What is tracked, on a batch that is not trained on."""
        ### BEGIN SOLUTION
        return self.track(images, *self(images, training=False))
        ### END SOLUTION


# %%
lab.check("VAE")
### BEGIN HIDDEN TESTS
lab.check("VAE", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ### Training
# Two models: one with many latents, which is the better one, and one with two, which can be drawn as a map.


# %% tags=["experiment"]
def trained(images, latent_size, *, beta=1.0, change=None, callbacks=()):
    """A VAE trained on images; `change(vae)` is called before, for models with a mistake."""
    keras.utils.set_random_seed(settings.seed)
    vae = VAE(build_encoder(latent_size), build_decoder(latent_size), beta, settings.seed)
    if change:
        change(vae)
    steps = EPOCHS * -(-len(images) // BATCH)  # rounded up
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    vae.compile(optimizer=keras.optimizers.Adam(schedule))
    training.fit(vae, images, batch=BATCH, epochs=EPOCHS, seed=settings.seed, callbacks=callbacks)
    return vae


def measured(vae, images):
    """Mean negative ELBO, reconstruction and KL, nats per image: a dict of floats."""
    return vae.evaluate(images, batch_size=500, verbose=0, return_dict=True)


with lab.needs("negative_elbo", "VAE"):
    curve = training.LossPlot(
        title="The KL rises, because it buys more reconstruction than it costs",
        names={"negative_elbo": "negative ELBO", "reconstruction": "reconstruction", "kl": "KL"},
        ylabel="nats per image",
        alt="Negative ELBO and reconstruction against epochs, falling steeply and then slowly; "
            "the KL far below them rises a little and levels off.")
    vae, flat = (trained(train_images, size, callbacks=callbacks)
                 for size, callbacks in progress([(LATENTS, [curve]), (2, [])], "numbers of latents"))

# %% tags=["experiment"]
with lab.needs("negative_elbo", "VAE"):
    held_out = {size: measured(model, test_images) for size, model in ((2, flat), (LATENTS, vae))}
    names = "negative_elbo", "reconstruction", "kl"
    show_numbers({f"{size} latents": [each[name] for name in names]
                  for size, each in held_out.items()},
                 [f"{name.replace('_', ' ')}, nats" for name in names], first="held-out images")
    white = np.clip(train_images.mean(axis=0), 1e-3, 1 - 1e-3)  # how often each pixel is white
    guess = -np.log(np.where(test_images > 0.5, white, 1 - white)).sum(axis=(1, 2, 3)).mean()
    rows = {"held-out images": test_images[:12]}
    rows |= {f"decoded from {size} latents": ops.sigmoid(model(test_images[:12])[0])
             for size, model in ((2, flat), (LATENTS, vae))}
    figure = plots.image_rows(rows, height=3.2, title="More latents, better likenesses")
    plots.show(figure, "Three rows of twelve digits: the held-out images, what comes back through "
                       "two latents, and through many. With two, some digits come back as "
                       "others, and blurred; with many, nearly all are recognized.")
    claims.add(f"{LATENTS} latents: held-out negative ELBO", held_out[LATENTS]["negative_elbo"],
               at_most=settings.choose(quick=73, full=105), unit="nats",
               published=settings.choose(quick=None, full="100 to 105, read off a figure"),
               source=settings.choose(quick="", full="Kingma and Welling 2014, fig. 2, 20 latents "
                                                     "(binarization not stated)"))
    claims.add("2 latents: held-out negative ELBO", held_out[2]["negative_elbo"],
               at_most=settings.choose(quick=99, full=150), unit="nats")
    claims.add("no latents, each pixel by its frequency: negative log-likelihood minus the above",
               guess - held_out[2]["negative_elbo"], at_least=35, unit="nats")

# %% [markdown]
# **The reading.** The KL is what the encoder spends to tell the decoder about the image, the reconstruction what then remains to be told. A nat of KL is only
# spent where it saves more than a nat of reconstruction. With two noisy numbers that point comes early: that is why the model with two latents
# has a small KL and blurred pictures.

# %% [markdown]
# ## 7. How tight is the bound?
#
# **The question.** The negative ELBO is at least $-\ln p(x)$, the number that we would really like to know. How much more? Burda and others
# (2016) draw $k$ latents instead of one, weigh them by how much the proposal $q$ got wrong, and average *before* the logarithm:
#
# $$L_k = E\Bigl[\ln \frac{1}{k} \sum_{i=1}^{k} w_i\Bigr], \qquad w_i = \frac{p(x|z_i)\,p(z_i)}{q(z_i|x)}, \qquad
# \mathrm{ELBO} = L_1 \le L_k \le \ln p(x)$$
#
# First where the truth is known. If the decoder is linear and the noise normal, $x = Wz + b + s\epsilon$, then $p(x)$ is a normal
# distribution (probabilistic PCA, lecture 32), and scikit-learn computes its likelihood. The latent axes are turned, which changes nothing in $p(x)$; but
# the true posterior now has correlations, which a $q$ with one variance for each latent can't express.

# %% tags=["experiment"]
pixels = [load_arrays("digits", split)["image"].reshape(-1, 64).astype("float64")
          for split in ("train", "test")]
pca = PCA(12).fit(pixels[0])
s2 = pca.noise_variance_
turn = np.linalg.qr(np.random.default_rng(0).standard_normal((12, 12)))[0]
W = pca.components_.T * np.sqrt(pca.explained_variance_ - s2) @ turn  # (64, 12)
exact = pca.score_samples(pixels[1])  # ln p(x) of each test image, nats
precision = np.eye(12) + W.T @ W / s2  # of the true posterior p(z|x)


def best_diagonal(x):
    """Mean and log variance of the q with independent latents that is nearest to p(z|x)."""
    latent_mean = (x - pca.mean_) @ W / s2 @ np.linalg.inv(precision)
    return latent_mean, np.tile(-np.log(np.diag(precision)), (len(x), 1))


def linear_log_likelihood(x, latents):
    """ln N(x; Wz + b, s^2 I) in nats, (n,)."""
    error = x - pca.mean_ - np.asarray(latents) @ W.T
    return -np.sum(error**2, axis=1) / (2 * s2) - 64 / 2 * np.log(2 * np.pi * s2)


log_weights = metrics.log_importance_weights(
    pixels[1], best_diagonal, linear_log_likelihood, draws=LINEAR_DRAWS, seed=settings.seed)
gap = {k: np.mean(exact - metrics.importance_weighted_bound(log_weights, k))
       for k in (1, 5, 50, 500)}
true_gap = np.linalg.slogdet(np.diag(np.diag(precision)))[1] - np.linalg.slogdet(precision)[1]
show_numbers({f"k = {k}": [value] for k, value in gap.items()}, ["ln p(x) minus bound, nats"])
claims.add("linear model: ln p(x) minus ELBO, over the KL of q from the true posterior",
           gap[1] / (true_gap / 2), at_least=0.97, at_most=1.03)
claims.add("linear model: ln p(x) minus ELBO", gap[1], at_least=0.5, unit="nats")
claims.add("linear model: ln p(x) minus the bound with k = 500", gap[500], at_least=0,
           at_most=0.1, unit="nats")

# %% [markdown]
# With many draws the bound is the truth, to a few hundredths of a nat. So for the VAE, whose likelihood nobody can compute, $L_{500}$ is what we
# have instead. Here `negative_elbo` with `beta=0` is the reconstruction, $-\ln p(x|z)$.

# %% tags=["experiment"]
with lab.needs("negative_elbo", "VAE"):
    def bounds(model, images):
        """{k: importance-weighted bound on -ln p(x), nats, mean over images}."""
        def log_likelihood(images, latents):
            none = ops.zeros_like(latents)
            return -negative_elbo(images, model.decoder(latents), none, none, beta=0.0)

        weights = metrics.log_importance_weights(images, model.encoder, log_likelihood,
                                                 draws=DRAWS, seed=settings.seed)
        ks = [k for k in (1, 5, 50, 500) if k <= DRAWS]
        return {k: -np.mean(metrics.importance_weighted_bound(weights, k)) for k in ks}

    tightened = {name: bounds(model, test_images[:BOUND_IMAGES]) for name, model in
                 progress([("2 latents", flat), (f"{LATENTS} latents", vae)], "models")}
    figure, panels = plots.new_figure(1, 2, title="The bound comes down as more draws are averaged",
                                      height=3)
    for ax, (name, values) in zip(panels, tightened.items()):
        plots.curves(ax, list(values), {name: list(values.values())}, xlabel="draws averaged, k",
                     ylabel="bound on -ln p(x), nats", title=name, log="x", points=True)
    plots.show(figure, "The bound on the negative log-likelihood against the number of draws, on a "
                       "logarithmic axis, for the model with two latents and with many: both "
                       "curves fall, steeply at first, and flatten.")
    tight = list(tightened[f"{LATENTS} latents"].values())
    claims.add(f"{LATENTS} latents: bound on -ln p(x) with k = 500", tight[-1], unit="nats",
               at_most=settings.choose(quick=70, full=100),
               published=settings.choose(quick=None, full=86.76),
               source=settings.choose(quick="", full="Burda et al. 2016, table 1: VAE, 50 latents, "
                                                     "5,000 draws, other binarization"))
    claims.add("2 latents: bound on -ln p(x) with k = 500", list(tightened["2 latents"].values())[-1],
               at_most=settings.choose(quick=98, full=145), unit="nats")
    claims.add(f"{LATENTS} latents: smallest fall of the bound from k = 1 to 5 to 50 to 500",
               np.min(-np.diff(tight)), at_least=0.1, unit="nats")
    single = measured(vae, test_images[:BOUND_IMAGES])["negative_elbo"]
    claims.add(f"{LATENTS} latents: negative ELBO minus the bound with k = 500", single - tight[-1],
               at_least=1, at_most=10, unit="nats")

# %% [markdown]
# **The reading.** What the ELBO loses is the divergence of $q$ from the true posterior, a few nats. Most of what 500 draws win back is there with fifty. On MNIST (profile `full`) our
# bound stays some 7 nats above the 86.76 of Burda and others: they have 50 latents, more than a hundred times as many epochs, and images
# binarized anew each time, which is like having more of them.

# %% [markdown]
# ## 8. The map
#
# With two latents, all that the decoder can draw fits on a sheet. Where should the sheet's points lie? Evenly spread, most would
# be far out, where the prior hardly ever goes. Kingma and Welling (2014, figure 4) take the prior's quantiles: value $i$ of $s$, counted from 0, is where the
# normal distribution has $(i + \frac{1}{2}) / s$ of its mass below, so each picture stands for equally much of the prior.
#
# ### Question 8 (1 point): write `latent_grid`
#
# <details><summary>Hint 1: where to look</summary>The text: value i of s is where the normal distribution has (i + 1/2) / s of its mass below. <code>norm.ppf</code> is the inverse of its distribution function.</details>
# <details><summary>Hint 2: what to think of</summary>All positions in one batch (side * side, 2): <code>np.meshgrid</code>, <code>ravel</code> and <code>np.stack(..., axis=1)</code>. In the top row the second latent is largest: turn its values round. And the decoder gives logits.</details>
# <details><summary>Hint 3: nearly the code</summary><code>first, second = np.meshgrid(quantiles, quantiles[::-1])</code>; at the end <code>ops.sigmoid</code> of the decoder's answer, reshaped to (side, side, 28, 28).</details>


# %%
def latent_grid(decoder, side):
    """Pictures at the prior's quantiles in two latents, decoded in a single call.

    Args:
        decoder: Keras model, (n, 2) -> logits (n, 28, 28, 1); it is called once.
        side: int, pictures on a side.

    Returns:
        array (side, side, 28, 28), probabilities of being white. The first latent grows from left to
        right, along axis 1; the second from bottom to top, so that it is largest in row 0.
    """
    ### BEGIN SOLUTION
    quantiles = norm.ppf((np.arange(side) + 0.5) / side)
    first, second = np.meshgrid(quantiles, quantiles[::-1])
    latents = np.stack([first.ravel(), second.ravel()], axis=1).astype("float32")
    return np.reshape(ops.sigmoid(decoder(latents)), (side, side, 28, 28))
    ### END SOLUTION


# %%
lab.check("latent_grid")
### BEGIN HIDDEN TESTS
lab.check("latent_grid", hidden=True)
### END HIDDEN TESTS

# %% tags=["experiment", "cover"]
with lab.needs("VAE", "latent_grid"):
    pictures = np.reshape(latent_grid(flat.decoder, MAP_SIDE), (-1, 28, 28))
    figure, ax = plots.new_figure(title="All that two latents can say", height=8)
    plots.image_row(ax, pictures, columns=MAP_SIDE)
    plots.show(figure, "A square of small pictures of digits. Neighbours look alike: from one "
                       "corner to the other each digit turns gradually into the next.")

# %% tags=["experiment"]
with lab.needs("VAE"):
    codes = flat.encoder.predict(test_images, batch_size=500, verbose=0)[0]
    figure, ax = plots.new_figure(title="Where the encoder puts the digits, without any labels",
                                  height=5)
    plots.class_points(ax, codes, test_labels, xlabel="first latent, mean",
                       ylabel="second latent, mean")
    plots.show(figure, "The means of all test images in the plane of the two latents, each drawn "
                       "as its digit. Images of a digit lie together; the groups touch.")

# %% [markdown]
# ## 9. Samples, paths and single latents
#
# **The question.** What does the model with many latents draw when nobody gives it an image? What lies between two images? And what
# does a single latent stand for?

# %% tags=["experiment"]
with lab.needs("VAE"):
    def decoded(latents):
        """Pictures (n, 28, 28, 1) of latents (n, LATENTS)."""
        return ops.sigmoid(vae.decoder(np.asarray(latents, "float32")))

    drawn = np.random.default_rng(settings.seed).standard_normal((60, LATENTS))
    figure, ax = plots.new_figure(title="Sixty images that nobody has drawn before", height=2.6)
    plots.image_row(ax, decoded(drawn), columns=15)
    plots.show(figure, "Sixty pictures decoded from draws of the prior, in four rows: many are "
                       "clear digits, some are between two digits or fall apart.")

# %% tags=["experiment"]
with lab.needs("VAE"):
    starts, ends = test_images[:3], test_images[6:9]
    a, b = (vae.encoder(each)[0] for each in (starts, ends))
    share = np.linspace(0, 1, 12)[:, None]
    rows = {}
    for i in range(3):
        between = (1 - share) * a[i] + share * b[i]
        rows[f"between two images: by latents, path {i + 1}"] = decoded(between)
        mixed = (1 - share[..., None, None]) * starts[i] + share[..., None, None] * ends[i]
        rows[f"by pixels, path {i + 1}"] = mixed
    figure = plots.image_rows(rows, height=6.2,
                              title="By latents one shape changes into the other; by pixels two overlap")
    plots.show(figure, "Six rows of twelve pictures. Three lead from one digit to another by way of "
                       "the latents, changing shape; below each the same two images are faded "
                       "over, and the middle shows both at once.")

# %% tags=["experiment"]
with lab.needs("VAE"):
    pairs = [vae.encoder.predict(test_images[half], verbose=0)[0]
             for half in (slice(0, 100), slice(100, 200))]
    halfway = {"by latents": decoded((pairs[0] + pairs[1]) / 2),
               "by pixels": (grey_test[:100] + grey_test[100:200]) / 2}  # decoded ones are grey too
    rows = grey_train.reshape(len(grey_train), -1)

    def to_nearest(images):
        """Mean distance of images from the nearest training image, root mean square per pixel."""
        images = np.reshape(images, (len(images), -1))
        squares = (rows**2).sum(1) - 2 * images @ rows.T + (images**2).sum(1)[:, None]
        return np.mean(np.sqrt(squares.min(axis=1) / rows.shape[1]))

    away = {name: to_nearest(images) for name, images in halfway.items()}
    claims.add("halfway between images: distance to the nearest training image by latents over "
               "that by pixels", away["by latents"] / away["by pixels"], at_most=0.85)

# %% tags=["experiment"]
with lab.needs("kl_divergence", "VAE"):
    mean, log_var = vae.encoder.predict(test_images, batch_size=500, verbose=0)
    used = np.array([np.mean(kl_divergence(mean[:, j:j + 1], log_var[:, j:j + 1]))
                     for j in range(LATENTS)])  # nats of information in each latent
    busiest = np.argsort(-used)[:5]
    steps = np.linspace(-2.5, 2.5, 12)
    rows = {}
    ranks = "busiest", "second busiest", "third busiest", "fourth busiest", "fifth busiest"
    for rank, j in zip(ranks, busiest):
        latents = np.repeat(mean[:1], len(steps), axis=0)
        latents[:, j] = steps
        rows[f"the {rank} latent, from -2.5 to 2.5"] = decoded(latents)
    figure = plots.image_rows(rows, height=5.4, title="One latent moves, the others stay")
    plots.show(figure, "Five rows of twelve pictures, each with one latent going from low to high: "
                       "the digit changes its size, slant, weight or kind.")
    show_numbers({"all test images": [np.sum(used > 0.1), used.max(), used.sum()]},
                 ["latents with over 0.1 nats", "nats in the busiest", "nats in all"])

# %% [markdown]
# **The reading.** Most draws are digits, some lie between two. Halfway in the latents is nearer to real images than halfway in the pixels, though not
# always a clear digit. Many latents carry next to nothing: they stay at the prior. And nothing in the loss asks a busy latent to stand for one
# thing: one may change the slant, another turns a digit into another.

# %% [markdown]
# ## 10. Exhibit: three published bugs
#
# These stand in lecture slides and in code that many have copied. All three train without an error, and all
# three draw something.
#
# | mistake | what is written |
# |---|---|
# | noise of standard deviation 0.1 | `random_normal(..., stddev=0.1)` |
# | one tensor, two meanings | $\ln \sigma$ when sampling, `exp(t)`; $\ln \sigma^2$ in the KL |
# | KL averaged over the latents | `-0.5 * mean(...)`: the same as $\beta = 1 / \text{latents}$ |
#
# **The experiment.** Train each with its mistake, on the same data with the same seed. Then put its encoder and decoder into a right VAE and measure. For the
# first two, "its encoder" can be read in two ways, as the sampling understood it or as the KL did; each is measured both ways, and the better one counts.


# %% tags=["experiment"]
class Misread(keras.layers.Layer):
    """Sampling that takes `scale * t + shift` for the log variance, t being what it is given."""

    def __init__(self, sampling, scale, shift):
        super().__init__()
        self.sampling, self.scale, self.shift = sampling, scale, shift

    def call(self, inputs):
        latent_mean, t = inputs
        return self.sampling([latent_mean, self.scale * t + self.shift])


def misreading(scale, shift):
    """A change for `trained` that makes the sampling misread the log variance."""
    def change(model):
        model.sampling = Misread(model.sampling, scale, shift)

    return change


def corrected(model, scale=1, shift=0):
    """A right VAE of the networks in `model`, its log variance being `scale * t + shift`."""
    images = keras.Input((28, 28, 1))
    latent_mean, t = model.encoder(images)
    right = VAE(keras.Model(images, [latent_mean, scale * t + shift]), model.decoder)
    right.compile()
    return right


with lab.needs("negative_elbo", "VAE"):
    noise_01 = (1, float(2 * np.log(0.1)))  # 0.1 times the noise is ln 0.01 more log variance
    log_sigma = (2, 0)  # ln sigma^2 = 2 ln sigma
    mistakes = {"noise 0.1": {"change": misreading(*noise_01)},
                "one tensor, two meanings": {"change": misreading(*log_sigma)},
                "KL averaged": {"beta": 1 / LATENTS}}
    models = {"right": vae} | {name: trained(train_images, LATENTS, **mistake)
                               for name, mistake in progress(mistakes.items(), "trainings")}
    as_sampled = {"noise 0.1": noise_01, "one tensor, two meanings": log_sigma}
    worth = {name: [measured(corrected(model, *reading), test_images)["negative_elbo"]
                    for reading in ((1, 0), as_sampled.get(name, (1, 0)))]
             for name, model in models.items()}

# %% tags=["experiment"]
with lab.needs("negative_elbo", "VAE"):
    reported = {}  # what each one's own loss says
    for name, model in models.items():
        parts = measured(model, test_images)
        weight = 1 / LATENTS if name == "KL averaged" else 1
        reported[name] = parts["reconstruction"] + weight * parts["kl"]
    best = {name: min(values) for name, values in worth.items()}
    above = {name: value - best["right"] for name, value in best.items()}
    show_numbers({name: [reported[name], *worth[name], above[name]] for name in models},
                 ["its own loss", "held-out negative ELBO, read as in the KL",
                  "read as in the sampling", "the better above the right one"],
                 first="trained with (all in nats)")
    figure = plots.image_rows(
        {name: ops.sigmoid(model.decoder(drawn[:15].astype("float32")))
         for name, model in models.items()},
        title="Three published bugs: what each draws from the prior", height=3.4)
    plots.show(figure, "Four rows of fifteen pictures from the same draws of the prior: the right "
                       "model's are mostly digits, those of the models with a mistake are torn, "
                       "mixed or blurred more often.")
    noise_cost = settings.choose(quick=10, full=5)
    for name, least in (("noise 0.1", noise_cost), ("KL averaged", 20)):
        claims.add(f"{name}: held-out negative ELBO above the right one's", above[name],
                   at_least=least, unit="nats")
    claims.add("one tensor, two meanings: the same, read as in the sampling", at_least=-1.5,
               value=above["one tensor, two meanings"], at_most=5, unit="nats")
    for name, least in (("noise 0.1", 30), ("one tensor, two meanings", 6), ("KL averaged", 40)):
        claims.add(f"{name}: held-out negative ELBO above what its own loss reports", unit="nats",
                   value=best[name] - reported[name], at_least=least)

# %% [markdown]
# **The reading.** All three losses report *fewer* nats than the right one, and measured rightly none of the models gets that low: what they print is not a
# bound on anything, and the mistake that prints the best number makes the worst model. With a tenth of the noise, latents carry more than they pay for, and unused
# ones cost 1.8 nats each. The averaged KL buys a better reconstruction with latents where the prior hardly goes. The second bug is the sly
# one: whoever reads the encoder's output as the sampling did has a model that is nearly as good as the right one. Read as
# the KL did, or compared by its own loss, it is not.

# %% [markdown]
# ## 11. What does not belong here?
#
# The negative ELBO is large for images that the model finds improbable. It has only seen digits. Does it notice letters?
#
# ### Question 9 (1 point): write `outlier_score`
#
# <details><summary>Hint 1: where to look</summary><code>VAE.test_step</code>: it computes the same number for images that are not trained on.</details>
# <details><summary>Hint 2: what to think of</summary>Calling the model gives everything that <code>negative_elbo</code> asks for beside the images. Keep one number for each image; a high one means an outlier already.</details>
# <details><summary>Hint 3: nearly the code</summary><code>negative_elbo(images, *vae(images, training=False))</code> has the three outputs in the right order.</details>


# %%
def outlier_score(vae, images):
    """How little each image belongs to what a VAE was trained on: its negative ELBO.

    Args:
        vae: a `VAE`, as in question 7.
        images: array (n, height, width, 1), values from 0 to 1, of the size that the VAE takes.

    Returns:
        array or tensor (n,), nats, high for outliers, each from one draw of the latents.
    """
    ### BEGIN SOLUTION
    return negative_elbo(images, *vae(images, training=False))
    ### END SOLUTION


# %%
lab.check("outlier_score")
### BEGIN HIDDEN TESTS
lab.check("outlier_score", hidden=True)
### END HIDDEN TESTS

# %% tags=["experiment"]
with lab.needs("VAE", "outlier_score"):
    letters = load_arrays("glyphs/letters", "test", count=2_000)["image"]
    letters, digits = binarized(like_mnist(letters), 3), test_images[:2_000]
    scores = [np.asarray(outlier_score(vae, images)) for images in (digits, letters)]
    is_letter = np.repeat([0, 1], [len(digits), len(letters)])
    figure, ax = plots.new_figure(title="Letters cost the digits' model more nats", height=3)
    bins = np.linspace(*np.percentile(np.concatenate(scores), [0.1, 99.9]), 60)
    for values, name in zip(scores, ("digits", "letters")):
        ax.hist(values, bins, alpha=0.6, label=name)
    plots.describe(ax, xlabel="outlier score, nats", ylabel="images")
    plots.show(figure, "Histograms of the outlier score for digits and for letters: two hills that "
                       "overlap, the letters' one further to the right and wider.")
    area = roc_auc_score(is_letter, np.concatenate(scores))
    ink = roc_auc_score(is_letter, [each.sum() for each in (*digits, *letters)])
    claims.add("digits in, letters out: area under the ROC curve of the outlier score", area,
               at_least=settings.choose(quick=0.9, full=0.7))
    claims.add("the same, above that of counting white pixels", area - ink, at_least=0.1)

# %% tags=["experiment"]
with lab.needs("VAE", "outlier_score"):
    order = [np.argsort(values) for values in scores]
    figure = plots.image_rows(
        {"digits with the highest scores": digits[order[0][::-1][:14]],
         "letters with the lowest scores": letters[order[1][:14]]},
        title="The score's mistakes are understandable", height=2.1)
    plots.show(figure, "Two rows of pictures: digits that the model finds odd, and letters "
                       "that it takes for digits, most of them simple strokes such as I.")

# %% [markdown]
# **The reading.** A chance score has area 0.5, a perfect one 1. Some letters *are* digits, as far as 28 by 28 pixels can tell. And the score has a bias: longer
# outlines have more uncertain pixels, and those cost nats, whatever they show. (In the profile `full` handwritten digits meet letters from fonts:
# they differ in more than their kind.) On photographs that bias can win outright: models trained on one
# data set may find another one *more* probable than their own (Nalisnick et al. 2019).

# %% [markdown]
# ## 12. Grey images
#
# Many examples, the one of Keras among them, put grey values into the same loss. The cross-entropy then is a sensible loss and no likelihood: even a perfect model
# pays for every grey pixel, and $p$ would need another constant to integrate to one (Loaiza-Ganem and Cunningham 2019). So
# such numbers can be compared with one another and not with those above. The profile `full` trains on grey images as well.

# %% tags=["experiment"]
with lab.needs("negative_elbo", "VAE"):
    # The Keras example's stored log: 2 latents, 30 epochs, measured on what it trains on.
    published = {2: 146.95}
    for size in GREY_LATENTS:
        grey_vae = trained(grey_train, size)
        most = {2: 145, 20: 105}[size]
        claims.add(f"grey images, {size} latents: bound with k = 500", unit="nats", at_most=most,
                   value=bounds(grey_vae, grey_test[:BOUND_IMAGES])[500])
        value = measured(grey_vae, grey_test)["negative_elbo"]
        claims.add(f"grey images, {size} latents: held-out negative ELBO", value, unit="nats",
                   at_most=most, published=published.get(size),
                   source="Keras example vae, epoch 30, on its training images" if size in published
                          else "")
    # What no model of grey images can get below: the entropy of the pixels themselves.
    grey = np.clip(grey_test.astype("float64"), 1e-12, 1 - 1e-12)
    floor = -np.sum(grey * np.log(grey) + (1 - grey) * np.log(1 - grey), axis=(1, 2, 3)).mean()
    show_numbers({"grey test images": [floor]}, ["least possible reconstruction, nats"])

# %% [markdown]
# ## 13. Claims
# What this notebook has measured, each number beside the bound that it must keep.

# %% tags=["experiment"]
with lab.needs("kl_divergence", "reparameterize", "Sampling", "build_encoder", "build_decoder",
               "negative_elbo", "VAE", "latent_grid", "outlier_score"):
    claims.table()

# %%
lab.score()

# %% [markdown]
# ### To think about
# 1. A latent with $KL = 0$ for every image: what does the decoder learn from it? Is that good or bad?
# 2. For which model does the bound fall further from $k = 1$ to $k = 500$, the one with two latents or the one with many? Why?
# 3. The decoded pictures are blurred, the training images are not. What would samples look like if each pixel were *drawn* with its probability?

# %% [markdown] tags=["answer"]
# **Answers for teachers.**
# 1. Nothing: its posterior is the prior for every image, so it is noise to the decoder, which learns to ignore it. It costs no nats either. That is the model
#    choosing its own number of latents; it is bad only where all latents end so (posterior collapse).
# 2. The gap of the ELBO is the KL of $q$ from the true posterior. More latents have more ways to be correlated, which $q$ can't follow; with two, very
#    different images share a place and the posterior is bent. In the quick profile the first weighs more: from k = 1 to 500 the bound
#    falls by about 1 nat with two latents and by about 3 with twenty.
# 3. Speckled: the probabilities are means over everything that the latents leave open, mostly the exact place of edges, and independent draws of pixels
#    do not agree on one edge. The blur is the honest mean. Lectures 34 and 61 come back to it.

# %% [markdown]
# ### Sources
# - D. Kingma, M. Welling, *Auto-encoding variational Bayes*, ICLR 2014, section 3, appendix B (the divergence), figures 2 and 4.
# - D. Rezende, S. Mohamed, D. Wierstra, *Stochastic backpropagation and approximate inference in deep generative models*, ICML 2014.
# - Y. Burda, R. Grosse, R. Salakhutdinov, *Importance weighted autoencoders*, ICLR 2016, section 3, table 1.
# - M. Tipping, C. Bishop, *Probabilistic principal component analysis*, Journal of the Royal Statistical Society B 61(3), 1999.
# - E. Nalisnick et al., *Do deep generative models know what they don't know?*, ICLR 2019.
# - G. Loaiza-Ganem, J. Cunningham, *The continuous Bernoulli*, NeurIPS 2019.
# - F. Chollet, *Variational autoencoder*, Keras code examples, 2020 (its stored log).
#
# **Next:** back to the [map of the course](../notebooks/00_start_here.ipynb).
