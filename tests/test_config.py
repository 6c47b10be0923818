"""A configuration is read whole or refused with every fault in it, each by its place."""

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid import config
from moodpid.config import (
    CameraSource,
    Config,
    PriorSource,
    SenseConfig,
    SongSource,
    Sound,
    TransitionMode,
    load,
    parse,
)
from moodpid.errors import ConfigError
from moodpid.mood.emotion import Emotion, Mood
from moodpid.mood.mood_filter import threshold_for
from moodpid.state import Settings
from moodpid.wiring import default_settings

PLAYLISTS = '[player.playlists]\nhappy = ["Happy"]\n'
REPOSITORY = Path(__file__).parents[1]


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    return caught.value.lines


def test_playlists_are_all_that_has_to_be_there() -> None:
    config = parse(PLAYLISTS)
    assert config.player.playlists == {Mood.HAPPY: ("Happy",)}
    assert config.camera.source is CameraSource.PICAMERA2
    assert config.player.change is TransitionMode.NEXT
    assert not config.player.autoplay


@pytest.mark.parametrize("text", ["", "[player]\nport = 6601\n", "[player.playlists]\nnobody = []\n"])
def test_without_playlists_each_mood_has_what_sounds_like_it(text: str) -> None:
    lists = parse(text).player.lists
    assert lists[Mood.SAD] == (SongSource(sounds=Sound.SAD),)
    assert Mood.NOBODY not in lists


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ('{ sounds = "calm" }', "songs that sound calm"),
        ('{ folder = "Jazz", sounds = "happy" }', "Jazz/ that sounds happy"),
        ('{ playlist = "Mine", sounds = "sad", weight = 2 }', "Mine that sounds sad"),
    ],
)
def test_a_list_may_be_what_sounds_like_a_mood(entry: str, name: str) -> None:
    assert parse(f"[player.playlists]\nhappy = [{entry}]\n").player.names[Mood.HAPPY] == (name,)


def test_an_unknown_sound_is_a_fault_with_a_suggestion() -> None:
    (fault,) = faults('[player.playlists]\nhappy = [{ sounds = "hapy" }]\n')
    assert "did you mean happy?" in fault


