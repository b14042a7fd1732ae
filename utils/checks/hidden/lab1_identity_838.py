"""Hidden checks of lab 1: the same questions at places where a memorized answer gives way."""

import numpy as np

from utils.checks.compare import Wrong, close, numbers


def add_to(questions):
    """Append the hidden checks to the `Questions` of the lab."""

    @questions.also("identity_patterns")
    def twice(answers, rng):
        first, second = (
            numbers(answers.call("identity_patterns"), "twice_expects") for _ in range(2)
        )
        close(second, first, "twice_expects", otherwise="other_patterns")
        return "twice"

    @questions.more("sum_squared_error")
    def one_pattern(rng):
        yield tuple(rng.uniform(0, 1, (2, 7)).astype("float32"))

    @questions.also("train")
    def keeps_the_patterns(answers, rng):
        weights = [rng.uniform(-0.1, 0.1, s) for s in ((8, 2), (2,), (2, 8), (8,))]
        report = answers.drive(
            "training",
            "train",
            encoder=weights[:2],
            decoder=weights[2:],
            patterns=np.eye(8, dtype="float32"),
            epochs=3,
            learning_rate=0.3,
            silent=True,
        )
        close(report["patterns"], np.eye(8), "kept_expects", otherwise="patterns_changed")
        count = len(np.ravel(report["errors"]))
        if count != 3:
            raise Wrong("silent_expects", f"{count} errors", "without_on_epoch")
        return "kept"

    @questions.more("binary_code")
    def film(rng):
        yield (rng.uniform(0, 0.45, (4, 8, 3)) + 0.55 * rng.integers(0, 2, (4, 8, 3)),)

    @questions.more("smallest_width")
    def many(rng):
        yield ((np.arange(1025)[:, None] >> np.arange(12)) & 1,)
