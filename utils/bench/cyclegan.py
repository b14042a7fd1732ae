"""The contestants of `course bench cyclegan`: the step that Lab 5 teaches, and a published one.

The published step is written anew from keras.io's example "CycleGAN" (Nain 2020): the same
networks, losses, optimizers and order, and four gradients of one persistent tape. It differs in
two things. Each of the example's generators goes down a loss of its own, which misses the
gradient through the first half of a cycle; here both go down the sum, as in the paper and the
lab, so that updates can be compared. And its normalization is that of 2020, of each image and
channel: the example's Keras 3 version takes all channels of an image together (`groups=1`).

The example has no pool of older images, so the taught step does without its pools here.

Every contestant is a process of its own, which sleeps between its turns: memory and the time of
the first step are those of one contestant alone. `bench_cyclegan_process` is what it runs.
"""

import json
import sys

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from utils import ROOT, runtime
from utils.bench import contest, convolutions
from utils.data import animals

LAB = ROOT / "solutions" / "lab5_cyclegan.ipynb"
EXAMPLE, TAUGHT, OURS, MIXED = contest.EXAMPLE, "the lab's step", contest.OURS, contest.MIXED
SIZES = {"image": 256, "generator": (64, 2, 9), "discriminator": (64, 3)}  # as in the paper
# Of what the lab's step tells, which are means of two directions.
WEIGHTS = {"adversarial_loss": 2, "cycle_loss": 20, "identity_loss": 10, "discriminator_loss": 2}
IMAGES = 8  # pairs to train on, over and over
COMPARED = 3  # steps from the same weights; afterwards rounding errors have grown


# --- the published networks and step --------------------------------------------------------


class ReflectionPadding(layers.Layer):
    """Mirror images of the border, `pixels` wide."""

    def __init__(self, pixels, **options):
        super().__init__(**options)
        self.pixels = pixels

    def call(self, images):
        around = [self.pixels, self.pixels]
        return tf.pad(images, [[0, 0], around, around, [0, 0]], mode="REFLECT")


def normalized(x, activation=None):
    x = layers.GroupNormalization(groups=-1, epsilon=1e-5)(x)  # a group for each channel
    return activation(x) if activation else x


def published_generator(filters, downsamplings, blocks, shape):
    """The residual generator; its weights are in the order of the taught one's."""
    image = keras.Input(shape)
    x = layers.Conv2D(filters, 7, use_bias=False)(ReflectionPadding(3)(image))
    x = normalized(x, layers.Activation("relu"))
    options = {"strides": 2, "padding": "same", "use_bias": False}
    for _ in range(downsamplings):
        filters *= 2
        x = normalized(layers.Conv2D(filters, 3, **options)(x), layers.Activation("relu"))
    for _ in range(blocks):
        change = layers.Conv2D(filters, 3, use_bias=False)(ReflectionPadding(1)(x))
        change = normalized(change, layers.Activation("relu"))
        change = layers.Conv2D(filters, 3, use_bias=False)(ReflectionPadding(1)(change))
        x = layers.add([x, normalized(change)])
    for _ in range(downsamplings):
        filters //= 2
        x = normalized(layers.Conv2DTranspose(filters, 3, **options)(x), layers.Activation("relu"))
    x = layers.Conv2D(3, 7)(ReflectionPadding(3)(x))
    return keras.Model(image, layers.Activation("tanh")(x))


def published_discriminator(filters, downsamplings, shape):
    """The PatchGAN discriminator; its weights are in the order of the taught one's."""
    image = keras.Input(shape)
    x = layers.Conv2D(filters, 4, strides=2, padding="same")(image)
    x = layers.LeakyReLU(0.2)(x)
    for level in range(1, downsamplings + 1):
        filters *= 2
        strides = 2 if level < downsamplings else 1
        x = layers.Conv2D(filters, 4, strides=strides, padding="same", use_bias=False)(x)
        x = normalized(x, layers.LeakyReLU(0.2))
    return keras.Model(image, layers.Conv2D(1, 4, padding="same")(x))


