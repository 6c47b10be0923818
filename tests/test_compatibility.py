"""What version 0.1.0 wrote and promised goes on working: state files, topics, keys, names on the wire."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from moodpid import config
from moodpid.config import Config, load
from moodpid.errors import ExitCode
from moodpid.mood.emotion import UNIFORM, Mood
from moodpid.mood.mood_filter import MoodState
from moodpid.mood.policy import EventType, MoodEvent
from moodpid.mpd.feedback import Verdict, changes
from moodpid.mpd.leader_election import LeaderElection
from moodpid.mpd.session_store import SessionStore
from moodpid.mqtt import payloads
from moodpid.mqtt.topics import Topics
from moodpid.settings.fields import Capabilities, setting_fields
from moodpid.settings.store import SettingsStore
from moodpid.state import CameraState, CameraStatus, Metrics, PlayerState, PlayerStatus, Settings
from moodpid.system.json_file import JsonFile

OLD = Path(__file__).parent / "data" / "0.1.0"


def old(name: str, folder: Path) -> JsonFile:
    copy = folder / name
    copy.write_bytes((OLD / name).read_bytes())
    return JsonFile(copy)


def test_the_old_session_file_is_read_and_written_alike(tmp_path: Path) -> None:
    store = SessionStore(old("player.json", tmp_path), config.MpdConfig())
    session = store.load(1000.0)
    assert [(s.id, s.uri, s.mood, s.source, s.pos) for s in session.queue_state.own_songs] == [
        (7, "sad/1", Mood.SAD, "Sad", 3),
        (9, "sad/2", Mood.SAD, "Sad", 4),
    ]
    assert session.volume_to_restore == 80
    store.save(session)
    assert json.loads((tmp_path / "player.json").read_text()) == json.loads((OLD / "player.json").read_text())


def test_the_old_settings_file_is_read_and_written_alike(tmp_path: Path) -> None:
    store = SettingsStore(old("settings.json", tmp_path), Capabilities(), Settings())
    settings = store.load()
    assert settings == Settings(
        enabled=False,
        drive_music=False,
        strategy="lift",
        override=Mood.HAPPY,
        dwell_s=20.0,
        sensitivity=75.0,
        fps=2.0,
    )
    store.save(settings)
    assert json.loads((tmp_path / "settings.json").read_text()) == json.loads(
        (OLD / "settings.json").read_text()
    )


def test_the_configuration_file_of_0_1_0_is_read() -> None:
    assert load(OLD / "moodpid.toml").player.playlists[Mood.SAD]


def keys(table: type[msgspec.Struct]) -> Iterator[str]:
    for field in msgspec.structs.fields(table):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from (f"{field.encode_name}.{key}" for key in keys(field.type))
        else:
            yield field.encode_name


def test_every_configuration_key_of_0_1_0_is_known() -> None:
    assert set((OLD / "keys.txt").read_text().split()) <= set(keys(Config))


def test_the_topics_of_0_1_0_stay() -> None:
    device, broker = config.DeviceConfig(id="attic"), config.MqttConfig()
    topics = Topics.of(device, broker)
    assert {getattr(topics, name) for name in (OLD / "topics.txt").read_text().split()} == {
        f"moodpid/attic/{path}"
        for path in [
            "status",
            "mood",
            "mood/attributes",
            "affect",
            "occupancy",
            "event",
            "camera",
            "player",
            "vitals",
            "presence",
            "picture",
        ]
    }
    assert topics.discovery == "homeassistant/device/moodpid_attic/config"
    settable = {field.key for field in setting_fields(Capabilities())}
    assert {"enabled", "drive_music", "strategy", "skip", "misfit", "override", "dwell_s"} <= settable
    assert {"sensitivity", "looks_hz", "restart"} <= settable
    assert topics.setter("looks_hz") == "moodpid/attic/looks_hz/set"


def test_the_payload_keys_of_0_1_0_stay() -> None:
    state, since = MoodState(Mood.SAD, 0.0, 0.8, 1, UNIFORM, 0.0), datetime(2026, 1, 1, tzinfo=UTC)
    messages = {
        "mood": payloads.mood(state, since),
        "attributes": payloads.attributes(state, since),
        "affect": payloads.affect(None),
        "event": payloads.event(MoodEvent(EventType.MOOD_CHANGED, None, Mood.SAD)),
        "camera": payloads.camera(CameraState(CameraStatus.WATCHING)),
        "player": payloads.player(PlayerState(PlayerStatus.STOP)),
        "vitals": payloads.metrics(Metrics(), ""),
    }
    assert {name: sorted(json.loads(text)) for name, text in messages.items()} == {
        "mood": ["confidence", "faces", "mood", "scores", "since"],
        "attributes": ["confidence", "scores", "since"],
        "affect": ["arousal", "valence"],
        "event": ["event_type", "from", "to"],
        "camera": ["message", "state"],
        "player": ["artist", "message", "mood", "playlist", "state", "title"],
        "vitals": ["last_error", "latency_ms", "looks_hz", "temperature_c"],
    }


def test_the_event_types_of_0_1_0_stay() -> None:
    old_types = {"mood_changed", "person_arrived", "room_empty", "track_skipped"}
    assert old_types <= {str(kind) for kind in EventType}


@pytest.mark.parametrize(
    ("verdict", "sticker"),
    [
        (Verdict.HEARD, "moodpid_sad_heard"),
        (Verdict.SKIPPED, "moodpid_sad_skipped"),
        (Verdict.REJECTED, "moodpid_sad_skipped"),
    ],
)
def test_the_stickers_of_0_1_0_stay(verdict: Verdict, sticker: str) -> None:
    assert sticker in changes({}, {}, Mood.SAD, verdict, 0.0)


def test_the_channel_at_mpd_begins_with_the_name() -> None:
    assert LeaderElection(1, 1)._name.startswith("moodpid_0")


def test_the_exit_codes_of_0_1_0_stay() -> None:
    assert {0, 1, 64, 69, 70, 75, 78, 141} <= {int(code) for code in ExitCode}
