"""Measures against closed forms, and against libraries or definitions written out once more."""

from itertools import permutations

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import linalg, ndimage, stats
from sklearn.linear_model import LogisticRegression

from utils import metrics

INPUTS = []  # see tests/keys.py


def images(seed, n=4, side=28):
    return np.random.default_rng(seed).uniform(0, 1, (n, side, side, 1)).astype("float32")


def test_psnr_of_known_errors():
    clean = np.full((3, 4, 4, 1), 0.5, "float32")
    estimate = clean + np.reshape([0.1, 0.01, 0], (3, 1, 1, 1)).astype("float32")
    assert np.allclose(metrics.psnr(clean, estimate)[:2], [20, 40], atol=1e-3)
    assert np.isposinf(metrics.psnr(clean, estimate)[2])


def test_psnr_agrees_with_tensorflow():
    a, b = images(0), images(1)
    assert np.allclose(metrics.psnr(a, b), tf.image.psnr(a, b, 1.0), atol=1e-4)
    # Integers are numbers, not bytes that wrap round.
    a, b = (255 * a).astype("uint8"), (255 * b).astype("uint8")
    assert np.allclose(metrics.psnr(a, b, peak=255), tf.image.psnr(a, b, 255), atol=1e-4)


def ssim_by_definition(x, y):
    """Wang et al. 2004, equations 13 to 17, with a Gaussian window of 11 pixels."""

    def local(z):
        return ndimage.gaussian_filter(z, 1.5, radius=5)[5:-5, 5:-5]

    x, y = x[..., 0].astype("float64"), y[..., 0].astype("float64")
    mx, my = local(x), local(y)
    vx, vy, c = local(x * x) - mx**2, local(y * y) - my**2, local(x * y) - mx * my
    c1, c2 = 0.01**2, 0.03**2
    return np.mean((2 * mx * my + c1) * (2 * c + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2)))


def test_ssim_agrees_with_its_definition():
    smooth = ndimage.gaussian_filter(images(0), (0, 2, 2, 0))
    for estimate in (smooth, smooth + 0.1 * images(1), images(2)):
        expected = [ssim_by_definition(x, y) for x, y in zip(smooth, estimate, strict=True)]
        assert np.allclose(metrics.ssim(smooth, estimate), expected, atol=2e-4)
    assert np.allclose(metrics.ssim(smooth, smooth), 1)


def test_ssim_of_small_images_is_refused():
    with pytest.raises(ValueError, match="window of 11 pixels and the images are 8x8"):
        metrics.ssim(images(0, side=8), images(1, side=8))
    assert metrics.ssim(images(0, side=8), images(1, side=8), window=7).shape == (4,)


def test_keras_metrics_average_over_images_and_not_over_batches():
    a, b = images(0, n=5), images(0, n=5) * np.reshape([0.1, 0.3, 0.5, 0.7, 0.9], (5, 1, 1, 1))
    for metric, function in ((metrics.PSNR(), metrics.psnr), (metrics.SSIM(), metrics.ssim)):
        metric.update_state(a[:4], b[:4])
        metric.update_state(a[4:], b[4:])
        assert np.isclose(metric.result(), np.mean(function(a, b)), atol=1e-4)
        assert type(metric).from_config(metric.get_config()).name == metric.name


def test_metrics_work_in_compile_and_fit():
    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(1, 3, padding="same")])
    model.compile("adam", "mean_squared_error", metrics=[metrics.PSNR(), metrics.SSIM()])
    history = model.fit(images(0), images(0), verbose=0).history
    assert {"psnr", "ssim"} <= set(history) and np.isfinite(history["psnr"][0])