class Published(keras.Model):
    """The example's model: every network called for itself, gradients of one persistent tape."""

    def __init__(self, generator_g, generator_f, discriminator_x, discriminator_y):
        super().__init__()
        self.networks = [generator_g, generator_f, discriminator_x, discriminator_y]

    def compile(self, *optimizers, **options):
        super().compile(**options)
        self.optimizers = list(optimizers)

    def train_step(self, images):
        generator_g, generator_f, discriminator_x, discriminator_y = self.networks
        square, absolute = keras.losses.MeanSquaredError(), keras.losses.MeanAbsoluteError()
        real_x, real_y = images
        with tf.GradientTape(persistent=True) as tape:
            fake_y = generator_g(real_x, training=True)
            fake_x = generator_f(real_y, training=True)
            cycled_x = generator_f(fake_y, training=True)
            cycled_y = generator_g(fake_x, training=True)
            same_x = generator_f(real_x, training=True)
            same_y = generator_g(real_y, training=True)
            judged_real_x = discriminator_x(real_x, training=True)
            judged_fake_x = discriminator_x(fake_x, training=True)
            judged_real_y = discriminator_y(real_y, training=True)
            judged_fake_y = discriminator_y(fake_y, training=True)
            g_loss = square(tf.ones_like(judged_fake_y), judged_fake_y)
            f_loss = square(tf.ones_like(judged_fake_x), judged_fake_x)
            g_loss += 10 * absolute(real_y, cycled_y) + 10 * 0.5 * absolute(real_y, same_y)
            f_loss += 10 * absolute(real_x, cycled_x) + 10 * 0.5 * absolute(real_x, same_x)
            both = g_loss + f_loss
            x_loss = square(tf.ones_like(judged_real_x), judged_real_x)
            x_loss = 0.5 * (x_loss + square(tf.zeros_like(judged_fake_x), judged_fake_x))
            y_loss = square(tf.ones_like(judged_real_y), judged_real_y)
            y_loss = 0.5 * (y_loss + square(tf.zeros_like(judged_fake_y), judged_fake_y))
        weights = [network.trainable_variables for network in self.networks]
        losses = both, both, x_loss, y_loss
        gradients = [tape.gradient(*pair) for pair in zip(losses, weights, strict=True)]
        for optimizer, *pair in zip(self.optimizers, gradients, weights, strict=True):
            optimizer.apply_gradients(zip(*pair, strict=True))
        return {"G_loss": g_loss, "F_loss": f_loss, "D_X_loss": x_loss, "D_Y_loss": y_loss}


# --- ours -----------------------------------------------------------------------------------


class FusedAdam(keras.optimizers.Adam):
    """The same updates as Keras' Adam, each variable's in one operation."""

    def update_step(self, gradient, variable, learning_rate):
        steps = tf.cast(self.iterations + 1, tf.float32)
        place = self._get_variable_index(variable)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[place].value.handle,
            v=self._velocities[place].value.handle,
            beta1_power=self.beta_1**steps,
            beta2_power=self.beta_2**steps,
            lr=learning_rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


class Part:
    """A network within a step: a function that is traced once, and gradients that add up."""

    def __init__(self, network, optimizer):
        self.call = tf.function(lambda images: network(images, training=True), autograph=False)
        self.variables, self.optimizer = network.trainable_variables, optimizer
        self.gradients = None

    def add(self, gradients):
        if self.gradients is not None:
            gradients = [a + b for a, b in zip(self.gradients, gradients, strict=True)]
        self.gradients = gradients


def collect(tape, loss, *parts):
    """Add the gradients of a loss to those of these parts; gives all their sums."""
    gradients = tape.gradient(loss, [part.variables for part in parts])
    for part, each in zip(parts, gradients, strict=True):
        part.add(each)
    return [each for part in parts for each in part.gradients]


