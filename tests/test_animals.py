"""`utils.data.animals` and the sets made of it: what is in the pictures, and what it determines."""

import hashlib
import itertools

import numpy as np
import pytest

from utils import data
from utils.data import animals

INPUTS = []  # see tests/keys.py

PICTURES = "image", "partner", "animal"


@pytest.fixture(scope="module")
def drawn():
    return {split: animals.draw(split, 0, 60) for split in animals.SPLITS}


@pytest.fixture
def prepared(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path_factory.getbasetemp() / "animals"))


@pytest.mark.parametrize(
    ("split", "options", "expected"),
    [
        ("trainA", {}, "685aef8c08faab32d3b0e452f57306e8fcf5b3555a07053135e04e7afcc04465"),
        (
            "testB",
            {"coats": True},
            "38ce6379980bd127f5d71d5b6e83a4703b039dbabcf2b39957c8c0bca99393ba",
        ),
        (
            "trainB",
            {"size": 64},
            "51155836e630ddc6702003bced790b2a84c04c0b82caaf99c64e3ba54bad2b78",
        ),
    ],
)
def test_the_same_bytes_everywhere(split, options, expected):
    arrays = animals.draw(split, 0, 16, **options)
    together = b"".join(np.ascontiguousarray(arrays[name]).tobytes() for name in PICTURES)
    assert hashlib.sha256(together).hexdigest() == expected


def test_a_picture_depends_on_seed_split_and_index_alone():
    many, late = animals.draw("trainA", 0, 90), animals.draw("trainA", 70, 90)
    streamed = list(itertools.islice(animals.stream("trainA", 9999), 70))
    for name in many:
        assert np.array_equal(late[name], many[name][70:])
        assert np.array_equal([each[name] for each in streamed], many[name][:70])
    assert not np.array_equal(animals.draw("trainA", 0, 7, seed=1)["image"], many["image"][:7])
    assert not np.array_equal(animals.draw("testA", 0, 7)["image"], many["image"][:7])


def test_the_domains_share_no_scene(drawn):
    for name in ("x", "light", "horizon"):
        values = np.concatenate([arrays[name] for arrays in drawn.values()])
        assert len(np.unique(values)) == len(values)
    assert {split: set(arrays["label"]) for split, arrays in drawn.items()} == {
        "trainA": {0}, "trainB": {1}, "testA": {0}, "testB": {1}
    }  # fmt: skip


def test_partners_differ_on_the_coat_alone(drawn):
    for arrays in drawn.values():
        change = np.abs(arrays["image"].astype(int) - arrays["partner"]).max(-1)
        animal = arrays["animal"][..., 0] / 255
        assert change[animal == 0].max() <= 1  # of 255: what is covered by less than a step
        assert (change.max((1, 2)) > 90).all()
        share = animal.mean((1, 2))
        assert share.min() > 0.1 and share.max() < 0.4
        edge = [animal[:, 0], animal[:, -1], animal[:, :, 0], animal[:, :, -1]]
        assert np.concatenate(edge, 1).mean() < 0.02  # at most a muzzle or the tip of a tail


def test_the_partner_of_the_partner_is_the_picture(drawn):
    """Drawn from the same scene as the other domain would be."""
    first = drawn["trainA"]
    words = animals._random_words("trainA", 0, 60, 0)
    scene = (words >> np.uint64(11))[:, 1 + len(animals.RANGES) :] * 2.0**-53
    horses, zebras, animal = animals.render(first, scene, 32)
    assert np.array_equal(horses, first["image"]) and np.array_equal(zebras, first["partner"])
    assert np.array_equal(animal, first["animal"])


def test_a_zebra_does_not_show_the_coat_and_a_horse_does(drawn):
    many = animals.draw("trainA", 0, 60, coats=True)
    assert np.array_equal(many["partner"], drawn["trainA"]["partner"])
    on = (many["animal"] == 255).repeat(3, -1)
    brightness = [image[mask].mean() for image, mask in zip(many["image"], on, strict=True)]
    brightness /= many["light"]
    assert np.corrcoef(brightness, many["coat"])[0, 1] < -0.9
    assert np.ptp(drawn["trainA"]["coat"]) == 0


def test_factors_are_in_the_pictures(drawn):
    arrays = drawn["trainA"]
    animal = arrays["animal"][..., 0] / 255
    middle = (np.arange(32) + 0.5) / 32
    across = (animal * middle).sum((1, 2)) / animal.sum((1, 2)) - 0.5
    assert np.corrcoef(across, arrays["x"])[0, 1] > 0.6
    assert set(arrays["faces"]) == {-1, 1}
    sky = arrays["image"][:, :3].mean((1, 2))
    assert np.corrcoef(sky.mean(-1), arrays["light"])[0, 1] > 0.8
    assert np.corrcoef(sky[:, 0] / sky[:, 2], arrays["warmth"])[0, 1] > 0.8
    for name, (low, high) in animals.RANGES.items():
        if name != "coat":
            assert low <= arrays[name].min() and arrays[name].max() <= high
            assert np.ptp(arrays[name]) > 0.7 * (high - low), name


def test_every_size_shows_the_same_scene(drawn):
    small = drawn["trainA"]["image"][:10].astype(float)
    large = animals.draw("trainA", 0, 10, size=128)["image"].astype(float)
    halved = large.reshape(10, 32, 4, 32, 4, 3).mean((2, 4))
    assert np.abs(halved - small).mean() < 6  # of 255: edges and thin legs


def test_sets_from_disk_are_the_drawn_ones(prepared):
    arrays = data.load_arrays("horses_zebras", "testB", count=260)  # more than the usual 250
    fresh = animals.draw("testB", 0, 260)
    assert set(arrays) == set(fresh)
    for name, values in fresh.items():
        scale = 255 if name in PICTURES else 1
        np.testing.assert_allclose(arrays[name] * scale, values, rtol=1e-6)
    image, label = next(data.load("horses_zebras", "trainA", batch=5).as_numpy_iterator())
    assert image.shape == (5, 32, 32, 3) and image.max() <= 1 and set(label) == {0}
    resized = data.load_arrays("horses_zebras", "testA", count=3, size=16)
    assert resized["partner"].shape == (3, 16, 16, 3)
    assert resized["animal"].shape == (3, 16, 16, 1)
    with pytest.raises(data.DataError, match="has no split 'train'; it has testA, testB"):
        data.load("horses_zebras", "train")
