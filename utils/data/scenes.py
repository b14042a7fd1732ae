"""Small scenes of which everything is known: things on a ground under a sky, and a ball.

Six kinds of things, each of two parts: house (walls, roof), tree (trunk, crown), boat (hull,
sail), lamp (post, light), snail (foot, shell), kite (body, tail). Two or three of them, all of
different kinds, stand on the ground, nearer ones lower in the picture, larger, and in front; a
kite flies. Clips add motion, sound and words. Image `i` of a split depends on (seed, split, i)
alone, so a longer split begins with the shorter one, byte for byte.

Trees, lamps and snails have the hue of their kind, so that recognition can tell it; houses, boats
and kites have any (`hue_free`), at one luma (0.299 R + 0.587 G + 0.114 B), so that a grey picture
says nothing of it.

How an image is drawn: each thing is a small picture of its own with a cover from 0 to 1, made of
shapes whose signed distance gives how much of a pixel they cover, with an edge one pixel wide.
These are laid over the landscape from the farthest to the nearest. In a clip they are drawn once
and laid a whole number of pixels further in each frame: so a thing's pixels are the same bytes in
every frame, and its flow is exact, wherever nothing else has a share in them. All lengths are in
pixels.

Shortcuts are traces by which a task can be solved without looking at any thing: colour fringes of a
lens, lines across the picture, a mark in the corner. All are off unless asked for, and none of them
changes the scene or its factors.

All arithmetic is +, -, *, / and sqrt in float64, which IEEE 754 fixes to the last bit, and
random numbers are raw Philox words, so the bytes do not depend on the machine.
"""

from concurrent import futures

import numpy as np

from utils.data import moving
from utils.data.animals import as_bytes, disc, smooth
from utils.data.glyphs import as_numbers, random_words
from utils.data.things import (
    KINDS,
    PARTS,
    PATCH,
    SIZE,
    THINGS,
    WHITE,
    coloured,
    covered,
    grid,
    luma,
    mix,
    pictures,
    rgb,
    shadow,
    stands,
)

__all__ = ["FACTORS", "GLOBALS", "KINDS", "PARTS", "RANGES", "SHORTCUTS", "SIZE", "SPLITS",
           "THINGS", "amplitudes", "draw", "stream"]  # fmt: skip

SPLITS = ("train", "test")
HUES = {"tree": 0.34, "lamp": 0.14, "snail": 0.06}  # 0 red, 1/3 green, 2/3 blue; others have any
HUE_JITTER = 0.025  # at most, to either side

# Global continuous factors: (low, high) of a uniform distribution.
RANGES = {
    "light": (0.72, 1.0),  # brightness of the day
    "warmth": (-1.0, 1.0),  # colour of the light, from cold to warm, at equal luma
    "horizon": (14.5, 18.5),  # pixels below the top edge
    "ball_x": (3.0, 29.0),  # middle of the ball, pixels right of the left edge
    "ball_y": (9.0, 29.5),  # ... below the top edge
    "ball_radius": (1.0, 2.0),  # pixels
}
GLOBALS = (*RANGES, "river")  # river: y of a river's middle, pixels; -1 where there is none
# Of each thing, (n, 3), nearest first; an empty place has kind -1 and zeros.
FACTORS = ("kind", "hue", "hue_free", "size", "x", "y", "depth", "faces")

# The amplitudes of the sets with shortcuts; see `draw`.
SHORTCUTS = {"aberration": 0.04, "vignette": 0.5, "continuity": 0.6, "tint": 0.25, "corner": 1.0,
             "clock": 0.15, "device": 0.15}  # fmt: skip
_OF_CLIPS = ("clock", "device")

_TALL = (14.0, 16.5, 13.5, 16.5, 9.5, 15.0)  # height of each kind in front, pixels
_WORDS = 64  # random words of a scene
_CHUNK = 64  # images drawn together


