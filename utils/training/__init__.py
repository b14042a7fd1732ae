"""Training that can be killed and taken up again, and figures that follow it.

    history = training.fit(model, images, epochs=20, batch=64, folder="runs/autoencoder")

`batches` makes the order of every epoch, and the randomness of every augmentation, a function of
the seed and of nothing else; `fit` keeps everything else that a training step uses in a
checkpoint. Together: a run that was killed and is called again ends with the very numbers of one
that was not (on one kind of machine; on a GPU with `tf.config.experimental.enable_op_determinism`).
"""

import keras
import numpy as np
import tensorflow as tf

from utils import progress
from utils.cells import Interrupted
from utils.training.checkpoints import (
    Checkpoint,
    TrainingError,
    optimizers_of,
    plain,
    settings_of,
    state_of,
    traced,
    whole,
)
from utils.training.diagnostics import GANDiagnostics
from utils.training.figures import FigureEachEpoch, LossPlot

__all__ = ["FigureEachEpoch", "GANDiagnostics", "LossPlot", "TrainingError", "batches", "fit"]

# --- data -----------------------------------------------------------------------------------


def batches(
    arrays, batch, *, seed=0, first_epoch=0, steps=None, augment=None, drop_remainder=False
):
    """An endless `tf.data.Dataset` of shuffled batches, epoch after epoch.

    Args:
        arrays: array (n, ...), or a tuple or dict of such arrays; batches have its structure.
            uint8 is held as it is and scaled to float32 in [0, 1] batch by batch; other types
            stay as they are. Or a function `arrays(epoch)` that gives them anew for each epoch,
            always of the same shapes, such as images with new noise.
        batch: int, examples per batch; the last batch of an epoch holds the remainder, unless
            `drop_remainder`.
        seed: int, 0 or more. Everything random follows from (seed, epoch, place in the epoch).
        first_epoch: int, the epoch to begin with: what comes is what a dataset begun at epoch 0
            gives from there on.
        steps: int, batches per epoch, where not all are wanted. Datasets of different lengths
            can be zipped when they have the same number of steps.
        augment: called as `augment(batch, seed=pair)` on every scaled batch; pair (2,) int64 is
            for stateless functions such as `tf.random.stateless_normal` and is never the same
            twice. What it returns may have another structure: image -> (noisy, clean).

    Raises:
        TrainingError: arrays of different lengths, a batch or steps that they can't fill, a
            negative epoch or seed.
    """
    seed, first_epoch = whole(seed, "seed", 0), whole(first_epoch, "first_epoch", 0)
    example = arrays(first_epoch) if callable(arrays) else arrays
    example = tuple(example) if isinstance(example, list) else example
    n, steps = _sizes(example, batch, steps, drop_remainder)
    with tf.device("CPU"):  # where input pipelines run; a GPU's memory is for the model
        held = tf.nest.map_structure(tf.convert_to_tensor, example)
    specs = tf.nest.map_structure(lambda tensor: tf.TensorSpec(tensor.shape, tensor.dtype), held)
    if callable(arrays):
        held = None  # every epoch draws its own

    def drawn(epoch):
        flat = tf.nest.flatten(specs)
        results = tf.numpy_function(
            lambda number: [np.asarray(part) for part in tf.nest.flatten(arrays(int(number)))],
            [epoch],
            [spec.dtype for spec in flat],
        )
        shaped = [tf.ensure_shape(r, spec.shape) for r, spec in zip(results, flat, strict=True)]
        return tf.nest.pack_sequence_as(specs, shaped)

    def batches_of(epoch):
        tensors = drawn(epoch) if held is None else held

        def gathered(place, index):
            return _chosen(tensors, index, augment, (seed, epoch, place))

        order = _order(n, seed, epoch)
        rows = tf.data.Dataset.from_tensor_slices(order).batch(batch, drop_remainder).take(steps)
        return rows.enumerate().map(gathered, tf.data.AUTOTUNE)

    epochs = tf.data.Dataset.range(first_epoch, tf.int64.max)
    return epochs.flat_map(batches_of).prefetch(tf.data.AUTOTUNE)


def _key(seed, purpose, *places):
    pair = tf.constant([seed, purpose], tf.int64)
    for place in places:
        pair = tf.random.experimental.stateless_fold_in(pair, place)
    return pair


def _order(n, seed, epoch):
    """The places of n examples, in the order of this epoch."""
    return tf.random.experimental.stateless_shuffle(tf.range(n), _key(seed, 0, epoch))


def _chosen(tensors, index, augment, places):
    """The batch of these places, scaled and augmented; places: seed, epoch, place in the epoch."""
    chosen = tf.nest.map_structure(lambda t: _scaled(tf.gather(t, index)), tensors)
    seed, *rest = places
    return chosen if augment is None else augment(chosen, seed=_key(seed, 1, *rest))


def _scaled(values):
    return tf.cast(values, tf.float32) / 255 if values.dtype == tf.uint8 else values