def test_a_player_that_is_off_needs_no_playlists() -> None:
    assert not parse("[player]\nenabled = false").player.enabled


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ('[camera]\nsorce = "webcam"', "line 2: [camera] sorce", "did you mean source?"),
        ('[camera]\nsource = "webcm"', "line 2: [camera] source", "did you mean webcam?"),
        ('[camera]\nfps = "4"', "line 2: [camera] fps", 'not "4"'),
        ("[camera]\nfps = 99", "line 2: [camera] fps", "is a number from 1 to 30, not 99"),
        ("[camera]\nfps = nan", "line 2: [camera] fps", "finite"),
        ("[mood]\n\ndwell_s = -3", "line 3: [mood] dwell_s", "not -3"),
        ("[mood]\nthreshold = 1.0", "line 2: [mood] threshold", "is a number from 0.5 to below 1, not 1.0"),
        ('[device]\nid = "Living Room"', "line 2: [device] id", "small letters"),
        ("[mqtt]\nport = 70000", "line 2: [mqtt] port", "from 1 to 65535, not 70000"),
        ('[mqtt]\nbase_topic = "a/#"', "line 2: [mqtt] base_topic", 'not "a/#"'),
        ("[mqqt]\nport = 1", "line 1: [mqqt]", "did you mean mqtt?"),
        ("[mqtt]\nfps = 1", "line 2: [mqtt] fps", "belongs below [camera]"),
        ("[camera]\nport = 1", "line 2: [camera] port", "belongs below [player] or [mqtt]"),
        ('[player]\nhappy = ["Happy"]', "line 2: [player] happy", "belongs below [player.playlists]"),
        ('[player.lift]\nsad = "neutal"', "line 2: [player.lift] sad", '"neutal", did you mean neutral?'),
        ('[player.lift]\nhappy = ["Happy"]', "line 2: [player.lift] happy", "below [player.playlists]"),
        ("fps = 1", "line 1: [fps]", "above the header of any table; it belongs below [camera]"),
        ("tempo = 1", "line 1: [tempo]", "above the header of any table."),
        ('[playlists]\nx = ["Happy"]', "line 1: [playlists]", "did you mean player.playlists?"),
        ("mqtt = 3", "line 1: [mqtt]", "is a table"),
        ('[mqtt]\ndiscovery_prefix = "a/#"', "line 2: [mqtt] discovery_prefix", "without + and #"),
        ('[mqtt]\ntls_ca = "ca.crt"', "line 2: [mqtt] tls_ca", "tls = true"),
        ('[mqtt]\npassword_file = "p"', "line 2: [mqtt] password_file", "without username"),
        ('[camera]\npath = "x"', "line 2: [camera] path", 'source = "recording"'),
        ("[camera]\npath = 3", "line 2: [camera] path", "is text in quotes, not 3"),
        ('[camera]\nfps = "4"', "line 2: [camera] fps", 'is a number from 1 to 30, without quotes, not "4"'),
        ("[camera]\nfps = true", "line 2: [camera] fps", "is a number from 1 to 30, not true"),
        ("[camera]\nwidth = 640.5", "line 2: [camera] width", "whole number from 160 to 4096, not 640.5"),
        ("[camera]\nrotation = 45", "line 2: [camera] rotation", "45. There are 0, 90, 180, 270"),
        ("[camera]\nhflip = 1", "line 2: [camera] hflip", "is true or false, not 1"),
        ('[mqtt]\nport = "1883"', "line 2: [mqtt] port", 'from 1 to 65535, without quotes, not "1883"'),
        ('[mqtt]\nhost = "mqtt://home"', "line 2: [mqtt] host", "a name or an address alone"),
        ('[mqtt]\nhost = ""', "line 2: [mqtt] host", "may not be empty"),
        (
            "[vision]\nmin_face_px = 3",
            "line 2: [vision] min_face_px",
            "is a whole number from 24 to 4096, not 3",
        ),
        ("[mood]\nmemory_s = 0", "line 2: [mood] memory_s", "is a number above 0 up to 100,000,000, not 0"),
        (
            "[mood]\nmemory_s = [1]",
            "line 2: [mood] memory_s",
            "is a number above 0 up to 100,000,000, not a list",
        ),
        ("[player]\nlift = 3", "line 2: [player] lift", "is a table, not 3"),
        ('[player]\nhost = "home:6600"', "line 2: [player] host", "without tcp:// before it"),
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
        ('sad = [""]', "an entry may not be empty"),
        ("sad = [3]", "an entry is text in quotes, not 3"),
        ("sad = 3", "is a list, not 3"),
        (
            'sad = [{ filter = "(genre == ", weight = 0 }]',
            "weight is a number above 0 up to 100,000,000, not 0",
        ),
        ("sad = [{ folder = 3 }]", "folder is text in quotes, not 3"),
        ('sad = [{ folder = "a", filter = "b" }]', "an entry has one of playlist, filter and folder"),
        ('sad = [{ filter = "b" }]', "an expression in parentheses"),
    ],
)
def test_a_playlist_list_that_cannot_be_played_is_a_fault(line: str, what: str) -> None:
    (fault,) = faults(PLAYLISTS + line)
    assert what in fault
    assert "line 3" in fault


@pytest.mark.parametrize("host", ["home", "192.168.1.5", "::1", "fe80::1", "/run/mpd/socket", "@mpd"])
def test_a_host_is_a_name_an_address_or_a_socket(host: str) -> None:
    assert parse(f'{PLAYLISTS}[player]\nhost = "{host}"').player.host == host


def test_an_empty_list_for_nobody_leaves_the_player_alone() -> None:
    assert parse(PLAYLISTS + "nobody = []").player.playlists[Mood.NOBODY] == ()


def test_every_fault_is_named_at_once() -> None:
    assert len(faults("[camera]\nfps = 0\nwidth = 1\n[mood]\ndwel_s = 1\n" + PLAYLISTS)) == 3


def test_faults_come_in_the_order_of_the_file() -> None:
    text = """\
[mqtt]
tls_ca = "ca.crt"
port = 0
[camera]
path = "x"
fps = 0
[mood]
dwel_s = 1
"""
    lines = [fault.split(": ")[0] for fault in faults(text)]
    assert lines == [f"moodpid.toml, line {line}" for line in (2, 3, 5, 6, 8)]


