"""Answers to lab 2's questions: right ones written in many ways, wrong ones with a named mistake.

RIGHT: question -> {way of writing: source}. WRONG: question -> {name: (source, id of the mistake)}.
Sources are what a student's cell would hold, many of them another one with a change: tables name
each by what stands in it instead, and say what becomes of it: "right", the id of the mistake, or
"hidden" and the id of one that only a hidden check catches.
"""

from tests.cases import Texts, changed, solution

LAB = "lab2_denoising_autoencoder"
PRELUDE = """
import math
import random
import keras
import numpy as np
import scipy
import tensorflow as tf
from keras import layers, ops

def add_gaussian_noise(images, sigma, seed):
    noise = np.random.default_rng(seed).normal(0, sigma, np.shape(images))
    return np.clip(images + noise, 0, 1).astype("float32")
"""

TEXTS = Texts()
RIGHT, WRONG, HIDDEN_WRONG = TEXTS.right, TEXTS.wrong, TEXTS.hidden_wrong
add, answers, bodies = TEXTS.add, TEXTS.table, TEXTS.bodies


def replacing(question, old):
    """The function of new text -> the solution of a question with that instead of the old one."""
    return lambda new: changed(solution(LAB, question), (old, new))


# --- add_gaussian_noise ------------------------------------------------------------------------


def gaussian(noise="rng.normal(0, sigma, images.shape)", result="np.clip(images + noise, 0, 1)"):
    """Noise from `rng`, and what is made of images and noise."""
    return f"""
def add_gaussian_noise(images, sigma, seed):
    rng = np.random.default_rng(seed)
    noise = {noise}
    return {result}
"""


def noisy(result):
    return gaussian(result=result)


