"""Pretend Pis for the scenarios; `tools/pi/test` makes what they need, without it they are left out."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pi.frames import still, write
from pi.machine import is_built

from moodpid.mood.emotion import Emotion
from moodpid.vision.recording import BUNDLED
from moodpid.vision.scene import Scene
from tests.pi.support import Pi, package_for


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder with the packages under test."""
    folder = os.environ.get("MOODPID_PI_PACKAGES")
    if not folder:
        pytest.skip("only with tools/pi/test, which makes pretend Pis and packages")
    return Path(folder)


@pytest.fixture(scope="session")
def frames(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the software camera may show: a face or `nobody`, one picture each in a folder of that name."""
    del packages  # without them nothing has to be rendered
    folder, scene = tmp_path_factory.mktemp("frames"), Scene(BUNDLED)
    write(folder / "nobody", iter([still(scene, None)]))
    for face in Emotion:
        write(folder / face, iter([still(scene, face)]))
    return folder


def boot(suite: str, packages: Path, library: Path, frames: Path) -> Pi:
    """A pretend Pi that is not yet started, or a skipped test."""
    if not is_built(suite) or not package_for(suite, packages):
        pytest.skip(f"no {suite}, or no package for it: run tools/pi/test as root")
    return Pi(suite, packages, library, frames)


@pytest.fixture(scope="module", params=["trixie", "bookworm"])
def pi(request: pytest.FixtureRequest, packages: Path, library: Path, frames: Path) -> Iterator[Pi]:
    """A pretend Pi of either suite, with the package installed, watching a happy face or the recording."""
    with boot(request.param, packages, library, frames) as machine:
        machine.configure()
        if machine.source == "picamera2":
            machine.show("happy")
        machine.install()
        machine.wait_until_well()
        yield machine


@pytest.fixture(params=["trixie", "bookworm"])
def bare_pi(request: pytest.FixtureRequest, packages: Path, library: Path, frames: Path) -> Iterator[Pi]:
    """A pretend Pi of either suite on which nothing of ours was ever installed."""
    with boot(request.param, packages, library, frames) as machine:
        yield machine
