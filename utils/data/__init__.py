"""One way to every data set of the course: `load` for training, `load_arrays` for measuring.

Embedded sets ('digits', 'glyphs', 'horses_zebras', 'scenes/stills', 'scenes/clips' and their
configs, see `EMBEDDED`) are made on this machine at first use, byte-identical everywhere, and need
no network. Public sets go by the names of TensorFlow Datasets ('mnist', 'cycle_gan/facades') and
are read from disk or downloaded by it. How a set gets to disk is in `utils.data.builders`, imported
when first needed.
"""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from utils import progress
from utils.data.catalog import EMBEDDED, PLAIN, DataError, available, damaged, embedded_dir

if TYPE_CHECKING:  # imported where they are used: this module is imported at once
    import numpy as np
    import tensorflow as tf

__all__ = ["EMBEDDED", "DataError", "available", "embedded_dir", "load", "load_arrays"]


_IN_MEMORY = 2**30  # bytes of uint8 images held whole; a larger set is streamed from disk
_BUFFER = 2**28  # bytes of uint8 images in the shuffle buffer of a streamed set
_PICTURES = "image", "partner", "animal"  # features that are scaled to [0, 1]


def load(
    name: str,
    split: str = "train",
    *,
    batch: int | None = None,
    size: int | tuple[int, int] | None = None,
    count: int | None = None,
    shuffle: bool = False,
    seed: int = 0,
    augment: Callable | None = None,
    drop_remainder: bool = False,
) -> "tf.data.Dataset":
    """A `tf.data.Dataset` of (image, label) pairs.

    image float32 (height, width, channels) in [0, 1], in clips with an axis of frames before; label
    int64, the class number, or -1 in a set without classes. With `batch`, both get a leading axis.

    name: an embedded set or the name of a TFDS set, with its config after a slash.
    split: 'train', 'test', ... as the set names them.
    batch: images per batch; the last one holds the remainder unless `drop_remainder`.
    size: resize to (size, size) or (height, width) pixels, with antialiasing.
    count: the first `count` images of the split; sets that are drawn, `glyphs`, `horses_zebras`
        and `scenes`, draw as many as asked for.
    shuffle: a new order in every epoch; the sequence of orders follows from `seed` (and from
        TensorFlow's global seed where one is set).
    augment: called as `augment(image, seed=pair)` on single images, for example
        `tf.image.stateless_random_flip_left_right`; `pair` (2,) int64 is new for every image
        and epoch.

    Images are kept as uint8 and only then scaled and augmented, so that no epoch repeats the
    augmentation of another. Up to 1 GiB they are held in memory and shuffled by their indices;
    a larger set is streamed, through a shuffle buffer of 256 MiB.

    Raises DataError, in one line: unknown name or split, bad count or batch, a public set that
    is not there and cannot be fetched, no room on the disk. Never another set in its place.
    """
    import tensorflow as tf

    source, n, white, folder = _open(name, split, count, size, ["image"])
    batch = None if batch is None else _positive(batch, "batch")
    if drop_remainder and batch and batch > n:
        raise DataError(f"batch={batch} with drop_remainder leaves nothing of the {n} images")
    stream = source.map(lambda row: (row["image"], row["label"]), tf.data.AUTOTUNE)
    shape = stream.element_spec[0].shape
    if not shape.is_fully_defined() and batch:
        raise DataError(f"the images of {name!r} differ in size: pass size= to batch them")

    def scaled(image, label):
        return tf.cast(image, tf.float32) / white, label

    if shape.is_fully_defined() and n * shape.num_elements() <= _IN_MEMORY:
        images, labels = _collect(stream, n, name, folder)
        with tf.device("CPU"):  # where input pipelines run; a GPU's memory is for the model
            images, labels = tf.constant(images), tf.constant(labels)

        def chosen(index):
            return scaled(tf.gather(images, index), tf.gather(labels, index))

        dataset = tf.data.Dataset.range(n)
        dataset = dataset.shuffle(n, seed=seed) if shuffle else dataset
        if batch and augment is None:  # whole batches at once: far fewer calls
            dataset = dataset.batch(batch, drop_remainder=drop_remainder)
            return dataset.map(chosen, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
        dataset = dataset.map(chosen, tf.data.AUTOTUNE)
    else:
        room = _BUFFER // (shape.num_elements() or 2**20)
        dataset = stream.shuffle(min(n, max(room, 1)), seed=seed) if shuffle else stream
        dataset = dataset.apply(tf.data.experimental.assert_cardinality(n))
        dataset = dataset.map(scaled, tf.data.AUTOTUNE)
    if augment is not None:
        pairs = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True).batch(2)
        dataset = tf.data.Dataset.zip(dataset, pairs).map(
            lambda example, pair: (augment(example[0], seed=pair), example[1]), tf.data.AUTOTUNE
        )
    if batch:
        dataset = dataset.batch(batch, drop_remainder=drop_remainder)
    return dataset.prefetch(tf.data.AUTOTUNE)


