"""Horses and zebras on grass under a sky: small colour pictures of which everything is known.

Two domains for translation without pairs: A has plain coats, B striped ones, in scenes drawn
independently of each other. The stripes are fixed to the body, so that a picture determines its
partner: the same scene with the other coat. Image `i` of a split depends on (seed, split, i)
alone, so a longer split begins with the shorter one, byte for byte.

How an image is drawn: every part of the animal is a segment with a radius at each end, and the
distance of a pixel's centre to it gives how much of the pixel it covers, with an edge one pixel
wide. The picture is painted from back to front: sky, sun, clouds, hills, trees, grass, shadow,
far legs, body, near legs. All lengths are in heights of the picture, so that any size shows the
same scene.

All arithmetic is +, -, *, / and sqrt in float64, which IEEE 754 fixes to the last bit, and
random numbers are raw Philox words, so the bytes do not depend on the machine.
"""

import numpy as np

from utils.data.glyphs import as_numbers, random_words

SIZES = (32, 64, 128)  # pixels: the sizes that are kept as sets
SPLITS = ("trainA", "trainB", "testA", "testB")
KINDS = ("horse", "zebra")

# Continuous factors: (low, high) of a uniform distribution, independent of each other.
RANGES = {
    "x": (-0.07, 0.07),  # middle of the animal right of the middle of the picture, heights
    "ground": (0.84, 0.92),  # where it stands, below the top edge, heights
    "length": (0.47, 0.55),  # of its body, heights of the picture
    "neck": (0.35, 1.15),  # slope of the neck: rise over reach; low is a lowered head
    "gait": (-1.0, 1.0),  # how far the legs are apart, and which is in front
    "tail": (0.0, 1.0),  # how far it swings out
    "light": (0.72, 1.0),  # brightness of the day
    "warmth": (-1.0, 1.0),  # colour of the light, from a cold morning to a warm evening
    "horizon": (0.42, 0.58),  # below the top edge, heights
    "grass": (0.0, 1.0),  # from fresh to dry
    "coat": (0.0, 1.0),  # of a horse, from chestnut to dark bay, where coats vary
}
FACES = (-1, 1)  # to the left, to the right: factor 'faces'

_WORDS = 96  # random words of the scene, before those of the grass
_TUFTS = 20, 44  # rows and columns of the grid of random greens
_CHUNK = 64  # images drawn together


def draw(split, start, stop, *, size=32, coats=False, seed=0):
    """Draws images `start` to `stop` of a split, with their partners.

    Args:
        split: 'trainA', 'trainB', 'testA' or 'testB'; A are horses, B zebras.
        size: int, pixels on each side.
        coats: whether the horses' coats vary from chestnut to dark bay. A zebra's picture does not
            show the coat that its partner has; with one colour for all it determines everything.
        seed: int.

    Returns:
        dict of arrays of length n = stop - start: 'image' and 'partner' uint8 (n, size, size, 3);
        'animal' uint8 (n, size, size, 1), how much of each pixel the animal covers, 255 for all;
        'label' int64, 0 for a horse and 1 for a zebra; 'faces' int64, and one float32 per name in
        `RANGES`.
    """
    words = _random_words(split, start, stop, seed)
    uniform = as_numbers(words)
    names = ["faces", *RANGES]
    factors = {"label": np.full(stop - start, int(split.endswith("B")), np.int64)}
    factors["faces"] = np.where(uniform[:, 0] < 0.5, *FACES).astype(np.int64)
    for i, (name, (low, high)) in enumerate(RANGES.items(), 1):
        # rounded to float32 before drawing: the stored factor is exactly the drawn one
        factors[name] = (low + (high - low) * uniform[:, i]).astype(np.float32)
    if not coats:
        factors["coat"] = np.full(stop - start, 0.25, np.float32)
    scene = uniform[:, len(names) :]
    horse, zebra, animal = render(factors, scene, size)
    first, second = (zebra, horse) if split.endswith("B") else (horse, zebra)
    return {"image": first, "partner": second, "animal": animal, **factors}


def stream(split, count, **options):
    """Yields a dict of one image and its numbers for the first `count`, in bounded memory."""
    for start in range(0, count, _CHUNK):
        arrays = draw(split, start, min(start + _CHUNK, count), **options)
        for i in range(len(arrays["label"])):
            yield {name: values[i] for name, values in arrays.items()}


