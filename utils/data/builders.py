"""The embedded sets as TensorFlow Datasets builders, and how any set gets to disk safely.

Imported by `utils.data` when first needed. `tfds.load("glyphs", data_dir=...)` also works after
`import utils.data.builders`, but `utils.data.load` is the way in: it guards the preparation against
interruptions, full disks and a second process, and scales the values.
"""

import contextlib
import dataclasses
import difflib
import io
import logging
import random
import shutil
import sys
import time
from pathlib import Path

import filelock
import numpy as np
import tensorflow_datasets as tfds
from tensorflow_datasets.core.download import downloader
from tensorflow_datasets.core.utils import tqdm_utils

from utils import progress
from utils.data import animals, catalog, glyphs, scenes
from utils.data.catalog import DataError

_DAY = 86_400  # seconds


class Digits(tfds.core.GeneratorBasedBuilder):
    """1,797 handwritten digits of 8x8 pixels, as scikit-learn ships them; needs no network.

    Features: 'image' uint8 (8, 8, 1) with the original values 0 to 16 (not 255): each pixel
    counts the inked ones among 4x4 of a 32x32 scan; 'label' int64, 0 to 9.
    Splits: 'train' 1,437 and 'test' 360, stratified by class, order and membership fixed.
    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine
    Learning Repository, 1998 (its test set).
    """

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {
            "image": tfds.features.Image(shape=(8, 8, 1)),
            "label": tfds.features.ClassLabel(names=list(glyphs.DIGITS)),
        }
        return _info(self, features, "1,797 handwritten digits, 8x8, values 0 to 16 (UCI).")

    def _split_generators(self, dl_manager):
        return {name: self._generate_examples(name) for name in ("train", "test")}

    def _generate_examples(self, split):
        from sklearn.datasets import load_digits

        images, labels = load_digits(return_X_y=True)
        images = images.astype(np.uint8).reshape(-1, 8, 8, 1)
        for key, i in enumerate(_digit_split(labels)[split]):
            yield key, {"image": images[i], "label": int(labels[i])}


def _digit_split(labels, test_size=360, seed=0):
    """Row numbers of each split; raw Philox words, so no library's shuffle can change them."""
    order = np.argsort(np.random.Philox(key=[seed, 0]).random_raw(len(labels)), kind="stable")
    # each class gives its share, the largest remainders one more, until the sum is exact
    share = np.bincount(labels) * test_size / len(labels)
    quota = np.floor(share).astype(int)
    extra = test_size - quota.sum()
    quota[np.argsort(quota - share, kind="stable")[:extra]] += 1
    test = np.zeros(len(labels), bool)
    for label, wanted in enumerate(quota):
        test[order[labels[order] == label][:wanted]] = True
    return {"train": order[~test[order]], "test": order[test[order]]}


@dataclasses.dataclass(eq=False)
class DrawnConfig(tfds.core.BuilderConfig):
    """A set that is drawn: `splits`, images in each, and `options` of its module's `stream`."""

    splits: dict = dataclasses.field(default_factory=dict)
    options: dict = dataclasses.field(default_factory=dict)


def _configs(builder, options):
    """The configs of `catalog.EMBEDDED` that this builder makes; options: config name to dict."""
    specs = [spec for spec in catalog.EMBEDDED.values() if spec.builder == builder]
    return [
        DrawnConfig(name=spec.config, splits=spec.splits, options=options[spec.config])
        for spec in specs
    ]


class _Drawn:
    """What the builders of drawn sets share."""

    def _split_generators(self, dl_manager):
        splits = self.builder_config.splits
        return {name: self._generate_examples(name, count) for name, count in splits.items()}


class Glyphs(_Drawn, tfds.core.GeneratorBasedBuilder):
    """Digits and capital letters of 28x28 pixels drawn from fonts; see `utils.data.glyphs`.

    Features: 'image' uint8 (28, 28, 1), 0 to 255; 'label' int64 (position in the config's
    characters); 'font' int64 (position in `glyphs.FONTS`); float32 'slant', 'weight', 'scale',
    'x', 'y', 'noise' in the units of `glyphs.RANGES`.
    Configs: 'digits' (10 classes), 'letters' (26), 'all' (36: digits, then letters).
    """

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = _configs(
        "Glyphs", {name: {"characters": each} for name, each in glyphs.CHARACTERS.items()}
    )

    def _info(self):
        characters = self.builder_config.options["characters"]
        features = {
            "image": tfds.features.Image(shape=(glyphs.SIZE, glyphs.SIZE, 1)),
            "label": tfds.features.ClassLabel(names=list(characters)),
            "font": tfds.features.ClassLabel(names=list(glyphs.FONTS)),
            **{name: tfds.features.Scalar(np.float32) for name in glyphs.RANGES},
        }
        return _info(self, features, "Characters drawn from fonts, with known factors.")

    def _generate_examples(self, split, count):
        drawn = glyphs.stream(split, count, **self.builder_config.options)
        for key, (image, factors) in enumerate(drawn):
            yield key, {"image": image, **factors}


