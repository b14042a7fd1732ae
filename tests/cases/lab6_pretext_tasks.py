"""Answers to lab 6's questions: right ones written in many ways, wrong ones with a named mistake.

RIGHT: question -> {way of writing: source}. WRONG: question -> {name: (source, id of the mistake)}.
Sources are what a student's cell would hold; tables and bodies end in, or begin with, what becomes
of each: "right", the id of the mistake, or "hidden" and the id of one that only a hidden check
catches.
"""

import re

from tests.cases import Texts, replaced, solution
from utils import ROOT

LAB = "lab6_pretext_tasks"


def given(name):
    """A function that the lab gives, as it stands in the lab's text."""
    text = (ROOT / "content" / "labs" / f"{LAB}.py").read_text(encoding="utf-8")
    return re.search(rf"^def {name}\b.*?(?=\n\n\n)", text, re.MULTILINE | re.DOTALL)[0]


PRELUDE = f"""
import itertools
import math
import random
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

{given("warped")}
"""

TEXTS = Texts({"permutation_set": "import itertools\nimport random\n\n"})  # that the lab has not
RIGHT, WRONG, HIDDEN_WRONG = TEXTS.right, TEXTS.wrong, TEXTS.hidden_wrong
add, table, bodies = TEXTS.add, TEXTS.table, TEXTS.bodies


# --- quarter_turned ----------------------------------------------------------------------------


def of_each(result):
    return f"""
def quarter_turned(images, turns):
    return np.stack([{result} for image, turn in zip(images, turns)])
"""


table("quarter_turned", of_each)("""
rot90               | np.rot90(image, turn)                        | right
named axes          | np.rot90(image, k=turn, axes=(0, 1))         | right
modulo              | np.rot90(image, int(turn) % 4)               | right
clockwise, minus    | np.rot90(image, -turn, axes=(1, 0))          | right
scipy               | __import__('scipy.ndimage').ndimage.rotate(image, 90 * turn, reshape=False, order=0) | right
tf.image            | tf.image.rot90(image, int(turn) % 4).numpy() | right
clockwise           | np.rot90(image, -turn)                       | clockwise
axes exchanged      | np.rot90(image, turn, axes=(1, 0))           | clockwise
by the first        | np.rot90(image, turns[0])                    | all_by_first
by the last         | np.rot90(image, turns[-1])                   | all_by_last
once                | np.rot90(image) if turn % 4 else image       | turned_once
as they are         | image                                        | not_turned
no number           | np.rot90(image)                              | all_once
flip for two        | image[::-1] if turn % 4 == 2 else np.rot90(image, turn) | flipped
mirror for two      | image[:, ::-1] if turn % 4 == 2 else np.rot90(image, turn) | flipped
transposed          | image.swapaxes(0, 1) if turn % 4 == 1 else np.rot90(image, turn) | transposed_image
one too many        | np.rot90(image, turn + 1)                    | one_too_many
absolute            | np.rot90(image, abs(turn))                   | only_0_to_3
clipped             | np.rot90(image, np.clip(turn, 0, 3))         | only_0_to_3
mirrored            | np.rot90(image, turn)[:, ::-1]               | mirrored
channel lost        | np.rot90(image, turn)[..., 0]                | channels_lost
brighter            | np.rot90(image, turn) + 0.1                  | shifted
half as bright      | np.rot90(image, turn) / 2                    | halved
""")
bodies("quarter_turned", "images, turns")("""
# list of four: right
options = [np.rot90(images, k, axes=(1, 2)) for k in range(4)]
return np.stack([options[turn % 4][i] for i, turn in enumerate(turns)])
# where: right
result = images
for k in (1, 2, 3):
    chosen = (np.asarray(turns) % 4 == k)[:, None, None, None]
    result = np.where(chosen, np.rot90(images, k, axes=(1, 2)), result)
return result
# masks: right
result = np.array(images)
for k in range(4):
    own = np.mod(turns, 4) == k
    result[own] = np.rot90(images[own], k, axes=(1, 2))
return result
# transposed and flipped: right
result = np.empty_like(images)
for i, turn in enumerate(turns):
    image = images[i]
    for _ in range(turn % 4):
        image = np.flip(np.transpose(image, (1, 0, 2)), axis=0)
    result[i] = image
return result
# list: right
return [np.rot90(image, turn).tolist() for image, turn in zip(images, turns)]
# map_fn: right
turn = lambda pair: tf.image.rot90(pair[0], pair[1] % 4)
signature = tf.TensorSpec(images.shape[1:], tf.float32)
return tf.map_fn(turn, (images, np.int32(turns)), fn_output_signature=signature)
# grouped: grouped
groups = [np.rot90(images[turns % 4 == k], k, axes=(1, 2)) for k in range(4)]
return np.concatenate(groups)
# all turns: all_turns
return np.concatenate([np.rot90(images, k, axes=(1, 2)) for k in range(4)])
# four times each: all_turns
return np.stack([np.rot90(images, k, axes=(1, 2)) for k in range(4)], axis=1)
# if from 0 to 3: only_0_to_3
result = []
for image, turn in zip(images, turns):
    if turn == 1:
        image = np.rot90(image)
    elif turn == 2:
        image = np.rot90(image, 2)
    elif turn == 3:
        image = np.rot90(image, 3)
    result.append(image)
return np.stack(result)
# in place: images_changed
for i, turn in enumerate(turns):
    images[i] = np.rot90(images[i], turn)
return images
# channels and rows: not_numbers
return [np.rot90(image, turn, axes=(1, 2)) for image, turn in zip(images, turns)]
# no return: no_return
turned = [np.rot90(image, turn) for image, turn in zip(images, turns)]
# all at once: truth_of_array
return np.rot90(images, turns, axes=(1, 2))
# first image alone: one_image
return np.rot90(images[0], turns[0])
""")

# --- permutation_set ---------------------------------------------------------------------------

SOLVED = solution(LAB, "permutation_set")


def solved(*changes):
    return replaced(SOLVED, *changes)


