"""The lines of docs/install.md, typed by a script into a bare system, end with music by mood."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pi.conftest import SUITES, boot
from tests.support.pi import Pi

pytestmark = pytest.mark.timeout(900)

_LIMIT_S = 600.0
# As on a Zero 2 W with Raspberry Pi OS 13: half of what memory the firmware leaves
_TMP = "mount -t tmpfs -o size=208m,mode=1777 tmpfs /tmp"
_PLAYLISTS = """
for mood in happy sad neutral; do
  mpc -q clear; mpc -q rm ${mood^}; mpc -q add $mood && mpc -q save ${mood^} || exit 1
done
sed -i -E 's/^# (happy|sad|neutral) = /\\1 = /' /etc/moodpid/moodpid.toml
mpc -q clear; mpc -q add happy; systemctl restart moodpid; mpc -q play
"""
# Wheels come from a folder: this system has no network
_BUILD = (
    "cd /root/moodpid && PIP_NO_INDEX=1 PIP_FIND_LINKS=/packages/wheels-{suite} tools/install {options} 2>&1"
)


@pytest.fixture(params=SUITES)
def newcomer(
    request: pytest.FixtureRequest, packages: Path, library: Path, frames: Path
) -> Iterator[tuple[Pi, str]]:
    """A bare system with music and a face before the camera, and a clone of the sources."""
    with boot(request.param, packages, library, frames) as machine:
        machine.run(f"{_TMP}; cp -r /packages/source /root/moodpid")
        machine.show("happy")
        machine.run("systemctl stop mosquitto")
        yield machine, request.param


def install(pi: Pi, suite: str, options: str = "") -> str:
    """Run tools/install as a newcomer, and return what it prints."""
    return pi.run(_BUILD.format(suite=suite, options=options), check=False, timeout_s=_LIMIT_S).stdout


def test_the_documented_lines_end_with_music_by_mood(newcomer: tuple[Pi, str]) -> None:
    pi, suite = newcomer
    begin = time.monotonic()
    pi.run("systemctl start mosquitto")
    output = install(pi, suite)
    if pi.source != "picamera2":
        # There is neither picamera2 nor a webcam: it says so, and what to do
        assert "no camera is found" in output
        assert 'source = "webcam"' in pi.run("cat /etc/moodpid/moodpid.toml").stdout
        return
    pi.run(_PLAYLISTS)
    pi.wait_until_mood("happy", limit_s=60)
    pi.wait_for("systemctl show -P StatusText moodpid | grep -E '^happy; '", limit_s=60)
    pi.wait_for("mpc | grep -E 'The Happy'", limit_s=60)
    assert time.monotonic() - begin < _LIMIT_S
    assert pi.tell("ls /tmp/moodpid* /var/tmp/moodpid*") == ""
    again = install(pi, suite)
    assert "building" in again
    assert "did not get ready" not in again


def test_with_webcam_the_configuration_asks_for_one(newcomer: tuple[Pi, str]) -> None:
    pi, suite = newcomer
    output = install(pi, suite, "--webcam")
    assert 'source = "webcam"' in pi.run("cat /etc/moodpid/moodpid.toml").stdout
    assert "plug a webcam in" in output


def test_setup_takes_a_password_player_and_a_remote_broker(newcomer: tuple[Pi, str]) -> None:
    pi, _ = newcomer
    pi.run(
        'printf \'password "rhubarb@read,add,control,player,admin"\\ndefault_permissions "read"\\n\' '
        ">>/etc/mpd.conf; systemctl restart mpd; echo rhubarb >/root/secret"
    )
    pi.write("/etc/mosquitto/conf.d/elsewhere.conf", "listener 1884\nallow_anonymous true")
    pi.run("systemctl start mosquitto")
    pi.install()
    pi.run(
        "moodpid setup --yes --name 'Living room' --player localhost --player-password-file /root/secret "
        f"--broker 127.0.0.1:1884 --camera {'picamera2' if pi.source == 'picamera2' else 'recording'}",
        check=False,
    )
    pi.wait_for("mosquitto_sub -p 1884 -t moodpid/living-room/status -C 1 -W 1 | grep online", limit_s=60)
    player = "mosquitto_sub -p 1884 -t moodpid/living-room/player --retained-only -C 1 -W 1"
    pi.wait_for(f"{player} | grep -E 'stop|play|pause'", limit_s=60)
    assert pi.tell("stat -c '%a %G' /etc/moodpid/mpd-password").split() == ["640", "moodpid"]


def test_setup_leaves_a_changed_configuration_alone(newcomer: tuple[Pi, str]) -> None:
    pi, _ = newcomer
    pi.configure()
    before = pi.run("cat /etc/moodpid/moodpid.toml").stdout
    pi.install()
    pi.run("moodpid setup --yes --name Kitchen", check=False)
    assert pi.run("cat /etc/moodpid/moodpid.toml").stdout == before
