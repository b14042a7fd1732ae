"""Checks of lab 1, the 8-3-8 identity network (Mitchell 1997, section 4.6.4)."""

import numpy as np

from utils.checks import Questions
from utils.checks.compare import (
    Wrong,
    agree,
    brief,
    close,
    new_network,
    numbers,
    shape,
    slip_in_all,
)
from utils.checks.losses import sigmoid
from utils.checks.reference.descent import descend, error_of, first_step, flat, trained

questions = Questions()
UNITS = 8


# --- 1 -----------------------------------------------------------------------------------------


@questions.ask(1, "identity_patterns", points=1, hint="the hints under question 1")
def identity_patterns(answers, rng):
    what = "the 8 one-hot patterns"
    found = answers.call("identity_patterns")
    if getattr(found, "dtype", np.dtype(float)).kind in "biu":
        raise Wrong(
            "floating-point numbers",
            f"values of type {found.dtype}",
            "A network multiplies its inputs with float weights: ask for a float dtype.",
        )
    found = numbers(found, what)
    shape(
        found,
        (UNITS, UNITS),
        what,
        [
            ((UNITS,), "These are 8 numbers; each pattern has 8 of its own, one per input unit."),
            (
                (UNITS, 3),
                "There are 8 units in a pattern, one per input; a code of 3 is what the "
                "network has to find.",
            ),
            ((1, UNITS, UNITS), "There is an axis too many: leave out the leading batch of 1."),
            ((UNITS * UNITS,), "The patterns are flattened: keep a row per pattern."),
        ],
    )
    eye = np.eye(UNITS)
    close(
        found,
        eye,
        what,
        [
            (eye[:, ::-1], "The order is reversed: pattern 0 has its one in column 0."),
            (np.roll(eye, 1, axis=1), "The ones sit a column too far to the right: count from 0."),
            (np.roll(eye, -1, axis=1), "The ones sit a column too far to the left: count from 0."),
            (2 * eye - 1, "Off is 0 here, not -1: sigmoid outputs can't reach -1."),
            (1 - eye, "Ones and zeros are exchanged: a single unit is on in each pattern."),
            (np.zeros((8, 8)), "No unit is on: set the diagonal to 1."),
            (np.ones((8, 8)), "Every unit is on: only the diagonal is 1."),
            (np.tri(UNITS), "Units stay on from row to row: each row has one unit on."),
        ],
        otherwise="Row i has a 1 in column i and a 0 everywhere else.",
    )
    return "8 patterns of 8 units, each with its own unit on"


# --- 2 and 3 -----------------------------------------------------------------------------------


WIDE = 200  # units enough to tell how the initial weights are spread


def one_layer(answers, rng, name, inputs_of, units_of):
    """The network `name` is one sigmoid layer with small random weights, for any hidden width."""
    starts = []
    for hidden in (3, 5, WIDE, WIDE):
        inputs, units = inputs_of(hidden), units_of(hidden)
        x = rng.uniform(-1, 1, (6, inputs))
        kernel, bias = rng.normal(0, 1.5, (inputs, units)), rng.normal(0, 1.5, units)
        report = answers.drive(
            "network", name, arguments=[hidden], inputs=x, weights=[kernel, bias]
        )
        new_network(report)
        shape(
            report["outputs"],
            (6, units),
            f"for {name}({hidden}) and 6 inputs of {inputs}, outputs",
            [
                ((6, units_of(3)), "The width is fixed: use `hidden` instead of a number."),
                (
                    (6, inputs),
                    "The outputs are as many as the inputs: the number in `Dense(...)` "
                    "is the number of outputs.",
                ),
                ((6, 1), "A layer of one unit: give the number of outputs to `Dense(...)`."),
            ],
        )
        one_layer_of_weights(report, inputs, units)
        z = np.float32(x) @ kernel + bias
        close(
            report["outputs_from_weights"],
            sigmoid(z),
            "sigmoid(inputs @ kernel + bias)",
            activation_slips(z),
            otherwise="Use one Dense layer with activation='sigmoid'.",
        )
        close(
            report.get("outputs_in_training", sigmoid(z)),
            sigmoid(z),
            "the same outputs in training",
            otherwise="Something acts in training only, such as Dropout: leave it out.",
        )
        if hidden == WIDE:
            starts.append(start_of(report, inputs, units))
    if agree(starts[0], starts[1], 1e-7):
        raise Wrong(
            "new random weights at each call",
            "the same weights twice",
            "A seed inside the function makes every network the same: leave it to the notebook.",
        )
    return (
        "one sigmoid layer with a bias, for several widths; it starts from weights drawn evenly "
        "between -0.1 and 0.1, new at each call"
    )


