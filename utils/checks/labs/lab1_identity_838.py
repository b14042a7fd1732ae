"""Checks of lab 1, the 8-3-8 identity network (Mitchell 1997, section 4.6.4)."""

import numpy as np

from utils.checks import Questions
from utils.checks.compare import Wrong, agree, close, new_network, numbers, shape
from utils.checks.losses import sigmoid
from utils.checks.networks import takes_inputs
from utils.checks.reference.descent import descend, error_of, first_step, flat, trained
from utils.checks.values import Case

questions = Questions("lab1_identity_838")
UNITS = 8
EYE = np.eye(UNITS)


# --- 1 -----------------------------------------------------------------------------------------


@questions.value(1, "identity_patterns", points=1)
class IdentityPatterns:
    kinds = "f"

    def cases(rng):
        return [Case()]

    def reference():
        return EYE

    mistakes = {
        "reversed_order": lambda: EYE[::-1],
        "column_too_far": [lambda: np.roll(EYE, 1, axis=1), lambda: np.roll(EYE, -1, axis=1)],
        "minus_ones": lambda: 2 * EYE - 1,
        "exchanged": lambda: 1 - EYE,
        "all_off": lambda: 0 * EYE,
        "all_on": lambda: 0 * EYE + 1,
        "stay_on": lambda: np.tri(UNITS),
        "one_number_each": lambda: np.arange(UNITS),
        "codes": lambda: np.zeros((UNITS, 3)),
    }


# --- 2 and 3 -----------------------------------------------------------------------------------


WIDE = 200  # units enough to tell how the initial weights are spread
ACTIVATIONS = {
    "no_activation": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(1, keepdims=True),
    "sigmoid_twice": lambda z: sigmoid(sigmoid(z)),
    "hard_sigmoid": lambda z: np.clip(z / 6 + 0.5, 0, 1),
}


def one_layer(name, sizes):
    """The check that a network is one sigmoid layer with small random weights, for any width.

    Args:
        sizes: function of the hidden width -> (inputs, units).
    """

    def check(answers, rng):
        starts = []
        for hidden in (3, 5, WIDE, WIDE):
            inputs, units = sizes(hidden)
            values = {"name": name, "hidden": hidden, "inputs": inputs, "units": units}
            x = rng.uniform(-1, 1, (6, inputs))
            kernel, bias = rng.normal(0, 1.5, (inputs, units)), rng.normal(0, 1.5, units)
            report = answers.drive(
                "network", name, arguments=[hidden], inputs=x, weights=[kernel, bias]
            )
            takes_inputs(report, f"{name}({hidden})", x.shape[1:])
            new_network(report)
            others = {sizes(3)[1]: "fixed_width", inputs: "units_of_inputs", 1: "one_unit"}
            slips = [((6, width), mistake) for width, mistake in others.items()]
            shape(report["outputs"], (6, units), "expects", slips, **values)
            if not report["set"]:
                mistake = {0: "frozen", 1: "no_bias", 2: "other_shapes"}
                found, count = f"{report['trainable']} trainable arrays", report["trainable"]
                raise Wrong("weights_expects", found, mistake.get(count, "two_layers"), **values)
            z = np.float32(x) @ kernel + bias
            slips = [(way(z), mistake) for mistake, way in ACTIVATIONS.items()]
            found = report["outputs_from_weights"]
            close(found, sigmoid(z), "sigmoid_expects", slips, "no_sigmoid")
            found = report.get("outputs_in_training", sigmoid(z))
            close(found, sigmoid(z), "training_expects", otherwise="acts_in_training")
            if hidden == WIDE:
                starts.append(start_of(report, inputs, units))
        if agree(*starts, 1e-7):
            raise Wrong("new_weights_expects", "the same weights twice", "seed_inside")
        return "verified"

    return check


