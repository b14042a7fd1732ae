"""One call at the top of a notebook: devices, precision, seeds, quiet logs and profile.

Importing this module does nothing; `start()` does it all and prints one line.
"""

import json
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from utils import progress

PROFILES = ("quick", "full")


@dataclass(frozen=True)
class Settings:
    """What `start` found and chose."""

    profile: str
    seed: int
    precision: str
    devices: tuple
    strategy: object

    def choose(self, *, quick, full):
        """The value for the profile in use: `epochs = settings.choose(quick=5, full=50)`."""
        return quick if self.profile == "quick" else full


def profile_in_use(profile=None):
    """`profile`, else COURSE_PROFILE, else "quick". Raises ValueError for any other name."""
    chosen = profile or os.environ.get("COURSE_PROFILE") or "quick"
    if chosen not in PROFILES:
        raise ValueError(
            f"There is no profile '{chosen}'. Set COURSE_PROFILE, or the argument profile, "
            f"to one of: {', '.join(PROFILES)}."
        )
    return chosen


policy_at_start = "float32"  # the dtype policy that `start` has chosen, or Keras's own before it


def start(profile=None, *, seed=0, precision="auto", strategy=None):
    """Prepare TensorFlow for a notebook and say in one line what it will run on.

    Args:
        profile: "quick" or "full"; by default the environment's COURSE_PROFILE, else "quick".
        seed: int, for Python's, NumPy's and Keras's generators. COURSE_SEED in the environment
            takes its place (`course run --seed N`), to see how far results depend on it.
        precision: a Keras dtype policy, or "auto": mixed precision where the hardware gains
            from it, float32 elsewhere. Notebooks about exact numbers ask for "float32".
        strategy: a `tf.distribute.Strategy`, or None to choose one for the devices at hand.

    Returns:
        `Settings`.

    Raises:
        ValueError: for a profile that does not exist.
        RuntimeError: where Keras already runs on a backend other than TensorFlow, or a file beside
            the notebook has the name of a package.
    """
    chosen = profile_in_use(profile)
    seed = int(os.environ.get("COURSE_SEED") or seed)
    name_what_is_in_the_way(Path.cwd())
    with progress.stage(1) as stage:
        stage.advance(0, "loading TensorFlow")
        tf, keras = import_tensorflow()
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        grow_memory(tf, gpu)
    if strategy is None:  # before anything is computed: several workers have to find each other
        strategy = choose_strategy(gpus)
    global policy_at_start
    policy = fitting_precision(tf, gpus) if precision == "auto" else precision
    keras.config.set_dtype_policy(policy)
    policy_at_start = keras.config.dtype_policy().name
    keras.utils.set_random_seed(seed)
    if rounding := os.environ.get("COURSE_ROUNDING"):
        _round_otherwise(keras, int(rounding))
    names = [gpu_name(tf, gpu) for gpu in gpus] or [f"CPU with {cores()} cores"]
    replicas = strategy.num_replicas_in_sync
    devices = " + ".join(names) + (f" ({replicas} replicas)" if replicas > 1 else "")
    print(
        f"Profile {chosen}, seed {seed} | {devices}, {policy} | "
        f"TensorFlow {tf.__version__}, Keras {keras.__version__}"
    )
    return Settings(chosen, seed, policy, tuple(names), strategy)


rounded_otherwise = []  # what `_round_otherwise` was called with


def _round_otherwise(keras, number):
    """Random initial weights differ in their last bits, as on a processor that rounds otherwise.

    For `course test --machines`: what becomes of a notebook then, becomes of it somewhere.
    """
    factor = 1 + number * 2.0**-23
    if rounded_otherwise:
        return  # by an earlier call
    rounded_otherwise.append(number)
    for name in "VarianceScaling", "RandomNormal", "RandomUniform", "TruncatedNormal":
        kind = getattr(keras.initializers, name)
        drawn = kind.__call__
        kind.__call__ = lambda self, *a, _drawn=drawn, **k: _drawn(self, *a, **k) * factor