BOUND = """
if count > math.factorial(tiles) // math.factorial(least - 1):
    raise ValueError("There is no such set.")
"""
bodies("permutation_set", "tiles, count, least, seed")(f"""
# drawn: right
if count * math.factorial(least - 1) > math.factorial(tiles):
    raise ValueError
rng, chosen, missed = np.random.default_rng(seed), [], 0
while len(chosen) < count:
    one = rng.permutation(tiles)
    if all(np.sum(one != other) >= least for other in chosen):
        chosen, missed = chosen + [one], 0
    else:
        missed += 1
    if missed > 2000:
        chosen, missed = [], 0
return np.array(chosen)
# RandomState: right
{BOUND}
rng = np.random.RandomState(seed)
rows = np.array(list(itertools.permutations(range(tiles))))
while True:
    chosen = []
    for one in rows[rng.permutation(len(rows))]:
        if not chosen or (np.array(chosen) != one).sum(1).min() >= least:
            chosen.append(one)
        if len(chosen) == count:
            return np.array(chosen)
# random: right
{BOUND}
rng, everything = random.Random(seed), list(itertools.permutations(range(tiles)))
while True:
    rng.shuffle(everything)
    chosen = []
    for one in everything:
        if all(sum(a != b for a, b in zip(one, other)) >= least for other in chosen):
            chosen.append(one)
            if len(chosen) == count:
                return chosen
# agreements: right
{BOUND}
rng = np.random.default_rng(seed)
everything = np.array(list(itertools.permutations(range(tiles))))
while True:
    rng.shuffle(everything)
    left, chosen = everything, []
    while len(left) and len(chosen) < count:
        one, left = left[0], left[1:]
        chosen.append(one)
        left = left[(left == one).sum(1) <= tiles - least]
    if len(chosen) == count:
        return tf.constant(chosen)
# farthest first: right
{BOUND}
rng = np.random.default_rng(seed)
rows = np.array(list(itertools.permutations(range(tiles))))
while True:
    rows = rng.permutation(rows)
    smallest, chosen = np.full(len(rows), tiles + 1), []
    for _ in range(count):
        best = int(np.argmax(smallest))
        if smallest[best] < least:
            break
        chosen.append(rows[best])
        smallest = np.minimum(smallest, (rows != rows[best]).sum(1))
    if len(chosen) == count:
        return np.stack(chosen)
# recursion: right
{BOUND}
rows = np.array(list(itertools.permutations(range(tiles))))
def attempt(number):
    rng = np.random.default_rng([seed, number])
    left, chosen = rows[rng.permutation(len(rows))], []
    while len(left):
        chosen.append(left[0])
        left = left[(left != left[0]).sum(1) >= least]
    return np.array(chosen[:count])
for number in range(100000):
    if len(found := attempt(number)) == count:
        return found
# product of the bound: right
most = 1
for number in range(least, tiles + 1):
    most *= number
if count > most:
    raise ValueError(f"at most {{most}}")
rng = np.random.default_rng(seed + 1)
while True:
    left = rng.permutation(np.array(list(itertools.permutations(range(tiles)))))
    chosen = left[:0]
    while len(left) and len(chosen) < count:
        chosen = np.concatenate([chosen, left[:1]])
        left = left[np.count_nonzero(left - left[0], axis=1) >= least]
    if len(chosen) == count:
        return chosen.astype("int32")
# random without a look: too_near
{BOUND}
rng, chosen = np.random.default_rng(seed), set()
while len(chosen) < count:
    chosen.add(tuple(rng.permutation(tiles)))
return sorted(chosen)
# random and repeated: too_near
{BOUND}
rng = np.random.default_rng(seed)
return np.stack([rng.permutation(tiles) for _ in range(count)])
# largest mean: too_near
{BOUND}
rng = np.random.default_rng(seed)
rows = rng.permutation(np.array(list(itertools.permutations(range(tiles)))))
chosen, total = [rows[0]], np.zeros(len(rows))
while len(chosen) < count:
    total += (rows != chosen[-1]).sum(1)
    total[(rows == chosen[-1]).all(1)] = -np.inf
    chosen.append(rows[np.argmax(total)])
return np.array(chosen)
# the last alone: too_near
{BOUND}
rng = np.random.default_rng(seed)
chosen = [rng.permutation(tiles)]
while len(chosen) < count:
    one = rng.permutation(tiles)
    if (one != chosen[-1]).sum() >= least and not any((one == c).all() for c in chosen):
        chosen.append(one)
return np.array(chosen)
# cyclic shifts: repeats
{BOUND}
first = np.random.default_rng(seed).permutation(tiles)
return np.stack([np.roll(first, k) for k in range(count)])
# no permutations: no_permutations
{BOUND}
return np.random.default_rng(seed).integers(0, tiles, (count, tiles))
# gives up: fewer
{BOUND}
rng = np.random.default_rng(seed)
left, chosen = rng.permutation(np.array(list(itertools.permutations(range(tiles))))), []
while len(left) and len(chosen) < count:
    chosen.append(left[0])
    left = left[(left != left[0]).sum(1) >= least + (tiles == 4 and least == 3) * (len(chosen) % 2)]
return np.array(chosen)
# all that fit: more
{BOUND}
left, chosen = np.array(list(itertools.permutations(range(tiles)))), []
left = np.random.default_rng(seed).permutation(left)
while len(left):
    chosen.append(left[0])
    left = left[(left != left[0]).sum(1) >= least]
return np.array(chosen)
# no return: no_return
chosen = [np.random.default_rng(seed).permutation(tiles)]
""")


table("permutation_set", lambda *changes: solved(*changes))("""
the solution        | count > most | count > most | right
from 1              | return np.array(chosen) | return np.array(chosen) + 1 | from_1
seed ignored        | default_rng(seed) | default_rng() | generator_goes_on
fixed seed          | default_rng(seed) | default_rng(0) | seed_unused
in order            | rng.permutation(everything) | everything | seed_unused
columns             | return np.array(chosen) | return np.array(chosen).T | rows_and_columns
bound too low       | math.factorial(least - 1) | math.factorial(least) | raises_below
bound reached       | count > most | count >= most | raises_below
no bound            | if count > most: | if False: | endless_at_bound
another error       | raise ValueError( | raise RuntimeError( | other_error
one less            | >= least] | >= least - 1] | too_near
None beyond         | raise ValueError( | return print( | no_error
agreements          | (left != left[0]).sum(axis=1) >= least | (left == left[0]).sum(axis=1) >= least | repeats
""")