answers("add_gaussian_noise", gaussian)("""
generator             | rng.normal(0, sigma, images.shape)                      | right
standard normal       | sigma * rng.standard_normal(images.shape, 'float32')    | right
scipy                 | scipy.stats.norm.rvs(0, sigma, images.shape, random_state=seed) | right
sigma squared         | rng.normal(0, sigma ** 2, images.shape)                 | sigma_squared
root of sigma         | rng.normal(0, np.sqrt(sigma), images.shape)             | root_of_sigma
sigma over 255        | rng.normal(0, sigma / 255, images.shape)                | divided_by_255
sigma ignored         | rng.normal(0, 1, images.shape)                          | far_stronger
sigma in 255ths       | rng.normal(0, 255 * sigma, images.shape)                | far_stronger
twice                 | rng.normal(0, 2 * sigma, images.shape)                  | twice_as_strong
added twice           | rng.normal(0, sigma, (2, *images.shape)).sum(0)         | added_twice
Laplace               | rng.laplace(0, sigma, images.shape)                     | heavy_tails
sigma as the mean     | rng.normal(sigma, size=images.shape)                    | off_centre
brighter              | rng.normal(sigma, sigma, images.shape)                  | off_centre
uniform               | rng.uniform(-sigma, sigma, images.shape)                | drawn_evenly
uniform, right spread | rng.uniform(-sigma, sigma, images.shape) * 3 ** 0.5     | other_distribution
uniform from 0        | sigma * rng.random(images.shape)                        | one_sign
absolute              | np.abs(rng.normal(0, sigma, images.shape))              | one_sign
same for all images   | rng.normal(0, sigma, images.shape[1:])                  | same_for_images
one number per image  | rng.normal(0, sigma, (len(images), 1, 1, 1))            | same_for_pixels
one number per row    | rng.normal(0, sigma, (*images.shape[:2], 1, 1))         | same_for_columns
seed ignored          | np.random.normal(0, sigma, images.shape)                | generator_goes_on
fixed seed            | np.random.default_rng(0).normal(0, sigma, images.shape) | seed_unused
one channel           | rng.normal(0, sigma, (*images.shape[:3], 1)) | hidden same_for_channels
sigma 0 is off        | rng.normal(0, sigma or 0.1, images.shape)               | hidden noise_at_0
""")
answers("add_gaussian_noise", noisy)("""
image by image | np.array([(x + rng.normal(0, sigma, x.shape)).clip(0, 1) for x in images]) | right
images as the mean  | np.clip(rng.normal(images, sigma), 0, 1)               | right
where | np.where(images + noise > 1, 1, np.where(images + noise < 0, 0, images + noise)) | right
no clipping         | images + noise                                         | not_clipped
clipped to -1       | np.clip(images + noise, -1, 1)                         | clipped_at_minus_1
clipped below only  | np.maximum(images + noise, 0)                          | one_end
clipped above only  | np.minimum(images + noise, 1)                          | one_end
clipped to 255      | np.clip(images + noise, 0, 255)                        | one_end
noise clipped       | np.clip(images + np.clip(noise, 0, 1), 0, 1)           | noise_clipped_first
noise clipped at -1 | images + np.clip(noise, -1, 1)                         | noise_clipped
rescaled            | (images + noise - (images + noise).min()) / np.ptp(images + noise) | rescaled
clipped to the images' range | np.clip(images + noise, images.min(), images.max()) | no_noise
up to 255           | (255 * np.clip(images + noise, 0, 1)).astype('uint8')  | up_to_255
layer without training | ops.clip(layers.GaussianNoise(float(sigma))(images), 0, 1) | no_noise
black stays black   | np.where(images > 0, np.clip(images + noise, 0, 1), 0) | black_stays
noise as well       | (np.clip(images + noise, 0, 1), noise)                 | two_arrays
folded              | np.clip(np.abs(images + noise), 0, 1)                  | folded
wraps               | (images + noise) % 1                                   | wrapped
multiplied          | np.clip(images * (1 + noise), 0, 1)                    | half_as_strong
noise alone         | noise                                                  | noise_alone
nothing added       | images                                                 | no_noise
flattened           | np.clip(images + noise, 0, 1).reshape(len(images), -1) | flattened
channels lost       | np.clip(images + noise, 0, 1)[..., 0]                  | channels_lost
""")
bodies("add_gaussian_noise", "images, sigma, seed")("""
# RandomState: right
noise = np.random.RandomState(seed).randn(*images.shape) * sigma
return np.minimum(np.maximum(images + noise, 0), 1)
# np.random.seed: right
np.random.seed(seed)
return (images + np.random.normal(scale=sigma, size=images.shape)).clip(0.0, 1.0)
# keras.random: right
noise = keras.random.normal(ops.shape(images), stddev=sigma, seed=seed)
return ops.clip(images + noise, 0, 1)
# SeedGenerator: right
generator = keras.random.SeedGenerator(seed)
noise = keras.random.normal(images.shape, seed=generator)
return ops.convert_to_numpy(ops.clip(images + sigma * noise, 0.0, 1.0))
# stateless TensorFlow: right
noise = tf.random.stateless_normal(tf.shape(images), seed=[seed, 0], stddev=sigma)
return tf.clip_by_value(images + noise, 0.0, 1.0)
# TensorFlow's global seed: right
tf.random.set_seed(seed)
return tf.clip_by_value(images + tf.random.normal(images.shape, 0.0, sigma), 0, 1)
# TensorFlow generator: right
noise = tf.random.Generator.from_seed(seed).normal(images.shape, stddev=sigma)
return np.clip(images + noise.numpy(), 0, 1)
# GaussianNoise layer: right
layer = layers.GaussianNoise(float(sigma), seed=seed)
return ops.clip(layer(images, training=True), 0, 1)
# copy, then in place: right
noisy = np.array(images, dtype='float64')
noisy += sigma * np.random.default_rng(seed).standard_normal(noisy.shape)
noisy[noisy < 0] = 0
noisy[noisy > 1] = 1
return noisy.astype(images.dtype)
# loops: loop_over_pixels
rng, noisy = np.random.default_rng(seed), np.empty_like(images)
for place in np.ndindex(images.shape):
    noisy[place] = min(max(images[place] + rng.normal(0, sigma), 0), 1)
return noisy
# Python's random: right
rng = random.Random(seed)
noise = np.reshape([rng.gauss(0, 1) for _ in range(images.size)], images.shape)
return np.clip(images + sigma * noise, 0, 1)
# a seed for each image: right
rngs = [np.random.default_rng([seed, i]) for i in range(len(images))]
noise = np.stack([rng.normal(0, sigma, x.shape) for rng, x in zip(rngs, images)])
return np.clip(images - noise, 0, 1).tolist()
# tf.function: right
@tf.function
def noisy(x):
    z = tf.random.stateless_normal(tf.shape(x), [seed, seed], dtype=tf.float64)
    return tf.clip_by_value(tf.cast(x, tf.float64) + sigma * z, 0, 1)
return noisy(images)
# salt and pepper: heavy_tails
rng, p = np.random.default_rng(seed), [sigma / 2, 1 - sigma, sigma / 2]
return np.clip(images + rng.choice([-1, 0, 1], images.shape, p=p), 0, 1)
# truncated: truncated
noise = keras.random.truncated_normal(images.shape, stddev=sigma, seed=seed)
return ops.clip(images + noise, 0, 1)
# rescaled, each image: rescaled
x = images + np.random.default_rng(seed).normal(0, sigma, images.shape)
low, high = (f(x, axis=(1, 2, 3), keepdims=True) for f in (np.min, np.max))
return (x - low) / (high - low)
# in place: images_changed
images += sigma * np.random.default_rng(seed).standard_normal(images.shape, dtype='float32')
return np.clip(images, 0, 1)
# clipped in place: images_changed
noise = np.random.default_rng(seed).standard_normal(images.shape, dtype='float32')
np.add(images, sigma * noise, out=images)
return images.clip(0, 1)
# no return: no_return
images = images + sigma
""")
OTHER_ARGUMENTS = "def add_gaussian_noise(images, sigma):\n    return images + sigma\n"
GLOBAL = "shared = np.random.default_rng(0)\n" + gaussian("shared.normal(0, sigma, images.shape)")
for case in (
    ("order of arguments", gaussian().replace("sigma, seed", "seed, sigma"), "seed"),
    ("arguments", OTHER_ARGUMENTS, "other_arguments"),
    ("global generator", GLOBAL, "generator_goes_on"),
):
    add("add_gaussian_noise", *case)

