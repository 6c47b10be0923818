"""Ten thousand moodpids on one broker, by replaying what a real one publishes.

    .venv/bin/python tools/benchmarks/swarm.py [--devices 100 1000 10000] [--seconds 30]

A real publisher with a simulated room is recorded first (tools/benchmarks/devices.py). Each device is
then a connection of its own with a last will and a subscription to its commands. It publishes the
recording under its own id, from a moment of its own on, and answers a command by publishing the value.
Prints for each number of devices how long they take to come online, what the broker counts a second,
its memory and share of a core, and how many commands got no answer. Exit code 1 if one was lost.
"""

import argparse
import asyncio
import multiprocessing
import os
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

import paho.mqtt.client as paho
from benchmarks.devices import TURN_S, Room
from benchmarks.mqtt_packets import PUBLISH, SUBSCRIBE, connect, packet, publish, text
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.subscribeoptions import SubscribeOptions

from tests.support.servers import PrivateMosquitto

RECORDED_ID = "device-0000"
RECORDING_S = 60.0
PROCESSES = 4
CONNECTS_AT_ONCE = 50
WAIT_S = 180.0


@dataclass(frozen=True, slots=True)
class Recorded:
    """A message of the real publisher."""

    at_s: float
    topic: str
    payload: bytes
    retain: bool


def record() -> list[Recorded]:
    """Return what a real publisher sends in a minute, from its connection on."""
    messages: list[Recorded] = []
    with PrivateMosquitto() as broker:
        client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        began_s = time.monotonic()
        client.on_message = lambda _client, _data, message: messages.append(
            Recorded(time.monotonic() - began_s, message.topic, bytes(message.payload), message.retain)
        )
        client.connect(broker.host, broker.port)
        # As published: the retain flag of each message is passed on
        options = SubscribeOptions(qos=0, retainAsPublished=True)
        client.on_connect = lambda c, *_: c.subscribe([("#", options)])
        client.loop_start()
        room = Room(0, broker.port)
        room.publisher.start()
        while time.monotonic() - began_s < RECORDING_S:
            room.turn(time.monotonic(), settled=False)
            time.sleep(TURN_S)
        client.loop_stop()
        room.publisher.stop()
        room.publisher.join(2.0)
    return [message for message in messages if "presence" not in message.topic]


class Device:
    """One connection that replays the recording under its own id."""

    def __init__(self, number: int, recording: list[Recorded]) -> None:
        self.name = f"device-{number:05}"
        self._recording = recording
        self._shift_s = random.Random(number).uniform(0, RECORDING_S)  # noqa: S311 - a simulation

    async def run(self, port: int, gate: asyncio.Semaphore) -> None:
        """Come online, publish in a loop, and answer commands, until cancelled."""
        async with gate:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(connect(self.name))
            await reader.readexactly(4)
            topics = text(f"moodpid/{self.name}/dwell_s/set") + b"\x00"
            writer.write(packet(SUBSCRIBE, b"\x00\x01", topics))
            for message in self._at_the_start():
                writer.write(self._own(message))
            await writer.drain()
        await asyncio.gather(self._answer(reader, writer), self._replay(writer))

    def _at_the_start(self) -> Iterator[Recorded]:
        """Yield the last retained message of each topic, as a connecting publisher sends them."""
        yield from {message.topic: message for message in self._recording if message.retain}.values()

    def _own(self, message: Recorded) -> bytes:
        topic = message.topic.replace(RECORDED_ID, self.name)
        payload = message.payload.replace(RECORDED_ID.encode(), self.name.encode())
        return publish(topic, payload, retain=message.retain)

    async def _replay(self, writer: asyncio.StreamWriter) -> None:
        later = [message for message in self._recording if message.at_s > 2.0]
        while True:
            began_s = time.monotonic() - self._shift_s
            for message in later:
                if message.at_s >= self._shift_s:
                    await asyncio.sleep(max(0.0, began_s + message.at_s - time.monotonic()))
                    writer.write(self._own(message))
                    await writer.drain()
            self._shift_s = 0.0

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Publish the value of each command as the state; commands are shorter than 128 bytes."""
        while True:
            kind, length = await reader.readexactly(2)
            content = await reader.readexactly(length)
            if kind & 0xF0 == PUBLISH:
                end = 2 + int.from_bytes(content[:2], "big")
                writer.write(publish(f"moodpid/{self.name}/dwell_s", content[end:], retain=True))


def street(port: int, first: int, count: int, recording: list[Recorded], stop: Event) -> None:
    """Run a process full of devices until it is stopped."""

    async def run() -> None:
        gate = asyncio.Semaphore(CONNECTS_AT_ONCE)
        devices = [
            asyncio.create_task(Device(n, recording).run(port, gate)) for n in range(first, first + count)
        ]
        await asyncio.to_thread(stop.wait)
        for device in devices:
            device.cancel()

    asyncio.run(run())


@dataclass
class Watcher:
    """Counts who is online and who has answered, and keeps the broker's own counters."""

    online: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    counters: Counter[str] = field(default_factory=Counter)

    def on_message(self, message: paho.MQTTMessage) -> None:
        """Read one message."""
        if message.topic.startswith("$SYS"):
            self.counters[message.topic.removeprefix("$SYS/broker/")] = int(message.payload)
            return
        _, device, topic = message.topic.split("/", 2)
        if topic == "status" and message.payload == b"online":
            self.online.add(device)
        elif topic == "dwell_s" and message.payload == b"42":
            self.answered.add(device)


