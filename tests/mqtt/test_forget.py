"""`moodpid forget` leaves nothing behind, or says clearly what stays and why."""

import socket
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from moodpid import config
from moodpid.mqtt import id_claim
from moodpid.mqtt.forget import forget
from moodpid.mqtt.timings import Timings
from moodpid.state import Finding
from moodpid.text import clean
from tests.support.mqtt import FAST, SUBSCRIBE, WAIT_S, MqttListener, Start, wait_until
from tests.support.servers import PrivateMosquitto, free_port
from tests.support.stub_broker import Answering, OldBroker, ProxyBroker, content

ROOT = "moodpid/living-room"
CONFIG = "homeassistant/device/moodpid_living-room/config"
DEVICE = config.DeviceConfig(id="living-room", name="Living room")
# A CONNACK and a SUBACK of MQTT 5; 0x87 is "not authorized"
CONNACK = bytes.fromhex("20 03 00 00 00")
SUBACK_NEITHER = bytes.fromhex("90 05 0001 00 87 87")
SUBACK_ONE = bytes.fromhex("90 05 0001 00 00 87")


def forgotten(
    port: int, password: str = "", *, limit_s: float = 40.0, listen_s: float = 0.05, **broker: object
) -> Finding:
    settings = msgspec.convert({"host": "127.0.0.1", "port": port, **broker}, config.MqttConfig)
    timings = replace(FAST, listen_s=listen_s)
    (finding,) = forget(DEVICE, settings, password, limit_s=limit_s, timings=timings)
    return finding


def retained(port: int) -> list[str]:
    with MqttListener(port) as late:
        late.publish("marker", "x")
        late.wait_for_text("marker", "x")
        return [message.topic for message in late.messages[:-1]]


def test_all_of_this_device_goes_and_the_rest_stays(mosquitto: PrivateMosquitto, start: Start) -> None:
    loop = start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        loop.end()
        listener.wait_for_text(f"{ROOT}/status", "offline")
        listener.publish("moodpid/kitchen/mood", "not ours", retain=True)
    finding = forgotten(mosquitto.port)
    assert finding.ok, finding.message
    assert retained(mosquitto.port) == ["moodpid/kitchen/mood"]


def test_beside_a_moodpid_that_is_alive_nothing_is_deleted(mosquitto: PrivateMosquitto, start: Start) -> None:
    start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
    before = retained(mosquitto.port)
    finding = forgotten(mosquitto.port, listen_s=WAIT_S)
    assert not finding.ok
    assert finding.subject == ROOT
    assert finding.message == f"in use by a running moodpid on {socket.gethostname()}"
    assert "systemctl stop moodpid" in finding.remedy
    assert {CONFIG, f"{ROOT}/mood"} <= set(before)
    assert set(retained(mosquitto.port)) >= set(before)


