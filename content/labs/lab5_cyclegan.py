# ---
# jupyter:
#   course:
#     time_limit_s: 700
#     memory_limit_gb: 4
# ---

# %% [markdown]
# # Lab 5: CycleGAN, translation without pairs
#
# What would this horse look like as a zebra? Whoever had a thousand pictures of animals in both coats could train a network on pairs. Nobody has them. There are pictures of
# horses, and there are other pictures, of zebras. CycleGAN learns from these two heaps alone: a translated horse has to pass for a zebra, and translated back it has to be the horse again.
#
# With photographs nobody can say how well that works, as no horse has a true partner among the zebras. Here the pictures are drawn, stripes are fixed to
# the body, and the true partner of every test picture is known. The networks never see one; you will measure against it.
#
# **You will** write the layers, both kinds of networks, the losses and the training step over four networks; work out what a discriminator sees;
# measure how far translations are from the truth, on the animal and beside it; and take losses away to see what each of them is for.
#
# | | |
# |---|---|
# | Time | about 110 minutes; everything runs in three minutes on two cores |
# | Needs | no network, no GPU, 3 GB of memory |
# | Points | 18, in ten questions |
# | Before | [15: Image translation](../notebooks/15_image_translation.ipynb), [Lab 4](lab4_dcgan.ipynb) |
#
# At the end you will have made this figure:
#
# ![Rows of pictures, each in three: a horse, the zebra that the network made of it, and the zebra that it really is; below the same from zebra to horse.](../docs/figures/lab5_cyclegan.png)
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

from utils import metrics, plots, training
from utils.checks import Lab
from utils.claims import Claims, show_numbers
from utils.data import load_arrays

lab = Lab("lab5_cyclegan", globals())
claims = Claims("lab5_cyclegan")

# %% [markdown]
# ### Settings

# %%
#SETTINGS

# %% [markdown]
# ### Two heaps of pictures
#
# Values from -1 to 1, as the generators will end in a tanh. `partner` and `animal` are for measuring alone: the same scene with the other coat, and how much of each pixel
# the animal covers.


# %%
#DATA

# %% [markdown]
# ## 1. Padding by reflection
#
# A convolution that adds zeros at the border sees a black frame around every picture, and a generator has to spend weights on painting over it. A mirror image of the border looks like more of the same picture.
# The border pixels themselves are not repeated: of 1 2 3, padded by two, becomes 3 2 **1 2 3** 2 1.
#
# ### Question 1 (1 point): write `reflection_pad`
#
# <details><summary>Hint 1: one call</summary><code>ops.pad</code> of Keras takes, for each axis, how much goes before and how much after.</details>
# <details><summary>Hint 2: which axes?</summary>Only height and width: <code>[[0, 0], [pixels, pixels], [pixels, pixels], [0, 0]]</code>.</details>
# <details><summary>Hint 3: which mode?</summary><code>"reflect"</code> leaves the border pixel out of the mirror image, <code>"symmetric"</code> repeats it.</details>


# %%
def reflection_pad(images, pixels):
    """Images with their mirror image around them.

    Args:
        images: tensor, array or Keras tensor (n, height, width, channels).
        pixels: int, on each of the four sides, less than height and width.

    Returns:
        tensor (n, height + 2 pixels, width + 2 pixels, channels). A row 1 2 3 by 2: 3 2 1 2 3 2 1.
    """
    ### BEGIN SOLUTION
    around = [pixels, pixels]
    return ops.pad(images, [[0, 0], around, around, [0, 0]], mode="reflect")
    ### END SOLUTION


