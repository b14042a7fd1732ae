"""Lab 5's answers in uses that its checks have no room for."""

from contextlib import nullcontext
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from tests.labs import IMPORTS, code_cells, solutions_of
from tests.real_sets import REAL, needs_real
from utils import training
from utils.claims import Claims
from utils.runtime import dtype_policy

INPUTS = [
    "*/lab5_cyclegan.ipynb",
    "tests/cases/lab5_cyclegan.py",
    "utils/checks/*/lab5_cyclegan.py",
]  # see tests/keys.py

NAMES = "a_to_b", "b_to_a", "discriminator_a", "discriminator_b"

RATE = 0.002  # small: L1 losses and rectifiers make large steps follow every rounding


def answered(**instead):
    """The answers of the built solution, by name, with some names standing for something else."""
    names = {"__name__": "answers"}
    exec(IMPORTS + "import keras\nimport numpy as np\nimport tensorflow as tf", names)
    for source in solutions_of("lab5_cyclegan").values():
        exec(source, names)
        names |= instead
    return names


@pytest.fixture(scope="module")
def answers():
    return answered()


def pictures(n=10, seed=0, side=8):
    """A pair of arrays (n, side, side, 3): dark pictures and bright ones."""
    rng = np.random.default_rng(seed)
    return tuple(
        np.clip(rng.normal(mean, 0.4, (n, side, side, 3)), -1, 1).astype("float32")
        for mean in (-0.3, 0.3)
    )


def small_networks(answers, seed=0):
    keras.utils.set_random_seed(seed)
    return [
        *(answers["build_generator"](2, 1, 1) for _ in range(2)),
        *(answers["build_discriminator"](2, 1) for _ in range(2)),
    ]


def small_cyclegan(answers, pool_size=5, **options):
    model = answers["CycleGAN"](*small_networks(answers), (8, 8, 3), pool_size=pool_size)
    rates = (keras.optimizers.SGD(RATE) for _ in NAMES)
    model.compile(
        **{f"{name}_optimizer": each for name, each in zip(NAMES, rates, strict=True)}, **options
    )
    return model


def same_variables(first, second, **near):
    for a, b in zip(first.variables, second.variables, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), **(near or {"rtol": 0, "atol": 0}))


def two_epochs(answers, **options):
    model = small_cyclegan(answers, **options)
    return training.fit(model, pictures(), batch=4, epochs=2), model


@pytest.fixture(scope="module")
def plain(answers):
    """History and model of a training with nothing changed."""
    return two_epochs(answers)


# --- layers and networks ---------------------------------------------------------------------


@pytest.mark.parametrize("size", [(3, 5, 6, 4), (1, 2, 9, 1)])
def test_normalization_is_that_of_one_group_a_channel(answers, size):
    images = tf.constant(np.random.default_rng(0).normal(0.5, 2, size), tf.float32)
    towards = np.random.default_rng(1).normal(0, 1, size)
    found = []
    for layer in (
        answers["InstanceNormalization"](epsilon=0.01),
        layers.GroupNormalization(groups=-1, epsilon=0.01),
    ):
        layer.build(size)
        for weight, value in zip(layer.trainable_variables, (1.7, -0.4), strict=True):
            weight.assign(np.full(weight.shape, value))
        with tf.GradientTape() as tape:
            tape.watch(images)
            outputs = layer(images)
            total = tf.reduce_sum(outputs * towards)
        variables = [weight.value for weight in layer.trainable_variables]
        found.append([outputs, *tape.gradient(total, [images, *variables])])
    for ours, others in zip(*found, strict=True):
        np.testing.assert_allclose(ours, others, rtol=1e-3, atol=1e-4)


def test_normalization_with_half_precision(answers):
    images = np.random.default_rng(0).normal(0, 1, (2, 6, 6, 3)).astype("float32")
    images[1] = 0.3
    with dtype_policy("mixed_bfloat16"):
        half = answers["InstanceNormalization"]()
        found = np.array(keras.ops.cast(half(images), "float32"))
    assert all(weight.dtype == "float32" for weight in half.variables)
    plain = np.array(answers["InstanceNormalization"]()(images))
    np.testing.assert_allclose(found[0], plain[0], atol=0.05)
    # 0.3 is no number of bfloat16, but an even picture stays one.
    assert np.isfinite(found).all() and np.ptp(found[1]) == 0