# --- add_masking_noise -------------------------------------------------------------------------


def mask(chosen="rng.random(images.shape) < fraction", result="np.where(mask, 0, images)"):
    return f"""
def add_masking_noise(images, fraction, seed):
    rng = np.random.default_rng(seed)
    mask = {chosen}
    return {result}
"""


def masked(result):
    return mask(result=result)


answers("add_masking_noise", mask)("""
where    | rng.random(images.shape) < fraction         | np.where(mask, 0, images) | right
one minus | np.float32(rng.uniform(size=images.shape) < fraction) | images * (1 - mask) | right
kept     | rng.random(images.shape) >= fraction        | images * mask             | right
binomial | rng.binomial(1, 1 - fraction, images.shape) | np.float32(mask * images) | right
choice   | rng.choice([0.0, 1.0], images.shape, p=[fraction, 1 - fraction]) | images * mask | right
kept instead of erased | rng.random(images.shape) > fraction            | kept_instead
same for all images    | rng.random(images.shape[1:]) < fraction        | same_for_images
whole images           | rng.random((len(images), 1, 1, 1)) < fraction  | same_for_pixels
whole columns          | rng.random((len(images), 1, images.shape[2], 1)) < fraction | same_for_rows
one draw for all       | rng.random() < fraction                        | all_erased
pixels compared        | images < fraction                              | none_erased
percent                | rng.random(images.shape) < fraction / 100      | percent
normal draws           | rng.normal(size=images.shape) < fraction       | other_share
seed ignored           | np.random.random(images.shape) < fraction      | generator_goes_on
fixed seed             | np.random.default_rng(1).random(images.shape) < fraction | seed_unused
at most nearly all     | rng.random(images.shape) < min(fraction, 0.95) | hidden ends
""")
answers("add_masking_noise", masked)("""
multiply      | images * ~mask                                     | right
masked array  | np.ma.array(images, mask=mask).filled(0)           | right
dropout       | keras.random.dropout(images, fraction, seed=seed)  | dropout
to 1          | np.where(mask, 1, images)                          | none_erased
to one half   | np.where(mask, 0.5, images)                        | other_values
to -1         | np.where(mask, -1, images)                         | other_values
Gaussian      | add_gaussian_noise(images, fraction, seed)         | other_values
mask alone    | 1.0 - mask                                         | mask_alone
mask as well  | (np.where(mask, 0, images), mask)                  | two_arrays
whole numbers | images.astype(int) * ~mask                         | whole_numbers
rounded       | np.round(images) * ~mask                           | images_rounded
flattened     | np.where(mask, 0, images).reshape(len(images), -1) | flattened
""")
bodies("add_masking_noise", "images, fraction, seed")("""
# copy: right
noisy = images.copy()
noisy[np.random.RandomState(seed).rand(*images.shape) < fraction] = 0
return noisy
# keras.random: right
draws = keras.random.uniform(images.shape, seed=seed)
return ops.where(draws < fraction, 0.0, images)
# stateless TensorFlow: right
draws = tf.random.stateless_uniform(images.shape, seed=[1, seed])
return images * tf.cast(draws >= fraction, images.dtype)
# dropout, scaled back: right
if fraction == 1:
    return 0 * images
return keras.random.dropout(images, fraction, seed=seed) * (1 - fraction)
# nonzero pixels: right
rng, noisy = np.random.default_rng(seed), images.copy()
places = np.argwhere(images > 0)
chosen = rng.permutation(len(places))[:round(fraction * len(places))]
noisy[tuple(places[chosen].T)] = 0
return noisy
# exactly so many of all: right
rng, noisy = np.random.default_rng(seed), images.flatten()
noisy[rng.choice(noisy.size, int(fraction * noisy.size), replace=False)] = 0
return noisy.reshape(images.shape)
# exactly so many in each image: right
rng, noisy = np.random.default_rng(seed), np.array(images)
for image in noisy:
    flat = image.reshape(-1)
    flat[rng.permutation(flat.size)[:round(fraction * flat.size)]] = 0
return noisy
# in place: images_changed
images[np.random.default_rng(seed).random(images.shape) < fraction] = 0
return images
# drawn twice: drawn_twice
rng, noisy = np.random.default_rng(seed), images.flatten()
noisy[rng.integers(0, noisy.size, int(fraction * noisy.size))] = 0
return noisy.reshape(images.shape)
# no return: no_return
images = images * fraction
""")

