"""`moodpid setup` finds, asks, tries and writes, and leaves what was changed by hand alone."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from moodpid.cli.dialogue import NoAnswerError
from moodpid.cli.setup_defaults import identifier
from moodpid.config import CameraSource
from moodpid.config.edit import set_keys
from moodpid.doctor.discovery import (
    Address,
    FoundCamera,
    find_broker,
    find_player,
    format_place,
    parse_place,
)
from tests.support.servers.server import free_port
from tests.support.setup_dialogue import DEFAULT, Answers, Here, run

pytestmark = pytest.mark.usefixtures("_credentials")


def test_without_answers_it_writes_what_it_finds(tmp_path: Path) -> None:
    well, config = run(tmp_path / "moodpid.toml", here=Here(broker=Address("homeassistant.local", 1883)))
    assert well
    assert (config.camera.source, config.camera.device) == (CameraSource.WEBCAM, 2)
    assert (config.player.host, config.mqtt.host) == ("localhost", "homeassistant.local")


def test_what_it_writes_keeps_the_comments_of_the_default(tmp_path: Path) -> None:
    run(tmp_path / "moodpid.toml")
    written = (tmp_path / "moodpid.toml").read_text().splitlines()
    changed = [line for line in written if line not in DEFAULT.splitlines()]
    assert len(written) == len(DEFAULT.splitlines())
    assert [line.split("=")[0].strip() for line in changed] == ["source", "device", "enabled"]


def test_options_win_over_what_is_found(tmp_path: Path) -> None:
    arguments = (
        "--name",
        "Living room",
        "--camera",
        "recording",
        "--player",
        "10.0.0.2:6601",
        "--broker",
        "-",
    )
    _, config = run(tmp_path / "moodpid.toml", *arguments)
    assert (config.device.name, config.device.id) == ("Living room", "living-room")
    assert config.camera.source is CameraSource.RECORDING
    assert (config.player.host, config.player.port) == ("10.0.0.2", 6601)
    assert not config.mqtt.enabled


def test_without_a_camera_it_says_how_to_choose(tmp_path: Path) -> None:
    user = Answers({})
    run(tmp_path / "moodpid.toml", here=Here(FoundCamera(CameraSource.WEBCAM, connected=False)), answers=user)
    (line,) = (line for line in user.lines if 'source = "recording"' in line)
    assert "loop = true" in line


@pytest.mark.parametrize(("camera", "loop"), [("recording", True), ("webcam", False)])
def test_a_recording_is_shown_again_and_again(tmp_path: Path, camera: str, loop: bool) -> None:
    _, config = run(tmp_path / "moodpid.toml", "--camera", camera)
    assert config.camera.loop is loop


@pytest.mark.parametrize(("webcams", "device"), [((1, 3), 1), ((), 0)])
def test_a_webcam_can_be_chosen_beside_a_ribbon_camera(
    tmp_path: Path, webcams: tuple[int, ...], device: int
) -> None:
    here = Here(FoundCamera(CameraSource.PICAMERA2), webcams=webcams)
    _, config = run(tmp_path / "moodpid.toml", "--camera", "webcam", here=here)
    assert (config.camera.source, config.camera.device) == (CameraSource.WEBCAM, device)
    _, config = run(tmp_path / "other.toml", here=here)
    assert (config.camera.source, config.camera.device) == (CameraSource.PICAMERA2, 0)


def test_who_names_a_camera_hears_of_no_other(tmp_path: Path) -> None:
    user = Answers({})
    nothing = Here(FoundCamera(CameraSource.WEBCAM, connected=False))
    run(tmp_path / "moodpid.toml", "--camera", "recording", here=nothing, answers=user)
    assert not any("no camera" in line for line in user.lines)


def test_what_does_not_work_is_asked_for_again(tmp_path: Path) -> None:
    user = Answers({"MPD": ["nowhere", "10.0.0.3"]})
    well, config = run(tmp_path / "moodpid.toml", here=Here(broken=("nowhere",)), answers=user)
    assert well
    assert config.player.host == "10.0.0.3"
    assert any("try: mend it" in line for line in user.lines)


def test_what_does_not_work_may_be_kept(tmp_path: Path) -> None:
    well, config = run(tmp_path / "moodpid.toml", here=Here(broken=("camera",)))
    assert not well
    assert config.camera.source is CameraSource.WEBCAM


def test_a_wrong_port_is_asked_for_again(tmp_path: Path) -> None:
    user = Answers({"MPD": ["localhost:70000", "localhost:6601"]})
    _, config = run(tmp_path / "moodpid.toml", answers=user)
    assert config.player.port == 6601
    assert any("1 to 65535" in line for line in user.lines)


def test_a_changed_configuration_is_not_replaced_unasked(tmp_path: Path) -> None:
    path = tmp_path / "moodpid.toml"
    path.write_text("# mine\n")
    with pytest.raises(NoAnswerError):
        run(path)
    assert path.read_text() == "# mine\n"
    assert [file.name for file in tmp_path.iterdir()] == ["moodpid.toml"]


def test_a_replaced_configuration_is_kept_as_a_copy(tmp_path: Path) -> None:
    path = tmp_path / "moodpid.toml"
    path.write_text("# mine\n")
    run(path, "--replace")
    assert path.with_name("moodpid.toml.old").read_text() == "# mine\n"


def test_the_unchanged_default_is_replaced_without_a_question(tmp_path: Path) -> None:
    path = tmp_path / "moodpid.toml"
    path.write_text(DEFAULT)
    run(path)
    assert not path.with_name("moodpid.toml.old").exists()


def test_only_owner_and_service_can_read_a_password(tmp_path: Path) -> None:
    user = Answers({"MQTT": ["10.0.0.4:8884"], "its user name": ["anna"], "its password": ["", "rhubarb"]})
    _, config = run(tmp_path / "moodpid.toml", answers=user)
    file = tmp_path / "mqtt-password"
    assert (config.mqtt.username, config.mqtt.port, config.mqtt.password_file) == ("anna", 8884, str(file))
    assert file.read_text() == "rhubarb\n"
    assert file.stat().st_mode & 0o777 == 0o640
    assert "rhubarb" not in (tmp_path / "moodpid.toml").read_text()


def test_the_player_s_password_is_asked_for_after_its_host(tmp_path: Path) -> None:
    user = Answers({"MPD": ["10.0.0.5"], "its password": ["rhubarb"]})
    _, config = run(tmp_path / "moodpid.toml", "--broker", "-", answers=user)
    assert Path(config.player.password_file).read_text() == "rhubarb\n"


def test_a_password_comes_from_a_file_for_scripts(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("rhubarb\r\n")
    arguments = ("--broker", "localhost", "--broker-username", "anna", "--broker-password-file", str(secret))
    _, config = run(tmp_path / "moodpid.toml", *arguments)
    assert Path(config.mqtt.password_file).read_text() == "rhubarb\n"


@pytest.mark.parametrize(
    ("name", "host", "expected"),
    [
        ("moodpid", "pi", "moodpid"),
        ("Living room", "pi", "living-room"),
        ("Küche 2", "pi", "kuche-2"),
        ("客厅", "pi-2.lan", "pi-2"),
        ("客厅", "卧室", "moodpid"),
    ],
)
def test_a_name_becomes_an_identifier(name: str, host: str, expected: str) -> None:
    assert identifier(name, host) == expected


def test_the_id_is_shown(tmp_path: Path) -> None:
    user = Answers({"Name": ["客厅"]})
    _, config = run(tmp_path / "moodpid.toml", answers=user)
    assert config.device.id == "attic"
    assert "its id in MQTT topics and in Home Assistant: attic" in user.lines


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("localhost", Address("localhost", 6600)),
        ("10.0.0.2:6601", Address("10.0.0.2", 6601)),
        ("fd00::1", Address("fd00::1", 6600)),
        ("[fd00::1]:6601", Address("fd00::1", 6601)),
        ("/run/mpd/socket", Address("/run/mpd/socket", 6600)),
    ],
)
def test_a_place_reads_back_as_it_is_written(text: str, place: Address) -> None:
    assert parse_place(text, 6600) == place
    assert format_place(place, 6600) == text


@pytest.mark.parametrize("text", ["", "tcp://here", "two words", "here:0", "here:99999"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"port|address"):
        parse_place(text, 6600)


def test_every_commented_key_of_the_default_can_be_set() -> None:
    values: dict[tuple[str, str], Any] = {
        ("device", "id"): "bedroom",
        ("camera", "fps"): 2.5,
        ("player", "autoplay"): True,
        ("mqtt", "port"): 8883,
        ("mqtt", "username"): 'quo"te # and sign',
    }
    tables = tomllib.loads(set_keys(DEFAULT, values))
    assert {place: tables[place[0]][place[1]] for place in values} == values


def test_an_unknown_key_is_not_invented() -> None:
    with pytest.raises(LookupError, match="no nonsense in"):
        set_keys(DEFAULT, {("camera", "nonsense"): 1})


def test_servers_that_are_not_there_are_not_found() -> None:
    unused_port = free_port()
    assert find_broker(("localhost",), unused_port) is None
    for port in (str(unused_port), "tcp://10.0.0.1:6600", "0", "70000", "9" * 5000):
        nowhere = {"MPD_HOST": "127.0.0.1", "MPD_PORT": port}
        assert find_player(nowhere) != Address("127.0.0.1", unused_port)
