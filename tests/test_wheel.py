"""The wheel holds all that the program needs, and works outside of the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from moodpid import __version__
from tests.support.rooms import FACES, REPOSITORY


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_works_outside_of_the_checkout(tmp_path: Path) -> None:
    run("-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, folder=REPOSITORY)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.startswith(f"moodpid-{__version__}-")
    installed = tmp_path / "site-packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    data = {file.name for file in (installed / "moodpid" / "data").rglob("*.*")}
    assert {"emotion.tflite", "emotion.json", "moodpid.toml", "happy.png"} <= data

    where = run("-c", "import moodpid; print(moodpid.__file__)", folder=tmp_path, PYTHONPATH=str(installed))
    assert Path(where.strip()).is_relative_to(installed)
    config = installed / "moodpid" / "data" / "moodpid.toml"
    verb = ("-m", "moodpid", "classify", "--config", config, FACES / "happy.png")
    assert '"path"' in run(*verb, folder=tmp_path, PYTHONPATH=str(installed))
