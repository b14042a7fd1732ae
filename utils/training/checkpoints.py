"""What a training run needs to go on where it was: all its variables, in one file that is whole.

`utils.training.fit` uses these; nothing here is called from a notebook.
"""

import json
import os
import zipfile
import zlib
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf


class TrainingError(RuntimeError):
    """A run can't begin or go on as asked for; one line says why and what to do."""

    def __init__(self, message):
        super().__init__(" ".join(str(message).split()))


def optimizers_of(things, path=""):
    """(path, optimizer) for every optimizer among a dict's values, and in its lists and dicts."""
    for name, thing in things.items():
        if str(name).startswith("_self_"):
            continue  # TensorFlow's own notes of the same attributes
        elif isinstance(thing, keras.optimizers.Optimizer):
            yield f"{path}{name}", thing
        elif isinstance(thing, dict):
            yield from optimizers_of(thing, f"{path}{name}/")
        elif isinstance(thing, (list, tuple)):
            yield from optimizers_of(dict(enumerate(thing)), f"{path}{name}/")


def traced(model, element_spec):
    """The graph of a training step, which is not run: what is not built yet is built by that.

    So Keras, too, finds `LossScaleOptimizer` built. Otherwise it would put the initial scale into
    the step as a constant.
    """
    step = tf.function(lambda data: model.distribute_strategy.run(model.train_step, args=(data,)))
    return step.get_concrete_function(element_spec).graph


def state_of(model, graph):
    """Every variable that training changes, but for metrics, by a name that stays the same.

    Keras's own `save_weights` holds no seed generators, and its `load_weights` passes over
    optimizers that are not built yet. The graph of the step tells whether this holds all.
    """
    state = {f"model/{index}": variable for index, variable in enumerate(model.variables)}
    for path, optimizer in optimizers_of(vars(model)):
        state |= {f"{path}/{index}": each for index, each in enumerate(optimizer.variables)}
    known = {id(variable.value) for variable in (*state.values(), *model.metrics_variables)}
    lost = [each.name for each in graph.variables if id(each) not in known]
    lost += [
        operation.name
        for operation in graph.get_operations()
        if operation.op_def.is_stateful and "Random" in operation.type
    ]
    if lost:
        raise TrainingError(
            f"The training step uses {', '.join(sorted(lost))}, which a checkpoint would not hold "
            "and a compiled loop not keep in order: "
            "make it an attribute of the model, and draw random numbers by keras.random with "
            "seed=self.seed_generator, a keras.random.SeedGenerator."
        )
    return state


def settings_of(model, data, batch, steps, seed, drop_remainder):
    """What has to be the same in the runs that share a checkpoint: a dict of words and numbers."""
    settings = {"seed": seed, "batch": batch, "steps": steps, "drop_remainder": drop_remainder}
    if not callable(data):
        for index, array in enumerate(map(np.asarray, tf.nest.flatten(data))):
            digits = zlib.crc32(np.ascontiguousarray(array))
            settings[f"array {index}"] = f"{array.dtype} {array.shape} with checksum {digits:08x}"
    for path, optimizer in optimizers_of(vars(model)):
        scaled = getattr(optimizer, "inner_optimizer", optimizer)
        config = scaled.get_config() | {"name": None}  # names count up within a session
        for key, value in config.items():
            value = f"{value:.6g}" if isinstance(value, float) else str(value)
            settings[f"{path}.{key}"] = value
        # Once steps were taken, callbacks may have changed it: then it is not compared.
        if keras.ops.convert_to_numpy(optimizer.iterations):
            settings[f"{path}.learning_rate"] = None
    return settings


class Checkpoint(keras.callbacks.Callback):
    """One file: the variables as arrays, and as JSON the settings, the history and the epoch."""

    def __init__(self, folder: str | Path, state: dict, settings: dict, every: int):
        super().__init__()
        self.file, self.state, self.every = Path(folder) / "checkpoint.npz", state, every
        self.settings = settings
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self._write(lambda file: None, keep=False)
        except OSError as error:
            raise TrainingError(f"Nothing can be saved in {folder}: {error}.") from error

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every == 0 and epoch + 1 < self.params["epochs"]:
            self.save(epoch + 1)

    def save(self, done: int, ended_at: int = 0) -> None:
        """Save the state after `done` epochs; `ended_at`: the epochs asked for, once ended."""
        about = {"settings": self.settings, "done": done, "ended_at": ended_at}
        about["history"] = plain(self.model.history.history)
        arrays = {name: keras.ops.convert_to_numpy(each) for name, each in self.state.items()}
        try:
            self._write(lambda file: np.savez(file, about=json.dumps(about), **arrays))
        except OSError as error:
            raise TrainingError(
                f"Epoch {done} could not be saved: {error}. The checkpoint before it is kept: make "
                "room and call fit again."
            ) from error

    def _write(self, write, keep=True):
        """Write beside the checkpoint; it takes its place in one step, and only when whole."""
        fresh = self.file.with_suffix(".new")
        try:
            with open(fresh, "wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            if keep:
                os.replace(fresh, self.file)
        finally:
            fresh.unlink(missing_ok=True)

    def restore(self, epochs: int) -> tuple[dict[str, list[float]], int, int]:
        """Put the saved values into the variables: (history, epochs done, epochs it ended at)."""
        if not self.file.exists():
            return {}, 0, 0
        try:
            with np.load(self.file, allow_pickle=False) as saved:
                arrays = {name: saved[name] for name in saved.files}
            about = json.loads(arrays.pop("about").item())
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
            raise TrainingError(
                f"{self.file} is damaged ({error}): delete it to begin anew."
            ) from error
        shapes = {name: f"{tuple(v.shape)} {v.dtype}" for name, v in self.state.items()}
        was = about["settings"] | {
            name: f"{each.shape} {each.dtype if each.dtype.kind != 'V' else 'bfloat16'}"
            for name, each in arrays.items()
        }
        now = self.settings | shapes
        different = [
            f"{name} is {now.get(name, 'absent')} now and was {was.get(name, 'absent')}"
            for name in (now | was)
            if now.get(name) != was.get(name) and None not in (now.get(name, ""), was.get(name, ""))
        ]
        if about["done"] > epochs:
            different.insert(0, f"epochs is {epochs} now and {about['done']} were trained")
        if different:
            more = f" (and {len(different) - 3} more)" if len(different) > 3 else ""
            raise TrainingError(
                f"The checkpoint in {self.file.parent} is of another run: "
                f"{'; '.join(different[:3])}{more}. Nothing was changed: go back to the former "
                "settings, or give another folder."
            )
        self.settings = about["settings"]
        for name, variable in self.state.items():
            value = arrays[name]
            if value.dtype.kind == "V":  # NumPy stores bfloat16 as two bytes without a meaning
                value = value.view(keras.ops.convert_to_numpy(variable).dtype)
            variable.assign(value)
        return about["history"], about["done"], about["ended_at"]


def plain(history):
    return {name: [float(value) for value in values] for name, values in history.items()}


def whole(value, name, least):
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise TrainingError(f"{name} has to be a whole number of at least {least}, not {value!r}.")
    return int(value)