def render(factors, scene, size):
    """Draws each scene with a horse and with a zebra.

    Args:
        factors: dict of arrays (n,), see `draw`.
        scene: array (n, words) of numbers in [0, 1): where clouds, hills, trees and tufts are.
        size: int, pixels.

    Returns:
        (horses, zebras, animal): uint8 (n, size, size, 3) twice, and (n, size, size, 1).
    """
    column = {name: np.asarray(value, np.float64)[:, None] for name, value in factors.items()}
    middle = (np.arange(size) + 0.5) / size
    x, y = np.tile(middle, size)[None], np.repeat(middle, size)[None]
    landscape = _Paper(len(scene), size)
    _landscape(landscape, column, scene, x, y)
    papers = landscape, landscape.copy()
    animal = _animals(papers, column, x, y)
    shape = len(scene), size, size
    horses, zebras = (as_bytes(_lit(paper.colour, column)).reshape(*shape, 3) for paper in papers)
    return horses, zebras, as_bytes(animal).reshape(*shape, 1)


def as_bytes(values):
    """Values from 0 to 1 as uint8 from 0 to 255; what lies beyond is cut off."""
    return np.floor(np.clip(values, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)


def _random_words(split, start, stop, seed):
    """Raw random uint64; row i is a function of (seed, split, i)."""
    # 9: pictures of no other set begin from the same words
    key = seed, 9 + SPLITS.index(split)
    return random_words(key, start, stop, _WORDS + _TUFTS[0] * _TUFTS[1])


class _Paper:
    """Pictures (n, pixels, 3) that are painted on in layers."""

    def __init__(self, n, size):
        self.size = size
        self.colour = np.zeros((n, size * size, 3))

    def copy(self):
        other = _Paper(0, self.size)
        other.colour = self.colour.copy()
        return other

    def covered(self, distance, softness=0.0):
        """How much of each pixel a shape covers, from the distance to its edge (inside < 0).

        softness: width of the edge in heights of the picture, at least a pixel's.
        """
        return np.clip(0.5 - distance / max(softness, 1 / self.size), 0.0, 1.0)

    def paint(self, cover, colour):
        """Lays a colour (..., 3) over the pictures; cover (n, pixels) from 0 to 1."""
        self.colour += cover[..., None] * (np.asarray(colour) - self.colour)


def _mix(a, b, share):
    """Between two colours: a where share (...) is 0, b where it is 1."""
    return np.asarray(a) + np.asarray(share)[..., None] * (np.asarray(b) - np.asarray(a))


def smooth(t):
    """From 0 to 1 with level ends."""
    t = np.clip(t, 0.0, 1.0)
    return t * t * (3 - 2 * t)


def disc(x, y, centre_x, centre_y, radius):
    """Distance to the edge of a disc."""
    return np.sqrt((x - centre_x) ** 2 + (y - centre_y) ** 2) - radius


# --- the landscape --------------------------------------------------------------------------


def _landscape(paper, factors, scene, x, y):
    horizon, warm = factors["horizon"], 0.5 + 0.5 * factors["warmth"]
    low = _mix((0.80, 0.90, 0.97), (0.99, 0.86, 0.66), warm)
    high = _mix((0.30, 0.55, 0.88), (0.45, 0.58, 0.82), warm)
    paper.paint(np.ones_like(x), _mix(high, low, smooth(y / horizon)))
    place = iter(scene[:, :_WORDS].T[:, :, None])

    sun_x, sun_y = 0.1 + 0.8 * next(place), 0.07 + 0.12 * next(place)
    paper.paint(0.35 * paper.covered(disc(x, y, sun_x, sun_y, 0.07), 0.10), (1.0, 0.95, 0.75))
    paper.paint(paper.covered(disc(x, y, sun_x, sun_y, 0.045)), (1.0, 0.96, 0.80))
    for _ in range(2):
        cloud_x, cloud_y = next(place), 0.08 + 0.20 * next(place)
        breadth, thick = 0.06 + 0.06 * next(place), 0.35 + 0.5 * next(place)
        blobs = (-1, 0.15, 0.6), (0, -0.25, 0.85), (1, 0.1, 0.65)  # right, down, radius
        puffs = [
            disc(x, (y - cloud_y) * 1.5, cloud_x + right * breadth, down * breadth, r * breadth)
            for right, down, r in blobs
        ]
        paper.paint(thick * paper.covered(np.minimum.reduce(puffs), 0.02), (1.0, 1.0, 1.0))

    # Two ridges of hills: smooth lines through random heights.
    for k, (colour, rise) in enumerate((((0.55, 0.66, 0.74), 0.13), ((0.38, 0.54, 0.44), 0.07))):
        heights = np.concatenate([next(place) for _ in range(6)], axis=1)
        ridge = horizon - rise * (0.25 + 0.75 * _line(heights, x))
        paper.paint(paper.covered(ridge - y), _mix(colour, low, np.full_like(warm, 0.35 - 0.2 * k)))

    fresh = _mix((0.36, 0.62, 0.22), (0.68, 0.66, 0.28), factors["grass"])
    far = _mix(fresh, (0.80, 0.84, 0.50), 0.4)
    depth = smooth((y - horizon) / (1 - horizon))
    tufts = _tufts(scene[:, _WORDS - len(RANGES) - 1 :], x, (y - horizon) / (1 - horizon))
    green = _mix(far, fresh * 0.92, depth) * (1 + 0.20 * (tufts - 0.5) * (0.4 + depth))[..., None]
    paper.paint(paper.covered(horizon - y), green)

    for _ in range(2):  # trees on the horizon, some of them beyond the edge
        tree_x, tall = -0.2 + 1.4 * next(place), 0.06 + 0.10 * next(place)
        foot = horizon + 0.02 * next(place)
        trunk = _segment(x, y, (tree_x, foot), (tree_x, foot - tall), 0.1 * tall, 0.07 * tall)[0]
        paper.paint(paper.covered(trunk), (0.34, 0.25, 0.17))
        blobs = (-0.35, 0.95, 0.38), (0.35, 0.9, 0.36), (0.0, 1.25, 0.45)  # right, up, radius
        crown = [
            disc(x, y, tree_x + right * tall, foot - up * tall, r * tall) for right, up, r in blobs
        ]
        leaf = paper.covered(np.minimum.reduce(crown), 0.01)
        shade = smooth((y - foot + 1.6 * tall) / tall)
        paper.paint(leaf, _mix((0.30, 0.52, 0.24), (0.16, 0.33, 0.17), shade))


def _line(heights, x):
    """Random heights (n, k) at equal steps, joined smoothly, at x (1, pixels) from 0 to 1."""
    at = x * (heights.shape[1] - 1.001)
    i = at.astype(np.int64)[0]
    return heights[:, i] + (heights[:, i + 1] - heights[:, i]) * smooth(at - i)


def _tufts(values, x, depth):
    """A grid of random values seen in perspective: finer towards the horizon, where depth is 0."""
    rows, columns = _TUFTS
    flat = values[:, : rows * columns]
    down = np.sqrt(np.clip(depth, 0, 1)) * (rows - 1.001)
    across = np.broadcast_to(x * (columns - 1.001), depth.shape)
    i, j = down.astype(np.int64), across.astype(np.int64)
    a, b = smooth(down - i), smooth(across - j)
    picture, corner = np.arange(len(flat))[:, None], i * columns + j
    far = flat[picture, corner] * (1 - b) + flat[picture, corner + 1] * b
    corner = corner + columns
    near = flat[picture, corner] * (1 - b) + flat[picture, corner + 1] * b
    return far * (1 - a) + near * a


# --- the animal -----------------------------------------------------------------------------


def _segment(x, y, begin, end, radius_begin, radius_end):
    """A tapered limb: (distance to its edge, place along it from 0 to 1, place across it).

    The place across is signed and in the units of x and y.
    """
    (ax, ay), (bx, by) = begin, end
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    free = ((x - ax) * dx + (y - ay) * dy) / square  # beyond its ends below 0 and above 1
    along = np.clip(free, 0.0, 1.0)
    off_x, off_y = x - ax - along * dx, y - ay - along * dy
    distance = np.sqrt(off_x * off_x + off_y * off_y)
    across = ((x - ax) * dy - (y - ay) * dx) / np.sqrt(square)
    return distance - radius_begin - along * (radius_end - radius_begin), free, across


def _animals(papers, factors, x, y):
    """Paints a horse on the first paper and the same zebra on the second.

    Returns how much of each pixel it covers (n, pixels).
    """
    length, faces, gait = factors["length"], factors["faces"], factors["gait"]
    # Its own frame, in body lengths: u forward, v down, the middle of the trunk near the origin.
    u = (x - 0.5 - factors["x"]) * faces / length + 0.10
    v = (y - factors["ground"]) / length + 0.62
    chestnut = _mix((0.70, 0.38, 0.17), (0.26, 0.15, 0.10), factors["coat"])
    black, white = (0.09, 0.08, 0.10), (0.97, 0.95, 0.91)
    # Of both: mane, tail, hooves and muzzle; the face.
    dark, face = [np.array((0.16, 0.11, 0.09))] * 2, [np.array((0.36, 0.23, 0.15))] * 2
    shade = 1.06 - 0.34 * smooth((v + 0.25) / 0.55)  # lit from above
    animal = np.zeros(np.broadcast_shapes(u.shape, v.shape))

    def coats(place, period):
        """Both colours at each pixel; place along the limb and period in body lengths."""
        black_share = _stripes(place / period, 1 / (period * length), papers[0].size)
        return chestnut, _mix(white, black, black_share)

    def add(distance, colours, shaded=1.0):
        cover = papers[0].covered(distance * length)
        for paper, colour in zip(papers, colours, strict=True):
            paper.paint(cover, colour * np.asarray(shaded)[..., None])
        animal[:] = np.maximum(animal, cover)

    shadow = disc(u, (v - 0.63) * 6, 0.02, 0.0, 0.48) * length
    for paper in papers:
        paper.paint(0.45 * paper.covered(shadow, 0.10), (0.13, 0.20, 0.08))

    far = 0.72  # the legs of the other side lie in the shade
    legs = (-0.31, -gait, far), (0.30, -gait, far), (-0.37, gait, 1.0), (0.25, gait, 1.0)
    for hip, swing, light in legs:
        knee, foot = (hip + 0.10 * swing, 0.36), (hip + 0.15 * swing - 0.02, 0.57)
        for begin, end, wide, narrow in (
            ((hip, 0.08), knee, 0.105, 0.055),
            (knee, foot, 0.052, 0.04),
        ):
            distance, _, _ = _segment(u, v, begin, end, wide, narrow)
            add(distance, coats(v, 0.24), shade * light)
        hoof, _, _ = _segment(u, v, foot, (foot[0] + 0.02, 0.60), 0.045, 0.055)
        add(hoof, dark, light)

    out = 0.05 + 0.12 * factors["tail"]
    bend = (-0.55 - out, 0.08)
    add(_segment(u, v, (-0.50, -0.12), bend, 0.035, 0.03)[0], coats(v, 0.24), shade)
    add(_segment(u, v, bend, (-0.56 - 1.2 * out, 0.30), 0.03, 0.05)[0], dark)

    rise = factors["neck"]
    reach = 0.40 / np.sqrt(1 + rise * rise)
    withers, poll = (0.27, -0.06), (0.27 + reach, -0.06 - reach * rise)
    nose = (poll[0] + 0.20, poll[1] + 0.15)
    # The crest of the neck, on its upper side.
    side_u, side_v = -0.085 * rise * reach / 0.40, -0.085 * reach / 0.40
    mane = _segment(u, v, (withers[0] - 0.02 + 1.6 * side_u, withers[1] + 1.6 * side_v),
                    (poll[0] + 0.8 * side_u, poll[1] + 0.8 * side_v), 0.05, 0.045)  # fmt: skip
    add(mane[0], dark)
    ear = _segment(u, v, (poll[0] - 0.01, poll[1] - 0.05), (poll[0], poll[1] - 0.155), 0.04, 0.015)
    add(ear[0], face, shade)

    # Trunk and neck are one outline; the nearer of them gives the stripes. Those of the trunk are
    # the same seen from either end, those of the neck begin at the head.
    trunk = _segment(u, v, (-0.36, 0.0), (0.28, -0.01), 0.205, 0.195)
    neck = _segment(u, v, withers, poll, 0.15, 0.085)
    on_trunk = trunk[0] <= neck[0]
    middle = np.abs(trunk[1] - 0.5) * 0.64 + 0.3 * trunk[2] * trunk[2]
    place = np.where(on_trunk, middle, (1 - neck[1]) * 0.40)
    add(np.minimum(trunk[0], neck[0]), coats(place, np.where(on_trunk, 0.31, 0.26)), shade)
    head = _segment(u, v, poll, nose, 0.088, 0.055)
    add(head[0], face, shade)
    muzzle = disc(u, v, nose[0] + 0.005, nose[1] + 0.005, 0.06)
    add(np.maximum(muzzle, head[0]), dark)
    add(disc(u, v, poll[0] + 0.05, poll[1] + 0.01, 0.022), [np.array(black)] * 2)
    return animal


def _stripes(place, slope, size):
    """Share of black from 0 to 1: one black and one white stripe for each whole step of `place`.

    slope: stripes per height of the picture, for an edge one pixel wide.
    """
    wave = np.abs(place - np.floor(place) - 0.5)  # 0 in the middle of black, 0.5 of white
    return np.clip(0.5 - (wave - 0.25) / slope * size, 0.0, 1.0)


def _lit(colour, factors):
    """The whole picture in the light of its hour."""
    warm = factors["warmth"][..., None] * np.array([0.07, 0.0, -0.10])
    return colour * (1 + warm) * factors["light"][..., None]
