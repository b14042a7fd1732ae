"""Checks of lab 4, the DCGAN (Goodfellow and others 2014; Radford, Metz and Chintala 2016)."""

import numpy as np

from utils.checks import Questions, guidelines
from utils.checks.compare import Wrong, agree, brief, close, numbers, shape
from utils.checks.losses import sigmoid, softplus
from utils.checks.networks import network, not_too_many
from utils.checks.reference import game
from utils.checks.steps import as_steps, listed, same
from utils.checks.values import Case

questions = Questions("lab4_dcgan")


# --- 1 and 2 -----------------------------------------------------------------------------------


def entropy(logits, label):
    """The mean cross-entropy with this label."""
    return np.mean(softplus(logits) - label * logits)


def kept(p):
    """Probabilities as float32 keeps them, as far from 0 and 1 as Keras holds them."""
    return np.clip(np.float32(p), 1e-7, 1 - 1e-7)


def both(of_real, of_fake):
    return np.mean(of_real) + np.mean(of_fake)


def pooled(real, fake):
    """The sum over all images."""
    return len(real) * entropy(real, 1) + len(fake) * entropy(fake, 0)


@questions.value(1, "discriminator_loss", points=2)
class DiscriminatorLoss:
    def cases(rng):
        for n, m, dtype in ((5, 5, "float32"), (4, 7, "float32"), (1, 1, "float64")):
            yield Case(*(rng.normal(0.5, 2, (size, 1)).astype(dtype) for size in (n, m)))
        large = np.array([[100.0], [-100.0]], "float32")
        yield Case(large, -large, otherwise="extreme")
        yield Case(large[:1], large[1:], otherwise="extreme")

    def reference(real_logits, fake_logits, labels=(1, 0), factors=(1, 1)):
        losses = entropy(real_logits, labels[0]), entropy(fake_logits, labels[1])
        return np.dot(factors, losses)

    def gradients(real_logits, fake_logits):
        return {
            "real_logits": -sigmoid(-real_logits) / len(real_logits),
            "fake_logits": sigmoid(fake_logits) / len(fake_logits),
        }

    mistakes = {
        "extreme": lambda r, f: -both(np.log(kept(sigmoid(r))), np.log(1 - kept(sigmoid(f)))),
        "labels_reversed": {"labels": (0, 1)},
        "fake_as_1": {"labels": (1, 1)},
        "real_as_0": {"labels": (0, 0)},
        "smoothed": {"labels": (0.9, 0)},
        "fake_missing": {"factors": (1, 0)},
        "real_missing": {"factors": (0, 1)},
        "subtracted": [{"factors": (1, -1)}, {"factors": (-1, 1)}],
        "summed": pooled,
        "one_mean": [
            lambda r, f: pooled(r, f) / (len(r) + len(f)),
            lambda r, f: 2 * pooled(r, f) / (len(r) + len(f)),
            lambda r, f: pooled(r, f) / len(r),
            lambda r, f: pooled(r, f) / len(f),
        ],
        "sigmoid_twice": [
            lambda r, f: entropy(sigmoid(r), 1) + entropy(sigmoid(f), 0),
            lambda r, f: (entropy(sigmoid(r), 1) + entropy(sigmoid(f), 0)) / 2,
        ],
        "as_probabilities": lambda r, f: -both(np.log(kept(r)), np.log(1 - kept(f))),
        "squares": [
            lambda r, f: both((1 - sigmoid(r)) ** 2, sigmoid(f) ** 2),
            lambda r, f: both((1 - r) ** 2, f**2),
        ],
        "wasserstein": lambda r, f: both(-r, f),
        "hinge": lambda r, f: both(np.maximum(0, 1 - r), np.maximum(0, 1 + f)),
        "no_logarithm": [
            lambda r, f: both(1 - sigmoid(r), sigmoid(f)),
            lambda r, f: both(sigmoid(r), 1 - sigmoid(f)),
        ],
        "not_averaged": [
            lambda r, f: softplus(-r) + softplus(f),
            lambda r, f: (softplus(-r) + softplus(f)).ravel(),
        ],
        "keepdims": lambda r, f: np.full((1, 1), entropy(r, 1) + entropy(f, 0)),
        "two_numbers": lambda r, f: np.array([entropy(r, 1), entropy(f, 0)]),
        "pairs": lambda r, f: softplus(-r) + softplus(f).T,
    }


