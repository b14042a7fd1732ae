"""Drivers: the few ways in which a check uses models and training steps instead of functions.

A driver runs beside the answer. It takes the answer and plain data, does with them what a lab
would do, and returns plain data only, so that it can run in another process than the check.
"""

import copy
import functools
import time
import tracemalloc

import numpy as np

from utils.runtime import dtype_policy


def network(build, *, arguments, inputs, weights=None, scale=None):
    """Build a network, run it on inputs and report what it is.

    Args:
        build: the answer, a function that returns a Keras model or layer.
        arguments: list, passed to it.
        inputs: array (n, ...).
        weights: list of arrays or None, put in place of the network's own before it is run
            a second time; each goes to the first variable of its shape.
        scale: float or None, by which all trained weights (with a little noise, so that none is
            zero) are multiplied at the end, to run the network once more: activations inside
            saturate, and an output without one grows. Then again with the sign of each turned.

    Returns:
        dict: `kind` (class name), `is_network`, and where it is one `takes` and no more if it is
        for other inputs (see `for_others`), else `is_model` (whether it has `fit` and `predict`),
        `same_again` (whether a second call gives the same object or one with the same variables),
        `initial` (its own weights, a dict of arrays), `trainable` (how many of them), `layers` (the
        Keras class of each layer in it), `outputs` (from its own weights), `outputs_scaled` (with
        `scale`) and `outputs_turned` (a dict of such, one for each weight whose sign was turned),
        `set` (whether `weights` fitted) and, from these, `outputs_from_weights` and, for models,
        `outputs_in_training`.
    """
    import keras

    model = build(*arguments)
    report = {"kind": type(model).__name__, "is_network": isinstance(model, keras.layers.Layer)}
    if not report["is_network"]:
        return report
    inputs = np.asarray(inputs, "float32")
    try:
        outputs = _arrays(model(inputs))
    except Exception:
        if takes := for_others(model, inputs.shape):
            return report | {"takes": takes}
        raise
    report |= {"outputs": outputs} | described(model, build(*arguments))
    if weights is not None:
        left = list(model.trainable_variables)
        for value in weights:
            fitting = [v for v in left if tuple(v.shape) == np.shape(value)]
            if not fitting:
                return report | {"set": False}
            fitting[0].assign(value)
            left = [v for v in left if v is not fitting[0]]
        report |= {"set": not left, "outputs_from_weights": np.asarray(model(inputs), "float64")}
        if report["is_model"]:
            report["outputs_in_training"] = np.asarray(model(inputs, training=True), "float64")
    if scale is not None:
        noise = np.random.default_rng(0)
        for variable in model.trainable_variables:
            variable.assign(scale * (variable + noise.normal(0, 0.01, variable.shape)))
        report |= {"outputs_scaled": _arrays(model(inputs)), "outputs_turned": {}}
        for i, variable in enumerate(model.trainable_variables):
            variable.assign(-variable)
            report["outputs_turned"][str(i)] = _arrays(model(inputs))
            variable.assign(-variable)
    return report


def for_others(network, shape):
    """The shape of one input, as text, where a network that is built takes others than these."""
    takes = getattr(network, "input_shape", None)
    if takes is None and network.weights and len(network.weights[0].shape) == len(shape) == 2:
        takes = None, network.weights[0].shape[0]  # of a class: what its first kernel multiplies
    if not isinstance(takes, tuple):
        return ""
    pairs = zip(takes[1:], shape[1:], strict=False)
    fits = len(takes) == len(shape) and all(own in (None, given) for own, given in pairs)
    return "" if fits else str(takes[1:])


def described(network, again):
    """What the drivers `network` and `set_by_shape` report of a network that has been called.

    Args:
        again: what a second call of the same answer gives.
    """
    import keras

    shared = {id(v) for v in getattr(again, "variables", ())} & {id(v) for v in network.variables}
    return {
        "is_model": isinstance(network, keras.Model),
        "same_again": again is network or bool(shared),
        "initial": copies(network.variables),
        "trainable": len(network.trainable_variables),
        "layers": [keras_class(layer) for layer in network._flatten_layers(include_self=False)],
    }


def copies(variables):
    """The values of Keras variables by place, which later changes don't reach."""
    import keras

    values = (keras.ops.convert_to_numpy(variable).copy() for variable in variables)
    return {str(i): value for i, value in enumerate(values)}


