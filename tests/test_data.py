"""`utils.data`, its drawn sets and its builders: what is in the pictures, and what happens when
the disk is full, the network is gone or the process dies."""

import dataclasses
import hashlib
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds
from tensorflow_datasets.core.download import downloader

from tests.conftest import HANGS, peak_of, until
from tests.real_sets import REAL, needs_real
from utils import ROOT, data
from utils.data import builders, glyphs

INPUTS = ["utils/data/*.py"]  # see tests/keys.py


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """One folder with the embedded sets for the whole file: they are prepared there once."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(autouse=True)
def folders(monkeypatch, prepared, tmp_path):
    monkeypatch.setenv("COURSE_DATA_DIR", str(prepared))
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "public"))


def sha(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


# --- drawing ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "split", "expected"),
    [
        ("digits", "train", "b6f58d978c032574d0594ce91b81522c1e2e3691662032e38296ae774ae0740a"),
        ("digits", "test", "f349282347b216ab6167150858be1f8a5608abcf811264a939d07221780bc65d"),
        ("letters", "train", "10123a05110e20057566653356eee229961fa5df97d777d76723248833f53c34"),
        ("all", "train", "0758e1971c0f3bba11562f8cd2681ffc6e1f59b03aed02f4e1124284771a833b"),
    ],
)
def test_glyphs_are_the_same_bytes_everywhere(name, split, expected):
    images, _ = glyphs.draw(split, 0, 64, characters=glyphs.CHARACTERS[name])
    assert images.shape == (64, 28, 28, 1) and images.dtype == np.uint8
    assert sha(images) == expected


def test_an_image_depends_on_seed_split_and_index_alone():
    many, factors = glyphs.draw("train", 0, 600)
    few, _ = glyphs.draw("train", 0, 7)
    late, late_factors = glyphs.draw("train", 500, 600)
    streamed = np.stack([image for image, _ in itertools.islice(glyphs.stream("train", 9999), 600)])
    assert np.array_equal(few, many[:7])
    assert np.array_equal(late, many[500:])
    assert np.array_equal(streamed, many)
    assert all(np.array_equal(late_factors[key], factors[key][500:]) for key in factors)
    assert not np.array_equal(glyphs.draw("train", 0, 7, seed=1)[0], few)
    assert not np.array_equal(glyphs.draw("test", 0, 7)[0], few)


def test_drawing_streams():
    peaks = [peak_of(glyphs.stream("train", count)) for count in (1_000, 4_000)]
    assert peaks[1] < 1.2 * peaks[0]  # four times the images, the same memory


def test_no_glyph_is_clipped_and_all_are_large():
    extremes = list(itertools.product(*(glyphs.RANGES[k] for k in ("slant", "x", "y"))))
    slant, x, y = np.array(extremes).T
    characters = glyphs.CHARACTERS["all"]
    for font, label in itertools.product(range(len(glyphs.FONTS)), range(len(characters))):
        rows = len(extremes)
        factors = {
            "font": np.full(rows, font),
            "label": np.full(rows, label),
            "slant": slant,
            "x": x,
            "y": y,
            "weight": np.full(rows, glyphs.RANGES["weight"][1]),
            "scale": np.full(rows, glyphs.RANGES["scale"][1]),
            "noise": np.zeros(rows),
        }
        ink = glyphs.render(factors, characters)[..., 0]
        border = np.concatenate([ink[:, 0], ink[:, -1], ink[:, :, 0], ink[:, :, -1]], axis=1)
        assert border.max() == 0, (glyphs.FONTS[font], characters[label])
        assert (ink.reshape(rows, -1) > 127).sum(1).min() > 40


@pytest.fixture(scope="module")
def drawn():
    images, factors = glyphs.draw("train", 0, 6000)
    return images[..., 0] / 255, factors


def within_kind(values, factors):
    """Values less the mean of their label and font: what is left is due to other factors."""
    kind = factors["label"] * len(glyphs.FONTS) + factors["font"]
    return values - (np.bincount(kind, values) / np.maximum(np.bincount(kind), 1))[kind]


def correlation(a, b):
    return np.corrcoef(a, b)[0, 1]


def boxes(images):
    """First and last row, first and last column with clear ink."""
    rows, columns = (images > 0.3).any(2), (images > 0.3).any(1)
    last = images.shape[1] - 1
    ends = [(m.argmax(1), last - m[:, ::-1].argmax(1)) for m in (rows, columns)]
    return ends[0] + ends[1]


def test_position_and_scale_are_in_the_picture(drawn):
    images, factors = drawn
    top, bottom, left, right = boxes(images)
    assert np.abs((top + bottom) / 2 - 13.5 - factors["y"]).max() < 1.0
    # an uneven glyph ('7') leans out of its middle, so across only the trend is exact
    across = within_kind((left + right) / 2 - 13.5, factors)
    assert correlation(across, factors["x"]) > 0.9
    assert np.polyfit(factors["x"], across, 1)[0] == pytest.approx(1, abs=0.03)
    height = factors["scale"] * (1 + 2 * factors["weight"])
    assert np.abs(bottom - top + 1 - height).max() < 1.6
    assert correlation(bottom - top, factors["scale"]) > 0.7


def test_slant_is_in_the_picture(drawn):
    images, factors = drawn
    ink = np.where(images > 0.3, images, 0)
    row, column = np.indices((28, 28))
    total = ink.sum((1, 2))
    mean_row, mean_column = (ink * row).sum((1, 2)) / total, (ink * column).sum((1, 2)) / total
    up = mean_row[:, None, None] - row
    right = column - mean_column[:, None, None]
    shear = (ink * up * right).sum((1, 2)) / (ink * up * up).sum((1, 2))
    change, slant = within_kind(shear, factors), within_kind(factors["slant"], factors)
    assert correlation(change, slant) > 0.95
    assert np.polyfit(slant, change, 1)[0] == pytest.approx(1, abs=0.05)  # in its stated unit


def test_weight_is_in_the_picture(drawn):
    images, factors = drawn
    area = np.where(images > 0.2, images, 0).sum((1, 2)) / factors["scale"] ** 2
    assert correlation(within_kind(area, factors), within_kind(factors["weight"], factors)) > 0.95


def test_noise_is_in_the_picture(drawn):
    images, factors = drawn
    border = np.concatenate([images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]], 1)
    # clipped at black, a normal of deviation s keeps the mean s / sqrt(2 pi)
    measured = border.mean(1) * np.sqrt(2 * np.pi)
    assert correlation(measured, factors["noise"]) > 0.95
    assert np.polyfit(factors["noise"], measured, 1)[0] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(("factor", "values"), [("label", 10), ("font", len(glyphs.FONTS))])
def test_label_and_font_are_in_the_picture(drawn, factor, values):
    images, factors = drawn[0][:300], {key: array[:300] for key, array in drawn[1].items()}
    errors = []
    for value in range(values):  # drawn again with each value: the true one must be the nearest
        again = glyphs.render(factors | {factor: np.full(300, value)})[..., 0] / 255
        errors.append(((again - images) ** 2).sum((1, 2)))
    assert np.array_equal(np.argmin(errors, axis=0), factors[factor])


def test_factors_cover_their_ranges_independently(drawn):
    _, factors = drawn
    assert np.bincount(factors["label"]).min() > 500 and np.bincount(factors["font"]).min() > 750
    for name, (low, high) in glyphs.RANGES.items():
        assert factors[name].dtype == np.float32
        assert low <= factors[name].min() < low + 0.01 * (high - low)
        assert high - 0.01 * (high - low) < factors[name].max() <= high
    table = np.corrcoef(np.stack([factors[name] for name in factors]))
    assert np.abs(table - np.eye(len(table))).max() < 0.06


# --- loading ------------------------------------------------------------------------------


def test_import_is_light():
    code = """
        import sys
        from utils import data
        rows = data.available()
        assert {"digits", "glyphs", "mnist"} <= {row.name for row in rows}
        assert not any(row.prepared for row in rows), rows
        heavy = {"tensorflow", "tensorflow_datasets", "matplotlib", "sklearn"} & set(sys.modules)
        assert not heavy, heavy
    """
    run(code, COURSE_DATA_DIR="/nowhere", TFDS_DATA_DIR="/nowhere")


def test_digits_are_scikit_learns():
    from sklearn.datasets import load_digits

    train, test = data.load_arrays("digits"), data.load_arrays("digits", "test")
    assert train["image"].shape == (1437, 8, 8, 1) and test["image"].shape == (360, 8, 8, 1)
    assert train["image"].dtype == np.float32 and train["label"].dtype == np.int64
    assert sha(train["image"]) == "35fb6b5875548851459c16576aadc4926bf7954a366e81d668caa0d05a50dea1"
    assert sha(test["image"]) == "be5d21aaa5c54a0247bec46ab6e4f858db1298680bb7bf956a38b1547fe6c290"
    both = np.concatenate([train["image"], test["image"]]) * 16
    original, labels = load_digits(return_X_y=True)
    assert sorted(map(bytes, both.astype(np.uint8))) == sorted(map(bytes, original.astype("u1")))
    share = np.bincount(test["label"]) / np.bincount(labels)
    assert share.min() > 0.19 and share.max() < 0.21  # stratified


@pytest.fixture
def small_glyphs(monkeypatch, tmp_path):
    """A 'glyphs' set of 1,060 images, in a folder of its own; 70,000 take a minute to prepare."""
    from utils.data import builders

    spec, config = data.EMBEDDED["glyphs"], builders.Glyphs.builder_configs["digits"]
    assert spec.splits == config.splits == {"train": 60_000, "test": 10_000}
    monkeypatch.setattr(config, "splits", {"train": 1000, "test": 60})
    small = dataclasses.replace(spec, splits=config.splits)
    monkeypatch.setitem(data.EMBEDDED, "glyphs", small)
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "sets"))


def test_glyphs_from_disk_are_the_drawn_ones(small_glyphs):
    arrays = data.load_arrays("glyphs")
    assert arrays["image"].shape == (1000, 28, 28, 1) and arrays["image"].dtype == np.float32
    images, factors = glyphs.draw("train", 0, 1000)
    assert np.array_equal(np.round(arrays["image"] * 255), images)
    assert set(arrays) == {"image", *factors}
    for name in factors:
        assert np.array_equal(arrays[name], factors[name])
        assert arrays[name].dtype == factors[name].dtype
    test = data.load_arrays("glyphs", "test")
    assert np.array_equal(np.round(test["image"] * 255), glyphs.draw("test", 0, 60)[0])
    few = data.load_arrays("glyphs", count=123)
    assert np.array_equal(few["image"], arrays["image"][:123])


def test_shapes_ranges_and_the_remainder():
    dataset = data.load("digits", "test", batch=100)
    batches = list(dataset.as_numpy_iterator())
    assert [len(label) for _, label in batches] == [100, 100, 100, 60]
    assert len(dataset) == 4
    images = np.concatenate([image for image, _ in batches])
    assert images.dtype == np.float32 and (images.min(), images.max()) == (0, 1)
    assert np.array_equal(images, data.load_arrays("digits", "test")["image"])
    dropped = data.load("digits", "test", batch=100, drop_remainder=True)
    assert len(list(dropped)) == 3 and dropped.element_spec[0].shape == (100, 8, 8, 1)
    single = next(iter(data.load("digits", "test")))
    assert single[0].shape == (8, 8, 1) and single[1].shape == ()
    assert data.load("digits", size=28).element_spec[0].shape == (28, 28, 1)
    large = data.load_arrays("digits", size=(16, 24))["image"]
    assert large.shape == (1437, 16, 24, 1) and 0.9 < large.max() <= 1


def labels_of(dataset):
    return np.concatenate([np.atleast_1d(label) for _, label in dataset.as_numpy_iterator()])


def test_shuffling_follows_the_seed_and_changes_with_the_epoch():
    def epochs(seed):
        dataset = data.load("digits", batch=64, shuffle=True, seed=seed)
        return [labels_of(dataset) for _ in range(2)]

    first, again, other = epochs(3), epochs(3), epochs(4)
    plain = labels_of(data.load("digits", batch=64))
    assert np.array_equal(first, again)
    assert not np.array_equal(first[0], first[1]) and not np.array_equal(first[0], other[0])
    assert np.array_equal(np.sort(first[0]), np.sort(plain))
    assert not np.array_equal(first[0], plain)


@pytest.mark.parametrize("memory", [data._IN_MEMORY, 0], ids=["in memory", "streamed"])
def test_augmentation_is_new_in_every_epoch_and_reproducible(memory, monkeypatch):
    import tensorflow as tf

    monkeypatch.setattr(data, "_IN_MEMORY", memory)
    flip = tf.image.stateless_random_flip_left_right

    def epochs():
        dataset = data.load("digits", batch=128, count=500, augment=flip, seed=1)
        return [np.concatenate([x for x, _ in dataset.as_numpy_iterator()]) for _ in range(2)]

    first, again = epochs(), epochs()
    plain = data.load_arrays("digits", count=500)["image"]
    flipped = [(epoch != plain).any((1, 2, 3)) for epoch in first]
    assert 0.35 < flipped[0].mean() < 0.65
    assert not np.array_equal(flipped[0], flipped[1])
    assert np.array_equal(first, again)
    assert np.array_equal(np.where(flipped[0][:, None, None, None], plain[:, :, ::-1], plain),
                          first[0])  # fmt: skip


def test_a_large_set_is_streamed_with_the_same_content(monkeypatch):
    whole = data.load_arrays("digits")
    monkeypatch.setattr(data, "_IN_MEMORY", 0)
    monkeypatch.setattr(data, "_BUFFER", 100 * 64)
    batches = list(data.load("digits", batch=100).as_numpy_iterator())
    assert np.array_equal(np.concatenate([image for image, _ in batches]), whole["image"])
    shuffled = labels_of(data.load("digits", batch=100, shuffle=True))
    assert not np.array_equal(shuffled, whole["label"])
    assert np.array_equal(np.sort(shuffled), np.sort(whole["label"]))


# --- errors -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (dict(name="digts"), ["'digts'", "digits"]),
        (dict(name="fashion_mnits"), ["'fashion_mnits'", "fashion_mnist"]),
        (dict(name="glyphs/leters"), ["glyphs/letters"]),
        (dict(name="cycle_gan/facade"), ["cycle_gan/facades"]),
        (dict(name=""), ["''"]),
        (dict(name="digits", split="valid"), ["'valid'", "train", "test"]),
        (dict(name="digits", count=0), ["count", "0"]),
        (dict(name="digits", count=1.5), ["count", "1.5"]),
        (dict(name="digits", count=1438), ["1438", "1437"]),
        (dict(name="digits", batch=-1), ["batch", "-1"]),
        (dict(name="digits", count=9, batch=10, drop_remainder=True), ["drop_remainder", "9"]),
    ],
)
def test_a_wrong_argument_gets_one_clear_line(arguments, says):
    with pytest.raises(data.DataError) as error:
        data.load(**arguments)
    message = str(error.value)
    assert "\n" not in message and all(part in message for part in says), message


def has_network(host="fashion-mnist.s3-website.eu-central-1.amazonaws.com"):
    try:
        socket.create_connection((host, 80), timeout=3).close()
    except OSError:
        return False
    return True


def test_a_public_set_without_a_network(tmp_path, capfd, monkeypatch):
    if has_network():
        pytest.skip("there is a network")
    tries, open_url = [], downloader._open_url

    def counted(url, **options):
        tries.append((url, options["timeout"]))
        return open_url(url, **options)

    monkeypatch.setattr(downloader, "_open_url", counted)
    with pytest.raises(data.DataError) as error:
        data.load("fashion_mnist")
    # It gives up soon: two tries of each file, each for some seconds.
    assert tries and all(tries.count(each) <= 2 and sum(each[1]) <= 25 for each in tries)
    message = str(error.value)
    assert "\n" not in message and "load('glyphs')" in message
    assert str(tmp_path / "public") in message and "TFDS_DATA_DIR" in message
    assert not list((tmp_path / "public").rglob("dataset_info.json"))
    captured = capfd.readouterr()
    assert captured.out == "" and "url" not in captured.err and "Retry" not in captured.err


def small_mnist(root):
    """A public set of noise, as TFDS writes it; returns its folder."""
    builder = tfds.builder("mnist", data_dir=root)
    rng = np.random.default_rng(0)

    def rows(n):
        images = rng.integers(0, 255, (n, 28, 28, 1)).astype("uint8")
        return ((i, {"image": image, "label": i % 10}) for i, image in enumerate(images))

    builder._split_generators = lambda manager: {"train": rows(300), "test": rows(60)}
    with builders.quiet():
        builder.download_and_prepare()
    return Path(builder.data_path)


def garbage(path):
    path.write_bytes(bytes(len(path.read_bytes())))


DAMAGES = {
    "cut record": lambda f: truncated(f / "mnist-train.tfrecord-00000-of-00001", 20_000),
    "empty record": lambda f: truncated(f / "mnist-train.tfrecord-00000-of-00001", 0),
    "no record": lambda f: (f / "mnist-train.tfrecord-00000-of-00001").unlink(),
    "zeros in the record": lambda f: garbage(f / "mnist-train.tfrecord-00000-of-00001"),
    "information cut": lambda f: truncated(f / "dataset_info.json", 100),
    "information empty": lambda f: truncated(f / "dataset_info.json", 0),
    "information missing": lambda f: (f / "dataset_info.json").unlink(),
    "information of no splits": lambda f: (f / "dataset_info.json").write_text("{}"),
    "features cut": lambda f: truncated(f / "features.json", 30),
    "an empty folder": lambda f: [path.unlink() for path in f.iterdir()],
}


def truncated(path, length):
    path.write_bytes(path.read_bytes()[:length])


@pytest.fixture(scope="module")
def whole_mnist(tmp_path_factory):
    return small_mnist(tmp_path_factory.mktemp("tfds"))


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_public_set_is_named_and_deleted_it_works_again(
    damage, whole_mnist, tmp_path, monkeypatch
):
    folder = tmp_path / "mnist" / "3.0.1"
    shutil.copytree(whole_mnist, folder)
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    assert data.load_arrays("mnist")["image"].shape == (300, 28, 28, 1)
    DAMAGES[damage](folder)
    for load in (data.load_arrays, data.load):
        with pytest.raises(data.DataError) as error:
            load("mnist")
        message = str(error.value)
        assert "\n" not in message and str(folder) in message and "delete that folder" in message
    (row,) = (row for row in data.available() if row.name == "mnist")
    if damage != "zeros in the record":  # their sizes are right: it shows when they are read
        assert row.damaged and not row.prepared and row.folder == folder
    shutil.rmtree(folder)
    shutil.copytree(whole_mnist, folder)
    assert len(data.load_arrays("mnist", "test")["label"]) == 60


def test_an_interrupted_download_does_not_block_a_set(tmp_path, monkeypatch):
    """Nor are its files kept for ever; those of today may be another program's."""
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    left = [tmp_path / "mnist" / f"incomplete.{name}_3.0.1" for name in ("OLD123", "NEW123")]
    for path in left:
        path.mkdir(parents=True)
        (path / "mnist-train.tfrecord-00000-of-00001").write_bytes(b"half")
    os.utime(left[0], (1, 1))
    made = type(tfds.builder("mnist", data_dir=tmp_path))
    plain = made.download_and_prepare

    def fetched(self, **options):
        monkeypatch.setattr(made, "download_and_prepare", plain)
        small_mnist(tmp_path)

    monkeypatch.setattr(made, "download_and_prepare", fetched)
    assert data.load_arrays("mnist")["image"].shape == (300, 28, 28, 1)
    assert not any(path.exists() for path in left)