# --- build_encoder -----------------------------------------------------------------------------


def down(channels, then="activation='relu'"):
    return f"layers.Conv2D({channels}, 3, strides=2, padding='same', {then})"


CONVOLUTIONS = f"{down(16)}, {down(32)}"
NORMALIZED = "layers.BatchNormalization(), layers.LeakyReLU(negative_slope=0.2)"
SMALL = "kernel_initializer=keras.initializers.RandomNormal(stddev=0.01)"


def encoder(inner=CONVOLUTIONS, end="layers.Flatten(), layers.Dense(code_size)", start="28, 28, 1"):
    return f"""
def build_encoder(code_size):
    return keras.Sequential([
        keras.Input(({start})),
        {inner},
        {end},
    ])
"""


def ending(end):
    return encoder(end=end)


def activated(activation):
    return encoder(end=f"layers.Flatten(), layers.Dense(code_size, '{activation}')")


def convolving(old, new, end="layers.Flatten(), layers.Dense(code_size)"):
    """An encoder with a change in its convolutions."""
    return encoder(CONVOLUTIONS.replace(old, new), end)


answers("build_encoder", encoder)(f"""
three strides | {CONVOLUTIONS}, {down(64, "activation='tanh'")} | right
batch normalization | {down(16, "use_bias=False")}, {NORMALIZED}, {down(32)} | right
dense | layers.Flatten(), layers.Dense(100, 'relu') | dense_alone
flat images | layers.Reshape((28, 28, 1)) | layers.Flatten() | 784, | other_inputs
""")
answers("build_encoder", convolving)(f"""
sequential    | relu                              | relu              | right
hard sigmoid  | relu                              | hard_sigmoid      | right
valid padding | padding='same', activation='relu' | activation='gelu' | right
separable     | Conv2D                            | SeparableConv2D   | right
no activation | , activation='relu'               | , activation=None | linear
no strides    | strides=2                         | strides=1         | too_many_weights
small weights | relu' | relu', {SMALL} | layers.Flatten(), layers.Dense(code_size, {SMALL}) | right
no strides, no flatten | strides=2 | strides=1 | layers.Dense(code_size) | nothing_shrinks
""")
# So that values lie where gelu is no relu.
NORMALIZED_CODE = "layers.Flatten(), layers.Dense(code_size), layers.LayerNormalization()"
answers("build_encoder", ending)(f"""
another dense layer   | layers.Flatten(), layers.Dense(64, 'silu'), layers.Dense(code_size) | right
convolution over all that is left | layers.Conv2D(code_size, 7), layers.Flatten() | right
no dense layer        | layers.Flatten()                                        | fixed_size
no flatten            | layers.Dense(code_size)                                 | code_at_each_place
channels as code      | layers.Conv2D(code_size, 3, padding='same')             | code_at_each_place
fixed size            | layers.Flatten(), layers.Dense(128)                     | fixed_size
the whole autoencoder | layers.Conv2DTranspose(1, 4, strides=4, padding='same') | image_back
gelu on the code | {NORMALIZED_CODE}, layers.Activation('gelu') | final_elu
all zero | layers.Flatten(), layers.Dense(code_size, kernel_initializer='zeros') | inputs_lost
two sizes | layers.Flatten(), layers.Dense(128 if code_size > 50 else 20) | hidden one_example_shape
""")
answers("build_encoder", activated)("""
relu on the code     | relu     | final_relu
sigmoid on the code  | sigmoid  | final_sigmoid
tanh on the code     | tanh     | final_tanh
softsign on the code | softsign | final_tanh
elu on the code      | elu      | final_elu
selu on the code     | selu     | final_elu
softmax on the code  | softmax  | final_softmax
""")
bodies("build_encoder", "code_size")("""
# functional: right
images = keras.Input((28, 28, 1))
x = layers.Conv2D(16, 3, 2, 'same', activation='relu')(images)
x = layers.Conv2D(32, 3, 2, 'same', activation='relu')(x)
return keras.Model(images, layers.Dense(code_size)(layers.Flatten()(x)))
# pooling: right
return keras.Sequential([
    layers.Conv2D(16, 3, padding='same', activation='relu'), layers.MaxPooling2D(),
    layers.Conv2D(32, 3, padding='same', activation='relu'), layers.AveragePooling2D(2),
    layers.Flatten(), layers.Dense(code_size)])
# a list: no_model
return [layers.Conv2D(16, 3), layers.Dense(code_size)]
# no return: no_return
keras.Sequential([])
""")
ENCODER_CLASS = """
class Encoder(keras.Model):
    def __init__(self, code_size):
        super().__init__()
        self.steps = [layers.Conv2D(c, 3, 2, 'same', activation='relu') for c in (16, 32)]
        self.flatten, self.out = layers.Flatten(), layers.Dense(code_size)
    def call(self, x):
        for step in self.steps:
            x = step(x)
        return self.out(self.flatten(x))
build_encoder = Encoder
"""
LAMBDA = """
build_encoder = lambda n: keras.Sequential([
    layers.Conv2D(8, 5, 2, activation='elu'), layers.Conv2D(16, 5, 2, activation='elu'),
    layers.Flatten(), layers.Dense(n)])
"""
OUTSIDE = f"first = {down(16)}\n" + encoder(f"first, {down(32)}")
FROZEN = encoder().replace("return", "model =") + "    model.trainable = False\n    return model\n"
SHARED = "make, model = build_{0}, build_{0}(128)\nbuild_{0} = lambda code_size: model\n"
for case in (
    ("unbuilt", encoder().replace("keras.Input((28, 28, 1)),", ""), "right"),
    ("subclass", ENCODER_CLASS, "right"),
    ("lambda", LAMBDA, "right"),
    ("a layer", ENCODER_CLASS.replace("keras.Model", "layers.Layer"), "layer_no_model"),
    ("axis of examples", encoder(start="None, 28, 28, 1"), "input_with_batch"),
    ("no channels", encoder(start="28, 28"), "layer_axes"),
    ("layers outside", OUTSIDE, "same_model"),
    ("frozen", FROZEN, "frozen"),
    ("shared", encoder() + SHARED.format("encoder"), "same_model"),
):
    add("build_encoder", *case)

