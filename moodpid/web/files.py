"""The page's own files, read once; nothing else can be fetched."""

import hashlib
from importlib import resources

from aiohttp import web

_TYPES = {
    "css": "text/css",
    "html": "text/html",
    "js": "text/javascript",
    "svg": "image/svg+xml",
    "webmanifest": "application/manifest+json",
}
INDEX = "index.html"


class StaticFiles:
    """All files of `moodpid/web/static`, by their names."""

    def __init__(self) -> None:
        folder = resources.files("moodpid.web") / "static"
        self._files = {
            file.name: file.read_bytes()
            for file in folder.iterdir()
            if file.name.rpartition(".")[2] in _TYPES
        }
        self._etags = {name: hashlib.sha256(data).hexdigest()[:16] for name, data in self._files.items()}

    async def index(self, request: web.Request) -> web.Response:
        """Answer with the page itself."""
        return self._answer(request, INDEX)

    async def file(self, request: web.Request) -> web.Response:
        """Answer with one of its parts."""
        return self._answer(request, request.match_info["name"])

    def _answer(self, request: web.Request, name: str) -> web.Response:
        data = self._files.get(name)
        if data is None:
            raise web.HTTPNotFound
        etag = self._etags[name]
        # Asked for again each time, as a new version of moodpid may have other files under the same names
        headers = {"ETag": f'"{etag}"', "Cache-Control": "no-cache"}
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        kind = _TYPES[name.rpartition(".")[2]]
        return web.Response(body=data, content_type=kind, charset="utf-8", headers=headers)