@questions.value(2, "generator_loss", points=2)
class GeneratorLoss:
    def cases(rng):
        caught = np.log(0.01 / 0.99)  # the logit of D(G(z)) = 0.01
        yield Case(np.array([[caught], [0.3], [-8.0]], "float32"))
        for n, dtype in ((5, "float32"), (8, "float64"), (1, "float32")):
            yield Case(rng.normal(-1, 2, (n, 1)).astype(dtype))
        for logit in (-100, 100):
            yield Case(np.full((2, 1), logit, "float32"), otherwise="extreme")

    def reference(fake_logits, label=1, factor=1):
        return factor * entropy(fake_logits, label)

    def gradients(fake_logits):
        return {"fake_logits": -sigmoid(-fake_logits) / len(fake_logits)}

    mistakes = {
        "extreme": lambda f: -np.mean(np.log(kept(sigmoid(f)))),
        "saturating": {"label": 0, "factor": -1},
        "discriminators_term": {"label": 0},
        "summed": lambda f: len(f) * entropy(f, 1),
        "sigmoid_twice": [lambda f: entropy(sigmoid(f), 1), lambda f: entropy(sigmoid(f), 0)],
        "as_probabilities": lambda f: -np.mean(np.log(kept(f))),
        "no_logarithm": [
            lambda f: np.mean(1 - sigmoid(f)),
            lambda f: -np.mean(sigmoid(f)),
            lambda f: np.mean(sigmoid(f)),
        ],
        "wasserstein": lambda f: -np.mean(f),
        "squares": [lambda f: np.mean((1 - sigmoid(f)) ** 2), lambda f: np.mean((1 - f) ** 2)],
        "mean_first": [
            lambda f: softplus(-np.mean(f)),
            lambda f: -np.log(np.mean(sigmoid(f))),
        ],
        "smoothed": {"label": 0.9},
        "not_averaged": [lambda f: softplus(-f), lambda f: softplus(-f).ravel()],
        "keepdims": lambda f: np.full((1, 1), entropy(f, 1)),
    }


# --- 3 and 4 -----------------------------------------------------------------------------------

IMAGE = (28, 28, 1)


@questions.ask(3, "build_generator", points=2)
def build_generator(answers, rng):
    name = "build_generator"
    shapes = {
        "channels_missing": lambda size: size == IMAGE[:2],
        "in_a_row": lambda size: size == (784,),
        "many_channels": lambda size: size[:2] == IMAGE[:2],
        "other_size": lambda size: len(size) == 3 and size[0] == size[1],
    }
    report = network(answers, name, [5], rng.normal(0, 1, (6, 5)), IMAGE, shapes)
    not_too_many(report)
    layers = guidelines.inspected(answers, name, [3], rng.normal(0, 1, (8, 3)))
    guidelines.strided(layers, "Conv2DTranspose")
    if guidelines.one_dense_layer(layers) is not layers["trained"][0]:
        found = f"{layers['trained'][0]['kind']} before it"
        raise Wrong("one_dense_expects", found, "dense_not_first")
    guidelines.normalized(layers, {-1: "images_normalized"})
    guidelines.ends_in_tanh(layers)
    guidelines.activations(layers, 0.0)
    guidelines.small_draws(report)
    guidelines.full_precision(answers, name, [5], (5,))
    return "verified"


@questions.ask(4, "build_discriminator", points=2)
def build_discriminator(answers, rng):
    name, images = "build_discriminator", rng.normal(0, 1, (6, *IMAGE))
    shapes = {
        "axis_missing": lambda size: size == (),
        "not_flat": lambda size: len(size) == 3,
        "many_logits": lambda size: len(size) == 1,
    }
    report = network(answers, name, [], images, (1,), shapes, unbounded=True)
    not_too_many(report)
    layers = guidelines.inspected(answers, name, [], images)
    guidelines.strided(layers, "Conv2D")
    guidelines.one_dense_layer(layers)
    guidelines.ends_in_logits(layers)
    guidelines.normalized(layers, {0: "first_normalized", -1: "logit_normalized"})
    guidelines.activations(layers, 0.2)
    guidelines.small_draws(report)
    guidelines.full_precision(answers, name, [], IMAGE)
    return "verified"


# --- 5 -----------------------------------------------------------------------------------------


