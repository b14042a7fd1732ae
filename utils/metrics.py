"""Measures of what a network has learned: how near images are, how good features are.

Images are float arrays (n, height, width, channels) in [0, 1]. `psnr` and `ssim` give a value for
each image; `PSNR` and `SSIM` are the same as Keras metrics, for `compile(metrics=[...])`.
"""

import keras
import numpy as np
from keras import ops

from utils.progress import progress


def psnr(clean, estimate, peak=1.0):
    """Peak signal-to-noise ratio of each image, in dB: 10 log10(peak^2 / mean squared error).

    Args:
        clean, estimate: arrays or tensors (n, ...) of the same shape.
        peak: float, the value of full intensity.

    Returns:
        tensor (n,), float32; infinite where the two images are equal.

    Source: Huynh-Thu and Ghanbari 2008, Electronics Letters 44(13), equation 1.
    """
    clean = ops.cast(clean, "float32")
    difference = clean - ops.cast(estimate, "float32")
    over_pixels = tuple(range(1, len(difference.shape)))
    error = ops.mean(ops.square(difference), axis=over_pixels)
    return 20 * ops.log10(ops.cast(peak, "float32")) - 10 * ops.log10(error)


def ssim(clean, estimate, window=11):
    """Structural similarity of each image, 1 for equal images and near 0 for unrelated ones.

    TensorFlow's implementation, with the constants of the paper for images in [0, 1].

    Args:
        clean, estimate: arrays or tensors (n, height, width, channels).
        window: int, pixels; side of the Gaussian window (standard deviation 1.5 pixels).

    Returns:
        tensor (n,), float32.

    Raises:
        ValueError: images smaller than the window.

    Source: Wang, Bovik, Sheikh, Simoncelli 2004, IEEE Trans. Image Processing 13(4), section III.
    """
    import tensorflow as tf

    clean, estimate = ops.cast(clean, "float32"), ops.cast(estimate, "float32")
    if min(clean.shape[1:3]) < window:
        raise ValueError(
            f"SSIM looks through a window of {window} pixels and the images are "
            f"{clean.shape[1]}x{clean.shape[2]}: give a smaller window."
        )
    return tf.image.ssim(clean, estimate, max_val=1.0, filter_size=window)


def translation_error(truth, estimate, share):
    """Mean absolute difference between images and their true partners, on a part of the pixels.

    Args:
        truth, estimate: arrays (n, height, width, channels).
        share: array (n, height, width, 1), how much of each pixel counts, from 0 to 1, such as how
            much of it an animal covers.

    Returns:
        float, in the units of the images; a mean over all pixels of all images by their shares.

    Raises:
        ValueError: nothing counts.
    """
    truth, estimate = np.asarray(truth, "float64"), np.asarray(estimate, "float64")
    share = np.broadcast_to(np.asarray(share, "float64"), truth.shape)
    if not share.sum() > 0:
        raise ValueError("No pixel counts: `share` is 0 everywhere.")
    return float(np.average(np.abs(truth - estimate), weights=share))


class _MeanOverImages(keras.metrics.MeanMetricWrapper):
    def get_config(self):  # the function is the class's own
        return {"name": self.name, "dtype": self.dtype, **self._fn_kwargs}


class PSNR(_MeanOverImages):
    """Mean over images of their PSNR in dB, as a Keras metric; see `psnr`.

    It is infinite, until it is reset, as soon as one image equals its estimate.
    """

    def __init__(self, name="psnr", peak=1.0, dtype=None):
        super().__init__(psnr, name=name, dtype=dtype, peak=peak)


class SSIM(_MeanOverImages):
    """Mean over images of their structural similarity, as a Keras metric; see `ssim`."""

    def __init__(self, name="ssim", window=11, dtype=None):
        super().__init__(ssim, name=name, dtype=dtype, window=window)


