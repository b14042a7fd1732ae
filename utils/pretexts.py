"""Pretext tasks: a trunk learns from pictures alone, and one set of reads says what it knows.

    task = lambda pictures, seed: (pictures * hole, pictures)  # what is shown, what is asked
    learn(trunk, head, task, pictures, loss="mse", epochs=4)
    reads = Reads(train, test)
    reads(features(trunk, train["image"]), features(trunk, test["image"]))

All tasks share the trunk (`nets.build_trunk`), the training and the reads; they differ in what is
shown, what is asked and in the loss. Features are always the trunk's last layer.
"""

import keras
import numpy as np
import tensorflow as tf

from utils import metrics
from utils.progress import progress

PLACES = ("x", "y", "size")  # read by ridge regression, besides hue


def windows(scenes, side=16, jitter=3.0, seed=0):
    """A window about the nearest thing of each scene, which no other thing covers.

    Args:
        scenes: dict of arrays, `load_arrays("scenes/stills", ...)`.
        side: int, pixels; at most that of the scenes.
        jitter: float, pixels by which the window misses the thing's middle at most, in x and in y;
            more where it would leave the scene.
        seed: int.

    Returns:
        dict of arrays of length n: 'image' float32 (n, side, side, 3); 'mask' uint8
        (n, side, side), see `things.PARTS`; 'label' int64, its kind; float32 'x', 'y' (its middle,
        pixels from the window's corner), 'size' (pixels), 'hue' (0 to 1), 'hue_free' int64.
    """
    whole, mask = scenes["image"], scenes["mask"][..., 0]
    n, size = len(whole), whole.shape[1]
    middle = np.stack([scenes["x"][:, 0], scenes["y"][:, 0]], axis=1)
    missed = np.random.default_rng(seed).uniform(-jitter, jitter, (n, 2))
    corner = np.clip(np.round(middle - side / 2 + missed), 0, size - side).astype(int)
    rows = (corner[:, 1, None] + np.arange(side))[:, :, None]
    columns = (corner[:, 0, None] + np.arange(side))[:, None, :]
    each = np.arange(n)[:, None, None]
    cut = {"image": whole[each, rows, columns], "mask": mask[each, rows, columns]}
    cut["label"] = scenes["kind"][:, 0]
    cut["x"], cut["y"] = (middle - corner).astype("float32").T
    return cut | {name: scenes[name][:, 0] for name in ("size", "hue", "hue_free")}