def activation_slips(z):
    """What other activations make of the weighted sums, and their names."""
    return [
        (z, "There is no activation: the units are sigmoid units."),
        (np.maximum(z, 0), "These are rectified units (relu): use sigmoid."),
        (np.tanh(z), "These are tanh units, from -1 to 1: use sigmoid, from 0 to 1."),
        (
            np.exp(z) / np.exp(z).sum(1, keepdims=True),
            "A softmax makes the units of a layer compete (they sum to 1): use sigmoid.",
        ),
        (sigmoid(sigmoid(z)), "The sigmoid is applied twice."),
        (np.clip(z / 6 + 0.5, 0, 1), "This is the hard sigmoid: use sigmoid."),
    ]


def one_layer_of_weights(report, inputs, units):
    """Wrong unless the network's trainable weights are one kernel and one bias."""
    if report["set"]:
        return
    count = report["trainable"]
    slips = {
        0: "The layer is frozen: leave `trainable` as it is.",
        1: "The bias is missing: leave use_bias=True.",
        2: "Kernel or bias have other shapes: check the number of inputs and units.",
    }
    raise Wrong(
        f"one kernel of shape {(inputs, units)} and one bias of shape {(units,)}",
        f"{count} trainable arrays",
        slips.get(count, "There is more than one layer: encoder and decoder have one each."),
    )


def start_of(report, inputs, units):
    """The kernel that a wide network starts from; Wrong unless it is drawn from U(-0.1, 0.1)."""
    arrays = list(report["initial"].values())
    kernel = next(a for a in arrays if a.shape == (inputs, units))
    bias = next(a for a in arrays if a.shape == (units,))
    spread, largest = kernel.std(), np.abs(kernel).max()
    even = 0.1 / np.sqrt(3)  # standard deviation of U(-0.1, 0.1)
    slip = None
    if np.ptp(kernel) == 0:
        slip = (
            "All weights start equal, so the hidden units stay equal for ever: "
            "start from random weights."
        )
    elif kernel.min() >= 0 or kernel.max() <= 0:
        slip = "The weights have one sign only: the range goes from -0.1 to +0.1."
    elif largest > 0.1 + 1e-6:
        slip = (
            "The weights start wider, as Keras's do by default: "
            "give kernel_initializer the range -0.1 to 0.1."
        )
    elif largest < 0.09 or spread < 0.8 * even:
        slip = "The weights start too narrow: draw them evenly from -0.1 to +0.1."
    elif not 0.9 * even < spread < 1.1 * even:
        slip = "The weights are not spread evenly: draw them from a uniform distribution."
    elif np.abs(bias).max() > 0.1 + 1e-6:
        slip = "The bias starts too far out: leave it at 0, or draw it like the kernel."
    if slip:
        raise Wrong(
            "initial weights drawn evenly from -0.1 to 0.1",
            f"kernel from {kernel.min():.3g} to {kernel.max():.3g}, with standard deviation "
            f"{spread:.3g} (expected {even:.3g}); bias from {bias.min():.3g} to {bias.max():.3g}",
            slip,
        )
    return kernel


@questions.ask(2, "build_encoder", points=2, hint="the hints under question 2")
def build_encoder(answers, rng):
    return one_layer(answers, rng, "build_encoder", lambda h: UNITS, lambda h: h)


@questions.ask(3, "build_decoder", points=1, hint="the hints under question 3")
def build_decoder(answers, rng):
    return one_layer(answers, rng, "build_decoder", lambda h: h, lambda h: UNITS)


# --- 4 -----------------------------------------------------------------------------------------


