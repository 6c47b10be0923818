"""A real page server on a free port of loopback, with working stand-ins for what is behind it."""

import http.client
import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from moodpid.channels import RequestQueue, SharedValue
from moodpid.config import Config, parse
from moodpid.errors import PictureError
from moodpid.mood.emotion import Emotion, Mood
from moodpid.mood.mood_filter import MoodState
from moodpid.requests import Request
from moodpid.settings.fields import Capabilities, setting_fields
from moodpid.state import (
    AppState,
    CameraState,
    CameraStatus,
    CameraView,
    FaceInView,
    PlayerState,
    PlayerStatus,
    ViewLevel,
)
from moodpid.system.json_file import JsonFile
from moodpid.text import clean
from moodpid.web.key_file import KeyFile
from moodpid.web.page import PageParts, build_page
from moodpid.web.publisher import WebPublisher
from moodpid.web.signed_tokens import KEY_BYTES
from tests.support.fakes import scores
from tests.support.servers import free_port

KEY = bytes(range(KEY_BYTES))
PASSWORD = "correct horse"
JPEG = b"\xff\xd8\xff\xe0 not a real picture"


class FakeBackend:
    """Answers at once."""

    def __init__(self) -> None:
        self.pictures: list[int] = []

    def playlists(self) -> list[dict[str, Any]]:
        return [{"mood": "happy", "borrowed": None, "lists": []}]

    def next_songs(self, mood: Mood, settings: Mapping[str, str]) -> list[dict[str, Any]]:
        return [
            {"uri": "a.mp3", "mood": mood, "source": "Happy", "why": settings.get("strategy", "one of 1")}
        ]

    def library(self) -> dict[str, Any]:
        return {"total": 1, "songs": [[0.8, 0.5, "A band: A <b>song</b>"]]}

    def classify(self, picture: bytes) -> dict[str, Any]:
        self.pictures.append(len(picture))
        if not picture.startswith(b"\xff\xd8"):
            raise PictureError("the picture: not a picture that OpenCV can read")
        return {"width": 1, "height": 1, "faces": []}


def app_state(
    mood: Mood = Mood.HAPPY, title: str = "A song", *, view: CameraView | None = None, **player: str
) -> AppState:
    """A state in which a person is there and a song plays."""
    shown = Emotion.NEUTRAL if mood is Mood.NOBODY else Emotion(mood.value)
    now_s = time.monotonic()
    felt = MoodState(mood, now_s, 0.8, 1, scores(shown), now_s)
    return AppState(
        CameraState(CameraStatus.WATCHING),
        PlayerState(PlayerStatus.PLAY, clean(title), mood=mood, **player),  # type: ignore[arg-type]
        mood=felt,
        observed_mood=felt,
        view=view,
        room_known=True,
    )


def camera_view(picture: bytes | None = JPEG) -> CameraView:
    """One happy face in the middle of a frame."""
    face = FaceInView(0.4, 0.3, 0.2, 0.25, 128, Emotion.HAPPY, 0.9)
    return CameraView(time.monotonic(), 640, 480, (face,), picture=picture)


@dataclass
class Answer:
    """What a server answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON may hold anything
        return json.loads(self.body)


@dataclass
class PageServer:
    """A page that runs, and a client for it."""

    publisher: WebPublisher
    requests: RequestQueue[Request]
    view_level: SharedValue[ViewLevel]
    backend: FakeBackend
    base_path: str = ""
    cookie: str = ""
    host: str = field(default="")

    @property
    def port(self) -> int:
        return self.publisher.port

    def ask(
        self, method: str, path: str, content: object = None, /, *, raw: bytes = b"", **headers: str
    ) -> Answer:
        """Send one request as the page itself would; _ stands for - in headers, empty ones are left out."""
        body = raw or (b"" if content is None else json.dumps(content).encode())
        sent = {"Host": f"127.0.0.1:{self.port}", "X-Moodpid": "1"}
        if self.cookie:
            sent["Cookie"] = f"moodpid_session={self.cookie}"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.putrequest(method, self.base_path + path, skip_host=True)
            for name, value in sent.items():
                if value:
                    connection.putheader(name, value)
            if body:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            response = connection.getresponse()
            return Answer(response.status, dict(response.headers), response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, None, raw=b"", **headers)

    def post(self, path: str, content: object, **headers: str) -> Answer:
        return self.ask("POST", path, content, raw=b"", **headers)

    def sign_in(self, password: str = PASSWORD) -> Answer:
        answer = self.post("/api/session", {"password": password})
        if answer.status == 200:
            self.cookie = answer.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
        return answer

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    @contextmanager
    def events(self, view: int = 0) -> Iterator["Events"]:
        """Open the feed, as a page does."""
        with self.connect() as connection:
            cookie = f"Cookie: moodpid_session={self.cookie}\r\n" if self.cookie else ""
            line = f"GET {self.base_path}/api/events?view={view} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            connection.sendall(f"{line}{cookie}\r\n".encode())
            yield Events(connection)


class Events:
    """Reads server-sent events from a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._file = connection.makefile("rb")
        self.status = int(self._file.readline().split()[1])
        while self._file.readline().strip():
            pass

    def next(self) -> dict[str, Any]:
        """The next message with parts of the state."""
        event = ""
        while True:
            line = self._file.readline().decode()
            assert line, "the connection has ended"
            if line.startswith("event: "):
                event = line.removeprefix("event: ").strip()
            elif line.startswith("data: ") and event != "now":
                found: dict[str, Any] = json.loads(line.removeprefix("data: "))
                return found
            elif not line.strip():
                event = ""

    def read_to_the_end(self) -> None:
        """Read on until the service ends the answer, with a chunk of no bytes (RFC 9112, 7.1)."""
        while self._file.readline() not in {b"0\r\n", b""}:
            pass

    def until(self, part: str) -> Any:  # noqa: ANN401 - JSON may hold anything
        """The next value of a part."""
        while True:
            message = self.next()
            if part in message:
                return message[part]


def page_config(text: str = "", port: int = 0) -> Config:
    """A configuration with the page switched on; `text` goes into its [web] table. port: 0 for a free one."""
    return parse(
        f'[player.playlists]\nhappy = ["Happy"]\n[web]\nenabled = true\nport = {port or free_port()}\n{text}'
    )


@contextmanager
def page_server(
    text: str = "",
    *,
    password: str = "",
    links: bool = True,
    capabilities: Capabilities | None = None,
    port: int = 0,
) -> Iterator[PageServer]:
    """Serve the page for as long as the block lasts."""
    config = page_config(text, port)
    requests: RequestQueue[Request] = RequestQueue()
    level, backend = SharedValue(ViewLevel.NOTHING), FakeBackend()
    fields = setting_fields(capabilities or Capabilities())
    parts = PageParts(
        fields,
        requests.post,
        backend,
        level,
        KeyFile(JsonFile(None), lambda _: KEY),
        links,
        password,
        "testpi",
    )
    publisher = build_page(config, parts)
    publisher.start()
    try:
        yield PageServer(publisher, requests, level, backend, config.web.base_path)
    finally:
        publisher.stop()
        assert publisher.join(30)
        requests.close()