def in_parts(names):
    """The taught class with another step: the same losses and updates, one loss after the other.

    The gradient of a sum of losses is the sum of their gradients. Each is taken as soon as its
    translations are there, so that memory holds what two of them keep for it, not six. And
    each network is traced once, however often it is called.
    """
    adversarial_loss = names["adversarial_loss"]

    class InParts(names["CycleGAN"]):
        def train_step(self, images):
            real_a, real_b = images
            a_to_b, b_to_a, judge_a, judge_b = parts = (
                Part(self.a_to_b, self.a_to_b_optimizer),
                Part(self.b_to_a, self.b_to_a_optimizer),
                Part(self.discriminator_a, self.discriminator_a_optimizer),
                Part(self.discriminator_b, self.discriminator_b_optimizer),
            )
            losses, before = [], []  # before: what has to be there before the next loss begins
            for there, back, judge, image, target in (
                (a_to_b, b_to_a, judge_b, real_a, real_b),
                (b_to_a, a_to_b, judge_a, real_b, real_a),
            ):
                with tf.control_dependencies(before), tf.GradientTape() as tape:
                    identity = names["identity_loss"](target, there.call(target))
                    loss = self.identity_weight * identity
                before = collect(tape, loss, there)
                with tf.control_dependencies(before), tf.GradientTape() as tape:
                    fake = there.call(image)
                    adversarial = adversarial_loss(judge.call(fake), True)
                    cycle = names["cycle_loss"](image, back.call(fake))
                    loss = adversarial + self.cycle_weight * cycle
                before = collect(tape, loss, there, back)
                with tf.control_dependencies(before), tf.GradientTape() as tape:
                    loss = adversarial_loss(judge.call(target), True)
                    loss = (loss + adversarial_loss(judge.call(fake), False)) / 2
                before = collect(tape, loss, judge)
                losses.append((adversarial, cycle, identity, loss))
            for part in parts:
                part.optimizer.apply(part.gradients, part.variables)
            return self.track(*((a + b) / 2 for a, b in zip(*losses, strict=True)))

    return InParts


# --- contestants ----------------------------------------------------------------------------


def taught_networks(names, generator, discriminator):
    """Two generators and two discriminators of the lab, in the order of its `CycleGAN`."""
    networks = [names["build_generator"](*generator) for _ in range(2)]
    return networks + [names["build_discriminator"](*discriminator) for _ in range(2)]


def build(name, image, generator, discriminator):
    """A contestant's model, compiled, and its four networks; sizes as in `SIZES`."""
    shape, adam = (image, image, 3), keras.optimizers.Adam
    if name == EXAMPLE:
        networks = [published_generator(*generator, shape) for _ in range(2)]
        networks += [published_discriminator(*discriminator, shape) for _ in range(2)]
        model = Published(*networks)
    else:
        names = contest.taught(LAB)
        kind = names["CycleGAN"]
        if name != TAUGHT:
            names["InstanceNormalization"] = convolutions.FusedInstanceNormalization
            kind, adam = in_parts(names), FusedAdam
        with runtime.dtype_policy("mixed_bfloat16" if name == MIXED else "float32"):
            networks = taught_networks(names, generator, discriminator)
            model = kind(*networks, shape)
        model.pool_a = model.pool_b = layers.Identity()  # the example has none
    optimizers = [adam(2e-4, beta_1=0.5) for _ in networks]
    if name in (OURS, MIXED):
        # Otherwise their variables are made within the first step, which is then traced twice.
        for optimizer, network in zip(optimizers, networks, strict=True):
            optimizer.build(network.trainable_variables)
    model.compile(*optimizers)
    return model, networks


def peak_bytes():
    """Of this process' resident memory, since it began."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


class Contestant:
    """Four networks with one seed; all contestants begin with the same weights.

    Args:
        name: str. seed: int.
        sizes: dict like `SIZES`.
        images: int, pairs of pictures.
    """

    def __init__(self, name, seed, sizes, images=IMAGES):
        self.example, self.done = name == EXAMPLE, 0
        self.images = [
            animals.draw(f"train{domain}", 0, images, size=sizes["image"])["image"]
            for domain in "AB"
        ]
        sizes_of_networks = sizes["generator"], sizes["discriminator"]
        keras.utils.set_random_seed(seed)
        start = [
            each.get_weights() for each in taught_networks(contest.taught(LAB), *sizes_of_networks)
        ]
        began = contest.now()
        self.model, self.networks = build(name, sizes["image"], *sizes_of_networks)
        self.first = np.subtract(contest.now(), began)  # the first step will be added
        for network, weights in zip(self.networks, start, strict=True):
            network.set_weights(weights)

    def step(self):
        """Train one step on one pair: the sum of all losses, as the networks go down it."""
        place = self.done % len(self.images[0])
        pair = [each[place : place + 1].astype("float32") / 127.5 - 1 for each in self.images]
        batch = tf.data.Dataset.from_tensors(tuple(pair))
        history = self.model.fit(batch, shuffle=False, verbose=0).history
        self.done += 1
        weights = dict.fromkeys(history, 1) if self.example else WEIGHTS
        return sum(weight * history[name][-1] for name, weight in weights.items())

    def turn(self, steps, skip):
        """Train `skip` steps and `steps` more: (times of the latter, mean loss)."""
        first = not self.done
        losses = [self.step() for _ in range(skip)]
        began = contest.now()
        losses += [self.step() for _ in range(steps)]
        times = np.subtract(contest.now(), began)
        if first:
            self.first += times
        self.last_loss = losses[-1]
        return times.tolist(), float(np.mean(losses))

    def facts(self):
        """Times of the first step with all that it needs, peak memory, the last step's loss."""
        seconds, core_seconds = self.first
        return {
            "first_seconds": seconds,
            "first_core_seconds": core_seconds,
            "peak_bytes": peak_bytes(),
            "last_loss": self.last_loss,
        }


