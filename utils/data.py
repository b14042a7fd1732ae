"""One way to every data set of the course: `load` for training, `load_arrays` for measuring.

Embedded sets ('digits', 'glyphs', 'horses_zebras' and their configs, see `EMBEDDED`) are made on
this machine at first use, byte-identical everywhere, and need no network. Public sets go by the
names of TensorFlow Datasets ('mnist', 'cycle_gan/facades') and are read from disk or downloaded by
it. How a set gets to disk is in `utils.builders`, imported when first needed.
"""

import dataclasses
import json
import os
from pathlib import Path


class DataError(RuntimeError):
    """A data set cannot be had as asked for; one line says why and what to do."""

    def __init__(self, message):
        super().__init__(" ".join(str(message).split()))


@dataclasses.dataclass(frozen=True)
class Embedded:
    """Where an embedded set comes from and what it takes."""

    builder: str  # class in utils.builders
    folder: str  # below embedded_dir(), without the version
    splits: dict  # images per split
    image_bytes: int  # on disk, per image, rounded up
    white: int = 255  # the stored value of full intensity
    config: str | None = None  # only sets with a config grow with the count asked for
    version: str = "1.0.0"


_DRAWN = {"train": 60_000, "test": 10_000}
_UNPAIRED = {"trainA": 1_000, "trainB": 1_000, "testA": 250, "testB": 250}
_FEW = {"trainA": 400, "trainB": 400, "testA": 100, "testB": 100}  # as many as facades has
EMBEDDED = {
    "digits": Embedded("Digits", "digits", {"train": 1437, "test": 360}, 400, white=16),
    "glyphs": Embedded("Glyphs", "glyphs/digits", _DRAWN, 800, config="digits"),
    "glyphs/letters": Embedded("Glyphs", "glyphs/letters", _DRAWN, 800, config="letters"),
    "glyphs/all": Embedded("Glyphs", "glyphs/all", _DRAWN, 800, config="all"),
    "horses_zebras": Embedded("HorsesZebras", "horses_zebras/32", _UNPAIRED, 8_000, config="32"),
    "horses_zebras/64": Embedded("HorsesZebras", "horses_zebras/64", _FEW, 25_000, config="64"),
    "horses_zebras/128": Embedded("HorsesZebras", "horses_zebras/128", _FEW, 80_000, config="128"),
    "horses_zebras/coats": Embedded(
        "HorsesZebras", "horses_zebras/coats", _UNPAIRED, 8_000, config="coats"
    ),
}
# The configs that go by the name of their set alone.
_PLAIN = {"glyphs/digits": "glyphs", "horses_zebras/32": "horses_zebras"}
# The public sets that the course uses, and the embedded one that serves in their place.
PUBLIC = {
    "mnist": "glyphs",
    "fashion_mnist": "glyphs",
    "kmnist": "glyphs/letters",
    "celeb_a": "glyphs",
    "cycle_gan/horse2zebra": "horses_zebras",
    "cycle_gan/facades": "horses_zebras",
}

_IN_MEMORY = 2**30  # bytes of uint8 images held whole; a larger set is streamed from disk
_BUFFER = 2**28  # bytes of uint8 images in the shuffle buffer of a streamed set


