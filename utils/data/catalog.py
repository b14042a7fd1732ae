"""What sets there are, where they lie, and whether they are there; loads nothing."""

import dataclasses
import json
import os
from pathlib import Path


class DataError(RuntimeError):
    """A data set cannot be had as asked for; one line says why and what to do."""

    def __init__(self, message):
        super().__init__(" ".join(str(message).split()))


def damaged(name, folder, reason="files are missing or shorter than they should be"):
    """The error of a set that lies there and can't be read; it may be somebody else's to delete."""
    reason = " ".join(reason.split())[:200]
    return DataError(
        f"{name!r} in {folder} is damaged ({reason}): delete that folder, and load it again"
    )


@dataclasses.dataclass(frozen=True)
class Embedded:
    """Where an embedded set comes from and what it takes."""

    builder: str  # class in builders.py
    folder: str  # below embedded_dir(), without the version
    splits: dict  # images per split
    image_bytes: int  # on disk, per image, rounded up
    white: int = 255  # the stored value of full intensity
    config: str | None = None  # only sets with a config grow with the count asked for
    version: str = "1.0.0"


_DRAWN = {"train": 60_000, "test": 10_000}
_UNPAIRED = {"trainA": 1_000, "trainB": 1_000, "testA": 250, "testB": 250}
_FEW = {"trainA": 400, "trainB": 400, "testA": 100, "testB": 100}  # as many as facades has
_STILLS, _CLIPS = {"train": 12_000, "test": 2_000}, {"train": 3_000, "test": 600}
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
    "scenes/stills": Embedded("Scenes", "scenes/stills", _STILLS, 4_000, config="stills"),
    "scenes/stills/shortcuts": Embedded(
        "Scenes", "scenes/stills_shortcuts", _STILLS, 4_000, config="stills_shortcuts"
    ),
    "scenes/clips": Embedded("Scenes", "scenes/clips", _CLIPS, 28_000, config="clips"),
    "scenes/clips/shortcuts": Embedded(
        "Scenes", "scenes/clips_shortcuts", _CLIPS, 28_000, config="clips_shortcuts"
    ),
}
# The configs that go by the name of their set alone.
PLAIN = {"glyphs/digits": "glyphs", "horses_zebras/32": "horses_zebras"}
# The public sets that the course uses, and the embedded one that serves in their place.
PUBLIC = {
    "mnist": "glyphs",
    "fashion_mnist": "glyphs",
    "kmnist": "glyphs/letters",
    "celeb_a": "glyphs",
    "cycle_gan/horse2zebra": "horses_zebras",
    "cycle_gan/facades": "horses_zebras",
}


@dataclasses.dataclass(frozen=True)
class Available:
    """A data set by name: 'embedded' or 'public', its folder, and whether it lies there, whole.

    A public set that is there and not whole is `damaged`: it is not ours to delete. An embedded one
    is made anew.
    """

    name: str
    source: str
    folder: Path
    prepared: bool
    damaged: bool = False


def available():
    """Rows of `Available` for the sets that the course uses; reads only the disk."""
    rows = []
    for name, spec in EMBEDDED.items():
        folder = embedded_dir() / spec.folder / spec.version
        rows.append(Available(name, "embedded", folder, is_whole(folder)))
    for name in PUBLIC:
        versions = sorted((public_dir() / name).glob("[0-9]*"))
        whole = [folder for folder in versions if is_whole(folder, by_others=True)]
        folder = (whole or versions or [public_dir() / name])[-1]
        damaged = bool(versions) and not whole
        rows.append(Available(name, "public", folder, bool(whole), damaged))
    return rows


def embedded_dir():
    """Where embedded sets are prepared: COURSE_DATA_DIR, else the user's cache folder."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "generative-course"
    return Path(os.environ.get("COURSE_DATA_DIR") or cache).expanduser()


def public_dir():
    """Where public sets are looked for: TFDS_DATA_DIR (may be read-only), else TFDS's default."""
    return Path(os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets").expanduser()


def is_whole(folder, by_others=False):
    """Whether a set lies in `folder` complete: every record file has its stated size.

    A finished preparation is renamed into place in one step; the sizes are for what a rename
    cannot promise, such as a power cut before the data reached the disk, or a copy cut short.

    Args:
        by_others: bool, whether another program may have prepared it, in a format of its choice.
    """
    try:
        if (folder / "features.json").exists() or not by_others:
            json.loads((folder / "features.json").read_text())
        information = json.loads((folder / "dataset_info.json").read_text())
        kind = information.get("fileFormat", "tfrecord")
        for split in information["splits"]:
            sizes = [file.stat().st_size for file in folder.glob(f"*-{split['name']}.{kind}-*")]
            shards = [int(length) for length in split["shardLengths"]]
            # TFRecord frames each record with 16 bytes
            whole = int(split["numBytes"]) + 16 * sum(shards) * (kind == "tfrecord")
            if len(sizes) != len(shards) or sum(sizes) < whole:
                return False
            if sum(sizes) > whole and not by_others:
                return False
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return bool(information["splits"])