def _arrays(outputs):
    """What a model gives as one float64 array; a dict stays one, a list of other shapes too."""
    if isinstance(outputs, dict):
        return outputs
    try:
        return np.asarray(outputs, "float64")
    except ValueError:
        return list(outputs)


def keras_class(layer):
    """The name of the Keras class that a layer is or descends from."""
    return next(c.__name__ for c in type(layer).__mro__ if c.__module__.startswith("keras."))


def arguments_after(function, *, arguments):
    """Call `function` on these arguments and report what has become of them.

    Returns:
        dict of `result` and `arguments`, a dict by place.
    """
    arguments = copy.deepcopy(arguments)
    result = function(*arguments)
    return {"result": result, "arguments": {str(i): each for i, each in enumerate(arguments)}}


def training(
    train, *, encoder, decoder, patterns, epochs, learning_rate, stacked=False, silent=False
):
    """Train networks with given weights by the answer, and report the weights it leaves.

    Args:
        train: the answer, `train(encoder, decoder, patterns, epochs, learning_rate, on_epoch)`.
        encoder, decoder: lists [kernel, bias], arrays (in, out) and (out,); with a leading axis of
            networks where `stacked`.
        patterns: array (n, in).
        silent: bool, train without `on_epoch`.

    Returns:
        dict: `encoder` and `decoder` (the weights afterwards), `errors` (what it returned), `told`
        (for each call of `on_epoch` its argument and the sum of the decoder's kernel at that
        moment, shape (calls, 2)) and `patterns` (afterwards).
    """
    from utils import nets

    make = nets.SideBySide if stacked else nets.dense_network
    first, second = make(*encoder), make(*decoder)
    told = []

    def on_epoch(epoch):
        told.append([int(epoch), float(np.sum(second.get_weights()[0]))])

    inputs = np.array(patterns, "float32")
    options = {} if silent else {"on_epoch": on_epoch}
    errors = train(first, second, inputs, epochs=epochs, learning_rate=learning_rate, **options)
    return {
        "encoder": {"kernel": first.get_weights()[0], "bias": first.get_weights()[1]},
        "decoder": {"kernel": second.get_weights()[0], "bias": second.get_weights()[1]},
        "errors": errors,
        "told": np.reshape(told, (-1, 2)),
        "patterns": inputs,
    }


def in_graph(function, *, arguments, options=None, compiled=True):
    """Call `function` as a training step does: compiled, for any batch size, inside a tape.

    Args:
        arguments: list of arrays (batch, ...).
        options: dict of further arguments, plain data.
        compiled: bool; else inside a tape alone.

    Returns:
        dict of `result`, `dtype` (str) and `gradients`, those of the sum of the result: a dict by
        place, None where no gradient gets through.
    """
    import tensorflow as tf

    tensors = [tf.constant(argument) for argument in arguments]
    specs = [tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype) for tensor in tensors]

    def step(*inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            result = tf.convert_to_tensor(function(*inputs, **(options or {})))
        return result, tape.gradient(result, inputs)

    if compiled:
        step = tf.function(step, input_signature=specs, autograph=False)
    result, gradients = step(*tensors)
    return {
        "result": result,
        "dtype": result.dtype.name,
        "gradients": {
            str(i): each if each is None else tf.convert_to_tensor(each)
            for i, each in enumerate(gradients)
        },
    }


def draws(make, *, seeds, inputs, calls, dtype="float32"):
    """Make a layer that draws, for each seed twice, and call it several times.

    Args:
        make: the answer, called as `make(seed, dtype=dtype)`.
        inputs: list of arrays (n, ...), what the layer is called on.

    Returns:
        dict: `kind`, `is_layer`, and where it is one `first` (what came out, if it is no array) or
        else `dtype` (of what it gives), `trainable`
        (number of trained weights), `variables` (number of all), and by seed, as a str, `plain`
        and `compiled`: arrays (calls, n, ...), the one from plain calls, the other from a new
        layer of the same seed inside a compiled function.
    """
    import keras
    import tensorflow as tf

    layer = make(seeds[0], dtype=dtype)
    report = {"kind": type(layer).__name__, "is_layer": isinstance(layer, keras.layers.Layer)}
    if not report["is_layer"]:
        return report
    tensors = [tf.constant(each, dtype) for each in inputs]
    specs = [tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype) for tensor in tensors]
    first = layer(tensors)
    if isinstance(first, (list, tuple)) or not hasattr(first, "dtype"):
        return report | {"first": first}
    report |= {
        "dtype": keras.backend.standardize_dtype(first.dtype),
        "trainable": len(layer.trainable_variables),
        "variables": len(layer.variables),
        "plain": {},
        "compiled": {},
    }
    for seed in seeds:
        plain, inside = make(seed, dtype=dtype), make(seed, dtype=dtype)
        compiled = tf.function(
            lambda *each, layer=inside: layer(list(each)), input_signature=specs, autograph=False
        )
        report["plain"][str(seed)] = np.array([plain(tensors) for _ in range(calls)])
        report["compiled"][str(seed)] = np.array([compiled(*tensors) for _ in range(calls)])
    return report


