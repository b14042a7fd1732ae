"""Small scenes of which everything is known: things on a ground under a sky, and a ball.

Six kinds of things, each of two parts: house (walls, roof), tree (trunk, crown), boat (hull,
sail), lamp (post, light), snail (foot, shell), kite (body, tail). Two or three of them, all of
different kinds, stand on the ground, nearer ones lower in the picture, larger, and in front; a
kite flies. Image `i` of a split depends on (seed, split, i) alone, so a longer split begins with
the shorter one, byte for byte.

Trees, lamps and snails have the hue of their kind, so that recognition can tell it; houses, boats
and kites have any (`hue_free`), at one luma (0.299 R + 0.587 G + 0.114 B), so that a grey picture
says nothing of it.

How an image is drawn: each thing is a small picture of its own with a cover from 0 to 1, made of
shapes whose signed distance gives how much of a pixel they cover, with an edge one pixel wide.
These are laid over the landscape from the farthest to the nearest. All lengths are in pixels.

Shortcuts are traces by which a task can be solved without looking at any thing: colour fringes of a
lens, lines across the picture, a mark in the corner. All are off unless asked for, and none of them
changes the scene or its factors.

All arithmetic is +, -, *, / and sqrt in float64, which IEEE 754 fixes to the last bit, and
random numbers are raw Philox words, so the bytes do not depend on the machine.
"""

import numpy as np

from utils.data.glyphs import random_words

SIZE = 32  # pixels on each side
SPLITS = ("train", "test")
KINDS = ("house", "tree", "boat", "lamp", "snail", "kite")
THINGS = 3  # places for things; the third is empty in half of the scenes
HUES = (0.98, 0.34, 0.60, 0.14, 0.06, 0.84)  # by kind: 0 red, 1/3 green, 2/3 blue
FREE_HUES = ("house", "boat", "kite")  # kinds that come in any hue; the others in their own
HUE_JITTER = 0.025

# Values of the part mask: 0 is the landscape, then two for each kind in the order of `KINDS`.
PARTS = ("landscape", "walls", "roof", "trunk", "crown", "hull", "sail", "post", "light", "foot",
         "shell", "body", "tail", "ball")  # fmt: skip

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
SHORTCUTS = {"aberration": 0.04, "vignette": 0.5, "continuity": 0.6, "tint": 0.25, "corner": 1.0}

_TALL = (14.0, 16.5, 13.5, 16.5, 9.5, 15.0)  # height of each kind in front, pixels
_FRONT, _BACK = 30.25, 20.75  # where things at depth 0 and 1 stand, pixels below the top edge
_PATCH = 24  # pixels on each side of a thing's own picture
_WORDS = 64  # random words of a scene
_CHUNK = 64  # images drawn together
_LUMA = (0.299, 0.587, 0.114)


def draw(
    split,
    start,
    stop,
    *,
    seed=0,
    aberration=0.0,
    vignette=0.0,
    continuity=0.0,
    tint=0.0,
    corner=0.0,
    flat=0.0,
):
    """Draws images `start` to `stop` of a split.

    Args:
        split: 'train' or 'test'.
        seed: int.
        aberration: red is magnified by 1 + this about the middle of the picture, blue by 1 - this.
        vignette: share of the light that is lost in the corners.
        continuity: opacity of three thin straight lines across the whole picture.
        tint: greatest change of a channel, as a share, by a colour cast of each image's own.
        corner: opacity of a mark in the lower right corner, the same in all images.
        flat: 1 leaves no landscape, only one even colour behind all things; no shortcut, but the
            cure of one: sky and ground tell where up is.

    Returns:
        dict of arrays of length n = stop - start: 'image' uint8 (n, 32, 32, 3); 'mask' uint8
        (n, 32, 32, 1), positions in `PARTS`; 'label' int64 (n,), the kind of the nearest thing,
        which no other covers; of each thing, nearest first, (n, 3): 'kind' int64 (position in
        `KINDS`, -1 for none), 'hue_free' int64, 'faces' int64 (-1 left, 1 right), float32 'hue'
        (0 to 1), 'size' (height, pixels), 'x', 'y' (its middle, pixels from the upper left
        corner), 'depth' (0 front to 1 back); one float32 per name in `GLOBALS` and in
        `SHORTCUTS`, the amplitudes, (n,).
    """
    shortcuts = dict(aberration=aberration, vignette=vignette, continuity=continuity)
    shortcuts |= dict(tint=tint, corner=corner)
    uniform = _uniform(seed, SPLITS.index(split), start, stop, _WORDS)
    factors, landscape = _factors(uniform)
    layers = _layers(factors)
    colour = _landscape(factors, landscape)
    colour += flat * (np.array((0.72, 0.74, 0.72)) - colour)
    colour, mask = _composed(colour, layers)
    colour = _lit(colour, factors)
    if any(shortcuts.values()):
        own = _uniform(seed, len(SPLITS) + SPLITS.index(split), start, stop, 16)
        colour = _with_shortcuts(colour, own, **shortcuts)
    n, shape = len(uniform), (len(uniform), SIZE, SIZE)
    amplitudes = {name: np.full(n, value, np.float32) for name, value in shortcuts.items()}
    return {
        "image": _bytes(colour).reshape(*shape, 3),
        "mask": mask.reshape(*shape, 1),
        "label": factors["kind"][:, 0].copy(),
        **factors,
        **amplitudes,
    }