def linear_probe(train, test, *, per_class, draws=5, seed=0):
    """Test accuracy of a linear classifier on features, trained on few labelled examples.

    A feature is worth what a straight line can read from it. Features are standardized with the
    mean and spread of all training features, which needs no labels; the strength of the
    penalty on the weights is chosen by five-fold cross-validation on the labelled examples alone.

    Args:
        train, test: pairs (features (n, ...), labels (n,)).
        per_class: int, labelled training examples of each class, at least 5.
        draws: int, how often other examples are drawn.
        seed: int; equal seeds draw the same examples, so that features can be compared.

    Returns:
        array (draws,) of accuracies between 0 and 1.

    Raises:
        ValueError: too few examples of a class, or fewer than the five that the folds need.

    Source: Alain and Bengio 2016, section 3 (linear classifier probes).
    """
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    features, labels = _rows(train[0]), np.asarray(train[1])
    classes, counts = np.unique(labels, return_counts=True)
    if per_class < 5 or per_class > counts.min():
        raise ValueError(
            f"per_class={per_class} does not fit: five-fold cross-validation needs 5 of each "
            f"class, and the rarest class has {counts.min()}."
        )
    scaler = StandardScaler().fit(features)
    features, test_features = scaler.transform(features), scaler.transform(_rows(test[0]))
    accuracies = []
    for draw in range(draws):
        rng = np.random.default_rng([seed, draw])
        chosen = np.concatenate(
            [rng.choice(np.flatnonzero(labels == c), per_class, replace=False) for c in classes]
        )
        # With a penalty on their squares, the best weights lie in the span of the labelled rows:
        # turned into that span the classifier is the same one, and pixels no slower than codes.
        span = np.linalg.qr(features[chosen].T)[0]
        probe = LogisticRegressionCV(
            Cs=np.logspace(-4, 1, 6),
            cv=5,
            scoring="neg_log_loss",
            solver="newton-cg",  # few steps from one strength of the penalty to the next
            tol=1e-2,
            l1_ratios=(0,),
            use_legacy_attributes=False,
        )
        # So small a problem is solved faster alone than shared among the cores.
        with threadpool_limits(1):
            probe.fit(features[chosen] @ span, labels[chosen])
        accuracies.append(np.mean(probe.predict(test_features @ span) == np.asarray(test[1])))
    return np.array(accuracies)


def _rows(features):
    return np.asarray(features, "float32").reshape(len(features), -1)


def principal_angles(first, second):
    """Angles between two subspaces, in degrees, the largest first.

    Args:
        first, second: arrays (d, k) and (d, m), the columns spanning each subspace.

    Returns:
        array (min(k, m),): all 0 where one subspace holds the other, 90 for directions that the
        other has nothing of.

    Source: Björck and Golub 1973, Mathematics of Computation 27(123).
    """
    from scipy.linalg import subspace_angles

    return np.degrees(subspace_angles(np.asarray(first), np.asarray(second)))


def log_importance_weights(images, encode, log_likelihood, *, draws, seed=0):
    """How much more likely the model finds latents than the encoder that proposed them.

    For latents z drawn from q(z|x), a normal distribution with a diagonal covariance:
    log w = log p(x|z) + log p(z) - log q(z|x), with the standard normal prior p(z).

    Args:
        images: array (n, ...), float32 or float64, as the two functions take it.
        encode: called as `encode(images)`, gives mean and log variance of q, (n, latents) each.
        log_likelihood: called as `log_likelihood(images, latents)`, gives log p(x|z) in nats, (n,).
        draws: int, latents drawn for each image.
        seed: int; equal seeds give equal draws.

    Returns:
        array (draws, n), float64, nats.

    Source: Burda, Grosse and Salakhutdinov 2016, section 3.
    """
    generator = keras.random.SeedGenerator(seed)
    latent_mean, latent_log_var = (ops.convert_to_tensor(each) for each in encode(images))
    deviation = ops.exp(latent_log_var / 2)
    log_weights = []
    for _ in progress(
        range(draws), "draws"
    ):  # one at a time: draws of all images at once would fill the memory
        noise = keras.random.normal(
            latent_mean.shape,
            dtype=keras.backend.standardize_dtype(latent_mean.dtype),
            seed=generator,
        )
        latents = latent_mean + deviation * noise
        # log p(z) - log q(z|x): the constants cancel
        prior_over_q = (noise**2 + latent_log_var - latents**2) / 2
        log_weight = log_likelihood(images, latents) + ops.sum(prior_over_q, axis=1)
        log_weights.append(ops.convert_to_numpy(log_weight))
    return np.array(log_weights, "float64")


def importance_weighted_bound(log_weights, k):
    """The importance-weighted lower bound on log p(x) of each image, in nats.

    L_k = E[log (1/k) (w_1 + ... + w_k)]; L_1 is the ELBO, and L_k rises to log p(x) with k.

    Args:
        log_weights: array (draws, n) of `log_importance_weights`.
        k: int, weights averaged at a time; the expectation is taken over draws // k groups.

    Returns:
        array (n,).

    Raises:
        ValueError: k is below 1 or above the number of draws.

    Source: Burda, Grosse and Salakhutdinov 2016, equation 8 and theorem 1.
    """
    from scipy.special import logsumexp

    draws, n = np.shape(log_weights)
    if not 1 <= k <= draws:
        raise ValueError(f"k={k} does not fit {draws} draws: it lies between 1 and their number.")
    groups = draws // k
    grouped = np.reshape(log_weights[: groups * k], (groups, k, n))
    return np.mean(logsumexp(grouped, axis=1) - np.log(k), axis=0)


