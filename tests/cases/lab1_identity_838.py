"""Answers to lab 1's questions: right ones written in many ways, wrong ones with a named mistake.

RIGHT: question -> {way of writing: source}. WRONG: question -> {name: (source, id of the mistake)}.
Sources are what a student's cell would hold.
"""

PRELUDE = """
import math
import keras
import numpy as np
import tensorflow as tf
from keras import ops

def sum_squared_error(targets, outputs):
    return keras.ops.sum(keras.ops.square(targets - outputs), axis=-1)
"""

# HIDDEN_WRONG: mistakes that the visible check lets pass and a hidden one catches.
RIGHT, WRONG, HIDDEN_WRONG = {}, {}, {}

# --- identity_patterns -------------------------------------------------------------------------


def returns(expression, name="identity_patterns", arguments=""):
    return f"def {name}({arguments}):\n    return {expression}\n"


RIGHT["identity_patterns"] = {
    "numpy eye": returns('np.eye(8, dtype="float32")'),
    "numpy identity": returns("np.identity(8)"),
    "keras ops": returns("ops.eye(8)"),
    "tensorflow": returns("tf.eye(8)"),
    "one_hot": returns("tf.one_hot(tf.range(8), 8)"),
    "to_categorical": returns("keras.utils.to_categorical(range(8), 8)"),
    "lambda": "identity_patterns = lambda: np.diag(np.ones(8))",
    "list of lists": returns("[[float(i == j) for j in range(8)] for i in range(8)]"),
    "loop": "def identity_patterns():\n    x = np.zeros((8, 8))\n    for i in range(8):\n"
    "        x[i, i] = 1\n    return x\n",
    "class": "class Patterns:\n    def __call__(self):\n        return np.eye(8, dtype='float32')\n"
    "identity_patterns = Patterns()\n",
}
WRONG["identity_patterns"] = {
    "integers": (returns("np.eye(8, dtype=int)"), "kind"),
    "labels": (returns("np.arange(8.0)"), "one_number_each"),
    "binary codes": (
        returns("((np.arange(8)[:, None] >> np.arange(3)) & 1).astype(float)"),
        "codes",
    ),
    "reversed": (returns("np.eye(8)[::-1]"), "reversed_order"),
    "counted from 1": (returns("np.eye(8, k=1) + np.eye(8, k=-7)"), "column_too_far"),
    "minus ones": (returns("2 * np.eye(8) - 1"), "minus_ones"),
    "exchanged": (returns("1 - np.eye(8)"), "exchanged"),
    "zeros": (returns("np.zeros((8, 8))"), "all_off"),
    "ones": (returns("np.ones((8, 8))"), "all_on"),
    "batch axis": (returns("np.eye(8)[None]"), "leading_axis"),
    "flattened": (returns("np.eye(8).ravel()"), "flattened"),
    "triangle": (returns("np.tri(8)"), "stay_on"),
    "no return": ("def identity_patterns():\n    np.eye(8)\n", "no_return"),
    "text": (returns("['1000', '0100']"), "not_numbers"),
    "misspelt": (returns("np.eyes(8)"), "no_attribute"),
    "an argument": ("def identity_patterns(n):\n    return np.eye(n)\n", "other_arguments"),
}

# --- build_encoder and build_decoder -------------------------------------------------------------

SMALL = "keras.initializers.RandomUniform(-0.1, 0.1)"


def network(name, inputs, units, *, activation="'sigmoid'", start=SMALL, more="", options=""):
    return (
        f"def {name}(hidden):\n"
        f"    layer = keras.layers.Dense({units}, activation={activation}, "
        f"kernel_initializer={start}{options})\n"
        f"    return keras.Sequential([keras.Input(({inputs},)), layer{more}])\n"
    )


