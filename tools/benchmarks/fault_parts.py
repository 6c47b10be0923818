"""What `faults.py` does to the daemon, its files and its clients, until every view is right again."""

import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import fault_servers
from benchmarks.fault_rig import REPOSITORY, ROOT, Fault, FaultHarness, Outcome, field_of, is_well

PARTS: dict[str, tuple[str, Fault]] = fault_servers.parts()


def _fault(title: str) -> Callable[[Fault], Fault]:
    """Put a fault into the table under its function's name."""

    def add(part: Fault) -> Fault:
        PARTS[part.__name__.removeprefix("_")] = title, part
        return part

    return add


# The daemon and its files


@_fault("kill -9 of the daemon, and a start")
def _kill(rig: FaultHarness, _: random.Random) -> Iterator[Outcome]:
    rig.end(signal.SIGKILL)
    rig.start()
    yield rig.seconds_until_right()


@_fault("SIGTERM: seconds until it ended with 0; and a start")
def _stop(rig: FaultHarness, _: random.Random) -> Iterator[Outcome]:
    began_s = time.monotonic()
    code = rig.end()
    yield time.monotonic() - began_s if code == 0 else None
    rig.start()
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


@_fault("a state file of 100 MB, and a start")
def _state_huge(rig: FaultHarness, _: random.Random) -> Iterator[Outcome]:
    rig.end()
    with (rig.state / "settings.json").open("wb") as file:
        file.write(b'{"a": [')
        for _piece in range(100):
            file.write(b"1," * 500_000)
        file.write(b"0]}")
    rig.start()
    yield rig.seconds_until_right()
    for aside in rig.state.glob("settings.json.*"):
        aside.unlink()


@_fault("a disk that takes no byte: a setting is obeyed all the same")
def _full_disk(rig: FaultHarness, _: random.Random) -> Iterator[Outcome]:
    rig.end()
    rig.start(full_disk=True)
    yield rig.seconds_until_right()
    yield _setting_comes_back(rig, "77")
    rig.end()
    rig.start()
    yield rig.seconds_until_right()


@_fault("a folder of pictures with a link to /dev/zero, a pipe, 6 GB of nothing and 108 megapixels")
def _pictures(rig: FaultHarness, _: random.Random) -> Iterator[Outcome]:
    folder = rig.folder / "pictures"
    if not folder.exists():
        _make_pictures(folder)
    rig.end()
    rig.start(path=folder)
    yield rig.seconds_until_right()
    rig.end()
    rig.start()
    yield rig.seconds_until_right()


def _make_pictures(folder: Path) -> None:
    folder.mkdir()
    face = (REPOSITORY / "models" / "faces" / "happy.png").read_bytes()
    (folder / "a.png").write_bytes(face)
    (folder / "b.png").symlink_to("/dev/zero")
    subprocess.run(["mkfifo", str(folder / "c.png")], check=True, timeout=10)
    with (folder / "d.png").open("wb") as sparse:
        sparse.truncate(6 * 10**9)
    size = (12_000).to_bytes(4) + (9_000).to_bytes(4)
    (folder / "e.png").write_bytes(face[:16] + size + face[24:])


@_fault("a video of 67 megapixels: exit code 78")
def _video(rig: FaultHarness, _: random.Random) -> Iterator[Outcome]:
    file = rig.folder / "huge.mkv"
    if not file.exists():
        huge = "color=gray:size=8192x8192:rate=1:duration=1"
        command = ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", huge, "-c:v", "ffv1", str(file)]
        subprocess.run(command, check=True, timeout=60)
    yield _ends(rig, {78}, "run", "--config", str(rig.config(path=file, name="video.toml")))


@_fault("a model truncated or with flipped bits: exit code 78")
def _model(rig: FaultHarness, chance: random.Random) -> Iterator[Outcome]:
    for kind in ("emotion.tflite", "emotion.json"):
        for name in ("emotion.tflite", "emotion.json"):
            shutil.copy(REPOSITORY / "models" / name, rig.folder / name)
        file = rig.folder / kind
        file.write_bytes(_damaged(file.read_bytes(), chance))
        config = rig.config(model=str(rig.folder / "emotion.tflite"), name="model.toml")
        picture = REPOSITORY / "models" / "faces" / "happy.png"
        # A flipped bit in a text that only people read makes no difference
        yield _ends(rig, {0, 78}, "classify", str(picture), "--config", str(config))


@_fault("a configuration truncated or with flipped bits: exit code 0 or 78")
def _configuration(rig: FaultHarness, chance: random.Random) -> Iterator[Outcome]:
    file = rig.folder / "broken.toml"
    for _ in range(5):
        file.write_bytes(_damaged((REPOSITORY / "config" / "moodpid.toml").read_bytes(), chance))
        yield _ends(rig, {0, 78}, "check", "--config", str(file))


# Other clients


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


@_fault("a title of 1 MB in the music library")
def _title(rig: FaultHarness, _: random.Random) -> Iterator[Outcome]:
    with rig.song("T" * 1_000_000):
        yield rig.seconds_until_right(lambda kept: field_of(kept, "player", "title").startswith("TTT"))
    yield rig.seconds_until_right(lambda kept: is_well(kept) and not field_of(kept, "player", "title"))


def _damaged(data: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.5:
        return data[: chance.randrange(len(data) + 1)]
    damaged = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        if damaged:
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def _publish(rig: FaultHarness, name: str, payload: str, *, retain: bool = False) -> None:
    to = ["mosquitto_pub", "-p", str(rig.mosquitto.port), "-t", f"{ROOT}/{name}"]
    what = ["-m", payload] if payload else ["-n"]
    subprocess.run([*to, *(["-r"] if retain else []), *what], check=True, timeout=10)


def _setting_comes_back(rig: FaultHarness, value: str) -> Outcome:
    _publish(rig, "dwell_s/set", value)
    return rig.seconds_until_right(lambda kept: kept.get(f"{ROOT}/dwell_s") == value.encode())


def _ends(rig: FaultHarness, codes: set[int], *arguments: str) -> Outcome:
    began_s = time.monotonic()
    code, errors = rig.run_to_end(*arguments)
    return time.monotonic() - began_s if code in codes and "Traceback" not in errors else None
