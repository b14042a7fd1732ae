"""What comes out of lab 5's pool of images, followed image by image.

What is in the pool follows from what it gave: an older image that comes out makes room for the new
one, and where the new one comes out itself nothing changes. So a pool is known by its answers.
"""

from collections import Counter

import numpy as np

from utils.checks.compare import Wrong, brief, numbers, shape

ONCE = (
    "Python and NumPy run once, while a step is traced, and never again: what is in the pool "
    "belongs into self.images and self.seen, by assign, and coins come from keras.random."
)


class Seen:
    """A run of a pool, and what came of it.

    Args:
        size: int, of the pool; counts: list of int, images in each batch.
        image_shape: tuple; compiled: bool, see the driver `pool_calls`; seed: int, of the pool.

    Attributes:
        given: list of int, the number of each image that came out, in the order of arrival.
        coins: list of lists of bool, for each batch that found no room: which were swapped.
        places: list of int, where swapped images went.
    """

    def __init__(self, size, counts, image_shape, compiled, seed):
        self.size, self.counts, self.compiled, self.seed = size, counts, compiled, seed
        self.image_shape = image_shape
        self.given, self.coins, self.places = [], [], []
        self.pool, self.passed, self.left = [], set(), set()
        inside = ", inside a compiled function" if compiled else ""
        self.told = f"a pool of {size}, batches of {', '.join(map(str, counts[:6]))}, ...{inside}"

    def take(self, first, given):
        """Follow a batch, images `first`, `first` + 1, ..., for which these were given."""
        before, coins = list(self.pool), []
        for new, old in enumerate(given, start=first):
            what = f"{self.told}: image {new + 1}"
            if len(self.pool) < self.size:
                if old != new:
                    slip = "As long as there is room, every image goes in and is passed on itself."
                    if old < 0:
                        slip = f"Places that nothing was put into are read. {slip}"
                    raise Wrong(f"{what}, which fills the pool, itself", self._name(old), slip)
                self.pool.append(new)
                continue
            coins.append(old != new)
            if old == new:
                self.passed.add(new)
                continue
            self._is_older(old, new, first, before, given, what)
            place = self.pool.index(old)
            self.pool[place] = new
            self.left.add(old)
            self.places.append(place)
        self.given += given
        if coins:
            self.coins.append(coins)

    def _is_older(self, old, new, first, before, given, what):
        """Wrong unless an older image was in the pool and has not been given since."""
        if old in before and old not in self.left:
            return
        what = f"{what} itself, or one that was in the pool before this call"
        slip = "Read self.images before anything is written."
        if old < 0:
            slip = (
                "The place was filled in this very call, or never: take random places only among "
                "those filled before, and read the old images before the new ones are written."
            )
        elif old >= first:
            slip = f"It came in the same batch. {slip}"
        elif list(given).count(old) > 1:
            slip = (
                "Two images of a batch take the same place: ops.argsort of random numbers gives "
                "places of which no two are the same."
            )
        elif old in self.left:
            slip = (
                "It was given before, so another one should be in its place: the new image takes "
                "the place of just that older one."
            )
        elif old in self.passed:
            slip = "It was passed on, and not put into the pool: an image is kept only if swapped."
        raise Wrong(what, self._name(old), slip)

    def _name(self, place):
        return f"image {place + 1}" if place >= 0 else "an image that never came in"

    def draws(self):
        return [coin for coins in self.coins for coin in coins]

    def alive(self):
        """Wrong where many coins all fell on one side."""
        draws = self.draws()
        if len(draws) < 25 or 0 < sum(draws) < len(draws):
            return
        found = "only older ones" if draws[0] else "never an older one"
        slip = ONCE
        if not self.compiled:
            slip = (
                "A coin is thrown for every image, at every call anew: swap where a random number "
                "is below one half."
            )
        raise Wrong(f"{self.told}, a full one: half of what is given are older images", found, slip)

    def even(self):
        """Wrong unless coins are fair and new, and places random. For runs of many images."""
        draws, share = self.draws(), np.mean(self.draws())
        many = [coins for coins in self.coins if len(coins) > 1]
        patterns = Counter(map(tuple, many))
        again = "The same coins fall at every call: draw with seed=self.seed_generator."
        one = "One coin for the whole batch: throw one for each image."
        if len(many) > 20 and len(patterns) == 1:
            raise Wrong(f"{self.told}, new coins at every call", "the same ones", again)
        if len(many) > 20 and all(len(set(coins)) == 1 for coins in patterns):
            raise Wrong(f"{self.told}, a coin for each image", "one for the whole batch", one)
        if abs(share - 0.5) > 0.14:
            slip = "Swap with probability one half: a uniform random number below 0.5."
            raise Wrong(
                f"{self.told}, about half of {len(draws)} images are older ones",
                f"{sum(draws)}",
                slip,
            )
        shares = np.bincount(self.places, minlength=self.size) / len(self.places)
        steps = Counter(np.diff(self.places) % self.size).most_common(1)[0][1] / len(self.places)
        slip = "The place is random, each as likely as another: ops.argsort of random numbers."
        if np.abs(shares - 1 / self.size).max() > 0.6 / self.size + 0.06:
            if shares.max() > 0.9:
                slip = f"It is always the same place. {slip}"
            found = brief(shares.round(2))
            raise Wrong(f"{self.told}, each place taken as often as others", found, slip)
        if len(many) == 0 and steps > 0.5:
            slip = f"The places are taken in a row, the oldest image first. {slip}"
            raise Wrong(f"{self.told}, random places", f"{brief(self.places[:12])}, ...", slip)


def follow(answers, rng, run):
    """Let the answer's pool take batches of images that can be told apart; Wrong, or the run."""
    images = rng.normal(0, 1, (sum(run.counts), *run.image_shape)).astype("float32")
    batches = np.split(images, np.cumsum(run.counts)[:-1])
    report = answers.drive(
        "pool_calls", "ImagePool", image_shape=list(run.image_shape), size=run.size, seed=run.seed,
        batches=batches, compiled=run.compiled,
    )  # fmt: skip
    if not report["is_layer"]:
        found = f"a value of type {report['kind']}"
        raise Wrong("a Keras layer", found, "Derive the class from layers.Layer.")
    first = 0
    for place, batch in enumerate(batches):
        what = f"{run.told}, call {place + 1}, images"
        found = numbers(report["outputs"][str(place)], what)
        shape(found, batch.shape, what, [(found.shape, "As many images come out as came in.")])
        known = images[: first + len(batch)]
        distances = np.abs(known[None] - found[:, None]).max((2, 3, 4))
        nearest = distances.argmin(1)
        exact = distances.min(1) < 1e-5
        for number, (same, image) in enumerate(zip(exact, found, strict=True)):
            if not same and np.abs(image).max() > 1e-6:
                slip = "An image is either the new one or an older one as it was: no mixtures."
                raise Wrong(f"{what} that came in", f"{brief(found[number].ravel()[:4])}...", slip)
        run.take(first, [int(n) if same else -1 for n, same in zip(nearest, exact, strict=True)])
        first += len(batch)
    run.alive()
    return run