def right_networks(name, inputs, units):
    return {
        "sequential": network(name, inputs, units),
        "biases random too": network(name, inputs, units, options=f", bias_initializer={SMALL}"),
        "functional": (
            f"def {name}(hidden):\n    x = keras.Input(({inputs},))\n    z = keras.layers.Dense("
            f"{units}, kernel_initializer={SMALL})(x)\n"
            "    return keras.Model(x, keras.layers.Activation('sigmoid')(z))\n"
        ),
        "activation layer": network(
            name, inputs, units, activation="None", more=", keras.layers.Activation('sigmoid')"
        ),
        "ops.sigmoid": network(name, inputs, units, activation="keras.ops.sigmoid"),
        "tf.sigmoid": network(name, inputs, units, activation="tf.math.sigmoid"),
        "lambda": f"{name} = lambda hidden: keras.Sequential([keras.Input(({inputs},)), "
        f"keras.layers.Dense({units}, 'sigmoid', kernel_initializer={SMALL})])\n",
        "subclass": (
            "class Network(keras.Model):\n    def __init__(self, inputs, units):\n"
            "        super().__init__()\n        self.layer = keras.layers.Dense(units, 'sigmoid', "
            f"kernel_initializer={SMALL})\n"
            "        self.layer.build((None, inputs))\n"
            "    def call(self, x):\n        return self.layer(x)\n"
            f"def {name}(hidden):\n    return Network({inputs}, {units})\n"
        ),
        "own weights": (
            "class Layer(keras.layers.Layer):\n    def __init__(self, inputs, units):\n"
            "        super().__init__()\n"
            f"        self.w = self.add_weight(shape=(inputs, units), initializer={SMALL})\n"
            f"        self.b = self.add_weight(shape=(units,), initializer={SMALL})\n"
            "        self.built = True\n"
            "    def call(self, x):\n        return 1 / (1 + ops.exp(-(x @ self.w + self.b)))\n"
            f"def {name}(hidden):\n    return Layer({inputs}, {units})\n"
        ),
        "minval, maxval": network(
            name, inputs, units, start="keras.initializers.RandomUniform(minval=-0.1, maxval=0.1)"
        ),
        "unbuilt": f"def {name}(hidden):\n    return keras.Sequential([keras.layers.Dense({units}, "
        f"activation='sigmoid', kernel_initializer={SMALL})])\n",
    }


def wrong_networks(name, inputs, units):
    return {
        "no activation": (network(name, inputs, units, activation="None"), "no_activation"),
        "relu": (network(name, inputs, units, activation="'relu'"), "relu"),
        "tanh": (network(name, inputs, units, activation="'tanh'"), "tanh"),
        "softmax": (network(name, inputs, units, activation="'softmax'"), "softmax"),
        "hard sigmoid": (network(name, inputs, units, activation="'hard_sigmoid'"), "hard_sigmoid"),
        "sigmoid twice": (
            network(name, inputs, units, more=", keras.layers.Activation('sigmoid')"),
            "sigmoid_twice",
        ),
        "fixed width": (
            network(name, inputs, units)
            .replace("hidden,)", "3,)")
            .replace("Dense(hidden", "Dense(3"),
            "fixed_width" if units == "hidden" else "fixed_inputs",
        ),
        "no bias": (network(name, inputs, units, options=", use_bias=False"), "no_bias"),
        "Keras's start": (network(name, inputs, units, start="'glorot_uniform'"), "start_wider"),
        "zeros": (network(name, inputs, units, start="'zeros'"), "start_equal"),
        "one sign": (
            network(name, inputs, units, start="keras.initializers.RandomUniform(0, 0.1)"),
            "start_one_sign",
        ),
        "too narrow": (
            network(name, inputs, units, start="keras.initializers.RandomUniform(-0.01, 0.01)"),
            "start_narrow",
        ),
        "normal start": (
            network(name, inputs, units, start="keras.initializers.RandomNormal(stddev=0.2)"),
            "start_wider",
        ),
        "seed inside": (
            network(name, inputs, units, start=SMALL.replace("0.1)", "0.1, seed=0)")),
            "seed_inside",
        ),
        "seed set inside": (
            network(name, inputs, units).replace(
                "    layer", "    keras.utils.set_random_seed(0)\n    layer"
            ),
            "seed_inside",
        ),
        "two layers": (
            network(name, inputs, units, more=f", keras.layers.Dense({units}, 'sigmoid')"),
            "two_layers",
        ),
        "no return": (network(name, inputs, units).replace("return ", ""), "no_return"),
        "outputs, not a model": (
            f"def {name}(hidden):\n    return np.zeros((3, 3))\n",
            "no_model",
        ),
        "bias of ones": (
            network(name, inputs, units, options=", bias_initializer='ones'"),
            "bias_too_far",
        ),
        "narrow normal": (
            network(name, inputs, units, start="keras.initializers.RandomNormal(stddev=0.02)"),
            "start_narrow",
        ),
        "two values": (
            network(
                name,
                inputs,
                units,
                start="lambda shape, dtype=None: 0.1 * ops.sign(keras.random.normal(shape))",
            ),
            "start_uneven",
        ),
        "dropout": (
            network(name, inputs, units, more=", keras.layers.Dropout(0.5)"),
            "acts_in_training",
        ),
        "one model for all": (
            network("make", inputs, units) + f"models = {{}}\ndef {name}(hidden):\n"
            "    if hidden not in models:\n        models[hidden] = make(hidden)\n"
            "    return models[hidden]\n",
            "same_model",
        ),
        "tf.Module": (
            "class Network(tf.Module):\n    def __call__(self, x):\n        return x\n"
            f"def {name}(hidden):\n    return Network()\n",
            "no_model",
        ),
        "frozen": (network(name, inputs, units, options=", trainable=False"), "frozen"),
    }