# --- cut_tiles ---------------------------------------------------------------------------------

CUT = solution(LAB, "cut_tiles")


def cut(*changes):
    return replaced(CUT, *changes)


table("cut_tiles", cut)("""
the solution      | 1e-6) | 1e-6) | right
added             | np.maximum(tiles.std(axis=(2, 3, 4), keepdims=True), 1e-6) | (tiles.std(axis=(2, 3, 4), keepdims=True) + 1e-6) | right
root of variance  | np.maximum(tiles.std(axis=(2, 3, 4), keepdims=True), 1e-6) | np.sqrt(tiles.var(axis=(2, 3, 4), keepdims=True) + 1e-8) | right
number in cell    | k // grid * cell + down, k % grid * cell + right | (k - k % grid) // grid * cell + down, right + cell * (k % grid) | right
columns first     | top, left = k // grid * cell + down, k % grid * cell + right | top, left = k % grid * cell + down, k // grid * cell + right | column_major
columns everywhere | top, left = k // grid * cell + down, k % grid * cell + right | top, left = k % grid * cell + right, k // grid * cell + down | columns_everywhere
x and y           | (down, right) in | (right, down) in | offsets_exchanged
first tile's      | k // grid * cell + down, k % grid * cell + right | k // grid * cell + offsets[i, 0, 0], k % grid * cell + offsets[i, 0, 1] | one_offset
first image's     | enumerate(offsets[i]) | enumerate(offsets[0]) | offsets_of_first_image
no offsets        | k // grid * cell + down, k % grid * cell + right | k // grid * cell, k % grid * cell | offsets_ignored
middle            | k // grid * cell + down, k % grid * cell + right | k // grid * cell + (cell - side) // 2, k % grid * cell + (cell - side) // 2 | centred_tiles
from below        | k // grid * cell + down, k % grid * cell + right | (k // grid + 1) * cell - side - down, (k % grid + 1) * cell - side - right | from_the_other_side
variance          | tiles.std( | tiles.var( | by_variance
one too few       | keepdims=True), 1e-6) | keepdims=True, ddof=1), 1e-6) | corrected
divided by 0      | np.maximum(tiles.std(axis=(2, 3, 4), keepdims=True), 1e-6) | tiles.std(axis=(2, 3, 4), keepdims=True) | not_finite
divisor from 1    | np.maximum(tiles.std(axis=(2, 3, 4), keepdims=True), 1e-6) | (tiles.std(axis=(2, 3, 4), keepdims=True) + 1) | large_divisor
a thousandth added | np.maximum(tiles.std(axis=(2, 3, 4), keepdims=True), 1e-6) | (tiles.std(axis=(2, 3, 4), keepdims=True) + 0.001) | large_divisor
by image          | axis=(2, 3, 4) | axis=(1, 2, 3, 4) | by_image
by batch          | axis=(2, 3, 4), keepdims | axis=(0, 1, 2, 3, 4), keepdims | by_batch
by channel        | axis=(2, 3, 4) | axis=(2, 3) | by_channel
by row            | axis=(2, 3, 4) | axis=3 | by_row
mean alone        | tiles / np.maximum(tiles.std(axis=(2, 3, 4), keepdims=True), 1e-6) | tiles | mean_alone
no mean           | tiles -= tiles.mean(axis=(2, 3, 4), keepdims=True) | pass | deviation_alone
side for cell     | cell = images.shape[1] // grid | cell = side | overlapping
whole cells       | tiles = np.empty( | side = cell; offsets = 0 * offsets; tiles = np.empty( | whole_cells
fixed grid        | cell = images.shape[1] // grid | cell = images.shape[1] // 2 | shapes_differ
""")
bodies("cut_tiles", "images, grid, side, offsets")("""
# slices appended: right
cell, rows = images.shape[1] // grid, []
for image, own in zip(images, offsets):
    tiles = []
    for row in range(grid):
        for column in range(grid):
            down, right = own[row * grid + column]
            tile = image[row * cell + down:, column * cell + right:][:side, :side]
            tile = tile - tile.mean()
            tiles.append(tile / (tile.std() or 1))
    rows.append(tiles)
return np.array(rows)
# fancy indices: right
n, g = len(images), np.arange(grid * grid)
cell = images.shape[1] // grid
starts = np.stack([g // grid, g % grid], -1) * cell + np.asarray(offsets)
steps = np.arange(side)
down = starts[..., 0, None] + steps
right = starts[..., 1, None] + steps
tiles = images[np.arange(n)[:, None, None, None], down[..., :, None], right[..., None, :]]
mean, std = (f(tiles, axis=(-3, -2, -1), keepdims=True) for f in (np.mean, np.std))
return (tiles - mean) / (std + 1e-8)
# reshaped to cells: right
n, size, _, c = images.shape
cell = size // grid
cells = images.reshape(n, grid, cell, grid, cell, c).swapaxes(2, 3).reshape(n, -1, cell, cell, c)
tiles = np.array([[one[a:a + side, b:b + side] for one, (a, b) in zip(own, places)]
                  for own, places in zip(cells, offsets)], dtype="float64")
tiles = tiles - tiles.mean(axis=(2, 3, 4), keepdims=True)
deviation = np.sqrt((tiles**2).mean(axis=(2, 3, 4), keepdims=True))
return tiles / np.where(deviation == 0, 1, deviation)
# TensorFlow: right
cell = images.shape[1] // grid
rows = []
for image, own in zip(tf.constant(images), offsets):
    rows.append(tf.stack([
        tf.image.crop_to_bounding_box(image, int(k // grid * cell + a), int(k % grid * cell + b),
                                      side, side) for k, (a, b) in enumerate(own)]))
tiles = tf.stack(rows)
mean, variance = tf.nn.moments(tiles, [2, 3, 4], keepdims=True)
return (tiles - mean) / tf.sqrt(variance + 1e-9)
# per_image_standardization by hand: right
cell, out = images.shape[1] // grid, []
for i in range(len(images)):
    for k in range(grid**2):
        y, x = divmod(k, grid)
        y, x = y * cell + offsets[i][k][0], x * cell + offsets[i][k][1]
        tile = np.float64(images[i, y:y + side, x:x + side, :])
        deviation = tile.std()
        out.append((tile - tile.mean()) / deviation if deviation > 1e-5 else np.zeros_like(tile))
return np.reshape(out, (len(images), grid**2, side, side, images.shape[-1]))
# keras.ops: right
cell = images.shape[1] // grid
tiles = ops.stack([ops.stack([
    images[i, k // grid * cell + a:k // grid * cell + a + side,
           k % grid * cell + b:k % grid * cell + b + side] for k, (a, b) in enumerate(own)])
    for i, own in enumerate(offsets)])
tiles = tiles - ops.mean(tiles, axis=(2, 3, 4), keepdims=True)
return tiles / ops.maximum(ops.std(tiles, axis=(2, 3, 4), keepdims=True), 1e-5)
# as they are: not_normalized
cell = images.shape[1] // grid
return np.array([[image[k // grid * cell + a:, k % grid * cell + b:][:side, :side]
                  for k, (a, b) in enumerate(own)] for image, own in zip(images, offsets)])
# normalized before: by_image
cell = images.shape[1] // grid
deviation = np.maximum(images.std(axis=(1, 2, 3), keepdims=True), 1e-6)
images = (images - images.mean(axis=(1, 2, 3), keepdims=True)) / deviation
return np.array([[image[k // grid * cell + a:, k % grid * cell + b:][:side, :side]
                  for k, (a, b) in enumerate(own)] for image, own in zip(images, offsets)])
# from 0 to 1: from_0_to_1
cell = images.shape[1] // grid
tiles = np.array([[image[k // grid * cell + a:, k % grid * cell + b:][:side, :side]
                   for k, (a, b) in enumerate(own)] for image, own in zip(images, offsets)])
low, high = (f(tiles, axis=(2, 3, 4), keepdims=True) for f in (np.min, np.max))
return (tiles - low) / np.maximum(high - low, 1e-6)
# one list: tiles_joined
cell = images.shape[1] // grid
tiles = np.array([image[k // grid * cell + a:, k % grid * cell + b:][:side, :side]
                  for image, own in zip(images, offsets) for k, (a, b) in enumerate(own)])
tiles = tiles - tiles.mean(axis=(1, 2, 3), keepdims=True)
return tiles / np.maximum(tiles.std(axis=(1, 2, 3), keepdims=True), 1e-6)
# in place: images_changed
cell = images.shape[1] // grid
rows = []
for image, own in zip(images, offsets):
    rows.append([])
    for k, (a, b) in enumerate(own):
        tile = image[k // grid * cell + a:, k % grid * cell + b:][:side, :side]
        tile -= tile.mean()
        tile /= max(tile.std(), 1e-6)
        rows[-1].append(tile)
return np.array(rows)
# tf.image's patches: in_a_grid
cell = images.shape[1] // grid
tiles = tf.image.extract_patches(images, [1, side, side, 1], [1, cell, cell, 1], [1, 1, 1, 1],
                                 "VALID")
tiles = tf.reshape(tiles, (len(images), grid, grid, side, side, -1)).numpy()
tiles -= tiles.mean(axis=(3, 4, 5), keepdims=True)
return tiles / np.maximum(tiles.std(axis=(3, 4, 5), keepdims=True), 1e-6)
# no return: no_return
cell = images.shape[1] // grid
""")

