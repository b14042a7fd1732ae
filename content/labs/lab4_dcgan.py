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
# | Time | about 100 minutes; everything runs in two to four minutes on two cores |
# | Needs | no network, no GPU, 3 GB of memory |
# | Points | 15, in seven questions |
# | Before | [41: Adversarial training](../notebooks/41_adversarial_training.ipynb), [Lab 3](lab3_vae.ipynb) |
#
# At the end you will have made this figure:
#
# ![Ten columns of digits. From the top: a slanted digit, the same upright, another digit upright, the result, which is that other digit slanted, and the slanted one itself.](../docs/figures/lab4_dcgan.png)
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
from sklearn.linear_model import RidgeCV

from utils import gans, metrics, nets, plots, training
from utils.checks import Lab
from utils.claims import Claims, show_numbers
from utils.data import glyphs, load_arrays
from utils.progress import progress

lab = Lab("lab4_dcgan", globals())
claims = Claims("lab4_dcgan")

# %% [markdown]
# ### Settings

# %%
# quick: digits drawn from fonts, of many sizes, slants and weights; full: handwritten digits.
DATA = settings.choose(quick="glyphs", full="mnist")
TRAINING_IMAGES = settings.choose(quick=10_000, full=60_000)
LATENTS = 32
EPOCHS = settings.choose(quick=15, full=25)
BATCH = 64
LEARNING_RATE = 1e-3
BETA_1 = 0.5  # of Adam: with the usual 0.9 the two networks swing around each other
SET = 2_000  # images in a set that is compared with another
POOL = 6_000  # generated images among which the boldest and the thinnest are looked for
PATHS = 200
CLASSIFIER_EPOCHS = 3
CLINIC_IMAGES = 2_000  # the failures show soon
CLINIC_EPOCHS = settings.choose(quick=6, full=12)  # handwriting collapses later
FACES = settings.choose(quick=None, full="celeb_a")
FACE_IMAGES = settings.choose(quick=0, full=50_000)
FACE_EPOCHS = settings.choose(quick=0, full=20)

# %% [markdown]
# ### Images from -1 to 1
#
# The generator will end in a tanh, whose values lie between -1 and 1. The real images have to come in the same range, or the discriminator
# would tell them apart by that alone.
#
# MNIST's digits lie in the middle, on clean black. Of those drawn from fonts everything is known, so they can be drawn once more, without their shift and noise.


# %%
def centred(known):
    """Drawn digits of known factors, once more in the middle and without noise: (n, 28, 28, 1)."""
    middle = dict.fromkeys(("x", "y"), np.zeros(len(known["label"])))
    return 2 * glyphs.render(known | middle).astype("float32") / 255 - 1


def images_and_labels(split, count):
    """Images (count, 28, 28, 1), float32 from -1 to 1, and their labels (count,)."""
    known = load_arrays(DATA, split, count=count)
    images = centred(known) if DATA == "glyphs" else 2 * known["image"] - 1
    return images, known["label"]


