"""Digits and letters drawn at 28x28 from the fonts that matplotlib ships, with known factors.

A drop-in for MNIST (white on black, one centred symbol) of which everything is known: class,
font, slant, weight, scale, position and noise of every image. Image `i` of a split depends on
(seed, split, i) alone, so a longer split begins with the shorter one, byte for byte.

Only upright text fonts of regular weight are used: slant and weight are then factors of their
own and not a property of the font.

How an image is drawn: a glyph's outline is turned once into a signed distance field, and each
image samples that field at its 784 pixel centres. Thicker is then a shift of the distance,
slanted a shear of the coordinates, and the soft edge of a pixel a ramp one pixel wide.

All arithmetic is +, -, *, / and sqrt in float64, which IEEE 754 fixes to the last bit, and
random numbers are raw Philox words, so the bytes do not depend on the machine.
"""

import functools
from pathlib import Path

import numpy as np

SIZE = 28  # pixels
DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CHARACTERS = {"digits": DIGITS, "letters": LETTERS, "all": DIGITS + LETTERS}
SPLITS = ("train", "test")
FONTS = ("DejaVuSans", "DejaVuSansMono", "DejaVuSerif", "STIXGeneral", "cmr10", "cmss10", "cmtt10")

# Continuous factors: (low, high) of a uniform distribution, independent of class and font.
# Together they keep the largest glyph inside the image (a test draws every extreme).
RANGES = {
    "slant": (-0.15, 0.30),  # shear, columns per row; positive leans to the right
    "weight": (0.0, 0.05),  # growth of the outline on each side, in glyph heights
    "scale": (14.0, 18.0),  # height of the outline before it grows, pixels
    "x": (-2.0, 2.0),  # centre of the glyph right of the centre of the image, pixels
    "y": (-2.0, 2.0),  # ... below the centre of the image, pixels
    "noise": (0.0, 0.04),  # standard deviation of the pixel noise, of full white
}

_ASPECT = 0.8  # wider glyphs (M, W) are squeezed to this width over height
_HALF, _STEP = 0.65, 1 / 50  # the field covers [-0.65, 0.65]^2 glyph heights at this spacing
_NODES = 66
_CURVE_POINTS = 8  # straight pieces per curve of an outline
_CHUNK = 256  # images drawn together: enough to amortize calls, small enough for the cache


def draw(split, start, stop, *, characters=DIGITS, seed=0):
    """Draws images `start` to `stop` of a split.

    Returns (images, factors): images uint8 (n, 28, 28, 1), 0 black to 255 white; factors a
    dict of arrays (n,): 'label' int64 (position in `characters`), 'font' int64 (position in
    `FONTS`) and one float32 per name in `RANGES`, in the units stated there.
    """
    names = ["label", "font", *RANGES]
    words = random_words((seed, SPLITS.index(split)), start, stop, len(names) + SIZE * SIZE)
    uniform = dict(zip(names, as_numbers(words[:, : len(names)]).T, strict=True))
    factors = {
        "label": (uniform["label"] * len(characters)).astype(np.int64),
        "font": (uniform["font"] * len(FONTS)).astype(np.int64),
    }
    for name, (low, high) in RANGES.items():
        # rounded to float32 before drawing: the stored factor is exactly the drawn one
        factors[name] = (low + (high - low) * uniform[name]).astype(np.float32)
    return render(factors, characters, _gaussian(words[:, len(names) :])), factors


def stream(split, count, *, characters=DIGITS, seed=0):
    """Yields (image, factors of this image) for the first `count` images, in bounded memory."""
    for start in range(0, count, _CHUNK):
        stop = min(start + _CHUNK, count)
        images, factors = draw(split, start, stop, characters=characters, seed=seed)
        for i, image in enumerate(images):
            yield image, {name: values[i] for name, values in factors.items()}


def render(factors, characters=DIGITS, noise=None):
    """Draws one image per row of `factors` (see `draw`): uint8 (n, 28, 28, 1).

    `noise`: standard normal values (n, 784), scaled here by the factor 'noise'; None for none.
    """
    column = {
        name: np.asarray(values, np.float64)[:, None]
        for name, values in factors.items()
        if name in RANGES
    }
    pixel = np.arange(SIZE) - (SIZE - 1) / 2
    # from pixel centres back to the upright glyph: unit height, y up, origin at its centre
    v = -(np.repeat(pixel, SIZE) - column["y"]) / column["scale"]
    u = (np.tile(pixel, SIZE) - column["x"]) / column["scale"] - column["slant"] * v
    pairs = zip(factors["font"], factors["label"], strict=True)
    fields = np.stack([_field(FONTS[font], characters[label]) for font, label in pairs])
    distance = _bilinear(fields, u, v)
    ink = np.clip(0.5 + (column["weight"] - distance) * column["scale"], 0.0, 1.0)
    if noise is not None:
        ink = np.clip(ink + column["noise"] * noise, 0.0, 1.0)
    return np.floor(ink * 255 + 0.5).astype(np.uint8).reshape(-1, SIZE, SIZE, 1)