# %%
lab.check("reflection_pad")
### BEGIN HIDDEN TESTS
lab.check("reflection_pad", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 2. Each picture by itself
#
# Batch normalization mixes the pictures of a batch: what one of them becomes depends on its neighbours, and CycleGAN is trained with one picture at a time. *Instance normalization* (Ulyanov,
# Vedaldi and Lempitsky 2016) takes mean and variance over the pixels of one picture and one channel alone, in training and afterwards alike:
#
# $$y_{nijc} = \gamma_c \, \frac{x_{nijc} - \mu_{nc}}{\sqrt{\sigma^2_{nc} + \epsilon}} + \beta_c, \qquad
# \mu_{nc} = \frac{1}{HW} \sum_{ij} x_{nijc}, \qquad \sigma^2_{nc} = \frac{1}{HW} \sum_{ij} (x_{nijc} - \mu_{nc})^2$$
#
# The contrast of a picture is its style, and this layer takes it away; $\gamma_c$ and $\beta_c$, one each for every channel, put a learned one in its place. They begin as 1 and 0.
#
# ### Question 2 (2 points): write `InstanceNormalization`
#
# <details><summary>Hint 1: the weights</summary>In <code>build(self, shape)</code>: <code>self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")</code>, and another one with zeros.</details>
# <details><summary>Hint 2: which axes?</summary>Of (n, height, width, channels) the mean goes over 1 and 2; with <code>keepdims=True</code> it can be subtracted at once.</details>
# <details><summary>Hint 3: where epsilon stands</summary>Under the root, with the variance: an even picture has variance 0, and must not be divided by 0.</details>


# %%
class InstanceNormalization(layers.Layer):
    """Normalizes each channel of each image over its pixels; then a learned scale and offset.

    Args:
        epsilon: float, added to the variance under the root.

    Input and output (n, height, width, channels). Weights: scale (channels,), ones at first, and
    offset (channels,), zeros. The same in training and afterwards.
    """

    def __init__(self, epsilon=1e-5, **options):
        super().__init__(**options)
        self.epsilon = epsilon

    ### BEGIN SOLUTION
    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")
        self.offset = self.add_weight(shape=(shape[-1],), initializer="zeros", name="offset")

    def call(self, images):
        mean = ops.mean(images, axis=(1, 2), keepdims=True)
        variance = ops.mean(ops.square(images - mean), axis=(1, 2), keepdims=True)
        return self.scale * (images - mean) / ops.sqrt(variance + self.epsilon) + self.offset
    ### END SOLUTION


# %%
lab.check("InstanceNormalization")
### BEGIN HIDDEN TESTS
lab.check("InstanceNormalization", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 3. The generator
#
# It takes an image and gives one of the same size, most of which shall stay as it is. The network of Johnson, Alahi and Fei-Fei (2016), which CycleGAN took over, makes the image smaller, works on
# the small one in *residual blocks*, and makes it large again:
#
# - one convolution with a 7x7 kernel and `filters` filters;
# - `downsamplings` times a 3x3 convolution with stride 2, each with twice the filters of the one before;
# - `blocks` residual blocks, $x + f(x)$, where $f$ is two 3x3 convolutions, ReLU between them and none behind;
# - as many 3x3 transposed convolutions with stride 2, each with half the filters;
# - a 7x7 convolution to three colours, and tanh.
#
# Every convolution but the last is followed by instance normalization and, except at the end of a block, by ReLU. The mean is subtracted right behind the convolution, so it needs no bias. Convolutions with stride 1 are padded by reflection, with
# half their kernel size. Weights begin as draws of $N(0, 0.02^2)$.
#
# ### Question 3 (2 points): write `build_generator`
#
# <details><summary>Hint 1: padding</summary><code>layers.Conv2D(filters, 7)(reflection_pad(x, 3))</code> keeps the size; for a 3x3 kernel pad by 1. With stride 2: <code>padding="same"</code>.</details>
# <details><summary>Hint 2: a block</summary><code>change = ...(x)</code>, then <code>x = x + change</code>: tensors of Keras can be added as they are. Its second convolution has normalization and no ReLU.</details>
# <details><summary>Hint 3: any size</summary><code>keras.Input((None, None, 3))</code>. At the end <code>layers.Conv2D(3, 7, activation="tanh", dtype="float32")</code>.</details>


# %%
def build_generator(filters, downsamplings, blocks):
    """The residual generator of CycleGAN.

    Args:
        filters: int, of the first layer; doubled by each downsampling.
        downsamplings: int, convolutions with stride 2 and as many transposed ones; 2 in the paper.
        blocks: int, residual blocks; 9 in the paper, for images of 256 pixels.

    Returns:
        Keras model, images (n, height, width, 3) -> images of the same shape between -1 and 1,
        float32, for every height and width that can be halved `downsamplings` times.
        build_generator(64, 2, 9) has 11,383,427 weights.
    """
    ### BEGIN SOLUTION
    draws = keras.initializers.RandomNormal(stddev=0.02)

    def normalized(x, activation=True):
        x = InstanceNormalization()(x)
        return layers.ReLU()(x) if activation else x

    def convolution(x, filters, kernel):
        return layers.Conv2D(filters, kernel, use_bias=False, kernel_initializer=draws)(
            reflection_pad(x, kernel // 2))

    images = keras.Input((None, None, 3))
    x = normalized(convolution(images, filters, 7))
    sizes = [filters * 2**level for level in range(downsamplings + 1)]
    for size in sizes[1:]:
        x = normalized(layers.Conv2D(size, 3, strides=2, padding="same", use_bias=False,
                                     kernel_initializer=draws)(x))
    for _ in range(blocks):
        change = normalized(convolution(x, sizes[-1], 3))
        x = x + normalized(convolution(change, sizes[-1], 3), activation=False)
    for size in sizes[-2::-1]:
        x = normalized(layers.Conv2DTranspose(size, 3, strides=2, padding="same", use_bias=False,
                                              kernel_initializer=draws)(x))
    x = layers.Conv2D(3, 7, activation="tanh", kernel_initializer=draws, dtype="float32")(
        reflection_pad(x, 3))
    return keras.Model(images, x)
    ### END SOLUTION


# %%
lab.check("build_generator")
### BEGIN HIDDEN TESTS
lab.check("build_generator", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 4. What a discriminator sees
#
# CycleGAN's discriminators are *PatchGANs* (Isola, Zhu, Zhou and Efros 2017): instead of one answer for the whole image they give a map of answers, each of which depends on a patch of the image only. How large is
# the patch? Go backwards. One output sees `kernel` pixels of the last layer's input. Where $r$ neighbouring pixels of a layer's output are seen, their inputs are $(r - 1) \cdot \text{stride}$ pixels apart from first to last, and at the
# ends half a kernel sticks out on each side:
#
# $$r_\text{in} = (r_\text{out} - 1) \cdot \text{stride} + \text{kernel}$$
#
# ### Question 4 (2 points): write `receptive_field`
#
# <details><summary>Hint 1: where to start</summary>With <code>field = 1</code>, one output, behind the last layer.</details>
# <details><summary>Hint 2: the direction</summary>From the last layer to the first: <code>zip(reversed(kernels), reversed(strides))</code>.</details>
# <details><summary>Hint 3: check yourself</summary>Two 3x3 convolutions with stride 1 see 5 pixels. If the first one has stride 2, they see 7.</details>


# %%
def receptive_field(kernels, strides):
    """How many pixels of the image, on each side, one output of a stack of convolutions sees.

    Args:
        kernels, strides: lists of int, one entry for each layer, from the first to the last.

    Returns:
        int. receptive_field([3, 3], [2, 1]) is 7.
    """
    ### BEGIN SOLUTION
    field = 1
    for kernel, stride in zip(reversed(kernels), reversed(strides)):
        field = (field - 1) * stride + kernel
    return field
    ### END SOLUTION


# %%
lab.check("receptive_field")
### BEGIN HIDDEN TESTS
lab.check("receptive_field", hidden=True)
### END HIDDEN TESTS

#RECEPTIVE

# %% [markdown]
# ## 5. The discriminator
#
# All kernels are 4x4, all paddings `"same"`:
#
# - `downsamplings` convolutions with stride 2; the first has `filters` filters, each further one twice as many, up to eight times `filters`;
# - one convolution with stride 1 and twice as many filters again, within the same limit;
# - one convolution with stride 1 and one filter: the logits.
#
# LeakyReLU with slope 0.2 follows every one but the last, and instance normalization stands before it in all but the first, which has to see the colours as they are.
#
# ### Question 5 (1 point): write `build_discriminator`
#
# <details><summary>Hint 1: the first layer</summary><code>layers.Conv2D(filters, 4, strides=2, padding="same")</code>, then <code>layers.LeakyReLU(0.2)</code>; no normalization.</details>
# <details><summary>Hint 2: the sizes</summary><code>min(2**level, 8) * filters</code> for level 0, 1, ..., <code>downsamplings</code>; the last of these has stride 1.</details>
# <details><summary>Hint 3: the end</summary><code>layers.Conv2D(1, 4, padding="same", dtype="float32")</code>: no activation, no flattening, no dense layer.</details>


# %%
def build_discriminator(filters, downsamplings):
    """The PatchGAN discriminator.

    Args:
        filters: int, of the first layer.
        downsamplings: int, convolutions with stride 2; 3 in the paper.

    Returns:
        Keras model, images (n, height, width, 3) -> logits (n, height / s, width / s, 1), float32,
        with s = 2^downsamplings; two further convolutions have stride 1.
        build_discriminator(64, 3) has 2,765,633 weights.
    """
    ### BEGIN SOLUTION
    draws = keras.initializers.RandomNormal(stddev=0.02)
    images = keras.Input((None, None, 3))
    x = layers.Conv2D(filters, 4, strides=2, padding="same", kernel_initializer=draws)(images)
    x = layers.LeakyReLU(0.2)(x)
    for level in range(1, downsamplings + 1):
        x = layers.Conv2D(min(2**level, 8) * filters, 4, strides=2 if level < downsamplings else 1,
                          padding="same", use_bias=False, kernel_initializer=draws)(x)
        x = layers.LeakyReLU(0.2)(InstanceNormalization()(x))
    x = layers.Conv2D(1, 4, padding="same", kernel_initializer=draws, dtype="float32")(x)
    return keras.Model(images, x)
    ### END SOLUTION


# %%
lab.check("build_discriminator")
### BEGIN HIDDEN TESTS
lab.check("build_discriminator", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 6. Three losses
#
# **Passing for real.** CycleGAN replaces the cross-entropy of lab 4 by squares (Mao and others 2017): the logit of a real image shall be 1, that of a generated one 0. The loss is the mean over all logits of the map, and no sigmoid stands anywhere.
# A discriminator pays half the sum of both; a generator pays when the discriminator's answer to its image is not 1.
#
# **Coming back.** An image that was translated and translated back shall be the same. The mean of the absolute difference, over pixels, colours and images, leaves edges sharper than the square would:
# $\frac{1}{N} \sum |F(G(x)) - x|$.
#
# **Leaving alone what is right already.** A zebra given to the generator of zebras shall stay as it is: $\frac{1}{N} \sum |G(y) - y|$.
#
# ### Question 6 (2 points): write `adversarial_loss`
#
# <details><summary>Hint 1: a target</summary>1 where the logits shall look real, otherwise 0: <code>float(target_is_real)</code>.</details>
# <details><summary>Hint 2: square, then mean</summary><code>ops.mean(ops.square(logits - target))</code>.</details>
# <details><summary>Hint 3: no half</summary>The half of the discriminator comes in its training step, not here.</details>


# %%
def adversarial_loss(logits, target_is_real):
    """Least squares: how far a discriminator's answers are from what is wanted of them.

    Args:
        logits: tensor or array of any shape, a discriminator's answers.
        target_is_real: bool, whether they shall be 1 (real) or 0 (generated).

    Returns:
        scalar tensor. Logits 0.5 and -1: 2.125 where real is wanted, else 0.625.
    """
    ### BEGIN SOLUTION
    return ops.mean(ops.square(logits - float(target_is_real)))
    ### END SOLUTION


# %%
lab.check("adversarial_loss")
### BEGIN HIDDEN TESTS
lab.check("adversarial_loss", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ### Question 7 (1 point): write `cycle_loss`
#
# <details><summary>Hint 1: no square</summary><code>ops.abs</code> of the difference.</details>
# <details><summary>Hint 2: over what?</summary>The mean over everything: images, pixels and colours.</details>
# <details><summary>Hint 3: no weight</summary>The factor of 10 comes in the training step.</details>


# %%
def cycle_loss(images, cycled):
    """Mean absolute difference between images and the same, translated there and back.

    Args:
        images, cycled: tensors or arrays (n, height, width, channels).

    Returns:
        scalar tensor, in the units of the images. All values off by 0.2: 0.2.
    """
    ### BEGIN SOLUTION
    return ops.mean(ops.abs(images - cycled))
    ### END SOLUTION


# %%
lab.check("cycle_loss")
### BEGIN HIDDEN TESTS
lab.check("cycle_loss", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ### Question 8 (1 point): write `identity_loss`
#
# <details><summary>Hint 1: have you seen it?</summary>It is the same formula; only what goes in differs.</details>
# <details><summary>Hint 2: which images?</summary>Both are of one domain: zebras, and what the generator of zebras makes of zebras.</details>
# <details><summary>Hint 3: no weight</summary>The factor of 5 comes in the training step.</details>


# %%
def identity_loss(images, mapped):
    """Mean absolute difference between images and what the generator of their own domain does.

    Args:
        images: tensor or array (n, height, width, channels), of the domain that a generator makes.
        mapped: the same images after that generator.

    Returns:
        scalar tensor, in the units of the images. All values off by 0.2: 0.2.
    """
    ### BEGIN SOLUTION
    return ops.mean(ops.abs(images - mapped))
    ### END SOLUTION


# %%
lab.check("identity_loss")
### BEGIN HIDDEN TESTS
lab.check("identity_loss", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 7. A pool of older images
#
# A discriminator that only ever sees the generator's latest images forgets what it has learned of the earlier ones, and both can chase each other in circles. Shrivastava and others (2017) therefore
# keep a pool. CycleGAN's holds 50 generated images. As long as it has room, each new image goes in and is passed on to the discriminator. When it is full, a coin is thrown for every new image: either it is passed on as it is, or it takes
# the place of a random one in the pool, and that older one is passed on.
#
# Inside a compiled training step, a Python list would be filled once, while the step is traced, and never again. State has to live in variables: `images` for the pool, `seen` for how many images have come in. They are given.
#
# ### Question 9 (2 points): write `ImagePool`
#
# <details><summary>Hint 1: whose place?</summary>While there is room, image number k of the batch goes to place <code>self.seen + k</code>; afterwards to random places. <code>ops.argsort</code> of random numbers gives places of which no two are the same.</details>
# <details><summary>Hint 2: no if</summary>Whether there is room is not known while the step is traced: <code>ops.where(condition, this, that)</code> chooses for each image. Conditions (n,) become (n, 1, 1, 1) by <code>[:, None, None, None]</code>.</details>
# <details><summary>Hint 3: writing</summary>Read the old images first, with <code>ops.take(self.images, place, axis=0)</code>. Then <code>self.images.assign(ops.scatter_update(self.images, place[:, None], new))</code>, and raise <code>self.seen</code>.</details>


# %%
class ImagePool(layers.Layer):
    """Generated images of earlier steps, half of which a discriminator sees instead of new ones.

    Args:
        image_shape: height, width, channels.
        size: int, images in the pool; batches are not larger.
        seed: int, of coins and places.

    Input: images (n, height, width, channels). Output of the same shape: every image either itself,
    which it always is while the pool fills, or, with probability one half, an older one that was in
    the pool before this call and whose place it takes.
    """

    def __init__(self, image_shape, size=50, seed=0, **options):
        super().__init__(**options)
        self.size = size
        self.images = self.add_weight(shape=(size, *image_shape), initializer="zeros",
                                      trainable=False, name="images")
        self.seen = self.add_weight(shape=(), initializer="zeros", dtype="int32",
                                    trainable=False, name="seen")
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, images):
        """What a discriminator shall see instead of these images; keeps some of them."""
        ### BEGIN SOLUTION
        count = ops.shape(images)[0]
        coins, draws = keras.random.uniform((2, self.size), seed=self.seed_generator)
        next_place = self.seen + ops.arange(count, dtype="int32")
        room = next_place < self.size
        place = ops.where(room, next_place, ops.cast(ops.argsort(draws)[:count], "int32"))
        swap = ops.logical_and(ops.logical_not(room), coins[:count] < 0.5)
        older = ops.take(self.images, place, axis=0)

        kept = ops.logical_or(room, swap)[:, None, None, None]
        self.images.assign(ops.scatter_update(self.images, place[:, None],
                                              ops.where(kept, images, older)))
        self.seen.assign(ops.minimum(self.seen + count, self.size))
        return ops.where(swap[:, None, None, None], older, images)
        ### END SOLUTION


# %%
lab.check("ImagePool")
### BEGIN HIDDEN TESTS
lab.check("ImagePool", hidden=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 8. Four networks
#
# Two generators, $G$ from A to B and $F$ from B to A, and two discriminators, $D_A$ and $D_B$. One call of `train_step` on images $a$ and $b$:
#
# 1. translate both, $G(a)$ and $F(b)$; translate them back, $F(G(a))$ and $G(F(b))$; and show each generator an image of the domain it makes, $G(b)$ and $F(a)$.
# 2. Both generators go down the gradient of one sum, in which $L_\text{adv}$ asks for "real":
# $$L = L_\text{adv}(D_B(G(a))) + L_\text{adv}(D_A(F(b))) + \lambda \bigl(L_\text{cyc}(a, F(G(a))) + L_\text{cyc}(b, G(F(b)))\bigr) + \lambda_\text{id} \bigl(L_\text{id}(a, F(a)) + L_\text{id}(b, G(b))\bigr)$$
#    with $\lambda = 10$ and $\lambda_\text{id} = 5$. Each has its own optimizer and gets the gradient for its own weights: the cycle goes through both.
# 3. Each discriminator goes down the gradient of half the sum of its losses on real images of its domain and on generated ones, which come from its pool.
#
# Nothing here mixes the images of a batch, so a network can take two batches in one call: `twice` puts them one behind the other and takes the answers apart. That saves time, most of all while the step is traced.
#
# ### Question 10 (4 points): write `CycleGAN`
#
# <details><summary>Hint 1: the generators</summary>All six translations and both discriminators' answers to new translations inside one <code>with tf.GradientTape() as tape</code>. Then <code>tape.gradient(loss, [its variables, the other's variables])</code> gives two lists.</details>
# <details><summary>Hint 2: who judges whom?</summary><code>a_to_b</code> makes B, so <code>discriminator_b</code> judges what it makes.</details>
# <details><summary>Hint 3: the discriminators</summary>After the generators' step, with the translations you have: <code>fakes = self.pool_b(fake_b)</code> before a new tape, inside it <code>self.twice(self.discriminator_b, real_b, fakes)</code>, half the sum of two adversarial losses, and the gradient for this discriminator's variables.</details>


# %%
class CycleGAN(keras.Model):
    """Two generators and two discriminators, trained by `fit` on pairs of batches (a, b).

    Args:
        a_to_b, b_to_a: Keras models, images -> images.
        discriminator_a, discriminator_b: Keras models, images -> maps of logits.
        image_shape: height, width, channels.
        pool_size: int, images in each pool.
        cycle_weight, identity_weight: float, of these losses beside the adversarial one.
        seed: int, of the pools.

    Each step returns `adversarial_loss`, `cycle_loss`, `identity_loss` and
    `discriminator_loss`, means since the epoch began. Each is the mean of its two
    directions, without weights, as it was before the step's updates.
    """

    def __init__(self, a_to_b, b_to_a, discriminator_a, discriminator_b, image_shape,
                 pool_size=50, cycle_weight=10.0, identity_weight=5.0, seed=0, **options):
        super().__init__(**options)
        self.a_to_b, self.b_to_a = a_to_b, b_to_a
        self.discriminator_a, self.discriminator_b = discriminator_a, discriminator_b
        self.pool_a = ImagePool(image_shape, pool_size, seed)
        self.pool_b = ImagePool(image_shape, pool_size, seed + 1)
        self.cycle_weight, self.identity_weight = cycle_weight, identity_weight
        names = "adversarial_loss", "cycle_loss", "identity_loss", "discriminator_loss"
        self.trackers = [keras.metrics.Mean(name) for name in names]

    def compile(self, a_to_b_optimizer, b_to_a_optimizer, discriminator_a_optimizer,
                discriminator_b_optimizer, **options):
        """An optimizer for each network."""
        super().compile(**options)
        self.a_to_b_optimizer, self.b_to_a_optimizer = a_to_b_optimizer, b_to_a_optimizer
        self.discriminator_a_optimizer = discriminator_a_optimizer
        self.discriminator_b_optimizer = discriminator_b_optimizer

    def twice(self, network, first, second):
        """A network's answers to two batches of equally many images, in one call."""
        return ops.split(network(ops.concatenate([first, second]), training=True), 2)

    def track(self, *values):
        """Update the trackers with four values, in their order; return {name: mean so far}."""
        for tracker, value in zip(self.trackers, values):
            tracker.update_state(value)
        return {tracker.name: tracker.result() for tracker in self.trackers}

    def train_step(self, images):
        """One step of all four networks, the generators first.

        images: pair (a, b) of tensors (n, height, width, channels). Networks are called with
        `training=True`; discriminators learn from what their pools give. Returns what `track`
        gives.
        """
        ### BEGIN SOLUTION
        real_a, real_b = images
        with tf.GradientTape() as tape:
            fake_b, same_b = self.twice(self.a_to_b, real_a, real_b)
            fake_a, same_a = self.twice(self.b_to_a, real_b, real_a)
            cycled_a = self.b_to_a(fake_b, training=True)
            cycled_b = self.a_to_b(fake_a, training=True)
            adversarial = (adversarial_loss(self.discriminator_a(fake_a, training=True), True)
                           + adversarial_loss(self.discriminator_b(fake_b, training=True), True))
            cycle = cycle_loss(real_a, cycled_a) + cycle_loss(real_b, cycled_b)
            identity = identity_loss(real_a, same_a) + identity_loss(real_b, same_b)
            loss = adversarial + self.cycle_weight * cycle + self.identity_weight * identity
        variables = self.a_to_b.trainable_variables, self.b_to_a.trainable_variables
        gradients = tape.gradient(loss, variables)
        self.a_to_b_optimizer.apply(gradients[0], variables[0])
        self.b_to_a_optimizer.apply(gradients[1], variables[1])

        losses = []
        for discriminator, optimizer, real, fake in (
                (self.discriminator_a, self.discriminator_a_optimizer, real_a, self.pool_a(fake_a)),
                (self.discriminator_b, self.discriminator_b_optimizer, real_b, self.pool_b(fake_b))):
            with tf.GradientTape() as tape:
                real_logits, fake_logits = self.twice(discriminator, real, fake)
                losses.append((adversarial_loss(real_logits, True)
                               + adversarial_loss(fake_logits, False)) / 2)
            variables = discriminator.trainable_variables
            optimizer.apply(tape.gradient(losses[-1], variables), variables)
        return self.track(adversarial / 2, cycle / 2, identity / 2, sum(losses) / 2)
        ### END SOLUTION


# %%
lab.check("CycleGAN")
### BEGIN HIDDEN TESTS
lab.check("CycleGAN", hidden=True)
### END HIDDEN TESTS