class WithLayers:
    """Networks with a named layer each (`layers`, a dict), whose weights are put in and read."""

    def set(self, weights):
        """Take these weights: a dict by layer of lists [kernel, bias]."""
        for name, layer in self.layers.items():
            layer.set_weights(weights[name])

    def weights(self):
        """A copy of the weights, a dict by layer of dicts `kernel` and `bias`."""
        return {
            name: dict(zip(("kernel", "bias"), layer.get_weights(), strict=True))
            for name, layer in self.layers.items()
        }


class _LinearAutoencoder(WithLayers):
    """An encoder and a decoder of one linear layer for each output.

    Attributes:
        networks: the pair of Keras models.
        told: list that gets `training` of each call of the encoder, in graphs when it is traced.
    """

    def __init__(self, shape, latents):
        import keras

        told = self.told = []

        class Watched(keras.layers.Layer):
            def call(self, images, training=None):
                told.append(bool(training))
                return images

        images, drawn = keras.Input(shape), keras.Input((latents,))
        flat = keras.layers.Flatten()(Watched()(images))
        self.layers = {name: keras.layers.Dense(latents) for name in ("mean", "log_var")}
        self.layers["decoder"] = keras.layers.Dense(int(np.prod(shape)))
        self.networks = (
            keras.Model(images, [self.layers[name](flat) for name in ("mean", "log_var")]),
            keras.Model(drawn, keras.layers.Reshape(shape)(self.layers["decoder"](drawn))),
        )
        told.clear()


def vae_training(make, *, beta, seed, batch, runs):
    """Train and test a variational autoencoder of linear networks, and report what became of it.

    Args:
        make: the answer, called as `make(encoder, decoder, beta=beta, seed=seed)`.
        batch: int, images in a batch; one size, as every other is compiled anew.
        runs: list of dicts of `weights` (see `WithLayers.set`), `images` (n, height,
            width, 1), `learning_rate` and `epochs`, one after the other with one model.

    Returns:
        dict: `is_model`, and where it is one `training` (whether the encoder was called for
        training: in tests and in `fit`), and for each run `tested` (what `evaluate` gives before
        the training), `after_test` and `after` (weights), `history` (of `fit`) and `steps` (that
        the optimizer has taken until then).
    """
    import keras

    shape, latents = runs[0]["images"].shape[1:], len(runs[0]["weights"]["mean"][1])
    linear = _LinearAutoencoder(shape, latents)
    model = make(*linear.networks, beta=beta, seed=seed)
    report = {"kind": type(model).__name__, "is_model": isinstance(model, keras.Model)}
    if not report["is_model"]:
        return report
    model.compile(optimizer=keras.optimizers.SGD(0.0))
    report |= {"training": {"test": [], "fit": []}, "runs": []}
    for run in runs:
        linear.set(run["weights"])
        model.optimizer.learning_rate = run["learning_rate"]
        linear.told.clear()
        options = {"batch_size": batch, "verbose": 0}
        tested = model.evaluate(run["images"], return_dict=True, **options)
        after_test = linear.weights()
        report["training"]["test"] += linear.told
        linear.told.clear()
        trained = model.fit(run["images"], epochs=run["epochs"], shuffle=False, **options)
        report["training"]["fit"] += linear.told
        report["runs"].append(
            {
                "tested": tested,
                "after_test": after_test,
                "history": trained.history,
                "after": linear.weights(),
                "steps": int(model.optimizer.iterations),
            }
        )
    return report