RIGHT["build_encoder"] = right_networks("build_encoder", "8", "hidden")
WRONG["build_encoder"] = wrong_networks("build_encoder", "8", "hidden") | {
    "a decoder": (network("build_encoder", "8", "8"), "units_of_inputs"),
}
RIGHT["build_decoder"] = right_networks("build_decoder", "hidden", "8")
WRONG["build_decoder"] = wrong_networks("build_decoder", "hidden", "8") | {
    "an encoder": (network("build_decoder", "hidden", "hidden"), "units_of_inputs"),
}

# --- sum_squared_error ---------------------------------------------------------------------------


def error(expression):
    return returns(expression, "sum_squared_error", "targets, outputs")


RIGHT["sum_squared_error"] = {
    "keras ops": error("ops.sum(ops.square(targets - outputs), axis=-1)"),
    "tensorflow": error("tf.reduce_sum(tf.square(targets - outputs), axis=-1)"),
    "squared_difference": error("tf.reduce_sum(tf.math.squared_difference(outputs, targets), -1)"),
    "other order": error("ops.sum((outputs - targets) * (outputs - targets), axis=-1)"),
    "expanded": error("ops.sum(targets**2 - 2 * targets * outputs + outputs**2, -1)"),
    "mean times units": error("ops.mean((targets - outputs) ** 2, -1) * targets.shape[-1]"),
    "einsum": error("tf.einsum('...k,...k->...', targets - outputs, targets - outputs)"),
    "python sum": error(
        "sum((targets[..., k] - outputs[..., k]) ** 2 for k in range(targets.shape[-1]))"
    ),
    "lambda": "sum_squared_error = lambda t, o: ops.sum((t - o) ** 2, -1)",
    "class": "class Error:\n    def __call__(self, t, o):\n"
    "        return tf.reduce_sum(tf.pow(o - t, 2), axis=-1)\nsum_squared_error = Error()\n",
    "converted first": "def sum_squared_error(t, o):\n"
    "    d = tf.convert_to_tensor(t) - tf.convert_to_tensor(o)\n"
    "    return tf.reduce_sum(d * d, -1)\n",
}
WRONG["sum_squared_error"] = {
    "mean": (error("ops.mean(ops.square(targets - outputs), axis=-1)"), "mean_over_units"),
    "Keras's mse": (error("keras.losses.mean_squared_error(targets, outputs)"), "mean_over_units"),
    "half": (error("ops.sum(ops.square(targets - outputs), axis=-1) / 2"), "halved"),
    "sum of all": (error("ops.sum(ops.square(targets - outputs))"), "sum_of_all"),
    "mean of all": (error("ops.mean(ops.square(targets - outputs))"), "mean_of_all"),
    "root": (error("ops.norm(targets - outputs, axis=-1)"), "root"),
    "absolute": (error("ops.sum(ops.abs(targets - outputs), axis=-1)"), "absolute"),
    "not squared": (error("ops.sum(targets - outputs, axis=-1)"), "not_squared"),
    "square of the sum": (error("ops.square(ops.sum(targets - outputs, axis=-1))"), "sum_first"),
    "wrong axis": (error("ops.sum(ops.square(targets - outputs), axis=0)"), "sum_over_patterns"),
    "axis 1": (error("ops.sum(ops.square(targets - outputs), axis=1)"), "axis_of_a_stack"),
    "nothing summed": (error("ops.square(targets - outputs)"), "nothing_summed"),
    "keepdims": (error("ops.sum(ops.square(targets - outputs), -1, keepdims=True)"), "keepdims"),
    "cross-entropy": (
        error("-ops.sum(targets * ops.log(outputs) + (1 - targets) * ops.log(1 - outputs), -1)"),
        "cross_entropy",
    ),
    "squares subtracted": (error("ops.sum(targets**2 - outputs**2, -1)"), "squares_subtracted"),
    "negative": (error("-ops.sum(ops.square(targets - outputs), -1)"), "negative"),
    "stop_gradient": (
        error("ops.sum(ops.square(targets - ops.stop_gradient(outputs)), -1)"),
        "no_gradient",
    ),
    "numpy": (error("np.sum(np.square(targets - outputs), axis=-1)"), "no_gradient"),
    "no return": (
        "def sum_squared_error(targets, outputs):\n    ops.sum((targets-outputs)**2, -1)\n",
        "no_return",
    ),
}

