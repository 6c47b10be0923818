"""The parts that `fuzz.py` feeds: how their input is made, and what may become of it."""

import contextlib
import json
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
from benchmarks.fuzz_inputs import broken
from hypothesis import strategies as st

from moodpid import config, wiring
from moodpid.errors import ConfigError, ModelError, PictureError
from moodpid.mpd import answers
from moodpid.mpd.connection import MpdConnection
from moodpid.mpd.protocol import REQUIRED_COMMANDS, CommandRefusedError, MpdDeniedError, MpdGoneError
from moodpid.mpd.session_store import SessionStore
from moodpid.mqtt import payloads
from moodpid.mqtt.broker import Message
from moodpid.mqtt.orphan_cleanup import OrphanCleaner
from moodpid.mqtt.topics import Topics
from moodpid.settings.fields import Capabilities
from moodpid.settings.store import SettingsStore
from moodpid.state import AppState, CameraState, CameraStatus, PlayerState, PlayerStatus, Settings
from moodpid.status_line import format_status
from moodpid.system.json_file import JsonFile
from moodpid.text import MAX_CHARS, MAX_ERROR_CHARS, is_one_line
from moodpid.vision import sidecar
from moodpid.vision.image_files import decode_grey
from tests.mqtt.test_packet_socket import drain
from tests.support.mqtt import Delivered, PublisherHarness, unused

REPOSITORY = Path(__file__).parents[2]
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)  # lone surrogates included


@dataclass(frozen=True, slots=True)
class Part:
    """One part.

    Attributes:
        inputs: Makes the strategy of its inputs.
        check: Feeds one input; raises if it ends in another way than documented.
        prepared: What has to stand around all checks.
    """

    inputs: Callable[[], st.SearchStrategy[Any]]
    check: Callable[[Any], None]
    prepared: Callable[[], AbstractContextManager[object]] = nullcontext


def _configurations() -> st.SearchStrategy[bytes]:
    shown = (REPOSITORY / "config" / "moodpid.toml").read_text(encoding="utf-8")
    uncommented = "\n".join(
        line.removeprefix("# ") if line.startswith("# ") and " = " in line else line
        for line in shown.splitlines()
    )
    return st.sampled_from([shown, uncommented]).flatmap(lambda text: broken(text.encode())) | st.binary(
        max_size=200
    )