def too_late(before, after, latents, real):
    """What is tracked where the networks run again, or the wrong run is taken, for `game.means`."""

    def tracked(weights, drawn):
        logits = game.judge(after, real), game.judge(after, game.draw(weights, drawn))
        pairs = zip(game.SQUARES, (*logits, logits[1]), strict=True)
        of_real, of_fake, of_generated = (np.mean(loss(values)) for loss, values in pairs)
        return of_real + of_fake, of_generated, *map(sigmoid, logits)

    again = [tracked(weights, drawn) for weights in (before, after) for drawn in latents[-2:]]
    generated = again[1][3]  # by the generator as it was, with the latents of its step
    return {"generators_run": [(np.nan, np.nan, np.nan, generated)], "run_again": again}


def single_steps(answers, rng, steps, counts, seed, times=1):
    """Wrong unless steps with k = `steps` are right on batches of these sizes, several times.

    Returns:
        dict: `options` (of the driver), `latents` and `rows` (of what is tracked) of each batch,
        `after` (the weights).
    """
    weights, batches = game.linear_pair(rng), times * game.images_of(rng, *counts)
    options = {"weights": weights, "batches": batches, "steps": steps}
    before, rows, earlier, others = as_steps(weights), [], [], {}
    for step, batch in zip(game.trained(answers, seed, **options)["steps"], batches, strict=True):
        latents, real = game.drawn_latents(step, len(batch), steps), game.flat(batch)
        game.fresh(latents, earlier)
        if len(batch) > 100:  # enough to tell
            game.normal(latents)
        row, after = game.moved(step, before, real, latents), listed(step["after"])
        wrong = too_late(before, after, latents, real)
        if steps > 1:
            first = game.play(before, real, latents[[0, -1]])[1]
            both = [first_value + value for first_value, value in zip(first, row, strict=True)]
            wrong["not_last_of_k"] = [first, both, [value / 2 for value in both]]
        for mistake, ways in wrong.items():
            others.setdefault(mistake, []).append(game.as_numbers(ways))
        mistakes = {mistake: np.mean(tables, axis=0) for mistake, tables in others.items()}
        before, rows, earlier = after, [*rows, row], [*earlier, latents]
        game.means(rows, step["returned"], mistakes=mistakes)
    return {"options": options, "latents": earlier, "rows": rows, "after": after}


def scaled_losses(answers, single):
    """Wrong unless scaled losses lead to the same step, and another seed to other latents."""
    options = single["options"] | {"batches": single["options"]["batches"][:1]}
    step = game.trained(answers, 6, **options, policy="mixed_float16")["steps"][0]
    before, real = as_steps(options["weights"]), game.flat(options["batches"][0])
    latents = game.drawn_latents(step, len(real), options["steps"])
    if agree(latents, single["latents"][0], 1e-6):
        raise Wrong("other_seed_expects", "the same for seeds 5 and 6", "seed_ignored")
    row = game.moved(step, before, real, latents, "scaled_expects", still="unscaled")
    mistakes = too_late(before, listed(step["after"]), latents, real)
    game.means([row], step["returned"], mistakes=mistakes)


def moving_averages(answers, rng):
    """Wrong unless batch normalization has gathered what came to it in all calls."""
    options = {"weights": game.linear_pair(rng), "batches": game.images_of(rng, 6), "steps": 1}
    report = game.trained(answers, 8, **options, normalized=True)
    game.separate_batches(report["steps"][0], options["batches"][0])
    for name in game.PLAYERS:
        expected = report["moving_means"]["before"][name].astype("float64")
        for event in report["steps"][0]["events"]:
            if event["network"] == name:
                seen = event["inputs"].reshape(-1, event["inputs"].shape[-1])
                expected = 0.9 * expected + 0.1 * seen.mean(0)
        found = report["moving_means"]["after"][name].astype("float64")
        close(found, expected, "averages_expects", (), "frozen_inside", 1e-3, network=name)