# --- train -----------------------------------------------------------------------------------------


def training(
    *,
    objective="error / 2",
    variables="encoder.trainable_variables + decoder.trainable_variables",
    update="v.assign_sub(learning_rate * g)",
    error="ops.sum(sum_squared_error(patterns, outputs))",
    epochs="range(epochs)",
    result="np.array(errors)",
    kept="errors.append(error)",
    told="on_epoch(epoch)",
    before="",
    decorate="@tf.function",
):
    return f"""
def train(encoder, decoder, patterns, epochs=5_000, learning_rate=0.3, on_epoch=None):
    variables = {variables}
    {before or "pass"}

    {decorate or "# eager"}
    def step():
        with tf.GradientTape() as tape:
            outputs = decoder(encoder(patterns))
            error = {error}
            objective = {objective}
        for v, g in zip(variables, tape.gradient(objective, variables)):
            {update}
        return error

    errors = []
    for epoch in {epochs}:
        if on_epoch is not None:
            {told}
        error = step()
        {kept}
    return {result}
"""


BY_HAND = """
def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def train(encoder, decoder, patterns, epochs=5_000, learning_rate=0.3, on_epoch=None):
    x = np.asarray(patterns, "float64")
    errors = []
    for epoch in range(epochs):
        if on_epoch is not None:
            on_epoch(epoch)
        (K1, b1), (K2, b2) = encoder.get_weights(), decoder.get_weights()
        hidden = sigmoid(x @ K1 + b1[..., None, :])
        outputs = sigmoid(hidden @ K2 + b2[..., None, :])
        d2 = (outputs - x) * outputs * (1 - outputs)
        d1 = d2 @ np.swapaxes(K2, -1, -2) * hidden * (1 - hidden)
        errors.append(np.sum((x - outputs) ** 2))
        decoder.set_weights([K2 - learning_rate * np.swapaxes(hidden, -1, -2) @ d2,
                             b2 - learning_rate * d2.sum(-2)])
        encoder.set_weights([K1 - learning_rate * x.T @ d1, b1 - learning_rate * d1.sum(-2)])
    return errors
"""

