# ---
# jupyter:
#   course:
#     time_limit_s: 480
#     memory_limit_gb: 4
# ---

# %% [markdown]
# # Lab 4: DCGAN, with a training step of its own
#
# A VAE draws what is right on average, and an average of digits is blurred. Here nobody writes down what a good image is. A second
# network learns to tell drawn images from real ones, and the first learns to deceive it. Nothing in such a game says
# how far it has come: both losses can stand still while the images get better, or look fine while all of them are the same.
# So this lab is half about training and half about measuring.
#
# **You will** write both losses, both networks and the `train_step` that plays the game; measure how far drawn images are from real ones, whether
# all digits are there and whether any image is a copy; walk between images and calculate with them; and break the training in five ways,
# to learn what each failure looks like.
#
# | | |
# |---|---|
# | Time | about 100 minutes; everything runs in two minutes on two cores |
# | Needs | no network, no GPU, 2 GB of memory |
# | Points | 15, in seven questions |
# | Before | [12: Adversarial training](../notebooks/12_adversarial_training.ipynb), [Lab 3](lab3_vae.ipynb) |
#
# At the end you will have made this figure:
#
# ![ALT](../docs/figures/lab4_dcgan.png)
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

from utils import metrics, nets, plots, training
from utils.checks import Lab
from utils.claims import Claims, show_numbers
from utils.data import load_arrays

lab = Lab("lab4_dcgan", globals())
claims = Claims("lab4_dcgan")

# %% [markdown]
# ### Settings

# %%
# quick: digits drawn from fonts, of many sizes, slants and weights; full: handwritten digits.
DATA = settings.choose(quick="glyphs", full="mnist")
TRAINING_IMAGES = settings.choose(quick=10_000, full=60_000)
LATENTS = 32
EPOCHS = settings.choose(quick=20, full=25)
BATCH = 64
LEARNING_RATE = 1e-3
BETA_1 = 0.5  # of Adam: with the usual 0.9 the two networks swing around each other

# %% [markdown]
# ### Images from -1 to 1
#
# The generator will end in a tanh, whose values lie between -1 and 1. The real images have to come in the same range, or the discriminator
# would tell them apart by that alone.

# %%
train, test = (load_arrays(DATA, split, count=count)
               for split, count in (("train", TRAINING_IMAGES), ("test", 4_000)))
train_images, test_images = 2 * train["image"] - 1, 2 * test["image"] - 1
print("Training images:", train_images.shape, "- test images:", test_images.shape)

# %% [markdown]
# ## 1. What the discriminator wants
#
# The discriminator answers each image with a *logit* $l$: the logistic function $D = 1 / (1 + e^{-l})$ of it is the probability that the image is real. Its loss
# is the cross-entropy of that judgement, on a batch of real images $x$ and a batch of generated ones $G(z)$. Real ones shall be called real, generated ones generated:
#
# $$L_D = -\frac{1}{n} \sum_x \ln D(x) - \frac{1}{n} \sum_z \ln\bigl(1 - D(G(z))\bigr)$$
#
# In logits: $-\ln D = \mathrm{softplus}(-l)$ and $-\ln(1 - D) = \mathrm{softplus}(l)$, with $\mathrm{softplus}(l) = \ln(1 + e^l)$. Written so, nothing overflows and no
# logarithm of 0 is ever taken.
#
# ### Question 1 (2 points): write `discriminator_loss`
#
# <details><summary>Hint 1: no sigmoid</summary>The arguments are logits. <code>ops.softplus</code> of Keras holds sigmoid and logarithm in one.</details>
# <details><summary>Hint 2: which sign?</summary>A real image with a large logit is judged rightly, so it has to cost next to nothing: softplus of <em>minus</em> the logit. For generated images it is the other way round.</details>
# <details><summary>Hint 3: two means</summary>One mean over the real logits, one over the generated ones, added and not halved.</details>


# %%
def discriminator_loss(real_logits, fake_logits):
    """Cross-entropy of the discriminator, with real images as class 1 and generated ones as class 0.

    Args:
        real_logits: tensor or array (n, 1), the discriminator's answers to real images.
        fake_logits: tensor or array (m, 1), its answers to generated images.

    Returns:
        scalar tensor, nats: the mean over the real plus the mean over the generated images. Right
        for logits of +-100, too. All logits 0: 2 ln 2 = 1.386.
    """
    ### BEGIN SOLUTION
    return ops.mean(ops.softplus(-real_logits)) + ops.mean(ops.softplus(fake_logits))
    ### END SOLUTION


