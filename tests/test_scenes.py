"""`utils.data.scenes` and the sets made of it: what is in the pictures, how it moves and sounds."""

import dataclasses
import hashlib
import itertools

import numpy as np
import pytest

from tests.conftest import peak_of
from utils import data
from utils.data import moving, scenes, things

INPUTS = []  # see tests/keys.py

CONFIGS = {
    "stills": {},
    "stills_shortcuts": scenes.amplitudes(),
    "clips": {"clips": True},
    "clips_shortcuts": {"clips": True, **scenes.amplitudes(clips=True)},
}
LUMA = np.array([0.299, 0.587, 0.114])


@pytest.fixture(scope="module")
def stills():
    return scenes.draw("train", 0, 600)


@pytest.fixture(scope="module")
def clips():
    return scenes.draw("train", 0, 240, clips=True)


def same(first, second):
    return first.dtype == second.dtype and np.array_equal(first, second)


# --- bytes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "split", "expected"),
    [
        ("stills", "train", "e0b72dd3351746f6303fb9a57f28775989992cd185688dcfd952e0c167230200"),
        ("stills", "test", "b8b648640dc77b2eff68ba325e6e1f30212bf6c7720616c77c057b74ed937f18"),
        (
            "stills_shortcuts",
            "train",
            "6c6864ffa86508d4f28874ec229a84d243e258dce0eb592f8be700155400cce1",
        ),
        ("clips", "train", "6c696862f9f01b8bcc9ecd288c1c6c1097c086581ab4a3663b888f8199633d50"),
        ("clips", "test", "7725df008f07832193e00a97f998c929e9896541c429e9d3d9b5404de756c782"),
        (
            "clips_shortcuts",
            "train",
            "4bf373e6d18c429b2a66f0b41a4888f87fccddd79c5d3aeba4fc5b77a9af0e17",
        ),
    ],
)
def test_the_same_bytes_everywhere(config, split, expected):
    arrays = scenes.draw(split, 0, 8, **CONFIGS[config])
    together = b"".join(np.ascontiguousarray(arrays[name]).tobytes() for name in sorted(arrays))
    assert hashlib.sha256(together).hexdigest() == expected


@pytest.mark.parametrize("of_clips", [False, True], ids=["stills", "clips"])
def test_a_scene_depends_on_seed_split_and_index_alone(of_clips):
    many, late = (scenes.draw("train", start, 70, clips=of_clips) for start in (0, 60))
    streamed = list(itertools.islice(scenes.stream("train", 100, clips=of_clips), 70))
    for name in many:
        assert same(late[name], many[name][60:]), name
        assert same(np.stack([each[name] for each in streamed]), many[name]), name
    for other in (
        scenes.draw("train", 0, 7, seed=1, clips=of_clips),
        scenes.draw("test", 0, 7, clips=of_clips),
        scenes.draw("train", 0, 7, clips=not of_clips),
    ):
        assert not np.isin(other["light"], many["light"]).any()


def test_drawing_streams():
    peaks = [peak_of(scenes.stream("train", count)) for count in (192, 768)]
    assert peaks[1] < 1.3 * peaks[0]  # four times the images, the same memory


# --- what is in a picture -------------------------------------------------------------------


def test_kinds_are_drawn_alike_and_differ_within_a_scene(stills):
    kind = stills["kind"]
    assert np.bincount(stills["label"], minlength=6).min() > 70
    assert same(stills["label"], kind[:, 0]) and (kind[:, :2] >= 0).all()
    assert 0.4 < (kind[:, 2] >= 0).mean() < 0.6
    for first, second in itertools.combinations(range(scenes.THINGS), 2):
        assert not (kind[:, first] == kind[:, second]).any()
    empty = kind < 0
    for name in set(scenes.FACTORS) - {"kind"}:
        assert (stills[name][empty] == 0).all(), name
    depth = np.where(empty, 2, stills["depth"])
    assert (np.diff(depth, axis=1) > 0)[~empty[:, 1:]].all()  # the nearest first
    for name, (low, high) in scenes.RANGES.items():
        assert low <= stills[name].min() and stills[name].max() <= high
        assert np.ptp(stills[name]) > 0.95 * (high - low), name


