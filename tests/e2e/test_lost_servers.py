"""Servers and cameras that come late, go away, or hang."""

import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from moodpid.cli import main
from moodpid.vision import sources
from tests.support.daemon import BASE, CONFIG, FPS, published, wait_until_plays
from tests.support.mqtt import MqttListener
from tests.support.processes import Moodpid
from tests.support.servers import PrivateMosquitto, PrivateMpd

pytestmark = pytest.mark.e2e

# The unit's TimeoutStopSec: the waits on the way add up to five seconds, and a busy machine needs more
STOP_S = 60.0

# A camera that keeps the port's promise and no better: a frame is waited for as long as is allowed, in vain
_STALLED = """
import sys
from threading import Event
from moodpid import cli
from moodpid.errors import CameraError
from moodpid.vision.cameras import registry

class Stalled:
    def read(self):
        sys.stdin.read()
        print("reading", flush=True)
        Event().wait(3.0)
        raise CameraError("no frames any more")

    def close(self):
        pass

registry.camera_opener = lambda config, stopping: Stalled
sys.exit(cli.main(sys.argv[1:]))
"""

# A camera that is not there until our input ends, and whose driver hangs then, while it is opened
_HANGING = """
import select
import sys
from threading import Event
from moodpid import cli
from moodpid.errors import CameraError
from moodpid.vision import sources
from moodpid.vision.cameras import registry

sources.RETRY_DELAYS_S = (0.2,) * 1000

def open_camera(config):
    if select.select([sys.stdin], [], [], 0)[0]:
        print("opening", flush=True)
        Event().wait()
    raise CameraError("not yet")

registry._imported = lambda kind: open_camera
sys.exit(cli.main(sys.argv[1:]))
"""


def test_a_restarted_player_gets_the_present_request(
    config: Path, ear: MqttListener, mpd: PrivateMpd
) -> None:
    with Moodpid(config) as service:
        wait_until_plays(ear, "happy", "Happy")
        mpd.kill()
        ear.wait_for(published("player", state="unreachable"))
        ear.wait_for(published("mood", mood="nobody"))
        mpd.start()
        ear.wait_for(published("player", state="play"))
        assert service.process.poll() is None
        assert service.log.count("retrying with back-off") == 1


def test_a_restarted_broker_gets_the_present_state(
    config: Path, ear: MqttListener, mpd: PrivateMpd, mosquitto: PrivateMosquitto
) -> None:
    with Moodpid(config) as service:
        wait_until_plays(ear, "happy", "Happy")
        mosquitto.kill()
        mosquitto.start()
        with MqttListener(mosquitto.port, "moodpid/#") as again:
            again.wait_for(published("mood"))
            again.wait_for_text(f"{BASE}/status", "online")
        assert "[playing]" in mpd.mpc("status")
        assert service.process.poll() is None


def test_servers_that_are_missing_at_the_start_are_found_later(
    config: Path, mpd: PrivateMpd, mosquitto: PrivateMosquitto
) -> None:
    mpd.stop()
    mosquitto.stop()
    with Moodpid(config):
        mosquitto.start()
        with MqttListener(mosquitto.port, "moodpid/#") as ear:
            ear.wait_for(published("player", state="unreachable"))
            mpd.start()
            ear.wait_for(published("player", state="play"))


def test_black_holes_stop_neither_the_loop_nor_its_end(
    config: Path, ear: MqttListener, mpd: PrivateMpd, mosquitto: PrivateMosquitto
) -> None:
    with Moodpid(config) as service:
        wait_until_plays(ear, "happy", "Happy")
        mpd.freeze()
        ear.wait_for(published("mood", mood="nobody"))
        ear.wait_for(published("mood", mood="happy"))
        mosquitto.freeze()
        assert service.terminate(STOP_S) == 0


def test_stalled_camera_and_silent_servers_do_not_delay_the_stop(
    tmp_path: Path,
) -> None:
    config = tmp_path / "moodpid.toml"
    with (
        socket.create_server(("127.0.0.1", 0)) as mpd,
        socket.create_server(("127.0.0.1", 0)) as broker,
        ExitStack() as stack,
    ):
        ports = {"mpd": mpd.getsockname()[1], "mqtt": broker.getsockname()[1]}
        config.write_text(CONFIG.format(film="", fps=FPS, **ports))
        service = subprocess.Popen(
            [sys.executable, "-c", _STALLED, "run", "--config", str(config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        stack.enter_context(service)
        stack.callback(service.kill)
        for server in (mpd, broker):
            server.settimeout(20)
            visitor, _ = server.accept()
            stack.enter_context(visitor)
        assert service.stdin
        assert service.stdout
        service.stdin.close()
        assert service.stdout.readline() == b"reading\n"
        service.send_signal(signal.SIGTERM)
        assert service.wait(STOP_S) == 0


def test_a_camera_that_hangs_on_opening_does_not_delay_offline(config: Path, ear: MqttListener) -> None:
    command = [sys.executable, "-c", _HANGING, "run", "--config", str(config)]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as service,
        ExitStack() as stack,
    ):
        stack.callback(service.kill)
        ear.wait_for_text(f"{BASE}/status", "online")
        assert service.stdin
        assert service.stdout
        service.stdin.close()
        assert service.stdout.readline() == b"opening\n"
        service.send_signal(signal.SIGTERM)
        assert service.wait(STOP_S) == 0
        ear.wait_for_text(f"{BASE}/status", "offline")


def test_a_missing_camera_is_published(config: Path, ear: MqttListener) -> None:
    config.write_text(
        config.read_text().replace('"recording"', '"webcam"\ndevice = 99').replace("path =", "# path =")
    )
    with Moodpid(config) as service:
        ear.wait_for(published("camera", state="lost"))
        assert "/dev/video99 does not open" in service.log
        assert service.terminate(STOP_S) == 0


def test_a_camera_that_stays_away_ends_the_service_with_69(
    config: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sources, "RETRY_DELAYS_S", (0.01, 0.01))
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # they are pytest's
    config.write_text(
        config.read_text().replace('"recording"', '"webcam"\ndevice = 99').replace("path =", "# path =")
    )
    assert main(["run", "--config", str(config)]) == 69
    assert "gave up after 3 tries" in caplog.text
