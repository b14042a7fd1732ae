"""Hidden checks of lab 3: other sizes, the prior itself, seeds and batches."""

import numpy as np

from utils.checks.compare import Wrong, agree, numbers, shape
from utils.checks.labs import lab3_vae as visible
from utils.checks.networks import of_one
from utils.checks.values import Case


def add_to(questions):
    """Append the hidden checks to the `Questions` of the lab."""

    @questions.more("kl_divergence")
    def of_the_prior(rng):
        yield Case(*np.zeros((2, 3, 20), "float32"), otherwise="prior")
        yield Case(*rng.normal(0, 2, (2, 7, 20)), otherwise="all_latents")

    @questions.more("reparameterize")
    def twenty_latents(rng):
        m, v, e = rng.normal(0, 2, (3, 7, 20)).astype("float32")
        yield from (Case(m, v, e, otherwise="stretched"), Case(m, v, 0 * e, otherwise="stretched"))

    @questions.also("Sampling")
    def single_examples(answers, rng):
        inputs = [np.zeros((1, 20)), np.zeros((1, 20))]
        report = answers.drive("draws", "Sampling", seeds=[11], inputs=inputs, calls=20)
        drawn = report["compiled"]["11"]
        shape(drawn, (20, 1, 20), "single_expects")
        found = f"mean {drawn.mean():.2g}, standard deviation {drawn.std():.2g}"
        if abs(drawn.std() - 1) > 0.15 or abs(drawn.mean()) > 0.2:
            raise Wrong("standard_expects", found, "other_draws")
        if agree(drawn[0], drawn[1], 1e-6):
            raise Wrong("new_expects", "the same draws", "same_at_each_call")
        return "single_examples"

    @questions.also("build_encoder")
    def one_image(answers, rng):
        return of_one(answers, "build_encoder", [20], rng.normal(0, 1, (1, 28, 28, 1)), (2, 1, 20))

    @questions.also("build_decoder")
    def one_point(answers, rng):
        return of_one(answers, "build_decoder", [20], rng.normal(0, 1, (1, 20)), (1, 28, 28, 1))

    @questions.more("negative_elbo")
    def other_sizes(rng):
        x = (rng.random((3, 5, 9, 1)) < 0.3).astype("float32")
        logits = rng.normal(0, 3, x.shape).astype("float32")
        yield Case(x, logits, *rng.normal(0, 1, (2, 3, 11)).astype("float32"), 0.5,
                   otherwise="sizes")  # fmt: skip

    @questions.also("VAE")
    def single_images(answers, rng):
        images, weights = visible.binary_images(rng, 3), visible.linear_vae(rng, visible.QUIET)
        run = {"weights": weights, "images": images, "learning_rate": 0.0, "epochs": 1}
        report = answers.drive("vae_training", "VAE", beta=0.5, seed=3, batch=1, runs=[run])
        found = visible.last_of(report["runs"][0]["history"])
        visible.right_terms(found, visible.terms(weights, images), 0.5, "single_expects")
        return "single_images"

    @questions.more("latent_grid")
    def small_map(rng):
        kernel, bias = rng.normal(0, 1, (2, 784)), rng.normal(0, 1, 784)
        yield 1, kernel.astype("float32"), bias.astype("float32")

    @questions.also("outlier_score")
    def many_images(answers, rng):
        images, weights = visible.binary_images(rng, 1), visible.linear_vae(rng, -1.0)
        case = weights, np.repeat(images, 500, axis=0)
        found = numbers(visible.OutlierScore.call(answers, "outlier_score", case), "many_expects")
        shape(found, (500,), "many_expects")
        if not np.all(np.isfinite(found)):
            raise Wrong("many_expects", "values that are not finite", "not_from_logits")
        if np.ptp(found) < 1e-3:
            raise Wrong("other_scores_expects", "the same score for all", "mean_decoded")
        return "many_images"