RIGHT["train"] = {
    "tape and tf.function": training(),
    "eager": training(decorate=""),
    "half in front": training(objective="0.5 * error"),
    "half in the step": training(objective="error", update="v.assign_sub(learning_rate / 2 * g)"),
    "assign": training(update="v.assign(v - learning_rate * g)"),
    "SGD": training(
        before="sgd = keras.optimizers.SGD(learning_rate); sgd.build(variables)",
        update="sgd.apply([g], [v])",
    )
    .replace("sgd.apply([g], [v])", "pass")
    .replace(
        "        return error\n",
        "        sgd.apply(tape.gradient(objective, variables), variables)\n        return error\n",
    )
    .replace("tf.GradientTape()", "tf.GradientTape(persistent=True)"),
    "order of variables": training(
        variables="decoder.trainable_variables + encoder.trainable_variables"
    ),
    "float errors": training(kept="errors.append(float(error))", result="errors"),
    "own error": training(error="tf.reduce_sum((outputs - patterns) ** 2)"),
    "backpropagation by hand": BY_HAND,
    "class": training().replace("def train(", "def fit(")
    + """
class Trainer:
    def __call__(self, *arguments, **options):
        return fit(*arguments, **options)

train = Trainer()
""",
    "lambda": training().replace("def train(", "def fit(")
    + "train = lambda *arguments, **options: fit(*arguments, **options)\n",
}
MEAN = "ops.mean(ops.square(patterns - outputs))"
ON_EPOCH_AFTER = """
def train(encoder, decoder, patterns, epochs=5_000, learning_rate=0.3, on_epoch=None):
    variables = encoder.trainable_variables + decoder.trainable_variables
    errors = []
    for epoch in range(epochs):
        with tf.GradientTape() as tape:
            error = ops.sum(sum_squared_error(patterns, decoder(encoder(patterns))))
            objective = error / 2
        for v, g in zip(variables, tape.gradient(objective, variables)):
            v.assign_sub(learning_rate * g)
        errors.append(error)
        if on_epoch is not None:
            on_epoch(epoch)
    return errors
"""
WRONG["train"] = {
    "all of it compiled": (
        training().replace("def train(", "@tf.function\ndef train("),
        "compiled_too_much",
    ),
    "half missing": (training(objective="error"), "half_missing"),
    "halved twice": (training(objective="error / 4"), "halved_twice"),
    "mean over outputs": (
        training(objective="ops.sum(ops.mean((patterns - outputs)**2, -1)) / 2"),
        "mean_over_outputs",
    ),
    "mean over patterns": (
        training(objective="ops.mean(sum_squared_error(patterns, outputs)) / 2"),
        "mean_over_patterns",
    ),
    "Keras's mse": (training(objective=MEAN), "mean_over_all"),
    "uphill": (training(update="v.assign_add(learning_rate * g)"), "uphill"),
    "assigned": (training(update="v.assign(learning_rate * g)"), "assigned"),
    "assigned with its sign": (training(update="v.assign(-learning_rate * g)"), "assigned"),
    "only the decoder": (
        training(variables="decoder.trainable_variables"),
        "only_decoder",
    ),
    "only the encoder": (
        training(variables="encoder.trainable_variables"),
        "only_encoder",
    ),
    "biases left out": (
        training(variables="[encoder.trainable_variables[0], decoder.trainable_variables[0]]"),
        "biases_left_out",
    ),
    "nothing moves": (training(update="pass"), "nothing_moves"),
    "fixed rate": (training(update="v.assign_sub(0.3 * g)"), "fixed_rate"),
    "Adam": (
        training(before="adam = keras.optimizers.Adam(learning_rate); adam.build(variables)")
        .replace("v.assign_sub(learning_rate * g)", "pass")
        .replace(
            "        return error\n",
            "        adam.apply(tape.gradient(objective, variables))\n        return error\n",
        )
        .replace("tf.GradientTape()", "tf.GradientTape(persistent=True)"),
        "same_steps",
    ),
    "momentum": (
        training(
            before="sgd = keras.optimizers.SGD(learning_rate, momentum=0.9); sgd.build(variables)"
        )
        .replace("v.assign_sub(learning_rate * g)", "pass")
        .replace(
            "        return error\n",
            "        sgd.apply(tape.gradient(objective, variables))\n        return error\n",
        )
        .replace("tf.GradientTape()", "tf.GradientTape(persistent=True)"),
        "momentum",
    ),
    "one epoch": (training(epochs="range(1)"), "epochs"),
    "an epoch short": (training(epochs="range(epochs - 1)"), "epoch_too_few"),
    "an epoch more": (training(epochs="range(epochs + 1)"), "epochs"),
    "pattern by pattern": (
        """
def train(encoder, decoder, patterns, epochs=5_000, learning_rate=0.3, on_epoch=None):
    variables = encoder.trainable_variables + decoder.trainable_variables
    errors = []
    for epoch in range(epochs):
        if on_epoch is not None:
            on_epoch(epoch)
        total = 0
        for i in range(len(patterns)):
            x = patterns[i:i + 1]
            with tf.GradientTape() as tape:
                error = ops.sum(sum_squared_error(x, decoder(encoder(x))))
                objective = error / 2
            for v, g in zip(variables, tape.gradient(objective, variables)):
                v.assign_sub(learning_rate * g)
            total += float(error)
        errors.append(total)
    return errors
""",
        "pattern_by_pattern",
    ),
    "decoder first": (
        """
def train(encoder, decoder, patterns, epochs=5_000, learning_rate=0.3, on_epoch=None):
    errors = []
    for epoch in range(epochs):
        if on_epoch is not None:
            on_epoch(epoch)
        for network in (decoder, encoder):
            with tf.GradientTape() as tape:
                error = ops.sum(sum_squared_error(patterns, decoder(encoder(patterns))))
            variables = network.trainable_variables
            for v, g in zip(variables, tape.gradient(error, variables)):
                v.assign_sub(learning_rate / 2 * g)
            if network is decoder:
                errors.append(float(error))
    return errors
""",
        "decoder_first",
    ),
    "cross-entropy": (
        training(objective="ops.sum(keras.losses.binary_crossentropy(patterns, outputs)) * 8"),
        "cross_entropy",
    ),
    "errors are means": (training(kept="errors.append(error / 20)"), "mean_errors"),
    "errors are halves": (training(kept="errors.append(error / 2)"), "half_errors"),
    "errors after the step": (
        training(
            kept="errors.append(ops.sum(sum_squared_error(patterns, decoder(encoder(patterns)))))"
        ),
        "error_after_step",
    ),
    "last error only": (training(result="float(errors[-1])"), "one_error"),
    "no errors": (training(result="None"), "no_return"),
    "on_epoch never called": (training(told="pass"), "on_epoch_never"),
    "on_epoch demanded": (training().replace("if on_epoch is not None", "if True"), "none_called"),
    "on_epoch after the step": (ON_EPOCH_AFTER, "on_epoch_late"),
    "clipped gradients": (
        training(update="v.assign_sub(learning_rate * tf.clip_by_norm(g, 0.5))"),
        "other_direction",
    ),
    "numpy in the tape": (
        training(error="np.sum((np.asarray(outputs) - patterns) ** 2)", decorate=""),
        "numpy_in_tape",
    ),
    "not a function": ("train = 3\n", "no_function"),
    "leaves by sys.exit": (
        "import sys\ndef train(*arguments, **options):\n    sys.exit(1)\n",
        "exits",
    ),
    "on_epoch from 1": (training(told="on_epoch(epoch + 1)"), "on_epoch_from_1"),
    "tape closed too early": (
        training()
        .replace("        for v, g", "        objective = error / 2\n        for v, g")
        .replace("            objective = error / 2\n", "            pass\n", 1),
        "none_in_step",
    ),
    "mean over networks": (
        training(objective="ops.mean(ops.sum((patterns - outputs)**2, (-1, -2))) / 2"),
        "stack",
    ),
}