def with_decoder(function, *, decoder, shape, arguments):
    """Call `function(decoder, *arguments)` and count how often it calls the decoder.

    Args:
        decoder: list [kernel, bias] of its one layer.
        shape: of an image.

    Returns:
        dict of `result` and `calls`.
    """
    import keras

    kernel, bias = decoder

    class Counted(keras.Model):
        calls, inside = 0, False

        def call(self, latents, training=None):
            if len(latents.shape) != 2:
                raise ValueError(f"incompatible with the layer: latents of shape {latents.shape}")
            logits = keras.ops.cast(latents, "float32") @ kernel + bias
            return keras.ops.reshape(logits, (-1, *shape))

        def __call__(self, *inputs, **options):
            self.calls += not (self.inside or isinstance(inputs[0], keras.KerasTensor))
            return super().__call__(*inputs, **options)

        def _once(self, predict, *inputs, **options):
            self.calls, self.inside = self.calls + 1, True
            try:
                return predict(*inputs, **options)
            finally:
                self.inside = False

        def predict(self, *inputs, **options):
            return self._once(super().predict, *inputs, **(options | {"verbose": 0}))

        def predict_on_batch(self, *inputs, **options):
            return self._once(super().predict_on_batch, *inputs, **options)

    model = Counted()
    return {"result": function(model, *arguments), "calls": model.calls}