def import_tensorflow():
    """TensorFlow and Keras as they come, without the log lines that TensorFlow writes first."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    backend = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    if "keras" in sys.modules:
        backend = sys.modules["keras"].config.backend()
    if backend != "tensorflow":
        raise RuntimeError(
            f"Keras runs on '{backend}' here, and this course needs TensorFlow. "
            "Restart the kernel without KERAS_BACKEND, or with KERAS_BACKEND=tensorflow."
        )
    # Some lines are written before the log level is read, so the descriptor itself is turned away.
    with _standard_error_held_back():
        import keras
        import tensorflow as tf
    tf.get_logger().setLevel("ERROR")
    set_aside_personal_settings(keras)
    return tf, keras


def set_aside_personal_settings(keras):
    """Keras and Matplotlib as they come, whatever keras.json and matplotlibrc say."""
    import matplotlib

    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")
    keras.config.set_max_epochs(None)
    keras.config.set_max_steps_per_epoch(None)
    keras.config.enable_traceback_filtering()
    matplotlib.rcdefaults()


PACKAGES = "keras", "matplotlib", "numpy", "scipy", "sklearn", "tensorflow", "tensorflow_datasets"


def name_what_is_in_the_way(folder):
    """RuntimeError if a file in this folder is imported in the place of a package."""
    for name in PACKAGES:
        for file in (folder / f"{name}.py", folder / name / "__init__.py"):
            if file.is_file():
                raise RuntimeError(
                    f"{file} has the name of the package {name} and is imported in its place. "
                    "Rename it, then restart the kernel."
                )


@contextmanager
def _standard_error_held_back():
    if "tensorflow" in sys.modules:
        yield
        return
    sys.stderr.flush()
    saved = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silence, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(silence)
        os.close(saved)


def grow_memory(tf, gpu):
    """Let TensorFlow take a GPU's memory as it needs it instead of all at once."""
    try:
        tf.config.experimental.set_memory_growth(gpu, True)
    except RuntimeError:  # the device is already in use, with whatever was set then
        print("Memory growth was not set: the GPU is in use already. Restart the kernel for it.")


def gpu_name(tf, gpu):
    return tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)


def fitting_precision(tf, gpus):
    """The dtype policy that gains speed on this hardware.

    GPUs of compute capability 7.0 and above have float16 units; CPUs with bfloat16 instructions
    ran convolutions 1.5 to 1.8 times faster with them. Everything else computes in float32.
    """
    if gpus:
        details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
        modern = all(d.get("compute_capability", (0, 0)) >= (7, 0) for d in details)
        return "mixed_float16" if modern else "float32"
    return "mixed_bfloat16" if has_bfloat16() else "float32"


def has_bfloat16():
    """Whether the CPU has bfloat16 instructions, and oneDNN may use them.

    Where ONEDNN_MAX_CPU_ISA forbids them, the first product in bfloat16 ends the process.
    """
    most = os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper()
    allowed = most in ("", "ALL", "DEFAULT") or any(n in most for n in ("BF16", "FP16", "AMX"))
    return allowed and "avx512_bf16" in cpu_flags()


@contextmanager
def dtype_policy(name):
    """Layers made inside have this dtype policy, such as "mixed_bfloat16"."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def cores():
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def cpu_flags(cpuinfo=Path("/proc/cpuinfo")):
    """Names of the CPU's instruction sets; empty where the system does not list them."""
    if not cpuinfo.exists():
        return frozenset()
    lines = (line for line in cpuinfo.read_text().splitlines() if line.startswith("flags"))
    return frozenset(next(lines, "").split())


def choose_strategy(devices=()):
    """The `tf.distribute` strategy for these logical devices.

    TF_CONFIG in the environment: `MultiWorkerMirroredStrategy`; several devices:
    `MirroredStrategy` over them; otherwise the default, which is no distribution at all.

    Args:
        devices: sequence of devices of TensorFlow, physical or logical (or their names).

    Raises:
        RuntimeError: TF_CONFIG is no such configuration, or it comes too late.
    """
    import tensorflow as tf

    if os.environ.get("TF_CONFIG"):
        return _strategy_of_workers(tf)
    if len(devices) > 1:
        names = [getattr(device, "name", device) for device in devices]
        return tf.distribute.MirroredStrategy(
            [name.removeprefix("/physical_device:") for name in names]
        )
    return tf.distribute.get_strategy()


_workers = []  # the strategy over them: a process can make one alone


def _strategy_of_workers(tf):
    try:
        tf_config = json.loads(os.environ["TF_CONFIG"])
        if not tf_config.get("cluster"):
            return tf.distribute.get_strategy()  # some services set it to {}
        if not _workers:
            _workers.append(tf.distribute.MultiWorkerMirroredStrategy())
    except (ValueError, AttributeError, KeyError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RuntimeError(
            f"TF_CONFIG is set, and no group of workers comes of it: {reason}. Restart the kernel, "
            "without TF_CONFIG (`unset TF_CONFIG`) if this machine is to compute alone."
        ) from error
    return _workers[0]
