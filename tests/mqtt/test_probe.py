"""The doctor tells what is wrong with the broker and what to do."""

import socket
import time
from pathlib import Path

import msgspec
import pytest

from moodpid import config
from moodpid.errors import ConfigError
from moodpid.mqtt import oneshot
from moodpid.mqtt.probe import probe
from moodpid.mqtt.topics import Topics
from moodpid.state import Finding
from tests.support.mqtt import AGES_S, MqttListener, Start
from tests.support.servers import PrivateMosquitto, free_port
from tests.support.stub_broker import Answering, OldBroker, StubBroker

DEVICE = config.DeviceConfig(id="living-room")
ROOT = "moodpid/living-room"
CONFIG = "homeassistant/device/moodpid_living-room/config"


def found(port: int, password: str = "", *, limit_s: float = 40.0, **broker: object) -> Finding:
    settings = msgspec.convert({"host": "127.0.0.1", "port": port, **broker}, config.MqttConfig)
    (finding,) = probe(DEVICE, settings, password, limit_s=limit_s)
    return finding


def test_a_good_broker_is_fine(mosquitto: PrivateMosquitto) -> None:
    finding = found(mosquitto.port)
    assert finding.ok
    assert "MQTT 5" in finding.message


def test_a_good_broker_that_knows_only_mqtt_3_is_fine(mosquitto: PrivateMosquitto) -> None:
    with OldBroker(mosquitto.port) as old:
        finding = found(old.port)
    assert finding.ok
    assert "MQTT 3.1.1" in finding.message


def test_no_broker_is_reported_with_its_address() -> None:
    port = free_port()
    finding = found(port)
    assert not finding.ok
    assert finding.message == f"127.0.0.1:{port}: Connection refused"


def test_a_wrong_password_names_the_user() -> None:
    with PrivateMosquitto(username="moodpid", password="right") as guarded:
        finding = found(guarded.port, "wrong", username="moodpid")
        assert not finding.ok
        assert "refuses the user 'moodpid'" in finding.message
        assert found(guarded.port, "right", username="moodpid").ok


def test_a_broker_that_denies_publishing_is_named(tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic read nothing/#\n", encoding="utf-8")
    server = PrivateMosquitto()
    with (server.folder / "mosquitto.conf").open("a", encoding="utf-8") as file:
        file.write(f"acl_file {acl}\n")
    with server:
        finding = found(server.port, limit_s=1.0)
    assert not finding.ok
    assert finding.remedy == "allow moodpid to read and write moodpid/living-room/#"


def test_an_unknown_authority_is_reported() -> None:
    with PrivateMosquitto(tls=True) as secured:
        assert found(secured.port, tls=True).remedy == oneshot.UNTRUSTED_REMEDY
        assert found(secured.port, tls=True, tls_ca=str(secured.ca)).ok


def test_tls_wanted_but_not_spoken_is_guessed() -> None:
    with PrivateMosquitto(tls=True) as secured:
        assert found(secured.port).remedy == oneshot.PERHAPS_TLS


def test_a_black_hole_is_reported_in_time(mosquitto: PrivateMosquitto) -> None:
    mosquitto.freeze()
    finding = found(mosquitto.port, limit_s=0.3)
    assert "does not answer" in finding.message
    assert "systemctl enable" in finding.remedy


def test_another_kind_of_server_is_reported() -> None:
    with Answering(lambda _: b"\x90\x01\x00") as server:
        assert not found(server.port).ok


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_an_unusable_file_of_authorities_is_a_config_error(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.crt"
    if content:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"\[mqtt\] tls_ca"):
        found(1, tls=True, tls_ca=str(file))


@pytest.mark.parametrize("name", ["doctor", "presence", "forget"])
def test_the_documentation_names_the_topic_of_each_task(name: str) -> None:
    rows = (Path(__file__).parents[2] / "docs" / "mqtt.md").read_text(encoding="utf-8").splitlines()
    assert getattr(Topics.of(DEVICE, config.MqttConfig()), name).endswith(f"/{name}")
    assert any(f"`{name}`" in row.split("|")[1] for row in rows if row.startswith("| `"))


def configured(*lines: str) -> PrivateMosquitto:
    """A broker with more lines in its configuration, not yet started."""
    server = PrivateMosquitto()
    with (server.folder / "mosquitto.conf").open("a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return server


def test_beside_the_running_service_nothing_changes(mosquitto: PrivateMosquitto, start: Start) -> None:
    loop = start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        before = len(listener.messages)
        assert found(mosquitto.port).ok
        listener.publish("marker", "x")
        listener.wait_for_text("marker", "x")
        assert loop.publisher.connected
        changed = {m.topic for m in listener.messages[before:]} - {"marker", f"{ROOT}/doctor", CONFIG}
        repeated = [bytes(m.payload) for m in listener.messages[before:] if m.topic == CONFIG]
        assert not changed
        assert len(set(repeated)) == 1
        assert len(repeated[0]) > 1000
    with MqttListener(mosquitto.port) as late:
        late.wait_for_text(f"{ROOT}/status", "online")
        assert f"{ROOT}/doctor" not in {m.topic for m in late.messages}


def test_without_the_service_the_doctor_leaves_nothing(mosquitto: PrivateMosquitto) -> None:
    assert found(mosquitto.port).ok
    with MqttListener(mosquitto.port) as late:
        late.publish("marker", "x")
        late.wait_for_text("marker", "x")
        assert [m.topic for m in late.messages] == ["marker"]


@pytest.mark.parametrize(
    ("line", "says", "remedy"),
    [
        ("retain_available false", "keeps no retained messages", "retain_available true"),
        ("max_packet_size 4096", "the size of the one for Home Assistant", "max_packet_size"),
        ("message_size_limit 4096", "closes the connection after a message", "message_size_limit"),
    ],
)
def test_what_the_broker_lacks_is_named_with_a_remedy(line: str, says: str, remedy: str) -> None:
    with configured(line) as server:
        finding = found(server.port)
    assert not finding.ok
    assert says in finding.message
    assert remedy in finding.remedy


def test_a_broker_of_quality_0_is_good_enough(caplog: pytest.LogCaptureFixture) -> None:
    with configured("max_qos 0") as server:
        finding = found(server.port)
    assert finding.ok
    assert "no quality of service but 0" in finding.message
    assert not caplog.records


def test_a_denied_discovery_topic_is_named(tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    acl.write_text(f"topic readwrite {ROOT}/#\n", encoding="utf-8")
    with configured(f"acl_file {acl}") as server:
        finding = found(server.port)
    assert not finding.ok
    assert CONFIG in finding.message
    assert finding.remedy == f"allow moodpid to read and write {CONFIG}"


class Dripping(StubBroker):
    """Answers a byte every few milliseconds, for ever."""

    def _treat(self, visitor: socket.socket) -> None:
        while True:
            visitor.sendall(b"H")
            time.sleep(0.01)


@pytest.mark.parametrize("transport", ["tcp", "websockets"])
def test_a_server_that_drips_is_left_in_time(transport: str) -> None:
    began_s = time.monotonic()
    with Dripping() as server:
        assert not found(server.port, limit_s=0.5, transport=transport).ok
        assert time.monotonic() - began_s < AGES_S
