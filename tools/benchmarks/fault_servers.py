"""What `faults.py` does to the broker and MPD: the same to both."""

import contextlib
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial

from benchmarks.fault_rig import ROOT, Fault, FaultHarness, Outcome, Proxy

from tests.support.servers.server import Server

_STABLE_S = 22.0
"""A connection that lasted so long counts as good: the pauses before the next try are short again."""
_SERVERS: dict[str, tuple[str, Callable[[FaultHarness], tuple[Server, Proxy]]]] = {
    "broker": ("the broker", lambda rig: (rig.mosquitto, rig.broker_proxy)),
    "mpd": ("MPD", lambda rig: (rig.mpd, rig.mpd_proxy)),
}


@contextlib.contextmanager
def _gone(server: Server, _: random.Random) -> Iterator[None]:
    server.kill()
    yield
    server.start()


@contextlib.contextmanager
def _frozen(server: Server, _: random.Random) -> Iterator[None]:
    server.freeze()
    yield
    server.thaw()


@contextlib.contextmanager
def _garbage(server: Server, chance: random.Random) -> Iterator[None]:
    with _gone(server, chance), _stand_in(server.port, "random", chance):
        yield


@contextlib.contextmanager
def _endless(server: Server, chance: random.Random) -> Iterator[None]:
    with _gone(server, chance), _stand_in(server.port, "endless", chance):
        yield


@contextlib.contextmanager
def _denied(server: Server, _: random.Random) -> Iterator[None]:
    file = server.folder / f"{server.program}.conf"
    config = file.read_text(encoding="utf-8")
    needs_password = {
        "mosquitto": config.replace("allow_anonymous true", "allow_anonymous false"),
        "mpd": f'{config}password "x@read,add,control,admin"\ndefault_permissions ""\n',
    }
    for text in (needs_password[server.program], config):
        file.write_text(text, encoding="utf-8")
        server.kill()
        server.start()
        if text is not config:
            yield


_STAND_IN = """
import random, socket, sys, threading
port, kind, seed = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
chance = random.Random(seed)
def answer(visitor):
    try:
        if kind == "random":
            visitor.sendall(chance.randbytes(chance.randrange(1, 5000)))
        while kind == "endless":
            visitor.sendall(b"x" * 65536)
    except OSError:
        pass
    visitor.close()
server = socket.create_server(("127.0.0.1", port))
while True:
    threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()
"""


@contextlib.contextmanager
def _stand_in(port: int, kind: str, chance: random.Random) -> Iterator[None]:
    """Answer every client of a port with random bytes, or with a line that does not end."""
    command = [sys.executable, "-c", _STAND_IN, str(port), kind, str(chance.randrange(10**6))]
    with subprocess.Popen(command) as server:
        try:
            yield
        finally:
            server.kill()


_Wrong = Callable[[Server, random.Random], AbstractContextManager[None]]
_OUTAGES: dict[str, tuple[str, float, _Wrong]] = {
    "gone": ("{} killed, and back after {:g} s", 3.0, _gone),
    "black_hole": ("{} frozen for {:g} s", 10.0, _frozen),
    "garbage": ("random bytes where {} was, for {:g} s", 5.0, _garbage),
    "endless": ("an endless line where {} was, for {:g} s", 10.0, _endless),
    "denied": ("{} asks for a password, for {:g} s", 5.0, _denied),
}


def _outage(
    name: str, wrong: _Wrong, seconds: float, rig: FaultHarness, chance: random.Random
) -> Iterator[Outcome]:
    server = _SERVERS[name][1](rig)[0]
    time.sleep(_STABLE_S)
    with wrong(server, chance):
        time.sleep(seconds)
    yield rig.seconds_until_right()


def _half_open(name: str, rig: FaultHarness, _: random.Random) -> Iterator[Outcome]:
    """Let a connection stall: it has to be noticed, and made again."""
    proxy = _SERVERS[name][1](rig)[1]
    time.sleep(_STABLE_S)
    proxy.stall()
    noticed: dict[str, Callable[[dict[str, bytes]], bool]] = {
        "broker": lambda kept: kept.get(f"{ROOT}/status") == b"offline",
        "mpd": lambda _: proxy.opened_since_stall,
    }
    yield rig.seconds_until_right(noticed[name])
    yield rig.seconds_until_right()


def parts() -> dict[str, tuple[str, Fault]]:
    """Return title and fault, by the part's name."""
    found: dict[str, tuple[str, Fault]] = {}
    for name, (words, _) in _SERVERS.items():
        for kind, (title, seconds, wrong) in _OUTAGES.items():
            found[f"{name}_{kind}"] = title.format(words, seconds), partial(_outage, name, wrong, seconds)
        title = f"the connection to {words} half-open: noticed, and made again"
        found[f"{name}_half_open"] = title, partial(_half_open, name)
    return found