def test_beside_one_that_stands_aside_nothing_is_deleted(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    first = start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
    start(mosquitto.port, timings=replace(FAST, listen_s=WAIT_S))
    wait_until(lambda: "stands aside" in caplog.text)
    first.end()
    before = retained(mosquitto.port)
    finding = forgotten(mosquitto.port, listen_s=WAIT_S)
    assert finding.message == f"in use by a running moodpid on {socket.gethostname()}"
    assert retained(mosquitto.port) == before


def test_a_stale_online_status_is_forgotten(mosquitto: PrivateMosquitto) -> None:
    with MqttListener(mosquitto.port) as listener:
        listener.publish(f"{ROOT}/status", "online", retain=True)
        listener.publish(
            f"{ROOT}/presence",
            id_claim.ClaimMessage("0", clean("attic"), established=True).as_json(),
            retain=True,
        )
        finding = forgotten(mosquitto.port)
    assert finding.ok, finding.message
    assert retained(mosquitto.port) == []


def test_a_question_takes_the_id_from_no_newcomer() -> None:
    newcomer = id_claim.IdClaim("attic")
    assert newcomer.due_message(0.0)
    newcomer.on_claim(id_claim.question("kitchen"))
    newcomer.due_message(Timings().listen_s)
    assert newcomer.owns_id


@pytest.mark.parametrize("refusal", [b"\x20\x02\x00\x01", b""], ids=["says so", "hangs up"])
def test_a_broker_that_knows_only_mqtt_3_forgets_too(mosquitto: PrivateMosquitto, refusal: bytes) -> None:
    with OldBroker(mosquitto.port, refusal) as old, MqttListener(mosquitto.port) as listener:
        listener.publish(f"{ROOT}/mood", "happy", retain=True)
        listener.publish(CONFIG, "{}", retain=True)
        finding = forgotten(old.port)
    assert finding.ok, finding.message
    assert finding.message.endswith("(2 retained messages)")
    assert retained(mosquitto.port) == []


def test_a_broker_that_has_nothing_to_forget_is_fine(mosquitto: PrivateMosquitto) -> None:
    assert forgotten(mosquitto.port).message.endswith("(0 retained messages)")


@pytest.mark.parametrize(
    ("suback", "unread"), [(SUBACK_NEITHER, f"{ROOT}/# (Not authorized); {CONFIG}"), (SUBACK_ONE, CONFIG)]
)
def test_denied_reading_is_not_taken_for_empty(suback: bytes, unread: str) -> None:
    def guarded(said: bytes) -> bytes:
        return CONNACK if b"MQTT" in said else suback

    with Answering(guarded) as broker:
        finding = forgotten(broker.port)
    assert not finding.ok
    assert f"but it denies reading {unread} (Not authorized)" in finding.message
    assert finding.remedy == f"allow moodpid to read and write {ROOT}/# and {CONFIG}"


def test_what_the_broker_denies_deleting_is_named(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    ours = f"topic read {ROOT}/#\n" + "".join(
        f"topic write {ROOT}/{name}\n" for name in ("presence", "forget", "mood")
    )
    rules.write_text(f"{ours}user owner\ntopic readwrite #\n", encoding="utf-8")
    server = PrivateMosquitto()
    with (server.folder / "mosquitto.conf").open("a", encoding="utf-8") as file:
        file.write(f"acl_file {rules}\n")
    with server, MqttListener(server.port, username="owner") as listener:
        for name in ("camera", "mood", "status"):
            listener.publish(f"{ROOT}/{name}", "x", retain=True)
        finding = forgotten(server.port)
    assert not finding.ok
    assert finding.message == f"127.0.0.1:{server.port} still has 2 retained messages, {ROOT}/camera first"
    assert finding.remedy == f"stop the service; allow moodpid to read and write {ROOT}/# and {CONFIG}"


def test_a_missing_echo_is_not_taken_for_empty(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.write_text("topic write #\n", encoding="utf-8")
    server = PrivateMosquitto()
    with (server.folder / "mosquitto.conf").open("a", encoding="utf-8") as file:
        file.write(f"acl_file {rules}\n")
    with server:
        finding = forgotten(server.port, limit_s=1.0)
    assert not finding.ok
    assert f"a message to {ROOT}/presence does not come back" in finding.message


def test_a_broker_that_says_nothing_is_left_in_time(mosquitto: PrivateMosquitto) -> None:
    mosquitto.freeze()
    finding = forgotten(mosquitto.port, limit_s=0.3)
    assert not finding.ok
    assert "does not answer" in finding.message


def test_without_a_broker_it_says_so() -> None:
    port = free_port()
    finding = forgotten(port)
    assert not finding.ok
    assert finding.message == f"127.0.0.1:{port}: Connection refused"


def test_another_kind_of_server_is_reported() -> None:
    with Answering(lambda _: b"\x20\x00") as server:
        finding = forgotten(server.port)
    assert not finding.ok


def test_a_wrong_password_forgets_nothing() -> None:
    with PrivateMosquitto(username="moodpid", password="right") as guarded:
        finding = forgotten(guarded.port, "wrong", username="moodpid")
        assert not finding.ok
        assert "refuses the user 'moodpid'" in finding.message


class WithoutWildcards(ProxyBroker):
    """Shows no retained messages for wildcards, as RabbitMQ does."""

    def _passed(self, packet: bytes, _visitor: socket.socket) -> bytes:
        return _showing_nothing(packet) if packet[0] == SUBSCRIBE else packet


def _showing_nothing(packet: bytes) -> bytes:
    """A SUBSCRIBE of MQTT 5 with retain handling 2 for its wildcards (MQTT 5.0, 3.8.3.1)."""
    changed = bytearray(packet)
    at = len(packet) - len(content(packet)) + 2
    at += 1 + changed[at]  # properties
    while at < len(changed):
        length = int.from_bytes(changed[at : at + 2])
        topic, at = bytes(changed[at + 2 : at + 2 + length]), at + 2 + length
        if b"#" in topic:
            changed[at] |= 0x20
        at += 1
    return bytes(changed)


def test_a_broker_hiding_retained_messages_from_wildcards_forgets_too(
    mosquitto: PrivateMosquitto, start: Start
) -> None:
    loop = start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        loop.end()
        listener.wait_for_text(f"{ROOT}/status", "offline")
        listener.publish(f"{ROOT}/enabled/set", "ON", retain=True)
    with WithoutWildcards(mosquitto.port) as hiding:
        finding = forgotten(hiding.port)
    assert finding.ok, finding.message
    assert "only topic by topic" in finding.message
    assert retained(mosquitto.port) == []