def squared_error_slips(t, o):
    """What the usual mistakes make of targets and outputs, and their names."""
    d = t - o
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -(t * np.log(o) + (1 - t) * np.log(1 - o))
    mean = (
        "This is the mean over the output units: sum over them. The mean makes the gradient "
        f"{d.shape[-1]} times smaller."
    )
    return [
        ((d**2).mean(-1), mean),
        (
            (d**2).sum(-1) / 2,
            "There is a half too many: the half belongs to the objective in "
            "question 5, not to the error.",
        ),
        ((d**2).mean(-1) / 2, mean),
        (
            np.sqrt((d**2).sum(-1)),
            "This is the square root of it (the length of the difference): leave the root out.",
        ),
        (np.sqrt((d**2).mean(-1)), "This is the root mean square: neither root nor mean."),
        (np.abs(d).sum(-1), "The differences are not squared: absolute values are summed."),
        (d.sum(-1), "The differences are not squared, so they cancel."),
        (d.sum(-1) ** 2, "Square first, then sum: here the sum is squared."),
        (-(d**2).sum(-1), "The sign is turned round: an error is not negative."),
        (entropy.sum(-1), "This is the cross-entropy: the question asks for squared differences."),
        (entropy.mean(-1), "This is the mean cross-entropy: the question asks for squares."),
        ((t**2 - o**2).sum(-1), "Subtract first, then square."),
    ]


@questions.ask(4, "sum_squared_error", points=2, hint="the hints under question 4")
def sum_squared_error(answers, rng):
    for patterns, units in ((6, 8), (4, 5)):
        t = rng.integers(0, 2, (patterns, units)).astype("float32")
        o = rng.uniform(0.1, 0.9, (patterns, units)).astype("float32")
        what = f"for {patterns} patterns of {units} units, errors"
        found = numbers(answers.call("sum_squared_error", t, o), what)
        d2 = (np.float64(t) - o) ** 2
        for wrong, said in (
            (d2.sum(), "This is the sum over the patterns too"),
            (d2.mean(), "This is the mean over patterns and units"),
        ):
            if found.shape == () and agree(found, wrong):
                raise Wrong(
                    f"{what} of shape ({patterns},)",
                    f"one number, {brief(found)}",
                    f"{said}: keep one error per pattern, sum over axis -1 alone.",
                )
        shape(
            found,
            (patterns,),
            what,
            [
                ((units,), "The sum runs over the patterns: sum over the last axis, the units."),
                ((patterns, units), "Nothing is summed: sum over the last axis, the units."),
                ((patterns, 1), "Sum without keepdims: one number per pattern."),
                ((), "All is made one number: keep one error per pattern."),
            ],
        )
        close(
            found,
            d2.sum(-1),
            what,
            squared_error_slips(np.float64(t), np.float64(o)),
            otherwise="Subtract, square, sum over the last axis.",
        )
    stack = rng.uniform(0.1, 0.9, (3, patterns, units)).astype("float32")
    what = f"for a stack of 3 networks and {patterns} patterns, errors"
    found = numbers(answers.call("sum_squared_error", t, stack), what)
    shape(
        found,
        (3, patterns),
        what,
        [((3, units), "The sum runs over axis 1, which are the patterns in a stack: use axis -1.")],
    )
    close(found, ((np.float64(t) - stack) ** 2).sum(-1), what)
    slope = answers.drive("gradient", "sum_squared_error", fixed=t, variable=o)
    if slope is None:
        raise Wrong(
            "a result that TensorFlow can differentiate",
            "no gradient with respect to the outputs",
            "Something ends the gradient, a NumPy function, stop_gradient or a new Variable: use "
            "keras.ops or TensorFlow functions on the arguments alone.",
        )
    close(
        slope,
        2 * (np.float64(o) - t),
        "the gradient with respect to the outputs",
        otherwise="Let the gradient through all of it: no rounding, no stop_gradient.",
    )
    return "the sum over units, one per pattern, also for stacks of networks, and its gradient"


# --- 5 -----------------------------------------------------------------------------------------