(train_images, train_labels), (test_images, test_labels) = (
    images_and_labels(split, count) for split, count in
    progress([("train", TRAINING_IMAGES), ("test", 5 * SET // 2)], "sets of images"))
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
# <details><summary>Hint 1: where to look</summary>The text above writes both logarithms in logits, without a sigmoid: which of them belongs to real images, which to generated ones?</details>
# <details><summary>Hint 2: what to think of</summary>A real image with a large logit is judged rightly, so it has to cost next to nothing; a generated one costs the more, the larger its logit. Each kind has a mean of its own, as their numbers may differ.</details>
# <details><summary>Hint 3: nearly the code</summary><code>ops.mean(ops.softplus(-real_logits))</code> plus the mean of the other softplus; nothing is halved.</details>


# %%
def discriminator_loss(real_logits, fake_logits):
    """Cross-entropy of the discriminator: real images are class 1, generated ones class 0.

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
# <details><summary>Hint 1: where to look</summary>Lay this loss beside that of section 1: one of its two terms has the same form, for other images.</details>
# <details><summary>Hint 2: what to think of</summary>It is what the generated images would cost if their label were &quot;real&quot;: it falls as the logit rises. Logit 0 costs ln 2, and -100 costs 100.</details>
# <details><summary>Hint 3: nearly the code</summary>The mean of <code>ops.softplus</code> of minus the logits.</details>


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
# - ReLU after each batch normalization, and tanh at the end;
# - weights that start as draws of $N(0, 0.02^2)$.
#
# Widths and kernels are free. Ours are small:
#
# | layer with weights | then | what comes out |
# |---|---|---|
# | dense | batch normalization, ReLU, reshaped | 7 x 7, 32 maps |
# | transposed convolution, kernel 4, stride 2 | batch normalization, ReLU | 14 x 14, 16 maps |
# | transposed convolution, kernel 4, stride 2 | tanh | 28 x 28, 1 channel |
#
# Three details are advice, and the check leaves them to you. A kernel of 4 is a multiple of the stride, so there are no checkerboards (lecture 14). A bias before batch normalization is
# subtracted again, so we leave it out. And Keras's moving averages move by one per cent a step; with a momentum of 0.9 they keep up with a network that changes fast.
#
# ### Question 3 (2 points): write `build_generator`
#
# <details><summary>Hint 1: where to look</summary>The table: each row is a layer with weights, its normalization and its activation.</details>
# <details><summary>Hint 2: what to think of</summary>The dense layer gives a row of 7 * 7 * 32 numbers; <code>layers.Reshape((7, 7, 32))</code> makes maps of it. <code>layers.Conv2DTranspose</code> with <code>strides=2, padding=&quot;same&quot;</code> doubles the sides.</details>
# <details><summary>Hint 3: nearly the code</summary><code>layers.Conv2DTranspose(16, 4, strides=2, padding=&quot;same&quot;, kernel_initializer=...)</code>, <code>layers.BatchNormalization(momentum=0.9)</code>, <code>layers.ReLU()</code>; the last one with 1 filter, <code>activation=&quot;tanh&quot;</code> and <code>dtype=&quot;float32&quot;</code>.</details>


# %%
def build_generator(latent_size):
    """The generator, by the DCGAN guidelines.

    Args:
        latent_size: int, latents.

    Returns:
        Keras model, (n, latent_size) -> images (n, 28, 28, 1) between -1 and 1: one dense layer,
        then transposed convolutions, two or more of them with stride 2; after every layer but the
        last batch normalization, then ReLU, and a reshape before, between or behind them. The
        last has tanh and is float32 under every policy. First weights with standard deviation
        0.02, at most 1,000,000 of them.
    """
    ### BEGIN SOLUTION
    draws = keras.initializers.RandomNormal(stddev=0.02)
    return keras.Sequential([
        keras.Input((latent_size,)),
        layers.Dense(7 * 7 * 32, use_bias=False, kernel_initializer=draws),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
        layers.Reshape((7, 7, 32)),
        layers.Conv2DTranspose(16, 4, strides=2, padding="same", use_bias=False,
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
# - LeakyReLU with slope 0.2 after each convolution and its normalization: where a ReLU is off, no gradient comes through to the generator;
# - no hidden dense layers; at the end a single number, a logit. The loss holds the sigmoid: a second one in the network would squash twice.
#
# | layer with weights | then | what comes out |
# |---|---|---|
# | convolution, kernel 4, stride 2 | LeakyReLU | 14 x 14, 16 maps |
# | convolution, kernel 4, stride 2 | batch normalization, LeakyReLU, flattened | 1,568 values |
# | dense | | 1 logit |
#
# ### Question 4 (2 points): write `build_discriminator`
#
# <details><summary>Hint 1: where to look</summary>The table, and your generator, which goes the other way.</details>
# <details><summary>Hint 2: what to think of</summary><code>layers.Conv2D</code> with <code>strides=2, padding=&quot;same&quot;</code> halves the sides. The first convolution has no batch normalization; from the second on it stands before the activation.</details>
# <details><summary>Hint 3: nearly the code</summary><code>layers.Conv2D(16, 4, strides=2, padding=&quot;same&quot;, kernel_initializer=...)</code>, <code>layers.LeakyReLU(0.2)</code>; at the end <code>layers.Flatten()</code> and <code>layers.Dense(1, kernel_initializer=..., dtype=&quot;float32&quot;)</code>.</details>


# %%
def build_discriminator():
    """The discriminator, by the DCGAN guidelines.

    Returns:
        Keras model, images (n, 28, 28, 1) -> logits (n, 1), float32 under every policy:
        convolutions, two or more of them with stride 2, each followed by LeakyReLU with slope 0.2,
        from the second one on by batch normalization before that, and one dense layer without
        activation at the end. First weights with standard deviation 0.02, at most 1,000,000 of them.
    """
    ### BEGIN SOLUTION
    draws = keras.initializers.RandomNormal(stddev=0.02)
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(16, 4, strides=2, padding="same", kernel_initializer=draws),
        layers.LeakyReLU(0.2),  # 28x28 => 14x14
        layers.Conv2D(32, 4, strides=2, padding="same", use_bias=False,
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
# variables you ask the gradient for, and nothing else: nobody needs to be frozen. Four things go wrong easily:
#
# - `training=True` has to be passed in every call. Without it, batch normalization uses moving averages that nothing ever moves.
# - Real and generated images go through the discriminator in two calls. In one call batch normalization would take its mean and variance from both, and what
#   the discriminator says of an image would depend on the others: it soon tells all apart, and helps the generator no more.
# - The last batch of an epoch may be smaller: as many images are generated as real ones came, `ops.shape(real_images)[0]`.
# - In float16 small gradients are rounded to 0. A `LossScaleOptimizer` makes them larger on the way and small again before the
#   step, if the tape differentiates `optimizer.scale_loss(loss)` instead of the loss. For other optimizers that is the loss itself.
#
# The networks, the optimizers, the latents and what is tracked are given. The step is yours.
#
# ### Question 5 (4 points): write `DCGAN`'s `train_step`
#
# <details><summary>Hint 1: where to look</summary>Algorithm 1 above has two steps, each with latents, a loss, variables and an optimizer of its own; <code>__init__</code> and <code>compile</code> say what these are called. The tape of lab 3's <code>train_step</code> serves each.</details>
# <details><summary>Hint 2: what to think of</summary>In the discriminator's step images are generated <em>before</em> the <code>with</code> block, and the discriminator is called twice inside it. In the generator's step <em>both</em> networks are inside, as the gradient goes through the discriminator to the generator.</details>
# <details><summary>Hint 3: nearly the code</summary><code>variables = self.discriminator.trainable_variables</code>, then <code>self.discriminator_optimizer.apply(tape.gradient(scaled_loss, variables), variables)</code>; the generator's step has the other network and optimizer.</details>


# %%
class DCGAN(keras.Model):
    """Generator and discriminator, trained against each other by `fit(real_images)`.

    Args:
        generator: Keras model, latents (n, latent_size) -> images.
        discriminator: Keras model, images -> logits (n, 1).
        latent_size: int.
        seed: int, of the latents.

    Each step returns `discriminator_loss`, `generator_loss`, `real_probability` and
    `fake_probability`, means since the epoch began. The probabilities are D(x) and D(G(z)) as the
    last discriminator step of each batch saw them, before its update; so is the discriminator's
    loss.
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

        Losses are `self.discriminator_loss` and `self.generator_loss`, gradients those of the
        optimizers' `scale_loss(loss)`, and networks are called with `training=True`, the
        discriminator on real and on generated images separately. Every step has latents of its
        own by `draw_latents`, as many as there are real images. Returns what `track` gives.
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
# **The question.** Does each step move the network that it should, and only that one? One network's optimizer gets a learning rate of 0, one step is taken on
# a batch, and all weights are compared with those from before.

# %% tags=["experiment"]
with lab.needs("discriminator_loss", "generator_loss", "build_generator", "build_discriminator",
               "DCGAN"):
    def new_gan(seed=settings.seed):
        keras.utils.set_random_seed(seed)
        gan = DCGAN(build_generator(LATENTS), build_discriminator(), LATENTS, seed)
        # networks may make their weights at the first call
        gan.discriminator(gan.generator(np.zeros((1, LATENTS), "float32")))
        return gan

    def moved(discriminator_rate, generator_rate):
        """How far a step moves all weights of the discriminator and of the generator, in sum."""
        gan = new_gan()
        gan.compile(*(keras.optimizers.SGD(rate) for rate in (discriminator_rate, generator_rate)))
        networks = gan.discriminator, gan.generator
        before = [[each.numpy() for each in network.trainable_variables] for network in networks]
        gan.train_step(train_images[:BATCH])
        return [sum(np.abs(new.numpy() - old).sum()
                    for new, old in zip(network.trainable_variables, olds))
                for network, olds in zip(networks, before)]

    alone = {"discriminator": moved(0.1, 0.0), "generator": moved(0.0, 0.1)}
    show_numbers({f"step of the {name}": each for name, each in alone.items()},
                 ["discriminator moves by", "generator moves by"])
    claims.add("step of the discriminator: it moves by", alone["discriminator"][0],
               at_least=0.01)
    claims.add("the generator moves by", alone["discriminator"][1], at_most=0)
    claims.add("step of the generator: it moves by", alone["generator"][1], at_least=0.01)
    claims.add("the discriminator moves by", alone["generator"][0], at_most=0)

# %% [markdown]
# ### Training
# The losses will not show how the images get on. So the same latents are drawn again after each epoch, and a callback keeps traces of both networks;
# section 11 is about them.

# %% tags=["experiment"]
with lab.needs("discriminator_loss", "generator_loss", "build_generator", "build_discriminator",
               "DCGAN"):
    fixed = np.random.default_rng(settings.seed).standard_normal((400, LATENTS), "float32")

    def adam(steps):
        """The optimizer of either network: the rate falls to 0 along a cosine."""
        schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
        return keras.optimizers.Adam(schedule, beta_1=BETA_1)

    def drawn(gan, latents):
        """Images (n, 28, 28, 1) that the generator makes of latents (n, LATENTS)."""
        return gan.generator.predict(np.asarray(latents, "float32"), batch_size=500, verbose=0)

    def sheet(epoch):
        title = f"The same latents after {epoch} epochs"
        return plots.image_rows({"": drawn(gan, fixed[:60])}, title=title, height=2.6,
                                columns=15, limits=(-1, 1))

    gan = new_gan()
    before_training = drawn(gan, fixed)
    steps = EPOCHS * (len(train_images) // BATCH)
    gan.compile(adam(steps), adam(steps))
    monitor = training.FigureEachEpoch(sheet, "Sixty pictures from the generator: clear digits, "
                                       "a few of them broken.")
    healthy = training.GANDiagnostics(train_images[:400], fixed)
    history = training.fit(gan, train_images, batch=BATCH, epochs=EPOCHS, seed=settings.seed,
                           drop_remainder=True, callbacks=[monitor, healthy])

# %% tags=["experiment"]
with lab.needs("discriminator_loss", "generator_loss", "build_generator", "build_discriminator",
               "DCGAN"):
    figure, (left, right) = plots.new_figure(
        1, 2, title="Neither loss shows that the images get better")
    epochs = range(1, EPOCHS + 1)
    plots.curves(left, epochs, {name.replace("_", " "): history[name]
                                for name in ("discriminator_loss", "generator_loss")},
                 xlabel="epoch", ylabel="loss, nats")
    plots.curves(right, epochs, {"D(x)": history["real_probability"],
                                 "D(G(z))": history["fake_probability"]},
                 xlabel="epoch", ylabel="mean probability of being real")
    plots.show(figure, "Left, both losses against epochs; right, the mean answer of the "
                       "discriminator to real and to generated images, above and below one half.")

# %% [markdown]
# **The reading.** In equilibrium the discriminator can only guess: both probabilities would be one half, its loss $2 \ln 2 = 1.39$ and the generator's $\ln 2 = 0.69$. Training on
# small data moves away from there, as the discriminator finds more and more that is wrong with images that look better and better.

# %% [markdown]
# ## 6. How far from real?
#
# **The question.** How good are the images, as a number? There is no likelihood: a generator gives images, not probabilities. What can be compared are two sets of images. Pixels
# would make a poor comparison, so both sets go through a classifier first, and the 64 numbers of its last hidden layer, its *features*, are compared. Two distances between sets of features:
#
# - the *Frechet distance* fits a normal distribution to each and says how far these are apart (Heusel and others 2017, who used the features of a large network for photographs);
# - the *kernel distance* compares means of all third powers and below, and has no bias for small sets (Binkowski and others 2018).
#
# Such numbers mean nothing alone. They need a scale: two sets of real images at one end, noise against real images at the other.

# %% tags=["experiment"]
keras.utils.set_random_seed(settings.seed)
classifier, features = nets.build_classifier(10)
classifier.compile(optimizer=keras.optimizers.Adam(2e-3), metrics=["accuracy"],
                   loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
training.fit(classifier, (train_images, train_labels), batch=BATCH, epochs=CLASSIFIER_EPOCHS,
             seed=settings.seed)
accuracy = classifier.evaluate(test_images, test_labels, batch_size=500, verbose=0)[1]
claims.add("classifier whose features are compared: accuracy on held-out images", accuracy,
           at_least=0.97)


def features_of(images):
    """The classifier's last hidden layer, (n, 64)."""
    return features.predict(images, batch_size=500, verbose=0)


def distances(images, reference):
    """Frechet and kernel distance between two sets of images, on the classifier's features."""
    found = [features_of(each) for each in (images, reference)]
    return metrics.frechet_distance(*found), metrics.kernel_distance(*found)


def labels_of(images):
    """The digit that the classifier takes each image for."""
    return np.argmax(classifier.predict(images, batch_size=500, verbose=0), axis=1)


reference, other = test_images[:SET], test_images[SET:2 * SET]
noise = np.random.default_rng(settings.seed).uniform(-1, 1, reference.shape).astype("float32")
without_eights = test_images[SET:][test_labels[SET:] != 8][:SET]
scale = {"real images": other, "real images, none of them an 8": without_eights, "noise": noise}
scale = {name: distances(images, reference)
         for name, images in progress(scale.items(), "sets of images")}

# %% tags=["experiment"]
with lab.needs("discriminator_loss", "generator_loss", "build_generator", "build_discriminator",
               "DCGAN"):
    latents = np.random.default_rng(1).standard_normal((SET, LATENTS))
    samples = drawn(gan, latents)
    made = {"generated": samples, "generated, before training": drawn(new_gan(), latents)}
    made = {name: distances(images, reference)
            for name, images in progress(made.items(), "sets of images")}
    scale = {"real images": scale["real images"], **made, **scale}
    show_numbers(scale, ["Frechet distance", "kernel distance"], first="against real images")
    ends = np.array([scale["real images"], scale["noise"]])
    place = (np.array(scale["generated"]) - ends[0]) / (ends[1] - ends[0])
    claims.add("Frechet distance: share of the way from real images to noise", place[0],
               at_most=settings.choose(quick=0.02, full=0.12))
    claims.add("kernel distance: the same", place[1],
               at_most=settings.choose(quick=0.01, full=0.2))
    claims.add("Frechet distance before training over that after", at_least=10,
               value=scale["generated, before training"][0] / scale["generated"][0])
    figure = plots.image_rows({"real": other[:15], "generated": samples[:15],
                               "before training": before_training[:15]},
                              title="Digits, and what the generator makes of noise", height=2.2,
                              limits=(-1, 1))
    plots.show(figure, "Three rows of pictures: real digits, generated ones, which look much "
                       "alike, and the even grey of the generator before its training.")

# %% [markdown]
# **The reading.** On this scale the generator is almost at the end of the real images, in the quick profile about as far from them as real images without any 8 are. That is a small number and not 0: look at the row of generated
# images again, some are no digits. At its other end the scale only says "far": the classifier has seen neither noise nor grey, and nobody knows what its features mean there.

# %% [markdown]
# ## 7. Are all digits there?
#
# **The question.** The commonest failure of a GAN is that it draws a few things well and forgets the rest. The classifier counts.

# %% tags=["experiment"]
with lab.needs("discriminator_loss", "generator_loss", "build_generator", "build_discriminator",
               "DCGAN"):
    counts = {name: np.bincount(labels_of(each), minlength=10) / len(each)
              for name, each in (("real", reference), ("generated", samples))}
    figure, ax = plots.new_figure(title="Every digit is drawn, not all equally often")
    percent = {name: np.round(100 * share) for name, share in counts.items()}
    plots.bars(ax, np.arange(10), percent, xlabel="digit, as the classifier sees it",
               ylabel="share of the images, per cent")
    plots.show(figure, "Two bars for each digit: its share among real and among generated images. "
                       "The generated ones differ more among themselves; none is missing.")
    claims.add("rarest digit: its share of generated images over its share of real ones",
               np.min(counts["generated"] / counts["real"]), at_least=0.2)

# %% [markdown]
# ## 8. Is any of them a copy?
#
# A generator that has learned the training images by heart would do very well in all that was measured so far. So for each generated image look for the training image
# nearest to it. The distance between two images is the Euclidean one, the root of the sum over pixels of the squared difference.
#
# All distances between 1,000 generated and 4,000 training images are four million numbers, 16 MB. All differences are 784 times as many, 12.5 GB, and would end the notebook. Since
# $|a - b|^2 = |a|^2 - 2 a \cdot b + |b|^2$, a matrix product does it. (Or a library: scikit-learn has `NearestNeighbors`.)
#
# ### Question 6 (2 points): write `nearest_neighbours`
#
# <details><summary>Hint 1: where to look</summary>The formula above: two of its terms belong to one image each, one to a pair. With an image in each row, all pairs at once are a matrix product.</details>
# <details><summary>Hint 2: what to think of</summary>Shapes (n, 1), (n, m) and (m,) make squared distances (n, m). <code>np.argmin(..., axis=1)</code> says which is the nearest; the root of the smallest says how far, and rounding can make it slightly negative: <code>np.maximum(..., 0)</code> before the root.</details>
# <details><summary>Hint 3: nearly the code</summary><code>a = np.reshape(generated, (len(generated), -1))</code>, b likewise, <code>np.sum(a**2, axis=1)[:, None] - 2 * a @ b.T + np.sum(b**2, axis=1)</code>.</details>


# %%
def nearest_neighbours(generated, training_images):
    """For each generated image the training image nearest to it.

    Args:
        generated: array (n, height, width, channels), float32.
        training_images: array (m, height, width, channels), float32, in the same range.

    Returns:
        pair of arrays (n,): places among the training images, int; Euclidean distances, float.
        Every pixel of 784 off by 0.5: distance 14. An image's own copy: 0 but for rounding, at most
        0.05. For 1,000 generated and 4,000 training images of 784 pixels in at most 4 GB of memory.
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
# **The question.** Are generated images copies? Two comparisons tell:
#
# - the distance to the nearest training image, beside that of real images which were held out. They come from the same source and can't be copies;
# - the share of images that are nearer to 4,000 training images than to 4,000 held-out ones. Who has never seen either is as often nearer to the one as to the other: one half. This also finds copies that were
#   spoilt (Meehan and others 2020). So that we know that it does: copies of training images, with as much noise on them as keeps them as far away as the generated images are.

# %% tags=["experiment"]
with lab.needs("discriminator_loss", "generator_loss", "build_generator", "build_discriminator",
               "DCGAN", "nearest_neighbours"):
    spoilt = np.random.default_rng(settings.seed).normal(0, 0.27, (SET // 2, 28, 28, 1))
    sets = {"held-out images": test_images[2 * SET:], "generated images": samples[:SET // 2],
            "copies with noise": (train_images[:SET // 2] + spoilt).astype("float32")}
    seen = {name: nearest_neighbours(each, train_images[:2 * SET]) for name, each in sets.items()}
    unseen = {name: nearest_neighbours(each, test_images[:2 * SET]) for name, each in sets.items()}
    nearer = {name: np.mean(seen[name][1] < unseen[name][1]) for name in sets}
    figure, ax = plots.new_figure(
        title="The distance alone does not tell new images from copies with noise")
    for number, (name, (_, distance)) in enumerate(seen.items()):
        ax.hist(distance, bins=np.linspace(0, 14, 57), histtype="step", linewidth=1.8,
                color=plots.PALETTE[number], label=name)
    plots.describe(ax, xlabel="distance to the nearest training image", ylabel="images")
    plots.show(figure, "Distribution of the distances to the nearest training image: held-out "
                       "images lie at the left, near the data; generated ones are a broad hill further "
                       "right, and copies with noise a narrow spike in the middle of that hill.")
    show_numbers({name: [distance.min(), np.median(distance), nearer[name]]
                  for name, (_, distance) in seen.items()}, first="",
                 columns=["nearest of all", "median distance", "share nearer to training images"])
    claims.add("nearest generated image: its distance over that of the nearest held-out one",
               seen["generated images"][1].min() / seen["held-out images"][1].min(), at_least=1)
    half = {"at_least": settings.choose(quick=0.43, full=0.38), "at_most": 0.57}
    for name, bounds in (("held-out images", half), ("generated images", half),
                         ("copies with noise", {"at_least": 0.9})):
        claims.add(f"{name}: share nearer to training images than to held-out ones", nearer[name],
                   **bounds)

# %% tags=["experiment"]
with lab.needs("discriminator_loss", "generator_loss", "build_generator", "build_discriminator",
               "DCGAN", "nearest_neighbours"):
    places, distance = seen["generated images"]
    closest = np.argsort(distance)[:15]
    figure = plots.image_rows(
        {"generated": samples[closest], "nearest training image": train_images[places[closest]]},
        title="The fifteen generated images that are nearest to a training image", height=1.8,
        limits=(-1, 1))
    plots.show(figure, "Two rows of fifteen digits, generated ones and below each the training image "
                       "nearest to it: the same digits, similar and not equal.")

# %% [markdown]
# **The reading.** Drawn digits come from seven fonts, so a held-out one often has a twin among the training images. Generated images are further away, as they are less exact. None is a copy: they are nearer to training images
# in half of the cases, as chance would have it, while of the copies with noise nearly all are found out, at the same distance.

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
# <details><summary>Hint 1: where to look</summary>The formula has an angle, found from its cosine, and two shares of which each step has its own.</details>
# <details><summary>Hint 2: what to think of</summary><code>t = np.linspace(0, 1, steps)[:, None]</code> makes all steps at once. Rounding can leave a cosine of 1.0000001, and for equal directions the sine is 0: there the straight line is meant.</details>
# <details><summary>Hint 3: nearly the code</summary><code>angle = np.arccos(np.clip(cosine, -1, 1))</code>; where its sine is next to 0 <code>(1 - t) * start + t * end</code>, else the formula.</details>


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

# %% [markdown]
# **The question.** Does the generator draw digits on the way as well? Between pixels the answer is known: half of one image over half of another is no digit. How far images are from the data is measured
# with the classifier's features, along many paths of each kind: the distance to the nearest training image.

# %% tags=["experiment"]
with lab.needs("discriminator_loss", "generator_loss", "build_generator", "build_discriminator",
               "DCGAN", "interpolate", "nearest_neighbours"):
    starts, ends = np.random.default_rng(2).standard_normal((2, PATHS, LATENTS))
    paths = np.array([interpolate(*pair, 11) for pair in zip(starts, ends)])
    walked = drawn(gan, paths.reshape(-1, LATENTS)).reshape(PATHS, 11, 28, 28, 1)
    share = np.linspace(0, 1, 11).reshape(11, 1, 1, 1)
    faded = (1 - share) * test_images[:PATHS, None] + share * test_images[PATHS:2 * PATHS, None]
    figure, panels = plots.new_figure(1, 2, height=2.8, title="By latents one digit turns into "
                                      "another; by pixels two are there at once")
    for ax, (name, images) in zip(panels, {"by latents": walked, "by pixels": faded}.items()):
        plots.image_row(ax, images[:6].reshape(-1, 28, 28), columns=11, limits=(-1, 1), title=name)
    plots.show(figure, "Two blocks of six rows of pictures. Left, in each row one digit turns step "
                       "by step into another; right, one fades out over another.")

# %% tags=["experiment"]
with lab.needs("discriminator_loss", "generator_loss", "build_generator", "build_discriminator",
               "DCGAN", "interpolate", "nearest_neighbours"):
    def as_images(images):
        """Features of images (..., 28, 28, 1), in the shape that nearest_neighbours takes."""
        return features_of(np.reshape(images, (-1, 28, 28, 1)))[:, :, None, None]

    data = as_images(train_images)
    away = {name: nearest_neighbours(as_images(images), data)[1].reshape(PATHS, 11).mean(axis=0)
            for name, images in progress([("by latents", walked), ("by pixels", faded)], "ways")}
    figure, ax = plots.new_figure(title="By latents the way stays as near to the data as its ends")
    plots.curves(ax, share.ravel(), away, xlabel="share of the way", points=True,
                 ylabel="distance to the nearest\ntraining image, features")
    ax.set_ylim(bottom=0)
    plots.show(figure, "Mean distance to the nearest training image along the paths. By latents it is "
                       "level; by pixels it is small at both ends, the real images, and has a hill "
                       "between them that is as high as the other curve or higher.")
    middle = {name: each[5] / each[[0, -1]].mean() for name, each in away.items()}
    claims.add("distance from the data, middle of the paths over their ends: by latents",
               middle["by latents"], at_most=1.15)
    claims.add("the same by pixels, between real images", middle["by pixels"],
               at_least=settings.choose(quick=2, full=1.25))
    lengths = [np.linalg.norm(each, axis=-1).mean() for each in
               (starts, paths[:, 5], (starts + ends) / 2)]
    claims.add("length of latents in the middle over that at the start: spherical",
               lengths[1] / lengths[0], at_least=0.97, at_most=1.03)
    claims.add("the same on a straight line", lengths[2] / lengths[0], at_least=0.6, at_most=0.8)

# %% [markdown]
# ## 10. Calculating with images
#
# Radford and others took the latents of images of men with glasses, subtracted those of men without and added those of women without: out came women with glasses. They showed
# pictures. Drawn digits allow to *measure* it, as their factors are known: a linear regression from pixels to a factor, fitted on drawn training images, reads it off any image.
#
# slanted A - upright A + upright B = slanted B?
#
# Each term is a mean latent of many images, those with the most or the least of the factor among the images that the classifier is surest of to be that digit. A single latent would bring along everything else
# that its image has of its own. All 90 pairs of digits are tried, and beside each result a step of the same length in a random direction.

# %% tags=["experiment"]
with lab.needs("discriminator_loss", "generator_loss", "build_generator", "build_discriminator",
               "DCGAN"):
    known = [load_arrays("glyphs", split, count=2 * SET) for split in ("train", "test")]
    read, held = (centred(each).reshape(-1, 784) for each in progress(known, "sets of images"))
    pool = np.random.default_rng(3).standard_normal((POOL, LATENTS)).astype("float32")
    images = drawn(gan, pool)
    scores = classifier.predict(images, batch_size=500, verbose=0)  # logits, (POOL, 10)
    a, b = np.transpose([(a, b) for a in range(10) for b in range(10) if a != b])

    def mean_latents(values, high):
        """For each digit the mean latent of its images with the largest or smallest values."""
        means = []
        for digit in range(10):
            surest = np.argsort(scores[:, digit])[-POOL // 10:]
            order = surest[np.argsort(values[surest])]
            means.append(pool[order[-POOL // 60:] if high else order[:POOL // 60]].mean(axis=0))
        return np.array(means)

    def calculated(factor):
        """What became of the 90 pairs, and pictures: 10 low, 10 high, 90 results, 90 at random."""
        reader = RidgeCV(np.logspace(-1, 3, 5)).fit(read, known[0][factor])
        values = reader.predict(images.reshape(-1, 784))
        high, low = mean_latents(values, True), mean_latents(values, False)
        steps = high[a] - low[a]
        anywhere = np.random.default_rng(4).standard_normal(steps.shape)
        anywhere *= np.linalg.norm(steps, axis=1, keepdims=True) / np.linalg.norm(
            anywhere, axis=1, keepdims=True)
        pictures = drawn(gan, np.concatenate([low, high, low[b] + steps, low[b] + anywhere]))
        found = reader.predict(pictures.reshape(-1, 784))
        gained = (found[20:].reshape(2, 90) - found[b]) / (found[10 + b] - found[b])
        kept = np.mean(labels_of(pictures[20:110]) == b)
        explained = reader.score(held, known[1][factor])
        return [explained, *np.median(gained, axis=1), kept], pictures

    sums = {name: calculated(factor) for name, factor in
            progress([("slant", "slant"), ("size", "scale"), ("boldness", "weight")], "factors")}
    show_numbers({name: row for name, (row, _) in sums.items()}, first="factor",
                 columns=["its variance that is read off", "share of the way to B gained",
                          "at random", "still a B"])
    for name in ("slant", "size"):
        explained, gained, at_random, kept = sums[name][0]
        claims.add(f"{name}, read off held-out drawn images: share of its variance explained",
                   explained, at_least=0.9)
        claims.add(f"{name} gained by the arithmetic, 1 being all the way: median of 90 pairs",
                   gained, at_least=0.55, at_most=1.3)
        claims.add(f"{name} gained in a random direction of the same length", at_random,
                   at_most=0.3)
        claims.add(f"{name}: share of results that the classifier takes for B", kept,
                   at_least=settings.choose(quick=0.7, full=0.6))

# %% tags=["experiment", "cover"]
with lab.needs("discriminator_loss", "generator_loss", "build_generator", "build_discriminator",
               "DCGAN"):
    _, pictures = sums["slant"]
    low, high = pictures[:10], pictures[10:20]
    others = (np.arange(10) + 3) % 10  # the A of each B from 0 to 9
    results = [pictures[20:110][(a == other) & (b == digit)][0]
               for digit, other in enumerate(others)]
    rows = {"slanted A": high[others], "- upright A": low[others], "+ upright B": low,
            "= slanted B?": results, "slanted B, for comparison": high}
    figure = plots.image_rows(rows, title="Slanted A minus upright A plus upright B is a slanted B",
                              height=5.4, limits=(-1, 1))
    plots.show(figure, "Ten columns of digits. From the top: a slanted digit, the same upright, "
                       "another digit upright, the result, which is that other digit slanted, and "
                       "the slanted one itself for comparison.")

# %% [markdown]
# **The reading.** Slant and size can be added and subtracted: most of the way is gained, and the digit stays. A random step of that length gains next to nothing. Boldness follows only by a third to a half. The
# generator draws bold digits too, but not along one direction for all of them; nothing in its training asked for that. Lecture 42 measures how straight each factor lies.

# %% [markdown]
# ## 11. The failure clinic
#
# Five mistakes, each made on purpose and trained on few images. None of them ends in an error, and most losses look harmless. Your class trains, with your losses; the networks are given
# (`utils.gans`, by the same guidelines), so that what is judged here are the traces that tell the mistakes apart, and not the networks:
#
# | trace | what it is | when healthy |
# |---|---|---|
# | D(x), D(G(z)) | mean answer to real and to generated images | above and below one half, neither 0 nor 1 |
# | pull | size of the derivative of the generator's loss with respect to the logit | near $1 - D(G(z))$ |
# | diversity | distance between generated images over that between real ones | near 1 |
# | change of D, of G | how far the weights move in an epoch, as a share of their length | above 0 |
#
# `training.GANDiagnostics` keeps them, and whether the moving averages of batch normalization move. After the training it names what it finds.
#
# What is broken:
# 1. *saturated loss*: the generator trains with the loss of the theory, $\ln(1 - D(G(z)))$, against a discriminator that learns faster;
# 2. *mode collapse*: the generator learns fast, the discriminator hardly at all;
# 3. *a discriminator that never moves*: `discriminator.trainable = False` is set once before compiling, as recipes from the days of Keras 2 do. There it froze the discriminator only in a
#    model that held both networks. Keras 3 freezes it, and says nothing;
# 4. *batch normalization in the wrong mode*: whatever the step asks for, the networks are called with `training=False`;
# 5. *labels reversed* in the discriminator's loss.

# %% tags=["experiment"]
with lab.needs("discriminator_loss", "generator_loss", "build_generator", "build_discriminator",
               "DCGAN"):
    class Inference(keras.Model):
        """A network that behaves as when it is used, also in training."""

        def __init__(self, network):
            super().__init__()
            self.network = network

        def call(self, inputs, training=None):
            return self.network(inputs, training=False)

    def freeze(network):
        network.trainable = False
        return network

    def same(network):
        return network

    def examined(change_generator=same, change_discriminator=same,
                 rates=(LEARNING_RATE, LEARNING_RATE), **losses):
        """A DCGAN with a mistake, trained on few images: its diagnostics and fifteen images."""
        keras.utils.set_random_seed(settings.seed)
        broken = DCGAN(change_generator(gans.build_generator(28, LATENTS, filters=16)),
                       change_discriminator(gans.build_discriminator(28, filters=16)),
                       LATENTS, settings.seed)
        broken.compile(*(keras.optimizers.Adam(rate, beta_1=BETA_1) for rate in rates), **losses)
        diagnostics = training.GANDiagnostics(train_images[:400], fixed)
        training.fit(broken, train_images[:CLINIC_IMAGES], batch=BATCH, epochs=CLINIC_EPOCHS,
                     seed=settings.seed, drop_remainder=True, callbacks=[diagnostics])
        return diagnostics, drawn(broken, fixed[:15])

    def reversed_labels(real_logits, fake_logits):
        return discriminator_loss(fake_logits, real_logits)

    cases = {
        "nothing": {},
        "saturated loss": {"rates": (5e-3, LEARNING_RATE), "generator_loss": saturating_loss},
        "mode collapse": {"rates": (1e-4, 3e-2)},
        "discriminator never moves": {"change_discriminator": freeze},
        "batch normalization in the wrong mode": {"change_generator": Inference,
                                                  "change_discriminator": Inference},
        "labels reversed": {"discriminator_loss": reversed_labels}}
    patients = {name: examined(**case) for name, case in progress(cases.items(), "trainings")}

# %% tags=["experiment"]
with lab.needs("discriminator_loss", "generator_loss", "build_generator", "build_discriminator",
               "DCGAN"):
    figure, panels = plots.new_figure(2, 2, title="What the losses do not show", height=6)
    names = "fake_probability", "pull", "diversity", "discriminator_change"
    labels = ("D(G(z))", "pull on the generator", "diversity of the images",
              "change of the discriminator")
    for ax, name, label in zip(panels.flat, names, labels):
        plots.curves(ax, range(1, CLINIC_EPOCHS + 1),
                     {patient: found.traces[name] for patient, (found, _) in patients.items()},
                     xlabel="epoch", ylabel=label, points=True)
        ax.get_legend().remove()
    lines = panels.flat[0].get_legend_handles_labels()
    figure.legend(*lines, loc="outside lower center", ncols=3)
    plots.show(figure, "Four panels of curves over epochs, one curve for each of the six trainings: "
                       "the discriminator's answer to generated images, the pull on the generator, "
                       "the diversity of images and the change of the discriminator. In each panel "
                       "other trainings leave the band around the healthy one.")
    rows = {name: images for name, (_, images) in patients.items()}
    figure = plots.image_rows(rows, height=4.6,
                              title="The same latents, six trainings", limits=(-1, 1))
    plots.show(figure, "Six rows of fifteen pictures of the same latents. Healthy: rough digits. "
                       "Saturated and reversed labels: stains. Collapse: the same picture fifteen "
                       "times. A fixed discriminator and the wrong mode: patterns that are no "
                       "digits.")
    for name, (found, _) in patients.items():
        print(f"Broken: {name}. Found: {found.failure or 'nothing'}. {found.advice}\n")
    claims.add("failures that the diagnostics name rightly, of 5",
               sum(name == found.failure for name, (found, _) in patients.items()), at_least=5)
    claims.add("false alarms in the healthy training", at_most=0,
               value=int(bool(patients["nothing"][0].failure)))
    print(f"Your own networks, section 5. Found: {healthy.failure or 'nothing'}. {healthy.advice}")
    caught, free = (patients[name][0].traces["pull"][-1] for name in ("saturated loss", "nothing"))
    claims.add("pull on the generator, saturated over healthy", caught / free, at_most=0.2)

# %% [markdown]
# ## 12. Faces
#
# Your class knows nothing of digits. In the profile `full` it trains on photographs of faces with 64x64 pixels, with networks of the paper's depth, which double four times. The
# quick profile has no such images: there this cell has nothing to do.

# %% tags=["experiment"]
if FACES:
    with lab.needs("discriminator_loss", "generator_loss", "DCGAN"):
        faces = 2 * load_arrays(FACES, "train", count=FACE_IMAGES, size=64)["image"] - 1
        options = {"strides": 2, "padding": "same",
                   "kernel_initializer": keras.initializers.RandomNormal(stddev=0.02)}
        generator = keras.Sequential([
            keras.Input((100,)), layers.Dense(4 * 4 * 512, use_bias=False),
            layers.BatchNormalization(momentum=0.9), layers.ReLU(), layers.Reshape((4, 4, 512))])
        discriminator = keras.Sequential([keras.Input((64, 64, 3))])
        for filters in (256, 128, 64):  # 4x4 => 8x8 => 16x16 => 32x32
            generator.add(layers.Conv2DTranspose(filters, 4, use_bias=False, **options))
            generator.add(layers.BatchNormalization(momentum=0.9))
            generator.add(layers.ReLU())
        generator.add(layers.Conv2DTranspose(3, 4, activation="tanh", dtype="float32", **options))
        for filters in (64, 128, 256, 512):  # 64x64 => 32x32 => 16x16 => 8x8 => 4x4
            discriminator.add(layers.Conv2D(filters, 4, **options))
            if filters > 64:
                discriminator.add(layers.BatchNormalization(momentum=0.9))
            discriminator.add(layers.LeakyReLU(0.2))
        discriminator.add(layers.Flatten())
        discriminator.add(layers.Dense(1, dtype="float32"))
        face_gan = DCGAN(generator, discriminator, 100, settings.seed)
        face_gan.compile(*(keras.optimizers.Adam(2e-4, beta_1=BETA_1) for _ in range(2)))
        latents = np.random.default_rng(0).standard_normal((60, 100)).astype("float32")
        face_traces = training.GANDiagnostics(faces[:400], latents)
        training.fit(face_gan, faces, batch=128, epochs=FACE_EPOCHS, seed=settings.seed,
                     drop_remainder=True, callbacks=[face_traces])
        figure, ax = plots.new_figure(title="Sixty images of faces that nobody has", height=5)
        plots.image_row(ax, drawn(face_gan, latents) / 2 + 0.5, columns=12)
        plots.show(figure, "Sixty small pictures of faces, drawn by the generator.")
        claims.add("faces: diversity of generated images, 1 for as much as real ones",
                   face_traces.traces["diversity"][-1], at_least=0.5)

# %% [markdown]
# ## 13. Claims
# What this notebook has measured, each number beside the bound that it must keep.

# %% tags=["experiment"]
with lab.needs("discriminator_loss", "generator_loss", "build_generator", "build_discriminator",
               "DCGAN", "nearest_neighbours", "interpolate"):
    claims.table()

# %%
lab.score()

# %% [markdown]
# ### To think about
# 1. The discriminator is right more often at the end than at the start of the training, and the images are better. How can both be?
# 2. A classmate shows a Frechet distance of 9, you have 22. What do you have to know before you believe that theirs is the better generator?
# 3. Held-out images are as near to the training images as generated ones. Does that prove that the generator has learned nothing by heart?

# %% [markdown] tags=["answer"]
# **Answers for teachers.**
# 1. It has learned, too. Its task gets harder as the images get better, and it has had thousands of steps to find what still gives them away. Its probability compares it with the
#    generator of that moment; it measures no distance to the data.
# 2. The same real images, the same number of both, the same network for the features, the same range of values. With fewer images the distance is larger (two halves of the real images have
#    one above 0), and another network has other units. And whether the images are new: copies of training images would have a very small one.
# 3. No. It finds copies of whole images, pixel by pixel. An image moved by two pixels is far away by this measure and still a copy; features instead of pixels, or distances after
#    alignment, would find that one. And a part of a digit may be a copy where the whole is not.

# %% [markdown]
# ### Sources
# - I. Goodfellow et al., *Generative adversarial nets*, NeurIPS 2014, section 3 and algorithm 1.
# - A. Radford, L. Metz, S. Chintala, *Unsupervised representation learning with deep convolutional generative adversarial networks*, ICLR 2016, sections 3, 4 and 6.3.2.
# - M. Heusel et al., *GANs trained by a two time-scale update rule converge to a local Nash equilibrium*, NeurIPS 2017 (Frechet distance).
# - M. Binkowski et al., *Demystifying MMD GANs*, ICLR 2018 (kernel distance).
# - K. Shoemake, *Animating rotation with quaternion curves*, SIGGRAPH 1985, section 3.3 (spherical interpolation).
# - T. White, *Sampling generative networks*, 2016, section 3 (why spherical).
# - P. Micikevicius et al., *Mixed precision training*, ICLR 2018, section 3.2 (loss scaling).
#
# **Next:** [42: The latent space of a GAN](../notebooks/42_latent_space_of_a_gan.ipynb) switches the guidelines off one at a time.
