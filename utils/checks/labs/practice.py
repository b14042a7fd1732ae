"""The practice question of `notebooks/00_start_here`."""

import numpy as np

from utils.checks import Questions
from utils.checks.compare import close, numbers, shape

questions = Questions("practice")


@questions.ask(1, "halve", points=1)
def halve(answers, rng):
    x = np.round(rng.uniform(1, 5, 4), 1)
    found = numbers(answers.call("halve", x), "half of each number")
    shape(
        found,
        (4,),
        "half of each number",
        [((), "One number comes back: halve each of them, without a sum.")],
    )
    close(
        found,
        x / 2,
        f"half of {x}",
        [
            (x * 2, "This is twice the number: divide instead of multiplying."),
            (x // 2, "`//` cuts the fraction off: use `/`."),
            (x, "The numbers come back as they were."),
            (x**0.5, "This is the square root, not the half."),
            (x - 2, "Two is subtracted: divide by it."),
        ],
    )
    return "four numbers and their halves"
