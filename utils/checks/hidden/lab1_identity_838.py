"""Hidden checks of lab 1: the same questions at places where a memorized answer gives way."""

import numpy as np

from utils.checks.compare import Wrong, close, numbers, shape


def add_to(questions):
    """Append the hidden checks to the `Questions` of the lab."""

    @questions.also("identity_patterns")
    def twice(answers, rng):
        first, second = (answers.call("identity_patterns") for _ in range(2))
        close(
            numbers(second, "the patterns"),
            numbers(first, "the patterns"),
            "the same patterns",
            otherwise="A second call gives other patterns: draw nothing at random.",
        )
        return "the same at a second call"

    @questions.also("sum_squared_error")
    def alone(answers, rng):
        t, o = rng.uniform(0, 1, (2, 7)).astype("float32")
        what = "for one pattern, its error"
        found = numbers(answers.call("sum_squared_error", t, o), what)
        shape(found, (), what)
        close(found, ((t - o) ** 2).sum(), what)
        return "one pattern alone"

    @questions.also("train")
    def keeps_the_patterns(answers, rng):
        x = np.eye(8, dtype="float32")
        weights = [rng.uniform(-0.1, 0.1, s) for s in ((8, 2), (2,), (2, 8), (8,))]
        report = answers.drive(
            "training",
            "train",
            encoder=weights[:2],
            decoder=weights[2:],
            patterns=x,
            epochs=3,
            learning_rate=0.3,
            silent=True,
        )
        close(
            report["patterns"],
            np.eye(8),
            "the patterns as they were",
            otherwise="The patterns change while training: leave the argument as it is.",
        )
        if len(np.ravel(report["errors"])) != 3:
            raise Wrong(
                "3 errors without on_epoch",
                f"{len(np.ravel(report['errors']))} errors",
                "Without `on_epoch` it must train as well.",
            )
        return "the patterns left alone, and training without `on_epoch`"

    @questions.also("binary_code")
    def a_film_of_codes(answers, rng):
        values = rng.uniform(0, 0.45, (4, 8, 3)) + 0.55 * rng.integers(0, 2, (4, 8, 3))
        found = numbers(answers.call("binary_code", values), "codes of 4 epochs")
        shape(found, values.shape, "codes of 4 epochs")
        close(found, np.round(values), "codes of 4 epochs")
        return "codes of several epochs at once"

    @questions.also("smallest_width")
    def many(answers, rng):
        patterns = (np.arange(1025)[:, None] >> np.arange(12)) & 1
        found = numbers(answers.call("smallest_width", patterns), "a width", "Return one number.")
        close(
            found,
            np.float64(11),
            "for 1,025 distinct patterns",
            otherwise="n bits tell 2 to the power of n patterns apart.",
        )
        return "1,025 patterns"
