"""`runtime.start`: profile, seeds, precision, strategies, quiet logs."""

import os
import subprocess
import sys

import pytest

from utils import runtime

INPUTS = ["utils/*.py"]  # see tests/keys.py


def run(code, **environment):
    """A fresh Python process; returns (exit status, standard output, standard error)."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "COURSE_", "KERAS_"))}
    done = subprocess.run(
        [sys.executable, "-c", code], env=clean | environment, capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr


def test_one_line_and_quiet_and_seeded():
    code = """
from utils import runtime
import sys
assert "tensorflow" not in sys.modules and "keras" not in sys.modules, "import had an effect"
settings = runtime.start(seed=3, precision="float32")
import keras, numpy as np, tensorflow as tf
print(float(keras.random.uniform(())), np.random.rand(), float(tf.random.uniform(())))
print(settings.choose(quick=1, full=2), settings.precision, keras.config.dtype_policy().name)
"""
    status, out, err = run(code)
    assert status == 0, err
    assert err == ""
    lines = out.splitlines()
    assert len(lines) == 3 and lines[0].startswith("Profile quick, seed 3 | ")
    assert lines[2] == "1 float32 float32"
    assert run(code)[1] == out
    status, full, _ = run(code, COURSE_SEED="4", COURSE_PROFILE="full")
    assert full.splitlines()[0].startswith("Profile full, seed 4")
    assert full.splitlines()[1] != lines[1] and full.splitlines()[2].startswith("2 ")


def test_strategies_on_two_logical_devices():
    """The same gradient steps on one device and on two that share each batch."""
    status, out, err = run(
        """
import numpy as np, tensorflow as tf, keras
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from utils import runtime
devices = tf.config.list_logical_devices("CPU")
assert len(devices) == 2
x = np.random.default_rng(0).normal(size=(32, 3)).astype("float32")
ends = []
for chosen in (devices[:1], devices):
    strategy = runtime.choose_strategy(chosen)
    settings = runtime.start(seed=0, precision="float32", strategy=strategy)
    with settings.strategy.scope():
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3)])
        model.compile(keras.optimizers.SGD(0.1), "mean_squared_error")
    model.fit(x, x, batch_size=8, epochs=3, shuffle=False, verbose=0)
    ends.append(model.get_weights()[0])
    print(type(strategy).__name__, strategy.num_replicas_in_sync)
assert np.allclose(*ends, atol=1e-5), ends
assert not np.allclose(ends[0], 0)
""",
        TF_CPP_MIN_LOG_LEVEL="3",
    )
    assert status == 0, err
    assert "MirroredStrategy 2" in out and "DefaultDistributionStrategy 1" in out


def test_tf_config_gives_multi_worker():
    """Some services set it for a single machine, too; a cell may be run twice."""
    config = '{"cluster": {"worker": ["localhost:0"]}, "task": {"type": "worker", "index": 0}}'
    code = "from utils import runtime; runtime.start(); print(runtime.start().strategy)"
    status, out, err = run(code, TF_CONFIG=config)
    assert status == 0, err
    assert "MultiWorkerMirroredStrategy" in out or "CollectiveAllReduceStrategy" in out


@pytest.mark.parametrize(
    "config, told",
    [
        ("{}", ""),
        ("worker", "Expecting value"),
        ("[]", "no attribute"),
        ('{"cluster": {"worker": ["localhost:0"]}}', "task_type"),
    ],
)
def test_tf_config_that_is_none(config, told, monkeypatch):
    import tensorflow as tf

    monkeypatch.setenv("TF_CONFIG", config)
    if not told:
        assert runtime.choose_strategy() is tf.distribute.get_strategy()
        return
    with pytest.raises(RuntimeError, match=f"TF_CONFIG is set.*{told}.*unset TF_CONFIG"):
        runtime.choose_strategy()


# --- what somebody has set for all of their Python -----------------------------------------


def test_personal_settings_are_set_aside(tmp_path):
    code = """
from utils import runtime
import matplotlib
runtime.start()
import keras
print(keras.config.image_data_format(), keras.config.floatx(), keras.config.epsilon())
print(keras.config.max_epochs(), matplotlib.rcParams["text.usetex"], keras.config.backend())
"""
    plain = run(code, HOME=str(tmp_path))
    for folder, text in (
        (".keras/keras.json", '{"floatx": "float16", "epsilon": 0.1, "backend": "jax",'
         ' "image_data_format": "channels_first", "max_epochs": 1}'),
        (".config/matplotlib/matplotlibrc", "text.usetex: True\nfont.size: 30\n"),
    ):  # fmt: skip
        (tmp_path / folder).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / folder).write_text(text)
    assert run(code, HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path / ".config")) == plain
    assert "channels_last float32 1e-07\nNone False tensorflow" in plain[1]


@pytest.mark.parametrize("file", ["keras.py", "numpy/__init__.py"])
def test_a_file_in_the_way_is_named(tmp_path, file, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).touch()
    with pytest.raises(RuntimeError, match=f"{file} has the name of .* Rename it"):
        runtime.start()


def test_another_backend_is_named():
    status, _, err = run("from utils import runtime; runtime.start()", KERAS_BACKEND="numpy")
    assert status and "KERAS_BACKEND=tensorflow" in err.splitlines()[-1]


def test_unknown_profile(monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    with pytest.raises(ValueError, match="no profile 'fast'.*quick, full"):
        runtime.profile_in_use()


class FakeTensorFlow:
    """Two GPUs, as far as `runtime` asks about them."""

    class config:
        class experimental:
            grown = []
            capability = (8, 0)

            @classmethod
            def get_device_details(cls, gpu):
                return {"device_name": gpu.upper(), "compute_capability": cls.capability}

            @classmethod
            def set_memory_growth(cls, gpu, grow):
                if gpu == "busy":
                    raise RuntimeError(
                        "Physical devices cannot be modified after being initialized"
                    )
                cls.grown.append((gpu, grow))


def test_precision_follows_the_hardware(monkeypatch):
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    experimental = FakeTensorFlow.config.experimental
    assert runtime.fitting_precision(FakeTensorFlow, ["a", "b"]) == "mixed_float16"
    monkeypatch.setattr(experimental, "capability", (6, 1))
    assert runtime.fitting_precision(FakeTensorFlow, ["a"]) == "float32"
    for flags, policy in ((["avx512_bf16"], "mixed_bfloat16"), (["avx2"], "float32")):
        monkeypatch.setattr(runtime, "cpu_flags", lambda flags=flags: frozenset(flags))
        assert runtime.fitting_precision(FakeTensorFlow, []) == policy
    for most, has in (
        ("AVX2", False),
        ("AVX512_CORE", False),
        ("avx512_core_amx", True),
        ("ALL", True),
    ):
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", most)
        monkeypatch.setattr(runtime, "cpu_flags", lambda: {"avx512_bf16"})
        assert runtime.has_bfloat16() is has


def test_cpu_flags_are_read(tmp_path):
    info = tmp_path / "cpuinfo"
    info.write_text("model name : x\nflags\t\t: fpu avx2 avx512_bf16\n")
    assert "avx512_bf16" in runtime.cpu_flags(info)
    assert runtime.cpu_flags(tmp_path / "missing") == frozenset()


def test_memory_growth(capsys):
    runtime.grow_memory(FakeTensorFlow, "a")
    assert FakeTensorFlow.config.experimental.grown == [("a", True)]
    runtime.grow_memory(FakeTensorFlow, "busy")
    assert "Restart the kernel" in capsys.readouterr().out