@questions.ask(5, "train", points=4, hint="the hints under question 5")
def train(answers, rng):
    patterns, hidden, rate = 20, 3, 0.17  # no two mistakes give the same step at these numbers
    x = rng.uniform(0, 1, (patterns, UNITS)).astype("float32").astype("float64")
    start = [
        w.astype("float32").astype("float64")
        for w in (
            rng.normal(0, 1, (UNITS, hidden)),
            rng.normal(0, 1, hidden),
            rng.normal(0, 1, (hidden, UNITS)),
            rng.normal(0, 1, UNITS),
        )
    ]

    def after(epochs, start=start, **options):
        report = answers.drive(
            "training",
            "train",
            encoder=start[:2],
            decoder=start[2:],
            patterns=x,
            epochs=epochs,
            learning_rate=rate,
            **options,
        )
        return report, trained(report)

    report, weights = after(1)
    if agree(flat(weights), flat(start), 1e-7) and not agree(flat(after(2)[1]), flat(start), 1e-7):
        raise Wrong(
            "one step for epochs=1",
            "no step for epochs=1, and one for epochs=2",
            "It trains an epoch too few: range(epochs) already runs epochs times.",
        )
    first_step(start, weights, x, rate)
    epochs = 4
    report, weights = after(epochs)
    other_numbers = [
        (
            flat(descend(start, x, n, rate)),
            f"It trains for {n} epoch{'s' * (n > 1)} when asked for {epochs}.",
        )
        for n in (1, epochs - 1, epochs + 1, 2 * epochs)
    ]
    momentum = descend(start, x, epochs, rate, momentum=0.9)
    close(
        flat(weights),
        flat(descend(start, x, epochs, rate)),
        f"the weights after {epochs} epochs",
        [*other_numbers, (flat(momentum), "There is momentum: plain gradient descent has none.")],
        otherwise="The first epoch is right, the next ones are not: take a new gradient in each "
        "epoch, and keep nothing from one to the next.",
        tolerance=2e-4,
    )

    what = "the summed squared error at the start of each epoch"
    errors = numbers(report["errors"], what, "Return the errors of the epochs as an array.")
    path = np.array([error_of(descend(start, x, n, rate), x) for n in range(epochs + 1)])
    shape(
        errors,
        (epochs,),
        what,
        [
            ((), "One number comes back: collect the error of every epoch."),
            ((epochs, patterns), "Sum the error over the patterns too: one number an epoch."),
            ((epochs + 1,), "There is one error too many: one at the start of each epoch."),
            ((0,), "The list of errors stays empty: append to it in each epoch."),
        ],
    )
    close(
        errors,
        path[:-1],
        what,
        [
            (path[1:], "The error is measured after the update: measure it before."),
            (path[:-1] / 2, "These are halves: return the error itself, not the objective."),
            (path[:-1] / patterns, "This is the mean over the patterns: return the sum."),
            (path[:-1] / UNITS, "This is the mean over the outputs: return the sum."),
            (path[:-1] / UNITS / patterns, "This is the mean: return the sum."),
            (np.cumsum(path[:-1]), "The errors add up from epoch to epoch: start each at zero."),
            (np.full(epochs, path[0]), "Every epoch returns the first error: measure it anew."),
        ],
        otherwise="Sum `sum_squared_error(patterns, outputs)` over the patterns in each epoch.",
        tolerance=1e-3,
    )
    epochs_told, moments = report["told"].T
    if epochs_told.tolist() != list(range(epochs)):
        slip = "Call `on_epoch(epoch)` once in every epoch."
        if not len(epochs_told):
            slip = "`on_epoch` is never called."
        elif epochs_told.tolist() == list(range(1, epochs + 1)):
            slip = "`on_epoch` counts from 1: count the epochs from 0."
        raise Wrong(
            f"on_epoch called with {list(range(epochs))}",
            f"{epochs_told.astype(int).tolist()}",
            slip,
        )
    kernels = [descend(start, x, n, rate)[2].sum() for n in range(epochs + 1)]
    close(
        moments,
        np.array(kernels[:-1]),
        "the sum of the decoder's kernel at each `on_epoch`",
        [(np.array(kernels[1:]), "`on_epoch` is called after the step: call it before.")],
        otherwise="Call `on_epoch` before the step of its epoch.",
        tolerance=1e-3,
    )
    after(1, silent=True)  # on_epoch may be left out

    stack = [np.stack([w, 0.5 * w]) for w in start]
    _, weights = after(2, start=stack, stacked=True)
    singles = [descend([w[i] for w in stack], x, 2, rate) for i in (0, 1)]
    close(
        flat(weights),
        flat([np.stack(pair) for pair in zip(*singles, strict=True)]),
        "the weights of two stacked networks after 2 epochs",
        otherwise="It trains one network rightly and a stack of two wrongly: sum the error over "
        "everything, with no mean and no fixed axis.",
        tolerance=2e-4,
    )
    return (
        "one epoch and several against the chain rule worked out by hand, the errors "
        "returned, `on_epoch`, and two networks trained side by side"
    )