def test_a_misplaced_file_key_is_one_fault_only(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(f'{PLAYLISTS}[camera]\npath = "none"\n', folder=tmp_path, files=True)
    (fault,) = caught.value.lines
    assert 'only source = "recording" reads a path' in fault


def test_brackets_without_end_are_told() -> None:
    (fault,) = faults("a = " + "[" * 10_000)
    assert "moodpid.toml" in fault


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("[camera", 1, "closing ]"),
        ("[camera]]", 1, "one closing bracket too many"),
        ("[[camera]", 1, "one bracket on each side"),
        ("[]", 1, "names the table"),
        ("[camera] fps = 4", 1, "alone on its line"),
        ("[camera]\nsource = webcam # mine", 2, 'text stands in quotes: "webcam"'),
        ("[player.playlists]\nhappy = [Happy, Summer]", 2, 'text stands in quotes: "Happy"'),
        ("[mqtt]\nhost = 192.168.1.5", 2, 'text stands in quotes: "192.168.1.5"'),
        ("[device]\nname = “Living room”", 2, "straight ones"),
        ('[device]\nname = "Living room', 2, "closing quote"),
        ('[device]\nname = \'Living room\nid = "a"', 2, "closing quote"),
        ("[player]\nautoplay = True", 2, "true or false"),
        ("[camera]\nfps: 4", 2, "= instead of the colon"),
        ("[camera]\nfps =\nwidth = 640", 2, "the value after = is missing"),
        ("[camera]\nfps = 4,", 2, "no comma"),
        ("[camera]\nfps = 4 Hz", 2, "without a unit"),
        ("[camera]\nfps = 04", 2, "no 0 in front"),
        ("[mood]\nthreshold = 0,7", 2, "a point, not a comma"),
        ("[mood]\nthreshold = .7", 2, "0.7"),
        ('[player.playlists]\nhappy = "A", "B"', 2, "in brackets"),
        ('[player.playlists]\nsad = ["S"]\nhappy = ["A",\n "B"\nfear = ["C"]', 3, "closing ]"),
        ('[player.playlists]\nhappy = [{ folder = "a" weight = 2 }]', 2, "closing brace }"),
        ('[player.playlists]\nhappy = [{ folder = "a", }]', 2, "no comma"),
        ('[player.playlists]\nhappy = [{ folder = "a", folder = "b" }]', 2, "twice in {…}"),
        ('[device]\nid = "a" name = "b"', 2, 'name = "b"'),
        ('[vision]\nmodel = "C:\\users\\me"', 2, "backslash"),
        ("// mine", 1, "begins with #"),
        ("the living room", 1, "= follows it"),
        ("[camera]\nfps = 4\n\nfps = 5", 4, "[camera] fps stands here and on line 2"),
        ("[camera]\nfps = 4\n[mood]\n[camera]\nwidth = 640", 4, "[camera] stands here and on line 1"),
        ("[mqtt]\nhost.name = 1\nhost = 3", 3, "stood above"),
    ],
)
def test_syntax_errors_are_explained_by_their_line(text: str, line: int, what: str) -> None:
    for ends in ("", "\n", "\r\n# the end\r\n"):
        (fault,) = faults(text + ends)
        assert fault.startswith(f"moodpid.toml, line {line}: ")
        assert what in fault


