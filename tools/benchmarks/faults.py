#!/usr/bin/env python3
"""Drives the real daemon through faults, and counts what it survives and how long until every view is right.

    .venv/bin/python tools/benchmarks/faults.py [--times 3] [PART...]   a table, one row a part
    .venv/bin/python tools/benchmarks/faults.py --minutes 60       a soak: slopes of memory, files, threads

Servers and daemon are private and end with the tool. Times are from the end of a fault to the moment when the
broker retains the right states. Exit codes: 0 all survived; 1 not all.
"""

import argparse
import contextlib
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.fault_rig import ROOT, FaultHarness
from benchmarks.fault_soak import soak

REPOSITORY = Path(__file__).parents[2]
Outcome = float | None
"""Seconds until every view was right, None if the fault was not survived."""
Fault = Callable[[FaultHarness, random.Random], Iterator[Outcome]]
PARTS: dict[str, tuple[str, Fault]] = {}


def _fault(title: str) -> Callable[[Fault], Fault]:
    """Put a fault into the table under its function's name."""

    def add(part: Fault) -> Fault:
        PARTS[part.__name__.removeprefix("_")] = title, part
        return part

    return add


@_fault("kill -9 of the daemon, and a start")
def _kill(rig: FaultHarness, _: random.Random) -> Iterator[Outcome]:
    rig.end(signal.SIGKILL)
    rig.start()
    yield rig.seconds_until_right()


@_fault("SIGTERM: seconds until it ended with 0")
def _stop(rig: FaultHarness, _: random.Random) -> Iterator[Outcome]:
    began_s = time.monotonic()
    code = rig.end()
    yield time.monotonic() - began_s if code == 0 else None
    rig.start()
    yield rig.seconds_until_right()


@_fault("the broker killed, and back after 3 s")
def _broker_gone(rig: FaultHarness, _: random.Random) -> Iterator[Outcome]:
    rig.mosquitto.kill()
    time.sleep(3)
    rig.mosquitto.start()
    yield rig.seconds_until_right()


@_fault("the broker frozen for 10 s")
def _broker_black_hole(rig: FaultHarness, _: random.Random) -> Iterator[Outcome]:
    rig.mosquitto.freeze()
    time.sleep(10)
    rig.mosquitto.thaw()
    yield rig.seconds_until_right()


@_fault("the connection to the broker half-open")
def _broker_half_open(rig: FaultHarness, _: random.Random) -> Iterator[Outcome]:
    rig.broker_proxy.stall()
    yield rig.seconds_until_right(lambda kept: kept.get(f"{ROOT}/status") == b"offline")
    yield rig.seconds_until_right()


@_fault("random bytes for 5 s where the broker was")
def _broker_garbage(rig: FaultHarness, chance: random.Random) -> Iterator[Outcome]:
    port = rig.mosquitto.port
    rig.mosquitto.kill()
    with _garbage(port, chance):
        time.sleep(5)
    rig.mosquitto.start()
    yield rig.seconds_until_right()


@_fault("MPD killed, and back after 3 s")
def _mpd_gone(rig: FaultHarness, _: random.Random) -> Iterator[Outcome]:
    rig.mpd.kill()
    time.sleep(3)
    rig.mpd.start()
    yield rig.seconds_until_right()


@_fault("MPD frozen for 10 s")
def _mpd_black_hole(rig: FaultHarness, _: random.Random) -> Iterator[Outcome]:
    rig.mpd.freeze()
    time.sleep(10)
    rig.mpd.thaw()
    yield rig.seconds_until_right()


@_fault("random bytes for 5 s where MPD was")
def _mpd_garbage(rig: FaultHarness, chance: random.Random) -> Iterator[Outcome]:
    port = rig.mpd.port
    rig.mpd.kill()
    with _garbage(port, chance):
        time.sleep(5)
    rig.mpd.start()
    yield rig.seconds_until_right()


@_fault("state files truncated or with flipped bits, and a start")
def _state_files(rig: FaultHarness, chance: random.Random) -> Iterator[Outcome]:
    rig.end(signal.SIGKILL)
    for name in ("settings.json", "topics.json", "player.json"):
        file = rig.state / name
        if file.exists():
            file.write_bytes(_damaged(file.read_bytes(), chance))
    rig.start()
    yield rig.seconds_until_right()


@_fault("a disk that takes no byte: a setting is obeyed all the same")
def _full_disk(rig: FaultHarness, _: random.Random) -> Iterator[Outcome]:
    rig.end()
    rig.start(full_disk=True)
    yield rig.seconds_until_right()
    yield _setting_comes_back(rig, "77")
    rig.end()
    rig.start()
    yield rig.seconds_until_right()


@_fault("states deleted and overwritten by another client")
def _overwritten(rig: FaultHarness, _: random.Random) -> Iterator[Outcome]:
    for payload in ("", "offline", "garbage"):
        _publish(rig, "status", payload, retain=True)
        _publish(rig, "camera", payload, retain=True)
        yield rig.seconds_until_right()