# --- binary_code -------------------------------------------------------------------------------------


def code(expression):
    return returns(expression, "binary_code", "hidden_values")


RIGHT["binary_code"] = {
    "compare": code("(np.asarray(hidden_values) > 0.5).astype(int)"),
    "numpy round": code("np.round(hidden_values)"),
    "rint": code("np.rint(hidden_values).astype(int)"),
    "keras ops": code("ops.round(hidden_values)"),
    "tensorflow": code("tf.cast(tf.convert_to_tensor(hidden_values) > 0.5, tf.int32)"),
    "where": code("np.where(hidden_values > 0.5, 1, 0)"),
    "floor": code("np.floor(np.asarray(hidden_values) + 0.5).astype(int)"),
    "booleans": code("hidden_values > 0.5"),
    "heaviside": code("np.heaviside(hidden_values - 0.5, 0)"),
    "lambda": "binary_code = lambda h: np.array(h).round()",
    "class": "class Code:\n    def __call__(self, h):\n        return ops.cast(h > 0.5, 'int32')\n"
    "binary_code = Code()\n",
    "vectorize": "binary_code = np.vectorize(lambda v: int(v > 0.5))",
}
WRONG["binary_code"] = {
    "truncated": (code("hidden_values.astype(int)"), "cut_off"),
    "rounded up": (code("np.ceil(hidden_values)"), "rounded_up"),
    "exchanged": (code("(hidden_values < 0.5).astype(int)"), "exchanged"),
    "not rounded": (code("hidden_values"), "not_rounded"),
    "one decimal": (code("np.round(hidden_values, 1)"), "decimals"),
    "limit 0.9": (code("(hidden_values > 0.9).astype(int)"), "limit"),
    "limit 0.1": (code("(hidden_values > 0.1).astype(int)"), "limit"),
    "limit the mean": (code("(hidden_values > hidden_values.mean()).astype(int)"), "limit_mean"),
    "limit the median": (
        code("(hidden_values > np.median(hidden_values)).astype(int)"),
        "limit_median",
    ),
    "limit 0.4": (code("(hidden_values > 0.4).astype(int)"), "limit"),
    "two decimals": (code("np.round(hidden_values, 2)"), "decimals"),
    "minus one": (code("np.sign(hidden_values - 0.5)"), "minus_ones"),
    "numbers": (
        code("np.round(hidden_values) @ (2 ** np.arange(hidden_values.shape[-1]))"),
        "number_each",
    ),
    "reversed bits": (code("np.round(hidden_values)[:, ::-1]"), "reversed_bits"),
    "largest only": (
        code("np.eye(hidden_values.shape[-1])[hidden_values.argmax(-1)]"),
        "largest_only",
    ),
    "transposed": (code("np.round(hidden_values).T"), "transposed"),
    "text": (
        code("[''.join(str(int(v > 0.5)) for v in row) for row in hidden_values]"),
        "not_numbers",
    ),
    "no return": (
        "def binary_code(hidden_values):\n    np.round(hidden_values)\n",
        "no_return",
    ),
}