def compiled(answers, single, seed):
    """Wrong unless `fit`, compiled, does on the same batches what single steps did."""
    options, epoch = single["options"], len(single["rows"]) // 2
    options = options | {"batches": options["batches"][:epoch]}
    # Two epochs of the batches: the single steps went through them twice.
    report = game.trained(answers, seed, **options, epochs=2)
    start, after = as_steps(options["weights"]), listed(report["after"])
    if not all(same(after[name], single["after"][name], start[name]) for name in game.PLAYERS):
        again = game.trained(answers, seed, **options)["steps"][0]
        again = game.drawn_latents(again, len(options["batches"][0]), options["steps"])
        follows = agree(again, single["latents"][0], 1e-6)
        raise Wrong("fit_expects", "other weights", "runs_once" if follows else "not_by_seed")
    for place in range(2):
        found = {name: values[place] for name, values in report["history"].items()}
        game.means(single["rows"][place * epoch : (place + 1) * epoch], found, "epoch_expects")


@questions.ask(5, "DCGAN", points=4)
def dcgan(answers, rng):
    single = single_steps(answers, rng, steps=1, counts=(200, 3), seed=5, times=2)
    scaled_losses(answers, single)
    single_steps(answers, rng, steps=2, counts=(4, 3), seed=7)
    moving_averages(answers, rng)
    compiled(answers, single, seed=5)
    return "verified"


# --- 6 -----------------------------------------------------------------------------------------


def distances_to_all(generated, training_images):
    """Euclidean distances (n, m), by differences, in float64."""
    a, b = (np.float64(each).reshape(len(each), -1) for each in (generated, training_images))
    return np.sqrt(((a[:, None] - b) ** 2).sum(-1))


def wrong_distances(generated, training_images):
    """What the usual mistakes make of the distances of all pairs: id -> (n, m)."""
    a, b = (np.float64(each).reshape(len(each), -1) for each in (generated, training_images))
    right, differences, products = distances_to_all(a, b), a[:, None] - b, a @ b.T
    squares = (a**2).sum(1)[:, None], (b**2).sum(1)
    with np.errstate(invalid="ignore"):  # an image of zeros has no direction
        cosine = products / np.sqrt(squares[0] * squares[1])
    return {
        "squared": [right**2],
        "mean_of_pixels": [
            (differences**2).mean(-1),
            np.abs(differences).mean(-1),
            right / np.sqrt(a.shape[1]),
        ],
        "absolute": [np.abs(differences).sum(-1)],
        "largest_pixel": [np.abs(differences).max(-1)],
        "first_channel": [distances_to_all(generated[..., :1], training_images[..., :1])],
        "cosine": [1 - cosine],
        "products": [
            np.sqrt(np.abs(squares[0] - products + squares[1])),
            np.sqrt(np.maximum(squares[0] + 2 * products + squares[1], 0)),
        ],
    }


def nearest(answers, generated, training_images):
    """Wrong unless the answer finds the nearest, and how far they are, but for rounding."""
    n, m = len(generated), len(training_images)
    values = {"n": n, "m": m, "size": generated.shape[1:]}
    report = answers.drive("parts", "nearest_neighbours", arguments=[generated, training_images])
    parts = list(report["parts"].values())
    if len(parts) != 2:
        found = f"{len(parts)} values" if parts else f"a value of type {report['kind']}"
        raise Wrong("pair_expects", found, "no_pair", **values)
    places, distances = (numbers(part, "pair_expects", **values) for part in parts)
    whole = [np.asarray(part).dtype.kind in "iu" for part in parts]
    if places.shape == distances.shape == (n, 1) and whole == [False, True]:
        raise Wrong("pair_expects", "distances and places, each a column", "kneighbors", **values)
    shapes = {(m,): "other_way_round", (n, m): "all_pairs", (n, 1): "keepdims", (): "one_number"}
    shape(places, (n,), "places_expects", shapes.items(), **values)
    shape(distances, (n,), "distances_expects", shapes.items(), **values)
    if not whole[0]:
        mistake = "distances_first" if whole[1] else "no_integers"
        raise Wrong("integers_expects", f"{np.asarray(parts[0]).dtype}", mistake)
    if places.min() < 0 or places.max() >= m:
        raise Wrong("range_expects", brief(places), "out_of_range", **values)
    right = distances_to_all(generated, training_images)
    wrong = wrong_distances(generated, training_images)
    right_pair(places.astype(int), distances, right, wrong, values)