# --- shuffled ----------------------------------------------------------------------------------


def in_order(result):
    return f"""
def shuffled(tiles, permutations, which):
    orders = np.asarray(permutations)[which]
    return {result}
"""


table("shuffled", in_order)("""
zip               | np.stack([own[order] for own, order in zip(tiles, orders)])      | right
two indices       | tiles[np.arange(len(tiles))[:, None], orders]                   | right
take_along_axis   | np.take_along_axis(tiles, orders[:, :, None, None, None], axis=1) | right
np.take           | np.array([np.take(own, order, axis=0) for own, order in zip(tiles, orders)]) | right
tf.gather         | tf.gather(tiles, orders, axis=1, batch_dims=1)                  | right
one-hot           | np.einsum('njk,nkhwc->njhwc', np.eye(orders.shape[1])[orders], tiles) | right
list              | [[own[k].tolist() for k in order] for own, order in zip(tiles, orders)] | right
ops               | ops.take_along_axis(tiles, orders[:, :, None, None, None], axis=1) | right
inverse           | tiles[np.arange(len(tiles))[:, None], np.argsort(orders, axis=1)] | inverse
one-hot, transposed | np.einsum('nkj,nkhwc->njhwc', np.eye(orders.shape[1])[orders], tiles) | inverse
as they are       | tiles                                                           | not_shuffled
sorted            | np.stack([own[np.sort(order)] for own, order in zip(tiles, orders)]) | not_shuffled
first for all     | tiles[:, orders[0]]                                             | one_for_all
first permutation | tiles[:, permutations[0]]                                       | one_for_all
own number        | np.stack([own[permutations[i % len(permutations)]] for i, own in enumerate(tiles)]) | which_ignored
rows from 1       | np.stack([own[permutations[k - 1]] for own, k in zip(tiles, which)]) | from_1
tiles from 1      | np.stack([own[order - 1] for own, order in zip(tiles, orders)]) | from_1
twice             | np.stack([own[order][order] for own, order in zip(tiles, orders)]) | twice
backwards         | np.stack([own[order[::-1]] for own, order in zip(tiles, orders)]) | reversed
images            | tiles[which % len(tiles)]                                       | images_shuffled
transposed tiles  | np.stack([own[order].swapaxes(1, 2) for own, order in zip(tiles, orders)]) | within_tiles
orders            | orders                                                          | orders_returned
all orders        | tiles[:, permutations]                                          | all_orders
one tile          | np.stack([own[order[0]] for own, order in zip(tiles, orders)])  | first_tile_only
joined            | np.concatenate([own[order] for own, order in zip(tiles, orders)]) | joined
random            | np.stack([np.random.permutation(own) for own in tiles])         | random
""")
bodies("shuffled", "tiles, permutations, which")("""
# loops: right
result = np.empty_like(tiles)
for i, row in enumerate(which):
    for j in range(tiles.shape[1]):
        result[i, j] = tiles[i, permutations[row][j]]
return result
# the other way round: inverse
result = np.empty_like(tiles)
for i, row in enumerate(which):
    for j in range(tiles.shape[1]):
        result[i, permutations[row][j]] = tiles[i, j]
return result
# in place: images_changed
for i, row in enumerate(which):
    tiles[i] = tiles[i][permutations[row]]
return tiles
# no return: no_return
result = [own[permutations[k]] for own, k in zip(tiles, which)]
""")

