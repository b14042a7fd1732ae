"""The contestants of `course bench dcgan`: the step that Lab 4 teaches, and two published ones.

They are written anew from what these do: keras.io's example "DCGAN to generate face images"
(Chollet 2019), which overrides `train_step` for 64x64 images, and TensorFlow's tutorial "Deep
Convolutional Generative Adversarial Network", whose compiled step a Python loop calls on 28x28
images.
"""

import functools
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from utils import ROOT, metrics, nets, runtime, training
from utils.bench import contest, convolutions
from utils.bench.vae import Clock
from utils.data import load_arrays

LAB = ROOT / "solutions" / "lab4_dcgan.ipynb"
BATCH_64, BATCH_28, BATCH_SMALL = 32, 256, 64
PART = 50  # steps between two looks at what small networks draw
EXAMPLE, WIDE, WIDE_MIXED = "64x64: Keras example", "64x64: ours", "64x64: ours, bfloat16"
TUTORIAL, SHARED = "28x28: TensorFlow's tutorial", "28x28: ours, shared fakes"
SHARED_MIXED = "28x28: ours, shared fakes, bfloat16"
FRESH, FRESH_MIXED = "28x28: ours", "28x28: ours, bfloat16"
PLAIN, CALLS, XLA = "small: ours", "small: ours, 4 steps a call", "small: ours with XLA"
MIXED = {WIDE_MIXED, SHARED_MIXED, FRESH_MIXED}


@dataclass
class Data:
    """train: images as the contestants are fed with; test: others, as networks see them."""

    train: np.ndarray
    test: np.ndarray


def data_28(count, test):
    """Images as in the tutorial, float32 in [-1, 1]."""
    train, held_out = (
        load_arrays("glyphs", split, count=n)["image"]
        for split, n in (("train", count), ("test", test))
    )
    return Data(2 * train - 1, 2 * held_out - 1)


def data_64(count, test):
    """The same images, larger and in three colours: uint8, and float32 in [0, 1] to test."""

    def larger(images):
        return np.repeat(tf.image.resize(0.5 + images / 2, (64, 64)).numpy(), 3, axis=-1)

    small = data_28(count, test)
    return Data(np.round(255 * larger(small.train)).astype("uint8"), larger(small.test))


# --- what is taught -------------------------------------------------------------------------


def with_shared_fakes(names):
    """The taught class with another step: one batch of fakes serves the updates of both players.

    That saves one of four passes through the generator, and it is another algorithm: both gradients
    are of the same fakes, and the generator's is of the discriminator before its update.
    """

    class SharedFakes(names["DCGAN"]):
        def train_step(self, real_images):
            size = (ops.shape(real_images)[0], self.latent_size)
            latents = keras.random.normal(size, seed=self.seed_generator)
            players = [
                (self.discriminator, self.discriminator_optimizer),
                (self.generator, self.generator_optimizer),
            ]
            with tf.GradientTape(persistent=True) as tape:
                fake_images = self.generator(latents, training=True)
                real_logits = self.discriminator(real_images, training=True)
                fake_logits = self.discriminator(fake_images, training=True)
                losses = (
                    names["discriminator_loss"](real_logits, fake_logits),
                    names["generator_loss"](fake_logits),
                )
                scaled = [
                    optimizer.scale_loss(loss)
                    for loss, (_, optimizer) in zip(losses, players, strict=True)
                ]
            gradients = [
                tape.gradient(loss, network.trainable_variables)
                for loss, (network, _) in zip(scaled, players, strict=True)
            ]
            for each, (network, optimizer) in zip(gradients, players, strict=True):
                optimizer.apply(each, network.trainable_variables)
            return self.track(*losses, ops.sigmoid(real_logits), ops.sigmoid(fake_logits))

    return SharedFakes


# --- networks -------------------------------------------------------------------------------