# --- 6 -----------------------------------------------------------------------------------------

PUBLISHED = np.array(
    [  # hidden values, Mitchell 1997, figure 4.7
        [0.89, 0.04, 0.08],
        [0.15, 0.99, 0.99],
        [0.01, 0.97, 0.27],
        [0.99, 0.97, 0.71],
        [0.03, 0.05, 0.02],
        [0.01, 0.11, 0.88],
        [0.80, 0.01, 0.98],
        [0.60, 0.94, 0.01],
    ]
)


@questions.ask(6, "binary_code", points=2, hint="the hints under question 6")
def binary_code(answers, rng):
    # Lopsided values, so that the mean is no substitute for 0.5; none too close to 0.5.
    high, low = rng.uniform(0.35, 1, (9, 4)), rng.uniform(0, 0.65, (9, 4))
    high[0], low[0] = 0.53, 0.47
    cases = [PUBLISHED, *(np.where(np.abs(v - 0.5) < 0.02, 0.55, v) for v in (high, low))]
    results = []
    for values in cases:
        rows, units = values.shape
        what = f"{rows} codes of {units} bits"
        result = answers.call("binary_code", values.astype("float32"))
        if isinstance(result, (str, list)) or np.asarray(result).dtype.kind == "U":
            raise Wrong(what, brief(result), "Return numbers 0 and 1, not text.")
        found = numbers(result, what)
        shape(
            found,
            (rows, units),
            what,
            [
                ((rows,), "This is one number per pattern: keep the bits, one per hidden unit."),
                ((units, rows), "Rows and columns are exchanged: a row per pattern."),
                ((), "One number comes back: keep a row per pattern and a column per hidden unit."),
            ],
        )
        results.append(found)
    slip = slip_in_all(results, cases, code_slips()) or limit_used(
        np.concatenate([values.ravel() for values in cases]),
        np.concatenate([found.ravel() for found in results]),
    )
    for found, values in zip(results, cases, strict=True):
        close(found, values > 0.5, f"{len(values)} codes of {values.shape[1]} bits", otherwise=slip)
    return "hidden values of the published table and random ones, rounded at 0.5"


def code_slips():
    """Pairs of a function that makes a usual mistake, and its name."""

    def bits(values):
        return (values > 0.5).astype(float)

    not_half = "The limit is the {} here: it is 0.5."
    return [
        (lambda v: 1 - bits(v), "Ones and zeros are exchanged: values above 0.5 become 1."),
        (lambda v: v.astype("float32"), "Nothing is rounded: the values come back as they are."),
        (np.zeros_like, "Turning into integers cuts off instead of rounding, so 0.99 becomes 0."),
        (np.ones_like, "Everything above 0 is rounded up: the limit is 0.5."),
        (lambda v: 2 * bits(v) - 1, "Off is 0, not -1."),
        (lambda v: bits(v)[:, ::-1], "The bits are in reversed order: bit j belongs to unit j."),
        (lambda v: bits(v)[::-1], "The rows are in reversed order."),
        (
            lambda v: np.eye(v.shape[1])[v.argmax(1)],
            "Only the largest hidden unit of each row is on: each unit is rounded alone.",
        ),
        (lambda v: v > v.mean(), not_half.format("mean")),
        (lambda v: v > v.mean(0), not_half.format("mean of each column")),
        (lambda v: v > v.mean(1, keepdims=True), not_half.format("mean of each row")),
        (lambda v: v > np.median(v), not_half.format("median")),
        (lambda v: np.round(v, 1), "These are rounded to one decimal: round to whole numbers."),
        (lambda v: np.round(v, 2), "These are rounded to two decimals: round to whole numbers."),
    ]


def limit_used(values, found):
    """Name the threshold that explains all bits, if one does."""
    ones, zeros = values[found == 1], values[found == 0]
    if ones.size + zeros.size == values.size and ones.size and zeros.size:
        low, high = zeros.max(), ones.min()
        if low < high and not low < 0.5 < high:
            return f"The limit lies between {low:.2f} and {high:.2f}: it is 0.5."
    return "Compare each hidden value with 0.5."


# --- 7 -----------------------------------------------------------------------------------------