def _sizes(arrays, batch, steps, drop_remainder):
    """(examples, steps per epoch), after a look at whether they go together."""
    batch = whole(batch, "batch", 1)
    lengths = sorted({len(array) for array in tf.nest.flatten(arrays)})
    if len(lengths) != 1:
        raise TrainingError(f"The arrays have different lengths, {lengths}: cut them to one.")
    n = lengths[0]
    if batch > n:
        raise TrainingError(f"A batch of {batch} is more than the {n} examples there are.")
    possible = n // batch if drop_remainder else -(-n // batch)
    steps = possible if steps is None else whole(steps, "steps", 1)
    if steps > possible:
        raise TrainingError(f"{n} examples give {possible} batches of {batch}, not steps={steps}.")
    return n, steps


# --- training -------------------------------------------------------------------------------


def fit(  # noqa: C901 - the order of a whole run, read from top to bottom
    model,
    data,
    *,
    epochs,
    batch=None,
    steps=None,
    seed=0,
    augment=None,
    drop_remainder=False,
    validation=None,
    folder=None,
    every=1,
    whole_epochs=False,
    callbacks=(),
    verbose=0,
    **options,
):
    """Train a compiled model by `model.fit`; with a folder, so that it can be taken up again.

    Called again with the same arguments and a model made by the same code, as when a cell is run
    again after its kernel was killed, it goes on after the last saved epoch and ends with the
    same weights, optimizers and history; a run that has ended gives its history at once. A
    larger `epochs` carries on from the end. In a notebook a line below the cell tells how far it is
    (`utils.progress`).

    Args:
        model: compiled `keras.Model`, with its own `train_step` or not. Saved are all variables
            of the model (weights and states of seed generators) and of the optimizers that are its
            attributes, also in lists and dicts.
        data: arrays as for `batches`, which also takes batch, steps, seed, augment and
            drop_remainder; or a function `data(first_epoch)` that gives an endless dataset
            beginning with that epoch, together with `steps` per epoch.
        validation: arrays to measure on after each epoch, in the structure that `model.evaluate`
            expects (a tuple of inputs and targets); scaled, never shuffled or augmented.
        folder: path for `checkpoint.npz`, or None to save nothing.
        every: int, epochs between checkpoints. The end is always saved.
        whole_epochs: bool, make every epoch a single compiled call, in which batches are taken from
            tensors on hand. It trains on the same batches to the same weights (but for rounding)
            and saves what Python does between two steps: a toy network trains several times
            faster, and small layers still faster with `model.compile(..., jit_compile=True)`, which
            draws other random numbers from the same seeds. Where a step takes 10 ms or more there
            is nothing to gain. For arrays in batches of one size. Callbacks are called for an
            epoch as if it were one batch.
        callbacks: Keras callbacks. Their own state, such as the patience of `EarlyStopping`,
            is not saved and begins anew. That a run ended early is saved.
        options: for `model.fit`, such as `validation_freq`.

    Returns:
        dict of lists of float, a number per epoch, also of epochs before a resume.

    Raises:
        TrainingError: in one line, and before anything is lost: other settings, data or shapes
            than the checkpoint has; a damaged checkpoint; a folder that can't be written; a
            training step with randomness or variables that no checkpoint would hold; a folder
            where several replicas train.
        Interrupted: a KeyboardInterrupt that says after which epoch; `model.history` has those
            that were done.
    """
    if not model.compiled:
        raise TrainingError("Compile the model before fit: model.compile(...).")
    epochs, every = whole(epochs, "epochs", 1), whole(every, "every", 1)
    shaping = {"steps": steps, "seed": seed, "augment": augment, "drop_remainder": drop_remainder}
    if callable(data):
        if augment is not None or drop_remainder:
            raise TrainingError("A function as data augments and batches by itself.")
        steps = whole(steps, "steps", 1)
        begin = data
    else:
        _, steps = _sizes(data, batch, steps, drop_remainder)

        def begin(first_epoch):
            return batches(data, batch, first_epoch=first_epoch, **shaping)

    if whole_epochs:
        _can_be_one_call(model, data, batch, steps)
    if steps % model.steps_per_execution:  # Keras would run into the next epoch
        raise TrainingError(
            f"{steps} steps an epoch are no multiple of steps_per_execution="
            f"{model.steps_per_execution}: compile with a divisor, or give fit(steps=...)."
        )
    if validation is not None:
        options["validation_data"] = _in_order(validation, batch)
    dataset, history, done, ended_at = begin(0), keras.callbacks.History(), 0, 0
    checkpoint = None
    alone = model.distribute_strategy.num_replicas_in_sync == 1
    scaler = keras.mixed_precision.LossScaleOptimizer
    scaled = any(isinstance(each, scaler) for _, each in optimizers_of(vars(model)))
    if folder is not None and not alone:
        raise TrainingError("Runs on several replicas can't be taken up again: leave out folder.")
    if alone and (scaled or whole_epochs or folder is not None):
        graph = traced(model, dataset.element_spec)
    if whole_epochs:
        one_call = _one_call(model, graph, data, batch, steps, seed, augment)
    if folder is not None:
        settings = settings_of(model, data, batch, steps, seed, drop_remainder)
        checkpoint = Checkpoint(folder, state_of(model, graph), settings, every)
        history.history, done, ended_at = checkpoint.restore(epochs)
    if ended_at >= epochs:
        model.history = history
        for figure in (each for each in callbacks if isinstance(each, FigureEachEpoch)):
            figure.set_model(model)
            figure.on_train_begin()
            figure.done = done
            figure.on_train_end()
        return history.history
    # The history comes first, so that the others find the epoch in it that has just ended.
    options["callbacks"] = [history, *callbacks, *([checkpoint] if checkpoint else [])]
    options |= {"epochs": epochs, "initial_epoch": done, "verbose": verbose, "shuffle": False}
    calls = 1 if whole_epochs else steps  # of an epoch
    with progress.stage(epochs * calls, done=done * calls, first="compiling") as stage:
        options["callbacks"].append(_Told(stage, epochs, calls))
        try:
            if whole_epochs:
                model.train_function = one_call  # Keras makes its own only where there is none
                numbers = tf.data.Dataset.range(done, epochs)
                model.fit(numbers, steps_per_epoch=1, **options)
            else:
                dataset = begin(done) if done else dataset
                model.fit(dataset, steps_per_epoch=steps, **options)  # it is shuffled itself
        except KeyboardInterrupt:
            model.history = history
            done = max(map(len, history.history.values()), default=0)
            when = f"after epoch {done}" if done else "before the end of epoch 1"
            again = "run this cell again"
            again += ", it goes on with the last saved epoch" if folder else ""
            told = f"Training was interrupted {when} of {epochs}: {again}."
            raise Interrupted(told) from None
        finally:
            if whole_epochs:
                model.train_function = None
    if checkpoint:  # once more: callbacks and averaging optimizers change weights at the end
        checkpoint.save(done + len(history.epoch), ended_at=epochs)
    return plain(history.history)