def own_mask(arrays, k):
    """Where the mask shows the thing in place k, in the shape of the mask without channels."""
    kind = arrays["kind"][:, k].reshape(-1, *[1] * (arrays["mask"].ndim - 2))
    mask = arrays["mask"][..., 0]
    return (kind >= 0) & ((mask == 1 + 2 * kind) | (mask == 2 + 2 * kind))


def test_the_mask_shows_each_thing_at_its_place(stills):
    middle = np.arange(scenes.SIZE) + 0.5
    nearest = own_mask(stills, 0)
    assert nearest.any((1, 2)).all()
    kinds = stills["kind"]
    there = 1 + 2 * np.arange(6)[:, None] + np.arange(2)
    values = set(np.unique(stills["mask"]))
    assert values == {0, 13, *there.ravel()} and len(scenes.PARTS) == 14
    known = np.sort(np.where(kinds < 0, 0, 1 + 2 * kinds), axis=1)
    for row in range(100):  # only parts of the things that are there
        shown = set(np.unique(stills["mask"][row])) - {0, 13}
        assert shown <= {code + part for code in known[row] if code for part in (0, 1)}
    rows, columns = nearest.any(2), nearest.any(1)
    top, left = rows.argmax(1), columns.argmax(1)
    bottom, right = 32 - rows[:, ::-1].argmax(1), 32 - columns[:, ::-1].argmax(1)
    whole = (left > 0) & (right < 32) & (top > 0) & (bottom < 32)
    whole &= kinds[:, 0] != scenes.KINDS.index("snail")  # its horns are thin
    assert whole.mean() > 0.6
    assert np.abs((top + bottom) / 2 - stills["y"][:, 0])[whole].max() < 2
    assert np.abs(bottom - top - stills["size"][:, 0])[whole].max() < 3.5
    across = (nearest * middle).sum((1, 2)) / nearest.sum((1, 2))
    assert np.abs(across - stills["x"][:, 0])[whole].max() < 2.5


def test_the_ball_is_seen_in_every_picture(stills):
    ball = stills["mask"][..., 0] == scenes.PARTS.index("ball")
    radius = stills["ball_radius"].astype(float)
    assert ball.any((1, 2)).all()
    assert np.corrcoef(ball.sum((1, 2)), radius**2)[0, 1] > 0.95
    y, x = np.indices((32, 32)) + 0.5
    for place, name in ((x, "ball_x"), (y, "ball_y")):
        found = (ball * place).sum((1, 2)) / ball.sum((1, 2))
        assert np.abs(found - stills[name]).max() < 0.75
    # Beside it is another colour: mean difference of channels to the pixels around it.
    wide = np.zeros_like(ball)
    for down, right in itertools.product((-2, 0, 2), repeat=2):
        wide |= np.roll(ball, (down, right), (1, 2))
    image, around = stills["image"].astype(float), wide & ~ball
    means = [(image * m[..., None]).sum((1, 2)) / m.sum((1, 2))[:, None] for m in (ball, around)]
    contrast = np.abs(means[0] - means[1]).max(1)
    assert np.quantile(contrast, 0.02) > 30 and np.median(contrast) > 80  # of 255


def test_a_hue_is_free_or_that_of_its_kind(stills):
    kind, hue = stills["kind"], stills["hue"]
    for number, name in enumerate(scenes.KINDS):
        own = kind == number
        assert set(stills["hue_free"][own]) == {int(name not in scenes.HUES)}
        if name in scenes.HUES:
            assert np.abs(hue[own] - scenes.HUES[name]).max() <= scenes.HUE_JITTER + 1e-6
        else:
            assert np.histogram(hue[own], 8, (0, 1))[0].min() > 0.06 * own.sum()