@questions.ask(7, "smallest_width", points=2, hint="the hints under question 7")
def smallest_width(answers, rng):
    def rows(count, repeats=0):
        """`count` distinct random patterns of 11 units, the first `repeats` of them twice."""
        chosen = rng.permutation(2**11)[:count]
        patterns = (chosen[:, None] >> np.arange(11)) & 1
        return np.concatenate([patterns, patterns[:repeats]]).astype("float32")

    cases = [(np.eye(8, dtype="float32"), 3, "the 8 patterns of this lab")]
    cases += [
        (rows(n), bits, f"{n} distinct patterns of 11 units")
        for n, bits in ((9, 4), (5, 3), (2, 1), (16, 4), (33, 6))
    ]
    cases += [
        (rows(6, repeats=6), 3, "6 distinct patterns, each of them twice"),
        (rows(1), 0, "a single pattern"),
        (rng.uniform(0, 0.4, (6, 3)).astype("float32"), 3, "6 patterns of real numbers"),
    ]
    results = []
    for patterns, _, what in cases:
        found = numbers(answers.call("smallest_width", patterns), what, "Return one whole number.")
        shape(found, (), f"one number for {what}")
        results.append(float(found))
    slip = slip_in_all(results, [patterns for patterns, _, _ in cases], width_slips(), 1e-4)
    slip = slip or "n bits tell 2 to the power of n patterns apart."
    for found, (_, bits, what) in zip(results, cases, strict=True):
        close(found, bits, f"for {what}", otherwise=slip)
    return "1 to 33 patterns, some of them twice"


def width_slips():
    """Pairs of a function that makes a usual mistake, and its name."""

    def distinct(patterns):
        return len(np.unique(patterns, axis=0))

    return [
        (distinct, "This counts the patterns: ask how many bits tell them apart."),
        (len, "This counts the patterns: ask how many bits tell the distinct ones apart."),
        (
            lambda p: distinct(p) - 1,
            "This is one less than the number of patterns: it is a logarithm.",
        ),
        (
            lambda p: p.shape[1],
            "This counts the units of a pattern, the columns: distinct rows count.",
        ),
        (
            lambda p: np.ceil(np.log2(p.shape[1])),
            "This counts the units of a pattern, the columns: distinct rows count.",
        ),
        (
            lambda p: np.ceil(np.log2(len(p))),
            "Patterns that come twice need no second code: count the distinct ones.",
        ),
        (lambda p: np.log2(distinct(p)), "There is no fraction of a hidden unit: round up."),
        (
            lambda p: np.floor(np.log2(distinct(p))),
            "Rounded down, the codes are too few: round up.",
        ),
        (
            lambda p: np.floor(np.log2(len(p))),
            "Patterns that come twice are counted, and the logarithm is rounded down: count the "
            "distinct ones and round up.",
        ),
        (
            lambda p: np.ceil(np.log2(distinct(p.astype(int)))),
            "The patterns are cut to whole numbers first: compare them as they are.",
        ),
        (
            lambda p: np.ceil(np.log2(distinct(p > 0.5))),
            "The patterns are rounded first: compare them as they are.",
        ),
        (
            lambda p: np.round(np.log2(distinct(p))),
            "Rounded to the nearest, the codes are sometimes too few: round up.",
        ),
        (
            lambda p: np.floor(np.log2(distinct(p))) + 1,
            "For a power of two this is one too many: 8 patterns need 3 bits.",
        ),
        (
            lambda p: np.ceil(np.log(distinct(p))),
            "This is the natural logarithm: a bit has 2 values.",
        ),
        (lambda p: np.log(distinct(p)), "This is the natural logarithm, and not rounded up."),
        (
            lambda p: np.ceil(np.log10(distinct(p))),
            "This is the logarithm to base 10: a bit has 2 values.",
        ),
        (
            lambda p: np.ceil(np.sqrt(distinct(p))),
            "Codes double with every bit: it is a logarithm, not a root.",
        ),
        (
            lambda p: max(1, np.ceil(np.log2(distinct(p)))),
            "A single pattern needs no bit at all: 0.",
        ),
        (
            lambda p: 2 ** np.ceil(np.log2(distinct(p))),
            "This is the number of codes: ask for the number of bits.",
        ),
        (lambda p: 3, "The number is fixed: count the distinct rows of the argument."),
    ]