@pytest.mark.parametrize("downsamplings", [1, 2, 3])
def test_a_logit_sees_what_receptive_field_says(downsamplings):
    """By the gradient. Instance normalization looks at the whole picture: it is left out."""
    answers = answered(InstanceNormalization=layers.Identity)
    keras.utils.set_random_seed(0)
    discriminator = answers["build_discriminator"](2, downsamplings)
    for weight in discriminator.trainable_variables:
        weight.assign(np.abs(weight) + 0.01)  # nothing cancels out
    images = tf.ones((1, 96, 96, 3))
    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = discriminator(images)
        middle = logits[0, logits.shape[1] // 2, logits.shape[2] // 2, 0]
    seen = np.abs(tape.gradient(middle, images)[0]).max(-1) > 0
    strides = [2] * downsamplings + [1, 1]
    expected = answers["receptive_field"]([4] * len(strides), strides)
    assert seen.any(0).sum() == seen.any(1).sum() == expected
    assert seen.sum() == expected**2


def test_numbers_of_weights(answers):
    """Those that the docstrings say, of networks that are traced and not run."""
    assert answers["build_generator"](64, 2, 9).count_params() == 11_383_427
    assert answers["build_discriminator"](64, 3).count_params() == 2_765_633


def test_a_generator_begins_near_even_grey_and_every_pixel_counts(answers):
    keras.utils.set_random_seed(0)
    generator = answers["build_generator"](4, 2, 1)
    images = tf.constant(pictures(1, side=24)[0])
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(generator(images) ** 2)
    assert np.abs(generator(images)).max() < 0.9
    assert np.count_nonzero(tape.gradient(total, images)) == images.shape.num_elements()


# --- the pool ---------------------------------------------------------------------------------


def test_a_pool_holds_so_many_images_and_nothing_else(answers):
    pool = answers["ImagePool"]((16, 16, 3), size=50)
    images = np.random.default_rng(0).normal(0, 1, (300, 16, 16, 3)).astype("float32")
    call = tf.function(pool, input_signature=[tf.TensorSpec([None, 16, 16, 3])])
    given = np.concatenate([call(images[at : at + 7]) for at in range(0, 294, 7)])
    sizes = sorted(int(np.prod(variable.shape)) for variable in pool.variables)
    assert sizes[-1] == 50 * 16 * 16 * 3 and sum(sizes[:-1]) < 10
    assert not pool.trainable_variables
    held = {image.tobytes() for image in pool.images.numpy()}
    assert len(held) == 50 and held <= {image.tobytes() for image in images}
    # What was not passed on yet is in the pool still.
    swapped = sum(a.tobytes() != b.tobytes() for a, b in zip(given, images, strict=False))
    assert 90 < swapped < 155


def test_pools_of_one_seed_are_alike_and_those_of_a_model_are_not(answers):
    images = pictures(40)[0]

    def given(seed):
        pool = answers["ImagePool"]((8, 8, 3), size=3, seed=seed)
        return np.concatenate([pool(images[at : at + 2]) for at in range(0, 40, 2)])

    assert np.array_equal(given(1), given(1)) and not np.array_equal(given(1), given(2))
    model = small_cyclegan(answers)
    both = (np.concatenate([pool(images[at : at + 2]) for at in range(0, 40, 2)])
            for pool in (model.pool_a, model.pool_b))  # fmt: skip
    assert not np.array_equal(*both)


# --- the step ---------------------------------------------------------------------------------


def plain_step(networks, optimizers, a, b):
    """A step without batches of two, one tape for each network, while the pools are filled."""
    g, f, judge_a, judge_b = networks

    def squares(logits, target):
        return tf.reduce_mean((logits - target) ** 2)

    def distance(x, y):
        return tf.reduce_mean(tf.abs(x - y))

    fake_b, fake_a = g(a, training=True), f(b, training=True)

    def generators():
        there, back = g(a, training=True), f(b, training=True)
        passing = squares(judge_b(there), 1.0) + squares(judge_a(back), 1.0)
        cycles = distance(a, f(there, training=True)) + distance(b, g(back, training=True))
        alone = distance(a, f(a, training=True)) + distance(b, g(b, training=True))
        return passing + 10.0 * cycles + 5.0 * alone

    losses = (
        generators,
        generators,
        lambda: 0.5 * (squares(judge_a(a), 1.0) + squares(judge_a(fake_a), 0.0)),
        lambda: 0.5 * (squares(judge_b(b), 1.0) + squares(judge_b(fake_b), 0.0)),
    )
    gradients = []
    for network, loss in zip(networks, losses, strict=True):
        with tf.GradientTape() as tape:
            value = loss()
        gradients.append(tape.gradient(value, network.trainable_variables))
    for network, optimizer, slopes in zip(networks, optimizers, gradients, strict=True):
        optimizer.apply(slopes, network.trainable_variables)


def test_the_step_is_the_one_written_out(answers):
    model, networks = small_cyclegan(answers, pool_size=20), small_networks(answers)
    optimizers = [keras.optimizers.SGD(RATE) for _ in NAMES]
    a, b = pictures(6)
    data = tf.data.Dataset.from_tensor_slices((a, b)).batch(2)
    model.fit(data, shuffle=False, verbose=0)
    for pair in data:
        plain_step(networks, optimizers, *pair)
    for name, network in zip(NAMES, networks, strict=True):
        same_variables(getattr(model, name), network, rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize("options", [{"steps_per_execution": 3}, {"run_eagerly": True}])
def test_the_step_is_the_same_however_it_is_run(answers, plain, options):
    (first, one), (second, other) = plain, two_epochs(answers, **options)
    same_variables(one, other, rtol=1e-3, atol=1e-5)
    for name, values in first.items():
        np.testing.assert_allclose(values, second[name], rtol=1e-3)


def test_whole_epochs_in_one_call(answers):
    def trained(**options):
        model = small_cyclegan(answers)
        fit = {"batch": 4, "epochs": 2, "drop_remainder": True}
        return training.fit(model, pictures(), **fit, **options), model

    (first, one), (second, other) = trained(), trained(whole_epochs=True)
    same_variables(one, other, rtol=1e-3, atol=1e-5)
    for name, values in first.items():
        np.testing.assert_allclose(values, second[name], rtol=1e-3)


def test_with_xla(answers):
    """XLA draws other coins (TensorFlow picks another algorithm there): alike."""

    def losses(**options):
        model = small_cyclegan(answers, **options)
        return training.fit(model, pictures(8), batch=4, epochs=2)

    plain, compiled = losses(), losses(jit_compile=True)
    for name, values in plain.items():
        np.testing.assert_allclose(values, compiled[name], rtol=0.05)


def test_with_half_precision(answers, plain):
    with dtype_policy("mixed_bfloat16"):
        half, model = two_epochs(answers)
    for name, values in plain[0].items():
        np.testing.assert_allclose(values, half[name], rtol=0.05)
    assert all(weight.dtype == "float32" for weight in model.trainable_variables)


def test_a_killed_run_is_taken_up_to_the_last_bit(answers, tmp_path):
    def trained(epochs, folder):
        model = small_cyclegan(answers)
        history = training.fit(model, pictures(), batch=4, epochs=epochs, folder=tmp_path / folder)
        return history, model

    straight, first = trained(3, "straight")
    trained(2, "stopped")
    resumed, second = trained(3, "stopped")
    assert straight == resumed
    same_variables(first, second)
    assert first.pool_a.images.numpy().any() and int(second.pool_b.seen) == 5
    for name in NAMES:
        same_variables(*(getattr(each, f"{name}_optimizer") for each in (first, second)))


# --- the lab's own cells --------------------------------------------------------------------


def cells_with(*words):
    """The code cells of the built solution that contain these words, one for each."""
    cells = [cell.source for cell in code_cells("solutions", "lab5_cyclegan")]
    return [next(cell for cell in cells if each in cell) for each in words]


@pytest.fixture
def lab_names(answers, monkeypatch):
    """What the cells before section 9 leave, with random pictures."""
    imports, training_cell = cells_with("\nimport keras\n", "def unpaired(")
    names = dict(answers)
    exec(imports.split("lab =")[0], names)
    names |= {"settings": SimpleNamespace(seed=0), "claims": Claims("photographs")}
    names |= {"lab": SimpleNamespace(needs=lambda *names: nullcontext())}
    names |= {"BATCH": 2, "STEPS": 5, "BETA_1": 0.5, "scaled": lambda images: 2 * images - 1}
    names |= dict(zip(("train_a", "train_b"), pictures(10), strict=True))
    names |= {"CYCLE_WEIGHT": 5.0, "IDENTITY_WEIGHT": 2.0}
    exec(training_cell, names)
    return names


def test_mirrored_anew_in_every_epoch_and_never_in_pairs(lab_names):
    """Augmentation comes after the images are at hand, so no epoch repeats another's."""
    a, b = lab_names["train_a"], lab_names["train_b"]

    def places(batch, images):
        """Which image each is, and whether it is mirrored."""
        both = np.concatenate([images, images[:, :, ::-1]])
        found = np.abs(both[None] - np.asarray(batch)[:, None]).sum((2, 3, 4)).argmin(1)
        return [(int(i % len(images)), int(i >= len(images))) for i in found]

    stream = lab_names["unpaired"](0).take(15).as_numpy_iterator()
    seen = [(places(x, a), places(y, b)) for x, y in stream]
    epochs = [seen[i : i + 5] for i in (0, 5, 10)]
    mirrored = []
    for epoch in epochs:
        flat = [dict(sum((batch[side] for batch in epoch), [])) for side in (0, 1)]
        assert [sorted(each) for each in flat] == [list(range(10))] * 2  # every image once
        mirrored.append(tuple(flat[0][i] for i in range(10)))
        assert 0 < sum(mirrored[-1]) < 10
        assert [place for place, _ in sum((batch[0] for batch in epoch), [])] != [
            place for place, _ in sum((batch[1] for batch in epoch), [])
        ]
    assert len(set(mirrored)) == 3


@pytest.fixture
def eagerly():
    """For a few steps of large networks, which take less time than to compile them."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@needs_real
@pytest.mark.filterwarnings("ignore:Even though the `tf.config")
def test_photographs(lab_names, monkeypatch, eagerly):
    """The cell of the photographs, with narrow networks, on real facades at both sizes."""
    monkeypatch.setenv("TFDS_DATA_DIR", str(REAL))
    (cell,) = cells_with("PHOTOGRAPHS.items()")
    for wide, narrow in (("build_generator(64, 2", "build_generator(2, 2"),
                         ("build_discriminator(64", "build_discriminator(2")):  # fmt: skip
        assert wide in cell
        cell = cell.replace(wide, narrow)
    shown = []
    monkeypatch.setattr("utils.plots.show", lambda figure, alt, **options: shown.append(alt))
    for pixels in (128, 256):
        names = lab_names | {"PHOTOGRAPHS": {"cycle_gan/facades": pixels}}
        names |= {"PHOTOGRAPHS_IN_A_SET": 3, "PHOTO_EPOCHS": 2}
        exec(cell, names)
        assert names["other_a"].shape == (6, pixels, pixels, 3)
        assert np.isfinite(list(names["photo_history"].values())).all()
        assert names["photo_history"]["cycle_loss"][1] < names["photo_history"]["cycle_loss"][0]
        count = names["photo_gan"].a_to_b.count_params()
        assert count == names["build_generator"](2, 2, 9 if pixels == 256 else 6).count_params()
    assert len(shown) == 2
