"""Probabilistic PCA: the one decoder, x = W z + b + noise, for which every density is known.

Formulas that hold for any decoder are compared with these exact numbers. All densities are in
nats, all arrays float64.
"""

import numpy as np


class LinearGaussian:
    """Probabilistic PCA at its maximum likelihood (Tipping and Bishop 1999, section 3.2).

    z is from N(0, I) and x from N(W z + b, s^2 I), so x is from N(b, W W^T + s^2 I).

    Args:
        images: array (n, pixels), of which mean and covariance are taken.
        latents: int, less than the number of pixels.

    Attributes:
        W: array (pixels, latents), its columns along the principal directions.
        b: array (pixels,), the mean of the images.
        s: float, standard deviation of the noise.
        axes: array (pixels, latents), the principal directions, the largest variance first.
        eigenvalues: array (pixels,), of the covariance of the images, the largest first.
        covariance: array (pixels, pixels), of the images.
    """

    def __init__(self, images, latents):
        self.b = images.mean(axis=0, dtype="float64")
        self.covariance = np.cov(images.T.astype("float64"), bias=True)
        eigenvalues, eigenvectors = np.linalg.eigh(self.covariance)
        self.eigenvalues, self.axes = eigenvalues[::-1], eigenvectors[:, ::-1][:, :latents]
        self.s = np.sqrt(self.eigenvalues[latents:].mean())
        self.W = self.axes * np.sqrt(self.eigenvalues[:latents] - self.s**2)

    def posterior(self, images):
        """Means (n, latents) of p(z | x) and their covariance, the same for every image."""
        precision = self.W.T @ self.W / self.s**2 + np.eye(self.W.shape[1])
        covariance = np.linalg.inv(precision)
        return (images - self.b) @ self.W @ covariance / self.s**2, covariance

    def constant(self):
        """The part of ln p(x | z) that depends on s alone."""
        return -len(self.b) * np.log(self.s * np.sqrt(2 * np.pi))

    def given(self, images, z):
        """ln p(x | z) of every image under every latent: (n, pixels), (m, latents) -> (m, n)."""
        centred = images - self.b
        lengths = np.sum(z @ (self.W.T @ self.W) * z, axis=1)  # squared, of W z
        squares = np.sum(centred**2, axis=1) + lengths[:, None] - 2 * z @ (centred @ self.W).T
        return self.constant() - squares / (2 * self.s**2)

    def log_likelihood(self, images):
        """ln p(x) of each image, (n,)."""
        return log_likelihood(images, self.W, self.b, self.s)


def log_likelihood(images, W, b, s):
    """ln p(x) of each image under a linear decoder with any weights, (n,)."""
    inverse = np.linalg.inv(W @ W.T + s**2 * np.eye(len(b)))
    squares = np.sum((images - b) @ inverse * (images - b), axis=1)
    return (np.linalg.slogdet(inverse)[1] - squares - len(b) * np.log(2 * np.pi)) / 2


def kl_gaussians(mean, covariance, other_mean, other_covariance):
    """KL(first || second) in nats for each row of the means (n, k)."""
    inverse = np.linalg.inv(other_covariance)
    step = np.asarray(other_mean - mean)
    far = np.sum(step @ inverse * step, axis=-1)
    logs = np.linalg.slogdet(other_covariance)[1] - np.linalg.slogdet(covariance)[1]
    return (np.trace(inverse @ covariance) - len(inverse) + far + logs) / 2


def kl_to_prior(mean, covariance):
    """KL(N(mean, covariance) || N(0, I)) in nats for each row of the means (n, k)."""
    return kl_gaussians(mean, covariance, 0, np.eye(len(covariance)))
