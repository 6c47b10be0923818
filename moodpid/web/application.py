"""The web application: which request goes where, what guards them all, and what every answer carries."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from moodpid.rate_limit import TokenBucket
from moodpid.text import clean
from moodpid.web.access import SECURITY_HEADERS, AccessRules
from moodpid.web.api import Api
from moodpid.web.connections import Connections
from moodpid.web.files import StaticFiles

MAX_BODY_BYTES = 16 * 1024
ANSWER_S = 30.0
"""The most seconds for one answer, but for the feed of events."""

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_FAULTS_HZ = 1 / 60  # lines in the log
_FEED = "events"
_OPEN = frozenset({"session"})  # what may be asked before the user has signed in


def build_application(
    api: Api, rules: AccessRules, base_path: str, connections: Connections
) -> web.Application:
    """Return the application.

    Args:
        api: Answers what the page asks.
        rules: Which requests are answered at all.
        base_path: Below which path it lies, such as `/mood`; empty for the root.
        connections: Receives the beginning and the end of each request.
    """
    guard = _Guard(api, rules, base_path)

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        transport = request.transport
        refusal = guard.refuse(request)
        # That of a request that is refused is read and dropped, or the client would see no answer
        body_bytes = _body_bytes(request) if refusal is None else request.content_length or 0
        connections.begin_request(transport, body_bytes, last=refusal is not None)
        try:
            # Never by its truth: to aiohttp 3.8 a response is an empty mapping
            return await guard.answer(request, handler) if refusal is None else refusal
        finally:
            connections.end_request(transport)

    application = web.Application(middlewares=[guarded], client_max_size=MAX_BODY_BYTES)
    application.on_response_prepare.append(_add_headers)
    files = StaticFiles()
    router = application.router
    if base_path:
        router.add_get(base_path, _to_folder)
    router.add_get(f"{base_path}/", files.index)
    router.add_get(f"{base_path}/static/{{name}}", files.file)
    for method, name, handler in api.routes():
        router.add_route(method, f"{base_path}/api/{name}", handler)
    return application


async def _to_folder(request: web.Request) -> web.Response:
    """Add the slash, on which relative addresses rely."""
    return web.Response(status=308, headers={"Location": f"{request.path.rpartition('/')[2]}/"})


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(SECURITY_HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
    if request.method not in {"GET", "HEAD", "POST"}:
        response.force_close()


class _Guard:
    """Stands before every handler."""

    def __init__(self, api: Api, rules: AccessRules, base_path: str) -> None:
        self._api = api
        self._rules = rules
        self._prefix = f"{base_path}/api/"
        self._faults = TokenBucket(1, _FAULTS_HZ)

    def refuse(self, request: web.Request) -> web.Response | None:
        """Return the answer to a request that has no right to one; None for any other."""
        if reason := self._rules.refuse(request.method, request.headers):
            return _refusal(403, reason)
        name = self._name(request)
        if name is None or name in _OPEN:
            # A body without a length goes through as it comes, for users only
            return _refusal(411, "the body needs a length") if _body_bytes(request) is None else None
        return None if self._api.is_signed_in(request) else _refusal(401, "sign in first")

    def _name(self, request: web.Request) -> str | None:
        """Return what of the interface is asked for, None for a file."""
        return request.path.removeprefix(self._prefix) if request.path.startswith(self._prefix) else None

    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request that has a right to it; every fault becomes an answer of its own."""
        try:
            # The feed of events ends with the page that reads it
            async with asyncio.timeout(None if self._name(request) == _FEED else ANSWER_S):
                return await handler(request)
        except TimeoutError:
            return _refusal(408, "that took too long")
        except web.HTTPException as error:
            return _refusal(error.status, error.reason)
        except Exception:
            if self._faults.try_take(time.monotonic()):
                log.exception("the page could not answer %s; please report it", clean(request.path))
            return _refusal(500, "a fault of moodpid's own; its log has more")


def _body_bytes(request: web.Request) -> int | None:
    """Return the length of the body, None if it comes in chunks."""
    if request.content_length is None and request.can_read_body:
        return None
    return request.content_length or 0


def _refusal(status: int, reason: str) -> web.Response:
    """Return an error and close the connection: the rest of the request is not read."""
    response = web.json_response({"error": reason}, status=status)
    response.force_close()
    return response
