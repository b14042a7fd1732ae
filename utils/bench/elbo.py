"""What the contestants of `course bench vae` share: the data, the batch and the yardstick.

PyTorch's process imports this, so it imports no TensorFlow.
"""

from dataclasses import dataclass

import numpy as np

BATCH = 128


@dataclass
class Data:
    """train: uint8 images; test: float32 images in [0, 1]; noise: draws for the test's latents."""

    train: np.ndarray
    test: np.ndarray
    noise: np.ndarray


def negative_elbo(encode, decode, images, noise):
    """The same yardstick for all: negative ELBO in nats per image, in float64.

    encode: images to (mean, log_var); decode: float32 latents to probabilities (n, 28, 28, 1);
    noise: (n, latents), the draws from N(0, I) that are used.
    """
    total, parts = 0.0, -(-len(images) // 500)
    for part, draws in zip(
        np.array_split(images, parts), np.array_split(noise, parts), strict=True
    ):
        mean, log_var = encode(part)
        chances = decode((mean + np.exp(0.5 * log_var) * draws).astype("float32"))
        chances = np.clip(chances, 1e-7, 1 - 1e-7)
        total -= np.sum(part * np.log(chances) + (1 - part) * np.log(1 - chances))
        total += 0.5 * np.sum(np.exp(log_var) + mean**2 - 1 - log_var)
    return float(total / len(images))
