"""Whatever happens to the camera: home and journal hear it by its name, and it is used again at once."""

from collections.abc import Iterator

import pytest

from tests.support.pi import FPS, HANG, Pi

pytestmark = pytest.mark.timeout(240)

_HOLD = """
import time
from picamera2 import Picamera2
camera = Picamera2(0)
print("it is mine", flush=True)
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def _as_it_was(camera_pi: Pi) -> Iterator[None]:
    yield
    camera_pi.run(f"rm -f {HANG}*; systemctl stop holder", check=False)
    camera_pi.configure()
    camera_pi.show("happy")


@pytest.fixture(scope="module", autouse=True)
def _well_again(pi: Pi) -> Iterator[None]:
    yield
    pi.restart()


def test_missing_frames_are_published_and_the_camera_is_reopened(camera_pi: Pi) -> None:
    pi = camera_pi
    pi.restart()
    pi.wait_until_well()
    process = pi.has("MainPID")
    pi.run(f"touch {HANG}")
    pi.wait_until_published("camera", "lost.*no frames any more")
    pi.run(f"rm {HANG}")
    pi.wait_until_well()
    assert pi.has("MainPID") == process


def test_a_hanging_driver_ends_the_process_and_systemd_restarts_it(camera_pi: Pi) -> None:
    pi = camera_pi
    since = pi.restart()
    pi.wait_until_well()
    pi.run(f"touch {HANG}-close {HANG}-open {HANG}")
    pi.wait_until_published("camera", "lost.*the camera hangs: closing it")
    # The next process hangs as well, while it opens the camera
    pi.wait_until_logged("the camera hangs: opening it", since, limit_s=60)
    pi.run(f"rm {HANG}*")
    pi.wait_until_well()
    assert int(pi.has("NRestarts")) >= 2
    said = pi.said(since)
    assert any("status=69" in line for line in said)
    assert not any("watchdog" in line.lower() for line in said)  # it did not have to wait for that


def test_a_stop_while_the_driver_hangs_is_obeyed_at_once(camera_pi: Pi) -> None:
    pi = camera_pi
    pi.run("systemctl stop moodpid")
    pi.run(f"touch {HANG}-open && systemctl start --no-block moodpid")
    pi.wait_for("pgrep -u moodpid")
    pi.run("sleep 2")  # by now it hangs, and would for ten seconds more
    pi.run("systemctl stop moodpid", timeout_s=5)
    assert pi.has("Result") == "success"
    assert pi.tell("pgrep -u moodpid") == ""


def test_a_busy_camera_is_published_and_used_once_free(camera_pi: Pi) -> None:
    pi = camera_pi
    pi.run("systemctl stop moodpid")
    pi.write("/run/hold.py", _HOLD)
    pi.run(f"systemd-run --quiet --unit holder -E VIRTUAL_CAMERA_FPS={FPS} python3 /run/hold.py")
    pi.wait_for("journalctl --unit holder --output cat | grep 'it is mine'")
    since = pi.restart()
    pi.wait_until_published("camera", "lost.*another program uses it.*Device or resource busy")
    process = pi.has("MainPID")
    pi.wait_until_published("status", "online")
    pi.run("sleep 5")  # meanwhile it tries again, and says nothing more
    busy = [line for line in pi.said(since) if "another program uses it" in line]
    assert len(busy) == 1, busy
    assert not any("Camera __init__" in line for line in pi.said(since))
    pi.run("systemctl stop holder")
    pi.wait_until_published("camera", "watching", limit_s=20)
    assert pi.has("MainPID") == process


def test_darkness_hides_the_mood_and_light_brings_it_back(camera_pi: Pi) -> None:
    pi = camera_pi
    pi.configure(nobody_after_s=6.0)  # longer than it takes to know that it is dark
    pi.show("evening")
    since = pi.restart()
    pi.wait_until_logged("the mood is happy", since)
    since = pi.now()
    pi.wait_until_published("camera", "dark.*make light, or uncover the lens")
    pi.wait_until_published("camera", "watching")
    said = pi.said(since)
    assert any("camera dark: too dark" in line for line in said)
    assert not any("the mood is" in line for line in said), said
    assert pi.retained("mood")["mood"] == "happy"


@pytest.mark.parametrize("camera", ["rotation = 180", "hflip = true\nvflip = true"])
def test_a_camera_that_hangs_upside_down_sees_faces_upright(camera_pi: Pi, camera: str) -> None:
    pi = camera_pi
    pi.show("upside-down")
    pi.configure(camera=camera)
    since = pi.restart()
    pi.wait_until_logged("the mood is happy", since)


def test_without_being_turned_it_sees_nobody(camera_pi: Pi) -> None:
    pi = camera_pi
    pi.show("upside-down")
    since = pi.restart()
    pi.wait_until_logged("the mood is nobody", since)
    pi.run("sleep 2")
    assert not any("the mood is happy" in line for line in pi.said(since))