@given(st.data())
def test_every_fault_names_a_line_of_the_file(data: st.DataObject) -> None:
    text = (REPOSITORY / "config" / "moodpid.toml").read_text()
    at = data.draw(st.integers(0, len(text) - 1))
    lost, typed = data.draw(st.integers(0, 2)), data.draw(st.text("[]{}\"'=,.#\\ \nx1“", max_size=2))
    try:
        parse(text[:at] + typed + text[at + lost :])
    except ConfigError as error:
        for fault in error.lines:  # nothing in Python's words
            assert re.match(r"moodpid\.toml, line \d+: ", fault)
            assert "(at " not in fault


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_missing_or_binary_file_is_a_fault(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "moodpid.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=re.escape(str(file))):
        load(file)


def test_who_has_no_file_yet_hears_where_one_comes_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(config, "DEFAULT_PATH", tmp_path / "moodpid.toml")
    with pytest.raises(ConfigError, match=r"copy of config/moodpid\.toml, or give another"):
        load(tmp_path / "moodpid.toml")
    with pytest.raises(ConfigError, match="no such file; give another"):
        load(tmp_path / "other.toml")


def test_the_mark_that_some_editors_put_first_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "moodpid.toml"
    file.write_text(PLAYLISTS, encoding="utf-8-sig")
    assert load(file, files=True).player.playlists == {Mood.HAPPY: ("Happy",)}


@pytest.mark.parametrize(
    ("table", "key", "more"),
    [
        ("camera", "path", 'source = "recording"'),
        ("vision", "model", ""),
        ("vision", "cascade", ""),
        ("player", "password_file", ""),
        ("mqtt", "password_file", 'username = "me"'),
        ("mqtt", "tls_ca", "tls = true"),
        ("mqtt", "tls_certificate", 'tls = true\ntls_key = "key"'),
        ("mqtt", "tls_key", 'tls = true\ntls_certificate = "key"'),
    ],
)
def test_a_named_file_that_is_missing_is_a_fault(tmp_path: Path, table: str, key: str, more: str) -> None:
    file = tmp_path / "moodpid.toml"
    (tmp_path / "key").touch()
    (tmp_path / "emotion.json").touch()
    file.write_text(f'{PLAYLISTS}[{table}]\n{key} = "emotion.tflite"\n{more}\n')
    assert getattr(getattr(load(file), table), key) == str(tmp_path / "emotion.tflite")
    with pytest.raises(ConfigError) as caught:
        load(file, files=True)
    (fault,) = caught.value.lines
    assert fault.startswith(f"{file}, line 4: [{table}] {key}: there is no {tmp_path / 'emotion.tflite'}; ")
    (tmp_path / "emotion.tflite").write_text("secret")
    load(file, files=True)


@pytest.mark.parametrize("content", ["", "\n"])
def test_a_password_file_without_a_password_is_a_fault(tmp_path: Path, content: str) -> None:
    file, empty = tmp_path / "moodpid.toml", tmp_path / "empty"
    empty.write_text(content)
    file.write_text(f'{PLAYLISTS}[player]\npassword_file = "empty"\n')
    with pytest.raises(ConfigError) as caught:
        load(file, files=True)
    (fault,) = caught.value.lines
    assert f"[player] password_file: {empty} is empty; write the password into it" in fault


def test_a_folder_is_no_model_and_a_sidecar_is_needed(tmp_path: Path) -> None:
    file = tmp_path / "moodpid.toml"
    (tmp_path / "a.tflite").touch()
    file.write_text(f'{PLAYLISTS}[vision]\nmodel = "a.tflite"\ncascade = "."\n')
    with pytest.raises(ConfigError) as caught:
        load(file, files=True)
    sidecar, folder = caught.value.lines
    assert "there is no" in sidecar
    assert "a.json" in sidecar
    assert "but a folder" in folder


def test_files_of_disabled_parts_may_be_missing(tmp_path: Path) -> None:
    file = tmp_path / "moodpid.toml"
    file.write_text(
        f'{PLAYLISTS}[camera]\nsource = "recording"\npath = "."\n'
        '[mqtt]\nenabled = false\nusername = "me"\npassword_file = "none"\n'
    )
    load(file, files=True)


def test_relative_paths_start_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / "moodpid.toml"
    file.write_text('[camera]\nsource = "recording"\npath = "room.mp4"\n' + PLAYLISTS)
    assert load(file).camera.path == str(tmp_path / "room.mp4")
    assert load(file).vision.model == ""


def test_the_prior_is_a_word_or_a_table_of_shares() -> None:
    assert parse("").mood.prior is PriorSource.LEARNED
    assert parse('[mood]\nprior = "home"\n').mood.prior is PriorSource.HOME
    assert parse("[mood]\nprior = { happy = 0.6 }\n").mood.prior == {Emotion.HAPPY: 0.6}


@pytest.mark.parametrize(
    ("prior", "says"),
    [
        ('"hom"', "did you mean home?"),
        ("0.5", "a table of shares"),
        ("{}", "is empty"),
        ("{ hapy = 0.5 }", "did you mean happy?"),
        ("{ nobody = 0.5 }", "unknown mood"),
        ("{ happy = 0 }", "above 0"),
        ("{ happy = 1.1 }", "up to 1"),
        ('{ happy = "0.5" }', "without quotes"),
    ],
)
def test_a_wrong_prior_is_rejected_with_the_valid_ones(prior: str, says: str) -> None:
    (fault,) = faults(f"[mood]\nprior = {prior}\n")
    assert "[mood" in fault
    assert says in fault


def test_each_sense_is_a_table_of_its_own() -> None:
    senses = parse("[senses.voice]\nweight = 0.8\n[senses.heart-rate]\nexpires_s = 10\n").senses
    assert senses == {"voice": SenseConfig(weight=0.8), "heart-rate": SenseConfig(expires_s=10.0)}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[senses.voice]\nweigth = 1\n", "did you mean weight?"),
        ("[senses.voice]\nweight = 2\n", "above 0 up to 1"),
        ("[senses]\nvoice = 1\n", "write [senses.voice]"),
        ('[senses."a/b"]\n', "small letters"),
        ("".join(f"[senses.a{n}]\n" for n in range(17)), "16 are the most"),
        ("senses = 1\n", "is a table"),
    ],
)
def test_a_wrong_sense_is_a_fault(text: str, says: str) -> None:
    (fault,) = faults(text)
    assert says in fault


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