def networks_64(own):
    """Generator and discriminator of the Keras example.

    own: bool. Layers of `convolutions` where they are faster, which compute the same, and logits
    instead of probabilities.
    """
    widest = convolutions.WinogradConv2DTranspose if own else layers.Conv2DTranspose
    thin = convolutions.ThinConv2D if own else layers.Conv2D
    generator = [keras.Input((128,)), layers.Dense(8 * 8 * 128), layers.Reshape((8, 8, 128))]
    for filters, layer in (
        (128, layers.Conv2DTranspose),
        (256, layers.Conv2DTranspose),
        (512, widest),
    ):
        generator += [layer(filters, 4, strides=2, padding="same"), layers.LeakyReLU(0.2)]
    generator += [
        thin(3, 5, padding="same"),
        layers.Activation("sigmoid", dtype="float32"),
    ]
    discriminator = [keras.Input((64, 64, 3))]
    for filters in (64, 128, 128):
        discriminator += [
            layers.Conv2D(filters, 4, strides=2, padding="same"),
            layers.LeakyReLU(0.2),
        ]
    last = layers.Dense(1, activation=None if own else "sigmoid", dtype="float32")
    discriminator += [layers.Flatten(), layers.Dropout(0.2), last]
    return keras.Sequential(generator), keras.Sequential(discriminator)