class _Told(keras.callbacks.Callback):
    """Tells the line below the cell how far the training is."""

    async_safe = True  # told from a thread of Keras, so that no step waits for it

    def __init__(self, stage, epochs, calls):
        super().__init__()
        self.stage, self.epochs, self.calls = stage, epochs, calls

    def on_epoch_begin(self, epoch, logs=None):
        self.before = epoch * self.calls
        self.stage.advance(self.before, f"epoch {epoch + 1} of {self.epochs}")

    def on_train_batch_end(self, batch, logs=None):
        self.stage.advance(self.before + batch + 1)


def _can_be_one_call(model, data, batch, steps):
    if callable(data):
        raise TrainingError("Whole epochs need arrays as data, not a function.")
    if steps * batch > len(tf.nest.flatten(data)[0]):
        raise TrainingError("Whole epochs need batches of one size: give drop_remainder=True.")
    if model.steps_per_execution > 1 or model.run_eagerly:
        raise TrainingError(
            "Whole epochs are one compiled call: compile the model without steps_per_execution "
            "and run_eagerly."
        )
    if model.distribute_strategy.num_replicas_in_sync > 1:
        raise TrainingError("Whole epochs train on one device: leave out whole_epochs.")


def _one_call(model, graph, data, batch, steps, seed, augment):
    """A `train_function` for Keras: takes the number of an epoch and trains on its batches.

    The loop keeps the order of a step's variables, seed generators among them, but not of
    TensorFlow's stateful random operations, so `state_of` has a look at the step first.
    """
    state_of(model, graph)
    if extra := set(graph.structured_outputs) - set(model.get_metrics_result()):
        raise TrainingError(
            f"Whole epochs give the model's metrics, and train_step also returns "
            f"{', '.join(sorted(extra))}: make it a keras.metrics.Mean among model.metrics."
        )
    held = tf.nest.map_structure(tf.convert_to_tensor, data)
    n = len(tf.nest.flatten(data)[0])

    @tf.autograph.experimental.do_not_convert  # as Keras does with the step
    def one_step(order, epoch, place):
        index = tf.slice(order, [place * batch], [batch])
        model.train_step(_chosen(held, index, augment, (seed, epoch, place)))

    @tf.function(jit_compile=model.jit_compile)
    def all_steps(order, epoch):
        for place in tf.range(steps, dtype=tf.int64):
            one_step(order, epoch, place)
        return model.get_metrics_result()

    def one_call(numbers):
        epoch = next(numbers)
        return all_steps(_order(n, seed, epoch), epoch)

    return one_call


def _in_order(arrays, batch):
    """The arrays as a finite dataset of scaled batches, in their order."""
    with tf.device("CPU"):
        rows = tf.data.Dataset.from_tensor_slices(arrays).batch(batch or 256)
    return rows.map(lambda *parts: tf.nest.map_structure(_scaled, parts)).cache()