def right_pair(places, distances, right, wrong, values):
    """Wrong unless they are right by all distances (n, m); wrong: id -> list of such by mistake."""
    rows, best = np.arange(len(right)), right.min(1)

    def near(found, expected):
        return np.allclose(found, expected, rtol=2e-3, atol=0.05)

    chosen = right[rows, places]
    if not near(chosen, best):
        second = right[:, 1:].argmin(1) + 1
        mistakes = {
            "farthest": near(chosen, right.max(1)),
            "own_places": agree(places, rows),
            "from_1": agree(places, right.argmin(1) + 1),
            "second_nearest": agree(places, second) or agree(places, np.argsort(right)[:, 1]),
        }
        for mistake, ways in wrong.items():
            mistakes[mistake] = any(agree(places, way.argmin(1)) for way in ways)
        mistake = next((mistake for mistake, made in mistakes.items() if made), "other_places")
        raise Wrong("places_expects", brief(places), mistake, right=right.argmin(1), **values)
    if not near(distances, best):
        mistakes = {
            "negative_square": not np.all(np.isfinite(distances)),
            "largest_distance": near(distances, right.max(1)),
            "mean_distance": near(distances, right.mean(1)),
        }
        for mistake, ways in wrong.items():
            ways = [way[rows, places] for way in ways]
            mistakes[mistake] = any(np.allclose(distances, way, 2e-3, 1e-3) for way in ways)
        mistake = next((mistake for mistake, made in mistakes.items() if made), "other_distances")
        raise Wrong("distances_expects", brief(distances), mistake, right=best, **values)


@questions.ask(6, "nearest_neighbours", points=2)
def nearest_neighbours(answers, rng):
    for n, m, size in ((5, 8, (6, 4, 3)), (7, 3, (4, 6, 1)), (1, 4, (28, 28, 1))):
        generated, training = (
            rng.uniform(-1, 1, (count, *size)).astype("float32") for count in (n, m)
        )
        # Lengths of many sizes: what leaves them out of the distance finds others.
        training *= np.geomspace(0.05, 1, m).reshape(-1, 1, 1, 1).astype("float32")[::-1]
        nearest(answers, generated, training)
    half = np.full((1, 28, 28, 1), 0.5, "float32")
    nearest(answers, half, np.concatenate([4 * half, 0 * half, 3 * half]))
    training = rng.uniform(-1, 1, (60, 28, 28, 1)).astype("float32")
    nearest(answers, rng.permutation(training), training)
    fits_into_memory(answers, rng)
    return "verified"


IN_NOTEBOOK = 1_000, 4_000  # generated and training images, of 784 pixels
MOST_MEMORY = 4e9  # bytes, the notebook's bound


def fits_into_memory(answers, rng):
    """Wrong unless the notebook's images leave room, by what fewer of them take.

    As many generated ones as there, then as many training ones: what goes through either in parts
    needs no more for all of them. The smaller number counts.
    """
    needs = []
    for n, m in ((IN_NOTEBOOK[0], 40), (10, IN_NOTEBOOK[1])):
        images = (rng.uniform(-1, 1, (count, 28, 28, 1)).astype("float32") for count in (n, m))
        report = answers.drive("with_peak", "nearest_neighbours", arguments=list(images))
        needs.append(report["peak"] * np.prod(IN_NOTEBOOK) / (n * m))
    if min(needs) > MOST_MEMORY:
        values = dict(zip(("n", "m"), IN_NOTEBOOK, strict=True))
        times = int(min(needs) / MOST_MEMORY)
        found = f"a way that takes more than {times * MOST_MEMORY / 1e9:.0f} GB for them"
        raise Wrong("memory_expects", found, "all_differences", **values)


# --- 7 -----------------------------------------------------------------------------------------


def norm(values):
    return np.linalg.norm(values, axis=-1, keepdims=True)


def even(steps):
    """Shares (steps, 1) from 0 to 1."""
    return np.linspace(0, 1, steps)[:, None]


def straight(start, end, t):
    return (1 - t) * start + t * end


def on_the_sphere(start, end, t, lengths=None):
    """Spherical interpolation by turning: shares (steps, 1) of the angle between both ends.

    In the plane of both directions a vector at an angle has coordinates (cos, sin); the vector
    that has parts of both ends is found by solving for them.
    """
    ends = np.stack([start, end])
    a, b = ends / norm(ends)
    across = b - (a @ b) * a
    angle = np.arctan2(np.linalg.norm(across), a @ b)
    if angle < 1e-3:
        return straight(start, end, t)
    turned = np.cos(t * angle) * a + np.sin(t * angle) * across / norm(across)
    shares = np.linalg.lstsq(np.stack([a, b], axis=1), turned.T, rcond=None)[0].T
    return shares @ (ends if lengths is None else np.stack([a, b]) * lengths)