def draw(
    split,
    start,
    stop,
    *,
    clips=False,
    seed=0,
    aberration=0.0,
    vignette=0.0,
    continuity=0.0,
    tint=0.0,
    corner=0.0,
    clock=0.0,
    device=0.0,
    flat=0.0,
    misaligned=2,
):
    """Draws images, or clips, `start` to `stop` of a split.

    Args:
        split: 'train' or 'test'.
        clips: whether to draw clips, which are other scenes than the stills.
        seed: int.
        aberration: red is magnified by 1 + this about the middle of the picture, blue by 1 - this.
        vignette: share of the light that is lost in the corners.
        continuity: opacity of three thin straight lines across the whole picture.
        tint: greatest change of a channel, as a share, by a colour cast of each image's own.
        corner: opacity of a mark in the lower right corner, the same in all images.
        clock: of clips: the light grows steadily, from 1 - this to 1 + this.
        device: of clips: a colour cast of this share and a hum of this amplitude, whose colour and
            pitch are one number of each clip's own.
        flat: 1 leaves no landscape, only one even colour behind all things; no shortcut, but the
            cure of one: sky and ground tell where up is.
        misaligned: of clips: how many frames at most a word is said before or after it is seen.

    Returns:
        dict of arrays of length n = stop - start: 'image' uint8 (n, 32, 32, 3); 'mask' uint8
        (n, 32, 32, 1), positions in `PARTS`, of what covers more than half of a pixel; 'label'
        int64 (n,), the kind of the nearest thing, which no other thing covers; of each thing,
        nearest first, (n, 3): 'kind' int64 (position in `KINDS`, -1 for none), 'hue_free' int64,
        'faces' int64 (-1 left, 1 right), float32 'hue' (0 to 1), 'size' (height, pixels), 'x', 'y'
        (its middle, pixels from the upper left corner), 'depth' (0 front to 1 back); one float32
        per name in `GLOBALS` and in `SHORTCUTS`, the amplitudes, (n,).

        With `clips`, 'image' (n, 6, 32, 32, 3) and 'mask' (n, 6, 32, 32, 1); x and y are those of
        the first frame, and the amplitudes are all of `SHORTCUTS`. Besides: 'flow' int8
        (n, 5, 32, 32, 2), how far right and down what is seen at a pixel moves to the next frame,
        in quarters of a pixel (all are whole pixels); 'flow_valid' bool (n, 5, 32, 32, 1), where a
        pixel and the one it moves to show one and the same surface alone: there, without
        shortcuts, both have the same bytes; 'visible' float32 (n, 3, 6), the share of a thing's
        pixels that is seen; 'moved' int8 (n, 3, 6, 2) and 'ball_moved' (n, 6, 2), right and down
        since the first frame, pixels; 'waveform' int16 (n, 3072); 'lands' bool
        (n, 3, 6), in which frames it touches the ground, falling; of each thing int64 'vx', 'vy'
        (to the second frame, pixels), 'moves', 'reversible' (1: at rest, gliding or swinging, so
        that the order of frames cannot be told; 0: falls and bounces), 'timbre' (row of `TIMBRES`,
        -1 for none), 'silent', and float32 'pitch' (hertz); int64 'words' (n, 3), kinds in the
        order in which they are said, -1 for none, 'word_frame', when, and 'word_seen', a frame in
        which the thing is seen.

    Raises:
        ValueError: clock or device without clips.
    """
    shortcuts = dict(aberration=aberration, vignette=vignette, continuity=continuity)
    shortcuts |= dict(tint=tint, corner=corner)
    if clips:
        shortcuts |= dict(clock=clock, device=device)
    elif clock or device:
        raise ValueError("clock and device are of clips: pass clips=True")
    # 20: pictures of no other set begin from the same words
    key = seed, 20 + 8 * clips + SPLITS.index(split)
    uniform = _uniform(key, start, stop, _WORDS + clips * moving.WORDS)
    own = _uniform((seed, key[1] + 2), start, stop, 16)  # of the shortcuts
    factors, place = _factors(uniform[:, :_WORDS])
    if clips:
        motion = moving.motion(factors, uniform[:, _WORDS:])
        moved = np.concatenate([motion["ball_moved"][:, None], motion["moved"]], axis=1)
    else:
        moved = np.zeros((stop - start, 1 + THINGS, 1, 2), np.int8)
    landscape = _landscape(factors, place, flat)
    colour, shade = _shaded(landscape, factors, moved, 1 - flat)
    layers = pictures(factors)
    mask, owner, alone = _composed(colour, layers, moved)
    colour = _lit(colour, factors)
    if any(shortcuts.values()):
        colour = _with_shortcuts(colour, own, **shortcuts)
    shape = mask.shape[: 1 + clips] + (SIZE, SIZE)
    arrays = {"image": np.moveaxis(as_bytes(colour), 2, -1).reshape(*shape, 3)}
    arrays |= {"mask": mask.reshape(*shape, 1), "label": factors["kind"][:, 0].copy(), **factors}
    if clips:
        visible = moving.visibility(owner, layers)
        arrays |= {"visible": visible, **motion, **moving.flow(owner, alone, shade, moved)}
        arrays |= moving.words(visible, factors["kind"], uniform[:, -6:], misaligned)
        noise = random_words((seed, key[1] + 4), start, stop, moving.SAMPLES // 4)
        arrays |= moving.sound(factors, motion, noise, own[:, -1], device)
    for name, value in shortcuts.items():
        arrays[name] = np.full(stop - start, value, np.float32)
    return arrays


def amplitudes(clips=False):
    """The shortcuts of the sets with shortcuts, as options of `draw`; all, or those of stills."""
    return {name: a for name, a in SHORTCUTS.items() if clips or name not in _OF_CLIPS}


def stream(split, count, **options):
    """Yields a dict of one image, or clip, and its numbers for the first `count`.

    In bounded memory: the next chunk is drawn while this one is used. Options are those of `draw`.
    """
    bounds = [(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK)]
    with futures.ThreadPoolExecutor(1) as pool:
        drawn = pool.submit(draw, split, *bounds[0], **options)
        for after in [*bounds[1:], None]:
            arrays = drawn.result()
            drawn = after and pool.submit(draw, split, *after, **options)
            for i in range(len(arrays["label"])):
                yield {name: values[i] for name, values in arrays.items()}


def _uniform(key, start, stop, count):
    """Numbers in [0, 1) with 53 random bits, (stop - start, count), by image."""
    return as_numbers(random_words(key, start, stop, count))


# --- what is where --------------------------------------------------------------------------


def _factors(uniform):
    """(factors as `draw` returns them, numbers in [0, 1) for the landscape) of each scene."""
    numbers = iter(uniform.T)

    def some(count):
        return np.stack([next(numbers) for _ in range(count)], axis=1)

    factors = {}
    for name, (low, high) in RANGES.items():
        # rounded to float32 before drawing: the stored factor is exactly the drawn one
        factors[name] = (low + (high - low) * next(numbers)).astype(np.float32)

    # Which kinds, at which of three depths and in which columns: shuffled.
    kind = np.argsort(some(len(KINDS)), axis=1, kind="stable")[:, :THINGS]
    count = np.where(next(numbers) < 0.5, 2, 3)[:, None]
    places = np.arange(THINGS)[None]
    there = places < count
    empty = np.floor(next(numbers) * THINGS)[:, None]  # the row where nothing is, of two things
    row = np.where(count == 2, places + (places >= empty), places)
    depth = (0.06 + 0.34 * row + 0.20 * some(THINGS)).astype(np.float32).astype(np.float64)
    three, two = (np.argsort(some(k), axis=1, kind="stable") for k in (3, 2))
    two = np.concatenate([two, two[:, :1]], axis=1)
    aside = some(THINGS) - 0.5
    x = 16 + np.where(count == 2, 13.0 * (two - 0.5) + 6.0 * aside, 9.5 * (three - 1) + 3.0 * aside)

    scale = 1 - 0.38 * depth
    size = np.array(_TALL)[kind] * (0.88 + 0.24 * some(THINGS)) * scale
    foot = stands(depth)
    flies = kind == KINDS.index("kite")
    height = some(THINGS)
    y = np.where(flies, 7.0 + 4.0 * height, foot - size / 2)
    free = np.array([name not in HUES for name in KINDS])[kind]
    own_hue = np.array([HUES.get(name, 0.0) for name in KINDS])[kind]
    hue = np.where(free, some(THINGS), own_hue + HUE_JITTER * (2 * some(THINGS) - 1))
    faces = np.where(some(THINGS) < 0.5, -1, 1)

    values = dict(kind=kind, hue=hue - np.floor(hue), hue_free=free, size=size, x=x, y=y)
    values |= dict(depth=depth, faces=faces)
    for name in FACTORS:
        whole = name in ("kind", "hue_free", "faces")
        array = np.where(there, values[name], -1 if name == "kind" else 0)
        factors[name] = array.astype(np.int64 if whole else np.float32)

    # A boat lies on a river; other scenes of two have one where nothing stands, every other time.
    nowhere = stands(0.16 + 0.34 * empty[:, 0])
    river = np.where((count[:, 0] == 2) & (next(numbers) < 0.5), nowhere, -1.0)
    for k in range(THINGS):
        boat = there[:, k] & (kind[:, k] == KINDS.index("boat"))
        river = np.where(boat, foot[:, k] - 0.5, river)
    factors["river"] = river.astype(np.float32)
    return factors, uniform[:, _WORDS - 20 :]


# --- one over the other ---------------------------------------------------------------------


def _composed(colour, layers, moved):
    """Lays layers over the landscape, the farthest first.

    Args:
        colour: (n, frames, 3, pixels); it is painted on.
        layers: see `things.pictures`.
        moved: int (n, layers, frames, 2), pixels since the first frame.

    Returns:
        uint8 (n, frames, pixels) three times: part mask; owner: 0 the landscape, else 1 + the
        layer's place; alone: the same where a pixel shows nothing else, 255 elsewhere.
    """
    n, frames = colour.shape[:2]
    colour = colour.reshape(n, frames, 3, SIZE, SIZE)
    mask, owner, alone = (np.zeros((n, frames, SIZE, SIZE), np.uint8) for _ in range(3))
    for k in reversed(range(len(layers))):
        values, corner, code = layers[k]
        most, whole = covered(values)
        part = (code[:, None] + (values[:, 5] > values[:, 4])).astype(np.uint8)
        only = np.where(whole, np.uint8(1 + k), np.uint8(255))
        touched, through = values[:, 3] > 0, 1 - values[:, 3]
        most, part, only, touched, through = (
            a.reshape(n, PATCH, PATCH) for a in (most, part, only, touched, through)
        )
        own = values[:, :3].reshape(n, 3, PATCH, PATCH)
        for i, places in enumerate((corner[:, None] + moved[:, k]).tolist()):
            for t, (x, y) in enumerate(places):
                # the rows and columns of the picture on which the patch lies, and of the patch
                here = i, slice(max(-y, 0), max(SIZE - y, 0)), slice(max(-x, 0), max(SIZE - x, 0))
                there = (
                    i,
                    t,
                    slice(max(y, 0), max(y + PATCH, 0)),
                    slice(max(x, 0), max(x + PATCH, 0)),
                )
                below = colour[i, t, :, there[2], there[3]]
                below *= through[here]
                below += own[i, :, here[1], here[2]]
                np.copyto(mask[there], part[here], where=most[here])
                np.copyto(owner[there], np.uint8(1 + k), where=most[here])
                np.copyto(alone[there], only[here], where=touched[here])
    shape = n, frames, SIZE * SIZE
    return mask.reshape(shape), owner.reshape(shape), alone.reshape(shape)


# --- the landscape and its light ------------------------------------------------------------


def _landscape(factors, scene, flat):
    """Sky, clouds, hills, ground and river: (n, 3, pixels); scene: numbers in [0, 1) (n, 20)."""
    x, y = grid(SIZE)
    horizon = factors["horizon"].astype(np.float64)[:, None]
    river = factors["river"].astype(np.float64)[:, None]
    place = iter(scene.T[:, :, None])
    colour = mix(rgb(0.36, 0.62, 0.95), rgb(0.86, 0.93, 0.98), smooth(y / horizon))

    def paint(distance, over, opacity=1.0):
        nonlocal colour
        colour = mix(colour, over, opacity * np.clip(0.5 - distance, 0.0, 1.0))

    for _ in range(2):
        cloud_x, cloud_y = SIZE * next(place), 2.5 + 6 * next(place)
        breadth = 2.0 + 1.5 * next(place)
        blobs = (-1, 0.15, 0.6), (0, -0.25, 0.85), (1, 0.1, 0.65)  # right, down, radius
        puffs = [
            disc(x, (y - cloud_y) * 1.5, cloud_x + right * breadth, down * breadth, r * breadth)
            for right, down, r in blobs
        ]
        paint(np.minimum.reduce(puffs), WHITE, 0.85)
    for rise, haze in ((4.0, rgb(0.62, 0.76, 0.80)), (2.5, rgb(0.56, 0.74, 0.60))):
        top, breadth = SIZE * next(place), 9 + 9 * next(place)
        away = (x - top) / breadth
        paint(horizon - rise + 4 * away * away - y, haze)
    depth = np.clip((y - horizon) / (SIZE - horizon), 0, 1)
    paint(horizon - y, mix(rgb(0.80, 0.88, 0.56), rgb(0.58, 0.76, 0.34), depth))
    paint(np.where(river < 0, 9.0, np.abs(y - river) - 1.9), rgb(0.38, 0.66, 0.86))
    return mix(colour, rgb(0.72, 0.74, 0.72), flat)


def _shaded(colour, factors, moved, opacity):
    """Lays the things' shadows on the ground: colour (n, frames, 3, pixels) and how dark."""
    x, y = grid(SIZE)
    shade = np.zeros((len(moved), moved.shape[2], SIZE * SIZE))
    depth, middle = factors["depth"].astype(np.float64), factors["x"].astype(np.float64)
    for k in range(THINGS):
        at = middle[:, k, None, None] + moved[:, 1 + k, :, :1]
        wide, foot = (a[:, k, None, None] for a in (shadow(factors), stands(depth)))
        distance = disc(x, (y - foot) * 3, at, 0, wide)
        cover = np.where(wide > 0, 0.35 * opacity * np.clip(0.5 - distance / 2, 0, 1), 0.0)
        shade = cover + shade * (1 - cover)
    return mix(colour[:, None], rgb(0.12, 0.20, 0.08), shade), shade


def _lit(colour, factors):
    """The whole picture in the light of its hour; warmth leaves the luma as it is."""
    light = factors["light"].astype(np.float64)[:, None, None, None]
    warmth = factors["warmth"].astype(np.float64)[:, None, None, None]
    warm = colour * (1 + warmth * rgb(0.10, 0.0, -0.14))
    return warm * (light * luma(colour) / luma(warm))


# --- shortcuts ------------------------------------------------------------------------------


def _with_shortcuts(
    colour, own, *, aberration, vignette, continuity, tint, corner, clock=0.0, device=0.0
):
    """Pictures (n, frames, 3, pixels) with traces; own: numbers in [0, 1) (n, 16) of each image."""
    x, y = grid(SIZE)
    place = iter(own.T[:, :, None, None])
    lines = [(0.15 + 0.7 * next(place), 0.15 + 0.7 * next(place), k % 2) for k in range(3)]
    cast = np.concatenate([2 * next(place) - 1 for _ in range(3)], axis=-1)[..., None]
    if continuity:
        for first, last, upright in lines:
            along, across = (y, x) if upright else (x, y)
            slope = last - first
            distance = across - SIZE * first - slope * along
            distance = np.abs(distance) / np.sqrt(1 + slope * slope) - 0.4
            line = continuity * np.clip(0.5 - distance, 0, 1)
            colour = mix(colour, rgb(0.12, 0.12, 0.14), line)
    if tint:
        colour = colour * (1 + tint * cast)
    if device:
        colour = colour * (1 + device * (2 * coloured(own[:, -1]) - 1)[:, None])
    if clock:
        time = np.arange(moving.FRAMES)[:, None, None] / (moving.FRAMES - 1)
        colour = colour * (1 + clock * (2 * time - 1))
    if vignette:
        square = ((x - SIZE / 2) ** 2 + (y - SIZE / 2) ** 2) / (2 * (SIZE / 2) ** 2)
        colour = colour * (1 - vignette * square)
    if aberration:
        red = _magnified(colour[:, :, 0], 1 + aberration)
        blue = _magnified(colour[:, :, 2], 1 - aberration)
        colour = np.stack([red, colour[:, :, 1], blue], axis=2)
    if corner:
        off = np.maximum(np.abs(x - 29.5), np.abs(y - 29.5))
        ink = np.where(off < 0.6, 0.95, 0.05)
        colour = mix(colour, ink, corner * (off < 1.6))
    return colour


def _magnified(channel, scale):
    """One channel (n, frames, pixels), magnified about the middle of the picture."""
    at = np.clip((np.arange(SIZE) + 0.5 - SIZE / 2) / scale + SIZE / 2 - 0.5, 0, SIZE - 1 - 1e-9)
    i = at.astype(np.int64)
    share = at - i
    square = channel.reshape(-1, SIZE, SIZE)
    square = square[:, i] + share[:, None] * (square[:, i + 1] - square[:, i])
    square = square[:, :, i] + share * (square[:, :, i + 1] - square[:, :, i])
    return square.reshape(channel.shape)
