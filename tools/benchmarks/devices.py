"""A thousand moodpids on one broker: the real publisher and payloads, with a simulated room behind each.

Shows how many messages a second there are, how many bytes a device sends in an hour, how long a thousand
commands take until their states are back, and whether anything was lost.
"""

import argparse
import json
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from moodpid import config
from moodpid.mood.emotion import EMOTIONS, EmotionScores, Mood
from moodpid.mood.mood_filter import MoodState
from moodpid.mood.policy import EventType, MoodEvent
from moodpid.mqtt.publisher import build_publisher
from moodpid.requests import ChangeSetting, Request
from moodpid.settings.fields import Capabilities
from moodpid.state import AppState, CameraState, CameraStatus, Metrics, PlayerState, PlayerStatus, Settings
from moodpid.text import clean
from tests.support.servers import PrivateMosquitto

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

A_PROCESS = 200  # select(2) takes 1024 descriptors, and a client has three
TURN_S = 0.25
MOOD_LASTS_S = 60.0
WAIT_S = 60.0


class Room:
    """A room whose mood wanders, and its publisher."""

    def __init__(self, number: int, port: int) -> None:
        self._chance = random.Random(number)  # noqa: S311 - a simulation
        self._settings = Settings()
        self._belief = [1 / len(EMOTIONS)] * len(EMOTIONS)
        self._mood, self._since_s = Mood.NEUTRAL, time.monotonic()
        device = config.DeviceConfig(id=f"device-{number:04}", name=f"Device {number}")
        broker = config.MqttConfig(host="127.0.0.1", port=port)
        self.publisher = build_publisher(device, broker, self._obey, capabilities=Capabilities(max_fps=8.0))
        self.published = ""

    def _obey(self, request: Request) -> bool:
        if isinstance(request, ChangeSetting):
            self._settings = request.applied(self._settings)
        return True

    def turn(self, now_s: float, *, settled: bool) -> None:
        """Return what a turn of the loop does; nothing new happens once it is settled."""
        events: list[MoodEvent] = []
        if not settled:
            if self._chance.random() < TURN_S / MOOD_LASTS_S:
                before, self._mood = self._mood, self._chance.choice(list(Mood))
                self._since_s = now_s
                events = [MoodEvent(EventType.MOOD_CHANGED, before, self._mood)]
            self._wander()
        self.published = self._mood.value
        camera, player = CameraState(CameraStatus.WATCHING), PlayerState(PlayerStatus.PLAY, clean("A Song"))
        vitals = Metrics(0.04 + 0.01 * self._chance.random(), 4.0, 50.0)
        scores = EmotionScores(tuple(self._belief))
        mood = MoodState(self._mood, self._since_s, max(self._belief), 1, scores, now_s)
        self.publisher.publish(AppState(camera, player, mood, mood, self._settings, vitals), events)

    def _wander(self) -> None:
        noisy = [max(1e-3, b + self._chance.gauss(0, 0.01)) for b in self._belief]
        self._belief = [b / sum(noisy) for b in noisy]


def street(port: int, first: int, count: int, seconds: float, published: "Queue[dict[str, str]]") -> None:
    """One process full of rooms; puts the last mood of each, when the time is over, and stays a while."""
    rooms = {f"device-{n:04}": Room(n, port) for n in range(first, first + count)}
    for room in rooms.values():
        room.publisher.start()
    until_s = time.monotonic() + seconds
    put = False
    while time.monotonic() < until_s + WAIT_S / 2:
        began_s = time.monotonic()
        for room in rooms.values():
            room.turn(began_s, settled=began_s > until_s)
        if began_s > until_s + 5 and not put:
            put = True
            published.put({name: room.published for name, room in rooms.items()})
        time.sleep(max(0.0, TURN_S - (time.monotonic() - began_s)))
    for room in rooms.values():
        room.publisher.stop()
    for room in rooms.values():
        room.publisher.join(2)