SYS = ("messages/received", "bytes/received", "publish/messages/dropped", "clients/connected")


def subscribe(broker: PrivateMosquitto, watcher: Watcher) -> paho.Client:
    """Return a client that passes messages to the watcher."""
    client = paho.Client(CallbackAPIVersion.VERSION2)
    topics = ["moodpid/+/status", "moodpid/+/dwell_s", *(f"$SYS/broker/{name}" for name in SYS)]
    client.on_connect = lambda c, *_: c.subscribe([(topic, 0) for topic in topics])
    client.on_message = lambda _client, _data, message: watcher.on_message(message)
    client.connect(broker.host, broker.port)
    client.loop_start()
    return client


def cpu_s(process: int) -> float:
    """Return the processor time of a process (proc(5), utime and stime)."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(process: int) -> float:
    """Return the resident memory of a process."""
    pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * resource.getpagesize() / 2**20


def measure(devices: int, seconds: float, recording: list[Recorded]) -> int:
    """Print a row of the table; returns how many commands were lost."""
    spawn = multiprocessing.get_context("spawn")
    stop = spawn.Event()
    with PrivateMosquitto() as broker:
        watcher = Watcher()
        client = subscribe(broker, watcher)
        share = -(-devices // PROCESSES)
        began_s = time.monotonic()
        streets = [
            spawn.Process(
                target=street, args=(broker.port, n, min(share, devices - n), recording, stop), daemon=True
            )
            for n in range(0, devices, share)
        ]
        for process in streets:
            process.start()
        wait_for(lambda: len(watcher.online) == devices)
        online_s = time.monotonic() - began_s
        process_id = broker.pid
        before, cpu, moment_s = settle(watcher), cpu_s(process_id), time.monotonic()
        time.sleep(seconds)
        after, took_s = settle(watcher), time.monotonic() - moment_s
        used = (cpu_s(process_id) - cpu) / took_s
        lost = command(client, watcher, devices)
        grown, dropped = after - before, after["publish/messages/dropped"]
        rate, kilobytes = grown["messages/received"] / took_s, grown["bytes/received"] / took_s / 1000
        print(
            f"| {devices} | {online_s:.1f} | {rate:.0f} | {kilobytes:.0f} | {resident_mb(process_id):.0f} | "
            f"{100 * used:.1f} | {dropped} | {lost} |",
            flush=True,
        )
        stop.set()
        client.loop_stop()
        for process in streets:
            process.join(10)
    return lost


def settle(watcher: Watcher) -> Counter[str]:
    """Return the broker's counters when they are next published, every 10 s."""
    watcher.counters.clear()
    wait_for(lambda: all(name in watcher.counters for name in ("messages/received", "bytes/received")))
    return watcher.counters.copy()


def command(client: paho.Client, watcher: Watcher, devices: int) -> int:
    """Send a command to each device; returns how many did not answer in time."""
    for number in range(devices):
        client.publish(f"moodpid/device-{number:05}/dwell_s/set", "42")
    end_s = time.monotonic() + 30
    while len(watcher.answered) < devices and time.monotonic() < end_s:
        time.sleep(0.1)
    return devices - len(watcher.answered)


def wait_for(holds: Callable[[], bool]) -> None:
    """Look now and then until it holds."""
    end_s = time.monotonic() + WAIT_S
    while not holds():
        if time.monotonic() > end_s:
            raise SystemExit("swarm: not in time; is the machine busy with something else?")
        time.sleep(0.05)


def main() -> int:
    """Print a row for each number of devices."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--devices", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--seconds", type=float, default=30.0, help="how long to count (default 30)")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    recording = record()
    print(
        "| devices | online after s | messages/s | kB/s | broker MB | broker % of a core | dropped | lost |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    return 1 if sum(measure(devices, options.seconds, recording) for devices in options.devices) else 0


if __name__ == "__main__":
    raise SystemExit(main())