# --- two_views ---------------------------------------------------------------------------------

VIEWS = solution(LAB, "two_views")


def views(*changes):
    return replaced(VIEWS, *changes)


table("two_views", views)("""
the solution       | 0.05 * | 0.05 * | right
a list             | return view(first), view(second) | return [view(first), view(second)] | right
one tensor         | return view(first), view(second) | return tf.stack([view(first), view(second)]) | right
weaker shear       | -0.3, 0.3 | -0.2, 0.2 | right
other powers       | tf.exp(uniform((count, 1, 1, 1), contrast, -0.5, 0.5)) | uniform((count, 1, 1, 1), contrast, 0.6, 1.6) | right
folded in          | tf.unstack(tf.random.split(seeds, 2)) | (tf.random.experimental.stateless_fold_in(seeds, k) for k in (1, 2)) | right
whole pixels       | uniform((count, 2), shift, -3, 3) | tf.cast(uniform((count, 2), shift, -3, 4, tf.int32), tf.float32) | right
Keras's clip       | tf.clip_by_value(values, 0, 1) | ops.clip(values, 0.0, 1.0) | right
same seed          | view(first), view(second) | view(first), view(first) | identical
first untouched    | view(first), view(second) | images, view(second) | image_itself
second untouched   | view(first), view(second) | view(first), images | image_itself
second of first    | first, second = tf.unstack(tf.random.split(seeds, 2)) | first, second = seeds, seeds; changed = view(first); noisy = changed + 0.05 * tf.random.stateless_normal(tf.shape(images), seeds); return changed, tf.clip_by_value(noisy, 0, 1) | second_of_first
one shift a batch  | (count, 2), | (1, 2), | one_for_batch
one draw a batch   | count = tf.shape(images)[0] | count = 1 | one_for_batch
seed unused        | tf.random.split(seeds, 2) | tf.random.split([1, 2], 2) | seed_unused
half of the seed   | tf.random.split(seeds, 2) | tf.random.split([seeds[0], 0], 2) | seed_unused
global numbers     | tf.unstack(tf.random.split(seed, 5)) | tf.unstack(tf.random.uniform((5, 2), 0, 1000, tf.int64)) | generator_goes_on
noise alone        | values = tf.clip_by_value(moved, 0, 1) ** power | values = images ** power | noise_alone
no shift           | -3, 3) | -0.01, 0.01) | not_shifted
half a pixel       | -3, 3) | -0.9, 0.9) | hardly_shifted
far                | -3, 3) | -8, 8) | far_shifted
to the right       | -3, 3) | 0, 6) | off_centre
one size           | 0.85, 1.15) | 1, 1.0001) | only_shifted
sizes by half      | 0.85, 1.15) | 0.2, 2) | other_sizes
no clip at the end | return tf.clip_by_value(values, 0, 1) | return values | out_of_range
up to 255          | return tf.clip_by_value(values, 0, 1) | return 255 * tf.clip_by_value(values, 0, 1) | out_of_range
strong noise       | 0.05 * | 0.4 * | strong_noise
no noise           | 0.05 * | 0 * | no_noise
no contrast        | -0.5, 0.5) | 0, 0.001) | no_contrast
reversed           | view(first), view(second) | view(first)[::-1], view(second)[::-1] | permuted
one view           | view(first), view(second) | view(first) | one_view
joined             | view(first), view(second) | tf.concat([view(first), view(second)], 0) | joined
three views        | view(first), view(second) | view(first), view(second), images | not_two
channel lost       | view(first), view(second) | view(first)[..., 0], view(second)[..., 0] | view_shape
float64            | view(first), view(second) | tf.cast(view(first), tf.float64), tf.cast(view(second), tf.float64) | other_type
no return          | return view(first), view(second) | view(first), view(second) | no_return
""")
bodies("two_views", "images, seeds")("""
# without a function: right
keys = tf.random.split(seeds, 10)
n, result = tf.shape(images)[0], []
for a, b, c, d, e in (tf.unstack(keys[:5]), tf.unstack(keys[5:])):
    x = warped(images, tf.random.stateless_uniform([n, 2], a, -3.0, 3.0),
               tf.random.stateless_uniform([n], b, 0.85, 1.15),
               tf.random.stateless_uniform([n], c, -0.3, 0.3))
    x = tf.clip_by_value(x, 0.0, 1.0)
    x = tf.pow(x, tf.random.stateless_uniform([n, 1, 1, 1], d, 0.6, 1.6))
    x = x + tf.random.stateless_normal(tf.shape(x), e, stddev=0.05)
    result.append(tf.minimum(tf.maximum(x, 0.0), 1.0))
return tuple(result)
# both at once: right
both = tf.concat([images, images], axis=0)
n = tf.shape(both)[0]
a, b, c, d, e = tf.unstack(tf.random.split(seeds, 5))
x = warped(both, 6 * tf.random.stateless_uniform([n, 2], a) - 3,
           0.85 + 0.3 * tf.random.stateless_uniform([n], b),
           0.6 * tf.random.stateless_uniform([n], c) - 0.3)
x = ops.clip(x, 0, 1) ** (0.6 + tf.random.stateless_uniform([n, 1, 1, 1], d))
x = ops.clip(x + 0.05 * tf.random.stateless_normal(tf.shape(x), e), 0, 1)
return tf.split(x, 2)
# NumPy: frozen
n, result = tf.shape(images)[0], []
drawn = lambda low, high, *size: tf.constant(np.random.uniform(low, high, size), tf.float32)[:n]
for _ in range(2):
    x = warped(images, drawn(-3, 3, 1000, 2), drawn(0.85, 1.15, 1000), drawn(-0.3, 0.3, 1000))
    x = ops.clip(x, 0, 1) ** drawn(0.6, 1.6, 1000, 1, 1, 1)
    result.append(ops.clip(x + drawn(-0.1, 0.1, 1000, 28, 28, 1), 0, 1))
return result
# NumPy for each batch: numpy_draws
n = tf.shape(images)[0]
return [warped(images, np.float32(np.random.uniform(-3, 3, (n, 2))),
               np.ones(n, "float32"), np.zeros(n, "float32")) for _ in range(2)]
""")