@dataclass
class Observer:
    """Hears everything."""

    messages: Counter[str] = field(default_factory=Counter)
    bytes_: int = 0
    moods: dict[str, str] = field(default_factory=dict)
    online: set[str] = field(default_factory=set)
    dwell: dict[str, str] = field(default_factory=dict)
    received: list[tuple[float, int]] = field(default_factory=list)

    def hear(self, message: paho.MQTTMessage) -> None:
        """Count a message, and remember what it says."""
        if message.topic == "$SYS/broker/bytes/received":
            self.received.append((time.monotonic(), int(message.payload)))
            return
        _, device, topic = message.topic.split("/", 2)
        self.messages[topic] += 1
        self.bytes_ += len(message.topic) + len(message.payload)
        if topic == "mood":
            self.moods[device] = json.loads(message.payload)["mood"]
        elif topic == "status" and message.payload == b"online":
            self.online.add(device)
        elif topic == "dwell_s":
            self.dwell[device] = bytes(message.payload).decode()


def main() -> int:
    """Run it, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    with PrivateMosquitto() as broker:
        published: Queue[dict[str, str]] = multiprocessing.get_context("spawn").Queue()
        processes = list(streets(broker.port, options.devices, options.seconds, published))
        observer, client = Observer(), paho.Client(CallbackAPIVersion.VERSION2)
        client.on_connect = lambda c, *_: c.subscribe([("moodpid/#", 0), ("$SYS/broker/bytes/received", 0)])
        client.on_message = lambda _client, _data, message: observer.hear(message)
        client.connect("127.0.0.1", broker.port)
        client.loop_start()
        began_s = time.monotonic()
        wait_until(lambda: len(observer.online) == options.devices)
        print(f"{options.devices} devices online after {time.monotonic() - began_s:.1f} s")
        measure(observer, options.devices, options.seconds)
        command(observer, client, options.devices)
        expected: dict[str, str] = {}
        for _ in processes:
            expected |= published.get(timeout=options.seconds + WAIT_S)
        time.sleep(1)
        lost = [name for name, mood in expected.items() if observer.moods.get(name) != mood]
        print(f"last moods published {len(expected)}, different at the broker {len(lost)} {lost[:5]}")
        client.disconnect()
        client.loop_stop()
        for process in processes:
            process.join(WAIT_S)
    return 1 if lost else 0


def streets(
    port: int, devices: int, seconds: float, published: "Queue[dict[str, str]]"
) -> Iterator[multiprocessing.process.BaseProcess]:
    """Start as many processes as the devices need."""
    spawn = multiprocessing.get_context("spawn")
    for first in range(0, devices, A_PROCESS):
        count = min(A_PROCESS, devices - first)
        process = spawn.Process(target=street, args=(port, first, count, seconds, published), daemon=True)
        process.start()
        yield process


def measure(observer: Observer, devices: int, seconds: float) -> None:
    """Listen for half of the time in which the moods wander."""
    before, bytes_before, began_s = observer.messages.copy(), observer.bytes_, time.monotonic()
    time.sleep(seconds / 2)
    took_s = time.monotonic() - began_s
    counted = observer.messages - before
    rate_hz, share = sum(counted.values()) / took_s, 3600 / took_s / devices
    print(f"{rate_hz:.1f} messages a second in all, {counted.total() * share:.0f} an hour from each device")
    kilobytes = (observer.bytes_ - bytes_before) * share / 1e3
    print(f"{kilobytes:.0f} kB an hour from each device, topics and payloads")
    if len(observer.received) > 1:
        (t0, b0), (t1, b1) = observer.received[-2:]
        kilobytes = (b1 - b0) / (t1 - t0) * 3600 / devices / 1e3
        print(f"{kilobytes:.0f} kB an hour from each device, by the broker's own count of what it received")
    print("by topic:", ", ".join(f"{topic} {n * share:.0f}/h" for topic, n in counted.most_common()))


def command(observer: Observer, client: paho.Client, devices: int) -> None:
    """Set something on every device and wait until every one says so."""
    began_s = time.monotonic()
    for n in range(devices):
        client.publish(f"moodpid/device-{n:04}/dwell_s/set", "42")
    wait_until(lambda: sum(text == "42" for text in observer.dwell.values()) == devices)
    print(f"{devices} commands carried out and published after {time.monotonic() - began_s:.1f} s, none lost")


def wait_until(holds: Callable[[], bool]) -> None:
    """Look now and then until it holds."""
    deadline = time.monotonic() + WAIT_S
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit("not in time")
        time.sleep(0.05)


if __name__ == "__main__":
    raise SystemExit(main())