# --- build_decoder -----------------------------------------------------------------------------


def up(channels, then="activation='relu'", strides=2):
    size = f"{2 * strides}, strides={strides}, padding='same'"
    return f"layers.Conv2DTranspose({channels}, {size}, {then})"


LAST = "layers.Conv2DTranspose(1, 4, strides=2, padding='same')"
TRANSPOSED = f"{up(16)}, {LAST}"


def decoder(inner=TRANSPOSED, start="7", channels=32):
    """A decoder that starts from so many pixels a side, or from other layers."""
    if start.isdigit():
        start = f"""layers.Dense({start} * {start} * {channels}, activation='relu'),
        layers.Reshape(({start}, {start}, {channels}))"""
    return f"""
def build_decoder(code_size):
    return keras.Sequential([
        keras.Input((code_size,)),
        {start},
        {inner},
    ])
"""


def starting(*start):
    return decoder(TRANSPOSED, *start)


def transposing(old, new):
    """A decoder with a change in its transposed convolutions."""
    return decoder(TRANSPOSED.replace(old, new))


def ended(layer):
    """A decoder with one more layer."""
    return decoder(f"{TRANSPOSED}, layers.{layer}")


def activated_inside(activation):
    return decoder().replace("relu", activation)


answers("build_decoder", activated_inside)("""
sequential          | relu         | right
tanh inside         | tanh         | right
sigmoid inside      | sigmoid      | right
hard_sigmoid inside | hard_sigmoid | right
gelu inside         | gelu         | right
no activation       | linear       | linear
""")
answers("build_decoder", ended)("""
linear activation | Activation('linear')                             | right
sigmoid           | Activation('sigmoid')                            | final_sigmoid
relu at the end   | ReLU()                                           | final_relu
tanh              | Activation('tanh')                               | final_tanh
elu               | Activation('elu')                                | final_elu
no channel axis   | Reshape((28, 28))                                | channels_missing
flat              | Flatten()                                        | pixels_in_a_row
wrong size        | Conv2DTranspose(1, 4, strides=2, padding='same') | doubling_too_many
""")
answers("build_decoder", transposing)(f"""
small weights     | 'same'                    | 'same', {SMALL} | right
valid padding     | 'same'                    | 'valid'                            | border
no strides        | strides=2                 | strides=1                          | no_strides
no strides, valid | strides=2, padding='same' | padding='valid'                    | no_strides
convolutions      | Conv2DTranspose           | Conv2D                             | shrinks
three channels    | Transpose(1,              | Transpose(3,                       | many_channels
""")
answers("build_decoder", starting)("""
from 8 x 8     | 8                          | other_start
from 4 x 4     | 4                          | other_start
no dense layer | layers.Reshape((7, 7, 32)) | reshape
too large      | 7 | 256                    | too_many_weights
""")
answers("build_decoder", decoder)(f"""
a last convolution  | {up(32)}, {up(16)}, layers.Conv2D(1, 3, padding='same')     | right
one stride of 4     | {up(8, strides=4)}, layers.Conv2DTranspose(1, 3, 1, 'same') | right
batch normalization | {up(16, "use_bias=False")}, {NORMALIZED}, {LAST}            | right
cropped | {up(32)}, {TRANSPOSED}, layers.Cropping2D(2) | 4 | right
valid from 4 | layers.Conv2DTranspose(16, 5, 3), layers.Conv2DTranspose(1, 2, 2) | 4 | right
from 1 x 1 | layers.Conv2DTranspose(32, 7), {TRANSPOSED} | layers.Reshape((1, 1, code_size)) | right
one doubling        | {LAST}                                                      | doubling_missing
sixteen channels    | {LAST}, layers.Conv2DTranspose(16, 4, 2, 'same')            | many_channels
upsampling          | layers.UpSampling2D(4), layers.Conv2D(1, 3, padding='same') | resized
dense | layers.Dense(784), layers.Reshape((28, 28, 1)) | layers.Dense(100, 'relu') | dense_alone
""")
bodies("build_decoder", "code_size")("""
# functional: right
code = keras.Input((code_size,))
x = layers.Reshape((7, 7, 32))(layers.Dense(1568)(code))
x = layers.Conv2DTranspose(16, 3, 2, 'same', activation='relu')(x)
return keras.Model(code, layers.Conv2DTranspose(1, 3, 2, 'same')(x))
""")
DECODER_CLASS = """
class Decoder(keras.Model):
    def __init__(self):
        super().__init__()
        self.start, self.shape_it = layers.Dense(784, 'relu'), layers.Reshape((7, 7, 16))
        self.up = layers.Conv2DTranspose(16, 4, 2, 'same', activation='relu')
        self.out = layers.Conv2DTranspose(1, 4, 2, 'same')
    def call(self, x):
        return self.out(self.up(self.shape_it(self.start(x))))
build_decoder = lambda code_size: Decoder()
"""
OWN_LAYER = """
class Up(layers.Layer):
    def __init__(self, channels):
        super().__init__()
        self.channels = channels
    def build(self, shape):
        shape = (4, 4, self.channels, shape[-1])
        self.w = self.add_weight(shape=shape, initializer='glorot_uniform')
    def call(self, x):
        n, h, w, _ = tf.unstack(tf.shape(x))
        return tf.nn.conv2d_transpose(x, self.w, [n, 2 * h, 2 * w, self.channels], 2)
    def compute_output_shape(self, shape):
        return (shape[0], 2 * shape[1], 2 * shape[2], self.channels)
"""
TWO_SIZES = decoder().replace("Input((code_size,))", "Input((128 if code_size > 50 else 20,))")
for case in (
    ("unbuilt", decoder().replace("keras.Input((code_size,)),", ""), "right"),
    ("subclass", DECODER_CLASS, "right"),
    ("tf.nn", OWN_LAYER + decoder("Up(16), layers.ReLU(), Up(1)"), "right"),
    ("no tuple", decoder().replace("(code_size,)", "code_size"), "shape_tuple"),
    ("fixed size", decoder().replace("Input((code_size,)", "Input((128,)"), "fixed_inputs"),
    ("an encoder", encoder().replace("build_encoder", "build_decoder"), "other_inputs"),
    ("no return", decoder().replace("return ", ""), "no_return"),
    ("shared", decoder() + SHARED.format("decoder"), "same_model"),
    ("two sizes", TWO_SIZES, "hidden fixed_inputs"),
):
    add("build_decoder", *case)

