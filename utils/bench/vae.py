"""`course bench vae`: Lab 3's step, the published one, PyTorch's, and a toy network.

PyTorch's is a process of its own, `pytorch.py`; the toy network is trained by `fit` and by
`training.fit(whole_epochs=True)`.

The published step is written anew from keras.io's example "Variational AutoEncoder" (Chollet 2020):
the same layers, losses, optimizer and feeding.
"""

import importlib.metadata
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from utils import ROOT, runtime, training
from utils.bench import contest
from utils.bench.contest import EXAMPLE, MIXED, OURS
from utils.bench.elbo import BATCH, Data, negative_elbo
from utils.data import load_arrays

LAB = ROOT / "solutions" / "lab3_vae.ipynb"
TORCH = "2.13.0"
SKIP = 4  # steps at the begin of a turn that are not timed: caches are another contestant's
EAGER = "PyTorch eager"
PLAIN, WHOLE, XLA = "toy: plain fit", "toy: ours", "toy: ours with XLA"


class Clock(keras.callbacks.Callback):
    """Notes when each step ended, or each epoch."""

    def __init__(self, each):
        super().__init__()
        self.ends = []
        setattr(self, f"on_{each}_end", lambda number, logs=None: self.note())

    def note(self):
        self.ends.append(np.array(contest.now()))

    def times(self, skip):
        """From the end of the first `skip` on: (seconds, core seconds)."""
        return self.ends[-1] - self.ends[skip - 1]


# --- the convolutional VAE ------------------------------------------------------------------


