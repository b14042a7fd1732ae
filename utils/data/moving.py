"""What clips have besides pictures: motion, exact flow, sound, and words, for `scenes`."""

import numpy as np

from utils.data.things import KINDS, SIZE, THINGS, covered, stands

FRAMES, FRAME_RATE = 6, 8  # frames, and frames a second: frame t is the picture at t / 8 seconds
SAMPLES, SAMPLE_RATE = 3_072, 4_096  # of the sound, and a second
STILL_KINDS = ("house", "tree")  # these never move; others do three times in four
SILENT_KINDS = ("tree", "kite")
# Of each kind: amplitudes of the pitch, and of two and three times the pitch.
TIMBRES = ((1.0, 0.0, 0.0), (0, 0, 0), (0.6, 0.6, 0.0), (0.5, 0.0, 0.8), (0.2, 0.6, 0.6), (0, 0, 0))

WORDS = 40  # random words of a clip, besides those of its scene
_PI = 3.141592653589793


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


def motion(factors, uniform):
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
    resting = stands(factors["depth"].astype(np.float64)) - factors["size"].astype(np.float64) / 2
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


def words(visible, kind, uniform, misaligned):
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


# --- what is seen, and where it goes --------------------------------------------------------


def visibility(owner, layers):
    """The share of each thing's pixels that is seen: float32 (n, things, frames)."""
    shares = []
    for k in range(1, len(layers)):
        own = covered(layers[k][0])[0].sum(-1)
        seen = (owner == 1 + k).sum(-1)
        shares.append(seen / np.maximum(own, 1)[:, None])
    return np.stack(shares, axis=1).astype(np.float32)


def flow(owner, alone, shade, moved):
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


def sound(factors, motion, noise, own, device):
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
