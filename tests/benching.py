"""What tests of the benchmarks share."""

import json
from dataclasses import replace

import numpy as np
import tensorflow as tf

from utils.bench.contest import Outcome
from utils.command import cli


def run_command(name, rounds, result, slow, folder, monkeypatch):
    """`course bench NAME` on what was measured, with clear ratios and equal losses instead.

    Checks the default number of rounds and the exit status; gives the file that it wrote.
    """
    ratio = 0.5 if slow else 9.0
    faked = [replace(s, ratio=ratio, low=ratio, high=ratio) for s in result["speeds"]]
    equal = [Outcome(each.text, 0.0, each.allowed) for each in result["losses"]]

    def measured(on_turn, **options):
        assert options == {"rounds": rounds}
        on_turn("ours", 0, 6)
        return result | {"speeds": faked, "losses": equal}

    monkeypatch.setattr(f"utils.bench.{name}.{name}", measured)
    assert cli.main(["bench", name, "--results", str(folder)]) == (1 if slow else 0)
    return json.loads((folder / f"bench_{name}.json").read_text())


def values_and_gradients(layer, inputs):
    inputs = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs)
        loss = tf.reduce_sum(tf.sin(tf.cast(outputs, tf.float32)))
    return outputs, *tape.gradient(loss, [inputs, *layer.trainable_variables])


def differences(model, other):
    pairs = zip(model.get_weights(), other.get_weights(), strict=True)
    return max(float(np.abs(np.subtract(*pair)).max()) for pair in pairs)