def labelled(seed, n=300, wide=40):
    """Three classes apart in the first two of many features."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    features = rng.normal(size=(n, wide))
    features[:, :2] += 4 * np.array([[0, 0], [1, 0], [0, 1]])[labels]
    return features, labels


def test_probe_reads_what_is_there_and_no_more():
    train, test = labelled(0), labelled(1)
    good = metrics.linear_probe(train, test, per_class=10)
    assert good.shape == (5,) and good.mean() > 0.6
    blind = metrics.linear_probe(
        (train[0][:, 2:], train[1]), (test[0][:, 2:], test[1]), per_class=10
    )
    assert blind.mean() < 0.5


def test_probe_in_the_span_is_the_probe_in_all_features():
    """The turned classifier gives the same answers as one fitted in the full space."""
    features, labels = labelled(0, n=30, wide=100)
    span = np.linalg.qr(features.T)[0]
    full = LogisticRegression(C=0.1, tol=1e-8, max_iter=5000).fit(features, labels)
    turned = LogisticRegression(C=0.1, tol=1e-8, max_iter=5000).fit(features @ span, labels)
    new = labelled(1, wide=100)[0]
    assert np.allclose(full.predict_proba(new), turned.predict_proba(new @ span), atol=1e-4)


def test_probe_repeats_and_depends_on_its_seed():
    train, test = labelled(0), labelled(1)
    first, again = (metrics.linear_probe(train, test, per_class=5, draws=3) for _ in range(2))
    assert np.array_equal(first, again)
    assert len(np.unique(first)) > 1
    assert not np.array_equal(
        first, metrics.linear_probe(train, test, per_class=5, draws=3, seed=1)
    )


@pytest.mark.parametrize("per_class", [4, 1000])
def test_probe_says_how_many_labels_it_can_use(per_class):
    with pytest.raises(ValueError, match="needs 5 of each class, and the rarest class has"):
        metrics.linear_probe(labelled(0), labelled(1), per_class=per_class)


def test_principal_angles_of_planes_at_a_known_angle():
    for degrees in (0, 1e-4, 30, 90):
        angle = np.radians(degrees)
        floor = np.eye(3)[:, :2]
        tilted = np.array([[1, 0], [0, np.cos(angle)], [0, np.sin(angle)]])
        found = metrics.principal_angles(floor, 5 * tilted @ [[1, 2], [0, 3]])
        assert np.allclose(found, [degrees, 0], atol=1e-5)


# --- importance weights: a linear model, where everything is known -------------------------------


@pytest.fixture
def linear():
    """x = W z + b + s e: data, ln p(x), the true posterior's mean and covariance, ln p(x|z)."""
    rng = np.random.default_rng(5)
    W, b, s = rng.normal(0, 1, (6, 3)), rng.normal(0, 1, 6), 0.7
    x = rng.standard_normal((40, 3)) @ W.T + b + s * rng.standard_normal((40, 6))
    exact = stats.multivariate_normal(b, W @ W.T + s**2 * np.eye(6)).logpdf(x)
    covariance = np.linalg.inv(np.eye(3) + W.T @ W / s**2)
    mean = (x - b) @ W / s**2 @ covariance

    def log_likelihood(x, latents):
        return stats.norm.logpdf(x, b + np.asarray(latents) @ W.T, s).sum(axis=1)

    return x, exact, mean, covariance, log_likelihood, (W, b, s)


def test_weights_of_the_true_posterior_are_the_likelihood(linear):
    """With q = p(z|x) each weight is p(x). Axes are turned to make the posterior diagonal."""
    x, exact, _, covariance, _, (W, b, s) = linear
    variances, turn = np.linalg.eigh(covariance)
    W = W @ turn
    log_var = np.tile(np.log(variances), (len(x), 1))

    def encode(x):
        return (x - b) @ W / s**2 * variances, log_var

    def log_likelihood(x, latents):
        return stats.norm.logpdf(x, b + np.asarray(latents) @ W.T, s).sum(axis=1)

    found = metrics.log_importance_weights(x, encode, log_likelihood, draws=7, seed=1)
    assert found.shape == (7, 40) and found.dtype == np.float64
    np.testing.assert_allclose(found, np.tile(exact, (7, 1)), rtol=1e-10)