def networks_28(own, narrower=1):
    """Generator and discriminator of the tutorial; narrower: divisor of all numbers of channels."""
    thin = convolutions.ThinConv2D if own else layers.Conv2D
    thin_transposed = convolutions.ThinConv2DTranspose if own else layers.Conv2DTranspose
    a, b, c = (filters // narrower for filters in (256, 128, 64))
    options = {"padding": "same", "use_bias": False}
    generator = [keras.Input((100,)), layers.Dense(7 * 7 * a, use_bias=False)]
    generator += [layers.BatchNormalization(), layers.LeakyReLU(0.3), layers.Reshape((7, 7, a))]
    for filters, strides in ((b, 1), (c, 2)):
        generator += [
            layers.Conv2DTranspose(filters, 5, strides=strides, **options),
            layers.BatchNormalization(),
            layers.LeakyReLU(0.3),
        ]
    generator += [
        thin_transposed(1, 5, strides=2, **options),
        layers.Activation("tanh", dtype="float32"),
    ]
    discriminator = [keras.Input((28, 28, 1))]
    for filters, layer in ((c, thin), (b, layers.Conv2D)):
        discriminator += [
            layer(filters, 5, strides=2, padding="same"),
            layers.LeakyReLU(0.3),
            layers.Dropout(0.3),
        ]
    discriminator += [layers.Flatten(), layers.Dense(1, dtype="float32")]
    return keras.Sequential(generator), keras.Sequential(discriminator)


# --- contestants ----------------------------------------------------------------------------


class Contestant:
    """Two networks with one seed; every turn goes on where the last one ended."""

    def __init__(self, data, networks, seed):
        self.data, self.seed, self.turns = data, seed, 0
        self.generator, self.discriminator = networks

    def logits(self, images):
        return np.asarray(self.discriminator(images, training=False), "float64")

    def held_out(self):
        """The discriminator's loss on other real images and fixed fakes, in nats."""
        latents = keras.random.normal(
            (len(self.data.test), *self.generator.input_shape[1:]), seed=0
        )
        real = self.logits(self.data.test)
        fake = self.logits(self.generator(latents, training=False))
        return float(np.mean(np.logaddexp(0, -real)) + np.mean(np.logaddexp(0, fake)))

    def close(self):
        del self.generator, self.discriminator


class Published64(keras.Model):
    """The Keras example's model: noisy labels, fakes 1 and real images 0, probabilities.

    It calls the networks without `training=True`, as the example does: in Keras 3, dropout does
    nothing then.
    """

    def __init__(self, generator, discriminator, seed):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.cross_entropy = keras.losses.BinaryCrossentropy()
        self.of_discriminator = keras.metrics.Mean("d_loss")
        self.of_generator = keras.metrics.Mean("g_loss")

    def compile(self, discriminator_optimizer, generator_optimizer):
        super().compile()
        self.discriminator_optimizer = discriminator_optimizer
        self.generator_optimizer = generator_optimizer

    @property
    def metrics(self):
        return [self.of_discriminator, self.of_generator]

    def train_step(self, images):
        count = ops.shape(images)[0]

        def draw():
            return keras.random.normal((count, 128), seed=self.seed_generator)

        both = ops.concatenate([self.generator(draw()), images], axis=0)
        labels = ops.concatenate([ops.ones((count, 1)), ops.zeros((count, 1))], axis=0)
        labels += 0.05 * keras.random.uniform(ops.shape(labels), seed=self.seed_generator)
        with tf.GradientTape() as tape:
            loss = self.cross_entropy(labels, self.discriminator(both))
        weights = self.discriminator.trainable_weights
        gradients = tape.gradient(loss, weights)
        self.discriminator_optimizer.apply_gradients(zip(gradients, weights, strict=True))
        latents = draw()
        with tf.GradientTape() as tape:
            judged = self.discriminator(self.generator(latents))
            other_loss = self.cross_entropy(ops.zeros((count, 1)), judged)
        weights = self.generator.trainable_weights
        gradients = tape.gradient(other_loss, weights)
        self.generator_optimizer.apply_gradients(zip(gradients, weights, strict=True))
        self.of_discriminator.update_state(loss)
        self.of_generator.update_state(other_loss)
        return {each.name: each.result() for each in self.metrics}


class Example64(Contestant):
    """The Keras example by `fit`, in float32."""

    def __init__(self, data, seed):
        keras.utils.set_random_seed(seed)
        super().__init__(data, networks_64(own=False), seed)
        self.model = Published64(self.generator, self.discriminator, seed)
        self.model.compile(keras.optimizers.Adam(1e-4), keras.optimizers.Adam(1e-4))
        images = tf.data.Dataset.from_tensor_slices(data.train).shuffle(1024, seed=seed)
        images = images.repeat().batch(BATCH_64)
        self.images = images.map(lambda x: tf.cast(x, tf.float32) / 255.0)

    def turn(self, steps, skip):
        clock = Clock("train_batch")
        options = {"steps_per_epoch": skip + steps, "callbacks": [clock], "verbose": 0}
        options["shuffle"] = False  # the dataset is
        history = self.model.fit(self.images, **options).history
        # Its loss is the mean over real images and fakes, where the others add the two means.
        return clock.times(skip), 2 * history["d_loss"][-1]

    def logits(self, images):
        chances = np.clip(super().logits(images), 1e-12, 1 - 1e-12)  # of being a fake
        return np.log(1 - chances) - np.log(chances)


class Tutorial28(Contestant):
    """The tutorial's step, called in a Python loop: both tapes over one batch of fakes."""

    def __init__(self, data, seed):
        keras.utils.set_random_seed(seed)
        super().__init__(data, networks_28(own=False), seed)
        generator, discriminator = self.generator, self.discriminator
        cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
        for_generator, for_discriminator = keras.optimizers.Adam(1e-4), keras.optimizers.Adam(1e-4)

        @tf.function
        def train_step(images):
            noise = tf.random.normal([BATCH_28, 100])
            with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
                generated = generator(noise, training=True)
                real = discriminator(images, training=True)
                fake = discriminator(generated, training=True)
                generator_loss = cross_entropy(tf.ones_like(fake), fake)
                loss = cross_entropy(tf.ones_like(real), real)
                loss += cross_entropy(tf.zeros_like(fake), fake)
            weights = generator.trainable_variables
            gradients = generator_tape.gradient(generator_loss, weights)
            for_generator.apply_gradients(zip(gradients, weights, strict=True))
            weights = discriminator.trainable_variables
            gradients = discriminator_tape.gradient(loss, weights)
            for_discriminator.apply_gradients(zip(gradients, weights, strict=True))
            return loss

        self.step = train_step
        images = tf.data.Dataset.from_tensor_slices(data.train).shuffle(60_000, seed=seed)
        self.images = iter(images.repeat().batch(BATCH_28))

    def turn(self, steps, skip):
        ends, losses = [], []
        for _ in range(skip + steps):
            losses.append(self.step(next(self.images)))
            ends.append(np.array(contest.now()))
        return ends[-1] - ends[skip - 1], float(np.mean(losses))


class Ours(Contestant):
    """A class with the taught interface, fed by `training.fit`.

    Args:
        data, seed: as for all.
        kind: the class.
        networks: function that gives its generator and discriminator.
        batch: int.
        policy: str, the precision of its layers.
        adam: dict of arguments of both optimizers.
        options: for `compile`, such as steps_per_execution.
    """

    def __init__(self, data, seed, kind, networks, batch, policy="float32", adam=None, **options):
        keras.utils.set_random_seed(seed)
        with runtime.dtype_policy(policy):
            super().__init__(data, networks(), seed)
            latent_size = self.generator.input_shape[-1]
            self.model = kind(self.generator, self.discriminator, latent_size, seed)
        adam = adam or {"learning_rate": 1e-4}
        adams = keras.optimizers.Adam(**adam), keras.optimizers.Adam(**adam)
        self.model.compile(*adams, **options)
        self.batch = batch

    def turn(self, steps, skip):
        """Train `skip` steps and `steps` more: (times of the latter, mean loss in nats)."""
        clock = Clock("train_batch")
        history = self.fit(skip + steps, [clock])
        return clock.times(skip // self.model.steps_per_execution), history["discriminator_loss"][
            -1
        ]

    def fit(self, steps, callbacks=()):
        options = {"steps": steps, "seed": 1000 * self.seed + self.turns, "callbacks": callbacks}
        self.turns += 1
        return training.fit(self.model, self.data.train, epochs=1, batch=self.batch, **options)

    def close(self):
        super().close()
        del self.model


# --- what one batch of fakes for both updates does to the images -------------------------------


def classifier_features(count, test, epochs):
    """Function of images in [-1, 1] to features, and the accuracy of the classifier they are of."""
    keras.utils.set_random_seed(0)
    held = load_arrays("glyphs", "train", count=count), load_arrays("glyphs", "test", count=test)
    (images, labels), (test_images, test_labels) = ((h["image"], h["label"]) for h in held)
    classifier, features = nets.build_classifier(10)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier.compile(keras.optimizers.Adam(1e-3), loss, metrics=["accuracy"])
    training.fit(classifier, (images, labels), epochs=epochs, batch=BATCH_SMALL)
    accuracy = classifier.evaluate(test_images, test_labels, verbose=0)[1]
    return lambda images: features.predict((images + 1) / 2, batch_size=256, verbose=0), accuracy


def distances(kinds, seeds, count, test, steps, on_turn):
    """Frechet distances of images drawn by small networks that each kind of step has trained.

    They swing from one step to the next, so what counts is the mean over the second half.
    """
    held = data_28(count, test)
    on_turn("classifier")
    features, accuracy = classifier_features(count, test, epochs=3)
    real = features(held.test)

    def distance(images):
        return metrics.frechet_distance(real, features(images))

    values = {name: [] for name in kinds}
    values["real training images"] = [distance(held.train[: len(held.test)])]
    for seed in seeds:
        for name, kind in kinds.items():
            on_turn(f"small: {name}")
            network = small(held, seed, kind)
            latents = np.random.default_rng(0).normal(size=(len(held.test), 100))
            along = []
            for _ in range(steps // PART):
                network.fit(PART)
                along.append(distance(network.generator.predict(latents, 256, verbose=0)))
            values[name].append(float(np.mean(along[len(along) // 2 :])))
            network.close()
    title = (
        f"What sharing fakes does: small networks, mean over the second half of {steps} steps, "
        f"features of a classifier with accuracy {accuracy:.3f}"
    )
    return {"title": title, "values": values}


def small(data, seed, kind, **options):
    """The tutorial's networks with a quarter of the channels, of the size that a lab trains."""

    def networks():
        return networks_28(own=False, narrower=4)

    adam = {"learning_rate": 2e-4, "beta_1": 0.5}
    return Ours(data, seed, kind, networks, BATCH_SMALL, adam=adam, **options)


# --- the command ----------------------------------------------------------------------------


def dcgan(
    *,
    rounds=4,
    seeds=(0, 1),
    images_64=(1_000, 32),
    images_28=(10_000, 2_000),
    steps=(1, 3, 16),
    trained=600,
    trained_seeds=(0, 1, 2),
    on_turn,
):
    """Run everything; returns what `tables.show` and `tables.save` take.

    Args:
        rounds: timed rounds for each seed.
        images_64, images_28: numbers of images to train on and to test with.
        steps: timed steps in a turn at 64x64, at 28x28 and of the small networks.
        trained, trained_seeds: steps and seeds of small networks before images are compared.
        on_turn: called with (name, turns done, turns in all).
    """
    names = contest.taught(LAB)
    fresh, shared = names["DCGAN"], with_shared_fakes(names)
    wide, held = data_64(*images_64), data_28(*images_28)

    def ours_64(policy="float32"):
        networks = functools.partial(networks_64, own=True)
        return lambda seed: Ours(wide, seed, fresh, networks, BATCH_64, policy)

    def ours_28(kind, policy="float32"):
        networks = functools.partial(networks_28, own=True)
        return lambda seed: Ours(held, seed, kind, networks, BATCH_28, policy)

    def ours_small(**options):
        return lambda seed: small(held, seed, fresh, **options)

    groups = [
        {
            EXAMPLE: lambda seed: Example64(wide, seed),
            WIDE: ours_64(),
            WIDE_MIXED: ours_64("mixed_bfloat16"),
        },
        {
            TUTORIAL: lambda seed: Tutorial28(held, seed),
            SHARED: ours_28(shared),
            SHARED_MIXED: ours_28(shared, "mixed_bfloat16"),
            FRESH: ours_28(fresh),
            FRESH_MIXED: ours_28(fresh, "mixed_bfloat16"),
        },
        {
            PLAIN: ours_small(),
            CALLS: ours_small(steps_per_execution=4),
            XLA: ours_small(jit_compile=True),
        },
    ]
    notes = []
    if note := contest.without_bfloat16("What trains in bfloat16"):
        notes.append(note)
        groups = [{n: make for n, make in g.items() if n not in MIXED} for g in groups]
    records = {name: contest.Record() for group in groups for name in group}
    turns = len(seeds) * len(records) * (rounds + 1) + 1 + 2 * len(trained_seeds)
    count = contest.counted(on_turn, turns)
    busy = contest.OtherWork()
    skips = 1, 1, 4
    for group, timed, skip in zip(groups, steps, skips, strict=True):
        options = {"seeds": seeds, "on_turn": count}
        contest.contest(group, records, rounds=rounds, steps=timed, skip=skip, **options)
    speeds = [
        contest.speed(text, records, fast, slow, least)
        for text, fast, slow, least in (
            ("64x64: ours over the Keras example", WIDE, EXAMPLE, 1.25),
            ("64x64: ours in bfloat16 over it", WIDE_MIXED, EXAMPLE, 2),
            ("28x28: ours, shared fakes, over the tutorial", SHARED, TUTORIAL, 1),
            ("28x28: the same in bfloat16", SHARED_MIXED, TUTORIAL, 1.5),
            ("28x28: ours, which draws fakes twice", FRESH, TUTORIAL, None),
            ("28x28: the same in bfloat16", FRESH_MIXED, TUTORIAL, None),
            ("small: 4 steps a call over one", CALLS, PLAIN, None),
            ("small: with XLA over without", XLA, PLAIN, None),
        )
        if fast in records
    ]
    losses = contest.agreement(records, groups[0], EXAMPLE, "64x64: ")
    same = [name for name in groups[1] if name not in (FRESH, FRESH_MIXED)]
    losses += contest.agreement(records, same, TUTORIAL, "28x28: ")
    kinds = {"fakes drawn for each update": fresh, "one batch of fakes for both": shared}
    compared = distances(kinds, trained_seeds, *images_28, trained, count)
    return {
        "name": "dcgan",
        "records": records,
        "speeds": speeds,
        "losses": losses,
        "distances": [compared],
        "notes": [*notes, *busy.note()],
        "threads": runtime.cores(),
        "steps": {
            name: (rounds + 1) * (timed + skip)
            for name, timed, skip in zip(("64x64", "28x28", "small"), steps, skips, strict=True)
        },
    }
