"""A second `moodpid setup` proposes what is configured: Enter everywhere keeps name, id and servers."""

from pathlib import Path

import pytest

from moodpid.config import CameraSource, Config, Transport, parse
from moodpid.doctor.discovery import Address, FoundCamera
from tests.support.setup_dialogue import DEFAULT, Answers, Here, run

pytestmark = pytest.mark.usefixtures("_credentials")

HERE = Here(broker=Address("homeassistant.local", 1883))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "moodpid.toml"


def again(path: Path, text: str, *arguments: str, answers: Answers | None = None) -> Config:
    """Return what setup makes of a configuration that is there."""
    path.write_text(text)
    _, config = run(path, "--replace", *arguments, here=HERE, answers=answers)
    return config


def test_a_second_setup_keeps_the_name(path: Path) -> None:
    run(path, "--name", "Living room")
    _, config = run(path, "--replace", "--broker", "10.0.0.4")
    assert (config.device.name, config.device.id) == ("Living room", "living-room")


@pytest.mark.parametrize(
    "there",
    [
        '[device]\nid = "attic_2"\nname = "Living room"\n',
        'device.id = "attic_2"\ndevice.name = "Living room"\n',
        'device = { id = "attic_2", name = "Living room" }\n',
        '[device]\nid = "attic_2"\nname = "Living room"\n[camera]\nrotation = 181\n',
    ],
    ids=["as in the default", "with dotted keys", "with an inline table", "with faults"],
)
def test_an_id_that_is_there_stays(path: Path, there: str) -> None:
    for arguments, name in (
        ((), "Living room"),
        (("--name", "Living room"), "Living room"),
        (("--name", "Kitchen"), "Kitchen"),
    ):
        device = again(path, there, *arguments).device
        assert (device.id, device.name) == ("attic_2", name)


def test_another_name_changes_no_line_but_its_own(path: Path) -> None:
    there = '[device]\nid = "living"  # as ever\nname = "Living room"\n'
    user = Answers({"Name": ["Kitchen"]})
    again(path, there, "--broker", "-", answers=user)
    written = path.read_text()
    assert written.startswith('[device]\nid = "living"  # as ever\nname = "Kitchen"\n')
    assert (
        "its id in MQTT topics and in Home Assistant: living; it stays, since another id is another device"
        in user.lines
    )


def test_the_id_of_the_first_setup_stays(path: Path) -> None:
    run(path, "--name", "Living room")
    _, config = run(path, "--replace", "--name", "Kitchen")
    assert (config.device.name, config.device.id) == ("Kitchen", "living-room")


@pytest.mark.parametrize("there", [DEFAULT, "[camera]\nfps = 2.0\n", '[device]\nname = "Living room"\n'])
def test_without_an_id_there_the_name_makes_one(path: Path, there: str) -> None:
    assert again(path, there, "--name", "Kitchen").device.id == "kitchen"


def test_a_table_with_faults_proposes_nothing(path: Path) -> None:
    config = again(path, '[device]\nname = "Living room"\n[mqtt]\nhost = "10.0.0.4"\nport = "none"\n')
    assert (config.device.name, config.mqtt.host) == ("Living room", "homeassistant.local")


@pytest.mark.parametrize(
    ("device", "webcams", "chosen"),
    [
        (3, (1, 3), (CameraSource.WEBCAM, 3)),
        (5, (1, 3), (CameraSource.WEBCAM, 1)),
        (3, (), (CameraSource.PICAMERA2, 0)),
    ],
    ids=["there", "another number", "gone"],
)
def test_a_webcam_beside_a_ribbon_camera_stays(
    path: Path, device: int, webcams: tuple[int, ...], chosen: tuple[CameraSource, int]
) -> None:
    here = Here(FoundCamera(CameraSource.PICAMERA2), webcams=webcams)
    path.write_text(f'[camera]\nsource = "webcam"\ndevice = {device}\n')
    _, config = run(path, "--replace", here=here)
    assert (config.camera.source, config.camera.device) == chosen


def test_a_player_that_is_configured_stays(path: Path) -> None:
    config = again(path, '[player]\nhost = "10.0.0.2"\nport = 6601\n')
    assert (config.player.host, config.player.port) == ("10.0.0.2", 6601)
    assert not again(path, "[player]\nenabled = false\n").player.enabled


def test_no_broker_stays_none(path: Path) -> None:
    assert not again(path, "[mqtt]\nenabled = false\n").mqtt.enabled


def test_a_broker_that_is_configured_stays(path: Path) -> None:
    password = path.with_name("mqtt-password")
    password.write_text("rhubarb\n")
    config = again(path, '[mqtt]\nhost = "10.0.0.4"\nport = 1884\nusername = "anna"\n')
    assert (config.mqtt.host, config.mqtt.port, config.mqtt.username) == ("10.0.0.4", 1884, "anna")
    assert config.mqtt.password_file == str(password)
    assert password.read_text() == "rhubarb\n"


def test_a_dash_removes_the_user_name(path: Path) -> None:
    there = '[mqtt]\nhost = "10.0.0.4"\nusername = "anna"\n'
    config = again(path, there, answers=Answers({"its user name": ["-"]}))
    assert (config.mqtt.host, config.mqtt.username) == ("10.0.0.4", "")


def test_another_broker_does_not_get_the_user_name(path: Path) -> None:
    config = again(path, '[mqtt]\nhost = "10.0.0.4"\nusername = "anna"\n', "--broker", "10.0.0.5")
    assert (config.mqtt.host, config.mqtt.username) == ("10.0.0.5", "")


@pytest.mark.parametrize("key", ["tls = true", 'transport = "websockets"'])
def test_tls_and_websockets_stay_with_their_broker(path: Path, key: str) -> None:
    there = f'[mqtt]\nhost = "10.0.0.4"\nusername = "anna"\n{key}\n'
    stays = again(path, there).mqtt
    assert (stays, path.read_text().count(key)) == (parse(there).mqtt, 1)
    other = again(path, there, "--broker", "10.0.0.5").mqtt
    assert (other.host, other.username, other.tls, other.transport) == ("10.0.0.5", "", False, Transport.TCP)


def test_a_configuration_without_a_broker_takes_the_found_one(path: Path) -> None:
    assert again(path, "[camera]\nfps = 2.0\n").mqtt.host == "homeassistant.local"


@pytest.mark.parametrize(
    "there",
    [
        '[mqtt]\nhost = "localhost"\nenabled = true\n',
        'mqtt.host = "localhost"\n',
        f"{DEFAULT}\n# mine\n",
    ],
    ids=["named", "with dotted keys", "not named"],
)
@pytest.mark.parametrize("user", [None, Answers({})], ids=["unattended", "Enter"])
def test_a_broker_that_is_down_stays(path: Path, there: str, user: Answers | None) -> None:
    path.write_text(there)
    _, config = run(path, "--replace", "--name", "Attic", here=Here(broker=None), answers=user)
    assert (config.mqtt.enabled, config.mqtt.host) == (True, "localhost")


def test_a_named_broker_goes_before_a_found_one(path: Path) -> None:
    assert again(path, '[mqtt]\nhost = "localhost"\n').mqtt.host == "localhost"
