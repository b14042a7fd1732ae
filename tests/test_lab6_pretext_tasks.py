"""Lab 6's given cells carry every right answer; what its text says of permutations and InfoNCE."""

import math

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from tests.cases import lab6_pretext_tasks as bank
from tests.cases import namespace
from tests.labs import cells_of, right
from utils.checks.labs.lab6_pretext_tasks import differing, nt_xent

LAB = "lab6_pretext_tasks"
SIZES = {"GRID": 2, "SIDE": 12, "CELL": 14, "TEMPERATURE": 0.2}
# See tests/keys.py.
INPUTS = [
    "content/labs/lab6_pretext_tasks.py",
    "tests/cases/lab6_pretext_tasks.py",
    "utils/checks/*/lab6_pretext_tasks.py",
]

pytestmark = pytest.mark.usefixtures("frees_graphs")


def images(*size):
    return np.random.default_rng(0).uniform(0, 1, size).astype("float32")


def ways(*questions):
    return [(question, name) for question in questions for name in bank.RIGHT[question]]


def inputs_of(**answers):
    """Turned images, and puzzles, made by the lab's cells with the solution's or other answers."""
    solved = [q for q in ("quarter_turned", "cut_tiles", "shuffled") if q not in answers]
    names = "turned_images", "puzzles", "assembled", "drawn_offsets"
    orders = np.array([[0, 1, 2, 3], [1, 2, 3, 0], [3, 1, 0, 2]])
    cells = cells_of(LAB, *names, answers=solved, ORDERS=orders, **SIZES, **answers)
    made = (cells[name](images(9, 28, 28, 1), np.random.default_rng(3))
            for name in ("turned_images", "puzzles"))  # fmt: skip
    return [array for pair in made for array in pair]


@pytest.mark.parametrize("question, name", ways("quarter_turned", "cut_tiles", "shuffled"))
def test_every_right_answer_makes_the_same_inputs(question, name):
    answer = right(LAB, question, name)
    for array, expected in zip(inputs_of(**{question: answer}), inputs_of(), strict=True):
        np.testing.assert_allclose(array, expected, atol=1e-4)
    assert inputs_of(**{question: answer})[0].dtype == "float32"


@pytest.mark.parametrize("question, name", ways("two_views"))
def test_every_way_of_two_views_fills_a_batch(question, name):
    cells = cells_of(LAB, "pairs", two_views=right(LAB, question, name))
    spec = tf.TensorSpec([None, 28, 28, 1])
    compiled = tf.function(cells["pairs"], input_signature=[spec, tf.TensorSpec([2], tf.int64)])
    views, targets = compiled(images(5, 28, 28, 1), tf.constant([1, 2], tf.int64))
    assert views.shape == (10, 28, 28, 1) and views.dtype == "float32"
    assert targets.shape == (5,)


@pytest.mark.parametrize("question, name", ways("info_nce"))
def test_every_info_nce_is_the_loss_of_a_batch(question, name):
    cells = cells_of(LAB, "contrast_loss", info_nce=right(LAB, question, name), **SIZES)
    vectors = np.random.default_rng(0).normal(0, 1, (12, 4)).astype("float32")
    loss = tf.function(cells["contrast_loss"])(tf.zeros(6), tf.constant(vectors))
    assert float(loss) == pytest.approx(nt_xent(vectors[:6], vectors[6:], 0.2), rel=1e-4)


def test_the_score_counts_partners_that_are_nearest():
    cells = cells_of(LAB, "contrast_score", "class_score")
    first = np.float32([[1, 0], [0, 1], [-1, 0]])
    second = np.float32([[2, 0.1], [0.1, 3], [0, 1]])  # the last is nearest to another's
    score = cells["contrast_score"](None, ops.convert_to_tensor(np.concatenate([first, second])))
    found = np.concatenate([first, second]) / np.linalg.norm([*first, *second], axis=1)[:, None]
    cosines = found @ found.T - 2 * np.eye(6)
    assert float(score) == pytest.approx(np.mean(cosines.argmax(1) == (np.arange(6) + 3) % 6))
    assert 0 < float(score) < 1


def test_permutations_of_four_tiles_reach_the_bound():
    chosen = namespace(bank, bank.SOLVED)["permutation_set"]
    for least, most in ((2, 24), (3, 12), (4, 4)):
        assert most == math.factorial(4) // math.factorial(least - 1)
        assert differing(np.asarray(chosen(4, most, least, 1))).min() == least
        with pytest.raises(ValueError, match=f"at most {most}"):
            chosen(4, most + 1, least, 1)


def test_warped_moves_resizes_and_slants():
    warped = namespace(bank, "")["warped"]
    image = np.zeros((1, 28, 28, 1), "float32")
    image[0, 10:14, 8:20] = 1

    def where(shift=(0, 0), scale=1.0, shear=0.0):
        pixels = np.asarray(warped(image, np.float32([shift]), np.float32([scale]),
                                   np.float32([shear])))[0, ..., 0]  # fmt: skip
        rows, columns = np.mgrid[:28, :28]
        return (
            (pixels * rows).sum() / pixels.sum(),
            (pixels * columns).sum() / pixels.sum(),
            pixels.sum(),
        )

    row, column, ink = where()
    assert (row, column, ink) == pytest.approx((11.5, 13.5, 48))
    assert where(shift=(3, -2))[:2] == pytest.approx((row - 2, column + 3), abs=0.01)
    assert where(scale=1.2)[2] == pytest.approx(1.44 * ink, rel=0.1)
    # Rows above the middle, at 13.5, move left by a positive shear, 0.3 columns a row.
    assert where(shear=0.3)[1] == pytest.approx(column - 0.3 * 2, abs=0.05)