class HorsesZebras(_Drawn, tfds.core.GeneratorBasedBuilder):
    """Horses (A) and zebras (B) in scenes of their own, with partners; see `utils.data.animals`.

    Features: 'image' and 'partner' uint8 (size, size, 3); 'animal' uint8 (size, size, 1);
    'label' int64, 0 horse or 1 zebra; 'faces' int64; float32 factors in the units of
    `animals.RANGES`.
    Configs: '32', '64', '128' (pixels), 'coats' (32 pixels, horses of many colours).
    Splits: 'trainA', 'trainB', 'testA', 'testB', as in TFDS's cycle_gan.
    """

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = _configs(
        "HorsesZebras",
        {str(size): {"size": size} for size in animals.SIZES} | {"coats": {"coats": True}},
    )

    def _info(self):
        size = self.builder_config.options.get("size", 32)
        features = {
            "image": tfds.features.Image(shape=(size, size, 3)),
            "partner": tfds.features.Image(shape=(size, size, 3)),
            "animal": tfds.features.Image(shape=(size, size, 1)),
            "label": tfds.features.ClassLabel(names=list(animals.KINDS)),
            "faces": tfds.features.Scalar(np.int64),
            **{name: tfds.features.Scalar(np.float32) for name in animals.RANGES},
        }
        return _info(self, features, "Horses and zebras whose partners are known.")

    def _generate_examples(self, split, count):
        yield from enumerate(animals.stream(split, count, **self.builder_config.options))


# How arrays are kept; packing pictures and sound takes longer than it is worth.
_ENCODINGS = dict.fromkeys(("image", "waveform"), "bytes") | dict.fromkeys(
    ("mask", "flow", "flow_valid"), "zlib"
)


class Scenes(_Drawn, tfds.core.GeneratorBasedBuilder):
    """Things on a ground under a sky, as stills and as clips; see `utils.data.scenes`.

    Features: those that `scenes.draw` returns, in the shape of one image; 'label' is the kind of
    the nearest thing.
    Configs: 'stills', 'clips', and both as '..._shortcuts': the same scenes with all of
    `scenes.SHORTCUTS`.
    """

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = _configs(
        "Scenes",
        {
            "stills": {},
            "stills_shortcuts": scenes.amplitudes(),
            "clips": {"clips": True},
            "clips_shortcuts": {"clips": True, **scenes.amplitudes(clips=True)},
        },
    )

    def _info(self):
        options = self.builder_config.options
        features = {
            name: tfds.features.Tensor(
                shape=values.shape[1:], dtype=values.dtype, encoding=_ENCODINGS.get(name, "none")
            )
            for name, values in scenes.draw("train", 0, 1, **options).items()
        }
        features["label"] = tfds.features.ClassLabel(names=list(scenes.KINDS))
        return _info(self, features, "Scenes of which everything is known.")

    def _generate_examples(self, split, count):
        yield from enumerate(scenes.stream(split, count, **self.builder_config.options))


def _info(builder, features, description):
    # Records stay in the order written: the first n images of a split are always the same.
    return tfds.core.DatasetInfo(
        builder=builder,
        description=description,
        features=tfds.features.FeaturesDict(features),
        supervised_keys=("image", "label"),
        disable_shuffling=True,
    )


# --- getting a set to disk ----------------------------------------------------------------


