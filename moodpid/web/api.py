"""What the page asks and sends: state, pictures, lists and requests."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from hashlib import blake2b
from typing import Any

import msgspec
from aiohttp import web

from moodpid.errors import MoodpidError
from moodpid.mood.emotion import Mood
from moodpid.requests import Post
from moodpid.settings.fields import InvalidRequestError, SettingField
from moodpid.state import ViewLevel
from moodpid.system.credentials import MAX_BYTES
from moodpid.text import clean
from moodpid.web.access import client_of
from moodpid.web.authentication import (
    Authenticator,
    TooManyAttemptsError,
    cookie_name,
    sessions_of,
)
from moodpid.web.backend import BusyError, PageBackend, Workers
from moodpid.web.day import DayLog
from moodpid.web.feed import Feed, Subscription, TooManyPagesError
from moodpid.web.signed_tokens import SESSION_S

MAX_PICTURE_BYTES = 20 * 1024 * 1024
WRITE_S = 10.0
"""The most seconds that a page may take to read one message before it is dropped."""
_PING_S = 15.0
_RETRY_MS = 2000
_MAX_TEXT = 256

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Api:
    """Handlers, one for each thing that the page asks or sends.

    Args:
        about: What does not change while the service runs, for the page.
        fields: What can be set and pressed.
        post: Where requests go.
        feed: The state.
        day: What happened before.
        backend: Answers that take a while.
        sign_in: Who may ask.
        port: Where the page listens.
        cookie_path: Where the session cookie is sent to.
        secure: Whether it is sent over TLS only.
        proxied: Whether a reverse proxy on this machine passes requests on.
    """

    def __init__(  # noqa: PLR0913 - its parts are independent of each other
        self,
        *,
        about: dict[str, Any],
        fields: Iterable[SettingField],
        post: Post,
        feed: Feed,
        day: DayLog,
        backend: PageBackend,
        sign_in: Authenticator,
        port: int,
        cookie_path: str = "/",
        secure: bool = False,
        proxied: bool = False,
    ) -> None:
        self.sign_in = sign_in
        self._about = about
        # Changes with version and configuration: an open page then reloads
        self._fingerprint = blake2b(msgspec.json.encode(about), digest_size=8).hexdigest()
        self._fields = {field.key: field for field in fields}
        self._post = post
        self._feed = feed
        self._day = day
        self._backend = backend
        self._workers = Workers()
        self._uploads = asyncio.Semaphore(1)
        self._port = port
        self._cookie_path = cookie_path
        self._secure = secure
        self._proxied = proxied

    def routes(self) -> tuple[tuple[str, str, Handler], ...]:
        """Return method, name and handler of each."""
        return (
            ("GET", "session", self._get_session),
            ("POST", "session", self._post_session),
            ("DELETE", "session", self._delete_session),
            ("GET", "about", self._get_about),
            ("GET", "events", self._get_events),
            ("GET", "day", self._get_day),
            ("GET", "picture/{number}", self._get_picture),
            ("GET", "playlists", self._get_playlists),
            ("GET", "playlists/{mood}", self._get_next_songs),
            ("GET", "library", self._get_library),
            ("POST", "request", self._post_request),
            ("POST", "classify", self._post_classify),
        )

    def is_signed_in(self, request: web.Request) -> bool:
        """Return whether the request may go on."""
        return self.sign_in.is_signed_in(_sessions(request))

    async def _get_session(self, request: web.Request) -> web.Response:
        return _json(
            {
                "signed_in": self.is_signed_in(request),
                "password": self.sign_in.has_password,
                "protected": self.sign_in.protected,
                "problem": self._feed.problem,  # an EventSource cannot read why it was refused
            }
        )

    async def _post_session(self, request: web.Request) -> web.Response:
        sent = await _object(request)
        forwarded = request.headers.getall("X-Forwarded-For", ())
        address = client_of(request.remote or "", forwarded, proxied=self._proxied)
        try:
            if token := _text(sent, "token"):
                session = self.sign_in.by_link(token)
            else:
                session = await self.sign_in.by_password(_text(sent, "password", MAX_BYTES), address)
        except TooManyAttemptsError:
            return _error(429, "too many tries: wait a minute")
        if not session:
            return _error(401, "wrong password, or the link was used or is older than 15 minutes")
        response = _json({"signed_in": True})
        # Over plain http, a browser drops a Secure cookie
        secure = self._secure and not request.headers.get("Origin", "").lower().startswith("http:")
        response.set_cookie(
            cookie_name(self._port, secure=secure),
            session,
            max_age=round(SESSION_S),
            path=self._cookie_path,
            httponly=True,
            secure=secure,
            samesite="Strict",
        )
        return response

    async def _delete_session(self, request: web.Request) -> web.Response:
        self.sign_in.sign_out(_sessions(request))
        response = _json({"signed_in": False})
        for secure in (False, True):
            name = cookie_name(self._port, secure=secure)
            response.set_cookie(name, "", max_age=0, path=self._cookie_path, secure=secure)
        return response

    async def _get_about(self, _request: web.Request) -> web.Response:
        return _json(self._about)

    async def _get_day(self, _request: web.Request) -> web.Response:
        return _json(self._day.as_json(time.monotonic()))

    async def _get_picture(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        picture = self._feed.picture(int(number)) if number.isdecimal() and len(number) < 20 else None  # noqa: PLR2004 - digits of 64 bits
        if picture is None:
            return web.Response(status=204)  # gone with the camera: nothing for a browser to complain about
        return web.Response(body=picture, content_type="image/jpeg")

    async def _get_events(self, request: web.Request) -> web.StreamResponse:
        """Send the state and its changes, as server-sent events (HTML standard, section 9.2)."""
        try:
            level = ViewLevel(int(request.query.get("view", "0")))
        except ValueError:
            return _error(422, "view is 0, 1 or 2")
        try:
            with self._feed.subscribe(level) as subscription:
                response = web.StreamResponse(
                    headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
                )
                await response.prepare(request)
                head = f"retry: {_RETRY_MS}\nid: {self._fingerprint}\n"
                await _send(response, head.encode() + _now())
                beat_s = time.monotonic()
                while True:
                    message = await _next_message(subscription, beat_s + _PING_S)
                    if not self.is_signed_in(request):
                        return response
                    if message:
                        await _send(response, b"data: " + message + b"\n\n")
                    if time.monotonic() - beat_s >= _PING_S:
                        beat_s = time.monotonic()
                        await _send(response, _now())
        except TooManyPagesError as error:
            return _error(503, str(error))
        except (TimeoutError, ConnectionError):
            if request.transport:
                request.transport.abort()
            return response

    async def _get_playlists(self, _request: web.Request) -> web.Response:
        return await self._from_backend(self._backend.playlists)

    async def _get_next_songs(self, request: web.Request) -> web.Response:
        try:
            mood = Mood(request.match_info["mood"])
        except ValueError:
            return _error(404, "there is no such mood")
        settings = self._feed.part("settings") or {}
        return await self._from_backend(lambda: self._backend.next_songs(mood, settings))

    async def _get_library(self, _request: web.Request) -> web.Response:
        return await self._from_backend(self._backend.library)

    async def _post_request(self, request: web.Request) -> web.Response:
        sent = await _object(request)
        field = self._fields.get(_text(sent, "key"))
        if field is None:
            return _error(422, f"there is nothing to set by that name; there are {', '.join(self._fields)}")
        try:
            parsed = field.parse(_text(sent, "value"))
        except InvalidRequestError as error:
            return _error(422, str(error))
        if not self._post(parsed):
            return _error(503, "too many requests at once: try again")
        return _json({"key": field.key}, status=202)

    async def _post_classify(self, request: web.Request) -> web.Response:
        if self._uploads.locked():
            return _error(503, "another picture is being read: try again")
        async with self._uploads:
            picture = await _body(request, MAX_PICTURE_BYTES)
            return await self._from_backend(lambda: self._backend.classify(picture))

    async def _from_backend(self, work: Callable[[], Any]) -> web.Response:
        try:
            return _json(await self._workers.run(work))
        except MoodpidError as error:
            return _error(422, str(error))
        except BusyError:
            return _error(503, "busy: try again")


async def _next_message(subscription: Subscription, until_s: float) -> bytes:
    """Return the next message, empty if none comes until then, in monotonic seconds."""
    try:
        async with asyncio.timeout(max(0.0, until_s - time.monotonic())):
            return await subscription.next_message()
    except TimeoutError:
        return b""


def _now() -> bytes:
    """Return the event by which pages see that the connection lives, and read the service's clock."""
    return b"event: now\ndata: %.1f\n\n" % time.monotonic()