def example_networks(last, output):
    """Encoder to the two vectors of two latents, and decoder; `last` is called on each output."""
    image = keras.Input((28, 28, 1))
    x = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(image)
    x = layers.Conv2D(64, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Dense(16, activation="relu")(layers.Flatten()(x))
    encoder = keras.Model(image, [last(layers.Dense(2)(x)), last(layers.Dense(2)(x))])
    latent = keras.Input((2,))
    x = layers.Dense(7 * 7 * 64, activation="relu")(latent)
    x = layers.Reshape((7, 7, 64))(x)
    x = layers.Conv2DTranspose(64, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2DTranspose(32, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2DTranspose(1, 3, padding="same", activation=output)(x)
    return encoder, keras.Model(latent, last(x))


class Noise(layers.Layer):
    """Draws latents around their means."""

    def __init__(self, seed):
        super().__init__()
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, pair):
        mean, log_var = pair
        noise = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_var) * noise


class Published(keras.Model):
    """The example's training step: probabilities, means over the batch, three trackers."""

    def __init__(self, encoder, decoder, seed):
        super().__init__()
        image = encoder.input
        mean, log_var = encoder.output  # sampling is a layer of its encoder
        self.encoder = keras.Model(image, [mean, log_var, Noise(seed)([mean, log_var])])
        self.decoder = decoder
        self.total = keras.metrics.Mean("loss")
        self.reconstruction = keras.metrics.Mean("reconstruction_loss")
        self.kl = keras.metrics.Mean("kl_loss")

    @property
    def metrics(self):
        return [self.total, self.reconstruction, self.kl]

    def train_step(self, images):
        with tf.GradientTape() as tape:
            mean, log_var, latent = self.encoder(images)
            drawn = self.decoder(latent)
            errors = keras.losses.binary_crossentropy(images, drawn)  # mean over the one channel
            reconstruction = ops.mean(ops.sum(errors, axis=(1, 2)))
            kl = -0.5 * (1 + log_var - ops.square(mean) - ops.exp(log_var))
            kl = ops.mean(ops.sum(kl, axis=1))
            loss = reconstruction + kl
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        self.total.update_state(loss)
        self.reconstruction.update_state(reconstruction)
        self.kl.update_state(kl)
        return {each.name: each.result() for each in self.metrics}


class Contestant:
    """A VAE with one seed; every turn goes on where the last one ended."""

    def __init__(self, data, model):
        self.data, self.model, self.turns = data, model, 0

    def turn(self, steps, skip):
        """Train `skip` steps and `steps` more: (times of the latter, mean loss in nats)."""
        clock = Clock("train_batch")
        history = self.fit(skip + steps, clock)
        self.turns += 1
        return clock.times(skip), history[self.loss][-1]

    def held_out(self):
        def encode(part):
            return [np.asarray(each, "float64") for each in self.model.encoder(part)[:2]]

        def decode(latents):
            return self.probabilities(np.asarray(self.model.decoder(latents), "float64"))

        return negative_elbo(encode, decode, self.data.test, self.data.noise)

    def close(self):
        del self.model


class Example(Contestant):
    """The published step, fed by `fit` from float32 images."""

    loss = "loss"

    def __init__(self, data, seed):
        keras.utils.set_random_seed(seed)
        model = Published(*example_networks(lambda x: x, "sigmoid"), seed)
        model.compile(optimizer=keras.optimizers.Adam())
        self.images = data.train.astype("float32") / 255
        super().__init__(data, model)

    def fit(self, steps, clock):
        options = {"steps_per_epoch": steps, "callbacks": [clock], "verbose": 0}
        return self.model.fit(self.images, batch_size=BATCH, **options).history

    @staticmethod
    def probabilities(drawn):
        return drawn


class Ours(Contestant):
    """The step that the lab teaches, fed by `training.fit` from uint8 images."""

    loss = "negative_elbo"

    def __init__(self, data, seed, taught, policy="float32"):
        keras.utils.set_random_seed(seed)
        self.seed = seed
        with runtime.dtype_policy(policy):
            # What the networks give is float32 at any precision: losses are computed in it.
            last = layers.Activation("linear", dtype="float32")
            model = taught(*example_networks(last, None), seed=seed)
        model.compile(optimizer=keras.optimizers.Adam())
        super().__init__(data, model)

    def fit(self, steps, clock):
        # Another order in every turn.
        options = {"steps": steps, "seed": 1000 * self.seed + self.turns, "callbacks": [clock]}
        return training.fit(self.model, self.data.train, epochs=1, batch=BATCH, **options)

    @staticmethod
    def probabilities(logits):
        return 1 / (1 + np.exp(-logits))


# --- the toy network ------------------------------------------------------------------------

TOY_STEPS = 50  # steps per epoch
SPREAD = 0.1  # of the points about their curve, and of the decoder about its mean


def toy_points(n, seed):
    """Points (n, 2) about two half circles."""
    rng = np.random.default_rng(seed)
    angle, upper = rng.uniform(0, np.pi, n), rng.integers(0, 2, n)
    side = 2 * upper - 1
    points = np.stack([np.cos(angle) + 0.5 * side, side * np.sin(angle) - 0.25 * side], axis=1)
    return (points + SPREAD * rng.normal(size=points.shape)).astype("float32")


class ToyVAE(keras.Model):
    """A VAE of points in the plane: two hidden layers of 64 on both sides, a normal decoder."""

    def __init__(self, seed):
        super().__init__()
        self.encoder, self.decoder = (
            keras.Sequential(
                [
                    keras.Input((2,)),
                    layers.Dense(64, activation="relu"),
                    layers.Dense(64, activation="relu"),
                    layers.Dense(outputs),
                ]
            )
            for outputs in (4, 2)
        )
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.total = keras.metrics.Mean("loss")

    @property
    def metrics(self):
        return [self.total]

    def nats(self, points, noise):
        """Negative ELBO of points (n, 2) with these draws, (n,)."""
        mean, log_var = ops.split(self.encoder(points), 2, axis=1)
        drawn = self.decoder(mean + ops.exp(0.5 * log_var) * noise)
        errors = ops.sum(ops.square((drawn - points) / SPREAD), axis=1)
        kl = 0.5 * ops.sum(ops.exp(log_var) + ops.square(mean) - 1 - log_var, axis=1)
        return 0.5 * errors + np.log(2 * np.pi * SPREAD**2) + kl

    def train_step(self, points):
        noise = keras.random.normal(ops.shape(points), seed=self.seed_generator)
        with tf.GradientTape() as tape:
            nats = self.nats(points, noise)
            loss = ops.mean(nats)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        self.total.update_state(nats)
        return {"loss": self.total.result()}


class Toy:
    """A toy VAE with one seed; its turns are whole epochs."""

    def __init__(self, seed, **options):
        keras.utils.set_random_seed(seed)
        self.model, self.seed, self.turns = ToyVAE(seed), seed, 0
        self.model.compile(optimizer=keras.optimizers.Adam(), **options)
        self.points = toy_points(TOY_STEPS * BATCH, seed=0)

    def turn(self, steps, skip):
        clock = Clock("epoch")
        history = self.fit((steps + skip) // TOY_STEPS, clock)
        self.turns += 1
        return clock.times(skip // TOY_STEPS), history["loss"][-1]

    def held_out(self):
        points = toy_points(2_000, seed=1)
        noise = np.random.default_rng(1).normal(size=(20, *points.shape)).astype("float32")
        return float(np.mean([self.model.nats(points, draws) for draws in noise]))

    def close(self):
        del self.model


class PlainToy(Toy):
    """Trained by Keras' `fit`."""

    def fit(self, epochs, clock):
        options = {"batch_size": BATCH, "callbacks": [clock], "verbose": 0}
        return self.model.fit(self.points, epochs=epochs, **options).history


class WholeToy(Toy):
    """Trained by `training.fit`, an epoch in one compiled call."""

    def fit(self, epochs, clock):
        options = {"seed": 1000 * self.seed + self.turns, "callbacks": [clock]}
        options |= {"batch": BATCH, "whole_epochs": True}
        return training.fit(self.model, self.points, epochs=epochs, **options)


# --- PyTorch -------------------------------------------------------------------------------


def without_torch():
    """Why PyTorch does not take part and what to do, or None where it does."""
    try:
        found = importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        found = None
    if found and found.split("+")[0] == TORCH:
        return None
    found = f"version {found} is installed" if found else "it is not installed"
    return (
        f"{EAGER} is left out: {found}. To measure it, too: "
        f".uv/bin/uv pip install --python .venv --torch-backend cpu torch=={TORCH}"
    )


class Torch(contest.Process):
    """The PyTorch process, seen from here."""

    def __init__(self, data, seed, threads):
        self.folder = tempfile.TemporaryDirectory()
        file = Path(self.folder.name) / "data.npz"
        np.savez(file, **vars(data))
        # Threads that spin while they wait take the cores from everything else on the machine,
        # and from each other: beside other work, PyTorch's steps took up to ten times as long.
        arguments = str(file), str(seed), str(threads)
        super().__init__("utils.bench.pytorch", *arguments, OMP_WAIT_POLICY="PASSIVE")

    def close(self):
        super().close()
        self.folder.cleanup()


# --- the command ----------------------------------------------------------------------------


def data(count=10_000, test=2_000):
    images = load_arrays("glyphs", "train", count=count)["image"]
    held_out = load_arrays("glyphs", "test", count=test)["image"]
    noise = np.random.default_rng(0).normal(size=(len(held_out), 2))
    return Data(np.round(images * 255).astype("uint8"), held_out, noise)


def vae(*, rounds=10, seeds=(0, 1, 2), lab=LAB, sizes=(), steps=25, epochs=2, on_turn):
    """Run everything; returns what `tables.show` and `tables.save` take.

    Args:
        rounds: timed rounds for each seed. sizes: arguments of `data`.
        steps: timed steps of the VAE in a turn. epochs: timed epochs of the toy in a turn.
        on_turn: called with (name, turns done, turns in all).
    """
    names, held = contest.taught(lab), data(*sizes)
    threads = runtime.cores()
    makers = {
        EXAMPLE: lambda seed: Example(held, seed),
        OURS: lambda seed: Ours(held, seed, names["VAE"]),
        MIXED: lambda seed: Ours(held, seed, names["VAE"], "mixed_bfloat16"),
        EAGER: lambda seed: Torch(held, seed, threads),
    }
    notes = {MIXED: contest.without_bfloat16(), EAGER: without_torch()}
    notes = {name: note for name, note in notes.items() if note}
    makers = {name: make for name, make in makers.items() if name not in notes}
    toys = {
        PLAIN: PlainToy,
        WHOLE: WholeToy,
        XLA: lambda seed: WholeToy(seed, jit_compile=True),
    }
    records = {name: contest.Record() for name in [*makers, *toys]}
    few = -(-rounds // 3)  # a toy's turns are short, but its compiling isn't
    every = len(seeds) * (len(makers) * (rounds + 1) + len(toys) * (few + 1))
    toy_steps = TOY_STEPS
    options = {"seeds": seeds, "on_turn": contest.counted(on_turn, every)}
    busy = contest.OtherWork()
    contest.contest(makers, records, rounds=rounds, steps=steps, skip=SKIP, **options)
    contest.contest(toys, records, rounds=few, steps=epochs * toy_steps, skip=toy_steps, **options)
    speeds = [contest.speed("ours over the Keras example", records, OURS, EXAMPLE, 1)]
    if MIXED in makers:
        text = "ours in bfloat16 over the Keras example"
        speeds.append(contest.speed(text, records, MIXED, EXAMPLE, 1.35))
    if EAGER in makers:
        speeds.append(contest.speed("ours over PyTorch eager", records, OURS, EAGER, 1.5))
    speeds.append(contest.speed("toy: ours over plain fit", records, WHOLE, PLAIN, 3))
    speeds.append(contest.speed("toy: ours with XLA over plain fit", records, XLA, PLAIN))
    losses = contest.agreement(records, makers, EXAMPLE) + contest.agreement(records, toys, PLAIN)
    notes = [*notes.values(), *busy.note()]
    vae_steps, toy_steps = (rounds + 1) * (steps + SKIP), (few + 1) * (epochs + 1) * toy_steps
    return {
        "name": "vae",
        "records": records,
        "speeds": speeds,
        "losses": losses,
        "notes": notes,
        "threads": threads,
        "steps": {"vae": vae_steps, "toy": toy_steps},
    }