def random_words(key, start, stop, count):
    """Raw random uint64 (stop - start, count); row i is a function of (key, i).

    Args:
        key: two ints, such as a seed and the number of a split.
    """
    # The counter holds the index, so any image can be drawn without those before it. NumPy
    # promises never to change the raw words, which it does not for its distributions.
    key = np.array(key, np.uint64)
    return np.stack(
        [np.random.Philox(key=key, counter=[0, 0, 0, i]).random_raw(count)
         for i in range(start, stop)]
    )  # fmt: skip


def as_numbers(words):
    """Random uint64 as numbers in [0, 1) with 53 random bits, all that a float64 can hold."""
    return (words >> np.uint64(11)) * 2.0**-53


def _gaussian(words):
    """Near-normal values with mean 0 and variance 1: the sum of the four 16-bit parts of a word."""
    total = np.ascontiguousarray(words).view(np.uint16).reshape(*words.shape, 4)
    total = total.sum(-1, dtype=np.int64)  # of integers: exact in any order
    return (total - 4 * 32767.5) / (4 * (65536**2 - 1) / 12) ** 0.5


def _bilinear(fields, u, v):
    """Samples fields (n, nodes, nodes) at u, v (n, points), held constant outside."""
    top = _NODES - 1 - 1e-9
    column = np.clip((u + _HALF) / _STEP, 0, top)
    row = np.clip((v + _HALF) / _STEP, 0, top)
    i, j = row.astype(np.int64), column.astype(np.int64)
    a, b = row - i, column - j
    corner = (np.arange(len(fields)) * _NODES**2)[:, None] + i * _NODES + j
    flat = fields.reshape(-1)
    near = flat[corner] * (1 - b) + flat[corner + 1] * b
    far = flat[corner + _NODES] * (1 - b) + flat[corner + _NODES + 1] * b
    return near * (1 - a) + far * a


@functools.cache
def _field(font, character):
    """Signed distance to the outline, negative inside, in glyph heights: float64 (66, 66)."""
    begin, end = _segments(font, character)
    axis = np.arange(_NODES) * _STEP - _HALF
    x, y = np.tile(axis, _NODES)[:, None], np.repeat(axis, _NODES)[:, None]
    (ax, ay), (bx, by) = begin.T, end.T
    dx, dy = bx - ax, by - ay
    along = np.clip(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy), 0.0, 1.0)
    gap_x, gap_y = x - ax - along * dx, y - ay - along * dy
    distance = np.sqrt((gap_x * gap_x + gap_y * gap_y).min(1))
    # inside: the outline winds around the point (a ray to the right crosses it unevenly)
    to_left = dx * (y - ay) - (x - ax) * dy > 0
    upward, downward = (ay <= y) & (by > y) & to_left, (by <= y) & (ay > y) & ~to_left
    inside = upward.sum(1) != downward.sum(1)
    return np.where(inside, -distance, distance).reshape(_NODES, _NODES)


def _segments(font, character):
    """The outline as straight pieces (begin, end), each (n, 2): unit height, centred at 0."""
    import matplotlib
    from matplotlib.font_manager import FontProperties
    from matplotlib.path import Path as Outline
    from matplotlib.textpath import TextPath

    file = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{font}.ttf"
    outline = TextPath((0, 0), character, size=100, prop=FontProperties(fname=file))
    step = (np.arange(_CURVE_POINTS) + 1)[:, None] / _CURVE_POINTS
    begin, end, first, last = [], [], None, None
    for points, code in outline.iter_segments(curves=True, simplify=False):
        points = points.reshape(-1, 2)
        if code == Outline.MOVETO:
            first = last = points[0]
            continue
        if code == Outline.CLOSEPOLY:
            chain = first[None]
        elif code == Outline.LINETO:
            chain = points
        elif code == Outline.CURVE3:
            control, stop = points
            chain = (1 - step) ** 2 * last + 2 * step * (1 - step) * control + step**2 * stop
        else:
            raise ValueError(f"{font} draws {character!r} with path code {code}")
        begin.extend(np.concatenate([last[None], chain[:-1]]))
        end.extend(chain)
        last = chain[-1]
    begin, end = np.array(begin), np.array(end)
    long = (begin != end).any(1)
    begin, end = begin[long], end[long]
    low, high = begin.min(0), begin.max(0)
    width, height = high - low
    stretch = np.array([min(1.0, _ASPECT * height / width), 1.0]) / height
    centre = (low + high) / 2
    return (begin - centre) * stretch, (end - centre) * stretch