class Child(contest.Process):
    """A contestant in a process of its own; what it tells at its end goes to `starts`."""

    def __init__(self, name, seed, sizes, starts):
        options = json.dumps({"name": name, "seed": seed, "sizes": sizes})
        super().__init__("utils.bench.cyclegan_process", options)
        self.starts = starts

    def held_out(self):
        self.starts.append(self.ask({}))
        return self.starts[-1]["last_loss"]


# --- the command ----------------------------------------------------------------------------


def shares(starts):
    """What the first step and memory are bound to: shares of the example's, medians over seeds."""

    def share(name, fact):
        ours, theirs = (np.median([each[fact] for each in starts[n]]) for n in (name, EXAMPLE))
        return float(ours / theirs)

    return [
        contest.Share(f"{text}: {name} over the {EXAMPLE}", share(name, fact), at_most)
        for text, fact, bound in (
            ("first step", "first_seconds", 0.5),
            ("peak memory", "peak_bytes", 0.8),
        )
        for name, at_most in ((OURS, bound), (MIXED, bound), (TAUGHT, None))
        if name in starts
    ]


def same_losses(records):
    """Means of the first steps' losses against the example's: the same weights and pictures."""

    def mean(name):
        return np.mean([curve[:COMPARED] for curve in records[name].curves])

    return [
        contest.Outcome(f"first steps: {name}", float(mean(name) / mean(EXAMPLE) - 1), allowed)
        for name, allowed in ((TAUGHT, 0.01), (OURS, 0.01), (MIXED, 0.03))
        if name in records
    ]


def cyclegan(*, rounds=3, seeds=(0, 1), sizes=SIZES, on_turn):
    """Run everything; returns what `tables.show` and `tables.save` take.

    Args:
        rounds: timed rounds of one step for each seed, after one with the first step.
        sizes: dict like `SIZES`.
        on_turn: called with (name, turns done, turns in all).
    """
    names = [EXAMPLE, TAUGHT, OURS, MIXED]
    notes = []
    if note := contest.without_bfloat16():
        notes.append(note)
        names.remove(MIXED)
    starts = {name: [] for name in names}
    makers = {
        name: lambda seed, name=name: Child(name, seed, sizes, starts[name]) for name in names
    }
    records = {name: contest.Record() for name in names}
    count = contest.counted(on_turn, len(seeds) * len(names) * (rounds + 1))
    busy = contest.OtherWork()
    contest.contest(makers, records, seeds=seeds, rounds=rounds, steps=1, skip=0, on_turn=count)
    speeds = [
        contest.speed(text, records, fast, EXAMPLE, least)
        for text, fast, least in (
            ("ours over the Keras example", OURS, 1),
            ("ours in bfloat16 over the Keras example", MIXED, 1.7),
            ("the lab's step over the Keras example", TAUGHT, None),
        )
        if fast in records
    ]
    return {
        "name": "cyclegan",
        "records": records,
        "speeds": speeds,
        "shares": shares(starts),
        "starts": starts,
        "losses": same_losses(records),
        "labels": {
            "held_out": "loss of the last step",
            "same": "Do they compute the same? The same weights at first, the same pictures",
            "unit": "of the loss",
            "allowed": "allowed",
        },
        "notes": [*notes, *busy.note()],
        "threads": runtime.cores(),
        "steps": {"256x256": rounds + 1},
    }
