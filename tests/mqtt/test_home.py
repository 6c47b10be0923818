"""What the publisher does for Home Assistant, on a real Mosquitto."""

import json
import logging
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from moodpid import config
from moodpid.mqtt import publisher as module
from moodpid.mqtt.publisher import MqttPublisher
from moodpid.requests import ChangeSetting
from tests.support.fakes import Clock
from tests.support.mqtt import ConnectedStub, MqttListener, Start, happy, present, settled, wait_until
from tests.support.servers import PrivateMosquitto, free_port

ROOT = "moodpid/living-room"
CONFIG = "homeassistant/device/moodpid_living-room/config"
DEVICE = config.DeviceConfig(id="living-room", name="Living room")


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BIRTH_DELAY_S", (0.05, 0.1))
    monkeypatch.setattr(module, "REPUBLISH_INTERVAL_S", 0.2)


def discovered(listener: MqttListener) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(listener.wait_for(lambda m: m.topic == CONFIG and m.payload).payload)
    return told


def test_the_device_is_discovered_before_it_is_online(mosquitto: PrivateMosquitto, start: Start) -> None:
    with MqttListener(mosquitto.port) as listener:
        start(mosquitto.port)
        assert discovered(listener)["device"]["name"] == "Living room"
        assert (f"{ROOT}/status", b"online") not in {(m.topic, bytes(m.payload)) for m in listener.messages}
        listener.wait_for_text(f"{ROOT}/status", "online")


@pytest.mark.parametrize("retain", [False, True])
def test_when_home_assistant_is_born_everything_is_told_again(
    mosquitto: PrivateMosquitto, start: Start, retain: bool
) -> None:
    start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        listener.publish("homeassistant/status", "online", retain=retain)
        listener.wait_for_text("homeassistant/status", "online")
        assert discovered(listener)
        listener.wait_for(lambda m: m.topic == f"{ROOT}/mood")
        listener.wait_for_text(f"{ROOT}/status", "online")


def test_a_home_assistant_that_is_born_all_the_time_is_answered_in_measure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=clock))
    monkeypatch.setattr(module, "REPUBLISH_INTERVAL_S", 10.0)
    publisher = settled(MqttPublisher(DEVICE, config.MqttConfig(), lambda _: True))
    wire = publisher._connection
    assert isinstance(wire, ConnectedStub)
    told = [wire.topics.count(CONFIG)]
    for _ in range(400):
        clock.sleep(0.25)
        publisher._inbound.on_message("homeassistant/status", b"online", False)
        publisher.publish(present(happy()), ())
        told.append(wire.topics.count(CONFIG))
    assert told[:2] == [1, 1]  # to the first birth there is a pause, too
    assert 9 <= told[-1] - told[0] <= 11
    assert publisher.join(0)


def test_an_entity_of_an_older_version_is_removed_and_the_rest_stays(
    mosquitto: PrivateMosquitto, start: Start
) -> None:
    old = {"components": {"dance": {"platform": "switch", "unique_id": "x"}, "mood": {"platform": "sensor"}}}
    with MqttListener(mosquitto.port) as listener:
        listener.publish(CONFIG, json.dumps(old), retain=True)
        discovered(listener)
        start(mosquitto.port)
        first, then = discovered(listener), discovered(listener)
    assert first["components"]["dance"] == {"platform": "switch"}
    assert "dance" not in then["components"]
    assert first["components"]["mood"] == then["components"]["mood"]


@pytest.mark.parametrize("rubbish", [b"{", b"[]", b"\xff", b'{"components": 3}', b"7"])
def test_rubbish_on_the_discovery_topic_is_overwritten(
    mosquitto: PrivateMosquitto, start: Start, rubbish: bytes
) -> None:
    with MqttListener(mosquitto.port) as listener:
        listener.publish(CONFIG, rubbish, retain=True)
        start(mosquitto.port)
        listener.wait_for(lambda m: m.topic == CONFIG and len(m.payload) > 1000)


def test_the_states_of_all_controls_are_told_and_change_when_they_are_set(
    mosquitto: PrivateMosquitto, start: Start
) -> None:
    loop = start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        said = {m.topic: bytes(m.payload) for m in listener.messages}
        assert said[f"{ROOT}/override"] == b"automatic"
        assert said[f"{ROOT}/dwell_s"] == b"8"
        listener.publish(f"{ROOT}/override/set", "sad")
        wait_until(lambda: loop.requests)
        (request,) = loop.requests
        assert isinstance(request, ChangeSetting)
        loop.state = present(happy(), settings=request.applied(loop.state.settings))
        listener.wait_for_text(f"{ROOT}/override", "sad")


def test_the_last_will_of_a_twin_or_ghost_does_not_stand(mosquitto: PrivateMosquitto, start: Start) -> None:
    start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        listener.publish(f"{ROOT}/status", "offline", retain=True)
        listener.wait_for_text(f"{ROOT}/status", "offline")
        listener.wait_for_text(f"{ROOT}/status", "online")


def test_websockets_carry_it_too(start: Start) -> None:
    server, port = PrivateMosquitto(), free_port()
    with (server.folder / "mosquitto.conf").open("a", encoding="utf-8") as file:
        file.write(f"listener {port} 127.0.0.1\nprotocol websockets\n")
    with server, MqttListener(server.port) as listener:
        start(port, transport="websockets", path="/mqtt")
        listener.wait_for_text(f"{ROOT}/status", "online")


def test_a_broker_that_wants_a_certificate_of_ours_gets_it(
    start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server = PrivateMosquitto(tls=True)
    certificate, key = tmp_path / "client.crt", tmp_path / "client.key"
    _sign(server.folder, certificate, key)
    plain = free_port()
    with (server.folder / "mosquitto.conf").open("a", encoding="utf-8") as file:
        file.write(f"cafile {server.ca}\nrequire_certificate true\nlistener {plain} 127.0.0.1\n")
    files = {"tls_ca": str(server.ca), "tls_certificate": str(certificate), "tls_key": str(key)}
    with Secured(server), MqttListener(plain) as listener:
        start(server.port, tls=True, **files)
        listener.wait_for_text(f"{ROOT}/status", "online")


class Secured:
    """A broker that its own check of health cannot enter, for it has no certificate."""

    def __init__(self, server: PrivateMosquitto) -> None:
        self._server = server

    def __enter__(self) -> None:
        self._server._answers = lambda: self._server.running and "running" in self._server.log  # type: ignore[method-assign]
        self._server.start()

    def __exit__(self, *_: object) -> None:
        self._server.close()


def _sign(folder: Path, certificate: Path, key: Path) -> None:
    """A certificate for a client, signed by the broker's authority."""
    command: list[str | Path] = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
    ]
    command += ["-CA", folder / "ca.crt", "-CAkey", folder / "ca.key", "-noenc", "-days", "2"]
    command += [
        "-keyout",
        key,
        "-out",
        certificate,
        "-subj",
        "/CN=moodpid",
        "-config",
        folder / "openssl.conf",
    ]
    command += ["-addext", "extendedKeyUsage=clientAuth"]
    subprocess.run(command, check=True, capture_output=True, timeout=20)