# --- training_pairs ----------------------------------------------------------------------------

OWN = "sigma * np.random.default_rng(seed).standard_normal(images.shape, dtype='float32')"


def of_noisy(expression):
    """What is made of `noisy`, the images with noise."""
    return f"""
def training_pairs(images, sigma, seed):
    noisy = add_gaussian_noise(images, sigma, seed)
    return {expression}
"""


answers("training_pairs", of_noisy)("""
tuple           | noisy, images                                          | right
list            | [noisy, np.array(images)]                              | right
tensors         | tf.constant(noisy), tf.constant(images)                | right
stacked         | np.stack([noisy, images])                              | right
noisy targets   | noisy, noisy                                           | noisy_targets
other noise on the target | noisy, add_gaussian_noise(images, sigma, seed + 1) | other_targets
wrong way round | images, noisy                                          | wrong_way_round
clean           | images, images                                         | both_clean
other order     | noisy[::-1], images                                    | other_order
shuffled        | np.random.default_rng(seed).permutation(noisy), images | other_order
three arrays    | noisy, images, noisy - images                          | three_arrays
joined          | np.concatenate([noisy, images])                        | joined
one array       | noisy                                                  | one_array
flat inputs     | noisy.reshape(len(images), -1), images                 | flattened
dataset         | tf.data.Dataset.from_tensor_slices((noisy, images))    | not_numbers
shuffled inputs | (noisy if sigma else images[::-1]), images             | hidden not_in_order
""")
bodies("training_pairs", "images, sigma, seed")(f"""
# names: right
inputs = add_gaussian_noise(images, sigma, seed=seed)
targets = images
return inputs, targets
# noise of its own: right
return np.clip(images + {OWN}, 0, 1), images.astype('float32')
# a seed made of it: right
return add_gaussian_noise(images, sigma, 3 * seed + 1), images
# keras.random: right
noise = keras.random.normal(images.shape, stddev=sigma, seed=seed + 100)
return ops.clip(images + noise, 0, 1), images
# fixed seed: seed_unused
return add_gaussian_noise(images, sigma, 0), images
# seed ignored: generator_goes_on
return np.clip(images + np.random.normal(0, sigma, images.shape), 0, 1), images
# sigma fixed: far_stronger
return add_gaussian_noise(images, 0.3, seed), images
# sigma squared: sigma_squared
return add_gaussian_noise(images, sigma ** 2, seed), images
# no clipping: not_clipped
return images + {OWN}, images
# noise as target: noise_as_target
noise = {OWN}
return images + noise, noise
# in place: images_changed
clean = images.copy()
images += {OWN}
return np.clip(images, 0, 1), clean
# same array in place: images_changed
noisy = images
noisy += {OWN}
return np.clip(noisy, 0, 1), images
# no return: no_return
add_gaussian_noise(images, sigma, seed), images
""")
for name, first in (("wrong", "no clipping"), ("in place", "in place")):
    source = WRONG["add_gaussian_noise"][first][0] + solution(LAB, "training_pairs")
    add("training_pairs", f"question 1 {name}", source, "as_in_question_1")