def test_bound_rises_to_the_likelihood(linear):
    x, exact, mean, covariance, log_likelihood, _ = linear
    q_variance = 1 / np.diag(np.linalg.inv(covariance))  # the nearest q with independent latents

    def encode(x):
        return mean, np.tile(np.log(q_variance), (len(x), 1))

    weights = metrics.log_importance_weights(x, encode, log_likelihood, draws=4_000)
    gaps = [np.mean(exact - metrics.importance_weighted_bound(weights, k)) for k in (1, 5, 50, 500)]
    # KL(q || p(z|x)): means agree, and the trace is 3 for the best q
    kl = 0.5 * (np.linalg.slogdet(covariance)[1] - np.sum(np.log(q_variance)))
    assert gaps[0] == pytest.approx(kl, rel=0.05)
    assert gaps[0] > gaps[1] > gaps[2] > gaps[3] > -0.005  # a mean over 40 x 8 estimates
    assert gaps[3] < 0.02
    again = metrics.log_importance_weights(x, encode, log_likelihood, draws=2, seed=0)
    np.testing.assert_array_equal(again, weights[:2])


def test_importance_weighted_bound_by_hand():
    weights = np.log([[1.0, 8], [3, 8], [2, 2], [6, 2], [5, 5]])  # five draws, two images
    np.testing.assert_allclose(
        metrics.importance_weighted_bound(weights, 2),  # the fifth draw has no partner
        [(np.log(2) + np.log(4)) / 2, (np.log(8) + np.log(2)) / 2],
    )
    np.testing.assert_allclose(metrics.importance_weighted_bound(weights, 1), weights.mean(axis=0))
    for k in (0, 6):
        with pytest.raises(ValueError, match="between 1 and"):
            metrics.importance_weighted_bound(weights, k)


@pytest.fixture
def feature_sets():
    rng = np.random.default_rng(4)
    mix = rng.normal(size=(6, 6))
    return rng.normal(size=(400, 6)), rng.normal(0.3, 1.5, size=(300, 6)) @ mix


def test_frechet_distance_against_the_matrix_root(feature_sets):
    first, second = feature_sets
    c1, c2 = (np.cov(each, rowvar=False) for each in feature_sets)
    means = first.mean(axis=0) - second.mean(axis=0)
    expected = means @ means + np.trace(c1 + c2 - 2 * np.real(linalg.sqrtm(c1 @ c2)))
    assert metrics.frechet_distance(first, second) == pytest.approx(expected, rel=1e-6)
    assert metrics.frechet_distance(second, first) == pytest.approx(expected, rel=1e-6)
    assert metrics.frechet_distance(first, first) == pytest.approx(0, abs=1e-9)
    # moved by (3, 0, ...) and stretched by 2 along one axis: 9 + (2 - 1)^2 times that variance
    moved = first.copy()
    moved[:, 0] += 3
    assert metrics.frechet_distance(first, moved) == pytest.approx(9)
    wide = first[:, :1]
    gap = (2 - 1) ** 2 * wide.var(ddof=1) + wide.mean() ** 2  # of spreads and of means
    assert metrics.frechet_distance(wide, 2 * wide) == pytest.approx(gap)


def test_frechet_distance_with_features_that_never_vary(feature_sets):
    """As units of a relu layer that are always 0."""
    first, second = (np.hstack([each, np.zeros((len(each), 3))]) for each in feature_sets)
    assert metrics.frechet_distance(first, second) == pytest.approx(
        metrics.frechet_distance(*feature_sets), rel=1e-6
    )


def test_kernel_distance_pair_by_pair(feature_sets):
    first, second = feature_sets[0][:5], feature_sets[1][:4]

    def kernel(a, b):
        return (np.dot(a, b) / 6 + 1) ** 3

    expected = (
        np.mean([kernel(a, b) for a, b in permutations(first, 2)])
        + np.mean([kernel(a, b) for a, b in permutations(second, 2)])
        - 2 * np.mean([kernel(a, b) for a in first for b in second])
    )
    assert metrics.kernel_distance(first, second) == pytest.approx(expected)


def test_kernel_distance_has_no_bias_and_the_frechet_distance_has():
    rng = np.random.default_rng(0)
    draws = rng.normal(size=(200, 2, 20, 6))
    kernel = [metrics.kernel_distance(*pair) for pair in draws]
    assert abs(np.mean(kernel)) < 4 * np.std(kernel) / np.sqrt(len(kernel))
    assert np.mean([metrics.frechet_distance(*pair) for pair in draws]) > 0.5


