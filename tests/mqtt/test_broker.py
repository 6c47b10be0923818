"""The version of the protocol, the will and the limits are those that the broker knows."""

import socket

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from moodpid import config
from moodpid.mqtt.broker import Broker, BrokerLimits, Message, packet_bytes

FAULTS = ["Server busy", "Server unavailable", "Connection rate exceeded", "Banned", "Not authorized"]


def rejected(*reasons: str | None) -> Broker:
    broker = Broker(config.MqttConfig())
    for reason in reasons:
        broker.on_rejected(ReasonCode(PacketTypes.CONNACK, reason) if reason else None)
    return broker


@pytest.mark.parametrize("reason", FAULTS)
def test_a_reason_that_only_mqtt_5_has_proves_mqtt_5(reason: str) -> None:
    assert rejected(reason, reason, reason).is_v5
    assert rejected(None, reason, None).is_v5


def test_hanging_up_twice_or_saying_so_asks_for_mqtt_3() -> None:
    assert not rejected(None, None).is_v5
    assert not rejected("Unsupported protocol version").is_v5
    assert rejected(None, None, None).is_v5, "it may have been something else: both are tried in turn"


def test_after_a_lost_session_mqtt_5_is_tried_again() -> None:
    broker = rejected(None, None)
    broker.on_accepted()
    assert not broker.is_v5
    broker.on_lost()
    broker.on_rejected(None)
    assert broker.is_v5


@pytest.mark.parametrize(
    ("reason", "retain", "qos"), [("Retain not supported", False, 1), ("QoS not supported", True, 0)]
)
def test_a_will_that_the_broker_cannot_keep_is_made_smaller(reason: str, retain: bool, qos: int) -> None:
    client = rejected(reason).client("x", Message("a", "offline"), lambda _: None)
    assert (client._will_retain, client._will_qos) == (retain, qos)


def test_limits_are_read_from_the_connack() -> None:
    properties = Properties(PacketTypes.CONNACK)  # type: ignore[no-untyped-call]
    assert BrokerLimits.of(properties) == BrokerLimits()
    properties.MaximumPacketSize, properties.RetainAvailable, properties.MaximumQoS = 4096, 0, 1
    properties.ReceiveMaximum = 10
    limits = BrokerLimits.of(properties)
    assert limits == BrokerLimits(4096, retain=False, max_qos=1, max_in_flight=10)
    assert limits.fits(Message("a", "x" * 4000))
    assert not limits.fits(Message("a", "x" * 4096))


def test_a_packet_is_never_larger_than_it_is_taken_for() -> None:
    message = Message("topic/ü", "payload ü" * 100)
    body = 2 + len(message.topic.encode()) + 2 + 1 + len(str(message.payload).encode())
    assert 1 + 2 + body <= packet_bytes(message) <= 1 + 4 + body


@pytest.mark.parametrize(("host", "address"), [("::1", "[::1]:1883"), ("broker", "broker:1883")])
def test_an_address_is_written_as_in_urls(host: str, address: str) -> None:
    assert Broker(config.MqttConfig(host=host)).address == address


def test_a_failed_connection_leaves_no_socket_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.listen()
        broker = Broker(
            config.MqttConfig(
                host="127.0.0.1", port=server.getsockname()[1], transport=config.Transport.WEBSOCKETS
            ),
            answer_limit_s=0.1,
        )
        with pytest.raises(TimeoutError):
            broker.connect(broker.client("x", None, lambda _: None))