def start_of(report, inputs, units):
    """The kernel that a wide network starts from; Wrong unless it is drawn from U(-0.1, 0.1)."""
    arrays = list(report["initial"].values())
    kernel = next(a for a in arrays if a.shape == (inputs, units))
    bias = next(a for a in arrays if a.shape == (units,))
    low, high, spread = kernel.min(), kernel.max(), kernel.std()
    even, largest = 0.1 / np.sqrt(3), max(-low, high)  # standard deviation of U(-0.1, 0.1)
    mistakes = {
        "start_equal": low == high,
        "start_one_sign": low >= 0 or high <= 0,
        "start_wider": largest > 0.1 + 1e-6,
        "start_narrow": largest < 0.09 or spread < 0.8 * even,
        "start_uneven": not 0.9 * even < spread < 1.1 * even,
        "bias_too_far": np.abs(bias).max() > 0.1 + 1e-6,
    }
    for mistake, made in mistakes.items():
        if made:
            found = f"{low:.3g} to {high:.3g}, {spread:.3g}; {bias.min():.3g} to {bias.max():.3g}"
            raise Wrong("start_expects", found, mistake, even=even)
    return kernel


questions.ask(2, "build_encoder", points=2)(one_layer("build_encoder", lambda h: (UNITS, h)))
questions.ask(3, "build_decoder", points=1)(one_layer("build_decoder", lambda h: (h, UNITS)))


# --- 4 -----------------------------------------------------------------------------------------


def entropies(t, o):
    return -(t * np.log(o) + (1 - t) * np.log(1 - o))


@questions.value(4, "sum_squared_error", points=2)
class SumSquaredError:
    compiled = False  # as students begin, without a tf.function

    def cases(rng):
        for size in ((6, 8), (4, 5), (3, 4, 5)):  # the last of a stack of networks
            targets = rng.integers(0, 2, size[-2:]).astype("float32")
            stacked = {"otherwise": "stack"} if len(size) == 3 else {}
            yield Case(targets, rng.uniform(0.1, 0.9, size).astype("float32"), **stacked)

    def reference(targets, outputs):
        return ((targets - outputs) ** 2).sum(-1)

    def gradients(targets, outputs):
        return {"outputs": 2 * (outputs - targets)}

    mistakes = {
        "mean_over_units": [
            lambda t, o: ((t - o) ** 2).mean(-1),
            lambda t, o: ((t - o) ** 2).mean(-1) / 2,
        ],
        "root": lambda t, o: np.sqrt(((t - o) ** 2).sum(-1)),
        "root_mean": lambda t, o: np.sqrt(((t - o) ** 2).mean(-1)),
        "absolute": lambda t, o: np.abs(t - o).sum(-1),
        "not_squared": lambda t, o: (t - o).sum(-1),
        "sum_first": lambda t, o: (t - o).sum(-1) ** 2,
        "cross_entropy": [
            lambda t, o: entropies(t, o).sum(-1),
            lambda t, o: entropies(t, o).mean(-1),
        ],
        "squares_subtracted": lambda t, o: (t**2 - o**2).sum(-1),
        "sum_over_patterns": lambda t, o: ((t - o) ** 2).sum(0),
        "axis_of_a_stack": lambda t, o: ((t - o) ** 2).sum(1),
        "nothing_summed": lambda t, o: (t - o) ** 2,
        "mean_of_all": lambda t, o: ((t - o) ** 2).mean(),
        "sum_of_all": lambda t, o: ((t - o) ** 2).sum(),
    }


# --- 5 -----------------------------------------------------------------------------------------


