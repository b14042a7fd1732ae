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
# | Time | about 110 minutes; everything runs in three to five minutes on two cores |
# | Needs | no network, no GPU, 3 GB of memory |
# | Points | 18, in ten questions |
# | Before | [51: Image translation](../notebooks/51_image_translation.ipynb), [Lab 4](lab4_dcgan.ipynb) |
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
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from scipy import ndimage

from utils import metrics, plots, training
from utils.checks import Lab
from utils.claims import Claims, show_numbers
from utils.data import load_arrays
from utils.progress import progress

lab = Lab("lab5_cyclegan", globals())
claims = Claims("lab5_cyclegan")

# %% [markdown]
# ### Settings

# %%
# quick: pictures of 32 pixels; full: of 64, larger networks and a longer training.
DATA = settings.choose(quick="horses_zebras", full="horses_zebras/64")
TRAINING_IMAGES = settings.choose(quick=1000, full=2000)
TEST_IMAGES = settings.choose(quick=250, full=500)
FILTERS = settings.choose(quick=16, full=32)  # of the generators
DOWNSAMPLINGS = 1
BLOCKS = settings.choose(quick=2, full=6)
PATCH_FILTERS = settings.choose(quick=32, full=64)  # of the discriminators
PATCH_DOWNSAMPLINGS = 2
BATCH = 2
STEPS = settings.choose(quick=100, full=500)  # of an epoch
EPOCHS = settings.choose(quick=11, full=40)
ABLATION_EPOCHS = settings.choose(quick=4, full=20)
GENERATOR_RATE = 2e-3  # ten times the paper's, for a training a hundred times as short
DISCRIMINATOR_RATE = 2e-4  # see section 9
CYCLE_WEIGHT = 5.0  # half the paper's
IDENTITY_WEIGHT = 2.0
BETA_1 = 0.5  # of Adam
PHOTOGRAPHS = settings.choose(quick={}, full={"cycle_gan/facades": 128,
                                              "cycle_gan/horse2zebra": 256})  # pixels
PHOTOGRAPHS_IN_A_SET = settings.choose(quick=1, full=400)
PHOTO_EPOCHS = settings.choose(quick=0, full=200)

# %% [markdown]
# ### Two heaps of pictures
#
# Values from -1 to 1, as the generators will end in a tanh. `partner` and `animal` are for measuring alone: the same scene with the other coat, and how much of each pixel
# the animal covers.


# %%
def scaled(images):
    """From [0, 1] to [-1, 1]."""
    return 2 * images - 1


train_a, train_b = (scaled(load_arrays(DATA, split, count=TRAINING_IMAGES)["image"])
                    for split in ("trainA", "trainB"))
test_a, test_b = ({name: values if name == "animal" else scaled(values)
                   for name, values in load_arrays(DATA, split, count=TEST_IMAGES).items()
                   if name in ("image", "partner", "animal")}
                  for split in ("testA", "testB"))
figure = plots.image_rows({"A: horses": train_a[:10], "B: zebras": train_b[:10]},
                          title="Two heaps of pictures, no two of the same scene", height=2.6,
                          limits=(-1, 1))
plots.show(figure, "Two rows of small pictures: horses, and zebras in other places, other light "
                   "and other poses, on grass under a sky.")

# %% [markdown]
# ### How far is left?
# Before anything is trained: how far from its partner is a picture that nobody translates? And how far does one come who looks at colours alone? The *colour map* is given what the networks never see, all true partners of the training
# pictures: each colour becomes the median of what this colour becomes. The error is the mean absolute difference, on the scale from black (0) to white (1).


# %%
def errors(images, test):
    """Error against the true partners, on the animal and beside it."""
    truth, estimate = (each / 2 + 0.5 for each in (test["partner"], images))
    return [metrics.translation_error(truth, estimate, share)
            for share in (test["animal"], 1 - test["animal"])]


def cells_of(images):
    """The number of each pixel's colour, of 32^3: (n, height, width)."""
    level = np.clip((images + 1) * 16, 0, 31).astype(int)
    return level @ [32 * 32, 32, 1]


