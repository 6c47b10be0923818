"""Containerised Pis for the scenarios; `tools/pi/test` makes what they need, without it they are left out."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pi.frames import still, write

from moodpid.mood.emotion import Emotion
from moodpid.vision.cameras.demo_scene import DemoScene
from moodpid.vision.cameras.recording import BUNDLED
from tests.support.container import is_built
from tests.support.pi import Pi, package_for

SUITES = os.environ.get("MOODPID_PI_SUITES", "trixie bookworm").split()


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder with the packages under test."""
    folder = os.environ.get("MOODPID_PI_PACKAGES")
    if not folder:
        pytest.skip("only with tools/pi/test, which makes containerised Pis and packages")
    return Path(folder)


@pytest.fixture(scope="session")
def frames(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the software camera may show: a face or `nobody`, one picture each in a folder of that name.

    And a face `upside-down`, and an `evening` of 4 s of light, 7 s of darkness and light again.
    """
    del packages  # without them nothing has to be rendered
    folder, scene = tmp_path_factory.mktemp("frames"), DemoScene(BUNDLED)
    nobody, happy = still(scene, None), still(scene, Emotion.HAPPY)
    write(folder / "nobody", iter([nobody]))
    for face in Emotion:
        write(folder / face, iter([still(scene, face)]))
    write(folder / "upside-down", iter([happy[::-1, ::-1]]))
    # In the order of the seconds: each picture is shown for half of one
    write(folder / "evening", iter([happy] * 8 + [np.full_like(happy, 8)] * 14 + [happy] * 14))
    return folder


def boot(suite: str, packages: Path, library: Path, frames: Path) -> Pi:
    """A containerised Pi that is not yet started, or a skipped test."""
    if not is_built(suite) or not package_for(suite, packages):
        pytest.skip(f"no {suite}, or no package for it: run tools/pi/test as root")
    return Pi(suite, packages, library, frames)


@pytest.fixture(scope="session", params=SUITES)
def pi(request: pytest.FixtureRequest, packages: Path, library: Path, frames: Path) -> Iterator[Pi]:
    """A containerised Pi of either suite, with the package installed, watching a happy face or the recording.

    There is one for all scenarios: each leaves it well, or sets up what it wants.
    """
    with boot(request.param, packages, library, frames) as machine:
        machine.configure()
        if machine.source == "picamera2":
            machine.show("happy")
        machine.install()
        machine.wait_until_well()
        yield machine


@pytest.fixture
def camera_pi(pi: Pi) -> Pi:
    """The containerised Pi that has a camera."""
    if pi.source != "picamera2":
        pytest.skip("Debian 12's libcamera has no software camera")
    return pi


@pytest.fixture(scope="module", params=SUITES)
def bare_pi(request: pytest.FixtureRequest, packages: Path, library: Path, frames: Path) -> Iterator[Pi]:
    """A containerised Pi of either suite on which nothing of ours was ever installed."""
    with boot(request.param, packages, library, frames) as machine:
        yield machine


@pytest.fixture
def ready_pi(bare_pi: Pi) -> Pi:
    """A containerised Pi on which nothing of ours is installed, with a camera waiting if it can have one."""
    bare_pi.run("if dpkg -s moodpid; then apt-get purge -y moodpid; fi")
    bare_pi.give_camera()
    return bare_pi