@pytest.mark.parametrize(
    "value", ["-1", "99999999", "0.01", "nan", "true", '""', '"+#"', "[]", "{}", "1999-05-01"]
)
def test_whatever_value_stands_there_the_fault_is_in_plain_words(value: str) -> None:
    for table in ("device", "camera", "vision", "mood", "player", "mqtt"):
        lines = [f"{key} = {value}\n" for key in getattr(Config(), table).__struct_fields__]
        for fault in faults(f"[{table}]\n{''.join(lines)}"):
            assert not re.search(r"\b(int|float|str|bool|got|None|object|array)\b", fault)


@given(st.text(max_size=200))
def test_no_text_breaks_the_check(text: str) -> None:
    with contextlib.suppress(ConfigError):
        parse(text)


def test_a_number_of_thousands_of_digits_is_rejected_by_line() -> None:
    (fault,) = faults(f"[camera]\ndevice = 1{'0' * 5000}\n")
    assert fault == "moodpid.toml, line 2: a number has far too many digits"
    (fault,) = faults(f"{PLAYLISTS}[camera]\ndevice = 0x1{'0' * 5000}\n")
    assert "not a number of more than 30 digits" in fault


@pytest.mark.parametrize(
    "line",
    [
        '[camera]\npath = "a\\u0000b"',
        '[vision]\nmodel = "a\\u0000b"',
        '[vision]\ncascade = "a\\u0000b"',
        '[player]\npassword_file = "a\\u0000b"',
        '[mqtt]\ntls_ca = "a\\u0000b"',
        '[player]\npartition = "a\\nclear"',
        '[player]\nhost = "a\\nclear"',
        '[mqtt]\nusername = "a\\nb"',
        '[device]\nid = "a\\n"',
        '[device]\nname = "a\\u001bb"',
        '[mqtt]\nbase_topic = "a\\tb"',
        '[mqtt]\npath = "/mqtt\\r\\nHost: b"',
    ],
)
def test_a_control_character_is_a_fault_by_its_place(line: str) -> None:
    key = line.splitlines()[1].partition(" ")[0]
    assert any(f"line 2: {line.splitlines()[0]} {key}" in fault for fault in faults(line))


def test_a_playlist_name_of_two_lines_is_a_fault() -> None:
    assert "line 2" in faults('[player.playlists]\nhappy = ["a\\nclear"]')[0]
    assert "line 2" in faults('[player.playlists]\nhappy = [{folder = "a\\nclear"}]')[0]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("[::1]", "::1"),
        ("[127.0.0.1]", "127.0.0.1"),
        (" broker ", "broker"),
        ("fe80::1%eth0", "fe80::1%eth0"),
    ],
)
def test_a_host_is_understood_as_people_write_it(written: str, meant: str) -> None:
    assert parse(f'{PLAYLISTS}[mqtt]\nhost = "{written}"').mqtt.host == meant


@pytest.mark.parametrize("host", ["secret@broker", "tcp://me:secret@broker:1883", "secret@/run/mpd/socket"])
def test_a_password_in_a_host_is_refused_and_never_quoted(host: str) -> None:
    for table in ("player", "mqtt"):
        for text in (f'{PLAYLISTS}[{table}]\nhost = "{host}"', f"{PLAYLISTS}[{table}]\nhost = {host}"):
            assert "secret" not in " ".join(faults(text))


@pytest.mark.parametrize(
    ("written", "meant"), [("home/", "home"), (" home/moodpid ", "home/moodpid"), ("/a", "/a")]
)
def test_a_topic_is_understood_as_people_write_it(written: str, meant: str) -> None:
    broker = parse(f'{PLAYLISTS}[mqtt]\nbase_topic = "{written}"\ndiscovery_prefix = "{written}"').mqtt
    assert (broker.base_topic, broker.discovery_prefix) == (meant, meant)


@pytest.mark.parametrize("topic", ["$share/g", "$SYS/x", "a//b", "/", "a+", "a/#", "x" * 201])
def test_a_topic_that_cannot_work_is_a_fault(topic: str) -> None:
    for key in ("base_topic", "discovery_prefix"):
        assert key in faults(f'{PLAYLISTS}[mqtt]\n{key} = "{topic}"')[0]


def test_a_file_without_end_is_refused_after_its_first_megabyte(tmp_path: Path) -> None:
    endless = tmp_path / "moodpid.toml"
    endless.symlink_to("/dev/zero")
    with pytest.raises(ConfigError, match="larger than"):
        load(endless)
