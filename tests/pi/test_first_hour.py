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
_PASSWORD = (
    'printf \'password "rhubarb@read,add,control,player,admin"\\ndefault_permissions "read"\\n\' '
    ">>/etc/mpd.conf; systemctl restart mpd; echo rhubarb >/root/secret"
)
# Nothing listens on the port of a local broker
_ELSEWHERE = "listener 1884\nallow_anonymous true"


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


def wait_until_music_plays_by_mood(pi: Pi) -> None:
    """Wait until the status line begins with what the face shows, and a song of that mood plays."""
    pi.wait_for("systemctl show -P StatusText moodpid | grep -E '^happy; '", limit_s=60)
    pi.wait_for("mpc | grep -E 'The Happy'", limit_s=60)


def test_the_documented_lines_end_with_music_by_mood(newcomer: tuple[Pi, str]) -> None:
    pi, suite = newcomer
    begin = time.monotonic()
    pi.run("systemctl start mosquitto")
    output = install(pi, suite)
    if pi.source != "picamera2":
        # There is neither picamera2 nor a webcam: it says so, and what to do
        assert "no camera is found" in output
        assert 'source = "webcam"' in pi.run("cat /etc/moodpid/moodpid.toml").stdout
        pi.plug_webcam_in()
    pi.run(_PLAYLISTS)
    pi.wait_until_mood("happy", limit_s=60)
    wait_until_music_plays_by_mood(pi)
    assert time.monotonic() - begin < _LIMIT_S
    assert pi.tell("ls /tmp/moodpid* /var/tmp/moodpid*") == ""
    again = install(pi, suite)
    assert "building" in again
    assert "did not get ready" not in again


def test_with_webcam_music_follows_once_it_is_plugged_in(newcomer: tuple[Pi, str]) -> None:
    pi, suite = newcomer
    begin = time.monotonic()
    # The build is the other scenario's: the same package lies where it would have left it
    name = Path(pi.package).name
    pi.run(f"mkdir -p /root/moodpid/dist && cp -p /packages/{suite}/{{,.}}{name}* /root/moodpid/dist/")
    pi.run("systemctl start mosquitto")
    output = install(pi, suite, "--webcam")
    assert 'source = "webcam"' in pi.run("cat /etc/moodpid/moodpid.toml").stdout
    assert "plug a webcam in" in output
    assert pi.has("ActiveState") == "active"
    pi.plug_webcam_in()
    pi.run(_PLAYLISTS)
    wait_until_music_plays_by_mood(pi)
    assert time.monotonic() - begin < _LIMIT_S


def test_a_password_player_and_a_remote_broker_get_music_too(newcomer: tuple[Pi, str]) -> None:
    pi, _ = newcomer
    begin = time.monotonic()
    pi.run(_PASSWORD)
    pi.write("/etc/mosquitto/conf.d/elsewhere.conf", _ELSEWHERE)
    pi.run("systemctl start mosquitto")
    pi.plug_webcam_in()
    pi.install()
    pi.run(
        "moodpid setup --yes --name 'Living room' --player localhost --player-password-file /root/secret "
        f"--broker 127.0.0.1:1884 --camera {'picamera2' if pi.source == 'picamera2' else 'webcam'}",
        check=False,
    )
    pi.run(f"export MPD_HOST=rhubarb@localhost; {_PLAYLISTS}")
    wait_until_music_plays_by_mood(pi)
    retained = "mosquitto_sub -p 1884 --retained-only -C 1 -W 1 -t moodpid/living-room"
    pi.wait_for(f"{retained}/status | grep online", limit_s=60)
    pi.wait_for(f"{retained}/mood | grep happy", limit_s=60)
    assert pi.tell("stat -c '%a %G' /etc/moodpid/mpd-password").split() == ["640", "moodpid"]
    assert time.monotonic() - begin < _LIMIT_S