def load(
    name,
    split="train",
    *,
    batch=None,
    size=None,
    count=None,
    shuffle=False,
    seed=0,
    augment=None,
    drop_remainder=False,
):
    """A `tf.data.Dataset` of (image, label) pairs.

    image float32 (height, width, channels) in [0, 1]; label int64, the class number, or -1 in
    a set without classes. With `batch`, both get a leading axis.

    name: an embedded set or the name of a TFDS set, with its config after a slash.
    split: 'train', 'test', ... as the set names them.
    batch: images per batch; the last one holds the remainder unless `drop_remainder`.
    size: resize to (size, size) or (height, width) pixels, with antialiasing.
    count: the first `count` images of the split; sets that are drawn, `glyphs` and
        `horses_zebras`, draw as many as asked for.
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

    source, n, white = _open(name, split, count, size, ["image"])
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
        images, labels = _collect(stream, n)
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


def load_arrays(name, split="train", *, count=None, size=None):
    """The images of a split in a fixed order, as a dict of NumPy arrays of length n.

    'image' float32 (n, height, width, channels) in [0, 1]; 'label' int64; and every other
    number the set has per image, for `glyphs` the factors: 'font' int64 and float32 'slant',
    'weight', 'scale', 'x', 'y', 'noise' (units: `utils.glyphs.RANGES`). For `horses_zebras` the
    factors of `utils.animals.RANGES`, 'partner', the same scene with the other coat, and
    'animal' (n, height, width, 1), how much of a pixel the animal covers; float32 like 'image'.
    Arguments and errors as in `load`.
    """
    source, n, white = _open(name, split, count, size)
    if not source.element_spec["image"].shape.is_fully_defined():
        raise DataError(f"the images of {name!r} differ in size: pass size= to stack them")
    arrays = _collect(source, n)
    for key, values in arrays.items():
        if values.dtype == "uint8":  # pictures
            arrays[key] = values.astype("float32") / white
    return arrays


@dataclasses.dataclass(frozen=True)
class Available:
    """A data set by name: 'embedded' or 'public', its folder, and whether it lies there."""

    name: str
    source: str
    folder: Path
    prepared: bool


def available():
    """Rows of `Available` for the sets that the course uses; reads only the disk."""
    rows = []
    for name, spec in EMBEDDED.items():
        folder = embedded_dir() / spec.folder / spec.version
        rows.append(Available(name, "embedded", folder, is_whole(folder)))
    for name in PUBLIC:
        folder = public_dir() / name
        rows.append(Available(name, "public", folder, any(folder.glob("*/dataset_info.json"))))
    return rows


def embedded_dir():
    """Where embedded sets are prepared: COURSE_DATA_DIR, else the user's cache folder."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "generative-course"
    return Path(os.environ.get("COURSE_DATA_DIR") or cache).expanduser()


def public_dir():
    """Where public sets are looked for: TFDS_DATA_DIR (may be read-only), else TFDS's default."""
    return Path(os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets").expanduser()


def is_whole(folder):
    """Whether an embedded set lies in `folder` complete: every record file has its stated size.

    A finished preparation is renamed into place in one step; the sizes are for what a rename
    cannot promise, such as a power cut before the data reached the disk.
    """
    try:
        splits = json.loads((folder / "dataset_info.json").read_text())["splits"]
        for split in splits:
            sizes = [file.stat().st_size for file in folder.glob(f"*-{split['name']}.tfrecord-*")]
            shards = [int(length) for length in split["shardLengths"]]
            # TFRecord frames each record with 16 bytes
            whole = int(split["numBytes"]) + 16 * sum(shards)
            if len(sizes) != len(shards) or sum(sizes) != whole:
                return False
    except (OSError, ValueError, KeyError):
        return False
    return bool(splits)


def _open(name, split, count, size, pictures=("image", "partner", "animal")):
    """(dataset of dicts with these pictures, uint8, 'label' and numbers; length; white)."""
    import numpy as np
    import tensorflow as tf
    import tensorflow_datasets as tfds

    from utils import builders

    count = None if count is None else _positive(count, "count")
    name = _PLAIN.get(name, name)
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
    numbers = [key for key, f in features.items() if f.shape == () and f.np_dtype != np.object_]
    pictures = [key for key in pictures if key in features]
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
        return {"label": tf.constant(-1, tf.int64), **kept}

    config = tfds.ReadConfig(try_autocache=False, interleave_cycle_length=1)
    rows = builder.as_dataset(split=split, shuffle_files=False, read_config=config)
    n = count or n
    return rows.take(n).map(select, tf.data.AUTOTUNE), n, 255 if resized else white


def _collect(dataset, n):
    """A finite dataset as NumPy arrays in the same structure, each filled in place."""
    import numpy as np
    import tensorflow as tf

    arrays = tf.nest.map_structure(
        lambda s: np.empty((n, *s.shape), s.dtype.as_numpy_dtype), dataset.element_spec
    )
    done = 0
    for chunk in dataset.batch(512).as_numpy_iterator():
        rows = slice(done, done + len(tf.nest.flatten(chunk)[0]))
        for array, part in zip(tf.nest.flatten(arrays), tf.nest.flatten(chunk), strict=True):
            array[rows] = part
        done = rows.stop
    if done != n:
        raise DataError(f"expected {n} images and read {done}: delete the set and load it again")
    return arrays


def _positive(value, what):
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise DataError(f"{what} must be a whole number of at least 1, not {value!r}")
    return value


def _check_split(name, split, splits):
    if split not in splits:
        raise DataError(f"{name!r} has no split {split!r}; it has {', '.join(sorted(splits))}")
