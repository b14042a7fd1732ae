"""The things of `scenes`: six kinds of two parts each, and a ball, made of signed distances.

Each is drawn as a small picture of its own, on nothing, at its place between the pixels.
"""

import numpy as np

from utils.data.animals import disc

SIZE = 32  # of the whole picture, pixels on each side
THINGS = 3  # places for things; the third is empty in half of the scenes
KINDS = ("house", "tree", "boat", "lamp", "snail", "kite")
# Values of the part mask: 0 is the landscape, then two for each kind in the order of `KINDS`.
PARTS = ("landscape", "walls", "roof", "trunk", "crown", "hull", "sail", "post", "light", "foot",
         "shell", "body", "tail", "ball")  # fmt: skip

PATCH = 24  # pixels on each side of a thing's own picture
_FRONT, _BACK = 30.25, 20.75  # where things at depth 0 and 1 stand, pixels below the top edge
_LUMA = (0.299, 0.587, 0.114)


def grid(size):
    """Middles of the pixels of a square: x and y (1, pixels)."""
    middle = np.arange(size) + 0.5
    return np.tile(middle, size)[None], np.repeat(middle, size)[None]


def stands(depth):
    """Where a thing at this depth meets the ground, pixels below the top edge."""
    return _FRONT + (_BACK - _FRONT) * depth


# --- shapes: signed distances, inside < 0 ---------------------------------------------------


def _box(u, v, left, right, top, bottom):
    return np.maximum(
        np.abs(u - (left + right) / 2) - (right - left) / 2,
        np.abs(v - (top + bottom) / 2) - (bottom - top) / 2,
    )


def _limb(u, v, begin, end, radius_begin, radius_end):
    """A segment with a radius at each end."""
    (a_u, a_v), (b_u, b_v) = begin, end
    du, dv = b_u - a_u, b_v - a_v
    along = np.clip(((u - a_u) * du + (v - a_v) * dv) / (du * du + dv * dv), 0.0, 1.0)
    off_u, off_v = u - a_u - along * du, v - a_v - along * dv
    distance = np.sqrt(off_u * off_u + off_v * off_v)
    return distance - radius_begin - along * (radius_end - radius_begin)


def _polygon(u, v, *corners):
    """A convex polygon; corners clockwise as seen on the screen."""
    distance = None
    for (a_u, a_v), (b_u, b_v) in zip(corners, corners[1:] + corners[:1], strict=True):
        du, dv = b_u - a_u, b_v - a_v
        side = ((u - a_u) * dv - (v - a_v) * du) / np.sqrt(du * du + dv * dv)
        distance = side if distance is None else np.maximum(distance, side)
    return distance


# --- colours --------------------------------------------------------------------------------


def coloured(hue, level=0.5):
    """A saturated colour (n, 3, 1) of each hue (n,); all of them have this luma."""
    h = 6 * hue[:, None]
    pure = np.stack([np.abs(h - 3) - 1, 2 - np.abs(h - 2), 2 - np.abs(h - 4)], axis=1)
    pure = np.clip(pure, 0.0, 1.0)
    has = luma(pure)
    lighter = pure + (1 - pure) * (level - has) / (1 - np.minimum(has, level))
    colour = np.where(has < level, lighter, pure * level / has)
    return level + 0.85 * (colour - level)  # room for the light: what is cut off would change luma


def luma(colour):
    """Of colours (..., 3, pixels): (..., 1, pixels)."""
    red, green, blue = (colour[..., k : k + 1, :] * _LUMA[k] for k in range(3))
    return red + green + blue


def rgb(red, green, blue):
    return np.array((red, green, blue))[:, None]


WHITE = rgb(1.0, 1.0, 1.0)


def mix(a, b, share):
    """Between two colours (..., 3, pixels): a where share (..., pixels) is 0, b where it is 1."""
    share = np.asarray(share)
    return a + (share[..., None, :] if share.ndim else share) * (b - a)


# --- things ---------------------------------------------------------------------------------