# --- info_nce ----------------------------------------------------------------------------------

LOSS = solution(LAB, "info_nce")


def loss_with(*changes):
    return replaced(LOSS, *changes)


table("info_nce", loss_with)("""
the solution        | 1e9 | 1e9 | right
minus a million     | 1e9 * ops.eye | 1e6 * ops.eye | right
keras normalize     | both / ops.norm(both, axis=-1, keepdims=True) | ops.normalize(both, axis=-1) | right
l2_normalize        | both / ops.norm(both, axis=-1, keepdims=True) | tf.math.l2_normalize(both, axis=-1) | right
TensorFlow's        | ops.sparse_categorical_crossentropy(partners, similar, from_logits=True) | tf.nn.sparse_softmax_cross_entropy_with_logits(partners, similar) | right
self kept           | similar = similar - 1e9 * ops.eye(count, dtype=similar.dtype) | pass | self_kept
self 0              | similar - 1e9 * ops.eye(count, dtype=similar.dtype) | similar * (1 - ops.eye(count, dtype=similar.dtype)) | self_0
self at -1          | similar - 1e9 * ops.eye(count, dtype=similar.dtype) | similar - 1 * ops.eye(count, dtype=similar.dtype) | self_still_counts
multiplied          | / temperature | * temperature | temperature_multiplied
no temperature      | / temperature | + 0 | temperature_unused
squared             | / temperature | / temperature ** 2 | temperature_squared
root                | / temperature | / ops.sqrt(temperature) | temperature_root
not normalized      | both = both / ops.norm(both, axis=-1, keepdims=True) | pass | not_normalized
columns             | axis=-1, keepdims=True | axis=0, keepdims=True | normalized_by_column
whole               | ops.norm(both, axis=-1, keepdims=True) | ops.norm(both) | normalized_as_whole
squared length      | ops.norm(both, axis=-1, keepdims=True) | ops.sum(both ** 2, axis=-1, keepdims=True) | by_squared_length
sum                 | ops.mean( | ops.sum( | summed
over n              | return ops.mean( | return 2 * ops.mean( | sum_over_n
no mean             | return ops.mean(ops.sparse | return (ops.sparse | not_averaged
partner missed      | count // 2) | count // 2 + 1) | wrong_partner
itself              | ops.roll(ops.arange(count), count // 2) | ops.arange(count) | partner_masked
own partner, kept   | ops.roll(ops.arange(count), count // 2) | ops.arange(count) | similar = similar - 1e9 * ops.eye(count, dtype=similar.dtype) | pass | partner_itself
no logits           | from_logits=True | from_logits=False | no_logits
minus               | return ops.mean( | return -ops.mean( | negative
half of the rows    | return ops.mean(ops.sparse_categorical_crossentropy(partners, similar, from_logits=True)) | return ops.mean(ops.sparse_categorical_crossentropy(partners, similar, from_logits=True)[: count // 2]) | one_direction
stopped             | both = ops.concatenate([first, second]) | both = ops.concatenate([first, ops.stop_gradient(second)]) | no_gradient
no return           | return ops.mean( | ops.mean( | no_return
""")
bodies("info_nce", "first, second, temperature")("""
# logsumexp: right
n = ops.shape(first)[0]
z = ops.concatenate([ops.convert_to_tensor(first), ops.convert_to_tensor(second)], axis=0)
z = z / ops.sqrt(ops.sum(ops.square(z), axis=1, keepdims=True))
s = z @ ops.transpose(z) / temperature
positive = ops.sum(z * ops.roll(z, n, axis=0), axis=1) / temperature
s = ops.where(ops.eye(2 * n, dtype="bool"), -1e9, s)
return ops.mean(ops.logsumexp(s, axis=1) - positive)
# one-hot: right
n = ops.shape(first)[0]
z = ops.normalize(ops.concatenate([first, second], axis=0), axis=-1)
s = ops.matmul(z, ops.transpose(z)) / temperature - 1e9 * ops.eye(2 * n)
labels = ops.roll(ops.eye(2 * n), n, axis=1)
return ops.mean(ops.categorical_crossentropy(labels, s, from_logits=True))
# four blocks: right
a, b = ops.normalize(first, axis=1), ops.normalize(second, axis=1)
n = ops.shape(a)[0]
mask = 1e9 * ops.eye(n)
ab, ba = a @ ops.transpose(b) / temperature, b @ ops.transpose(a) / temperature
aa, bb = a @ ops.transpose(a) / temperature - mask, b @ ops.transpose(b) / temperature - mask
labels = ops.arange(n)
entropy = ops.sparse_categorical_crossentropy
rows = entropy(labels, ops.concatenate([ab, aa], axis=1), from_logits=True)
columns = entropy(labels, ops.concatenate([ba, bb], axis=1), from_logits=True)
return (ops.mean(rows) + ops.mean(columns)) / 2
# largest taken off: right
z = tf.concat([tf.math.l2_normalize(first, 1), tf.math.l2_normalize(second, 1)], 0)
s = tf.matmul(z, z, transpose_b=True) / temperature
s = tf.linalg.set_diag(s, tf.fill([tf.shape(s)[0]], -np.inf))
n = tf.shape(first)[0]
p = tf.reduce_sum(z * tf.roll(z, n, 0), 1) / temperature
top = tf.reduce_max(s, 1, keepdims=True)
return tf.reduce_mean(tf.math.log(tf.reduce_sum(tf.exp(s - top), 1)) + top[:, 0] - p)
# log_softmax: right
z = ops.normalize(ops.concatenate([first, second]), axis=-1)
n = ops.shape(z)[0]
s = ops.log_softmax(ops.einsum("id,jd->ij", z, z) / temperature - 1e8 * ops.eye(n), axis=-1)
return -ops.sum(s * ops.roll(ops.eye(n), n // 2, axis=0)) / ops.cast(n, s.dtype)
# subtracted afterwards: self_subtracted
z = ops.normalize(ops.concatenate([first, second]), axis=-1)
n = ops.shape(z)[0] // 2
e = ops.exp(z @ ops.transpose(z) / temperature)
own = ops.sum(z * ops.roll(z, n, axis=0), axis=1) / temperature
return ops.mean(ops.log(ops.sum(e, axis=1) - math.e) - own)
# the other set alone: cross_alone
a, b = ops.normalize(first, axis=1), ops.normalize(second, axis=1)
s = a @ ops.transpose(b) / temperature
labels, entropy = ops.arange(ops.shape(s)[0]), ops.sparse_categorical_crossentropy
rows = ops.mean(entropy(labels, s, from_logits=True))
return (rows + ops.mean(entropy(labels, ops.transpose(s), from_logits=True))) / 2
# one direction: one_direction
a, b = ops.normalize(first, axis=1), ops.normalize(second, axis=1)
s = a @ ops.transpose(b) / temperature
return ops.mean(ops.sparse_categorical_crossentropy(
    ops.arange(ops.shape(s)[0]), s, from_logits=True))
# positive left out: positive_missing
z = ops.normalize(ops.concatenate([first, second]), axis=-1)
n = ops.shape(z)[0]
s = z @ ops.transpose(z) / temperature
own = ops.sum(s * ops.roll(ops.eye(n), n // 2, axis=0), axis=1)
hidden = s - 1e9 * ops.eye(n) - 1e9 * ops.roll(ops.eye(n), n // 2, axis=0)
return ops.mean(ops.logsumexp(hidden, axis=1) - own)
# exp overflows: not_finite
z = ops.normalize(ops.concatenate([first, second]), axis=-1)
n = ops.shape(z)[0]
e = ops.exp(z @ ops.transpose(z) / temperature) * (1 - ops.eye(n))
own = ops.sum(e * ops.roll(ops.eye(n), n // 2, axis=0), axis=1)
return -ops.mean(ops.log(own / ops.sum(e, axis=1)))
# probabilities: no_logarithm
z = ops.normalize(ops.concatenate([first, second]), axis=-1)
n = ops.shape(z)[0]
p = ops.softmax(z @ ops.transpose(z) / temperature - 1e9 * ops.eye(n))
return ops.mean(ops.sum(p * ops.roll(ops.eye(n), n // 2, axis=0), axis=1))
# attraction: attraction_alone
a, b = ops.normalize(first, axis=1), ops.normalize(second, axis=1)
return -ops.mean(ops.sum(a * b, axis=1)) / temperature
# distances: distances
z = ops.normalize(ops.concatenate([first, second]), axis=-1)
n = ops.shape(z)[0]
s = -ops.sum((z[:, None] - z[None]) ** 2, axis=-1) / temperature - 1e9 * ops.eye(n)
partners = ops.roll(ops.arange(n), n // 2)
return ops.mean(ops.sparse_categorical_crossentropy(partners, s, from_logits=True))
# NumPy: numpy_in_step
z = np.concatenate([first, second])
z = z / np.linalg.norm(z, axis=1, keepdims=True)
s = z @ z.T / temperature
np.fill_diagonal(s, -np.inf)
n = len(z)
own = s[np.arange(n), np.roll(np.arange(n), n // 2)]
top = s.max(1)
return np.mean(np.log(np.exp(s - top[:, None]).sum(1)) + top - own)
""")

