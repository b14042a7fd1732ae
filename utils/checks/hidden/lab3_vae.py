"""Hidden checks of lab 3: other sizes, the prior itself, seeds and batches."""

import numpy as np

from utils.checks.compare import Wrong, agree, close, numbers, shape
from utils.checks.labs import lab3_vae as visible
from utils.checks.networks import of_one


def add_to(questions):
    """Append the hidden checks to the `Questions` of the lab."""

    @questions.also("kl_divergence")
    def of_the_prior(answers, rng):
        zeros = np.zeros((3, 20), "float32")
        found = numbers(answers.call("kl_divergence", zeros, zeros), "the prior's KL")
        close(found, np.zeros(3), "for the prior itself, KL", otherwise="It is 0.")
        m, v = rng.normal(0, 2, (2, 7, 20))
        found = numbers(answers.call("kl_divergence", m, v), "KL of 20 latents")
        expected = visible.kl(m, v)
        close(found, expected, "for 20 latents, KL", otherwise="Sum over all latents.")
        return "the prior itself, 20 latents"

    @questions.also("reparameterize")
    def no_noise(answers, rng):
        m, v = rng.normal(0, 2, (2, 7, 20)).astype("float32")
        found = numbers(answers.call("reparameterize", m, v, 0 * m), "latents without noise")
        close(found, m, "without noise, the means", otherwise="Only the noise is stretched.")
        return "no noise"

    @questions.also("Sampling")
    def single_examples(answers, rng):
        inputs = [np.zeros((1, 20)), np.zeros((1, 20))]
        report = answers.drive("draws", "Sampling", seeds=[11], inputs=inputs, calls=20)
        drawn = report["compiled"]["11"]
        shape(drawn, (20, 1, 20), "20 times draws for one example of 20 latents")
        deviation = drawn.std()
        if abs(deviation - 1) > 0.15 or abs(drawn.mean()) > 0.2:
            raise Wrong(
                "standard normal draws",
                f"mean {drawn.mean():.2g}, standard deviation {deviation:.2g}",
                "Draw for each call and each latent.",
            )
        if agree(drawn[0], drawn[1], 1e-6):
            raise Wrong("new draws at each call", "the same draws", "Use a SeedGenerator.")
        return "batches of one"

    @questions.also("build_encoder")
    def one_image(answers, rng):
        x = rng.normal(0, 1, (1, 28, 28, 1))
        return of_one(answers, "build_encoder", [20], x, (2, 1, 20))

    @questions.also("build_decoder")
    def one_point(answers, rng):
        x = rng.normal(0, 1, (1, 20))
        return of_one(answers, "build_decoder", [20], x, (1, 28, 28, 1))

    @questions.also("negative_elbo")
    def other_sizes(answers, rng):
        x = (rng.random((3, 5, 9, 1)) < 0.3).astype("float32")
        logits = rng.normal(0, 3, x.shape).astype("float32")
        m, v = rng.normal(0, 1, (2, 3, 11)).astype("float32")
        found = numbers(answers.call("negative_elbo", x, logits, m, v, beta=0.5), "the bound")
        expected = visible.cross_entropy(x, logits).sum((1, 2, 3)) + 0.5 * visible.kl(m, v)
        close(
            found,
            expected,
            "for images of 5 x 9 and 11 latents, the bound",
            otherwise="No size is fixed: sum over the axes.",
            tolerance=1e-3,
        )
        return "images of 5 x 9"

    @questions.also("VAE")
    def single_images(answers, rng):
        images = (rng.random((3, visible.SIDE, visible.SIDE, 1)) < 0.5).astype("float32")
        weights = visible.linear_vae(rng, log_var=visible.QUIET)
        run = {"weights": weights, "images": images, "learning_rate": 0.0, "epochs": 1}
        report = answers.drive("vae_training", "VAE", beta=0.5, seed=3, batch=1, runs=[run])
        r, k = (each.mean() for each in visible.terms(weights, images)[:2])
        found = visible.last_of(report["runs"][0]["history"])
        found = visible.tracked(found, "what train_step returns")
        visible.right_terms(found, r, k, 0.5, "trained one image at a time", 1e-3)
        return "batches of one image"

    @questions.also("latent_grid")
    def small_map(answers, rng):
        kernel, bias = rng.normal(0, 1, (2, 784)), rng.normal(0, 1, 784)
        decoder = [kernel.astype("float32"), bias.astype("float32")]
        report = answers.drive(
            "with_decoder", "latent_grid", decoder=decoder, shape=[28, 28, 1], arguments=[1]
        )
        found = numbers(report["result"], "a map of one picture")
        shape(found, (1, 1, 28, 28), "for side 1, pictures")
        expected = visible.sigmoid(bias).reshape(1, 1, 28, 28)
        close(found, expected, "the picture at the median", otherwise="Both are 0.", tolerance=1e-3)
        return "a map of one picture"

    @questions.also("outlier_score")
    def with_noise(answers, rng):
        image = (rng.random((1, visible.SIDE, visible.SIDE, 1)) < 0.5).astype("float32")
        weights = visible.linear_vae(rng, log_var=-1.0)
        images = np.repeat(image, 500, axis=0)
        found = answers.drive("with_vae", "outlier_score", weights=weights, beta=1.0, images=images)
        found = numbers(found, "scores")
        shape(found, (500,), "for 500 images, scores")
        if not np.all(np.isfinite(found)):
            raise Wrong("finite scores", "others", "Compute from logits.")
        if np.ptp(found) < 1e-3:
            raise Wrong(
                "for 500 times the same image, scores that differ, each from a draw of its own",
                "the same score for all",
                "The mean is decoded instead of a draw: call the model itself.",
            )
        return "many images"
