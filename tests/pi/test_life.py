"""What happens over the years: a hot day, and a clock that is set."""

from collections.abc import Iterator

import pytest

from tests.support.pi import FPS, Pi

pytestmark = pytest.mark.timeout(240)

_THERMAL = "/sys/class/thermal"
_CLOCK = "/run/clock"
# The kernel's clock is everybody's: the service alone sees another one, and its monotonic clock goes on
_FAKETIME = f"""[Service]
Environment=LD_PRELOAD=/usr/$LIB/faketime/libfaketimeMT.so.1 FAKETIME_TIMESTAMP_FILE={_CLOCK}
Environment=FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_DISABLE_SHM=1
"""


@pytest.fixture
def heat(pi: Pi) -> Iterator[str]:
    """The file in which the kernel has the temperature, in thousandths of a degree."""
    zone = f"{_THERMAL}/thermal_zone0"
    pi.run(f"mount -t tmpfs tmpfs {_THERMAL} && mkdir {zone}")
    yield f"{zone}/temp"
    pi.run(f"umount {_THERMAL}")


def test_a_hot_processor_halves_the_looks_until_cool(pi: Pi, heat: str) -> None:
    pi.configure()
    pi.run(f"echo 85000 >{heat}")
    since = pi.restart()
    pi.wait_until_logged(f"the processor is at 85 °C: {FPS / 2} observations per second", since)
    pi.wait_until_published("vitals", '"temperature_c": 85')
    assert pi.retained("vitals")["looks_hz"] < 0.75 * FPS
    pi.run(f"echo 55000 >{heat}")
    pi.wait_until_logged(f"the processor is at 55 °C: {float(FPS)} observations per second", since)


@pytest.fixture
def clock(pi: Pi) -> Iterator[str]:
    """The file that says by how much the service's clock goes wrong."""
    if pi.source != "picamera2":
        pytest.skip("with Debian 12's libfaketime the service was not seen to reach the broker")
    pi.run(f"echo +0 >{_CLOCK}")
    pi.drop_in("clock", _FAKETIME)
    yield _CLOCK
    pi.drop_in("clock", "")
    pi.configure()
    pi.restart()


def test_a_clock_jump_changes_only_the_published_times(pi: Pi, clock: str) -> None:
    pi.configure()
    pi.restart()
    pi.wait_until_well()
    since, process = pi.now(), pi.has("MainPID")
    this_year = int(pi.run("date +%Y").stdout)
    for jump, year, mood in (("+10y", this_year + 10, "sad"), ("-30y", this_year - 30, "happy")):
        pi.run(f"echo {jump} >{clock}.new && mv {clock}.new {clock}")  # the library reads it each time
        pi.set("override", mood)
        pi.wait_until_published("mood", f'"mood": "{mood}".*"since": "({year}|{year - 1})')
        pi.wait_until_published("player", f'"state": "play".*"playlist": "{mood.capitalize()}"')
        pi.run("mpc -q next")  # what was heard, and when, is written down
        pi.wait_until_published("camera", "watching")
    assert pi.has("MainPID") == process
    assert not any("watchdog" in line.lower() or "gone" in line for line in pi.said(since))
    pi.set("override", "automatic")