@_fault("5 s of 3,000 nonsense commands a second: a valid one in between and after")
def _flood(rig: FaultHarness, _: random.Random) -> Iterator[Outcome]:
    with socket.create_connection(("127.0.0.1", rig.mosquitto.port)) as sender:
        sender.sendall(bytes.fromhex("100c00044d5154540402003c0000"))
        sender.recv(4)
        topic = f"{ROOT}/dwell_s/set".encode()
        packet = bytes([0x30, len(topic) + 7]) + len(topic).to_bytes(2) + topic + b"bogus"
        for second in range(5):
            sender.sendall(packet * 3000)
            yield _setting_comes_back(rig, str(100 + second))
            time.sleep(0.5)
    yield _setting_comes_back(rig, "99")


@_fault("a model truncated or with flipped bits: exit code 78")
def _model(rig: FaultHarness, chance: random.Random) -> Iterator[Outcome]:
    for kind in ("emotion.tflite", "emotion.json"):
        for name in ("emotion.tflite", "emotion.json"):
            shutil.copy(REPOSITORY / "models" / name, rig.folder / name)
        file = rig.folder / kind
        file.write_bytes(_damaged(file.read_bytes(), chance))
        config = rig.config(model=str(rig.folder / "emotion.tflite"))
        picture = REPOSITORY / "models" / "faces" / "happy.png"
        # A flipped bit in a text that only people read makes no difference
        yield _ends(rig, {0, 78}, "classify", str(picture), "--config", str(config))


@_fault("a configuration truncated or with flipped bits: exit code 0 or 78")
def _configuration(rig: FaultHarness, chance: random.Random) -> Iterator[Outcome]:
    file = rig.folder / "broken.toml"
    for _ in range(5):
        file.write_bytes(_damaged((REPOSITORY / "config" / "moodpid.toml").read_bytes(), chance))
        yield _ends(rig, {0, 78}, "check", "--config", str(file))


def _damaged(data: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.5:
        return data[: chance.randrange(len(data) + 1)]
    damaged = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        if damaged:
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


@contextlib.contextmanager
def _garbage(port: int, chance: random.Random) -> Iterator[None]:
    """Answer every client of a port with random bytes."""
    code = (
        "import random, socket, sys\n"
        "server = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
        "chance = random.Random(int(sys.argv[2]))\n"
        "while True:\n"
        "    visitor, _ = server.accept()\n"
        "    try: visitor.sendall(chance.randbytes(chance.randrange(1, 5000))); visitor.close()\n"
        "    except OSError: pass\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(port), str(chance.randrange(10**6))]) as server:
        try:
            yield
        finally:
            server.kill()


def _publish(rig: FaultHarness, name: str, payload: str, *, retain: bool = False) -> None:
    command = [
        "mosquitto_pub",
        "-p",
        str(rig.mosquitto.port),
        "-t",
        f"{ROOT}/{name}",
        *(["-r"] if retain else []),
    ]
    subprocess.run([*command, "-m", payload] if payload else [*command, "-n"], check=True, timeout=10)


def _setting_comes_back(rig: FaultHarness, value: str) -> Outcome:
    _publish(rig, "dwell_s/set", value)
    return rig.seconds_until_right(lambda kept: kept.get(f"{ROOT}/dwell_s") == value.encode())


def _ends(rig: FaultHarness, codes: set[int], *arguments: str) -> Outcome:
    began_s = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-P", "-m", "moodpid", *arguments],
        check=False, capture_output=True, timeout=120, cwd=rig.folder,
    )  # fmt: skip
    well = done.returncode in codes and b"Traceback" not in done.stderr
    return time.monotonic() - began_s if well else None


def table(names: list[str], times: int, seed: int) -> bool:
    """Print a row for each part; return whether all was survived."""
    chance = random.Random(seed)  # noqa: S311 - faults, not secrets
    well = True
    print("| fault | tried | survived | median s | longest s |\n| --- | --- | --- | --- | --- |", flush=True)
    with FaultHarness() as rig:
        rig.start()
        rig.seconds_until_right()
        for name in names:
            outcomes: list[Outcome] = []
            for _ in range(times):
                outcomes += PARTS[name][1](rig, chance)
                if not rig.running:
                    rig.start()
            seconds = [outcome for outcome in outcomes if outcome is not None]
            well = well and len(seconds) == len(outcomes)
            how = f"{statistics.median(seconds):.1f} | {max(seconds):.1f}" if seconds else "- | -"
            print(f"| {PARTS[name][0]} | {len(outcomes)} | {len(seconds)} | {how} |", flush=True)
        rig.note_peak()
        print(f"\nPeak memory of the daemon: {rig.peak_kb / 1024:.0f} MB")
    return well


def main() -> int:
    """Run the parts, or a soak."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=3, metavar="N", help="how often each fault happens")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--minutes", type=float, metavar="M", help="a soak of so many minutes instead")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"unknown part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    if options.minutes:
        return int(not soak(options.minutes))
    return int(not table(options.parts or list(PARTS), options.times, options.seed))


if __name__ == "__main__":
    raise SystemExit(main())
