"""The demo behind `tools/run`: a private MPD and Mosquitto, some music, and the daemon between them."""

import argparse
import json
import math
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
import webbrowser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from demo import cache, source
from demo.view import Heard, Line
from paho.mqtt.client import Client, error_string
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from moodpid.config import WebConfig
from moodpid.errors import ExitCode
from moodpid.library.records import analyzer_version
from moodpid.wiring import DATA
from tests.support.processes import begin, end
from tests.support.servers import PrivateMosquitto, PrivateMpd, ServerError, sound_card

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache"
ANALYSE_S = 600.0  # at most, for all songs: seconds on a PC
PAGE_S = 20.0  # until the page is there: the network and OpenCV are read first
STOP_S = 6.0
STATE = "state"  # the daemon's folder, below the demo's


def main() -> int:
    """Run the demo until its time is over or somebody ends it; returns its exit code."""
    options = _arguments()
    # SIGINT too: a shell that starts us in the background has it ignored
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    with ExitStack() as stack:
        try:
            return _demo(stack, options)
        except KeyboardInterrupt:
            return ExitCode.OK
        except BrokenPipeError:  # the reader of the output has stopped
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return ExitCode.PIPE
        except OSError as error:
            print(f"demo: {cache.describe(error, CACHE)}", file=sys.stderr)
            return ExitCode.SOME_FAILED
        except ServerError as error:
            print(f"demo: {error}", file=sys.stderr)
            return ExitCode.SOME_FAILED
        except source.NoCameraError as error:
            print(f"demo: {error}", file=sys.stderr)
            return ExitCode.CAMERA
        finally:
            # What was started is being stopped, each within its time limit: let nobody cut that short
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)


def _arguments() -> argparse.Namespace:
    parser = _Parser(
        prog="tools/run",
        description="Try moodpid out: a player, a broker and some music of its own, on loopback only.",
    )
    parser.add_argument(
        "--seconds", type=_positive, metavar="N", help="end after N seconds (default: Ctrl-C)"
    )
    parser.add_argument(
        "--source",
        default="",
        choices=["picamera2", "webcam", "recording"],
        help="instead of the best there is",
    )
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    return parser.parse_args()


class _Parser(argparse.ArgumentParser):
    """As argparse's, with the exit code of `moodpid` for a wrong command line."""

    def error(self, message: str) -> NoReturn:
        self.exit(ExitCode.USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


def _positive(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"it takes a number of seconds, such as 60, not {text!r}")
    return seconds


def _demo(stack: ExitStack, options: argparse.Namespace) -> ExitCode:
    camera, called = source.choose(options.source)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="moodpid-demo-")))
    music = cache.songs(CACHE)
    mpd = stack.enter_context(PrivateMpd(music, audible=True, within=folder))
    broker = stack.enter_context(PrivateMosquitto(within=folder))
    config = folder / "moodpid.toml"
    port = _reserve_port(stack)
    config.write_text(_toml(_config(camera, mpd, broker, port)), encoding="utf-8")
    _introduce(called, mpd, broker, port)
    network = (DATA / "musicnn.npz").exists()
    _analyse(config, mpd, music / f"library-{analyzer_version(network=network)}.sqlite")
    heard, line = Heard(), Line()
    stack.callback(_sum_up, heard)
    stack.callback(line.end)
    client = stack.enter_context(_listening(broker, heard))
    daemon = stack.enter_context(_daemon(config, folder / "moodpid.log"))
    if options.open:
        _open_page(daemon, port)
    end_s = time.monotonic() + options.seconds if options.seconds else float("inf")
    while daemon.poll() is None and time.monotonic() < end_s:
        _hear(client, within_s=min(0.25, max(0.0, end_s - time.monotonic())))
        line.show(heard)
    if daemon.returncode is None:
        return ExitCode.OK
    line.end()
    _explain(daemon.returncode, folder / "moodpid.log")
    return ExitCode.SOME_FAILED


def _explain(returncode: int, log: Path) -> None:
    """Return the daemon's last words, which say why it ended."""
    words = log.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    print("".join(words[-10:]), end="", file=sys.stderr)
    print(f"demo: moodpid ended by itself, with exit code {returncode}", file=sys.stderr)


def _analyse(config: Path, mpd: PrivateMpd, cached: Path) -> None:
    """Have the songs analysed: in the first seconds of the first demo, once for each version of them."""
    state = config.with_name(STATE)
    state.mkdir()
    database = state / "library.sqlite"
    try:
        shutil.copyfile(cached, database)
    except OSError:  # there is none yet, or it is another user's alone
        print("  listening to its songs, to place them on the plane of moods…", flush=True)
    # MPD shows on its own socket where its songs are
    own = config.with_name("analyse.toml")
    own.write_text(_toml({"player": {"host": str(mpd.socket)}, "mqtt": {"enabled": False}}), encoding="utf-8")
    command = [sys.executable, "-m", "moodpid", "analyse", "--config", str(own)]
    environment = {**os.environ, "STATE_DIRECTORY": str(state)}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=ANALYSE_S
        )
    except subprocess.TimeoutExpired:
        raise ServerError(f"the songs are not analysed after {ANALYSE_S / 60:.0f} minutes") from None
    if done.returncode:
        raise ServerError(f"the songs cannot be analysed: {done.stderr.strip()}")
    cache.keep(database, cached)