def precision_recall_by_definition(real, generated, k):
    """Kynkaanniemi et al. 2019, equations 1 and 2, example by example."""

    def inside(point, examples):
        for index, centre in enumerate(examples):
            others = np.delete(examples, index, axis=0)
            radius = np.sort([np.linalg.norm(centre - other) for other in others])[k - 1]
            if np.linalg.norm(point - centre) <= radius:
                return True
        return False

    return (
        np.mean([inside(point, real) for point in generated]),
        np.mean([inside(point, generated) for point in real]),
    )


@pytest.mark.parametrize("k", [1, 2, 4])
def test_precision_and_recall_agree_with_their_definition(k):
    rng = np.random.default_rng(k)
    real, generated = rng.normal(size=(40, 3)), rng.normal(0.7, 1.2, size=(30, 3))
    found = metrics.precision_recall(real, generated, neighbours=k)
    assert found == pytest.approx(precision_recall_by_definition(real, generated, k))
    assert found[0] not in (0, 1) and found[0] != found[1]
    again = metrics.precision_recall(generated, real, neighbours=k)
    assert again == found[::-1]


def test_precision_sees_strays_and_recall_sees_what_is_missing():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 300, 4)) + np.array([[[0.0]], [[20.0]]])
    both = np.concatenate([first, second])
    assert metrics.precision_recall(both, both) == (1, 1)
    assert metrics.precision_recall(first, second) == (0, 0)
    assert metrics.precision_recall(both, first[:150]) == (1, pytest.approx(0.5, abs=0.1))
    precision, recall = metrics.precision_recall(first, np.concatenate([first + 1e-9, second]))
    assert precision == 0.5 and recall == 1


def test_precision_and_recall_name_a_neighbour_that_is_not_there():
    for k in (0, 5):
        with pytest.raises(ValueError, match="between 1 and one less than the smaller set"):
            metrics.precision_recall(np.zeros((9, 2)), np.ones((5, 2)), neighbours=k)


MEASURES = [metrics.frechet_distance, metrics.kernel_distance, metrics.precision_recall]


@pytest.mark.parametrize("distance", MEASURES)
def test_distances_name_shapes_that_do_not_fit(distance):
    for shapes in [((5, 3), (5, 4)), ((1, 3), (5, 3)), ((5, 3, 1), (5, 3, 1))]:
        with pytest.raises(ValueError, match="two examples or more"):
            distance(*(np.zeros(shape) for shape in shapes))


# --- translation error ----------------------------------------------------------------------


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("measure", ["frechet_distance", "kernel_distance", "precision_recall"])
def test_features_that_are_not_finite_are_named(measure, bad):
    a, b = np.random.default_rng(0).normal(size=(2, 12, 5))
    a[0, 0] = a[3, 2] = bad
    for place, pair in (("first", (a, b)), ("second", (b, a))):
        with pytest.raises(ValueError, match=f"In 2 of the 12 examples of the {place} set"):
            getattr(metrics, measure)(*pair)


def test_the_frechet_distance_is_never_below_0():
    for seed in range(5):
        same = np.random.default_rng(seed).normal(size=(10, 300))
        assert 0 <= metrics.frechet_distance(same, same) < 1e-3


def test_translation_error_counts_pixels_by_their_share():
    truth = np.zeros((2, 2, 2, 3))
    estimate = truth.copy()
    estimate[0, 0, 0] = 0.4  # on the animal
    estimate[1, 1, 1] = [0.3, -0.3, 0.0]  # beside it
    animal = np.zeros((2, 2, 2, 1))
    animal[0, 0], animal[1, 0, 0] = 1.0, 0.5
    assert metrics.translation_error(truth, estimate, animal) == pytest.approx(0.4 / 2.5)
    assert metrics.translation_error(truth, estimate, 1 - animal) == pytest.approx(0.2 / 5.5)
    whole = metrics.translation_error(truth, estimate, np.ones((2, 2, 2, 1)))
    assert whole == pytest.approx(np.abs(estimate).mean())


def test_translation_error_of_nothing():
    with pytest.raises(ValueError, match="No pixel counts"):
        metrics.translation_error(*np.zeros((2, 1, 2, 2, 3)), np.zeros((1, 2, 2, 1)))