def stream(split, count, **options):
    """Yields a dict of one image and its numbers for the first `count`, in bounded memory."""
    for start in range(0, count, _CHUNK):
        arrays = draw(split, start, min(start + _CHUNK, count), **options)
        for i in range(len(arrays["label"])):
            yield {name: values[i] for name, values in arrays.items()}


def _uniform(seed, stream, start, stop, count):
    """Numbers in [0, 1) with 53 random bits, (stop - start, count), by image."""
    # 20: pictures of no other set begin from the same words
    words = random_words((seed, 20 + stream), start, stop, count)
    return (words >> np.uint64(11)) * 2.0**-53


def _bytes(values):
    return np.floor(np.clip(values, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)


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
    foot = _FRONT + (_BACK - _FRONT) * depth
    flies = kind == KINDS.index("kite")
    height = some(THINGS)
    y = np.where(flies, 7.0 + 4.0 * height, foot - size / 2)
    free = np.isin(kind, [KINDS.index(name) for name in FREE_HUES])
    jittered = np.array(HUES)[kind] + HUE_JITTER * (2 * some(THINGS) - 1)
    hue = np.where(free, some(THINGS), jittered)
    faces = np.where(some(THINGS) < 0.5, -1, 1)

    values = dict(kind=kind, hue=hue - np.floor(hue), hue_free=free, size=size, x=x, y=y)
    values |= dict(depth=depth, faces=faces)
    for name in FACTORS:
        whole = name in ("kind", "hue_free", "faces")
        array = np.where(there, values[name], -1 if name == "kind" else 0)
        factors[name] = array.astype(np.int64 if whole else np.float32)

    # A boat lies on a river; other scenes of two have one where nothing stands, every other time.
    nowhere = _FRONT + (_BACK - _FRONT) * (0.16 + 0.34 * empty[:, 0])
    river = np.where((count[:, 0] == 2) & (next(numbers) < 0.5), nowhere, -1.0)
    for k in range(THINGS):
        boat = there[:, k] & (kind[:, k] == KINDS.index("boat"))
        river = np.where(boat, foot[:, k] - 0.5, river)
    factors["river"] = river.astype(np.float32)
    return factors, uniform[:, _WORDS - 20 :]


# --- shapes: signed distances, inside < 0 ---------------------------------------------------


def _disc(u, v, centre_u, centre_v, radius):
    return np.sqrt((u - centre_u) ** 2 + (v - centre_v) ** 2) - radius


def _box(u, v, left, right, top, bottom):
    return np.maximum(
        np.abs(u - (left + right) / 2) - (right - left) / 2,
        np.abs(v - (top + bottom) / 2) - (bottom - top) / 2,
    )


def _limb(u, v, begin, end, radius_begin, radius_end):
    """A segment with a radius at each end."""
    (au, av), (bu, bv) = begin, end
    du, dv = bu - au, bv - av
    along = np.clip(((u - au) * du + (v - av) * dv) / (du * du + dv * dv), 0.0, 1.0)
    off_u, off_v = u - au - along * du, v - av - along * dv
    distance = np.sqrt(off_u * off_u + off_v * off_v)
    return distance - radius_begin - along * (radius_end - radius_begin)


def _polygon(u, v, *corners):
    """A convex polygon; corners clockwise as seen on the screen."""
    distance = None
    for (au, av), (bu, bv) in zip(corners, corners[1:] + corners[:1], strict=True):
        du, dv = bu - au, bv - av
        side = ((u - au) * dv - (v - av) * du) / np.sqrt(du * du + dv * dv)
        distance = side if distance is None else np.maximum(distance, side)
    return distance


# --- colours --------------------------------------------------------------------------------


def _hue(hue, luma=0.5):
    """The most saturated colour (..., 3) of a hue (...) that has this luma."""
    h = 6 * np.asarray(hue)
    pure = np.stack([np.abs(h - 3) - 1, 2 - np.abs(h - 2), 2 - np.abs(h - 4)], axis=-1)
    pure = np.clip(pure, 0.0, 1.0)
    has = _luma(pure)[..., None]
    lighter = pure + (1 - pure) * (luma - has) / (1 - np.minimum(has, luma))
    return np.where(has < luma, lighter, pure * luma / has)


def _luma(colour):
    return colour[..., 0] * _LUMA[0] + colour[..., 1] * _LUMA[1] + colour[..., 2] * _LUMA[2]


def _mix(a, b, share):
    """Between two colours: a where share (...) is 0, b where it is 1."""
    return np.asarray(a) + np.asarray(share)[..., None] * (np.asarray(b) - np.asarray(a))


def _smooth(t):
    """From 0 to 1 with level ends."""
    t = np.clip(t, 0.0, 1.0)
    return t * t * (3 - 2 * t)


# --- things ---------------------------------------------------------------------------------


class _Layer:
    """Pictures (m, pixels) of things on nothing: colour times cover, cover, and that of parts."""

    def __init__(self, m, pixels, size):
        self.size = size  # pixels per unit of distance, (m, 1)
        self.colour = np.zeros((m, pixels, 3))
        self.cover = np.zeros((m, pixels))
        self.parts = np.zeros((2, m, pixels))

    def paint(self, part, distance, colour, opacity=1.0, softness=1.0):
        """Lays a shape over what is there.

        Args:
            part: 0 or 1; None for a haze that belongs to none.
            distance: (m, pixels) in heights of the thing.
            softness: width of the edge, pixels.
        """
        cover = opacity * np.clip(0.5 - distance * self.size / softness, 0.0, 1.0)
        self.colour += cover[..., None] * (np.asarray(colour) - self.colour)
        self.cover += cover * (1 - self.cover)
        if part is not None:
            self.parts -= cover * self.parts
            self.parts[part] += cover

    def values(self):
        parts = np.moveaxis(self.parts, 0, -1)
        return np.concatenate([self.colour, self.cover[..., None], parts], axis=-1)


def _house(layer, u, v, hue):
    wall, dark = _hue(hue)[:, None], _hue(hue)[:, None] * 0.5
    layer.paint(1, _box(u, v, 0.18, 0.33, -0.46, -0.1), dark)
    layer.paint(0, _box(u, v, -0.42, 0.42, -0.08, 0.5), wall)
    layer.paint(1, _polygon(u, v, (-0.58, 0.0), (0.0, -0.54), (0.58, 0.0)), dark)
    layer.paint(0, _box(u, v, -0.28, -0.05, 0.14, 0.5), (0.20, 0.14, 0.12))
    layer.paint(0, _box(u, v, 0.08, 0.32, 0.12, 0.34), (1.0, 0.95, 0.62))


def _tree(layer, u, v, hue):
    leaf = _hue(hue, 0.36)[:, None]
    layer.paint(0, _limb(u, v, (0, 0.08), (0, 0.46), 0.06, 0.08), (0.40, 0.24, 0.12))
    blobs = (-0.17, -0.04, 0.19), (0.17, -0.04, 0.19), (0.0, -0.25, 0.24)
    layer.paint(1, np.minimum.reduce([_disc(u, v, *blob) for blob in blobs]), leaf)
    for blob in ((-0.07, -0.31, 0.11), (-0.20, -0.08, 0.08), (0.13, -0.09, 0.09)):
        layer.paint(1, _disc(u, v, *blob), _mix(leaf, (1.0, 1.0, 0.6), 0.3), 0.9)


def _boat(layer, u, v, hue):
    colour = _hue(hue)[:, None]
    layer.paint(0, _box(u, v, -0.03, 0.035, -0.5, 0.25), (0.30, 0.20, 0.14))
    layer.paint(1, _polygon(u, v, (0.06, 0.16), (0.06, -0.5), (0.50, 0.16)),
                _mix(colour, (1.0, 1.0, 1.0), 0.35))  # fmt: skip
    layer.paint(1, _polygon(u, v, (-0.06, 0.16), (-0.40, 0.16), (-0.06, -0.36)), colour)
    layer.paint(0, _polygon(u, v, (-0.58, 0.20), (0.58, 0.20), (0.36, 0.50), (-0.36, 0.50)),
                colour * 0.5)  # fmt: skip


def _lamp(layer, u, v, hue):
    iron = (0.16, 0.18, 0.24)
    layer.paint(None, _disc(u, v, 0, -0.27, 0.24), _hue(hue, 0.85)[:, None], 0.5, 5.0)
    layer.paint(0, _limb(u, v, (0, -0.1), (0, 0.46), 0.03, 0.04), iron)
    layer.paint(0, _box(u, v, -0.13, 0.13, 0.43, 0.5), iron)
    glass = (-0.11, -0.08), (-0.17, -0.38), (0.17, -0.38), (0.11, -0.08)
    layer.paint(1, _polygon(u, v, *glass), _hue(hue, 0.78)[:, None])
    layer.paint(0, _polygon(u, v, (-0.21, -0.37), (0.0, -0.5), (0.21, -0.37)), iron)
    layer.paint(1, _disc(u, v, 0, -0.23, 0.06), (1.0, 1.0, 0.9))


def _snail(layer, u, v, hue):
    skin, shell = (0.86, 0.76, 0.52), _hue(hue, 0.45)[:, None]
    for tip in ((0.50, -0.36), (0.78, -0.34)):
        layer.paint(0, _limb(u, v, (0.62, 0.05), tip, 0.045, 0.055), (0.42, 0.32, 0.22))
    layer.paint(0, _limb(u, v, (-0.70, 0.42), (0.50, 0.38), 0.06, 0.12), skin)
    layer.paint(0, _limb(u, v, (0.52, 0.36), (0.63, 0.06), 0.13, 0.13), skin)
    layer.paint(1, _disc(u, v, -0.10, -0.05, 0.44), shell)
    ring = np.abs(_disc(u, v, -0.06, 0.0, 0.22)) - 0.05
    layer.paint(1, ring, shell * 0.45)
    layer.paint(1, _disc(u, v, -0.06, 0.0, 0.06), shell * 0.45)


def _kite(layer, u, v, hue):
    colour = _hue(hue)[:, None]
    knots = (0.0, 0.10), (0.08, 0.24), (-0.07, 0.36), (0.04, 0.5)
    for begin, end in zip(knots, knots[1:], strict=False):
        layer.paint(1, _limb(u, v, begin, end, 0.022, 0.022), (0.25, 0.22, 0.28))
    for knot in knots[1:]:
        layer.paint(1, _disc(u, v, *knot, 0.055), colour * 0.6)
    top, right, bottom, left = (0.0, -0.5), (0.32, -0.22), (0.0, 0.16), (-0.32, -0.22)
    body = _polygon(u, v, left, top, right, bottom)
    layer.paint(0, body, colour)
    layer.paint(0, np.maximum(body, _box(u, v, 0, 1, -1, -0.22)), _mix(colour, (1, 1, 1), 0.55))
    layer.paint(0, np.maximum(body, _box(u, v, -1, 0, -0.22, 1)), _mix(colour, (1, 1, 1), 0.55))


def _ball(layer, u, v, radius):
    layer.paint(0, _disc(u, v, 0, 0, radius), (0.90, 0.08, 0.12))
    layer.paint(0, _disc(u, v, -0.35 * radius, -0.4 * radius, 0.3 * radius), (1.0, 0.80, 0.76))


_DRAWN = (_house, _tree, _boat, _lamp, _snail, _kite)
_SHADOWS = (0.46, 0.26, 0.0, 0.20, 0.62, 0.0)  # half their breadth, heights of the thing


def _layers(factors):
    """Each thing's own picture, nearest first after the ball.

    Returns a list of (values (n, patch pixels, 6): colour times cover, cover, that of both parts;
    corner (n, 2): x and y of the patch's first pixel; code (n,): of its first part in `PARTS`).
    """
    middle = np.arange(_PATCH) + 0.5
    across, down = np.tile(middle, _PATCH)[None], np.repeat(middle, _PATCH)[None]
    n, pixels = len(factors["kind"]), _PATCH * _PATCH

    def patch(x, y):
        """Pixels' places right of and below the thing's middle, and the patch's corner."""
        corner = np.floor(np.stack([x, y], axis=-1)) - _PATCH // 2
        places = across - (x - corner[:, 0])[:, None], down - (y - corner[:, 1])[:, None]
        return *places, corner.astype(np.int64)

    own = {name: factors[name].astype(np.float64) for name in ("ball_x", "ball_y", "ball_radius")}
    u, v, corner = patch(own["ball_x"], own["ball_y"])
    ball = _Layer(n, pixels, 1.0)
    _ball(ball, u, v, own["ball_radius"][:, None])
    layers = [(ball.values(), corner, np.full(n, PARTS.index("ball")))]

    own = {name: factors[name].reshape(-1).astype(np.float64) for name in FACTORS}
    values, corners = np.zeros((n * THINGS, pixels, 6)), np.zeros((n * THINGS, 2), np.int64)
    for number, drawn in enumerate(_DRAWN):
        (rows,) = np.nonzero(own["kind"] == number)
        size, faces = own["size"][rows][:, None], own["faces"][rows][:, None]
        u, v, corners[rows] = patch(own["x"][rows], own["y"][rows])
        layer = _Layer(len(rows), pixels, size)
        drawn(layer, u / size * faces, v / size, own["hue"][rows])
        values[rows] = layer.values()
    values, corners = values.reshape(n, THINGS, pixels, 6), corners.reshape(n, THINGS, 2)
    codes = np.where(factors["kind"] < 0, 0, 1 + 2 * factors["kind"])
    return layers + [(values[:, k], corners[:, k], codes[:, k]) for k in range(THINGS)]


def _laid(values, corner):
    """A layer's values at the pixels of the picture: (n, pixels, 6), 0 outside of its patch."""
    n = len(values)
    column = np.arange(SIZE)[None] - corner[:, :1]
    row = np.arange(SIZE)[None] - corner[:, 1:]
    near_row, near_column = np.clip(row, 0, _PATCH - 1), np.clip(column, 0, _PATCH - 1)
    inside = (row == near_row)[:, :, None] & (column == near_column)[:, None]
    values = values.reshape(n, _PATCH, _PATCH, -1)
    values = values[np.arange(n)[:, None, None], near_row[:, :, None], near_column[:, None]]
    return (values * inside[..., None]).reshape(n, SIZE * SIZE, -1)


def _composed(colour, layers):
    """Lays layers over the landscape; returns (colour, part mask uint8 (n, pixels))."""
    most, mask = np.ones(colour.shape[:2]), np.zeros(colour.shape[:2], np.uint8)
    for values, corner, code in reversed(layers):
        values = _laid(values, corner)
        colour = colour * (1 - values[..., 3:4]) + values[..., :3]
        most = most * (1 - values[..., 4] - values[..., 5])
        for k in range(2):
            ahead = values[..., 4 + k] > most
            mask = np.where(ahead, (code[:, None] + k).astype(np.uint8), mask)
            most = np.where(ahead, values[..., 4 + k], most)
    return colour, mask


# --- the landscape and its light ------------------------------------------------------------


def _landscape(factors, scene):
    middle = np.arange(SIZE) + 0.5
    x, y = np.tile(middle, SIZE)[None], np.repeat(middle, SIZE)[None]
    horizon = factors["horizon"].astype(np.float64)[:, None]
    river = factors["river"].astype(np.float64)[:, None]
    place = iter(scene.T[:, :, None])
    n = len(scene)
    colour = _mix((0.36, 0.62, 0.95), (0.86, 0.93, 0.98), _smooth(y / horizon))

    def paint(cover, over):
        nonlocal colour
        colour = _mix(colour, over, cover)

    for _ in range(2):
        cloud_x, cloud_y = 32 * next(place), 2.5 + 6 * next(place)
        breadth = 2.0 + 1.5 * next(place)
        blobs = (-1, 0.15, 0.6), (0, -0.25, 0.85), (1, 0.1, 0.65)  # right, down, radius
        puffs = [
            _disc(x, (y - cloud_y) * 1.5, cloud_x + right * breadth, down * breadth, r * breadth)
            for right, down, r in blobs
        ]
        paint(0.85 * np.clip(0.5 - np.minimum.reduce(puffs), 0, 1), (1.0, 1.0, 1.0))
    for far in (0, 1):  # two hills, parabolas
        top, breadth = 32 * next(place), 9 + 9 * next(place)
        ridge = horizon - (4.0 - 1.5 * far) + ((x - top) / breadth) ** 2 * 4.0
        paint(np.clip(0.5 - (ridge - y), 0, 1), ((0.62, 0.76, 0.80), (0.56, 0.74, 0.60))[far])
    depth = np.clip((y - horizon) / (SIZE - horizon), 0, 1)
    grass = _mix((0.80, 0.88, 0.56), (0.58, 0.76, 0.34), depth)
    paint(np.clip(0.5 - (horizon - y), 0, 1), grass)
    water = np.where(river < 0, 9.0, np.abs(y - river) - 1.9)
    paint(np.clip(0.5 - water, 0, 1), (0.38, 0.66, 0.86))
    breadth = np.array((*_SHADOWS, 0.0))[factors["kind"]] * factors["size"]
    for k in range(THINGS):
        wide = breadth[:, k : k + 1]
        off = x - factors["x"][:, k : k + 1].astype(np.float64), y - _foot(factors)[:, k : k + 1]
        shadow = _disc(off[0], off[1] * 3, 0, 0, wide)
        paint(np.where(wide > 0, 0.35 * np.clip(0.5 - shadow / 2, 0, 1), 0.0), (0.12, 0.20, 0.08))
    return np.broadcast_to(colour, (n, SIZE * SIZE, 3)).copy()


def _foot(factors):
    return _FRONT + (_BACK - _FRONT) * factors["depth"].astype(np.float64)


def _lit(colour, factors):
    """The whole picture in the light of its hour; warmth leaves the luma as it is."""
    light = factors["light"].astype(np.float64)[:, None, None]
    warmth = factors["warmth"].astype(np.float64)[:, None, None]
    warm = colour * (1 + warmth * np.array([0.10, 0.0, -0.14]))
    return warm * (light * _luma(colour)[..., None] / _luma(warm)[..., None])


# --- shortcuts ------------------------------------------------------------------------------


def _with_shortcuts(colour, own, *, aberration, vignette, continuity, tint, corner):
    """The pictures (n, pixels, 3) with traces; own: numbers in [0, 1) (n, 16) of each image."""
    middle = np.arange(SIZE) + 0.5
    x, y = np.tile(middle, SIZE)[None], np.repeat(middle, SIZE)[None]
    place = iter(own.T[:, :, None])
    lines = [(0.15 + 0.7 * next(place), 0.15 + 0.7 * next(place), k % 2) for k in range(3)]
    cast = np.stack([2 * next(place) - 1 for _ in range(3)], axis=-1)
    if continuity:
        for first, last, upright in lines:
            along, across = (y, x) if upright else (x, y)
            slope = last - first
            distance = across - SIZE * first - slope * along
            distance = np.abs(distance) / np.sqrt(1 + slope * slope) - 0.4
            cover = continuity * np.clip(0.5 - distance, 0, 1)
            colour = _mix(colour, (0.12, 0.12, 0.14), cover)
    if tint:
        colour = colour * (1 + tint * cast)
    if vignette:
        square = ((x - SIZE / 2) ** 2 + (y - SIZE / 2) ** 2) / (2 * (SIZE / 2) ** 2)
        colour = colour * (1 - vignette * square)[..., None]
    if aberration:
        red, blue = (_magnified(colour[..., k], 1 + s * aberration) for k, s in ((0, 1), (2, -1)))
        colour = np.stack([red, colour[..., 1], blue], axis=-1)
    if corner:
        mark = np.maximum(np.abs(x - 29.5), np.abs(y - 29.5)) < 1.6
        dot = (x == 29.5) & (y == 29.5)
        ink = np.where((mark & ~dot)[..., None], 0.05, 0.95)
        colour = _mix(colour, ink, corner * mark)
    return colour


def _magnified(channel, scale):
    """One channel (n, pixels), magnified about the middle of the picture."""
    at = np.clip((np.arange(SIZE) + 0.5 - SIZE / 2) / scale + SIZE / 2 - 0.5, 0, SIZE - 1 - 1e-9)
    i = at.astype(np.int64)
    share = at - i
    square = channel.reshape(-1, SIZE, SIZE)
    square = square[:, i] + share[:, None] * (square[:, i + 1] - square[:, i])
    square = square[:, :, i] + share * (square[:, :, i + 1] - square[:, :, i])
    return square.reshape(channel.shape)
