"""What comes out of lab 5's pool of images, followed image by image.

What is in the pool follows from what it gave: an older image that comes out makes room for the new
one, and where the new one comes out itself nothing changes. So a pool is known by its answers.
"""

from collections import Counter

import numpy as np

from utils.checks.compare import Wrong, brief, numbers, shape


class Seen:
    """A run of a pool, and what came of it.

    Args:
        size: int, of the pool; counts: list of int, images in each batch.
        image_shape: tuple; compiled: bool, see the driver `pool_calls`; seed: int, of the pool.

    Attributes:
        given: list of int, the number of each image that came out, in the order of arrival.
        coins: list of lists of bool, for each batch that found no room at all: which were swapped.
        places: list of int, where swapped images went.
        values: dict, what sentences name.
    """

    def __init__(self, size, counts, image_shape, compiled, seed):
        self.size, self.counts, self.compiled, self.seed = size, counts, compiled, seed
        self.image_shape = image_shape
        self.given, self.coins, self.places = [], [], []
        self.pool, self.passed, self.left = [], set(), set()
        batches = ", ".join(map(str, counts[:6]))
        self.values = {"size": size, "batches": f"{batches}, ...", "compiled": compiled}

    def wrong(self, expected, found, mistake, **values):
        return Wrong(expected, found, mistake, **self.values, **values)

    def take(self, first, given):
        """Follow a batch, images `first`, `first` + 1, ..., for which these were given."""
        before, coins = list(self.pool), []
        for new, old in enumerate(given, start=first):
            if len(self.pool) < self.size:
                if old != new:
                    mistake = "room" if old >= 0 else "room_empty"
                    raise self.wrong("image_expects", name_of(old), mistake, image=new + 1)
                self.pool.append(new)
                continue
            coins.append(old != new)
            if old == new:
                self.passed.add(new)
                continue
            if old not in before or old in self.left:
                mistake = self._mistake(old, first, given)
                raise self.wrong("image_expects", name_of(old), mistake, image=new + 1)
            place = self.pool.index(old)
            self.pool[place] = new
            self.left.add(old)
            self.places.append(place)
        self.given += given
        if len(coins) == len(given):
            self.coins.append(coins)

    def _mistake(self, old, first, given):
        """Why an image that is given can't be in the pool."""
        mistakes = {
            "filled_in_this_call": old < 0,
            "of_this_batch": old >= first,
            "same_place_twice": list(given).count(old) > 1,
            "not_replaced": old in self.left,
            "kept_without_swap": old in self.passed,
        }
        return next((name for name, made in mistakes.items() if made), "written_first")

    def draws(self):
        return [coin for coins in self.coins for coin in coins]

    def alive(self):
        """Wrong where many coins all fell on one side, or the same ones at every call."""
        draws = self.draws()
        if len(draws) < 25:
            return
        if len(set(draws)) == 1:
            found = "only older ones" if draws[0] else "never an older one"
            mistake = "coins_once" if self.compiled else "no_coins" if draws[0] else "never_older"
            raise self.wrong("coins_expects", found, mistake)
        longest = max(self.coins, key=len)
        if all(coins == longest[: len(coins)] for coins in self.coins):
            raise self.wrong("coins_expects", "the same ones", "same_coins")

    def even(self):
        """Wrong unless coins are fair and new, and places random. For runs of many images."""
        draws, many = self.draws(), [coins for coins in self.coins if len(coins) > 1]
        if len(many) > 20 and all(len(set(coins)) == 1 for coins in many):
            raise self.wrong("coins_expects", "one for the whole batch", "one_coin")
        if abs(np.mean(draws) - 0.5) > 0.14:
            raise self.wrong("coins_expects", f"{sum(draws)} of {len(draws)}", "not_half")
        shares = np.bincount(self.places, minlength=self.size) / len(self.places)
        if np.abs(shares - 1 / self.size).max() > 0.6 / self.size + 0.06:
            mistake = "same_place" if shares.max() > 0.9 else "uneven_places"
            raise self.wrong("places_expects", brief(shares.round(2)), mistake)
        steps = Counter(np.diff(self.places) % self.size).most_common(1)[0][1] / len(self.places)
        if not many and steps > 0.5:
            raise self.wrong("places_expects", f"{brief(self.places[:12])}, ...", "in_a_row")


def name_of(place):
    return f"image {place + 1}" if place >= 0 else "an image that never came in"


def follow(answers, rng, run):
    """Let the answer's pool take batches of images that can be told apart; Wrong, or the run."""
    images = rng.normal(0, 1, (sum(run.counts), *run.image_shape)).astype("float32")
    batches = np.split(images, np.cumsum(run.counts)[:-1])
    report = answers.drive(
        "pool_calls", "ImagePool", image_shape=list(run.image_shape), size=run.size, seed=run.seed,
        batches=batches, compiled=run.compiled,
    )  # fmt: skip
    if not report["is_layer"]:
        raise Wrong("layer_expects", f"a value of type {report['kind']}", "no_layer")
    first = 0
    for place, batch in enumerate(batches):
        values = run.values | {"call": place + 1}
        found = numbers(report["outputs"][str(place)], "images_expect", **values)
        shape(found, batch.shape, "images_expect", [(found.shape, "other_count")], **values)
        known = images[: first + len(batch)]
        distances = np.abs(known[None] - found[:, None]).max((2, 3, 4))
        exact = distances.min(1) < 1e-5
        for same, image in zip(exact, found, strict=True):
            if not same and np.abs(image).max() > 1e-6:
                raise Wrong("images_expect", f"{brief(image.ravel()[:4])}...", "mixture", **values)
        nearest = zip(exact, distances.argmin(1), strict=True)
        run.take(first, [int(number) if same else -1 for same, number in nearest])
        first += len(batch)
    run.alive()
    return run