async def _send(response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(WRITE_S):
        await response.write(data)


def _sessions(request: web.Request) -> list[str]:
    return sessions_of(request.headers.getall("Cookie", ()))


async def _object(request: web.Request) -> dict[str, Any]:
    """Return the JSON object in the body; raises HTTPException for anything else."""
    try:
        sent = msgspec.json.decode(await request.read())
    except (msgspec.DecodeError, RecursionError):
        sent = None
    if not isinstance(sent, dict):
        raise web.HTTPBadRequest(reason="a JSON object is expected")
    return sent


def _text(sent: dict[str, Any], key: str, max_chars: int = _MAX_TEXT) -> str:
    text = sent.get(key, "")
    return text if isinstance(text, str) and len(text) <= max_chars else ""


async def _body(request: web.Request, limit: int) -> bytes:
    """Return the body, in memory; raises HTTPException if it has more than `limit` bytes."""
    if (request.content_length or 0) > limit:
        raise web.HTTPRequestEntityTooLarge(limit, request.content_length or 0)
    data = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        data += chunk
        if len(data) > limit:
            raise web.HTTPRequestEntityTooLarge(limit, len(data))
    return bytes(data)


def _json(content: object, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(content), content_type="application/json", status=status)


def _error(status: int, reason: str) -> web.Response:
    return _json({"error": clean(reason)}, status)