class _Layer:
    """Small pictures (m, pixels) of things on nothing."""

    def __init__(self, m, size):
        self.size = size  # pixels per unit of distance, (m, 1)
        # red, green and blue times cover; cover; that of both parts
        self.values = np.zeros((m, 6, PATCH * PATCH))

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
    wall, dark = coloured(hue), coloured(hue) * 0.5
    layer.paint(1, _box(u, v, 0.18, 0.33, -0.46, -0.1), dark)
    layer.paint(0, _box(u, v, -0.42, 0.42, -0.08, 0.5), wall)
    layer.paint(1, _polygon(u, v, (-0.58, 0.0), (0.0, -0.54), (0.58, 0.0)), dark)
    layer.paint(0, _box(u, v, -0.28, -0.05, 0.14, 0.5), rgb(0.20, 0.14, 0.12))
    layer.paint(0, _box(u, v, 0.08, 0.32, 0.12, 0.34), rgb(1.0, 0.95, 0.62))


def _tree(layer, u, v, hue):
    leaf = coloured(hue, 0.36)
    layer.paint(0, _limb(u, v, (0, 0.08), (0, 0.46), 0.06, 0.08), rgb(0.40, 0.24, 0.12))
    blobs = (-0.17, -0.04, 0.19), (0.17, -0.04, 0.19), (0.0, -0.25, 0.24)
    layer.paint(1, np.minimum.reduce([disc(u, v, *blob) for blob in blobs]), leaf)
    for blob in ((-0.07, -0.31, 0.11), (-0.20, -0.08, 0.08), (0.13, -0.09, 0.09)):
        layer.paint(1, disc(u, v, *blob), mix(leaf, rgb(1.0, 1.0, 0.6), 0.3), 0.9)


def _boat(layer, u, v, hue):
    colour = coloured(hue)
    light = mix(colour, rgb(0.9, 0.9, 0.9), 0.35)
    layer.paint(1, _polygon(u, v, (0.0, 0.25), (0.0, -0.5), (0.50, 0.25)), light)
    layer.paint(1, _polygon(u, v, (0.0, 0.25), (-0.44, 0.25), (0.0, -0.42)), colour)
    layer.paint(0, _box(u, v, -0.03, 0.035, -0.5, 0.25), rgb(0.30, 0.20, 0.14))
    hull = (-0.58, 0.20), (0.58, 0.20), (0.36, 0.50), (-0.36, 0.50)
    layer.paint(0, _polygon(u, v, *hull), colour * 0.5)


def _lamp(layer, u, v, hue):
    iron = rgb(0.16, 0.18, 0.24)
    layer.paint(None, disc(u, v, 0, -0.27, 0.24), coloured(hue, 0.85), 0.5, 5.0)
    layer.paint(0, _limb(u, v, (0, -0.1), (0, 0.46), 0.03, 0.04), iron)
    layer.paint(0, _box(u, v, -0.13, 0.13, 0.43, 0.5), iron)
    glass = (-0.11, -0.08), (-0.17, -0.38), (0.17, -0.38), (0.11, -0.08)
    layer.paint(1, _polygon(u, v, *glass), coloured(hue, 0.78))
    layer.paint(0, _polygon(u, v, (-0.21, -0.37), (0.0, -0.5), (0.21, -0.37)), iron)
    layer.paint(1, disc(u, v, 0, -0.23, 0.06), rgb(1.0, 1.0, 0.9))


def _snail(layer, u, v, hue):
    skin, shell = rgb(0.86, 0.76, 0.52), coloured(hue, 0.45)
    for tip in ((0.50, -0.36), (0.78, -0.34)):
        layer.paint(0, _limb(u, v, (0.62, 0.05), tip, 0.045, 0.055), rgb(0.42, 0.32, 0.22))
    layer.paint(0, _limb(u, v, (-0.70, 0.42), (0.50, 0.38), 0.06, 0.12), skin)
    layer.paint(0, _limb(u, v, (0.52, 0.36), (0.63, 0.06), 0.13, 0.13), skin)
    layer.paint(1, disc(u, v, -0.10, -0.05, 0.44), shell)
    ring = np.abs(disc(u, v, -0.06, 0.0, 0.22)) - 0.05
    layer.paint(1, ring, shell * 0.45)
    layer.paint(1, disc(u, v, -0.06, 0.0, 0.06), shell * 0.45)


