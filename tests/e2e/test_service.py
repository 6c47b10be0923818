"""The promises of the service, kept between a real MPD and a real Mosquitto by the real model."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from benchmarks.footprint import follow

from moodpid.cli import main
from moodpid.mood.emotion import Emotion
from moodpid.vision import sources
from tests.support.daemon import BASE, CONFIG, FPS, ask_for, configure, film, told, wait_until_plays
from tests.support.mqtt import MqttListener
from tests.support.processes import Moodpid
from tests.support.servers import PrivateMosquitto, PrivateMpd

pytestmark = pytest.mark.e2e

H = Emotion.HAPPY
# The unit's TimeoutStopSec: the waits on the way add up to five seconds, and a busy machine needs more
STOP_S = 60.0
LOG_BYTES = 8192  # the log of the test is a file, and a block of a disk is 4096 bytes


@pytest.fixture(scope="module")
def happy_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty room, then somebody happy, again and again."""
    return film(tmp_path_factory.mktemp("film") / "happy", (None, 2.0), (H, 4.0))


@pytest.fixture
def config(tmp_path: Path, happy_film: Path, mpd: PrivateMpd, mosquitto: PrivateMosquitto) -> Path:
    return configure(tmp_path, happy_film, mpd, mosquitto)


@pytest.fixture
def ear(mosquitto: PrivateMosquitto) -> Iterator[MqttListener]:
    with MqttListener(mosquitto.port, "moodpid/#") as listening:
        yield listening


def test_faces_become_music_and_news(config: Path, ear: MqttListener, mpd: PrivateMpd) -> None:
    with Moodpid(config):
        ear.wait_for(told("mood", mood="nobody", faces=0))
        ear.wait_for_text(f"{BASE}/status", "online")
        ear.wait_for(told("event", event_type="person_arrived", to="happy"))
        title = wait_until_plays(ear, "happy", "Happy")  # by now the room may be empty again
        assert title in mpd.mpc("--format", "%title%", "playlist", "Happy").splitlines()
        ear.wait_for(told("event", event_type="room_empty"))
        wait_until_plays(ear, "nobody", "Nobody")


def test_it_stays_small(config: Path, ear: MqttListener) -> None:
    with Moodpid(config) as service:
        wait_until_plays(ear, "happy", "Happy")
        cost = follow(service.process.pid, seconds=0.0)
        assert cost["rss_mb"] <= 150
        assert cost["threads"] == 3
        assert cost["written_bytes"] <= LOG_BYTES


def test_a_stop_publishes_offline_and_leaves_the_player_alone(
    config: Path, ear: MqttListener, mpd: PrivateMpd
) -> None:
    with Moodpid(config) as service:
        ask_for(ear, "happy")  # whichever servers restart meanwhile
        wait_until_plays(ear, "happy", "Happy")
        queue = mpd.mpc("playlist")
        assert service.terminate(STOP_S) == 0
        ear.wait_for_text(f"{BASE}/status", "offline")
        assert "[playing]" in mpd.mpc("status")
        assert mpd.mpc("playlist") == queue


def test_killed_it_is_declared_dead_by_the_broker(config: Path, ear: MqttListener) -> None:
    with Moodpid(config) as service:
        ear.wait_for_text(f"{BASE}/status", "online")
        service.kill()
        ear.wait_for_text(f"{BASE}/status", "offline")


def test_a_restarted_player_gets_the_present_request(
    config: Path, ear: MqttListener, mpd: PrivateMpd
) -> None:
    with Moodpid(config) as service:
        wait_until_plays(ear, "happy", "Happy")
        mpd.kill()
        ear.wait_for(told("player", state="unreachable"))
        ear.wait_for(told("mood", mood="nobody"))
        mpd.start()
        ear.wait_for(told("player", state="play"))
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
            again.wait_for(told("mood"))
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
            ear.wait_for(told("player", state="unreachable"))
            mpd.start()
            ear.wait_for(told("player", state="play"))


def test_black_holes_stop_neither_the_loop_nor_its_end(
    config: Path, ear: MqttListener, mpd: PrivateMpd, mosquitto: PrivateMosquitto
) -> None:
    with Moodpid(config) as service:
        wait_until_plays(ear, "happy", "Happy")
        mpd.freeze()
        ear.wait_for(told("mood", mood="nobody"))
        ear.wait_for(told("mood", mood="happy"))
        mosquitto.freeze()
        assert service.terminate(STOP_S) == 0


def test_the_switch_closes_and_opens_the_camera(config: Path, ear: MqttListener, mpd: PrivateMpd) -> None:
    with Moodpid(config):
        wait_until_plays(ear, "happy", "Happy")
        ear.publish(f"{BASE}/enabled/set", "OFF")
        ear.wait_for(told("camera", state="off"))
        ear.wait_for(told("player", state="disabled"))
        mpd.mpc("clear")
        ear.publish(f"{BASE}/enabled/set", "ON")
        ear.wait_for_text(f"{BASE}/enabled", "ON")
        ear.wait_for(told("camera", state="watching"))


