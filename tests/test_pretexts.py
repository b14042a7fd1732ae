"""Pretext tasks and colours: values against closed forms, and what may not change."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from utils import colours, nets, pretexts
from utils.data import scenes, things

# --- colours --------------------------------------------------------------------------------


def test_primaries_have_the_luma_and_the_differences_of_the_standard():
    primaries = np.concatenate([np.eye(3), [[0.5, 0.5, 0.5]]])
    expected = [
        [0.299, -0.299, 0.701],
        [0.587, -0.587, -0.587],
        [0.114, 0.886, -0.114],
        [0.5, 0, 0],
    ]
    np.testing.assert_allclose(colours.luma_and_chroma(primaries), expected, atol=1e-12)


def test_colours_come_back():
    images = np.random.default_rng(0).uniform(size=(2, 5, 4, 3)).astype("float32")
    there = colours.luma_and_chroma(images)
    assert there.dtype == images.dtype
    np.testing.assert_allclose(colours.red_green_blue(there), images, atol=1e-6)


def test_things_of_free_hue_differ_in_chroma_alone_and_their_mean_is_grey():
    circle = things.coloured(np.arange(0, 1, 1e-3))[:, :, 0]
    picture = colours.luma_and_chroma(circle)
    np.testing.assert_allclose(picture[:, 0], 0.5, atol=1e-9)
    np.testing.assert_allclose(picture[:, 1:].mean(axis=0), 0, atol=1e-9)
    assert np.linalg.norm(picture[:, 1:], axis=1).min() > 0.1


# --- windows --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def drawn():
    arrays = scenes.draw("test", 0, 60)
    return arrays | {"image": arrays["image"].astype("float32") / 255}


def test_a_window_is_a_piece_of_its_scene_around_its_thing(drawn):
    cut = pretexts.windows(drawn, side=16, jitter=2, seed=3)
    assert cut["image"].shape == (60, 16, 16, 3) and cut["mask"].shape == (60, 16, 16)
    for i in range(60):
        left, top = (drawn[k][i, 0] - cut[k][i] for k in ("x", "y"))
        assert abs(left - round(left)) < 1e-4 and abs(top - round(top)) < 1e-4
        left, top = round(left), round(top)
        there = np.s_[top : top + 16, left : left + 16]
        np.testing.assert_array_equal(cut["image"][i], drawn["image"][i][there])
        np.testing.assert_array_equal(cut["mask"][i], drawn["mask"][i, ..., 0][there])
        for place, start in ((cut["x"][i], left), (cut["y"][i], top)):
            # 2 pixels and the rounding, except where the window would leave the scene
            assert abs(place - 8) <= 2.5 or start in (0, 16)
    np.testing.assert_array_equal(cut["label"], drawn["label"])
    np.testing.assert_array_equal(cut["hue"], drawn["hue"][:, 0])


def test_windows_follow_from_their_seed(drawn):
    first, again, other = (pretexts.windows(drawn, seed=seed)["x"] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)
    assert np.all(pretexts.windows(drawn, side=32)["image"] == drawn["image"])


# --- training -------------------------------------------------------------------------------


def test_an_epoch_shows_every_example_once_in_a_new_order_with_new_seeds():
    seen, keys = (
        tf.Variable(tf.zeros((3, 10), tf.int32)),
        tf.Variable(tf.zeros((3, 5, 2), tf.int64)),
    )
    count = tf.Variable(0)

    def step(batch, key):
        epoch, place = count // 5, count % 5
        for k in range(2):
            seen.scatter_nd_update([[epoch, 2 * place + k]], [batch[k]])
        keys.scatter_nd_update([[epoch, place]], [key])
        count.assign_add(1)
        return tf.reduce_mean(tf.cast(batch, tf.float32))

    means = pretexts.repeat(step, np.arange(10, dtype="int32"), epochs=3, batch=2, seed=4)
    assert means == pytest.approx([4.5] * 3)
    np.testing.assert_array_equal(np.sort(seen.numpy(), axis=1), [np.arange(10)] * 3)
    assert len(np.unique(seen.numpy(), axis=0)) == 3
    assert len(np.unique(keys.numpy().reshape(-1, 2), axis=0)) == 15


def test_repeat_names_a_batch_that_cannot_be_filled():
    with pytest.raises(ValueError, match="3 examples"):
        pretexts.repeat(lambda batch, key: 0.0, np.zeros(3), epochs=1, batch=4)


def linear(outputs):
    return keras.Sequential([keras.layers.Dense(outputs, use_bias=False)])


def test_learning_moves_trunk_and_head_and_finds_the_linear_answer():
    keras.utils.set_random_seed(0)
    inputs = np.random.default_rng(0).standard_normal((256, 4)).astype("float32")
    wanted = np.float32([[1], [-2], [0.5], [0]])
    trunk, head = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]), linear(1)
    before = [w.copy() for w in trunk.get_weights()]
    losses = pretexts.learn(trunk, head, lambda x, seed: (x, x @ wanted), inputs, loss="mse",
                            epochs=60, batch=32, rate=0.02)  # fmt: skip
    assert losses[-1] < 1e-3 * losses[0]
    assert np.abs(trunk.get_weights()[0] - before[0]).max() > 0.01
    said = pretexts.features(head, pretexts.features(trunk, inputs))
    np.testing.assert_allclose(said, inputs @ wanted, atol=0.2)


def test_learning_is_the_same_twice_and_takes_pairs():
    inputs = np.random.default_rng(1).standard_normal((64, 4)).astype("float32")
    losses = []
    for task, data in ((None, (inputs, inputs[:, :1])), (lambda x, seed: (x, x[:, :1]), inputs)):
        keras.utils.set_random_seed(0)
        trunk, head = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]), linear(1)
        losses.append(pretexts.learn(trunk, head, task, data, loss="mse", epochs=3, batch=16))
    np.testing.assert_allclose(*losses, rtol=1e-5)


def test_features_are_in_order_whatever_the_batch():
    keras.utils.set_random_seed(0)
    trunk = nets.build_trunk((16, 16, 3), width=32)
    pictures = np.random.default_rng(0).uniform(size=(7, 16, 16, 3)).astype("float32")
    assert pretexts.features(trunk, pictures).shape == (7, 32)
    np.testing.assert_allclose(pretexts.features(trunk, pictures, batch=3),
                               trunk(pictures).numpy(), atol=1e-5)  # fmt: skip


@pytest.mark.parametrize("side", [4, 8, 16])
def test_a_decoder_has_the_size_asked_for(side):
    assert pretexts.build_decoder(2, side)(tf.zeros((3, 5))).shape == (3, side, side, 2)


def test_a_decoder_names_a_size_that_doubling_does_not_reach():
    with pytest.raises(ValueError, match="side=12"):
        pretexts.build_decoder(3, 12)


# --- reads ----------------------------------------------------------------------------------


def examples(n, seed):
    rng = np.random.default_rng(seed)
    numbers = {name: rng.uniform(size=n).astype("float32") for name in ("x", "y", "size", "hue")}
    return numbers | {"label": np.arange(n) % 3}


def test_reads_find_what_is_there_and_nothing_in_noise():
    train, test = examples(600, 0), examples(300, 1)
    reads = pretexts.Reads(train, test, count=600)
    known = [np.c_[pretexts.targets(part), np.eye(3)[part["label"]]] for part in (train, test)]
    row = reads(*known)
    assert row["kind"] > 0.99 and row["spread"] < 0.01
    assert min(row[name] for name in ("x", "y", "size", "hue")) > 0.99
    noise = [
        np.random.default_rng(seed).standard_normal((n, 8)) for seed, n in ((2, 600), (3, 300))
    ]
    row = reads(*noise)
    assert abs(row["kind"] - 1 / 3) < 0.12
    assert all(-0.1 < row[name] < 0.05 for name in ("x", "y", "size", "hue"))


def test_reads_without_factors_read_the_kind_alone():
    parts = [{"label": np.arange(90) % 3}] * 2
    assert set(
        pretexts.Reads(*parts)(np.eye(3)[parts[0]["label"]], np.eye(3)[parts[1]["label"]])
    ) == {
        "kind",
        "spread",
    }


def test_r2_is_one_for_the_truth_nought_for_the_mean_and_less_for_a_guess():
    true = np.random.default_rng(0).standard_normal((50, 2))
    np.testing.assert_allclose(pretexts.r2(true, true), 1)
    np.testing.assert_allclose(
        pretexts.r2(true, np.tile(true.mean(axis=0), (50, 1))), 0, atol=1e-12
    )
    assert np.all(pretexts.r2(true, true[::-1]) < 0)


def test_a_hue_is_a_point_on_a_circle():
    ends = {name: np.zeros(2) for name in ("x", "y", "size")} | {"hue": np.array([0.0, 1.0])}
    np.testing.assert_allclose(*pretexts.targets(ends), atol=1e-12)


def test_differences_of_neighbours():
    ramp = np.arange(4.0)[None, None, :, None] * np.ones((1, 3, 1, 1))  # 3 rows, 4 columns
    values = pretexts.differences(ramp)
    assert values.shape == (3 * 3 + 2 * 4,) and values.sum() == 9 and (values == 0).sum() == 8


def test_the_figure_has_the_best_on_top_and_marks_clean_inputs():
    rows = {name: {"kind": k, "spread": 0.01} for name, k in (("a", 0.9), ("b", 0.7), ("c", 0.8))}
    clean = {"a": {"kind": 0.6}}
    figure = pretexts.accuracy_figure(rows, clean, pretexts=["a"], title="which")
    ax = figure.axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["b", "c", "a"]
    np.testing.assert_allclose(ax.lines[-1].get_xydata(), [[0.6, 2]])
    dots = [xy for each in ax.containers for xy in each.lines[0].get_xydata().tolist()]
    assert sorted(dots) == [[0.7, 0], [0.8, 1], [0.9, 2]]
