"""`moodpid setup` sends the password of a server to no other."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from moodpid import wiring
from moodpid.cli.surroundings import Check
from moodpid.config import Config
from moodpid.state import Finding
from tests.support.setup_dialogue import Answers, Here, run

pytestmark = pytest.mark.usefixtures("_credentials")

OWNERS = """\
[player]
host = "10.0.0.2"
[mqtt]
host = "10.0.0.4"
username = "anna"
"""
BERT = ("--broker", "10.0.0.5", "--broker-username", "bert")


class Listening(Here):
    """A machine whose servers note the passwords that they get."""

    def __init__(self, broken: str = "") -> None:
        super().__init__()
        self._broken_player = broken
        self.passwords: dict[str, str] = {}

    def checks(self) -> Mapping[str, Check]:
        def check_player(config: Config) -> list[Finding]:
            self.passwords["player"] = wiring.mpd_password(config)
            return [Finding(config.player.host != self._broken_player, "player", "", "")]

        def check_broker(config: Config) -> list[Finding]:
            self.passwords["broker"] = wiring.mqtt_password(config)
            return []

        return {"player": check_player, "broker": check_broker}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    for name in ("mpd", "mqtt"):
        (tmp_path / f"{name}-password").write_text(f"{name} secret\n")
    file = tmp_path / "moodpid.toml"
    file.write_text(OWNERS)
    return file


@pytest.mark.parametrize("user", [None, Answers({"its user name": ["bert"]})], ids=["unattended", "Enter"])
def test_another_broker_gets_no_password(path: Path, user: Answers | None) -> None:
    here = Listening()
    _, config = run(path, "--replace", *BERT, here=here, answers=user)
    assert here.passwords == {"player": "mpd secret", "broker": ""}
    assert (config.mqtt.username, config.mqtt.password_file) == ("bert", "")
    run(path, "--replace", "--name", "Attic", here=here)
    assert here.passwords == {"player": "mpd secret", "broker": ""}


def test_another_player_gets_no_password(path: Path) -> None:
    here, user = Listening(), Answers({})
    _, config = run(path, "--replace", "--player", "10.0.0.3", here=here, answers=user)
    assert here.passwords == {"player": "", "broker": "mqtt secret"}
    assert (config.player.host, config.player.password_file) == ("10.0.0.3", "")
    (line,) = (line for line in user.lines if "former" in line)
    assert str(path.with_name("mpd-password")) in line
    kept = path.with_name("mpd-password")
    assert line.endswith(f"is not used; {kept} is kept as mpd-password.old")
    assert path.with_name("mpd-password.old").read_text() == "mpd secret\n"


def test_systemd_does_not_hand_the_former_password_over(path: Path, install: Callable[[Path], None]) -> None:
    install(path)
    run(path, "--replace", "--broker", "10.0.0.5")
    assert not path.with_name("mqtt-password").exists()
    assert path.with_name("mqtt-password.old").read_text() == "mqtt secret\n"


def test_the_owner_s_file_of_the_former_password_stays(path: Path) -> None:
    own, before = path.with_name("broker-secret"), Listening()
    path.with_name("mqtt-password").rename(own)
    path.write_text(f'{OWNERS}password_file = "broker-secret"\n')
    _, config = run(path, "--replace", *BERT, here=before)
    assert (before.passwords["broker"], config.mqtt.password_file) == ("", "")
    assert own.read_text() == "mqtt secret\n"


def test_a_new_password_goes_to_the_new_server(path: Path) -> None:
    here, user = Listening(), Answers({"its password": ["", "new"]})
    run(path, "--replace", *BERT, here=here, answers=user)
    assert here.passwords["broker"] == path.with_name("mqtt-password").read_text().strip() == "new"
    assert path.with_name("mqtt-password.old").read_text() == "mqtt secret\n"


def test_the_second_answer_decides_about_the_password(path: Path) -> None:
    here, user = Listening(broken="10.0.0.3"), Answers({"MPD": ["10.0.0.3", "10.0.0.2"]})
    run(path, "--replace", here=here, answers=user)
    assert here.passwords["player"] == "mpd secret"
    assert path.with_name("mpd-password").exists()


def test_a_password_is_not_sent_in_clear_after_tls(path: Path) -> None:
    path.write_text(f"{OWNERS}tls = true\n")
    here = Listening()
    run(path, "--replace", "--broker", "10.0.0.4:1883", "--broker-username", "anna", here=here)
    assert here.passwords["broker"] == ""


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "LOCALHOST", "/run/mpd/socket", "[::1]"])
def test_another_name_of_this_machine_keeps_the_password(path: Path, host: str) -> None:
    path.write_text('[device]\nname = "Attic"\n')
    here = Listening()
    run(path, "--replace", "--player", host, here=here)
    assert here.passwords["player"] == "mpd secret"


TLS = '[mqtt]\nhost = "10.0.0.4"\nusername = "anna"\ntls = true\n'


@pytest.mark.parametrize("fault", ["autoplay = ture", 'autoplay = "yes"', "autoplay true"])
def test_tls_survives_a_fault_in_another_table(path: Path, fault: str) -> None:
    path.write_text(f'[player]\n{fault}\n{TLS}transport = "websockets"\nbase_topic = "attic"\n')
    here = Listening()
    _, config = run(path, "--replace", here=here)
    assert (config.mqtt.host, config.mqtt.tls, config.mqtt.transport) == ("10.0.0.4", True, "websockets")
    assert here.passwords == {"player": "", "broker": "mqtt secret"}


@pytest.mark.parametrize(
    "text",
    [
        f"{TLS}port = 0\n",
        f"{TLS}port = .5\n",
        TLS.replace("[mqtt]", "[mqtt"),
        TLS.replace("[mqtt]", "[[mqtt]]"),
        TLS.replace("[mqtt]", "[mqttt]"),
        TLS.replace("[mqtt]", "[broker]"),
        f"{TLS}[mqtt]\n",
        TLS.replace("tls", "[player]\nautoplay = ture\ntls"),
        f"mqtt.tls = true\nmqtt.port = .5\n{TLS.replace('tls = true', '')}",
        f"{TLS}path = '/\ufffd'\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_table_that_is_lost_costs_its_password(path: Path, text: str, encoding: str) -> None:
    path.write_text(text, encoding=encoding)
    here = Listening()
    run(path, "--replace", "--broker", "10.0.0.4", "--broker-username", "anna", here=here)
    assert here.passwords["broker"] == ""
    assert path.with_name("mqtt-password.old").exists()


@pytest.mark.parametrize(
    "text",
    [
        OWNERS.replace("[mqtt]", "[broker]"),
        OWNERS.replace("[mqtt]", "[MQTT]"),
        OWNERS.replace("[mqtt]\n", "").replace('host = "10.0.0.4"', "autoplay = ture"),
    ],
)
def test_a_server_under_another_name_costs_its_password(path: Path, text: str) -> None:
    path.write_text(text)
    here = Listening()
    run(path, "--replace", "--broker", "10.0.0.4", "--broker-username", "anna", here=here)
    assert here.passwords["broker"] == ""
    assert path.with_name("mqtt-password.old").exists()


def test_a_lost_player_s_password_is_not_tried_at_home(path: Path) -> None:
    path.write_text(OWNERS.replace("[player]", "[Player]"))
    here = Listening()
    run(path, "--replace", here=here)
    assert here.passwords["player"] == ""


@pytest.mark.parametrize("text", [OWNERS.replace("[mqtt]", "[broker]"), OWNERS])
def test_no_detour_sends_a_password_to_another_broker(path: Path, text: str) -> None:
    path.write_text(text)
    here = Listening()
    first = ("--broker", "-") if "[broker]" in text else ("--broker", "10.0.0.4", "--broker-username", "-")
    run(path, "--replace", *first, here=here)
    run(path, "--replace", *BERT, here=here)
    assert here.passwords["broker"] == ""


def test_a_failure_gives_the_former_password_its_name_back(path: Path) -> None:
    path.with_name("moodpid.toml.new").mkdir()  # where the configuration cannot be written
    with pytest.raises(OSError, match="directory"):
        run(path, "--replace", *BERT, here=Listening())
    assert path.with_name("mqtt-password").read_text() == "mqtt secret\n"
    assert not path.with_name("mqtt-password.old").exists()