# %%
lab.check("discriminator_loss")
### BEGIN HIDDEN TESTS
lab.check("discriminator_loss", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 2. What the generator wants
#
# It wants the opposite. Taken at its word that is $L = \frac{1}{n} \sum_z \ln(1 - D(G(z)))$, the loss of the game's theory. At the start every generated image is
# found out, $D(G(z)) \approx 0$, and there this loss is flat: its derivative with respect to the logit is $-D$. Goodfellow and others (2014, section 3) therefore maximize
# $\ln D(G(z))$ instead. It has the same goal, and a derivative of $-(1 - D)$, near -1 just where the generator still has everything to learn:
#
# $$L_G = -\frac{1}{n} \sum_z \ln D(G(z))$$
#
# ### Question 2 (2 points): write `generator_loss`
#
# <details><summary>Hint 1: in words</summary>The cross-entropy that the generated images would cost if their label were "real".</details>
# <details><summary>Hint 2: in logits</summary>You have written <code>-ln D</code> already, in the first half of question 1.</details>
# <details><summary>Hint 3: check yourself</summary>With logit 0 it is ln 2; it falls as the logit rises, and for a logit of -100 it is 100.</details>


# %%
def generator_loss(fake_logits):
    """The non-saturating loss of the generator.

    Args:
        fake_logits: tensor or array (n, 1), the discriminator's answers to generated images.

    Returns:
        scalar tensor, nats, mean over the images. Logits of 0: ln 2 = 0.693; of -100: 100.
    """
    ### BEGIN SOLUTION
    return ops.mean(ops.softplus(-fake_logits))
    ### END SOLUTION


# %%
lab.check("generator_loss")
### BEGIN HIDDEN TESTS
lab.check("generator_loss", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# **The question.** How much is left of each loss's gradient when the discriminator gives a generated image one per cent?

# %% tags=["experiment"]
with lab.needs("generator_loss"):
    def saturating_loss(fake_logits):
        """ln(1 - D(G(z))), mean: the loss of the theory."""
        return -ops.mean(ops.softplus(fake_logits))

    logits = tf.linspace(-8.0, 8.0, 201)
    slopes = {}
    for name, loss in {"-ln D(G(z))": generator_loss,
                       "ln(1 - D(G(z)))": saturating_loss}.items():
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = loss(logits) * len(logits)  # a sum: each logit's own derivative
        slopes[name] = tape.gradient(value, logits)
    figure, ax = plots.new_figure(title="Where the generator loses, only one loss still pulls")
    plots.curves(ax, logits, slopes, xlabel="logit of a generated image",
                 ylabel="derivative of the loss")
    plots.show(figure, "Derivative of both losses against the logit. Where the image is found out, at "
                       "the left, that of the loss of the theory is 0 and the other's is minus 1; "
                       "at the right it is the other way round.")
    caught = np.log(0.01 / 0.99)  # the logit of a probability of 0.01
    pull = {name: -np.interp(caught, logits, slope) for name, slope in slopes.items()}
    claims.add("pull on an image with D(G(z)) = 0.01: -ln D", pull["-ln D(G(z))"],
               at_least=0.98, at_most=1.0)
    claims.add("the same: ln(1 - D)", pull["ln(1 - D(G(z)))"], at_least=0.009, at_most=0.011)

# %% [markdown]
# ## 3. The generator
#
# Radford, Metz and Chintala (2016, section 3) tried many pairs of convolutional networks until one trained steadily. What they kept became the *DCGAN guidelines*. For the generator:
#
# - strided transposed convolutions instead of upsampling and pooling;
# - no hidden dense layers; one dense layer turns the latents into the first small feature maps;
# - batch normalization after every layer but the last, whose output has to keep its own mean and spread;
# - ReLU in every layer but the last, which has tanh;
# - weights that start as draws of $N(0, 0.02^2)$.
#
# Two details are ours. A bias before batch normalization is subtracted again, so it is left out. And Keras's moving averages move by one per cent a step; with a
# momentum of 0.9 they keep up with a network that changes fast.
#
# ### Question 3 (2 points): write `build_generator`
#
# <details><summary>Hint 1: the sizes</summary>From 7 to 14 to 28 pixels: <code>layers.Dense(7 * 7 * 64)</code>, then <code>layers.Reshape((7, 7, 64))</code>, then two <code>layers.Conv2DTranspose</code> with <code>strides=2, padding="same"</code>.</details>
# <details><summary>Hint 2: the order</summary>Layer, <code>layers.BatchNormalization(momentum=0.9)</code>, <code>layers.ReLU()</code>. A kernel size of 4 is a multiple of the stride, so no checkerboards (lecture 04).</details>
# <details><summary>Hint 3: the end</summary>The last transposed convolution has 1 filter, <code>activation="tanh"</code> and <code>dtype="float32"</code>, and no batch normalization.</details>


# %%
def build_generator(latent_size):
    """The generator, by the DCGAN guidelines.

    Args:
        latent_size: int, latents.

    Returns:
        Keras model, (n, latent_size) -> images (n, 28, 28, 1) between -1 and 1: one dense layer, then
        transposed convolutions with stride 2; batch normalization and ReLU after every layer
        but the last, which has tanh and is float32 under every policy. At most 1,000,000 weights.
    """
    ### BEGIN SOLUTION
    draws = keras.initializers.RandomNormal(stddev=0.02)
    return keras.Sequential([
        keras.Input((latent_size,)),
        layers.Dense(7 * 7 * 64, use_bias=False, kernel_initializer=draws),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
        layers.Reshape((7, 7, 64)),
        layers.Conv2DTranspose(32, 4, strides=2, padding="same", use_bias=False,
                               kernel_initializer=draws),  # 7x7 => 14x14
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
        layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="tanh",
                               kernel_initializer=draws, dtype="float32"),  # 14x14 => 28x28
    ], name="generator")
    ### END SOLUTION


# %%
lab.check("build_generator")
### BEGIN HIDDEN TESTS
lab.check("build_generator", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 4. The discriminator
#
# The guidelines for the other side:
#
# - strided convolutions instead of pooling, which learn what to keep;
# - batch normalization after every convolution but the first, which has to see the images' own mean and spread;
# - LeakyReLU with slope 0.2 in all layers: where a ReLU is off, no gradient comes through to the generator;
# - no hidden dense layers; at the end a single number, a logit. The loss holds the sigmoid: a second one in the network would squash twice.
#
# ### Question 4 (2 points): write `build_discriminator`
#
# <details><summary>Hint 1: the sizes</summary>From 28 to 14 to 7 pixels with two <code>layers.Conv2D</code>, <code>strides=2, padding="same"</code>; filters double as the picture shrinks.</details>
# <details><summary>Hint 2: the first is different</summary>Convolution, <code>layers.LeakyReLU(0.2)</code>. From the second on: convolution, batch normalization, LeakyReLU.</details>
# <details><summary>Hint 3: the end</summary><code>layers.Flatten()</code>, then <code>layers.Dense(1, dtype="float32")</code> without an activation.</details>


# %%
def build_discriminator():
    """The discriminator, by the DCGAN guidelines.

    Returns:
        Keras model, images (n, 28, 28, 1) -> logits (n, 1), float32 under every policy: convolutions with
        stride 2, each followed by LeakyReLU with slope 0.2, batch normalization from the second
        one on, and one dense layer without activation. At most 1,000,000 weights.
    """
    ### BEGIN SOLUTION
    draws = keras.initializers.RandomNormal(stddev=0.02)
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 4, strides=2, padding="same", kernel_initializer=draws),
        layers.LeakyReLU(0.2),  # 28x28 => 14x14
        layers.Conv2D(64, 4, strides=2, padding="same", use_bias=False,
                      kernel_initializer=draws),
        layers.BatchNormalization(momentum=0.9),
        layers.LeakyReLU(0.2),  # 14x14 => 7x7
        layers.Flatten(),
        layers.Dense(1, kernel_initializer=draws, dtype="float32"),
    ], name="discriminator")
    ### END SOLUTION