# --- psnr --------------------------------------------------------------------------------------

MSE = "np.mean((np.asarray(clean) - np.asarray(estimate)) ** 2, axis=(1, 2, 3))"
answers("psnr", replacing("psnr", "-10 * np.log10(error)"))("""
numpy                      | -10 * np.log10(error)                            | right
peak over error            | 10 * np.log10(1.0 / error)                       | right
root                       | 20 * np.log10(1 / np.sqrt(error))                | right
natural logarithm, divided | -10 * np.log(error) / np.log(10)                 | right
a small number inside      | -10 * np.log10(error + 2e-6)                     | bounded
tf.image                   | tf.image.psnr(clean, estimate, max_val=1.0)      | right
base e                     | -10 * np.log(error)                              | natural
base 2                     | -10 * np.log2(error)                             | base_2
peak 255                   | 10 * np.log10(255 ** 2 / error)                  | peak_255
peak 255 not squared       | 10 * np.log10(255 / error)                       | peak_255
averaged after the log     | np.mean(-10 * np.log10(error))                   | one_mean
averaged, base e           | np.mean(-10 * np.log(error))                     | natural
no minus                   | 10 * np.log10(error)                             | negative
20                         | -20 * np.log10(error)                            | doubled
10 with a root             | -10 * np.log10(np.sqrt(error))                   | halved
bels                       | -np.log10(error)                                 | bels
mse                        | error                                            | no_logarithm
inverse                    | 1 / error                                        | no_logarithm
signal-to-noise | 10 * np.log10(np.mean(clean ** 2, axis=(1, 2, 3)) / error) | signal_to_noise
largest pixel              | 10 * np.log10(clean.max((1, 2, 3)) ** 2 / error) | largest_pixel
range as the peak          | 10 * np.log10(np.ptp(clean) ** 2 / error)        | range
held at 50 dB              | -10 * np.log10(np.maximum(error, 1e-5))          | bounded
""")
answers("psnr", replacing("psnr", MSE))("""
flattened       | ((clean - estimate).reshape(len(clean), -1) ** 2).mean(axis=1)  | right
summed and divided | np.sum((clean - estimate) ** 2, axis=(1, 2, 3)) / clean[0].size | right
averaged before the log | np.mean((clean - estimate) ** 2) | images_together
averaged before, repeated | np.full(len(clean), np.mean((clean - estimate) ** 2)) | images_together
sum             | np.sum((clean - estimate) ** 2, axis=(1, 2, 3))                 | summed
784 pixels      | np.sum((clean - estimate) ** 2, axis=(1, 2, 3)) / 784           | divided_by_784
absolute        | np.mean(np.abs(clean - estimate), axis=(1, 2, 3)) ** 2          | absolute
not squared     | np.mean(clean - estimate, axis=(1, 2, 3))                       | not_finite
brackets        | np.mean(clean - estimate ** 2, axis=(1, 2, 3))                  | brackets
images times 255 | np.mean((255 * clean - 255 * estimate) ** 2, axis=(1, 2, 3)) | images_times_255
squared mean    | np.mean(clean - estimate, axis=(1, 2, 3)) ** 2                  | mean_squared
keepdims        | np.mean((clean - estimate) ** 2, axis=(1, 2, 3), keepdims=True) | keepdims
over the images | np.mean((clean - estimate) ** 2, axis=0)                        | over_images
channels alone  | np.mean((clean - estimate) ** 2, axis=-1)                       | one_axis
keras loss      | keras.losses.mean_squared_error(clean, estimate)                | one_axis
two axes        | np.mean((clean - estimate) ** 2, axis=(1, 2))                   | channels_left
""")
bodies("psnr", "clean, estimate")("""
# 8 bits: uint8_wraps
a, b = (255 * clean).astype("uint8"), (255 * estimate).astype("uint8")
return 10 * np.log10(255**2 / np.mean((a - b) ** 2, axis=(1, 2, 3)))
# 8 bits, squared later: uint8_wraps
a, b = (255 * clean).astype("uint8"), (255 * estimate).astype("uint8")
return 10 * np.log10(255**2 / np.mean((a - b).astype(float) ** 2, axis=(1, 2, 3)))
# keras ops: right
mse = ops.mean(ops.square(ops.cast(clean, 'float32') - estimate), axis=(1, 2, 3))
return -10.0 * ops.log10(mse)
# tensorflow: right
mse = tf.reduce_mean(tf.square(clean - estimate), [1, 2, 3])
return -10 * tf.math.log(mse) / tf.math.log(10.0)
# loop: right
return np.array([np.inf if np.all(c == e) else 10 * math.log10(1 / np.mean((c - e) ** 2))
                 for c, e in zip(clean, estimate)])
# list: right
values = [float(np.mean((c - e) ** 2)) for c, e in zip(clean, estimate)]
return [10 * math.log10(1 / v) if v > 0 else float('inf') for v in values]
# norm: right
length = np.linalg.norm((clean - estimate).reshape(len(clean), -1), axis=1)
return 20 * np.log10(np.sqrt(clean[0].size) / length)
# pixel by pixel: pixel_by_pixel
return np.mean(-10 * np.log10((clean - estimate) ** 2), axis=(1, 2, 3))
# no return: no_return
mse = np.mean((clean - estimate) ** 2, axis=(1, 2, 3))
# mean over channels last: hidden over_channels
mse = np.mean((clean - estimate) ** 2, axis=(1, 2))
return np.mean(-10 * np.log10(mse), axis=-1)
""")

