"""What the publisher does for Home Assistant, on a real Mosquitto."""

import json
import logging
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from moodpid.mqtt.timings import Timings
from moodpid.requests import ChangeSetting
from tests.support.mqtt import FAST, MqttListener, PublisherHarness, Start, happy, present, wait_until
from tests.support.servers import PrivateMosquitto, free_port

ROOT = "moodpid/living-room"
CONFIG = "homeassistant/device/moodpid_living-room/config"


def discovered(listener: MqttListener) -> dict[str, Any]:
    published: dict[str, Any] = json.loads(
        listener.wait_for(lambda m: m.topic == CONFIG and m.payload).payload
    )
    return published


def test_the_device_is_discovered_before_it_is_online(mosquitto: PrivateMosquitto, start: Start) -> None:
    with MqttListener(mosquitto.port) as listener:
        start(mosquitto.port)
        assert discovered(listener)["device"]["name"] == "Living room"
        assert (f"{ROOT}/status", b"online") not in {(m.topic, bytes(m.payload)) for m in listener.messages}
        listener.wait_for_text(f"{ROOT}/status", "online")


@pytest.mark.parametrize("retain", [False, True])
def test_when_home_assistant_is_born_everything_is_reported_again(
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


def test_frequent_births_republish_at_a_limited_rate() -> None:
    harness = PublisherHarness(timings=replace(FAST, republish_s=10.0))
    published = [harness.connection.topics.count(CONFIG)]
    for _ in range(400):
        harness.receive("homeassistant/status", b"online")
        harness.step(0.25)
        published.append(harness.connection.topics.count(CONFIG))
    assert published[:2] == [1, 1]  # to the first birth there is a pause, too
    assert 9 <= published[-1] - published[0] <= 11


def test_an_entity_of_an_older_version_is_removed(mosquitto: PrivateMosquitto, start: Start) -> None:
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


def test_setting_states_are_published_and_follow_requests(mosquitto: PrivateMosquitto, start: Start) -> None:
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


@pytest.mark.parametrize("payload", ["", "garbage", "offline"])
@pytest.mark.parametrize("name", ["status", "mood", "dwell_s", "discovery"])
def test_a_state_that_others_write_over_is_put_right(
    mosquitto: PrivateMosquitto, start: Start, name: str, payload: str
) -> None:
    topic = CONFIG if name == "discovery" else f"{ROOT}/{name}"
    start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        before = next(bytes(m.payload) for m in listener.messages if m.topic == topic)
        listener.publish(topic, payload, retain=True)
        listener.wait_for(lambda m: m.topic == topic and bytes(m.payload) == payload.encode())
        listener.wait_for(lambda m: m.topic == topic and bytes(m.payload)[:20] == before[:20])


def test_two_writers_do_not_drive_each_other() -> None:
    harness = PublisherHarness()
    before = harness.connection.topics.count(f"{ROOT}/status")
    for _ in range(400):
        harness.receive(f"{ROOT}/status", b"offline", retained=True)
        harness.step(0.25)
    repairs = harness.connection.topics.count(f"{ROOT}/status") - before
    assert 100 / 5.0 <= repairs <= 100 / Timings().repair_s + 1


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