@questions.ask(5, "train", points=4)
def train(answers, rng):
    patterns, hidden, rate = 20, 3, 0.17  # no two mistakes give the same step at these numbers
    x = rng.uniform(0, 1, (patterns, UNITS)).astype("float32").astype("float64")
    shapes = (UNITS, hidden), (hidden,), (hidden, UNITS), (UNITS,)
    start = [np.float64(rng.normal(0, 1, size).astype("float32")) for size in shapes]

    def after(epochs, start=start, **options):
        options |= {"encoder": start[:2], "decoder": start[2:], "patterns": x}
        report = answers.drive("training", "train", epochs=epochs, learning_rate=rate, **options)
        return report, trained(report)

    report, weights = after(1)
    if agree(flat(weights), flat(start), 1e-7) and not agree(flat(after(2)[1]), flat(start), 1e-7):
        raise Wrong("one_step_expects", "no step for epochs=1, one for epochs=2", "epoch_too_few")
    first_step(start, weights, x, rate)
    epochs = 4
    report, weights = after(epochs)
    paths = {n: flat(descend(start, x, n, rate)) for n in (1, 3, 4, 5, 8)}
    others = [(path, "epochs") for path in paths.values()]
    others.append((flat(descend(start, x, epochs, rate, momentum=0.9)), "momentum"))
    trained_for = (n for n, path in paths.items() if agree(flat(weights), path, 2e-4))
    values = {"epochs": epochs, "trained": next(trained_for, epochs)}
    right = paths[epochs]
    close(flat(weights), right, "weights_expects", others, "later_epochs", 2e-4, **values)
    returned_errors(report["errors"], start, x, epochs, rate)
    on_epoch(report["told"], start, x, epochs, rate)
    after(1, silent=True)  # on_epoch may be left out

    stack = [np.stack([w, 0.5 * w]) for w in start]
    _, weights = after(2, start=stack, stacked=True)
    singles = [descend([w[i] for w in stack], x, 2, rate) for i in (0, 1)]
    right = flat([np.stack(pair) for pair in zip(*singles, strict=True)])
    close(flat(weights), right, "stack_expects", otherwise="stack", tolerance=2e-4)
    return "verified"


def returned_errors(found, start, x, epochs, rate):
    """Wrong unless these are the errors at the start of each epoch."""
    errors = numbers(found, "errors_expects", "no_array")
    path = np.array([error_of(descend(start, x, n, rate), x) for n in range(epochs + 1)])
    shapes = [
        ((), "one_error"),
        ((epochs, len(x)), "errors_of_patterns"),
        ((epochs + 1,), "error_too_many"),
        ((0,), "no_errors"),
    ]
    shape(errors, (epochs,), "errors_expects", shapes)
    right = path[:-1]
    slips = [(path[1:], "error_after_step"), (right / 2, "half_errors")]
    slips += [(right / n, "mean_errors") for n in (len(x), UNITS, len(x) * UNITS)]
    slips += [(np.cumsum(right), "errors_add_up"), (np.full(epochs, path[0]), "first_error")]
    close(errors, right, "errors_expects", slips, "other_errors", 1e-3)


def on_epoch(told, start, x, epochs, rate):
    """Wrong unless it was called once an epoch, with its number, before the step."""
    numbers_told, moments = told.T
    if numbers_told.tolist() != list(range(epochs)):
        mistake = "on_epoch_numbers" if len(numbers_told) else "on_epoch_never"
        if numbers_told.tolist() == list(range(1, epochs + 1)):
            mistake = "on_epoch_from_1"
        found = f"{numbers_told.astype(int).tolist()}"
        raise Wrong("on_epoch_expects", found, mistake, right=f"{list(range(epochs))}")
    kernels = np.array([descend(start, x, n, rate)[2].sum() for n in range(epochs + 1)])
    slips = [(kernels[1:], "on_epoch_late")]
    close(moments, kernels[:-1], "moments_expects", slips, "on_epoch_moment", 1e-3)


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


def bits(values):
    return (values > 0.5).astype(float)