def _check_configuration(data: bytes) -> None:
    """Return a configuration, or faults of one line each; what is good can be worked with."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    try:
        parsed = config.parse(text, folder=Path("/"), files=False)
    except ConfigError as error:
        _check_lines(error)
        return
    wiring.default_settings(parsed)
    wiring.build_policy(parsed)
    assert Topics.of(parsed.device, parsed.mqtt).status.encode()


def _check_lines(error: ConfigError) -> None:
    assert error.lines
    assert all(is_one_line(line) and len(line) <= MAX_ERROR_CHARS for line in error.lines)


_STATE_FILES = {
    path.name: path.read_bytes() for path in sorted((REPOSITORY / "tests" / "data" / "0.1.0").glob("*.json"))
}
_FOLDER = Path(tempfile.gettempdir())


@contextlib.contextmanager
def _folder() -> Iterator[None]:
    global _FOLDER  # noqa: PLW0603 - one for all checks of this process
    _FOLDER = Path(tempfile.mkdtemp(prefix="moodpid-fuzz-"))
    try:
        yield
    finally:
        shutil.rmtree(_FOLDER, ignore_errors=True)


def _states() -> st.SearchStrategy[tuple[str, bytes]]:
    json_value = st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | ANY_TEXT,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
        max_leaves=8,
    )

    def of(name: str) -> st.SearchStrategy[bytes]:
        keys = list(json.loads(_STATE_FILES[name]))
        odd = st.dictionaries(st.sampled_from(keys), json_value).map(
            lambda changed: json.dumps(json.loads(_STATE_FILES[name]) | changed).encode()
        )
        return broken(_STATE_FILES[name]) | odd | st.binary(max_size=100)

    return st.sampled_from(sorted(_STATE_FILES)).flatmap(lambda name: st.tuples(st.just(name), of(name)))


def _check_state(file: tuple[str, bytes]) -> None:
    """Return a state file is read or set aside, and written again."""
    name, data = file
    path = _FOLDER / name
    path.write_bytes(data)
    if name == "settings.json":
        settings = SettingsStore(JsonFile(path), Capabilities(), Settings())
        assert settings.save(settings.load())
    elif name == "player.json":
        session = SessionStore(JsonFile(path), config.MpdConfig())
        session.save(session.load(1e6))
    else:

        def deliver(message: Message) -> Delivered:
            assert message.topic.encode()
            return Delivered()

        cleaner = OrphanCleaner(JsonFile(path), Topics("moodpid/now"), unused)
        cleaner.start(1)
        for _ in range(3):
            cleaner.step(deliver)


def _sidecars() -> st.SearchStrategy[bytes]:
    return broken((REPOSITORY / "models" / "emotion.json").read_bytes())


def _check_sidecar(data: bytes) -> None:
    model = _FOLDER / "emotion.tflite"
    if not model.exists():
        shutil.copy(REPOSITORY / "models" / "emotion.tflite", model)
    model.with_suffix(".json").write_bytes(data)
    with contextlib.suppress(ModelError):
        sidecar.load(model)


_HARNESS: list[PublisherHarness] = []


def _messages() -> st.SearchStrategy[tuple[str, bytes, bool]]:
    _HARNESS.append(PublisherHarness())
    words = [b"ON", b"OFF", b"PRESS", b"happy", b"12", b"online", b"offline", b"automatic", b""]
    claim = b'{"token": "0", "host": "x", "settled": true}'
    discovery = _HARNESS[0].connection.published[1].payload
    assert isinstance(discovery, str)
    payload = st.sampled_from(words) | broken(claim) | broken(discovery.encode()) | st.binary(max_size=100)
    return st.tuples(st.sampled_from([*_HARNESS[0].subscriptions, "elsewhere"]), payload, st.booleans())


def _check_message(message: tuple[str, bytes, bool]) -> None:
    """Return a message changes nothing but by a valid command, and stops nothing."""
    topic, payload, retained = message
    harness = _HARNESS[0]
    harness.receive(topic, payload, retained=retained)
    harness.step(0.25)
    harness.connection.published.clear()


def _packets() -> st.SearchStrategy[bytes]:
    whole = bytes.fromhex("2003000000 300a0001610003616263646566 d000 90040001 0000 4004000100 00 e0028700")
    return broken(whole) | st.binary(max_size=300)


def _check_packets(data: bytes) -> None:
    try:
        drain(data[: len(data) // 2], data[len(data) // 2 :])
    except ValueError as error:
        if not str(error).startswith("not MQTT"):
            raise


class _AnyMpd:
    """A server that answers each command of a client with the bytes that it is given."""

    def __init__(self) -> None:
        self.answers = b""
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            visitor, _ = self._server.accept()
            with contextlib.suppress(OSError), visitor:
                visitor.settimeout(2.0)
                visitor.sendall(self.answers)
                visitor.shutdown(socket.SHUT_WR)
                while visitor.recv(65536):
                    pass


_MPD: list[_AnyMpd] = []


def _mpd_answers() -> st.SearchStrategy[bytes]:
    _MPD.append(_AnyMpd())
    commands = "".join(f"command: {name}\n" for name in REQUIRED_COMMANDS)
    song = "file: a\nId: 1\nPos: 0\nTitle: t\nArtist: a\nPrio: 0\nOK\n"
    status = "volume: 50\nstate: play\nplaylistlength: 1\nplaylist: 3\nsong: 0\nsongid: 1\nelapsed: 1.5\nOK\n"
    outputs = "outputid: 0\noutputname: o\nplugin: alsa\noutputenabled: 1\nOK\n"
    start = f"OK MPD 0.23.5\n{commands}OK\n".encode()
    rest = f"{status}{song}{outputs}uptime: 5\nOK\nACK [50@0] {{listplaylist}} none\n".encode()
    return broken(rest).map(lambda answer: start + answer) | broken(start + rest)


def _check_mpd(answer: bytes) -> None:
    """Answers are understood, refused, or end the connection."""
    _MPD[0].answers = answer
    settings = config.MpdConfig(host="127.0.0.1", port=_MPD[0].port)
    with (
        contextlib.suppress(MpdGoneError, MpdDeniedError, CommandRefusedError),
        MpdConnection(settings) as connection,
    ):
        for ask in (
            connection.status,
            lambda: connection.queue(0, 10),
            connection.outputs,
            connection.uptime_s,
            lambda: list(connection.playlist("x")),
        ):
            with contextlib.suppress(CommandRefusedError):
                ask()


def _tags() -> st.SearchStrategy[dict[str, str]]:
    long = st.integers(0, 100_000).map("T".__mul__)
    tag = st.sampled_from(["Title", "Artist", "Name", "file"])
    return st.dictionaries(tag, ANY_TEXT | long).map(
        lambda tags: {"file": "a", "Id": "1", "Pos": "0", **tags}
    )


def _check_tags(tags: dict[str, str]) -> None:
    """Whatever a song is called, what leaves is short, one line and valid."""
    song = answers.queue_song(tags)
    if song is None:
        return
    player = PlayerState(PlayerStatus.PLAY, song.title, song.artist)
    line = format_status(AppState(CameraState(CameraStatus.WATCHING), player))
    assert is_one_line(line)
    assert len(song.title) <= MAX_CHARS
    assert len(payloads.player(player).encode()) <= 10 * MAX_CHARS


def _pictures() -> st.SearchStrategy[bytes]:
    png = (REPOSITORY / "models" / "faces" / "happy.png").read_bytes()
    grey = cv2.imread(str(REPOSITORY / "models" / "faces" / "happy.png"), cv2.IMREAD_GRAYSCALE)
    kinds = (".jpg", ".bmp", ".tiff", ".webp")
    others = [cv2.imencode(kind, grey)[1].tobytes() for kind in kinds]
    return st.one_of([broken(data) for data in (png, *others)])


def _check_picture(data: bytes) -> None:
    with contextlib.suppress(PictureError):
        decode_grey(data, "picture")


PARTS = {
    "configuration": Part(_configurations, _check_configuration),
    "state": Part(_states, _check_state, _folder),
    "sidecar": Part(_sidecars, _check_sidecar, _folder),
    "messages": Part(_messages, _check_message),
    "packets": Part(_packets, _check_packets),
    "mpd": Part(_mpd_answers, _check_mpd),
    "tags": Part(_tags, _check_tags),
    "pictures": Part(_pictures, _check_picture),
}
