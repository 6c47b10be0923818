"""The promises of the service, kept between a real MPD and a real Mosquitto by the real model."""

import json
import socket
from pathlib import Path

import pytest
from benchmarks.footprint import follow

from tests.support.daemon import BASE, ask_for, film, published, wait_until_plays
from tests.support.mqtt import MqttListener
from tests.support.processes import Moodpid
from tests.support.servers import PrivateMpd

pytestmark = pytest.mark.e2e

# The unit's TimeoutStopSec: the waits on the way add up to five seconds, and a busy machine needs more
STOP_S = 60.0

LOG_BYTES = 8192  # the log of the test is a file, and a block of a disk is 4096 bytes


def kept_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home once switched the service off, which was kept."""
    (tmp_path / "settings.json").write_text(json.dumps({"enabled": "OFF"}))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))


def test_faces_become_music_and_news(config: Path, ear: MqttListener, mpd: PrivateMpd) -> None:
    with Moodpid(config):
        ear.wait_for(published("mood", mood="nobody"))  # with faces, if a busy machine looks late
        ear.wait_for_text(f"{BASE}/status", "online")
        ear.wait_for(published("event", event_type="person_arrived", to="happy"))
        title = wait_until_plays(ear, "happy", "Happy")  # by now the room may be empty again
        assert title in mpd.mpc("--format", "%title%", "playlist", "Happy").splitlines()
        ear.wait_for(published("event", event_type="room_empty"))
        wait_until_plays(ear, "nobody", "Nobody")
        ear.wait_for(published("mood", mood="nobody", faces=0))


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


def test_the_switch_closes_and_opens_the_camera(config: Path, ear: MqttListener, mpd: PrivateMpd) -> None:
    with Moodpid(config):
        wait_until_plays(ear, "happy", "Happy")
        ear.publish(f"{BASE}/enabled/set", "OFF")
        ear.wait_for(published("camera", state="off"))
        ear.wait_for(published("player", state="disabled"))
        mpd.mpc("clear")
        ear.publish(f"{BASE}/enabled/set", "ON")
        ear.wait_for_text(f"{BASE}/enabled", "ON")
        ear.wait_for(published("camera", state="watching"))


def test_with_drive_music_off_no_mood_touches_the_queue(
    config: Path, ear: MqttListener, mpd: PrivateMpd
) -> None:
    with Moodpid(config):
        wait_until_plays(ear, "happy", "Happy")
        ear.publish(f"{BASE}/drive_music/set", "OFF")
        ear.wait_for(published("player", state="disabled"))
        mpd.mpc("clear")
        for mood in ("nobody", "happy", "nobody"):  # each of them would bring songs
            ear.wait_for(published("mood", mood=mood))
        assert mpd.mpc("playlist") == ""


def test_the_user_s_next_and_the_button_each_skip_once(
    config: Path, ear: MqttListener, mpd: PrivateMpd
) -> None:
    skip = published("event", event_type="track_skipped")
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


def test_what_was_learned_of_the_room_outlives_a_restart(
    config: Path, ear: MqttListener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {"version": 1, "model": "", "moods_s": {"happy": 1000.0}, "resting": {}, "watched_s": 0.0}
    (tmp_path / "room.json").write_text(json.dumps(kept))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    with Moodpid(config) as service:
        ear.wait_for(published("event", event_type="room_empty"))  # somebody was there for a while
        assert service.terminate(STOP_S) == 0
    assert json.loads((tmp_path / "room.json").read_text())["moods_s"]["happy"] > 1000.0


def test_a_flood_of_messages_does_not_fill_the_log(config: Path, ear: MqttListener) -> None:
    with Moodpid(config) as service:
        ear.wait_for_text(f"{BASE}/status", "online")
        for _ in range(1000):
            ear.publish(f"{BASE}/enabled/set", b"\xff\xfe" * 1000)
        ear.publish(f"{BASE}/enabled/set", b"x" * 1_000_000)
        ear.wait_for(published("mood", mood="nobody"))
        ear.wait_for(published("mood", mood="happy"))
        assert service.log.count("ignored") <= 2


def test_a_restart_request_restarts_in_the_same_process(config: Path, ear: MqttListener) -> None:
    with Moodpid(config) as service:
        ear.wait_for_text(f"{BASE}/status", "online")
        ear.publish(f"{BASE}/restart/set", "PRESS")
        ear.wait_for_text(f"{BASE}/status", "offline")
        ear.wait_for_text(f"{BASE}/status", "online")
        ear.wait_for(published("mood", mood="happy"))
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


def test_what_a_home_set_holds_after_a_restart(
    config: Path, ear: MqttListener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_folder(tmp_path, monkeypatch)
    with Moodpid(config):
        ear.wait_for(published("camera", state="off"))


def test_the_log_says_once_that_settings_are_not_kept(
    config: Path, ear: MqttListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    with Moodpid(config) as service:
        ear.wait_for(published("camera", state="watching"))
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
