"""Checks of lab 6, pretext tasks (Gidaris et al. 2018; Noroozi, Favaro 2016; Chen et al. 2020)."""

import math

import numpy as np

from utils.checks import Questions
from utils.checks.compare import Wrong, agree, brief, close, numbers
from utils.checks.remote.answers import AnswerRaised
from utils.checks.steps import as_steps, explained, listed, returned_values, same, trained_by
from utils.checks.values import Case

questions = Questions("lab6_pretext_tasks")


def stay(answers, name, *arguments):
    """Wrong where the answer changes the arrays that it is given."""
    report = answers.drive("arguments_after", name, arguments=list(arguments))
    for place, before in enumerate(arguments):
        if isinstance(before, np.ndarray) and not agree(report["arguments"][str(place)], before):
            raise Wrong("images_expect", "others after the call", "images_changed")


# --- 1 -----------------------------------------------------------------------------------------


def by_axes(images, turns, clockwise=False):
    """Each image turned by a transposition and flips."""
    out = np.empty_like(images)
    for i, turn in enumerate(turns):
        image = images[i]
        for _ in range((-turn if clockwise else turn) % 4):
            image = image.swapaxes(0, 1)[::-1]
        out[i] = image
    return out


def with_instead(turn, way):
    """A mistake: images of this turn are changed by another function."""

    def changed(images, turns):
        right, wrong = by_axes(images, turns), np.stack([way(image) for image in images])
        return np.where((turns % 4 == turn)[:, None, None, None], wrong, right)

    return changed


@questions.value(1, "quarter_turned", points=1)
class QuarterTurned:
    def cases(rng):
        for turns, side, channels in (
            ([3, 0, 1, 2, 1], 4, 1),
            ([2, 1, 3, 0, 3, 1], 5, 2),
            ([-1, 5, 4, -2, 7], 3, 3),
            ([1], 6, 1),
            (rng.integers(0, 4, 40), 28, 1),
        ):
            images = rng.uniform(0, 1, (len(turns), side, side, channels)).astype("float32")
            yield images, np.array(turns)

    reference = by_axes
    mistakes = {
        "clockwise": lambda x, turns: by_axes(x, turns, clockwise=True),
        "not_turned": lambda x, turns: x,
        "all_by_first": lambda x, turns: by_axes(x, 0 * turns + turns[0]),
        "all_by_last": lambda x, turns: by_axes(x, 0 * turns + turns[-1]),
        "all_once": lambda x, turns: by_axes(x, 0 * turns + 1),
        "turned_once": lambda x, turns: by_axes(x, np.sign(turns % 4)),
        "one_too_many": lambda x, turns: by_axes(x, turns + 1),
        "flipped": [
            with_instead(2, lambda image: image[::-1]),
            with_instead(2, lambda image: image[:, ::-1]),
        ],
        "transposed_image": [
            with_instead(1, lambda image: image.swapaxes(0, 1)),
            with_instead(3, lambda image: image.swapaxes(0, 1)),
            lambda x, turns: np.where((turns % 2 == 1)[:, None, None, None], x.swapaxes(1, 2),
                                      by_axes(x, turns)),
        ],
        "only_0_to_3": [
            lambda x, turns: by_axes(x, np.where((turns < 0) | (turns > 3), 0, turns)),
            lambda x, turns: by_axes(x, np.clip(turns, 0, 3)),
            lambda x, turns: by_axes(x, np.abs(turns)),
            lambda x, turns: by_axes(x, np.maximum(turns, 0)),
            lambda x, turns: by_axes(x, np.where(turns < 0, 0, turns)),
            lambda x, turns: by_axes(x, np.where(turns > 3, 0, turns)),
        ],
        "grouped": lambda x, turns: np.concatenate(
            [by_axes(x[turns % 4 == k], turns[turns % 4 == k]) for k in range(4)]
        ),
        "all_turns": [
            lambda x, turns: np.concatenate([by_axes(x, 0 * turns + k) for k in range(4)]),
            lambda x, turns: np.stack([by_axes(x, 0 * turns + k) for k in range(4)]),
            lambda x, turns: np.stack([by_axes(x, 0 * turns + k) for k in range(4)], 1),
        ],
        "channels_lost": lambda x, turns: by_axes(x, turns)[..., 0],
        "one_image": lambda x, turns: by_axes(x, turns)[0],
        "mirrored": [
            lambda x, turns: by_axes(x, turns)[:, ::-1],
            lambda x, turns: by_axes(x, turns)[:, :, ::-1],
        ],
    }  # fmt: skip

    def further(answers, rng):
        stay(answers, "quarter_turned", rng.random((3, 4, 4, 1), "float32"), np.array([1, 2, 3]))


# --- 2 -----------------------------------------------------------------------------------------

SEED = 4


def differing(rows):
    """Positions in which each two rows differ, for all pairs."""
    different = (rows[:, None] != rows).sum(-1)
    return different[np.triu_indices(len(rows), 1)]


