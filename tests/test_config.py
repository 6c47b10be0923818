"""A configuration is read whole or refused with every fault in it, each by its place."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.app import default_settings
from moodpid.config import CameraSource, Change, Config, load, parse
from moodpid.errors import ConfigError
from moodpid.mood.emotion import Mood
from moodpid.mood.filter import threshold_for
from moodpid.state import Settings

PLAYLISTS = '[player.playlists]\nhappy = ["Happy"]\n'
REPOSITORY = Path(__file__).parents[1]


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    return caught.value.faults


def test_playlists_are_all_that_has_to_be_there() -> None:
    config = parse(PLAYLISTS)
    assert config.player.playlists == {Mood.HAPPY: ("Happy",)}
    assert config.camera.source is CameraSource.PICAMERA2
    assert config.player.change is Change.NEXT
    assert not config.player.autoplay


def test_without_playlists_the_fault_says_what_to_write() -> None:
    (fault,) = faults("")
    assert "[player] playlists: missing" in fault
    assert 'happy = ["Happy"]' in fault


def test_a_player_that_is_off_needs_no_playlists() -> None:
    assert not parse("[player]\nenabled = false").player.enabled


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ('[camera]\nsorce = "webcam"', "line 2: [camera] sorce", "did you mean source?"),
        ('[camera]\nsource = "webcm"', "line 2: [camera] source", "did you mean webcam?"),
        ('[camera]\nfps = "4"', "line 2: [camera] fps", "not '4'"),
        ("[camera]\nfps = 99", "line 2: [camera] fps", "<= 30"),
        ("[camera]\nfps = nan", "line 2: [camera] fps", "finite"),
        ("[mood]\n\ndwell_s = -3", "line 3: [mood] dwell_s", "not -3"),
        ("[mood]\nthreshold = 1.0", "line 2: [mood] threshold", "< 1.0"),
        ('[device]\nid = "Living Room"', "line 2: [device] id", "small letters"),
        ("[mqtt]\nport = 70000", "line 2: [mqtt] port", "<= 65535"),
        ('[mqtt]\nbase_topic = "a/#"', "line 2: [mqtt] base_topic", "not 'a/#'"),
        ("[mqqt]\nport = 1", "line 1: [mqqt]", "did you mean mqtt?"),
        ("mqtt = 3", "line 1: [mqtt]", "is a table"),
        ('[mqtt]\ndiscovery_prefix = "a/#"', "line 2: [mqtt] discovery_prefix", "without + and #"),
        ('[mqtt]\ntls_ca = "ca.crt"', "line 2: [mqtt] tls_ca", "tls = true"),
        ('[mqtt]\npassword_file = "p"', "line 2: [mqtt] password_file", "without username"),
        ('[camera]\npath = "x"', "line 2: [camera] path", 'source = "recording"'),
    ],
)
def test_a_fault_is_told_by_its_place(text: str, place: str, what: str) -> None:
    (fault,) = faults(text + "\n" + PLAYLISTS)
    assert fault.startswith(f"moodpid.toml, {place}: ")
    assert what in fault


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('happpy = ["x"]', "did you mean happy?"),
        ("sad = []", "is empty"),
        ('sad = "Sad"', 'write ["Sad"]'),
        ('sad = [""]', "length >= 1"),
        ("sad = [3]", "str"),
    ],
)
def test_a_playlist_list_that_cannot_be_played_is_a_fault(line: str, what: str) -> None:
    (fault,) = faults(PLAYLISTS + line)
    assert what in fault
    assert "line 3" in fault


def test_an_empty_list_for_nobody_means_to_leave_the_player_alone() -> None:
    assert parse(PLAYLISTS + "nobody = []").player.playlists[Mood.NOBODY] == ()


def test_every_fault_is_named_at_once() -> None:
    assert len(faults("[camera]\nfps = 0\nwidth = 1\n[mood]\ndwel_s = 1\n" + PLAYLISTS)) == 3


def test_brackets_without_end_are_told() -> None:
    (fault,) = faults("a = " + "[" * 10_000)
    assert "moodpid.toml" in fault


def test_broken_toml_is_told_with_its_line() -> None:
    (fault,) = faults("[camera\n")
    assert "line 1" in fault


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b""])
def test_a_file_that_is_missing_not_text_or_empty_is_a_fault(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "moodpid.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=re.escape(str(file))):
        load(file)


def test_relative_paths_start_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / "moodpid.toml"
    file.write_text('[camera]\nsource = "recording"\npath = "room.mp4"\n' + PLAYLISTS)
    assert load(file).camera.path == str(tmp_path / "room.mp4")
    assert load(file).vision.model == ""


@pytest.mark.parametrize("name", ["moodpid.toml", "demo.toml"])
def test_the_files_that_come_along_are_good(name: str) -> None:
    load(REPOSITORY / "config" / name)


def test_the_default_file_shows_the_defaults_of_the_code() -> None:
    text = (REPOSITORY / "config" / "moodpid.toml").read_text()
    shown = re.sub(r"(?m)^# (\w+ = )", r"\1", text).replace("port = 1883 ", "# ")
    written, defaults = parse(shown), Config()
    for table in ("device", "camera", "vision", "mood", "mqtt"):
        assert getattr(written, table) == getattr(defaults, table)


def test_the_home_s_controls_begin_where_the_default_configuration_is() -> None:
    assert default_settings(Config()) == Settings()
    assert threshold_for(Settings().sensitivity) == pytest.approx(Config().mood.threshold)


@given(st.text(max_size=200))
def test_no_text_gets_past_the_check_or_breaks_it(text: str) -> None:
    with pytest.raises(ConfigError, match=r"moodpid\.toml"):  # playlists are missing at the least
        parse(text)