def colour_map(split, test):
    """Test pictures with the best colour for each colour, learned from pictures with partners."""
    known = load_arrays(DATA, split, count=TRAINING_IMAGES)
    cells, partners = cells_of(scaled(known["image"])), scaled(known["partner"])
    places, present = np.unique(cells), cells_of(test["image"])
    medians = np.stack([ndimage.median(partners[..., i], cells, places) for i in range(3)], axis=-1)
    place = np.clip(np.searchsorted(places, present), 0, len(places) - 1)
    return np.where((places[place] == present)[..., None], medians[place], test["image"])


left = {name: errors(test["image"], test) for name, test in (("A", test_a), ("B", test_b))}
mapped = {domain: colour_map(f"train{domain}", test)
          for domain, test in progress([("A", test_a), ("B", test_b)], "domains")}
colours = {"A": errors(mapped["A"], test_a), "B": errors(mapped["B"], test_b)}
show_numbers({"horses, left as they are": left["A"], "horses, best colour for each": colours["A"],
              "zebras, left as they are": left["B"], "zebras, best colour for each": colours["B"]},
             ["error on the animal", "beside it"], first="test pictures")

# %% [markdown]
# **The reading.** The landscape is the same in both coats, so beside the animal a picture that is left alone is perfect. On the animal it is wrong, and colours alone help little: brown becomes black as often as white.

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
# ### Question 2 (2 points): write `InstanceNormalization`'s `build` and `call`
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

    def build(self, shape):
        """Make the weights, for inputs of this shape."""
        ### BEGIN SOLUTION
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")
        self.offset = self.add_weight(shape=(shape[-1],), initializer="zeros", name="offset")
        ### END SOLUTION

    def call(self, images):
        """Images, normalized, scaled and moved."""
        ### BEGIN SOLUTION
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
    def draws():  # a new one for each layer: one and the same would draw the same weights again
        return keras.initializers.RandomNormal(stddev=0.02)

    def normalized(x, activation=True):
        x = InstanceNormalization()(x)
        return layers.ReLU()(x) if activation else x

    def convolution(x, filters, kernel):
        return layers.Conv2D(filters, kernel, use_bias=False, kernel_initializer=draws())(
            reflection_pad(x, kernel // 2))

    images = keras.Input((None, None, 3))
    x = normalized(convolution(images, filters, 7))
    sizes = [filters * 2**level for level in range(downsamplings + 1)]
    for size in sizes[1:]:
        x = normalized(layers.Conv2D(size, 3, strides=2, padding="same", use_bias=False,
                                     kernel_initializer=draws())(x))
    for _ in range(blocks):
        change = normalized(convolution(x, sizes[-1], 3))
        x = x + normalized(convolution(change, sizes[-1], 3), activation=False)
    for size in sizes[-2::-1]:
        x = normalized(layers.Conv2DTranspose(size, 3, strides=2, padding="same", use_bias=False,
                                              kernel_initializer=draws())(x))
    x = layers.Conv2D(3, 7, activation="tanh", kernel_initializer=draws(), dtype="float32")(
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

# %% [markdown]
# **The question.** How large are the patches, of the paper's discriminator and of ours?

# %% tags=["experiment"]
with lab.needs("receptive_field"):
    def patch(downsamplings):
        """Pixels that one output of a discriminator with this many downsamplings sees."""
        return receptive_field([4] * (downsamplings + 2), [2] * downsamplings + [1, 1])

    claims.add("patch of the paper's discriminator, pixels", patch(3), at_least=70, at_most=70,
               published=70, source="Isola et al. 2017, section 3.2.2")
    claims.add("patch of ours, pixels", patch(PATCH_DOWNSAMPLINGS), at_least=34, at_most=34)

# %% [markdown]
# **The reading.** The paper's patch is a quarter of the picture's width: enough to judge what a coat looks like, too little to judge a whole scene. Ours is as large as a quick picture. It has to be, as stripes that are right stand at
# certain places of the body; with a patch of 16 pixels a generator can put white where black belongs, and nobody sees it.

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
# <details><summary>Hint 1: where to look</summary>The list above, from its first to its last entry; your generator has the helpers.</details>
# <details><summary>Hint 2: what to think of</summary>For level 0, 1, ..., <code>downsamplings</code> there are <code>min(2**level, 8) * filters</code> filters; the last of these has stride 1. The first convolution is not normalized.</details>
# <details><summary>Hint 3: nearly the code</summary><code>layers.Conv2D(..., 4, strides=2, padding=&quot;same&quot;, use_bias=False)</code>, <code>InstanceNormalization()</code>, <code>layers.LeakyReLU(0.2)</code>; at the end <code>layers.Conv2D(1, 4, padding=&quot;same&quot;, dtype=&quot;float32&quot;)</code>, without activation, flattening or dense layer.</details>


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
    def draws():
        return keras.initializers.RandomNormal(stddev=0.02)

    images = keras.Input((None, None, 3))
    x = layers.Conv2D(filters, 4, strides=2, padding="same", kernel_initializer=draws())(images)
    x = layers.LeakyReLU(0.2)(x)
    for level in range(1, downsamplings + 1):
        x = layers.Conv2D(min(2**level, 8) * filters, 4, strides=2 if level < downsamplings else 1,
                          padding="same", use_bias=False, kernel_initializer=draws())(x)
        x = layers.LeakyReLU(0.2)(InstanceNormalization()(x))
    x = layers.Conv2D(1, 4, padding="same", kernel_initializer=draws(), dtype="float32")(x)
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
# <details><summary>Hint 1: where to look</summary>The first paragraph: what shall the logit of a real image be, what that of a generated one?</details>
# <details><summary>Hint 2: what to think of</summary>Square the distance from that target, then take the mean over all logits. The half of the discriminator comes in its training step, not here.</details>
# <details><summary>Hint 3: nearly the code</summary><code>ops.mean(ops.square(logits - target))</code>, with a target of <code>float(target_is_real)</code>.</details>


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
# <details><summary>Hint 1: where to look</summary>The second paragraph has the formula, without a square.</details>
# <details><summary>Hint 2: what to think of</summary>The mean is over everything: images, pixels and colours. No weight stands here; it comes in the training step.</details>
# <details><summary>Hint 3: nearly the code</summary><code>ops.mean</code> of <code>ops.abs</code> of the difference.</details>


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
# ### Question 9 (2 points): write `ImagePool`'s `call`
#
# <details><summary>Hint 1: whose place?</summary>While there is room, image number k of the batch goes to place <code>self.seen + k</code>; afterwards to random ones, of those filled before this call. <code>ops.argsort</code> of random numbers gives places of which no two are the same; where a place is empty, put 1 instead of a random number, and it comes last.</details>
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
        draws = keras.random.uniform((2, self.size), seed=self.seed_generator)
        next_place = self.seen + ops.arange(count, dtype="int32")
        room = next_place < self.size
        # The places that were filled before this call, in a random order, then the others.
        filled = ops.arange(self.size, dtype="int32") < self.seen
        order = ops.cast(ops.argsort(ops.where(filled, draws[0], 1.0)), "int32")
        place = ops.where(room, next_place, ops.take(order, ops.maximum(next_place - self.size, 0)))
        swap = ops.logical_and(ops.logical_not(room), draws[1, :count] < 0.5)
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
# ### Question 10 (4 points): write `CycleGAN`'s `train_step`
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
                (self.discriminator_b, self.discriminator_b_optimizer, real_b, self.pool_b(fake_b))
        ):
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

# %% [markdown]
# ## 9. Training
#
# **A start that saves hours.** The untrained generator makes grey of everything, and the paper's trains for days before it is done. On two cores there are two minutes. Most of a picture shall stay as it is, so we let our generators
# give a *change* only and add it inside the tanh, $\tanh(\operatorname{artanh} x + \operatorname{artanh} c)$. By the addition theorem that is $(x + c) / (1 + x c)$: the untrained network
# leaves the picture as it is, and whatever it learns, the result stays between -1 and 1.
#
# Such a start is also a trap. Who leaves everything as it is pays nothing for cycle and identity; only the discriminators object, and once they know for sure what is translated, small changes don't impress them any more.
# With the paper's weights and a fast discriminator some of our trainings never left it. Hence half the weights, and a discriminator that learns ten times slower than the generators.
#
# Each domain comes in an order of its own, and every second picture is mirrored, anew in every epoch.

# %% tags=["experiment"]
with lab.needs("InstanceNormalization", "reflection_pad", "build_generator",
               "build_discriminator", "adversarial_loss", "cycle_loss", "identity_loss",
               "ImagePool", "CycleGAN"):
    def changing(generator):
        """A model that adds what the generator gives to its image, inside the tanh."""
        images = keras.Input((None, None, 3))
        change, kept = generator(images), 0.995 * images
        return keras.Model(images, (kept + change) / (1 + kept * change))

    def mirrored(images, seed):
        """Each image as it is or mirrored, with equal chance."""
        return tf.image.stateless_random_flip_left_right(images, seed)

    def unpaired(first_epoch, a=train_a, b=train_b, batch=BATCH, steps=STEPS):
        """Batches of A and B, each domain in an order of its own."""
        return tf.data.Dataset.zip(tuple(
            training.batches(images, batch, seed=settings.seed + number, steps=steps,
                             first_epoch=first_epoch, augment=mirrored)
            for number, images in enumerate((a, b))))

    def adam(rate, epochs):
        """An optimizer whose rate falls to 0 along a cosine."""
        schedule = keras.optimizers.schedules.CosineDecay(rate, epochs * STEPS)
        return keras.optimizers.Adam(schedule, beta_1=BETA_1)

    def new_cyclegan(epochs, cycle_weight=CYCLE_WEIGHT, identity_weight=IDENTITY_WEIGHT):
        """Four new networks, and four optimizers for a training of so many epochs."""
        keras.utils.set_random_seed(settings.seed)
        generators = [changing(build_generator(FILTERS, DOWNSAMPLINGS, BLOCKS)) for _ in "ab"]
        discriminators = [build_discriminator(PATCH_FILTERS, PATCH_DOWNSAMPLINGS) for _ in "ab"]
        model = CycleGAN(*generators, *discriminators, train_a.shape[1:], seed=settings.seed,
                         cycle_weight=cycle_weight, identity_weight=identity_weight)
        model.compile(*(adam(rate, epochs) for rate in (GENERATOR_RATE, DISCRIMINATOR_RATE)
                        for _ in "ab"))
        return model

# %% tags=["experiment"]
with lab.needs("InstanceNormalization", "reflection_pad", "build_generator",
               "build_discriminator", "adversarial_loss", "cycle_loss", "identity_loss",
               "ImagePool", "CycleGAN"):
    def translated(generator, images):
        return generator.predict(images, batch_size=50, verbose=0)

    def errors_of(each):
        """[[on the animal, beside it] of A to B, the same of B to A]."""
        return [errors(translated(each.a_to_b, test_a["image"]), test_a),
                errors(translated(each.b_to_a, test_b["image"]), test_b)]

    def sheet(epoch):
        title = f"After {epoch} epochs"
        rows = {"": test_a["image"][:10], "A to B": translated(model.a_to_b, test_a["image"][:10]),
                " ": test_b["image"][:10], "B to A": translated(model.b_to_a, test_b["image"][:10])}
        return plots.image_rows(rows, title=title, height=4.6, limits=(-1, 1))

    model = new_cyclegan(EPOCHS)
    monitor = training.FigureEachEpoch(
        sheet, "Four rows of pictures: horses, the zebras that the network makes of them, zebras, "
               "and the horses made of them.")
    way = []  # errors after each epoch
    keeper = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: way.append(errors_of(model)))
    history = training.fit(model, unpaired, epochs=EPOCHS, steps=STEPS, seed=settings.seed,
                           callbacks=[monitor, keeper])

# %% tags=["experiment"]
with lab.needs("InstanceNormalization", "reflection_pad", "build_generator",
               "build_discriminator", "adversarial_loss", "cycle_loss", "identity_loss",
               "ImagePool", "CycleGAN"):
    figure, (first, second) = plots.new_figure(
        1, 2, title="Translations get better while the discriminators give nothing away")
    epochs = range(1, EPOCHS + 1)
    plots.curves(first, epochs, {name.replace("_", " "): history[name] for name in history},
                 xlabel="epoch", ylabel="loss", log="y")
    animals = np.array(way)[:, :, 0] / [left["A"][0], left["B"][0]]
    plots.curves(second, epochs, {"horse to zebra": animals[:, 0], "zebra to horse": animals[:, 1]},
                 xlabel="epoch", ylabel="error, share of leaving it")
    plots.show(figure, "Left, four losses against epochs: cycle and identity loss fall far, the "
                       "adversarial one and the discriminators' stay. Right, the error on the "
                       "animal in both directions, which falls.")
    claims.add("cycle loss: that of the first epoch over that of the last", at_least=1.5,
               value=history["cycle_loss"][0] / history["cycle_loss"][-1])

# %% [markdown]
# ## 10. How far from the truth?

# %% tags=["experiment", "cover"]
with lab.needs("InstanceNormalization", "reflection_pad", "build_generator",
               "build_discriminator", "adversarial_loss", "cycle_loss", "identity_loss",
               "ImagePool", "CycleGAN"):
    made = {"A": translated(model.a_to_b, test_a["image"]),
            "B": translated(model.b_to_a, test_b["image"])}
    chosen = slice(10, 22)
    rows = {"horse": test_a["image"][chosen], "as a zebra, by CycleGAN": made["A"][chosen],
            "the true zebra": test_a["partner"][chosen], "zebra": test_b["image"][chosen],
            "as a horse, by CycleGAN": made["B"][chosen],
            "the true horse": test_b["partner"][chosen]}
    figure = plots.image_rows(rows, title="Translated without ever having seen a pair", height=6.2,
                              limits=(-1, 1))
    plots.show(figure, "Six rows of twelve pictures. Horses, the zebras made of them and the true "
                       "ones, which have their stripes in the same places; below, zebras, the "
                       "horses made of them, with a shadow of stripes, and the true horses.")

# %% tags=["experiment"]
with lab.needs("InstanceNormalization", "reflection_pad", "build_generator",
               "build_discriminator", "adversarial_loss", "cycle_loss", "identity_loss",
               "ImagePool", "CycleGAN"):
    found = {"A": errors(made["A"], test_a), "B": errors(made["B"], test_b)}
    show_numbers({"horses, left as they are": left["A"],
                  "horses, best colour for each": colours["A"], "horses, CycleGAN": found["A"],
                  "zebras, left as they are": left["B"],
                  "zebras, best colour for each": colours["B"], "zebras, CycleGAN": found["B"]},
                 ["error on the animal", "beside it"], first="test pictures")
    for domain, name in (("A", "horse to zebra"), ("B", "zebra to horse")):
        claims.add(f"{name}: error on the animal over that of leaving it as it is",
                   found[domain][0] / left[domain][0], at_most=0.55)
        claims.add(f"{name}: the same over that of the best colour map",
                   found[domain][0] / colours[domain][0], at_most=0.75)
        claims.add(f"{name}: error beside the animal, of the range of values", found[domain][1],
                   at_most=0.05)

# %% [markdown]
# **The reading.** Nobody told the network where stripes belong. It learned it from other zebras, because stripes in the wrong place would have been found out. Beside the animal something has changed, though nothing should: a discriminator only asks
# whether a picture looks right, and a cycle can close over any change that can be undone. The shadow of stripes on the horses is such a change: it helps the way back.
#
# **Can the discriminators still tell?** On test pictures, each logit of each map, with 0.5 between "real" and "generated":

# %% tags=["experiment"]
with lab.needs("InstanceNormalization", "reflection_pad", "build_generator",
               "build_discriminator", "adversarial_loss", "cycle_loss", "identity_loss",
               "ImagePool", "CycleGAN"):
    def told_apart(discriminator, real, generated):
        """Share of right answers to real and to generated images; 0.5 is guessing."""
        answers = [discriminator.predict(images, batch_size=50, verbose=0) > 0.5
                   for images in (real, generated)]
        return (np.mean(answers[0]) + np.mean(~answers[1])) / 2

    show_numbers({"horses": [told_apart(model.discriminator_a, test_a["image"], made["B"])],
                  "zebras": [told_apart(model.discriminator_b, test_b["image"], made["A"])]},
                 ["share of patches judged rightly"], first="real or generated")

# %% [markdown]
# ## 11. What is each loss for?
#
# **The question.** Take one loss away and train again. What goes wrong? Three numbers tell, beside those of the complete training after as many steps: the error on the animal; the error beside it; and what a generator does to an image
# that already is of its own domain, where it should do nothing.

# %% tags=["experiment"]
with lab.needs("InstanceNormalization", "reflection_pad", "build_generator",
               "build_discriminator", "adversarial_loss", "cycle_loss", "identity_loss",
               "ImagePool", "CycleGAN"):
    def own_domain(each):
        """Mean absolute change of images by the generator of their own domain, from 0 to 1."""
        changes = [np.abs(translated(generator, images) - images).mean() / 2
                   for generator, images in ((each.b_to_a, test_a["image"]),
                                             (each.a_to_b, test_b["image"]))]
        return np.mean(changes)

    ablated = {"without cycle loss": new_cyclegan(ABLATION_EPOCHS, cycle_weight=0.0),
               "without identity loss": new_cyclegan(ABLATION_EPOCHS, identity_weight=0.0)}
    for _, each in progress(ablated.items(), "trainings"):
        training.fit(each, unpaired, epochs=ABLATION_EPOCHS, steps=STEPS, seed=settings.seed)

# %% tags=["experiment"]
with lab.needs("InstanceNormalization", "reflection_pad", "build_generator",
               "build_discriminator", "adversarial_loss", "cycle_loss", "identity_loss",
               "ImagePool", "CycleGAN"):
    results = {"all losses": [*np.mean(way[ABLATION_EPOCHS - 1], axis=0), own_domain(model)]}
    for name, each in progress(ablated.items(), "trainings"):
        results[name] = [*np.mean(errors_of(each), axis=0), own_domain(each)]
    show_numbers(results, ["error on the animal", "beside it", "change of its own domain"],
                 first="training")
    rows = {"horse": test_a["image"][chosen]}
    rows |= {name: translated(each.a_to_b, rows["horse"]) for name, each in ablated.items()}
    figure = plots.image_rows(rows | {"truth": test_a["partner"][chosen]}, height=4.2,
                              title="Without the cycle loss the landscape goes, without the "
                                    "identity loss its colours", limits=(-1, 1))
    plots.show(figure, "Four rows of twelve pictures: horses; zebras made without the cycle loss, "
                       "with coarse patterns all over their landscape; zebras made without the "
                       "identity loss, with fine patterns and duller colours; the true zebras.")
    complete, no_cycle, no_identity = results.values()
    claims.add("without cycle loss: error beside the animal, over that with all losses",
               no_cycle[1] / complete[1], at_least=1.5)
    claims.add("without cycle loss: error on the animal, over that with all losses",
               no_cycle[0] / complete[0], at_least=1.05)
    claims.add("without identity loss: change of the own domain, over that with all losses",
               no_identity[2] / complete[2], at_least=5)

# %% [markdown]
# **The reading.** Without the cycle loss nothing ties a translation to its picture: any zebra in any landscape will do. Our generators begin with the picture itself, so they don't lose all of it, but patterns cover the landscape.
# Without the identity loss a generator may shift all colours, as long as the other one shifts them back; it also changes pictures that were right already.

# %% [markdown]
# ## 12. Photographs
#
# Your class knows nothing of horses. In the profile `full` it trains on the photographs of the paper, with the paper's networks, weights and rates, one picture at a time and without the short cut of section 9; for hours, on a GPU. The quick profile has no photographs: there
# this cell has nothing to do.

# %% tags=["experiment"]
for photographs, pixels in progress(PHOTOGRAPHS.items(), "sets of photographs"):
    with lab.needs("InstanceNormalization", "reflection_pad", "build_generator",
               "build_discriminator", "adversarial_loss", "cycle_loss", "identity_loss",
               "ImagePool", "CycleGAN"):
        a, b, other_a, other_b = (
            scaled(load_arrays(photographs, split, size=pixels,
                               count=count)["image"])
            for split, count in (("trainA", PHOTOGRAPHS_IN_A_SET), ("trainB", PHOTOGRAPHS_IN_A_SET),
                                 ("testA", 6), ("testB", 6)))
        keras.utils.set_random_seed(settings.seed)
        blocks = 9 if pixels >= 256 else 6
        photo_gan = CycleGAN(*(build_generator(64, 2, blocks) for _ in "ab"),
                             *(build_discriminator(64, 3) for _ in "ab"), a.shape[1:],
                             seed=settings.seed)
        half = PHOTO_EPOCHS * len(a) // 2
        rate = keras.optimizers.schedules.PiecewiseConstantDecay(
            [half + i * half // 10 for i in range(10)],
            [2e-4 * (1 - i / 10) for i in range(11)])  # from the half on down to 0, in ten steps
        photo_gan.compile(*(keras.optimizers.Adam(rate, beta_1=BETA_1) for _ in range(4)))
        photo_history = training.fit(photo_gan, partial(unpaired, a=a, b=b, batch=1, steps=len(a)),
                                     epochs=PHOTO_EPOCHS, steps=len(a))
        rows = {"A": other_a, "A to B": photo_gan.a_to_b.predict(other_a, verbose=0),
                "B": other_b, "B to A": photo_gan.b_to_a.predict(other_b, verbose=0)}
        figure = plots.image_rows(rows, title=f"{photographs}, both directions", height=7.5,
                                  limits=(-1, 1))
        plots.show(figure, "Four rows of six photographs: of A, translated to B, of B, translated "
                           "to A.")
        claims.add(f"{photographs}: cycle loss, that of the first epoch over that of the last",
                   photo_history["cycle_loss"][0] / photo_history["cycle_loss"][-1], at_least=2)

# %% [markdown]
# ## 13. Claims
# What this notebook has measured, each number beside the bound that it must keep.

# %% tags=["experiment"]
with lab.needs("receptive_field", "InstanceNormalization", "reflection_pad", "build_generator",
               "build_discriminator", "adversarial_loss", "cycle_loss", "identity_loss",
               "ImagePool", "CycleGAN"):
    claims.table()

# %%
lab.score()

# %% [markdown]
# ### To think about
# 1. The cycle loss is small and the horse made of a zebra still shows faint stripes. Why does no loss complain?
# 2. In `horse2zebra` most zebras stand in dry grass and most horses on green meadows. What will a generator do to the grass, and which loss says that it must not?
# 3. Would the training still work if A held 1,000 horses and B the same zebra 1,000 times?

# %% [markdown] tags=["answer"]
# **Answers for teachers.**
# 1. The faint stripes help: from them the way back to the same zebra is easy, and the cycle loss is paid for every pixel. Only the discriminator is against them, and it has to see them
#    first. Chu, Zhmoginov and Sandler (2017) found that whole pictures are hidden so; lecture 51 looks for them.
# 2. It will turn it dry: the discriminator has seen no zebra on green grass. No loss forbids it. The identity loss only speaks of pictures of zebras, and the cycle only asks that the green comes
#    back. What differs between the two heaps is what is translated, whether we meant it or not.
# 3. No. The discriminator would accept that one zebra only, and the cycle loss demands that different horses become different pictures: the two contradict each other, and the horse would be hidden in
#    invisible changes of the one zebra.

# %% [markdown]
# ### Sources
# - J.-Y. Zhu, T. Park, P. Isola, A. Efros, *Unpaired image-to-image translation using cycle-consistent adversarial networks*, ICCV 2017, sections 3, 4 and 7.1.
# - P. Isola, J.-Y. Zhu, T. Zhou, A. Efros, *Image-to-image translation with conditional adversarial networks*, CVPR 2017, section 3.2.2 (patches).
# - J. Johnson, A. Alahi, L. Fei-Fei, *Perceptual losses for real-time style transfer and super-resolution*, ECCV 2016 (the generator).
# - D. Ulyanov, A. Vedaldi, V. Lempitsky, *Instance normalization: the missing ingredient for fast stylization*, 2016.
# - X. Mao et al., *Least squares generative adversarial networks*, ICCV 2017, section 3.2.
# - A. Shrivastava et al., *Learning from simulated and unsupervised images through adversarial training*, CVPR 2017, section 2.3 (the pool).
# - C. Chu, A. Zhmoginov, M. Sandler, *CycleGAN, a master of steganography*, 2017.
#
# **Next:** [51: Image translation](../notebooks/51_image_translation.ipynb) sets pairs beside no pairs, and finds what a CycleGAN hides.
