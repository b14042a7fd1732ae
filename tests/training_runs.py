"""Four small runs for tests/test_training.py, which also starts them as programs and kills them.

python -m tests.training_runs NAME FOLDER: the run, slowed down, with a line for each epoch.
"""

import sys
import time

import keras
import numpy as np
import tensorflow as tf

from utils import training

EPOCHS = 5
rng = np.random.default_rng(0)
IMAGES = rng.integers(0, 256, (50, 4, 4, 1), "uint8")
UNSEEN = rng.integers(0, 256, (20, 4, 4, 1), "uint8")


def noisy(images, seed):
    return images + 0.1 * tf.random.stateless_normal(tf.shape(images), seed), images


def autoencoder():
    """Dropout, augmentation, Adam with a schedule, several steps a call, validation."""
    layers = keras.layers
    model = keras.Sequential(  # not built before its first batch
        [
            layers.Flatten(),
            layers.Dense(8, "relu"),
            layers.Dropout(0.3),
            layers.BatchNormalization(),
            layers.Dense(16),
            layers.Reshape((4, 4, 1)),
        ]
    )
    schedule = keras.optimizers.schedules.CosineDecay(0.01, 30)
    model.compile(keras.optimizers.Adam(schedule), "mse", metrics=["mae"], steps_per_execution=3)
    return model, {"augment": noisy, "validation": (UNSEEN, UNSEEN)}


class TwoNetworks(keras.Model):
    """A small GAN: its own step, two optimizers that are built by it, a seed generator."""

    def __init__(self):
        super().__init__()
        dense = keras.layers.Dense
        self.generator = keras.Sequential([dense(8, "relu"), dense(16)])  # not built either
        self.discriminator = keras.Sequential(
            [keras.Input((16,)), dense(8, "relu"), keras.layers.Dropout(0.2), dense(1)]
        )
        self.seed_generator = keras.random.SeedGenerator()  # begins anywhere

    def compile(self, generator_optimizer, discriminator_optimizer):
        super().compile()
        self.optimizers = {"g": generator_optimizer, "d": [discriminator_optimizer]}
        self.loss_of_d = keras.metrics.Mean(name="d_loss")

    def train_step(self, real):
        real = keras.ops.reshape(real, (-1, 16))
        latent = keras.random.normal((keras.ops.shape(real)[0], 3), seed=self.seed_generator)
        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator(latent, training=True)
            of_real, of_fake = (self.discriminator(x, training=True) for x in (real, fake))
            d_loss = keras.ops.mean(keras.ops.softplus(-of_real) + keras.ops.softplus(of_fake))
            g_loss = keras.ops.mean(keras.ops.softplus(-of_fake))
        for loss, network, optimizer in (
            (d_loss, self.discriminator, self.optimizers["d"][0]),
            (g_loss, self.generator, self.optimizers["g"]),
        ):
            weights = network.trainable_weights
            optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        self.loss_of_d.update_state(d_loss)
        return {"d_loss": self.loss_of_d.result(), "g_loss": g_loss}


def gan():
    model = TwoNetworks()
    model.compile(keras.optimizers.Adam(0.01), keras.optimizers.SGD(0.01, momentum=0.9))
    return model, {}


def mixed():
    """float16 with a loss scale that falls in the run."""
    layers = [keras.layers.Flatten(), keras.layers.Dense(16, dtype="mixed_float16")]
    model = keras.Sequential([keras.Input((4, 4, 1)), *layers, keras.layers.Reshape((4, 4, 1))])
    scaled = keras.mixed_precision.LossScaleOptimizer(
        keras.optimizers.Adam(0.01), initial_scale=2.0**20, dynamic_growth_steps=4
    )
    model.compile(scaled, "mse")
    return model, {"augment": noisy, "drop_remainder": True, "every": 2}


def whole():
    """The first one's network, each epoch in a single compiled call."""
    model, options = autoencoder()
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return model, options | {"whole_epochs": True, "drop_remainder": True}


RUNS = {"autoencoder": autoencoder, "gan": gan, "mixed": mixed, "whole": whole}


def run(name, folder, **changes):
    """(model, history) of the run NAME; a seed is set nowhere, so only a checkpoint can tell."""
    model, options = RUNS[name]()
    options = {"epochs": EPOCHS, "batch": 9, "folder": folder} | options | changes
    return model, training.fit(model, IMAGES, **options)


class Slow(keras.callbacks.Callback):
    """0.1 s a call, a line on standard output before each epoch, and no end before it is killed."""

    def on_train_batch_begin(self, batch, logs=None):
        time.sleep(0.1)

    def on_epoch_begin(self, epoch, logs=None):
        print("epoch", epoch, flush=True)
        time.sleep(10000 if epoch == EPOCHS - 1 else 0)


if __name__ == "__main__":
    run(*sys.argv[1:], callbacks=[Slow()])
