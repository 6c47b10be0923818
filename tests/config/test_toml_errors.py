"""What is no TOML is explained by its line, in plain words."""

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.config import Config, parse
from moodpid.errors import ConfigError
from tests.support.config_text import PLAYLISTS, faults

REPOSITORY = Path(__file__).parents[2]


def test_brackets_without_end_are_reported() -> None:
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
        ('[player.playlists]\nhappy = ["A",\n\nsad = ["S"]', 2, "closing ] of this list"),
        ('[player.playlists]\nhappy = [\n  "A",\n  "B",\n[mqtt]\nport = 9', 2, "closing ] of this list"),
        ("[player.playlists]\nhappy = [\n[Happy]]", 3, 'text stands in quotes: "Happy"'),
        ('[mqtt]\u00a0\nhost = "a"', 1, "an invisible character"),
        ('[mqtt]\nhost\u00a0= "a"', 2, "an invisible character"),
        ('[mqtt]\nhost =\u2003"a"', 2, "an invisible character"),
        ('[mqtt]\n\ufeffhost = "a"', 2, "an invisible character"),
        ("[mqtt]\nport = 18\u200b83", 2, "an invisible character"),
        ('[player.playlists]\nhappy = ["A"\u00a0, "B"]', 2, "an invisible character"),
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


@pytest.mark.parametrize(
    "text",
    [
        "[mqtt]\npassword = hunter2",
        "[web]\npassword = hunter2!",
        '[mqtt]\nusername = "anna" password = "hunter2"',
        '[mqtt]\npassword = "hun"hunter2"',
        "[mqtt]\n'the_token' = hunter2",
        "[mqtt]\nMQTT-Pwd = hunter2 # secret",
    ],
)
def test_what_may_be_a_password_is_not_repeated(text: str) -> None:
    (fault,) = faults(text)
    assert "line 2: " in fault
    assert "hunter2" not in fault


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
