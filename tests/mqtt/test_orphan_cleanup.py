"""What we left under an earlier name goes, however often the broker goes first."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec
import pytest

from moodpid import config
from moodpid.mqtt.broker import Message
from moodpid.mqtt.id_question import Answer, IdUse
from moodpid.mqtt.orphan_cleanup import OrphanCleaner, retained_topics
from moodpid.mqtt.publisher import MqttPublisher, build_publisher
from moodpid.mqtt.timings import Timings
from moodpid.mqtt.topics import Topics
from moodpid.settings.fields import Capabilities
from moodpid.system.json_file import JsonFile
from tests.support.mqtt import (
    FAST,
    PUBLISH,
    WAIT_S,
    Delivered,
    MqttListener,
    answered,
    happy,
    lines,
    present,
    wait_until,
)
from tests.support.servers import PrivateMosquitto
from tests.support.stub_broker import ProxyBroker

DEVICE, KITCHEN = config.DeviceConfig(id="living-room", name="Living room"), config.DeviceConfig(id="kitchen")
EARLIER = Topics.of(KITCHEN, config.MqttConfig())
NOW = Topics.of(DEVICE, config.MqttConfig())
ASKING = replace(FAST, answer_limit_s=WAIT_S)
"""A question may take its time on a busy machine."""
Begin = Callable[..., MqttPublisher]


def forgetful(folder: Path) -> JsonFile:
    """The state file of an installation that had another id before."""
    file = JsonFile(folder / "topics.json")
    file.write({"root": EARLIER.root, "discovery": EARLIER.discovery})
    return file


@pytest.fixture
def begin(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Begin]:
    """Makes publishers that speak only on request, and remember earlier ones."""
    caplog.set_level("INFO", "moodpid")
    publishers: list[MqttPublisher] = []

    def start(
        port: int,
        device: config.DeviceConfig = DEVICE,
        *,
        file: str = "topics.json",
        timings: Timings = ASKING,
        music: bool = True,
        **broker: object,
    ) -> MqttPublisher:
        settings = msgspec.convert({"host": "127.0.0.1", "port": port, **broker}, config.MqttConfig)
        memory = JsonFile(tmp_path / file)
        can = Capabilities(music=music)
        publishers.append(
            build_publisher(
                device, settings, lambda _: True, capabilities=can, memory=memory, timings=timings
            )
        )
        publishers[-1].start()
        return publishers[-1]

    yield start
    for publisher in publishers:
        publisher.stop()
        publisher.join(30)


def tell_until(publisher: MqttPublisher, holds: Callable[[], bool]) -> None:
    def published() -> bool:
        publisher.publish(present(happy()), ())
        return holds()

    wait_until(published)


def remembers(folder: Path, topics: Topics) -> bool:
    published = JsonFile(folder / "topics.json").read(dict[str, str])
    return published == {"root": topics.root, "discovery": topics.discovery}


def leave(port: int, topics: Topics, *, username: str = "") -> None:
    with MqttListener(port, username=username) as listener:
        for topic in retained_topics(topics):
            listener.publish(topic, "x", retain=True)


def kept(port: int, *, username: str = "") -> set[str]:
    with MqttListener(port, username=username) as late:
        late.publish("marker", "x")
        late.wait_for_text("marker", "x")
        return {message.topic for message in late.messages[:-1]}


@pytest.mark.parametrize(
    ("device_id", "changed"),
    [
        ("kitchen", {}),
        ("living-room", {"base_topic": "home/mood"}),
        ("living-room", {"discovery_prefix": "ha"}),
    ],
)
def test_another_id_or_prefix_leaves_no_orphan(
    mosquitto: PrivateMosquitto, tmp_path: Path, begin: Begin, device_id: str, changed: dict[str, str]
) -> None:
    after = Topics.of(config.DeviceConfig(id=device_id), msgspec.convert(changed, config.MqttConfig))
    for device, topics, broker in ((DEVICE, NOW, {}), (config.DeviceConfig(id=device_id), after, changed)):
        publisher = begin(mosquitto.port, device, **broker)
        with MqttListener(mosquitto.port) as listener:
            tell_until(publisher, listener.messages_on(topics.status, "online"))
        tell_until(publisher, partial(remembers, tmp_path, topics))
        publisher.stop()
        assert publisher.join(30)
    assert kept(mosquitto.port) == set(retained_topics(after))


def test_deleting_is_repeated_after_the_broker_died(
    mosquitto: PrivateMosquitto, tmp_path: Path, begin: Begin, caplog: pytest.LogCaptureFixture
) -> None:
    forgetful(tmp_path)
    leave(mosquitto.port, EARLIER)
    publisher = begin(mosquitto.port)
    wait_until(lambda: publisher.connected)
    mosquitto.freeze()
    tell_until(publisher, lambda: publisher.owns_id)
    publisher.publish(present(happy()), ())
    mosquitto.kill()
    wait_until(lambda: not publisher.connected)
    publisher.publish(present(happy()), ())
    assert remembers(tmp_path, EARLIER)
    assert not any("deleted" in line for line in lines(caplog))
    mosquitto.start()
    leave(mosquitto.port, EARLIER)
    tell_until(publisher, partial(remembers, tmp_path, NOW))
    assert kept(mosquitto.port) <= set(retained_topics(NOW))
    assert sum("deleted" in line for line in lines(caplog)) == 1


def test_a_copied_card_leaves_the_first_device_alone(
    mosquitto: PrivateMosquitto, tmp_path: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moodpid.mqtt.publisher.read_serial", lambda: "this Pi")
    copied = {"root": EARLIER.root, "discovery": EARLIER.discovery, "machine": "another Pi"}
    JsonFile(tmp_path / "topics.json").write(copied)
    leave(mosquitto.port, EARLIER)
    publisher = begin(mosquitto.port)
    ours = {"root": NOW.root, "discovery": NOW.discovery, "machine": "this Pi"}
    tell_until(publisher, lambda: JsonFile(tmp_path / "topics.json").read(dict[str, str]) == ours)
    assert set(retained_topics(EARLIER)) <= kept(mosquitto.port)


def test_another_instance_with_the_earlier_id_keeps_its_topics(
    mosquitto: PrivateMosquitto, tmp_path: Path, begin: Begin, caplog: pytest.LogCaptureFixture
) -> None:
    other = begin(mosquitto.port, KITCHEN, file="other.json")
    with MqttListener(mosquitto.port) as listener:
        tell_until(other, listener.messages_on(EARLIER.status, "online"))
        forgetful(tmp_path)
        publisher = begin(mosquitto.port, timings=replace(ASKING, listen_s=2.0))
        tell_until(publisher, partial(remembers, tmp_path, NOW))
        assert set(retained_topics(EARLIER)) <= kept(mosquitto.port)
        listener.publish("marker", "x")
        listener.wait_for_text("marker", "x")
        assert all(m.payload for m in listener.messages if m.topic in retained_topics(EARLIER))
    assert sum(f"uses {EARLIER.root}, an earlier name of this one" in line for line in lines(caplog)) == 1


def test_without_an_answer_from_the_broker_nothing_is_deleted(
    tmp_path: Path, begin: Begin, caplog: pytest.LogCaptureFixture
) -> None:
    forgetful(tmp_path)
    with guarded(tmp_path) as server:
        leave(server.port, EARLIER, username="owner")
        publisher = begin(server.port, timings=replace(FAST, answer_limit_s=1.0))
        tell_until(publisher, lambda: any("of an earlier name stay" in line for line in lines(caplog)))
        assert set(retained_topics(EARLIER)) <= kept(server.port, username="owner")
    assert f"a message to {EARLIER.presence} does not come back" in caplog.text
    assert remembers(tmp_path, EARLIER)  # for the next start


@pytest.mark.parametrize("first", [IdUse(trouble="it is away"), None])
def test_what_was_not_answered_is_asked_in_the_next_session(tmp_path: Path, first: IdUse | None) -> None:
    answers = [answered(first) if first else Answer(), answered(IdUse())]
    deleted: list[Message] = []

    def deliver(message: Message) -> Delivered:
        deleted.append(message)
        return Delivered()

    cleaner = OrphanCleaner(forgetful(tmp_path), NOW, lambda _: answers.pop(0))
    cleaner.start(1)
    for _ in range(3):
        cleaner.step(deliver)
    assert not deleted
    assert remembers(tmp_path, EARLIER)
    cleaner.start(2)
    for _ in range(100):
        cleaner.step(deliver)
    assert [message.topic for message in deleted] == list(retained_topics(EARLIER))
    assert remembers(tmp_path, NOW)


def guarded(folder: Path, *allowed: str) -> PrivateMosquitto:
    """A broker that allows the present topics and those named; to the user `owner` all."""
    rules = folder / "rules"
    topics = (f"{NOW.root}/#", NOW.discovery, *allowed)
    ours = "".join(f"topic readwrite {topic}\n" for topic in topics)
    rules.write_text(f"{ours}user owner\ntopic readwrite #\n", encoding="utf-8")
    server = PrivateMosquitto()
    with (server.folder / "mosquitto.conf").open("a", encoding="utf-8") as file:
        file.write(f"acl_file {rules}\n")
    return server


def test_denied_deleting_is_logged_once(
    tmp_path: Path, begin: Begin, caplog: pytest.LogCaptureFixture
) -> None:
    forgetful(tmp_path)
    with guarded(tmp_path, EARLIER.presence) as server:
        leave(server.port, EARLIER, username="owner")
        publisher = begin(server.port)
        tell_until(publisher, partial(remembers, tmp_path, NOW))
        assert set(retained_topics(EARLIER)) <= kept(server.port, username="owner")
    assert not any("deleted" in line for line in lines(caplog))
    assert sum("denies deleting" in line for line in lines(caplog)) == 1


def test_without_a_player_no_settings_of_one_stay(
    mosquitto: PrivateMosquitto, tmp_path: Path, begin: Begin
) -> None:
    settings = {NOW.state("drive_music"), NOW.state("strategy")}

    def is_left(publisher: MqttPublisher, expected: set[str]) -> None:
        tell_until(publisher, lambda: kept(mosquitto.port) & settings == expected)
        tell_until(publisher, (tmp_path / "topics.json").exists)
        publisher.stop()
        publisher.join(30)

    is_left(begin(mosquitto.port), settings)
    is_left(begin(mosquitto.port, music=False), set())
    is_left(begin(mosquitto.port), settings)


class Strict(ProxyBroker):
    """Ends the session of a client that writes what it may not, as some brokers do."""

    def _passed(self, packet: bytes, visitor: socket.socket) -> bytes:
        del visitor
        publishes = packet[0] & 0xF0 == PUBLISH
        denied = publishes and any(topic.encode() in packet for topic in retained_topics(EARLIER))
        return b"" if denied else packet


def test_a_broker_closing_at_deletions_keeps_no_device_away(
    mosquitto: PrivateMosquitto, tmp_path: Path, begin: Begin, caplog: pytest.LogCaptureFixture
) -> None:
    forgetful(tmp_path)
    with Strict(mosquitto.port) as broker:
        publisher = begin(broker.port)
        tell_until(publisher, lambda: any("of an earlier name" in line for line in lines(caplog)))
        with MqttListener(mosquitto.port) as listener:
            tell_until(publisher, listener.messages_on(NOW.status, "online"))
        tell_until(publisher, lambda: publisher._outbox.is_idle)
        assert broker.visits == 3 + 2  # with two questions, each before the deletion that ends a session
    assert remembers(tmp_path, EARLIER)  # for the next start
    assert not any("rejects a message" in line for line in lines(caplog))
