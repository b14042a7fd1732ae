"""Drivers that train small linear networks by an answer, or give them to it."""

import numpy as np

from utils.runtime import dtype_policy


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


class Normalized(WithLayers):
    """The same, with batch normalization before some of them (`norms`, a dict by network)."""

    def moving_means(self):
        """What batch normalization has gathered, by network; empty without it."""
        return {name: norm.moving_mean.numpy().copy() for name, norm in self.norms.items()}


def watched(events, name, **options):
    """A layer that passes on what comes in, and tells of it where it is not compiled.

    events: list that gets a dict of `network` (the name), `training` and `inputs` at each call.
    """
    import keras
    import tensorflow as tf

    class Watched(keras.layers.Layer):
        def call(self, inputs, training=None):
            if tf.executing_eagerly():
                seen = {"network": self.name, "training": bool(training)}
                events.append(seen | {"inputs": np.array(inputs)})
            return inputs

    return Watched(name=name, **options)


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


class _LinearPair(Normalized):
    """A generator and a discriminator of one linear layer each, which tell what comes to them.

    Attributes:
        networks: the pair of Keras models.
        events: list that gets a dict of `network`, `training` and `inputs` at each call, where
            it is not compiled.
    """

    def __init__(self, shape, latents, normalized):
        import keras

        self.events = []

        def network(name, shape, units, *last):
            inputs = keras.Input(shape)
            x = watched(self.events, name, dtype="float32")(inputs)
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
    "training": training,
    "vae_training": vae_training,
    "with_decoder": with_decoder,
    "with_vae": with_vae,
    "gan_training": gan_training,
}