# --- smallest_width ------------------------------------------------------------------------------------


def width(expression):
    return returns(expression, "smallest_width", "patterns")


DISTINCT = "len(np.unique(patterns, axis=0))"
RIGHT["smallest_width"] = {
    "log2": width(f"int(np.ceil(np.log2({DISTINCT})))"),
    "math.log": width(f"math.ceil(math.log({DISTINCT}, 2) - 1e-9)"),
    "bit_length": width(f"({DISTINCT} - 1).bit_length()"),
    "set of tuples": width(
        "math.ceil(math.log2(len({tuple(row) for row in np.asarray(patterns)})))"
    ),
    "counting up": "def smallest_width(patterns):\n    bits = 0\n"
    f"    while 2 ** bits < {DISTINCT}:\n        bits += 1\n    return bits\n",
    "array of one": width(f"np.array(np.ceil(np.log2({DISTINCT})))"),
    "tensorflow": width(
        f"tf.cast(tf.math.ceil(tf.math.log(float({DISTINCT})) / tf.math.log(2.0) - 1e-4), tf.int32)"
    ),
    "binary text": width(f"len(bin({DISTINCT} - 1)) - 2 if {DISTINCT} > 1 else 0"),
    "lambda": f"smallest_width = lambda patterns: ({DISTINCT} - 1).bit_length()",
    "class": "class Width:\n    def __call__(self, patterns):\n"
    f"        return int(np.ceil(np.log2({DISTINCT})))\nsmallest_width = Width()\n",
}
WRONG["smallest_width"] = {
    "number of patterns": (width(DISTINCT), "patterns_counted"),
    "number of units": (width("patterns.shape[1]"), "units_counted"),
    "not rounded": (width(f"np.log2({DISTINCT})"), "not_rounded"),
    "rounded down": (width(f"int(np.log2({DISTINCT}))"), "rounded_down"),
    "rounded": (width(f"round(np.log2({DISTINCT}))"), "rounded_to_nearest"),
    "natural logarithm": (width(f"math.ceil(math.log({DISTINCT}))"), "natural"),
    "base 10": (width(f"math.ceil(math.log10({DISTINCT}))"), "base_10"),
    "repeats counted": (width("math.ceil(math.log2(len(patterns)))"), "repeats_counted"),
    "one too many": (width(f"int(np.log2({DISTINCT})) + 1"), "one_too_many"),
    "cut to integers": (
        width("math.ceil(math.log2(len(np.unique(np.asarray(patterns).astype(int), axis=0))))"),
        "cut_to_integers",
    ),
    "values": (width("math.ceil(math.log2(len(np.unique(patterns))))"), "values_counted"),
    "columns": (
        width("math.ceil(math.log2(np.unique(patterns, axis=1).shape[1]))"),
        "columns_compared",
    ),
    "rounded patterns": (
        width("math.ceil(math.log2(len(np.unique(np.asarray(patterns) > 0.5, axis=0))))"),
        "cut_to_integers",
    ),
    "repeats, rounded down": (width("int(math.log2(len(patterns)))"), "repeats_rounded_down"),
    "root": (width(f"math.ceil(math.sqrt({DISTINCT}))"), "square_root"),
    "log of the units": (width("math.ceil(math.log2(patterns.shape[1]))"), "units_counted"),
    "at least one": (width(f"max(1, math.ceil(math.log2({DISTINCT})))"), "at_least_one"),
    "always 3": (width("3"), "fixed"),
    "no return": (
        f"def smallest_width(patterns):\n    math.log2({DISTINCT})\n",
        "no_return",
    ),
}

# --- only hidden checks catch these ------------------------------------------------------------

HIDDEN_WRONG["binary_code"] = {
    "two axes only": (
        code("np.array([[int(v > 0.5) for v in row] for row in hidden_values])"),
        "one_number_function",
    ),
}
HIDDEN_WRONG["sum_squared_error"] = {
    "no pattern alone": (
        error("ops.sum(ops.square(targets - outputs), axis=max(1, len(outputs.shape) - 1))"),
        "axis_gone",
    ),
}
HIDDEN_WRONG["train"] = {
    "patterns changed": (
        training().replace("    return np.array(errors)", "    patterns[:] = 0\n    return errors"),
        "patterns_changed",
    ),
}
HIDDEN_WRONG["smallest_width"] = {
    "a table to 10 bits": (
        width(f"next(b for b in range(11) if 2 ** b >= {DISTINCT})"),
        "error",
    ),
}