# --- PretextTask -------------------------------------------------------------------------------

TASK = solution(LAB, "PretextTask")


def task(*changes):
    return replaced(TASK, *changes)


APPLY = "self.optimizer.apply(tape.gradient(loss, variables), variables)"
CALLED = "outputs = self(inputs, training=True)"
table("PretextTask", task)(f"""
the solution        | inputs, targets = data | inputs, targets = data | right
networks by name    | {CALLED} | outputs = self.head(self.trunk(inputs, training=True), training=True) | right
apply_gradients     | {APPLY} | self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables)) | right
scaled              | tape.gradient(loss, variables) | tape.gradient(self.optimizer.scale_loss(loss), variables) | right
two lists           | variables = self.trainable_variables | variables = self.trunk.trainable_variables + self.head.trainable_variables | right
weights             | variables = self.trainable_variables | variables = self.trainable_weights | right
assigned            | {APPLY} | [v.assign_sub(self.optimizer.learning_rate * g) for v, g in zip(variables, tape.gradient(loss, variables))] | right
tracked first       | variables = self.trainable_variables | variables = self.trainable_variables; logs = self.track(loss, self.score(targets, outputs)); self.optimizer.apply(tape.gradient(loss, variables), variables); return logs | right
head alone          | variables = self.trainable_variables | variables = self.head.trainable_variables | head_alone
trunk alone         | variables = self.trainable_variables | variables = self.trunk.trainable_variables | trunk_alone
stopped             | {CALLED} | outputs = self.head(ops.stop_gradient(self.trunk(inputs, training=True)), training=True); self.trunk.trainable = False | head_alone
nothing applied     | {APPLY} | tape.gradient(loss, variables) | nothing_moves
twice               | {APPLY} | gradients = tape.gradient(loss, variables); self.optimizer.apply(gradients, variables); self.optimizer.apply(gradients, variables) | twice
doubled             | loss = self.objective(targets, outputs) | loss = 2 * self.objective(targets, outputs) | twice
uphill              | loss = self.objective(targets, outputs) | loss = -self.objective(targets, outputs) | uphill
not for training    | training=True) | training=False) | not_for_training
training left out   | self(inputs, training=True) | self(inputs) | not_for_training
head not told       | {CALLED} | outputs = self.head(self.trunk(inputs, training=True)) | not_for_training
exchanged           | loss = self.objective(targets, outputs) | loss = self.objective(outputs, targets) | exchanged
score descended     | loss = self.objective(targets, outputs) | loss = self.score(targets, outputs) | score_descended
batch size times    | loss = self.objective(targets, outputs) | loss = self.objective(targets, outputs) * ops.cast(ops.shape(targets)[0], "float32") | summed
halved              | loss = self.objective(targets, outputs) | loss = self.objective(targets, outputs) / 2 | halved
tracked exchanged   | self.track(loss, self.score(targets, outputs)) | self.track(self.score(targets, outputs), loss) | tracked_exchanged
score exchanged     | self.score(targets, outputs) | self.score(outputs, targets) | score_exchanged
loss twice          | self.score(targets, outputs) | loss | loss_twice
after the update    | return self.track | outputs = self(inputs, training=True); return self.track | after_update
loss of the batch   | return self.track(loss, self.score(targets, outputs)) | return dict(loss=loss, score=self.score(targets, outputs)) | no_means
loss alone          | return self.track(loss, self.score(targets, outputs)) | return dict(loss=loss) | name_missing
no return           | return self.track | self.track | step_without_return
tuple               | return self.track(loss, self.score(targets, outputs)) | return loss, self.score(targets, outputs) | step_returns_other
reset               | return self.track | [tracker.reset_state() for tracker in self.trackers]; return self.track | no_means
Keras's own         | def train_step( | def training_step( | keras_step
no model            | class PretextTask(keras.Model): | class PretextTask: | not_derived
""")
add("PretextTask", "loss outside the tape",
    task("    loss = self.objective(", "loss = self.objective("), "no_gradients")  # fmt: skip