def embedded(name, split, count=None):
    """A builder of an embedded set with at least `count` images in `split`, prepared."""
    spec = catalog.EMBEDDED[name]
    times = -(-(count or 1) // spec.splits[split])  # rounded up
    if times > 1 and spec.config is None:
        raise DataError(f"count={count} is more than the {spec.splits[split]} images of {name!r}")
    root = catalog.embedded_dir()
    config, folder = spec.config, root / spec.folder / spec.version
    splits = {key: length * times for key, length in spec.splits.items()}
    if times > 1:  # a longer set beside the usual one; it begins with the same images
        options = globals()[spec.builder].builder_configs[spec.config].options
        config = DrawnConfig(name=f"{spec.config}_{times}x", splits=splits, options=options)
        folder = root / spec.folder.replace(spec.config, config.name) / spec.version

    def make():
        return globals()[spec.builder](config=config, data_dir=root)

    images = sum(splits.values())
    space = images * spec.image_bytes
    # TFDS collects the records of a split in memory up to 1 GiB, then in a second copy on disk
    space *= 2 if space > 2**30 else 1
    failed = f"cannot prepare {name!r} in {folder.parent} (it needs {space / 1e6:.0f} MB)"
    hint = "free some space or set COURSE_DATA_DIR to another folder, then call again"
    if not catalog.is_whole(folder):
        with _writing(root, name, failed, hint):
            if not catalog.is_whole(folder):  # another process may have done it meanwhile
                shutil.rmtree(folder, ignore_errors=True)
                _sweep(folder.parent, "incomplete.*")
                if (free := shutil.disk_usage(root).free) < space:
                    raise OSError(f"only {free / 1e6:.0f} MB are free")
                if images > 10_000 and sys.stderr.isatty():
                    print(f"preparing {name} ({images:,} images, once) ...", file=sys.stderr)
                with quiet(), progress.stage(1) as stage:
                    stage.advance(0, f"preparing {name}, once")
                    make().download_and_prepare()
                if not catalog.is_whole(folder):
                    raise OSError("what was written is not whole")
    with quiet():
        return make()


def public(name):
    """A builder of a public set: from `catalog.public_dir()` as it lies there, or downloaded."""
    root = catalog.public_dir()
    builder = _public_builder(name, root)
    if (folder := Path(builder.data_path)).exists():
        if not catalog.is_whole(folder, by_others=True):
            raise catalog.damaged(name, folder)
        return builder
    base = builder.name
    serves = catalog.PUBLIC.get(name, catalog.PUBLIC.get(base, "glyphs"))
    failed = f"{name!r} is not in {root} and could not be downloaded there"
    hint = (
        "connect to a network, or set TFDS_DATA_DIR to a folder that holds it; "
        f"what serves without: load({serves!r})"
    )
    with _writing(root, base, failed, hint):
        # Half a download of ours; another program's may be under way, so only old ones.
        _sweep(root / "downloads" / base, "*.tmp.*", older=_DAY)
        _sweep(folder.parent, "incomplete.*", older=_DAY)
        if sys.stderr.isatty():
            print(f"downloading {name} to {root} (once) ...", file=sys.stderr)
        # Neither Google's bucket nor minutes of retries: no network is an answer, too.
        config = tfds.download.DownloadConfig(try_download_gcs=False)
        with quiet(progress=sys.stderr.isatty()), _impatient_downloads():
            builder.download_and_prepare(download_config=config)
        _sweep(folder.parent, "incomplete.*")  # nobody can put another one in this one's place
    return _public_builder(name, root)


def _public_builder(name, root):
    public_names = tfds.list_builders(with_community_datasets=False)
    known = list(dict.fromkeys([*catalog.EMBEDDED, *public_names]))
    base, _, config = name.partition("/")
    if any(each.partition("/")[0] == base for each in catalog.EMBEDDED):
        near = list(catalog.EMBEDDED)  # an embedded set with a config it does not have, or without
    elif base in known:
        with quiet(), contextlib.suppress(ImportError):
            configs = tfds.builder_cls(base).builder_configs
            if not config or config in configs or ":" in name:
                return _read(name, root)
            near = [f"{base}/{key}" for key in configs] or [base]
    else:
        near = known
    near = difflib.get_close_matches(name, near, n=3, cutoff=0.5) or near[:4]
    raise DataError(f"there is no data set {name!r}; near it: {', '.join(near)}")


def _read(name, root):
    """TFDS's builder of a public set; DataError where what lies there keeps it from being made."""
    try:
        return tfds.builder(name, data_dir=root)
    except Exception as error:
        versions = [path for path in (root / name.split(":")[0]).glob("[0-9]*") if path.is_dir()]
        broken = [path for path in versions if not catalog.is_whole(path, by_others=True)]
        if not broken:  # a name or a version that it does not have
            raise
        raise catalog.damaged(name, broken[-1], reason(error)) from error


@contextlib.contextmanager
def _writing(root, name, failed, hint):
    """One process at a time; any failure becomes a DataError `failed: reason; hint`."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        # held by the operating system: a killed process cannot leave it locked
        with filelock.FileLock(root / f".{name.replace('/', '-')}.lock"), _untouched_randomness():
            yield
    except Exception as error:
        raise DataError(f"{failed}: {reason(error)}; {hint}") from error


@contextlib.contextmanager
def _untouched_randomness():
    """Python's and NumPy's global generators go on as if nothing had been drawn meanwhile.

    TFDS draws from Python's while it writes, and Keras seeds from it what has no seed of its own: a
    notebook that is the first to use a set would train other networks than every later run.
    """
    of_python, of_numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)


def reason(error):
    """The first line of what lies under an error of the download libraries, kept short."""
    while error.args and isinstance(getattr(error.args[0], "reason", None), Exception):
        error = error.args[0].reason
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]


def _sweep(folder, pattern, older=0):
    """Removes what an interrupted run left, if untouched for `older` seconds."""
    for path in folder.glob(pattern):
        if time.time() - path.stat().st_mtime >= older:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@contextlib.contextmanager
def quiet(progress=False):
    """No TFDS lines on stdout, no log lines below error, no progress bars."""
    level, bars = logging.root.manager.disable, tqdm_utils._active
    logging.disable(logging.WARNING)
    tfds.display_progress_bar(progress)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        tfds.display_progress_bar(bars)
        logging.disable(level)


@contextlib.contextmanager
def _impatient_downloads():
    """Bounds the time until a download fails: TFDS waits without limit and retries for minutes.

    Two tries of 10 seconds to connect and 15 seconds of silence at most. It has no setting for
    these, so its module is changed while this lasts (TFDS's version is fixed for the course).
    """
    retries, open_url = downloader.MAX_RETRIES, downloader._open_url
    downloader.MAX_RETRIES = 1
    downloader._open_url = lambda url, **options: open_url(url, timeout=(10, 15), **options)
    try:
        yield
    finally:
        downloader.MAX_RETRIES, downloader._open_url = retries, open_url