def test_a_grey_picture_says_nothing_of_a_free_hue():
    """Drawn again with other hues, the colours change and their luma does not."""
    uniform = scenes._uniform((0, 20), 0, 200, scenes._WORDS)
    factors, place = scenes._factors(uniform)
    free = (factors["kind"] >= 0) & (factors["hue_free"] == 1)
    turned = factors | {"hue": np.where(free, (factors["hue"] + 0.37) % 1, factors["hue"])}
    turned["hue"] = turned["hue"].astype(np.float32)
    drawn = []
    for each in (factors, turned):
        colour, _ = scenes._shaded(
            scenes._landscape(each, place, 0), each, np.zeros((200, 4, 1, 2), int), 1
        )
        scenes._composed(colour, things.pictures(each), np.zeros((200, 4, 1, 2), int))
        drawn.append(scenes.as_bytes(scenes._lit(colour, each))[:, 0].astype(float))
    change = np.abs(drawn[0] - drawn[1])
    grey = np.abs(np.einsum("ncp,c->np", drawn[0] - drawn[1], LUMA))
    has = free.any(1)
    assert (change[has].max((1, 2)) > 40).all() and (change[~has] == 0).all()
    assert (
        grey.max() < 3 and grey[change.max(1) > 0].mean() < 1
    )  # of 255: rounding; what is cut off


def test_light_and_warmth_are_in_the_picture(stills):
    sky = stills["image"][:, :3].mean((1, 2))
    assert np.corrcoef(sky @ LUMA, stills["light"])[0, 1] > 0.9
    assert np.corrcoef(sky[:, 0] / sky[:, 2], stills["warmth"])[0, 1] > 0.8


def test_flat_leaves_one_colour_behind_all_things(stills):
    flat = scenes.draw("train", 0, 60, flat=1.0)
    assert same(flat["mask"], stills["mask"][:60])
    for image, mask in zip(flat["image"], flat["mask"][..., 0], strict=True):
        colours, count = np.unique(image[mask == 0], axis=0, return_counts=True)
        assert count.max() > 0.6 * count.sum()  # the rest are edges and the glow of lamps
        assert np.ptp(colours[count.argmax()].astype(int)) < 60  # grey, in a warm light
    # Within the nearest thing it is as it was, but for pixels that it does not cover wholly.
    inside = own_mask(stills, 0)[:60]
    for axis, shift in itertools.product((1, 2), (-1, 1)):
        inside = inside & np.roll(inside, shift, axis)
    change = np.abs(flat["image"].astype(int) - stills["image"][:60]).max(-1)
    as_it_was = change[inside] <= 4
    assert len(as_it_was) > 1000 and as_it_was.mean() > 0.95


# --- shortcuts ------------------------------------------------------------------------------


@pytest.mark.parametrize("config", ["stills_shortcuts", "clips_shortcuts"])
def test_shortcuts_change_what_is_seen_and_heard_and_nothing_else(config):
    plain_options = CONFIGS[config.removesuffix("_shortcuts")]
    amplitudes = {name: a for name, a in CONFIGS[config].items() if name != "clips"}
    plain = scenes.draw("train", 0, 40, **plain_options)
    off = scenes.draw("train", 0, 40, **plain_options, **dict.fromkeys(amplitudes, 0.0))
    assert plain.keys() == off.keys()
    assert all(same(off[name], plain[name]) for name in plain)
    for name, value in [*amplitudes.items(), ("all", None)]:
        one = amplitudes if name == "all" else {name: value}
        arrays = scenes.draw("train", 0, 40, **plain_options, **one)
        heard = {"waveform"} if "device" in one else set()
        changed = {key for key in plain if not same(arrays[key], plain[key])}
        assert changed == {"image", *one, *heard}, name
        for key in amplitudes:
            assert (arrays[key] == np.float32(one.get(key, 0.0))).all()
        differs = (arrays["image"] != plain["image"]).reshape(40, -1).any(1)
        assert differs.all(), name


def test_clock_and_device_are_of_clips():
    with pytest.raises(ValueError, match="clips=True"):
        scenes.draw("train", 0, 1, clock=0.1)
    with pytest.raises(ValueError, match="clips=True"):
        scenes.draw("train", 0, 1, device=0.1)


def drawn_with(count=60, **options):
    return scenes.draw("train", 0, count, **options)["image"].astype(float)


def test_aberration_magnifies_red_and_blue_about_the_middle(stills):
    plain, fringed = stills["image"][:60].astype(float), drawn_with(aberration=0.04)
    assert np.array_equal(fringed[..., 1], plain[..., 1])
    at = np.arange(32) - 15.5
    for channel, scale in ((0, 1.04), (2, 0.96)):
        back = np.clip(at / scale + 15.5, 0, 31)
        # as a matrix: what each of 32 pixels takes of the 32 of a row or a column
        takes = np.stack([np.interp(back, np.arange(32), one) for one in np.eye(32)], axis=1)
        expected = takes @ plain[..., channel] @ takes.T
        known = takes @ (plain[..., channel] == 255) @ takes.T == 0  # nothing cut off nearby
        assert np.abs(expected - fringed[..., channel])[known].max() <= 1.01
        assert known.mean() > 0.9
        assert np.abs(expected - plain[..., channel]).mean() > 1


