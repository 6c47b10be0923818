"""Tries an emotion model in a process of its own: a broken one can crash the interpreter."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from moodpid.errors import ModelError
from moodpid.system.signals import STOP_SIGNALS

_LIMIT_S = 30.0
_TRIES = 5
_PACKAGES = Path(__file__).parents[2]


def try_model(model: Path, limit_s: float = _LIMIT_S) -> None:
    """Load a model and run it once, in a child process.

    A model that is refused there is refused again, with its reason, where it is loaded for use.

    Args:
        model: The `.tflite` file.
        limit_s: How long to wait for it.

    Raises:
        ModelError: It crashes the interpreter, or never ends.
    """
    paths = filter(None, (str(_PACKAGES), os.environ.get("PYTHONPATH")))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-P", "-m", __name__, str(model)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, and the model's path as its only argument
            command, check=False, capture_output=True, env=environment, timeout=limit_s
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(
            f"{model}: does not answer within {limit_s:g} seconds; take another model"
        ) from error
    except OSError as error:
        raise ModelError(f"{model}: cannot be tried: {error.strerror}") from error
    # systemd and Ctrl-C end the child together with its parent, which knows what to do then
    if done.returncode < 0 and -done.returncode not in STOP_SIGNALS:
        name = signal.Signals(-done.returncode).name
        raise ModelError(f"{model}: crashes the interpreter ({name}); it is broken, copy or train it again")


def _main(model: Path) -> int:
    import numpy as np  # noqa: PLC0415 - the parent needs neither

    from moodpid.vision.classifier import TfliteClassifier  # noqa: PLC0415 - likewise

    try:
        classifier = TfliteClassifier(model)
        noise = np.random.default_rng(0).integers(0, 256, (_TRIES, 48, 48), np.uint8)
        for picture in noise:
            classifier.classify_crop(picture)
    except ModelError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1])))
