"""Hidden checks of lab 6: other sizes, far turns, sets that are hard to find, single examples."""

import numpy as np

from utils.checks.compare import Wrong, agree
from utils.checks.labs.lab6_pretext_tasks import (
    RATE,
    batches_of,
    beyond,
    linear_task,
    listed,
    means,
    moved,
    permutations_of,
    views_of,
)
from utils.checks.steps import as_steps, trained_by
from utils.checks.values import Case


def add_to(questions):
    """Append the hidden checks to the `Questions` of the lab."""

    @questions.more("quarter_turned")
    def far_turns(rng):
        images = rng.uniform(0, 1, (4, 7, 7, 4)).astype("float32")
        yield Case(images, np.array([402, -9, 1_000_003, -2]), otherwise="far")

    @questions.also("permutation_set")
    def nine_tiles(answers, rng):
        permutations_of(answers, 9, 50, 6)
        permutations_of(answers, 6, 6, 6)
        beyond(answers, 9, 73, 8)
        return "nine_tiles"

    @questions.more("cut_tiles")
    def colour_and_many_tiles(rng):
        images = rng.uniform(0, 1, (3, 20, 20, 3)).astype("float32")
        yield Case(images, 4, 3, rng.integers(0, 3, (3, 16, 2)))
        yield Case(255 * images[..., :1], 5, 2, rng.integers(0, 3, (3, 25, 2)))

    @questions.more("shuffled")
    def many_tiles(rng):
        orders = np.stack([rng.permutation(16) for _ in range(7)])
        yield rng.uniform(0, 1, (12, 16, 3, 3, 2)), orders, rng.integers(0, 7, 12)

    @questions.also("two_views")
    def one_image(answers, rng):
        images = rng.uniform(0, 1, (1, 28, 28, 1)).astype("float32")
        plain, compiled = views_of(answers, [images], [[8, 2], [2, 8]], [[0, 0], [0, 1]])
        if agree(plain[0], plain[1], 1e-4):
            raise Wrong("other_seed_expects", "the same views", "seed_order")
        if not agree(plain, compiled, 1e-3):
            raise Wrong("in_graph_expects", "others", "in_graph")
        return "one_image"

    @questions.more("info_nce")
    def one_pair_and_many(rng):
        yield Case(*rng.normal(0, 1, (2, 1, 4)).astype("float32"), 0.5, otherwise="one_pair")
        yield Case(*(100 * rng.normal(0, 1, (2, 120, 6))).astype("float32"), 0.05)

    @questions.also("PretextTask")
    def single_examples(answers, rng):
        weights, batches = linear_task(rng), batches_of(rng, 1, 1)
        report = trained_by(
            answers, "pretext_training", "PretextTask", weights=weights, batches=batches, rate=RATE
        )
        before, rows, later = as_steps(weights), [], []
        for step, batch in zip(report["steps"], batches, strict=True):
            row, after = moved(step, before, *(each.astype("float64") for each in batch))
            rows, later = [*rows, row], [*later, after]
            means(rows, later, batches[: len(rows)], step["returned"], "tracked_expects")
            before = listed(step["after"])
        return "single_examples"

    @questions.more("features")
    def oblong_maps_of_one_image(rng):
        images = rng.uniform(0, 1, (1, 3, 6, 2)).astype("float32")
        given = rng.normal(0, 1, (2, 5)), rng.normal(0, 1, 5), rng.normal(0, 1, 2)
        given = [each.astype("float32") for each in (*given, rng.uniform(1, 2, 2))]
        yield Case(images, *given, True, otherwise="one_example")