def with_vae(function, *, weights, beta, images):
    """Call `function(vae, images)` with a variational autoencoder of linear networks.

    Args:
        weights: see `WithLayers.set`.
        beta: float, what its attribute of that name says.
    """
    import keras

    class Sampling(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.seed_generator = keras.random.SeedGenerator(0)

        def call(self, inputs):
            mean, log_var = inputs
            noise = keras.random.normal(keras.ops.shape(mean), seed=self.seed_generator)
            return mean + keras.ops.exp(log_var / 2) * noise

    class LinearVAE(keras.Model):
        def __init__(self):
            super().__init__()
            linear = _LinearAutoencoder(images.shape[1:], len(weights["mean"][1]))
            linear.set(weights)
            self.encoder, self.decoder = linear.networks
            self.beta, self.sampling = beta, Sampling()

        def call(self, images, training=None):
            pair = self.encoder(images, training=training)
            return self.decoder(self.sampling(pair), training=training), *pair

    return function(LinearVAE(), images)


def output_dtype(build, *, arguments, shape, policy):
    """The dtype, a str, of what a network gives that is built under this dtype policy.

    Nothing is computed: not every processor has kernels for every dtype.

    Args:
        shape: of one input.
    """
    import keras

    with dtype_policy(policy):
        outputs = build(*arguments)(keras.Input(shape))
    return keras.backend.standardize_dtype(outputs.dtype)


def layer_by_layer(build, *, arguments, inputs):
    """Build a network and report what goes into each layer and what comes out, as called for use.

    Batch normalization is set to change nothing before, so that what stands between two layers
    with kernels is an activation and changes of shape.

    Returns:
        dict: `outputs` and `layers`, a list of dicts in the order
        of the calls, inner layers after those that hold them: `kind` (see `keras_class`),
        `strides` and `units` (None where it has none), `input`, `output` (arrays, None where it
        is no single one) and `linear` (`output` as it is without the layer's own activation); and
        `turned`, a dict of `linear` and `outputs`: of the last layer with weights and of the
        network, when the sign of these weights is turned, as outputs may have one sign by chance.
    """
    import keras

    model = build(*arguments)
    inputs = np.asarray(inputs, "float32")
    model(inputs)  # builds what is not built yet
    called, last = [], []

    def array(value):
        return np.asarray(keras.ops.cast(value, "float32")) if hasattr(value, "shape") else None

    def watch(layer):
        call = layer.call

        def watched(*args, **options):
            said = {
                "kind": keras_class(layer),
                "strides": getattr(layer, "strides", None),
                "units": getattr(layer, "units", None),
                "input": array(args[0]) if args else None,
            }
            called.append(said)
            said["output"] = said["linear"] = array(result := call(*args, **options))
            if hasattr(layer, "kernel"):
                last.append((layer, said))
            activation = getattr(layer, "activation", None)
            if activation is not None and layer.trainable_variables:
                layer.activation = None
                said["linear"] = array(call(*args, **options))
                layer.activation = activation
            return result

        functools.update_wrapper(watched, call)
        layer.call = watched

    for layer in model._flatten_layers(include_self=False):
        if isinstance(layer, keras.layers.BatchNormalization):
            for variable, value in (
                (layer.gamma, 1.0),
                (layer.beta, 0.0),
                (layer.moving_mean, 0.0),
                (layer.moving_variance, 1.0 - layer.epsilon),
            ):
                if variable is not None:
                    variable.assign(np.full(variable.shape, value))
        watch(layer)
    outputs = model(inputs)
    report = {"outputs": array(outputs), "layers": list(called)}
    if last:
        for variable in last[-1][0].trainable_variables:
            variable.assign(-variable)
        turned = array(model(inputs))
        report["turned"] = {"linear": last[-1][1]["linear"], "outputs": turned}
    return report


def parts(function, *, arguments):
    """Call `function` and report the parts of what it gives, each with a type of its own.

    Returns:
        dict of `kind` (the type of the result) and `parts`, a dict by place, empty where the
        result is no tuple or list.
    """
    result = function(*copy.deepcopy(arguments))
    several = result if isinstance(result, (tuple, list)) else ()
    return {
        "kind": type(result).__name__,
        "parts": {str(place): each for place, each in enumerate(several)},
    }


def with_peak(function, *, arguments):
    """Call `function` and report how much memory it took meanwhile.

    Returns:
        dict of `peak`, bytes beyond those held before: of Python and NumPy, or of the largest
        tensor that an operation gave, where that is more, as Python does not see those.
    """
    from tensorflow.python.framework import op_callbacks

    arguments, tensors = copy.deepcopy(arguments), [0]

    def watch(kind, inputs, attributes, outputs, op_name=None, graph=None):
        for each in outputs:
            tensors.append(each.dtype.size * (each.shape.num_elements() or 0))

    tracing = tracemalloc.is_tracing()
    tracemalloc.start()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    op_callbacks.add_op_callback(watch)
    try:
        function(*arguments)
        peak = tracemalloc.get_traced_memory()[1] - held
    finally:
        op_callbacks.remove_op_callback(watch)
        if not tracing:
            tracemalloc.stop()
    return {"peak": max(peak, *tensors)}


def with_seconds(function, *, arguments, enough):
    """Call `function`, up to three times as long as it takes more than `enough` seconds.

    Returns:
        dict of `seconds`, the fewest that a call has computed: the first may have loaded something.
    """
    seconds = []
    while len(seconds) < 3 and min(seconds, default=np.inf) > enough:
        given, began = copy.deepcopy(arguments), time.process_time()
        function(*given)
        seconds.append(time.process_time() - began)
    return {"seconds": min(seconds)}


class _LinearPair(WithLayers):
    """A generator and a discriminator of one linear layer each, which tell what comes to them.

    Attributes:
        networks: the pair of Keras models.
        events: list that gets a dict of `network`, `training` and `inputs` at each call, where
            it is not compiled.
    """

    def __init__(self, shape, latents, normalized):
        import keras
        import tensorflow as tf

        events = self.events = []

        class Watched(keras.layers.Layer):
            def call(self, inputs, training=None):
                if tf.executing_eagerly():
                    seen = {"network": self.name, "training": bool(training)}
                    events.append(seen | {"inputs": np.array(inputs)})
                return inputs

        def network(name, shape, units, *last):
            inputs = keras.Input(shape)
            x = Watched(name=name, dtype="float32")(inputs)
            if normalized:
                norm = self.norms[name] = keras.layers.BatchNormalization(
                    momentum=0.9, center=False, scale=False, dtype="float32"
                )
                x = norm(x)
            dense = self.layers[name] = keras.layers.Dense(units, dtype="float32")
            x = dense(keras.layers.Flatten(dtype="float32")(x))
            for layer in last:
                x = layer(x)
            return keras.Model(inputs, x)

        self.norms, self.layers = {}, {}
        image = keras.layers.Reshape(shape, dtype="float32")
        self.networks = (
            network("generator", (latents,), int(np.prod(shape)), image),
            network("discriminator", shape, 1),
        )

    def moving_means(self):
        """What batch normalization has gathered, by network; empty without it."""
        return {name: norm.moving_mean.numpy().copy() for name, norm in self.norms.items()}


def gan_training(
    make, *, weights, batches, rates, targets, steps, seed, policy="float32", normalized=False,
    epochs=0,
):  # fmt: skip
    """Train a generator and a discriminator, both linear, by the answer; report what came of it.

    The losses are squared distances of the logits from three numbers, and no cross-entropies.

    Args:
        make: the answer, called as `make(generator, discriminator, latent_size, seed=seed)`.
        weights: see `WithLayers.set`.
        batches: list of arrays (n, height, width, channels).
        rates: pair of floats, learning rates of the discriminator and of the generator.
        targets: three floats: what the discriminator wants for real and for generated images, and
            what the generator wants.
        steps: int, of the discriminator in each call of `train_step`.
        policy: str, the dtype policy while the model is made, compiled and trained; the networks
            are float32 under each.
        normalized: bool, whether both networks normalize what comes in by batch normalization.
        epochs: int, of `fit` on the batches in a row, compiled; 0: `train_step` is called once
            for each batch, uncompiled.

    Returns:
        dict: `is_model` and `kind`; where it is one, either `history` and `after` (weights), or
        `moving_means` (by network, before the training and after) and `steps`, for each batch a
        dict as of `step_by_step`, with the events of `_LinearPair`.
    """
    import keras
    import tensorflow as tf

    real_target, fake_target, generator_target = targets

    def discriminator_loss(real_logits, fake_logits):
        real = keras.ops.mean(keras.ops.square(real_logits - real_target))
        return real + keras.ops.mean(keras.ops.square(fake_logits - fake_target))

    def generator_loss(fake_logits):
        return keras.ops.mean(keras.ops.square(fake_logits - generator_target))

    latents = len(weights["generator"][0])
    pair = _LinearPair(np.shape(batches[0])[1:], latents, normalized)
    pair.set(weights)
    optimizers = [keras.optimizers.SGD(rate) for rate in rates]
    before = pair.moving_means()
    with dtype_policy(policy):
        model = make(*pair.networks, latents, seed=seed)
        report = {"kind": type(model).__name__, "is_model": isinstance(model, keras.Model)}
        if not report["is_model"]:
            return report
        model.compile(
            discriminator_optimizer=optimizers[0],
            generator_optimizer=optimizers[1],
            discriminator_steps=steps,
            discriminator_loss=discriminator_loss,
            generator_loss=generator_loss,
            jit_compile=False,
        )
        if epochs:
            size, images = len(batches[0]), np.concatenate(batches)
            options = {"batch_size": size, "epochs": epochs, "shuffle": False, "verbose": 0}
            history = model.fit(images, **options).history
            return report | {"history": history, "after": pair.weights()}
        report["steps"] = step_by_step(model, map(tf.constant, batches), pair, optimizers)
    return report | {"moving_means": {"before": before, "after": pair.moving_means()}}


def step_by_step(model, batches, networks, optimizers):
    """Call `train_step`, uncompiled, on one batch after the other; report what each has done.

    Args:
        networks: those of the model, with `events`, a list of what has come to them, and
            `weights()`, a copy of their weights.

    Returns:
        list of dicts: `events`, `returned` (a dict, or the name of another type), `after` (weights)
        and `updates` (how many steps each optimizer has taken since the beginning).
    """
    import tensorflow as tf

    steps = []
    eagerly = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        for batch in batches:
            networks.events.clear()
            returned = model.train_step(batch)
            plain = isinstance(returned, dict)
            steps.append(
                {
                    "events": list(networks.events),
                    "returned": returned if plain else type(returned).__name__,
                    "after": networks.weights(),
                    "updates": [int(optimizer.iterations) for optimizer in optimizers],
                }
            )
    finally:
        tf.config.run_functions_eagerly(eagerly)
    return steps


DRIVERS = {
    "network": network,
    "training": training,
    "arguments_after": arguments_after,
    "in_graph": in_graph,
    "draws": draws,
    "vae_training": vae_training,
    "with_decoder": with_decoder,
    "with_vae": with_vae,
    "layer_by_layer": layer_by_layer,
    "output_dtype": output_dtype,
    "parts": parts,
    "with_peak": with_peak,
    "with_seconds": with_seconds,
    "gan_training": gan_training,
}