def frechet_distance(first, second):
    """Frechet distance between normal distributions fitted to two sets of features.

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), with means m and covariances C. What it says
    depends on the network that gave the features (FID: those of Inception v3) and on the number
    of examples: with few, even two halves of one set are apart. So compare like with like.

    Args:
        first, second: arrays (n, d) and (m, d), n and m at least 2.

    Returns:
        float, in squared units of the features.

    Raises:
        ValueError: shapes that do not go together, features that are not finite.

    Source: Heusel et al. 2017, section 3; Dowson and Landau 1982.
    """
    first, second = _two_sets(first, second)
    difference = first.mean(axis=0) - second.mean(axis=0)
    covariances = [np.atleast_2d(np.cov(each, rowvar=False)) for each in (first, second)]
    # tr (C1 C2)^(1/2) = tr (R C2 R)^(1/2) with R = C1^(1/2): symmetric, so its root is real
    values, vectors = np.linalg.eigh(covariances[0])
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    shared = np.linalg.eigvalsh(root @ covariances[1] @ root)
    trace = sum(np.trace(each) for each in covariances)
    distance = difference @ difference + trace - 2 * np.sqrt(np.maximum(shared, 0)).sum()
    return float(max(distance, 0))  # rounding may bring that of equal sets below


def kernel_distance(first, second):
    """Squared maximum mean discrepancy of two sets of features, without bias.

    With the kernel k(x, y) = (x.y / d + 1)^3 the estimate's mean does not depend on the number of
    examples, unlike that of the Frechet distance; between sets of one distribution it is 0 on
    average, so it can come out below 0.

    Args:
        first, second: arrays (n, d) and (m, d), n and m at least 2.

    Returns:
        float.

    Raises:
        ValueError: shapes that do not go together, features that are not finite.

    Source: Binkowski et al. 2018, section 3; Gretton et al. 2012, equation 3.
    """
    first, second = _two_sets(first, second)

    def kernel(a, b):
        return (a @ b.T / a.shape[1] + 1) ** 3

    def within(a):  # mean over pairs of different examples
        values = kernel(a, a)
        return (values.sum() - np.trace(values)) / (len(a) * (len(a) - 1))

    return float(within(first) + within(second) - 2 * kernel(first, second).mean())


def precision_recall(real, generated, *, neighbours=3):
    """How many generated examples look real, and how many real ones the generator could draw.

    Each set of features stands for the region that it fills: balls around its examples, each
    reaching to the example's own neighbour of this order. Precision is the share of generated
    examples inside the real region, recall the share of real ones inside the generated region.
    Both grow with the number of examples and with `neighbours`: compare like with like. A single
    outlier has a large ball, so it claims more of the space than it should.

    Args:
        real, generated: arrays (n, d) and (m, d) of features, each with more examples than
            `neighbours`; all distances are held at once, n x m numbers.
        neighbours: int, at least 1.

    Returns:
        pair of floats between 0 and 1: precision, recall.

    Raises:
        ValueError: shapes that do not go together, features that are not finite, too few examples.

    Source: Kynkaanniemi et al. 2019, section 2 (their k is 3).
    """
    from sklearn.metrics.pairwise import euclidean_distances as distances_of

    real, generated = _two_sets(real, generated)
    if not 1 <= neighbours < min(len(real), len(generated)):
        raise ValueError(
            f"neighbours={neighbours} does not fit sets of {len(real)} and {len(generated)}: it "
            "lies between 1 and one less than the smaller set."
        )
    radii = [
        np.partition(distances_of(x), neighbours, axis=1)[:, neighbours] for x in (real, generated)
    ]
    distances = distances_of(real, generated)
    precision = np.mean(np.any(distances <= radii[0][:, None], axis=0))
    recall = np.mean(np.any(distances <= radii[1], axis=1))
    return float(precision), float(recall)


def _two_sets(first, second):
    first, second = np.asarray(first, "float64"), np.asarray(second, "float64")
    fit = first.ndim == second.ndim == 2 and first.shape[1] == second.shape[1]
    if not fit or min(len(first), len(second)) < 2:
        raise ValueError(
            f"Features have to be (n, d) and (m, d) with two examples or more, not "
            f"{first.shape} and {second.shape}."
        )
    for name, features in (("first", first), ("second", second)):
        if bad := int((~np.isfinite(features).all(axis=1)).sum()):
            raise ValueError(
                f"In {bad} of the {len(features)} examples of the {name} set a feature is not "
                "finite: look at the network that gave them, or at what it was given."
            )
    return first, second
