"""Only valid requests are requests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.mood.emotion import Mood
from moodpid.mqtt.inbound import CommandParser
from moodpid.mqtt.topics import Topics
from moodpid.requests import Button, ChangeSetting, PressButton, Request, SenseReport
from moodpid.settings.fields import Capabilities, InvalidRequestError, setting_fields
from moodpid.settings.senses import sense_fields
from moodpid.state import Settings

TOPICS = Topics("moodpid/living-room")
TABLE = setting_fields(Capabilities(max_fps=4.0))
COMMANDS = CommandParser(TOPICS, TABLE)


def read(name: str, payload: bytes, *, retained: bool = False) -> Request:
    return COMMANDS.read(f"moodpid/living-room/{name}/set", payload, retained=retained)


@pytest.mark.parametrize(
    ("name", "payload", "request_"),
    [
        ("enabled", b"ON", ChangeSetting("enabled", True)),
        ("enabled", b"OFF\n", ChangeSetting("enabled", False)),
        ("drive_music", b"OFF", ChangeSetting("drive_music", False)),
        ("override", b"happy", ChangeSetting("override", Mood.HAPPY)),
        ("override", b"automatic", ChangeSetting("override", None)),
        ("strategy", b"lift", ChangeSetting("strategy", "lift")),
        ("misfit", b"PRESS", PressButton(Button.REJECT_SONG)),
        ("take_over", b"PRESS", PressButton(Button.TAKE_OVER)),
        ("dwell_s", b"12", ChangeSetting("dwell_s", 12.0)),
        ("sensitivity", b"75.5", ChangeSetting("sensitivity", 75.5)),
        ("looks_hz", b"0.5", ChangeSetting("fps", 0.5)),
        ("skip", b"PRESS", PressButton(Button.SKIP)),
        ("restart", b"PRESS", PressButton(Button.RESTART)),
    ],
)
def test_every_control_is_understood(name: str, payload: bytes, request_: Request) -> None:
    assert read(name, payload) == request_


@pytest.mark.parametrize(
    ("name", "payload", "why"),
    [
        ("enabled", b"", "''.*it takes ON or OFF"),
        ("enabled", b"on", "it takes ON or OFF"),
        ("enabled", b"\xff\xfe", "not UTF-8"),
        ("enabled", b"ON" * 10_000, "20000 bytes"),
        ("override", b"hapy", "it takes one of automatic, angry"),
        ("strategy", b"automatic", "it takes one of match, lift"),
        ("dwell_s", b"-1", "a number from 0 to 600"),
        ("dwell_s", b"nan", "a number from 0 to 600"),
        ("dwell_s", b"inf", "a number from 0 to 600"),
        ("looks_hz", b"30", "a number from 0.5 to 4"),
        ("restart", b"now", "it takes PRESS"),
        ("dance", b"ON", "no topic for requests"),
    ],
)
def test_an_invalid_request_is_explained(name: str, payload: bytes, why: str) -> None:
    with pytest.raises(InvalidRequestError, match=why):
        read(name, payload)


def test_a_retained_request_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="retain"):
        read("enabled", b"OFF", retained=True)


def test_without_a_player_there_is_nothing_to_skip() -> None:
    assert not {"skip", "misfit", "strategy", "drive_music"} & {
        field.key for field in setting_fields(Capabilities(music=False))
    }


@given(
    topic=st.sampled_from([*COMMANDS.topics, TOPICS.mood, "", "elsewhere"]),
    payload=st.binary()
    | st.text().map(str.encode)
    | st.floats().map(lambda number: str(number).encode())
    | st.sampled_from([b"ON", b"PRESS", b"happy", b"1e400", b"0x10", b"1_0", b" 7 "]),
    retained=st.booleans(),
)
def test_any_bytes_make_a_valid_request_or_one_line(topic: str, payload: bytes, *, retained: bool) -> None:
    try:
        request: Request | str = COMMANDS.read(topic, payload, retained=retained)
    except InvalidRequestError as refused:
        request = str(refused)
    if isinstance(request, str):
        assert len(request.splitlines()) == 1
        return
    assert not retained
    if isinstance(request, ChangeSetting):
        settings = request.applied(Settings())
        assert 0 <= settings.dwell_s <= 600
        assert 0 <= settings.sensitivity <= 100
        assert 0.5 <= settings.fps <= 4


def test_a_configured_sense_is_read_from_its_topic() -> None:
    commands = CommandParser(TOPICS, sense_fields(Capabilities(senses=("voice",))))
    (topic,) = commands.topics
    assert topic == TOPICS.setter("senses/voice")
    report = commands.read(topic, b'{"valence": -0.4, "arousal": 0.7}', retained=False)
    assert isinstance(report, SenseReport)
    with pytest.raises(InvalidRequestError, match="most"):
        commands.read(topic, b" " * 600, retained=False)
    with pytest.raises(InvalidRequestError, match="no topic for requests"):
        commands.read(TOPICS.setter("senses/watch"), b'{"valence": 0}', retained=False)