def test_the_other_traces_are_as_they_are_described(stills):
    plain = stills["image"][:60].astype(float)
    share = drawn_with(vignette=0.5) / np.maximum(plain, 1)
    assert np.abs(share[:, 15:17, 15:17] - 1).max() < 0.02
    corners = share[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert np.abs(corners - (1 - 0.5 * (15.5 / 16) ** 2)).max() < 0.05
    mark = drawn_with(corner=1.0)
    assert np.ptp(mark[:, 28:31, 28:31], axis=0).max() == 0
    mark[:, 28:31, 28:31] = plain[:, 28:31, 28:31]
    assert np.array_equal(mark, plain)
    lines = np.abs(drawn_with(continuity=0.6) - plain).max(-1) > 12
    assert lines.any(1).all(-1).mean() > 0.5 and lines.any(2).all(-1).mean() > 0.5
    assert 0.05 < lines.mean() < 0.25
    cast = (drawn_with(tint=0.25)[:, :4] / plain[:, :4]).mean((1, 2))
    assert np.abs(cast - 1).max() < 0.26 and (cast.std(0) > 0.05).all()


def test_clock_and_device_leave_their_traces(clips):
    some = {name: values[:60] for name, values in clips.items()}
    ticking = scenes.draw("train", 0, 60, clips=True, clock=0.15)["image"].mean((2, 3, 4))
    share = ticking / some["image"].mean((2, 3, 4))
    assert np.abs(share - (0.85 + 0.06 * np.arange(6))).max() < 0.05  # white stays white
    device = scenes.draw("train", 0, 60, clips=True, device=0.15)
    cast = (device["image"].mean((1, 2, 3)) / some["image"].mean((1, 2, 3))) - 1
    hum = device["waveform"].astype(float) - some["waveform"]
    pitch = np.abs(np.fft.rfft(hum))[:, :300].argmax(1) * 4096 / 3072
    # pitch from 100 to 300 Hz turns once around the circle of hues
    turn = (pitch - 100) / 200
    wheel = np.stack([np.ones(60), np.cos(2 * np.pi * turn), np.sin(2 * np.pi * turn)], axis=1)
    fit = wheel @ np.linalg.lstsq(wheel, cast, rcond=None)[0]
    assert (((cast - fit) ** 2).mean(0) < 0.3 * cast.var(0)).all()


# --- motion ---------------------------------------------------------------------------------


def test_flow_leads_from_each_frame_to_the_next(clips):
    image, mask = clips["image"].astype(int), clips["mask"][..., 0]
    assert (clips["flow"] % 4 == 0).all()  # quarters of a pixel, and whole pixels
    flow, valid = clips["flow"].astype(int) // 4, clips["flow_valid"][..., 0]
    clip, frame, row, column = np.nonzero(valid)
    right, down = flow[clip, frame, row, column].T
    assert (column + right >= 0).all() and (column + right < 32).all()
    assert (row + down >= 0).all() and (row + down < 32).all()
    there = clip, frame + 1, row + down, column + right
    here = clip, frame, row, column
    assert np.abs(image[here] - image[there]).max() <= 1
    assert np.array_equal(mask[here], mask[there])
    moves = (flow != 0).any(-1)
    assert valid[~moves].mean() > 0.8 and valid[moves].mean() > 0.35
    # Without the flow they differ, so that this could have failed.
    still = np.abs(image[:, :-1] - image[:, 1:]).max(-1)
    assert (still[valid & moves] > 1).mean() > 0.4


def test_mask_visible_and_flow_agree(clips):
    flow, steps = clips["flow"].astype(int) // 4, np.diff(clips["moved"].astype(int), axis=2)
    rest = np.ones(flow.shape[:-1], bool)
    for k in range(scenes.THINGS):
        own = own_mask(clips, k)
        seen, visible = own.sum((2, 3)), clips["visible"][:, k]
        assert np.array_equal(seen > 0, visible > 0) and visible.max() <= 1
        area = np.where(seen > 0, seen / np.where(visible > 0, visible, 1), np.nan)
        whole = np.nanmax(np.where(visible > 0, area, 0), axis=1, keepdims=True)
        assert np.nanmax(np.abs(area - whole)) < 0.01  # a thing is as large in every frame
        now = own[:, :-1]
        expected = np.broadcast_to(steps[:, k, :, None, None], flow.shape)
        assert np.array_equal(flow[now], expected[now])
        rest &= ~now
    ball = clips["mask"][:, :-1, ..., 0] == scenes.PARTS.index("ball")
    expected = np.diff(clips["ball_moved"].astype(int), axis=1)[:, :, None, None]
    assert np.array_equal(flow[ball], np.broadcast_to(expected, flow.shape)[ball])
    assert (flow[rest & ~ball] == 0).all()
    # What stands still in front, and within the picture, hides from nobody but the ball.
    calm = (clips["moves"][:, 0] == 0) & (np.abs(clips["x"][:, 0] - 16) < 6)
    assert clips["visible"][calm, 0].min() > 0.7
    assert (clips["visible"] == 0).mean() > 0.02  # some leave the picture


def test_how_things_move(clips):
    kind, moves, moved = clips["kind"], clips["moves"], clips["moved"].astype(int)
    there = kind >= 0
    still = np.isin(kind, [scenes.KINDS.index(name) for name in moving.STILL_KINDS])
    assert not moves[still | ~there].any() and 0.6 < moves[~still & there].mean() < 0.9
    assert np.array_equal(moves == 1, (moved != 0).any((2, 3)))
    assert np.array_equal(clips["vx"], moved[:, :, 1, 0])
    assert np.array_equal(clips["vy"], moved[:, :, 1, 1])
    bounces = there & (clips["reversible"] == 0)
    assert 0.2 < bounces[moves == 1].mean() < 0.7 and not (bounces & (moves == 0)).any()
    assert not moved[~bounces][..., 1].any()  # others move sideways alone
    assert np.array_equal(bounces, clips["lands"].any(2))
    # It lands on the ground, and is above it at any other time.
    height = clips["y"][..., None] + clips["size"][..., None] / 2 + moved[..., 1]
    height = things.stands(clips["depth"].astype(float))[..., None] - height
    assert np.abs(height[clips["lands"]]).max() < 1e-4
    assert (height[bounces[..., None] & ~clips["lands"]] > 0.9).all()

    # Played backwards, what is reversible is another of its kind; what bounces never is.
    def paths(which):
        return {tuple(path) for path in moved[which].reshape(-1, 12).tolist()}

    def backwards(which):
        path = moved[which][:, ::-1]
        return {tuple(each) for each in (path - path[:, :1]).reshape(-1, 12).tolist()}

    assert paths(~bounces & (moves == 1)) == backwards(~bounces & (moves == 1))
    assert not paths(bounces) & backwards(bounces)
    speed = np.diff(clips["ball_moved"].astype(int), axis=1)
    assert (np.abs(speed) == np.abs(speed[:, :1])).all() and (np.abs(speed[..., 0]) > 1).all()
    ball = clips["mask"][..., 0] == scenes.PARTS.index("ball")
    assert ball.any((2, 3)).all()


# --- sound and words ------------------------------------------------------------------------


def test_things_hum_at_their_pitch_and_silent_kinds_do_not(clips):
    silent, timbre, pitch = clips["silent"], clips["timbre"], clips["pitch"]
    there = clips["kind"] >= 0
    names = np.isin(clips["kind"], [scenes.KINDS.index(name) for name in moving.SILENT_KINDS])
    assert np.array_equal(silent == 1, names & there)
    assert np.array_equal(timbre, np.where(there & ~names, clips["kind"], -1))
    assert np.array_equal(pitch > 0, timbre >= 0)
    window = np.hanning(3072)
    spectrum = np.abs(np.fft.rfft(clips["waveform"] * window))
    loudness = spectrum.max(1)
    nothing = ~(timbre >= 0).any(1)
    assert nothing.sum() >= 3 and loudness[nothing].max() < 0.1 * np.median(loudness[~nothing])
    found = []
    for row, k in zip(*np.nonzero(timbre >= 0), strict=True):
        partial = 1 + int(np.argmax(moving.TIMBRES[timbre[row, k]]))
        at = round(partial * float(pitch[row, k]) * 3072 / 4096)
        found.append(spectrum[row, at - 1 : at + 2].max() / loudness[nothing].max())
    assert np.quantile(found, 0.02) > 3


def test_bounces_are_heard_when_they_are_seen(clips):
    """The sound just after a thing lands against that just before; silent kinds land unheard."""
    wave = clips["waveform"].astype(float)
    ratios = {True: [], False: []}
    for row in range(len(wave)):
        lands = clips["lands"][row]
        for k, frame in zip(*np.nonzero(lands), strict=True):
            others = np.delete(lands, k, axis=0)[:, max(frame - 1, 0) : frame + 1]
            if others.any() or lands[k, frame - 1]:
                continue
            at = frame * moving.SAMPLE_RATE // moving.FRAME_RATE
            after, before = (np.sqrt((wave[row, a:b] ** 2).mean() + 1)
                             for a, b in ((at, at + 200), (at - 200, at)))  # fmt: skip
            ratios[bool(clips["silent"][row, k])].append(after / before)
    heard, unheard = np.array(ratios[False]), np.array(ratios[True])
    assert len(heard) > 40 and len(unheard) > 10
    assert np.quantile(heard, 0.1) > 1.3 and np.median(heard) > 2
    assert np.quantile(unheard, 0.9) < 1.3


def test_each_thing_that_is_seen_is_named_once(clips):
    aligned = scenes.draw("train", 0, 240, clips=True, misaligned=0)
    changed = {name for name in clips if not same(clips[name], aligned[name])}
    assert changed == {"words", "word_frame", "word_seen"}
    assert same(aligned["word_frame"], aligned["word_seen"])
    off = clips["word_frame"] - clips["word_seen"]
    assert np.abs(off).max() == 2 and len(np.unique(off)) == 5
    for row in range(240):
        words = clips["words"][row]
        named = words[words >= 0]
        seen = clips["kind"][row][clips["visible"][row].any(1)]
        assert sorted(named) == sorted(seen)
        assert (words[len(named) :] == -1).all()
        assert (np.diff(clips["word_frame"][row][: len(named)]) >= 0).all()
        for word, frame in zip(named, clips["word_seen"][row], strict=False):
            place = list(clips["kind"][row]).index(word)
            visible = clips["visible"][row, place]
            assert visible[frame] >= min(0.5, visible.max())


# --- sets on disk ---------------------------------------------------------------------------


@pytest.mark.parametrize("config", CONFIGS)
def test_sets_from_disk_are_the_drawn_ones(config, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    name = "scenes/" + config.replace("_", "/")
    few = dataclasses.replace(data.EMBEDDED[name], splits={"train": 6, "test": 5})
    monkeypatch.setitem(data.EMBEDDED, name, few)  # 7 are then drawn into a longer set
    arrays, fresh = data.load_arrays(name, count=7), scenes.draw("train", 0, 7, **CONFIGS[config])
    assert arrays.keys() == fresh.keys()
    assert arrays["image"].dtype == np.float32
    arrays["image"] = np.round(arrays["image"] * 255).astype(np.uint8)
    assert all(same(arrays[key], fresh[key]) for key in fresh)
    image, label = next(data.load(name, "train", count=7, batch=7).as_numpy_iterator())
    assert image.shape == fresh["image"].shape and image.max() <= 1
    assert np.array_equal(label, fresh["label"])
    larger = data.load_arrays(name, count=7, size=64)
    assert larger["image"].shape[-3:] == (64, 64, 3)
    assert same(larger["mask"][..., ::2, ::2, :], fresh["mask"])
    assert few.image_bytes > max(
        sum(file.stat().st_size for file in tmp_path.rglob("*.tfrecord*")) / 22, 1
    )


@pytest.mark.parametrize("name", ["scenes", "scenes/still", "scenes/stills_shortcuts"])
def test_a_name_without_its_config_is_met_with_those_there_are(name, monkeypatch, tmp_path):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "public"))
    with pytest.raises(data.DataError, match="near it: .*scenes/"):
        data.load(name)
    assert not (tmp_path / "public").exists()
