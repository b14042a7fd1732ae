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

# Clips
FRAMES, FRAME_RATE = 6, 8  # frames, and frames a second: frame t is the picture at t / 8 seconds
SAMPLES, SAMPLE_RATE = 3_072, 4_096  # of the sound, and a second
STILL_KINDS = ("house", "tree")  # these never move; others do three times in four
SILENT_KINDS = ("tree", "kite")
TIMBRES = ((1.0, 0.0, 0.0), (0, 0, 0), (0.6, 0.6, 0.0), (0.5, 0.0, 0.8), (0.2, 0.6, 0.6), (0, 0, 0))
"""Of each kind: amplitudes of the pitch and of two and three times the pitch."""

# The amplitudes of the sets with shortcuts; see `draw`. The last two are for clips.
SHORTCUTS = {"aberration": 0.04, "vignette": 0.5, "continuity": 0.6, "tint": 0.25, "corner": 1.0,
             "clock": 0.15, "device": 0.15}  # fmt: skip
CLIP_SHORTCUTS = ("clock", "device")

_TALL = (14.0, 16.5, 13.5, 16.5, 9.5, 15.0)  # height of each kind in front, pixels
_FRONT, _BACK = 30.25, 20.75  # where things at depth 0 and 1 stand, pixels below the top edge
_PATCH = 24  # pixels on each side of a thing's own picture
_WORDS, _MOTION = 64, 40  # random words of a scene and of how it moves
_CHUNK = 64  # images drawn together
_LUMA = (0.299, 0.587, 0.114)
_PI = 3.141592653589793


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
    shortcuts |= dict(tint=tint, corner=corner, clock=clock, device=device)
    if not clips:
        if shortcuts.pop("clock") or shortcuts.pop("device"):
            raise ValueError("clock and device are of clips: pass clips=True")
        shortcuts.pop("device", None)
    # 20: pictures of no other set begin from the same words
    stream = 20 + 4 * clips + SPLITS.index(split)
    uniform = _uniform((seed, stream), start, stop, _WORDS + clips * _MOTION)
    factors, landscape = _factors(uniform[:, :_WORDS])
    if clips:
        motion = _motion(factors, uniform[:, _WORDS:])
        moved = np.concatenate([motion["ball_moved"][:, None], motion["moved"]], axis=1)
    else:
        moved = np.zeros((stop - start, 1 + THINGS, 1, 2), np.int8)
    colour, shade = _shaded(_landscape(factors, landscape, flat), factors, moved, 1 - flat)
    layers = _layers(factors)
    colour, mask, owner, alone = _composed(colour, layers, moved)
    colour = _lit(colour, factors)
    own = _uniform((seed, stream + len(SPLITS)), start, stop, 16)
    if any(shortcuts.values()):
        colour = _with_shortcuts(colour, own, **shortcuts)
    shape = *mask.shape[:2], SIZE, SIZE
    image = np.moveaxis(_bytes(colour), 2, -1).reshape(*shape, 3)
    mask = mask.reshape(*shape, 1)
    arrays = {"image": image, "mask": mask} if clips else {"image": image[:, 0], "mask": mask[:, 0]}
    arrays |= {"label": factors["kind"][:, 0].copy(), **factors}
    if clips:
        arrays |= motion | _flow(owner, alone, shade, moved)
        arrays["visible"] = _visible(owner, layers)
        arrays |= _words(arrays["visible"], factors["kind"], uniform[:, -9:], misaligned)
        noise = random_words((seed, stream + 2 * len(SPLITS) + 4), start, stop, SAMPLES // 4)
        arrays |= _sound(factors, motion, noise, own[:, -1], device)
    for name, value in shortcuts.items():
        arrays[name] = np.full(stop - start, value, np.float32)
    return arrays


def stream(split, count, **options):
    """Yields a dict of one image, or clip, and its numbers for the first `count`.

    In bounded memory; options are those of `draw`.
    """
    for start in range(0, count, _CHUNK):
        arrays = draw(split, start, min(start + _CHUNK, count), **options)
        for i in range(len(arrays["label"])):
            yield {name: values[i] for name, values in arrays.items()}


def _uniform(key, start, stop, count):
    """Numbers in [0, 1) with 53 random bits, (stop - start, count), by image."""
    return (random_words(key, start, stop, count) >> np.uint64(11)) * 2.0**-53


def _bytes(values):
    return np.floor(np.clip(values, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)


def _grid(size):
    """Middles of the pixels of a square: x and y (1, pixels)."""
    middle = np.arange(size) + 0.5
    return np.tile(middle, size)[None], np.repeat(middle, size)[None]


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


def _foot(factors):
    """Where things stand, or would: y (n, 3)."""
    return _FRONT + (_BACK - _FRONT) * factors["depth"].astype(np.float64)


# --- how it moves ---------------------------------------------------------------------------


def _bounces():
    """All ways to fall and bounce: heights above the ground (k, frames), and whether it touches."""
    heights, touches = [], []
    for height in range(4, 10):
        for speed in (-1, 0, 1, 2):  # upwards, before gravity: 2 pixels a frame, each frame
            path, touch = [height], [0]
            v = speed
            for _ in range(FRAMES - 1):
                v -= 2
                touch.append(int(path[-1] + v <= 0))
                path.append(max(path[-1] + v, 0))
                v = -v - 1 if touch[-1] else v
            if 1 in touch[:-1]:
                heights.append(path)
                touches.append(touch)
    return np.array(heights), np.array(touches)


def _motion(factors, uniform):
    """How the things and the ball of each scene move; sets x and y to those of the first frame."""
    numbers = iter(uniform.T)

    def some(count=THINGS):
        return np.stack([next(numbers) for _ in range(count)], axis=1)

    def of(*values):
        return np.array(values)[np.floor(some() * len(values)).astype(np.int64)]

    kind, there = factors["kind"], factors["kind"] >= 0
    movable = ~np.isin(kind, [KINDS.index(name) for name in STILL_KINDS])
    moves = there & movable & (some() < 0.75)
    way = of(0, 1, 2, 2)  # glides, swings, bounces
    glides, swings, bounces = (moves & (way == k) for k in range(3))
    sign, time = of(-1, 1), np.arange(FRAMES)
    glide = (sign * of(2, 3, 4))[..., None] * time
    swing = (sign * of(1, 2))[..., None] * np.array([0, 1, 2, 2, 1, 0])
    drift = of(-1, 0, 1)[..., None] * time
    heights, touches = _bounces()
    which = np.floor(some() * len(heights)).astype(np.int64)
    right = np.select([glides[..., None], swings[..., None], bounces[..., None]],
                      [glide, swing, drift], 0)  # fmt: skip
    down = np.where(bounces[..., None], heights[which][..., :1] - heights[which], 0)
    moved = np.stack([right, down], axis=-1)

    # Where it would stand still is the middle of its way; gliding things cross the whole picture.
    x = np.where(glides, SIZE * some(), factors["x"]) - (right[..., 0] + right[..., -1]) / 2
    x = np.where(swings, factors["x"] - right[..., 2] / 2, x)
    resting = _foot(factors) - factors["size"].astype(np.float64) / 2
    y = np.where(bounces, resting - heights[which][..., 0], factors["y"])
    factors["x"], factors["y"] = x.astype(np.float32), y.astype(np.float32)

    ball = []
    for name, speeds in (("ball_x", (-3, -2, 2, 3)), ("ball_y", (-2, -1, 0, 1, 2))):
        v = np.array(speeds)[np.floor(next(numbers) * len(speeds)).astype(np.int64)]
        place, path = factors[name].astype(np.float64), [np.zeros(len(v), np.int64)]
        for _ in range(FRAMES - 1):
            ahead = place + path[-1] + v
            v = np.where((ahead < 2) | (ahead > SIZE - 2), -v, v)  # back from the picture's edge
            path.append(path[-1] + v)
        ball.append(np.stack(path, axis=1))
    silent = np.isin(kind, [KINDS.index(name) for name in SILENT_KINDS])
    sounds = there & ~silent
    size = np.where(there, factors["size"], 1.0).astype(np.float64)
    return {
        "moves": moves.astype(np.int64),
        "reversible": (there & ~bounces).astype(np.int64),
        "vx": moved[:, :, 1, 0],
        "vy": moved[:, :, 1, 1],
        "moved": moved.astype(np.int8),
        "ball_moved": np.stack(ball, axis=-1).astype(np.int8),
        "lands": (touches[which] * bounces[..., None]).astype(bool),
        "silent": (there & silent).astype(np.int64),
        "timbre": np.where(sounds, kind, -1),
        "pitch": np.where(sounds, 3000.0 / size, 0.0).astype(np.float32),
    }


def _words(visible, kind, uniform, misaligned):
    """Narration: each thing that is seen is named once, about when it is seen."""
    seen = visible >= np.minimum(0.5, visible.max(-1, keepdims=True))
    seen &= visible > 0
    count, named = seen.sum(-1), seen.any(-1)
    nth = np.floor(uniform[:, :THINGS] * count).astype(np.int64)
    # the frame in which as many have been seen before it as the number drawn says
    at = ((np.cumsum(seen, axis=-1) - 1 == nth[..., None]) & seen).argmax(-1)
    off = np.floor(uniform[:, THINGS : 2 * THINGS] * (2 * misaligned + 1)).astype(np.int64)
    said = np.clip(at + off - misaligned, 0, FRAMES - 1)
    order = np.argsort(np.where(named, said, FRAMES), axis=1, kind="stable")
    values = dict(words=kind, word_frame=said, word_seen=at)
    return {
        name: np.take_along_axis(np.where(named, value, -1), order, axis=1)
        for name, value in values.items()
    }


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
    """The most saturated colour (n, 3, 1) of each hue (n,) that has this luma."""
    h = 6 * hue[:, None]
    pure = np.stack([np.abs(h - 3) - 1, 2 - np.abs(h - 2), 2 - np.abs(h - 4)], axis=1)
    pure = np.clip(pure, 0.0, 1.0)
    has = _luma(pure)
    lighter = pure + (1 - pure) * (luma - has) / (1 - np.minimum(has, luma))
    return np.where(has < luma, lighter, pure * luma / has)


def _luma(colour):
    """Of colours (..., 3, pixels): (..., 1, pixels)."""
    red, green, blue = (colour[..., k : k + 1, :] * _LUMA[k] for k in range(3))
    return red + green + blue


def _rgb(red, green, blue):
    return np.array((red, green, blue))[:, None]


_WHITE = _rgb(1.0, 1.0, 1.0)


def _mix(a, b, share):
    """Between two colours (..., 3, pixels): a where share (..., pixels) is 0, b where it is 1."""
    share = np.asarray(share)
    return a + (share[..., None, :] if share.ndim else share) * (b - a)


def _smooth(t):
    """From 0 to 1 with level ends."""
    t = np.clip(t, 0.0, 1.0)
    return t * t * (3 - 2 * t)


# --- things ---------------------------------------------------------------------------------


class _Layer:
    """Small pictures (m, pixels) of things on nothing."""

    def __init__(self, m, size):
        self.size = size  # pixels per unit of distance, (m, 1)
        # red, green and blue times cover; cover; that of both parts
        self.values = np.zeros((m, 6, _PATCH * _PATCH))

    def paint(self, part, distance, colour, opacity=1.0, softness=1.0):
        """Lays a shape over what is there.

        Args:
            part: 0 or 1; None for a haze that belongs to none.
            distance: (m, pixels) in heights of the thing.
            colour: (3, 1) or (m, 3, 1).
            softness: width of the edge, pixels.
        """
        cover = opacity * np.clip(0.5 - distance * (self.size / softness), 0.0, 1.0)
        over = np.zeros((len(self.values), 6, 1))
        over[:, :3], over[:, 3] = colour, 1
        if part is None:
            self.values[:, :4] += cover[:, None] * (over[:, :4] - self.values[:, :4])
        else:
            over[:, 4 + part] = 1
            self.values += cover[:, None] * (over - self.values)


def _house(layer, u, v, hue):
    wall, dark = _hue(hue), _hue(hue) * 0.5
    layer.paint(1, _box(u, v, 0.18, 0.33, -0.46, -0.1), dark)
    layer.paint(0, _box(u, v, -0.42, 0.42, -0.08, 0.5), wall)
    layer.paint(1, _polygon(u, v, (-0.58, 0.0), (0.0, -0.54), (0.58, 0.0)), dark)
    layer.paint(0, _box(u, v, -0.28, -0.05, 0.14, 0.5), _rgb(0.20, 0.14, 0.12))
    layer.paint(0, _box(u, v, 0.08, 0.32, 0.12, 0.34), _rgb(1.0, 0.95, 0.62))


def _tree(layer, u, v, hue):
    leaf = _hue(hue, 0.36)
    layer.paint(0, _limb(u, v, (0, 0.08), (0, 0.46), 0.06, 0.08), _rgb(0.40, 0.24, 0.12))
    blobs = (-0.17, -0.04, 0.19), (0.17, -0.04, 0.19), (0.0, -0.25, 0.24)
    layer.paint(1, np.minimum.reduce([_disc(u, v, *blob) for blob in blobs]), leaf)
    for blob in ((-0.07, -0.31, 0.11), (-0.20, -0.08, 0.08), (0.13, -0.09, 0.09)):
        layer.paint(1, _disc(u, v, *blob), _mix(leaf, _rgb(1.0, 1.0, 0.6), 0.3), 0.9)


def _boat(layer, u, v, hue):
    colour = _hue(hue)
    layer.paint(0, _box(u, v, -0.03, 0.035, -0.5, 0.25), _rgb(0.30, 0.20, 0.14))
    layer.paint(1, _polygon(u, v, (0.06, 0.16), (0.06, -0.5), (0.50, 0.16)),
                _mix(colour, _WHITE, 0.35))  # fmt: skip
    layer.paint(1, _polygon(u, v, (-0.06, 0.16), (-0.40, 0.16), (-0.06, -0.36)), colour)
    layer.paint(0, _polygon(u, v, (-0.58, 0.20), (0.58, 0.20), (0.36, 0.50), (-0.36, 0.50)),
                colour * 0.5)  # fmt: skip


def _lamp(layer, u, v, hue):
    iron = _rgb(0.16, 0.18, 0.24)
    layer.paint(None, _disc(u, v, 0, -0.27, 0.24), _hue(hue, 0.85), 0.5, 5.0)
    layer.paint(0, _limb(u, v, (0, -0.1), (0, 0.46), 0.03, 0.04), iron)
    layer.paint(0, _box(u, v, -0.13, 0.13, 0.43, 0.5), iron)
    glass = (-0.11, -0.08), (-0.17, -0.38), (0.17, -0.38), (0.11, -0.08)
    layer.paint(1, _polygon(u, v, *glass), _hue(hue, 0.78))
    layer.paint(0, _polygon(u, v, (-0.21, -0.37), (0.0, -0.5), (0.21, -0.37)), iron)
    layer.paint(1, _disc(u, v, 0, -0.23, 0.06), _rgb(1.0, 1.0, 0.9))


def _snail(layer, u, v, hue):
    skin, shell = _rgb(0.86, 0.76, 0.52), _hue(hue, 0.45)
    for tip in ((0.50, -0.36), (0.78, -0.34)):
        layer.paint(0, _limb(u, v, (0.62, 0.05), tip, 0.045, 0.055), _rgb(0.42, 0.32, 0.22))
    layer.paint(0, _limb(u, v, (-0.70, 0.42), (0.50, 0.38), 0.06, 0.12), skin)
    layer.paint(0, _limb(u, v, (0.52, 0.36), (0.63, 0.06), 0.13, 0.13), skin)
    layer.paint(1, _disc(u, v, -0.10, -0.05, 0.44), shell)
    ring = np.abs(_disc(u, v, -0.06, 0.0, 0.22)) - 0.05
    layer.paint(1, ring, shell * 0.45)
    layer.paint(1, _disc(u, v, -0.06, 0.0, 0.06), shell * 0.45)


def _kite(layer, u, v, hue):
    colour = _hue(hue)
    knots = (0.0, 0.10), (0.08, 0.24), (-0.07, 0.36), (0.04, 0.5)
    for begin, end in zip(knots, knots[1:], strict=False):
        layer.paint(1, _limb(u, v, begin, end, 0.022, 0.022), _rgb(0.25, 0.22, 0.28))
    for knot in knots[1:]:
        layer.paint(1, _disc(u, v, *knot, 0.055), colour * 0.6)
    top, right, bottom, left = (0.0, -0.5), (0.32, -0.22), (0.0, 0.16), (-0.32, -0.22)
    body = _polygon(u, v, left, top, right, bottom)
    layer.paint(0, body, colour)
    layer.paint(0, np.maximum(body, _box(u, v, 0, 1, -1, -0.22)), _mix(colour, _WHITE, 0.55))
    layer.paint(0, np.maximum(body, _box(u, v, -1, 0, -0.22, 1)), _mix(colour, _WHITE, 0.55))


def _ball(layer, u, v, radius):
    layer.paint(0, _disc(u, v, 0, 0, radius), _rgb(0.90, 0.08, 0.12))
    layer.paint(0, _disc(u, v, -0.35 * radius, -0.4 * radius, 0.3 * radius), _rgb(1.0, 0.80, 0.76))


_DRAWN = (_house, _tree, _boat, _lamp, _snail, _kite)
_SHADOWS = (0.46, 0.26, 0.0, 0.20, 0.62, 0.0)  # half their breadth, heights of the thing


def _layers(factors):
    """The ball's and each thing's own picture, nearest first.

    Returns a list of (values (n, 6, patch pixels), see `_Layer`; corner (n, 2): x and y of the
    patch's first pixel in the first frame; code (n,): of its first part in `PARTS`).
    """
    across, down = _grid(_PATCH)

    def patch(x, y):
        """How far right of and below the thing's middle pixels are, and the patch's corner."""
        corner = np.floor(np.stack([x, y], axis=-1)) - _PATCH // 2
        places = across - (x - corner[:, 0])[:, None], down - (y - corner[:, 1])[:, None]
        return *places, corner.astype(np.int64)

    own = {name: factors[name].astype(np.float64) for name in ("ball_x", "ball_y", "ball_radius")}
    u, v, corner = patch(own["ball_x"], own["ball_y"])
    ball = _Layer(len(corner), 1.0)
    _ball(ball, u, v, own["ball_radius"][:, None])
    layers = [(ball.values, corner, np.full(len(corner), PARTS.index("ball")))]

    own = {name: factors[name].reshape(-1).astype(np.float64) for name in FACTORS}
    values = np.zeros((len(own["kind"]), 6, _PATCH * _PATCH))
    corners = np.zeros((len(values), 2), np.int64)
    for number, drawn in enumerate(_DRAWN):
        (rows,) = np.nonzero(own["kind"] == number)
        size, faces = own["size"][rows][:, None], own["faces"][rows][:, None]
        u, v, corners[rows] = patch(own["x"][rows], own["y"][rows])
        layer = _Layer(len(rows), size)
        drawn(layer, u / size * faces, v / size, own["hue"][rows])
        values[rows] = layer.values
    codes = np.where(factors["kind"] < 0, 0, 1 + 2 * factors["kind"])
    return layers + [(values[k::THINGS], corners[k::THINGS], codes[:, k]) for k in range(THINGS)]


def _laid(values, corner):
    """A layer at the pixels of the picture, 0 outside of its patch.

    values: (n, 6, patch pixels); corner: (n, frames, 2); returns (n, frames, 6, pixels).
    """
    n, frames = corner.shape[:2]
    laid = np.zeros((n, frames, 6, SIZE, SIZE))
    values = values.reshape(n, 6, _PATCH, _PATCH)
    for i, places in enumerate(corner.tolist()):
        for t, (x, y) in enumerate(places):
            left, top = max(-x, 0), max(-y, 0)
            right, bottom = min(SIZE - x, _PATCH), min(SIZE - y, _PATCH)
            if left < right and top < bottom:
                part = values[i, :, top:bottom, left:right]
                laid[i, t, :, y + top : y + bottom, x + left : x + right] = part
    return laid.reshape(n, frames, 6, SIZE * SIZE)


def _composed(colour, layers, moved):
    """Lays layers over the landscape, the farthest first.

    Args:
        colour: (n, frames, 3, pixels).
        moved: int (n, layers, frames, 2), pixels since the first frame.

    Returns:
        (colour; uint8 (n, frames, pixels) part mask; owner: 0 the landscape, else 1 + the layer's
        place; alone: the same where a pixel shows nothing else, 255 elsewhere).
    """
    shape = *colour.shape[:2], colour.shape[-1]
    mask, owner, alone = (np.zeros(shape, np.uint8) for _ in range(3))
    for k in reversed(range(len(layers))):
        values, corner, code = layers[k]
        values = _laid(values, corner[:, None] + moved[:, k])
        cover, parts = values[:, :, 3], values[:, :, 4:]
        colour = colour * (1 - cover[:, :, None]) + values[:, :, :3]
        second = parts[:, :, 1] > parts[:, :, 0]
        most, alone_now = _covered(values)
        mask = np.where(most, (code[:, None, None] + second).astype(np.uint8), mask)
        owner = np.where(most, np.uint8(1 + k), owner)
        alone = np.where(alone_now, np.uint8(1 + k), np.where(cover > 0, np.uint8(255), alone))
    return colour, mask, owner, alone


def _covered(values):
    """Whether a thing covers more than half of each pixel, and all of it, (..., pixels)."""
    solid = values[..., 4, :] + values[..., 5, :]
    return solid > 0.5, solid > 1 - 1e-9


def _visible(owner, layers):
    """The share of each thing's pixels that is seen: float32 (n, things, frames)."""
    shares = []
    for k in range(1, len(layers)):
        own = _covered(layers[k][0])[0].sum(-1)
        seen = (owner == 1 + k).sum(-1)
        shares.append(seen / np.maximum(own, 1)[:, None])
    return np.stack(shares, axis=1).astype(np.float32)


def _flow(owner, alone, shade, moved):
    """What moves where from each frame to the next; see `draw`."""
    n, frames = owner.shape[:2]
    steps = np.diff(moved.astype(np.int64), axis=2)  # (n, layers, frames - 1, 2)
    steps = np.concatenate([np.zeros_like(steps[:, :1]), steps], axis=1)  # of the landscape
    image, frame = np.arange(n)[:, None, None], np.arange(frames - 1)[None, :, None]
    flow = steps[image, owner[:, :-1], frame]  # (n, frames - 1, pixels, 2)
    pixel = np.arange(SIZE * SIZE)
    column, row = pixel % SIZE + flow[..., 0], pixel // SIZE + flow[..., 1]
    inside = (column >= 0) & (column < SIZE) & (row >= 0) & (row < SIZE)
    to = np.where(inside, row * SIZE + column, 0)
    surface = alone[:, :-1]
    valid = inside & (surface == owner[:, :-1]) & (alone[image, frame + 1, to] == surface)
    valid &= (surface > 0) | (shade[:, :-1] == shade[:, 1:])
    return {
        "flow": (4 * flow).astype(np.int8).reshape(n, frames - 1, SIZE, SIZE, 2),
        "flow_valid": valid.reshape(n, frames - 1, SIZE, SIZE, 1),
    }


# --- the landscape and its light ------------------------------------------------------------


def _landscape(factors, scene, flat):
    """Sky, clouds, hills, ground and river: (n, 3, pixels); scene: numbers in [0, 1) (n, 20)."""
    x, y = _grid(SIZE)
    horizon = factors["horizon"].astype(np.float64)[:, None]
    river = factors["river"].astype(np.float64)[:, None]
    place = iter(scene.T[:, :, None])
    colour = _mix(_rgb(0.36, 0.62, 0.95), _rgb(0.86, 0.93, 0.98), _smooth(y / horizon))

    def paint(distance, over, opacity=1.0):
        nonlocal colour
        colour = _mix(colour, over, opacity * np.clip(0.5 - distance, 0.0, 1.0))

    for _ in range(2):
        cloud_x, cloud_y = SIZE * next(place), 2.5 + 6 * next(place)
        breadth = 2.0 + 1.5 * next(place)
        blobs = (-1, 0.15, 0.6), (0, -0.25, 0.85), (1, 0.1, 0.65)  # right, down, radius
        puffs = [
            _disc(x, (y - cloud_y) * 1.5, cloud_x + right * breadth, down * breadth, r * breadth)
            for right, down, r in blobs
        ]
        paint(np.minimum.reduce(puffs), _WHITE, 0.85)
    for rise, haze in ((4.0, _rgb(0.62, 0.76, 0.80)), (2.5, _rgb(0.56, 0.74, 0.60))):
        top, breadth = SIZE * next(place), 9 + 9 * next(place)
        away = (x - top) / breadth
        paint(horizon - rise + 4 * away * away - y, haze)
    depth = np.clip((y - horizon) / (SIZE - horizon), 0, 1)
    paint(horizon - y, _mix(_rgb(0.80, 0.88, 0.56), _rgb(0.58, 0.76, 0.34), depth))
    paint(np.where(river < 0, 9.0, np.abs(y - river) - 1.9), _rgb(0.38, 0.66, 0.86))
    return _mix(colour, _rgb(0.72, 0.74, 0.72), flat)


def _shaded(colour, factors, moved, opacity):
    """Lays the things' shadows on the ground: colour (n, frames, 3, pixels) and how dark."""
    x, y = _grid(SIZE)
    shade = np.zeros((*moved.shape[:1], moved.shape[2], SIZE * SIZE))
    breadth = np.array((*_SHADOWS, 0.0))[factors["kind"]] * factors["size"]
    foot, middle = _foot(factors), factors["x"].astype(np.float64)
    for k in range(THINGS):
        wide = breadth[:, k, None, None]
        at = middle[:, k, None, None] + moved[:, 1 + k, :, :1]
        distance = _disc(x, (y - foot[:, k, None, None]) * 3, at, 0, wide)
        cover = np.where(wide > 0, 0.35 * opacity * np.clip(0.5 - distance / 2, 0, 1), 0.0)
        shade = cover + shade * (1 - cover)
    return _mix(colour[:, None], _rgb(0.12, 0.20, 0.08), shade), shade


def _lit(colour, factors):
    """The whole picture in the light of its hour; warmth leaves the luma as it is."""
    light = factors["light"].astype(np.float64)[:, None, None, None]
    warmth = factors["warmth"].astype(np.float64)[:, None, None, None]
    warm = colour * (1 + warmth * _rgb(0.10, 0.0, -0.14))
    return warm * (light * _luma(colour) / _luma(warm))


# --- sound ----------------------------------------------------------------------------------


def _powers(real, imaginary, count):
    """The first powers of complex numbers (m,), from the 0th: both parts, (m, count)."""
    cos, sin = np.ones((len(real), 1)), np.zeros((len(real), 1))
    real, imaginary = real[:, None], imaginary[:, None]
    while cos.shape[1] < count:
        turned = cos * real - sin * imaginary, sin * real + cos * imaginary
        cos, sin = np.concatenate([cos, turned[0]], 1), np.concatenate([sin, turned[1]], 1)
        real, imaginary = real * real - imaginary * imaginary, 2 * real * imaginary
    return cos[:, :count], sin[:, :count]


def _tones(pitch, amplitudes):
    """Tones (m, samples) of a pitch (m,) in hertz, with its second and third harmonic."""
    half = _PI * pitch / SAMPLE_RATE
    square = half * half
    tangent = half * (15 - square) / (15 - 6 * square)  # of half the turn of a sample
    norm = 1 + tangent * tangent
    cos, sin = _powers((2 - norm) / norm, 2 * tangent / norm, SAMPLES)
    first, second, third = (amplitudes[:, k, None] for k in range(3))
    return first * sin + second * (2 * sin * cos) + third * (sin * (4 * cos * cos - 1))


def _sound(factors, motion, noise, own, device):
    """What is heard: things hum, nearer ones louder, and ring when they touch the ground.

    Args:
        noise: random uint64 (n, samples / 4).
        own: numbers in [0, 1) (n,), of the device.
    """
    n = len(noise)
    # of integers: exact; from -1 to 1
    wave = (noise.view(np.uint16).astype(np.float64) / 32767.5 - 1) * 0.01
    ring = _powers(np.array([0.996]), np.zeros(1), SAMPLES)[0]
    for k in range(THINGS):
        (rows,) = np.nonzero(motion["timbre"][:, k] >= 0)
        amplitudes = np.array(TIMBRES)[motion["timbre"][rows, k]]
        tone = _tones(motion["pitch"][rows, k].astype(np.float64), amplitudes)
        tone *= 1 - 0.5 * factors["depth"][rows, k, None].astype(np.float64)
        wave[rows] += 0.12 * tone
        for t in range(1, FRAMES):
            late = t * SAMPLE_RATE // FRAME_RATE
            lands = np.nonzero(motion["lands"][rows, k, t])[0]
            wave[rows[lands], late:] += 0.5 * (tone[lands] * ring)[:, : SAMPLES - late]
    if device:
        hum = _tones(100 + 200 * own, np.tile([1.0, 0.0, 0.5], (n, 1)))
        wave += device * hum
    return {"waveform": np.floor(np.clip(0.5 * wave, -1, 1) * 32767 + 0.5).astype(np.int16)}


# --- shortcuts ------------------------------------------------------------------------------


def _with_shortcuts(
    colour, own, *, aberration, vignette, continuity, tint, corner, clock=0.0, device=0.0
):
    """Pictures (n, frames, 3, pixels) with traces; own: numbers in [0, 1) (n, 16) of each image."""
    x, y = _grid(SIZE)
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
            colour = _mix(colour, _rgb(0.12, 0.12, 0.14), line)
    if tint:
        colour = colour * (1 + tint * cast)
    if device:
        colour = colour * (1 + device * (2 * _hue(own[:, -1]) - 1)[:, None])
    if clock:
        time = np.arange(FRAMES)[:, None, None] / (FRAMES - 1)
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
        colour = _mix(colour, ink, corner * (off < 1.6))
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
