"""Probabilistic PCA against densities from SciPy, sampling, and its own optimum."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from utils import linear_gaussian
from utils.linear_gaussian import LinearGaussian


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    return (rng.normal(size=(200, 3)) @ rng.normal(size=(3, 6)) + rng.normal(size=(200, 6))).astype(
        "float32"
    )


def test_densities_are_those_of_scipy(images):
    model = LinearGaussian(images, 2)
    covariance = model.W @ model.W.T + model.s**2 * np.eye(6)
    expected = multivariate_normal.logpdf(images, model.b, covariance)
    np.testing.assert_allclose(model.log_likelihood(images), expected, atol=1e-9)
    z = np.random.default_rng(1).normal(size=(4, 2))
    for row, each in zip(model.given(images, z), z, strict=True):
        mean, noise = model.W @ each + model.b, model.s**2 * np.eye(6)
        np.testing.assert_allclose(row, multivariate_normal.logpdf(images, mean, noise), atol=1e-9)


def test_bayes_rule_holds_for_the_posterior(images):
    """p(x | z) p(z) = p(z | x) p(x) for any z."""
    model, z = LinearGaussian(images, 2), np.array([[0.3, -1.2]])
    means, covariance = model.posterior(images)
    prior = multivariate_normal.logpdf(z[0], np.zeros(2), np.eye(2))
    posterior = [multivariate_normal.logpdf(z[0], mean, covariance) for mean in means]
    left, right = model.given(images, z)[0] + prior, posterior + model.log_likelihood(images)
    np.testing.assert_allclose(left, right, atol=1e-9)


def test_no_other_weights_are_likelier(images):
    model, rng = LinearGaussian(images, 2), np.random.default_rng(2)
    best = model.log_likelihood(images).mean()
    for _ in range(20):
        W = model.W + 0.1 * rng.normal(size=model.W.shape)
        s = model.s * np.exp(0.1 * rng.normal())
        assert linear_gaussian.log_likelihood(images, W, model.b, s).mean() < best


def test_kl_of_gaussians_is_the_mean_log_ratio():
    rng = np.random.default_rng(3)
    mean, root, other_root = rng.normal(size=3), rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
    covariance, other = root @ root.T + np.eye(3), other_root @ other_root.T + np.eye(3)
    drawn = rng.multivariate_normal(mean, covariance, 100_000)
    for other_mean, second in ((np.ones(3), other), (np.zeros(3), np.eye(3))):
        ratio = multivariate_normal.logpdf(drawn, mean, covariance)
        ratio = ratio - multivariate_normal.logpdf(drawn, other_mean, second)
        found = linear_gaussian.kl_gaussians(mean[None], covariance, other_mean, second)
        assert abs(found[0] - ratio.mean()) < 5 * ratio.std() / np.sqrt(len(drawn))
    to_prior = linear_gaussian.kl_to_prior(mean[None], covariance)
    np.testing.assert_allclose(to_prior, found, rtol=1e-12)
