"""`utils.training`: batches that follow from the seed, runs that are killed and taken up again,
figures that follow a run."""

import json
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import training_runs
from utils import ROOT, plots, training
from utils.cells import Interrupted
from utils.training import TrainingError, batches

INPUTS = []  # see tests/keys.py

NUMBERS = np.arange(10)


def taken(dataset, count):
    return [np.asarray(batch) for batch in dataset.take(count).as_numpy_iterator()]


# --- batches --------------------------------------------------------------------------------


def test_each_epoch_is_another_order_of_everything():
    epochs = np.reshape(taken(batches(NUMBERS, 5), 6), (3, 10))
    assert (np.sort(epochs) == NUMBERS).all()
    assert len({tuple(epoch) for epoch in epochs}) == 3
    assert not np.array_equal(
        epochs[:1], np.reshape(taken(batches(NUMBERS, 5, seed=1), 2), (1, 10))
    )


def noise(batch, seed):
    return batch, tf.random.stateless_normal((2,), seed)


def test_a_later_beginning_gives_what_a_run_from_the_start_sees():
    options = {"batch": 4, "seed": 3, "augment": noise}
    whole = list(batches(NUMBERS, **options).take(9).as_numpy_iterator())
    later = list(batches(NUMBERS, first_epoch=2, **options).take(3).as_numpy_iterator())
    for (was, was_noise), (now, now_noise) in zip(whole[6:], later, strict=True):
        assert np.array_equal(was, now) and np.array_equal(was_noise, now_noise)
    draws = {tuple(drawn) for _, drawn in whole}
    assert len(draws) == 9  # every batch of every epoch its own


def test_remainder_and_steps():
    assert [len(b) for b in taken(batches(NUMBERS, 4), 6)] == [4, 4, 2] * 2
    assert [len(b) for b in taken(batches(NUMBERS, 4, drop_remainder=True), 4)] == [4] * 4
    first, second = (taken(batches(NUMBERS, 4), 6)[i] for i in (0, 3))
    assert np.array_equal(taken(batches(NUMBERS, 4, steps=1), 2), [first, second])


def test_structure_and_scaling():
    images = np.arange(256, dtype="uint8").reshape(256, 1)
    arrays = {"image": images, "label": np.arange(256), "half": images.astype("float16")}
    batch = next(batches(arrays, 256).as_numpy_iterator())
    assert {k: v.dtype.name for k, v in batch.items()} == {
        "image": "float32",
        "label": "int64",
        "half": "float16",
    }
    assert batch["image"].max() == 1 and batch["half"].max() == 255
    assert np.array_equal(batch["image"][:, 0], batch["label"].astype("float32") / np.float32(255))
    pair = next(batches((images, images), 2).as_numpy_iterator())
    assert isinstance(pair, tuple) and np.array_equal(*pair)


def test_arrays_drawn_anew_for_each_epoch():
    def draw(epoch):
        return NUMBERS + 100 * epoch, np.full((10, 2), epoch, "uint8")

    epochs = list(batches(draw, 5, first_epoch=1).take(4).as_numpy_iterator())
    for epoch, (first, second) in ((1, epochs[:2]), (2, epochs[2:])):
        numbers = np.concatenate([first[0], second[0]])
        assert np.array_equal(np.sort(numbers), NUMBERS + 100 * epoch)
        assert np.allclose(first[1], epoch / 255)
    # In the order that held arrays would come in.
    order = [batch[0] % 100 for batch in epochs]
    assert np.array_equal(order, taken(batches(NUMBERS, 5, first_epoch=1), 4))


def test_drawn_arrays_that_change_their_shape_are_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="not compatible"):
        taken(batches(lambda epoch: np.zeros(10 + epoch), 5), 4)