def snapshot(folder):
    return {p: (p.stat().st_size, p.stat().st_mtime_ns) for p in sorted(folder.rglob("*"))}


@needs_real
def test_real_mnist_and_facades_are_read_without_a_write(monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(REAL))
    before = snapshot(REAL)
    assert {row.name for row in data.available() if row.prepared} >= {"mnist"}
    train, test = data.load_arrays("mnist"), data.load_arrays("mnist", "test")
    assert train["image"].shape == (60_000, 28, 28, 1) and len(test["label"]) == 10_000
    assert train["image"].max() == 1 and set(train["label"]) == set(range(10))
    assert train["image"].mean() == pytest.approx(0.1307, abs=1e-4)  # MNIST's well-known mean
    for split, count in dict(trainA=400, trainB=400, testA=100, testB=100).items():
        dataset = data.load("cycle_gan/facades", split, size=64, batch=32)
        images = np.concatenate([image for image, _ in dataset.as_numpy_iterator()])
        assert images.shape == (count, 64, 64, 3) and 0.2 < images.mean() < 0.8
    with pytest.raises(data.DataError, match="trainA"):
        data.load("cycle_gan/facades", "train")
    assert snapshot(REAL) == before


def test_without_real_sets_their_tests_are_skipped(tmp_path):
    """Each with the reason, in a copy of the course that has no folder `shared` beside it."""
    left_out = shutil.ignore_patterns(".*", "results", "__pycache__")
    copy = shutil.copytree(ROOT, tmp_path / "course", ignore=left_out)
    names = ("test_data", "test_lab4_dcgan", "test_lab5_cyclegan")
    call = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "-k"]
    call += ["real_mnist or photographs", *(f"tests/{name}.py" for name in names)]
    done = subprocess.run(call, cwd=copy, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    reason = f"public sets that are not beside this clone: {tmp_path}/shared/tfds"
    assert f"\n3 skipped: {reason}" in done.stdout


# --- when things go wrong while preparing ---------------------------------------------------


def script(code):
    """`code` with a small 'glyphs' set, so that a preparation takes a second or two."""
    small = """
        import dataclasses
        from utils import data
        from utils.data import glyphs
        splits = {"train": 1000, "test": 60}
        data.EMBEDDED["glyphs"] = dataclasses.replace(data.EMBEDDED["glyphs"], splits=splits)
    """
    return [sys.executable, "-c", textwrap.dedent(small) + textwrap.dedent(code)]


def started(code, **environment):
    return subprocess.Popen(
        script(code),
        cwd=ROOT,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process):
    out, err = process.communicate(timeout=HANGS)
    assert process.returncode == 0, err[-3000:]
    return out


def run(code, **environment):
    return finished(started(code, **environment))


CHECK = """
    import numpy as np
    arrays = data.load_arrays("glyphs")
    assert np.array_equal(np.round(arrays["image"] * 255), glyphs.draw("train", 0, 1000)[0])
    assert len(data.load_arrays("glyphs", "test")["label"]) == 60
"""


def leftovers(folder):
    return [p for p in folder.rglob("*") if "incomplete" in p.name or ".tmp" in p.name]


def test_killed_while_preparing_then_full_disk_then_two_at_once(tmp_path, small_glyphs):
    folder = tmp_path / "sets"
    # Killed with the first split written: everything but the last step is on the disk.
    slow = """
        import time
        def stream(split, count, *, stream=glyphs.stream, **options):
            for i, item in enumerate(stream(split, count, **options)):
                if split == "test" and i == 50:
                    time.sleep(10000)
                yield item
        glyphs.stream = stream
        data.load("glyphs")
    """
    process = started(slow, COURSE_DATA_DIR=str(folder))

    def written():
        assert process.poll() is None, process.communicate()[1]
        return list(folder.rglob("*train.tfrecord*"))

    until(written)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert leftovers(folder)

    # A full disk: no file may grow past 300 kB. (The records need 700.)
    full = """
        import resource, signal
        import tensorflow
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
        try:
            data.load("glyphs")
        except data.DataError as error:
            print(error)
        assert not any(row.prepared for row in data.available())
    """
    message = run(full, COURSE_DATA_DIR=str(folder)).strip()
    assert "\n" not in message and str(folder / "glyphs" / "digits") in message, message
    assert "MB" in message and "COURSE_DATA_DIR" in message
    assert not leftovers(folder) and not list(folder.rglob("*.tfrecord*"))

    # Two processes at once: both get the whole set, and nothing is printed.
    both = [started(CHECK, COURSE_DATA_DIR=str(folder)) for _ in range(2)]
    assert [finished(process) for process in both] == ["", ""]
    assert not leftovers(folder)

    # A torn record file, as a power cut may leave one, is noticed and made again.
    record = next(folder.rglob("*train.tfrecord*"))
    whole = record.read_bytes()
    record.write_bytes(whole[: len(whole) // 2])
    arrays = data.load_arrays("glyphs")
    assert np.array_equal(np.round(arrays["image"] * 255), glyphs.draw("train", 0, 1000)[0])
    assert len(record.read_bytes()) == len(whole)
    # More images than the set has are in a longer one, which begins with the same.
    more = data.load_arrays("glyphs", count=1001)
    assert more["label"].shape == (1001,) and np.array_equal(more["image"][:1000], arrays["image"])
    assert np.array_equal(data.load_arrays("glyphs", count=1000)["image"], arrays["image"])


def test_numbers_drawn_after_loading_do_not_tell_whether_it_was_prepared(monkeypatch, tmp_path):
    import keras

    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "sets"))

    def drawn():
        keras.utils.set_random_seed(0)
        data.load_arrays("digits", "test")
        start = keras.layers.Dense(2)(np.ones((1, 3)))
        return [*np.random.random(3), random.random(), *start.numpy().ravel()]

    assert not (tmp_path / "sets").exists()
    assert drawn() == drawn()


def test_a_disk_with_too_little_room_is_noticed_first(monkeypatch, tmp_path):
    import shutil

    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "sets"))
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1_000_000))
    with pytest.raises(data.DataError, match="56 MB.*only 1 MB are free.*COURSE_DATA_DIR"):
        data.load("glyphs")
    assert not list((tmp_path / "sets").rglob("*.tfrecord*"))


def test_a_folder_that_cannot_be_made(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "file" / "sets"))
    with pytest.raises(data.DataError, match="COURSE_DATA_DIR"):
        data.load("digits")


def test_registry_and_builders_agree(prepared):
    from utils.data import builders

    for name, spec in data.EMBEDDED.items():
        builder = getattr(builders, spec.builder)(config=spec.config, data_dir=prepared)
        assert Path(builder.data_path) == prepared / spec.folder / spec.version, name
    data.load("digits")
    assert {row.name for row in data.available() if row.prepared} >= {"digits"}