def _kite(layer, u, v, hue):
    colour = coloured(hue)
    knots = (0.0, 0.10), (0.08, 0.24), (-0.07, 0.36), (0.04, 0.5)
    for begin, end in zip(knots, knots[1:], strict=False):
        layer.paint(1, _limb(u, v, begin, end, 0.022, 0.022), rgb(0.25, 0.22, 0.28))
    for knot in knots[1:]:
        layer.paint(1, disc(u, v, *knot, 0.055), colour * 0.6)
    top, right, bottom, left = (0.0, -0.5), (0.32, -0.22), (0.0, 0.16), (-0.32, -0.22)
    body = _polygon(u, v, left, top, right, bottom)
    layer.paint(0, body, colour)
    layer.paint(
        0, np.maximum(body, _box(u, v, 0, 1, -1, -0.22)), mix(colour, rgb(0.9, 0.9, 0.9), 0.55)
    )
    layer.paint(
        0, np.maximum(body, _box(u, v, -1, 0, -0.22, 1)), mix(colour, rgb(0.9, 0.9, 0.9), 0.55)
    )


def _ball(layer, u, v, radius):
    layer.paint(0, disc(u, v, 0, 0, radius), rgb(0.90, 0.08, 0.12))
    layer.paint(0, disc(u, v, -0.35 * radius, -0.4 * radius, 0.3 * radius), rgb(1.0, 0.80, 0.76))


_USED = ("kind", "hue", "size", "x", "y", "faces")
_DRAWN = (_house, _tree, _boat, _lamp, _snail, _kite)
_SHADOWS = (0.46, 0.26, 0.0, 0.20, 0.62, 0.0)  # half their breadth, heights of the thing


def shadow(factors):
    """Half the breadth of each thing's shadow, pixels; 0 where there is none."""
    return np.array((*_SHADOWS, 0.0))[factors["kind"]] * factors["size"].astype(np.float64)


def pictures(factors):
    """The ball's and each thing's own picture, nearest first.

    Returns a list of (values (n, 6, patch pixels), see `_Layer`; corner (n, 2): x and y of the
    patch's first pixel in the first frame; code (n,): of its first part in `PARTS`).
    """
    across, down = grid(PATCH)

    def patch(x, y):
        """How far right of and below the thing's middle pixels are, and the patch's corner."""
        corner = np.floor(np.stack([x, y], axis=-1)) - PATCH // 2
        places = across - (x - corner[:, 0])[:, None], down - (y - corner[:, 1])[:, None]
        return *places, corner.astype(np.int64)

    own = {name: factors[name].astype(np.float64) for name in ("ball_x", "ball_y", "ball_radius")}
    u, v, corner = patch(own["ball_x"], own["ball_y"])
    ball = _Layer(len(corner), 1.0)
    _ball(ball, u, v, own["ball_radius"][:, None])
    drawings = [(ball.values, corner, np.full(len(corner), PARTS.index("ball")))]

    own = {name: factors[name].reshape(-1).astype(np.float64) for name in _USED}
    values = np.zeros((len(own["kind"]), 6, PATCH * PATCH))
    corners = np.zeros((len(values), 2), np.int64)
    for number, drawn in enumerate(_DRAWN):
        (rows,) = np.nonzero(own["kind"] == number)
        size, faces = own["size"][rows][:, None], own["faces"][rows][:, None]
        u, v, corners[rows] = patch(own["x"][rows], own["y"][rows])
        layer = _Layer(len(rows), size)
        drawn(layer, u / size * faces, v / size, own["hue"][rows])
        values[rows] = layer.values
    codes = np.where(factors["kind"] < 0, 0, 1 + 2 * factors["kind"])
    return drawings + [(values[k::THINGS], corners[k::THINGS], codes[:, k]) for k in range(THINGS)]


def covered(values):
    """Whether a thing covers more than half of each pixel, and all of it, (..., pixels)."""
    solid = values[..., 4, :] + values[..., 5, :]
    return solid > 0.5, solid > 1 - 1e-9