def _reserve_port(stack: ExitStack) -> int:
    """Return the page's usual port, or any other where that one is taken.

    A datagram socket of the same number holds it against other demos until the daemon listens.
    """
    for port in (WebConfig().port, 0):
        with suppress(OSError), socket.create_server((WebConfig().host, port)) as probe:
            number = int(probe.getsockname()[1])
            reservation = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            reservation.bind((WebConfig().host, number))
            return number
    raise ServerError("no port of loopback is free")


def _open_page(daemon: subprocess.Popen[bytes], port: int) -> None:
    """Open the browser as soon as the page is there."""
    until_s = time.monotonic() + PAGE_S
    while daemon.poll() is None and time.monotonic() < until_s:
        with suppress(OSError), socket.create_connection((WebConfig().host, port), timeout=1.0):
            webbrowser.open(_address(port))
            return
        time.sleep(0.1)


def _address(port: int) -> str:
    return f"http://{WebConfig().host}:{port}/"


def _config(
    camera: source.Table, mpd: PrivateMpd, broker: PrivateMosquitto, port: int
) -> dict[str, dict[str, Any]]:
    """`config/demo.toml` with the camera and the ports of today."""
    tables: dict[str, dict[str, Any]] = tomllib.loads(
        (ROOT / "config" / "demo.toml").read_text(encoding="utf-8")
    )
    tables["camera"] = {**tables.get("camera", {}), **camera}
    tables["player"] = {**tables.get("player", {}), "host": mpd.host, "port": mpd.port}
    tables["mqtt"] = {**tables.get("mqtt", {}), "host": broker.host, "port": broker.port}
    tables["web"] = {"enabled": True, "port": port, "picture": True}
    return tables


def _toml(tables: dict[str, dict[str, Any]], prefix: str = "") -> str:
    """TOML of nested tables."""
    text = ""
    for name, table in tables.items():
        inner = {key: value for key, value in table.items() if isinstance(value, dict)}
        text += f"[{prefix}{name}]\n"
        text += "".join(f"{key} = {_value(value)}\n" for key, value in table.items() if key not in inner)
        text += _toml(inner, f"{prefix}{name}.")
    return text


def _value(value: object) -> str:
    """Return a value as TOML has it: strings, numbers and truths as in JSON, but not tables in lists."""
    match value:
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case dict():
            return f"{{ {', '.join(f'{key} = {_value(inner)}' for key, inner in value.items())} }}"
    return json.dumps(value)


def _introduce(camera: str, mpd: PrivateMpd, broker: PrivateMosquitto, port: int) -> None:
    print(f"The page is at {_address(port)}")
    sound = "you should hear it" if sound_card() else "silently: there is no sound card"
    print(f"moodpid watches {camera}, and plays to its mood ({sound}).")
    print(f"  its topics:  mosquitto_sub -p {broker.port} -t 'moodpid/#' -v")
    print(f"  its player:  mpc -p {mpd.port}")
    print("  Ctrl-C ends it all.", flush=True)


@contextmanager
def _listening(broker: PrivateMosquitto, heard: Heard) -> Iterator[Client]:
    """Yield a client that hears all topics of ours, as long as somebody calls its `loop`."""
    client = Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _data, message: heard.take(message.topic, bytes(message.payload))
    client.connect(broker.host, broker.port)
    client.subscribe("moodpid/#")
    try:
        yield client
    finally:
        client.disconnect()


def _hear(client: Client, within_s: float) -> None:
    """Take what the broker sends in that time; raises ServerError where it has gone."""
    code = client.loop(timeout=within_s)
    if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
        raise ServerError(f"its broker has gone: {error_string(code)}")


@contextmanager
def _daemon(config: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`moodpid run`, which dies with us, and is asked to stop at the end."""
    environment = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "NOTIFY_SOCKET"}}
    environment["STATE_DIRECTORY"] = str(config.with_name(STATE))
    command = [sys.executable, "-P", "-m", "moodpid", "run", "--config", str(config)]
    process = begin(command, log, at_our_death="TERM", environment=environment)
    try:
        yield process
    finally:
        end(process, within_s=STOP_S)


def _sum_up(heard: Heard) -> None:
    if heard.moods:
        print(f"It felt: {', '.join(heard.moods)}. All is stopped.")


if __name__ == "__main__":
    raise SystemExit(main())