add("PretextTask", "two tapes", task("        return self.track", """
        with tf.GradientTape() as tape:
            again = self.objective(targets, self(inputs, training=True))
        variables = self.head.trainable_variables
        self.optimizer.apply(tape.gradient(again, variables), variables)
        return self.track""", "variables = self.trainable_variables",
    "variables = self.trunk.trainable_variables; self.optimizer.build(self.trainable_variables)"),
    "in_turn")  # fmt: skip

# --- features ----------------------------------------------------------------------------------


def read(found, result="found.mean(axis=(1, 2)) if found.ndim == 4 else found"):
    return f"""
def features(trunk, images):
    found = {found}
    return {result}
"""


PREDICTED = "trunk.predict(images, batch_size=500, verbose=0)"
table("features", read)("""
predict           | trunk.predict(images, verbose=0)                                | right
called            | np.array(trunk(images))                                         | right
called for use    | np.array(trunk(images, training=False))                         | right
in pieces         | np.concatenate([trunk(images[i:i + 64]) for i in range(0, len(images), 64)]) | right
on batches        | np.concatenate([trunk.predict_on_batch(images[i:i + 300]) for i in range(0, len(images), 300)]) | right
for training      | np.array(trunk(images, training=True))                          | trunk_changed
first batch       | np.array(trunk(images[:100]))                                   | first_batch_alone
first 500         | np.array(trunk(images[:500]))                                   | first_batch_alone
whole batches     | trunk.predict(images[:len(images) // 64 * 64] if len(images) > 64 else images, verbose=0) | last_batch_lost
backwards         | np.array(trunk(images))[::-1]                                   | images_shuffled
images            | np.array(images)                                                | images_back
float16           | np.array(trunk(images)).mean((1, 2)).round() if trunk.output.ndim == 4 else np.array(trunk(images)).round() | whole_numbers
normalized images | np.array(trunk((images - images.mean()) / images.std()))        | otherwise
""")
table("features", lambda result: read(PREDICTED, result))("""
keras.ops          | ops.mean(found, axis=(1, 2)) if len(found.shape) == 4 else found | right
reshaped           | found.reshape(len(found), -1, found.shape[-1]).mean(axis=1)     | right
pooling layer      | layers.GlobalAveragePooling2D()(found) if found.ndim == 4 else found | right
not pooled         | found                                                           | not_pooled
flattened          | found.reshape(len(found), -1)                                   | flattened_maps
largest            | found.max(axis=(1, 2)) if found.ndim == 4 else found            | largest
summed             | found.sum(axis=(1, 2)) if found.ndim == 4 else found            | summed_up
first position     | found[:, 0, 0] if found.ndim == 4 else found                    | one_position
rows left          | found.mean(axis=1) if found.ndim == 4 else found                | rows_left
over features      | found.mean(axis=-1) if found.ndim == 4 else found               | over_features
over all           | found.mean(axis=(1, 2, 3)) if found.ndim == 4 else found        | over_features
keepdims           | found.mean(axis=(1, 2), keepdims=True) if found.ndim == 4 else found | keeps_axes
standardized       | ((m := found.mean((1, 2)) if found.ndim == 4 else found) - m.mean(0)) / m.std(0) | standardized
unit length        | (m := found.mean((1, 2)) if found.ndim == 4 else found) / np.linalg.norm(m, axis=1, keepdims=True) | unit_length
centred            | (m := found.mean((1, 2)) if found.ndim == 4 else found) - m.mean(0) | centred
relu               | np.maximum(found.mean((1, 2)) if found.ndim == 4 else found, 0) | activated
maps alone         | found.mean(axis=(1, 2))                                         | axis_gone
""")
bodies("features", "trunk, images")("""
# a dataset: right
found = [trunk(batch, training=False) for batch in tf.data.Dataset.from_tensor_slices(images).batch(256)]
found = np.concatenate(found)
return found if found.ndim == 2 else np.mean(found, axis=(1, 2))
# frozen: trunk_frozen
trunk.trainable = False
found = trunk.predict(images, verbose=0)
return found.mean(axis=(1, 2)) if found.ndim == 4 else found
# frozen and set free: right
trunk.trainable = False
found = trunk.predict(images, verbose=0)
trunk.trainable = True
return found.mean(axis=(1, 2)) if found.ndim == 4 else found
# no return: no_return
found = trunk.predict(images, verbose=0)
""")

# --- what only hidden checks catch ---------------------------------------------------------------

for question, name, source, mistake in (
    ("quarter_turned", "few turns", of_each("np.rot90(image, turn if abs(turn) < 9 else 0)"), "far"),
    ("two_views", "sum of the seed", views("split(seeds, 2)", "split([seeds[0] + seeds[1], 7], 2)"),
     "seed_order"),
    ("features", "squeezed", read(PREDICTED, "(found.mean(axis=(1, 2)) if found.ndim == 4 else "
                                  "found) if len(found) > 1 else found.mean(axis=(0, 1, 2))"),
     "squeezed"),
):  # fmt: skip
    add(question, name, source, f"hidden {mistake}")
