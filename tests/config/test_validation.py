"""Every value is checked, and every fault is named by its place."""

import pytest

from moodpid.config import PriorSource, SenseConfig, parse
from moodpid.mood.emotion import Emotion
from tests.support.config_text import PLAYLISTS, faults


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
        ('[library]\nmusic = "~/Music"', "line 2: [library] music", "write the whole path"),
        ('[library]\nmusic = "smb://nas/music"', "line 2: [library] music", "mount that share, and write"),
        ('[vision]\nmodel = "http://home/m"', "line 2: [vision] model", "is an address and no path"),
        ('[mqtt]\npath = "mqtt"', "line 2: [mqtt] path", "such as /mqtt"),
        ('[camera]\nfps = "4"', "line 2: [camera] fps", 'is a number from 1 to 30, without quotes, not "4"'),
        ("[camera]\nfps = true", "line 2: [camera] fps", "is a number from 1 to 30, not true"),
        ("[camera]\nwidth = 640.5", "line 2: [camera] width", "whole number from 160 to 4096, not 640.5"),
        ("[camera]\nrotation = 45", "line 2: [camera] rotation", "45. There are 0, 90, 180, 270"),
        (f"[camera]\nrotation = 0x{'f' * 5000}", "line 2: [camera] rotation", "more than 30 digits"),
        (f"[camera]\nsource = 0x{'f' * 5000}", "line 2: [camera] source", "more than 30 digits"),
        ("[camera]\nhflip = 1", "line 2: [camera] hflip", "is true or false, not 1"),
        ('[vision]\ndetector = "yunet"', "line 1: [vision]", '"yunet" needs detector_model'),
        ('[vision]\ndetector = "yunet"\ndetector_model = ""', "line 1: [vision]", "needs detector_model"),
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
def test_a_fault_is_reported_by_its_place(text: str, place: str, what: str) -> None:
    (fault,) = faults(text + "\n" + PLAYLISTS)
    assert fault.startswith(f"moodpid.toml, {place}: ")
    assert what in fault


@pytest.mark.parametrize("host", ["home", "192.168.1.5", "::1", "fe80::1", "/run/mpd/socket", "@mpd"])
def test_a_host_is_a_name_an_address_or_a_socket(host: str) -> None:
    assert parse(f'{PLAYLISTS}[player]\nhost = "{host}"').player.host == host


@pytest.mark.parametrize("table", ["player", "mqtt", "web"])
@pytest.mark.parametrize("host", ["192.168.1..5", ".home", "a" * 64 + ".local", "\u0627home"])
def test_a_host_that_no_machine_has_is_refused(host: str, table: str) -> None:
    (fault,) = faults(f'{PLAYLISTS}[{table}]\nhost = "{host}"')
    assert fault.endswith(f'[{table}] host: cannot be the name or address of a machine: "{host}"')


@pytest.mark.parametrize(
    ("key", "value"),
    [("base_path", "/mood\\n"), ("public_url", "https://home.example\\n"), ("password_file", "a\\u0000b")],
)
def test_no_path_holds_a_control_character(key: str, value: str) -> None:
    (fault,) = faults(f'{PLAYLISTS}[web]\n{key} = "{value}"')
    assert f"[web] {key}" in fault


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