# --- tweedie_score -----------------------------------------------------------------------------

answers("tweedie_score", replacing("tweedie_score", "(denoised - noisy) / sigma**2"))("""
formula            | (denoised - noisy) / sigma ** 2                           | right
numpy              | np.divide(np.subtract(denoised, noisy), np.square(sigma)) | right
keras ops          | ops.subtract(denoised, noisy) / (sigma * sigma)           | right
variance           | denoised / (variance := sigma ** 2) - noisy / variance    | right
inverse            | -(noisy - denoised) * sigma ** -2                         | right
twice divided      | (denoised - noisy) / sigma / sigma                        | right
point by point     | np.array([(d - n) / sigma ** 2 for n, d in zip(noisy, denoised)]) | right
sign               | (noisy - denoised) / sigma ** 2                           | negative
sigma              | (denoised - noisy) / sigma                                | divided_by_sigma
sign and sigma     | (noisy - denoised) / sigma                                | sign_and_sigma
nothing            | denoised - noisy                                          | not_divided
multiplied         | (denoised - noisy) * sigma ** 2                           | multiplied
brackets           | denoised - noisy / sigma ** 2                             | brackets
two                | (denoised - noisy) / (2 * sigma ** 2)                     | halved
root               | (denoised - noisy) / np.sqrt(sigma)                       | root_of_sigma
twice sigma        | (denoised - noisy) / (sigma * 2)                          | twice_sigma
fourth power       | (denoised - noisy) / sigma ** 4                           | squared_twice
no signs           | np.abs(denoised - noisy) / sigma ** 2                     | no_signs
upside down        | sigma ** 2 / (denoised - noisy)                           | upside_down
sum                | (denoised + noisy) / sigma ** 2                           | added
caret              | (denoised - noisy) / sigma ^ 2                            | power
one number         | np.mean(denoised - noisy) / sigma ** 2                    | one_mean
unit length | (d := denoised - noisy) / np.linalg.norm(d, axis=-1, keepdims=True) | lengths_of_1
of a Gaussian      | -noisy / sigma ** 2                                       | no_denoised
denoised alone     | denoised / sigma ** 2                                     | no_noisy
squared            | (denoised - noisy) ** 2 / sigma ** 2                      | difference_squared
a number per point | np.sum(denoised - noisy, axis=-1) / sigma ** 2            | number_per_point
single precision shape | (denoised - noisy) / (sigma ** 2, 1)[len(noisy) == 50] | hidden not_divided
""")
bodies("tweedie_score", "noisy, denoised, sigma")("""
# tensorflow: right
return (tf.constant(denoised, tf.float32) - tf.cast(noisy, tf.float32)) / sigma ** 2
# no return: no_return
(denoised - noisy) / sigma ** 2
""")