# %%
lab.check("build_discriminator")
### BEGIN HIDDEN TESTS
lab.check("build_discriminator", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 5. The game
#
# Algorithm 1 of Goodfellow and others (2014), one call of `train_step`:
#
# 1. $k$ times: draw latents, generate images, and move the *discriminator* down the gradient of its loss on them and on the real images;
# 2. once: draw latents, and move the *generator* down the gradient of its loss, against the discriminator as it is now.
#
# A `GradientTape` records what is computed inside its `with` block, through as many networks as there are. Which network moves is decided by whose
# variables you ask the gradient for, and nothing else: nobody needs to be frozen. Three things go wrong easily:
#
# - `training=True` has to be passed in every call. Without it, batch normalization uses moving averages that nothing ever moves.
# - The last batch of an epoch may be smaller: as many images are generated as real ones came, `ops.shape(real_images)[0]`.
# - In float16 small gradients are rounded to 0. A `LossScaleOptimizer` makes them larger on the way and small again before the
#   step, if the tape differentiates `optimizer.scale_loss(loss)` instead of the loss. For other optimizers that is the loss itself.
#
# The networks, the optimizers, the latents and what is tracked are given. The step is yours.
#
# ### Question 5 (4 points): write `DCGAN`
#
# <details><summary>Hint 1: the discriminator's step</summary>Generate the images <em>before</em> the <code>with</code> block: the generator's part need not be recorded. Inside it <code>self.discriminator</code> is called twice, on real and on generated images, with <code>training=True</code>.</details>
# <details><summary>Hint 2: its update</summary><code>variables = self.discriminator.trainable_variables</code>, then <code>gradients = tape.gradient(scaled_loss, variables)</code> and <code>self.discriminator_optimizer.apply(gradients, variables)</code>.</details>
# <details><summary>Hint 3: the generator's step</summary>New latents, and <em>both</em> networks inside the block, as the gradient goes through the discriminator to the generator. Then ask for the gradient of <code>self.generator.trainable_variables</code> and give them to the other optimizer.</details>


# %%
class DCGAN(keras.Model):
    """Generator and discriminator, trained against each other by `fit(real_images)`.

    Args:
        generator: Keras model, latents (n, latent_size) -> images.
        discriminator: Keras model, images -> logits (n, 1).
        latent_size: int.
        seed: int, of the latents.

    Each step returns `discriminator_loss`, `generator_loss`, `real_probability` and
    `fake_probability`, means since the epoch began. The probabilities are D(x) and D(G(z)) as the last
    discriminator step of each batch saw them, before its update; so is the discriminator's loss.
    """

    def __init__(self, generator, discriminator, latent_size, seed=0, **options):
        super().__init__(**options)
        self.generator, self.discriminator = generator, discriminator
        self.latent_size = latent_size
        self.seed_generator = keras.random.SeedGenerator(seed)
        names = "discriminator_loss", "generator_loss", "real_probability", "fake_probability"
        self.trackers = [keras.metrics.Mean(name) for name in names]

    def compile(self, discriminator_optimizer, generator_optimizer, discriminator_steps=1,
                discriminator_loss=discriminator_loss, generator_loss=generator_loss, **options):
        """An optimizer for each network; discriminator_steps: int, Algorithm 1's k. The losses
        are functions with the arguments of questions 1 and 2."""
        super().compile(**options)
        if keras.config.dtype_policy().name == "mixed_float16":
            scaled = keras.optimizers.LossScaleOptimizer
            discriminator_optimizer = scaled(discriminator_optimizer)
            generator_optimizer = scaled(generator_optimizer)
        self.discriminator_optimizer = discriminator_optimizer
        self.generator_optimizer = generator_optimizer
        self.discriminator_steps = discriminator_steps
        self.discriminator_loss = discriminator_loss
        self.generator_loss = generator_loss

    def draw_latents(self, count):
        """New latents (count, latent_size) from N(0, I) at every call."""
        return keras.random.normal((count, self.latent_size), seed=self.seed_generator)

    def track(self, *values):
        """Update the trackers with four tensors, in their order; return {name: mean so far}."""
        for tracker, value in zip(self.trackers, values):
            tracker.update_state(value)
        return {tracker.name: tracker.result() for tracker in self.trackers}

    def train_step(self, real_images):
        """k steps of the discriminator and one of the generator, by Algorithm 1.

        Both use `self.discriminator_loss` and `self.generator_loss`; every step draws latents of
        its own, as many as there are real images. Returns what `track` gives.
        """
        ### BEGIN SOLUTION
        count = ops.shape(real_images)[0]
        for _ in range(self.discriminator_steps):
            fake_images = self.generator(self.draw_latents(count), training=True)
            with tf.GradientTape() as tape:
                real_logits = self.discriminator(real_images, training=True)
                fake_logits = self.discriminator(fake_images, training=True)
                discriminator_loss = self.discriminator_loss(real_logits, fake_logits)
                scaled = self.discriminator_optimizer.scale_loss(discriminator_loss)
            variables = self.discriminator.trainable_variables
            self.discriminator_optimizer.apply(tape.gradient(scaled, variables), variables)

        with tf.GradientTape() as tape:
            fake_images = self.generator(self.draw_latents(count), training=True)
            generator_loss = self.generator_loss(self.discriminator(fake_images, training=True))
            scaled = self.generator_optimizer.scale_loss(generator_loss)
        variables = self.generator.trainable_variables
        self.generator_optimizer.apply(tape.gradient(scaled, variables), variables)

        return self.track(discriminator_loss, generator_loss,
                          ops.sigmoid(real_logits), ops.sigmoid(fake_logits))
        ### END SOLUTION


# %%
lab.check("DCGAN")
### BEGIN HIDDEN TESTS
lab.check("DCGAN", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# EXPERIMENTS: training, scale, coverage

# %% [markdown]
# ## 8. Is any of them a copy?
#
# A generator that has learned the training images by heart would do very well in all that was measured so far. So for each generated image look for the training image
# nearest to it. The distance between two images is the Euclidean one, the root of the sum over pixels of the squared difference.
#
# All distances between 1,000 and 10,000 images are ten million numbers, which fits into memory; all differences would be 784 times as many, which does not. Since
# $|a - b|^2 = |a|^2 - 2 a \cdot b + |b|^2$, a matrix product does it. (Or a library: scikit-learn has `NearestNeighbors`.)
#
# ### Question 6 (2 points): write `nearest_neighbours`
#
# <details><summary>Hint 1: images as rows</summary><code>np.reshape(images, (len(images), -1))</code>.</details>
# <details><summary>Hint 2: all pairs at once</summary><code>np.sum(a**2, axis=1)[:, None] - 2 * a @ b.T + np.sum(b**2, axis=1)</code>, squared distances (n, m).</details>
# <details><summary>Hint 3: two answers</summary><code>np.argmin(..., axis=1)</code> says which; the root of the smallest squared distance says how far. Rounding can make it slightly negative: <code>np.maximum(..., 0)</code> before the root.</details>


# %%
def nearest_neighbours(generated, training_images):
    """For each generated image the training image nearest to it.

    Args:
        generated: array (n, height, width, channels), float32.
        training_images: array (m, height, width, channels), float32, in the same range.

    Returns:
        pair of arrays (n,): places among the training images, int; Euclidean distances, float.
        Every pixel of 784 off by 0.5: distance 14. An image's own copy: 0 but for rounding, at most 0.05.
    """
    ### BEGIN SOLUTION
    rows = np.reshape(generated, (len(generated), -1))
    others = np.reshape(training_images, (len(training_images), -1))
    squares = np.sum(rows**2, axis=1)[:, None] - 2 * rows @ others.T + np.sum(others**2, axis=1)
    nearest = np.argmin(squares, axis=1)
    distances = np.sqrt(np.maximum(squares[np.arange(len(rows)), nearest], 0))
    return nearest, distances
    ### END SOLUTION


# %%
lab.check("nearest_neighbours")
### BEGIN HIDDEN TESTS
lab.check("nearest_neighbours", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 9. From one image to another
#
# Which way leads from one latent to another? Draws from $N(0, I)$ in $d$ dimensions have lengths near $\sqrt{d}$: they lie on a thin shell, and the middle of a straight line between two of
# them lies inside it, where the generator has hardly ever been asked. *Spherical* interpolation (Shoemake 1985) goes along the shell. With the angle $\omega$ between both ends:
#
# $$z(t) = \frac{\sin((1 - t)\,\omega)}{\sin \omega}\, z_0 + \frac{\sin(t\,\omega)}{\sin \omega}\, z_1, \qquad \cos \omega = \frac{z_0 \cdot z_1}{|z_0|\,|z_1|}$$
#
# ### Question 7 (1 point): write `interpolate`
#
# <details><summary>Hint 1: the angle</summary><code>np.arccos(np.clip(cosine, -1, 1))</code>: rounding can leave a cosine of 1.0000001.</details>
# <details><summary>Hint 2: all steps at once</summary><code>t = np.linspace(0, 1, steps)[:, None]</code> makes an array (steps, latents).</details>
# <details><summary>Hint 3: hardly any angle</summary>For equal directions the sine is 0. There the formula becomes the straight line, (1 - t) z0 + t z1.</details>


# %%
def interpolate(start, end, steps):
    """Latents on the way from one to another, by spherical interpolation.

    Args:
        start, end: arrays (latent_size,), not 0 and not opposite to each other.
        steps: int, at least 2, both ends included.

    Returns:
        array (steps, latent_size), at even angles; a straight line where both have one direction.
        From (1, 0) to (0, 1) in 3 steps, the middle: (0.707, 0.707).
    """
    ### BEGIN SOLUTION
    share = np.linspace(0, 1, steps)[:, None]
    cosine = np.dot(start, end) / (np.linalg.norm(start) * np.linalg.norm(end))
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-4:
        return (1 - share) * start + share * end
    return (np.sin((1 - share) * angle) * start + np.sin(share * angle) * end) / np.sin(angle)
    ### END SOLUTION


# %%
lab.check("interpolate")
### BEGIN HIDDEN TESTS
lab.check("interpolate", hidden=True)
### END HIDDEN TESTS