def load_arrays(
    name: str,
    split: str = "train",
    *,
    count: int | None = None,
    size: int | tuple[int, int] | None = None,
) -> "dict[str, np.ndarray]":
    """The images of a split in a fixed order, as a dict of NumPy arrays of length n.

    'image' float32 (n, height, width, channels) in [0, 1]; 'label' int64; and every other
    number the set has per image, for `glyphs` the factors: 'font' int64 and float32 'slant',
    'weight', 'scale', 'x', 'y', 'noise' (units: `glyphs.RANGES`). For `horses_zebras` the factors
    of `animals.RANGES`, 'partner', the same scene with the other coat, and 'animal'
    (n, height, width, 1), how much of a pixel the animal covers; float32 like 'image'. For `scenes`
    what `scenes.draw` returns; 'label' is the kind of the nearest thing, of clips 'image' is
    (n, 6, height, width, 3), and 'mask' holds whole numbers, which `size` repeats or leaves out;
    'flow' stays as it is stored.
    Arguments and errors as in `load`.
    """
    source, n, white, folder = _open(name, split, count, size)
    if not source.element_spec["image"].shape.is_fully_defined():
        raise DataError(f"the images of {name!r} differ in size: pass size= to stack them")
    arrays = _collect(source, n, name, folder)
    for key in arrays.keys() & set(_PICTURES):
        arrays[key] = arrays[key].astype("float32") / white
    return arrays


def _open(name, split, count, size, pictures=_PICTURES):
    """(dataset of dicts with these pictures, uint8, 'label' and numbers; length; white; folder)."""
    import numpy as np
    import tensorflow as tf
    import tensorflow_datasets as tfds

    from utils.data import builders

    count = None if count is None else _positive(count, "count")
    name = PLAIN.get(name, name)
    if name in EMBEDDED:
        white = EMBEDDED[name].white
        _check_split(name, split, EMBEDDED[name].splits)
        builder = builders.embedded(name, split, count)
    else:
        white = 255
        builder = builders.public(name)
        _check_split(name, split, builder.info.splits)
    features, n = builder.info.features, builder.info.splits[split].num_examples
    if "image" not in features or features["image"].np_dtype != np.uint8:
        raise DataError(f"{name!r} has no 8-bit images (features: {', '.join(features)})")
    if count is not None and count > n:
        raise DataError(f"count={count} is more than the {n} images of {name!r}, {split!r}")
    # A grader needs the data to be there, not all of it: see utils/grading.
    most = int(os.environ.get("COURSE_MOST_IMAGES") or n)
    count = most if most < (count or n) else count
    pictures = [key for key in pictures if key in features]
    numbers = [key for key, f in features.items() if key not in pictures and _is_numeric(f)]
    resized = None if size is None else (size, size) if isinstance(size, int) else tuple(size)

    def fitted(image):
        if resized is None:
            return image
        # spread over 0 to 255 before rounding again: digits have only 17 levels
        image = tf.cast(image, tf.float32) * (255 / white)
        image = tf.round(tf.image.resize(image, resized, antialias=True))
        return tf.saturate_cast(image, tf.uint8)

    def select(row):
        kept = {key: row[key] for key in numbers} | {key: fitted(row[key]) for key in pictures}
        if resized and "mask" in kept:  # of positions in a list, between which nothing lies
            kept["mask"] = tf.image.resize(kept["mask"], resized, method="nearest")
        return {"label": tf.constant(-1, tf.int64), **kept}

    config = tfds.ReadConfig(try_autocache=False, interleave_cycle_length=1)
    try:
        with builders.quiet():  # its features warn of themselves
            rows = builder.as_dataset(split=split, shuffle_files=False, read_config=config)
    except Exception as error:  # of files beside the records, such as names of classes
        raise damaged(name, builder.data_path, builders.reason(error)) from error
    n = count or n
    dataset = rows.take(n).map(select, tf.data.AUTOTUNE)
    return dataset, n, 255 if resized else white, builder.data_path


def _collect(dataset, n, name, folder):
    """A finite dataset as NumPy arrays in the same structure, each filled in place.

    Raises DataError where the files of the set, `name` in `folder`, can't be read.
    """
    import numpy as np
    import tensorflow as tf

    arrays = tf.nest.map_structure(
        lambda s: np.empty((n, *s.shape), s.dtype.as_numpy_dtype), dataset.element_spec
    )
    done = 0
    try:
        with progress.stage(n) as stage:
            stage.advance(0, f"reading {name}")
            for chunk in dataset.batch(512).as_numpy_iterator():
                parts = tf.nest.flatten(chunk)
                rows = slice(done, done + len(parts[0]))
                for array, part in zip(tf.nest.flatten(arrays), parts, strict=True):
                    array[rows] = part
                done = rows.stop
                stage.advance(done)
    except (tf.errors.DataLossError, tf.errors.NotFoundError, tf.errors.InvalidArgumentError) as e:
        raise damaged(name, folder, e.message) from e
    if done != n:
        raise damaged(name, folder, f"{done} of {n} images are there")
    return arrays


def _is_numeric(feature):
    """Whether it is a number, or an array of them in the same shape for every image."""
    import numpy as np
    import tensorflow_datasets as tfds

    if not isinstance(feature, tfds.features.Tensor) or feature.np_dtype == np.object_:
        return False
    return None not in feature.shape


def _positive(value, what):
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise DataError(f"{what} must be a whole number of at least 1, not {value!r}")
    return value


def _check_split(name, split, splits):
    if split not in splits:
        raise DataError(f"{name!r} has no split {split!r}; it has {', '.join(sorted(splits))}")