@questions.value(6, "binary_code", points=2)
class BinaryCode:
    whole = True

    def cases(rng):
        # Lopsided values, so that the mean is no substitute for 0.5; none too close to 0.5.
        high, low = rng.uniform(0.35, 1, (9, 4)), rng.uniform(0, 0.65, (9, 4))
        high[0], low[0] = 0.53, 0.47
        clear = [np.where(np.abs(values - 0.5) < 0.02, 0.55, values) for values in (high, low)]
        return [Case(values.astype("float32")) for values in (PUBLISHED, *clear)]

    def reference(values):
        return bits(values)

    def otherwise(cases, results):
        """The threshold that explains all bits, if one does."""
        values = np.concatenate([case[0].ravel() for case in cases])
        found = np.concatenate([np.ravel(result) for result in results])
        ones, zeros = values[found == 1], values[found == 0]
        if ones.size + zeros.size == values.size and ones.size and zeros.size:
            low, high = zeros.max(), ones.min()
            if low < high and not low < 0.5 < high:
                return "limit", {"low": low, "high": high}
        return None

    mistakes = {
        "exchanged": lambda v: 1 - bits(v),
        "not_rounded": lambda v: v,
        "cut_off": np.zeros_like,
        "rounded_up": np.ones_like,
        "minus_ones": lambda v: 2 * bits(v) - 1,
        "reversed_bits": lambda v: bits(v)[:, ::-1],
        "reversed_rows": lambda v: bits(v)[::-1],
        "largest_only": lambda v: np.eye(v.shape[1])[v.argmax(1)],
        "limit_mean": [
            lambda v: v > v.mean(),
            lambda v: v > v.mean(0),
            lambda v: v > v.mean(1, keepdims=True),
        ],
        "limit_median": lambda v: v > np.median(v),
        "decimals": [
            lambda v: np.round(v.astype("float32"), 1),
            lambda v: np.round(v.astype("float32"), 2),
        ],
        "number_each": lambda v: bits(v) @ 2.0 ** np.arange(v.shape[1]),
    }


# --- 7 -----------------------------------------------------------------------------------------


def distinct(patterns):
    return len(np.unique(patterns, axis=0))


def bits_for(count, base=2, rounded=np.ceil):
    return rounded(np.log(count) / np.log(base) - (1e-9 if rounded is np.ceil else -1e-9))


@questions.value(7, "smallest_width", points=2)
class SmallestWidth:
    whole = True

    def cases(rng):
        def rows(count, repeats=0):
            """`count` distinct random patterns of 11 units, the first `repeats` of them twice."""
            chosen = rng.permutation(2**11)[:count]
            patterns = (chosen[:, None] >> np.arange(11)) & 1
            return np.concatenate([patterns, patterns[:repeats]]).astype("float32")

        patterns = [EYE.astype("float32"), *map(rows, (9, 5, 2, 16, 33))]
        patterns += [rows(6, repeats=6), rows(1), rng.uniform(0, 0.4, (6, 3)).astype("float32")]
        return map(Case, patterns)

    def reference(patterns):
        return bits_for(distinct(patterns))

    mistakes = {
        "patterns_counted": [distinct, len],
        "values_counted": lambda p: bits_for(len(np.unique(p))),
        "columns_compared": lambda p: bits_for(len(np.unique(p, axis=1).T)),
        "one_less": lambda p: distinct(p) - 1,
        "units_counted": [lambda p: p.shape[1], lambda p: bits_for(p.shape[1])],
        "repeats_counted": lambda p: bits_for(len(p)),
        "not_rounded": lambda p: np.log2(distinct(p)),
        "rounded_down": lambda p: bits_for(distinct(p), rounded=np.floor),
        "repeats_rounded_down": lambda p: bits_for(len(p), rounded=np.floor),
        "cut_to_integers": lambda p: bits_for(distinct(p.astype(int))),
        "patterns_rounded": lambda p: bits_for(distinct(p > 0.5)),
        "rounded_to_nearest": lambda p: bits_for(distinct(p), rounded=np.round),
        "one_too_many": lambda p: bits_for(distinct(p), rounded=np.floor) + 1,
        "natural": [lambda p: bits_for(distinct(p), np.e), lambda p: np.log(distinct(p))],
        "base_10": lambda p: bits_for(distinct(p), 10),
        "square_root": lambda p: np.ceil(np.sqrt(distinct(p))),
        "at_least_one": lambda p: max(1, bits_for(distinct(p))),
        "codes_counted": lambda p: 2 ** bits_for(distinct(p)),
        "fixed": lambda p: 3,
    }