def permutations_of(answers, tiles, count, least, seed=SEED):
    """The set, an int array (count, tiles); Wrong unless it is one with these distances."""
    values = {"called": f"permutation_set({tiles}, {count}, {least}, {seed})"}
    values |= {"tiles": tiles, "count": count, "least": least}
    try:
        result = answers.call("permutation_set", tiles, count, least, seed)
    except AnswerRaised as raised:
        if raised.kind != "ValueError" or count > most(tiles, least):
            raise
        raise Wrong("set_expects", f"{raised}", "raises_below", **values) from None
    found = numbers(result, "set_expects", **values)
    if found.shape != (count, tiles):
        fewer = found.ndim == 2 and found.shape[1] == tiles
        mistakes = {
            "fewer": fewer and len(found) < count or not found.size,
            "more": fewer,
            "rows_and_columns": found.shape == (tiles, count),
        }
        mistake = next((name for name, made in mistakes.items() if made), "shape")
        raise Wrong("set_expects", f"shape {found.shape}", mistake,
                    right=f"shape {(count, tiles)}", **values)  # fmt: skip
    in_order = np.sort(found, axis=1)
    if not np.array_equal(in_order, np.tile(np.arange(tiles), (count, 1))):
        one_more = np.array_equal(in_order, np.tile(np.arange(1, tiles + 1), (count, 1)))
        mistake = "from_1" if one_more else "no_permutations"
        raise Wrong("permutations_expect", f"a row {brief(found[0])}", mistake, **values)
    if count > 1 and (distances := differing(found)).min() < least:
        mistake = "too_near" if distances.min() else "repeats"
        words = f"two that differ in {distances.min()}"
        raise Wrong("distance_expects", words, mistake, **values)
    return found


def most(tiles, least):
    """Singleton's bound, of permutations: no set is larger."""
    return math.factorial(tiles) // math.factorial(least - 1)


def beyond(answers, tiles, count, least):
    """Wrong unless a set that can't exist is refused by a ValueError."""
    values = {"called": f"permutation_set({tiles}, {count}, {least}, {SEED})"}
    values |= {"most": most(tiles, least), "count": count}
    try:
        result = answers.call("permutation_set", tiles, count, least, SEED)
    except AnswerRaised as raised:
        if raised.kind == "ValueError":
            return
        mistake = "endless_at_bound" if raised.kind == "TimeoutError" else "other_error"
        raise Wrong("bound_expects", f"{raised}", mistake, **values) from None
    found = "None" if result is None else f"a result of shape {np.shape(result)}"
    raise Wrong("bound_expects", found, "no_error", **values)


@questions.ask(2, "permutation_set", points=2)
def permutation_set(answers, rng):
    first = permutations_of(answers, 7, 30, 5)
    # 4 permutations that differ everywhere, 12 that differ in 3, all 24: as many as there can be.
    for tiles, count, least in ((4, 24, 2), (4, 4, 4), (4, 12, 3), (5, 1, 5), (3, 6, 1)):
        permutations_of(answers, tiles, count, least)
    if not agree(permutations_of(answers, 7, 30, 5), first):
        raise Wrong("same_seed_expects", "another one", "generator_goes_on")
    if agree(permutations_of(answers, 7, 30, 5, SEED + 1), first):
        raise Wrong("other_seed_expects", "the same for two seeds", "seed_unused")
    for tiles, count, least in ((4, 13, 3), (4, 5, 4), (4, 25, 2), (4, 25, 1)):
        beyond(answers, tiles, count, least)
    return "verified"


# --- 3 -----------------------------------------------------------------------------------------

OF_TILE = 2, 3, 4  # axes


def corners(images, grid, side, offsets, order=divmod, step=None):
    """Tiles as they are; order: of a tile's number, row and column of its cell."""
    cells = images.shape[1] // grid if step is None else step
    rows = []
    for image, own in zip(images, np.asarray(offsets, int), strict=True):
        for number in range(grid**2):
            top, left = np.array(order(number, grid)) * cells + own[number]
            rows.append(image[top:][:side, left:][:, :side])
    return np.reshape(rows, (len(images), grid**2, side, side, images.shape[-1]))


def standardized(tiles, axis=OF_TILE):
    tiles = tiles - tiles.mean(axis, keepdims=True)
    spread = tiles.std(axis, keepdims=True)
    return tiles / np.where(spread > 0, spread, 1)