def formula(angle=lambda w, cosine: w, of=np.sin):
    """The formula with another angle, or another function of it, for `reference`."""

    def way(start, end, t):
        cosine = np.clip(start @ end / norm(start) / norm(end), -1, 1)
        w = angle(np.arccos(cosine), cosine)
        return (of((1 - t) * w) * start + of(t * w) * end) / of(w)

    return way


def between(start, end, t):
    """Lengths that grow evenly."""
    return (1 - t) * norm(start) + t * norm(end)


@questions.value(7, "interpolate", points=1)
class Interpolate:
    tolerance = 2e-3

    def cases(rng):
        first, second = np.linalg.qr(rng.normal(0, 1, (3, 2)))[0].T.astype("float32")
        # An angle, lengths and a product that tell the usual mistakes apart.
        yield Case(0.8 * first, 0.5 * (0.6 * first + 0.8 * second), 5)
        for steps, latents, dtype in ((4, 2, "float64"), (3, 32, "float32")):
            start, end = rng.normal(0, 1, (2, latents)).astype(dtype)
            yield from (Case(start, 2 * end, steps), Case(start, -end, steps))
        yield Case(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 3)
        for factor in (1.0, 2.5):
            for _ in range(20):  # rounding leaves some of the cosines above 1
                start = rng.normal(0, 1, 32).astype("float32")
                yield Case(start, np.float32(factor * start), 3, otherwise="one_direction")

    def reference(start, end, steps, way=on_the_sphere, shares=even, length=None):
        """Points by `way`, at these shares; length: function of (start, end, shares)."""
        points = way(start, end, shares(steps))
        return points / norm(points) * length(start, end, shares(steps)) if length else points

    mistakes = {
        "straight": [{"way": straight}, {"way": straight, "shares": lambda n: even(n)[::-1]}],
        "ends_exchanged": {"shares": lambda n: even(n)[::-1]},
        "end_missing": [
            {"shares": lambda n: even(n + 1)[:-1]},
            {"shares": lambda n: even(n + 1)[1:]},
            {"shares": lambda n: even(n + 2)[1:-1]},
            {"shares": lambda n: even(2 * n + 1)[1::2]},
        ],
        "degrees": {"way": formula(lambda w, cosine: np.degrees(w))},
        "lengths_lost": [
            {"length": lambda a, b, t: 1},
            {"way": lambda a, b, t: on_the_sphere(a, b, t, lengths=1)},
        ],
        "length_even": {"length": between},
        "line_on_the_shell": [
            {"way": straight, "length": lambda a, b, t: norm(a)},
            {"way": straight, "length": between},
            {"way": straight, "length": lambda a, b, t: 1},
        ],
        "cosine_as_angle": {"way": formula(lambda w, cosine: cosine)},
        "not_by_lengths": lambda a, b, n: formula(
            lambda w, cosine: np.arccos(np.clip(a @ b, -1, 1))
        )(a, b, even(n)),
        "arcsine": {"way": formula(lambda w, cosine: np.arcsin(cosine))},
        "other_angle": [
            {"way": formula(lambda w, cosine: w / 2)},
            {"way": formula(lambda w, cosine: 2 * w)},
        ],
        "not_divided": lambda a, b, n: (
            np.sin(np.arccos(a @ b / norm(a) / norm(b))) * on_the_sphere(a, b, even(n))
        ),
        "right_angle": {"way": formula(lambda w, cosine: np.pi / 2)},
        "roots": {"way": lambda a, b, t: np.sqrt(1 - t) * a + np.sqrt(t) * b},
        "cosines": {"way": formula(of=np.cos)},
        "uneven": {"shares": lambda n: (1 - np.cos(np.pi * even(n))) / 2},
        "other_steps": [
            {"shares": lambda n: even(n - 1)},
            {"shares": lambda n: even(n + 1)},
            {"shares": lambda n: even(n + 2)},
            {"shares": lambda n: even(n)[1:-1]},
        ],
        "one_point": lambda a, b, n: (a + b) / 2,
        "axis_too_many": lambda a, b, n: on_the_sphere(a, b, even(n))[:, None],
        "shares_alone": lambda a, b, n: even(n)[:, 0],
    }