def build_decoder(channels, side, filters=32):
    """The head of tasks that ask for a picture: features (n, any) -> (n, side, side, channels).

    A dense layer to 4 x 4, transposed convolutions that double it, and a last convolution. side: 4,
    8, 16, ...
    """
    if side < 4 or side & (side - 1):
        raise ValueError(f"A decoder doubles 4 pixels until it has side={side}: give 4, 8, 16, ...")
    layers = [keras.layers.Dense(4 * 4 * filters, activation="relu")]
    layers.append(keras.layers.Reshape((4, 4, filters)))
    for _ in range(int(np.log2(side // 4))):  # a kernel of 4: no checkerboard at stride 2
        up = keras.layers.Conv2DTranspose(filters, 4, 2, padding="same", activation="relu")
        layers.append(up)
    return keras.Sequential([*layers, keras.layers.Conv2D(channels, 3, padding="same")])


def repeat(step, data, *, epochs, batch=64, seed=0):
    """Call a training step on shuffled batches; an epoch is one compiled call.

    Args:
        step: called as `step(batch, seed)`, once, to be compiled; seed is a pair (2,) for stateless
            functions such as `tf.random.stateless_uniform`, never the same twice. Gives a scalar.
            Optimizers have to be built before.
        data: array (n, ...) or tuple of such arrays; batches have its structure. Fewer than a batch
            are left out of an epoch.
        epochs, batch, seed: int. Order and seeds follow from the seed alone.

    Returns:
        list of float, the mean of the scalars in each epoch.
    """
    data = tf.nest.map_structure(tf.convert_to_tensor, data)
    n = len(tf.nest.flatten(data)[0])
    steps = n // batch
    if steps < 1:
        raise ValueError(f"{n} examples don't fill a batch of {batch}.")
    step = tf.autograph.experimental.do_not_convert(step)

    def chosen(index):
        return tf.nest.map_structure(lambda part: tf.gather(part, index), data)

    fold = tf.random.experimental.stateless_fold_in

    @tf.function
    def one_epoch(number):
        key = tf.stack([tf.constant(seed, tf.int64), number])
        order = tf.random.experimental.stateless_shuffle(tf.range(n), key)
        total = tf.zeros(())
        for place in tf.range(steps):
            index = tf.slice(order, [place * batch], [batch])
            total += step(chosen(index), fold(key, place + 1))
        return total / steps

    numbers = progress(range(epochs), "epochs")
    return [float(one_epoch(tf.constant(number, tf.int64))) for number in numbers]


def learn(trunk, head, task, data, *, loss, epochs, batch=64, rate=2e-3, seed=0):
    """Train trunk and head together, by Adam, on a task made of the pictures alone.

    Args:
        trunk, head: Keras models; their weights change.
        task: called on every batch as `task(pictures, seed)`; gives (shown, asked), new for each
            batch where it is random. None: data is already a pair (shown, asked).
        data: array (n, height, width, channels), or a pair.
        loss: a Keras loss or its name, as in `model.compile`.
        epochs, batch, seed: as in `repeat`. rate: float, of Adam.

    Returns:
        list of float, the mean loss of each epoch.
    """
    loss, optimizer = keras.losses.get(loss), keras.optimizers.Adam(rate)
    pictures = data if task else data[0]
    head.build((None, *trunk(tf.convert_to_tensor(pictures[:1])).shape[1:]))
    variables = trunk.trainable_variables + head.trainable_variables
    optimizer.build(variables)

    def step(some, key):
        shown, asked = task(some, key) if task else some
        with tf.GradientTape() as tape:
            value = tf.reduce_mean(loss(asked, head(trunk(shown, training=True), training=True)))
        optimizer.apply(tape.gradient(value, variables), variables)
        return value

    return repeat(step, data, epochs=epochs, batch=batch, seed=seed)


def features(trunk, pictures, batch=500):
    """What a model gives for pictures, in their order, without training: NumPy (n, ...)."""
    parts = range(0, len(pictures), batch)
    apply = tf.function(lambda part: trunk(part, training=False), reduce_retracing=True)
    return np.concatenate([apply(tf.convert_to_tensor(pictures[at : at + batch])) for at in parts])


class Reads:
    """What straight lines read from features: kind from few labels; x, y, size and hue by ridge.

    Called as `reads(train_features, test_features)`, arrays (n, ...): gives a dict of 'kind', mean
    accuracy over several choices of labelled examples, 'spread', their standard deviation, and R2
    on test pictures of 'x', 'y', 'size' and 'hue'. R2 is 1 - squared error over that of the test
    mean: 0 for who knows nothing. A hue is a point on a circle, (cos, sin). All choices follow
    from the seed: features of different trunks are read with the same labels.

    Args:
        train, test: dicts with 'label', and for ridge 'x', 'y', 'size' and 'hue', (n,); without
            them only the kind is read.
        per_class: int, labelled examples of each kind. draws: int, choices of them.
        count: int, training pictures whose numbers ridge regression sees.
        penalty: float, of ridge regression on standardized features.
    """

    def __init__(self, train, test, *, per_class=10, draws=3, count=2_000, penalty=10.0, seed=0):
        self.train, self.test = train, test
        self.options = dict(per_class=per_class, draws=draws, seed=seed)
        self.count, self.penalty = count, penalty

    def __call__(self, train_features, test_features):
        labelled = (train_features, self.train["label"]), (test_features, self.test["label"])
        accuracies = metrics.linear_probe(*labelled, **self.options)
        row = {"kind": accuracies.mean(), "spread": accuracies.std(ddof=1)}
        if "x" in self.train:
            row |= self._numbers(train_features, test_features)
        return row

    def _numbers(self, train_features, test_features):
        from sklearn.linear_model import Ridge
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        rows = [
            np.asarray(f, "float64").reshape(len(f), -1) for f in (train_features, test_features)
        ]
        model = make_pipeline(StandardScaler(), Ridge(self.penalty))
        model.fit(rows[0][: self.count], targets(self.train)[: self.count])
        explained = r2(targets(self.test), model.predict(rows[1]))
        return dict(zip(PLACES, explained[:3], strict=True)) | {"hue": explained[3:].mean()}


def targets(examples):
    """x, y, size, cos and sin of the hue: (n, 5)."""
    turn = 2 * np.pi * np.asarray(examples["hue"])
    return np.stack([*(examples[name] for name in PLACES), np.cos(turn), np.sin(turn)], axis=1)


def r2(true, estimate):
    """Share of the variance that is explained, of each column: arrays (n, k) -> (k,)."""
    true, estimate = np.asarray(true, "float64"), np.asarray(estimate, "float64")
    return 1 - np.mean((true - estimate) ** 2, axis=0) / true.var(axis=0)


def differences(pictures):
    """Differences of neighbouring pixels, across and down: (n, height, width, channels) -> (m,).

    A blurred picture has many small ones, a noisy one hardly any zero; one with flat parts and
    edges has both, many about zero and few large ones.
    """
    across, down = np.diff(pictures, axis=2), np.diff(pictures, axis=1)
    return np.concatenate([across.ravel(), down.ravel()])


def accuracy_figure(rows, clean, *, pretexts, title):
    """Dots at the accuracy of 'kind', best on top, with its spread; marks for clean inputs.

    Args:
        rows: dict of a name to what `Reads` gives, on inputs as trained.
        clean: the same on clean inputs, for some of the names.
        pretexts: names that are drawn as pretexts; the others are controls.
        title: str.

    Returns:
        `matplotlib.figure.Figure`.
    """
    from utils import plots

    names = sorted(rows, key=lambda name: rows[name]["kind"])
    figure, ax = plots.new_figure(title=title, height=4)
    for is_pretext, colour, label in ((False, 5, "control"), (True, 0, "pretext")):
        at = [i for i, name in enumerate(names) if (name in pretexts) == is_pretext]
        values, spread = ([rows[names[i]][key] for i in at] for key in ("kind", "spread"))
        ax.errorbar(values, at, xerr=spread, fmt="o", color=plots.PALETTE[colour], label=label)
    at = [i for i, name in enumerate(names) if name in clean]
    marks = [clean[names[i]]["kind"] for i in at]
    ax.plot(marks, at, "d", color=plots.PALETTE[1], label="on clean pictures", fillstyle="none")
    ax.set(yticks=range(len(names)), yticklabels=names)
    plots.describe(ax, xlabel="accuracy, as trained", ylabel="features")
    return figure
