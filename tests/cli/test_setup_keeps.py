"""`moodpid setup` changes what it asks for, and leaves the rest of a configuration as its owner wrote it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from moodpid import wiring
from moodpid.cli.dialogue import NoAnswerError
from moodpid.cli.surroundings import Check
from moodpid.config import CameraSource, Config, load
from moodpid.doctor.discovery import Address, FoundCamera
from moodpid.errors import ConfigError
from moodpid.state import Finding
from tests.support.setup_dialogue import DEFAULT, Answers, Here, run

pytestmark = pytest.mark.usefixtures("_credentials")

HERE = Here(broker=Address("homeassistant.local", 1883))
OWNERS = """\
# Kitchen, above the door
[camera]
source = "recording"  # until the camera comes
loop = true
rotation = 180
[mqtt]
host = "10.0.0.4"
username = "anna"
password_file = "broker-secret"  # Anna's
base_topic = "home/moodpid"
[player.playlists]
happy = [
  "Happy",
]
[library]
analyse = "nightly"
[web]
enabled = true
[senses.voice]
weight = 0.3
"""


class Asking(Here):
    """A machine whose broker wants a password."""

    def __init__(self, password: str) -> None:
        super().__init__()
        self._password = password

    def checks(self) -> Mapping[str, Check]:
        def check_broker(config: Config) -> list[Finding]:
            return [Finding(wiring.mqtt_password(config) == self._password, "broker", "the password", "")]

        return {**super().checks(), "broker": check_broker}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "broker-secret").write_text("rhubarb\n")
    file = tmp_path / "moodpid.toml"
    file.write_text(OWNERS)
    return file


def test_another_name_changes_nothing_else(path: Path) -> None:
    before = load(path)
    well, config = run(path, "--replace", "--name", "Kitchen", here=HERE)
    assert well
    assert (config.device.name, config.device.id) == ("Kitchen", "kitchen")
    for table in ("camera", "player", "mqtt", "library", "web", "senses"):
        assert getattr(config, table) == getattr(before, table)
    assert path.read_text() == f'{OWNERS}\n[device]\nid = "kitchen"\nname = "Kitchen"\n'
    assert path.with_name("moodpid.toml.old").read_text() == OWNERS


def test_without_a_change_the_file_stays_alone(path: Path) -> None:
    run(path, "--replace", here=HERE)
    assert path.read_text() == OWNERS
    assert not path.with_name("moodpid.toml.old").exists()


def test_a_second_setup_keeps_what_the_first_left_commented(tmp_path: Path) -> None:
    path = tmp_path / "new.toml"
    run(path, here=HERE)
    path.write_text(path.read_text().replace("# rotation = 0  ", "rotation = 180"))
    run(path, "--replace", "--player", "10.0.0.2:6601", here=HERE)
    assert len(path.read_text().splitlines()) == len(DEFAULT.splitlines())
    assert (load(path).camera.rotation, load(path).player.port) == (180, 6601)


def test_the_configured_password_file_is_tried_and_kept(path: Path) -> None:
    well, config = run(path, "--replace", "--name", "Kitchen", here=Asking("rhubarb"))
    assert well
    assert config.mqtt.password_file == str(path.with_name("broker-secret"))
    assert not path.with_name("mqtt-password").exists()


def test_a_new_password_goes_to_the_file_of_setup(path: Path) -> None:
    user = Answers({"its password": ["typed"]})
    _, config = run(path, "--replace", "--player", "-", here=HERE, answers=user)
    assert Path(config.mqtt.password_file).read_text() == "typed\n"
    assert 'password_file = "mqtt-password"' in path.read_text()
    assert path.with_name("broker-secret").read_text() == "rhubarb\n"


def test_the_service_gets_a_new_password_from_systemd(path: Path, install: Callable[[Path], None]) -> None:
    install(path)
    run(path, "--replace", here=HERE)
    assert 'password_file = "broker-secret"' in path.read_text()
    user = Answers({"its password": ["typed"]})
    _, config = run(path, "--replace", "--player", "-", here=HERE, answers=user)
    assert (config.mqtt.username, config.mqtt.password_file) == ("anna", "")
    assert path.with_name("mqtt-password").read_text() == "typed\n"


def test_a_dash_does_not_remove_the_owner_s_file(path: Path) -> None:
    user = Answers({"its password": ["-"]})
    _, config = run(path, "--replace", "--player", "-", here=HERE, answers=user)
    assert (config.mqtt.username, config.mqtt.password_file) == ("anna", "")
    assert path.with_name("broker-secret").exists()


def test_a_password_file_that_is_gone_stays_configured(path: Path) -> None:
    path.with_name("broker-secret").unlink()
    with pytest.raises(ConfigError, match="broker-secret"):  # of `load`, after it was written
        run(path, "--replace", "--name", "Kitchen", here=HERE)
    assert load(path).device.name == "Kitchen"
    assert load(path).mqtt.password_file == str(path.with_name("broker-secret"))


def test_a_configured_recording_stays_though_a_camera_is_found(path: Path) -> None:
    path.write_text('[camera]\nsource = "recording"\npath = "pictures"\n')
    (path.parent / "pictures").mkdir()
    here, user = Here(FoundCamera(CameraSource.PICAMERA2)), Answers({})
    _, config = run(
        path, "--replace", here=Here(FoundCamera(CameraSource.WEBCAM, connected=False)), answers=user
    )
    assert not any("no camera" in line for line in user.lines)
    _, config = run(path, "--replace", here=here)
    assert (config.camera.source, config.camera.loop) == (CameraSource.RECORDING, False)
    _, config = run(path, "--replace", "--camera", "auto", here=here)
    assert (config.camera.source, config.camera.path) == (CameraSource.PICAMERA2, "")


def test_the_same_host_without_a_port_keeps_tls_and_user(path: Path) -> None:
    path.write_text('[mqtt]\nhost = "10.0.0.4"\ntls = true\nusername = "anna"\n')
    before = load(path).mqtt
    _, config = run(path, "--replace", "--broker", "10.0.0.4", here=HERE)
    assert config.mqtt == before


@pytest.mark.parametrize("end", ["\n\n\n", "\r\n", ""])
def test_a_file_without_a_change_stays_as_it_is(path: Path, end: str) -> None:
    kept = OWNERS.replace("\n", "\r\n") if end == "\r\n" else OWNERS
    path.write_bytes(b"\xef\xbb\xbf" + kept.rstrip().encode() + end.encode())
    before = path.read_bytes()
    path.with_name("broker-secret").write_text("rhubarb\n")
    run(path, "--replace", here=HERE)
    assert path.read_bytes() == before
    assert not path.with_name("moodpid.toml.old").exists()


def test_a_broker_s_port_is_dropped_with_the_broker(path: Path) -> None:
    path.write_text('[mqtt]\nhost = "10.0.0.4"\nport = 1884\nbase_topic = "attic"\n')
    _, config = run(path, "--replace", "--broker", "10.0.0.5", here=HERE)
    assert (config.mqtt.host, config.mqtt.port, config.mqtt.base_topic) == ("10.0.0.5", None, "attic")


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        ('[camera]\nrotation = 181\n[device]\nname = "Attic"\n', "[camera] rotation"),
        ('[camera]\nrotation = .5\n[device]\nname = "Attic"\n', "[camera] rotation"),
        ('mqtt.host = "10.0.0.4"\nmqtt.base_topic = "attic"\n', "[mqtt] base_topic"),
        (
            'mood = { threshold = 0.8 }\nmqtt = { host = "10.0.0.4", base_topic = "attic" }\n',
            "[mood] threshold, [mqtt] base_topic",
        ),
        (
            'player = { playlists = { happy = ["a"] } }\n[mqtt]\nhost = "10.0.0.4"\n',
            "[player.playlists] happy",
        ),
    ],
    ids=["with faults", "no TOML", "with dotted keys", "with inline tables", "one inline table"],
)
def test_what_cannot_be_edited_is_kept_and_named(path: Path, text: str, left_out: str) -> None:
    path.write_text(text)
    user = Answers({})
    with pytest.raises(NoAnswerError):
        run(path, answers=user)
    assert path.read_text() == text
    _, config = run(path, "--replace", here=HERE, answers=user)
    (line,) = (line for line in user.lines if "moodpid.toml.old" in line)
    assert line.endswith(f"left out: {left_out}")
    assert config.device.name == ("Attic" if "Attic" in text else "moodpid")
    assert config.mqtt.host == ("10.0.0.4" if "10.0.0.4" in text else "homeassistant.local")
    assert path.with_name("moodpid.toml.old").read_text() == text