def other_offsets(change):
    """A mistake: tiles at changed offsets."""
    return lambda x, g, s, o: standardized(corners(x, g, s, change(o, x.shape[1] // g - s)))


def other_scale(scale):
    """A mistake: tiles with another change of their values."""
    return lambda x, g, s, o: scale(corners(x, g, s, o))


def mean_of(array, axis=OF_TILE):
    return array.mean(axis, keepdims=True)


def in_range(tiles):
    low, high = tiles.min(OF_TILE, keepdims=True), tiles.max(OF_TILE, keepdims=True)
    return (tiles - low) / np.where(high > low, high - low, 1)


@questions.value(3, "cut_tiles", points=2)
class CutTiles:
    tolerance = 5e-3  # what keeps the divisor above 0 may be added to it

    def cases(rng):
        for n, size, grid, side, channels in (
            (3, 12, 3, 2, 1),
            (2, 10, 2, 3, 3),
            (4, 8, 2, 4, 1),
            (1, 9, 1, 7, 1),
            (6, 28, 2, 12, 1),
        ):
            images = rng.uniform(0, 1, (n, size, size, channels)).astype("float32")
            images *= np.linspace(0.3, 1, n, dtype="float32")[:, None, None, None]
            offsets = rng.integers(0, size // grid - side + 1, (n, grid**2, 2))
            yield Case(images, grid, side, offsets)
        flat = rng.uniform(0, 1, (2, 8, 8, 1)).astype("float32")
        flat[0], flat[1, :4] = 0.5, 1
        yield Case(flat, 2, 3, rng.integers(0, 2, (2, 4, 2)), otherwise="flat")

    def reference(images, grid, side, offsets):
        return standardized(corners(images, grid, side, offsets))

    mistakes = {
        "column_major": lambda x, g, s, o: standardized(
            corners(x, g, s, o, lambda number, grid: divmod(number, grid)[::-1])
        ),
        "columns_everywhere": lambda x, g, s, o: standardized(
            corners(x, g, s, o[..., ::-1], lambda number, grid: divmod(number, grid)[::-1])
        ),
        "offsets_exchanged": other_offsets(lambda o, room: o[..., ::-1]),
        "one_offset": other_offsets(lambda o, room: 0 * o + o[:, :1]),
        "offsets_of_first_image": other_offsets(lambda o, room: 0 * o + o[:1]),
        "offset_for_all": other_offsets(lambda o, room: 0 * o + o[:1, :1]),
        "offsets_ignored": other_offsets(lambda o, room: 0 * o),
        "centred_tiles": other_offsets(lambda o, room: 0 * o + room // 2),
        "from_the_other_side": other_offsets(lambda o, room: room - o),
        "not_normalized": other_scale(lambda tiles: tiles),
        "mean_alone": other_scale(lambda tiles: tiles - mean_of(tiles)),
        "deviation_alone": other_scale(lambda tiles: tiles / tiles.std(OF_TILE, keepdims=True)),
        "by_variance": other_scale(
            lambda tiles: (tiles - mean_of(tiles)) / tiles.var(OF_TILE, keepdims=True)
        ),
        "by_image": [
            other_scale(lambda tiles: standardized(tiles, (1, 2, 3, 4))),
            lambda x, g, s, o: corners(standardized(x, (1, 2, 3)), g, s, o),
        ],
        "by_batch": [
            other_scale(lambda tiles: standardized(tiles, (0, 1, 2, 3, 4))),
            other_scale(lambda tiles: standardized(tiles, (0, 2, 3, 4))),
            other_scale(lambda tiles: standardized(tiles, (0, 1, 2, 3))),
            other_scale(lambda tiles: standardized(tiles, 0)),
            lambda x, g, s, o: corners(standardized(x, (0, 1, 2, 3)), g, s, o),
        ],
        "by_channel": other_scale(lambda tiles: standardized(tiles, (2, 3))),
        "by_row": other_scale(lambda tiles: standardized(tiles, 3)),
        "from_0_to_1": other_scale(in_range),
        "corrected": other_scale(
            lambda tiles: standardized(tiles) * np.sqrt(1 - 1 / np.prod(tiles.shape[2:]))
        ),
        "large_divisor": [
            other_scale(lambda t, c=c: (t - mean_of(t)) / (t.std(OF_TILE, keepdims=True) + c))
            for c in (1.0, 0.1, 0.01, 0.001)
        ],
        "overlapping": [
            lambda x, g, s, o: standardized(corners(x, g, s, o, step=s)),
            lambda x, g, s, o: standardized(corners(x, g, s, o, step=1)),
        ],
        "tiles_joined": lambda x, g, s, o: np.zeros((len(x) * g**2, s, s, x.shape[-1])),
        "in_a_grid": lambda x, g, s, o: np.zeros((len(x), g, g, s, s, x.shape[-1])),
        "whole_cells": lambda x, g, s, o: np.zeros(
            (len(x), g**2, x.shape[1] // g, x.shape[1] // g, x.shape[-1])
        ),
    }

    def further(answers, rng):
        images, offsets = rng.random((2, 8, 8, 1), "float32"), rng.integers(0, 2, (2, 4, 2))
        stay(answers, "cut_tiles", images, 2, 3, offsets)


# --- 4 -----------------------------------------------------------------------------------------


def in_order(tiles, orders):
    return np.stack([own[order] for own, order in zip(tiles, orders, strict=True)])


@questions.value(4, "shuffled", points=1)
class Shuffled:
    def cases(rng):
        for n, t, m in ((4, 4, 3), (3, 9, 5), (1, 3, 2), (30, 4, 24), (9, 9, 9)):
            tiles = rng.normal(0, 1, (n, t, 2, 2, 1)).astype("float32")
            orders = np.stack([rng.permutation(t) for _ in range(m)])
            # One that is not its own inverse, nor twice the same as once.
            orders[-1] = np.roll(np.arange(t), 1)
            which = np.concatenate([[m - 1], rng.integers(0, m, n - 1)])
            yield tiles, orders, which

    def reference(tiles, permutations, which):
        return np.stack([[tiles[i, k] for k in permutations[row]] for i, row in enumerate(which)])

    mistakes = {
        "inverse": lambda x, p, which: in_order(x, np.argsort(p, axis=1)[which]),
        "not_shuffled": lambda x, p, which: x,
        "one_for_all": [
            lambda x, p, which: x[:, p[which[0]]],
            lambda x, p, which: x[:, p[0]],
            lambda x, p, which: x[:, p[which[-1]]],
        ],
        "which_ignored": lambda x, p, which: in_order(x, p[np.arange(len(x)) % len(p)]),
        "from_1": [
            lambda x, p, which: in_order(x, p[which - 1]),
            lambda x, p, which: in_order(x, p[which] - 1),
        ],
        "twice": lambda x, p, which: in_order(in_order(x, p[which]), p[which]),
        "reversed": lambda x, p, which: in_order(x, p[which][:, ::-1]),
        "images_shuffled": [
            lambda x, p, which: x[which % len(x)],
            lambda x, p, which: x[p[which[0]] % len(x)],
            lambda x, p, which: x[np.argsort(which, kind="stable")],
        ],
        "within_tiles": [
            lambda x, p, which: in_order(x, p[which]).swapaxes(2, 3),
            lambda x, p, which: in_order(x, p[which])[:, :, ::-1],
        ],
        "orders_returned": [
            lambda x, p, which: p[which],
            lambda x, p, which: np.argsort(p[which], axis=1),
        ],
        "all_orders": lambda x, p, which: x[:, p],
        "first_tile_only": lambda x, p, which: np.stack(
            [own[order[0]] for own, order in zip(x, p[which], strict=True)]
        ),
        "joined": lambda x, p, which: in_order(x, p[which]).reshape(-1, *x.shape[2:]),
    }

    def further(answers, rng):
        tiles = rng.random((3, 4, 2, 2, 1), "float32")
        orders = np.array([[1, 2, 3, 0], [3, 1, 0, 2]])
        stay(answers, "shuffled", tiles, orders, np.array([0, 1, 1]))


# --- 5 -----------------------------------------------------------------------------------------

COPIES, SIZE = 150, 28
LEAST_SIZES = 0.075  # standard deviation of the logarithm of what is drawn's size
INK = 0.3  # what is brighter counts as drawn: noise alone is darker


def drawing(angle, length, width=1.6, brightness=1.0):
    """A soft bar and a dot at its end, about the middle, (28, 28, 1) float32."""
    rows, columns = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    along = columns * np.cos(angle) + rows * np.sin(angle)
    across = rows * np.cos(angle) - columns * np.sin(angle)
    distance = np.hypot(np.maximum(np.abs(along) - length / 2, 0), across)
    dot = np.hypot(along - length / 2, across) - width
    values = np.clip(width + 0.5 - np.minimum(distance, dot), 0, 1)
    return (brightness * values)[..., None].astype("float32")


def ink(images):
    """Share of the pixels that are drawn, (n,)."""
    return (images > INK).mean((1, 2, 3))


def moments(images):
    """Mean positions (n, 2) and the logarithm of the spread about them, (n,), of what is drawn."""
    drawn = np.where(images > INK, images, 0)[..., 0] + 1e-9
    weight = drawn / drawn.sum((1, 2), keepdims=True)
    where = np.mgrid[:SIZE, :SIZE]
    means = np.stack([(weight * axis).sum((1, 2)) for axis in where], -1)
    off = [axis - means[:, i, None, None] for i, axis in enumerate(where)]
    spread = sum((weight * each**2).sum((1, 2)) for each in off)
    return means, np.log(spread) / 2


def pair_of(result, images):
    """Two views as one array (2, n, ...), or Wrong."""
    values = {"images": images.shape}
    if not isinstance(result, dict):
        none = "NoneType" in result
        raise Wrong("pair_expects", result, "no_return" if none else "not_two", **values)
    views = [numbers(result[key], "pair_expects", **values) for key in sorted(result, key=int)]
    shapes = [view.shape for view in views]
    if len(views) != 2:
        joined = set(shapes) == {images.shape[1:]}
        mistake = "not_two"
        if joined:
            mistake = "one_view" if len(views) == len(images) else "joined"
        raise Wrong("pair_expects", f"{len(views)} of shape {shapes[0]}", mistake, **values)
    if set(shapes) != {images.shape}:
        raise Wrong("pair_expects", f"shapes {shapes[0]} and {shapes[1]}", "view_shape", **values)
    return np.stack(views)


def views_of(answers, batches, seeds, calls):
    """What came, by place of the call, outside of a compiled function and inside."""
    report = answers.drive("views_in_graph", "two_views", batches=batches, seeds=seeds, calls=calls)
    given = [batches[batch] for batch, _ in calls]
    ways = [
        [pair_of(report[name][str(place)], images) for place, images in enumerate(given)]
        for name in ("plain", "compiled")
    ]
    kinds = {np.asarray(each).dtype for each in report["plain"]["0"].values()}
    if kinds != {np.dtype("float32")}:
        raise Wrong("type_of_views_expects", f"{', '.join(map(str, kinds))}", "other_type")
    return ways


def strengths(views, image):
    """Wrong unless views (2, n, ...) of one image are moved, resized and kept as they should be."""
    corner = views[..., :2, :2, :].max()
    if corner > 0.6:
        raise Wrong("noise_expects", f"up to {corner:.2g} in the black corner", "strong_noise")
    middle = moments(image[None])[0]
    measured = [moments(view) for view in views]
    shifts = np.array([(where - middle).std(0) for where, _ in measured])
    centres = np.array([(where - middle).mean(0) for where, _ in measured])
    sizes = np.array([size.std() for _, size in measured])
    kept = np.array([ink(view) / ink(image[None]) for view in views])
    mistakes = {
        "nothing_drawn": kept.mean(1).min() < 0.2,
        "one_for_batch": shifts.max() < 0.3 and np.abs(centres).max() > 0.3,
        "noise_alone": shifts.max() < 0.1 and sizes.max() < 0.02,
        "not_shifted": shifts.max() < 0.4,
        "one_way": shifts.min() < 0.4,
        "hardly_shifted": shifts.min() < 0.8,
        "other_sizes": sizes.max() > 0.3,
        "far_shifted": shifts.max() > 3,
        "lost": np.mean(kept < 0.25) > 0.1,
        "off_centre": np.abs(centres).max() > 1,
        "only_shifted": sizes.min() < LEAST_SIZES,
    }
    if mistake := next((name for name, made in mistakes.items() if made), None):
        found = (
            f"shifts with standard deviations of {shifts.min():.2g} to {shifts.max():.2g} pixels, "
            f"sizes with {sizes.min():.2g} of the whole, {kept.mean():.0%} of the drawn pixels"
        )
        raise Wrong("strengths_expect", found, mistake)


def noise_and_contrast(views):
    """Wrong unless views (n, ...) carry noise, and are brighter and darker."""
    corner = views[:, :2, :2].ravel()
    if np.ptp(corner) < 1e-3:
        raise Wrong("noise_expects", "none", "no_noise")
    grey = np.array([np.median(view[(view > 0.12) & (view < 0.85)]) for view in views])
    if grey.std() < 0.03:
        raise Wrong("contrast_expects", "the same in all views", "no_contrast")


def by_seeds(plain, compiled):
    """Wrong unless the seeds decide the views; calls as in `two_views`, the same compiled."""
    first, again, *others = plain[:4]
    if not agree(first, again, 1e-6):
        frozen = agree(compiled[0], compiled[2], 1e-6)
        mistake = "frozen" if frozen else "generator_goes_on"
        raise Wrong("same_seed_expects", "others at a second call", mistake)
    if any(agree(first, other, 1e-6) for other in others):
        raise Wrong("other_seed_expects", "the same views", "seed_unused")
    for outside, inside in zip(plain, compiled, strict=True):
        if not agree(outside, inside, 1e-3):
            raise Wrong("in_graph_expects", "others", "in_graph")


def two_and_changed(views, images):
    """Wrong where both views are the same, or one is the image, or its images have one change."""
    if agree(*views, 1e-6):
        raise Wrong("differ_expects", "the same twice", "identical")
    for view, name in zip(views, ("first", "second"), strict=True):
        if agree(view, images, 1e-3):
            raise Wrong("differ_expects", f"the {name} is the image itself", "image_itself")
        if agree(view[0], view[1], 1e-4):
            raise Wrong("own_expects", f"the {name} views of one batch alike", "one_for_batch")


def in_their_order(views, images):
    """Wrong unless how much is drawn in a view tells of which image it is."""
    for view in views:
        if np.corrcoef(ink(view), ink(images))[0, 1] < 0.7:
            raise Wrong("order_expects", "another order", "permuted")


def independent(views):
    """Wrong where shifts of the second views of one image follow those of the first."""
    first, second = (moments(view)[0] for view in views)
    alike = [np.corrcoef(first[:, axis], second[:, axis])[0, 1] for axis in (0, 1)]
    if min(alike) > 0.4:
        raise Wrong("independent_expects", "shifts that go together", "second_of_first")


@questions.ask(5, "two_views", points=2)
def two_views(answers, rng):
    image = drawing(0.5, 9)
    # Broad grey strokes, whose brightness shows the contrast.
    grey = drawing(0.5, 9, width=3, brightness=0.5)
    # From a dot to a long broad bar, so that a view's ink tells of which image it is.
    various = [drawing(rng.uniform(-0.2, 0.2), 0.5 * each, 0.8 + 0.09 * each)
               for each in rng.permutation(24)]  # fmt: skip
    batches = [np.stack(COPIES * [image]), np.stack(various), np.stack(COPIES * [grey])]
    seeds = [[3, 5], [3, 6], [7, 5]]
    calls = [[0, 0], [0, 0], [0, 1], [0, 2], [1, 0], [2, 0]]
    plain, compiled = views_of(answers, batches, seeds, calls)
    for views in plain:
        low, high = views.min(), views.max()
        if not np.all(np.isfinite(views)) or low < 0 or high > 1 + 1e-5:
            raise Wrong("range_expects", f"from {low:.3g} to {high:.3g}", "out_of_range")
    two_and_changed(plain[0], batches[0])
    by_seeds(plain, compiled)
    strengths(plain[0], image)
    in_their_order(plain[4], batches[1])
    independent(plain[0])
    for views in plain[5]:
        noise_and_contrast(views)
    return "verified"


# --- 6 -----------------------------------------------------------------------------------------


def unit_rows(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def log_sum(values, axis=1):
    top = values.max(axis, keepdims=True)
    return (top + np.log(np.exp(values - top).sum(axis, keepdims=True))).squeeze(axis)


def nt_xent(first, second, temperature, unit=unit_rows, self_is=-np.inf, offset=0,
            average=np.mean, of_all=True, positive=True):  # fmt: skip
    """The loss with what mistakes change.

    Args:
        unit: function of the vectors.
        self_is: what stands for a view's similarity to itself, None for what it is.
        offset: int, by which the partner is missed.
        average: function of the losses (2n,).
        of_all: bool, False for negatives from the other set alone.
        positive: bool, whether the partner stands in the denominator.
    """
    n = len(first)
    both = unit(np.concatenate([first, second]))
    similar = both @ both.T / temperature
    places = np.arange(2 * n)
    partners = (places + n + offset) % (2 * n)
    own = similar[places, partners].copy()
    if self_is is not None:
        similar[places, places] = self_is
    if not of_all:
        same_set = (places[:, None] < n) == (places < n)
        similar = np.where(same_set, -np.inf, similar)
    if not positive:
        similar[places, partners] = -np.inf
    return average(log_sum(similar) - own)


def cross_views(first, second, temperature, both_ways=True):
    """A classification among the n views of the other set alone."""
    similar = unit_rows(first) @ unit_rows(second).T / temperature
    ways = [similar, similar.T] if both_ways else [similar]
    return np.mean([np.mean(log_sum(each) - np.diag(each)) for each in ways])


def subtracted_after(first, second, temperature):
    both = unit_rows(np.concatenate([first, second]))
    similar, n = both @ both.T / temperature, len(first)
    places = np.arange(2 * n)
    own = similar[places, (places + n) % (2 * n)]
    return np.mean(np.log(np.exp(similar).sum(1) - np.exp(1.0)) - own)


def first_half(losses):
    return losses[: len(losses) // 2].mean()


@questions.value(6, "info_nce", points=3)
class InfoNCE:
    def cases(rng):
        for n, d, temperature, dtype in (
            (4, 3, 0.5, "float32"),
            (3, 6, 0.2, "float32"),
            (7, 4, 2.0, "float32"),
            (2, 5, 1.0, "float32"),
            (40, 8, 0.1, "float32"),
        ):
            first, second = rng.normal(0, 1, (2, n, d)).astype(dtype)
            yield Case(first, 3 * (second + first), temperature)
        yield Case(*np.float32([[[1, 0], [0, 1]]] * 2), 0.5)
        yield Case(*np.ones((2, 6, 3), "float32"), 0.3)
        far = np.float32([[[1, 0.1], [0, 1]], [[-1, 0.2], [0.1, -1]]])
        yield Case(*far, 0.01, otherwise="overflow")

    reference = nt_xent

    def gradients(first, second, temperature):
        n, rows = len(first), np.concatenate([first, second])
        unit, places = unit_rows(rows), np.arange(2 * n)
        similar = unit @ unit.T / temperature
        similar[places, places] = -np.inf
        by = np.exp(similar - log_sum(similar)[:, None])
        by[places, (places + n) % (2 * n)] -= 1
        by_unit = (by + by.T) @ unit / (2 * n * temperature)
        by_unit -= (by_unit * unit).sum(1, keepdims=True) * unit
        by_rows = by_unit / np.linalg.norm(rows, axis=1, keepdims=True)
        return {"first": by_rows[:n], "second": by_rows[n:]}

    mistakes = {
        "self_kept": {"self_is": None},
        "self_0": {"self_is": 0.0},
        "self_still_counts": [
            lambda a, b, t: nt_xent(a, b, t, self_is=1 / t - 1),
            lambda a, b, t: nt_xent(a, b, t, self_is=-1.0),
            lambda a, b, t: nt_xent(a, b, t, self_is=-1 / t),
        ],
        "self_subtracted": subtracted_after,
        "self_and_multiplied": lambda a, b, t: nt_xent(a, b, 1 / t, self_is=None),
        "cross_alone": [cross_views, {"of_all": False}],
        "one_direction": [{"average": first_half}, lambda a, b, t: cross_views(a, b, t, False)],
        "temperature_multiplied": lambda a, b, t: nt_xent(a, b, 1 / t),
        "temperature_unused": lambda a, b, t: nt_xent(a, b, 1.0),
        "temperature_squared": lambda a, b, t: nt_xent(a, b, t**2),
        "temperature_root": lambda a, b, t: nt_xent(a, b, t**0.5),
        "not_normalized": {"unit": lambda rows: rows},
        "normalized_by_column": {
            "unit": lambda rows: rows / np.linalg.norm(rows, axis=0, keepdims=True)
        },
        "normalized_as_whole": {"unit": lambda rows: rows / np.linalg.norm(rows)},
        "by_squared_length": {"unit": lambda rows: rows / (rows**2).sum(1, keepdims=True)},
        "centred": {"unit": lambda rows: unit_rows(rows - rows.mean(0))},
        "summed": {"average": np.sum},
        "sum_over_n": {"average": lambda losses: 2 * losses.mean()},
        "not_averaged": {"average": lambda losses: losses},
        "wrong_partner": [{"offset": 1}, {"offset": -1}],
        "partner_masked": [
            lambda a, b, t, low=low: (
                nt_xent(a, b, t, average=np.asarray).mean()
                + partner_similarity(a, b, t).mean()
                - (1 / t - low)
            )
            for low in (1e9, 1e8, 1e6)
        ],
        "no_logits": lambda a, b, t: of_probabilities(a, b, t),
        "partner_itself": lambda a, b, t: nt_xent(a, b, t, self_is=None, offset=len(a)),
        "neighbours": lambda a, b, t: neighbours(a, b, t),
        "positive_missing": {"positive": False},
        "distances": lambda a, b, t: nt_xent_of_distances(a, b, t),
        "no_logarithm": {"average": lambda losses: np.mean(np.exp(-losses))},
        "negatives_alone": lambda a, b, t: np.mean(
            nt_xent(a, b, t, average=np.asarray) + partner_similarity(a, b, t)
        ),
        "attraction_alone": lambda a, b, t: -np.mean(partner_similarity(a, b, t)),
        "negative": lambda a, b, t: -nt_xent(a, b, t),
        "overflow": lambda a, b, t: np.inf,
    }


def partner_similarity(first, second, temperature):
    cosine = (unit_rows(first) * unit_rows(second)).sum(1) / temperature
    return np.concatenate([cosine, cosine])


def of_probabilities(first, second, temperature):
    """Keras's cross-entropy of the similarities taken for probabilities."""
    both, n = unit_rows(np.concatenate([first, second])), len(first)
    places = np.arange(2 * n)
    similar = both @ both.T / temperature
    similar[places, places] = -np.inf
    likely = np.clip(similar, 1e-7, 1 - 1e-7)
    return np.mean(np.log(likely.sum(1)) - np.log(likely[places, (places + n) % (2 * n)]))


def neighbours(first, second, temperature):
    """The loss where rows 0 and 1, 2 and 3 and so on are taken for partners."""
    both = np.concatenate([first, second])
    return nt_xent(both[0::2], both[1::2], temperature)


def nt_xent_of_distances(first, second, temperature):
    """The loss of minus the squared distances."""
    both, n = unit_rows(np.concatenate([first, second])), len(first)
    similar = -((both[:, None] - both) ** 2).sum(-1) / temperature
    places = np.arange(2 * n)
    own = similar[places, (places + n) % (2 * n)]
    similar[places, places] = -np.inf
    return np.mean(log_sum(similar) - own)


# --- 7 -----------------------------------------------------------------------------------------

INPUTS, FEATURES, OUTPUTS = 5, 4, 3
RATE = 0.05
TRACKED = "loss", "score"
NETWORKS = "trunk", "head"


def linear_task(rng):
    """Weights of a linear trunk and a linear head."""

    def normal(deviation, *size):
        return rng.normal(0, deviation, size).astype("float32")

    return {
        "trunk": [normal(0.5, INPUTS, FEATURES), normal(0.3, FEATURES)],
        "head": [normal(0.5, FEATURES, OUTPUTS), normal(0.3, OUTPUTS)],
    }


def batches_of(rng, *counts):
    return [
        [rng.normal(0, 1, (n, INPUTS)).astype("float32"),
         rng.normal(0, 1, (n, OUTPUTS)).astype("float32")]
        for n in counts
    ]  # fmt: skip


def forward(weights, x):
    hidden = x @ weights["trunk"][0] + weights["trunk"][1]
    return hidden, hidden @ weights["head"][0] + weights["head"][1]


def tracked(weights, x, y):
    """Loss and score of a batch, see the driver `pretext_training`."""
    outputs = forward(weights, x)[1]
    return np.mean((outputs - 2 * y) ** 2), np.mean(outputs + 3 * y)


def descended(weights, x, y, factor=1.0, moving=NETWORKS, exchanged=False, by_score=False):
    """Weights after one step of plain gradient descent; the options are mistakes."""
    hidden, outputs = forward(weights, x)
    slope = 2 * (outputs - 2 * y) if not exchanged else -4 * (y - 2 * outputs)
    slope = np.ones_like(outputs) if by_score else slope
    by_outputs = factor * slope / outputs.size
    by_hidden = by_outputs @ weights["head"][0].T
    gradients = {"trunk": (x, by_hidden), "head": (hidden, by_outputs)}
    after = dict(weights)
    for name in moving:
        inputs, by = gradients[name]
        kernel, bias = weights[name]
        after[name] = [kernel - RATE * inputs.T @ by, bias - RATE * by.sum(0)]
    return after


def stepped(before, x, y):
    """The function of options -> weights after the step, and what mistakes come to."""

    def replay(**options):
        return descended(before, x, y, **options)

    def in_turn(*names):
        return lambda: descended(descended(before, x, y, moving=names[:1]), x, y, moving=names[1:])

    return replay, {
        "head_alone": {"moving": ("head",)},
        "trunk_alone": {"moving": ("trunk",)},
        "nothing_moves": {"moving": ()},
        "uphill": {"factor": -1.0},
        "twice": [lambda: descended(replay(), x, y), {"factor": 2.0}],
        "in_turn": [in_turn("trunk", "head"), in_turn("head", "trunk")],
        "summed": [{"factor": float(len(x))}, {"factor": float(len(x) * OUTPUTS)}],
        "halved": {"factor": 0.5},
        "exchanged": {"exchanged": True},
        "score_descended": [{"by_score": True}, {"by_score": True, "factor": -1.0}],
    }


def moved(step, before, x, y):
    """Wrong unless trunk and head have moved as they should; returns what was tracked."""
    after = listed(step["after"])
    replay, mistakes = stepped(before, x, y)
    told = explained(after, before, replay, mistakes)
    if told:
        name, mistake = next(iter(told.items()))
        values = {"network": name, "taken": step["taken"][0]}
        if mistake is None:
            mistake = "other_steps" if step["taken"][0] != 1 else "other_step"
        right = replay()[name][0] - before[name][0]
        change = after[name][0] - before[name][0]
        raise Wrong("moved_expects", f"{brief(change.ravel()[:4])}...", mistake,
                    right=f"{brief(right.ravel()[:4])}...", **values)  # fmt: skip
    return tracked(before, x, y), tracked(after, x, y)


def means(rows, later, batches, found, expects):
    """Wrong unless loss and score are means over these batches.

    Args:
        rows, later: what is tracked of each batch, before its update and after it.
    """
    found, rows, later = returned_values(found, TRACKED), np.array(rows), np.array(later)
    sizes = [len(x) for x, _ in batches]
    right = rows.mean(0)

    def fits(*ways):
        return any(np.allclose(found, way, 2e-3, 2e-3) for way in ways)

    if fits(right, np.average(rows, axis=0, weights=sizes)):
        return
    other = np.array([np.mean(y + 3 * (row[1] - 3 * np.mean(y)))
                      for (_, y), row in zip(batches, rows, strict=True)])  # fmt: skip
    mistakes = {
        "tracked_exchanged": fits(right[::-1]),
        "after_update": fits(later.mean(0), [later.mean(0)[0], right[1]],
                             [right[0], later.mean(0)[1]]),
        "score_exchanged": fits([right[0], other.mean()]),
        "loss_twice": fits(right[[0, 0]], right[[1, 1]]),
        "no_means": fits(rows[-1], rows[0], rows.sum(0)),
    }  # fmt: skip
    mistake = next((name for name, made in mistakes.items() if made), "other_values")
    raise Wrong(expects, brief(found), mistake, right=right, batches=len(rows))


def in_training(step):
    """Wrong where a network is not called, or not for training."""
    for name in NETWORKS:
        calls = [event for event in step["events"] if event["network"] == name]
        if not calls:
            raise Wrong("calls_expects", "none", "never_called", network=name)
        still = sum(not event["training"] for event in calls)
        if still:
            found = f"training=True missing in {still} of {len(calls)} calls"
            raise Wrong("training_expects", found, "not_for_training", network=name)


@questions.ask(7, "PretextTask", points=3)
def pretext_task(answers, rng):
    weights, batches = linear_task(rng), batches_of(rng, 6, 6, 3)
    options = {"weights": weights, "rate": RATE}
    report = trained_by(answers, "pretext_training", "PretextTask", batches=batches, **options)
    before, rows, later = as_steps(weights), [], []
    for step, batch in zip(report["steps"], batches, strict=True):
        x, y = (each.astype("float64") for each in batch)
        in_training(step)
        row, after_row = moved(step, before, x, y)
        rows, later = [*rows, row], [*later, after_row]
        means(rows, later, batches[: len(rows)], step["returned"], "tracked_expects")
        before = listed(step["after"])
    normalized = trained_by(
        answers, "pretext_training", "PretextTask", batches=batches[:1], normalized=True, **options
    )
    for name in NETWORKS:
        expected = normalized["moving_means"]["before"][name].astype("float64")
        for event in normalized["steps"][0]["events"]:
            if event["network"] == name:
                expected = 0.9 * expected + 0.1 * event["inputs"].mean(0)
        found = normalized["moving_means"]["after"][name].astype("float64")
        close(found, expected, "averages_expects", (), "frozen_inside", 1e-3, network=name)
    compiled(answers, weights, batches[:2], options)
    return "verified"


def compiled(answers, weights, batches, options):
    """Wrong unless `fit`, compiled, does on two epochs what single steps do, and tells means."""
    report = trained_by(
        answers, "pretext_training", "PretextTask", batches=batches, epochs=2, **options
    )
    now, epochs, later = as_steps(weights), [], []
    for _ in range(2):
        rows, after = [], []
        for batch in batches:
            x, y = (each.astype("float64") for each in batch)
            rows.append(tracked(now, x, y))
            now = descended(now, x, y)
            after.append(tracked(now, x, y))
        epochs.append(rows)
        later.append(after)
    found, start = listed(report["after"]), as_steps(weights)
    for name in NETWORKS:
        if not same(found[name], now[name], start[name]):
            raise Wrong("fit_expects", f"another {name}", "runs_once")
    for place, rows in enumerate(epochs):
        history = {name: values[place] for name, values in report["history"].items()}
        means(rows, later[place], batches, history, "epoch_expects")


# --- 8 -----------------------------------------------------------------------------------------


def positions(images, kernel, bias, mean, variance, maps):
    """What the trunk gives as used: (n, height, width, d), or (n, d)."""
    x = (images - mean) / np.sqrt(variance + 1e-3)
    return (x if maps else x.reshape(len(x), -1)) @ kernel + bias


def changed(change):
    """A mistake: the right features, changed."""
    return lambda *case: change(Features.reference(*case))


def of_maps(change):
    """A mistake: something else is done with maps."""

    def wrong(*case):
        found = positions(*case)
        return change(found) if found.ndim == 4 else found

    return wrong


def in_whole_batches(size):
    return lambda *case: Features.reference(*case)[: len(case[0]) // size * size]


@questions.value(8, "features", points=1)
class Features:
    def cases(rng):
        for n, size, channels, width, maps in (
            (7, 4, 2, 3, True),
            (5, 3, 1, 6, False),
            (70, 3, 2, 4, True),
            (1237, 2, 1, 3, False),
        ):
            images = rng.uniform(0, 1, (n, size, size, channels)).astype("float32")
            into = channels if maps else size * size * channels
            kernel, bias = rng.normal(0, 1, (into, width)), rng.normal(0, 1, width)
            mean, variance = rng.normal(0, 1, channels), rng.uniform(0.3, 3, channels)
            given = [each.astype("float32") for each in (kernel, bias, mean, variance)]
            yield Case(images, *given, maps)

    def reference(images, kernel, bias, mean, variance, maps):
        found = positions(images, kernel, bias, mean, variance, maps)
        return found.mean((1, 2)) if maps else found

    def call(answers, name, case):
        names = "images", "kernel", "bias", "mean", "variance", "maps"
        options = dict(zip(names, case, strict=True))
        report = answers.drive("with_trunk", name, **options)
        if report["changed"]:
            raise Wrong("trunk_expects", "other weights or moving averages", "trunk_changed")
        if not report["trainable"]:
            raise Wrong("trunk_expects", "trainable set to False", "trunk_frozen")
        return report["result"]

    mistakes = {
        "not_pooled": positions,
        "flattened_maps": of_maps(lambda found: found.reshape(len(found), -1)),
        "largest": of_maps(lambda found: found.max((1, 2))),
        "summed_up": of_maps(lambda found: found.sum((1, 2))),
        "one_position": [
            of_maps(lambda found: found[:, 0, 0]),
            of_maps(lambda found: found[:, 1, 1]),
        ],
        "rows_left": [of_maps(lambda found: found.mean(1)), of_maps(lambda found: found.mean(2))],
        "over_features": [
            of_maps(lambda found: found.mean(-1)),
            of_maps(lambda found: found.mean(-1).reshape(len(found), -1)),
            of_maps(lambda found: found.mean((1, 2, 3))),
        ],
        "keeps_axes": of_maps(lambda found: found.mean((1, 2), keepdims=True)),
        "standardized": changed(lambda f: (f - f.mean(0)) / f.std(0)),
        "unit_length": changed(lambda f: f / np.linalg.norm(f, axis=1, keepdims=True)),
        "centred": changed(lambda f: f - f.mean(0)),
        "activated": changed(lambda f: np.maximum(f, 0)),
        "images_back": [
            lambda images, *rest: images,
            lambda images, *rest: images.mean((1, 2)),
        ],
        "last_batch_lost": [in_whole_batches(size) for size in (500, 256, 128, 100, 64, 32, 1000)],
        "first_batch_alone": [
            lambda *case, size=size: Features.reference(*case)[:size]
            for size in (500, 256, 128, 100, 64, 32, 1000)
        ],
        "images_shuffled": changed(lambda f: f[::-1]),
        "squeezed": changed(lambda f: f[0]),
    }