@pytest.mark.parametrize(
    "arrays, options, words",
    [
        ((NUMBERS, NUMBERS[:9]), {"batch": 2}, "different lengths, [9, 10]"),
        (NUMBERS, {"batch": 11}, "more than the 10 examples"),
        (NUMBERS, {"batch": 0}, "batch has to be a whole number of at least 1"),
        (NUMBERS, {"batch": 2.0}, "batch has to be a whole number"),
        (NUMBERS, {"batch": 2, "first_epoch": -1}, "first_epoch has to be"),
        (NUMBERS, {"batch": 2, "steps": 6}, "5 batches of 2, not steps=6"),
    ],
)
def test_what_can_not_be_batched_says_so(arrays, options, words):
    with pytest.raises(TrainingError) as caught:
        batches(arrays, **options)
    assert words in str(caught.value) and "\n" not in str(caught.value)


# --- runs that are killed -------------------------------------------------------------------


def saved(folder):
    with np.load(Path(folder) / "checkpoint.npz", allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    return json.loads(arrays.pop("about").item()), arrays


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Folders of the runs, each killed somewhere in its fourth epoch (or just after)."""
    folders = {name: tmp_path_factory.mktemp(name) for name in training_runs.RUNS}
    # Weights and seeds begin anywhere: for a run to compare with, all begin from one checkpoint.
    for name, folder in folders.items():
        training_runs.run(name, folder, epochs=1)
        (folder / "begun.npz").write_bytes((folder / "checkpoint.npz").read_bytes())
    command = [sys.executable, "-m", "tests.training_runs"]
    children = [
        subprocess.Popen([*command, name, folder], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for name, folder in folders.items()
    ]

    def kill(child):
        assert any(line == "epoch 3\n" for line in child.stdout)
        time.sleep(random.uniform(0, 0.2))  # an epoch takes at least 0.1 s
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        return child.returncode

    with ThreadPoolExecutor() as pool:
        assert set(pool.map(kill, children)) == {-signal.SIGKILL}
    return folders


@pytest.mark.parametrize("name", training_runs.RUNS)
def test_a_killed_run_ends_like_one_that_was_not(name, killed, tmp_path):
    (tmp_path / "checkpoint.npz").write_bytes((killed[name] / "begun.npz").read_bytes())
    _, straight = training_runs.run(name, tmp_path)
    about, _ = saved(killed[name])
    assert 2 <= about["done"] < training_runs.EPOCHS and not about["ended_at"]
    # what a kill in the middle of writing would leave
    (killed[name] / "checkpoint.new").write_bytes(b"PK torn")
    model, resumed = training_runs.run(name, killed[name])
    assert resumed == straight and {len(v) for v in resumed.values()} == {training_runs.EPOCHS}
    (about, now), (same, was) = saved(killed[name]), saved(tmp_path)
    assert about == same and now.keys() == was.keys()
    for each in now:
        assert now[each].tobytes() == was[each].tobytes(), each
    assert len(now) >= 2 * len(model.trainable_variables)
    assert not (killed[name] / "checkpoint.new").exists()


# --- runs and their checkpoints -------------------------------------------------------------


def small(seed=1, units=3, rate=0.01):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units), keras.layers.Dense(4)])
    model.compile(keras.optimizers.SGD(rate, momentum=0.9), "mse")
    return model


ROWS = np.random.default_rng(0).normal(size=(20, 4)).astype("float32")
PAIRS = (ROWS, ROWS)


def test_an_ended_run_is_not_trained_again_and_can_be_carried_on(tmp_path):
    straight = training.fit(small(), PAIRS, epochs=4, batch=6)
    first = training.fit(small(), PAIRS, epochs=2, batch=6, folder=tmp_path)
    before = (tmp_path / "checkpoint.npz").read_bytes()
    model = small(seed=2)
    assert training.fit(model, PAIRS, epochs=2, batch=6, folder=tmp_path) == first
    assert (tmp_path / "checkpoint.npz").read_bytes() == before
    assert training.fit(model, PAIRS, epochs=4, batch=6, folder=tmp_path) == straight
    assert straight["loss"][:2] == first["loss"] and int(model.optimizer.iterations) == 16


def test_validation_does_not_disturb(tmp_path):
    plain, measured = small(), small()
    training.fit(plain, PAIRS, epochs=2, batch=6)
    history = training.fit(measured, PAIRS, epochs=2, batch=6, validation=(ROWS[:7], ROWS[:7]))
    for was, now in zip(plain.get_weights(), measured.get_weights(), strict=True):
        assert np.array_equal(was, now)
    mean = np.mean((np.asarray(measured(ROWS[:7])) - ROWS[:7]) ** 2)
    assert history["val_loss"][-1] == pytest.approx(mean, rel=1e-5)


def test_a_run_that_stopped_early_has_ended(tmp_path):
    options = {"epochs": 9, "batch": 6, "folder": tmp_path}
    stop = keras.callbacks.EarlyStopping("loss", mode="max", patience=0, restore_best_weights=True)
    model, again = small(), small(seed=2)
    history = training.fit(model, PAIRS, callbacks=[stop], **options)
    assert len(history["loss"]) == 2  # it falls, and the first weights are restored
    assert training.fit(again, PAIRS, **options) == history
    for was, now in zip(model.get_weights(), again.get_weights(), strict=True):
        assert np.array_equal(was, now)


class Halved(keras.callbacks.Callback):
    """Halves the learning rate after each epoch, and is interrupted once."""

    interrupt = True

    def on_epoch_end(self, epoch, logs=None):
        self.model.optimizer.learning_rate.assign(0.5 * self.model.optimizer.learning_rate)

    def on_train_batch_end(self, batch, logs=None):
        if self.interrupt and int(self.model.optimizer.iterations) == 10:
            self.interrupt = False
            raise KeyboardInterrupt


def test_an_interrupted_cell_can_be_run_again_with_the_same_model(tmp_path):
    options = {"epochs": 4, "batch": 6, "callbacks": [Halved()], "folder": tmp_path}
    model, straight = small(), small()
    with pytest.raises(Interrupted, match="after epoch 2 of 4: run this cell again, it goes on"):
        training.fit(model, PAIRS, **options)
    assert len(model.history.history["loss"]) == 2
    history = training.fit(model, PAIRS, **options)
    assert history == training.fit(straight, PAIRS, **options | {"folder": tmp_path / "other"})
    assert [v.numpy().tobytes() for v in model.optimizer.variables] == [
        v.numpy().tobytes() for v in straight.optimizer.variables
    ]


class InterruptedAfter(keras.callbacks.Callback):
    """Interrupts a run in the epoch after so many."""

    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epochs:
            raise KeyboardInterrupt


@pytest.mark.parametrize("whole_epochs", [False, True])
def test_an_interrupted_run_keeps_its_history(whole_epochs):
    for epochs, words in ((0, "before the end of epoch 1 of 3"), (2, "after epoch 2 of 3")):
        model, stop = small(), InterruptedAfter(epochs)
        with pytest.raises(Interrupted) as caught:
            training.fit(
                model,
                PAIRS,
                epochs=3,
                batch=6,
                callbacks=[stop],
                whole_epochs=whole_epochs,
                drop_remainder=True,
            )
        assert str(caught.value) == f"Training was interrupted {words}: run this cell again."
        assert len(model.history.history.get("loss", ())) == epochs


def test_bfloat16_weights_come_back(tmp_path):
    def made(seed):
        keras.utils.set_random_seed(seed)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, dtype="bfloat16")])
        model.compile("sgd", "mse")
        training.fit(model, PAIRS, epochs=1, batch=6, folder=tmp_path)
        return model.get_weights()

    for was, now in zip(made(1), made(2), strict=True):
        assert was.dtype.name == "bfloat16" and np.array_equal(was, now)


def test_a_dataset_of_ones_own(tmp_path):
    """Two sets of different lengths, side by side, as for CycleGAN."""

    def both(first_epoch):
        sets = [batches(each, 4, steps=2, first_epoch=first_epoch) for each in (ROWS, ROWS[:8])]
        return tf.data.Dataset.zip(*sets)

    straight = training.fit(small(), both, steps=2, epochs=3)
    training.fit(small(), both, steps=2, epochs=2, folder=tmp_path)
    assert training.fit(small(2), both, steps=2, epochs=3, folder=tmp_path) == straight


@pytest.mark.parametrize(
    "model, data, options, words",
    [
        ({}, PAIRS, {"seed": 1}, "seed is 1 now and was 0"),
        ({}, PAIRS, {"batch": 5}, "batch is 5 now and was 6"),
        ({}, (ROWS, ROWS + 1), {}, "array 1 is float32 (20, 4) with checksum"),
        ({}, (ROWS[:19], ROWS[:19]), {}, "array 0 is float32 (19, 4)"),
        ({"units": 5}, PAIRS, {}, "model/0 is (4, 5) float32 now and was (4, 3) float32"),
        ({"rate": 0.02}, PAIRS, {}, "optimizer.learning_rate is 0.02 now and was 0.01"),
        ({}, PAIRS, {"epochs": 1}, "epochs is 1 now and 2 were trained"),
    ],
)
def test_the_checkpoint_of_another_run_is_kept(model, data, options, words, ended, tmp_path):
    (tmp_path / "checkpoint.npz").write_bytes(ended)
    other = small(**model)
    weights = other.get_weights()
    options = {"epochs": 3, "batch": 6, "folder": tmp_path} | options
    with pytest.raises(TrainingError) as caught:
        training.fit(other, data, **options)
    assert words in str(caught.value) and "another folder" in str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500
    assert (tmp_path / "checkpoint.npz").read_bytes() == ended
    for was, now in zip(weights, other.get_weights(), strict=True):
        assert np.array_equal(was, now)


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ended")
    training.fit(small(), PAIRS, epochs=2, batch=6, folder=folder)
    return (folder / "checkpoint.npz").read_bytes()


def test_a_damaged_checkpoint_is_not_taken_for_whole(ended, tmp_path):
    flipped = bytearray(ended)
    flipped[len(ended) // 2] ^= 1
    for damaged in (ended[: len(ended) // 2], ended[:-1], b"", bytes(flipped)):
        (tmp_path / "checkpoint.npz").write_bytes(damaged)
        with pytest.raises(TrainingError, match="is damaged .*delete it to begin anew"):
            training.fit(small(), PAIRS, epochs=3, batch=6, folder=tmp_path)


def test_a_full_disk_keeps_the_checkpoint_before(tmp_path, monkeypatch):
    training.fit(small(), PAIRS, epochs=1, batch=6, folder=tmp_path)
    before = (tmp_path / "checkpoint.npz").read_bytes()

    def full(file, **arrays):
        file.write(b"PK")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(TrainingError, match="Epoch 2 could not be saved: .*No space left"):
        training.fit(small(), PAIRS, epochs=3, batch=6, folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.npz"]
    assert (tmp_path / "checkpoint.npz").read_bytes() == before


class Careless(keras.Model):
    def __init__(self, draw):
        super().__init__()
        self.weight, self.draw = self.add_weight(shape=()), draw

    def train_step(self, data):
        self.weight.assign_add(self.draw())
        return {"weight": self.weight}


@pytest.mark.parametrize(
    "draw, words",
    [
        (lambda: keras.random.normal(()), "seed_generator_state"),
        (lambda: tf.random.normal(()), "random_normal"),
    ],
)
def test_randomness_that_would_be_lost_is_refused(draw, words, tmp_path):
    model = Careless(draw)
    model.compile()
    with pytest.raises(TrainingError, match=f"{words}.*which a checkpoint would not hold"):
        training.fit(model, ROWS, epochs=1, batch=6, folder=tmp_path)


def test_what_can_not_begin_says_so(tmp_path):
    (tmp_path / "file").touch()
    cases = [
        ({"folder": tmp_path / "file" / "run"}, "Nothing can be saved in"),
        ({"epochs": -1}, "epochs has to be a whole number of at least 1, not -1"),
        ({"every": 0}, "every has to be"),
        ({"batch": 21}, "more than the 20 examples"),
    ]
    for options, words in cases:
        with pytest.raises(TrainingError, match=words):
            training.fit(small(), PAIRS, **({"epochs": 1, "batch": 6} | options))
    with pytest.raises(TrainingError, match="augments and batches by itself"):
        training.fit(small(), lambda first: None, steps=1, epochs=1, augment=noise)
    with pytest.raises(TrainingError, match="Compile the model"):
        training.fit(keras.Sequential(), PAIRS, epochs=1, batch=6)
    model = small()
    model.compile("adam", "mse", steps_per_execution=3)
    with pytest.raises(TrainingError, match="4 steps an epoch are no multiple"):
        training.fit(model, PAIRS, epochs=1, batch=6)


# --- whole epochs in one call ---------------------------------------------------------------


class SmallVAE(keras.Model):
    """Its own step, with noise from a seed generator in it."""

    def __init__(self):
        super().__init__()
        keras.utils.set_random_seed(1)
        dense = keras.layers.Dense
        self.encoder = keras.Sequential([dense(8, "relu"), keras.layers.Dropout(0.2), dense(4)])
        self.decoder = keras.Sequential([dense(8, "relu"), dense(4)])
        self.seed_generator = keras.random.SeedGenerator(2)
        self.tracked = keras.metrics.Mean("loss")

    @property
    def metrics(self):
        return [self.tracked]

    def train_step(self, pair):
        noisy_rows, rows = pair
        with tf.GradientTape() as tape:
            latents = self.encoder(noisy_rows, training=True)
            shape = keras.ops.shape(latents)
            latents += keras.random.normal(shape, seed=self.seed_generator)
            loss = keras.ops.mean((self.decoder(latents, training=True) - rows) ** 2)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        self.tracked.update_state(loss)
        return {"loss": self.tracked.result()}


BYTES = np.random.default_rng(1).integers(0, 256, (26, 4), "uint8")


def jittered(rows, seed):
    return rows + 0.1 * tf.random.stateless_normal(tf.shape(rows), seed), rows


def doubled(rows, seed):
    return rows, rows


# From equal seeds XLA draws other numbers: in all of `jittered`, or in the step of both runs.
@pytest.mark.parametrize("jit_compile, augment", [(False, jittered), (True, doubled)])
def test_whole_epochs_train_on_the_same_batches(jit_compile, augment):
    """Nothing is left out, doubled or drawn otherwise, and two runs are the same to the bit."""
    schedule = keras.optimizers.schedules.CosineDecay(0.01, 40)
    ended = []
    for whole in (False, True, True):
        model = SmallVAE()
        model.compile(optimizer=keras.optimizers.Adam(schedule), jit_compile=jit_compile)
        options = {"epochs": 5, "batch": 4, "drop_remainder": True, "augment": augment, "seed": 3}
        history = training.fit(model, BYTES, whole_epochs=whole, **options)
        ended.append((history["loss"], [each.numpy() for each in model.variables]))
        assert int(model.optimizer.iterations) == 5 * 6
    (losses, weights), (same_losses, same), (again_losses, again) = ended
    assert again_losses == same_losses and len(losses) == 5
    assert np.allclose(losses, same_losses, rtol=1e-4)
    for was, now, then in zip(weights, same, again, strict=True):
        assert np.allclose(was, now, rtol=1e-3, atol=1e-4) and now.tobytes() == then.tobytes()


def test_whole_epochs_of_a_built_in_step_validation_and_callbacks():
    plain, whole = small(), small()
    options = {"epochs": 4, "batch": 5, "steps": 3, "validation": PAIRS}
    expected = training.fit(plain, PAIRS, **options)
    stop = keras.callbacks.EarlyStopping("val_loss", mode="max", patience=2)
    history = training.fit(whole, PAIRS, whole_epochs=True, callbacks=[stop], **options)
    assert {name: len(values) for name, values in history.items()} == {"loss": 3, "val_loss": 3}
    for name, values in history.items():
        assert np.allclose(values, expected[name][:3], rtol=1e-5)
    # Afterwards the model is an ordinary one.
    assert len(whole.fit(*PAIRS, batch_size=5, epochs=1, verbose=0).epoch) == 1
    assert int(whole.optimizer.iterations) == 9 + 4


def test_what_can_not_be_one_call_says_so():
    options = {"epochs": 1, "batch": 5, "whole_epochs": True}
    for data, more, words in (
        (PAIRS, {"batch": 6}, "one size: give drop_remainder=True"),
        (lambda first: None, {"steps": 1}, "need arrays as data"),
    ):
        with pytest.raises(TrainingError, match=words):
            training.fit(small(), data, **options | more)
    model = small()
    for setting in ({"steps_per_execution": 2}, {"run_eagerly": True}):
        model.compile("sgd", "mse", **setting)
        with pytest.raises(TrainingError, match="without steps_per_execution and run_eagerly"):
            training.fit(model, PAIRS, **options)
    careless = Careless(lambda: tf.random.normal(()))
    careless.compile()
    with pytest.raises(TrainingError, match="uses random_normal"):
        training.fit(careless, ROWS, **options)
    careless = Careless(lambda: 1.0)
    careless.compile()
    with pytest.raises(TrainingError, match="also returns weight: make it a keras.metrics.Mean"):
        training.fit(careless, ROWS, **options)


# --- figures --------------------------------------------------------------------------------

ALT = "The loss against epochs: it falls steeply at first and then ever more slowly."


@pytest.fixture
def places(monkeypatch):
    """Instead of a notebook: a list of places, each with the pictures shown there."""
    shown = []

    class Handle(list):
        update = list.append

    def display(picture, display_id):
        assert display_id is True
        shown.append(Handle([picture]))
        return shown[-1]

    monkeypatch.setattr("IPython.display.display", display)
    return shown


def test_the_last_figure_is_the_same_whatever_the_timing(places, tmp_path):
    for seconds in (0, 1e9):
        plot = training.LossPlot("It falls", ALT, log="y", seconds=seconds)
        training.fit(
            small(), PAIRS, epochs=4, batch=6, callbacks=[plot], folder=tmp_path / str(seconds)
        )
    # ended already: the figure is there again
    training.fit(small(), PAIRS, epochs=4, batch=6, callbacks=[plot], folder=tmp_path / "0")
    # half by half
    training.fit(small(), PAIRS, epochs=2, batch=6, folder=tmp_path / "half")
    training.fit(small(), PAIRS, epochs=4, batch=6, callbacks=[plot], folder=tmp_path / "half")
    small().fit(*PAIRS, batch_size=6, epochs=1, callbacks=[plot], verbose=0)
    *same, other = [place[-1]._repr_html_() for place in places]
    assert len(same) == 4 and len(set(same)) == 1 and other != same[0]
    assert [len(place) for place in places] == [len(places[0]), 2, 1, 2, 1]


def test_a_figure_each_epoch(places, tmp_path):
    drawn = []

    def draw(epoch):
        drawn.append(epoch)
        figure, ax = plots.new_figure(title="Images", height=1)
        plots.image_row(ax, np.full((1, 2, 2), epoch / 5))
        return figure

    figure = training.FigureEachEpoch(draw, ALT, every=2)
    for _ in range(2):  # the second time it has ended
        training.fit(small(), PAIRS, epochs=5, batch=6, callbacks=[figure], folder=tmp_path)
    assert drawn == [2, 4, 5, 5] and [len(place) for place in places] == [3, 1]


def test_outside_of_notebooks_one_line_stands_for_the_figure(capsys):
    plot = training.LossPlot("It falls", ALT, seconds=0)
    training.fit(small(), PAIRS, epochs=3, batch=6, callbacks=[plot])
    assert capsys.readouterr().out == f"Figure: {ALT}\n"