def test_with_drive_music_off_no_mood_touches_the_queue(
    config: Path, ear: MqttListener, mpd: PrivateMpd
) -> None:
    with Moodpid(config):
        wait_until_plays(ear, "happy", "Happy")
        ear.publish(f"{BASE}/drive_music/set", "OFF")
        ear.wait_for(told("player", state="disabled"))
        mpd.mpc("clear")
        for mood in ("nobody", "happy", "nobody"):  # each of them would bring songs
            ear.wait_for(told("mood", mood=mood))
        assert mpd.mpc("playlist") == ""


def test_the_user_s_next_and_the_button_each_skip_once(
    config: Path, ear: MqttListener, mpd: PrivateMpd
) -> None:
    skip = told("event", event_type="track_skipped")
    with Moodpid(config):
        ask_for(ear, "happy")
        wait_until_plays(ear, "happy", "Happy")
        mpd.mpc("next")
        assert ear.wait_for(skip)
        ear.publish(f"{BASE}/skip/set", "PRESS")
        assert ear.wait_for(skip)
        ear.publish(f"{BASE}/override/set", "neutral")
        wait_until_plays(ear, "neutral", "Neutral")
        assert sum(skip(message) for message in ear.messages) == 2


def test_a_flood_of_messages_does_not_fill_the_log(config: Path, ear: MqttListener) -> None:
    with Moodpid(config) as service:
        ear.wait_for_text(f"{BASE}/status", "online")
        for _ in range(1000):
            ear.publish(f"{BASE}/enabled/set", b"\xff\xfe" * 1000)
        ear.publish(f"{BASE}/enabled/set", b"x" * 1_000_000)
        ear.wait_for(told("mood", mood="nobody"))
        ear.wait_for(told("mood", mood="happy"))
        assert service.log.count("ignored") <= 2


def test_a_restart_request_restarts_in_the_same_process(config: Path, ear: MqttListener) -> None:
    with Moodpid(config) as service:
        ear.wait_for_text(f"{BASE}/status", "online")
        ear.publish(f"{BASE}/restart/set", "PRESS")
        ear.wait_for_text(f"{BASE}/status", "offline")
        ear.wait_for_text(f"{BASE}/status", "online")
        ear.wait_for(told("mood", mood="happy"))
        assert service.log.count("restart requested by a user") == 1
        assert service.terminate(STOP_S) == 0


def test_under_a_service_manager_a_restart_request_exits_with_75(
    config: Path, ear: MqttListener, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        with Moodpid(config, notify=tmp_path / "notify") as service:
            ear.wait_for_text(f"{BASE}/status", "online")
            ear.publish(f"{BASE}/restart/set", "PRESS")
            assert service.process.wait(60) == 75
            ear.wait_for_text(f"{BASE}/status", "offline")


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
        ear.wait_for(told("camera", state="lost"))
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


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('[vision]\nmodel = "none.tflite"', "none.tflite: no such file"),
        ("[mood]\ndwell_s = -1", "dwell_s"),
        ('[camera]\nsource = "recording"\npath = "none"', "none: no such file"),
    ],
)
def test_what_can_never_work_ends_with_78_and_one_line(tmp_path: Path, line: str, says: str) -> None:
    config = tmp_path / "moodpid.toml"
    config.write_text(f"{line}\n[player]\nenabled = false\n[mqtt]\nenabled = false\n")
    with Moodpid(config) as service:
        assert service.process.wait(60) == 78
        # ai-edge-litert has a line of its own, which cannot be turned off
        (last,) = [text for text in service.log.splitlines() if "XNNPACK" not in text]
        assert says in last


def kept_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home once switched the service off, which was kept."""
    (tmp_path / "settings.json").write_text(json.dumps({"enabled": "OFF"}))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))


def test_what_a_home_set_holds_after_a_restart(
    config: Path, ear: MqttListener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_folder(tmp_path, monkeypatch)
    with Moodpid(config):
        ear.wait_for(told("camera", state="off"))


def test_the_log_says_once_that_settings_are_not_kept(
    config: Path, ear: MqttListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    with Moodpid(config) as service:
        ear.wait_for(told("camera", state="watching"))
        assert service.log.count("not kept over a restart: STATE_DIRECTORY is not set") == 1


def test_without_a_home_what_it_once_set_does_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_folder(tmp_path, monkeypatch)
    config = tmp_path / "moodpid.toml"
    shown = film(tmp_path / "film", (None, 0.5))
    camera = f'[camera]\nsource = "recording"\npath = "{shown}"\nfps = 30\n'
    config.write_text(f"{camera}[player]\nenabled = false\n[mqtt]\nenabled = false\n")
    with Moodpid(config) as service:
        # Switched off, it would never come to the end of its recording
        assert service.process.wait(60) == 0
    assert json.loads((tmp_path / "settings.json").read_text()) == {"enabled": "OFF"}


def test_a_recording_that_does_not_loop_ends_well(tmp_path: Path) -> None:
    config = tmp_path / "moodpid.toml"
    shown = film(tmp_path / "film", (None, 0.5))
    camera = f'[camera]\nsource = "recording"\npath = "{shown}"\nfps = 30\n'
    config.write_text(f"{camera}[player]\nenabled = false\n[mqtt]\nenabled = false\n")
    with Moodpid(config) as service:
        assert service.process.wait(60) == 0
